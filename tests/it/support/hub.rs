//! A stand-in for GitHub with a real bare repository behind it: what may be committed is git's own verdict, and what GitHub
//! refuses is refused in its words. It shares nothing with the client.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use serde_json::{Value, json};

use crate::support::Repository;
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
    /// Scopes that a classic token shows.
    pub(crate) scopes: Option<&'static str>,
}

/// The running server.
pub(crate) struct Hub {
    /// Worktree `work`, bare `hub.git` beside it.
    pub(crate) scene: Repository,
    base: String,
    prefix: &'static str,
    switches: Mutex<Switches>,
    world: Mutex<World>,
    exchanges: Mutex<Vec<Wired>>,
    counter: AtomicUsize,
}

#[derive(Default)]
struct World {
    last: u64,
    pulls: BTreeMap<u64, Pull>,
    comments: BTreeMap<u64, (u64, String)>,
    statuses: BTreeMap<(String, String), Value>,
}

#[derive(Clone)]
struct Pull {
    head: String,
    base: String,
    title: String,
    body: String,
    is_open: bool,
}

struct Call {
    method: String,
    /// The whole target.
    target: String,
    path: String,
    query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// The connection is closed without an answer.
    is_lost: bool,
}

fn said(status: u16, body: &Value) -> Reply {
    Reply {
        status,
        headers: Vec::new(),
        body: body.to_string().into_bytes(),
        is_lost: false,
    }
}

