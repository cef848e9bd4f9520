//! A right repository with a bare remote and the hook in place, put there by the program itself.

use crate::support::fixtures::{API_FILE, borrowed, nested, right};
use crate::support::{Repository, Run};

/// A repository `work` whose `main` is on the remote `../remote.git`, with the pre-push hook installed.
pub(crate) fn with_hook() -> Repository {
    with_hook_on(Repository::with(&borrowed(&right())))
}

/// The same on a repository that has commits already: all of them go to the remote before the hook is there.
pub(crate) fn with_hook_on(repository: Repository) -> Repository {
    with_remote(&repository);
    repository.run(&["hook", "install"]).expect(0);
    repository
}

/// Makes the bare remote and pushes `main`, past any hook.
pub(crate) fn with_remote(repository: &Repository) {
    let beside = repository.beside("");
    repository
        .git_in(&beside, &["init", "--quiet", "--bare", "remote.git"])
        .expect(0);
    repository
        .git(&["remote", "add", "origin", "../remote.git"])
        .expect(0);
    repository
        .git(&["push", "--quiet", "--no-verify", "-u", "origin", "main"])
        .expect(0);
}

/// What a reference of the remote stands for.
pub(crate) fn on_remote(repository: &Repository, reference: &str) -> Option<String> {
    let remote = repository.beside("remote.git");
    let run = repository.git_in(&remote, &["rev-parse", "--verify", "--quiet", reference]);
    (run.code == 0).then(|| run.stdout.trim().to_owned())
}

/// Commits an API file that declares nested directories; gives the commit.
pub(crate) fn commit_nested(repository: &Repository) -> String {
    repository.commit(&[(API_FILE, &nested())], "nested")
}

/// Pushes, which the hook must let through.
#[track_caller]
pub(crate) fn goes_through(repository: &Repository, arguments: &[&str]) -> Run {
    push(repository, arguments).expect(0)
}

/// Pushes, which the hook must stop for this rule.
#[track_caller]
pub(crate) fn is_stopped(repository: &Repository, arguments: &[&str], rule: &str) -> Run {
    push(repository, arguments)
        .expect(1)
        .says(&format!("error[{rule}]"))
        .says("the push was stopped")
}

fn push(repository: &Repository, arguments: &[&str]) -> Run {
    let mut all = vec!["push"];
    all.extend(arguments);
    repository.git(&all)
}
