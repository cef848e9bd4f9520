//! The canonical form: one text for everything that means the same, and its digest. A value becomes JSON, indented by
//! tabs, with keys in a fixed order; an API definition that has no values here stays a text with plain line ends.

use std::borrow::Cow;

use crate::format::fault::{Fault, FaultKind};
use crate::format::markers::merge_markers;
use crate::format::meaning_fields::Within;
use crate::format::meaning_part::{Part, Parts, View};
use crate::format::node::NodeRef;
use crate::model::digest::{Digest, DigestWriter};
use crate::model::text::is_hidden;

/// No canonical text is longer than this, in bytes. Aliases of YAML could make one of any size.
pub const MOST_TEXT: u64 = 1 << 30;

/// How much text waits for the digest.
const BLOCK: usize = 1 << 16;

/// What has a canonical form.
#[derive(Clone, Copy, Debug)]
pub enum Canonical<'a> {
    /// A value, and what it is.
    Value(NodeRef<'a>, Within),
    /// A text that is not taken apart.
    Text(&'a str),
}

/// Why a document has no canonical form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCanonicalForm {
    /// It cannot be read, or not without losing something.
    #[error("{}", .0.message)]
    Fault(Fault),
    /// Its text would be longer than [`MOST_TEXT`].
    #[error("canonical text would be longer than {MOST_TEXT} bytes, as aliases are written out")]
    TooLong,
}

impl NoCanonicalForm {
    /// Where it shows, for a fault.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Fault(fault) => Some(fault),
            Self::TooLong => None,
        }
    }
}

/// What stands in the way of a canonical form of a text with these faults: what cannot be read, or only with a loss.
///
/// # Errors
/// The first fault that does.
pub fn readable(text: &str, faults: &[Fault]) -> Result<(), NoCanonicalForm> {
    if let Some(span) = merge_markers(text).first() {
        let fault = Fault::syntax(*span, "a merge conflict that nobody resolved")
            .with_help("resolve the conflict and take the markers out");
        return Err(NoCanonicalForm::Fault(fault));
    }
    let lossy = |fault: &&Fault| matches!(fault.kind, FaultKind::Syntax | FaultKind::LoneSurrogate);
    match faults.iter().find(lossy) {
        Some(fault) => Err(NoCanonicalForm::Fault(fault.clone())),
        None => Ok(()),
    }
}

/// The canonical text: JSON with a final newline, or the plain text.
///
/// # Errors
/// Where it would be too long.
pub fn text(what: Canonical<'_>) -> Result<String, NoCanonicalForm> {
    match what {
        Canonical::Value(node, place) => text_of(Part::Node(node, place)),
        Canonical::Text(text) => Ok(plain(text).into_owned()),
    }
}

/// The digest of the canonical text, without having it in memory.
///
/// # Errors
/// Where the text would be too long.
pub fn digest(what: Canonical<'_>) -> Result<Digest, NoCanonicalForm> {
    match what {
        Canonical::Value(node, place) => digest_of(Part::Node(node, place)),
        Canonical::Text(text) => Ok(Digest::of(plain(text).as_bytes())),
    }
}

pub(crate) fn text_of(part: Part<'_>) -> Result<String, NoCanonicalForm> {
    let mut writer = Writer {
        buffer: String::new(),
        digest: None,
        done: 0,
    };
    writer.part(part, 0)?;
    writer.buffer.push('\n');
    Ok(writer.buffer)
}

pub(crate) fn digest_of(part: Part<'_>) -> Result<Digest, NoCanonicalForm> {
    let mut writer = Writer {
        buffer: String::with_capacity(2 * BLOCK),
        digest: Some(DigestWriter::default()),
        done: 0,
    };
    writer.part(part, 0)?;
    writer.buffer.push('\n');
    let mut digest = writer.digest.unwrap_or_default();
    digest.update(writer.buffer.as_bytes());
    Ok(digest.finish())
}

/// A text with plain line ends, one at its end, and no byte order mark.
fn plain(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n"))
    } else {
        Cow::Borrowed(text)
    };
    let content = text.trim_end_matches(['\n', '\r']);
    if content.is_empty() {
        return Cow::Borrowed("");
    }
    if content.len() + 1 == text.len() && text.ends_with('\n') {
        return text;
    }
    Cow::Owned(format!("{content}\n"))
}

