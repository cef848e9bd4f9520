//! What git would run for each hook type, and whether it is ours.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::setup::foreign_hook::HookManager;
use crate::setup::hook_changes::shown;
use crate::setup::hook_script::{HookType, SCRIPT_VERSION};
use crate::setup::hook_slot::{Occupant, find_slot, is_executable_path, kept_earlier};

/// What git would run for one hook type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookStatus {
    /// The hook type.
    pub hook_type: HookType,
    /// The file that this is about.
    pub path: PathBuf,
    /// What it is.
    pub state: HookState,
    /// The earlier hooks that are kept; oldest first.
    pub earlier: Vec<EarlierHook>,
}

/// What a hook is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookState {
    /// There is none.
    Nothing {
        /// Whether git's own sample is there, which never runs.
        has_sample: bool,
    },
    /// It is ours.
    Ours {
        /// The version of the script; [`SCRIPT_VERSION`] is the one this program writes.
        version: u32,
        /// The program it starts.
        binary: Option<PathBuf>,
        /// Whether that program is there.
        binary_state: BinaryState,
        /// Whether somebody changed the script.
        edited: bool,
        /// Whether git would run it: else git only prints a remark.
        executable: bool,
        /// The manager whose hook starts it; `None` where git does.
        behind: Option<HookManager>,
    },
    /// It is somebody else's.
    Foreign {
        /// The tool that wrote it, where it says so.
        manager: Option<HookManager>,
        /// Whether it starts `git postman hook run`, itself or through a husky hook.
        calls_git_postman: bool,
        /// Whether git would run it.
        executable: bool,
        /// Where it leads, if it is a link.
        link: Option<PathBuf>,
    },
    /// It is no file, or cannot be read.
    Unreadable {
        /// Why.
        reason: String,
    },
}

/// Whether the program that a hook starts is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryState {
    /// It is.
    Found,
    /// It is not; the hook then looks for `git-postman` on `PATH`.
    Missing,
    /// A file is there that cannot be executed.
    NotExecutable,
}

/// A hook that was there before ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierHook {
    /// Where it is kept.
    pub path: PathBuf,
    /// Whether it runs: only executable hooks do, and only while ours is in place.
    pub runs: bool,
}

/// What git would run for each of `types`.
pub fn status(hooks_dir: &Path, types: &[HookType]) -> Vec<HookStatus> {
    types
        .iter()
        .map(|hook_type| status_of(hooks_dir, *hook_type))
        .collect()
}

impl HookStatus {
    /// Whether git starts our check when the time comes, as far as the hook itself can tell.
    pub fn checks(&self) -> bool {
        match &self.state {
            HookState::Ours { executable, .. } => *executable,
            HookState::Foreign {
                calls_git_postman,
                executable,
                ..
            } => *calls_git_postman && *executable,
            HookState::Nothing { .. } | HookState::Unreadable { .. } => false,
        }
    }
}

impl fmt::Display for HookStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.hook_type)?;
        self.state.describe(&self.path, formatter)?;
        for earlier in &self.earlier {
            let runs = if earlier.runs {
                "runs first"
            } else {
                "does not run"
            };
            write!(formatter, "; earlier hook {} {runs}", shown(&earlier.path))?;
        }
        Ok(())
    }
}

