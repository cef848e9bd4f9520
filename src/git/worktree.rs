//! The view of the files on disk: those that git tracks, and those that it would track.
//!
//! The walk is our own, with the `ignore` crate's patterns: a `.gitignore` that is a link or a pipe is not
//! opened, and only git's own sources of patterns count.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::git::command::user_configuration;
use crate::git::disk::{is_gone, is_plain_directory, kind_on_disk, read_below, system_path};
use crate::git::engine::{Engine, StoredEntry};
use crate::git::error::{GitError, listing_error, read_error};
use crate::git::object::ObjectId;
use crate::git::patterns::Patterns;
use crate::git::promisor;
use crate::git::stored::read_object;
use crate::model::path::RepoPath;
use crate::model::snapshot::{
    Content, Entry, FileKind, Listing, Origin, RefusedName, Snapshot, SnapshotError,
};

/// The files below the root of a worktree.
pub(crate) struct WorktreeSnapshot {
    engine: Arc<dyn Engine>,
    root: PathBuf,
    /// The `info/exclude` of the repository.
    exclude: PathBuf,
    names: OnceLock<Result<Names, SnapshotError>>,
}

struct Names {
    listing: Listing,
    /// What a sparse checkout leaves out: it is read from the index.
    left_out: HashMap<RepoPath, (FileKind, ObjectId)>,
    /// Links that a system without links keeps as files that hold the target.
    links_in_files: HashSet<RepoPath>,
}

/// What the walk found.
#[derive(Default)]
struct Found {
    entries: Vec<Entry>,
    refused: Vec<RefusedName>,
}

impl WorktreeSnapshot {
    /// A view of the files below `root`; `exclude` is the file of patterns that belongs to the repository.
    pub(crate) fn new(engine: Arc<dyn Engine>, root: PathBuf, exclude: PathBuf) -> Self {
        Self {
            engine,
            root,
            exclude,
            names: OnceLock::new(),
        }
    }

    fn names(&self) -> Result<&Names, SnapshotError> {
        self.names
            .get_or_init(|| self.list().map_err(|error| listing_error(&error)))
            .as_ref()
            .map_err(Clone::clone)
    }

    fn list(&self) -> Result<Names, GitError> {
        let mut tracked = self.engine.index_files()?;
        tracked
            .entries
            .sort_by(|one, other| one.path.as_bytes().cmp(other.path.as_bytes()));
        let ignores_case = self.is_set("core.ignorecase", false)?;
        let patterns = self.outer_patterns(ignores_case)?;
        let mut found = walk(&self.root, &Arc::new(patterns), ignores_case)?;
        // A directory that is a repository of its own may hold files that this one tracks.
        found.entries.retain(|entry| {
            entry.kind != FileKind::Submodule || !tracks_below(&tracked.entries, &entry.path)
        });
        if ignores_case {
            name_as_tracked(&mut found.entries, &tracked.entries);
        }
        let mut names = Names {
            listing: Listing::new(Vec::new(), Vec::new()),
            left_out: HashMap::new(),
            links_in_files: HashSet::new(),
        };
        let known: HashMap<&[u8], FileKind> = found
            .entries
            .iter()
            .map(|entry| (entry.path.as_bytes(), entry.kind))
            .collect();
        let has_links = self.is_set("core.symlinks", true)?;
        let mut plain = PlainDirectories::new(&self.root);
        let mut hidden = Vec::new();
        for entry in tracked.entries {
            let kind = match known.get(entry.path.as_bytes()) {
                Some(kind) => Some(*kind),
                None => plain.kind(&entry),
            };
            match kind {
                Some(FileKind::File) if entry.kind == FileKind::Link && !has_links => {
                    names.links_in_files.insert(entry.path.clone());
                }
                Some(_) => {}
                None if entry.skip_worktree => {
                    names
                        .left_out
                        .insert(entry.path.clone(), (entry.kind, entry.id));
                }
                None => continue,
            }
            let kind = kind.unwrap_or(entry.kind);
            if !known.contains_key(entry.path.as_bytes()) {
                hidden.push(Entry {
                    path: entry.path,
                    kind,
                });
            }
        }
        let Found {
            mut entries,
            mut refused,
        } = found;
        entries.extend(hidden);
        for entry in &mut entries {
            if names.links_in_files.contains(&entry.path) {
                entry.kind = FileKind::Link;
            }
        }
        refused.extend(tracked.refused);
        names.listing = Listing::new(entries, refused);
        Ok(names)
    }

