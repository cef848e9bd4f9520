//! `/me` and `/workspaces`.

use serde_json::{Value, json};

use crate::sandbox::answer::{Answer, Content, Family, Outcome, bare, enveloped, invalid, ok};
use crate::sandbox::call::Call;
use crate::sandbox::clock::timestamp;
use crate::sandbox::members::Members;
use crate::sandbox::record::{Api, Environment, Spec, Workspace};
use crate::sandbox::shelf;
use crate::sandbox::store::{APIS, ENVIRONMENTS, SPECS, WORKSPACES};

const FAMILY: Family = Family::Plain;

/// The kinds of workspaces.
pub const KINDS: [&str; 5] = ["personal", "team", "private", "public", "partner"];

/// `GET /me`
pub fn me(call: &mut Call<'_>, _: &[String]) -> Outcome {
    let user = call.user();
    let role = if call.is_viewer() { "viewer" } else { "user" };
    let name = format!("sandbox-{role}");
    let quota = call.settings.quota;
    ok(json!({
        "user": {"id": user, "username": name, "email": format!("{name}@example.com"),
            "fullName": format!("Sandbox {role}"), "avatar": null, "isPublic": false, "emailVerified": true,
            "teamId": 123, "teamName": "Sandbox", "teamDomain": "sandbox", "roles": [role]},
        "operations": [{"name": "api_usage", "limit": quota, "usage": call.used,
            "overage": call.used.saturating_sub(quota)}]
    }))
}

/// `GET /workspaces`
pub fn list(call: &mut Call<'_>, _: &[String]) -> Outcome {
    let kind = call.parameter("type").map(str::to_owned);
    if kind.as_deref().is_some_and(|kind| !KINDS.contains(&kind)) {
        return Err(bare(400, "badRequest", "type is invalid"));
    }
    if let Some(include) = call.parameter("include")
        && !["mocks:deactivated", "scim"].contains(&include)
    {
        return Err(bare(400, "badRequest", "include is invalid"));
    }
    let creators = match call.parameter("createdBy") {
        None => None,
        Some(text) => {
            let ids: Result<Vec<u64>, _> = text.split(',').map(str::parse).collect();
            Some(ids.map_err(|_| bare(400, "badRequest", "createdBy is invalid"))?)
        }
    };
    if let Some(limit) = call.parameter("limit") {
        match limit.parse::<u64>() {
            Ok(1..=100) => {}
            Ok(101..) => {
                let message = "The limit parameter must not exceed 100.";
                return Err(enveloped(400, "badRequestError", message));
            }
            _ => return Err(bare(400, "badRequest", "limit is invalid")),
        }
    }
    let holder = holder(call)?;
    let all: Vec<(String, Workspace)> = call.store.all(WORKSPACES, "")?;
    let mut found = Vec::new();
    for (id, workspace) in all {
        let fits = kind.as_ref().is_none_or(|kind| *kind == workspace.kind)
            && creators
                .as_ref()
                .is_none_or(|ids| ids.contains(&workspace.stamp.creator))
            && holder.as_ref().is_none_or(|holder| *holder == id);
        if fits && call.is_listed(&id) {
            found.push(workspace);
        }
    }
    let is_paged = call.parameter("limit").is_some();
    let most = if is_paged { None } else { Some(u64::MAX) };
    let page = call.page(FAMILY, found, |workspace| workspace.sequence, most)?;
    let summaries: Vec<Value> = page.items.iter().map(summary).collect();
    let mut answer = json!({"workspaces": summaries});
    if is_paged {
        answer["meta"] = json!({"nextCursor": page.next});
    }
    ok(answer)
}

