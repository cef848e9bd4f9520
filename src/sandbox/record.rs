//! What the database keeps of each object.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::sandbox::clock::timestamp;

/// A key and whose it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Key {
    /// The user's id.
    pub user: u64,
    /// What the user may do.
    pub role: Role,
}

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything, and the sandbox's own side.
    Admin,
    /// Everything.
    Editor,
    /// Reading.
    Viewer,
}

/// Who made and changed an object, and when.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stamp {
    /// Milliseconds since 1970.
    pub created: i64,
    /// User id.
    pub creator: u64,
    /// Milliseconds since 1970.
    pub updated: i64,
    /// User id.
    pub updater: u64,
}

impl Stamp {
    /// The stamp of an object that is made now.
    pub fn new(user: u64, now: i64) -> Self {
        Self {
            created: now,
            creator: user,
            updated: now,
            updater: user,
        }
    }

    /// The object was changed.
    pub fn touch(&mut self, user: u64, now: i64) {
        (self.updated, self.updater) = (now, user);
    }

    /// `createdAt`, `createdBy`, `updatedAt`, `updatedBy`, with user ids as numbers or as strings.
    pub fn write(&self, into: &mut Value, as_text: bool) {
        let user = |id: u64| {
            if as_text {
                json!(id.to_string())
            } else {
                json!(id)
            }
        };
        into["createdAt"] = json!(timestamp(self.created));
        into["createdBy"] = user(self.creator);
        into["updatedAt"] = json!(timestamp(self.updated));
        into["updatedBy"] = user(self.updater);
    }
}

/// A workspace.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Workspace {
    /// Id.
    pub id: String,
    /// Order of creation.
    pub sequence: u64,
    /// Name.
    pub name: String,
    /// `personal`, `team`, `private`, `public` or `partner`.
    pub kind: String,
    /// Description.
    pub description: String,
    /// Short text.
    pub about: String,
    /// Who and when.
    pub stamp: Stamp,
}

/// What lists say of a collection.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Collection {
    /// Id.
    pub id: String,
    /// Order of creation.
    pub sequence: u64,
    /// User id of the owner, the first part of the uid.
    pub owner: u64,
    /// Name.
    pub name: String,
    /// The workspace it is in.
    pub workspace: String,
    /// The API it belongs to.
    pub api: Option<String>,
    /// The specification it was generated from.
    pub generated: Option<Generated>,
    /// The task that replaces it at the moment.
    pub replacing: Option<String>,
    /// Who and when; `updated` moves on edits of the root only.
    pub stamp: Stamp,
}

/// How a collection hangs on a specification.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Generated {
    /// The specification.
    pub spec: String,
    /// The revision of the specification that the collection shows.
    pub revision: u64,
    /// The task that brings it up to date at the moment.
    pub syncing: Option<String>,
    /// `syncExamples` and `deleteOrphanedRequests`.
    pub options: Value,
}

impl Collection {
    /// `owner-id`.
    pub fn uid(&self) -> String {
        format!("{}-{}", self.owner, self.id)
    }
}

/// An environment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Environment {
    /// Id.
    pub id: String,
    /// Order of creation.
    pub sequence: u64,
    /// User id of the owner.
    pub owner: u64,
    /// Name.
    pub name: String,
    /// The workspace it is in.
    pub workspace: String,
    /// Its variables.
    pub values: Vec<Value>,
    /// Who and when.
    pub stamp: Stamp,
}

/// An API.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Api {
    /// Id.
    pub id: String,
    /// Order of creation.
    pub sequence: u64,
    /// Name.
    pub name: String,
    /// One line.
    pub summary: String,
    /// Markdown.
    pub description: String,
    /// The workspace it is in.
    pub workspace: String,
    /// The repository it is connected to.
    pub git: Option<GitLink>,
    /// Its definition.
    pub schema: Option<Schema>,
    /// What became of its move to Spec Hub.
    pub migration: Option<Value>,
    /// Who and when.
    pub stamp: Stamp,
}

/// The repository an API is connected to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GitLink {
    /// Host of a self-managed provider.
    #[serde(default)]
    pub domain: Option<String>,
    /// Organisation, group or project.
    pub organization: String,
    /// Repository.
    pub repository: String,
    /// The schema directory.
    pub schema_folder: String,
    /// The collection directory.
    pub collection_folder: String,
    /// Postman's side and the repository's do not fit together: versions are refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inconsistent: bool,
}

