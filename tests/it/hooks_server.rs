//! Pushes to a server that runs our hooks, through the real `git push`: over a file address and over HTTP.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::bare::Bare;
use crate::support::fixtures::{API_FILE, borrowed, right, token};
use crate::support::git_http::served;
use crate::support::postman::{Scene, collection};
use crate::support::pushing::{commit_nested, on_remote, with_remote};
use crate::support::service::Service;
use crate::support::{Repository, Run, program};

const BROKEN: &str = "postman/collections/Broken.json";

/// A right repository whose bare remote has these hooks, put there by the program itself.
fn with_server(types: &[&str]) -> Repository {
    let repository = Repository::with(&borrowed(&right()));
    with_remote(&repository);
    let mut install = vec!["hook", "install"];
    for hook_type in types {
        install.extend(["--type", hook_type]);
    }
    repository.run_in(&remote(&repository), &install).expect(0);
    let url = format!("file://{}", remote(&repository).display());
    repository
        .git(&["remote", "set-url", "origin", &url])
        .expect(0);
    repository
}

fn remote(repository: &Repository) -> PathBuf {
    repository.beside("remote.git")
}

fn push(repository: &Repository, arguments: &[&str]) -> Run {
    repository.git(&[&["push"], arguments].concat())
}

#[track_caller]
fn is_refused(repository: &Repository, arguments: &[&str], rule: &str) -> Run {
    push(repository, arguments)
        .expect(1)
        .says(&format!("remote: error[{rule}]"))
        .says("remote: error: the push was refused: what it would bring has errors")
        .never_says("--no-verify")
}

#[test]
fn a_server_takes_what_is_right_and_refuses_the_rest() {
    let repository = with_server(&["pre-receive"]);
    let right = repository.commit(&[("a.txt", "a")], "right");
    push(&repository, &["origin", "main"]).expect(0);
    assert_eq!(on_remote(&repository, "main"), Some(right.clone()));
    commit_nested(&repository);
    is_refused(&repository, &["origin", "main"], "nested-directories")
        .says(&format!("{API_FILE}:11:17"));
    // Nobody goes past a hook of the server.
    is_refused(
        &repository,
        &["--no-verify", "origin", "main"],
        "nested-directories",
    );
    assert_eq!(on_remote(&repository, "main"), Some(right));
    // What was refused is gone again with its quarantine.
    let bad = repository.id("HEAD");
    repository
        .git_in(&remote(&repository), &["cat-file", "-e", &bad])
        .expect(1);
}

#[test]
fn new_branches_deletions_tags_and_forced_pushes_are_looked_at_as_they_arrive() {
    let repository = with_server(&["pre-receive"]);
    push(&repository, &["origin", "main:one", "main:two"]).expect(0);
    repository
        .git(&["tag", "-a", "v1", "-m", "a release"])
        .expect(0);
    push(&repository, &["origin", "v1"]).expect(0);
    commit_nested(&repository);
    push(&repository, &["origin", "--delete", "one"]).expect(0);
    assert_eq!(on_remote(&repository, "one"), None);
    // Beside a deletion the rest still counts, and all of it is refused together.
    is_refused(
        &repository,
        &["origin", ":two", "main:three"],
        "nested-directories",
    );
    assert!(on_remote(&repository, "two").is_some());
    repository.git(&["tag", "bad"]).expect(0);
    is_refused(&repository, &["origin", "bad"], "nested-directories");
    repository
        .git(&["reset", "--quiet", "--hard", "HEAD~1"])
        .expect(0);
    repository.commit(&[("a.txt", "a")], "first try");
    push(&repository, &["origin", "main"]).expect(0);
    repository
        .git(&["commit", "--quiet", "--amend", "-m", "second try"])
        .expect(0);
    push(&repository, &["--force", "origin", "main"])
        .expect(0)
        .says("is rewritten");
    // A token in an older commit of what arrives leaks as well.
    repository.commit(&[("b.txt", &token())], "try");
    repository.commit(&[("b.txt", "nothing")], "remove");
    is_refused(&repository, &["origin", "main:four"], "provider-token");
    assert_eq!(on_remote(&repository, "four"), None);
}

