//! A repository: found from a directory, asked for views of it and for ranges of its history.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::{ErrorCode, RepositoryOpenFlags};

use crate::git::command::{Git, repository_is_handed_over};
use crate::git::engine::Engine;
use crate::git::error::{GitError, from_library};
use crate::git::history;
use crate::git::library::Library;
use crate::git::object::ObjectId;
use crate::git::program::Program;
use crate::git::promisor;
use crate::git::stored::StoredSnapshot;
use crate::git::worktree::WorktreeSnapshot;
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, Origin, Snapshot};

pub use crate::git::engine::IntroducedBlob;

/// One repository. What writes to it says so in its module. Objects that a partial clone lacks may be fetched.
pub struct Repository {
    engine: Arc<dyn Engine>,
    place: Place,
}

/// Where a repository is.
#[derive(Clone, Debug)]
struct Place {
    git_dir: PathBuf,
    common_dir: PathBuf,
    root: Option<PathBuf>,
    bare: bool,
    shallow: bool,
}

impl Repository {
    /// Finds the repository that holds `start`, or the one that git has named to a hook.
    ///
    /// # Errors
    /// No repository, one that belongs to another user, or one that neither libgit2 nor the git program reads.
    pub fn discover(start: &Path) -> Result<Self, GitError> {
        let start = std::path::absolute(start).map_err(|cause| GitError::Other {
            cause: cause.to_string(),
        })?;
        let start = match start.parent() {
            Some(directory) if start.is_file() => directory,
            _ => start.as_path(),
        };
        let opened = if repository_is_handed_over() {
            git2::Repository::open_from_env()
        } else {
            let no_ceilings: [&OsStr; 0] = [];
            git2::Repository::open_ext(start, RepositoryOpenFlags::FROM_ENV, no_ceilings)
        };
        match opened {
            Ok(repository) => Ok(Self::with_library(repository)),
            Err(error) if error.code() == ErrorCode::Owner => Err(GitError::NotOwned {
                path: quoted(error.message()).unwrap_or_else(|| start.display().to_string()),
            }),
            Err(refusal) => Self::with_program(start, &refusal),
        }
    }

    /// The root of the worktree; `None` for a bare repository.
    pub fn root(&self) -> Option<&Path> {
        self.place.root.as_deref()
    }

    /// The directory of this worktree's own state, such as `.git`.
    pub fn git_dir(&self) -> &Path {
        &self.place.git_dir
    }

    /// The directory that all linked worktrees share.
    pub fn common_dir(&self) -> &Path {
        &self.place.common_dir
    }

    /// Whether it has no worktree.
    pub fn is_bare(&self) -> bool {
        self.place.bare
    }

    /// Whether older history was left out when it was cloned.
    pub fn is_shallow(&self) -> bool {
        self.place.shallow
    }

    /// The value of a key of git's configuration; `None` where it is not set.
    ///
    /// # Errors
    /// A configuration that cannot be read.
    pub fn config_string(&self, key: &str) -> Result<Option<String>, GitError> {
        self.engine.config(key)
    }

    /// The directory that git looks for hooks in: `core.hooksPath`, or `hooks` in the shared directory.
    ///
    /// # Errors
    /// A configuration that cannot be read.
    pub fn hooks_dir(&self) -> Result<PathBuf, GitError> {
        // Git takes a relative path from the directory that it runs hooks in.
        let from = self.root().unwrap_or(self.git_dir());
        Ok(match self.engine.config_path("core.hookspath")? {
            Some(path) => from.join(path),
            None => self.common_dir().join("hooks"),
        })
    }

    /// The branch that `HEAD` names, even before its first commit; `None` where no branch is checked out.
    ///
    /// # Errors
    /// A `HEAD` that cannot be read.
    pub fn current_branch(&self) -> Result<Option<String>, GitError> {
        self.engine.head_branch()
    }

    /// Whether `HEAD` stands for a commit.
    ///
    /// # Errors
    /// A `HEAD` that cannot be read.
    pub fn has_commits(&self) -> Result<bool, GitError> {
        Ok(self.engine.head_commit()?.is_some())
    }

