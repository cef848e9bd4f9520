//! What a pull did or would do, for people and for scripts.

use serde_json::{Value, json};

use crate::cli::asking::{place, shown};
use crate::mirror::element::{ElementKey, RemoteId};
use crate::mirror::plan::Plan;
use crate::mirror::pull::{Brought, Drafted};
use crate::model::path::RepoPath;
use crate::model::text::{counted, visible};

/// Everything there is to tell.
pub struct Told<'a> {
    /// The command.
    pub command: &'a str,
    /// The exit code.
    pub exit_code: u8,
    /// The folder of the service.
    pub folder: &'a RepoPath,
    /// The plan.
    pub plan: &'a Plan,
    /// What was made of it.
    pub drafted: &'a Drafted,
    /// The commit it went to, where it went to one.
    pub commit: Option<String>,
    /// Calls to Postman.
    pub calls: u64,
    /// Whether nothing was written, and only the plan is told.
    pub is_dry_run: bool,
}

/// The object for scripts.
pub fn as_json(told: &Told<'_>) -> String {
    let steps: Vec<Value> = told
        .drafted
        .brought
        .iter()
        .map(|one| step(told, one))
        .collect();
    let mut object = json!({
        "format_version": 1,
        "command": told.command,
        "exit_code": told.exit_code,
    });
    if told.is_dry_run {
        object["plan"] = json!({
            "id": told.plan.id,
            "towards": told.plan.towards.word(),
            "calls": told.plan.calls,
            "seconds": told.plan.seconds,
            "quota_left": told.plan.quota_left,
            "steps": steps,
            "conflicts": conflicts(told),
        });
    } else {
        let failed: Vec<Value> = told
            .drafted
            .failed
            .iter()
            .map(|one| {
                let mut object = named(told.folder, &one.key, &one.name, None);
                object["reason"] = json!(one.reason);
                object
            })
            .collect();
        let left = told.plan.left_alone.iter().map(|one| {
            let mut object = named(told.folder, &one.key, &one.name, one.remote_id.as_ref());
            object["reason"] = json!("deleted in Postman; --allow-delete deletes it here too");
            object
        });
        let ahead = told.plan.ahead.iter().map(|one| {
            let mut object = named(told.folder, &one.key, &one.name, one.remote_id.as_ref());
            object["reason"] = json!("changed in Git only: a push carries it");
            object
        });
        object["outcome"] = json!({
            "applied": steps,
            "skipped": left.chain(ahead).collect::<Vec<_>>(),
            "failed": failed,
            "conflicts": conflicts(told),
            "calls": told.calls,
            "verified": true,
            "commit": told.commit,
        });
    }
    format!("{object:#}\n")
}

/// The lines for people.
pub fn as_text(told: &Told<'_>) -> String {
    let mut lines = Vec::new();
    let brought = told.drafted.brought.iter();
    let written: Vec<&Brought> = brought.filter(|one| !one.changes.is_empty()).collect();
    for one in &written {
        let path = at(told.folder, &one.key.path);
        let word = if told.is_dry_run { "would " } else { "" };
        lines.push(format!(
            "{word}{} {} {}",
            one.act.word(),
            one.key.kind.word(),
            visible(&path)
        ));
    }
    for one in &told.plan.left_alone {
        let path = at(told.folder, &one.key.path);
        lines.push(format!(
            "left {} {}: deleted in Postman; --allow-delete deletes it here too",
            one.key.kind.word(),
            visible(&path)
        ));
    }
    for one in &told.drafted.failed {
        let path = at(told.folder, &one.key.path);
        lines.push(format!(
            "failed {} {}: {}",
            one.key.kind.word(),
            visible(&path),
            visible(&one.reason)
        ));
    }
    for open in &told.drafted.open {
        let path = at(told.folder, &open.key.path);
        lines.push(format!(
            "conflict {} {}",
            open.key.kind.word(),
            visible(&path)
        ));
        for conflict in &open.conflicts {
            lines.push(format!(
                "  {}: {}",
                place(conflict),
                visible(&conflict.message)
            ));
            let (ours, theirs) = shown(conflict);
            if ours.is_some() || theirs.is_some() {
                let value = |text: Option<String>| {
                    let text = text.unwrap_or_else(|| "nothing".to_owned());
                    visible(&crate::model::text::shortened(&text, 200))
                };
                lines.push(format!("    Git:     {}", value(ours)));
                lines.push(format!("    Postman: {}", value(theirs)));
            }
        }
    }
    if lines.is_empty() {
        lines.push("nothing to pull: Git has everything that Postman has".to_owned());
    } else if !told.drafted.open.is_empty() {
        lines.push(format!(
            "{} left for a person: nothing of it was written, both versions are where they were",
            counted(told.drafted.open.len(), "element")
        ));
    }
    if let Some(commit) = &told.commit
        && !written.is_empty()
    {
        lines.push(format!("commit {commit}"));
    }
    lines.join("\n") + "\n"
}

fn step(told: &Told<'_>, one: &Brought) -> Value {
    let mut object = named(told.folder, &one.key, &one.name, one.remote_id.as_ref());
    let planned = told.plan.steps.iter().find(|step| step.key == one.key);
    object["act"] = json!(one.act.word());
    object["calls"] = json!(0);
    object["expected"] = json!(
        planned
            .and_then(|step| step.expected)
            .map(|digest| digest.to_string())
    );
    object["summary"] = json!(planned.map(|step| step.summary.clone()).unwrap_or_default());
    let files = one.changes.iter().map(|change| change.path.as_str());
    object["files"] = json!(files.collect::<Vec<_>>());
    object
}

fn conflicts(told: &Told<'_>) -> Vec<Value> {
    let all = told.drafted.open.iter().flat_map(|open| {
        open.conflicts.iter().map(|conflict| {
            let mut object = named(told.folder, &open.key, &open.name, open.remote_id.as_ref());
            let (ours, theirs) = shown(conflict);
            object["item"] = json!(conflict.item);
            object["field"] = json!(conflict.field);
            object["message"] = json!(conflict.message);
            object["ours"] = json!(ours);
            object["theirs"] = json!(theirs);
            object
        })
    });
    all.collect()
}

fn named(folder: &RepoPath, key: &ElementKey, name: &str, id: Option<&RemoteId>) -> Value {
    json!({
        "kind": key.kind.word(),
        "path": at(folder, &key.path),
        "name": name,
        "remote_id": id.map(RemoteId::as_str),
    })
}

/// A path of the folder, from the root of the repository.
fn at(folder: &RepoPath, path: &RepoPath) -> String {
    match folder.is_root() {
        true => path.as_str().to_owned(),
        false => format!("{folder}/{path}"),
    }
}
