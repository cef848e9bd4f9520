//! Formats: text into documents with spans, and what each format says of them.

pub(crate) mod arena;
pub(crate) mod assignment;
pub mod asyncapi;
pub mod builder;
pub mod canonical;
pub mod canonical_docs;
pub mod canonical_number;
pub mod canonical_url;
pub mod collection;
pub mod detect;
pub mod diff;
pub mod diff_apply;
pub mod diff_folder;
pub mod diff_items;
pub mod diff_lines;
pub(crate) mod diff_renames;
pub(crate) mod diff_shown;
pub mod diff_told;
pub(crate) mod diff_told_items;
pub(crate) mod diff_value;
pub(crate) mod diff_words;
pub mod edit;
pub mod environment;
pub mod fault;
pub mod folder;
pub(crate) mod gaps;
pub mod identity;
pub mod ini;
pub mod ini_edit;
pub mod item_pairing;
pub mod items;
pub mod json;
pub mod markers;
pub mod meaning;
pub mod meaning_fields;
pub mod meaning_order;
pub(crate) mod meaning_part;
pub(crate) mod meaning_text;
pub(crate) mod meaning_view;
pub mod merge;
pub(crate) mod merge_items;
pub(crate) mod merge_list;
pub(crate) mod merge_order;
pub mod merge_repair;
pub(crate) mod merge_shapes;
pub mod merge_text;
pub mod merge_value;
pub mod merged;
pub mod node;
pub mod openapi;
pub(crate) mod pairing;
pub(crate) mod patch;
pub mod readable;
pub mod reshape;
pub mod schema;
pub(crate) mod url_template;
pub mod write;
pub(crate) mod write_json;
pub(crate) mod write_yaml;
pub mod yaml;
pub(crate) mod yaml_block;
pub(crate) mod yaml_layout;
pub(crate) mod yaml_parts;
pub(crate) mod yaml_scalar;
pub(crate) mod yaml_words;

use crate::format::canonical::{Canonical, NoCanonicalForm, readable};
use crate::format::detect::{Format, Syntax};
use crate::format::fault::Fault;
use crate::format::meaning::place_of;
use crate::format::node::{Document, NodeRef};
use crate::model::digest::Digest;
use crate::model::span::Span;

/// A file read as far as it can be.
#[derive(Debug)]
pub struct Parsed {
    /// What it is.
    pub format: Format,
    /// How it is written.
    pub syntax: Syntax,
    /// Its values, for JSON and YAML.
    pub document: Option<Document>,
    /// Its text, where there is no document; what is not UTF-8 is replaced.
    pub text: String,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// The verdict of syntax and schema; `None` where the format has no validator.
    pub valid: Option<bool>,
    /// Whether the text is what the bytes say; where not, what is no UTF-8 was replaced.
    pub is_utf8: bool,
}

impl Parsed {
    /// The text, wherever it is kept.
    pub fn source(&self) -> &str {
        self.document.as_ref().map_or(&self.text, Document::text)
    }

    /// The object that is judged, and the pointer to it: a wrapped collection or environment lies one level down.
    pub fn subject(&self) -> Option<(NodeRef<'_>, &'static str)> {
        let root = self.document.as_ref()?.root()?;
        Some(
            if self.format.is_collection() || self.format.is_environment() {
                detect::unwrapped(root)
            } else {
                (root, "")
            },
        )
    }
}

impl Parsed {
    /// What of it has a canonical form.
    ///
    /// # Errors
    /// What stands in the way: a fault with its place.
    pub fn canonical(&self) -> Result<Canonical<'_>, NoCanonicalForm> {
        readable(self.source(), &self.faults)?;
        if !self.is_utf8 {
            let at = self.text.find('\u{fffd}').unwrap_or_default();
            let fault =
                Fault::syntax(Span::at(at), "file is not UTF-8").with_help("save it as UTF-8");
            return Err(NoCanonicalForm::Fault(fault));
        }
        Ok(match (place_of(self.format), self.subject()) {
            (Some(place), Some((root, _))) => Canonical::Value(root, place),
            _ => Canonical::Text(self.source()),
        })
    }

    /// The one text for everything that means the same.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn canonical_text(&self) -> Result<String, NoCanonicalForm> {
        canonical::text(self.canonical()?)
    }

    /// The digest of that text: of everything that means the same, and of nothing else.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn canonical_digest(&self) -> Result<Digest, NoCanonicalForm> {
        canonical::digest(self.canonical()?)
    }
}

/// Reads a file and judges it. Content never makes this fail: what cannot be understood is among the faults.
pub fn parse(path: &str, bytes: Vec<u8>) -> Parsed {
    let mut parsed = read(path, bytes);
    judge(&mut parsed);
    parsed
}

