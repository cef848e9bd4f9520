//! Changes to a text by byte ranges: everything outside of them stays as it is.

use std::ops::Range;

/// Changes to one text, in any order.
#[derive(Debug, Default)]
pub(crate) struct Patches(Vec<(Range<usize>, String)>);

impl Patches {
    /// Puts a text in the place of a range.
    pub(crate) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        let text = text.into();
        if !range.is_empty() || !text.is_empty() {
            self.0.push((range, text));
        }
    }

    /// Puts a text before the byte at an offset.
    pub(crate) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Takes a range away.
    pub(crate) fn remove(&mut self, range: Range<usize>) {
        self.replace(range, "");
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// This part of the text with its changes. Of changes that overlap the later is cut to what the earlier left.
    pub(crate) fn applied(mut self, text: &str, part: Range<usize>) -> String {
        self.0.sort_by_key(|(range, _)| (range.start, range.end));
        let grown: usize = self.0.iter().map(|(_, text)| text.len()).sum();
        let mut out = String::with_capacity(part.len() + grown);
        let mut at = part.start;
        for (range, new) in self.0 {
            if range.start > at {
                out.push_str(text.get(at..range.start).unwrap_or_default());
            }
            out.push_str(&new);
            at = at.max(range.end);
        }
        out.push_str(text.get(at..part.end.max(at)).unwrap_or_default());
        out
    }
}
