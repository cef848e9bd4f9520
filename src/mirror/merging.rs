//! Three versions of one file merged by what they mean: what `pull`, `merge` and the merge driver share.

use std::collections::BTreeSet;

use crate::format::detect::{Format, Syntax};
use crate::format::fault::{Fault, FaultKind};
use crate::format::markers::merge_markers;
use crate::format::meaning::{Within, place_of, same};
use crate::format::merge::{Outcome, merge, merge_taking};
use crate::format::merge_repair::{NOT_VALID_TOGETHER, take_back, take_back_all};
use crate::format::merge_text::merge_lines;
use crate::format::merge_value::Conflict;
use crate::format::merged::Merged;
use crate::format::node::{Document, NodeRef};
use crate::format::write::{Written, to_text, written};
use crate::format::{Parsed, json, judge, of_document, parse, read};
use crate::model::span::LineIndex;

/// So often the parts of a merge that are not valid are taken back before the whole document is.
const ROUNDS: usize = 16;

/// YAML of more bytes is merged by its values only.
const MOST_LINES_BYTES: usize = 4 * 1024 * 1024;

/// The three versions.
#[derive(Clone, Debug)]
pub struct Versions {
    /// What both sides started from; empty where each side added the file.
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

/// Whose side a conflict is decided for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// Ours.
    Ours,
    /// Theirs.
    Theirs,
}

/// Merges documents. `path` decides what they are where the content leaves it open; `for_ancestor` says that the result is
/// the common ancestor of another merge.
///
/// # Errors
/// Why the versions cannot be merged by meaning: a sentence about the first that stands in the way.
pub fn merge_documents(
    path: &str,
    versions: Versions,
    for_ancestor: bool,
) -> Result<MergedText, String> {
    let sides = sides_of(path, versions)?;
    let format = format_of(&sides);
    let (written, conflicts, is_known) = {
        let [base, ours, theirs] = documents(&sides)?;
        let outcome = merge(format, base.1, ours.1, theirs.1, for_ancestor);
        let merged = wrapped(outcome.merged, &sides);
        let written = written(&merged, ours.0).map_err(|error| error.to_string())?;
        let text = written.text();
        let is_known = for_ancestor || text == ours.0.text() || text == theirs.0.text();
        (written, outcome.conflicts, is_known)
    };
    let syntax = sides[1].syntax;
    let lines_may_merge = syntax == Syntax::Yaml
        && conflicts.is_empty()
        && sides[1].source().len() <= MOST_LINES_BYTES;
    if is_known && !lines_may_merge {
        let text = written.into_text();
        return Ok(MergedText { text, conflicts });
    }
    // The sides are read once more where that is needed: what is valid, which is most, is not worth holding all of them.
    let sides = sides.map(text_of);
    let mut result = match written {
        Written::Text(text) => read(path, text.into_bytes()),
        Written::Read(document, faults) => of_document(path, syntax, *document, faults),
    };
    if lines_may_merge && let Some(text) = with_both_comments(path, format, &sides, &result) {
        return Ok(MergedText { text, conflicts });
    }
    if is_known {
        let text = text_of(result);
        return Ok(MergedText { text, conflicts });
    }
    judge(&mut result);
    let is_valid = result.valid != Some(false);
    let text = text_of(result);
    if is_valid {
        return Ok(MergedText { text, conflicts });
    }
    // A merge never makes a document worse than both sides were.
    let mut sides = sides.map(|side| read(path, side.into_bytes()));
    for side in &mut sides[1..] {
        judge(side);
    }
    if sides[1..].iter().any(|side| side.valid == Some(false)) {
        return Ok(MergedText { text, conflicts });
    }
    repaired(path, format, &sides)
}

fn text_of(parsed: Parsed) -> String {
    parsed.document.map_or(parsed.text, Document::into_text)
}

