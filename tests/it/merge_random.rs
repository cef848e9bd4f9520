//! Merges of random edits: what holds for each of them, on generated documents and on real ones. Thousands more are made by
//! `benches/properties.rs`.

use git_postman::format::detect::Format;
use git_postman::format::json;
use git_postman::format::merge::merge;
use git_postman::format::node::Document;
use git_postman::format::write::to_text;
use git_postman::mirror::merging::MergedText;
use serde_json::{Value, json};

use crate::support::corpus::corpus;
use crate::support::edits::{
    Edit, edited, generated, number, random, tabbed, unordered, without_numbers,
};

/// A merge of texts by the engine alone: what the program adds is the look at the result.
fn merged(format: Format, base: &Document, ours: &str, theirs: &str) -> MergedText {
    let (ours, theirs) = (parsed(ours), parsed(theirs));
    let roots = [base, &ours, &theirs].map(|document| document.root().unwrap());
    let outcome = merge(format, roots[0], roots[1], roots[2], false);
    MergedText {
        text: to_text(&outcome.merged, &ours).unwrap(),
        conflicts: outcome.conflicts,
    }
}

fn parsed(text: &str) -> Document {
    let (document, faults) = json::parse(text.to_owned());
    assert_eq!(faults, []);
    document
}

/// One in so many results is looked at with the schema, which takes more time than all the rest.
const JUDGED: u64 = 6;

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// All that a conflict tells of both sides.
fn told(merged: &MergedText) -> String {
    let texts = merged
        .conflicts
        .iter()
        .flat_map(|conflict| [&conflict.base, &conflict.ours, &conflict.theirs]);
    texts.flatten().cloned().collect()
}

/// Holds everything that must be true of one merge.
fn holds(
    format: Format,
    base: &Document,
    sides: [&str; 2],
    marks: &[String],
    seed: u64,
    what: &dyn Fn() -> String,
) -> MergedText {
    let [ours, theirs] = sides;
    let result = merged(format, base, ours, theirs);
    let told = told(&result);
    for mark in marks {
        let stood = ours.contains(mark.as_str()) || theirs.contains(mark.as_str());
        let stands = result.text.contains(mark.as_str()) || told.contains(mark.as_str());
        assert!(
            !stood || stands,
            "{mark} is lost\n{}\n{:?}",
            what(),
            result.conflicts
        );
    }
    if seed.is_multiple_of(JUDGED) {
        let parsed = git_postman::format::parse("a.json", result.text.clone().into_bytes());
        assert_eq!(parsed.valid, Some(true), "{:?}\n{}", parsed.faults, what());
    }
    let swapped = merged(format, base, theirs, ours);
    assert_eq!(
        result.conflicts.is_empty(),
        swapped.conflicts.is_empty(),
        "the sides matter\n{}",
        what()
    );
    result
}

/// What must be true of one side alone.
fn is_neutral(format: Format, base: &Document, side: &str, what: &dyn Fn() -> String) {
    for (ours, theirs) in [(side, base.text()), (base.text(), side), (side, side)] {
        let result = merged(format, base, ours, theirs);
        assert_eq!(
            (result.text.as_str(), result.conflicts.len()),
            (side, 0),
            "{}",
            what()
        );
    }
}

/// Merges random edits of one collection; gives how many of the merges were clean.
fn collections(base: &Value, seeds: std::ops::Range<u64>, most: usize) -> usize {
    let mut base = base.clone();
    let items = number(&mut base);
    let text = |value: &Value| tabbed(&without_numbers(value));
    let written = parsed(&text(&base));
    let mut clean = 0;
    for seed in seeds {
        let mut source = fastrand::Rng::with_seed(seed);
        let own = random(&mut source, most, items, "ours");
        let other = random(&mut source, most, items, "theirs");
        let what = || format!("seed {seed}\n{own:?}\n{other:?}");
        let (ours, theirs) = (text(&edited(&base, &own)), text(&edited(&base, &other)));
        is_neutral(Format::Collection21, &written, &ours, &what);
        let marks: Vec<String> = own.iter().chain(&other).flat_map(marks).collect();
        let result = holds(
            Format::Collection21,
            &written,
            [&ours, &theirs],
            &marks,
            seed,
            &what,
        );
        if result.conflicts.is_empty() {
            clean += 1;
            let one = without_numbers(&edited(&base, own.iter().chain(&other)));
            let two = without_numbers(&edited(&base, other.iter().chain(&own)));
            let result = unordered(&value(&result.text));
            assert!(
                result == unordered(&one) || result == unordered(&two),
                "not what both wanted\n{}\n{}",
                what(),
                first_difference(&unordered(&one), &result, "")
            );
        }
    }
    clean
}

fn marks(edit: &Edit) -> [String; 1] {
    [if edit.kind == 2 {
        edit.mark.to_uppercase()
    } else {
        edit.mark.clone()
    }]
}

fn first_difference(one: &Value, other: &Value, at: &str) -> String {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys()) {
                if a.get(key) != b.get(key) {
                    let null = Value::Null;
                    return first_difference(
                        a.get(key).unwrap_or(&null),
                        b.get(key).unwrap_or(&null),
                        &format!("{at}/{key}"),
                    );
                }
            }
            String::new()
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let index = (0..a.len())
                .find(|index| a[*index] != b[*index])
                .unwrap_or(0);
            first_difference(&a[index], &b[index], &format!("{at}/{index}"))
        }
        _ => format!("{at}: wanted {one}\nis {other}"),
    }
}

