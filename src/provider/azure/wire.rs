//! What Azure DevOps sends and is sent, as far as we need it.

use serde::{Deserialize, Serialize};

/// A list.
#[derive(Deserialize)]
pub(crate) struct Many<T> {
    pub(crate) value: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Repository {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) project: Project,
    pub(crate) default_branch: Option<String>,
    #[serde(default)]
    pub(crate) is_disabled: bool,
    #[serde(default)]
    pub(crate) is_fork: bool,
}

#[derive(Deserialize)]
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) visibility: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ref {
    pub(crate) name: String,
    pub(crate) object_id: String,
    #[serde(default)]
    pub(crate) is_locked: bool,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefUpdate {
    pub(crate) name: String,
    pub(crate) old_object_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) new_object_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefUpdated {
    #[serde(default)]
    pub(crate) success: bool,
    #[serde(default)]
    pub(crate) update_status: String,
    pub(crate) custom_message: Option<String>,
    pub(crate) rejected_by: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Commit {
    pub(crate) tree_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tree {
    pub(crate) tree_entries: Vec<TreeEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TreeEntry {
    pub(crate) object_id: String,
    pub(crate) relative_path: String,
    pub(crate) mode: String,
    pub(crate) git_object_type: String,
    pub(crate) size: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PushDraft {
    pub(crate) ref_updates: Vec<RefUpdate>,
    pub(crate) commits: Vec<CommitDraft>,
}

#[derive(Serialize)]
pub(crate) struct CommitDraft {
    pub(crate) comment: String,
    pub(crate) changes: Vec<Change>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change {
    pub(crate) change_type: &'static str,
    pub(crate) item: Item,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) new_content: Option<NewContent>,
}

#[derive(Serialize)]
pub(crate) struct Item {
    pub(crate) path: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewContent {
    pub(crate) content: String,
    pub(crate) content_type: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pushed {
    pub(crate) ref_updates: Vec<RefUpdate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PullRequest {
    pub(crate) pull_request_id: u64,
    pub(crate) title: String,
    pub(crate) description: Option<String>,
    pub(crate) source_ref_name: String,
    pub(crate) target_ref_name: String,
    pub(crate) fork_source: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Thread {
    pub(crate) id: u64,
    #[serde(default)]
    pub(crate) is_deleted: bool,
    #[serde(default)]
    pub(crate) comments: Vec<Comment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) content: Option<String>,
    #[serde(default)]
    pub(crate) comment_type: String,
    #[serde(default)]
    pub(crate) is_deleted: bool,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Evaluations {
    pub(crate) always_allow_administrators: bool,
    pub(crate) evaluations: Vec<Evaluation>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Evaluation {
    pub(crate) security_namespace_id: String,
    pub(crate) token: String,
    pub(crate) permissions: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Connection {
    pub(crate) authenticated_user: User,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    pub(crate) provider_display_name: Option<String>,
}
