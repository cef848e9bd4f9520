//! Two APIs in a repository whose policy allows one.

use crate::audit::facts::Claim;
use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::{Survey, distinct, folded};
use crate::config::file::Policy;
use crate::model::finding::{RuleId, Severity};
use crate::model::text::counted;
use std::collections::BTreeSet;

/// Two APIs in a repository whose policy allows one.
pub static RULE: Rule = Rule {
    id: RuleId("several-apis-in-repository"),
    severity: Severity::Error,
    words: Words::OfCheck,
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    let mut found = Vec::new();
    for repository in &survey.repositories {
        let policy = repository.facts.settings.policy;
        let one = match policy {
            Policy::Strict => "repository",
            Policy::Branches => "branch",
            Policy::Files | Policy::Folders => continue,
        };
        let mut ids = BTreeSet::new();
        let services = repository.facts.services.iter();
        let mut own: Vec<&Claim> = services.flat_map(distinct).collect();
        own.sort_by(|one, other| (&one.at, &one.id).cmp(&(&other.at, &other.id)));
        own.retain(|claim| ids.insert(folded(&claim.id)));
        if let Some(second) = own.get(1) {
            found.push(Trouble::new(
                repository.spot(&second.at),
                format!(
                    "{} are connected to this {one}, and the policy `{}` allows one",
                    counted(own.len(), "API"),
                    policy.word()
                ),
                "give each API its own repository, or set `mapping.policy` in git-postman.toml to what is meant",
            ));
        }
    }
    found
}
