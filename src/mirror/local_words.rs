//! What Postman has, as a file of the repository says it: with the file's ids and the file's only, without what Postman
//! writes by itself, and never with a blank in place of a secret.

use std::collections::HashMap;

use serde::Serialize as _;
use serde_json::{Map, Value};

use crate::mirror::element::ElementKind;
use crate::mirror::ids::{IdTable, content_to_write};

/// The text to compare and to merge with the file `local`; where there is none yet, the text of a new file. A definition is
/// kept in Postman as it was written.
///
/// # Errors
/// A sentence about a text that is no JSON object where Postman has nothing else.
pub fn in_local_words(
    kind: ElementKind,
    remote: &[u8],
    local: Option<&[u8]>,
    ids: &IdTable,
) -> Result<Vec<u8>, String> {
    if kind == ElementKind::Definition {
        return Ok(remote.to_vec());
    }
    let remote = object(remote).map_err(|cause| format!("what Postman has {cause}"))?;
    let local = local
        .map(object)
        .transpose()
        .map_err(|cause| format!("the file {cause}"))?;
    let value = match kind {
        ElementKind::Environment => environment(&remote, local.as_ref()),
        ElementKind::Collection | ElementKind::Definition => {
            content_to_write(&remote, local.as_ref(), ids)
        }
    };
    exported(&value)
}

/// The value of a file that holds one object, whatever mark it begins with.
///
/// # Errors
/// The rest of a sentence about what is in the way.
pub fn object(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
    match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err("is no JSON object".to_owned()),
        Err(error) => Err(format!("is no JSON: {error}")),
    }
}

/// A value as Postman exports it: JSON indented by tabs, here with the line end at the end that every editor adds.
fn exported(value: &Value) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let layout = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, layout);
    value
        .serialize(&mut serializer)
        .map_err(|error| format!("cannot be written: {error}"))?;
    text.push(b'\n');
    Ok(text)
}

/// What Postman or an export writes into an environment by itself.
const VOLATILE: &[&str] = &[
    "uid",
    "owner",
    "team",
    "createdAt",
    "updatedAt",
    "lastUpdatedBy",
    "isPublic",
    "_postman_exported_at",
    "_postman_exported_using",
];
/// What says that a file is an environment. Postman's API leaves it out, and its importer asks for it.
const SCOPE: &str = "_postman_variable_scope";
/// The members of a variable that hold what it stands for.
const VALUES: &[&str] = &["value", "initialValue", "currentValue", "sessionValue"];

fn environment(remote: &Value, local: Option<&Value>) -> Value {
    let nothing = Map::new();
    let own = local.and_then(Value::as_object).unwrap_or(&nothing);
    let mut members = remote.as_object().cloned().unwrap_or_default();
    let keep = |members: &mut Map<String, Value>, key: &str| match own.get(key) {
        Some(value) => {
            members.insert(key.to_owned(), value.clone());
        }
        None => {
            members.shift_remove(key);
        }
    };
    for key in VOLATILE {
        keep(&mut members, key);
    }
    if local.is_some() {
        keep(&mut members, "id");
        keep(&mut members, SCOPE);
    } else {
        members
            .entry(SCOPE)
            .or_insert_with(|| Value::from("environment"));
    }
    // Of several variables with one name the second goes with the second.
    let mut known: HashMap<&str, Vec<&Value>> = HashMap::new();
    let variables = own.get("values").and_then(Value::as_array);
    for variable in variables.into_iter().flatten().rev() {
        if let Some(key) = variable.get("key").and_then(Value::as_str) {
            known.entry(key).or_default().push(variable);
        }
    }
    let variables = members.get_mut("values").and_then(Value::as_array_mut);
    for variable in variables.into_iter().flatten() {
        let key = variable.get("key").and_then(Value::as_str);
        let own = key
            .and_then(|key| known.get_mut(key))
            .and_then(Vec::pop)
            .cloned();
        let secret = |variable: &Value| variable.get("type") == Some(&Value::from("secret"));
        if secret(variable) || own.as_ref().is_some_and(secret) {
            keep_secret(variable, own.as_ref());
        }
    }
    Value::Object(members)
}