#[test]
fn what_the_server_has_already_is_not_held_against_a_push() {
    let repository = Repository::with(&borrowed(&right()));
    repository.commit(&[(BROKEN, "{")], "long broken");
    with_remote(&repository);
    repository
        .run_in(&remote(&repository), &["hook", "install"])
        .expect(0)
        .says("hooks/pre-receive");
    repository.commit(&[("a.txt", "a")], "right");
    push(&repository, &["origin", "main", "main:new"])
        .expect(0)
        .never_says("[syntax]");
}

#[test]
fn update_refuses_one_reference_and_takes_the_others() {
    let repository = with_server(&["update"]);
    repository.commit(&[("a.txt", "a")], "right");
    repository.git(&["branch", "good"]).expect(0);
    commit_nested(&repository);
    is_refused(
        &repository,
        &["origin", "good", "main", ":refs/heads/none"],
        "nested-directories",
    );
    assert_eq!(on_remote(&repository, "good"), Some(repository.id("good")));
    assert_ne!(on_remote(&repository, "main"), Some(repository.id("main")));
    repository
        .run(&["hook", "run", "update", "--", "refs/heads/main"])
        .expect(2)
        .says("three arguments");
    repository
        .run(&["hook", "run", "update", "--", "refs/heads/main", "x", "y"])
        .expect(2);
}

#[test]
fn an_earlier_hook_of_the_server_gets_the_same_lines_and_stays() {
    let repository = Repository::with(&borrowed(&right()));
    with_remote(&repository);
    let hook = remote(&repository).join("hooks/pre-receive");
    executable(&hook, "#!/bin/sh\ncat >seen\n");
    let before = fs::read(&hook).unwrap();
    let server = remote(&repository);
    let types = ["--type", "pre-receive"];
    let install = [&["hook", "install"], &types[..]].concat();
    repository.run_in(&server, &install).expect(0);
    repository
        .run_in(&server, &["hook", "status"])
        .expect(0)
        .says("pre-receive: installed as")
        .says("post-receive: not installed")
        .never_says("pre-push");
    let commit = repository.commit(&[("a.txt", "a")], "right");
    push(&repository, &["origin", "main"]).expect(0);
    let seen = fs::read_to_string(server.join("seen")).unwrap();
    assert!(seen.contains(&commit) && seen.contains(" refs/heads/main\n"));
    repository.run_in(&server, &["hook", "uninstall"]).expect(0);
    assert_eq!(fs::read(&hook).unwrap(), before);
}

#[test]
fn the_scripts_to_copy_by_hand_do_the_same() {
    let repository = Repository::with(&borrowed(&right()));
    with_remote(&repository);
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks");
    for name in ["pre-receive", "update"] {
        let hook = remote(&repository).join("hooks").join(name);
        let text = fs::read_to_string(scripts.join(name)).unwrap();
        executable(&hook, &text);
        let missing = push(&repository, &["origin", "main:elsewhere"]).expect(1);
        missing.says("remote: error: the server has no git-postman");
        let own = format!("GIT_POSTMAN_PROGRAM='{}'", program().to_str().unwrap());
        executable(
            &hook,
            &text.replace("\ngit_postman=", &format!("\n{own}\ngit_postman=")),
        );
        commit_nested(&repository);
        is_refused(&repository, &["origin", "main:bad"], "nested-directories");
        repository
            .git(&["reset", "--quiet", "--hard", "HEAD~1"])
            .expect(0);
        push(&repository, &["origin", &format!("main:{name}")]).expect(0);
        fs::remove_file(hook).unwrap();
    }
}

#[test]
fn a_push_over_http_is_refused_in_quarantine_too() {
    let repository = with_server(&["pre-receive"]);
    let server = Bare::over(&remote(&repository));
    let service = Service::start("", move |call| {
        let path = call.target.split('?').next().unwrap_or_default();
        let below = path.rsplit_once(".git/").map_or("", |(_, below)| below);
        served(&server, call, below, "somebody")
    });
    let url = format!("{}/remote.git", service.url);
    repository
        .git(&["remote", "set-url", "origin", &url])
        .expect(0);
    let right = repository.commit(&[("a.txt", "a")], "right");
    push(&repository, &["origin", "main", "main:other"]).expect(0);
    commit_nested(&repository);
    is_refused(
        &repository,
        &["origin", "main", "main:more"],
        "nested-directories",
    );
    assert_eq!(on_remote(&repository, "main"), Some(right.clone()));
    assert_eq!(on_remote(&repository, "other"), Some(right));
    assert_eq!(on_remote(&repository, "more"), None);
}

