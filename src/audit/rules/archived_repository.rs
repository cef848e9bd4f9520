//! A repository that nobody can change, still connected.

use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::{Audited, Survey};
use crate::model::finding::{RuleId, Severity};
use std::collections::BTreeMap;

/// A repository that nobody can change, still connected.
pub static RULE: Rule = Rule {
    id: RuleId("archived-repository"),
    severity: Severity::Warning,
    words: Words::Own {
        summary: "an archived repository is still connected to an API",
        since: "0.1.0",
        docs: r#"
#### What it finds

A repository that is archived and claims an API, or that Postman has connected one to.

#### Why it matters

Nothing can be pushed to it: what is changed in Postman never arrives, and the API looks maintained while its source is closed.

#### Example

`acme/orders-legacy`, archived, with a `.postman/api` in its default branch.

#### How to fix

Disconnect the API in Postman, or connect it to the repository that took over. Where the repository is to live on, take it out of
the archive.
"#,
    },
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    let mut connected: BTreeMap<Audited<'_>, String> = BTreeMap::new();
    for (api, connection) in survey.connections() {
        if let [only] = connection.meant[..] {
            connected.entry(only).or_insert_with(|| api.told());
        }
    }
    let mut found = Vec::new();
    let archived = survey.repositories.iter();
    for repository in archived.filter(|repository| repository.facts.is_archived) {
        let claims = repository.claims();
        let (place, told) = match (claims.first(), connected.get(repository)) {
            (Some((_, claim)), _) => (repository.spot(&claim.at), survey.told(claim)),
            (None, Some(told)) => (repository.place(""), told.clone()),
            (None, None) => continue,
        };
        found.push(Trouble::new(
            place,
            format!("archived repository is still connected to {told}"),
            "disconnect the API in Postman, or connect it to the repository that took over",
        ));
    }
    found
}
