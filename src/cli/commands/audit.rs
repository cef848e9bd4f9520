//! `audit`: the mapping of a whole organisation, seen from both ends, read-only; in one run or in parts.

use std::collections::BTreeSet;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::audit::facts::{Facts, Reach};
use crate::audit::gather::{Course, Gathered, gather};
use crate::audit::join::{NamedPart, join};
use crate::audit::judge::judge;
use crate::audit::page::{PageParts, page};
use crate::audit::part::{Part, Scope, Shards};
use crate::audit::shard::Shard;
use crate::audit::state::{State, StateError};
use crate::audit::workspaces::{Shelves, shelves};
use crate::cli::audited::{Counter, owner_names, owners, sources};
use crate::cli::ci_run::refuse_foreign;
use crate::cli::commands::check::FailOnArg;
use crate::cli::every_rule::{every_rule, rules_of_audit};
use crate::cli::failure::{Failure, Kind};
use crate::cli::hosting::SiteChoice;
use crate::cli::reading::open_file;
use crate::cli::reporting::{ReportArgs, deliver_drawn, print, write_atomically};
use crate::cli::session::Session;
use crate::model::digest::Digest;
use crate::model::finding::Finding;
use crate::model::report::{AuditCounts, AuditRun, Gate, Report, Summary};
use crate::model::text::{counted, visible};
use crate::postman::client::Postman;
use crate::postman::error::PostmanError;
use crate::provider::conditional::key;
use crate::report::json::object_text;
use crate::report::style::Style;
use crate::report::{FindingsFormat, render};

/// Look at the mapping of a whole organisation, from both ends
///
/// Lists the repositories of owners and the APIs of Postman's workspaces, and says where they do not fit: an API in two
/// repositories, two APIs in one, dead links, orphans, forks. Nothing is written anywhere but to the files named here.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  git postman audit                                   the owner of this repository
  git postman audit --owner https://github.com/acme --owner gitlab:acme/apis
  git postman audit --owner github:acme --shard 3/8 --out part3.jsonl
  git postman audit merge part*.jsonl --report html=audit.html"
)]
pub struct AuditArgs {
    #[command(subcommand)]
    command: Option<AuditCommand>,
    /// Whose repositories: a page, KIND:NAME, or a name beside --provider and --url; may be repeated
    #[arg(long = "owner", value_name = "OWNER")]
    owners: Vec<String>,
    /// The remote whose owner is looked at where none is named
    #[arg(
        long,
        value_name = "REMOTE",
        default_value = "origin",
        conflicts_with = "owners"
    )]
    remote: String,
    #[command(flatten)]
    site: SiteChoice,
    /// Only this workspace of Postman; may be repeated
    #[arg(
        long = "workspace",
        value_name = "ID",
        conflicts_with = "without_postman"
    )]
    workspaces: Vec<String>,
    /// Leave Postman out: only what repositories say of each other is judged
    #[arg(long)]
    without_postman: bool,
    /// Look at one part of so many, such as 2/8
    #[arg(long, value_name = "I/N", requires = "out")]
    shard: Option<Shard>,
    /// Write what was gathered into FILE, for `audit merge`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Where to keep what this run learns, so that the next one asks only for what changed
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Forget what earlier runs learnt
    #[arg(long)]
    fresh: bool,
    #[command(flatten)]
    verdict: VerdictArgs,
}

#[derive(Args, Debug)]
struct VerdictArgs {
    /// Fail from this severity on
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    fail_on: FailOnArg,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    Merge(MergeArgs),
}

/// Put the parts of an audit together and report on the whole
#[derive(Args, Debug)]
struct MergeArgs {
    /// What `audit --shard I/N --out FILE` wrote, in any order
    #[arg(value_name = "PART", required = true)]
    parts: Vec<PathBuf>,
    /// Write the whole into FILE as well
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Report on what is there although parts are missing
    #[arg(long)]
    partial: bool,
    #[command(flatten)]
    verdict: VerdictArgs,
}

/// So many calls at once to each service.
const AT_ONCE: usize = 8;

