//! Text that is not in the grammar of its format.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::document::fault_report::report;
use crate::format::fault::FaultKind;
use crate::format::markers::merge_markers;
use crate::model::finding::{RuleId, Severity};
use crate::project::file::File;

/// File is not valid JSON or YAML.
pub static RULE: Rule = Rule {
    id: RuleId("syntax"),
    group: Group::Document,
    summary: "file is not valid JSON or YAML",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A file named `.json`, `.yaml` or `.yml` whose text breaks the grammar: a comma too many, a string that is not closed,
a comment in JSON, a file that was cut off, a YAML mapping with the same key twice, text that is not UTF-8.

#### Why it matters

Postman does not import such a file, and an active branch with one cannot be pulled in the app.

#### Example

```json
{ "info": { "name": "Orders", } }
```

#### How to fix

Go to the place the finding names; the first fault is the real one, what follows from it is not told.
Where the file was cut off, restore it from the last good commit.
"#,
    check: Check::Document(check),
};

fn check(file: &File, findings: &mut Findings) {
    let Some(parsed) = file.parsed() else { return };
    // Where merge markers stand, they are the trouble, and an empty file has a rule of its own.
    if parsed
        .source()
        .trim_start_matches('\u{feff}')
        .trim()
        .is_empty()
        || !merge_markers(parsed.source()).is_empty()
    {
        return;
    }
    report(
        file,
        FaultKind::Syntax,
        "correct the text at this place",
        findings,
    );
}

#[cfg(test)]
mod tests {

    use crate::check::testing::{check, words};

    #[test]
    fn the_place_is_exact_in_json() {
        check(
            "syntax",
            r#"
//- postman/collections/a.json
{"info": {"name": "x",}, "item": []}
                    //^ syntax
"#,
        );
    }

    #[test]
    fn the_place_is_exact_in_yaml() {
        check(
            "syntax",
            r#"
//- postman/schemas/a.yaml
openapi: 3.0.0
info:
  title: x
  title: y
//^^^^^ syntax
"#,
        );
    }

    #[test]
    fn merge_markers_are_not_told_twice() {
        check(
            "syntax",
            "//- postman/collections/a.json\n{\n<<<<<<< ours\n}\n=======\n>>>>>>> theirs\n",
        );
    }

    #[test]
    fn the_help_says_what_to_do() {
        let told = words("syntax", "//- postman/collections/a.json\n{\"a\": [1,]}\n");
        assert_eq!(told[0].1, "remove the comma: JSON allows none there");
    }
}
