//! Versions of an API, published in the background.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::net::request::Method;
use crate::net::response::NotJson;
use crate::postman::client::{Find, Postman, json as body};
use crate::postman::error::PostmanError;
use crate::postman::tasks::{Task, located};
use crate::postman::wire::{AnyId, Meta};

/// A version in a list.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// Its id.
    pub id: AnyId,
    /// Its name.
    pub name: String,
    /// Markdown.
    #[serde(default)]
    pub release_notes: Option<String>,
}

/// A version that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionState {
    /// It is there.
    Published(Version),
    /// It is being made.
    Pending(Task),
}

/// What is to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionDraft {
    /// Its name, not empty.
    pub name: String,
    /// Markdown.
    pub release_notes: Option<String>,
    /// Of what.
    pub contents: VersionContents,
}

/// What a version is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionContents {
    /// Of an API that is not connected to a repository.
    Ids {
        /// Ids of schemas.
        schemas: Vec<String>,
        /// Uids of collections.
        collections: Vec<String>,
    },
    /// Of an API that Postman reads from a repository.
    Paths {
        /// The branch it is read from.
        branch: String,
        /// Where the definition stands.
        schema: SchemaPath,
        /// Paths of collections.
        collections: Vec<String>,
    },
}

/// Where the definition of a connected API stands.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub enum SchemaPath {
    /// The schema directory.
    #[serde(rename = "directoryPath")]
    Directory(String),
    /// The root file.
    #[serde(rename = "filePath")]
    RootFile(String),
}

/// What came of publishing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publishing {
    /// The version; its contents come with the end of the task.
    pub version: Version,
    /// What is still under way.
    pub task: Option<Task>,
}

#[derive(Deserialize)]
struct List {
    versions: Vec<Version>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Deserialize)]
struct One {
    version: Version,
}

impl Postman {
    /// The versions of an API.
    pub fn versions(&self, api: &str) -> Result<Vec<Version>, PostmanError> {
        let request = self.call_v10(Method::Get, &["apis", api, "versions"])?;
        let request = request.with_query("limit", "100");
        self.read_pages(&request, |list: List| (list.versions, list.meta))
    }

    /// One version, or the task that makes it.
    pub fn version(&self, api: &str, version: &str) -> Result<VersionState, PostmanError> {
        let request = self
            .call_v10(Method::Get, &["apis", api, "versions", version])?
            .without_following();
        self.read(&request, |response| {
            if response.is_success() {
                return response
                    .json::<One>()
                    .map(|one| VersionState::Published(one.version));
            }
            located(response, "publishing the version".to_owned())
                .map(VersionState::Pending)
                .ok_or_else(|| {
                    NotJson::Wrong("it says not where the version is being made".to_owned())
                })
        })
    }

    /// Publishes a version. `find` looks for one of this name that was not there before.
    pub fn publish_version(
        &self,
        api: &str,
        draft: &VersionDraft,
        find: Find<'_, Publishing>,
    ) -> Result<Publishing, PostmanError> {
        let request = self.call_v10(Method::Post, &["apis", api, "versions"])?;
        let request = request.with_json(body(&written(draft))?);
        let what = format!("publishing version {}", draft.name);
        self.create(
            || {
                self.write(&request, |response| {
                    let version = response.json()?;
                    Ok(Publishing {
                        version,
                        task: located(response, what.clone()),
                    })
                })
            },
            find,
        )
    }
}

fn written(draft: &VersionDraft) -> Value {
    let by = |key: &str, values: &[String]| -> Value {
        values.iter().map(|value| json!({ key: value })).collect()
    };
    let mut body = match &draft.contents {
        VersionContents::Ids {
            schemas,
            collections,
        } => json!({
            "name": draft.name,
            "schemas": by("id", schemas),
            "collections": by("id", collections),
        }),
        VersionContents::Paths {
            branch,
            schema,
            collections,
        } => json!({
            "name": draft.name,
            "branch": branch,
            "schemas": [schema],
            "collections": by("filePath", collections),
        }),
    };
    if let Some(notes) = &draft.release_notes {
        body["releaseNotes"] = json!(notes);
    }
    body
}
