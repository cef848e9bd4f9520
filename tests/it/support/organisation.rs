//! A stand-in for GitHub with as many repositories as a test plants: their trees and blobs are named as git names them, lists
//! have pages and `ETag`s, and what a push changes in them changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use git2::{ObjectType, Oid};
use serde_json::{Map, Value, json};

use crate::support::openapi::{Description, Wired};
use crate::support::service::{Answer, Call, Service};

/// Who may look.
pub(crate) const TOKEN: &str = "ghp_0123456789abcdefghij";
/// Whose the repositories are.
pub(crate) const OWNER: &str = "acme";
const PAGE: usize = 100;
/// When everything was pushed that was not pushed in a test.
const LONG_AGO: &str = "2026-01-02T03:04:05Z";

/// A repository to be planted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Planted {
    /// Its name.
    pub(crate) name: String,
    /// What stands on `main`; nothing for an empty repository.
    pub(crate) files: Vec<(String, Arc<Vec<u8>>)>,
    /// Branches beside it that hold the same, and whether a request is open for each.
    pub(crate) branches: Vec<(String, bool)>,
    /// It is a fork.
    pub(crate) is_fork: bool,
    /// Nothing in it can be changed.
    pub(crate) is_archived: bool,
}

/// The running service.
pub(crate) struct Organisation {
    pub(crate) service: Service,
    world: Arc<Mutex<World>>,
}

/// What it holds.
#[derive(Default)]
pub(crate) struct World {
    repositories: BTreeMap<String, Kept>,
    blobs: HashMap<String, Arc<Vec<u8>>>,
    url: String,
    /// Repositories that may be listed and not read.
    pub(crate) closed: BTreeSet<String>,
    /// Calls about repositories that are still answered. Whoever makes the next one waits for ever, and the test is told.
    pub(crate) calls_left: Option<(usize, Sender<()>)>,
}

struct Kept {
    id: u64,
    planted: Planted,
    /// Path, mode, id and size.
    entries: Vec<(String, &'static str, String, usize)>,
    tree: String,
    head: String,
    pushed: String,
}

impl Planted {
    /// A repository with these files.
    pub(crate) fn with(name: &str, files: &[(&str, &str)]) -> Self {
        let bytes = |text: &str| Arc::new(text.as_bytes().to_vec());
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), bytes(text)));
        Self {
            name: name.to_owned(),
            files: files.collect(),
            ..Self::default()
        }
    }
}

impl Organisation {
    /// Starts one with these repositories.
    pub(crate) fn start(planted: Vec<Planted>) -> Self {
        let world = Arc::new(Mutex::new(World::default()));
        {
            let mut world = world.lock().unwrap();
            for one in planted {
                let id = 1000 + world.repositories.len() as u64;
                world.plant(id, one, LONG_AGO);
            }
        }
        let behind = Arc::clone(&world);
        let service = Service::start("", move |call| {
            if behind.lock().unwrap().is_over(call) {
                loop {
                    thread::park();
                }
            }
            let answer = behind.lock().unwrap().answer(call);
            // Without these 5,000 calls an hour hold, and large organisations would wait for the next one.
            answer
                .with("x-ratelimit-limit", "1000000")
                .with("x-ratelimit-remaining", "999999")
                .with("x-ratelimit-reset", "4000000000")
        });
        world.lock().unwrap().url.clone_from(&service.url);
        Self { service, world }
    }

    /// How `--owner` names it.
    pub(crate) fn owner(&self) -> String {
        format!("github:{}/{OWNER}", self.service.url)
    }

    /// Its host, as findings name it.
    pub(crate) fn host(&self) -> String {
        self.service.url.trim_start_matches("http://").to_owned()
    }

    /// What it holds, to be changed.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Somebody pushes: `main` holds these files from now on.
    pub(crate) fn push(&self, name: &str, files: &[(&str, &str)], at: &str) {
        let mut world = self.world();
        let kept = &world.repositories[name];
        let (id, planted) = (kept.id, kept.planted.clone());
        let files = Planted::with(name, files).files;
        world.plant(id, Planted { files, ..planted }, at);
    }

    /// Calls by what they are about: `list`, or the name of a repository.
    pub(crate) fn calls(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for wired in self.wired() {
            let path = wired.target.split('?').next().unwrap_or_default();
            let about = match path.split('/').collect::<Vec<_>>().as_slice() {
                ["", "repos", _, name, ..] => (*name).to_owned(),
                ["", "graphql"] => {
                    let body: Value = serde_json::from_slice(&wired.body).unwrap();
                    body["variables"]["name"].as_str().unwrap().to_owned()
                }
                _ => "list".to_owned(),
            };
            *counts.entry(about).or_default() += 1;
        }
        counts
    }

