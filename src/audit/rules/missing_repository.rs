//! An API connected to a repository that its owner does not have.

use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::Survey;
use crate::model::finding::{RuleId, Severity};

/// An API connected to a repository that its owner does not have.
pub static RULE: Rule = Rule {
    id: RuleId("missing-repository"),
    severity: Severity::Error,
    words: Words::Own {
        summary: "an API is connected to a repository that does not exist",
        since: "0.1.0",
        docs: r#"
#### What it finds

An API that Postman has connected to a repository which is not among those of its owner, and that no repository claims. It is said only where
the owner was listed whole.

#### Why it matters

The repository was deleted, or the token of the audit may not see it. Nothing that is changed in Postman arrives anywhere.

#### Example

Postman says `acme/orders-old`, and `github.com/acme` has no such repository.

#### How to fix

Disconnect the API in Postman, or connect it to the repository that took over.
"#,
    },
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    survey
        .connections()
        .filter(|(api, connection)| {
            connection.meant.is_empty()
                && connection.is_owner_listed
                && survey.claims_of(api.id).is_empty()
        })
        .map(|(api, connection)| {
            Trouble::new(
                api.place(),
                format!(
                    "{} is connected to `{}`, and its owner has no such repository that the token may see",
                    api.told(),
                    connection.told()
                ),
                "disconnect the API in Postman, or connect it to the repository that took over",
            )
        })
        .collect()
}
