//! YAML text into a document: the core schema of YAML 1.2, aliases shared and never written out, `<<` merged.

use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Span as Place, Tag};

use crate::format::builder::{Builder, Finished, Found, MOST_MERGED};
use crate::format::fault::{Fault, MOST_FAULTS};
use crate::format::node::{Document, MAX_DEPTH, MAX_NODES};
use crate::model::span::Span;

/// Parses one YAML document. What stands before a fault in the grammar is in the document nevertheless.
pub fn parse(text: String) -> (Document, Vec<Fault>) {
    let mut reader = Reader {
        source: &text,
        builder: Builder::new(&text).yaml(),
        frames: Vec::new(),
        anchors: HashMap::new(),
        documents: 0,
    };
    let mut faults = Vec::new();
    if let Err(fault) = reader.read() {
        reader.builder.stop();
        faults.push(fault);
    }
    let mut finish = reader.builder.finish();
    let duplicates = std::mem::take(&mut finish.duplicates);
    let document = Document::new(text, finish);
    for span in duplicates.into_iter().take(MOST_FAULTS) {
        let key = span.of(document.text()).trim_matches(['"', '\'']);
        let pointer = document.pointer_to(span.start).unwrap_or_default();
        // YAML calls this an error where JSON leaves it open, and most YAML readers refuse the file.
        let message = format!("key `{key}` stands twice in one mapping");
        faults.push(Fault {
            pointer: Some(pointer),
            ..Fault::syntax(span, message)
        });
    }
    (document, faults)
}

struct Reader<'a> {
    source: &'a str,
    builder: Builder<'a>,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchor>,
    documents: usize,
}

/// An open list or mapping.
struct Frame {
    object: bool,
    anchor: usize,
    /// For a mapping: whether the next node is a key, a value, or what `<<` merges in.
    next: Next,
    /// What `<<` brings into this mapping, for the keys that it does not have itself.
    merges: Vec<Finished>,
    /// The last `<<` in it.
    merge_at: Span,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Key,
    Value,
    Merge,
}

