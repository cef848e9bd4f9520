//! SARIF 2.1.0, as code scanning services read it.
//!
//! Columns count characters, which SARIF calls `unicodeCodePoints`, and an end is one past the last character, as ours are.
//! Texts are made visible: services show them as they are.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::model::finding::{Finding, Location, Severity};
use crate::model::report::{Report, SnapshotLabel};
use crate::model::rule::{Group, RuleText};
use crate::model::span::Position;
use crate::model::text::{counted, shortened, visible};
use crate::report::escape;
use crate::report::words::{advice, worst_first};

/// GitHub takes no file with more results in one run; of those it shows 5,000.
const MOST_RESULTS: usize = 25_000;

/// GitHub takes no file that is larger than 10 MB when it is compressed.
const MOST_COMPRESSED: usize = 10_000_000;

/// Of a text so many characters are given.
const MOST_OF_A_TEXT: usize = 1_000;

/// The log, with a line end behind it.
pub(crate) fn render(report: &Report) -> String {
    let findings = worst_first(report);
    let mut room = findings.len().min(MOST_RESULTS);
    loop {
        let log = log(report, &findings[..room]);
        let text = format!("{}\n", escape::json(&log.to_string()));
        if room == 0 || text.len() <= MOST_COMPRESSED || compressed(&text) <= MOST_COMPRESSED {
            return text;
        }
        room /= 2;
    }
}

fn log(report: &Report, findings: &[&Finding]) -> Value {
    let mut notifications: Vec<Value> = report.notes.iter().map(|note| notice(note)).collect();
    let left_out = report.findings.len() - findings.len();
    if left_out > 0 {
        notifications.push(notice(&format!(
            "{} left out: the file would be larger than services take",
            counted(left_out, "more finding")
        )));
    }
    let results: Vec<Value> = findings.iter().map(|one| result(report, one)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "git-postman",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": report.rules.iter().map(rule).collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": format!("git-postman/{}/", escape::uri(report.command.as_bytes()))},
            "originalUriBaseIds": {
                "SRCROOT": {"description": {"text": "The root of the repository"}},
            },
            "invocations": [{
                "executionSuccessful": true,
                "exitCode": report.exit_code(),
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": {
                "snapshots": report.snapshots.iter().map(snapshot).collect::<Vec<_>>(),
            },
        }],
    })
}

fn rule(facts: &RuleText) -> Value {
    let docs = facts.docs.trim_ascii();
    let mut properties = json!({
        "tags": ["postman", facts.group.word()],
        "precision": "high",
        "problem.severity": facts.severity.word(),
    });
    if facts.group == Group::Secret {
        // What GitHub sorts security alerts by; others are problems of quality.
        properties["security-severity"] = json!("9.0");
        properties["tags"] = json!(["postman", facts.group.word(), "security"]);
    }
    json!({
        "id": facts.id.0,
        "shortDescription": {"text": facts.summary},
        "fullDescription": {"text": facts.summary},
        "help": {"text": docs, "markdown": docs},
        "defaultConfiguration": {"level": facts.severity.word()},
        "properties": properties,
    })
}

fn result(report: &Report, finding: &Finding) -> Value {
    let mut words = vec![visible(&finding.message)];
    words.extend(advice(finding));
    let text = shortened(&words.join("\n"), MOST_OF_A_TEXT);
    let mut result = json!({
        "ruleId": finding.rule.0,
        "level": match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "message": {"text": text},
        "locations": [{"physicalLocation": {
            "artifactLocation": artifact(&finding.location),
            "region": region(&finding.location),
        }}],
        // The action that uploads the file adds a fingerprint of its own, of the line, and complains of another one
        // under its name.
        "partialFingerprints": {"gitPostman/v1": visible(&finding.fingerprint)},
    });
    if let Some(index) = report
        .rules
        .iter()
        .position(|facts| facts.id == finding.rule)
    {
        result["ruleIndex"] = json!(index);
    }
    if let Some(pointer) = &finding.location.pointer {
        let pointer = shortened(&visible(pointer), MOST_OF_A_TEXT);
        result["locations"][0]["logicalLocations"] = json!([{"fullyQualifiedName": pointer}]);
    }
    if let Some(commit) = &finding.commit {
        result["properties"] = json!({"commit": visible(commit)});
    }
    result
}

