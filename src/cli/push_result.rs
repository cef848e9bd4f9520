//! What became of a push, told: what `push` and `apply` share.

use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::plan_told::{outcome_as_json, outcome_for_people, plan_as_json};
use crate::cli::pushing::{Ready, connected_note, hint_of};
use crate::cli::reporting::print;
use crate::cli::session::Session;
use crate::mirror::apply::Outcome;
use crate::mirror::target::TargetError;
use crate::report::ReportFormat;

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
        ReportFormat::Json => format!(
            "{:#}\n",
            json!({
                "format_version": 1,
                "command": command,
                "exit_code": code,
                "plan": plan_as_json(&outcome.plan),
                "outcome": outcome_as_json(outcome, &ready.skipped),
                "calls": ready.calls(),
            })
        ),
    };
    print(session, &text)?;
    notes(ready, session)?;
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
    if of_service {
        4
    } else if !outcome.failed.is_empty() || !outcome.plan.conflicts.is_empty() {
        3
    } else {
        0
    }
}
