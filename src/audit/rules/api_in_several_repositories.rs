//! One API, claimed by two repositories that are no forks.

use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::{Audited, Claimed, Survey, shown};
use crate::model::finding::{RuleId, Severity};
use crate::model::text::counted;
use std::collections::BTreeMap;

/// One API, claimed by two repositories that are no forks.
pub static RULE: Rule = Rule {
    id: RuleId("api-in-several-repositories"),
    severity: Severity::Error,
    words: Words::Own {
        summary: "the same API, specification or workspace is claimed by several repositories",
        since: "0.1.0",
        docs: r#"
#### What it finds

The id of one API, specification or workspace in the `.postman/` of two repositories of which neither is a fork. The repository that Postman
has connected it to is the right one; where Postman names none of them, the first by name is taken for it. Forks are told by
`inherited-link`.

#### Why it matters

An API belongs to one repository. Each of them believes that it is the source: what is pushed or published from one replaces
what came from the other, and nobody sees it before a consumer does.

#### Example

`acme/orders` and `acme/orders-v2`, copied from it with everything in it, both with

```ini
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
```

#### How to fix

Decide which repository the API belongs to, remove the `.postman/` of the others, and connect each of them to an API of its own
where it needs one.
"#,
    },
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    let mut found = Vec::new();
    for (id, claims) in survey.claims() {
        let mut first: BTreeMap<Audited<'_>, &Claimed<'_>> = BTreeMap::new();
        for claimed in claims {
            if !claimed.repository.facts.is_fork {
                first.entry(claimed.repository).or_insert(claimed);
            }
        }
        if first.len() < 2 {
            continue;
        }
        let connection = survey.api(id).and_then(|api| api.connection.as_ref());
        let meant = first
            .keys()
            .find(|repository| connection.is_some_and(|known| known.means(**repository)));
        let Some(right) = meant.or_else(|| first.keys().next()).copied() else {
            continue;
        };
        let others = match first.len() - 2 {
            0 => String::new(),
            more => format!(" and {}", counted(more, "other repository")),
        };
        for (repository, claimed) in first.iter().filter(|(one, _)| **one != right) {
            let told = survey.told(claimed.claim);
            let right = shown(right.name);
            found.push(Trouble::new(
                repository.spot(&claimed.claim.at),
                match meant {
                    Some(_) => format!("{told} is claimed by `{right}`{others} as well, and Postman has connected it there"),
                    None => format!("{told} is claimed by `{right}`{others} as well"),
                },
                "keep the claim in the repository that the API belongs to, and connect the others to APIs of their own",
            ));
        }
    }
    found
}
