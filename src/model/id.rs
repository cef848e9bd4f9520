//! Identifiers as Postman and git write them: newtypes that parse, so that a wrong one is found where it is read.

use std::fmt;

use crate::model::text::visible;

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

/// The name of a branch, without `refs/heads/`, as git allows one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BranchName(String);

impl BranchName {
    /// Reads a name by the rules of `git check-ref-format --branch`.
    pub fn parse(text: &str) -> Option<Self> {
        let part_is_good =
            |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
        let good = text.split('/').all(part_is_good)
            && !text.starts_with('-')
            && !text.ends_with('.')
            && !text.contains("..")
            && !text.contains("@{")
            && text != "@"
            && text != "HEAD"
            && !text
                .chars()
                .any(|character| character.is_ascii_control() || " ~^:?*[\\".contains(character));
        good.then(|| Self(text.to_owned()))
    }

    /// The name behind `refs/heads/`; `None` for any other reference.
    pub fn of_reference(reference: &str) -> Option<Self> {
        Self::parse(reference.strip_prefix("refs/heads/")?)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The whole name of the reference.
    pub fn reference(&self) -> String {
        format!("refs/heads/{}", self.0)
    }
}

/// Shown harmless: git allows characters that change how others are shown.
impl fmt::Display for BranchName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&visible(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiId, BranchName, CollectionUid, CommitId};

    #[test]
    fn a_branch_is_named_as_git_allows() {
        for good in ["main", "feature/a#b", "ü/%41", "a@b", "x.y", "a{b"] {
            assert!(BranchName::parse(good).is_some(), "{good}");
        }
        for bad in [
            "", "/a", "a/", "a//b", ".a", "a/.b", "a.lock/b", "a..b", "a b", "a~1", "a^", "a:b",
            "a?", "a*", "a[", "a\\b", "a@{1", "@", "-a", "a.", "HEAD", "a\u{7f}", "a\nb",
        ] {
            assert_eq!(BranchName::parse(bad), None, "{bad}");
        }
        let branch = BranchName::of_reference("refs/heads/a/b").unwrap();
        assert_eq!(
            (branch.as_str(), branch.reference().as_str()),
            ("a/b", "refs/heads/a/b")
        );
        assert_eq!(BranchName::of_reference("refs/tags/a"), None);
    }

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
