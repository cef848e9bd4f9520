//! One account of one installation of GitLab: what the operations are made of.

use gitlab::api::common::SortOrder;
use gitlab::api::groups::projects::{GroupProjects, GroupProjectsOrderBy};
use gitlab::api::job::Job as JobCall;
use gitlab::api::personal_access_tokens::PersonalAccessTokenSelf;
use gitlab::api::projects::Project as ProjectCall;
use gitlab::api::projects::members::AllProjectMember;
use gitlab::api::projects::repository::branches::{Branch as BranchCall, Branches};
use gitlab::api::users::{CurrentUser, UserProjects, UserProjectsOrderBy};

use crate::git::visit::{Identity, Login};
use crate::model::id::BranchName;
use crate::net::base_url::segment;
use crate::net::client::Settings;
use crate::net::error::HttpError;
use crate::net::response::{NotJson, Response};
use crate::provider::api::{PullRequest, Repository};
use crate::provider::conditional::{Memory, NoMemory};
use crate::provider::content::by_git::ByGit;
use crate::provider::error::{ProviderError, Said};
use crate::provider::gitlab::calls::{Calls, malformed, parsed, unmade};
use crate::provider::gitlab::refusal::{About, declined};
use crate::provider::gitlab::token::{Doing, TokenKind};
use crate::provider::gitlab::wire::{
    Job, Level, MergeRequest, Project, TokenFacts, User, WireBranch,
};
use crate::provider::site::{RepositoryName, Site};

/// An account, by its token.
pub(crate) struct Account {
    /// Where it stands.
    pub(crate) site: Site,
    /// Its calls.
    pub(crate) calls: Calls,
    /// How the installation is reached, for git too.
    pub(crate) settings: Settings,
}

impl Account {
    /// The kind of the token.
    pub(crate) fn kind(&self) -> TokenKind {
        self.calls.token().kind
    }

    /// Whether it is the token of a running job.
    pub(crate) fn is_job(&self) -> bool {
        self.kind() == TokenKind::Job
    }

