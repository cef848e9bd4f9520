//! A change in one line: what the report for people and the one for pull requests share.

use crate::model::difference::{
    Change, ChangeKind, ContentDifference, FileDifference, FileStatus, LineKind,
};
use crate::model::text::counted;

/// A change as a sentence. `quoted` draws what a document wrote, and lets nothing of it act.
pub(crate) fn sentence(change: &Change, quoted: &dyn Fn(&str) -> String) -> String {
    let (item, what) = change.place();
    let mut text = change.noun.to_owned();
    if !item.is_empty() {
        text.push(' ');
        text.push_str(&quoted(&item));
    }
    if !what.is_empty() {
        text.push_str(" › ");
        text.push_str(&quoted(&what));
    }
    let known =
        |value: &Option<String>| value.as_deref().filter(|text| !text.is_empty()).map(quoted);
    let (before, after) = (known(&change.before), known(&change.after));
    let place = |value: &Option<String>| match value.as_deref() {
        Some("") | None => "the top".to_owned(),
        Some(folder) => quoted(folder),
    };
    match change.kind {
        ChangeKind::Added => {
            text = format!("added {text}");
            push_value(&mut text, change, after);
        }
        ChangeKind::Removed => {
            text = format!("removed {text}");
            push_value(&mut text, change, before);
        }
        ChangeKind::Renamed => {
            text = format!("renamed {text}");
            if let Some(before) = before {
                text.push_str(&format!(", before {before}"));
            }
        }
        ChangeKind::Moved => {
            text = format!(
                "moved {text}, from {} to {}",
                place(&change.before),
                place(&change.after)
            );
        }
        ChangeKind::Reordered => {
            text = format!("reordered {text}");
            if let Some(after) = after {
                text.push_str(&format!(": {after}"));
            }
        }
        ChangeKind::Changed if !change.lines.is_empty() => {
            text.push_str(&format!(": {}", counted_lines(change)));
        }
        ChangeKind::Changed => {
            let empty = || "nothing".to_owned();
            text.push_str(&format!(
                ": {} → {}",
                before.unwrap_or_else(empty),
                after.unwrap_or_else(empty)
            ));
        }
    }
    text
}

fn push_value(text: &mut String, change: &Change, value: Option<String>) {
    if !change.lines.is_empty() {
        text.push_str(&format!(": {}", counted_lines(change)));
    } else if let Some(value) = value {
        text.push_str(&format!(": {value}"));
    }
}

fn counted_lines(change: &Change) -> String {
    let count = |kind: LineKind| change.lines.iter().filter(|line| line.kind == kind).count();
    format!(
        "{} added, {} removed",
        counted(count(LineKind::Added), "line"),
        count(LineKind::Removed)
    )
}

/// What happened to a file, and in how many places.
pub(crate) fn headline(file: &FileDifference, quoted: &dyn Fn(&str) -> String) -> String {
    let mut text = format!("{} {}", file.status.word(), quoted(&file.path));
    if let Some(earlier) = &file.earlier_path {
        text.push_str(&format!(", before {}", quoted(earlier)));
    }
    let told = match &file.content {
        ContentDifference::Meaning(changes) if changes.is_empty() => match file.status {
            FileStatus::Changed => {
                "only its way of writing, or what Postman writes by itself".to_owned()
            }
            _ => return text,
        },
        ContentDifference::Meaning(changes) => counted(changes.len(), "change"),
        ContentDifference::Text { reason, .. } | ContentDifference::Opaque { reason } => {
            quoted(reason)
        }
    };
    format!("{text}: {told}")
}
