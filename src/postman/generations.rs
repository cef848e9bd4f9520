//! Collections made from a specification, and keeping the two in step: work that Postman does in the background.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::net::request::{Method, Request};
use crate::net::response::Response;
use crate::postman::client::{Postman, json as body};
use crate::postman::error::PostmanError;
use crate::postman::tasks::{Started, Task};
use crate::postman::wire::{AnyId, Meta};

/// A collection that was generated from a specification.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Generated {
    /// Its id, without owner here.
    pub id: AnyId,
    /// Its name.
    pub name: String,
    /// `in-sync`, `out-of-sync`, `sync-in-progress`, or a newer word.
    pub state: String,
}

/// What a synchronization does to the collection.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SyncOptions {
    /// Saved responses follow the specification.
    pub sync_examples: bool,
    /// Requests that the specification does not know are deleted, hand-made ones too. Postman's default is yes.
    pub delete_orphaned_requests: bool,
}

#[derive(Deserialize)]
struct List {
    collections: Vec<Generated>,
    #[serde(default)]
    meta: Meta,
}

impl Postman {
    /// The collections generated from a specification.
    pub fn generated_collections(&self, spec: &str) -> Result<Vec<Generated>, PostmanError> {
        let request = self.call(Method::Get, &["specs", spec, "generations", "collection"])?;
        let request = request.with_query("limit", "100");
        self.read_pages(&request, |list: List| (list.collections, list.meta))
    }

    /// Starts to generate a collection. Never started a second time where the first answer was lost.
    pub fn generate_collection(
        &self,
        spec: &str,
        name: &str,
        options: &Value,
    ) -> Result<Task, PostmanError> {
        let request = self.call(Method::Post, &["specs", spec, "generations", "collection"])?;
        let request = request.with_json(body(&json!({ "name": name, "options": options }))?);
        self.start_task(&request, format!("generating collection {name}"))
    }

    /// Starts to bring a specification in step with a collection that was generated from it.
    pub fn sync_spec_with_collection(
        &self,
        spec: &str,
        collection_uid: &str,
    ) -> Result<Task, PostmanError> {
        let request = self.call(Method::Put, &["specs", spec, "synchronizations"])?;
        let request = request.with_query("collectionUid", collection_uid);
        self.start_task(&request, format!("bringing specification {spec} in step"))
    }

    /// Starts to bring a generated collection in step with its specification.
    pub fn sync_collection_with_spec(
        &self,
        collection_uid: &str,
        spec: &str,
    ) -> Result<Task, PostmanError> {
        let request = self.call(
            Method::Put,
            &["collections", collection_uid, "synchronizations"],
        )?;
        let request = request.with_query("specId", spec);
        self.start_task(
            &request,
            format!("bringing collection {collection_uid} in step"),
        )
    }

    /// Says what synchronizations do. Postman's own default deletes hand-made requests.
    pub fn set_sync_options(
        &self,
        spec: &str,
        collection: &str,
        options: SyncOptions,
    ) -> Result<(), PostmanError> {
        let request = self.call(
            Method::Patch,
            &["specs", spec, "collections", collection, "sync-options"],
        )?;
        let request = request.with_json(body(&json!({ "syncOptions": options }))?);
        // The same options twice are the same as once.
        self.replace(
            || self.write(&request, Response::json::<Value>).map(drop),
            || Ok(None),
        )
    }

    fn start_task(&self, request: &Request, what: String) -> Result<Task, PostmanError> {
        let started: Started = self.start(|| self.write(request, Response::json))?;
        Ok(Task {
            location: started.url,
            what,
        })
    }
}
