//! Collections from definitions and back: plainer than Postman's converter, and real.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::sandbox::answer::Answer;
use crate::sandbox::apis;
use crate::sandbox::call::Call;
use crate::sandbox::reading::value_of;
use crate::sandbox::record::{Api, Collection, Generated, Resource, Spec};
use crate::sandbox::shelf::{self, Place};
use crate::sandbox::specs::root_of;
use crate::sandbox::store::{APIS, COLLECTIONS, FILES, SPECS};

/// What became of a task: the resources, or why not.
pub type Done = Result<Vec<Resource>, String>;

const METHODS: [&str; 8] = [
    "get", "post", "put", "patch", "delete", "head", "options", "trace",
];
const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

/// Generates a collection from a specification.
///
/// # Errors
/// The database cannot be used.
pub fn generate(
    call: &mut Call<'_>,
    spec: &str,
    name: &str,
    options: &Value,
) -> Result<Done, Box<Answer>> {
    let Some(mut spec) = call.store.get::<Spec>(SPECS, spec)? else {
        return Ok(Err("The specification is gone.".to_owned()));
    };
    spec.generating = None;
    call.store.put(SPECS, &spec.id, &spec)?;
    let document = match spec_document(call, &spec, name, options)? {
        Ok(document) => document,
        Err(reason) => return Ok(Err(reason)),
    };
    let place = Place {
        workspace: spec.workspace.clone(),
        ..Place::default()
    };
    let mut made = shelf::add(call, document, place)?;
    made.generated = Some(Generated {
        spec: spec.id,
        revision: spec.revision,
        syncing: None,
        options: json!({"syncExamples": true, "deleteOrphanedRequests": true}),
    });
    call.store.put(COLLECTIONS, &made.id, &made)?;
    Ok(Ok(vec![resource(&made)]))
}

/// Brings a collection up to date with its specification.
///
/// # Errors
/// The database cannot be used.
pub fn follow_spec(call: &Call<'_>, spec: &str, id: &str) -> Result<Done, Box<Answer>> {
    release_collection(call, id)?;
    let spec = call.store.get::<Spec>(SPECS, spec)?;
    let collection = call.store.get::<Collection>(COLLECTIONS, id)?;
    let (Some(spec), Some(mut collection)) = (spec, collection) else {
        return Ok(Err(
            "The specification or the collection is gone.".to_owned()
        ));
    };
    let fresh = match spec_document(call, &spec, &collection.name, &json!({}))? {
        Ok(fresh) => fresh,
        Err(reason) => return Ok(Err(reason)),
    };
    let drops = collection
        .generated
        .as_ref()
        .is_none_or(|link| link.options.get("deleteOrphanedRequests") != Some(&Value::Bool(false)));
    let old = shelf::body(call, id)?;
    shelf::replace(call, &mut collection, followed(&old, fresh, drops))?;
    if let Some(link) = collection.generated.as_mut() {
        link.revision = spec.revision;
    }
    call.store.put(COLLECTIONS, id, &collection)?;
    Ok(Ok(vec![resource(&collection)]))
}

/// Brings a collection of an API up to date with the API's definition.
///
/// # Errors
/// The database cannot be used.
pub fn follow_schema(call: &Call<'_>, api: &str, id: &str) -> Result<Done, Box<Answer>> {
    let api = call.store.get::<Api>(APIS, api)?;
    let collection = call.store.get::<Collection>(COLLECTIONS, id)?;
    let (Some(api), Some(mut collection)) = (api, collection) else {
        return Ok(Err("The API or the collection is gone.".to_owned()));
    };
    let Ok((text, path)) = apis::root_text(call, &api) else {
        return Ok(Err("The API has no definition.".to_owned()));
    };
    let fresh = match collection_of(&path, &text, &collection.name, &json!({})) {
        Ok(fresh) => fresh,
        Err(reason) => return Ok(Err(reason)),
    };
    let old = shelf::body(call, id)?;
    shelf::replace(call, &mut collection, followed(&old, fresh, true))?;
    Ok(Ok(vec![resource(&collection)]))
}

