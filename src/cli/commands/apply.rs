//! `apply`: exactly the plan that was sealed, or nothing.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

use crate::cli::failure::Failure;
use crate::cli::hosting::SiteChoice;
use crate::cli::pull_result;
use crate::cli::pulling::{PullChoice, Wanted, pull};
use crate::cli::push_result::{self, NewIds};
use crate::cli::pushing::{Prepared, PushChoice, prepare};
use crate::cli::reporting::OutcomeArgs;
use crate::cli::session::Session;
use crate::mirror::apply::Planned;
use crate::mirror::plan::Side;
use crate::mirror::seal::{self, Sealed, still_valid};

/// A sealed plan is small: steps and digests.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Carry out a plan that `plan` has sealed, and nothing else
///
/// Where Git, Postman or the record of the mirror has moved since, nothing is written.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  git postman plan push --out plan.json     or plan pull
  git postman apply plan.json")]
pub struct ApplyArgs {
    /// The sealed plan
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The repository that Postman reads, where it is another one: a remote of this clone, or its address
    #[arg(long, value_name = "REMOTE")]
    repository: Option<String>,
    #[command(flatten)]
    site: SiteChoice,
    #[command(flatten)]
    report: OutcomeArgs,
}

#[derive(Deserialize)]
struct Chosen<T> {
    choice: T,
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
    let sealed = seal::read(&text)?;
    match sealed.towards {
        Side::Postman => {
            let mut chosen: Chosen<PushChoice> =
                serde_json::from_slice(&text).map_err(|error| unread(error.to_string()))?;
            chosen.choice.repository.clone_from(&args.repository);
            chosen.choice.site = args.site.clone();
            apply_push(&sealed, &chosen.choice, args, session)
        }
        Side::Git => {
            let mut chosen: Chosen<PullChoice> =
                serde_json::from_slice(&text).map_err(|error| unread(error.to_string()))?;
            chosen.choice.repository.clone_from(&args.repository);
            chosen.choice.site = args.site.clone();
            let ended = pull("apply", &chosen.choice, Wanted::Sealed(&sealed), session)?;
            pull_result::show("apply", &ended, &args.report, session)
        }
    }
}

fn apply_push(
    sealed: &Sealed,
    choice: &PushChoice,
    args: &ApplyArgs,
    session: &Session,
) -> Result<u8, Failure> {
    let mut ready = match prepare("apply", choice, &args.report, session)? {
        Prepared::Ready(ready) => ready,
        Prepared::Stopped(code) => return Ok(code),
    };
    let outcome = ready.push(&mut |planned: &Planned| {
        let state = planned.stored.as_ref().map(|stored| &stored.commit);
        Ok(still_valid(sealed, &planned.plan, None, state)?)
    })?;
    push_result::show(
        "apply",
        &outcome,
        &ready,
        NewIds::Told,
        args.report.format,
        session,
    )
}
