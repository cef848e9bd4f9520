//! The seam: what is asked of every provider, and the values that go through it.
//!
//! An implementation does single acts. What is made of several, the same everywhere, stands beside this file: the one
//! pull request for a purpose (`pull_request`), the one comment (`sticky`).

use crate::model::change::ChangeSet;
use crate::model::id::{BranchName, CommitId};
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, FileKind, Snapshot};
use crate::provider::capability::{Capabilities, Means, Operation};
use crate::provider::conditional::Memory;
use crate::provider::error::{ProviderError, Remedy};
use crate::provider::site::{RepositoryName, Site};

/// A service that hosts repositories, with one token. All calls block; several threads may call at once.
///
/// Writes are not tried again where their answer was lost: the error is then in doubt, and who called looks first.
pub trait Provider: Send + Sync {
    /// Where it stands.
    fn site(&self) -> &Site;

    /// What it can do with this token, and by which means.
    fn capabilities(&self) -> Capabilities;

    /// One repository. The answer may have another name than was asked for: the repository was renamed.
    ///
    /// # Errors
    /// No such repository, or none that the token may see.
    fn repository(&self, name: &RepositoryName) -> Result<Repository, ProviderError>;

    /// The repositories of an owner (an organisation or user, a group, a workspace, a project), by name. What `memory`
    /// has of an earlier run is only asked for when it changed.
    ///
    /// # Errors
    /// No such owner, or no right to list.
    fn repositories(
        &self,
        owner: &str,
        memory: &dyn Memory,
    ) -> Result<Vec<Repository>, ProviderError>;

    /// All branches, by name.
    ///
    /// # Errors
    /// As for [`Self::repository`].
    fn branches(&self, repository: &RepositoryName) -> Result<Vec<Branch>, ProviderError>;

