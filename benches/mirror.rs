//! What the mirror does and costs, with the real program, real git and the sandbox over loopback.
//!
//! `cargo bench --bench mirror` prints every table; `-- real`, `big`, `races`, `kills`, `faults` only that one. `--syncs N`,
//! `--seed N`, `--racers N` and `--collections N` change the sizes; `--fault KIND` leaves one fault; `--corpus DIR` names the folder of real repositories. Every
//! call on the wire is held against the contract, and anything that is lost, doubled or unequal ends the run with a panic.
//! Peak memory needs GNU time.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on should say where"
)]

#[allow(dead_code, reason = "the end-to-end tests use the rest")]
#[path = "../tests/it/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use fastrand::Rng;
use git_postman::mirror::remote_content::digest_of;
use serde_json::{Value, json};

use crate::support::postman::{STATE, Scene, When, collection, sandbox};
use crate::support::{Repository, Run, program};

/// Every fault of the sandbox.
const FAULTS: [&str; 23] = [
    "401",
    "403",
    "404",
    "409",
    "413",
    "423",
    "429",
    "500",
    "502",
    "503",
    "504",
    "quota",
    "drop",
    "commit-then-drop",
    "commit-then-500",
    "commit-then-504",
    "slow=20",
    "malformed",
    "html",
    "redirect",
    "task-failed",
    "repeat-cursor",
    "all",
];
/// What meets at once under the name `all`.
const TOGETHER: [&str; 5] = [
    "500:0.05",
    "drop:0.05",
    "commit-then-drop:0.05",
    "malformed:0.03",
    "429:0.02",
];
const RATE: &str = "0.2";
/// Syncs with faults between two looks at both sides.
const BETWEEN_LOOKS: usize = 5;
/// So many runs go at once.
const AT_ONCE: usize = 10;

/// What plans have said, and what was done, in runs without faults.
static PLANS: AtomicUsize = AtomicUsize::new(0);
static PREDICTED: AtomicU64 = AtomicU64::new(0);
static MADE: AtomicU64 = AtomicU64::new(0);
static DISHONEST: AtomicUsize = AtomicUsize::new(0);

struct Sizes {
    only: Vec<String>,
    syncs: usize,
    seed: u64,
    racers: usize,
    collections: usize,
    corpus: PathBuf,
    fault: Option<String>,
}

fn main() {
    let sizes = sizes();
    let wanted = |name: &str| sizes.only.is_empty() || sizes.only.iter().any(|one| one == name);
    if !has_pull() {
        println!("`pull` is not there: edits in Postman are left out.");
    }
    if wanted("real") {
        real(&sizes.corpus);
    }
    if wanted("big") {
        big(sizes.collections);
    }
    if wanted("races") {
        races(sizes.racers);
    }
    if wanted("kills") {
        kills();
    }
    if wanted("faults") {
        faults(sizes.syncs, sizes.seed, sizes.fault.as_deref());
    }
    println!(
        "\nPlans carried out without faults: {}; calls predicted {}, made {}; plans that were wrong: {}",
        PLANS.load(Ordering::Relaxed),
        PREDICTED.load(Ordering::Relaxed),
        MADE.load(Ordering::Relaxed),
        DISHONEST.load(Ordering::Relaxed),
    );
    assert_eq!(DISHONEST.load(Ordering::Relaxed), 0);
}

fn sizes() -> Sizes {
    let mut sizes = Sizes {
        only: Vec::new(),
        syncs: 207,
        seed: 7,
        racers: 50,
        collections: 300,
        corpus: Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/api-builder"),
        fault: None,
    };
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    while let Some(word) = words.next() {
        let mut number = || words.next().unwrap().parse::<usize>().unwrap();
        match word.as_str() {
            "--syncs" => sizes.syncs = number(),
            "--seed" => sizes.seed = number() as u64,
            "--racers" => sizes.racers = number(),
            "--collections" => sizes.collections = number(),
            "--fault" => sizes.fault = words.next(),
            "--corpus" => sizes.corpus = words.next().unwrap().into(),
            _ => sizes.only.push(word),
        }
    }
    sizes
}

fn has_pull() -> bool {
    Repository::none().run(&["pull", "--help"]).code == 0
}

/// A push whose plan must have told the truth.
#[track_caller]
fn honest_push(scene: &Scene, repository: &Repository, more: &[&str]) -> (Run, Value) {
    let mut arguments = vec!["push", "--format", "json"];
    arguments.extend(more);
    let run = scene.run_in(repository, &arguments);
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or(Value::Null);
    weigh(&report);
    (run, report)
}

