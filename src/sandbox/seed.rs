//! Seeds: what is there when a sandbox starts, from a JSON or YAML file.

use std::path::Path;

use axum::http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use thiserror::Error;

use crate::sandbox::answer::{Answer, Content, Family};
use crate::sandbox::call::{Call, split_uid};
use crate::sandbox::collection_body::faults;
use crate::sandbox::members::Members;
use crate::sandbox::reading::value_of;
use crate::sandbox::record::{Api, GitLink, Workspace};
use crate::sandbox::routes::Handler;
use crate::sandbox::shelf::{self, Place};
use crate::sandbox::store::{APIS, COLLECTIONS, StoreError, WORKSPACES};
use crate::sandbox::workspaces::KINDS;
use crate::sandbox::{api_schemas, environments, specs};

/// The largest file that a seed may name.
const MOST_BYTES: u64 = 100 * 1024 * 1024;

/// A seed that cannot be used.
#[derive(Debug, Error)]
pub enum SeedError {
    /// A file that cannot be read.
    #[error("the seed names {0}, which cannot be read: {1}")]
    Read(String, String),
    /// A file that is not what it should be.
    #[error("{0}: {1}")]
    Content(String, String),
    /// Something that the sandbox refuses as Postman would.
    #[error("the seed is refused at {0}: {1}")]
    Refused(String, String),
}

impl From<Box<Answer>> for SeedError {
    fn from(answer: Box<Answer>) -> Self {
        Self::Refused("the seed".to_owned(), words_of(&answer))
    }
}

impl From<StoreError> for SeedError {
    fn from(error: StoreError) -> Self {
        Self::Refused("the database".to_owned(), error.to_string())
    }
}

/// Reads a seed file.
///
/// # Errors
/// It cannot be read or is neither JSON nor YAML.
pub fn read(path: &Path) -> Result<Value, SeedError> {
    let shown = path.display().to_string();
    let text = text_of(path)?;
    value_of(&shown, &text).map_err(|error| SeedError::Content(shown, error))
}

/// Makes everything that a seed describes. Paths in it start at `base`.
///
/// # Errors
/// A file cannot be read, or something is refused; nothing is kept then.
pub fn apply(call: &mut Call<'_>, seed: &Value, base: &Path) -> Result<usize, SeedError> {
    let members = Members::of(seed, Family::Plain, &["workspaces"])?;
    let workspaces = members.list("workspaces")?;
    for (index, workspace) in workspaces.iter().enumerate() {
        let place = format!("workspaces/{index}");
        make_workspace(call, workspace, base, &place)?;
    }
    Ok(workspaces.len())
}

fn make_workspace(
    call: &mut Call<'_>,
    described: &Value,
    base: &Path,
    place: &str,
) -> Result<(), SeedError> {
    let known = [
        "id",
        "name",
        "type",
        "about",
        "description",
        "collections",
        "environments",
        "apis",
        "specs",
    ];
    let refuse = |answer: Box<Answer>| refused(place, &answer);
    let members = Members::of(described, Family::Plain, &known).map_err(refuse)?;
    let kind = members.optional("type").map_err(refuse)?.unwrap_or("team");
    if !KINDS.contains(&kind) {
        return Err(SeedError::Refused(
            place.to_owned(),
            format!("there is no workspace type `{kind}`"),
        ));
    }
    let text = |name: &str| -> Result<String, SeedError> {
        Ok(members
            .optional(name)
            .map_err(refuse)?
            .unwrap_or_default()
            .to_owned())
    };
    let workspace = Workspace {
        id: id_of(call, described, place)?,
        sequence: call.sequence()?,
        name: members.text("name").map_err(refuse)?.to_owned(),
        kind: kind.to_owned(),
        description: text("description")?,
        about: text("about")?,
        stamp: call.stamp(),
    };
    call.store.put(WORKSPACES, &workspace.id, &workspace)?;
    for (index, one) in list(described, "collections").iter().enumerate() {
        let place = format!("{place}/collections/{index}");
        make_collection(call, one, base, &place, &workspace.id, None)?;
    }
    for (index, one) in list(described, "environments").iter().enumerate() {
        let place = format!("{place}/environments/{index}");
        let document = document_of(one, base, &place)?;
        let query = [("workspace".to_owned(), workspace.id.clone())];
        let body = json!({"environment": document});
        ask(call, environments::create, &[], &query, &body)
            .map_err(|answer| refused(&place, &answer))?;
    }
    for (index, one) in list(described, "apis").iter().enumerate() {
        let place = format!("{place}/apis/{index}");
        make_api(call, one, base, &place, &workspace.id)?;
    }
    for (index, one) in list(described, "specs").iter().enumerate() {
        let place = format!("{place}/specs/{index}");
        let mut body = one.clone();
        body["files"] = files_of(one, base, &place)?;
        let query = [("workspaceId".to_owned(), workspace.id.clone())];
        ask(call, specs::create, &[], &query, &body).map_err(|answer| refused(&place, &answer))?;
    }
    Ok(())
}

