//! An API definition where a collection belongs.

use std::collections::BTreeSet;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::layout::managed::{listed, managed, place_in};
use crate::model::finding::{RuleId, Severity};
use crate::model::path::RepoPath;
use crate::project::Project;
use crate::project::service::Role;

/// Definition lies or is listed where collections belong.
pub static RULE: Rule = Rule {
    id: RuleId("definition-among-collections"),
    group: Group::Layout,
    summary: "definition lies in a collection directory or is listed as a collection",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

An API definition in a collection directory that no API lists as a definition file, and one that `.postman/` lists as a collection.
A collection directory that is the whole repository or service folder is not judged. In the newer layout only the files
beside the collection folders count: inside a folder a `.proto` or `.graphql` may belong to a request.

#### Why it matters

Postman looks for definitions in the schema directory or among the root files. In the collection directory it reads every file as
a collection: the definition fails there and is missing from the API.

#### Example

`postman/collections/openapi.yaml`

#### How to fix

Move the definition to the schema directory with `git mv`, and add it to the API in Postman.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let listed = listed(project);
    let misplaced = managed(project)
        .into_iter()
        .filter(|file| file.directory.role == Role::Collections && !file.is_in_everything())
        .filter(|file| !file.newer || file.is_direct())
        .map(|file| file.path())
        // An API that goes by root files may keep them anywhere.
        .filter(|path| !listed.definitions.contains_key(path));
    let paths: BTreeSet<&RepoPath> = misplaced
        .chain(listed.collections.keys().copied())
        .collect();
    for path in paths {
        let facts = project.facts.get(path);
        if !facts.is_some_and(|facts| facts.format.is_definition()) {
            continue;
        }
        let message = if listed.collections.contains_key(path) {
            format!("listed collection `{path}` is an API definition")
        } else {
            format!("API definition `{path}` lies in the collection directory")
        };
        findings.push(
            place_in(&listed.collections, path),
            message,
            "move it to the schema directory with `git mv`, and add it to the API in Postman",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn a_definition_in_a_collection_directory_is_told() {
        check(
            "definition-among-collections",
            r"
//- postman/collections/v1/openapi.yaml | definition-among-collections
openapi: 3.0.0
//- postman/collections/order.proto | definition-among-collections
message Order {}
//- postman/schemas/index.yaml
openapi: 3.0.0
",
        );
    }

    #[test]
    fn a_listed_one_is_marked_in_the_list() {
        check(
            "definition-among-collections",
            r#"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = c
files[] = {"id":"1-x","path":"a.json"}
                            # ^^^^^^ definition-among-collections
//- c/a.json
{"swagger": "2.0"}
"#,
        );
    }

    #[test]
    fn a_listed_definition_file_may_lie_there() {
        check(
            "definition-among-collections",
            r#"
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config.relations.collections]
rootDirectory = api
[config.relations.apiDefinition]
files[] = {"path":"api/openapi.yaml"}
//- api/openapi.yaml
openapi: 3.0.0
"#,
        );
        check(
            "definition-among-collections",
            r"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = .
//- docs/openapi.yaml
openapi: 3.0.0
",
        );
    }

    #[test]
    fn a_collection_folder_of_the_newer_layout_may_hold_one() {
        check(
            "definition-among-collections",
            r"
//- .postman/resources.yaml
workspace:
  id: 11111111-2222-4333-8444-555555555555
//- postman/collections/Orders/order.proto
message Order {}
//- postman/collections/openapi.yaml | definition-among-collections
openapi: 3.0.0
",
        );
    }
}
