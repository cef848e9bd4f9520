//! Pushes through the real `git push`, stopped or let through by the hook that `hook install` wrote: every case of the
//! protocol.

use std::fs;

use crate::support::Repository;
use crate::support::fixtures::{
    API, API_FILE, COLLECTION, borrowed, collection, nested, right, token,
};
use crate::support::pushing::{
    commit_nested, goes_through, is_stopped, on_remote, with_hook, with_hook_on,
};

#[test]
fn a_right_push_goes_through_and_a_wrong_one_is_stopped() {
    let repository = with_hook();
    let right = repository.commit(&[("README.md", "orders\n")], "read me");
    goes_through(&repository, &["origin", "main"]);
    assert_eq!(on_remote(&repository, "main"), Some(right.clone()));
    commit_nested(&repository);
    is_stopped(&repository, &["origin", "main"], "nested-directories")
        .says(&format!("--> {API_FILE}:11:17"))
        .says("git push --no-verify");
    assert_eq!(on_remote(&repository, "main"), Some(right));
}

#[test]
fn a_new_branch_is_compared_with_what_the_remote_has() {
    let repository = Repository::with(&borrowed(&right()));
    repository.commit(&[("postman/collections/old.json", "{")], "long broken");
    let repository = with_hook_on(repository);
    repository
        .git(&["checkout", "--quiet", "-b", "feature"])
        .expect(0);
    // What the push does not touch does not stop it, broken or not.
    repository.commit(&[("README.md", "orders\n")], "read me");
    goes_through(&repository, &["origin", "feature"]).never_says("[syntax]");
    // What it touches does.
    repository
        .git(&["checkout", "--quiet", "-b", "other"])
        .expect(0);
    repository.commit(&[("postman/collections/new.json", "{")], "newly broken");
    is_stopped(&repository, &["origin", "other"], "syntax")
        .says("--> postman/collections/new.json:1:")
        .never_says("--> postman/collections/old.json:1:");
    assert_eq!(on_remote(&repository, "other"), None);
}

#[test]
fn the_layout_of_a_tip_counts_even_where_the_push_does_not_touch_it() {
    let repository = Repository::with(&borrowed(&right()));
    commit_nested(&repository);
    let repository = with_hook_on(repository);
    repository
        .git(&["checkout", "--quiet", "-b", "feature"])
        .expect(0);
    repository.commit(&[("README.md", "orders\n")], "read me");
    is_stopped(&repository, &["origin", "feature"], "nested-directories");
}

#[test]
fn a_remote_that_has_nothing_yet_gets_everything_looked_at() {
    let repository = Repository::with(&borrowed(&right()));
    repository
        .git_in(
            &repository.beside(""),
            &["init", "--quiet", "--bare", "remote.git"],
        )
        .expect(0);
    repository
        .git(&["remote", "add", "origin", "../remote.git"])
        .expect(0);
    repository.run(&["hook", "install"]).expect(0);
    repository.commit(&[("postman/collections/new.json", "{")], "broken");
    is_stopped(&repository, &["origin", "main"], "syntax");
    repository.commit(&[("postman/collections/new.json", "{}")], "mended");
    goes_through(&repository, &["origin", "main"]);
}

#[test]
fn one_wrong_reference_of_several_stops_them_all() {
    let repository = with_hook();
    repository
        .git(&["checkout", "--quiet", "-b", "good"])
        .expect(0);
    repository.commit(&[("a.txt", "a")], "good");
    repository
        .git(&["checkout", "--quiet", "-b", "bad", "main"])
        .expect(0);
    commit_nested(&repository);
    is_stopped(
        &repository,
        &["origin", "good", "bad"],
        "nested-directories",
    );
    is_stopped(&repository, &["--all", "origin"], "nested-directories");
    assert_eq!(on_remote(&repository, "good"), None);
    assert_eq!(on_remote(&repository, "bad"), None);
    goes_through(&repository, &["origin", "good", "main"]);
    assert!(on_remote(&repository, "good").is_some());
}

