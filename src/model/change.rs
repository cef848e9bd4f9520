//! Changes to files: what shall stand where, and what is expected to stand there before.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::model::digest::Digest;
use crate::model::path::RepoPath;

/// One file to write or delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub path: RepoPath,
    /// What it shall hold; `None` deletes it.
    pub content: Option<Vec<u8>>,
    /// What it replaces.
    pub expected: Expected,
}

/// What stands at a path before a change. Whoever writes says what it replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// No file.
    Absent,
    /// A file whose bytes have this digest, as the snapshot gave them that the change was made from.
    Digest(Digest),
}

/// Changes that make sense together: ordered by path, no two of one path, and no file below another file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeSet {
    changes: BTreeMap<RepoPath, Change>,
}

/// Why changes do not make sense together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The root is a directory.
    #[error("the root of the repository is no file")]
    Root,
    /// Two changes of one file.
    #[error("`{0}` is changed twice")]
    Twice(RepoPath),
    /// A file and a directory cannot have one name.
    #[error("`{below}` cannot lie below `{file}`, which is a file")]
    BelowFile {
        /// The file.
        file: RepoPath,
        /// The path below it.
        below: RepoPath,
    },
    /// A deletion of what is not there.
    #[error("`{0}` is deleted and expected to be absent")]
    DeletesNothing(RepoPath),
    /// A name that is not UTF-8; Postman has none, and a journal could not hold it.
    #[error("`{0}` has a name that is not UTF-8")]
    NotUtf8(RepoPath),
}

impl Expected {
    /// What to expect of a file that was read; `None` where there was none.
    pub fn of(bytes: Option<&[u8]>) -> Self {
        bytes.map_or(Self::Absent, |bytes| Self::Digest(Digest::of(bytes)))
    }

    /// Whether this is what is there.
    pub fn is_met(&self, bytes: Option<&[u8]>) -> bool {
        *self == Self::of(bytes)
    }
}

impl ChangeSet {
    /// Takes changes in any order.
    ///
    /// # Errors
    /// Changes that contradict each other.
    pub fn new(changes: impl IntoIterator<Item = Change>) -> Result<Self, ChangeError> {
        let mut set = BTreeMap::new();
        for change in changes {
            if change.path.is_root() {
                return Err(ChangeError::Root);
            }
            if !change.path.is_utf8() {
                return Err(ChangeError::NotUtf8(change.path));
            }
            if change.content.is_none() && change.expected == Expected::Absent {
                return Err(ChangeError::DeletesNothing(change.path));
            }
            match set.entry(change.path.clone()) {
                Entry::Occupied(_) => return Err(ChangeError::Twice(change.path)),
                Entry::Vacant(place) => place.insert(change),
            };
        }
        let set = Self { changes: set };
        for change in set.writes() {
            let mut above = change.path.parent();
            while let Some(directory) = above {
                if set.get(&directory).is_some_and(|own| own.content.is_some()) {
                    return Err(ChangeError::BelowFile {
                        file: directory,
                        below: change.path.clone(),
                    });
                }
                above = directory.parent();
            }
        }
        Ok(set)
    }

    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many files are changed.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Every change, by path.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Change> {
        self.changes.values()
    }

    /// The files that are written.
    pub fn writes(&self) -> impl DoubleEndedIterator<Item = &Change> {
        self.iter().filter(|change| change.content.is_some())
    }

    /// The files that are deleted.
    pub fn deletes(&self) -> impl DoubleEndedIterator<Item = &Change> {
        self.iter().filter(|change| change.content.is_none())
    }

    /// The change of one path.
    pub fn get(&self, path: &RepoPath) -> Option<&Change> {
        self.changes.get(path)
    }

    /// Whether a path is deleted.
    pub fn deletes_path(&self, path: &RepoPath) -> bool {
        self.get(path)
            .is_some_and(|change| change.content.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, ChangeError, ChangeSet, Expected};
    use crate::model::path::RepoPath;

    fn change(path: &str, content: Option<&str>) -> Change {
        Change {
            path: RepoPath::parse(path).unwrap(),
            content: content.map(|text| text.as_bytes().to_vec()),
            expected: match content {
                Some(_) => Expected::Absent,
                None => Expected::of(Some(b"x")),
            },
        }
    }

    #[test]
    fn changes_are_ordered_by_path() {
        let set = ChangeSet::new([change("b", Some("")), change("a", None)]).unwrap();
        let paths: Vec<&str> = set.iter().map(|change| change.path.as_str()).collect();
        assert_eq!(paths, ["a", "b"]);
        assert_eq!((set.writes().count(), set.deletes().count()), (1, 1));
    }

    #[test]
    fn one_file_is_changed_once() {
        let twice = ChangeSet::new([change("a", Some("")), change("a", None)]);
        assert!(matches!(twice, Err(ChangeError::Twice(_))));
    }

    #[test]
    fn no_file_lies_below_a_file_but_a_file_may_become_a_directory_and_back() {
        let below = ChangeSet::new([change("a", Some("")), change("a/b/c", Some(""))]);
        assert!(matches!(below, Err(ChangeError::BelowFile { .. })));
        assert!(ChangeSet::new([change("a", None), change("a/b", Some(""))]).is_ok());
        assert!(ChangeSet::new([change("a", Some("")), change("a/b", None)]).is_ok());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(
            ChangeSet::new([change("", Some(""))]),
            Err(ChangeError::Root)
        );
        let mut nothing = change("a", None);
        nothing.expected = Expected::Absent;
        assert!(matches!(
            ChangeSet::new([nothing]),
            Err(ChangeError::DeletesNothing(_))
        ));
        let mut odd = change("a", Some(""));
        odd.path = RepoPath::from_git(b"\xff").unwrap();
        assert!(matches!(
            ChangeSet::new([odd]),
            Err(ChangeError::NotUtf8(_))
        ));
    }
}
