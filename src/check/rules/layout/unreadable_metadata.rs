//! A metadata file that nobody can read.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{Place, RuleId, Severity};
use crate::project::Project;

/// Metadata file cannot be read.
pub static RULE: Rule = Rule {
    id: RuleId("unreadable-metadata"),
    group: Group::Layout,
    summary: "metadata file of Postman cannot be read",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

`.postman/api`, `.postman/api_<id>` or `.postman/resources.yaml` that is not UTF-8, is a symbolic link, a submodule or device, is
larger than 16 MiB, or that the system or git does not give.

#### Why it matters

Everything that the tool and Postman know of the API stands in these files. What cannot be read counts as not there: the directories it
declares and the files it lists are not checked, and Postman falls back to what its server remembers. The rules for documents may tell
of the file as well.

#### Example

A `.postman/api` that an editor saved as UTF-16.

#### How to fix

Restore the file from the last good commit, or connect the API again.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for (path, reason) in project.services.iter().flat_map(|service| &service.unread) {
        findings.push(
            Place::whole(path.clone()),
            format!("metadata file {reason}; what it declares is not checked"),
            "restore it from the last good commit, or connect the API again",
        );
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::check::testing::{check, findings};
    use crate::model::path::RepoPath;
    use crate::project::Branches;

    #[test]
    fn an_index_in_utf16_is_told() {
        let path = RepoPath::parse(".postman/api").unwrap();
        let files = BTreeMap::from([(path.clone(), b"\xff\xfei\0d\0".to_vec())]);
        let found = findings(files, Branches::default());
        let told: Vec<_> = found
            .iter()
            .filter(|finding| finding.rule.0 == "unreadable-metadata")
            .collect();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].location.path, path);
        assert_eq!(
            told[0].message,
            "metadata file is not UTF-8; what it declares is not checked"
        );
    }

    #[test]
    fn files_that_are_read_and_files_of_others_are_fine() {
        check(
            "unreadable-metadata",
            "//- .postman/api\nid = x\n//- .postman/notes\n",
        );
    }
}
