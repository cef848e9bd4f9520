//! JSON text (RFC 8259) into a document. Strict where the standard is, and always with the place.

use crate::format::builder::{Builder, Found};
use crate::format::fault::{Fault, FaultKind, MOST_FAULTS};
use crate::format::node::{Document, MAX_DEPTH};
use crate::model::span::Span;

/// Parses JSON. What stands before a fault in the grammar is in the document nevertheless.
pub fn parse(text: String) -> (Document, Vec<Fault>) {
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut parser = Parser {
        bytes: text.as_bytes(),
        at: start,
        builder: Builder::new(&text),
        decoded: String::new(),
        faults: Vec::new(),
        lone: Vec::new(),
    };
    if let Err(fault) = parser.document() {
        parser.builder.stop();
        parser.faults.push(fault);
    }
    let (mut faults, lone) = (parser.faults, parser.lone);
    let mut finish = parser.builder.finish();
    let duplicates = std::mem::take(&mut finish.duplicates);
    let document = Document::new(text, finish);
    for span in duplicates.into_iter().take(MOST_FAULTS) {
        faults.push(duplicate(&document, span));
    }
    for span in lone.into_iter().take(MOST_FAULTS) {
        let pointer = document.pointer_to(span.start).unwrap_or_default();
        let message = "string holds half of a surrogate pair, which stands for no character";
        faults.push(Fault::at(FaultKind::LoneSurrogate, span, pointer, message));
    }
    (document, faults)
}

