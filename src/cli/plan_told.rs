//! A plan and what became of it, for people and as JSON.

use serde_json::{Map, Value, json};

use crate::cli::pushing::{Skipped, hint_of};
use crate::mirror::apply::Outcome;
use crate::mirror::element::{ElementKey, RemoteId};
use crate::mirror::plan::{Conflict, ConflictReason, Plan, Step};
use crate::mirror::target::TargetError;
use crate::model::digest::Digest;
use crate::model::text::{counted, visible};

/// So many lines of one kind are told to people; the rest is counted.
const MOST_LINES: usize = 20;

/// A plan for people.
pub fn plan_for_people(plan: &Plan, skipped: &[Skipped]) -> String {
    let mut text = String::new();
    if plan.is_empty() {
        text += "nothing to do: both sides are as they were recorded\n";
    } else {
        text += &format!(
            "{}: {}, about {}{}\n",
            counted(plan.steps.len(), "change"),
            counted(plan.calls as usize, "call"),
            counted(
                usize::try_from(plan.seconds).unwrap_or(usize::MAX),
                "second"
            ),
            match plan.quota_left {
                Some(left) => format!(", {left} calls left this month"),
                None => String::new(),
            }
        );
    }
    for step in &plan.steps {
        text += &format!(
            "  {:<6} {:<11} {} ({}; {})\n",
            step.act.word(),
            step.key.kind.word(),
            visible(step.key.path.as_str()),
            visible(&step.summary.join(", ")),
            counted(step.calls as usize, "call"),
        );
    }
    text += &conflicts_for_people(&plan.conflicts);
    let left: Vec<String> = plan
        .left_alone
        .iter()
        .map(|left| {
            let why = if left.deletable {
                "is gone here and stays in Postman; --allow-delete deletes it"
            } else {
                "is gone here and stays in Postman, which has no call that deletes it"
            };
            format!("  left   {} {why}\n", told(&left.key))
        })
        .collect();
    text += &bounded(&left);
    let ahead: Vec<String> = plan
        .ahead
        .iter()
        .filter(|ahead| ahead.act != crate::mirror::cost::Act::Create)
        .map(|ahead| {
            format!(
                "  ahead  {} was changed in Postman; a pull brings it\n",
                told(&ahead.key)
            )
        })
        .collect();
    text += &bounded(&ahead);
    let only_there = plan.ahead.len() - ahead.len();
    if only_there > 0 {
        text += &format!(
            "  only in Postman: {}; a pull offers them\n",
            counted(only_there, "element")
        );
    }
    text += &skipped_for_people(skipped);
    text
}

/// What became of a push, for people: what was done, line by line.
pub fn outcome_for_people(outcome: &Outcome, skipped: &[Skipped]) -> String {
    let mut text = String::new();
    for applied in &outcome.applied {
        let step = &applied.step;
        text += &format!(
            "  {:<7} {:<11} {}{}\n",
            match step.act.word() {
                "create" => "created",
                "update" => "updated",
                "delete" => "deleted",
                _ => "adopted",
            },
            step.key.kind.word(),
            visible(step.key.path.as_str()),
            match id_told(applied.remote_id.as_ref()) {
                Some(id) => format!(" ({id})"),
                None => String::new(),
            }
        );
    }
    for (step, error) in &outcome.failed {
        text += &format!(
            "  failed  {}: {}\n",
            told(&step.key),
            visible(&error.to_string())
        );
    }
    for step in &outcome.untried {
        text += &format!("  untried {}\n", told(&step.key));
    }
    let rest = Plan {
        steps: Vec::new(),
        ..outcome.plan.clone()
    };
    let rest = plan_for_people(&rest, skipped);
    let rest = rest
        .strip_prefix("nothing to do: both sides are as they were recorded\n")
        .or_else(|| rest.split_once('\n').map(|(_, rest)| rest))
        .unwrap_or_default();
    text += rest;
    if outcome.applied.is_empty() && outcome.failed.is_empty() && outcome.untried.is_empty() {
        if outcome.plan.conflicts.is_empty() {
            text += "nothing to do: Postman has what Git has\n";
        }
    } else {
        text += &format!(
            "{} of {} done, {}, each read back\n",
            outcome.applied.len(),
            counted(outcome.plan.steps.len(), "change"),
            counted(usize::try_from(outcome.calls).unwrap_or(usize::MAX), "call"),
        );
    }
    text
}

/// The member `plan` of the contract.
pub fn plan_as_json(plan: &Plan) -> Value {
    json!({
        "id": plan.id,
        "towards": plan.towards.word(),
        "calls": plan.calls,
        "seconds": plan.seconds,
        "quota_left": plan.quota_left,
        "steps": plan.steps.iter().map(step_as_json).collect::<Vec<_>>(),
        "conflicts": plan.conflicts.iter().map(conflict_as_json).collect::<Vec<_>>(),
        "ahead": plan.ahead.iter().map(|ahead| with_key(&ahead.key, [
            ("act", json!(ahead.act.word())),
            ("name", json!(ahead.name)),
            ("remote_id", json!(id_told(ahead.remote_id.as_ref()))),
        ])).collect::<Vec<_>>(),
        "left_alone": plan.left_alone.iter().map(|left| with_key(&left.key, [
            ("name", json!(left.name)),
            ("remote_id", json!(id_told(left.remote_id.as_ref()))),
            ("deletable", json!(left.deletable)),
        ])).collect::<Vec<_>>(),
        "asks": plan.asks.map(|asks| json!({
            "touched": asks.touched, "recorded": asks.recorded, "percent": asks.percent,
        })),
    })
}

