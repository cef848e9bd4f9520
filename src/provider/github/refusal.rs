//! What GitHub says when it refuses, and what it means: its traps, each by its real answer.

use std::time::Duration;

use serde::Deserialize;

use crate::net::rate::Rates;
use crate::net::response::Response;
use crate::provider::error::{ProviderError, Remedy, Said};
use crate::provider::github::token::{Doing, TokenKind};
use crate::provider::site::{RepositoryName, Site};

/// GitHub asks for at least this long after it met its secondary limit and named no time.
const SECONDARY_WAIT: Duration = Duration::from_secs(60);

/// What a call was about, for its errors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    /// Where.
    pub(crate) site: &'a Site,
    /// The repository, where it is one.
    pub(crate) repository: Option<&'a RepositoryName>,
    /// What is being done.
    pub(crate) doing: Doing,
}

/// One error in an answer to a GraphQL query, or in the list of a refused validation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Complaint {
    /// `STALE_DATA` and the like; not every error has one.
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// A sentence.
    pub(crate) message: Option<String>,
    /// `already_exists` and the like.
    code: Option<String>,
    /// Which member of what was sent.
    field: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    message: Option<String>,
    errors: Vec<serde_json::Value>,
}

impl About<'_> {
    /// In words, for messages.
    pub(crate) fn call(&self) -> String {
        match self.repository {
            Some(repository) => format!("{} ({repository})", self.doing.words()),
            None => self.doing.words().to_owned(),
        }
    }

    fn page(&self, path: &str) -> String {
        match self.repository {
            Some(repository) => self.site.page(&format!("{}/{path}", repository.full())),
            None => self.site.web.to_string(),
        }
    }

    fn organisation_page(&self, path: &str) -> String {
        match self.repository {
            Some(repository) => {
                let owner = repository.owner();
                self.site
                    .page(&format!("organizations/{owner}/settings/{path}"))
            }
            None => self.site.web.to_string(),
        }
    }
}

/// What an answer that is no success means.
pub(crate) fn refusal(
    about: &About<'_>,
    answer: &Response,
    rates: &Rates,
    token: &str,
) -> ProviderError {
    let said = said(answer, token);
    let product = about.site.kind;
    let call = about.call();
    let status = answer.status;
    if let Some(wait) = limited(answer, rates, &said) {
        return ProviderError::RateLimited { product, wait };
    }
    if let Some(error) = signed_on(about, answer, &said) {
        return error;
    }
    if let (301 | 302 | 307 | 308, Some(from)) = (status, about.repository) {
        return ProviderError::Renamed {
            from: from.clone(),
            to: None,
        };
    }
    match status {
        401 => ProviderError::BadToken {
            product,
            said,
            remedy: new_token(about, TokenKind::of(token)),
        },
        403 | 404 | 409 | 410 | 422 | 451 => meant(about, status, said, token),
        _ => ProviderError::unexplained(product, call, status, said, rates.retry_after),
    }
}

/// What the words of a refusal mean, wherever they stood: with a status, or in an answer to a GraphQL query.
pub(crate) fn meant(about: &About<'_>, status: u16, said: Said, token: &str) -> ProviderError {
    let product = about.site.kind;
    let call = about.call();
    if let Some(repository) = about.repository {
        if said.mentions(&[
            "was archived",
            "is archived",
            "repository has been archived",
        ]) {
            return ProviderError::Archived {
                repository: repository.clone(),
                remedy: unarchiving(about.site, repository),
            };
        }
        if said.mentions(&["git repository is empty"]) {
            return ProviderError::Empty {
                repository: repository.clone(),
            };
        }
    }
    if said.mentions(&["a pull request already exists"]) {
        return ProviderError::PullRequestOpen { said };
    }
    if said.mentions(&["no commits between"]) {
        return ProviderError::NothingToMerge { said };
    }
    if said.mentions(&[
        "rule violations found",
        "protected branch",
        "must be made through a pull request",
        "cannot be updated",
        "required status check",
    ]) {
        return ProviderError::Protected {
            said,
            remedy: Remedy::at(
                "let the changes come by a pull request, or change the rules of the branch (“Rulesets”, “Branch protection rules”)",
                about.page("settings/rules"),
            ),
        };
    }
    if let Some(remedy) = setting(about, &said, token) {
        return ProviderError::Forbidden {
            product,
            call,
            said,
            remedy,
        };
    }
    let kind = TokenKind::of(token);
    let needs = kind.needs(about.doing, about.site, about.repository);
    match status {
        403 | 451 => ProviderError::Forbidden {
            product,
            call,
            said,
            remedy: needs,
        },
        404 => ProviderError::NotFound {
            product,
            call,
            said,
            remedy: Remedy {
                say: format!(
                    "look at its name; GitHub answers so, too, for what the token may not see: {}",
                    needs.say
                ),
                page: needs.page,
            },
        },
        _ => ProviderError::Refused {
            product,
            call,
            status,
            said,
        },
    }
}

