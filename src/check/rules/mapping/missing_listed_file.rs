//! Listed files that do not exist.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::mapping::listed::{FileList, Names, Presence, lists};
use crate::model::finding::{RuleId, Severity};
use crate::model::path::RepoPath;
use crate::model::text::counted;
use crate::project::Project;
use crate::project::api_file::ListedFile;

/// A listed collection or definition file that does not exist.
pub static RULE: Rule = Rule {
    id: RuleId("missing-listed-file"),
    group: Group::Mapping,
    summary: "a listed collection or definition file does not exist",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

An entry under `files[]` whose file is not in the repository. Where the whole directory is gone, it is one finding for the list. A root
file is told by `missing-root-file`, a file in another case by `listed-in-another-case`, and what a stale id lists by `stale-api-id`.

#### Why it matters

Postman cannot pull or publish the element: the app shows it as deleted, and the command-line tool stops. Mostly somebody renamed or
moved the file with git, and Postman does not follow that.

#### Example

```ini
[config.relations.collections]
rootDirectory = postman/collections
files[] = {"id":"1-11111111-2222-4333-8444-555555555555","path":"Orders.json","metaData":{}}
```

without `postman/collections/Orders.json`.

#### How to fix

Restore the file, or correct `path`; where the element is meant to be gone, remove it in Postman and push, or remove the line.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let names = Names::of(project);
    for list in lists(project) {
        let missing: Vec<&(&ListedFile, &RepoPath)> = list
            .files
            .iter()
            .filter(|(_, path)| names.file(path) == Presence::Missing)
            .collect();
        match (missing.as_slice(), gone(project, &list)) {
            ([(first, _), _, ..], Some(directory)) => findings.push(
                first.path.place.clone(),
                format!(
                    "{} listed from here on are missing with their directory `{directory}`",
                    counted(missing.len(), list.noun)
                ),
                "restore the directory, or correct `rootDirectory` if it was moved",
            ),
            (missing, _) => {
                for (file, path) in missing {
                    findings.push(
                        file.path.place.clone(),
                        format!("listed {} `{path}` does not exist", list.noun),
                        "restore the file, correct the path, or remove the entry if it is meant to be gone",
                    );
                }
            }
        }
    }
}

/// The declared directory of a list, where nothing is there any more.
fn gone<'a>(project: &Project<'_>, list: &FileList<'a>) -> Option<&'a RepoPath> {
    let directory = list.directory?.resolved()?;
    (!project.listing.has_directory(directory)).then_some(directory)
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    #[test]
    fn each_missing_file_is_marked_and_root_files_are_left_out() {
        check(
            "missing-listed-file",
            r#"
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config]
id = 11111111-2222-4333-8444-555555555555
[config.relations.collections]
rootDirectory = postman/collections
files[] = {"id":"1-x","path":"here.json"}
files[] = {"id":"1-y","path":"gone.json"}
                              ^^^^^^^^^ missing-listed-file
files[] = {"id":"1-z","path":"Other.json"}
[config.relations.apiDefinition]
files[] = {"path":"root.yaml"}
files[] = {"path":"parts/a.yaml"}
                   ^^^^^^^^^^^^ missing-listed-file
[config.relations.apiDefinition.metaData]
rootFiles[] = root.yaml
//- postman/collections/here.json
//- postman/collections/other.json
"#,
        );
    }

    #[test]
    fn a_missing_directory_is_one_finding() {
        let told = words(
            "missing-listed-file",
            r#"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = postman/collections
files[] = {"id":"1-x","path":"a.json"}
files[] = {"id":"1-y","path":"b.json"}
"#,
        );
        assert_eq!(told.len(), 1);
        assert_eq!(
            told[0].0,
            "2 collections listed from here on are missing with their directory `postman/collections`"
        );
    }

    #[test]
    fn what_a_stale_id_lists_is_left_out() {
        check(
            "missing-listed-file",
            r#"
//- .postman/api
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
apis[] = {"apiId":"66666666-7777-4888-9999-000000000000"}
configVersion = 1.0.0
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config.relations.collections]
rootDirectory = postman/collections
files[] = {"id":"1-x","path":"old.json"}
//- .postman/api_66666666-7777-4888-9999-000000000000
configVersion = 1.1.0
[config.relations.collections]
rootDirectory = postman/collections
files[] = {"id":"1-x","path":"new.json"}
//- postman/collections/new.json
"#,
        );
    }
}
