//! A `.postman` that is no directory.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{Place, RuleId, Severity};
use crate::model::snapshot::FileKind;
use crate::project::Project;

/// `.postman` is no directory.
pub static RULE: Rule = Rule {
    id: RuleId("blocked-metadata"),
    group: Group::Layout,
    summary: "`.postman` is a file, a link or a submodule, not a directory",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A file, symbolic link or submodule with the name `.postman`, at the root or in any folder.

#### Why it matters

Postman keeps in the directory `.postman` which API the repository is connected to. Where something else has the name it can neither
read nor write that, and the connection fails. A link is not followed, neither here nor on Postman's side.

#### Example

`.postman` as a symbolic link to `../shared/.postman`.

#### How to fix

Rename or remove it, and connect the API again, so that Postman writes the directory.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for path in &project.blocked {
        let kind = match project.listing.get(path).map(|entry| entry.kind) {
            Some(FileKind::Link) => "a symbolic link",
            Some(FileKind::Submodule) => "a submodule",
            Some(FileKind::File | FileKind::Special) | None => "a file",
        };
        findings.push(
            Place::whole(path.clone()),
            format!("`{path}` is {kind}, and Postman needs a directory there"),
            "rename or remove it, and connect the API again",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::findings::Findings;
    use crate::check::testing::check;
    use crate::config::file::Config;
    use crate::model::path::RepoPath;
    use crate::model::snapshot::{
        Content, Entry, FileKind, Listing, Origin, Snapshot, SnapshotError,
    };
    use crate::project::Project;

    /// A repository of links.
    struct Links(Listing);

    impl Snapshot for Links {
        fn origin(&self) -> &Origin {
            &Origin::Index
        }

        fn listing(&self) -> Result<&Listing, SnapshotError> {
            Ok(&self.0)
        }

        fn read(&self, _: &RepoPath, _: u64) -> Result<Content, SnapshotError> {
            Ok(Content::Link(b"elsewhere".to_vec()))
        }
    }

    #[test]
    fn a_link_is_called_a_link() {
        let path = RepoPath::parse(".postman").unwrap();
        let kind = FileKind::Link;
        let snapshot = Links(Listing::new(vec![Entry { path, kind }], Vec::new()));
        let config = Config::default();
        let project = Project::load(&snapshot, &config).unwrap();
        let mut findings = Findings::of(super::RULE.id, super::RULE.severity);
        super::check(&project, &mut findings);
        assert_eq!(
            findings.into_list()[0].message,
            "`.postman` is a symbolic link, and Postman needs a directory there"
        );
    }

    #[test]
    fn a_file_in_place_of_the_directory_is_told() {
        check(
            "blocked-metadata",
            "//- .postman | blocked-metadata\nhello\n//- services/a/.postman | blocked-metadata\n",
        );
    }

    #[test]
    fn a_directory_and_other_names_are_fine() {
        check(
            "blocked-metadata",
            "//- .postman/api\nconfigVersion = 1.0.0\n//- .postmanrc\n",
        );
    }
}
