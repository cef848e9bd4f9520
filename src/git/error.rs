//! What can go wrong with a repository, and what to do about it.

use git2::{ErrorClass, ErrorCode};

use crate::model::path::RepoPath;
use crate::model::snapshot::SnapshotError;

/// Why git could not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// No directory above holds a repository.
    #[error("{start} is in no Git repository")]
    NotARepository {
        /// Where the search began.
        start: String,
    },
    /// The repository belongs to another user of this machine; git's `safe.directory` guards against it.
    #[error("the repository {path} belongs to another user")]
    NotOwned {
        /// The directory.
        path: String,
    },
    /// A bare repository has no files on disk.
    #[error("the repository is bare: it has no files on disk")]
    NoWorktree,
    /// No commit has been made yet.
    #[error("there is no commit yet{}", on_branch(branch.as_deref()))]
    Unborn {
        /// The branch that the first commit would start.
        branch: Option<String>,
    },
    /// A name or id that stands for nothing here.
    #[error("there is no revision `{name}`")]
    UnknownRevision {
        /// What was asked for.
        name: String,
    },
    /// A name or id that stands for something else than a commit.
    #[error("`{name}` is a {kind}, not a commit")]
    NotACommit {
        /// What was asked for.
        name: String,
        /// `blob`, `tree`, or what git calls it.
        kind: String,
    },
    /// A commit that lies beyond the end of a shallow clone, or may.
    #[error("this clone is shallow and does not hold {missing}")]
    Shallow {
        /// The revision, or what was looked for.
        missing: String,
    },
    /// Objects that a partial clone never brought, or that a damaged repository lost.
    #[error("{}", missing_objects(ids))]
    MissingObjects {
        /// Their ids.
        ids: Vec<String>,
        /// What brings them.
        fix: String,
    },
    /// Something in the repository cannot be understood.
    #[error("{what} is corrupt: {cause}")]
    Corrupt {
        /// The index, an object.
        what: String,
        /// What git said.
        cause: String,
    },
    /// The git program failed, or is not installed.
    #[error("`git {command}` failed: {stderr}")]
    Program {
        /// Its first argument.
        command: String,
        /// What it said, or the system about it.
        stderr: String,
    },
    /// The system does not let this user read something.
    #[error("{path} cannot be read: {cause}")]
    Permission {
        /// The file or directory.
        path: String,
        /// What the system said.
        cause: String,
    },
    /// The system does not let this user write something, or has no room for it.
    #[error("{path} cannot be written: {cause}")]
    NotWritten {
        /// The file or directory.
        path: String,
        /// What the system said.
        cause: String,
    },
    /// Anything else.
    #[error("{cause}")]
    Other {
        /// What git said.
        cause: String,
    },
}

impl GitError {
    /// Whether another repository could not be reached, or did not let this one in.
    pub fn is_about_a_remote(&self) -> bool {
        let Self::Program { command, .. } = self else {
            return false;
        };
        // One that says nothing for too long is told without its name.
        let word = command.split(' ').next().unwrap_or_default();
        ["fetch", "ls-remote", "push"].contains(&word)
    }

    /// What to do about it, where there is something.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotARepository { .. } => {
                "run it inside a repository, or make one with `git init`".to_owned()
            }
            Self::NotOwned { path } => format!(
                "if you trust it, run `git config --global --add safe.directory {}`",
                shell_word(path)
            ),
            Self::NoWorktree => "name a revision to look at".to_owned(),
            Self::Unborn { .. } => "make a first commit".to_owned(),
            Self::UnknownRevision { .. } => {
                "see `git branch --all` and `git tag` for the names, or run `git fetch`".to_owned()
            }
            Self::Shallow { .. } => {
                "run `git fetch --unshallow`, or `git fetch --deepen=<number of commits>`"
                    .to_owned()
            }
            Self::MissingObjects { fix, .. } => fix.clone(),
            Self::Corrupt { what, .. } if what == INDEX => {
                "`git status` says more; `rm .git/index && git reset` makes a new index".to_owned()
            }
            Self::Corrupt { .. } => {
                "`git fsck` says what is damaged; a fresh clone mends it".to_owned()
            }
            Self::Permission { .. } => "look at who may read it".to_owned(),
            Self::NotWritten { cause: said, .. } | Self::Program { stderr: said, .. }
                if is_full(said) =>
            {
                MAKE_ROOM.to_owned()
            }
            Self::NotWritten { .. } => "look at who may write there".to_owned(),
            Self::NotACommit { .. } | Self::Program { .. } | Self::Other { .. } => return None,
        })
    }
}

