//! What Postman's lists say of dates, taken for the content: an element whose listed date is the one that its recorded
//! content has is not read.
//!
//! That is a user's choice and never the rule. For one call in place of hundreds it misses something: Postman was seen to
//! leave the date of a collection alone when a request inside of it was edited
//! (<https://github.com/postmanlabs/postman-app-support/issues/13034>). Definitions have no date that can be compared and are
//! read.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::mirror::element::{ElementContent, ElementFile, ElementKind, RemoteSet};
use crate::mirror::remote_content::only_value;
use crate::mirror::state::{MirrorState, Record};
use crate::mirror::store::{StateStore, StoreError};
use crate::mirror::target::{Target, TargetError};
use crate::model::id::CommitId;

/// Why dates could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum DatesError {
    /// Postman's lists could not be read.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// What was recorded could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives every element its recorded content whose listed date has not moved since. `commit` holds the state. Says how many
/// these are.
///
/// # Errors
/// Lists or records that cannot be read.
pub fn take_recorded(
    target: &dyn Target,
    postman: &mut RemoteSet,
    state: &MirrorState,
    store: &dyn StateStore,
    commit: &CommitId,
) -> Result<usize, DatesError> {
    let pulled = state.pulled.values().flatten();
    let pulled = pulled.filter_map(|pulled| pulled.record.as_ref());
    let mut records: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in state.records.values().chain(pulled) {
        if let Some(id) = &record.remote_id {
            records.entry(id.bare()).or_default().push(record);
        }
    }
    let is_asked = postman.iter().any(|(id, element)| {
        element.kind != ElementKind::Definition && records.contains_key(id.bare())
    });
    if !is_asked {
        return Ok(0);
    }
    let dates = target.dates()?;
    let mut taken = 0;
    for (id, element) in postman.iter_mut() {
        let listed = dates.get(id.bare());
        let known = records.get(id.bare());
        let (Some(listed), Some(known), None) = (listed, known, &element.content) else {
            continue;
        };
        // The newest record stands last.
        for record in known.iter().rev() {
            let content = recorded(record, store, commit)?;
            if date_in(&content, element.kind).as_ref() == Some(listed) {
                element.content = Some(content);
                taken += 1;
                break;
            }
        }
    }
    Ok(taken)
}

/// What Postman had, from the store.
fn recorded(
    record: &Record,
    store: &dyn StateStore,
    commit: &CommitId,
) -> Result<ElementContent, StoreError> {
    let files = record.postman.files.iter().map(|(path, file)| {
        let bytes = store.blob(commit, &file.blob)?;
        let digest = file.digest;
        Ok((path.clone(), ElementFile { bytes, digest }))
    });
    let files: Result<BTreeMap<_, _>, StoreError> = files.collect();
    Ok(ElementContent::new(files?))
}

/// The date that Postman gave to a content when it was read.
fn date_in(content: &ElementContent, kind: ElementKind) -> Option<String> {
    let value = only_value(content)?;
    let date = match kind {
        ElementKind::Collection => value.pointer("/info/updatedAt"),
        ElementKind::Environment => value.get("updatedAt"),
        ElementKind::Definition => None,
    };
    date.and_then(Value::as_str).map(str::to_owned)
}
