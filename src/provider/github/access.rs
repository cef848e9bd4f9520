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
use crate::provider::github::token::{Doing, TokenKind};
use crate::provider::github::tree::encoded;
use crate::provider::github::wire::RuleShape;
use crate::provider::site::RepositoryName;

/// What the probing object holds: always the same, so that it is one object however often it is written.
const PROBE: &[u8] = b"git-postman asked whether this token may write\n";
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
        token: token(account, &shown, &answer)?,
        branch: rules(account, &shown.name, branch)?,
    })
}

fn role(account: &Account, shown: &Repository) -> Fact {
    let settings = |path: &str| account.site.page(&format!("{}/{path}", shown.name));
    if shown.is_archived {
        return Fact::no(
            "the repository is archived, so nothing in it can be changed",
            Remedy::at(
                "“Unarchive this repository” under “Danger Zone”",
                settings("settings"),
            ),
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

fn token(account: &Account, shown: &Repository, answer: &Response) -> Result<Fact, ProviderError> {
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
        Ok(()) => Ok(Fact::yes(format!(
            "the token may write; whether it may open pull requests shows when it does{until}"
        ))),
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
