//! Where the Postman side of a link lives: what is there, and how one element of it is read and written. Every call that a
//! target makes stands in the table of [`crate::mirror::cost`].

use crate::mirror::cost::TargetKind;
use crate::mirror::element::{Element, ElementKind, RemoteElement, RemoteId, RemoteSet};
use crate::mirror::ids::IdTable;
use crate::mirror::state::Record;
use crate::model::digest::Digest;
use crate::postman::error::PostmanError;

/// The Postman side of a link.
pub trait Target: Sync {
    /// What kind it is.
    fn kind(&self) -> TargetKind;

    /// Everything that is there, by name and id, without content.
    ///
    /// # Errors
    /// Postman's.
    fn list(&self) -> Result<RemoteSet, TargetError>;

    /// One element with its content; `None` where it is there no longer.
    ///
    /// # Errors
    /// Postman's, or content that is none.
    fn read(&self, kind: ElementKind, id: &RemoteId) -> Result<Option<RemoteElement>, TargetError>;

    /// Makes an element that the target has not, and reads back what it stored.
    ///
    /// # Errors
    /// Postman's.
    fn create(&self, element: &Element) -> Result<Written, TargetError>;

    /// Replaces an element that still is `expected`, and reads back what was stored. `record` has its ids.
    ///
    /// # Errors
    /// [`TargetError::Moved`] where it no longer is what was expected: nothing is written then.
    fn update(
        &self,
        id: &RemoteId,
        element: &Element,
        expected: &Digest,
        record: Option<&Record>,
    ) -> Result<Written, TargetError>;

    /// Deletes an element that still is `expected`; gives what it was.
    ///
    /// # Errors
    /// [`TargetError::Moved`] where it no longer is what was expected: nothing is deleted then.
    fn delete(
        &self,
        kind: ElementKind,
        id: &RemoteId,
        expected: &Digest,
    ) -> Result<RemoteElement, TargetError>;
}

/// What a write did.
#[derive(Clone, Debug)]
pub struct Written {
    /// The id of what was written.
    pub id: RemoteId,
    /// What was there before; `None` where nothing was.
    pub before: Option<RemoteElement>,
    /// What is there now, as Postman stored it, read back.
    pub after: RemoteElement,
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
    /// The element cannot be written there at all.
    #[error("`{name}` cannot be written to Postman: {reason}")]
    Unsuitable {
        /// The element.
        name: String,
        /// Why.
        reason: String,
    },
    /// What Postman stored means something else than what was sent.
    #[error("Postman stored `{name}` otherwise than it was sent: {difference}")]
    StoredOtherwise {
        /// The element.
        name: String,
        /// The first difference, in words.
        difference: String,
    },
}