/// Merges documents with every conflict decided: `answer` is asked once for each, in order; where it says nothing, nothing
/// is merged. Conflicts about folders and requests as a whole go together: one answer for theirs is one for all of them.
///
/// # Errors
/// As for [`merge_documents`], and where what was decided would not be valid though both sides are.
pub fn merge_answered(
    path: &str,
    versions: Versions,
    answer: &mut dyn FnMut(&Conflict) -> Option<Take>,
) -> Result<Result<String, Vec<Conflict>>, String> {
    let merged = merge_documents(path, versions.clone(), false)?;
    if merged.conflicts.is_empty() {
        return Ok(Ok(merged.text));
    }
    let mut answers = Vec::with_capacity(merged.conflicts.len());
    for conflict in &merged.conflicts {
        match answer(conflict) {
            Some(take) => answers.push(take),
            None => return Ok(Err(merged.conflicts)),
        }
    }
    if answers.iter().all(|take| *take == Take::Ours) {
        return Ok(Ok(merged.text));
    }
    let decided = merged.conflicts.iter().zip(&answers);
    let is_theirs_as_a_whole = decided
        .clone()
        .any(|(conflict, take)| *take == Take::Theirs && is_about_items(conflict));
    let at_theirs = |conflicts: &[Conflict], turned: bool| -> BTreeSet<usize> {
        let wanted = |conflict: &Conflict| {
            let mut all = decided.clone();
            let found = all.find(|(known, _)| {
                known.item == conflict.item
                    && known.field == conflict.field
                    && known.base == conflict.base
            });
            // What shows only from the other side follows that side.
            found.map_or(Take::Ours, |(_, take)| match (take, turned) {
                (take, false) => *take,
                (Take::Ours, true) => Take::Theirs,
                (Take::Theirs, true) => Take::Ours,
            })
        };
        let numbered = conflicts.iter().enumerate();
        numbered
            .filter(|(_, conflict)| wanted(conflict) == Take::Theirs)
            .map(|(index, _)| index)
            .collect()
    };
    let ours = readable(path, "our version", versions.ours.clone())?;
    let text = if is_theirs_as_a_whole {
        let turned = Versions {
            ours: versions.theirs.clone(),
            theirs: versions.ours.clone(),
            ..versions.clone()
        };
        let all = merge_documents(path, turned.clone(), false)?.conflicts;
        let text = taking(path, turned, at_theirs(&all, true))?;
        let theirs = readable(path, "the decided version", text.into_bytes())?;
        rewritten(&ours, &theirs)?
    } else {
        taking(path, versions.clone(), at_theirs(&merged.conflicts, false))?
    };
    let was_valid = |bytes: &[u8]| parse(path, bytes.to_vec()).valid != Some(false);
    if !was_valid(text.as_bytes()) && was_valid(&versions.ours) && was_valid(&versions.theirs) {
        return Err("what was decided would not be a valid document".to_owned());
    }
    Ok(Ok(text))
}

/// The text of `ours` with the value of `theirs`: every byte that has no part in the difference stays.
///
/// # Errors
/// Where the result cannot be written into this layout.
pub fn rewritten(ours: &Parsed, theirs: &Parsed) -> Result<String, String> {
    match (document(ours, ""), document(theirs, "")) {
        (Some(ours), Some(theirs)) => {
            to_text(&Merged::Taken(theirs.1), ours.0).map_err(|error| error.to_string())
        }
        _ => Err("one of the versions is empty".to_owned()),
    }
}

/// Whether a conflict is about a folder or request as a whole, about an order, or about more than one value.
fn is_about_items(conflict: &Conflict) -> bool {
    conflict.field.is_empty()
        || conflict.field == "/item"
        || conflict.message.starts_with(NOT_VALID_TOGETHER)
}

fn taking(path: &str, versions: Versions, theirs_at: BTreeSet<usize>) -> Result<String, String> {
    let sides = sides_of(path, versions)?;
    let format = format_of(&sides);
    let [base, ours, theirs] = documents(&sides)?;
    let outcome = merge_taking(format, base.1, ours.1, theirs.1, theirs_at);
    let merged = wrapped(outcome.merged, &sides);
    to_text(&merged, ours.0).map_err(|error| error.to_string())
}

