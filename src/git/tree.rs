//! Tree objects through libgit2: every name of a commit, and what differs between trees.
//!
//! Both walks keep their own stack: a hostile tree may nest deeper than a thread's.

use git2::Oid;

use crate::git::engine::{StoredEntry, StoredList, kind_of_mode};
use crate::git::error::{GitError, from_library};
use crate::git::object::ObjectId;
use crate::model::path::RepoPath;
use crate::model::snapshot::{FileKind, RefusedName};

/// More names than a repository of API definitions has; trees that name themselves over and over can claim more.
const MAX_ENTRIES: usize = if cfg!(test) { 200_000 } else { 2_000_000 };
/// Longer than any system keeps a path.
const MAX_PATH: usize = 64 * 1024;

/// Every file below a tree: names and kinds, no content.
pub(crate) fn files(repository: &git2::Repository, root: Oid) -> Result<StoredList, GitError> {
    let mut list = StoredList::default();
    let mut directories = vec![(Vec::new(), root)];
    while let Some((prefix, id)) = directories.pop() {
        let tree = find_tree(repository, id)?;
        for entry in &tree {
            let path = below(&prefix, entry.name_bytes())?;
            let parsed = match RepoPath::from_git(&path) {
                Ok(parsed) => parsed,
                Err(error) => {
                    list.refused.push(RefusedName {
                        name: String::from_utf8_lossy(&path).into_owned(),
                        error,
                    });
                    continue;
                }
            };
            match kind_of_mode(mode(&entry)) {
                None => directories.push((path, entry.id())),
                Some(kind) => list.entries.push(StoredEntry {
                    path: parsed,
                    kind,
                    id: object_id(entry.id())?,
                    skip_worktree: false,
                    conflicted: false,
                }),
            }
            if list.entries.len() + directories.len() > MAX_ENTRIES {
                return Err(too_many());
            }
        }
    }
    Ok(list)
}

/// Calls `visit` for every file of `tip` that stands in none of the `bases` at the same path.
/// Directories that are the same are not looked into.
pub(crate) fn changes(
    repository: &git2::Repository,
    bases: &[Oid],
    tip: Oid,
    visit: &mut dyn FnMut(&[u8], FileKind, Oid),
) -> Result<(), GitError> {
    let mut seen = 0_usize;
    let mut directories = vec![(Vec::new(), bases.to_vec(), tip)];
    while let Some((prefix, bases, id)) = directories.pop() {
        if bases.contains(&id) {
            continue;
        }
        let tree = find_tree(repository, id)?;
        let bases = bases
            .iter()
            .map(|base| find_tree(repository, *base))
            .collect::<Result<Vec<_>, _>>()?;
        for entry in &tree {
            let kind = kind_of_mode(mode(&entry));
            let before: Vec<(Option<FileKind>, Oid)> = bases
                .iter()
                .filter_map(|base| base.get_name_bytes(entry.name_bytes()))
                .map(|entry| (kind_of_mode(mode(&entry)), entry.id()))
                .collect();
            if before.contains(&(kind, entry.id())) {
                continue;
            }
            let path = below(&prefix, entry.name_bytes())?;
            match kind {
                Some(kind) => visit(&path, kind, entry.id()),
                None => {
                    let directory = before.iter().filter(|(kind, _)| kind.is_none());
                    directories.push((path, directory.map(|(_, id)| *id).collect(), entry.id()));
                }
            }
            seen += 1;
            if seen > MAX_ENTRIES {
                return Err(too_many());
            }
        }
    }
    Ok(())
}

/// Our form of an id of libgit2.
pub(crate) fn object_id(id: Oid) -> Result<ObjectId, GitError> {
    ObjectId::from_bytes(id.as_bytes()).ok_or_else(|| GitError::Other {
        cause: format!("{id} is no id of a known length"),
    })
}

fn find_tree(repository: &git2::Repository, id: Oid) -> Result<git2::Tree<'_>, GitError> {
    repository
        .find_tree(id)
        .map_err(|error| from_library(&format!("tree {id}"), &error))
}

