//! A name that Windows or macOS cannot keep.

use std::collections::{BTreeMap, HashSet};

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::layout::managed::metadata_and_managed;
use crate::check::rules::layout::portability::{MAX_PATH, length, trouble};
use crate::model::finding::{Place, RuleId, Severity};
use crate::model::path::RepoPath;
use crate::model::text::counted;
use crate::project::Project;

/// Name cannot be kept on every system.
pub static RULE: Rule = Rule {
    id: RuleId("unportable-name"),
    group: Group::Layout,
    summary: "name of a file or directory that Windows or macOS cannot keep",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

In Postman's directories, in `.postman/` and among the paths it declares or lists, names

- with one of `< > : " | ? * \` or a control character,
- that end in a blank or a dot,
- that are a device on Windows, with or without an extension: `CON`, `PRN`, `AUX`, `NUL`, `COM1` to `COM9`, `LPT1` to `LPT9`,
  `CONIN$`, `CONOUT$`,
- with invisible characters or marks that change the direction of the text,
- that are not UTF-8,
- with more than 255 bytes,

and paths with more than 240 characters: Windows keeps 259 with drive and directory. A directory is told once, at the line that
declares it where there is one, and not again for each file in it.

#### Why it matters

Postman makes file names from what collections are called and changes nothing in them. On Windows such a file cannot be checked out,
or comes back under another name: the checkout fails for everybody there, or a commit renames the file and Postman loses it.

#### Example

```ini
[config.relations.collections]
rootDirectory = "PublicApiSpecs/Orders "
```

#### How to fix

Rename the collection or directory in Postman and push; or rename it with `git mv` and correct the entry in `.postman/`.
"#,
    check: Check::Project(check),
};

const HELP: &str = "rename it with `git mv`, and its entry in `.postman/` where it is listed";

fn check(project: &Project<'_>, findings: &mut Findings) {
    let mut names = Names::default();
    for (path, place, is_directory) in written(project) {
        let kind = if is_directory { "directory" } else { "file" };
        names.look(path, kind, |_| place.clone(), findings);
    }
    for path in metadata_and_managed(project) {
        let at = |name: &str| Place::whole(RepoPath::parse(name).unwrap_or_else(|_| path.clone()));
        names.look(path, "file", at, findings);
    }
    names.tell_long_paths(findings);
}

/// The paths that metadata declares, then those that it lists, with their lines.
fn written<'a>(project: &'a Project<'_>) -> Vec<(&'a RepoPath, &'a Place, bool)> {
    let mut found = Vec::new();
    for service in &project.services {
        let declared = service.directories.iter().filter(|one| one.declared);
        found.extend(declared.map(|one| (&one.path, &one.place, true)));
    }
    for service in &project.services {
        for api in &service.apis {
            let files = api.collections.iter().chain(&api.definitions);
            let files = files.map(|file| &file.path).chain(&api.root_files);
            found.extend(files.filter_map(|one| Some((one.resolved()?, &one.place, false))));
        }
        if let Some(resources) = &service.resources {
            let mapped = resources.mapped.iter().map(|mapped| &mapped.path);
            let mapped = mapped.chain(&resources.local);
            found.extend(mapped.filter_map(|one| Some((one.resolved()?, &one.place, false))));
        }
    }
    found.retain(|(path, _, _)| !project.is_excluded(path));
    found
}

/// What was looked at, so that a directory is told once, and not again below.
#[derive(Default)]
struct Names<'a> {
    seen: HashSet<&'a str>,
    /// Names that are not UTF-8; their readable form stands for several of them.
    unreadable: HashSet<RepoPath>,
    /// For each directory the first path in it that is too long, its place, and how many there are.
    long: BTreeMap<&'a str, (&'a RepoPath, Place, usize)>,
}

impl<'a> Names<'a> {
    fn look(
        &mut self,
        path: &'a RepoPath,
        kind: &str,
        place: impl Fn(&str) -> Place,
        findings: &mut Findings,
    ) {
        if !path.is_utf8() {
            self.look_at_bytes(path, findings);
            return;
        }
        let text = path.as_str();
        let ends = text.match_indices('/').map(|(end, _)| end);
        let mut start = 0;
        for end in ends.chain([text.len()]) {
            let (name, part) = (&text[..end], &text[start..end]);
            start = end + 1;
            if !self.seen.insert(name) {
                continue;
            }
            let kind = if end < text.len() { "directory" } else { kind };
            if let Some(trouble) = trouble(part) {
                let message = format!("name of the {kind} `{part}` {trouble}");
                findings.push(place(name), message, HELP);
            } else if end == text.len() && length(text) > MAX_PATH {
                let directory = text.rsplit_once('/').map_or("", |(directory, _)| directory);
                let entry = self.long.entry(directory);
                entry
                    .and_modify(|(_, _, count)| *count += 1)
                    .or_insert_with(|| (path, place(name), 1));
            }
        }
    }

    /// Tells the first part of a path that is not UTF-8, once for all that lies below it.
    fn look_at_bytes(&mut self, path: &RepoPath, findings: &mut Findings) {
        let mut topmost = path.clone();
        while let Some(parent) = topmost.parent().filter(|parent| !parent.is_utf8()) {
            topmost = parent;
        }
        if !self.unreadable.insert(topmost.clone()) {
            return;
        }
        let kind = if topmost == *path {
            "file"
        } else {
            "directory"
        };
        let message = format!("name of the {kind} `{}` is not UTF-8", topmost.file_name());
        findings.push(Place::whole(topmost), message, HELP);
    }

    fn tell_long_paths(self, findings: &mut Findings) {
        for (path, place, count) in self.long.into_values() {
            let characters = length(path.as_str());
            let more = match count {
                1 => String::new(),
                _ => format!(
                    "; {} in this directory are too long",
                    counted(count, "path")
                ),
            };
            findings.push(
                place,
                format!(
                    "path has {characters} characters, and Windows keeps {MAX_PATH} in a checkout"
                ),
                format!("shorten the names of the collection, its folders or its examples{more}"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::check::testing::{check, findings, words};
    use crate::model::path::RepoPath;
    use crate::project::Branches;

    #[test]
    fn a_directory_is_told_once_where_it_is_declared() {
        check(
            "unportable-name",
            r#"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = "orders "
              # ^^^^^^^^^ unportable-name
files[] = {"id":"1-x","path":"a.json"}
files[] = {"id":"1-y","path":"what?.json"}
                            # ^^^^^^^^^^ unportable-name
//- orders /a.json
{}
//- orders /what?.json
{}
"#,
        );
    }

    #[test]
    fn a_file_that_nobody_lists_is_told_itself() {
        check(
            "unportable-name",
            r"
//- postman/collections/NUL.json | unportable-name
{}
//- postman/collections/v1:2/a.json
{}
//- postman/collections/v1:2/b.json
{}
//! postman/collections/v1:2 | unportable-name
//- postman/collections/Größe 你好 (1).json
{}
//- elsewhere/NUL.json
{}
",
        );
    }

    #[test]
    fn long_paths_are_counted_by_directory() {
        let directory = format!("postman/collections/{}", "d".repeat(180));
        let name = |letter: &str| format!("{directory}/{}.json", letter.repeat(60));
        let fixture = format!(
            "//- {} | unportable-name\n{{}}\n//- {}\n{{}}\n//- {directory}/c.json\n{{}}\n",
            name("a"),
            name("b")
        );
        check("unportable-name", &fixture);
        assert!(
            words("unportable-name", &fixture)[0]
                .1
                .ends_with("; 2 paths in this directory are too long")
        );
    }

    #[test]
    fn names_that_are_not_utf8_are_told_by_their_first_such_part() {
        let paths: [&[u8]; 3] = [
            b"postman/collections/\xff/a.json",
            b"postman/collections/\xff/b.json",
            b"postman/collections/\xfe.json",
        ];
        let files: BTreeMap<RepoPath, Vec<u8>> = paths
            .iter()
            .map(|path| (RepoPath::from_git(path).unwrap(), b"{}".to_vec()))
            .collect();
        let found = findings(files, Branches::default());
        let told: Vec<&str> = found
            .iter()
            .filter(|finding| finding.rule.0 == "unportable-name")
            .map(|finding| finding.message.as_str())
            .collect();
        assert_eq!(
            told,
            [
                "name of the file `\u{fffd}.json` is not UTF-8",
                "name of the directory `\u{fffd}` is not UTF-8"
            ]
        );
    }
}
