//! A provider's own description of its API as a test: is this a request that it takes, and a status that it gives?
//!
//! Reads OpenAPI 3.0 and Swagger 2.0, as far as paths, query parameters, JSON and forms go. A member of a body that the
//! description does not name is a fault, too: the provider would ignore it, and whoever sends it means something by it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::support::contract::{pairs, parts};

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
    /// The `Content-Type` of the body; JSON where it says none.
    pub(crate) kind: String,
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
        faults.extend(self.body_faults(&name, operation, wired));
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
        match value.get("$ref").and_then(Value::as_str) {
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
                    let mut schema = json!({ "type": parameter["type"] });
                    if let Some(values) = parameter.get("enum") {
                        schema["enum"] = values.clone();
                    }
                    schema
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

    fn body_faults(&self, name: &str, operation: &Value, wired: &Wired) -> Vec<String> {
        let mime = wired.kind.split(';').next().unwrap_or_default();
        let contents = &self.resolve(&operation["requestBody"])["content"];
        let content = contents
            .get(mime)
            .or_else(|| contents.get("application/json"))
            .unwrap_or(&contents["*/*"]);
        let by_swagger = self.parameters(operation, "body");
        let schema = content
            .get("schema")
            .or_else(|| by_swagger.first().map(|one| &one["schema"]));
        let Some(schema) = schema else {
            let is_empty = wired.body.is_empty();
            return if is_empty {
                Vec::new()
            } else {
                vec!["a body is sent, and none is taken".to_owned()]
            };
        };
        let whole = self.resolve(schema);
        let Some(value) = self.sent(mime, wired, whole) else {
            return vec!["the body is no JSON".to_owned()];
        };
        let mut faults = self.held(name, schema, &value);
        let mut members = BTreeSet::new();
        self.members(whole, &mut members);
        let is_open = members.is_empty() || whole["additionalProperties"] == json!(true);
        if let (Some(sent), false) = (value.as_object(), is_open) {
            let unknown = sent.keys().filter(|key| !members.contains(key.as_str()));
            faults.extend(unknown.map(|key| format!("the body has no member {key}")));
        }
        faults
    }

    /// Every member that an object may have, those of what it is made of too.
    fn members<'a>(&'a self, schema: &'a Value, found: &mut BTreeSet<&'a str>) {
        let own = schema["properties"].as_object().into_iter().flatten();
        found.extend(own.map(|(name, _)| name.as_str()));
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.members(self.resolve(part), found);
        }
    }

    /// What was sent, as the value that the description speaks of: fields of a form are all texts.
    fn sent(&self, mime: &str, wired: &Wired, schema: &Value) -> Option<Value> {
        let fields: Vec<(String, String)> = match mime {
            "application/x-www-form-urlencoded" => {
                pairs(&String::from_utf8_lossy(&wired.body)).collect()
            }
            "multipart/form-data" => {
                let boundary = wired.kind.split_once("boundary=")?.1;
                let parts = parts(&wired.body, boundary).into_iter();
                parts
                    .map(|part| {
                        (
                            part.name,
                            String::from_utf8_lossy(&part.content).into_owned(),
                        )
                    })
                    .collect()
            }
            _ => return serde_json::from_slice(&wired.body).ok(),
        };
        let mut value = Map::new();
        for (name, text) in fields {
            let shape = self.resolve(&schema["properties"][&name]);
            match shape["type"].as_str() {
                Some("array") => {
                    let list = value.entry(name).or_insert_with(|| json!([]));
                    list.as_array_mut()?.push(json!(text));
                }
                Some("integer" | "number" | "boolean") => {
                    let read = serde_json::from_str(&text).unwrap_or(json!(text));
                    value.insert(name, read);
                }
                _ => {
                    value.insert(name, json!(text));
                }
            }
        }
        Some(Value::Object(value))
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
            // The root of a repository is a path, too.
            .filter(|part| !part.is_empty() || right == 0 || name == Some("path"))?;
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
            const KINDS: [&str; 7] = [
                "array", "boolean", "integer", "null", "number", "object", "string",
            ];
            // Swagger knows files, and GitLab texts.
            if let Some(Value::String(kind)) = members.get_mut("type")
                && !KINDS.contains(&kind.as_str())
            {
                *kind = "string".to_owned();
            }
            if let (true, Some(Value::String(kind))) = (is_nullable, members.get("type").cloned()) {
                members.insert("type".to_owned(), json!([kind, "null"]));
            }
            Value::Object(members)
        }
        Value::Array(list) => Value::Array(list.into_iter().map(nullable).collect()),
        other => other,
    }
}