fn weigh(report: &Value) {
    let said = report["plan"]["calls"].as_u64();
    let Some((said, made)) = said.zip(report["outcome"]["calls"].as_u64()) else {
        return;
    };
    PLANS.fetch_add(1, Ordering::Relaxed);
    PREDICTED.fetch_add(said, Ordering::Relaxed);
    MADE.fetch_add(made, Ordering::Relaxed);
    if said != made {
        DISHONEST.fetch_add(1, Ordering::Relaxed);
        println!("predicted {said}, made {made}: {}", report["plan"]["steps"]);
    }
}

fn applied(report: &Value) -> usize {
    report["outcome"]["applied"].as_array().map_or(0, Vec::len)
}

fn commit_and_push(repository: &Repository, message: &str) {
    repository.commit(&[], message);
    repository
        .git(&["push", "--quiet", "--no-verify", "origin", "HEAD:main"])
        .expect(0);
}

// Both sides, read past the program.

/// What each side has: what it is called, and the digest of what it means. Files of definitions go by their paths, the rest
/// by its content alone.
type Side = Vec<String>;

fn in_git(repository: &Repository, definitions: &[&str], documents: &[&str]) -> Side {
    let mut side = Side::new();
    for (folders, is_named) in [(definitions, true), (documents, false)] {
        for folder in folders {
            let root = repository.at(folder);
            for path in files_of(&root) {
                let bytes = fs::read(&path).unwrap();
                let relative = path.strip_prefix(&root).unwrap().to_str().unwrap();
                let is_document = relative.ends_with(".json");
                if bytes.is_empty() || !(is_named || is_document) {
                    continue;
                }
                side.push(line(is_named.then_some(relative), &bytes));
            }
        }
    }
    side.sort();
    side
}

fn line(name: Option<&str>, bytes: &[u8]) -> String {
    let mut bytes = bytes.to_vec();
    let mut called = name.unwrap_or("document").to_owned();
    if name.is_none()
        && let Ok(mut document) = serde_json::from_slice::<Value>(&bytes)
    {
        trim_names(&mut document);
        let given = document
            .pointer("/info/name")
            .or_else(|| document.get("name"));
        if let Some(given) = given.and_then(Value::as_str) {
            called = format!("`{given}`");
        }
        bytes = document.to_string().into_bytes();
    }
    let digest = digest_of(name.unwrap_or("a.json"), &bytes);
    let digest = digest.map_or_else(
        || String::from_utf8_lossy(&bytes).into_owned(),
        |digest| digest.to_string(),
    );
    format!("{called} {digest}")
}

/// Postman stores names without the blanks around them, and Git keeps its own.
fn trim_names(node: &mut Value) {
    if let Some(Value::String(name)) = node.get_mut("name") {
        *name = name.trim().to_owned();
    }
    match node {
        Value::Array(items) => items.iter_mut().for_each(trim_names),
        Value::Object(members) => members.values_mut().for_each(trim_names),
        _ => {}
    }
}

fn files_of(root: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    entries
        .filter_entry(|entry| entry.file_name() != ".git")
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}

/// The ids of the collections in a workspace, or in an API.
fn collections_of(scene: &Scene, api: Option<&str>) -> Vec<String> {
    let (path, place) = match api {
        Some(api) => (format!("/apis/{api}?include=collections"), "/collections"),
        None => (
            format!("/workspaces/{}", scene.workspace),
            "/workspace/collections",
        ),
    };
    let answer = scene.ask("GET", &path, &Value::Null);
    let all = answer.pointer(place).and_then(Value::as_array).cloned();
    let id = |one: &Value| {
        let id = one.get("uid").or_else(|| one.get("id"));
        id.and_then(Value::as_str).unwrap().to_owned()
    };
    all.unwrap_or_default().iter().map(id).collect()
}

