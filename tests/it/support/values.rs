//! Documents as `serde_json` has them, and what changed between two texts.

use git_postman::format::node::{Kind, NodeRef};
use serde_json::{Value, json};

/// A value as serde has it; of a number that it cannot hold the text.
pub(crate) fn plain(node: NodeRef<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::Boolean => Value::Bool(node.as_boolean().unwrap()),
        Kind::Number => {
            let text = node.as_number().unwrap();
            serde_json::from_str(text).unwrap_or_else(|_| json!({"number": text}))
        }
        Kind::String => Value::from(node.as_str().unwrap()),
        Kind::Array => node.items().map(plain).collect(),
        Kind::Object => {
            let members = node
                .members()
                .map(|member| (member.key.to_owned(), plain(member.value)));
            Value::Object(members.collect())
        }
    }
}

/// The JSON Pointer of every value, containers before what they hold; the document itself is the first.
pub(crate) fn pointers(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(value, "", &mut found);
    found
}

/// How many lines differ: those that neither a common start nor a common end has.
pub(crate) fn changed_lines(before: &str, after: &str) -> usize {
    let (one, two): (Vec<&str>, Vec<&str>) =
        (before.split('\n').collect(), after.split('\n').collect());
    let start = one.iter().zip(&two).take_while(|(a, b)| a == b).count();
    let most = one.len().min(two.len()) - start;
    let end = one
        .iter()
        .rev()
        .zip(two.iter().rev())
        .take(most)
        .take_while(|(a, b)| a == b)
        .count();
    one.len().max(two.len()) - start - end
}

fn collect(value: &Value, pointer: &str, into: &mut Vec<String>) {
    into.push(pointer.to_owned());
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                collect(member, &format!("{pointer}/{key}"), into);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &format!("{pointer}/{index}"), into);
            }
        }
        _ => {}
    }
}
