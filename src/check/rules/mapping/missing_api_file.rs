//! Ids in the index that have no file.

use std::collections::{BTreeSet, HashMap};

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{RuleId, Severity};
use crate::project::Project;
use crate::project::index_file::{IndexFile, IndexForm};
use crate::project::service::{DEFAULT_COLLECTION_DIRECTORY, DEFAULT_SCHEMA_DIRECTORY, Service};

/// An id in `.postman/api` without its `.postman/api_<id>`.
pub static RULE: Rule = Rule {
    id: RuleId("missing-api-file"),
    group: Group::Mapping,
    summary: "a listed API has no `.postman/api_<id>`",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

An id in `.postman/api` without a file `.postman/api_<id>`, or with one whose name has other upper and lower case letters.

One state is left alone: a repository that Postman has just connected while it was empty. Its index has one id, and there is no
API file and nothing in the default directories yet.

#### Why it matters

That file says which collections and which definition belong to the API. Without it Postman cannot read the API from the repository:
its command-line tool asks the server instead or fails, and the app shows an API without files.

#### Example

```ini
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
```

without `.postman/api_11111111-2222-4333-8444-555555555555`.

#### How to fix

Restore the file from the last commit that had it (`git log -- .postman`), or push the API from Postman again. If the API is no longer
connected, remove its line from `.postman/api`.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in &project.services {
        let Some(index) = service
            .index
            .as_ref()
            .filter(|index| index.form == IndexForm::List)
        else {
            continue;
        };
        let metadata = service.metadata_directory();
        let names: HashMap<String, &str> = project
            .listing
            .below(&metadata)
            .iter()
            .filter_map(|entry| entry.path.below(&metadata))
            .map(|name| (name.to_ascii_lowercase(), name))
            .collect();
        if is_fresh(project, service, index, &names) {
            continue;
        }
        let mut seen = BTreeSet::new();
        for entry in &index.apis {
            let Some(id) = entry.id.as_ref().filter(|id| seen.insert(id.as_str())) else {
                continue;
            };
            let name = format!("api_{}", entry.written.text);
            let is_there = metadata
                .join(&name)
                .is_ok_and(|path| project.has_file(&path));
            if is_there {
                continue;
            }
            match names.get(&format!("api_{id}")) {
                Some(other) => findings.push(
                    entry.written.place.clone(),
                    format!("API `{id}` has no `{metadata}/{name}`; there is `{other}` in another case"),
                    format!("rename it to `{name}` with `git mv`"),
                ),
                None => findings.push(
                    entry.written.place.clone(),
                    format!("API `{id}` has no file `{metadata}/{name}`"),
                    "restore the file from history or push the API from Postman again; remove this entry if the API is gone",
                ),
            }
        }
    }
}

/// What Postman itself commits when it connects an empty repository: an index with one id and nothing else.
fn is_fresh(
    project: &Project<'_>,
    service: &Service,
    index: &IndexFile,
    names: &HashMap<String, &str>,
) -> bool {
    let defaults = [DEFAULT_SCHEMA_DIRECTORY, DEFAULT_COLLECTION_DIRECTORY];
    let is_empty = |name: &&str| {
        service
            .folder
            .join(name)
            .is_ok_and(|path| !project.listing.has_directory(&path))
    };
    index.apis.len() == 1
        && !names.keys().any(|name| name.starts_with("api_"))
        && defaults.iter().all(is_empty)
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    #[test]
    fn an_id_without_a_file_is_marked() {
        check(
            "missing-api-file",
            r#"
//- .postman/api
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
apis[] = {"apiId":"66666666-7777-4888-9999-000000000000"}
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ missing-api-file
apis[] = {"apiId":"66666666-7777-4888-9999-000000000000"}
apis[] = {"apiId":"none"}
configVersion = 1.0.0
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
"#,
        );
    }

    #[test]
    fn a_repository_connected_while_empty_is_left_alone() {
        let fresh = "//- .postman/api\nconfigVersion = 1.0.0\ntype = api\napis[] = {\"apiId\":\"11111111-2222-4333-8444-555555555555\"}\n//- README.md\n";
        assert_eq!(words("missing-api-file", fresh), []);
        let worked_in = format!("{fresh}//- postman/collections/a.json\n");
        assert_eq!(words("missing-api-file", &worked_in).len(), 1);
    }

    #[test]
    fn a_file_in_another_case_is_named() {
        let told = words(
            "missing-api-file",
            "//- .postman/api\nconfigVersion = 1.0.0\napis[] = {\"apiId\":\"aaaaaaaa-2222-4333-8444-555555555555\"}\n//- .postman/api_AAAAAAAA-2222-4333-8444-555555555555\n",
        );
        assert_eq!(told.len(), 1);
        assert!(
            told[0]
                .0
                .ends_with("there is `api_AAAAAAAA-2222-4333-8444-555555555555` in another case")
        );
    }
}
