//! A file larger than Postman takes.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{Place, RuleId, Severity};
use crate::project::file::{File, State};

/// File is larger than Postman takes.
pub static RULE: Rule = Rule {
    id: RuleId("oversized-file"),
    group: Group::Document,
    summary: "file is larger than Postman takes",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

A file above 20 MiB. Above `check.max-file-size` (100 MiB where nothing is configured) it is not read at all.

#### Why it matters

Postman's Git integrations fail on collections from 16 to 30 MB on, and its API refuses bodies above 20 MB.
What is not read is not checked either.

#### Example

A collection of 60 MB whose saved responses hold whole downloads.

#### How to fix

Remove large saved responses, or split the collection. Raise `check.max-file-size` where the size is meant.
"#,
    check: Check::Document(check),
};

/// From this many bytes on Postman's own integrations begin to fail: issues 7973 and 10039 of its app.
const LARGE: u64 = 20 * 1024 * 1024;

fn check(file: &File, findings: &mut Findings) {
    let message = match file.state {
        State::TooLarge(size) => format!("file has {} MiB and was not read", size / 1024 / 1024),
        State::Read { size, .. } if size > LARGE => format!(
            "file has {} MiB, more than Postman takes",
            size / 1024 / 1024
        ),
        _ => return,
    };
    let help = "remove large saved responses, split it, or raise `check.max-file-size`";
    findings.push(Place::whole(file.path.clone()), message, help);
}

#[cfg(test)]
mod tests {

    use crate::check::testing::check;

    #[test]
    fn what_is_not_read_is_said() {
        check(
            "oversized-file",
            "//- git-postman.toml\n[check]\nmax-file-size = 10\n//- postman/collections/a.json | oversized-file\n{\"item\": [], \"info\": {}}\n",
        );
    }
}
