//! Parts between brackets that go, stay and come in: what stands between those that stay is kept byte by byte, and what
//! comes in is set apart as its neighbours are. For JSON and for what YAML writes between brackets.

use std::cell::OnceCell;
use std::ops::Range;

use crate::format::pairing::Step;
use crate::format::patch::Patches;

/// A container between brackets.
pub(crate) struct Bracketed<'a> {
    pub(crate) text: &'a str,
    /// Between the brackets.
    pub(crate) inside: Range<usize>,
    /// Its parts, each with its key.
    pub(crate) parts: Vec<Range<usize>>,
    /// What sets the first part apart where there is none yet: a line break with the indentation, or nothing.
    pub(crate) opening: String,
    /// What stands before the closing bracket then.
    pub(crate) closing: String,
    /// What follows a comma on a line.
    pub(crate) after_comma: &'static str,
    /// The indentation of the line it begins on, and whether it is one line: found when they are asked for.
    pub(crate) line: OnceCell<(&'a str, bool)>,
}

/// Where a part comes in.
pub(crate) struct Room<'a> {
    /// The indentation of the line that it starts on.
    pub(crate) indent: &'a str,
    /// Whether the container is one line, and the part must not break it.
    pub(crate) one_line: bool,
    /// A part beside it.
    pub(crate) sibling: Option<usize>,
}

impl Bracketed<'_> {
    /// Makes the changes that the steps are; `render` writes what comes in.
    pub(crate) fn edit(
        &self,
        steps: &[Step],
        patches: &mut Patches,
        render: &mut dyn FnMut(usize, &Room<'_>) -> String,
    ) {
        let stays = |step: &Step| matches!(step, Step::Keep { .. } | Step::Stay { .. });
        if !steps.iter().any(stays) {
            return self.replace_all(steps, patches, render);
        }
        let mut last: Option<usize> = None;
        let mut coming: Vec<usize> = Vec::new();
        for step in steps {
            match step {
                Step::Remove { .. } => {}
                Step::Insert { wanted } => coming.push(*wanted),
                Step::Keep { own, .. } | Step::Stay { own } => {
                    self.between(last, *own, &coming, patches, render);
                    coming.clear();
                    last = Some(*own);
                }
            }
        }
        let Some(last) = last else { return };
        if coming.is_empty() && last + 1 == self.parts.len() {
            return;
        }
        let end = self.parts[last].end;
        let gap = self.gap(last);
        let text: String = coming
            .iter()
            .map(|wanted| format!("{gap}{}", self.render(*wanted, &gap, Some(last), render)))
            .collect();
        patches.insert(end, text);
        if let Some(gone) = self.parts.last().filter(|part| part.end > end) {
            patches.remove(end..gone.end);
        }
    }

    /// What changes between a part that stays, or the opening bracket, and the next that stays.
    fn between(
        &self,
        last: Option<usize>,
        next: usize,
        coming: &[usize],
        patches: &mut Patches,
        render: &mut dyn FnMut(usize, &Room<'_>) -> String,
    ) {
        let Some(last) = last else {
            let start = self.parts[0].start;
            let gap = self.gap(next);
            let text: String = coming
                .iter()
                .map(|wanted| format!("{}{gap}", self.render(*wanted, &gap, Some(next), render)))
                .collect();
            patches.insert(start, text);
            patches.remove(start..self.parts[next].start);
            return;
        };
        let end = self.parts[last].end;
        if !coming.is_empty() {
            let gap = self.gap(last);
            let text: String = coming
                .iter()
                .map(|wanted| format!("{gap}{}", self.render(*wanted, &gap, Some(last), render)))
                .collect();
            patches.insert(end, text);
        }
        if next > last + 1 {
            let before_next = self.parts[next - 1].end..self.parts[next].start;
            let behind_last = end..self.parts[last + 1].start;
            let broken = |range: &Range<usize>| self.text[range.clone()].contains('\n');
            if !broken(&before_next) && broken(&behind_last) {
                patches.remove(behind_last.end..before_next.end);
            } else {
                patches.remove(end..before_next.start);
            }
        }
    }

    fn replace_all(
        &self,
        steps: &[Step],
        patches: &mut Patches,
        render: &mut dyn FnMut(usize, &Room<'_>) -> String,
    ) {
        let coming: Vec<usize> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Insert { wanted } => Some(*wanted),
                _ => None,
            })
            .collect();
        let gap = if self.parts.is_empty() {
            let separator = if self.opening.contains('\n') {
                &self.opening
            } else {
                self.after_comma
            };
            format!(",{separator}")
        } else {
            self.gap(0)
        };
        let sibling = (!self.parts.is_empty()).then_some(0);
        let texts: Vec<String> = coming
            .iter()
            .map(|wanted| self.render(*wanted, &gap, sibling, render))
            .collect();
        let text = texts.join(&gap);
        match (self.parts.first(), self.parts.last()) {
            (Some(first), Some(last)) if !coming.is_empty() => {
                patches.replace(first.start..last.end, text);
            }
            (None, _) if coming.is_empty() => {}
            _ if coming.is_empty() => patches.remove(self.inside.clone()),
            _ => patches.replace(
                self.inside.clone(),
                format!("{}{text}{}", self.opening, self.closing),
            ),
        }
    }

    fn render(
        &self,
        wanted: usize,
        gap: &str,
        sibling: Option<usize>,
        render: &mut dyn FnMut(usize, &Room<'_>) -> String,
    ) -> String {
        let line = gap.rsplit_once('\n').map(|(_, indent)| indent);
        let whole = || {
            // The container may be long, and much may come into it.
            *self.line.get_or_init(|| {
                let indent = indent_at(self.text, self.inside.start);
                (indent, !self.text[self.inside.clone()].contains('\n'))
            })
        };
        let (indent, one_line) = line.map_or_else(whole, |line| (line, false));
        let indent = &indent[..indent.len() - indent.trim_start().len()];
        let room = Room {
            indent,
            one_line,
            sibling,
        };
        render(wanted, &room)
    }

    /// What stands between two parts, as near to this one as there is an example; blank lines and comments left out.
    fn gap(&self, part: usize) -> String {
        let between = match (part.checked_sub(1), self.parts.get(part + 1)) {
            (Some(before), _) => self.parts[before].end..self.parts[part].start,
            (None, Some(next)) => self.parts[part].end..next.start,
            (None, None) => {
                let before = &self.text[self.inside.start..self.parts[part].start];
                return match last_line(before) {
                    Some(line) => format!(",{line}"),
                    None => format!(",{}", self.after_comma),
                };
            }
        };
        let between = &self.text[between];
        if between.contains('#') {
            return match last_line(between) {
                Some(line) => format!(",{line}"),
                None => format!(",{}", self.after_comma),
            };
        }
        let (before, after) = between.split_once(',').unwrap_or(("", between));
        format!(
            "{},{}",
            last_line(before).unwrap_or(before),
            last_line(after).unwrap_or(after)
        )
    }
}

/// The last line break of a text with what follows it.
fn last_line(text: &str) -> Option<&str> {
    let at = text.rfind('\n')?;
    let at = if text[..at].ends_with('\r') {
        at - 1
    } else {
        at
    };
    Some(&text[at..])
}

/// The white space that the line of an offset begins with.
pub(crate) fn indent_at(text: &str, offset: usize) -> &str {
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..offset].trim_start_matches('\u{feff}');
    &line[..line.len() - line.trim_start().len()]
}
