//! What makes an item of a list itself, so that comparing and merging find it again on the other side.

use std::collections::HashMap;

use crate::format::node::{Kind, NodeRef};

/// What makes each item of a list itself; `None` where the items are no objects or have nothing of the kind. Of twins
/// each gets its number.
pub fn keys_of(list: &[NodeRef<'_>]) -> Option<Vec<String>> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    list.iter()
        .map(|item| {
            let key = key_of(*item)?;
            let count = counts.entry(key.clone()).or_default();
            *count += 1;
            Some(if *count == 1 {
                key
            } else {
                format!("{key}#{count}")
            })
        })
        .collect()
}

/// Headers, parameters, variables and attributes are known by their key; events by what they listen to; saved examples and
/// definitions' parameters by their name and where they stand; servers by their address.
fn key_of(item: NodeRef<'_>) -> Option<String> {
    if item.kind() != Kind::Object {
        return None;
    }
    let text = |key: &str| item.get(key).and_then(NodeRef::as_text);
    if let Some(reference) = text("$ref") {
        return Some(reference.to_owned());
    }
    let one = ["key", "listen", "operationId", "url"]
        .iter()
        .find_map(|key| text(key));
    match (text("name"), text("in")) {
        (Some(name), Some(place)) => Some(format!("{place} {name}")),
        (Some(name), None) => Some(name.to_owned()),
        _ => one.map(str::to_owned),
    }
}
