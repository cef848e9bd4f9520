//! `push`: what stands in Git goes to Postman.

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::plan_told::as_json;
use crate::cli::push_result::{NewIds, notes, show};
use crate::cli::pushing::{Prepared, PushChoice, prepare};
use crate::cli::reporting::{OutcomeArgs, print};
use crate::cli::session::Session;
use crate::report::ReportFormat;
use crate::report::json::object_text;

/// Carry what stands in Git to Postman
///
/// Takes the commit of the active branch, checks it, and creates or updates in Postman what changed since the last sync.
/// Nothing that was changed in Postman meanwhile is replaced: that is a conflict, and a pull comes first.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  git postman push --dry-run          what would be done, and what it costs in calls
  git postman push
  git postman push --only postman/collections/orders.json
  git postman push --allow-delete     delete in Postman what is gone here

Exit codes: 0 done, 1 the check found errors, 3 a conflict needs a person, 4 Postman, 5 somebody else was first")]
pub struct PushArgs {
    #[command(flatten)]
    choice: PushChoice,
    /// Show what would be done, with its price in calls, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the ids of what is created into `.postman/` on disk, as a pull would
    #[arg(long, conflicts_with = "dry_run")]
    write_ids: bool,
    #[command(flatten)]
    report: OutcomeArgs,
}

/// Runs the command.
///
/// # Errors
/// Whatever keeps the whole from being done.
pub fn run(args: &PushArgs, session: &Session) -> Result<u8, Failure> {
    let mut ready = match prepare("push", &args.choice, &args.report, session)? {
        Prepared::Ready(ready) => ready,
        Prepared::Stopped(code) => return Ok(code),
    };
    if args.dry_run {
        let planned = ready.plan()?;
        let plan = ready.told(&planned.plan);
        let code = plan.exit_code();
        let text = match args.report.format {
            ReportFormat::Human => plan.for_people(),
            ReportFormat::Json => {
                let object = as_json("push", code, &plan, None, ready.calls());
                object_text(&object)
            }
        };
        print(session, &text)?;
        notes(&ready, session)?;
        return Ok(code);
    }
    let outcome = ready.push(&mut |_| Ok(()))?;
    let new_ids = match args.write_ids {
        true => NewIds::Written,
        false => NewIds::Told,
    };
    show(
        "push",
        &outcome,
        &ready,
        new_ids,
        args.report.format,
        session,
    )
}
