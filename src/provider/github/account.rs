//! One account of GitHub: what its files share. Each function is one call, or one question.

use octocrab::params::repos::Reference;
use serde_json::Value;

use crate::model::id::{BranchName, CommitId};
use crate::net::base_url::segment;
use crate::net::error::HttpError;
use crate::net::response::{NotJson, Response};
use crate::provider::api::{PullRequest, Repository};
use crate::provider::error::ProviderError;
use crate::provider::github::calls::Calls;
use crate::provider::github::refusal::{About, left_out};
use crate::provider::github::token::{Doing, TokenKind};
use crate::provider::github::tree::{GitHubFiles, encoded};
use crate::provider::github::wire::{
    AccountShape, BranchShape, PullRequestShape, RefShape, RepositoryShape,
};
use crate::provider::site::{RepositoryName, Site};

/// A site, a token, and the calls made with it.
#[derive(Clone)]
pub(crate) struct Account {
    /// Where.
    pub(crate) site: Site,
    /// The calls.
    pub(crate) calls: Calls,
    /// The kind of token.
    pub(crate) kind: TokenKind,
}

impl Account {
    pub(crate) fn about<'a>(&'a self, repository: &'a RepositoryName, doing: Doing) -> About<'a> {
        About {
            site: &self.site,
            repository: Some(repository),
            doing,
        }
    }

    pub(crate) fn files(&self, repository: &RepositoryName, commit: &CommitId) -> GitHubFiles {
        GitHubFiles {
            site: self.site.clone(),
            calls: self.calls.clone(),
            repository: repository.clone(),
            at: commit.to_string(),
        }
    }

