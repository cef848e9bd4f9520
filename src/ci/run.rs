//! What a run of a CI system is about, in words of Git and of pull requests: the values that every system is read into.

use std::fmt;

use crate::model::id::{BranchName, CommitId};
use crate::model::text::visible;

/// A system that runs jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CiSystem {
    /// GitHub Actions, on GitHub.com or GitHub Enterprise Server.
    GitHubActions,
    /// GitLab CI.
    GitLabCi,
    /// Azure Pipelines, whoever hosts the repository.
    AzurePipelines,
    /// Bitbucket Pipelines, which only Bitbucket Cloud has.
    BitbucketPipelines,
    /// Jenkins, whoever hosts the repository.
    Jenkins,
}

/// One run, as far as its system says what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CiRun {
    /// The system.
    pub system: CiSystem,
    /// What started it.
    pub cause: Cause,
    /// The repository as the system names it. Who hosts it is told by the remote, never by this.
    pub repository: Option<String>,
    /// What was to be checked out.
    pub reference: Reference,
    /// The commit that was to be checked out.
    pub commit: Option<Revision>,
    /// What the change is to be compared with, as the system says.
    pub base: Option<Base>,
    /// The pull request that it is about.
    pub pull_request: Option<PullRequest>,
    /// The branch that a new clone gets.
    pub default_branch: Option<BranchName>,
    /// What the system does not say, or says in a form that cannot be used.
    pub doubts: Vec<String>,
}

/// What started a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Commits were pushed.
    Push,
    /// A pull request was opened or changed.
    PullRequest,
    /// A pull request waits to be merged, together with those before it.
    MergeQueue,
    /// The clock.
    Schedule,
    /// A person.
    Manual,
    /// Something else, in the system's own word.
    Other(String),
    /// The system does not say.
    Unsaid,
}

/// What is checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A branch.
    Branch(BranchName),
    /// A tag, which never counts as a branch, whatever it is called.
    Tag(String),
    /// What merging a pull request would give; no branch has it.
    Merged,
    /// The newest commit of a pull request.
    Head,
    /// What a queue would merge into this branch next; no branch has it.
    Queued(Option<BranchName>),
    /// The system does not say.
    Unsaid,
}

/// What a change is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// The tip of the branch that it goes to, at some time: what both have in common counts.
    Target(Revision),
    /// What the change and the branch that it goes to have in common.
    Shared(Revision),
    /// What the branch stood for before the push.
    Before(Revision),
    /// The branch is new.
    NewBranch,
}

/// A pull request, or a merge request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number.
    pub number: Option<u64>,
    /// The branch that it brings, in the repository that it comes from.
    pub source: Option<BranchName>,
    /// The branch that it goes to.
    pub target: Option<BranchName>,
    /// Its newest commit.
    pub head: Option<Revision>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a pull request comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// A branch of the repository itself.
    Same,
    /// Another repository; what says so.
    Fork(String),
    /// Nothing says where from. It is treated as a fork.
    #[default]
    Unsaid,
}

/// The id of a commit, whole or its first digits: Bitbucket shortens some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision(String);

/// The fewest digits of an id that name a commit.
const FEWEST_DIGITS: usize = 7;

impl Base {
    /// What stood there before a push, as systems write it: zeros stand for nothing.
    pub fn before(text: &str) -> Option<Self> {
        match CommitId::parse(text) {
            Some(id) if id.is_zero() => Some(Self::NewBranch),
            _ => Revision::parse(text).map(Self::Before),
        }
    }
}

impl Revision {
    /// Reads an id; `None` for text that is none, and for zeros, which stand for no commit.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let right = (FEWEST_DIGITS..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_hexdigit())
            && text.bytes().any(|byte| byte != b'0');
        right.then(|| Self(text.to_ascii_lowercase()))
    }

    /// Whether it names this commit.
    pub fn is(&self, commit: &CommitId) -> bool {
        commit.as_str().starts_with(&self.0)
    }

    /// The id, where it is whole.
    pub fn whole(&self) -> Option<CommitId> {
        CommitId::parse(&self.0)
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.get(..10).unwrap_or(&self.0))
    }
}

