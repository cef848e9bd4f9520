//! What each rule weighs in this repository, and what is agreed on.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::catalog;
use crate::check::rule::Rule;
use crate::config::file::{Config, Level, nearest};
use crate::model::finding::{Finding, Severity};
use crate::model::span::Span;

/// The weight of every rule that is configured otherwise than by default.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    changed: BTreeMap<&'static str, Option<Severity>>,
}

/// A rule id in the configuration that there is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRule {
    /// The id as it is written.
    pub id: String,
    /// Where it is written.
    pub span: Span,
    /// The id that was meant, as far as that can be guessed.
    pub suggestion: Option<&'static str>,
}

impl Levels {
    /// Reads the levels of a configuration.
    ///
    /// # Errors
    /// The first rule id that there is not.
    pub fn of(config: &Config) -> Result<Self, UnknownRule> {
        let mut changed = BTreeMap::new();
        for (id, (level, span)) in &config.levels {
            let rule = find(id, *span)?;
            let severity = match level {
                Level::Error => Some(Severity::Error),
                Level::Warning => Some(Severity::Warning),
                Level::Allow => None,
            };
            changed.insert(rule.id.0, severity);
        }
        for allowed in &config.allowed {
            find(&allowed.rule, allowed.rule_span)?;
        }
        Ok(Self { changed })
    }

    /// What a rule's findings weigh; `None` where they do not count at all.
    pub fn severity(&self, rule: &Rule) -> Option<Severity> {
        self.changed
            .get(rule.id.0)
            .copied()
            .unwrap_or(Some(rule.severity))
    }
}

fn find(id: &str, span: Span) -> Result<&'static Rule, UnknownRule> {
    catalog::find(id).ok_or_else(|| UnknownRule {
        id: id.to_owned(),
        span,
        suggestion: nearest(id, catalog::RULES.iter().map(|rule| rule.id.0)),
    })
}

/// Findings that count, and how many do not and why.
#[derive(Debug, Default)]
pub struct Agreed {
    /// What is left.
    pub findings: Vec<Finding>,
    /// How many an exception allows.
    pub allowed: usize,
    /// How many the baseline holds.
    pub known: usize,
    /// Exceptions that allowed nothing, by their place in the configuration.
    pub unused: Vec<usize>,
}

/// Takes out what the configuration allows and what the baseline holds.
pub fn agree(findings: Vec<Finding>, config: &Config, baseline: &BTreeSet<String>) -> Agreed {
    let mut agreed = Agreed::default();
    let mut used = vec![false; config.allowed.len()];
    for finding in findings {
        let exception = config.allowed.iter().position(|allowed| {
            allowed.rule == finding.rule.0
                && allowed
                    .path
                    .as_ref()
                    .is_none_or(|path| path.is_match(finding.location.path.as_str()))
                && (allowed.pointer.is_none() || allowed.pointer == finding.location.pointer)
        });
        match exception {
            Some(index) => {
                used[index] = true;
                agreed.allowed += 1;
            }
            None if baseline.contains(&finding.fingerprint) => agreed.known += 1,
            None => agreed.findings.push(finding),
        }
    }
    agreed.unused = (0..used.len()).filter(|index| !used[*index]).collect();
    agreed
}
