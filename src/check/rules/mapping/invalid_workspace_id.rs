//! Workspaces of Postman v12 without a right id.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::secret::cover::told;
use crate::format::markers::merge_markers;
use crate::model::finding::{Place, RuleId, Severity};
use crate::project::Project;

/// `workspace.id` is missing, empty or no UUID.
pub static RULE: Rule = Rule {
    id: RuleId("invalid-workspace-id"),
    group: Group::Mapping,
    summary: "`.postman/resources.yaml` names no workspace",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A `.postman/resources.yaml` whose `workspace.id` is missing, empty or no UUID. A missing one is right where the early `.postman/config.json`
lies beside it, which Postman reads then.

#### Why it matters

Postman does not know which workspace the folder belongs to: the app asks again, and `postman workspace push` stops.

#### Example

```yaml
workspace:
  id: ""
```

#### How to fix

Open the folder in the Postman app and connect it to its workspace, or write the id: it is in the workspace's address in the browser and
in its details.
"#,
    check: Check::Project(check),
};

const HELP: &str = "write the workspace's id, or open the folder in the Postman app and connect it";

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in &project.services {
        let Some(resources) = &service.resources else {
            continue;
        };
        let text = resources.document.text();
        // What does not parse, and what nobody wrote anything into, is told by rules about documents.
        if !resources.faults.is_empty()
            || text.trim().is_empty()
            || !merge_markers(text).is_empty()
            || resources.has_workspace()
        {
            continue;
        }
        let early = service.metadata_directory().join("config.json");
        match &resources.workspace {
            Some(id) if id.text.is_empty() => {
                findings.push(id.place.clone(), "workspace id is empty", HELP);
            }
            Some(id) => {
                let message = format!("`{}` is no workspace id", told(&id.text, 60));
                findings.push(id.place.clone(), message, HELP);
            }
            None if early.is_ok_and(|path| project.has_file(&path)) => {}
            None => findings.push(
                Place::whole(resources.path.clone()),
                "file has no `workspace.id`",
                HELP,
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn an_empty_and_a_wrong_id_are_marked() {
        check(
            "invalid-workspace-id",
            r#"
//- a/.postman/resources.yaml
workspace:
  id: ""
      ^^ invalid-workspace-id
//- b/.postman/resources.yaml
workspace:
  id: my-workspace
      ^^^^^^^^^^^^ invalid-workspace-id
//- c/.postman/resources.yaml
workspace:
  id: 11111111-2222-4333-8444-555555555555
"#,
        );
    }

    #[test]
    fn a_missing_one_is_told_unless_the_early_file_has_it() {
        check(
            "invalid-workspace-id",
            "//- a/.postman/resources.yaml | invalid-workspace-id\ncloudResources: {}\n//- b/.postman/resources.yaml\ncloudResources: {}\n//- b/.postman/config.json\n{}\n",
        );
    }
}
