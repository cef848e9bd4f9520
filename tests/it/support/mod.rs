//! A repository in a temporary directory, the real git and the real program, both in an environment of their own.

pub(crate) mod azure;
pub(crate) mod bare;
pub(crate) mod bitbucket_cloud;
pub(crate) mod bitbucket_server;
pub(crate) mod browser;
#[cfg(unix)]
pub(crate) mod companion;
pub(crate) mod contract;
pub(crate) mod corpus;
pub(crate) mod edits;
#[cfg(unix)]
pub(crate) mod emulate;
#[cfg(unix)]
pub(crate) mod emulate_git;
pub(crate) mod fixtures;
pub(crate) mod git_http;
pub(crate) mod gitlab;
pub(crate) mod graphql;
pub(crate) mod http;
pub(crate) mod hub;
pub(crate) mod hub_git;
pub(crate) mod hub_pulls;
pub(crate) mod hub_wire;
pub(crate) mod openapi;
pub(crate) mod optional;
pub(crate) mod organisation;
pub(crate) mod postman;
pub(crate) mod provider_story;
pub(crate) mod pushing;
pub(crate) mod service;
#[cfg(unix)]
pub(crate) mod ssh;
pub(crate) mod terminal;
#[cfg(unix)]
pub(crate) mod tls;
pub(crate) mod values;

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

/// How one run of a program ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// What was run, for messages.
    what: String,
    /// The exit code; -1 where a signal ended it.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// A repository `work` with room beside it: a home directory, remotes, clones.
#[derive(Debug)]
pub(crate) struct Repository {
    scene: TempDir,
    root: PathBuf,
}

impl Run {
    /// How a program has ended; `what` was run, for messages.
    pub(crate) fn of(what: String, output: &Output) -> Self {
        Self {
            what,
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The same, which must have ended like this and without a panic.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert!(
            self.code == code && !self.stderr.contains("panicked"),
            "{} should end with {code}:\n{self}",
            self.what
        );
        self
    }

    /// The same, which must not have ended in another way than a report does.
    #[track_caller]
    pub(crate) fn reported(self) -> Self {
        assert!(
            matches!(self.code, 0 | 1) && !self.stderr.contains("panicked"),
            "{} should give a report:\n{self}",
            self.what
        );
        self
    }

    /// The same, which must have said this on either stream.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(
            self.stdout.contains(words) || self.stderr.contains(words),
            "{} should say {words:?}:\n{self}",
            self.what
        );
        self
    }

    /// The same, which must not have said this on any stream.
    #[track_caller]
    pub(crate) fn never_says(self, words: &str) -> Self {
        assert!(
            !self.stdout.contains(words) && !self.stderr.contains(words),
            "{} should not say {words:?}:\n{self}",
            self.what
        );
        self
    }

    /// The JSON report.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value) => value,
            Err(error) => panic!("{} gives no JSON ({error}):\n{self}", self.what),
        }
    }

    /// The findings of one rule in the JSON report.
    #[track_caller]
    pub(crate) fn found(&self, rule: &str) -> Vec<Value> {
        let report = self.json();
        let findings = report["findings"].as_array().cloned().unwrap_or_default();
        findings
            .into_iter()
            .filter(|finding| finding["rule"] == rule)
            .collect()
    }

    /// Where the findings of one rule lie.
    #[track_caller]
    pub(crate) fn paths_of(&self, rule: &str) -> Vec<String> {
        let path = |finding: &Value| finding["location"]["path"].as_str().unwrap().to_owned();
        self.found(rule).iter().map(path).collect()
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "exit code {}\n--- stdout\n{}\n--- stderr\n{}",
            self.code, self.stdout, self.stderr
        )
    }
}

impl Repository {
    /// An empty directory `work` that is no repository.
    pub(crate) fn none() -> Self {
        let scene = tempfile::Builder::new()
            .prefix("git-postman-it-")
            .tempdir()
            .unwrap();
        // The system may name its directory for temporary files through a link.
        let root = scene.path().canonicalize().unwrap().join("work");
        fs::create_dir(&root).unwrap();
        let repository = Self { scene, root };
        fs::create_dir_all(repository.beside("home/tmp")).unwrap();
        fs::write(
            repository.beside("home/.gitconfig"),
            "[user]\n\tname = Test\n\temail = test@example.com\n\
             [init]\n\tdefaultBranch = main\n\
             [protocol \"file\"]\n\tallow = always\n\
             [gc]\n\tauto = 0\n\
             [core]\n\tautocrlf = false\n",
        )
        .unwrap();
        repository
    }

    /// A repository without a commit.
    pub(crate) fn empty() -> Self {
        let repository = Self::none();
        repository.git(&["init", "--quiet"]).expect(0);
        repository
    }

