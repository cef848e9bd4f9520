//! `/sandbox/…`: the side of a sandbox that is not Postman's. It takes the admin key and counts against no limit.

use serde_json::{Value, json};

use crate::sandbox::answer::{
    Answer, Family, Outcome, forbidden, invalid, key_unknown, no_route, ok,
};
use crate::sandbox::clock::timestamp;
use crate::sandbox::fault::{ArmedFault, FaultSpec};
use crate::sandbox::machine::{Machine, OpenError, Request, new_key};
use crate::sandbox::members::Members;
use crate::sandbox::options::Settings;
use crate::sandbox::record::{Api, GitLink, Key, Role};
use crate::sandbox::store::{APIS, KEYS};

const FAMILY: Family = Family::Plain;

/// Answers a request whose path starts with `/sandbox/`.
pub fn answer(machine: &mut Machine, request: &Request) -> Answer {
    match outcome(machine, request) {
        Ok(answer) => answer,
        Err(refusal) => *refusal,
    }
}

fn outcome(machine: &mut Machine, request: &Request) -> Outcome {
    let key = machine.key_of(request)?;
    if key.role != Role::Admin {
        return Err(forbidden(FAMILY));
    }
    let path: Vec<&str> = request
        .path
        .trim_start_matches('/')
        .split('/')
        .skip(1)
        .collect();
    match (request.method.as_str(), path.as_slice()) {
        ("GET", ["log"]) => ok(machine.diary.shown()),
        ("DELETE", ["log"]) => {
            machine.diary.clear();
            Ok(Answer::empty())
        }
        ("GET", ["faults"]) => ok(faults(machine)),
        ("POST", ["faults"]) => arm(machine, &body_of(request)?),
        ("DELETE", ["faults"]) => {
            machine.faults.disarm();
            Ok(Answer::empty())
        }
        ("POST", ["clock"]) => {
            let body = body_of(request)?;
            let seconds = body.get("advance_seconds").and_then(Value::as_i64);
            let seconds =
                seconds.ok_or_else(|| invalid(FAMILY, "advance_seconds must be an integer."))?;
            machine.clock.advance(seconds);
            ok(json!({"now": timestamp(machine.clock.now())}))
        }
        ("GET", ["settings"]) => ok(settings(&machine.settings)),
        ("POST", ["settings"]) => set(machine, &body_of(request)?),
        ("POST", ["keys"]) => make_key(machine, &body_of(request)?),
        ("DELETE", ["keys", key]) => revoke(machine, key),
        ("POST", ["seed"]) => match machine.sow(&body_of(request)?) {
            Ok(()) => Ok(Answer::empty()),
            Err(OpenError::Seed(error)) => Err(invalid(FAMILY, &error.to_string())),
            Err(error) => Err(invalid(FAMILY, &error.to_string())),
        },
        ("PUT", ["apis", id, "git"]) => {
            let link: Result<GitLink, _> = serde_json::from_value(body_of(request)?);
            let link = link.map_err(|error| invalid(FAMILY, &error.to_string()))?;
            link_api(machine, id, Some(link))
        }
        ("DELETE", ["apis", id, "git"]) => link_api(machine, id, None),
        _ => Err(no_route()),
    }
}

fn body_of(request: &Request) -> Result<Value, Box<Answer>> {
    let body = request.body.as_deref().unwrap_or_default();
    serde_json::from_slice(body).map_err(|error| invalid(FAMILY, &error.to_string()))
}

fn faults(machine: &Machine) -> Value {
    let armed = machine.faults.armed().iter();
    let armed: Vec<Value> = armed
        .map(|fault| {
            json!({"kind": fault.spec.kind.to_string(), "rate": fault.spec.rate, "method": fault.spec.method,
                "path": fault.spec.path, "skip": fault.skip, "times": fault.times})
        })
        .collect();
    json!({"faults": armed})
}

fn arm(machine: &mut Machine, body: &Value) -> Outcome {
    let members = Members::of(body, FAMILY, &["spec", "skip", "times"])?;
    let spec: Result<FaultSpec, _> = members.text("spec")?.parse();
    let spec = spec.map_err(|error| invalid(FAMILY, &error.to_string()))?;
    let number = |name: &str| -> Result<Option<u64>, Box<Answer>> {
        match members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_u64() {
                Some(number) => Ok(Some(number)),
                None => Err(invalid(FAMILY, &format!("{name} must be a whole number."))),
            },
        }
    };
    let fault = ArmedFault {
        spec,
        skip: number("skip")?.unwrap_or(0),
        times: number("times")?,
    };
    machine.faults.arm(fault);
    ok(faults(machine))
}

fn settings(settings: &Settings) -> Value {
    json!({"rate_limit": settings.rate_limit, "strict_limit": settings.strict_limit, "quota": settings.quota,
        "task_polls": settings.task_polls, "lag": settings.lag, "max_body": settings.max_body})
}

fn set(machine: &mut Machine, body: &Value) -> Outcome {
    let known = [
        "rate_limit",
        "strict_limit",
        "quota",
        "task_polls",
        "lag",
        "max_body",
    ];
    Members::of(body, FAMILY, &known)?;
    let mut changed = machine.settings.clone();
    for (name, value) in body.as_object().into_iter().flatten() {
        let Some(number) = value.as_u64() else {
            return Err(invalid(FAMILY, &format!("{name} must be a whole number.")));
        };
        let slot = match name.as_str() {
            "rate_limit" => &mut changed.rate_limit,
            "strict_limit" => &mut changed.strict_limit,
            "quota" => &mut changed.quota,
            "task_polls" => &mut changed.task_polls,
            "lag" => &mut changed.lag,
            _ => &mut changed.max_body,
        };
        *slot = number;
    }
    machine.settings = changed;
    ok(settings(&machine.settings))
}

fn make_key(machine: &Machine, body: &Value) -> Outcome {
    let members = Members::of(body, FAMILY, &["role"])?;
    let role = match members.text("role")? {
        "admin" => Role::Admin,
        "editor" => Role::Editor,
        "viewer" => Role::Viewer,
        _ => return Err(invalid(FAMILY, "role must be admin, editor or viewer.")),
    };
    let transaction = machine.store.begin()?;
    let user = 20_000_000 + transaction.next("users")?;
    let key = new_key();
    transaction.put(KEYS, &key, &Key { user, role })?;
    transaction.commit()?;
    ok(json!({"key": key, "user": user}))
}

fn revoke(machine: &Machine, key: &str) -> Outcome {
    let transaction = machine.store.begin()?;
    if !transaction.has(KEYS, key)? {
        return Err(key_unknown());
    }
    transaction.remove(KEYS, key)?;
    transaction.commit()?;
    Ok(Answer::empty())
}

fn link_api(machine: &Machine, id: &str, link: Option<GitLink>) -> Outcome {
    let transaction = machine.store.begin()?;
    let Some(mut api) = transaction.get::<Api>(APIS, id)? else {
        return Err(no_route());
    };
    api.git = link;
    transaction.put(APIS, id, &api)?;
    transaction.commit()?;
    Ok(Answer::empty())
}