fn in_postman(scene: &Scene, api: Option<&str>) -> Side {
    let mut side = Side::new();
    let get = |path: &str| scene.ask("GET", path, &Value::Null);
    for id in collections_of(scene, api) {
        let read = get(&format!("/collections/{id}"));
        side.push(line(None, read["collection"].to_string().as_bytes()));
    }
    match api {
        Some(api) => {
            let read = get(&format!("/apis/{api}?include=schemas"));
            for schema in read["schemas"].as_array().into_iter().flatten() {
                let folder = format!(
                    "/apis/{api}/schemas/{}/files",
                    schema["id"].as_str().unwrap()
                );
                for file in get(&folder)["files"].as_array().into_iter().flatten() {
                    let path = file["path"].as_str().unwrap();
                    let encoded = path.replace('/', "%2F").replace(' ', "%20");
                    let read = get(&format!("{folder}/{encoded}"));
                    side.push(line(
                        Some(path),
                        read["content"].as_str().unwrap().as_bytes(),
                    ));
                }
            }
        }
        None => {
            let workspace = get(&format!("/workspaces/{}", scene.workspace));
            for one in workspace["workspace"]["environments"]
                .as_array()
                .into_iter()
                .flatten()
            {
                let read = get(&format!("/environments/{}", one["uid"].as_str().unwrap()));
                side.push(line(None, read["environment"].to_string().as_bytes()));
            }
            for one in workspace["workspace"]["specs"]
                .as_array()
                .into_iter()
                .flatten()
            {
                let folder = format!("/specs/{}/files", one["id"].as_str().unwrap());
                for file in get(&folder)["files"].as_array().into_iter().flatten() {
                    let path = file["path"].as_str().unwrap();
                    let read = get(&format!("{folder}/{}", path.replace('/', "%2F")));
                    side.push(line(
                        Some(path),
                        read["content"].as_str().unwrap().as_bytes(),
                    ));
                }
            }
        }
    }
    side.sort();
    side
}

/// The pointers of all requests.
fn requests(node: &Value, at: &str, found: &mut Vec<String>) {
    for (index, item) in node["item"].as_array().into_iter().flatten().enumerate() {
        let at = format!("{at}/item/{index}");
        if item.get("item").is_some() {
            requests(item, &at, found);
        } else {
            found.push(at);
        }
    }
}

fn rename(document: &mut Value, number: usize, name: &str) {
    let mut all = Vec::new();
    requests(document, "", &mut all);
    let pointer = &all[number % all.len()];
    document.pointer_mut(pointer).unwrap()["name"] = json!(name);
}

/// Renames a request of a collection in Git, in the worktree.
fn rename_in_git(path: &Path, number: usize, name: &str) {
    let mut document: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    rename(&mut document, number, name);
    fs::write(path, format!("{document:#}\n")).unwrap();
}

fn rename_in_postman(scene: &Scene, id: &str, number: usize, name: &str) {
    let path = format!("/collections/{id}");
    let mut read = scene.ask("GET", &path, &Value::Null);
    rename(&mut read["collection"], number, name);
    scene.ask("PUT", &path, &json!({"collection": read["collection"]}));
}

// Real repositories.

