//! A mark that a run is alive, for other runs in the same clone: a file that it keeps locked. The system lets go of the
//! lock when the process ends, however it ends, so a run that was killed is known at once and need not be waited for.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::mirror::state::LONGEST_CLAIM;

/// The mark of a run. Dropped, it says that the run is over without having cleaned up; see [`RunMark::done`].
#[derive(Debug)]
pub struct RunMark {
    path: PathBuf,
    // Keeps the lock.
    _file: File,
}

impl RunMark {
    /// Marks a run as alive. `git_dir` is the directory that all worktrees of a clone share.
    ///
    /// # Errors
    /// A directory that cannot be written.
    pub fn set(git_dir: &Path, run: &str) -> io::Result<Self> {
        let path = path_of(git_dir, run);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let file = File::create(&path)?;
        file.lock()?;
        sweep(&path, &file);
        Ok(Self { path, _file: file })
    }

    /// The run has recorded what it did, or did nothing: there is nothing left to heal, and no mark.
    pub fn done(self) {
        // One that cannot be removed says that the run is over, which is true.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether a run was one of this clone and is over. Of runs elsewhere nothing is known.
pub fn is_over(git_dir: &Path, run: &str) -> bool {
    let Ok(file) = File::open(path_of(git_dir, run)) else {
        return false;
    };
    match file.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
    }
}

/// Forgets a run that is over.
pub fn forget(git_dir: &Path, run: &str) {
    let _ = fs::remove_file(path_of(git_dir, run));
}

/// Takes away what runs have left that ended long ago: their claims do not count any more, so nobody asks for them. What
/// cannot be looked at stays.
fn sweep(own: &Path, file: &File) {
    let written = |metadata: io::Result<fs::Metadata>| metadata.and_then(|one| one.modified()).ok();
    let (Some(now), Some(all)) = (
        written(file.metadata()),
        own.parent().and_then(|parent| fs::read_dir(parent).ok()),
    ) else {
        return;
    };
    for entry in all.flatten() {
        let name = entry.file_name();
        let is_mark = name.to_str().is_some_and(|name| name.starts_with(PREFIX));
        let age = written(entry.metadata()).and_then(|before| now.duration_since(before).ok());
        let is_old = age.is_some_and(|age| age.as_secs() > LONGEST_CLAIM);
        let path = entry.path();
        if !is_mark || !is_old || path == own {
            continue;
        }
        if let Ok(left) = File::open(&path)
            && left.try_lock().is_ok()
        {
            let _ = fs::remove_file(&path);
        }
    }
}

const PREFIX: &str = "run-";

/// Names of runs come out of the state, which others write too: only letters and digits reach the path.
fn path_of(git_dir: &Path, run: &str) -> PathBuf {
    let plain: String = run
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(64)
        .collect();
    git_dir.join("git-postman").join(format!("{PREFIX}{plain}"))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::Duration;

    use super::{RunMark, forget, is_over, path_of};
    use crate::mirror::state::LONGEST_CLAIM;

    #[test]
    fn a_run_is_over_when_nobody_holds_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_over(folder.path(), "unknown"));
        let mark = RunMark::set(folder.path(), "r1").unwrap();
        assert!(!is_over(folder.path(), "r1"));
        mark.done();
        assert!(!is_over(folder.path(), "r1"));
        // What a killed run leaves behind.
        drop(RunMark::set(folder.path(), "r2").unwrap());
        assert!(is_over(folder.path(), "r2"));
        forget(folder.path(), "r2");
        assert!(!is_over(folder.path(), "r2"));
        let climbing = path_of(folder.path(), "../../etc/passwd");
        assert!(climbing.starts_with(folder.path().join("git-postman")));
        assert!(climbing.ends_with("run-etcpasswd"));
    }

    #[test]
    fn what_runs_left_long_ago_is_taken_away_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for run in ["old", "young", "alive"] {
            drop(RunMark::set(folder.path(), run).unwrap());
        }
        let alive = File::open(path_of(folder.path(), "alive")).unwrap();
        alive.lock().unwrap();
        let other = folder.path().join("git-postman/journal");
        fs::write(&other, "x").unwrap();
        let long_ago = fs::metadata(&other).unwrap().modified().unwrap()
            - Duration::from_secs(LONGEST_CLAIM + 60);
        for path in [
            path_of(folder.path(), "old"),
            path_of(folder.path(), "alive"),
            other.clone(),
        ] {
            let file = File::options().write(true).open(path).unwrap();
            file.set_modified(long_ago).unwrap();
        }
        let mark = RunMark::set(folder.path(), "new").unwrap();
        assert!(!path_of(folder.path(), "old").exists());
        for stays in ["young", "alive", "new"] {
            assert!(path_of(folder.path(), stays).exists(), "{stays}");
        }
        assert!(other.exists());
        mark.done();
    }
}
