//! Files that a person or git names, read without trusting them: what is no ordinary file is not opened, for it might never
//! end, and no more is read than is wanted.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Larger documents are neither compared nor merged: 256 MiB.
pub const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// However large: for what is handed on as it is.
pub const NO_LIMIT: u64 = u64::MAX - 1;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// The system said no.
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// It is a folder, a pipe or a device.
    #[error("is not a file")]
    NotAFile,
    /// It is larger than the limit.
    #[error("is larger than {0} bytes")]
    TooLarge(u64),
}

/// Opens a file to be read piece by piece. A symbolic link is followed.
///
/// # Errors
/// Why it was not opened; the caller names the file.
pub fn open_file(path: &Path) -> Result<File, Unread> {
    match std::fs::metadata(path)?.is_file() {
        true => Ok(File::open(path)?),
        false => Err(Unread::NotAFile),
    }
}

/// Reads a file of at most `limit` bytes. A symbolic link is followed.
///
/// # Errors
/// Why it was not read; the caller names the file.
pub fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, Unread> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(Unread::NotAFile);
    }
    if metadata.len() > limit {
        return Err(Unread::TooLarge(limit));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1);
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    // It may have grown since.
    if bytes.len() as u64 > limit {
        return Err(Unread::TooLarge(limit));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{Unread, open_file, read_file};

    #[test]
    fn only_files_are_read_and_no_more_than_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.json");
        std::fs::write(&file, "12345").unwrap();
        assert_eq!(read_file(&file, 5).unwrap(), b"12345");
        assert!(matches!(read_file(&file, 4), Err(Unread::TooLarge(4))));
        assert!(matches!(read_file(folder.path(), 9), Err(Unread::NotAFile)));
        assert!(matches!(open_file(folder.path()), Err(Unread::NotAFile)));
        assert!(open_file(&file).is_ok());
        let missing = folder.path().join("b.json");
        assert!(matches!(read_file(&missing, 9), Err(Unread::Io(_))));
    }

    #[cfg(unix)]
    #[test]
    fn a_device_without_an_end_is_not_opened() {
        let zero = std::path::Path::new("/dev/zero");
        assert!(matches!(read_file(zero, 9), Err(Unread::NotAFile)));
    }
}
