//! Bad days: what goes wrong around a sync has words of its own, a way out, its exit code, and loses nothing on either side.

use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use git_postman::cli::failure::Failure;
use git_postman::git::repository::Repository as Opened;
use git_postman::mirror::state::{Blobs, Claim};
use git_postman::mirror::store::{Draft, StateStore as _, Swap};
use git_postman::mirror::store_git::GitStore;
use git_postman::model::secret::Secret;
use git_postman::net::clock::SteppedClock;
use git_postman::postman::client::Postman;
use serde_json::{Value, json};

use crate::support::http::send;
use crate::support::postman::{STATE, Scene, collection, sandbox};
use crate::support::{Repository, Run, program};

const ORDERS: &str = "postman/collections/orders.json";
const USERS: &str = "postman/collections/users.json";

/// Both sides have something that the other has not.
fn apart() -> Scene {
    let scene = Scene::of_workspace(&[
        (ORDERS, &collection("Orders", &["List"])),
        (USERS, &collection("Users", &["List"])),
    ]);
    scene.push(0, &[]);
    scene.edit("Orders", |there| there["item"][0]["name"] = json!("Theirs"));
    scene
        .repository
        .commit(&[(USERS, &collection("Users", &["Ours"]))], "rename");
    scene
}

/// Everything on both sides, and the record.
fn everything(scene: &Scene) -> String {
    let git = |arguments: &[&str]| scene.repository.git(arguments).stdout;
    [
        git(&["status", "--porcelain=v1", "--untracked-files=all"]),
        git(&["diff"]),
        git(&["rev-parse", "HEAD"]),
        git(&["ls-remote", "origin"]),
        scene.inventory().join("\n"),
        scene.collection("Orders").1.to_string(),
        scene.collection("Users").1.to_string(),
    ]
    .join("\n")
}

/// After all of it both sides come together, and nothing is lost.
#[track_caller]
fn comes_together(scene: &Scene) {
    scene.push(0, &[]);
    scene.run(&["pull", "--to", "commit"]).expect(0);
    scene.run(&["status"]).expect(0);
    assert_eq!(scene.collection("Orders").1["item"][0]["name"], "Theirs");
    assert_eq!(scene.collection("Users").1["item"][0]["name"], "Ours");
    let text = std::fs::read_to_string(scene.repository.at(ORDERS)).unwrap();
    assert!(text.contains("Theirs"), "{text}");
    assert_eq!(
        scene.inventory(),
        ["collections Orders", "collections Users"]
    );
}

#[test]
fn what_postman_refuses_is_said_by_every_command_and_nothing_moves() {
    let scene = apart();
    let before = everything(&scene);
    for (fault, words, hint) in [
        ("401", "refused the API key", "POSTMAN_API_KEY"),
        ("403", "does not allow", "role Editor"),
        ("404", "does not find", "the key's user may see it"),
        ("quota", "monthly quota", "Resource usage"),
        ("html", "page", "HTTPS_PROXY"),
        ("redirect", "the key was not sent there", "set the base URL"),
    ] {
        scene.fault(fault, 0, 1000);
        for command in ["push", "pull", "status", "plan"] {
            let arguments = match command {
                "plan" => &["plan", "pull", "--out", "../plan.json"][..],
                other => &[other],
            };
            scene
                .run(arguments)
                .expect(4)
                .says(words)
                .says(hint)
                .never_says(&scene.sandbox.key);
        }
        scene.heal();
        assert_eq!(everything(&scene), before, "{fault}");
        assert!(!scene.repository.beside("plan.json").exists());
    }
    scene.fault("413@PUT", 0, 1000);
    scene
        .run(&["push"])
        .expect(4)
        .says("too large")
        .says("split it");
    scene.heal();
    comes_together(&scene);
}

