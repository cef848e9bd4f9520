//! What Bitbucket Cloud means when it does not do something, and what its kinds of tokens need.

use serde::Deserialize;
use serde_json::Value;

use crate::git::remote_url::decoded;
use crate::model::secret::Secret;
use crate::net::base_url::segment;
use crate::net::client::Client;
use crate::net::request::Request;
use crate::net::response::Response;
use crate::provider::error::{ProviderError, Remedy, Said};
use crate::provider::kind::ProviderKind;
use crate::provider::site::Site;

const PRODUCT: ProviderKind = ProviderKind::BitbucketCloud;
/// Where an Atlassian account makes its API tokens.
const API_TOKENS: &str = "https://id.atlassian.com/manage-profile/security/api-tokens";

/// A kind of token, told by its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenForm {
    /// `mail:ATATT…`: an API token, sent with the account's address.
    ApiToken,
    /// `ATATT…` without the address, which it needs.
    ApiTokenAlone,
    /// `ATBB…`: an app password; they are dead since 2026-07-28.
    AppPassword,
    /// Of a repository, a project, a workspace or an OAuth app.
    Bearer,
}

/// Who is asked, for messages.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Where.
    pub(crate) site: Site,
    /// With what.
    pub(crate) form: TokenForm,
    /// The token itself, to keep it out of messages.
    pub(crate) token: Secret,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    error: Complaint,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Complaint {
    message: String,
    /// Words, or the scopes that are required and granted.
    detail: Value,
}

impl TokenForm {
    /// Tells a token by its form.
    pub(crate) fn of(token: &str) -> Self {
        let secret = token.split_once(':').map_or(token, |(_, secret)| secret);
        if secret.starts_with("ATBB") {
            Self::AppPassword
        } else if token.contains(':') {
            Self::ApiToken
        } else if token.starts_with("ATATT") {
            Self::ApiTokenAlone
        } else {
            Self::Bearer
        }
    }
}

impl Asked {
    /// The way to a token with these scopes.
    pub(crate) fn wider_token(&self, scopes: &[String], workspace: &str, slug: &str) -> Remedy {
        let scopes = scopes.join("`, `");
        match self.form {
            TokenForm::Bearer => {
                let part = |part: &str| segment(part).unwrap_or_default();
                let path = format!("{}/{}/admin/access-tokens", part(workspace), part(slug));
                Remedy::at(
                    format!(
                        "the access token needs the scopes `{scopes}`; scopes of a token cannot be changed, so make a new one"
                    ),
                    self.site.page(&path),
                )
            }
            _ => Remedy::at(
                format!(
                    "the API token needs the scopes `{scopes}` (writing does not include reading); scopes of a token cannot be changed, so make a new one"
                ),
                API_TOKENS.to_owned(),
            ),
        }
    }

    /// The error that an answer is.
    pub(crate) fn judged(&self, request: &Request, answer: &Response) -> ProviderError {
        let told: Told = answer.json().unwrap_or_default();
        let mut words = told.error.message;
        if let Some(detail) = told.error.detail.as_str() {
            words = format!("{words} {detail}");
        }
        if words.is_empty()
            && let Ok(text) = answer.text()
        {
            words = text.to_owned();
        }
        let said = Said::of(&words, self.token.reveal());
        let call = request.name();
        let status = answer.status;
        let part = |number: usize| decoded(request.path.split('/').nth(number).unwrap_or_default());
        let product = PRODUCT;
        let rates = Client::rates(answer);
        match status {
            200..=299 | 401 => ProviderError::BadToken {
                product,
                said,
                remedy: self.new_token(),
            },
            // Git over HTTPS says so of app passwords, and any call may once they are gone for good.
            410 if self.form == TokenForm::AppPassword => ProviderError::BadToken {
                product,
                said,
                remedy: self.new_token(),
            },
            410 => ProviderError::Forbidden {
                product,
                call,
                said,
                remedy: Remedy::say(
                    "Bitbucket has taken this call away (its words name the announcement): use a newer version of git-postman",
                ),
            },
            403 if is_protection(&said) => protected(said),
            403 => {
                let required = scopes(&told.error.detail["required"]);
                let remedy = if required.is_empty() {
                    Remedy::say(format!(
                        "the account needs “Write” on the repository, under Repository settings › Repository permissions of {}/{}",
                        part(2),
                        part(3)
                    ))
                } else {
                    self.wider_token(&required, &part(2), &part(3))
                };
                ProviderError::Forbidden {
                    product,
                    call,
                    said,
                    remedy,
                }
            }
            404 => ProviderError::NotFound {
                product,
                call,
                said,
                remedy: Remedy::say(
                    "look at the names of workspace and repository, and whether the token may see it: who may not gets the same answer",
                ),
            },
            429 => ProviderError::RateLimited {
                product,
                wait: rates.retry_after.or(rates.reset),
            },
            // Bitbucket's own: the server took too long over it, and would again.
            555 => ProviderError::Refused {
                product,
                call,
                status,
                said,
            },
            _ => ProviderError::unexplained(product, call, status, said, rates.retry_after),
        }
    }