/// The words of a refusal: its message and what it lists.
pub(crate) fn said(answer: &Response, token: &str) -> Said {
    let body: Body = match answer.json() {
        Ok(body) => body,
        Err(_) if answer.body.is_empty() => Body::default(),
        Err(problem) => return Said::of(&problem.to_string(), token),
    };
    let mut words: Vec<String> = body.message.into_iter().collect();
    for error in body.errors {
        // A list of texts, or of objects.
        let text = match error {
            serde_json::Value::String(text) => Some(text),
            other => {
                let complaint: Complaint = serde_json::from_value(other).unwrap_or_default();
                let place = complaint.field.zip(complaint.code);
                let place = place.map(|(field, code)| format!("{field}: {code}"));
                complaint.message.or(place)
            }
        };
        words.extend(text);
    }
    // What a fine-grained token or an app would need, as GitHub names it.
    let wanted = answer.header("x-accepted-github-permissions");
    if let (403, Some(wanted)) = (answer.status, wanted) {
        words.push(format!("it wants {wanted}"));
    }
    Said::of(&words.join("; "), token)
}

/// How long to wait, where the answer is a limit. The outer `None` is that it is none.
fn limited(answer: &Response, rates: &Rates, said: &Said) -> Option<Option<Duration>> {
    if !matches!(answer.status, 403 | 429) {
        return None;
    }
    let is_secondary =
        rates.retry_after.is_some() || said.mentions(&["secondary rate limit", "abuse detection"]);
    if rates.remaining == Some(0) && !is_secondary {
        return Some(rates.reset);
    }
    if is_secondary {
        return Some(rates.retry_after.or(Some(SECONDARY_WAIT)));
    }
    let is_limit = answer.status == 429 || said.mentions(&["api rate limit exceeded"]);
    is_limit.then_some(rates.reset.or(Some(SECONDARY_WAIT)))
}

fn signed_on(about: &About<'_>, answer: &Response, said: &Said) -> Option<ProviderError> {
    let header = answer.header("x-github-sso");
    let by_header = header.is_some_and(|value| value.trim_start().starts_with("required"));
    if !by_header && !said.mentions(&["saml enforcement"]) {
        return None;
    }
    // The address comes from outside: only one on the site's own pages is told.
    let own = format!("{}/", about.site.web);
    let named = header
        .and_then(|value| value.split_once("url="))
        .map(|(_, url)| url.trim())
        .filter(|url| url.starts_with(&own) && !url.chars().any(char::is_control));
    let page = named.map_or_else(|| about.site.page("settings/tokens"), str::to_owned);
    Some(ProviderError::SignOn {
        said: said.clone(),
        remedy: sign_on(page),
    })
}

/// What opens an archived repository again.
pub(crate) fn unarchiving(site: &Site, repository: &RepositoryName) -> Remedy {
    Remedy::at(
        "“Unarchive this repository” under “Danger Zone”",
        site.page(&format!("{}/settings", repository.full())),
    )
}

/// What a list means that leaves organisations out, since the token is not authorised for their single sign-on: GitHub gives it
/// with a success code.
pub(crate) fn left_out(about: &About<'_>, answer: &Response) -> Option<ProviderError> {
    let header = answer.header("x-github-sso")?;
    let list = header.trim_start().strip_prefix("partial-results")?;
    let ids: Vec<&str> = list
        .split_once("organizations=")
        .map_or("", |(_, ids)| ids)
        .split(',')
        .map(str::trim)
        .filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
        .collect();
    let said = format!(
        "the list leaves out organisations that want it ({})",
        ids.join(", ")
    );
    Some(ProviderError::SignOn {
        said: Said::of(&said, ""),
        remedy: sign_on(about.site.page("settings/tokens")),
    })
}

