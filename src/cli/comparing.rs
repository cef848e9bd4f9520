//! Two versions of one file compared by what they mean: what `diff` and the diff driver share.

use crate::format::detect::{Format, Syntax};
use crate::format::diff::{Dialect, diff};
use crate::format::diff_lines::changed_lines;
use crate::format::diff_told::told;
use crate::format::fault::FaultKind;
use crate::format::items::Items;
use crate::format::node::NodeRef;
use crate::format::readable::readable;
use crate::format::{Parsed, read};
use crate::model::difference::{ChangeKind, ContentDifference, FileDifference, FileStatus};
use crate::model::text::counted;

/// Lines around changed ones, as git has it.
const CONTEXT: usize = 3;

/// A file on both sides.
#[derive(Debug)]
pub struct Versions {
    /// Where it lies; where it lay, if it is gone.
    pub path: String,
    /// Where it lay before, if that was elsewhere.
    pub earlier_path: Option<String>,
    /// What was in it; `None` where it was not.
    pub before: Option<Vec<u8>>,
    /// What is in it; `None` where it is not.
    pub after: Option<Vec<u8>>,
}

/// How a file is told that is only on one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// In a few words.
    Counted,
    /// With all it says.
    Told,
}

/// Compares two versions of a file. `None` where they are the same, byte by byte.
pub fn compare(versions: Versions, whole: Whole) -> Option<FileDifference> {
    let Versions {
        path,
        earlier_path,
        before,
        after,
    } = versions;
    if before == after && earlier_path.is_none() {
        return None;
    }
    let status = match (&before, &after) {
        (None, _) => FileStatus::Added,
        (_, None) => FileStatus::Removed,
        _ if earlier_path.is_some() => FileStatus::Renamed,
        _ => FileStatus::Changed,
    };
    let earlier = earlier_path.as_deref().unwrap_or(&path);
    let sides = (
        before.map(|bytes| read(earlier, bytes)),
        after.map(|bytes| read(&path, bytes)),
    );
    let format = sides
        .1
        .as_ref()
        .or(sides.0.as_ref())
        .map_or(Format::Unknown, |parsed| parsed.format);
    let content = match sides {
        (Some(before), Some(after)) => both(&before, &after),
        (Some(only), None) | (None, Some(only)) => one_sided(&only, status, whole),
        (None, None) => ContentDifference::Meaning(Vec::new()),
    };
    Some(FileDifference {
        path,
        earlier_path,
        format: format.name(),
        status,
        content,
    })
}

/// The value of a document that is compared, and as what; else why it cannot be.
pub fn comparable(parsed: &Parsed) -> Result<(NodeRef<'_>, Dialect), String> {
    if let Some(fault) = parsed
        .faults
        .iter()
        // Half of a surrogate pair is read as something else: two that differ would seem the same.
        .find(|fault| matches!(fault.kind, FaultKind::Syntax | FaultKind::LoneSurrogate))
    {
        let place = parsed.document.as_ref().map(|document| {
            let position = document.lines().position(document.text(), fault.span.start);
            format!(" (line {})", position.line)
        });
        return Err(format!("{}{}", fault.message, place.unwrap_or_default()));
    }
    let (root, _) = parsed
        .subject()
        .ok_or_else(|| "it holds no value".to_owned())?;
    let dialect = match parsed.format {
        Format::Collection20 | Format::Collection21 => Dialect::Collection,
        Format::Collection3 => Dialect::CollectionFile,
        Format::Environment => Dialect::Environment,
        Format::Globals => Dialect::Globals,
        format if format.is_definition() => Dialect::Definition,
        _ => Dialect::Other,
    };
    Ok((root, dialect))
}

fn both(before: &Parsed, after: &Parsed) -> ContentDifference {
    if before.document.is_none() && after.document.is_none() {
        return as_text(before, after, "line by line");
    }
    match (comparable(before), comparable(after)) {
        (Ok((one, of_one)), Ok((other, of_other))) => {
            let dialect = if of_one == of_other {
                of_one
            } else {
                Dialect::Other
            };
            let mut changes = told(&diff(one, other, dialect));
            for change in &mut changes {
                let side = if change.kind == ChangeKind::Removed {
                    before
                } else {
                    after
                };
                let prefix = side.subject().map_or("", |(_, prefix)| prefix);
                change.pointer.insert_str(0, prefix);
            }
            ContentDifference::Meaning(changes)
        }
        (_, Err(reason)) => {
            let reason = format!("line by line, since the newer version cannot be read: {reason}");
            as_text(before, after, &reason)
        }
        (Err(reason), _) => {
            let reason = format!("line by line, since the older version cannot be read: {reason}");
            as_text(before, after, &reason)
        }
    }
}

fn as_text(before: &Parsed, after: &Parsed, reason: &str) -> ContentDifference {
    if is_binary(before) || is_binary(after) {
        return ContentDifference::Opaque {
            reason: "binary".to_owned(),
        };
    }
    let (one, other) = (text_of(before), text_of(after));
    ContentDifference::Text {
        reason: reason.to_owned(),
        lines: changed_lines(&one, &other, CONTEXT),
    }
}

fn is_binary(parsed: &Parsed) -> bool {
    parsed.source().contains(['\0', '\u{fffd}'])
}

/// The text of a file that is compared by line. Where it names a secret, nobody can say which value that is, so none of
/// them is shown.
pub fn text_of(parsed: &Parsed) -> String {
    let text = parsed.source();
    if !text.contains("secret") || matches!(parsed.syntax, Syntax::Other) {
        return text.to_owned();
    }
    let lines = text.split_inclusive('\n').map(|line| {
        let named = [
            "\"value\"",
            "value:",
            "\"initialValue\"",
            "\"currentValue\"",
        ]
        .iter()
        .find_map(|key| Some(line.find(key)? + key.len()));
        match named {
            Some(end) => {
                let newline = if line.ends_with('\n') { "\n" } else { "" };
                format!(
                    "{} ***{newline}",
                    line[..end].trim_end_matches(':').to_owned() + ":"
                )
            }
            None => line.to_owned(),
        }
    });
    lines.collect()
}

fn one_sided(only: &Parsed, status: FileStatus, whole: Whole) -> ContentDifference {
    let known = comparable(only);
    let reason = match &known {
        Ok((root, Dialect::Collection)) => {
            let items = Items::of(*root).list;
            let requests = items.iter().filter(|item| !item.is_folder).count();
            format!("a collection with {}", counted(requests, "request"))
        }
        Ok(_) => only.format.phrase().to_owned(),
        Err(_) if only.document.is_none() => only.format.phrase().to_owned(),
        Err(reason) => format!("it cannot be read: {reason}"),
    };
    if is_binary(only) {
        return ContentDifference::Opaque {
            reason: "binary".to_owned(),
        };
    }
    if whole == Whole::Counted {
        return ContentDifference::Opaque { reason };
    }
    let text = match known {
        Ok((root, dialect)) => readable(root, dialect),
        Err(_) => text_of(only),
    };
    let lines = match status {
        FileStatus::Removed => changed_lines(&text, "", CONTEXT),
        _ => changed_lines("", &text, CONTEXT),
    };
    ContentDifference::Text { reason, lines }
}
