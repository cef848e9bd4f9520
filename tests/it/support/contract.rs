//! The contract of the Postman API as a test: is this exchange one that Postman and a client could have had?
//!
//! What is checked stands in `contract.json` beside this file, written from Postman's public reference. The file names
//! nothing of the project, so that client, sandbox and end-to-end tests can all be held against it.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use jsonschema::Validator;
use serde_json::{Value, json};

/// What every call of the `/apis` family must accept.
const VERSIONED: &str = "application/vnd.api.v10+json";

/// One call and its answer, as they stood on the wire.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange {
    /// `GET`.
    pub(crate) method: String,
    /// Path and query, encoded.
    pub(crate) target: String,
    /// The `Accept` of the request.
    pub(crate) accept: Option<String>,
    /// What was sent; empty where nothing was.
    pub(crate) body: Vec<u8>,
    /// The status.
    pub(crate) status: u16,
    /// The `Content-Type` of the answer.
    pub(crate) content_type: Option<String>,
    /// The `Location` of the answer.
    pub(crate) location: Option<String>,
    /// What came back.
    pub(crate) answer: Vec<u8>,
}

/// Whose mistake it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The client's.
    Request,
    /// The server's.
    Answer,
}

/// One place where an exchange is not what the contract says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Whose mistake it is.
    pub(crate) side: Side,
    /// The call and what is wrong with it.
    pub(crate) what: String,
}

/// Holds an exchange against the contract.
pub(crate) fn check_exchange(exchange: &Exchange) -> Vec<Violation> {
    let mut found = Found {
        call: format!("{} {}", exchange.method, exchange.target),
        violations: Vec::new(),
    };
    let (path, query) = exchange
        .target
        .split_once('?')
        .unwrap_or((&exchange.target, ""));
    let Some(operation) = operation(&exchange.method, path) else {
        found.add(Side::Request, "there is no such call".to_owned());
        return found.violations;
    };
    check_query(&operation["query"], query, &mut found);
    if operation["versioned"] == json!(true) && exchange.accept.as_deref() != Some(VERSIONED) {
        found.add(Side::Request, format!("Accept is {:?}", exchange.accept));
    }
    check_body(&operation["body"], &exchange.body, &mut found);
    check_answer(operation, exchange, &mut found);
    found.violations
}

struct Found {
    call: String,
    violations: Vec<Violation>,
}

impl Found {
    fn add(&mut self, side: Side, what: String) {
        let what = format!("{}: {what}", self.call);
        self.violations.push(Violation { side, what });
    }

    fn hold(&mut self, side: Side, shape: &str, value: &Value) {
        for fault in faults(shape, value) {
            self.add(side, fault);
        }
    }
}

fn contract() -> &'static Value {
    static CONTRACT: OnceLock<Value> = OnceLock::new();
    CONTRACT.get_or_init(|| serde_json::from_str(include_str!("contract.json")).unwrap())
}

/// The operation whose path fits, its placeholders included.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    contract()["calls"].as_array()?.iter().find(|operation| {
        let call = operation["call"].as_str().unwrap();
        let (verb, template) = call.split_once(' ').unwrap();
        let (wanted, given): (Vec<&str>, Vec<&str>) =
            (template.split('/').collect(), path.split('/').collect());
        verb == method
            && wanted.len() == given.len()
            && wanted.iter().zip(given).all(|(wanted, given)| {
                let shape = wanted
                    .strip_prefix('{')
                    .and_then(|rest| rest.strip_suffix('}'));
                match shape {
                    Some(shape) => faults(shape, &json!(decoded(given))).is_empty(),
                    None => *wanted == given,
                }
            })
    })
}

fn check_query(known: &Value, query: &str, found: &mut Found) {
    let none = serde_json::Map::new();
    let known = known.as_object().unwrap_or(&none);
    let given: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(&value.replace('+', " "))))
        .collect();
    for (name, value) in &given {
        let shape = known.get(name).or_else(|| known.get(&format!("{name}!")));
        match shape.and_then(Value::as_str) {
            Some(shape) => found.hold(Side::Request, shape, &json!(value)),
            None => found.add(Side::Request, format!("there is no parameter {name}")),
        }
    }
    for name in known.keys().filter_map(|name| name.strip_suffix('!')) {
        if !given.iter().any(|(given, _)| given == name) {
            found.add(Side::Request, format!("the parameter {name} is missing"));
        }
    }
}

fn check_body(shape: &Value, body: &[u8], found: &mut Found) {
    match (shape.as_str(), body.is_empty()) {
        (None, true) => {}
        (None, false) => found.add(
            Side::Request,
            "a body is sent, and none is taken".to_owned(),
        ),
        (Some(_), true) => found.add(Side::Request, "the body is missing".to_owned()),
        (Some(shape), false) => match serde_json::from_slice(body) {
            Ok(value) => found.hold(Side::Request, shape, &value),
            Err(error) => found.add(Side::Request, format!("the body is no JSON: {error}")),
        },
    }
}

fn check_answer(operation: &Value, exchange: &Exchange, found: &mut Found) {
    let status = exchange.status.to_string();
    let kind = exchange.content_type.as_deref().unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if exchange.status >= 400 {
        if !["application/json", "application/problem+json"].contains(&kind) {
            found.add(Side::Answer, format!("{status} comes as `{kind}`"));
        }
        match serde_json::from_slice(&exchange.answer) {
            Ok(value) => found.hold(Side::Answer, "AnyError", &value),
            Err(error) => found.add(Side::Answer, format!("{status} says no JSON: {error}")),
        }
        return;
    }
    let Some(shape) = operation["answers"].get(&status) else {
        found.add(Side::Answer, format!("{status} is no answer to this call"));
        return;
    };
    let located = operation["located"].as_array();
    if located.is_some_and(|statuses| statuses.contains(&json!(status)))
        && exchange.location.is_none()
    {
        found.add(Side::Answer, format!("{status} comes without a Location"));
    }
    match shape.as_str() {
        None if exchange.status == 204 && !exchange.answer.is_empty() => {
            found.add(Side::Answer, "204 has a body".to_owned());
        }
        None | Some("Anything") => {}
        Some(shape) => {
            if !["application/json", VERSIONED].contains(&kind) {
                found.add(Side::Answer, format!("{status} comes as `{kind}`"));
            }
            match serde_json::from_slice(&exchange.answer) {
                Ok(value) => found.hold(Side::Answer, shape, &value),
                Err(error) => found.add(Side::Answer, format!("{status} says no JSON: {error}")),
            }
        }
    }
}

/// What is wrong with a value by a shape. Shapes are compiled once, on first use.
fn faults(shape: &str, value: &Value) -> Vec<String> {
    static COMPILED: OnceLock<Mutex<HashMap<String, &'static Validator>>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(Mutex::default);
    let mut compiled = compiled.lock().unwrap_or_else(PoisonError::into_inner);
    let validator = *compiled.entry(shape.to_owned()).or_insert_with(|| {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": format!("#/$defs/{shape}"),
            "$defs": contract()["shapes"],
        });
        // A test process compiles each shape once, so nothing is lost by keeping it.
        Box::leak(Box::new(jsonschema::draft202012::new(&schema).unwrap()))
    });
    drop(compiled);
    validator
        .iter_errors(value)
        .map(|error| format!("{shape}{}: {error}", error.instance_path()))
        .collect()
}

/// Percent signs undone; what is no UTF-8 afterwards is shown as such.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let value =
            escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        out.push(value.unwrap_or(bytes[at]));
        at += if value.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}