fn real(corpus: &Path) {
    println!("\n## Real repositories: connect, push, push, edit, pull, push, status, disconnect\n");
    if !corpus.is_dir() {
        println!("skipped: there is no {}", corpus.display());
        return;
    }
    println!(
        "| repository | files equal on both sides | first push | second push | whole journey |\n|---|---|---|---|---|"
    );
    let mut folders: Vec<PathBuf> = fs::read_dir(corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let mut through = 0;
    for folder in &folders {
        let name = folder.file_name().unwrap().to_str().unwrap();
        match journey(folder, name) {
            Ok(row) => {
                through += 1;
                println!("| {name} | {row} |");
            }
            Err(reason) => println!(
                "| {name} | stopped at {} | | | |",
                reason.replace('\n', " ")
            ),
        }
    }
    println!("\n{through} of {} went the whole way", folders.len());
    assert!(through >= 5);
}

/// An id as Postman hands them out, anywhere in a text.
fn id_in(text: &str) -> Option<String> {
    let is_id = |part: &&str| {
        let parts: Vec<usize> = part.split('-').map(str::len).collect();
        parts == [8, 4, 4, 4, 12]
    };
    text.split(|letter: char| !(letter.is_ascii_hexdigit() || letter == '-'))
        .find(is_id)
        .map(str::to_owned)
}

/// Why a run ended: the rules that found something, or the first line that it said.
fn why(run: &Run, report: &Value) -> String {
    let mut rules: Vec<&str> = report["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|finding| finding["severity"] == "error")
        .filter_map(|finding| finding["rule"].as_str())
        .collect();
    rules.sort_unstable();
    rules.dedup();
    let failed = report["outcome"]["failed"][0]["error"].as_str();
    let said = failed.map_or_else(|| rules.join(", "), str::to_owned);
    let said = if said.is_empty() {
        run.stderr
            .lines()
            .next()
            .unwrap_or("nothing was said")
            .to_owned()
    } else {
        said
    };
    format!("exit code {}: {said}", run.code)
}

fn journey(folder: &Path, name: &str) -> Result<String, String> {
    let start = Instant::now();
    let api = files_of(&folder.join(".postman"))
        .iter()
        .find_map(|path| id_in(&fs::read_to_string(path).ok()?))
        .ok_or("no API in .postman")?;
    let (sandbox, workspace) = sandbox();
    let repository = Repository::with(&[]);
    for path in files_of(folder) {
        let relative = path.strip_prefix(folder).unwrap().to_str().unwrap();
        repository.write(relative, fs::read(&path).unwrap());
    }
    repository.commit(&[], "as it is");
    let mut scene = Scene::unconnected(repository, sandbox, workspace);
    let seed = json!({"workspaces": [{"name": "Corpus", "apis": [{"name": name, "id": api}]}]});
    scene.ask("POST", "/sandbox/seed", &seed);
    let all = scene.ask("GET", "/workspaces", &Value::Null);
    let all = all["workspaces"].as_array().unwrap();
    let one = all.iter().find(|one| one["name"] == "Corpus").unwrap();
    scene.workspace = one["id"].as_str().unwrap().to_owned();
    let connect = ["connect", "--workspace", &scene.workspace, "--api", &api];
    let run = scene.run(&connect);
    if run.code != 0 {
        return Err(format!("connect: {}", why(&run, &Value::Null)));
    }
    commit_and_push(&scene.repository, "connect");
    let (run, first) = honest_push(&scene, &scene.repository, &[]);
    if run.code != 0 {
        return Err(format!("push: {}", why(&run, &first)));
    }
    let before = scene.recorder.calls();
    let (run, second) = honest_push(&scene, &scene.repository, &[]);
    run.expect(0);
    let calls = scene.recorder.calls() - before;
    assert!(
        applied(&second) == 0 && calls <= 2,
        "{name}: {calls} {second:#}"
    );

    let status = scene.run(&["status", "--format", "json"]).json();
    let directory = |key: &str| status["link"][key].as_str().unwrap_or("none").to_owned();
    let schemas = status["link"]["schema_directory"].as_str();
    let schemas = schemas.map_or_else(|| folder_of_definition(&first), str::to_owned);
    let collections = directory("collection_directory");
    edit_both(&scene, &api, &collections);
    let (run, third) = honest_push(&scene, &scene.repository, &["--force"]);
    if run.code != 0 {
        return Err(format!("push after the edits: {}", why(&run, &third)));
    }
    let postman = in_postman(&scene, Some(&api));
    // Where the link names no directory for the definition, other files lie beside it.
    let names: Vec<&str> = postman
        .iter()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let has_directory = status["link"]["schema_directory"].is_string();
    let read_git = || {
        let mut side = in_git(&scene.repository, &[&schemas], &[&collections]);
        side.retain(|line| {
            has_directory
                || names
                    .iter()
                    .any(|name| line.starts_with('`') || line.split(' ').next() == Some(name))
        });
        side
    };
    let git = read_git();
    if git.is_empty() && postman.is_empty() {
        return Err("there is nothing that the mirror carries".to_owned());
    }
    if git != postman {
        return Err(format!("not equal: Git {git:?}, Postman {postman:?}"));
    }
    scene.run(&["status"]).expect(0);
    scene.run(&["disconnect", "--confirm", name]).expect(0);
    assert_eq!(git, read_git());
    assert_eq!(postman, in_postman(&scene, Some(&api)));
    Ok(format!(
        "{} | {} changes in {} calls | {calls} calls, nothing to do | {:.1} s",
        git.len(),
        applied(&first),
        first["outcome"]["calls"],
        start.elapsed().as_secs_f64()
    ))
}

/// Where the definition lies that a push has created, where the link names no directory for it.
fn folder_of_definition(report: &Value) -> String {
    let steps = report["plan"]["steps"].as_array().into_iter().flatten();
    let mut steps = steps.filter(|step| step["kind"] == "definition");
    let path = steps.next().and_then(|step| step["path"].as_str());
    let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    path.map_or_else(
        || "none".to_owned(),
        |path| folder(path).unwrap_or_default(),
    )
}

/// One request is renamed in Git, and another one in Postman, which is pulled.
fn edit_both(scene: &Scene, api: &str, collections: &str) {
    let ids = collections_of(scene, Some(api));
    let files = files_of(&scene.repository.at(collections));
    let has_requests = |path: &&PathBuf| {
        let value = fs::read(path)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        let mut all = Vec::new();
        requests(&value.unwrap_or_default(), "", &mut all);
        !all.is_empty()
    };
    let Some(file) = files.iter().find(has_requests) else {
        return;
    };
    rename_in_git(file, 0, "Renamed in Git");
    commit_and_push(&scene.repository, "edit");
    if !has_pull() {
        return;
    }
    for id in ids {
        let read = scene.ask("GET", &format!("/collections/{id}"), &Value::Null);
        let mut all = Vec::new();
        requests(&read["collection"], "", &mut all);
        if all.len() > 1 {
            rename_in_postman(scene, &id, all.len() - 1, "Renamed in Postman");
            break;
        }
    }
    scene.run(&["pull", "--to", "commit", "--force"]).expect(0);
}

// Many collections.

/// A run, its seconds, and its peak memory in MiB where GNU time is there.
fn measured(scene: &Scene, what: &str, arguments: &[&str]) -> Value {
    let told = scene.repository.beside("measured");
    let time = Path::new("/usr/bin/time");
    let mut all: Vec<&str> = Vec::new();
    let is_timed = time.exists();
    if is_timed {
        all.extend([
            "-f",
            "%M",
            "-o",
            told.to_str().unwrap(),
            program().to_str().unwrap(),
        ]);
    }
    all.extend(arguments);
    let started = if is_timed {
        time.as_os_str()
    } else {
        program()
    };
    let mut command = scene
        .repository
        .command(started, scene.repository.root(), &all);
    let before = scene.recorder.calls();
    let start = Instant::now();
    let output = command
        .env("POSTMAN_API_KEY", &scene.sandbox.key)
        .env("POSTMAN_API_URL", &scene.recorder.url)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let calls = scene.recorder.calls() - before;
    assert!(
        output.status.success(),
        "{what}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let memory = fs::read_to_string(&told).ok();
    let memory = memory.and_then(|text| text.trim().parse::<f64>().ok());
    let memory = memory.map_or_else(|| "?".to_owned(), |kib| format!("{:.0} MiB", kib / 1024.0));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    weigh(&report);
    println!(
        "| {what} | {calls} | {} | {seconds:.2} s | {memory} |",
        report["plan"]["calls"]
    );
    report
}

fn big(count: usize) {
    println!("\n## {count} collections of 10 requests, a workspace of Spec Hub\n");
    println!(
        "| run | calls | of which the plan said | seconds | peak memory |\n|---|---|---|---|---|"
    );
    let names: Vec<String> = (0..10).map(|number| format!("Request {number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (sandbox, workspace) = sandbox();
    let repository = Repository::with(&[("README.md", "many\n")]);
    let scene = Scene::unconnected(repository, sandbox, workspace);
    scene.ask("POST", "/sandbox/settings", &json!({"quota": 1_000_000}));
    for number in 0..count {
        let text = collection(&format!("Collection {number}"), &names);
        let path = format!("postman/collections/c{number:03}.json");
        scene.repository.write(&path, text);
    }
    measured(
        &scene,
        "connect",
        &["connect", "--workspace", &scene.workspace],
    );
    commit_and_push(&scene.repository, "connect");
    let push = ["push", "--format", "json"];
    let first = measured(&scene, "first push", &push);
    assert_eq!(applied(&first), count);
    let before = scene.recorder.calls();
    let second = measured(&scene, "second push: nothing to do", &push);
    assert_eq!(applied(&second), 0);
    assert!(scene.recorder.calls() - before <= 2);
    let at = |number: usize| {
        scene
            .repository
            .at(&format!("postman/collections/c{number:03}.json"))
    };
    rename_in_git(&at(7), 3, "Renamed in Git");
    commit_and_push(&scene.repository, "edit");
    let third = measured(&scene, "push of one change", &push);
    assert_eq!(applied(&third), 1);
    if has_pull() {
        let (uid, _) = scene.collection("Collection 8");
        rename_in_postman(&scene, &uid, 4, "Renamed in Postman");
        let pull = ["pull", "--to", "commit", "--format", "json"];
        measured(&scene, "pull of one change", &pull);
        measured(&scene, "pull: nothing to do", &pull);
        measured(&scene, "push after it: nothing to do", &push);
    }
    measured(&scene, "status", &["status", "--format", "json"]);
    let places = ["postman/collections"];
    let git = in_git(&scene.repository, &[], &places);
    assert_eq!(git, in_postman(&scene, None));
    assert_eq!(git.len(), count);
    let workspace = scene.ask(
        "GET",
        &format!("/workspaces/{}", scene.workspace),
        &Value::Null,
    );
    let name = workspace["workspace"]["name"].as_str().unwrap().to_owned();
    measured(&scene, "disconnect", &["disconnect", "--confirm", &name]);
    println!("\n{count} collections are equal on both sides");
}

// Races.

fn races(count: usize) {
    println!("\n## Races: {count} pushes from {count} clones, {AT_ONCE} at once\n");
    let shared: Vec<(String, String)> = (0..count.div_ceil(10))
        .map(|number| {
            let names: Vec<String> = (0..10)
                .map(|request| format!("Request {request}"))
                .collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let name = format!("Shared {number}");
            (shared_path(number), collection(&name, &names))
        })
        .collect();
    let files: Vec<(&str, &str)> = shared
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let scene = Scene::of_workspace(&files);
    honest_push(&scene, &scene.repository, &[]).0.expect(0);
    let records = scene.records();
    let clones: Vec<Repository> = (0..count).map(|_| clone_of(&scene)).collect();
    let next = AtomicUsize::new(0);
    let ends = Mutex::new(BTreeMap::<i32, usize>::new());
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let racer = next.fetch_add(1, Ordering::Relaxed);
                    let Some(clone) = clones.get(racer) else {
                        break;
                    };
                    change_and_deliver(clone, racer);
                    loop {
                        let run = scene.run_in(clone, &["push", "--force", "--format", "json"]);
                        *ends.lock().unwrap().entry(run.code).or_default() += 1;
                        if run.code != 5 {
                            assert!(matches!(run.code, 0 | 3), "{run}");
                            break;
                        }
                    }
                }
            });
        }
    });
    let seconds = start.elapsed().as_secs_f64();
    scene
        .repository
        .git(&["pull", "--quiet", "--ff-only", "origin", "main"])
        .expect(0);
    let places = ["postman/collections"];
    let git = in_git(&scene.repository, &[], &places);
    let there = in_postman(&scene, None);
    let behind = git.iter().filter(|one| !there.contains(one)).count();
    honest_push(&scene, &scene.repository, &["--force"])
        .0
        .expect(0);
    let there = in_postman(&scene, None);
    assert_eq!(git, there, "an update is lost or doubled");
    let (_, last) = honest_push(&scene, &scene.repository, &[]);
    assert_eq!(applied(&last), 0);
    let inventory = scene.inventory();
    let mut once = inventory.clone();
    once.dedup();
    assert_eq!(once.len(), inventory.len());
    assert_eq!(once.len(), count + count.div_ceil(10));
    for racer in 0..count {
        let content = scene.collection(&format!("Shared {}", racer / 10)).1;
        assert_eq!(
            content["item"][racer % 10]["name"],
            format!("Racer {racer}")
        );
    }
    let chain =
        scene
            .repository
            .git(&["--git-dir", "../origin.git", "rev-list", "--parents", STATE]);
    let chain = chain.expect(0).stdout;
    let widths: Vec<usize> = chain.lines().map(|line| line.split(' ').count()).collect();
    assert!(widths.iter().all(|width| *width <= 2));
    assert_eq!(widths.iter().filter(|width| **width == 1).count(), 1);
    println!("runs by exit code: {:?}", ends.lock().unwrap());
    println!(
        "{seconds:.1} s; {} collections, none twice; every one of {count} edits is there",
        once.len()
    );
    println!(
        "{behind} collections stood behind Git when the last racer was done, none after one more push"
    );
    println!(
        "state: {} records, {} of them of the race, linear: every one has one parent, and one begins the chain",
        widths.len(),
        widths.len() - records
    );
}

