//! Values as they are shown in a difference: short, on one line where they are no text, secrets masked.

use crate::format::node::{Kind, NodeRef};
use crate::format::url_template::url_text;
use crate::model::text::shortened;

/// What stands for a secret.
pub(crate) const MASK: &str = "***";

/// A value that is no text is shown up to so many characters.
const MOST_CHARACTERS: usize = 2_000;

/// What the attributes of an authorization are called that nobody else may know.
const SENSITIVE: &[&str] = &[
    "accessKey",
    "accessToken",
    "apiKey",
    "authKey",
    "authToken",
    "clientSecret",
    "clientToken",
    "consumerSecret",
    "password",
    "privateKey",
    "refreshToken",
    "secret",
    "secretKey",
    "sessionToken",
    "token",
    "tokenSecret",
];

/// Whether the member `key` of an object is a secret: the value of a variable of type `secret`, or an attribute of an
/// authorization that is one.
pub(crate) fn is_secret(holder: NodeRef<'_>, key: &str, in_authorization: bool) -> bool {
    if matches!(
        key,
        "value" | "initialValue" | "currentValue" | "sessionValue"
    ) {
        let is_sensitive = |name: &str| {
            in_authorization
                && (SENSITIVE
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(name))
                    || name == "value")
        };
        return holder.get_str("type") == Some("secret")
            || holder.get("secret").and_then(NodeRef::as_boolean) == Some(true)
            || holder.get_str("key").is_some_and(is_sensitive);
    }
    in_authorization
        && SENSITIVE
            .iter()
            .any(|known| known.eq_ignore_ascii_case(key))
}

/// A value for people. What is only a variable is no secret.
pub(crate) fn shown(node: NodeRef<'_>, is_masked: bool, in_authorization: bool) -> String {
    if is_masked {
        return masked(node);
    }
    if let Some(text) = node.as_str() {
        return text.to_owned();
    }
    if ["raw", "host", "path"]
        .iter()
        .all(|key| node.get(key).is_some())
    {
        return url_text(node);
    }
    if let Some(text) = lines_of(node) {
        return text;
    }
    let mut text = String::new();
    push(node, &mut text, in_authorization);
    shortened(&text, MOST_CHARACTERS)
}

/// The text of a list of lines, such as a script's; `None` for anything else.
pub(crate) fn lines_of(node: NodeRef<'_>) -> Option<String> {
    if node.kind() != Kind::Array || node.items().len() < 2 {
        return None;
    }
    let lines: Option<Vec<&str>> = node.items().map(NodeRef::as_str).collect();
    lines.map(|lines| lines.join("\n"))
}

pub(crate) fn masked(node: NodeRef<'_>) -> String {
    match node.as_text() {
        Some("") => String::new(),
        Some(text)
            if text.starts_with("{{") && text.find("}}") == Some(text.len().saturating_sub(2)) =>
        {
            text.to_owned()
        }
        _ if node.kind() == Kind::Null => "null".to_owned(),
        _ => MASK.to_owned(),
    }
}

/// Compact JSON, as far as it is shown at all.
fn push(node: NodeRef<'_>, text: &mut String, in_authorization: bool) {
    if text.len() > 4 * MOST_CHARACTERS {
        return;
    }
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match node.kind() {
        Kind::Object => {
            text.push('{');
            for (index, member) in node.members().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                text.push_str(&quoted(member.key));
                text.push_str(": ");
                if is_secret(node, member.key, in_authorization) {
                    text.push_str(&quoted(&masked(member.value)));
                } else {
                    push(member.value, text, in_authorization || member.key == "auth");
                }
            }
            text.push('}');
        }
        Kind::Array => {
            text.push('[');
            for (index, item) in node.items().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                push(item, text, in_authorization);
            }
            text.push(']');
        }
        Kind::String => text.push_str(&quoted(node.as_str().unwrap_or_default())),
        Kind::Null => text.push_str("null"),
        Kind::Number | Kind::Boolean => text.push_str(node.as_text().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;
    use crate::format::json;

    fn of(text: &str, in_authorization: bool) -> String {
        let (document, _) = json::parse(text.to_owned());
        shown(document.root().unwrap(), false, in_authorization)
    }

    #[test]
    fn secrets_are_masked_wherever_they_lie() {
        assert_eq!(
            of(r#"[{"key": "k", "value": "abc", "type": "secret"}]"#, false),
            r#"[{"key": "k", "value": "***", "type": "secret"}]"#
        );
        assert_eq!(
            of(
                r#"{"auth": {"type": "bearer", "bearer": [{"key": "token", "value": "abc"}, {"key": "x", "value": "y"}]}}"#,
                false
            ),
            r#"{"auth": {"type": "bearer", "bearer": [{"key": "token", "value": "***"}, {"key": "x", "value": "y"}]}}"#
        );
        assert_eq!(
            of(
                r#"{"bearer": {"token": "abc"}, "basic": {"password": "{{password}}"}}"#,
                true
            ),
            r#"{"bearer": {"token": "***"}, "basic": {"password": "{{password}}"}}"#
        );
    }
}
