//! Repositories that are not like most: other object formats, shallow, partial and sparse clones, submodules among the
//! files, pipes, histories without a common start.

use std::fs;

use crate::support::Repository;
use crate::support::fixtures::{
    API_FILE, COLLECTION, api_file, borrowed, collection, nested, right, token,
};
use crate::support::pushing::{
    commit_nested, goes_through, is_stopped, on_remote, with_hook, with_remote,
};

fn right_repository() -> Repository {
    Repository::with(&borrowed(&right()))
}

/// A repository made with options that not every git knows; `None` where this one does not.
fn made_with(options: &[&str]) -> Option<Repository> {
    let repository = Repository::none();
    let mut arguments = vec!["init", "--quiet"];
    arguments.extend(options);
    if repository.git(&arguments).code != 0 {
        return None;
    }
    repository.commit(&borrowed(&right()), "first");
    let mut remote = arguments.clone();
    remote.extend(["--bare", "remote.git"]);
    repository.git_in(&repository.beside(""), &remote).expect(0);
    repository
        .git(&["remote", "add", "origin", "../remote.git"])
        .expect(0);
    Some(repository)
}

#[test]
fn other_object_and_reference_formats_are_read_through_git() {
    for options in [
        &["--object-format=sha256"][..],
        &["--ref-format=reftable"],
        &["--object-format=sha256", "--ref-format=reftable"],
    ] {
        let Some(repository) = made_with(options) else {
            eprintln!("skipped: this git does not know {options:?}");
            continue;
        };
        for view in [&[][..], &["--staged"], &["--revision", "HEAD"]] {
            repository.check(view).expect(0);
        }
        repository
            .run(&[
                "hook",
                "install",
                "--type",
                "pre-push",
                "--type",
                "pre-commit",
            ])
            .expect(0);
        goes_through(&repository, &["origin", "main"]);
        repository.write(API_FILE, nested());
        repository.git(&["add", "--all"]).expect(0);
        repository
            .git(&["commit", "-m", "nested"])
            .expect(1)
            .says("error[nested-directories]");
        commit_nested(&repository);
        is_stopped(&repository, &["origin", "main"], "nested-directories");
        is_stopped(
            &repository,
            &["origin", "main:refs/heads/new"],
            "nested-directories",
        );
        repository
            .git(&["reset", "--quiet", "--hard", "HEAD~1"])
            .expect(0);
        let token = token();
        let base = repository.id("HEAD");
        let guilty = repository.commit(&[(COLLECTION, &collection(&token))], "try");
        repository.commit(&[(COLLECTION, &collection("x"))], "remove");
        let run = repository
            .check(&["--range", &format!("{base}..HEAD")])
            .expect(1);
        assert_eq!(run.found("provider-token")[0]["commit"], guilty.as_str());
        is_stopped(&repository, &["origin", "main"], "provider-token");
    }
}

#[test]
fn a_shallow_clone_can_push() {
    let repository = right_repository();
    repository.commit(&[("a.txt", "a")], "second");
    with_remote(&repository);
    let url = format!("file://{}", repository.beside("remote.git").display());
    repository
        .git(&["clone", "--quiet", "--depth", "1", &url, "../clone"])
        .expect(0);
    let clone = repository.beside("clone");
    let git = |arguments: &[&str]| repository.git_in(&clone, arguments);
    repository.run_in(&clone, &["hook", "install"]).expect(0);
    fs::write(clone.join("b.txt"), "b").unwrap();
    git(&["add", "--all"]).expect(0);
    git(&["commit", "--quiet", "-m", "right"]).expect(0);
    git(&["push", "origin", "main"]).expect(0);
    git(&["push", "origin", "main:refs/heads/new"]).expect(0);
    fs::write(clone.join(API_FILE), nested()).unwrap();
    git(&["commit", "--quiet", "-am", "nested"]).expect(0);
    for target in ["main", "main:refs/heads/other"] {
        git(&["push", "origin", target])
            .expect(1)
            .says("error[nested-directories]");
    }
}

