//! `/collections`.

use serde_json::{Value, json};

use crate::sandbox::answer::{
    Answer, Family, Outcome, deep_update_running, detailed, enveloped, invalid, ok, problem,
};
use crate::sandbox::call::{Call, split_uid};
use crate::sandbox::clock::timestamp;
use crate::sandbox::collection_body::faults;
use crate::sandbox::members::Members;
use crate::sandbox::record::{Collection, Task, TaskKind, Work, Workspace};
use crate::sandbox::shelf::{self, Place};
use crate::sandbox::store::{COLLECTIONS, TASKS, WORKSPACES};
use crate::sandbox::tasks::{poll, settled, start};

const FAMILY: Family = Family::Plain;

/// `GET /collections`
pub fn list(call: &mut Call<'_>, _: &[String]) -> Outcome {
    let workspace = call.parameter("workspace").map(str::to_ascii_lowercase);
    let number = |name: &str| -> Result<Option<usize>, Box<Answer>> {
        let Some(text) = call.parameter(name) else {
            return Ok(None);
        };
        let words = format!("Parameter, {name} is in an invalid format.");
        text.parse().map(Some).map_err(|_| invalid(FAMILY, &words))
    };
    let (limit, offset) = (number("limit")?, number("offset")?);
    if limit == Some(0) {
        return Err(invalid(FAMILY, "Parameter, limit is in an invalid format."));
    }
    let is_paged = limit.is_some() || offset.is_some();
    // A name does not work together with pages: it is passed over then.
    let name = call
        .parameter("name")
        .filter(|_| !is_paged)
        .map(str::to_owned);
    let mut found = Vec::new();
    for collection in shelf::all(call)? {
        let here = workspace
            .as_ref()
            .is_none_or(|id| *id == collection.workspace);
        let named = name.as_ref().is_none_or(|name| *name == collection.name);
        if here && named && call.is_listed(&collection.id) {
            found.push(collection);
        }
    }
    let total = found.len();
    let (skip, take) = (offset.unwrap_or(0), limit.unwrap_or(usize::MAX));
    let page: Vec<Value> = found.iter().skip(skip).take(take).map(summary).collect();
    let mut answer = json!({"collections": page});
    if is_paged {
        answer["meta"] = json!({"total": total, "offset": skip, "limit": limit.unwrap_or(total)});
    }
    ok(answer)
}

/// `POST /collections`
pub fn create(call: &mut Call<'_>, _: &[String]) -> Outcome {
    let document = accepted(call)?;
    let workspace = match call.parameter("workspace") {
        Some(id) => {
            let found: Option<Workspace> = call.store.get(WORKSPACES, &id.to_ascii_lowercase())?;
            let details = json!({"item": "workspace", "id": id});
            let message = "The specified item does not exist.";
            found
                .ok_or_else(|| detailed(400, "instanceNotFoundError", message, &details))?
                .id
        }
        None => oldest_workspace(call)?,
    };
    let place = Place {
        workspace,
        ..Place::default()
    };
    let collection = shelf::add(call, document, place)?;
    ok(json!({"collection": reference(&collection)}))
}

/// `GET /collections/{id}`
pub fn read(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let Some(collection) = shelf::find(call, &path[0])? else {
        let message = "We could not find the collection you are looking for";
        return Err(enveloped(400, "instanceNotFoundError", message));
    };
    let whole = shelf::whole(call, &collection)?;
    match call.parameter("model") {
        None => ok(json!({"collection": whole})),
        Some("minimal") => ok(json!({"collection": minimal(&whole)})),
        Some(_) => Err(invalid(FAMILY, "Parameter, model is in an invalid format.")),
    }
}

