//! Collections and environments in Postman: one JSON object each, read the same way whatever they belong to.

use serde_json::{Map, Value, json};

use crate::format::detect::Format;
use crate::format::parse;
use crate::mirror::element::{Element, ElementContent, ElementKind, RemoteElement, RemoteId};
use crate::mirror::ids::{self, IdTable};
use crate::mirror::own_words;
use crate::mirror::remote_content::{digest_of, document, drop_secrets, is_secret, only_value};
use crate::mirror::state::{Blobs, Record, Version};
use crate::mirror::target::{Kept, TargetError, Written};
use crate::postman::client::Postman;
use crate::postman::environments::EnvironmentSummary;
use crate::postman::error::PostmanError;
use crate::postman::limits::COLLECTION;
use crate::postman::raw::RawJson;
use crate::postman::wire::AnyId;
use crate::postman::workspaces::Entry;

/// What a thing that may be gone is: its absence is an answer, and no error.
pub fn found<T>(answer: Result<T, PostmanError>) -> Result<Option<T>, PostmanError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// An id of Postman's as the mirror keeps it.
///
/// # Errors
/// Where it is none: it would end up in the path of a URL.
pub fn remote_id(id: &AnyId, name: &str) -> Result<RemoteId, TargetError> {
    RemoteId::parse(id.as_str()).ok_or_else(|| TargetError::Unsuitable {
        name: name.to_owned(),
        reason: "Postman gives it an id that is none".to_owned(),
    })
}

/// An entry of an inventory, not read yet.
///
/// # Errors
/// As [`remote_id`].
pub fn listed(kind: ElementKind, entry: &Entry) -> Result<(RemoteId, RemoteElement), TargetError> {
    // Postman takes the bare id of one's own elements only.
    let id = remote_id(entry.uid.as_ref().unwrap_or(&entry.id), &entry.name)?;
    let element = RemoteElement {
        kind,
        name: entry.name.clone(),
        content: None,
        place: None,
    };
    Ok((id, element))
}

/// An environment of a list, not read yet.
///
/// # Errors
/// As [`remote_id`].
pub fn listed_environment(
    summary: &EnvironmentSummary,
) -> Result<(RemoteId, RemoteElement), TargetError> {
    let entry = Entry {
        id: summary.id.clone(),
        name: summary.name.clone(),
        uid: summary.uid.clone(),
    };
    listed(ElementKind::Environment, &entry)
}

/// A collection of a workspace.
///
/// # Errors
/// Postman's.
pub fn read_collection(
    postman: &Postman,
    id: &RemoteId,
) -> Result<Option<RemoteElement>, TargetError> {
    let text = found(postman.collection(id.as_str()))?;
    Ok(text.map(|text| element(ElementKind::Collection, &text)))
}

/// An environment of a workspace, without the values of its secrets.
///
/// # Errors
/// Postman's.
pub fn read_environment(
    postman: &Postman,
    id: &RemoteId,
) -> Result<Option<RemoteElement>, TargetError> {
    let text = found(postman.environment(id.as_str()))?;
    Ok(text.map(|text| element(ElementKind::Environment, &text)))
}

/// A collection or an environment that was read.
pub fn element(kind: ElementKind, text: &RawJson) -> RemoteElement {
    let content = document(kind, text.text());
    let name = only_value(&content).and_then(|value| {
        let name = match kind {
            ElementKind::Collection => value.pointer("/info/name"),
            ElementKind::Environment | ElementKind::Definition => value.get("name"),
        };
        name.and_then(Value::as_str).map(str::to_owned)
    });
    RemoteElement {
        kind,
        name: name.unwrap_or_default(),
        content: Some(content),
        place: None,
    }
}

/// What is sent of an element, and what is expected to stand in Postman then.
#[derive(Clone, Debug)]
pub struct Body {
    /// The JSON object, without wrapper.
    pub text: RawJson,
    kind: ElementKind,
    name: String,
}

impl Body {
    /// A collection with Postman's ids where the one there has the same things.
    ///
    /// # Errors
    /// What cannot be sent without a loss.
    pub fn of_collection(
        element: &Element,
        there: Option<&ElementContent>,
        table: &IdTable,
    ) -> Result<Self, TargetError> {
        let local = value_of(element)?;
        let there = there.and_then(only_value);
        let mut body = ids::body_to_send(&local, there.as_ref(), table);
        make_acceptable(&mut body);
        Self::new(ElementKind::Collection, element, &body)
    }

