//! `apply`: exactly the plan that was sealed, or nothing.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

use crate::cli::failure::{Failure, Kind};
use crate::cli::push_result::show;
use crate::cli::pushing::{Prepared, PushChoice, prepare};
use crate::cli::reporting::ReportArgs;
use crate::cli::session::Session;
use crate::mirror::apply::Planned;
use crate::mirror::plan::Side;
use crate::mirror::seal::{self, SealError};

/// A sealed plan is small: steps and digests.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Carry out a plan that `plan` has sealed, and nothing else
///
/// Where Git, Postman or the record of the mirror has moved since, nothing is written.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  git postman plan push --out plan.json
  git postman apply plan.json")]
pub struct ApplyArgs {
    /// The sealed plan
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The repository that Postman reads, where it is another one: a remote of this clone, or its address
    #[arg(long, value_name = "REMOTE")]
    repository: Option<String>,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Deserialize)]
struct Sealed {
    choice: PushChoice,
}

/// Runs the command.
///
/// # Errors
/// No plan, a plan that is none any more, and what a push meets.
pub fn run(args: &ApplyArgs, session: &Session) -> Result<u8, Failure> {
    let path = session.path(&args.file);
    let unread = |words: String| {
        Failure::usage(format!(
            "the plan {} cannot be read: {words}",
            args.file.display()
        ))
    };
    let size = path
        .metadata()
        .map_err(|error| unread(error.to_string()))?
        .len();
    if size > MOST_BYTES {
        return Err(unread(format!("it has {size} bytes, which no plan has")));
    }
    let text = std::fs::read(&path).map_err(|error| unread(error.to_string()))?;
    let sealed = seal::read(&text).map_err(|error| refused(&error))?;
    let mut choice: Sealed =
        serde_json::from_slice(&text).map_err(|error| unread(error.to_string()))?;
    choice.choice.repository.clone_from(&args.repository);
    if sealed.towards != Side::Postman {
        return Err(unread("it is the plan of a pull".to_owned()));
    }
    let ready = match prepare("apply", &choice.choice, &args.report, session)? {
        Prepared::Ready(ready) => ready,
        Prepared::Stopped(code) => return Ok(code),
    };
    let outcome = ready.push(&mut |planned: &Planned| {
        let state = planned.stored.as_ref().map(|stored| &stored.commit);
        seal::still_valid(&sealed, &planned.plan, state).map_err(|error| refused(&error))
    })?;
    show("apply", &outcome, &ready, args.report.format, session)
}

fn refused(error: &SealError) -> Failure {
    let kind = match error {
        SealError::StateMoved | SealError::SidesMoved => Kind::Conflict,
        SealError::Malformed { .. }
        | SealError::UnknownVersion { .. }
        | SealError::DecidedOtherwise => Kind::Usage,
    };
    Failure::of(kind, error.to_string()).with_hint(error.hint())
}
