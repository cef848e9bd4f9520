//! Objects and references written through the git program, where libgit2 cannot.

use std::ffi::OsStr;

use crate::git::command::Git;
use crate::git::error::GitError;
use crate::git::object::ObjectId;
use crate::git::written::{NewEntry, Signature};
use crate::model::id::CommitId;

/// Writes a blob.
pub(crate) fn blob(git: &Git, bytes: &[u8]) -> Result<ObjectId, GitError> {
    let arguments = ["hash-object", "-w", "--no-filters", "--stdin"];
    id_of(&git.output(&arguments, Some(bytes))?)
}

/// Writes a tree.
pub(crate) fn tree(git: &Git, entries: &[NewEntry]) -> Result<ObjectId, GitError> {
    let lines = entries.iter().map(|entry| {
        let kind = if entry.is_tree {
            "040000 tree"
        } else {
            "100644 blob"
        };
        format!("{kind} {}\t{}\0", entry.id, entry.name)
    });
    let input: String = lines.collect();
    id_of(&git.output(&["mktree", "-z"], Some(input.as_bytes()))?)
}

/// Writes a commit. No reference moves.
pub(crate) fn commit(
    git: &Git,
    tree: &ObjectId,
    parent: Option<&CommitId>,
    signature: &Signature,
    message: &str,
) -> Result<CommitId, GitError> {
    let mut git = git.clone();
    let date = format!("@{} +0000", signature.seconds);
    for (variable, value) in [
        ("GIT_AUTHOR_NAME", &signature.name),
        ("GIT_AUTHOR_EMAIL", &signature.email),
        ("GIT_AUTHOR_DATE", &date),
        ("GIT_COMMITTER_NAME", &signature.name),
        ("GIT_COMMITTER_EMAIL", &signature.email),
        ("GIT_COMMITTER_DATE", &date),
    ] {
        git.set(variable, Some(OsStr::new(value)));
    }
    let tree = tree.to_string();
    let mut arguments = vec!["commit-tree", "--no-gpg-sign", &tree];
    if let Some(parent) = parent {
        arguments.extend(["-p", parent.as_str()]);
    }
    let output = git.output(&arguments, Some(message.as_bytes()))?;
    CommitId::parse(String::from_utf8_lossy(&output).trim()).ok_or_else(no_id)
}

/// The commit that a reference names.
pub(crate) fn reference(git: &Git, name: &str) -> Result<Option<CommitId>, GitError> {
    let peeled = format!("{name}^{{commit}}");
    let arguments = [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &peeled,
    ];
    let answer = git.run(&arguments, None)?;
    Ok(CommitId::parse(
        String::from_utf8_lossy(&answer.output).trim(),
    ))
}

/// Moves a reference from `expected` to `new` while nobody else can; `false` where it names something else.
pub(crate) fn swap(
    git: &Git,
    name: &str,
    expected: Option<&CommitId>,
    new: &CommitId,
) -> Result<bool, GitError> {
    let nothing = "0".repeat(new.as_str().len());
    let old = expected.map_or(nothing.as_str(), CommitId::as_str);
    let arguments = ["update-ref", "--no-deref", name, new.as_str(), old];
    match git.output(&arguments, None) {
        Ok(_) => Ok(true),
        Err(_) if reference(git, name)?.as_ref() != expected => Ok(false),
        Err(error) => Err(error),
    }
}

fn id_of(output: &[u8]) -> Result<ObjectId, GitError> {
    ObjectId::parse(output.trim_ascii()).ok_or_else(no_id)
}

fn no_id() -> GitError {
    GitError::Other {
        cause: "git wrote an object and named none".to_owned(),
    }
}
