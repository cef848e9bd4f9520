//! Writing a merged document as text: what a side has is copied byte by byte, and only what changed is set anew, in
//! the style that stands around it. What was written is read back before it is given to anybody.

use crate::format::fault::{Fault, FaultKind};
use crate::format::json;
use crate::format::merged::{Merged, Seen, same_value};
use crate::format::node::Document;
use crate::format::write_json;
use crate::format::write_yaml;
use crate::format::yaml;

/// Why a document cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// There is no value to change.
    #[error("the document is empty: there is nothing that could be changed")]
    Empty,
    /// The document that gives the style has faults in its grammar.
    #[error("the document cannot be read: {0}; correct that first")]
    Unreadable(String),
    /// What would be written is not what was meant: the layout is one that this tool cannot change.
    #[error("the change cannot be written into this layout without changing more than was meant; write it by hand")]
    Layout,
}

/// The text of a merged document. `like` is the document that gives the style and everything around the topmost value.
///
/// # Errors
/// Where the text would not read back as the merged value.
pub fn to_text(merged: &Merged<'_>, like: &Document) -> Result<String, WriteError> {
    let text = like.text();
    let Some(root) = like.root() else {
        return Err(WriteError::Empty);
    };
    let patches = if like.is_yaml() {
        write_yaml::patches(merged, root)?
    } else {
        write_json::patches(merged, root)
    };
    if patches.is_empty() && matches!(merged, Merged::Taken(node) if node.is(root)) {
        return Ok(text.to_owned());
    }
    let written = patches.applied(text, 0..text.len());
    let (document, faults) = read(written, like.is_yaml());
    let is_syntax = |fault: &&Fault| fault.kind == FaultKind::Syntax;
    if let Some(fault) = faults.iter().find(is_syntax) {
        let (_, own) = read(text.to_owned(), like.is_yaml());
        return Err(if own.iter().any(|fault| is_syntax(&fault)) {
            WriteError::Unreadable(fault.message.clone())
        } else {
            WriteError::Layout
        });
    }
    match document.root() {
        Some(root) if same_value(Seen::Node(root), Seen::Merged(merged)) => {
            Ok(document.into_text())
        }
        _ => Err(WriteError::Layout),
    }
}

fn read(text: String, yaml: bool) -> (Document, Vec<Fault>) {
    if yaml {
        yaml::parse(text)
    } else {
        json::parse(text)
    }
}
