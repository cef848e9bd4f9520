//! An object that has a key twice.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::document::fault_report::report;
use crate::format::fault::FaultKind;
use crate::model::finding::{RuleId, Severity};
use crate::project::file::File;

/// An object has the same key twice.
pub static RULE: Rule = Rule {
    id: RuleId("duplicate-key"),
    group: Group::Document,
    summary: "an object has the same key twice",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

A JSON object in which a key stands more than once. In YAML this is an error of the grammar, told by `syntax`.

#### Why it matters

Every reader keeps one of the values and drops the other without a word, and not all keep the same one.
It is most often what a careless merge leaves.

#### Example

```json
{ "method": "GET", "method": "POST" }
```

#### How to fix

Keep the value you mean and remove the other line.
"#,
    check: Check::Document(check),
};

fn check(file: &File, findings: &mut Findings) {
    let help = "keep one of them; readers take the last and drop the others";
    report(file, FaultKind::DuplicateKey, help, findings);
}

#[cfg(test)]
mod tests {

    use crate::check::testing::check;

    #[test]
    fn the_later_key_is_marked() {
        check(
            "duplicate-key",
            r#"
//- postman/collections/a.json
{"item": [], "item": []}
           //^^^^^^ duplicate-key
"#,
        );
    }
}
