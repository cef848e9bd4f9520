//! A snapshot looked at: what `check` and the hooks share.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use crate::check::catalog;
use crate::check::levels::agree;
use crate::check::rule::TextFile;
use crate::check::{self, Scope};
use crate::cli::failure::Failure;
use crate::cli::session::{Decided, Session};
use crate::config::file::FailOn;
use crate::git::repository::{IntroducedBlob, Repository};
use crate::model::finding::{Finding, Severity, fingerprint};
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::report::{Gate, RangeLabel, Report, SnapshotLabel, Summary};
use crate::model::snapshot::{Content, Snapshot};
use crate::project::Project;

/// Blobs above this size are passed over when secrets are looked for: nobody pastes a token into one.
const MAX_BLOB: u64 = 32 * 1024 * 1024;

/// What to look at.
pub struct Target<'a> {
    /// The files.
    pub snapshot: &'a dyn Snapshot,
    /// What they are called in the report.
    pub label: SnapshotLabel,
    /// Which documents.
    pub scope: Scope,
    /// Blobs that are looked at for secrets beside the documents.
    pub blobs: Vec<IntroducedBlob>,
    /// Files of the snapshot that are looked at for secrets beside the documents.
    pub texts: Vec<RepoPath>,
    /// What the remote has, to compare the link with.
    pub before: Option<Before>,
    /// The branch, where it is one.
    pub branch: Option<String>,
}

/// What a push would replace, or for a new branch what stands beside it.
#[derive(Clone, Debug)]
pub struct Before {
    /// The commit.
    pub commit: CommitId,
    /// Its branch, where that is known.
    pub branch: Option<String>,
}

/// Everything that was found in one or several targets, before what is agreed on is taken out.
#[derive(Debug, Default)]
pub struct Examined {
    findings: Vec<Finding>,
    labels: Vec<SnapshotLabel>,
    summary: Summary,
    notes: Vec<String>,
    gate: Option<FailOn>,
    has_managed_files: bool,
    /// The range that was looked at, where it is one.
    pub range: Option<RangeLabel>,
}

/// What a report is made with.
#[derive(Debug)]
pub struct Closing<'a> {
    /// The command, for the report.
    pub command: &'a str,
    /// `--fail-on`, which counts before the configuration.
    pub fail_on: Option<FailOn>,
    /// When the run began.
    pub begun: Instant,
}

