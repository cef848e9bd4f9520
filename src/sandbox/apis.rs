//! `/apis`: the APIs themselves and their collections.

use serde_json::{Value, json};

use crate::sandbox::answer::{
    Answer, Content, Family, Outcome, forbidden, invalid, nested, ok, typed,
};
use crate::sandbox::call::{Call, split_uid};
use crate::sandbox::collections::{refuse_malformed, require_uid};
use crate::sandbox::generation;
use crate::sandbox::members::Members;
use crate::sandbox::record::{Api, Collection, File, Resource, TaskKind, Version, Work};
use crate::sandbox::shelf::{self, Place};
use crate::sandbox::store::{APIS, FILES, VERSIONS};
use crate::sandbox::tasks::start;

const FAMILY: Family = Family::Apis;

/// `GET /apis`
pub fn list(call: &mut Call<'_>, _: &[String]) -> Outcome {
    let workspace = call.workspace(FAMILY, false)?;
    let creator = match call.parameter("createdBy") {
        None => None,
        Some(text) => match text.parse::<u64>() {
            Ok(id) => Some(id),
            Err(_) => {
                return Err(invalid(
                    FAMILY,
                    "Parameter, createdBy is in an invalid format.",
                ));
            }
        },
    };
    let wanted = call.parameter("description").map(str::to_lowercase);
    let all: Vec<(String, Api)> = call.store.all(APIS, "")?;
    let mut found = Vec::new();
    for (id, api) in all {
        let fits = api.workspace == workspace.id
            && creator.is_none_or(|creator| creator == api.stamp.creator)
            && wanted
                .as_ref()
                .is_none_or(|text| api.description.to_lowercase().contains(text));
        if fits && call.is_listed(&id) {
            found.push(api);
        }
    }
    let page = call.page(FAMILY, found, |api| api.sequence, None)?;
    let as_text = call.coin();
    let apis: Vec<Value> = page.items.iter().map(|api| shown(api, as_text)).collect();
    let meta = json!({"limit": page.limit, "total": page.total, "nextCursor": page.next});
    ok(json!({"apis": apis, "meta": meta}))
}

/// `POST /apis`
pub fn create(call: &mut Call<'_>, _: &[String]) -> Outcome {
    let workspace = call.workspace(FAMILY, true)?;
    let (name, summary, description) = written(call)?;
    let api = Api {
        id: call.new_id(),
        sequence: call.sequence()?,
        name,
        summary: summary.unwrap_or_default(),
        description: description.unwrap_or_default(),
        workspace: workspace.id,
        git: None,
        schema: None,
        migration: None,
        stamp: call.stamp(),
    };
    call.store.put(APIS, &api.id, &api)?;
    call.hide(&api.id);
    ok(shown(&api, call.coin()))
}

/// `GET /apis/{id}`
pub fn read(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let api = existing(call, &path[0])?;
    let include = call.parameter("include").unwrap_or("").to_owned();
    let include: Vec<&str> = include.split(',').filter(|part| !part.is_empty()).collect();
    let known = ["collections", "versions", "schemas", "gitInfo"];
    if include.iter().any(|part| !known.contains(part)) {
        return Err(invalid(
            FAMILY,
            "Parameter, include is in an invalid format.",
        ));
    }
    if call.is_viewer() && include.iter().any(|part| *part != "versions") {
        return Err(forbidden(FAMILY));
    }
    let mut answer = shown(&api, call.coin());
    if include.contains(&"versions") {
        let versions = versions_of(call, &api.id)?;
        let versions = versions
            .iter()
            .filter(|version| version.publishing.is_none());
        answer["versions"] = versions
            .map(|version| json!({"id": version.id, "name": version.name}))
            .collect();
    }
    if include.contains(&"gitInfo") {
        answer["gitInfo"] = match &api.git {
            None => json!({}),
            Some(git) => json!({"domain": git.domain, "repository": git.repository,
                "organization": git.organization, "schemaFolder": git.schema_folder,
                "collectionFolder": git.collection_folder}),
        };
    }
    if api.git.is_none() && include.contains(&"schemas") {
        let schemas = api.schema.iter();
        answer["schemas"] = schemas.map(|schema| json!({"id": schema.id})).collect();
    }
    if api.git.is_none() && include.contains(&"collections") {
        let collections = collections_of(call, &api.id)?;
        answer["collections"] = collections
            .iter()
            .map(|collection| json!({"id": collection.uid()}))
            .collect();
    }
    ok(answer)
}

/// `PUT /apis/{id}`
pub fn update(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let mut api = existing(call, &path[0])?;
    let (name, summary, description) = written(call)?;
    api.name = name;
    api.summary = summary.unwrap_or(api.summary);
    api.description = description.unwrap_or(api.description);
    api.stamp.touch(call.user(), call.now);
    call.store.put(APIS, &api.id, &api)?;
    ok(shown(&api, true))
}

