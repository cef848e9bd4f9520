//! Specifications of the Spec Hub, and their version tags.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::net::request::Method;
use crate::net::response::Response;
use crate::postman::client::{Find, Postman, json as body};
use crate::postman::error::PostmanError;
use crate::postman::limits::{SPEC_FILE, within};
use crate::postman::wire::{AnyId, Meta};

/// A specification.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Spec {
    /// Its id.
    pub id: AnyId,
    /// Its name.
    pub name: String,
    /// `OPENAPI:3.1` and the like.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
}

/// Which part a file plays in its specification.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub enum FileRole {
    /// The others hang from it. There is exactly one.
    Root,
    /// Any other; also what Postman may invent.
    #[serde(other)]
    Default,
}

/// A file of a new specification.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct SpecFileDraft {
    /// Where it stands; it ends in `.json`, `.yaml`, `.yml`, `.proto`, `.graphql` or `.smithy`.
    pub path: String,
    /// The whole text.
    pub content: String,
    /// Its part. A single file may leave it out.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub role: Option<FileRole>,
}

/// A tag on a state of a specification.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct VersionTag {
    /// Its id.
    pub id: AnyId,
    /// Its name.
    pub name: String,
}

#[derive(Deserialize)]
struct List {
    specs: Vec<Spec>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Deserialize)]
struct Tags {
    data: Vec<VersionTag>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Deserialize)]
struct Tag {
    data: VersionTag,
}

impl Postman {
    /// The specifications of a workspace.
    pub fn specs(&self, workspace: &str) -> Result<Vec<Spec>, PostmanError> {
        let request = self.call(Method::Get, &["specs"])?;
        let request = request
            .with_query("workspaceId", workspace)
            .with_query("limit", "100");
        self.read_pages(&request, |list: List| (list.specs, list.meta))
    }

    /// A new specification with its files: one, or several of which one is the root.
    pub fn create_spec(
        &self,
        workspace: &str,
        name: &str,
        kind: &str,
        files: &[SpecFileDraft],
        find: Find<'_, Spec>,
    ) -> Result<Spec, PostmanError> {
        for file in files {
            within(&file.path, file.content.len(), SPEC_FILE)?;
        }
        let request = self
            .call(Method::Post, &["specs"])?
            .with_query("workspaceId", workspace);
        let request = request.with_json(body(
            &json!({ "name": name, "type": kind, "files": files }),
        )?);
        self.create(|| self.write(&request, Response::json), find)
    }

    /// A specification.
    pub fn spec(&self, id: &str) -> Result<Spec, PostmanError> {
        self.read_json(&self.call(Method::Get, &["specs", id])?)
    }

    /// Gives a specification another name.
    pub fn rename_spec(&self, id: &str, name: &str) -> Result<(), PostmanError> {
        let request = self
            .call(Method::Patch, &["specs", id])?
            .with_json(body(&json!({ "name": name }))?);
        self.replace(
            || self.write(&request, Response::json::<Spec>).map(drop),
            || Ok((self.spec(id)?.name == name).then_some(())),
        )
    }

    /// Deletes a specification.
    pub fn delete_spec(&self, id: &str) -> Result<(), PostmanError> {
        self.delete(&self.call(Method::Delete, &["specs", id])?)
    }

    /// The whole definition as one text, JSON or YAML, bundled where it has several files.
    pub fn spec_definition(&self, id: &str) -> Result<String, PostmanError> {
        let request = self.call(Method::Get, &["specs", id, "definitions"])?;
        let request = request.with_header("accept", "application/json, application/yaml");
        self.read(&request, |response| response.text().map(str::to_owned))
    }

    /// The version tags of a specification.
    pub fn version_tags(&self, spec: &str) -> Result<Vec<VersionTag>, PostmanError> {
        let request = self.call(Method::Get, &["specs", spec, "version-tags"])?;
        let request = request.with_query("limit", "100");
        self.read_pages(&request, |list: Tags| (list.data, list.meta))
    }

    /// Tags what stands in a specification now. Where nothing has changed since the last tag, Postman sees a conflict.
    pub fn create_version_tag(
        &self,
        spec: &str,
        name: &str,
        find: Find<'_, VersionTag>,
    ) -> Result<VersionTag, PostmanError> {
        let request = self.call(Method::Post, &["specs", spec, "version-tags"])?;
        let request = request.with_json(body(&json!({ "name": name }))?);
        self.create(
            || {
                self.write(&request, Response::json::<Tag>)
                    .map(|tag| tag.data)
            },
            find,
        )
    }
}
