//! An API with definition files of which none is chosen as the root.

use std::collections::BTreeSet;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::layout::managed::listed;
use crate::check::rules::layout::naming::named;
use crate::model::finding::{Place, RuleId, Severity};
use crate::model::path::RepoPath;
use crate::project::Project;
use crate::project::api_file::ApiFile;
use crate::project::connected::connected_apis;

/// No root file is chosen.
pub static RULE: Rule = Rule {
    id: RuleId("no-root-file"),
    group: Group::Layout,
    summary: "definition files are there and none of them is the root file",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

An API in `.postman/` without any `rootFiles[]` entry that lists definition files, or whose schema directory holds definitions that no
API lists. The finding names the files that could be the root: those that are a definition by their content. An API without any
definition file has no finding.

#### Why it matters

Postman reads a definition from its root file. It leaves the root out where it found none, mostly because the files are empty or
in a format it did not recognise, or where several could be it: the API then has files and shows no definition.

#### Example

```ini
[relations.apiDefinition]
rootDirectory = postman/schemas
files[] = {"path":"index.yaml","metaData":{}}

[relations.apiDefinition.metaData]
type = null
```

with an empty `postman/schemas/index.yaml`.

#### How to fix

Fill the file, or choose the root file in Postman, and push; or take the files out of the API.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let listed = listed(project);
    for api in connected_apis(project) {
        if !api.root_files.is_empty() {
            continue;
        }
        let of_list = listed_files(project, api);
        let (files, place) = match of_list.first() {
            Some((_, place)) => (
                of_list.iter().map(|(path, _)| *path).collect(),
                (*place).clone(),
            ),
            None if api.definitions.is_empty() => {
                let Some((path, place)) = api
                    .schema_directory
                    .as_ref()
                    .and_then(|written| Some((written.resolved()?, written.place.clone())))
                else {
                    continue;
                };
                let below = project.listing.below(path).iter().map(|entry| &entry.path);
                let unlisted = below.filter(|path| {
                    is_candidate(project, path)
                        && !listed.definitions.contains_key(path)
                        && !project.is_excluded(path)
                });
                (unlisted.collect::<BTreeSet<_>>(), place)
            }
            // The files themselves are missing, and that is told.
            None => continue,
        };
        if let Some((message, help)) = words(project, &files, of_list.is_empty()) {
            findings.push(place, message, help);
        }
    }
}

/// The definition files of an API's list that exist, each once, with their places.
fn listed_files<'a>(project: &Project<'_>, api: &'a ApiFile) -> Vec<(&'a RepoPath, &'a Place)> {
    let mut seen = BTreeSet::new();
    let files = api.definitions.iter().filter_map(|file| {
        let path = file.path.resolved()?;
        Some((path, &file.path.place))
    });
    files
        .filter(|(path, _)| {
            project.has_file(path) && !project.is_excluded(path) && seen.insert(*path)
        })
        .collect()
}

/// The message is the same whichever files were looked at in this run, because a baseline knows findings by it; what
/// was seen in the files goes into the help.
fn words(
    project: &Project<'_>,
    files: &BTreeSet<&RepoPath>,
    unlisted: bool,
) -> Option<(String, String)> {
    let count = files.len();
    let message = match count {
        0 => return None,
        _ if unlisted => {
            "schema directory holds an API definition, and no root file is chosen".to_owned()
        }
        1 => "1 definition file is listed and is not the root file".to_owned(),
        _ => format!("{count} definition files are listed and none is the root file"),
    };
    let candidates: Vec<&str> = files
        .iter()
        .filter(|path| is_candidate(project, path))
        .map(|path| path.as_str())
        .collect();
    let size = |path: &RepoPath| project.facts.get(path).map(|facts| facts.size);
    let are_empty = files.iter().all(|path| size(path) == Some(0));
    let are_known = files.iter().all(|path| project.facts.contains_key(*path));
    let choose = "choose the root file in Postman and push";
    let help = match candidates.as_slice() {
        [] if are_empty && count == 1 => {
            "the file is empty: fill it with an API definition, or take it out of the API in Postman"
                .to_owned()
        }
        [] if are_empty => {
            "all of them are empty: fill one with an API definition, or take them out of the API in Postman"
                .to_owned()
        }
        [] if are_known => {
            "no API definition was found: add one, or take the files out of the API in Postman"
                .to_owned()
        }
        // What was not looked at may be a definition.
        [] => choose.to_owned(),
        several => format!("{choose}; it could be {}", named(several.iter().copied())),
    };
    Some((message, help))
}

fn is_candidate(project: &Project<'_>, path: &RepoPath) -> bool {
    let facts = project.facts.get(path);
    facts.is_some_and(|facts| facts.format.is_definition() && facts.size > 0)
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    #[test]
    fn candidates_are_named() {
        let fixture = r#"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.apiDefinition]
rootDirectory = s
files[] = {"path":"a.proto"}
                 # ^^^^^^^ no-root-file
files[] = {"path":"part.json"}
files[] = {"path":"b.proto"}
//- s/a.proto
message A {}
//- s/b.proto
message B {}
//- s/part.json
{}
"#;
        check("no-root-file", fixture);
        let (message, help) = words("no-root-file", fixture).remove(0);
        assert_eq!(
            message,
            "3 definition files are listed and none is the root file"
        );
        assert!(
            help.ends_with("; it could be `s/a.proto` and `s/b.proto`"),
            "{help}"
        );
    }

    #[test]
    fn empty_files_are_the_reason() {
        let fixture = r#"
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config.relations.apiDefinition]
files[] = {"path":"index.yaml"}
                 # ^^^^^^^^^^ no-root-file
//- index.yaml
"#;
        check("no-root-file", fixture);
        let (message, help) = words("no-root-file", fixture).remove(0);
        assert_eq!(
            message,
            "1 definition file is listed and is not the root file"
        );
        assert!(help.starts_with("the file is empty: "), "{help}");
    }

    #[test]
    fn a_definition_that_nobody_lists_is_told_at_the_directory() {
        check(
            "no-root-file",
            r"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.apiDefinition]
rootDirectory = s
              # ^ no-root-file
//- s/index.yaml
openapi: 3.0.0
",
        );
    }

    #[test]
    fn a_fresh_api_and_one_with_a_root_are_fine() {
        check(
            "no-root-file",
            r#"
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.0.0
[config.relations.apiDefinition]
rootDirectory = s
//- .postman/api_22222222-2222-4333-8444-555555555555
configVersion = 1.0.0
[config.relations.apiDefinition]
rootDirectory = s
files[] = {"path":"index.yaml"}
[config.relations.apiDefinition.metaData]
rootFiles[] = index.yaml
//- s/index.yaml
openapi: 3.0.0
"#,
        );
    }
}
