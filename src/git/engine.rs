//! What a repository is asked, whoever answers: libgit2 or the git program.

use std::path::PathBuf;

use crate::git::command::Git;
use crate::git::error::GitError;
use crate::git::object::ObjectId;
use crate::git::written::{NewEntry, Signature};
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, FileKind, RefusedName};

/// A blob that commits of a range add or change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntroducedBlob {
    /// The id of the blob, in hexadecimal.
    pub oid: String,
    /// One path it stands at.
    pub path: RepoPath,
    /// The first commit of the range that brought it.
    pub commit: CommitId,
}

/// One name in a commit or an index, and the object that stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredEntry {
    pub(crate) path: RepoPath,
    pub(crate) kind: FileKind,
    pub(crate) id: ObjectId,
    /// A sparse checkout leaves it out of the worktree.
    pub(crate) skip_worktree: bool,
    /// A merge left more than one version of it.
    pub(crate) conflicted: bool,
}

/// All names of a commit or an index.
#[derive(Clone, Debug, Default)]
pub(crate) struct StoredList {
    pub(crate) entries: Vec<StoredEntry>,
    pub(crate) refused: Vec<RefusedName>,
}

/// Answers questions about one repository.
pub(crate) trait Engine: Send + Sync {
    /// The git program on this repository.
    fn git(&self) -> &Git;

    /// The value of a configuration key; the last one where there are several.
    fn config(&self, key: &str) -> Result<Option<String>, GitError>;

    /// As [`Engine::config`], with `~` replaced.
    fn config_path(&self, key: &str) -> Result<Option<PathBuf>, GitError>;

    /// The names of all keys below `remote.` and their values.
    fn remote_settings(&self) -> Result<Vec<(String, String)>, GitError>;

    /// Where `HEAD` points, as long as it is a branch; it may have no commit.
    fn head_branch(&self) -> Result<Option<String>, GitError>;

    /// The commit that `HEAD` stands for, where there is one.
    fn head_commit(&self) -> Result<Option<CommitId>, GitError>;

    /// The commit that a name stands for.
    fn resolve(&self, name: &str) -> Result<CommitId, GitError>;

    /// Which of these objects are not here.
    fn missing(&self, ids: &[ObjectId]) -> Result<Vec<ObjectId>, GitError>;

    /// The content of a blob, never fetched from elsewhere.
    fn blob(&self, id: &ObjectId, limit: u64) -> Result<Content, GitError>;

    /// The root tree of a commit.
    fn root_tree(&self, commit: &CommitId) -> Result<ObjectId, GitError>;

    /// Every file of a commit.
    fn commit_files(&self, commit: &CommitId) -> Result<StoredList, GitError>;

    /// Every file of the index.
    fn index_files(&self) -> Result<StoredList, GitError>;

    /// Paths that are new in `tip` or other than in `base`; all paths without a base.
    fn changed(&self, base: Option<&CommitId>, tip: &CommitId) -> Result<Vec<RepoPath>, GitError>;

    /// Paths that are new in the index or other than in `HEAD`.
    fn staged(&self) -> Result<Vec<RepoPath>, GitError>;

    /// The best common ancestor of `one` and any of `others`.
    fn merge_base(&self, one: &CommitId, others: &[CommitId])
    -> Result<Option<CommitId>, GitError>;

    /// The commits that references matching a pattern such as `refs/remotes/origin/*` point to.
    fn tips(&self, pattern: &str) -> Result<Vec<CommitId>, GitError>;

    /// The blobs that commits reachable from `tips` and not from `not` bring.
    fn introduced(
        &self,
        tips: &[CommitId],
        not: &[CommitId],
    ) -> Result<Vec<IntroducedBlob>, GitError>;

    /// Writes a blob.
    fn write_blob(&self, bytes: &[u8]) -> Result<ObjectId, GitError>;

    /// Writes a tree.
    fn write_tree(&self, entries: &[NewEntry]) -> Result<ObjectId, GitError>;

    /// Writes a commit. No reference moves.
    fn write_commit(
        &self,
        tree: &ObjectId,
        parent: Option<&CommitId>,
        signature: &Signature,
        message: &str,
    ) -> Result<CommitId, GitError>;

    /// The commit that a reference with this full name stands for.
    fn reference(&self, name: &str) -> Result<Option<CommitId>, GitError>;

    /// Moves a reference from `expected` to `new` while nobody else can; `false` where it stands for something else.
    fn swap_reference(
        &self,
        name: &str,
        expected: Option<&CommitId>,
        new: &CommitId,
    ) -> Result<bool, GitError>;

    /// Looks again at what the git program may have changed.
    fn refresh(&self) -> Result<(), GitError>;
}

/// What a mode of a tree or an index stands for; `None` for a directory.
pub(crate) fn kind_of_mode(mode: u32) -> Option<FileKind> {
    match mode & 0o170_000 {
        0o040_000 => None,
        0o120_000 => Some(FileKind::Link),
        0o160_000 => Some(FileKind::Submodule),
        _ => Some(FileKind::File),
    }
}

/// A blob must be told even where it stands at a path that no file system can have.
pub(crate) fn path_or_root(path: &[u8]) -> RepoPath {
    RepoPath::from_git(path).unwrap_or_else(|_| RepoPath::root())
}
