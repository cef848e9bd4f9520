//! Workspaces, and what is in one: the cheapest inventory that Postman has.

use serde::Deserialize;

use crate::net::request::Method;
use crate::postman::client::Postman;
use crate::postman::error::PostmanError;
use crate::postman::wire::{AnyId, Meta};

/// A workspace in a list.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct WorkspaceSummary {
    /// Its id.
    pub id: AnyId,
    /// Its name.
    pub name: String,
    /// `personal`, `team`, `private`, `public`, `partner`, or what Postman comes up with next.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
}

/// One workspace with what is in it. Lists that are empty are left out by Postman.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub id: AnyId,
    /// Its name.
    pub name: String,
    /// As in [`WorkspaceSummary`].
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Who sees it.
    #[serde(default)]
    pub visibility: Option<String>,
    /// Collections.
    #[serde(default)]
    pub collections: Vec<Entry>,
    /// Environments.
    #[serde(default)]
    pub environments: Vec<Entry>,
    /// APIs of the API Builder.
    #[serde(default)]
    pub apis: Vec<Entry>,
    /// Specifications of the Spec Hub.
    #[serde(default)]
    pub specs: Vec<Entry>,
}

/// One thing in a workspace.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: AnyId,
    /// Its name.
    pub name: String,
    /// Its id with the owner, where Postman gives it.
    #[serde(default)]
    pub uid: Option<AnyId>,
}

/// What a workspace is asked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementKind {
    /// By the uid of a collection.
    Collection,
    /// By the id of a specification.
    Specification,
}

#[derive(Deserialize)]
struct List {
    workspaces: Vec<WorkspaceSummary>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Deserialize)]
struct One {
    workspace: Workspace,
}

impl Postman {
    /// All workspaces that the key sees.
    pub fn workspaces(&self) -> Result<Vec<WorkspaceSummary>, PostmanError> {
        // Without a limit there is no cursor, and with more than 100 a refusal.
        let request = self
            .call(Method::Get, &["workspaces"])?
            .strict()
            .with_query("limit", "100");
        self.read_pages(&request, |list: List| (list.workspaces, list.meta))
    }

    /// One workspace and what is in it.
    pub fn workspace(&self, id: &str) -> Result<Workspace, PostmanError> {
        let one: One = self.read_json(&self.call(Method::Get, &["workspaces", id])?.strict())?;
        Ok(one.workspace)
    }

    /// The workspace that holds a collection or a specification; `None` where the key sees none.
    pub fn workspace_of(
        &self,
        kind: ElementKind,
        id: &str,
    ) -> Result<Option<WorkspaceSummary>, PostmanError> {
        let kind = match kind {
            ElementKind::Collection => "collection",
            ElementKind::Specification => "specification",
        };
        let request = self.call(Method::Get, &["workspaces"])?.strict();
        let request = request
            .with_query("elementType", kind)
            .with_query("elementId", id);
        let list: List = self.read_json(&request)?;
        Ok(list.workspaces.into_iter().next())
    }
}
