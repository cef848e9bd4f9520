//! A collection where an API definition belongs.

use std::collections::BTreeSet;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::layout::managed::{listed, managed, place_in};
use crate::model::finding::{RuleId, Severity};
use crate::model::path::RepoPath;
use crate::project::Project;
use crate::project::service::Role;

/// Collection lies or is listed where definitions belong.
pub static RULE: Rule = Rule {
    id: RuleId("collection-among-definitions"),
    group: Group::Layout,
    summary: "collection lies in a schema directory or is listed as a definition file",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A collection in a schema directory, and a collection that `.postman/` lists as a definition file or root file, wherever it lies.
A schema directory that is the whole repository or service folder is not judged.

#### Why it matters

Postman reads it as an API definition and shows a broken one. The collection itself does not appear, and what is changed in it does
not reach anybody.

#### Example

```ini
[relations.apiDefinition]
rootDirectory = Postman Collections
files[] = {"path":"postman.json"}
```

#### How to fix

Move the collection to the collection directory with `git mv`, and take it out of the definition in Postman.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let listed = listed(project);
    let misplaced = managed(project)
        .into_iter()
        .filter(|file| file.directory.role == Role::Schemas && !file.is_in_everything())
        .map(|file| file.path());
    let paths: BTreeSet<&RepoPath> = misplaced
        .chain(listed.definitions.keys().copied())
        .collect();
    for path in paths {
        let facts = project.facts.get(path);
        if !facts.is_some_and(|facts| facts.format.is_collection()) {
            continue;
        }
        let message = if listed.definitions.contains_key(path) {
            format!("definition file `{path}` is a collection")
        } else {
            "collection lies in the schema directory".to_owned()
        };
        findings.push(
            place_in(&listed.definitions, path),
            message,
            "move it to the collection directory with `git mv`, and list a definition in its place",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn a_collection_in_a_schema_directory_is_told() {
        check(
            "collection-among-definitions",
            r#"
//- postman/schemas/v1/a.json | collection-among-definitions
{"info": {"name": "x", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}, "item": []}
//- postman/schemas/b.json
{"swagger": "2.0"}
//- postman/collections/a.json
{"info": {"name": "x", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}, "item": []}
"#,
        );
    }

    #[test]
    fn a_listed_collection_is_marked_in_the_list_once() {
        check(
            "collection-among-definitions",
            r#"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = postman/collections
[relations.apiDefinition]
rootDirectory = Postman Collections
files[] = {"path":"postman.json"}
                 # ^^^^^^^^^^^^ collection-among-definitions
[relations.apiDefinition.metaData]
rootFiles[] = postman.json
//- Postman Collections/postman.json
{"info": {"name": "x", "schema": "https://schema.getpostman.com/json/collection/v2.0.0/collection.json"}, "item": []}
"#,
        );
    }
}