#[test]
fn random_edits_of_a_small_collection_merge_to_what_both_wanted() {
    let clean = collections(&generated(12), 0..160, 4);
    assert!(clean > 48, "{clean} clean merges say little");
}

#[test]
fn random_edits_of_a_larger_collection_are_mostly_clean() {
    let clean = collections(&generated(60), 10_000..10_020, 3);
    assert!(clean > 12, "only {clean} of 20 merges are clean");
}

/// A definition with so many paths and schemas.
fn definition(size: usize) -> Value {
    let mut paths = serde_json::Map::new();
    let mut schemas = serde_json::Map::new();
    for number in 0..size {
        paths.insert(format!("/things/{number}"), json!({
            "get": {
                "tags": ["things"],
                "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}, {"name": "after", "in": "query", "schema": {"type": "string"}}],
                "responses": {"200": {"description": "fine"}, "404": {"description": "gone"}}
            }
        }));
        schemas.insert(format!("Thing{number}"), json!({
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "string"}, "state": {"type": "string", "enum": ["new", "old"]}}
        }));
    }
    json!({"openapi": "3.0.3", "info": {"title": "Things", "version": "1"}, "paths": paths, "components": {"schemas": schemas}})
}

fn change_definition(definition: &mut Value, source: &mut fastrand::Rng, mark: &str) {
    let size = 5;
    let path = format!("/paths/~1things~1{}", source.usize(..size));
    let schema = format!("/components/schemas/Thing{}", source.usize(..size));
    let kind = source.u8(..12);
    let (pointer, value) = match kind {
        0 => (
            format!("{schema}/properties/{mark}"),
            json!({"type": "string"}),
        ),
        1 => (format!("{schema}/required/-"), mark.into()),
        2 => (format!("{schema}/properties/state/enum/-"), mark.into()),
        3 => (
            format!("{path}/get/parameters/-"),
            json!({"name": mark, "in": "query", "schema": {"type": "string"}}),
        ),
        4 => (
            format!("{path}/get/parameters/{}/description", source.u8(..2)),
            mark.into(),
        ),
        5 => (format!("{path}/get/responses/{mark}"), Value::Null),
        6 => (format!("{path}/get/responses/404/description"), mark.into()),
        7 => (format!("{path}/get/tags/-"), mark.into()),
        8 => (
            format!("/paths/~1{mark}"),
            json!({"get": {"responses": {"200": {"description": mark}}}}),
        ),
        9 => (format!("{path}/get/summary"), mark.into()),
        10 => ("/info/description".to_owned(), mark.into()),
        _ => {
            let paths = definition["paths"].as_object_mut().unwrap();
            let name = paths
                .keys()
                .nth(source.usize(..paths.len().max(1)))
                .cloned();
            name.map(|name| paths.shift_remove(&name));
            return;
        }
    };
    let (holder, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/");
    match definition.pointer_mut(holder) {
        Some(Value::Array(list)) => list.push(value),
        Some(Value::Object(members)) if kind == 5 => {
            members.insert("500".to_owned(), json!({"description": mark}));
        }
        Some(Value::Object(members)) => {
            members.insert(key, value);
        }
        _ => {}
    }
}

#[test]
fn random_edits_of_a_definition_lose_nothing() {
    let base = definition(5);
    let written = parsed(&format!("{base:#}\n"));
    let mut clean = 0;
    for seed in 0..240 {
        let mut source = fastrand::Rng::with_seed(seed);
        let mut side = |mark: &str| {
            let mut side = base.clone();
            let count = source.usize(1..5);
            for number in 0..count {
                change_definition(&mut side, &mut source, &format!("{mark}{number}z"));
            }
            format!("{side:#}\n")
        };
        let (ours, theirs) = (side("ours"), side("theirs"));
        let marks: Vec<String> = (0..5)
            .flat_map(|number| [format!("ours{number}z"), format!("theirs{number}z")])
            .collect();
        let what = || format!("seed {seed}\n{ours}\n{theirs}");
        is_neutral(Format::OpenApi30, &written, &ours, &what);
        let result = holds(
            Format::OpenApi30,
            &written,
            [&ours, &theirs],
            &marks,
            seed,
            &what,
        );
        clean += usize::from(result.conflicts.is_empty());
    }
    assert!(clean > 144, "only {clean} of 240 merges are clean");
}

#[test]
fn random_edits_of_real_collections_merge_to_what_both_wanted() {
    let Some(corpus) = corpus() else { return };
    let mut files: Vec<_> = walkdir::WalkDir::new(corpus.join("collections"))
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .filter(|file| {
            file.metadata()
                .is_ok_and(|metadata| metadata.is_file() && metadata.len() < 60_000)
        })
        .map(walkdir::DirEntry::into_path)
        .collect();
    fastrand::Rng::with_seed(7).shuffle(&mut files);
    let (mut merges, mut clean) = (0, 0);
    for path in files {
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let Ok(base) = serde_json::from_str::<Value>(&text) else {
            continue;
        };
        let is_new = base
            .pointer("/info/schema")
            .and_then(Value::as_str)
            .is_some_and(|schema| schema.contains("v2.1.0"));
        let parsed = git_postman::format::parse("a.json", tabbed(&base).into_bytes());
        if !is_new || parsed.valid != Some(true) || base.get("item").is_none() {
            continue;
        }
        clean += collections(&base, merges..merges + 3, 3);
        merges += 3;
        if merges >= 60 {
            break;
        }
    }
    assert!(
        clean * 2 > merges as usize,
        "only {clean} of {merges} merges are clean"
    );
}
