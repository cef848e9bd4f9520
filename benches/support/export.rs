//! A collection as Postman may export it the next time: other ids, exporter, times and saved responses in another order,
//! defaults that come and go, URLs and scripts written in their other way, keys in another order.

use serde_json::{Map, Value, json};

type Members = Map<String, Value>;

/// Exports a collection again. The same chances give the same export.
pub(crate) fn exported_again(collection: &mut Value, chance: &mut fastrand::Rng) {
    let Some(members) = object(collection) else {
        return;
    };
    if let Some(inner) = members
        .get_mut("collection")
        .filter(|inner| inner.get("info").is_some())
    {
        return exported_again(inner, chance);
    }
    if let Some(info) = members.get_mut("info").and_then(object) {
        for key in [
            "_postman_id",
            "_exporter_id",
            "_collection_link",
            "uid",
            "updatedAt",
            "lastUpdatedBy",
        ] {
            info.insert(key.to_owned(), id(chance));
        }
        description(info, chance);
        info.sort_keys();
    }
    holder(members, chance);
    shuffle(members, chance);
}

fn object(value: &mut Value) -> Option<&mut Members> {
    value.as_object_mut()
}

fn objects<'a>(holder: &'a mut Members, key: &str) -> impl Iterator<Item = &'a mut Members> {
    let list = holder.get_mut(key).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_object_mut)
}

fn id(chance: &mut fastrand::Rng) -> Value {
    format!(
        "{:08x}-{:04x}-4a7b-8c9d-{:012x}",
        chance.u32(..),
        chance.u16(..),
        chance.u64(..) >> 16
    )
    .into()
}

/// What a collection, a folder and a request share.
fn holder(members: &mut Members, chance: &mut fastrand::Rng) {
    toggle(members, "variable", json!([]), chance);
    toggle(members, "protocolProfileBehavior", json!({}), chance);
    toggle(
        members,
        "event",
        json!([{"listen": "test", "script": {"id": id(chance), "type": "text/javascript", "exec": [""]}}]),
        chance,
    );
    for event in objects(members, "event") {
        event.insert("id".to_owned(), id(chance));
        if let Some(script) = event.get_mut("script").and_then(object) {
            script.insert("id".to_owned(), id(chance));
            toggle(script, "type", "text/javascript".into(), chance);
            toggle(script, "packages", json!({}), chance);
            lines(script, chance);
            shuffle(script, chance);
        }
    }
    for variable in objects(members, "variable") {
        if variable
            .get("key")
            .and_then(Value::as_str)
            .is_some_and(|key| !key.is_empty())
        {
            variable.insert("id".to_owned(), id(chance));
            shuffle(variable, chance);
        }
    }
    for item in objects(members, "item") {
        for key in [
            "id",
            "uid",
            "_postman_id",
            "updatedAt",
            "createdAt",
            "lastUpdatedBy",
        ] {
            item.insert(key.to_owned(), id(chance));
        }
        description(item, chance);
        if item.get("request").is_some_and(Value::is_object) {
            toggle(item, "response", json!([]), chance);
        }
        if let Some(asked) = item.get_mut("request").and_then(object) {
            request(asked, chance);
        }
        let responses = item.get_mut("response").and_then(Value::as_array_mut);
        if let Some(responses) = responses {
            chance.shuffle(responses);
        }
        for response in objects(item, "response") {
            for key in ["id", "uid", "responseTime"] {
                response.insert(key.to_owned(), id(chance));
            }
            toggle(response, "cookie", json!([]), chance);
            toggle(response, "body", Value::Null, chance);
            if let Some(asked) = response.get_mut("originalRequest").and_then(object) {
                request(asked, chance);
            }
            headers(response, chance);
            shuffle(response, chance);
        }
        holder(item, chance);
        shuffle(item, chance);
    }
}

fn request(members: &mut Members, chance: &mut fastrand::Rng) {
    description(members, chance);
    toggle(members, "method", "GET".into(), chance);
    toggle(members, "body", json!({}), chance);
    headers(members, chance);
    if let Some(body) = members.get_mut("body").and_then(object)
        && !body.is_empty()
    {
        toggle(body, "disabled", false.into(), chance);
        toggle(body, "options", json!({}), chance);
        for key in ["formdata", "urlencoded"] {
            for field in objects(body, key) {
                toggle(field, "type", "text".into(), chance);
                toggle(field, "disabled", false.into(), chance);
            }
        }
        shuffle(body, chance);
    }
    if let Some(url) = members.get_mut("url") {
        address(url, chance);
    }
    shuffle(members, chance);
}

