//! Single files on disk, below a root that no link leads out of.

use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Read};
use std::path::Path;
#[cfg(not(unix))]
use std::path::PathBuf;

use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, FileKind};

/// Reads one file below a root, never through a link.
pub(crate) fn read_below(root: &Path, path: &RepoPath, limit: u64) -> io::Result<Content> {
    let missing_or = |error: io::Error| {
        if is_gone(&error) {
            Ok(Content::Missing)
        } else {
            Err(error)
        }
    };
    let Some(directory) = path.parent() else {
        return Ok(Content::Missing);
    };
    if !directory.is_root() && !is_plain_directory(root, &directory) {
        return Ok(Content::Missing);
    }
    let full = root.join(system_path(path.as_bytes()));
    let before = match fs::symlink_metadata(&full) {
        Ok(data) => data,
        Err(error) => return missing_or(error),
    };
    if before.is_symlink() {
        let target = fs::read_link(&full)?;
        return Ok(Content::Link(
            target.as_os_str().as_encoded_bytes().to_vec(),
        ));
    }
    if !before.is_file() {
        return Ok(Content::NotAFile);
    }
    if before.len() > limit {
        return Ok(Content::TooLarge(before.len()));
    }
    let file = match File::open(&full) {
        Ok(file) => file,
        Err(error) => return missing_or(error),
    };
    let opened = file.metadata()?;
    if !opened.is_file() || !is_same_file(&before, &opened) {
        return Err(io::Error::other("it was replaced while it was read"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(opened.len().min(limit)).unwrap_or(0));
    let read = (&file)
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)? as u64;
    if read > limit {
        // It grew meanwhile.
        return Ok(Content::TooLarge(file.metadata()?.len().max(read)));
    }
    Ok(Content::Bytes(bytes))
}

/// Whether every part of a directory is a directory and none is a link.
pub(crate) fn is_plain_directory(root: &Path, directory: &RepoPath) -> bool {
    let mut path = root.to_owned();
    for part in directory.as_bytes().split(|byte| *byte == b'/') {
        path.push(system_path(part));
        match fs::symlink_metadata(&path) {
            Ok(data) if data.is_dir() => {}
            Err(error) if !is_gone(&error) => return true,
            _ => return false,
        }
    }
    true
}

/// A path as the system wants it.
#[cfg(unix)]
pub(crate) fn system_path(bytes: &[u8]) -> &Path {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    Path::new(OsStr::from_bytes(bytes))
}

/// A path as the system wants it.
#[cfg(not(unix))]
pub(crate) fn system_path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// What a file on disk is; directories are not asked about.
pub(crate) fn kind_on_disk(kind: FileType) -> FileKind {
    if kind.is_symlink() {
        FileKind::Link
    } else if kind.is_file() {
        FileKind::File
    } else {
        FileKind::Special
    }
}

/// Whether an error says that there is no such file.
pub(crate) fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

#[cfg(unix)]
fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same_file(_one: &Metadata, _other: &Metadata) -> bool {
    true
}
