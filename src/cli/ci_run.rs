//! The run of a CI system that this program is a step of: read once, asked for its branch and its range, and kept away from
//! everything that writes where it is for a pull request from somewhere else.

use std::path::Path;

use serde_json::Value;

use crate::ci::detect;
use crate::ci::ladder::{Found, NoRange, find};
use crate::ci::run::{CiRun, Reference};
use crate::cli::failure::Failure;
use crate::cli::reading::read_file;
use crate::cli::session::Session;
use crate::config::env::Environment;
use crate::git::repository::Repository;
use crate::mirror::home::Home;
use crate::model::report::RangeLabel;
use crate::model::text::visible;

/// GitHub sends no larger event than 25 MB.
const MAX_EVENT: u64 = 32 * 1024 * 1024;

/// The run, where a CI system that we know started this program.
pub fn of(environment: &Environment) -> Option<CiRun> {
    // As it is written: a path may begin or end with a blank, and hold a line break.
    let event = match environment.ci_run.get("GITHUB_EVENT_PATH") {
        Some(path) => event(path).map(Some),
        None => Ok(None),
    };
    match &event {
        Ok(event) => detect(environment, Ok(event.as_ref())),
        Err(cause) => detect(environment, Err(cause)),
    }
}

fn event(path: &str) -> Result<Value, String> {
    let bytes = read_file(Path::new(path), MAX_EVENT)
        .map_err(|error| format!("the event file {} {error}", visible(path)))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| format!("the event file {} is no JSON: {error}", visible(path)))
}

/// Whoever can open a pull request decides what stands in it. In a run for one from a fork nothing is written, here or
/// elsewhere, and no token is read; there is no option that allows it.
///
/// # Errors
/// Such a run.
pub fn refuse_foreign(session: &Session, command: &str) -> Result<(), Failure> {
    match foreign(session) {
        None => Ok(()),
        Some((run, why)) => Err(Failure::usage(format!(
            "`{command}` reads a token, and this run of {} gets none: {why}",
            run.system.name()
        ))
        .with_hint(format!(
            "`git postman check` needs no token and works here; let `{command}` run after the merge, in {}",
            run.system.on_a_branch()
        ))),
    }
}

/// What makes this a run in which no token is read, and which run it is.
pub fn foreign(session: &Session) -> Option<(&CiRun, String)> {
    let run = session.ci.as_ref()?;
    Some((run, run.foreign()?))
}

/// The branch that `HEAD` stands for: the one that is checked out, else the one that the run is for, as long as its commit is
/// what is checked out. A tag and a pull request are no branches.
///
/// # Errors
/// A `HEAD` that cannot be read.
pub fn branch_here(session: &Session, repository: &Repository) -> Result<Option<String>, Failure> {
    if let Some(branch) = repository.current_branch()? {
        return Ok(Some(branch));
    }
    let Some(run) = &session.ci else {
        return Ok(None);
    };
    if !repository.has_commits()? {
        return Ok(None);
    }
    let head = repository.resolve("HEAD")?;
    Ok(run
        .branch_of(&head)
        .map(|branch| branch.as_str().to_owned()))
}

/// What a run without a branch is for, in words; `None` where it is for a branch or does not say.
pub fn no_branch(run: &CiRun) -> Option<String> {
    match run.reference {
        Reference::Branch(_) | Reference::Unsaid => None,
        Reference::Tag(_) | Reference::Merged | Reference::Head | Reference::Queued(_) => {
            Some(run.told())
        }
    }
}

/// What `check --range auto` looks at. Commits that are needed for it and missing are fetched, unless `--offline` says no.
///
/// # Errors
/// A base that is neither here nor can be fetched: said with what makes the clone hold it.
pub fn range(session: &Session, repository: &Repository) -> Result<Found, Failure> {
    let remote = Home::of(repository).ok().and_then(|home| home.remote);
    let run = session.ci.as_ref();
    find(repository, run, remote.as_deref()).map_err(|error| match error {
        NoRange::Git(error) => error.into(),
        NoRange::NotHere(_) => {
            let failure = Failure::usage(visible(&error.to_string()));
            let deeper = match run {
                _ if !repository.is_shallow() => None,
                Some(run) => Some(format!(
                    "{}, so that the whole history is here",
                    run.system.whole_history()
                )),
                None => Some("run `git fetch --unshallow` before: this clone is shallow".to_owned()),
            };
            let failure = deeper.into_iter().fold(failure, Failure::with_hint);
            failure.with_hint(
                "name the range with `--range BASE..HEAD`, or leave it out: `git postman check` alone needs none",
            )
        }
    })
}

/// The range as the report has it.
pub fn label(session: &Session, found: &Found) -> RangeLabel {
    RangeLabel {
        base: found.base.as_ref().map(ToString::to_string),
        head: found.tip.to_string(),
        found_by: found.rung.word(),
        is_fetched: found.has_fetched,
        system: session.ci.as_ref().map(|run| run.system.word()),
    }
}

/// The same and what else is to be known, for people.
pub fn notes(session: &Session, found: &Found) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(base) = &found.base {
        let short: String = base.as_str().chars().take(10).collect();
        let run = session.ci.as_ref();
        let of = run.map_or_else(String::new, |run| format!(" ({})", run.told()));
        let how = found.rung.told();
        notes.push(format!("compared with {short}, {how}{of}"));
    }
    notes.extend(found.notes.iter().cloned());
    if let (Some(run), None) = (&session.ci, &found.base) {
        notes.extend(run.doubts.iter().cloned());
    }
    notes
}
