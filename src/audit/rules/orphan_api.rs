//! An API that no repository belongs to.

use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::Survey;
use crate::model::finding::{RuleId, Severity};
use crate::model::text::counted;

/// An API that no repository belongs to.
pub static RULE: Rule = Rule {
    id: RuleId("orphan-api"),
    severity: Severity::Warning,
    words: Words::Own {
        summary: "an API in Postman is connected to nothing and claimed by nobody",
        since: "0.1.0",
        docs: r#"
#### What it finds

An API or a specification that Postman has connected to no repository, whose id no `.postman/` holds, and whose workspace none holds
either. It is said only where every repository was listed and read whole, since one that was not might claim it.

#### Why it matters

Nobody reviews it, nothing backs it up, and no pipeline tests it. Often it is what is left of a connection that was taken apart.

#### Example

`Orders (old)` in the workspace `Team`, without a repository since the team moved to another.

#### How to fix

Connect it to the repository that holds its definition with `git postman connect`, or delete it in Postman when nobody needs it.
"#,
    },
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    if survey.repositories.is_empty() || !survey.is_whole() {
        return Vec::new();
    }
    survey
        .apis()
        .filter(|api| {
            api.connection.is_none()
                && survey.claims_of(api.id).is_empty()
                && survey.claims_of(&api.facts.workspace).is_empty()
        })
        .map(|api| {
            let number = counted(survey.repositories.len(), "repository");
            Trouble::new(
                api.place(),
                format!(
                    "{} is connected to no repository, and none of the {number} that were read claims it",
                    api.told()
                ),
                "connect it to the repository that holds its definition, or delete it in Postman",
            )
        })
        .collect()
}