    /// How many requests were held against GitHub's description; none may break it.
    #[track_caller]
    pub(crate) fn holds_the_contract(&self) -> usize {
        let own = Description::parse(include_str!("github.openapi.json"));
        let wired = self.wired();
        let faults: Vec<String> = wired.iter().flat_map(|one| own.faults(one)).collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        wired.len()
    }

    fn wired(&self) -> Vec<Wired> {
        let exchanges = self.service.exchanges().into_iter();
        exchanges
            .map(|one| Wired {
                method: one.method,
                target: one.target,
                body: one.body,
                kind: String::new(),
                status: one.status,
            })
            .collect()
    }
}

impl World {
    fn plant(&mut self, id: u64, planted: Planted, pushed: &str) {
        let mut entries = Vec::new();
        for (path, bytes) in &planted.files {
            let blob = Oid::hash_object(ObjectType::Blob, bytes)
                .unwrap()
                .to_string();
            entries.push((path.clone(), "100644", blob.clone(), bytes.len()));
            self.blobs.entry(blob).or_insert_with(|| Arc::clone(bytes));
        }
        entries.sort();
        let tree = tree_id(&entries);
        let commit =
            format!("tree {tree}\nauthor a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n\n{pushed}\n");
        let head = Oid::hash_object(ObjectType::Commit, commit.as_bytes()).unwrap();
        let kept = Kept {
            id,
            entries,
            tree,
            head: head.to_string(),
            pushed: pushed.to_owned(),
            planted: planted.clone(),
        };
        self.repositories.insert(planted.name, kept);
    }

