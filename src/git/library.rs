//! The engine over libgit2: fast, in process, and without the network.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use git2::{Delta, DiffOptions, ErrorClass, ErrorCode, ObjectType, Oid, Sort};

use crate::git::command::{Git, checked_revision};
use crate::git::engine::{Engine, IntroducedBlob, StoredList, path_or_root};
use crate::git::error::{GitError, INDEX, from_library};
use crate::git::object::ObjectId;
use crate::git::program::Program;
use crate::git::written::{NewEntry, Signature};
use crate::git::{index, library_write, promisor, tree};
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, FileKind};

/// A repository that libgit2 has opened.
pub(crate) struct Library {
    repository: Mutex<git2::Repository>,
    /// Reads the kinds of index that libgit2 refuses.
    program: Program,
}

impl Library {
    /// Takes an open repository and the git program on the same one.
    pub(crate) fn new(repository: git2::Repository, git: Git) -> Self {
        Self {
            repository: Mutex::new(repository),
            program: Program::new(git),
        }
    }

    fn repository(&self) -> MutexGuard<'_, git2::Repository> {
        // Nothing of ours is left half done in a repository that is only read.
        self.repository
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for Library {
    fn git(&self) -> &Git {
        self.program.git()
    }

    fn config(&self, key: &str) -> Result<Option<String>, GitError> {
        let config = self.repository().config().and_then(|mut c| c.snapshot());
        let config = config.map_err(|error| from_library(CONFIGURATION, &error))?;
        match config.get_bytes(key) {
            Ok(value) => Ok(Some(String::from_utf8_lossy(value).into_owned())),
            Err(error) => none_if_not_found(&error),
        }
    }

    fn config_path(&self, key: &str) -> Result<Option<PathBuf>, GitError> {
        let config = self.repository().config();
        let config = config.map_err(|error| from_library(CONFIGURATION, &error))?;
        match config.get_path(key) {
            Ok(value) => Ok(Some(value)),
            Err(error) => none_if_not_found(&error),
        }
    }

    fn remote_settings(&self) -> Result<Vec<(String, String)>, GitError> {
        let failed = |error: git2::Error| from_library(CONFIGURATION, &error);
        let config = self.repository().config().map_err(failed)?;
        let mut settings = Vec::new();
        config
            .entries(Some(r"^remote\."))
            .and_then(|entries| {
                entries.for_each(|entry| {
                    let value = if entry.has_value() {
                        String::from_utf8_lossy(entry.value_bytes()).into_owned()
                    } else {
                        String::new()
                    };
                    let key = String::from_utf8_lossy(entry.name_bytes()).into_owned();
                    settings.push((key, value));
                })
            })
            .map_err(failed)?;
        Ok(settings)
    }

    fn head_branch(&self) -> Result<Option<String>, GitError> {
        let repository = self.repository();
        let head = repository
            .find_reference("HEAD")
            .map_err(|error| from_library("HEAD", &error))?;
        let branch = head.symbolic_target_bytes().and_then(|target| {
            let name = target.strip_prefix(b"refs/heads/")?;
            Some(String::from_utf8_lossy(name).into_owned())
        });
        Ok(branch)
    }

    fn head_commit(&self) -> Result<Option<CommitId>, GitError> {
        let repository = self.repository();
        match repository.head() {
            Ok(head) => head
                .peel_to_commit()
                .map(|commit| commit_id(commit.id()))
                .map_err(|error| from_library("HEAD", &error)),
            Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {
                Ok(None)
            }
            Err(error) => Err(from_library("HEAD", &error)),
        }
    }

    fn resolve(&self, name: &str) -> Result<CommitId, GitError> {
        let name = checked_revision(name)?;
        let repository = self.repository();
        let unknown = || GitError::UnknownRevision {
            name: name.to_owned(),
        };
        let object = match repository.revparse_single(name) {
            Ok(object) => object,
            Err(error)
                if matches!(
                    error.code(),
                    ErrorCode::NotFound | ErrorCode::InvalidSpec | ErrorCode::UnbornBranch
                ) || matches!(error.class(), ErrorClass::Invalid | ErrorClass::Reference) =>
            {
                return Err(unknown());
            }
            Err(error) => return Err(from_library(name, &error)),
        };
        match object.peel_to_commit() {
            Ok(commit) => commit_id(commit.id()).ok_or_else(unknown),
            Err(error) if error.code() == ErrorCode::NotFound => Err(from_library(name, &error)),
            Err(_) => {
                let target = object.peel(ObjectType::Any).ok();
                let kind = target
                    .and_then(|target| target.kind())
                    .or_else(|| object.kind());
                Err(GitError::NotACommit {
                    name: name.to_owned(),
                    kind: kind.map_or_else(|| "object".to_owned(), |kind| kind.str().to_owned()),
                })
            }
        }
    }

    fn missing(&self, ids: &[ObjectId]) -> Result<Vec<ObjectId>, GitError> {
        let repository = self.repository();
        let store = repository
            .odb()
            .map_err(|error| from_library(OBJECTS, &error))?;
        let mut missing = Vec::new();
        for id in ids {
            // Without a second look at the directory of packs for each object that is not here.
            let here = store.exists_ext(library_id(id)?, git2::OdbLookupFlags::NO_REFRESH);
            if !here {
                missing.push(*id);
            }
        }
        Ok(missing)
    }

    fn blob(&self, id: &ObjectId, limit: u64) -> Result<Content, GitError> {
        let wanted = library_id(id)?;
        let result = {
            let repository = self.repository();
            read_blob(&repository, wanted, limit)
        };
        match result {
            Ok(content) => Ok(content),
            // The lock is free again: looking for the promising remote takes it once more.
            Err(error) if error.code() == ErrorCode::NotFound => {
                Err(promisor::missing_error(self, &[*id], ""))
            }
            Err(error) => Err(from_library(&format!("object {id}"), &error)),
        }
    }

    fn root_tree(&self, commit: &CommitId) -> Result<ObjectId, GitError> {
        tree::object_id(root_of(&self.repository(), commit)?)
    }

    fn commit_files(&self, commit: &CommitId) -> Result<StoredList, GitError> {
        let repository = self.repository();
        let root = root_of(&repository, commit)?;
        tree::files(&repository, root)
    }

    fn index_files(&self) -> Result<StoredList, GitError> {
        let list = index::files(&self.repository())?;
        match list {
            Some(list) => Ok(list),
            None => self.program.index_files(),
        }
    }

    fn changed(&self, base: Option<&CommitId>, tip: &CommitId) -> Result<Vec<RepoPath>, GitError> {
        let repository = self.repository();
        let bases = base
            .map(|base| root_of(&repository, base))
            .transpose()?
            .into_iter()
            .collect::<Vec<_>>();
        let mut paths = Vec::new();
        tree::changes(
            &repository,
            &bases,
            root_of(&repository, tip)?,
            &mut |path, _, _| paths.extend(RepoPath::from_git(path)),
        )?;
        paths.sort_unstable();
        Ok(paths)
    }

    fn staged(&self) -> Result<Vec<RepoPath>, GitError> {
        let head = self.head_commit()?;
        let result = {
            let repository = self.repository();
            staged(&repository, head.as_ref())?
        };
        match result {
            Some(paths) => Ok(paths),
            None => self.program.staged(),
        }
    }

    fn merge_base(
        &self,
        one: &CommitId,
        others: &[CommitId],
    ) -> Result<Option<CommitId>, GitError> {
        if others.is_empty() {
            return Ok(None);
        }
        let mut ids = vec![commit_oid(one)?];
        for other in others {
            ids.push(commit_oid(other)?);
        }
        let repository = self.repository();
        match repository.merge_base_many(&ids) {
            Ok(id) => Ok(commit_id(id)),
            Err(error)
                if error.code() == ErrorCode::NotFound && error.class() == ErrorClass::Merge =>
            {
                Ok(None)
            }
            Err(error) => Err(from_library("the history", &error)),
        }
    }

    fn tips(&self, pattern: &str) -> Result<Vec<CommitId>, GitError> {
        let repository = self.repository();
        let references = repository
            .references_glob(pattern)
            .map_err(|error| from_library("the references", &error))?;
        // A reference that points nowhere, as `origin/HEAD` often does, has no commit to leave out.
        let mut tips: Vec<CommitId> = references
            .filter_map(|reference| reference.ok()?.peel_to_commit().ok())
            .filter_map(|commit| commit_id(commit.id()))
            .collect();
        tips.sort_unstable();
        tips.dedup();
        Ok(tips)
    }

    fn introduced(
        &self,
        tips: &[CommitId],
        not: &[CommitId],
    ) -> Result<Vec<IntroducedBlob>, GitError> {
        let repository = self.repository();
        let failed = |error: git2::Error| from_library("the history", &error);
        let mut walk = repository.revwalk().map_err(failed)?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::REVERSE)
            .map_err(failed)?;
        for tip in tips {
            walk.push(commit_oid(tip)?).map_err(failed)?;
        }
        for known in not {
            walk.hide(commit_oid(known)?).map_err(failed)?;
        }
        let (mut seen, mut blobs) = (HashSet::new(), Vec::new());
        for id in walk {
            let commit = repository
                .find_commit(id.map_err(failed)?)
                .map_err(failed)?;
            let parents = commit
                .parents()
                .map(|parent| parent.tree_id())
                .collect::<Vec<_>>();
            let Some(bringer) = commit_id(commit.id()) else {
                continue;
            };
            tree::changes(
                &repository,
                &parents,
                commit.tree_id(),
                &mut |path, kind, id| {
                    let content = matches!(kind, FileKind::File | FileKind::Link);
                    if content && seen.insert(id) {
                        blobs.push(IntroducedBlob {
                            oid: id.to_string(),
                            path: path_or_root(path),
                            commit: bringer.clone(),
                        });
                    }
                },
            )?;
        }
        Ok(blobs)
    }

