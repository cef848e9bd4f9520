//! Changes laid into an index of our own, over what a commit holds: each looked at before anything is stored.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::git::attributes::{Conversion, conversions};
use crate::git::command::Git;
use crate::git::error::GitError;
use crate::git::repository::Repository;
use crate::git::target::{above, check_name};
use crate::git::worktree_write::Replaced;
use crate::git::write_error::{Refusal, WriteError, io_error};
use crate::model::change::ChangeSet;
use crate::model::digest::Digest;
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::snapshot::Content;

/// An index of our own that goes away afterwards.
pub(crate) struct Scratch {
    directory: tempfile::TempDir,
    git: Git,
}

impl Scratch {
    /// An index that holds what a commit holds.
    pub(crate) fn new(
        repository: &Repository,
        parent: Option<&CommitId>,
    ) -> Result<Self, WriteError> {
        // Below the repository's directory: git renames its lock file beside the index.
        let inside = repository.git_dir();
        let directory = tempfile::Builder::new()
            .prefix("postman-commit-")
            .tempdir_in(inside)
            .map_err(|source| io_error("write", inside, source))?;
        let mut git = repository.git().clone();
        let index = directory.path().join("index");
        git.set("GIT_INDEX_FILE", Some(index.as_os_str()));
        match parent {
            Some(parent) => git.output(&["-c", NO_SPLIT, "read-tree", parent.as_str()], None)?,
            None => git.output(&["-c", NO_SPLIT, "read-tree", "--empty"], None)?,
        };
        Ok(Self { directory, git })
    }

    /// Puts what is staged into the index and gives the id of its tree.
    pub(crate) fn write_tree(&self, staged: &Staged) -> Result<String, GitError> {
        self.git.output(
            &["-c", NO_SPLIT, "update-index", "-z", "--index-info"],
            Some(&staged.lines()),
        )?;
        // Objects that a partial clone lacks are named by the parent already.
        let tree = self.git.output(&["write-tree", "--missing-ok"], None)?;
        Ok(String::from_utf8_lossy(&tree).trim().to_owned())
    }
}

/// Contents that are stored and not yet in a tree.
pub(crate) struct Staged {
    /// What is replaced by what.
    pub(crate) replaced: Vec<Replaced>,
    /// The blob that each path shall have; `None` where it goes.
    pub(crate) ids: Vec<(RepoPath, Option<String>)>,
    /// The mode of what each path shall have.
    modes: Vec<String>,
}

impl Staged {
    /// The lines for `git update-index --index-info`: what is deleted comes first, for a file may become a directory.
    fn lines(&self) -> Vec<u8> {
        let mut lines = Vec::new();
        let length = self
            .ids
            .iter()
            .find_map(|(_, id)| id.as_ref())
            .map_or(40, String::len);
        for deleted in [true, false] {
            for ((path, id), mode) in self.ids.iter().zip(&self.modes) {
                if id.is_none() != deleted {
                    continue;
                }
                let line = match id {
                    None => format!("0 {}\t", "0".repeat(length)),
                    Some(id) => format!("{mode} {id}\t"),
                };
                lines.extend_from_slice(line.as_bytes());
                lines.extend_from_slice(path.as_bytes());
                lines.push(0);
            }
        }
        lines
    }
}