impl Closing<'_> {
    /// From which severity on the run fails: what the command line says counts before the configuration.
    pub fn gate(&self, configured: Option<FailOn>) -> Gate {
        match self.fail_on.or(configured) {
            None | Some(FailOn::Error) => Gate::Error,
            Some(FailOn::Warning) => Gate::Warning,
            Some(FailOn::Never) => Gate::Never,
        }
    }

    /// How long the run has taken.
    pub fn milliseconds(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Examined {
    /// Looks at one more target.
    ///
    /// # Errors
    /// Where the files cannot be listed or brought.
    pub fn add(
        &mut self,
        session: &Session,
        repository: Option<&Repository>,
        target: Target<'_>,
        decided: &Decided,
        baseline: &BTreeSet<String>,
    ) -> Result<(), Failure> {
        let mut project = Project::load(target.snapshot, &decided.config)?;
        project.branches.current = target.branch.clone();
        if let (Some(repository), true) = (repository, decided.config.active_branch.is_some()) {
            project.branches.known = Some(repository.branches()?);
        }
        let progress = session.output.progress(None, "checking");
        let watch = |steps: usize| progress.advance(steps as u64);
        let checked = check::run(
            &mut project,
            target.snapshot,
            &target.scope,
            &decided.levels,
            &watch,
        )?;
        self.summary.documents += checked.documents;
        self.summary.bytes += checked.bytes;
        let mut findings = checked.findings;
        // What was read as a document was looked at for secrets then.
        for path in target
            .texts
            .iter()
            .filter(|path| !project.is_excluded(path) && !project.facts.contains_key(*path))
        {
            if let Ok(Content::Bytes(bytes)) = target.snapshot.read(path, MAX_BLOB) {
                add_secrets(path, bytes, None, decided, &mut findings);
            }
            watch(1);
        }
        if let Some(repository) = repository {
            let ids: Vec<String> = target.blobs.iter().map(|blob| blob.oid.clone()).collect();
            repository.prefetch_blobs(&ids)?;
            for blob in target
                .blobs
                .iter()
                .filter(|blob| !project.is_excluded(&blob.path))
            {
                if let Content::Bytes(bytes) = repository.read_blob(&blob.oid, MAX_BLOB)? {
                    add_secrets(
                        &blob.path,
                        bytes,
                        Some(&blob.commit),
                        decided,
                        &mut findings,
                    );
                }
                watch(1);
            }
            if let Some(before) = &target.before {
                let snapshot = repository.commit(&before.commit)?;
                let mut earlier = Project::load(&*snapshot, &decided.config)?;
                earlier.branches.current = before.branch.clone();
                findings.extend(check::links(&earlier, &project, &decided.levels));
            }
        }
        drop(progress);
        let mut findings = without_doubles(findings);
        fingerprint(&mut findings);
        let agreed = agree(findings, &decided.config, baseline);
        self.summary.allowed += agreed.allowed;
        self.summary.known += agreed.known;
        if matches!(target.scope, Scope::Managed | Scope::All) {
            for index in agreed.unused {
                let allowed = &decided.config.allowed[index];
                self.notes.push(format!(
                    "the exception for `{}` allows nothing any more ({})",
                    allowed.rule, allowed.reason
                ));
            }
        }
        self.has_managed_files |= checked.has_managed_files;
        self.findings.extend(agreed.findings);
        self.labels.push(target.label);
        self.gate = strictest(self.gate, decided.config.fail_on);
        Ok(())
    }

    /// Leaves out warnings about files that nobody touched: a hook speaks of what is being pushed, and repeats nothing
    /// that would let the push through anyway.
    pub fn keep_to(&mut self, touched: &BTreeSet<RepoPath>) {
        if self.gate != Some(FailOn::Warning) {
            self.findings.retain(|finding| {
                finding.severity == Severity::Error
                    || finding.commit.is_some()
                    // A finding about a directory is about what was touched in it.
                    || touched.iter().any(|path| path.is_within(&finding.location.path))
            });
        }
    }

    /// Adds what a person should know about the run.
    pub fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Whether anything that was looked at has a file that Postman manages.
    pub fn has_managed_files(&self) -> bool {
        self.has_managed_files
    }

    /// The report.
    pub fn into_report(self, closing: &Closing<'_>) -> Report {
        let mut findings = without_doubles(self.findings);
        findings.sort_by(Finding::in_report_order);
        Report {
            command: closing.command.to_owned(),
            snapshots: self.labels,
            findings,
            documents: None,
            summary: Summary {
                milliseconds: closing.milliseconds(),
                ..self.summary
            },
            gate: closing.gate(self.gate),
            notes: self.notes,
            range: self.range,
            rules: catalog::texts(),
        }
    }
}

/// Of several configurations the one that fails soonest counts; one that says nothing counts as `error`.
fn strictest(one: Option<FailOn>, other: Option<FailOn>) -> Option<FailOn> {
    match (one, other) {
        (Some(FailOn::Warning), _) | (_, Some(FailOn::Warning)) => Some(FailOn::Warning),
        (Some(FailOn::Error), _) | (_, Some(FailOn::Error)) => Some(FailOn::Error),
        (one, other) => one.or(other),
    }
}

fn add_secrets(
    path: &RepoPath,
    bytes: Vec<u8>,
    commit: Option<&CommitId>,
    decided: &Decided,
    findings: &mut Vec<Finding>,
) {
    let Some(text) = text_of(&bytes) else { return };
    for finding in check::secrets_of(&TextFile::new(path, &text), &decided.levels) {
        findings.push(Finding {
            commit: commit.map(ToString::to_string),
            ..finding
        });
    }
}

/// The same trouble seen in the files and in the commits that brought them counts once, as seen in the files.
fn without_doubles(findings: Vec<Finding>) -> Vec<Finding> {
    let mut seen: BTreeMap<(String, String, u32, u32, String), usize> = BTreeMap::new();
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        let (location, start) = (&finding.location, finding.location.start);
        let key = (
            finding.rule.0.to_owned(),
            location.path.as_str().to_owned(),
            start.line,
            start.column,
            finding.message.clone(),
        );
        match seen.get(&key) {
            Some(index) if kept[*index].commit.is_some() && finding.commit.is_none() => {
                kept[*index] = finding
            }
            Some(_) => {}
            None => {
                seen.insert(key, kept.len());
                kept.push(finding);
            }
        }
    }
    kept
}

/// A blob as text; `None` for one that has a NUL byte near its start, which git takes for no text either. UTF-16, as
/// some shells on Windows write it, is text nevertheless.
fn text_of(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let wide = |unit: fn([u8; 2]) -> u16| {
        let units = bytes[2..]
            .chunks_exact(2)
            .map(|pair| unit([pair[0], pair[1]]));
        let characters = char::decode_utf16(units);
        characters
            .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect::<String>()
    };
    match bytes {
        [0xff, 0xfe, ..] => Some(Cow::Owned(wide(u16::from_le_bytes))),
        [0xfe, 0xff, ..] => Some(Cow::Owned(wide(u16::from_be_bytes))),
        _ if bytes.iter().take(8000).any(|byte| *byte == 0) => None,
        _ => Some(String::from_utf8_lossy(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::text_of;

    #[test]
    fn what_shells_on_windows_write_is_text_and_pictures_are_not() {
        let wide: Vec<u8> = "\u{feff}token ä"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(text_of(&wide).unwrap(), "token ä");
        let wide: Vec<u8> = "\u{feff}token"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        assert_eq!(text_of(&wide).unwrap(), "token");
        assert_eq!(text_of(b"\x89PNG\0\0"), None);
        assert_eq!(text_of(b"plain \xff").unwrap(), "plain \u{fffd}");
    }
}
