//! Changes to a hooks directory: all of them or none, and none when only asked what would be done.

use std::fmt;
use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::model::text::visible;
use crate::setup::foreign_hook::HookManager;
use crate::setup::hook_slot::MOST_EARLIER;

/// One change to a hooks directory, done or, in a dry run, to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A directory is made.
    MakeDirectory(PathBuf),
    /// The hook that was there is kept under another name and runs first.
    KeepEarlier {
        /// Where the hook was.
        hook: PathBuf,
        /// Where it is kept.
        kept: PathBuf,
    },
    /// A hook is written where none was, or where one was just kept.
    WriteHook(PathBuf),
    /// A script of ours is replaced by the one of this program.
    UpdateHook(PathBuf),
    /// A hook is replaced that is kept already, byte for byte.
    ReplaceCopy {
        /// The hook.
        hook: PathBuf,
        /// Its copy, which stays.
        kept: PathBuf,
    },
    /// Our hook is removed.
    RemoveHook(PathBuf),
    /// The hook that was there before is put back.
    RestoreEarlier {
        /// Where it was kept.
        kept: PathBuf,
        /// Where it is again.
        hook: PathBuf,
    },
    /// A directory that was made for our hooks is removed.
    RemoveDirectory(PathBuf),
}

/// Why hooks were not installed or removed.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The file system refused.
    #[error("cannot {action} {}", shown(path))]
    Io {
        /// What was tried, such as `write`.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The hooks directory is something else.
    #[error("the hooks directory {} is not a directory", shown(.0))]
    NotADirectory(PathBuf),
    /// A directory, a pipe or the like has the name of a hook.
    #[error("{} is not a file", shown(.0))]
    NotAFile(PathBuf),
    /// Somebody changed our script.
    #[error("{} was edited by hand", shown(.0))]
    Edited(PathBuf),
    /// A hook that must keep its name.
    #[error(
        "{} belongs to {manager} and does nothing under another name",
        shown(path)
    )]
    NameMatters {
        /// The hook.
        path: PathBuf,
        /// Whose it is.
        manager: HookManager,
    },
    /// No name is left to keep one more earlier hook.
    #[error("{MOST_EARLIER} earlier hooks are already kept beside {}", shown(.0))]
    TooManyEarlier(PathBuf),
    /// The program cannot stand in a hook.
    #[error("a hook cannot start {}: {reason}", shown(path))]
    Binary {
        /// The program.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
    /// The value of `init.templateDir` is of no use.
    #[error("cannot use init.templateDir `{}`: {reason}", visible(value))]
    TemplateDirectory {
        /// The value.
        value: String,
        /// Why not.
        reason: &'static str,
    },
    /// Something failed half way, and going back failed too.
    #[error("{cause}; going back failed too, look at {}", left.iter().map(|path| shown(path)).collect::<Vec<_>>().join(", "))]
    LeftHalfDone {
        /// The first failure.
        #[source]
        cause: Box<Self>,
        /// What could not be put back.
        left: Vec<PathBuf>,
    },
}

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

impl SetupError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { .. } => None,
            Self::NotADirectory(_) => {
                Some("look at `git config --show-origin core.hooksPath`".to_owned())
            }
            Self::NotAFile(_) => Some("move it away".to_owned()),
            Self::Edited(_) => Some(
                "move your lines into a script of your own, or add --force to lose them".to_owned(),
            ),
            Self::NameMatters { path, manager } => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                Some(match manager {
                    HookManager::Husky => format!(
                        "add the line `git postman hook run {name} -- \"$@\"` to .husky/{name}"
                    ),
                    _ => format!(
                        "let {manager} run `git postman hook run {name}`, see docs/hooks.md"
                    ),
                })
            }
            Self::TooManyEarlier(_) => {
                Some("delete those among them that you no longer need".to_owned())
            }
            Self::Binary { .. } => {
                Some("install git-postman in a directory of programs".to_owned())
            }
            Self::TemplateDirectory { .. } => {
                Some("set it with `git config --global init.templateDir DIRECTORY`".to_owned())
            }
            Self::LeftHalfDone { .. } => {
                Some("run `git postman hook status` to see what would run".to_owned())
            }
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MakeDirectory(path) => write!(formatter, "make directory {}", shown(path)),
            Self::KeepEarlier { hook, kept } => {
                write!(
                    formatter,
                    "keep {} as {}, which runs first",
                    shown(hook),
                    shown(kept)
                )
            }
            Self::WriteHook(path) => write!(formatter, "write {}", shown(path)),
            Self::UpdateHook(path) => write!(formatter, "update {}", shown(path)),
            Self::ReplaceCopy { hook, kept } => {
                write!(
                    formatter,
                    "replace {}, of which {} is a copy",
                    shown(hook),
                    shown(kept)
                )
            }
            Self::RemoveHook(path) => write!(formatter, "remove {}", shown(path)),
            Self::RestoreEarlier { kept, hook } => {
                write!(formatter, "put {} back as {}", shown(kept), shown(hook))
            }
            Self::RemoveDirectory(path) => write!(formatter, "remove directory {}", shown(path)),
        }
    }
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

/// A path as text for a person; nothing in it drives a terminal.
pub fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy())
}

/// An error of the file system, with what was tried.
pub fn io_error(action: &'static str, path: &Path, source: io::Error) -> SetupError {
    SetupError::Io {
        action,
        path: path.to_owned(),
        source,
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
