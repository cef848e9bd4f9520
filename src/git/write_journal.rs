//! Files replaced all together or not at all, as far as a file system allows: a journal in the repository's own
//! directory says what stood before, so that a run that was killed is taken back by the next one.
//!
//! Order: copies of what is replaced, the journal, the new contents beside their places, deletions, renames, reading
//! back, and the end of the journal. Until that end everything can be put back; nobody else's work is ever undone,
//! since a file is put back only where it still holds what the run wrote.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::git::disk::{is_gone, read_below, system_path};
use crate::git::target::above;
use crate::git::write_error::{WriteError, io_error};
use crate::model::digest::Digest;
use crate::model::path::RepoPath;
use crate::model::snapshot::Content;

/// One file to replace, checked already.
pub(crate) struct Replacement {
    pub(crate) path: RepoPath,
    pub(crate) before: Option<Vec<u8>>,
    pub(crate) after: Option<Vec<u8>>,
}

/// What a test makes of a step. Runs of users always go on.
pub(crate) enum Next {
    Go,
    /// The process ends here, without a chance to put anything back.
    #[cfg_attr(not(test), expect(dead_code, reason = "only tests stop a run"))]
    Stop,
    /// The system refuses this step.
    #[cfg_attr(not(test), expect(dead_code, reason = "only tests let a step fail"))]
    Fail(io::Error),
}

/// Is asked before every step that changes something on disk.
pub(crate) type Watch<'a> = &'a mut dyn FnMut(&'static str) -> Next;

/// What became of a run that had been killed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Files that hold again what they held before that run.
    pub put_back: Vec<RepoPath>,
    /// Files that were left alone: somebody has changed them since.
    pub left: Vec<RepoPath>,
}

/// Where journals of a worktree are.
pub(crate) struct JournalPlace<'a> {
    /// The root of the worktree.
    pub(crate) root: &'a Path,
    /// A directory of our own in the repository's directory.
    pub(crate) directory: PathBuf,
    /// The commit that is checked out.
    pub(crate) head: Option<String>,
}

/// The journal as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    version: u32,
    head: Option<String>,
    /// In the order in which they are replaced.
    files: Vec<StoredFile>,
    /// Directories that are made, the topmost first.
    directories: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredFile {
    path: String,
    before: Option<String>,
    after: Option<String>,
    /// The new content beside its place, until it is renamed.
    temporary: Option<String>,
}

const VERSION: u32 = 1;
const JOURNAL: &str = "journal.json";

/// Replaces files.
pub(crate) fn replace(
    place: &JournalPlace<'_>,
    replacements: &[Replacement],
    watch: Watch<'_>,
) -> Result<(), WriteError> {
    // What is deleted goes first: a file may become a directory, or a directory a file.
    let mut ordered: Vec<&Replacement> = replacements.iter().collect();
    ordered.sort_by_key(|one| one.after.is_some());
    let stored = Stored {
        version: VERSION,
        head: place.head.clone(),
        files: ordered
            .iter()
            .enumerate()
            .map(|(index, one)| StoredFile {
                path: one.path.as_str().to_owned(),
                before: one
                    .before
                    .as_deref()
                    .map(|bytes| Digest::of(bytes).to_string()),
                after: one
                    .after
                    .as_deref()
                    .map(|bytes| Digest::of(bytes).to_string()),
                temporary: one
                    .after
                    .as_deref()
                    .map(|bytes| place.temporary(&one.path, index, bytes)),
            })
            .collect(),
        directories: place.missing_directories(&ordered),
    };
    let prepared = place.prepare(&ordered, &stored, watch);
    let outcome = prepared.and_then(|()| place.write(&ordered, &stored, watch));
    match outcome {
        Ok(()) => place.end(watch),
        Err(WriteError::Stopped) => Err(WriteError::Stopped),
        Err(cause) => Err(match place.put_back(&stored, watch) {
            Ok(_) => match place.end(watch) {
                Ok(()) => cause,
                Err(second) => half_done(cause, &second),
            },
            Err(WriteError::Stopped) => WriteError::Stopped,
            Err(second) => half_done(cause, &second),
        }),
    }
}

/// Takes back what a killed run left, where there is such a run.
pub(crate) fn recover(
    place: &JournalPlace<'_>,
    watch: Watch<'_>,
) -> Result<Option<Recovered>, WriteError> {
    let path = place.directory.join(JOURNAL);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if is_gone(&error) => {
            // Copies without a journal are of a run that had not begun, or that was done.
            place.end(watch)?;
            return Ok(None);
        }
        Err(error) => return Err(io_error("read", &path, error)),
    };
    let broken = |cause: String| WriteError::Journal {
        path: path.display().to_string(),
        cause,
    };
    let stored: Stored = serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?;
    if stored.version != VERSION {
        return Err(broken(format!("its version is {}", stored.version)));
    }
    let recovered = place.put_back(&stored, watch)?;
    place.end(watch)?;
    Ok(Some(recovered))
}

