//! Whether a path can be written safely: its name by itself, and what stands on disk at it and above it.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization as _;

use crate::git::disk::{is_gone, read_below, system_path};
use crate::git::engine::StoredEntry;
use crate::git::write_error::{Refusal, WriteError, io_error};
use crate::model::change::ChangeSet;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, FileKind};

/// A name that no system may take for something else than a file of its own.
///
/// # Errors
/// Parts that some system reads as `.git` (CVE-2014-9390 and its kin), backslashes and control characters.
pub(crate) fn check_name(path: &RepoPath) -> Result<(), Refusal> {
    if path.components().any(is_git_directory) {
        return Err(Refusal::GitDirectory);
    }
    if path
        .as_str()
        .contains(|c: char| c == '\\' || c.is_control())
    {
        return Err(Refusal::Name);
    }
    Ok(())
}

/// What stands on disk, asked about many paths.
pub(crate) struct Ground<'a> {
    root: &'a Path,
    index: &'a BTreeMap<RepoPath, StoredEntry>,
    changes: &'a ChangeSet,
    names: HashMap<PathBuf, Vec<String>>,
}

impl<'a> Ground<'a> {
    /// Looks at a worktree, its index, and what is about to change.
    pub(crate) fn new(
        root: &'a Path,
        index: &'a BTreeMap<RepoPath, StoredEntry>,
        changes: &'a ChangeSet,
    ) -> Self {
        Self {
            root,
            index,
            changes,
            names: HashMap::new(),
        }
    }

    /// The file at a path, where there is one, once nothing speaks against writing there.
    pub(crate) fn file(&mut self, path: &RepoPath) -> Result<Option<Vec<u8>>, WriteError> {
        let refused = |reason| WriteError::Refused {
            path: path.clone(),
            reason,
        };
        check_name(path).map_err(refused)?;
        for directory in above(path) {
            let tracked = self.index.get(&directory).map(|entry| entry.kind);
            match tracked {
                Some(FileKind::Submodule) => return Err(refused(Refusal::Submodule(directory))),
                Some(FileKind::Link) if !self.changes.deletes_path(&directory) => {
                    return Err(refused(Refusal::Link(directory)));
                }
                _ => {}
            }
            let full = self.root.join(system_path(directory.as_bytes()));
            let Some(data) = metadata(&full)? else {
                return Ok(None);
            };
            self.check_spelling(path, &directory, &full)?;
            if data.is_symlink() {
                return Err(refused(Refusal::Link(directory)));
            }
            if data.is_file() {
                // Where a file is above, what is to be deleted is gone already.
                if self.changes.deletes_path(&directory) || self.changes.deletes_path(path) {
                    return Ok(None);
                }
                return Err(refused(Refusal::FileInTheWay(directory)));
            }
            if !data.is_dir() {
                return Err(refused(Refusal::Special(directory)));
            }
            if fs::symlink_metadata(full.join(".git")).is_ok() {
                return Err(refused(Refusal::Submodule(directory)));
            }
        }
        if self.index.get(path).map(|entry| entry.kind) == Some(FileKind::Submodule) {
            return Err(refused(Refusal::Submodule(path.clone())));
        }
        let full = self.root.join(system_path(path.as_bytes()));
        let Some(data) = metadata(&full)? else {
            return Ok(None);
        };
        self.check_spelling(path, path, &full)?;
        if data.is_dir() {
            if fs::symlink_metadata(full.join(".git")).is_ok() {
                return Err(refused(Refusal::Submodule(path.clone())));
            }
            // Where a directory is, the file that is to be deleted is gone already.
            if self.changes.deletes_path(path) || self.is_emptied(path, &full)? {
                return Ok(None);
            }
            return Err(refused(Refusal::DirectoryInTheWay(path.clone())));
        }
        let read = read_below(self.root, path, u64::MAX)
            .map_err(|source| io_error("read", &full, source))?;
        match read {
            Content::Bytes(bytes) => Ok(Some(bytes)),
            Content::Link(_) => Err(refused(Refusal::Link(path.clone()))),
            Content::Missing => Ok(None),
            Content::NotAFile | Content::TooLarge(_) => {
                Err(refused(Refusal::Special(path.clone())))
            }
        }
    }