#[test]
fn a_deletion_brings_nothing_and_goes_through() {
    let repository = with_hook();
    for name in ["one", "two", "three"] {
        goes_through(&repository, &["origin", &format!("main:{name}")]);
    }
    // Whatever is broken here.
    repository.write(API_FILE, nested());
    commit_nested(&repository);
    goes_through(&repository, &["origin", "--delete", "one"]);
    goes_through(&repository, &["origin", ":two"]);
    assert_eq!(on_remote(&repository, "one"), None);
    assert_eq!(on_remote(&repository, "two"), None);
    // Beside a deletion the rest still counts.
    is_stopped(
        &repository,
        &["origin", ":three", "main"],
        "nested-directories",
    );
    assert!(on_remote(&repository, "three").is_some());
}

#[test]
fn a_forced_push_is_looked_at_as_any_other() {
    let repository = with_hook();
    repository.commit(&[("a.txt", "a")], "first try");
    goes_through(&repository, &["origin", "main"]);
    repository
        .git(&["commit", "--quiet", "--amend", "-m", "second try"])
        .expect(0);
    goes_through(&repository, &["--force", "origin", "main"]).says("is rewritten");
    let kept = on_remote(&repository, "main");
    assert_eq!(kept, Some(repository.id("HEAD")));
    repository
        .git(&["reset", "--quiet", "--hard", "HEAD~1"])
        .expect(0);
    commit_nested(&repository);
    is_stopped(
        &repository,
        &["--force", "origin", "main"],
        "nested-directories",
    );
    is_stopped(&repository, &["origin", "+main"], "nested-directories");
    assert_eq!(on_remote(&repository, "main"), kept);
}

#[test]
fn a_forced_push_over_a_commit_that_was_never_fetched_is_looked_at() {
    let repository = with_hook();
    repository
        .git(&["clone", "--quiet", "../remote.git", "../clone"])
        .expect(0);
    let clone = repository.beside("clone");
    for arguments in [
        &["commit", "--quiet", "--allow-empty", "-m", "theirs"][..],
        &["push", "--quiet", "origin", "main"],
    ] {
        repository.git_in(&clone, arguments).expect(0);
    }
    repository.commit(&[("a.txt", "a")], "ours");
    goes_through(&repository, &["--force", "origin", "main"]).says("which is not here");
    assert_eq!(on_remote(&repository, "main"), Some(repository.id("HEAD")));
}

#[test]
fn tags_are_followed_to_their_commits() {
    let repository = with_hook();
    repository.git(&["tag", "light"]).expect(0);
    repository
        .git(&["tag", "-a", "heavy", "-m", "a release"])
        .expect(0);
    goes_through(&repository, &["origin", "light", "heavy"]);
    commit_nested(&repository);
    repository.git(&["tag", "bad-light"]).expect(0);
    repository
        .git(&["tag", "-a", "bad-heavy", "-m", "a release"])
        .expect(0);
    repository
        .git(&["tag", "-a", "bad-nested", "-m", "tag of a tag", "bad-heavy"])
        .expect(0);
    for tag in ["bad-light", "bad-heavy", "bad-nested"] {
        is_stopped(&repository, &["origin", tag], "nested-directories");
        assert_eq!(on_remote(&repository, tag), None);
    }
    is_stopped(&repository, &["--tags", "origin"], "nested-directories");
    repository
        .git(&["reset", "--quiet", "--hard", "HEAD~1"])
        .expect(0);
    // A tag of something that has no files.
    let blob = repository.id(&format!("HEAD:{COLLECTION}"));
    repository.git(&["tag", "a-blob", &blob]).expect(0);
    goes_through(&repository, &["origin", "a-blob"]).says("is a blob");
}

#[test]
fn a_push_of_nothing_new_goes_through_whatever_lies_around() {
    let repository = with_hook();
    repository.write(API_FILE, nested());
    goes_through(&repository, &["origin", "main"]).says("Everything up-to-date");
    repository
        .run_with_input(&["hook", "run", "pre-push", "--", "origin", "x"], b"")
        .expect(0);
    repository
        .run_with_input(&["hook", "run", "pre-push"], b"no line of git\n")
        .expect(2)
        .says("line 1");
}

