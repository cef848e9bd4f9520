//! `check`: layout, mapping, documents and secrets of one snapshot, or single files without a repository.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};

use crate::check::Scope;
use crate::ci::ladder::CUT;
use crate::cli::ci_run::{self, branch_here};
use crate::cli::commands::check_files;
use crate::cli::examination::{Before, Closing, Examined, Target};
use crate::cli::failure::Failure;
use crate::cli::reporting::{ReportArgs, deliver, write_atomically};
use crate::cli::session::Session;
use crate::config::file::FailOn;
use crate::git::history::is_cut_between;
use crate::git::repository::Repository;
use crate::model::id::CommitId;
use crate::model::report::{RangeLabel, Report, SnapshotLabel};
use crate::model::text::{counted, visible};

/// Look for what is wrong with the layout, the mapping, the documents and for secrets
///
/// Without PATH, looks at a repository. With PATH, only judges these documents; no repository is needed then.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  git postman check                          the files on disk
  git postman check --staged                 what the next commit would hold
  git postman check --range origin/main..HEAD
  git postman check --range auto             in CI: what this run brings
  git postman check --format json orders.json")]
pub struct CheckArgs {
    /// Files or folders whose documents to judge
    #[arg(value_name = "PATH", conflicts_with_all = ["staged", "revision", "range", "all"])]
    paths: Vec<PathBuf>,
    /// Look at the files on disk (default)
    #[arg(long, conflicts_with_all = ["staged", "revision", "range"])]
    worktree: bool,
    /// Look at the index: what the next commit would hold
    #[arg(long, conflicts_with_all = ["revision", "range"])]
    staged: bool,
    /// Look at a commit
    #[arg(long, value_name = "REV", conflicts_with = "range")]
    revision: Option<String>,
    /// Look at the documents that a range touches, and at every blob that it brings for secrets; `auto` is the range of the
    /// run in CI, or of the branch that is checked out
    #[arg(long, value_name = "BASE..HEAD|auto")]
    range: Option<String>,
    /// Look at every document of the repository, also at those that Postman does not manage
    #[arg(long)]
    all: bool,
    /// Fail from this severity on [default: error]
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<FailOnArg>,
    /// Count only findings that FILE does not hold
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the findings of this run into the baseline instead
    #[arg(long, requires = "baseline")]
    write_baseline: bool,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FailOnArg {
    Error,
    Warning,
    Never,
}

impl From<FailOnArg> for FailOn {
    fn from(argument: FailOnArg) -> Self {
        match argument {
            FailOnArg::Error => Self::Error,
            FailOnArg::Warning => Self::Warning,
            FailOnArg::Never => Self::Never,
        }
    }
}

/// The range that the run in CI says.
const AUTO: &str = "auto";

/// What `check` says of a repository without Postman. Hooks do not: one from a template runs in every repository.
const NOTHING_MANAGED: &str = "there is nothing of Postman in this repository: no `.postman/` and neither `postman/schemas` nor `postman/collections`; `git postman init` makes them";

/// Runs the command.
///
/// # Errors
/// No repository, a revision that there is not, a configuration that cannot be used.
pub fn run(args: &CheckArgs, session: &Session) -> Result<u8, Failure> {
    let begun = Instant::now();
    let fail_on = args.fail_on.map(FailOn::from);
    let closing = Closing {
        command: "check",
        fail_on,
        begun,
    };
    let baseline = match (&args.baseline, args.write_baseline) {
        (Some(path), false) => read_baseline(&session.path(path))?,
        _ => BTreeSet::new(),
    };
    let report = if args.paths.is_empty() {
        let repository = session.repository()?;
        let mut examined = examine(args, session, &repository, &baseline)?;
        if !examined.has_managed_files() {
            examined.note(NOTHING_MANAGED.to_owned());
        }
        examined.into_report(&closing)
    } else {
        check_files::judge_paths(&args.paths, session, &baseline, &closing)?
    };
    match &args.baseline {
        Some(path) if args.write_baseline => {
            write_baseline(&session.path(path), &report)?;
            session.output.note(&format!(
                "{} now holds {}",
                path.display(),
                counted(report.findings.len(), "finding")
            ));
            Ok(0)
        }
        _ => deliver(&report, &args.report, session),
    }
}

fn examine(
    args: &CheckArgs,
    session: &Session,
    repository: &Repository,
    baseline: &BTreeSet<String>,
) -> Result<Examined, Failure> {
    if let Some(range) = &args.range {
        return examine_range(range, args, session, repository, baseline);
    }
    let mut examined = Examined::default();
    let whole = if args.all { Scope::All } else { Scope::Managed };
    let mut conflicted = Vec::new();
    let snapshot = if let Some(revision) = &args.revision {
        repository.commit(&repository.resolve(revision)?)?
    } else if args.staged {
        conflicted = repository.conflicted_paths()?;
        repository.index()?
    } else {
        repository.worktree()?
    };
    let decided = session.decided(Some(&*snapshot))?;
    let origin = snapshot.origin();
    let target = Target {
        label: SnapshotLabel {
            kind: origin.kind(),
            id: origin.commit().map(ToString::to_string),
            name: args.revision.clone(),
        },
        snapshot: &*snapshot,
        scope: whole,
        blobs: Vec::new(),
        texts: Vec::new(),
        before: None,
        branch: branch_here(session, repository)?,
    };
    examined.add(session, Some(repository), target, &decided, baseline)?;
    if let Some(first) = conflicted.first() {
        examined.note(format!(
            "{} of the index is in conflict and was looked at as this side has it ({first})",
            counted(conflicted.len(), "file")
        ));
    }
    Ok(examined)
}

/// What a range touches; the whole of its end, where `auto` found no range to be there.
fn examine_range(
    range: &str,
    args: &CheckArgs,
    session: &Session,
    repository: &Repository,
    baseline: &BTreeSet<String>,
) -> Result<Examined, Failure> {
    let mut examined = Examined::default();
    let fetched;
    let mut repository = repository;
    let (base, tip) = if range == AUTO {
        let found = ci_run::range(session, repository)?;
        for note in ci_run::notes(session, &found) {
            examined.note(note);
        }
        examined.range = Some(ci_run::label(session, &found));
        if found.has_fetched {
            fetched = session.repository()?;
            repository = &fetched;
        }
        (found.base, found.tip)
    } else {
        let (base, tip) = range_of(repository, range)?;
        examined.range = Some(RangeLabel {
            base: Some(base.to_string()),
            head: tip.to_string(),
            found_by: "named",
            is_fetched: false,
            system: None,
        });
        if is_cut_between(repository, &base, &tip)? {
            examined.note(CUT.to_owned());
        }
        (Some(base), tip)
    };
    let snapshot = repository.commit(&tip)?;
    let decided = session.decided(Some(&*snapshot))?;
    let touched = match &base {
        Some(base) => Some(repository.changed_paths(Some(base), &tip)?),
        None => None,
    };
    let tips = std::slice::from_ref(&tip);
    let target = Target {
        snapshot: &*snapshot,
        label: SnapshotLabel {
            kind: "revision",
            id: Some(tip.to_string()),
            name: None,
        },
        scope: match touched {
            _ if args.all => Scope::All,
            Some(touched) => Scope::Touched(touched.into_iter().collect()),
            None => Scope::Managed,
        },
        blobs: match &base {
            Some(base) => repository.introduced_blobs(tips, std::slice::from_ref(base), None)?,
            None => Vec::new(),
        },
        texts: Vec::new(),
        before: base.map(|commit| Before {
            commit,
            branch: None,
        }),
        branch: branch_here(session, repository)?,
    };
    examined.add(session, Some(repository), target, &decided, baseline)?;
    Ok(examined)
}

/// `BASE..HEAD`, where either side may be left out for `HEAD`. Three dots start at the merge base.
fn range_of(repository: &Repository, range: &str) -> Result<(CommitId, CommitId), Failure> {
    let wrong = || {
        Failure::usage(format!("`{range}` is no range"))
            .with_hint("write BASE..HEAD, such as origin/main..HEAD")
    };
    let (base, tip) = range.split_once("..").ok_or_else(wrong)?;
    let (tip, from_merge_base) = match tip.strip_prefix('.') {
        Some(tip) => (tip, true),
        None => (tip, false),
    };
    let or_head = |name: &str| {
        if name.is_empty() {
            "HEAD".to_owned()
        } else {
            name.to_owned()
        }
    };
    let (base, tip) = (
        repository.resolve(&or_head(base))?,
        repository.resolve(&or_head(tip))?,
    );
    if from_merge_base {
        let shared = repository.merge_base(&base, &tip)?;
        return Ok((
            shared.ok_or_else(|| {
                Failure::usage(format!("the two sides of `{range}` have no common commit"))
            })?,
            tip,
        ));
    }
    Ok((base, tip))
}

/// A baseline: one line a finding, its fingerprint first, so that a diff of it can be read.
fn read_baseline(path: &Path) -> Result<BTreeSet<String>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!(
            "the baseline {} cannot be read: {error}",
            path.display()
        ))
        .with_hint("make it with --write-baseline")
    })?;
    let mut known = BTreeSet::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let print = line.split_whitespace().next().unwrap_or_default();
        if print.len() != 32 || !print.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let message = format!(
                "line {} of the baseline {} is no fingerprint",
                number + 1,
                path.display()
            );
            return Err(Failure::usage(message).with_hint("write it again with --write-baseline"));
        }
        known.insert(print.to_owned());
    }
    Ok(known)
}

fn write_baseline(path: &Path, report: &Report) -> Result<(), Failure> {
    let mut text = String::from(
        "# Findings that were there when this file was written; `git postman check --baseline` passes over them.\n",
    );
    for finding in &report.findings {
        let place = visible(finding.location.path.as_str());
        text.push_str(&format!(
            "{} {} {place}\n",
            finding.fingerprint, finding.rule
        ));
    }
    write_atomically(path, text.as_bytes()).map_err(|error| {
        Failure::usage(format!(
            "the baseline {} cannot be written: {error}",
            path.display()
        ))
    })
}
