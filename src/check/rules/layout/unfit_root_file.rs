//! A root file that is not the definition it is declared to be.

use std::collections::BTreeSet;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::layout::definition_extension::{Family, family_of, family_of_type};
use crate::model::finding::{RuleId, Severity};
use crate::model::path::RepoPath;
use crate::project::Project;
use crate::project::connected::connected_apis;
use crate::project::file::Facts;

/// Root file is another kind of file than declared.
pub static RULE: Rule = Rule {
    id: RuleId("unfit-root-file"),
    group: Group::Layout,
    summary: "root file is no API definition, or of another kind than declared",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A `rootFiles[]` entry in `.postman/` whose file can be read and is no API definition, or is one of another kind than the API's `type`
says, such as Protocol Buffers under `openapi:3`. Versions of one kind are not compared. Empty files, files with broken syntax and
collections have rules of their own.

#### Why it matters

Postman reads the root file as the declared type and shows a broken definition, or none.

#### Example

`type = openapi:3` and `rootFiles[] = workflows/blank.yml`, a workflow of the build server.

#### How to fix

Choose the right root file in Postman and push; where the type has changed, add the definition to the API again.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for api in connected_apis(project) {
        let written = api.definition_type.as_ref().map(|one| one.text.as_str());
        let mut seen = BTreeSet::new();
        for root in &api.root_files {
            let Some(path) = root.resolved() else {
                continue;
            };
            let Some(facts) = project.facts.get(path) else {
                continue;
            };
            if !facts.parses || facts.size == 0 || !seen.insert(path) {
                continue;
            }
            if let Some(trouble) = trouble(path, facts, written) {
                findings.push(
                    root.place.clone(),
                    format!("root file `{path}` {trouble}"),
                    "choose the right root file in Postman and push",
                );
            }
        }
    }
}

fn trouble(path: &RepoPath, facts: &Facts, written: Option<&str>) -> Option<String> {
    let declared: Option<&Family> = written.and_then(family_of_type);
    match (family_of(facts.format), declared) {
        (Some(found), Some(declared)) if found != declared => {
            let written = written.unwrap_or_default();
            Some(format!(
                "is {}, and the declared type is `{written}`",
                found.name
            ))
        }
        (Some(_), _) => None,
        (None, _) if facts.format.is_collection() => None,
        // Kinds that are declared and cannot be told by their content.
        (None, Some(declared)) if declared.name == "GraphQL" && path.extension() == "json" => None,
        (None, _) if written.is_some_and(|text| text.starts_with("openapi:1")) => None,
        (None, _) => Some("is no API definition".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    #[test]
    fn a_root_file_that_is_something_else_is_marked() {
        let fixture = r"
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config.relations.apiDefinition.metaData]
type = openapi:3
rootFiles[] = .github/workflows/blank.yml
            # ^^^^^^^^^^^^^^^^^^^^^^^^^^^ unfit-root-file
rootFiles[] = a.proto
            # ^^^^^^^ unfit-root-file
rootFiles[] = b.yaml
rootFiles[] = empty.yaml
rootFiles[] = broken.json
rootFiles[] = gone.yaml
//- .github/workflows/blank.yml
on: push
jobs: {}
//- a.proto
message A {}
//- b.yaml
openapi: 3.1.0
//- empty.yaml
//- broken.json
{
";
        check("unfit-root-file", fixture);
        assert_eq!(
            words("unfit-root-file", fixture)[1].0,
            "root file `a.proto` is Protocol Buffers, and the declared type is `openapi:3`"
        );
    }

    #[test]
    fn without_a_type_any_definition_will_do() {
        check(
            "unfit-root-file",
            r#"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.apiDefinition]
rootDirectory = s
[relations.apiDefinition.metaData]
type = null
rootFiles[] = a.graphql
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config.relations.apiDefinition.metaData]
type = openapi:1
rootFiles[] = old.json
//- s/a.graphql
type Query { a: Int }
//- old.json
{"swaggerVersion": "1.2"}
"#,
        );
    }
}
