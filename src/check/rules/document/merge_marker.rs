//! Unresolved merge markers.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule, TextFile};
use crate::format::markers::merge_markers;
use crate::model::finding::{RuleId, Severity};

/// Unresolved merge marker.
pub static RULE: Rule = Rule {
    id: RuleId("merge-marker"),
    group: Group::Document,
    summary: "unresolved merge marker",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

The lines `<<<<<<<`, `|||||||`, `=======` and `>>>>>>>` that git leaves where two sides could not be merged.

#### Why it matters

In JSON and YAML they break the file. In `.postman/api` they do worse: Postman's reader passes over them and takes the
entries of both sides.

#### Example

```
<<<<<<< HEAD
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
=======
apis[] = {"apiId":"66666666-7777-4888-9999-000000000000"}
>>>>>>> topic
```

#### How to fix

Resolve the conflict: keep the lines you mean and remove the markers.
"#,
    check: Check::Text(check),
};

fn check(text: &TextFile<'_>, findings: &mut Findings) {
    if let Some(first) = merge_markers(text.text).first() {
        findings.push(
            text.place(*first),
            "merge conflict that nobody resolved",
            "keep the lines you mean and remove the markers",
        );
    }
}

#[cfg(test)]
mod tests {

    use crate::check::testing::check;

    #[test]
    fn the_first_marker_of_a_file_is_told() {
        check(
            "merge-marker",
            "//- .postman/api\n<<<<<<< HEAD\n^^^^^^^^^^^^ merge-marker\na = 1\n=======\n>>>>>>> topic\n//- postman/collections/a.md\nTitle\n=======\n",
        );
    }
}
