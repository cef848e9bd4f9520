//! The report for people: findings drawn as rustc draws them, then a summary line.
//!
//! Whatever a repository wrote is made visible before it is drawn, so that no name and no line of a
//! document reaches the terminal as anything but text.

use annotate_snippets::renderer::{
    DEFAULT_EMPHASIS_STYLE, DEFAULT_LINE_NUM_STYLE, DEFAULT_NOTE_STYLE,
};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Padding, Renderer, Snippet};

use crate::model::finding::{Excerpt, Finding, Location, Severity};
use crate::model::report::Report;
use crate::model::text::visible;
use crate::report::style::Style;
use crate::report::words::{line_parts, painted, place, short_commit, summary_line};

/// Every finding with its code frame, the notes, the summary; with [`Style::quiet`] only the findings.
pub(crate) fn render(report: &Report, style: &Style) -> String {
    let renderer = renderer(style);
    let mut text = String::new();
    for (index, finding) in report.findings.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        text.push_str(&draw(finding, &renderer, style));
        text.push('\n');
    }
    if style.quiet {
        return text;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    for note in &report.notes {
        let label = painted("note", DEFAULT_NOTE_STYLE, style);
        let colon = painted(":", DEFAULT_EMPHASIS_STYLE, style);
        text.push_str(&format!("{label}{colon} {}\n", visible(note)));
    }
    text.push_str(&summary_line(report, style));
    text.push('\n');
    text
}

/// Narrower than this a frame shows nothing of use.
const NARROWEST: usize = 40;

fn renderer(style: &Style) -> Renderer {
    let renderer = if style.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer.term_width(style.width.max(NARROWEST))
}

fn draw(finding: &Finding, renderer: &Renderer, style: &Style) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let group = level
        .primary_title(visible(&finding.message))
        .id(finding.rule.0);
    match &finding.excerpt {
        Some(excerpt) => {
            let frame = Frame::of(excerpt, style.width.max(NARROWEST));
            let snippet = Snippet::source(frame.source)
                .line_start(finding.location.start.line as usize)
                .annotation(AnnotationKind::Primary.span(frame.start..frame.end));
            let drawn = renderer.render(&[with_advice(group.element(snippet), finding)]);
            with_arrow(&drawn, &finding.location, style)
        }
        None => {
            let mut group = group.element(Origin::path(place(&finding.location, false)));
            if finding.commit.is_some() || !finding.help.is_empty() {
                group = group.element(Padding);
            }
            // Without a line number the crate keeps no column for one, and the arrow would stand at the edge.
            renderer
                .render(&[with_advice(group, finding)])
                .replace('\n', "\n ")
        }
    }
}

/// What stands below the frame: `= note: …`, `= help: …`.
fn with_advice<'a>(group: Group<'a>, finding: &Finding) -> Group<'a> {
    let group = match &finding.commit {
        Some(commit) => {
            group.element(Level::NOTE.message(format!("in commit {}", short_commit(commit))))
        }
        None => group,
    };
    if finding.help.is_empty() {
        return group;
    }
    group.element(Level::HELP.message(visible(&finding.help)))
}

/// Puts the ` --> ` line below the title. The crate would count the column in the excerpt, and an excerpt
/// may be cut out of a longer line and holds escapes instead of what stands in the file.
fn with_arrow(drawn: &str, location: &Location, style: &Style) -> String {
    let indent = " ".repeat(location.start.line.to_string().len());
    let arrow = painted("--> ", DEFAULT_LINE_NUM_STYLE, style);
    let line = format!("{indent}{arrow}{}", place(location, true));
    match drawn.split_once('\n') {
        Some((title, frame)) => format!("{title}\n{line}\n{frame}"),
        None => format!("{drawn}\n{line}"),
    }
}

/// A line of source as it is shown, and the bytes of it that are marked.
struct Frame {
    source: String,
    start: usize,
    end: usize,
}

