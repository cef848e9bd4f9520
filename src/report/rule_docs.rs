//! The page of all rules, made from the rules themselves.

use crate::model::finding::Severity;
use crate::model::rule::{Group, RuleText};

/// The page `docs/rules.md`.
pub fn page(rules: &[RuleText]) -> String {
    let mut page = String::from(
        "# Rules\n\nMade from the rules themselves by `git-postman rules --docs`; a test keeps it fresh.\n\n\
         Change what a rule weighs in `git-postman.toml` under `[rules]`, or allow single findings with a reason\n\
         under `[[allow]]`.\n\n| rule | weighs | what it finds |\n|---|---|---|\n",
    );
    for rule in rules {
        page.push_str(&format!(
            "| [{0}](#{0}) | {1} | {2} |\n",
            rule.id,
            rule.severity.word(),
            rule.summary
        ));
    }
    for group in Group::ALL {
        page.push_str(&format!("\n## {}\n", title(group)));
        for rule in rules.iter().filter(|rule| rule.group == group) {
            page.push_str(&format!("\n### {}\n\n{}\n", rule.id, explanation(rule)));
        }
    }
    page
}

/// One rule for people, as Markdown without its own heading.
pub fn explanation(rule: &RuleText) -> String {
    let weight = match rule.severity {
        Severity::Error => "an error",
        Severity::Warning => "a warning",
    };
    format!(
        "{}. By default {weight}; in the group `{}`; since {}.\n\n{}",
        capitalised(rule.summary),
        rule.group.word(),
        rule.since,
        rule.docs.trim()
    )
}

fn title(group: Group) -> &'static str {
    match group {
        Group::Layout => "Layout: where files lie and what they are called",
        Group::Mapping => {
            "Mapping: which API the repository belongs to, and which files to the API"
        }
        Group::Document => "Document: what stands in one file",
        Group::Secret => "Secret: what should not stand in any file",
        Group::Registry => {
            "Registry: which repositories belong to which APIs, as `git postman audit` sees it from both ends"
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}
