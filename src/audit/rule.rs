//! What a rule about a whole organisation is: a function from what is known to what is wrong with it.

use crate::audit::survey::Survey;
use crate::model::finding::{Place, RuleId, Severity};
use crate::model::rule::{Group, RuleText};

/// One thing an audit looks for. Every rule file declares one, above its function and its tests.
#[derive(Debug)]
pub struct Rule {
    /// Kebab-case, named for the trouble.
    pub id: RuleId,
    /// What a finding weighs.
    pub severity: Severity,
    /// What is said of it.
    pub words: Words,
    /// The function. It says what can be proven by what is known, and nothing else.
    pub check: fn(&Survey<'_>) -> Vec<Trouble>,
}

/// Where the words about a rule stand.
#[derive(Clone, Copy, Debug)]
pub enum Words {
    /// Here.
    Own {
        /// A phrase for lists: lower case, no full stop.
        summary: &'static str,
        /// The first version that has it.
        since: &'static str,
        /// Markdown under fixed headings: What it finds, Why it matters, Example, How to fix.
        docs: &'static str,
    },
    /// With the rule of the same id that looks for the same trouble in one repository.
    OfCheck,
}

/// One place where something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Where.
    pub place: Place,
    /// One sentence, lower case, no full stop.
    pub message: String,
    /// What to do: one sentence.
    pub help: String,
}

impl Rule {
    /// What it says of itself, where the words are its own.
    pub fn text(&self) -> Option<RuleText> {
        match self.words {
            Words::Own {
                summary,
                since,
                docs,
            } => Some(RuleText {
                id: self.id,
                group: Group::Registry,
                summary,
                severity: self.severity,
                since,
                docs,
            }),
            Words::OfCheck => None,
        }
    }
}

impl Trouble {
    /// Puts one together.
    pub fn new(place: Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            place,
            message: message.into(),
            help: help.into(),
        }
    }
}
