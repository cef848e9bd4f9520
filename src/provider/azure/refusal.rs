//! What Azure DevOps means when it does not do something. A success code is no success there: a sign-in page comes as 203
//! or 200, and the words of an error hold a code (`TF401019`) that says more than its status.

use serde::Deserialize;

use crate::git::remote_url::decoded;
use crate::model::secret::Secret;
use crate::net::base_url::segment;
use crate::net::client::Client;
use crate::net::error::HttpError;
use crate::net::request::Request;
use crate::net::response::Response;
use crate::provider::error::{ProviderError, Remedy, Said};
use crate::provider::kind::ProviderKind;
use crate::provider::site::{RepositoryName, Site};

/// How a token is sent, which decides what may be wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenForm {
    /// A personal access token.
    Personal,
    /// Of Microsoft Entra ID, of an OAuth app, or of a pipeline.
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

/// What stands in the body of an error.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Told {
    message: Option<String>,
    type_key: Option<String>,
}

/// Git permissions as answers name them, and as pages do.
const PERMISSIONS: [(&str, &str); 6] = [
    ("genericread", "Read"),
    ("genericcontribute", "Contribute"),
    ("createbranch", "Create branch"),
    ("pullrequestcontribute", "Contribute to pull requests"),
    (
        "forcepush",
        "Force push (rewrite history, delete branches and tags)",
    ),
    ("policyexempt", "Bypass policies when pushing"),
];

impl Asked {
    fn product(&self) -> ProviderKind {
        self.site.kind
    }

    /// The page with the user's tokens.
    pub(crate) fn tokens_page(&self) -> String {
        self.site.page("_usersSettings/tokens")
    }

    /// The page with the permissions on the repositories of a project.
    pub(crate) fn permissions_page(&self, project: &str) -> String {
        let project = segment(project).unwrap_or_default();
        self.site.page(&format!("{project}/_settings/repositories"))
    }

    /// What lets a token write.
    pub(crate) fn wider_token(&self) -> Remedy {
        match self.form {
            TokenForm::Personal => Remedy::at(
                "give the personal access token the scopes “Code (Read & write)”, “Code (Status)” and “Pull Request Threads (Read & write)”",
                self.tokens_page(),
            ),
            TokenForm::Bearer => Remedy::say(
                "the token needs the scopes vso.code_write, vso.code_status and vso.threads_full; that of a pipeline has them, and then its build service lacks a permission",
            ),
        }
    }

    /// What lets an account write.
    pub(crate) fn wider_account(&self, project: &str, permissions: &str) -> Remedy {
        Remedy::at(
            format!(
                "let the account (in a pipeline: “{project} Build Service”) have {permissions} in Project settings › Repositories › Security"
            ),
            self.permissions_page(project),
        )
    }

    /// The error that an answer is; the answer itself where it is none.
    pub(crate) fn judged(
        &self,
        request: &Request,
        answer: Response,
    ) -> Result<Response, ProviderError> {
        if answer.is_success() || (300..400).contains(&answer.status) {
            return Err(self.signed_out(&Said::default()));
        }
        let told: Told = answer.json().unwrap_or_default();
        let words = told.message.or_else(|| service_error(&answer));
        let said = Said::of(&words.unwrap_or_default(), self.token.reveal());
        let key = told.type_key.unwrap_or_default();
        Err(self.refused(request, &answer, &key, said))
    }

    /// A redirect away is a way to say “sign in” too.
    pub(crate) fn unreachable(&self, error: HttpError) -> ProviderError {
        let signs_in = |host: &str| {
            ["visualstudio.com", "microsoftonline.com", "live.com"]
                .iter()
                .any(|end| host.ends_with(end))
        };
        match error {
            HttpError::RedirectAway { ref to, .. } if signs_in(to) => {
                self.signed_out(&Said::default())
            }
            other => other.into(),
        }
    }

    fn signed_out(&self, said: &Said) -> ProviderError {
        let said = if *said == Said::default() {
            Said::of("it shows its sign-in page", "")
        } else {
            said.clone()
        };
        let remedy = match self.form {
            TokenForm::Personal => Remedy::at(
                "the personal access token is expired, revoked, incomplete, or of another organisation: make a new one for this organisation (tokens for “All accessible organizations” end on 2026-12-01)",
                self.tokens_page(),
            ),
            TokenForm::Bearer => Remedy::say(
                "the token is expired or of another tenant: get a new one; in a pipeline, hand in $(System.AccessToken) by `env:`",
            ),
        };
        ProviderError::BadToken {
            product: self.product(),
            said,
            remedy,
        }
    }

