//! A name in the repository that no file can have.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{Place, RuleId, Severity};
use crate::model::path::RepoPath;
use crate::project::Project;

/// Name in the repository cannot be a path.
pub static RULE: Rule = Rule {
    id: RuleId("refused-name"),
    group: Group::Layout,
    summary: "repository holds a name that no file can have, such as `..`",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A name that git should never have stored: with a part `..` or `.` or an empty one, or absolute. Such a file is not looked at by any
other rule. The place is the directory that holds the name.

#### Why it matters

Git makes no such names, so somebody wrote the tree by other means: to write outside of a checkout, or by a broken tool. Git refuses
to check the commit out, and servers that look refuse the push.

#### Example

`postman/collections/../../../.ssh/authorized_keys`

#### How to fix

Make the commit again without the name, and find out where it came from; `git fsck` tells which tree has it.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for refused in &project.listing.refused {
        findings.push(
            Place::whole(holding_directory(&refused.name)),
            format!("name `{}` {}", refused.name, refused.error),
            "make the commit again without it; `git fsck` tells which tree has it",
        );
    }
}

/// The part of the name before what is wrong with it.
fn holding_directory(name: &str) -> RepoPath {
    let mut directory = RepoPath::root();
    for part in name.split('/') {
        let plain = !part.is_empty() && part != ".git";
        match directory.join(part) {
            Ok(deeper) if plain => directory = deeper,
            _ => break,
        }
    }
    directory
}

#[cfg(test)]
mod tests {
    use super::{RULE, check};
    use crate::check::findings::Findings;
    use crate::config::file::Config;
    use crate::model::path::{PathError, RepoPath};
    use crate::model::snapshot::{Content, Listing, Origin, RefusedName, Snapshot, SnapshotError};
    use crate::project::Project;

    /// A repository without files and with one bad name.
    struct Refusing(Listing);

    impl Snapshot for Refusing {
        fn origin(&self) -> &Origin {
            &Origin::Index
        }

        fn listing(&self) -> Result<&Listing, SnapshotError> {
            Ok(&self.0)
        }

        fn read(&self, _: &RepoPath, _: u64) -> Result<Content, SnapshotError> {
            Ok(Content::Missing)
        }
    }

    fn told(name: &str, error: PathError) -> (String, String) {
        let name = name.to_owned();
        let snapshot = Refusing(Listing::new(Vec::new(), vec![RefusedName { name, error }]));
        let config = Config::default();
        let project = Project::load(&snapshot, &config).unwrap();
        let mut findings = Findings::of(RULE.id, RULE.severity);
        check(&project, &mut findings);
        let finding = findings.into_list().remove(0);
        (finding.location.path.as_str().to_owned(), finding.message)
    }

    #[test]
    fn the_directory_that_holds_it_is_the_place() {
        assert_eq!(
            told("postman/collections/../x", PathError::LeavesRepository),
            (
                "postman/collections".to_owned(),
                "name `postman/collections/../x` leaves the repository".to_owned()
            )
        );
        assert_eq!(told("/etc/passwd", PathError::Absolute).0, "");
    }
}
