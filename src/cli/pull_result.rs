//! What a pull did or would do, as it is told, and printed: what `pull`, `plan pull` and `apply` share.

use crate::cli::asking::{place, shown};
use crate::cli::failure::Failure;
use crate::cli::plan_told::{
    ConflictTold, ElementTold, FailedTold, OutcomeTold, PartTold, PlanTold, SkippedTold, StepTold,
    as_json, reason_word,
};
use crate::cli::reporting::{OutcomeArgs, deliver, print};
use crate::cli::session::Session;
use crate::mirror::cost::{Pace, seconds};
use crate::mirror::element::ElementKey;
use crate::mirror::plan::Plan;
use crate::mirror::pull::{Brought, Drafted};
use crate::mirror::seal::Sealed;
use crate::model::path::RepoPath;
use crate::model::report::Report;
use crate::report::ReportFormat;
use crate::report::json::object_text;

/// A pull that has ended, or that was only planned.
#[derive(Debug)]
pub struct Pulled {
    /// The plan.
    pub plan: PlanTold,
    /// What became of it, where it was carried out.
    pub outcome: Option<OutcomeTold>,
    /// What a sealed plan says.
    pub sealed: Sealed,
    /// Calls to Postman, all of them.
    pub calls: u64,
}

/// How a pull ended.
#[derive(Debug)]
pub enum Ended {
    /// It was carried out or planned.
    Pulled(Box<Pulled>),
    /// Our own rules found errors in what would come: nothing was written.
    Stopped(Box<Report>),
}

/// A plan towards Git as it is told. What decides is what was made of it: a conflict that merges is none.
///
/// Writing Git takes no call, and whoever carries the plan out reads once more what was read for it: these calls are its price.
pub fn plan_told(
    plan: &Plan,
    drafted: &Drafted,
    folder: &RepoPath,
    calls: u64,
    unread: &[(RepoPath, String)],
) -> PlanTold {
    let element =
        |key: &ElementKey, name: &str, id: Option<&_>| ElementTold::of(folder, key, name, id);
    let step = |one: &Brought| {
        let planned = plan.steps.iter().find(|step| step.key == one.key);
        let merged = || vec!["changed on both sides and merged".to_owned()];
        let files = one
            .changes
            .iter()
            .map(|change| change.path.as_str().to_owned());
        StepTold {
            element: element(&one.key, &one.name, one.remote_id.as_ref()),
            act: one.act,
            calls: 0,
            expected: planned
                .and_then(|step| step.expected)
                .map(|digest| digest.to_string()),
            summary: planned.map_or_else(merged, |step| step.summary.clone()),
            files: Some(files.collect()),
        }
    };
    let conflicts = drafted.open.iter().flat_map(|open| {
        let known = plan.conflicts.iter().find(|known| known.key == open.key);
        let reason = known.map_or("both-changed", |known| reason_word(&known.reason));
        open.conflicts.iter().map(move |conflict| {
            let (ours, theirs) = shown(conflict);
            ConflictTold {
                element: element(&open.key, &open.name, open.remote_id.as_ref()),
                reason,
                message: conflict.message.clone(),
                part: Some(PartTold {
                    item: conflict.item.clone(),
                    field: conflict.field.clone(),
                    place: place(conflict),
                    ours,
                    theirs,
                }),
            }
        })
    });
    let failed = drafted.failed.iter().map(|one| FailedTold {
        element: element(&one.key, &one.name, None),
        act: None,
        error: one.reason.clone(),
        hint: None,
    });
    let skipped = unread.iter().map(|(path, reason)| SkippedTold {
        kind: None,
        path: path.as_str().to_owned(),
        reason: reason.clone(),
    });
    PlanTold {
        calls,
        seconds: seconds(u32::try_from(calls).unwrap_or(u32::MAX), &Pace::default()),
        steps: drafted.brought.iter().map(step).collect(),
        conflicts: conflicts.collect(),
        failed: failed.collect(),
        skipped: skipped.collect(),
        ..PlanTold::of(plan, folder)
    }
}

/// Prints how a pull ended, and gives the exit code.
///
/// # Errors
/// Where it cannot be printed.
pub fn show(
    command: &str,
    ended: &Ended,
    report: &OutcomeArgs,
    session: &Session,
) -> Result<u8, Failure> {
    let pulled = match ended {
        Ended::Stopped(found) => return deliver(found, &report.of_findings(), session),
        Ended::Pulled(pulled) => pulled,
    };
    let code = pulled.plan.exit_code();
    let outcome = pulled.outcome.as_ref();
    let text = match (report.format, outcome) {
        (ReportFormat::Json, _) => {
            let object = as_json(command, code, &pulled.plan, outcome, pulled.calls);
            object_text(&object)
        }
        (ReportFormat::Human, Some(outcome)) => outcome.for_people(&pulled.plan),
        (ReportFormat::Human, None) => pulled.plan.for_people(),
    };
    print(session, &text)?;
    if !pulled.plan.conflicts.is_empty() {
        session.output.hint(
            "`--resolve ours` takes what Git has, `--resolve theirs` what Postman has, with `--only PATH` for one file; on a terminal you are asked for each",
        );
    }
    Ok(code)
}
