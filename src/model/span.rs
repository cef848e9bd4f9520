//! Places in a text: byte spans, and the lines and columns people read.

use std::ops::Range;

/// A range of bytes in a text of at most 4 GiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// From `start` to before `end`; offsets past 4 GiB are cut there.
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self {
            start: clamp(start),
            end: clamp(end.max(start)),
        }
    }

    /// The empty span at `offset`.
    pub fn at(offset: usize) -> Self {
        Self::new(offset, offset)
    }

    /// As a range to index with.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The text it covers; empty where the span does not fit the text.
    pub fn of(self, text: &str) -> &str {
        text.get(self.range()).unwrap_or_default()
    }
}

/// A place as people read it. Lines and columns start at 1; a column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The character in the line, from 1.
    pub column: u32,
}

impl Position {
    /// The first character of a file.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Finds every line. `\n`, `\r\n` and a lone `\r` end one, as editors show it.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for offset in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[offset] == b'\r' && bytes.get(offset + 1) == Some(&b'\n') {
                continue;
            }
            starts.push(u32::try_from(offset + 1).unwrap_or(u32::MAX));
        }
        Self { starts }
    }

    /// The line of a byte offset, from 1. In a long line it costs far less than the column does.
    pub fn line_at(&self, offset: u32) -> u32 {
        // The first line starts at 0, so there is always one.
        number(self.starts.partition_point(|start| *start <= offset))
    }

    /// The line and column of a byte offset in the `text` this index was made from.
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let line = self.line_at(offset);
        let start = self.starts[line as usize - 1] as usize;
        let mut end = (offset as usize).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = text.get(start..end).unwrap_or_default();
        let column = before.trim_start_matches('\u{feff}').chars().count() + 1;
        Position {
            line,
            column: number(column),
        }
    }

    /// The byte span of a line counted from 1, without its line end.
    pub fn line(&self, text: &str, line: u32) -> Span {
        let index = (line as usize).saturating_sub(1).min(self.starts.len() - 1);
        let start = self.starts[index] as usize;
        let end = self
            .starts
            .get(index + 1)
            .map_or(text.len(), |next| *next as usize);
        let shown = text
            .get(start..end)
            .unwrap_or_default()
            .trim_end_matches(['\n', '\r']);
        Span::new(start, start + shown.len())
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Never true: even an empty text has a line.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{LineIndex, Position, Span};

    #[test]
    fn lines_end_as_editors_show_it() {
        let text = "one\r\ntwo\rthree\nfour";
        let index = LineIndex::new(text);
        let lines: Vec<&str> = (1..=4)
            .map(|line| index.line(text, line).of(text))
            .collect();
        assert_eq!(lines, ["one", "two", "three", "four"]);
        assert_eq!(index.position(text, 5), Position { line: 2, column: 1 });
    }

    #[test]
    fn columns_count_characters() {
        let text = "\u{feff}äö: x";
        let index = LineIndex::new(text);
        let at = u32::try_from(text.find('x').unwrap()).unwrap();
        assert_eq!(index.position(text, at), Position { line: 1, column: 5 });
        assert_eq!(index.position(text, 9999), Position { line: 1, column: 6 });
    }

    #[test]
    fn a_span_outside_is_empty() {
        assert_eq!(Span::new(5, 9).of("abc"), "");
        assert_eq!(Span::new(9, 5), Span::at(9));
    }
}
