//! What became of a push, told: what `push` and `apply` share.

use crate::cli::delivering::kind_of;
use crate::cli::failure::Failure;
use crate::cli::plan_told::{ElementTold, FailedTold, OutcomeTold, StepTold, as_json};
use crate::cli::pushing::{Ready, connected_note, hint_of};
use crate::cli::reporting::print;
use crate::cli::session::Session;
use crate::mirror::apply::Outcome;
use crate::mirror::element::RemoteId;
use crate::mirror::plan::Step;
use crate::mirror::target::TargetError;
use crate::model::text::visible;
use crate::report::ReportFormat;
use crate::report::json::object_text;

/// What becomes of ids that Postman has handed out to a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewIds {
    /// They are written into `.postman/` on disk.
    Written,
    /// It is said that they are not there.
    Told,
}

/// Prints what became of a push, and gives the exit code.
///
/// # Errors
/// Where it cannot be printed.
pub fn show(
    command: &str,
    outcome: &Outcome,
    ready: &Ready<'_>,
    new_ids: NewIds,
    format: ReportFormat,
    session: &Session,
) -> Result<u8, Failure> {
    let code = exit_code(outcome);
    let plan = ready.told(&outcome.plan);
    let mut told = outcome_told(outcome, ready);
    // What is done in Postman is done: that its ids are nowhere yet is no reason to fail.
    let ids = match new_ids {
        NewIds::Written => ready.write_ids(&outcome.applied),
        NewIds::Told => ready.lack_ids(&outcome.applied),
    };
    if let (Ok(files), NewIds::Written) = (&ids, new_ids) {
        told.ids_in = files.iter().map(|path| path.as_str().to_owned()).collect();
    }
    let text = match format {
        ReportFormat::Human => told.for_people(&plan),
        ReportFormat::Json => {
            let object = as_json(command, code, &plan, Some(&told), ready.calls());
            object_text(&object)
        }
    };
    print(session, &text)?;
    notes(ready, session)?;
    match (ids, new_ids) {
        (Ok(files), NewIds::Told) if !files.is_empty() => {
            let files: Vec<String> = files.iter().map(|path| visible(path.as_str())).collect();
            session.output.hint(&format!(
                "{} lacks ids that Postman has handed out: `git postman pull` writes them; `push --write-ids` does so at once",
                files.join(", ")
            ));
        }
        (Ok(_), _) => {}
        (Err(failure), _) => {
            session.output.warning(&format!(
                "ids that Postman has handed out were not written: {}",
                failure.message
            ));
            session
                .output
                .hint("`git postman pull` writes them, once nothing stands against it");
        }
    }
    if let Some((_, error)) = outcome.failed.first() {
        session.output.error(&error.to_string());
        if let Some(hint) = hint_of(error) {
            session.output.hint(&hint);
        }
    }
    if !outcome.plan.conflicts.is_empty() {
        let hint = match ready.delivering.as_ref().filter(|one| one.is_here) {
            Some(one) => format!(
                "bring `{}` into this branch first, with `git merge`, and push again",
                visible(&one.branch)
            ),
            None => "pull first: `git postman pull` merges what both sides changed".to_owned(),
        };
        session.output.hint(&hint);
    }
    Ok(code)
}

fn outcome_told(outcome: &Outcome, ready: &Ready<'_>) -> OutcomeTold {
    let folder = &ready.link().folder;
    let element =
        |step: &Step, id: Option<&RemoteId>| ElementTold::of(folder, &step.key, &step.name, id);
    let applied = outcome.applied.iter().map(|applied| {
        let step = &applied.step;
        StepTold {
            element: element(step, applied.remote_id.as_ref()),
            act: step.act,
            calls: step.calls,
            expected: step.expected.map(|digest| digest.to_string()),
            summary: step.summary.clone(),
            files: None,
        }
    });
    let failed = outcome.failed.iter().map(|(step, error)| FailedTold {
        element: element(step, step.remote_id.as_ref()),
        act: Some(step.act),
        error: error.to_string(),
        hint: hint_of(error),
    });
    let untried = outcome.untried.iter();
    let otherwise = |error: &TargetError| matches!(error, TargetError::StoredOtherwise { .. });
    OutcomeTold {
        applied: applied.collect(),
        failed: failed.collect(),
        untried: untried
            .map(|step| (element(step, step.remote_id.as_ref()), step.act))
            .collect(),
        calls: outcome.calls,
        verified: !outcome.failed.iter().any(|(_, error)| otherwise(error)),
        recorded: outcome.recorded.as_ref().map(ToString::to_string),
        commit: outcome.delivered.as_ref().map(ToString::to_string),
        ids_in: Vec::new(),
    }
}

/// What else a person should know.
///
/// # Errors
/// A repository that cannot be read.
pub fn notes(ready: &Ready<'_>, session: &Session) -> Result<(), Failure> {
    if let Some(note) = connected_note(ready)? {
        session.output.note(&note);
    }
    Ok(())
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
    let delivery = outcome.failed.iter().find_map(|(_, error)| match error {
        TargetError::Delivery(error) => Some(kind_of(error).exit_code()),
        _ => None,
    });
    if of_service {
        4
    } else if let Some(code) = delivery {
        code
    } else if !outcome.failed.is_empty() || !outcome.plan.conflicts.is_empty() {
        3
    } else {
        0
    }
}
