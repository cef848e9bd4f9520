//! What a rule is.

use std::sync::OnceLock;

use crate::check::findings::Findings;
use crate::model::finding::{Place, RuleId, Severity};
use crate::model::path::RepoPath;
use crate::model::rule::RuleText;
use crate::model::span::{LineIndex, Span};
use crate::project::Project;
use crate::project::file::File;

pub use crate::model::rule::Group;

/// One thing we look for. Every rule file declares one, above its function and its tests.
#[derive(Debug)]
pub struct Rule {
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
    /// The function, by what it is shown.
    pub check: Check,
}

impl Rule {
    /// What it says of itself.
    pub fn text(&self) -> RuleText {
        RuleText {
            id: self.id,
            group: self.group,
            summary: self.summary,
            severity: self.severity,
            since: self.since,
            docs: self.docs,
        }
    }
}

/// What a rule is shown, and so how often it is called.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// The repository as a whole, once.
    Project(fn(&Project<'_>, &mut Findings)),
    /// Each document.
    Document(fn(&File, &mut Findings)),
    /// Each text: every managed file, and for a push every blob that it brings.
    Text(fn(&TextFile<'_>, &mut Findings)),
    /// What a push would replace, and what it brings: the first is what the remote's branch has.
    Link(fn(&Project<'_>, &Project<'_>, &mut Findings)),
}

/// A text and its name.
#[derive(Debug)]
pub struct TextFile<'a> {
    /// Where it is.
    pub path: &'a RepoPath,
    /// What it says.
    pub text: &'a str,
    lines: OnceLock<LineIndex>,
}

impl<'a> TextFile<'a> {
    /// Takes a text.
    pub fn new(path: &'a RepoPath, text: &'a str) -> Self {
        Self {
            path,
            text,
            lines: OnceLock::new(),
        }
    }

    /// A place in it.
    pub fn place(&self, span: Span) -> Place {
        let lines = self.lines.get_or_init(|| LineIndex::new(self.text));
        Place::in_text(self.path, self.text, lines, span)
    }
}
