//! Work that is done later: pending for some polls or some seconds, then done or failed.

use serde_json::{Value, json};

use crate::sandbox::answer::{Answer, Family, Outcome, invalid, ok, problem, typed};
use crate::sandbox::apis;
use crate::sandbox::call::Call;
use crate::sandbox::generation;
use crate::sandbox::record::{Collection, Resource, Task, TaskKind, Work};
use crate::sandbox::shelf;
use crate::sandbox::store::{COLLECTIONS, TASKS};

/// A task that nobody asks about is done after this many milliseconds.
const DUE: i64 = 5_000;
/// A task is forgotten after this many milliseconds: a day.
const FORGOTTEN: i64 = 86_400_000;

/// Starts a task.
///
/// # Errors
/// The database cannot be used.
pub fn start(
    call: &Call<'_>,
    kind: TaskKind,
    subject: &str,
    work: Work,
) -> Result<Task, Box<Answer>> {
    let old: Vec<(String, Task)> = call.store.all(TASKS, "")?;
    for (id, task) in old {
        if task.work.is_none() && task.stamp.created + FORGOTTEN < call.now {
            call.store.remove(TASKS, &id)?;
        }
    }
    let task = Task {
        id: call.new_id(),
        polls: call.settings.task_polls,
        due: call.now + DUE,
        doomed: call.task_fails,
        work: Some(work),
        kind,
        subject: subject.to_owned(),
        result: None,
        stamp: call.stamp(),
    };
    call.store.put(TASKS, &task.id, &task)?;
    Ok(task)
}

/// Asks a task once: it comes nearer its end, and at the end its work is done.
///
/// # Errors
/// The database cannot be used.
pub fn poll(call: &mut Call<'_>, mut task: Task) -> Result<Task, Box<Answer>> {
    if task.work.is_none() {
        return Ok(task);
    }
    if task.polls > 0 && call.now < task.due {
        task.polls -= 1;
        call.store.put(TASKS, &task.id, &task)?;
        return Ok(task);
    }
    finish(call, task)
}

/// Whether a task is over by now, without a poll.
///
/// # Errors
/// The database cannot be used.
pub fn settled(call: &mut Call<'_>, id: &str) -> Result<bool, Box<Answer>> {
    let task: Option<Task> = call.store.get(TASKS, id)?;
    match task {
        Some(task) if task.work.is_some() && call.now < task.due => Ok(false),
        Some(task) if task.work.is_some() => {
            finish(call, task)?;
            Ok(true)
        }
        _ => Ok(true),
    }
}

/// Ends every task whose time is over, as the real service does without being asked.
///
/// # Errors
/// The database cannot be used.
pub fn settle_due(call: &mut Call<'_>) -> Result<usize, Box<Answer>> {
    let all: Vec<(String, Task)> = call.store.all(TASKS, "")?;
    let mut pending = 0;
    for (_, task) in all {
        if task.work.is_none() {
            continue;
        }
        if call.now < task.due {
            pending += 1;
        } else {
            finish(call, task)?;
        }
    }
    Ok(pending)
}

/// `GET /apis/{id}/tasks/{task}`
pub fn of_api(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let api = apis::existing(call, &path[0])?;
    let task: Option<Task> = call.store.get(TASKS, &path[1])?;
    let Some(task) = task.filter(|task| task.subject == api.id) else {
        let (title, detail) = (
            "The specified parameter is in an invalid format",
            "Parameter, taskId is in an invalid format.",
        );
        let status = if uuid::Uuid::try_parse(&path[1]).is_ok() {
            404
        } else {
            400
        };
        return Err(typed(status, "invalidParamsError", title, detail));
    };
    let task = poll(call, task)?;
    let (model, action) = match task.kind {
        TaskKind::Publish => ("api-version", "create"),
        _ => ("collection", "update"),
    };
    let mut answer = json!({"id": task.id, "meta": {"model": model, "action": action,
        "url": format!("/apis/{}/tasks/{}", api.id, task.id)}});
    task.stamp.write(&mut answer, true);
    for stray in ["createdBy", "updatedBy"] {
        if let Some(members) = answer.as_object_mut() {
            members.shift_remove(stray);
        }
    }
    match task.result {
        None => answer["status"] = json!("pending"),
        Some(Ok(resources)) => {
            answer["status"] = json!("completed");
            answer["details"] = json!({"resources": resources});
        }
        Some(Err(reason)) => {
            answer["status"] = json!("failed");
            answer["details"] = json!({"error": {"message": reason}});
        }
    }
    ok(answer)
}

