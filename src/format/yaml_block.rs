//! Members and items of YAML that have lines of their own: which lines belong to which, comments included, and how some of
//! them go and others come in.

use crate::format::pairing::Step;
use crate::format::patch::Patches;
use crate::format::yaml_layout::{Layout, Shape, SlotId};

impl Layout<'_> {
    /// Where the line of an offset begins, behind a byte order mark.
    pub(crate) fn line_start(&self, at: usize) -> usize {
        let start = memchr::memrchr(b'\n', &self.text.as_bytes()[..at]).map_or(0, |at| at + 1);
        if start == 0 && self.text.starts_with('\u{feff}') {
            3.min(at)
        } else {
            start
        }
    }

    /// Where the line of an offset ends, before its line break.
    pub(crate) fn line_end(&self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
        if end > at && bytes[end - 1] == b'\r' {
            end - 1
        } else {
            end
        }
    }

    /// Behind the line break that is at an offset, or the end of the text.
    fn next_line(&self, end: usize) -> usize {
        memchr::memchr(b'\n', &self.text.as_bytes()[end..])
            .map_or(self.text.len(), |at| end + at + 1)
    }

    /// How many characters stand before an offset in its line.
    pub(crate) fn column(&self, at: usize) -> usize {
        self.text[self.line_start(at)..at].chars().count()
    }

    /// Whether nothing but white space stands before an offset in its line.
    pub(crate) fn begins_line(&self, at: usize) -> bool {
        self.text[self.line_start(at)..at].trim().is_empty()
    }

    /// Where the content of a slot ends.
    pub(crate) fn slot_end(&self, slot: SlotId) -> usize {
        let slot = self.slot(slot);
        let end = self.parts[slot.value()].content().end;
        end.max(slot.after()).max(slot.key().end)
    }

    /// Where the lines of a slot begin: with the comments right above it. `first_of_all` leaves the head of the file alone.
    pub(crate) fn head(&self, slot: SlotId, first_of_all: bool) -> usize {
        let start = self.slot(slot).start();
        if !self.begins_line(start) {
            return start;
        }
        let column = self.column(start);
        let mut head = self.line_start(start);
        while !first_of_all && head > 0 {
            let above = self.line_start(head - 1);
            let line = self.text[above..head].trim_end();
            let indent = line.len() - line.trim_start().len();
            if above == head || !line.trim_start().starts_with('#') || indent > column {
                break;
            }
            head = above;
        }
        head
    }

    /// Where the lines of a slot end, before the line break: with the comments below that lie deeper than it.
    pub(crate) fn tail(&self, slot: SlotId) -> usize {
        let column = self.column(self.slot(slot).start());
        let mut tail = self.line_end(self.slot_end(slot));
        let mut at = tail;
        loop {
            let start = self.next_line(at);
            if start >= self.text.len() {
                return tail;
            }
            let end = self.line_end(start);
            let line = &self.text[start..end];
            let content = line.trim_start();
            if content.starts_with('#') && line.len() - content.len() > column {
                tail = end;
            } else if !content.is_empty() {
                return tail;
            }
            at = end;
            if end == self.text.len() {
                return tail;
            }
        }
    }

    /// The lines of a slot with their line break, and a blank line too many.
    fn lines_of(&self, slot: SlotId, first_of_all: bool) -> std::ops::Range<usize> {
        let head = self.head(slot, first_of_all);
        let tail = self.tail(slot);
        let next = self.next_line(tail);
        let ends = next >= self.text.len();
        let mut start = head;
        let blank_below = !ends && self.text[next..self.line_end(next)].trim().is_empty();
        if ends || blank_below {
            while start > 0 {
                let above = self.line_start(start - 1);
                if above == start || !self.text[above..start].trim().is_empty() {
                    break;
                }
                start = above;
            }
        }
        if ends && !self.text.ends_with('\n') {
            // The last line has no line break, so the one before it goes.
            let before = self.text[..start].strip_suffix('\n').unwrap_or_default();
            start = before.strip_suffix('\r').unwrap_or(before).len();
            return start..self.text.len();
        }
        start..next
    }

    /// Makes the changes that the steps are to a list or mapping in lines. `render` writes a slot that comes in, its first
    /// line without indentation; `newline` ends lines.
    pub(crate) fn edit_lines(
        &self,
        part: usize,
        steps: &[Step],
        newline: &str,
        patches: &mut Patches,
        render: &mut dyn FnMut(usize) -> String,
    ) {
        let slots = self.slots_of(&self.parts[part]);
        let Some(first) = slots.first().copied() else {
            return;
        };
        let start = self.slot(first).start();
        let column = self.column(start);
        let indent = " ".repeat(column);
        let is_root = part == 0;
        let stays = |step: &Step| match step {
            Step::Keep { own, .. } | Step::Stay { own } => Some(*own),
            _ => None,
        };
        let Some(first_kept) = steps.iter().find_map(stays) else {
            let texts: Vec<String> = steps
                .iter()
                .filter_map(|step| match step {
                    Step::Insert { wanted } => Some(render(*wanted)),
                    _ => None,
                })
                .collect();
            let last = slots[slots.len() - 1];
            let text = texts.join(&format!("{newline}{indent}"));
            patches.replace(start..self.tail(last), text);
            return;
        };
        let compact = !self.begins_line(start);
        let mut last: Option<usize> = None;
        for step in steps {
            match *step {
                Step::Keep { own, .. } | Step::Stay { own } => last = Some(own),
                Step::Remove { own } if own == 0 && compact => {
                    // The next one takes the place behind the dash.
                    let head = self.head(slots[first_kept], false);
                    let next =
                        head + (self.text[head..].len() - self.text[head..].trim_start().len());
                    patches.remove(start..next);
                }
                Step::Remove { own } if compact && own < first_kept => {}
                Step::Remove { own } => {
                    patches.remove(self.lines_of(slots[own], is_root && own == 0));
                }
                Step::Insert { wanted } => {
                    let text = render(wanted);
                    match last {
                        Some(own) => {
                            let apart = if self.has_blank_before(slots, own) {
                                newline
                            } else {
                                ""
                            };
                            let text = format!("{newline}{apart}{indent}{text}");
                            patches.insert(self.tail(slots[own]), text);
                        }
                        None if compact => {
                            patches.insert(start, format!("{text}{newline}{indent}"));
                        }
                        None => {
                            let head = self.head(first, is_root);
                            patches.insert(head, format!("{indent}{text}{newline}"));
                        }
                    }
                }
            }
        }
    }

    /// Whether blank lines set a slot apart from the one before it, or the first from the one behind it.
    fn has_blank_before(&self, slots: &[SlotId], own: usize) -> bool {
        let own = own.max(1);
        let Some(slot) = slots.get(own) else {
            return false;
        };
        let head = self.head(*slot, false);
        let before = self.tail(slots[own - 1]);
        let between = self.text.get(before..head).unwrap_or_default();
        between.matches('\n').count() > 1
    }

    /// Whether this is a list or mapping in lines.
    pub(crate) fn is_in_lines(&self, part: usize) -> bool {
        matches!(self.parts[part].shape, Shape::BlockMap | Shape::BlockList)
    }
}
