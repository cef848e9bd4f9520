//! Workflow commands of GitHub Actions, and what a step says in files: its outputs.
//!
//! A step shows ten annotations of a kind, the rest is dropped without a word. So the worst are annotations, and the rest
//! is counted; the summary of the step has all of them.

use crate::model::finding::{Finding, Severity};
use crate::model::report::Report;
use crate::model::span::Position;
use crate::model::text::counted;
use crate::report::escape::{github_data, github_property};
use crate::report::style::Style;
use crate::report::words::{command_message, counts, first_of_each_kind, summary_line};

/// So many annotations of a kind a step shows.
const MOST_OF_A_KIND: usize = 10;

/// The summary of a step takes a mebibyte, and one that is larger is refused as a whole.
pub(crate) const MOST_OF_A_SUMMARY: usize = 1024 * 1024;

/// The commands, a line for what is left out, and the summary line.
pub(crate) fn render(report: &Report) -> String {
    let (mut text, left_out) = first_of_each_kind(report, MOST_OF_A_KIND, command);
    if left_out > 0 {
        text.push_str(&format!(
            "… and {} that a step does not show as annotations: its summary has all of them\n",
            counted(left_out, "more finding")
        ));
    }
    for note in &report.notes {
        text.push_str(&format!(
            "::notice title=git-postman::{}\n",
            github_data(note)
        ));
    }
    text.push_str(&summary_line(report, &Style::default()));
    text.push('\n');
    text
}

/// What the step says of itself in the file that `GITHUB_OUTPUT` names. The delimiter is random and new each time, so that no
/// value can end itself.
pub(crate) fn outputs(report: &Report, delimiter: &str) -> String {
    let result = if report.fails() { "failed" } else { "passed" };
    let values = [
        ("result", result.to_owned()),
        ("exit-code", report.exit_code().to_string()),
        ("errors", report.count(Severity::Error).to_string()),
        ("warnings", report.count(Severity::Warning).to_string()),
        ("documents", report.summary.documents.to_string()),
        ("summary", counts(report)),
    ];
    values
        .iter()
        .map(|(name, value)| format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"))
        .collect()
}

fn command(finding: &Finding) -> String {
    let location = &finding.location;
    let mut properties = Vec::new();
    if !location.path.is_root() {
        properties.push(("file", location.path.as_str().to_owned()));
        let (start, end) = (location.start, location.end);
        properties.push(("line", start.line.to_string()));
        if (start, end) != (Position::START, Position::START) {
            properties.push(("endLine", end.line.to_string()));
            if start.line == end.line {
                // Here the last column belongs to it.
                let last = end.column.saturating_sub(1).max(start.column);
                properties.push(("col", start.column.to_string()));
                properties.push(("endColumn", last.to_string()));
            }
        }
    }
    properties.push((
        "title",
        format!("{}[{}]", finding.severity.word(), finding.rule),
    ));
    let properties: Vec<String> = properties
        .iter()
        .map(|(name, value)| format!("{name}={}", github_property(value)))
        .collect();
    let message = command_message(finding, github_data);
    format!(
        "::{} {}::{message}",
        finding.severity.word(),
        properties.join(",")
    )
}

#[cfg(test)]
mod tests {
    use super::{outputs, render};
    use crate::report::sample::{hostile_report, large_report, sample_report};

    #[test]
    fn a_finding_is_a_command_at_its_place() {
        let text = render(&sample_report());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "::error file=.postman/api_7c1f,line=6,endLine=6,col=17,endColumn=45,title=error[nested-directories]\
             ::collection directory is inside the schema directory%0Ahelp: choose two directories of which neither contains the other"
        );
        assert_eq!(
            lines[1],
            "::error file=postman/schemas,line=1,title=error[missing-directory]\
             ::the schema directory does not exist%0Ahelp: create it, or name another one in git-postman.toml"
        );
        assert!(lines[2].starts_with("::warning file=postman/collections/Größe.json,line=42,"));
        assert_eq!(
            lines[3],
            "::notice title=git-postman::2 files are stored with Git LFS and were not read"
        );
        assert!(lines[4].starts_with("2 errors, 1 warning in 37 documents"));
    }

    #[test]
    fn ten_of_a_kind_are_shown_and_the_rest_is_counted() {
        let text = render(&large_report(5_000));
        let count = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        assert_eq!((count("::error "), count("::warning ")), (10, 10));
        assert!(text.contains("… and 4980 more findings that"), "{text}");
        assert!(text.len() < 20_000);
    }

    #[test]
    fn no_line_begins_with_a_command_that_we_did_not_write() {
        let text = render(&hostile_report());
        for line in text
            .lines()
            .filter(|line| line.trim_start().starts_with("::"))
        {
            assert!(
                [
                    "::error file=",
                    "::warning file=",
                    "::notice title=git-postman::"
                ]
                .iter()
                .any(|start| line.starts_with(start)),
                "{line}"
            );
            let (properties, _) = line[2..].split_once("::").unwrap();
            for property in properties.split_once(' ').unwrap().1.split(',') {
                let (name, _) = property.split_once('=').unwrap();
                assert!(
                    ["file", "line", "endLine", "col", "endColumn", "title"].contains(&name),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn an_output_stands_between_its_delimiters() {
        let text = outputs(&sample_report(), "ghadelimiter_1");
        assert!(text.starts_with("result<<ghadelimiter_1\nfailed\nghadelimiter_1\nexit-code<<"));
        assert_eq!(text.matches("ghadelimiter_1").count(), 12);
        assert!(text.ends_with("summary<<ghadelimiter_1\n2 errors, 1 warning\nghadelimiter_1\n"));
    }
}