/// A path in the repository, or for `check PATH…` one on disk.
fn artifact(location: &Location) -> Value {
    let path = location.path.as_bytes();
    if location.path.is_root() {
        return json!({"uri": "./", "uriBaseId": "SRCROOT"});
    }
    if path.starts_with(b"/") {
        return json!({"uri": format!("file://{}", escape::uri(path))});
    }
    json!({"uri": escape::uri(path), "uriBaseId": "SRCROOT"})
}

/// A file or directory as a whole is shown at its first line: services want a line.
fn region(location: &Location) -> Value {
    let (start, end) = (location.start, location.end);
    if start == Position::START && end == Position::START {
        return json!({"startLine": 1});
    }
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

fn snapshot(label: &SnapshotLabel) -> Value {
    json!({
        "kind": label.kind,
        "id": label.id.as_deref().map(visible),
        "name": label.name.as_deref().map(visible),
    })
}

fn notice(text: &str) -> Value {
    json!({"level": "note", "message": {"text": visible(text)}})
}

fn compressed(text: &str) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing into memory does not fail; where it did, the file would count as too large.
    match encoder
        .write_all(text.as_bytes())
        .and_then(|()| encoder.finish())
    {
        Ok(bytes) => bytes.len(),
        Err(_) => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{MOST_COMPRESSED, MOST_RESULTS, compressed, render};
    use crate::model::path::RepoPath;
    use crate::report::sample::{hostile_report, large_report, report_of, sample_report};
    use crate::report::validators::expect_sarif;

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn every_report_is_valid_by_the_schema_of_the_standard() {
        for report in [sample_report(), hostile_report(), report_of(Vec::new())] {
            expect_sarif(&render(&report));
        }
    }

    #[test]
    fn a_result_says_where_how_bad_and_what_to_do() {
        let log = parsed(&render(&sample_report()));
        let run = &log["runs"][0];
        assert_eq!(run["columnKind"], json!("unicodeCodePoints"));
        let nested = &run["results"][0];
        assert_eq!(nested["ruleId"], json!("nested-directories"));
        let index = usize::try_from(nested["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(
            run["tool"]["driver"]["rules"][index]["id"],
            json!("nested-directories")
        );
        assert_eq!(nested["level"], json!("error"));
        let place = &nested["locations"][0]["physicalLocation"];
        assert_eq!(
            place["region"],
            json!({"startLine": 6, "startColumn": 17, "endLine": 6, "endColumn": 46})
        );
        let missing = &run["results"][1]["locations"][0]["physicalLocation"];
        assert_eq!(missing["region"], json!({"startLine": 1}));
        // Warnings come behind the errors.
        let token = &run["results"][2];
        assert_eq!(token["level"], json!("warning"));
        assert_eq!(
            token["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            json!("postman/collections/Gr%C3%B6%C3%9Fe.json")
        );
        assert!(!render(&sample_report()).contains("sk-live"));
    }

    #[test]
    fn a_path_on_disk_is_a_file_and_a_hostile_one_stays_one_reference() {
        let mut report = sample_report();
        report.findings.truncate(1);
        let mut uri = |path: &str| {
            report.findings[0].location.path = RepoPath::outside(path);
            let log = parsed(&render(&report));
            log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
                .clone()
        };
        assert_eq!(uri("/a b"), json!({"uri": "file:///a%20b"}));
        assert_eq!(
            uri("javascript:x\n?#"),
            json!({"uri": "javascript%3Ax%0A%3F%23", "uriBaseId": "SRCROOT"})
        );
        assert_eq!(uri(""), json!({"uri": "./", "uriBaseId": "SRCROOT"}));
    }

    #[test]
    fn the_limits_of_github_are_kept_and_what_is_left_out_is_said() {
        let text = render(&large_report(MOST_RESULTS + 5));
        let log = parsed(&text);
        assert_eq!(
            log["runs"][0]["results"].as_array().unwrap().len(),
            MOST_RESULTS
        );
        let said = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
        assert!(said.contains("5 more findings left out"), "{said}");
        assert!(compressed(&text) <= MOST_COMPRESSED);
        for rule in log["runs"][0]["tool"]["driver"]["rules"]
            .as_array()
            .unwrap()
        {
            assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 10);
        }
    }
}
