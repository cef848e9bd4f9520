//! Starts the git program: the only place that does. Locale, pager, prompts and locks are pinned here.
//!
//! What git hands to its hooks stays in place: `GIT_DIR`, `GIT_INDEX_FILE`, `GIT_OBJECT_DIRECTORY`,
//! `GIT_ALTERNATE_OBJECT_DIRECTORIES` and `GIT_QUARANTINE_PATH` are inherited. Git 2.31 or later is
//! needed (`rev-parse --path-format`); with 2.45 or later a partial clone never fetches unasked
//! (`GIT_NO_LAZY_FETCH`).

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use crate::git::error::GitError;
use crate::git::remote_url::without_logins;

/// Output past this many bytes is no list of files any more.
const OUTPUT_LIMIT: u64 = 1 << 30;
/// Messages past this many bytes are cut.
const MESSAGE_LIMIT: u64 = 64 * 1024;

/// The git program, bound to a directory or a repository.
#[derive(Clone, Debug)]
pub struct Git {
    directory: PathBuf,
    environment: Vec<(OsString, Option<OsString>)>,
    network_refused: Arc<AtomicBool>,
}

/// What one run of the git program gave.
#[derive(Debug)]
pub struct Answer {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub output: Vec<u8>,
    /// What it wrote to standard error, cut where it is very long.
    pub message: String,
}

/// A git program that answers one question after the other.
#[derive(Debug)]
pub(crate) struct Conversation {
    child: Child,
    questions: Option<ChildStdin>,
    pub(crate) answers: BufReader<ChildStdout>,
}

