//! The files of a commit on a provider, without a clone: one list, and files brought in as few calls as the service has.
//!
//! A file whose id is known is held against it: what a service cut, recoded or mixed up is never taken for the file.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::git::object::{ObjectId, blob_id};
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::snapshot::{
    Content, Entry, FileKind, Listing, Origin, RefusedName, Snapshot, SnapshotError,
};
use crate::model::text::{shortened, visible};
use crate::provider::error::ProviderError;

/// The longest target of a symbolic link that is read.
const LONGEST_LINK: u64 = 4096;

/// One name in a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemoteEntry {
    /// The path.
    pub(crate) path: RepoPath,
    /// What it is.
    pub(crate) kind: FileKind,
    /// Whether it may be run as a program.
    pub(crate) is_executable: bool,
    /// What names its content.
    pub(crate) id: ObjectId,
    /// How many bytes it has, where the service says so.
    pub(crate) size: Option<u64>,
}

/// Every name in a commit.
#[derive(Clone, Debug, Default)]
pub(crate) struct RemoteList {
    /// The names that are paths.
    pub(crate) entries: Vec<RemoteEntry>,
    /// Those that are none.
    pub(crate) refused: Vec<RefusedName>,
}

/// How one service shows a commit.
pub(crate) trait RemoteFiles: Send + Sync {
    /// Every name.
    fn list(&self) -> Result<RemoteList, ProviderError>;

    /// The contents of some files, in any order; those that the service does not give in one go may be left out.
    fn several(&self, wanted: &[RemoteEntry]) -> Result<Vec<(ObjectId, Vec<u8>)>, ProviderError>;

    /// The content of one file, whole.
    fn one(&self, wanted: &RemoteEntry) -> Result<Vec<u8>, ProviderError>;
}

/// A commit on a provider.
pub(crate) struct RemoteSnapshot<S> {
    source: S,
    origin: Origin,
    names: OnceLock<Result<Names, SnapshotError>>,
    contents: Mutex<HashMap<ObjectId, Arc<Vec<u8>>>>,
}

struct Names {
    listing: Listing,
    entries: BTreeMap<RepoPath, RemoteEntry>,
}

impl RemoteList {
    /// Takes a name as the service wrote it.
    pub(crate) fn add(&mut self, name: &str, make: impl FnOnce(RepoPath) -> Option<RemoteEntry>) {
        match RepoPath::parse(name) {
            Ok(path) if !path.is_root() => self.entries.extend(make(path)),
            Ok(_) => {}
            Err(error) => self.refused.push(RefusedName {
                name: shortened(&visible(name), 200),
                error,
            }),
        }
    }
}

impl<S: RemoteFiles> RemoteSnapshot<S> {
    /// A view of a commit. Nothing is asked for yet.
    pub(crate) fn new(source: S, commit: CommitId) -> Self {
        Self::of(source, Origin::Commit(commit))
    }

    /// A view of a branch whose commit nobody asked for.
    pub(crate) fn at_branch(source: S) -> Self {
        Self::of(source, Origin::Files)
    }

    fn of(source: S, origin: Origin) -> Self {
        Self {
            source,
            origin,
            names: OnceLock::new(),
            contents: Mutex::default(),
        }
    }

    /// Lists the files now, and says why not as the service does.
    pub(crate) fn look(&self) -> Result<(), ProviderError> {
        let list = self.source.list()?;
        let _ = self.names.set(Ok(Names::of(list)));
        Ok(())
    }

    /// What the service says of one name.
    pub(crate) fn entry(&self, path: &RepoPath) -> Result<Option<&RemoteEntry>, SnapshotError> {
        Ok(self.names()?.entries.get(path))
    }

    fn names(&self) -> Result<&Names, SnapshotError> {
        let names = self.names.get_or_init(|| match self.source.list() {
            Ok(list) => Ok(Names::of(list)),
            Err(error) => Err(SnapshotError::Listing {
                cause: error.to_string(),
                hint: Some(error.hint()),
            }),
        });
        names.as_ref().map_err(Clone::clone)
    }