fn headers(members: &mut Members, chance: &mut fastrand::Rng) {
    toggle(members, "header", json!([]), chance);
    for header in objects(members, "header") {
        toggle(header, "type", "text".into(), chance);
        toggle(header, "disabled", false.into(), chance);
        shuffle(header, chance);
    }
    // Headers of one name keep their order.
    let list = members.get_mut("header").and_then(Value::as_array_mut);
    if let Some(list) = list.filter(|list| list.iter().all(|header| header["key"].is_string())) {
        list.sort_by_key(|header| {
            header["key"]
                .as_str()
                .unwrap_or_default()
                .to_ascii_lowercase()
        });
    }
}

/// A default is there or not; anything else stays.
fn toggle(members: &mut Members, key: &str, default: Value, chance: &mut fastrand::Rng) {
    if chance.bool() {
        match members.get(key) {
            None => drop(members.insert(key.to_owned(), default)),
            Some(value) if *value == default => drop(members.shift_remove(key)),
            Some(_) => {}
        }
    }
}

fn description(members: &mut Members, chance: &mut fastrand::Rng) {
    if !chance.bool() {
        return;
    }
    match members.get("description") {
        None => drop(members.insert("description".to_owned(), "".into())),
        Some(Value::String(text)) => {
            let both = json!({"content": text, "type": "text/plain"});
            members.insert("description".to_owned(), both);
        }
        Some(_) => {}
    }
}

/// A script as a list of lines or as one text.
fn lines(script: &mut Members, chance: &mut fastrand::Rng) {
    let other = match script.get("exec") {
        Some(Value::Array(lines)) => {
            let lines: Option<Vec<&str>> = lines.iter().map(Value::as_str).collect();
            lines
                .filter(|lines| !lines.is_empty())
                .map(|lines| lines.join(["\n", "\r\n"][chance.usize(..2)]).into())
        }
        Some(Value::String(text)) => Some(text.split('\n').map(Value::from).collect()),
        _ => None,
    };
    if let Some(other) = other.filter(|_| chance.bool()) {
        script.insert("exec".to_owned(), other);
    }
}

/// A URL as a string or taken apart, where both say the same.
fn address(url: &mut Value, chance: &mut fastrand::Rng) {
    match url {
        Value::String(text) => {
            if let Some(parts) = taken_apart(text).filter(|_| chance.bool()) {
                *url = parts;
            }
        }
        Value::Object(members) => {
            let raw = members.get("raw").and_then(Value::as_str);
            if let Some(raw) = raw.filter(|_| chance.bool())
                && taken_apart(raw).is_some_and(|parts| parts.as_object() == Some(&*members))
            {
                *url = raw.into();
                return;
            }
            toggle(members, "variable", json!([]), chance);
            toggle(members, "query", json!([]), chance);
            for parameter in objects(members, "query") {
                toggle(parameter, "disabled", false.into(), chance);
                shuffle(parameter, chance);
            }
            shuffle(members, chance);
        }
        _ => {}
    }
}

/// The parts as Postman makes them; `None` where they would not make up the text again.
fn taken_apart(text: &str) -> Option<Value> {
    if text.contains('#') || text.is_empty() {
        return None;
    }
    let mut parts = Members::new();
    parts.insert("raw".to_owned(), text.into());
    let (rest, query) = text
        .split_once('?')
        .map_or((text, None), |(rest, query)| (rest, Some(query)));
    let rest = match rest.split_once("://") {
        Some((protocol, rest)) => {
            parts.insert("protocol".to_owned(), protocol.into());
            rest
        }
        None => rest,
    };
    let (host, path) = rest
        .split_once('/')
        .map_or((rest, None), |(host, path)| (host, Some(path)));
    if host.contains(':') || host.is_empty() || text.contains("{{") && host.contains('.') {
        return None;
    }
    parts.insert(
        "host".to_owned(),
        host.split('.').map(Value::from).collect(),
    );
    if let Some(path) = path {
        parts.insert(
            "path".to_owned(),
            path.split('/').map(Value::from).collect(),
        );
    }
    if let Some(query) = query {
        let parameters: Option<Vec<Value>> = query
            .split('&')
            .map(|parameter| {
                parameter
                    .split_once('=')
                    .map(|(key, value)| json!({"key": key, "value": value}))
            })
            .collect();
        parts.insert("query".to_owned(), parameters?.into());
    }
    Some(parts.into())
}

fn shuffle(members: &mut Members, chance: &mut fastrand::Rng) {
    let mut all: Vec<(String, Value)> = std::mem::take(members).into_iter().collect();
    chance.shuffle(&mut all);
    members.extend(all);
}
