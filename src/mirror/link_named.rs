//! What `.postman/` names: one end of a link.

use std::fmt;

use crate::mirror::element::RemoteId;
use crate::mirror::state::LinkTarget;

/// What `.postman/` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// An API.
    Api(RemoteId),
    /// A workspace of Postman v12.
    Workspace(RemoteId),
}

impl Named {
    /// `API` or `workspace`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Api(_) => "API",
            Self::Workspace(_) => "workspace",
        }
    }

    /// The id.
    pub fn id(&self) -> &RemoteId {
        match self {
            Self::Api(id) | Self::Workspace(id) => id,
        }
    }

    /// What a target is called in the files.
    pub fn of(target: &LinkTarget) -> Self {
        match target {
            LinkTarget::GitLinked { api, .. } | LinkTarget::ApiBuilder { api, .. } => {
                Self::Api(api.clone())
            }
            LinkTarget::SpecHub { workspace, .. } => Self::Workspace(workspace.clone()),
        }
    }

    /// The option of `connect` that names it.
    pub fn option(&self) -> String {
        match self {
            Self::Api(id) => format!("--api {id}"),
            Self::Workspace(id) => format!("--workspace {id}"),
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.word(), self.id())
    }
}
