//! GitLab.com and GitLab Self-Managed.
//!
//! Everything but commits goes through the API. GitLab's call for commits cannot say which head it replaces: it would land
//! on top of whatever came in between. So a commit is a push with a lease; and what the token of a CI job may not do by the
//! API, git does where it can.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use gitlab::api::common::SortOrder;
use gitlab::api::projects::merge_requests::notes::{
    CreateMergeRequestNote, EditMergeRequestNote, MergeRequestNotes, NoteOrderBy,
};
use gitlab::api::projects::merge_requests::{
    CreateMergeRequest, EditMergeRequest, MergeRequestState, MergeRequestStateEvent, MergeRequests,
};
use gitlab::api::projects::repository::branches::CreateBranch;
use gitlab::api::projects::repository::commits::{CommitStatusState, CreateCommitStatus};

use crate::model::id::{BranchName, CommitId};
use crate::model::snapshot::Snapshot;
use crate::net::client::{Client, Settings};
use crate::net::limiter::Budget;
use crate::net::response::NotJson;
use crate::net::retry::Patience;
use crate::provider::api::{
    Access, Branch, Comment, CommitDraft, CommitStatus, Provider, PullRequest, PullRequestDraft,
    Repository, StatusState,
};
use crate::provider::capability::{Capabilities, Means, Operation};
use crate::provider::conditional::{Memory, NoMemory};
use crate::provider::content::remote_snapshot::RemoteSnapshot;
use crate::provider::error::{ProviderError, Remedy, Said};
use crate::provider::gitlab::access::{self, Found};
use crate::provider::gitlab::account::Account;
use crate::provider::gitlab::calls::{Calls, malformed, parsed, unmade};
use crate::provider::gitlab::endpoints::Compare;
use crate::provider::gitlab::files::GitLabFiles;
use crate::provider::gitlab::refusal::unarchiving;
use crate::provider::gitlab::text::without_commands;
use crate::provider::gitlab::token::{Doing, GitLabToken, TokenKind};
use crate::provider::gitlab::wire::{Comparison, MergeRequest, Note, WireBranch};
use crate::provider::kind::ProviderKind;
use crate::provider::site::{RepositoryName, Site};
use crate::provider::text_limit::fitted;

/// The description and the page of a status have no more bytes; GitLab itself counts characters.
const LONGEST_IN_STATUS: usize = 255;
/// Characters of a title.
const LONGEST_TITLE: usize = 255;
/// Characters of a description or a note; GitLab takes a few more.
const LONGEST_TEXT: usize = 1_000_000;
/// What GitLab.com lets one account do before its headers say more.
const CALLS_A_MINUTE: u32 = 600;

/// One installation of GitLab, with one token.
pub struct GitLab {
    account: Account,
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
        ProviderError::unless_token(site.kind, &token.secret)?;
        let patience = Patience {
            tries: 3,
            longest: settings.longest_wait,
            ..Patience::default()
        };
        let calls = Calls::new(settings.clone(), token, patience);
        Ok(Self {
            account: Account {
                site,
                calls,
                settings,
            },
            no_archives: Arc::default(),
        })
    }

    /// The client below, for its counts.
    pub fn http(&self) -> &Client {
        self.account.calls.http()
    }

    fn files(&self, repository: &RepositoryName, at: &str) -> GitLabFiles {
        GitLabFiles {
            calls: self.account.calls.clone(),
            site: self.account.site.clone(),
            repository: repository.clone(),
            at: at.to_owned(),
            no_archives: Arc::clone(&self.no_archives),
        }
    }
}

impl Provider for GitLab {
    fn site(&self) -> &Site {
        &self.account.site
    }

    fn capabilities(&self) -> Capabilities {
        let kind = self.account.kind();
        Capabilities::by(|operation| means(kind, operation))
    }

    fn repository(&self, name: &RepositoryName) -> Result<Repository, ProviderError> {
        self.require(Operation::Repository)?;
        if self.account.is_job() {
            return self.account.repository_of_job(name);
        }
        self.account.project(name)
    }

