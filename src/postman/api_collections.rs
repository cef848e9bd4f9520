//! Collections that belong to an API. Postman has no call that takes one out again.

use serde::Deserialize;
use serde_json::json;

use crate::net::request::Method;
use crate::net::response::Response;
use crate::postman::client::{Find, Postman, json as body, raw};
use crate::postman::error::PostmanError;
use crate::postman::limits::{COLLECTION, within};
use crate::postman::raw::RawJson;
use crate::postman::wire::AnyId;

#[derive(Deserialize)]
struct Added {
    id: AnyId,
}

impl Postman {
    /// Copies a collection of a workspace into an API; the uid of the copy.
    pub fn copy_collection_into_api(
        &self,
        api: &str,
        collection: &str,
        find: Find<'_, AnyId>,
    ) -> Result<AnyId, PostmanError> {
        let body = body(&json!({
            "operationType": "COPY_COLLECTION",
            "data": { "collectionId": collection },
        }))?;
        self.add_to_api(api, body, find)
    }

    /// A new collection of an API; its uid.
    pub fn create_collection_in_api(
        &self,
        api: &str,
        collection: &RawJson,
        find: Find<'_, AnyId>,
    ) -> Result<AnyId, PostmanError> {
        within("this collection", collection.len(), COLLECTION)?;
        let body = format!(
            "{{\"operationType\":\"CREATE_NEW\",\"data\":{}}}",
            collection.text()
        );
        self.add_to_api(api, body.into_bytes(), find)
    }

    /// A collection of an API. This call has no wrapper around it, and one is understood all the same.
    pub fn collection_of_api(&self, api: &str, collection: &str) -> Result<RawJson, PostmanError> {
        let request = self.call_v10(Method::Get, &["apis", api, "collections", collection])?;
        self.read(&request, |response| raw(response, "collection", "info"))
    }

    fn add_to_api(
        &self,
        api: &str,
        body: Vec<u8>,
        find: Find<'_, AnyId>,
    ) -> Result<AnyId, PostmanError> {
        let request = self
            .call_v10(Method::Post, &["apis", api, "collections"])?
            .with_json(body);
        self.create(
            || {
                self.write(&request, Response::json::<Added>)
                    .map(|added| added.id)
            },
            find,
        )
    }
}