    /// The names of all remotes, in the order of the configuration.
    ///
    /// # Errors
    /// A configuration that cannot be read.
    pub fn remote_names(&self) -> Result<Vec<String>, GitError> {
        let mut names: Vec<String> = Vec::new();
        for (key, _) in self.engine.remote_settings()? {
            if let Some((name, _)) = remote_key(&key)
                && !names.iter().any(|known| known == name)
            {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    /// The address of a remote as the configuration has it.
    ///
    /// # Errors
    /// A configuration that cannot be read.
    pub fn remote_url(&self, name: &str) -> Result<Option<String>, GitError> {
        let settings = self.engine.remote_settings()?;
        Ok(settings.into_iter().find_map(|(key, value)| {
            let wanted = remote_key(&key) == Some((name, "url"));
            wanted.then_some(value)
        }))
    }

    /// The URL that git really fetches from, after what `url.<base>.insteadOf` makes of it. No network takes part.
    ///
    /// # Errors
    /// A git program that cannot be started.
    pub fn effective_url(&self, remote: &str) -> Result<Option<String>, GitError> {
        let answer = self
            .git()
            .run(&["ls-remote", "--get-url", "--", remote], None)?;
        let url = String::from_utf8_lossy(&answer.output).trim().to_owned();
        // Git says the name back where there is no such remote.
        Ok((answer.status.success() && !url.is_empty() && url != remote).then_some(url))
    }

    /// The name of the remote that is pushed to at `url`.
    ///
    /// # Errors
    /// A configuration that cannot be read.
    pub fn remote_at(&self, url: &str) -> Result<Option<String>, GitError> {
        let same = |other: &str| address(other) == address(url);
        for (key, value) in self.engine.remote_settings()? {
            if let Some((name, "url" | "pushurl")) = remote_key(&key)
                && same(&value)
            {
                return Ok(Some(name.to_owned()));
            }
        }
        // Only git knows what `url.<base>.insteadOf` makes of an address.
        for name in self.remote_names()? {
            let arguments = ["remote", "get-url", "--push", "--all", "--", &name];
            let answer = self.engine.git().run(&arguments, None)?;
            if String::from_utf8_lossy(&answer.output).lines().any(same) {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// The commit that a name stands for. Tags are followed to their commit.
    ///
    /// # Errors
    /// No commit yet, an unknown name, a name for something else, history that a shallow clone left out.
    pub fn resolve(&self, rev: &str) -> Result<CommitId, GitError> {
        match self.engine.resolve(rev) {
            Err(GitError::UnknownRevision { .. }) if self.is_unborn(rev)? => {
                Err(GitError::Unborn {
                    branch: self.current_branch()?,
                })
            }
            Err(GitError::UnknownRevision { name })
                if self.is_shallow() && !name.starts_with('-') =>
            {
                Err(GitError::Shallow {
                    missing: format!("`{name}`"),
                })
            }
            result => result,
        }
    }

    /// Whether a commit is here.
    ///
    /// # Errors
    /// An object store that cannot be read.
    pub fn has_commit(&self, id: &CommitId) -> Result<bool, GitError> {
        match self.engine.resolve(id.as_str()) {
            Ok(found) => Ok(found == *id),
            Err(
                GitError::UnknownRevision { .. }
                | GitError::NotACommit { .. }
                | GitError::MissingObjects { .. },
            ) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A view of the files on disk.
    ///
    /// # Errors
    /// A bare repository.
    pub fn worktree(&self) -> Result<Box<dyn Snapshot>, GitError> {
        let root = self.root().ok_or(GitError::NoWorktree)?.to_owned();
        let exclude = self.common_dir().join("info").join("exclude");
        let engine = Arc::clone(&self.engine);
        Ok(Box::new(WorktreeSnapshot::new(engine, root, exclude)))
    }

    /// A view of what the next commit would hold. The worktree is not touched.
    ///
    /// # Errors
    /// None today; an index that cannot be read is told by the listing.
    pub fn index(&self) -> Result<Box<dyn Snapshot>, GitError> {
        let engine = Arc::clone(&self.engine);
        Ok(Box::new(StoredSnapshot::new(engine, Origin::Index)))
    }

    /// A view of a commit.
    ///
    /// # Errors
    /// A commit that is not here.
    pub fn commit(&self, id: &CommitId) -> Result<Box<dyn Snapshot>, GitError> {
        let id = self.resolve(id.as_str())?;
        let engine = Arc::clone(&self.engine);
        Ok(Box::new(StoredSnapshot::new(engine, Origin::Commit(id))))
    }

    /// Paths of the index that a merge left in more than one version.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn conflicted_paths(&self) -> Result<Vec<RepoPath>, GitError> {
        let entries = self.engine.index_files()?.entries;
        Ok(entries
            .into_iter()
            .filter(|entry| entry.conflicted)
            .map(|entry| entry.path)
            .collect())
    }

    /// The messages of the commits that `tip` has and `without` has not, merges left out.
    ///
    /// # Errors
    /// Commits that are not here.
    pub fn messages(&self, without: &CommitId, tip: &CommitId) -> Result<Vec<String>, GitError> {
        let range = format!("{without}..{tip}");
        let arguments = [
            "log",
            "-z",
            "--no-merges",
            "--no-show-signature",
            "--format=%B",
            "--end-of-options",
            &range,
            "--",
        ];
        let answer = self.git().run(&arguments, None)?;
        if !answer.status.success() {
            return Err(GitError::Program {
                command: "log".to_owned(),
                stderr: answer.complaint(),
            });
        }
        // Each ends with a zero, also one without a word.
        let text = String::from_utf8_lossy(&answer.output);
        let messages = text.split_terminator('\0');
        Ok(messages.map(str::to_owned).collect())
    }

    /// Paths that `tip` has new or other than `base`, sorted; every path without a base. A renamed file
    /// counts under its new name.
    ///
    /// # Errors
    /// Commits or trees that are not here.
    pub fn changed_paths(
        &self,
        base: Option<&CommitId>,
        tip: &CommitId,
    ) -> Result<Vec<RepoPath>, GitError> {
        let ask = || self.engine.changed(base, tip);
        promisor::with_trees(self.engine.as_ref(), ask, || {
            let commits = base.into_iter().chain([tip]);
            commits
                .map(|commit| self.engine.root_tree(commit))
                .collect()
        })
    }

    /// Paths that the index has new or other than `HEAD`, sorted; every path before the first commit.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn staged_paths(&self) -> Result<Vec<RepoPath>, GitError> {
        self.engine.staged()
    }

    /// The best common ancestor of two commits.
    ///
    /// # Errors
    /// In a shallow clone, where none is found: it may lie in the history that was left out.
    pub fn merge_base(
        &self,
        one: &CommitId,
        other: &CommitId,
    ) -> Result<Option<CommitId>, GitError> {
        match self.engine.merge_base(one, std::slice::from_ref(other))? {
            None if self.is_shallow() => Err(GitError::Shallow {
                missing: format!("the common history of {one} and {other}"),
            }),
            base => Ok(base),
        }
    }

    /// The best common ancestor of a commit and everything that references of this pattern name, such as
    /// `refs/remotes/origin/*`.
    ///
    /// # Errors
    /// A history that cannot be read.
    pub fn merge_base_with_refs(
        &self,
        tip: &CommitId,
        pattern: &str,
    ) -> Result<Option<CommitId>, GitError> {
        self.engine.merge_base(tip, &self.engine.tips(pattern)?)
    }

    /// Whether `ancestor` is `descendant` or comes before it, as far as this clone's history goes.
    ///
    /// # Errors
    /// A history that cannot be read.
    pub fn is_ancestor(
        &self,
        ancestor: &CommitId,
        descendant: &CommitId,
    ) -> Result<bool, GitError> {
        let base = self
            .engine
            .merge_base(ancestor, std::slice::from_ref(descendant))?;
        Ok(base.as_ref() == Some(ancestor))
    }

    /// Every blob that commits reachable from `tips` add or change, as long as they are not reachable from
    /// `not` or from the references of the pattern `not_refs`. Oldest first; each blob once, with one path
    /// and the commit that brought it. A commit without parents brings everything it holds; a merge brings
    /// what is in none of its parents. Where a shallow clone has cut the parents off, a commit brings what the
    /// first tip has new since the first of `not`, and not everything.
    ///
    /// # Errors
    /// A history that cannot be read.
    pub fn introduced_blobs(
        &self,
        tips: &[CommitId],
        not: &[CommitId],
        not_refs: Option<&str>,
    ) -> Result<Vec<IntroducedBlob>, GitError> {
        let mut known = not.to_vec();
        if let Some(pattern) = not_refs {
            known.extend(self.engine.tips(pattern)?);
        }
        let ask = || self.engine.introduced(tips, &known);
        let blobs = promisor::with_trees(self.engine.as_ref(), ask, || {
            promisor::trees_of_range(self.engine.as_ref(), tips, &known)
        })?;
        match (tips.first(), not.first()) {
            (Some(tip), Some(base)) => self.without_cut_off(blobs, base, tip),
            _ => Ok(blobs),
        }
    }

    /// Takes out what only seems to be brought, by a commit whose parents a shallow clone has left out.
    fn without_cut_off(
        &self,
        mut blobs: Vec<IntroducedBlob>,
        base: &CommitId,
        tip: &CommitId,
    ) -> Result<Vec<IntroducedBlob>, GitError> {
        let ends = history::cut_ends(self)?;
        if !blobs.iter().any(|blob| ends.contains(&blob.commit)) {
            return Ok(blobs);
        }
        let changed: BTreeSet<RepoPath> =
            self.changed_paths(Some(base), tip)?.into_iter().collect();
        let files = |commit: &CommitId| {
            let ask = || self.engine.commit_files(commit);
            promisor::with_trees(self.engine.as_ref(), ask, || {
                Ok(vec![self.engine.root_tree(commit)?])
            })
        };
        let before = files(base)?.entries.into_iter().map(|entry| entry.id);
        let before: HashSet<ObjectId> = before.collect();
        let after = files(tip)?.entries.into_iter();
        let new: BTreeSet<String> = after
            .filter(|entry| changed.contains(&entry.path) && !before.contains(&entry.id))
            .map(|entry| entry.id.to_string())
            .collect();
        blobs.retain(|blob| !ends.contains(&blob.commit) || new.contains(&blob.oid));
        Ok(blobs)
    }

    /// The names of all branches, here and on remotes, without the remote's name. Symbolic references such as a
    /// remote's `HEAD` are left out.
    ///
    /// # Errors
    /// References that cannot be read.
    pub fn branches(&self) -> Result<BTreeSet<String>, GitError> {
        let format = "--format=%(refname)%00%(symref)";
        let listed = self.git().output(
            &["for-each-ref", format, "refs/heads", "refs/remotes"],
            None,
        )?;
        let listed = String::from_utf8_lossy(&listed);
        let direct = listed.lines().filter_map(|line| line.strip_suffix('\0'));
        let short = |name: &str| match name.strip_prefix("refs/heads/") {
            Some(branch) => Some(branch.to_owned()),
            None => name
                .strip_prefix("refs/remotes/")?
                .split_once('/')
                .map(|(_, branch)| branch.to_owned()),
        };
        Ok(direct.filter_map(short).collect())
    }

    /// The commit that a reference with this full name stands for; `None` where there is none.
    ///
    /// # Errors
    /// A reference that cannot be read.
    pub fn reference(&self, name: &str) -> Result<Option<CommitId>, GitError> {
        self.engine.reference(name)
    }

    /// What answers and writes, for the files of this layer.
    pub(crate) fn engine(&self) -> &dyn Engine {
        self.engine.as_ref()
    }

    /// The git program on this repository.
    pub fn git(&self) -> &Git {
        self.engine.git()
    }
    /// The content of a blob. At most `limit` bytes are read.
    ///
    /// # Errors
    /// A blob that is not here or damaged.
    pub fn read_blob(&self, oid: &str, limit: u64) -> Result<Content, GitError> {
        let id = ObjectId::parse(oid.as_bytes()).ok_or_else(|| GitError::UnknownRevision {
            name: oid.to_owned(),
        })?;
        self.engine.blob(&id, limit)
    }

    /// Brings all blobs that will be read and that a partial clone lacks, in one fetch.
    ///
    /// # Errors
    /// Where some cannot be brought: all of them are named.
    pub fn prefetch_blobs(&self, oids: &[String]) -> Result<(), GitError> {
        let ids: Vec<ObjectId> = oids
            .iter()
            .filter_map(|oid| ObjectId::parse(oid.as_bytes()))
            .collect();
        promisor::bring(self.engine.as_ref(), &ids)
    }

    /// Whether a name stands for what `HEAD` will be after the first commit.
    fn is_unborn(&self, rev: &str) -> Result<bool, GitError> {
        if self.has_commits()? {
            return Ok(false);
        }
        let start = rev.split(['~', '^', '@', ':']).next().unwrap_or_default();
        Ok(matches!(start, "" | "HEAD") || self.current_branch()?.as_deref() == Some(start))
    }

    /// Opens a bare repository that the tool has made itself; `git` is the program as it is to be started there.
    pub(crate) fn own(directory: &Path, mut git: Git) -> Result<Self, GitError> {
        let opened = git2::Repository::open_bare(directory);
        let opened = opened.map_err(|error| from_library("the repository", &error))?;
        git.set("GIT_DIR", Some(directory.as_os_str()));
        let place = Place {
            git_dir: directory.to_owned(),
            common_dir: directory.to_owned(),
            root: None,
            bare: true,
            shallow: true,
        };
        Ok(Self {
            engine: Arc::new(Library::new(opened, git)),
            place,
        })
    }

    fn with_library(repository: git2::Repository) -> Self {
        // libgit2 ends its directories with a slash, which looks odd in messages.
        let plain = |path: &Path| path.components().collect::<PathBuf>();
        let root = repository.workdir().map(plain);
        let place = Place {
            git_dir: plain(repository.path()),
            common_dir: plain(repository.commondir()),
            bare: repository.is_bare(),
            shallow: repository.is_shallow(),
            root,
        };
        let git = Git::on(&place.git_dir, place.root.as_deref());
        Self {
            engine: Arc::new(Library::new(repository, git)),
            place,
        }
    }

    /// Opens what libgit2 has refused.
    fn with_program(start: &Path, refusal: &git2::Error) -> Result<Self, GitError> {
        let not_found = || GitError::NotARepository {
            start: start.display().to_string(),
        };
        if !start.is_dir() {
            return Err(not_found());
        }
        // A relative `GIT_DIR` counts from where this program was started.
        let git = Git::at(if repository_is_handed_over() {
            Path::new(".")
        } else {
            start
        });
        let lines = match rev_parse(&git, PLACE) {
            Ok(lines) => lines,
            Err(GitError::Program { stderr, .. }) if stderr.contains("dubious ownership") => {
                return Err(GitError::NotOwned {
                    path: quoted(&stderr).unwrap_or_else(|| start.display().to_string()),
                });
            }
            Err(GitError::Program { stderr, .. }) if stderr.contains("(or any") => {
                return Err(not_found());
            }
            Err(GitError::Program { stderr, .. })
                if refusal.code() != ErrorCode::NotFound || stderr.starts_with("fatal:") =>
            {
                return Err(GitError::Other {
                    cause: format!("{} (git says: {stderr})", refusal.message()),
                });
            }
            // There is no git program to ask.
            Err(_) => return Err(not_found()),
        };
        let [bare, inside, shallow, git_dir, common_dir] = lines.as_slice() else {
            return Err(GitError::Other {
                cause: "the path of the repository has a line break".to_owned(),
            });
        };
        let root = if inside == "true" {
            let mut lines = rev_parse(&git, &["--show-toplevel"])?;
            lines.pop().map(PathBuf::from)
        } else {
            None
        };
        let place = Place {
            git_dir: PathBuf::from(git_dir),
            common_dir: PathBuf::from(common_dir),
            bare: bare == "true",
            shallow: shallow == "true",
            root,
        };
        let git = Git::on(&place.git_dir, place.root.as_deref());
        Ok(Self {
            engine: Arc::new(Program::new(git)),
            place,
        })
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(formatter)
    }
}

const PLACE: &[&str] = &[
    "--is-bare-repository",
    "--is-inside-work-tree",
    "--is-shallow-repository",
    "--git-dir",
    "--git-common-dir",
];

fn rev_parse(git: &Git, what: &[&str]) -> Result<Vec<String>, GitError> {
    let arguments = [&["rev-parse", "--path-format=absolute"], what].concat();
    let output = git.output(&arguments, None)?;
    let text = String::from_utf8_lossy(&output);
    Ok(text.lines().map(str::to_owned).collect())
}

/// The name and the setting of a key `remote.<name>.<setting>`.
fn remote_key(key: &str) -> Option<(&str, &str)> {
    key.strip_prefix("remote.")?.rsplit_once('.')
}

/// An address without what makes no difference at its end.
fn address(url: &str) -> &str {
    let url = url.trim_end_matches('/');
    url.strip_suffix(".git").unwrap_or(url)
}

/// The first text between single quotes.
fn quoted(message: &str) -> Option<String> {
    message.split('\'').nth(1).map(|path| {
        let trimmed = path.trim_end_matches('/');
        trimmed.strip_suffix("/.git").unwrap_or(trimmed).to_owned()
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Repository;
    use crate::git::error::GitError;
    use crate::git::testing::{Fixture, bytes, names, path, read};
    use crate::model::id::CommitId;
    use crate::model::snapshot::{Content, FileKind};

    /// Looks at one commit, the index and the worktree of a repository, whatever engine reads it.
    fn everything_can_be_asked(fixture: &Fixture, name: &str) {
        let first = fixture.commit_files(name, &[("a.json", "1"), ("d/b.json", "2")], "first");
        fixture.git(name, &["tag", "-a", "-m", "x", "v1"]);
        let second = fixture.commit_files(name, &[("d/b.json", "3"), ("e.json", "4")], "second");
        fixture.write(&format!("{name}/e.json"), "5");
        fixture.git(name, &["add", "e.json"]);
        fixture.write(&format!("{name}/f.json"), "6");
        let repository = fixture.open(name);
        assert_eq!(
            repository.root(),
            Some(fixture.path(name).as_path()),
            "{repository:?}"
        );
        assert_eq!(
            repository.current_branch().unwrap().as_deref(),
            Some("main")
        );
        assert!(repository.has_commits().unwrap());
        assert_eq!(repository.resolve("HEAD").unwrap(), second);
        assert_eq!(repository.resolve("@").unwrap(), second);
        assert_eq!(repository.resolve("@~1").unwrap(), first);
        assert_eq!(
            repository.resolve(&first.as_str()[..12]).unwrap(),
            first,
            "a short id"
        );
        assert_eq!(repository.resolve("v1").unwrap(), first);
        for name in ["--all", "HEAD..v1", "", "v1:", "no such thing"] {
            assert!(repository.resolve(name).is_err(), "{name}");
        }
        assert_eq!(
            repository.resolve("nothing"),
            Err(GitError::UnknownRevision {
                name: "nothing".to_owned()
            })
        );
        assert_eq!(
            repository.resolve("HEAD:a.json"),
            Err(GitError::NotACommit {
                name: "HEAD:a.json".to_owned(),
                kind: "blob".to_owned()
            })
        );
        let commit = repository.commit(&first).unwrap();
        assert_eq!(names(commit.as_ref()), ["a.json", "d/b.json"]);
        assert_eq!(read(commit.as_ref(), "d/b.json"), bytes("2"));
        assert_eq!(read(commit.as_ref(), "d"), Content::Missing);
        assert_eq!(
            commit.read(&path("d/b.json"), 0),
            Ok(Content::TooLarge(1)),
            "limit"
        );
        let index = repository.index().unwrap();
        assert_eq!(names(index.as_ref()), ["a.json", "d/b.json", "e.json"]);
        assert_eq!(read(index.as_ref(), "e.json"), bytes("5"));
        let worktree = repository.worktree().unwrap();
        assert_eq!(
            names(worktree.as_ref()),
            ["a.json", "d/b.json", "e.json", "f.json"]
        );
        assert_eq!(read(worktree.as_ref(), "f.json"), bytes("6"));
        let changed = repository.changed_paths(Some(&first), &second).unwrap();
        assert_eq!(changed, [path("d/b.json"), path("e.json")]);
        assert_eq!(repository.changed_paths(None, &first).unwrap().len(), 2);
        assert_eq!(repository.staged_paths().unwrap(), [path("e.json")]);
        assert_eq!(
            repository.merge_base(&first, &second).unwrap(),
            Some(first.clone())
        );
        assert!(repository.is_ancestor(&first, &second).unwrap());
        assert!(!repository.is_ancestor(&second, &first).unwrap());
        assert!(repository.has_commit(&first).unwrap());
        let elsewhere = CommitId::parse(&"e".repeat(first.as_str().len())).unwrap();
        assert!(!repository.has_commit(&elsewhere).unwrap());
        let blobs = repository
            .introduced_blobs(
                std::slice::from_ref(&second),
                std::slice::from_ref(&first),
                None,
            )
            .unwrap();
        let mut brought: Vec<&str> = blobs.iter().map(|blob| blob.path.as_str()).collect();
        brought.sort_unstable();
        assert_eq!(brought, ["d/b.json", "e.json"]);
        assert!(blobs.iter().all(|blob| blob.commit == second));
        assert_eq!(
            repository.read_blob(&blobs[0].oid, 10).unwrap(),
            read(
                repository.commit(&second).unwrap().as_ref(),
                blobs[0].path.as_str()
            )
        );
        assert!(repository.hooks_dir().unwrap().ends_with(".git/hooks"));
        fixture.git(name, &["config", "core.hooksPath", "tools/hooks"]);
        assert_eq!(
            repository.hooks_dir().unwrap(),
            fixture.path(name).join("tools/hooks")
        );
        fixture.git(
            name,
            &["remote", "add", "my.origin", "https://example.com/a.git"],
        );
        assert_eq!(repository.remote_names().unwrap(), ["my.origin"]);
        assert_eq!(
            repository.remote_url("my.origin").unwrap().as_deref(),
            Some("https://example.com/a.git")
        );
    }

    #[test]
    fn an_ordinary_repository_answers_everything() {
        let fixture = Fixture::repository();
        everything_can_be_asked(&fixture, "work");
    }

    #[test]
    fn a_repository_with_sha256_ids_answers_everything() {
        let fixture = Fixture::empty();
        if fixture.can_init("work", &["--object-format=sha256"]) {
            everything_can_be_asked(&fixture, "work");
        }
    }

    #[test]
    fn a_repository_with_reftable_answers_everything() {
        let fixture = Fixture::empty();
        if fixture.can_init("work", &["--ref-format=reftable"]) {
            everything_can_be_asked(&fixture, "work");
        }
    }

    #[test]
    fn a_directory_without_a_repository_is_told() {
        let fixture = Fixture::empty();
        for start in [fixture.path(""), fixture.path("not/there")] {
            assert!(matches!(
                Repository::discover(&start),
                Err(GitError::NotARepository { .. })
            ));
        }
    }

    #[test]
    fn what_neither_engine_reads_is_told_in_the_words_of_git() {
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        fixture.git("work", &["config", "core.repositoryFormatVersion", "99"]);
        fixture.write("broken/.git", "gitdir: /nowhere/at/all\n");
        fixture.write("strange/.git", "rubbish");
        for (name, said) in [
            ("work", "99"),
            ("broken", "/nowhere/at/all"),
            ("strange", "git"),
        ] {
            let error = Repository::discover(&fixture.path(name)).unwrap_err();
            assert!(error.to_string().contains(said), "{name}: {error}");
            assert!(matches!(error, GitError::Other { .. }), "{name}: {error:?}");
        }
    }

    #[test]
    fn a_repository_is_found_from_a_file_below_it() {
        let fixture = Fixture::with_files(&[("d/a.json", "1")]);
        let repository = Repository::discover(&fixture.path("work/d/a.json")).unwrap();
        assert_eq!(repository.root(), Some(fixture.path("work").as_path()));
        assert!(!repository.is_bare());
    }

    #[test]
    fn a_repository_without_commits_has_a_branch_and_an_index() {
        let fixture = Fixture::repository();
        let repository = fixture.open("work");
        assert_eq!(
            repository.current_branch().unwrap().as_deref(),
            Some("main")
        );
        assert!(!repository.has_commits().unwrap());
        for name in ["HEAD", "main", "HEAD~1"] {
            assert_eq!(
                repository.resolve(name),
                Err(GitError::Unborn {
                    branch: Some("main".to_owned())
                }),
                "{name}"
            );
        }
        assert!(names(repository.index().unwrap().as_ref()).is_empty());
        assert!(names(repository.worktree().unwrap().as_ref()).is_empty());
        assert!(repository.staged_paths().unwrap().is_empty());
        fixture.write("work/a.json", "1");
        fixture.git("work", &["add", "a.json"]);
        assert_eq!(repository.staged_paths().unwrap(), [path("a.json")]);
    }

    #[test]
    fn a_bare_repository_has_commits_and_no_worktree() {
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        fixture.git("", &["clone", "--quiet", "--bare", "work", "bare"]);
        let repository = fixture.open("bare");
        assert!(repository.is_bare());
        assert_eq!(repository.root(), None);
        assert!(matches!(repository.worktree(), Err(GitError::NoWorktree)));
        let head = repository.resolve("HEAD").unwrap();
        assert_eq!(
            read(repository.commit(&head).unwrap().as_ref(), "a.json"),
            bytes("1")
        );
        assert_eq!(
            repository.hooks_dir().unwrap(),
            fixture.path("bare").join("hooks")
        );
    }

    #[test]
    fn a_linked_worktree_has_its_own_index_and_shares_its_hooks() {
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        fixture.git(
            "work",
            &["worktree", "add", "--quiet", "-b", "side", "../side"],
        );
        fixture.write("side/b.json", "2");
        fixture.git("side", &["add", "b.json"]);
        fixture.write("work/.git/info/exclude", "c.json\n");
        fixture.write("side/c.json", "3");
        let repository = fixture.open("side");
        assert_eq!(
            repository.current_branch().unwrap().as_deref(),
            Some("side")
        );
        assert_eq!(repository.staged_paths().unwrap(), [path("b.json")]);
        assert_eq!(
            names(repository.worktree().unwrap().as_ref()),
            ["a.json", "b.json"]
        );
        assert_eq!(
            repository.hooks_dir().unwrap(),
            fixture.path("work/.git/hooks")
        );
        assert_ne!(repository.git_dir(), repository.common_dir());
    }

    #[test]
    fn a_submodule_is_named_and_not_descended_into() {
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        fixture.init("inner", &[]);
        fixture.commit_files("inner", &[("secret.json", "2")], "inner");
        let url = fixture.path("inner").display().to_string();
        fixture.git("work", &["submodule", "--quiet", "add", &url, "sub"]);
        let id = fixture.commit("work", "submodule");
        let repository = fixture.open("work");
        for snapshot in [
            repository.worktree().unwrap(),
            repository.index().unwrap(),
            repository.commit(&id).unwrap(),
        ] {
            assert_eq!(
                names(snapshot.as_ref()),
                [".gitmodules", "a.json", "sub"],
                "{:?}",
                snapshot.origin()
            );
            let kind = snapshot.listing().unwrap().get(&path("sub")).unwrap().kind;
            assert_eq!(kind, FileKind::Submodule);
            assert_eq!(read(snapshot.as_ref(), "sub"), Content::NotAFile);
            assert_eq!(read(snapshot.as_ref(), "sub/secret.json"), Content::Missing);
        }
        // Seen from inside, the submodule is a repository like any other.
        let inner = fixture.open("work/sub");
        assert_eq!(names(inner.worktree().unwrap().as_ref()), ["secret.json"]);
    }

    #[test]
    fn a_shallow_clone_says_what_it_lacks_and_how_to_get_it() {
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        let first = fixture.id("work", "HEAD");
        fixture.commit_files("work", &[("b.json", "2")], "second");
        let url = format!("file://{}", fixture.path("work").display());
        fixture.git("", &["clone", "--quiet", "--depth=1", &url, "shallow"]);
        let repository = fixture.open("shallow");
        assert!(repository.is_shallow());
        for name in [first.as_str(), "HEAD~1"] {
            let error = repository.resolve(name).unwrap_err();
            assert!(matches!(error, GitError::Shallow { .. }), "{error:?}");
            assert!(error.hint().unwrap().contains("git fetch --unshallow"));
        }
        let head = repository.resolve("HEAD").unwrap();
        let blobs = repository
            .introduced_blobs(std::slice::from_ref(&head), &[], None)
            .unwrap();
        assert_eq!(blobs.len(), 2);
        let other = fixture.commit_files("shallow", &[("c.json", "3")], "third");
        assert_eq!(
            repository.merge_base(&head, &other).unwrap(),
            Some(head.clone())
        );
        fixture.git("shallow", &["checkout", "--quiet", "--orphan", "apart"]);
        let apart = fixture.commit("shallow", "apart");
        assert!(matches!(
            repository.merge_base(&head, &apart),
            Err(GitError::Shallow { .. })
        ));
    }

    #[test]
    fn every_blob_of_a_range_is_found_in_older_commits_and_in_merges() {
        let fixture = Fixture::with_files(&[("a.json", "known"), ("e.json", "known too")]);
        let base = fixture.id("work", "HEAD");
        let leak = fixture.commit_files("work", &[("s.env", "a secret")], "leak");
        fixture.git("work", &["rm", "--quiet", "s.env"]);
        fixture.commit("work", "nobody saw it");
        fixture.git(
            "work",
            &["checkout", "--quiet", "-b", "side", base.as_str()],
        );
        let side = fixture.commit_files("work", &[("b.json", "side")], "side");
        fixture.git("work", &["checkout", "--quiet", "main"]);
        fixture.git("work", &["merge", "--quiet", "--no-commit", "side"]);
        let merge = fixture.commit_files("work", &[("e.json", "evil")], "merge");
        let repository = fixture.open("work");
        let find = |not: &[CommitId]| {
            let blobs = repository
                .introduced_blobs(std::slice::from_ref(&merge), not, None)
                .unwrap();
            let mut found: Vec<(String, CommitId)> = blobs
                .into_iter()
                .map(|blob| (blob.path.as_str().to_owned(), blob.commit))
                .collect();
            found.sort();
            found
        };
        let brought = vec![
            ("b.json".to_owned(), side.clone()),
            ("e.json".to_owned(), merge.clone()),
            ("s.env".to_owned(), leak),
        ];
        assert_eq!(find(std::slice::from_ref(&base)), brought);
        assert_eq!(find(&[]).len(), 5, "the root commit brings its files");
        fixture.git(
            "work",
            &["update-ref", "refs/remotes/origin/feature/x", side.as_str()],
        );
        let known = repository
            .introduced_blobs(
                std::slice::from_ref(&merge),
                &[],
                Some("refs/remotes/origin/*"),
            )
            .unwrap();
        assert_eq!(known.len(), 2, "side and what is below it are known");
    }

    #[test]
    fn the_git_program_finds_the_same_blobs_as_libgit2() {
        let fixture = Fixture::empty();
        let mut counts = Vec::new();
        for (name, arguments) in [("one", &[][..]), ("two", &["--object-format=sha256"])] {
            if !fixture.can_init(name, arguments) {
                return;
            }
            fixture.commit_files(name, &[("a", "1"), ("d/b", "2")], "first");
            fixture.git(name, &["checkout", "--quiet", "-b", "side"]);
            fixture.commit_files(name, &[("d/c", "3")], "side");
            fixture.git(name, &["checkout", "--quiet", "main"]);
            fixture.commit_files(name, &[("a", "4")], "main");
            fixture.git(name, &["merge", "--quiet", "--no-commit", "side"]);
            let tip = fixture.commit_files(name, &[("d/b", "evil"), ("x\ny", "7")], "merge");
            let blobs = fixture
                .open(name)
                .introduced_blobs(&[tip], &[], None)
                .unwrap();
            let mut paths: Vec<String> = blobs
                .iter()
                .map(|blob| blob.path.as_str().to_owned())
                .collect();
            paths.sort();
            counts.push(paths);
        }
        assert_eq!(counts[0], ["a", "a", "d/b", "d/b", "d/c", "x\ny"]);
        assert_eq!(counts[0], counts[1]);
    }

    #[test]
    #[cfg(unix)]
    fn a_repository_of_somebody_else_is_refused_with_the_way_to_trust_it() {
        use std::os::unix::fs::{MetadataExt as _, chown};
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        if fs::metadata(fixture.path("work")).unwrap().uid() != 0 {
            eprintln!("skipped: only root can give a directory away");
            return;
        }
        for name in ["work", "work/.git"] {
            chown(fixture.path(name), Some(12345), Some(12345)).unwrap();
        }
        let error = Repository::discover(&fixture.path("work")).unwrap_err();
        assert_eq!(
            error,
            GitError::NotOwned {
                path: fixture.path("work").display().to_string()
            }
        );
        assert!(error.hint().unwrap().contains("safe.directory"));
    }
}