    fn new_token(&self) -> Remedy {
        match self.form {
            TokenForm::AppPassword => Remedy::at(
                "app passwords ended on 2026-07-28: make an API token with scopes and give it as `mail:token`, with the address of the Atlassian account",
                API_TOKENS.to_owned(),
            ),
            TokenForm::ApiTokenAlone => Remedy::at(
                "an API token goes with the address of its Atlassian account: give it as `mail:token`",
                API_TOKENS.to_owned(),
            ),
            TokenForm::ApiToken => Remedy::at(
                "the API token is expired or revoked, was made without scopes, or the address is not that of its account",
                API_TOKENS.to_owned(),
            ),
            TokenForm::Bearer => Remedy::say(
                "the access token is expired or revoked: make a new one in the settings of the repository, the project or the workspace, under Access tokens",
            ),
        }
    }
}

/// The error of a push that branch restrictions refuse.
pub(crate) fn protected(said: Said) -> ProviderError {
    ProviderError::Protected {
        said,
        remedy: Remedy::say(
            "a branch restriction stands before it: use `--to pull-request`, or let the account write under Repository settings › Branch restrictions",
        ),
    }
}

fn is_protection(said: &Said) -> bool {
    said.mentions(&[
        "branch restriction",
        "branch permission",
        "permission to push",
        "protected",
    ])
}

fn scopes(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|scope| Some(Said::of(scope.as_str()?, "").to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Asked, TokenForm};
    use crate::model::secret::Secret;
    use crate::net::request::{Method, Request};
    use crate::net::response::Response;
    use crate::provider::error::ProviderError;
    use crate::provider::kind::ProviderKind;
    use crate::provider::site::Site;

    fn told(token: &str, status: u16, body: &str) -> ProviderError {
        let asked = Asked {
            site: Site::new(ProviderKind::BitbucketCloud, "https://bitbucket.org").unwrap(),
            form: TokenForm::of(token),
            token: Secret::new(token),
        };
        let answer = Response {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.as_bytes().to_vec(),
        };
        let request = Request::new(Method::Post, &["repositories", "acme", "orders", "src"]);
        asked.judged(&request.unwrap(), &answer)
    }

    #[test]
    fn dead_app_passwords_and_lonely_tokens_are_told() {
        let gone = told(
            "kim:ATBBx1y2",
            410,
            r#"{"type":"error","error":{"message":"App passwords are no longer supported."}}"#,
        );
        assert!(gone.hint().contains("app passwords ended"), "{gone:?}");
        for (token, words) in [
            ("kim:ATBBx1y2", "app passwords ended on 2026-07-28"),
            ("ATATT3xFf", "give it as `mail:token`"),
            ("kim@example.com:ATATT3xFf", "expired or revoked"),
            ("ATCTT3xFf", "access token is expired"),
        ] {
            let error = told(token, 401, "");
            assert!(matches!(error, ProviderError::BadToken { .. }), "{error}");
            assert!(error.hint().contains(words), "{}", error.hint());
        }
    }

    #[test]
    fn a_missing_scope_is_named() {
        let body = r#"{"type":"error","error":{"message":"Your credentials lack one or more required privilege scopes.","detail":{"granted":["read:repository:bitbucket"],"required":["write:repository:bitbucket"]}}}"#;
        let error = told("a@b.c:ATATT3", 403, body);
        assert!(
            error.hint().contains("`write:repository:bitbucket`"),
            "{}",
            error.hint()
        );
        assert!(error.hint().ends_with("security/api-tokens"));
        let access = told("ATCTT3", 403, body);
        assert!(
            access
                .hint()
                .ends_with("https://bitbucket.org/acme/orders/admin/access-tokens")
        );
    }

    #[test]
    fn restrictions_limits_and_what_is_gone_are_told_apart() {
        let error =
            |message: &str| format!("{{\"type\":\"error\",\"error\":{{\"message\":{message:?}}}}}");
        let kept = told(
            "x",
            403,
            &error("You do not have permission to push to branch main. Branch restrictions apply."),
        );
        assert!(matches!(kept, ProviderError::Protected { .. }), "{kept}");
        let busy = told(
            "x",
            429,
            &error("Rate limit for this resource has been exceeded"),
        );
        assert!(matches!(busy, ProviderError::RateLimited { .. }), "{busy}");
        let gone = told(
            "x",
            410,
            &error("This API is no longer supported. CHANGE-2770"),
        );
        assert!(gone.to_string().contains("CHANGE-2770"), "{gone}");
        let none = told(
            "x",
            404,
            &error(
                "You may not have access to this repository or it no longer exists in this workspace. If you think this repository exists and you have access, make sure you are authenticated.",
            ),
        );
        assert!(none.is_not_found());
        assert!(matches!(
            told("x", 555, ""),
            ProviderError::Refused { status: 555, .. }
        ));
    }
}
