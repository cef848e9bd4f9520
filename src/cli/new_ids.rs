//! Ids that Postman handed out to a push, on their way into Postman's own files: told, or written where that is asked for.

use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::git::repository::Repository;
use crate::mirror::apply::Applied;
use crate::mirror::cost::Act;
use crate::mirror::deliver::{Destination, deliver};
use crate::mirror::element::RemoteId;
use crate::mirror::link::Link;
use crate::mirror::link_ids::{Listed, api_of, ids_in_files};
use crate::model::change::{Change, ChangeSet};
use crate::model::path::RepoPath;
use crate::model::snapshot::Snapshot;
use crate::project::Project;

/// The changes that write the ids of what a push has done into the `.postman/` of a snapshot; none where they stand there, or
/// where no place is for them.
///
/// # Errors
/// Files that cannot be read, or edited safely.
pub fn missing(
    snapshot: &dyn Snapshot,
    session: &Session,
    link: &Link,
    applied: &[Applied],
) -> Result<Vec<Change>, Failure> {
    if applied.is_empty() {
        return Ok(Vec::new());
    }
    let decided = session.decided(Some(snapshot))?;
    let project = Project::load(snapshot, &decided.config)?;
    let mut services = project.services.iter();
    let Some(service) = services.find(|service| service.folder == link.folder) else {
        return Ok(Vec::new());
    };
    let listed = applied.iter().filter_map(|one| {
        let key = &one.step.key;
        // What Postman itself reads from a branch has no id of Postman's.
        if one.remote_id.as_ref().is_some_and(RemoteId::is_of_file) {
            return None;
        }
        let path = match link.folder.is_root() {
            true => Some(key.path.clone()),
            false => link.folder.join(key.path.as_str()).ok(),
        };
        Some(Listed {
            kind: key.kind,
            path: path?,
            id: one
                .remote_id
                .clone()
                .filter(|_| one.step.act != Act::Delete),
        })
    });
    let listed: Vec<Listed> = listed.collect();
    ids_in_files(service, api_of(&link.target).as_ref(), &listed).map_err(|refused| {
        Failure::usage(format!(
            "the ids of Postman fit nowhere in `.postman/`: {refused}"
        ))
    })
}

/// Writes them into the files on disk; gives the files.
///
/// # Errors
/// No files on disk, files with uncommitted changes, and what [`missing`] meets.
pub fn write(
    repository: &Repository,
    session: &Session,
    link: &Link,
    applied: &[Applied],
) -> Result<Vec<RepoPath>, Failure> {
    if repository.is_bare() {
        return Err(Failure::usage("a bare repository has no files on disk"));
    }
    let snapshot = repository.worktree()?;
    let changes = missing(&*snapshot, session, link, applied)?;
    let changes = ChangeSet::new(changes).map_err(|error| Failure::usage(error.to_string()))?;
    deliver(repository, &changes, &Destination::Worktree)?;
    Ok(changes.iter().map(|change| change.path.clone()).collect())
}
