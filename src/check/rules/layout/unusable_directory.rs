//! A declared directory that no checkout can have, or that belongs to git or Postman itself.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::layout::directories::reserved_part;
use crate::model::finding::{RuleId, Severity};
use crate::model::path::PathError;
use crate::project::Project;
use crate::project::service::Role;
use crate::project::written::WrittenPath;

/// Declared directory cannot be used.
pub static RULE: Rule = Rule {
    id: RuleId("unusable-directory"),
    group: Group::Layout,
    summary: "declared directory leaves the repository or belongs to git or Postman",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A schema directory or collection directory in `.postman/` that leaves the repository, is absolute, uses backslashes or has a NUL
character; and one in `.postman/` or `git-postman.toml` that is `.git` or `.postman` or lies inside one. (A directory in
`git-postman.toml` that leaves the repository is refused before anything is checked.)

#### Why it matters

Postman reads and writes inside the repository only, with forward slashes: such a directory resolves to nothing, and the files it
should hold are silently not there. Git does not store what lies in `.git`, and files in `.postman` mix with Postman's own.

#### Example

```ini
[config.relations.collections]
rootDirectory = ..\collections
```

#### How to fix

Declare a directory inside the repository, relative to the folder that holds `.postman/`, with forward slashes.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in &project.services {
        for api in &service.apis {
            let declared = [
                (&api.schema_directory, Role::Schemas),
                (&api.collection_directory, Role::Collections),
            ];
            for (written, role) in declared {
                if let Some(written) = written {
                    unresolved(written, role, findings);
                }
            }
        }
        for directory in service.directories.iter().filter(|one| one.declared) {
            if let Some(part) = reserved_part(&directory.path) {
                let owner = if part.eq_ignore_ascii_case(".git") {
                    "git's own"
                } else {
                    "Postman's own"
                };
                let (role, path) = (directory.role.phrase(), &directory.path);
                findings.push(
                    directory.place.clone(),
                    format!("{role} `{path}` lies in `{part}`, which is {owner}"),
                    "choose a directory outside of it, such as `postman/collections` or `postman/schemas`",
                );
            }
        }
    }
}

fn unresolved(written: &WrittenPath, role: Role, findings: &mut Findings) {
    let Err(error) = written.path else { return };
    let text = written.text.as_str();
    let help = match error {
        PathError::Backslash => format!("write `{}`", text.replace('\\', "/")),
        PathError::Absolute | PathError::LeavesRepository => {
            "declare a directory inside the repository, relative to the folder that holds `.postman/`"
                .to_owned()
        }
        PathError::Nul | PathError::EmptyPart => {
            "write the name of a directory with forward slashes".to_owned()
        }
    };
    let message = format!("{} `{text}` {error}", role.phrase());
    findings.push(written.place.clone(), message, help);
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn directories_outside_of_the_repository_are_marked() {
        check(
            "unusable-directory",
            r"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = ../collections
              # ^^^^^^^^^^^^^^ unusable-directory
[relations.apiDefinition]
rootDirectory = C:/schemas
              # ^^^^^^^^^^ unusable-directory
",
        );
    }

    #[test]
    fn backslashes_and_the_directories_of_others_are_marked() {
        check(
            "unusable-directory",
            r"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = postman\collections
              # ^^^^^^^^^^^^^^^^^^^ unusable-directory
[relations.apiDefinition]
rootDirectory = .postman/schemas
              # ^^^^^^^^^^^^^^^^ unusable-directory
",
        );
        check(
            "unusable-directory",
            "//- git-postman.toml | unusable-directory\n[layout]\nschema-directory = '.Git/x'\n",
        );
    }

    #[test]
    fn going_up_inside_the_repository_is_fine() {
        check(
            "unusable-directory",
            r"
//- services/a/.postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = ../../shared/.github
",
        );
    }
}