/// `GET /specs/{id}/tasks/{task}` and `GET /collections/{uid}/tasks/{task}`
pub fn of_element(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let task: Option<Task> = call.store.get(TASKS, &path[1])?;
    let Some(task) = task.filter(|task| task.subject == path[0] && task.kind != TaskKind::Replace)
    else {
        if uuid::Uuid::try_parse(&path[1]).is_err() {
            let words = "Parameter, taskId is in an invalid format.";
            return Err(invalid(Family::Specs, words));
        }
        let words = "The task you are trying to access does not exist.";
        return Err(problem(
            404,
            "instanceNotFoundError",
            "Task not found",
            words,
        ));
    };
    let task = poll(call, task)?;
    let (model, action) = match task.kind {
        TaskKind::Generate => ("collection", "generation"),
        TaskKind::FollowCollection => ("spec", "synchronization"),
        _ => ("collection", "synchronization"),
    };
    let mut answer = json!({"meta": {"model": model, "action": action}});
    match task.result {
        None => answer["status"] = json!("pending"),
        Some(Ok(resources)) => {
            answer["status"] = json!("completed");
            answer["details"] = json!({"resources": resources});
        }
        Some(Err(reason)) => {
            answer["status"] = json!("failed");
            answer["details"] = json!(reason);
        }
    }
    ok(answer)
}

/// The answer to a start: `{taskId, url}`.
pub fn started(family: &str, task: &Task) -> Value {
    let url = format!("/{family}/{}/tasks/{}", task.subject, task.id);
    json!({"taskId": task.id, "url": url})
}

fn finish(call: &mut Call<'_>, mut task: Task) -> Result<Task, Box<Answer>> {
    let Some(work) = task.work.take() else {
        return Ok(task);
    };
    let result = if task.doomed {
        release(call, &work)?;
        Err("The task could not be completed.".to_owned())
    } else {
        execute(call, work)?
    };
    task.result = Some(result);
    task.stamp.touch(call.user(), call.now);
    call.store.put(TASKS, &task.id, &task)?;
    Ok(task)
}

type Done = Result<Vec<Resource>, String>;

fn execute(call: &mut Call<'_>, work: Work) -> Result<Done, Box<Answer>> {
    match work {
        Work::Replace { collection, body } => replace(call, &collection, body),
        Work::Publish { api, version } => apis::publish(call, &api, &version),
        Work::FollowSchema { api, collection } => {
            generation::follow_schema(call, &api, &collection)
        }
        Work::Generate {
            spec,
            name,
            options,
        } => generation::generate(call, &spec, &name, &options),
        Work::FollowSpec { spec, collection } => generation::follow_spec(call, &spec, &collection),
        Work::FollowCollection { spec, collection } => {
            generation::follow_collection(call, &spec, &collection)
        }
    }
}

/// What a task holds is free again, though its work was not done.
fn release(call: &Call<'_>, work: &Work) -> Result<(), Box<Answer>> {
    match work {
        Work::Replace { collection, .. } => {
            if let Some(mut found) = call.store.get::<Collection>(COLLECTIONS, collection)? {
                found.replacing = None;
                call.store.put(COLLECTIONS, collection, &found)?;
            }
        }
        Work::Publish { api, version } => apis::unpublish(call, api, version)?,
        Work::FollowSchema { .. } => {}
        Work::Generate { spec, .. } => generation::release_spec(call, spec)?,
        Work::FollowSpec { collection, .. } | Work::FollowCollection { collection, .. } => {
            generation::release_collection(call, collection)?;
        }
    }
    Ok(())
}

fn replace(call: &Call<'_>, id: &str, body: Value) -> Result<Done, Box<Answer>> {
    let Some(mut collection) = call.store.get::<Collection>(COLLECTIONS, id)? else {
        return Ok(Err("The collection is gone.".to_owned()));
    };
    collection.replacing = None;
    if shelf::replace(call, &mut collection, body).is_err() {
        call.store.put(COLLECTIONS, id, &collection)?;
        return Ok(Err("The collection could not be replaced.".to_owned()));
    }
    let uid = collection.uid();
    Ok(Ok(vec![Resource {
        url: format!("/collections/{uid}"),
        id: uid,
    }]))
}
