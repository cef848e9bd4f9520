//! Real documents written back: nothing changed is nothing written, one value is one line. Needs a corpus that is no part of
//! the repository: where it is missing the tests say so.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use git_postman::format::edit::{Change, Edit, apply, reshape};
use git_postman::format::fault::FaultKind;
use git_postman::format::node::{Document, Kind, NodeRef};
use git_postman::format::{json, parse, yaml};
use serde_json::{Value, json as value};

/// One file of so many is looked at.
const STEP: usize = 11;
/// So many values of each are changed.
const SCALARS: usize = 6;

#[expect(clippy::print_stderr, reason = "a test that is passed over says why")]
fn corpus() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if path.join("verdicts.tsv").is_file() {
        return path.canonicalize().ok();
    }
    eprintln!("skipped: the corpus is not at {}", path.display());
    None
}

fn documents(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            documents(&path, into);
        } else if path
            .extension()
            .is_some_and(|extension| ["json", "yaml", "yml"].iter().any(|known| extension == *known))
        {
            into.push(path);
        }
    }
}

/// A value as serde has it; of a number that it cannot hold the text.
fn plain(node: NodeRef<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::Boolean => Value::Bool(node.as_boolean().unwrap()),
        Kind::Number => {
            let text = node.as_number().unwrap();
            serde_json::from_str(text).unwrap_or_else(|_| value!({"number": text}))
        }
        Kind::String => Value::from(node.as_str().unwrap()),
        Kind::Array => node.items().map(plain).collect(),
        Kind::Object => {
            let members = node.members().map(|member| (member.key.to_owned(), plain(member.value)));
            Value::Object(members.collect())
        }
    }
}

fn pointers(value: &Value, pointer: &str, into: &mut Vec<String>) {
    into.push(pointer.to_owned());
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                pointers(member, &format!("{pointer}/{key}"), into);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, &format!("{pointer}/{index}"), into);
            }
        }
        _ => {}
    }
}

/// How many lines differ: those that neither a common start nor a common end has.
fn changed_lines(before: &str, after: &str) -> usize {
    let (one, two): (Vec<&str>, Vec<&str>) = (before.split('\n').collect(), after.split('\n').collect());
    let start = one.iter().zip(&two).take_while(|(a, b)| a == b).count();
    let most = one.len().min(two.len()) - start;
    let end = one
        .iter()
        .rev()
        .zip(two.iter().rev())
        .take(most)
        .take_while(|(a, b)| a == b)
        .count();
    one.len().max(two.len()) - start - end
}

fn read(text: String, yaml: bool) -> Document {
    let (document, faults) = if yaml { yaml::parse(text) } else { json::parse(text) };
    assert!(!faults.iter().any(|fault| fault.kind == FaultKind::Syntax), "{faults:?}");
    document
}

fn edited(document: &Document, pointer: &str, change: Change) -> Result<String, String> {
    let edit = Edit {
        pointer: pointer.to_owned(),
        change,
    };
    apply(document, &[edit]).map_err(|error| error.to_string())
}

