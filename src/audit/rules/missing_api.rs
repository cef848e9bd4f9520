//! A claim of an API that Postman does not have.

use crate::audit::facts::{ClaimKind, Reach};
use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::Survey;
use crate::model::finding::{RuleId, Severity};
use std::collections::BTreeSet;

/// A claim of an API that Postman does not have.
pub static RULE: Rule = Rule {
    id: RuleId("missing-api"),
    severity: Severity::Error,
    words: Words::Own {
        summary: "a repository claims an API that Postman does not have",
        since: "0.1.0",
        docs: r#"
#### What it finds

An id of an API or a specification in `.postman/` that is not among those that Postman shows to the key of the audit. It is said only where
Postman was asked for everything, and never of workspaces, which may be empty.

#### Why it matters

The API was deleted, or it lives in another team. Every push and every publish from this repository fails, and the app offers to connect
it to nothing.

#### Example

`.postman/api` with an id whose API was deleted last year.

#### How to fix

Remove the `.postman/` or the line in it, or connect the repository to the API that took its place. Where the API is in a workspace that the
key may not see, give the audit a key that may.
"#,
    },
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    if survey.facts.postman != Reach::Whole {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (id, claims) in survey.claims() {
        if survey.api(id).is_some() {
            continue;
        }
        let named = claims
            .iter()
            .filter(|claimed| claimed.claim.kind != ClaimKind::Workspace);
        let mut seen = BTreeSet::new();
        for claimed in named.filter(|claimed| seen.insert(claimed.repository)) {
            found.push(Trouble::new(
                claimed.repository.spot(&claimed.claim.at),
                format!("Postman has no {} that the key may see", survey.told(claimed.claim)),
                "remove the claim or connect the repository again; or give the audit a key that sees the workspace",
            ));
        }
    }
    found
}