/// Comments and blank lines are nobody's value: where the lines merge too, and mean what the documents merged to, the lines
/// are taken, with what both sides wrote beside their values. Very large texts are not looked at once more.
fn with_both_comments(
    path: &str,
    format: Format,
    [base, ours, theirs]: &[String; 3],
    wanted: &Parsed,
) -> Option<String> {
    let text = wanted.source();
    if text == *theirs {
        return None;
    }
    let lines = merge_lines(base, ours, theirs)?;
    if lines == text {
        return None;
    }
    let result = parse(path, lines.clone().into_bytes());
    let (result_root, _) = result.subject()?;
    let (wanted_root, _) = wanted.subject()?;
    let place = place_of(format).unwrap_or(Within::Value);
    let is_same = result.valid != Some(false) && same(result_root, wanted_root, place);
    is_same.then_some(lines)
}

/// The merge of valid documents of which a first result was not valid: what breaks it is taken back.
fn repaired(path: &str, format: Format, sides: &[Parsed; 3]) -> Result<MergedText, String> {
    let [base, ours, theirs] = documents(sides)?;
    let mut outcome = merge(format, base.1, ours.1, theirs.1, false);
    let prefix = shared_prefix(sides);
    let written = |outcome: &Outcome<'_>| {
        let merged = wrapped(outcome.merged.clone(), sides);
        to_text(&merged, ours.0).map_err(|error| error.to_string())
    };
    for _ in 0..ROUNDS {
        let text = written(&outcome)?;
        let result = parse(path, text.clone().into_bytes());
        if result.valid != Some(false) {
            return Ok(MergedText {
                text,
                conflicts: outcome.conflicts,
            });
        }
        let faults: Vec<(String, String)> = result
            .faults
            .into_iter()
            .filter(|fault| fault.kind == FaultKind::Schema)
            .filter_map(|fault| {
                let pointer = fault.pointer?.strip_prefix(prefix)?.to_owned();
                Some((pointer, fault.message))
            })
            .collect();
        if !take_back(&mut outcome, ours.1, &faults) {
            break;
        }
    }
    let reason = "no part of it could be told that breaks it";
    let outcome = take_back_all(base.1, ours.1, theirs.1, reason);
    Ok(MergedText {
        text: ours.0.text().to_owned(),
        conflicts: outcome.conflicts,
    })
}

fn sides_of(path: &str, versions: Versions) -> Result<[Parsed; 3], String> {
    // What each side added has no ancestor: everything in it is new.
    let base = if versions.base.iter().all(u8::is_ascii_whitespace) {
        b"{}".to_vec()
    } else {
        versions.base
    };
    let (base, (ours, theirs)) = rayon::join(
        || readable(path, "the common ancestor", base),
        || {
            rayon::join(
                || readable(path, "our version", versions.ours),
                || readable(path, "their version", versions.theirs),
            )
        },
    );
    let sides = [base?, ours?, theirs?];
    if sides[1].syntax != sides[2].syntax {
        return Err("one side is JSON and the other YAML".to_owned());
    }
    Ok(sides)
}

type Side<'a> = (&'a Document, NodeRef<'a>);

/// The documents and what of them is merged.
fn documents(sides: &[Parsed; 3]) -> Result<[Side<'_>; 3], String> {
    let prefix = shared_prefix(sides);
    match sides.each_ref().map(|side| document(side, prefix)) {
        [Some(base), Some(ours), Some(theirs)] => Ok([base, ours, theirs]),
        _ => Err("one of the versions is empty".to_owned()),
    }
}

fn document<'a>(parsed: &'a Parsed, prefix: &str) -> Option<Side<'a>> {
    let document = parsed.document.as_ref()?;
    let root = document.root()?;
    Some((document, root.at(prefix).unwrap_or(root)))
}

/// What is merged, as a pointer: what the Postman API wraps is unwrapped where all sides have it alike and nothing beside.
fn shared_prefix(sides: &[Parsed; 3]) -> &'static str {
    let [base, ours, theirs] = sides;
    let prefix = prefix_of(ours);
    let members = |parsed: &Parsed| {
        let root = parsed.document.as_ref().and_then(Document::root);
        root.map_or(0, |root| root.members().len())
    };
    let is_alike = |parsed: &Parsed| prefix_of(parsed) == prefix && members(parsed) == 1;
    if is_alike(ours) && is_alike(theirs) && (is_alike(base) || members(base) == 0) {
        prefix
    } else {
        ""
    }
}

fn prefix_of(parsed: &Parsed) -> &'static str {
    parsed.subject().map_or("", |(_, prefix)| prefix)
}