#[test]
fn a_partial_clone_brings_what_it_needs() {
    let repository = right_repository();
    repository.commit(&[("postman/collections/old.json", "{")], "broken");
    with_remote(&repository);
    let remote = repository.beside("remote.git");
    for key in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
        repository
            .git_in(&remote, &["config", key, "true"])
            .expect(0);
    }
    let url = format!("file://{}", remote.display());
    repository
        .git(&[
            "clone",
            "--quiet",
            "--no-checkout",
            "--filter=blob:none",
            &url,
            "../partial",
        ])
        .expect(0);
    let partial = repository.beside("partial");
    let look = ["check", "--format", "json", "--revision", "HEAD"];
    let run = repository.run_in(&partial, &look).expect(1);
    assert_eq!(run.paths_of("syntax"), ["postman/collections/old.json"]);
    // Where the remote is gone, what is missing is said with the way out.
    repository
        .git(&[
            "clone",
            "--quiet",
            "--no-checkout",
            "--filter=blob:none",
            &url,
            "../cut-off",
        ])
        .expect(0);
    fs::rename(&remote, repository.beside("gone.git")).unwrap();
    let run = repository.run_in(&repository.beside("cut-off"), &look);
    assert!(matches!(run.code, 1 | 2), "{run}");
    run.says("git fetch").never_says("panicked");
}

#[test]
fn a_sparse_checkout_is_looked_at_as_a_whole() {
    let repository = right_repository();
    repository.commit(
        &[("postman/collections/old.json", "{"), ("src/a.txt", "a")],
        "broken",
    );
    for arguments in [
        &["sparse-checkout", "set", "--cone", "--sparse-index", "src"][..],
        &["sparse-checkout", "set", "--no-cone", "/src/"],
    ] {
        repository.git(arguments).expect(0);
        assert!(!repository.at("postman").exists());
        for view in [&[][..], &["--staged"], &["--revision", "HEAD"]] {
            let run = repository.check(view).expect(1);
            assert_eq!(
                run.paths_of("syntax"),
                ["postman/collections/old.json"],
                "{run}"
            );
        }
    }
}

#[test]
fn a_submodule_among_the_collections_is_not_entered() {
    let repository = right_repository();
    let other = Repository::with(&[("broken.json", "{")]);
    let url = other.root().display().to_string();
    repository
        .git(&[
            "submodule",
            "--quiet",
            "add",
            &url,
            "postman/collections/shared",
        ])
        .expect(0);
    for view in [&[][..], &["--staged"]] {
        let run = repository.check(view).reported();
        assert!(run.found("syntax").is_empty(), "{run}");
    }
    repository.commit(&[], "submodule");
    let run = repository
        .check(&["--revision", "HEAD", "--all"])
        .reported();
    assert!(run.found("syntax").is_empty(), "{run}");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let repository = right_repository();
    let made = repository.git(&[
        "-c",
        "alias.pipes=!mkfifo postman/collections/pipe.json .postman/api_pipe",
        "pipes",
    ]);
    if made.code != 0 {
        eprintln!("skipped: no pipe can be made here: {made}");
        return;
    }
    repository.check(&[]).reported();
    repository.check(&["--all"]).reported();
    repository.check(&["postman"]).reported();
    repository
        .check(&["postman/collections/pipe.json"])
        .reported();
    repository.check(&["/dev/zero"]).reported();
    // In the place of a file that git tracks.
    fs::remove_file(repository.at(COLLECTION)).unwrap();
    repository
        .git(&["-c", &format!("alias.pipe=!mkfifo {COLLECTION}"), "pipe"])
        .expect(0);
    repository.check(&[]).reported();
    // A configuration that cannot be read must not pass for none.
    repository
        .git(&["-c", "alias.pipe=!mkfifo git-postman.toml", "pipe"])
        .expect(0);
    repository
        .check(&[])
        .expect(2)
        .says("git-postman.toml is no file");
}

#[test]
fn a_history_of_its_own_counts_as_new() {
    let repository = with_hook();
    repository
        .git(&["checkout", "--quiet", "--orphan", "pages"])
        .expect(0);
    repository.commit(&[("index.html", "<p>")], "pages");
    goes_through(&repository, &["origin", "pages"]);
    repository
        .git(&["checkout", "--quiet", "--orphan", "other"])
        .expect(0);
    repository.commit(&[("postman/collections/new.json", "{")], "broken");
    is_stopped(&repository, &["origin", "other"], "syntax");
}