impl Frame {
    /// Makes each part of the excerpt visible by itself, so that the mark stays on what it marked. A mark that is
    /// wider than the frame is cut: the source line beside it is cut there too.
    fn of(excerpt: &Excerpt, width: usize) -> Self {
        let [before, marked, after] = line_parts(excerpt);
        let most = width.saturating_sub(24);
        let kept = marked
            .char_indices()
            .nth(most)
            .map_or(marked.len(), |(offset, _)| offset);
        let start = before.len();
        Self {
            source: format!("{before}{marked}{after}"),
            start,
            end: start + kept,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::{any, proptest};

    use super::render;
    use crate::model::finding::{Excerpt, Finding};
    use crate::model::report::SnapshotLabel;
    use crate::model::span::{LineIndex, Span};
    use crate::model::text::{is_hidden, visible};
    use crate::report::sample::{DANGERS, finding_at, hostile_report, report_of, sample_report};
    use crate::report::style::Style;

    fn plain() -> Style {
        Style {
            width: 80,
            ..Style::default()
        }
    }

    fn drawn(finding: Finding) -> String {
        let quiet = Style {
            quiet: true,
            ..plain()
        };
        render(&report_of(vec![finding]), &quiet)
    }

    /// The lines of the code frame of one finding.
    fn frame(text: &str, part: &str) -> Vec<String> {
        let drawn = drawn(finding_at("a", text, part));
        let lines = drawn.lines().filter(|line| line.contains(" |"));
        lines.map(str::to_owned).collect()
    }

    #[test]
    fn the_sample_is_drawn_as_rustc_would() {
        let expected = r#"error[nested-directories]: collection directory is inside the schema directory
 --> .postman/api_7c1f:6:17
  |
6 | files = {"dir": "postman/schemas/collections"}
  |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: choose two directories of which neither contains the other

warning[provider-token]: a live key of a payment provider
  --> postman/collections/Größe.json:42:10
   |
42 | {"key": "sk-***************"}
   |          ^^^^^^^^^^^^^^^^^^
   |
   = note: in commit abcdef1
   = help: revoke the key, then take it out of the history

error[missing-directory]: the schema directory does not exist
 --> postman/schemas
  |
  = help: create it, or name another one in git-postman.toml

note: 2 files are stored with Git LFS and were not read
2 errors, 1 warning in 37 documents (commit 9f1c2ab, 1.2 MB, 14 ms); 3 allowed by git-postman.toml, 2 in the baseline
"#;
        assert_eq!(render(&sample_report(), &plain()), expected);
    }

    #[test]
    fn colours_change_nothing_but_colours() {
        let style = Style {
            color: true,
            ..plain()
        };
        let painted = render(&sample_report(), &style);
        assert!(painted.contains("\u{1b}[1m\u{1b}[91m"), "{painted:?}");
        let stripped = anstream::adapter::strip_str(&painted).to_string();
        assert_eq!(stripped, render(&sample_report(), &plain()));
    }

    #[test]
    fn quiet_leaves_only_the_findings() {
        let quiet = Style {
            quiet: true,
            ..plain()
        };
        let text = render(&sample_report(), &quiet);
        assert!(text.starts_with("error[nested-directories]"), "{text}");
        assert!(
            text.ends_with("another one in git-postman.toml\n"),
            "{text}"
        );
        assert!(!text.contains("Git LFS") && !text.contains("37 documents"));
        assert_eq!(render(&report_of(Vec::new()), &quiet), "");
    }

    #[test]
    fn a_clean_run_is_one_line_that_says_what_was_looked_at() {
        let mut report = report_of(Vec::new());
        let line = |report: &_| render(report, &plain());
        assert_eq!(
            line(&report),
            "no findings in 3 documents (worktree, 18.2 kB, 7 ms)\n"
        );
        report.snapshots[0].kind = "files";
        report.summary.known = 1;
        assert_eq!(
            line(&report),
            "no findings in 3 documents (18.2 kB, 7 ms); 1 in the baseline\n"
        );
        let tip = |id: &str, name: &str| SnapshotLabel {
            kind: "revision",
            id: Some(id.repeat(40)),
            name: Some(name.to_owned()),
        };
        report.summary.known = 0;
        report.snapshots = vec![tip("a", "main"), tip("b", "v1.0")];
        assert_eq!(
            line(&report),
            "no findings in 3 documents (commit aaaaaaa of main, commit bbbbbbb of v1.0, 18.2 kB, 7 ms)\n"
        );
        report.snapshots = vec![tip("a", "main"); 4];
        assert_eq!(
            line(&report),
            "no findings in 3 documents (4 snapshots, 18.2 kB, 7 ms)\n"
        );
    }

    #[test]
    fn carets_stand_below_what_they_mark() {
        assert_eq!(
            frame("\t\t你好: x", "你好"),
            ["  |", "1 |         你好: x", "  |         ^^^^", "  |"]
        );
        assert_eq!(
            frame("x = 🎉 äö", "äö"),
            ["  |", "1 | x = 🎉 äö", "  |        ^^", "  |"]
        );
        assert_eq!(
            frame("a\u{202e}b\u{1b}c", "c"),
            ["  |", "1 | a\\u{202e}b\\x1bc", "  |               ^", "  |"]
        );
        assert_eq!(
            frame("a\u{202e}b", "\u{202e}"),
            ["  |", "1 | a\\u{202e}b", "  |  ^^^^^^^^", "  |"]
        );
    }

    #[test]
    fn an_empty_mark_is_one_caret_even_at_the_end_of_a_line() {
        assert_eq!(frame("abc", ""), ["  |", "1 | abc", "  | ^", "  |"]);
        assert_eq!(frame("abc\n", "\n"), ["  |", "1 | abc", "  |    ^", "  |"]);
        assert_eq!(frame("", ""), ["  |", "1 |", "  | ^", "  |"]);
    }

    #[test]
    fn a_cut_line_keeps_the_true_place() {
        let text = format!("{{\"a\": \"{}\", \"b\": nope}}", "ü".repeat(500));
        let expected = r#"error[nested-directories]: collection directory is inside the schema directory
 --> a:1:516
  |
1 | ...üüüüüüüüüüüüüüüüüüüüüüüüü", "b": nope}
  |                                     ^^^^
  |
  = help: choose two directories of which neither contains the other
"#;
        assert_eq!(drawn(finding_at("a", &text, "nope")), expected);
    }

    #[test]
    fn a_mark_wider_than_the_frame_is_cut() {
        let part = "ü".repeat(500);
        let frame = frame(&format!("{{\"a\": \"{part}\"}}"), &part);
        assert!(
            frame.iter().all(|line| line.chars().count() <= 80),
            "{frame:#?}"
        );
        assert!(frame[2].ends_with("^^^^^^^^"), "{frame:#?}");
    }

    #[test]
    fn a_place_without_a_line_is_only_as_exact_as_it_is() {
        let mut finding = finding_at("dir/a.json", "{\n}", "}");
        finding.excerpt = None;
        assert!(drawn(finding.clone()).contains("\n --> dir/a.json:2:1\n"));
        finding.location =
            crate::model::finding::Location::whole(crate::model::path::RepoPath::root());
        finding.help = String::new();
        finding.message = "short".to_owned();
        assert_eq!(drawn(finding), "error[nested-directories]: short\n --> .\n");
    }

    #[test]
    fn what_a_stranger_wrote_is_shown_and_not_sent() {
        let text = render(&hostile_report(), &plain());
        let shown = format!(
            r"\x1b]0;owned\x07\x9b31m\u{{202e}}\nforged: line\r\u{{feff}}\u{{e0041}}\t\u{{2028}}end{}",
            visible(&DANGERS.concat())
        );
        assert!(text.starts_with(&format!(
            "error[syntax]: message {shown}\n --> dir/{shown}.json:3:2\n"
        )));
        assert!(text.contains(&format!("\n  = help: help {shown}\n")));
        assert!(text.contains(&format!(
            "\nnote: {shown}\n2 errors in 3 documents (commit \\x1b]0;own of {shown}, "
        )));
        assert!(text.contains("\n  = note: in commit \\x1b]0;own\n"));
    }

    #[test]
    fn every_one_of_many_findings_is_there() {
        let text = "a: 1\n".repeat(3000);
        let lines = LineIndex::new(&text);
        let findings = (0..3000).map(|number| {
            let mut finding = finding_at("a", "a: 1", "1");
            let span = Span::at(number * 5 + 3);
            finding.location.start = lines.position(&text, span.start);
            finding.excerpt = Some(Excerpt::of(&text, &lines, span));
            finding
        });
        let drawn = render(&report_of(findings.collect()), &plain());
        let places: BTreeSet<&str> = drawn
            .lines()
            .filter(|line| line.contains("--> a:"))
            .collect();
        assert_eq!(places.len(), 3000);
        assert!(drawn.ends_with("3000 errors in 3 documents (worktree, 18.2 kB, 7 ms)\n"));
    }

    proptest! {
        #[test]
        fn no_excerpt_breaks_the_frame(text: String, start: u8, length: u8, width in 0usize..200, line: u32, color: bool) {
            let mut finding = finding_at("a", "a", "a");
            finding.location.start.line = line;
            finding.excerpt = Some(Excerpt {
                text,
                mark: Span::new(start.into(), usize::from(start) + usize::from(length)),
            });
            let style = Style { color, width, quiet: true };
            let drawn = render(&report_of(vec![finding]), &style);
            let bare = anstream::adapter::strip_str(&drawn).to_string();
            assert_eq!(bare.lines().count(), 7, "{bare}");
            assert!(!bare.chars().any(|c| is_hidden(c) || (c.is_control() && c != '\n')), "{bare:?}");
            assert!(bare.contains('^'), "{bare}");
        }

        #[test]
        fn a_cut_excerpt_keeps_its_caret(before in "[ a-zü你\t]{0,300}", part in "[a-z你\u{202e}]{1,40}", after in any::<String>(), width in 40usize..160) {
            let text = format!("{before}{part}{after}");
            let lines = LineIndex::new(&text);
            let span = Span::new(before.len(), before.len() + part.len());
            let mut finding = finding_at("a", "a", "a");
            finding.excerpt = Some(Excerpt::of(&text, &lines, span));
            let drawn = drawn_at(finding, width);
            assert!(drawn.contains('^'), "{drawn}");
        }
    }

    fn drawn_at(finding: Finding, width: usize) -> String {
        let style = Style {
            width,
            ..Style::default()
        };
        render(&report_of(vec![finding]), &style)
    }
}