    /// An environment: its name and values. Those of its secrets stay what they are in Postman.
    ///
    /// # Errors
    /// What cannot be sent without a loss.
    pub fn of_environment(element: &Element, there: Option<&Value>) -> Result<Self, TargetError> {
        let mut local = value_of(element)?;
        drop_secrets(&mut local);
        let mut values = match local.get_mut("values").map(Value::take) {
            Some(Value::Array(values)) => values,
            _ => Vec::new(),
        };
        let known = there.and_then(|there| there.get("values")?.as_array());
        for variable in &mut values {
            let is_secret = is_secret(variable);
            let Some(members) = variable.as_object_mut() else {
                continue;
            };
            let kind = members.get("type").and_then(Value::as_str);
            if matches!(kind, Some("text" | "any") | None) {
                members.insert("type".to_owned(), json!("default"));
            }
            if members.get("description").is_some_and(Value::is_null) {
                members.shift_remove("description");
            }
            if is_secret {
                let same = known.into_iter().flatten().find(|other| {
                    other.get("key").is_some() && other.get("key") == members.get("key")
                });
                let value = same.and_then(|other| other.get("value")).cloned();
                members.insert("value".to_owned(), value.unwrap_or_else(|| json!("")));
            }
        }
        let body = json!({ "name": element.name, "values": values });
        Self::new(ElementKind::Environment, element, &body)
    }

    /// What of it is lost in what Postman stored; nothing where that means the same, or the same in Postman's own words.
    pub fn lost_in(&self, stored: &RawJson) -> Option<String> {
        let file = format!("{}.json", self.kind.word());
        let sent = document(self.kind, self.text.text());
        let there = document(self.kind, stored.text());
        if sent.digest == there.digest {
            return None;
        }
        let canonical = |content: &ElementContent| {
            let bytes = content.files.values().next()?.bytes.clone();
            let text = parse(&file, bytes).canonical_text().ok()?;
            serde_json::from_str(&text).ok()
        };
        match (canonical(&sent), canonical(&there)) {
            (Some(sent), Some(there)) => own_words::lost(&sent, &there),
            _ => Some("it cannot be read".to_owned()),
        }
    }

    /// What was written, from what is read back; or what of it was lost.
    ///
    /// # Errors
    /// [`TargetError::StoredOtherwise`].
    pub fn written(
        &self,
        id: RemoteId,
        before: Option<&ElementContent>,
        stored: &RawJson,
        ids: IdTable,
    ) -> Result<Written, TargetError> {
        let after = element(self.kind, stored);
        let mut blobs = Blobs::new();
        let written = Written {
            id,
            name: after.name.clone(),
            before: before.map(|content| Version::of(content, &mut blobs)),
            after: Version::of(&document(self.kind, stored.text()), &mut blobs),
            blobs,
            ids,
        };
        match self.lost_in(stored) {
            None => Ok(written),
            Some(difference) => Err(TargetError::StoredOtherwise {
                name: self.name.clone(),
                difference,
                written: Box::new(written),
            }),
        }
    }

    fn new(kind: ElementKind, element: &Element, body: &Value) -> Result<Self, TargetError> {
        let text = RawJson::parse(&body.to_string());
        let text = text.map_err(|error| unsuitable(element, &error.to_string()))?;
        Ok(Self {
            text,
            kind,
            name: element.name.clone(),
        })
    }
}

/// The text that is written over, checked to be what the record says.
///
/// # Errors
/// [`TargetError::Moved`].
pub fn expected(
    kind: ElementKind,
    record: &Record,
    text: Option<&RawJson>,
) -> Result<ElementContent, TargetError> {
    let content = text.map(|text| document(kind, text.text()));
    content
        .filter(|content| content.digest == record.postman.digest)
        .ok_or_else(|| TargetError::Moved {
            name: record.name.clone(),
        })
}

/// What stood there, to be kept.
pub fn kept(content: &ElementContent) -> Kept {
    let mut blobs = Blobs::new();
    let version = Version::of(content, &mut blobs);
    Kept { version, blobs }
}

/// An element that cannot be written.
pub fn unsuitable(element: &Element, reason: &str) -> TargetError {
    TargetError::Unsuitable {
        name: element.name.clone(),
        reason: reason.to_owned(),
    }
}

