//! A stand-in for GitHub with a real bare repository behind it: what may be committed is git's own verdict, and what GitHub
//! refuses is refused in its words. It shares nothing with the client.

use std::ffi::OsStr;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use serde_json::{Value, json};

use crate::support::Repository;
use crate::support::hub_git::reference;
use crate::support::hub_pulls::{World, comment};
use crate::support::hub_wire::{Call, Reply, decoded, listen, refused, said, unbase64};
use crate::support::openapi::Wired;

/// The repository that stands in it.
pub(crate) const NAME: &str = "acme/orders";
/// Who may look.
pub(crate) const TOKEN: &str = "ghp_0123456789abcdef";

/// How it is set up; may be changed while it runs.
#[derive(Clone, Debug)]
pub(crate) struct Switches {
    /// There is a GraphQL with the mutation that commits.
    pub(crate) has_graphql: bool,
    /// What the repository is called; who asks for [`NAME`] is sent there.
    pub(crate) full_name: &'static str,
    /// Its id.
    pub(crate) id: u64,
    /// Nothing can be written.
    pub(crate) is_archived: bool,
    /// `GITHUB_TOKEN` may not open pull requests.
    pub(crate) no_pull_requests: bool,
    /// What the token may do: `write`, `read`, or nothing at all.
    pub(crate) grant: &'static str,
    /// Answers after trees of so many entries.
    pub(crate) longest_tree: usize,
    /// Rules before pushes to `main`.
    pub(crate) rules: Vec<&'static str>,
    /// The next commits are made, and nobody hears of them.
    pub(crate) lost_commits: usize,
    /// Somebody commits on top of a lost commit at once.
    pub(crate) is_overtaken: bool,
    /// Two open pull requests of one branch are taken, as some services do.
    pub(crate) takes_doubles: bool,
    /// The next pull requests are opened, and nobody hears of them.
    pub(crate) lost_pulls: usize,
    /// Scopes that a classic token shows.
    pub(crate) scopes: Option<&'static str>,
}

/// The running server.
pub(crate) struct Hub {
    /// Worktree `work`, bare `hub.git` beside it.
    pub(crate) scene: Repository,
    pub(crate) base: String,
    prefix: &'static str,
    pub(crate) switches: Mutex<Switches>,
    world: Mutex<World>,
    exchanges: Mutex<Vec<Wired>>,
    pub(crate) counter: AtomicUsize,
}