    /// The tip of a branch; `None` where there is no such branch.
    ///
    /// # Errors
    /// As for [`Self::repository`].
    fn resolve(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Option<CommitId>, ProviderError>;

    /// The files of a commit. Nothing is asked for before something is read.
    ///
    /// # Errors
    /// An operation that the service cannot do.
    fn snapshot(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
    ) -> Result<Box<dyn Snapshot>, ProviderError>;

    /// Every branch and which of them is shown first: in one call what tells whether anything was pushed, where the
    /// list of repositories does not.
    ///
    /// # Errors
    /// As for [`Self::repository`].
    fn heads(&self, repository: &Repository) -> Result<Heads, ProviderError> {
        Ok(Heads {
            shown_first: repository.default_branch.clone(),
            branches: self.branches(&repository.name)?,
        })
    }

    /// The files of a branch for who reads a few of them: `tip` is where it stands, as far as that is known. Where the
    /// service shows the files of a branch by its name, nobody asks for its tip; all of them are still of one commit.
    ///
    /// # Errors
    /// As for [`Self::resolve`].
    fn glance(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        tip: Option<&CommitId>,
    ) -> Result<Option<Box<dyn Snapshot>>, ProviderError> {
        let tip = match tip {
            Some(tip) => Some(tip.clone()),
            None => self.resolve(repository, branch)?,
        };
        tip.map(|tip| self.snapshot(repository, &tip)).transpose()
    }

    /// Several files in one commit on a branch, all or nothing, only where the branch still stands at `draft.head`.
    ///
    /// # Errors
    /// [`ProviderError::Moved`] where it does not; nothing was written then.
    fn commit(
        &self,
        repository: &RepositoryName,
        draft: &CommitDraft<'_>,
    ) -> Result<CommitId, ProviderError>;

    /// A new branch at a commit.
    ///
    /// # Errors
    /// [`ProviderError::BranchExists`] where the name is taken.
    fn create_branch(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        at: &CommitId,
    ) -> Result<(), ProviderError>;

    /// Open pull requests between two branches of the repository.
    ///
    /// # Errors
    /// As for [`Self::repository`].
    fn open_pull_requests(
        &self,
        repository: &RepositoryName,
        source: &BranchName,
        target: &BranchName,
    ) -> Result<Vec<PullRequest>, ProviderError>;

    /// Opens a pull request.
    ///
    /// # Errors
    /// [`ProviderError::PullRequestOpen`] where the service allows only one, [`ProviderError::NothingToMerge`] where both
    /// branches hold the same.
    fn open_pull_request(
        &self,
        repository: &RepositoryName,
        draft: &PullRequestDraft<'_>,
    ) -> Result<PullRequest, ProviderError>;

    /// Gives a pull request another title and text.
    ///
    /// # Errors
    /// As for [`Self::repository`], and no right to write.
    fn edit_pull_request(
        &self,
        repository: &RepositoryName,
        pull_request: &PullRequest,
        title: &str,
        body: &str,
    ) -> Result<PullRequest, ProviderError>;

    /// Closes a pull request without merging it.
    ///
    /// # Errors
    /// As for [`Self::edit_pull_request`].
    fn close_pull_request(
        &self,
        repository: &RepositoryName,
        pull_request: &PullRequest,
    ) -> Result<(), ProviderError>;

    /// The comments on a pull request, oldest first.
    ///
    /// # Errors
    /// As for [`Self::repository`].
    fn comments(
        &self,
        repository: &RepositoryName,
        number: u64,
    ) -> Result<Vec<Comment>, ProviderError>;

    /// The account behind the token, as authors of comments are named; `None` where that cannot be known, or need not be.
    ///
    /// # Errors
    /// A token that is refused.
    fn author(&self) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    /// Adds a comment.
    ///
    /// # Errors
    /// As for [`Self::edit_pull_request`].
    fn add_comment(
        &self,
        repository: &RepositoryName,
        number: u64,
        body: &str,
    ) -> Result<Comment, ProviderError>;

    /// Gives a comment another text.
    ///
    /// # Errors
    /// As for [`Self::edit_pull_request`], and a comment of somebody else.
    fn edit_comment(
        &self,
        repository: &RepositoryName,
        number: u64,
        comment: &Comment,
        body: &str,
    ) -> Result<(), ProviderError>;

    /// Sets the status of a commit in one context, in the place of an earlier one.
    ///
    /// # Errors
    /// As for [`Self::edit_pull_request`].
    fn set_status(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        status: &CommitStatus<'_>,
    ) -> Result<(), ProviderError>;

    /// What the account may do, what the token may do, and what the branch's protection allows.
    ///
    /// # Errors
    /// Where not even that can be asked.
    fn access(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Access, ProviderError>;

    /// What lets a repository be written to again that is archived or disabled.
    fn unlocking(&self, repository: &RepositoryName) -> Remedy;

    /// A line that marks a text as ours and that readers do not see, where the service's Markdown can hide one.
    fn marker(&self, key: &str) -> String {
        format!("<!-- git-postman:{key} -->")
    }

    /// Title and text of a pull request as the service keeps them: it may take only so much.
    fn kept(&self, title: &str, body: &str) -> (String, String) {
        (title.to_owned(), body.to_owned())
    }

    /// Says before the work starts that something cannot be done.
    ///
    /// # Errors
    /// [`ProviderError::Cannot`] with the reason.
    fn require(&self, operation: Operation) -> Result<(), ProviderError> {
        match self.capabilities().of(operation) {
            Means::Cannot(reason) => Err(ProviderError::Cannot {
                product: self.site().kind,
                operation,
                reason,
            }),
            Means::Api | Means::Git => Ok(()),
        }
    }
}

/// A repository, as its provider describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The provider's own id, which stays when the repository is renamed or moved to another owner, and which a fork and
    /// a copy do not have.
    pub id: String,
    /// As it is called now.
    pub name: RepositoryName,
    /// The branch that is shown first; `None` in an empty repository of some providers.
    pub default_branch: Option<BranchName>,
    /// Nothing in it can be changed.
    pub is_archived: bool,
    /// It is locked by its provider.
    pub is_disabled: bool,
    /// It is a fork of another one.
    pub is_fork: bool,
    /// Only members see it.
    pub is_private: bool,
    /// What the account may do; `None` where the provider does not say it. The token may be allowed less or more.
    pub role: Option<Role>,
    /// When somebody pushed last, as the provider writes it; to tell whether something changed, not when.
    pub pushed: Option<String>,
    /// Its page.
    pub page: String,
}

/// What an account may do in a repository. Each includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look.
    Read,
    /// Push, open pull requests.
    Write,
    /// Change settings.
    Admin,
}

/// A branch and its tip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its name.
    pub name: BranchName,
    /// Its tip.
    pub head: CommitId,
    /// Rules stand before it.
    pub is_protected: bool,
}

/// The branches of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heads {
    /// The one that is shown first; `None` in an empty repository.
    pub shown_first: Option<BranchName>,
    /// All of them, by name.
    pub branches: Vec<Branch>,
}

/// A commit to be made.
#[derive(Clone, Copy, Debug)]
pub struct CommitDraft<'a> {
    /// The branch, which must exist.
    pub branch: &'a BranchName,
    /// Where the branch must stand: what the changes were made from.
    pub head: &'a CommitId,
    /// The first line of the message.
    pub headline: &'a str,
    /// The rest of it; may be empty.
    pub body: &'a str,
    /// The files.
    pub changes: &'a ChangeSet,
}

/// A pull request: a merge request on GitLab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number in the repository.
    pub number: u64,
    /// Its page.
    pub page: String,
    /// The branch with the changes.
    pub source: BranchName,
    /// The branch to merge into.
    pub target: BranchName,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// What an edit must name, on services that count edits.
    pub version: Option<u64>,
}

/// A pull request to be opened.
#[derive(Clone, Copy, Debug)]
pub struct PullRequestDraft<'a> {
    /// The branch with the changes.
    pub source: &'a BranchName,
    /// The branch to merge into.
    pub target: &'a BranchName,
    /// Its title.
    pub title: &'a str,
    /// Its text.
    pub body: &'a str,
}

