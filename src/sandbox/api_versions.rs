//! `/apis/{id}/versions` and `/apis/{id}/spec-migrations`.

use serde_json::{Map, Value, json};

use crate::sandbox::answer::{Answer, Content, Family, Outcome, invalid, ok, typed};
use crate::sandbox::api_schemas::{files_of, new_file};
use crate::sandbox::apis::{
    collections_of, existing, schema_missing, version_missing, version_of, versions_of,
};
use crate::sandbox::call::Call;
use crate::sandbox::clock::timestamp;
use crate::sandbox::members::Members;
use crate::sandbox::record::{Api, Spec, TaskKind, Version, Work, Workspace};
use crate::sandbox::shelf;
use crate::sandbox::store::{APIS, COLLECTIONS, FILES, SPECS, VERSIONS, WORKSPACES};
use crate::sandbox::tasks::{settled, start};

const FAMILY: Family = Family::Apis;

/// `GET /apis/{id}/versions`
pub fn list(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let api = existing(call, &path[0])?;
    let mut versions = versions_of(call, &api.id)?;
    versions.retain(|version| version.publishing.is_none());
    let page = call.page(FAMILY, versions, |version| version.sequence, None)?;
    let versions: Vec<Value> = page.items.iter().map(shown).collect();
    let meta = json!({"limit": page.limit, "total": page.total, "nextCursor": page.next});
    ok(json!({"versions": versions, "meta": meta}))
}

/// `POST /apis/{id}/versions`
pub fn create(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let api = existing(call, &path[0])?;
    let body = call.json(FAMILY)?;
    let version = match &api.git {
        None => by_ids(call, &api, &body)?,
        Some(git) if git.inconsistent => {
            return Err(typed(
                422,
                "APIStateInconsistent",
                "API state seems to be inconsistent.",
                "Please perform a Git push from the Postman app to sync state between app and repository.",
            ));
        }
        Some(_) => by_paths(call, &body)?,
    };
    let taken = versions_of(call, &api.id)?;
    if taken.iter().any(|other| other.name == version.name) {
        return Err(invalid(FAMILY, "A version with this name already exists."));
    }
    let mut version = version;
    let work = Work::Publish {
        api: api.id.clone(),
        version: version.id.clone(),
    };
    let task = start(call, TaskKind::Publish, &api.id, work)?;
    let location = format!("/apis/{}/tasks/{}", api.id, task.id);
    version.publishing = Some(task.id);
    call.store
        .put(VERSIONS, &format!("{}/{}", api.id, version.id), &version)?;
    Ok(Answer::json(202, shown(&version)).with_header("location", location))
}

/// `GET /apis/{id}/versions/{version}`
pub fn read(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let api = existing(call, &path[0])?;
    let key = format!("{}/{}", api.id, path[1]);
    let found: Option<Version> = call.store.get(VERSIONS, &key)?;
    let version = found.ok_or_else(version_missing)?;
    if let Some(task) = &version.publishing
        && !settled(call, task)?
    {
        if call.is_viewer() {
            return Err(version_missing());
        }
        return Ok(Answer {
            status: 302,
            content: Content::Empty,
            headers: vec![("location", format!("/apis/{}/tasks/{task}", api.id))],
        });
    }
    let version = version_of(call, &api.id, &path[1])?;
    let mut answer = shown(&version);
    answer["schemas"] = json!(version.schemas);
    answer["collections"] = json!(version.collections);
    ok(json!({"version": answer}))
}

/// `PUT /apis/{id}/versions/{version}`
pub fn update(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let api = existing(call, &path[0])?;
    let mut version = version_of(call, &api.id, &path[1])?;
    let body = call.json(FAMILY)?;
    let members = Members::of(&body, FAMILY, &["name", "releaseNotes"])?;
    members.text("name")?.clone_into(&mut version.name);
    if let Some(notes) = members.optional("releaseNotes")? {
        notes.clone_into(&mut version.notes);
    }
    version.stamp.touch(call.user(), call.now);
    call.store
        .put(VERSIONS, &format!("{}/{}", api.id, version.id), &version)?;
    ok(shown(&version))
}

/// `DELETE /apis/{id}/versions/{version}`
pub fn delete(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let api = existing(call, &path[0])?;
    let version = version_of(call, &api.id, &path[1])?;
    call.store
        .remove(VERSIONS, &format!("{}/{}", api.id, version.id))?;
    Ok(Answer::empty())
}

/// `GET /apis/{id}/spec-migrations`
pub fn migration(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let api = existing(call, &path[0])?;
    let missing = || {
        let words = "We could not find a migration of this API";
        typed(404, "instanceNotFoundError", words, &format!("{words}."))
    };
    ok(api.migration.ok_or_else(missing)?)
}