/// Brings a specification up to date with a collection: operations that only the collection has are added.
///
/// # Errors
/// The database cannot be used.
pub fn follow_collection(call: &Call<'_>, spec: &str, id: &str) -> Result<Done, Box<Answer>> {
    release_collection(call, id)?;
    let Some(mut spec) = call.store.get::<Spec>(SPECS, spec)? else {
        return Ok(Err("The specification is gone.".to_owned()));
    };
    let Some(mut root) = root_of(call, &spec.id)? else {
        return Ok(Err("The specification has no root file.".to_owned()));
    };
    let mut definition = match value_of(&root.path, &root.content) {
        Ok(definition) => definition,
        Err(reason) => return Ok(Err(reason)),
    };
    if !definition.get("paths").is_some_and(Value::is_object) {
        definition["paths"] = json!({});
    }
    let mut added = 0;
    for request in requests_of(&shelf::body(call, id)?) {
        let path = template_of(&request.path);
        let slot = &mut definition["paths"][&path];
        if slot.is_null() {
            *slot = json!({});
        }
        let method = request.method.to_ascii_lowercase();
        if METHODS.contains(&method.as_str()) && slot.is_object() && slot.get(&method).is_none() {
            slot[&method] = json!({"summary": request.name, "responses": {"default": {"description": "Any answer"}}});
            added += 1;
        }
    }
    if added > 0 {
        // JSON is YAML as well, so the text fits a file of either name.
        root.content = serde_json::to_string_pretty(&definition).unwrap_or_default();
        root.stamp.touch(call.user(), call.now);
        call.store
            .put(FILES, &format!("{}/{}", spec.id, root.path), &root)?;
        spec.revision += 1;
        call.store.put(SPECS, &spec.id, &spec)?;
    }
    if let Some(mut collection) = call.store.get::<Collection>(COLLECTIONS, id)? {
        if let Some(link) = collection.generated.as_mut() {
            link.revision = spec.revision;
        }
        call.store.put(COLLECTIONS, id, &collection)?;
    }
    Ok(Ok(vec![Resource {
        url: format!("/specs/{}", spec.id),
        id: spec.id,
    }]))
}

/// A specification is no longer locked by a generation.
///
/// # Errors
/// The database cannot be used.
pub fn release_spec(call: &Call<'_>, id: &str) -> Result<(), Box<Answer>> {
    if let Some(mut spec) = call.store.get::<Spec>(SPECS, id)? {
        spec.generating = None;
        call.store.put(SPECS, id, &spec)?;
    }
    Ok(())
}

/// A collection is no longer locked by a synchronisation.
///
/// # Errors
/// The database cannot be used.
pub fn release_collection(call: &Call<'_>, id: &str) -> Result<(), Box<Answer>> {
    if let Some(mut collection) = call.store.get::<Collection>(COLLECTIONS, id)? {
        if let Some(link) = collection.generated.as_mut() {
            link.syncing = None;
        }
        call.store.put(COLLECTIONS, id, &collection)?;
    }
    Ok(())
}

/// A collection of an OpenAPI document: one request an operation, in folders by the first part of the path or by tag.
///
/// # Errors
/// The text cannot be read, or has no paths.
pub fn collection_of(path: &str, text: &str, name: &str, options: &Value) -> Result<Value, String> {
    let definition = value_of(path, text)?;
    let Some(paths) = definition.get("paths").and_then(Value::as_object) else {
        return Err("The specification has no paths.".to_owned());
    };
    let by_tag = options.get("folderStrategy") == Some(&json!("Tags"));
    let by_url = options.get("requestNameSource") == Some(&json!("URL"));
    let mut folders: Map<String, Value> = Map::new();
    let mut loose = Vec::new();
    for (path, operations) in paths {
        for method in METHODS {
            let Some(operation) = operations.get(method).filter(|one| one.is_object()) else {
                continue;
            };
            let item = request_of(path, method, operation, by_url);
            let folder = if by_tag {
                operation.pointer("/tags/0").and_then(Value::as_str)
            } else {
                path.split('/')
                    .find(|part| !part.is_empty() && !part.starts_with('{'))
            };
            match folder {
                None => loose.push(item),
                Some(folder) => {
                    let items = folders.entry(folder).or_insert_with(|| json!([]));
                    if let Value::Array(items) = items {
                        items.push(item);
                    }
                }
            }
        }
    }
    let mut items: Vec<Value> = folders
        .into_iter()
        .map(|(name, items)| json!({"name": name, "item": items}))
        .collect();
    items.extend(loose);
    let description = definition
        .pointer("/info/description")
        .and_then(Value::as_str);
    Ok(json!({
        "info": {"name": name, "schema": SCHEMA, "description": description.unwrap_or("")},
        "item": items,
        "variable": [{"key": "baseUrl", "value": base_of(&definition), "type": "string"}]
    }))
}