    fn is_set(&self, key: &str, default: bool) -> Result<bool, GitError> {
        let value = self
            .engine
            .config(key)?
            .map(|text| text.to_ascii_lowercase());
        Ok(value.map_or(default, |text| {
            ["true", "yes", "on", "1", ""].contains(&text.as_str())
        }))
    }

    /// The patterns of the user, and before them those of the repository. Both are files of the person who
    /// runs this, who may well keep them as links.
    fn outer_patterns(&self, ignores_case: bool) -> Result<Patterns, GitError> {
        let of_user = self
            .engine
            .config_path("core.excludesfile")?
            .or_else(|| Some(user_configuration()?.join("git/ignore")));
        let of_user = of_user.map(|path| Patterns::of_file(&path, 0, ignores_case, None));
        let above = of_user.map(Arc::new);
        Ok(Patterns::of_file(&self.exclude, 0, ignores_case, above))
    }
}

impl Snapshot for WorktreeSnapshot {
    fn origin(&self) -> &Origin {
        &Origin::Worktree
    }

    fn listing(&self) -> Result<&Listing, SnapshotError> {
        Ok(&self.names()?.listing)
    }

    fn read(&self, path: &RepoPath, limit: u64) -> Result<Content, SnapshotError> {
        let names = self.names()?;
        let Some(entry) = names.listing.get(path) else {
            return Ok(Content::Missing);
        };
        if let Some((kind, id)) = names.left_out.get(path) {
            return read_object(self.engine.as_ref(), *kind, id, limit)
                .map_err(|error| read_error(path, &error));
        }
        if matches!(entry.kind, FileKind::Submodule | FileKind::Special) {
            return Ok(Content::NotAFile);
        }
        let content = read_below(&self.root, path, limit).map_err(|cause| SnapshotError::Read {
            path: path.as_str().to_owned(),
            hint: (cause.kind() == io::ErrorKind::PermissionDenied)
                .then(|| "look at who may read it".to_owned()),
            cause: cause.to_string(),
        })?;
        Ok(match content {
            Content::Bytes(target) if names.links_in_files.contains(path) => Content::Link(target),
            content => content,
        })
    }

    fn prefetch(&self, paths: &[RepoPath]) -> Result<(), SnapshotError> {
        let left_out = &self.names()?.left_out;
        let ids: Vec<ObjectId> = paths
            .iter()
            .filter_map(|path| left_out.get(path))
            .filter(|(kind, _)| *kind != FileKind::Submodule)
            .map(|(_, id)| *id)
            .collect();
        promisor::bring(self.engine.as_ref(), &ids).map_err(|error| listing_error(&error))
    }
}

/// Looks at tracked files that the walk did not find: ignored ones, and those that are gone.
struct PlainDirectories<'a> {
    root: &'a Path,
    known: HashMap<RepoPath, bool>,
}

impl<'a> PlainDirectories<'a> {
    fn new(root: &'a Path) -> Self {
        Self {
            root,
            known: HashMap::new(),
        }
    }

