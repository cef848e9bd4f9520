//! Rules tested on repositories that are strings, with the expectation in them.
//!
//! ```text
//! //- .postman/api_1
//! rootDirectory = postman/schemas/collections
//!               # ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ nested-directories
//! //- postman/collections/notes.md | stray-file
//! //! postman/schemas | missing-directory
//! ```
//!
//! Carets mark the place on the line above and are taken out before anything is read, so they work in JSON too.
//! A name behind `|` expects a finding on the file as a whole; `//!` expects one where there is no file.

use std::collections::BTreeMap;

use crate::check::levels::Levels;
use crate::check::{Scope, run};
use crate::config::file::{Config, FILE_NAME};
use crate::model::finding::Finding;
use crate::model::path::RepoPath;
use crate::model::snapshot::MemorySnapshot;
use crate::project::{Branches, Project};

/// Expects exactly the findings of `rule` that stand in the fixture; what other rules say does not count.
pub fn check(rule: &str, fixture: &str) {
    let (files, mut expected) = read(fixture);
    expected.retain(|line| line.ends_with(&format!(" {rule}")));
    let mut found: Vec<String> = findings(files, Branches::default())
        .into_iter()
        .filter(|finding| finding.rule.0 == rule)
        .map(|finding| shown(&finding))
        .collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "expected on the right");
}

/// Everything that any rule finds in files.
pub fn findings(files: BTreeMap<RepoPath, Vec<u8>>, branches: Branches) -> Vec<Finding> {
    let own = RepoPath::parse(FILE_NAME).unwrap();
    let config = match files.get(&own) {
        Some(text) => crate::config::file::parse(&own, &String::from_utf8_lossy(text)).unwrap(),
        None => Config::default(),
    };
    let snapshot = MemorySnapshot::new(files);
    let mut project = Project::load(&snapshot, &config).unwrap();
    project.branches = branches;
    let levels = Levels::of(&config).unwrap();
    let findings = run(&mut project, &snapshot, &Scope::Managed, &levels, &|_| {})
        .unwrap()
        .findings;
    for finding in &findings {
        assert!(
            !finding.message.ends_with('.') && !finding.help.is_empty(),
            "{finding:?}"
        );
        let word = finding.message.split(' ').next().unwrap();
        let name = word == "Postman" || word.chars().all(|c| !c.is_lowercase());
        assert!(
            name || !word.starts_with(char::is_uppercase),
            "{}",
            finding.message
        );
    }
    findings
}

/// The messages and helps of one rule over a fixture, for a test about words.
pub fn words(rule: &str, fixture: &str) -> Vec<(String, String)> {
    let (files, _) = read(fixture);
    let found = findings(files, Branches::default())
        .into_iter()
        .filter(|finding| finding.rule.0 == rule);
    found
        .map(|finding| (finding.message, finding.help))
        .collect()
}

/// The files of a fixture, and what is expected: `path:line:column-end rule`, or `path rule` for whole files.
pub fn read(fixture: &str) -> (BTreeMap<RepoPath, Vec<u8>>, Vec<String>) {
    let mut files: BTreeMap<RepoPath, Vec<u8>> = BTreeMap::new();
    let mut expected = Vec::new();
    let mut current: Option<RepoPath> = None;
    let mut line = 0;
    for text in fixture.lines() {
        if let Some(rest) = text.strip_prefix("//! ") {
            let (path, rule) = rest.split_once(" | ").expect("`//! path | rule`");
            expected.push(format!("{path} {rule}"));
        } else if let Some(rest) = text.strip_prefix("//- ") {
            let (path, rules) = rest.split_once(" | ").unwrap_or((rest, ""));
            expected.extend(
                rules
                    .split_whitespace()
                    .map(|rule| format!("{path} {rule}")),
            );
            let path = RepoPath::parse(path).unwrap();
            files.insert(path.clone(), Vec::new());
            current = Some(path);
            line = 0;
        } else if let Some((start, end, rule)) = carets(text) {
            let path = current.as_ref().expect("carets below a file");
            expected.push(format!("{path}:{line}:{start}-{end} {rule}"));
        } else if let Some(path) = &current {
            let bytes = files.get_mut(path).unwrap();
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(b'\n');
            line += 1;
        }
    }
    (files, expected)
}

fn carets(text: &str) -> Option<(usize, usize, &str)> {
    let bare = text
        .trim_start()
        .trim_start_matches(['#', '/'])
        .trim_start();
    if !bare.starts_with('^') {
        return None;
    }
    let start = text.chars().count() - bare.chars().count() + 1;
    let length = bare.chars().take_while(|c| *c == '^').count();
    Some((start, start + length, bare[length..].trim()))
}

fn shown(finding: &Finding) -> String {
    let location = &finding.location;
    if finding.excerpt.is_none() {
        return format!("{} {}", location.path, finding.rule);
    }
    format!(
        "{}:{}:{}-{} {}",
        location.path,
        location.start.line,
        location.start.column,
        location.end.column,
        finding.rule
    )
}
