//! `plan push`: the plan of a push, sealed in a file that `apply` carries out.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::plan_told::{plan_as_json, plan_for_people, skipped_as_json};
use crate::cli::push_result::{delivery_as_json, delivery_for_people};
use crate::cli::pushing::{Prepared, PushChoice, prepare};
use crate::cli::reporting::{ReportArgs, print, write_atomically};
use crate::cli::session::Session;
use crate::mirror::seal;
use crate::report::ReportFormat;

/// Make a plan and seal it in a file, for somebody to look at and for `apply` to carry out
#[derive(Args, Debug)]
pub struct PlanArgs {
    #[command(subcommand)]
    direction: Direction,
}

#[derive(Debug, Subcommand)]
enum Direction {
    Push(PlanPushArgs),
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
    out: PathBuf,
    #[command(flatten)]
    report: ReportArgs,
}

/// Runs the command.
///
/// # Errors
/// Whatever keeps the plan from being made or written.
pub fn run(args: &PlanArgs, session: &Session) -> Result<u8, Failure> {
    match &args.direction {
        Direction::Push(args) => plan_push(args, session),
    }
}

fn plan_push(args: &PlanPushArgs, session: &Session) -> Result<u8, Failure> {
    let ready = match prepare("plan", &args.choice, &args.report, session)? {
        Prepared::Ready(ready) => ready,
        Prepared::Stopped(code) => return Ok(code),
    };
    let planned = ready.plan()?;
    let code = if planned.plan.conflicts.is_empty() {
        0
    } else {
        3
    };
    let state = planned.stored.as_ref().map(|stored| &stored.commit);
    let sealed = seal::seal(&planned.plan, state);
    let file = json!({
        "format_version": 1,
        "command": "plan",
        "exit_code": code,
        "commit": ready.commit.as_str(),
        "plan": plan_as_json(&planned.plan),
        "skipped": ready.skipped.iter().map(skipped_as_json).collect::<Vec<_>>(),
        "delivery": delivery_as_json(&ready, None),
        "seal": seal::write(&sealed),
        "choice": args.choice,
    });
    let text = format!("{file:#}\n");
    let path = session.path(&args.out);
    write_atomically(&path, text.as_bytes()).map_err(|error| {
        Failure::usage(format!(
            "the plan {} cannot be written: {error}",
            args.out.display()
        ))
    })?;
    print(
        session,
        &match args.report.format {
            ReportFormat::Human => {
                let told = plan_for_people(&planned.plan, &ready.skipped);
                told + &delivery_for_people(&planned.plan, &ready)
            }
            ReportFormat::Json => text,
        },
    )?;
    Ok(code)
}
