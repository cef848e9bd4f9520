//! What every command needs: where it runs, how it prints, what the user decided. Parts, no behaviour of its own.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::check::levels::Levels;
use crate::ci::run::CiRun;
use crate::cli::ci_run::refuse_foreign;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::config::env::Environment;
use crate::config::file::{self, Config, FILE_NAME, MAX_BYTES};
use crate::git::repository::Repository;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, Snapshot};
use crate::postman::client::Postman;
use crate::postman::error::PostmanError;

/// One run of the program.
#[derive(Debug)]
pub struct Session {
    /// Where it was started, or `-C`.
    pub directory: PathBuf,
    /// `--config`: a file on disk instead of the one in the snapshot.
    pub config: Option<PathBuf>,
    /// `--offline`: whoever wants the network gets an error.
    pub offline: bool,
    /// The run of a CI system that this is a step of.
    pub ci: Option<CiRun>,
    /// The environment. In a run for a pull request from a fork it holds no token.
    pub environment: Environment,
    /// Where it prints.
    pub output: Output,
}

/// A configuration and what it makes of the rules.
#[derive(Debug, Default)]
pub struct Decided {
    /// The configuration.
    pub config: Config,
    /// The weight of every rule.
    pub levels: Levels,
}

impl Session {
    /// The repository around the directory.
    ///
    /// # Errors
    /// There is none, or it cannot be used.
    pub fn repository(&self) -> Result<Repository, Failure> {
        let repository = Repository::discover(&self.directory)?;
        if self.offline {
            repository.git().refuse_network();
        }
        self.output
            .detail(&format!("repository {}", repository.git_dir().display()));
        Ok(repository)
    }

    /// The Postman API with the key and the base URL of the environment. Nothing is opened before the first call.
    ///
    /// # Errors
    /// No key, a base URL that cannot be one, a run for a pull request from a fork.
    pub fn postman(&self) -> Result<Postman, Failure> {
        refuse_foreign(self, "this command")?;
        let mut settings = Postman::settings(self.environment.postman_api_url.as_deref())?;
        settings.offline = self.offline;
        let key = self.environment.postman_api_key.clone();
        Ok(Postman::new(settings, key.ok_or(PostmanError::NoKey)?)?)
    }

    /// The time since 1970 by the clock on the wall: claims are held against it, and commits bear it.
    #[expect(
        clippy::disallowed_methods,
        reason = "the command line is where the time comes from"
    )]
    pub fn since_epoch(&self) -> Duration {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.unwrap_or_default()
    }

    /// The same in seconds.
    pub fn now(&self) -> u64 {
        self.since_epoch().as_secs()
    }

    /// A path as the user wrote it, from where the program was started.
    pub fn path(&self, written: &Path) -> PathBuf {
        self.directory.join(written)
    }

    /// The configuration: `--config`, else the one in the snapshot, so that the worktree cannot speak for a commit.
    ///
    /// # Errors
    /// It cannot be read or used.
    pub fn decided(&self, snapshot: Option<&dyn Snapshot>) -> Result<Decided, Failure> {
        let (path, text) = match (&self.config, snapshot) {
            (Some(path), _) => {
                let text = std::fs::read_to_string(self.path(path)).map_err(|error| {
                    Failure::usage(format!(
                        "the configuration {} cannot be read: {error}",
                        path.display()
                    ))
                })?;
                (RepoPath::outside(&path.to_string_lossy()), text)
            }
            (None, Some(snapshot)) => {
                let path = RepoPath::outside(FILE_NAME);
                match snapshot.read(&path, MAX_BYTES)? {
                    Content::Bytes(bytes) => (path, text_of(bytes)?),
                    Content::TooLarge(size) => {
                        return Err(Failure::usage(format!(
                            "{FILE_NAME} has {size} bytes, which no configuration has"
                        )));
                    }
                    Content::Link(_) => {
                        return Err(Failure::usage(format!(
                            "{FILE_NAME} is a symbolic link, and links are not followed"
                        ))
                        .with_hint("put the file itself at the root of the repository"));
                    }
                    // A configuration that cannot be read must not pass for none.
                    Content::NotAFile => {
                        return Err(Failure::usage(format!("{FILE_NAME} is no file"))
                            .with_hint("put a file there, or take it away"));
                    }
                    Content::Missing => return Ok(Decided::default()),
                }
            }
            (None, None) => return Ok(Decided::default()),
        };
        let config = file::parse(&path, &text)?;
        let levels = Levels::of(&config).map_err(|unknown| {
            let hint = match unknown.suggestion {
                Some(suggestion) => format!("did you mean `{suggestion}`?"),
                None => "`git postman rules` lists every rule".to_owned(),
            };
            let message = format!("there is no rule `{}`", unknown.id);
            file::error_at(&path, &text, unknown.span.range(), message, Some(hint))
        })?;
        Ok(Decided { config, levels })
    }
}

fn text_of(bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{FILE_NAME} is not UTF-8")))
}
