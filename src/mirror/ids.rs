//! Ids of folders, requests, responses and scripts: Postman hands out its own, and files keep theirs.
//!
//! Postman updates in place what comes with the ids that it knows, deletes and makes anew what comes without, and refuses
//! ids of another collection (`instanceFoundError`). So what is sent carries Postman's ids and no others; what is written to
//! a file carries the file's. A table in the state says which is which.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use crate::mirror::item_ids::{
    ITEM_IDS, Path, all_ids, change_ids, id_of, item_at, item_at_mut, list, pair_events,
    pair_responses, paired, unwrapped,
};

/// Ids in the file, and for each the one in Postman.
pub type IdTable = BTreeMap<String, String>;

/// The collection to send: the local content with Postman's ids wherever the remote collection has the same thing, and no
/// other ids. Without a remote one there are none at all. A wrapping `{"collection": …}` is taken off.
pub fn body_to_send(local: &Value, remote: Option<&Value>, table: &IdTable) -> Value {
    let mut body = unwrapped(local).clone();
    let remote = remote.map(unwrapped);
    let nothing = Value::Null;
    let there = remote.unwrap_or(&nothing);
    let known = all_ids(there);
    // First what the table knows, so that pairing finds by id what was renamed and changed on one side.
    change_ids(&mut body, &mut |id| {
        let id = table.get(id).map_or(id, String::as_str);
        known.contains(id).then(|| id.to_owned())
    });
    let pairs = paired(&body, there);
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for (here, other) in &pairs {
        let other = other.as_ref().and_then(|path| item_at(there, path));
        if let Some(item) = item_at_mut(&mut body, here) {
            give_ids(item, other, &mut taken);
        }
    }
    let mut top = ids_of_top(there);
    top.retain(|_, id| taken.insert(id.clone()));
    put_events(&mut body, there, &mut taken);
    put_variables(&mut body, there, &mut taken);
    if let Some(info) = body.get_mut("info").and_then(Value::as_object_mut) {
        for key in TOP_IDS {
            match top.remove(*key) {
                Some(id) if *key == "_postman_id" => {
                    info.insert((*key).to_owned(), Value::String(id));
                }
                _ => {
                    info.shift_remove(*key);
                }
            }
        }
    }
    body
}

/// Which id of the file is which in Postman, from the local content and what Postman has stored of it. `table` is what was
/// known before; of what is not there any more nothing is kept.
pub fn learn(local: &Value, remote: &Value, table: &IdTable) -> IdTable {
    let (local, remote) = (unwrapped(local), unwrapped(remote));
    let known = all_ids(remote);
    let mut translated = local.clone();
    change_ids(&mut translated, &mut |id| {
        let other = table.get(id).map_or(id, String::as_str);
        known.contains(other).then(|| other.to_owned())
    });
    let mut learnt = IdTable::new();
    for (here, there) in paired(&translated, remote) {
        let item = item_at(local, &here);
        let other = there.as_ref().and_then(|path| item_at(remote, path));
        if let (Some(item), Some(other)) = (item, other) {
            learn_object(item, other, &mut learnt);
            for (one, two) in paired_responses(item, other, table) {
                learn_object(one, two, &mut learnt);
            }
            learn_events(item, other, &mut learnt);
        }
    }
    learn_events(local, remote, &mut learnt);
    let id = |value: &Value| Some(value.get("info")?.get("_postman_id")?.as_str()?.to_owned());
    if let (Some(one), Some(two)) = (id(local), id(remote)) {
        learnt.insert(one, two);
    }
    learnt
}

