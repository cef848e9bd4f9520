//! JSON and YAML texts as plain values, for definitions and for seed files.

use serde_json::{Map, Number, Value};

use crate::format::fault::Fault;
use crate::format::json::parse as parse_json;
use crate::format::node::{Kind, NodeRef};
use crate::format::yaml::parse as parse_yaml;

/// The most values that are read of one text: aliases make a short text long.
const MOST_VALUES: usize = 1_000_000;

/// A text as a value. The name of its file says whether it is JSON; everything else is YAML.
///
/// # Errors
/// What is wrong with the text, with its line.
pub fn value_of(path: &str, text: &str) -> Result<Value, String> {
    let is_json = path
        .rsplit_once('.')
        .is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("json"));
    let (document, faults) = if is_json {
        parse_json(text.to_owned())
    } else {
        parse_yaml(text.to_owned())
    };
    if let Some(fault) = faults.iter().find(|fault| Fault::invalidates(fault)) {
        let line = text
            .bytes()
            .take(fault.span.start as usize)
            .filter(|byte| *byte == b'\n')
            .count();
        return Err(format!("line {}: {}", line + 1, fault.message));
    }
    let root = document.root().ok_or("the document is empty")?;
    let mut left = MOST_VALUES;
    read(root, &mut left).ok_or_else(|| "the document is too large".to_owned())
}

/// The depth is bounded by the parsers.
fn read(node: NodeRef<'_>, left: &mut usize) -> Option<Value> {
    *left = left.checked_sub(1)?;
    Some(match node.kind() {
        Kind::Object => {
            let mut members = Map::new();
            for member in node.members() {
                members.insert(member.key.to_owned(), read(member.value, left)?);
            }
            Value::Object(members)
        }
        Kind::Array => {
            let items: Option<Vec<Value>> = node.items().map(|item| read(item, left)).collect();
            Value::Array(items?)
        }
        Kind::Number => {
            let text = node.as_number().unwrap_or("0");
            let number: Option<Number> = serde_json::from_str(text).ok();
            number.map_or_else(|| Value::String(text.to_owned()), Value::Number)
        }
        Kind::Boolean => Value::Bool(node.as_boolean().unwrap_or(false)),
        Kind::Null => Value::Null,
        Kind::String => Value::String(node.as_str().unwrap_or_default().to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::value_of;

    #[test]
    fn both_languages_give_the_same_value() {
        let expected = json!({"a": [1, true, null, "x"], "b": {"c": 1.5}});
        assert_eq!(
            value_of("x.json", r#"{"a": [1, true, null, "x"], "b": {"c": 1.5}}"#),
            Ok(expected.clone())
        );
        assert_eq!(
            value_of("x.yaml", "a: [1, true, null, x]\nb:\n  c: 1.5\n"),
            Ok(expected)
        );
    }

    #[test]
    fn a_fault_is_told_with_its_line() {
        let told = value_of("x.json", "{\n\"a\": }").unwrap_err();
        assert!(told.starts_with("line 2: "), "{told}");
        assert!(value_of("x.yaml", "").is_err());
    }
}
