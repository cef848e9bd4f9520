//! Where ids stand in a collection, and which parts of two collections are the same ones.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use crate::format::item_pairing;
use crate::format::items::Items;
use crate::format::json;

/// The way to an item: its place in each list of items.
pub(crate) type Path = Vec<usize>;

/// The names of an item's and a response's own ids.
pub(crate) const ITEM_IDS: &[&str] = &["id", "_postman_id", "uid"];

pub(crate) fn unwrapped(value: &Value) -> &Value {
    match value.get("collection") {
        Some(inner) if inner.is_object() && value.get("info").is_none() => inner,
        _ => value,
    }
}

/// For each item of `from` its path, and that of the same item in `to`. The ids of one side were translated into those
/// of the other, so equal ones decide.
pub(crate) fn paired(from: &Value, to: &Value) -> Vec<(Path, Option<Path>)> {
    let (from, _) = json::parse(from.to_string());
    let (to, _) = json::parse(to.to_string());
    let (Some(from), Some(to)) = (from.root(), to.root()) else {
        return Vec::new();
    };
    let (from, to) = (Items::of(from), Items::of(to));
    let (here, there) = (paths(&from), paths(&to));
    item_pairing::pair_trusting_ids(&from, &to)
        .into_iter()
        .zip(here)
        .map(|(other, path)| (path, other.map(|other| there[other].clone())))
        .collect()
}

/// Objects only count in a list of items: so does [`Items`], and so must [`item_at`].
fn paths(items: &Items<'_>) -> Vec<Path> {
    let mut paths = vec![Path::new(); items.list.len()];
    let mut waiting: Vec<(usize, Path)> = items
        .top
        .iter()
        .enumerate()
        .map(|(place, index)| (*index, vec![place]))
        .collect();
    while let Some((index, path)) = waiting.pop() {
        for (place, child) in items.list[index].children.iter().enumerate() {
            waiting.push((*child, [path.as_slice(), &[place]].concat()));
        }
        paths[index] = path;
    }
    paths
}

pub(crate) fn item_at<'a>(collection: &'a Value, path: &[usize]) -> Option<&'a Value> {
    path.iter().try_fold(collection, |holder, place| {
        let items = holder.get("item")?.as_array()?;
        items.iter().filter(|item| item.is_object()).nth(*place)
    })
}

pub(crate) fn item_at_mut<'a>(collection: &'a mut Value, path: &[usize]) -> Option<&'a mut Value> {
    path.iter().try_fold(collection, |holder, place| {
        let items = holder.get_mut("item")?.as_array_mut()?;
        items.iter_mut().filter(|item| item.is_object()).nth(*place)
    })
}

/// Every id of items, responses, events and scripts.
pub(crate) fn all_ids(collection: &Value) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    visit_ids(&mut collection.clone(), &mut |holder, key| {
        if let Some(id) = holder.get(key).and_then(Value::as_str) {
            ids.insert(id.to_owned());
        }
    });
    ids
}

/// Replaces every id by what `new` says, and takes away those for which it says nothing.
pub(crate) fn change_ids(collection: &mut Value, new: &mut dyn FnMut(&str) -> Option<String>) {
    visit_ids(collection, &mut |holder, key| {
        let changed = holder.get(key).and_then(Value::as_str).and_then(&mut *new);
        match changed {
            Some(id) => {
                holder.insert(key.to_owned(), Value::String(id));
            }
            None => {
                holder.shift_remove(key);
            }
        }
    });
}

/// Calls for every object of a collection that has an id of its own, and the key it stands under.
fn visit_ids(collection: &mut Value, visit: &mut dyn FnMut(&mut Map<String, Value>, &str)) {
    let mut waiting = vec![collection];
    while let Some(holder) = waiting.pop() {
        let Some(object) = holder.as_object_mut() else {
            continue;
        };
        visit_events(object, visit);
        for (key, value) in object.iter_mut() {
            match (key.as_str(), value) {
                ("item", Value::Array(items)) => {
                    for item in items {
                        visit_object(item, visit);
                        waiting.push(item);
                    }
                }
                ("response", Value::Array(responses)) => {
                    for response in responses {
                        visit_object(response, visit);
                    }
                }
                _ => {}
            }
        }
    }
}

fn visit_events(
    holder: &mut Map<String, Value>,
    visit: &mut dyn FnMut(&mut Map<String, Value>, &str),
) {
    let events = holder.get_mut("event").and_then(Value::as_array_mut);
    for event in events.into_iter().flatten() {
        visit_object(event, visit);
        if let Some(script) = event.get_mut("script") {
            visit_object(script, visit);
        }
    }
}

fn visit_object(value: &mut Value, visit: &mut dyn FnMut(&mut Map<String, Value>, &str)) {
    if let Some(object) = value.as_object_mut() {
        for key in ITEM_IDS {
            if object.contains_key(*key) {
                visit(object, key);
            }
        }
    }
}

/// The id of an item, response, event or script, under whatever name.
pub(crate) fn id_of(value: &Value) -> Option<&str> {
    ["id", "_postman_id"]
        .iter()
        .find_map(|key| value.get(key)?.as_str())
        .filter(|id| !id.is_empty())
}

pub(crate) fn pair_events(own: &[Value], others: &[Value]) -> Vec<Option<usize>> {
    by_key(own, others, |event| {
        event
            .get("listen")
            .and_then(Value::as_str)
            .map(str::to_owned)
    })
}

pub(crate) fn pair_responses(own: &[Value], others: &[Value]) -> Vec<Option<usize>> {
    let by_id = by_key(own, others, |response| id_of(response).map(str::to_owned));
    let name = |response: &Value| {
        // Some have no name; then their code and their order are all there is.
        let code = response.get("code").map(Value::to_string);
        let name = response.get("name").and_then(Value::as_str);
        Some(format!(
            "{}\0{}",
            name.unwrap_or_default(),
            code.unwrap_or_default()
        ))
    };
    // What ids have paired already takes no part in what names pair.
    let free: Vec<usize> = (0..others.len())
        .filter(|index| !by_id.contains(&Some(*index)))
        .collect();
    let left: Vec<Value> = free.iter().map(|index| others[*index].clone()).collect();
    let waiting: Vec<usize> = (0..own.len())
        .filter(|index| by_id[*index].is_none())
        .collect();
    let asking: Vec<Value> = waiting.iter().map(|index| own[*index].clone()).collect();
    let mut pairs = by_id;
    for (index, found) in waiting.iter().zip(by_key(&asking, &left, name)) {
        pairs[*index] = found.map(|found| free[found]);
    }
    pairs
}

/// Pairs what has the same key, the first with the first.
fn by_key(
    own: &[Value],
    others: &[Value],
    key: impl Fn(&Value) -> Option<String>,
) -> Vec<Option<usize>> {
    let mut waiting: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, other) in others.iter().enumerate().rev() {
        if let Some(key) = key(other) {
            waiting.entry(key).or_default().push(index);
        }
    }
    own.iter()
        .map(|value| waiting.get_mut(&key(value)?)?.pop())
        .collect()
}

pub(crate) fn list<'a>(holder: &'a Value, key: &str) -> &'a [Value] {
    holder
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}
