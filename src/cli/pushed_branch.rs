//! Which branch is pushed, and whether it may be: only the active one unasked, and no older one over a newer.

use crate::cli::failure::{Failure, Kind};
use crate::git::exchange::tip;
use crate::git::repository::Repository;
use crate::mirror::home::Home;
use crate::mirror::link::Link;
use crate::model::id::CommitId;
use crate::model::text::visible;

/// The commit of a branch: the local one, else that of the remote.
///
/// # Errors
/// A branch that is not there.
pub fn commit_of(repository: &Repository, branch: &str) -> Result<CommitId, Failure> {
    let remote = Home::of(repository)?.remote;
    let local = format!("refs/heads/{branch}");
    let names = std::iter::once(local)
        .chain(remote.map(|remote| format!("refs/remotes/{remote}/{branch}")));
    for name in names {
        if let Some(commit) = repository.reference(&name)? {
            return Ok(commit);
        }
    }
    Err(Failure::usage(format!(
        "there is no branch `{}`",
        visible(branch)
    )))
}

/// Only the active branch is pushed unasked: another one would replace what everybody sees in Postman.
///
/// # Errors
/// Another branch is checked out, or a commit that is not its tip.
pub fn refuse_other_branch(
    repository: &Repository,
    link: &Link,
    home: &Home,
    commit: &CommitId,
) -> Result<(), Failure> {
    let Some(active) = &link.active_branch else {
        return Ok(());
    };
    let current = repository.current_branch()?;
    if current.as_ref() == Some(active) {
        return Ok(());
    }
    // Build servers check out a commit and no branch.
    if current.is_none() {
        let remote = home
            .remote
            .as_ref()
            .map(|remote| format!("refs/remotes/{remote}/{active}"));
        let names = std::iter::once(format!("refs/heads/{active}")).chain(remote);
        for name in names {
            if repository.reference(&name)?.as_ref() == Some(commit) {
                return Ok(());
            }
        }
    }
    let what = match &current {
        Some(branch) => format!("`{}` is checked out", visible(branch)),
        None => "no branch is checked out, and this commit is not its tip".to_owned(),
    };
    Err(Failure::usage(format!(
        "the active branch of the link is `{}`, and {what}",
        visible(active)
    ))
    .with_hint(format!(
        "push the active branch with `--branch {active}`, or name another one with `--branch`"
    )))
}

/// A clone that is behind would carry its older files over newer ones: what the remote's branch has must be part of what is
/// pushed.
///
/// # Errors
/// A branch that has gone on, or a remote that cannot be asked.
pub fn refuse_older(
    repository: &Repository,
    home: &Home,
    branch: &str,
    commit: &CommitId,
) -> Result<(), Failure> {
    let Some(remote) = &home.remote else {
        return Ok(());
    };
    let Some(tip) = tip(repository, remote, &format!("refs/heads/{branch}"))? else {
        return Ok(());
    };
    // A commit that this clone does not have is none that it builds on.
    if tip == *commit || repository.is_ancestor(&tip, commit).unwrap_or(false) {
        return Ok(());
    }
    let short: String = tip.as_str().chars().take(7).collect();
    Err(Failure::of(
        Kind::Overtaken,
        format!(
            "`{}` of `{}` has gone on to {short}, and what is pushed here does not build on that",
            visible(branch),
            visible(remote)
        ),
    )
    .with_hint(
        "bring it in with `git pull` and try again; --force carries this commit over all the same",
    ))
}
