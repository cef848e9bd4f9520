//! Tokens and keys of well-known services.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule, TextFile};
use crate::check::rules::secret::report::report;
use crate::model::finding::{RuleId, Severity};

/// A token or key of a well-known service.
pub static RULE: Rule = Rule {
    id: RuleId("provider-token"),
    group: Group::Secret,
    summary: "a token or key of a well-known service stands in a file",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

Tokens whose form their issuer documents: Postman API keys, tokens of GitHub, GitLab, Atlassian and Azure, keys of AWS, Google,
Slack, Stripe, OpenAI and others. Where the form has a checksum it is verified, and placeholders, examples from documentation and
Postman variables (`{{name}}`) are passed over. In a push every file that it brings is looked at, in older commits of the push too.

#### Why it matters

Whoever can read the repository can use the token, and so can whoever could read it once: history keeps it.
Saved requests and environments are where Postman users most often leave one.

#### Example

```json
{ "key": "X-API-Key", "value": "PMAK-…" }
```

#### How to fix

Revoke the token where it was issued; removing it from the file is not enough. Keep the new one in the Postman Vault or in a
secret-typed environment variable, and write `{{name}}` in its place.
"#,
    check: Check::Text(check),
};

fn check(text: &TextFile<'_>, findings: &mut Findings) {
    report(text, findings, |kind| {
        !matches!(kind, "private-key" | "json-web-token")
    });
}

#[cfg(test)]
mod tests {
    use crate::check::rules::secret::example::example;
    use crate::check::rules::secret::scan::kind;
    use crate::check::testing::words;

    #[test]
    fn a_postman_key_is_told_and_not_shown() {
        let token = example(kind("postman-api-key").unwrap(), 7).text;
        let told = words(
            "provider-token",
            &format!("//- postman/collections/a.json\n{{\"value\": \"{token}\"}}\n"),
        );
        assert_eq!(told.len(), 1);
        assert!(
            !told[0].0.contains(&token) && told[0].1.contains("{{name}}"),
            "{told:?}"
        );
    }

    #[test]
    fn a_variable_is_no_token() {
        assert_eq!(
            words(
                "provider-token",
                "//- postman/collections/a.json\n{\"value\": \"{{apiKey}}\"}\n"
            ),
            []
        );
    }
}
