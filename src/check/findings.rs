//! Where rules put what they find. A rule says place, words and remedy; its id and weight are filled in here.

use crate::model::finding::{Finding, Place, RuleId, Severity};

/// What the rules of one run have found.
#[derive(Debug)]
pub struct Findings {
    rule: RuleId,
    severity: Severity,
    found: Vec<Finding>,
}

impl Findings {
    /// An empty list for one rule.
    pub fn of(rule: RuleId, severity: Severity) -> Self {
        Self {
            rule,
            severity,
            found: Vec::new(),
        }
    }

    /// Turns to another rule.
    pub fn turn_to(&mut self, rule: RuleId, severity: Severity) {
        self.rule = rule;
        self.severity = severity;
    }

    /// Adds a finding. `message`: one sentence, lower case, no full stop. `help`: what to do.
    pub fn push(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Finding {
            rule: self.rule,
            severity: self.severity,
            message: message.into(),
            location: place.location,
            help: help.into(),
            excerpt: place.excerpt,
            commit: None,
            fingerprint: String::new(),
        });
    }

    /// Everything found.
    pub fn into_list(self) -> Vec<Finding> {
        self.found
    }
}
