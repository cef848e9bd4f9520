//! Words that several formats share: where a finding is, its line in parts, what a run found in one line.

use annotate_snippets::renderer::{DEFAULT_ERROR_STYLE, DEFAULT_NOTE_STYLE, DEFAULT_WARNING_STYLE};

use crate::model::finding::{Excerpt, Finding, Location, Severity};
use crate::model::report::{AuditRun, Report, SnapshotLabel, Summary};
use crate::model::rule::RuleText;
use crate::model::span::Position;
use crate::model::text::{counted, shortened, visible, visible_line};
use crate::report::style::Style;

/// Errors first, each kind in the order of the report: what a format has no room for is the least.
pub(crate) fn worst_first(report: &Report) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// A line for each of the first findings of a kind, errors before warnings, and how many are left out: CI systems show only
/// so many of a kind.
pub(crate) fn first_of_each_kind(
    report: &Report,
    most: usize,
    line: impl Fn(&Finding) -> String,
) -> (String, usize) {
    let mut text = String::new();
    let mut left_out = 0;
    for severity in [Severity::Error, Severity::Warning] {
        let is_of_kind = |finding: &&Finding| finding.severity == severity;
        for finding in report.findings.iter().filter(is_of_kind).take(most) {
            text.push_str(&line(finding));
            text.push('\n');
        }
        left_out += report.count(severity).saturating_sub(most);
    }
    (text, left_out)
}

/// Message and advice of a finding for a command of a CI system, which writes a line break as `%0A`.
pub(crate) fn command_message(finding: &Finding, escape: fn(&str) -> String) -> String {
    let mut lines = vec![finding.message.clone()];
    lines.extend(advice(finding));
    let lines: Vec<String> = lines
        .iter()
        .map(|line| escape(&shortened(line, MOST_OF_A_COMMAND_LINE)))
        .collect();
    lines.join("%0A")
}

/// A message of two such lines and a commit stays below 4,096 characters, where GitHub cuts.
const MOST_OF_A_COMMAND_LINE: usize = 1_750;

/// `2 errors, 1 warning`, or `no findings`.
pub(crate) fn counts(report: &Report) -> String {
    let of = |severity: Severity| match report.count(severity) {
        0 => None,
        count => Some(counted(count, severity.word())),
    };
    let parts: Vec<String> = [Severity::Error, Severity::Warning]
        .into_iter()
        .filter_map(of)
        .collect();
    if parts.is_empty() {
        return "no findings".to_owned();
    }
    parts.join(", ")
}

/// How many findings a rule has, as far as it has any: errors and warnings, in the order of their rules.
pub(crate) fn counts_by_rule(report: &Report) -> Vec<(&'static str, usize, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for finding in &report.findings {
        let (errors, warnings): &mut (usize, usize) = counts.entry(finding.rule.0).or_default();
        match finding.severity {
            Severity::Error => *errors += 1,
            Severity::Warning => *warnings += 1,
        }
    }
    counts
        .into_iter()
        .map(|(rule, (errors, warnings))| (rule, errors, warnings))
        .collect()
}

/// What is known of the rule of a finding.
pub(crate) fn rule_of<'a>(report: &'a Report, finding: &Finding) -> Option<&'a RuleText> {
    report.rules.iter().find(|facts| facts.id == finding.rule)
}

/// What is wrong, which commit brought it and what to do, for formats that have one text for all of it.
pub(crate) fn advice(finding: &Finding) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(commit) = &finding.commit {
        lines.push(format!("in commit {}", short_commit(commit)));
    }
    if !finding.help.is_empty() {
        lines.push(format!("help: {}", visible(&finding.help)));
    }
    lines
}

/// The shown line: what stands before the mark, what is marked, what stands behind, each made visible by itself, so that
/// the mark stays on what it marked.
pub(crate) fn line_parts(excerpt: &Excerpt) -> [String; 3] {
    let text = excerpt.text.as_str();
    let start = boundary(text, excerpt.mark.start as usize);
    let end = boundary(text, excerpt.mark.end as usize).max(start);
    let mut parts = [&text[..start], &text[start..end], &text[end..]].map(visible_line);
    // A command for a log must not come about where two parts meet.
    if visible_line(&parts.concat()) != parts.concat() {
        parts = parts.map(|part| part.replace('#', "\\x23"));
    }
    parts
}

fn boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// `path:line:column`; a file as a whole is just its path, the root of the repository is `.`.
pub(crate) fn place(location: &Location, always_position: bool) -> String {
    let path = if location.path.is_root() {
        ".".to_owned()
    } else {
        visible(location.path.as_str())
    };
    let Position { line, column } = location.start;
    if location.start == Position::START && !always_position {
        return path;
    }
    format!("{path}:{line}:{column}")
}