fn shared_path(number: usize) -> String {
    format!("postman/collections/shared-{number}.json")
}

fn clone_of(scene: &Scene) -> Repository {
    let clone = Repository::none();
    let origin = scene.repository.beside("origin.git");
    let arguments = [
        "clone",
        "--quiet",
        "--branch",
        "main",
        origin.to_str().unwrap(),
        ".",
    ];
    clone.git(&arguments).expect(0);
    clone
}

/// A request of a shared collection is renamed, a collection is added, and both go to the branch that all share.
fn change_and_deliver(clone: &Repository, racer: usize) {
    let shared = clone.at(&shared_path(racer / 10));
    let text = fs::read_to_string(&shared).unwrap();
    let (before, after) = (
        format!("\"Request {}\"", racer % 10),
        format!("\"Racer {racer}\""),
    );
    assert!(text.contains(&before));
    fs::write(&shared, text.replace(&before, &after)).unwrap();
    let own = collection(&format!("Own {racer}"), &["One", "Two"]);
    let path = format!("postman/collections/own-{racer:02}.json");
    clone.commit(&[(&path, &own)], "race");
    while clone
        .git(&["push", "--quiet", "--no-verify", "origin", "HEAD:main"])
        .code
        != 0
    {
        clone
            .git(&["pull", "--quiet", "--rebase", "origin", "main"])
            .expect(0);
    }
}

