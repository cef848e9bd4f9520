//! An API that Postman has connected to a repository: Postman reads definitions and collections from the active branch
//! there, and its API refuses to read or write them (422). Where that branch is not what is pushed, they are put together and
//! delivered to it, all at once. Environments travel as they do elsewhere.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::git::repository::Repository;
use crate::mirror::branch_files::{BranchFiles, Directories, read};
use crate::mirror::cost::TargetKind;
use crate::mirror::delivery::{Delivery, DeliveryError};
use crate::mirror::element::{
    Element, ElementContent, ElementKind, RemoteElement, RemoteId, RemoteSet,
};
use crate::mirror::ids::IdTable;
use crate::mirror::state::{Blobs, Record, Version};
use crate::mirror::target::{Kept, Target, TargetError, Written};
use crate::mirror::target_documents::{listed_environment, read_environment, unsuitable};
use crate::mirror::target_workspace::{self as workspace, Known};
use crate::model::change::{Change, ChangeSet};
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::text::{counted, visible};
use crate::postman::client::Postman;

/// What Postman does itself.
pub const READS_ITSELF: &str =
    "Postman reads it from the active branch of the connected repository";

/// A connected API.
pub struct GitLinked<'a> {
    postman: &'a Postman,
    workspace: RemoteId,
    known: Known,
    branch: Option<Branch<'a>>,
    seen: Mutex<Seen>,
}

/// The branch that Postman reads, where files are delivered to it.
#[derive(Clone, Copy)]
pub struct Branch<'a> {
    /// This repository.
    pub repository: &'a Repository,
    /// The way to the branch.
    pub delivery: &'a dyn Delivery,
    /// Which directory is which there.
    pub directories: &'a Directories,
    /// The API.
    pub api: &'a RemoteId,
    /// The API's definition here, counted from the folder of the service.
    pub definition: Option<&'a RepoPath>,
    /// The first line of the commit's message goes on like this: `of Orders`.
    pub of: &'a str,
    /// The last line: where it comes from.
    pub source: &'a str,
}

/// What the branch has, and what is to become of it.
#[derive(Default)]
struct Seen {
    files: Option<BranchFiles>,
    changes: Vec<Change>,
    lines: Vec<String>,
}

