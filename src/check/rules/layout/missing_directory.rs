//! A schema directory or collection directory that is not there.

use std::collections::HashMap;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::layout::directories::{
    NameKind, each_name, is_newer_layout, reserved_part,
};
use crate::config::file::FILE_NAME;
use crate::model::finding::{RuleId, Severity};
use crate::model::path::RepoPath;
use crate::model::snapshot::FileKind;
use crate::project::Project;
use crate::project::api_file::{ApiFile, ApiForm};
use crate::project::service::{
    DEFAULT_COLLECTION_DIRECTORY, DEFAULT_SCHEMA_DIRECTORY, Directory, Role, Service,
};

/// Declared or default directory does not exist.
pub static RULE: Rule = Rule {
    id: RuleId("missing-directory"),
    group: Group::Layout,
    summary: "schema directory or collection directory does not exist",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

A directory that `.postman/` or `git-postman.toml` declares and that the repository does not have, or has in another case, or
that is a file or a link. Without metadata the defaults `postman/schemas` and `postman/collections` count, as soon as one of
them is there or a directory is configured.

Nothing is said where metadata lists no file in the directory and it is a default one, or the API goes by root files: this is how
Postman leaves an API without collections or without a definition, because git keeps no empty directories. The newer layout with
`.postman/resources.yaml` needs no directory.

#### Why it matters

Postman looks into the declared directory only. It finds nothing there, shows an empty API, and writes the next push into a new
directory beside the one people work in. A name in another case works on Windows and macOS and fails for everyone else.

#### Example

```ini
[config.relations.collections]
rootDirectory = postman/collection
```

with the files in `postman/collections`.

#### How to fix

Declare the directory that has the files, or move them with `git mv`. To keep a directory that is still empty, put a `.gitkeep`
into it.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let mut missing = Vec::new();
    for service in &project.services {
        if is_newer_layout(project, service) {
            continue;
        }
        for directory in &service.directories {
            let path = &directory.path;
            let settled = project.listing.has_directory(path)
                || path.is_root()
                || project.is_excluded(path)
                || reserved_part(path).is_some();
            if !settled && !is_usual(project, service, directory) {
                missing.push((service, directory));
            }
        }
    }
    if missing.is_empty() {
        return;
    }
    let there = folded_directories(project);
    for (service, directory) in missing {
        let (path, role) = (&directory.path, directory.role.phrase());
        let (message, help) = if let Some(entry) = project.listing.get(path) {
            let kind = match entry.kind {
                FileKind::Link => "a symbolic link, and links are not followed",
                FileKind::Submodule => "a submodule, and its files belong to another repository",
                FileKind::File | FileKind::Special => "a file",
            };
            (
                format!("{role} `{path}` is {kind}"),
                "put a directory in its place, or declare another".to_owned(),
            )
        } else if let Some(other) = there.get(&path.folded()) {
            // Where files are listed in it, `listed-in-another-case` tells them and their remedy.
            let lists = |api: &ApiFile| declares(api, directory) && lists_files_in(api, directory);
            if service.apis.iter().any(lists) {
                continue;
            }
            (
                format!("{role} `{path}` is `{other}` in the repository"),
                format!("write `{other}`, or rename the directory with `git mv`"),
            )
        } else {
            (
                format!("{role} `{path}` does not exist"),
                "declare the directory that has the files, or create it (a `.gitkeep` keeps an empty one)"
                    .to_owned(),
            )
        };
        findings.push(directory.place.clone(), message, help);
    }
}

/// Whether a directory may be missing: nothing would lie in it.
fn is_usual(project: &Project<'_>, service: &Service, directory: &Directory) -> bool {
    if !directory.declared {
        let mut others = service.directories.iter();
        return !others.any(|other| other.declared || project.listing.has_directory(&other.path));
    }
    if directory.place.location.path.as_str() == FILE_NAME {
        return false;
    }
    let default = match directory.role {
        Role::Schemas => DEFAULT_SCHEMA_DIRECTORY,
        Role::Collections | Role::Environments => DEFAULT_COLLECTION_DIRECTORY,
    };
    let is_default = service
        .folder
        .join(default)
        .is_ok_and(|default| default == directory.path);
    let mut declaring = service.apis.iter().filter(|api| declares(api, directory));
    declaring
        .all(|api| (is_default || api.form == ApiForm::RootFile) && !lists_files_in(api, directory))
}

fn declares(api: &ApiFile, directory: &Directory) -> bool {
    let declared = match directory.role {
        Role::Schemas => &api.schema_directory,
        Role::Collections | Role::Environments => &api.collection_directory,
    };
    declared.as_ref().and_then(|written| written.resolved()) == Some(&directory.path)
}

fn lists_files_in(api: &ApiFile, directory: &Directory) -> bool {
    match directory.role {
        Role::Schemas => !api.definitions.is_empty() || !api.root_files.is_empty(),
        Role::Collections | Role::Environments => !api.collections.is_empty(),
    }
}

fn folded_directories<'a>(project: &'a Project<'_>) -> HashMap<String, &'a str> {
    let mut folded = HashMap::new();
    each_name(project.listing, |name, kind| {
        if kind == NameKind::Directory
            && let Ok(path) = RepoPath::parse(name)
        {
            folded.entry(path.folded()).or_insert(name);
        }
    });
    folded
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    #[test]
    fn a_declared_directory_that_is_not_there_is_marked() {
        check(
            "missing-directory",
            r#"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = postman/collection
              # ^^^^^^^^^^^^^^^^^^ missing-directory
[relations.apiDefinition]
rootDirectory = postman/schemas
              # ^^^^^^^^^^^^^^^ missing-directory
files[] = {"path":"index.yaml"}
"#,
        );
    }

    #[test]
    fn an_api_without_collections_has_no_collection_directory() {
        check(
            "missing-directory",
            r"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = postman/collections
[relations.apiDefinition]
rootDirectory = postman/schemas
",
        );
    }

    #[test]
    fn a_directory_in_another_case_is_named() {
        let fixture = "//- git-postman.toml | missing-directory\n[layout]\nschema-directory = 'API/Specs'\ncollection-directory = 'c'\n//- api/specs/index.yaml\nopenapi: 3.0.0\n//- c/.gitkeep\n";
        check("missing-directory", fixture);
        let said = words("missing-directory", fixture);
        assert_eq!(
            said[0].0,
            "schema directory `API/Specs` is `api/specs` in the repository"
        );
    }

    #[test]
    fn defaults_count_as_soon_as_one_of_them_is_there() {
        check(
            "missing-directory",
            "//- postman/collections/a.json\n{}\n//! postman/schemas | missing-directory\n",
        );
        check("missing-directory", "//- README.md\nhello\n");
    }

    #[test]
    fn the_newer_layout_needs_none() {
        check(
            "missing-directory",
            "//- postman/collections/A/x.request.yaml\n$kind: http-request\n",
        );
        check(
            "missing-directory",
            "//- .postman/resources.yaml\nworkspace:\n  id: 11111111-2222-4333-8444-555555555555\n",
        );
    }
}
