//! What GitLab says when it refuses, and what it means: its traps, each by its real answer.

use serde_json::Value;

use crate::model::secret::Secret;
use crate::net::rate::Rates;
use crate::net::response::Response;
use crate::provider::error::{ProviderError, Remedy, Said};
use crate::provider::gitlab::token::{Doing, TokenKind, project_page};
use crate::provider::site::{RepositoryName, Site};

/// Texts of one refusal; more are not looked at.
const MOST_TEXTS: usize = 20;

/// What a call was about, for its errors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    /// Where.
    pub(crate) site: &'a Site,
    /// The kind of the token.
    pub(crate) kind: TokenKind,
    /// The repository, where it is one.
    pub(crate) repository: Option<&'a RepositoryName>,
    /// What is being done.
    pub(crate) doing: Doing,
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
            Some(repository) => project_page(self.site, repository, path),
            None => self.site.web.to_string(),
        }
    }

    fn needs(&self) -> Remedy {
        self.kind.needs(self.doing, self.site, self.repository)
    }

    fn forbidden(&self, said: Said, remedy: Remedy) -> ProviderError {
        ProviderError::Forbidden {
            product: self.site.kind,
            call: self.call(),
            said,
            remedy,
        }
    }

    /// The repository is archived.
    pub(crate) fn archived(&self, repository: &RepositoryName) -> ProviderError {
        ProviderError::Archived {
            repository: repository.clone(),
            remedy: unarchiving(self.site, repository),
        }
    }
}

/// What opens an archived project again.
pub(crate) fn unarchiving(site: &Site, repository: &RepositoryName) -> Remedy {
    Remedy::at(
        "“Unarchive project” under “Settings”, “General”, “Advanced”",
        site.page(&format!("{}/edit", repository.full())),
    )
}

/// What an answer that is no success means.
pub(crate) fn refusal(
    about: &About<'_>,
    answer: &Response,
    rates: &Rates,
    token: &Secret,
) -> ProviderError {
    let said = said(answer, token);
    let product = about.site.kind;
    let status = answer.status;
    match status {
        401 => ProviderError::BadToken {
            product,
            remedy: about.kind.anew(about.doing.scope(), about.site),
            said,
        },
        405 if said.mentions(&["moved projects"]) => match about.repository {
            Some(from) => ProviderError::Renamed {
                from: from.clone(),
                to: None,
            },
            None => refused(about, status, said),
        },
        403 | 404 => denied(about, status, said, &scope_of(answer)),
        400 | 409 | 422 => meant(about, &said).unwrap_or_else(|| refused(about, status, said)),
        429 => ProviderError::RateLimited {
            product,
            wait: rates.retry_after.or(rates.reset),
        },
        500.. => ProviderError::Failing {
            product,
            call: about.call(),
            status,
            wait: rates.retry_after,
        },
        _ => refused(about, status, said),
    }
}

/// What the words of a refusal mean, wherever they stood: in an answer, or in what git showed of a push that was declined.
pub(crate) fn meant(about: &About<'_>, said: &Said) -> Option<ProviderError> {
    let said = said.clone();
    if said.mentions(&["another open merge request already exists"]) {
        return Some(ProviderError::PullRequestOpen { said });
    }
    if said.mentions(&[
        "protected branch",
        "not allowed to push into this branch",
        "not allowed to create protected branches",
        "not allowed to force push",
    ]) {
        return Some(ProviderError::Protected {
            said,
            remedy: Remedy::at(
                "let the changes come by a merge request, or list the account under “Allowed to push and merge” of the protected branch",
                about.page("settings/repository#js-protected-branches-settings"),
            ),
        });
    }
    if let (Some(repository), true) = (
        about.repository,
        said.mentions(&["is archived", "archived project"]),
    ) {
        return Some(about.archived(repository));
    }
    if said.mentions(PUSH_RULES) {
        return Some(ProviderError::Protected {
            said,
            remedy: Remedy::at(
                "a push rule of the project declines the commit: change the rule, or commit by git with an author, a message and a signature that it allows",
                about.page("settings/repository#js-push-rules"),
            ),
        });
    }
    if said.mentions(&["secrets detected", "push blocked: secret"]) {
        return Some(ProviderError::Protected {
            said,
            remedy: Remedy::at(
                "secret push protection found a secret in what was to be pushed: take it out of the files",
                about.page("security/configuration"),
            ),
        });
    }
    if said.mentions(&[
        "marked for deletion",
        "pending deletion",
        "deletion_scheduled",
    ]) {
        return Some(about.forbidden(
            said,
            Remedy::say("the project is going to be deleted: restore it under “Settings”, “General”, “Advanced”"),
        ));
    }
    None
}