/// A secret stays what it is here; a new one comes as a name without a value.
fn keep_secret(variable: &mut Value, own: Option<&Value>) {
    let Some(members) = variable.as_object_mut() else {
        return;
    };
    for key in VALUES {
        match own.map(|own| own.get(*key)) {
            Some(Some(value)) => {
                members.insert((*key).to_owned(), value.clone());
            }
            None if *key == "value" => {
                members.insert((*key).to_owned(), Value::from(""));
            }
            _ => {
                members.shift_remove(*key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::in_local_words;
    use crate::mirror::element::ElementKind;
    use crate::mirror::ids::IdTable;

    fn environment(remote: &Value, local: Option<&Value>) -> Value {
        let local = local.map(|local| local.to_string().into_bytes());
        let kind = ElementKind::Environment;
        let text = in_local_words(
            kind,
            remote.to_string().as_bytes(),
            local.as_deref(),
            &IdTable::new(),
        );
        serde_json::from_slice(&text.unwrap()).unwrap()
    }

    #[test]
    fn a_secret_of_the_file_is_never_blanked_and_one_of_postman_never_comes() {
        let remote = json!({"id": "e", "name": "Test", "owner": "1", "isPublic": false, "values": [
            {"key": "host", "value": "b", "type": "default"},
            {"key": "token", "value": "", "type": "secret"},
            {"key": "new", "value": "leaked", "type": "secret"}]});
        let local = json!({"name": "Test", "values": [
            {"key": "host", "value": "a"}, {"key": "token", "value": "mine", "type": "secret"}]});
        let written = environment(&remote, Some(&local));
        assert_eq!(
            written,
            json!({"name": "Test", "values": [
                {"key": "host", "value": "b", "type": "default"},
                {"key": "token", "value": "mine", "type": "secret"},
                {"key": "new", "value": "", "type": "secret"}]})
        );
        let new = environment(&remote, None);
        assert_eq!(new["_postman_variable_scope"], "environment");
        assert_eq!((new["id"].as_str(), new.get("owner")), (Some("e"), None));
        assert!(!new.to_string().contains("leaked"));
    }

    #[test]
    fn a_new_collection_is_indented_by_tabs_and_has_nothing_that_changes_by_itself() {
        let remote = json!({"info": {"_postman_id": "1", "name": "A", "createdAt": "x", "updatedAt": "y", "lastUpdatedBy": "z", "uid": "9-1"},
            "item": [{"name": "R", "id": "i", "uid": "9-i", "request": {"method": "GET"}}]});
        let text = in_local_words(
            ElementKind::Collection,
            remote.to_string().as_bytes(),
            None,
            &IdTable::new(),
        );
        let text = String::from_utf8(text.unwrap()).unwrap();
        assert_eq!(
            text,
            "{\n\t\"info\": {\n\t\t\"_postman_id\": \"1\",\n\t\t\"name\": \"A\"\n\t},\n\t\"item\": [\n\t\t{\n\t\t\t\"name\": \"R\",\n\t\t\t\"request\": {\n\t\t\t\t\"method\": \"GET\"\n\t\t\t}\n\t\t}\n\t]\n}\n"
        );
    }

    #[test]
    fn a_definition_stays_as_it_was_written_and_a_wrong_text_is_told() {
        let words = |kind, text: &str| in_local_words(kind, text.as_bytes(), None, &IdTable::new());
        let yaml = "openapi: 3.0.0 # a\n";
        assert_eq!(
            words(ElementKind::Definition, yaml).unwrap(),
            yaml.as_bytes()
        );
        let error = words(ElementKind::Collection, "[]").unwrap_err();
        assert!(error.contains("no JSON object"), "{error}");
    }
}
