//! A version that there is not.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::document::fault_report::report;
use crate::format::fault::FaultKind;
use crate::model::finding::{RuleId, Severity};
use crate::project::file::File;

/// Document names a version that there is not.
pub static RULE: Rule = Rule {
    id: RuleId("unknown-version"),
    group: Group::Document,
    summary: "document names a version that there is not",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

A collection whose `info.schema` names a version other than 1.0, 2.0 and 2.1, or a definition with an OpenAPI version that was
never published. The document is judged by the nearest version that there is.

#### Why it matters

Postman goes by the version when it reads a file; with an unknown one it refuses the import or guesses.

#### Example

```json
{ "info": { "schema": "https://schema.getpostman.com/json/collection/v3.9.9/collection.json" } }
```

#### How to fix

Write the version the document is really in.
"#,
    check: Check::Document(check),
};

fn check(file: &File, findings: &mut Findings) {
    report(
        file,
        FaultKind::UnknownVersion,
        "write a version that there is",
        findings,
    );
}

#[cfg(test)]
mod tests {

    use crate::check::testing::check;

    #[test]
    fn the_version_is_marked() {
        check(
            "unknown-version",
            r#"
//- postman/schemas/index.yaml
openapi: 4.0.0
       //^^^^^ unknown-version
info: {title: x, version: '1'}
paths: {}
"#,
        );
    }
}
