//! Files on their way into the repository: to its worktree, or to a commit on a branch.

use crate::git::commit::{CommitRequest, commit_changes};
use crate::git::repository::Repository;
use crate::git::worktree_write;
use crate::model::change::ChangeSet;
use crate::model::id::CommitId;

pub use crate::git::worktree_write::{Replaced, recover};
pub use crate::git::write_error::{Refusal, WriteError};
pub use crate::git::write_journal::Recovered;

/// Where changes go.
#[derive(Clone, Debug)]
pub enum Destination<'a> {
    /// The files on disk; nothing is staged. The changes were made from the worktree, or from a commit that is
    /// checked out.
    Worktree,
    /// A commit on a branch, without a checkout; where the branch is checked out here, files and index go along.
    Commit {
        /// The branch, without `refs/heads/`.
        branch: &'a str,
        /// The tip that the changes were made from; `None` for a branch that has none yet.
        base: Option<&'a CommitId>,
        /// Where a new branch starts; only without `base`.
        start: Option<&'a CommitId>,
        /// The message of the commit.
        message: &'a str,
    },
}

/// What was delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// What was replaced by what, by path; empty where everything was so already.
    pub replaced: Vec<Replaced>,
    /// The branch's tip, where changes went to a branch that has one.
    pub commit: Option<CommitId>,
    /// Whether files on disk were changed.
    pub worktree: bool,
}

/// Delivers changes: all of them or none.
///
/// # Errors
/// Everything in [`WriteError`]; the repository is then as it was.
pub fn deliver(
    repository: &Repository,
    changes: &ChangeSet,
    destination: &Destination<'_>,
) -> Result<Delivered, WriteError> {
    match destination {
        Destination::Worktree => {
            let replaced = worktree_write::write_to_worktree(repository, changes)?;
            Ok(Delivered {
                worktree: !replaced.is_empty(),
                replaced,
                commit: None,
            })
        }
        Destination::Commit {
            branch,
            base,
            start,
            message,
        } => {
            let request = CommitRequest {
                branch,
                base: *base,
                start: *start,
                changes,
                message,
                reflog: REFLOG,
            };
            let committed = commit_changes(repository, &request)?;
            Ok(Delivered {
                replaced: committed.replaced,
                commit: committed.commit,
                worktree: committed.worktree,
            })
        }
    }
}

/// What the reflog of a branch says of a delivery.
const REFLOG: &str = "git-postman: delivered from Postman";

#[cfg(test)]
mod tests {
    use super::{Destination, deliver};
    use crate::git::testing::{Fixture, path};
    use crate::model::change::{Change, ChangeSet, Expected};
    use crate::model::digest::Digest;

    #[test]
    fn the_same_changes_go_to_a_branch_and_to_the_worktree() {
        let fixture = Fixture::with_files(&[("a.json", "a")]);
        for (key, value) in [("user.name", "Jo"), ("user.email", "jo@example.com")] {
            fixture.git("work", &["config", key, value]);
        }
        let base = fixture.id("work", "HEAD");
        fixture.git("work", &["branch", "active"]);
        let changes = ChangeSet::new([Change {
            path: path("a.json"),
            content: Some(b"b".to_vec()),
            expected: Expected::of(Some(b"a")),
        }])
        .unwrap();
        let repository = fixture.open("work");
        let to_branch = Destination::Commit {
            branch: "active",
            base: Some(&base),
            start: None,
            message: "Pull from Postman",
        };
        let committed = deliver(&repository, &changes, &to_branch).unwrap();
        assert_eq!(committed.commit, Some(fixture.id("work", "active")));
        assert!(!committed.worktree);
        let written = deliver(&repository, &changes, &Destination::Worktree).unwrap();
        assert_eq!(written.replaced, committed.replaced);
        assert_eq!(written.replaced[0].after, Some(Digest::of(b"b")));
        assert!(written.worktree && written.commit.is_none());
    }
}