/// `DELETE /apis/{id}`
pub fn delete(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let api = existing(call, &path[0])?;
    for collection in collections_of(call, &api.id)? {
        shelf::remove(call, &collection)?;
    }
    if let Some(schema) = &api.schema {
        call.store.remove_all(FILES, &format!("{}/", schema.id))?;
    }
    call.store.remove_all(VERSIONS, &format!("{}/", api.id))?;
    call.store.remove(APIS, &api.id)?;
    Ok(Answer::empty())
}

/// `POST /apis/{id}/collections`
pub fn add_collection(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let api = writable(call, &path[0])?;
    let body = call.json(FAMILY)?;
    let known = ["operationType", "data", "name", "options"];
    let members = Members::of(&body, FAMILY, &known)?;
    let data = || {
        let data = members.get("data");
        data.ok_or_else(|| invalid(FAMILY, "Required property `data` is missing."))
    };
    let place = Place {
        workspace: api.workspace.clone(),
        api: Some(api.id.clone()),
        id: None,
    };
    let made = match members.text("operationType")? {
        "COPY_COLLECTION" => {
            Members::of(&body, FAMILY, &["operationType", "data"])?;
            let data = Members::of(data()?, FAMILY, &["collectionId"])?;
            let Some(source) = shelf::find(call, data.text("collectionId")?)? else {
                return Err(collection_missing());
            };
            shelf::copy(call, &source, place)?
        }
        "CREATE_NEW" => {
            Members::of(&body, FAMILY, &["operationType", "data"])?;
            let document = data()?;
            refuse_malformed(document).map_err(in_this_family)?;
            shelf::add(call, document.clone(), place).map_err(in_this_family)?
        }
        "GENERATE_FROM_SCHEMA" => {
            let known = ["operationType", "name", "options"];
            let members = Members::of(&body, FAMILY, &known)?;
            let name = members.text("name")?;
            let options = members.get("options").cloned().unwrap_or_else(|| json!({}));
            let (text, path) = root_text(call, &api)?;
            let document = generation::collection_of(&path, &text, name, &options)
                .map_err(|reason| invalid(FAMILY, &reason))?;
            shelf::add(call, document, place).map_err(in_this_family)?
        }
        _ => return Err(invalid(FAMILY, "Property `operationType` is invalid.")),
    };
    ok(json!({"id": made.uid()}))
}

/// `GET /apis/{id}/collections/{uid}`
pub fn read_collection(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let api = writable(call, &path[0])?;
    require_uid(FAMILY, &path[1])?;
    if let Some(version) = call.parameter("versionId") {
        let version = version_of(call, &api.id, version)?;
        let found = version.bodies.get(&path[1]).cloned();
        return ok(found.ok_or_else(collection_missing)?);
    }
    if call.is_viewer() {
        return Err(forbidden(FAMILY));
    }
    let collection = own_collection(call, &api, &path[1])?;
    ok(shelf::whole(call, &collection)?)
}

/// `PUT /apis/{id}/collections/{uid}/sync-with-schema-tasks`
pub fn follow_schema(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let api = writable(call, &path[0])?;
    require_uid(FAMILY, &path[1])?;
    let collection = own_collection(call, &api, &path[1])?;
    let kind = api.schema.as_ref().map(|schema| schema.kind.as_str());
    if !kind.is_some_and(|kind| kind.starts_with("openapi:3")) {
        let detail = "Syncing is only supported for OpenAPI 3 schemas.";
        return Err(invalid(FAMILY, detail));
    }
    let work = Work::FollowSchema {
        api: api.id.clone(),
        collection: collection.id,
    };
    let task = start(call, TaskKind::FollowSchema, &api.id, work)?;
    let location = format!("/apis/{}/tasks/{}", api.id, task.id);
    let answer = Answer::json(202, json!({"taskId": task.id}));
    Ok(answer.with_header("location", location))
}

/// An API.
///
/// # Errors
/// 404: there is none.
pub fn existing(call: &Call<'_>, id: &str) -> Result<Api, Box<Answer>> {
    let words = "We could not find the API you are looking for";
    let missing = || {
        let detail = format!("{words}.");
        typed(404, "instanceNotFoundError", words, &detail)
    };
    let (_, id) = split_uid(id).ok_or_else(missing)?;
    call.store.get(APIS, &id)?.ok_or_else(missing)
}

/// An API whose definition and collections Postman keeps itself.
///
/// # Errors
/// 404: there is none. 422: it is connected to a repository.
pub fn writable(call: &Call<'_>, id: &str) -> Result<Api, Box<Answer>> {
    let api = existing(call, id)?;
    if api.git.is_some() {
        return Err(typed(
            422,
            "actionNotAllowedError",
            "Action not allowed",
            "This action is not allowed for Git linked APIs",
        ));
    }
    Ok(api)
}

