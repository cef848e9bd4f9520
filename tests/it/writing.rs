//! Real documents written back: nothing changed is nothing written, one value is one line. Needs a corpus that is no part of
//! the repository: where it is missing the tests say so.

use std::collections::BTreeMap;
use std::fs;

use git_postman::format::edit::{Change, Edit, apply};
use git_postman::format::fault::FaultKind;
use git_postman::format::node::Document;
use git_postman::format::reshape::reshape;
use git_postman::format::{json, parse, yaml};
use serde_json::{Value, json as value};

use crate::support::corpus::{corpus, files_below, is_one_of};
use crate::support::values::{changed_lines, plain, pointers};

/// One file of so many is looked at.
const STEP: usize = 43;
/// So many values of each are changed.
const SCALARS: usize = 3;

fn read(text: String, yaml: bool) -> Document {
    let (document, faults) = if yaml {
        yaml::parse(text)
    } else {
        json::parse(text)
    };
    assert!(
        !faults.iter().any(|fault| fault.kind == FaultKind::Syntax),
        "{faults:?}"
    );
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
    let mut paths = files_below(&corpus);
    paths.retain(|path| is_one_of(path, &["json", "yaml", "yml"]));
    let mut lines: BTreeMap<(bool, usize), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut files = 0;
    for path in paths.iter().step_by(STEP) {
        let name = path
            .strip_prefix(&corpus)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let parsed = parse(&name, fs::read(path).unwrap());
        let Some(document) = parsed.document else {
            continue;
        };
        let faulty = |kind| parsed.faults.iter().any(|fault| fault.kind == kind);
        if document.root().is_none() || faulty(FaultKind::Syntax) {
            continue;
        }
        files += 1;
        let text = document.text().to_owned();
        let yaml = document.is_yaml();
        let own = plain(document.root().unwrap());
        if apply(&document, &[]).as_deref() != Ok(&text)
            || reshape(&document, &own).as_deref() != Ok(&text)
        {
            wrong.push(format!("{name}: changed by no edit"));
        }
        let all = pointers(&own);
        let places: Vec<&String> = all
            .iter()
            .skip(1)
            .filter(|pointer| document.at(pointer).is_some())
            .collect();
        let is_scalar = |pointer: &&&String| {
            !own.pointer(pointer)
                .is_none_or(|v| v.is_object() || v.is_array() || v.is_null())
        };
        let scalars: Vec<&String> = places
            .iter()
            .filter(|pointer| is_scalar(pointer))
            .copied()
            .collect();
        for pointer in scalars
            .iter()
            .step_by(scalars.len().div_ceil(SCALARS).max(1))
        {
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
                        wrong.push(format!(
                            "{name}: {pointer} reshaped otherwise: {:?}",
                            reshape(&document, &meant).err()
                        ));
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
            match edited(&document, pointer, Change::Remove) {
                Ok(after) if plain(read(after.clone(), yaml).root().unwrap()) == meant => {
                    let again = reshape(&document, &meant)
                        .map(|text| plain(read(text, yaml).root().unwrap()));
                    if again.as_ref() != Ok(&meant) {
                        wrong.push(format!(
                            "{name}: {pointer} not removed by reshaping: {:?}",
                            again.err()
                        ));
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
            let change = Change::Insert {
                key: "new key".to_owned(),
                value: new,
                before: Some(key),
            };
            match edited(&document, parent, change) {
                Ok(after) if plain(read(after.clone(), yaml).root().unwrap()) == meant => {}
                other => wrong.push(format!(
                    "{name}: nothing inserted before {pointer}: {:?}",
                    other.err()
                )),
            }
        }
    }
    // Only texts of several lines take more than one.
    assert!(
        lines.keys().all(|(yaml, changed)| *yaml || *changed == 1),
        "{lines:?}"
    );
    assert!(files > 20);
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
