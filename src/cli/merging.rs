//! Three versions of one file merged by what they mean: what `merge` and the merge driver share.

use crate::format::detect::Syntax;
use crate::format::fault::{Fault, FaultKind};
use crate::format::markers::merge_markers;
use crate::format::merge::{merge_collections, merge_values};
use crate::format::merge_value::Conflict;
use crate::format::write::to_text;
use crate::format::{Parsed, parse};

/// The three versions.
#[derive(Debug)]
pub struct Versions {
    /// What both sides started from.
    pub base: Vec<u8>,
    /// Our side.
    pub ours: Vec<u8>,
    /// Their side.
    pub theirs: Vec<u8>,
}

/// A merge that could be made.
#[derive(Debug)]
pub struct MergedText {
    /// The document; where there are conflicts, with our side in it.
    pub text: String,
    /// What nobody but a person can decide.
    pub conflicts: Vec<Conflict>,
}

/// Merges JSON documents. `path` decides what they are where the content leaves it open.
///
/// # Errors
/// Why the versions cannot be merged by meaning: a sentence about the first that stands in the way.
pub fn merge_documents(path: &str, versions: Versions) -> Result<MergedText, String> {
    let base = readable(path, "the common ancestor", versions.base)?;
    let ours = readable(path, "our version", versions.ours)?;
    let theirs = readable(path, "their version", versions.theirs)?;
    let roots = [&base, &ours, &theirs].map(|parsed| {
        parsed
            .document
            .as_ref()
            .and_then(|document| document.root())
    });
    let ([Some(root_base), Some(root_ours), Some(root_theirs)], Some(own)) =
        (roots, ours.document.as_ref())
    else {
        return Err("one of the versions is empty".to_owned());
    };
    let is_plain_collection = |parsed: &Parsed| {
        parsed.format.is_collection()
            && parsed
                .subject()
                .is_some_and(|(_, prefix)| prefix.is_empty())
    };
    let (merged, conflicts) = if [&base, &ours, &theirs].into_iter().all(is_plain_collection) {
        merge_collections(root_base, root_ours, root_theirs)
    } else {
        merge_values(root_base, root_ours, root_theirs)
    };
    let text = to_text(&merged, own).map_err(|error| error.to_string())?;
    // A merge never makes a document worse than both sides were.
    let result = parse(path, text.clone().into_bytes());
    if result
        .faults
        .iter()
        .any(|fault| fault.kind == FaultKind::Syntax)
    {
        return Err("the merged document would not be valid JSON".to_owned());
    }
    if result.valid == Some(false) && ours.valid == Some(true) && theirs.valid == Some(true) {
        return Err("the merged document would not have the shape its format demands".to_owned());
    }
    Ok(MergedText { text, conflicts })
}

fn readable(path: &str, which: &str, bytes: Vec<u8>) -> Result<Parsed, String> {
    let parsed = parse(path, bytes);
    if parsed.syntax != Syntax::Json {
        return Err(format!("{which} is not JSON"));
    }
    if !merge_markers(parsed.source()).is_empty() {
        return Err(format!(
            "{which} holds a merge conflict that nobody resolved"
        ));
    }
    if let Some(fault) = parsed
        .faults
        .iter()
        .find(|fault| fault.kind == FaultKind::Syntax)
    {
        return Err(format!("{which} cannot be read: {}", fault.message));
    }
    let lossy = |fault: &&Fault| {
        matches!(
            fault.kind,
            FaultKind::DuplicateKey | FaultKind::LoneSurrogate
        )
    };
    if let Some(fault) = parsed.faults.iter().find(lossy) {
        return Err(format!("{which} is ambiguous: {}", fault.message));
    }
    Ok(parsed)
}

/// The conflicts as they are told to a person, one a line.
pub fn told(conflicts: &[Conflict]) -> Vec<String> {
    conflicts
        .iter()
        .map(|conflict| {
            let place = match (conflict.item.as_str(), conflict.field.as_str()) {
                ("", "") => "the document".to_owned(),
                ("", field) => field.to_owned(),
                (item, "") => format!("`{item}`"),
                (item, field) => format!("`{item}` {field}"),
            };
            format!("{place}: {}", conflict.message)
        })
        .collect()
}

/// The conflicts with all three values, for the file beside the document.
pub fn as_json(path: &str, conflicts: &[Conflict]) -> String {
    let conflicts: Vec<serde_json::Value> = conflicts
        .iter()
        .map(|conflict| {
            let value = |text: &Option<String>| {
                let parsed = text
                    .as_deref()
                    .map(serde_json::from_str::<serde_json::Value>);
                parsed.map_or(serde_json::Value::Null, |value| value.unwrap_or_default())
            };
            serde_json::json!({
                "item": conflict.item,
                "field": conflict.field,
                "message": conflict.message,
                "base": value(&conflict.base),
                "ours": value(&conflict.ours),
                "theirs": value(&conflict.theirs),
            })
        })
        .collect();
    let object = serde_json::json!({"format_version": 1, "path": path, "conflicts": conflicts});
    format!("{object:#}\n")
}
