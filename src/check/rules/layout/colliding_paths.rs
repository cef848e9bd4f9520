//! Names that are one and the same on Windows and macOS.

use std::collections::{BTreeMap, HashMap, HashSet};

use unicode_normalization::UnicodeNormalization as _;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::layout::directories::each_name;
use crate::check::rules::layout::managed::metadata_and_managed;
use crate::check::rules::layout::naming::named;
use crate::model::finding::{Place, RuleId, Severity};
use crate::model::path::RepoPath;
use crate::project::Project;

/// Names differ only in case or Unicode form.
pub static RULE: Rule = Rule {
    id: RuleId("colliding-paths"),
    group: Group::Layout,
    summary: "names in one directory differ only in case or Unicode form",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

Two or more files or directories in the same directory whose names differ only in upper and lower case, or in how an accented letter is
stored, where at least one of them is Postman's: it lies in a managed directory or in `.postman/`, or is on the way there. One finding
for each group; what lies below colliding directories is not told again.

#### Why it matters

Windows and macOS keep one of them. A checkout there silently loses the other, and the next commit deletes it for everybody.

#### Example

`postman/collections/Orders.json` and `postman/collections/orders.json`

#### How to fix

Rename one of them with `git mv`, or the collection in Postman.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let ours = names_of_postman(project);
    // Only what lies beside something of ours can collide with it.
    let beside: HashSet<&str> = ours.iter().map(|name| directory_of(name)).collect();
    // Grouped by the exact directory: below directories that collide, everything else would collide again.
    let mut children: HashMap<(&str, String), Vec<&str>> = HashMap::new();
    each_name(project.listing, |name, _| {
        let directory = directory_of(name);
        if beside.contains(directory)
            && let Ok(path) = RepoPath::parse(name)
            && !project.is_excluded(&path)
        {
            let key = (directory, path.folded());
            children.entry(key).or_default().push(name);
        }
    });
    let groups: BTreeMap<&str, &Vec<&str>> = children
        .values()
        .filter(|names| names.len() > 1)
        .filter_map(|names| {
            let first = names.iter().find(|name| ours.contains(*name))?;
            Some((*first, names))
        })
        .collect();
    for (first, names) in groups {
        let Ok(path) = RepoPath::parse(first) else {
            continue;
        };
        let others = names.iter().copied().filter(|name| *name != first);
        let message = format!(
            "`{first}` differs only in {} from {}",
            difference(names),
            named(others)
        );
        findings.push(
            Place::whole(path),
            message,
            "rename all but one of them with `git mv`",
        );
    }
}

fn directory_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Every name that is Postman's, and the directories on the way to it.
fn names_of_postman<'a>(project: &'a Project<'_>) -> HashSet<&'a str> {
    let mut names = HashSet::new();
    for path in metadata_and_managed(project) {
        let mut rest = path.as_str();
        while names.insert(rest) {
            match rest.rsplit_once('/') {
                Some((directory, _)) => rest = directory,
                None => break,
            }
        }
    }
    names
}

fn difference(names: &[&str]) -> &'static str {
    let distinct = |folded: &dyn Fn(&str) -> String| {
        let all: HashSet<String> = names.iter().map(|name| folded(name)).collect();
        all.len()
    };
    if distinct(&|name| name.nfc().collect()) == 1 {
        "Unicode form"
    } else if distinct(&|name| name.to_lowercase()) == 1 {
        "case"
    } else {
        "case and Unicode form"
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    #[test]
    fn a_group_is_told_once() {
        let fixture = r"
//- postman/collections/Orders.json | colliding-paths
{}
//- postman/collections/orders.json
{}
//- postman/collections/ORDERS.json
{}
";
        // Sorted by bytes, so capitals come first.
        let fixture = &fixture
            .replace("Orders.json | colliding-paths", "Orders.json")
            .replace("ORDERS.json", "ORDERS.json | colliding-paths");
        check("colliding-paths", fixture);
        assert_eq!(
            words("colliding-paths", fixture)[0].0,
            "`postman/collections/ORDERS.json` differs only in case from `postman/collections/Orders.json` and `postman/collections/orders.json`"
        );
    }

    #[test]
    fn directories_on_the_way_count_and_what_is_below_does_not() {
        check(
            "colliding-paths",
            r"
//- postman/collections/a.json
{}
//- postman/Collections/a.json
{}
//! postman/collections | colliding-paths
//- src/A.rs
//- src/a.rs
",
        );
    }

    #[test]
    fn unicode_forms_are_told_apart_from_case() {
        let fixture = "//- postman/collections/Caf\u{e9}.json\n{}\n//- postman/collections/Cafe\u{301}.json\n{}\n//- postman/collections/Cafe.json\n{}\n";
        let said = words("colliding-paths", fixture);
        assert_eq!(said.len(), 1);
        assert!(said[0].0.contains("only in Unicode form"), "{}", said[0].0);
    }

    #[test]
    fn the_same_name_in_two_directories_is_fine() {
        check(
            "colliding-paths",
            "//- postman/collections/a/x.json\n{}\n//- postman/collections/b/X.json\n{}\n",
        );
    }
}
