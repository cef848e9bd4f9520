//! Remarks about hooks that a person should read, and whose a hooks directory is.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::setup::foreign_hook::HookManager;
use crate::setup::hook_changes::shown;
use crate::setup::hook_script::HookType;

/// Whose the hooks directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HooksPlace {
    /// The repository's own: all its linked worktrees use it, and nobody else.
    Repository,
    /// Somewhere else on this machine: every repository with the same `core.hooksPath` uses it.
    Shared,
    /// In the worktree.
    Worktree {
        /// Whether git tracks files of it: they then go to everybody who clones.
        is_tracked: bool,
    },
    /// The template of new repositories.
    Template,
}

/// A remark about hooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookNote {
    /// The hook there starts `git postman hook run` itself; nothing was installed.
    AlreadyCalled(PathBuf),
    /// Another tool writes this hook, and may write it again over ours.
    MayBeOverwritten(PathBuf, HookManager),
    /// Another tool owns the hook and starts ours first.
    Behind(PathBuf, HookManager),
    /// The kept hook reads its own file name, which has changed.
    NameChanged(PathBuf),
    /// The hook is not executable: git did not run it, and neither do we.
    NotExecutable(PathBuf),
    /// Several earlier hooks are kept, and all run.
    SeveralEarlier(Vec<PathBuf>),
    /// The hooks directory is a link to another one.
    DirectoryIsLink(PathBuf, PathBuf),
    /// The hooks directory is tracked: the script, with the path of this machine's program, would go to everybody.
    Tracked(PathBuf),
    /// The hooks directory is in the worktree, though untracked.
    InWorktree(PathBuf),
    /// Other repositories use the same hooks directory.
    Shared(PathBuf),
    /// The file is for everybody who clones, once it is committed.
    Committed(PathBuf),
    /// The repository is set up for a manager whose configuration does not start git-postman yet.
    SetUp {
        /// Which one.
        manager: HookManager,
        /// Its file.
        file: String,
        /// What belongs there.
        snippet: String,
    },
    /// None of our hooks was there.
    NotInstalled(HookType),
    /// An earlier hook stays under the name it was kept as, because another hook has taken its place.
    StillKept(PathBuf),
}

/// Whose a hooks directory is. `own_hooks_dir` is the directory `hooks` in the repository's common
/// directory; `is_tracked` whether git tracks a file in `hooks_dir`.
pub fn place_of(
    hooks_dir: &Path,
    own_hooks_dir: &Path,
    worktree: Option<&Path>,
    is_tracked: bool,
) -> HooksPlace {
    let hooks_dir = as_resolved(hooks_dir);
    if hooks_dir == as_resolved(own_hooks_dir) {
        return HooksPlace::Repository;
    }
    match worktree {
        Some(worktree) if hooks_dir.starts_with(as_resolved(worktree)) => {
            HooksPlace::Worktree { is_tracked }
        }
        _ => HooksPlace::Shared,
    }
}

/// The remarks that a hooks directory deserves, whatever is in it.
pub fn directory_notes(hooks_dir: &Path, place: HooksPlace) -> Vec<HookNote> {
    let mut notes = Vec::new();
    if let Ok(target) = fs::read_link(hooks_dir) {
        notes.push(HookNote::DirectoryIsLink(hooks_dir.to_owned(), target));
    }
    let directory = hooks_dir.to_owned();
    match place {
        HooksPlace::Repository | HooksPlace::Template => {}
        HooksPlace::Shared => notes.push(HookNote::Shared(directory)),
        HooksPlace::Worktree { is_tracked: true } => notes.push(HookNote::Tracked(directory)),
        HooksPlace::Worktree { is_tracked: false } => notes.push(HookNote::InWorktree(directory)),
    }
    notes
}

