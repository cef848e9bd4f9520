//! A schema directory and a collection directory, one inside the other.

use crate::audit::facts::DirectoryFacts;
use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::{Audited, Survey, directories};
use crate::model::finding::{RuleId, Severity};
use std::collections::BTreeMap;

/// A schema directory and a collection directory, one inside the other.
pub static RULE: Rule = Rule {
    id: RuleId("nested-directories"),
    severity: Severity::Error,
    words: Words::OfCheck,
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    let mut found = Vec::new();
    for repository in &survey.repositories {
        for service in &repository.facts.services {
            let schemas = directories(service, "schema directory");
            let collections = directories(service, "collection directory");
            if schemas.is_empty() {
                continue;
            }
            let above = |path: &str, others: &BTreeMap<String, &DirectoryFacts>| {
                others.contains_key("") && !path.is_empty()
                    || path
                        .match_indices('/')
                        .any(|(end, _)| others.contains_key(&path[..end]))
            };
            for (path, directory) in &collections {
                let message = if schemas.contains_key(path) {
                    "collection directory and schema directory are the same"
                } else if above(path, &schemas) {
                    "collection directory is inside the schema directory"
                } else {
                    continue;
                };
                found.push(told(*repository, directory, message));
            }
            for (path, directory) in &schemas {
                if above(path, &collections) {
                    let message = "schema directory is inside the collection directory";
                    found.push(told(*repository, directory, message));
                }
            }
        }
    }
    found
}

fn told(repository: Audited<'_>, directory: &DirectoryFacts, message: &str) -> Trouble {
    Trouble::new(
        repository.spot(&directory.at),
        message,
        "choose two directories of which neither contains the other",
    )
}