    /// The files of a branch as it stands when they are listed.
    pub(crate) fn branch_files(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<GitHubFiles, HttpError> {
        Ok(GitHubFiles {
            site: self.site.clone(),
            calls: self.calls.clone(),
            repository: repository.clone(),
            at: segment(branch.as_str())?,
        })
    }

    /// The repository, and the answer with its headers.
    pub(crate) fn look(
        &self,
        repository: &RepositoryName,
    ) -> Result<(Repository, Response), ProviderError> {
        let (owner, name) = encoded(repository)?;
        let about = self.about(repository, Doing::Looking);
        let answer = self.calls.repeatable(&about, |crab| {
            let (owner, name) = (owner.clone(), name.clone());
            async move { crab.repos(owner, name).get().await }
        });
        let answer = answer.map_err(|error| self.hidden(error))?;
        let shape: RepositoryShape = self.calls.json(&about, &answer)?;
        let shown = shape.read(&self.site);
        let shown = shown.ok_or_else(|| ProviderError::Malformed {
            call: about.call(),
            status: answer.status,
            problem: NotJson::Wrong("its name is none".to_owned()),
        })?;
        Ok((shown, answer))
    }

    /// What “not found” means where the token sees some organisations only: of a repository that single sign-on hides, GitHub may
    /// say that it is not there.
    fn hidden(&self, error: ProviderError) -> ProviderError {
        if !error.is_not_found() || !self.kind.has_scopes() {
            return error;
        }
        let about = About {
            site: &self.site,
            repository: None,
            doing: Doing::Listing,
        };
        let answer = self.calls.repeatable(&about, |crab| async move {
            crab._get("/user/repos?per_page=1").await
        });
        let left_out = answer.ok().and_then(|answer| left_out(&about, &answer));
        left_out.unwrap_or(error)
    }

    /// The tip of a branch, as `Provider::resolve`.
    pub(crate) fn tip(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Option<CommitId>, ProviderError> {
        let (owner, name) = encoded(repository)?;
        let about = self.about(repository, Doing::Reading);
        let reference = encoded_branch(branch)?;
        let answer = self.calls.repeatable(&about, |crab| {
            let (owner, name) = (owner.clone(), name.clone());
            let reference = Reference::Branch(reference.clone());
            async move { crab.git(owner, name).get_ref(&reference).await }
        });
        match answer {
            Ok(answer) => {
                let found: RefShape = self.calls.json(&about, &answer)?;
                let same = found.name == branch.reference();
                Ok(CommitId::parse(&found.object.sha).filter(|_| same))
            }
            Err(ProviderError::Empty { .. }) => Ok(None),
            // GitHub says the same of a branch and of a repository that are not there.
            Err(error @ ProviderError::NotFound { .. }) => match self.look(repository) {
                Ok(_) => Ok(None),
                Err(ProviderError::NotFound { .. }) => Err(error),
                Err(other) => Err(other),
            },
            Err(error) => Err(error),
        }
    }

    /// Moves a branch on to a commit; never back.
    pub(crate) fn move_branch(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        to: &CommitId,
    ) -> Result<(), ProviderError> {
        let (owner, name) = encoded(repository)?;
        let about = self.about(repository, Doing::Writing);
        let reference = encoded_branch(branch)?;
        let answer = self.calls.once(&about, |crab| {
            let (owner, name, to) = (owner.clone(), name.clone(), to.to_string());
            let reference = Reference::Branch(reference.clone());
            async move {
                let git = crab.git(owner, name);
                git.update_ref(&reference, to).force(false).send().await
            }
        });
        answer.map(drop)
    }

    /// Whether a rule of the older kind stands before a branch; `None` where there is no such branch.
    pub(crate) fn is_protected(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Option<bool>, ProviderError> {
        let about = self.about(repository, Doing::Reading);
        let (owner, name) = encoded(repository)?;
        let route = format!("/repos/{owner}/{name}/branches/{}", encoded_branch(branch)?);
        let answer = self.calls.repeatable(&about, |crab| {
            let route = route.clone();
            async move { crab._get(route).await }
        });
        match answer {
            Ok(answer) => {
                let shape: BranchShape = self.calls.json(&about, &answer)?;
                Ok(Some(shape.read().is_some_and(|branch| branch.is_protected)))
            }
            Err(ProviderError::NotFound { .. } | ProviderError::Empty { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The login behind the token; `None` for tokens that belong to nobody.
    pub(crate) fn login(&self) -> Result<Option<String>, ProviderError> {
        let about = About {
            site: &self.site,
            repository: None,
            doing: Doing::Listing,
        };
        let answer = self
            .calls
            .repeatable(&about, |crab| async move { crab._get("/user").await });
        match answer {
            Ok(answer) => {
                let account: AccountShape = self.calls.json(&about, &answer)?;
                Ok(Some(account.login))
            }
            Err(ProviderError::Forbidden { .. } | ProviderError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes members of a pull request. octocrab's own call sends the number along, which GitHub does not know there.
    pub(crate) fn edit(
        &self,
        repository: &RepositoryName,
        number: u64,
        members: &Value,
    ) -> Result<Response, ProviderError> {
        let (owner, name) = encoded(repository)?;
        let about = self.about(repository, Doing::PullRequest);
        let route = format!("/repos/{owner}/{name}/pulls/{number}");
        self.calls.repeatable(&about, |crab| {
            let (route, members) = (route.clone(), members.clone());
            async move { crab.patch::<Value, _, _>(route, Some(&members)).await }
        })
    }

    /// The pull request in an answer.
    pub(crate) fn pull_request(
        &self,
        about: &About<'_>,
        repository: &RepositoryName,
        answer: &Response,
    ) -> Result<PullRequest, ProviderError> {
        let shape: PullRequestShape = self.calls.json(about, answer)?;
        let read = shape.read(&self.site, repository);
        read.ok_or_else(|| ProviderError::Malformed {
            call: about.call(),
            status: answer.status,
            problem: NotJson::Wrong("it is of another repository".to_owned()),
        })
    }
}

/// A branch as a path has it: its slashes stay, everything else is encoded.
pub(crate) fn encoded_branch(branch: &BranchName) -> Result<String, HttpError> {
    let parts: Result<Vec<String>, _> = branch.as_str().split('/').map(segment).collect();
    Ok(parts?.join("/"))
}