/// `PUT /collections/{id}`
pub fn replace(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let prefers = call.headers.get_all("prefer").iter();
    let in_background = prefers
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|value| value.trim().eq_ignore_ascii_case("respond-async"));
    let mut collection = existing(call, &path[0])?;
    if let Some(task) = &collection.replacing {
        if !settled(call, task)? {
            return Err(deep_update_running());
        }
        collection = existing(call, &path[0])?;
    }
    let body = call.json(FAMILY)?;
    let document = wrapped(&body)?;
    if !faults(document).is_empty() && in_background {
        let words = "Unable to parse the collection. Please ensure it is according to \
                     https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html";
        return Err(problem(400, "bad-request", "Malformed request", words));
    }
    refuse_malformed(document)?;
    for (place, own) in [
        ("/info/_postman_id", collection.id.clone()),
        ("/info/uid", collection.uid()),
    ] {
        let given = document.pointer(place).and_then(Value::as_str);
        // Any other id than its own is refused, also one that no collection has.
        if given.is_some_and(|given| given != own) {
            let message = "The collection ID in the path does not match the collection ID in the request body.";
            return Err(enveloped(400, "collectionMismatchError", message));
        }
    }
    let document = document.clone();
    if !in_background {
        shelf::replace(call, &mut collection, document)?;
        return ok(json!({"collection": reference(&collection)}));
    }
    shelf::refuse_foreign(call, &document, &collection.id)?;
    let work = Work::Replace {
        collection: collection.id.clone(),
        body: document,
    };
    let task = start(call, TaskKind::Replace, &collection.uid(), work)?;
    collection.replacing = Some(task.id.clone());
    call.store.put(COLLECTIONS, &collection.id, &collection)?;
    let answer = json!({"task": {"id": task.id, "status": "in-progress"}});
    Ok(Answer::json(202, answer))
}

/// `PATCH /collections/{id}`
pub fn change(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let mut collection = existing(call, &path[0])?;
    let body = call.json(FAMILY)?;
    let patch = wrapped(&body)?;
    let refuse = |what: &str, key: &str| {
        let message = format!("Invalid parameters: ({what}) for key: {key}");
        enveloped(400, "badRequest", &message)
    };
    let Some(members) = patch.as_object().filter(|members| !members.is_empty()) else {
        return Err(refuse("at least one member", "collection"));
    };
    let mut document = shelf::body(call, &collection.id)?;
    for (key, value) in members {
        match (key.as_str(), value) {
            ("info", Value::Object(info)) => {
                for (key, value) in info {
                    match (key.as_str(), value.as_str()) {
                        ("name", Some(name)) if !name.is_empty() => {}
                        ("description", Some(_)) => {}
                        _ => return Err(refuse(key, "info")),
                    }
                    document["info"][key] = value.clone();
                }
            }
            ("variable", Value::Array(_)) => document["variable"] = value.clone(),
            ("auth", Value::Object(_) | Value::Null) => document["auth"] = value.clone(),
            ("events", Value::Array(events)) => {
                for event in events {
                    let known = ["listen", "script"];
                    let event = Members::of(event, FAMILY, &known)
                        .map_err(|_| refuse("event", "events"))?;
                    let script = event
                        .get("script")
                        .ok_or_else(|| refuse("script", "events"))?;
                    let known = ["id", "type", "exec"];
                    let script = Members::of(script, FAMILY, &known)
                        .map_err(|_| refuse("script", "events"))?;
                    let good = matches!(event.text("listen"), Ok("test" | "prerequest"))
                        && script.text("id").is_ok()
                        && script.text("type").is_ok()
                        && script.list("exec").is_ok();
                    if !good {
                        return Err(refuse("script", "events"));
                    }
                }
                document["event"] = value.clone();
            }
            _ => return Err(refuse(key, "collection")),
        }
    }
    refuse_malformed(&document)?;
    shelf::replace(call, &mut collection, document.clone())?;
    let description = document.pointer("/info/description");
    ok(
        json!({"collection": {"id": collection.id, "name": collection.name,
        "description": description.filter(|value| value.is_string()).cloned().unwrap_or(Value::Null)}}),
    )
}

/// `DELETE /collections/{id}`
pub fn delete(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let collection = existing(call, &path[0])?;
    shelf::remove(call, &collection)?;
    ok(json!({"collection": {"id": collection.id, "uid": collection.uid()}}))
}