/// The content to write to the file: what Postman has, with the file's ids and the file's only. What the file has not yet
/// comes with Postman's id where the file has ids on its items, and without one where it has none.
pub fn content_to_write(remote: &Value, local: Option<&Value>, table: &IdTable) -> Value {
    let mut content = unwrapped(remote).clone();
    let nothing = Value::Null;
    let here = local.map_or(&nothing, unwrapped);
    let back: HashMap<&str, &str> = table
        .iter()
        .map(|(one, other)| (other.as_str(), one.as_str()))
        .collect();
    // In the file's own ids first, so that pairing goes by them.
    let mut translated = content.clone();
    change_ids(&mut translated, &mut |id| {
        Some(back.get(id).map_or(id, |own| *own).to_owned())
    });
    let mut with_ids = HashMap::new();
    for (there, own) in paired(&translated, here) {
        with_ids.insert(there, own);
    }
    let items_have_ids = has_item_ids(here);
    let paths: Vec<Path> = with_ids.keys().cloned().collect();
    for path in paths {
        let own = with_ids.get(&path).and_then(Option::as_ref);
        let own = own.and_then(|path| item_at(here, path));
        if let Some(item) = item_at_mut(&mut content, &path) {
            take_own_ids(item, own, items_have_ids, &back);
        }
    }
    let empty = Map::new();
    let own_info = here
        .get("info")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    if let Some(info) = content.get_mut("info").and_then(Value::as_object_mut) {
        for key in VOLATILE_INFO {
            // A new file keeps the id of its collection, as Postman's own exports do.
            if local.is_some() || *key != "_postman_id" {
                like_own(info, own_info, key);
            }
        }
        keep_order(info, own_info);
    }
    let own_top = here.as_object().unwrap_or(&empty);
    own_events(&mut content, here);
    own_variables(&mut content, here);
    if let Some(top) = content.as_object_mut() {
        for key in VOLATILE_TOP {
            like_own(top, own_top, key);
        }
    }
    content
}

/// The ids of a collection as a whole, in `info`.
const TOP_IDS: &[&str] = &["_postman_id", "_uid", "uid"];
/// What Postman writes into `info` by itself.
const VOLATILE_INFO: &[&str] = &[
    "_postman_id",
    "_uid",
    "uid",
    "_exporter_id",
    "_collection_link",
    "createdAt",
    "updatedAt",
    "lastUpdatedBy",
    "fork",
];
/// What Postman writes beside `info` by itself.
const VOLATILE_TOP: &[&str] = &["uid", "owner", "createdAt", "updatedAt", "lastUpdatedBy"];
/// What Postman writes into items and responses by itself.
const VOLATILE_ITEM: &[&str] = &["owner", "createdAt", "updatedAt", "lastUpdatedBy"];

/// Gives an item, its responses and its scripts the ids of the other one, each once, and takes all others away.
fn give_ids(item: &mut Value, other: Option<&Value>, taken: &mut BTreeSet<String>) {
    give_id(item, other, taken);
    let responses = other
        .map(|other| list(other, "response"))
        .unwrap_or_default();
    let own: Vec<Value> = list(item, "response").to_vec();
    let pairs = pair_responses(&own, responses);
    if let Some(list) = item.get_mut("response").and_then(Value::as_array_mut) {
        for (response, other) in list.iter_mut().zip(pairs) {
            give_id(response, other.map(|other| &responses[other]), taken);
        }
    }
    put_events(item, other.unwrap_or(&Value::Null), taken);
}

fn give_id(value: &mut Value, other: Option<&Value>, taken: &mut BTreeSet<String>) {
    let Some(object) = value.as_object_mut() else {
        return;
    };
    let id = other.and_then(id_of).filter(|id| !taken.contains(*id));
    object.shift_remove("_postman_id");
    object.shift_remove("uid");
    match id {
        Some(id) => {
            taken.insert(id.to_owned());
            object.insert("id".to_owned(), Value::String(id.to_owned()));
        }
        None => {
            object.shift_remove("id");
        }
    }
}