impl HookState {
    fn describe(&self, path: &Path, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing { has_sample: false } => formatter.write_str("not installed"),
            Self::Nothing { has_sample: true } => {
                formatter.write_str("not installed, only git's sample is there")
            }
            Self::Ours {
                version,
                binary,
                binary_state,
                edited,
                executable,
                behind,
            } => {
                write!(formatter, "installed as {}", shown(path))?;
                if let Some(manager) = behind {
                    write!(formatter, ", started by the hook of {manager}")?;
                }
                if *version != SCRIPT_VERSION {
                    write!(
                        formatter,
                        ", script {version} instead of {SCRIPT_VERSION}: run `git postman hook install`"
                    )?;
                }
                if *edited {
                    formatter.write_str(", edited by hand")?;
                }
                if !executable {
                    formatter.write_str(", not executable: git does not run it")?;
                }
                match (binary, binary_state) {
                    (None, _) => formatter.write_str(", names no program"),
                    (Some(binary), BinaryState::Found) => {
                        write!(formatter, ", starts {}", shown(binary))
                    }
                    (Some(binary), BinaryState::Missing) => {
                        write!(
                            formatter,
                            ", {} is gone: git-postman on PATH is started instead",
                            shown(binary)
                        )
                    }
                    (Some(binary), BinaryState::NotExecutable) => {
                        write!(
                            formatter,
                            ", {} is not executable: git-postman on PATH is started instead",
                            shown(binary)
                        )
                    }
                }
            }
            Self::Foreign {
                manager,
                calls_git_postman,
                executable,
                link,
            } => {
                match manager {
                    Some(manager) => write!(formatter, "{} is a hook of {manager}", shown(path))?,
                    None => write!(formatter, "{} is another hook", shown(path))?,
                }
                if let Some(target) = link {
                    write!(formatter, ", a link to {}", shown(target))?;
                }
                if !executable {
                    formatter.write_str(", not executable: git does not run it")?;
                }
                match (
                    calls_git_postman,
                    manager.and_then(HookManager::configuration),
                ) {
                    (true, _) => formatter.write_str(", which starts git-postman"),
                    (false, Some(file)) => write!(
                        formatter,
                        ", which starts git-postman only if {file} says so"
                    ),
                    (false, None) => formatter.write_str(", which does not start git-postman"),
                }
            }
            Self::Unreadable { reason } => write!(formatter, "{} {reason}", shown(path)),
        }
    }
}

fn status_of(hooks_dir: &Path, hook_type: HookType) -> HookStatus {
    let found = find_slot(hooks_dir, hook_type);
    let hook = hooks_dir.join(hook_type.as_str());
    let (path, state) = match found {
        Err((path, error)) => {
            let reason = format!("cannot be read: {error}");
            (path, HookState::Unreadable { reason })
        }
        Ok(slot) => match slot.occupant {
            Occupant::Ours(script) => {
                let state = HookState::Ours {
                    version: script.version,
                    binary_state: script
                        .binary
                        .as_deref()
                        .map_or(BinaryState::Missing, binary_state),
                    binary: script.binary,
                    edited: script.edited,
                    executable: is_executable_path(&slot.path)
                        && (slot.behind.is_none() || is_executable_path(&hook)),
                    behind: slot.behind,
                };
                (slot.path, state)
            }
            // A hook of pre-commit or prek without ours behind it: that hook is what runs.
            _ if slot.behind.is_some() => {
                let state = foreign(&hook, slot.behind, false);
                (hook, state)
            }
            Occupant::Foreign(hook) => {
                let state = foreign(&slot.path, hook.manager, hook.calls_git_postman);
                (slot.path, state)
            }
            Occupant::Nothing => {
                let has_sample = hooks_dir.join(format!("{hook_type}.sample")).is_file();
                (slot.path, HookState::Nothing { has_sample })
            }
            Occupant::NoFile => {
                let reason = "is not a file".to_owned();
                (slot.path, HookState::Unreadable { reason })
            }
        },
    };
    let ours = matches!(
        state,
        HookState::Ours {
            executable: true,
            ..
        }
    );
    let earlier = kept_earlier(hooks_dir, hook_type)
        .into_iter()
        .map(|path| EarlierHook {
            runs: ours && is_executable_path(&path),
            path,
        })
        .collect();
    HookStatus {
        hook_type,
        path,
        state,
        earlier,
    }
}

fn foreign(path: &Path, manager: Option<HookManager>, calls_git_postman: bool) -> HookState {
    HookState::Foreign {
        manager,
        calls_git_postman,
        executable: is_executable_path(path),
        link: fs::read_link(path).ok(),
    }
}

