//! What a pull would change, on a branch of its own at the provider, for a request to merge it.
//!
//! The branch is named after what it is for, so that every run finds it, and it holds the pull's own commits only. What it
//! lacks goes on top of it through the provider; where the branch to merge into has changed the same files meanwhile, it is
//! made anew from there, pushed by git with a lease on what was seen. Somebody else's commit is never replaced.

use std::collections::BTreeSet;

use crate::git::commit::commit_onto;
use crate::git::error::GitError;
use crate::git::exchange::{self, Settled};
use crate::git::repository::Repository;
use crate::git::write_error::WriteError;
use crate::model::change::{Change, ChangeError, ChangeSet, Expected};
use crate::model::digest::Digest;
use crate::model::id::{BranchName, CommitId};
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, SnapshotError};
use crate::model::text::{visible, visible_lines};
use crate::provider::api::{CommitDraft, Provider};
use crate::provider::error::ProviderError;
use crate::provider::site::RepositoryName;

/// What every commit of a pull ends with; its value is the digest of what is changed.
const TRAILER: &str = "Git-Postman-Pull";

/// Two branches of a repository that a provider hosts and that is a remote of this clone.
#[derive(Clone, Copy)]
pub struct Proposal<'a> {
    /// This clone.
    pub repository: &'a Repository,
    /// The name of the remote.
    pub remote: &'a str,
    /// The provider.
    pub provider: &'a dyn Provider,
    /// The repository there.
    pub name: &'a RepositoryName,
    /// The branch with the changes.
    pub source: &'a BranchName,
    /// The branch to merge into.
    pub target: &'a BranchName,
}

/// Where both branches stand, fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The branch to merge into.
    pub target: CommitId,
    /// The branch with the changes, where there is one.
    pub source: Option<CommitId>,
}

/// What the branch lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Nothing: it holds the changes and nothing else.
    Nothing,
    /// Everything: there is no such branch.
    Branch,
    /// These, on top of what is there.
    Changes(ChangeSet),
    /// It starts from what the other branch has changed in the same files since.
    Start,
}

/// Why the branch does not hold what it should.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// The provider did not do it.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// Git could not do it.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The commit could not be made.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Files that cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// Files that contradict each other.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// There is nothing to merge into.
    #[error("the remote `{remote}` has no branch `{branch}`")]
    NoTarget {
        /// The remote.
        remote: String,
        /// The branch.
        branch: BranchName,
    },
    /// Somebody works on the branch.
    #[error("the branch `{branch}` has commits that no pull has made")]
    Foreign {
        /// The branch.
        branch: BranchName,
    },
    /// Somebody else was first.
    #[error("the branch `{branch}` has moved")]
    Moved {
        /// The branch.
        branch: BranchName,
    },
    /// The remote does not take the branch.
    #[error("the branch `{branch}` could not be pushed: {}", visible_lines(.said))]
    NotPushed {
        /// The branch.
        branch: BranchName,
        /// In the words of git and of the host.
        said: String,
    },
}

impl ProposalError {
    /// What to do about it, where there is something.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Provider(error) => Some(error.hint()),
            Self::Git(error) => error.hint(),
            Self::Write(error) => error.hint(),
            Self::Snapshot(_) | Self::Change(_) => None,
            Self::NoTarget { .. } => {
                Some("push it first, or name another one with `--branch NAME`".to_owned())
            }
            Self::Foreign { .. } => Some(
                "merge the request with them, or delete the branch there: the next pull makes it anew"
                    .to_owned(),
            ),
            Self::Moved { .. } => Some("run it again".to_owned()),
            Self::NotPushed { .. } => Some(
                "try `git push` to that remote by hand: the branch is pushed with the same credentials"
                    .to_owned(),
            ),
        }
    }

    /// Whether another plan can go through.
    pub fn is_overtaken(&self) -> bool {
        matches!(
            self,
            Self::Moved { .. }
                | Self::Provider(
                    ProviderError::Moved { .. }
                        | ProviderError::Changed { .. }
                        | ProviderError::BranchExists { .. }
                )
        )
    }
}

