//! Both sides, read past the program.

use std::fs;
use std::path::{Path, PathBuf};

use git_postman::mirror::remote_content::digest_of;
use serde_json::Value;

use crate::support::Repository;
use crate::support::postman::Scene;

/// What each side has: what it is called, and the digest of what it means. Files of definitions go by their paths, the rest
/// by its content alone.
pub(crate) type Side = Vec<String>;

pub(crate) fn in_git(repository: &Repository, definitions: &[&str], documents: &[&str]) -> Side {
    let mut side = Side::new();
    for (folders, is_named) in [(definitions, true), (documents, false)] {
        for folder in folders {
            let root = repository.at(folder);
            for path in files_of(&root) {
                let bytes = fs::read(&path).unwrap();
                let relative = path.strip_prefix(&root).unwrap().to_str().unwrap();
                let is_document = relative.ends_with(".json");
                if bytes.is_empty() || !(is_named || is_document) {
                    continue;
                }
                side.push(line(is_named.then_some(relative), &bytes));
            }
        }
    }
    side.sort();
    side
}

fn line(name: Option<&str>, bytes: &[u8]) -> String {
    let mut bytes = bytes.to_vec();
    let mut called = name.unwrap_or("document").to_owned();
    if name.is_none()
        && let Ok(mut document) = serde_json::from_slice::<Value>(&bytes)
    {
        trim_names(&mut document);
        let given = document
            .pointer("/info/name")
            .or_else(|| document.get("name"));
        if let Some(given) = given.and_then(Value::as_str) {
            called = format!("`{given}`");
        }
        bytes = document.to_string().into_bytes();
    }
    let digest = digest_of(name.unwrap_or("a.json"), &bytes);
    let digest = digest.map_or_else(
        || String::from_utf8_lossy(&bytes).into_owned(),
        |digest| digest.to_string(),
    );
    format!("{called} {digest}")
}

/// Postman stores names without the blanks around them, and Git keeps its own.
fn trim_names(node: &mut Value) {
    if let Some(Value::String(name)) = node.get_mut("name") {
        *name = name.trim().to_owned();
    }
    match node {
        Value::Array(items) => items.iter_mut().for_each(trim_names),
        Value::Object(members) => members.values_mut().for_each(trim_names),
        _ => {}
    }
}

pub(crate) fn files_of(root: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    entries
        .filter_entry(|entry| entry.file_name() != ".git")
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}

/// The ids of the collections in a workspace, or in an API.
pub(crate) fn collections_of(scene: &Scene, api: Option<&str>) -> Vec<String> {
    let (path, place) = match api {
        Some(api) => (format!("/apis/{api}?include=collections"), "/collections"),
        None => (
            format!("/workspaces/{}", scene.workspace),
            "/workspace/collections",
        ),
    };
    let answer = scene.ask("GET", &path, &Value::Null);
    let all = answer.pointer(place).and_then(Value::as_array).cloned();
    let id = |one: &Value| {
        let id = one.get("uid").or_else(|| one.get("id"));
        id.and_then(Value::as_str).unwrap().to_owned()
    };
    all.unwrap_or_default().iter().map(id).collect()
}

pub(crate) fn in_postman(scene: &Scene, api: Option<&str>) -> Side {
    let mut side = Side::new();
    let get = |path: &str| scene.ask("GET", path, &Value::Null);
    for id in collections_of(scene, api) {
        let read = get(&format!("/collections/{id}"));
        side.push(line(None, read["collection"].to_string().as_bytes()));
    }
    match api {
        Some(api) => {
            let read = get(&format!("/apis/{api}?include=schemas"));
            for schema in read["schemas"].as_array().into_iter().flatten() {
                let folder = format!(
                    "/apis/{api}/schemas/{}/files",
                    schema["id"].as_str().unwrap()
                );
                side.extend(files_in(scene, &folder));
            }
        }
        None => {
            let workspace = get(&format!("/workspaces/{}", scene.workspace));
            for one in workspace["workspace"]["environments"]
                .as_array()
                .into_iter()
                .flatten()
            {
                let read = get(&format!("/environments/{}", one["uid"].as_str().unwrap()));
                side.push(line(None, read["environment"].to_string().as_bytes()));
            }
            for one in workspace["workspace"]["specs"]
                .as_array()
                .into_iter()
                .flatten()
            {
                let folder = format!("/specs/{}/files", one["id"].as_str().unwrap());
                side.extend(files_in(scene, &folder));
            }
        }
    }
    side.sort();
    side
}

/// The paths of the files of a definition in Postman, of all pages.
pub(crate) fn paths_in(scene: &Scene, folder: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut page = folder.to_owned();
    loop {
        let read = scene.ask("GET", &page, &Value::Null);
        let files = read["files"].as_array().unwrap();
        let path = |file: &Value| file["path"].as_str().unwrap().to_owned();
        paths.extend(files.iter().map(path));
        match read["meta"]["nextCursor"].as_str() {
            Some(cursor) => page = format!("{folder}?cursor={cursor}"),
            None => return paths,
        }
    }
}

/// Where a file of a definition lies in Postman.
pub(crate) fn place_of(folder: &str, path: &str) -> String {
    let mut place = format!("{folder}/");
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            place.push(char::from(byte));
        } else {
            place.push_str(&format!("%{byte:02X}"));
        }
    }
    place
}

fn files_in(scene: &Scene, folder: &str) -> Side {
    let read = |path: String| {
        let file = scene.ask("GET", &place_of(folder, &path), &Value::Null);
        line(Some(&path), file["content"].as_str().unwrap().as_bytes())
    };
    paths_in(scene, folder).into_iter().map(read).collect()
}
