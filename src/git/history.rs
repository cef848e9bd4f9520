//! History that a shallow clone left out: looked for by the git program, and fetched a piece at a time.
//!
//! Everything here asks the program and not libgit2, which keeps what it has read of the history for as long as a repository is
//! open. Whoever has fetched opens the repository again.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use crate::git::error::GitError;
use crate::git::exchange::{FETCH, answered};
use crate::git::repository::Repository;
use crate::model::id::CommitId;

/// The parents that a commit was made with, also those that a shallow clone left out. Empty where the commit is not here.
///
/// # Errors
/// A git program that cannot be started.
pub fn parents(repository: &Repository, commit: &CommitId) -> Result<Vec<CommitId>, GitError> {
    // Only the text of the object still names them: everywhere else a shallow clone ends here.
    let answer = repository
        .git()
        .run(&["cat-file", "commit", commit.as_str()], None)?;
    let text = String::from_utf8_lossy(&answer.output);
    let headers = text.lines().take_while(|line| !line.is_empty());
    let parents = headers.filter_map(|line| CommitId::parse(line.strip_prefix("parent ")?));
    Ok(parents.collect())
}

/// The commit that an id stands for, whole or its first digits; `None` where it is not here.
///
/// # Errors
/// A git program that cannot be started.
pub fn commit_here(repository: &Repository, id: &str) -> Result<Option<CommitId>, GitError> {
    let name = format!("{id}^{{commit}}");
    let arguments = [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &name,
    ];
    let answer = repository.git().run(&arguments, None)?;
    let found = CommitId::parse(String::from_utf8_lossy(&answer.output).trim());
    Ok(found.filter(|_| answer.status.success()))
}

/// The best common ancestor, as far as the history here goes.
///
/// # Errors
/// A git program that cannot be started.
pub fn common(
    repository: &Repository,
    one: &CommitId,
    other: &CommitId,
) -> Result<Option<CommitId>, GitError> {
    let arguments = ["merge-base", one.as_str(), other.as_str()];
    let answer = repository.git().run(&arguments, None)?;
    Ok(CommitId::parse(
        String::from_utf8_lossy(&answer.output).trim(),
    ))
}

/// Whether commits between these are left out, so that nobody can say what they brought.
///
/// # Errors
/// A history that cannot be read.
pub fn is_cut_between(
    repository: &Repository,
    base: &CommitId,
    tip: &CommitId,
) -> Result<bool, GitError> {
    let ends = cut_ends(repository)?;
    if ends.is_empty() {
        return Ok(false);
    }
    let without = format!("^{base}");
    let walked = repository
        .git()
        .output(&["rev-list", tip.as_str(), &without, "--"], None)?;
    let walked = String::from_utf8_lossy(&walked);
    let mut commits = walked.lines().filter_map(CommitId::parse);
    // One whose parents are all known to the other side has left nothing out.
    Ok(commits.any(|commit| {
        ends.contains(&commit)
            && parents(repository, &commit)
                .is_ok_and(|parents| parents.iter().any(|parent| parent != base))
    }))
}

/// The commits at which a shallow clone ends: they seem to have no parents, and to bring everything that they hold.
///
/// # Errors
/// A list that cannot be read.
pub(crate) fn cut_ends(repository: &Repository) -> Result<BTreeSet<CommitId>, GitError> {
    let path = repository.common_dir().join("shallow");
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.lines().filter_map(CommitId::parse).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(GitError::Permission {
            path: path.display().to_string(),
            cause: error.to_string(),
        }),
    }
}

/// Whether history is left out, asked now.
///
/// # Errors
/// A git program that cannot be started.
pub fn is_cut(repository: &Repository) -> Result<bool, GitError> {
    let answer = repository
        .git()
        .run(&["rev-parse", "--is-shallow-repository"], None)?;
    Ok(answer.output.starts_with(b"true"))
}

/// The branch that a remote's `HEAD` names, as this clone has it.
///
/// # Errors
/// A git program that cannot be started.
pub fn default_branch_here(
    repository: &Repository,
    remote: &str,
) -> Result<Option<String>, GitError> {
    let name = format!("refs/remotes/{remote}/HEAD");
    let answer = repository
        .git()
        .run(&["symbolic-ref", "--quiet", &name], None)?;
    let named = String::from_utf8_lossy(&answer.output);
    let prefix = format!("refs/remotes/{remote}/");
    Ok(named.trim().strip_prefix(&prefix).map(str::to_owned))
}

/// The branch that a remote's `HEAD` names, asked for now: the checkout of a CI job seldom has it.
///
/// # Errors
/// A remote that cannot be reached, and `--offline`.
pub fn default_branch_there(
    repository: &Repository,
    remote: &str,
) -> Result<Option<String>, GitError> {
    let output = answered(
        repository,
        remote,
        &["ls-remote", "--quiet", "--symref", "--", remote, "HEAD"],
    )?;
    let named = output.lines().find_map(|line| {
        let (target, name) = line.strip_prefix("ref: ")?.split_once('\t')?;
        (name == "HEAD").then(|| target.strip_prefix("refs/heads/"))?
    });
    Ok(named.map(str::to_owned))
}

/// Fetches one commit. Into a clone that is shallow anyway it comes without its history; a whole clone stays whole.
///
/// # Errors
/// A remote that cannot be reached or does not have it, and `--offline`.
pub fn fetch_commit(
    repository: &Repository,
    remote: &str,
    commit: &CommitId,
) -> Result<(), GitError> {
    let depth = is_cut(repository)?.then_some("--depth=1");
    fetch(repository, remote, depth, &[commit.as_str()])
}

/// Fetches the tip of a branch into the reference that shows what the remote has.
///
/// # Errors
/// As for [`fetch_commit`].
pub fn fetch_branch(
    repository: &Repository,
    remote: &str,
    branch: &str,
) -> Result<Option<CommitId>, GitError> {
    let shown = format!("refs/remotes/{remote}/{branch}");
    let depth = is_cut(repository)?.then_some("--depth=1");
    let refspec = format!("+refs/heads/{branch}:{shown}");
    fetch(repository, remote, depth, &[&refspec])?;
    repository.reference(&shown)
}

/// Fetches so many commits more below these and another one.
///
/// # Errors
/// As for [`fetch_commit`].
pub fn deepen(
    repository: &Repository,
    remote: &str,
    commits: &[CommitId],
    other: &CommitId,
    by: u32,
) -> Result<(), GitError> {
    let wanted = commits.iter().chain([other]).map(CommitId::as_str);
    let wanted: Vec<&str> = wanted.collect();
    let by = format!("--deepen={by}");
    fetch(repository, remote, Some(&by), &wanted)
}

fn fetch(
    repository: &Repository,
    remote: &str,
    depth: Option<&str>,
    refspecs: &[&str],
) -> Result<(), GitError> {
    let mut arguments = FETCH.to_vec();
    arguments.extend(depth);
    arguments.extend(["--", remote]);
    arguments.extend(refspecs);
    answered(repository, remote, &arguments).map(|_| ())
}
