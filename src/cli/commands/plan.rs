//! `plan`: the plan of a push or a pull, shown with its price and sealed in a file that `apply` carries out.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::cli::failure::Failure;
use crate::cli::plan_told::{PlanTold, as_json};
use crate::cli::pull_result::{self, Ended};
use crate::cli::pulling::{PullChoice, Wanted, pull};
use crate::cli::pushing::{Prepared, PushChoice, prepare};
use crate::cli::reporting::{OutcomeArgs, print, write_atomically};
use crate::cli::session::Session;
use crate::mirror::seal::{Sealed, seal, write};
use crate::report::ReportFormat;
use crate::report::json::object_text;

/// Make a plan and seal it in a file, for somebody to look at and for `apply` to carry out
#[derive(Args, Debug)]
pub struct PlanArgs {
    #[command(subcommand)]
    direction: Direction,
}

#[derive(Debug, Subcommand)]
enum Direction {
    Push(PlanPushArgs),
    Pull(PlanPullArgs),
}

/// The plan of a push
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  git postman plan push --out plan.json
  git postman apply plan.json")]
pub struct PlanPushArgs {
    #[command(flatten)]
    choice: PushChoice,
    /// Write the sealed plan here
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    report: OutcomeArgs,
}

/// The plan of a pull
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  git postman plan pull --out plan.json
  git postman apply plan.json")]
pub struct PlanPullArgs {
    #[command(flatten)]
    choice: PullChoice,
    /// Write the sealed plan here
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    report: OutcomeArgs,
}

/// What is planned and sealed.
struct Made {
    plan: PlanTold,
    sealed: Sealed,
    choice: Value,
    calls: u64,
}

/// Runs the command.
///
/// # Errors
/// Whatever keeps the plan from being made or written.
pub fn run(args: &PlanArgs, session: &Session) -> Result<u8, Failure> {
    match &args.direction {
        Direction::Push(args) => plan_push(args, session),
        Direction::Pull(args) => plan_pull(args, session),
    }
}

fn plan_push(args: &PlanPushArgs, session: &Session) -> Result<u8, Failure> {
    let ready = match prepare("plan", &args.choice, &args.report, session)? {
        Prepared::Ready(ready) => ready,
        Prepared::Stopped(code) => return Ok(code),
    };
    let planned = ready.plan()?;
    let state = planned.stored.as_ref().map(|stored| &stored.commit);
    let made = Made {
        plan: ready.told(&planned.plan),
        sealed: seal(&planned.plan, None, state),
        choice: json!(args.choice),
        calls: ready.calls(),
    };
    give(&made, args.out.as_ref(), &args.report, session)
}

fn plan_pull(args: &PlanPullArgs, session: &Session) -> Result<u8, Failure> {
    match pull("plan", &args.choice, Wanted::Plan, session)? {
        Ended::Pulled(pulled) => {
            let made = Made {
                plan: pulled.plan,
                sealed: pulled.sealed,
                choice: json!(args.choice),
                calls: pulled.calls,
            };
            give(&made, args.out.as_ref(), &args.report, session)
        }
        stopped @ Ended::Stopped(_) => pull_result::show("plan", &stopped, &args.report, session),
    }
}

/// Seals the plan in its file, and shows it.
fn give(
    made: &Made,
    out: Option<&PathBuf>,
    report: &OutcomeArgs,
    session: &Session,
) -> Result<u8, Failure> {
    let code = made.plan.exit_code();
    let mut file = as_json("plan", code, &made.plan, None, made.calls);
    file["seal"] = write(&made.sealed);
    file["choice"] = made.choice.clone();
    let text = object_text(&file);
    if let Some(out) = out {
        write_atomically(&session.path(out), text.as_bytes()).map_err(|error| {
            Failure::usage(format!(
                "the plan {} cannot be written: {error}",
                out.display()
            ))
        })?;
    }
    print(
        session,
        &match report.format {
            ReportFormat::Human => made.plan.for_people(),
            ReportFormat::Json => text,
        },
    )?;
    Ok(code)
}