/// `POST /apis/{id}/spec-migrations`: the definition becomes a specification, the collections move along.
pub fn migrate(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let mut api = existing(call, &path[0])?;
    let body = call.json(FAMILY)?;
    let members = Members::of(&body, FAMILY, &["workspaceId", "workspaceInfo", "gitInfo"])?;
    let Some(schema) = api.schema.clone() else {
        return ok(json!({"status": "COMPLETED", "details": {"workspaceId": api.workspace}}));
    };
    let kind = match schema.kind.as_str() {
        "openapi:2" => "OPENAPI:2.0",
        "openapi:3" => "OPENAPI:3.0",
        "openapi:3_1" => "OPENAPI:3.1",
        "asyncapi:2" => "ASYNCAPI:2.0",
        "proto:2" => "PROTOBUF:2",
        "proto:3" => "PROTOBUF:3",
        "graphql" => "GRAPHQL",
        other => {
            let detail = format!("Definition type not supported for migration: {other}");
            return Err(invalid(FAMILY, &detail));
        }
    };
    let workspace = target_workspace(call, &members)?;
    let spec = Spec {
        id: call.new_id(),
        sequence: call.sequence()?,
        name: api.name.clone(),
        kind: kind.to_owned(),
        workspace: workspace.clone(),
        revision: 1,
        tagged: None,
        generating: None,
        stamp: call.stamp(),
    };
    let files = files_of(call, &schema.id)?;
    let root = files.iter().position(|file| file.root).unwrap_or(0);
    for (index, file) in files.iter().enumerate() {
        let copy = new_file(call, &file.path, &file.content, index == root)?;
        call.store
            .put(FILES, &format!("{}/{}", spec.id, file.path), &copy)?;
    }
    call.store.put(SPECS, &spec.id, &spec)?;
    for mut collection in collections_of(call, &api.id)? {
        collection.workspace.clone_from(&workspace);
        collection.api = None;
        call.store.put(COLLECTIONS, &collection.id, &collection)?;
    }
    let answer = json!({"status": "COMPLETED", "details": {"workspaceId": workspace}});
    api.migration = Some(answer.clone());
    call.store.put(APIS, &api.id, &api)?;
    Ok(Answer::json(202, answer))
}

fn target_workspace(call: &Call<'_>, members: &Members<'_>) -> Result<String, Box<Answer>> {
    if let Some(id) = members.optional("workspaceId")? {
        if call.store.has(WORKSPACES, id)? {
            return Ok(id.to_owned());
        }
        let words = "We could not find the workspace you are looking for";
        return Err(typed(
            404,
            "instanceNotFoundError",
            words,
            &format!("{words}."),
        ));
    }
    let info = members.get("workspaceInfo");
    let info =
        info.ok_or_else(|| invalid(FAMILY, "Required property `workspaceId` is missing."))?;
    let workspace = Workspace {
        id: call.new_id(),
        sequence: call.sequence()?,
        name: Members::of(info, FAMILY, &["name"])?
            .text("name")?
            .to_owned(),
        kind: "team".to_owned(),
        description: String::new(),
        about: String::new(),
        stamp: call.stamp(),
    };
    call.store.put(WORKSPACES, &workspace.id, &workspace)?;
    Ok(workspace.id)
}

fn by_ids(call: &Call<'_>, api: &Api, body: &Value) -> Result<Version, Box<Answer>> {
    let known = ["name", "releaseNotes", "schemas", "collections"];
    let members = Members::of(body, FAMILY, &known)?;
    let mut version = new_version(call, &members)?;
    for schema in members.list("schemas")? {
        let id = Members::of(schema, FAMILY, &["id"])?.text("id")?;
        let own = api.schema.as_ref().filter(|schema| schema.id == id);
        let own = own.ok_or_else(schema_missing)?;
        version.schemas.push(json!({"id": id, "type": own.kind}));
        version.files = files_of(call, id)?;
    }
    let own = collections_of(call, &api.id)?;
    for collection in members.list("collections")? {
        let id = Members::of(collection, FAMILY, &["id"])?.text("id")?;
        let Some(found) = own.iter().find(|one| one.uid() == id || one.id == id) else {
            return Err(invalid(FAMILY, "The API does not contain the collection."));
        };
        version
            .collections
            .push(json!({"id": found.uid(), "name": found.name}));
        version
            .bodies
            .insert(found.uid(), shelf::whole(call, found)?);
    }
    Ok(version)
}

/// A version of a connected API names a branch and paths. What stands there only the provider knows, so the version has
/// names and no contents.
fn by_paths(call: &Call<'_>, body: &Value) -> Result<Version, Box<Answer>> {
    let known = ["name", "releaseNotes", "branch", "schemas", "collections"];
    let members = Members::of(body, FAMILY, &known)?;
    members.text("branch")?;
    let mut version = new_version(call, &members)?;
    for schema in members.list("schemas")? {
        let schema = Members::of(schema, FAMILY, &["directoryPath", "filePath"])?;
        let (directory, file) = (
            schema.optional("directoryPath")?,
            schema.optional("filePath")?,
        );
        if directory.is_some() == file.is_some() {
            return Err(invalid(
                FAMILY,
                "Exactly one of directoryPath and filePath is required.",
            ));
        }
        version.schemas.push(json!({"id": call.new_id()}));
    }
    for collection in members.list("collections")? {
        let path = Members::of(collection, FAMILY, &["filePath"])?.text("filePath")?;
        let name = path.rsplit('/').next().unwrap_or(path);
        let id = format!("{}-{}", call.user(), call.new_id());
        version.collections.push(json!({"id": id, "name": name}));
    }
    Ok(version)
}

fn new_version(call: &Call<'_>, members: &Members<'_>) -> Result<Version, Box<Answer>> {
    Ok(Version {
        id: call.new_id(),
        sequence: call.sequence()?,
        name: members.text("name")?.to_owned(),
        notes: members
            .optional("releaseNotes")?
            .unwrap_or_default()
            .to_owned(),
        publishing: None,
        schemas: Vec::new(),
        collections: Vec::new(),
        files: Vec::new(),
        bodies: Map::new(),
        stamp: call.stamp(),
    })
}

fn shown(version: &Version) -> Value {
    json!({"id": version.id, "name": version.name, "releaseNotes": version.notes,
        "createdAt": timestamp(version.stamp.created), "updatedAt": timestamp(version.stamp.updated)})
}
