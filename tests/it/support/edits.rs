//! Random edits of collections: what people do to folders and requests in Postman. Each edit knows its target by a number
//! that the written text does not have, so that the edits of two people can be applied one after the other: what a merge
//! without conflict has to give.

use serde_json::{Value, json};

/// How many kinds of edits there are that happen by chance; 20 adds a variable to the collection, 21 gives every folder and
/// request a new id.
pub(crate) const KINDS: u8 = 20;

/// The member that holds the number of a folder or request.
pub(crate) const NUMBER: &str = "\u{0}number";

/// The member of a request that holds how many headers it had at first.
const HEADERS: &str = "\u{0}headers";

/// One edit. Whatever it writes holds the mark.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(crate) kind: u8,
    pub(crate) target: usize,
    pub(crate) other: usize,
    pub(crate) mark: String,
}

/// Numbers every folder, request and header; gives how many folders and requests there are.
pub(crate) fn number(collection: &mut Value) -> usize {
    let mut count = 0;
    each(collection, &mut |item| {
        item[NUMBER] = count.into();
        count += 1;
        if let Some(headers) = headers_of(item) {
            let known = headers.len();
            let objects = headers.iter_mut().enumerate();
            for (index, header) in objects.filter(|(_, header)| header.is_object()) {
                header[NUMBER] = index.into();
            }
            item[HEADERS] = known.into();
        }
    });
    count
}

fn headers_of(item: &mut Value) -> Option<&mut Vec<Value>> {
    item.pointer_mut("/request/header")?.as_array_mut()
}

/// The collection as it is written, without the numbers.
pub(crate) fn without_numbers(collection: &Value) -> Value {
    let mut collection = collection.clone();
    each(&mut collection, &mut |item| {
        for header in headers_of(item).into_iter().flatten() {
            header
                .as_object_mut()
                .and_then(|header| header.shift_remove(NUMBER));
        }
        let members = item.as_object_mut().unwrap();
        members.shift_remove(HEADERS);
        members.shift_remove(NUMBER);
    });
    collection
}

fn each(holder: &mut Value, act: &mut dyn FnMut(&mut Value)) {
    let items = holder.get_mut("item").and_then(Value::as_array_mut);
    for item in items.into_iter().flatten() {
        act(item);
        each(item, act);
    }
}

fn find(holder: &mut Value, number: usize) -> Option<&mut Value> {
    for item in holder.get_mut("item")?.as_array_mut()? {
        if item[NUMBER] == number {
            return Some(item);
        }
        if let Some(found) = find(item, number) {
            return Some(found);
        }
    }
    None
}

fn take(holder: &mut Value, number: usize) -> Option<Value> {
    let items = holder.get_mut("item")?.as_array_mut()?;
    if let Some(at) = items.iter().position(|item| item[NUMBER] == number) {
        return Some(items.remove(at));
    }
    items.iter_mut().find_map(|item| take(item, number))
}

fn is_folder(item: &Value) -> bool {
    item.get("item").is_some_and(Value::is_array)
}

/// Makes an edit; where its target is gone or has not what it changes, nothing happens.
pub(crate) fn apply(collection: &mut Value, edit: &Edit) {
    let mark = edit.mark.as_str();
    match edit.kind {
        7 => drop(take(collection, edit.target)),
        8 | 19 => move_into(collection, edit),
        9 => to_front(collection, edit.target),
        16 => {
            let folder = json!({"name": mark, "item": []});
            collection["item"].as_array_mut().unwrap().push(folder);
        }
        20 => push(collection, "variable", json!({"key": mark, "value": "1"})),
        21 => each(collection, &mut |item| {
            item["id"] = format!(
                "{mark}-{:08}-4a7b-8c9d",
                item[NUMBER].as_u64().unwrap_or_default()
            )
            .into();
        }),
        _ => {
            let Some(item) = find(collection, edit.target) else {
                return;
            };
            if edit.kind == 1 {
                item["name"] = mark.into();
            } else if is_folder(item) {
                change_folder(item, edit.kind, mark);
            } else if item.get("request").is_some_and(Value::is_object) {
                change_request(item, edit, mark);
            }
        }
    }
}

