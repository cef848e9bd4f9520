//! Access on GitHub, told as three facts. The role that it shows is the account's: what the token may do is another thing,
//! and for tokens without scopes only a harmless write tells it.

use crate::model::base64::encode_standard;
use crate::model::id::BranchName;
use crate::model::text::{shortened, visible};
use crate::net::base_url::segment;
use crate::net::error::HttpError;
use crate::net::response::Response;
use crate::provider::api::{Access, Fact, Repository, Role};
use crate::provider::conditional::NoMemory;
use crate::provider::error::{ProviderError, Remedy};
use crate::provider::github::account::Account;
use crate::provider::github::refusal::unarchiving;
use crate::provider::github::token::{Doing, TokenKind};
use crate::provider::github::tree::encoded;
use crate::provider::github::wire::RuleShape;
use crate::provider::site::RepositoryName;

/// What the probing object holds: always the same, so that it is one object however often it is written.
const PROBE: &[u8] = b"git-postman asked whether this token may write\n";
/// The title of a pull request that cannot be.
const PROBE_TITLE: &str = "git-postman asked whether this token may open pull requests";
/// Rules that stand before a push to a branch.
const STOPPING: [&str; 4] = [
    "pull_request",
    "update",
    "required_status_checks",
    "workflows",
];

/// Looks what account, token and branch allow.
pub(crate) fn access(
    account: &Account,
    repository: &RepositoryName,
    branch: &BranchName,
) -> Result<Access, ProviderError> {
    let (shown, answer) = account.look(repository)?;
    Ok(Access {
        account: role(account, &shown),
        token: token(account, &shown, &answer, branch)?,
        branch: rules(account, &shown.name, branch)?,
    })
}

fn role(account: &Account, shown: &Repository) -> Fact {
    let settings = |path: &str| account.site.page(&format!("{}/{path}", shown.name));
    if shown.is_archived {
        return Fact::no(
            "the repository is archived, so nothing in it can be changed",
            unarchiving(&account.site, &shown.name),
        );
    }
    match shown.role {
        Some(Role::Admin) => Fact::yes("the account may change settings"),
        Some(Role::Write) => Fact::yes("the account may push"),
        // Of an installation it is shown as if it could do nothing.
        _ if account.kind == TokenKind::Installation => {
            Fact::unknown("the token belongs to an app and to no account")
        }
        Some(Role::Read) => Fact::no(
            "the account may only read",
            Remedy::at(
                "an administrator of the repository gives it the role “Write” (“Collaborators and teams”)",
                settings("settings/access"),
            ),
        ),
        None => Fact::unknown("GitHub does not show what the account may do"),
    }
}

fn token(
    account: &Account,
    shown: &Repository,
    answer: &Response,
    branch: &BranchName,
) -> Result<Fact, ProviderError> {
    let kind = account.kind;
    let until = answer
        .header("github-authentication-token-expiration")
        .map_or(String::new(), |date| {
            format!("; it expires on {}", shortened(&visible(date), 40))
        });
    let scopes = answer.header("x-oauth-scopes");
    if let (true, Some(scopes)) = (kind.has_scopes(), scopes) {
        let has = |wanted: &str| scopes.split(',').any(|scope| scope.trim() == wanted);
        let told = shortened(&visible(scopes), 200);
        let is_enough = has("repo") || (has("public_repo") && !shown.is_private);
        return Ok(if is_enough {
            Fact::yes(format!("the token has the scopes {told}{until}"))
        } else {
            Fact::no(
                format!("the token has the scopes {told:?} only{until}"),
                kind.needs(Doing::Writing, &account.site, Some(&shown.name)),
            )
        });
    }
    if shown.is_archived {
        return Ok(Fact::unknown(
            "nothing can be tried in an archived repository",
        ));
    }
    match probe(account, &shown.name) {
        Ok(()) => pull_requests(account, shown, branch, &until),
        Err(ProviderError::Forbidden { said, remedy, .. }) => {
            Ok(Fact::no(said.to_string(), remedy))
        }
        Err(error @ ProviderError::NotFound { .. }) => Ok(Fact::no(
            error.to_string(),
            kind.needs(Doing::Writing, &account.site, Some(&shown.name)),
        )),
        Err(ProviderError::Empty { .. }) => Ok(Fact::unknown(
            "nothing can be tried in a repository without a commit",
        )),
        Err(error) => Err(error),
    }
}

