//! What became of a push, told: what `push` and `apply` share.

use serde_json::{Value, json};

use crate::cli::delivering::kind_of;
use crate::cli::failure::Failure;
use crate::cli::plan_told::{outcome_as_json, outcome_for_people, plan_as_json};
use crate::cli::pushing::{Ready, connected_note, hint_of};
use crate::cli::reporting::print;
use crate::cli::session::Session;
use crate::mirror::apply::{Applied, Outcome};
use crate::mirror::cost::Act;
use crate::mirror::element::ElementKind;
use crate::mirror::plan::{Plan, Step};
use crate::mirror::target::TargetError;
use crate::model::text::{counted, visible};
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
        ReportFormat::Human => {
            let told = outcome_for_people(outcome, &ready.skipped);
            told + &delivered_for_people(outcome, ready)
        }
        ReportFormat::Json => format!(
            "{:#}\n",
            json!({
                "format_version": 1,
                "command": command,
                "exit_code": code,
                "plan": plan_as_json(&outcome.plan),
                "outcome": outcome_as_json(outcome, &ready.skipped),
                "delivery": delivery_as_json(ready, Some(outcome)),
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

/// What a plan says of the branch that files are delivered to.
pub fn delivery_for_people(plan: &Plan, ready: &Ready<'_>) -> String {
    let together = |step: &&Step| step.act != Act::Adopt && is_delivered(step.key.kind);
    let count = plan.steps.iter().filter(together).count();
    match &ready.delivering {
        Some(delivering) if count > 0 => format!(
            "  {} as one commit on {}\n",
            counted(count, "change"),
            delivering.shown()
        ),
        _ => String::new(),
    }
}

/// The member `delivery`: where files go that Postman reads; nothing where it takes everything through its API.
pub fn delivery_as_json(ready: &Ready<'_>, outcome: Option<&Outcome>) -> Value {
    match &ready.delivering {
        Some(delivering) => delivering.as_json(outcome),
        None => Value::Null,
    }
}

fn delivered_for_people(outcome: &Outcome, ready: &Ready<'_>) -> String {
    let (Some(delivering), Some(commit)) = (&ready.delivering, &outcome.delivered) else {
        return String::new();
    };
    let mut text = format!(
        "delivered with the commit {} to {}\n",
        &commit.as_str()[..10],
        delivering.shown()
    );
    let new = |applied: &&Applied| {
        applied.step.act == Act::Create && applied.step.key.kind == ElementKind::Collection
    };
    if outcome.applied.iter().any(|applied| new(&applied)) {
        text += "Postman lists the collections of an API in `.postman/`: a new one may have to be added to the API in the app\n";
    }
    text
}

fn is_delivered(kind: ElementKind) -> bool {
    kind != ElementKind::Environment
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