fn sign_on(page: String) -> Remedy {
    Remedy::at(
        "authorise the token for the organisation by “Configure SSO” beside it; its owner must be signed on at that moment",
        page,
    )
}

/// The setting that stands in the way, where the words name one.
fn setting(about: &About<'_>, said: &Said, token: &str) -> Option<Remedy> {
    if said.mentions(&["not permitted to create or approve pull requests"]) {
        return Some(Remedy::at(
            "turn on “Allow GitHub Actions to create and approve pull requests”, which the organisation may have to allow first; or give the job a token of a user or of a GitHub App",
            about.page("settings/actions"),
        ));
    }
    if said.mentions(&["oauth app access restrictions"]) {
        return Some(Remedy::at(
            "an owner of the organisation approves the app under “OAuth app policy”, or use a personal access token",
            about.organisation_page("oauth_application_policy"),
        ));
    }
    if said.mentions(&["ip allow list"]) {
        return Some(Remedy::at(
            "an owner of the organisation adds this machine's address to the “IP allow list”",
            about.organisation_page("security"),
        ));
    }
    if said.mentions(&[
        "forbids access via a personal access token",
        "forbids access via a fine-grained",
    ]) {
        return Some(Remedy::at(
            "the organisation's policy “Personal access tokens” forbids this kind of token, or one that lives so long: use another kind, or ask an owner",
            about.organisation_page("personal-access-tokens"),
        ));
    }
    if said.mentions(&["without `workflow` scope", "without `workflows` permission"]) {
        return Some(Remedy::at(
            "files below .github/workflows need the scope `workflow` (fine-grained: “Workflows”: Read and write) as well",
            about.site.page("settings/tokens"),
        ));
    }
    if said.mentions(&["repository access blocked", "repository unavailable"]) {
        return Some(Remedy::say(
            "GitHub itself has locked the repository: its owner was told why",
        ));
    }
    if said.mentions(&[
        "not accessible by integration",
        "not accessible by personal access token",
    ]) {
        return Some(TokenKind::of(token).needs(about.doing, about.site, about.repository));
    }
    None
}