/// What an index is called in messages.
pub(crate) const INDEX: &str = "the index";

/// Turns an error of libgit2 into one of ours. `what` was being looked at.
pub(crate) fn from_library(what: &str, error: &git2::Error) -> GitError {
    let cause = error.message().to_owned();
    match (error.code(), error.class()) {
        (ErrorCode::Owner, _) => GitError::NotOwned {
            path: what.to_owned(),
        },
        (ErrorCode::NotFound, ErrorClass::Odb) => GitError::MissingObjects {
            ids: hexadecimal_words(&cause),
            fix: DAMAGED.to_owned(),
        },
        (ErrorCode::HashsumMismatch, _)
        | (
            _,
            ErrorClass::Zlib
            | ErrorClass::Odb
            | ErrorClass::Object
            | ErrorClass::Tree
            | ErrorClass::Index,
        ) => GitError::Corrupt {
            what: what.to_owned(),
            cause,
        },
        (_, ErrorClass::Os) => GitError::Permission {
            path: what.to_owned(),
            cause,
        },
        _ => GitError::Other { cause },
    }
}

/// The same where something was being written.
pub(crate) fn not_written(what: &str, error: &git2::Error) -> GitError {
    match from_library(what, error) {
        GitError::Permission { path, cause } => GitError::NotWritten { path, cause },
        other => other,
    }
}

/// What to do where nothing more can be written.
pub(crate) const MAKE_ROOM: &str =
    "make room on the disk, or lift the limit on the size of files, and run it again";

/// Whether the system said that there is no room; git and libgit2 hand on its words.
fn is_full(said: &str) -> bool {
    let words = [
        "No space left",
        "File too large",
        "quota exceeded",
        "not enough space",
    ];
    words.iter().any(|words| said.contains(words))
}

/// What to do where objects are gone and no remote is known to have them.
pub(crate) const DAMAGED: &str = "`git fsck` says what is lost; a fresh clone mends it";

/// An error about the list of files of a snapshot.
pub(crate) fn listing_error(error: &GitError) -> SnapshotError {
    SnapshotError::Listing {
        cause: error.to_string(),
        hint: error.hint(),
    }
}

/// An error about one file of a snapshot.
pub(crate) fn read_error(path: &RepoPath, error: &GitError) -> SnapshotError {
    SnapshotError::Read {
        path: path.as_str().to_owned(),
        cause: error.to_string(),
        hint: error.hint(),
    }
}

fn on_branch(branch: Option<&str>) -> String {
    branch.map_or_else(String::new, |branch| format!(" on branch `{branch}`"))
}

fn missing_objects(ids: &[String]) -> String {
    match ids {
        [] => "an object is missing from this clone".to_owned(),
        [one] => format!("object {one} is missing from this clone"),
        [first, ..] => format!(
            "{} objects are missing from this clone, {first} among them",
            ids.len()
        ),
    }
}

fn hexadecimal_words(text: &str) -> Vec<String> {
    text.split(|character: char| !character.is_ascii_hexdigit())
        .filter(|word| matches!(word.len(), 40 | 64))
        .map(str::to_owned)
        .collect()
}

/// A path that can be pasted into a shell.
fn shell_word(text: &str) -> String {
    let plain = text
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || "/._-+:@".contains(character));
    if plain && !text.is_empty() {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::{GitError, shell_word};

    #[test]
    fn a_repository_of_somebody_else_names_the_command_that_trusts_it() {
        let error = GitError::NotOwned {
            path: "/srv/our repo".to_owned(),
        };
        assert_eq!(
            error.hint().unwrap(),
            "if you trust it, run `git config --global --add safe.directory '/srv/our repo'`"
        );
    }

    #[test]
    fn a_path_for_a_shell_cannot_end_its_quotes() {
        assert_eq!(shell_word("a'; rm x"), r"'a'\''; rm x'");
        assert_eq!(shell_word("/a/b-c.d"), "/a/b-c.d");
    }

    #[test]
    fn missing_objects_are_counted() {
        let error = |ids: &[&str]| GitError::MissingObjects {
            ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            fix: String::new(),
        };
        assert_eq!(
            error(&["aa"]).to_string(),
            "object aa is missing from this clone"
        );
        assert_eq!(
            error(&["aa", "bb"]).to_string(),
            "2 objects are missing from this clone, aa among them"
        );
    }
}
