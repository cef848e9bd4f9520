//! The stage of the tour: a throw-away repository with a remote, the real git, and this program run as a user runs it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::cli::reporting::print;
use crate::cli::session::Session;
use crate::config::env::CI_RUN;
use crate::git::command::{Answer, Git};
use crate::model::text::visible_line;

/// A repository with a remote, and what is said about it.
pub struct Stage<'a> {
    git: Git,
    directory: PathBuf,
    program: PathBuf,
    session: &'a Session,
}

impl<'a> Stage<'a> {
    /// Makes the repository and its remote. `variables` are what every program that is shown gets.
    ///
    /// # Errors
    /// Where git cannot make them.
    pub fn new(
        directory: &Path,
        session: &'a Session,
        variables: &[(&str, &str)],
    ) -> Result<Self, Failure> {
        let program = std::env::current_exe().map_err(|error| {
            Failure::usage(format!("the path of this program cannot be told: {error}"))
        })?;
        let outside = Git::isolated(directory);
        outside.output(
            &[
                "init",
                "--quiet",
                "--bare",
                "--initial-branch=main",
                "remote.git",
            ],
            None,
        )?;
        outside.output(
            &["init", "--quiet", "--initial-branch=main", "orders"],
            None,
        )?;
        let directory = directory.join("orders");
        let mut git = Git::isolated(&directory);
        // The repository is none of the CI system that may run this.
        for name in CI_RUN {
            git.set(name, None);
        }
        for (name, value) in variables {
            git.set(name, Some(OsStr::new(value)));
        }
        let stage = Self {
            git,
            directory,
            program,
            session,
        };
        for (key, value) in [
            ("user.name", "Tour"),
            ("user.email", "tour@example.com"),
            ("commit.gpgSign", "false"),
            ("push.default", "current"),
            ("advice.pushUpdateRejected", "false"),
        ] {
            stage.git(&["config", key, value])?;
        }
        stage.git(&["remote", "add", "origin", "../remote.git"])?;
        Ok(stage)
    }

    /// Says something.
    ///
    /// # Errors
    /// Where it cannot be printed.
    pub fn say(&self, text: &str) -> Result<(), Failure> {
        print(self.session, text)
    }

    /// Says what comes next.
    ///
    /// # Errors
    /// Where it cannot be printed.
    pub fn title(&self, text: &str) -> Result<(), Failure> {
        let style = anstyle::Style::new().bold();
        let (on, off) = if self.session.output.style().color {
            (style.render().to_string(), style.render_reset().to_string())
        } else {
            Default::default()
        };
        self.say(&format!("\n{on}# {text}{off}\n"))
    }

    /// Writes a file of the repository.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, path: &str, text: &str) -> Result<(), Failure> {
        let failed = |error: std::io::Error| {
            Failure::usage(format!("the tour cannot write {path}: {error}"))
        };
        let path = self.directory.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        std::fs::write(&path, text).map_err(failed)
    }

    /// Reads a file of the repository.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn read(&self, path: &str) -> Result<String, Failure> {
        std::fs::read_to_string(self.directory.join(path))
            .map_err(|error| Failure::usage(format!("the tour cannot read {path}: {error}")))
    }

    /// Edits a file of the repository, as in an editor.
    ///
    /// # Errors
    /// Where it is not in the file exactly once, or cannot be written.
    pub fn edit(&self, path: &str, from: &str, to: &str) -> Result<(), Failure> {
        let text = self.read(path)?;
        self.expect(
            text.matches(from).count() == 1,
            &format!("{path} should have `{from}` once"),
        )?;
        self.write(path, &text.replace(from, to))
    }

    /// Ends the tour where something is not as told.
    ///
    /// # Errors
    /// Where it is not.
    pub fn expect(&self, is_so: bool, told: &str) -> Result<(), Failure> {
        if is_so {
            return Ok(());
        }
        Err(Failure::usage(format!("the tour went wrong: {told}")))
    }

    /// Commits all that was edited.
    ///
    /// # Errors
    /// Where there is nothing, or git does not.
    pub fn commit(&self, message: &str) -> Result<(), Failure> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", message])?;
        Ok(())
    }

    /// Runs git unseen and gives its output.
    ///
    /// # Errors
    /// Where git ends with an error.
    pub fn git(&self, arguments: &[&str]) -> Result<String, Failure> {
        let output = self.git.output(arguments, None)?;
        Ok(String::from_utf8_lossy(&output).into_owned())
    }

    /// Runs git as a user would and shows it.
    ///
    /// # Errors
    /// Where it does not end as it should.
    pub fn show_git(&self, arguments: &[&str], succeeds: bool) -> Result<(), Failure> {
        let answer = self.git.run(arguments, None)?;
        self.show(&typed("git", arguments), &answer)?;
        if answer.status.success() != succeeds {
            let word = if succeeds { "go through" } else { "be stopped" };
            return Err(Failure::usage(format!(
                "`git {}` should {word}",
                arguments.join(" ")
            )));
        }
        Ok(())
    }

    /// Runs this program as a user would and shows it.
    ///
    /// # Errors
    /// Where it ends with another exit code.
    pub fn show_own(&self, arguments: &[&str], code: i32) -> Result<String, Failure> {
        let answer = self.git.run_program(&self.program, arguments)?;
        self.show(&own(arguments), &answer)?;
        if code != 0 && answer.status.code() == Some(code) {
            self.say(&format!("  (exit code {code})\n"))?;
        }
        self.ended(arguments, &answer, code)
    }

    /// Runs this program unseen.
    ///
    /// # Errors
    /// Where it does not succeed.
    pub fn own(&self, arguments: &[&str]) -> Result<String, Failure> {
        let answer = self.git.run_program(&self.program, arguments)?;
        self.ended(arguments, &answer, 0)
    }

    fn ended(&self, arguments: &[&str], answer: &Answer, code: i32) -> Result<String, Failure> {
        let output = String::from_utf8_lossy(&answer.output).into_owned();
        if answer.status.code() == Some(code) {
            return Ok(output);
        }
        let shown = own(arguments);
        Err(Failure::usage(format!(
            "the tour went wrong: `{shown}` should end with {code}, and ended with {}: {}{}",
            answer.status,
            visible_line(&output),
            visible_line(&answer.message)
        )))
    }

    fn show(&self, command: &str, answer: &Answer) -> Result<(), Failure> {
        let mut text = format!("$ {command}\n");
        for line in String::from_utf8_lossy(&answer.output)
            .lines()
            .chain(answer.message.lines())
        {
            text.push_str(&format!("  {}\n", visible_line(line)));
        }
        self.say(&text)
    }

    /// Ends the tour where the remote has the last commit.
    ///
    /// # Errors
    /// Where it has, or cannot be asked.
    pub fn expect_remote_behind(&self) -> Result<(), Failure> {
        let remote = self.git(&["ls-remote", "origin", "refs/heads/main"])?;
        let head = self.git(&["rev-parse", "HEAD"])?;
        if remote.starts_with(head.trim()) {
            return Err(Failure::usage(
                "the remote has what the hook should have stopped",
            ));
        }
        self.say("  (the remote has not changed)\n")
    }
}

fn own(arguments: &[&str]) -> String {
    typed("git postman", arguments)
}

/// What a user would type: an argument with a space is quoted.
fn typed(program: &str, arguments: &[&str]) -> String {
    let mut command = program.to_owned();
    for argument in arguments {
        if argument.contains(' ') {
            command.push_str(&format!(" '{argument}'"));
        } else {
            command.push_str(&format!(" {argument}"));
        }
    }
    command
}