/// Events are known by what they listen to; the second of a kind is paired with the second.
fn put_events(holder: &mut Value, other: &Value, taken: &mut BTreeSet<String>) {
    let events = list(other, "event").to_vec();
    let pairs = pair_events(list(holder, "event"), &events);
    let Some(own) = holder.get_mut("event").and_then(Value::as_array_mut) else {
        return;
    };
    for (event, other) in own.iter_mut().zip(pairs) {
        let other = other.map(|other| &events[other]);
        give_id(event, other, taken);
        if let Some(script) = event.get_mut("script") {
            give_id(script, other.and_then(|other| other.get("script")), taken);
        }
    }
}

/// A variable with a key is known by it, and its id is Postman's; one without a key has its id for a name.
fn put_variables(holder: &mut Value, other: &Value, taken: &mut BTreeSet<String>) {
    let variables = list(other, "variable");
    let Some(own) = holder.get_mut("variable").and_then(Value::as_array_mut) else {
        return;
    };
    for variable in own
        .iter_mut()
        .filter(|variable| variable.get("key").is_some())
    {
        let same = variables
            .iter()
            .find(|other| other.get("key") == variable.get("key"));
        give_id(variable, same, taken);
    }
}

fn paired_responses<'a>(
    item: &'a Value,
    other: &'a Value,
    table: &IdTable,
) -> Vec<(&'a Value, &'a Value)> {
    let own = list(item, "response");
    let others = list(other, "response");
    let mut translated = own.to_vec();
    for response in &mut translated {
        let id = id_of(response).and_then(|id| table.get(id)).cloned();
        if let (Some(id), Some(object)) = (id, response.as_object_mut()) {
            object.insert("id".to_owned(), Value::String(id));
        }
    }
    own.iter()
        .zip(pair_responses(&translated, others))
        .filter_map(|(response, other)| Some((response, &others[other?])))
        .collect()
}

fn learn_object(one: &Value, other: &Value, learnt: &mut IdTable) {
    if let (Some(one), Some(other)) = (id_of(one), id_of(other)) {
        learnt.insert(one.to_owned(), other.to_owned());
    }
}

fn learn_events(one: &Value, other: &Value, learnt: &mut IdTable) {
    let (own, others) = (list(one, "event"), list(other, "event"));
    for (event, found) in own.iter().zip(pair_events(own, others)) {
        let Some(found) = found.map(|found| &others[found]) else {
            continue;
        };
        learn_object(event, found, learnt);
        if let (Some(script), Some(other)) = (event.get("script"), found.get("script")) {
            learn_object(script, other, learnt);
        }
    }
}

fn ids_of_top(collection: &Value) -> BTreeMap<String, String> {
    let id = |key: &str| {
        let id = collection.get("info")?.get(key)?.as_str()?;
        Some(((*key).to_owned(), id.to_owned()))
    };
    TOP_IDS.iter().filter_map(|key| id(key)).collect()
}

fn has_item_ids(collection: &Value) -> bool {
    let mut waiting = vec![collection];
    while let Some(holder) = waiting.pop() {
        for item in list(holder, "item") {
            if id_of(item).is_some() {
                return true;
            }
            waiting.push(item);
        }
    }
    false
}

fn take_own_ids(
    item: &mut Value,
    own: Option<&Value>,
    ids_wanted: bool,
    back: &HashMap<&str, &str>,
) {
    own_ids(item, own, ids_wanted);
    let responses = own.map(|own| list(own, "response")).unwrap_or_default();
    let mut translated = list(item, "response").to_vec();
    for response in &mut translated {
        let id = id_of(response).and_then(|id| back.get(id)).copied();
        if let (Some(id), Some(object)) = (id, response.as_object_mut()) {
            object.insert("id".to_owned(), Value::String(id.to_owned()));
        }
    }
    let pairs = pair_responses(&translated, responses);
    let their_ids = responses.iter().any(|response| id_of(response).is_some());
    if let Some(list) = item.get_mut("response").and_then(Value::as_array_mut) {
        for (response, found) in list.iter_mut().zip(pairs) {
            let own = found.map(|found| &responses[found]);
            own_ids(response, own, their_ids);
        }
    }
    own_events(item, own.unwrap_or(&Value::Null));
}