enum Anchor {
    Open,
    Done(Finished, Option<String>),
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), Fault> {
        let options = granit_parser::options! {
            flow_nesting_limit: MAX_DEPTH as usize,
            block_nesting_limit: MAX_DEPTH as usize,
            // As the YAML readers of the JavaScript world are, which Postman is built on.
            strict_indentation: true,
        };
        let source = self.source;
        for event in Parser::new_from_str_with_options(source, options) {
            match event {
                Ok((event, place)) => self.event(event, &place)?,
                Err(error) => {
                    let at = error.marker().byte_offset().unwrap_or(0);
                    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
                        let message = format!("nested deeper than {MAX_DEPTH} levels");
                        return Err(Fault::syntax(self.character(at), message));
                    }
                    return Err(Fault::syntax(
                        self.character(at),
                        yaml_message(error.info()),
                    ));
                }
            }
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>, place: &Place) -> Result<(), Fault> {
        let span = place
            .byte_range()
            .map_or_else(Span::default, |range| Span::new(range.start, range.end));
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let message = "file holds more than one YAML document";
                    return Err(
                        Fault::syntax(span, message).with_help("keep one document in a file")
                    );
                }
            }
            Event::Scalar(value, style, anchor, tag) => {
                self.scalar(&value, style, anchor, tag.as_deref(), span)?
            }
            Event::SequenceStart(_, anchor, _) => self.open(false, anchor, span)?,
            Event::MappingStart(_, anchor, _) => self.open(true, anchor, span)?,
            Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
            Event::Alias(anchor) => self.alias(anchor, span)?,
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, object: bool, anchor: usize, span: Span) -> Result<(), Fault> {
        match self.expected() {
            Some(Next::Key) => {
                return Err(Fault::syntax(
                    span,
                    "a list or mapping as a key has no meaning in JSON",
                ));
            }
            Some(Next::Merge) => {
                // The merged value is built as the value of a `<<` member, and merged when it closes.
                self.builder.key(span, Found::Decoded("<<"));
            }
            _ => {}
        }
        if self.frames.len() >= MAX_DEPTH as usize {
            return Err(Fault::syntax(
                span,
                format!("nested deeper than {MAX_DEPTH} levels"),
            ));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor::Open);
        }
        self.builder.open(object, span.start as usize);
        self.frames.push(Frame {
            object,
            anchor,
            next: Next::Key,
            merges: Vec::new(),
            merge_at: Span::default(),
        });
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<(), Fault> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        if !frame.merges.is_empty() && !self.builder.merge(&frame.merges) {
            let message = format!("`<<` would bring more than {MOST_MERGED} members");
            return Err(Fault::syntax(frame.merge_at, message)
                .with_help("write what many mappings share under one key, and refer to that"));
        }
        let Some(finished) = self.builder.close(self.end_of_content(span)) else {
            return Ok(());
        };
        if frame.anchor != 0 {
            self.anchors
                .insert(frame.anchor, Anchor::Done(finished, None));
        }
        self.merged(finished);
        self.advance();
        Ok(())
    }

    /// A block collection ends where its last content does, not where the next token begins.
    fn end_of_content(&self, span: Span) -> usize {
        let until = (span.end as usize).min(self.source.len());
        let flow_end = self
            .source
            .get(..until)
            .is_some_and(|text| text.ends_with([']', '}']))
            && span.start < span.end;
        if flow_end {
            until
        } else {
            self.source
                .get(..span.start as usize)
                .map_or(until, |text| text.trim_end().len())
        }
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), Fault> {
        if self.expected() == Some(Next::Key) {
            if anchor != 0 {
                // A key can be repeated by an alias as a value, where it is a string.
                let found = self.found(value, span);
                let id = self.builder.detached_string(span, found);
                let finished = Finished {
                    id,
                    weight: 1,
                    height: 0,
                };
                self.anchors
                    .insert(anchor, Anchor::Done(finished, Some(value.to_owned())));
            }
            return self.key(value, style, span);
        }
        let plain = matches!(style, ScalarStyle::Plain);
        let meaning = match tag.and_then(Tag::core_suffix) {
            Some("str") => Meaning::String,
            Some(_) => core_schema(value),
            None if plain && tag.is_none() => core_schema(value),
            None => Meaning::String,
        };
        if self.expected() == Some(Next::Merge) {
            let message = "`<<` wants a mapping, or an alias of one";
            return Err(Fault::syntax(span, message));
        }
        let finished = match meaning {
            Meaning::Null => self.builder.null(span),
            Meaning::Boolean(value) => self.builder.boolean(span, value),
            Meaning::Number if is_json_number(value) && span.of(self.source) == value => {
                self.builder.number(span)
            }
            Meaning::Number => self.builder.number_as(span, &json_number(value)),
            Meaning::String => {
                let found = self.found(value, span);
                self.builder.string(span, found)
            }
        };
        if anchor != 0 {
            self.anchors
                .insert(anchor, Anchor::Done(finished, Some(value.to_owned())));
        }
        self.advance();
        Ok(())
    }

    fn key(&mut self, value: &str, style: ScalarStyle, span: Span) -> Result<(), Fault> {
        let Some(frame) = self.frames.last_mut() else {
            return Ok(());
        };
        if value == "<<" && matches!(style, ScalarStyle::Plain) {
            frame.next = Next::Merge;
            frame.merge_at = span;
            return Ok(());
        }
        frame.next = Next::Value;
        let found = self.found(value, span);
        self.builder.key(span, found);
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Fault> {
        let (finished, text) = match self.anchors.get(&anchor) {
            Some(Anchor::Done(finished, text)) => (*finished, text.clone()),
            Some(Anchor::Open) => {
                return Err(Fault::syntax(
                    span,
                    "alias lies inside of what it stands for",
                ));
            }
            None => {
                return Err(Fault::syntax(
                    span,
                    "alias of an anchor that does not exist",
                ));
            }
        };
        if self.builder.weight().saturating_add(finished.weight) > MAX_NODES {
            let message = format!("aliases would expand to more than {MAX_NODES} values");
            return Err(Fault::syntax(span, message)
                .with_help("write the repeated parts once and refer to them"));
        }
        if self.frames.len() as u32 + finished.height > MAX_DEPTH {
            return Err(Fault::syntax(
                span,
                format!("aliases nest deeper than {MAX_DEPTH} levels"),
            ));
        }
        match self.expected() {
            Some(Next::Key) => {
                let Some(text) = text else {
                    return Err(Fault::syntax(
                        span,
                        "a list or mapping as a key has no meaning in JSON",
                    ));
                };
                return self.key(&text, ScalarStyle::DoubleQuoted, span);
            }
            Some(Next::Merge) => self.merged(finished),
            _ => self.builder.alias(finished),
        }
        self.advance();
        Ok(())
    }

    /// Merges a finished value into the mapping around it, where `<<` stands before it.
    fn merged(&mut self, finished: Finished) {
        if self.expected() == Some(Next::Merge) {
            self.builder.drop_member("<<");
            self.builder.weigh(finished);
            if let Some(frame) = self.frames.last_mut() {
                frame.merges.push(finished);
            }
        }
    }

    fn expected(&self) -> Option<Next> {
        self.frames
            .last()
            .filter(|frame| frame.object)
            .map(|frame| frame.next)
    }

    fn advance(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.next = Next::Key;
        }
    }

    fn found<'v>(&self, value: &'v str, span: Span) -> Found<'v> {
        let written = span.of(self.source);
        if written == value {
            return Found::Whole;
        }
        let inner = Span::new(
            span.start as usize + 1,
            (span.end as usize).saturating_sub(1),
        );
        if written.len() == value.len() + 2 && inner.of(self.source) == value {
            return Found::Inner;
        }
        Found::Decoded(value)
    }

    fn character(&self, at: usize) -> Span {
        let at = at.min(self.source.len());
        let width = self
            .source
            .get(at..)
            .and_then(|rest| rest.chars().next())
            .map_or(0, char::len_utf8);
        Span::new(at, at + width)
    }
}