fn mode(entry: &git2::TreeEntry<'_>) -> u32 {
    u32::try_from(entry.filemode_raw()).unwrap_or_default()
}

fn below(directory: &[u8], name: &[u8]) -> Result<Vec<u8>, GitError> {
    if directory.is_empty() {
        return Ok(name.to_vec());
    }
    if directory.len() + name.len() >= MAX_PATH {
        return Err(GitError::Corrupt {
            what: "a tree".to_owned(),
            cause: format!("it holds a path of more than {MAX_PATH} bytes"),
        });
    }
    Ok([directory, b"/", name].concat())
}

fn too_many() -> GitError {
    GitError::Corrupt {
        what: "a tree".to_owned(),
        cause: format!("it names more than {MAX_ENTRIES} files"),
    }
}

#[cfg(test)]
mod tests {
    use crate::git::testing::{Fixture, bytes, names, path};
    use crate::model::snapshot::SnapshotError;

    #[test]
    fn a_tree_that_nests_very_deep_is_read() {
        let fixture = Fixture::repository();
        let deep = format!("{}x.json", "a/".repeat(5000));
        let stream = format!(
            "commit refs/heads/main\ncommitter S <s@example.com> 0 +0000\ndata 0\nM 100644 inline {deep}\ndata 1\n1\n"
        );
        fixture.git_with("work", &["fast-import", "--quiet"], stream.as_bytes());
        let repository = fixture.open("work");
        let id = repository.resolve("main").unwrap();
        let commit = repository.commit(&id).unwrap();
        assert_eq!(names(commit.as_ref()), [deep.as_str()]);
        assert_eq!(commit.read(&path(&deep), 9), Ok(bytes("1")));
        let tip = std::slice::from_ref(&id);
        let blobs = repository.introduced_blobs(tip, &[], None).unwrap();
        assert_eq!(blobs.len(), 1);
    }

    #[test]
    fn trees_that_name_each_other_over_and_over_are_given_up() {
        let fixture = Fixture::with_files(&[("a", "1")]);
        let mut tree = fixture.git("work", &["rev-parse", "HEAD^{tree}"]);
        for _ in 0..8 {
            let lines: String = (0..10)
                .map(|name| format!("040000 tree {tree}\t{name}\n"))
                .collect();
            tree = fixture.git_with("work", &["mktree"], lines.as_bytes());
        }
        let bomb = fixture.git("work", &["commit-tree", "-m", "bomb", &tree]);
        fixture.git("work", &["update-ref", "refs/heads/bomb", &bomb]);
        let repository = fixture.open("work");
        let id = repository.resolve("bomb").unwrap();
        let error = repository.changed_paths(None, &id).unwrap_err();
        assert!(error.to_string().contains("more than"), "{error}");
    }

    #[test]
    fn a_lost_or_corrupt_tree_is_an_error_for_the_list() {
        for format in ["sha1", "sha256"] {
            let fixture = Fixture::empty();
            if !fixture.can_init("work", &["--object-format", format]) {
                continue;
            }
            let id = fixture.commit_files("work", &[("d/a.json", "1")], "first");
            let tree = fixture.git("work", &["rev-parse", "HEAD:d"]);
            let object = fixture.path(&format!("work/.git/objects/{}/{}", &tree[..2], &tree[2..]));
            for rubbish in [true, false] {
                std::fs::remove_file(&object).unwrap();
                if rubbish {
                    std::fs::write(&object, "rubbish").unwrap();
                }
                let repository = fixture.open("work");
                let commit = repository.commit(&id).unwrap();
                let Err(SnapshotError::Listing { cause, hint }) = commit.listing() else {
                    panic!("{format}: the list was read");
                };
                let told = cause.contains("is corrupt") || cause.contains("missing");
                assert!(told, "{format}: {cause}");
                assert!(hint.unwrap().contains("git fsck"));
                assert!(repository.changed_paths(None, &id).is_err());
            }
        }
    }
}
