//! A link and the files that say so, as JSON: what `connect`, `disconnect` and `status` share.

use serde_json::{Value, json};

use crate::mirror::link::Link;
use crate::mirror::link_named::Named;
use crate::mirror::state::LinkTarget;
use crate::model::change::ChangeSet;

/// The member `link`.
pub fn link_as_json(link: &Link, state_ref: &str) -> Value {
    let specification = match &link.target {
        LinkTarget::SpecHub { specification, .. } => specification.as_ref().map(|id| id.as_str()),
        _ => None,
    };
    let api = match Named::of(&link.target) {
        Named::Api(id) => Some(id.as_str().to_owned()),
        Named::Workspace(_) => None,
    };
    json!({
        "kind": kind_word(&link.target),
        "name": link.name,
        "api": api,
        "workspace": link.target.workspace().as_str(),
        "specification": specification,
        "folder": link.folder.as_str(),
        "repository": link.owner.repository,
        "repository_id": link.owner.hosted.as_ref().map(|hosted| &hosted.id),
        "repository_site": link.owner.hosted.as_ref().map(|hosted| &hosted.site),
        "proof": link.proof.word(),
        "moved_from": link.moved_from,
        "schema_directory": link.schema_directory.as_ref().map(|path| path.as_str()),
        "collection_directory": link.collection_directory.as_str(),
        "active_branch": link.active_branch,
        "delivered_to": link.target.elsewhere().map(|elsewhere| json!({
            "repository": elsewhere.repository,
            "branch": elsewhere.branch,
        })),
        "state_ref": state_ref,
    })
}

/// The member `files`: what is written and what is removed.
pub fn files_as_json(changes: &ChangeSet) -> Value {
    let files = changes.iter().map(|change| {
        let act = match change.content {
            Some(_) => "write",
            None => "remove",
        };
        json!({"path": change.path.as_str(), "act": act})
    });
    files.collect()
}

fn kind_word(target: &LinkTarget) -> &'static str {
    match target {
        LinkTarget::GitLinked { .. } => "git-linked",
        LinkTarget::ApiBuilder { .. } => "api-builder",
        LinkTarget::SpecHub { .. } => "spec-hub",
    }
}
