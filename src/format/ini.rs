//! The INI dialect of Postman's `.postman/api` files, read exactly as Postman's own decoder reads it.
//!
//! Observed on the decoder of Postman's command-line tool, version 1.34: no inline comments; a section header
//! with anything behind its bracket is a key; sections of the same name are one; `key[]` collects; values in
//! double quotes are JSON strings; unresolved merge markers are swallowed as keys. The text itself is kept, so
//! that an edit replaces the bytes of one value and nothing else.

use crate::model::span::Span;

/// One parsed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IniDocument {
    text: String,
    entries: Vec<Entry>,
    sections: Vec<Section>,
}

/// A section header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name, split at dots that are not escaped.
    pub path: Vec<String>,
    /// The whole header line.
    pub span: Span,
}

/// One `key = value` or `key[] = value` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The section it stands in; empty before the first header.
    pub section: Vec<String>,
    /// The key, without `[]`.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// Whether the key ends in `[]`.
    pub collects: bool,
    /// The value, unquoted; `true` for a key without `=`.
    pub value: String,
    /// Where the value stands, without blanks around it.
    pub value_span: Span,
    /// Whether the value was written as a JSON string.
    pub quoted: bool,
}

/// Reads a file. There is nothing it refuses.
pub fn parse(text: String) -> IniDocument {
    let mut entries = Vec::new();
    let mut sections = Vec::new();
    let mut section: Vec<String> = Vec::new();
    for span in lines(&text) {
        let line = span.of(&text);
        let trimmed = trim(line);
        if trimmed.is_empty() || trimmed.starts_with(';') || trimmed.starts_with('#') {
            continue;
        }
        if let Some(name) = header(line) {
            section = split_name(name);
            sections.push(Section {
                path: section.clone(),
                span,
            });
        } else if let Some(entry) = entry(&text, span, &section) {
            entries.push(entry);
        }
    }
    IniDocument {
        text,
        entries,
        sections,
    }
}

impl IniDocument {
    /// The text as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every entry in the order of the file.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Every section header in the order of the file.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The value that counts for a key: the last one written.
    pub fn get(&self, section: &[&str], key: &str) -> Option<&Entry> {
        self.entries
            .iter()
            .rfind(|entry| entry.key == key && entry.section == section)
    }

    /// Every value of a key, collected or not.
    pub fn all<'a>(
        &'a self,
        section: &'a [&'a str],
        key: &'a str,
    ) -> impl Iterator<Item = &'a Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.key == key && entry.section == section)
    }

    /// Whether there is a section of this name.
    pub fn has_section(&self, section: &[&str]) -> bool {
        self.sections.iter().any(|own| own.path == section)
    }

    /// The text with the value of one entry replaced; every other byte stays.
    pub fn with_value(&self, entry: &Entry, value: &str) -> String {
        let range = entry.value_span.range();
        let equals = if range.is_empty() && !self.text[..range.start].trim_end().ends_with('=') {
            " = "
        } else {
            ""
        };
        format!(
            "{}{equals}{}{}",
            &self.text[..range.start],
            encode(value),
            &self.text[range.end..]
        )
    }
}

/// A value as Postman writes it: as a JSON string where it has `=` or a line break, starts with `[`, has
/// blanks around it or looks quoted already.
pub fn encode(value: &str) -> String {
    let quoted = |mark: char| value.len() > 1 && value.starts_with(mark) && value.ends_with(mark);
    let wrap = value.contains(['=', '\r', '\n'])
        || value.starts_with('[')
        || trim(value) != value
        || quoted('"')
        || quoted('\'');
    if wrap {
        serde_json::Value::from(value).to_string()
    } else {
        value.to_owned()
    }
}

/// The lines, without their ends; runs of line ends count as one.
fn lines(text: &str) -> impl Iterator<Item = Span> {
    let base = text.as_ptr() as usize;
    text.split(['\r', '\n']).map(move |line| {
        let start = line.as_ptr() as usize - base;
        Span::new(start, start + line.len())
    })
}

/// What JavaScript's `trim` takes away: Unicode blanks and the byte order mark.
fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

/// The name in a section header: nothing may stand before the bracket or behind it.
fn header(line: &str) -> Option<&str> {
    let name = line
        .trim_start_matches('\u{feff}')
        .strip_prefix('[')?
        .strip_suffix(']')?;
    (!name.contains(']')).then_some(name)
}

/// Splits at dots that have no backslash before them.
fn split_name(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = trim(name).chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek() == Some(&'.') => {
                characters.next();
                if let Some(last) = parts.last_mut() {
                    last.push('.');
                }
            }
            '.' => parts.push(String::new()),
            other => {
                if let Some(last) = parts.last_mut() {
                    last.push(other);
                }
            }
        }
    }
    parts
}

