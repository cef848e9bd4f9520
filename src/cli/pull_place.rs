//! Where a pull goes: the files that it is made from, the branch that they are for, and the way back.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::check::{self, Scope};
use crate::cli::ci_run::branch_here;
use crate::cli::failure::Failure;
use crate::cli::pushed_branch::commit_of;
use crate::cli::session::{Decided, Session};
use crate::git::repository::Repository;
use crate::mirror::deliver::{Delivered, Destination, WriteError, deliver};
use crate::mirror::link::Link;
use crate::model::change::ChangeSet;
use crate::model::finding::{Finding, Severity};
use crate::model::id::CommitId;
use crate::model::overlay::Overlay;
use crate::model::snapshot::Snapshot;
use crate::model::text::visible;
use crate::project::Project;

/// Where a pull goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum To {
    /// The files on disk.
    Worktree,
    /// A commit on the branch.
    Commit,
    /// A pull request.
    PullRequest,
}

/// What a pull is made from and where it goes.
pub struct Place {
    /// The files that it is made from.
    pub snapshot: Box<dyn Snapshot>,
    /// What the configuration among them says.
    pub decided: Decided,
    /// The branch.
    pub branch: Option<String>,
    /// Its tip, where a commit is made on it.
    pub tip: Option<CommitId>,
    /// Where the branch starts, where it is new.
    pub start: Option<CommitId>,
}

/// The files that are looked at, and the branch that they are for.
///
/// # Errors
/// A branch that is not the one that is checked out, none at all, no files on disk.
pub fn place(
    to: To,
    named: Option<&String>,
    session: &Session,
    repository: &Repository,
    link: Result<Link, Failure>,
) -> Result<Place, Failure> {
    let current = repository.current_branch()?;
    // A branch that is named may be the only one that has the files of the link.
    let active = match (named, link) {
        (Some(_), Err(_)) => None,
        (_, link) => link?.active_branch,
    };
    let wanted = named.cloned().or(active);
    if to == To::Worktree {
        if repository.is_bare() {
            return Err(Failure::usage("a bare repository has no files on disk")
                .with_hint("`git postman pull --to commit` makes a commit"));
        }
        let current = current.ok_or_else(detached)?;
        if let Some(wanted) = wanted
            && wanted != current
        {
            let (shown, here) = (visible(&wanted), visible(&current));
            return Err(Failure::usage(format!(
                "the active branch is `{shown}`, and `{here}` is checked out"
            ))
            .with_hint(format!(
                "`git switch {shown}`; or `--to commit`; or `--branch {here}` where it shall go there"
            )));
        }
        let snapshot = repository.worktree()?;
        let decided = session.decided(Some(&*snapshot))?;
        return Ok(Place {
            snapshot,
            decided,
            branch: Some(current),
            tip: None,
            start: None,
        });
    }
    let branch = match wanted {
        Some(wanted) => wanted,
        None => branch_here(session, repository)?.ok_or_else(detached)?,
    };
    let tip = repository.reference(&format!("refs/heads/{branch}"))?;
    let from = match &tip {
        Some(tip) => tip.clone(),
        // A build server checks out a commit, which need not be one of this branch.
        None if current.is_none() => commit_of(session, repository, &branch)
            .or_else(|_| repository.resolve("HEAD").map_err(Failure::from))?,
        None => repository.resolve("HEAD")?,
    };
    let snapshot = repository.commit(&from)?;
    let decided = session.decided(Some(&*snapshot))?;
    Ok(Place {
        snapshot,
        decided,
        branch: Some(branch),
        start: tip.is_none().then_some(from),
        tip,
    })
}

/// No branch is checked out.
pub fn detached() -> Failure {
    Failure::usage("HEAD is detached, so no branch is checked out that this could be for")
        .with_hint("`git switch BRANCH` first, or `--to commit --branch BRANCH`")
}

impl Place {
    /// Writes the changes.
    ///
    /// # Errors
    /// Everything in [`WriteError`]; the repository is then as it was.
    pub fn deliver(
        &self,
        to: To,
        repository: &Repository,
        changes: &ChangeSet,
        message: &str,
    ) -> Result<Delivered, WriteError> {
        if changes.is_empty() {
            return Ok(Delivered::default());
        }
        let destination = match (to, &self.branch) {
            (To::Commit, Some(branch)) => Destination::Commit {
                branch,
                base: self.tip.as_ref(),
                start: self.start.as_ref(),
                message,
            },
            _ => Destination::Worktree,
        };
        deliver(repository, changes, &destination)
    }

    /// Errors that our own rules find with the changes and not without them.
    ///
    /// # Errors
    /// Files that cannot be read.
    pub fn new_errors(
        &self,
        session: &Session,
        changes: &ChangeSet,
    ) -> Result<Vec<Finding>, Failure> {
        let touched = Scope::Touched(changes.iter().map(|change| change.path.clone()).collect());
        let progress = session.output.progress(None, "checking what comes");
        let watch = |steps: usize| progress.advance(steps as u64);
        let find = |snapshot: &dyn Snapshot| -> Result<Vec<Finding>, Failure> {
            let mut project = Project::load(snapshot, &self.decided.config)?;
            project.branches.current.clone_from(&self.branch);
            let levels = &self.decided.levels;
            let checked = check::run(&mut project, snapshot, &touched, levels, &watch)?;
            let mut findings = checked.findings;
            findings.retain(|finding| finding.severity == Severity::Error);
            Ok(findings)
        };
        let with = find(&Overlay::new(&*self.snapshot, changes)?)?;
        if with.is_empty() {
            return Ok(with);
        }
        let without = find(&*self.snapshot)?;
        let known = |finding: &Finding| {
            without.iter().any(|other| {
                other.rule == finding.rule
                    && other.message == finding.message
                    && other.location.path == finding.location.path
            })
        };
        Ok(with.into_iter().filter(|finding| !known(finding)).collect())
    }
}
