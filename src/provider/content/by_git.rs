//! What a provider's API cannot do, or the token may not do there, done by git: without a clone, and with a lease that
//! names what is replaced.

use crate::git::commit::{CommitRequest, commit_changes};
use crate::git::error::GitError;
use crate::git::exchange::{LOCK_ATTEMPTS, Pushed, is_about_a_lock, push, tip};
use crate::git::visit::{Address, Identity, Login, REMOTE, Visit};
use crate::git::write_error::{Refusal, WriteError};
use crate::model::id::{BranchName, CommitId};
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, Listing, Origin, Snapshot, SnapshotError};
use crate::net::client::Settings;
use crate::provider::api::CommitDraft;
use crate::provider::error::{ProviderError, Said};

/// The branch that things are fetched into where they need one.
const HERE: &str = "visited";

/// One repository, as git reaches it.
pub(crate) struct ByGit<'a> {
    url: String,
    login: Option<Login>,
    settings: &'a Settings,
    /// What the provider's own words mean; `None` where it does not know them.
    means: &'a dyn Fn(Said) -> Option<ProviderError>,
}

/// The files of a commit, and the directory that they were fetched into.
struct Visited {
    files: Box<dyn Snapshot>,
    #[expect(dead_code, reason = "the files lie in its directory")]
    visit: Visit,
}

impl<'a> ByGit<'a> {
    /// A repository by the URL of its https remote. `settings` say how the provider is reached; `means` understands what
    /// its server says through git.
    pub(crate) fn new(
        url: String,
        login: Option<Login>,
        settings: &'a Settings,
        means: &'a dyn Fn(Said) -> Option<ProviderError>,
    ) -> Self {
        Self {
            url,
            login,
            settings,
            means,
        }
    }

    /// The files of a commit.
    pub(crate) fn snapshot(&self, commit: &CommitId) -> Result<Box<dyn Snapshot>, ProviderError> {
        let visit = self.visit()?;
        let fetched = visit.fetch(commit, HERE);
        fetched.map_err(|error| self.failed(&error))?;
        let files = visit.repository().commit(commit);
        let files = files.map_err(|error| self.failed(&error))?;
        Ok(Box::new(Visited { files, visit }))
    }

    /// A commit on a branch, only where the branch still stands at `draft.head`. `identity` is asked for a name where git
    /// has none.
    pub(crate) fn commit(
        &self,
        draft: &CommitDraft<'_>,
        identity: impl FnOnce() -> Result<Identity, ProviderError>,
    ) -> Result<CommitId, ProviderError> {
        let visit = self.visit()?;
        let failed = |error: GitError| self.failed(&error);
        // Asked first: a head that is gone from the server could not be fetched, and that would tell less.
        self.expect(&visit, draft.branch, Some(draft.head))?;
        visit
            .fetch(draft.head, draft.branch.as_str())
            .map_err(failed)?;
        self.bring(&visit, draft)?;
        if !visit.has_identity().map_err(failed)? {
            visit.identify(&identity()?).map_err(failed)?;
        }
        let request = CommitRequest {
            branch: draft.branch.as_str(),
            base: Some(draft.head),
            start: None,
            changes: draft.changes,
            message: &draft.message(),
            reflog: "git-postman",
        };
        let committed = commit_changes(visit.repository(), &request);
        let committed = committed.map_err(|error| self.unwritten(error))?;
        let Some(commit) = committed.commit.filter(|commit| commit != draft.head) else {
            return Ok(draft.head.clone());
        };
        self.push(&visit, draft.branch, &commit, Some(draft.head))?;
        Ok(commit)
    }

    /// A new branch at a commit.
    pub(crate) fn create_branch(
        &self,
        branch: &BranchName,
        at: &CommitId,
    ) -> Result<(), ProviderError> {
        let visit = self.visit()?;
        self.expect(&visit, branch, None)?;
        let fetched = visit.fetch(at, HERE);
        fetched.map_err(|error| self.failed(&error))?;
        self.push(&visit, branch, at, None)
    }

    /// Brings what is replaced, and the attributes that say how files are stored, in one go.
    fn bring(&self, visit: &Visit, draft: &CommitDraft<'_>) -> Result<(), ProviderError> {
        let files = visit.repository().commit(draft.head);
        let files = files.map_err(|error| self.failed(&error))?;
        let is_needed = |path: &RepoPath| {
            path.file_name() == ".gitattributes" || draft.changes.get(path).is_some()
        };
        let entries = files.listing()?.entries().iter();
        let needed: Vec<RepoPath> = entries
            .map(|entry| &entry.path)
            .filter(|path| is_needed(path))
            .cloned()
            .collect();
        Ok(files.prefetch(&needed)?)
    }