fn spec_document(
    call: &Call<'_>,
    spec: &Spec,
    name: &str,
    options: &Value,
) -> Result<Result<Value, String>, Box<Answer>> {
    Ok(match root_of(call, &spec.id)? {
        None => Err("The specification has no root file.".to_owned()),
        Some(root) => collection_of(&root.path, &root.content, name, options),
    })
}

fn base_of(definition: &Value) -> String {
    if let Some(url) = definition.pointer("/servers/0/url").and_then(Value::as_str) {
        return url.trim_end_matches('/').to_owned();
    }
    let text = |key: &str| definition.get(key).and_then(Value::as_str);
    match text("host") {
        Some(host) => format!(
            "https://{host}{}",
            text("basePath").unwrap_or("").trim_end_matches('/')
        ),
        None => "/".to_owned(),
    }
}

fn request_of(path: &str, method: &str, operation: &Value, by_url: bool) -> Value {
    let text = |key: &str| {
        operation
            .get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let name = if by_url {
        path
    } else {
        text("summary").or(text("operationId")).unwrap_or(path)
    };
    let parts: Vec<String> = path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(|part| {
            match part
                .strip_prefix('{')
                .and_then(|part| part.strip_suffix('}'))
            {
                Some(variable) => format!(":{variable}"),
                None => part.to_owned(),
            }
        })
        .collect();
    let (mut query, mut header, mut variable) = (Vec::new(), Vec::new(), Vec::new());
    for parameter in operation
        .get("parameters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let Some(key) = parameter.get("name").and_then(Value::as_str) else {
            continue;
        };
        let entry = json!({"key": key, "value": format!("<{}>", kind_of(parameter))});
        match parameter.get("in").and_then(Value::as_str) {
            Some("query") => query.push(entry),
            Some("header") => header.push(entry),
            Some("path") => variable.push(entry),
            _ => {}
        }
    }
    let raw = format!("{{{{baseUrl}}}}/{}", parts.join("/"));
    let mut url = json!({"raw": raw, "host": ["{{baseUrl}}"], "path": parts});
    for (key, list) in [("query", query), ("variable", variable)] {
        if !list.is_empty() {
            url[key] = Value::Array(list);
        }
    }
    let mut request = json!({"method": method.to_ascii_uppercase(), "header": header, "url": url});
    if let Some(description) = text("description") {
        request["description"] = json!(description);
    }
    let example = operation.pointer("/requestBody/content/application~1json/example");
    if operation
        .pointer("/requestBody/content/application~1json")
        .is_some()
    {
        let example = example.cloned().unwrap_or_else(|| json!({}));
        let raw = serde_json::to_string_pretty(&example).unwrap_or_default();
        request["body"] =
            json!({"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}});
    }
    json!({"name": name, "request": request, "response": []})
}

fn kind_of(parameter: &Value) -> &str {
    let kind = parameter.pointer("/schema/type").or(parameter.get("type"));
    kind.and_then(Value::as_str).unwrap_or("string")
}

/// The fresh document with the ids of the old one where method and URL are the same; where orphans stay, behind it the
/// old requests that it does not have.
fn followed(old: &Value, mut fresh: Value, drops_orphans: bool) -> Value {
    let mut by_call: HashMap<(String, String), Value> = HashMap::new();
    for request in requests_of(old) {
        by_call.insert((request.method, request.path), request.item);
    }
    keep_ids(&mut fresh, &mut by_call);
    if !drops_orphans && let Some(items) = fresh.get_mut("item").and_then(Value::as_array_mut) {
        let orphans = requests_of(old).into_iter();
        items.extend(
            orphans
                .filter(|one| by_call.contains_key(&(one.method.clone(), one.path.clone())))
                .map(|one| one.item),
        );
    }
    fresh
}

fn keep_ids(part: &mut Value, by_call: &mut HashMap<(String, String), Value>) {
    for item in part
        .get_mut("item")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if item.get("item").is_some() {
            keep_ids(item, by_call);
        } else if let Some(old) = call_of(item).and_then(|key| by_call.remove(&key)) {
            item["id"] = old["id"].clone();
        }
    }
}

struct Found {
    name: String,
    method: String,
    path: String,
    item: Value,
}

fn requests_of(part: &Value) -> Vec<Found> {
    let mut found = Vec::new();
    for item in part
        .get("item")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if item.get("item").is_some() {
            found.extend(requests_of(item));
        } else if let Some((method, path)) = call_of(item) {
            let name = item
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or("")
                .to_owned();
            found.push(Found {
                name,
                method,
                path,
                item: item.clone(),
            });
        }
    }
    found
}