impl<'a> GitLinked<'a> {
    /// A connected API of this workspace. Without a branch, definitions and collections are Postman's own business.
    pub fn new(postman: &'a Postman, workspace: &RemoteId, branch: Option<Branch<'a>>) -> Self {
        Self {
            postman,
            workspace: workspace.clone(),
            known: Known::default(),
            branch,
            seen: Mutex::default(),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // What is in it is put there whole.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an element together with those before it. `expected` is what is recorded of it there.
    fn put(
        &self,
        kind: ElementKind,
        element: &Element,
        replaced: Option<(&RemoteId, &Record)>,
    ) -> Result<Written, TargetError> {
        let Some(branch) = &self.branch else {
            return Err(unsuitable(element, READS_ITSELF));
        };
        let mut seen = self.seen();
        let moved = || TargetError::Moved {
            name: element.name.clone(),
        };
        let files = seen.files.as_ref().ok_or_else(moved)?;
        let id = replaced.map(|(id, _)| id);
        let mut blobs = Blobs::new();
        let before = match replaced {
            None => None,
            Some((id, record)) => Some(recorded(files, id, record).ok_or_else(moved)?),
        };
        let before = before.map(|content| Version::of(content, &mut blobs));
        let fitted = files.fitted(branch.directories, element, id);
        let fitted = fitted.map_err(|reason| unsuitable(element, &reason))?;
        let act = if before.is_some() { "update" } else { "create" };
        let line = format!("- {act} {} {}", kind.word(), visible(fitted.path.as_str()));
        seen.changes.extend(fitted.changes);
        seen.lines.push(line);
        Ok(Written {
            id: fitted.id,
            name: element.name.clone(),
            before,
            after: Version::of(&fitted.after, &mut blobs),
            blobs,
            ids: IdTable::new(),
        })
    }

    fn take_out(
        &self,
        kind: ElementKind,
        id: &RemoteId,
        record: &Record,
    ) -> Result<Kept, TargetError> {
        let mut seen = self.seen();
        let moved = || TargetError::Moved {
            name: record.name.clone(),
        };
        let files = seen.files.as_ref().ok_or_else(moved)?;
        let content = recorded(files, id, record).ok_or_else(moved)?;
        let mut blobs = Blobs::new();
        let version = Version::of(content, &mut blobs);
        let changes = files.removal(id);
        let path = files.path(id).ok_or_else(moved)?;
        let line = format!("- delete {} {}", kind.word(), visible(path.as_str()));
        seen.changes.extend(changes);
        seen.lines.push(line);
        Ok(Kept { version, blobs })
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
        let mut set = set?;
        self.known.see(&set);
        if let Some(branch) = &self.branch {
            let tip = branch.delivery.tip()?;
            let files = read(
                branch.repository,
                tip,
                branch.directories,
                branch.api,
                branch.definition,
            )?;
            set.extend(files.listed());
            *self.seen() = Seen {
                files: Some(files),
                ..Seen::default()
            };
        }
        Ok(set)
    }

    fn read(&self, kind: ElementKind, id: &RemoteId) -> Result<Option<RemoteElement>, TargetError> {
        if kind == ElementKind::Environment {
            return read_environment(self.postman, id);
        }
        let seen = self.seen();
        let files = seen.files.as_ref();
        Ok(files.and_then(|files| files.listed().remove(id)))
    }

    fn unfit(&self, kind: ElementKind, element: &Element) -> Option<String> {
        if kind == ElementKind::Environment {
            return None;
        }
        let Some(branch) = &self.branch else {
            return Some(READS_ITSELF.to_owned());
        };
        let is_folder = kind == ElementKind::Collection && element.content.files.len() > 1;
        let folder = is_folder.then(|| {
            "is a folder of the newest layout, and a connected API reads collections of one file"
                .to_owned()
        });
        folder.or_else(|| branch.directories.refuse_steering(element))
    }

    fn create(&self, kind: ElementKind, element: &Element) -> Result<Written, TargetError> {
        if kind != ElementKind::Environment {
            return self.put(kind, element, None);
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
            return self.put(kind, element, Some((id, record)));
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
            return self.take_out(kind, id, record);
        }
        workspace::delete(self.postman, kind, id, record)
    }

    fn is_put_together(&self, kind: ElementKind) -> bool {
        kind != ElementKind::Environment
    }

    fn finish(&self) -> Result<Option<CommitId>, DeliveryError> {
        let (Some(branch), mut seen) = (&self.branch, self.seen()) else {
            return Ok(None);
        };
        let changes = std::mem::take(&mut seen.changes);
        let lines = std::mem::take(&mut seen.lines);
        let Some(files) = seen.files.as_ref().filter(|_| !changes.is_empty()) else {
            return Ok(None);
        };
        let changes = ChangeSet::new(changes).map_err(|error| {
            DeliveryError::Unread(format!("two elements go to one place: {error}"))
        })?;
        let mut lines = lines;
        lines.sort();
        let message = format!(
            "Deliver {}{}\n\n{}\n\n{}\n",
            counted(lines.len(), "change"),
            branch.of,
            lines.join("\n"),
            branch.source
        );
        let commit = branch.delivery.deliver(&files.tip, &changes, &message)?;
        Ok(Some(commit))
    }
}

/// What stands there, as long as it is what is recorded.
fn recorded<'f>(
    files: &'f BranchFiles,
    id: &RemoteId,
    record: &Record,
) -> Option<&'f ElementContent> {
    let content = files.content(id)?;
    (content.digest == record.postman.digest).then_some(content)
}