/// `POST /workspaces`
pub fn create(call: &mut Call<'_>, _: &[String]) -> Outcome {
    let body = call.json(FAMILY)?;
    let Some(workspace) = body.get("workspace") else {
        let message = "'workspace' object missing in the request";
        return Err(enveloped(400, "malformedRequestError", message));
    };
    Members::of(&body, FAMILY, &["workspace"])?;
    let known = ["name", "type", "description", "about", "teamId"];
    let members = Members::of(workspace, FAMILY, &known)?;
    let kind = members.text("type")?;
    if !KINDS.contains(&kind) {
        return Err(invalid(FAMILY, "Property `type` is invalid."));
    }
    members.optional("teamId")?;
    let made = Workspace {
        id: call.new_id(),
        sequence: call.sequence()?,
        name: members.text("name")?.trim().to_owned(),
        kind: kind.to_owned(),
        description: members
            .optional("description")?
            .unwrap_or_default()
            .to_owned(),
        about: members.optional("about")?.unwrap_or_default().to_owned(),
        stamp: call.stamp(),
    };
    call.store.put(WORKSPACES, &made.id, &made)?;
    call.hide(&made.id);
    ok(json!({"workspace": {"id": made.id, "name": made.name}}))
}

/// `GET /workspaces/{id}`
pub fn read(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let workspace: Option<Workspace> = call.store.get(WORKSPACES, &path[0].to_ascii_lowercase())?;
    let Some(workspace) = workspace else {
        let mut answer = enveloped(404, "workspaceNotFoundError", "Workspace not found");
        if let Content::Json(value) = &mut answer.content {
            value["error"]["statusCode"] = json!(404);
        }
        return Err(answer);
    };
    let mut shown = summary(&workspace);
    shown["description"] = json!(workspace.description);
    shown["updatedBy"] = json!(workspace.stamp.updater.to_string());
    for (kind, elements) in elements(call, &workspace.id)? {
        if !elements.is_empty() {
            shown[kind] = Value::Array(elements);
        }
    }
    ok(json!({"workspace": shown}))
}

/// The workspace that the filter by element asks for.
fn holder(call: &Call<'_>) -> Result<Option<String>, Box<Answer>> {
    let id = call.parameter("elementId");
    let Some(kind) = call.parameter("elementType") else {
        return match id {
            None => Ok(None),
            Some(_) => Err(bare(
                400,
                "badRequest",
                "elementType is required when elementId is provided",
            )),
        };
    };
    let Some(id) = id else {
        let message = "elementId is required when elementType is provided";
        return Err(bare(400, "badRequest", message));
    };
    let workspace = match kind {
        "collection" => shelf::find(call, id)?.map(|found| found.workspace),
        "specification" => call
            .store
            .get::<Spec>(SPECS, id)?
            .map(|found| found.workspace),
        _ => return Err(bare(400, "badRequest", "elementType is invalid")),
    };
    // An element that nobody knows is in no workspace.
    Ok(Some(workspace.unwrap_or_default()))
}

fn elements(
    call: &mut Call<'_>,
    workspace: &str,
) -> Result<[(&'static str, Vec<Value>); 4], Box<Answer>> {
    let mut collections = Vec::new();
    for found in shelf::all(call)? {
        if found.workspace == workspace && call.is_listed(&found.id) {
            collections.push(element(&found.id, &found.name, found.owner));
        }
    }
    let mut environments = Vec::new();
    for (id, found) in call.store.all::<Environment>(ENVIRONMENTS, "")? {
        if found.workspace == workspace && call.is_listed(&id) {
            environments.push(element(&id, &found.name, found.owner));
        }
    }
    let mut apis = Vec::new();
    for (id, found) in call.store.all::<Api>(APIS, "")? {
        if found.workspace == workspace && call.is_listed(&id) {
            apis.push(element(&id, &found.name, found.stamp.creator));
        }
    }
    let mut specs = Vec::new();
    for (id, found) in call.store.all::<Spec>(SPECS, "")? {
        if found.workspace == workspace && call.is_listed(&id) {
            specs.push(element(&id, &found.name, found.stamp.creator));
        }
    }
    Ok([
        ("collections", collections),
        ("environments", environments),
        ("apis", apis),
        ("specs", specs),
    ])
}

fn element(id: &str, name: &str, owner: u64) -> Value {
    json!({"id": id, "name": name, "uid": format!("{owner}-{id}")})
}

fn summary(workspace: &Workspace) -> Value {
    json!({"id": workspace.id, "name": workspace.name, "type": workspace.kind, "visibility": workspace.kind,
        "createdBy": workspace.stamp.creator.to_string(), "about": workspace.about,
        "createdAt": timestamp(workspace.stamp.created), "updatedAt": timestamp(workspace.stamp.updated)})
}