enum Meaning {
    Null,
    Boolean(bool),
    Number,
    String,
}

/// Whether a plain scalar of these characters is a string by the core schema.
pub(crate) fn is_plain_string(value: &str) -> bool {
    matches!(core_schema(value), Meaning::String)
}

/// Section 10.3.2 of YAML 1.2.2.
fn core_schema(value: &str) -> Meaning {
    match value {
        "" | "~" | "null" | "Null" | "NULL" => Meaning::Null,
        "true" | "True" | "TRUE" => Meaning::Boolean(true),
        "false" | "False" | "FALSE" => Meaning::Boolean(false),
        _ if is_number(value) => Meaning::Number,
        _ => Meaning::String,
    }
}

fn is_number(value: &str) -> bool {
    let bytes = value.as_bytes();
    if !matches!(bytes.first(), Some(b'0'..=b'9' | b'-' | b'+' | b'.')) {
        return false;
    }
    let all =
        |digits: &str, base: u32| !digits.is_empty() && digits.chars().all(|c| c.is_digit(base));
    if let Some(octal) = value.strip_prefix("0o") {
        return all(octal, 8);
    }
    if let Some(hexadecimal) = value.strip_prefix("0x") {
        return all(hexadecimal, 16);
    }
    let unsigned = value.strip_prefix(['-', '+']).unwrap_or(value);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(value, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let exponent_right = exponent.is_none_or(|e| all(e.strip_prefix(['-', '+']).unwrap_or(e), 10));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = whole
        .chars()
        .chain(fraction.chars())
        .all(|c| c.is_ascii_digit());
    exponent_right && digits && !(whole.is_empty() && fraction.is_empty())
}

/// Whether a YAML number is a JSON number as it is written.
fn is_json_number(value: &str) -> bool {
    let unsigned = value.strip_prefix('-').unwrap_or(value);
    let whole = unsigned.split(['.', 'e', 'E']).next().unwrap_or_default();
    let fraction_right = unsigned
        .split_once('.')
        .is_none_or(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit()));
    let whole_right = whole == "0" || whole.starts_with(|c: char| ('1'..='9').contains(&c));
    whole_right
        && fraction_right
        && unsigned
            .bytes()
            .all(|b| b.is_ascii_digit() || b".eE+-".contains(&b))
}