/// A comment on a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// What names it in calls.
    pub id: String,
    /// Its text.
    pub body: String,
    /// Who wrote it, as [`Provider::author`] names accounts; `None` where the service lets nobody else edit it anyway.
    pub author: Option<String>,
    /// What an edit must name, on services that count edits.
    pub version: Option<u64>,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusState {
    /// Not decided yet.
    Pending,
    /// Good.
    Success,
    /// Not good.
    Failure,
    /// It could not be found out.
    Error,
}

/// A status on a commit.
#[derive(Clone, Copy, Debug)]
pub struct CommitStatus<'a> {
    /// What names it: a later one of the same context replaces it.
    pub context: &'a str,
    /// How it stands.
    pub state: StatusState,
    /// One line.
    pub description: &'a str,
    /// A page that says more.
    pub page: Option<&'a str>,
}

/// Three facts that together decide whether a write will go through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// What the account may do.
    pub account: Fact,
    /// What the token may do.
    pub token: Fact,
    /// What the branch's protection allows.
    pub branch: Fact,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Whether it allows to write; `None` where it cannot be known before it is tried.
    pub allows: Option<bool>,
    /// In words.
    pub said: String,
    /// What to change where it does not.
    pub remedy: Option<Remedy>,
}

impl CommitDraft<'_> {
    /// The whole message, as git keeps it.
    pub fn message(&self) -> String {
        if self.body.is_empty() {
            self.headline.to_owned()
        } else {
            format!("{}\n\n{}", self.headline, self.body)
        }
    }

    /// Holds the changes against the files that they say they replace: `snapshot` is the one of `head`.
    ///
    /// # Errors
    /// [`ProviderError::Changed`] for the first file that is another one, or no ordinary file; files that cannot be read.
    pub fn check(&self, snapshot: &dyn Snapshot) -> Result<(), ProviderError> {
        let changed = |path: &RepoPath| ProviderError::Changed { path: path.clone() };
        let listing = snapshot.listing()?;
        let paths: Vec<RepoPath> = self.changes.iter().map(|one| one.path.clone()).collect();
        snapshot.prefetch(&paths)?;
        for change in self.changes.iter() {
            let entry = listing.get(&change.path);
            let is_file = entry.is_none_or(|entry| entry.kind == FileKind::File);
            let there = match snapshot.read(&change.path, u64::MAX)? {
                Content::Bytes(bytes) => Some(bytes),
                Content::Missing => None,
                _ => return Err(changed(&change.path)),
            };
            if !is_file || !change.expected.is_met(there.as_deref()) {
                return Err(changed(&change.path));
            }
        }
        Ok(())
    }
}

impl Fact {
    /// It allows to write.
    pub fn yes(said: impl Into<String>) -> Self {
        Self {
            allows: Some(true),
            said: said.into(),
            remedy: None,
        }
    }

    /// It does not.
    pub fn no(said: impl Into<String>, remedy: Remedy) -> Self {
        Self {
            allows: Some(false),
            said: said.into(),
            remedy: Some(remedy),
        }
    }

    /// Nobody knows before it is tried.
    pub fn unknown(said: impl Into<String>) -> Self {
        Self {
            allows: None,
            said: said.into(),
            remedy: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::CommitDraft;
    use crate::model::change::{Change, ChangeSet, Expected};
    use crate::model::id::{BranchName, CommitId};
    use crate::model::path::RepoPath;
    use crate::model::snapshot::MemorySnapshot;
    use crate::provider::error::ProviderError;

    #[test]
    fn changes_are_held_against_what_they_replace() {
        let path = |text: &str| RepoPath::parse(text).unwrap();
        let files = BTreeMap::from([(path("a"), b"old".to_vec())]);
        let snapshot = MemorySnapshot::new(files);
        let (branch, head) = (
            BranchName::parse("main").unwrap(),
            CommitId::parse(&"a".repeat(40)).unwrap(),
        );
        let checked = |name: &str, expected: Expected| {
            let changes = ChangeSet::new([Change {
                path: path(name),
                content: Some(b"new".to_vec()),
                expected,
            }])
            .unwrap();
            let draft = CommitDraft {
                branch: &branch,
                head: &head,
                headline: "one",
                body: "two",
                changes: &changes,
            };
            assert_eq!(draft.message(), "one\n\ntwo");
            draft.check(&snapshot)
        };
        assert!(checked("a", Expected::of(Some(b"old"))).is_ok());
        assert!(checked("b", Expected::Absent).is_ok());
        for (name, expected) in [
            ("a", Expected::of(Some(b"older"))),
            ("a", Expected::Absent),
            ("b", Expected::of(Some(b"old"))),
        ] {
            let error = checked(name, expected).unwrap_err();
            assert!(matches!(error, ProviderError::Changed { path: at } if at == path(name)));
        }
    }
}
