//! A snapshot as it would be with changes applied: what is about to be written can be judged before it is.

use std::collections::HashSet;

use crate::model::change::ChangeSet;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, Entry, FileKind, Listing, Origin, Snapshot, SnapshotError};

/// A snapshot with changes laid over it. What the changes expect to replace is not looked at here.
pub struct Overlay<'a> {
    below: &'a dyn Snapshot,
    changes: &'a ChangeSet,
    listing: Listing,
}

impl<'a> Overlay<'a> {
    /// Lays changes over a snapshot. A file that is written hides everything that lay below its name, and a file
    /// above it.
    ///
    /// # Errors
    /// Where the list of the snapshot cannot be read.
    pub fn new(below: &'a dyn Snapshot, changes: &'a ChangeSet) -> Result<Self, SnapshotError> {
        let listing = below.listing()?;
        let mut directories = HashSet::new();
        for change in changes.writes() {
            let mut above = change.path.parent();
            while let Some(directory) = above.filter(|directory| !directory.is_root()) {
                above = directory.parent();
                if !directories.insert(directory) {
                    break;
                }
            }
        }
        let kept = listing.entries().iter().filter(|entry| {
            changes.get(&entry.path).is_none()
                && !directories.contains(&entry.path)
                && !is_below_written(changes, &entry.path)
        });
        let written = changes.writes().map(|change| Entry {
            path: change.path.clone(),
            kind: FileKind::File,
        });
        let entries = kept.cloned().chain(written).collect();
        Ok(Self {
            below,
            changes,
            listing: Listing::new(entries, listing.refused.clone()),
        })
    }
}

impl Snapshot for Overlay<'_> {
    fn origin(&self) -> &Origin {
        self.below.origin()
    }

    fn listing(&self) -> Result<&Listing, SnapshotError> {
        Ok(&self.listing)
    }

    fn read(&self, path: &RepoPath, limit: u64) -> Result<Content, SnapshotError> {
        if let Some(change) = self.changes.get(path) {
            return Ok(match &change.content {
                None => Content::Missing,
                Some(bytes) if bytes.len() as u64 > limit => Content::TooLarge(bytes.len() as u64),
                Some(bytes) => Content::Bytes(bytes.clone()),
            });
        }
        if self.listing.get(path).is_none() {
            return Ok(Content::Missing);
        }
        self.below.read(path, limit)
    }

    fn prefetch(&self, paths: &[RepoPath]) -> Result<(), SnapshotError> {
        let untouched: Vec<RepoPath> = paths
            .iter()
            .filter(|path| self.changes.get(path).is_none())
            .cloned()
            .collect();
        self.below.prefetch(&untouched)
    }
}

/// Whether something above a path is written as a file.
fn is_below_written(changes: &ChangeSet, path: &RepoPath) -> bool {
    let mut above = path.parent();
    while let Some(directory) = above.filter(|directory| !directory.is_root()) {
        if changes
            .get(&directory)
            .is_some_and(|change| change.content.is_some())
        {
            return true;
        }
        above = directory.parent();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::Overlay;
    use crate::model::change::{Change, ChangeSet, Expected};
    use crate::model::path::RepoPath;
    use crate::model::snapshot::{Content, MemorySnapshot, Snapshot};

    fn path(text: &str) -> RepoPath {
        RepoPath::parse(text).unwrap()
    }

    fn change(name: &str, content: Option<&str>) -> Change {
        Change {
            path: path(name),
            content: content.map(|text| text.as_bytes().to_vec()),
            expected: Expected::of(Some(b"old")),
        }
    }

    #[test]
    fn changes_hide_what_they_replace() {
        let names = ["kept", "written", "deleted", "file", "dir/a", "dir/b"];
        let below = MemorySnapshot::new(
            names
                .iter()
                .map(|name| (path(name), b"old".to_vec()))
                .collect(),
        );
        let changes = ChangeSet::new([
            change("written", Some("newer")),
            change("deleted", None),
            change("file", None),
            change("file/below", Some("new")),
            change("dir", Some("new")),
        ])
        .unwrap();
        let overlay = Overlay::new(&below, &changes).unwrap();
        let listed: Vec<&str> = overlay
            .listing()
            .unwrap()
            .entries()
            .iter()
            .map(|entry| entry.path.as_str())
            .collect();
        assert_eq!(listed, ["dir", "file/below", "kept", "written"]);
        for (name, content) in [
            ("kept", Content::Bytes(b"old".to_vec())),
            ("written", Content::TooLarge(5)),
            ("deleted", Content::Missing),
            ("dir", Content::Bytes(b"new".to_vec())),
            ("dir/a", Content::Missing),
        ] {
            assert_eq!(overlay.read(&path(name), 4), Ok(content), "{name}");
        }
    }
}
