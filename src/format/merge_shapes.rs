//! Three-way merge of the fields of a collection that hang together: an address and its parts, a kind and what goes with it,
//! texts that may be written in two ways.

use serde_json::Value;

use crate::format::meaning::{Within, same};
use crate::format::merge_text::merge_sequence;
use crate::format::merge_value::{Merge, Three, object};
use crate::format::merged::Merged;
use crate::format::node::{Kind, NodeRef};

impl<'a> Merge<'a> {
    /// Merges a field that has a shape of its own; `None` where it merges as any other.
    pub(crate) fn shaped(
        &mut self,
        three: &Three<'a>,
        ours: NodeRef<'a>,
        theirs: NodeRef<'a>,
        place: Within,
        key: &str,
    ) -> Option<Option<Merged<'a>>> {
        let kinds = (ours.kind(), theirs.kind());
        match (key, kinds) {
            ("url", (Kind::Object, Kind::Object)) => Some(self.address(three, ours, theirs, place)),
            ("url", (Kind::String, Kind::String)) => {
                let base = three.base?.as_str()?;
                let merged = merge_addresses(base, ours.as_str()?, theirs.as_str()?)?;
                Some(Some(Merged::Text {
                    like: ours,
                    text: merged,
                }))
            }
            ("auth", (Kind::Object, Kind::Object)) => self.governed(
                three,
                place,
                "type",
                "one side changed the kind of authorization and the other its settings",
            ),
            ("body", (Kind::Object, Kind::Object)) => self.governed(
                three,
                place,
                "mode",
                "one side changed the kind of body and the other its content",
            ),
            ("exec", (Kind::Array, Kind::String) | (Kind::String, Kind::Array)) => {
                self.script(three, ours, theirs).map(Some)
            }
            ("description", (Kind::Object, Kind::String) | (Kind::String, Kind::Object)) => {
                self.description(three, ours, theirs).map(Some)
            }
            _ => None,
        }
    }

    /// What a kind governs: where one side chose another kind, nothing that the other changed fits any more.
    fn governed(
        &mut self,
        three: &Three<'a>,
        place: Within,
        kind: &str,
        message: &str,
    ) -> Option<Option<Merged<'a>>> {
        let kinds = three.get(kind);
        let text = |side: Option<NodeRef<'a>>| side.and_then(NodeRef::as_text);
        let (base, ours, theirs) = (text(kinds.base), text(kinds.ours), text(kinds.theirs));
        if ours == theirs || three.base.is_none() {
            return None;
        }
        let (base_node, own, other) = (three.base?, three.ours?, three.theirs?);
        let changed_by_both = !same(base_node, own, place) && !same(base_node, other, place);
        if (base != ours || base != theirs) && changed_by_both {
            return Some(self.undecided(three, message));
        }
        None
    }

    /// An address taken apart: the parts merge, and `raw` is what they say together.
    fn address(
        &mut self,
        three: &Three<'a>,
        ours: NodeRef<'a>,
        theirs: NodeRef<'a>,
        place: Within,
    ) -> Option<Merged<'a>> {
        let told = self.conflicts.len();
        let mut members = self.members(three, place, Some("raw"));
        if self.conflicts.len() > told {
            // An address half from us and half from them leads nowhere.
            self.conflicts.truncate(told);
            return self.undecided(three, "both sides changed the address");
        }
        let raw = three.get("raw");
        let text = |side: Option<NodeRef<'a>>| side.and_then(NodeRef::as_str);
        let before = three.base.map(value_of);
        let base_raw = match three.base {
            Some(base) if base.kind() == Kind::String => base.as_str(),
            _ => text(raw.base),
        };
        let (own_raw, their_raw) = (text(raw.ours), text(raw.theirs));
        if own_raw.is_none() && their_raw.is_none() {
            return Some(object(ours, members));
        }
        let merged = Value::Object(
            members
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value_of_merged(value)))
                .collect(),
        );
        let address = |side: NodeRef<'a>| address_of(&value_of(side));
        let (own, other, wanted) = (address(ours), address(theirs), address_of(&merged));
        let original = before.as_ref().and_then(address_of);
        let value = if wanted == own && (their_raw == base_raw || own_raw == their_raw) {
            raw.ours.map(Merged::Taken)
        } else if (wanted == other && (own_raw == base_raw || own_raw == their_raw))
            || (own == original && own_raw == base_raw)
        {
            raw.theirs.map(Merged::Taken)
        } else if other == original && their_raw == base_raw {
            raw.ours.map(Merged::Taken)
        } else if own.as_deref() == own_raw && other.as_deref() == their_raw && wanted.is_some() {
            wanted.map(|text| match raw.ours {
                Some(like) => Merged::Text { like, text },
                None => Merged::New(text.into()),
            })
        } else {
            return self.undecided(three, "both sides changed the address");
        };
        if let Some(value) = value {
            let first = ours.member("raw").or_else(|| theirs.member("raw"));
            let key = first.map_or("raw", |member| member.key);
            let at = ours
                .members()
                .take_while(|member| member.key != "raw")
                .last();
            let at = at.and_then(|before| members.iter().position(|(key, _)| *key == before.key));
            members.insert(at.map_or(0, |at| at + 1), (key, value));
        }
        Some(object(ours, members))
    }

    /// A script as one text on one side and as lines on the other.
    fn script(
        &mut self,
        three: &Three<'a>,
        ours: NodeRef<'a>,
        theirs: NodeRef<'a>,
    ) -> Option<Merged<'a>> {
        let lines = |node: NodeRef<'a>| -> Option<Vec<&'a str>> {
            match node.kind() {
                Kind::String => Some(
                    node.as_str()?
                        .split('\n')
                        .map(|line| line.trim_end_matches('\r'))
                        .collect(),
                ),
                _ => node.items().map(NodeRef::as_str).collect(),
            }
        };
        let base = lines(three.base?)?;
        let merged = merge_sequence(&base, &lines(ours)?, &lines(theirs)?)?;
        if lines(ours)? == merged {
            return Some(Merged::Taken(ours));
        }
        if lines(theirs)? == merged {
            return Some(Merged::Taken(theirs));
        }
        Some(match ours.kind() {
            Kind::String => Merged::Text {
                like: ours,
                text: merged.join("\n"),
            },
            _ => Merged::New(merged.into()),
        })
    }

    /// A description as a text on one side and with its type on the other: the text decides.
    fn description(
        &mut self,
        three: &Three<'a>,
        ours: NodeRef<'a>,
        theirs: NodeRef<'a>,
    ) -> Option<Merged<'a>> {
        let text = |node: NodeRef<'a>| match node.kind() {
            Kind::String => node.as_str(),
            _ => node.get_str("content"),
        };
        let (base, own, other) = (text(three.base?)?, text(ours)?, text(theirs)?);
        if own == other || other == base {
            return Some(Merged::Taken(ours));
        }
        (own == base).then_some(Merged::Taken(theirs))
    }
}

