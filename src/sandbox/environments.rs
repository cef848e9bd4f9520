//! `/environments`.

use serde_json::{Value, json};

use crate::sandbox::answer::{Answer, Family, Outcome, detailed, enveloped, invalid, ok};
use crate::sandbox::call::{Call, split_uid};
use crate::sandbox::clock::timestamp;
use crate::sandbox::members::Members;
use crate::sandbox::record::{Environment, Workspace};
use crate::sandbox::store::{ENVIRONMENTS, WORKSPACES};

const FAMILY: Family = Family::Plain;
/// A description of a variable has at most this many characters.
const MOST_DESCRIPTION: usize = 512;

/// `GET /environments`
pub fn list(call: &mut Call<'_>, _: &[String]) -> Outcome {
    let workspace = call.parameter("workspace").map(str::to_ascii_lowercase);
    let all: Vec<(String, Environment)> = call.store.all(ENVIRONMENTS, "")?;
    let mut found = Vec::new();
    for (id, environment) in all {
        let here = workspace
            .as_ref()
            .is_none_or(|id| *id == environment.workspace);
        if here && call.is_listed(&id) {
            found.push(environment);
        }
    }
    found.sort_by_key(|environment| environment.sequence);
    let found: Vec<Value> = found.iter().map(|one| summary(one, true)).collect();
    ok(json!({"environments": found}))
}

/// `POST /environments`
pub fn create(call: &mut Call<'_>, _: &[String]) -> Outcome {
    let (name, values) = accepted(call)?;
    let workspace = match call.parameter("workspace") {
        Some(id) => {
            let id = id.to_ascii_lowercase();
            if !call.store.has(WORKSPACES, &id)? {
                let details = json!({"item": "workspace", "id": id});
                let message = "The specified item does not exist.";
                return Err(detailed(400, "instanceNotFoundError", message, &details));
            }
            id
        }
        None => {
            let all: Vec<(String, Workspace)> = call.store.all(WORKSPACES, "")?;
            let oldest = all.into_iter().min_by_key(|(_, one)| one.sequence);
            oldest.map(|(id, _)| id).unwrap_or_default()
        }
    };
    let environment = Environment {
        id: call.new_id(),
        sequence: call.sequence()?,
        owner: call.user(),
        name,
        workspace,
        values,
        stamp: call.stamp(),
    };
    call.store
        .put(ENVIRONMENTS, &environment.id, &environment)?;
    call.hide(&environment.id);
    ok(reference(&environment))
}

/// `GET /environments/{id}`
pub fn read(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let environment = existing(call, &path[0], 400)?;
    let mut shown = summary(&environment, false);
    shown["values"] = json!(environment.values);
    ok(json!({"environment": shown}))
}

/// `PUT /environments/{id}`
pub fn replace(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let environment = existing(call, &path[0], 404)?;
    let (name, values) = accepted(call)?;
    keep(call, environment, name, values)
}

/// `PATCH /environments/{id}`: JSON Patch, one kind of operation a call.
pub fn change(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let environment = existing(call, &path[0], 404)?;
    let body = call.json(FAMILY)?;
    let Some(operations) = body.as_array().filter(|operations| !operations.is_empty()) else {
        return Err(invalid(
            FAMILY,
            "The request body must be a JSON Patch document.",
        ));
    };
    let first = operations[0].get("op");
    if operations
        .iter()
        .any(|operation| operation.get("op") != first)
    {
        return Err(invalid(
            FAMILY,
            "Only one type of operation is allowed in a request.",
        ));
    }
    let mut document = json!({"name": environment.name, "values": environment.values});
    for operation in operations {
        apply(&mut document, operation)?;
    }
    let name = document["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        return Err(invalid(
            FAMILY,
            "Property `name` must be a string that is not empty.",
        ));
    }
    let name = name.to_owned();
    let values = values_of(document["values"].as_array().map_or(&[], Vec::as_slice))?;
    keep(call, environment, name, values)
}

/// `DELETE /environments/{id}`
pub fn delete(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let environment = existing(call, &path[0], 404)?;
    call.store.remove(ENVIRONMENTS, &environment.id)?;
    let uid = format!("{}-{}", environment.owner, environment.id);
    ok(json!({"environment": {"id": environment.id, "uid": uid}}))
}

fn keep(
    call: &Call<'_>,
    mut environment: Environment,
    name: String,
    values: Vec<Value>,
) -> Outcome {
    (environment.name, environment.values) = (name, values);
    environment.stamp.touch(call.user(), call.now);
    call.store
        .put(ENVIRONMENTS, &environment.id, &environment)?;
    ok(reference(&environment))
}

fn existing(call: &Call<'_>, id: &str, status: u16) -> Result<Environment, Box<Answer>> {
    let message = "We could not find the environment you are looking for";
    let missing = || enveloped(status, "instanceNotFoundError", message);
    let (owner, bare) = split_uid(id).ok_or_else(missing)?;
    let found: Option<Environment> = call.store.get(ENVIRONMENTS, &bare)?;
    let owner = owner.unwrap_or(call.user());
    found
        .filter(|found| found.owner == owner)
        .ok_or_else(missing)
}

