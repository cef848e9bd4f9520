//! One API, claimed by two folders of a repository.

use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::{Survey, folded, shown};
use crate::model::finding::{RuleId, Severity};
use std::collections::{BTreeMap, BTreeSet};

/// One API, claimed by two folders of a repository.
pub static RULE: Rule = Rule {
    id: RuleId("api-in-several-folders"),
    severity: Severity::Error,
    words: Words::OfCheck,
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    let mut found = Vec::new();
    for repository in &survey.repositories {
        let mut first: BTreeMap<String, &str> = BTreeMap::new();
        let mut told: BTreeSet<(String, &str)> = BTreeSet::new();
        for (service, claim) in repository.claims() {
            let id = folded(&claim.id);
            let folder = service.folder.as_str();
            let other = *first.entry(id.clone()).or_insert(folder);
            if other == folder || !told.insert((id, folder)) {
                continue;
            }
            let other = match other.is_empty() {
                true => "the root of the repository".to_owned(),
                false => format!("`{}`", shown(other)),
            };
            found.push(Trouble::new(
                repository.spot(&claim.at),
                format!("{} is connected in {other} as well", survey.told(claim)),
                "remove the `.postman/` that is the copy, and connect this folder to its own API or workspace",
            ));
        }
    }
    found
}