fn new_token(about: &About<'_>, kind: TokenKind) -> Remedy {
    match kind {
        TokenKind::Installation => Remedy::say(
            "the token lives no longer than its job: pass `github.token` of this very job to the step",
        ),
        TokenKind::OAuth => Remedy::say(
            "sign in again; GitHub keeps ten tokens for a user, an OAuth app and a set of scopes, and revokes the one least recently used for an eleventh, so connect more than ten through further accounts, or use a personal access token, which does not count",
        ),
        TokenKind::FineGrained => Remedy::at(
            "make a new fine-grained token, or look whether this one has expired",
            about.site.page("settings/personal-access-tokens"),
        ),
        TokenKind::Classic | TokenKind::AppUser | TokenKind::Unknown => Remedy::at(
            "make a new token with the scope `repo`, or look whether this one has expired or was revoked",
            about.site.page("settings/tokens"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{About, refusal};
    use crate::net::error::Fate;
    use crate::net::rate;
    use crate::net::response::Response;
    use crate::provider::error::ProviderError;
    use crate::provider::github::token::Doing;
    use crate::provider::kind::ProviderKind;
    use crate::provider::site::{RepositoryName, Site};

    fn refused(
        doing: Doing,
        token: &str,
        status: u16,
        headers: &[(&str, &str)],
        body: &str,
    ) -> ProviderError {
        let site = Site::new(ProviderKind::GitHub, "https://github.com").unwrap();
        let repository = RepositoryName::parse("acme/orders").unwrap();
        let about = About {
            site: &site,
            repository: Some(&repository),
            doing,
        };
        let headers: Vec<(String, String)> = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let rates = rate::read(&headers);
        let answer = Response {
            status,
            headers,
            body: body.as_bytes().to_vec(),
        };
        refusal(&about, &answer, &rates, token)
    }

    fn message(text: &str) -> String {
        serde_json::json!({ "message": text, "documentation_url": "https://docs.github.com/rest", "status": "403" }).to_string()
    }

    #[test]
    fn each_trap_is_told_by_its_real_answer() {
        type Trap<'a> = (
            Doing,
            &'a str,
            u16,
            &'a str,
            &'a [(&'a str, &'a str)],
            &'a str,
            &'a str,
        );
        let none: &[(&str, &str)] = &[];
        let sso = [(
            "x-github-sso",
            "required; url=https://github.com/orgs/acme/sso?authorization_request=A",
        )];
        let evil = [("x-github-sso", "required; url=https://evil.example.com/sso")];
        let traps: &[Trap<'_>] = &[
            (
                Doing::PullRequest,
                "ghs_1",
                403,
                "GitHub Actions is not permitted to create or approve pull requests.",
                none,
                "GitHub does not allow working on the pull request (acme/orders)",
                "“Allow GitHub Actions to create and approve pull requests”",
            ),
            (
                Doing::PullRequest,
                "ghs_1",
                403,
                "GitHub Actions is not permitted to create or approve pull requests.",
                none,
                "",
                "https://github.com/acme/orders/settings/actions",
            ),
            (
                Doing::Writing,
                "ghs_1",
                403,
                "Resource not accessible by integration",
                none,
                "",
                "`contents: write`",
            ),
            (
                Doing::Writing,
                "github_pat_1",
                403,
                "Resource not accessible by personal access token",
                none,
                "",
                "“Contents”: Read and write",
            ),
            (
                Doing::Status,
                "github_pat_1",
                403,
                "Resource not accessible by personal access token",
                none,
                "",
                "“Commit statuses”: Read and write",
            ),
            (
                Doing::Reading,
                "ghp_1",
                403,
                "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.",
                &sso,
                "protected by single sign-on",
                "https://github.com/orgs/acme/sso?authorization_request=A",
            ),
            (
                Doing::Reading,
                "ghp_1",
                403,
                "Resource protected by organization SAML enforcement.",
                &evil,
                "protected by single sign-on",
                "https://github.com/settings/tokens",
            ),
            (
                Doing::Writing,
                "ghp_1",
                403,
                "Repository was archived so is read-only.",
                none,
                "acme/orders is archived",
                "“Unarchive this repository”",
            ),
            (
                Doing::Writing,
                "ghp_1",
                409,
                "Git Repository is empty.",
                none,
                "acme/orders is empty",
                "first commit",
            ),
            (
                Doing::Reading,
                "gho_1",
                403,
                "Although you appear to have the correct authorization credentials, the `acme` organization has enabled OAuth App access restrictions, meaning that data access to third-parties is limited.",
                none,
                "",
                "https://github.com/organizations/acme/settings/oauth_application_policy",
            ),
            (
                Doing::Reading,
                "ghp_1",
                403,
                "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.",
                none,
                "",
                "“IP allow list”",
            ),
            (
                Doing::Reading,
                "ghp_1",
                403,
                "`acme` forbids access via a personal access token (classic). Please use a GitHub App, OAuth App, or a personal access token with fine-grained permissions.",
                none,
                "",
                "“Personal access tokens”",
            ),
            (
                Doing::Writing,
                "gho_1",
                403,
                "refusing to allow an OAuth App to create or update workflow `.github/workflows/x.yml` without `workflow` scope",
                none,
                "",
                "scope `workflow`",
            ),
            (
                Doing::Reading,
                "ghp_1",
                451,
                "Repository access blocked",
                none,
                "",
                "GitHub itself has locked",
            ),
            (
                Doing::Looking,
                "ghp_1",
                404,
                "Not Found",
                none,
                "finds nothing for looking at the repository (acme/orders)",
                "may not see",
            ),
            (
                Doing::Writing,
                "ghp_1",
                422,
                "Repository rule violations found\n\nChanges must be made through a pull request.",
                none,
                "the branch is protected",
                "https://github.com/acme/orders/settings/rules",
            ),
            (
                Doing::Looking,
                "gho_1",
                401,
                "Bad credentials",
                none,
                "GitHub refused the token: Bad credentials",
                "ten tokens",
            ),
            (
                Doing::Looking,
                "ghs_1",
                401,
                "Bad credentials",
                none,
                "",
                "no longer than its job",
            ),
            (
                Doing::Looking,
                "github_pat_1",
                401,
                "Bad credentials",
                none,
                "",
                "fine-grained",
            ),
            (
                Doing::Writing,
                "ghp_1",
                301,
                "Moved Permanently",
                none,
                "acme/orders has another name",
                "git remote set-url",
            ),
        ];
        for (doing, token, status, said, headers, says, hints) in traps {
            let error = refused(*doing, token, *status, headers, &message(said));
            let (text, hint) = (error.to_string(), error.hint());
            assert!(text.contains(says), "{said}: {text}");
            assert!(hint.contains(hints), "{said}: {hint}");
            assert!(!hint.contains("evil"), "{hint}");
            assert_eq!(error.verdict().fate, Fate::Final, "{said}");
        }
    }

    #[test]
    fn limits_are_told_from_rights_and_say_how_long() {
        let date = ("date", "Sun, 22 Nov 2026 18:00:00 GMT");
        type Limit<'a> = (u16, &'a [(&'a str, &'a str)], &'a str, u64);
        let table: [Limit<'_>; 5] = [
            (
                403,
                &[
                    date,
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1795370700"),
                ],
                "API rate limit exceeded for user ID 1.",
                300,
            ),
            (
                429,
                &[
                    date,
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1795370700"),
                ],
                "API rate limit exceeded",
                300,
            ),
            (
                403,
                &[("retry-after", "30"), ("x-ratelimit-remaining", "4000")],
                "You have exceeded a secondary rate limit.",
                30,
            ),
            (
                403,
                &[("x-ratelimit-remaining", "4000")],
                "You have exceeded a secondary rate limit and have been temporarily blocked.",
                60,
            ),
            (429, &[], "", 60),
        ];
        for (status, headers, said, seconds) in table {
            let error = refused(Doing::Reading, "ghp_1", status, headers, &message(said));
            let verdict = error.verdict();
            assert!(
                matches!(error, ProviderError::RateLimited { .. }),
                "{error}"
            );
            assert_eq!(verdict.fate, Fate::NotDone);
            assert_eq!(verdict.after.unwrap().as_secs(), seconds, "{said}");
        }
        let rights = refused(
            Doing::Writing,
            "ghp_1",
            403,
            &[("x-ratelimit-remaining", "12")],
            &message("Must have push access"),
        );
        assert!(matches!(rights, ProviderError::Forbidden { .. }));
    }

    #[test]
    fn validations_say_which_one() {
        let list = |error: &str| format!(r#"{{"message":"Validation Failed","errors":[{error}]}}"#);
        let exists = list(
            r#"{"resource":"PullRequest","code":"custom","message":"A pull request already exists for acme:x."}"#,
        );
        let error = refused(Doing::PullRequest, "ghp_1", 422, &[], &exists);
        assert!(
            matches!(error, ProviderError::PullRequestOpen { .. }),
            "{error}"
        );
        let same = list(
            r#"{"resource":"PullRequest","code":"custom","message":"No commits between main and x"}"#,
        );
        let error = refused(Doing::PullRequest, "ghp_1", 422, &[], &same);
        assert!(
            matches!(error, ProviderError::NothingToMerge { .. }),
            "{error}"
        );
        let field = list(r#"{"resource":"PullRequest","field":"head","code":"invalid"}"#);
        let error = refused(Doing::PullRequest, "ghp_1", 422, &[], &field).to_string();
        assert!(
            error.ends_with("Validation Failed; head: invalid"),
            "{error}"
        );
        let texts = list(r#""one ghp_1\u001b""#);
        let error = refused(Doing::PullRequest, "ghp_1", 422, &[], &texts).to_string();
        assert!(
            error.ends_with("Validation Failed; one ***\\x1b"),
            "{error}"
        );
        let wanted = [("x-accepted-github-permissions", "contents=write")];
        let lacking = message("Resource not accessible by integration");
        let error = refused(Doing::Writing, "ghs_1", 403, &wanted, &lacking).to_string();
        assert!(
            error.ends_with("by integration; it wants contents=write"),
            "{error}"
        );
        let page = refused(
            Doing::Looking,
            "ghp_1",
            502,
            &[],
            "<html><title>Unicorn!</title>",
        );
        assert_eq!(page.verdict().fate, Fate::InDoubt);
    }
}