impl Git {
    /// The git program as if started in `directory`: it finds the repository by itself.
    pub fn at(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            environment: Vec::new(),
            network_refused: Arc::default(),
        }
    }

    /// The git program on one repository, whatever it would have found by itself.
    pub(crate) fn on(git_dir: &Path, worktree: Option<&Path>) -> Self {
        let mut git = Self::at(worktree.unwrap_or(git_dir));
        git.set("GIT_DIR", Some(git_dir.as_os_str()));
        git.set("GIT_WORK_TREE", worktree.map(Path::as_os_str));
        // These may be relative to the directory the hook was started in, and git is started elsewhere.
        for name in ["GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"] {
            let inherited = handed_over(name).and_then(|value| std::path::absolute(value).ok());
            if let Some(path) = inherited {
                git.set(name, Some(path.as_os_str()));
            }
        }
        git
    }

    /// The git program in `directory` with the user's configuration, and without the repository that git may have handed to
    /// a hook. For repositories that the tool makes itself.
    pub(crate) fn elsewhere(directory: &Path) -> Self {
        let mut git = Self::at(directory);
        for name in [
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_OBJECT_DIRECTORY",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES",
            "GIT_QUARANTINE_PATH",
            "GIT_COMMON_DIR",
            "GIT_TEMPLATE_DIR",
        ] {
            git.set(name, None);
        }
        git
    }

    /// The same with nothing of the user's: no configuration either.
    pub fn isolated(directory: &Path) -> Self {
        let mut git = Self::elsewhere(directory);
        git.set("GIT_CONFIG_PARAMETERS", None);
        git.set("GIT_CONFIG_COUNT", None);
        git.set("GIT_CONFIG_GLOBAL", Some(OsStr::new("/dev/null")));
        git.set("GIT_CONFIG_NOSYSTEM", Some(OsStr::new("1")));
        git
    }

    /// Runs another program to its end, where and as git would be run.
    ///
    /// # Errors
    /// As for [`Git::run`].
    pub fn run_program(&self, program: &Path, arguments: &[&str]) -> Result<Answer, GitError> {
        let mut command = self.prepared(program.as_os_str());
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        let output = command
            .output()
            .map_err(|cause| not_started(arguments, &cause))?;
        Ok(Answer {
            status: output.status,
            output: output.stdout,
            message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        })
    }

    /// Starts another program that goes on after this one has ended: nobody waits for it, what it says goes into a file, and
    /// what ends those who started it does not end it.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn start_apart(
        &self,
        program: &Path,
        arguments: &[&str],
        said: &File,
    ) -> Result<(), GitError> {
        let apart = |cause: io::Error| not_started(arguments, &cause);
        let mut command = self.prepared(program.as_os_str());
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(said.try_clone().map_err(apart)?)
            .stderr(said.try_clone().map_err(apart)?);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        #[cfg(windows)]
        {
            /// The program gets no console, so that closing one does not end it.
            const DETACHED_PROCESS: u32 = 8;
            std::os::windows::process::CommandExt::creation_flags(&mut command, DETACHED_PROCESS);
        }
        command.spawn().map(drop).map_err(apart)
    }

    /// From now on nothing is fetched, by this value and all that were cloned from it.
    pub fn refuse_network(&self) {
        self.network_refused.store(true, Ordering::Relaxed);
    }

    /// Whether fetching is refused.
    pub(crate) fn is_network_refused(&self) -> bool {
        self.network_refused.load(Ordering::Relaxed)
    }

    /// The same with a variable for every run.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &OsStr) -> Self {
        self.set(name, Some(value));
        self
    }

    /// Sets a variable for every run, or takes it away.
    pub(crate) fn set(&mut self, name: &str, value: Option<&OsStr>) {
        self.environment
            .push((name.into(), value.map(OsStr::to_owned)));
    }

    /// Runs git to its end, whatever that is.
    ///
    /// # Errors
    /// Where the program cannot be started or its output has no end.
    pub fn run(&self, arguments: &[&str], input: Option<&[u8]>) -> Result<Answer, GitError> {
        self.run_within(arguments, input, None)
    }

    /// As [`Git::run`], stopped after some time.
    ///
    /// # Errors
    /// As for [`Git::run`], and where the time is over.
    pub(crate) fn run_within(
        &self,
        arguments: &[&str],
        input: Option<&[u8]>,
        time: Option<Duration>,
    ) -> Result<Answer, GitError> {
        let failed = |cause: &dyn ToString| failure(arguments, &cause.to_string());
        let mut command = self.command(arguments);
        command
            .stdin(if input.is_some() {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|cause| not_started(arguments, &cause))?;
        if let (Some(mut questions), Some(input)) = (child.stdin.take(), input) {
            let input = input.to_owned();
            // Git may end before it has read everything; that is no fault of the run.
            thread::spawn(move || questions.write_all(&input).and_then(|()| questions.flush()));
        }
        let messages = read_aside(child.stderr.take(), MESSAGE_LIMIT);
        let output = read_aside(child.stdout.take(), OUTPUT_LIMIT);
        let output = match time {
            None => output.recv().map_err(|cause| failed(&cause))?,
            Some(time) => match output.recv_timeout(time) {
                Ok(output) => output,
                Err(_) => {
                    // The process may have ended on its own meanwhile; either way it is gone now.
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(failed(&format!(
                        "no answer within {} seconds",
                        time.as_secs()
                    )));
                }
            },
        };
        let output = output.map_err(|cause| failed(&cause))?;
        let too_long = output.len() as u64 > OUTPUT_LIMIT;
        if too_long {
            let _ = child.kill();
        }
        let status = child.wait().map_err(|cause| failed(&cause))?;
        if too_long {
            return Err(failed(&"its output is larger than one GiB"));
        }
        let message = messages
            .recv()
            .ok()
            .and_then(Result::ok)
            .unwrap_or_default();
        Ok(Answer {
            status,
            output,
            // Git names the user of an address, and that may be a token.
            message: without_logins(String::from_utf8_lossy(&message).trim()),
        })
    }

    /// Runs git and gives its output.
    ///
    /// # Errors
    /// As for [`Git::run`], and where git itself ends with an error.
    pub fn output(&self, arguments: &[&str], input: Option<&[u8]>) -> Result<Vec<u8>, GitError> {
        let answer = self.run(arguments, input)?;
        if answer.status.success() {
            Ok(answer.output)
        } else {
            Err(failure(arguments, &answer.complaint()))
        }
    }

    /// Starts a git program that is asked through its standard input.
    pub(crate) fn converse(&self, arguments: &[&str]) -> Result<Conversation, GitError> {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|cause| not_started(arguments, &cause))?;
        let questions = child.stdin.take();
        let Some(answers) = child.stdout.take() else {
            return Err(failure(arguments, "it has no output"));
        };
        Ok(Conversation {
            child,
            questions,
            answers: BufReader::new(answers),
        })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.prepared(OsStr::new("git"));
        command
            .args(["--no-pager", "--no-replace-objects"])
            .args(["-c", "core.fsmonitor=false"])
            .args(arguments);
        command
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the place where the git program is started"
    )]
    fn prepared(&self, program: &OsStr) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.directory)
            .env("LC_ALL", "C")
            .env_remove("LANGUAGE")
            .env_remove("GIT_PREFIX")
            .env_remove("GIT_EXTERNAL_DIFF")
            .env_remove("GIT_DIFF_OPTS")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .stdout(Stdio::piped());
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }
}

impl Answer {
    /// What git complained about; where it said nothing, how it ended.
    pub(crate) fn complaint(&self) -> String {
        if self.message.is_empty() {
            self.status.to_string()
        } else {
            self.message.clone()
        }
    }
}

