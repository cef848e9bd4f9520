//! What Bitbucket Cloud sends, as far as we need it.

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) values: Vec<T>,
    pub(crate) next: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Repository {
    pub(crate) uuid: String,
    pub(crate) full_name: String,
    pub(crate) mainbranch: Option<Named>,
    #[serde(default)]
    pub(crate) is_private: bool,
    pub(crate) parent: Option<Value>,
    pub(crate) updated_on: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Named {
    pub(crate) name: String,
}

#[derive(Deserialize)]
pub(crate) struct Branch {
    pub(crate) name: String,
    pub(crate) target: Commit,
}

#[derive(Deserialize)]
pub(crate) struct Commit {
    pub(crate) hash: String,
}

#[derive(Deserialize)]
pub(crate) struct TreeEntry {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) path: String,
    pub(crate) size: Option<u64>,
    /// One word by the description, a list of them on the wire.
    #[serde(default)]
    pub(crate) attributes: Value,
}

#[derive(Deserialize)]
pub(crate) struct PullRequest {
    pub(crate) id: u64,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) description: Option<String>,
    pub(crate) source: End,
    pub(crate) destination: End,
}

#[derive(Deserialize)]
pub(crate) struct End {
    pub(crate) branch: Named,
    pub(crate) repository: Option<EndRepository>,
}

#[derive(Deserialize, PartialEq, Eq)]
pub(crate) struct EndRepository {
    pub(crate) uuid: String,
}

#[derive(Deserialize)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) content: Raw,
    #[serde(default)]
    pub(crate) deleted: bool,
}

#[derive(Deserialize)]
pub(crate) struct Raw {
    #[serde(default)]
    pub(crate) raw: String,
}

#[derive(Deserialize)]
pub(crate) struct Permission {
    pub(crate) permission: String,
}

#[derive(Deserialize)]
pub(crate) struct Restriction {
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) pattern: String,
    #[serde(default)]
    pub(crate) branch_match_kind: String,
    #[serde(default)]
    pub(crate) users: Vec<Value>,
    #[serde(default)]
    pub(crate) groups: Vec<Value>,
}

impl TreeEntry {
    /// Whether it is marked as something.
    pub(crate) fn is(&self, attribute: &str) -> bool {
        match &self.attributes {
            Value::String(one) => one == attribute,
            Value::Array(several) => several.iter().any(|one| one == attribute),
            _ => false,
        }
    }
}
