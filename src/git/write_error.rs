//! Why changes were not written. Whatever the reason, nothing of them is left half done.

use std::io;

use crate::git::error::{GitError, MAKE_ROOM};
use crate::model::path::RepoPath;
use crate::model::snapshot::SnapshotError;

/// Why changes could not be written to a worktree or a branch.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Files that hold work nobody has committed, and that would be overwritten or deleted.
    #[error("{} uncommitted changes", files_have(.0))]
    Uncommitted(Vec<RepoPath>),
    /// Files that are not what the change was made for.
    #[error("{} changed since {} read", files_have(.0), if .0.len() == 1 { "it was" } else { "they were" })]
    Unexpected(Vec<RepoPath>),
    /// A path that cannot be written safely.
    #[error("`{path}` cannot be written: {reason}")]
    Refused {
        /// The file.
        path: RepoPath,
        /// Why.
        reason: Refusal,
    },
    /// Another run writes here right now.
    #[error("another run of git-postman is writing to this worktree")]
    Busy,
    /// The branch does not stand where the changes were made from.
    #[error("branch `{branch}` has moved: {now} instead of {expected}")]
    Moved {
        /// The branch.
        branch: String,
        /// Where it should stand.
        expected: String,
        /// Where it stands.
        now: String,
    },
    /// A branch that another worktree has checked out.
    #[error("branch `{branch}` is checked out in {worktree}")]
    CheckedOutElsewhere {
        /// The branch.
        branch: String,
        /// The other worktree.
        worktree: String,
    },
    /// A branch in the middle of something.
    #[error("branch `{branch}` is being {doing}")]
    InProgress {
        /// The branch.
        branch: String,
        /// `rebased` or the like.
        doing: &'static str,
    },
    /// A name that no branch can have.
    #[error("`{0}` is no name for a branch")]
    BranchName(String),
    /// Git does not know who commits.
    #[error("git does not know who commits: {0}")]
    NoIdentity(String),
    /// `commit.gpgsign` is set and signing failed.
    #[error("the commit could not be signed: {0}")]
    NotSigned(String),
    /// The file system refused; what had been written is as it was before.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// `write`, `replace`, `delete`.
        action: &'static str,
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Going back failed as well; the next run tries again.
    #[error("{cause}; and these files could not be put back: {}", left.join(", "))]
    LeftHalfDone {
        /// What failed first.
        cause: Box<Self>,
        /// The files.
        left: Vec<String>,
    },
    /// What an earlier run left cannot be read.
    #[error("the journal of an earlier run, {path}, cannot be read: {cause}")]
    Journal {
        /// The journal.
        path: String,
        /// What is wrong.
        cause: String,
    },
    /// A file read back is not what was written.
    #[error("`{0}` does not hold what was written to it")]
    ReadBack(RepoPath),
    /// The run was stopped in the middle, as a kill would; nothing was put back.
    #[error("stopped in the middle")]
    Stopped,
    /// Git itself.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A snapshot.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}

/// Why a path is never written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Git's own directory, in any spelling that some system takes for it.
    #[error("it leads into a `.git` directory")]
    GitDirectory,
    /// A name that some system reads as something else.
    #[error("its name has a backslash or a control character")]
    Name,
    /// A symbolic link, the file itself or above it.
    #[error("`{0}` is a symbolic link")]
    Link(RepoPath),
    /// Another repository.
    #[error("`{0}` is a repository of its own")]
    Submodule(RepoPath),
    /// A pipe, socket or device.
    #[error("`{0}` is no ordinary file")]
    Special(RepoPath),
    /// A file where a directory is needed.
    #[error("`{0}` is a file, not a directory")]
    FileInTheWay(RepoPath),
    /// A directory where a file is needed, with something in it.
    #[error("`{0}` is a directory that holds more than what is deleted")]
    DirectoryInTheWay(RepoPath),
    /// Two names that this file system keeps as one.
    #[error("this file system takes it for `{0}`")]
    CaseCollision(String),
    /// A sparse checkout leaves it out.
    #[error("the sparse checkout leaves it out")]
    LeftOut,
    /// An attribute asks for another encoding.
    #[error("`.gitattributes` keeps it in {0} on disk")]
    Encoding(String),
    /// An attribute sends it through a program.
    #[error("`.gitattributes` sends it through the filter `{0}`")]
    Filter(String),
}