/// What git showed of a push or a fetch that GitLab did not let through; `None` where the words are not GitLab's.
pub(crate) fn declined(about: &About<'_>, said: Said) -> Option<ProviderError> {
    if let Some(error) = meant(about, &said) {
        return Some(error);
    }
    if said.mentions(&["http basic: access denied", "authentication failed"]) {
        return Some(ProviderError::BadToken {
            product: about.site.kind,
            remedy: about.kind.anew("write_repository", about.site),
            said,
        });
    }
    if said.mentions(&[
        "not allowed to push code",
        "not allowed to upload code",
        "returned error: 403",
    ]) {
        return Some(about.forbidden(said, about.needs()));
    }
    if said.mentions(&[
        "git access over http is not allowed",
        "access over http is not allowed",
    ]) {
        return Some(about.forbidden(
            said,
            Remedy::say("an administrator allows HTTP(S) again by “Enabled Git access protocols” of the installation or the group"),
        ));
    }
    if said.mentions(&[
        "could not be found or you don't have permission",
        "returned error: 404",
    ]) {
        return Some(missing(about, said));
    }
    None
}

/// What GitLab's push rules say, in the words of its own checks.
const PUSH_RULES: &[&str] = &[
    "commit message does not follow the pattern",
    "commit message contains the forbidden pattern",
    "author's commit email",
    "committer's commit email",
    "author's email",
    "committer's email",
    "is not a member of team",
    "author name inconsistent",
    "committer name inconsistent",
    "committer must be verified",
    "you cannot push commits for",
    "commit must be signed",
    "must contain a dco",
    "was prohibited by the pattern",
    "branch name does not follow the pattern",
    "is larger than the allowed size",
];

fn denied(about: &About<'_>, status: u16, said: Said, scope: &[String]) -> ProviderError {
    if said.mentions(&["insufficient_scope", "higher privileges"]) {
        let wanted = scope.first().map_or(about.doing.scope(), String::as_str);
        // It lists all that would do; the one for what is being done comes first.
        let wanted = if scope.iter().any(|one| one == about.doing.scope()) {
            about.doing.scope()
        } else {
            wanted
        };
        return about.forbidden(said, about.kind.anew(wanted, about.site));
    }
    if let Some(error) = meant(about, &said) {
        return error;
    }
    if said.mentions(&["terms of service"]) {
        return about.forbidden(
            said,
            Remedy::at(
                "the owner of the token signs in and accepts the terms of service",
                about.site.page("-/users/terms"),
            ),
        );
    }
    if said.mentions(&["password expired", "password has expired"]) {
        return about.forbidden(
            said,
            Remedy::at(
                "the owner of the token signs in and sets a new password",
                about.site.page("users/sign_in"),
            ),
        );
    }
    if said.mentions(&["job token"]) {
        let remedy = TokenKind::Job.needs(Doing::Reading, about.site, about.repository);
        return about.forbidden(said, remedy);
    }
    if status == 404 {
        return missing(about, said);
    }
    about.forbidden(said, about.needs())
}

/// GitLab says that there is nothing where the token may not see that there is something.
fn missing(about: &About<'_>, said: Said) -> ProviderError {
    let needs = about.needs();
    let say = if said.mentions(&["branch", "commit", "tree", "file", "reference", "note"]) {
        "look at its name".to_owned()
    } else {
        format!(
            "look at its name, with all groups above it; GitLab answers so, too, for what the token may not see: {}",
            needs.say
        )
    };
    ProviderError::NotFound {
        product: about.site.kind,
        call: about.call(),
        said,
        remedy: Remedy {
            say,
            page: needs.page,
        },
    }
}

fn refused(about: &About<'_>, status: u16, said: Said) -> ProviderError {
    ProviderError::Refused {
        product: about.site.kind,
        call: about.call(),
        status,
        said,
    }
}

/// The words of a refusal: GitLab puts them under `message` as a text, a list, or lists by member, or under `error`.
fn said(answer: &Response, token: &Secret) -> Said {
    let words = match answer.json::<Value>() {
        Ok(body) => {
            let mut words = Vec::new();
            for member in ["message", "error", "error_description", "reason"] {
                texts(&body[member], &mut words);
            }
            words.join("; ")
        }
        Err(_) if answer.body.is_empty() => String::new(),
        // A limit is told in plain text.
        Err(problem) => match answer.text() {
            Ok(text) => text.to_owned(),
            Err(_) => problem.to_string(),
        },
    };
    Said::of(&words, token.reveal())
}

