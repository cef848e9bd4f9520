//! Texts that can be written in several ways: lines of a script, headers as one text, descriptions, addresses of schemas.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::format::node::NodeRef;

/// The lines of a script, without the carriage returns before their ends.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').map(|line| line.trim_end_matches('\r'))
}

/// A text of headers as pairs; `None` where it is not one.
pub(crate) fn headers(text: &str) -> Option<Vec<(&str, &str)>> {
    let written = lines(text).filter(|line| !line.is_empty());
    let pair = |line: &'_ str| -> Option<(usize, usize)> {
        let colon = line.find(':')?;
        // A line that starts with a blank goes on with the one before it, which nobody writes any more.
        (!line.starts_with([' ', '\t'])).then_some((colon, colon + 1))
    };
    written
        .map(|line| {
            let (end, start) = pair(line)?;
            Some((line[..end].trim(), line[start..].trim()))
        })
        .collect()
}

/// The address of a collection's schema, wherever Postman had it.
pub(crate) fn schema_address(text: &str) -> Cow<'_, str> {
    let version = || {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))?;
        let path = rest
            .strip_prefix("schema.getpostman.com/")
            .or_else(|| rest.strip_prefix("schema.postman.com/"))?;
        let (before, after) = path.split_once("collection/v")?;
        let known = ["json/", "json/draft-04/", "json/draft-07/", ""].contains(&before);
        let (version, end) = after.split_once('/').unwrap_or((after, ""));
        let plain = version
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        (known && plain && matches!(end, "" | "collection.json")).then_some(version)
    };
    match version() {
        Some(version) => Cow::Owned(format!(
            "https://schema.getpostman.com/json/collection/v{version}/collection.json"
        )),
        None => Cow::Borrowed(text),
    }
}

/// Names of headers without regard to case.
pub(crate) fn compare_names(one: &str, other: &str) -> Ordering {
    let small = |text: &str| {
        text.bytes()
            .map(|byte| byte.to_ascii_lowercase())
            .collect::<Vec<u8>>()
    };
    if one == other {
        return Ordering::Equal;
    }
    small(one).cmp(&small(other))
}

/// Whether a line says nothing.
pub(crate) fn is_blank_line(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'\r')
}

/// The text of a description that is an object with nothing but a text in it.
pub(crate) fn plain_description(description: NodeRef<'_>) -> Option<&str> {
    let is_plain = description
        .members()
        .enumerate()
        .filter(|(index, _)| description.counts(*index))
        .all(|(_, member)| match member.key {
            "content" => true,
            "type" => member.value.as_str() == Some("text/plain"),
            _ => false,
        });
    description.get_str("content").filter(|_| is_plain)
}
