//! The recipes of docs/hooks.md, proven by each hook manager's own program: real pushes through its hook.
//!
//! A manager that is not on `PATH` is a visible `skipped: why`, and a failure where `CI` is set: `.ci/run` brings them all.

use std::ffi::OsStr;
use std::fs;
use std::process::Command;

use crate::support::fixtures::{borrowed, right};
use crate::support::optional::skipped;
use crate::support::pushing::{commit_nested, on_remote, with_remote};
use crate::support::{Repository, Run, program};

/// A right repository with a bare remote, and a folder of programs that comes first on `PATH`: ours as git finds it.
struct Scene {
    repository: Repository,
    path: String,
}

impl Scene {
    /// `None` where the manager is missing.
    fn of(manager: &str) -> Option<Self> {
        Self::with(manager, Repository::with(&borrowed(&right())))
    }

    fn with(manager: &str, repository: Repository) -> Option<Self> {
        if !is_here(manager) {
            return None;
        }
        with_remote(&repository);
        let bin = repository.beside("bin");
        fs::create_dir(&bin).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(program(), bin.join("git-postman")).unwrap();
        let path = format!("{}:{}", bin.display(), path());
        Some(Self { repository, path })
    }

    /// Runs any program in the worktree, ours and the managers' on its `PATH`.
    fn run(&self, words: &[&str]) -> Run {
        let root = self.repository.root();
        let found = found_on(&self.path, words[0]).unwrap();
        let mut command = self
            .repository
            .command(OsStr::new(&found), root, &words[1..]);
        let home = self.repository.beside("home");
        command
            .env("PATH", &self.path)
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("PRE_COMMIT_HOME", home.join("pre-commit"))
            .env("PREK_HOME", home.join("prek"))
            .env("CI", "");
        Run::of(words.join(" "), &command.output().unwrap())
    }

    fn push(&self, arguments: &[&str]) -> Run {
        self.run(&[&["git", "push"], arguments].concat())
    }

    #[track_caller]
    fn is_stopped(&self, arguments: &[&str]) -> Run {
        self.push(arguments)
            .expect(1)
            .says("[nested-directories]")
            .says("the push was stopped")
    }

    /// The story that each manager must tell: a right push goes through, a wrong one is stopped, alone and beside a right
    /// one, and nothing is ever said to be limited.
    #[track_caller]
    fn sees_everything(&self) {
        let right = self.repository.commit(&[("a.txt", "a")], "right");
        self.push(&["origin", "main"])
            .expect(0)
            .never_says("limited");
        assert_eq!(on_remote(&self.repository, "main"), Some(right.clone()));
        self.repository.git(&["branch", "good"]).expect(0);
        commit_nested(&self.repository);
        self.is_stopped(&["origin", "main"]).never_says("limited");
        // The right one comes first: whoever looks at one reference only would let this through.
        self.is_stopped(&["origin", "good:a", "main:b"])
            .never_says("limited");
        assert_eq!(on_remote(&self.repository, "a"), None);
        self.push(&["origin", "good:a", "good:c"])
            .expect(0)
            .never_says("limited");
        assert_eq!(on_remote(&self.repository, "c"), Some(right.clone()));
        self.push(&["origin", "good:a"])
            .expect(0)
            .says("Everything up-to-date")
            .never_says("limited");
        self.push(&["origin", "--delete", "c"]).expect(0);
        assert_eq!(on_remote(&self.repository, "main"), Some(right));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "managers are found where the tests run"
)]
fn path() -> String {
    std::env::var("PATH").unwrap_or_default()
}

fn found_on(path: &str, name: &str) -> Option<String> {
    path.split(':')
        .map(|directory| format!("{directory}/{name}"))
        .find(|candidate| fs::metadata(candidate).is_ok_and(|metadata| metadata.is_file()))
}

/// Whether a manager is on `PATH` and starts.
#[expect(clippy::disallowed_methods, reason = "the managers are started")]
fn is_here(name: &str) -> bool {
    let found = found_on(&path(), name);
    // husky has no version to ask for.
    let starts = found.is_some_and(|found| {
        name == "husky"
            || Command::new(found)
                .arg("--version")
                .current_dir("/")
                .output()
                .is_ok_and(|output| name == "simple-git-hooks" || output.status.success())
    });
    if !starts {
        skipped(&format!("no {name} here"));
    }
    starts
}

/// What stands in docs/hooks.md for a manager: a test with other words would prove nothing to who reads it.
fn documented(language: &str, marker: &str) -> String {
    let page = include_str!("../../docs/hooks.md");
    let fence = format!("```{language}\n");
    page.split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .find(|block| block.contains(marker))
        .unwrap_or_else(|| panic!("no block with {marker}"))
        .to_owned()
}

