//! Postman knows the repository by a name that is gone.

use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::Survey;
use crate::model::finding::{RuleId, Severity};

/// Postman knows the repository by a name that is gone.
pub static RULE: Rule = Rule {
    id: RuleId("outdated-repository-name"),
    severity: Severity::Warning,
    words: Words::Own {
        summary: "Postman knows the repository of the API by a name that is gone",
        since: "0.1.0",
        docs: r#"
#### What it finds

An API that one repository claims, where Postman names a repository that its owner does not have. The repository was renamed
or moved, as far as anybody can tell.

#### Why it matters

Most hosts send callers on from the old name, until somebody makes a new repository of that name: from then on Postman reads and writes
that one.

#### Example

`acme/orders-service` claims the API, Postman says `acme/orders`, and `github.com/acme` has no `orders`.

#### How to fix

Connect the API again in Postman, so that it knows the repository by its name of today.
"#,
    },
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    let mut found = Vec::new();
    for (api, connection) in survey.connections() {
        if !connection.meant.is_empty() || !connection.is_owner_listed {
            continue;
        }
        let claims = survey.claims_of(api.id);
        let Some(first) = claims.first() else {
            continue;
        };
        // Of several nobody can tell which one was renamed.
        if claims
            .iter()
            .any(|claimed| claimed.repository != first.repository)
        {
            continue;
        }
        found.push(Trouble::new(
            first.repository.spot(&first.claim.at),
            format!(
                "Postman knows the repository of {} as `{}`, a name that its owner no longer has",
                api.told(),
                connection.told()
            ),
            "connect the API again in Postman, so that it knows the repository by its name of today",
        ));
    }
    found
}