fn call_of(item: &Value) -> Option<(String, String)> {
    let request = item.get("request")?;
    let method = request.get("method")?.as_str()?.to_owned();
    let path = request.pointer("/url/path").and_then(Value::as_array)?;
    let path: Vec<&str> = path.iter().filter_map(Value::as_str).collect();
    Some((method, path.join("/")))
}

fn template_of(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.strip_prefix(':') {
        Some(variable) => format!("{{{variable}}}"),
        None => part.to_owned(),
    });
    format!("/{}", parts.collect::<Vec<_>>().join("/"))
}

fn resource(collection: &Collection) -> Resource {
    let uid = collection.uid();
    Resource {
        url: format!("/collections/{uid}"),
        id: uid,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{collection_of, followed, requests_of};
    use crate::sandbox::collection_body::faults;

    const PETS: &str = "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\nservers: [{url: 'https://pets.example.com/'}]\n\
        paths:\n  /pets:\n    get: {summary: List pets, tags: [Animals], parameters: [{name: limit, in: query, schema: {type: integer}}]}\n\
        \x20   post: {operationId: createPet, requestBody: {content: {application/json: {example: {a: 1}}}}}\n\
        \x20 /pets/{id}:\n    get: {summary: One pet}\n";

    #[test]
    fn every_operation_becomes_a_request_in_a_valid_collection() {
        let made = collection_of("index.yaml", PETS, "Pets", &json!({})).unwrap();
        assert_eq!(faults(&made), Vec::<String>::new());
        let found: Vec<String> = requests_of(&made)
            .iter()
            .map(|one| format!("{} {} {}", one.method, one.path, one.name))
            .collect();
        assert_eq!(
            found,
            [
                "GET pets List pets",
                "POST pets createPet",
                "GET pets/:id One pet"
            ]
        );
        assert_eq!(made["item"][0]["name"], "pets");
        assert_eq!(made["variable"][0]["value"], "https://pets.example.com");
        let by_tag = collection_of(
            "index.yaml",
            PETS,
            "Pets",
            &json!({"folderStrategy": "Tags"}),
        );
        assert_eq!(by_tag.unwrap()["item"][0]["name"], "Animals");
        assert!(collection_of("index.yaml", "a: 1", "Pets", &json!({})).is_err());
    }

    #[test]
    fn following_keeps_ids_and_orphans_only_where_they_may_stay() {
        let request = |id: &str, path: &str| json!({"id": id, "name": path, "request": {"method": "GET", "url": {"path": [path]}}});
        let old = json!({"item": [request("1", "a"), request("2", "b")]});
        let fresh = json!({"item": [{"name": "f", "item": [
            {"name": "x", "request": {"method": "GET", "url": {"path": ["a"]}}}]}]});
        let kept = followed(&old, fresh.clone(), false);
        assert_eq!(kept["item"][0]["item"][0]["id"], "1");
        assert_eq!(kept["item"][1]["id"], "2");
        assert_eq!(
            followed(&old, fresh, true)["item"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }
}
