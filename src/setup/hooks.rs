//! Installing our hooks beside what is there, and removing them so that nothing of them is left.
//!
//! The caller says which directory git takes hooks from (`git rev-parse --git-path hooks` knows about
//! `core.hooksPath`, linked worktrees and submodules); nothing here looks for a repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::setup::foreign_hook::{ForeignHook, HookManager, NameMatters};
use crate::setup::hook_changes::{Change, SetupError, io_error};
use crate::setup::hook_files::Journal;
use crate::setup::hook_notes::{HookNote, HooksPlace, directory_notes};
use crate::setup::hook_script::{HookType, script};
use crate::setup::hook_slot::{HookSlot, Occupant, find_slot, is_executable_path, kept_earlier};
use crate::setup::manager_snippets::{husky_file, husky_text, is_free, is_husky_text};

/// How to install or uninstall.
#[derive(Clone, Copy, Debug)]
pub struct HookOptions {
    /// Only say what would be done.
    pub dry_run: bool,
    /// Replace or remove a script of ours even though somebody edited it.
    pub force: bool,
    /// What is known about the hooks directory.
    pub place: HooksPlace,
}

/// What was done, or would be, and what a person should know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookChanges {
    /// In the order in which they were done; empty where all was as it should be.
    pub changes: Vec<Change>,
    /// Remarks, in no need of action by the program.
    pub notes: Vec<HookNote>,
}

/// Puts our script in place for each of `types`. A hook that is there is kept beside it and runs first.
/// Done twice, the second time changes nothing. `binary` is the program the scripts start, as an absolute path.
///
/// # Errors
/// [`SetupError`]; then nothing is changed.
pub fn install(
    hooks_dir: &Path,
    types: &[HookType],
    binary: &Path,
    options: &HookOptions,
) -> Result<HookChanges, SetupError> {
    check_binary(binary)?;
    check_directory(hooks_dir)?;
    let slots = slots(hooks_dir, types)?;
    let mut notes = directory_notes(hooks_dir, options.place);
    let mut journal = Journal::new(options.dry_run);
    let outcome = install_all(hooks_dir, &slots, binary, options, &mut journal, &mut notes);
    let changes = journal.finish(outcome)?;
    Ok(HookChanges { changes, notes })
}

/// Removes our script for each of `types` and puts back what was there before, to the byte and the mode.
///
/// # Errors
/// [`SetupError`]; then nothing is changed.
pub fn uninstall(
    hooks_dir: &Path,
    types: &[HookType],
    options: &HookOptions,
) -> Result<HookChanges, SetupError> {
    check_directory(hooks_dir)?;
    let slots = slots(hooks_dir, types)?;
    let mut notes = Vec::new();
    let mut journal = Journal::new(options.dry_run);
    let outcome = uninstall_all(hooks_dir, &slots, options, &mut journal, &mut notes);
    let changes = journal.finish(outcome)?;
    Ok(HookChanges { changes, notes })
}

fn install_all(
    hooks_dir: &Path,
    slots: &[HookSlot],
    binary: &Path,
    options: &HookOptions,
    journal: &mut Journal,
    notes: &mut Vec<HookNote>,
) -> Result<(), SetupError> {
    // Everything that can be refused is refused before anything is written.
    for slot in slots {
        refuse(hooks_dir, slot, options.force)?;
    }
    let made_before = directories_made(hooks_dir)?;
    let made_now = journal.make_directories(hooks_dir)?;
    for slot in slots {
        install_one(
            hooks_dir,
            slot,
            binary,
            made_before.max(made_now),
            journal,
            notes,
        )?;
    }
    Ok(())
}