/// `2 errors, 1 warning in 37 documents (worktree, 1.2 MB, 14 ms); 2 in the baseline`.
pub(crate) fn summary_line(report: &Report, style: &Style) -> String {
    let errors = report.count(Severity::Error);
    let warnings = report.count(Severity::Warning);
    let mut counts = Vec::new();
    if errors > 0 {
        counts.push(painted(
            &counted(errors, "error"),
            DEFAULT_ERROR_STYLE,
            style,
        ));
    }
    if warnings > 0 {
        let words = counted(warnings, "warning");
        counts.push(painted(&words, DEFAULT_WARNING_STYLE, style));
    }
    if counts.is_empty() {
        counts.push(painted("no findings", DEFAULT_NOTE_STYLE, style));
    }
    let Summary {
        documents,
        bytes,
        milliseconds,
        allowed,
        known,
        audit,
    } = report.summary;
    let mut facts = looked_at(&report.snapshots);
    let read = match audit {
        Some(audit) => {
            facts.extend(audit.run.map(run_words).into_iter().flatten());
            let repositories = counted(audit.repositories, "repository");
            format!("{repositories} and {}", counted(audit.apis, "API"))
        }
        None => {
            facts.push(size(bytes));
            counted(documents, "document")
        }
    };
    facts.push(duration(milliseconds));
    let mut left_out = Vec::new();
    if allowed > 0 {
        left_out.push(format!("{allowed} allowed by git-postman.toml"));
    }
    if known > 0 {
        left_out.push(format!("{known} in the baseline"));
    }
    let more = if left_out.is_empty() {
        String::new()
    } else {
        format!("; {}", left_out.join(", "))
    };
    format!(
        "{} in {read} ({}){more}",
        counts.join(", "),
        facts.join(", ")
    )
}

/// What a run of an audit did, in words.
fn run_words(run: AuditRun) -> Vec<String> {
    let calls = usize::try_from(run.provider_calls + run.postman_calls).unwrap_or(usize::MAX);
    let mut words = vec![format!("{} unchanged", run.unchanged)];
    if run.resumed > 0 {
        words.push(format!("{} seen before it was ended", run.resumed));
    }
    words.push(counted(calls, "call"));
    words
}

/// More tips than this are counted and not listed.
const LISTED_SNAPSHOTS: usize = 3;

/// What was looked at, in words. Plain files need none: the documents are counted already.
fn looked_at(snapshots: &[SnapshotLabel]) -> Vec<String> {
    if snapshots.len() > LISTED_SNAPSHOTS {
        return vec![counted(snapshots.len(), "snapshot")];
    }
    snapshots
        .iter()
        .filter(|label| label.kind != "files")
        .map(|label| {
            let what = match &label.id {
                Some(id) => format!("commit {}", short_commit(id)),
                None => visible(label.kind),
            };
            match &label.name {
                Some(name) => format!("{what} of {}", visible(name)),
                None => what,
            }
        })
        .collect()
}

/// The id of a commit as people name it.
pub(crate) fn short_commit(id: &str) -> String {
    visible(&id.chars().take(7).collect::<String>())
}

/// Bytes as people read them, in powers of a thousand with one decimal place.
fn size(bytes: u64) -> String {
    let mut unit = "B";
    let mut step: u128 = 1;
    for (name, larger) in [("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000)] {
        // From here on the next smaller unit would round to 1000.0.
        if u128::from(bytes) * 20 >= larger * 20 - larger / 1000 {
            (unit, step) = (name, larger);
        }
    }
    if step == 1 {
        return format!("{bytes} B");
    }
    let tenths = (u128::from(bytes) * 10 + step / 2) / step;
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

fn duration(milliseconds: u64) -> String {
    if milliseconds < 1000 {
        return format!("{milliseconds} ms");
    }
    let tenths = milliseconds / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// Text in its colours, where there are any.
pub(crate) fn painted(text: &str, paint: anstyle::Style, style: &Style) -> String {
    if style.color && !paint.is_plain() {
        format!("{paint}{text}{paint:#}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{duration, line_parts, size};
    use crate::model::finding::Excerpt;
    use crate::model::span::Span;

    #[test]
    fn sizes_and_times_are_short() {
        let sizes = [
            0,
            999,
            1_000,
            18_234,
            999_949,
            999_950,
            1_234_567,
            5_000_000_000,
        ];
        assert_eq!(
            sizes.map(size),
            [
                "0 B", "999 B", "1.0 kB", "18.2 kB", "999.9 kB", "1.0 MB", "1.2 MB", "5.0 GB"
            ]
        );
        assert!(size(u64::MAX).ends_with(" GB"));
        assert_eq!(
            [0, 999, 1_000, 83_456].map(duration),
            ["0 ms", "999 ms", "1.0 s", "83.4 s"]
        );
    }

    #[test]
    fn a_command_does_not_come_about_where_parts_meet() {
        let excerpt = Excerpt {
            text: "a ##vso[x]".to_owned(),
            mark: Span::new(4, 7),
        };
        assert_eq!(line_parts(&excerpt).concat(), "a \\x23\\x23vso[x]");
    }
}
