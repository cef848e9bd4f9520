//! A document made equal to a value: every byte that has no part in the difference stays.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use crate::format::merged::{Merged, Seen, same_value};
use crate::format::node::{Document, Kind, NodeRef};
use crate::format::pairing::{in_order, pairs};
use crate::format::write::{WriteError, to_text};

/// The text of the document with its value made equal to `wanted`. Members keep their order, items of lists are found again
/// by their ids, names or likeness, and what is equal already stays byte by byte.
///
/// # Errors
/// Where the result cannot be written.
pub fn reshape(document: &Document, wanted: &Value) -> Result<String, WriteError> {
    let root = document.root().ok_or(WriteError::Empty)?;
    to_text(&towards(root, wanted), document)
}

/// A value as it becomes `wanted`, with as much of itself as can stay.
pub fn towards<'a>(node: NodeRef<'a>, wanted: &'a Value) -> Merged<'a> {
    if same_value(Seen::Node(node), Seen::Value(wanted)) {
        return Merged::Taken(node);
    }
    match (node.kind(), wanted) {
        (Kind::Object, Value::Object(members)) => {
            let own = Seen::Node(node).members();
            let known: HashMap<&str, Seen<'_>> = own.iter().copied().collect();
            // New members follow the one that they follow in the wanted value.
            let mut behind: HashMap<Option<&str>, Vec<(&'a str, &'a Value)>> = HashMap::new();
            let mut last = None;
            for (key, value) in members {
                if known.contains_key(key.as_str()) {
                    last = Some(key.as_str());
                } else {
                    behind.entry(last).or_default().push((key, value));
                }
            }
            let mut result = Vec::with_capacity(members.len());
            let new = |(key, value): (&'a str, &'a Value)| (key, Merged::New(value.clone()));
            result.extend(behind.remove(&None).into_iter().flatten().map(new));
            for (key, value) in own {
                if let (Some(wanted), Seen::Node(value)) = (members.get(key), value) {
                    result.push((key, towards(value, wanted)));
                    result.extend(behind.remove(&Some(key)).into_iter().flatten().map(new));
                }
            }
            Merged::Object {
                like: node,
                members: result,
            }
        }
        (Kind::Array, Value::Array(items)) => {
            let own: Vec<NodeRef<'a>> = node.items().collect();
            let found = paired(&own, items);
            let items = items.iter().zip(found).map(|(item, place)| match place {
                Some(place) => towards(own[place], item),
                None => Merged::New(item.clone()),
            });
            Merged::Array {
                like: node,
                items: items.collect(),
            }
        }
        (Kind::String, Value::String(text)) => Merged::Text {
            like: node,
            text: text.clone(),
        },
        _ => Merged::New(wanted.clone()),
    }
}

/// What tells items of a list apart, the surest first: ids, then what people call them by.
const TELLING: &[&[&str]] = &[
    &["id"],
    &["uid"],
    &["_postman_id"],
    &["$ref"],
    &["name", "in"],
    &["key"],
    &["operationId"],
    &["listen"],
    &["name"],
    &["url"],
];

/// For each wanted item of a list the own one that becomes it.
fn paired(own: &[NodeRef<'_>], wanted: &[Value]) -> Vec<Option<usize>> {
    let mut found: Vec<Option<usize>> = vec![None; wanted.len()];
    let mut left: Vec<bool> = vec![true; own.len()];
    // Equal ones first, in order.
    let likeness: Vec<u64> = own.iter().map(|item| hash(Seen::Node(*item))).collect();
    let wanted_likeness: Vec<Option<u64>> = wanted
        .iter()
        .map(|item| Some(hash(Seen::Value(item))))
        .collect();
    for (index, place) in pairs(&likeness, &wanted_likeness).into_iter().enumerate() {
        if let Some(place) = place {
            found[index] = Some(place);
            left[place] = false;
        }
    }
    // Then those that one field tells apart on both sides.
    for fields in TELLING {
        let mut known: HashMap<Vec<&str>, Option<usize>> = HashMap::new();
        for (index, item) in own.iter().enumerate().filter(|(index, _)| left[*index]) {
            if let Some(key) = telling(fields, |field| item.get_str(field)) {
                known
                    .entry(key)
                    .and_modify(|place| *place = None)
                    .or_insert(Some(index));
            }
        }
        if known.is_empty() {
            continue;
        }
        let mut claims: HashMap<Vec<&str>, Option<usize>> = HashMap::new();
        for (index, item) in wanted
            .iter()
            .enumerate()
            .filter(|(index, _)| found[*index].is_none())
        {
            if let Some(key) = telling(fields, |field| item.get(field).and_then(Value::as_str)) {
                claims
                    .entry(key)
                    .and_modify(|place| *place = None)
                    .or_insert(Some(index));
            }
        }
        for (key, index) in claims {
            if let (Some(index), Some(Some(place))) = (index, known.get(&key)) {
                found[index] = Some(*place);
                left[*place] = false;
            }
        }
    }
    // The rest by place, between those that stay.
    let mut standing = found.clone();
    in_order(&mut standing);
    let mut from = 0;
    let mut run: Vec<usize> = Vec::new();
    for index in 0..=wanted.len() {
        let until = match standing.get(index) {
            Some(None) => {
                run.push(index);
                continue;
            }
            Some(Some(place)) => *place,
            None => own.len(),
        };
        let mut places = (from..until).filter(|place| left[*place]);
        for index in run.drain(..) {
            if found[index].is_some() {
                continue;
            }
            let Some(place) = places.next() else { continue };
            if own[place].kind() == Seen::Value(&wanted[index]).kind() {
                found[index] = Some(place);
            }
        }
        from = until + 1;
    }
    found
}

fn telling<'v>(fields: &[&str], field: impl Fn(&str) -> Option<&'v str>) -> Option<Vec<&'v str>> {
    fields.iter().map(|name| field(name)).collect()
}

/// A number that equal values share.
fn hash(seen: Seen<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seen.kind() as u8).hash(&mut hasher);
    match seen.kind() {
        Kind::String => seen.as_str().hash(&mut hasher),
        Kind::Array => seen
            .items()
            .into_iter()
            .for_each(|item| hash(item).hash(&mut hasher)),
        Kind::Object => {
            let member = |(key, value): (&str, Seen<'_>)| {
                let mut hasher = DefaultHasher::new();
                key.hash(&mut hasher);
                hash(value).hash(&mut hasher);
                hasher.finish()
            };
            let sum = seen.members().into_iter().map(member);
            sum.fold(0_u64, u64::wrapping_add).hash(&mut hasher);
        }
        _ => {
            let word = seen.as_word().unwrap_or_default();
            match word.parse::<f64>() {
                // Minus zero is zero.
                Ok(number) => (number + 0.0).to_bits().hash(&mut hasher),
                Err(_) => word.hash(&mut hasher),
            }
        }
    }
    hasher.finish()
}
