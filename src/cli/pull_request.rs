//! A pull on its way into a pull request: which provider, which repository there, which branches, and what becomes of it.

use crate::cli::comparing::{Versions, Whole, compare};
use crate::cli::failure::Failure;
use crate::cli::hosting::{SiteChoice, located, opened};
use crate::cli::plan_told::{PlanTold, RequestState, RequestTold};
use crate::cli::pull_place::Place;
use crate::cli::request_text::{farewell, text, title};
use crate::cli::session::Session;
use crate::git::repository::Repository;
use crate::mirror::link::Link;
use crate::mirror::proposal::{Lack, Proposal, ProposalError, Standing};
use crate::mirror::state::LinkTarget;
use crate::model::change::ChangeSet;
use crate::model::difference::FileDifference;
use crate::model::digest::Digest;
use crate::model::id::{BranchName, CommitId};
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, Snapshot};
use crate::model::text::visible;
use crate::provider::api::{Provider, PullRequest};
use crate::provider::capability::Operation;
use crate::provider::pull_request::{BRANCHES, Deed, Purpose, find, offer, says_so, withdraw};
use crate::provider::site::RepositoryName;

/// The request that a pull goes into.
pub struct Requesting<'a> {
    repository: &'a Repository,
    remote: String,
    provider: Box<dyn Provider>,
    name: RepositoryName,
    source: BranchName,
    target: BranchName,
    seen: Standing,
}

/// What was delivered.
#[derive(Debug)]
pub struct Requested {
    /// The request, where there is or was one.
    pub told: Option<RequestTold>,
    /// The tip of its branch, where it has changes.
    pub commit: Option<CommitId>,
}

/// What the hidden mark in a request says.
const PURPOSE: &str = "pull";

impl<'a> Requesting<'a> {
    /// Finds the provider, and fetches both branches. What it cannot do is told here, before anything starts.
    ///
    /// # Errors
    /// No remote, no provider behind it, no token, or a provider that cannot do it.
    pub fn open(
        session: &Session,
        repository: &'a Repository,
        (remote, choice): (Option<&str>, &SiteChoice),
        link: &Link,
        target: &str,
        only: &[RepoPath],
    ) -> Result<Self, Failure> {
        let remote = remote.ok_or_else(|| {
            Failure::usage("a pull request needs a remote, and there is none")
                .with_hint("add the one that the provider hosts: `git remote add`")
        })?;
        let (place, _) = located(session, repository, remote, choice)?;
        let provider = opened(session, repository.git(), &place.site)?;
        for operation in [
            Operation::CreateBranch,
            Operation::Commit,
            Operation::PullRequest,
        ] {
            provider.require(operation)?;
        }
        let branch = |name: &str| {
            BranchName::parse(name).ok_or_else(|| {
                Failure::usage(format!("`{}` is no name of a branch", visible(name)))
            })
        };
        let target = branch(target)?;
        let mut requesting = Self {
            repository,
            remote: remote.to_owned(),
            provider,
            name: place.repository,
            source: branch(&source_of(link, &target, only))?,
            seen: Standing {
                target: repository.resolve("HEAD")?,
                source: None,
            },
            target,
        };
        requesting.seen = requesting.proposal().look()?;
        Ok(requesting)
    }

    /// The files that the pull is made from: those of the branch to merge into, as the provider has it.
    ///
    /// # Errors
    /// Files that cannot be read.
    pub fn place(&self, session: &Session) -> Result<Place, Failure> {
        let snapshot = self.repository.commit(&self.seen.target)?;
        let decided = session.decided(Some(&*snapshot))?;
        Ok(Place {
            snapshot,
            decided,
            branch: Some(self.target.as_str().to_owned()),
            tip: Some(self.seen.target.clone()),
            start: None,
        })
    }

    /// What would become of the request. Nothing is written.
    ///
    /// # Errors
    /// A provider that does not answer, and a branch that somebody else works on.
    pub fn foresee(
        &self,
        changes: &ChangeSet,
        plan: &PlanTold,
        name: &str,
        files: &dyn Snapshot,
    ) -> Result<Option<RequestTold>, Failure> {
        let there = find(&*self.provider, &self.name, &self.purpose())?;
        if changes.is_empty() {
            return Ok(there.map(|there| self.told(&there, RequestState::Closed)));
        }
        let lack = self.proposal().lack(&self.seen, changes)?;
        let Some(there) = there else {
            return Ok(Some(RequestTold {
                number: None,
                page: None,
                branch: self.source.as_str().to_owned(),
                target: self.target.as_str().to_owned(),
                state: RequestState::Opened,
            }));
        };
        let (title, text) = (
            title(changed(plan)),
            text(plan, name, differences(changes, files)?),
        );
        let whole = format!("{text}\n\n{}", self.provider.marker(PURPOSE));
        let says_so = says_so(&*self.provider, &there, &title, &whole);
        let state = match lack == Lack::Nothing && says_so {
            true => RequestState::Unchanged,
            false => RequestState::Updated,
        };
        Ok(Some(self.told(&there, state)))
    }

