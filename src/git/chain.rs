//! A chain of commits on a reference of its own: each holds a few files and is the child of the one before, so that a swap of
//! the reference that expects the last one loses nobody's work. No branch, no index and no worktree takes part.

use std::collections::BTreeMap;

use crate::git::error::GitError;
use crate::git::object::ObjectId;
use crate::git::promisor;
use crate::git::repository::Repository;
use crate::git::written::{NewEntry, Signature};
use crate::model::id::CommitId;
use crate::model::snapshot::{Content, FileKind};

/// The files of one commit, by path.
#[derive(Clone, Debug, Default)]
pub struct Link {
    files: BTreeMap<String, ObjectId>,
}

/// One file of a commit that is to be written.
#[derive(Clone, Debug)]
pub enum NewFile<'a> {
    /// The file that an earlier link has at the same path.
    Kept,
    /// These bytes.
    Bytes(&'a [u8]),
}

impl Link {
    /// Whether there is a file at a path.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }
}

/// The files of a commit.
///
/// # Errors
/// A commit that is not here or damaged.
pub fn read(repository: &Repository, commit: &CommitId) -> Result<Link, GitError> {
    let list = repository.engine().commit_files(commit)?;
    let files = list
        .entries
        .into_iter()
        .filter(|entry| entry.kind == FileKind::File && entry.path.is_utf8());
    Ok(Link {
        files: files
            .map(|entry| (entry.path.as_str().to_owned(), entry.id))
            .collect(),
    })
}

/// The bytes of a file of at most `limit` bytes; `None` where there is none.
///
/// # Errors
/// A file that is not here, damaged or too large.
pub fn bytes(
    repository: &Repository,
    link: &Link,
    path: &str,
    limit: u64,
) -> Result<Option<Vec<u8>>, GitError> {
    let Some(id) = link.files.get(path) else {
        return Ok(None);
    };
    let engine = repository.engine();
    let content = match engine.blob(id, limit) {
        Err(GitError::MissingObjects { .. }) => {
            promisor::bring(engine, &[*id])?;
            engine.blob(id, limit)?
        }
        other => other?,
    };
    match content {
        Content::Bytes(bytes) => Ok(Some(bytes)),
        Content::TooLarge(size) => Err(GitError::Other {
            cause: format!("{path} has {size} bytes, more than {limit}"),
        }),
        Content::Missing | Content::Link(_) | Content::NotAFile => Ok(None),
    }
}

/// Writes a commit of these files as the child of `parent`, whose files are `before`. No reference moves; what nobody comes
/// to name, git cleans away.
///
/// # Errors
/// An object store that cannot be written, and a kept file that there is not.
pub fn write(
    repository: &Repository,
    parent: Option<&CommitId>,
    before: &Link,
    files: &BTreeMap<String, NewFile<'_>>,
    signature: &Signature,
    message: &str,
) -> Result<CommitId, GitError> {
    let engine = repository.engine();
    let mut top = Vec::new();
    let mut directories: BTreeMap<&str, Vec<NewEntry>> = BTreeMap::new();
    for (path, file) in files {
        let id = match file {
            NewFile::Bytes(bytes) => engine.write_blob(bytes)?,
            NewFile::Kept => *before.files.get(path).ok_or_else(|| GitError::Other {
                cause: format!("there was no {path} to keep"),
            })?,
        };
        let (entries, name) = match path.split_once('/') {
            None => (&mut top, path.as_str()),
            Some((directory, name)) => (directories.entry(directory).or_default(), name),
        };
        entries.push(NewEntry {
            name: name.to_owned(),
            id,
            is_tree: false,
        });
    }
    for (name, entries) in directories {
        top.push(NewEntry {
            name: name.to_owned(),
            id: engine.write_tree(&entries)?,
            is_tree: true,
        });
    }
    let tree = engine.write_tree(&top)?;
    engine.write_commit(&tree, parent, signature, message)
}

