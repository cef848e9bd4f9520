//! The lock of a reference that a killed run has left. libgit2 makes a file `<name>.lock` and has no way to tell one that
//! somebody holds from one that nobody will ever let go of; git itself asks a person to remove it.
//!
//! Whoever moves a reference through libgit2 writes its name into a file of our own and keeps that locked. The system lets go
//! of it when a process ends, however it ends: whoever gets it and finds a name in it knows that the lock of that reference
//! is nobody's.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;

const FILE: &str = "git-postman/moving";

/// A reference is being moved, and no other run of ours moves one in this clone.
#[derive(Debug)]
pub(crate) struct Moving {
    file: File,
}

impl Moving {
    /// Waits for its turn. `directory` is the one that all worktrees share.
    ///
    /// # Errors
    /// A directory that cannot be written, and a file system without locks.
    pub(crate) fn begin(directory: &Path, name: &str) -> io::Result<Self> {
        let mut moving = Self::healed(directory)?;
        moving.file.write_all(name.as_bytes())?;
        Ok(moving)
    }

    fn healed(directory: &Path) -> io::Result<Self> {
        let path = directory.join(FILE);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path)?;
        file.lock()?;
        let mut left = String::new();
        file.read_to_string(&mut left)?;
        let is_name = left.starts_with("refs/") && !left.split('/').any(|part| part == "..");
        if is_name {
            // One that is gone already was let go of in time.
            let _ = fs::remove_file(directory.join(format!("{left}.lock")));
        }
        let mut moving = Self { file };
        moving.clear()?;
        Ok(moving)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()
    }
}

impl Drop for Moving {
    fn drop(&mut self) {
        // What stays in the file is looked at by the next one, and finds no lock.
        let _ = self.clear();
        let _ = self.file.unlock();
    }
}

/// Takes the lock away that a killed run has left, where there is one. A file system without locks of its own has none to
/// look at.
pub(crate) fn heal(directory: &Path) {
    drop(Moving::healed(directory));
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{FILE, Moving, heal};

    const NAME: &str = "refs/postman/state";

    #[test]
    fn only_the_lock_of_a_run_that_died_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("refs/postman/state.lock");
        fs::create_dir_all(lock.parent().unwrap()).unwrap();
        // Somebody else's: nobody of ours was at it.
        fs::write(&lock, "").unwrap();
        heal(folder.path());
        assert!(lock.exists());
        drop(Moving::begin(folder.path(), NAME).unwrap());
        assert!(lock.exists());
        // What a killed run leaves: its name, and nobody who holds the file.
        fs::write(folder.path().join(FILE), NAME).unwrap();
        heal(folder.path());
        assert!(!lock.exists());
        fs::write(&lock, "").unwrap();
        fs::write(folder.path().join(FILE), NAME).unwrap();
        drop(Moving::begin(folder.path(), "refs/postman/other").unwrap());
        assert!(!lock.exists());
        assert_eq!(fs::read(folder.path().join(FILE)).unwrap(), b"");
    }

    #[test]
    fn a_name_that_climbs_out_is_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let (inner, outer) = (folder.path().join("git"), folder.path().join("a.lock"));
        fs::create_dir_all(inner.join("git-postman")).unwrap();
        fs::write(&outer, "").unwrap();
        fs::write(inner.join(FILE), "refs/../../a").unwrap();
        heal(&inner);
        assert!(outer.exists());
    }
}