fn own_events(holder: &mut Value, own: &Value) {
    let events = list(own, "event");
    let pairs = pair_events(list(holder, "event"), events);
    let Some(list) = holder.get_mut("event").and_then(Value::as_array_mut) else {
        return;
    };
    for (event, found) in list.iter_mut().zip(pairs) {
        let own = found.map(|found| &events[found]);
        own_ids(event, own, false);
        if let Some(script) = event.get_mut("script") {
            own_ids(script, own.and_then(|own| own.get("script")), false);
        }
    }
}

fn own_variables(holder: &mut Value, own: &Value) {
    let variables = list(own, "variable");
    let Some(list) = holder.get_mut("variable").and_then(Value::as_array_mut) else {
        return;
    };
    for variable in list
        .iter_mut()
        .filter(|variable| variable.get("key").is_some())
    {
        let same = variables
            .iter()
            .find(|own| own.get("key") == variable.get("key"));
        own_ids(variable, same, false);
    }
}

/// Makes the ids of an object those of its own self in the file; one that is new there keeps the ids that it has where ids
/// are wanted.
fn own_ids(value: &mut Value, own: Option<&Value>, ids_wanted: bool) {
    let Some(object) = value.as_object_mut() else {
        return;
    };
    let empty = Map::new();
    let known = own.and_then(Value::as_object);
    for key in ITEM_IDS {
        if known.is_some() || !ids_wanted || *key == "uid" {
            like_own(object, known.unwrap_or(&empty), key);
        }
    }
    for key in VOLATILE_ITEM {
        like_own(object, known.unwrap_or(&empty), key);
    }
    if let Some(known) = known {
        keep_order(object, known);
    }
}

/// The member as the file has it, or none where it has none.
fn like_own(object: &mut Map<String, Value>, own: &Map<String, Value>, key: &str) {
    match own.get(key) {
        Some(value) => {
            object.insert(key.to_owned(), value.clone());
        }
        None => {
            object.shift_remove(key);
        }
    }
}

