//! APIs of the API Builder (`/apis`, deprecated by Postman and still served), and whether one is connected to a repository.

use serde::{Deserialize, Serialize};

use crate::net::request::Method;
use crate::net::response::Response;
use crate::postman::client::{Find, Postman, json};
use crate::postman::error::PostmanError;
use crate::postman::wire::{AnyId, Meta};

/// One API. The lists are there where they were asked for and the API is not connected to a repository.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Api {
    /// Its id.
    pub id: AnyId,
    /// Its name.
    pub name: String,
    /// One line.
    #[serde(default)]
    pub summary: Option<String>,
    /// Markdown.
    #[serde(default)]
    pub description: Option<String>,
    /// The repository; empty where the API is not connected.
    #[serde(default)]
    git_info: Option<GitInfo>,
    /// Its schemas; there is one at most.
    #[serde(default)]
    pub schemas: Vec<Related>,
    /// Its versions.
    #[serde(default)]
    pub versions: Vec<Related>,
    /// Its collections, by uid.
    #[serde(default)]
    pub collections: Vec<Related>,
}

/// What belongs to an API.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Related {
    /// Its id.
    pub id: AnyId,
    /// Its name, for versions.
    #[serde(default)]
    pub name: Option<String>,
}

/// The repository that an API is connected to. Postman gives no branch.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct GitInfo {
    /// The host; nothing for hosted services.
    pub domain: Option<String>,
    /// The owner.
    pub organization: Option<String>,
    /// The repository's name.
    pub repository: Option<String>,
    /// The schema directory.
    pub schema_folder: Option<String>,
    /// The collection directory.
    pub collection_folder: Option<String>,
}

/// What may be written of an API.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct ApiDraft {
    /// Its name, not empty.
    pub name: String,
    /// Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

#[derive(Deserialize)]
struct List {
    apis: Vec<Api>,
    #[serde(default)]
    meta: Meta,
}

impl Api {
    /// The repository that Postman has connected the API to.
    pub fn connected(&self) -> Option<&GitInfo> {
        self.git_info.as_ref().filter(|info| {
            info.repository
                .as_ref()
                .is_some_and(|name| !name.is_empty())
        })
    }
}

impl Postman {
    /// The APIs of a workspace.
    pub fn apis(&self, workspace: &str) -> Result<Vec<Api>, PostmanError> {
        let request = self.call_v10(Method::Get, &["apis"])?;
        let request = request
            .with_query("workspaceId", workspace)
            .with_query("limit", "100");
        self.read_pages(&request, |list: List| (list.apis, list.meta))
    }

    /// One API with its repository, schemas, collections and versions.
    pub fn api(&self, id: &str) -> Result<Api, PostmanError> {
        let request = self.call_v10(Method::Get, &["apis", id])?;
        self.read_json(&request.with_query("include", "collections,versions,schemas,gitInfo"))
    }

    /// A new API.
    pub fn create_api(
        &self,
        workspace: &str,
        draft: &ApiDraft,
        find: Find<'_, Api>,
    ) -> Result<Api, PostmanError> {
        let request = self
            .call_v10(Method::Post, &["apis"])?
            .with_query("workspaceId", workspace);
        let request = request.with_json(json(draft)?);
        self.create(|| self.write(&request, Response::json), find)
    }

    /// Name and description of an API.
    pub fn update_api(&self, id: &str, draft: &ApiDraft) -> Result<Api, PostmanError> {
        let request = self
            .call_v10(Method::Put, &["apis", id])?
            .with_json(json(draft)?);
        self.replace(
            || self.write(&request, Response::json),
            || {
                let api = self.api(id)?;
                let landed = api.name == draft.name
                    && draft
                        .description
                        .as_ref()
                        .is_none_or(|text| api.description.as_ref() == Some(text));
                Ok(landed.then_some(api))
            },
        )
    }

    /// Deletes an API.
    pub fn delete_api(&self, id: &str) -> Result<(), PostmanError> {
        self.delete(&self.call_v10(Method::Delete, &["apis", id])?)
    }
}
