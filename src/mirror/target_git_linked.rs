//! An API that Postman has connected to a repository: Postman reads definitions and collections from the active branch
//! there, and its API refuses to read or write them (422). Environments travel as they do elsewhere.

use crate::mirror::cost::TargetKind;
use crate::mirror::element::{Element, ElementKind, RemoteElement, RemoteId, RemoteSet};
use crate::mirror::state::Record;
use crate::mirror::target::{Kept, Target, TargetError, Written};
use crate::mirror::target_documents::{listed_environment, read_environment, unsuitable};
use crate::mirror::target_workspace::{self as workspace, Known};
use crate::postman::client::Postman;

/// What Postman does itself.
pub const READS_ITSELF: &str =
    "Postman reads it from the active branch of the connected repository";

/// A connected API.
pub struct GitLinked<'a> {
    postman: &'a Postman,
    workspace: RemoteId,
    known: Known,
}

impl<'a> GitLinked<'a> {
    /// A connected API of this workspace.
    pub fn new(postman: &'a Postman, workspace: &RemoteId) -> Self {
        Self {
            postman,
            workspace: workspace.clone(),
            known: Known::default(),
        }
    }
}

impl Target for GitLinked<'_> {
    fn kind(&self) -> TargetKind {
        TargetKind::GitLinked
    }

    fn list(&self) -> Result<RemoteSet, TargetError> {
        let environments = self.postman.environments(self.workspace.as_str())?;
        let set: Result<RemoteSet, TargetError> =
            environments.iter().map(listed_environment).collect();
        let set = set?;
        self.known.see(&set);
        Ok(set)
    }

    fn read(&self, kind: ElementKind, id: &RemoteId) -> Result<Option<RemoteElement>, TargetError> {
        match kind {
            ElementKind::Environment => read_environment(self.postman, id),
            ElementKind::Definition | ElementKind::Collection => Ok(None),
        }
    }

    fn unfit(&self, kind: ElementKind, _: &Element) -> Option<String> {
        (kind != ElementKind::Environment).then(|| READS_ITSELF.to_owned())
    }

    fn create(&self, kind: ElementKind, element: &Element) -> Result<Written, TargetError> {
        if kind != ElementKind::Environment {
            return Err(unsuitable(element, READS_ITSELF));
        }
        workspace::create_environment(self.postman, &self.workspace, &self.known, element)
    }

    fn update(
        &self,
        kind: ElementKind,
        id: &RemoteId,
        element: &Element,
        record: &Record,
    ) -> Result<Written, TargetError> {
        if kind != ElementKind::Environment {
            return Err(unsuitable(element, READS_ITSELF));
        }
        workspace::update_environment(self.postman, id, element, record)
    }

    fn delete(
        &self,
        kind: ElementKind,
        id: &RemoteId,
        record: &Record,
    ) -> Result<Kept, TargetError> {
        if kind != ElementKind::Environment {
            return Err(TargetError::Unsuitable {
                name: record.name.clone(),
                reason: READS_ITSELF.to_owned(),
            });
        }
        workspace::delete(self.postman, kind, id, record)
    }
}
