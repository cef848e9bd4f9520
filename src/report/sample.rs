//! The reports that the tests of every format draw.

use proptest::prelude::{Strategy, any, prop_oneof};

use crate::model::finding::{Excerpt, Finding, Location, RuleId, Severity};
use crate::model::path::RepoPath;
use crate::model::report::{DocumentVerdict, Gate, Report, SnapshotLabel, Summary};
use crate::model::rule::{Group, RuleText};
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
            audit: None,
        },
        gate: Gate::Error,
        notes: Vec::new(),
        range: None,
        rules: RULES.to_vec(),
    }
}

/// The rules of the samples, and one that never finds anything.
const RULES: [RuleText; 4] = [
    text("missing-directory", Group::Layout),
    text("nested-directories", Group::Layout),
    text("provider-token", Group::Secret),
    text("syntax", Group::Document),
];

const fn text(id: &'static str, group: Group) -> RuleText {
    RuleText {
        id: RuleId(id),
        group,
        severity: Severity::Error,
        summary: "something is wrong",
        since: "0.1",
        docs: "#### What it finds\n\nA `thing` that is wrong & <odd>.\n\n#### How to fix\n\n```json\n{\"a\": 1}\n```",
    }
}

/// What is a command, markup, a mention or no character at all for some reader of some format.
pub(crate) const DANGERS: &[&str] = &[
    "\n",
    "\r",
    "\n::error file=x::forged",
    "::warning::forged",
    "%0A::error::forged",
    "##vso[task.complete result=Succeeded;]",
    "##",
    "vso[x]",
    "##[section]x",
    "##teamcity[buildStatus]",
    "section_start:1:x\r\u{1b}[0K",
    "\u{1b}[2J",
    "\u{202e}",
    "\u{0}",
    "\u{fffe}",
    "\u{ffff}",
    "]]>",
    "<![CDATA[",
    "<script>alert(1)</script>",
    "</script>",
    "</style>",
    "<!--",
    "-->",
    "<img src=x onerror=alert(1)>",
    "' onload='alert(1)",
    "\" onload=\"alert(1)",
    "&amp;",
    "&#64;user",
    "@user",
    "#123",
    "!5",
    "GH-7",
    "owner/name#1",
    "[a](https://example.com)",
    "![a](https://example.com/a.png)",
    "<https://example.com>",
    "https://example.com",
    "www.example.com",
    "user@example.com",
    "[a]: https://example.com",
    "`",
    "``",
    "```\n",
    "|",
    "\n| a | b |\n|---|---|\n",
    "\n# heading",
    "\n- item",
    "\n1. item",
    "1.",
    "***",
    "~~~",
    "[^1]",
    "- [ ] task",
    "$a$",
    ":tada:",
    "deadbeefdeadbeef",
    " ",
    "plain words",
];

/// Text made of what is dangerous somewhere, and of anything.
pub(crate) fn hostile_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        proptest::sample::select(DANGERS).prop_map(str::to_owned),
        any::<String>(),
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

/// So many findings, errors and warnings in turns, each at a place of its own.
pub(crate) fn large_report(count: usize) -> Report {
    let text = "{\"name\": \"a request with a rather long name\", \"id\": 1}";
    let finding = |number: usize| {
        let mut finding = finding_at("a", text, "\"a request with a rather long name\"");
        finding.location.path =
            RepoPath::parse(&format!("postman/collections/{}.json", number / 10)).unwrap();
        finding.location.start.line = u32::try_from(number).unwrap() + 1;
        finding.location.end.line = finding.location.start.line;
        if number % 2 == 1 {
            finding.severity = Severity::Warning;
            finding.rule = RuleId("syntax");
        }
        finding.fingerprint = format!("{:032x}", number / 2);
        finding
    };
    report_of((0..count).map(finding).collect())
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
            audit: None,
        },
        notes: vec!["2 files are stored with Git LFS and were not read".to_owned()],
        ..report_of(vec![nested, token, missing])
    }
}

/// Everything a stranger can write into a report, written by a hostile one.
pub(crate) fn hostile_report() -> Report {
    let first =
        "\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\nforged: line\r\u{feff}\u{e0041}\t\u{2028}end";
    let poison = &format!("{first}{}", DANGERS.concat());
    let finding = Finding {
        rule: RuleId("syntax"),
        severity: Severity::Error,
        message: format!("message {poison}"),
        location: Location {
            path: RepoPath::outside(&format!("dir/{poison}.json")),
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
        ..report_of(vec![finding, whole])
    }
}
