//! Ids that are left over from connecting an API again.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{RuleId, Severity};
use crate::project::Project;
use crate::project::connected::connections;

/// An id in `.postman/` that a later connection left behind.
pub static RULE: Rule = Rule {
    id: RuleId("stale-api-id"),
    group: Group::Mapping,
    summary: "an API id is left over from an earlier connection",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

An API in `.postman/` with the same directories and files as a later one. Postman's index only grows: each time an API is connected
again, or another takes its place, the earlier id stays. The last one counts.

#### Why it matters

Postman's command-line tool lints and publishes every id it finds; a left-over one fails there, or does the work twice.

#### Example

```ini
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
apis[] = {"apiId":"66666666-7777-4888-9999-000000000000"}
```

with `rootDirectory = postman/collections` in both `.postman/api_…` files.

#### How to fix

Remove the line from `.postman/api` and the file `.postman/api_<id>` of the earlier API. If both are alive in Postman, give one its
own directories.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for connection in connections(project) {
        for (id, place) in connection.stale {
            let message = format!(
                "API `{id}` has the same files as `{}`, which was connected later",
                connection.id
            );
            let help = format!(
                "remove this entry and `.postman/api_{id}`, unless both are alive in Postman"
            );
            findings.push(place, message, help);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn the_earlier_of_two_with_the_same_directories_is_marked() {
        check(
            "stale-api-id",
            r#"
//- .postman/api
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ stale-api-id
apis[] = {"apiId":"66666666-7777-4888-9999-000000000000"}
configVersion = 1.0.0
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.0.0
[config.relations.collections]
rootDirectory = postman/collections
[config.relations.apiDefinition]
rootDirectory = postman/schemas
//- .postman/api_66666666-7777-4888-9999-000000000000
configVersion = 1.0.0
[config.relations.collections]
rootDirectory = postman/collections
[config.relations.apiDefinition]
rootDirectory = postman/schemas
"#,
        );
    }

    #[test]
    fn apis_with_their_own_definitions_are_both_alive() {
        check(
            "stale-api-id",
            r#"
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config.relations.collections]
rootDirectory = postman/collections
[config.relations.apiDefinition]
files[] = {"path":"one.yaml"}
//- .postman/api_66666666-7777-4888-9999-000000000000
configVersion = 1.1.0
[config.relations.collections]
rootDirectory = postman/collections
[config.relations.apiDefinition]
files[] = {"path":"two.yaml"}
"#,
        );
    }

    #[test]
    fn apis_that_have_nothing_yet_do_not_replace_others() {
        check(
            "stale-api-id",
            r#"
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config.relations.apiDefinition]
files[] = {"path":"one.yaml"}
//- .postman/api_66666666-7777-4888-9999-000000000000
configVersion = 1.1.0
"#,
        );
    }
}