impl Proposal<'_> {
    /// Fetches both branches into references that are nobody's.
    ///
    /// # Errors
    /// A remote that cannot be reached, or that has nothing to merge into.
    pub fn look(&self) -> Result<Standing, ProposalError> {
        let target = self.fetch(self.target, "target")?;
        let target = target.ok_or_else(|| ProposalError::NoTarget {
            remote: visible(self.remote),
            branch: self.target.clone(),
        })?;
        let source = self.fetch(self.source, "source")?;
        Ok(Standing { target, source })
    }

    /// What the branch lacks to hold `changes`, which were made from the other branch as it was seen.
    ///
    /// # Errors
    /// [`ProposalError::Foreign`] where somebody else has committed there; files that cannot be read.
    pub fn lack(&self, seen: &Standing, changes: &ChangeSet) -> Result<Lack, ProposalError> {
        let Some(source) = &seen.source else {
            return Ok(Lack::Branch);
        };
        // First, since in a shallow clone everything would seem to be somebody else's.
        let base = self.repository.merge_base(&seen.target, source)?;
        let messages = self.repository.messages(&seen.target, source)?;
        if !messages.iter().all(|message| is_own(message)) {
            return Err(ProposalError::Foreign {
                branch: self.source.clone(),
            });
        }
        let Some(base) = base else {
            return Ok(Lack::Start);
        };
        let mut paths: BTreeSet<RepoPath> =
            changes.iter().map(|change| change.path.clone()).collect();
        paths.extend(self.repository.changed_paths(Some(&base), source)?);
        paths.extend(self.repository.changed_paths(Some(source), &base)?);
        let paths: Vec<RepoPath> = paths.into_iter().collect();
        let read = |commit: &CommitId| -> Result<Vec<Content>, ProposalError> {
            let files = self.repository.commit(commit)?;
            files.prefetch(&paths)?;
            let contents = paths.iter().map(|path| files.read(path, u64::MAX));
            Ok(contents.collect::<Result<_, _>>()?)
        };
        let (began, stands) = (read(&base)?, read(&seen.target)?);
        if began != stands {
            return Ok(Lack::Start);
        }
        let mut lacking = Vec::new();
        for ((path, was), there) in paths.iter().zip(stands).zip(read(source)?) {
            let wanted = match changes.get(path) {
                Some(change) => change.content.clone(),
                None => match bytes_of(was) {
                    Ok(bytes) => bytes,
                    Err(NoFile) => return Ok(Lack::Start),
                },
            };
            let Ok(there) = bytes_of(there) else {
                return Ok(Lack::Start);
            };
            if there != wanted {
                lacking.push(Change {
                    path: path.clone(),
                    expected: Expected::of(there.as_deref()),
                    content: wanted,
                });
            }
        }
        Ok(match lacking.is_empty() {
            true => Lack::Nothing,
            false => Lack::Changes(ChangeSet::new(lacking)?),
        })
    }

    /// Lets the branch hold `changes` and nothing else; gives its tip. Looks before whether the other branch has moved.
    ///
    /// # Errors
    /// An error that [`ProposalError::is_overtaken`] where a branch has moved since it was seen: nothing is lost then.
    pub fn carry(
        &self,
        seen: &Standing,
        lack: &Lack,
        changes: &ChangeSet,
        headline: &str,
    ) -> Result<CommitId, ProposalError> {
        let reference = self.target.reference();
        let now = exchange::tip(self.repository, self.remote, &reference)?;
        if now.as_ref() != Some(&seen.target) {
            return Err(self.moved(self.target));
        }
        let trailer = format!("{TRAILER}: {}", digest_of(changes).short());
        let commit = |head: &CommitId, changes: &ChangeSet| {
            let draft = CommitDraft {
                branch: self.source,
                head,
                headline,
                body: &trailer,
                changes,
            };
            self.provider.commit(self.name, &draft)
        };
        match (lack, &seen.source) {
            (Lack::Nothing, Some(source)) => Ok(source.clone()),
            (Lack::Changes(lacking), Some(source)) => Ok(commit(source, lacking)?),
            (Lack::Start, Some(source)) => {
                let message = format!("{headline}\n\n{trailer}\n");
                let made = commit_onto(self.repository, &seen.target, changes, &message)?;
                let made = made.unwrap_or_else(|| seen.target.clone());
                self.replace(source, &made)?;
                Ok(made)
            }
            (_, None) | (Lack::Branch, _) => {
                let at = &seen.target;
                self.provider.create_branch(self.name, self.source, at)?;
                Ok(commit(at, changes)?)
            }
        }
    }

    fn replace(&self, seen: &CommitId, with: &CommitId) -> Result<(), ProposalError> {
        let settled = exchange::push_and_look(
            self.repository,
            self.remote,
            with,
            &self.source.reference(),
            &self.copy("source"),
            Some(seen),
        )?;
        match settled {
            Settled::Done => Ok(()),
            Settled::Lost(_) => Err(self.moved(self.source)),
            Settled::Refused(said) | Settled::Failed(said) => Err(ProposalError::NotPushed {
                branch: self.source.clone(),
                said,
            }),
        }
    }

    fn fetch(&self, branch: &BranchName, part: &str) -> Result<Option<CommitId>, GitError> {
        let (from, to) = (branch.reference(), self.copy(part));
        exchange::fetch(self.repository, self.remote, &from, &to)
    }

    /// Nobody's branch and nobody's remote-tracking branch: what is fetched here is this request's own.
    fn copy(&self, part: &str) -> String {
        let mark = Digest::of_parts([
            self.remote.as_bytes(),
            b"\n",
            self.source.as_str().as_bytes(),
        ]);
        format!("refs/postman/requested/{}/{part}", &mark.short()[..16])
    }

    fn moved(&self, branch: &BranchName) -> ProposalError {
        ProposalError::Moved {
            branch: branch.clone(),
        }
    }
}

