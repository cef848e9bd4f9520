//! A repository that could not be looked at.

use crate::audit::facts::Reach;
use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::Survey;
use crate::model::finding::{RuleId, Severity};
use crate::model::text::{shortened, visible};

/// A repository that could not be looked at.
pub static RULE: Rule = Rule {
    id: RuleId("unreadable-repository"),
    severity: Severity::Warning,
    words: Words::Own {
        summary: "a repository could not be read, or not whole",
        since: "0.1.0",
        docs: r#"
#### What it finds

A repository that is listed and could not be read: no right, locked by its provider, too large, or out of reach. Others of the audit are not held up by
it.

#### Why it matters

What is wrong in it stays unseen, and of APIs that nobody else claims nobody can say that they are orphans.

#### Example

`acme/secret`, listed to the token of the audit, which may not read its contents.

#### How to fix

Give the token of the audit the right to read contents of the repository, or leave it out of the audit.
"#,
    },
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    let mut found = Vec::new();
    for repository in &survey.repositories {
        let message = match &repository.facts.reach {
            Reach::Whole | Reach::NotAsked => continue,
            Reach::Part(left_out) => format!("was read in part only: {}", told(left_out)),
            Reach::Refused(why) => format!("could not be read: {}", told(why)),
        };
        found.push(Trouble::new(
            repository.place(""),
            message,
            "let the token of the audit read the contents of this repository, or leave it out",
        ));
    }
    found
}

/// Somebody's reason as the end of a message.
fn told(reason: &str) -> String {
    visible(&shortened(
        reason.trim().trim_end_matches('.'),
        MOST_OF_A_REASON,
    ))
}

/// So much of a reason is told.
const MOST_OF_A_REASON: usize = 300;