fn binary_state(binary: &Path) -> BinaryState {
    if is_executable_path(binary) {
        BinaryState::Found
    } else if binary.exists() {
        BinaryState::NotExecutable
    } else {
        BinaryState::Missing
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::Path;

    use crate::setup::foreign_hook::HookManager;
    use crate::setup::hook_script::{HookType, SCRIPT_VERSION, script};

    use super::{BinaryState, HookState, HookStatus, status};

    fn hook(path: &Path, bytes: &[u8], mode: u32) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn pre_push(hooks_dir: &Path) -> HookStatus {
        status(hooks_dir, &[HookType::PrePush]).remove(0)
    }

    #[test]
    fn nothing_and_a_sample_are_told_apart() {
        let directory = tempfile::tempdir().unwrap();
        let missing = pre_push(&directory.path().join("none"));
        assert_eq!(missing.state, HookState::Nothing { has_sample: false });
        assert_eq!(missing.to_string(), "pre-push: not installed");
        hook(&directory.path().join("pre-push.sample"), b"", 0o755);
        let sample = pre_push(directory.path());
        assert_eq!(sample.state, HookState::Nothing { has_sample: true });
        assert!(!sample.checks());
    }

    #[test]
    fn ours_is_told_with_all_that_could_be_wrong_with_it() {
        let directory = tempfile::tempdir().unwrap();
        let (path, binary) = (
            directory.path().join("pre-push"),
            directory.path().join("bin/git-postman"),
        );
        let written = script(HookType::PrePush, &binary, 0);
        let text = String::from_utf8(written.clone()).unwrap();
        hook(&path, &written, 0o755);
        hook(
            &directory.path().join("pre-push.git-postman-before"),
            b"#!/bin/sh\n",
            0o755,
        );
        let gone = pre_push(directory.path());
        assert!(gone.checks());
        assert!(gone.earlier[0].runs);
        assert!(gone.to_string().contains("is gone"), "{gone}");
        hook(&binary, b"", 0o644);
        assert!(
            pre_push(directory.path())
                .to_string()
                .contains("bin/git-postman is not executable")
        );
        hook(&binary, b"", 0o755);
        let good = pre_push(directory.path());
        let expected = HookState::Ours {
            version: SCRIPT_VERSION,
            binary: Some(binary),
            binary_state: BinaryState::Found,
            edited: false,
            executable: true,
            behind: None,
        };
        assert_eq!(good.state, expected);
        hook(
            &path,
            text.replace("script 2", "script 1").as_bytes(),
            0o755,
        );
        assert!(
            pre_push(directory.path())
                .to_string()
                .contains("script 1 instead of 2")
        );
        hook(&path, (text + "echo mine\n").as_bytes(), 0o644);
        let edited = pre_push(directory.path());
        assert!(!edited.checks());
        assert!(!edited.earlier[0].runs);
        let shown = edited.to_string();
        assert!(
            shown.contains("edited by hand") && shown.contains("not executable"),
            "{shown}"
        );
    }

    #[test]
    fn a_hook_of_a_manager_points_to_its_configuration() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pre-push");
        hook(
            &path,
            b"#!/bin/sh\ncall_lefthook run \"pre-push\" \"$@\"\n",
            0o755,
        );
        let found = pre_push(directory.path());
        let expected = HookState::Foreign {
            manager: Some(HookManager::Lefthook),
            calls_git_postman: false,
            executable: true,
            link: None,
        };
        assert_eq!(found.state, expected);
        assert!(found.to_string().contains("lefthook.yml"), "{found}");
        hook(
            &path,
            b"# File generated by pre-commit: https://pre-commit.com\n",
            0o755,
        );
        let found = pre_push(directory.path());
        assert!(
            found.to_string().contains(".pre-commit-config.yaml"),
            "{found}"
        );
        assert!(
            found
                .to_string()
                .contains("pre-push is a hook of pre-commit"),
            "{found}"
        );
    }

    #[test]
    fn a_link_and_a_hostile_name_are_shown_as_they_are() {
        let directory = tempfile::tempdir().unwrap();
        let target = "nowhere/\u{1b}[31m";
        symlink(target, directory.path().join("pre-push")).unwrap();
        let found = pre_push(directory.path());
        assert!(!found.checks());
        assert!(
            found
                .to_string()
                .contains("a link to nowhere/\\x1b[31m, not executable"),
            "{found}"
        );
    }

    #[test]
    fn a_hook_that_starts_git_postman_itself_checks() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pre-push");
        hook(
            &path,
            b"#!/bin/sh\ngit postman hook run pre-push -- \"$@\"\n",
            0o755,
        );
        assert!(pre_push(directory.path()).checks());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(!pre_push(directory.path()).checks());
    }
}
