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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Levels, agree};
    use crate::check::catalog;
    use crate::config::file::{Config, parse};
    use crate::model::finding::{Finding, Place, RuleId, Severity};
    use crate::model::path::RepoPath;

    fn config(text: &str) -> Config {
        parse(&RepoPath::outside("git-postman.toml"), text).unwrap()
    }

    fn finding(rule: &'static str, path: &str, fingerprint: &str) -> Finding {
        let place = Place::whole(RepoPath::parse(path).unwrap());
        Finding {
            rule: RuleId(rule),
            severity: Severity::Error,
            message: "wrong".to_owned(),
            location: place.location,
            help: "right it".to_owned(),
            excerpt: None,
            commit: None,
            fingerprint: fingerprint.to_owned(),
        }
    }

    #[test]
    fn a_rule_weighs_what_is_configured_and_else_its_own() {
        let config = config("[rules]\nstray-file = 'error'\nsyntax = 'allow'\n");
        let levels = Levels::of(&config).unwrap();
        let weight = |id: &str| levels.severity(catalog::find(id).unwrap());
        assert_eq!(weight("stray-file"), Some(Severity::Error));
        assert_eq!(weight("syntax"), None);
        assert_eq!(weight("nested-directories"), Some(Severity::Error));
    }

    #[test]
    fn a_rule_that_there_is_not_is_refused_wherever_it_stands() {
        for text in [
            "[rules]\nstray-fil = 'error'\n",
            "[[allow]]\nrule = 'stray-fil'\nreason = 'x'\n",
        ] {
            let unknown = Levels::of(&config(text)).unwrap_err();
            assert_eq!(
                (unknown.id.as_str(), unknown.suggestion),
                ("stray-fil", Some("stray-file"))
            );
        }
    }

    #[test]
    fn an_exception_allows_what_it_names_and_is_told_when_it_allows_nothing() {
        let config = config(
            "[[allow]]\nrule = 'syntax'\npath = 'a/*.json'\nreason = 'x'\n[[allow]]\nrule = 'schema'\npointer = '/info'\nreason = 'y'\n",
        );
        let findings = vec![
            finding("syntax", "a/one.json", "1"),
            finding("syntax", "a/b/two.json", "2"),
            finding("schema", "a/one.json", "3"),
            finding("stray-file", "a/one.json", "4"),
        ];
        let known = BTreeSet::from(["1".to_owned(), "4".to_owned()]);
        let agreed = agree(findings, &config, &known);
        let left: Vec<&str> = agreed
            .findings
            .iter()
            .map(|finding| finding.fingerprint.as_str())
            .collect();
        assert_eq!(left, ["2", "3"]);
        assert_eq!((agreed.allowed, agreed.known), (1, 1));
        assert_eq!(agreed.unused, [1]);
    }
}