/// `GET /collection-updates-tasks/{id}`
pub fn update_task(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let task: Option<Task> = call.store.get(TASKS, &path[0])?;
    let Some(task) = task.filter(|task| task.kind == TaskKind::Replace) else {
        return Err(missing("task", &path[0]));
    };
    let status = match poll(call, task)?.result {
        None => "in-progress",
        Some(Ok(_)) => "successful",
        Some(Err(_)) => "failed",
    };
    ok(json!({"id": path[0], "status": status}))
}

/// The collection of a body, valid.
///
/// # Errors
/// Every way in which it is not.
fn accepted(call: &Call<'_>) -> Result<Value, Box<Answer>> {
    let body = call.json(FAMILY)?;
    let document = wrapped(&body)?;
    refuse_malformed(document)?;
    Ok(document.clone())
}

/// Refuses a document that is no valid collection.
///
/// # Errors
/// 400 `malformedRequestError` with everything that is wrong.
pub fn refuse_malformed(document: &Value) -> Result<(), Box<Answer>> {
    let told = faults(document);
    if told.is_empty() {
        return Ok(());
    }
    let message = format!("Found {} errors with the supplied collection.", told.len());
    Err(detailed(
        400,
        "malformedRequestError",
        &message,
        &json!(told),
    ))
}

fn wrapped(body: &Value) -> Result<&Value, Box<Answer>> {
    let details = json!({"param": "collection"});
    let message = "Parameter is missing in the request.";
    let document = body.get("collection");
    let document = document.ok_or_else(|| detailed(400, "paramMissingError", message, &details))?;
    Members::of(body, FAMILY, &["collection"])?;
    if !document.is_object() {
        return Err(detailed(
            400,
            "malformedRequestError",
            "Found 1 errors with the supplied collection.",
            &json!([": must be object"]),
        ));
    }
    Ok(document)
}

fn existing(call: &Call<'_>, id: &str) -> Result<Collection, Box<Answer>> {
    shelf::find(call, id)?.ok_or_else(|| missing("collection", id))
}

fn missing(item: &str, id: &str) -> Box<Answer> {
    let details = json!({"item": item, "id": id});
    let message = "The specified item does not exist.";
    detailed(404, "instanceNotFoundError", message, &details)
}

fn oldest_workspace(call: &Call<'_>) -> Result<String, Box<Answer>> {
    let all: Vec<(String, Workspace)> = call.store.all(WORKSPACES, "")?;
    let oldest = all
        .into_iter()
        .map(|(_, workspace)| workspace)
        .min_by_key(|workspace| (workspace.kind != "personal", workspace.sequence));
    let oldest = oldest.ok_or_else(|| invalid(FAMILY, "There is no workspace."))?;
    Ok(oldest.id)
}

fn reference(collection: &Collection) -> Value {
    json!({"id": collection.id, "name": collection.name, "uid": collection.uid()})
}

fn summary(collection: &Collection) -> Value {
    json!({"id": collection.id, "name": collection.name, "owner": collection.owner.to_string(),
        "createdAt": timestamp(collection.stamp.created), "updatedAt": timestamp(collection.stamp.updated),
        "uid": collection.uid(), "isPublic": false})
}

fn minimal(whole: &Value) -> Value {
    let mut minimal = json!({"info": whole["info"]});
    for (from, to) in [
        ("variable", "variable"),
        ("auth", "auth"),
        ("event", "events"),
    ] {
        if let Some(value) = whole.get(from) {
            minimal[to] = value.clone();
        }
    }
    let items = whole["item"].as_array();
    let of = |folders: bool| -> Value {
        let items = items.into_iter().flatten();
        items
            .filter(|item| item.get("item").is_some() == folders)
            .filter_map(|item| item.get("uid").cloned())
            .collect()
    };
    minimal["rootLevelRequests"] = of(false);
    minimal["rootLevelFolders"] = of(true);
    minimal
}

/// A path parameter that must be a uid.
///
/// # Errors
/// 400: it is a bare id, or neither.
pub fn require_uid(family: Family, id: &str) -> Result<(), Box<Answer>> {
    match split_uid(id) {
        Some((Some(_), _)) => Ok(()),
        _ => Err(invalid(family, "Parameter, collectionId must be a UID.")),
    }
}
