//! Files in Postman's directories that no API lists.

use std::collections::BTreeSet;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{Place, RuleId, Severity};
use crate::model::path::RepoPath;
use crate::model::snapshot::FileKind;
use crate::project::Project;
use crate::project::api_file::{ApiFile, ApiForm};
use crate::project::is_possible_document;
use crate::project::service::{Directory, Role, Service};

/// A collection or definition in a managed directory that no API lists.
pub static RULE: Rule = Rule {
    id: RuleId("unlisted-file"),
    group: Group::Mapping,
    summary: "a file in a collection or schema directory belongs to no API",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

A `.json` file in a collection directory, or a file that could be part of a definition in a schema directory, that no API lists under
`files[]`. Where nothing in a directory is listed, it is one finding for the directory. Environments, and documents that are something else
than their directory is for, are left to other rules.

#### Why it matters

Postman neither shows nor updates such a file, and it grows old unseen. It may be meant: who chooses *Remove* instead of *Delete* in Postman
keeps the file and takes it out of the API only.

#### Example

`postman/collections/Orders copy.json` beside

```ini
files[] = {"id":"1-11111111-2222-4333-8444-555555555555","path":"Orders.json","metaData":{}}
```

#### How to fix

Where `git postman push` has made a collection, `git postman pull` lists it, and `git postman push --write-ids` at once. Otherwise add the
file to the API in Postman (*Add existing collection* or *Add file*) and push there, or move it out of the directory. Where it is meant,
allow it with a reason:

```toml
[[allow]]
rule = "unlisted-file"
path = "postman/collections/Archive/**"
reason = "removed from the API, kept for reference"
```
"#,
    check: Check::Project(check),
};

const HELP: &str = "add it to the API in Postman and push, or move it elsewhere; allow it if it was removed from the API on purpose";
/// A push has made it, and the list does not know yet.
const PULL: &str = "where a push has made it in Postman, `git postman pull` lists it; else ";

fn check(project: &Project<'_>, findings: &mut Findings) {
    let apis = project.services.iter().flat_map(|service| &service.apis);
    let listed: BTreeSet<&RepoPath> = apis.flat_map(listed_paths).collect();
    for service in project.services.iter().filter(|s| knows_its_lists(s)) {
        for directory in service.directories.iter().filter(|d| d.declared) {
            let files = candidates(project, service, directory);
            let unlisted: Vec<&RepoPath> = files
                .iter()
                .copied()
                .filter(|path| !listed.contains(path))
                .collect();
            if unlisted.len() > 1 && unlisted.len() == files.len() {
                findings.push(
                    directory.place.clone(),
                    format!(
                        "no API lists any of the {} files in {} `{}`",
                        files.len(),
                        directory.role.phrase(),
                        directory.path
                    ),
                    helped(directory.role, "add them to the API in Postman and push, or choose the directory that holds its files"),
                );
                continue;
            }
            for path in unlisted {
                let message = format!("no API lists this file of {}", with_article(directory.role));
                findings.push(
                    Place::whole(path.clone()),
                    message,
                    helped(directory.role, HELP),
                );
            }
        }
    }
}

/// Only the list of collections is written by a pull.
fn helped(role: Role, help: &str) -> String {
    match role {
        Role::Collections => format!("{PULL}{help}"),
        Role::Schemas | Role::Environments => help.to_owned(),
    }
}

fn with_article(role: Role) -> &'static str {
    match role {
        Role::Schemas => "the schema directory",
        Role::Collections => "the collection directory",
        Role::Environments => "the environment directory",
    }
}

fn listed_paths(api: &ApiFile) -> impl Iterator<Item = &RepoPath> {
    let files = api.collections.iter().chain(&api.definitions);
    files
        .map(|file| &file.path)
        .chain(&api.root_files)
        .filter_map(|path| path.resolved())
}

/// Whether every list of a folder was read whole; otherwise a file may well be listed.
fn knows_its_lists(service: &Service) -> bool {
    let read = |api: &ApiFile| !matches!(api.form, ApiForm::Unknown(_)) && api.troubles.is_empty();
    !service.is_native() && service.unread.is_empty() && service.apis.iter().all(read)
}

/// The files of a directory that an API could list, if an API declares the directory at all.
fn candidates<'a>(
    project: &'a Project<'_>,
    service: &Service,
    directory: &Directory,
) -> Vec<&'a RepoPath> {
    let declares = |api: &ApiFile| {
        let own = match directory.role {
            Role::Collections => &api.collection_directory,
            _ => &api.schema_directory,
        };
        own.as_ref().and_then(|own| own.resolved()) == Some(&directory.path)
    };
    if !service.apis.iter().any(declares) {
        return Vec::new();
    }
    let below = project.listing.below(&directory.path).iter();
    below
        .filter(|entry| entry.kind == FileKind::File)
        .map(|entry| &entry.path)
        .filter(|path| could_be_listed(project, path, directory.role))
        .filter(|path| !project.is_excluded(path))
        .filter(|path| {
            project
                .role_of(path)
                .is_some_and(|(role, _)| role == directory.role)
        })
        .collect()
}

fn could_be_listed(project: &Project<'_>, path: &RepoPath, role: Role) -> bool {
    let format = project.facts.get(path).map(|facts| facts.format);
    if path.components().any(|part| part == ".postman") {
        return false;
    }
    if role == Role::Collections {
        let name = path.file_name();
        let is_environment = [".postman_environment.json", ".postman_globals.json"]
            .iter()
            .any(|end| name.ends_with(end));
        return path.extension() == "json"
            && !is_environment
            && format.is_none_or(|format| format.is_collection());
    }
    is_possible_document(path)
        && format.is_none_or(|format| !format.is_collection() && !format.is_environment())
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    const COLLECTION: &str = r#"{"info": {"name": "x", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}, "item": []}"#;

    #[test]
    fn what_no_api_lists_is_told() {
        check(
            "unlisted-file",
            &format!(
                r#"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = postman/collections
files[] = {{"id":"1-x","path":"a.json"}}
[relations.apiDefinition]
rootDirectory = postman/schemas
files[] = {{"path":"index.yaml"}}
//- postman/collections/a.json
{COLLECTION}
//- postman/collections/a copy.json | unlisted-file
{COLLECTION}
//- postman/collections/dev.postman_environment.json
//- postman/collections/notes.md
//- postman/schemas/index.yaml
//- postman/schemas/old/index.yaml | unlisted-file
openapi: 3.0.0
//- postman/schemas/.gitkeep
"#
            ),
        );
    }

    #[test]
    fn a_directory_of_which_nothing_is_listed_is_one_finding() {
        check(
            "unlisted-file",
            &format!(
                "//- .postman/api\nid = 11111111-2222-4333-8444-555555555555\n[relations.collections]\nrootDirectory = c\n                ^ unlisted-file\n//- c/a.json\n{COLLECTION}\n//- c/b.json\n{COLLECTION}\n"
            ),
        );
    }

    #[test]
    fn a_list_that_was_not_read_whole_says_nothing() {
        let fixture = format!(
            "//- .postman/api\nid = 11111111-2222-4333-8444-555555555555\n[relations.collections]\nrootDirectory = c\nfiles[] = {{\"path\":\n//- c/a.json\n{COLLECTION}\n"
        );
        assert_eq!(words("unlisted-file", &fixture), []);
    }

    #[test]
    fn without_metadata_nothing_is_listed_and_nothing_told() {
        let fixture = format!("//- postman/collections/a.json\n{COLLECTION}\n");
        assert_eq!(words("unlisted-file", &fixture), []);
    }
}
