//! The rules of `check` and of `audit`, which do not know each other, in one list.

use std::collections::BTreeSet;

use crate::audit;
use crate::check;
use crate::model::rule::RuleText;

/// What every rule says of itself, in the order of the docs.
pub fn every_rule() -> Vec<RuleText> {
    let checked = check::catalog::RULES.iter().map(|rule| rule.text());
    let audited = audit::catalog::RULES.iter().filter_map(|rule| rule.text());
    checked.chain(audited).collect()
}

/// What reports say of the rules of an audit, whoever else has them.
pub fn rules_of_audit() -> Vec<RuleText> {
    let ids: BTreeSet<_> = audit::catalog::RULES.iter().map(|rule| rule.id).collect();
    every_rule()
        .into_iter()
        .filter(|text| ids.contains(&text.id))
        .collect()
}

/// What the rule with this id says of itself.
pub fn find_rule(id: &str) -> Option<RuleText> {
    every_rule().into_iter().find(|rule| rule.id.0 == id)
}

#[cfg(test)]
mod tests {
    use super::{every_rule, find_rule};
    use crate::audit;
    use crate::check;
    use crate::report::rule_docs::page;

    /// The headings that every rule's docs have, in this order.
    const HEADINGS: [&str; 4] = ["What it finds", "Why it matters", "Example", "How to fix"];

    #[test]
    fn the_list_is_sorted_and_each_id_stands_once() {
        let order: Vec<_> = every_rule()
            .iter()
            .map(|rule| (rule.group, rule.id))
            .collect();
        assert!(order.windows(2).all(|pair| pair[0] < pair[1]), "{order:?}");
        let mut ids: Vec<_> = order.iter().map(|(_, id)| id).collect();
        ids.sort();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    }

    #[test]
    fn every_rule_has_its_headings_in_order() {
        for rule in every_rule() {
            let headings = rule
                .docs
                .lines()
                .filter_map(|line| line.strip_prefix("#### "));
            assert_eq!(headings.collect::<Vec<_>>(), HEADINGS, "{}", rule.id);
        }
    }

    #[test]
    fn ids_are_kebab_case_and_summaries_are_phrases() {
        for rule in every_rule() {
            let is_kebab = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            assert!(rule.id.0.bytes().all(is_kebab), "{}", rule.id);
            let is_phrase = !rule.summary.ends_with('.')
                && (!rule.summary.starts_with(char::is_uppercase)
                    || rule.summary.starts_with("Postman"));
            assert!(is_phrase, "{}", rule.id);
        }
    }

    #[test]
    fn what_an_audit_takes_over_from_check_weighs_the_same_there() {
        let taken = audit::catalog::RULES
            .iter()
            .filter(|rule| rule.text().is_none());
        for rule in taken {
            let own = check::catalog::find(rule.id.0).expect(rule.id.0);
            assert_eq!(own.severity, rule.severity, "{}", rule.id);
            assert!(find_rule(rule.id.0).is_some());
        }
    }

    #[test]
    fn the_published_page_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules.md");
        let published = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            published == page(&every_rule()),
            "stale: run `cargo run -q -- rules --docs > docs/rules.md`"
        );
    }
}
