//! Objects and references written through libgit2.

use std::thread;
use std::time::Duration;

use git2::{ErrorCode, Oid};

use crate::git::error::{GitError, from_library, not_written};
use crate::git::object::ObjectId;
use crate::git::reference_lock::Moving;
use crate::git::tree::object_id;
use crate::git::written::{NewEntry, Signature};
use crate::model::id::CommitId;

const OBJECTS: &str = "the object store";
/// Somebody else holds a reference for the blink of an eye; whoever was killed holds it for ever.
const LOCK_ATTEMPTS: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// Writes a blob.
pub(crate) fn blob(repository: &git2::Repository, bytes: &[u8]) -> Result<ObjectId, GitError> {
    let id = repository.blob(bytes);
    object_id(id.map_err(|error| not_written(OBJECTS, &error))?)
}

/// Writes a tree.
pub(crate) fn tree(
    repository: &git2::Repository,
    entries: &[NewEntry],
) -> Result<ObjectId, GitError> {
    let failed = |error: git2::Error| not_written(OBJECTS, &error);
    let mut builder = repository.treebuilder(None).map_err(failed)?;
    for entry in entries {
        let mode = if entry.is_tree { 0o040_000 } else { 0o100_644 };
        builder
            .insert(&entry.name, oid(&entry.id)?, mode)
            .map_err(failed)?;
    }
    object_id(builder.write().map_err(failed)?)
}

/// Writes a commit. No reference moves.
pub(crate) fn commit(
    repository: &git2::Repository,
    tree: &ObjectId,
    parent: Option<&CommitId>,
    signature: &Signature,
    message: &str,
) -> Result<CommitId, GitError> {
    let failed = |error: git2::Error| not_written(OBJECTS, &error);
    let tree = repository.find_tree(oid(tree)?).map_err(failed)?;
    let parent = parent
        .map(|parent| repository.find_commit(commit_oid(parent)?).map_err(failed))
        .transpose()?;
    let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
    let time = git2::Time::new(signature.seconds, 0);
    let signature =
        git2::Signature::new(&signature.name, &signature.email, &time).map_err(failed)?;
    let id = repository
        .commit(None, &signature, &signature, message, &tree, &parents)
        .map_err(failed)?;
    commit_id(id)
}

/// The commit that a reference names.
pub(crate) fn reference(
    repository: &git2::Repository,
    name: &str,
) -> Result<Option<CommitId>, GitError> {
    match repository.find_reference(name) {
        Ok(reference) => {
            let commit = reference.peel_to_commit();
            let commit = commit.map_err(|error| from_library(name, &error))?;
            commit_id(commit.id()).map(Some)
        }
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(from_library(name, &error)),
    }
}

/// Moves a reference from `expected` to `new` while nobody else can; `false` where it names something else.
pub(crate) fn swap(
    repository: &git2::Repository,
    name: &str,
    expected: Option<&CommitId>,
    new: &CommitId,
) -> Result<bool, GitError> {
    let failed = |error: git2::Error| not_written(name, &error);
    // Dropped last. On a file system without locks a killed run's lock stays for a person to remove, as with git.
    let _moving = Moving::begin(repository.commondir(), name).ok();
    let mut attempt = 0;
    let mut transaction = loop {
        let mut transaction = repository.transaction().map_err(failed)?;
        match transaction.lock_ref(name) {
            Ok(()) => break transaction,
            Err(error) if error.code() == ErrorCode::Locked && attempt < LOCK_ATTEMPTS => {
                attempt += 1;
                thread::sleep(LOCK_PAUSE);
            }
            Err(error) => return Err(failed(error)),
        }
    };
    // Only under the lock does what is read still hold when it is written.
    if reference(repository, name)?.as_ref() != expected {
        return Ok(false);
    }
    let message = "git-postman: state";
    let signature = git2::Signature::new(
        "git-postman",
        "git-postman@localhost",
        &git2::Time::new(0, 0),
    );
    let signature = signature.map_err(failed)?;
    transaction
        .set_target(name, commit_oid(new)?, Some(&signature), message)
        .map_err(failed)?;
    transaction.commit().map_err(failed)?;
    Ok(true)
}

fn oid(id: &ObjectId) -> Result<Oid, GitError> {
    Oid::from_bytes(id.as_bytes()).map_err(|error| from_library(OBJECTS, &error))
}

fn commit_oid(id: &CommitId) -> Result<Oid, GitError> {
    Oid::from_str(id.as_str()).map_err(|_| GitError::UnknownRevision {
        name: id.to_string(),
    })
}

fn commit_id(id: Oid) -> Result<CommitId, GitError> {
    CommitId::parse(&id.to_string()).ok_or_else(|| GitError::Other {
        cause: format!("{id} is no id of a commit"),
    })
}
