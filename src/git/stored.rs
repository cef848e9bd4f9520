//! The view of what git stores: a commit or the index. Names are listed once, blobs are read on demand.

use std::sync::{Arc, OnceLock};

use crate::git::engine::{Engine, StoredEntry, StoredList};
use crate::git::error::{GitError, listing_error, read_error};
use crate::git::object::ObjectId;
use crate::git::promisor;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, Entry, FileKind, Listing, Origin, Snapshot, SnapshotError};

/// A commit or the index, through either engine.
pub(crate) struct StoredSnapshot {
    engine: Arc<dyn Engine>,
    origin: Origin,
    names: OnceLock<Result<Names, SnapshotError>>,
}

/// The listing and, at the same places, the object of each entry.
struct Names {
    listing: Listing,
    objects: Vec<(FileKind, ObjectId)>,
}

impl StoredSnapshot {
    /// A view of the index, or of a commit that is known to be here. Any other origin has no files.
    pub(crate) fn new(engine: Arc<dyn Engine>, origin: Origin) -> Self {
        Self {
            engine,
            origin,
            names: OnceLock::new(),
        }
    }

    fn names(&self) -> Result<&Names, SnapshotError> {
        self.names
            .get_or_init(|| {
                list(self.engine.as_ref(), &self.origin)
                    .map(Names::new)
                    .map_err(|error| listing_error(&error))
            })
            .as_ref()
            .map_err(Clone::clone)
    }
}

impl Names {
    fn new(list: StoredList) -> Self {
        let mut stored: Vec<StoredEntry> = list.entries;
        // The same order and the same choice among doubled names as the listing makes.
        stored.sort_by(|one, other| one.path.as_bytes().cmp(other.path.as_bytes()));
        stored.dedup_by(|later, earlier| later.path == earlier.path);
        let objects = stored.iter().map(|entry| (entry.kind, entry.id)).collect();
        let entries = stored
            .into_iter()
            .map(|entry| Entry {
                path: entry.path,
                kind: entry.kind,
            })
            .collect();
        Self {
            listing: Listing::new(entries, list.refused),
            objects,
        }
    }

    fn object(&self, path: &RepoPath) -> Option<(FileKind, ObjectId)> {
        let place = self
            .listing
            .entries()
            .binary_search_by(|entry| entry.path.as_bytes().cmp(path.as_bytes()))
            .ok()?;
        self.objects.get(place).copied()
    }
}

impl Snapshot for StoredSnapshot {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn listing(&self) -> Result<&Listing, SnapshotError> {
        Ok(&self.names()?.listing)
    }

    fn read(&self, path: &RepoPath, limit: u64) -> Result<Content, SnapshotError> {
        let Some((kind, id)) = self.names()?.object(path) else {
            return Ok(Content::Missing);
        };
        read_object(self.engine.as_ref(), kind, &id, limit)
            .map_err(|error| read_error(path, &error))
    }

    fn prefetch(&self, paths: &[RepoPath]) -> Result<(), SnapshotError> {
        let names = self.names()?;
        let ids: Vec<ObjectId> = paths
            .iter()
            .filter_map(|path| names.object(path))
            .filter(|(kind, _)| *kind != FileKind::Submodule)
            .map(|(_, id)| id)
            .collect();
        promisor::bring(self.engine.as_ref(), &ids).map_err(|error| listing_error(&error))
    }
}

/// What stands at an object, told by the kind of its name.
pub(crate) fn read_object(
    engine: &dyn Engine,
    kind: FileKind,
    id: &ObjectId,
    limit: u64,
) -> Result<Content, GitError> {
    match kind {
        FileKind::Submodule | FileKind::Special => Ok(Content::NotAFile),
        FileKind::File => engine.blob(id, limit),
        FileKind::Link => Ok(match engine.blob(id, limit)? {
            Content::Bytes(target) => Content::Link(target),
            other => other,
        }),
    }
}

fn list(engine: &dyn Engine, origin: &Origin) -> Result<StoredList, GitError> {
    match origin {
        Origin::Index => engine.index_files(),
        Origin::Worktree | Origin::Files => Ok(StoredList::default()),
        Origin::Commit(commit) => match engine.commit_files(commit) {
            // A clone without trees: one fetch brings all trees of this commit.
            Err(GitError::MissingObjects { .. }) if promisor::remote(engine)?.is_some() => {
                promisor::fetch(engine, &[engine.root_tree(commit)?])?;
                engine.commit_files(commit)
            }
            result => result,
        },
    }
}
