//! Collections of a workspace, in the format 2.1 and carried as text.
//!
//! A PUT replaces everything: items that keep their id are updated in place, the others are made anew. It may have
//! worked although it failed (<https://github.com/postmanlabs/postman-app-support/issues/8213>), so after a lost answer the
//! collection is read back before it is sent again.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::net::page::all_by_offset;
use crate::net::request::Method;
use crate::net::response::{NotJson, Response};
use crate::postman::client::{Find, Postman, json, raw};
use crate::postman::error::PostmanError;
use crate::postman::limits::{COLLECTION, COLLECTION_IN_BACKGROUND, within};
use crate::postman::raw::RawJson;
use crate::postman::tasks::Task;
use crate::postman::wire::{AnyId, Meta};

/// What is asked for at once.
const PAGE: usize = 100;

/// A collection in a list.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct CollectionSummary {
    /// Its id without owner.
    pub id: AnyId,
    /// Its id with owner.
    pub uid: AnyId,
    /// Its name.
    pub name: String,
    /// When its own fields changed last. A change of a request inside does not move it.
    #[serde(default)]
    pub updated_at: Option<String>,
}

/// What Postman says of a collection that was written.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct CollectionRef {
    /// Its id without owner.
    pub id: AnyId,
    /// Its id with owner.
    pub uid: AnyId,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
}

#[derive(Deserialize)]
struct List {
    collections: Vec<CollectionSummary>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Deserialize)]
struct One {
    collection: CollectionRef,
}

#[derive(Deserialize)]
struct Accepted {
    task: AcceptedTask,
}

#[derive(Deserialize)]
struct AcceptedTask {
    id: AnyId,
}

impl Postman {
    /// The collections of a workspace. One that does not exist has none, by Postman's account.
    pub fn collections(&self, workspace: &str) -> Result<Vec<CollectionSummary>, PostmanError> {
        let mut seen = BTreeSet::new();
        let size = PAGE.to_string();
        all_by_offset(PAGE, |offset| {
            let request = self
                .call(Method::Get, &["collections"])?
                .strict()
                .with_query("workspace", workspace);
            let request = request
                .with_query("limit", size.as_str())
                .with_query("offset", offset.to_string());
            let mut list: List = self.read_json(&request)?;
            // A list that ignores the offset, or moves while it is read, gives nothing twice.
            list.collections
                .retain(|collection| seen.insert(collection.uid.clone()));
            Ok((list.collections, list.meta.total))
        })
    }

    /// A collection: its text without the wrapper.
    pub fn collection(&self, id: &str) -> Result<RawJson, PostmanError> {
        let request = self.call(Method::Get, &["collections", id])?;
        self.read(&request, |response| raw(response, "collection", "info"))
    }

    /// A new collection in a workspace. It must hold no ids of another one.
    pub fn create_collection(
        &self,
        workspace: &str,
        collection: &RawJson,
        find: Find<'_, CollectionRef>,
    ) -> Result<CollectionRef, PostmanError> {
        within("this collection", collection.len(), COLLECTION)?;
        let request = self
            .call(Method::Post, &["collections"])?
            .with_query("workspace", workspace);
        let request = request.with_json(collection.wrapped("collection"));
        self.create(
            || {
                self.write(&request, Response::json::<One>)
                    .map(|one| one.collection)
            },
            find,
        )
    }

    /// Looks for a collection that is in the workspace, was not there before (`known`), has this name, and whose content
    /// is the `same`: what a create leaves behind whose answer was lost.
    pub fn find_collection(
        &self,
        workspace: &str,
        name: &str,
        known: &BTreeSet<AnyId>,
        same: &dyn Fn(&RawJson) -> bool,
    ) -> Result<Option<CollectionRef>, PostmanError> {
        for summary in self.collections(workspace)? {
            if summary.name != name || known.contains(&summary.uid) {
                continue;
            }
            let content = match self.collection(summary.uid.as_str()) {
                Ok(content) => content,
                Err(error) if error.is_not_found() => continue,
                Err(error) => return Err(error),
            };
            if same(&content) {
                let CollectionSummary { id, uid, name, .. } = summary;
                return Ok(Some(CollectionRef {
                    id,
                    uid,
                    name: Some(name),
                }));
            }
        }
        Ok(None)
    }

    /// Replaces a collection as a whole. `same` says of what stands in Postman whether it is what was sent, in the
    /// caller's canonical form. Large ones are replaced in the background; `progress` is told how long that takes.
    pub fn replace_collection(
        &self,
        id: &str,
        collection: &RawJson,
        same: &dyn Fn(&RawJson) -> bool,
        progress: &mut dyn FnMut(Duration),
    ) -> Result<(), PostmanError> {
        within("this collection", collection.len(), COLLECTION)?;
        let mut request = self
            .call(Method::Put, &["collections", id])?
            .with_json(collection.wrapped("collection"));
        if collection.len() >= COLLECTION_IN_BACKGROUND {
            request = request.with_header("prefer", "respond-async");
        }
        self.replace(
            || {
                let task = self.write(&request, |response| accepted(response, id))?;
                match task {
                    Some(task) => self.finish(&task, progress).map(drop),
                    None => Ok(()),
                }
            },
            || Ok(same(&self.collection(id)?).then_some(())),
        )
    }

    /// Changes fields of a collection itself: `info`, `variable`, `auth` or `events`, and nothing else.
    pub fn patch_collection(&self, id: &str, fields: &Value) -> Result<(), PostmanError> {
        let body = json(&serde_json::json!({ "collection": fields }))?;
        let request = self
            .call(Method::Patch, &["collections", id])?
            .with_json(body);
        // The same fields twice are the same as once.
        self.replace(
            || self.write(&request, Response::json::<Value>).map(drop),
            || Ok(None),
        )
    }

    /// Deletes a collection.
    pub fn delete_collection(&self, id: &str) -> Result<(), PostmanError> {
        self.delete(&self.call(Method::Delete, &["collections", id])?)
    }
}

/// The task of an answer 202; nothing where it was done at once.
fn accepted(response: &Response, id: &str) -> Result<Option<Task>, NotJson> {
    if response.status != 202 {
        return response.json::<One>().map(|_| None);
    }
    let task = response.json::<Accepted>()?.task.id;
    let part = crate::net::base_url::segment(task.as_str())
        .map_err(|error| NotJson::Wrong(error.to_string()))?;
    Ok(Some(Task {
        location: format!("/collection-updates-tasks/{part}"),
        what: format!("replacing collection {id}"),
    }))
}
