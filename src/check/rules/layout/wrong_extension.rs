//! A file whose name says something else than its content.

use std::collections::BTreeMap;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::layout::definition_extension::{
    Family, family_of, family_of_type, spelled,
};
use crate::check::rules::layout::managed::managed;
use crate::format::detect::Format;
use crate::model::finding::{Place, RuleId, Severity};
use crate::model::path::RepoPath;
use crate::project::Project;
use crate::project::service::Role;

/// File name does not fit its content.
pub static RULE: Rule = Rule {
    id: RuleId("wrong-extension"),
    group: Group::Layout,
    summary: "extension of a collection or definition does not fit what it holds",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

A collection or environment in a collection directory that is not named `.json`; a root file or a definition in a schema directory
whose extension does not fit its format: OpenAPI and AsyncAPI are `.json`, `.yaml` or `.yml`, Protocol Buffers `.proto`, GraphQL
`.graphql`, `.gql`, `.graphqls` or `.json`, WSDL `.wsdl` or `.xml`, RAML `.raml`, `.yaml` or `.yml`. For a root file that was not
read, the declared `type` decides. JSON in a `.yaml` file is fine, because YAML includes JSON.

#### Why it matters

Postman goes by the extension when it looks for collections and definitions. Under another name a file is not found, or is read
as something else.

#### Example

`postman/collections/Orders.postman_collection`, `postman/schemas/index.txt`.

#### How to fix

Rename the file with `git mv`, and its entry in `.postman/` with it.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let mut told: BTreeMap<RepoPath, (Place, String)> = BTreeMap::new();
    for api in project.services.iter().flat_map(|service| &service.apis) {
        let declared = api
            .definition_type
            .as_ref()
            .and_then(|written| family_of_type(&written.text));
        for root in &api.root_files {
            let Some(path) = root.resolved() else {
                continue;
            };
            // A file that is not there has other troubles than its name.
            if !project.has_file(path) || project.is_excluded(path) {
                continue;
            }
            let format = project.facts.get(path).map(|facts| facts.format);
            let family = match format {
                None | Some(Format::Unknown) => declared,
                Some(format) => family_of(format),
            };
            if let Some(trouble) = family.and_then(|family| unfit(path, family)) {
                let place = root.place.clone();
                told.entry(path.clone())
                    .or_insert((place, format!("root file `{path}` {trouble}")));
            }
        }
    }
    let judged = managed(project);
    for file in judged
        .iter()
        .filter(|file| !file.newer && !file.is_in_everything())
    {
        let path = file.path();
        let Some(facts) = project.facts.get(path) else {
            continue;
        };
        let message = match (file.directory.role, facts.format) {
            // The newer form is a tree of YAML files.
            (_, Format::Collection3) => continue,
            (Role::Schemas, format) => family_of(format)
                .and_then(|family| unfit(path, family))
                .map(|trouble| format!("definition {trouble}")),
            (Role::Collections | Role::Environments, format) => {
                let counts = format.is_collection() || format.is_environment();
                (counts && path.extension() != "json").then(|| {
                    let kind = format.phrase();
                    format!("file holds {kind} and {}", ending(path, "`.json`"))
                })
            }
        };
        if let Some(message) = message {
            told.entry(path.clone())
                .or_insert((Place::whole(path.clone()), message));
        }
    }
    for (place, message) in told.into_values() {
        findings.push(
            place,
            message,
            "rename the file with `git mv`, and its entry in `.postman/` where it is listed",
        );
    }
}

fn unfit(path: &RepoPath, family: &Family) -> Option<String> {
    let fits = family.extensions.contains(&path.extension().as_str());
    (!fits).then(|| {
        format!(
            "is {} and {}",
            family.name,
            ending(path, &spelled(family.extensions))
        )
    })
}

/// `is named …`, for the end of a sentence.
fn ending(path: &RepoPath, wanted: &str) -> String {
    let extension = path.extension();
    if extension.is_empty() {
        format!("has no extension, not {wanted}")
    } else {
        format!("is named `.{extension}`, not {wanted}")
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    #[test]
    fn collections_and_environments_are_json_files() {
        check(
            "wrong-extension",
            r#"
//- postman/collections/a.postman_collection | wrong-extension
{"info": {"name": "x", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}, "item": []}
//- postman/collections/dev.yaml | wrong-extension
{"name": "Dev", "values": [], "_postman_variable_scope": "environment"}
//- postman/collections/b.JSON
{"info": {"name": "x", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}, "item": []}
"#,
        );
    }

    #[test]
    fn a_root_file_is_marked_where_it_is_listed() {
        let fixture = r#"
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config.relations.apiDefinition]
files[] = {"path":"api.txt"}
[config.relations.apiDefinition.metaData]
type = openapi:3
rootFiles[] = api.txt
            # ^^^^^^^ wrong-extension
//- api.txt
openapi: 3.0.0
"#;
        check("wrong-extension", fixture);
        assert_eq!(
            words("wrong-extension", fixture)[0].0,
            "root file `api.txt` is OpenAPI and is named `.txt`, not `.json`, `.yaml` or `.yml`"
        );
    }

    #[test]
    fn json_in_a_yaml_file_and_parts_of_any_kind_are_fine() {
        check(
            "wrong-extension",
            r#"
//- postman/schemas/index.yaml
{"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {}}
//- postman/schemas/introspection.json
{"__schema": {}}
//- postman/schemas/swagger | wrong-extension
{"swagger": "2.0", "info": {"title": "x", "version": "1"}, "paths": {}}
"#,
        );
    }

    #[test]
    fn a_missing_root_file_has_other_troubles() {
        check(
            "wrong-extension",
            r"
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config.relations.apiDefinition.metaData]
type = proto:3
rootFiles[] = gone.txt
",
        );
    }
}