#[test]
fn real_documents_are_changed_where_they_are_edited_and_nowhere_else() {
    let Some(corpus) = corpus() else { return };
    let mut paths = Vec::new();
    documents(&corpus, &mut paths);
    let mut lines: BTreeMap<(bool, usize), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let (mut files, mut removed, mut inserted) = (0, 0, 0);
    for path in paths.iter().step_by(STEP) {
        let name = path.strip_prefix(&corpus).unwrap().to_string_lossy().into_owned();
        let parsed = parse(&name, fs::read(path).unwrap());
        let Some(document) = parsed.document else { continue };
        let faulty = |kind| parsed.faults.iter().any(|fault| fault.kind == kind);
        if document.root().is_none() || faulty(FaultKind::Syntax) {
            continue;
        }
        files += 1;
        let text = document.text().to_owned();
        let yaml = document.is_yaml();
        let own = plain(document.root().unwrap());
        if apply(&document, &[]).as_deref() != Ok(&text) || reshape(&document, &own).as_deref() != Ok(&text) {
            wrong.push(format!("{name}: changed by no edit"));
        }
        let mut all = Vec::new();
        pointers(&own, "", &mut all);
        let places: Vec<&String> = all.iter().skip(1).filter(|pointer| document.at(pointer).is_some()).collect();
        let is_scalar = |pointer: &&&String| !own.pointer(pointer).is_none_or(|v| v.is_object() || v.is_array() || v.is_null());
        let scalars: Vec<&String> = places.iter().filter(|pointer| is_scalar(pointer)).copied().collect();
        for pointer in scalars.iter().step_by(scalars.len().div_ceil(SCALARS).max(1)) {
            let old = own.pointer(pointer).unwrap();
            let new = match old {
                Value::Bool(old) => Value::Bool(!old),
                Value::String(old) => Value::from(format!("{old}x")),
                _ => value!(4711),
            };
            let mut meant = own.clone();
            *meant.pointer_mut(pointer).unwrap() = new.clone();
            match edited(&document, pointer, Change::Set(new)) {
                Ok(after) => {
                    let changed = changed_lines(&text, &after);
                    *lines.entry((yaml, changed)).or_default() += 1;
                    if plain(read(after.clone(), yaml).root().unwrap()) != meant {
                        wrong.push(format!("{name}: {pointer} set to something else"));
                    }
                    if reshape(&document, &meant).as_deref() != Ok(&after) {
                        wrong.push(format!("{name}: {pointer} reshaped otherwise: {:?}", reshape(&document, &meant).err()));
                    }
                    if changed != 1 && std::env::args().any(|a| a == "--nocapture") {
                        eprintln!("{changed} lines: {name} {pointer} {:?}", old.to_string().chars().take(70).collect::<String>());
                    }
                }
                Err(error) => wrong.push(format!("{name}: {pointer} not set: {error}")),
            }
        }
        for pointer in places.iter().step_by(places.len().div_ceil(SCALARS).max(1)) {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let key = key.replace("~1", "/").replace("~0", "~");
            let mut meant = own.clone();
            match meant.pointer_mut(parent).unwrap() {
                Value::Object(members) => drop(members.shift_remove(&key)),
                Value::Array(items) => drop(items.remove(key.parse().unwrap())),
                _ => unreachable!("a parent holds something"),
            }
            removed += 1;
            match edited(&document, pointer, Change::Remove) {
                Ok(after) if plain(read(after.clone(), yaml).root().unwrap()) == meant => {
                    let again = reshape(&document, &meant).map(|text| plain(read(text, yaml).root().unwrap()));
                    if again.as_ref() != Ok(&meant) {
                        wrong.push(format!("{name}: {pointer} not removed by reshaping: {:?}", again.err()));
                    }
                }
                other => wrong.push(format!("{name}: {pointer} not removed: {:?}", other.err())),
            }
            let new = value!({"name": "New: one", "on": ["yes", 1, null, {"a": {}}], "text": "two\nlines\n"});
            let mut meant = own.clone();
            match meant.pointer_mut(parent).unwrap() {
                Value::Object(members) => drop(members.insert("new key".to_owned(), new.clone())),
                Value::Array(items) => items.insert(key.parse().unwrap(), new.clone()),
                _ => unreachable!("a parent holds something"),
            }
            inserted += 1;
            let change = Change::Insert {
                key: "new key".to_owned(),
                value: new,
                before: Some(key),
            };
            match edited(&document, parent, change) {
                Ok(after) if plain(read(after.clone(), yaml).root().unwrap()) == meant => {}
                other => wrong.push(format!("{name}: nothing inserted before {pointer}: {:?}", other.err())),
            }
        }
    }
    eprintln!("{files} files, {removed} removed, {inserted} inserted; lines changed by one value, JSON and YAML: {lines:?}");
    assert!(files > 50);
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
