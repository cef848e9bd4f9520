//! A fork that claims the API of its original.

use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::{Survey, shown};
use crate::model::finding::{RuleId, Severity};
use std::collections::BTreeSet;

/// A fork that claims the API of its original.
pub static RULE: Rule = Rule {
    id: RuleId("inherited-link"),
    severity: Severity::Warning,
    words: Words::Own {
        summary: "a fork claims the API of its original",
        since: "0.1.0",
        docs: r#"
#### What it finds

A fork whose `.postman/` claims an API that a repository which is no fork claims too, or that Postman has connected to another
repository.

#### Why it matters

A fork brings the `.postman/` of its original along. Whoever connects or publishes from it writes into the API of the original.

#### Example

`erika/orders`, a fork of `acme/orders`, with the same `.postman/api`.

#### How to fix

Leave it where the fork only serves pull requests, and never connect it. Where it goes its own way, remove its `.postman/` and connect it to an
API of its own.
"#,
    },
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    let mut found = Vec::new();
    for (id, claims) in survey.claims() {
        let connection = survey.api(id).and_then(|api| api.connection.as_ref());
        let original = claims
            .iter()
            .find(|claimed| !claimed.repository.facts.is_fork);
        let mut seen = BTreeSet::new();
        for claimed in claims
            .iter()
            .filter(|claimed| claimed.repository.facts.is_fork)
        {
            let fork = claimed.repository;
            if connection.is_some_and(|known| known.means(fork)) || !seen.insert(fork) {
                continue;
            }
            let told = survey.told(claimed.claim);
            let message = match (connection, original) {
                // A name that is gone may be the fork's own earlier one.
                (Some(known), None) if known.meant.is_empty() && known.is_owner_listed => continue,
                (_, Some(original)) => format!(
                    "fork claims {told}, which `{}` claims too",
                    shown(original.repository.name)
                ),
                (Some(known), None) => format!(
                    "fork claims {told}, which Postman has connected to `{}`",
                    known.told()
                ),
                (None, None) => continue,
            };
            found.push(Trouble::new(
                fork.spot(&claimed.claim.at),
                message,
                "never connect the fork, or remove its `.postman/` and connect it to an API of its own",
            ));
        }
    }
    found
}
