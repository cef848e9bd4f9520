//! Changes to the files of a worktree: all of them or none, and never over work that nobody has committed.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions, TryLockError};

use crate::git::attributes::{Conversion, conversions};
use crate::git::engine::StoredEntry;
use crate::git::error::GitError;
use crate::git::repository::Repository;
use crate::git::target::Ground;
use crate::git::write_error::{Refusal, WriteError, io_error};
use crate::git::write_journal::{self, JournalPlace, Next, Recovered, Replacement, Watch};
use crate::model::change::{Change, ChangeSet, Expected};
use crate::model::digest::Digest;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, FileKind};

/// What was replaced by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// The file.
    pub path: RepoPath,
    /// What it held; `None` where it was not there.
    pub before: Option<Digest>,
    /// What it holds now; `None` where it is gone.
    pub after: Option<Digest>,
}

/// Writes and deletes files of the worktree and gives what was replaced; what is so already is left out. The index
/// is not touched.
///
/// What a change expects is compared with the file on disk, or with what the index has of it where the file has no
/// changes of its own: then the content is taken to be in the form git stores, and gets the line ends of the
/// worktree. New files get them too.
///
/// # Errors
/// Everything in [`WriteError`]; nothing is changed then. An earlier run that was killed is taken back first.
pub fn write_to_worktree(
    repository: &Repository,
    changes: &ChangeSet,
) -> Result<Vec<Replaced>, WriteError> {
    write_watched(repository, changes, &mut |_| Next::Go)
}

/// Takes back what a killed run left in the worktree, where there is such a run. To be called before the worktree is
/// looked at.
///
/// # Errors
/// Another run at work, or a file system that refuses.
pub fn recover(repository: &Repository) -> Result<Option<Recovered>, WriteError> {
    if repository.root().is_none() {
        return Ok(None);
    }
    let place = place(repository)?;
    if !place.directory.exists() {
        return Ok(None);
    }
    let _lock = lock(&place)?;
    write_journal::recover(&place, &mut |_| Next::Go)
}

/// As [`write_to_worktree`], asked before every step.
fn write_watched(
    repository: &Repository,
    changes: &ChangeSet,
    watch: Watch<'_>,
) -> Result<Vec<Replaced>, WriteError> {
    let place = place(repository)?;
    let _lock = lock(&place)?;
    if place.directory.exists() {
        write_journal::recover(&place, watch)?;
    }
    let replacements = prepared(repository, &place, changes)?;
    if replacements.is_empty() {
        return Ok(Vec::new());
    }
    write_journal::replace(&place, &replacements, watch)?;
    Ok(replacements
        .into_iter()
        .map(|one| Replaced {
            before: one.before.as_deref().map(Digest::of),
            after: one.after.as_deref().map(Digest::of),
            path: one.path,
        })
        .collect())
}

/// How a tracked file differs from what is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Differs {
    /// Whether the file on disk differs from the index; else only the index differs from `HEAD`.
    pub(crate) on_disk: bool,
}

/// Tracked files that differ from the index or from `HEAD`, or whose index does.
pub(crate) fn uncommitted(repository: &Repository) -> Result<HashMap<RepoPath, Differs>, GitError> {
    let arguments = [
        "status",
        "--porcelain=v1",
        "-z",
        "--no-renames",
        "--untracked-files=no",
        "--ignore-submodules=all",
    ];
    let output = repository.git().output(&arguments, None)?;
    Ok(output
        .split(|byte| *byte == 0)
        .filter_map(|record| {
            let path = RepoPath::from_git(record.get(3..)?).ok()?;
            let on_disk = record[1] != b' ';
            Some((path, Differs { on_disk }))
        })
        .collect())
}

/// What the index has, by path.
pub(crate) fn index_by_path(
    repository: &Repository,
) -> Result<BTreeMap<RepoPath, StoredEntry>, GitError> {
    let list = repository.engine().index_files()?;
    Ok(list
        .entries
        .into_iter()
        .map(|entry| (entry.path.clone(), entry))
        .collect())
}

fn place(repository: &Repository) -> Result<JournalPlace<'_>, WriteError> {
    let root = repository.root().ok_or(GitError::NoWorktree)?;
    Ok(JournalPlace {
        root,
        directory: repository.git_dir().join("postman").join("deliver"),
        head: repository
            .engine()
            .head_commit()?
            .map(|id| id.as_str().to_owned()),
    })
}