/// What was merged, in what our side has around it.
fn wrapped<'a>(merged: Merged<'a>, sides: &'a [Parsed; 3]) -> Merged<'a> {
    let root = sides[1].document.as_ref().and_then(Document::root);
    match (root, shared_prefix(sides).strip_prefix('/')) {
        (Some(like), Some(key)) => Merged::Object {
            like,
            members: vec![(key, merged)],
        },
        _ => merged,
    }
}

/// What the sides are; where they do not agree, nothing in particular.
fn format_of(sides: &[Parsed; 3]) -> Format {
    let [_, ours, theirs] = sides;
    let is_definition = ours.format.is_definition() && theirs.format.is_definition();
    let agree = ours.format == theirs.format
        || is_definition
        || matches!(
            (ours.format, theirs.format),
            (
                Format::Collection20 | Format::Collection21,
                Format::Collection20 | Format::Collection21
            )
        );
    // Merged as a whole, what is wrapped is no collection.
    let is_whole =
        shared_prefix(sides).is_empty() && sides.iter().any(|side| !prefix_of(side).is_empty());
    if agree && !is_whole {
        ours.format
    } else {
        Format::Unknown
    }
}

fn readable(path: &str, which: &str, bytes: Vec<u8>) -> Result<Parsed, String> {
    let parsed = read(path, bytes);
    if !matches!(parsed.syntax, Syntax::Json | Syntax::Yaml) {
        return Err(format!("{which} is neither JSON nor YAML"));
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
        let line = line_of(&parsed, fault);
        return Err(format!(
            "{which} cannot be read: {} (line {line})",
            fault.message
        ));
    }
    let lossy = |fault: &&Fault| {
        matches!(
            fault.kind,
            FaultKind::DuplicateKey | FaultKind::LoneSurrogate
        )
    };
    if let Some(fault) = parsed.faults.iter().find(lossy) {
        let line = line_of(&parsed, fault);
        return Err(format!(
            "{which} is ambiguous: {} (line {line})",
            fault.message
        ));
    }
    if parsed.format == Format::Collection1 {
        return Err(format!(
            "{which} is a collection of version 1, which lists its requests by id only; export it as version 2.1"
        ));
    }
    Ok(parsed)
}

fn line_of(parsed: &Parsed, fault: &Fault) -> u32 {
    let text = parsed.source();
    LineIndex::new(text).position(text, fault.span.start).line
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
            format!("{place}: {}{}", conflict.message, values(conflict))
        })
        .collect()
}

/// The three values, where they are short and cannot be a secret.
fn values(conflict: &Conflict) -> String {
    const HARMLESS: &[&str] = &[
        "name",
        "method",
        "order",
        "mode",
        "type",
        "description",
        "disabled",
        "summary",
        "title",
        "version",
    ];
    let last = conflict.field.rsplit('/').next().unwrap_or_default();
    let texts = [&conflict.base, &conflict.ours, &conflict.theirs];
    let is_short = |text: &&Option<String>| {
        text.as_ref().is_none_or(|text| {
            text.len() <= 60 && !text.starts_with(['{', '[']) && !text.contains('\n')
        })
    };
    if !HARMLESS.contains(&last) || conflict.field.contains("/auth/") || !texts.iter().all(is_short)
    {
        return String::new();
    }
    let [base, ours, theirs] = texts.map(|text| text.as_deref().unwrap_or("nothing"));
    format!(" (it was {base}, ours is {ours}, theirs is {theirs})")
}

/// A text as a JSON value; `None` where it is YAML, or holds numbers that no computer word holds: that stays as it is
/// written.
fn as_value(text: &str) -> Option<serde_json::Value> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let [one, other] = [text.to_owned(), value.to_string()].map(|text| json::parse(text).0);
    same(one.root()?, other.root()?, Within::Value).then_some(value)
}

/// The conflicts with all three values, for the file beside the document.
pub fn as_json(path: &str, conflicts: &[Conflict]) -> String {
    let conflicts: Vec<serde_json::Value> = conflicts
        .iter()
        .map(|conflict| {
            let value = |text: &Option<String>| {
                text.as_deref().map_or(serde_json::Value::Null, |text| {
                    as_value(text).unwrap_or_else(|| text.into())
                })
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