impl CiSystem {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::GitHubActions => "GitHub Actions",
            Self::GitLabCi => "GitLab CI",
            Self::AzurePipelines => "Azure Pipelines",
            Self::BitbucketPipelines => "Bitbucket Pipelines",
            Self::Jenkins => "Jenkins",
        }
    }

    /// Its name for scripts.
    pub fn word(self) -> &'static str {
        match self {
            Self::GitHubActions => "github",
            Self::GitLabCi => "gitlab",
            Self::AzurePipelines => "azure",
            Self::BitbucketPipelines => "bitbucket",
            Self::Jenkins => "jenkins",
        }
    }

    /// What makes it clone the whole history.
    pub fn whole_history(self) -> &'static str {
        match self {
            Self::GitHubActions => "give `actions/checkout` the input `fetch-depth: 0`",
            Self::GitLabCi => "set the variable `GIT_DEPTH: 0` for the job",
            Self::AzurePipelines => "write `fetchDepth: 0` at the step `checkout: self`",
            Self::BitbucketPipelines => "write `clone: {depth: full}` for the step",
            Self::Jenkins => "turn `Shallow clone` off among the advanced clone behaviours",
        }
    }

    /// How a job is made to run on the branch and not for a pull request.
    pub fn on_a_branch(self) -> &'static str {
        match self {
            Self::GitHubActions => "a workflow with `on: push` for the branch",
            Self::GitLabCi => "a job with `rules: - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH`",
            Self::AzurePipelines => "a pipeline with `trigger:` for the branch",
            Self::BitbucketPipelines => "a pipeline below `branches:`",
            Self::Jenkins => "a stage with `when { branch '…' }`",
        }
    }
}

impl CiRun {
    /// A run of which nothing is known yet.
    pub fn of(system: CiSystem) -> Self {
        Self {
            system,
            cause: Cause::Unsaid,
            repository: None,
            reference: Reference::Unsaid,
            commit: None,
            base: None,
            pull_request: None,
            default_branch: None,
            doubts: Vec::new(),
        }
    }

    /// The branch that is checked out, where it is one.
    pub fn branch(&self) -> Option<&BranchName> {
        match &self.reference {
            Reference::Branch(branch) => Some(branch),
            _ => None,
        }
    }

    /// The branch, where `HEAD` is the commit that the run checked out of it. A job may check out something else later.
    pub fn branch_of(&self, head: &CommitId) -> Option<&BranchName> {
        let is_it = self.commit.as_ref().is_some_and(|commit| commit.is(head));
        self.branch().filter(|_| is_it)
    }

    /// What makes it a run for a pull request from somewhere else, or from nobody knows where. Nothing is written in one, and
    /// no token is read.
    pub fn foreign(&self) -> Option<String> {
        let pull_request = self.pull_request.as_ref()?;
        let name = pull_request.name();
        match &pull_request.origin {
            Origin::Same => None,
            Origin::Fork(fact) => Some(format!("{name} comes from a fork ({})", visible(fact))),
            Origin::Unsaid => Some(format!(
                "nothing says whether {name} comes from a fork, so it is treated as one"
            )),
        }
    }

    /// What it is about, for people.
    pub fn told(&self) -> String {
        let what = match (&self.pull_request, &self.reference) {
            (Some(pull_request), Reference::Queued(_)) => {
                format!("{} in the merge queue", pull_request.name())
            }
            (Some(pull_request), _) => pull_request.name(),
            (None, Reference::Branch(branch)) => format!("the branch `{branch}`"),
            (None, Reference::Tag(tag)) => format!("the tag `{}`", visible(tag)),
            (None, Reference::Queued(Some(target))) => {
                format!("the merge queue of `{target}`")
            }
            (None, Reference::Queued(None)) => "a merge queue".to_owned(),
            (None, Reference::Merged | Reference::Head) => "a pull request".to_owned(),
            (None, Reference::Unsaid) => "a commit without a branch".to_owned(),
        };
        format!("a run of {} for {what}", self.system.name())
    }
}

impl PullRequest {
    /// What it is called in messages.
    pub fn name(&self) -> String {
        match self.number {
            Some(number) => format!("pull request {number}"),
            None => "the pull request".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Revision;
    use crate::model::id::CommitId;

    #[test]
    fn an_id_may_be_shortened_and_zeros_are_none() {
        let commit = CommitId::parse("88a27cd7f22198765432188a27cd7f2219876543").unwrap();
        let short = Revision::parse("88A27CD7F221").unwrap();
        assert!(short.is(&commit) && short.whole().is_none());
        assert!(Revision::parse(commit.as_str()).unwrap().whole() == Some(commit));
        for none in [
            "",
            "88a27c",
            "main",
            &"0".repeat(40),
            &"a".repeat(65),
            "--exec",
        ] {
            assert_eq!(Revision::parse(none), None, "{none}");
        }
    }
}
