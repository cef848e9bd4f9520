//! Collections and environments of a workspace, written: each write is checked before and read back behind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::mirror::element::{Element, ElementContent, ElementKind, RemoteId, RemoteSet};
use crate::mirror::ids;
use crate::mirror::ids::IdTable;
use crate::mirror::remote_content::only_value;
use crate::mirror::state::Record;
use crate::mirror::target::{Kept, TargetError, Written};
use crate::mirror::target_documents::{Body, expected, found, kept, remote_id};
use crate::postman::client::Postman;
use crate::postman::environments::EnvironmentSummary;
use crate::postman::error::PostmanError;
use crate::postman::raw::RawJson;
use crate::postman::wire::AnyId;

/// The ids that were there before anything was made. What a create made whose answer was lost is none of them.
#[derive(Debug, Default)]
pub struct Known(Mutex<BTreeSet<AnyId>>);

impl Known {
    /// Everything that a list gave.
    pub fn see(&self, set: &RemoteSet) {
        let ids = set.keys().map(|id| AnyId::new(id.as_str()));
        self.lock().extend(ids);
    }

    /// The ids so far.
    pub fn ids(&self) -> BTreeSet<AnyId> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<AnyId>> {
        // Ids are only ever added, one whole id at a time.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When each collection and environment of a workspace was changed last.
///
/// # Errors
/// Postman's.
pub fn dates(
    postman: &Postman,
    workspace: &RemoteId,
) -> Result<BTreeMap<String, String>, TargetError> {
    let collections = postman.collections(workspace.as_str())?;
    let collections = collections
        .into_iter()
        .map(|summary| (summary.uid, summary.updated_at));
    let environments = postman.environments(workspace.as_str())?;
    let environments = environments
        .into_iter()
        .map(|summary| (summary.uid.unwrap_or(summary.id), summary.updated_at));
    let dated = collections.chain(environments).filter_map(|(id, date)| {
        let id = RemoteId::parse(id.as_str())?;
        Some((id.bare().to_owned(), date?))
    });
    Ok(dated.collect())
}

/// Makes a collection in a workspace.
///
/// # Errors
/// As [`crate::mirror::target::Target::create`].
pub fn create_collection(
    postman: &Postman,
    workspace: &RemoteId,
    known: &Known,
    element: &Element,
) -> Result<Written, TargetError> {
    let body = Body::of_collection(element, None, &IdTable::new())?;
    let known = known.ids();
    let same = |there: &RawJson| body.lost_in(there).is_none();
    let made = postman.create_collection(workspace.as_str(), &body.text, &mut || {
        postman.find_collection(workspace.as_str(), element.name.trim(), &known, &same)
    })?;
    let id = remote_id(&made.uid, &element.name)?;
    let stored = postman.collection(id.as_str())?;
    let ids = learnt(element, &stored, &IdTable::new());
    body.written(id, None, &stored, ids)
}

/// Makes an environment in a workspace.
///
/// # Errors
/// As [`crate::mirror::target::Target::create`].
pub fn create_environment(
    postman: &Postman,
    workspace: &RemoteId,
    known: &Known,
    element: &Element,
) -> Result<Written, TargetError> {
    let body = Body::of_environment(element, None)?;
    let known = known.ids();
    let made = postman.create_environment(workspace.as_str(), &body.text, &mut || {
        find_environment(postman, workspace, &known, element, &body)
    })?;
    let id = remote_id(made.uid.as_ref().unwrap_or(&made.id), &element.name)?;
    let stored = postman.environment(id.as_str())?;
    body.written(id, None, &stored, IdTable::new())
}

/// Replaces a collection. `read` is how it is read where it lies.
///
/// # Errors
/// As [`crate::mirror::target::Target::update`].
pub fn update_collection(
    postman: &Postman,
    id: &RemoteId,
    element: &Element,
    record: &Record,
    read: &dyn Fn() -> Result<RawJson, PostmanError>,
) -> Result<Written, TargetError> {
    let before = found(read())?;
    let before = expected(ElementKind::Collection, record, before.as_ref())?;
    let body = Body::of_collection(element, Some(&before), &record.ids)?;
    let same = |there: &RawJson| body.lost_in(there).is_none();
    postman.replace_collection(id.as_str(), &body.text, &same, &mut |_| ())?;
    let stored = read()?;
    let ids = learnt(element, &stored, &record.ids);
    body.written(id.clone(), Some(&before), &stored, ids)
}

/// Replaces an environment. The values of secrets stay as they are in Postman.
///
/// # Errors
/// As [`crate::mirror::target::Target::update`].
pub fn update_environment(
    postman: &Postman,
    id: &RemoteId,
    element: &Element,
    record: &Record,
) -> Result<Written, TargetError> {
    let text = found(postman.environment(id.as_str()))?;
    let before = expected(ElementKind::Environment, record, text.as_ref())?;
    let there = text.and_then(|text| serde_json::from_str(text.text()).ok());
    let body = Body::of_environment(element, there.as_ref())?;
    let same = |there: &RawJson| body.lost_in(there).is_none();
    postman.replace_environment(id.as_str(), &body.text, &same)?;
    let stored = postman.environment(id.as_str())?;
    body.written(id.clone(), Some(&before), &stored, IdTable::new())
}

/// Deletes a collection or an environment.
///
/// # Errors
/// As [`crate::mirror::target::Target::delete`].
pub fn delete(
    postman: &Postman,
    kind: ElementKind,
    id: &RemoteId,
    record: &Record,
) -> Result<Kept, TargetError> {
    let is_collection = kind == ElementKind::Collection;
    let text = found(if is_collection {
        postman.collection(id.as_str())
    } else {
        postman.environment(id.as_str())
    })?;
    let before: ElementContent = expected(kind, record, text.as_ref())?;
    if is_collection {
        postman.delete_collection(id.as_str())?;
    } else {
        postman.delete_environment(id.as_str())?;
    }
    Ok(kept(&before))
}

/// Which id of the file is which in Postman.
pub fn learnt(element: &Element, stored: &RawJson, table: &IdTable) -> IdTable {
    let local = only_value(&element.content);
    let there = serde_json::from_str(stored.text()).ok();
    local
        .zip(there)
        .map(|(local, there)| ids::learn(&local, &there, table))
        .unwrap_or_default()
}

/// What a create may have made whose answer was lost: it has the name, was not there before and holds what was sent.
fn find_environment(
    postman: &Postman,
    workspace: &RemoteId,
    known: &BTreeSet<AnyId>,
    element: &Element,
    body: &Body,
) -> Result<Option<EnvironmentSummary>, PostmanError> {
    for summary in postman.environments(workspace.as_str())? {
        let id = summary.uid.clone().unwrap_or_else(|| summary.id.clone());
        if summary.name != element.name.trim() || known.contains(&id) {
            continue;
        }
        match found(postman.environment(id.as_str()))? {
            Some(text) if body.lost_in(&text).is_none() => return Ok(Some(summary)),
            _ => {}
        }
    }
    Ok(None)
}