// Kill points and faults.

const PLACES: ([&str; 1], [&str; 2]) = (
    ["postman/specs/api"],
    ["postman/collections", "postman/environments"],
);

/// A workspace that is edited at random.
struct Garden {
    scene: Scene,
    dice: Rng,
    /// The next name that nothing had before.
    fresh: usize,
    collections: usize,
    /// What each request was called last: collection, request, name.
    names: BTreeMap<(usize, usize), String>,
    has_pull: bool,
}

impl Garden {
    fn new(seed: u64) -> Self {
        let scene = Scene::of_workspace(&[]);
        scene.ask("POST", "/sandbox/settings", &json!({"quota": 1_000_000}));
        let mut garden = Self {
            scene,
            dice: Rng::with_seed(seed),
            fresh: 0,
            collections: 0,
            names: BTreeMap::new(),
            has_pull: has_pull(),
        };
        for _ in 0..3 {
            garden.plant();
        }
        garden.environment();
        garden.definition();
        garden.scene.repository.commit(&[], "begin");
        honest_push(&garden.scene, &garden.scene.repository, &[])
            .0
            .expect(0);
        garden
    }

    fn name(&mut self) -> String {
        self.fresh += 1;
        // Postman stores names in its own words where there are blanks around them.
        let blank = if self.dice.u8(..4) == 0 { " " } else { "" };
        format!("Name {}{blank}", self.fresh)
    }