    fn contents(&self) -> MutexGuard<'_, HashMap<ObjectId, Arc<Vec<u8>>>> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, id: &ObjectId) -> Option<Arc<Vec<u8>>> {
        self.contents().get(id).map(Arc::clone)
    }

    fn bring(&self, entry: &RemoteEntry) -> Result<Arc<Vec<u8>>, SnapshotError> {
        if let Some(bytes) = self.known(&entry.id) {
            return Ok(bytes);
        }
        let failed = |cause: String, hint: String| SnapshotError::Read {
            path: entry.path.to_string(),
            cause,
            hint: Some(hint),
        };
        let bytes = self
            .source
            .one(entry)
            .map_err(|error| failed(error.to_string(), error.hint()))?;
        if !is_whole(&entry.id, &bytes) {
            return Err(failed(
                "the provider gave other bytes than those of this commit".to_owned(),
                "try again; where it stays so, clone the repository".to_owned(),
            ));
        }
        let bytes = Arc::new(bytes);
        self.contents().insert(entry.id, Arc::clone(&bytes));
        Ok(bytes)
    }
}

impl Names {
    fn of(list: RemoteList) -> Self {
        let names = list.entries.iter().map(|entry| Entry {
            path: entry.path.clone(),
            kind: entry.kind,
        });
        let listing = Listing::new(names.collect(), list.refused);
        let mut entries = BTreeMap::new();
        for entry in list.entries {
            entries.entry(entry.path.clone()).or_insert(entry);
        }
        Self { listing, entries }
    }
}

impl<S: RemoteFiles> Snapshot for RemoteSnapshot<S> {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn listing(&self) -> Result<&Listing, SnapshotError> {
        Ok(&self.names()?.listing)
    }

    fn read(&self, path: &RepoPath, limit: u64) -> Result<Content, SnapshotError> {
        let Some(entry) = self.names()?.entries.get(path) else {
            return Ok(Content::Missing);
        };
        let limit = match entry.kind {
            FileKind::File => limit,
            FileKind::Link => LONGEST_LINK,
            FileKind::Submodule | FileKind::Special => return Ok(Content::NotAFile),
        };
        if let Some(size) = entry.size.filter(|size| *size > limit) {
            return Ok(Content::TooLarge(size));
        }
        let bytes = self.bring(entry)?;
        if bytes.len() as u64 > limit {
            return Ok(Content::TooLarge(bytes.len() as u64));
        }
        let bytes = bytes.as_ref().clone();
        Ok(match entry.kind {
            FileKind::Link => Content::Link(bytes),
            _ => Content::Bytes(bytes),
        })
    }

    fn prefetch(&self, paths: &[RepoPath]) -> Result<(), SnapshotError> {
        let names = self.names()?;
        let mut wanted: BTreeMap<ObjectId, RemoteEntry> = BTreeMap::new();
        for entry in paths.iter().filter_map(|path| names.entries.get(path)) {
            let is_file = matches!(entry.kind, FileKind::File | FileKind::Link);
            if is_file && self.known(&entry.id).is_none() {
                wanted.insert(entry.id, entry.clone());
            }
        }
        let wanted: Vec<RemoteEntry> = wanted.into_values().collect();
        if wanted.len() < 2 {
            // Brought when it is read.
            return Ok(());
        }
        let brought = self
            .source
            .several(&wanted)
            .map_err(|error| SnapshotError::Listing {
                cause: error.to_string(),
                hint: Some(error.hint()),
            })?;
        let mut contents = self.contents();
        for (id, bytes) in brought {
            // What is not whole is asked for on its own when it is read.
            if is_whole(&id, &bytes) {
                contents.insert(id, Arc::new(bytes));
            }
        }
        Ok(())
    }
}

