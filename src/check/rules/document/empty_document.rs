//! A file with nothing in it.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{Place, RuleId, Severity};
use crate::project::file::File;
use crate::project::is_possible_document;

/// Collection or definition file is empty.
pub static RULE: Rule = Rule {
    id: RuleId("empty-document"),
    group: Group::Document,
    summary: "collection or definition file is empty",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A file that should hold a document and has no bytes, or nothing but blanks.

#### Why it matters

Postman writes such files when a definition is created and never filled, and then finds no root file. A pull of the
branch shows an API without a definition.

#### Example

`postman/schemas/index.yaml` with 0 bytes.

#### How to fix

Fill the file, or remove it here and from the API in Postman.
"#,
    check: Check::Document(check),
};

fn check(file: &File, findings: &mut Findings) {
    let Some(parsed) = file.parsed() else { return };
    if parsed
        .source()
        .trim_start_matches('\u{feff}')
        .trim()
        .is_empty()
        && is_possible_document(&file.path)
    {
        let size = if file.size() == 0 {
            "0 bytes"
        } else {
            "nothing but blanks"
        };
        findings.push(
            Place::whole(file.path.clone()),
            format!("file is empty: it has {size}"),
            "fill it, or remove it",
        );
    }
}

#[cfg(test)]
mod tests {

    use crate::check::testing::check;

    #[test]
    fn empty_and_blank_files_are_told_and_others_not() {
        check(
            "empty-document",
            "//- postman/schemas/index.yaml | empty-document\n//- postman/collections/a.json | empty-document\n\n//- postman/collections/.gitkeep\n//- postman/schemas/b.proto\nmessage A {}\n",
        );
    }
}
