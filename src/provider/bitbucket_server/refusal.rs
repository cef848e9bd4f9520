//! What Bitbucket Data Center means when it does not do something, by its API or through git.

use serde::Deserialize;

use crate::git::remote_url::decoded;
use crate::model::secret::Secret;
use crate::net::base_url::segment;
use crate::net::client::Client;
use crate::net::request::Request;
use crate::net::response::Response;
use crate::provider::error::{ProviderError, Remedy, Said};
use crate::provider::kind::ProviderKind;
use crate::provider::site::{RepositoryName, Site};

const PRODUCT: ProviderKind = ProviderKind::BitbucketDataCenter;

/// Who is asked, for messages.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Where.
    pub(crate) site: Site,
    /// The token, to keep it out of messages.
    pub(crate) token: Secret,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    errors: Vec<Complaint>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Complaint {
    message: Option<String>,
    exception_name: Option<String>,
}

impl Asked {
    /// A page of a repository.
    pub(crate) fn page(&self, name: &RepositoryName, below: &str) -> String {
        let slug = segment(name.name()).unwrap_or_default();
        let path = match name.owner().strip_prefix('~') {
            Some(user) => format!("users/{}", segment(user).unwrap_or_default()),
            None => format!("projects/{}", segment(name.owner()).unwrap_or_default()),
        };
        self.site.page(&format!("{path}/repos/{slug}{below}"))
    }

    /// What lets account and token write.
    pub(crate) fn writing(&self, name: &RepositoryName) -> Remedy {
        Remedy::at(
            "give the account “Repository write” in Repository settings › Repository permissions, and the HTTP access token the permission “Repository write”, which cannot be changed later: make a new one",
            self.page(name, "/permissions"),
        )
    }

    /// The error that an answer is.
    pub(crate) fn judged(&self, request: &Request, answer: &Response) -> ProviderError {
        let product = PRODUCT;
        let told: Told = answer.json().unwrap_or_default();
        let complaint = told.errors.into_iter().next().unwrap_or_default();
        let exception = complaint.exception_name.unwrap_or_default();
        let exception = exception.rsplit('.').next().unwrap_or_default();
        let message = complaint.message.unwrap_or_default();
        // The class says what the sentence, which is translated, may not.
        let words = match (message.is_empty(), exception.is_empty()) {
            (false, false) => format!("{message} ({exception})"),
            (false, true) => message,
            (true, _) => exception.to_owned(),
        };
        let said = Said::of(&words, self.token.reveal());
        let call = request.name();
        let status = answer.status;
        let rates = Client::rates(answer);
        let name = repository_of(request);
        if let Some(name) = name.as_ref().filter(|_| said.mentions(&["archived"])) {
            return self.archived(name);
        }
        match status {
            200..=299 | 401 => ProviderError::BadToken {
                product,
                said,
                remedy: Remedy::at(
                    "the HTTP access token is expired, revoked or of another server: make a new one under Manage account › HTTP access tokens, with “Repository write”",
                    self.site.page("plugins/servlet/access-tokens/manage"),
                ),
            },
            403 => ProviderError::Forbidden {
                product,
                call,
                said,
                remedy: name.map_or_else(
                    || Remedy::say("the account or its token lacks “Repository write”"),
                    |name| self.writing(&name),
                ),
            },
            404 => ProviderError::NotFound {
                product,
                call,
                said,
                remedy: Remedy::say(
                    "look at the key of the project and the name of the repository, and at the path that the product is installed under",
                ),
            },
            429 => ProviderError::RateLimited {
                product,
                wait: rates.retry_after.or(rates.reset),
            },
            _ => ProviderError::unexplained(product, call, status, said, rates.retry_after),
        }
    }

    /// What its server says through git; `None` for anything that is no refusal of its own.
    pub(crate) fn declined(&self, name: &RepositoryName, said: &Said) -> Option<ProviderError> {
        let product = PRODUCT;
        let said_again = said.clone();
        if said.mentions(&["archived", "read-only mode"]) {
            return Some(self.archived(name));
        }
        if said.mentions(&[
            "can only be modified through pull requests",
            "branch permissions",
            "pre-receive hook declined",
            "is read-only",
        ]) {
            return Some(ProviderError::Protected {
                said: said_again,
                remedy: Remedy::at(
                    "a branch permission or a hook of the server stands before it: use `--to pull-request`, or change Repository settings › Branch permissions",
                    self.page(name, "/branch-permissions"),
                ),
            });
        }
        if said.mentions(&[
            "authentication failed",
            "could not read username",
            "error: 401",
        ]) {
            return Some(ProviderError::BadToken {
                product,
                said: said_again,
                remedy: Remedy::at(
                    "git is refused with this token: it needs “Repository write”, and HTTP(S) must be allowed for git on the server",
                    self.site.page("plugins/servlet/access-tokens/manage"),
                ),
            });
        }
        if said.mentions(&["error: 403", "permission to"]) {
            return Some(ProviderError::Forbidden {
                product,
                call: "git push".to_owned(),
                said: said_again,
                remedy: self.writing(name),
            });
        }
        said.mentions(&["repository not found", "does not exist"])
            .then(|| ProviderError::NotFound {
                product,
                call: "git".to_owned(),
                said: said.clone(),
                remedy: Remedy::say(
                    "look at the key of the project and the name of the repository",
                ),
            })
    }

