//! One API or workspace in two service folders.

use std::collections::BTreeMap;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::mapping::links::links;
use crate::model::finding::{RuleId, Severity};
use crate::model::path::RepoPath;
use crate::project::Project;

/// The same API in two service folders.
pub static RULE: Rule = Rule {
    id: RuleId("api-in-several-folders"),
    group: Group::Mapping,
    summary: "the same API or workspace is connected in two folders",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

An API id, or the id of a workspace of Postman v12, in the `.postman/` of two folders. Usually a service folder was copied with everything
in it.

#### Why it matters

An API belongs to one place. What is published or pushed from one folder replaces what came from the other.

#### Example

`orders/.postman/api` and `payments/.postman/api` both with

```ini
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
```

#### How to fix

Remove the `.postman/` of the folder that is the copy, and connect that folder to an API or a workspace of its own.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let mut first: BTreeMap<String, &RepoPath> = BTreeMap::new();
    for link in links(project) {
        match first.get(&link.id) {
            Some(folder) if *folder != link.folder => {
                let other = if folder.is_root() {
                    "the root of the repository".to_owned()
                } else {
                    format!("`{folder}`")
                };
                findings.push(
                    link.place,
                    format!("{} `{}` is connected in {other} as well", link.kind.word(), link.id),
                    "remove the `.postman/` that is the copy, and connect this folder to its own API or workspace",
                );
            }
            Some(_) => {}
            None => {
                first.insert(link.id, link.folder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn a_copied_folder_is_marked() {
        check(
            "api-in-several-folders",
            r#"
//- orders/.postman/api
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
configVersion = 1.0.0
//- payments/.postman/api
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ api-in-several-folders
configVersion = 1.0.0
//- refunds/.postman/api
id = 66666666-7777-4888-9999-000000000000
"#,
        );
    }

    #[test]
    fn a_workspace_counts_too() {
        check(
            "api-in-several-folders",
            r"
//- .postman/resources.yaml
workspace:
  id: 11111111-2222-4333-8444-555555555555
//- b/.postman/resources.yaml
workspace:
  id: 11111111-2222-4333-8444-555555555555
      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ api-in-several-folders
",
        );
    }

    #[test]
    fn the_index_and_the_file_of_one_folder_are_one_link() {
        check(
            "api-in-several-folders",
            r#"
//- a/.postman/api
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
configVersion = 1.0.0
//- a/.postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.0.0
[config]
id = 11111111-2222-4333-8444-555555555555
"#,
        );
    }
}
