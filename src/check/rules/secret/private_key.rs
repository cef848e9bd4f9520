//! Private keys in PEM form.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule, TextFile};
use crate::check::rules::secret::report::report;
use crate::model::finding::{RuleId, Severity};

/// A private key in PEM form.
pub static RULE: Rule = Rule {
    id: RuleId("private-key"),
    group: Group::Secret,
    summary: "a private key stands in a file",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A PEM block of a private key (RSA, EC, Ed25519, OpenSSH, encrypted ones too), as it is or inside a JSON string.

#### Why it matters

Whoever has the key can be its owner: sign tokens, log in, read traffic. Client certificates and signed requests bring such keys
into collections and environments.

#### Example

```json
{ "key": "signing_key", "value": "-----BEGIN PRIVATE KEY-----\n…" }
```

#### How to fix

Replace the key pair; removing it from the file is not enough. Keep the new key in the Postman Vault or outside of Postman.
"#,
    check: Check::Text(check),
};

fn check(text: &TextFile<'_>, findings: &mut Findings) {
    report(text, findings, |kind| kind == "private-key");
}

#[cfg(test)]
mod tests {
    use crate::check::rules::secret::example::example;
    use crate::check::rules::secret::scan::kind;
    use crate::check::testing::words;

    #[test]
    fn a_key_is_told_by_this_rule_alone() {
        let text = example(kind("private-key").unwrap(), 7).text;
        let fixture = format!("//- postman/collections/a.pem\n{text}\n");
        assert_eq!(words("private-key", &fixture).len(), 1);
        assert_eq!(words("provider-token", &fixture), []);
    }
}
