//! Real repositories in temporary directories, made with the git program, for the tests of this layer.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::git::command::Git;
use crate::git::repository::Repository;
use crate::model::change::{Change, ChangeSet, Expected};
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, Snapshot};

/// A directory that goes away with the test.
pub(crate) struct Fixture {
    directory: TempDir,
}

impl Fixture {
    /// An empty directory.
    pub(crate) fn empty() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    /// A repository `work` without commits, on branch `main`.
    pub(crate) fn repository() -> Self {
        let fixture = Self::empty();
        fixture.init("work", &[]);
        fixture
    }

    /// A repository `work` with one commit of these files.
    pub(crate) fn with_files(files: &[(&str, &str)]) -> Self {
        let fixture = Self::repository();
        fixture.commit_files("work", files, "first");
        fixture
    }

    /// A path below the directory. Links are resolved, as git does.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        fs::canonicalize(self.directory.path()).unwrap().join(name)
    }

    /// `git init` with more arguments.
    pub(crate) fn init(&self, name: &str, arguments: &[&str]) {
        let path = self.path(name);
        fs::create_dir_all(&path).unwrap();
        let all = [&["init", "--quiet", "--initial-branch=main"], arguments].concat();
        self.git(name, &all);
    }

    /// Whether this git can do something; says so where it cannot.
    pub(crate) fn can_init(&self, name: &str, arguments: &[&str]) -> bool {
        fs::create_dir_all(self.path(name)).unwrap();
        let all = [&["init", "--quiet", "--initial-branch=main"], arguments].concat();
        let done = scrubbed(&self.path(name)).run(&all, None).unwrap();
        if !done.status.success() {
            eprintln!("skipped: this git cannot `init {}`", arguments.join(" "));
        }
        done.status.success()
    }

    /// Runs git in a directory below and gives its output.
    pub(crate) fn git(&self, directory: &str, arguments: &[&str]) -> String {
        let output = scrubbed(&self.path(directory)).output(arguments, None);
        let output = output.unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
        String::from_utf8_lossy(&output).trim().to_owned()
    }

    /// Runs git with something on its standard input.
    pub(crate) fn git_with(&self, directory: &str, arguments: &[&str], input: &[u8]) -> String {
        let output = scrubbed(&self.path(directory)).output(arguments, Some(input));
        let output = output.unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
        String::from_utf8_lossy(&output).trim().to_owned()
    }

    /// Writes a file and the directories above it.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Writes files, adds everything, commits, and gives the id.
    pub(crate) fn commit_files(
        &self,
        repository: &str,
        files: &[(&str, &str)],
        message: &str,
    ) -> CommitId {
        for (name, content) in files {
            self.write(&format!("{repository}/{name}"), content);
        }
        self.git(repository, &["add", "--all"]);
        self.commit(repository, message)
    }

    /// Commits the index and gives the id.
    pub(crate) fn commit(&self, repository: &str, message: &str) -> CommitId {
        self.git(
            repository,
            &["commit", "--quiet", "--allow-empty", "-m", message],
        );
        self.id(repository, "HEAD")
    }

    /// The id of a revision.
    pub(crate) fn id(&self, repository: &str, name: &str) -> CommitId {
        CommitId::parse(&self.git(repository, &["rev-parse", name])).unwrap()
    }

    /// Opens a repository below.
    pub(crate) fn open(&self, name: &str) -> Repository {
        Repository::discover(&self.path(name)).unwrap()
    }
}

/// The git program without anything of the person who runs the tests.
pub(crate) fn scrubbed(directory: &Path) -> Git {
    let mut git = Git::at(directory);
    for name in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_QUARANTINE_PATH",
        "GIT_COMMON_DIR",
        "GIT_NO_LAZY_FETCH",
    ] {
        git.set(name, None);
    }
    let settings = [
        ("user.name", "Somebody"),
        ("user.email", "somebody@example.com"),
        ("protocol.file.allow", "always"),
        ("core.autocrlf", "false"),
        ("gc.auto", "0"),
        ("advice.detachedHead", "false"),
    ];
    git.set("GIT_CONFIG_GLOBAL", Some(OsStr::new("/dev/null")));
    git.set("GIT_CONFIG_NOSYSTEM", Some(OsStr::new("1")));
    git.set(
        "GIT_CONFIG_COUNT",
        Some(OsStr::new(&settings.len().to_string())),
    );
    for (index, (key, value)) in settings.iter().enumerate() {
        git.set(&format!("GIT_CONFIG_KEY_{index}"), Some(OsStr::new(key)));
        git.set(
            &format!("GIT_CONFIG_VALUE_{index}"),
            Some(OsStr::new(value)),
        );
    }
    git
}

/// A path.
pub(crate) fn path(text: &str) -> RepoPath {
    RepoPath::parse(text).unwrap()
}

/// All names of a snapshot.
pub(crate) fn names(snapshot: &dyn Snapshot) -> Vec<String> {
    let listing = snapshot.listing().unwrap();
    let entries = listing.entries().iter();
    entries
        .map(|entry| entry.path.as_str().to_owned())
        .collect()
}

/// The content of one file, of at most 4096 bytes.
pub(crate) fn read(snapshot: &dyn Snapshot, name: &str) -> Content {
    snapshot.read(&path(name), 4096).unwrap()
}

/// Content as a snapshot gives it.
pub(crate) fn bytes(text: &str) -> Content {
    Content::Bytes(text.as_bytes().to_vec())
}

/// Changes by path: what stands there before, and after.
pub(crate) fn set(changes: &[(&str, Option<&str>, Option<&str>)]) -> ChangeSet {
    let changes = changes.iter().map(|(name, before, after)| Change {
        path: path(name),
        content: after.map(|text| text.as_bytes().to_vec()),
        expected: Expected::of(before.map(str::as_bytes)),
    });
    ChangeSet::new(changes).unwrap()
}