/// Members in the order of the file, what it has not behind them.
fn keep_order(object: &mut Map<String, Value>, own: &Map<String, Value>) {
    let mut ordered = Map::with_capacity(object.len());
    for key in own.keys() {
        if let Some(value) = object.get_mut(key) {
            ordered.insert(key.clone(), value.take());
        }
    }
    for (key, value) in std::mem::take(object) {
        ordered.entry(key).or_insert(value);
    }
    *object = ordered;
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{IdTable, body_to_send, content_to_write, learn};

    fn request(id: Option<&str>, name: &str, url: &str) -> Value {
        let mut item = json!({"name": name, "request": {"method": "GET", "url": url}});
        if let Some(id) = id {
            item["id"] = json!(id);
        }
        item
    }

    fn collection(id: &str, items: Vec<Value>) -> Value {
        json!({"info": {"_postman_id": id, "name": "C", "schema": "v2.1.0"}, "item": items})
    }

    fn ids(collection: &Value) -> Vec<Option<&str>> {
        let items = collection["item"].as_array().unwrap();
        items
            .iter()
            .map(|item| item.get("id").and_then(Value::as_str))
            .collect()
    }

    fn table(pairs: &[(&str, &str)]) -> IdTable {
        let pairs = pairs.iter();
        pairs
            .map(|(one, other)| ((*one).to_owned(), (*other).to_owned()))
            .collect()
    }

    #[test]
    fn what_is_new_in_postman_is_sent_without_any_id() {
        let mut local = collection("L", vec![request(Some("l1"), "a", "/a")]);
        local["item"][0]["uid"] = json!("1-l1");
        local["item"][0]["response"] = json!([{"id": "l2", "name": "ok"}]);
        local["item"][0]["event"] = json!([{"listen": "test", "script": {"id": "l3", "exec": []}}]);
        local["info"]["_uid"] = json!("1-L");
        local["variable"] = json!([{"id": "l4", "key": "host"}, {"id": "port", "value": 1}]);
        let wrapped = json!({"collection": local});
        let body = body_to_send(&wrapped, None, &table(&[("l1", "r1")]));
        assert_eq!(
            body,
            json!({
                "info": {"name": "C", "schema": "v2.1.0"},
                "item": [{"name": "a", "request": {"method": "GET", "url": "/a"},
                    "response": [{"name": "ok"}],
                    "event": [{"listen": "test", "script": {"exec": []}}]}],
                "variable": [{"key": "host"}, {"id": "port", "value": 1}],
            })
        );
    }

    #[test]
    fn what_postman_has_is_sent_with_its_ids_and_foreign_ones_are_left_out() {
        let local = collection(
            "L",
            vec![
                request(Some("l1"), "renamed", "/other"),
                request(Some("foreign"), "b", "/b"),
                request(None, "c", "/c"),
                request(Some("new"), "new", "/new"),
            ],
        );
        let remote = collection(
            "R",
            vec![
                request(Some("r3"), "c", "/c"),
                request(Some("r2"), "b", "/b"),
                request(Some("r1"), "a", "/a"),
            ],
        );
        let body = body_to_send(
            &local,
            Some(&remote),
            &table(&[("l1", "r1"), ("gone", "r9")]),
        );
        assert_eq!(ids(&body), [Some("r1"), Some("r2"), Some("r3"), None]);
        assert_eq!(body["info"]["_postman_id"], "R");
    }

    #[test]
    fn no_id_is_sent_twice() {
        let twice = vec![
            request(Some("l1"), "a", "/a"),
            request(Some("l1"), "a", "/a"),
        ];
        let local = collection("L", twice);
        let remote = collection("R", vec![request(Some("r1"), "a", "/a")]);
        let body = body_to_send(&local, Some(&remote), &table(&[("l1", "r1")]));
        let sent: Vec<&str> = ids(&body).into_iter().flatten().collect();
        assert_eq!(sent, ["r1"]);
    }

    #[test]
    fn responses_and_scripts_are_updated_in_place() {
        let mut local = collection("L", vec![request(Some("l1"), "a", "/a")]);
        local["item"][0]["response"] =
            json!([{"name": "bad", "code": 400}, {"name": "ok", "code": 200}]);
        local["item"][0]["event"] =
            json!([{"listen": "test", "script": {"id": "mine", "exec": ["x"]}}]);
        local["event"] = json!([{"listen": "prerequest", "script": {"exec": []}}]);
        let mut remote = collection("R", vec![request(Some("r1"), "a", "/a")]);
        remote["item"][0]["response"] = json!([{"id": "o", "name": "ok", "code": 200}, {"id": "b", "name": "bad", "code": 400}]);
        remote["item"][0]["event"] = json!([{"listen": "test", "script": {"id": "s", "exec": []}}]);
        remote["event"] = json!([{"listen": "prerequest", "script": {"id": "t", "exec": []}}]);
        let body = body_to_send(&local, Some(&remote), &IdTable::new());
        let item = &body["item"][0];
        assert_eq!(item["response"][0]["id"], "b");
        assert_eq!(item["response"][1]["id"], "o");
        assert_eq!(item["event"][0]["script"]["id"], "s");
        assert_eq!(body["event"][0]["script"]["id"], "t");
        let learnt = learn(&local, &remote, &IdTable::new());
        assert_eq!(learnt, table(&[("L", "R"), ("l1", "r1"), ("mine", "s")]));
    }

    #[test]
    fn ids_handed_out_anew_are_learnt_again() {
        let local = collection(
            "L",
            vec![
                request(Some("l1"), "a", "/a"),
                request(Some("l2"), "b", "/b"),
            ],
        );
        let stored = collection(
            "R",
            vec![
                request(Some("n1"), "a", "/a"),
                request(Some("n2"), "b", "/b"),
            ],
        );
        let learnt = learn(&local, &stored, &table(&[("l1", "old"), ("gone", "x")]));
        assert_eq!(learnt, table(&[("L", "R"), ("l1", "n1"), ("l2", "n2")]));
    }

    #[test]
    fn a_file_keeps_its_ids_when_postman_changes() {
        let local = collection(
            "L",
            vec![
                request(Some("l1"), "a", "/a"),
                request(Some("l2"), "b", "/b"),
            ],
        );
        let mut remote = collection(
            "R",
            vec![
                request(Some("r2"), "b", "/b"),
                request(Some("r1"), "renamed", "/elsewhere"),
                request(Some("r3"), "new", "/new"),
            ],
        );
        remote["info"]["updatedAt"] = json!("2026-01-01");
        remote["item"][0]["uid"] = json!("1-r2");
        remote["item"][0]["createdAt"] = json!("2026-01-01");
        let known = table(&[("L", "R"), ("l1", "r1"), ("l2", "r2")]);
        let content = content_to_write(&remote, Some(&local), &known);
        assert_eq!(ids(&content), [Some("l2"), Some("l1"), Some("r3")]);
        assert_eq!(content["info"], local["info"]);
        assert_eq!(content["item"][0], local["item"][1]);
    }

    #[test]
    fn a_file_without_ids_gets_none() {
        let local = collection("L", vec![request(None, "a", "/a")]);
        let mut remote = collection(
            "R",
            vec![
                request(Some("r1"), "a", "/a2"),
                request(Some("r2"), "b", "/b"),
            ],
        );
        remote["item"][1]["event"] = json!([{"listen": "test", "script": {"id": "s", "exec": []}}]);
        let content = content_to_write(&remote, Some(&local), &IdTable::new());
        assert_eq!(ids(&content), [None, None]);
        assert_eq!(
            content["item"][1]["event"][0]["script"],
            json!({"exec": []})
        );
        let fresh = content_to_write(&remote, None, &IdTable::new());
        assert_eq!(ids(&fresh), [None, None]);
        assert_eq!(fresh["info"]["_postman_id"], "R");
    }

    #[test]
    fn there_and_back_changes_nothing() {
        let mut local = collection(
            "L",
            vec![
                json!({"name": "f", "id": "l0", "item": [request(Some("l1"), "a", "/a"), request(Some("l2"), "a", "/a")]}),
            ],
        );
        local["item"][0]["item"][0]["response"] = json!([{"id": "l3", "code": 200}]);
        let first = body_to_send(&local, None, &IdTable::new());
        // Postman hands out ids.
        let mut stored = first.clone();
        stored["info"]["_postman_id"] = json!("R");
        stored["item"][0]["id"] = json!("r0");
        stored["item"][0]["item"][0]["id"] = json!("r1");
        stored["item"][0]["item"][0]["response"][0]["id"] = json!("r3");
        stored["item"][0]["item"][1]["id"] = json!("r2");
        let learnt = learn(&local, &stored, &IdTable::new());
        assert_eq!(content_to_write(&stored, Some(&local), &learnt), local);
        let again = body_to_send(&local, Some(&stored), &learnt);
        assert_eq!(again, stored);
    }

    #[test]
    fn what_is_no_collection_is_no_panic() {
        for odd in [
            json!(null),
            json!([1]),
            json!({"item": {"item": 3}}),
            json!({"item": [null, 1, {"item": [[]]}], "event": [3], "info": []}),
        ] {
            let _ = body_to_send(&odd, Some(&odd), &IdTable::new());
            let _ = learn(&odd, &odd, &IdTable::new());
            let _ = content_to_write(&odd, Some(&odd), &IdTable::new());
        }
    }
}