#[test]
fn a_repository_that_libgit2_does_not_read_is_looked_at_in_quarantine_by_git() {
    let repository = Repository::none();
    let at = |directory: &str, arguments: &[&str]| {
        repository
            .git_in(&repository.beside(directory), arguments)
            .expect(0)
    };
    at("work", &["init", "--quiet", "--object-format=sha256"]);
    at(
        "",
        &[
            "init",
            "--quiet",
            "--bare",
            "--object-format=sha256",
            "remote.git",
        ],
    );
    at("work", &["remote", "add", "origin", "../remote.git"]);
    repository.commit(&borrowed(&right()), "right");
    repository
        .run_in(&remote(&repository), &["hook", "install"])
        .expect(0);
    push(&repository, &["origin", "main"]).expect(0);
    commit_nested(&repository);
    is_refused(&repository, &["origin", "main"], "nested-directories");
    push(&repository, &["origin", ":main", "HEAD~1:side"])
        .reported()
        .never_says("error[");
}

#[test]
fn gitlab_gets_the_line_that_its_pages_show() {
    let repository = with_server(&[]);
    let tip = commit_nested(&repository);
    let zero = "0".repeat(40);
    let variables = [("GL_PROTOCOL", "web")];
    let update = ["hook", "run", "update", "--", "refs/heads/x", &zero, &tip];
    repository
        .run_handed(repository.root(), &variables, &update)
        .expect(1)
        .says("\nGL-HOOK-ERR: git-postman found errors in this push\n");
    repository.run(&update).expect(1).never_says("GL-HOOK-ERR");
}

#[test]
fn a_check_that_takes_too_long_refuses_the_push() {
    let repository = with_server(&[]);
    let set = |value: &str| {
        let key = "git-postman.hookTimeLimit";
        repository.git(&["config", key, value]).expect(0);
    };
    set("soon");
    repository
        .run(&["hook", "run", "pre-receive"])
        .expect(2)
        .says("is no number of seconds");
    set("1");
    // A pusher that never ends what it says.
    let arguments = ["hook", "run", "pre-receive"];
    let mut command = repository.command(program(), repository.root(), &arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let stdin = child.stdin.take();
    let ended = child.wait_with_output().unwrap();
    drop(stdin);
    Run::of("a slow hook".to_owned(), &ended)
        .expect(2)
        .says("did not end within 1 second, so nothing is taken");
}

#[cfg(unix)]
#[test]
fn a_repository_of_another_user_is_refused_with_the_way_out() {
    let repository = with_server(&[]);
    if !repository.is_of_root() {
        eprintln!("skipped: only root can give a repository to somebody else");
        return;
    }
    let server = remote(&repository);
    for path in [server.clone(), server.join("config")] {
        std::os::unix::fs::chown(path, Some(12345), Some(12345)).unwrap();
    }
    let line = format!("{0} {0} refs/heads/main\n", repository.id("HEAD"));
    let variables = [("GIT_DIR", ".")];
    let mut command = repository.command(program(), &server, &["hook", "run", "pre-receive"]);
    command.envs(variables).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), line.as_bytes())
        .unwrap_or_default();
    let run = Run::of("the hook".to_owned(), &child.wait_with_output().unwrap());
    run.expect(2).says("safe.directory");
}

/// A connected repository, pushed to a server whose `post-receive` knows the key.
#[cfg(unix)]
fn mirrored() -> (Scene, PathBuf) {
    let scene = Scene::of_workspace(&[(
        "postman/collections/Pets.json",
        &collection("Pets", &["list"]),
    )]);
    let server = scene.repository.beside("origin.git");
    let key = scene.repository.beside("home/key");
    fs::write(&key, format!("{}\n", scene.sandbox.key)).unwrap();
    let only_owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(&key, only_owner).unwrap();
    scene
        .repository
        .run_in(&server, &["hook", "install", "--type", "post-receive"])
        .expect(0);
    let set = ["config", "git-postman.keyFile", key.to_str().unwrap()];
    scene.repository.git_in(&server, &set).expect(0);
    (scene, server)
}