#[test]
fn lefthook_hands_everything_on_where_it_is_told_to() {
    let Some(scene) = Scene::of("lefthook") else {
        return;
    };
    let recipe = documented("yaml", "use_stdin: true");
    scene.repository.write("lefthook.yml", &recipe);
    scene.run(&["lefthook", "install"]).expect(0);
    scene.sees_everything();
}

#[test]
fn lefthook_without_its_setting_limits_the_check_which_says_so() {
    let Some(scene) = Scene::of("lefthook") else {
        return;
    };
    let recipe = documented("yaml", "use_stdin: true").replace("      use_stdin: true\n", "");
    scene.repository.write("lefthook.yml", &recipe);
    scene.run(&["lefthook", "install"]).expect(0);
    scene.repository.commit(&[("a.txt", "a")], "right");
    scene
        .push(&["origin", "main"])
        .expect(0)
        .says("the check was limited to refs/heads/main")
        .says("use_stdin: true");
    commit_nested(&scene.repository);
    scene
        .is_stopped(&["origin", "main"])
        .says("the check was limited to refs/heads/main");
}

#[test]
fn husky_hands_everything_on() {
    let Some(scene) = Scene::of("husky") else {
        return;
    };
    scene
        .repository
        .write("package.json", "{\"private\": true}\n");
    scene.run(&["husky"]).expect(0);
    let line = documented("sh", "git postman hook run pre-push");
    let line = line
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("git postman"));
    let hook = format!("{}\n", line.unwrap());
    scene.repository.write(".husky/pre-push", hook);
    scene.sees_everything();
}

#[test]
fn hook_install_writes_the_file_of_husky_where_there_is_none() {
    let Some(scene) = Scene::of("husky") else {
        return;
    };
    let repository = &scene.repository;
    repository.write("package.json", "{\"private\": true}\n");
    scene.run(&["husky"]).expect(0);
    let hook = repository.at(".husky/pre-push");
    let install = ["git-postman", "hook", "install"];
    scene
        .run(&[&install[..], &["--dry-run"]].concat())
        .expect(0);
    assert!(!hook.exists());
    scene.run(&install).expect(0).says("on their PATH");
    let written = fs::read_to_string(&hook).unwrap();
    scene.run(&install).expect(0).says("nothing to change");
    scene
        .run(&["git-postman", "hook", "status"])
        .expect(0)
        .says("a hook of husky, which starts git-postman");
    scene.sees_everything();
    // husky makes its own hooks anew, and ours stays.
    scene.run(&["husky"]).expect(0);
    scene.is_stopped(&["origin", "main"]);
    // A file that somebody added to is theirs.
    fs::write(&hook, format!("{written}npm test\n")).unwrap();
    let uninstall = ["git-postman", "hook", "uninstall"];
    scene.run(&uninstall).expect(0);
    assert!(hook.exists());
    fs::write(&hook, &written).unwrap();
    scene.run(&uninstall).expect(0);
    assert!(!hook.exists());
    fs::write(&hook, "npm test\n").unwrap();
    scene
        .run(&install)
        .expect(2)
        .says("add the line `git postman hook run pre-push -- \"$@\"` to .husky/pre-push");
    assert_eq!(fs::read_to_string(&hook).unwrap(), "npm test\n");
}

#[test]
fn hook_install_prints_what_belongs_into_the_files_of_other_managers() {
    let repository = Repository::with(&borrowed(&right()));
    let package = "{\"simple-git-hooks\": {\"pre-push\": \"true\"}}";
    for (file, text, told) in [
        ("lefthook.yml", "pre-commit:\n", "      use_stdin: true"),
        ("package.json", package, "\"simple-git-hooks\": {"),
    ] {
        repository.write(file, text);
        repository
            .run(&["hook", "install"])
            .expect(0)
            .says(&format!("where {file} has\n"))
            .says(told);
        assert_eq!(fs::read_to_string(repository.at(file)).unwrap(), text);
        fs::remove_file(repository.at(file)).unwrap();
    }
    let recipe = documented("yaml", "use_stdin: true");
    repository.write("lefthook.yml", recipe);
    repository
        .run(&["hook", "install"])
        .expect(0)
        .never_says("lefthook");
}

#[test]
fn simple_git_hooks_hands_everything_on() {
    let Some(scene) = Scene::of("simple-git-hooks") else {
        return;
    };
    let recipe = documented("json", "simple-git-hooks");
    scene.repository.write("package.json", &recipe);
    scene.run(&["simple-git-hooks"]).expect(0);
    scene.sees_everything();
}

