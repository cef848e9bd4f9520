//! One reference fetched and pushed through the git program: with the user's credentials, ssh configuration and proxies.

use std::time::Duration;

use crate::git::command::Git;
use crate::git::error::GitError;
use crate::git::promisor;
use crate::git::repository::Repository;
use crate::model::id::CommitId;

/// A server that says nothing for this long says nothing at all.
const PATIENCE: Duration = Duration::from_secs(300);
/// What meets somebody else's lock is tried again this often.
pub(crate) const LOCK_ATTEMPTS: u32 = 5;

/// What became of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The remote has it.
    Done,
    /// The remote did not take it, and this is why, in the words of git and of the host.
    Refused(String),
}

/// Fetches the reference `from` of a remote into `to`, whatever stood there; `None` where the remote has none.
///
/// # Errors
/// A remote that cannot be reached or lets nobody in, and `--offline`.
pub fn fetch(
    repository: &Repository,
    remote: &str,
    from: &str,
    to: &str,
) -> Result<Option<CommitId>, GitError> {
    let git = network(repository, remote)?;
    let refspec = format!("+{from}:{to}");
    let arguments = [
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-prune",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        // A partial clone leaves contents out; the state is read here and now.
        "--no-filter",
        "--",
        remote,
        &refspec,
    ];
    let mut attempt = 0;
    loop {
        let answer = git.run_within(&arguments, None, Some(PATIENCE))?;
        if answer.status.success() {
            return repository.reference(to);
        }
        let complaint = answer.complaint();
        if complaint.contains("couldn't find remote ref") {
            return Ok(None);
        }
        attempt += 1;
        // Another run in this clone may be writing the same reference.
        if attempt == LOCK_ATTEMPTS || !is_about_a_lock(&complaint) {
            return Err(GitError::Program {
                command: format!("fetch {remote}"),
                stderr: complaint,
            });
        }
    }
}

/// Pushes a commit to the reference `to` of a remote, where that still is `expected`.
///
/// Hooks of the user are not run: what is pushed is nobody's work but the tool's.
///
/// # Errors
/// Where git cannot be started or the remote says nothing, and `--offline`.
pub fn push(
    repository: &Repository,
    remote: &str,
    commit: &CommitId,
    to: &str,
    expected: Option<&CommitId>,
) -> Result<Pushed, GitError> {
    let git = network(repository, remote)?;
    let lease = format!(
        "--force-with-lease={to}:{}",
        expected.map_or("", CommitId::as_str)
    );
    let refspec = format!("{commit}:{to}");
    let no_mirror = format!("remote.{remote}.mirror=false");
    let arguments = [
        "-c",
        "push.followTags=false",
        // A mirror clone pushes everything or nothing.
        "-c",
        &no_mirror,
        "push",
        "--porcelain",
        "--no-verify",
        "--no-signed",
        "--recurse-submodules=no",
        &lease,
        "--",
        remote,
        &refspec,
    ];
    let answer = git.run_within(&arguments, None, Some(PATIENCE))?;
    if answer.status.success() {
        return Ok(Pushed::Done);
    }
    let output = String::from_utf8_lossy(&answer.output);
    let refused = output.lines().filter(|line| line.starts_with('!'));
    let said = refused.chain(answer.message.lines());
    Ok(Pushed::Refused(said.collect::<Vec<_>>().join("\n")))
}

/// The commit that a remote has under the full name of a reference, asked for now and not fetched; `None` where it has none.
///
/// # Errors
/// Where git cannot be started or the remote cannot be reached, and `--offline`.
pub fn tip(
    repository: &Repository,
    remote: &str,
    reference: &str,
) -> Result<Option<CommitId>, GitError> {
    let git = network(repository, remote)?;
    let arguments = ["ls-remote", "--quiet", "--", remote, reference];
    let answer = git.run_within(&arguments, None, Some(PATIENCE))?;
    if !answer.status.success() {
        return Err(GitError::Program {
            command: format!("ls-remote {remote}"),
            stderr: answer.complaint(),
        });
    }
    let output = String::from_utf8_lossy(&answer.output);
    // A pattern also matches the ends of longer names.
    let line = output
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .find(|(_, name)| *name == reference);
    Ok(line.and_then(|(commit, _)| CommitId::parse(commit)))
}

/// Whether git complains that somebody else is writing the same reference at this moment.
pub fn is_about_a_lock(complaint: &str) -> bool {
    [
        "cannot lock ref",
        "Unable to create",
        "failed to lock",
        "unable to lock",
    ]
    .iter()
    .any(|sign| complaint.contains(sign))
}

fn network<'a>(repository: &'a Repository, remote: &str) -> Result<&'a Git, GitError> {
    let git = repository.git();
    if git.is_network_refused() {
        let address = repository.remote_url(remote)?.unwrap_or_default();
        return Err(GitError::Other {
            cause: format!(
                "--offline keeps this run from reaching {}",
                promisor::host(&address)
            ),
        });
    }
    Ok(git)
}
