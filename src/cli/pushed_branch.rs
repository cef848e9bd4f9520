//! Which branch is pushed, and whether it may be: only the active one unasked, and no older one over a newer.

use crate::cli::ci_run::{branch_here, no_branch};
use crate::cli::failure::{Failure, Kind};
use crate::cli::session::Session;
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
pub fn commit_of(
    session: &Session,
    repository: &Repository,
    branch: &str,
) -> Result<CommitId, Failure> {
    // A build server checks out a commit, and may keep an older branch of that name from the last time.
    if repository.current_branch()?.is_none()
        && branch_here(session, repository)?.as_deref() == Some(branch)
    {
        return Ok(repository.resolve("HEAD")?);
    }
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
    session: &Session,
    repository: &Repository,
    link: &Link,
    home: &Home,
    commit: &CommitId,
) -> Result<(), Failure> {
    let Some(active) = &link.active_branch else {
        return Ok(());
    };
    let current = branch_here(session, repository)?;
    if current.as_ref() == Some(active) {
        return Ok(());
    }
    let other = session.ci.as_ref().and_then(no_branch);
    // Build servers check out a commit and no branch. That of a tag or of a pull request may be the tip by chance.
    if current.is_none() && other.is_none() {
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
    let what = match (&current, other) {
        (Some(branch), _) => format!("`{}` is checked out", visible(branch)),
        (None, Some(run)) => format!("this is {run}"),
        (None, None) => "no branch is checked out, and this commit is not its tip".to_owned(),
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
