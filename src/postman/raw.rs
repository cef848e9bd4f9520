//! JSON that is carried and not understood: collections and environments keep their order, their numbers as they
//! were written, and members that nobody has heard of.

use crate::format::fault::FaultKind;
use crate::format::json;
use crate::format::node::Kind;

/// The text of one JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawJson(String);

/// Why a text is no JSON object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotObject(pub String);

impl RawJson {
    /// Takes a text that is a JSON object.
    pub fn parse(text: &str) -> Result<Self, NotObject> {
        Self::inner(text, None)
    }

    /// The object in a member, as the API wraps it; the whole where there is no such member but one named `own`.
    pub fn unwrap(text: &str, member: &str, own: &str) -> Result<Self, NotObject> {
        Self::inner(text, Some((member, own)))
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// How long the text is in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The object has no member.
    pub fn is_empty(&self) -> bool {
        self.0
            .trim_matches(['{', '}', ' ', '\n', '\r', '\t'])
            .is_empty()
    }

    /// `{"member": this}`: as the API wants it.
    pub fn wrapped(&self, member: &str) -> Vec<u8> {
        format!("{{\"{member}\":{}}}", self.0).into_bytes()
    }

    fn inner(text: &str, wrapper: Option<(&str, &str)>) -> Result<Self, NotObject> {
        let (document, faults) = json::parse(text.to_owned());
        if let Some(fault) = faults.iter().find(|fault| fault.kind == FaultKind::Syntax) {
            return Err(NotObject(format!("it is no JSON: {}", fault.message)));
        }
        let not_object = || NotObject("it is no JSON object".to_owned());
        let root = document.root().ok_or_else(not_object)?;
        let node = match wrapper {
            None => root,
            Some((member, own)) => match root.get(member) {
                Some(inner) => inner,
                None if root.get(own).is_some() => root,
                None => return Err(NotObject(format!("the JSON has no member `{member}`"))),
            },
        };
        if node.kind() != Kind::Object {
            return Err(not_object());
        }
        Ok(Self(node.span().of(document.text()).to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::RawJson;

    #[test]
    fn what_is_carried_stays_byte_for_byte() {
        let inner =
            r#"{"z": 1.0, "a": 123456789012345678901234567890, "info": {}, "b": "\u00e9" }"#;
        let wrapped = format!("{{\"meta\":1,\"collection\": {inner} }}");
        let raw = RawJson::unwrap(&wrapped, "collection", "info").unwrap();
        assert_eq!(raw.text(), inner);
        assert_eq!(
            RawJson::unwrap(inner, "collection", "info").unwrap().text(),
            inner
        );
        assert_eq!(
            raw.wrapped("collection"),
            format!("{{\"collection\":{inner}}}").into_bytes()
        );
    }

    #[test]
    fn deep_cut_and_foreign_texts_are_errors() {
        for wrong in [
            "",
            "[]",
            "{\"collection\":[]}",
            "{\"a\":1}",
            "{\"collection\":{\"a\":",
        ] {
            assert!(
                RawJson::unwrap(wrong, "collection", "info").is_err(),
                "{wrong}"
            );
        }
        assert!(RawJson::parse(&"{\"a\":".repeat(100_000)).is_err());
        assert!(RawJson::parse("{ }").unwrap().is_empty());
    }
}
