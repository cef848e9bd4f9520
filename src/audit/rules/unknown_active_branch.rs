//! A configured active branch that does not exist.

use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::{Survey, shown};
use crate::config::file::FILE_NAME;
use crate::model::finding::{RuleId, Severity};

/// A configured active branch that does not exist.
pub static RULE: Rule = Rule {
    id: RuleId("unknown-active-branch"),
    severity: Severity::Warning,
    words: Words::OfCheck,
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    let mut found = Vec::new();
    for repository in &survey.repositories {
        let known = repository.facts;
        let (Some(active), Some(branches)) = (&known.settings.active_branch, &known.branches)
        else {
            continue;
        };
        let others = branches.iter().map(|branch| branch.name.as_str());
        let mut all = others.chain(known.default_branch.as_deref());
        if all.any(|name| name == active) || known.default_branch.is_none() {
            continue;
        }
        found.push(Trouble::new(
            repository.place(FILE_NAME),
            format!(
                "active branch `{}` is no branch of this repository",
                shown(active)
            ),
            "correct `mapping.active-branch`, and choose the same branch in Postman",
        ));
    }
    found
}
