//! One place where something is wrong, and the words to say so.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;

use crate::model::digest::Digest;
use crate::model::path::RepoPath;
use crate::model::span::{LineIndex, Position, Span};

/// The id of a rule: kebab-case, named for the trouble. Stable from the first release on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub &'static str);

impl fmt::Display for RuleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; does not reach the default gate.
    Warning,
    /// Broken, or refused by Postman.
    Error,
}

impl Severity {
    /// `warning` or `error`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Where a finding is: a file and a range in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The file, or the directory where there is no file to point at.
    pub path: RepoPath,
    /// The first character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
    /// The JSON Pointer of the value in a document.
    pub pointer: Option<String>,
}

impl Location {
    /// A file or directory as a whole.
    pub fn whole(path: RepoPath) -> Self {
        Self {
            path,
            start: Position::START,
            end: Position::START,
            pointer: None,
        }
    }
}

/// The line a finding is on, for people to see. One line, cut to a window around the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The characters shown, as they are in the file.
    pub text: String,
    /// The marked bytes in `text`.
    pub mark: Span,
}

/// A place with the line to show for it: what a rule points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where.
    pub location: Location,
    /// The line, where there is one.
    pub excerpt: Option<Excerpt>,
}

impl Place {
    /// A file or directory as a whole.
    pub fn whole(path: RepoPath) -> Self {
        Self {
            location: Location::whole(path),
            excerpt: None,
        }
    }

    /// A span in the text of a file.
    pub fn in_text(path: &RepoPath, text: &str, lines: &LineIndex, span: Span) -> Self {
        let location = Location {
            path: path.clone(),
            start: lines.position(text, span.start),
            end: lines.position(text, span.end),
            pointer: None,
        };
        let excerpt = Some(Excerpt::of(text, lines, span));
        Self { location, excerpt }
    }

    /// The same with the JSON Pointer of the value.
    #[must_use]
    pub fn with_pointer(mut self, pointer: Option<String>) -> Self {
        self.location.pointer = pointer;
        self
    }

    /// The same with the marked characters hidden but for the first few; see [`Excerpt::masked`].
    #[must_use]
    pub fn masked(self, kept: usize) -> Self {
        let excerpt = self.excerpt.map(|excerpt| excerpt.masked(kept));
        Self { excerpt, ..self }
    }
}

/// How many characters of a line are kept before and after the place.
const WINDOW: usize = 72;

impl Excerpt {
    /// The first line of `span` in `text`.
    pub fn of(text: &str, lines: &LineIndex, span: Span) -> Self {
        let line = lines.line(text, lines.line_at(span.start));
        let shown = line.of(text);
        let start = (span.start.saturating_sub(line.start) as usize).min(shown.len());
        let end = (span.end.saturating_sub(line.start) as usize).clamp(start, shown.len());
        let (start, end) = (floor_boundary(shown, start), floor_boundary(shown, end));
        let from = shown[..start]
            .char_indices()
            .rev()
            .nth(WINDOW - 1)
            .map_or(0, |(offset, _)| offset);
        let to = shown[start..]
            .char_indices()
            .nth(2 * WINDOW)
            .map_or(shown.len(), |(offset, _)| start + offset);
        let end = end.min(to);
        let before = if from > 0 { "…" } else { "" };
        let after = if to < shown.len() { "…" } else { "" };
        let shift = |offset: usize| offset - from + before.len();
        Self {
            text: format!("{before}{}{after}", &shown[from..to]),
            mark: Span::new(shift(start), shift(end)),
        }
    }

    /// The same with every marked character but the first `kept` ones replaced, so that a secret is not shown again.
    #[must_use]
    pub fn masked(self, kept: usize) -> Self {
        let marked = self.mark.of(&self.text);
        let hidden: String = marked
            .chars()
            .enumerate()
            .map(|(index, c)| if index < kept { c } else { '*' })
            .collect();
        let range = self.mark.range();
        let text = format!(
            "{}{hidden}{}",
            &self.text[..range.start],
            &self.text[range.end..]
        );
        Self {
            mark: Span::new(range.start, range.start + hidden.len()),
            text,
        }
    }
}