#[test]
fn every_way_to_push_goes_through_the_hook() {
    let repository = with_hook();
    commit_nested(&repository);
    repository
        .git(&["tag", "-a", "v1", "-m", "a release"])
        .expect(0);
    for way in [
        &["--dry-run", "origin", "main"][..],
        &["--atomic", "origin", "main", "v1"],
        &["--follow-tags", "origin", "main"],
        &["--mirror", "origin"],
        &["--prune", "origin", "refs/heads/*:refs/heads/*"],
        &["--force-with-lease", "origin", "main"],
        &["origin", "HEAD"],
        &["origin", "@"],
        &["origin", ":"],
        &[],
    ] {
        is_stopped(&repository, way, "nested-directories");
    }
    assert_eq!(
        on_remote(&repository, "main"),
        Some(repository.id("HEAD~1"))
    );
    repository
        .git(&["push", "--quiet", "origin", ":/nested:refs/heads/x"])
        .expect(1);
    let sub = repository.at("postman/schemas");
    repository
        .git_in(&sub, &["push", "origin", "main"])
        .expect(1)
        .says("error[nested-directories]");
    // With the repository named in an option, as scripts do, from where there is none.
    let git_dir = repository.at(".git").display().to_string();
    let remote = repository.beside("remote.git").display().to_string();
    repository
        .git_in(
            &repository.beside("home"),
            &["--git-dir", &git_dir, "push", &remote, "main"],
        )
        .expect(1)
        .says("error[nested-directories]");
}

#[test]
fn commits_of_every_kind_run_the_commit_hook() {
    let repository = right_repository();
    repository
        .run(&["hook", "install", "--type", "pre-commit"])
        .expect(0);
    // A collection that goes away, one that is renamed, an empty commit.
    repository
        .git(&["mv", COLLECTION, "postman/collections/Renamed.json"])
        .expect(0);
    repository.write(
        API_FILE,
        api_file("postman/collections", "postman/schemas").replace("Orders.json", "Renamed.json"),
    );
    repository
        .git(&["commit", "--quiet", "-am", "rename"])
        .expect(0);
    repository
        .git(&["commit", "--quiet", "--allow-empty", "-m", "empty"])
        .expect(0);
    repository.write("postman/collections/Renamed.json", "{");
    repository
        .git(&["commit", "--amend", "--no-edit", "-a"])
        .expect(1)
        .says("error[syntax]");
    repository
        .git(&[
            "commit",
            "-m",
            "only",
            "--only",
            "postman/collections/Renamed.json",
        ])
        .expect(1)
        .says("error[syntax]");
    repository
        .git(&["rm", "--quiet", "-f", "postman/collections/Renamed.json"])
        .expect(0);
    repository
        .git(&["commit", "--quiet", "--no-verify", "-m", "remove"])
        .expect(0);
    // A merge that stands in conflict cannot be committed, and the hook is no hindrance to `git status`.
    repository.git(&["status"]).expect(0);
}

#[test]
fn what_git_stores_counts_and_not_how_it_is_checked_out() {
    let repository = Repository::empty();
    let mut files = right();
    files.push((
        ".gitattributes",
        "*.json text eol=crlf\n.postman/* text eol=crlf\n".to_owned(),
    ));
    repository.commit(&borrowed(&files), "first");
    commit_nested(&repository);
    repository
        .git(&["rm", "--quiet", "-r", "--cached", "."])
        .expect(0);
    repository.git(&["reset", "--quiet", "--hard"]).expect(0);
    let text = fs::read(repository.at(API_FILE)).unwrap();
    assert!(text.windows(2).any(|pair| pair == b"\r\n"));
    for view in [&[][..], &["--staged"], &["--revision", "HEAD"]] {
        let run = repository.check(view).expect(1);
        let location = &run.found("nested-directories")[0]["location"];
        assert_eq!(
            (
                &location["line"],
                &location["column"],
                &location["end_column"]
            ),
            (&11.into(), &17.into(), &24.into()),
            "{run}"
        );
    }
}

#[test]
fn each_folder_with_metadata_is_a_service_of_its_own() {
    let repository = Repository::empty();
    for (path, text) in right() {
        repository.write(&format!("services/orders/{path}"), text);
    }
    repository.write(&format!("services/orders/{API_FILE}"), nested());
    repository.commit(&[], "first");
    let run = repository.check(&["--revision", "HEAD"]).expect(1);
    assert_eq!(
        run.paths_of("nested-directories"),
        [format!("services/orders/{API_FILE}")]
    );
}
