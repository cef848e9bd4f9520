//! One reference fetched and pushed through the git program: with the user's credentials, ssh configuration and proxies.

use std::time::Duration;

use crate::git::command::Git;
use crate::git::error::GitError;
use crate::git::promisor;
use crate::git::reference_lock;
use crate::git::remote_url::without_logins;
use crate::git::repository::Repository;
use crate::model::id::CommitId;

/// A server that says nothing for this long says nothing at all.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);
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

/// What became of a push, and what the remote has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The remote has it.
    Done,
    /// Somebody else was first: the remote has something else than was expected.
    Lost(Option<CommitId>),
    /// The remote did not take it, for a reason of its own.
    Refused(String),
    /// It did not get there, and nothing of it is known to have been done.
    Failed(String),
}

/// A fetch that brings what it is asked for and touches nothing else.
pub(crate) const FETCH: [&str; 7] = [
    "fetch",
    "--quiet",
    "--no-tags",
    "--no-prune",
    "--no-recurse-submodules",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
];

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
    let own = [
        // A partial clone leaves contents out; the state is read here and now.
        "--no-filter",
        "--",
        remote,
        &refspec,
    ];
    let arguments = [&FETCH[..], &own].concat();
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
        // Another run in this clone may be writing the same reference, or have died while it did.
        reference_lock::heal(repository.common_dir());
        if attempt == LOCK_ATTEMPTS || !is_about_a_lock(&complaint) {
            return Err(GitError::Program {
                command: format!("fetch {}", without_logins(remote)),
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
    // A mirror clone pushes everything or nothing. An address is no remote and has no settings.
    let is_named = repository.remote_names()?.iter().any(|name| name == remote);
    let no_mirror = match is_named {
        true => format!("remote.{remote}.mirror=false"),
        false => "push.followTags=false".to_owned(),
    };
    let arguments = [
        "-c",
        "push.followTags=false",
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

/// Pushes as [`push`] does, and finds out what became of it: an answer that was lost is no answer. `copy` is where the
/// reference is fetched to for that.
///
/// # Errors
/// As for [`push`].
pub fn push_and_look(
    repository: &Repository,
    remote: &str,
    commit: &CommitId,
    to: &str,
    copy: &str,
    expected: Option<&CommitId>,
) -> Result<Settled, GitError> {
    let mut attempt = 0;
    loop {
        let said = match push(repository, remote, commit, to, expected) {
            Ok(Pushed::Done) => return Ok(Settled::Done),
            Ok(Pushed::Refused(said)) => said,
            Err(error @ GitError::Program { .. }) => error.to_string(),
            Err(error) => return Err(error),
        };
        // Where the remote cannot be asked either, what the push said says more.
        let Ok(now) = fetch(repository, remote, to, copy) else {
            return Ok(Settled::Failed(said));
        };
        if now.as_ref() == Some(commit) {
            return Ok(Settled::Done);
        }
        if now.as_ref() != expected {
            return Ok(Settled::Lost(now));
        }
        attempt += 1;
        let raced = is_about_a_lock(&said) || said.contains("stale info");
        if raced && attempt < PUSH_ATTEMPTS {
            continue;
        }
        return Ok(if said.contains("[remote rejected]") && !raced {
            Settled::Refused(said)
        } else {
            Settled::Failed(said)
        });
    }
}

/// The short names of all branches that a remote has, sorted, asked for now.
///
/// # Errors
/// As for [`tip`].
pub fn branches(repository: &Repository, remote: &str) -> Result<Vec<String>, GitError> {
    let output = asked(repository, remote, &["refs/heads/*"])?;
    let names = output.lines().filter_map(|line| line.split_once('\t'));
    let mut names: Vec<String> = names
        .filter_map(|(_, name)| name.strip_prefix("refs/heads/"))
        .map(str::to_owned)
        .collect();
    names.sort();
    Ok(names)
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
    let output = asked(repository, remote, &[reference])?;
    // A pattern also matches the ends of longer names.
    let line = output
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .find(|(_, name)| *name == reference);
    Ok(line.and_then(|(commit, _)| CommitId::parse(commit)))
}

fn asked(repository: &Repository, remote: &str, patterns: &[&str]) -> Result<String, GitError> {
    let mut arguments = vec!["ls-remote", "--quiet", "--", remote];
    arguments.extend(patterns);
    answered(repository, remote, &arguments)
}

/// What git answers where it talks to a remote.
pub(crate) fn answered(
    repository: &Repository,
    remote: &str,
    arguments: &[&str],
) -> Result<String, GitError> {
    let git = network(repository, remote)?;
    let answer = git.run_within(arguments, None, Some(PATIENCE))?;
    if !answer.status.success() {
        let word = arguments.first().copied().unwrap_or_default();
        return Err(GitError::Program {
            command: format!("{word} {}", without_logins(remote)),
            stderr: answer.complaint(),
        });
    }
    Ok(String::from_utf8_lossy(&answer.output).into_owned())
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

/// Pushes that meet somebody else's lock are tried again this often.
const PUSH_ATTEMPTS: u32 = 8;

fn network<'a>(repository: &'a Repository, remote: &str) -> Result<&'a Git, GitError> {
    let git = repository.git();
    if git.is_network_refused() {
        let written = repository.remote_url(remote)?;
        let address = written.unwrap_or_else(|| remote.to_owned());
        return Err(GitError::Other {
            cause: format!(
                "--offline keeps this run from reaching {}",
                promisor::host(&address)
            ),
        });
    }
    Ok(git)
}
