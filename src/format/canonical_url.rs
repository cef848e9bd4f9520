//! URLs of version 2: a string, an object with the string and its parts, or the parts alone.

use std::borrow::Cow;

use crate::format::node::{Kind, NodeRef};

/// The keys of an object that are parts of its URL.
pub const PARTS: &[&str] = &["protocol", "host", "port", "path", "query", "hash"];

/// The URL as one text, where that text says all that its parts say: the parts make it up, or there are none.
/// `None` where they tell different URLs, or one that cannot be put together.
pub fn whole_url(url: NodeRef<'_>) -> Option<Cow<'_, str>> {
    let has_credentials = url.get("auth").is_some_and(|auth| {
        auth.members().len() + auth.items().len() > 0 || auth.as_text().is_some()
    });
    if has_credentials {
        return None;
    }
    let raw = match url.get("raw") {
        None => None,
        Some(raw) => Some(raw.as_str()?),
    };
    let is_there = |part: &&str| {
        url.get(part)
            .is_some_and(|value| value.kind() != Kind::Null)
    };
    if !PARTS.iter().any(is_there) {
        return Some(Cow::Borrowed(raw.unwrap_or_default()));
    }
    let joined = joined(url)?;
    match raw {
        None => Some(Cow::Owned(joined)),
        Some(raw) => (joined == raw).then_some(Cow::Borrowed(raw)),
    }
}

/// The parts put together as Postman does: disabled query parameters are not in the URL.
fn joined(url: NodeRef<'_>) -> Option<String> {
    let mut text = String::with_capacity(96);
    if let Some(protocol) = plain(url, "protocol")? {
        text.push_str(protocol);
        text.push_str("://");
    }
    if let Some(host) = url.get("host").filter(|host| host.kind() != Kind::Null) {
        text.push_str(&dotted(host)?);
    }
    if let Some(port) = plain(url, "port")? {
        text.push(':');
        text.push_str(port);
    }
    if let Some(path) = url.get("path").filter(|path| path.kind() != Kind::Null) {
        text.push_str(&slashed(path)?);
    }
    let mut sign = '?';
    if let Some(query) = url.get("query").filter(|query| query.kind() != Kind::Null) {
        if query.kind() != Kind::Array {
            return None;
        }
        for parameter in query.items() {
            if parameter.get("disabled").and_then(NodeRef::as_boolean) == Some(true) {
                continue;
            }
            text.push(sign);
            sign = '&';
            text.push_str(parameter.get_str("key")?);
            match parameter.get("value") {
                None => {}
                Some(value) if value.kind() == Kind::Null => {}
                Some(value) => {
                    text.push('=');
                    text.push_str(value.as_str()?);
                }
            }
        }
    }
    if let Some(hash) = plain(url, "hash")? {
        text.push('#');
        text.push_str(hash);
    }
    Some(text)
}

/// A part that is a text: the outer `None` where it is something else, the inner one where it is not there.
fn plain<'a>(url: NodeRef<'a>, key: &str) -> Option<Option<&'a str>> {
    match url.get(key) {
        None => Some(None),
        Some(value) => match value.kind() {
            Kind::Null => Some(None),
            Kind::String | Kind::Number => Some(value.as_text().filter(|text| !text.is_empty())),
            _ => None,
        },
    }
}

/// A host as one text; `None` where it is neither a text nor a list of them.
pub fn dotted(host: NodeRef<'_>) -> Option<Cow<'_, str>> {
    match host.kind() {
        Kind::String => host.as_str().map(Cow::Borrowed),
        Kind::Array => {
            let mut text = String::new();
            for (index, part) in host.items().enumerate() {
                if index > 0 {
                    text.push('.');
                }
                text.push_str(part.as_str()?);
            }
            Some(Cow::Owned(text))
        }
        _ => None,
    }
}

/// A path as one text with a slash before each segment; empty for none.
pub fn slashed(path: NodeRef<'_>) -> Option<Cow<'_, str>> {
    match path.kind() {
        Kind::String => path.as_str().map(|text| {
            if text.is_empty() || text.starts_with('/') {
                Cow::Borrowed(text)
            } else {
                Cow::Owned(format!("/{text}"))
            }
        }),
        Kind::Array => {
            let mut text = String::new();
            for segment in path.items() {
                text.push('/');
                text.push_str(segment.as_str()?);
            }
            Some(Cow::Owned(text))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::whole_url;
    use crate::format::json;

    fn whole(url: &str) -> Option<String> {
        let (document, faults) = json::parse(url.to_owned());
        assert_eq!(faults, []);
        whole_url(document.root().unwrap()).map(|text| text.into_owned())
    }

    #[test]
    fn parts_that_make_up_the_text_add_nothing_to_it() {
        for (url, expected) in [
            (
                r#"{"raw": "https://a.b:80/c/:d?e=1&f#g", "protocol": "https", "host": ["a", "b"], "port": "80", "path": ["c", ":d"], "query": [{"key": "e", "value": "1"}, {"key": "f", "value": null}, {"key": "x", "value": "y", "disabled": true}], "hash": "g"}"#,
                "https://a.b:80/c/:d?e=1&f#g",
            ),
            (
                r#"{"raw": "{{base}}/a", "host": "{{base}}", "path": "/a"}"#,
                "{{base}}/a",
            ),
            (
                r#"{"host": ["{{base}}"], "path": "a/b", "port": ""}"#,
                "{{base}}/a/b",
            ),
            (r#"{"raw": "x"}"#, "x"),
            (r#"{}"#, ""),
        ] {
            assert_eq!(whole(url).as_deref(), Some(expected), "{url}");
        }
    }

    #[test]
    fn parts_that_tell_another_url_are_not_dropped() {
        for url in [
            r#"{"raw": "https://a/b", "host": ["a"], "path": ["b"]}"#,
            r#"{"raw": "a?x=1", "host": ["a"], "query": [{"key": "x", "value": "2"}]}"#,
            r#"{"raw": "a?x=1", "host": ["a"], "query": [{"key": "x", "value": "1", "disabled": true}]}"#,
            r#"{"raw": "a", "host": ["a"], "auth": {"user": "u"}}"#,
            r#"{"raw": "a/b", "host": ["a"], "path": [{"type": "any", "value": "b"}]}"#,
            r#"{"raw": 5}"#,
        ] {
            assert_eq!(whole(url), None, "{url}");
        }
    }
}
