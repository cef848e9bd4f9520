//! A text over several lines of which a word changes: where its lines are broken says nothing, so they stay as they are.

use std::ops::Range;

use crate::format::yaml;

/// The bytes of a text as it is written that change when it says something else, and what they become; `None` where more
/// changes than words of one line, and the text has to be written anew. `in_brackets` says that it stands in a flow
/// collection.
pub(crate) fn reworded(
    written: &str,
    old: &str,
    new: &str,
    in_brackets: bool,
) -> Option<(Range<usize>, String)> {
    let (changed, words) = changed_words(old, new)?;
    let (before, body) = body_of(written)?;
    let index = old[..changed.start].split_ascii_whitespace().count();
    let count = old[changed.clone()].split_ascii_whitespace().count();
    let spans = word_spans(body);
    if spans.len() != old.split_ascii_whitespace().count() {
        return None;
    }
    let start = before + spans.get(index)?.start;
    let end = before + spans.get((index + count).checked_sub(1)?)?.end;
    if written.get(start..end)? != &old[changed] {
        return None;
    }
    let result = format!("{}{words}{}", &written[..start], &written[end..]);
    reads_as(&result, new, in_brackets).then(|| (start..end, words.to_owned()))
}

/// The words of the old text that are not in the new one, and those in their place; `None` where a line break is among
/// them, or more than one space between them.
fn changed_words<'a>(old: &str, new: &'a str) -> Option<(Range<usize>, &'a str)> {
    let alike = |(one, other): &((usize, char), char)| one.1 == *other;
    let start = old
        .char_indices()
        .zip(new.chars())
        .find(|pair| !alike(pair))
        .map_or(old.len().min(new.len()), |((at, _), _)| at);
    let same_end: usize = old[start..]
        .chars()
        .rev()
        .zip(new[start..].chars().rev())
        .take_while(|(one, other)| one == other)
        .map(|(one, _)| one.len_utf8())
        .sum();
    // To the ends of the words.
    let start = old[..start]
        .rfind(|c: char| c.is_ascii_whitespace())
        .map_or(0, |space| space + 1);
    let end = old.len() - same_end;
    let more = old[end..]
        .find(|c: char| c.is_ascii_whitespace())
        .unwrap_or(same_end);
    let words = new.get(start..new.len() - same_end + more)?;
    let old_words = &old[start..end + more];
    let is_plain = |text: &str| {
        !text.is_empty()
            && text
                .split(' ')
                .all(|word| !word.is_empty() && !word.contains(|c: char| c.is_ascii_whitespace()))
    };
    (is_plain(old_words) && is_plain(words)).then_some((start..end + more, words))
}

/// What a text holds between its quotes or below its header, and where that starts.
fn body_of(written: &str) -> Option<(usize, &str)> {
    match written.as_bytes().first()? {
        b'|' | b'>' => {
            let header = written.find('\n')? + 1;
            Some((header, &written[header..]))
        }
        quote @ (b'"' | b'\'') => {
            let body = written.get(1..written.len().checked_sub(1)?)?;
            written.ends_with(char::from(*quote)).then_some((1, body))
        }
        _ => Some((0, written)),
    }
}

fn word_spans(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut start = None;
    for (at, byte) in text.bytes().enumerate() {
        if !byte.is_ascii_whitespace() {
            start = start.or(Some(at));
        } else if let Some(start) = start.take() {
            spans.push(start..at);
        }
    }
    spans.extend(start.map(|start| start..text.len()));
    spans
}

fn reads_as(written: &str, text: &str, in_brackets: bool) -> bool {
    let document = if in_brackets {
        format!("k: [{written}]\n")
    } else {
        format!("k: {written}\n")
    };
    let (document, faults) = yaml::parse(document);
    let pointer = if in_brackets { "/k/0" } else { "/k" };
    let read = document.at(pointer).and_then(|node| node.as_str());
    faults.is_empty() && read.is_some_and(|read| read == text)
}

#[cfg(test)]
mod tests {
    use super::reworded;

    fn changed(written: &str, old: &str, new: &str) -> Option<String> {
        let (range, words) = reworded(written, old, new, false)?;
        Some(format!(
            "{}{words}{}",
            &written[..range.start],
            &written[range.end..]
        ))
    }

    #[test]
    fn a_word_changes_where_it_stands() {
        for (written, old, new, expected) in [
            (
                ">-\n  one two\n  three",
                "one two three",
                "one 2 three",
                ">-\n  one 2\n  three",
            ),
            (
                "one two\n  three",
                "one two three",
                "one two four five",
                "one two\n  four five",
            ),
            (
                "'one two\n  three'",
                "one two three",
                "one two three.",
                "'one two\n  three.'",
            ),
            (
                "\"é two\n\n  three\"",
                "é two\nthree",
                "è two\nthree",
                "\"è two\n\n  three\"",
            ),
        ] {
            assert_eq!(
                changed(written, old, new).as_deref(),
                Some(expected),
                "{written}"
            );
        }
    }

    #[test]
    fn what_is_more_than_words_of_one_line_is_written_anew() {
        for (written, old, new) in [
            (">-\n  one two\n  three", "one two three", "one twothree"),
            (">-\n  one two\n  three", "one two three", "one two\nthree"),
            (">-\n  one two\n  three", "one two three", "one two  three"),
            ("one two\n  three", "one two three", "one: two three"),
            ("one two\n  three", "one two three", "one #two three"),
            ("'one two\n  three'", "one two three", "one two's three"),
            ("\"one two\\\n  three\"", "one twothree", "one two2three"),
            ("one\n  two", "one two", ""),
        ] {
            assert_eq!(changed(written, old, new), None, "{written} {new}");
        }
        assert_eq!(reworded("one\n  two", "one two", "one a,b", true), None);
    }
}