/// Held until it goes, and let go by the system where the process dies.
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would not do: a program that is being started may still hold a copy of the open file.
        let _ = self.0.unlock();
    }
}

fn lock(place: &JournalPlace<'_>) -> Result<Lock, WriteError> {
    let path = place.directory.with_extension("lock");
    let failed = |source| io_error("write", &path, source);
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(failed)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let file = options.open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(WriteError::Busy),
        // Some network file systems have no locks; git works there as well.
        Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => {
            Ok(Lock(file))
        }
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Looks at everything before anything is written.
fn prepared(
    repository: &Repository,
    place: &JournalPlace<'_>,
    changes: &ChangeSet,
) -> Result<Vec<Replacement>, WriteError> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let index = index_by_path(repository)?;
    let uncommitted = uncommitted(repository)?;
    let written: Vec<&RepoPath> = changes.writes().map(|change| &change.path).collect();
    let conversions = conversions(repository.git(), &written, false)?;
    let ignores_case = repository
        .config_string("core.ignorecase")?
        .is_some_and(|value| {
            ["true", "yes", "on", "1", ""].contains(&value.to_ascii_lowercase().as_str())
        });
    if ignores_case {
        check_case(changes, &index)?;
    }
    let mut ground = Ground::new(place.root, &index, changes);
    let (mut dirty, mut unexpected, mut replacements) = (Vec::new(), Vec::new(), Vec::new());
    let none = Conversion::default();
    for change in changes.iter() {
        let path = &change.path;
        let refused = |reason| WriteError::Refused {
            path: path.clone(),
            reason,
        };
        let on_disk = ground.file(path)?;
        let entry = index.get(path);
        if on_disk.is_none() && entry.is_some_and(|entry| entry.skip_worktree) {
            return Err(refused(Refusal::LeftOut));
        }
        if on_disk == change.content {
            continue;
        }
        let conversion = conversions.get(path).unwrap_or(&none);
        let is_uncommitted = match entry {
            Some(entry) => entry.conflicted || uncommitted.contains_key(path),
            None => on_disk.is_some() || uncommitted.contains_key(path),
        };
        let wanted = if change.expected.is_met(on_disk.as_deref()) {
            wanted_on_disk(change, conversion, on_disk.is_none()).map_err(refused)?
        } else if !is_uncommitted && stored_is_expected(repository, entry, change)? {
            match &change.content {
                Some(content) => Some(conversion.to_disk(content).map_err(refused)?),
                None => None,
            }
        } else {
            if is_uncommitted {
                dirty.push(path.clone());
            } else {
                unexpected.push(path.clone());
            }
            continue;
        };
        if wanted == on_disk {
            continue;
        }
        if is_uncommitted {
            dirty.push(path.clone());
            continue;
        }
        replacements.push(Replacement {
            path: path.clone(),
            before: on_disk,
            after: wanted,
        });
    }
    if !dirty.is_empty() {
        return Err(WriteError::Uncommitted(dirty));
    }
    if !unexpected.is_empty() {
        return Err(WriteError::Unexpected(unexpected));
    }
    Ok(replacements)
}

fn wanted_on_disk(
    change: &Change,
    conversion: &Conversion,
    is_new: bool,
) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(content) = &change.content else {
        return Ok(None);
    };
    conversion.check_encoding()?;
    // A filter is git's matter when the file is added: on disk it has its full content.
    if is_new && !conversion.has_filter() {
        return conversion.to_disk(content).map(Some);
    }
    Ok(Some(content.clone()))
}

/// Whether the change was made from what git stores of a file.
fn stored_is_expected(
    repository: &Repository,
    entry: Option<&StoredEntry>,
    change: &Change,
) -> Result<bool, WriteError> {
    let Some(entry) = entry.filter(|entry| entry.kind == FileKind::File) else {
        return Ok(false);
    };
    let Expected::Digest(_) = change.expected else {
        return Ok(false);
    };
    Ok(match repository.engine().blob(&entry.id, u64::MAX)? {
        Content::Bytes(bytes) => change.expected.is_met(Some(&bytes)),
        _ => false,
    })
}

