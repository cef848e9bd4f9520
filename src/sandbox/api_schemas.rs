//! `/apis/{id}/schemas`: the definition of an API and its files.

use serde_json::{Value, json};

use crate::sandbox::answer::{Answer, Family, Outcome, forbidden, invalid, ok, typed};
use crate::sandbox::apis::{schema_missing, version_of, writable};
use crate::sandbox::call::{Call, Page};
use crate::sandbox::members::Members;
use crate::sandbox::record::{Api, File, Schema};
use crate::sandbox::spec_files::is_safe_path;
use crate::sandbox::store::{APIS, FILES};

const FAMILY: Family = Family::Apis;
/// What Postman calls the kinds of definitions here; Spec Hub spells them differently.
const KINDS: [&str; 12] = [
    "proto:2",
    "proto:3",
    "graphql",
    "openapi:3_1",
    "openapi:3",
    "openapi:2",
    "openapi:1",
    "raml:1",
    "raml:0_8",
    "wsdl:2",
    "wsdl:1",
    "asyncapi:2",
];

/// `POST /apis/{id}/schemas`
pub fn create(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let mut api = writable(call, &path[0])?;
    let body = call.json(FAMILY)?;
    let members = Members::of(&body, FAMILY, &["type", "files"])?;
    let kind = members.text("type")?;
    if !KINDS.contains(&kind) {
        return Err(invalid(FAMILY, "Parameter, type is in an invalid format."));
    }
    let files = members.list("files")?;
    if files.is_empty() {
        return Err(invalid(FAMILY, "At least one file is required."));
    }
    if api.schema.is_some() {
        let (title, detail) = (
            "Could not create the resource",
            "Schema already exists for this API",
        );
        return Err(typed(400, "invalidParamsError", title, detail));
    }
    let schema = Schema {
        id: call.new_id(),
        kind: kind.to_owned(),
        stamp: call.stamp(),
    };
    for (index, file) in files.iter().enumerate() {
        let members = Members::of(file, FAMILY, &["path", "content", "root"])?;
        let path = members.text("path")?;
        require_path(path)?;
        let content = members.optional("content")?;
        let content =
            content.ok_or_else(|| invalid(FAMILY, "Required property `content` is missing."))?;
        let root = root_flag(&members)?.unwrap_or(index == 0 && !kind.starts_with("proto"));
        let key = format!("{}/{path}", schema.id);
        if call.store.has(FILES, &key)? {
            return Err(invalid(FAMILY, "Two files have the same path."));
        }
        let file = new_file(call, path, content, root)?;
        call.store.put(FILES, &key, &file)?;
    }
    let files = files_of(call, &schema.id)?;
    let shown: Vec<Value> = files.iter().map(file_shown).collect();
    let mut answer = json!({"id": schema.id, "type": schema.kind, "files": shown});
    schema.stamp.write(&mut answer, true);
    api.schema = Some(schema);
    api.stamp.touch(call.user(), call.now);
    call.store.put(APIS, &api.id, &api)?;
    ok(answer)
}

/// `GET /apis/{id}/schemas/{schema}`
pub fn read(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let (api, schema, files) = readable(call, path)?;
    let mut answer = json!({"id": schema.id, "type": schema.kind});
    schema.stamp.write(&mut answer, true);
    match call.parameter("bundled") {
        None | Some("false") => {
            let page = call.page(FAMILY, files, |file| file.sequence, None)?;
            let next = page.next.as_ref().map(|cursor| {
                format!(
                    "/apis/{}/schemas/{}/files?cursor={cursor}",
                    api.id, schema.id
                )
            });
            let data: Vec<Value> = page.items.iter().map(file_shown).collect();
            answer["files"] = json!({"data": data, "meta": {"nextPath": next}});
        }
        Some("true") => {
            let root = files.iter().min_by_key(|file| (!file.root, file.sequence));
            answer["content"] = json!(root.map_or("", |root| root.content.as_str()));
        }
        Some(_) => {
            return Err(invalid(
                FAMILY,
                "Parameter, bundled is in an invalid format.",
            ));
        }
    }
    ok(answer)
}

/// `GET /apis/{id}/schemas/{schema}/files`
pub fn list_files(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let (_, _, files) = readable(call, path)?;
    let page: Page<File> = call.page(FAMILY, files, |file| file.sequence, None)?;
    let files: Vec<Value> = page.items.iter().map(file_shown).collect();
    ok(json!({"files": files, "meta": {"nextCursor": page.next}}))
}

/// `GET /apis/{id}/schemas/{schema}/files/{path}`
pub fn read_file(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let (_, _, files) = readable(call, path)?;
    let file = files.into_iter().find(|file| file.path == path[2]);
    let file = file.ok_or_else(file_missing)?;
    let mut answer = file_shown(&file);
    answer["content"] = json!(file.content);
    ok(answer)
}

