//! Why a provider did not do it, and what to do: the missing scope or setting by the name that the product gives it, and
//! the page where it is changed.

use std::fmt;
use std::time::Duration;

use crate::model::id::{BranchName, CommitId};
use crate::model::path::RepoPath;
use crate::model::secret::Secret;
use crate::model::snapshot::SnapshotError;
use crate::model::text::{shortened, visible};
use crate::net::error::{Fate, HttpError};
use crate::net::response::NotJson;
use crate::net::retry::Verdict;
use crate::provider::capability::Operation;
use crate::provider::kind::ProviderKind;
use crate::provider::site::RepositoryName;

/// What to change, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// In words, with every setting by its own name.
    pub say: String,
    /// The page where it is changed.
    pub page: Option<String>,
}

/// What a provider said, harmless to show and without the token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said(String);

/// No success.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// No answer.
    #[error(transparent)]
    Unreachable(#[from] HttpError),
    /// Nothing to show who we are.
    #[error("there is no token for {product}")]
    NoToken {
        /// The product.
        product: ProviderKind,
    },
    /// The token is wrong, expired or revoked.
    #[error("{product} refused the token: {said}")]
    BadToken {
        /// The product.
        product: ProviderKind,
        /// In its words.
        said: Said,
        /// What to do.
        remedy: Remedy,
    },
    /// The organisation wants the token to be authorised for its single sign-on.
    #[error(
        "the organisation is protected by single sign-on, and the token is not authorised for it: {said}"
    )]
    SignOn {
        /// In its words.
        said: Said,
        /// Where it is authorised.
        remedy: Remedy,
    },
    /// The account, the token or a setting does not allow it.
    #[error("{product} does not allow {call}: {said}")]
    Forbidden {
        /// The product.
        product: ProviderKind,
        /// The call.
        call: String,
        /// In its words.
        said: Said,
        /// What is missing.
        remedy: Remedy,
    },
    /// The branch's own protection.
    #[error("the branch is protected: {said}")]
    Protected {
        /// In the provider's words.
        said: Said,
        /// What to do.
        remedy: Remedy,
    },
    /// No such thing, or none that the token may see.
    #[error("{product} finds nothing for {call}: {said}")]
    NotFound {
        /// The product.
        product: ProviderKind,
        /// The call.
        call: String,
        /// In its words.
        said: Said,
        /// What to do.
        remedy: Remedy,
    },
    /// The repository has another name by now.
    #[error("the repository {from} has another name by now{}", to.as_ref().map_or(String::new(), |to| format!(": {to}")))]
    Renamed {
        /// As it was called.
        from: RepositoryName,
        /// As it is called, where the provider says so.
        to: Option<RepositoryName>,
    },
    /// Nobody can write to it.
    #[error("the repository {repository} is archived, so nothing in it can be changed")]
    Archived {
        /// The repository.
        repository: RepositoryName,
        /// What to do.
        remedy: Remedy,
    },
    /// It has no commit yet.
    #[error("the repository {repository} is empty")]
    Empty {
        /// The repository.
        repository: RepositoryName,
    },
    /// Somebody else was first.
    #[error("the branch {branch} has moved: {expected} was expected{}", now(found.as_ref()))]
    Moved {
        /// The branch.
        branch: BranchName,
        /// Where it was to stand.
        expected: CommitId,
        /// Where it stands; `None` where it is gone.
        found: Option<CommitId>,
    },
    /// A file is not what the change was made from.
    #[error("{path} is not what the change was made from")]
    Changed {
        /// The file.
        path: RepoPath,
    },
    /// The files that a change was made from cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The name is taken.
    #[error("there is a branch {branch} already")]
    BranchExists {
        /// The branch.
        branch: BranchName,
    },
    /// The provider will not open a second one.
    #[error("there is an open pull request from this branch already: {said}")]
    PullRequestOpen {
        /// In the provider's words.
        said: Said,
    },
    /// The branch's open pull request is somebody else's.
    #[error("pull request {number} from the branch {branch} was not opened for this: {page}")]
    ForeignPullRequest {
        /// Its number.
        number: u64,
        /// Its page.
        page: String,
        /// The branch.
        branch: BranchName,
    },
    /// Both branches hold the same.
    #[error("there is nothing to merge: {said}")]
    NothingToMerge {
        /// In the provider's words.
        said: Said,
    },
    /// Too many calls.
    #[error("{product} allows no more calls for now{}", waiting(*wait))]
    RateLimited {
        /// The product.
        product: ProviderKind,
        /// How long it asks to wait.
        wait: Option<Duration>,
    },
    /// The product has no such thing.
    #[error("{product} cannot {}: {reason}", operation.words())]
    Cannot {
        /// The product.
        product: ProviderKind,
        /// What.
        operation: Operation,
        /// Why not.
        reason: &'static str,
    },
    /// More than the service shows.
    #[error("{product} does not show all of it: {what} is too large")]
    TooLarge {
        /// The product.
        product: ProviderKind,
        /// What.
        what: String,
    },
    /// An answer that cannot be understood.
    #[error("{call} answered {status}, but {problem}")]
    Malformed {
        /// The call.
        call: String,
        /// Its status.
        status: u16,
        /// What is wrong with its body.
        problem: NotJson,
    },
    /// The service is broken, for now.
    #[error("{product} fails: {call} answered {status}")]
    Failing {
        /// The product.
        product: ProviderKind,
        /// The call.
        call: String,
        /// Its status.
        status: u16,
        /// How long it asks to wait.
        wait: Option<Duration>,
    },
    /// The git program could not do its part; nothing was written.
    #[error("git did not do it: {said}")]
    Git {
        /// In the words of git and of the server.
        said: Said,
    },
    /// A push was sent, and nobody can say what became of it.
    #[error("git lost the connection in the middle of a push: {said}")]
    GitInDoubt {
        /// In the words of git and of the server.
        said: Said,
    },
    /// Anything else.
    #[error("{product} refused {call} with {status}: {said}")]
    Refused {
        /// The product.
        product: ProviderKind,
        /// The call.
        call: String,
        /// Its status.
        status: u16,
        /// In its words.
        said: Said,
    },
}

