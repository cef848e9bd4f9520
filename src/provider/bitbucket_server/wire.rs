//! What Bitbucket Data Center sends, as far as we need it.

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<T> {
    pub(crate) values: Vec<T>,
    #[serde(default)]
    pub(crate) is_last_page: bool,
    pub(crate) next_page_start: Option<u64>,
}

#[derive(Deserialize)]
pub(crate) struct Repository {
    pub(crate) id: u64,
    pub(crate) slug: String,
    pub(crate) project: Project,
    #[serde(default)]
    pub(crate) archived: bool,
    #[serde(default)]
    pub(crate) public: bool,
    pub(crate) state: Option<String>,
    pub(crate) origin: Option<Value>,
}

#[derive(Deserialize)]
pub(crate) struct Project {
    pub(crate) key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Branch {
    pub(crate) id: String,
    pub(crate) latest_commit: Option<String>,
    /// `default` by the description, `isDefault` on the wire.
    #[serde(default, alias = "default")]
    pub(crate) is_default: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PullRequest {
    pub(crate) id: u64,
    pub(crate) version: u64,
    pub(crate) title: String,
    pub(crate) description: Option<String>,
    pub(crate) from_ref: End,
    pub(crate) to_ref: End,
    #[serde(default)]
    pub(crate) reviewers: Vec<Participant>,
}

#[derive(Deserialize)]
pub(crate) struct End {
    pub(crate) id: String,
    pub(crate) repository: EndRepository,
}

#[derive(Deserialize)]
pub(crate) struct EndRepository {
    pub(crate) id: Option<u64>,
}

#[derive(Deserialize)]
pub(crate) struct Participant {
    pub(crate) user: User,
}

#[derive(Deserialize)]
pub(crate) struct User {
    pub(crate) name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Activity {
    pub(crate) action: String,
    pub(crate) comment_action: Option<String>,
    pub(crate) comment: Option<Comment>,
    pub(crate) comment_anchor: Option<Value>,
}

#[derive(Deserialize)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) text: String,
    pub(crate) version: u64,
}

#[derive(Deserialize)]
pub(crate) struct Restriction {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) users: Vec<Value>,
    #[serde(default)]
    pub(crate) groups: Vec<Value>,
}
