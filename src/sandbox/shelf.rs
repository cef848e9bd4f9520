//! Collections taken from and put into the database, whoever asks: the collection endpoints, those of APIs, tasks, seeds.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::sandbox::answer::{Answer, detailed};
use crate::sandbox::call::{Call, split_uid};
use crate::sandbox::clock::timestamp;
use crate::sandbox::collection_body::{Writing, ids, kept, shown, without_ids};
use crate::sandbox::record::Collection;
use crate::sandbox::store::{BODIES, COLLECTIONS, ITEM_IDS, StoreError};

/// Where a new collection goes.
#[derive(Debug, Default)]
pub struct Place {
    /// The workspace.
    pub workspace: String,
    /// The API it belongs to.
    pub api: Option<String>,
    /// An id that it must have; seeds say so.
    pub id: Option<String>,
}

/// A collection by id or uid.
///
/// # Errors
/// The database cannot be used.
pub fn find(call: &Call<'_>, id: &str) -> Result<Option<Collection>, StoreError> {
    let Some((owner, id)) = split_uid(id) else {
        return Ok(None);
    };
    let found: Option<Collection> = call.store.get(COLLECTIONS, &id)?;
    // A bare id finds one's own collections only.
    let owner = owner.unwrap_or(call.user());
    Ok(found.filter(|found| found.owner == owner))
}

/// The document of a collection as it is kept.
///
/// # Errors
/// The database cannot be used.
pub fn body(call: &Call<'_>, id: &str) -> Result<Value, StoreError> {
    Ok(call.store.get(BODIES, id)?.unwrap_or(Value::Null))
}

/// The document of a collection as a read shows it.
///
/// # Errors
/// The database cannot be used.
pub fn whole(call: &Call<'_>, collection: &Collection) -> Result<Value, StoreError> {
    let mut info = Map::new();
    let stamp = &collection.stamp;
    info.insert("_postman_id".to_owned(), json!(collection.id));
    info.insert("updatedAt".to_owned(), json!(timestamp(stamp.updated)));
    info.insert("createdAt".to_owned(), json!(timestamp(stamp.created)));
    info.insert("lastUpdatedBy".to_owned(), json!(stamp.updater.to_string()));
    info.insert("uid".to_owned(), json!(collection.uid()));
    Ok(shown(body(call, &collection.id)?, &info))
}

/// Makes a collection. The document must be valid.
///
/// # Errors
/// It carries ids of another collection, or the database cannot be used.
pub fn add(call: &mut Call<'_>, document: Value, place: Place) -> Result<Collection, Box<Answer>> {
    let id = place.id.unwrap_or_else(|| call.new_id());
    refuse_foreign(call, &document, &id)?;
    let now = call.now;
    let known = HashSet::new();
    let owner = call.user();
    let written = kept(
        document,
        &Writing {
            known: &known,
            owner,
            now,
        },
    );
    let collection = Collection {
        sequence: call.sequence()?,
        owner,
        name: name_of(&written),
        workspace: place.workspace,
        api: place.api,
        generated: None,
        replacing: None,
        stamp: call.stamp(),
        id: id.clone(),
    };
    for part in ids(&written) {
        call.store.put(ITEM_IDS, &part, &id)?;
    }
    call.store.put(BODIES, &id, &written)?;
    call.store.put(COLLECTIONS, &id, &collection)?;
    call.hide(&id);
    Ok(collection)
}

/// Makes a copy of a collection with ids of its own.
///
/// # Errors
/// The database cannot be used.
pub fn copy(
    call: &mut Call<'_>,
    collection: &Collection,
    place: Place,
) -> Result<Collection, Box<Answer>> {
    let document = without_ids(body(call, &collection.id)?);
    add(call, document, place)
}

/// Replaces the document of a collection. The new one must be valid.
///
/// # Errors
/// It carries ids of another collection, or the database cannot be used.
pub fn replace(
    call: &Call<'_>,
    collection: &mut Collection,
    document: Value,
) -> Result<(), Box<Answer>> {
    refuse_foreign(call, &document, &collection.id)?;
    let before = body(call, &collection.id)?;
    let known: HashSet<String> = ids(&before).into_iter().collect();
    let (owner, now) = (collection.owner, call.now);
    let written = kept(
        document,
        &Writing {
            known: &known,
            owner,
            now,
        },
    );
    let remaining: HashSet<String> = ids(&written).into_iter().collect();
    for gone in known.difference(&remaining) {
        call.store.remove(ITEM_IDS, gone)?;
    }
    for fresh in remaining.difference(&known) {
        call.store.put(ITEM_IDS, fresh, &collection.id)?;
    }
    collection.name = name_of(&written);
    if root_of(&before) != root_of(&written) {
        collection.stamp.touch(call.user(), call.now);
    }
    call.store.put(BODIES, &collection.id, &written)?;
    call.store.put(COLLECTIONS, &collection.id, collection)?;
    Ok(())
}

/// Forgets a collection.
///
/// # Errors
/// The database cannot be used.
pub fn remove(call: &Call<'_>, collection: &Collection) -> Result<(), StoreError> {
    for part in ids(&body(call, &collection.id)?) {
        call.store.remove(ITEM_IDS, &part)?;
    }
    call.store.remove(BODIES, &collection.id)?;
    call.store.remove(COLLECTIONS, &collection.id)
}

/// Every collection, oldest first.
///
/// # Errors
/// The database cannot be used.
pub fn all(call: &Call<'_>) -> Result<Vec<Collection>, StoreError> {
    let found: Vec<(String, Collection)> = call.store.all(COLLECTIONS, "")?;
    let mut found: Vec<Collection> = found.into_iter().map(|(_, found)| found).collect();
    found.sort_by_key(|found| found.sequence);
    Ok(found)
}

/// Refuses a document that carries ids of another collection or of its items.
///
/// # Errors
/// 400 `instanceFoundError`.
pub fn refuse_foreign(call: &Call<'_>, document: &Value, own: &str) -> Result<(), Box<Answer>> {
    let found = |item: &str, id: &str| {
        let details = json!({"item": item, "id": id});
        let message = "The specified item already exists.";
        detailed(400, "instanceFoundError", message, &details)
    };
    if let Some(id) = document
        .pointer("/info/_postman_id")
        .and_then(Value::as_str)
        && id != own
        && call.store.has(COLLECTIONS, id)?
    {
        return Err(found("collection", id));
    }
    for id in ids(document) {
        let owner: Option<String> = call.store.get(ITEM_IDS, &id)?;
        if owner.is_some_and(|owner| owner != own) {
            return Err(found("item", &id));
        }
    }
    Ok(())
}

fn name_of(document: &Value) -> String {
    let name = document.pointer("/info/name").and_then(Value::as_str);
    name.unwrap_or_default().to_owned()
}

/// What counts as an edit of the collection itself: everything but what stands inside its items.
fn root_of(document: &Value) -> Value {
    let mut root = document.clone();
    let Some(items) = root.get_mut("item").and_then(Value::as_array_mut) else {
        return root;
    };
    for item in items {
        *item = item.get("id").cloned().unwrap_or(Value::Null);
    }
    root
}
