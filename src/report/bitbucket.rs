//! Code Insights of Bitbucket Cloud: the bodies of the calls, ready to be sent.
//!
//! `report` is the body of one `PUT …/reports/git-postman`, and each list in `annotations` that of one
//! `POST …/reports/git-postman/annotations`. A report takes 1,000 annotations, a call 100 of them.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::model::digest::Digest;
use crate::model::finding::{Finding, Severity};
use crate::model::report::Report;
use crate::model::rule::Group;
use crate::model::text::{counted, shortened, visible};
use crate::report::escape;
use crate::report::style::Style;
use crate::report::words::{advice, rule_of, summary_line, worst_first};

/// A report takes so many annotations.
const MOST_ANNOTATIONS: usize = 1_000;

/// A call takes so many.
const MOST_IN_A_CALL: usize = 100;

/// Titles, summaries and ids take 450 characters, and the ellipsis of a cut one is one of them.
const MOST_OF_A_SUMMARY: usize = 449;

/// Details take 2,000.
const MOST_OF_DETAILS: usize = 1_999;

/// The object, with a line end behind it.
pub(crate) fn render(report: &Report) -> String {
    let mut taken = HashSet::new();
    let annotations: Vec<Value> = worst_first(report)
        .into_iter()
        .take(MOST_ANNOTATIONS)
        .map(|finding| annotation(report, finding, &mut taken))
        .collect();
    let calls: Vec<&[Value]> = annotations.chunks(MOST_IN_A_CALL).collect();
    let object = json!({"report": whole(report), "annotations": calls});
    format!("{}\n", escape::json(&object.to_string()))
}

fn whole(report: &Report) -> Value {
    let mut details = vec![summary_line(report, &Style::default())];
    let left_out = report.findings.len().saturating_sub(MOST_ANNOTATIONS);
    if left_out > 0 {
        details.push(format!(
            "{} that a report does not take as annotations",
            counted(left_out, "more finding")
        ));
    }
    details.extend(report.notes.iter().map(|note| visible(note)));
    let number =
        |title: &str, value: usize| json!({"type": "NUMBER", "title": title, "value": value});
    json!({
        "external_id": "git-postman",
        "title": "git-postman",
        "details": shortened(&details.join("\n"), MOST_OF_DETAILS),
        "report_type": "BUG",
        "reporter": "git-postman",
        "result": if report.fails() { "FAILED" } else { "PASSED" },
        "data": [
            number("Errors", report.count(Severity::Error)),
            number("Warnings", report.count(Severity::Warning)),
            number("Documents", report.summary.documents),
            number("Allowed", report.summary.allowed),
            number("In the baseline", report.summary.known),
            {"type": "DURATION", "title": "Time", "value": report.summary.milliseconds},
        ],
    })
}

fn annotation(report: &Report, finding: &Finding, taken: &mut HashSet<String>) -> Value {
    let is_secret = rule_of(report, finding).is_some_and(|rule| rule.group == Group::Secret);
    let severity = match (finding.severity, is_secret) {
        (Severity::Error, true) => "CRITICAL",
        (Severity::Error, false) => "HIGH",
        (Severity::Warning, _) => "MEDIUM",
    };
    let mut details = vec![visible(&finding.message)];
    details.extend(advice(finding));
    let mut annotation = json!({
        "external_id": external_id(finding, taken),
        "annotation_type": if is_secret { "VULNERABILITY" } else { "BUG" },
        "summary": shortened(&format!("{}: {}", finding.rule, visible(&finding.message)), MOST_OF_A_SUMMARY),
        "details": shortened(&details.join("\n"), MOST_OF_DETAILS),
        "severity": severity,
        "result": if finding.severity == Severity::Error { "FAILED" } else { "IGNORED" },
    });
    if !finding.location.path.is_root() {
        annotation["path"] = json!(finding.location.path.as_str());
        annotation["line"] = json!(finding.location.start.line);
    }
    annotation
}

