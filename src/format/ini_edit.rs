//! Edits of a file in Postman's INI dialect: lines are put in, taken out and changed, and every other byte stays.

use std::ops::Range;

use crate::format::ini::{Entry, IniDocument, encode};

/// The text with one more `key[] = value` behind the last one of that key in a section, or at the section's end; with
/// the section itself at the end of the file where there is none.
pub fn append(document: &IniDocument, section: &[&str], key: &str, value: &str) -> String {
    let written = format!("{key}[]");
    if let Some(like) = document.all(section, key).last() {
        let between = between(document, like);
        return line_after(
            document,
            like,
            &format!("{written}{between}{}", encode(value)),
        );
    }
    at_end_of_section(document, section, &format!("{written} = {}", encode(value)))
}

/// The text with the value that counts for a key replaced, or the key put at the section's end.
pub fn set(document: &IniDocument, section: &[&str], key: &str, value: &str) -> String {
    match document.get(section, key) {
        Some(entry) if entry.value == value => document.text().to_owned(),
        Some(entry) => document.with_value(entry, value),
        None => at_end_of_section(document, section, &format!("{key} = {}", encode(value))),
    }
}

/// The text without the lines of some entries.
pub fn without(document: &IniDocument, entries: &[&Entry]) -> String {
    let text = document.text();
    let mut ranges: Vec<Range<usize>> = entries
        .iter()
        .map(|entry| line_of(text, entry.key_span.start as usize))
        .collect();
    ranges.sort_by_key(|range| range.start);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for range in ranges {
        out.push_str(&text[from..range.start]);
        from = range.end;
        let is_last = from == text.len() && !text[range].ends_with(['\n', '\r']);
        if is_last {
            // The file had no line end at its end, and has none then either.
            let kept = out.strip_suffix('\n').unwrap_or(&out);
            let kept = kept.strip_suffix('\r').unwrap_or(kept).len();
            out.truncate(kept);
        }
    }
    out.push_str(&text[from..]);
    out
}

/// The text with some bytes replaced.
pub fn with_bytes(document: &IniDocument, range: Range<usize>, new: &str) -> String {
    let text = document.text();
    format!("{}{new}{}", &text[..range.start], &text[range.end..])
}

/// What stands between a key and its value.
fn between<'a>(document: &'a IniDocument, entry: &Entry) -> &'a str {
    let between = &document.text()[entry.key_span.end as usize..entry.value_span.start as usize];
    if between.contains('=') {
        between
    } else {
        " = "
    }
}

fn at_end_of_section(document: &IniDocument, section: &[&str], line: &str) -> String {
    let text = document.text();
    if let Some(last) = document
        .entries()
        .iter()
        .rfind(|entry| entry.section == section)
    {
        return line_after(document, last, line);
    }
    let header = document.sections().iter().rfind(|own| own.path == section);
    if let Some(header) = header {
        return insert_line(text, header.span.end as usize, line);
    }
    if section.is_empty() {
        // Before the first section, behind the comments at the head.
        let end = document
            .sections()
            .first()
            .map_or(text.len(), |first| first.span.start as usize);
        let head = text[..end].trim_end_matches(['\r', '\n', ' ', '\t']).len();
        if head == 0 {
            let newline = newline(text);
            return format!("{line}{newline}{text}");
        }
        return insert_line(text, head, line);
    }
    let newline = newline(text);
    let name: Vec<String> = section
        .iter()
        .map(|part| part.replace('.', "\\."))
        .collect();
    let end = if text.is_empty() || text.ends_with(['\n', '\r']) {
        ""
    } else {
        newline
    };
    let blank = if text.is_empty() { "" } else { newline };
    format!(
        "{text}{end}{blank}[{}]{newline}{line}{newline}",
        name.join(".")
    )
}