impl JournalPlace<'_> {
    fn full(&self, path: &str) -> PathBuf {
        self.root.join(system_path(path.as_bytes()))
    }

    fn backup(&self, index: usize) -> PathBuf {
        self.directory.join(format!("{index}.before"))
    }

    /// A name beside the place, or in the nearest directory above that is there already.
    fn temporary(&self, path: &RepoPath, index: usize, bytes: &[u8]) -> String {
        let directories = above(path);
        let existing = directories.iter().rev().find(|directory| {
            fs::symlink_metadata(self.full(directory.as_str())).is_ok_and(|data| data.is_dir())
        });
        let name = format!(
            ".git-postman-{index}-{}.tmp",
            &Digest::of(bytes).short()[..12]
        );
        match existing {
            Some(directory) => format!("{directory}/{name}"),
            None => name,
        }
    }

    fn missing_directories(&self, ordered: &[&Replacement]) -> Vec<String> {
        let mut missing: Vec<String> = ordered
            .iter()
            .filter(|one| one.after.is_some())
            .flat_map(|one| above(&one.path))
            .map(|directory| directory.as_str().to_owned())
            .filter(|directory| {
                !fs::symlink_metadata(self.full(directory)).is_ok_and(|data| data.is_dir())
            })
            .collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// Copies of what will be replaced, then the journal.
    fn prepare(
        &self,
        ordered: &[&Replacement],
        stored: &Stored,
        watch: Watch<'_>,
    ) -> Result<(), WriteError> {
        step(watch, "make", &self.directory)?;
        fs::create_dir_all(&self.directory)
            .map_err(|source| io_error("make", &self.directory, source))?;
        for (index, one) in ordered.iter().enumerate() {
            if let Some(bytes) = &one.before {
                let backup = self.backup(index);
                step(watch, "write", &backup)?;
                let full = self.full(one.path.as_str());
                write_file(&backup, bytes, Some(&full))
                    .map_err(|source| io_error("write", &backup, source))?;
            }
        }
        let text = serde_json::to_vec(stored).map_err(|error| WriteError::Journal {
            path: self.directory.display().to_string(),
            cause: error.to_string(),
        })?;
        let (path, new) = (
            self.directory.join(JOURNAL),
            self.directory.join("journal.new"),
        );
        step(watch, "write", &path)?;
        remove_if_there(&new).map_err(|source| io_error("write", &new, source))?;
        write_file(&new, &text, None)
            .and_then(|()| fs::rename(&new, &path))
            .map_err(|source| io_error("write", &path, source))?;
        sync_directory(&self.directory);
        Ok(())
    }

    fn write(
        &self,
        ordered: &[&Replacement],
        stored: &Stored,
        watch: Watch<'_>,
    ) -> Result<(), WriteError> {
        // Everything that needs room on the disk comes before the first file is touched.
        for (one, file) in ordered.iter().zip(&stored.files) {
            if let (Some(bytes), Some(temporary)) = (&one.after, &file.temporary) {
                let (full, temporary) = (self.full(&file.path), self.full(temporary));
                step(watch, "write", &full)?;
                let like = one.before.as_ref().map(|_| full.as_path());
                write_file(&temporary, bytes, like)
                    .map_err(|source| io_error("write", &full, source))?;
            }
        }
        for (one, file) in ordered.iter().zip(&stored.files) {
            let full = self.full(&file.path);
            match &file.temporary {
                None => {
                    step(watch, "delete", &full)?;
                    self.check_unchanged(one)?;
                    fs::remove_file(&full).map_err(|source| io_error("delete", &full, source))?;
                    self.remove_empty_directories(&one.path);
                }
                Some(temporary) => {
                    for directory in above(&one.path) {
                        let directory = self.full(directory.as_str());
                        match fs::create_dir(&directory) {
                            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                                return Err(io_error("make", &directory, error));
                            }
                            _ => {}
                        }
                    }
                    step(watch, "replace", &full)?;
                    self.check_unchanged(one)?;
                    fs::rename(self.full(temporary), &full)
                        .map_err(|source| io_error("replace", &full, source))?;
                }
            }
            if let Some(directory) = full.parent() {
                sync_directory(directory);
            }
        }
        for one in ordered {
            if self.read(&one.path)?.as_deref() != one.after.as_deref() {
                return Err(WriteError::ReadBack(one.path.clone()));
            }
        }
        Ok(())
    }

    /// The last look before a file goes.
    fn check_unchanged(&self, one: &Replacement) -> Result<(), WriteError> {
        if self.read(&one.path)?.as_deref() == one.before.as_deref() {
            Ok(())
        } else {
            Err(WriteError::Unexpected(vec![one.path.clone()]))
        }
    }

    fn read(&self, path: &RepoPath) -> Result<Option<Vec<u8>>, WriteError> {
        let content = read_below(self.root, path, u64::MAX)
            .map_err(|source| io_error("read", &self.full(path.as_str()), source))?;
        Ok(match content {
            Content::Bytes(bytes) => Some(bytes),
            _ => None,
        })
    }

    /// Puts everything back that the run has replaced and nobody has touched since.
    fn put_back(&self, stored: &Stored, watch: Watch<'_>) -> Result<Recovered, WriteError> {
        let mut recovered = Recovered::default();
        let broken = |cause: &str| WriteError::Journal {
            path: self.directory.join(JOURNAL).display().to_string(),
            cause: cause.to_owned(),
        };
        let mut files = Vec::new();
        for (index, file) in stored.files.iter().enumerate() {
            let path =
                RepoPath::parse(&file.path).map_err(|_| broken("a path leaves the repository"))?;
            let now = self
                .read(&path)?
                .map(|bytes| Digest::of(&bytes).to_string());
            files.push((index, file, path, now));
        }
        let is_done = files.iter().all(|(_, file, _, now)| *now == file.after);
        // Whoever has committed or checked something out meanwhile has seen the files as they are.
        let is_over = is_done || stored.head != self.head;
        for (_, file, _, _) in &files {
            if let Some(temporary) = &file.temporary {
                let inside = RepoPath::parse(temporary)
                    .map_err(|_| broken("a path leaves the repository"))?;
                let temporary = self.full(inside.as_str());
                remove_if_there(&temporary)
                    .map_err(|source| io_error("delete", &temporary, source))?;
            }
        }
        // What was written goes before what was deleted comes back: a file may have become a directory.
        for was_written in [true, false] {
            for (index, file, path, now) in files.iter().rev() {
                if file.after.is_some() != was_written || *now == file.before || is_done {
                    continue;
                }
                if is_over || *now != file.after {
                    recovered.left.push(path.clone());
                    continue;
                }
                let full = self.full(&file.path);
                step(watch, "put back", &full)?;
                if file.before.is_none() {
                    remove_if_there(&full).map_err(|source| io_error("delete", &full, source))?;
                } else {
                    self.restore(path, *index)
                        .map_err(|source| io_error("put back", &full, source))?;
                }
                recovered.put_back.push(path.clone());
            }
            if was_written && !is_over {
                for directory in stored.directories.iter().rev() {
                    // It stays where somebody has put something into it.
                    let _ = fs::remove_dir(self.full(directory));
                }
            }
        }
        recovered.put_back.sort_unstable();
        recovered.left.sort_unstable();
        Ok(recovered)
    }

    fn restore(&self, path: &RepoPath, index: usize) -> io::Result<()> {
        let (full, backup) = (self.full(path.as_str()), self.backup(index));
        let bytes = fs::read(&backup)?;
        let Some(directory) = full.parent() else {
            return Err(io::ErrorKind::NotFound.into());
        };
        fs::create_dir_all(directory)?;
        let temporary = directory.join(format!(".git-postman-{index}-back.tmp"));
        remove_if_there(&temporary)?;
        write_file(&temporary, &bytes, Some(&backup))?;
        fs::rename(&temporary, &full)?;
        sync_directory(directory);
        Ok(())
    }

    /// Directories that a deletion leaves empty go too, as git does it.
    fn remove_empty_directories(&self, path: &RepoPath) {
        for directory in above(path).iter().rev() {
            if fs::remove_dir(self.full(directory.as_str())).is_err() {
                break;
            }
        }
    }

    /// The end of a journal: first itself, then its copies.
    fn end(&self, watch: Watch<'_>) -> Result<(), WriteError> {
        let path = self.directory.join(JOURNAL);
        step(watch, "delete", &path)?;
        remove_if_there(&path).map_err(|source| io_error("delete", &path, source))?;
        sync_directory(&self.directory);
        // What stays of the copies does no harm, and the next run removes it.
        step(watch, "delete", &self.directory)?;
        let _ = fs::remove_dir_all(&self.directory);
        Ok(())
    }
}

fn half_done(cause: WriteError, second: &WriteError) -> WriteError {
    WriteError::LeftHalfDone {
        cause: Box::new(cause),
        left: vec![second.to_string()],
    }
}

fn step(watch: Watch<'_>, action: &'static str, path: &Path) -> Result<(), WriteError> {
    match watch(action) {
        Next::Go => Ok(()),
        Next::Stop => Err(WriteError::Stopped),
        Next::Fail(source) => Err(io_error(action, path, source)),
    }
}

/// Writes a new file to the disk itself, with the permissions of another.
fn write_file(path: &Path, bytes: &[u8], like: Option<&Path>) -> io::Result<()> {
    remove_if_there(path)?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    if let Some(like) = like {
        file.set_permissions(fs::symlink_metadata(like)?.permissions())?;
    }
    file.sync_all()
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if !is_gone(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Brings names to the disk; not every system can, and then it has done so already.
fn sync_directory(directory: &Path) {
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
}