fn change_folder(folder: &mut Value, kind: u8, mark: &str) {
    if kind.is_multiple_of(2) {
        let request = json!({"name": mark, "request": {"method": "GET", "header": [], "url": {"raw": format!("/{mark}"), "path": [mark]}}, "response": []});
        folder["item"].as_array_mut().unwrap().push(request);
    } else {
        folder["description"] = mark.into();
    }
}

fn change_request(item: &mut Value, edit: &Edit, mark: &str) {
    match edit.kind {
        2 => item["request"]["method"] = mark.to_uppercase().into(),
        3 | 0 => item["request"]["description"] = mark.into(),
        4 => push(
            &mut item["request"],
            "header",
            json!({"key": mark, "value": "1"}),
        ),
        5 | 17 | 18 => {
            // The header that was there at first: what the other side removed moves none of them.
            let known = item.get(HEADERS).and_then(Value::as_u64).unwrap_or(0);
            let wanted = (edit.other as u64).checked_rem(known);
            let Some(headers) = headers_of(item) else {
                return;
            };
            let at = headers
                .iter()
                .position(|header| wanted.is_some() && header[NUMBER].as_u64() == wanted);
            let Some(at) = at else { return };
            match edit.kind {
                5 => headers[at]["value"] = mark.into(),
                17 => headers[at]["description"] = mark.into(),
                _ => drop(headers.remove(at)),
            }
        }
        6 | 10 => {
            let lines = item
                .pointer_mut("/event/0/script/exec")
                .and_then(Value::as_array_mut);
            if let Some(lines) = lines {
                let at = edit.other % (lines.len() + 1);
                lines.insert(at, format!("// {mark}").into());
            }
        }
        11 | 12 => {
            if let Some(url) = item.pointer_mut("/request/url") {
                change_address(url, edit.kind, edit.other, mark);
            }
        }
        13 => {
            item["request"]["auth"] = json!({"type": "bearer", "bearer": [{"key": "token", "value": mark, "type": "string"}]})
        }
        14 => push(
            item,
            "response",
            json!({"name": mark, "originalRequest": {"method": "GET", "header": [], "url": {"raw": "/"}}, "header": [], "cookie": [], "body": mark}),
        ),
        _ => {
            item["request"]["body"] =
                json!({"mode": "raw", "raw": format!("{{\n  \"mark\": \"{mark}\"\n}}")})
        }
    }
}

fn push(holder: &mut Value, key: &str, value: Value) {
    if holder.get(key).is_none_or(Value::is_null) {
        holder[key] = json!([]);
    }
    if let Some(list) = holder[key].as_array_mut() {
        list.push(value);
    }
}

/// Changes the address of a request whose parts say what `raw` says, and keeps it so.
fn change_address(url: &mut Value, kind: u8, other: usize, mark: &str) {
    let Some(before) = raw(url) else { return };
    if url.get("raw").and_then(Value::as_str) != Some(before.as_str()) {
        return;
    }
    if kind == 11 {
        push(url, "query", json!({"key": mark, "value": "1"}));
    } else {
        let Some(path) = url
            .get_mut("path")
            .and_then(Value::as_array_mut)
            .filter(|path| !path.is_empty())
        else {
            return;
        };
        let at = other % path.len();
        path[at] = mark.into();
    }
    if let Some(raw) = raw(url) {
        url["raw"] = raw.into();
    }
}

/// The address of parts; `None` where there are others than most addresses have.
fn raw(url: &Value) -> Option<String> {
    let words = |key: &str| -> Option<Vec<&str>> {
        url.get(key)?
            .as_array()?
            .iter()
            .map(Value::as_str)
            .collect()
    };
    let known = ["raw", "protocol", "host", "path", "query"];
    if url
        .as_object()?
        .keys()
        .any(|key| !known.contains(&key.as_str()))
    {
        return None;
    }
    let protocol = url.get("protocol").map_or(Some(""), Value::as_str)?;
    let protocol = if protocol.is_empty() {
        String::new()
    } else {
        format!("{protocol}://")
    };
    let mut raw = format!(
        "{protocol}{}/{}",
        words("host")?.join("."),
        words("path")?.join("/")
    );
    let query = url
        .get("query")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for (index, parameter) in query.enumerate() {
        if parameter.get("disabled").is_some() {
            return None;
        }
        raw.push(if index == 0 { '?' } else { '&' });
        raw.push_str(parameter["key"].as_str()?);
        raw.push('=');
        raw.push_str(parameter["value"].as_str()?);
    }
    Some(raw)
}