/// Why no call of Postman's takes a collection, where none does.
pub fn unfit_collection(element: &Element) -> Option<String> {
    let mut files = element.content.files.iter();
    let (Some((path, file)), None) = (files.next(), files.next()) else {
        return Some(
            "it is a folder of the collection format 3, which Postman's API neither takes nor gives"
                .to_owned(),
        );
    };
    if file.bytes.len() > COLLECTION {
        return Some(format!("it has more than {COLLECTION} bytes"));
    }
    match parse(path.as_str(), file.bytes.clone()).format {
        Format::Collection21 => None,
        Format::Collection3 => Some(
            "it is of the collection format 3, which Postman's API neither takes nor gives"
                .to_owned(),
        ),
        _ => Some(
            "it is of the collection format 2.0, and Postman's API takes 2.1: export it anew"
                .to_owned(),
        ),
    }
}

/// The address of the format that Postman takes, and the one of its other host. Files have more of them, from older exports.
const SCHEMAS: [&str; 2] = [
    "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
    "https://schema.postman.com/json/collection/v2.1.0/collection.json",
];

/// Takes out what Postman's validator refuses and what means nothing.
fn make_acceptable(collection: &mut Value) {
    // Whatever is of another version was not let through to here.
    if let Some(Value::String(schema)) = collection.pointer_mut("/info/schema")
        && !SCHEMAS.contains(&schema.as_str())
    {
        *schema = SCHEMAS[0].to_owned();
    }
    let mut waiting = vec![collection];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(members) => {
                // `null` was refused where a text may stand: https://github.com/postmanlabs/postman-app-support/issues/4229
                if members.get("description").is_some_and(Value::is_null) {
                    members.shift_remove("description");
                }
                for variable in variables(members) {
                    let kind = variable.get("type").and_then(Value::as_str);
                    let is_known =
                        matches!(kind, Some("string" | "boolean" | "any" | "number") | None);
                    let is_secret = kind == Some("secret");
                    if let Some(members) = variable.as_object_mut()
                        && !is_known
                    {
                        // Exports have `default` and `secret` here, which the API refuses.
                        members.shift_remove("type");
                        if is_secret {
                            members.insert("value".to_owned(), json!(""));
                        }
                    }
                }
                // What values hold is the user's own.
                let inner = members
                    .iter_mut()
                    .filter(|(key, _)| !matches!(key.as_str(), "value" | "options" | "raw"));
                waiting.extend(inner.map(|(_, value)| value));
            }
            Value::Array(values) => waiting.extend(values),
            _ => {}
        }
    }
}

fn variables(members: &mut Map<String, Value>) -> &mut [Value] {
    match members.get_mut("variable").and_then(Value::as_array_mut) {
        Some(variables) => variables,
        None => &mut [],
    }
}