    fn visit(&self) -> Result<Visit, ProviderError> {
        let address = Address {
            url: &self.url,
            login: self.login.as_ref(),
            certificates: self.settings.connection.certificates.as_deref(),
            offline: self.settings.offline,
        };
        Visit::new(&address).map_err(|error| self.failed(&error))
    }

    fn expect(
        &self,
        visit: &Visit,
        branch: &BranchName,
        expected: Option<&CommitId>,
    ) -> Result<(), ProviderError> {
        let found = tip(visit.repository(), REMOTE, &branch.reference());
        let found = found.map_err(|error| self.failed(&error))?;
        if found.as_ref() == expected {
            Ok(())
        } else {
            Err(stands_elsewhere(branch, expected, found))
        }
    }

    fn push(
        &self,
        visit: &Visit,
        branch: &BranchName,
        commit: &CommitId,
        expected: Option<&CommitId>,
    ) -> Result<(), ProviderError> {
        let to = branch.reference();
        let mut attempt = 0;
        loop {
            let words = match push(visit.repository(), REMOTE, commit, &to, expected) {
                Ok(Pushed::Done) => return Ok(()),
                Ok(Pushed::Refused(words)) => words,
                Err(error) => error.to_string(),
            };
            let said = self.said(&words);
            let meaning = (self.means)(said.clone());
            // Whatever was said: where the branch stands tells what became of it.
            let Ok(found) = tip(visit.repository(), REMOTE, &to) else {
                return Err(meaning.unwrap_or(ProviderError::GitInDoubt { said }));
            };
            if found.as_ref() == Some(commit) {
                return Ok(());
            }
            if let Some(error) = meaning {
                return Err(error);
            }
            if found.as_ref() != expected {
                return Err(stands_elsewhere(branch, expected, found));
            }
            attempt += 1;
            // Somebody else is writing at this moment, and may have been refused in turn.
            if attempt == LOCK_ATTEMPTS || !is_about_a_lock(&words) {
                return Err(ProviderError::Git { said });
            }
        }
    }

    fn failed(&self, error: &GitError) -> ProviderError {
        let said = self.said(&error.to_string());
        (self.means)(said.clone()).unwrap_or(ProviderError::Git { said })
    }

    fn unwritten(&self, error: WriteError) -> ProviderError {
        match error {
            WriteError::Unexpected(paths) => match paths.into_iter().next() {
                Some(path) => ProviderError::Changed { path },
                None => ProviderError::Git {
                    said: self.said("a file is not what the change was made from"),
                },
            },
            WriteError::Refused {
                path,
                reason: Refusal::Link(_) | Refusal::Submodule(_) | Refusal::Special(_),
            } => ProviderError::Changed { path },
            WriteError::Git(error) => self.failed(&error),
            WriteError::Snapshot(error) => error.into(),
            other => ProviderError::Git {
                said: self.said(&other.to_string()),
            },
        }
    }

    fn said(&self, words: &str) -> Said {
        let password = self.login.as_ref().map(|login| login.password.reveal());
        Said::of(words, password.unwrap_or_default())
    }
}

impl Snapshot for Visited {
    fn origin(&self) -> &Origin {
        self.files.origin()
    }

    fn listing(&self) -> Result<&Listing, SnapshotError> {
        self.files.listing()
    }

    fn read(&self, path: &RepoPath, limit: u64) -> Result<Content, SnapshotError> {
        // Only what was brought can be read; what is here already is not brought again.
        self.files.prefetch(std::slice::from_ref(path))?;
        self.files.read(path, limit)
    }

    fn prefetch(&self, paths: &[RepoPath]) -> Result<(), SnapshotError> {
        self.files.prefetch(paths)
    }
}

fn stands_elsewhere(
    branch: &BranchName,
    expected: Option<&CommitId>,
    found: Option<CommitId>,
) -> ProviderError {
    match expected {
        Some(expected) => ProviderError::Moved {
            branch: branch.clone(),
            expected: expected.clone(),
            found,
        },
        None => ProviderError::BranchExists {
            branch: branch.clone(),
        },
    }
}