/// What is no file that a pull could have written.
struct NoFile;

fn bytes_of(content: Content) -> Result<Option<Vec<u8>>, NoFile> {
    match content {
        Content::Bytes(bytes) => Ok(Some(bytes)),
        Content::Missing => Ok(None),
        _ => Err(NoFile),
    }
}

/// Whether a pull has made a commit with this message.
fn is_own(message: &str) -> bool {
    let mark = format!("{TRAILER}: ");
    let last = message.trim_end().lines().next_back();
    last.is_some_and(|line| line.starts_with(&mark))
}

/// The digest of what is changed.
fn digest_of(changes: &ChangeSet) -> Digest {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for change in changes.iter() {
        parts.push(change.path.as_str().as_bytes().to_vec());
        parts.push(match &change.content {
            Some(content) => format!("\n{}\n", Digest::of(content)).into_bytes(),
            None => b"\n-\n".to_vec(),
        });
    }
    Digest::of_parts(parts.iter().map(Vec::as_slice))
}

#[cfg(test)]
mod tests {
    use super::{digest_of, is_own};
    use crate::git::testing::set;

    #[test]
    fn own_commits_are_known_by_their_last_line() {
        assert!(is_own("Pull\n\nGit-Postman-Pull: 0123\n"));
        assert!(!is_own("Git-Postman-Pull: 0123\n\nand more"));
        assert!(!is_own(""));
    }

    #[test]
    fn the_digest_is_of_all_that_is_changed() {
        let one = digest_of(&set(&[("a", None, Some("1"))]));
        assert_eq!(one, digest_of(&set(&[("a", Some("0"), Some("1"))])));
        assert_ne!(one, digest_of(&set(&[("b", None, Some("1"))])));
        assert_ne!(one, digest_of(&set(&[("a", Some("1"), None)])));
    }
}