fn value_of(element: &Element) -> Result<Value, TargetError> {
    let value = only_value(&element.content)
        .ok_or_else(|| unsuitable(element, "it is no single JSON document"))?;
    let bytes = element.content.files.values().next();
    let bytes = bytes.map_or(&[][..], |file| &file.bytes);
    // Numbers that no computer word holds would change on the way.
    let same = digest_of("element.json", value.to_string().as_bytes());
    if same != digest_of("element.json", bytes) {
        return Err(unsuitable(
            element,
            "it holds numbers or doubled keys that would change on the way",
        ));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::{Body, unfit_collection};
    use crate::mirror::element::{Element, ElementContent, ElementKind};
    use crate::mirror::ids::IdTable;
    use crate::mirror::remote_content::document;
    use crate::mirror::target::TargetError;
    use crate::mirror::testing::{id, path};
    use crate::postman::raw::RawJson;

    const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

    fn element(kind: ElementKind, value: &Value) -> Element {
        Element {
            name: "A".to_owned(),
            directory: path("postman/collections"),
            root: None,
            content: document(kind, &value.to_string()),
            remote_id: None,
        }
    }

    fn sent(body: &Body) -> Value {
        serde_json::from_str(body.text.text()).unwrap()
    }

    #[test]
    fn what_the_validator_refuses_is_not_sent() {
        let local = json!({"info": {"name": "A", "schema": SCHEMA, "description": null}, "item": [],
            "variable": [{"key": "a", "value": "1", "type": "default"}, {"key": "b", "value": "2", "type": "secret"}]});
        let element = element(ElementKind::Collection, &local);
        let body = sent(&Body::of_collection(&element, None, &IdTable::new()).unwrap());
        assert_eq!(
            body["variable"],
            json!([{"key": "a", "value": "1"}, {"key": "b", "value": ""}])
        );
        assert!(body["info"].get("description").is_none());
        assert_eq!(unfit_collection(&element), None);
    }

    #[test]
    fn the_address_of_the_format_is_sent_as_postman_takes_it() {
        for (own, expected) in [
            (
                "http://schema.getpostman.com/json/collection/v2.1.0/collection.json",
                SCHEMA,
            ),
            (
                "http://schema.getpostman.com/json/draft-07/collection/v2.1.0/collection.json",
                SCHEMA,
            ),
            (super::SCHEMAS[1], super::SCHEMAS[1]),
        ] {
            let local = json!({"info": {"name": "A", "schema": own}, "item": []});
            let element = element(ElementKind::Collection, &local);
            let body = Body::of_collection(&element, None, &IdTable::new()).unwrap();
            assert_eq!(sent(&body)["info"]["schema"], expected);
            let stored = RawJson::parse(&local.to_string().replace(own, expected)).unwrap();
            assert_eq!(body.lost_in(&stored), None);
        }
    }

    #[test]
    fn a_number_that_would_change_on_the_way_is_not_sent() {
        let text = format!(
            r#"{{"info": {{"name": "A", "schema": "{SCHEMA}"}}, "item": [], "variable": [{{"key": "a", "value": 123456789012345678901234567890}}]}}"#
        );
        let mut element = element(ElementKind::Collection, &json!({}));
        element.content = document(ElementKind::Collection, &text);
        let error = Body::of_collection(&element, None, &IdTable::new()).unwrap_err();
        assert!(matches!(error, TargetError::Unsuitable { .. }), "{error}");
    }

    #[test]
    fn a_number_as_postman_writes_it_arrives_to_the_last_digit() {
        let mut generator = 1_u64;
        for _ in 0..2_000 {
            generator = generator
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let number = f64::from_bits(generator);
            if !number.is_finite() {
                continue;
            }
            let local = json!({"info": {"name": "A", "schema": SCHEMA}, "item": [], "variable": [{"key": "a", "value": number}]});
            let element = element(ElementKind::Collection, &local);
            let body = Body::of_collection(&element, None, &IdTable::new()).unwrap();
            let arrived = sent(&body)["variable"][0]["value"].as_f64();
            assert_eq!(
                arrived.map(f64::to_bits),
                Some(number.to_bits()),
                "{number}"
            );
        }
    }

    #[test]
    fn a_secret_is_sent_as_postman_has_it() {
        let value = |secret: &str| json!({"name": "A", "values": [{"key": "t", "value": secret, "type": "secret"}]});
        let element = element(ElementKind::Environment, &value("of the file"));
        let there = value("of Postman");
        let body = Body::of_environment(&element, Some(&there)).unwrap();
        assert_eq!(sent(&body)["values"][0]["value"], "of Postman");
        let new = Body::of_environment(&element, None).unwrap();
        assert_eq!(sent(&new)["values"][0]["value"], "");
    }

    #[test]
    fn what_postman_lost_is_told_and_what_it_stored_all_the_same() {
        let local = json!({"info": {"name": "A", "schema": SCHEMA}, "item": [
            {"name": "One", "request": {"method": "GET", "url": "https://example.com"}}]});
        let element = element(ElementKind::Collection, &local);
        let body = Body::of_collection(&element, None, &IdTable::new()).unwrap();
        let stored = |name: &str| {
            let text = local.to_string().replace("One", name);
            RawJson::parse(&text).unwrap()
        };
        let written = body.written(id("1"), None, &stored(" One "), BTreeMap::new());
        assert!(written.unwrap().before.is_none());
        let error = body.written(id("1"), None, &stored("Two"), BTreeMap::new());
        let Err(TargetError::StoredOtherwise {
            written,
            difference,
            ..
        }) = error
        else {
            panic!("a loss was not seen");
        };
        assert!(difference.contains("/item/0/name"), "{difference}");
        let content: ElementContent = document(ElementKind::Collection, stored("Two").text());
        assert_eq!(written.after.digest, content.digest);
    }
}