impl Hub {
    /// Starts one with these files on `main`. A server has its API below `/api/v3`.
    pub(crate) fn start(is_server: bool, files: &[(&str, &str)]) -> Arc<Self> {
        let scene = Repository::with(files);
        let beside = scene.beside("");
        scene
            .git_in(&beside, &["clone", "--quiet", "--bare", "work", "hub.git"])
            .expect(0);
        scene
            .git(&["remote", "add", "origin", "../hub.git"])
            .expect(0);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let hub = Arc::new(Self {
            scene,
            base: format!("http://{}", listener.local_addr().unwrap()),
            prefix: if is_server { "/api/v3" } else { "" },
            switches: Mutex::new(Switches {
                has_graphql: true,
                full_name: NAME,
                id: 4711,
                is_archived: false,
                no_pull_requests: false,
                grant: "write",
                longest_tree: usize::MAX,
                rules: Vec::new(),
                lost_commits: 0,
                is_overtaken: false,
                takes_doubles: false,
                lost_pulls: 0,
                scopes: Some("repo, read:org"),
            }),
            world: Mutex::default(),
            exchanges: Mutex::default(),
            counter: AtomicUsize::new(0),
        });
        let serving = Arc::clone(&hub);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let hub = Arc::clone(&serving);
                thread::spawn(move || hub.serve(&stream.unwrap()));
            }
        });
        hub
    }

    /// The same over a bare repository that is there already.
    #[cfg(unix)]
    pub(crate) fn over(bare: &std::path::Path) -> Arc<Self> {
        let hub = Self::start(false, &[("a", "a")]);
        let own = hub.scene.beside("hub.git");
        std::fs::remove_dir_all(&own).unwrap();
        std::os::unix::fs::symlink(bare, &own).unwrap();
        hub
    }

    /// Where its pages would stand.
    pub(crate) fn url(&self) -> &str {
        &self.base
    }

    /// Changes how it is set up.
    pub(crate) fn set(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.switches.lock().unwrap());
    }

    /// Everything that passed, without the prefix of the API.
    pub(crate) fn exchanges(&self) -> Vec<Wired> {
        self.exchanges.lock().unwrap().clone()
    }

    /// Where the repository lies.
    pub(crate) fn path(&self) -> PathBuf {
        self.scene.beside("hub.git")
    }

    /// The tip of a branch, as git says.
    pub(crate) fn tip(&self, branch: &str) -> Option<String> {
        self.git(&[
            "rev-parse",
            "--verify",
            "--quiet",
            &format!("refs/heads/{branch}"),
        ])
    }

    /// What git prints in the bare repository; `None` where it fails.
    pub(crate) fn git(&self, arguments: &[&str]) -> Option<String> {
        let output = self.output(arguments, &[], None)?;
        Some(String::from_utf8_lossy(&output).trim_end().to_owned())
    }

    /// Numbers of the open pull requests.
    pub(crate) fn open(&self) -> Vec<u64> {
        let world = self.world();
        let open = world.pulls.iter().filter(|(_, pull)| pull.is_open);
        open.map(|(number, _)| *number).collect()
    }

    /// Title and text of a pull request.
    pub(crate) fn text(&self, number: u64) -> (String, String) {
        let pull = self.world().pulls[&number].clone();
        (pull.title, pull.body)
    }

    /// Comments on a pull request.
    pub(crate) fn comments(&self, number: u64) -> Vec<String> {
        let world = self.world();
        let own = world.comments.values().filter(|(on, _)| *on == number);
        own.map(|(_, body)| body.clone()).collect()
    }

    /// The status of a commit in a context.
    pub(crate) fn status(&self, commit: &str, context: &str) -> Option<Value> {
        let key = (commit.to_owned(), context.to_owned());
        self.world().statuses.get(&key).cloned()
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub(crate) fn output(
        &self,
        arguments: &[&str],
        input: &[u8],
        index: Option<&str>,
    ) -> Option<Vec<u8>> {
        let bare = self.scene.beside("hub.git");
        let mut command = self.scene.command(OsStr::new("git"), &bare, arguments);
        if let Some(index) = index {
            command.env("GIT_INDEX_FILE", self.scene.beside(index));
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let output = thread::scope(|scope| {
            scope.spawn(move || drop(stdin.write_all(input)));
            child.wait_with_output().unwrap()
        });
        output.status.success().then_some(output.stdout)
    }

    fn serve(&self, stream: &TcpStream) {
        let Some(call) = listen(stream) else { return };
        let reply = self.answer(&call);
        let target = call.target.strip_prefix(self.prefix);
        // GraphQL of a server stands beside its REST.
        let target = target
            .unwrap_or(&call.target)
            .replace("/api/graphql", "/graphql");
        self.exchanges.lock().unwrap().push(Wired {
            method: call.method.clone(),
            target,
            body: call.body.clone(),
            kind: call
                .headers
                .get("content-type")
                .cloned()
                .unwrap_or_default(),
            status: reply.status,
        });
        if reply.is_lost {
            return;
        }
        let mut head = format!(
            "HTTP/1.1 {} Said\r\nconnection: close\r\ncontent-length: {}\r\n",
            reply.status,
            reply.body.len()
        );
        if !reply.headers.iter().any(|(name, _)| name == "content-type") {
            head.push_str("content-type: application/json; charset=utf-8\r\n");
        }
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = stream;
        let _ = stream.write_all(format!("{head}\r\n").as_bytes());
        let _ = stream.write_all(&reply.body);
    }

    fn answer(&self, call: &Call) -> Reply {
        let token = call.headers.get("authorization").map_or("", String::as_str);
        let Some(token) = token
            .strip_prefix("Bearer ")
            .filter(|token| !token.contains("bad"))
        else {
            return refused(401, "Bad credentials");
        };
        if !call.headers.contains_key("user-agent") {
            return refused(
                403,
                "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
            );
        }
        let graphql = if self.prefix.is_empty() {
            "/graphql"
        } else {
            "/api/graphql"
        };
        let switches = self.switches.lock().unwrap().clone();
        if call.path == graphql {
            return if switches.has_graphql {
                self.query(call, &switches)
            } else {
                refused(404, "Not Found")
            };
        }
        let Some(path) = call.path.strip_prefix(self.prefix) else {
            return refused(404, "Not Found");
        };
        let parts: Vec<String> = path
            .trim_start_matches('/')
            .split('/')
            .map(decoded)
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        if switches.grant == "none" {
            return refused(404, "Not Found");
        }
        if call.method != "GET" {
            if switches.is_archived {
                return refused(403, "Repository was archived so is read-only.");
            }
            if switches.grant != "write" {
                let words = match () {
                    () if token.starts_with("ghs_") => "Resource not accessible by integration",
                    () if token.starts_with("github_pat_") => {
                        "Resource not accessible by personal access token"
                    }
                    () => "Must have push access to repository",
                };
                return refused(403, words);
            }
        }
        match parts.as_slice() {
            ["user"] if token.starts_with("ghs_") => {
                refused(403, "Resource not accessible by integration")
            }
            ["user"] => said(200, &json!({ "login": "octocat", "id": 1 })),
            ["repos", "acme", "orders"] if switches.full_name == "acme/shop" => {
                let mut reply = refused(301, "Moved Permanently");
                let to = format!("{}{}/repositories/4711", self.base, self.prefix);
                reply.headers.push(("location".to_owned(), to));
                reply
            }
            ["repos", owner, name] if switches.full_name == format!("{owner}/{name}") => {
                self.shown(&switches)
            }
            ["repos", "acme", "old-orders", ..] => {
                let mut reply = refused(301, "Moved Permanently");
                let to = format!("{}{}/repositories/4711", self.base, self.prefix);
                reply.headers.push(("location".to_owned(), to));
                reply
            }
            ["repositories", "4711"] => self.shown(&switches),
            ["orgs", "acme", "repos"] => self.list(call, &switches),
            ["repos", "acme", "orders", rest @ ..] => {
                self.of_repository(call, &switches, token, rest)
            }
            _ => refused(404, "Not Found"),
        }
    }

    fn shape(&self, switches: &Switches) -> Value {
        let is_empty = self
            .git(&["rev-parse", "--verify", "--quiet", "refs/heads/main"])
            .is_none();
        let (owner, name) = switches.full_name.split_once('/').unwrap();
        json!({
            "id": switches.id, "node_id": "R_4711", "name": name, "full_name": switches.full_name, "private": true, "fork": owner == "fork",
            "owner": { "login": owner, "id": 2, "type": "Organization" }, "default_branch": "main", "size": if is_empty { 0 } else { 1 },
            "archived": switches.is_archived, "disabled": false, "html_url": format!("{}/{NAME}", self.base),
            "permissions": { "admin": false, "maintain": false, "push": switches.grant == "write", "triage": true, "pull": true },
        })
    }

    fn shown(&self, switches: &Switches) -> Reply {
        let mut reply = said(200, &self.shape(switches));
        if let Some(scopes) = switches.scopes {
            reply
                .headers
                .push(("x-oauth-scopes".to_owned(), scopes.to_owned()));
        }
        reply
    }

    fn list(&self, call: &Call, switches: &Switches) -> Reply {
        let etag = format!("W/\"{}\"", switches.is_archived);
        if call.headers.get("if-none-match") == Some(&etag) {
            return Reply {
                status: 304,
                headers: vec![("etag".to_owned(), etag)],
                body: Vec::new(),
                is_lost: false,
            };
        }
        let mut reply = said(200, &json!([self.shape(switches)]));
        reply.headers.push(("etag".to_owned(), etag));
        reply
    }

    fn of_repository(&self, call: &Call, switches: &Switches, token: &str, rest: &[&str]) -> Reply {
        let body: Value = serde_json::from_slice(&call.body).unwrap_or(Value::Null);
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let is_empty = self
            .git(&["for-each-ref", "--count=1", "refs/heads"])
            .is_none_or(|list| list.is_empty());
        match (call.method.as_str(), rest) {
            ("GET", []) => self.shown(switches),
            ("GET", ["branches"]) => said(200, &self.branches(switches)),
            ("GET", ["branches", name @ ..]) => {
                let name = name.join("/");
                let branches = self.branches(switches);
                let found = branches
                    .as_array()
                    .unwrap()
                    .iter()
                    .find(|branch| branch["name"] == *name);
                found.map_or_else(
                    || refused(404, "Branch not found"),
                    |branch| said(200, branch),
                )
            }
            ("GET", ["rules", "branches", name @ ..]) => {
                let rules = if name == ["main"] {
                    switches.rules.clone()
                } else {
                    Vec::new()
                };
                let rules: Vec<Value> = rules.iter().map(|kind| json!({ "type": kind })).collect();
                said(200, &json!(rules))
            }
            (_, ["git", ..]) if is_empty => refused(409, "Git Repository is empty."),
            ("GET", ["git", "ref", name @ ..]) => {
                let name = format!("refs/{}", name.join("/"));
                let tip = self.git(&["rev-parse", "--verify", "--quiet", &name]);
                tip.map_or_else(
                    || refused(404, "Not Found"),
                    |tip| said(200, &reference(&name, &tip)),
                )
            }
            ("POST", ["git", "refs"]) => self.new_ref(&text("ref"), &text("sha")),
            ("PATCH", ["git", "refs", name @ ..]) => self.move_ref(
                &format!("refs/{}", name.join("/")),
                &text("sha"),
                body["force"] == json!(true),
            ),
            ("GET", ["git", "trees", id]) => {
                self.tree(id, call.query.contains_key("recursive"), switches)
            }
            ("POST", ["git", "trees"]) => self.new_tree(&text("base_tree"), &body["tree"]),
            ("GET", ["git", "blobs", id]) => {
                let raw = call
                    .headers
                    .get("accept")
                    .is_some_and(|accept| accept.contains("raw"));
                match self.output(&["cat-file", "blob", id], &[], None) {
                    Some(bytes) if raw => Reply {
                        status: 200,
                        headers: vec![(
                            "content-type".to_owned(),
                            "application/vnd.github.raw+json".to_owned(),
                        )],
                        body: bytes,
                        is_lost: false,
                    },
                    _ => refused(404, "Not Found"),
                }
            }
            ("POST", ["git", "blobs"]) => {
                let bytes = match body["encoding"].as_str() {
                    Some("base64") => unbase64(&text("content")),
                    _ => text("content").into_bytes(),
                };
                said(
                    201,
                    &json!({ "sha": self.blob(&bytes), "url": "https://example.com" }),
                )
            }
            ("GET", ["git", "commits", id]) => self
                .commit(id)
                .map_or_else(|| refused(404, "Not Found"), |commit| said(200, &commit)),
            ("POST", ["git", "commits"]) => {
                let parents = body["parents"].as_array().cloned().unwrap_or_default();
                let parents: Vec<&str> = parents.iter().filter_map(Value::as_str).collect();
                let made = self.new_commit(&text("tree"), &parents, &text("message"));
                made.and_then(|id| self.commit(&id)).map_or_else(
                    || refused(422, "Tree SHA does not exist"),
                    |commit| said(201, &commit),
                )
            }
            ("GET", ["pulls"]) => self.pulls(call),
            ("POST", ["pulls"]) if switches.no_pull_requests && token.starts_with("ghs_") => {
                refused(
                    403,
                    "GitHub Actions is not permitted to create or approve pull requests.",
                )
            }
            ("POST", ["pulls"]) => {
                self.new_pull(&text("head"), &text("base"), &text("title"), &text("body"))
            }
            ("PATCH", ["pulls", number]) => self.edit_pull(number.parse().unwrap_or(0), &body),
            ("GET", ["issues", number, "comments"]) => {
                let number: u64 = number.parse().unwrap_or(0);
                let world = self.world();
                let own = world.comments.iter().filter(|(_, (on, _))| *on == number);
                let list: Vec<Value> = own.map(|(id, (_, body))| comment(*id, body)).collect();
                said(200, &json!(list))
            }
            ("POST", ["issues", number, "comments"]) => {
                let number: u64 = number.parse().unwrap_or(0);
                let mut world = self.world();
                if !world.pulls.contains_key(&number) {
                    return refused(404, "Not Found");
                }
                world.last += 1;
                let id = world.last;
                world.comments.insert(id, (number, text("body")));
                said(201, &comment(id, &text("body")))
            }
            ("PATCH", ["issues", "comments", id]) => {
                let id: u64 = id.parse().unwrap_or(0);
                match self.world().comments.get_mut(&id) {
                    None => refused(404, "Not Found"),
                    Some((_, kept)) => {
                        *kept = text("body");
                        said(200, &comment(id, kept))
                    }
                }
            }
            ("POST", ["statuses", id]) => {
                if self.commit(id).is_none() {
                    return refused(422, &format!("No commit found for SHA: {id}"));
                }
                if text("description").chars().count() > 140 {
                    return refused(422, "Validation Failed");
                }
                let key = ((*id).to_owned(), text("context"));
                self.world().statuses.insert(key, body.clone());
                said(201, &body)
            }
            _ => refused(404, "Not Found"),
        }
    }
}
