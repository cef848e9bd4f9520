//! A file that is there and cannot be read.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{Place, RuleId, Severity};
use crate::model::snapshot::SnapshotError;
use crate::project::file::{File, State};

/// File is there and cannot be read.
pub static RULE: Rule = Rule {
    id: RuleId("unreadable-file"),
    group: Group::Document,
    summary: "file is there and cannot be read",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A managed file that git lists and that cannot be read: no permission, a damaged or missing object, a submodule or device where
a file should be.

#### Why it matters

What cannot be read is not checked, and a push of it would fail or break the branch for others.

#### Example

A collection in a partial clone whose blob was never fetched while there is no network.

#### How to fix

The finding names what git or the system said; `git fsck` tells more about damaged objects.
"#,
    check: Check::Document(check),
};

fn check(file: &File, findings: &mut Findings) {
    let (message, help) = match &file.state {
        State::Unreadable(
            SnapshotError::Read { cause, hint, .. } | SnapshotError::Listing { cause, hint },
        ) => (format!("file cannot be read: {cause}"), hint.clone()),
        State::NotAFile => (
            "a submodule, pipe or device stands where a file should be".to_owned(),
            None,
        ),
        _ => return,
    };
    let help = help
        .unwrap_or_else(|| "make it a readable file, or take it out of the repository".to_owned());
    findings.push(Place::whole(file.path.clone()), message, help);
}

#[cfg(test)]
mod tests {

    use std::collections::BTreeMap;

    use super::check;
    use crate::check::findings::Findings;
    use crate::model::finding::{RuleId, Severity};
    use crate::model::path::RepoPath;
    use crate::model::snapshot::{MemorySnapshot, SnapshotError};
    use crate::project::file::{File, State};

    #[test]
    fn the_cause_and_its_remedy_are_passed_on() {
        let path = RepoPath::parse("postman/collections/a.json").unwrap();
        let mut file = File::read(&MemorySnapshot::new(BTreeMap::new()), &path, 10);
        file.state = State::Unreadable(SnapshotError::Read {
            path: path.to_string(),
            cause: "object 1234 is missing".to_owned(),
            hint: Some("run `git fetch`".to_owned()),
        });
        let mut findings = Findings::of(RuleId("unreadable-file"), Severity::Error);
        check(&file, &mut findings);
        let found = findings.into_list();
        assert_eq!(
            found[0].message,
            "file cannot be read: object 1234 is missing"
        );
        assert_eq!(found[0].help, "run `git fetch`");
    }
}
