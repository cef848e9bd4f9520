//! Files in `.postman/` that Postman does not read.

use std::collections::BTreeSet;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{Place, RuleId, Severity};
use crate::project::Project;

/// A file in `.postman/` that Postman ignores.
pub static RULE: Rule = Rule {
    id: RuleId("stray-metadata"),
    group: Group::Mapping,
    summary: "a file in `.postman/` that Postman does not read",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

A file or folder in `.postman/` other than `api`, `api_<id>`, `resources.yaml`, `workflows.yaml`, `releases.yaml`, `config.json`, a `README.md` and what git
itself reads. A folder is one finding.

#### Why it matters

Postman ignores it. It is mostly a copy that somebody made by hand, and sooner or later somebody changes the copy instead of the file.

#### Example

`.postman/api2`, `.postman/api.orig`

#### How to fix

Remove it with `git rm`, or move it out of `.postman/`.
"#,
    check: Check::Project(check),
};

/// What Postman's apps, its command-line tool and its actions read or write there.
const KNOWN: [&str; 9] = [
    "api",
    "resources.yaml",
    "resources.yml",
    "workflows.yaml",
    "workflows.yml",
    "releases.yaml",
    "releases.yml",
    "config.json",
    "README.md",
];

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in &project.services {
        let metadata = service.metadata_directory();
        let mut seen = BTreeSet::new();
        for entry in project.listing.below(&metadata) {
            let name = entry.path.below(&metadata).unwrap_or_default();
            let (first, is_folder) = match name.split_once('/') {
                Some((first, _)) => (first, true),
                None => (name, false),
            };
            let is_known = KNOWN.contains(&first) || first.starts_with("api_");
            if (is_known && !is_folder) || first.starts_with(".git") || !seen.insert(first) {
                continue;
            }
            let (path, what) = match metadata.join(first) {
                Ok(path) if is_folder => (path, "folder"),
                _ => (entry.path.clone(), "file"),
            };
            let known = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(first));
            let help = match known {
                Some(known) if !is_folder => {
                    format!("name it `{known}`: Postman tells upper and lower case apart")
                }
                _ => "remove it, or move it out of `.postman/`".to_owned(),
            };
            let message = format!("Postman does not read this {what} in `{metadata}`");
            findings.push(Place::whole(path), message, help);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    #[test]
    fn what_postman_does_not_read_is_told() {
        check(
            "stray-metadata",
            r"
//- .postman/api
//- .postman/api2 | stray-metadata
//- .postman/apirenamed | stray-metadata
//- .postman/api_11111111-2222-4333-8444-555555555555
//- .postman/resources.yaml
//- .postman/workflows.yaml
//- .postman/.gitkeep
//! .postman/old | stray-metadata
//- .postman/old/api
//- .postman/old/api_1
",
        );
    }

    #[test]
    fn a_name_in_another_case_is_told_with_the_right_one() {
        let told = words("stray-metadata", "//- .postman/API\n");
        assert_eq!(
            told[0].1,
            "name it `api`: Postman tells upper and lower case apart"
        );
    }
}
