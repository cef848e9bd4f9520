//! JSON web tokens.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule, TextFile};
use crate::check::rules::secret::report::report;
use crate::model::finding::{RuleId, Severity};

/// A JSON web token.
pub static RULE: Rule = Rule {
    id: RuleId("json-web-token"),
    group: Group::Secret,
    summary: "a JSON web token stands in a file",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

A JSON web token: three parts of which the first decodes to a header with an algorithm. The examples of jwt.io are passed over.

#### Why it matters

Until it expires, whoever has it is who it says, and it names people and systems in clear. Saved responses keep the
tokens that a login once returned.

#### Example

```json
{ "type": "bearer", "bearer": [{ "key": "token", "value": "eyJ…" }] }
```

#### How to fix

Write `{{token}}` in its place and let a script or the authorization helper fill it. Where the token is still valid, revoke it.
"#,
    check: Check::Text(check),
};

fn check(text: &TextFile<'_>, findings: &mut Findings) {
    report(text, findings, |kind| kind == "json-web-token");
}

#[cfg(test)]
mod tests {
    use crate::check::rules::secret::example::example;
    use crate::check::rules::secret::scan::kind;
    use crate::check::testing::words;

    #[test]
    fn a_token_is_told_by_this_rule_alone() {
        let text = example(kind("json-web-token").unwrap(), 7).text;
        let fixture = format!("//- postman/collections/a.json\n{{\"value\": \"{text}\"}}\n");
        assert_eq!(words("json-web-token", &fixture).len(), 1);
        assert_eq!(words("provider-token", &fixture), []);
    }
}
