//! An environment where a collection belongs.

use std::collections::BTreeSet;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::layout::managed::{listed, managed, place_in};
use crate::format::detect::Format;
use crate::model::finding::{RuleId, Severity};
use crate::model::path::RepoPath;
use crate::project::Project;
use crate::project::service::Role;

/// Environment lies or is listed where collections belong.
pub static RULE: Rule = Rule {
    id: RuleId("environment-among-collections"),
    group: Group::Layout,
    summary: "environment or globals lie in a collection directory",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

An environment or a file of globals in a collection directory, or listed in `.postman/` as a collection.
A collection directory that is the whole repository or service folder is not judged.

#### Why it matters

The Git connection of an API carries collections and definitions, no environments: Postman passes over the file, and whoever
expects it in the workspace does not get it. Environments often hold tokens, which everybody with the repository then has.

#### Example

`postman/collections/Production.postman_environment.json`

#### How to fix

Move it to a directory of its own, such as `postman/environments`, with `git mv`, and make sure that it holds no secrets.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let listed = listed(project);
    let misplaced = managed(project)
        .into_iter()
        .filter(|file| file.directory.role == Role::Collections && !file.is_in_everything())
        .map(|file| file.path());
    let paths: BTreeSet<&RepoPath> = misplaced
        .chain(listed.collections.keys().copied())
        .collect();
    for path in paths {
        let kind = match project.facts.get(path).map(|facts| facts.format) {
            Some(Format::Environment) => "an environment",
            Some(Format::Globals) => "a file of globals",
            _ => continue,
        };
        let message = if listed.collections.contains_key(path) {
            format!("listed collection `{path}` is {kind}")
        } else {
            format!("file in the collection directory is {kind}, not a collection")
        };
        findings.push(
            place_in(&listed.collections, path),
            message,
            "move it to a directory of its own, such as `postman/environments`",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn environments_and_globals_are_told() {
        check(
            "environment-among-collections",
            r#"
//- postman/collections/dev.json | environment-among-collections
{"name": "Dev", "values": [], "_postman_variable_scope": "environment"}
//- postman/collections/globals.json | environment-among-collections
{"name": "Globals", "values": [], "_postman_variable_scope": "globals"}
//- postman/environments/dev.json
{"name": "Dev", "values": [], "_postman_variable_scope": "environment"}
"#,
        );
    }

    #[test]
    fn a_listed_one_is_marked_in_the_list() {
        check(
            "environment-among-collections",
            r#"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = c
files[] = {"id":"1-x","path":"a.json"}
                            # ^^^^^^ environment-among-collections
//- c/a.json
{"name": "Dev", "values": [], "_postman_variable_scope": "environment"}
"#,
        );
    }
}