    /// Whether everything in a directory is deleted; an empty directory below it is something that stays.
    fn is_emptied(&self, path: &RepoPath, full: &Path) -> Result<bool, WriteError> {
        let failed = |source| io_error("read", full, source);
        let mut empty = true;
        for entry in fs::read_dir(full).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            empty = false;
            let Some(below) = entry
                .file_name()
                .to_str()
                .and_then(|name| path.join(name).ok())
            else {
                return Ok(false);
            };
            let goes = if entry.file_type().map_err(failed)?.is_dir() {
                self.is_emptied(&below, &entry.path())?
            } else {
                self.changes.deletes_path(&below)
            };
            if !goes {
                return Ok(false);
            }
        }
        Ok(!empty)
    }

    /// A name that exists must exist in exactly this spelling: elsewise the file system folds case, and it is
    /// another file.
    fn check_spelling(
        &mut self,
        path: &RepoPath,
        part: &RepoPath,
        full: &Path,
    ) -> Result<(), WriteError> {
        let Some(directory) = full.parent() else {
            return Ok(());
        };
        if !self.names.contains_key(directory) {
            let mut names = Vec::new();
            let failed = |source| io_error("read", directory, source);
            for entry in fs::read_dir(directory).map_err(failed)? {
                let name = entry.map_err(failed)?.file_name();
                names.push(name.to_string_lossy().into_owned());
            }
            names.sort_unstable();
            self.names.insert(directory.to_owned(), names);
        }
        let names = &self.names[directory];
        let wanted = part.file_name();
        if names
            .binary_search_by(|name| name.as_str().cmp(wanted))
            .is_ok()
        {
            return Ok(());
        }
        // macOS may give a name in another Unicode form than it was asked for.
        let composed: String = wanted.nfc().collect();
        if names
            .iter()
            .any(|name| name.nfc().collect::<String>() == composed)
        {
            return Ok(());
        }
        let lower = wanted.to_lowercase();
        let other = names.iter().find(|name| name.to_lowercase() == lower);
        Err(WriteError::Refused {
            path: path.clone(),
            reason: Refusal::CaseCollision(other.cloned().unwrap_or_else(|| wanted.to_owned())),
        })
    }
}

/// Every directory above a path, the topmost first, without the root.
pub(crate) fn above(path: &RepoPath) -> Vec<RepoPath> {
    let mut directories = Vec::new();
    let mut next = path.parent();
    while let Some(directory) = next.filter(|directory| !directory.is_root()) {
        next = directory.parent();
        directories.push(directory);
    }
    directories.reverse();
    directories
}

fn metadata(path: &Path) -> Result<Option<fs::Metadata>, WriteError> {
    match fs::symlink_metadata(path) {
        Ok(data) => Ok(Some(data)),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(io_error("read", path, error)),
    }
}

/// Whether some system takes a name for `.git`: NTFS drops dots and blanks at the end and knows streams and short
/// names; HFS+ passes over invisible characters.
fn is_git_directory(name: &str) -> bool {
    let visible: String = name
        .chars()
        .filter(|c| {
            !matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
        })
        .flat_map(char::to_lowercase)
        .collect();
    let stem = visible.split(':').next().unwrap_or_default();
    let stem = stem.trim_end_matches(['.', ' ']);
    matches!(stem, ".git" | "git~1")
}

#[cfg(test)]
mod tests {
    use super::{above, check_name};
    use crate::git::testing::path;
    use crate::git::write_error::Refusal;

    #[test]
    fn no_spelling_of_the_git_directory_is_written() {
        for name in [
            ".git/hooks/pre-commit",
            "a/.GIT/config",
            ".git. /x",
            "git~1/config",
            ".g\u{200c}it/config",
            ".git::$INDEX_ALLOCATION/x",
            "a/.git",
        ] {
            assert_eq!(
                check_name(&path(name)),
                Err(Refusal::GitDirectory),
                "{name}"
            );
        }
        for name in [".gitignore", ".github/x", "git/x", "a.git/x", "a/.gitkeep"] {
            assert_eq!(check_name(&path(name)), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_a_system_splits_or_hides_are_refused() {
        for name in ["a\\..\\b", "a\u{1b}[2J", "a\nb"] {
            assert_eq!(check_name(&path(name)), Err(Refusal::Name), "{name:?}");
        }
    }

    #[test]
    fn directories_above_come_topmost_first() {
        assert_eq!(above(&path("a/b/c")), [path("a"), path("a/b")]);
    }
}
