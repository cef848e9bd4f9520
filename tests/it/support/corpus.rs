//! Real documents, where they lie beside the repository, which they are no part of.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of real documents; where it is not there, that is said.
#[expect(clippy::print_stderr, reason = "a test that is passed over says why")]
pub(crate) fn corpus() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if path.join("verdicts.tsv").is_file() {
        return path.canonicalize().ok();
    }
    eprintln!("skipped: the corpus is not at {}", path.display());
    None
}

/// The files below a folder, sorted, without following links to folders.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files
}

/// Whether a file has one of these extensions.
pub(crate) fn is_one_of(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| extensions.contains(&extension))
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.is_symlink() {
            collect(&path, into);
        } else if path.is_file() {
            into.push(path);
        }
    }
}
