//! Two APIs in a folder of a repository whose policy allows one.

use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::{Survey, distinct, shown};
use crate::config::file::Policy;
use crate::model::finding::{RuleId, Severity};
use crate::model::text::counted;

/// Two APIs in a folder of a repository whose policy allows one.
pub static RULE: Rule = Rule {
    id: RuleId("several-apis-in-folder"),
    severity: Severity::Error,
    words: Words::OfCheck,
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    let mut found = Vec::new();
    for repository in &survey.repositories {
        if repository.facts.settings.policy != Policy::Folders {
            continue;
        }
        for service in &repository.facts.services {
            let own = distinct(service);
            let Some(second) = own.get(1) else {
                continue;
            };
            let folder = match service.folder.is_empty() {
                true => "the root folder".to_owned(),
                false => format!("folder `{}`", shown(&service.folder)),
            };
            found.push(Trouble::new(
                repository.spot(&second.at),
                format!(
                    "{} are connected to {folder}, and the policy `folders` allows one",
                    counted(own.len(), "API")
                ),
                "give each API a folder with its own `.postman/`, or set `mapping.policy` to `files`",
            ));
        }
    }
    found
}