/// Where the file system folds case, no two names may fold to one.
fn check_case(
    changes: &ChangeSet,
    index: &BTreeMap<RepoPath, StoredEntry>,
) -> Result<(), WriteError> {
    let kept = index.keys().filter(|path| !changes.deletes_path(path));
    let written = changes.writes().map(|change| &change.path);
    let mut known: BTreeMap<String, &RepoPath> = BTreeMap::new();
    for path in kept.chain(written) {
        if let Some(other) = known.insert(path.folded(), path)
            && other != path
        {
            let (path, other) = if changes.get(path).is_some() {
                (path, other)
            } else {
                (other, path)
            };
            if changes.get(path).is_some() {
                return Err(WriteError::Refused {
                    path: path.clone(),
                    reason: Refusal::CaseCollision(other.as_str().to_owned()),
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::io;
    use std::path::Path;

    use super::{lock, place, recover, write_to_worktree, write_watched};
    use crate::git::repository::Repository;
    use crate::git::testing::{Fixture, path};
    use crate::git::write_error::{Refusal, WriteError};
    use crate::git::write_journal::Next;
    use crate::model::change::{Change, ChangeSet, Expected};

    fn change(name: &str, before: Option<&str>, after: Option<&str>) -> Change {
        Change {
            path: path(name),
            content: after.map(|text| text.as_bytes().to_vec()),
            expected: Expected::of(before.map(str::as_bytes)),
        }
    }

    fn set(changes: &[(&str, Option<&str>, Option<&str>)]) -> ChangeSet {
        let changes = changes
            .iter()
            .map(|(name, before, after)| change(name, *before, *after));
        ChangeSet::new(changes).unwrap()
    }

    /// Every file and directory below, without `.git`.
    fn picture(root: &Path) -> BTreeMap<String, Option<Vec<u8>>> {
        let mut picture = BTreeMap::new();
        for entry in walkdir::WalkDir::new(root)
            .min_depth(1)
            .into_iter()
            .filter_entry(|entry| entry.file_name() != ".git")
        {
            let entry = entry.unwrap();
            let name = entry.path().strip_prefix(root).unwrap().to_string_lossy();
            let content = entry
                .file_type()
                .is_file()
                .then(|| fs::read(entry.path()).unwrap());
            picture.insert(name.into_owned(), content);
        }
        picture
    }

    fn refusal(result: Result<Vec<super::Replaced>, WriteError>) -> Refusal {
        match result {
            Err(WriteError::Refused { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    fn journal_is_gone(repository: &Repository) -> bool {
        !repository.git_dir().join("postman/deliver").exists()
    }

    #[test]
    fn files_are_written_deleted_and_recorded() {
        let fixture = Fixture::with_files(&[("a.json", "a"), ("d/b.json", "b"), ("c.json", "c")]);
        let repository = fixture.open("work");
        let changes = set(&[
            ("a.json", Some("a"), Some("a2")),
            ("c.json", Some("c"), Some("c")),
            ("d/b.json", Some("b"), None),
            ("n/e/w.json", None, Some("new")),
        ]);
        let replaced = write_to_worktree(&repository, &changes).unwrap();
        let names: Vec<&str> = replaced.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(names, ["a.json", "d/b.json", "n/e/w.json"]);
        assert!(replaced[0].before.is_some() && replaced[1].after.is_none());
        let picture = picture(&fixture.path("work"));
        assert_eq!(picture["a.json"].as_deref(), Some(b"a2".as_slice()));
        assert_eq!(picture["n/e/w.json"].as_deref(), Some(b"new".as_slice()));
        assert!(!picture.contains_key("d"), "{picture:?}");
        assert!(journal_is_gone(&repository));
        // Nothing is staged, and a second delivery has nothing to do.
        assert_eq!(
            fixture.git("work", &["diff", "--cached", "--name-only"]),
            ""
        );
        assert_eq!(write_to_worktree(&repository, &changes).unwrap(), []);
    }

    #[test]
    fn uncommitted_work_is_never_overwritten() {
        let fixture = Fixture::with_files(&[
            ("dirty", "d"),
            ("staged", "s"),
            ("gone", "g"),
            ("clean", "c"),
            (".gitignore", "ignored\n"),
        ]);
        fixture.write("work/dirty", "my work");
        fixture.write("work/staged", "my stage");
        fixture.git("work", &["add", "staged"]);
        fixture.write("work/untracked", "mine");
        fixture.write("work/ignored", "mine too");
        fs::remove_file(fixture.path("work/gone")).unwrap();
        let repository = fixture.open("work");
        let before = picture(&fixture.path("work"));
        for (name, on_disk) in [
            ("dirty", Some("my work")),
            ("staged", Some("my stage")),
            ("untracked", Some("mine")),
            ("ignored", Some("mine too")),
            ("gone", None),
        ] {
            let changes = set(&[
                ("clean", Some("c"), Some("c2")),
                (name, on_disk, Some("theirs")),
            ]);
            let error = write_to_worktree(&repository, &changes).unwrap_err();
            let WriteError::Uncommitted(paths) = &error else {
                panic!("{name}: {error:?}");
            };
            assert_eq!(*paths, [path(name)]);
            assert!(error.hint().unwrap().contains("git stash"));
            assert_eq!(picture(&fixture.path("work")), before, "{name}");
        }
        // What holds the wanted content already is no obstacle.
        let same = set(&[
            ("clean", Some("c"), Some("c2")),
            ("dirty", Some("d"), Some("my work")),
            ("untracked", None, Some("mine")),
        ]);
        assert_eq!(write_to_worktree(&repository, &same).unwrap().len(), 1);
    }

    #[test]
    fn a_file_that_is_not_the_expected_one_is_left_alone() {
        let fixture = Fixture::with_files(&[("a", "newer"), ("b", "b")]);
        let repository = fixture.open("work");
        for changes in [
            set(&[("a", Some("older"), Some("x")), ("b", Some("b"), Some("y"))]),
            set(&[("a", None, Some("x"))]),
            set(&[("a", Some("older"), None)]),
            set(&[("missing", Some("older"), Some("x"))]),
        ] {
            let error = write_to_worktree(&repository, &changes).unwrap_err();
            assert!(matches!(error, WriteError::Unexpected(_)), "{error:?}");
        }
        assert_eq!(picture(&fixture.path("work")).len(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_links_into_git_or_into_other_repositories() {
        let fixture = Fixture::with_files(&[("file", "f"), ("real/x", "x")]);
        fixture.init("work/inner", &[]);
        fixture.write("outside/x", "x");
        std::os::unix::fs::symlink(fixture.path("outside"), fixture.path("work/link")).unwrap();
        std::os::unix::fs::symlink("file", fixture.path("work/file-link")).unwrap();
        let repository = fixture.open("work");
        for (name, expected) in [
            ("link/x", Refusal::Link(path("link"))),
            ("link/new", Refusal::Link(path("link"))),
            ("file-link", Refusal::Link(path("file-link"))),
            ("inner/x", Refusal::Submodule(path("inner"))),
            ("inner", Refusal::Submodule(path("inner"))),
            (".git/config", Refusal::GitDirectory),
            ("real/.Git/config", Refusal::GitDirectory),
            ("file/below", Refusal::FileInTheWay(path("file"))),
            ("real", Refusal::DirectoryInTheWay(path("real"))),
        ] {
            let changes = set(&[(name, None, Some("theirs"))]);
            let result = write_to_worktree(&repository, &changes);
            assert_eq!(refusal(result), expected, "{name}");
        }
        assert_eq!(fs::read(fixture.path("outside/x")).unwrap(), b"x");
        assert!(!fixture.path("outside/new").exists());
    }

    #[test]
    fn a_submodule_that_is_not_checked_out_is_none_of_ours() {
        let fixture = Fixture::with_files(&[("a", "a")]);
        let id = fixture.id("work", "HEAD");
        let entry = format!("160000,{id},sub");
        fixture.git("work", &["update-index", "--add", "--cacheinfo", &entry]);
        fixture.commit("work", "with a submodule");
        let repository = fixture.open("work");
        for name in ["sub", "sub/x"] {
            let result = write_to_worktree(&repository, &set(&[(name, None, Some("x"))]));
            assert_eq!(refusal(result), Refusal::Submodule(path("sub")), "{name}");
        }
    }

    #[test]
    fn a_file_becomes_a_directory_and_a_directory_a_file() {
        let fixture = Fixture::with_files(&[("f", "f"), ("d/x", "x"), ("d/e/y", "y")]);
        let repository = fixture.open("work");
        let changes = set(&[
            ("f", Some("f"), None),
            ("f/below", None, Some("b")),
            ("d", None, Some("file")),
            ("d/x", Some("x"), None),
            ("d/e/y", Some("y"), None),
        ]);
        assert_eq!(write_to_worktree(&repository, &changes).unwrap().len(), 5);
        let picture = picture(&fixture.path("work"));
        let names: Vec<&str> = picture.keys().map(String::as_str).collect();
        assert_eq!(names, ["d", "f", "f/below"]);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_stay_and_line_ends_of_the_worktree_too() {
        use std::os::unix::fs::PermissionsExt as _;
        let fixture = Fixture::repository();
        fixture.write(
            "work/.gitattributes",
            "*.json text eol=crlf\n*.big filter=lfs\n*.w working-tree-encoding=UTF-16LE\n",
        );
        fixture.write("work/run.sh", "x");
        fs::set_permissions(
            fixture.path("work/run.sh"),
            fs::Permissions::from_mode(0o755),
        )
        .unwrap();
        fixture.commit_files("work", &[("a.json", "1\r\n"), ("b.json", "2\r\n")], "first");
        let repository = fixture.open("work");
        let changes = set(&[
            ("run.sh", Some("x"), Some("y")),
            // Made from what is on disk, from what git stores, and from nothing.
            ("a.json", Some("1\r\n"), Some("one\r\n")),
            ("b.json", Some("2\n"), Some("two\n")),
            ("new.json", None, Some("three\n")),
            ("new.big", None, Some("big\n")),
        ]);
        write_to_worktree(&repository, &changes).unwrap();
        let mode = fs::metadata(fixture.path("work/run.sh"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o755);
        for (name, content) in [
            ("a.json", "one\r\n"),
            ("b.json", "two\r\n"),
            ("new.json", "three\r\n"),
            ("new.big", "big\n"),
        ] {
            let on_disk = fs::read(fixture.path("work").join(name)).unwrap();
            assert_eq!(on_disk, content.as_bytes(), "{name}");
        }
        let wide = set(&[("x.w", None, Some("x"))]);
        let expected = Refusal::Encoding("UTF-16LE".to_owned());
        assert_eq!(refusal(write_to_worktree(&repository, &wide)), expected);
    }

    #[test]
    fn what_a_sparse_checkout_leaves_out_is_not_written() {
        let fixture = Fixture::with_files(&[("in/a", "a"), ("out/b", "b")]);
        fixture.git("work", &["sparse-checkout", "set", "in"]);
        let repository = fixture.open("work");
        let out = set(&[("out/b", Some("b"), Some("b2"))]);
        assert_eq!(
            refusal(write_to_worktree(&repository, &out)),
            Refusal::LeftOut
        );
        let inside = set(&[("in/a", Some("a"), Some("a2"))]);
        assert_eq!(write_to_worktree(&repository, &inside).unwrap().len(), 1);
    }

    #[test]
    fn a_linked_worktree_has_its_own_files_and_journal() {
        let fixture = Fixture::with_files(&[("a", "a")]);
        fixture.git(
            "work",
            &["worktree", "add", "--quiet", "../linked", "-b", "other"],
        );
        let repository = fixture.open("linked");
        let changes = set(&[("a", Some("a"), Some("a2"))]);
        write_to_worktree(&repository, &changes).unwrap();
        assert_eq!(fs::read(fixture.path("linked/a")).unwrap(), b"a2");
        assert_eq!(fs::read(fixture.path("work/a")).unwrap(), b"a");
    }

    #[test]
    fn a_bare_repository_and_an_unborn_branch() {
        let fixture = Fixture::repository();
        let repository = fixture.open("work");
        let changes = set(&[("a", None, Some("a"))]);
        assert_eq!(write_to_worktree(&repository, &changes).unwrap().len(), 1);
        fixture.init("bare", &["--bare"]);
        let bare = fixture.open("bare");
        assert!(write_to_worktree(&bare, &changes).is_err());
        assert_eq!(recover(&bare).unwrap(), None);
    }

    #[test]
    fn names_that_fold_to_one_are_refused_where_the_file_system_folds() {
        let fixture = Fixture::with_files(&[("Orders.json", "o")]);
        fixture.git("work", &["config", "core.ignorecase", "true"]);
        let repository = fixture.open("work");
        let changes = set(&[("orders.JSON", None, Some("x"))]);
        let expected = Refusal::CaseCollision("Orders.json".to_owned());
        assert_eq!(refusal(write_to_worktree(&repository, &changes)), expected);
        let renamed = set(&[
            ("orders.JSON", None, Some("x")),
            ("Orders.json", Some("o"), None),
        ]);
        assert!(write_to_worktree(&repository, &renamed).is_ok());
    }

    #[test]
    fn two_runs_at_once_do_not_mix() {
        let fixture = Fixture::with_files(&[("a", "a")]);
        let repository = fixture.open("work");
        let place = place(&repository).unwrap();
        let held = lock(&place).unwrap();
        let changes = set(&[("a", Some("a"), Some("b"))]);
        let error = write_to_worktree(&repository, &changes).unwrap_err();
        assert!(matches!(error, WriteError::Busy));
        drop(held);
        assert!(write_to_worktree(&repository, &changes).is_ok());
    }

    /// A file changed, one made executable and changed, one deleted, new ones, and both kinds of swap.
    fn story() -> (Fixture, ChangeSet) {
        let fixture = Fixture::with_files(&[
            ("a", "a"),
            ("gone/x", "x"),
            ("kept/y", "y"),
            ("f", "f"),
            ("d/z", "z"),
        ]);
        let changes = set(&[
            ("a", Some("a"), Some("a2")),
            ("gone/x", Some("x"), None),
            ("kept/new/deep", None, Some("n")),
            ("f", Some("f"), None),
            ("f/below", None, Some("b")),
            ("d", None, Some("file")),
            ("d/z", Some("z"), None),
        ]);
        (fixture, changes)
    }

    fn steps() -> usize {
        let (fixture, changes) = story();
        let mut steps = 0;
        write_watched(&fixture.open("work"), &changes, &mut |_| {
            steps += 1;
            Next::Go
        })
        .unwrap();
        steps
    }

    #[test]
    fn a_run_that_is_killed_anywhere_is_taken_back_or_is_done() {
        let steps = steps();
        assert!(steps > 15, "{steps}");
        for stop in 0..steps {
            let (fixture, changes) = story();
            let root = fixture.path("work");
            let before = picture(&root);
            let repository = fixture.open("work");
            let mut seen = 0;
            let error = write_watched(&repository, &changes, &mut |_| {
                seen += 1;
                if seen > stop { Next::Stop } else { Next::Go }
            })
            .unwrap_err();
            assert!(matches!(error, WriteError::Stopped), "{stop}: {error:?}");
            // The next run is killed too, at each of its own steps in turn.
            for again in 0.. {
                let mut seen = 0;
                let place = place(&repository).unwrap();
                let outcome = crate::git::write_journal::recover(&place, &mut |_| {
                    seen += 1;
                    if seen > again { Next::Stop } else { Next::Go }
                });
                match outcome {
                    Err(WriteError::Stopped) => {}
                    Ok(recovered) => {
                        assert!(recovered.unwrap_or_default().left.is_empty(), "{stop}");
                        break;
                    }
                    Err(error) => panic!("{stop}: {error}"),
                }
            }
            assert!(journal_is_gone(&repository), "{stop}");
            let now = picture(&root);
            let is_done = now.contains_key("f/below");
            if !is_done {
                assert_eq!(now, before, "stopped at step {stop}");
            }
            let rest = write_to_worktree(&repository, &changes).unwrap();
            assert_eq!(rest.is_empty(), is_done, "stopped at step {stop}");
            let names: Vec<String> = picture(&root).into_keys().collect();
            assert_eq!(
                names,
                [
                    "a",
                    "d",
                    "f",
                    "f/below",
                    "kept",
                    "kept/new",
                    "kept/new/deep",
                    "kept/y"
                ]
            );
        }
    }

    #[test]
    fn a_step_that_fails_leaves_everything_as_it_was() {
        for failing in 0..steps() {
            let (fixture, changes) = story();
            let before = picture(&fixture.path("work"));
            let repository = fixture.open("work");
            let mut seen = 0;
            let outcome = write_watched(&repository, &changes, &mut |_| {
                seen += 1;
                if seen == failing + 1 {
                    Next::Fail(io::ErrorKind::StorageFull.into())
                } else {
                    Next::Go
                }
            });
            let error = outcome.unwrap_err();
            if picture(&fixture.path("work")) != before {
                // Only the end of the journal itself failed: everything had been written.
                recover(&repository).unwrap();
                assert_eq!(write_to_worktree(&repository, &changes).unwrap(), []);
                continue;
            }
            assert!(
                matches!(error, WriteError::Io { .. }),
                "{failing}: {error:?}"
            );
            assert!(error.hint().unwrap().starts_with("make room on the disk"));
            assert_eq!(write_to_worktree(&repository, &changes).unwrap().len(), 7);
        }
    }

    #[test]
    fn what_somebody_changed_after_a_kill_is_left_alone() {
        let killed = || {
            let (fixture, changes) = story();
            let mut replaced = 0;
            let stopped = write_watched(&fixture.open("work"), &changes, &mut |action| {
                replaced += usize::from(action == "replace");
                if replaced > 3 { Next::Stop } else { Next::Go }
            });
            assert!(matches!(stopped, Err(WriteError::Stopped)));
            fixture
        };
        let fixture = killed();
        assert_eq!(fs::read(fixture.path("work/a")).unwrap(), b"a2");
        fixture.write("work/a", "my work since");
        let recovered = recover(&fixture.open("work")).unwrap().unwrap();
        assert_eq!(recovered.left, [path("a")]);
        assert_eq!(fs::read(fixture.path("work/a")).unwrap(), b"my work since");
        assert_eq!(fs::read(fixture.path("work/gone/x")).unwrap(), b"x");
        // Whoever has committed what the run left has taken it.
        let fixture = killed();
        fixture.git("work", &["add", "--all"]);
        fixture.commit("work", "as it is");
        let recovered = recover(&fixture.open("work")).unwrap().unwrap();
        assert!(recovered.put_back.is_empty());
        assert_eq!(fs::read(fixture.path("work/a")).unwrap(), b"a2");
    }

    #[test]
    fn a_broken_journal_is_told_and_nothing_is_written() {
        let fixture = Fixture::with_files(&[("a", "a")]);
        fixture.write("work/.git/postman/deliver/journal.json", "{\"version\": 9");
        let repository = fixture.open("work");
        let changes = set(&[("a", Some("a"), Some("b"))]);
        let error = write_to_worktree(&repository, &changes).unwrap_err();
        assert!(matches!(error, WriteError::Journal { .. }), "{error:?}");
        assert_eq!(fs::read(fixture.path("work/a")).unwrap(), b"a");
        // A journal that somebody made up leads nowhere outside.
        fixture.write("outside", "o");
        let text = r#"{"version":1,"head":null,"files":[{"path":"../outside","before":null,"after":null,"temporary":"../outside"}],"directories":[]}"#;
        fixture.write("work/.git/postman/deliver/journal.json", text);
        assert!(recover(&repository).is_err());
        assert!(fixture.path("outside").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_that_may_not_be_written_is_told() {
        use std::os::unix::fs::PermissionsExt as _;
        let fixture = Fixture::with_files(&[("a", "a"), ("d/x", "x")]);
        let directory = fixture.path("work/d");
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o555)).unwrap();
        let is_guarded = fs::write(directory.join("probe"), "").is_err();
        let _ = fs::remove_file(directory.join("probe"));
        let repository = fixture.open("work");
        let changes = set(&[("a", Some("a"), Some("b")), ("d/x", Some("x"), Some("y"))]);
        let outcome = write_to_worktree(&repository, &changes);
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
        // The superuser may write everywhere.
        if is_guarded {
            let error = outcome.unwrap_err();
            assert!(error.to_string().contains("d/x"), "{error}");
            assert!(error.hint().unwrap().contains("who may write"));
            assert_eq!(fs::read(fixture.path("work/a")).unwrap(), b"a");
        } else {
            assert_eq!(outcome.unwrap().len(), 2);
        }
    }

    #[test]
    fn a_name_that_the_file_system_refuses_leaves_nothing() {
        let fixture = Fixture::with_files(&[("a", "a")]);
        let repository = fixture.open("work");
        let long = "x".repeat(300);
        let changes = set(&[("a", Some("a"), Some("b")), (&long, None, Some("y"))]);
        let error = write_to_worktree(&repository, &changes).unwrap_err();
        assert!(matches!(error, WriteError::Io { .. }), "{error:?}");
        assert_eq!(picture(&fixture.path("work")).len(), 1);
        assert_eq!(fs::read(fixture.path("work/a")).unwrap(), b"a");
    }
}
