//! What account, token and branch allow on GitLab, told as three facts, with the missing role, scope or setting by its name.

use crate::model::text::{shortened, visible};
use crate::provider::api::{Access, Fact, Role};
use crate::provider::error::Remedy;
use crate::provider::gitlab::refusal::unarchiving;
use crate::provider::gitlab::token::{Doing, TokenKind, project_page};
use crate::provider::gitlab::wire::{Job, TokenFacts, WireBranch, role};
use crate::provider::site::{RepositoryName, Site};

/// What was found out about a project.
pub(crate) struct Found<'a> {
    /// Where.
    pub(crate) site: &'a Site,
    /// Which.
    pub(crate) repository: &'a RepositoryName,
    /// The account's role by its number; `None` where GitLab does not say it.
    pub(crate) level: Option<u64>,
    /// Nothing in it can be changed.
    pub(crate) is_archived: bool,
    /// What the token says of itself; `None` where it cannot be asked.
    pub(crate) token: Option<&'a TokenFacts>,
    /// The kind of the token.
    pub(crate) kind: TokenKind,
    /// The branch; `None` where there is none.
    pub(crate) branch: Option<&'a WireBranch>,
}

/// The three facts.
pub(crate) fn access(found: &Found<'_>) -> Access {
    Access {
        account: account(found),
        token: found.token.map_or_else(
            || Fact::unknown("GitLab does not say which scopes the token has"),
            |token| scopes(found.site, found.kind, token),
        ),
        branch: branch(found),
    }
}

/// The three facts for the token of a running job.
pub(crate) fn of_job(found: &Found<'_>, job: &Job) -> Access {
    let who = job
        .user
        .as_ref()
        .map_or("somebody".to_owned(), |user| harmless(&user.username));
    Access {
        account: Fact::unknown(format!(
            "the job runs for `{who}`, whose role a job token does not show"
        )),
        token: Fact {
            allows: None,
            said: "a job token reads branches, and pushes by git where the project allows it; it opens no merge requests, writes no notes and sets no statuses".to_owned(),
            remedy: Some(found.kind.needs(Doing::Writing, found.site, Some(found.repository))),
        },
        branch: branch(found),
    }
}

fn account(found: &Found<'_>) -> Fact {
    let (site, repository) = (found.site, found.repository);
    if found.is_archived {
        return Fact::no(
            "the project is archived, so nobody may change it",
            unarchiving(site, repository),
        );
    }
    match found.level {
        None => Fact::unknown("GitLab names no role of the account in this project"),
        Some(level) if role(level) >= Role::Write => {
            Fact::yes(format!("the account has the role {}", role_name(level)))
        }
        Some(level) => Fact::no(
            format!("the account has the role {}", role_name(level)),
            Remedy::at(
                "give it the role Developer",
                project_page(site, repository, "project_members"),
            ),
        ),
    }
}

fn scopes(site: &Site, kind: TokenKind, token: &TokenFacts) -> Fact {
    let list = harmless(&token.scopes.join("`, `"));
    let until = token
        .expires_at
        .as_ref()
        .map_or(String::new(), |date| format!(", until {}", harmless(date)));
    let has = |scope: &str| token.scopes.iter().any(|one| one == scope);
    let said = format!("the token has the scopes `{list}`{until}");
    if token.active == Some(false) || token.revoked == Some(true) {
        return Fact::no(
            format!("the token is expired or revoked{until}"),
            kind.anew("api", site),
        );
    }
    if has("api") {
        return Fact::yes(said);
    }
    if has("granular") || token.scopes.is_empty() {
        return Fact::unknown(
            "the token is fine-grained, and GitLab does not say which permissions it has",
        );
    }
    Fact::no(format!("{said}, and lacks `api`"), kind.anew("api", site))
}

fn branch(found: &Found<'_>) -> Fact {
    let Some(branch) = found.branch else {
        return Fact::unknown("there is no such branch yet");
    };
    let is_protected = branch.protected == Some(true);
    match branch.can_push {
        Some(true) if is_protected => {
            Fact::yes("the branch is protected, and the account may push to it")
        }
        Some(true) => Fact::yes("the branch is not protected"),
        Some(false) if is_protected => Fact::no(
            "the branch is protected, and the account may not push to it",
            Remedy::at(
                "list it under “Allowed to push and merge”, or let the changes come by a merge request",
                project_page(
                    found.site,
                    found.repository,
                    "settings/repository#js-protected-branches-settings",
                ),
            ),
        ),
        Some(false) => Fact::no(
            "the branch is not protected, and the account may push nowhere",
            Remedy::at(
                "give it the role Developer",
                project_page(found.site, found.repository, "project_members"),
            ),
        ),
        None => Fact::unknown("GitLab does not say whether the account may push to the branch"),
    }
}