    fn write_blob(&self, bytes: &[u8]) -> Result<ObjectId, GitError> {
        library_write::blob(&self.repository(), bytes)
    }

    fn write_tree(&self, entries: &[NewEntry]) -> Result<ObjectId, GitError> {
        library_write::tree(&self.repository(), entries)
    }

    fn write_commit(
        &self,
        tree: &ObjectId,
        parent: Option<&CommitId>,
        signature: &Signature,
        message: &str,
    ) -> Result<CommitId, GitError> {
        library_write::commit(&self.repository(), tree, parent, signature, message)
    }

    fn reference(&self, name: &str) -> Result<Option<CommitId>, GitError> {
        library_write::reference(&self.repository(), name)
    }

    fn swap_reference(
        &self,
        name: &str,
        expected: Option<&CommitId>,
        new: &CommitId,
    ) -> Result<bool, GitError> {
        library_write::swap(&self.repository(), name, expected, new)
    }

    fn refresh(&self) -> Result<(), GitError> {
        let repository = self.repository();
        repository
            .odb()
            .and_then(|store| store.refresh())
            .map_err(|error| from_library(OBJECTS, &error))
    }
}

const CONFIGURATION: &str = "the configuration of git";
const OBJECTS: &str = "the object store";

fn read_blob(repository: &git2::Repository, id: Oid, limit: u64) -> Result<Content, git2::Error> {
    let store = repository.odb()?;
    let (size, kind) = store.read_header(id)?;
    if kind != ObjectType::Blob {
        return Ok(Content::NotAFile);
    }
    if size as u64 > limit {
        return Ok(Content::TooLarge(size as u64));
    }
    Ok(Content::Bytes(store.read(id)?.data().to_vec()))
}