fn accepted(call: &Call<'_>) -> Result<(String, Vec<Value>), Box<Answer>> {
    let body = call.json(FAMILY)?;
    let Some(environment) = body.get("environment") else {
        let details = json!({"param": "environment"});
        let message = "Parameter is missing in the request.";
        return Err(detailed(400, "paramMissingError", message, &details));
    };
    // Exports carry members of their own beside these; Postman passes over them.
    let known: Vec<&str> = environment.as_object().map_or(Vec::new(), |members| {
        members.keys().map(String::as_str).collect()
    });
    let members = Members::of(environment, FAMILY, &known)?;
    let name = members.text("name")?.trim().to_owned();
    let values = match members.get("values") {
        None => Vec::new(),
        Some(_) => values_of(members.list("values")?)?,
    };
    Ok((name, values))
}

fn values_of(values: &[Value]) -> Result<Vec<Value>, Box<Answer>> {
    let mut kept = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let refuse = |what: &str| invalid(FAMILY, &format!("values/{index}: {what}"));
        let Value::Object(members) = value else {
            return Err(refuse("must be object"));
        };
        if !members.get("key").is_some_and(Value::is_string) {
            return Err(refuse("must have required property 'key'"));
        }
        let kind = members.get("type").map_or(Some("default"), Value::as_str);
        if !kind.is_some_and(|kind| ["default", "secret", "text", "any"].contains(&kind)) {
            return Err(refuse("type must be equal to one of the allowed values"));
        }
        if let Some(description) = members.get("description") {
            let length = description.as_str().map(|text| text.chars().count());
            if length.is_none_or(|length| length > MOST_DESCRIPTION) {
                return Err(refuse(
                    "description must be a string of at most 512 characters",
                ));
            }
        }
        if members
            .get("enabled")
            .is_some_and(|enabled| !enabled.is_boolean())
        {
            return Err(refuse("enabled must be boolean"));
        }
        let mut value = value.clone();
        if value.get("type").is_none() {
            value["type"] = json!("default");
        }
        if value.get("enabled").is_none() {
            value["enabled"] = json!(true);
        }
        if value.get("value").is_none() {
            value["value"] = json!("");
        }
        kept.push(value);
    }
    Ok(kept)
}

/// One operation of a JSON Patch document on `{name, values}`.
fn apply(document: &mut Value, operation: &Value) -> Result<(), Box<Answer>> {
    let refuse = |what: &str| invalid(FAMILY, what);
    let path = operation.get("path").and_then(Value::as_str).unwrap_or("");
    let named = path == "/name";
    if !(named || path.starts_with("/values/")) {
        return Err(refuse("Property `path` is invalid."));
    }
    let (parent, last) = path.rsplit_once('/').unwrap_or(("", ""));
    let value = || {
        let value = operation.get("value").cloned();
        value.ok_or_else(|| refuse("Required property `value` is missing."))
    };
    let Some(target) = document.pointer_mut(parent) else {
        return Err(refuse("Property `path` names no value."));
    };
    let kind = operation.get("op").and_then(Value::as_str);
    match (kind, target) {
        (Some("add"), Value::Array(items)) if last == "-" => items.push(value()?),
        (Some("add"), Value::Array(items)) => match last.parse::<usize>() {
            Ok(at) if at <= items.len() => items.insert(at, value()?),
            _ => return Err(refuse("Property `path` names no value.")),
        },
        (Some("replace"), Value::Array(items)) => {
            let slot = last.parse::<usize>().ok().and_then(|at| items.get_mut(at));
            *slot.ok_or_else(|| refuse("Property `path` names no value."))? = value()?;
        }
        (Some("remove"), Value::Array(items)) => match last.parse::<usize>() {
            Ok(at) if at < items.len() => {
                items.remove(at);
            }
            _ => return Err(refuse("Property `path` names no value.")),
        },
        (Some("add" | "replace"), Value::Object(members)) => {
            members.insert(last.to_owned(), value()?);
        }
        (Some("remove"), Value::Object(members)) if !named => {
            members.shift_remove(last);
        }
        _ => return Err(refuse("Property `op` is invalid.")),
    }
    Ok(())
}

fn reference(environment: &Environment) -> Value {
    let uid = format!("{}-{}", environment.owner, environment.id);
    json!({"environment": {"id": environment.id, "name": environment.name, "uid": uid}})
}

fn summary(environment: &Environment, with_uid: bool) -> Value {
    let mut shown = json!({"id": environment.id, "name": environment.name,
        "owner": environment.owner.to_string(), "createdAt": timestamp(environment.stamp.created),
        "updatedAt": timestamp(environment.stamp.updated), "isPublic": false});
    if with_uid {
        shown["uid"] = json!(format!("{}-{}", environment.owner, environment.id));
    }
    shown
}
