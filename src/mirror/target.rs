//! Where the Postman side of a link lives: what is there, and how one element of it is read and written. Every call that a
//! target makes stands in the table of [`crate::mirror::cost`].
//!
//! A write is checked before and read back behind: Postman has no optimistic locking, and stores some things in its own
//! words. What it writes over is handed out first, so that it can be put back.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::mirror::cost::TargetKind;
use crate::mirror::delivery::DeliveryError;
use crate::mirror::element::{Element, ElementKind, RemoteElement, RemoteId, RemoteSet};
use crate::mirror::ids::IdTable;
use crate::mirror::state::{Blobs, Record, Version};
use crate::model::id::CommitId;
use crate::postman::error::PostmanError;

/// The Postman side of a link.
pub trait Target: Sync {
    /// What kind it is.
    fn kind(&self) -> TargetKind;

    /// Everything that is there, by name and id. Content comes with what has no name otherwise: the collections of an API
    /// that the state does not know.
    ///
    /// # Errors
    /// Postman's.
    fn list(&self) -> Result<RemoteSet, TargetError>;

    /// When each element was changed last, by its id without owner, as Postman's lists have it; nothing where they do not say.
    ///
    /// # Errors
    /// Postman's.
    fn dates(&self) -> Result<BTreeMap<String, String>, TargetError> {
        Ok(BTreeMap::new())
    }

    /// One element with its content; `None` where it is there no longer.
    ///
    /// # Errors
    /// Postman's, or content that is none.
    fn read(&self, kind: ElementKind, id: &RemoteId) -> Result<Option<RemoteElement>, TargetError>;

    /// Why this target does not take an element, where it does not. No call is made.
    fn unfit(&self, kind: ElementKind, element: &Element) -> Option<String>;

    /// Makes an element that the target has not, and reads back what it stored. Call [`Target::list`] before: what was
    /// there then is not taken for what a lost answer may have made.
    ///
    /// # Errors
    /// Postman's.
    fn create(&self, kind: ElementKind, element: &Element) -> Result<Written, TargetError>;

    /// Replaces an element that still is what the record says Postman had, and reads back what was stored.
    ///
    /// # Errors
    /// [`TargetError::Moved`] where it is something else: nothing is written then.
    fn update(
        &self,
        kind: ElementKind,
        id: &RemoteId,
        element: &Element,
        record: &Record,
    ) -> Result<Written, TargetError>;

    /// Deletes an element that still is what the record says Postman had; gives what it was.
    ///
    /// # Errors
    /// [`TargetError::Moved`] where it is something else: nothing is deleted then.
    fn delete(
        &self,
        kind: ElementKind,
        id: &RemoteId,
        record: &Record,
    ) -> Result<Kept, TargetError>;

    /// Whether elements of a kind are only put together one by one, and written all at once by [`Target::finish`].
    fn is_put_together(&self, _: ElementKind) -> bool {
        false
    }

    /// Writes what was put together: all of it or nothing. Gives the commit that has it, where there is one.
    ///
    /// # Errors
    /// Where it did not get there. Nothing of it is written then.
    fn finish(&self) -> Result<Option<CommitId>, DeliveryError> {
        Ok(None)
    }
}

/// What stood in Postman, and the bytes that the store has not yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What stood there.
    pub version: Version,
    /// The bytes of it that were read. Others are those of the record.
    pub blobs: Blobs,
}

/// What a write did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The id of what was written.
    pub id: RemoteId,
    /// Its name in Postman.
    pub name: String,
    /// What was there before; `None` where nothing was.
    pub before: Option<Version>,
    /// What is there now, as Postman stored it, read back.
    pub after: Version,
    /// The bytes of both that were read. Others are those of the record.
    pub blobs: Blobs,
    /// Ids of items: ours to Postman's, as [`crate::mirror::ids::learn`] gives them.
    pub ids: IdTable,
}

/// Why the target could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// Postman's word.
    #[error(transparent)]
    Postman(#[from] PostmanError),
    /// Somebody has changed it since it was planned.
    #[error("`{name}` was changed in Postman while the plan was being carried out")]
    Moved {
        /// The element.
        name: String,
    },
    /// The branch that Postman reads could not be read or written.
    #[error(transparent)]
    Delivery(#[from] Arc<DeliveryError>),
    /// The element cannot be written there at all.
    #[error("`{name}` cannot be written to Postman: {reason}")]
    Unsuitable {
        /// The element.
        name: String,
        /// Why.
        reason: String,
    },
    /// What Postman stored means something else than what was sent. It is written all the same, and has to be recorded.
    #[error("Postman stored `{name}` otherwise than it was sent: {difference}")]
    StoredOtherwise {
        /// The element.
        name: String,
        /// The first difference, in words.
        difference: String,
        /// What the write did.
        written: Box<Written>,
    },
}

impl From<DeliveryError> for TargetError {
    fn from(error: DeliveryError) -> Self {
        Self::Delivery(Arc::new(error))
    }
}