    fn repositories(
        &self,
        owner: &str,
        memory: &dyn Memory,
    ) -> Result<Vec<Repository>, ProviderError> {
        self.require(Operation::Repositories)?;
        self.account.projects(owner, memory)
    }

    fn branches(&self, repository: &RepositoryName) -> Result<Vec<Branch>, ProviderError> {
        self.require(Operation::Branches)?;
        let branches = self.account.wire_branches(repository, None)?;
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
        let found = self.account.wire_branch(repository, branch)?;
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
        if self.account.is_job() {
            return self
                .account
                .by_git(repository, Doing::Reading, |git| git.snapshot(commit));
        }
        let files = self.files(repository, commit.as_str());
        Ok(Box::new(RemoteSnapshot::new(files, commit.clone())))
    }

    fn glance(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        tip: Option<&CommitId>,
    ) -> Result<Option<Box<dyn Snapshot>>, ProviderError> {
        self.require(Operation::Snapshot)?;
        let tip = match tip {
            // Jobs are shown no list of files, and git wants a commit.
            None if self.account.is_job() => self.resolve(repository, branch)?,
            tip => tip.cloned(),
        };
        match tip {
            Some(tip) => self.snapshot(repository, &tip).map(Some),
            None if self.account.is_job() => Ok(None),
            None => {
                let snapshot = RemoteSnapshot::at_branch(self.files(repository, branch.as_str()));
                snapshot.look()?;
                Ok(Some(Box::new(snapshot)))
            }
        }
    }

    fn commit(
        &self,
        repository: &RepositoryName,
        draft: &CommitDraft<'_>,
    ) -> Result<CommitId, ProviderError> {
        self.require(Operation::Commit)?;
        self.account.by_git(repository, Doing::Writing, |git| {
            git.commit(draft, || self.account.identity())
        })
    }

