//! `hook install`, `uninstall`, `status`, and the pre-commit hook, in real repositories.

use std::fs;
use std::path::Path;

use crate::support::fixtures::{API_FILE, COLLECTION, api_file, borrowed, nested, right, token};
use crate::support::pushing::{
    commit_nested, goes_through, is_stopped, on_remote, with_hook, with_remote,
};
use crate::support::{Repository, Run};

const HOOK: &str = ".git/hooks/pre-push";

fn right_repository() -> Repository {
    Repository::with(&borrowed(&right()))
}

/// Writes a script that git would run.
fn script(path: &Path, text: &str, mode: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = mode;
}

/// Every name in a directory with its bytes and its mode.
fn listing(directory: &Path) -> Vec<(String, Vec<u8>, u32)> {
    let mut names: Vec<(String, Vec<u8>, u32)> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            #[cfg(unix)]
            let mode = std::os::unix::fs::MetadataExt::mode(&entry.metadata().unwrap());
            #[cfg(not(unix))]
            let mode = 0;
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).unwrap(), mode)
        })
        .collect();
    names.sort();
    names
}

#[test]
fn an_earlier_hook_runs_first_and_its_failure_stops_the_push() {
    let repository = right_repository();
    with_remote(&repository);
    script(
        &repository.at(HOOK),
        "#!/bin/sh\necho \"earlier $1\" >>seen\ncat >>seen\n[ ! -e stop ] || exit 3\n",
        0o755,
    );
    repository
        .run(&["hook", "install"])
        .expect(0)
        .says("pre-push.git-postman-before");
    let commit = repository.commit(&[("a.txt", "a")], "right");
    goes_through(&repository, &["origin", "main"]);
    let seen = fs::read_to_string(repository.at("seen")).unwrap();
    assert!(
        seen.contains("earlier origin") && seen.contains(&commit),
        "{seen}"
    );
    repository.write("stop", "");
    repository.commit(&[], "more");
    repository
        .git(&["push", "origin", "main"])
        .expect(1)
        .never_says("error[");
    fs::remove_file(repository.at("stop")).unwrap();
    commit_nested(&repository);
    is_stopped(&repository, &["origin", "main"], "nested-directories");
    assert_eq!(on_remote(&repository, "main"), Some(commit));
}

#[test]
fn uninstall_leaves_exactly_what_was_there() {
    let before_cases: [&[(&str, &str, u32)]; 4] = [
        &[],
        &[("pre-push", "#!/bin/sh\r\nexit 0", 0o755)],
        &[("pre-push", "#!/bin/sh\nnot executable\n", 0o640)],
        &[
            ("pre-push", "#!/bin/sh\nexit 0\n", 0o700),
            ("pre-commit", "#!/usr/bin/env python3\nprint(1)\n", 0o755),
            ("post-merge", "#!/bin/sh\n", 0o755),
        ],
    ];
    for files in before_cases {
        let repository = right_repository();
        let hooks = repository.at(".git/hooks");
        for (name, text, mode) in files {
            script(&hooks.join(name), text, *mode);
        }
        let before = listing(&hooks);
        let both: &[&str] = &[
            "hook",
            "install",
            "--type",
            "pre-push",
            "--type",
            "pre-commit",
        ];
        repository.run(both).expect(0);
        let installed = listing(&hooks);
        assert_ne!(installed, before);
        repository.run(both).expect(0).says("nothing to change");
        assert_eq!(listing(&hooks), installed);
        repository
            .run(&["hook", "uninstall", "--dry-run"])
            .expect(0);
        assert_eq!(listing(&hooks), installed);
        repository.run(&["hook", "uninstall"]).expect(0);
        assert_eq!(listing(&hooks), before);
        repository.run(&["hook", "uninstall"]).expect(0);
        assert_eq!(listing(&hooks), before);
    }
}

#[test]
fn a_hooks_directory_that_was_missing_is_missing_again() {
    let repository = right_repository();
    fs::remove_dir_all(repository.at(".git/hooks")).unwrap();
    repository.run(&["hook", "install", "--dry-run"]).expect(0);
    assert!(!repository.at(".git/hooks").exists());
    repository.run(&["hook", "install"]).expect(0);
    assert!(repository.at(HOOK).is_file());
    repository.run(&["hook", "uninstall"]).expect(0);
    assert!(!repository.at(".git/hooks").exists());
}