/// Merges addresses that are texts, where each side changed another part: what stands before the query, the query, the
/// fragment.
fn merge_addresses(base: &str, ours: &str, theirs: &str) -> Option<String> {
    let parts = |text: &'_ str| -> [String; 3] {
        let (text, fragment) = match text.find('#') {
            Some(at) => text.split_at(at),
            None => (text, ""),
        };
        let (path, query) = match text.find('?') {
            Some(at) => text.split_at(at),
            None => (text, ""),
        };
        [path.to_owned(), query.to_owned(), fragment.to_owned()]
    };
    let (base, ours, theirs) = (parts(base), parts(ours), parts(theirs));
    let mut merged = String::new();
    for ((base, own), other) in base.iter().zip(&ours).zip(&theirs) {
        if own == other || base == other {
            merged.push_str(own);
        } else if base == own {
            merged.push_str(other);
        } else {
            return None;
        }
    }
    Some(merged)
}

/// The address that parts make, as Postman puts it together; `None` where a part has a shape that it does not know.
fn address_of(url: &Value) -> Option<String> {
    if let Value::String(text) = url {
        return Some(text.clone());
    }
    let mut text = String::new();
    if let Some(protocol) = url
        .get("protocol")
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
    {
        text.push_str(protocol);
        if !protocol.ends_with("://") {
            text.push_str("://");
        }
    }
    let joined = |value: &Value, with: &str| match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let part = |part: &Value| match part {
                Value::String(text) => Some(text.clone()),
                Value::Object(_) => part.get("value").and_then(Value::as_str).map(str::to_owned),
                _ => None,
            };
            Some(
                parts
                    .iter()
                    .map(part)
                    .collect::<Option<Vec<_>>>()?
                    .join(with),
            )
        }
        _ => None,
    };
    if let Some(host) = url.get("host") {
        text.push_str(&joined(host, ".")?);
    }
    if let Some(port) = url
        .get("port")
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
    {
        text.push(':');
        text.push_str(port);
    }
    if let Some(path) = url.get("path") {
        let path = joined(path, "/")?;
        if !path.starts_with('/') {
            text.push('/');
        }
        text.push_str(&path);
    }
    let query = url
        .get("query")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let mut separator = '?';
    for parameter in query
        .iter()
        .filter(|one| one.get("disabled") != Some(&Value::Bool(true)))
    {
        text.push(separator);
        separator = '&';
        text.push_str(
            parameter
                .get("key")
                .and_then(Value::as_str)
                .unwrap_or_default(),
        );
        if let Some(value) = parameter.get("value").and_then(Value::as_str) {
            text.push('=');
            text.push_str(value);
        }
    }
    if let Some(fragment) = url
        .get("hash")
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
    {
        text.push('#');
        text.push_str(fragment);
    }
    Some(text)
}