fn entry(text: &str, line: Span, section: &[String]) -> Option<Entry> {
    let written = line.of(text);
    let (left, right) = match written.split_once('=') {
        Some(("", _)) => return None,
        Some((left, right)) => (left, Some(right)),
        None => (written, None),
    };
    let (key, _) = unquote(trim(left));
    let key_start = line.start as usize + (left.len() - left.trim_start_matches(is_trimmed).len());
    let key_span = Span::new(key_start, key_start + trim(left).len());
    let (collects, key) = match key.strip_suffix("[]") {
        Some(name) if !name.is_empty() => (true, name.to_owned()),
        _ => (false, key),
    };
    if key == "__proto__" {
        return None;
    }
    let (value, value_span, quoted) = match right {
        None => ("true".to_owned(), Span::at(line.end as usize), false),
        Some(right) => {
            let blanks = right.len() - right.trim_start_matches(is_trimmed).len();
            let start = line.start as usize + left.len() + 1 + blanks;
            let (value, quoted) = unquote(trim(right));
            (value, Span::new(start, start + trim(right).len()), quoted)
        }
    };
    Some(Entry {
        section: section.to_vec(),
        key,
        key_span,
        collects,
        value,
        value_span,
        quoted,
    })
}

fn is_trimmed(character: char) -> bool {
    character.is_whitespace() || character == '\u{feff}'
}

/// A value in double quotes is read as a JSON string and kept as it is where it is none; single quotes are
/// taken off first.
fn unquote(value: &str) -> (String, bool) {
    let inside = |mark: char| value.len() > 1 && value.starts_with(mark) && value.ends_with(mark);
    if inside('\'') {
        return (value[1..value.len() - 1].to_owned(), true);
    }
    if inside('"')
        && let Ok(text) = serde_json::from_str::<String>(value)
    {
        return (text, true);
    }
    (value.to_owned(), false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{encode, parse};

    fn value(text: &str, section: &[&str], key: &str) -> Option<String> {
        parse(text.to_owned())
            .get(section, key)
            .map(|entry| entry.value.clone())
    }

    #[test]
    fn the_quirks_of_the_official_decoder() {
        for (text, section, key, expected) in [
            (
                "rootDirectory = \"a/b dir \"",
                &[] as &[&str],
                "rootDirectory",
                Some("a/b dir "),
            ),
            ("k = v ; c", &[], "k", Some("v ; c")),
            ("k = v # c", &[], "k", Some("v # c")),
            ("; k = v\n# k = w", &[], "k", None),
            ("[a] \nk = v", &["a"], "k", None),
            ("[a] \nk = v", &[], "k", Some("v")),
            ("[x]\n[a]b]\nk = v", &["x"], "k", Some("v")),
            ("[a.b\\.c]\nk = v", &["a", "b.c"], "k", Some("v")),
            ("\u{feff}k = v", &[], "k", Some("v")),
            ("__proto__ = v", &[], "__proto__", None),
            ("k", &[], "k", Some("true")),
            ("k = a\nk = b", &[], "k", Some("b")),
            ("k=v\r\nl=w\r\n", &[], "l", Some("w")),
            ("k = \"broken", &[], "k", Some("\"broken")),
            ("k = 'single'", &[], "k", Some("single")),
        ] {
            assert_eq!(value(text, section, key).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn collected_values_keep_their_order_and_sections_merge() {
        let text = "[a]\nf[] = {\"path\":\"x\"}\n\n[b]\n[a]\nf[]={\"path\":\"y\"}\nf = z\n";
        let document = parse(text.to_owned());
        let values: Vec<&str> = document
            .all(&["a"], "f")
            .map(|entry| entry.value.as_str())
            .collect();
        assert_eq!(values, [r#"{"path":"x"}"#, r#"{"path":"y"}"#, "z"]);
        let spans: Vec<&str> = document
            .all(&["a"], "f")
            .map(|entry| entry.value_span.of(text))
            .collect();
        assert_eq!(spans, values);
        assert!(document.has_section(&["b"]));
    }

    #[test]
    fn double_encoded_json_is_unquoted_once() {
        let text = r#"files[] = "{\"id\":\"1\",\"path\":\"a=b.json\"}""#;
        assert_eq!(
            value(text, &[], "files").as_deref(),
            Some(r#"{"id":"1","path":"a=b.json"}"#)
        );
    }

    #[test]
    fn replacing_a_value_leaves_every_other_byte() {
        let text = "# note\r\n[a]\r\n  k =  old \r\nflag\r\n";
        let document = parse(text.to_owned());
        let changed = document.with_value(document.get(&["a"], "k").unwrap(), "new=x ");
        assert_eq!(changed, "# note\r\n[a]\r\n  k =  \"new=x \" \r\nflag\r\n");
        let flagged = document.with_value(document.get(&["a"], "flag").unwrap(), "no");
        assert!(flagged.ends_with("flag = no\r\n"));
    }

    proptest! {
        #[test]
        fn any_value_survives_writing_and_reading(value in "[ -~\n\r\té\\[\\]\"'=]{0,20}") {
            let text = format!("k = {}\n", encode(&value));
            let read = parse(text.clone());
            prop_assert_eq!(read.text(), &text);
            prop_assert_eq!(&read.get(&[], "k").unwrap().value, &value);
        }

        #[test]
        fn any_text_is_read_and_kept(text in "[\\[\\]a-c=\\. \"'#;\n\r\u{feff}é]{0,60}") {
            let document = parse(text.clone());
            prop_assert_eq!(document.text(), &text);
            for entry in document.entries() {
                prop_assert!(entry.value_span.end as usize <= text.len());
            }
        }
    }
}