/// A YAML number in JSON's way of writing it. Infinities and not-a-number become the largest double, since
/// JSON has no word for them and every schema that asks for a number takes that.
fn json_number(value: &str) -> String {
    let (sign, unsigned) = match value.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", value.strip_prefix('+').unwrap_or(value)),
    };
    for (prefix, base) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = unsigned.strip_prefix(prefix) {
            return u128::from_str_radix(digits, base)
                .map_or_else(|_| f64::MAX.to_string(), |number| number.to_string());
        }
    }
    if unsigned.eq_ignore_ascii_case(".inf") || unsigned.eq_ignore_ascii_case(".nan") {
        return format!("{sign}{}", "1.7976931348623157e308");
    }
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => unsigned.split_at(at),
        None => (unsigned, ""),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{dot}{fraction}{exponent}")
}

/// The parser's words, as a sentence of ours.
fn yaml_message(info: String) -> String {
    let mut message = info.trim_end_matches('.').to_owned();
    if let Some(first) = message.get(..1) {
        let lower = first.to_lowercase();
        message.replace_range(..1, &lower);
    }
    format!("not YAML: {message}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;
    use crate::format::node::{Kind, NodeRef};

    fn shown(node: NodeRef<'_>) -> String {
        match node.kind() {
            Kind::Null => "null".to_owned(),
            Kind::Boolean => node.as_boolean().unwrap().to_string(),
            Kind::Number => node.as_number().unwrap().to_owned(),
            Kind::String => format!("{:?}", node.as_str().unwrap()),
            Kind::Array => format!(
                "[{}]",
                node.items().map(shown).collect::<Vec<_>>().join(",")
            ),
            Kind::Object => {
                let members = node
                    .members()
                    .map(|m| format!("{:?}:{}", m.key, shown(m.value)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }
        }
    }

    fn read(text: &str) -> String {
        let (document, faults) = parse(text.to_owned());
        assert_eq!(faults, [], "{text}");
        shown(document.root().unwrap())
    }

    fn fault(text: &str) -> (String, String) {
        let (document, faults) = parse(text.to_owned());
        let fault = faults.first().expect("a fault");
        (
            fault.message.clone(),
            fault.span.of(document.text()).to_owned(),
        )
    }

    #[test]
    fn scalars_follow_the_core_schema() {
        for (text, value) in [
            ("12", "12"),
            ("'12'", "\"12\""),
            ("+12", "12"),
            ("012", "12"),
            ("0x1F", "31"),
            ("0o17", "15"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1e3", "1e3"),
            ("-0.0", "-0.0"),
            ("~", "null"),
            ("yes", "\"yes\""),
            ("True", "true"),
            ("1.2.3", "\"1.2.3\""),
            ("2020-01-01", "\"2020-01-01\""),
            ("!!str 12", "\"12\""),
            ("-", "[null]"),
            (".", "\".\""),
            ("1_000", "\"1_000\""),
            ("12e03", "12e03"),
        ] {
            assert_eq!(read(text), value, "{text}");
        }
    }

    #[test]
    fn keys_are_strings_and_spans_point_at_what_is_written() {
        let text = "responses:\n  200:\n    description: \"fine\"\n  'x y': |\n    two\n    lines\nlast: [1, {a: b}]\n";
        let (document, faults) = parse(text.to_owned());
        assert_eq!(faults, []);
        let description = document.at("/responses/200/description").unwrap();
        assert_eq!(description.span().of(text), "\"fine\"");
        assert_eq!(
            document.at("/responses/x y").unwrap().as_str(),
            Some("two\nlines\n")
        );
        assert_eq!(document.at("/last").unwrap().span().of(text), "[1, {a: b}]");
        let responses = document.at("/responses").unwrap().span().of(text);
        assert!(
            responses.starts_with("200:") && responses.ends_with("lines"),
            "{responses}"
        );
        assert_eq!(
            document.root().unwrap().place_of("/responses/200").of(text),
            "200"
        );
    }

    #[test]
    fn a_chain_of_merges_is_as_deep_as_it_would_be_written_out() {
        let chain = |length: usize| {
            let links = (1..length).map(|i| format!("a{i}: &a{i} {{in: {{<<: *a{}}}}}\n", i - 1));
            format!("a0: &a0 {{in: 1}}\n{}", links.collect::<String>())
        };
        let (_, faults) = parse(chain(200));
        assert_eq!(faults, []);
        assert_eq!(fault(&chain(300)).0, "aliases nest deeper than 256 levels");
    }

    #[test]
    fn merges_count_as_if_they_were_written_out() {
        let wide: String = (0..2000).map(|i| format!("  k{i}: 1\n")).collect();
        let lines: String = (0..300).map(|i| format!("b{i}: {{<<: *a}}\n")).collect();
        let (document, faults) = parse(format!("a: &a\n{wide}{lines}"));
        assert_eq!(faults, []);
        let last = document.at("/b299/k1999").unwrap();
        assert_eq!(last.as_number(), Some("1"));
        let told = (
            "`<<` would bring more than 1000000 members".to_owned(),
            "<<".to_owned(),
        );
        let text = format!("a: &a\n{wide}b:\n{}", "  <<: *a\n".repeat(2000));
        assert_eq!(fault(&text), told);
        let mut chain = "m0: &m0 {k0: 1}\n".to_owned();
        for number in 1..3000 {
            let before = number - 1;
            chain.push_str(&format!(
                "m{number}: &m{number} {{<<: *m{before}, k{number}: 1}}\n"
            ));
        }
        assert_eq!(fault(&chain), told);
    }

    #[test]
    fn aliases_share_and_merge_keys_merge() {
        let text = "base: &b {a: 1, b: 2}\nuse: *b\nmore:\n  <<: *b\n  b: 3\n  c: &k key\n  *k : 4\ninline:\n  <<: {x: 1}\n  y: 2\n";
        assert_eq!(
            read(text),
            r#"{"base":{"a":1,"b":2},"use":{"a":1,"b":2},"more":{"b":3,"c":"key","key":4,"a":1},"inline":{"y":2,"x":1}}"#
        );
        assert_eq!(
            read("a: &a {x: 1}\nb: &b {y: 2}\nc: {<<: [*a, *b], z: 3}\n"),
            r#"{"a":{"x":1},"b":{"y":2},"c":{"z":3,"x":1,"y":2}}"#
        );
    }

    #[test]
    fn an_alias_bomb_is_refused_before_it_expands() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let item = format!("*a{}, ", level - 1);
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", item.repeat(10)));
        }
        assert_eq!(
            fault(&bomb).0,
            "aliases would expand to more than 10000000 values"
        );
        assert_eq!(
            fault("a: &a [*a]").0,
            "alias lies inside of what it stands for"
        );
        let mut tower = "a0: &a0 [x]\n".to_owned();
        for level in 1..400 {
            tower.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
        }
        assert_eq!(fault(&tower).0, "aliases nest deeper than 256 levels");
    }

    #[test]
    fn faults_say_where() {
        assert_eq!(
            fault("a: 1\na: 2\n"),
            (
                "key `a` stands twice in one mapping".to_owned(),
                "a".to_owned()
            )
        );
        assert_eq!(
            fault("a: 1\n---\nb: 2\n").0,
            "file holds more than one YAML document"
        );
        assert_eq!(
            fault("? [a, b]\n: 1\n").0,
            "a list or mapping as a key has no meaning in JSON"
        );
        let (message, _) = fault("url: {{baseUrl}}/x\n");
        assert_eq!(message, "a list or mapping as a key has no meaning in JSON");
        let (message, _) = fault("a: \"x\n");
        assert!(
            message.starts_with("not YAML: ") && message.len() > 15,
            "{message}"
        );
        assert_eq!(
            fault(&"[".repeat(10_000)).0,
            "nested deeper than 256 levels"
        );
        assert_eq!(
            fault(&"- ".repeat(10_000)).0,
            "nested deeper than 256 levels"
        );
    }

    #[test]
    fn json_is_yaml_too() {
        assert_eq!(
            read("{\"a\": [1, \"x\\ny\", null]}"),
            r#"{"a":[1,"x\ny",null]}"#
        );
    }

    proptest! {
        #[test]
        fn never_panics_and_stays_inside(text in "[-a:&*<>|{}\\[\\]'\"# \n!?,0-9~%@\u{feff}é]{0,60}") {
            let (document, faults) = parse(text.clone());
            for fault in faults {
                prop_assert!(fault.span.start <= fault.span.end);
            }
            if let Some(root) = document.root() {
                prop_assert!(root.span().end as usize <= text.len());
            }
        }
    }
}