    fn answer(&self, call: &Call) -> Answer {
        if call.header("authorization") != format!("Bearer {TOKEN}") {
            return refused(401, "Bad credentials");
        }
        match (call.method.as_str(), call.path().as_slice()) {
            ("GET", ["orgs", OWNER, "repos"]) => self.list(call),
            ("GET", ["user"]) => Answer::json(200, &json!({ "login": "octocat", "id": 1 })),
            ("POST", ["graphql"]) => {
                let body = call.json();
                let name = body["variables"]["name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                self.about(&name, |world, _| world.blobs_of(&body))
            }
            ("GET", ["repos", OWNER, name, rest @ ..]) => {
                let rest: Vec<String> = rest.iter().map(|part| (*part).to_owned()).collect();
                self.about(name, |_, kept| in_repository(kept, call, &rest))
            }
            _ => refused(404, "Not Found"),
        }
    }

    fn is_over(&mut self, call: &Call) -> bool {
        let is_list = call.path().first() == Some(&"orgs");
        let Some((left, tell)) = self.calls_left.as_mut().filter(|_| !is_list) else {
            return false;
        };
        if *left > 0 {
            *left -= 1;
            return false;
        }
        // Several may wait; the first one tells.
        let _ = tell.send(());
        true
    }

    fn about(&self, name: &str, answer: impl FnOnce(&Self, &Kept) -> Answer) -> Answer {
        if self.closed.contains(name) {
            return refused(403, "Resource not accessible by personal access token");
        }
        match self.repositories.get(name) {
            Some(kept) => answer(self, kept),
            None => refused(404, "Not Found"),
        }
    }

    fn list(&self, call: &Call) -> Answer {
        let page: usize = call.asks("page").parse().unwrap_or(1);
        let all: Vec<&Kept> = self.repositories.values().collect();
        let from = ((page - 1) * PAGE).min(all.len());
        let end = (page * PAGE).min(all.len());
        let shown: Vec<Value> = all[from..end].iter().map(|kept| self.shape(kept)).collect();
        let body = Value::from(shown).to_string();
        let etag = format!(
            "W/\"{}\"",
            Oid::hash_object(ObjectType::Blob, body.as_bytes()).unwrap()
        );
        let mut answer = match call.header("if-none-match") == etag {
            true => Answer::of(304, "application/json", ""),
            false => Answer::of(200, "application/json; charset=utf-8", body),
        };
        answer = answer.with("etag", &etag);
        if end < all.len() {
            let next = format!(
                "<{}/orgs/{OWNER}/repos?per_page=100&type=all&sort=full_name&page={}>; rel=\"next\"",
                self.url,
                page + 1
            );
            answer = answer.with("link", &next);
        }
        answer
    }

    fn shape(&self, kept: &Kept) -> Value {
        let name = &kept.planted.name;
        json!({
            "id": kept.id, "node_id": format!("R_{}", kept.id), "name": name, "full_name": format!("{OWNER}/{name}"),
            "private": true, "fork": kept.planted.is_fork, "default_branch": "main", "archived": kept.planted.is_archived,
            "owner": { "login": OWNER, "id": 2, "type": "Organization" }, "disabled": false, "pushed_at": kept.pushed,
            "html_url": format!("{}/{OWNER}/{name}", self.url), "description": "A service of ours", "topics": ["service"],
            "permissions": { "admin": false, "maintain": false, "push": true, "triage": true, "pull": true },
        })
    }

    fn blobs_of(&self, body: &Value) -> Answer {
        let query = body["query"].as_str().unwrap_or_default();
        let mut found = Map::new();
        let parts: Vec<&str> = query.split(":object(oid:\"").collect();
        for pair in parts.windows(2) {
            let alias = pair[0].rsplit(['{', '}']).next().unwrap_or_default();
            let text = self
                .blobs
                .get(&pair[1][..40])
                .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            found.insert(
                alias.to_owned(),
                json!({ "text": text, "isTruncated": false }),
            );
        }
        Answer::json(200, &json!({ "data": { "repository": found } }))
    }
}

fn in_repository(kept: &Kept, call: &Call, rest: &[String]) -> Answer {
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let is_empty = kept.entries.is_empty();
    match rest.as_slice() {
        ["git", ..] if is_empty => refused(409, "Git Repository is empty."),
        ["git", "trees", at] if *at == "main" || *at == kept.head || *at == kept.tree => {
            let tree: Vec<Value> = kept
                .entries
                .iter()
                .map(|(path, mode, id, size)| json!({ "path": path, "mode": mode, "type": "blob", "sha": id, "size": size }))
                .collect();
            Answer::json(
                200,
                &json!({ "sha": kept.tree, "url": "https://example.com", "tree": tree, "truncated": false }),
            )
        }
        ["branches"] if is_empty => Answer::json(200, &json!([])),
        ["branches"] => {
            let others = kept.planted.branches.iter().map(|(name, _)| name.as_str());
            let shape = |name: &str| json!({ "name": name, "commit": { "sha": kept.head, "url": "https://example.com" }, "protected": false });
            Answer::json(
                200,
                &Value::from(others.chain(["main"]).map(shape).collect::<Vec<Value>>()),
            )
        }
        ["pulls"] => {
            let open = kept
                .planted
                .branches
                .iter()
                .enumerate()
                .filter(|(_, (name, is_open))| {
                    *is_open
                        && call.asks("head") == format!("{OWNER}:{name}")
                        && call.asks("base") == "main"
                });
            let repository = json!({ "id": kept.id });
            let shape = |(number, (name, _)): (usize, &(String, bool))| {
                json!({ "number": number + 1, "title": "t", "body": "b",
                    "head": { "ref": name, "repo": repository }, "base": { "ref": "main", "repo": repository } })
            };
            Answer::json(200, &Value::from(open.map(shape).collect::<Vec<Value>>()))
        }
        _ => refused(404, "Not Found"),
    }
}

/// A refusal in GitHub's form.
fn refused(status: u16, message: &str) -> Answer {
    let body = json!({ "message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string() });
    Answer::json(status, &body)
}

/// The id of the tree of sorted files, made of the trees of their directories as git makes them.
fn tree_id(files: &[(String, &'static str, String, usize)]) -> String {
    let rows: Vec<(&str, &str, &str)> = files
        .iter()
        .map(|(path, mode, id, _)| (path.as_str(), *mode, id.as_str()))
        .collect();
    level(&rows).to_string()
}

fn level(rows: &[(&str, &str, &str)]) -> Oid {
    let mut below: BTreeMap<&str, Vec<(&str, &str, &str)>> = BTreeMap::new();
    let mut entries: Vec<(String, String, Oid)> = Vec::new();
    for (path, mode, id) in rows {
        match path.split_once('/') {
            Some((directory, rest)) => below.entry(directory).or_default().push((rest, mode, id)),
            None => entries.push((
                (*path).to_owned(),
                (*mode).to_owned(),
                Oid::from_str(id).unwrap(),
            )),
        }
    }
    for (directory, rows) in below {
        entries.push((format!("{directory}/"), "40000".to_owned(), level(&rows)));
    }
    // Git sorts a directory as if its name ended with a slash.
    entries.sort();
    let mut tree = Vec::new();
    for (name, mode, id) in entries {
        tree.extend(format!("{mode} {}\0", name.trim_end_matches('/')).into_bytes());
        tree.extend(id.as_bytes());
    }
    Oid::hash_object(ObjectType::Tree, &tree).unwrap()
}
