//! The command line.

pub mod asking;
pub mod audited;
pub mod checkup;
pub mod ci_files;
pub mod ci_run;
pub mod commands;
pub mod comparing;
pub mod comparing_folders;
pub mod connection_told;
pub mod delivering;
pub mod every_rule;
pub mod examination;
pub mod examining_push;
pub mod failure;
pub mod handed_push;
pub mod hosting;
pub mod link_told;
pub mod linking;
pub mod new_ids;
pub mod output;
pub mod plan_told;
pub mod progress;
pub mod provider_token;
pub mod proving;
pub mod pull_place;
pub mod pull_request;
pub mod pull_result;
pub mod pulling;
pub mod push_failure;
pub mod push_result;
pub mod pushed_branch;
pub mod pushing;
pub mod reading;
pub mod renamed_files;
pub mod reporting;
pub mod repository_paths;
pub mod request_text;
pub mod session;
pub mod time_limit;
pub mod wished;

use std::ffi::OsString;
use std::iter;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::cli::ci_run::refuse_foreign;
use crate::cli::commands::{
    apply, audit, canonicalize, check, ci, completions, connect, diff, diff_driver, disconnect,
    doctor, explain, hook, init, man, merge, merge_driver, plan, pull, push, rules, sandbox,
    status, tour, undo,
};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, OutputEnvironment, OutputOptions};
use crate::cli::reporting::{failure_as_json, show_failure};
use crate::cli::session::Session;
use crate::config::env::Environment;

/// Keeps API definitions and Postman collections in a Git repository honest
#[derive(Debug, Parser)]
#[command(
    name = "git-postman",
    bin_name = "git postman",
    version,
    max_term_width = 100
)]
#[command(after_help = "Examples:
  git postman check                    look at the files on disk
  git postman check --revision main    look at a commit
  git postman hook install             stop a broken push from now on
  git postman explain nested-directories")]
struct Cli {
    #[command(flatten)]
    everywhere: Everywhere,
    #[command(subcommand)]
    command: Command,
}

/// Options that every command takes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Everywhere")]
struct Everywhere {
    /// Act as if started in DIR
    #[arg(short = 'C', global = true, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Use FILE instead of the `git-postman.toml` at the root of what is looked at
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
    /// Say less on standard error
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Say more on standard error
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Refuse every network access: an attempt is an error that names the host
    #[arg(long, global = true)]
    offline: bool,
    /// Show no progress bars
    #[arg(long, global = true)]
    no_progress: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::CheckArgs),
    Audit(audit::AuditArgs),
    Canonicalize(canonicalize::CanonicalizeArgs),
    Rules(rules::RulesArgs),
    Explain(explain::ExplainArgs),
    Hook(hook::HookArgs),
    Init(init::InitArgs),
    Diff(diff::DiffArgs),
    DiffDriver(diff_driver::DiffDriverArgs),
    Merge(merge::MergeArgs),
    MergeDriver(merge_driver::MergeDriverArgs),
    Pull(pull::PullArgs),
    Push(push::PushArgs),
    Plan(plan::PlanArgs),
    Apply(apply::ApplyArgs),
    Connect(connect::ConnectArgs),
    Disconnect(disconnect::DisconnectArgs),
    Status(status::StatusArgs),
    Doctor(doctor::DoctorArgs),
    Undo(undo::UndoArgs),
    Tour(tour::TourArgs),
    Sandbox(sandbox::SandboxArgs),
    Ci(ci::CiArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let environment = Environment::of_this_process();
    run(std::env::args_os().collect(), environment)
}

/// Runs the program.
pub fn run(arguments: Vec<OsString>, environment: Environment) -> ExitCode {
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        // Help and version are results; everything else is wrong use.
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(2);
        }
    };
    let session = session(&cli.everywhere, environment);
    match dispatch(&cli.command, &session) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            show_failure(&session.output, &failure);
            if let Some(command) = command_that_speaks_json(&matches) {
                // Where not even that can be printed, the exit code has to do.
                let _ = session.output.result(&failure_as_json(&command, &failure));
            }
            ExitCode::from(failure.kind.exit_code())
        }
    }
}