#[test]
fn the_status_says_what_would_run() {
    let repository = right_repository();
    let status = || repository.run(&["hook", "status"]).expect(0);
    let line = |run: &Run, kind: &str| {
        let found = run.stdout.lines().find(|line| line.starts_with(kind));
        found.unwrap_or_else(|| panic!("{run}")).to_owned()
    };
    assert!(line(&status(), "pre-push: not installed").contains("not installed"));
    repository.run(&["hook", "install"]).expect(0);
    let installed = line(&status(), "pre-push: installed as");
    assert!(
        installed.contains(env!("CARGO_BIN_EXE_git-postman")),
        "{installed}"
    );
    line(&status(), "pre-commit: not installed");
    fs::write(
        repository.at(HOOK),
        fs::read_to_string(repository.at(HOOK)).unwrap() + "echo more\n",
    )
    .unwrap();
    assert!(line(&status(), "pre-push:").contains("edited by hand"));
    repository
        .run(&["hook", "install"])
        .expect(2)
        .says("--force");
    repository
        .run(&["hook", "uninstall"])
        .expect(2)
        .says("--force");
    repository.run(&["hook", "install", "--force"]).expect(0);
    assert!(!line(&status(), "pre-push:").contains("edited by hand"));
    repository.run(&["hook", "uninstall"]).expect(0);
    script(&repository.at(HOOK), "#!/bin/sh\nexit 0\n", 0o755);
    assert!(line(&status(), "pre-push:").contains("another hook"));
}

#[test]
fn another_hooks_directory_is_honoured() {
    let repository = right_repository();
    with_remote(&repository);
    let shared = repository.beside("shared hooks");
    repository
        .git(&["config", "core.hooksPath", shared.to_str().unwrap()])
        .expect(0);
    repository.run(&["hook", "install"]).expect(0).says("note:");
    assert!(shared.join("pre-push").is_file());
    assert!(!repository.at(HOOK).exists());
    commit_nested(&repository);
    is_stopped(&repository, &["origin", "main"], "nested-directories");
    repository.run(&["hook", "uninstall"]).expect(0);
    assert!(!shared.exists());
    goes_through(&repository, &["origin", "main"]);
    // Relative to the worktree, and of a folder below.
    repository
        .git(&["config", "core.hooksPath", ".githooks"])
        .expect(0);
    repository
        .run_in(&repository.at("postman"), &["hook", "install"])
        .expect(0);
    assert!(repository.at(".githooks/pre-push").is_file());
    repository
        .git(&["config", "core.hooksPath", "/dev/null"])
        .expect(0);
    repository.run(&["hook", "install"]).expect(2);
}

#[test]
fn new_clones_have_the_hook_of_the_template() {
    let repository = right_repository();
    with_remote(&repository);
    repository
        .run(&["hook", "install", "--global"])
        .expect(0)
        .says("init.templateDir");
    let template = repository.beside("home/.config/git/template/hooks/pre-push");
    assert!(template.is_file());
    repository
        .run(&["hook", "status", "--global"])
        .expect(0)
        .says("pre-push: installed");
    assert!(!repository.at(HOOK).exists());
    repository
        .git(&["clone", "--quiet", "../remote.git", "../clone"])
        .expect(0);
    let clone = repository.beside("clone");
    assert!(clone.join(HOOK).is_file());
    fs::write(clone.join(API_FILE), nested()).unwrap();
    repository
        .git_in(&clone, &["commit", "--quiet", "-am", "nested"])
        .expect(0);
    repository
        .git_in(&clone, &["push", "origin", "main"])
        .expect(1)
        .says("error[nested-directories]");
    repository.run(&["hook", "uninstall", "--global"]).expect(0);
    assert!(!template.exists());
    let setting = repository.git(&["config", "--global", "init.templateDir"]);
    assert_ne!(setting.code, 0, "{setting}");
    repository
        .git(&["clone", "--quiet", "../remote.git", "../later"])
        .expect(0);
    assert!(!repository.beside("later").join(HOOK).exists());
}

#[test]
fn a_hook_whose_program_is_gone_stops_and_says_so() {
    let repository = with_hook();
    let text = fs::read_to_string(repository.at(HOOK)).unwrap();
    let gone = text.replace(env!("CARGO_BIN_EXE_git-postman"), "/no/such/program");
    script(&repository.at(HOOK), &gone, 0o755);
    repository.commit(&[("a.txt", "a")], "right");
    let run = repository.git(&["push", "origin", "main"]);
    // Somebody may have the program on the path; then it runs instead.
    if is_on_path("git-postman") {
        run.never_says("cannot find git-postman");
    } else {
        run.expect(1)
            .says("cannot find git-postman")
            .says("--no-verify");
        assert_ne!(on_remote(&repository, "main"), Some(repository.id("HEAD")));
    }
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::vars_os().find(|(name, _)| name == "PATH");
    path.is_some_and(|(_, path)| {
        std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
    })
}

