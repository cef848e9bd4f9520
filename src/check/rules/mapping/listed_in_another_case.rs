//! Listed and mapped files whose names differ in case only.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::mapping::listed::{FileList, Names, Presence, lists};
use crate::model::finding::{RuleId, Severity};
use crate::model::path::RepoPath;
use crate::model::text::counted;
use crate::project::Project;
use crate::project::api_file::ListedFile;
use crate::project::written::WrittenPath;

/// A listed file that exists in another case or Unicode form only.
pub static RULE: Rule = Rule {
    id: RuleId("listed-in-another-case"),
    group: Group::Mapping,
    summary: "a listed file exists in another case or Unicode form only",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A collection, definition file or mapped path that is listed with other upper and lower case letters, or with other Unicode characters for the
same accents, than it has in the repository. Where it is the directory that differs, it is one finding for the list.

#### Why it matters

On Windows and macOS the file is found and nobody notices. On Linux, in CI and at the Git host the names are two, and the file is missing.

#### Example

```ini
files[] = {"id":"1-11111111-2222-4333-8444-555555555555","path":"orders.json","metaData":{}}
```

with `postman/collections/Orders.json` in the repository.

#### How to fix

Rename the file to what is listed (`git mv`), or correct the path in the list.
"#,
    check: Check::Project(check),
};

type Renamed<'a> = (&'a ListedFile, &'a RepoPath, RepoPath);

fn check(project: &Project<'_>, findings: &mut Findings) {
    let names = Names::of(project);
    for list in lists(project) {
        let renamed: Vec<Renamed<'_>> = list
            .files
            .iter()
            .filter_map(|(file, path)| match names.file(path) {
                Presence::InAnotherCase(other) => Some((*file, *path, other)),
                _ => None,
            })
            .collect();
        if let Some((directory, path, other)) = renamed_directory(&list, &renamed) {
            let message = format!(
                "{} below `{path}` are there below `{other}` only, in another case",
                counted(renamed.len(), list.noun)
            );
            findings.push(directory.place.clone(), message, rename(&other, path));
            continue;
        }
        for (file, path, other) in renamed {
            tell(&file.path, path, &other, findings);
        }
    }
    let native = project.services.iter().filter_map(|s| s.resources.as_ref());
    for written in native.flat_map(|r| r.mapped.iter().map(|m| &m.path).chain(&r.local)) {
        if let Some(path) = written.resolved()
            && let Presence::InAnotherCase(other) = names.anything(path)
        {
            tell(written, path, &other, findings);
        }
    }
}

fn tell(written: &WrittenPath, path: &RepoPath, other: &RepoPath, findings: &mut Findings) {
    let how = if path.as_str().to_lowercase() == other.as_str().to_lowercase() {
        "in another case"
    } else {
        "in another Unicode form"
    };
    let message = format!("`{path}` is there as `{other}` only, {how}");
    findings.push(written.place.clone(), message, rename(other, path));
}

fn rename(from: &RepoPath, to: &RepoPath) -> String {
    // No command line: a file name may hold what a shell would run.
    format!("rename `{from}` to `{to}` with `git mv`, or correct the path here")
}

/// The directory of a list and its other name, where that alone keeps several files from being found.
fn renamed_directory<'a>(
    list: &FileList<'a>,
    renamed: &[Renamed<'_>],
) -> Option<(&'a WrittenPath, &'a RepoPath, RepoPath)> {
    let directory = list.directory?;
    let path = directory.resolved()?;
    if renamed.len() < 2 {
        return None;
    }
    let mut others = renamed.iter().map(|(_, listed, other)| {
        let below = listed.below(path)?;
        let other = other.as_str().strip_suffix(below)?.strip_suffix('/')?;
        RepoPath::parse(other).ok()
    });
    let first = others.next()??;
    (first != *path && others.all(|other| other.as_ref() == Some(&first)))
        .then_some((directory, path, first))
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    #[test]
    fn a_listed_file_in_another_case_is_marked() {
        check(
            "listed-in-another-case",
            r#"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = postman/collections
files[] = {"id":"1-x","path":"orders.json"}
                              ^^^^^^^^^^^ listed-in-another-case
files[] = {"id":"1-y","path":"gone.json"}
//- postman/collections/Orders.json
"#,
        );
    }

    #[test]
    fn a_directory_in_another_case_is_one_finding() {
        check(
            "listed-in-another-case",
            r#"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = Postman/collections
                ^^^^^^^^^^^^^^^^^^^ listed-in-another-case
files[] = {"id":"1-x","path":"a.json"}
files[] = {"id":"1-y","path":"v1/b.json"}
//- postman/collections/a.json
//- postman/collections/v1/b.json
"#,
        );
    }

    #[test]
    fn mapped_directories_count_too() {
        check(
            "listed-in-another-case",
            r"
//- .postman/resources.yaml
workspace:
  id: 11111111-2222-4333-8444-555555555555
cloudResources:
  collections:
    ../postman/collections/orders: 1-66666666-7777-4888-9999-000000000000
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ listed-in-another-case
//- postman/collections/Orders/Get.request.yaml
",
        );
    }

    #[test]
    fn a_composed_and_a_decomposed_name_are_two() {
        let told = words(
            "listed-in-another-case",
            "//- .postman/api\nid = 11111111-2222-4333-8444-555555555555\n[relations.collections]\nrootDirectory = c\nfiles[] = {\"path\":\"caf\u{e9}.json\"}\n//- c/cafe\u{301}.json\n",
        );
        assert_eq!(told.len(), 1);
        assert!(told[0].0.ends_with("in another Unicode form"));
    }
}
