//! The view of what git stores: a commit or the index. Names are listed once, blobs are read on demand.

use std::sync::{Arc, OnceLock};

use crate::git::engine::{Engine, StoredEntry, StoredList};
use crate::git::error::{GitError, listing_error, read_error};
use crate::git::object::ObjectId;
use crate::git::promisor;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, Entry, FileKind, Listing, Origin, Snapshot, SnapshotError};

/// A commit or the index, through either engine.
pub(crate) struct StoredSnapshot {
    engine: Arc<dyn Engine>,
    origin: Origin,
    names: OnceLock<Result<Names, SnapshotError>>,
}

/// The listing and, at the same places, the object of each entry.
struct Names {
    listing: Listing,
    objects: Vec<(FileKind, ObjectId)>,
}

impl StoredSnapshot {
    /// A view of the index, or of a commit that is known to be here. Any other origin has no files.
    pub(crate) fn new(engine: Arc<dyn Engine>, origin: Origin) -> Self {
        Self {
            engine,
            origin,
            names: OnceLock::new(),
        }
    }

    fn names(&self) -> Result<&Names, SnapshotError> {
        self.names
            .get_or_init(|| {
                list(self.engine.as_ref(), &self.origin)
                    .map(Names::new)
                    .map_err(|error| listing_error(&error))
            })
            .as_ref()
            .map_err(Clone::clone)
    }
}

impl Names {
    fn new(list: StoredList) -> Self {
        let mut stored: Vec<StoredEntry> = list.entries;
        // The same order and the same choice among doubled names as the listing makes.
        stored.sort_by(|one, other| one.path.as_bytes().cmp(other.path.as_bytes()));
        stored.dedup_by(|later, earlier| later.path == earlier.path);
        let objects = stored.iter().map(|entry| (entry.kind, entry.id)).collect();
        let entries = stored
            .into_iter()
            .map(|entry| Entry {
                path: entry.path,
                kind: entry.kind,
            })
            .collect();
        Self {
            listing: Listing::new(entries, list.refused),
            objects,
        }
    }

    fn object(&self, path: &RepoPath) -> Option<(FileKind, ObjectId)> {
        let place = self
            .listing
            .entries()
            .binary_search_by(|entry| entry.path.as_bytes().cmp(path.as_bytes()))
            .ok()?;
        self.objects.get(place).copied()
    }
}

impl Snapshot for StoredSnapshot {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn listing(&self) -> Result<&Listing, SnapshotError> {
        Ok(&self.names()?.listing)
    }

    fn read(&self, path: &RepoPath, limit: u64) -> Result<Content, SnapshotError> {
        let Some((kind, id)) = self.names()?.object(path) else {
            return Ok(Content::Missing);
        };
        read_object(self.engine.as_ref(), kind, &id, limit)
            .map_err(|error| read_error(path, &error))
    }

    fn prefetch(&self, paths: &[RepoPath]) -> Result<(), SnapshotError> {
        let names = self.names()?;
        let ids: Vec<ObjectId> = paths
            .iter()
            .filter_map(|path| names.object(path))
            .filter(|(kind, _)| *kind != FileKind::Submodule)
            .map(|(_, id)| id)
            .collect();
        promisor::bring(self.engine.as_ref(), &ids).map_err(|error| listing_error(&error))
    }
}

/// What stands at an object, told by the kind of its name.
pub(crate) fn read_object(
    engine: &dyn Engine,
    kind: FileKind,
    id: &ObjectId,
    limit: u64,
) -> Result<Content, GitError> {
    match kind {
        FileKind::Submodule | FileKind::Special => Ok(Content::NotAFile),
        FileKind::File => engine.blob(id, limit),
        FileKind::Link => Ok(match engine.blob(id, limit)? {
            Content::Bytes(target) => Content::Link(target),
            other => other,
        }),
    }
}

