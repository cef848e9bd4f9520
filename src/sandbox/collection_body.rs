//! What Postman accepts as a collection, and what it makes of one: ids handed out, defaults filled in.

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::format::collection::validate;
use crate::format::detect::Format;
use crate::format::json::parse;
use crate::sandbox::clock::timestamp;

/// The addresses that name format 2.1; both mean the same.
const SCHEMAS: [&str; 2] = [
    "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
    "https://schema.postman.com/json/collection/v2.1.0/collection.json",
];

/// The types of a variable in format 2.1. Exports hold `default` and `secret` too, and those are refused.
const VARIABLE_TYPES: [&str; 4] = ["string", "boolean", "any", "number"];

/// What is wrong with a collection that is to be written, in the words of Postman's validator: `place: what`.
pub fn faults(collection: &Value) -> Vec<String> {
    let mut told = Vec::new();
    let schema = collection.pointer("/info/schema").and_then(Value::as_str);
    if schema.is_some_and(|schema| !SCHEMAS.contains(&schema)) {
        told.push("info/schema: must be equal to one of the allowed values".to_owned());
    }
    if collection.pointer("/info/name") == Some(&json!("")) {
        told.push("info/name: must not be empty".to_owned());
    }
    let (document, _) = parse(collection.to_string());
    if let Some(root) = document.root() {
        for fault in validate(Format::Collection21, root, "") {
            if fault.invalidates() {
                let place = fault.pointer.unwrap_or_default();
                told.push(format!(
                    "{}: {}",
                    place.trim_start_matches('/'),
                    fault.message
                ));
            }
        }
    }
    refused_values(collection, "", &mut told);
    told.truncate(100);
    told
}

/// Every id that a document carries for itself and its parts, but the collection's own.
pub fn ids(collection: &Value) -> Vec<String> {
    let mut found = Vec::new();
    each_part(collection, &mut |part, _| {
        if let Some(id) = part.get("id").and_then(Value::as_str) {
            found.push(id.to_owned());
        }
    });
    found
}

/// Who writes, and what is known of the collection so far.
pub struct Writing<'a> {
    /// The ids that may stay.
    pub known: &'a HashSet<String>,
    /// Owner of the collection.
    pub owner: u64,
    /// Now, in milliseconds since 1970.
    pub now: i64,
}

/// What Postman keeps of a document: known ids stay and all others are handed out anew, each once; short forms are
/// written out; what is missing and has a default gets it.
pub fn kept(mut collection: Value, writing: &Writing<'_>) -> Value {
    if let Some(info) = collection.get_mut("info").and_then(Value::as_object_mut) {
        for volatile in [
            "_postman_id",
            "uid",
            "createdAt",
            "updatedAt",
            "lastUpdatedBy",
            "fork",
            "_exporter_id",
            "_uid",
            "_collection_link",
        ] {
            info.shift_remove(volatile);
        }
        trim(info, "name");
    }
    let mut taken = HashSet::new();
    fill_events(&mut collection, writing, &mut taken);
    if let Some(items) = collection.get_mut("item").and_then(Value::as_array_mut) {
        for item in items {
            fill_item(item, writing, &mut taken);
        }
    }
    collection
}

/// What a read adds to what is kept.
pub fn shown(mut kept: Value, info: &Map<String, Value>) -> Value {
    let mut whole = Map::new();
    for first in ["_postman_id"] {
        if let Some(value) = info.get(first) {
            whole.insert(first.to_owned(), value.clone());
        }
    }
    if let Some(Value::Object(own)) = kept.get_mut("info").map(Value::take) {
        whole.extend(own);
    }
    whole.extend(info.clone());
    kept["info"] = Value::Object(whole);
    kept
}

/// The same document without its ids, as a copy starts.
pub fn without_ids(mut collection: Value) -> Value {
    strip(&mut collection);
    if let Some(info) = collection.get_mut("info").and_then(Value::as_object_mut) {
        info.shift_remove("_postman_id");
    }
    collection
}

