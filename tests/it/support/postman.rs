//! A repository that is connected to a workspace of the sandbox, the real program between them, and everything that passes
//! on the wire written down and held against the contract.

use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use git_postman::git::repository::Repository as Opened;
use git_postman::mirror::element::RemoteId;
use git_postman::mirror::home::Home;
use git_postman::mirror::state::{Blobs, LinkTarget, MirrorState, Owner};
use git_postman::mirror::store::{Draft, StateStore as _, Swap};
use git_postman::mirror::store_git::GitStore;
use git_postman::model::path::RepoPath;
use git_postman::sandbox::options::{Options, Settings};
use git_postman::sandbox::running::{Running, Sandbox};
use serde_json::{Value, json};

use crate::support::contract::{Exchange, Side, check_exchange};
use crate::support::http::send;
use crate::support::{Repository, Run, program};

/// The versioned family's header.
pub(crate) const V10: &str = "application/vnd.api.v10+json";
/// The address of the collection format.
pub(crate) const SCHEMA: &str =
    "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
/// Where the mirror keeps its state.
pub(crate) const STATE: &str = "refs/postman/state";

/// A sandbox with a workspace, a repository that is connected to it, and a recorder between them.
pub(crate) struct Scene {
    pub(crate) repository: Repository,
    pub(crate) sandbox: Running,
    pub(crate) workspace: String,
    pub(crate) recorder: Recorder,
    had_faults: AtomicBool,
}

impl Scene {
    /// A workspace, and a repository with these files and one `.postman/resources.yaml`.
    pub(crate) fn of_workspace(files: &[(&str, &str)]) -> Self {
        Self::of_workspace_in(sandbox(), files)
    }

    /// The same in this sandbox.
    pub(crate) fn of_workspace_in(
        (sandbox, workspace): (Running, String),
        files: &[(&str, &str)],
    ) -> Self {
        let repository = Repository::with(files);
        let resources = format!("workspace:\n  id: {workspace}\n");
        repository.commit(&[(".postman/resources.yaml", &resources)], "connect");
        let target = LinkTarget::SpecHub {
            specification: None,
            workspace: id(&workspace),
        };
        Self::connected(repository, sandbox, workspace, target)
    }

    /// An API that Postman has connected to this very repository.
    #[cfg(unix)]
    pub(crate) fn of_connected_api(files: &[(&str, &str)]) -> Self {
        let (scene, api) = Self::of_api_in(files, true);
        let link = json!({"domain": null, "organization": "acme", "repository": "pets",
            "schemaFolder": "postman/schemas", "collectionFolder": "postman/collections"});
        scene.ask("PUT", &format!("/sandbox/apis/{api}/git"), &link);
        scene.give_address("git@github.com:acme/pets.git");
        scene
    }

    /// Gives the remote an address, by which git gets to the directory beside it.
    #[cfg(unix)]
    pub(crate) fn give_address(&self, address: &str) {
        self.repository.give_address(address);
    }

    /// An API of the API Builder, and a repository with these files and its metadata.
    pub(crate) fn of_api(files: &[(&str, &str)]) -> Self {
        Self::of_api_in(files, false).0
    }

    fn of_api_in(files: &[(&str, &str)], is_connected: bool) -> (Self, String) {
        let (sandbox, workspace) = sandbox();
        let path = format!("/apis?workspaceId={workspace}");
        let api = ask_sandbox(&sandbox, "POST", &path, &json!({"name": "Pets"}));
        let api = api["id"].as_str().unwrap().to_owned();
        let repository = Repository::with(files);
        let index = format!(
            "configVersion = 1.0.0\ntype = apiEntityData\napis[] = {{\"apiId\":\"{api}\"}}\n"
        );
        let file = format!(
            "configVersion = 1.0.0\ntype = apiEntityData\n\n[config]\nid = {api}\n\n[config.relations]\n\n\
             [config.relations.collections]\nrootDirectory = postman/collections\n\n[config.relations.collections.metaData]\n\n\
             [config.relations.apiDefinition]\nrootDirectory = postman/schemas\n\n[config.relations.apiDefinition.metaData]\n"
        );
        repository.commit(
            &[
                (".postman/api", &index),
                (&format!(".postman/api_{api}"), &file),
            ],
            "connect",
        );
        let (own, within) = (id(&api), id(&workspace));
        let target = if is_connected {
            LinkTarget::GitLinked {
                api: own,
                workspace: within,
                elsewhere: None,
            }
        } else {
            LinkTarget::ApiBuilder {
                api: own,
                workspace: within,
            }
        };
        let scene = Self::connected(repository, sandbox, workspace, target);
        (scene, api)
    }