    fn path(&self, number: usize) -> PathBuf {
        self.scene
            .repository
            .at(&format!("postman/collections/c{number}.json"))
    }

    fn plant(&mut self) {
        let number = self.collections;
        self.collections += 1;
        let text = collection(
            &format!("Collection {number}"),
            &["A", "B", "C", "D", "E", "F"],
        );
        let path = format!("postman/collections/c{number}.json");
        self.scene.repository.write(&path, text);
    }

    fn environment(&mut self) {
        let value = self.name();
        let text = json!({"name": "Production", "_postman_variable_scope": "environment", "values": [
            {"key": "host", "value": value, "type": "default", "enabled": true}]});
        self.scene.repository.write(
            "postman/environments/production.json",
            format!("{text:#}\n"),
        );
    }

    fn definition(&mut self) {
        let name = self.name();
        let root = "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths:\n  /pets:\n    $ref: paths/pets.yaml\n";
        let pets = format!(
            "get: {{summary: {}, responses: {{'200': {{description: ok}}}}}}\n",
            name.trim()
        );
        self.scene
            .repository
            .write("postman/specs/api/root.yaml", root);
        self.scene
            .repository
            .write("postman/specs/api/paths/pets.yaml", pets);
    }

    /// One to three edits in Git, in one commit.
    fn edit_git(&mut self) {
        for _ in 0..self.dice.usize(1..=3) {
            match self.dice.u8(..10) {
                0 => self.plant(),
                1 => self.environment(),
                2 => self.definition(),
                _ => {
                    let (number, request) = self.place(0);
                    let name = self.name();
                    rename_in_git(&self.path(number), request, &name);
                    self.names.insert((number, request), name.trim().to_owned());
                }
            }
        }
        self.scene.repository.commit(&[], "edit");
    }

    /// One edit in Postman, of a request that nobody renames in Git.
    fn edit_postman(&mut self) {
        let known = collections_of(&self.scene, None).len();
        let (number, request) = self.place(3);
        if number >= known.min(3) {
            return;
        }
        let name = self.name();
        let (uid, _) = self.scene.collection(&format!("Collection {number}"));
        rename_in_postman(&self.scene, &uid, request, &name);
        self.names.insert((number, request), name.trim().to_owned());
    }

    /// Git edits the first three requests of a collection, Postman the last three.
    fn place(&mut self, first: usize) -> (usize, usize) {
        (
            self.dice.usize(..self.collections),
            first + self.dice.usize(..3),
        )
    }

    /// Runs without faults until both sides should be equal, and looks whether they are.
    #[track_caller]
    fn look(&self, at: &str) {
        if self.has_pull {
            self.scene
                .run(&["pull", "--to", "commit", "--force"])
                .expect(0);
        }
        let (run, report) = honest_push(&self.scene, &self.scene.repository, &["--force"]);
        assert_eq!(run.code, 0, "{at}: {run}");
        assert_eq!(report["outcome"]["failed"], json!([]), "{at}");
        let git = in_git(&self.scene.repository, &PLACES.0, &PLACES.1);
        assert_eq!(
            git,
            in_postman(&self.scene, None),
            "{at}: not equal, lost or doubled"
        );
        assert_eq!(
            self.scene.inventory().len(),
            self.collections + 2,
            "{at}: doubled"
        );
        for ((number, request), name) in &self.names {
            let text = fs::read(self.path(*number)).unwrap();
            let document: Value = serde_json::from_slice(&text).unwrap();
            let found = document["item"][request]["name"].as_str().unwrap().trim();
            assert_eq!(found, name, "{at}: an edit is lost");
        }
        let (run, report) = honest_push(&self.scene, &self.scene.repository, &[]);
        assert_eq!((run.code, applied(&report)), (0, 0), "{at}: {run}");
    }
}

