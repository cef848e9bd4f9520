//! `push`: what stands in Git goes to Postman.

use clap::Args;
use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::plan_told::{
    outcome_as_json, outcome_for_people, plan_as_json, plan_for_people, skipped_as_json,
};
use crate::cli::pushing::{Prepared, PushChoice, Ready, connected_note, hint_of, prepare};
use crate::cli::reporting::{ReportArgs, print};
use crate::cli::session::Session;
use crate::mirror::apply::Outcome;
use crate::mirror::target::TargetError;
use crate::report::ReportFormat;

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
    #[command(flatten)]
    report: ReportArgs,
}

/// Runs the command.
///
/// # Errors
/// Whatever keeps the whole from being done.
pub fn run(args: &PushArgs, session: &Session) -> Result<u8, Failure> {
    let ready = match prepare("push", &args.choice, &args.report, session)? {
        Prepared::Ready(ready) => ready,
        Prepared::Stopped(code) => return Ok(code),
    };
    if args.dry_run {
        let planned = ready.plan()?;
        let code = if planned.plan.conflicts.is_empty() {
            0
        } else {
            3
        };
        let text = match args.report.format {
            ReportFormat::Human => plan_for_people(&planned.plan, &ready.skipped),
            ReportFormat::Json => told(&json!({
                "format_version": 1,
                "command": "push",
                "exit_code": code,
                "plan": plan_as_json(&planned.plan),
                "skipped": ready.skipped.iter().map(skipped_as_json).collect::<Vec<_>>(),
                "calls": ready.calls(),
            })),
        };
        print(session, &text)?;
        notes(&ready, session);
        return Ok(code);
    }
    let outcome = ready.push(&mut |_| Ok(()))?;
    show("push", &outcome, &ready, args.report.format, session)
}

/// Prints what became of a push, and gives the exit code.
///
/// # Errors
/// Where it cannot be printed.
pub fn show(
    command: &str,
    outcome: &Outcome,
    ready: &Ready<'_>,
    format: ReportFormat,
    session: &Session,
) -> Result<u8, Failure> {
    let code = exit_code(outcome);
    let text = match format {
        ReportFormat::Human => outcome_for_people(outcome, &ready.skipped),
        ReportFormat::Json => told(&json!({
            "format_version": 1,
            "command": command,
            "exit_code": code,
            "plan": plan_as_json(&outcome.plan),
            "outcome": outcome_as_json(outcome, &ready.skipped),
            "calls": ready.calls(),
        })),
    };
    print(session, &text)?;
    notes(ready, session);
    if let Some((_, error)) = outcome.failed.first() {
        session.output.error(&error.to_string());
        if let Some(hint) = hint_of(error) {
            session.output.hint(&hint);
        }
    }
    if !outcome.plan.conflicts.is_empty() {
        session
            .output
            .hint("pull first: `git postman pull` merges what both sides changed");
    }
    Ok(code)
}

fn notes(ready: &Ready<'_>, session: &Session) {
    if let Some(note) = connected_note(ready) {
        session.output.note(&note);
    }
}

/// 4 where Postman did not do something, for that is tried again; 3 where a person has to look.
fn exit_code(outcome: &Outcome) -> u8 {
    let of_service = outcome.failed.iter().any(|(_, error)| {
        matches!(
            error,
            TargetError::Postman(_)
                | TargetError::StoredOtherwise { .. }
                | TargetError::Unsuitable { .. }
        )
    });
    if of_service {
        4
    } else if !outcome.failed.is_empty() || !outcome.plan.conflicts.is_empty() {
        3
    } else {
        0
    }
}

fn told(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}
