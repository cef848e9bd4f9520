//! Markdown for comments and for the summary of a CI step, cut to a size and with what is left out counted.
//!
//! What a repository wrote stands in code, and never in a table, whose cells a bar could end.

use crate::model::finding::{Finding, Severity};
use crate::model::report::Report;
use crate::model::text::counted;
use crate::report::escape::{markdown, markdown_code_up_to};
use crate::report::style::Style;
use crate::report::words::{counts, counts_by_rule, line_parts, place, summary_line, worst_first};

/// What every provider takes for a comment; Bitbucket has the smallest limit, with 32,768 characters.
pub(crate) const MOST_OF_A_COMMENT: usize = 30_000;

/// The first line: whoever posts the report finds its own comment again by it.
pub(crate) const MARKER: &str = "<!-- git-postman:check -->";

/// Of a text so many characters are shown.
const MOST_OF_A_TEXT: usize = 500;

/// Of a line of source so many.
const MOST_OF_A_LINE: usize = 160;

/// Room for the line that counts what is left out.
const ROOM_FOR_THE_REST: usize = 100;

/// The report in at most `limit` bytes, which are at least a few hundred.
pub(crate) fn render(report: &Report, limit: usize) -> String {
    let limit = limit.saturating_sub(ROOM_FOR_THE_REST);
    let mut text = format!(
        "{MARKER}\n### git-postman: {}\n\n{}\n",
        counts(report),
        markdown(&summary_line(report, &Style::default()))
    );
    for note in &report.notes {
        push(&mut text, limit, &format!("\n> {}\n", markdown(&cut(note))));
    }
    push(&mut text, limit, &table(report));
    let mut left_out = 0;
    let mut heading = None;
    for finding in worst_first(report) {
        let mut entry = String::new();
        if heading != Some(finding.severity) {
            let title = match finding.severity {
                Severity::Error => "Errors",
                Severity::Warning => "Warnings",
            };
            entry.push_str(&format!("\n#### {title}\n\n"));
        }
        entry.push_str(&told(finding));
        if left_out == 0 && push(&mut text, limit, &entry) {
            heading = Some(finding.severity);
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        text.push_str(&format!("\n… and {}\n", counted(left_out, "more finding")));
    }
    text
}

/// Adds a piece as a whole, where there is room for it.
fn push(text: &mut String, limit: usize, piece: &str) -> bool {
    let fits = text.len() + piece.len() <= limit;
    if fits {
        text.push_str(piece);
    }
    fits
}

/// How many findings each rule has; the ids are our own words.
fn table(report: &Report) -> String {
    let counts = counts_by_rule(report);
    if counts.is_empty() {
        return String::new();
    }
    let mut table = String::from("\n| rule | errors | warnings |\n|---|---:|---:|\n");
    for (rule, errors, warnings) in counts {
        table.push_str(&format!("| `{rule}` | {errors} | {warnings} |\n"));
    }
    table
}

fn told(finding: &Finding) -> String {
    let place = place(&finding.location, finding.excerpt.is_some());
    let mut entry = format!(
        "- {} **{}** {}\n",
        markdown_code_up_to(&place, MOST_OF_A_TEXT),
        finding.rule,
        markdown(&cut(&finding.message))
    );
    if let Some(excerpt) = &finding.excerpt {
        let line = line_parts(excerpt).concat();
        let line = line.trim();
        if !line.is_empty() {
            entry.push_str(&format!(
                "  <br>{}\n",
                markdown_code_up_to(line, MOST_OF_A_LINE)
            ));
        }
    }
    if let Some(commit) = &finding.commit {
        let commit = crate::report::words::short_commit(commit);
        entry.push_str(&format!(
            "  <br>in commit {}\n",
            markdown_code_up_to(&commit, 20)
        ));
    }
    if !finding.help.is_empty() {
        entry.push_str(&format!("  <br>help: {}\n", markdown(&cut(&finding.help))));
    }
    entry
}

fn cut(text: &str) -> String {
    crate::model::text::shortened(text, MOST_OF_A_TEXT)
}

#[cfg(test)]
mod tests {
    use super::{MOST_OF_A_COMMENT, render};
    use crate::report::github::MOST_OF_A_SUMMARY;
    use crate::report::sample::{hostile_report, large_report, report_of, sample_report};
    use crate::report::validators::{MarkdownSeen, markdown_seen};

    #[test]
    fn the_sample_reads_well() {
        let text = render(&sample_report(), MOST_OF_A_COMMENT);
        let expected = "<!-- git-postman:check -->\n\
            ### git-postman: 2 errors, 1 warning\n\n";
        assert!(text.starts_with(expected), "{text}");
        assert!(text.contains(
            "\n#### Errors\n\n- `.postman/api_7c1f:6:17` **nested-directories** collection directory is inside the schema directory\n  \
             <br>`files = {\"dir\": \"postman/schemas/collections\"}`\n  \
             <br>help: choose two directories of which neither contains the other\n"
        ), "{text}");
        assert!(text.contains("| `provider-token` | 0 | 1 |"), "{text}");
        assert!(!text.contains("sk-live"));
        let clean = render(&report_of(Vec::new()), MOST_OF_A_COMMENT);
        assert!(clean.contains("### git-postman: no findings\n") && !clean.contains('|'));
    }

    #[test]
    fn what_somebody_wrote_is_code_and_nothing_else() {
        let seen = markdown_seen(&render(&hostile_report(), MOST_OF_A_COMMENT));
        let MarkdownSeen {
            links,
            html,
            text,
            tables,
            items,
        } = seen;
        assert_eq!(links, Vec::<String>::new());
        assert!(
            html.iter()
                .all(|html| ["<!-- git-postman:check -->", "<br>"].contains(&html.trim())),
            "{html:?}"
        );
        assert!(
            !text.contains(['@', '#', '<', '|']) && !text.contains("://"),
            "{text}"
        );
        assert_eq!((tables, items), (1, 2));
    }

    #[test]
    fn the_size_is_kept_and_the_rest_is_counted() {
        let report = large_report(5_000);
        for limit in [1_000, MOST_OF_A_COMMENT, MOST_OF_A_SUMMARY] {
            let text = render(&report, limit);
            assert!(text.len() <= limit, "{limit}: {}", text.len());
            let seen = markdown_seen(&text);
            let rest = text.rsplit_once("… and ").map_or(0, |(_, rest)| {
                rest.split(' ').next().unwrap().parse::<usize>().unwrap()
            });
            assert_eq!(seen.items + rest, 5_000, "{limit}");
        }
    }
}
