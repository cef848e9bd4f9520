//! APIs that share definition files.

use std::collections::BTreeSet;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::config::file::Policy;
use crate::model::finding::{Place, RuleId, Severity};
use crate::model::path::RepoPath;
use crate::model::text::counted;
use crate::project::Project;
use crate::project::api_file::ApiFile;
use crate::project::connected::{connections, definition_files};

/// Two APIs that list the same definition file, under the policy `files`.
pub static RULE: Rule = Rule {
    id: RuleId("shared-definition-file"),
    group: Group::Mapping,
    summary: "two APIs share a definition file (policy `files`)",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

Under the policy `files`: two APIs that list the same definition file, or whose schema directories are the same or lie in each other. It is
one finding for each two APIs. Stale ids do not count.

#### Why it matters

A change through one API changes the other, which nobody has looked at. Postman's documentation warns of it even for common parts: it adds
files that a definition refers to by itself.

#### Example

```ini
[config.relations.apiDefinition]
files[] = {"path":"specs/common.yaml","metaData":{}}
```

in the files of two APIs.

#### How to fix

Give each API definition files of its own. Where a common part is meant, say so:

```toml
[[allow]]
rule = "shared-definition-file"
reason = "specs/common.yaml holds the types of all APIs; changes to it are reviewed by all teams"
```
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    if project.config.policy != Policy::Files {
        return;
    }
    let mut earlier: Vec<(String, &ApiFile, BTreeSet<&RepoPath>)> = Vec::new();
    for connection in connections(project) {
        let Some(api) = connection.api else { continue };
        let files = definition_files(api);
        for (id, other, other_files) in &earlier {
            let shared: Vec<&RepoPath> = files.intersection(other_files).copied().collect();
            if let Some(first) = shared.first() {
                let message = match shared.len() - 1 {
                    0 => format!("definition file `{first}` is listed by API `{id}` as well"),
                    more => format!(
                        "definition file `{first}` and {} are listed by API `{id}` as well",
                        counted(more, "more file")
                    ),
                };
                findings.push(place_of(api, first), message, HELP);
            } else if let Some(place) = shared_directory(api, other) {
                let message = format!("schema directory is shared with API `{id}`");
                findings.push(place, message, HELP);
            }
        }
        earlier.push((connection.id, api, files));
    }
}

const HELP: &str =
    "give each API its own definition files; allow a common part with a reason if it is meant";

fn place_of(api: &ApiFile, path: &RepoPath) -> Place {
    let listed = api.definitions.iter().map(|file| &file.path);
    listed
        .chain(&api.root_files)
        .find(|written| written.resolved() == Some(path))
        .map_or_else(|| api.file.start(), |written| written.place.clone())
}

fn shared_directory(api: &ApiFile, other: &ApiFile) -> Option<Place> {
    let written = api.schema_directory.as_ref()?;
    let own = written.resolved()?;
    let other = other.schema_directory.as_ref()?.resolved()?;
    (own.is_within(other) || other.is_within(own)).then(|| written.place.clone())
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    #[test]
    fn a_common_file_is_marked_at_its_second_entry() {
        check(
            "shared-definition-file",
            r#"
//- git-postman.toml
[mapping]
policy = "files"
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config.relations.collections]
rootDirectory = one
[config.relations.apiDefinition]
files[] = {"path":"one.yaml"}
files[] = {"path":"common.yaml"}
//- .postman/api_66666666-7777-4888-9999-000000000000
configVersion = 1.1.0
[config.relations.collections]
rootDirectory = two
[config.relations.apiDefinition]
files[] = {"path":"two.yaml"}
files[] = {"path":"common.yaml"}
                   ^^^^^^^^^^^ shared-definition-file
"#,
        );
    }

    #[test]
    fn a_common_schema_directory_is_marked() {
        check(
            "shared-definition-file",
            r#"
//- git-postman.toml
[mapping]
policy = "files"
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.0.0
[config.relations.collections]
rootDirectory = one
[config.relations.apiDefinition]
rootDirectory = schemas
//- .postman/api_66666666-7777-4888-9999-000000000000
configVersion = 1.0.0
[config.relations.collections]
rootDirectory = two
[config.relations.apiDefinition]
rootDirectory = schemas/two
                ^^^^^^^^^^^ shared-definition-file
"#,
        );
    }

    #[test]
    fn several_common_files_are_one_finding() {
        let api = |name: &str| {
            format!(
                "configVersion = 1.1.0\n[config.relations.collections]\nrootDirectory = {name}\n[config.relations.apiDefinition]\nfiles[] = {{\"path\":\"a.yaml\"}}\nfiles[] = {{\"path\":\"b.yaml\"}}\n"
            )
        };
        let fixture = format!(
            "//- git-postman.toml\nmapping.policy = 'files'\n//- .postman/api_11111111-2222-4333-8444-555555555555\n{}//- .postman/api_66666666-7777-4888-9999-000000000000\n{}",
            api("one"),
            api("two")
        );
        let told = words("shared-definition-file", &fixture);
        assert_eq!(told.len(), 1);
        assert!(
            told[0]
                .0
                .starts_with("definition file `a.yaml` and 1 more file are listed")
        );
    }
}