fn line_after(document: &IniDocument, entry: &Entry, line: &str) -> String {
    let text = document.text();
    let start = line_of(text, entry.key_span.start as usize).start;
    let written = &text[start..entry.key_span.start as usize];
    let indent: String = written
        .chars()
        .filter(|c| *c == ' ' || *c == '\t')
        .collect();
    let end = line_of(text, entry.key_span.start as usize);
    let end = start + text[end].trim_end_matches(['\n', '\r']).len();
    insert_line(text, end, &format!("{indent}{line}"))
}

/// Puts a line behind the one that ends at `at`; a file without a line end at its end stays so.
fn insert_line(text: &str, at: usize, line: &str) -> String {
    let rest = &text[at..];
    let newline = match () {
        () if rest.starts_with("\r\n") => "\r\n",
        () if rest.starts_with('\n') => "\n",
        () if rest.starts_with('\r') => "\r",
        () => newline(text),
    };
    format!("{}{newline}{line}{rest}", &text[..at])
}

fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// The line that holds an offset, with its end.
fn line_of(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let end = match text[at..].find(['\n', '\r']) {
        None => text.len(),
        Some(end) if text[at + end..].starts_with("\r\n") => at + end + 2,
        Some(end) => at + end + 1,
    };
    start..end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{append, set, without};
    use crate::format::ini::parse;

    #[test]
    fn lines_come_where_their_kind_stands() {
        for (text, section, expected) in [
            (
                "[a]\nk[] = 1\n\n[b]\n",
                &["a"] as &[&str],
                "[a]\nk[] = 1\nk[] = x\n\n[b]\n",
            ),
            (
                "[a]\r\nr = 1\r\n\r\n[b]\r\n",
                &["a"],
                "[a]\r\nr = 1\r\nk[] = x\r\n\r\n[b]\r\n",
            ),
            ("[a]\n\n[b]\n", &["a"], "[a]\nk[] = x\n\n[b]\n"),
            ("[a]", &["a"], "[a]\nk[] = x"),
            ("[b]\n", &["a", "c.d"], "[b]\n\n[a.c\\.d]\nk[] = x\n"),
            ("", &["a"], "[a]\nk[] = x\n"),
            ("# head\n\n[b]\n", &[], "# head\nk[] = x\n\n[b]\n"),
            ("", &[], "k[] = x\n"),
            ("  k[]=1", &[], "  k[]=1\n  k[]=x"),
        ] {
            assert_eq!(
                append(&parse(text.to_owned()), section, "k", "x"),
                expected,
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_value_is_set_where_it_stands() {
        let text = "[a]\r\nk =  1 \r\n";
        assert_eq!(
            set(&parse(text.to_owned()), &["a"], "k", "2"),
            "[a]\r\nk =  2 \r\n"
        );
        assert_eq!(set(&parse(text.to_owned()), &["a"], "k", "1"), text);
        assert_eq!(
            set(&parse(text.to_owned()), &["a"], "l", "=2"),
            "[a]\r\nk =  1 \r\nl = \"=2\"\r\n"
        );
    }

    proptest! {
        #[test]
        fn what_is_appended_is_read_and_taken_out_again(
            text in "([\\[\\]a-ck=\\. \"'#;é]{0,6}(\n|\r\n)){0,8}[ak=\\[\\]]{0,3}",
            value in "[ -~]{0,12}",
        ) {
            let before = parse(text.clone());
            for section in [&[] as &[&str], &["a"], &["b", "c"]] {
                let existed = section.is_empty() || before.has_section(section);
                let after = parse(append(&before, section, "k", &value));
                prop_assert_eq!(after.entries().len(), before.entries().len() + 1);
                let index = after.entries().iter().enumerate()
                    .position(|(at, entry)| before.entries().get(at).is_none_or(
                        |own| own.value != entry.value || own.key != entry.key || own.section != entry.section))
                    .unwrap();
                let added = after.all(section, "k").last().unwrap();
                prop_assert_eq!(&added.value, &value);
                prop_assert!(index < after.entries().len());
                if existed && !text.is_empty() && !before.entries().is_empty() {
                    prop_assert_eq!(without(&after, &[added]), text.clone());
                }
            }
        }
    }
}
