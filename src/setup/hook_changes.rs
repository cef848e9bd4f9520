//! What is done to a hooks directory, and why it is not: plain values with a text for people.

use std::fmt;
use std::io;
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
    /// The block in `.gitattributes` has a start and no end.
    #[error("the block of git-postman in .gitattributes has lost its end")]
    EditedAttributes,
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
            Self::EditedAttributes => {
                Some("delete the rest of the block by hand, then try again".to_owned())
            }
            Self::LeftHalfDone { .. } => {
                Some("run `git postman hook status` to see what would run".to_owned())
            }
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
