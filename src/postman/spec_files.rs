//! Files of a specification. A change is one call for one of content, part and name.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::net::request::Method;
use crate::net::response::Response;
use crate::postman::client::{Postman, json as body};
use crate::postman::error::PostmanError;
use crate::postman::limits::{SPEC_FILE, within};
use crate::postman::specs::FileRole;
use crate::postman::wire::{AnyId, Meta};

/// A file of a specification, without its content.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct SpecFile {
    /// Its id.
    #[serde(default)]
    pub id: AnyId,
    /// Where it stands, with forward slashes. Postman compares bytes: two ways to write an accent are two paths.
    pub path: String,
    /// Its part.
    #[serde(rename = "type")]
    pub role: FileRole,
}

#[derive(Deserialize)]
struct List {
    files: Vec<SpecFile>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Deserialize)]
struct Content {
    content: String,
}

impl Postman {
    /// The files of a specification.
    pub fn spec_files(&self, spec: &str) -> Result<Vec<SpecFile>, PostmanError> {
        let request = self.call(Method::Get, &["specs", spec, "files"])?;
        self.read_pages(&request, |list: List| (list.files, list.meta))
    }

    /// The content of a file, byte for byte as it was written.
    pub fn spec_file(&self, spec: &str, path: &str) -> Result<String, PostmanError> {
        let content: Content =
            self.read_json(&self.call(Method::Get, &["specs", spec, "files", path])?)?;
        Ok(content.content)
    }

    /// A new file, not the root.
    pub fn create_spec_file(
        &self,
        spec: &str,
        path: &str,
        content: &str,
    ) -> Result<(), PostmanError> {
        within(path, content.len(), SPEC_FILE)?;
        let request = self.call(Method::Post, &["specs", spec, "files"])?;
        let request = request.with_json(body(&json!({ "path": path, "content": content }))?);
        self.create(
            || self.write(&request, Response::json::<Value>).map(drop),
            || self.spec_file_is(spec, path, content),
        )
    }

    /// The content of a file that is there.
    pub fn update_spec_file(
        &self,
        spec: &str,
        path: &str,
        content: &str,
    ) -> Result<(), PostmanError> {
        within(path, content.len(), SPEC_FILE)?;
        let change = json!({ "content": content });
        self.change_spec_file(spec, path, &change, || {
            self.spec_file_is(spec, path, content)
        })
    }

    /// Makes a file the root; the one before becomes an ordinary one.
    pub fn make_root(&self, spec: &str, path: &str) -> Result<(), PostmanError> {
        self.change_spec_file(spec, path, &json!({ "type": FileRole::Root }), || {
            let files = self.spec_files(spec)?;
            Ok(files
                .iter()
                .any(|file| file.path == path && file.role == FileRole::Root)
                .then_some(()))
        })
    }

    /// Deletes a file.
    pub fn delete_spec_file(&self, spec: &str, path: &str) -> Result<(), PostmanError> {
        self.delete(&self.call(Method::Delete, &["specs", spec, "files", path])?)
    }

    fn change_spec_file(
        &self,
        spec: &str,
        path: &str,
        change: &Value,
        landed: impl FnMut() -> Result<Option<()>, PostmanError>,
    ) -> Result<(), PostmanError> {
        let request = self
            .call(Method::Patch, &["specs", spec, "files", path])?
            .with_json(body(change)?);
        self.replace(
            || self.write(&request, Response::json::<Value>).map(drop),
            landed,
        )
    }

    fn spec_file_is(
        &self,
        spec: &str,
        path: &str,
        content: &str,
    ) -> Result<Option<()>, PostmanError> {
        match self.spec_file(spec, path) {
            Ok(there) => Ok((there == content).then_some(())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