/// In both, the tool alone sees the first reference; with our own hook behind it everything.
fn framework(manager: &str, configuration: &str, recipe: &str) {
    let Some(scene) = Scene::of(manager) else {
        return;
    };
    let repository = &scene.repository;
    repository.write(configuration, recipe);
    repository.git(&["add", configuration]).expect(0);
    let install = [manager, "install", "--hook-type", "pre-push"];
    scene.run(&install).expect(0);
    repository.commit(&[("a.txt", "a")], "right");
    // pre-commit shows what a hook says that ends well only where `verbose` is set, as the recipe does.
    scene
        .push(&["origin", "main"])
        .expect(0)
        .says("the check was limited to refs/heads/main")
        .says(&format!("{manager} hands on one reference of a push"));
    repository.git(&["branch", "good"]).expect(0);
    commit_nested(repository);
    scene
        .is_stopped(&["origin", "main"])
        .says("the check was limited");
    // Here is what the warning is about.
    scene
        .push(&["origin", "good:refs/heads/a", "main:refs/heads/b"])
        .reported();
    scene
        .run(&[
            "git",
            "push",
            "--no-verify",
            "--quiet",
            "origin",
            ":a",
            ":b",
        ])
        .reported();
    repository
        .git(&["reset", "--quiet", "--hard", "good"])
        .expect(0);
    repository.git(&["branch", "-D", "good"]).expect(0);
    scene
        .run(&["git-postman", "hook", "install"])
        .expect(0)
        .says("pre-push.legacy");
    scene.sees_everything();
    // Installed again, the manager leaves ours where it is.
    scene.run(&install).expect(0);
    scene.is_stopped(&["origin", "good:d", "main:e"]);
    scene.run(&["git-postman", "hook", "uninstall"]).expect(0);
    assert!(!repository.at(".git/hooks/pre-push.legacy").exists());
}

#[test]
fn pre_commit_says_that_it_is_limited_and_runs_our_own_hook_first() {
    let recipe = documented("yaml", "repo: local");
    framework("pre-commit", ".pre-commit-config.yaml", &recipe);
}

#[test]
fn prek_says_that_it_is_limited_and_runs_our_own_hook_first() {
    let recipe = documented("toml", "repo = \"local\"");
    framework("prek", "prek.toml", &recipe);
}

#[test]
fn a_first_push_through_pre_commit_is_looked_at_though_it_names_no_commit() {
    for manager in ["pre-commit", "prek"] {
        let Some(scene) = Scene::of(manager) else {
            continue;
        };
        let repository = &scene.repository;
        let empty = repository.beside("empty.git");
        repository
            .git(&["init", "--quiet", "--bare", empty.to_str().unwrap()])
            .expect(0);
        repository
            .git(&["remote", "add", "empty", empty.to_str().unwrap()])
            .expect(0);
        let recipe = documented("yaml", "repo: local");
        repository.write(".pre-commit-config.yaml", &recipe);
        repository
            .git(&["add", ".pre-commit-config.yaml"])
            .expect(0);
        scene
            .run(&[manager, "install", "--hook-type", "pre-push"])
            .expect(0);
        commit_nested(repository);
        scene
            .is_stopped(&["empty", "main"])
            .says("the check was limited to refs/heads/main");
    }
}

#[test]
fn pre_commit_and_prek_take_our_manifest() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/.pre-commit-hooks.yaml");
    for manager in ["pre-commit", "prek"] {
        let Some(scene) = Scene::of(manager) else {
            continue;
        };
        scene
            .run(&[manager, "validate-manifest", manifest])
            .expect(0);
    }
}

#[test]
fn pre_commit_runs_the_hooks_of_our_manifest_from_a_clone() {
    let Some(scene) = Scene::of("pre-commit") else {
        return;
    };
    let repository = &scene.repository;
    let published = repository.beside("published");
    fs::create_dir(&published).unwrap();
    let manifest = include_str!("../../.pre-commit-hooks.yaml");
    fs::write(published.join(".pre-commit-hooks.yaml"), manifest).unwrap();
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &["commit", "--quiet", "-m", "published"],
    ] {
        repository.git_in(&published, arguments).expect(0);
    }
    let published = published.to_str().unwrap();
    let tried = |hook: &str, more: &[&str]| {
        let words = ["pre-commit", "try-repo", published, hook, "--verbose"];
        scene.run(&[&words, more].concat())
    };
    let commit = ["--hook-stage", "pre-commit"];
    let push = [
        "--hook-stage",
        "pre-push",
        "--from-ref",
        "HEAD~1",
        "--to-ref",
        "HEAD",
    ];
    repository.commit(&[("a.txt", "a")], "right");
    tried("git-postman-commit-system", &commit).expect(0);
    tried("git-postman-push-system", &push)
        .expect(0)
        .says("the check was limited to HEAD");
    commit_nested(repository);
    tried("git-postman-push-system", &push)
        .expect(1)
        .says("[nested-directories]");
    repository.write("postman/collections/Broken.json", "{");
    repository.git(&["add", "--all"]).expect(0);
    tried("git-postman-commit-system", &commit)
        .expect(1)
        .says("[syntax]");
}
