//! Mapped paths that do not exist.

use std::collections::BTreeSet;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::mapping::listed::{Names, Presence};
use crate::model::finding::{RuleId, Severity};
use crate::model::path::RepoPath;
use crate::project::Project;

/// A path in `.postman/resources.yaml` that does not exist.
pub static RULE: Rule = Rule {
    id: RuleId("missing-mapped-path"),
    group: Group::Mapping,
    summary: "a path in `.postman/resources.yaml` does not exist",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

A path under `cloudResources`, `canonical` or `localResources` that is neither a file nor a folder of the repository. Paths count from
`.postman/`. One that exists in another case is told by `listed-in-another-case`.

#### Why it matters

The element in Postman no longer has a file, and pushes pass it over. Where the file was renamed, it has lost its element: Postman takes
it for a new one.

#### Example

```yaml
cloudResources:
  collections:
    ../postman/collections/Orders: 1-11111111-2222-4333-8444-555555555555
```

without `postman/collections/Orders`.

#### How to fix

Correct the path after a rename; remove the line if the element is gone.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let names = Names::of(project);
    let files = project.services.iter().filter_map(|s| s.resources.as_ref());
    for resources in files {
        let mapped = resources
            .mapped
            .iter()
            .map(|mapped| ("mapped path", &mapped.path));
        let local = resources.local.iter().map(|path| ("local path", path));
        // A local file that is mapped as well is told once, where its id is.
        let with_id: BTreeSet<Option<&RepoPath>> = resources
            .mapped
            .iter()
            .map(|mapped| mapped.path.resolved())
            .collect();
        let local = local.filter(|(_, path)| !with_id.contains(&path.resolved()));
        for (what, written) in mapped.chain(local) {
            let Some(path) = written.resolved() else {
                continue;
            };
            if names.anything(path) == Presence::Missing {
                findings.push(
                    written.place.clone(),
                    format!("{what} `{path}` does not exist"),
                    "correct the path if it was renamed, or remove the line",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn what_is_neither_file_nor_folder_is_marked() {
        check(
            "missing-mapped-path",
            r"
//- .postman/resources.yaml
workspace:
  id: 11111111-2222-4333-8444-555555555555
localResources:
  specs:
    - ../openapi.yaml
    - ../gone.yaml
      ^^^^^^^^^^^^ missing-mapped-path
    - ../mapped.yaml
cloudResources:
  collections:
    ../postman/collections/Orders: 1-66666666-7777-4888-9999-000000000000
    ../postman/collections/orders 2: 1-aaaaaaaa-7777-4888-9999-000000000000
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ missing-mapped-path
  specs:
    ../mapped.yaml: 66666666-7777-4888-9999-000000000000
    ^^^^^^^^^^^^^^ missing-mapped-path
//- openapi.yaml
openapi: 3.0.0
//- postman/collections/Orders/Get.request.yaml
",
        );
    }

    #[test]
    fn another_case_is_told_elsewhere() {
        check(
            "missing-mapped-path",
            r"
//- .postman/resources.yaml
workspace:
  id: 11111111-2222-4333-8444-555555555555
localResources:
  specs:
    - ../OpenAPI.yaml
//- openapi.yaml
openapi: 3.0.0
",
        );
    }
}
