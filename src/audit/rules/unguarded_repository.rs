//! A connected repository that nothing checks.

use crate::audit::facts::Reach;
use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::Survey;
use crate::model::finding::{RuleId, Severity};

/// A connected repository that nothing checks.
pub static RULE: Rule = Rule {
    id: RuleId("unguarded-repository"),
    severity: Severity::Warning,
    words: Words::Own {
        summary: "neither a hook nor CI runs the check in a connected repository",
        since: "0.1.0",
        docs: r#"
#### What it finds

A repository that claims an API, was read whole, and in which no file of a hook manager and no file of a CI system runs the check. What is
installed on single machines, or is demanded by the organisation, cannot be seen from there. Archived repositories do not count.

#### Why it matters

The first one to notice a broken definition is Postman, or a consumer.

#### Example

`acme/orders` with a `.postman/api`, and neither `.github/workflows/*.yml` nor `.pre-commit-config.yaml` that names `git-postman`.

#### How to fix

Add the check to the CI of the repository, and `git postman hook install` or the hook manager's entry for those who work in it.
"#,
    },
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    let mut found = Vec::new();
    for repository in &survey.repositories {
        let known = repository.facts;
        let is_guarded = known.is_archived || !known.guards.is_empty();
        if is_guarded || known.reach != Reach::Whole {
            continue;
        }
        if let Some((_, claim)) = repository.claims().first() {
            found.push(Trouble::new(
                repository.place(""),
                format!("neither a hook nor CI checks what belongs to {}", survey.told(claim)),
                "run `git postman check` in CI, and `git postman hook install` on the machines of its developers",
            ));
        }
    }
    found
}