/// The same for the same finding in the next report; an id that two have would make one of them.
fn external_id(finding: &Finding, taken: &mut HashSet<String>) -> String {
    for number in 0_u64.. {
        let parts = [finding.fingerprint.as_bytes(), &number.to_le_bytes()];
        let id = Digest::of_parts(parts).short();
        if taken.insert(id.clone()) {
            return id;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::{Value, json};

    use super::render;
    use crate::report::sample::{hostile_report, large_report, report_of, sample_report};
    use crate::report::validators::expect_schema;

    /// The shapes of the calls as Bitbucket describes them, with the lengths that it holds them against.
    fn parsed(text: &str) -> Value {
        let limited = |most: usize| json!({"type": "string", "maxLength": most});
        let annotation = json!({
            "type": "object",
            "required": ["external_id", "annotation_type", "summary"],
            "additionalProperties": false,
            "properties": {
                "external_id": limited(450),
                "annotation_type": {"enum": ["VULNERABILITY", "CODE_SMELL", "BUG"]},
                "path": {"type": "string", "minLength": 1},
                "line": {"type": "integer", "minimum": 1},
                "summary": limited(450),
                "details": limited(2_000),
                "result": {"enum": ["PASSED", "FAILED", "SKIPPED", "IGNORED"]},
                "severity": {"enum": ["CRITICAL", "HIGH", "MEDIUM", "LOW"]},
            },
        });
        let schema = json!({
            "type": "object",
            "required": ["report", "annotations"],
            "properties": {
                "report": {
                    "type": "object",
                    "required": ["title", "details", "report_type"],
                    "additionalProperties": false,
                    "properties": {
                        "external_id": limited(450),
                        "title": limited(450),
                        "details": limited(2_000),
                        "reporter": limited(450),
                        "report_type": {"enum": ["SECURITY", "COVERAGE", "TEST", "BUG"]},
                        "result": {"enum": ["PASSED", "FAILED", "PENDING"]},
                        "data": {"type": "array", "maxItems": 10, "items": {
                            "type": "object",
                            "properties": {
                                "type": {"enum": ["BOOLEAN", "DATE", "DURATION", "LINK", "NUMBER", "PERCENTAGE", "TEXT"]},
                                "title": {"type": "string"},
                            },
                        }},
                    },
                },
                "annotations": {"type": "array", "maxItems": 10, "items": {
                    "type": "array", "minItems": 1, "maxItems": 100, "items": annotation,
                }},
            },
        });
        let value: Value = serde_json::from_str(text).unwrap();
        expect_schema(&schema, &value);
        value
    }

    #[test]
    fn the_bodies_are_what_bitbucket_takes() {
        let object = parsed(&render(&sample_report()));
        assert_eq!(object["report"]["result"], json!("FAILED"));
        let first = &object["annotations"][0][0];
        assert_eq!(
            first["summary"],
            json!("nested-directories: collection directory is inside the schema directory")
        );
        assert_eq!(
            (&first["path"], &first["line"]),
            (&json!(".postman/api_7c1f"), &json!(6))
        );
        let clean = parsed(&render(&report_of(Vec::new())));
        assert_eq!(clean["report"]["result"], json!("PASSED"));
        assert_eq!(clean["annotations"], json!([]));
        parsed(&render(&hostile_report()));
    }

    #[test]
    fn a_thousand_go_by_the_hundred_the_worst_first_and_each_once() {
        let object = parsed(&render(&large_report(5_000)));
        let calls = object["annotations"].as_array().unwrap();
        assert_eq!(calls.len(), 10);
        let all: Vec<&Value> = calls
            .iter()
            .flat_map(|call| call.as_array().unwrap())
            .collect();
        assert!(all.iter().all(|one| one["severity"] == json!("HIGH")));
        let ids: HashSet<String> = all
            .iter()
            .map(|one| one["external_id"].to_string())
            .collect();
        assert_eq!(ids.len(), 1_000);
        let details = object["report"]["details"].as_str().unwrap();
        assert!(details.contains("4000 more findings"), "{details}");
    }
}