impl Remedy {
    /// Words alone.
    pub fn say(words: impl Into<String>) -> Self {
        Self {
            say: words.into(),
            page: None,
        }
    }

    /// Words and the page that they speak of.
    pub fn at(words: impl Into<String>, page: String) -> Self {
        Self {
            say: words.into(),
            page: Some(page),
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.say)?;
        match &self.page {
            Some(page) => write!(formatter, ": {page}"),
            None => Ok(()),
        }
    }
}

impl Said {
    /// Takes a provider's words: shortened, with nothing that drives a terminal and without a text that must not be shown.
    pub fn of(words: &str, secret: &str) -> Self {
        let hidden = if secret.is_empty() {
            words.to_owned()
        } else {
            words.replace(secret, "***")
        };
        let line: Vec<&str> = hidden.split_whitespace().collect();
        Self(shortened(&visible(&line.join(" ")), 400))
    }

    /// Whether one of these stands in it, in any case of letters. The needles are in lower case.
    pub fn mentions(&self, needles: &[&str]) -> bool {
        let words = self.0.to_ascii_lowercase();
        needles.iter().any(|needle| words.contains(needle))
    }
}

impl fmt::Display for Said {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_empty() {
            "it does not say why"
        } else {
            &self.0
        })
    }
}

impl ProviderError {
    /// Nothing where there is a token.
    ///
    /// # Errors
    /// [`Self::NoToken`] where there is none.
    pub(crate) fn unless_token(product: ProviderKind, token: &Secret) -> Result<(), Self> {
        match token.is_empty() {
            true => Err(Self::NoToken { product }),
            false => Ok(()),
        }
    }

    /// An answer that is no success and that nothing more is known of: the service fails, or says no.
    pub(crate) fn unexplained(
        product: ProviderKind,
        call: String,
        status: u16,
        said: Said,
        wait: Option<Duration>,
    ) -> Self {
        match status {
            500.. => Self::Failing {
                product,
                call,
                status,
                wait,
            },
            _ => Self::Refused {
                product,
                call,
                status,
                said,
            },
        }
    }

