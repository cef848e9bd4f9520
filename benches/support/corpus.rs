//! The files of a folder of real documents, which is no part of the repository.

use std::path::{Path, PathBuf};

/// The folder that was named on the command line, and its documents: JSON and YAML, sorted by path.
pub(crate) fn documents() -> Option<(PathBuf, Vec<PathBuf>)> {
    let named = std::env::args()
        .skip(1)
        .find(|word| !word.starts_with("--"));
    let folder = named.map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"),
        PathBuf::from,
    );
    let is_document = |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| ["json", "yaml", "yml"].contains(&extension))
    };
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(&folder)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .filter(is_document)
        .collect();
    files.sort();
    (!files.is_empty()).then_some((folder, files))
}
