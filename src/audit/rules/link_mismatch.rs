//! Postman names another repository than the one that claims the API.

use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::Survey;
use crate::model::finding::{RuleId, Severity};
use std::collections::BTreeSet;

/// Postman names another repository than the one that claims the API.
pub static RULE: Rule = Rule {
    id: RuleId("link-mismatch"),
    severity: Severity::Error,
    words: Words::Own {
        summary: "Postman has connected the API to another repository than the one that claims it",
        since: "0.1.0",
        docs: r#"
#### What it finds

An API that a repository claims, and that Postman has connected to another one. Hosts are compared where Postman names one, owners and
names always, without regard to case, and whether `.git` stands at the end. A fork that claims it is told by `inherited-link`,
a repository that was renamed by `outdated-repository-name`.

#### Why it matters

Each end believes something else. What is changed in Postman goes to the one repository, what is changed in Git stays in the other.

#### Example

`.postman/` in `acme/orders` claims the API, and Postman says of it

```json
{"gitInfo": {"organization": "acme", "repository": "payments"}}
```

#### How to fix

Connect the API in Postman to the repository that it belongs to, or remove the `.postman/` where it does not.
"#,
    },
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    let mut found = Vec::new();
    for (api, connection) in survey.connections() {
        let claims = survey.claims_of(api.id);
        let own = || {
            claims
                .iter()
                .filter(|claimed| !claimed.repository.facts.is_fork)
        };
        // Where it is claimed by the one that Postman means, the others are `api-in-several-repositories`.
        if own().any(|claimed| connection.means(claimed.repository)) {
            continue;
        }
        // A name that is gone may be the earlier one of who claims it.
        if connection.meant.is_empty() && connection.is_owner_listed {
            continue;
        }
        let mut seen = BTreeSet::new();
        for claimed in own().filter(|claimed| seen.insert(claimed.repository)) {
            found.push(Trouble::new(
                claimed.repository.spot(&claimed.claim.at),
                format!(
                    "{} is connected to `{}` in Postman, and not to this repository",
                    api.told(),
                    connection.told()
                ),
                "connect the API to this repository in Postman; or remove the claim where the API belongs to the other one",
            ));
        }
    }
    found
}