fn refuse(hooks_dir: &Path, slot: &HookSlot, force: bool) -> Result<(), SetupError> {
    match &slot.occupant {
        Occupant::NoFile => Err(SetupError::NotAFile(slot.path.clone())),
        Occupant::Ours(script) if script.edited && !force => {
            Err(SetupError::Edited(slot.path.clone()))
        }
        Occupant::Foreign(hook) if !hook.calls_git_postman => match hook.manager {
            Some(_) if free_husky_file(slot).is_some() => Ok(()),
            Some(manager) if hook.name_matters == NameMatters::Yes => {
                let path = slot.path.clone();
                Err(SetupError::NameMatters { path, manager })
            }
            _ if slot.free_for_earlier.is_none() && copy_among_kept(hooks_dir, slot).is_none() => {
                Err(SetupError::TooManyEarlier(slot.path.clone()))
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

fn install_one(
    hooks_dir: &Path,
    slot: &HookSlot,
    binary: &Path,
    directories_made: usize,
    journal: &mut Journal,
    notes: &mut Vec<HookNote>,
) -> Result<(), SetupError> {
    let path = &slot.path;
    let written = script(slot.hook_type, binary, directories_made);
    let mut kept_now = None;
    match &slot.occupant {
        Occupant::Foreign(hook) if hook.calls_git_postman => {
            notes.push(HookNote::AlreadyCalled(path.clone()));
            return Ok(());
        }
        Occupant::Foreign(hook) if hook.name_matters == NameMatters::Yes => {
            // Whatever else must keep its name was refused before.
            let Some(file) = free_husky_file(slot) else {
                return Err(SetupError::NotAFile(path.clone()));
            };
            journal.write(&file, husky_text(slot.hook_type).as_bytes())?;
            notes.push(HookNote::Committed(file));
            return Ok(());
        }
        Occupant::Nothing => journal.write(path, &written)?,
        Occupant::Ours(_) => {
            let is_current = fs::read(path).is_ok_and(|bytes| bytes == written);
            if !is_current || !is_executable_path(path) {
                journal.replace(path, &written, Change::UpdateHook(path.clone()))?;
            }
        }
        Occupant::Foreign(hook) => {
            if let Some(kept) = copy_among_kept(hooks_dir, slot) {
                let hook = path.clone();
                journal.replace(path, &written, Change::ReplaceCopy { hook, kept })?;
            } else {
                let kept = slot
                    .free_for_earlier
                    .clone()
                    .ok_or_else(|| SetupError::TooManyEarlier(path.clone()))?;
                notes.extend(notes_on_keeping(hook, path, &kept));
                journal.write_keeping(path, &kept, &written)?;
                kept_now = Some(kept);
            }
            notes.extend(
                hook.manager
                    .map(|manager| HookNote::MayBeOverwritten(path.clone(), manager)),
            );
        }
        Occupant::NoFile => return Err(SetupError::NotAFile(path.clone())),
    }
    if let Some(manager) = slot.behind {
        notes.push(HookNote::Behind(path.clone(), manager));
    }
    let mut earlier = kept_earlier(hooks_dir, slot.hook_type);
    earlier.extend(kept_now);
    earlier.dedup();
    if earlier.len() > 1 {
        notes.push(HookNote::SeveralEarlier(earlier));
    }
    Ok(())
}

/// The file of husky's users, where none is yet: it can be written, and removed again, without anything being lost.
fn free_husky_file(slot: &HookSlot) -> Option<PathBuf> {
    husky_file_of(slot).filter(|file| is_free(file))
}

/// The same where it is as we wrote it.
fn own_husky_file(slot: &HookSlot) -> Option<PathBuf> {
    husky_file_of(slot).filter(|file| is_husky_text(file, slot.hook_type))
}

fn husky_file_of(slot: &HookSlot) -> Option<PathBuf> {
    match &slot.occupant {
        Occupant::Foreign(hook) if hook.manager == Some(HookManager::Husky) => {
            husky_file(&slot.path)
        }
        _ => None,
    }
}

fn notes_on_keeping(hook: &ForeignHook, path: &Path, kept: &Path) -> Vec<HookNote> {
    let mut notes = Vec::new();
    if hook.name_matters == NameMatters::Perhaps {
        notes.push(HookNote::NameChanged(kept.to_owned()));
    }
    if !is_executable_path(path) {
        notes.push(HookNote::NotExecutable(kept.to_owned()));
    }
    notes
}

fn uninstall_all(
    hooks_dir: &Path,
    slots: &[HookSlot],
    options: &HookOptions,
    journal: &mut Journal,
    notes: &mut Vec<HookNote>,
) -> Result<(), SetupError> {
    let mut directories_made = 0;
    for slot in slots {
        if let Occupant::Ours(script) = &slot.occupant {
            if script.edited && !options.force {
                return Err(SetupError::Edited(slot.path.clone()));
            }
            directories_made = directories_made.max(script.directories_made);
        }
    }
    for slot in slots {
        let mut earlier = kept_earlier(hooks_dir, slot.hook_type);
        if matches!(slot.occupant, Occupant::Ours(_)) {
            // The hook that was there before ours is the one that was kept last.
            match earlier.pop() {
                Some(last) => journal.restore(&last, &slot.path)?,
                None => journal.remove(&slot.path)?,
            }
        } else if let Some(file) = own_husky_file(slot) {
            journal.remove(&file)?;
        } else {
            notes.push(HookNote::NotInstalled(slot.hook_type));
        }
        notes.extend(earlier.into_iter().map(HookNote::StillKept));
    }
    journal.remove_empty_directories(hooks_dir, directories_made);
    Ok(())
}

fn slots(hooks_dir: &Path, types: &[HookType]) -> Result<Vec<HookSlot>, SetupError> {
    let types: BTreeSet<HookType> = types.iter().copied().collect();
    types
        .into_iter()
        .map(|hook_type| {
            find_slot(hooks_dir, hook_type)
                .map_err(|(path, source)| io_error("read", &path, source))
        })
        .collect()
}

/// How many directories were made for hooks of ours that are there, so that the last one that goes takes them along.
fn directories_made(hooks_dir: &Path) -> Result<usize, SetupError> {
    let made = slots(hooks_dir, &HookType::ALL)?
        .into_iter()
        .filter_map(|slot| match slot.occupant {
            Occupant::Ours(script) => Some(script.directories_made),
            _ => None,
        });
    Ok(made.max().unwrap_or(0))
}

/// A kept earlier hook with the same bytes and mode: a tool wrote its hook again over ours.
fn copy_among_kept(hooks_dir: &Path, slot: &HookSlot) -> Option<PathBuf> {
    let own = slot.path.symlink_metadata().ok()?;
    if !own.is_file() {
        return None;
    }
    let bytes = fs::read(&slot.path).ok()?;
    kept_earlier(hooks_dir, slot.hook_type)
        .into_iter()
        .find(|kept| {
            kept.symlink_metadata().is_ok_and(|metadata| {
                metadata.is_file()
                    && metadata.len() == own.len()
                    && metadata.permissions() == own.permissions()
            }) && fs::read(kept).is_ok_and(|other| other == bytes)
        })
}

fn check_binary(binary: &Path) -> Result<(), SetupError> {
    let reason = if !binary.is_absolute() {
        "its path is not absolute"
    } else if binary
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .any(u8::is_ascii_control)
    {
        "its path has a control character"
    } else if !is_executable_path(binary) {
        "it is not an executable file"
    } else {
        return Ok(());
    };
    Err(SetupError::Binary {
        path: binary.to_owned(),
        reason,
    })
}

fn check_directory(hooks_dir: &Path) -> Result<(), SetupError> {
    match hooks_dir.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            Err(SetupError::NotADirectory(hooks_dir.to_owned()))
        }
        Err(error) => Err(io_error("read", hooks_dir, error)),
        Ok(_) if hooks_dir.is_dir() => Ok(()),
        Ok(_) => Err(SetupError::NotADirectory(hooks_dir.to_owned())),
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::{Path, PathBuf};

    use crate::setup::hook_changes::{Change, SetupError};
    use crate::setup::hook_notes::{HookNote, HooksPlace};
    use crate::setup::hook_script::{HookType, read_script};
    use crate::setup::hook_status::{HookState, status};

    use super::{HookChanges, HookOptions, install, uninstall};

    const FOREIGN: &str = "#!/bin/sh\necho earlier\n";

    struct Scene(tempfile::TempDir);

    impl Scene {
        fn new() -> Self {
            let scene = Self(tempfile::tempdir().unwrap());
            scene.file("bin/git-postman", "#!/bin/sh\n", 0o755);
            fs::create_dir_all(scene.hooks()).unwrap();
            scene
        }

        fn at(&self, path: &str) -> PathBuf {
            self.0.path().join(path)
        }

        fn hooks(&self) -> PathBuf {
            self.at("git/hooks")
        }

        fn hook(&self, name: &str) -> PathBuf {
            self.hooks().join(name)
        }

        fn binary(&self) -> PathBuf {
            self.at("bin/git-postman")
        }

        fn file(&self, path: &str, text: &str, mode: u32) {
            let path = self.at(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }

        fn install(&self, types: &[HookType]) -> Result<HookChanges, SetupError> {
            install(&self.hooks(), types, &self.binary(), &options())
        }

        fn uninstall(&self, types: &[HookType]) -> Result<HookChanges, SetupError> {
            uninstall(&self.hooks(), types, &options())
        }

        /// Every path below the scene with what it is: mode and bytes, or the target of a link.
        fn picture(&self) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
            walkdir::WalkDir::new(self.0.path())
                .into_iter()
                .map(|entry| {
                    let path = entry.unwrap().into_path();
                    let metadata = path.symlink_metadata().unwrap();
                    let content = if metadata.is_symlink() {
                        fs::read_link(&path)
                            .unwrap()
                            .into_os_string()
                            .into_encoded_bytes()
                    } else if metadata.is_file() {
                        fs::read(&path).unwrap()
                    } else {
                        Vec::new()
                    };
                    (path, (metadata.permissions().mode(), content))
                })
                .collect()
        }
    }

    fn options() -> HookOptions {
        HookOptions {
            dry_run: false,
            force: false,
            place: HooksPlace::Repository,
        }
    }

    fn forced() -> HookOptions {
        HookOptions {
            force: true,
            ..options()
        }
    }

    fn is_ours(path: &Path) -> bool {
        read_script(&fs::read(path).unwrap()).is_some_and(|script| !script.edited)
    }

    #[test]
    fn a_hook_is_written_executable_and_the_second_time_nothing_changes() {
        let scene = Scene::new();
        let done = scene.install(&HookType::CLIENT).unwrap();
        assert_eq!(
            done.changes,
            [
                Change::WriteHook(scene.hook("pre-commit")),
                Change::WriteHook(scene.hook("pre-push"))
            ]
        );
        assert!(is_ours(&scene.hook("pre-push")));
        let mode = fs::metadata(scene.hook("pre-push"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o500, 0o500);
        let picture = scene.picture();
        assert_eq!(scene.install(&HookType::CLIENT).unwrap().changes, []);
        assert_eq!(scene.picture(), picture);
    }

    #[test]
    fn what_was_there_comes_back_to_the_byte_and_the_mode() {
        for mode in [0o755, 0o700, 0o644, 0o4711] {
            let scene = Scene::new();
            scene.file("git/hooks/pre-push", FOREIGN, mode);
            scene.file("git/hooks/pre-push.sample", "sample", 0o755);
            let before = scene.picture();
            let done = scene.install(&HookType::CLIENT).unwrap();
            let kept = scene.hook("pre-push.git-postman-before");
            assert_eq!(fs::read(&kept).unwrap(), FOREIGN.as_bytes());
            assert!(is_ours(&scene.hook("pre-push")));
            let remarked = done.notes.contains(&HookNote::NotExecutable(kept.clone()));
            assert_eq!(remarked, mode == 0o644);
            let undone = scene.uninstall(&HookType::CLIENT).unwrap();
            assert_eq!(scene.picture(), before);
            assert_eq!(
                undone.changes,
                [
                    Change::RemoveHook(scene.hook("pre-commit")),
                    Change::RestoreEarlier {
                        kept,
                        hook: scene.hook("pre-push")
                    }
                ]
            );
        }
    }

    #[test]
    fn directories_that_were_made_go_with_the_last_hook() {
        for order in [HookType::CLIENT, [HookType::PrePush, HookType::PreCommit]] {
            let scene = Scene::new();
            fs::remove_dir_all(scene.at("git")).unwrap();
            let before = scene.picture();
            scene.install(&[HookType::PreCommit]).unwrap();
            scene.install(&[HookType::PrePush]).unwrap();
            scene.uninstall(&order[..1]).unwrap();
            assert!(scene.hooks().is_dir());
            let last = scene.uninstall(&order[1..]).unwrap();
            assert_eq!(scene.picture(), before);
            assert_eq!(
                last.changes[1..],
                [
                    Change::RemoveDirectory(scene.hooks()),
                    Change::RemoveDirectory(scene.at("git"))
                ]
            );
        }
    }

    #[test]
    fn a_made_directory_stays_where_something_else_has_moved_in() {
        let scene = Scene::new();
        fs::remove_dir(scene.hooks()).unwrap();
        scene.install(&HookType::CLIENT).unwrap();
        scene.file("git/hooks/post-merge", FOREIGN, 0o755);
        scene.uninstall(&HookType::CLIENT).unwrap();
        assert!(scene.hook("post-merge").is_file());
        let kept = Scene::new();
        kept.install(&HookType::CLIENT).unwrap();
        kept.uninstall(&HookType::CLIENT).unwrap();
        assert!(
            kept.hooks().is_dir(),
            "a directory that was there stays, though it is empty"
        );
    }

    #[test]
    fn a_dry_run_says_what_a_run_does_and_writes_nothing() {
        let scene = Scene::new();
        fs::remove_dir(scene.hooks()).unwrap();
        let dry = HookOptions {
            dry_run: true,
            ..options()
        };
        for foreign in [false, true] {
            if foreign {
                scene.file("git/hooks/pre-push", FOREIGN, 0o755);
            }
            let before = scene.picture();
            let told = install(&scene.hooks(), &HookType::CLIENT, &scene.binary(), &dry).unwrap();
            assert_eq!(scene.picture(), before);
            assert_eq!(scene.install(&HookType::CLIENT).unwrap(), told);
            let installed = scene.picture();
            let told = uninstall(&scene.hooks(), &HookType::CLIENT, &dry).unwrap();
            assert_eq!(scene.picture(), installed);
            assert_eq!(scene.uninstall(&HookType::CLIENT).unwrap(), told);
            assert_eq!(scene.picture(), before);
        }
    }

    #[test]
    fn a_link_is_kept_as_a_link() {
        for target in ["../../shared/pre-push", "no-such-file"] {
            let scene = Scene::new();
            scene.file("shared/pre-push", FOREIGN, 0o755);
            symlink(target, scene.hook("pre-push")).unwrap();
            let before = scene.picture();
            scene.install(&[HookType::PrePush]).unwrap();
            let kept = scene.hook("pre-push.git-postman-before");
            assert_eq!(fs::read_link(&kept).unwrap(), Path::new(target));
            assert!(is_ours(&scene.hook("pre-push")));
            assert!(!scene.hook("pre-push").is_symlink());
            assert_eq!(
                fs::read(scene.at("shared/pre-push")).unwrap(),
                FOREIGN.as_bytes()
            );
            scene.uninstall(&[HookType::PrePush]).unwrap();
            assert_eq!(scene.picture(), before);
        }
    }

    #[test]
    fn another_program_or_an_older_script_is_replaced() {
        let scene = Scene::new();
        scene.install(&[HookType::PrePush]).unwrap();
        let current = fs::read_to_string(scene.hook("pre-push")).unwrap();
        scene.file(
            "git/hooks/pre-push",
            &current.replace("hook, script 2", "hook, script 1"),
            0o755,
        );
        let update = [Change::UpdateHook(scene.hook("pre-push"))];
        assert_eq!(scene.install(&[HookType::PrePush]).unwrap().changes, update);
        assert_eq!(fs::read_to_string(scene.hook("pre-push")).unwrap(), current);
        scene.file("bin/other", "#!/bin/sh\n", 0o755);
        let other = install(
            &scene.hooks(),
            &[HookType::PrePush],
            &scene.at("bin/other"),
            &options(),
        )
        .unwrap();
        assert_eq!(other.changes, update);
        fs::set_permissions(scene.hook("pre-push"), fs::Permissions::from_mode(0o644)).unwrap();
        let again = install(
            &scene.hooks(),
            &[HookType::PrePush],
            &scene.at("bin/other"),
            &options(),
        )
        .unwrap();
        assert_eq!(again.changes, update, "a hook that lost its mode is mended");
    }

    #[test]
    fn a_hook_that_was_written_over_ours_is_kept_and_so_is_the_one_before() {
        let scene = Scene::new();
        scene.file("git/hooks/pre-push", FOREIGN, 0o755);
        scene.install(&[HookType::PrePush]).unwrap();
        scene.file("git/hooks/pre-push", "#!/bin/sh\necho newer\n", 0o700);
        let before = scene.picture();
        let done = scene.install(&[HookType::PrePush]).unwrap();
        let (first, second) = (
            scene.hook("pre-push.git-postman-before"),
            scene.hook("pre-push.git-postman-before-2"),
        );
        assert_eq!(fs::read_to_string(&first).unwrap(), FOREIGN);
        assert_eq!(
            fs::read_to_string(&second).unwrap(),
            "#!/bin/sh\necho newer\n"
        );
        assert!(
            done.notes
                .contains(&HookNote::SeveralEarlier(vec![first.clone(), second]))
        );
        let undone = scene.uninstall(&[HookType::PrePush]).unwrap();
        assert_eq!(scene.picture(), before);
        assert_eq!(undone.notes, [HookNote::StillKept(first)]);
    }

    #[test]
    fn a_tool_that_wrote_the_same_hook_again_does_not_make_it_run_twice() {
        let scene = Scene::new();
        scene.file("git/hooks/pre-push", FOREIGN, 0o755);
        let before = scene.picture();
        scene.install(&[HookType::PrePush]).unwrap();
        let installed = scene.picture();
        scene.file("git/hooks/pre-push", FOREIGN, 0o755);
        let done = scene.install(&[HookType::PrePush]).unwrap();
        assert!(
            matches!(done.changes[..], [Change::ReplaceCopy { .. }]),
            "{done:?}"
        );
        assert_eq!(scene.picture(), installed);
        scene.uninstall(&[HookType::PrePush]).unwrap();
        assert_eq!(scene.picture(), before);
    }

    #[test]
    fn no_more_than_nine_earlier_hooks_are_kept_and_none_is_lost() {
        let scene = Scene::new();
        for number in 1..=9 {
            scene.file(
                "git/hooks/pre-push",
                &format!("#!/bin/sh\necho {number}\n"),
                0o755,
            );
            scene.install(&[HookType::PrePush]).unwrap();
        }
        scene.file("git/hooks/pre-push", "#!/bin/sh\necho ten\n", 0o755);
        let before = scene.picture();
        let error = scene.install(&HookType::CLIENT).unwrap_err();
        assert!(matches!(error, SetupError::TooManyEarlier(_)), "{error}");
        assert_eq!(scene.picture(), before);
    }

    #[test]
    fn an_edited_script_is_left_alone_unless_forced() {
        let scene = Scene::new();
        scene.install(&[HookType::PrePush]).unwrap();
        let edited = fs::read_to_string(scene.hook("pre-push")).unwrap() + "echo mine\n";
        scene.file("git/hooks/pre-push", &edited, 0o755);
        let before = scene.picture();
        for result in [
            scene.install(&HookType::CLIENT),
            scene.uninstall(&HookType::CLIENT),
        ] {
            let error = result.unwrap_err();
            assert!(matches!(error, SetupError::Edited(_)), "{error}");
            assert!(error.hint().unwrap().contains("--force"));
            assert_eq!(scene.picture(), before);
        }
        install(
            &scene.hooks(),
            &[HookType::PrePush],
            &scene.binary(),
            &forced(),
        )
        .unwrap();
        assert!(is_ours(&scene.hook("pre-push")));
        scene.file("git/hooks/pre-push", &edited, 0o755);
        uninstall(&scene.hooks(), &[HookType::PrePush], &forced()).unwrap();
        assert!(!scene.hook("pre-push").exists());
    }

    #[test]
    fn behind_pre_commit_ours_takes_the_place_that_pre_commit_starts_first() {
        let scene = Scene::new();
        let framework =
            "#!/usr/bin/env bash\n# File generated by pre-commit: https://pre-commit.com\n";
        scene.file("git/hooks/pre-push", framework, 0o755);
        scene.file("git/hooks/pre-push.legacy", FOREIGN, 0o755);
        let before = scene.picture();
        scene.install(&[HookType::PrePush]).unwrap();
        assert_eq!(
            fs::read_to_string(scene.hook("pre-push")).unwrap(),
            framework
        );
        assert!(is_ours(&scene.hook("pre-push.legacy")));
        assert!(scene.hook("pre-push.git-postman-before").is_file());
        assert_eq!(scene.install(&[HookType::PrePush]).unwrap().changes, []);
        let found = &status(&scene.hooks(), &[HookType::PrePush])[0];
        assert!(found.checks(), "{found}");
        assert!(
            found
                .to_string()
                .contains("started by the hook of pre-commit"),
            "{found}"
        );
        scene.uninstall(&[HookType::PrePush]).unwrap();
        assert_eq!(scene.picture(), before);
    }

    #[test]
    fn ours_that_pre_commit_moved_aside_is_still_ours() {
        let scene = Scene::new();
        scene.install(&[HookType::PrePush]).unwrap();
        fs::rename(scene.hook("pre-push"), scene.hook("pre-push.legacy")).unwrap();
        scene.file(
            "git/hooks/pre-push",
            "# File generated by prek: https://github.com/j178/prek\n",
            0o755,
        );
        let done = scene.install(&[HookType::PrePush]).unwrap();
        assert_eq!(done.changes, []);
        assert!(matches!(done.notes[..], [HookNote::Behind(..)]), "{done:?}");
        scene.uninstall(&[HookType::PrePush]).unwrap();
        assert!(!scene.hook("pre-push.legacy").exists());
        assert!(scene.hook("pre-push").exists());
    }

    #[test]
    fn a_hook_that_finds_its_work_by_its_name_is_not_renamed() {
        let scene = Scene::new();
        scene.file(
            "git/hooks/pre-push",
            "#!/usr/bin/env sh\n. \"${0%/*}/h\"",
            0o755,
        );
        let before = scene.picture();
        let error = scene.install(&HookType::CLIENT).unwrap_err();
        assert!(error.to_string().contains("husky"), "{error}");
        assert!(
            error
                .hint()
                .unwrap()
                .contains("git postman hook run pre-push")
        );
        assert_eq!(
            scene.picture(),
            before,
            "the hook of the other type is not written either"
        );
        scene.file(
            "git/pre-push",
            "git postman hook run pre-push -- \"$@\"\n",
            0o644,
        );
        let done = scene.install(&[HookType::PrePush]).unwrap();
        assert_eq!(done.changes, []);
        assert_eq!(
            done.notes,
            [HookNote::AlreadyCalled(scene.hook("pre-push"))]
        );
        assert!(status(&scene.hooks(), &[HookType::PrePush])[0].checks());
    }

    #[test]
    fn when_the_second_hook_fails_the_first_is_taken_back() {
        let scene = Scene::new();
        scene.file("git/hooks/pre-commit", FOREIGN, 0o755);
        fs::create_dir_all(scene.hook("pre-push")).unwrap();
        let before = scene.picture();
        let error = scene.install(&HookType::CLIENT).unwrap_err();
        assert!(matches!(error, SetupError::NotAFile(_)), "{error}");
        assert_eq!(scene.picture(), before);
        let status = status(&scene.hooks(), &[HookType::PrePush]);
        assert!(matches!(status[0].state, HookState::Unreadable { .. }));
    }

    #[test]
    fn a_file_in_place_of_a_directory_is_told_and_nothing_is_written() {
        let scene = Scene::new();
        scene.file("plain", "text", 0o644);
        let before = scene.picture();
        for hooks_dir in [
            scene.at("plain"),
            scene.at("plain/hooks"),
            PathBuf::from("/dev/null"),
        ] {
            let error =
                install(&hooks_dir, &HookType::CLIENT, &scene.binary(), &options()).unwrap_err();
            assert!(matches!(error, SetupError::NotADirectory(_)), "{error:?}");
            assert!(error.hint().unwrap().contains("core.hooksPath"));
        }
        assert_eq!(scene.picture(), before);
    }

    #[test]
    fn a_directory_without_permission_is_told_and_nothing_is_written() {
        let scene = Scene::new();
        scene.file("git/hooks/pre-commit", FOREIGN, 0o755);
        fs::set_permissions(scene.hooks(), fs::Permissions::from_mode(0o555)).unwrap();
        if fs::write(scene.hook("probe"), "").is_ok() {
            fs::remove_file(scene.hook("probe")).unwrap();
            eprintln!("skipped: this user may write everywhere");
            return;
        }
        let before = scene.picture();
        let error = scene.install(&HookType::CLIENT).unwrap_err();
        assert!(error.to_string().starts_with("cannot write"), "{error}");
        assert_eq!(scene.picture(), before);
        fs::set_permissions(scene.hooks(), fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn a_program_that_cannot_be_started_is_refused() {
        let scene = Scene::new();
        scene.file("bin/plain", "", 0o644);
        scene.file("bin/two\nlines", "", 0o755);
        for (binary, reason) in [
            (PathBuf::from("git-postman"), "absolute"),
            (scene.at("bin/plain"), "executable"),
            (scene.at("bin/none"), "executable"),
            (scene.at("bin"), "executable"),
            (scene.at("bin/two\nlines"), "control"),
        ] {
            let error =
                install(&scene.hooks(), &HookType::CLIENT, &binary, &options()).unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
            assert!(!error.to_string().contains('\n'));
        }
        assert!(!scene.hook("pre-push").exists());
    }

    #[test]
    fn uninstalling_where_nothing_is_ours_changes_nothing() {
        let scene = Scene::new();
        scene.file("git/hooks/pre-push", FOREIGN, 0o755);
        let before = scene.picture();
        let done = scene.uninstall(&HookType::CLIENT).unwrap();
        assert_eq!(done.changes, []);
        assert_eq!(done.notes, HookType::CLIENT.map(HookNote::NotInstalled));
        assert_eq!(scene.picture(), before);
        fs::remove_dir_all(scene.hooks()).unwrap();
        assert_eq!(scene.uninstall(&HookType::CLIENT).unwrap().changes, []);
    }

    #[test]
    fn a_linked_hooks_directory_is_followed_and_told() {
        let scene = Scene::new();
        fs::rename(scene.hooks(), scene.at("elsewhere")).unwrap();
        symlink("../elsewhere", scene.hooks()).unwrap();
        let done = scene.install(&[HookType::PrePush]).unwrap();
        assert!(is_ours(&scene.at("elsewhere/pre-push")));
        assert!(matches!(done.notes[..], [HookNote::DirectoryIsLink(..)]));
    }
}
