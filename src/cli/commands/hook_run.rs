//! `hook run`: what git's hooks call. Reads what git is about to push or commit, never the files on disk.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::time::Instant;

use clap::Args;

use crate::check::Scope;
use crate::cli::examination::{Before, Closing, Examined, Target};
use crate::cli::failure::Failure;
use crate::cli::reporting::{ReportArgs, deliver_aside};
use crate::cli::session::Session;
use crate::config::env::PreCommitPush;
use crate::git::pushed::{Base, PushRange, Pushed, RefUpdate, parse, range};
use crate::git::repository::Repository;
use crate::model::finding::Severity;
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::report::{Report, SnapshotLabel};
use crate::report::FindingsFormat;
use crate::setup::hook_script::HookType;

/// No push names more than this: git's own line is at most a few hundred bytes, and a mirror has 100,000 of them.
const MAX_INPUT: u64 = 256 * 1024 * 1024;

/// Run a hook: what the installed script calls
#[derive(Args, Debug)]
pub struct HookRunArgs {
    /// pre-push or pre-commit
    #[arg(value_name = "TYPE")]
    kind: HookType,
    /// What git hands to the hook: for pre-push the remote's name and its address
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
    }
}

fn pre_push(args: &HookRunArgs, session: &Session) -> Result<u8, Failure> {
    let begun = Instant::now();
    let remote = match args.arguments.as_slice() {
        [name, ..] if !name.is_empty() => name.as_str(),
        [_, address, ..] => address.as_str(),
        _ => "origin",
    };
    let updates = updates(session)?;
    // A push that is up to date hands over nothing, and most of the others nothing to look at.
    if updates.is_empty() {
        return Ok(0);
    }
    let repository = session.repository()?;
    let mut examined = Examined::default();
    let mut seen = BTreeSet::new();
    let mut looked = false;
    let mut touched = BTreeSet::new();
    for update in &updates {
        match range(&repository, update, remote)? {
            Pushed::Deleted => session
                .output
                .detail(&format!("{} is deleted", update.remote_ref)),
            Pushed::NotACommit { kind } => {
                examined.note(format!(
                    "{} is a {kind}, which has no files to look at",
                    update.local_ref
                ));
                looked = true;
            }
            Pushed::Range(range) => {
                for note in &range.notes {
                    examined.note(note.clone());
                }
                // Branches at one commit may still differ in what they are compared with and allowed.
                let branch = update.remote_ref.strip_prefix("refs/heads/");
                if seen.insert((range.tip.clone(), range.base.commit().cloned(), branch)) {
                    let changed: BTreeSet<RepoPath> =
                        range.changed_paths(&repository)?.into_iter().collect();
                    let push = Push {
                        update,
                        range: &range,
                        remote,
                        changed: &changed,
                    };
                    add_tip(&mut examined, session, &repository, &push)?;
                    touched.extend(changed);
                }
                looked = true;
            }
        }
    }
    if !looked {
        return Ok(0);
    }
    examined.keep_to(&touched);
    let report = examined.into_report(&Closing {
        command: "hook run pre-push",
        fail_on: None,
        begun,
    });
    if is_silent(&report, &args.report) && report.notes.is_empty() {
        session.output.detail("nothing found");
        return Ok(0);
    }
    let code = deliver_aside(&report, &args.report, session)?;
    if code != 0 {
        session.output.error(&format!(
            "the push was stopped: what it would bring has {}",
            worst(&report)
        ));
        session.output.hint("fix them and commit, or see `git postman explain <rule>`; `git push --no-verify` goes past the hook, and CI checks again");
    }
    Ok(code)
}

fn updates(session: &Session) -> Result<Vec<RefUpdate>, Failure> {
    let mut input = Vec::new();
    std::io::stdin()
        .take(MAX_INPUT)
        .read_to_end(&mut input)
        .map_err(|error| {
            Failure::usage(format!(
                "what git pushes cannot be read from standard input: {error}"
            ))
        })?;
    let input = String::from_utf8_lossy(&input);
    let updates = parse(&input).map_err(|error| Failure::usage(error.to_string()))?;
    match &session.environment.pre_commit {
        Some(push) if updates.is_empty() => Ok(of_pre_commit(push)),
        _ => Ok(updates),
    }
}

/// The pre-commit framework reads standard input itself and hands one reference on in variables.
fn of_pre_commit(push: &PreCommitPush) -> Vec<RefUpdate> {
    let id = |text: &str| CommitId::parse(text).filter(|id| !id.is_zero());
    vec![RefUpdate {
        local_ref: push.local_branch.clone(),
        local: id(&push.to),
        remote_ref: push.remote_branch.clone(),
        remote: id(&push.from),
    }]
}

/// One reference of a push and what it changes.
struct Push<'a> {
    update: &'a RefUpdate,
    range: &'a PushRange,
    remote: &'a str,
    changed: &'a BTreeSet<RepoPath>,
}

fn add_tip(
    examined: &mut Examined,
    session: &Session,
    repository: &Repository,
    push: &Push<'_>,
) -> Result<(), Failure> {
    let snapshot = repository.commit(&push.range.tip)?;
    let decided = session.decided(Some(&*snapshot))?;
    let remote_ref = &push.update.remote_ref;
    let branch = remote_ref.strip_prefix("refs/heads/").map(str::to_owned);
    let active = decided.config.active_branch.as_deref();
    let target = Target {
        label: SnapshotLabel {
            kind: "revision",
            id: Some(push.range.tip.to_string()),
            name: Some(branch.clone().unwrap_or_else(|| remote_ref.clone())),
        },
        snapshot: &*snapshot,
        scope: Scope::Touched(push.changed.clone()),
        blobs: push.range.introduced_blobs(repository)?,
        texts: Vec::new(),
        before: before(repository, push, branch.as_deref(), active),
        branch,
    };
    examined.add(
        session,
        Some(repository),
        target,
        &decided,
        &BTreeSet::new(),
    )
}

/// What the link is compared with: what the reference stands for on the remote; for a new one the remote's active
/// branch, as far as it is known here, else what the remote has of this history.
fn before(
    repository: &Repository,
    push: &Push<'_>,
    pushed: Option<&str>,
    active: Option<&str>,
) -> Option<Before> {
    if let Base::Remote(commit) = &push.range.base {
        return Some(Before {
            commit: commit.clone(),
            branch: pushed.map(str::to_owned),
        });
    }
    let known = active.into_iter().chain(["HEAD"]).find_map(|branch| {
        let name = format!("refs/remotes/{}/{branch}", push.remote);
        let commit = repository.resolve(&name).ok()?;
        Some(Before {
            commit,
            branch: active.map(str::to_owned),
        })
    });
    known.or_else(|| {
        Some(Before {
            commit: push.range.base.commit()?.clone(),
            branch: None,
        })
    })
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
    if is_silent(&report, &args.report) {
        session.output.detail("nothing found");
        return Ok(0);
    }
    let code = deliver_aside(&report, &args.report, session)?;
    if code != 0 {
        session.output.error(&format!(
            "the commit was stopped: what is staged has {}",
            worst(&report)
        ));
        session.output.hint("fix them and stage again, or see `git postman explain <rule>`; `git commit --no-verify` goes past the hook, and CI checks again");
    }
    Ok(code)
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
