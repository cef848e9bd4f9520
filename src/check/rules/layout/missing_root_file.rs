//! A root file of an API's definition that is not there.

use std::collections::BTreeSet;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{RuleId, Severity};
use crate::project::Project;
use crate::project::connected::connected_apis;

/// Root file does not exist.
pub static RULE: Rule = Rule {
    id: RuleId("missing-root-file"),
    group: Group::Layout,
    summary: "root file of an API definition does not exist",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A `rootFiles[]` entry in `.postman/` whose file does not exist, exists in another case, is a directory, or lies outside of the
repository. Missing entries of `files[]` have a rule of their own, and the root file of a stale id is nobody's any more.

#### Why it matters

Postman reads the definition from its root file. Without it the API has no definition, for everybody who pulls the branch.

#### Example

```ini
[config.relations.apiDefinition.metaData]
type = openapi:3
rootFiles[] = specs/orders.yaml
```

in a repository without `specs/orders.yaml`.

#### How to fix

Bring the file back, or choose another root file in Postman and push.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for api in connected_apis(project) {
        let mut seen = BTreeSet::new();
        for root in &api.root_files {
            if !seen.insert(root.text.as_str()) {
                continue;
            }
            let text = root.text.as_str();
            let (message, help) = match &root.path {
                Err(error) => (
                    format!("root file `{text}` {error}"),
                    "list a file inside the repository, with forward slashes".to_owned(),
                ),
                Ok(path) if project.has_file(path) || project.is_excluded(path) => continue,
                Ok(path) if project.has(path) => (
                    format!("root file `{path}` is a directory"),
                    "list the file that the definition starts with".to_owned(),
                ),
                Ok(path) => match project.in_another_case(path) {
                    Some(other) => (
                        format!("root file `{path}` is `{other}` in the repository"),
                        "rename the file with `git mv`, or write its name as it is".to_owned(),
                    ),
                    None => (
                        format!("root file `{path}` does not exist"),
                        "bring the file back, or choose another root file in Postman".to_owned(),
                    ),
                },
            };
            findings.push(root.place.clone(), message, help);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    #[test]
    fn a_root_file_that_is_gone_is_marked_once() {
        check(
            "missing-root-file",
            r#"
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config.relations.apiDefinition]
files[] = {"path":"specs/a.yaml"}
[config.relations.apiDefinition.metaData]
rootFiles[] = specs/a.yaml
            # ^^^^^^^^^^^^ missing-root-file
rootFiles[] = specs/a.yaml
rootFiles[] = ../b.yaml
            # ^^^^^^^^^ missing-root-file
"#,
        );
    }

    #[test]
    fn a_root_file_counts_from_the_schema_directory() {
        let fixture = r"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.apiDefinition]
rootDirectory = schemas
[relations.apiDefinition.metaData]
rootFiles[] = API/index.json
rootFiles[] = Index.json
            # ^^^^^^^^^^ missing-root-file
//- schemas/API/index.json
{}
//- schemas/index.json
{}
";
        check("missing-root-file", fixture);
        assert_eq!(
            words("missing-root-file", fixture)[0].0,
            "root file `schemas/Index.json` is `schemas/index.json` in the repository"
        );
    }

    #[test]
    fn the_root_file_of_a_stale_id_is_left_out() {
        check(
            "missing-root-file",
            r#"
//- .postman/api
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
apis[] = {"apiId":"66666666-7777-4888-9999-000000000000"}
configVersion = 1.0.0
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.0.0
[config.relations.apiDefinition]
rootDirectory = s
[config.relations.apiDefinition.metaData]
rootFiles[] = old.yaml
//- .postman/api_66666666-7777-4888-9999-000000000000
configVersion = 1.0.0
[config.relations.apiDefinition]
rootDirectory = s
[config.relations.apiDefinition.metaData]
rootFiles[] = new.yaml
//- s/new.yaml
openapi: 3.0.0
"#,
        );
    }
}