    fn unauthorized(&self, said: Said) -> ProviderError {
        let product = self.product();
        if said.mentions(&["vs403463"]) {
            let remedy = Remedy::say(
                "a conditional access policy of Microsoft Entra ID keeps this token out: run it where the policy allows, or let an administrator of the directory except it",
            );
            return ProviderError::SignOn { said, remedy };
        }
        if !said.mentions(&["tf400813"]) {
            return self.signed_out(&said);
        }
        let remedy = match (product, self.form) {
            (ProviderKind::AzureServices, TokenForm::Bearer) => Remedy::at(
                "the account is no member of the organisation, or its policy “Third-party application access via OAuth” keeps tokens of OAuth apps out: an administrator turns it on under Organization settings › Policies, or use a personal access token, which it does not touch",
                self.site.page("_settings/organizationPolicy"),
            ),
            (_, TokenForm::Bearer) => {
                Remedy::say("the account of the token is no member of this collection: add it")
            }
            (_, TokenForm::Personal) => Remedy::at(
                "the personal access token is of another organisation, or its account is no member of this one",
                self.tokens_page(),
            ),
        };
        ProviderError::BadToken {
            product,
            said,
            remedy,
        }
    }

    /// What opens a disabled repository again.
    pub(crate) fn enabling(&self, project: &str) -> Remedy {
        Remedy::at(
            "it is disabled: turn off “Disable Repository” in Project settings › Repositories",
            self.permissions_page(project),
        )
    }

    fn disabled(&self, request: &Request, said: Said) -> ProviderError {
        let project = part_of(request, 1);
        let remedy = self.enabling(&project);
        match RepositoryName::new(&project, &part_of(request, 5)) {
            Ok(repository) => ProviderError::Archived { repository, remedy },
            Err(_) => ProviderError::Forbidden {
                product: self.product(),
                call: request.name(),
                said,
                remedy,
            },
        }
    }

    fn refused(
        &self,
        request: &Request,
        answer: &Response,
        key: &str,
        said: Said,
    ) -> ProviderError {
        let product = self.product();
        let call = request.name();
        let status = answer.status;
        let rates = Client::rates(answer);
        let wait = rates.retry_after.or(rates.reset);
        if status == 429 || said.mentions(&["tf400733"]) {
            return ProviderError::RateLimited { product, wait };
        }
        if let Some(error) = by_type(key, &said) {
            return error;
        }
        if key == "GitRepositoryDisabledException" || said.mentions(&["is disabled"]) {
            return self.disabled(request, said);
        }
        match status {
            401 => self.unauthorized(said),
            403 => {
                let project = part_of(request, 1);
                let remedy = missing(&said).map_or_else(
                    || self.wider_token(),
                    |permission| self.wider_account(&project, &format!("“{permission}”")),
                );
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
                    "look at the names of project and repository, and whether the account has “Read” there: who may not see it gets the same answer",
                ),
            },
            _ => ProviderError::unexplained(product, call, status, said, wait),
        }
    }
}

/// Whether a push was refused because the branch has another tip by now.
pub(crate) fn is_stale(said: &Said) -> bool {
    said.mentions(&["tf401028", "staleoldobjectid"])
}

/// What stands before a branch, and the way around it.
pub(crate) fn protected(said: Said) -> ProviderError {
    let remedy = if said.mentions(&["lock"]) {
        Remedy::say("the branch is locked: unlock it under Repos › Branches, or use a pull request")
    } else {
        Remedy::say(
            "its branch policies want a pull request: use `--to pull-request`, or let the account have “Bypass policies when pushing”",
        )
    };
    ProviderError::Protected { said, remedy }
}

fn by_type(key: &str, said: &Said) -> Option<ProviderError> {
    let said_again = said.clone();
    match key {
        "GitRefUpdateRejectedByPolicyException" | "GitRefLockedException" => {
            Some(protected(said_again))
        }
        "GitPullRequestExistsException" => {
            Some(ProviderError::PullRequestOpen { said: said_again })
        }
        _ if said.mentions(&["tf402455"]) => Some(protected(said_again)),
        _ if said.mentions(&["tf401179"]) => {
            Some(ProviderError::PullRequestOpen { said: said_again })
        }
        _ => None,
    }
}

/// The permission that an answer misses, as pages call it.
fn missing(said: &Said) -> Option<&'static str> {
    let found = PERMISSIONS
        .iter()
        .find(|(name, _)| said.mentions(&[&format!("'{name}'")]));
    found.map(|(_, shown)| *shown)
}

/// Where there is no body to read, a header may say it.
fn service_error(answer: &Response) -> Option<String> {
    let words = answer.header("x-tfs-serviceerror")?;
    Some(decoded(&words.replace('+', " ")))
}