fn refused(status: u16, message: &str) -> Reply {
    said(
        status,
        &json!({ "message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string() }),
    )
}

fn invalid(message: &str) -> Reply {
    let error = json!({ "resource": "PullRequest", "code": "custom", "message": message });
    said(
        422,
        &json!({ "message": "Validation Failed", "errors": [error] }),
    )
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
                is_archived: false,
                no_pull_requests: false,
                grant: "write",
                longest_tree: usize::MAX,
                rules: Vec::new(),
                lost_commits: 0,
                is_overtaken: false,
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

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    fn output(&self, arguments: &[&str], input: &[u8], index: Option<&str>) -> Option<Vec<u8>> {
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
        json!({
            "id": 4711, "node_id": "R_4711", "name": "orders", "full_name": NAME, "private": true, "fork": false,
            "owner": { "login": "acme", "id": 2, "type": "Organization" }, "default_branch": "main", "size": if is_empty { 0 } else { 1 },
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

    fn branches(&self, switches: &Switches) -> Value {
        let list = self.git(&[
            "for-each-ref",
            "--format=%(objectname) %(refname:lstrip=2)",
            "refs/heads",
        ]);
        let list = list.unwrap_or_default();
        let branches = list.lines().filter_map(|line| line.split_once(' ')).map(|(id, name)| {
            let is_protected = name == "main" && !switches.rules.is_empty();
            json!({ "name": name, "commit": { "sha": id, "url": "https://example.com" }, "protected": is_protected })
        });
        json!(branches.collect::<Vec<_>>())
    }

    fn new_ref(&self, name: &str, id: &str) -> Reply {
        if self.git(&["cat-file", "-e", id]).is_none() {
            return refused(422, "Object does not exist");
        }
        match self.git(&["update-ref", name, id, &"0".repeat(40)]) {
            Some(_) => said(201, &reference(name, id)),
            None => refused(422, "Reference already exists"),
        }
    }

    fn move_ref(&self, name: &str, id: &str, is_forced: bool) -> Reply {
        let Some(tip) = self.git(&["rev-parse", "--verify", "--quiet", name]) else {
            return refused(422, "Reference does not exist");
        };
        if !is_forced
            && self
                .git(&["merge-base", "--is-ancestor", &tip, id])
                .is_none()
        {
            return refused(422, "Update is not a fast forward");
        }
        match self.git(&["update-ref", name, id, &tip]) {
            Some(_) => said(200, &reference(name, id)),
            None => refused(422, "Reference cannot be updated"),
        }
    }

    fn tree(&self, id: &str, is_recursive: bool, switches: &Switches) -> Reply {
        let mut arguments = vec!["ls-tree", "-l", "-z"];
        if is_recursive {
            arguments.extend(["-r", "-t"]);
        }
        arguments.push(id);
        let Some(output) = self.output(&arguments, &[], None) else {
            return refused(404, "Not Found");
        };
        let text = String::from_utf8(output).unwrap();
        let mut entries: Vec<Value> = text
            .split_terminator('\0')
            .map(|line| {
                let (facts, path) = line.split_once('\t').unwrap();
                let facts: Vec<&str> = facts.split_whitespace().collect();
                let mut entry =
                    json!({ "path": path, "mode": facts[0], "type": facts[1], "sha": facts[2] });
                if let Ok(size) = facts[3].parse::<u64>() {
                    entry["size"] = json!(size);
                }
                entry
            })
            .collect();
        let is_truncated = is_recursive && entries.len() > switches.longest_tree;
        entries.truncate(if is_recursive {
            switches.longest_tree
        } else {
            usize::MAX
        });
        said(
            200,
            &json!({ "sha": id, "url": "https://example.com", "tree": entries, "truncated": is_truncated }),
        )
    }

    fn blob(&self, bytes: &[u8]) -> String {
        let output = self
            .output(&["hash-object", "-w", "--stdin"], bytes, None)
            .unwrap();
        String::from_utf8(output).unwrap().trim().to_owned()
    }

    fn new_tree(&self, base: &str, entries: &Value) -> Reply {
        let mut changes = Vec::new();
        for entry in entries.as_array().into_iter().flatten() {
            let path = entry["path"].as_str().unwrap_or_default().to_owned();
            let mode = entry["mode"].as_str().unwrap_or_default().to_owned();
            let content = match (&entry["sha"], &entry["content"]) {
                (Value::String(id), _) => Some((mode, id.clone())),
                (_, Value::String(text)) => Some((mode, self.blob(text.as_bytes()))),
                (Value::Null, _) => None,
                _ => return refused(422, "GitRPC::BadObjectState"),
            };
            changes.push((path, content));
        }
        match self.changed_tree(base, &changes) {
            Some(id) => said(
                201,
                &json!({ "sha": id, "url": "https://example.com", "tree": [], "truncated": false }),
            ),
            None => refused(422, "GitRPC::BadObjectState"),
        }
    }

    /// A tree with changes; `None` where something is deleted that is not there.
    fn changed_tree(
        &self,
        base: &str,
        changes: &[(String, Option<(String, String)>)],
    ) -> Option<String> {
        let index = format!("index-{}", self.counter.fetch_add(1, Ordering::SeqCst));
        self.output(&["read-tree", base], &[], Some(&index))?;
        let mut input = Vec::new();
        for (path, change) in changes {
            let line = match change {
                Some((mode, id)) => format!("{mode} {id}\t{path}\0"),
                None => {
                    self.git(&["cat-file", "-e", &format!("{base}:{path}")])?;
                    format!("0 {}\t{path}\0", "0".repeat(40))
                }
            };
            input.extend(line.into_bytes());
        }
        self.output(
            &["update-index", "-z", "--index-info"],
            &input,
            Some(&index),
        )?;
        let tree = self.output(&["write-tree"], &[], Some(&index))?;
        Some(String::from_utf8(tree).unwrap().trim().to_owned())
    }

    fn new_commit(&self, tree: &str, parents: &[&str], message: &str) -> Option<String> {
        let mut arguments = vec!["commit-tree", tree];
        for parent in parents {
            arguments.extend(["-p", parent]);
        }
        let output = self.output(&arguments, message.as_bytes(), None)?;
        Some(String::from_utf8(output).unwrap().trim().to_owned())
    }

    fn commit(&self, id: &str) -> Option<Value> {
        let text = self.git(&["show", "--no-patch", "--format=%H%n%T%n%P%n%B", id])?;
        let mut lines = text.splitn(4, '\n');
        let (id, tree) = (lines.next()?, lines.next()?);
        let parents: Vec<Value> = lines
            .next()?
            .split_whitespace()
            .map(|id| json!({ "sha": id }))
            .collect();
        let message = lines.next().unwrap_or_default();
        Some(
            json!({ "sha": id, "node_id": "C", "tree": { "sha": tree }, "parents": parents, "message": message }),
        )
    }

    fn pull_shape(&self, number: u64, pull: &Pull) -> Value {
        let end = |name: &str| json!({ "ref": name, "label": format!("acme:{name}"), "sha": self.tip(name), "repo": { "id": 4711, "full_name": NAME } });
        json!({
            "number": number, "id": 1000 + number, "title": pull.title, "body": pull.body,
            "state": if pull.is_open { "open" } else { "closed" }, "html_url": format!("{}/{NAME}/pull/{number}", self.base),
            "head": end(&pull.head), "base": end(&pull.base),
        })
    }

    fn pulls(&self, call: &Call) -> Reply {
        let wanted = |name: &str| call.query.get(name).cloned();
        let state = wanted("state").unwrap_or_else(|| "open".to_owned());
        // A head without its owner is ignored.
        let head = wanted("head").and_then(|head| {
            head.split_once(':')
                .map(|(owner, name)| (owner.to_owned(), name.to_owned()))
        });
        let pulls = self.world().pulls.clone();
        let list = pulls.iter().filter(|(_, pull)| {
            let state = state == "all" || pull.is_open == (state == "open");
            let head = head
                .as_ref()
                .is_none_or(|(owner, name)| owner == "acme" && *name == pull.head);
            state && head && wanted("base").is_none_or(|base| base == pull.base)
        });
        let list: Vec<Value> = list
            .map(|(number, pull)| self.pull_shape(*number, pull))
            .collect();
        said(200, &json!(list))
    }

    fn new_pull(&self, head: &str, base: &str, title: &str, body: &str) -> Reply {
        if self.tip(head).is_none() || self.tip(base).is_none() {
            let field = if self.tip(head).is_none() {
                "head"
            } else {
                "base"
            };
            let error = json!({ "resource": "PullRequest", "field": field, "code": "invalid" });
            return said(
                422,
                &json!({ "message": "Validation Failed", "errors": [error] }),
            );
        }
        if self
            .git(&[
                "rev-list",
                "--count",
                &format!("refs/heads/{base}..refs/heads/{head}"),
            ])
            .as_deref()
            == Some("0")
        {
            return invalid(&format!("No commits between {base} and {head}"));
        }
        let mut world = self.world();
        if world
            .pulls
            .values()
            .any(|pull| pull.is_open && pull.head == head && pull.base == base)
        {
            return invalid(&format!("A pull request already exists for acme:{head}."));
        }
        world.last += 1;
        let number = world.last;
        // A text field of a form ends its lines so.
        let body = body.replace('\n', "\r\n");
        let pull = Pull {
            head: head.to_owned(),
            base: base.to_owned(),
            title: title.to_owned(),
            body,
            is_open: true,
        };
        world.pulls.insert(number, pull.clone());
        drop(world);
        said(201, &self.pull_shape(number, &pull))
    }

    fn edit_pull(&self, number: u64, body: &Value) -> Reply {
        let mut world = self.world();
        let Some(pull) = world.pulls.get_mut(&number) else {
            return refused(404, "Not Found");
        };
        if let Some(title) = body["title"].as_str() {
            title.clone_into(&mut pull.title);
        }
        if let Some(text) = body["body"].as_str() {
            text.clone_into(&mut pull.body);
        }
        if let Some(state) = body["state"].as_str() {
            pull.is_open = state == "open";
        }
        let pull = pull.clone();
        drop(world);
        said(200, &self.pull_shape(number, &pull))
    }

    fn query(&self, call: &Call, switches: &Switches) -> Reply {
        let body: Value = serde_json::from_slice(&call.body).unwrap_or(Value::Null);
        let query = body["query"].as_str().unwrap_or_default();
        if query.starts_with("mutation") {
            return self.mutation(&body["variables"]["input"], switches);
        }
        let mut found = serde_json::Map::new();
        for part in query
            .split("object(oid:\"")
            .zip(query.split("object(oid:\"").skip(1))
        {
            let alias = part
                .0
                .rsplit(['{', '}'])
                .next()
                .unwrap_or_default()
                .trim_end_matches(':');
            let id = &part.1[..40];
            let blob = self.output(&["cat-file", "blob", id], &[], None);
            let value = blob.map_or(Value::Null, |bytes| {
                // GitHub cuts long texts, and gives none for what is not text.
                let is_truncated = bytes.len() > 512 * 1024;
                let text = String::from_utf8(bytes)
                    .ok()
                    .map(|text| text.chars().take(512 * 1024).collect::<String>());
                json!({ "text": text, "isTruncated": is_truncated })
            });
            found.insert(alias.to_owned(), value);
        }
        said(200, &json!({ "data": { "repository": found } }))
    }

    fn mutation(&self, input: &Value, switches: &Switches) -> Reply {
        let failed = |kind: &str, message: &str| {
            let error = json!({ "type": kind, "path": ["createCommitOnBranch"], "locations": [{ "line": 1, "column": 2 }], "message": message });
            said(
                200,
                &json!({ "data": { "createCommitOnBranch": null }, "errors": [error] }),
            )
        };
        if switches.is_archived {
            return failed("UNPROCESSABLE", "Repository was archived so is read-only.");
        }
        if switches.grant != "write" {
            return failed(
                "FORBIDDEN",
                "Resource not accessible by personal access token",
            );
        }
        let branch = input["branch"]["branchName"].as_str().unwrap_or_default();
        let expected = input["expectedHeadOid"].as_str().unwrap_or_default();
        if branch == "main" && switches.rules.contains(&"pull_request") {
            return failed(
                "UNPROCESSABLE",
                "Repository rule violations found\n\nChanges must be made through a pull request.\n\n",
            );
        }
        let Some(tip) = self.tip(branch) else {
            return failed("NOT_FOUND", &format!("No ref with the name {branch}"));
        };
        if tip != expected {
            return failed(
                "STALE_DATA",
                &format!(
                    "Expected branch to point to \"{expected}\" but it did not.  Pull and try again."
                ),
            );
        }
        let mut changes = Vec::new();
        for addition in input["fileChanges"]["additions"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let bytes = unbase64(addition["contents"].as_str().unwrap_or_default());
            let path = addition["path"].as_str().unwrap_or_default().to_owned();
            changes.push((path, Some(("100644".to_owned(), self.blob(&bytes)))));
        }
        for deletion in input["fileChanges"]["deletions"]
            .as_array()
            .into_iter()
            .flatten()
        {
            changes.push((
                deletion["path"].as_str().unwrap_or_default().to_owned(),
                None,
            ));
        }
        let Some(tree) = self.changed_tree(expected, &changes) else {
            return failed(
                "UNPROCESSABLE",
                "A path was requested for deletion which does not exist as of commit oid",
            );
        };
        let (headline, rest) = (
            input["message"]["headline"].as_str().unwrap_or_default(),
            input["message"]["body"].as_str().unwrap_or_default(),
        );
        let message = if rest.is_empty() {
            headline.to_owned()
        } else {
            format!("{headline}\n\n{rest}")
        };
        let made = self.new_commit(&tree, &[expected], &message).unwrap();
        // Of two at the same moment git lets one through; GitHub tells the other that it is forbidden.
        if self
            .git(&[
                "update-ref",
                &format!("refs/heads/{branch}"),
                &made,
                expected,
            ])
            .is_none()
        {
            return failed("FORBIDDEN", "You can't commit to this branch right now.");
        }
        let mut reply = said(
            200,
            &json!({ "data": { "createCommitOnBranch": { "commit": { "oid": made } } } }),
        );
        let mut switches = self.switches.lock().unwrap();
        if switches.lost_commits > 0 {
            switches.lost_commits -= 1;
            reply.is_lost = true;
            if switches.is_overtaken {
                let other = self
                    .new_commit(&tree, &[&made], "of somebody else")
                    .unwrap();
                let name = format!("refs/heads/{branch}");
                self.git(&["update-ref", &name, &other, &made]).unwrap();
            }
        }
        reply
    }
}

fn reference(name: &str, id: &str) -> Value {
    json!({ "ref": name, "node_id": "REF", "url": "https://example.com", "object": { "type": "commit", "sha": id, "url": "https://example.com" } })
}

fn comment(id: u64, body: &str) -> Value {
    json!({ "id": id, "node_id": "IC", "body": body, "user": { "login": "octocat" } })
}

fn listen(stream: &TcpStream) -> Option<Call> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader
        .read_line(&mut line)
        .ok()
        .filter(|count| *count > 0)?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    Some(Call {
        path: path.to_owned(),
        query,
        method,
        headers,
        body,
        target,
    })
}

fn decoded(part: &str) -> String {
    // A plus is a plus in a path.
    let part = part.replace('+', "%2B");
    let pairs = url::form_urlencoded::parse(part.as_bytes());
    pairs.map(|(name, _)| name.into_owned()).collect()
}

fn unbase64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=' && *byte != b'\n') {
        let sextet = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        held = (held << 6 | u32::from(sextet)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    bytes
}
