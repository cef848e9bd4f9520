//! Why a run could not do its job: kind, words, hints; the kind gives the exit code.

use crate::audit::join::JoinError;
use crate::audit::part::PartError;
use crate::audit::state::StateError;
use crate::config::file::ConfigError;
use crate::git::error::GitError;
use crate::git::write_error::WriteError;
use crate::mirror::home::NoHome;
use crate::mirror::link_ends::Mismatch;
use crate::mirror::link_error::LinkError;
use crate::mirror::link_files::LinkFilesError;
use crate::mirror::proposal::ProposalError;
use crate::mirror::seal::SealError;
use crate::mirror::store::StoreError;
use crate::model::finding::Place;
use crate::model::snapshot::SnapshotError;
use crate::postman::error::PostmanError;
use crate::provider::error::ProviderError;
use crate::provider::locate::LocateError;
use crate::provider::probe::ProbeError;
use crate::setup::hook_changes::SetupError;

/// A run that could not do its job.
#[derive(Debug)]
pub struct Failure {
    /// What kind of trouble, for the exit code.
    pub kind: Kind,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// Where, for a configuration.
    pub place: Option<Box<Place>>,
    /// What to do.
    pub hints: Vec<String>,
}

/// What kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The command line, the configuration or the repository cannot be used: nothing was tried.
    Usage,
    /// A conflict needs a person: nothing of it was written.
    Conflict,
    /// Postman or the provider refused, answered nonsense, or is out of reach.
    Service,
    /// Somebody else kept syncing first.
    Overtaken,
}

impl Kind {
    /// The exit code of the contract.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Conflict => 3,
            Self::Service => 4,
            Self::Overtaken => 5,
        }
    }
}

impl Failure {
    /// A failure with its words.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::of(Kind::Usage, message)
    }

    /// A failure of a kind.
    pub fn of(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            place: None,
            hints: Vec::new(),
        }
    }

    /// The same where something was written before: 2 says that nothing was tried, and that would not be true.
    #[must_use]
    pub fn after_writing(mut self) -> Self {
        if self.kind == Kind::Usage {
            self.kind = Kind::Service;
        }
        self
    }

    /// The same with what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl From<GitError> for Failure {
    fn from(error: GitError) -> Self {
        let failure = Self::usage(error.to_string());
        match error.hint() {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    }
}

impl From<SnapshotError> for Failure {
    fn from(error: SnapshotError) -> Self {
        let message = error.to_string();
        let (SnapshotError::Listing { hint, .. } | SnapshotError::Read { hint, .. }) = error;
        hint.into_iter().fold(Self::usage(message), Self::with_hint)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let failure = Self {
            place: Some(error.place),
            ..Self::usage(error.message)
        };
        error.hint.into_iter().fold(failure, Self::with_hint)
    }
}

impl From<SetupError> for Failure {
    fn from(error: SetupError) -> Self {
        let hint = error.hint();
        hint.into_iter()
            .fold(Self::usage(error.to_string()), Self::with_hint)
    }
}

impl From<PostmanError> for Failure {
    fn from(error: PostmanError) -> Self {
        let kind = match error {
            // Nothing was tried: a setting is missing.
            PostmanError::NoKey => Kind::Usage,
            _ => Kind::Service,
        };
        Self::of(kind, error.to_string()).with_hint(error.hint())
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        Self::usage(error.to_string()).with_hint(error.hint())
    }
}

impl From<PartError> for Failure {
    fn from(error: PartError) -> Self {
        Self::usage(error.to_string())
            .with_hint("take the files as `audit --out FILE` wrote them, of the same release")
    }
}

impl From<JoinError> for Failure {
    fn from(error: JoinError) -> Self {
        Self::usage(error.to_string()).with_hint(error.hint())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let kind = match error {
            StoreError::Refused { .. } | StoreError::NotPushed { .. } => Kind::Service,
            StoreError::Git(ref error) if error.is_about_a_remote() => Kind::Service,
            _ => Kind::Usage,
        };
        let hint = error.hint();
        hint.into_iter()
            .fold(Self::of(kind, error.to_string()), Self::with_hint)
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        let hint = error.hint();
        hint.into_iter()
            .fold(Self::usage(error.to_string()), Self::with_hint)
    }
}

impl From<SealError> for Failure {
    fn from(error: SealError) -> Self {
        let kind = match error {
            SealError::StateMoved | SealError::SidesMoved => Kind::Conflict,
            SealError::Malformed { .. }
            | SealError::UnknownVersion { .. }
            | SealError::DecidedOtherwise => Kind::Usage,
        };
        Self::of(kind, error.to_string()).with_hint(error.hint())
    }
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        let kind = match error {
            LinkError::NoFiles { .. }
            | LinkError::FilesDiffer { .. }
            | LinkError::OtherRepository(_)
            | LinkError::Recreated(_) => Kind::Conflict,
            _ => Kind::Usage,
        };
        Self::of(kind, error.to_string()).with_hint(error.hint())
    }
}

impl From<Mismatch> for Failure {
    fn from(mismatch: Mismatch) -> Self {
        Self::of(Kind::Conflict, mismatch.to_string()).with_hint(mismatch.hint)
    }
}

impl From<LinkFilesError> for Failure {
    fn from(error: LinkFilesError) -> Self {
        let hint = error.hint();
        hint.into_iter()
            .fold(Self::usage(error.to_string()), Self::with_hint)
    }
}

impl From<NoHome> for Failure {
    fn from(error: NoHome) -> Self {
        let hint = error.hint();
        hint.into_iter()
            .fold(Self::usage(error.to_string()), Self::with_hint)
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Self::of(kind_of(&error), error.to_string()).with_hint(error.hint())
    }
}

impl From<LocateError> for Failure {
    fn from(error: LocateError) -> Self {
        Self::usage(error.to_string()).with_hint(error.hint())
    }
}

impl From<ProbeError> for Failure {
    fn from(error: ProbeError) -> Self {
        let kind = match error {
            ProbeError::Locate(_) => Kind::Usage,
            ProbeError::Unrecognised { .. } | ProbeError::Silent { .. } => Kind::Service,
        };
        Self::of(kind, error.to_string()).with_hint(error.hint())
    }
}

impl From<ProposalError> for Failure {
    fn from(error: ProposalError) -> Self {
        let kind = match &error {
            ProposalError::Provider(error) => kind_of(error),
            ProposalError::Foreign { .. } => Kind::Conflict,
            ProposalError::Moved { .. } => Kind::Overtaken,
            ProposalError::NotPushed { .. } => Kind::Service,
            _ => Kind::Usage,
        };
        let hint = error.hint();
        hint.into_iter()
            .fold(Self::of(kind, error.to_string()), Self::with_hint)
    }
}

fn kind_of(error: &ProviderError) -> Kind {
    match error {
        // Nothing was tried: a setting is missing, or there is no such thing.
        ProviderError::NoToken { .. } | ProviderError::Cannot { .. } => Kind::Usage,
        ProviderError::ForeignPullRequest { .. } => Kind::Conflict,
        ProviderError::Moved { .. } => Kind::Overtaken,
        _ => Kind::Service,
    }
}
