//! Ids that an index lists twice.

use std::collections::BTreeSet;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::format::markers::merge_markers;
use crate::model::finding::{RuleId, Severity};
use crate::project::Project;

/// The same API twice in `.postman/api`.
pub static RULE: Rule = Rule {
    id: RuleId("duplicate-api-id"),
    group: Group::Mapping,
    summary: "an API is listed twice",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

The same API id twice in one `.postman/api`; upper and lower case letters count as the same. Where the file has merge markers,
`merge-marker` speaks instead.

#### Why it matters

Postman takes the two for one, so nothing is lost. Mostly a merge has kept the line of both sides, and other lines deserve a look.

#### Example

```ini
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
```

#### How to fix

Remove the second line.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let indexes = project.services.iter().filter_map(|s| s.index.as_ref());
    for index in indexes.filter(|i| merge_markers(i.file.document.text()).is_empty()) {
        let mut seen = BTreeSet::new();
        for entry in &index.apis {
            if let Some(id) = entry.id.as_ref().filter(|id| !seen.insert(id.as_str())) {
                findings.push(
                    entry.written.place.clone(),
                    format!("API `{id}` is listed already"),
                    "remove this line",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn the_second_is_marked_in_whatever_case() {
        check(
            "duplicate-api-id",
            r#"
//- .postman/api
apis[] = {"apiId":"aaaaaaaa-2222-4333-8444-555555555555"}
apis[] = {"apiId":"66666666-7777-4888-9999-000000000000"}
apis[] = {"apiId":"AAAAAAAA-2222-4333-8444-555555555555"}
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ duplicate-api-id
configVersion = 1.0.0
"#,
        );
    }

    #[test]
    fn both_sides_of_a_conflict_are_left_to_the_conflict() {
        let id = "apis[] = {\"apiId\":\"11111111-2222-4333-8444-555555555555\"}";
        check(
            "duplicate-api-id",
            &format!(
                "//- .postman/api\n<<<<<<< a\n{id}\n=======\n{id}\n>>>>>>> b\nconfigVersion = 1.0.0\n"
            ),
        );
    }
}
