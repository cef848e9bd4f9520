//! The Code Quality report of GitLab: one list, with a fingerprint for each finding that occurs once.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::model::digest::Digest;
use crate::model::finding::{Finding, Severity};
use crate::model::report::Report;
use crate::model::rule::Group;
use crate::model::text::{shortened, visible};
use crate::report::escape;
use crate::report::words::{advice, rule_of};

/// Of a text so many characters are given.
const MOST_OF_A_TEXT: usize = 1_000;

/// The list, with a line end behind it.
pub(crate) fn render(report: &Report) -> String {
    let mut taken = HashSet::new();
    let issues: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| issue(report, finding, &mut taken))
        .collect();
    format!("{}\n", escape::json(&Value::from(issues).to_string()))
}

fn issue(report: &Report, finding: &Finding, taken: &mut HashSet<String>) -> Value {
    let location = &finding.location;
    let path = match location.path.as_str() {
        "" => ".",
        path => path.strip_prefix("./").unwrap_or(path),
    };
    let mut lines = vec![visible(&finding.message)];
    lines.extend(advice(finding));
    json!({
        "description": shortened(&lines.join("\n"), MOST_OF_A_TEXT),
        "check_name": finding.rule.0,
        "fingerprint": unique(&finding.fingerprint, taken),
        "severity": severity(report, finding),
        "location": {"path": path, "lines": {"begin": location.start.line, "end": location.end.line}},
    })
}

/// Of several issues with one fingerprint GitLab shows one. Several tips of one push may have the same trouble.
fn unique(fingerprint: &str, taken: &mut HashSet<String>) -> String {
    let mut own = visible(fingerprint);
    for number in 1_u64.. {
        if taken.insert(own.clone()) {
            break;
        }
        own = Digest::of_parts([fingerprint.as_bytes(), &number.to_le_bytes()]).short();
    }
    own
}

/// A secret that is out blocks whatever comes next; what Postman refuses is major.
fn severity(report: &Report, finding: &Finding) -> &'static str {
    let is_secret = rule_of(report, finding).is_some_and(|rule| rule.group == Group::Secret);
    match (finding.severity, is_secret) {
        (Severity::Error, true) => "blocker",
        (Severity::Error, false) => "major",
        (Severity::Warning, _) => "minor",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::{Value, json};

    use super::render;
    use crate::report::sample::{hostile_report, large_report, report_of, sample_report};
    use crate::report::validators::expect_schema;

    /// As GitLab describes the part of Code Climate's format that it reads.
    fn parsed(text: &str) -> Vec<Value> {
        let text_that_is_there = json!({"type": "string", "minLength": 1});
        let line = json!({"type": "integer", "minimum": 1});
        let schema = json!({"type": "array", "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": text_that_is_there,
                "check_name": text_that_is_there,
                "fingerprint": text_that_is_there,
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {"type": "object", "required": ["path", "lines"], "properties": {
                    "path": {"type": "string", "minLength": 1, "not": {"pattern": "^\\./"}},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": line, "end": line}},
                }},
            },
        }});
        let value: Value = serde_json::from_str(text).unwrap();
        expect_schema(&schema, &value);
        value.as_array().unwrap().clone()
    }

    #[test]
    fn every_issue_has_what_gitlab_reads() {
        let issues = parsed(&render(&sample_report()));
        assert_eq!(
            issues[0],
            json!({
                "description": "collection directory is inside the schema directory\nhelp: choose two directories of which neither contains the other",
                "check_name": "nested-directories",
                "fingerprint": "4be0d1c2",
                "severity": "major",
                "location": {"path": ".postman/api_7c1f", "lines": {"begin": 6, "end": 6}},
            })
        );
        assert_eq!(issues[1]["severity"], json!("minor"));
        assert!(parsed(&render(&report_of(Vec::new()))).is_empty());
    }

    #[test]
    fn no_fingerprint_occurs_twice() {
        for report in [hostile_report(), large_report(5_000)] {
            let issues = parsed(&render(&report));
            let prints: HashSet<String> = issues
                .iter()
                .map(|one| one["fingerprint"].to_string())
                .collect();
            assert_eq!(prints.len(), report.findings.len());
        }
        assert_eq!(render(&hostile_report()), render(&hostile_report()));
    }
}