/// The definition of an API.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Schema {
    /// Id.
    pub id: String,
    /// `openapi:3` and so on.
    pub kind: String,
    /// Who and when.
    pub stamp: Stamp,
}

/// A file of a schema or of a specification.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct File {
    /// Id.
    pub id: String,
    /// Order of creation.
    pub sequence: u64,
    /// Path.
    pub path: String,
    /// The root of its definition.
    pub root: bool,
    /// What it holds.
    pub content: String,
    /// Who and when.
    pub stamp: Stamp,
}

impl File {
    /// The last part of the path.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// A version of an API, with what it froze.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    /// Id.
    pub id: String,
    /// Order of creation.
    pub sequence: u64,
    /// Name.
    pub name: String,
    /// Release notes.
    pub notes: String,
    /// The task that publishes it at the moment.
    pub publishing: Option<String>,
    /// `{id, type}` of its definitions.
    pub schemas: Vec<Value>,
    /// `{id, name}` of its collections.
    pub collections: Vec<Value>,
    /// The files of the definition at that time.
    pub files: Vec<File>,
    /// The collections at that time, by uid.
    pub bodies: serde_json::Map<String, Value>,
    /// Who and when.
    pub stamp: Stamp,
}

/// A specification.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Id.
    pub id: String,
    /// Order of creation.
    pub sequence: u64,
    /// Name.
    pub name: String,
    /// `OPENAPI:3.0` and so on.
    pub kind: String,
    /// The workspace it is in.
    pub workspace: String,
    /// Moves with every change of a file.
    pub revision: u64,
    /// The revision of the last version tag.
    pub tagged: Option<u64>,
    /// The task that generates a collection at the moment.
    pub generating: Option<String>,
    /// Who and when.
    pub stamp: Stamp,
}

/// A version tag.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tag {
    /// Id.
    pub id: String,
    /// Order of creation.
    pub sequence: u64,
    /// Name.
    pub name: String,
}

/// A piece of work that is done later.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Task {
    /// Id.
    pub id: String,
    /// How often it still answers that it is pending.
    pub polls: u64,
    /// When it is done even if nobody asks, in milliseconds since 1970.
    pub due: i64,
    /// It will fail.
    pub doomed: bool,
    /// What to do; nothing once it is done.
    pub work: Option<Work>,
    /// What kind of work it was, in the words of the answers.
    pub kind: TaskKind,
    /// The API, specification or collection (by uid) that it was started on.
    pub subject: String,
    /// What came of it: the resources, or why not.
    pub result: Option<Result<Vec<Resource>, String>>,
    /// Who and when.
    pub stamp: Stamp,
}

/// What a task made or changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Resource {
    /// Id, or uid of a collection.
    pub id: String,
    /// Where to get it.
    pub url: String,
}

/// What kind of work a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskKind {
    /// A collection is replaced.
    Replace,
    /// A version of an API is published.
    Publish,
    /// A collection of an API follows its schema.
    FollowSchema,
    /// A collection is generated from a specification.
    Generate,
    /// A collection follows its specification.
    FollowSpec,
    /// A specification follows a collection.
    FollowCollection,
}

/// The work of a task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Work {
    /// Replace a collection by this document.
    Replace {
        /// The collection.
        collection: String,
        /// What it becomes.
        body: Value,
    },
    /// Publish a version.
    Publish {
        /// The API.
        api: String,
        /// The version.
        version: String,
    },
    /// Bring a collection up to date with the definition of its API.
    FollowSchema {
        /// The API.
        api: String,
        /// The collection.
        collection: String,
    },
    /// Generate a collection.
    Generate {
        /// The specification.
        spec: String,
        /// The name of the collection.
        name: String,
        /// The converter's options.
        options: Value,
    },
    /// Bring a collection up to date with its specification.
    FollowSpec {
        /// The specification.
        spec: String,
        /// The collection.
        collection: String,
    },
    /// Bring a specification up to date with a collection.
    FollowCollection {
        /// The specification.
        spec: String,
        /// The collection.
        collection: String,
    },
}
