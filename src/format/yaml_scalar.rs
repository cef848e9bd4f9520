//! Strings in YAML: plain where no reader takes them for anything else, and in the quotes of their neighbours otherwise.

use std::fmt::Write as _;

use crate::format::yaml::is_plain_string;
use crate::format::yaml_layout::Shape;

/// Where a scalar stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    /// Between brackets.
    pub(crate) flow: bool,
    /// The quotes that the document prefers: `'` or `"`.
    pub(crate) quote: char,
    /// Whether words that only readers of YAML 1.1 take for something else may stay plain, as their neighbours do.
    pub(crate) lenient: bool,
}

/// A string on one line, written as another one is where its characters allow that.
pub(crate) fn inline(text: &str, like: Shape, spot: Spot) -> String {
    match like {
        Shape::Double => double(text),
        Shape::Single => single(text).unwrap_or_else(|| double(text)),
        _ if is_plain(text, spot) => text.to_owned(),
        _ if spot.quote == '\'' => single(text).unwrap_or_else(|| double(text)),
        _ => double(text),
    }
}

/// A string as a literal block scalar: the header and the lines, or `None` where it cannot be one.
pub(crate) fn literal(text: &str) -> Option<(String, Vec<&str>)> {
    let body = text.trim_end_matches('\n');
    let first = body.lines().find(|line| !line.is_empty())?;
    let printable = text.chars().all(|c| is_printable(c) || c == '\n' || c == '\t');
    if !printable || first.trim().is_empty() {
        return None;
    }
    let mut header = "|".to_owned();
    if first.starts_with([' ', '\t']) || body.starts_with('\n') {
        header.push('2');
    }
    let mut lines: Vec<&str> = body.split('\n').collect();
    match text.len() - body.len() {
        0 => header.push('-'),
        1 => {}
        more => {
            header.push('+');
            lines.extend(std::iter::repeat_n("", more - 1));
        }
    }
    Some((header, lines))
}

/// Whether a string can stand without quotes, for readers of YAML 1.1 as well.
pub(crate) fn is_plain(text: &str, spot: Spot) -> bool {
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return false;
    };
    let second = characters.next();
    let starts_right = match first {
        '-' | '?' | ':' => {
            second.is_some_and(|c| c.is_alphanumeric() || matches!(c, '/' | '_' | '.'))
        }
        _ => !",[]{}#&*!|>'\"%@`=".contains(first),
    };
    let colon = |at: usize| {
        let next = text[at + 1..].chars().next();
        next.is_none_or(|c| c.is_whitespace() || (spot.flow && ",[]{}".contains(c)))
    };
    starts_right
        && text.trim() == text
        && !text.starts_with("---")
        && !text.starts_with("...")
        && text.chars().all(is_printable)
        && !text.contains(" #")
        && !text.match_indices(':').any(|(at, _)| colon(at))
        && !(spot.flow && text.contains([',', '[', ']', '{', '}']))
        && is_plain_string(text)
        && (spot.lenient || !is_other_in_yaml_1_1(text))
}

/// Whether readers of YAML 1.1, which most programs still are, take a plain scalar for a boolean, a number or a date.
/// <https://yaml.org/type/>
pub(crate) fn is_other_in_yaml_1_1(text: &str) -> bool {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    if text == "~" || text == "<<" || words.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return true;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return false;
    }
    let only = |set: &str| unsigned.chars().all(|c| c.is_ascii_digit() || set.contains(c));
    let date = text.len() >= 8
        && text.as_bytes()[..4].iter().all(u8::is_ascii_digit)
        && text.as_bytes()[4] == b'-'
        && only("-:.tTzZ+ ");
    let based = unsigned.get(..2).is_some_and(|prefix| {
        prefix.eq_ignore_ascii_case("0x")
            || prefix.eq_ignore_ascii_case("0b")
            || prefix.eq_ignore_ascii_case("0o")
    });
    let point = unsigned.matches('.').count() <= 1;
    let number = point && unsigned.contains(|c: char| c.is_ascii_digit()) && only("._:eE+-");
    let word = [".inf", ".nan"].iter().any(|word| unsigned.eq_ignore_ascii_case(word));
    date || based || number || word
}

fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{feff}' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
}

fn single(text: &str) -> Option<String> {
    text.chars()
        .all(|c| is_printable(c) || c == '\t')
        .then(|| format!("'{}'", text.replace('\'', "''")))
}

fn double(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            c => {
                // Writing into a string does not fail.
                let _ = if u32::from(c) > 0xffff {
                    write!(out, "\\U{:08x}", u32::from(c))
                } else {
                    write!(out, "\\u{:04x}", u32::from(c))
                };
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::{Spot, inline, literal};
    use crate::format::yaml_layout::Shape;

    const BLOCK: Spot = Spot {
        flow: false,
        quote: '"',
        lenient: false,
    };

    #[test]
    fn plain_where_nobody_reads_it_as_anything_else() {
        for text in ["a", "/orders/{id}", "a b", "a:b", "https://x.y/z#k", "é", "1.2.3", "-x", "x, y", "a'b"] {
            assert_eq!(inline(text, Shape::Plain, BLOCK), text);
        }
        for text in [
            "", " a", "a ", "a: b", "a:", "a #b", "#a", "{{x}}", "@a", "`a", "%a", "*a", "&a", "!a", "|", ">", "-", "- a",
            "? a", "[a", "yes", "No", "on", "y", "null", "~", "true", "1", "1.0", "0o7", "0x1F", "1_000", "12:30:45",
            "2020-01-01", "2020-01-01T00:00:00Z", ".inf", "1e3", "<<", "=", "---", "--- a", "...", "a\tb", "\u{85}",
        ] {
            assert_ne!(inline(text, Shape::Plain, BLOCK), text, "{text:?}");
        }
        let flow = Spot { flow: true, ..BLOCK };
        assert_eq!(inline("x, y", Shape::Plain, flow), "\"x, y\"");
    }

    #[test]
    fn quotes_stay_where_the_characters_allow_it() {
        assert_eq!(inline("it's", Shape::Single, BLOCK), "'it''s'");
        assert_eq!(inline("a\nb", Shape::Single, BLOCK), "\"a\\nb\"");
        assert_eq!(inline("é\u{7}\"\\", Shape::Double, BLOCK), "\"é\\u0007\\\"\\\\\"");
    }

    #[test]
    fn lines_become_a_literal_with_the_indicators_they_need() {
        let header = |text| literal(text).map(|(header, _)| header);
        assert_eq!(header("a\nb\n").as_deref(), Some("|"));
        assert_eq!(header("a\nb").as_deref(), Some("|-"));
        assert_eq!(header("a\n\n").as_deref(), Some("|+"));
        assert_eq!(header(" a\nb\n").as_deref(), Some("|2"));
        assert_eq!(header("\n"), None);
        assert_eq!(header("a\r\nb\n"), None);
    }
}
