//! What an element means to the mirror, on either side: Postman's texts as contents with their digest, and the values of
//! secret variables left out of both. Environments travel without them.

use serde_json::Value;

use crate::format::detect::Format;
use crate::format::{Parsed, parse};
use crate::mirror::element::{ElementContent, ElementFile, ElementKind};
use crate::model::digest::Digest;
use crate::model::path::RepoPath;

/// The members of a variable that hold what it stands for.
const VALUES: [&str; 4] = ["value", "initialValue", "currentValue", "sessionValue"];

/// The digest of what a file means; `None` where only its bytes are equal to themselves. Both sides of the mirror use this
/// one. The value of a secret variable of an environment is no part of what it means: it never travels.
pub fn digest_of(path: &str, bytes: &[u8]) -> Option<Digest> {
    let parsed = parse(path, bytes.to_vec());
    match parsed.format {
        Format::Environment | Format::Globals => digest_without_secrets(path, &parsed),
        _ => parsed.canonical_digest().ok(),
    }
}

/// What Postman has of a collection or an environment: the text of one JSON object. The values of secret variables are
/// taken out before anybody keeps them.
pub fn document(kind: ElementKind, text: &str) -> ElementContent {
    let text = match kind {
        ElementKind::Environment => without_secrets(text).unwrap_or_else(|| text.to_owned()),
        ElementKind::Collection | ElementKind::Definition => text.to_owned(),
    };
    // A single file is what it says, whatever it is called.
    let file = format!("{}.json", kind.word());
    let digest = digest_of(&file, text.as_bytes()).unwrap_or_else(|| Digest::of(text.as_bytes()));
    ElementContent::of_one(RepoPath::outside(&file), text.into_bytes(), digest)
}

/// One file of a definition.
pub fn definition_file(path: &str, text: String) -> ElementFile {
    let bytes = text.into_bytes();
    let digest = digest_of(path, &bytes).unwrap_or_else(|| Digest::of(&bytes));
    ElementFile { bytes, digest }
}

/// The only file of an element, as JSON; `None` where it is no JSON, or there are several.
pub fn only_value(content: &ElementContent) -> Option<Value> {
    let mut files = content.files.values();
    let (Some(file), None) = (files.next(), files.next()) else {
        return None;
    };
    serde_json::from_slice(&file.bytes).ok()
}

/// Takes the values of secret variables out of an environment.
pub fn drop_secrets(environment: &mut Value) {
    let values = environment.get_mut("values").and_then(Value::as_array_mut);
    for variable in values.into_iter().flatten() {
        if is_secret(variable)
            && let Some(members) = variable.as_object_mut()
        {
            for key in VALUES {
                members.shift_remove(key);
            }
        }
    }
}

/// Whether a variable is of the type `secret`.
pub fn is_secret(variable: &Value) -> bool {
    variable.get("type").and_then(Value::as_str) == Some("secret")
}

fn digest_without_secrets(path: &str, parsed: &Parsed) -> Option<Digest> {
    let text = parsed.source();
    // What has no secrets is digested as it is, with its numbers as they are written.
    if !text.contains("secret") {
        return parsed.canonical_digest().ok();
    }
    parsed.canonical_digest().ok()?;
    let text = without_secrets(text)?;
    parse(path, text.into_bytes()).canonical_digest().ok()
}

fn without_secrets(text: &str) -> Option<String> {
    let mut value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    let secrets = value.get("values").and_then(Value::as_array);
    if !secrets.is_some_and(|values| values.iter().any(is_secret)) {
        return Some(text.to_owned());
    }
    drop_secrets(&mut value);
    Some(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::{digest_of, document, only_value};
    use crate::mirror::element::ElementKind;

    const ENVIRONMENT: &str = r#"{"name": "Prod", "values": [
        {"key": "host", "value": "example.com", "type": "default", "enabled": true},
        {"key": "token", "value": "VALUE", "type": "secret", "enabled": true}]}"#;

    #[test]
    fn the_value_of_a_secret_is_neither_kept_nor_compared() {
        let one = ENVIRONMENT.replace("VALUE", "abc");
        let other = ENVIRONMENT.replace("VALUE", "");
        let digest = |text: &str| digest_of("a.json", text.as_bytes()).unwrap();
        assert_eq!(digest(&one), digest(&other));
        assert_ne!(digest(&one), digest(&one.replace("example.com", "b")));
        let content = document(ElementKind::Environment, &one);
        assert_eq!(content.digest, digest(&one));
        let kept = only_value(&content).unwrap();
        assert_eq!(kept["values"][1]["value"], serde_json::Value::Null);
        assert_eq!(kept["values"][0]["value"], "example.com");
        assert!(!kept.to_string().contains("abc"));
    }

    #[test]
    fn what_postman_writes_by_itself_makes_no_difference() {
        let collection = |info: &str| {
            format!(
                r#"{{"info": {{"name": "A", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"{info}}}, "item": []}}"#
            )
        };
        let ours = digest_of("a.json", collection("").as_bytes()).unwrap();
        let theirs = collection(r#", "updatedAt": "2026-01-01T00:00:00.000Z""#);
        let content = document(ElementKind::Collection, &theirs);
        assert_eq!(content.digest, ours);
        assert_eq!(content.files.len(), 1);
    }
}
