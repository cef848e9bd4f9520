//! Postman has connected an API to a repository that does not know of it.

use crate::audit::facts::Reach;
use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::{Survey, shown};
use crate::model::finding::{RuleId, Severity};

/// Postman has connected an API to a repository that does not know of it.
pub static RULE: Rule = Rule {
    id: RuleId("unclaimed-connection"),
    severity: Severity::Warning,
    words: Words::Own {
        summary: "Postman has connected an API to a repository whose default branch does not claim it",
        since: "0.1.0",
        docs: r#"
#### What it finds

An API that Postman has connected to a repository which was read whole, and in whose default branch no `.postman/` claims it; nor does any other
repository.

#### Why it matters

Postman reads and writes there, and nobody who looks at the repository can tell. If two APIs are connected to it, they overwrite each
other's files.

#### Example

Postman says of the API `Orders` that it is connected to `acme/orders`, and that repository has no `.postman/`, or one that names another API.

#### How to fix

Push from Postman once, so that it writes its `.postman/`, and merge that into the default branch; or disconnect the API in Postman.
"#,
    },
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    let mut found = Vec::new();
    for (api, connection) in survey.connections() {
        let [repository] = connection.meant[..] else {
            continue;
        };
        let claims = survey.claims_of(api.id);
        let is_claimed = claims
            .iter()
            .any(|claimed| claimed.repository == repository || !claimed.repository.facts.is_fork);
        if is_claimed || repository.facts.reach != Reach::Whole {
            continue;
        }
        let other = match repository.claims().first() {
            Some((_, claim)) => format!("which claims {} instead", survey.told(claim)),
            None => match &repository.facts.default_branch {
                Some(branch) => format!("whose branch `{}` does not claim it", shown(branch)),
                None => "which is empty".to_owned(),
            },
        };
        found.push(Trouble::new(
            repository.place(""),
            format!("Postman has connected {} to this repository, {other}", api.told()),
            "merge the `.postman/` that Postman writes into the default branch, or disconnect the API in Postman",
        ));
    }
    found
}