/// A part of the path, which begins with the project.
fn part_of(request: &Request, number: usize) -> String {
    decoded(request.path.split('/').nth(number).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{Asked, TokenForm};
    use crate::model::secret::Secret;
    use crate::net::error::HttpError;
    use crate::net::request::{Method, Request};
    use crate::net::response::Response;
    use crate::provider::error::ProviderError;
    use crate::provider::kind::ProviderKind;
    use crate::provider::site::Site;

    fn asked(form: TokenForm) -> Asked {
        Asked {
            site: Site::new(ProviderKind::AzureServices, "https://dev.azure.com/acme").unwrap(),
            form,
            token: Secret::new("hunter2"),
        }
    }

    fn told(form: TokenForm, status: u16, key: &str, message: &str) -> ProviderError {
        let body = format!("{{\"$id\":\"1\",\"message\":{message:?},\"typeKey\":{key:?}}}");
        let answer = Response {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.into_bytes(),
        };
        let request = Request::new(Method::Post, &["My Proj", "_apis", "git"]).unwrap();
        asked(form).judged(&request, answer).unwrap_err()
    }

    #[test]
    fn a_sign_in_page_is_no_answer_whatever_its_status() {
        for status in [200, 203, 302] {
            let page = Response {
                status,
                headers: vec![(
                    "content-type".to_owned(),
                    "text/html; charset=utf-8".to_owned(),
                )],
                body: b"<html><title>Azure DevOps Services | Sign In</title>".to_vec(),
            };
            let request = Request::new(Method::Get, &["shop"]).unwrap();
            let error = asked(TokenForm::Personal)
                .judged(&request, page)
                .unwrap_err();
            assert!(matches!(error, ProviderError::BadToken { .. }), "{error}");
            assert!(
                error
                    .hint()
                    .contains("https://dev.azure.com/acme/_usersSettings/tokens")
            );
        }
        let away = HttpError::RedirectAway {
            call: "GET /".to_owned(),
            host: "dev.azure.com".to_owned(),
            to: "spsprodweu5.vssps.visualstudio.com".to_owned(),
        };
        let error = asked(TokenForm::Personal).unreachable(away);
        assert!(matches!(error, ProviderError::BadToken { .. }), "{error}");
    }

    #[test]
    fn the_organisation_s_policy_is_named_where_it_may_be_the_cause() {
        let words = "TF400813: The user 'aad.hunter2' is not authorized to access this resource.";
        let error = told(
            TokenForm::Bearer,
            401,
            "UnauthorizedRequestException",
            words,
        );
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert!(
            error
                .hint()
                .contains("“Third-party application access via OAuth”")
                && error
                    .hint()
                    .ends_with("https://dev.azure.com/acme/_settings/organizationPolicy"),
            "{}",
            error.hint()
        );
        let personal = told(
            TokenForm::Personal,
            401,
            "UnauthorizedRequestException",
            words,
        );
        assert!(!personal.hint().contains("Third-party"));
        let conditional = told(
            TokenForm::Bearer,
            401,
            "",
            "VS403463: The conditional access policy defined by your Microsoft Entra administrator has failed.",
        );
        assert!(matches!(conditional, ProviderError::SignOn { .. }));
    }

    #[test]
    fn a_missing_permission_is_named_as_its_page_names_it() {
        let words = "TF401027: You need the Git 'PullRequestContribute' permission to perform this action. Details: identity 'Build\\6f', scope 'repository'.";
        let error = told(TokenForm::Bearer, 403, "GitNeedsPermissionException", words);
        assert!(matches!(error, ProviderError::Forbidden { .. }), "{error}");
        assert!(
            error.hint().contains("“Contribute to pull requests”")
                && error.hint().contains("“My Proj Build Service”")
                && error
                    .hint()
                    .ends_with("https://dev.azure.com/acme/My%20Proj/_settings/repositories"),
            "{}",
            error.hint()
        );
        let scope = told(TokenForm::Personal, 403, "", "");
        assert!(scope.hint().contains("“Code (Read & write)”"));
    }

    #[test]
    fn codes_say_more_than_statuses() {
        type Test = fn(&ProviderError) -> bool;
        let cases: [(u16, &str, &str, Test); 7] = [
            (
                403,
                "GitRepositoryDisabledException",
                "TF401019: The Git repository with name or identifier orders is disabled.",
                |error| {
                    matches!(
                        error,
                        ProviderError::Forbidden { .. } | ProviderError::Archived { .. }
                    )
                },
            ),
            (
                403,
                "GitRefUpdateRejectedByPolicyException",
                "TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.",
                |error| matches!(error, ProviderError::Protected { .. }),
            ),
            (
                409,
                "GitPullRequestExistsException",
                "TF401179: An active pull request for the source and target branch already exists.",
                |error| matches!(error, ProviderError::PullRequestOpen { .. }),
            ),
            (
                404,
                "GitRepositoryNotFoundException",
                "TF401019: The Git repository with name or identifier orders does not exist or you do not have permissions for the operation you are attempting.",
                |error| error.is_not_found(),
            ),
            (
                404,
                "ProjectDoesNotExistWithNameException",
                "VS800075: The project with id 'vstfs:///shop' does not exist.",
                |error| error.is_not_found(),
            ),
            (
                503,
                "RequestBlockedException",
                "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource 'Concurrency' in namespace 'User'.",
                |error| matches!(error, ProviderError::RateLimited { .. }),
            ),
            (
                500,
                "",
                "TF401035: The object '1' does not exist.",
                |error| error.is_in_doubt(),
            ),
        ];
        for (status, key, message, test) in cases {
            let error = told(TokenForm::Personal, status, key, message);
            assert!(test(&error), "{error:?}");
        }
    }
}
