//! Collections of version 3 compared as a whole: a folder of files is one document, in whatever files it lies.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use walkdir::WalkDir;

use crate::cli::failure::Failure;
use crate::cli::reading::{MAX_BYTES, read_file};
use crate::cli::session::Session;
use crate::format::detect::Format;
use crate::format::diff_folder::{count_requests, told_folders};
use crate::format::folder::{
    FolderRead, belongs_to_collection, collection_folders, is_request_file, read,
};
use crate::git::repository::Repository;
use crate::model::difference::{ContentDifference, FileDifference, FileStatus};
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, Snapshot};
use crate::model::text::counted;

/// What was found out about the collections in folders.
#[derive(Debug, Default)]
pub struct ComparedFolders {
    /// Those that differ.
    pub differences: Vec<FileDifference>,
    /// The folders whose files need no look of their own any more.
    pub done: Vec<RepoPath>,
}

/// One side of a comparison.
pub struct FolderSide<'a> {
    /// Where the files are.
    pub snapshot: &'a dyn Snapshot,
    /// The files that count, where not all do.
    pub only: Option<&'a BTreeSet<RepoPath>>,
}

/// Compares the collections in folders of two sides. `limits` are files and folders to which the comparison is limited, and
/// `changed` the paths that differ, where that is known.
///
/// # Errors
/// A side that cannot be listed or read.
pub fn compare_folders(
    sides: [Option<FolderSide<'_>>; 2],
    limits: &[RepoPath],
    changed: Option<&BTreeSet<RepoPath>>,
) -> Result<ComparedFolders, Failure> {
    let [from, to] = sides;
    let mut compared = ComparedFolders::default();
    let (old, new) = (folders_of(from.as_ref())?, folders_of(to.as_ref())?);
    let roots: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut gone = Vec::new();
    let mut added = Vec::new();
    for root in roots {
        let Ok(path) = RepoPath::parse(root) else {
            continue;
        };
        let is_wanted = limits.is_empty() || limits.iter().any(|limit| path.is_within(limit));
        let is_changed =
            changed.is_none_or(|changed| changed.iter().any(|file| file.is_within(&path)));
        if !is_wanted || !is_changed {
            continue;
        }
        let one = old.get(root).map(|files| load(from.as_ref(), &path, files));
        let other = new.get(root).map(|files| load(to.as_ref(), &path, files));
        match (one.transpose()?, other.transpose()?) {
            (Some(Some(one)), Some(Some(other))) => {
                if let Some(difference) = both(&path, None, &one, &other) {
                    compared.differences.extend(difference);
                    compared.done.push(path);
                }
            }
            (Some(Some(one)), None) => gone.push((path, one)),
            (None, Some(Some(other))) => added.push((path, other)),
            // What is too large or no text is looked at file by file.
            _ => {}
        }
    }
    for (path, other) in added {
        let earlier = gone.iter().position(|(_, one)| is_same(one, &other));
        let told = match earlier {
            Some(index) => {
                let (earlier, one) = gone.swap_remove(index);
                let told = both(&path, Some(&earlier), &one, &other);
                compared.done.push(earlier);
                told.unwrap_or_default()
            }
            None => Some(only(&path, FileStatus::Added, &other)),
        };
        compared.differences.extend(told);
        compared.done.push(path);
    }
    for (path, one) in gone {
        compared
            .differences
            .push(only(&path, FileStatus::Removed, &one));
        compared.done.push(path);
    }
    Ok(compared)
}

/// Compares two folders on disk.
///
/// # Errors
/// A folder that cannot be read.
pub fn compare_directories(
    one: &Path,
    other: &Path,
    session: &Session,
) -> Result<Option<FileDifference>, Failure> {
    let (before, after) = (on_disk(one, session)?, on_disk(other, session)?);
    for (path, side) in [(one, &before), (other, &after)] {
        if let Some((file, fault)) = side.faults.first() {
            return Err(Failure::usage(format!(
                "{}/{file} cannot be read: {}",
                path.display(),
                fault.message
            )));
        }
    }
    let path = RepoPath::outside(&other.to_string_lossy());
    Ok(both(&path, None, &before, &after)
        .flatten()
        .map(|difference| FileDifference {
            earlier_path: (one != other).then(|| one.to_string_lossy().into_owned()),
            ..difference
        }))
}

/// Whether a folder is a collection of version 3: it defines one, holds a request, or lies in `collections` and holds a
/// request further down.
pub fn is_collection_folder(folder: &Path) -> bool {
    let definition = ["definition.yaml", "definition.yml"];
    let resources = folder.join(".resources");
    if definition.iter().any(|name| resources.join(name).is_file()) {
        return true;
    }
    let among_collections = folder
        .parent()
        .and_then(Path::file_name)
        .is_some_and(|name| name == "collections");
    let depth = if among_collections { usize::MAX } else { 1 };
    WalkDir::new(folder)
        .max_depth(depth)
        .into_iter()
        .flatten()
        .any(|entry| {
            entry.file_type().is_file() && entry.file_name().to_str().is_some_and(is_request_file)
        })
}

fn on_disk(directory: &Path, session: &Session) -> Result<FolderRead, Failure> {
    let top = session.path(directory);
    let failed = |what: &dyn std::fmt::Display| {
        Failure::usage(format!("{} cannot be read: {what}", directory.display()))
    };
    let mut files = Vec::new();
    let mut left = MAX_BYTES;
    for entry in WalkDir::new(&top).sort_by_file_name() {
        let entry = entry.map_err(|error| failed(&error))?;
        let Ok(below) = entry.path().strip_prefix(&top) else {
            continue;
        };
        let below = slashes(below);
        if !entry.file_type().is_file() || !belongs_to_collection(&below) {
            continue;
        }
        let bytes =
            read_file(entry.path(), left).map_err(|error| failed(&format!("{below} {error}")))?;
        left -= bytes.len() as u64;
        let text =
            String::from_utf8(bytes).map_err(|_| failed(&format!("{below} is not UTF-8")))?;
        files.push((below, text));
    }
    let name = std::path::absolute(&top).unwrap_or(top);
    let name = name
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(read(&name, files))
}

fn slashes(path: &Path) -> String {
    path.to_string_lossy()
        .replace(std::path::MAIN_SEPARATOR, "/")
}

/// The folders of collections of a side, and which files lie in each.
fn folders_of(side: Option<&FolderSide<'_>>) -> Result<BTreeMap<String, Vec<RepoPath>>, Failure> {
    let Some(side) = side else {
        return Ok(BTreeMap::new());
    };
    let entries = side.snapshot.listing()?.entries().iter();
    let paths: Vec<&RepoPath> = entries
        .map(|entry| &entry.path)
        .filter(|path| path.is_utf8())
        .filter(|path| side.only.is_none_or(|only| only.contains(*path)))
        .collect();
    let roots = collection_folders(paths.iter().map(|path| path.as_str()));
    let mut folders: BTreeMap<String, Vec<RepoPath>> = roots
        .iter()
        .map(|root| (root.clone(), Vec::new()))
        .collect();
    for path in paths {
        let mut above = path.parent();
        while let Some(folder) = above {
            if let Some(files) = folders.get_mut(folder.as_str()) {
                files.push(path.clone());
                break;
            }
            above = folder.parent();
        }
    }
    Ok(folders)
}

/// A collection; `None` where a file of it is no text, or all of them are too large.
fn load(
    side: Option<&FolderSide<'_>>,
    root: &RepoPath,
    files: &[RepoPath],
) -> Result<Option<FolderRead>, Failure> {
    let Some(side) = side else { return Ok(None) };
    let mut texts = Vec::new();
    let mut left = MAX_BYTES;
    let own: Vec<RepoPath> = files
        .iter()
        .filter(|path| path.below(root).is_some_and(belongs_to_collection))
        .cloned()
        .collect();
    side.snapshot.prefetch(&own)?;
    for path in &own {
        match side.snapshot.read(path, left)? {
            Content::Bytes(bytes) => {
                left = left.saturating_sub(bytes.len() as u64);
                let Ok(text) = String::from_utf8(bytes) else {
                    return Ok(None);
                };
                let below = path.below(root).unwrap_or_default().to_owned();
                texts.push((below, text));
            }
            // Links are not followed, as everywhere.
            Content::Link(_) | Content::Missing | Content::NotAFile => {}
            Content::TooLarge(_) => return Ok(None),
        }
    }
    Ok(Some(read(root.file_name(), texts)))
}

/// What differs between two collections: `None` where they cannot be compared as a whole.
fn both(
    path: &RepoPath,
    earlier: Option<&RepoPath>,
    before: &FolderRead,
    after: &FolderRead,
) -> Option<Option<FileDifference>> {
    let changes = told_folders(before, after)?;
    if changes.is_empty() && earlier.is_none() {
        return Some(None);
    }
    Some(Some(FileDifference {
        path: path.as_str().to_owned(),
        earlier_path: earlier.map(|path| path.as_str().to_owned()),
        format: Format::Collection3.name(),
        status: if earlier.is_some() {
            FileStatus::Renamed
        } else {
            FileStatus::Changed
        },
        content: ContentDifference::Meaning(changes),
    }))
}

fn only(path: &RepoPath, status: FileStatus, collection: &FolderRead) -> FileDifference {
    let requests = count_requests(&collection.collection);
    FileDifference {
        path: path.as_str().to_owned(),
        earlier_path: None,
        format: Format::Collection3.name(),
        status,
        content: ContentDifference::Opaque {
            reason: format!("a collection with {}", counted(requests, "request")),
        },
    }
}

/// Whether a collection that is gone is one that is new: by its id, or because it means the same.
fn is_same(one: &FolderRead, other: &FolderRead) -> bool {
    let id = |side: &FolderRead| {
        let root = side.collection.definition.as_ref()?.root()?;
        root.get_str("id").map(str::to_owned)
    };
    let (own, its) = (id(one), id(other));
    (own.is_some() && own == its)
        || matches!((one.canonical_digest(), other.canonical_digest()), (Ok(one), Ok(other)) if one == other)
}

/// The files of the index: as git has it, others are no part of any difference.
///
/// # Errors
/// An index that cannot be read.
pub fn tracked(repository: &Repository) -> Result<BTreeSet<RepoPath>, Failure> {
    let index = repository.index()?;
    let entries = index.listing()?.entries().iter();
    Ok(entries.map(|entry| entry.path.clone()).collect())
}
