//! Two paths for one element in Postman.

use std::collections::HashMap;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::mapping::collection_ids::identity;
use crate::check::rules::secret::cover::told;
use crate::model::finding::{RuleId, Severity};
use crate::project::Project;
use crate::project::written::WrittenPath;

/// Two paths mapped to one id.
pub static RULE: Rule = Rule {
    id: RuleId("duplicate-cloud-id"),
    group: Group::Mapping,
    summary: "two paths are mapped to the same element in Postman",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

Two paths in one `.postman/resources.yaml` that are mapped to the same id. The owner's number before the UUID does not count.

#### Why it matters

A push sends both files to one element, and the last one wins.

#### Example

```yaml
cloudResources:
  environments:
    ../postman/environments/Dev.environment.yaml: 1-11111111-2222-4333-8444-555555555555
    ../postman/environments/Test.environment.yaml: 11111111-2222-4333-8444-555555555555
```

#### How to fix

Keep the path that belongs to the element and remove the other line; with the next push from the app, that file gets an element of its own.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let files = project.services.iter().filter_map(|s| s.resources.as_ref());
    for resources in files {
        let mut first: HashMap<String, &WrittenPath> = HashMap::new();
        for mapped in &resources.mapped {
            let Some(id) = mapped.id.as_ref().filter(|id| !id.text.is_empty()) else {
                continue;
            };
            let known = *first.entry(identity(&id.text)).or_insert(&mapped.path);
            if known.text != mapped.path.text {
                findings.push(
                    id.place.clone(),
                    format!("`{}` is mapped to this id already", told(&known.text, 120)),
                    "keep the path that belongs to the element, and remove the other line",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn the_second_path_is_marked_with_or_without_the_owner() {
        check(
            "duplicate-cloud-id",
            r"
//- .postman/resources.yaml
cloudResources:
  environments:
    ../a.yaml: 1-11111111-2222-4333-8444-555555555555
    ../b.yaml: 11111111-2222-4333-8444-555555555555
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ duplicate-cloud-id
    ../c.yaml: 66666666-7777-4888-9999-000000000000
",
        );
    }

    #[test]
    fn both_dialects_may_say_the_same() {
        check(
            "duplicate-cloud-id",
            r"
//- .postman/resources.yaml
cloudResources:
  specs:
    ../a.yaml: 11111111-2222-4333-8444-555555555555
canonical:
  specs:
    ../a.yaml: 11111111-2222-4333-8444-555555555555
",
        );
    }
}
