//! A file in Postman's INI dialect, with the places of what it says.

use crate::format::ini::{Entry, IniDocument};
use crate::format::json;
use crate::format::node::Document;
use crate::model::finding::Place;
use crate::model::path::RepoPath;
use crate::model::span::{LineIndex, Span};
use crate::project::written::Written;

/// One file.
#[derive(Clone, Debug)]
pub struct IniFile {
    /// Where it is.
    pub path: RepoPath,
    /// What it says.
    pub document: IniDocument,
    lines: LineIndex,
}

impl IniFile {
    /// Reads a file.
    pub fn new(path: RepoPath, text: String) -> Self {
        let lines = LineIndex::new(&text);
        Self {
            path,
            document: crate::format::ini::parse(text),
            lines,
        }
    }

    /// A place in it.
    pub fn place(&self, span: Span) -> Place {
        Place::in_text(&self.path, self.document.text(), &self.lines, span)
    }

    /// The first character, for what is missing from the file as a whole.
    pub fn start(&self) -> Place {
        self.place(Span::at(0))
    }

    /// The value of a key.
    pub fn value(&self, section: &[&str], key: &str) -> Option<Written> {
        self.document
            .get(section, key)
            .map(|entry| self.written(entry))
    }

    /// The value of an entry.
    pub fn written(&self, entry: &Entry) -> Written {
        Written {
            text: entry.value.clone(),
            place: self.place(entry.value_span),
        }
    }

    /// The JSON object that an entry's value holds; `None` where it holds none, which Postman's reader passes
    /// over without a word.
    pub fn object(&self, entry: &Entry) -> Option<JsonValue> {
        let (document, faults) = json::parse(entry.value.clone());
        let broken = faults.iter().any(crate::format::fault::Fault::invalidates);
        let is_object = document
            .root()
            .is_some_and(|root| root.kind() == crate::format::node::Kind::Object);
        (is_object && !broken).then(|| JsonValue {
            document,
            // An encoded value has other offsets than the file; the value as a whole is marked then.
            offset: (!entry.quoted).then_some(entry.value_span.start),
            whole: entry.value_span,
        })
    }
}

/// A JSON object inside an INI value.
#[derive(Debug)]
pub struct JsonValue {
    document: Document,
    offset: Option<u32>,
    whole: Span,
}

impl JsonValue {
    /// A string member and where it stands in the file, without its quotes.
    pub fn string(&self, key: &str) -> Option<(&str, Span)> {
        let value = self.document.root()?.get(key)?;
        let text = value.as_str()?;
        let span = match self.offset {
            Some(offset) => {
                let inner = value.span();
                Span {
                    start: offset + inner.start + 1,
                    end: offset + inner.end - 1,
                }
            }
            None => self.whole,
        };
        Some((text, span))
    }

    /// Whether a value stands at a pointer.
    pub fn has(&self, pointer: &str) -> bool {
        self.document.at(pointer).is_some()
    }
}