/// A word of GitLab's as it may be shown.
fn harmless(word: &str) -> String {
    shortened(&visible(word), 200)
}

fn role_name(level: u64) -> String {
    let known = match level {
        0..=4 => "No access",
        5..=9 => "Minimal access",
        10..=14 => "Guest",
        15..=19 => "Planner",
        20..=29 => "Reporter",
        30..=39 => "Developer",
        40..=49 => "Maintainer",
        _ => "Owner",
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Found, access};
    use crate::provider::api::Fact;
    use crate::provider::gitlab::token::TokenKind;
    use crate::provider::gitlab::wire::{TokenFacts, WireBranch};
    use crate::provider::kind::ProviderKind;
    use crate::provider::site::{RepositoryName, Site};

    fn facts(level: Option<u64>, is_archived: bool, token: &Value, branch: &Value) -> [Fact; 3] {
        let site = Site::new(ProviderKind::GitLab, "https://gitlab.com").unwrap();
        let repository = RepositoryName::parse("a/b").unwrap();
        let token: Option<TokenFacts> = serde_json::from_value(token.clone()).unwrap();
        let branch: Option<WireBranch> = serde_json::from_value(branch.clone()).unwrap();
        let found = Found {
            site: &site,
            repository: &repository,
            level,
            is_archived,
            token: token.as_ref(),
            kind: TokenKind::Access,
            branch: branch.as_ref(),
        };
        let access = access(&found);
        [access.account, access.token, access.branch]
    }

    #[test]
    fn each_of_the_three_says_what_is_missing_and_where_it_is_changed() {
        let all = json!({ "scopes": ["api"], "active": true, "expires_at": "2027-01-01" });
        let branch = |protected: bool, may: Value| json!({ "name": "main", "commit": { "id": "a".repeat(40) }, "protected": protected, "can_push": may });
        let good = facts(Some(40), false, &all, &branch(true, json!(true)));
        assert!(
            good.iter().all(|fact| fact.allows == Some(true)),
            "{good:?}"
        );
        assert!(good[1].said.contains("until 2027-01-01"));
        let hostile = json!({ "scopes": ["api\u{1b}[2J"], "expires_at": "\u{202e}2027" });
        let shown = facts(Some(40), false, &hostile, &branch(true, json!(true)));
        assert!(
            !shown[1]
                .said
                .chars()
                .any(|one| one.is_control() || one == '\u{202e}')
        );

        let none = json!(null);
        for (found, at, allows, says, page) in [
            (
                facts(Some(20), false, &all, &none),
                0,
                Some(false),
                "role Reporter",
                "a/b/-/project_members",
            ),
            (
                facts(Some(15), false, &all, &none),
                0,
                Some(false),
                "role Planner",
                "Developer",
            ),
            (
                facts(Some(50), true, &all, &none),
                0,
                Some(false),
                "archived",
                "a/b/edit",
            ),
            (
                facts(None, false, &all, &none),
                0,
                None,
                "names no role",
                "",
            ),
            (
                facts(
                    None,
                    false,
                    &json!({ "scopes": ["read_api", "write_repository"] }),
                    &none,
                ),
                1,
                Some(false),
                "lacks `api`",
                "personal_access_tokens",
            ),
            (
                facts(
                    None,
                    false,
                    &json!({ "scopes": ["api"], "active": false, "expires_at": "2026-01-01" }),
                    &none,
                ),
                1,
                Some(false),
                "expired or revoked, until 2026-01-01",
                "scope `api`",
            ),
            (
                facts(None, false, &json!({ "scopes": ["granular"] }), &none),
                1,
                None,
                "fine-grained",
                "",
            ),
            (
                facts(None, false, &none, &none),
                1,
                None,
                "does not say which scopes",
                "",
            ),
            (
                facts(None, false, &none, &branch(true, json!(false))),
                2,
                Some(false),
                "protected, and the account may not",
                "“Allowed to push and merge”",
            ),
            (
                facts(None, false, &none, &branch(false, json!(false))),
                2,
                Some(false),
                "may push nowhere",
                "Developer",
            ),
            (
                facts(None, false, &none, &branch(false, none.clone())),
                2,
                None,
                "does not say",
                "",
            ),
            (
                facts(None, false, &none, &none),
                2,
                None,
                "no such branch",
                "",
            ),
        ] {
            let fact = &found[at];
            let remedy = fact
                .remedy
                .as_ref()
                .map_or(String::new(), ToString::to_string);
            assert_eq!(fact.allows, allows, "{says}");
            assert!(fact.said.contains(says), "{}", fact.said);
            assert!(remedy.contains(page), "{remedy}");
        }
    }
}
