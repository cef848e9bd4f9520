//! Read-only views of one repository at one moment.

use std::collections::BTreeMap;

use crate::model::id::CommitId;
use crate::model::path::{PathError, RepoPath};

/// A read-only view of one repository at one moment: a worktree, an index, a commit, or files in memory.
pub trait Snapshot: Send + Sync {
    /// Where this view was taken, for messages.
    fn origin(&self) -> &Origin;

    /// Every file, sorted by path. Directories are not listed; what a submodule holds is not either.
    ///
    /// # Errors
    /// Where the list itself cannot be read; nothing useful can be said then.
    fn listing(&self) -> Result<&Listing, SnapshotError>;

    /// One file, as the repository stores it: for an index or a commit the blob, without any conversion
    /// of line ends. At most `limit` bytes are read.
    ///
    /// # Errors
    /// Where this one file cannot be read; others may still be.
    fn read(&self, path: &RepoPath, limit: u64) -> Result<Content, SnapshotError>;

    /// Says which files will be read, so that a view over a slow or partial store can bring them in one go.
    ///
    /// # Errors
    /// Where they cannot be brought and reading them would fail as well.
    fn prefetch(&self, paths: &[RepoPath]) -> Result<(), SnapshotError> {
        let _ = paths;
        Ok(())
    }
}

/// Where a snapshot was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The files on disk that git tracks or would track.
    Worktree,
    /// What the next commit would hold.
    Index,
    /// A commit.
    Commit(CommitId),
    /// Plain files that no repository holds.
    Files,
}

impl Origin {
    /// The word for it in reports: `worktree`, `index`, `revision`, `files`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Worktree => "worktree",
            Self::Index => "index",
            Self::Commit(_) => "revision",
            Self::Files => "files",
        }
    }

    /// The commit it is a view of, where there is one.
    pub fn commit(&self) -> Option<&CommitId> {
        match self {
            Self::Commit(id) => Some(id),
            _ => None,
        }
    }
}

/// What a listed name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// An ordinary file.
    File,
    /// A symbolic link. Its target is data; it is never followed.
    Link,
    /// A commit of another repository. Never descended into.
    Submodule,
    /// A pipe, socket or device in a worktree. Never opened.
    Special,
}

/// One name in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The path from the root of the repository.
    pub path: RepoPath,
    /// What it is.
    pub kind: FileKind,
}

/// All names of a snapshot, sorted by path.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    entries: Vec<Entry>,
    /// Names that stand in the repository and that no path can have, such as `..`.
    pub refused: Vec<RefusedName>,
}

/// A name that git should never have stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedName {
    /// The name, with replacement characters where it is not UTF-8.
    pub name: String,
    /// What is wrong with it.
    pub error: PathError,
}

impl Listing {
    /// Sorts the entries; of two with the same path the first counts.
    pub fn new(mut entries: Vec<Entry>, refused: Vec<RefusedName>) -> Self {
        entries.sort_by(|one, other| one.path.as_bytes().cmp(other.path.as_bytes()));
        entries.dedup_by(|later, earlier| later.path == earlier.path);
        Self { entries, refused }
    }

    /// Every entry.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries below `directory`; empty where there is no such directory.
    pub fn below<'a>(&'a self, directory: &RepoPath) -> &'a [Entry] {
        if directory.is_root() {
            return &self.entries;
        }
        let prefix = [directory.as_bytes(), b"/"].concat();
        let start = self
            .entries
            .partition_point(|entry| entry.path.as_bytes() < prefix.as_slice());
        let length = self.entries[start..]
            .partition_point(|entry| entry.path.as_bytes().starts_with(&prefix));
        &self.entries[start..start + length]
    }

    /// The entry with exactly this path.
    pub fn get(&self, path: &RepoPath) -> Option<&Entry> {
        let index = self
            .entries
            .binary_search_by(|entry| entry.path.as_bytes().cmp(path.as_bytes()))
            .ok()?;
        Some(&self.entries[index])
    }

    /// Whether there is a file with this path or anything below it.
    pub fn has_directory(&self, directory: &RepoPath) -> bool {
        !self.below(directory).is_empty()
    }
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The bytes of a file.
    Bytes(Vec<u8>),
    /// Nothing.
    Missing,
    /// A symbolic link and the target it names.
    Link(Vec<u8>),
    /// A submodule, pipe, socket or device.
    NotAFile,
    /// A file of this many bytes, more than the limit; it was not read.
    TooLarge(u64),
}

/// Why a snapshot, or one file of it, could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The list of files could not be read.
    #[error("the list of files cannot be read: {cause}")]
    Listing {
        /// What git or the system said.
        cause: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// One file could not be read.
    #[error("{path} cannot be read: {cause}")]
    Read {
        /// The file.
        path: String,
        /// What git or the system said.
        cause: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

/// Files held in memory, for tests and for looking at what a change would give.
#[derive(Clone, Debug)]
pub struct MemorySnapshot {
    origin: Origin,
    files: BTreeMap<RepoPath, Vec<u8>>,
    listing: Listing,
}

impl MemorySnapshot {
    /// Takes files by path.
    pub fn new(files: BTreeMap<RepoPath, Vec<u8>>) -> Self {
        let entries = files
            .keys()
            .map(|path| Entry {
                path: path.clone(),
                kind: FileKind::File,
            })
            .collect();
        Self {
            origin: Origin::Files,
            files,
            listing: Listing::new(entries, Vec::new()),
        }
    }
}

impl Snapshot for MemorySnapshot {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn listing(&self) -> Result<&Listing, SnapshotError> {
        Ok(&self.listing)
    }

    fn read(&self, path: &RepoPath, limit: u64) -> Result<Content, SnapshotError> {
        Ok(match self.files.get(path) {
            None => Content::Missing,
            Some(bytes) if bytes.len() as u64 > limit => Content::TooLarge(bytes.len() as u64),
            Some(bytes) => Content::Bytes(bytes.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, MemorySnapshot, Snapshot};
    use crate::model::path::RepoPath;

    #[test]
    fn a_listing_finds_directories_by_whole_parts() {
        let names = ["a.json", "a/b.json", "a/c/d.json", "ab/e.json"];
        let files = names
            .iter()
            .map(|name| (RepoPath::parse(name).unwrap(), vec![1, 2, 3]))
            .collect();
        let snapshot = MemorySnapshot::new(files);
        let listing = snapshot.listing().unwrap();
        let below: Vec<&str> = listing
            .below(&RepoPath::parse("a").unwrap())
            .iter()
            .map(|e| e.path.as_str())
            .collect();
        assert_eq!(below, ["a/b.json", "a/c/d.json"]);
        assert!(listing.has_directory(&RepoPath::parse("a/c").unwrap()));
        assert!(!listing.has_directory(&RepoPath::parse("a/b").unwrap()));
        let path = RepoPath::parse("a.json").unwrap();
        assert_eq!(snapshot.read(&path, 2), Ok(Content::TooLarge(3)));
        assert_eq!(snapshot.read(&path, 3), Ok(Content::Bytes(vec![1, 2, 3])));
    }
}