/// The collections of an API, oldest first.
///
/// # Errors
/// The database cannot be used.
pub fn collections_of(call: &Call<'_>, api: &str) -> Result<Vec<Collection>, Box<Answer>> {
    let mut all = shelf::all(call)?;
    all.retain(|collection| collection.api.as_deref() == Some(api));
    Ok(all)
}

/// The versions of an API, oldest first.
///
/// # Errors
/// The database cannot be used.
pub fn versions_of(call: &Call<'_>, api: &str) -> Result<Vec<Version>, Box<Answer>> {
    let all: Vec<(String, Version)> = call.store.all(VERSIONS, &format!("{api}/"))?;
    let mut all: Vec<Version> = all.into_iter().map(|(_, version)| version).collect();
    all.sort_by_key(|version| version.sequence);
    Ok(all)
}

/// A published version of an API.
///
/// # Errors
/// 404: there is none.
pub fn version_of(call: &Call<'_>, api: &str, id: &str) -> Result<Version, Box<Answer>> {
    let found: Option<Version> = call.store.get(VERSIONS, &format!("{api}/{id}"))?;
    let published = found.filter(|version| version.publishing.is_none());
    published.ok_or_else(version_missing)
}

/// 404: no such version.
pub fn version_missing() -> Box<Answer> {
    let words = "We could not find the version you are looking for";
    typed(404, "instanceNotFoundError", words, &format!("{words}."))
}

/// The work of publishing: what the version froze gets readable.
///
/// # Errors
/// The database cannot be used.
pub fn publish(
    call: &Call<'_>,
    api: &str,
    id: &str,
) -> Result<Result<Vec<Resource>, String>, Box<Answer>> {
    let key = format!("{api}/{id}");
    let Some(mut version) = call.store.get::<Version>(VERSIONS, &key)? else {
        return Ok(Err("The version is gone.".to_owned()));
    };
    version.publishing = None;
    call.store.put(VERSIONS, &key, &version)?;
    Ok(Ok(vec![Resource {
        id: version.id,
        url: format!("/apis/{api}/versions/{id}"),
    }]))
}

/// A version whose publishing failed is no version.
///
/// # Errors
/// The database cannot be used.
pub fn unpublish(call: &Call<'_>, api: &str, id: &str) -> Result<(), Box<Answer>> {
    Ok(call.store.remove(VERSIONS, &format!("{api}/{id}"))?)
}

/// Text and path of the root file of an API's definition.
///
/// # Errors
/// There is none.
pub fn root_text(call: &Call<'_>, api: &Api) -> Result<(String, String), Box<Answer>> {
    let schema = api.schema.as_ref().ok_or_else(schema_missing)?;
    let files: Vec<(String, File)> = call.store.all(FILES, &format!("{}/", schema.id))?;
    let root = files
        .into_iter()
        .map(|(_, file)| file)
        .min_by_key(|file| (!file.root, file.sequence));
    let root = root.ok_or_else(schema_missing)?;
    Ok((root.content, root.path))
}

/// 404: the API has no definition, or not this one.
pub fn schema_missing() -> Box<Answer> {
    typed(
        404,
        "instanceNotFoundError",
        "Schema not found",
        "We could not find a schema linked to this API",
    )
}

fn own_collection(call: &Call<'_>, api: &Api, uid: &str) -> Result<Collection, Box<Answer>> {
    let found = shelf::find(call, uid)?;
    let own = found.filter(|found| found.api.as_deref() == Some(api.id.as_str()));
    own.ok_or_else(collection_missing)
}

fn collection_missing() -> Box<Answer> {
    nested(
        404,
        "instanceNotFoundError",
        "Collection not found",
        "The API does not contain the collection you are looking for",
    )
}

/// What the collection family refuses in its shape, in the shape of this one.
fn in_this_family(refusal: Box<Answer>) -> Box<Answer> {
    let Content::Json(value) = &refusal.content else {
        return refusal;
    };
    let error = &value["error"];
    let mut detail = error["message"].as_str().unwrap_or_default().to_owned();
    for line in error["details"].as_array().into_iter().flatten().take(10) {
        detail.push(' ');
        detail.push_str(line.as_str().unwrap_or_default());
    }
    let kind = error["name"].as_str().unwrap_or("invalidParamsError");
    typed(
        refusal.status,
        kind,
        "Could not create the resource",
        &detail,
    )
}

type Written = (String, Option<String>, Option<String>);

fn written(call: &Call<'_>) -> Result<Written, Box<Answer>> {
    let body = call.json(FAMILY)?;
    let members = Members::of(&body, FAMILY, &["name", "summary", "description"])?;
    let name = members.text("name")?.trim().to_owned();
    let summary = members.optional("summary")?.map(str::to_owned);
    let description = members.optional("description")?.map(str::to_owned);
    Ok((name, summary, description))
}

fn shown(api: &Api, as_text: bool) -> Value {
    let mut shown = json!({"id": api.id, "name": api.name, "summary": api.summary, "description": api.description});
    api.stamp.write(&mut shown, as_text);
    shown
}
