//! What people do on both sides between two runs.

use std::fs;
use std::path::Path;

use git_postman::format::edit::{Change, Edit, apply};
use git_postman::format::parse;
use serde_json::{Value, json};

use crate::support::Repository;
use crate::support::postman::Scene;

/// Commits all there is and delivers it.
pub(crate) fn commit_and_push(repository: &Repository, message: &str) {
    repository.commit(&[], message);
    repository
        .git(&["push", "--quiet", "--no-verify", "origin", "HEAD:main"])
        .expect(0);
}

/// The text of a definition with another title, as somebody changes it in Git; or with another version, as somebody changes
/// it in Postman. Where a format has neither, a comment is added.
pub(crate) fn edited_definition(path: &str, text: &str, in_git: bool) -> String {
    let word = if in_git {
        "Edited in Git"
    } else {
        "Edited in Postman"
    };
    let member = if in_git { "title" } else { "version" };
    let parsed = parse(path, text.as_bytes().to_vec());
    let document = parsed
        .document
        .as_ref()
        .filter(|document| document.root().is_some());
    let set = |pointer: String| {
        let document = document?;
        document.at(&pointer)?;
        let change = Change::Set(json!(word));
        apply(document, &[Edit { pointer, change }]).ok()
    };
    let found = set(format!("/info/{member}")).or_else(|| set(format!("/{member}")));
    let mark = if path.ends_with(".proto") { "//" } else { "#" };
    found.unwrap_or_else(|| match in_git {
        true => format!("{mark} {word}\n{text}"),
        false => format!("{}\n\n{mark} {word}\n", text.trim_end()),
    })
}

/// The pointers of all requests.
pub(crate) fn requests(node: &Value, at: &str, found: &mut Vec<String>) {
    for (index, item) in node["item"].as_array().into_iter().flatten().enumerate() {
        let at = format!("{at}/item/{index}");
        if item.get("item").is_some() {
            requests(item, &at, found);
        } else {
            found.push(at);
        }
    }
}

pub(crate) fn rename(document: &mut Value, number: usize, name: &str) {
    let mut all = Vec::new();
    requests(document, "", &mut all);
    let pointer = &all[number % all.len()];
    document.pointer_mut(pointer).unwrap()["name"] = json!(name);
}

/// Renames a request of a collection in Git, in the worktree.
pub(crate) fn rename_in_git(path: &Path, number: usize, name: &str) {
    let mut document: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    rename(&mut document, number, name);
    fs::write(path, format!("{document:#}\n")).unwrap();
}

pub(crate) fn rename_in_postman(scene: &Scene, id: &str, number: usize, name: &str) {
    let path = format!("/collections/{id}");
    let mut read = scene.ask("GET", &path, &Value::Null);
    rename(&mut read["collection"], number, name);
    scene.ask("PUT", &path, &json!({"collection": read["collection"]}));
}