#[test]
fn the_commit_hook_reads_the_index_and_never_the_worktree() {
    let repository = right_repository();
    repository
        .run(&["hook", "install", "--type", "pre-commit"])
        .expect(0);
    let commit = || repository.git(&["commit", "--quiet", "-m", "try"]);
    // A fix that is not staged does not help.
    repository.write(API_FILE, nested());
    repository.git(&["add", "--all"]).expect(0);
    repository.write(API_FILE, api_file("postman/collections", "postman/schemas"));
    commit()
        .expect(1)
        .says("error[nested-directories]")
        .says("the commit was stopped");
    repository.git(&["reset", "--quiet"]).expect(0);
    // Damage that is not staged does not hurt.
    repository.write("a.txt", "a");
    repository.git(&["add", "a.txt"]).expect(0);
    repository.write(API_FILE, nested());
    repository.write(COLLECTION, "{");
    commit().expect(0);
    // A document that is staged is looked at, and one that is not is left alone.
    repository.git(&["add", COLLECTION]).expect(0);
    commit().expect(1).says("error[syntax]").says(COLLECTION);
    repository
        .git(&["commit", "--quiet", "--no-verify", "-m", "go past"])
        .expect(0);
    repository.write("b.txt", "b");
    repository.git(&["add", "b.txt"]).expect(0);
    commit().expect(0);
}

#[test]
fn the_commit_hook_finds_tokens_in_any_staged_file() {
    let repository = right_repository();
    repository
        .run(&["hook", "install", "--type", "pre-commit"])
        .expect(0);
    let token = token();
    repository.write("deploy.sh", format!("export KEY={token}\n"));
    repository.git(&["add", "deploy.sh"]).expect(0);
    repository
        .git(&["commit", "-m", "try"])
        .expect(1)
        .says("error[provider-token]")
        .says("deploy.sh:1:12")
        .never_says(&token);
    // `commit --all` and `commit <path>` hand over an index of their own.
    repository.git(&["reset", "--quiet"]).expect(0);
    fs::remove_file(repository.at("deploy.sh")).unwrap();
    repository.write(COLLECTION, "{");
    repository
        .git(&["commit", "--all", "-m", "try"])
        .expect(1)
        .says("error[syntax]");
    repository
        .git(&["commit", "-m", "try", COLLECTION])
        .expect(1)
        .says("error[syntax]");
    repository
        .git(&["checkout", "--quiet", COLLECTION])
        .expect(0);
}

#[test]
fn the_commit_hook_leaves_index_and_worktree_alone() {
    let repository = right_repository();
    repository.write("a.txt", "a");
    repository.write(COLLECTION, "{");
    repository.git(&["add", "--all"]).expect(0);
    repository.write("a.txt", "b");
    let state = |path: &str| {
        let path = repository.at(path);
        let modified = path.metadata().unwrap().modified().unwrap();
        (fs::read(&path).unwrap(), modified)
    };
    let files = [".git/index", "a.txt", COLLECTION, ".git/HEAD"];
    let before: Vec<_> = files.into_iter().map(state).collect();
    repository
        .run(&["hook", "run", "pre-commit"])
        .expect(1)
        .says("error[syntax]");
    let after: Vec<_> = files.into_iter().map(state).collect();
    assert_eq!(before, after);
    assert!(!repository.at(".git/index.lock").exists());
}

#[test]
fn a_commit_in_a_linked_worktree_is_looked_at_in_its_own_index() {
    let repository = right_repository();
    repository
        .run(&["hook", "install", "--type", "pre-commit"])
        .expect(0);
    repository
        .git(&["worktree", "add", "--quiet", "-b", "side", "../linked"])
        .expect(0);
    let linked = repository.beside("linked");
    fs::write(linked.join(COLLECTION), "{").unwrap();
    repository
        .git_in(&linked, &["commit", "-a", "-m", "broken"])
        .expect(1)
        .says("error[syntax]");
    repository.write("a.txt", "a");
    repository.git(&["add", "--all"]).expect(0);
    // From a folder below, where git still starts the hook at the root.
    repository
        .git_in(&repository.at("postman"), &["commit", "-m", "right"])
        .expect(0);
}

#[test]
fn the_first_commit_of_a_repository_is_looked_at() {
    let repository = Repository::empty();
    repository
        .run(&["hook", "install", "--type", "pre-commit"])
        .expect(0);
    repository.write(API_FILE, nested());
    repository.git(&["add", "--all"]).expect(0);
    repository
        .git(&["commit", "-m", "first"])
        .expect(1)
        .says("error[nested-directories]");
    repository.write(API_FILE, api_file("postman/collections", "postman/schemas"));
    for (path, text) in right() {
        repository.write(path, text);
    }
    repository.git(&["add", "--all"]).expect(0);
    repository.git(&["commit", "-m", "first"]).expect(0);
}

#[test]
fn both_hooks_take_an_unknown_type_as_wrong_use() {
    let repository = right_repository();
    repository.run(&["hook", "run", "post-merge"]).expect(2);
    repository
        .run(&["hook", "install", "--type", "post-merge"])
        .expect(2);
}
