//! A managed file that is a link.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{Place, RuleId, Severity};
use crate::project::file::{File, State};

/// Managed file is a symbolic link.
pub static RULE: Rule = Rule {
    id: RuleId("symbolic-link"),
    group: Group::Document,
    summary: "managed file is a symbolic link",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

A symbolic link in a directory that Postman manages. The link is never followed.

#### Why it matters

Postman reads the repository through the provider, which gives it the link's target as text. On Windows most checkouts write a
small text file in its place.

#### Example

`postman/collections/Orders.json -> ../../orders.json`

#### How to fix

Put the file itself there, or point the API at the directory the file lies in.
"#,
    check: Check::Document(check),
};

fn check(file: &File, findings: &mut Findings) {
    if let State::Link(target) = &file.state {
        let message =
            format!("file is a symbolic link to `{target}`, which Postman does not follow");
        findings.push(
            Place::whole(file.path.clone()),
            message,
            "put the file itself here",
        );
    }
}

#[cfg(test)]
mod tests {

    use std::collections::BTreeMap;

    use super::check;
    use crate::check::findings::Findings;
    use crate::model::finding::{RuleId, Severity};
    use crate::model::path::RepoPath;
    use crate::model::snapshot::MemorySnapshot;
    use crate::project::file::{File, State};

    #[test]
    fn the_target_is_named_and_a_file_is_none() {
        let path = RepoPath::parse("postman/collections/a.json").unwrap();
        let snapshot = MemorySnapshot::new(BTreeMap::from([(path.clone(), b"{}".to_vec())]));
        let mut file = File::read(&snapshot, &path, 10);
        let told = |file: &File| {
            let mut findings = Findings::of(RuleId("symbolic-link"), Severity::Warning);
            check(file, &mut findings);
            findings
                .into_list()
                .into_iter()
                .map(|finding| finding.message)
                .collect::<Vec<_>>()
        };
        assert!(told(&file).is_empty());
        file.state = State::Link("../x".to_owned());
        assert_eq!(
            told(&file),
            ["file is a symbolic link to `../x`, which Postman does not follow"]
        );
    }
}
