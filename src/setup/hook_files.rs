//! Changes to a hooks directory: all of them or none, and none when only asked what would be done.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::setup::hook_changes::{Change, SetupError, io_error};

/// Changes made one after the other, each with the way back.
pub struct Journal {
    dry_run: bool,
    changes: Vec<Change>,
    undo: Vec<Undo>,
}

enum Undo {
    RemoveDirectory(PathBuf),
    RemoveFile(PathBuf),
    MoveBack { from: PathBuf, to: PathBuf },
    WriteBack { path: PathBuf, content: Content },
}

/// What was at a path, to be put there again.
enum Content {
    File {
        bytes: Vec<u8>,
        permissions: Permissions,
    },
    Link(PathBuf),
}

impl Journal {
    /// Begins; with `dry_run` nothing is ever written.
    pub fn new(dry_run: bool) -> Self {
        Self {
            dry_run,
            changes: Vec::new(),
            undo: Vec::new(),
        }
    }

    /// Ends: the changes where all went well; else everything is put back.
    ///
    /// # Errors
    /// The failure handed in, or that going back failed too.
    pub fn finish(mut self, outcome: Result<(), SetupError>) -> Result<Vec<Change>, SetupError> {
        let Err(cause) = outcome else {
            return Ok(self.changes);
        };
        let mut left = Vec::new();
        while let Some(undo) = self.undo.pop() {
            if let Err(path) = undo.apply() {
                left.push(path);
            }
        }
        if left.is_empty() {
            return Err(cause);
        }
        Err(SetupError::LeftHalfDone {
            cause: Box::new(cause),
            left,
        })
    }

    /// Makes a directory and those above it that are missing; says how many were.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn make_directories(&mut self, directory: &Path) -> Result<usize, SetupError> {
        let missing: Vec<&Path> = directory
            .ancestors()
            .take_while(|path| !path.as_os_str().is_empty() && path.symlink_metadata().is_err())
            .collect();
        for path in missing.iter().rev() {
            if !self.dry_run {
                fs::create_dir(path).map_err(|source| io_error("make", path, source))?;
                self.undo.push(Undo::RemoveDirectory(path.to_path_buf()));
            }
            self.changes.push(Change::MakeDirectory(path.to_path_buf()));
        }
        Ok(missing.len())
    }

    /// Writes a hook where nothing is.
    ///
    /// # Errors
    /// The file system refuses, or something is there by now.
    pub fn write(&mut self, path: &Path, bytes: &[u8]) -> Result<(), SetupError> {
        if !self.dry_run {
            persist_new(prepared(path, bytes)?, path)
                .map_err(|source| io_error("write", path, source))?;
            self.undo.push(Undo::RemoveFile(path.to_owned()));
            sync_directory_of(path);
        }
        self.changes.push(Change::WriteHook(path.to_owned()));
        Ok(())
    }

    /// Keeps the hook at `path` as `kept`, and writes ours in its place. There is no moment without a
    /// hook where the file system has hard links.
    ///
    /// # Errors
    /// The file system refuses, or `kept` exists by now.
    pub fn write_keeping(
        &mut self,
        path: &Path,
        kept: &Path,
        bytes: &[u8],
    ) -> Result<(), SetupError> {
        if !self.dry_run {
            // Everything that can go wrong with space and permission goes wrong here, before a hook moves.
            let file = prepared(path, bytes)?;
            keep(path, kept)?;
            self.undo.push(Undo::MoveBack {
                from: kept.to_owned(),
                to: path.to_owned(),
            });
            file.persist(path)
                .map_err(|error| io_error("write", path, error.error))?;
            sync_directory_of(path);
        }
        self.changes.push(Change::KeepEarlier {
            hook: path.to_owned(),
            kept: kept.to_owned(),
        });
        self.changes.push(Change::WriteHook(path.to_owned()));
        Ok(())
    }

    /// Writes a hook over the one that is there, which is lost; `change` says what it was.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn replace(&mut self, path: &Path, bytes: &[u8], change: Change) -> Result<(), SetupError> {
        if !self.dry_run {
            let content = content_of(path)?;
            prepared(path, bytes)?
                .persist(path)
                .map_err(|error| io_error("write", path, error.error))?;
            self.undo.push(Undo::WriteBack {
                path: path.to_owned(),
                content,
            });
            sync_directory_of(path);
        }
        self.changes.push(change);
        Ok(())
    }

    /// Puts a kept hook back in place of ours.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn restore(&mut self, kept: &Path, path: &Path) -> Result<(), SetupError> {
        if !self.dry_run {
            let content = content_of(path)?;
            fs::rename(kept, path).map_err(|source| io_error("put back", kept, source))?;
            self.undo.push(Undo::WriteBack {
                path: path.to_owned(),
                content,
            });
            self.undo.push(Undo::MoveBack {
                from: path.to_owned(),
                to: kept.to_owned(),
            });
            sync_directory_of(path);
        }
        self.changes.push(Change::RestoreEarlier {
            kept: kept.to_owned(),
            hook: path.to_owned(),
        });
        Ok(())
    }

    /// Removes our hook.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn remove(&mut self, path: &Path) -> Result<(), SetupError> {
        if !self.dry_run {
            let content = content_of(path)?;
            fs::remove_file(path).map_err(|source| io_error("remove", path, source))?;
            self.undo.push(Undo::WriteBack {
                path: path.to_owned(),
                content,
            });
            sync_directory_of(path);
        }
        self.changes.push(Change::RemoveHook(path.to_owned()));
        Ok(())
    }

    /// Removes up to `levels` directories from `directory` upwards, as long as nothing is in them.
    /// A directory that cannot be removed stays: it does no harm.
    pub fn remove_empty_directories(&mut self, directory: &Path, levels: usize) {
        let mut gone: Vec<PathBuf> = self
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::RemoveHook(path) => Some(path.clone()),
                _ => None,
            })
            .collect();
        for path in directory.ancestors().take(levels) {
            let is_empty = fs::read_dir(path).is_ok_and(|entries| {
                entries
                    .into_iter()
                    .all(|entry| entry.is_ok_and(|entry| gone.contains(&entry.path())))
            });
            if !is_empty || (!self.dry_run && fs::remove_dir(path).is_err()) {
                return;
            }
            gone.push(path.to_owned());
            self.changes.push(Change::RemoveDirectory(path.to_owned()));
        }
    }
}