fn floor_boundary(text: &str, mut offset: usize) -> usize {
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// One place where something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: RuleId,
    /// How much it weighs here.
    pub severity: Severity,
    /// What is wrong: one sentence, lower case, no full stop.
    pub message: String,
    /// Where.
    pub location: Location,
    /// What to do: one sentence.
    pub help: String,
    /// The line, where there is one.
    pub excerpt: Option<Excerpt>,
    /// The commit that brought it, where that is not the snapshot itself.
    pub commit: Option<String>,
    /// The same for the same trouble tomorrow, when lines above it were added; see [`fingerprint`].
    pub fingerprint: String,
}

impl Finding {
    /// The order of reports: by place, then by rule, then by what is said.
    pub fn in_report_order(&self, other: &Self) -> Ordering {
        (&self.location, self.rule, &self.message).cmp(&(
            &other.location,
            other.rule,
            &other.message,
        ))
    }
}

/// Sorts findings by place and gives each its fingerprint: of rule, path, pointer, message and line content, and
/// of how many alike came before it, but not of line numbers.
pub fn fingerprint(findings: &mut [Finding]) {
    findings.sort_by(Finding::in_report_order);
    let mut seen: HashMap<Digest, u64> = HashMap::new();
    for finding in findings {
        let place = match (&finding.location.pointer, &finding.excerpt) {
            (Some(pointer), _) => pointer.as_str(),
            (None, Some(excerpt)) => excerpt.text.trim(),
            (None, None) => "",
        };
        let parts = [
            finding.rule.0,
            finding.location.path.as_str(),
            place,
            &finding.message,
        ];
        let digest = Digest::of_parts(parts.map(str::as_bytes));
        let earlier = seen.entry(digest).or_default();
        finding.fingerprint =
            Digest::of_parts([digest.to_string().as_bytes(), &earlier.to_le_bytes()]).short();
        *earlier += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{Excerpt, Finding, Location, RuleId, Severity, fingerprint};
    use crate::model::path::RepoPath;
    use crate::model::span::{LineIndex, Position, Span};

    fn excerpt(text: &str, part: &str) -> Excerpt {
        let start = text.find(part).unwrap();
        Excerpt::of(
            text,
            &LineIndex::new(text),
            Span::new(start, start + part.len()),
        )
    }

    #[test]
    fn an_excerpt_is_one_line_around_the_place() {
        let short = excerpt("first\nsecond here\nthird", "here");
        assert_eq!(
            (short.text.as_str(), short.mark.of(&short.text)),
            ("second here", "here")
        );
        let text = format!("{}NEEDLE{}", "a".repeat(5000), "ü".repeat(5000));
        let long = excerpt(&text, "NEEDLE");
        assert!(long.text.chars().count() < 250);
        assert_eq!(long.mark.of(&long.text), "NEEDLE");
    }

    #[test]
    fn a_masked_excerpt_does_not_hold_the_secret() {
        let masked = excerpt("key = \"sk-live-abcdef\"", "sk-live-abcdef").masked(3);
        assert_eq!(masked.text, "key = \"sk-***********\"");
        assert_eq!(masked.mark.of(&masked.text), "sk-***********");
    }

    fn finding(line: u32) -> Finding {
        let position = Position { line, column: 1 };
        let path = RepoPath::parse("a.json").unwrap();
        Finding {
            rule: RuleId("syntax"),
            severity: Severity::Error,
            message: "expected a comma".to_owned(),
            location: Location {
                path,
                start: position,
                end: position,
                pointer: None,
            },
            help: "write it".to_owned(),
            excerpt: None,
            commit: None,
            fingerprint: String::new(),
        }
    }

    #[test]
    fn a_fingerprint_outlives_a_moved_line_and_tells_twins_apart() {
        let mut now = [finding(3), finding(9)];
        fingerprint(&mut now);
        let mut moved = [finding(19), finding(13)];
        fingerprint(&mut moved);
        assert_ne!(now[0].fingerprint, now[1].fingerprint);
        assert_eq!(now[0].fingerprint, moved[0].fingerprint);
        assert_eq!(now[1].fingerprint, moved[1].fingerprint);
    }
}