impl fmt::Display for HookNote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyCalled(path) => {
                write!(
                    formatter,
                    "{} already starts git-postman; it was left as it is",
                    shown(path)
                )
            }
            Self::MayBeOverwritten(path, manager) => {
                write!(
                    formatter,
                    "{manager} wrote {} and may write it again over ours",
                    shown(path)
                )?;
                match manager.configuration() {
                    Some(file) => write!(
                        formatter,
                        "; to be safe, call `git postman hook run` from {file}"
                    ),
                    None => Ok(()),
                }
            }
            Self::Behind(path, manager) => {
                write!(
                    formatter,
                    "{manager} owns this hook and starts {} first",
                    shown(path)
                )
            }
            Self::NameChanged(path) => write!(
                formatter,
                "the earlier hook reads its own file name, which is now {}; see whether it still works",
                shown(path)
            ),
            Self::NotExecutable(path) => {
                write!(
                    formatter,
                    "{} is not executable: git did not run it, and it is not run now",
                    shown(path)
                )
            }
            Self::SeveralEarlier(paths) => {
                let names: Vec<String> = paths.iter().map(|path| shown(path)).collect();
                write!(
                    formatter,
                    "{} all run first; delete those you no longer need",
                    names.join(", ")
                )
            }
            Self::DirectoryIsLink(path, target) => {
                write!(
                    formatter,
                    "the hooks directory {} is a link to {}",
                    shown(path),
                    shown(target)
                )
            }
            Self::Tracked(path) => write!(
                formatter,
                "git tracks {}: do not commit the hook, it names the program on this machine; commit a hook that calls `git postman hook run` instead",
                shown(path)
            ),
            Self::InWorktree(path) => {
                write!(
                    formatter,
                    "the hooks directory {} is in the worktree; keep the hook out of commits",
                    shown(path)
                )
            }
            Self::Shared(path) => write!(
                formatter,
                "every repository whose core.hooksPath is {} runs this hook",
                shown(path)
            ),
            Self::Committed(path) => write!(
                formatter,
                "commit {}, and everybody who clones has the hook; git-postman must then be on their PATH",
                shown(path)
            ),
            Self::SetUp {
                manager,
                file,
                snippet,
            } => write!(
                formatter,
                "this repository is set up for {manager}, which may write its hooks over ours; everybody has the check where {file} has\n{snippet}"
            ),
            Self::NotInstalled(hook_type) => {
                write!(formatter, "no {hook_type} hook of git-postman is installed")
            }
            Self::StillKept(path) => {
                write!(
                    formatter,
                    "{} stays: another hook has taken its place",
                    shown(path)
                )
            }
        }
    }
}

/// The path without links, as far as it exists.
fn as_resolved(path: &Path) -> PathBuf {
    for ancestor in path.ancestors() {
        if let Ok(resolved) = ancestor.canonicalize() {
            return match path.strip_prefix(ancestor) {
                Ok(rest) if !rest.as_os_str().is_empty() => resolved.join(rest),
                _ => resolved,
            };
        }
    }
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{HookNote, HooksPlace, directory_notes, place_of};

    #[test]
    fn a_hooks_directory_belongs_to_the_repository_the_worktree_or_the_machine() {
        let root = tempfile::tempdir().unwrap();
        let (worktree, own) = (
            root.path().join("work"),
            root.path().join("work/.git/hooks"),
        );
        fs::create_dir_all(&own).unwrap();
        let of = |hooks_dir: &str, is_tracked| {
            place_of(
                &root.path().join(hooks_dir),
                &own,
                Some(&worktree),
                is_tracked,
            )
        };
        assert_eq!(of("work/.git/hooks", false), HooksPlace::Repository);
        let husky = HooksPlace::Worktree { is_tracked: false };
        assert_eq!(of("work/.husky/_", false), husky);
        let tracked = HooksPlace::Worktree { is_tracked: true };
        assert_eq!(of("work/.githooks", true), tracked);
        assert_eq!(of("shared/hooks", false), HooksPlace::Shared);
        assert_eq!(of("workshop/hooks", false), HooksPlace::Shared);
        assert_eq!(
            place_of(&root.path().join("x"), &own, None, false),
            HooksPlace::Shared
        );
    }

    #[test]
    fn a_tracked_directory_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let place = HooksPlace::Worktree { is_tracked: true };
        let notes = directory_notes(directory.path(), place);
        assert_eq!(notes, [HookNote::Tracked(directory.path().to_owned())]);
        assert!(notes[0].to_string().contains("do not commit the hook"));
        assert_eq!(
            directory_notes(directory.path(), HooksPlace::Repository),
            []
        );
    }
}
