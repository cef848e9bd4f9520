//! The kinds of GitHub's tokens, told by their prefix, and what each needs for an act by the name that GitHub gives it.

use crate::provider::error::Remedy;
use crate::provider::site::{RepositoryName, Site};

/// A kind of token. What may be judged from the outside differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// `ghp_`: a classic personal access token, with scopes.
    Classic,
    /// `github_pat_`: a fine-grained one, with permissions.
    FineGrained,
    /// `gho_`: of an OAuth app, with scopes.
    OAuth,
    /// `ghu_`: of a GitHub App, for a user.
    AppUser,
    /// `ghs_`: of an installation of a GitHub App; `GITHUB_TOKEN` is one.
    Installation,
    /// Anything else: older ones have no prefix.
    Unknown,
}

/// What is being done, as far as rights go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    /// Looking at a repository.
    Looking,
    /// Listing repositories.
    Listing,
    /// Reading files, branches and commits.
    Reading,
    /// Writing files and branches.
    Writing,
    /// Pull requests.
    PullRequest,
    /// Comments on pull requests.
    Comment,
    /// Statuses of commits.
    Status,
}

impl TokenKind {
    /// Tells a token by its prefix.
    pub(crate) fn of(token: &str) -> Self {
        let kinds = [
            ("ghp_", Self::Classic),
            ("github_pat_", Self::FineGrained),
            ("gho_", Self::OAuth),
            ("ghu_", Self::AppUser),
            ("ghs_", Self::Installation),
        ];
        let found = kinds.iter().find(|(prefix, _)| token.starts_with(prefix));
        found.map_or(Self::Unknown, |(_, kind)| *kind)
    }

    /// Whether GitHub says in `X-OAuth-Scopes` what it may do.
    pub(crate) fn has_scopes(self) -> bool {
        matches!(self, Self::Classic | Self::OAuth | Self::Unknown)
    }

    /// What such a token needs, and where it gets it.
    pub(crate) fn needs(
        self,
        doing: Doing,
        site: &Site,
        repository: Option<&RepositoryName>,
    ) -> Remedy {
        let permission = doing.permission();
        match self {
            Self::Installation => {
                let (key, level) = doing.workflow_key();
                let words = format!(
                    "give the job `{key}: {level}` under `permissions:` in the workflow file; a GitHub App needs the permission {permission}"
                );
                match repository {
                    Some(repository) => {
                        let page = site.page(&format!("{}/settings/actions", repository.full()));
                        Remedy::at(format!("{words}, and “Workflow permissions” must allow it"), page)
                    }
                    None => Remedy::say(words),
                }
            }
            Self::FineGrained => Remedy::at(
                format!(
                    "give the token access to this repository and the permission {permission}"
                ),
                site.page("settings/personal-access-tokens"),
            ),
            Self::AppUser => Remedy::say(format!(
                "the GitHub App behind the token needs the permission {permission}, and the account the role for it"
            )),
            Self::Classic | Self::OAuth | Self::Unknown => Remedy::at(
                "give the token the scope `repo` (`public_repo` is enough for public repositories), and the account write access"
                    .to_owned(),
                site.page("settings/tokens"),
            ),
        }
    }
}

impl Doing {
    /// In words that follow “does not allow”.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Looking => "looking at the repository",
            Self::Listing => "listing the repositories",
            Self::Reading => "reading files and branches",
            Self::Writing => "writing files and branches",
            Self::PullRequest => "working on the pull request",
            Self::Comment => "commenting on the pull request",
            Self::Status => "setting the status of the commit",
        }
    }

    /// The permission of fine-grained tokens and apps.
    fn permission(self) -> &'static str {
        match self {
            Self::Looking | Self::Listing => "“Metadata”: Read-only",
            Self::Reading => "“Contents”: Read-only",
            Self::Writing => "“Contents”: Read and write",
            Self::PullRequest => "“Pull requests”: Read and write",
            Self::Comment => "“Issues”: Read and write",
            Self::Status => "“Commit statuses”: Read and write",
        }
    }

    fn workflow_key(self) -> (&'static str, &'static str) {
        match self {
            Self::Looking | Self::Listing => ("metadata", "read"),
            Self::Reading => ("contents", "read"),
            Self::Writing => ("contents", "write"),
            Self::PullRequest => ("pull-requests", "write"),
            Self::Comment => ("issues", "write"),
            Self::Status => ("statuses", "write"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Doing, TokenKind};
    use crate::provider::kind::ProviderKind;
    use crate::provider::site::{RepositoryName, Site};

    #[test]
    fn a_token_is_told_by_its_prefix_and_asked_for_in_its_own_words() {
        let site = Site::new(ProviderKind::GitHub, "https://github.com").unwrap();
        let repository = RepositoryName::parse("acme/orders").unwrap();
        for (token, kind, words) in [
            ("ghp_x", TokenKind::Classic, "scope `repo`"),
            ("0123456789abcdef", TokenKind::Unknown, "scope `repo`"),
            (
                "gho_x",
                TokenKind::OAuth,
                "https://github.com/settings/tokens",
            ),
            (
                "github_pat_x",
                TokenKind::FineGrained,
                "“Pull requests”: Read and write",
            ),
            ("ghs_x", TokenKind::Installation, "`pull-requests: write`"),
            (
                "ghs_x",
                TokenKind::Installation,
                "acme/orders/settings/actions",
            ),
            ("ghu_x", TokenKind::AppUser, "GitHub App"),
        ] {
            assert_eq!(TokenKind::of(token), kind);
            let remedy = kind.needs(Doing::PullRequest, &site, Some(&repository));
            assert!(remedy.to_string().contains(words), "{remedy}");
        }
    }
}
