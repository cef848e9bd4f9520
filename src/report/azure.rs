//! Logging commands of Azure Pipelines.
//!
//! The agent keeps ten errors and ten warnings of a task, so the worst are commands and the rest is counted.

use crate::model::finding::Finding;
use crate::model::report::Report;
use crate::model::span::Position;
use crate::model::text::counted;
use crate::report::escape::{azure_data, azure_property};
use crate::report::style::Style;
use crate::report::words::{command_message, counts, first_of_each_kind, summary_line};

/// So many issues of a kind the agent keeps.
const MOST_OF_A_KIND: usize = 10;

/// The commands, a line for what is left out, the summary line, and how the task ended.
pub(crate) fn render(report: &Report) -> String {
    let (mut text, left_out) = first_of_each_kind(report, MOST_OF_A_KIND, issue);
    if left_out > 0 {
        text.push_str(&format!(
            "… and {} that a task does not show as issues: its summary has all of them\n",
            counted(left_out, "more finding")
        ));
    }
    for note in &report.notes {
        text.push_str(&format!("note: {}\n", azure_data(note)));
    }
    text.push_str(&summary_line(report, &Style::default()));
    let result = if report.fails() {
        "Failed"
    } else if report.findings.is_empty() {
        "Succeeded"
    } else {
        "SucceededWithIssues"
    };
    text.push_str(&format!(
        "\n##vso[task.complete result={result};]{}\n",
        azure_data(&counts(report))
    ));
    text
}

/// The command that attaches a summary to the run; the path is absolute.
pub(crate) fn upload_summary(path: &str) -> String {
    format!("##vso[task.uploadsummary]{}\n", azure_data(path))
}

fn issue(finding: &Finding) -> String {
    let location = &finding.location;
    let mut properties = vec![("type", finding.severity.word().to_owned())];
    if !location.path.is_root() {
        properties.push(("sourcepath", location.path.as_str().to_owned()));
        if (location.start, location.end) != (Position::START, Position::START) {
            properties.push(("linenumber", location.start.line.to_string()));
            properties.push(("columnnumber", location.start.column.to_string()));
        }
    }
    properties.push(("code", finding.rule.0.to_owned()));
    let properties: String = properties
        .iter()
        .map(|(name, value)| format!("{name}={};", azure_property(value)))
        .collect();
    let message = command_message(finding, azure_data);
    format!("##vso[task.logissue {properties}]{message}")
}

#[cfg(test)]
mod tests {
    use super::{render, upload_summary};
    use crate::model::report::Gate;
    use crate::report::sample::{hostile_report, large_report, report_of, sample_report};

    #[test]
    fn a_finding_is_an_issue_at_its_place() {
        let text = render(&sample_report());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "##vso[task.logissue type=error;sourcepath=.postman/api_7c1f;linenumber=6;columnnumber=17;code=nested-directories;]\
             collection directory is inside the schema directory%0Ahelp: choose two directories of which neither contains the other"
        );
        assert!(lines[1].contains("sourcepath=postman/schemas;code=missing-directory;]"));
        assert!(lines[2].starts_with("##vso[task.logissue type=warning;"));
        assert_eq!(
            lines.last(),
            Some(&"##vso[task.complete result=Failed;]2 errors, 1 warning")
        );
    }

    #[test]
    fn the_task_ends_as_the_gate_says() {
        let mut report = sample_report();
        report.gate = Gate::Never;
        assert!(render(&report).contains("result=SucceededWithIssues;"));
        assert!(render(&report_of(Vec::new())).contains("result=Succeeded;"));
    }

    #[test]
    fn ten_of_a_kind_are_shown_and_the_rest_is_counted() {
        let text = render(&large_report(5_000));
        let count = |kind: &str| text.matches(&format!("logissue type={kind};")).count();
        assert_eq!((count("error"), count("warning")), (10, 10));
        assert!(text.contains("… and 4980 more findings that"), "{text}");
    }

    #[test]
    fn every_command_in_the_log_is_one_of_ours() {
        let text = format!(
            "{}{}",
            render(&hostile_report()),
            upload_summary("/a\n##vso[x]")
        );
        for line in text.lines() {
            let at: Vec<usize> = line.match_indices("##").map(|(at, _)| at).collect();
            for at in at {
                let ours = [
                    "##vso[task.logissue type=",
                    "##vso[task.complete result=",
                    "##vso[task.uploadsummary]",
                ];
                assert!(
                    at == 0 && ours.iter().any(|start| line.starts_with(start))
                        || !crate::model::text::is_command_mark(line, at + 1),
                    "{line}"
                );
            }
        }
    }
}
