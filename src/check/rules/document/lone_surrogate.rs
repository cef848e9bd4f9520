//! A string with half of a surrogate pair.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::document::fault_report::report;
use crate::format::fault::FaultKind;
use crate::model::finding::{RuleId, Severity};
use crate::project::file::File;

/// A string holds half of a character.
pub static RULE: Rule = Rule {
    id: RuleId("lone-surrogate"),
    group: Group::Document,
    summary: "a string holds half of a character",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

A JSON string with an escape such as `\ud83d` that is one half of a surrogate pair and has no other half.

#### Why it matters

It stands for no character. Readers replace it, refuse the file or fail later, and what was meant is lost; it comes from
text that was cut in the middle of an emoji.

#### Example

```json
{ "name": "Orders \ud83d" }
```

#### How to fix

Write the character that was meant, or remove the half.
"#,
    check: Check::Document(check),
};

fn check(file: &File, findings: &mut Findings) {
    let help = "write the whole character, or remove the escape";
    report(file, FaultKind::LoneSurrogate, help, findings);
}

#[cfg(test)]
mod tests {

    use crate::check::testing::check;

    #[test]
    fn the_string_is_marked() {
        check(
            "lone-surrogate",
            r#"
//- postman/collections/a.json
{"info": {"name": "\ud83d"}, "item": []}
                //^^^^^^^^ lone-surrogate
"#,
        );
    }
}
