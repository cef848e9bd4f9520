//! The reports that the tests of every format draw.

use crate::model::finding::{Excerpt, Finding, Location, RuleId, Severity};
use crate::model::path::RepoPath;
use crate::model::report::{DocumentVerdict, Gate, Report, SnapshotLabel, Summary};
use crate::model::span::{LineIndex, Position, Span};

/// A finding at `part` of `text`, which stands in `path`.
pub(crate) fn finding_at(path: &str, text: &str, part: &str) -> Finding {
    let lines = LineIndex::new(text);
    let start = text.find(part).unwrap();
    let span = Span::new(start, start + part.len());
    Finding {
        rule: RuleId("nested-directories"),
        severity: Severity::Error,
        message: "collection directory is inside the schema directory".to_owned(),
        location: Location {
            path: RepoPath::parse(path).unwrap(),
            start: lines.position(text, span.start),
            end: lines.position(text, span.end),
            pointer: None,
        },
        help: "choose two directories of which neither contains the other".to_owned(),
        excerpt: Some(Excerpt::of(text, &lines, span)),
        commit: None,
        fingerprint: "4be0d1c2".to_owned(),
    }
}

/// A report of one tip with nothing else in it.
pub(crate) fn report_of(findings: Vec<Finding>) -> Report {
    Report {
        command: "check".to_owned(),
        snapshots: vec![SnapshotLabel {
            kind: "worktree",
            id: None,
            name: None,
        }],
        findings,
        documents: None,
        summary: Summary {
            documents: 3,
            bytes: 18_234,
            milliseconds: 7,
            allowed: 0,
            known: 0,
        },
        gate: Gate::Error,
        notes: Vec::new(),
        range: None,
    }
}

/// One of everything: a place with a line, a place in a document with a commit, a directory as a whole.
pub(crate) fn sample_report() -> Report {
    let api = "[config]\nid = 7c1f\n\n[config.relations]\n\nfiles = {\"dir\": \"postman/schemas/collections\"}\n";
    let nested = finding_at(".postman/api_7c1f", api, "\"postman/schemas/collections\"");
    let body = format!("{}{{\"key\": \"sk-live-0123456789\"}}", "\n".repeat(41));
    let mut token = finding_at(
        "postman/collections/Größe.json",
        &body,
        "sk-live-0123456789",
    );
    token.rule = RuleId("provider-token");
    token.severity = Severity::Warning;
    token.message = "a live key of a payment provider".to_owned();
    token.help = "revoke the key, then take it out of the history".to_owned();
    token.location.pointer = Some("/key".to_owned());
    token.commit = Some("abcdef1234567890abcdef1234567890abcdef12".to_owned());
    token.excerpt = token.excerpt.map(|excerpt| excerpt.masked(3));
    token.fingerprint = "99aa".to_owned();
    let missing = Finding {
        rule: RuleId("missing-directory"),
        severity: Severity::Error,
        message: "the schema directory does not exist".to_owned(),
        location: Location::whole(RepoPath::parse("postman/schemas").unwrap()),
        help: "create it, or name another one in git-postman.toml".to_owned(),
        excerpt: None,
        commit: None,
        fingerprint: "0123".to_owned(),
    };
    Report {
        snapshots: vec![SnapshotLabel {
            kind: "revision",
            id: Some("9f1c2ab34d5e6f708192a3b4c5d6e7f8091a2b3c".to_owned()),
            name: None,
        }],
        documents: Some(vec![
            DocumentVerdict {
                path: "postman/collections/Größe.json".to_owned(),
                format: "collection-2.1",
                valid: Some(true),
            },
            DocumentVerdict {
                path: "api.raml".to_owned(),
                format: "raml-1.0",
                valid: None,
            },
        ]),
        summary: Summary {
            documents: 37,
            bytes: 1_234_567,
            milliseconds: 14,
            allowed: 3,
            known: 2,
        },
        notes: vec!["2 files are stored with Git LFS and were not read".to_owned()],
        range: None,
        ..report_of(vec![nested, token, missing])
    }
}

/// Everything a stranger can write into a report, written by a hostile one.
pub(crate) fn hostile_report() -> Report {
    let poison =
        "\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\nforged: line\r\u{feff}\u{e0041}\t\u{2028}end";
    let finding = Finding {
        rule: RuleId("syntax"),
        severity: Severity::Error,
        message: format!("message {poison}"),
        location: Location {
            path: RepoPath::parse(&format!("dir/{poison}.json")).unwrap(),
            start: Position { line: 3, column: 2 },
            end: Position { line: 3, column: 9 },
            pointer: Some(format!("/{poison}")),
        },
        help: format!("help {poison}"),
        excerpt: Some(Excerpt {
            text: format!("before {poison} after"),
            mark: Span::new(7, 7 + poison.len()),
        }),
        commit: Some(poison.to_owned()),
        fingerprint: poison.to_owned(),
    };
    let whole = Finding {
        excerpt: None,
        ..finding.clone()
    };
    Report {
        command: format!("check {poison}"),
        snapshots: vec![SnapshotLabel {
            kind: "revision",
            id: Some(poison.to_owned()),
            name: Some(poison.to_owned()),
        }],
        documents: Some(vec![DocumentVerdict {
            path: poison.to_owned(),
            format: "unknown",
            valid: Some(false),
        }]),
        notes: vec![poison.to_owned()],
        range: None,
        ..report_of(vec![finding, whole])
    }
}