/// Moves a reference of this clone from `expected` to `new`; `false` where it stands for something else by now.
///
/// # Errors
/// A reference that cannot be written.
pub fn swap(
    repository: &Repository,
    name: &str,
    expected: Option<&CommitId>,
    new: &CommitId,
) -> Result<bool, GitError> {
    repository.engine().swap_reference(name, expected, new)
}

/// Lets a reference of this clone stand for a commit, whatever it stood for, so that git does not clean its objects away.
///
/// # Errors
/// A reference that cannot be written.
pub fn keep(repository: &Repository, name: &str, new: &CommitId) -> Result<(), GitError> {
    loop {
        let now = repository.reference(name)?;
        if now.as_ref() == Some(new) || swap(repository, name, now.as_ref(), new)? {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Link, NewFile, bytes, read, swap, write};
    use crate::git::testing::Fixture;
    use crate::git::written::Signature;

    const NAME: &str = "refs/postman/state";

    fn a_chain_is_written_and_read(fixture: &Fixture) {
        let repository = fixture.open("work");
        let signature = Signature {
            name: "Somebody".to_owned(),
            email: "somebody@example.com".to_owned(),
            seconds: 1_700_000_000,
        };
        assert_eq!(repository.reference(NAME).unwrap(), None);
        let files = BTreeMap::from([
            ("m.json".to_owned(), NewFile::Bytes(b"1")),
            ("blobs/a".to_owned(), NewFile::Bytes(b"a\r\n")),
        ]);
        let first = write(
            &repository,
            None,
            &Link::default(),
            &files,
            &signature,
            "first",
        )
        .unwrap();
        let again = write(
            &repository,
            None,
            &Link::default(),
            &files,
            &signature,
            "first",
        )
        .unwrap();
        assert_eq!(first, again, "the same input gives the same commit");
        assert!(swap(&repository, NAME, None, &first).unwrap());
        let before = read(&repository, &first).unwrap();
        let files = BTreeMap::from([
            ("m.json".to_owned(), NewFile::Bytes(b"2")),
            ("blobs/a".to_owned(), NewFile::Kept),
        ]);
        let second = write(
            &repository,
            Some(&first),
            &before,
            &files,
            &signature,
            "second",
        )
        .unwrap();
        assert!(!swap(&repository, NAME, None, &second).unwrap());
        assert!(!swap(&repository, NAME, Some(&second), &second).unwrap());
        assert!(swap(&repository, NAME, Some(&first), &second).unwrap());
        assert_eq!(repository.reference(NAME).unwrap(), Some(second.clone()));
        let link = read(&repository, &second).unwrap();
        assert!(link.has("blobs/a"));
        let content = |path| bytes(&repository, &link, path, 100).unwrap();
        assert_eq!(content("m.json").unwrap(), b"2");
        assert_eq!(content("blobs/a").unwrap(), b"a\r\n");
        assert_eq!(content("blobs/b"), None);
        assert!(bytes(&repository, &link, "blobs/a", 2).is_err());
        let log = fixture.git("work", &["log", "--format=%s|%an|%ct", NAME]);
        assert_eq!(log, "second|Somebody|1700000000\nfirst|Somebody|1700000000");
        fixture.git("work", &["fsck", "--strict"]);
    }

    #[test]
    fn a_chain_grows_commit_by_commit() {
        a_chain_is_written_and_read(&Fixture::repository());
    }

    #[test]
    fn a_chain_grows_where_libgit2_cannot_write() {
        for arguments in [["--object-format=sha256"], ["--ref-format=reftable"]] {
            let fixture = Fixture::empty();
            if fixture.can_init("work", &arguments) {
                a_chain_is_written_and_read(&fixture);
            }
        }
    }

    #[test]
    fn bare_repositories_and_linked_worktrees_have_chains_too() {
        let fixture = Fixture::empty();
        fixture.init("work", &["--bare"]);
        a_chain_is_written_and_read(&fixture);
        let fixture = Fixture::empty();
        fixture.init("main", &[]);
        fixture.commit_files("main", &[("a", "1")], "first");
        fixture.git(
            "main",
            &["worktree", "add", "--quiet", "--detach", "../work"],
        );
        a_chain_is_written_and_read(&fixture);
    }
}