#[test]
fn a_key_that_is_wrong_or_expires_holds_nothing_up() {
    let scene = apart();
    let before = everything(&scene);
    let made = scene.ask("POST", "/sandbox/keys", &json!({"role": "admin"}));
    let key = made["key"].as_str().unwrap();
    scene
        .run_with(&scene.repository, key, &["push", "--dry-run"])
        .expect(0);
    scene.ask("DELETE", &format!("/sandbox/keys/{key}"), &Value::Null);
    for arguments in [&["push"][..], &["pull"], &["status"]] {
        scene
            .run_with(&scene.repository, key, arguments)
            .expect(4)
            .says("refused the API key")
            .says("set a valid key in POSTMAN_API_KEY")
            .never_says(key);
    }
    assert_eq!(everything(&scene), before);
    for arguments in [
        &["push"][..],
        &["plan", "pull"],
        &["undo"],
        &["connect"],
        &["disconnect"],
    ] {
        let json = [arguments, &["--format", "json"]].concat();
        let failed = scene.run_with(&scene.repository, "", &json);
        let told = failed.json();
        assert_eq!(told["format_version"], 1);
        assert_eq!(told["command"], arguments.join(" "));
        assert_eq!(told["exit_code"], failed.code);
        assert!(told["error"]["message"].is_string(), "{told:#}");
        failed.expect(2);
    }
    assert_eq!(everything(&scene), before);
    // In the middle of a push: what is written is recorded, and another key goes on.
    scene.fault("401", 4, 1000);
    scene.run(&["push"]).expect(4).says("refused the API key");
    scene.heal();
    comes_together(&scene);
}

#[test]
fn what_moves_while_a_sync_is_under_way_is_never_written_over() {
    let scene = apart();
    let read = |path: &str| std::fs::read_to_string(scene.repository.at(path)).unwrap();
    // A file that somebody edits while a pull reads.
    let mine = read(ORDERS).replace("\"List\"", "\"Mine\"");
    let edit = || {
        scene.repository.write(ORDERS, &mine);
    };
    scene
        .run_held_at(1, &["pull"], edit)
        .expect(2)
        .says("uncommitted changes")
        .says("git stash");
    assert_eq!(read(ORDERS), mine);
    scene.repository.git(&["checkout", "--", "."]).expect(0);
    // A branch that somebody moves while a pull reads is built upon.
    let meanwhile = || {
        drop(
            scene
                .repository
                .commit(&[("README.md", "r\n")], "meanwhile"),
        )
    };
    scene
        .run_held_at(1, &["pull", "--to", "commit"], meanwhile)
        .expect(0);
    let below = scene
        .repository
        .git(&["log", "-1", "--format=%s", "HEAD~1"]);
    assert_eq!(below.expect(0).stdout, "meanwhile\n");
    assert!(read("README.md").contains('r') && read(ORDERS).contains("Theirs"));
    // What somebody edits in Postman between the plan and the write.
    let edit = || scene.edit("Users", |there| there["item"][0]["name"] = json!("Third"));
    scene
        .run_held_at(3, &["push"], edit)
        .expect(3)
        .says("changed in Postman while the plan was being carried out")
        .says("git postman pull");
    assert_eq!(scene.collection("Users").1["item"][0]["name"], "Third");
    scene.run(&["pull"]).expect(3).says("both sides changed it");
    let answer = ["pull", "--resolve", "ours", "--to", "commit"];
    scene.run(&answer).expect(0);
    comes_together(&scene);
}