    fn connected(
        repository: Repository,
        sandbox: Running,
        workspace: String,
        target: LinkTarget,
    ) -> Self {
        let scene = Self::unconnected(repository, sandbox, workspace);
        begin_record(&scene.repository, target);
        scene
    }

    /// A repository with a remote, and a Postman that knows nothing of it.
    pub(crate) fn unconnected(repository: Repository, sandbox: Running, workspace: String) -> Self {
        let repository = repository.with_origin();
        let recorder = Recorder::before(&sandbox.url);
        Self {
            repository,
            sandbox,
            workspace,
            recorder,
            had_faults: AtomicBool::new(false),
        }
    }

    /// Runs the program with the key of the sandbox.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_in(&self.repository, arguments)
    }

    /// The same in another clone.
    pub(crate) fn run_in(&self, repository: &Repository, arguments: &[&str]) -> Run {
        self.run_with(repository, &self.sandbox.key, arguments)
    }

    /// The same with another key.
    pub(crate) fn run_with(&self, repository: &Repository, key: &str, arguments: &[&str]) -> Run {
        let variables = [
            ("POSTMAN_API_KEY", key),
            ("POSTMAN_API_URL", self.recorder.url.as_str()),
        ];
        repository.run_handed(repository.root(), &variables, arguments)
    }

    /// `push --format json`, which must end like this.
    #[track_caller]
    pub(crate) fn push(&self, code: i32, more: &[&str]) -> Value {
        let mut arguments = vec!["push", "--format", "json"];
        arguments.extend(more);
        self.run(&arguments).expect(code).json()
    }

    /// Asks the sandbox directly, past the recorder.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        ask_sandbox(&self.sandbox, method, path, body)
    }

    /// What is in the workspace: `kind name`, sorted.
    pub(crate) fn inventory(&self) -> Vec<String> {
        let path = format!("/workspaces/{}", self.workspace);
        let workspace = self.ask("GET", &path, &Value::Null);
        let mut found = Vec::new();
        for kind in ["collections", "environments", "specs", "apis"] {
            for one in workspace["workspace"][kind]
                .as_array()
                .into_iter()
                .flatten()
            {
                found.push(format!("{kind} {}", one["name"].as_str().unwrap()));
            }
        }
        found.sort();
        found
    }

    /// A collection by its name: its uid and its content.
    pub(crate) fn collection(&self, name: &str) -> (String, Value) {
        let path = format!("/workspaces/{}", self.workspace);
        let workspace = self.ask("GET", &path, &Value::Null);
        let all = workspace["workspace"]["collections"]
            .as_array()
            .unwrap()
            .clone();
        let one = all.iter().find(|one| one["name"] == name).unwrap();
        let uid = one["uid"].as_str().unwrap().to_owned();
        let content = self.ask("GET", &format!("/collections/{uid}"), &Value::Null);
        (uid, content["collection"].clone())
    }

    /// Somebody edits a collection in Postman.
    pub(crate) fn edit(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let (uid, mut collection) = self.collection(name);
        change(&mut collection);
        let body = json!({"collection": collection});
        self.ask("PUT", &format!("/collections/{uid}"), &body);
    }

    /// One more fault in the sandbox.
    pub(crate) fn fault(&self, spec: &str, skip: u64, times: u64) {
        self.had_faults.store(true, Ordering::Relaxed);
        let body = json!({"spec": spec, "skip": skip, "times": times});
        self.ask("POST", "/sandbox/faults", &body);
    }

    /// No more faults.
    pub(crate) fn heal(&self) {
        let headers = [("X-API-Key", self.sandbox.key.as_str())];
        send(
            &self.sandbox.url,
            "DELETE",
            "/sandbox/faults",
            &headers,
            None,
        )
        .unwrap();
    }

    /// How many commits the state has on the remote.
    pub(crate) fn records(&self) -> usize {
        let run = self
            .repository
            .git(&["--git-dir", "../origin.git", "rev-list", "--count", STATE])
            .expect(0);
        run.stdout.trim().parse().unwrap()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        let exchanges = self.recorder.exchanges.lock().unwrap();
        let mut wrong: Vec<_> = exchanges.iter().flat_map(check_exchange).collect();
        // What a fault makes up is no answer of Postman's.
        let had_faults = self.had_faults.load(Ordering::Relaxed);
        wrong.retain(|violation| !had_faults || violation.side == Side::Request);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

/// A collection with requests of these names.
pub(crate) fn collection(name: &str, requests: &[&str]) -> String {
    let items: Vec<Value> = requests
        .iter()
        .enumerate()
        .map(|(index, request)| {
            json!({"name": request, "request": {"method": "GET", "header": [],
                "url": format!("https://api.example.com/{index}")}})
        })
        .collect();
    format!(
        "{:#}\n",
        json!({"info": {"name": name, "schema": SCHEMA}, "item": items})
    )
}

/// A sandbox without limits, and the id of a workspace in it.
pub(crate) fn sandbox() -> (Running, String) {
    sandbox_with_dice(Options::default().fault_seed)
}

/// The same with other dice for its faults.
pub(crate) fn sandbox_with_dice(fault_seed: u64) -> (Running, String) {
    let sandbox = Sandbox::start(Options {
        fault_seed,
        settings: Settings {
            rate_limit: 0,
            strict_limit: 0,
            ..Settings::default()
        },
        ..Options::default()
    })
    .unwrap();
    let made = ask_sandbox(
        &sandbox,
        "POST",
        "/workspaces",
        &json!({"workspace": {"name": "Pets", "type": "team"}}),
    );
    let workspace = made["workspace"]["id"].as_str().unwrap().to_owned();
    (sandbox, workspace)
}

#[track_caller]
/// Asks the sandbox past everything that watches.
pub(crate) fn ask_sandbox(sandbox: &Running, method: &str, path: &str, body: &Value) -> Value {
    let mut headers = vec![
        ("X-API-Key", sandbox.key.as_str()),
        ("Content-Type", "application/json"),
    ];
    if path.starts_with("/apis") {
        headers.push(("Accept", V10));
    }
    let text = body.to_string();
    let body = (!body.is_null()).then_some(text.as_bytes());
    let reply = send(&sandbox.url, method, path, &headers, body).unwrap();
    assert!(
        (200..300).contains(&reply.status),
        "{method} {path}: {} {}",
        reply.status,
        reply.json()
    );
    reply.json()
}

fn id(text: &str) -> RemoteId {
    RemoteId::parse(text).unwrap()
}

/// What `connect` records.
fn begin_record(repository: &Repository, target: LinkTarget) {
    let opened = Opened::discover(repository.root()).unwrap();
    let home = Home::of(&opened).unwrap();
    let state = MirrorState::new(Owner {
        repository: home.repository(),
        roots: home.roots().unwrap().to_vec(),
        hosted: None,
        name: "Pets".to_owned(),
        active_branch: Some("main".to_owned()),
        folder: RepoPath::root(),
        target,
        host: "localhost".to_owned(),
    });
    let store = GitStore::new(&opened, home.remote.as_deref(), STATE);
    let draft = Draft {
        state: &state,
        blobs: &Blobs::new(),
        message: "Connect\n",
        now: 1,
    };
    assert!(matches!(store.swap(None, &draft).unwrap(), Swap::Done(_)));
}

/// A run of the program that can be killed.
pub(crate) struct Going {
    child: Child,
}

impl Scene {
    /// Starts the program, and does not wait for its end.
    pub(crate) fn start(&self, repository: &Repository, arguments: &[&str]) -> Going {
        self.start_with(repository, &[], arguments)
    }

    fn start_with(
        &self,
        repository: &Repository,
        variables: &[(&str, &str)],
        arguments: &[&str],
    ) -> Going {
        let mut command = repository.command(program(), repository.root(), arguments);
        let child = command
            .env("POSTMAN_API_KEY", &self.sandbox.key)
            .env("POSTMAN_API_URL", &self.recorder.url)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Going { child }
    }

    /// Starts a push and kills it: see [`Scene::killed_at`].
    pub(crate) fn push_killed_at(&self, call: usize, when: When) -> bool {
        self.killed_at(&["push"], call, when)
    }

    /// Starts a run and kills it at the call of this number, before the sandbox has it or after. Says whether there was such
    /// a call; where not, it went through.
    pub(crate) fn killed_at(&self, arguments: &[&str], call: usize, when: When) -> bool {
        let (reached, told) = mpsc::channel();
        let (release, released) = mpsc::channel();
        *self.recorder.gate.lock().unwrap() = Some(Gate {
            left: call,
            when,
            reached: reached.clone(),
            released,
        });
        let mut going = self.start(&self.repository, arguments);
        let pid = going.child.id();
        let waiting = thread::spawn(move || {
            let mut kept = String::new();
            let _ = going.child.stderr.take().unwrap().read_to_string(&mut kept);
            let status = going.child.wait().unwrap();
            let _ = reached.send(None);
            (status, kept)
        });
        let was_reached = told.recv().unwrap().is_some();
        if was_reached {
            kill(pid);
        }
        let (status, told) = waiting.join().unwrap();
        assert_eq!(status.success(), !was_reached, "{told}");
        let _ = release.send(());
        *self.recorder.gate.lock().unwrap() = None;
        was_reached
    }

    /// Runs the program and holds it at the call of this number while something else happens. The call finds a broken
    /// connection then, and the program asks again.
    pub(crate) fn run_held_at(
        &self,
        call: usize,
        arguments: &[&str],
        meanwhile: impl FnOnce(),
    ) -> Run {
        self.run_held_with(call, &[], arguments, meanwhile)
    }

    /// The same with more variables.
    pub(crate) fn run_held_with(
        &self,
        call: usize,
        variables: &[(&str, &str)],
        arguments: &[&str],
        meanwhile: impl FnOnce(),
    ) -> Run {
        let (reached, told) = mpsc::channel();
        let (release, released) = mpsc::channel();
        *self.recorder.gate.lock().unwrap() = Some(Gate {
            left: call,
            when: When::Before,
            reached,
            released,
        });
        let going = self.start_with(&self.repository, variables, arguments);
        told.recv().unwrap();
        meanwhile();
        release.send(()).unwrap();
        going.end()
    }

    /// Starts a push and kills it: see [`Scene::killed_at_ref`].
    #[cfg(unix)]
    pub(crate) fn push_killed_at_ref(&self, time: usize, when: When) -> bool {
        self.killed_at_ref(&["push"], time, when)
    }

    /// Starts a run that is killed when the remote of the state is pushed to for the time of this number, before it has
    /// moved or after. Says whether it came to that.
    #[cfg(unix)]
    pub(crate) fn killed_at_ref(&self, arguments: &[&str], time: usize, when: When) -> bool {
        use std::os::unix::fs::PermissionsExt as _;
        let hooks = self.repository.beside("origin.git/hooks");
        let (pid, count) = (
            self.repository.beside("pid"),
            self.repository.beside("count"),
        );
        std::fs::create_dir_all(&hooks).unwrap();
        let hook = hooks.join(match when {
            When::Before => "pre-receive",
            When::After => "post-receive",
        });
        let script = format!(
            "#!/bin/sh\necho x >> '{count}'\nif [ \"$(wc -l < '{count}')\" -eq {time} ]; then\n  kill -9 \"$(cat '{pid}')\"\n  exit 1\nfi\n",
            count = count.display(),
            pid = pid.display(),
        );
        std::fs::write(&hook, script).unwrap();
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
        // The process has an id before it does anything.
        let mut words = vec![
            "-c",
            "echo $$ > ../pid; exec \"$0\" \"$@\"",
            program().to_str().unwrap(),
        ];
        words.extend(arguments);
        let (shell, root) = (OsStr::new("sh"), self.repository.root());
        let mut command = self.repository.command(shell, root, &words);
        let output = command
            .env("POSTMAN_API_KEY", &self.sandbox.key)
            .env("POSTMAN_API_URL", &self.recorder.url)
            .output()
            .unwrap();
        std::fs::remove_file(hook).unwrap();
        let _ = std::fs::remove_file(count);
        output.status.code().is_none()
    }
}

impl Going {
    /// Waits for the end.
    pub(crate) fn end(self) -> Run {
        let output = self.child.wait_with_output().unwrap();
        Run::of("`git-postman` beside others".to_owned(), &output)
    }
}

/// Where a run is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Nobody has heard of it yet.
    Before,
    /// It is done, and the answer is lost.
    After,
}

