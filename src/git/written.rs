//! What is written to the object store: trees and commits as values, whoever writes them.

use crate::git::object::ObjectId;

/// One name in a tree that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewEntry {
    /// One part of a path.
    pub(crate) name: String,
    /// What stands there.
    pub(crate) id: ObjectId,
    /// Whether that is a tree; a blob otherwise.
    pub(crate) is_tree: bool,
}

/// Who writes a commit, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
    /// Seconds since 1970.
    pub seconds: i64,
}