/// `PUT /apis/{id}/schemas/{schema}/files/{path}`: makes the file or changes it.
pub fn write_file(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let (mut api, mut schema) = own_schema(call, path)?;
    require_path(&path[2])?;
    let body = call.json(FAMILY)?;
    let members = Members::of(&body, FAMILY, &["name", "content", "root"])?;
    let (content, name) = (members.optional("content")?, members.optional("name")?);
    let root = root_flag(&members)?;
    if content.is_none() && name.is_none() && root.is_none() {
        return Err(invalid(
            FAMILY,
            "At least one of content, name or root is required.",
        ));
    }
    if root.is_some() && !schema.kind.starts_with("proto") {
        return Err(invalid(
            FAMILY,
            "root can be changed for protobuf schemas only.",
        ));
    }
    let key = format!("{}/{}", schema.id, path[2]);
    let mut file = match call.store.get::<File>(FILES, &key)? {
        Some(file) => file,
        None => new_file(call, &path[2], "", false)?,
    };
    if let Some(content) = content {
        content.clone_into(&mut file.content);
    }
    file.root = root.unwrap_or(file.root);
    file.stamp.touch(call.user(), call.now);
    call.store.remove(FILES, &key)?;
    if let Some(name) = name {
        if name.is_empty() || name.contains('/') {
            return Err(invalid(FAMILY, "Parameter, name is in an invalid format."));
        }
        file.path = match file.path.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{name}"),
            None => name.to_owned(),
        };
        require_path(&file.path)?;
    }
    let key = format!("{}/{}", schema.id, file.path);
    if call.store.has(FILES, &key)? {
        return Err(invalid(FAMILY, "Two files have the same path."));
    }
    call.store.put(FILES, &key, &file)?;
    schema.stamp.touch(call.user(), call.now);
    api.schema = Some(schema);
    call.store.put(APIS, &api.id, &api)?;
    ok(file_shown(&file))
}

/// `DELETE /apis/{id}/schemas/{schema}/files/{path}`
pub fn delete_file(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let (mut api, mut schema) = own_schema(call, path)?;
    let key = format!("{}/{}", schema.id, path[2]);
    if !call.store.has(FILES, &key)? {
        return Err(file_missing());
    }
    call.store.remove(FILES, &key)?;
    schema.stamp.touch(call.user(), call.now);
    api.schema = Some(schema);
    call.store.put(APIS, &api.id, &api)?;
    Ok(Answer::empty())
}

/// Every file of a schema or specification, oldest first.
///
/// # Errors
/// The database cannot be used.
pub fn files_of(call: &Call<'_>, owner: &str) -> Result<Vec<File>, Box<Answer>> {
    let found: Vec<(String, File)> = call.store.all(FILES, &format!("{owner}/"))?;
    let mut found: Vec<File> = found.into_iter().map(|(_, file)| file).collect();
    found.sort_by_key(|file| file.sequence);
    Ok(found)
}

/// A file that is made now.
///
/// # Errors
/// The database cannot be used.
pub fn new_file(
    call: &Call<'_>,
    path: &str,
    content: &str,
    root: bool,
) -> Result<File, Box<Answer>> {
    Ok(File {
        id: call.new_id(),
        sequence: call.sequence()?,
        path: path.to_owned(),
        root,
        content: content.to_owned(),
        stamp: call.stamp(),
    })
}

fn own_schema(call: &Call<'_>, path: &[String]) -> Result<(Api, Schema), Box<Answer>> {
    let api = writable(call, &path[0])?;
    let schema = api.schema.clone().filter(|schema| schema.id == path[1]);
    Ok((api, schema.ok_or_else(schema_missing)?))
}

/// The schema as it is, or as a version froze it; viewers must name a version.
fn readable(call: &Call<'_>, path: &[String]) -> Result<(Api, Schema, Vec<File>), Box<Answer>> {
    let (api, schema) = own_schema(call, path)?;
    let files = match call.parameter("versionId") {
        Some(version) => version_of(call, &api.id, version)?.files,
        None if call.is_viewer() => return Err(forbidden(FAMILY)),
        None => files_of(call, &schema.id)?,
    };
    Ok((api, schema, files))
}

fn root_flag(members: &Members<'_>) -> Result<Option<bool>, Box<Answer>> {
    let Some(root) = members.get("root") else {
        return Ok(None);
    };
    let root = Members::of(root, FAMILY, &["enabled"])?;
    let missing = || invalid(FAMILY, "Required property `enabled` is missing.");
    root.flag("enabled")?.ok_or_else(missing).map(Some)
}

fn require_path(path: &str) -> Result<(), Box<Answer>> {
    if is_safe_path(path) {
        return Ok(());
    }
    Err(invalid(
        FAMILY,
        "Parameter, filePath is in an invalid format.",
    ))
}

fn file_missing() -> Box<Answer> {
    let words = "We could not find the file you are looking for";
    typed(404, "instanceNotFoundError", words, &format!("{words}."))
}

fn file_shown(file: &File) -> Value {
    let mut shown = json!({"id": file.id, "name": file.name(), "path": file.path});
    file.stamp.write(&mut shown, true);
    shown["root"] = json!({"enabled": file.root});
    shown
}