    /// What became of the call.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Unreachable(error) => Verdict::of(error.fate()),
            Self::RateLimited { wait, .. } => Verdict::of(Fate::NotDone).after(*wait),
            // A gateway may fail after the service has done it.
            Self::Failing { wait, .. } => Verdict::of(Fate::InDoubt).after(*wait),
            Self::GitInDoubt { .. } => Verdict::of(Fate::InDoubt),
            Self::Malformed {
                problem: NotJson::Cut(_),
                ..
            } => Verdict::of(Fate::InDoubt),
            _ => Verdict::of(Fate::Final),
        }
    }

    /// Whether nobody knows what became of a write.
    pub fn is_in_doubt(&self) -> bool {
        self.verdict().fate == Fate::InDoubt
    }

    /// Whether there is no such thing, as far as the token may see.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// What to change at the provider, and on which page, where the error knows one.
    pub fn remedy(&self) -> Option<&Remedy> {
        match self {
            Self::BadToken { remedy, .. }
            | Self::SignOn { remedy, .. }
            | Self::Forbidden { remedy, .. }
            | Self::Protected { remedy, .. }
            | Self::NotFound { remedy, .. }
            | Self::Archived { remedy, .. } => Some(remedy),
            _ => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Unreachable(HttpError::Base(_)) => {
                "name the site with https: --provider KIND --url https://HOST".to_owned()
            }
            Self::Unreachable(error) => error.hint().to_owned(),
            Self::NoToken { product } => format!("set {}", product.token_variables()),
            Self::BadToken { remedy, .. }
            | Self::SignOn { remedy, .. }
            | Self::Forbidden { remedy, .. }
            | Self::Protected { remedy, .. }
            | Self::NotFound { remedy, .. }
            | Self::Archived { remedy, .. } => remedy.to_string(),
            Self::Renamed { to, .. } => match to {
                Some(to) => format!("give the remote its new address, that of {to}: `git remote set-url`"),
                None => "give the remote its new address: `git remote set-url`".to_owned(),
            },
            Self::Empty { .. } => "push a first commit to it".to_owned(),
            Self::Moved { .. } | Self::Changed { .. } => {
                "run it again: it then starts from what stands there now".to_owned()
            }
            Self::Snapshot(SnapshotError::Listing { hint, .. } | SnapshotError::Read { hint, .. }) => {
                hint.clone().unwrap_or_else(|| "try again".to_owned())
            }
            Self::BranchExists { .. } => "choose another name, or delete the branch".to_owned(),
            Self::PullRequestOpen { .. } => "run it again: it then finds that one".to_owned(),
            Self::ForeignPullRequest { .. } => {
                "close it or rename its branch; its text is left as it is".to_owned()
            }
            Self::NothingToMerge { .. } => "nothing needs to be done".to_owned(),
            Self::RateLimited { .. } => {
                "wait, or let fewer runs use the same token at once".to_owned()
            }
            Self::TooLarge { .. } => "clone the repository and work there".to_owned(),
            Self::Cannot { .. } => "do it in another way, or by hand".to_owned(),
            Self::Malformed {
                problem: NotJson::Page(_),
                ..
            } => "a proxy or a sign-in page answers in its place: look at HTTPS_PROXY, NO_PROXY and the address of the site"
                .to_owned(),
            Self::Malformed { .. } => {
                "try again; where it stays so, look whether the address of the site is right"
                    .to_owned()
            }
            Self::Failing { .. } => "try again later".to_owned(),
            Self::Git { .. } => {
                "look whether `git ls-remote` reaches the repository from here: proxy, certificates, `user.name`, `user.email` and signatures are git's own settings"
                    .to_owned()
            }
            Self::GitInDoubt { .. } => "run it again: it looks first what is there".to_owned(),
            Self::Refused { .. } => "what it names is wrong in what was sent".to_owned(),
        }
    }
}

fn now(found: Option<&CommitId>) -> String {
    match found {
        Some(found) => format!(", and {found} stands there"),
        None => ", and it is gone".to_owned(),
    }
}

fn waiting(wait: Option<Duration>) -> String {
    wait.map_or(String::new(), |wait| {
        let seconds = wait.as_secs();
        if seconds < 120 {
            format!("; it asks to wait {seconds} seconds")
        } else {
            format!("; it asks to wait {} minutes", seconds.div_ceil(60))
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{ProviderError, Remedy, Said};
    use crate::model::id::{BranchName, CommitId};
    use crate::net::error::Fate;
    use crate::provider::capability::Operation;
    use crate::provider::kind::ProviderKind;

    #[test]
    fn what_a_provider_says_is_harmless_and_holds_no_token() {
        let said = Said::of("bad\u{1b}[31m\n token ghp_1 ", "ghp_1");
        assert_eq!(said.to_string(), "bad\\x1b[31m token ***");
        assert!(said.mentions(&["nothing", "token"]));
        assert_eq!(Said::of("", "x").to_string(), "it does not say why");
    }

    #[test]
    fn errors_are_sentences_with_a_way_out() {
        let moved = ProviderError::Moved {
            branch: BranchName::parse("main").unwrap(),
            expected: CommitId::parse(&"a".repeat(40)).unwrap(),
            found: None,
        };
        assert!(moved.to_string().ends_with("and it is gone"), "{moved}");
        let limited = ProviderError::RateLimited {
            product: ProviderKind::GitHub,
            wait: Some(Duration::from_secs(3000)),
        };
        assert_eq!(
            limited.to_string(),
            "GitHub allows no more calls for now; it asks to wait 50 minutes"
        );
        assert_eq!(limited.verdict().fate, Fate::NotDone);
        let cannot = ProviderError::Cannot {
            product: ProviderKind::BitbucketDataCenter,
            operation: Operation::Commit,
            reason: "its API writes one file at a time",
        };
        assert_eq!(
            cannot.to_string(),
            "Bitbucket Data Center cannot commit several files at once: its API writes one file at a time"
        );
        let remedy = Remedy::at("turn on “X”", "https://example.com".to_owned());
        assert_eq!(remedy.to_string(), "turn on “X”: https://example.com");
    }
}
