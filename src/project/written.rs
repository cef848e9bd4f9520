//! What a person or Postman wrote in a metadata file, with the place it stands at.

use crate::model::finding::Place;
use crate::model::path::{PathError, RepoPath};

/// A text and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// A path and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenPath {
    /// The path as it is written.
    pub text: String,
    /// What it means in the repository, or why it means nothing.
    pub path: Result<RepoPath, PathError>,
    /// Where it stands.
    pub place: Place,
}

impl WrittenPath {
    /// Reads a path relative to `base`.
    pub fn new(base: &RepoPath, text: &str, place: Place) -> Self {
        Self {
            text: text.to_owned(),
            path: RepoPath::resolve(base, text),
            place,
        }
    }

    /// The path, where it means one.
    pub fn resolved(&self) -> Option<&RepoPath> {
        self.path.as_ref().ok()
    }
}

/// Something in a metadata file that its reader could not understand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Where.
    pub place: Place,
}
