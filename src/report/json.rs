//! The report for scripts: one object whose keys are a contract from the first release on.
//!
//! Its shapes are types of their own, so that renaming a field of the model cannot change what scripts read.

use serde::Serialize;
use serde_json::Value;

use crate::model::finding::{Finding, Severity};
use crate::model::report::{AuditCounts, DocumentVerdict, Report, SnapshotLabel};
use crate::report::escape::json;

/// The version of the object; it grows when a key changes its meaning or goes away.
const FORMAT_VERSION: u32 = 1;

/// The object, indented, with a line end behind it.
pub(crate) fn render(report: &Report) -> String {
    // Only a map with keys that are no strings could fail here, and there is none in these shapes.
    let text = serde_json::to_string_pretty(&JsonReport::of(report)).unwrap_or_default();
    let mut text = json(&text);
    text.push('\n');
    text
}

#[derive(Serialize)]
struct JsonReport<'a> {
    format_version: u32,
    command: &'a str,
    exit_code: u8,
    snapshot: Option<JsonSnapshot<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshots: Option<Vec<JsonNamedSnapshot<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<JsonRange<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<JsonAudit>,
    summary: JsonSummary,
    findings: Vec<JsonFinding<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<Vec<JsonDocument<'a>>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct JsonSnapshot<'a> {
    kind: &'a str,
    id: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonNamedSnapshot<'a> {
    kind: &'a str,
    id: Option<&'a str>,
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonRange<'a> {
    base: Option<&'a str>,
    head: &'a str,
    found_by: &'a str,
    fetched: bool,
    ci: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonSummary {
    errors: usize,
    warnings: usize,
    documents: usize,
    bytes: u64,
    milliseconds: u64,
    allowed: usize,
    known: usize,
}

#[derive(Serialize)]
struct JsonAudit {
    repositories: usize,
    apis: usize,
    #[serde(flatten)]
    run: Option<JsonRun>,
}

#[derive(Serialize)]
struct JsonRun {
    unchanged: usize,
    resumed: usize,
    provider_calls: u64,
    postman_calls: u64,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    rule: &'a str,
    severity: &'a str,
    message: &'a str,
    location: JsonLocation<'a>,
    help: &'a str,
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonLocation<'a> {
    path: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    pointer: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonDocument<'a> {
    path: &'a str,
    format: &'a str,
    valid: Option<bool>,
}

impl<'a> JsonReport<'a> {
    fn of(report: &'a Report) -> Self {
        let several = report.snapshots.len() > 1;
        let summary = &report.summary;
        Self {
            format_version: FORMAT_VERSION,
            command: &report.command,
            exit_code: report.exit_code(),
            snapshot: report.snapshots.first().map(JsonSnapshot::of),
            snapshots: several.then(|| {
                let named = report.snapshots.iter().map(JsonNamedSnapshot::of);
                named.collect()
            }),
            range: report.range.as_ref().map(|range| JsonRange {
                base: range.base.as_deref(),
                head: &range.head,
                found_by: range.found_by,
                fetched: range.is_fetched,
                ci: range.system,
            }),
            audit: summary.audit.map(JsonAudit::of),
            summary: JsonSummary {
                errors: report.count(Severity::Error),
                warnings: report.count(Severity::Warning),
                documents: summary.documents,
                bytes: summary.bytes,
                milliseconds: summary.milliseconds,
                allowed: summary.allowed,
                known: summary.known,
            },
            findings: report.findings.iter().map(JsonFinding::of).collect(),
            documents: report
                .documents
                .as_ref()
                .map(|documents| documents.iter().map(JsonDocument::of).collect()),
            notes: &report.notes,
        }
    }
}

impl<'a> JsonSnapshot<'a> {
    fn of(label: &'a SnapshotLabel) -> Self {
        Self {
            kind: label.kind,
            id: label.id.as_deref(),
        }
    }
}

impl<'a> JsonNamedSnapshot<'a> {
    fn of(label: &'a SnapshotLabel) -> Self {
        Self {
            kind: label.kind,
            id: label.id.as_deref(),
            name: label.name.as_deref(),
        }
    }
}

impl JsonAudit {
    fn of(counts: AuditCounts) -> Self {
        Self {
            repositories: counts.repositories,
            apis: counts.apis,
            run: counts.run.map(|run| JsonRun {
                unchanged: run.unchanged,
                resumed: run.resumed,
                provider_calls: run.provider_calls,
                postman_calls: run.postman_calls,
            }),
        }
    }
}

impl<'a> JsonFinding<'a> {
    fn of(finding: &'a Finding) -> Self {
        let location = &finding.location;
        Self {
            rule: finding.rule.0,
            severity: finding.severity.word(),
            message: &finding.message,
            location: JsonLocation {
                path: location.path.as_str(),
                line: location.start.line,
                column: location.start.column,
                end_line: location.end.line,
                end_column: location.end.column,
                pointer: location.pointer.as_deref(),
            },
            help: &finding.help,
            fingerprint: &finding.fingerprint,
            commit: finding.commit.as_deref(),
        }
    }
}

impl<'a> JsonDocument<'a> {
    fn of(verdict: &'a DocumentVerdict) -> Self {
        Self {
            path: &verdict.path,
            format: verdict.format,
            valid: verdict.valid,
        }
    }
}

/// The one object that a command prints.
pub fn object_text(object: &Value) -> String {
    json(&format!("{object:#}\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::render;
    use crate::model::path::RepoPath;
    use crate::model::report::{Gate, SnapshotLabel};
    use crate::report::sample::{finding_at, hostile_report, report_of, sample_report};

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn keys(value: &Value) -> Vec<&str> {
        value
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect()
    }

    #[test]
    fn the_sample_is_the_object_of_the_contract() {
        let expected = r#"{
  "format_version": 1,
  "command": "check",
  "exit_code": 1,
  "snapshot": {
    "kind": "revision",
    "id": "9f1c2ab34d5e6f708192a3b4c5d6e7f8091a2b3c"
  },
  "summary": {
    "errors": 2,
    "warnings": 1,
    "documents": 37,
    "bytes": 1234567,
    "milliseconds": 14,
    "allowed": 3,
    "known": 2
  },
  "findings": [
    {
      "rule": "nested-directories",
      "severity": "error",
      "message": "collection directory is inside the schema directory",
      "location": {
        "path": ".postman/api_7c1f",
        "line": 6,
        "column": 17,
        "end_line": 6,
        "end_column": 46,
        "pointer": null
      },
      "help": "choose two directories of which neither contains the other",
      "fingerprint": "4be0d1c2"
    },
    {
      "rule": "provider-token",
      "severity": "warning",
      "message": "a live key of a payment provider",
      "location": {
        "path": "postman/collections/Größe.json",
        "line": 42,
        "column": 10,
        "end_line": 42,
        "end_column": 28,
        "pointer": "/key"
      },
      "help": "revoke the key, then take it out of the history",
      "fingerprint": "99aa",
      "commit": "abcdef1234567890abcdef1234567890abcdef12"
    },
    {
      "rule": "missing-directory",
      "severity": "error",
      "message": "the schema directory does not exist",
      "location": {
        "path": "postman/schemas",
        "line": 1,
        "column": 1,
        "end_line": 1,
        "end_column": 1,
        "pointer": null
      },
      "help": "create it, or name another one in git-postman.toml",
      "fingerprint": "0123"
    }
  ],
  "documents": [
    {
      "path": "postman/collections/Größe.json",
      "format": "collection-2.1",
      "valid": true
    },
    {
      "path": "api.raml",
      "format": "raml-1.0",
      "valid": null
    }
  ],
  "notes": [
    "2 files are stored with Git LFS and were not read"
  ]
}
"#;
        assert_eq!(render(&sample_report()), expected);
    }

    #[test]
    fn what_is_printed_reads_back_with_the_keys_in_place() {
        let object = parsed(&render(&sample_report()));
        assert_eq!(
            keys(&object),
            [
                "format_version",
                "command",
                "exit_code",
                "snapshot",
                "summary",
                "findings",
                "documents",
                "notes"
            ]
        );
        let finding = [
            "rule",
            "severity",
            "message",
            "location",
            "help",
            "fingerprint",
        ];
        assert_eq!(keys(&object["findings"][0]), finding);
        let location = [
            "path",
            "line",
            "column",
            "end_line",
            "end_column",
            "pointer",
        ];
        assert_eq!(keys(&object["findings"][0]["location"]), location);
        assert_eq!(keys(&object["documents"][0]), ["path", "format", "valid"]);
    }

    #[test]
    fn a_clean_run_has_its_keys_too() {
        let object = parsed(&render(&report_of(Vec::new())));
        assert_eq!(object["exit_code"], json!(0));
        assert_eq!(object["snapshot"], json!({"kind": "worktree", "id": null}));
        assert_eq!(object["findings"], json!([]));
        assert_eq!(object["notes"], json!([]));
        assert_eq!(object.get("documents"), None);
        assert_eq!(object.get("snapshots"), None);
    }

    #[test]
    fn the_exit_code_follows_the_gate() {
        let mut report = sample_report();
        report.gate = Gate::Never;
        assert_eq!(parsed(&render(&report))["exit_code"], json!(0));
    }

    #[test]
    fn several_tips_are_listed_with_their_names() {
        let tip = |id: &str, name: &str| SnapshotLabel {
            kind: "revision",
            id: Some(id.to_owned()),
            name: Some(name.to_owned()),
        };
        let mut report = report_of(Vec::new());
        report.snapshots = vec![tip("aa", "main"), tip("bb", "v1")];
        let object = parsed(&render(&report));
        assert_eq!(object["snapshot"], json!({"kind": "revision", "id": "aa"}));
        assert_eq!(
            object["snapshots"],
            json!([
                {"kind": "revision", "id": "aa", "name": "main"},
                {"kind": "revision", "id": "bb", "name": "v1"}
            ])
        );
        report.snapshots.clear();
        assert_eq!(parsed(&render(&report))["snapshot"], Value::Null);
    }

    #[test]
    fn hostile_text_comes_through_unchanged_and_escaped() {
        let report = hostile_report();
        let text = render(&report);
        assert!(text.contains(
            r"\u001b]0;owned\u0007\u009b31m\u202e\nforged: line\r\ufeff\udb40\udc41\t\u2028end"
        ));
        let object = parsed(&text);
        assert_eq!(
            object["findings"][0]["message"],
            json!(report.findings[0].message)
        );
        assert_eq!(
            object["findings"][0]["location"]["path"],
            json!(report.findings[0].location.path.as_str())
        );
        assert_eq!(object["notes"], json!(report.notes));
    }

    #[test]
    fn a_name_that_is_not_utf_8_is_shown_with_a_replacement() {
        let mut finding = finding_at("a", "a", "a");
        finding.location.path = RepoPath::from_git(b"b\xffd.json").unwrap();
        let object = parsed(&render(&report_of(vec![finding])));
        assert_eq!(
            object["findings"][0]["location"]["path"],
            json!("b\u{fffd}d.json")
        );
    }
}
