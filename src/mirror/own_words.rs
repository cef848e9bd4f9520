//! What Postman stores in its own words: is it still what was sent?
//!
//! Postman fills in defaults, trims names and invents one where there is none. Whatever it adds is no loss; what it leaves
//! out or changes is.

use serde_json::Value;

use crate::model::text::{shortened, visible};

/// The first thing of `sent` that is lost in `stored`, in words, where something is. Both are canonical.
pub fn lost(sent: &Value, stored: &Value) -> Option<String> {
    let mut path = Vec::new();
    lost_at(sent, stored, &mut path)
}

/// Whether both are the same but for Postman's own words: trimmed texts, and names where there was none. Whatever else
/// stands on one side only is somebody's.
pub fn same(sent: &Value, stored: &Value) -> bool {
    match (sent, stored) {
        (Value::Object(members), Value::Object(there)) => {
            let kept = members.iter().all(|(key, value)| match there.get(key) {
                Some(other) => same(value, other) || (key == "name" && is_nothing(value)),
                None => is_nothing(value),
            });
            let added = there.iter().filter(|(key, _)| !members.contains_key(*key));
            kept && added
                .into_iter()
                .all(|(key, value)| key == "name" || is_nothing(value))
        }
        (Value::Array(items), Value::Array(there)) => {
            items.len() == there.len()
                && items.iter().zip(there).all(|(one, other)| same(one, other))
        }
        (Value::String(one), Value::String(other)) => one.trim() == other.trim(),
        (one, other) => one == other || (is_nothing(one) && is_nothing(other)),
    }
}

fn lost_at(sent: &Value, stored: &Value, path: &mut Vec<String>) -> Option<String> {
    match (sent, stored) {
        (Value::Object(members), Value::Object(there)) => {
            members.iter().find_map(|(key, value)| {
                path.push(key.clone());
                let found = match there.get(key) {
                    Some(other) => lost_at(value, other, path),
                    None if is_nothing(value) => None,
                    None => Some(format!("{} is gone", place(path))),
                };
                path.pop();
                found
            })
        }
        (Value::Array(items), Value::Array(there)) => {
            if items.len() != there.len() {
                return Some(format!(
                    "{} has {} entries instead of {}",
                    place(path),
                    there.len(),
                    items.len()
                ));
            }
            items
                .iter()
                .zip(there)
                .enumerate()
                .find_map(|(index, (one, other))| {
                    path.push(index.to_string());
                    let found = lost_at(one, other, path);
                    path.pop();
                    found
                })
        }
        (Value::String(one), Value::String(other)) if one.trim() == other.trim() => None,
        (one, other) if one == other => None,
        (one, _) if is_nothing(one) => None,
        (one, other) => Some(format!(
            "{} is {} instead of {}",
            place(path),
            shown(other),
            shown(one)
        )),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn place(path: &[String]) -> String {
    format!("`/{}`", visible(&path.join("/")))
}

fn shown(value: &Value) -> String {
    shortened(&visible(&value.to_string()), 60)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{lost, same};

    #[test]
    fn what_somebody_added_is_no_own_word() {
        let sent =
            json!({"info": {"name": "A "}, "item": [{"name": "", "request": {"method": "GET"}}]});
        let stored = |request| json!({"info": {"name": "A"}, "item": [{"name": "New Request", "request": request}]});
        assert!(same(&sent, &stored(json!({"method": "GET", "header": []}))));
        assert!(!same(
            &sent,
            &stored(json!({"method": "GET", "header": [{"key": "X"}]}))
        ));
        assert!(!same(&sent, &stored(json!({"method": "PUT"}))));
    }

    #[test]
    fn what_is_added_trimmed_or_named_is_no_loss() {
        let sent =
            json!({"info": {"name": " A "}, "item": [{"name": "", "request": {"url": "x"}}]});
        let stored = json!({"info": {"name": "A"}, "item": [
            {"name": "New Request", "request": {"url": "x", "method": "GET"}, "response": []}], "auth": null});
        assert_eq!(lost(&sent, &stored), None);
    }

    #[test]
    fn what_is_gone_or_changed_is_named() {
        let sent = json!({"item": [{"name": "A", "request": {"method": "GET"}, "event": [1]}]});
        let told = |stored| lost(&sent, &stored).unwrap();
        assert_eq!(
            told(json!({"item": []})),
            "`/item` has 0 entries instead of 1"
        );
        assert_eq!(
            told(json!({"item": [{"name": "A", "request": {"method": "PUT"}, "event": [1]}]})),
            "`/item/0/request/method` is \"PUT\" instead of \"GET\""
        );
        assert_eq!(
            told(json!({"item": [{"name": "A", "request": {"method": "GET"}}]})),
            "`/item/0/event` is gone"
        );
    }
}