#[test]
fn a_remote_without_a_name_is_looked_at_as_well() {
    let repository = with_hook();
    let path = repository.beside("remote.git").display().to_string();
    let url = format!("file://{path}");
    for (number, remote) in ["../remote.git", &path, &url].into_iter().enumerate() {
        let branch = format!("HEAD:refs/heads/way-{number}");
        repository
            .git(&["reset", "--quiet", "--hard", "origin/main"])
            .expect(0);
        repository.commit(&[("a.txt", &branch)], "right");
        goes_through(&repository, &[remote, &branch]);
        commit_nested(&repository);
        is_stopped(&repository, &[remote, &branch], "nested-directories");
    }
}

#[test]
fn any_revision_can_be_pushed_to_any_reference() {
    let repository = with_hook();
    let right = repository.commit(&[("a.txt", "a")], "right");
    commit_nested(&repository);
    goes_through(&repository, &["origin", "HEAD~1:refs/heads/x"]);
    assert_eq!(on_remote(&repository, "x"), Some(right));
    is_stopped(
        &repository,
        &["origin", "HEAD:refs/for/main"],
        "nested-directories",
    );
    is_stopped(
        &repository,
        &["origin", "HEAD~0:refs/heads/y"],
        "nested-directories",
    );
    repository
        .git(&["reset", "--quiet", "--hard", "HEAD~1"])
        .expect(0);
    repository
        .git(&["notes", "add", "-m", "reviewed by two", "HEAD"])
        .expect(0);
    goes_through(&repository, &["origin", "refs/notes/commits"]);
    assert!(on_remote(&repository, "refs/notes/commits").is_some());
    let note = format!("the key is {}", token());
    repository
        .git(&["notes", "add", "-f", "-m", &note, "HEAD"])
        .expect(0);
    is_stopped(
        &repository,
        &["origin", "refs/notes/commits"],
        "provider-token",
    );
}

#[test]
fn a_linked_worktree_pushes_through_the_same_hook() {
    let repository = with_hook();
    repository
        .git(&["worktree", "add", "--quiet", "-b", "side", "../linked"])
        .expect(0);
    let linked = repository.beside("linked");
    let in_linked = |arguments: &[&str]| repository.git_in(&linked, arguments);
    fs::write(linked.join("a.txt"), "a").unwrap();
    in_linked(&["add", "--all"]).expect(0);
    in_linked(&["commit", "--quiet", "-m", "right"]).expect(0);
    in_linked(&["push", "origin", "side"]).expect(0);
    fs::write(linked.join(API_FILE), nested()).unwrap();
    in_linked(&["commit", "--quiet", "-am", "nested"]).expect(0);
    in_linked(&["push", "origin", "side"])
        .expect(1)
        .says("error[nested-directories]");
    // A hook that is installed from there is the same one.
    repository
        .run_in(&linked, &["hook", "install"])
        .expect(0)
        .says("nothing to change");
    repository.run_in(&linked, &["check"]).expect(1);
    repository.run(&["check"]).expect(0);
}

#[test]
fn a_submodule_has_a_hook_of_its_own() {
    let repository = with_hook();
    let beside = repository.beside("");
    let git = |directory: &str, arguments: &[&str]| {
        repository
            .git_in(&repository.beside(directory), arguments)
            .expect(0)
    };
    repository
        .git_in(&beside, &["init", "--quiet", "super"])
        .expect(0);
    git(
        "super",
        &["submodule", "--quiet", "add", "../remote.git", "apis"],
    );
    git("super", &["commit", "--quiet", "-m", "apis"]);
    let inside = repository.beside("super/apis");
    repository
        .run_in(&inside, &["hook", "install"])
        .expect(0)
        .says("modules/apis/hooks/pre-push");
    fs::write(inside.join("a.txt"), "a").unwrap();
    git("super/apis", &["checkout", "--quiet", "-B", "side"]);
    git("super/apis", &["add", "--all"]);
    git("super/apis", &["commit", "--quiet", "-m", "right"]);
    git("super/apis", &["push", "--quiet", "origin", "side"]);
    fs::write(inside.join(API_FILE), nested()).unwrap();
    git("super/apis", &["commit", "--quiet", "-am", "nested"]);
    repository
        .git_in(&inside, &["push", "origin", "side"])
        .expect(1)
        .says("error[nested-directories]");
    // What lies in a submodule is not the outer repository's.
    repository
        .run_in(&repository.beside("super"), &["check", "--all"])
        .expect(0);
}

