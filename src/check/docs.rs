//! The page of all rules, made from the rules themselves.

use crate::check::catalog;
use crate::check::rule::{Group, Rule};
use crate::model::finding::Severity;

/// The page `docs/rules.md`.
pub fn page() -> String {
    let mut page = String::from(
        "# Rules\n\nMade from the rules themselves by `git-postman rules --docs`; a test keeps it fresh.\n\n\
         Change what a rule weighs in `git-postman.toml` under `[rules]`, or allow single findings with a reason\n\
         under `[[allow]]`.\n\n| rule | weighs | what it finds |\n|---|---|---|\n",
    );
    for rule in catalog::RULES {
        page.push_str(&format!(
            "| [{0}](#{0}) | {1} | {2} |\n",
            rule.id,
            rule.severity.word(),
            rule.summary
        ));
    }
    for group in Group::ALL {
        page.push_str(&format!("\n## {}\n", title(group)));
        for rule in catalog::RULES.iter().filter(|rule| rule.group == group) {
            page.push_str(&format!("\n### {}\n\n{}\n", rule.id, explanation(rule)));
        }
    }
    page
}

/// One rule for people, as Markdown without its own heading.
pub fn explanation(rule: &Rule) -> String {
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
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::page;
    use crate::check::catalog;

    /// The headings that every rule's docs have, in this order.
    const HEADINGS: [&str; 4] = ["What it finds", "Why it matters", "Example", "How to fix"];

    #[test]
    fn every_rule_has_its_headings_in_order() {
        for rule in catalog::RULES {
            let found: Vec<&str> = rule
                .docs
                .lines()
                .filter_map(|line| line.strip_prefix("#### "))
                .collect();
            assert_eq!(found, HEADINGS, "{}", rule.id);
        }
    }

    #[test]
    fn the_published_page_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules.md");
        let published = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            published == page(),
            "stale: run `cargo run -q -- rules --docs > docs/rules.md`"
        );
    }
}