    /// What stands on disk for a tracked name; `None` where nothing does.
    fn kind(&mut self, entry: &StoredEntry) -> Option<FileKind> {
        let directory = entry.path.parent()?;
        if !self.is_plain(&directory) {
            return None;
        }
        match fs::symlink_metadata(self.root.join(system_path(entry.path.as_bytes()))) {
            Ok(data) if data.is_dir() => {
                (entry.kind == FileKind::Submodule).then_some(FileKind::Submodule)
            }
            Ok(data) => Some(kind_on_disk(data.file_type())),
            Err(error) if is_gone(&error) => {
                // Git does not miss a submodule that was never checked out.
                (entry.kind == FileKind::Submodule).then_some(FileKind::Submodule)
            }
            // It is there and reading it will say what is wrong.
            Err(_) => Some(entry.kind),
        }
    }

    fn is_plain(&mut self, directory: &RepoPath) -> bool {
        if let Some(known) = self.known.get(directory) {
            return *known;
        }
        let plain = is_plain_directory(self.root, directory);
        self.known.insert(directory.clone(), plain);
        plain
    }
}

/// Walks all directories that are not ignored. Those that cannot be read are passed over: what is tracked
/// in them is found through the index.
fn walk(root: &Path, outer: &Arc<Patterns>, ignores_case: bool) -> Result<Found, GitError> {
    let mut found = Found::default();
    let mut directories = vec![(Vec::new(), Arc::clone(outer))];
    while let Some((prefix, patterns)) = directories.pop() {
        let directory = root.join(system_path(&prefix));
        let entries = match names_in(&directory) {
            Ok(entries) => entries,
            Err(cause) if prefix.is_empty() => {
                return Err(GitError::Permission {
                    path: directory.display().to_string(),
                    cause: cause.to_string(),
                });
            }
            Err(_) => continue,
        };
        let is_git = |name: &OsString| name.eq_ignore_ascii_case(".git");
        let git = entries.iter().find(|(name, _)| is_git(name));
        if !prefix.is_empty() && git.is_some_and(|(name, _)| is_repository(&directory.join(name))) {
            found.push(&prefix, FileKind::Submodule);
            continue;
        }
        let start = if prefix.is_empty() {
            0
        } else {
            prefix.len() + 1
        };
        let own = entries
            .iter()
            .find(|(name, kind)| name == ".gitignore" && kind.is_file());
        let patterns = match own {
            None => patterns,
            Some((name, _)) => Arc::new(Patterns::of_file(
                &directory.join(name),
                start,
                ignores_case,
                Some(patterns),
            )),
        };
        for (name, kind) in &entries {
            // Git stores no such name, in whatever case.
            if is_git(name) {
                continue;
            }
            let mut path = Vec::with_capacity(start + name.len());
            path.extend_from_slice(&prefix);
            if !prefix.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(name.as_encoded_bytes());
            if patterns.ignore(&path, kind.is_dir()) {
                continue;
            }
            if kind.is_dir() {
                directories.push((path, Arc::clone(&patterns)));
            } else {
                found.push(&path, kind_on_disk(*kind));
            }
        }
    }
    Ok(found)
}

/// The names in a directory and what they are, links not followed.
fn names_in(directory: &Path) -> io::Result<Vec<(OsString, FileType)>> {
    fs::read_dir(directory)?
        .map(|entry| {
            let entry = entry?;
            Ok((entry.file_name(), entry.file_type()?))
        })
        .collect()
}

impl Found {
    fn push(&mut self, path: &[u8], kind: FileKind) {
        match RepoPath::from_git(path) {
            Ok(path) => self.entries.push(Entry { path, kind }),
            Err(error) => self.refused.push(RefusedName {
                name: String::from_utf8_lossy(path).into_owned(),
                error,
            }),
        }
    }
}

/// Whether a `.git` makes the directory around it a repository: a file does, and a directory with a `HEAD`.
fn is_repository(git: &Path) -> bool {
    match fs::symlink_metadata(git) {
        Ok(data) if data.is_dir() => fs::symlink_metadata(git.join("HEAD")).is_ok(),
        Ok(_) => true,
        Err(_) => false,
    }
}