impl Conversation {
    /// Asks one question, a line without its end.
    pub(crate) fn ask(&mut self, question: &str) -> io::Result<()> {
        let Some(questions) = self.questions.as_mut() else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        questions.write_all(question.as_bytes())?;
        questions.write_all(b"\n")?;
        questions.flush()
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        // The end of its input ends the program; killing it covers the case that it is still writing.
        self.questions = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether git itself named the repository, as it does for some hooks.
pub(crate) fn repository_is_handed_over() -> bool {
    handed_over("GIT_DIR").is_some()
}

/// Where git and this system keep what belongs to the user: `XDG_CONFIG_HOME`, or `.config` at home.
pub(crate) fn user_configuration() -> Option<PathBuf> {
    handed_over("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| {
            let home = handed_over("HOME").or_else(|| handed_over("USERPROFILE"))?;
            Some(PathBuf::from(home).join(".config"))
        })
}

/// A revision that git would take for an option is no revision.
///
/// # Errors
/// Names that are empty, begin with a dash, or hold characters that no line can carry.
pub(crate) fn checked_revision(name: &str) -> Result<&str, GitError> {
    let strange = name.is_empty() || name.starts_with('-') || name.contains(['\0', '\n']);
    if strange {
        return Err(GitError::UnknownRevision {
            name: name.to_owned(),
        });
    }
    Ok(name)
}

/// A variable of git's own, where it holds something.
#[expect(
    clippy::disallowed_methods,
    reason = "these are git's own variables, which it hands to its hooks"
)]
pub(crate) fn handed_over(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Reads a stream to its end in a thread of its own, keeping at most one byte more than `limit`.
fn read_aside<R: Read + Send + 'static>(
    stream: Option<R>,
    limit: u64,
) -> mpsc::Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut kept = Vec::new();
        let result = match stream {
            None => Ok(0),
            Some(mut stream) => {
                let read = stream.by_ref().take(limit + 1).read_to_end(&mut kept);
                if limit == MESSAGE_LIMIT {
                    // A program whose messages nobody reads would wait for ever.
                    let _ = io::copy(&mut stream, &mut io::sink());
                }
                read
            }
        };
        // Nobody waits any more where the time was over.
        let _ = sender.send(result.map(|_| kept));
    });
    receiver
}

fn failure(arguments: &[&str], stderr: &str) -> GitError {
    GitError::Program {
        command: subcommand(arguments).to_owned(),
        stderr: stderr.to_owned(),
    }
}

fn not_started(arguments: &[&str], cause: &io::Error) -> GitError {
    let stderr = match cause.kind() {
        io::ErrorKind::NotFound => "the git program is not installed, or not on PATH".to_owned(),
        _ => cause.to_string(),
    };
    failure(arguments, &stderr)
}

/// The first argument that is not an option of git itself.
fn subcommand<'a>(arguments: &[&'a str]) -> &'a str {
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if *argument == "-c" {
            rest.next();
        } else if !argument.starts_with('-') {
            return argument;
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Git, checked_revision, subcommand};
    use crate::git::error::GitError;

    #[test]
    fn a_revision_is_never_taken_for_an_option() {
        for name in ["--exec=x", "-1", "", "a\nb"] {
            assert!(checked_revision(name).is_err(), "{name:?}");
        }
        assert_eq!(checked_revision("HEAD~1").unwrap(), "HEAD~1");
    }

    #[test]
    fn git_that_ends_with_an_error_is_quoted() {
        let directory = tempfile::tempdir().unwrap();
        let error = Git::at(directory.path())
            .output(&["rev-parse", "--no-such-thing", "x"], None)
            .unwrap_err();
        let GitError::Program { command, stderr } = error else {
            panic!("{error:?}");
        };
        assert_eq!(command, "rev-parse");
        assert!(!stderr.is_empty());
    }

    #[test]
    fn a_directory_that_is_gone_is_told_and_does_not_panic() {
        let directory = tempfile::tempdir().unwrap();
        let git = Git::at(&directory.path().join("gone"));
        assert!(matches!(
            git.run(&["version"], None),
            Err(GitError::Program { .. })
        ));
    }

    #[test]
    fn more_input_than_git_reads_is_no_fault() {
        let directory = tempfile::tempdir().unwrap();
        let input = vec![b'x'; 1 << 20];
        let answer = Git::at(directory.path())
            .run(&["version"], Some(&input))
            .unwrap();
        assert!(answer.output.starts_with(b"git version"));
    }

    #[test]
    fn a_run_that_takes_too_long_is_stopped() {
        let directory = tempfile::tempdir().unwrap();
        let error = Git::at(directory.path())
            .run_within(
                &["-c", "alias.wait=!exec sleep 2", "wait"],
                None,
                Some(Duration::from_millis(50)),
            )
            .unwrap_err();
        assert!(error.to_string().contains("no answer within"), "{error}");
    }

    #[test]
    fn the_subcommand_is_found_behind_options() {
        assert_eq!(subcommand(&["-c", "a=b", "--bare", "fetch", "x"]), "fetch");
    }
}