/// Pushes to the server; the program that it starts finds the sandbox.
#[cfg(unix)]
fn push_to_server(scene: &Scene, arguments: &[&str]) -> Run {
    let arguments = [&["push"], arguments].concat();
    let root = scene.repository.root();
    let mut command = scene
        .repository
        .command(OsStr::new("git"), root, &arguments);
    let output = command
        .env("POSTMAN_API_URL", &scene.recorder.url)
        .output()
        .unwrap();
    Run::of("git push".to_owned(), &output)
}

/// The log of the mirror once so many runs have ended, one way or the other.
#[cfg(unix)]
fn log_of(server: &Path, ended: usize) -> String {
    let path = server.join("git-postman/mirror.log");
    let began = std::time::Instant::now();
    loop {
        let log = fs::read_to_string(&path).unwrap_or_default();
        let ends = ["read back\n", "nothing to do", "error: "];
        let seen: usize = ends.iter().map(|end| log.matches(end).count()).sum();
        if seen >= ended {
            return log;
        }
        assert!(
            began.elapsed().as_secs() < 60,
            "the mirror did not end:\n{log}"
        );
        std::thread::yield_now();
    }
}

fn executable(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn what_is_pushed_to_the_active_branch_goes_to_postman_and_nobody_waits() {
    let (scene, server) = mirrored();
    scene.repository.commit(&[("a.txt", "a")], "more");
    push_to_server(&scene, &["origin", "main:feature"])
        .expect(0)
        .never_says("Postman");
    assert!(!server.join("git-postman").exists());
    push_to_server(&scene, &["origin", "main"])
        .expect(0)
        .says("remote: note: `main` is being carried to Postman")
        .never_says(&scene.sandbox.key);
    let log = log_of(&server, 1);
    assert!(
        log.contains("push of `main`") && log.contains("created collection"),
        "{log}"
    );
    assert!(!log.contains(&scene.sandbox.key), "{log}");
    assert_eq!(scene.inventory(), ["collections Pets"]);
    // A deletion and a push of nothing start nothing.
    push_to_server(&scene, &["origin", ":feature"]).expect(0);
    push_to_server(&scene, &["origin", "main"]).expect(0);
    assert_eq!(log_of(&server, 1).matches("push of").count(), 1);
}

#[cfg(unix)]
#[test]
fn two_mirrors_at_once_make_nothing_twice() {
    let (scene, server) = mirrored();
    let path = "postman/collections/Pets.json";
    for requests in [&["list", "get"][..], &["list", "get", "delete"]] {
        scene
            .repository
            .commit(&[(path, &collection("Pets", requests))], "more");
        push_to_server(&scene, &["origin", "main"]).expect(0);
    }
    let log = log_of(&server, 2);
    assert!(!log.contains("error: "), "{log}");
    assert_eq!(scene.inventory(), ["collections Pets"]);
    let items = scene.collection("Pets").1["item"].clone();
    assert_eq!(items.as_array().map(Vec::len), Some(3), "{log}");
}

#[cfg(unix)]
#[test]
fn a_mirror_that_cannot_start_never_undoes_a_push() {
    let (scene, server) = mirrored();
    let key = scene.repository.beside("home/key");
    let commit = scene.repository.commit(&[("a.txt", "a")], "more");
    let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(&key, everybody).unwrap();
    push_to_server(&scene, &["origin", "main:one"]).expect(0);
    push_to_server(&scene, &["origin", "main"])
        .expect(0)
        .says("other users of the server may read it")
        .never_says(&scene.sandbox.key);
    let unset = ["config", "--unset", "git-postman.keyFile"];
    scene.repository.git_in(&server, &unset).expect(0);
    scene.repository.commit(&[("a.txt", "b")], "more");
    push_to_server(&scene, &["origin", "main"])
        .expect(0)
        .says("Postman does not hear of this push");
    assert_ne!(scene.repository.id("origin/main"), commit);
    assert_eq!(scene.inventory(), [""; 0]);
}
