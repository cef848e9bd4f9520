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

/// Where the lines of a text begin, and how many characters stand before each block of it.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
    /// The characters before each `BLOCK` bytes: a file may be one line, and each finding in it wants a column.
    blocks: Vec<u32>,
}

/// How many bytes are counted again for each column.
const BLOCK: usize = 4096;

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
        let mut blocks = Vec::with_capacity(bytes.len() / BLOCK + 1);
        let mut characters = 0;
        for block in bytes.chunks(BLOCK) {
            blocks.push(number(characters));
            characters += characters_in(block);
        }
        Self { starts, blocks }
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
        let mark = usize::from(line == 1 && end > 0 && text.starts_with('\u{feff}'));
        let before = self.characters_before(text, end);
        let column = before.saturating_sub(self.characters_before(text, start) + mark) + 1;
        Position {
            line,
            column: number(column),
        }
    }

    /// The byte offset of a position in the `text` this index was made from; the end of the text for one behind it.
    pub fn offset(&self, text: &str, position: Position) -> u32 {
        let line = (position.line as usize)
            .saturating_sub(1)
            .min(self.starts.len() - 1);
        let start = self.starts[line] as usize;
        let mark = usize::from(line == 0 && text.starts_with('\u{feff}'));
        let wanted = self.characters_before(text, start) + mark + position.column as usize - 1;
        let block = self
            .blocks
            .partition_point(|before| *before as usize <= wanted)
            .saturating_sub(1);
        let from = block * BLOCK;
        let skipped = self.blocks.get(block).map_or(0, |before| *before as usize);
        let found = text
            .as_bytes()
            .iter()
            .enumerate()
            .skip(from)
            .filter(|(_, byte)| begins_character(**byte))
            .nth(wanted.saturating_sub(skipped));
        number(found.map_or(text.len(), |(offset, _)| offset))
    }

    fn characters_before(&self, text: &str, offset: usize) -> usize {
        let block = (offset / BLOCK).min(self.blocks.len().saturating_sub(1));
        let counted = self.blocks.get(block).map_or(0, |before| *before as usize);
        let rest = text.as_bytes().get(block * BLOCK..offset);
        counted + rest.map_or(0, characters_in)
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

fn characters_in(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| begins_character(**byte)).count()
}

/// Whether a byte of UTF-8 is the first of its character.
fn begins_character(byte: u8) -> bool {
    byte & 0xc0 != 0x80
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
    fn columns_and_offsets_agree_on_long_lines_too() {
        let text = format!("\u{feff}{}\n{}", "aö€🎉".repeat(3000), "bä\r".repeat(2000));
        let index = LineIndex::new(&text);
        let (mut line, mut column) = (1, 1);
        for (offset, character) in text.char_indices().skip(1) {
            let position = Position { line, column };
            let offset = u32::try_from(offset).unwrap();
            assert_eq!(index.position(&text, offset), position);
            assert_eq!(index.offset(&text, position), offset);
            (line, column) = match character {
                '\n' | '\r' => (line + 1, 1),
                _ => (line, column + 1),
            };
        }
        let behind = Position { line, column: 99 };
        assert_eq!(index.offset(&text, behind) as usize, text.len());
        assert_eq!(LineIndex::new("").offset("", Position::START), 0);
    }

    #[test]
    fn a_span_outside_is_empty() {
        assert_eq!(Span::new(5, 9).of("abc"), "");
        assert_eq!(Span::new(9, 5), Span::at(9));
    }
}