impl WriteError {
    /// What to do about it, where there is something.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Uncommitted(_) => {
                "commit them (`git add --force` takes ignored ones), or put them aside with `git stash`, and try again".to_owned()
            }
            Self::Unexpected(_) => "try again: the files are read anew".to_owned(),
            Self::Busy => "wait until it is done".to_owned(),
            Self::Moved { .. } => "try again: the branch is read anew".to_owned(),
            Self::CheckedOutElsewhere { worktree, .. } => {
                format!("run it in {worktree}, or name another branch")
            }
            Self::InProgress { .. } => "finish that first, or abort it".to_owned(),
            Self::BranchName(_) => "`git help check-ref-format` has the rules".to_owned(),
            Self::NoIdentity(_) => {
                "run `git config user.name \"Your Name\"` and `git config user.email you@example.com`"
                    .to_owned()
            }
            Self::NotSigned(_) => {
                "look at `user.signingKey` and `gpg.format`, or set `commit.gpgSign` to false"
                    .to_owned()
            }
            Self::Io { source, .. } => return io_hint(source),
            Self::LeftHalfDone { cause, .. } => {
                return Some(match cause.hint() {
                    Some(hint) => format!("{hint}; the next run puts the files back"),
                    None => "the next run puts the files back".to_owned(),
                });
            }
            Self::Journal { path, .. } => {
                format!("compare the files with the copies beside {path}, then remove that directory")
            }
            Self::ReadBack(_) => "another program may be writing to it".to_owned(),
            Self::Refused { reason, .. } => return reason.hint(),
            Self::Git(error) => return error.hint(),
            Self::Snapshot(SnapshotError::Listing { hint, .. } | SnapshotError::Read { hint, .. }) => {
                return hint.clone();
            }
            Self::Stopped => return None,
        })
    }
}

impl Refusal {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::LeftOut => {
                "add its directory with `git sparse-checkout add`, or write to a commit".to_owned()
            }
            Self::Encoding(_) => "write to a commit instead of the worktree".to_owned(),
            Self::Filter(_) => "write to the worktree, and commit it with git".to_owned(),
            Self::Link(_) => "put the file itself where the link is".to_owned(),
            Self::FileInTheWay(_) | Self::DirectoryInTheWay(_) => "move it away".to_owned(),
            Self::Submodule(_) => "run it inside that repository".to_owned(),
            Self::CaseCollision(_) => "rename one of the two".to_owned(),
            Self::GitDirectory | Self::Name | Self::Special(_) => return None,
        })
    }
}

/// An error of the file system.
pub(crate) fn io_error(
    action: &'static str,
    path: &std::path::Path,
    source: io::Error,
) -> WriteError {
    WriteError::Io {
        action,
        path: path.display().to_string(),
        source,
    }
}

/// What to do about a file system that refuses.
pub fn io_hint(error: &io::Error) -> Option<String> {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Some(MAKE_ROOM.to_owned())
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Some("look at who may write to its directory".to_owned())
        }
        _ => None,
    }
}

/// `a.json has`, or `a.json, b.json and 3 more have`.
fn files_have(paths: &[RepoPath]) -> String {
    match paths {
        [one] => format!("`{one}` has"),
        _ => {
            let named: Vec<String> = paths
                .iter()
                .take(3)
                .map(|path| format!("`{path}`"))
                .collect();
            let more = match paths.len().saturating_sub(3) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("{}{more} have", named.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::WriteError;
    use crate::git::testing::path;

    #[test]
    fn files_are_named_and_counted() {
        let paths = |names: &[&str]| names.iter().map(|name| path(name)).collect();
        assert_eq!(
            WriteError::Uncommitted(paths(&["a"])).to_string(),
            "`a` has uncommitted changes"
        );
        assert_eq!(
            WriteError::Unexpected(paths(&["a", "b", "c", "d"])).to_string(),
            "`a`, `b`, `c` and 1 more have changed since they were read"
        );
    }
}