fn move_into(collection: &mut Value, edit: &Edit) {
    if edit.target == edit.other || !find(collection, edit.other).is_some_and(|to| is_folder(to)) {
        return;
    }
    let inside =
        find(collection, edit.target).is_none_or(|moved| find(moved, edit.other).is_some());
    let there = find(collection, edit.other)
        .and_then(|to| to["item"].as_array())
        .is_some_and(|items| items.iter().any(|item| item[NUMBER] == edit.target));
    if inside || there {
        return;
    }
    if let Some(moved) = take(collection, edit.target)
        && let Some(to) = find(collection, edit.other)
    {
        to["item"].as_array_mut().unwrap().push(moved);
    }
}

fn to_front(holder: &mut Value, number: usize) {
    let Some(items) = holder.get_mut("item").and_then(Value::as_array_mut) else {
        return;
    };
    if let Some(at) = items.iter().position(|item| item[NUMBER] == number) {
        items[..=at].rotate_right(1);
    } else {
        items.iter_mut().for_each(|item| to_front(item, number));
    }
}

/// Items in any order, for a comparison in which the order does not count.
pub(crate) fn unordered(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(unordered).collect();
            items.sort_by_cached_key(Value::to_string);
            items.into()
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members
                .iter()
                .map(|(key, value)| (key.clone(), unordered(value)))
                .collect();
            sorted.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(sorted.into_iter().collect())
        }
        other => other.clone(),
    }
}

/// As Postman writes it: indented with tabs.
pub(crate) fn tabbed(collection: &Value) -> String {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    serde::Serialize::serialize(collection, &mut serializer).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// A collection of so many requests in folders of ten, some of them in folders of folders.
pub(crate) fn generated(requests: usize) -> Value {
    let methods = ["GET", "POST", "PUT", "DELETE"];
    let request = |number: usize| {
        json!({
            "name": format!("Request {number}"),
            "event": [{"listen": "test", "script": {"exec": ["pm.test('status', function () {", "\tpm.response.to.have.status(200);", "});", ""], "type": "text/javascript"}}],
            "request": {
                "method": methods[number % 4],
                "header": [{"key": "Accept", "value": "application/json"}, {"key": "X-Trace", "value": "on"}],
                "url": {"raw": format!("{{{{baseUrl}}}}/orders/{number}?full=true"), "host": ["{{baseUrl}}"], "path": ["orders", number.to_string()], "query": [{"key": "full", "value": "true"}]}
            },
            "response": []
        })
    };
    let folder = |number: usize| {
        let own = (0..10)
            .map(|item| number * 10 + item)
            .filter(|item| *item < requests);
        let items: Vec<Value> = own.map(request).collect();
        json!({"name": format!("Folder {number}"), "item": items})
    };
    let mut folders: Vec<Value> = (0..requests.div_ceil(10)).map(folder).collect();
    if folders.len() > 3
        && let Some(nested) = folders.pop()
    {
        folders[1]["item"].as_array_mut().unwrap().push(nested);
    }
    json!({
        "info": {"name": "Shop", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
        "item": folders,
        "variable": [{"key": "baseUrl", "value": "https://shop.example.com"}]
    })
}

/// The edits of one side.
pub(crate) fn random(
    random: &mut fastrand::Rng,
    most: usize,
    items: usize,
    mark: &str,
) -> Vec<Edit> {
    let count = random.usize(1..=most);
    let edits = (0..count).map(|number| Edit {
        kind: random.u8(..KINDS),
        target: random.usize(..items.max(1)),
        other: random.usize(..items.max(1)),
        mark: format!("{mark}{number}z"),
    });
    edits.collect()
}

/// A collection after these edits.
pub(crate) fn edited<'a>(base: &Value, edits: impl IntoIterator<Item = &'a Edit>) -> Value {
    let mut side = base.clone();
    edits.into_iter().for_each(|edit| apply(&mut side, edit));
    side
}