fn strip(part: &mut Value) {
    let Value::Object(members) = part else { return };
    for key in ["id", "uid", "createdAt", "updatedAt"] {
        members.shift_remove(key);
    }
    for key in ["item", "response", "event"] {
        for inner in members
            .get_mut(key)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            strip(inner);
        }
    }
    if let Some(script) = members.get_mut("script").and_then(Value::as_object_mut) {
        script.shift_remove("id");
    }
}

/// Visits folders, requests, responses, events and scripts; says whether a part is an item or a response.
fn each_part(part: &Value, visit: &mut impl FnMut(&Value, bool)) {
    let lists = [("item", true), ("response", true), ("event", false)];
    for (key, is_item) in lists {
        for inner in part
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            visit(inner, is_item);
            each_part(inner, visit);
        }
    }
    if let Some(script) = part.get("script") {
        visit(script, false);
    }
}

fn refused_values(value: &Value, place: &str, told: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let inner = if place.is_empty() {
                    key.clone()
                } else {
                    format!("{place}/{key}")
                };
                match (key.as_str(), member) {
                    ("description", Value::Null) => {
                        told.push(format!("{inner}: must be string or object, not null"));
                    }
                    ("variable", Value::Array(variables)) => {
                        for (index, variable) in variables.iter().enumerate() {
                            let kind = variable.get("type").and_then(Value::as_str);
                            if kind.is_some_and(|kind| !VARIABLE_TYPES.contains(&kind)) {
                                let words = "must be equal to one of the allowed values";
                                told.push(format!("{inner}/{index}/type: {words}"));
                            }
                        }
                    }
                    _ => {}
                }
                // Bodies of requests and responses are texts, and what a value holds is the user's own.
                if !matches!(
                    key.as_str(),
                    "value" | "options" | "protocolProfileBehavior"
                ) {
                    refused_values(member, &inner, told);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                refused_values(item, &format!("{place}/{index}"), told);
            }
        }
        _ => {}
    }
}

/// Keeps a known id, once; hands out a new one otherwise. Says whether it was known.
fn settle_id(
    members: &mut Map<String, Value>,
    writing: &Writing<'_>,
    taken: &mut HashSet<String>,
) -> bool {
    let own = members.get("id").and_then(Value::as_str);
    let stays = own.is_some_and(|id| writing.known.contains(id) && taken.insert(id.to_owned()));
    if !stays {
        let fresh = Uuid::new_v4().to_string();
        taken.insert(fresh.clone());
        members.insert("id".to_owned(), Value::String(fresh));
    }
    stays
}

fn stamp(members: &mut Map<String, Value>, writing: &Writing<'_>, stays: bool) {
    let now = json!(timestamp(writing.now));
    if let Some(id) = members.get("id").and_then(Value::as_str) {
        let uid = format!("{}-{id}", writing.owner);
        members.insert("uid".to_owned(), Value::String(uid));
    }
    if !(stays && members.get("createdAt").is_some_and(Value::is_string)) {
        members.insert("createdAt".to_owned(), now.clone());
    }
    members.insert("updatedAt".to_owned(), now);
}

fn trim(members: &mut Map<String, Value>, key: &str) {
    if let Some(Value::String(text)) = members.get_mut(key) {
        let trimmed = text.trim();
        if trimmed.len() != text.len() {
            *text = trimmed.to_owned();
        }
    }
}

fn fill_item(item: &mut Value, writing: &Writing<'_>, taken: &mut HashSet<String>) {
    let Value::Object(members) = item else { return };
    let stays = settle_id(members, writing, taken);
    stamp(members, writing, stays);
    trim(members, "name");
    let is_folder = members.contains_key("item");
    let named = members.get("name").and_then(Value::as_str);
    if named.is_none_or(str::is_empty) {
        let name = if is_folder {
            "New Folder"
        } else {
            "New Request"
        };
        members.insert("name".to_owned(), json!(name));
    }
    if is_folder {
        if let Some(items) = members.get_mut("item").and_then(Value::as_array_mut) {
            for inner in items {
                fill_item(inner, writing, taken);
            }
        }
    } else {
        let has_body = members.get("request").is_some_and(has_body);
        if let Some(request) = members.get_mut("request") {
            fill_request(request);
        }
        if has_body {
            let behaviour = members
                .entry("protocolProfileBehavior")
                .or_insert_with(|| json!({}));
            if let Value::Object(behaviour) = behaviour {
                behaviour
                    .entry("disableBodyPruning")
                    .or_insert(Value::Bool(true));
            }
        }
        let responses = members.entry("response").or_insert_with(|| json!([]));
        for response in responses.as_array_mut().into_iter().flatten() {
            if let Value::Object(members) = response {
                let stays = settle_id(members, writing, taken);
                stamp(members, writing, stays);
                if let Some(request) = members.get_mut("originalRequest") {
                    fill_request(request);
                }
            }
        }
    }
    fill_events(item, writing, taken);
}

