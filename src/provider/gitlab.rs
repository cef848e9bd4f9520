//! GitLab.com and GitLab Self-Managed.
//!
//! Everything but commits goes through the API. GitLab's call for commits cannot say which head it replaces: it would land
//! on top of whatever came in between. So a commit is a push with a lease; and what the token of a CI job may not do by the
//! API, git does where it can.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use gitlab::api::common::SortOrder;
use gitlab::api::groups::projects::{GroupProjects, GroupProjectsOrderBy};
use gitlab::api::job::Job as JobCall;
use gitlab::api::personal_access_tokens::PersonalAccessTokenSelf;
use gitlab::api::projects::Project as ProjectCall;
use gitlab::api::projects::members::AllProjectMember;
use gitlab::api::projects::merge_requests::notes::{
    CreateMergeRequestNote, EditMergeRequestNote, MergeRequestNotes, NoteOrderBy,
};
use gitlab::api::projects::merge_requests::{
    CreateMergeRequest, EditMergeRequest, MergeRequestState, MergeRequestStateEvent, MergeRequests,
};
use gitlab::api::projects::repository::branches::{Branch as BranchCall, Branches, CreateBranch};
use gitlab::api::projects::repository::commits::{CommitStatusState, CreateCommitStatus};
use gitlab::api::users::{CurrentUser, UserProjects, UserProjectsOrderBy};

use crate::git::visit::{Identity, Login};
use crate::model::id::{BranchName, CommitId};
use crate::model::snapshot::Snapshot;
use crate::model::text::shortened;
use crate::net::base_url::segment;
use crate::net::client::{Client, Settings};
use crate::net::error::HttpError;
use crate::net::limiter::Budget;
use crate::net::response::{NotJson, Response};
use crate::net::retry::Patience;
use crate::provider::api::{
    Access, Branch, Comment, CommitDraft, CommitStatus, Provider, PullRequest, PullRequestDraft,
    Repository, StatusState,
};
use crate::provider::by_git::ByGit;
use crate::provider::capability::{Capabilities, Means, Operation};
use crate::provider::conditional::{Memory, NoMemory};
use crate::provider::error::{ProviderError, Remedy, Said};
use crate::provider::gitlab_access::{self, Found};
use crate::provider::gitlab_calls::{Calls, malformed, parsed, unmade};
use crate::provider::gitlab_endpoints::Compare;
use crate::provider::gitlab_files::GitLabFiles;
use crate::provider::gitlab_refusal::{About, declined};
use crate::provider::gitlab_text::without_commands;
use crate::provider::gitlab_token::{Doing, GitLabToken, TokenKind};
use crate::provider::gitlab_wire::{
    Comparison, Job, Level, MergeRequest, Note, Project, TokenFacts, User, WireBranch,
};
use crate::provider::kind::ProviderKind;
use crate::provider::remote_snapshot::RemoteSnapshot;
use crate::provider::site::{RepositoryName, Site};

/// Where tokens are looked for.
const TOKEN_VARIABLES: &str = "GITLAB_TOKEN or, in a job of GitLab CI, CI_JOB_TOKEN";
/// GitLab keeps so many characters of a status' description.
const LONGEST_DESCRIPTION: usize = 255;
/// What GitLab.com lets one account do before its headers say more.
const CALLS_A_MINUTE: u32 = 600;

/// One installation of GitLab, with one token.
pub struct GitLab {
    site: Site,
    calls: Calls,
    settings: Settings,
    no_archives: Arc<AtomicBool>,
}

impl GitLab {
    /// What an installation is called with: GitLab.com's limits until its headers say more. Installations of one's own
    /// limit nothing unless they are told to.
    pub fn settings(site: &Site) -> Settings {
        let calls = match site.kind {
            ProviderKind::GitLabSelfManaged => u32::MAX,
            _ => CALLS_A_MINUTE,
        };
        let budget = Budget {
            calls,
            per: Duration::from_secs(60),
        };
        let mut settings = Settings::to(site.api.clone());
        settings.general = budget;
        // Only archives are taken from it, and they are asked for until GitLab has enough of it.
        settings.strict = budget;
        settings.longest_wait = Duration::from_secs(120);
        settings
    }

    /// An installation, with one token. Nothing is called yet.
    ///
    /// # Errors
    /// No token.
    pub fn new(site: Site, token: GitLabToken, settings: Settings) -> Result<Self, ProviderError> {
        if token.secret.is_empty() {
            return Err(ProviderError::NoToken {
                product: site.kind,
                variables: TOKEN_VARIABLES,
            });
        }
        let patience = Patience {
            tries: 3,
            longest: settings.longest_wait,
            ..Patience::default()
        };
        Ok(Self {
            calls: Calls::new(settings.clone(), token, patience),
            site,
            settings,
            no_archives: Arc::default(),
        })
    }

