//! Writing a merged document as text: what a side has is copied byte by byte, and only what changed is set anew, in
//! the style that stands around it. What was written is read back before it is given to anybody.

use std::ops::Range;

use crate::format::fault::{Fault, FaultKind};
use crate::format::json;
use crate::format::merged::{Merged, Seen, same_value};
use crate::format::node::{Document, Kind, NodeRef};
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
    #[error(
        "the change cannot be written into this layout without changing more than was meant; write it by hand"
    )]
    Layout,
}

/// A text that was written, with what it was read back as where all of it was.
#[derive(Debug)]
pub enum Written {
    /// The text; of what was written only a part was read back.
    Text(String),
    /// What the text was read as, with all that is to say of its syntax.
    Read(Box<Document>, Vec<Fault>),
}

impl Written {
    /// The text.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Read(document, _) => document.text(),
        }
    }

    /// The text, when nothing else is wanted any more.
    pub fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Read(document, _) => document.into_text(),
        }
    }
}

/// The text of a merged document. `like` is the document that gives the style and everything around the topmost value.
///
/// # Errors
/// Where the text would not read back as the merged value.
pub fn to_text(merged: &Merged<'_>, like: &Document) -> Result<String, WriteError> {
    written(merged, like).map(Written::into_text)
}

/// The same, with the document that was read back.
///
/// # Errors
/// Where the text would not read back as the merged value.
pub fn written(merged: &Merged<'_>, like: &Document) -> Result<Written, WriteError> {
    let text = like.text();
    let Some(root) = like.root() else {
        return Err(WriteError::Empty);
    };
    if matches!(merged, Merged::Taken(node) if node.is(root)) {
        return Ok(Written::Text(text.to_owned()));
    }
    if like.is_broken() {
        return Err(WriteError::Unreadable(
            "it has a fault in its grammar".to_owned(),
        ));
    }
    if like.is_yaml() {
        let patches = write_yaml::patches(merged, root)?;
        return read_back(merged, patches.applied(text, 0..text.len()), true);
    }
    let patches = write_json::patches(merged, root);
    let Some((extent, growth)) = patches.extent() else {
        return read_back(merged, text.to_owned(), false);
    };
    let written = patches.applied(text, 0..text.len());
    // In JSON what lies around a value has no say in what it means: the smallest one around all changes is read back.
    let (part, place) = innermost(merged, root, &extent);
    // A copy of most of the text would cost more than reading what is left of it.
    if place.is(root) || place.span().range().len() > written.len() / 2 {
        return read_back(merged, written, false);
    }
    let place = place.span().range();
    let slice = place
        .end
        .checked_add_signed(growth)
        .and_then(|end| written.get(place.start..end));
    read_back(part, slice.unwrap_or_default().to_owned(), false)?;
    Ok(Written::Text(written))
}

/// The innermost value that holds a range of the text with the bytes around it, and what it becomes.
fn innermost<'m, 'a>(
    mut merged: &'m Merged<'a>,
    mut place: NodeRef<'a>,
    extent: &Range<usize>,
) -> (&'m Merged<'a>, NodeRef<'a>) {
    let holds = |child: NodeRef<'_>| {
        let span = child.span().range();
        span.start < extent.start && extent.end < span.end
    };
    loop {
        let child = match merged {
            Merged::Object { like, members } if like.is(place) => {
                members.iter().find_map(|(_, value)| {
                    let like = value
                        .like()
                        .filter(|like| std::ptr::eq(like.document(), place.document()));
                    like.filter(|like| holds(*like)).map(|like| (value, like))
                })
            }
            Merged::Array { like, items } if like.is(place) => items.iter().find_map(|value| {
                let like = value
                    .like()
                    .filter(|like| std::ptr::eq(like.document(), place.document()));
                like.filter(|like| holds(*like)).map(|like| (value, like))
            }),
            _ => None,
        };
        match child {
            Some((value, child)) if matches!(child.kind(), Kind::Array | Kind::Object) => {
                (merged, place) = (value, child);
            }
            _ => return (merged, place),
        }
    }
}

/// What the text reads as, where that is the merged value.
fn read_back(merged: &Merged<'_>, text: String, yaml: bool) -> Result<Written, WriteError> {
    let (document, faults) = read(text, yaml);
    if faults.iter().any(|fault| fault.kind == FaultKind::Syntax) {
        return Err(WriteError::Layout);
    }
    match document.root() {
        Some(root) if same_value(Seen::Node(root), Seen::Merged(merged)) => {
            Ok(Written::Read(Box::new(document), faults))
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