fn kills() {
    println!("\n## Kill points: a push is killed, and the next one heals what it left\n");
    let mut garden = Garden::new(1);
    let (mut at_calls, mut at_moves) = (0, 0);
    'calls: for call in 1.. {
        for when in [When::Before, When::After] {
            // One change to each kind of element.
            garden.plant();
            garden.environment();
            garden.definition();
            garden.edit_git();
            if !garden.scene.push_killed_at(call, when) {
                break 'calls;
            }
            at_calls += 1;
            garden.look(&format!("killed {when:?} call {call}"));
        }
    }
    garden.look("at the end");
    #[cfg(unix)]
    for time in 1..=2 {
        for when in [When::Before, When::After] {
            garden.plant();
            garden.edit_git();
            assert!(garden.scene.push_killed_at_ref(time, when));
            at_moves += 1;
            garden.look(&format!("killed {when:?} move {time} of the state"));
        }
    }
    println!(
        "{} kill points: {at_calls} at calls, {at_moves} at moves of the state; all healed by the next push",
        at_calls + at_moves
    );
}

#[derive(Default)]
struct Total {
    syncs: usize,
    edits: usize,
    struck: usize,
    looks: usize,
    seconds: f64,
    ends: BTreeMap<i32, usize>,
}

fn faults(syncs: usize, seed: u64, only: Option<&str>) {
    println!("\n## Faults: each kind at rate {RATE}, {syncs} syncs, seed {seed}\n");
    println!(
        "| fault | syncs | edits | struck | runs by exit code | looks: equal, nothing lost, nothing twice | seconds |\n|---|---|---|---|---|---|---|"
    );
    let next = AtomicUsize::new(0);
    let kinds = if only.is_some() { 1 } else { FAULTS.len() };
    let each = syncs.div_ceil(kinds);
    let totals = Mutex::new(Total::default());
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(6) {
            scope.spawn(|| {
                loop {
                    let kind = next.fetch_add(1, Ordering::Relaxed);
                    let Some(fault) = FAULTS.get(kind) else { break };
                    if only.is_some_and(|only| only != *fault) {
                        continue;
                    }
                    let one = under(fault, each, seed.wrapping_mul(1000) + kind as u64);
                    println!(
                        "| `{fault}` | {} | {} | {} | {:?} | {} | {:.0} |",
                        one.syncs, one.edits, one.struck, one.ends, one.looks, one.seconds
                    );
                    let mut all = totals.lock().unwrap();
                    all.syncs += one.syncs;
                    all.edits += one.edits;
                    all.struck += one.struck;
                    all.looks += one.looks;
                    for (code, times) in one.ends {
                        *all.ends.entry(code).or_default() += times;
                    }
                }
            });
        }
    });
    let all = totals.into_inner().unwrap();
    println!(
        "\n{} syncs, {} edits, {} faults struck, runs by exit code {:?}; {} looks, all equal, 0 edits lost, 0 doubles; {:.0} s",
        all.syncs,
        all.edits,
        all.struck,
        all.ends,
        all.looks,
        start.elapsed().as_secs_f64()
    );
}

fn under(fault: &str, syncs: usize, seed: u64) -> Total {
    let start = Instant::now();
    let mut garden = Garden::new(seed);
    let mut total = Total::default();
    for sync in 1..=syncs {
        garden.edit_git();
        if garden.has_pull {
            garden.edit_postman();
        }
        if fault == "all" {
            for spec in TOGETHER {
                garden.scene.fault(spec, 0, 1_000_000);
            }
        } else {
            garden.scene.fault(&format!("{fault}:{RATE}"), 0, 1_000_000);
        }
        let commands: &[&[&str]] = if garden.has_pull {
            &[&["pull", "--to", "commit", "--force"], &["push", "--force"]]
        } else {
            &[&["push", "--force"]]
        };
        for command in commands {
            let run = garden.scene.run(command);
            assert!(
                matches!(run.code, 0 | 3..=5) && !run.stderr.contains("panicked"),
                "{fault}: {run}"
            );
            *total.ends.entry(run.code).or_default() += 1;
        }
        garden.scene.heal();
        total.syncs += 1;
        if sync % BETWEEN_LOOKS == 0 || sync == syncs {
            garden.look(&format!(
                "after sync {sync} with the fault {fault}, seed {seed}"
            ));
            total.looks += 1;
        }
    }
    let log = garden.scene.ask("GET", "/sandbox/log", &Value::Null);
    let entries = log["entries"].as_array().unwrap();
    total.struck = entries
        .iter()
        .filter(|entry| !entry["fault"].is_null())
        .count();
    total.edits = garden.fresh;
    total.seconds = start.elapsed().as_secs_f64();
    total
}