fn make_api(
    call: &mut Call<'_>,
    described: &Value,
    base: &Path,
    place: &str,
    workspace: &str,
) -> Result<(), SeedError> {
    let known = [
        "id",
        "name",
        "summary",
        "description",
        "git",
        "schema",
        "collections",
    ];
    let refuse = |answer: Box<Answer>| refused(place, &answer);
    let members = Members::of(described, Family::Plain, &known).map_err(refuse)?;
    let text = |name: &str| -> Result<String, SeedError> {
        Ok(members
            .optional(name)
            .map_err(refuse)?
            .unwrap_or_default()
            .to_owned())
    };
    let mut api = Api {
        id: id_of(call, described, place)?,
        sequence: call.sequence()?,
        name: members.text("name").map_err(refuse)?.to_owned(),
        summary: text("summary")?,
        description: text("description")?,
        workspace: workspace.to_owned(),
        git: None,
        schema: None,
        migration: None,
        stamp: call.stamp(),
    };
    call.store.put(APIS, &api.id, &api)?;
    if let Some(schema) = members.get("schema") {
        let mut body = schema.clone();
        body["files"] = files_of(schema, base, place)?;
        let path = [api.id.clone()];
        ask(call, api_schemas::create, &path, &[], &body).map_err(refuse)?;
        if let Some(stored) = call.store.get(APIS, &api.id)? {
            api = stored;
        }
    }
    for (index, one) in list(described, "collections").iter().enumerate() {
        let place = format!("{place}/collections/{index}");
        make_collection(call, one, base, &place, workspace, Some(&api.id))?;
    }
    if let Some(git) = members.get("git") {
        let link: GitLink = serde_json::from_value(git.clone())
            .map_err(|error| SeedError::Refused(format!("{place}/git"), error.to_string()))?;
        api.git = Some(link);
        call.store.put(APIS, &api.id, &api)?;
    }
    Ok(())
}

fn make_collection(
    call: &mut Call<'_>,
    described: &Value,
    base: &Path,
    place: &str,
    workspace: &str,
    api: Option<&str>,
) -> Result<(), SeedError> {
    let document = document_of(described, base, place)?;
    let told = faults(&document);
    if !told.is_empty() {
        return Err(SeedError::Refused(place.to_owned(), told.join("; ")));
    }
    let id = match described.get("id").and_then(Value::as_str) {
        None => None,
        Some(_) => Some(id_of(call, described, place)?),
    };
    if let Some(id) = &id
        && call.store.has(COLLECTIONS, id)?
    {
        return Err(SeedError::Refused(
            place.to_owned(),
            "the id is taken".to_owned(),
        ));
    }
    let target = Place {
        workspace: workspace.to_owned(),
        api: api.map(str::to_owned),
        id,
    };
    let made = shelf::add(call, document, target);
    made.map_err(|answer| refused(place, &answer))?;
    Ok(())
}