/// The command line as clap sees it, for completions and the manual page.
pub fn command() -> clap::Command {
    Cli::command()
}

/// The name of a command that writes, or reads with a token what others may not read.
fn needs_a_token(command: &Command) -> Option<&'static str> {
    Some(match command {
        Command::Pull(_) => "pull",
        Command::Push(_) => "push",
        Command::Plan(_) => "plan",
        Command::Apply(_) => "apply",
        Command::Connect(_) => "connect",
        Command::Disconnect(_) => "disconnect",
        Command::Undo(_) => "undo",
        _ => return None,
    })
}

/// The words of the command, where it was asked for JSON.
fn command_that_speaks_json(matches: &clap::ArgMatches) -> Option<String> {
    let mut words = Vec::new();
    let mut inner = matches;
    while let Some((word, matches)) = inner.subcommand() {
        words.push(word);
        inner = matches;
    }
    // Some commands have an enumeration of formats of their own, and some have none.
    if !inner.ids().any(|id| id == "format") {
        return None;
    }
    let format = inner.get_raw("format")?.next_back()?;
    (format == "json").then(|| words.join(" "))
}

fn session(everywhere: &Everywhere, environment: Environment) -> Session {
    let options = OutputOptions {
        color: everywhere.color,
        quiet: everywhere.quiet,
        verbosity: everywhere.verbose.min(2),
        no_progress: everywhere.no_progress,
    };
    let facts = OutputEnvironment {
        no_color: environment.no_color,
        clicolor_force: environment.clicolor_force,
        dumb_terminal: environment.dumb_terminal,
        ci: environment.ci,
        ..OutputEnvironment::default()
    };
    let ci = ci_run::of(&environment);
    let mut environment = environment;
    if ci.as_ref().is_some_and(|run| run.foreign().is_some()) {
        environment.forget_tokens();
    }
    let output = Output::new(options, facts.with_streams_of_this_process());
    for line in ci
        .iter()
        .flat_map(|run| iter::once(run.told()).chain(run.doubts.clone()))
    {
        output.detail(&line);
    }
    Session {
        ci,
        directory: everywhere
            .directory
            .clone()
            .unwrap_or_else(|| PathBuf::from(".")),
        config: everywhere.config.clone(),
        offline: everywhere.offline,
        environment,
        output,
    }
}

fn dispatch(command: &Command, session: &Session) -> Result<u8, Failure> {
    if let Some(name) = needs_a_token(command) {
        refuse_foreign(session, name)?;
    }
    match command {
        Command::Check(args) => check::run(args, session),
        Command::Audit(args) => audit::run(args, session),
        Command::Canonicalize(args) => canonicalize::run(args, session),
        Command::Rules(args) => rules::run(args, session),
        Command::Explain(args) => explain::run(args, session),
        Command::Hook(args) => hook::run(args, session),
        Command::Init(args) => init::run(args, session),
        Command::Diff(args) => diff::run(args, session),
        Command::DiffDriver(args) => diff_driver::run(args, session),
        Command::Merge(args) => merge::run(args, session),
        Command::MergeDriver(args) => merge_driver::run(args, session),
        Command::Pull(args) => pull::run(args, session),
        Command::Push(args) => push::run(args, session),
        Command::Plan(args) => plan::run(args, session),
        Command::Apply(args) => apply::run(args, session),
        Command::Connect(args) => connect::run(args, session),
        Command::Disconnect(args) => disconnect::run(args, session),
        Command::Status(args) => status::run(args, session),
        Command::Doctor(args) => doctor::run(args, session),
        Command::Undo(args) => undo::run(args, session),
        Command::Tour(args) => tour::run(args, session),
        Command::Sandbox(args) => sandbox::run(args, session),
        Command::Ci(args) => ci::run(args, session),
        Command::Completions(args) => completions::run(args, session),
        Command::Man(args) => man::run(args, session),
    }
}