/// Runs the command.
///
/// # Errors
/// An owner that leads nowhere, no token, a state or part that cannot be used, and services of which none answers.
pub fn run(args: &AuditArgs, session: &Session) -> Result<u8, Failure> {
    let begun = Instant::now();
    if let Some(AuditCommand::Merge(merge)) = &args.command {
        return run_merge(merge, session, begun);
    }
    refuse_foreign(session, "audit")?;
    let counters = (Counter::default(), Counter::default());
    let (owners, owners_from) = owners(session, &args.owners, &args.remote, &args.site)?;
    let sources = sources(session, &owners, &counters.0)?;
    let postman = match args.without_postman {
        true => None,
        false => Some(postman(session, &counters.1)?),
    };
    let shard = args.shard.unwrap_or(Shard::WHOLE);
    let wanted: BTreeSet<String> = args.workspaces.iter().cloned().collect();
    let scope = Scope {
        owners: owner_names(&sources),
        owners_from,
        postman: postman
            .as_ref()
            .map(|(postman, _)| postman.http().base().to_string()),
        workspaces: (!wanted.is_empty()).then_some(wanted),
    };
    let state = State::open(&state_file(args, session, &scope, shard)?)?;
    let now = session.now();
    let run = state.begin(now, args.fresh)?;
    if run.is_resumed {
        session
            .output
            .note("going on with an audit that was ended before its time");
    }
    let progress = session.output.progress(None, "auditing");
    let total = AtomicU64::new(0);
    let found = |more: usize| {
        let more = more as u64;
        progress.set_length(total.fetch_add(more, Ordering::Relaxed) + more);
    };
    let done = || progress.advance(1);
    let course = Course {
        state: &state,
        run,
        shard,
        now,
        at_once: AT_ONCE,
        found: &found,
        done: &done,
    };
    let (gathered, shelved) = thread::scope(|scope_of_threads| {
        let shelved = scope_of_threads.spawn(|| {
            let Some((postman, holder)) = &postman else {
                return Ok(Shelves::default());
            };
            shelves(postman, holder, scope.workspaces.as_ref(), &course)
        });
        let gathered = gather(&sources, &course);
        let lost = || Err(StateError::Lost);
        (gathered, shelved.join().unwrap_or_else(|_| lost()))
    });
    let (gathered, shelved) = (gathered?, shelved?);
    drop(progress);
    state.end(run, now)?;
    answered(&gathered, &shelved)?;
    let counts = AuditRun {
        unchanged: gathered.unchanged,
        resumed: gathered.resumed,
        provider_calls: counters.0.so_far(),
        postman_calls: counters.1.so_far(),
    };
    let part = Part {
        scope,
        shards: Shards::one(shard),
        facts: Facts {
            owners: gathered.owners,
            repositories: gathered.repositories,
            apis: shelved.apis,
            postman: shelved.reach,
        },
    };
    if let Some(out) = &args.out {
        write_part(&part, out, session)?;
    }
    match (args.shard, &args.out) {
        // The rules look at the whole: a part has no verdict.
        (Some(shard), Some(out)) if shard.of() > 1 => {
            tell_part(&part, counts, out, &args.verdict, session)
        }
        _ => tell(
            &part,
            Some(counts),
            Vec::new(),
            &args.verdict,
            session,
            begun,
        ),
    }
}

fn run_merge(args: &MergeArgs, session: &Session, begun: Instant) -> Result<u8, Failure> {
    let mut parts = Vec::new();
    for path in &args.parts {
        let file = path.display().to_string();
        let opened = open_file(&session.path(path))
            .map_err(|error| Failure::usage(format!("the part {} {error}", visible(&file))))?;
        let part = Part::read(&file, &mut BufReader::new(opened))?;
        parts.push(NamedPart { file, part });
    }
    let whole = join(parts)?;
    let missing: Vec<String> = whole
        .shards
        .missing()
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut notes = Vec::new();
    if !missing.is_empty() {
        let said = format!(
            "of {} parts these are missing: {}",
            whole.shards.of(),
            missing.join(", ")
        );
        if !args.partial {
            return Err(Failure::usage(said)
                .with_hint("name their files too; `--partial` reports on what is there"));
        }
        notes.push(said);
    }
    if let Some(out) = &args.out {
        write_part(&whole, out, session)?;
    }
    tell(&whole, None, notes, &args.verdict, session, begun)
}

/// Postman with the key of the environment, and what stands for both in the state.
fn postman(session: &Session, counter: &Counter) -> Result<(Postman, String), Failure> {
    let secret = session.environment.postman_api_key.clone().ok_or_else(|| {
        Failure::from(PostmanError::NoKey)
            .with_hint("`--without-postman` looks at the repositories alone")
    })?;
    let settings = Postman::settings(session.environment.postman_api_url.as_deref())?;
    let settings = counter.tune(session, settings);
    let holder = key(&settings.base.to_string(), &secret);
    Ok((Postman::new(settings, secret)?, holder))
}

