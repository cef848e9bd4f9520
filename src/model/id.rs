//! Identifiers as Postman and git write them: newtypes that parse, so that a wrong one is found where it is read.

use std::fmt;

/// The id of an API in Postman: a UUID in its usual form, kept in lower case.
///
/// Postman drops ids that are no valid UUID without a word (its command-line tool, version 1.34).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiId(String);

impl ApiId {
    /// Reads an id; `None` where it is no UUID.
    pub fn parse(text: &str) -> Option<Self> {
        is_uuid(text).then(|| Self(text.to_ascii_lowercase()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApiId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The id of a collection across teams: `<owner>-<uuid>`, as in `.postman/api_<id>` and in `info._uid`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CollectionUid(String);

impl CollectionUid {
    /// Reads a uid; `None` where it is not an owner number, a dash and a UUID.
    pub fn parse(text: &str) -> Option<Self> {
        let (owner, uuid) = text.split_once('-')?;
        let numeric = !owner.is_empty() && owner.bytes().all(|byte| byte.is_ascii_digit());
        (numeric && is_uuid(uuid)).then(|| Self(text.to_ascii_lowercase()))
    }

    /// The uid as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Eight, four, four, four and twelve hexadecimal digits with dashes between them.
pub fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.len() == 5
        && groups.iter().zip([8, 4, 4, 4, 12]).all(|(group, length)| {
            group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
}

/// The id of a commit, SHA-1 or SHA-256, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(String);

impl CommitId {
    /// Reads an id of 40 or 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let right =
            matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        right.then(|| Self(text.to_ascii_lowercase()))
    }

    /// All zeros: git's way to say that there is no such commit.
    pub fn is_zero(&self) -> bool {
        self.0.bytes().all(|byte| byte == b'0')
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiId, CollectionUid, CommitId};

    #[test]
    fn ids_are_told_from_what_looks_like_them() {
        assert!(ApiId::parse("11111111-2222-4333-8444-555555555555").is_some());
        assert!(ApiId::parse("11111111-2222-4333-8444-55555555555").is_none());
        assert!(ApiId::parse("11111111222243338444555555555555").is_none());
        assert!(CollectionUid::parse("12345678-aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee").is_some());
        assert!(CollectionUid::parse("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee").is_none());
        assert!(CommitId::parse(&"0".repeat(40)).is_some_and(|id| id.is_zero()));
        assert!(CommitId::parse("HEAD").is_none());
    }
}