/// Looks at every change and stores the new contents.
pub(crate) fn stage(
    repository: &Repository,
    scratch: &Scratch,
    changes: &ChangeSet,
    parent: Option<&CommitId>,
) -> Result<Staged, WriteError> {
    let modes = modes(&scratch.git)?;
    let written: Vec<&RepoPath> = changes.writes().map(|change| &change.path).collect();
    let conversions = conversions(&scratch.git, &written, true)?;
    let snapshot = match parent {
        Some(parent) => Some(repository.commit(parent)?),
        None => None,
    };
    let none = Conversion::default();
    let mut unexpected = Vec::new();
    let mut replaced = Vec::new();
    let mut files: Vec<Option<PathBuf>> = Vec::new();
    let mut own_modes = Vec::new();
    for change in changes.iter() {
        let path = &change.path;
        let refused = |reason| WriteError::Refused {
            path: path.clone(),
            reason,
        };
        check_name(path).map_err(refused)?;
        check_place(path, &modes, changes).map_err(refused)?;
        let before = match &snapshot {
            None => None,
            Some(snapshot) => match snapshot.read(path, u64::MAX)? {
                Content::Bytes(bytes) => Some(bytes),
                Content::Link(_) => return Err(refused(Refusal::Link(path.clone()))),
                Content::NotAFile | Content::TooLarge(_) => {
                    return Err(refused(Refusal::Submodule(path.clone())));
                }
                Content::Missing => None,
            },
        };
        let wanted = match &change.content {
            None => None,
            Some(content) if before.as_ref() == Some(content) => continue,
            Some(content) => {
                let conversion = conversions.get(path).unwrap_or(&none);
                Some(
                    conversion
                        .to_stored(content, before.as_deref())
                        .map_err(refused)?,
                )
            }
        };
        if wanted == before {
            continue;
        }
        if !change.expected.is_met(before.as_deref()) {
            unexpected.push(path.clone());
            continue;
        }
        files.push(match &wanted {
            None => None,
            Some(bytes) => {
                let file = scratch.directory.path().join(files.len().to_string());
                fs::write(&file, bytes).map_err(|source| io_error("write", &file, source))?;
                Some(file)
            }
        });
        own_modes.push(modes.get(path).map_or("100644", String::as_str).to_owned());
        replaced.push(Replaced {
            path: path.clone(),
            before: before.as_deref().map(Digest::of),
            after: wanted.as_deref().map(Digest::of),
        });
    }
    if !unexpected.is_empty() {
        return Err(WriteError::Unexpected(unexpected));
    }
    let written: Vec<&Path> = files.iter().flatten().map(PathBuf::as_path).collect();
    let mut stored = store(repository, &written)?.into_iter();
    let ids = replaced
        .iter()
        .zip(&files)
        .map(|(one, file)| {
            let id = file.as_ref().and_then(|_| stored.next());
            (one.path.clone(), id)
        })
        .collect();
    Ok(Staged {
        replaced,
        ids,
        modes: own_modes,
    })
}

/// What stands in the tree, by path: the mode.
fn modes(git: &Git) -> Result<BTreeMap<RepoPath, String>, GitError> {
    let output = git.output(&["ls-files", "-s", "-z"], None)?;
    let mut modes = BTreeMap::new();
    for record in output.split(|byte| *byte == 0) {
        let Some(tab) = record.iter().position(|byte| *byte == b'\t') else {
            continue;
        };
        let mode = String::from_utf8_lossy(&record[..tab.min(6)]).into_owned();
        if let Ok(path) = RepoPath::from_git(&record[tab + 1..]) {
            modes.insert(path, mode);
        }
    }
    Ok(modes)
}

/// Files and directories of one name, links and submodules in the way.
fn check_place(
    path: &RepoPath,
    modes: &BTreeMap<RepoPath, String>,
    changes: &ChangeSet,
) -> Result<(), Refusal> {
    for directory in above(path) {
        match modes.get(&directory).map(String::as_str) {
            None => {}
            Some("160000") => return Err(Refusal::Submodule(directory)),
            Some(_) if changes.deletes_path(&directory) || changes.deletes_path(path) => {}
            Some("120000") => return Err(Refusal::Link(directory)),
            Some(_) => return Err(Refusal::FileInTheWay(directory)),
        }
    }
    if !changes.deletes_path(path) && !modes.contains_key(path) {
        // The names below a directory follow one another but for those with bytes before the slash in between.
        let prefix = format!("{path}/");
        let stays = modes
            .keys()
            .any(|own| own.as_str().starts_with(&prefix) && !changes.deletes_path(own));
        if stays {
            return Err(Refusal::DirectoryInTheWay(path.clone()));
        }
    }
    Ok(())
}

/// Stores contents as they are, in one run of git.
fn store(repository: &Repository, files: &[&Path]) -> Result<Vec<String>, WriteError> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let mut input = Vec::new();
    for file in files {
        input.extend_from_slice(file.as_os_str().as_encoded_bytes());
        input.push(b'\n');
    }
    let arguments = ["hash-object", "-w", "--no-filters", "--stdin-paths"];
    let output = repository.git().output(&arguments, Some(&input))?;
    let ids: Vec<String> = String::from_utf8_lossy(&output)
        .lines()
        .map(str::to_owned)
        .collect();
    if ids.len() != files.len() {
        return Err(WriteError::Git(GitError::Program {
            command: "hash-object".to_owned(),
            stderr: "it did not store every file".to_owned(),
        }));
    }
    Ok(ids)
}

/// A shared index would stay behind in the repository.
const NO_SPLIT: &str = "core.splitIndex=false";