    /// A repository with these files in its first commit.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let repository = Self::empty();
        repository.commit(files, "first");
        repository
    }

    /// The worktree.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path in the worktree.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// A path beside the worktree; the home directory is `home`.
    pub(crate) fn beside(&self, path: &str) -> PathBuf {
        self.root.parent().unwrap().join(path)
    }

    /// Writes a file, directories included.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Writes files and commits all there is; gives the commit's id.
    pub(crate) fn commit(&self, files: &[(&str, &str)], message: &str) -> String {
        for (path, text) in files {
            self.write(path, text);
        }
        self.git(&["add", "--all"]).expect(0);
        self.git(&[
            "commit",
            "--quiet",
            "--no-verify",
            "--allow-empty",
            "-m",
            message,
        ])
        .expect(0);
        self.id("HEAD")
    }

    /// The id that a revision stands for.
    pub(crate) fn id(&self, revision: &str) -> String {
        let run = self.git(&["rev-parse", "--verify", revision]).expect(0);
        run.stdout.trim().to_owned()
    }

    /// Runs git in the worktree.
    pub(crate) fn git(&self, arguments: &[&str]) -> Run {
        self.git_in(&self.root, arguments)
    }

    /// Runs git in another directory.
    pub(crate) fn git_in(&self, directory: &Path, arguments: &[&str]) -> Run {
        self.start(OsStr::new("git"), directory, arguments, &[])
    }

    /// Runs git in the worktree with something on its standard input.
    pub(crate) fn git_with_input(&self, arguments: &[&str], input: &[u8]) -> Run {
        self.start(OsStr::new("git"), &self.root, arguments, input)
    }

    /// Runs the program in the worktree.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_in(&self.root, arguments)
    }

    /// Runs the program in another directory.
    pub(crate) fn run_in(&self, directory: &Path, arguments: &[&str]) -> Run {
        self.start(program(), directory, arguments, &[])
    }

    /// Runs the program in the worktree with something on its standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Run {
        self.start(program(), &self.root, arguments, input)
    }

    /// `check --format json` with more arguments.
    pub(crate) fn check(&self, arguments: &[&str]) -> Run {
        let mut all = vec!["check", "--format", "json"];
        all.extend(arguments);
        self.run(&all)
    }

    /// Runs the program, which finds nobody at the other end of its standard output.
    pub(crate) fn run_unread(&self, arguments: &[&str]) -> Run {
        let mut command = self.command(program(), &self.root, arguments);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        Run::of(arguments.join(" "), &output)
    }

    /// Runs the program in a directory with variables as git hands them to hooks.
    pub(crate) fn run_handed(
        &self,
        directory: &Path,
        variables: &[(&str, &str)],
        arguments: &[&str],
    ) -> Run {
        let mut command = self.command(program(), directory, arguments);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        Run::of(
            format!("`git-postman {}` in a hook", arguments.join(" ")),
            &output,
        )
    }

    /// Gives the remote `origin` an address, by which git gets to the directory `origin.git` beside the worktree.
    #[cfg(unix)]
    pub(crate) fn give_address(&self, address: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let (ssh, origin) = (self.beside("ssh"), self.beside("origin.git"));
        let script = format!(
            "#!/bin/sh\nfor last; do :; done\nexec ${{last%% *}} '{}'\n",
            origin.display()
        );
        fs::write(&ssh, script).unwrap();
        fs::set_permissions(&ssh, fs::Permissions::from_mode(0o755)).unwrap();
        let git = |arguments: &[&str]| self.git(arguments).expect(0);
        git(&["config", "core.sshCommand", ssh.to_str().unwrap()]);
        git(&["remote", "set-url", "origin", address]);
        git(&["fetch", "--quiet", "origin"]);
    }

    /// Makes an empty bare repository beside the worktree, the remote of it, and pushes what there is to its `main`.
    pub(crate) fn with_origin(self) -> Self {
        let origin = self.beside("origin.git");
        let origin = origin.to_str().unwrap();
        for arguments in [
            ["init", "--quiet", "--bare", origin].as_slice(),
            &["remote", "add", "origin", origin],
            &["push", "--quiet", "--no-verify", "origin", "HEAD:main"],
        ] {
            self.git(arguments).expect(0);
        }
        self
    }

    /// Whether the user who runs this may read and write everything.
    #[cfg(unix)]
    pub(crate) fn is_of_root(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        self.scene.path().metadata().unwrap().uid() == 0
    }

    /// Runs a program.
    pub(crate) fn start(
        &self,
        program: &OsStr,
        directory: &Path,
        arguments: &[&str],
        input: &[u8],
    ) -> Run {
        let mut child = self
            .command(program, directory, arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let output = thread::scope(|scope| {
            // A program may end before it has read everything.
            scope.spawn(move || drop(stdin.write_all(input)));
            child.wait_with_output().unwrap()
        });
        let name = Path::new(program).file_name().unwrap().to_string_lossy();
        Run::of(format!("`{name} {}`", arguments.join(" ")), &output)
    }

    /// A program that finds nothing of the user's.
    #[expect(clippy::disallowed_methods, reason = "tests start git and the program")]
    pub(crate) fn command(&self, program: &OsStr, directory: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(directory).env_clear();
        // Nothing of the user's: `cargo test` may itself run in a hook, which has variables of its own.
        let kept = ["PATH", "SYSTEMROOT", "SystemRoot", "LLVM_PROFILE_FILE"];
        command.envs(std::env::vars_os().filter(|(name, _)| kept.iter().any(|kept| name == kept)));
        let home = self.beside("home");
        command
            .env("HOME", &home)
            .env("USERPROFILE", &home)
            .env("TMPDIR", home.join("tmp"))
            .env("TEMP", home.join("tmp"))
            .env("TMP", home.join("tmp"))
            .env("GIT_CONFIG_GLOBAL", home.join(".gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C");
        command
    }
}

/// The program under test.
pub(crate) fn program() -> &'static OsStr {
    OsStr::new(env!("CARGO_BIN_EXE_git-postman"))
}
