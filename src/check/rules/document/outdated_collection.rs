//! A collection of version 1.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::format::detect::Format;
use crate::model::finding::{RuleId, Severity};
use crate::model::span::Span;
use crate::project::file::File;

/// Collection has the format of version 1.
pub static RULE: Rule = Rule {
    id: RuleId("outdated-collection"),
    group: Group::Document,
    summary: "collection has the format of version 1",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

A collection in the first format, with `requests` and `order` instead of `item`.

#### Why it matters

Postman no longer reads it as it is, and nothing that works on collections (merging, comparing, mirroring) knows it.

#### Example

```json
{ "id": "…", "name": "Orders", "order": [], "requests": [] }
```

#### How to fix

Import the file into Postman and export it as version 2.1, or convert it with the `postman-collection-transformer`.
"#,
    check: Check::Document(check),
};

fn check(file: &File, findings: &mut Findings) {
    let Some((parsed, document)) = file
        .parsed()
        .and_then(|parsed| Some((parsed, parsed.document.as_ref()?)))
    else {
        return;
    };
    if parsed.format == Format::Collection1 {
        let start = document
            .root()
            .map_or(Span::at(0), |root| root.place_of("/requests"));
        let help = "import it into Postman and export it as version 2.1";
        findings.push(
            file.place(start),
            "collection has the format of version 1, which Postman no longer reads",
            help,
        );
    }
}

#[cfg(test)]
mod tests {

    use crate::check::testing::check;

    #[test]
    fn the_list_of_requests_is_marked() {
        check(
            "outdated-collection",
            r#"
//- postman/collections/a.json
{"id": "x", "name": "y", "order": [], "requests": []}
                                    //^^^^^^^^^^ outdated-collection
"#,
        );
    }
}
