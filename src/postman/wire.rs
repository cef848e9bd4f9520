//! Shapes that several calls share: ids that come as number or text, cursors, who and when.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use crate::model::id::is_uuid;

/// An id as Postman gives it, a number here and a text there.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnyId(String);

/// Where a list goes on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    /// The next page.
    pub next_cursor: Option<String>,
    /// How many there are in all.
    pub total: Option<usize>,
}

impl AnyId {
    /// An id that is known.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id without its owner.
    pub fn bare(&self) -> &str {
        bare(&self.0)
    }
}

/// The UUID of a uid (`12345-<uuid>`); any other text as it is. A UUID has hyphens of its own, so the first one
/// decides nothing.
pub fn bare(id: &str) -> &str {
    match id.split_once('-') {
        Some((owner, rest))
            if !owner.is_empty()
                && owner.bytes().all(|byte| byte.is_ascii_digit())
                && is_uuid(rest) =>
        {
            rest
        }
        _ => id,
    }
}

impl fmt::Display for AnyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AnyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrText)
    }
}

struct NumberOrText;

impl Visitor<'_> for NumberOrText {
    type Value = AnyId;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an id, as a number or a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<AnyId, E> {
        Ok(AnyId(text.to_owned()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<AnyId, E> {
        Ok(AnyId(number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<AnyId, E> {
        Ok(AnyId(number.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::{AnyId, bare};

    #[test]
    fn an_id_may_be_a_number_or_a_text() {
        let ids: Vec<AnyId> = serde_json::from_str(r#"[12, "12", "a-b"]"#).unwrap();
        assert_eq!(ids[0], ids[1]);
        assert!(serde_json::from_str::<AnyId>("[1]").is_err());
    }

    #[test]
    fn the_owner_is_taken_off_a_uid_and_off_nothing_else() {
        let uuid = "11111111-2222-4333-8444-555555555555";
        assert_eq!(bare(&format!("1234-{uuid}")), uuid);
        // A bare id whose first group is all digits is no owner.
        assert_eq!(bare(uuid), uuid);
        assert_eq!(bare("x-y"), "x-y");
    }
}