fn tracks_below(tracked: &[StoredEntry], directory: &RepoPath) -> bool {
    let prefix = [directory.as_bytes(), b"/"].concat();
    let start = tracked.partition_point(|entry| entry.path.as_bytes() < prefix.as_slice());
    tracked
        .get(start)
        .is_some_and(|entry| entry.path.as_bytes().starts_with(&prefix))
}

/// Where the system keeps `A` and `a` as one file, git goes on with the name that it tracks.
fn name_as_tracked(found: &mut [Entry], tracked: &[StoredEntry]) {
    let names: HashSet<&RepoPath> = tracked.iter().map(|entry| &entry.path).collect();
    let folded: HashMap<String, &RepoPath> = tracked
        .iter()
        .map(|entry| (entry.path.folded(), &entry.path))
        .collect();
    for entry in found {
        if names.contains(&entry.path) {
            continue;
        }
        if let Some(path) = folded.get(&entry.path.folded()) {
            entry.path = (*path).clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use crate::git::testing::{Fixture, bytes, names, path, read};
    use crate::model::path::RepoPath;
    use crate::model::snapshot::{Content, FileKind, Origin, SnapshotError};

    #[test]
    fn ignored_files_are_left_out_unless_git_tracks_them() {
        let fixture = Fixture::with_files(&[
            ("kept/tracked.log", "1"),
            ("gone.json", "2"),
            (".hidden/a.json", "3"),
        ]);
        fixture.write(
            "work/.gitignore",
            "*.log\r\n/top.txt\n!kept/wanted.log\nout/\n",
        );
        fixture.write("work/kept/.gitignore", "!again.log\n");
        fixture.write("work/.git/info/exclude", "excluded.json\n*.tmp\n");
        fixture.git(
            "work",
            &[
                "config",
                "core.excludesFile",
                &fixture.path("mine").display().to_string(),
            ],
        );
        fixture.write("mine", "mine.json\n!a.tmp\n");
        for name in [
            "kept/untracked.log",
            "kept/wanted.log",
            "kept/again.log",
            "top.txt",
            "d/top.txt",
            "excluded.json",
            "a.tmp",
            "mine.json",
            "out/b.json",
            "d/out",
        ] {
            fixture.write(&format!("work/{name}"), "x");
        }
        fs::remove_file(fixture.path("work/gone.json")).unwrap();
        let worktree = fixture.open("work").worktree().unwrap();
        let seen = names(worktree.as_ref());
        assert_eq!(
            seen,
            [
                ".gitignore",
                ".hidden/a.json",
                "d/out",
                "d/top.txt",
                "kept/.gitignore",
                "kept/again.log",
                "kept/tracked.log",
                "kept/wanted.log",
            ]
        );
        let asked = fixture.git(
            "work",
            &["ls-files", "--cached", "--others", "--exclude-standard"],
        );
        let mut git: Vec<&str> = asked.lines().filter(|name| *name != "gone.json").collect();
        git.sort_unstable();
        assert_eq!(seen, git, "git sees the same files");
        assert_eq!(*worktree.origin(), Origin::Worktree);
        assert_eq!(read(worktree.as_ref(), "top.txt"), Content::Missing);
        assert_eq!(read(worktree.as_ref(), "kept/tracked.log"), bytes("1"));
    }

    #[test]
    fn repositories_inside_are_named_and_not_looked_into() {
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        fixture.init("work/nested", &[]);
        fixture.write("work/nested/b.json", "2");
        fixture.write("work/plain/.git/note", "no repository");
        fixture.write("work/plain/c.json", "3");
        let worktree = fixture.open("work").worktree().unwrap();
        assert_eq!(
            names(worktree.as_ref()),
            ["a.json", "nested", "plain/c.json"]
        );
        assert_eq!(read(worktree.as_ref(), "nested"), Content::NotAFile);
        assert_eq!(read(worktree.as_ref(), "nested/b.json"), Content::Missing);
    }

    #[test]
    fn a_file_of_two_gigabytes_is_not_read() {
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        let file = File::create(fixture.path("work/huge.json")).unwrap();
        file.set_len(2 << 30).unwrap();
        let worktree = fixture.open("work").worktree().unwrap();
        let started = std::time::Instant::now();
        assert_eq!(
            read(worktree.as_ref(), "huge.json"),
            Content::TooLarge(2 << 30)
        );
        assert!(started.elapsed().as_millis() < 1000);
    }

    #[test]
    fn a_sparse_checkout_still_has_the_files_it_leaves_out() {
        let fixture = Fixture::with_files(&[("in/a.json", "1"), ("out/b.json", "2")]);
        for sparse_index in ["--no-sparse-index", "--sparse-index"] {
            fixture.git(
                "work",
                &["sparse-checkout", "set", "--cone", sparse_index, "in"],
            );
            assert!(!fixture.path("work/out/b.json").exists());
            let repository = fixture.open("work");
            for snapshot in [repository.worktree().unwrap(), repository.index().unwrap()] {
                assert_eq!(
                    names(snapshot.as_ref()),
                    ["in/a.json", "out/b.json"],
                    "{sparse_index} {:?}",
                    snapshot.origin()
                );
                assert_eq!(read(snapshot.as_ref(), "out/b.json"), bytes("2"));
            }
            assert!(repository.staged_paths().unwrap().is_empty());
        }
    }

    #[test]
    #[cfg(unix)]
    fn links_are_data_and_never_lead_out_of_the_repository() {
        use std::os::unix::fs::symlink;
        let fixture = Fixture::with_files(&[("real/a.json", "1"), ("moved/b.json", "2")]);
        fixture.write("outside/b.json", "not ours");
        fs::remove_dir_all(fixture.path("work/moved")).unwrap();
        symlink(fixture.path("outside"), fixture.path("work/moved")).unwrap();
        symlink("/etc/passwd", fixture.path("work/link.json")).unwrap();
        symlink("loop", fixture.path("work/loop")).unwrap();
        symlink(".", fixture.path("work/real/again")).unwrap();
        symlink("/etc/passwd", fixture.path("work/real/.gitignore")).unwrap();
        let worktree = fixture.open("work").worktree().unwrap();
        assert_eq!(
            names(worktree.as_ref()),
            [
                "link.json",
                "loop",
                "moved",
                "real/.gitignore",
                "real/a.json",
                "real/again"
            ]
        );
        let target = |text: &str| Content::Link(text.as_bytes().to_vec());
        assert_eq!(read(worktree.as_ref(), "link.json"), target("/etc/passwd"));
        assert_eq!(read(worktree.as_ref(), "loop"), target("loop"));
        assert_eq!(read(worktree.as_ref(), "real/again"), target("."));
        for name in ["moved/b.json", "real/again/a.json", "loop/x"] {
            assert_eq!(read(worktree.as_ref(), name), Content::Missing, "{name}");
        }
        let listing = worktree.listing().unwrap();
        assert_eq!(listing.get(&path("moved")).unwrap().kind, FileKind::Link);
    }

    #[test]
    #[cfg(unix)]
    fn a_directory_that_turns_into_a_link_after_the_listing_is_not_followed() {
        use std::os::unix::fs::symlink;
        let fixture = Fixture::with_files(&[("d/b.json", "ours")]);
        fixture.write("outside/b.json", "not ours");
        let worktree = fixture.open("work").worktree().unwrap();
        assert_eq!(read(worktree.as_ref(), "d/b.json"), bytes("ours"));
        fs::remove_dir_all(fixture.path("work/d")).unwrap();
        symlink(fixture.path("outside"), fixture.path("work/d")).unwrap();
        assert_eq!(read(worktree.as_ref(), "d/b.json"), Content::Missing);
    }

    #[test]
    #[cfg(unix)]
    fn pipes_and_sockets_are_named_and_never_opened() {
        use std::os::unix::net::UnixListener;
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        let _socket = UnixListener::bind(fixture.path("work/socket.json")).unwrap();
        let pipe = fixture.path("work/pipe.json").display().to_string();
        fixture.git("", &["-c", "alias.pipe=!mkfifo", "pipe", &pipe]);
        fixture.git(
            "",
            &[
                "-c",
                "alias.pipe=!mkfifo",
                "pipe",
                &pipe.replace("pipe.json", ".gitignore"),
            ],
        );
        let worktree = fixture.open("work").worktree().unwrap();
        let listing = worktree.listing().unwrap();
        for name in ["socket.json", "pipe.json", ".gitignore"] {
            assert_eq!(listing.get(&path(name)).unwrap().kind, FileKind::Special);
            assert_eq!(read(worktree.as_ref(), name), Content::NotAFile);
        }
    }

    #[test]
    #[cfg(unix)]
    fn names_that_are_not_utf8_or_have_line_breaks_are_kept_in_every_view() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt as _;
        let odd: &[u8] = b"d/\xff\n\x1b[31m.json";
        for format in ["sha1", "sha256"] {
            let fixture = Fixture::empty();
            if !fixture.can_init("work", &["--object-format", format]) {
                continue;
            }
            fs::create_dir(fixture.path("work/d")).unwrap();
            fs::write(fixture.path("work").join(OsStr::from_bytes(odd)), "1").unwrap();
            let id = fixture.commit_files("work", &[], "odd");
            let repository = fixture.open("work");
            let odd = RepoPath::from_git(odd).unwrap();
            for snapshot in [
                repository.worktree().unwrap(),
                repository.index().unwrap(),
                repository.commit(&id).unwrap(),
            ] {
                let listing = snapshot.listing().unwrap();
                assert_eq!(listing.entries()[0].path, odd);
                assert_eq!(snapshot.read(&odd, 10), Ok(bytes("1")));
            }
            assert_eq!(
                repository.changed_paths(None, &id).unwrap(),
                std::slice::from_ref(&odd)
            );
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_file_that_may_not_be_read_is_an_error_for_itself_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let fixture = Fixture::with_files(&[("a.json", "1"), ("b.json", "2")]);
        let locked = fixture.path("work/a.json");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
        if File::open(&locked).is_ok() {
            eprintln!("skipped: this user may read everything");
            return;
        }
        let worktree = fixture.open("work").worktree().unwrap();
        assert!(matches!(
            worktree.read(&path("a.json"), 10),
            Err(SnapshotError::Read { .. })
        ));
        assert_eq!(read(worktree.as_ref(), "b.json"), bytes("2"));
    }

    #[test]
    fn where_case_makes_no_difference_the_tracked_name_counts() {
        let fixture = Fixture::with_files(&[("README.md", "1")]);
        fixture.git("work", &["config", "core.ignoreCase", "true"]);
        fs::rename(
            fixture.path("work/README.md"),
            fixture.path("work/readme.md"),
        )
        .unwrap();
        let worktree = fixture.open("work").worktree().unwrap();
        assert_eq!(names(worktree.as_ref()), ["README.md"]);
    }

    #[test]
    fn where_links_are_kept_as_files_they_stay_links() {
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        fixture.git("work", &["config", "core.symlinks", "false"]);
        fixture.write("work/link", "a.json");
        let id = fixture.git("work", &["hash-object", "-w", "link"]);
        fixture.git(
            "work",
            &[
                "update-index",
                "--add",
                "--cacheinfo",
                &format!("120000,{id},link"),
            ],
        );
        let repository = fixture.open("work");
        for snapshot in [repository.worktree().unwrap(), repository.index().unwrap()] {
            assert_eq!(
                read(snapshot.as_ref(), "link"),
                Content::Link(b"a.json".to_vec())
            );
        }
    }
}
