//! What stands in a hooks directory, and where our script belongs in it. Only reads.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::setup::foreign_hook::{ForeignHook, HookManager, calls_git_postman, recognise};
use crate::setup::hook_script::{EARLIER_SUFFIX, HookType, InstalledScript, read_script};

/// How many earlier hooks of one type can be kept; the scripts know these names.
pub const MOST_EARLIER: usize = 9;

/// More than any hook script has; what follows is not looked at.
const MOST_READ: u64 = 256 * 1024;

/// What a path in a hooks directory holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occupant {
    /// Nothing.
    Nothing,
    /// A script that this program, or another version of it, wrote.
    Ours(InstalledScript),
    /// A hook of somebody else; also a link to one, or a link to nothing.
    Foreign(ForeignHook),
    /// A directory, a pipe or the like: no hook at all.
    NoFile,
}

/// The place of our script for one hook type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookSlot {
    /// The hook type.
    pub hook_type: HookType,
    /// Where our script stands or belongs.
    pub path: PathBuf,
    /// What is there now.
    pub occupant: Occupant,
    /// The name under which a hook in our place would be kept, after all that are kept already; `None`
    /// where no name is left. It is chosen before `occupant` is read: a second installation at the same
    /// time then finds the name taken, and does not take our script for an earlier hook.
    pub free_for_earlier: Option<PathBuf>,
    /// The manager whose hook starts the one at `path`; `None` where git does.
    pub behind: Option<HookManager>,
}

/// Finds the place of our script: the hook itself, or, where pre-commit or prek owns the hook, the
/// `.legacy` hook that it starts first.
///
/// # Errors
/// A file that cannot be read, with its path.
pub fn find_slot(hooks_dir: &Path, hook_type: HookType) -> Result<HookSlot, (PathBuf, io::Error)> {
    let free_for_earlier = next_earlier(hooks_dir, hook_type);
    let path = hooks_dir.join(hook_type.as_str());
    let occupant = occupant_of(&path, hook_type)?;
    if let Occupant::Foreign(ForeignHook {
        manager: Some(manager),
        ..
    }) = &occupant
        && manager.runs_legacy_hooks()
    {
        let legacy = hooks_dir.join(format!("{hook_type}.legacy"));
        return Ok(HookSlot {
            hook_type,
            occupant: occupant_of(&legacy, hook_type)?,
            path: legacy,
            free_for_earlier,
            behind: Some(*manager),
        });
    }
    Ok(HookSlot {
        hook_type,
        path,
        occupant,
        free_for_earlier,
        behind: None,
    })
}

/// The earlier hooks that are kept for one type, oldest first.
pub fn kept_earlier(hooks_dir: &Path, hook_type: HookType) -> Vec<PathBuf> {
    (1..=MOST_EARLIER)
        .map(|number| earlier_path(hooks_dir, hook_type, number))
        .filter(|path| path.symlink_metadata().is_ok())
        .collect()
}

/// Whether git would start this file. Everything is executable where there are no mode bits.
pub fn is_executable(metadata: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
    }
    #[cfg(not(unix))]
    {
        metadata.is_file()
    }
}

/// Whether git would start what is at `path`, following links.
pub fn is_executable_path(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| is_executable(&metadata))
}

fn next_earlier(hooks_dir: &Path, hook_type: HookType) -> Option<PathBuf> {
    let taken = |number| {
        earlier_path(hooks_dir, hook_type, number)
            .symlink_metadata()
            .is_ok()
    };
    let last_taken = (1..=MOST_EARLIER).rev().find(|number| taken(*number));
    let next = last_taken.unwrap_or(0) + 1;
    (next <= MOST_EARLIER).then(|| earlier_path(hooks_dir, hook_type, next))
}

fn earlier_path(hooks_dir: &Path, hook_type: HookType, number: usize) -> PathBuf {
    match number {
        1 => hooks_dir.join(format!("{hook_type}{EARLIER_SUFFIX}")),
        more => hooks_dir.join(format!("{hook_type}{EARLIER_SUFFIX}-{more}")),
    }
}

fn occupant_of(path: &Path, hook_type: HookType) -> Result<Occupant, (PathBuf, io::Error)> {
    let failed = |error| (path.to_owned(), error);
    let own = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Occupant::Nothing),
        Err(error) => return Err(failed(error)),
    };
    let target = match fs::metadata(path) {
        Ok(metadata) => metadata,
        // A link to nothing, or in a circle: somebody's hook, if a broken one.
        Err(_) if own.is_symlink() => return Ok(Occupant::Foreign(recognise(b""))),
        Err(error) => return Err(failed(error)),
    };
    if !target.is_file() {
        let is_link = own.is_symlink();
        return Ok(if is_link {
            Occupant::Foreign(recognise(b""))
        } else {
            Occupant::NoFile
        });
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MOST_READ).read_to_end(&mut bytes))
        .map_err(failed)?;
    Ok(match read_script(&bytes) {
        Some(script) if script.hook_type == hook_type => Occupant::Ours(script),
        _ => Occupant::Foreign(foreign_hook(path, hook_type, &bytes)),
    })
}

fn foreign_hook(path: &Path, hook_type: HookType, bytes: &[u8]) -> ForeignHook {
    let mut hook = recognise(bytes);
    if hook.manager == Some(HookManager::Husky) {
        hook.calls_git_postman |= husky_calls_git_postman(path, hook_type);
    }
    hook
}

/// husky 9 keeps the hooks that users write one directory above its own.
fn husky_calls_git_postman(path: &Path, hook_type: HookType) -> bool {
    let Some(above) = path.parent().and_then(Path::parent) else {
        return false;
    };
    let written_by_user = above.join(hook_type.as_str());
    if !fs::metadata(&written_by_user).is_ok_and(|metadata| metadata.is_file()) {
        return false;
    }
    let mut bytes = Vec::new();
    File::open(&written_by_user)
        .and_then(|file| file.take(MOST_READ).read_to_end(&mut bytes))
        .is_ok_and(|_| calls_git_postman(&String::from_utf8_lossy(&bytes)))
}
