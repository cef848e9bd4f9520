//! A file in one of Postman's directories that cannot be what belongs there.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::layout::definition_extension::OF_DEFINITIONS;
use crate::check::rules::layout::managed::{Listed, Managed, contents, listed, managed};
use crate::format::detect::Format;
use crate::model::finding::{Place, RuleId, Severity};
use crate::model::path::RepoPath;
use crate::model::snapshot::FileKind;
use crate::project::service::Role;
use crate::project::{CONFLICT_FILE_SUFFIX, Project};

/// File does not belong into the directory.
pub static RULE: Rule = Rule {
    id: RuleId("stray-file"),
    group: Group::Layout,
    summary: "file in a schema or collection directory cannot be what belongs there",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

In a collection directory everything but collections: notes, images, files without an extension, JSON that is no collection. In a
schema directory every file whose extension no part of a definition has, and environments. Extensions of definitions are `.json`,
`.yaml`, `.yml`, `.proto`, `.graphql`, `.gql`, `.graphqls`, `.wsdl`, `.xml`, `.xsd`, `.raml` and `.avsc`; JSON and YAML that is
referenced from a definition may hold anything.

In the newer layout only what is clearly foreign counts: a file beside the collection folders, environments or globals that is
neither JSON nor YAML, and what operating systems and editors leave behind.

Not told: `.gitkeep`, `.keep`, `.gitignore`, `.gitattributes`; `LICENSE`, `NOTICE` and `COPYING`, which a copied definition has to
carry; files that `.postman/` lists as definition files; a directory that is the whole repository or service folder; collections,
environments and definitions in the wrong directory, for which there are rules of their own.

#### Why it matters

Postman does not show such a file and may offer it as a definition to choose from. Who looks into the directory takes it for a
part of the API. A JSON file that is no collection makes the list of collections wrong for every tool that reads the directory.

#### Example

`postman/collections/README.md`, `postman/schemas/diagram.png`.

#### How to fix

Move the file out of the directory, for instance to `docs/`, or exclude it under `[check]` in `git-postman.toml`.
"#,
    check: Check::Project(check),
};

/// What may lie anywhere.
const HARMLESS: [&str; 4] = [".gitkeep", ".keep", ".gitignore", ".gitattributes"];

/// Names that operating systems leave behind.
const LEFT_BY_SYSTEMS: [&str; 3] = [".ds_store", "thumbs.db", "desktop.ini"];

/// Extensions that editors and merges leave behind.
const LEFT_BY_EDITORS: [&str; 6] = ["bak", "orig", "rej", "swp", "swo", "tmp"];

fn check(project: &Project<'_>, findings: &mut Findings) {
    let listed = listed(project);
    for file in managed(project) {
        // Links and submodules have rules of their own.
        if file.entry.kind != FileKind::File || is_harmless(file.path()) || file.is_in_everything()
        {
            continue;
        }
        let trouble = if is_left_behind(file.path()) {
            Some("was left behind by a system or an editor".to_owned())
        } else if file.newer {
            in_newer_layout(&file)
        } else {
            in_api_builder(project, &listed, &file)
        };
        if let Some(trouble) = trouble {
            let role = file.directory.role.phrase();
            findings.push(
                Place::whole(file.path().clone()),
                format!("file in the {role} {trouble}"),
                "move it out of the directory, or exclude it under `[check]` in `git-postman.toml`",
            );
        }
    }
}

fn in_api_builder(
    project: &Project<'_>,
    listed: &Listed<'_>,
    file: &Managed<'_>,
) -> Option<String> {
    let extension = file.path().extension();
    let facts = project.facts.get(file.path());
    let format = facts.map(|facts| facts.format);
    let is_known = format.is_some_and(|format| format != Format::Unknown);
    match file.directory.role {
        Role::Schemas if format.is_some_and(Format::is_environment) => {
            Some("is an environment, not an API definition".to_owned())
        }
        Role::Schemas => {
            let fits = OF_DEFINITIONS.contains(&extension.as_str())
                || listed.definitions.contains_key(file.path())
                || is_known;
            (!fits).then(|| foreign(&extension, file.directory.role))
        }
        Role::Collections | Role::Environments if is_known => None,
        Role::Collections | Role::Environments if extension == "json" => facts
            .filter(|facts| facts.parses)
            .map(|_| "is no collection".to_owned()),
        // What the text is shows only where it was read; a definition here has a rule of its own.
        Role::Collections | Role::Environments => {
            let undecided = facts.is_none() && OF_DEFINITIONS.contains(&extension.as_str());
            (!undecided).then(|| foreign(&extension, file.directory.role))
        }
    }
}