/// What a token that may write may do about pull requests. One from a branch to itself is never opened; the right is looked at
/// before that.
fn pull_requests(
    account: &Account,
    shown: &Repository,
    branch: &BranchName,
    until: &str,
) -> Result<Fact, ProviderError> {
    let (owner, name) = encoded(&shown.name)?;
    let about = account.about(&shown.name, Doing::PullRequest);
    let branch = branch.as_str();
    let answer = account.calls.repeatable(&about, |crab| {
        let (owner, name) = (owner.clone(), name.clone());
        async move {
            let pulls = crab.pulls(owner, name);
            pulls.create(PROBE_TITLE, branch, branch).send().await
        }
    });
    match answer {
        Err(ProviderError::NothingToMerge { .. } | ProviderError::Refused { .. }) => {
            let open = match account.kind {
                TokenKind::Installation => {
                    "; whether Actions may open them (“Allow GitHub Actions to create and approve pull requests”) shows when it does"
                }
                _ => "",
            };
            Ok(Fact::yes(format!(
                "the token may write, and work on pull requests{open}{until}"
            )))
        }
        Err(ProviderError::Forbidden { said, remedy, .. }) => Ok(Fact::no(
            format!("the token may write, and may open no pull requests: {said}"),
            remedy,
        )),
        // Of what the token may not do there, GitHub may say that it is not there.
        Err(ProviderError::NotFound { .. }) => Ok(Fact::no(
            "the token may write, and sees no pull requests",
            account
                .kind
                .needs(Doing::PullRequest, &account.site, Some(&shown.name)),
        )),
        Ok(_) => Ok(Fact::yes(format!("the token may write{until}"))),
        Err(error) => Err(error),
    }
}

/// Writes one object that nothing refers to.
fn probe(account: &Account, repository: &RepositoryName) -> Result<(), ProviderError> {
    let (owner, name) = encoded(repository)?;
    let about = account.about(repository, Doing::Writing);
    let content = encode_standard(PROBE);
    let answer = account.calls.repeatable(&about, |crab| {
        let (owner, name, content) = (owner.clone(), name.clone(), content.clone());
        async move {
            let git = crab.git(owner, name);
            git.create_blob(content).encoding("base64").send().await
        }
    });
    answer.map(drop)
}

fn rules(
    account: &Account,
    repository: &RepositoryName,
    branch: &BranchName,
) -> Result<Fact, ProviderError> {
    let (owner, name) = encoded(repository)?;
    let about = account.about(repository, Doing::Looking);
    let route = format!(
        "/repos/{owner}/{name}/rules/branches/{}?per_page=100",
        segment(branch.as_str()).map_err(HttpError::from)?
    );
    let page = account.site.page(&format!("{repository}/settings/rules"));
    let by_pull_request = || {
        Remedy::at(
            "let the changes come by a pull request, or change the rules of the branch",
            page.clone(),
        )
    };
    let rules: Vec<RuleShape> = match account.calls.pages(&about, &route, &NoMemory) {
        Ok(rules) => rules,
        // Servers before 3.11 have none.
        Err(ProviderError::NotFound { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    let stopping: Vec<&str> = rules
        .iter()
        .map(|rule| rule.kind.as_str())
        .filter(|kind| STOPPING.contains(kind))
        .collect();
    if !stopping.is_empty() {
        let told = stopping.join(", ");
        return Ok(Fact::no(
            format!("rules stand before a push to {branch}: {told}"),
            by_pull_request(),
        ));
    }
    let is_protected = account.is_protected(repository, branch)?;
    Ok(match is_protected {
        None => Fact::no(
            format!("there is no branch {branch}"),
            Remedy::say("push the branch, or choose another one as the active branch"),
        ),
        Some(true) => Fact::unknown(format!(
            "{branch} has a branch protection rule, which only administrators see"
        )),
        Some(false) => Fact::yes(format!("no rule stands before a push to {branch}")),
    })
}
