//! A run of the program that is killed at one of its changes to the file system.

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::postman::Scene;
use crate::support::program;

/// A library that the program is started with.
pub(crate) struct Killer {
    library: PathBuf,
    _folder: TempDir,
}

impl Killer {
    /// Built from `kill_at_file.c`; nothing where there is no C compiler.
    #[expect(clippy::disallowed_methods, reason = "a compiler has to be started")]
    pub(crate) fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let (source, library) = (
            folder.path().join("kill_at_file.c"),
            folder.path().join("kill_at_file.so"),
        );
        std::fs::write(&source, include_str!("kill_at_file.c")).unwrap();
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&library, &source])
            .arg("-ldl")
            .status();
        let built = built.is_ok_and(|status| status.success());
        built.then_some(Self {
            library,
            _folder: folder,
        })
    }

    /// Starts the program and kills it at the change of this number. Says whether there was such a change; where not, it
    /// went through.
    #[track_caller]
    pub(crate) fn killed_at(&self, scene: &Scene, arguments: &[&str], change: usize) -> bool {
        let repository = &scene.repository;
        let mut command = repository.command(program(), repository.root(), arguments);
        let output = command
            .env("POSTMAN_API_KEY", &scene.sandbox.key)
            .env("POSTMAN_API_URL", &scene.recorder.url)
            .env("LD_PRELOAD", &self.library)
            .env("KILL_IN", "git-postman")
            .env("KILL_AT", change.to_string())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let was_killed = output.status.signal() == Some(9);
        assert!(
            was_killed || output.status.success(),
            "{arguments:?} at {change}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        was_killed
    }
}
