//! What a run found, as plain data: every renderer takes exactly this.

use crate::model::finding::{Finding, Severity};
use crate::model::rule::RuleText;

/// What `check` has to say.
#[derive(Clone, Debug)]
pub struct Report {
    /// The command that was run: `check`, or `hook run pre-push`.
    pub command: String,
    /// What was looked at: for a push several tips, else one.
    pub snapshots: Vec<SnapshotLabel>,
    /// Every finding that counts, sorted by place.
    pub findings: Vec<Finding>,
    /// The verdict of each document, where single files were asked for.
    pub documents: Option<Vec<DocumentVerdict>>,
    /// What was looked at, and what was left out of `findings` by agreement.
    pub summary: Summary,
    /// From which severity on the run fails.
    pub gate: Gate,
    /// Things a person should know about the run itself; not findings.
    pub notes: Vec<String>,
    /// The range that was looked at, where it was one.
    pub range: Option<RangeLabel>,
    /// Every rule that was looked at, whether it found something or not.
    pub rules: Vec<RuleText>,
}

/// A range of commits, and how its base was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeLabel {
    /// What it is compared with; `None` where the whole was looked at for want of a range.
    pub base: Option<String>,
    /// The commit that was looked at.
    pub head: String,
    /// `named`, or the rung of the ladder.
    pub found_by: &'static str,
    /// Whether commits were fetched for it.
    pub is_fetched: bool,
    /// The CI system whose run says it.
    pub system: Option<&'static str>,
}

/// One snapshot that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotLabel {
    /// `worktree`, `index`, `revision` or `files`.
    pub kind: &'static str,
    /// The commit, where there is one.
    pub id: Option<String>,
    /// The branch or tag it was looked at for, where that is known.
    pub name: Option<String>,
}

/// The verdict of syntax and schema on one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentVerdict {
    /// The path as it was given, or as found below a given folder.
    pub path: String,
    /// The format by its name in the contract, such as `collection-2.1`.
    pub format: &'static str,
    /// `None` where the format has no validator.
    pub valid: Option<bool>,
}

/// Counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Documents that were read and judged.
    pub documents: usize,
    /// Bytes of those documents.
    pub bytes: u64,
    /// Wall time of the check.
    pub milliseconds: u64,
    /// Findings that an exception in `git-postman.toml` allows.
    pub allowed: usize,
    /// Findings that the baseline already holds.
    pub known: usize,
    /// What an audit looked at; it reads no documents.
    pub audit: Option<AuditCounts>,
}

/// What an audit looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditCounts {
    /// Repositories that were listed.
    pub repositories: usize,
    /// APIs and specifications.
    pub apis: usize,
    /// What the run did for it; nothing where parts were put together.
    pub run: Option<AuditRun>,
}

/// What a run of an audit did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditRun {
    /// Repositories that an earlier run had seen as they are.
    pub unchanged: usize,
    /// Repositories that this run had seen before it was ended.
    pub resumed: usize,
    /// Calls to providers.
    pub provider_calls: u64,
    /// Calls to Postman.
    pub postman_calls: u64,
}

/// From which severity on a run fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Errors fail.
    Error,
    /// Warnings fail too.
    Warning,
    /// Nothing fails.
    Never,
}

impl Report {
    /// How many findings have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }

    /// Whether a finding reaches the gate.
    pub fn fails(&self) -> bool {
        match self.gate {
            Gate::Error => self.count(Severity::Error) > 0,
            Gate::Warning => !self.findings.is_empty(),
            Gate::Never => false,
        }
    }

    /// 1 where a finding reaches the gate, else 0.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.fails())
    }
}