impl Undo {
    fn apply(self) -> Result<(), PathBuf> {
        match self {
            Self::RemoveDirectory(path) => fs::remove_dir(&path).map_err(|_| path),
            Self::RemoveFile(path) => fs::remove_file(&path).map_err(|_| path),
            Self::MoveBack { from, to } => move_back(&from, &to).map_err(|_| from),
            Self::WriteBack { path, content } => content.put(&path).map_err(|_| path),
        }
    }
}

impl Content {
    fn put(self, path: &Path) -> io::Result<()> {
        match self {
            Self::File { bytes, permissions } => {
                let mut file = tempfile::NamedTempFile::new_in(directory_of(path))?;
                file.write_all(&bytes)?;
                fs::set_permissions(file.path(), permissions)?;
                file.as_file().sync_all()?;
                file.persist(path)?;
                Ok(())
            }
            Self::Link(target) => make_link(&target, path),
        }
    }
}

/// A temporary file beside `path` that holds a whole, executable hook and is on the disk.
fn prepared(path: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile, SetupError> {
    let failed = |source| io_error("write", path, source);
    let mut builder = tempfile::Builder::new();
    builder.prefix(".git-postman-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The user's umask takes its share, as it does when git copies a hook from a template.
        builder.permissions(Permissions::from_mode(0o777));
    }
    let mut file = builder.tempfile_in(directory_of(path)).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    Ok(file)
}

/// Gives a prepared file its name where nothing has that name.
fn persist_new(file: tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        // Some file systems can neither link nor rename without replacing; what was there was looked at before.
        Err(refused) if path.symlink_metadata().is_err() => {
            refused.file.persist(path).map_err(|error| error.error)?;
            Ok(())
        }
        Err(refused) => Err(refused.error),
    }
}

/// Gives the hook at `path` the name `kept` as well, or, without hard links, instead. Never over another file.
fn keep(path: &Path, kept: &Path) -> Result<(), SetupError> {
    match fs::hard_link(path, kept) {
        Ok(()) => Ok(()),
        Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {
            Err(io_error("keep the earlier hook as", kept, source))
        }
        Err(_) => {
            if kept.symlink_metadata().is_ok() {
                let source = io::Error::from(io::ErrorKind::AlreadyExists);
                return Err(io_error("keep the earlier hook as", kept, source));
            }
            fs::rename(path, kept).map_err(|source| io_error("rename", path, source))
        }
    }
}

