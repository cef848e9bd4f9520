//! What a format says of a text, before a rule makes it a finding.

use crate::model::span::Span;

/// No more faults of a kind than this are told of one document: the rest follows from them or is more of the same.
pub const MOST_FAULTS: usize = 1000;

/// What kind of trouble a fault is. One rule reports each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The text is not in the format's grammar.
    Syntax,
    /// An object has a key twice; readers keep the last.
    DuplicateKey,
    /// A string has half of a surrogate pair; what it meant is lost.
    LoneSurrogate,
    /// The document has a shape that its schema does not allow.
    Schema,
    /// A version that nobody knows, or none at all.
    UnknownVersion,
}

/// One trouble in one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind of trouble.
    pub kind: FaultKind,
    /// Where.
    pub span: Span,
    /// The JSON Pointer of the value, where there is one.
    pub pointer: Option<String>,
    /// What is wrong: one sentence, lower case, no full stop.
    pub message: String,
    /// What to do about it, where more can be said than in general.
    pub help: Option<String>,
}

impl Fault {
    /// A fault in the grammar.
    pub fn syntax(span: Span, message: impl Into<String>) -> Self {
        Self {
            kind: FaultKind::Syntax,
            span,
            pointer: None,
            message: message.into(),
            help: None,
        }
    }

    /// A fault of this kind at a value.
    pub fn at(kind: FaultKind, span: Span, pointer: String, message: impl Into<String>) -> Self {
        Self {
            kind,
            span,
            pointer: Some(pointer),
            message: message.into(),
            help: None,
        }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    /// Whether the text cannot be taken for what it says it is.
    pub fn invalidates(&self) -> bool {
        matches!(self.kind, FaultKind::Syntax | FaultKind::Schema)
    }
}