/// A server that answers everything with a redirect to another one.
fn redirecting(to: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let answer = format!(
        "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 8192]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    base
}

#[test]
fn a_redirect_to_another_host_is_told_and_nobody_there_hears_of_the_key() {
    let scene = apart();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let port = other.local_addr().unwrap().port();
    let base = redirecting(&format!("http://localhost:{port}/me"));
    let before = everything(&scene);
    let variables = [
        ("POSTMAN_API_KEY", scene.sandbox.key.as_str()),
        ("POSTMAN_API_URL", base.as_str()),
    ];
    for arguments in [&["push"][..], &["pull"], &["status"]] {
        scene
            .repository
            .run_handed(scene.repository.root(), &variables, arguments)
            .expect(4)
            .says("sends us to another host")
            .says("the key was not sent there");
    }
    let heard = other.accept().map_err(|error| error.kind());
    assert_eq!(heard.err(), Some(std::io::ErrorKind::WouldBlock));
    assert_eq!(everything(&scene), before);
}

#[test]
fn an_answer_that_stays_broken_is_given_up_with_its_own_words() {
    let (sandbox, workspace) = sandbox();
    for (fault, words) in [
        ("malformed", "answered 200, but"),
        ("drop", "cut off"),
        ("commit-then-drop", "broke"),
        ("503", "Postman fails"),
        ("429", "takes no more calls"),
    ] {
        let body = json!({ "spec": fault }).to_string();
        let headers = [
            ("X-API-Key", sandbox.key.as_str()),
            ("Content-Type", "application/json"),
        ];
        let path = "/sandbox/faults";
        let made = send(&sandbox.url, "POST", path, &headers, Some(body.as_bytes()));
        assert!(made.unwrap().status < 300);
        let mut settings = Postman::settings(Some(&sandbox.url)).unwrap();
        settings.clock = Arc::new(SteppedClock::default());
        let postman = Postman::new(settings, Secret::new(sandbox.key.clone())).unwrap();
        let failure = Failure::from(postman.workspace(&workspace).unwrap_err());
        send(&sandbox.url, "DELETE", path, &headers[..1], None).unwrap();
        assert_eq!(failure.kind.exit_code(), 4, "{fault}");
        assert!(failure.message.contains(words), "{fault}: {failure:?}");
        assert!(!failure.hints.concat().is_empty(), "{fault}");
        assert!(
            postman.http().calls().so_far() > 1,
            "{fault} is tried again"
        );
        assert!(postman.workspace(&workspace).is_ok(), "{fault}");
    }
}

/// Puts a claim into the record, as another machine has written it.
fn claim(scene: &Scene, since: u64, until: u64) {
    let opened = Opened::discover(scene.repository.root()).unwrap();
    let store = GitStore::new(&opened, Some("origin"), STATE);
    let stored = store.load().unwrap().unwrap();
    let mut state = stored.state.clone();
    state.claim = Some(Claim {
        run: "elsewhere".to_owned(),
        since,
        until,
        intents: std::collections::BTreeMap::new(),
    });
    let draft = Draft {
        state: &state,
        blobs: &Blobs::new(),
        message: "Claim\n",
        now: since,
    };
    let swapped = store.swap(Some(&stored.commit), &draft).unwrap();
    assert!(matches!(swapped, Swap::Done(_)));
}

#[test]
fn a_clock_that_jumped_holds_nobody_up() {
    const YEAR: u64 = 365 * 24 * 3600;
    let scene = apart();
    let now = std::fs::metadata(scene.repository.at(ORDERS)).unwrap();
    let now = now.modified().unwrap();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    // Written by a clock that was ahead: it would hold everybody off for years.
    claim(&scene, now + 10 * YEAR, now + 10 * YEAR + 600);
    scene
        .run(&["push"])
        .expect(0)
        .says("a clock is or was wrong")
        .says("1 of 1 change done");
    // Written by one that was behind: it is over.
    claim(&scene, now - 10 * YEAR, now - 10 * YEAR + 600);
    comes_together(&scene);
}

/// Runs the program where no file may have more than so many blocks: what a full disk does, without one.
#[cfg(unix)]
fn in_no_room(scene: &Scene, blocks: usize, arguments: &[&str]) -> Run {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut all = vec!["-c", &script, program().to_str().unwrap()];
    all.extend(arguments);
    let output = scene
        .repository
        .command(OsStr::new("sh"), scene.repository.root(), &all)
        .env("POSTMAN_API_KEY", &scene.sandbox.key)
        .env("POSTMAN_API_URL", &scene.recorder.url)
        .output()
        .unwrap();
    Run::of(
        format!("`git-postman {}` without room", arguments.join(" ")),
        &output,
    )
}

#[cfg(unix)]
#[test]
fn a_full_disk_stops_a_sync_and_loses_nothing() {
    // Long enough, and nothing that could be packed into less.
    let mut dice = fastrand::Rng::with_seed(7);
    let mut words: Vec<String> = (0..400)
        .map(|_| format!("{:032x}{:032x}", dice.u128(..), dice.u128(..)))
        .collect();
    let text = |words: &[String]| {
        let names: Vec<&str> = words.iter().map(String::as_str).collect();
        collection("Orders", &names)
    };
    let scene = Scene::of_workspace(&[(ORDERS, &text(&words))]);
    let before = scene.repository.id(STATE);
    // There is no room for anything: nobody hears of it.
    in_no_room(&scene, 0, &["push"])
        .expect(2)
        .says("cannot be written")
        .says("make room on the disk");
    assert_eq!(scene.inventory(), [] as [&str; 0]);
    assert_eq!(scene.repository.id(STATE), before);
    let left = std::fs::read_dir(scene.repository.at(".git/git-postman"));
    let marks = left.into_iter().flatten().flatten();
    let marks = marks.filter(|entry| entry.file_name().to_string_lossy().starts_with("run-"));
    assert_eq!(
        marks.count(),
        0,
        "a run that claimed nothing leaves nothing"
    );
    // There is room for the claim and not for the record.
    in_no_room(&scene, 8, &["push"])
        .expect(4)
        .says("1 change is done in Postman, and the record of it could not be kept")
        .says("the next push finds what was done");
    assert_eq!(scene.inventory(), ["collections Orders"]);
    scene.push(0, &[]);
    assert_eq!(
        scene.inventory(),
        ["collections Orders"],
        "nothing is made twice"
    );
    scene.run(&["status"]).expect(0);

    scene.edit("Orders", |there| there["item"][0]["name"] = json!("Theirs"));
    let here = std::fs::read_to_string(scene.repository.at(ORDERS)).unwrap();
    let head = scene.repository.id("HEAD");
    for to in ["worktree", "commit"] {
        in_no_room(&scene, 8, &["pull", "--to", to])
            .expect(2)
            .says("make room on the disk");
        let status = scene.repository.git(&["status", "--porcelain"]).expect(0);
        assert_eq!(status.stdout, "", "--to {to}");
        assert_eq!(scene.repository.id("HEAD"), head);
        assert_eq!(
            std::fs::read_to_string(scene.repository.at(ORDERS)).unwrap(),
            here
        );
    }
    scene.run(&["pull", "--to", "commit"]).expect(0);
    words[0] = "Theirs".to_owned();
    let pulled = std::fs::read_to_string(scene.repository.at(ORDERS)).unwrap();
    assert_eq!(pulled, text(&words));
    scene.run(&["status"]).expect(0);
}

#[cfg(unix)]
#[test]
fn without_permission_nothing_is_half_done() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = apart();
    if scene.repository.is_of_root() {
        eprintln!("skipped: root may write everything");
        return;
    }
    let before = everything(&scene);
    let allow = |path: &str, mode: u32| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(scene.repository.at(path), mode).unwrap();
    };
    allow("postman/collections", 0o555);
    scene
        .run(&["pull"])
        .expect(2)
        .says("Permission denied")
        .says("look at who may write");
    allow("postman/collections", 0o755);
    assert_eq!(everything(&scene), before);
    let of_git = |mode: &str| {
        let arguments = ["-R", mode, ".git"];
        let mut command =
            scene
                .repository
                .command(OsStr::new("chmod"), scene.repository.root(), &arguments);
        assert!(command.status().unwrap().success());
    };
    of_git("a-w");
    scene.run(&["push"]).expect(2).says("look at who may write");
    scene.run(&["pull"]).expect(2).says("look at who may write");
    of_git("u+w");
    assert_eq!(everything(&scene), before);
    comes_together(&scene);
}

#[test]
fn a_shallow_clone_says_what_it_needs() {
    let scene = apart();
    let git = |arguments: &[&str]| scene.repository.git(arguments).expect(0);
    git(&["push", "--quiet", "--no-verify", "origin", "HEAD:main"]);
    let shallow = Repository::none();
    let url = format!("file://{}", scene.repository.beside("origin.git").display());
    let clone = ["clone", "--quiet", "--depth", "1", "--branch", "main"];
    shallow
        .git(&[&clone[..], &[url.as_str(), "."]].concat())
        .expect(0);
    let before = everything(&scene);
    for arguments in [&["push"][..], &["pull"], &["status"], &["connect"]] {
        scene
            .run_in(&shallow, arguments)
            .expect(2)
            .says("this clone is shallow")
            .says("git fetch --unshallow");
    }
    assert_eq!(everything(&scene), before);
    shallow.git(&["fetch", "--quiet", "--unshallow"]).expect(0);
    scene.run_in(&shallow, &["push"]).expect(0);
    comes_together(&scene);
}
