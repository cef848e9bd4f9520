//! Verdicts on real documents, against what two independent schema engines said of each of them, and against the
//! official schemas on copies of them with one fault each. Both need a corpus that is no part of the repository: where
//! it is missing they say so.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use git_postman::format::parse;
use serde_json::{Value, json};

use crate::support::Repository;
use crate::support::corpus::corpus;
use crate::support::values::pointers;

/// Judged by the table as its parent's 2.0. Its `info.schema` names a version that nobody knows, and the contract
/// judges such a collection as 2.1, which has other demands.
const OF_AN_UNKNOWN_VERSION: &str = "mutants/m024-schema-url-wrong-version.postman_collection.json";

struct Row {
    path: String,
    kind: String,
    valid: bool,
    keyword: String,
}

/// The rows that two engines agree on.
fn rows(corpus: &Path) -> Vec<Row> {
    let text = fs::read_to_string(corpus.join("verdicts.tsv")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let judged = matches!(cells[3], "valid" | "invalid");
        let counts = judged && matches!(cells[6], "yes" | "engines");
        counts.then(|| Row {
            path: cells[0].to_owned(),
            kind: cells[1].to_owned(),
            valid: cells[3] == "valid",
            keyword: cells[5].to_owned(),
        })
    };
    text.lines().skip(1).filter_map(row).collect()
}

#[test]
fn verdicts_agree_with_two_engines_of_the_official_schemas() {
    let Some(corpus) = corpus() else { return };
    let rows: Vec<Row> = rows(&corpus)
        .into_iter()
        .filter(|row| ["collections", "mutants", "openapi"].contains(&row.kind.as_str()))
        // `format` does not decide `valid`: the contract says so.
        .filter(|row| row.keyword != "format" && row.path != OF_AN_UNKNOWN_VERSION)
        .collect();
    let place = Repository::none();
    let mut wrong = Vec::new();
    for batch in rows.chunks(200) {
        let mut arguments = vec!["check", "--format", "json", "--fail-on", "never"];
        arguments.extend(batch.iter().map(|row| row.path.as_str()));
        let report = place.run_in(&corpus, &arguments).expect(0).json();
        let documents = report["documents"].as_array().unwrap();
        assert_eq!(documents.len(), batch.len());
        for (row, document) in batch.iter().zip(documents) {
            assert_eq!(document["path"], row.path.as_str());
            if document["valid"] != json!(row.valid) {
                wrong.push(format!("{document} is {} ({})", row.valid, row.keyword));
            }
        }
    }
    assert!(rows.len() > 500, "only {} rows", rows.len());
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n")
    );
}

/// The official schema of a format, by the name that the contract has for it.
fn official(corpus: &Path) -> BTreeMap<&'static str, jsonschema::Validator> {
    let files = [
        ("collection-1", "postman-collection-1.0.0.draft-07.json"),
        ("collection-2.0", "postman-collection-2.0.0.draft-07.json"),
        ("collection-2.1", "postman-collection-2.1.0.draft-07.json"),
        ("openapi-2.0", "openapi-2.0.json"),
        ("openapi-3.0", "openapi-3.0.json"),
        ("openapi-3.1", "openapi-3.1.json"),
        ("openapi-3.2", "openapi-3.2.json"),
    ];
    files
        .into_iter()
        .map(|(format, file)| {
            let text = fs::read_to_string(corpus.join("schemas").join(file)).unwrap();
            let schema: Value = serde_json::from_str(&text).unwrap();
            let validator = jsonschema::options()
                .offline()
                .should_validate_formats(false)
                .build(&schema);
            (
                format,
                validator.unwrap_or_else(|error| panic!("{file}: {error}")),
            )
        })
        .collect()
}

/// Every value of a document by its pointer, at most `most` of them, spread evenly.
fn some_pointers(value: &Value, most: usize) -> Vec<String> {
    let all = pointers(value);
    let step = all.len().div_ceil(most).max(1);
    all.into_iter().step_by(step).collect()
}

/// Copies of a document in which one value is of another kind, gone, or joined by an unknown one.
fn damaged(document: &Value, pointer: &str) -> Vec<Value> {
    let others = [
        Value::Null,
        json!(true),
        json!(7),
        json!("text"),
        json!([]),
        json!({}),
        json!(["text"]),
        json!({"name": "x", "type": "apikey", "$ref": "#/x"}),
    ];
    let mut copies = Vec::new();
    for other in others {
        let mut copy = document.clone();
        if let Some(value) = copy.pointer_mut(pointer) {
            *value = other;
            copies.push(copy);
        }
    }
    if let Some((parent, key)) = pointer.rsplit_once('/') {
        let mut copy = document.clone();
        let key = key.replace("~1", "/").replace("~0", "~");
        if let Some(Value::Object(members)) = copy.pointer_mut(parent) {
            members.shift_remove(&key);
            copies.push(copy);
        }
    }
    let mut copy = document.clone();
    if let Some(Value::Object(members)) = copy.pointer_mut(pointer) {
        members.insert("unknown-key".to_owned(), json!(1));
        copies.push(copy);
    }
    copies
}

#[test]
fn verdicts_agree_with_the_official_schemas_on_damaged_copies() {
    let Some(corpus) = corpus() else { return };
    let validators = official(&corpus);
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    let documents: Vec<Row> = rows(&corpus)
        .into_iter()
        .filter(|row| row.valid && ["collections", "openapi"].contains(&row.kind.as_str()))
        .collect();
    for row in documents.iter().step_by(9) {
        let bytes = fs::read(corpus.join(&row.path)).unwrap();
        let Ok(document) = serde_json::from_slice::<Value>(&bytes) else {
            continue;
        };
        for pointer in some_pointers(&document, 10) {
            for copy in damaged(&document, &pointer) {
                let judged = parse("copy.json", serde_json::to_vec(&copy).unwrap());
                let name = judged.format.name();
                let Some(validator) = validators.get(name) else {
                    continue;
                };
                let subject = match copy.get("collection") {
                    Some(inner) if name.starts_with("collection") => inner,
                    _ => &copy,
                };
                let theirs = validator.is_valid(subject);
                seen.entry(name).or_default()[usize::from(theirs)] += 1;
                if judged.valid != Some(theirs) {
                    let ours = judged.valid;
                    let value = copy.pointer(&pointer).map(ToString::to_string);
                    let value: String = value.unwrap_or_default().chars().take(60).collect();
                    wrong.push(format!(
                        "{name} {}: {pointer} = {value}: {ours:?}, officially {theirs}",
                        row.path
                    ));
                }
            }
        }
    }
    eprintln!("compared, refused and accepted: {seen:?}");
    // Neither side has an easy life: copies of both verdicts are there in numbers.
    for name in ["collection-2.0", "collection-2.1", "openapi-3.0"] {
        assert!(seen[name].iter().all(|count| *count > 100), "{seen:?}");
    }
    assert!(
        wrong.is_empty(),
        "{} of {seen:?}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