    fn archived(&self, name: &RepositoryName) -> ProviderError {
        ProviderError::Archived {
            repository: name.clone(),
            remedy: self.unarchiving(name),
        }
    }

    /// What opens an archived repository again.
    pub(crate) fn unarchiving(&self, name: &RepositoryName) -> Remedy {
        Remedy::at(
            "unarchive it in Repository settings › Archive repository",
            self.page(name, "/settings"),
        )
    }
}

/// The repository that a call is about: `/api/latest/projects/KEY/repos/SLUG`.
fn repository_of(request: &Request) -> Option<RepositoryName> {
    let parts: Vec<&str> = request.path.split('/').collect();
    let at = parts.iter().position(|part| *part == "projects")?;
    let part = |offset: usize| parts.get(at + offset).map(|part| decoded(part));
    RepositoryName::new(&part(1)?, &part(3)?).ok()
}

#[cfg(test)]
mod tests {
    use super::Asked;
    use crate::model::secret::Secret;
    use crate::net::request::{Method, Request};
    use crate::net::response::Response;
    use crate::provider::error::{ProviderError, Said};
    use crate::provider::kind::ProviderKind;
    use crate::provider::site::{RepositoryName, Site};

    fn asked() -> Asked {
        Asked {
            site: Site::new(
                ProviderKind::BitbucketDataCenter,
                "https://bb.example.com/git",
            )
            .unwrap(),
            token: Secret::new("NjM4"),
        }
    }

    fn told(status: u16, exception: &str, message: &str) -> ProviderError {
        let body = format!(
            "{{\"errors\":[{{\"context\":null,\"message\":{message:?},\"exceptionName\":{exception:?}}}]}}"
        );
        let answer = Response {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.into_bytes(),
        };
        let parts = [
            "api", "latest", "projects", "~kim", "repos", "orders", "branches",
        ];
        asked().judged(&Request::new(Method::Get, &parts).unwrap(), &answer)
    }

    #[test]
    fn refusals_name_the_permission_and_its_page() {
        let error = told(
            403,
            "com.atlassian.bitbucket.AuthorisationException",
            "You are not permitted to access this resource",
        );
        assert!(
            error.hint().contains("“Repository write”")
                && error
                    .hint()
                    .ends_with("https://bb.example.com/git/users/kim/repos/orders/permissions"),
            "{}",
            error.hint()
        );
        let token = told(
            401,
            "com.atlassian.bitbucket.AuthenticationException",
            "Authentication failed. NjM4",
        );
        assert!(matches!(token, ProviderError::BadToken { .. }));
        assert!(!token.to_string().contains("NjM4"), "{token}");
        let none = told(
            404,
            "com.atlassian.bitbucket.repository.NoSuchRepositoryException",
            "Repository ~kim/orders does not exist.",
        );
        assert!(none.is_not_found());
        let archived = told(
            409,
            "com.atlassian.bitbucket.repository.RepositoryArchivedException",
            "Repository is archived",
        );
        assert!(matches!(archived, ProviderError::Archived { .. }));
        assert!(matches!(
            told(429, "", "slow down"),
            ProviderError::RateLimited { .. }
        ));
    }

    #[test]
    fn what_a_server_says_through_git_is_understood() {
        let name = RepositoryName::new("SHOP", "orders").unwrap();
        let declined = |words: &str| asked().declined(&name, &Said::of(words, ""));
        let kept = declined(
            "! refs/heads/main:refs/heads/main [remote rejected] (pre-receive hook declined)\nremote: Branch refs/heads/main can only be modified through pull requests.",
        );
        assert!(
            matches!(kept, Some(ProviderError::Protected { .. })),
            "{kept:?}"
        );
        let outside = declined(
            "fatal: Authentication failed for 'https://bb.example.com/git/scm/shop/orders.git/'",
        );
        assert!(
            matches!(outside, Some(ProviderError::BadToken { .. })),
            "{outside:?}"
        );
        assert!(declined("! [rejected] main -> main (stale info)").is_none());
    }
}