    /// What a call is about, for its errors.
    pub(crate) fn about<'a>(
        &'a self,
        repository: Option<&'a RepositoryName>,
        doing: Doing,
    ) -> About<'a> {
        About {
            site: &self.site,
            kind: self.kind(),
            repository,
            doing,
        }
    }

    /// What makes more of an error than its answer says: where a renamed project went, and whether one that cannot be
    /// written to is archived.
    pub(crate) fn explained(
        &self,
        repository: &RepositoryName,
        error: ProviderError,
    ) -> ProviderError {
        let is_open = matches!(
            error,
            ProviderError::Renamed { .. } | ProviderError::Forbidden { .. }
        );
        if !is_open || self.is_job() {
            return error;
        }
        let Ok(now) = self.project(repository) else {
            return error;
        };
        match error {
            ProviderError::Renamed { from, .. } => ProviderError::Renamed {
                from,
                to: Some(now.name),
            },
            _ if now.is_archived => self
                .about(Some(repository), Doing::Writing)
                .archived(repository),
            other => other,
        }
    }

    /// Sends a call that changes something on a repository.
    pub(crate) fn write(
        &self,
        repository: &RepositoryName,
        doing: Doing,
        endpoint: &dyn gitlab::api::Endpoint,
    ) -> Result<Response, ProviderError> {
        let about = self.about(Some(repository), doing);
        let written = self.calls.write(&about, endpoint);
        written.map_err(|error| self.explained(repository, error))
    }

    /// Runs something by git on a repository.
    pub(crate) fn by_git<T>(
        &self,
        repository: &RepositoryName,
        doing: Doing,
        work: impl FnOnce(&ByGit<'_>) -> Result<T, ProviderError>,
    ) -> Result<T, ProviderError> {
        let token = self.calls.token();
        let login = Login {
            user: token.kind.git_user().to_owned(),
            password: token.secret.clone(),
        };
        let about = self.about(Some(repository), doing);
        let means = |said: Said| declined(&about, said);
        let url = git_url(&self.site, repository)?;
        work(&ByGit::new(url, Some(login), &self.settings, &means))
            .map_err(|error| self.explained(repository, error))
    }

    /// The job that the token belongs to.
    pub(crate) fn job(&self, repository: Option<&RepositoryName>) -> Result<Job, ProviderError> {
        let call = JobCall::builder().build().map_err(unmade)?;
        self.calls
            .value(&self.about(repository, Doing::Looking), &call)
    }

    /// Whose name a commit gets where git has none: that of the account behind the token.
    pub(crate) fn identity(&self) -> Result<Identity, ProviderError> {
        let user = if self.is_job() {
            self.job(None)?.user
        } else {
            let call = CurrentUser::builder().build().map_err(unmade)?;
            Some(
                self.calls
                    .value::<User>(&self.about(None, Doing::Looking), &call)?,
            )
        };
        let host = self.site.web.host();
        let host = host.split(':').next().unwrap_or_default();
        user.map(|user| Identity {
            email: user.address(host),
            name: user.name.unwrap_or(user.username),
        })
        .ok_or_else(|| ProviderError::Git {
            said: Said::of("git has no `user.name` and `user.email`, and GitLab does not say whose token this is", ""),
        })
    }

    /// The projects of a group with its subgroups, or of a user.
    pub(crate) fn projects(
        &self,
        owner: &str,
        memory: &dyn Memory,
    ) -> Result<Vec<Repository>, ProviderError> {
        let about = self.about(None, Doing::Listing);
        let take = |project: Project, answer: &Response| project.repository(answer);
        let of_group = GroupProjects::builder()
            .group(owner)
            .include_subgroups(true)
            // What other groups share with this one is listed where it belongs.
            .with_shared(false)
            .order_by(GroupProjectsOrderBy::Id)
            .sort(SortOrder::Ascending)
            .build()
            .map_err(unmade)?;
        let listed = match self.calls.pages(&about, &of_group, memory, take) {
            // Only a name without slashes can be that of a user.
            Err(error) if error.is_not_found() && !owner.contains('/') => {
                let of_user = UserProjects::builder()
                    .user(owner)
                    .order_by(UserProjectsOrderBy::Id)
                    .sort(SortOrder::Ascending)
                    .build()
                    .map_err(unmade)?;
                match self.calls.pages(&about, &of_user, memory, take) {
                    Err(other) if other.is_not_found() => return Err(error),
                    listed => listed?,
                }
            }
            listed => listed?,
        };
        let mut repositories: Vec<Repository> = listed.into_iter().flatten().collect();
        repositories.sort_by(|one, other| one.name.cmp(&other.name));
        repositories.dedup_by(|one, other| one.id == other.id);
        Ok(repositories)
    }

    /// The branches whose names hold `search`; all without it.
    pub(crate) fn wire_branches(
        &self,
        repository: &RepositoryName,
        search: Option<&BranchName>,
    ) -> Result<Vec<WireBranch>, ProviderError> {
        let project = repository.full();
        let mut call = Branches::builder();
        call.project(project.as_str());
        if let Some(search) = search {
            call.search(search.as_str());
        }
        let call = call.build().map_err(unmade)?;
        let about = self.about(Some(repository), Doing::Reading);
        self.calls
            .pages(&about, &call, &NoMemory, |branch, _| branch)
    }

    /// One branch; `None` where there is none.
    pub(crate) fn wire_branch(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Option<WireBranch>, ProviderError> {
        if self.is_job() {
            // The call for one branch is closed to it.
            let found = self.wire_branches(repository, Some(branch))?;
            return Ok(found.into_iter().find(|one| one.name == branch.as_str()));
        }
        let project = repository.full();
        let call = BranchCall::builder()
            .project(project.as_str())
            .branch(branch.as_str())
            .build()
            .map_err(unmade)?;
        let about = self.about(Some(repository), Doing::Reading);
        match self.calls.value(&about, &call) {
            Ok(branch) => Ok(Some(branch)),
            Err(ProviderError::NotFound { said, .. }) if said.mentions(&["branch"]) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A project as GitLab shows it, and the answer that it came in.
    pub(crate) fn wire_project(
        &self,
        name: &RepositoryName,
    ) -> Result<(Project, Response), ProviderError> {
        let project = name.full();
        let call = ProjectCall::builder()
            .project(project.as_str())
            .build()
            .map_err(unmade)?;
        let about = self.about(Some(name), Doing::Looking);
        let answer = self.calls.read(&about, &call)?;
        Ok((parsed(&about, &answer)?, answer))
    }

    /// The project of the job that the token belongs to: the only one that such a token can show.
    pub(crate) fn repository_of_job(
        &self,
        name: &RepositoryName,
    ) -> Result<Repository, ProviderError> {
        let job = self.job(Some(name))?;
        let own = job.project(&self.site.web.to_string());
        let about = self.about(Some(name), Doing::Looking);
        let Some((id, own)) = own.filter(|(_, own)| own.is_same(name)) else {
            return Err(ProviderError::Forbidden {
                product: self.site.kind,
                call: about.call(),
                said: Said::of("a job token shows the project of its own job only", ""),
                remedy: TokenKind::Job.needs(Doing::Looking, &self.site, Some(name)),
            });
        };
        let branches = self.wire_branches(&own, None)?;
        let default = branches.iter().find(|branch| branch.default == Some(true));
        Ok(Repository {
            id: id.to_string(),
            page: self.site.page(&own.full()),
            name: own,
            default_branch: default.and_then(|branch| BranchName::parse(&branch.name)),
            // Jobs run in no other.
            is_archived: false,
            is_disabled: false,
            // The id tells a fork from its origin; the rest is not shown to a job.
            is_fork: false,
            is_private: true,
            role: None,
            pushed: None,
        })
    }

    /// The id of the account behind the token.
    pub(crate) fn user_id(&self) -> Result<u64, ProviderError> {
        let who = CurrentUser::builder().build().map_err(unmade)?;
        let user: User = self.calls.value(&self.about(None, Doing::Looking), &who)?;
        Ok(user.id)
    }

    /// The account's role; asked for where the project does not name it, since it may come from an invited group.
    pub(crate) fn level(
        &self,
        repository: &RepositoryName,
        project: &Project,
    ) -> Result<Option<u64>, ProviderError> {
        if let Some(level) = project.level() {
            return Ok(Some(level));
        }
        let about = self.about(Some(repository), Doing::Looking);
        let who = CurrentUser::builder().build().map_err(unmade)?;
        let user: User = self.calls.value(&about, &who)?;
        let name = repository.full();
        let member = AllProjectMember::builder()
            .project(name.as_str())
            .user(user.id)
            .build()
            .map_err(unmade)?;
        match self.calls.value::<Level>(&about, &member) {
            Ok(level) => Ok(Some(level.access_level)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What the token says of itself; `None` where it cannot be asked.
    pub(crate) fn token_facts(
        &self,
        about: &About<'_>,
    ) -> Result<Option<TokenFacts>, ProviderError> {
        let call = PersonalAccessTokenSelf::builder().build().map_err(unmade)?;
        match self.calls.value(about, &call) {
            Ok(facts) => Ok(Some(facts)),
            // Tokens of applications cannot be asked, nor can any on old installations.
            Err(
                ProviderError::NotFound { .. }
                | ProviderError::Forbidden { .. }
                | ProviderError::BadToken { .. }
                | ProviderError::Refused { .. },
            ) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The merge request in an answer.
    pub(crate) fn pull_request(
        &self,
        about: &About<'_>,
        answer: &Response,
    ) -> Result<PullRequest, ProviderError> {
        let request: MergeRequest = parsed(about, answer)?;
        request.pull_request().ok_or_else(|| {
            let what =
                "the merge request goes to another project or has branches that git does not allow";
            malformed(about, answer.status, NotJson::Wrong(what.to_owned()))
        })
    }

    /// A project, as the seam has it.
    pub(crate) fn project(&self, name: &RepositoryName) -> Result<Repository, ProviderError> {
        let (project, answer) = self.wire_project(name)?;
        project.repository(&answer).ok_or_else(|| {
            let about = self.about(Some(name), Doing::Looking);
            let what = "the project has a name that no project has";
            malformed(&about, answer.status, NotJson::Wrong(what.to_owned()))
        })
    }
}

/// Where git finds a project: each part of its name encoded.
fn git_url(site: &Site, repository: &RepositoryName) -> Result<String, ProviderError> {
    let mut url = site.web.to_string();
    for part in repository.full().split('/') {
        url.push('/');
        url.push_str(&segment(part).map_err(HttpError::from)?);
    }
    url.push_str(".git");
    Ok(url)
}
