//! What a rule says of itself, whoever asks it.

use crate::model::finding::{RuleId, Severity};

/// The words about a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleText {
    /// Kebab-case, named for the trouble.
    pub id: RuleId,
    /// What it belongs to; not part of the id.
    pub group: Group,
    /// A phrase for lists: lower case, no full stop.
    pub summary: &'static str,
    /// What a finding weighs where nothing else is configured.
    pub severity: Severity,
    /// The first version that has it.
    pub since: &'static str,
    /// Markdown under fixed headings: What it finds, Why it matters, Example, How to fix.
    pub docs: &'static str,
}

/// What a rule belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Where files lie and what they are called.
    Layout,
    /// Which API the repository belongs to, and which files to the API.
    Mapping,
    /// What stands in one document.
    Document,
    /// What should not stand in any file.
    Secret,
    /// Which repositories belong to which APIs, seen from both ends.
    Registry,
}

impl Group {
    /// Every group, in the order of the docs.
    pub const ALL: [Self; 5] = [
        Self::Layout,
        Self::Mapping,
        Self::Document,
        Self::Secret,
        Self::Registry,
    ];

    /// `layout`, `mapping`, `document`, `secret` or `registry`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Layout => "layout",
            Self::Mapping => "mapping",
            Self::Document => "document",
            Self::Secret => "secret",
            Self::Registry => "registry",
        }
    }
}
