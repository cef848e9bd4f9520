//! Paths as a user writes them, from where the program was started, as paths of the repository.

use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::git::repository::Repository;
use crate::model::path::RepoPath;

/// Paths from where the program was started, as paths of the repository.
///
/// # Errors
/// Paths that lie outside of it.
pub fn repository_paths(
    paths: &[String],
    repository: &Repository,
    session: &Session,
) -> Result<Vec<RepoPath>, Failure> {
    let Some(root) = repository.root() else {
        let whole = paths.iter().map(|path| RepoPath::parse(path));
        return whole
            .collect::<Result<_, _>>()
            .map_err(|error| Failure::usage(error.to_string()));
    };
    let canonical = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (root, start) = (canonical(root), canonical(&session.directory));
    paths
        .iter()
        .map(|path| {
            let mut full = PathBuf::new();
            for part in start.join(path).components() {
                match part {
                    std::path::Component::CurDir => {}
                    std::path::Component::ParentDir => drop(full.pop()),
                    other => full.push(other),
                }
            }
            let below = full
                .strip_prefix(&root)
                .map_err(|_| Failure::usage(format!("`{path}` lies outside of the repository")))?;
            let text = below.to_string_lossy().replace('\\', "/");
            RepoPath::parse(&text).map_err(|error| Failure::usage(format!("`{path}`: {error}")))
        })
        .collect()
}