fn texts(value: &Value, words: &mut Vec<String>) {
    if words.len() >= MOST_TEXTS {
        return;
    }
    match value {
        Value::String(text) => words.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|one| texts(one, words)),
        Value::Object(members) => members.values().for_each(|one| texts(one, words)),
        _ => {}
    }
}

/// The scopes that would do, as GitLab names them beside `insufficient_scope`.
fn scope_of(answer: &Response) -> Vec<String> {
    let body: Value = answer.json().unwrap_or_default();
    let known = |name: &&str| {
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        !name.is_empty() && name.len() < 40 && name.bytes().all(is_name)
    };
    let named = body["scope"].as_str().unwrap_or_default();
    let named = named.split([' ', ',']).filter(known);
    named.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{About, declined, refusal};
    use crate::model::secret::Secret;
    use crate::net::error::Fate;
    use crate::net::rate;
    use crate::net::response::Response;
    use crate::provider::error::{ProviderError, Said};
    use crate::provider::gitlab::token::{Doing, GitLabToken};
    use crate::provider::kind::ProviderKind;
    use crate::provider::site::{RepositoryName, Site};

    const DATE: (&str, &str) = ("date", "Sun, 22 Nov 2026 18:00:00 GMT");

    fn with<T>(doing: Doing, token: &str, work: impl FnOnce(&About<'_>, &Secret) -> T) -> T {
        let site = Site::new(ProviderKind::GitLab, "https://gitlab.com").unwrap();
        let repository = RepositoryName::parse("acme/apis/orders").unwrap();
        let token = GitLabToken::of(Secret::new(token));
        let about = About {
            site: &site,
            kind: token.kind,
            repository: Some(&repository),
            doing,
        };
        work(&about, &token.secret)
    }

    fn refused(
        doing: Doing,
        token: &str,
        status: u16,
        headers: &[(&str, &str)],
        body: &str,
    ) -> ProviderError {
        let headers = headers.iter();
        let answer = Response {
            status,
            headers: headers
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: body.as_bytes().to_vec(),
        };
        let rates = rate::read(&answer.headers);
        with(doing, token, |about, token| {
            refusal(about, &answer, &rates, token)
        })
    }

    #[test]
    fn each_trap_is_told_by_its_real_answer() {
        type Trap<'a> = (Doing, &'a str, u16, &'a str, &'a str, &'a str);
        let traps: &[Trap<'_>] = &[
            (
                Doing::Looking,
                "glpat-1",
                401,
                r#"{"message":"401 Unauthorized"}"#,
                "GitLab.com refused the token: 401 Unauthorized",
                "https://gitlab.com/-/user_settings/personal_access_tokens",
            ),
            (
                Doing::Looking,
                "glpat-1",
                401,
                r#"{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}"#,
                "Token is expired",
                "scope `read_api`",
            ),
            (
                Doing::Writing,
                "glpat-1",
                401,
                r#"{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}"#,
                "Token was revoked",
                "scope `api`",
            ),
            (
                Doing::Looking,
                "glcbt-1",
                401,
                r#"{"message":"401 Unauthorized"}"#,
                "refused the token",
                "while its job runs",
            ),
            (
                Doing::MergeRequest,
                "glpat-1",
                403,
                r#"{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api"}"#,
                "does not allow working on the merge request (acme/apis/orders)",
                "scope `api`",
            ),
            (
                Doing::Looking,
                "glpat-1",
                403,
                r#"{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_api"}"#,
                "higher privileges",
                "scope `read_api`",
            ),
            (
                Doing::Looking,
                "glpat-1",
                404,
                r#"{"message":"404 Project Not Found"}"#,
                "GitLab.com",
                "may not see: the token needs the scope `read_api`",
            ),
            (
                Doing::Looking,
                "glcbt-1",
                404,
                r#"{"message":"404 Project Not Found"}"#,
                "404 Project Not Found",
                "https://gitlab.com/acme/apis/orders/-/settings/ci_cd#js-token-access",
            ),
            (
                Doing::Reading,
                "glcbt-1",
                403,
                r#"{"message":"403 Forbidden - This project's CI/CD job token cannot be used to authenticate with the container registry of a different project."}"#,
                "job token cannot be used",
                "“Job token permissions”",
            ),
            (
                Doing::Reading,
                "glpat-1",
                404,
                r#"{"message":"404 Branch Not Found"}"#,
                "404 Branch Not Found",
                "look at its name",
            ),
            (
                Doing::Writing,
                "glpat-1",
                405,
                r#"{"message":"Non GET methods are not allowed for moved projects"}"#,
                "acme/apis/orders has another name by now",
                "git remote set-url",
            ),
            (
                Doing::Writing,
                "glpat-1",
                400,
                r#"{"message":"You are not allowed to push into this branch"}"#,
                "the branch is protected",
                "https://gitlab.com/acme/apis/orders/-/settings/repository#js-protected-branches-settings",
            ),
            (
                Doing::Writing,
                "glpat-1",
                403,
                r#"{"message":"403 Forbidden"}"#,
                "does not allow writing files",
                "role Developer",
            ),
            (
                Doing::Looking,
                "glpat-1",
                403,
                r#"{"message":"403 Forbidden - You (@bot) must accept the Terms of Service in order to perform this action. To accept these terms, please sign in to GitLab at https://evil.example.com/x."}"#,
                "Terms of Service",
                "https://gitlab.com/-/users/terms",
            ),
            (
                Doing::MergeRequest,
                "glpat-1",
                409,
                r#"{"message":["Another open merge request already exists for this source branch: !5"]}"#,
                "there is an open pull request from this branch already",
                "finds that one",
            ),
            (
                Doing::MergeRequest,
                "glpat-1",
                422,
                r#"{"message":{"base":["one glpat-1\u001b"],"title":["is too long (maximum is 255 characters)"]}}"#,
                "422: one ***\\x1b; is too long",
                "wrong in what was sent",
            ),
        ];
        for (doing, token, status, body, says, hints) in traps {
            let error = refused(*doing, token, *status, &[], body);
            let (text, hint) = (error.to_string(), error.hint());
            assert!(text.contains(says), "{body}: {text}");
            assert!(hint.contains(hints), "{body}: {hint}");
            assert!(!hint.contains("evil"), "{hint}");
            assert_eq!(error.verdict().fate, Fate::Final, "{body}");
        }
    }

    #[test]
    fn what_git_shows_of_a_declined_push_is_understood() {
        let protected = "remote: GitLab: You are not allowed to push code to protected branches on this project.";
        let rule = "remote: GitLab: Commit message does not follow the pattern 'JIRA-\\d+'";
        let signed = "remote: GitLab: Commit must be signed with a GPG key";
        for (token, words, says, hints) in [
            (
                "glpat-1",
                protected,
                "the branch is protected",
                "“Allowed to push and merge”",
            ),
            ("glpat-1", rule, "does not follow the pattern", "push rule"),
            ("glpat-1", signed, "must be signed", "push rule"),
            (
                "glpat-1",
                "remote: HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect",
                "refused the token",
                "scope `write_repository`",
            ),
            (
                "glcbt-1",
                "remote: You are not allowed to upload code.\nfatal: unable to access 'x': The requested URL returned error: 403",
                "does not allow writing files",
                "“Allow Git push requests to the repository”",
            ),
            (
                "glpat-1",
                "remote: The project you were looking for could not be found or you don't have permission to view it.",
                "writing files",
                "may not see",
            ),
            (
                "glpat-1",
                "remote: Git access over HTTP is not allowed",
                "does not allow writing files",
                "“Enabled Git access protocols”",
            ),
        ] {
            let error = with(Doing::Writing, token, |about, token| {
                declined(about, Said::of(words, token.reveal()))
            });
            let error = error.unwrap();
            let (text, hint) = (error.to_string(), error.hint());
            assert!(text.contains(says), "{words}: {text}");
            assert!(hint.contains(hints), "{words}: {hint}");
        }
        let other = with(Doing::Writing, "glpat-1", |about, _| {
            declined(
                about,
                Said::of("fatal: the remote end hung up unexpectedly", ""),
            )
        });
        assert!(other.is_none());
    }

    #[test]
    fn limits_say_how_long_and_a_broken_gateway_leaves_doubt() {
        let reset = ("ratelimit-reset", "1795370700");
        for (headers, seconds) in [
            (vec![("retry-after", "17")], Some(17)),
            (vec![DATE, reset, ("ratelimit-remaining", "0")], Some(300)),
            (vec![], None),
        ] {
            let error = refused(Doing::Reading, "glpat-1", 429, &headers, "Retry later\n");
            let verdict = error.verdict();
            assert!(
                matches!(error, ProviderError::RateLimited { .. }),
                "{error}"
            );
            assert_eq!(verdict.fate, Fate::NotDone);
            assert_eq!(verdict.after.map(|after| after.as_secs()), seconds);
        }
        let page = "<html><title>GitLab is not responding</title>";
        let failing = refused(Doing::Looking, "glpat-1", 502, &[], page);
        assert_eq!(failing.verdict().fate, Fate::InDoubt);
        let page = refused(
            Doing::Looking,
            "glpat-1",
            403,
            &[],
            "<html><title>Blocked</title>",
        );
        assert!(page.to_string().contains("titled “Blocked”"), "{page}");
    }
}