    /// The client below, for its counts.
    pub fn http(&self) -> &Client {
        self.calls.http()
    }

    fn kind(&self) -> TokenKind {
        self.calls.token().kind
    }

    fn is_job(&self) -> bool {
        self.kind() == TokenKind::Job
    }

    fn about<'a>(&'a self, repository: Option<&'a RepositoryName>, doing: Doing) -> About<'a> {
        About {
            site: &self.site,
            kind: self.kind(),
            repository,
            doing,
        }
    }

    /// What makes more of an error than its answer says: where a renamed project went, and whether one that cannot be
    /// written to is archived.
    fn explained(&self, repository: &RepositoryName, error: ProviderError) -> ProviderError {
        let is_open = matches!(
            error,
            ProviderError::Renamed { .. } | ProviderError::Forbidden { .. }
        );
        if !is_open || self.is_job() {
            return error;
        }
        let Ok(now) = self.repository(repository) else {
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

    fn write(
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
    fn by_git<T>(
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

    fn job(&self, repository: Option<&RepositoryName>) -> Result<Job, ProviderError> {
        let call = JobCall::builder().build().map_err(unmade)?;
        self.calls
            .value(&self.about(repository, Doing::Looking), &call)
    }

    /// Whose name a commit gets where git has none: that of the account behind the token.
    fn identity(&self) -> Result<Identity, ProviderError> {
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

    fn projects(&self, owner: &str, memory: &dyn Memory) -> Result<Vec<Repository>, ProviderError> {
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
    fn wire_branches(
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

    fn wire_branch(
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

    fn wire_project(&self, name: &RepositoryName) -> Result<(Project, Response), ProviderError> {
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
    fn repository_of_job(&self, name: &RepositoryName) -> Result<Repository, ProviderError> {
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

    /// The account's role; asked for where the project does not name it, since it may come from an invited group.
    fn level(
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

    fn token_facts(&self, about: &About<'_>) -> Result<Option<TokenFacts>, ProviderError> {
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

    fn pull_request(
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
}

impl Provider for GitLab {
    fn site(&self) -> &Site {
        &self.site
    }

    fn capabilities(&self) -> Capabilities {
        let kind = self.kind();
        Capabilities::by(|operation| means(kind, operation))
    }

    fn repository(&self, name: &RepositoryName) -> Result<Repository, ProviderError> {
        if self.is_job() {
            return self.repository_of_job(name);
        }
        let (project, answer) = self.wire_project(name)?;
        project.repository(&answer).ok_or_else(|| {
            let about = self.about(Some(name), Doing::Looking);
            let what = "the project has a name that no project has";
            malformed(&about, answer.status, NotJson::Wrong(what.to_owned()))
        })
    }

    fn repositories(
        &self,
        owner: &str,
        memory: &dyn Memory,
    ) -> Result<Vec<Repository>, ProviderError> {
        self.require(Operation::Repositories)?;
        self.projects(owner, memory)
    }

    fn branches(&self, repository: &RepositoryName) -> Result<Vec<Branch>, ProviderError> {
        self.require(Operation::Branches)?;
        let branches = self.wire_branches(repository, None)?;
        let mut branches: Vec<Branch> = branches.iter().filter_map(WireBranch::branch).collect();
        branches.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(branches)
    }

    fn resolve(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Option<CommitId>, ProviderError> {
        self.require(Operation::Resolve)?;
        let found = self.wire_branch(repository, branch)?;
        Ok(found
            .and_then(|found| found.branch())
            .map(|found| found.head))
    }

    fn snapshot(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
    ) -> Result<Box<dyn Snapshot>, ProviderError> {
        self.require(Operation::Snapshot)?;
        if self.is_job() {
            return self.by_git(repository, Doing::Reading, |git| git.snapshot(commit));
        }
        let files = GitLabFiles {
            calls: self.calls.clone(),
            site: self.site.clone(),
            repository: repository.clone(),
            commit: commit.clone(),
            no_archives: Arc::clone(&self.no_archives),
        };
        Ok(Box::new(RemoteSnapshot::new(files, commit.clone())))
    }

    fn commit(
        &self,
        repository: &RepositoryName,
        draft: &CommitDraft<'_>,
    ) -> Result<CommitId, ProviderError> {
        self.require(Operation::Commit)?;
        self.by_git(repository, Doing::Writing, |git| {
            git.commit(draft, || self.identity())
        })
    }

    fn create_branch(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        at: &CommitId,
    ) -> Result<(), ProviderError> {
        self.require(Operation::CreateBranch)?;
        if self.is_job() {
            return self.by_git(repository, Doing::Writing, |git| {
                git.create_branch(branch, at)
            });
        }
        let project = repository.full();
        let call = CreateBranch::builder()
            .project(project.as_str())
            .branch(branch.as_str())
            .ref_(at.as_str())
            .build()
            .map_err(unmade)?;
        match self.write(repository, Doing::Writing, &call) {
            Ok(_) => Ok(()),
            Err(ProviderError::Refused { said, .. })
                if said.mentions(&["branch already exists"]) =>
            {
                Err(ProviderError::BranchExists {
                    branch: branch.clone(),
                })
            }
            Err(error) => Err(error),
        }
    }

    fn open_pull_requests(
        &self,
        repository: &RepositoryName,
        source: &BranchName,
        target: &BranchName,
    ) -> Result<Vec<PullRequest>, ProviderError> {
        self.require(Operation::PullRequest)?;
        let project = repository.full();
        let call = MergeRequests::builder()
            .project(project.as_str())
            .state(MergeRequestState::Opened)
            .source_branch(source.as_str())
            .target_branch(target.as_str())
            .build()
            .map_err(unmade)?;
        let about = self.about(Some(repository), Doing::MergeRequest);
        let take = |request: MergeRequest, _: &_| request.pull_request();
        let found = self.calls.pages(&about, &call, &NoMemory, take)?;
        Ok(found.into_iter().flatten().collect())
    }

    fn open_pull_request(
        &self,
        repository: &RepositoryName,
        draft: &PullRequestDraft<'_>,
    ) -> Result<PullRequest, ProviderError> {
        self.require(Operation::PullRequest)?;
        let project = repository.full();
        let about = self.about(Some(repository), Doing::MergeRequest);
        // GitLab opens one even where there is nothing in it.
        let compare = Compare {
            project: &project,
            from: draft.target,
            to: draft.source,
        };
        let difference: Comparison = self.calls.value(&about, &compare)?;
        if difference.commits.is_empty() {
            return Err(ProviderError::NothingToMerge {
                said: Said::of("the branch has no commits that the other one lacks", ""),
            });
        }
        let call = CreateMergeRequest::builder()
            .project(project.as_str())
            .source_branch(draft.source.as_str())
            .target_branch(draft.target.as_str())
            .title(draft.title)
            .description(without_commands(draft.body))
            .build()
            .map_err(unmade)?;
        let answer = self.write(repository, Doing::MergeRequest, &call)?;
        self.pull_request(&about, &answer)
    }

    fn edit_pull_request(
        &self,
        repository: &RepositoryName,
        pull_request: &PullRequest,
        title: &str,
        body: &str,
    ) -> Result<PullRequest, ProviderError> {
        self.require(Operation::PullRequest)?;
        let project = repository.full();
        let call = EditMergeRequest::builder()
            .project(project.as_str())
            .merge_request(pull_request.number)
            .title(title)
            .description(without_commands(body))
            .build()
            .map_err(unmade)?;
        let answer = self.write(repository, Doing::MergeRequest, &call)?;
        self.pull_request(&self.about(Some(repository), Doing::MergeRequest), &answer)
    }

    fn close_pull_request(
        &self,
        repository: &RepositoryName,
        pull_request: &PullRequest,
    ) -> Result<(), ProviderError> {
        self.require(Operation::PullRequest)?;
        let project = repository.full();
        let call = EditMergeRequest::builder()
            .project(project.as_str())
            .merge_request(pull_request.number)
            .state_event(MergeRequestStateEvent::Close)
            .build()
            .map_err(unmade)?;
        self.write(repository, Doing::MergeRequest, &call)
            .map(|_| ())
    }

    fn comments(
        &self,
        repository: &RepositoryName,
        number: u64,
    ) -> Result<Vec<Comment>, ProviderError> {
        self.require(Operation::Comment)?;
        let project = repository.full();
        let call = MergeRequestNotes::builder()
            .project(project.as_str())
            .merge_request(number)
            .order_by(NoteOrderBy::CreatedAt)
            .sort(SortOrder::Ascending)
            .build()
            .map_err(unmade)?;
        let about = self.about(Some(repository), Doing::Note);
        let take = |note: Note, _: &_| note.comment();
        let notes = self.calls.pages(&about, &call, &NoMemory, take)?;
        Ok(notes.into_iter().flatten().collect())
    }

    fn add_comment(
        &self,
        repository: &RepositoryName,
        number: u64,
        body: &str,
    ) -> Result<Comment, ProviderError> {
        self.require(Operation::Comment)?;
        let project = repository.full();
        let call = CreateMergeRequestNote::builder()
            .project(project.as_str())
            .merge_request(number)
            .body(without_commands(body))
            .build()
            .map_err(unmade)?;
        let answer = self.write(repository, Doing::Note, &call)?;
        let about = self.about(Some(repository), Doing::Note);
        let note: Note = parsed(&about, &answer)?;
        note.comment().ok_or_else(|| {
            // A text that begins with a slash is a command to GitLab.
            let what = "GitLab took the text for something else than a note";
            malformed(&about, answer.status, NotJson::Wrong(what.to_owned()))
        })
    }

    fn edit_comment(
        &self,
        repository: &RepositoryName,
        number: u64,
        comment: &Comment,
        body: &str,
    ) -> Result<(), ProviderError> {
        self.require(Operation::Comment)?;
        let project = repository.full();
        let about = self.about(Some(repository), Doing::Note);
        let Ok(note) = comment.id.parse::<u64>() else {
            return Err(ProviderError::NotFound {
                product: self.site.kind,
                call: about.call(),
                said: Said::of("notes have numbers", ""),
                remedy: Remedy::say("look for the note again"),
            });
        };
        let call = EditMergeRequestNote::builder()
            .project(project.as_str())
            .merge_request(number)
            .note(note)
            .body(without_commands(body))
            .build()
            .map_err(unmade)?;
        self.write(repository, Doing::Note, &call).map(|_| ())
    }

    fn set_status(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        status: &CommitStatus<'_>,
    ) -> Result<(), ProviderError> {
        self.require(Operation::Status)?;
        let project = repository.full();
        let description = shortened(status.description, LONGEST_DESCRIPTION - 1);
        let state = match status.state {
            StatusState::Pending => CommitStatusState::Pending,
            StatusState::Success => CommitStatusState::Success,
            // GitLab knows no third way not to be good.
            StatusState::Failure | StatusState::Error => CommitStatusState::Failed,
        };
        let mut call = CreateCommitStatus::builder();
        call.project(project.as_str())
            .commit(commit.as_str())
            .state(state)
            .name(status.context)
            .description(description.as_str());
        if let Some(page) = status.page {
            call.target_url(page);
        }
        let call = call.build().map_err(unmade)?;
        match self.write(repository, Doing::Status, &call) {
            Ok(_) => Ok(()),
            // It says so already.
            Err(ProviderError::Refused { said, .. })
                if said.mentions(&["cannot transition status"]) =>
            {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn access(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Access, ProviderError> {
        let kind = self.kind();
        if self.is_job() {
            let job = self.job(Some(repository))?;
            let branch = self.wire_branch(repository, branch)?;
            let found = Found {
                site: &self.site,
                repository,
                level: None,
                is_archived: false,
                token: None,
                kind,
                branch: branch.as_ref(),
            };
            return Ok(gitlab_access::of_job(&found, &job));
        }
        let about = self.about(Some(repository), Doing::Looking);
        let token = self.token_facts(&about)?;
        let (project, answer) = self.wire_project(repository)?;
        let level = self.level(repository, &project)?;
        let is_archived = project.is_archived();
        let now = project
            .repository(&answer)
            .map_or_else(|| repository.clone(), |now| now.name);
        let branch = self.wire_branch(&now, branch)?;
        let found = Found {
            site: &self.site,
            repository: &now,
            level,
            is_archived,
            token: token.as_ref(),
            kind,
            branch: branch.as_ref(),
        };
        Ok(gitlab_access::access(&found))
    }
}

/// By what an operation is done with a kind of token.
fn means(kind: TokenKind, operation: Operation) -> Means {
    match (kind, operation) {
        (TokenKind::Deploy, _) => {
            Means::Cannot("a deploy token has no access to the API: a project access token has")
        }
        (_, Operation::Commit) => Means::Git,
        (TokenKind::Job, Operation::Snapshot | Operation::CreateBranch) => Means::Git,
        (TokenKind::Job, Operation::Repositories) => Means::Cannot(
            "a job token shows the project of its own job only: give the job a group access token with the scope `read_api`",
        ),
        (TokenKind::Job, Operation::PullRequest) => Means::Cannot(
            "a job token opens and edits no merge requests: give the job a project access token with the scope `api`",
        ),
        (TokenKind::Job, Operation::Comment) => Means::Cannot(
            "a job token writes no notes: give the job a project access token with the scope `api`",
        ),
        (TokenKind::Job, Operation::Status) => Means::Cannot(
            "a job token sets no statuses: give the job a project access token with the scope `api`",
        ),
        _ => Means::Api,
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