#[test]
fn a_token_in_an_older_commit_of_the_push_stops_it() {
    let repository = with_hook();
    let token = token();
    let guilty = repository.commit(&[("src/main.py", &format!("key = '{token}'\n"))], "try");
    repository.commit(&[("src/main.py", "key = None\n")], "remove");
    is_stopped(&repository, &["origin", "main"], "provider-token")
        .says("src/main.py:1:8")
        .says(&format!("in commit {}", &guilty[..7]))
        .never_says(&token);
    // Squashed, the token is gone.
    repository
        .git(&["reset", "--quiet", "--soft", "HEAD~2"])
        .expect(0);
    repository.commit(&[], "squashed");
    goes_through(&repository, &["origin", "main"]);
}

#[test]
fn the_configuration_is_read_from_the_pushed_commit() {
    let repository = with_hook();
    let allow = "[rules]\nnested-directories = 'allow'\n";
    commit_nested(&repository);
    // On disk alone it decides nothing.
    repository.write("git-postman.toml", allow);
    is_stopped(&repository, &["origin", "main"], "nested-directories");
    repository.commit(&[], "allow");
    repository.write("git-postman.toml", "this is [no configuration");
    goes_through(&repository, &["origin", "main"]);
    repository.commit(&[], "broken configuration");
    repository.write("git-postman.toml", allow);
    let run = repository.git(&["push", "origin", "main"]).expect(1);
    run.says("git-postman.toml:1:");
}

#[test]
fn a_dirty_worktree_does_not_matter() {
    let repository = with_hook();
    repository.commit(&[("a.txt", "a")], "right");
    repository.write(API_FILE, nested());
    repository.write(COLLECTION, "{");
    repository.write("postman/collections/new.json", "{");
    repository.git(&["add", COLLECTION]).expect(0);
    goes_through(&repository, &["origin", "main"]);
    let status = repository.git(&["status", "--porcelain"]).expect(0);
    assert_eq!(status.stdout.lines().count(), 3, "{status}");
}

#[test]
fn git_can_go_past_the_hook() {
    let repository = with_hook();
    let commit = commit_nested(&repository);
    is_stopped(&repository, &["origin", "main"], "nested-directories");
    goes_through(&repository, &["--no-verify", "origin", "main"]);
    assert_eq!(on_remote(&repository, "main"), Some(commit));
}

#[test]
fn a_push_of_another_link_than_the_remotes_is_stopped() {
    let repository = with_hook();
    let other = "99999999-2222-4333-8444-555555555555";
    let relink = || {
        let files: Vec<(String, String)> = right()
            .into_iter()
            .map(|(path, text)| (path.replace(API, other), text.replace(API, other)))
            .collect();
        fs::remove_file(repository.at(API_FILE)).unwrap();
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        repository.commit(&files, "another API");
    };
    relink();
    is_stopped(&repository, &["origin", "main"], "changed-link");
    is_stopped(
        &repository,
        &["origin", "main:refs/heads/new"],
        "changed-link",
    );
}

#[test]
fn a_partly_right_collection_is_judged_in_the_commit_and_not_on_disk() {
    let repository = with_hook();
    repository.commit(&[(COLLECTION, "{\"info\": {}, \"item\": []}")], "wrong");
    repository.write(COLLECTION, collection("{{token}}"));
    is_stopped(&repository, &["origin", "main"], "schema");
    repository.commit(&[], "right");
    goes_through(&repository, &["origin", "main"]);
}