/// Audits of different things do not wait for each other: each has a file of its own.
fn state_file(
    args: &AuditArgs,
    session: &Session,
    scope: &Scope,
    shard: Shard,
) -> Result<PathBuf, Failure> {
    if let Some(path) = &args.state {
        return Ok(session.path(path));
    }
    let environment = &session.environment;
    let cache = environment.cache_home.clone().or_else(|| {
        let home = environment.home.as_deref()?;
        Some(match cfg!(target_os = "macos") {
            true => home.join("Library/Caches"),
            false => home.join(".cache"),
        })
    });
    let cache = cache.ok_or_else(|| {
        Failure::usage("there is no directory for caches: neither HOME nor XDG_CACHE_HOME is set")
            .with_hint("name a file: `--state FILE`")
    })?;
    let asked = serde_json::to_string(scope).unwrap_or_default();
    let mark = Digest::of_parts([asked.as_bytes(), shard.to_string().as_bytes()]).short();
    Ok(cache.join("git-postman").join(format!("audit-{mark}.redb")))
}

/// Where nobody answered there is nothing to say. An owner of several that failed is told in the report.
fn answered(gathered: &Gathered, shelved: &Shelves) -> Result<(), Failure> {
    let refused = |reach: &Reach| match reach {
        Reach::Refused(why) => Some(why.clone()),
        _ => None,
    };
    let owners = gathered.owners.iter();
    let refusals: Vec<String> = owners
        .filter_map(|(owner, reach)| Some(format!("{owner}: {}", refused(reach)?)))
        .collect();
    if !refusals.is_empty() && refusals.len() == gathered.owners.len() {
        return Err(Failure::of(
            Kind::Service,
            format!("no repositories could be listed: {}", refusals.join("; ")),
        )
        .with_hint("check the token's scopes and the owner's name"));
    }
    if let Some(why) = refused(&shelved.reach) {
        return Err(
            Failure::of(Kind::Service, format!("Postman could not be asked: {why}")).with_hint(
                "check POSTMAN_API_KEY; `--without-postman` looks at the repositories alone",
            ),
        );
    }
    Ok(())
}

fn write_part(part: &Part, out: &Path, session: &Session) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    let written = part
        .write(&mut bytes)
        .and_then(|()| write_atomically(&session.path(out), &bytes));
    written.map_err(|error| {
        Failure::usage(format!(
            "the part {} cannot be written: {error}",
            out.display()
        ))
    })
}

fn tell_part(
    part: &Part,
    counts: AuditRun,
    out: &Path,
    verdict: &VerdictArgs,
    session: &Session,
) -> Result<u8, Failure> {
    let (repositories, apis) = (part.facts.repositories.len(), part.facts.apis.len());
    let text = match verdict.report.format {
        FindingsFormat::Json => object_text(&json!({
            "format_version": 1,
            "command": "audit",
            "exit_code": 0,
            "part": out.display().to_string(),
            "audit": {
                "repositories": repositories, "apis": apis, "unchanged": counts.unchanged, "resumed": counts.resumed,
                "provider_calls": counts.provider_calls, "postman_calls": counts.postman_calls,
            },
        })),
        _ => format!(
            "{} holds {} and {} ({} unchanged, {} calls); `git postman audit merge` reports on all parts together\n",
            visible(&out.display().to_string()),
            counted(repositories, "repository"),
            counted(apis, "API"),
            counts.unchanged,
            counts.provider_calls + counts.postman_calls,
        ),
    };
    print(session, &text)?;
    Ok(0)
}

fn tell(
    part: &Part,
    run: Option<AuditRun>,
    mut notes: Vec<String>,
    verdict: &VerdictArgs,
    session: &Session,
    begun: Instant,
) -> Result<u8, Failure> {
    let judged = judge(&part.facts);
    notes.extend(judged.notes);
    let mut findings = judged.findings;
    findings.sort_by(Finding::in_report_order);
    let report = Report {
        range: None,
        command: match run {
            Some(_) => "audit".to_owned(),
            None => "audit merge".to_owned(),
        },
        snapshots: Vec::new(),
        findings,
        documents: None,
        summary: Summary {
            milliseconds: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            audit: Some(AuditCounts {
                repositories: part.facts.repositories.len(),
                apis: part.facts.apis.len(),
                run,
            }),
            ..Summary::default()
        },
        gate: match verdict.fail_on {
            FailOnArg::Error => Gate::Error,
            FailOnArg::Warning => Gate::Warning,
            FailOnArg::Never => Gate::Never,
        },
        notes,
        rules: rules_of_audit(),
    };
    let rules = every_rule();
    // A whole organisation has a page of its own, with the graph.
    let draw = |format: FindingsFormat, style: &Style| match format {
        FindingsFormat::Html => page(&PageParts {
            facts: &part.facts,
            findings: &report.findings,
            notes: &report.notes,
            rules: &rules,
        }),
        _ => render(format, &report, style),
    };
    deliver_drawn(&report, &verdict.report, session, &draw)
}