    /// Lets the branch hold the changes, and opens the request, brings it up to date, or closes it where nothing is left.
    ///
    /// # Errors
    /// [`ProposalError::is_overtaken`] where a branch has moved since it was seen; what the provider refuses.
    pub fn deliver(
        &self,
        changes: &ChangeSet,
        plan: &PlanTold,
        name: &str,
        files: &dyn Snapshot,
    ) -> Result<Requested, ProposalError> {
        if changes.is_empty() {
            let closed = withdraw(
                &*self.provider,
                &self.name,
                &self.purpose(),
                &farewell(plan),
            )?;
            return Ok(Requested {
                told: closed.map(|closed| self.told(&closed, RequestState::Closed)),
                commit: None,
            });
        }
        let proposal = self.proposal();
        let title = title(changed(plan));
        let lack = proposal.lack(&self.seen, changes)?;
        let commit = proposal.carry(&self.seen, &lack, changes, &title)?;
        let text = text(plan, name, differences(changes, files)?);
        let purpose = self.purpose();
        let (there, deed) = offer(&*self.provider, &self.name, &purpose, &title, &text)?;
        let state = match deed {
            Deed::Made => RequestState::Opened,
            Deed::Unchanged if lack == Lack::Nothing => RequestState::Unchanged,
            Deed::Unchanged | Deed::Updated => RequestState::Updated,
        };
        Ok(Requested {
            told: Some(self.told(&there, state)),
            commit: Some(commit),
        })
    }

    fn told(&self, there: &PullRequest, state: RequestState) -> RequestTold {
        RequestTold {
            number: Some(there.number),
            page: Some(there.page.clone()),
            branch: there.source.as_str().to_owned(),
            target: there.target.as_str().to_owned(),
            state,
        }
    }

    fn proposal(&self) -> Proposal<'_> {
        Proposal {
            repository: self.repository,
            remote: &self.remote,
            provider: &*self.provider,
            name: &self.name,
            source: &self.source,
            target: &self.target,
        }
    }

    fn purpose(&self) -> Purpose<'_> {
        Purpose {
            key: PURPOSE,
            source: &self.source,
            target: &self.target,
        }
    }
}

/// The branch with the changes. Its name is the same for the same link and branch, whoever pulls. A part that is pulled for
/// itself has a branch of its own, so that it does not take the rest out of the request for all.
fn source_of(link: &Link, target: &BranchName, only: &[RepoPath]) -> String {
    let id = match &link.target {
        LinkTarget::GitLinked { api, .. } | LinkTarget::ApiBuilder { api, .. } => api.bare(),
        LinkTarget::SpecHub { workspace, .. } => workspace.bare(),
    };
    let mut parts = vec![id, link.folder.as_str(), target.as_str()];
    let mut only: Vec<&str> = only.iter().map(RepoPath::as_str).collect();
    only.sort_unstable();
    only.dedup();
    parts.extend(only);
    let mark = Digest::of(parts.join("\n").as_bytes());
    format!("{BRANCHES}{}", &mark.short()[..12])
}

/// How many elements the request changes.
fn changed(plan: &PlanTold) -> usize {
    let steps = plan.steps.iter();
    let has_files = |files: &Option<Vec<String>>| files.as_ref().is_some_and(|all| !all.is_empty());
    let elements = steps.filter(|step| has_files(&step.files)).count();
    // Ids in Postman's own files are a change too.
    elements.max(1)
}

/// What the changes mean, file by file.
fn differences(
    changes: &ChangeSet,
    files: &dyn Snapshot,
) -> Result<Vec<FileDifference>, ProposalError> {
    let mut found = Vec::new();
    for change in changes.iter() {
        let before = match files.read(&change.path, u64::MAX)? {
            Content::Bytes(bytes) => Some(bytes),
            _ => None,
        };
        let versions = Versions {
            path: change.path.as_str().to_owned(),
            earlier_path: None,
            before,
            after: change.content.clone(),
        };
        found.extend(compare(versions, Whole::Counted));
    }
    Ok(found)
}