/// A document given as a path, as `{file: path}` or as `{document: …}`.
fn document_of(described: &Value, base: &Path, place: &str) -> Result<Value, SeedError> {
    if let Some(document) = described.get("document") {
        return Ok(document.clone());
    }
    let path = described
        .as_str()
        .or_else(|| described.get("file").and_then(Value::as_str));
    let path = path.ok_or_else(|| {
        SeedError::Refused(
            place.to_owned(),
            "give a path, `file: PATH` or `document:`".to_owned(),
        )
    })?;
    let value = read(&base.join(path))?;
    // Exports through the API are wrapped.
    let wrapped = value.get("collection").or(value.get("environment"));
    Ok(wrapped.cloned().unwrap_or(value))
}

/// `files` with the content of those that are given as `file: PATH`.
fn files_of(described: &Value, base: &Path, place: &str) -> Result<Value, SeedError> {
    let mut files = list(described, "files").to_vec();
    for file in &mut files {
        let Some(path) = file.get("file").and_then(Value::as_str).map(str::to_owned) else {
            continue;
        };
        let content = text_of(&base.join(&path))?;
        if let Value::Object(members) = file {
            members.shift_remove("file");
            members
                .entry("path")
                .or_insert_with(|| json!(path.rsplit('/').next()));
            members.insert("content".to_owned(), json!(content));
        }
    }
    if files.is_empty() {
        let words = "`files` is missing or empty";
        return Err(SeedError::Refused(place.to_owned(), words.to_owned()));
    }
    Ok(Value::Array(files))
}

fn id_of(call: &Call<'_>, described: &Value, place: &str) -> Result<String, SeedError> {
    match described.get("id").and_then(Value::as_str) {
        None => Ok(call.new_id()),
        Some(text) => match split_uid(text) {
            Some((None, id)) => Ok(id),
            _ => {
                let words = format!("`{text}` is no id");
                Err(SeedError::Refused(place.to_owned(), words))
            }
        },
    }
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn text_of(path: &Path) -> Result<String, SeedError> {
    let shown = path.display().to_string();
    let wrong = |error: &dyn std::fmt::Display| SeedError::Read(shown.clone(), error.to_string());
    let size = std::fs::metadata(path)
        .map_err(|error| wrong(&error))?
        .len();
    if size > MOST_BYTES {
        return Err(wrong(&"it is over 100 MB"));
    }
    std::fs::read_to_string(path).map_err(|error| wrong(&error))
}

/// Asks one of the handlers, as a request would.
fn ask(
    call: &mut Call<'_>,
    handler: Handler,
    path: &[String],
    query: &[(String, String)],
    body: &Value,
) -> Result<Answer, Box<Answer>> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let body = body.to_string();
    let mut inner = Call {
        store: call.store,
        key: call.key,
        now: call.now,
        settings: call.settings,
        dice: &mut *call.dice,
        lagging: &mut *call.lagging,
        query,
        headers: &headers,
        body: body.as_bytes(),
        used: 0,
        task_fails: false,
        cursor_repeats: false,
    };
    handler(&mut inner, path)
}

fn refused(place: &str, answer: &Answer) -> SeedError {
    SeedError::Refused(place.to_owned(), words_of(answer))
}

fn words_of(answer: &Answer) -> String {
    match &answer.content {
        Content::Json(value) | Content::Problem(value) => {
            let message = value.pointer("/error/message").or(value.get("detail"));
            let message = message
                .and_then(Value::as_str)
                .unwrap_or("refused")
                .to_owned();
            match value.pointer("/error/details") {
                Some(details) => format!("{message} {details}"),
                None => message,
            }
        }
        Content::Empty | Content::Text(..) => "refused".to_owned(),
    }
}
