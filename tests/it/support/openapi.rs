//! A provider's own description of its API as a test: is this a request that it takes, and a status that it gives?
//!
//! Reads OpenAPI 3.0 and Swagger 2.0, as far as paths, query parameters and JSON bodies go. A member of a body that the
//! description does not name is a fault, too: the provider would ignore it, and whoever sends it means something by it.

use std::collections::HashMap;
use std::sync::Mutex;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// Placeholders that hold slashes.
const LONG: [&str; 4] = ["ref", "path", "branch", "basehead"];

/// A description, with what was compiled of it.
pub(crate) struct Description {
    root: Value,
    compiled: Mutex<HashMap<String, &'static Validator>>,
}

/// One exchange, as it stood on the wire, without the prefix of the API.
#[derive(Clone, Debug)]
pub(crate) struct Wired {
    pub(crate) method: String,
    /// Path and query, encoded.
    pub(crate) target: String,
    pub(crate) body: Vec<u8>,
    pub(crate) status: u16,
}

impl Description {
    /// Reads a description.
    pub(crate) fn parse(text: &str) -> Self {
        Self {
            root: serde_json::from_str(text).unwrap(),
            compiled: Mutex::default(),
        }
    }

    /// Everything in which an exchange is not what the description says.
    pub(crate) fn faults(&self, wired: &Wired) -> Vec<String> {
        let (path, query) = wired.target.split_once('?').unwrap_or((&wired.target, ""));
        let call = format!("{} {}", wired.method, wired.target);
        let Some((template, operation)) = self.operation(&wired.method, path) else {
            return vec![format!("{call}: there is no such call")];
        };
        let name = format!("{} {template}", wired.method);
        let mut faults = self.query_faults(&name, operation, query);
        faults.extend(self.body_faults(&name, operation, &wired.body));
        let status = wired.status.to_string();
        // Anybody may be refused, every server may fail, and HTTP itself has the answer that nothing changed.
        if wired.status < 400
            && wired.status != 304
            && operation["responses"].get(&status).is_none()
        {
            faults.push(format!("{status} is no answer to it"));
        }
        faults
            .iter()
            .map(|fault| format!("{call}: {fault}"))
            .collect()
    }

    fn operation(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let method = method.to_ascii_lowercase();
        let paths = self.root["paths"].as_object()?;
        let fitting = paths.iter().filter_map(|(template, operations)| {
            let operation = operations.get(&method)?;
            let literal = fit(template, path)?;
            Some((literal, template.as_str(), operation))
        });
        let best = fitting.max_by_key(|(literal, ..)| *literal)?;
        Some((best.1, best.2))
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(pointer) => {
                let target = self.root.pointer(pointer.trim_start_matches('#'));
                self.resolve(target.unwrap())
            }
            None => value,
        }
    }

    fn parameters<'a>(&'a self, operation: &'a Value, place: &'a str) -> Vec<&'a Value> {
        let all = operation["parameters"].as_array().into_iter().flatten();
        all.map(|parameter| self.resolve(parameter))
            .filter(|parameter| parameter["in"] == place)
            .collect()
    }

    fn query_faults(&self, name: &str, operation: &Value, query: &str) -> Vec<String> {
        let known = self.parameters(operation, "query");
        let given: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let mut faults = Vec::new();
        for (key, text) in &given {
            let Some(parameter) = known.iter().find(|one| one["name"] == **key) else {
                faults.push(format!("there is no parameter {key}"));
                continue;
            };
            let schema = match parameter.get("schema") {
                Some(schema) => self.resolve(schema).clone(),
                // Swagger writes type and values into the parameter itself.
                None => {
                    json!({ "type": parameter["type"], "enum": parameter.get("enum").cloned().unwrap_or(json!([text])) })
                }
            };
            let value = match schema["type"].as_str() {
                Some("integer" | "number" | "boolean") => {
                    serde_json::from_str(text).unwrap_or(json!(text))
                }
                _ => json!(text),
            };
            let key = format!("{name}?{key}");
            faults.extend(self.held(&key, &schema, &value));
        }
        for parameter in known.iter().filter(|one| one["required"] == json!(true)) {
            if !given.iter().any(|(key, _)| parameter["name"] == **key) {
                faults.push(format!("the parameter {} is missing", parameter["name"]));
            }
        }
        faults
    }

    fn body_faults(&self, name: &str, operation: &Value, body: &[u8]) -> Vec<String> {
        let by_openapi =
            self.resolve(&operation["requestBody"])["content"]["application/json"].get("schema");
        let by_swagger = self.parameters(operation, "body");
        let schema = by_openapi.or_else(|| by_swagger.first().map(|one| &one["schema"]));
        let Some(schema) = schema else {
            let is_empty = body.is_empty();
            return if is_empty {
                Vec::new()
            } else {
                vec!["a body is sent, and none is taken".to_owned()]
            };
        };
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return vec!["the body is no JSON".to_owned()];
        };
        let mut faults = self.held(name, schema, &value);
        let members = self.resolve(schema)["properties"].as_object();
        if let (Some(members), Some(sent)) = (members, value.as_object()) {
            let unknown = sent.keys().filter(|key| !members.contains_key(*key));
            faults.extend(unknown.map(|key| format!("the body has no member {key}")));
        }
        faults
    }

    fn held(&self, name: &str, schema: &Value, value: &Value) -> Vec<String> {
        let mut compiled = self.compiled.lock().unwrap();
        let validator = *compiled.entry(name.to_owned()).or_insert_with(|| {
            let mut root = json!({});
            // What the schema may point to; a whole description takes long to compile.
            let points = schema.to_string().contains("\"$ref\"");
            for place in ["components", "definitions", "parameters"] {
                if let Some(named) = self.root.get(place).filter(|_| points) {
                    root[place] = named.clone();
                }
            }
            root["allOf"] = json!([schema]);
            // A test process compiles each schema once, so nothing is lost by keeping it.
            Box::leak(Box::new(jsonschema::draft7::new(&nullable(root)).unwrap()))
        });
        drop(compiled);
        let errors = validator.iter_errors(value);
        errors
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    }
}

/// How many literal parts a template has, where a path fits it.
fn fit(template: &str, path: &str) -> Option<usize> {
    let wanted: Vec<&str> = template.split('/').collect();
    let given: Vec<&str> = path.split('/').collect();
    let mut literal = 0;
    let (mut left, mut right) = (0, 0);
    while left < wanted.len() {
        let name = wanted[left]
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        let part = given
            .get(right)
            .filter(|part| !part.is_empty() || right == 0)?;
        match name {
            Some(name) if LONG.contains(&name) => {
                // All that the rest of the template leaves.
                let behind = wanted.len() - left - 1;
                right = given.len().checked_sub(behind).filter(|end| *end > right)?;
            }
            Some(_) => right += 1,
            None if wanted[left] == *part => {
                literal += 1;
                right += 1;
            }
            None => return None,
        }
        left += 1;
    }
    (right == given.len()).then_some(literal)
}

/// OpenAPI 3.0 says `nullable` where JSON Schema names a type.
fn nullable(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let is_nullable = members.get("nullable") == Some(&json!(true));
            let mut members: Map<String, Value> = members
                .into_iter()
                .map(|(key, value)| (key, nullable(value)))
                .collect();
            if let (true, Some(Value::String(kind))) = (is_nullable, members.get("type").cloned()) {
                members.insert("type".to_owned(), json!([kind, "null"]));
            }
            Value::Object(members)
        }
        Value::Array(list) => Value::Array(list.into_iter().map(nullable).collect()),
        other => other,
    }
}