/// Paths that differ between the index and `HEAD`; `None` where libgit2 cannot read the index.
fn staged(
    repository: &git2::Repository,
    head: Option<&CommitId>,
) -> Result<Option<Vec<RepoPath>>, GitError> {
    let failed = |error: git2::Error| from_library(INDEX, &error);
    let head = head
        .map(|head| repository.find_commit(commit_oid(head)?).map_err(failed))
        .transpose()?
        .map(|commit| commit.tree().map_err(failed))
        .transpose()?;
    let mut index = match repository.index() {
        Ok(index) => index,
        Err(error) if index::needs_program(&error) => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    match index.read(false) {
        Ok(()) => {}
        Err(error) if index::needs_program(&error) => return Ok(None),
        Err(error) => return Err(failed(error)),
    }
    let mut options = DiffOptions::new();
    options.include_typechange(true);
    let difference = repository
        .diff_tree_to_index(head.as_ref(), Some(&index), Some(&mut options))
        .map_err(failed)?;
    let mut paths: Vec<RepoPath> = difference
        .deltas()
        .filter(|delta| !matches!(delta.status(), Delta::Deleted | Delta::Unmodified))
        .filter(|delta| {
            let added = delta
                .new_file()
                .path()
                .filter(|_| delta.status() == Delta::Added);
            !added
                .and_then(|path| index.get_path(path, 0))
                .is_some_and(|entry| index::is_only_intended(&entry))
        })
        .filter_map(|delta| {
            let file = delta.new_file();
            RepoPath::from_git(file.path_bytes().or(delta.old_file().path_bytes())?).ok()
        })
        .collect();
    paths.sort_unstable();
    paths.dedup();
    Ok(Some(paths))
}

fn root_of(repository: &git2::Repository, commit: &CommitId) -> Result<Oid, GitError> {
    match repository.find_commit(commit_oid(commit)?) {
        Ok(commit) => Ok(commit.tree_id()),
        Err(error) if error.code() == ErrorCode::NotFound => Err(GitError::UnknownRevision {
            name: commit.to_string(),
        }),
        Err(error) => Err(from_library(&format!("commit {commit}"), &error)),
    }
}

fn none_if_not_found<T>(error: &git2::Error) -> Result<Option<T>, GitError> {
    match error.code() {
        ErrorCode::NotFound => Ok(None),
        _ => Err(from_library(CONFIGURATION, error)),
    }
}

fn commit_id(id: Oid) -> Option<CommitId> {
    CommitId::parse(&id.to_string())
}

fn commit_oid(id: &CommitId) -> Result<Oid, GitError> {
    // An id of another length than this repository's cannot be here.
    Oid::from_str(id.as_str()).map_err(|_| GitError::UnknownRevision {
        name: id.to_string(),
    })
}

fn library_id(id: &ObjectId) -> Result<Oid, GitError> {
    Oid::from_bytes(id.as_bytes()).map_err(|_| GitError::MissingObjects {
        ids: vec![id.to_string()],
        fix: "this repository has ids of another length".to_owned(),
    })
}