fn has_body(request: &Value) -> bool {
    let method = request
        .get("method")
        .and_then(Value::as_str)
        .unwrap_or("GET");
    let bodiless = ["GET", "HEAD", "COPY", "PURGE", "UNLOCK"];
    bodiless.contains(&method) && request.get("body").is_some_and(Value::is_object)
}

fn fill_request(request: &mut Value) {
    if let Value::String(url) = request {
        *request = json!({"method": "GET", "header": [], "url": url});
    }
    let Value::Object(members) = request else {
        return;
    };
    members.entry("method").or_insert_with(|| json!("GET"));
    let header = members.entry("header").or_insert_with(|| json!([]));
    match header {
        Value::String(lines) => *header = header_list(lines),
        Value::Null => *header = json!([]),
        _ => {}
    }
    if let Some(Value::String(raw)) = members.get("url") {
        let url = url_object(raw);
        members.insert("url".to_owned(), url);
    }
}

fn header_list(lines: &str) -> Value {
    let headers = lines.lines().filter_map(|line| line.split_once(':'));
    headers
        .map(|(key, value)| json!({"key": key.trim(), "value": value.trim()}))
        .collect()
}

/// A URL in parts, as Postman stores what was given as one text.
fn url_object(raw: &str) -> Value {
    let mut url = json!({"raw": raw});
    let (rest, hash) = match raw.split_once('#') {
        Some((rest, hash)) => (rest, Some(hash)),
        None => (raw, None),
    };
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let (protocol, rest) = match rest.split_once("://") {
        Some((protocol, rest)) => (Some(protocol), rest),
        None => (None, rest),
    };
    let (host, path) = match rest.split_once('/') {
        Some((host, path)) => (host, Some(path)),
        None => (rest, None),
    };
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port))
            if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            (host, Some(port))
        }
        _ => (host, None),
    };
    if let Some(protocol) = protocol {
        url["protocol"] = json!(protocol);
    }
    if !host.is_empty() {
        let parts: Vec<&str> = if host.contains("{{") {
            vec![host]
        } else {
            host.split('.').collect()
        };
        url["host"] = json!(parts);
    }
    if let Some(port) = port {
        url["port"] = json!(port);
    }
    if let Some(path) = path {
        url["path"] = json!(path.split('/').collect::<Vec<_>>());
    }
    if let Some(query) = query {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        url["query"] = pairs
            .map(|pair| match pair.split_once('=') {
                Some((key, value)) => json!({"key": key, "value": value}),
                None => json!({"key": pair, "value": null}),
            })
            .collect();
    }
    if let Some(hash) = hash {
        url["hash"] = json!(hash);
    }
    url
}

