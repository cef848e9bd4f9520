//! The index through libgit2: what the next commit would hold.

use git2::{ErrorClass, IndexEntry, IndexEntryExtendedFlag};

use crate::git::engine::{StoredEntry, StoredList, kind_of_mode};
use crate::git::error::{GitError, INDEX, from_library};
use crate::git::object::ObjectId;
use crate::model::path::RepoPath;
use crate::model::snapshot::{FileKind, RefusedName};

/// The version of our side and the stage bits of an entry's flags.
const OURS: u16 = 2;
const STAGE_SHIFT: u16 = 12;

/// One line of an index, whoever read it.
pub(crate) struct IndexLine<'a> {
    pub(crate) path: &'a [u8],
    pub(crate) mode: u32,
    pub(crate) id: ObjectId,
    pub(crate) stage: u16,
    pub(crate) skip_worktree: bool,
}

/// Every file of the index. `None` where libgit2 cannot read this kind of index and the git program can:
/// a sparse or a split one.
pub(crate) fn files(repository: &git2::Repository) -> Result<Option<StoredList>, GitError> {
    let mut index = match repository.index() {
        Ok(index) => index,
        Err(error) if needs_program(&error) => return Ok(None),
        Err(error) => return Err(from_library(INDEX, &error)),
    };
    // libgit2 keeps an index it has read; the one on disk counts.
    match index.read(false) {
        Ok(()) => {}
        Err(error) if needs_program(&error) => return Ok(None),
        Err(error) => return Err(from_library(INDEX, &error)),
    }
    let entries: Vec<IndexEntry> = index.iter().collect();
    let lines = entries.iter().filter_map(|entry| {
        (!is_only_intended(entry)).then_some(IndexLine {
            path: &entry.path,
            mode: entry.mode,
            id: ObjectId::from_bytes(entry.id.as_bytes())?,
            stage: entry.flags >> STAGE_SHIFT & 3,
            skip_worktree: has_flag(entry, IndexEntryExtendedFlag::SKIP_WORKTREE),
        })
    });
    Ok(Some(collect(lines)))
}

/// Whether an error says that the index is of a kind that libgit2 does not read.
pub(crate) fn needs_program(error: &git2::Error) -> bool {
    error.class() == ErrorClass::Index
        && error.message().contains("unsupported mandatory extension")
}

/// Whether `git add --intent-to-add` named a file: that puts nothing into the next commit.
pub(crate) fn is_only_intended(entry: &IndexEntry) -> bool {
    has_flag(entry, IndexEntryExtendedFlag::INTENT_TO_ADD)
}

/// Makes one entry of all versions of a path: our version stands for a conflict.
pub(crate) fn collect<'a>(lines: impl Iterator<Item = IndexLine<'a>>) -> StoredList {
    let mut list = StoredList::default();
    for line in lines {
        let path = match RepoPath::from_git(line.path) {
            Ok(path) => path,
            Err(error) => {
                list.refused.push(RefusedName {
                    name: String::from_utf8_lossy(line.path).into_owned(),
                    error,
                });
                continue;
            }
        };
        let entry = StoredEntry {
            path,
            kind: kind_of_mode(line.mode).unwrap_or(FileKind::Submodule),
            id: line.id,
            skip_worktree: line.skip_worktree,
            conflicted: line.stage != 0,
        };
        // The versions of a path follow each other, lowest stage first.
        match list.entries.last_mut() {
            Some(last) if last.path == entry.path => {
                if line.stage == OURS {
                    *last = entry;
                }
            }
            _ => list.entries.push(entry),
        }
    }
    list
}

fn has_flag(entry: &IndexEntry, flag: IndexEntryExtendedFlag) -> bool {
    entry.flags_extended & flag.bits() != 0
}

#[cfg(test)]
mod tests {
    use super::{IndexLine, collect};
    use crate::git::object::ObjectId;

    #[test]
    fn our_version_stands_for_a_conflict() {
        let line = |path: &'static [u8], stage: u16| IndexLine {
            path,
            mode: 0o100_644,
            id: ObjectId::from_bytes(&[u8::try_from(stage).unwrap(); 20]).unwrap(),
            stage,
            skip_worktree: false,
        };
        let list = collect(
            [
                line(b"a", 0),
                line(b"b", 1),
                line(b"b", 2),
                line(b"b", 3),
                line(b"c", 1),
                line(b"c", 3),
                line(b"../d", 0),
            ]
            .into_iter(),
        );
        let seen: Vec<(&str, u8, bool)> = list
            .entries
            .iter()
            .map(|entry| {
                (
                    entry.path.as_str(),
                    entry.id.as_bytes()[0],
                    entry.conflicted,
                )
            })
            .collect();
        assert_eq!(seen, [("a", 0, false), ("b", 2, true), ("c", 1, true)]);
        assert_eq!(list.refused[0].name, "../d");
    }
}