/// The fault of a key that repeats an earlier one of its object.
pub fn duplicate(document: &Document, span: Span) -> Fault {
    let pointer = document.pointer_to(span.start).unwrap_or_default();
    let key = span.of(document.text()).trim_matches('"');
    Fault::at(
        FaultKind::DuplicateKey,
        span,
        pointer,
        format!("key `{key}` stands twice in one object"),
    )
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    builder: Builder<'a>,
    /// The string that was read last, where it had to be decoded.
    decoded: String,
    faults: Vec<Fault>,
    lone: Vec<Span>,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    KeyOrEnd,
    Key,
    CommaOrEnd,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<(), Fault> {
        let mut expect = Expect::Value;
        loop {
            self.blanks();
            let Some(byte) = self.peek() else {
                return Err(self.unexpected_end());
            };
            expect = match (expect, byte) {
                (Expect::ValueOrEnd, b']') | (Expect::KeyOrEnd, b'}') => self.close(),
                (Expect::CommaOrEnd, b']') if self.builder.in_object() == Some(false) => {
                    self.close()
                }
                (Expect::CommaOrEnd, b'}') if self.builder.in_object() == Some(true) => {
                    self.close()
                }
                (Expect::CommaOrEnd, b',') => {
                    self.at += 1;
                    if self.builder.in_object() == Some(true) {
                        Expect::Key
                    } else {
                        Expect::Value
                    }
                }
                (Expect::Key | Expect::KeyOrEnd, b'"') => self.key()?,
                (Expect::Value | Expect::ValueOrEnd, _) => self.value(byte)?,
                (expected, found) => return Err(self.unexpected(expected, found)),
            };
            if self.builder.depth() == 0 && expect == Expect::CommaOrEnd {
                self.blanks();
                return match self.peek() {
                    None => Ok(()),
                    Some(_) => Err(Fault::syntax(
                        self.here(),
                        "text after the end of the JSON document",
                    )),
                };
            }
        }
    }

    fn value(&mut self, byte: u8) -> Result<Expect, Fault> {
        match byte {
            b'{' | b'[' => {
                if self.builder.depth() >= MAX_DEPTH as usize {
                    let message = format!("nested deeper than {MAX_DEPTH} levels");
                    return Err(Fault::syntax(self.here(), message));
                }
                self.builder.open(byte == b'{', self.at);
                self.at += 1;
                return Ok(if byte == b'{' {
                    Expect::KeyOrEnd
                } else {
                    Expect::ValueOrEnd
                });
            }
            b'"' => {
                let (span, plain) = self.string()?;
                self.builder.string(span, found(plain, &self.decoded));
            }
            b'-' | b'0'..=b'9' => {
                let span = self.number()?;
                self.builder.number(span);
            }
            b't' | b'f' | b'n' => {
                for (word, value) in [("true", Some(true)), ("false", Some(false)), ("null", None)]
                {
                    if self.bytes[self.at..].starts_with(word.as_bytes()) {
                        let span = Span::new(self.at, self.at + word.len());
                        self.at = span.end as usize;
                        match value {
                            Some(value) => self.builder.boolean(span, value),
                            None => self.builder.null(span),
                        };
                        return Ok(Expect::CommaOrEnd);
                    }
                }
                return Err(self.unexpected(Expect::Value, byte));
            }
            _ => return Err(self.unexpected(Expect::Value, byte)),
        }
        Ok(Expect::CommaOrEnd)
    }

    fn close(&mut self) -> Expect {
        self.at += 1;
        self.builder.close(self.at);
        Expect::CommaOrEnd
    }

    fn key(&mut self) -> Result<Expect, Fault> {
        let (span, plain) = self.string()?;
        self.blanks();
        match self.peek() {
            Some(b':') => self.at += 1,
            None => return Err(self.unexpected_end()),
            Some(_) => return Err(Fault::syntax(self.here(), "expected `:` after the key")),
        }
        self.builder.key(span, found(plain, &self.decoded));
        Ok(Expect::Value)
    }

    /// A string, and whether it stands in the text as it is.
    fn string(&mut self) -> Result<(Span, bool), Fault> {
        let start = self.at;
        let mut at = start + 1;
        loop {
            match self.bytes.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok((Span::new(start, at + 1), true));
                }
                Some(b'\\') => return Ok((self.escaped_string(start, at)?, false)),
                Some(0x20..) => at += 1,
                Some(_) => return Err(self.control_character(start, at)),
                None => return Err(self.open_string(start)),
            }
        }
    }

    /// A string with at least one escape, the first at `at`.
    fn escaped_string(&mut self, start: usize, mut at: usize) -> Result<Span, Fault> {
        self.decoded.clear();
        let text = self.builder.text();
        // What lies between two escapes is taken at once; they are ASCII, so that no character is cut.
        let mut taken = start + 1;
        let mut lone = false;
        loop {
            match self.bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    self.decoded.push_str(&text[taken..at]);
                    let plain = match self.bytes.get(at + 1) {
                        Some(b'u') => {
                            let (character, length) = self.unicode_escape(at)?;
                            lone |= character.is_none();
                            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
                            self.decoded.push(character);
                            at += length;
                            taken = at;
                            continue;
                        }
                        Some(b'n') => '\n',
                        Some(b't') => '\t',
                        Some(b'r') => '\r',
                        Some(b'b') => '\u{8}',
                        Some(b'f') => '\u{c}',
                        Some(plain @ (b'"' | b'\\' | b'/')) => char::from(*plain),
                        Some(_) => {
                            let message = "unknown escape in a string";
                            return Err(Fault::syntax(Span::new(at, at + 2), message)
                                .with_help("write `\\\\` for a backslash"));
                        }
                        None => return Err(self.open_string(start)),
                    };
                    self.decoded.push(plain);
                    at += 2;
                    taken = at;
                }
                Some(0x20..) => at += 1,
                Some(_) => return Err(self.control_character(start, at)),
                None => return Err(self.open_string(start)),
            }
        }
        self.decoded.push_str(&text[taken..at]);
        self.at = at + 1;
        let span = Span::new(start, at + 1);
        if lone {
            self.lone.push(span);
        }
        Ok(span)
    }

    /// `\uXXXX`, two of them for a character beyond the basic plane; `None` for half a pair.
    fn unicode_escape(&self, at: usize) -> Result<(Option<char>, usize), Fault> {
        let unit = |at: usize| -> Option<u32> {
            let digits = self.bytes.get(at + 2..at + 6)?;
            let digits = std::str::from_utf8(digits)
                .ok()
                .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
            u32::from_str_radix(digits, 16).ok()
        };
        let Some(first) = unit(at) else {
            let message = "`\\u` wants four hexadecimal digits";
            return Err(Fault::syntax(Span::new(at, at + 2), message));
        };
        if (0xd800..0xdc00).contains(&first)
            && self.bytes.get(at + 6..at + 8) == Some(b"\\u")
            && let Some(second @ 0xdc00..=0xdfff) = unit(at + 6)
        {
            let character = char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
            return Ok((character, 12));
        }
        Ok((char::from_u32(first), 6))
    }

    fn number(&mut self) -> Result<Span, Fault> {
        let start = self.at;
        let mut at = start + usize::from(self.bytes[start] == b'-');
        let digits = |from: usize| {
            self.bytes[from..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count()
        };
        let whole = digits(at);
        let leading_zero = whole > 1 && self.bytes[at] == b'0';
        at += whole;
        let mut wrong = whole == 0 || leading_zero;
        if self.bytes.get(at) == Some(&b'.') {
            let fraction = digits(at + 1);
            wrong |= fraction == 0;
            at += 1 + fraction;
        }
        if matches!(self.bytes.get(at), Some(b'e' | b'E')) {
            at += 1 + usize::from(matches!(self.bytes.get(at + 1), Some(b'+' | b'-')));
            let exponent = digits(at);
            wrong |= exponent == 0;
            at += exponent;
        }
        if wrong {
            let message = if leading_zero {
                "a number must not start with a zero"
            } else {
                "number is not complete"
            };
            return Err(Fault::syntax(Span::new(start, at.max(start + 1)), message));
        }
        self.at = at;
        Ok(Span::new(start, at))
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The character at the current place.
    fn here(&self) -> Span {
        let rest = self.builder.text().get(self.at..).unwrap_or_default();
        Span::new(
            self.at,
            self.at + rest.chars().next().map_or(0, char::len_utf8),
        )
    }

    fn control_character(&self, start: usize, at: usize) -> Fault {
        if matches!(self.bytes[at], b'\n' | b'\r') {
            return self.open_string_at(start, at);
        }
        let message = format!("control character U+{:04X} in a string", self.bytes[at]);
        Fault::syntax(Span::new(at, at + 1), message)
            .with_help("write it as an escape, such as `\\t`")
    }

    fn open_string(&self, start: usize) -> Fault {
        self.open_string_at(start, self.bytes.len())
    }

    fn open_string_at(&self, start: usize, end: usize) -> Fault {
        Fault::syntax(Span::new(start, end), "string is not closed on its line")
            .with_help("close it with `\"`; a line break inside a string is written `\\n`")
    }

    fn unexpected_end(&self) -> Fault {
        let message = if self.builder.depth() == 0 {
            "file has no JSON value"
        } else {
            "file ends in the middle of the JSON document"
        };
        let help = "restore the whole file, for instance from the last good commit";
        // Behind the last character there is, rather than on an empty line after it.
        let end = self.builder.text().trim_end().len();
        Fault::syntax(Span::at(end), message).with_help(help)
    }

    fn unexpected(&self, expected: Expect, found: u8) -> Fault {
        let wanted = match expected {
            Expect::Value => "a value",
            Expect::ValueOrEnd => "a value or `]`",
            Expect::Key => "a key in double quotes",
            Expect::KeyOrEnd => "a key in double quotes or `}`",
            Expect::CommaOrEnd if self.builder.in_object() == Some(true) => "`,` or `}`",
            Expect::CommaOrEnd => "`,` or `]`",
        };
        let fault = |message: &str| Fault::syntax(self.here(), message.to_owned());
        match (expected, found) {
            (Expect::Key, b'}') | (Expect::Value, b']' | b'}') => {
                fault("comma before the closing bracket")
                    .with_help("remove the comma: JSON allows none there")
            }
            (_, b'/') => fault("JSON has no comments").with_help("remove the comment"),
            (_, b'\'') => {
                fault("JSON strings stand in double quotes").with_help("write `\"` for `'`")
            }
            _ => fault(&format!("expected {wanted}")),
        }
    }
}

/// A string in quotes as the builder takes it.
fn found(plain: bool, decoded: &str) -> Found<'_> {
    if plain {
        Found::Inner
    } else {
        Found::Decoded(decoded)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;
    use crate::format::fault::{FaultKind, MOST_FAULTS};
    use crate::format::node::{Kind, NodeRef};

    fn value(node: NodeRef<'_>) -> serde_json::Value {
        match node.kind() {
            Kind::Null => serde_json::Value::Null,
            Kind::Boolean => node.as_boolean().unwrap().into(),
            Kind::Number => serde_json::from_str(node.as_number().unwrap()).unwrap(),
            Kind::String => node.as_str().unwrap().into(),
            Kind::Array => node.items().map(value).collect(),
            Kind::Object => node
                .members()
                .map(|m| (m.key.to_owned(), value(m.value)))
                .collect(),
        }
    }

    fn syntax(text: &str) -> (String, String) {
        let (document, faults) = parse(text.to_owned());
        let fault = faults
            .iter()
            .find(|fault| fault.kind == FaultKind::Syntax)
            .expect("a syntax fault");
        (
            fault.message.clone(),
            fault.span.of(document.text()).to_owned(),
        )
    }

    #[test]
    fn values_keep_order_spans_and_numbers_as_written() {
        let text = r#"{"b": [1.50, -0e+1, "x\n\u00e4\ud83d\ude00"], "a": {"": null}}"#;
        let (document, faults) = parse(text.to_owned());
        assert_eq!(faults, []);
        let root = document.root().unwrap();
        let keys: Vec<&str> = root.members().map(|member| member.key).collect();
        assert_eq!(keys, ["b", "a"]);
        assert_eq!(document.at("/b/0").unwrap().as_number(), Some("1.50"));
        assert_eq!(document.at("/b/2").unwrap().as_str(), Some("x\nä😀"));
        assert_eq!(document.at("/a").unwrap().span().of(text), r#"{"": null}"#);
        assert_eq!(root.place_of("/a/").of(text), r#""""#);
        assert_eq!(
            document.pointer_to(u32::try_from(text.find("-0e").unwrap()).unwrap()),
            Some("/b/1".to_owned())
        );
    }

    #[test]
    fn each_fault_in_the_grammar_says_where_and_what() {
        for (text, message, place) in [
            (r#"{"a": 1,}"#, "comma before the closing bracket", "}"),
            (r#"[1, 2,]"#, "comma before the closing bracket", "]"),
            (r#"{"a": 1 "b": 2}"#, "expected `,` or `}`", "\""),
            (r#"{'a': 1}"#, "JSON strings stand in double quotes", "'"),
            ("{\"a\": 1 // one\n}", "JSON has no comments", "/"),
            (
                r#"{"a""#,
                "file ends in the middle of the JSON document",
                "",
            ),
            ("", "file has no JSON value", ""),
            (r#"{"a": 01}"#, "a number must not start with a zero", "01"),
            (r#"{"a": 1.}"#, "number is not complete", "1."),
            (r#"{"a": "b"#, "string is not closed on its line", "\"b"),
            (
                "{\"a\": \"b\n\"}",
                "string is not closed on its line",
                "\"b",
            ),
            ("[\"a\tb\"]", "control character U+0009 in a string", "\t"),
            (r#"["\x"]"#, "unknown escape in a string", "\\x"),
            (
                r#"["\u12g4"]"#,
                "`\\u` wants four hexadecimal digits",
                "\\u",
            ),
            ("[1] x", "text after the end of the JSON document", "x"),
            ("[nul]", "expected a value", "n"),
            ("<html>", "expected a value", "<"),
            ("[1}", "expected `,` or `]`", "}"),
        ] {
            assert_eq!(
                syntax(text),
                (message.to_owned(), place.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn doubled_keys_and_halved_characters_are_told_and_the_last_counts() {
        let text = r#"{"a": 1, "b": {"x": 1, "x": 2}, "s": "\ud800!", "a": 3}"#;
        let (document, faults) = parse(text.to_owned());
        let told: Vec<_> = faults
            .iter()
            .map(|f| (f.kind, f.pointer.as_deref().unwrap()))
            .collect();
        assert_eq!(
            told,
            [
                (FaultKind::DuplicateKey, "/b/x"),
                (FaultKind::DuplicateKey, "/a"),
                (FaultKind::LoneSurrogate, "/s"),
            ]
        );
        assert_eq!(document.at("/a").unwrap().as_number(), Some("3"));
        assert_eq!(document.root().unwrap().members().len(), 4);
    }

    #[test]
    fn a_hundred_thousand_doubled_keys_are_told_in_part_and_quickly() {
        let text = format!("{{{}\"b\": 1}}", "\"a\": 1, ".repeat(100_000));
        let (document, faults) = parse(text);
        assert_eq!(faults.len(), MOST_FAULTS);
        let root = document.root().unwrap();
        let counting = (0..root.members().len()).filter(|index| root.counts(*index));
        assert_eq!(counting.collect::<Vec<_>>(), [99_999, 100_000]);
    }

    #[test]
    fn a_byte_order_mark_is_skipped_and_kept() {
        let (document, faults) = parse("\u{feff}{\"a\": 1}".to_owned());
        assert_eq!(faults, []);
        assert_eq!(document.at("/a").unwrap().span().start, 9);
    }

    #[test]
    fn ten_thousand_levels_are_a_fault_and_no_crash() {
        let (document, faults) = parse("[".repeat(10_000));
        assert_eq!(faults[0].message, "nested deeper than 256 levels");
        assert_eq!(faults[0].span.start, 256);
        assert!(document.root().is_some());
    }

    #[test]
    fn what_stands_before_a_fault_can_still_be_read() {
        let (document, faults) = parse(r#"{"info": {"name": "x", "schema""#.to_owned());
        assert_eq!(faults.len(), 1);
        assert_eq!(document.at("/info/name").unwrap().as_str(), Some("x"));
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(text in r#"[\[\]{}",:0-9eE.\-+ \\nutrfalse]{0,40}"#) {
            let (document, faults) = parse(text.clone());
            let ours = !faults.iter().any(|fault| fault.kind == FaultKind::Syntax);
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            match theirs {
                Ok(theirs) => {
                    prop_assert!(ours, "refused {text}");
                    prop_assert_eq!(value(document.root().unwrap()), theirs);
                }
                // serde_json refuses numbers past the range of f64 and halves of surrogate pairs.
                Err(error) if error.to_string().contains("out of range") || error.to_string().contains("surrogate") => {}
                Err(error) => prop_assert!(!ours, "took {text}: {error}"),
            }
        }

        #[test]
        fn never_panics_and_stays_inside(text in ".{0,200}") {
            let (document, faults) = parse(text.clone());
            for fault in faults {
                prop_assert!(fault.span.end as usize <= document.text().len().max(fault.span.start as usize));
            }
        }
    }
}
