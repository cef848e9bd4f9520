//! The schema of an API: one at most, made of files. Postman has no call that deletes it.

use serde::{Deserialize, Serialize};

use crate::net::request::{Method, Request};
use crate::net::response::Response;
use crate::postman::client::{Find, Postman, json};
use crate::postman::error::PostmanError;
use crate::postman::wire::{AnyId, Meta};

/// A file of a schema, without its content.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct SchemaFile {
    /// Its id.
    #[serde(default)]
    pub id: AnyId,
    /// Where it stands, with forward slashes.
    pub path: String,
    /// Whether the others hang from it; only protobuf says so.
    #[serde(default)]
    root: Option<Root>,
}

/// A schema with the files it was made of.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Schema {
    /// Its id.
    #[serde(default)]
    pub id: AnyId,
    /// `openapi:3_1` and the like.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
}

/// A file to be written.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct SchemaFileDraft {
    /// Where it is to stand; a slash makes folders.
    pub path: String,
    /// The whole text.
    pub content: String,
    /// Set for the root file of a protobuf schema only: nothing else takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<Root>,
}

/// Whether a file is the root.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Root {
    /// It is.
    pub enabled: bool,
}

#[derive(Serialize)]
struct Draft<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    files: &'a [SchemaFileDraft],
}

#[derive(Deserialize)]
struct Files {
    files: Vec<SchemaFile>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Deserialize)]
struct Content {
    content: String,
}

impl SchemaFile {
    /// The root file of a protobuf schema.
    pub fn is_root(&self) -> bool {
        self.root.is_some_and(|root| root.enabled)
    }
}

impl Postman {
    /// The schema of an API that has none yet.
    pub fn create_schema(
        &self,
        api: &str,
        kind: &str,
        files: &[SchemaFileDraft],
        find: Find<'_, Schema>,
    ) -> Result<Schema, PostmanError> {
        let request = self.call_v10(Method::Post, &["apis", api, "schemas"])?;
        let request = request.with_json(json(&Draft { kind, files })?);
        self.create(|| self.write(&request, Response::json), find)
    }

    /// A schema: its kind.
    pub fn schema(&self, api: &str, schema: &str) -> Result<Schema, PostmanError> {
        let request = self.call_v10(Method::Get, &["apis", api, "schemas", schema])?;
        let found: Schema = self.read_json(&request)?;
        // The answer may leave out the id that was asked for.
        Ok(Schema {
            id: AnyId::new(schema),
            ..found
        })
    }

    /// The files of a schema.
    pub fn schema_files(&self, api: &str, schema: &str) -> Result<Vec<SchemaFile>, PostmanError> {
        let request = self.call_v10(Method::Get, &["apis", api, "schemas", schema, "files"])?;
        let request = request.with_query("limit", "100");
        self.read_pages(&request, |list: Files| (list.files, list.meta))
    }

    /// The content of a file.
    pub fn schema_file(&self, api: &str, schema: &str, path: &str) -> Result<String, PostmanError> {
        let content: Content =
            self.read_json(&self.schema_file_call(Method::Get, api, schema, path)?)?;
        Ok(content.content)
    }

    /// Writes a file, new or not.
    pub fn put_schema_file(
        &self,
        api: &str,
        schema: &str,
        path: &str,
        content: &str,
    ) -> Result<(), PostmanError> {
        let body = json(&serde_json::json!({ "content": content }))?;
        let request = self
            .schema_file_call(Method::Put, api, schema, path)?
            .with_json(body);
        self.replace(
            || self.write(&request, Response::json::<SchemaFile>).map(drop),
            || match self.schema_file(api, schema, path) {
                Ok(there) => Ok((there == content).then_some(())),
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            },
        )
    }

    /// Deletes a file.
    pub fn delete_schema_file(
        &self,
        api: &str,
        schema: &str,
        path: &str,
    ) -> Result<(), PostmanError> {
        self.delete(&self.schema_file_call(Method::Delete, api, schema, path)?)
    }

    fn schema_file_call(
        &self,
        method: Method,
        api: &str,
        schema: &str,
        path: &str,
    ) -> Result<Request, PostmanError> {
        self.call_v10(method, &["apis", api, "schemas", schema, "files", path])
    }
}
