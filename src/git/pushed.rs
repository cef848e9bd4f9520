//! What `git push` hands to a `pre-push` hook, and what each reference would bring to the remote.

use crate::git::error::GitError;
use crate::git::repository::{IntroducedBlob, Repository};
use crate::model::id::CommitId;
use crate::model::path::RepoPath;

/// One line of the hook's standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefUpdate {
    /// What is pushed, as it was named: a reference, or an expression such as `HEAD~1`. `(delete)` for a
    /// deletion.
    pub local_ref: String,
    /// The object that is pushed; `None` for a deletion. It may be a tag.
    pub local: Option<CommitId>,
    /// The reference on the remote.
    pub remote_ref: String,
    /// What the reference stood for on the remote; `None` where it is new.
    pub remote: Option<CommitId>,
}

/// A line that is not of git's form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line} of what git handed over is not `<local ref> <local id> <remote ref> <remote id>`"
)]
pub struct PushLineError {
    /// Counted from one.
    pub line: usize,
}

/// What one update means for the remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// A reference goes away; nothing is brought.
    Deleted,
    /// The object is no commit, so that it has no files to look at.
    NotACommit {
        /// `blob` or `tree`.
        kind: String,
    },
    /// Commits.
    Range(PushRange),
}

/// The commits that one update brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushRange {
    /// The commit at the top; for a tag, the one it names.
    pub tip: CommitId,
    /// What the files are compared with.
    pub base: Base,
    /// The references that show what the remote has, such as `refs/remotes/origin/*`.
    pub known_refs: String,
    /// What a person should know about the comparison.
    pub notes: Vec<String>,
}

/// What a push is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// What the reference stands for on the remote.
    Remote(CommitId),
    /// The newest commit that the remote is known to have of this history.
    Shared(CommitId),
    /// The remote is not known to have anything of this history: everything is new.
    Nothing,
}

impl Base {
    /// The commit, where there is one.
    pub fn commit(&self) -> Option<&CommitId> {
        match self {
            Self::Remote(id) | Self::Shared(id) => Some(id),
            Self::Nothing => None,
        }
    }
}

impl PushRange {
    /// The paths that the push adds or changes.
    ///
    /// # Errors
    /// As for [`Repository::changed_paths`].
    pub fn changed_paths(&self, repository: &Repository) -> Result<Vec<RepoPath>, GitError> {
        repository.changed_paths(self.base.commit(), &self.tip)
    }

    /// The blobs that the push brings, those of its older commits among them.
    ///
    /// # Errors
    /// As for [`Repository::introduced_blobs`].
    pub fn introduced_blobs(
        &self,
        repository: &Repository,
    ) -> Result<Vec<IntroducedBlob>, GitError> {
        let known: Vec<CommitId> = self.base.commit().cloned().into_iter().collect();
        let tips = std::slice::from_ref(&self.tip);
        repository.introduced_blobs(tips, &known, Some(&self.known_refs))
    }
}

/// Reads the hook's standard input. Nothing to push is no line at all.
///
/// # Errors
/// The first line that is not of git's form.
pub fn parse(stdin: &str) -> Result<Vec<RefUpdate>, PushLineError> {
    stdin
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(index, line)| parse_line(line).ok_or(PushLineError { line: index + 1 }))
        .collect()
}

/// What an update would bring to a remote, named or given by its address.
///
/// # Errors
/// A history that cannot be read.
pub fn range(
    repository: &Repository,
    update: &RefUpdate,
    remote: &str,
) -> Result<Pushed, GitError> {
    let Some(local) = &update.local else {
        return Ok(Pushed::Deleted);
    };
    let tip = match repository.resolve(local.as_str()) {
        Ok(tip) => tip,
        Err(GitError::NotACommit { kind, .. }) => return Ok(Pushed::NotACommit { kind }),
        Err(error) => return Err(error),
    };
    let mut notes = Vec::new();
    let known_refs = known_refs(repository, remote, &mut notes)?;
    if let Some(theirs) = &update.remote {
        match repository.resolve(theirs.as_str()) {
            Ok(theirs) => {
                if !repository.is_ancestor(&theirs, &tip)? {
                    notes.push(format!(
                        "{} is rewritten: the remote's commit {} would go",
                        update.remote_ref,
                        short(&theirs)
                    ));
                }
                return Ok(Pushed::Range(PushRange {
                    tip,
                    base: Base::Remote(theirs),
                    known_refs,
                    notes,
                }));
            }
            Err(
                GitError::UnknownRevision { .. }
                | GitError::Shallow { .. }
                | GitError::NotACommit { .. }
                | GitError::Unborn { .. }
                | GitError::MissingObjects { .. },
            ) => notes.push(format!(
                "the remote's {} is at {}, which is not here: compared with what was last fetched",
                update.remote_ref,
                short(theirs)
            )),
            Err(error) => return Err(error),
        }
    }
    let base = match repository.merge_base_with_refs(&tip, &known_refs)? {
        Some(base) => Base::Shared(base),
        None => {
            notes.push(
                "nothing of this history is known to be on the remote: everything counts as new"
                    .to_owned(),
            );
            Base::Nothing
        }
    };
    Ok(Pushed::Range(PushRange {
        tip,
        base,
        known_refs,
        notes,
    }))
}

fn parse_line(line: &str) -> Option<RefUpdate> {
    // What is pushed may be an expression with blanks in it, such as `:/a message`; the rest never is.
    let mut fields = line.rsplitn(4, ' ');
    let remote = CommitId::parse(fields.next()?)?;
    let remote_ref = fields.next()?.to_owned();
    let local = CommitId::parse(fields.next()?)?;
    let local_ref = fields.next()?.to_owned();
    if remote_ref.is_empty() || local_ref.is_empty() {
        return None;
    }
    let some = |id: CommitId| (!id.is_zero()).then_some(id);
    Some(RefUpdate {
        local_ref,
        local: some(local),
        remote_ref,
        remote: some(remote),
    })
}

/// The pattern of the references that show what a remote has.
fn known_refs(
    repository: &Repository,
    remote: &str,
    notes: &mut Vec<String>,
) -> Result<String, GitError> {
    let names = repository.remote_names()?;
    let name = if names.iter().any(|name| name == remote) {
        Some(remote.to_owned())
    } else {
        repository.remote_at(remote)?
    };
    Ok(match name {
        Some(name) => format!("refs/remotes/{name}/*"),
        None => {
            notes.push(
                "this remote has no name here: compared with what was fetched from all remotes"
                    .to_owned(),
            );
            "refs/remotes/*".to_owned()
        }
    })
}

fn short(id: &CommitId) -> &str {
    id.as_str().get(..10).unwrap_or(id.as_str())
}