/// A small value of a document, for looking at it.
fn value_of(node: NodeRef<'_>) -> Value {
    match node.kind() {
        Kind::Object => node
            .members()
            .map(|member| (member.key.to_owned(), value_of(member.value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Kind::Array => node.items().map(value_of).collect(),
        Kind::Boolean => node.as_boolean().into(),
        Kind::Null => Value::Null,
        _ => node.as_text().into(),
    }
}

fn value_of_merged(merged: &Merged<'_>) -> Value {
    match merged {
        Merged::Taken(node) => value_of(*node),
        Merged::Object { members, .. } => members
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value_of_merged(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Merged::Array { items, .. } => items.iter().map(value_of_merged).collect(),
        Merged::Text { text, .. } => text.as_str().into(),
        Merged::New(value) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{address_of, merge_addresses};

    #[test]
    fn an_address_is_what_its_parts_say() {
        let url = json!({
            "protocol": "https", "host": ["api", "example", "com"], "port": "8443", "path": ["a", ":id"],
            "query": [{"key": "x", "value": "1"}, {"key": "y", "value": "2", "disabled": true}, {"key": "z", "value": null}],
            "hash": "top"
        });
        assert_eq!(
            address_of(&url).unwrap(),
            "https://api.example.com:8443/a/:id?x=1&z#top"
        );
        assert_eq!(
            address_of(&json!({"host": ["{{baseUrl}}"], "path": [""]})).unwrap(),
            "{{baseUrl}}/"
        );
        assert_eq!(address_of(&json!({"path": [1]})), None);
    }

    #[test]
    fn addresses_as_texts_merge_by_their_parts() {
        assert_eq!(
            merge_addresses("/a?x=1", "/b?x=1", "/a?x=1&y=2").unwrap(),
            "/b?x=1&y=2"
        );
        assert_eq!(merge_addresses("/a", "/b", "/c"), None);
    }
}
