//! More than one API in a service folder.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::config::file::Policy;
use crate::model::finding::{RuleId, Severity};
use crate::model::text::counted;
use crate::project::Project;
use crate::project::connected::connections;

/// More than one API in a service folder, under the policy `folders`.
pub static RULE: Rule = Rule {
    id: RuleId("several-apis-in-folder"),
    group: Group::Mapping,
    summary: "more than one API is connected to a service folder (policy `folders`)",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

Under the policy `folders`: a service folder whose `.postman/` connects more than one API. Ids that are only left over from an earlier
connection are told by `stale-api-id` and do not count.

#### Why it matters

The policy says that each service has its own folder with its own `.postman/`, as Postman v12 has it with workspaces. Two APIs in one
folder cannot be told apart by their place, and neither moves to a workspace of its own.

#### Example

`orders/.postman/api` with

```ini
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
apis[] = {"apiId":"66666666-7777-4888-9999-000000000000"}
```

#### How to fix

Give the second API a folder of its own, or choose the policy `files`, which asks each API for its own files instead.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    if project.config.policy != Policy::Folders {
        return;
    }
    let connections = connections(project);
    for service in &project.services {
        let own: Vec<_> = connections
            .iter()
            .filter(|connection| connection.service.folder == service.folder)
            .collect();
        if let Some(second) = own.get(1) {
            let folder = if service.folder.is_root() {
                "the root folder".to_owned()
            } else {
                format!("folder `{}`", service.folder)
            };
            let message = format!(
                "{} are connected to {folder}, and the policy `folders` allows one",
                counted(own.len(), "API")
            );
            let help = "give each API a folder with its own `.postman/`, or set `mapping.policy` to `files`";
            findings.push(second.place.clone(), message, help);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    const TWO: &str = r#"
//- git-postman.toml
[mapping]
policy = "folders"
//- orders/.postman/api
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
apis[] = {"apiId":"66666666-7777-4888-9999-000000000000"}
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ several-apis-in-folder
configVersion = 1.0.0
//- orders/.postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config.relations.collections]
rootDirectory = one
//- orders/.postman/api_66666666-7777-4888-9999-000000000000
configVersion = 1.1.0
[config.relations.collections]
rootDirectory = two
//- payments/.postman/api
id = aaaaaaaa-2222-4333-8444-555555555555
"#;

    #[test]
    fn the_second_of_a_folder_is_marked() {
        check("several-apis-in-folder", TWO);
    }

    #[test]
    fn other_policies_demand_something_else() {
        assert_eq!(
            words("several-apis-in-folder", &TWO.replace("folders", "files")),
            []
        );
    }
}