fn list(engine: &dyn Engine, origin: &Origin) -> Result<StoredList, GitError> {
    match origin {
        Origin::Index => engine.index_files(),
        Origin::Worktree | Origin::Files => Ok(StoredList::default()),
        Origin::Commit(commit) => promisor::with_trees(
            engine,
            || engine.commit_files(commit),
            || Ok(vec![engine.root_tree(commit)?]),
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::git::error::GitError;
    use crate::git::testing::{Fixture, bytes, names, path, read};
    use crate::model::path::PathError;
    use crate::model::snapshot::{Content, SnapshotError};

    #[test]
    fn the_blob_counts_and_not_its_line_ends_on_disk() {
        let fixture = Fixture::with_files(&[(".gitattributes", "*.json text eol=crlf\n")]);
        let id = fixture.commit_files("work", &[("a.json", "{\r\n}\r\n")], "text");
        let repository = fixture.open("work");
        for snapshot in [repository.index().unwrap(), repository.commit(&id).unwrap()] {
            assert_eq!(read(snapshot.as_ref(), "a.json"), bytes("{\n}\n"));
        }
        let worktree = repository.worktree().unwrap();
        assert_eq!(read(worktree.as_ref(), "a.json"), bytes("{\r\n}\r\n"));
    }

    #[test]
    fn a_split_index_is_read_through_the_git_program() {
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        fixture.git("work", &["update-index", "--split-index"]);
        fixture.write("work/b.json", "2");
        fixture.git("work", &["add", "b.json"]);
        let repository = fixture.open("work");
        let index = repository.index().unwrap();
        assert_eq!(names(index.as_ref()), ["a.json", "b.json"]);
        assert_eq!(read(index.as_ref(), "b.json"), bytes("2"));
        assert_eq!(repository.staged_paths().unwrap(), [path("b.json")]);
        assert_eq!(
            names(repository.worktree().unwrap().as_ref()),
            ["a.json", "b.json"]
        );
    }

    #[test]
    fn a_conflict_shows_our_version_and_is_told() {
        for format in ["sha1", "sha256"] {
            let fixture = Fixture::empty();
            if !fixture.can_init("work", &["--object-format", format]) {
                continue;
            }
            fixture.commit_files("work", &[("a.json", "base")], "base");
            fixture.git("work", &["checkout", "--quiet", "-b", "side"]);
            fixture.commit_files("work", &[("a.json", "theirs")], "theirs");
            fixture.git("work", &["checkout", "--quiet", "main"]);
            fixture.commit_files("work", &[("a.json", "ours")], "ours");
            // The merge ends with an error, which is what is wanted.
            let merge = crate::git::testing::scrubbed(&fixture.path("work"));
            merge.run(&["merge", "side"], None).unwrap();
            let repository = fixture.open("work");
            assert_eq!(repository.conflicted_paths().unwrap(), [path("a.json")]);
            let index = repository.index().unwrap();
            assert_eq!(read(index.as_ref(), "a.json"), bytes("ours"));
        }
    }

    #[test]
    fn a_file_only_intended_to_be_added_is_not_in_the_next_commit() {
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        fixture.write("work/b.json", "2");
        fixture.git("work", &["add", "--intent-to-add", "b.json"]);
        let repository = fixture.open("work");
        assert_eq!(names(repository.index().unwrap().as_ref()), ["a.json"]);
        assert!(repository.staged_paths().unwrap().is_empty());
        assert_eq!(
            names(repository.worktree().unwrap().as_ref()),
            ["a.json", "b.json"]
        );
    }

    #[test]
    fn a_corrupt_index_is_a_clear_error() {
        for format in ["sha1", "sha256"] {
            let fixture = Fixture::empty();
            if !fixture.can_init("work", &["--object-format", format]) {
                continue;
            }
            let id = fixture.commit_files("work", &[("a.json", "1")], "first");
            for broken in [&b"DIRC\0\0\0\x02\0\0\0\x09rubbish"[..], b"", b"xxxx"] {
                fixture.write("work/.git/index", broken);
                let repository = fixture.open("work");
                let index = repository.index().unwrap();
                match index.listing() {
                    // Git takes a file without a byte for no index at all.
                    Ok(listing) => assert!(broken.is_empty() && listing.entries().is_empty()),
                    Err(SnapshotError::Listing { cause, hint }) => {
                        assert!(cause.contains("index is corrupt"), "{format}: {cause}");
                        assert!(hint.unwrap().contains("git reset"));
                    }
                    Err(error) => panic!("{error:?}"),
                }
                let commit = repository.commit(&id).unwrap();
                assert_eq!(read(commit.as_ref(), "a.json"), bytes("1"), "commits stay");
            }
        }
    }

    #[test]
    fn a_corrupt_or_lost_object_is_an_error_for_one_file() {
        for format in ["sha1", "sha256"] {
            let fixture = Fixture::empty();
            if !fixture.can_init("work", &["--object-format", format]) {
                continue;
            }
            let files = [("a.json", "1"), ("b.json", "2"), ("c.json", "3")];
            let id = fixture.commit_files("work", &files, "first");
            let object = |name: &str| {
                let blob = fixture.git("work", &["rev-parse", &format!("HEAD:{name}")]);
                fixture.path(&format!("work/.git/objects/{}/{}", &blob[..2], &blob[2..]))
            };
            fs::remove_file(object("a.json")).unwrap();
            fs::write(object("b.json"), "rubbish").unwrap_or_else(|_| {
                fs::remove_file(object("b.json")).unwrap();
                fs::write(object("b.json"), "rubbish").unwrap();
            });
            let commit = fixture.open("work").commit(&id).unwrap();
            assert_eq!(names(commit.as_ref()), ["a.json", "b.json", "c.json"]);
            let lost = commit.read(&path("a.json"), 10).unwrap_err().to_string();
            assert!(lost.contains("is missing from this clone"), "{lost}");
            let corrupt = commit.read(&path("b.json"), 10).unwrap_err().to_string();
            assert!(corrupt.contains("is corrupt"), "{corrupt}");
            assert_eq!(read(commit.as_ref(), "c.json"), bytes("3"));
        }
    }

    #[test]
    fn names_that_climb_out_are_refused_and_the_rest_is_read() {
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        let blob = fixture.git("work", &["rev-parse", "HEAD:a.json"]);
        let raw: Vec<u8> = (0..40)
            .step_by(2)
            .map(|at| u8::from_str_radix(&blob[at..at + 2], 16).unwrap())
            .collect();
        let inner = [b"100644 escape.json\0".as_slice(), &raw].concat();
        let write = |content: &[u8]| {
            fixture.git_with(
                "work",
                &["hash-object", "-t", "tree", "-w", "--stdin", "--literally"],
                content,
            )
        };
        let inner = write(&inner);
        let inner: Vec<u8> = (0..40)
            .step_by(2)
            .map(|at| u8::from_str_radix(&inner[at..at + 2], 16).unwrap())
            .collect();
        let tree = write(
            &[
                b"40000 ..\0".as_slice(),
                &inner,
                b"100644 good.json\0",
                &raw,
            ]
            .concat(),
        );
        let commit = fixture.git("work", &["commit-tree", "-m", "hostile", &tree]);
        fixture.git("work", &["update-ref", "refs/heads/hostile", &commit]);
        let repository = fixture.open("work");
        let id = repository.resolve("hostile").unwrap();
        let snapshot = repository.commit(&id).unwrap();
        assert_eq!(names(snapshot.as_ref()), ["good.json"]);
        let refused = &snapshot.listing().unwrap().refused;
        assert_eq!(refused[0].name, "..");
        assert_eq!(refused[0].error, PathError::LeavesRepository);
        let parent = repository.resolve("main").unwrap();
        let blobs = repository.introduced_blobs(&[id], &[parent], None).unwrap();
        assert_eq!(blobs.len(), 1, "what hides behind `..` is told as well");
    }

    /// A clone of `work` that has no blobs, whose remote is on disk.
    fn blobless(fixture: &Fixture, filter: &str) {
        for setting in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
            fixture.git("work", &["config", setting, "true"]);
        }
        let url = format!("file://{}", fixture.path("work").display());
        fixture.git(
            "",
            &["clone", "--quiet", "--no-checkout", filter, &url, "partial"],
        );
    }

    #[test]
    fn a_partial_clone_brings_all_blobs_in_one_fetch() {
        let fixture = Fixture::with_files(&[("a.json", "1"), ("d/b.json", "2"), ("c.json", "3")]);
        for (filter, extension) in [
            ("--filter=blob:none", false),
            ("--filter=tree:0", false),
            ("--filter=blob:none", true),
            ("--filter=tree:0", true),
        ] {
            blobless(&fixture, filter);
            if extension {
                // As git wrote it before 2.24, and what libgit2 refuses: the git program has to do.
                for (key, value) in [
                    ("core.repositoryFormatVersion", "1"),
                    ("extensions.partialClone", "origin"),
                ] {
                    fixture.git("partial", &["config", key, value]);
                }
            }
            let packs = || {
                let packs = fs::read_dir(fixture.path("partial/.git/objects/pack")).unwrap();
                packs
                    .filter(|entry| {
                        let name = entry.as_ref().unwrap().file_name();
                        name.to_string_lossy().ends_with(".pack")
                    })
                    .count()
            };
            let repository = fixture.open("partial");
            let id = repository.resolve("HEAD").unwrap();
            let commit = repository.commit(&id).unwrap();
            assert_eq!(
                names(commit.as_ref()),
                ["a.json", "c.json", "d/b.json"],
                "{filter} {extension}"
            );
            let error = commit.read(&path("a.json"), 10).unwrap_err();
            let SnapshotError::Read { cause, hint, .. } = error else {
                panic!("{error:?}");
            };
            assert!(cause.contains("missing from this clone"), "{cause}");
            assert!(hint.unwrap().contains("--refetch --no-filter origin"));
            let before = packs();
            commit
                .prefetch(&[path("a.json"), path("d/b.json"), path("not/there")])
                .unwrap();
            assert_eq!(packs(), before + 1, "one fetch");
            assert_eq!(read(commit.as_ref(), "a.json"), bytes("1"));
            assert_eq!(read(commit.as_ref(), "d/b.json"), bytes("2"));
            assert!(commit.read(&path("c.json"), 10).is_err(), "not asked for");
            let tip = std::slice::from_ref(&id);
            assert_eq!(repository.changed_paths(None, &id).unwrap().len(), 3);
            let blobs = repository.introduced_blobs(tip, &[], None).unwrap();
            assert_eq!(blobs.len(), 3);
            commit.prefetch(&[path("a.json")]).unwrap();
            assert_eq!(packs(), before + 1, "what is here is not fetched again");
            fs::remove_dir_all(fixture.path("partial")).unwrap();
        }
    }

    #[test]
    fn a_clone_without_trees_answers_questions_about_its_history() {
        let fixture = Fixture::with_files(&[("a.json", "1"), ("d/b.json", "2")]);
        let first = fixture.id("work", "HEAD");
        fixture.commit_files("work", &[("d/e/c.json", "3")], "second");
        let third = fixture.commit_files("work", &[("d/b.json", "4")], "third");
        let tip = std::slice::from_ref(&third);
        for question in 0..2 {
            blobless(&fixture, "--filter=tree:0");
            let repository = fixture.open("partial");
            let mut paths: Vec<String> = if question == 0 {
                let changed = repository.changed_paths(Some(&first), &third).unwrap();
                changed.iter().map(ToString::to_string).collect()
            } else {
                let known = std::slice::from_ref(&first);
                let blobs = repository.introduced_blobs(tip, known, None).unwrap();
                blobs.iter().map(|blob| blob.path.to_string()).collect()
            };
            paths.sort();
            assert_eq!(paths, ["d/b.json", "d/e/c.json"]);
            fs::remove_dir_all(fixture.path("partial")).unwrap();
        }
    }

    #[test]
    fn a_partial_clone_without_its_remote_names_what_is_missing() {
        let fixture = Fixture::with_files(&[("a.json", "1"), ("b.json", "2")]);
        blobless(&fixture, "--filter=blob:none");
        fs::rename(fixture.path("work"), fixture.path("away")).unwrap();
        let repository = fixture.open("partial");
        let id = repository.resolve("HEAD").unwrap();
        let blobs = repository.introduced_blobs(&[id], &[], None).unwrap();
        let oids: Vec<String> = blobs.into_iter().map(|blob| blob.oid).collect();
        let error = repository.prefetch_blobs(&oids).unwrap_err();
        let GitError::MissingObjects { mut ids, fix } = error else {
            panic!("{error:?}");
        };
        let mut wanted = oids;
        wanted.sort();
        ids.sort();
        assert_eq!(ids, wanted);
        assert!(fix.contains("origin") && fix.contains("git said"), "{fix}");
    }

    #[test]
    fn the_command_that_mends_a_partial_clone_works() {
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        blobless(&fixture, "--filter=blob:none");
        let arguments = ["fetch", "--quiet", "--refetch", "--no-filter", "origin"];
        fixture.git("partial", &arguments);
        let repository = fixture.open("partial");
        let id = repository.resolve("HEAD").unwrap();
        let commit = repository.commit(&id).unwrap();
        assert_eq!(read(commit.as_ref(), "a.json"), bytes("1"));
    }

    #[test]
    fn a_large_blob_is_measured_and_not_read() {
        for format in ["sha1", "sha256"] {
            let fixture = Fixture::empty();
            if !fixture.can_init("work", &["--object-format", format]) {
                continue;
            }
            let large = "x".repeat(100_000);
            let id = fixture.commit_files("work", &[("a.json", &large), ("b.json", "2")], "large");
            let commit = fixture.open("work").commit(&id).unwrap();
            assert_eq!(read(commit.as_ref(), "a.json"), Content::TooLarge(100_000));
            assert_eq!(read(commit.as_ref(), "b.json"), bytes("2"));
        }
    }
}
