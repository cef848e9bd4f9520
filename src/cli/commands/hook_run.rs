//! `hook run`: what git's hooks call. Reads what git is about to push or commit, never the files on disk.

use std::collections::BTreeSet;
use std::time::Instant;

use clap::Args;

use crate::check::Scope;
use crate::cli::commands::hook_mirror;
use crate::cli::examination::{Closing, Examined, Target};
use crate::cli::examining_push::examine;
use crate::cli::failure::Failure;
use crate::cli::handed_push::{handed, lines};
use crate::cli::reporting::{ReportArgs, deliver_aside};
use crate::cli::session::Session;
use crate::cli::time_limit::{limit_of, within};
use crate::git::pushed::{Receiver, parse_received, received};
use crate::model::finding::Severity;
use crate::model::path::RepoPath;
use crate::model::report::{Report, SnapshotLabel};
use crate::report::FindingsFormat;
use crate::setup::hook_script::HookType;

/// Run a hook: what the installed script calls
#[derive(Args, Debug)]
pub struct HookRunArgs {
    /// pre-push or pre-commit; on a server pre-receive, update or post-receive
    #[arg(value_name = "TYPE")]
    kind: HookType,
    /// What git hands to the hook: for pre-push the remote's name and its address, for update a reference and two ids
    #[arg(value_name = "ARGS", last = true)]
    arguments: Vec<String>,
    #[command(flatten)]
    report: ReportArgs,
}

/// Runs the command.
///
/// # Errors
/// What keeps the push or the commit from being looked at: it is stopped then, since nobody knows what it holds.
pub fn run(args: &HookRunArgs, session: &Session) -> Result<u8, Failure> {
    match args.kind {
        HookType::PrePush => pre_push(args, session),
        HookType::PreCommit => pre_commit(args, session),
        HookType::PreReceive | HookType::Update => {
            let limit = limit_of(&session.repository()?)?;
            within(limit, session, || receive(args, session))
        }
        HookType::PostReceive => hook_mirror::run(session),
    }
}

fn pre_push(args: &HookRunArgs, session: &Session) -> Result<u8, Failure> {
    let begun = Instant::now();
    let handed = handed(session)?;
    // A push that is up to date hands over nothing, and most of the others nothing to look at.
    if handed.updates.is_empty() {
        return Ok(0);
    }
    let remote = match args.arguments.as_slice() {
        [name, ..] if !name.is_empty() => name.as_str(),
        [_, address, ..] => address.as_str(),
        // pre-commit passes no arguments on.
        _ => remote_of(session).unwrap_or("origin"),
    };
    let repository = session.repository()?;
    let receiver = Receiver::remote(&repository, remote)?;
    let Some(mut examined) = examine(session, &repository, &handed.updates, &receiver)? else {
        return Ok(0);
    };
    if let Some(limited) = &handed.limited {
        examined.note(limited.note.clone());
    }
    let closing = Closing {
        command: "hook run pre-push",
        fail_on: None,
        begun,
    };
    let code = tell(
        &examined.into_report(&closing),
        args,
        session,
        "the push was stopped: what it would bring has",
        "fix them and commit, or see `git postman explain <rule>`; `git push --no-verify` goes past the hook, and CI checks again",
    )?;
    if let Some(limited) = &handed.limited {
        session.output.hint(&limited.hint);
    }
    Ok(code)
}

fn remote_of(session: &Session) -> Option<&str> {
    session
        .environment
        .pre_commit
        .as_ref()?
        .remote_name
        .as_deref()
}

/// What a server is about to take. Neither hook has a repository but the one that is pushed to.
fn receive(args: &HookRunArgs, session: &Session) -> Result<u8, Failure> {
    let begun = Instant::now();
    let updates = match (args.kind, args.arguments.as_slice()) {
        (HookType::Update, [name, old, new]) => {
            let update = received(name, old, new).ok_or_else(|| {
                Failure::usage("git hands a reference, an old id and a new id to this hook")
            })?;
            vec![update]
        }
        (HookType::Update, _) => {
            return Err(Failure::usage(
                "git hands three arguments to this hook: a reference, an old id and a new id",
            ));
        }
        _ => lines(parse_received)?,
    };
    let repository = session.repository()?;
    let Some(examined) = examine(session, &repository, &updates, &Receiver::here())? else {
        return Ok(0);
    };
    let closing = Closing {
        command: match args.kind {
            HookType::Update => "hook run update",
            _ => "hook run pre-receive",
        },
        fail_on: None,
        begun,
    };
    let report = examined.into_report(&closing);
    let code = tell(
        &report,
        args,
        session,
        "the push was refused: what it would bring has",
        "fix them, commit and push again; `git postman hook install` finds them before a push leaves",
    )?;
    if code != 0 && session.environment.gitlab_server {
        // The only kind of line that GitLab shows to somebody who works in its pages.
        let line = format!(
            "GL-HOOK-ERR: git-postman found {} in this push",
            worst(&report)
        );
        session.output.plain(&line);
    }
    Ok(code)
}

/// Reports where there is something to say; gives the exit code.
fn tell(
    report: &Report,
    args: &HookRunArgs,
    session: &Session,
    stopped: &str,
    hint: &str,
) -> Result<u8, Failure> {
    if is_silent(report, &args.report) && report.notes.is_empty() {
        session.output.detail("nothing found");
        return Ok(0);
    }
    let code = deliver_aside(report, &args.report, session)?;
    if code != 0 {
        session
            .output
            .error(&format!("{stopped} {}", worst(report)));
        session.output.hint(hint);
    }
    Ok(code)
}

fn pre_commit(args: &HookRunArgs, session: &Session) -> Result<u8, Failure> {
    let begun = Instant::now();
    let repository = session.repository()?;
    let staged = repository.staged_paths()?;
    let snapshot = repository.index()?;
    let decided = session.decided(Some(&*snapshot))?;
    let touched: BTreeSet<RepoPath> = staged.iter().cloned().collect();
    let target = Target {
        snapshot: &*snapshot,
        label: SnapshotLabel {
            kind: "index",
            id: None,
            name: None,
        },
        scope: Scope::Touched(touched.clone()),
        blobs: Vec::new(),
        texts: staged,
        before: None,
        branch: repository.current_branch()?,
    };
    let mut examined = Examined::default();
    examined.add(
        session,
        Some(&repository),
        target,
        &decided,
        &BTreeSet::new(),
    )?;
    examined.keep_to(&touched);
    let report = examined.into_report(&Closing {
        command: "hook run pre-commit",
        fail_on: None,
        begun,
    });
    tell(
        &report,
        args,
        session,
        "the commit was stopped: what is staged has",
        "fix them and stage again, or see `git postman explain <rule>`; `git commit --no-verify` goes past the hook, and CI checks again",
    )
}

/// People hear of a hook only where it has found something; a script that asked for a report gets one.
fn is_silent(report: &Report, args: &ReportArgs) -> bool {
    report.findings.is_empty() && args.files.is_empty() && args.format == FindingsFormat::Human
}

/// What reached the gate: with `fail-on = "warning"` it may be warnings alone.
fn worst(report: &Report) -> &'static str {
    match report.count(Severity::Error) {
        0 => "warnings",
        _ => "errors",
    }
}