/// Whether these are the bytes that an id names. Only SHA-1 ids can be held against; no provider has others.
fn is_whole(id: &ObjectId, bytes: &[u8]) -> bool {
    id.as_bytes().len() != 20 || blob_id(bytes).as_ref() == Some(id)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{RemoteEntry, RemoteFiles, RemoteList, RemoteSnapshot};
    use crate::git::object::{ObjectId, blob_id};
    use crate::model::id::CommitId;
    use crate::model::path::RepoPath;
    use crate::model::snapshot::{Content, FileKind, Snapshot as _};
    use crate::provider::error::ProviderError;

    /// Files of which some come damaged when several are asked for at once.
    #[derive(Default)]
    struct Shelf {
        singles: AtomicUsize,
        always_damaged: bool,
    }

    fn content(path: &RepoPath) -> Vec<u8> {
        format!("content of {path}").into_bytes()
    }

    impl RemoteFiles for &Shelf {
        fn list(&self) -> Result<RemoteList, ProviderError> {
            let mut list = RemoteList::default();
            for name in ["a.json", "b.json", "link", "module", "../up", "/root"] {
                list.add(name, |path| {
                    let kind = match name {
                        "link" => FileKind::Link,
                        "module" => FileKind::Submodule,
                        _ => FileKind::File,
                    };
                    Some(RemoteEntry {
                        id: blob_id(&content(&path)).unwrap(),
                        size: Some(content(&path).len() as u64),
                        path,
                        kind,
                        is_executable: false,
                    })
                });
            }
            Ok(list)
        }

        fn several(
            &self,
            wanted: &[RemoteEntry],
        ) -> Result<Vec<(ObjectId, Vec<u8>)>, ProviderError> {
            let damaged = |entry: &RemoteEntry| {
                let mut bytes = content(&entry.path);
                if entry.path.as_str() == "b.json" {
                    bytes.pop();
                }
                (entry.id, bytes)
            };
            Ok(wanted.iter().map(damaged).collect())
        }

        fn one(&self, wanted: &RemoteEntry) -> Result<Vec<u8>, ProviderError> {
            self.singles.fetch_add(1, Ordering::SeqCst);
            if self.always_damaged {
                return Ok(b"something else".to_vec());
            }
            Ok(content(&wanted.path))
        }
    }

    fn path(text: &str) -> RepoPath {
        RepoPath::parse(text).unwrap()
    }

    #[test]
    fn what_came_damaged_is_asked_for_again_and_nothing_twice() {
        let shelf = Shelf::default();
        let commit = CommitId::parse(&"a".repeat(40)).unwrap();
        let snapshot = RemoteSnapshot::new(&shelf, commit);
        let listing = snapshot.listing().unwrap();
        assert_eq!((listing.entries().len(), listing.refused.len()), (4, 2));
        snapshot
            .prefetch(&[path("a.json"), path("b.json"), path("module"), path("none")])
            .unwrap();
        for (name, expected) in [
            ("a.json", Content::Bytes(b"content of a.json".to_vec())),
            ("b.json", Content::Bytes(b"content of b.json".to_vec())),
            ("link", Content::Link(b"content of link".to_vec())),
            ("module", Content::NotAFile),
            ("none", Content::Missing),
        ] {
            for _ in 0..2 {
                assert_eq!(snapshot.read(&path(name), 100).unwrap(), expected, "{name}");
            }
        }
        assert_eq!(shelf.singles.load(Ordering::SeqCst), 2);
        let small = snapshot.read(&path("a.json"), 3).unwrap();
        assert_eq!(small, Content::TooLarge(17));
    }

    #[test]
    fn other_bytes_than_those_of_the_commit_are_never_taken() {
        let shelf = Shelf {
            always_damaged: true,
            ..Shelf::default()
        };
        let commit = CommitId::parse(&"a".repeat(40)).unwrap();
        let snapshot = RemoteSnapshot::new(&shelf, commit);
        let error = snapshot.read(&path("a.json"), 100).unwrap_err();
        assert!(error.to_string().contains("other bytes"), "{error}");
    }
}