/// Postman's own linter lets unknown files in a collection folder pass, so only its direct neighbours are judged.
fn in_newer_layout(file: &Managed<'_>) -> Option<String> {
    let extension = file.path().extension();
    let fits = match file.directory.role {
        Role::Schemas => return None,
        Role::Collections | Role::Environments => {
            matches!(extension.as_str(), "json" | "yaml" | "yml")
        }
    };
    (!fits && file.is_direct()).then(|| foreign(&extension, file.directory.role))
}

fn foreign(extension: &str, role: Role) -> String {
    let contents = contents(role);
    if extension.is_empty() {
        format!("has no extension, as {contents} have")
    } else {
        format!("is a `.{extension}`, which {contents} are not")
    }
}

fn is_harmless(path: &RepoPath) -> bool {
    let name = path.file_name();
    let upper = name.to_ascii_uppercase();
    let stem = upper.split(['.', '-']).next().unwrap_or_default();
    let is_legal = matches!(stem, "LICENSE" | "LICENCE" | "NOTICE" | "COPYING")
        && matches!(path.extension().as_str(), "" | "md" | "txt");
    // What a merge left has a rule of its own.
    HARMLESS.contains(&name) || is_legal || name.ends_with(CONFLICT_FILE_SUFFIX)
}

fn is_left_behind(path: &RepoPath) -> bool {
    let name = path.file_name();
    LEFT_BY_SYSTEMS.contains(&name.to_ascii_lowercase().as_str())
        || LEFT_BY_EDITORS.contains(&path.extension().as_str())
        || name.ends_with('~')
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    #[test]
    fn what_is_no_collection_is_stray() {
        check(
            "stray-file",
            r#"
//- postman/collections/README.md | stray-file
//- postman/collections/notes | stray-file
//- postman/collections/v1/package.json | stray-file
{"name": "x", "version": "1.0.0"}
//- postman/collections/broken.json
{"name":
//- postman/collections/v1/a.json
{"info": {"name": "x", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}, "item": []}
//- postman/collections/openapi.yaml
openapi: 3.0.0
//- postman/collections/values.yml | stray-file
a: 1
//- postman/collections/.gitkeep
//- postman/collections/LICENSE.txt
//- docs/README.md
"#,
        );
    }

    #[test]
    fn a_schema_directory_may_hold_parts_of_any_kind() {
        check(
            "stray-file",
            r#"
//- postman/schemas/index.yaml
openapi: 3.0.0
//- postman/schemas/parts/order.json
{"type": "object"}
//- postman/schemas/types.xsd
<schema/>
//- postman/schemas/.DS_Store | stray-file
//- postman/schemas/diagram.png | stray-file
//- postman/schemas/blank_file | stray-file
//- postman/schemas/dev.json | stray-file
{"name": "Dev", "values": [], "_postman_variable_scope": "environment"}
"#,
        );
    }

    #[test]
    fn a_listed_definition_file_belongs_and_a_whole_repository_is_not_judged() {
        check(
            "stray-file",
            r#"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = .
[relations.apiDefinition]
rootDirectory = api
files[] = {"path":"blank_file"}
//- README.md
//- api/blank_file
//- api/other_file | stray-file
"#,
        );
    }

    #[test]
    fn the_newer_layout_is_judged_by_its_edges_only() {
        let fixture = r"
//- .postman/resources.yaml
workspace:
  id: 11111111-2222-4333-8444-555555555555
//- postman/collections/Orders/Get.request.yaml
$kind: http-request
//- postman/collections/Orders/README.md
//- postman/collections/Orders/schema.proto
//- postman/collections/README.md | stray-file
//- postman/environments/Dev.environment.yaml
name: Dev
//- postman/environments/notes.txt | stray-file
//- postman/specs/guide.md
";
        check("stray-file", fixture);
        assert_eq!(
            words("stray-file", fixture)[1].0,
            "file in the environment directory is a `.txt`, which environments are not"
        );
    }
}