/// The member `outcome` of the contract.
pub fn outcome_as_json(outcome: &Outcome, skipped: &[Skipped]) -> Value {
    let applied = outcome.applied.iter().map(|applied| {
        let step = &applied.step;
        with_key(
            &step.key,
            [
                ("act", json!(step.act.word())),
                ("remote_id", json!(id_told(applied.remote_id.as_ref()))),
            ],
        )
    });
    let failed = outcome.failed.iter().map(|(step, error)| {
        with_key(
            &step.key,
            [
                ("act", json!(step.act.word())),
                ("error", json!(error.to_string())),
                ("hint", json!(hint_of(error))),
            ],
        )
    });
    let untried = outcome.untried.iter().map(|step| {
        with_key(
            &step.key,
            [
                ("act", json!(step.act.word())),
                ("reason", json!("an error before it meets every call")),
            ],
        )
    });
    let otherwise = |error: &TargetError| matches!(error, TargetError::StoredOtherwise { .. });
    json!({
        "applied": applied.collect::<Vec<_>>(),
        "skipped": untried.chain(skipped.iter().map(skipped_as_json)).collect::<Vec<_>>(),
        "failed": failed.collect::<Vec<_>>(),
        "conflicts": outcome.plan.conflicts.iter().map(conflict_as_json).collect::<Vec<_>>(),
        "calls": outcome.calls,
        "verified": !outcome.failed.iter().any(|(_, error)| otherwise(error)),
        "recorded": outcome.recorded.as_ref().map(ToString::to_string),
    })
}

/// What was left out, as JSON.
pub fn skipped_as_json(skipped: &Skipped) -> Value {
    json!({
        "kind": skipped.kind.map(|kind| kind.word()),
        "path": skipped.path.as_str(),
        "reason": skipped.reason,
    })
}

/// An id that means something to Postman.
fn id_told(id: Option<&RemoteId>) -> Option<String> {
    id.filter(|id| !id.is_of_file()).map(ToString::to_string)
}

fn step_as_json(step: &Step) -> Value {
    with_key(
        &step.key,
        [
            ("act", json!(step.act.word())),
            ("name", json!(step.name)),
            ("remote_id", json!(id_told(step.remote_id.as_ref()))),
            ("calls", json!(step.calls)),
            (
                "expected",
                json!(step.expected.map(|digest: Digest| digest.to_string())),
            ),
            ("summary", json!(step.summary)),
        ],
    )
}

fn conflict_as_json(conflict: &Conflict) -> Value {
    with_key(
        &conflict.key,
        [
            ("name", json!(conflict.name)),
            ("remote_id", json!(id_told(conflict.remote_id.as_ref()))),
            ("reason", json!(reason_word(&conflict.reason))),
            ("message", json!(reason_told(&conflict.reason))),
        ],
    )
}

fn with_key<const N: usize>(key: &ElementKey, members: [(&str, Value); N]) -> Value {
    let mut object = Map::new();
    object.insert("kind".to_owned(), json!(key.kind.word()));
    object.insert("path".to_owned(), json!(key.path.as_str()));
    for (name, value) in members {
        object.insert(name.to_owned(), value);
    }
    Value::Object(object)
}

fn conflicts_for_people(conflicts: &[Conflict]) -> String {
    let lines: Vec<String> = conflicts
        .iter()
        .map(|conflict| {
            format!(
                "  conflict {}: {}\n",
                told(&conflict.key),
                visible(&reason_told(&conflict.reason))
            )
        })
        .collect();
    lines.concat()
}

fn skipped_for_people(skipped: &[Skipped]) -> String {
    let lines: Vec<String> = skipped
        .iter()
        .map(|skipped| {
            format!(
                "  skipped {}: {}\n",
                visible(skipped.path.as_str()),
                visible(&skipped.reason)
            )
        })
        .collect();
    bounded(&lines)
}

fn bounded(lines: &[String]) -> String {
    let mut text: String = lines.iter().take(MOST_LINES).map(String::as_str).collect();
    if lines.len() > MOST_LINES {
        text += &format!("  … and {} more\n", lines.len() - MOST_LINES);
    }
    text
}

fn told(key: &ElementKey) -> String {
    format!("{} {}", key.kind.word(), visible(key.path.as_str()))
}

fn reason_word(reason: &ConflictReason) -> &'static str {
    match reason {
        ConflictReason::BothChanged => "both-changed",
        ConflictReason::DeletedInPostman => "deleted-in-postman",
        ConflictReason::DeletedInGit => "deleted-in-git",
        ConflictReason::NeverAgreed => "never-agreed",
        ConflictReason::Ambiguous(_) => "ambiguous",
    }
}

fn reason_told(reason: &ConflictReason) -> String {
    match reason {
        ConflictReason::BothChanged => "changed here and in Postman since the last sync".to_owned(),
        ConflictReason::DeletedInPostman => "changed here, deleted in Postman".to_owned(),
        ConflictReason::DeletedInGit => "deleted here, changed in Postman".to_owned(),
        ConflictReason::NeverAgreed => {
            "here and in Postman, and the two were never synced and differ".to_owned()
        }
        ConflictReason::Ambiguous(ids) => {
            let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
            format!("several in Postman have this name: {}", ids.join(", "))
        }
    }
}