struct Writer {
    buffer: String,
    digest: Option<DigestWriter>,
    done: u64,
}

impl Writer {
    fn part(&mut self, part: Part<'_>, depth: usize) -> Result<(), NoCanonicalForm> {
        match part.view() {
            View::Null => self.buffer.push_str("null"),
            View::Boolean(true) => self.buffer.push_str("true"),
            View::Boolean(false) => self.buffer.push_str("false"),
            View::Number(number) => self.buffer.push_str(&number),
            View::Text(text) => escape(&text, &mut self.buffer),
            View::Object(members) => self.object(members, depth)?,
            View::Items(list, place) => self.list(Parts::Nodes(list, place, 0), depth)?,
            View::List(parts) => self.list(Parts::Made(parts.into_iter()), depth)?,
        }
        self.settle()
    }

    fn object(
        &mut self,
        members: Vec<(&str, Part<'_>)>,
        depth: usize,
    ) -> Result<(), NoCanonicalForm> {
        if members.is_empty() {
            self.buffer.push_str("{}");
            return Ok(());
        }
        for (index, (key, part)) in members.into_iter().enumerate() {
            self.buffer.push(if index == 0 { '{' } else { ',' });
            self.line(depth + 1);
            escape(key, &mut self.buffer);
            self.buffer.push_str(": ");
            self.part(part, depth + 1)?;
        }
        self.line(depth);
        self.buffer.push('}');
        Ok(())
    }

    fn list(&mut self, parts: Parts<'_>, depth: usize) -> Result<(), NoCanonicalForm> {
        let mut is_empty = true;
        for part in parts {
            self.buffer.push(if is_empty { '[' } else { ',' });
            is_empty = false;
            self.line(depth + 1);
            self.part(part, depth + 1)?;
        }
        if is_empty {
            self.buffer.push_str("[]");
        } else {
            self.line(depth);
            self.buffer.push(']');
        }
        Ok(())
    }

    fn line(&mut self, depth: usize) {
        const TABS: &str = "\n\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t";
        match TABS.get(..=depth) {
            Some(text) => self.buffer.push_str(text),
            None => {
                self.buffer.push('\n');
                self.buffer.extend(std::iter::repeat_n('\t', depth));
            }
        }
    }

    /// Hands full blocks to the digest, and stops where the text grows beyond all bounds.
    fn settle(&mut self) -> Result<(), NoCanonicalForm> {
        if let Some(digest) = &mut self.digest
            && self.buffer.len() >= BLOCK
        {
            digest.update(self.buffer.as_bytes());
            self.done += self.buffer.len() as u64;
            self.buffer.clear();
        }
        if self.done + self.buffer.len() as u64 > MOST_TEXT {
            return Err(NoCanonicalForm::TooLong);
        }
        Ok(())
    }
}

/// A JSON string. What a terminal would obey, or a reader not see, is escaped as well.
fn escape(text: &str, into: &mut String) {
    into.push('"');
    let mut start = 0;
    let bytes = text.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        let byte = bytes[index];
        // What may have to be escaped starts with one of these; everything else is passed over at once.
        if (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\' {
            index += 1;
            continue;
        }
        let Some(character) = text[index..].chars().next() else {
            break;
        };
        let length = character.len_utf8();
        let short = match character {
            '"' => Some("\\\""),
            '\\' => Some("\\\\"),
            '\n' => Some("\\n"),
            '\r' => Some("\\r"),
            '\t' => Some("\\t"),
            _ => None,
        };
        if short.is_some() || is_hidden(character) || character.is_control() {
            into.push_str(&text[start..index]);
            match short {
                Some(short) => into.push_str(short),
                None => {
                    let mut units = [0; 2];
                    for unit in character.encode_utf16(&mut units) {
                        into.push_str(&format!("\\u{unit:04x}"));
                    }
                }
            }
            start = index + length;
        }
        index += length;
    }
    into.push_str(&text[start..]);
    into.push('"');
}