struct Gate {
    left: usize,
    when: When,
    reached: Sender<Option<()>>,
    released: Receiver<()>,
}

#[expect(clippy::disallowed_methods, reason = "only a program ends another one")]
fn kill(pid: u32) {
    let status = Command::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(status.unwrap().success());
}

/// Stands before the sandbox, hands everything on byte by byte, and remembers it.
pub(crate) struct Recorder {
    pub(crate) url: String,
    pub(crate) exchanges: Arc<Mutex<Vec<Exchange>>>,
    gate: Arc<Mutex<Option<Gate>>>,
}

impl Recorder {
    fn before(url: &str) -> Self {
        let upstream = url.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let exchanges = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&exchanges);
        let gate = Arc::new(Mutex::new(None));
        let held = Arc::clone(&gate);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (upstream, kept) = (upstream.clone(), Arc::clone(&kept));
                let held = Arc::clone(&held);
                thread::spawn(move || hand_on(stream, &upstream, &kept, &held));
            }
        });
        Self {
            url: own,
            exchanges,
            gate,
        }
    }

    /// How many calls there were so far.
    pub(crate) fn calls(&self) -> usize {
        self.exchanges.lock().unwrap().len()
    }
}

fn hand_on(
    mut client: TcpStream,
    upstream: &str,
    kept: &Mutex<Vec<Exchange>>,
    held: &Mutex<Option<Gate>>,
) -> Option<()> {
    client
        .set_read_timeout(Some(Duration::from_secs(60)))
        .ok()?;
    let (head, body) = request_of(&mut client)?;
    let gate = {
        let mut gate = held.lock().unwrap();
        if let Some(gate) = gate.as_mut() {
            gate.left = gate.left.saturating_sub(1);
        }
        gate.take_if(|gate| gate.left == 0)
    };
    if let Some(gate) = &gate
        && gate.when == When::Before
    {
        gate.reached.send(Some(())).ok()?;
        let _ = gate.released.recv();
        return None;
    }
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .filter(|(name, _)| !["connection", "host"].contains(&name.as_str()))
        .collect();
    let accept = headers.iter().find(|(name, _)| name == "accept");
    let mut exchange = Exchange {
        method: method.clone(),
        target: target.clone(),
        accept: accept.map(|(_, value)| value.clone()),
        body: body.clone(),
        ..Exchange::default()
    };
    let mut server = TcpStream::connect(upstream).ok()?;
    server
        .set_read_timeout(Some(Duration::from_secs(60)))
        .ok()?;
    let mut request =
        format!("{method} {target} HTTP/1.1\r\nHost: {upstream}\r\nConnection: close\r\n");
    for (name, value) in &headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    server.write_all(request.as_bytes()).ok()?;
    let _ = server.write_all(&body);
    let mut answer = Vec::new();
    let _ = server.read_to_end(&mut answer);
    if let Some(split) = answer.windows(4).position(|four| four == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&answer[..split]).into_owned();
        let header = |wanted: &str| {
            head.split("\r\n").find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case(wanted).then(|| value.to_owned())
            })
        };
        exchange.status = head.split(' ').nth(1)?.parse().ok()?;
        exchange.content_type = header("content-type");
        exchange.location = header("location");
        exchange.answer = answer[split + 4..].to_vec();
        let announced = header("content-length").and_then(|text| text.parse::<usize>().ok());
        let is_whole = announced.is_none_or(|length| length == exchange.answer.len());
        // What a fault has cut or made up is no exchange of Postman's.
        let is_made_up = exchange.content_type.as_deref() == Some("text/html");
        if is_whole && !is_made_up && exchange.status < 500 {
            kept.lock().unwrap().push(exchange);
        }
    }
    if let Some(gate) = &gate {
        gate.reached.send(Some(())).ok()?;
        let _ = gate.released.recv();
        return None;
    }
    client.write_all(&answer).ok()?;
    Some(())
}

fn request_of(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut read = Vec::new();
    let mut block = [0; 1 << 16];
    let split = loop {
        if let Some(split) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break split;
        }
        let count = client.read(&mut block).ok().filter(|count| *count > 0)?;
        read.extend_from_slice(&block[..count]);
    };
    let head = String::from_utf8(read[..split].to_vec()).ok()?;
    let length = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse::<usize>().ok())?
    });
    let mut body = read[split + 4..].to_vec();
    while body.len() < length.unwrap_or(0) {
        let count = client.read(&mut block).ok().filter(|count| *count > 0)?;
        body.extend_from_slice(&block[..count]);
    }
    Some((head, body))
}
