//! `hook run post-receive`: a server has taken a push, and its active branch goes to Postman. Who pushed does not wait for
//! that: it is a program of its own, which writes what becomes of it into a log beside the repository.
//!
//! Several may be at work at once. Each carries the branch as it stands when its turn comes; the record of the mirror is
//! replaced only by who has read the last one, so that a run waits for another or finds nothing left to do.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::cli::handed_push::lines;
use crate::cli::session::Session;
use crate::git::pushed::parse_received;
use crate::git::repository::Repository;
use crate::mirror::state_ref::{local_copy, state_ref};
use crate::mirror::store::StateStore as _;
use crate::mirror::store_git::GitStore;
use crate::model::path::RepoPath;
use crate::model::secret::Secret;
use crate::model::text::visible;
use crate::project::Project;

/// The setting of git that names the file with the key, where the server's environment has none.
const KEY_FILE: &str = "git-postman.keyFile";
/// The log, in the repository's own directory.
const LOG: &str = "git-postman/mirror.log";
/// A log that has grown past this is put aside, in place of the one that was put aside before.
const LONGEST_LOG: u64 = 1024 * 1024;
/// No key has more bytes.
const LONGEST_KEY: u64 = 4096;

/// One branch and service folder to carry over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Errand {
    branch: String,
    /// The folder, where the repository has several.
    folder: Option<RepoPath>,
}

/// Starts what carries the active branch to Postman. The push is over: nothing that goes wrong here undoes it.
///
/// # Errors
/// What keeps the mirror from being started.
pub fn run(session: &Session) -> Result<u8, Failure> {
    let updates = lines(parse_received)?;
    let repository = session.repository()?;
    let mut errands = BTreeSet::new();
    for update in &updates {
        if let (Some(branch), Some(tip)) =
            (update.remote_ref.strip_prefix("refs/heads/"), &update.local)
        {
            errands.extend(errands_of(session, &repository, branch, tip.as_str())?);
        }
    }
    if errands.is_empty() {
        session.output.detail("no active branch was pushed");
        return Ok(0);
    }
    let Some(key) = key(session, &repository)? else {
        session.output.note(&format!(
            "Postman does not hear of this push: the server has no POSTMAN_API_KEY, and git's {KEY_FILE} names no file"
        ));
        return Ok(0);
    };
    for errand in &errands {
        start(session, &repository, errand, &key)?;
        session.output.note(&format!(
            "`{}` is being carried to Postman; what becomes of it stands in {LOG} of the repository on the server",
            visible(&errand.branch)
        ));
    }
    Ok(0)
}

/// The service folders whose active branch this is.
fn errands_of(
    session: &Session,
    repository: &Repository,
    branch: &str,
    tip: &str,
) -> Result<Vec<Errand>, Failure> {
    let snapshot = repository.commit(&repository.resolve(tip)?)?;
    let decided = session.decided(Some(&*snapshot))?;
    let project = Project::load(&*snapshot, &decided.config)?;
    let mut errands = Vec::new();
    for service in &project.services {
        let reference = state_ref(decided.config.state_ref.as_deref(), &service.folder);
        let active = match decided.config.active_branch.clone() {
            Some(active) => Some(active),
            None => recorded_branch(repository, &reference)?.or(repository.current_branch()?),
        };
        if active.as_deref() != Some(branch) {
            continue;
        }
        if local_copy(&reference) != reference {
            session.output.note(&format!(
                "Postman does not hear of this push: a server keeps the record below refs/postman/, and `[mirror] state-ref` says `{}`",
                visible(&reference)
            ));
            continue;
        }
        errands.push(Errand {
            branch: branch.to_owned(),
            folder: (project.services.len() > 1).then(|| service.folder.clone()),
        });
    }
    Ok(errands)
}

/// The active branch that was named when the folder was connected.
fn recorded_branch(repository: &Repository, reference: &str) -> Result<Option<String>, Failure> {
    let stored = GitStore::new(repository, None, reference).load()?;
    Ok(stored.and_then(|stored| stored.state.owner.active_branch))
}

/// The key of the environment, else the first line of the file that git's configuration names.
fn key(session: &Session, repository: &Repository) -> Result<Option<Secret>, Failure> {
    if let Some(key) = &session.environment.postman_api_key {
        return Ok(Some(key.clone()));
    }
    let Some(path) = repository.config_string(KEY_FILE)? else {
        return Ok(None);
    };
    let unread = |why: &dyn std::fmt::Display| {
        Failure::usage(format!(
            "the key cannot be read from the file that git's {KEY_FILE} names: {why}"
        ))
    };
    let path = Path::new(&path);
    if !path.is_absolute() {
        return Err(unread(&"its path is not absolute"));
    }
    let metadata = fs::metadata(path).map_err(|error| unread(&error))?;
    if !metadata.is_file() || metadata.len() > LONGEST_KEY {
        return Err(unread(&"it is no small file"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(unread(&"other users of the server may read it")
                .with_hint("let only the user of the git server read it: `chmod 600`"));
        }
    }
    let text = fs::read_to_string(path).map_err(|error| unread(&error))?;
    let key = Secret::new(text.lines().next().unwrap_or_default());
    Ok((!key.is_empty()).then_some(key))
}

fn start(
    session: &Session,
    repository: &Repository,
    errand: &Errand,
    key: &Secret,
) -> Result<(), Failure> {
    let mut arguments = vec!["--no-progress", "push", "--branch", &errand.branch];
    if let Some(folder) = &errand.folder {
        // A folder of the repository, whatever the directory is that this is started in.
        arguments.extend(["--folder", folder.as_str()]);
    }
    let mut log = log_of(repository).map_err(|error| {
        Failure::usage(format!(
            "the log {LOG} of the mirror cannot be written: {error}"
        ))
    })?;
    let program = std::env::current_exe().map_err(|error| {
        Failure::usage(format!("the path of this program cannot be told: {error}"))
    })?;
    let line = format!(
        "--- {} s after 1970: push of `{}`\n",
        session.now(),
        visible(&errand.branch)
    );
    // A line that is missing there is no reason not to carry the branch over.
    let _ = log.write_all(line.as_bytes());
    let git = repository.git().clone();
    let git = git.with_variable("POSTMAN_API_KEY", OsStr::new(key.reveal()));
    git.start_apart(&program, &arguments, &log)?;
    Ok(())
}

fn log_of(repository: &Repository) -> std::io::Result<File> {
    let path: PathBuf = repository.common_dir().join(LOG);
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    if fs::metadata(&path).is_ok_and(|metadata| metadata.len() > LONGEST_LOG) {
        fs::rename(&path, path.with_extension("log.1"))?;
    }
    OpenOptions::new().create(true).append(true).open(&path)
}
