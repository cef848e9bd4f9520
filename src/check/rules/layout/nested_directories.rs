//! A schema directory and a collection directory, one inside the other.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{RuleId, Severity};
use crate::project::Project;
use crate::project::service::{Directory, Role};

/// The schema directory and the collection directory lie in each other.
pub static RULE: Rule = Rule {
    id: RuleId("nested-directories"),
    group: Group::Layout,
    summary: "schema directory and collection directory lie in each other or are the same",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A collection directory inside a schema directory, the other way round, or one directory for both: as `.postman/` declares them,
as `git-postman.toml` does, or as one is declared and the other left to its default.

#### Why it matters

Postman demands that neither is the parent or the child of the other. Where they lie in each other, it takes collections for
definitions and writes over them.

#### Example

```ini
[config.relations.collections]
rootDirectory = postman/schemas/collections

[config.relations.apiDefinition]
rootDirectory = postman/schemas
```

#### How to fix

Choose two directories of which neither contains the other, move the files with `git mv`, and connect the API again with the new
directories.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in &project.services {
        for collections in service.directories(Role::Collections) {
            for schemas in service.directories(Role::Schemas) {
                if let Some(message) = relation(collections, schemas) {
                    let help = "choose two directories of which neither contains the other";
                    findings.push(declaring(collections, schemas).place.clone(), message, help);
                }
            }
        }
    }
}

fn relation(collections: &Directory, schemas: &Directory) -> Option<&'static str> {
    if collections.path == schemas.path {
        Some("collection directory and schema directory are the same")
    } else if collections.path.is_within(&schemas.path) {
        Some("collection directory is inside the schema directory")
    } else if schemas.path.is_within(&collections.path) {
        Some("schema directory is inside the collection directory")
    } else {
        None
    }
}

/// The one to point at: the collection directory, unless only the other was written down.
fn declaring<'a>(collections: &'a Directory, schemas: &'a Directory) -> &'a Directory {
    if collections.declared || !schemas.declared {
        collections
    } else {
        schemas
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn a_collection_directory_below_the_schemas_is_marked() {
        check(
            "nested-directories",
            r"
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.0.0
[config.relations.collections]
rootDirectory = postman/schemas/collections
              # ^^^^^^^^^^^^^^^^^^^^^^^^^^^ nested-directories
[config.relations.apiDefinition]
rootDirectory = postman/schemas
",
        );
    }

    #[test]
    fn the_root_of_the_repository_holds_everything() {
        check(
            "nested-directories",
            r"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = .
              # ^ nested-directories
[relations.apiDefinition]
rootDirectory = schemas
",
        );
    }

    #[test]
    fn a_name_that_only_starts_alike_is_another_directory() {
        check(
            "nested-directories",
            r"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = api-collections
[relations.apiDefinition]
rootDirectory = api
",
        );
    }

    #[test]
    fn the_default_counts_beside_what_is_configured() {
        check(
            "nested-directories",
            "//- git-postman.toml | nested-directories\n[layout]\nschema-directory = 'postman'\n",
        );
    }
}