fn fill_events(part: &mut Value, writing: &Writing<'_>, taken: &mut HashSet<String>) {
    let events = part.get_mut("event").and_then(Value::as_array_mut);
    for event in events.into_iter().flatten() {
        let Some(script) = event.get_mut("script").and_then(Value::as_object_mut) else {
            continue;
        };
        settle_id(script, writing, taken);
        script
            .entry("type")
            .or_insert_with(|| json!("text/javascript"));
        if let Some(Value::String(text)) = script.get("exec") {
            let lines: Vec<&str> = text.split('\n').collect();
            let lines = json!(lines);
            script.insert("exec".to_owned(), lines);
        }
        script.entry("packages").or_insert_with(|| json!({}));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::{Value, json};

    use super::{Writing, faults, ids, kept, url_object, without_ids};

    const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

    fn collection(items: &Value) -> Value {
        json!({"info": {"name": "x", "schema": SCHEMA}, "item": items})
    }

    #[test]
    fn what_postman_refuses_is_told_with_its_place() {
        let good = collection(&json!([{"request": "https://a"}]));
        assert_eq!(faults(&good), Vec::<String>::new());
        let places = |collection: Value| -> Vec<String> {
            faults(&collection)
                .iter()
                .map(|told| told.split(':').next().unwrap().to_owned())
                .collect()
        };
        assert_eq!(places(json!({"item": []})), [""]);
        let old = json!({"info": {"name": "x", "schema":
            "https://schema.getpostman.com/json/collection/v2.0.0/collection.json"}, "item": []});
        assert_eq!(places(old), ["info/schema"]);
        let null = collection(&json!([{"name": "a", "description": null, "request": "x"}]));
        assert_eq!(places(null), ["item/0/description"]);
        let mut variable = collection(&json!([]));
        variable["variable"] = json!([{"key": "a", "value": "b", "type": "default"}]);
        assert!(places(variable).contains(&"variable/0/type".to_owned()));
        assert!(!faults(&collection(&json!([{"name": "neither"}]))).is_empty());
        let basic = collection(&json!([{"request": {"auth": {"type": "basic", "basic": {}}}}]));
        assert!(!faults(&basic).is_empty());
    }

    #[test]
    fn known_ids_stay_once_and_the_rest_is_handed_out_anew() {
        let known = HashSet::from(["a".to_owned(), "s".to_owned()]);
        let writing = Writing {
            known: &known,
            owner: 7,
            now: 0,
        };
        let written = kept(
            collection(&json!([
                {"id": "a", "request": "x", "event": [{"listen": "test", "script": {"id": "s", "exec": "1\n2"}}]},
                {"id": "a", "request": "x"},
                {"id": "unknown", "item": [{"request": "x"}]}
            ])),
            &writing,
        );
        let found = ids(&written);
        let distinct: HashSet<&String> = found.iter().collect();
        assert_eq!((found.len(), distinct.len()), (5, 5));
        assert_eq!((&found[0][..], &found[1][..]), ("a", "s"));
        assert!(!found.contains(&"unknown".to_owned()));
        assert_eq!(written["item"][0]["uid"], "7-a");
        let script = &written["item"][0]["event"][0]["script"];
        assert_eq!(script["exec"], json!(["1", "2"]));
        assert_eq!(ids(&without_ids(written)), Vec::<String>::new());
    }

    #[test]
    fn writing_what_was_kept_changes_nothing_but_moments() {
        let known = HashSet::new();
        let writing = |known, now| Writing {
            known,
            owner: 7,
            now,
        };
        let document = collection(&json!([{"name": " a ", "request":
            {"method": "GET", "body": {"mode": "raw", "raw": "x"}, "url": "http://a.b:80/c?d=e#f"},
            "response": [{"name": "ok", "originalRequest": "x", "header": []}]}]));
        let once = kept(document, &writing(&known, 5));
        let known = ids(&once).into_iter().collect();
        let twice = kept(once.clone(), &writing(&known, 5));
        assert_eq!(once, twice);
        assert_eq!(once["item"][0]["name"], "a");
        assert_eq!(
            once["item"][0]["protocolProfileBehavior"]["disableBodyPruning"],
            true
        );
    }

    #[test]
    fn a_url_is_taken_apart() {
        assert_eq!(
            url_object("https://api.example.com:8080/v1/:id?a=1&b#top"),
            json!({"raw": "https://api.example.com:8080/v1/:id?a=1&b#top", "protocol": "https",
                "host": ["api", "example", "com"], "port": "8080", "path": ["v1", ":id"],
                "query": [{"key": "a", "value": "1"}, {"key": "b", "value": null}], "hash": "top"})
        );
        assert_eq!(
            url_object("{{base.url}}/x"),
            json!({"raw": "{{base.url}}/x", "host": ["{{base.url}}"], "path": ["x"]})
        );
    }
}
