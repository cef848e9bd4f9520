//! A document whose shape its schema does not allow.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::document::fault_report::report;
use crate::format::fault::FaultKind;
use crate::model::finding::{RuleId, Severity};
use crate::project::file::File;

/// Document does not have the shape its format demands.
pub static RULE: Rule = Rule {
    id: RuleId("schema"),
    group: Group::Document,
    summary: "document does not have the shape its format demands",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A collection, environment or OpenAPI definition that is well-formed text and still not what it says it is: a field missing,
a value of the wrong kind, a field that may not stand there. Collections are judged by the version that `info.schema`
names. References (`$ref`) are not followed.

#### Why it matters

Postman refuses the file, or drops what it does not understand and writes the rest back.

#### Example

```json
{ "listen": "test", "script": { "exec": 7 } }
```

`exec` is a number, not a string or a list.

#### How to fix

Correct the value at the place the finding names. A collection exported again from Postman has the right shape.
"#,
    check: Check::Document(check),
};

fn check(file: &File, findings: &mut Findings) {
    report(
        file,
        FaultKind::Schema,
        "correct the value, or export the file again",
        findings,
    );
}

#[cfg(test)]
mod tests {

    use crate::check::testing::check;

    #[test]
    fn the_innermost_faulty_value_is_marked() {
        check(
            "schema",
            r#"
//- postman/collections/a.json
{"info": {"name": "x", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
 "item": [{"request": {"method": "GET", "header": [
   {"key": "Accept", "value": 7}
                            //^ schema
 ]}}]}
"#,
        );
    }

    #[test]
    fn a_definition_must_have_a_version() {
        check(
            "schema",
            r#"
//- postman/schemas/index.yaml
openapi: 3.0.3
info:
^^^^ schema
  title: x
paths: {}
"#,
        );
    }
}
