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
    /// The `Content-Type` of the request.
    pub(crate) sent_type: Option<String>,
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

/// What one service and its clients may say to each other.
pub(crate) struct Contract {
    document: Value,
    compiled: Mutex<HashMap<String, &'static Validator>>,
}

/// Holds an exchange against the contract of the Postman API.
pub(crate) fn check_exchange(exchange: &Exchange) -> Vec<Violation> {
    static POSTMAN: OnceLock<Contract> = OnceLock::new();
    let contract = POSTMAN.get_or_init(|| Contract::new(include_str!("contract.json")));
    contract.check(exchange)
}

struct Found<'a> {
    contract: &'a Contract,
    call: String,
    violations: Vec<Violation>,
}

impl Found<'_> {
    fn add(&mut self, side: Side, what: String) {
        let what = format!("{}: {what}", self.call);
        self.violations.push(Violation { side, what });
    }

    fn hold(&mut self, side: Side, shape: &str, value: &Value) {
        for fault in self.contract.faults(shape, value) {
            self.add(side, fault);
        }
    }
}

impl Contract {
    /// Reads a contract: its calls and its shapes.
    pub(crate) fn new(text: &str) -> Self {
        Self {
            document: serde_json::from_str(text).unwrap(),
            compiled: Mutex::default(),
        }
    }

    /// Holds an exchange against it.
    pub(crate) fn check(&self, exchange: &Exchange) -> Vec<Violation> {
        let mut found = Found {
            contract: self,
            call: format!("{} {}", exchange.method, exchange.target),
            violations: Vec::new(),
        };
        let (path, query) = exchange
            .target
            .split_once('?')
            .unwrap_or((&exchange.target, ""));
        let Some(operation) = self.operation(&exchange.method, path) else {
            found.add(Side::Request, "there is no such call".to_owned());
            return found.violations;
        };
        check_query(&operation["query"], query, &mut found);
        if operation["versioned"] == json!(true) && exchange.accept.as_deref() != Some(VERSIONED) {
            found.add(Side::Request, format!("Accept is {:?}", exchange.accept));
        }
        check_body(&operation["body"], exchange, &mut found);
        check_answer(operation, exchange, &mut found);
        found.violations
    }

    /// The operation whose path fits, its placeholders included. Three dots at its end stand for the rest of a path.
    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        self.document["calls"].as_array()?.iter().find(|operation| {
            let call = operation["call"].as_str().unwrap();
            let (verb, template) = call.split_once(' ').unwrap();
            let mut wanted: Vec<&str> = template.split('/').collect();
            let mut given: Vec<&str> = path.split('/').collect();
            if wanted.last() == Some(&"...") {
                wanted.pop();
                given.truncate(wanted.len());
            }
            verb == method
                && wanted.len() == given.len()
                && wanted.iter().zip(given).all(|(wanted, given)| {
                    let shape = wanted
                        .strip_prefix('{')
                        .and_then(|rest| rest.strip_suffix('}'));
                    match shape {
                        Some(shape) => self.faults(shape, &json!(decoded(given))).is_empty(),
                        None => *wanted == given,
                    }
                })
        })
    }

    /// What is wrong with a value by a shape. Shapes are compiled once, on first use.
    fn faults(&self, shape: &str, value: &Value) -> Vec<String> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let validator = *compiled.entry(shape.to_owned()).or_insert_with(|| {
            let schema = json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "$ref": format!("#/$defs/{shape}"),
                "$defs": self.document["shapes"],
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
}

fn check_query(known: &Value, query: &str, found: &mut Found<'_>) {
    let none = serde_json::Map::new();
    let known = known.as_object().unwrap_or(&none);
    let given: Vec<(String, String)> = pairs(query).collect();
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

fn check_body(shape: &Value, exchange: &Exchange, found: &mut Found<'_>) {
    let body = &exchange.body;
    let kind = exchange.sent_type.as_deref().unwrap_or_default();
    if let (Some(shape), Some(boundary)) = (
        shape.as_str(),
        kind.strip_prefix("multipart/form-data; boundary="),
    ) {
        let mut fields = serde_json::Map::new();
        for part in parts(body, boundary) {
            let value = fields.entry(part.name).or_insert_with(|| json!([]));
            value
                .as_array_mut()
                .unwrap()
                .push(json!(part.file.unwrap_or_else(|| {
                    String::from_utf8_lossy(&part.content).into_owned()
                })));
        }
        found.hold(Side::Request, shape, &Value::Object(fields));
        return;
    }
    if let (Some(shape), "application/x-www-form-urlencoded") = (shape.as_str(), kind) {
        let text = String::from_utf8_lossy(body);
        let fields: serde_json::Map<String, Value> = pairs(&text)
            .map(|(name, value)| (name, json!(value)))
            .collect();
        found.hold(Side::Request, shape, &Value::Object(fields));
        return;
    }
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

fn check_answer(operation: &Value, exchange: &Exchange, found: &mut Found<'_>) {
    let status = exchange.status.to_string();
    let kind = exchange.content_type.as_deref().unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if exchange.status == 304 && exchange.method == "GET" {
        return;
    }
    if exchange.status >= 400 {
        // A contract that does not say how errors look takes every one.
        if found.contract.document["shapes"].get("AnyError").is_none() {
            return;
        }
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

/// One part of a form.
pub(crate) struct Part {
    /// The name of its field.
    pub(crate) name: String,
    /// The name of its file, where it is one.
    pub(crate) file: Option<String>,
    /// What it holds.
    pub(crate) content: Vec<u8>,
}

/// The parts of a form (RFC 7578).
pub(crate) fn parts(body: &[u8], boundary: &str) -> Vec<Part> {
    let find = |in_bytes: &[u8], what: &[u8]| {
        in_bytes
            .windows(what.len())
            .position(|window| window == what)
    };
    let mark = format!("\r\n--{boundary}").into_bytes();
    let mut rest = [b"\r\n".as_slice(), body].concat();
    let mut parts = Vec::new();
    while let Some(start) = find(&rest, &mark) {
        rest = rest[start + mark.len()..].to_vec();
        let (Some(head), Some(end)) = (find(&rest, b"\r\n\r\n"), find(&rest, &mark)) else {
            break;
        };
        let header = String::from_utf8_lossy(&rest[..head]).into_owned();
        let quoted = |name: &str| {
            let after = header.split_once(&format!("; {name}=\""))?.1;
            Some(decoded(after.split_once('"')?.0))
        };
        parts.push(Part {
            name: quoted("name").unwrap_or_default(),
            file: quoted("filename"),
            content: rest[head + 4..end].to_vec(),
        });
    }
    parts
}

/// Names and values of a query or of a form, decoded.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(&value.replace('+', " "))))
}

/// Percent signs undone; what is no UTF-8 afterwards is shown as such.
pub(crate) fn decoded(text: &str) -> String {
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