/// Renames, also where both names are links to one file: POSIX then does nothing and says it worked.
fn move_back(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    match from.symlink_metadata() {
        Ok(_) => fs::remove_file(from),
        Err(_) => Ok(()),
    }
}

fn content_of(path: &Path) -> Result<Content, SetupError> {
    let read = || {
        let metadata = path.symlink_metadata()?;
        if metadata.is_symlink() {
            return fs::read_link(path).map(Content::Link);
        }
        Ok(Content::File {
            bytes: fs::read(path)?,
            permissions: metadata.permissions(),
        })
    };
    read().map_err(|source| io_error("read", path, source))
}

#[cfg(unix)]
fn make_link(target: &Path, path: &Path) -> io::Result<()> {
    if path.symlink_metadata().is_ok() {
        fs::remove_file(path)?;
    }
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn make_link(_target: &Path, _path: &Path) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

fn directory_of(path: &Path) -> &Path {
    path.parent()
        .filter(|directory| !directory.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."))
}

/// Makes the new name survive a power cut where the system allows it. A failure changes nothing that a user sees.
fn sync_directory_of(path: &Path) {
    if cfg!(unix) {
        let _ = File::open(directory_of(path)).and_then(|directory| directory.sync_all());
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::{Path, PathBuf};

    use crate::setup::hook_changes::{Change, SetupError};

    use super::Journal;

    fn picture(directory: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        walkdir::WalkDir::new(directory)
            .into_iter()
            .map(|entry| {
                let path = entry.unwrap().into_path();
                let metadata = path.symlink_metadata().unwrap();
                let content = match fs::read_link(&path) {
                    Ok(target) => target.into_os_string().into_encoded_bytes(),
                    Err(_) => fs::read(&path).unwrap_or_default(),
                };
                (path, (metadata.permissions().mode(), content))
            })
            .collect()
    }

    fn hook(path: &Path, text: &str) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o750)).unwrap();
    }

    /// Does everything there is to do to a directory, then fails.
    fn everything_then_a_failure(directory: &Path) -> SetupError {
        let at = |name: &str| directory.join(name);
        let mut journal = Journal::new(false);
        let mut steps = || {
            journal.make_directories(&at("made/deeply"))?;
            journal.write(&at("made/deeply/new"), b"new")?;
            journal.write_keeping(&at("foreign"), &at("foreign.kept"), b"ours")?;
            journal.write_keeping(&at("link"), &at("link.kept"), b"ours")?;
            journal.replace(&at("ours"), b"newer", Change::UpdateHook(at("ours")))?;
            journal.replace(
                &at("ours-link"),
                b"newer",
                Change::UpdateHook(at("ours-link")),
            )?;
            journal.restore(&at("kept"), &at("replaced"))?;
            journal.remove(&at("removed"))?;
            journal.remove(&at("removed-link"))?;
            journal.write(&at("taken"), b"ours")
        };
        let outcome = steps();
        journal.finish(outcome).unwrap_err()
    }

    #[test]
    fn after_a_failure_everything_is_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["foreign", "ours", "kept", "replaced", "removed", "taken"] {
            hook(&directory.path().join(name), name);
        }
        for name in ["link", "ours-link", "removed-link"] {
            symlink("no-such-file", directory.path().join(name)).unwrap();
        }
        let before = picture(directory.path());
        let error = everything_then_a_failure(directory.path());
        assert!(error.to_string().starts_with("cannot write"), "{error}");
        assert!(error.to_string().ends_with("taken"), "{error}");
        assert_eq!(picture(directory.path()), before);
    }

    #[test]
    fn a_kept_hook_is_never_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let (path, kept) = (directory.path().join("hook"), directory.path().join("kept"));
        hook(&path, "newer");
        hook(&kept, "older");
        let before = picture(directory.path());
        let mut journal = Journal::new(false);
        let outcome = journal.write_keeping(&path, &kept, b"ours");
        assert!(outcome.is_err());
        assert!(journal.finish(outcome).is_err());
        assert_eq!(picture(directory.path()), before);
    }

    #[test]
    fn what_cannot_be_put_back_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = Journal::new(false);
        let made = directory.path().join("made");
        journal.make_directories(&made).unwrap();
        fs::write(made.join("of-somebody-else"), "").unwrap();
        let failure = journal.write(&made.join("none/hook"), b"ours");
        let error = journal.finish(failure).unwrap_err();
        assert!(
            matches!(&error, SetupError::LeftHalfDone { left, .. } if *left == [made]),
            "{error}"
        );
    }
}
