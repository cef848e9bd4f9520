//! What git hands to its hooks in variables counts before what the directory would say.

use crate::support::Repository;
use crate::support::fixtures::{borrowed, right};

const BROKEN: &str = "postman/collections/Broken.json";

/// A right repository with a commit.
fn committed() -> Repository {
    Repository::with(&borrowed(&right()))
}

#[test]
fn the_index_that_git_hands_over_counts() {
    let repository = committed();
    // As `git commit <path>` does: an index of its own, beside the one that stays.
    repository.write(BROKEN, "{");
    repository.git(&["add", BROKEN]).expect(0);
    let (index, handed) = (
        repository.at(".git/index"),
        repository.at(".git/next-index-1.lock"),
    );
    std::fs::copy(index, handed).unwrap();
    repository.git(&["reset", "--quiet"]).expect(0);
    let staged = ["check", "--staged", "--format", "json"];
    repository.run(&staged).expect(0);
    let variables = [("GIT_INDEX_FILE", ".git/next-index-1.lock")];
    let run = repository
        .run_handed(repository.root(), &variables, &staged)
        .expect(1);
    assert_eq!(run.paths_of("syntax"), [BROKEN]);
}

#[test]
fn the_repository_that_git_hands_over_counts() {
    let repository = committed();
    repository.commit(&[(BROKEN, "{")], "broken");
    let other = repository.beside("other");
    std::fs::create_dir(&other).unwrap();
    repository.git_in(&other, &["init", "--quiet"]).expect(0);
    let check = ["check", "--revision", "HEAD", "--format", "json"];
    repository.run_in(&other, &check).expect(2);
    let absolute = repository.at(".git").display().to_string();
    for git_dir in [absolute.as_str(), "../work/.git"] {
        let run = repository
            .run_handed(&other, &[("GIT_DIR", git_dir)], &check)
            .expect(1);
        assert_eq!(run.paths_of("syntax"), [BROKEN], "{git_dir}");
    }
}

#[test]
fn objects_in_quarantine_are_read() {
    let repository = committed();
    let tip = repository.commit(&[(BROKEN, "{")], "broken");
    let remote = repository.beside("remote.git");
    repository
        .git(&["init", "--quiet", "--bare", "../remote.git"])
        .expect(0);
    let check = ["check", "--revision", &tip, "--format", "json"];
    repository.run_in(&remote, &check).expect(2);
    // As `git receive-pack` does before it takes a push: the new objects lie apart.
    let quarantine = repository.at(".git/objects").display().to_string();
    let own = remote.join("objects").display().to_string();
    let variables = [
        ("GIT_DIR", "."),
        ("GIT_OBJECT_DIRECTORY", quarantine.as_str()),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", own.as_str()),
        ("GIT_QUARANTINE_PATH", quarantine.as_str()),
    ];
    let run = repository.run_handed(&remote, &variables, &check).expect(1);
    assert_eq!(run.paths_of("syntax"), [BROKEN]);
}