/// Adds what the format says of the shape of a file that was read.
pub fn judge(parsed: &mut Parsed) {
    if parsed.valid.is_some() {
        return;
    }
    if let Some((root, prefix)) = parsed.subject()
        && let Some(told) = validate(parsed.format, root, prefix)
    {
        parsed.valid = Some(!told.iter().any(Fault::invalidates));
        parsed.faults.extend(told);
    }
}

/// Reads a file without asking whether it has the shape that its format demands.
pub fn read(path: &str, bytes: Vec<u8>) -> Parsed {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return not_text(path, error.as_bytes()),
    };
    let syntax = detect::syntax(path, &text);
    let (document, faults) = match syntax {
        Syntax::Json => json::parse(text),
        Syntax::Yaml => yaml::parse(text),
        Syntax::Ini | Syntax::Other => {
            let format =
                detect::of_postman_file(path).unwrap_or_else(|| detect::of_text(path, &text));
            return Parsed {
                format,
                syntax,
                document: None,
                text,
                faults: Vec::new(),
                valid: None,
                is_utf8: true,
            };
        }
    };
    of_document(path, syntax, document, faults)
}

/// What a document is that was read already, with what there is to say of its syntax.
pub(crate) fn of_document(
    path: &str,
    syntax: Syntax,
    document: Document,
    faults: Vec<Fault>,
) -> Parsed {
    let format = detect::of_postman_file(path)
        .unwrap_or_else(|| detect::of_document(path, document.text(), document.root()));
    let valid = faults.iter().any(Fault::invalidates).then_some(false);
    Parsed {
        format,
        syntax,
        document: Some(document),
        text: String::new(),
        faults,
        valid,
        is_utf8: true,
    }
}

/// What a format says of a value beyond its syntax; `None` where it has no validator.
fn validate(format: Format, root: NodeRef<'_>, prefix: &str) -> Option<Vec<Fault>> {
    match format {
        Format::Collection1 | Format::Collection20 | Format::Collection21 => {
            Some(collection::validate(format, root, prefix))
        }
        Format::Environment | Format::Globals => Some(environment::validate(format, root, prefix)),
        Format::OpenApi20 | Format::OpenApi30 | Format::OpenApi31 | Format::OpenApi32 => {
            Some(openapi::validate(format, root))
        }
        Format::AsyncApi2 | Format::AsyncApi3 => Some(asyncapi::validate(format, root)),
        _ => None,
    }
}

fn not_text(path: &str, bytes: &[u8]) -> Parsed {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let syntax = detect::syntax(path, &text);
    let format = detect::of_postman_file(path).unwrap_or(Format::Unknown);
    let reads_as_text = matches!(syntax, Syntax::Json | Syntax::Yaml | Syntax::Ini);
    let at = bytes
        .utf8_chunks()
        .next()
        .map_or(0, |chunk| chunk.valid().len());
    let wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let message = if wide {
        "file is UTF-16, not UTF-8"
    } else {
        "file is not UTF-8"
    };
    let fault = Fault::syntax(Span::at(at), message).with_help("save it as UTF-8");
    Parsed {
        format,
        syntax,
        document: None,
        text,
        faults: if reads_as_text {
            vec![fault]
        } else {
            Vec::new()
        },
        valid: matches!(syntax, Syntax::Json | Syntax::Yaml).then_some(false),
        is_utf8: false,
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::format::detect::Format;

    #[test]
    fn a_file_that_does_not_parse_is_not_valid_whatever_it_is() {
        for (path, bytes) in [
            ("a.json", b"{".as_slice()),
            ("a.yaml", b"a: [".as_slice()),
            ("a.json", b"\xff\xfe{\0".as_slice()),
            ("a.json", b"{\"a\": \"\xe9\"}".as_slice()),
        ] {
            let parsed = parse(path, bytes.to_vec());
            assert_eq!(
                (parsed.valid, parsed.faults.len()),
                (Some(false), 1),
                "{bytes:?}"
            );
        }
        assert_eq!(parse("a.json", b"{}".to_vec()).valid, None);
        assert_eq!(parse("a.png", b"\x89PNG\xff".to_vec()).faults, []);
    }

    #[test]
    fn a_duplicate_key_is_told_and_does_not_decide() {
        let text = br#"{"info": {"name": "x", "name": "y", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}, "item": []}"#;
        let parsed = parse("a.json", text.to_vec());
        assert_eq!(
            (parsed.format, parsed.valid, parsed.faults.len()),
            (Format::Collection21, Some(true), 1)
        );
    }
}
