//! A mark that a run is alive, for other runs in the same clone: a file that it keeps locked. The system lets go of the
//! lock when the process ends, however it ends, so a run that was killed is known at once and need not be waited for.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

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

/// Names of runs come out of the state, which others write too: only letters and digits reach the path.
fn path_of(git_dir: &Path, run: &str) -> PathBuf {
    let plain: String = run
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(64)
        .collect();
    git_dir.join("git-postman").join(format!("run-{plain}"))
}

#[cfg(test)]
mod tests {
    use super::{RunMark, forget, is_over, path_of};

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
}