    fn create_branch(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        at: &CommitId,
    ) -> Result<(), ProviderError> {
        self.require(Operation::CreateBranch)?;
        if self.account.is_job() {
            return self.account.by_git(repository, Doing::Writing, |git| {
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
        match self.account.write(repository, Doing::Writing, &call) {
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
        let about = self.account.about(Some(repository), Doing::MergeRequest);
        let take = |request: MergeRequest, _: &_| request.pull_request();
        let found = self.account.calls.pages(&about, &call, &NoMemory, take)?;
        Ok(found.into_iter().flatten().collect())
    }

    fn open_pull_request(
        &self,
        repository: &RepositoryName,
        draft: &PullRequestDraft<'_>,
    ) -> Result<PullRequest, ProviderError> {
        self.require(Operation::PullRequest)?;
        let project = repository.full();
        let about = self.account.about(Some(repository), Doing::MergeRequest);
        // GitLab opens one even where there is nothing in it.
        let compare = Compare {
            project: &project,
            from: draft.target,
            to: draft.source,
        };
        let difference: Comparison = self.account.calls.value(&about, &compare)?;
        if difference.commits.is_empty() {
            return Err(ProviderError::NothingToMerge {
                said: Said::of("the branch has no commits that the other one lacks", ""),
            });
        }
        let call = CreateMergeRequest::builder()
            .project(project.as_str())
            .source_branch(draft.source.as_str())
            .target_branch(draft.target.as_str())
            .title(fitted(draft.title, LONGEST_TITLE))
            .description(as_text(draft.body))
            .build()
            .map_err(unmade)?;
        let answer = self.account.write(repository, Doing::MergeRequest, &call)?;
        self.account.pull_request(&about, &answer)
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
            .title(fitted(title, LONGEST_TITLE))
            .description(as_text(body))
            .build()
            .map_err(unmade)?;
        let answer = self.account.write(repository, Doing::MergeRequest, &call)?;
        self.account.pull_request(
            &self.account.about(Some(repository), Doing::MergeRequest),
            &answer,
        )
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
        self.account
            .write(repository, Doing::MergeRequest, &call)
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
        let about = self.account.about(Some(repository), Doing::Note);
        let take = |note: Note, _: &_| note.comment();
        let notes = self.account.calls.pages(&about, &call, &NoMemory, take)?;
        Ok(notes.into_iter().flatten().collect())
    }

    fn author(&self) -> Result<Option<String>, ProviderError> {
        self.require(Operation::Comment)?;
        Ok(Some(self.account.user_id()?.to_string()))
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
            .body(as_text(body))
            .build()
            .map_err(unmade)?;
        let answer = self.account.write(repository, Doing::Note, &call)?;
        let about = self.account.about(Some(repository), Doing::Note);
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
        let about = self.account.about(Some(repository), Doing::Note);
        let Ok(note) = comment.id.parse::<u64>() else {
            return Err(ProviderError::NotFound {
                product: self.account.site.kind,
                call: about.call(),
                said: Said::of("notes have numbers", ""),
                remedy: Remedy::say("look for the note again"),
            });
        };
        let call = EditMergeRequestNote::builder()
            .project(project.as_str())
            .merge_request(number)
            .note(note)
            .body(as_text(body))
            .build()
            .map_err(unmade)?;
        self.account
            .write(repository, Doing::Note, &call)
            .map(|_| ())
    }

    fn kept(&self, title: &str, body: &str) -> (String, String) {
        (fitted(title, LONGEST_TITLE), fitted(body, LONGEST_TEXT))
    }

    fn set_status(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        status: &CommitStatus<'_>,
    ) -> Result<(), ProviderError> {
        self.require(Operation::Status)?;
        let project = repository.full();
        let description = in_bytes(status.description, LONGEST_IN_STATUS);
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
        // Half an address leads nowhere.
        if let Some(page) = status.page.filter(|page| page.len() <= LONGEST_IN_STATUS) {
            call.target_url(page);
        }
        let call = call.build().map_err(unmade)?;
        // Said of a state that a status has already. From any other one it is a refusal like all others.
        let from = match status.state {
            StatusState::Pending => " from :pending",
            StatusState::Success => " from :success",
            StatusState::Failure | StatusState::Error => " from :failed",
        };
        match self.account.write(repository, Doing::Status, &call) {
            Err(ProviderError::Refused { said, .. })
                if said.mentions(&["cannot transition status"]) && said.mentions(&[from]) =>
            {
                Ok(())
            }
            other => other.map(drop),
        }
    }

    fn access(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Access, ProviderError> {
        self.require(Operation::Access)?;
        let kind = self.account.kind();
        if self.account.is_job() {
            let job = self.account.job(Some(repository))?;
            let branch = self.account.wire_branch(repository, branch)?;
            let found = Found {
                site: &self.account.site,
                repository,
                level: None,
                is_archived: false,
                token: None,
                kind,
                branch: branch.as_ref(),
            };
            return Ok(access::of_job(&found, &job));
        }
        let about = self.account.about(Some(repository), Doing::Looking);
        let token = self.account.token_facts(&about)?;
        let (project, answer) = self.account.wire_project(repository)?;
        let level = self.account.level(repository, &project)?;
        let is_archived = project.is_archived();
        let now = project
            .repository(&answer)
            .map_or_else(|| repository.clone(), |now| now.name);
        let branch = self.account.wire_branch(&now, branch)?;
        let found = Found {
            site: &self.account.site,
            repository: &now,
            level,
            is_archived,
            token: token.as_ref(),
            kind,
            branch: branch.as_ref(),
        };
        Ok(access::access(&found))
    }

    fn unlocking(&self, repository: &RepositoryName) -> Remedy {
        unarchiving(&self.account.site, repository)
    }
}

/// A description or a note that GitLab takes, and takes for nothing else.
fn as_text(text: &str) -> String {
    without_commands(&fitted(text, LONGEST_TEXT))
}

/// The beginning of a text, in so many bytes.
fn in_bytes(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub('…'.len_utf8());
    let end = (0..=room).rev().find(|end| text.is_char_boundary(*end));
    format!("{}…", &text[..end.unwrap_or(0)])
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
