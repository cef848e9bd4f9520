//! The kinds of GitLab's tokens, told by how they look, and what each needs for an act by the name that GitLab gives it.

use crate::model::secret::Secret;
use crate::provider::error::Remedy;
use crate::provider::site::{RepositoryName, Site};

/// The page where personal access tokens are made.
const OWN_TOKENS: &str = "-/user_settings/personal_access_tokens";

/// A token, and which kind of token it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitLabToken {
    /// The kind.
    pub(crate) kind: TokenKind,
    /// The token.
    pub(crate) secret: Secret,
}

/// A kind of token. They travel in different headers and may do different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// `glpat-`, or whatever an administrator has chosen: of a person, a project or a group, with scopes.
    Access,
    /// Of an OAuth application.
    OAuth,
    /// `glcbt-`: the `CI_JOB_TOKEN` of a running job.
    Job,
    /// `gldt-`: of a deployment. It clones and pushes, and the API does not know it.
    Deploy,
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
    /// Merge requests.
    MergeRequest,
    /// Notes on merge requests.
    Note,
    /// Statuses of commits.
    Status,
}

impl GitLabToken {
    /// A token whose kind is told by how it looks: all but those of OAuth applications have a prefix.
    pub fn of(secret: Secret) -> Self {
        let text = secret.reveal();
        let is_bare = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let kind = if text.starts_with("glcbt-") {
            TokenKind::Job
        } else if text.starts_with("gldt-") {
            TokenKind::Deploy
        } else if is_bare {
            TokenKind::OAuth
        } else {
            TokenKind::Access
        };
        Self { kind, secret }
    }

    /// The `CI_JOB_TOKEN` of a running job, however it looks: older installations give it no prefix.
    pub fn of_job(secret: Secret) -> Self {
        Self {
            kind: TokenKind::Job,
            secret,
        }
    }

    /// The header that carries it, in lower case, and the header's value.
    pub(crate) fn header(&self) -> (&'static str, Secret) {
        let secret = &self.secret;
        match self.kind {
            TokenKind::OAuth => {
                let value = Secret::new(format!("Bearer {}", secret.reveal()));
                ("authorization", value)
            }
            TokenKind::Job => ("job-token", secret.clone()),
            TokenKind::Access | TokenKind::Deploy => ("private-token", secret.clone()),
        }
    }
}

impl TokenKind {
    /// The user name that goes with it when git asks for a password.
    pub(crate) fn git_user(self) -> &'static str {
        match self {
            Self::Job => "gitlab-ci-token",
            _ => "oauth2",
        }
    }

    /// What such a token needs, and where it gets it.
    pub(crate) fn needs(
        self,
        doing: Doing,
        site: &Site,
        repository: Option<&RepositoryName>,
    ) -> Remedy {
        let role = doing.role();
        match self {
            Self::Job => job_token(doing, site, repository),
            Self::Deploy => Remedy::at(
                "use a personal, project or group access token: a deploy token has no access to the API",
                site.page(OWN_TOKENS),
            ),
            Self::OAuth => Remedy::say(format!(
                "the application behind the token needs the scope `{}`, and the account the role {role}",
                doing.scope()
            )),
            Self::Access => Remedy::at(
                format!(
                    "the token needs the scope `{}`, and its account the role {role}",
                    doing.scope()
                ),
                match repository {
                    Some(repository) => project_page(site, repository, "project_members"),
                    None => site.page(OWN_TOKENS),
                },
            ),
        }
    }

    /// A token with another scope, or one that still is good.
    pub(crate) fn anew(self, scope: &str, site: &Site) -> Remedy {
        match self {
            Self::Job => Remedy::say(
                "a job token is good only while its job runs: start the job again, or give it a project access token in a masked variable",
            ),
            _ => Remedy::at(
                format!(
                    "make a token with the scope `{scope}`{}; scopes of an existing one cannot be changed",
                    if scope == "read_api" {
                        " (`api` to write as well)"
                    } else {
                        ""
                    }
                ),
                site.page(OWN_TOKENS),
            ),
        }
    }
}

impl Doing {
    /// In words that follow “does not allow”.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Looking => "looking at the project",
            Self::Listing => "listing the projects",
            Self::Reading => "reading files and branches",
            Self::Writing => "writing files and branches",
            Self::MergeRequest => "working on the merge request",
            Self::Note => "commenting on the merge request",
            Self::Status => "setting the status of the commit",
        }
    }

    /// Whether it only reads.
    pub(crate) fn is_reading(self) -> bool {
        matches!(self, Self::Looking | Self::Listing | Self::Reading)
    }

    /// The scope that is enough for it.
    pub(crate) fn scope(self) -> &'static str {
        if self.is_reading() { "read_api" } else { "api" }
    }

    fn role(self) -> &'static str {
        if self.is_reading() {
            "Reporter"
        } else {
            "Developer"
        }
    }
}

/// A page of a project.
pub(crate) fn project_page(site: &Site, repository: &RepositoryName, path: &str) -> String {
    site.page(&format!("{}/-/{path}", repository.full()))
}

fn job_token(doing: Doing, site: &Site, repository: Option<&RepositoryName>) -> Remedy {
    let words = if doing == Doing::Writing {
        "turn on “Allow Git push requests to the repository” (GitLab 17.2 and later), or give the job a project access token with the scope `api` in a masked variable"
    } else {
        "give the job a project access token with the scope `api` in a masked variable; a job token reaches other projects only where “Job token permissions” list its own"
    };
    match repository {
        Some(repository) => Remedy::at(
            words,
            project_page(site, repository, "settings/ci_cd#js-token-access"),
        ),
        None => Remedy::say(words),
    }
}

#[cfg(test)]
mod tests {
    use super::{Doing, GitLabToken, TokenKind};
    use crate::model::secret::Secret;
    use crate::provider::kind::ProviderKind;
    use crate::provider::site::{RepositoryName, Site};

    #[test]
    fn a_token_travels_by_its_kind_and_is_asked_for_in_gitlabs_own_words() {
        let site = Site::new(ProviderKind::GitLabSelfManaged, "https://example.com/git").unwrap();
        let repository = RepositoryName::parse("a/b/c").unwrap();
        let hex = "0123456789abcdef".repeat(4);
        for (token, kind, header, words) in [
            ("glpat-1", TokenKind::Access, "private-token", "scope `api`"),
            (
                "own-prefix-1",
                TokenKind::Access,
                "private-token",
                "role Developer",
            ),
            (&hex, TokenKind::OAuth, "authorization", "application"),
            (
                "glcbt-64_1",
                TokenKind::Job,
                "job-token",
                "“Allow Git push requests",
            ),
            (
                "glcbt-64_1",
                TokenKind::Job,
                "job-token",
                "https://example.com/git/a/b/c/-/settings/ci_cd#js-token-access",
            ),
            (
                "gldt-1",
                TokenKind::Deploy,
                "private-token",
                "no access to the API",
            ),
        ] {
            let token = GitLabToken::of(Secret::new(token));
            assert_eq!((token.kind, token.header().0), (kind, header));
            let remedy = kind.needs(Doing::Writing, &site, Some(&repository));
            assert!(remedy.to_string().contains(words), "{remedy}");
        }
        assert_eq!(Doing::Reading.scope(), "read_api");
        let old = GitLabToken::of_job(Secret::new("abc"));
        assert_eq!((old.kind, old.header().0), (TokenKind::Job, "job-token"));
    }
}
