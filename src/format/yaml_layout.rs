//! How a YAML text is laid out: where every key, value, indicator, anchor and alias stands. The document model leaves that
//! out, since only writing needs it; it is found by going through the events once more.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle, Tag};

use crate::format::node::{Document, MAX_DEPTH, NodeId, NodeRef};

/// What a value is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Plain,
    Single,
    Double,
    /// `|` or `>`.
    Block,
    Alias,
    BlockMap,
    BlockList,
    FlowMap,
    FlowList,
    /// A mapping of one pair in a flow list, without braces of its own.
    Pair,
}

/// One value where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) shape: Shape,
    /// The anchor it has, or the one that it is an alias of; 0 for none.
    pub(crate) anchor: usize,
    /// The anchor as it is written, with its `&`.
    pub(crate) anchor_text: Range<usize>,
    /// A tag, and whether it is one of YAML's own.
    pub(crate) tag: Option<bool>,
    /// From its first property (an anchor or a tag), or from its content.
    pub(crate) start: usize,
    /// The content alone: of a block scalar with its header.
    pub(crate) content: Range<usize>,
    /// Its slots, by their numbers in the layout.
    pub(crate) slots: Vec<usize>,
    /// One behind the last part that lies in it.
    pub(crate) last: usize,
    /// Whether there is an anchor in it.
    pub(crate) anchors: bool,
    /// Whether there is an alias or a `<<` in it.
    pub(crate) aliases: bool,
    /// Whether there is a tag in it.
    pub(crate) tags: bool,
    /// Its value in the document.
    pub(crate) node: Option<NodeId>,
}

/// A member of a mapping, or an item of a list.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// Its first byte: the dash, the question mark, the key with its properties, or the value in a flow list.
    pub(crate) start: usize,
    /// The key without properties; empty in lists.
    pub(crate) key: Range<usize>,
    pub(crate) key_shape: Shape,
    /// Behind the colon or dash; where there is none, behind the key.
    pub(crate) after: usize,
    /// Whether the colon or dash is there.
    pub(crate) indicator: bool,
    /// Its value, by its number in the layout.
    pub(crate) value: usize,
    /// Whether it is `<<`.
    pub(crate) merge: bool,
}

/// A YAML text laid out.
#[derive(Debug)]
pub(crate) struct Layout<'a> {
    pub(crate) text: &'a str,
    pub(crate) parts: Vec<Part>,
    pub(crate) slots: Vec<Slot>,
    /// Where each value of the document stands first.
    parts_of: Vec<u32>,
    /// Where each anchor stands.
    anchors: Vec<usize>,
}

/// The layouts of the documents that parts come from, each found once.
#[derive(Debug, Default)]
pub(crate) struct Layouts<'a>(RefCell<Vec<(&'a Document, Option<Rc<Layout<'a>>>)>>);

impl<'a> Layouts<'a> {
    /// The layout of a document; `None` where its text is not YAML throughout.
    pub(crate) fn of(&self, document: &'a Document) -> Option<Rc<Layout<'a>>> {
        let mut known = self.0.borrow_mut();
        if let Some((_, layout)) = known.iter().find(|(own, _)| std::ptr::eq(*own, document)) {
            return layout.clone();
        }
        let layout = Layout::of(document).map(Rc::new);
        known.push((document, layout.clone()));
        layout
    }
}

const NOWHERE: u32 = u32::MAX;

struct Open {
    part: usize,
    key: Option<(usize, Range<usize>, Shape, bool)>,
}

impl<'a> Layout<'a> {
    /// Lays a document out; `None` where its text is not YAML throughout.
    pub(crate) fn of(document: &'a Document) -> Option<Self> {
        let mut layout = Self {
            text: document.text(),
            parts: Vec::new(),
            slots: Vec::new(),
            parts_of: vec![NOWHERE; document.len()],
            anchors: Vec::new(),
        };
        layout.read()?;
        layout.pair(0, document.root()?);
        Some(layout)
    }

    /// Where a value of the document stands first.
    pub(crate) fn part_of(&self, node: NodeRef<'_>) -> Option<usize> {
        let part = *self.parts_of.get(node.id().index() as usize)?;
        (part != NOWHERE).then_some(part as usize)
    }

    /// Where an anchor stands.
    pub(crate) fn anchored(&self, anchor: usize) -> Option<&Part> {
        self.parts.get(*self.anchors.get(anchor)?)
    }

    /// Whether there is an anchor anywhere.
    pub(crate) fn has_anchors(&self) -> bool {
        !self.anchors.is_empty()
    }

    /// Behind the white space and comments at an offset.
    pub(crate) fn skip(&self, mut at: usize) -> usize {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => at += 1,
                b'#' if at == 0 || bytes[at - 1].is_ascii_whitespace() => {
                    at = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
                }
                _ => break,
            }
        }
        at
    }

    fn read(&mut self) -> Option<()> {
        let options = granit_parser::options! {
            flow_nesting_limit: MAX_DEPTH as usize,
            block_nesting_limit: MAX_DEPTH as usize,
            strict_indentation: true,
            emit_anchor_events: true,
        };
        let text = self.text;
        let mut open: Vec<Open> = Vec::new();
        // Behind what was read last.
        let mut cursor = 0;
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, place) = event.ok()?;
            let span = place.byte_range()?;
            match event {
                Event::DocumentStart(..) => {
                    let marker = text.get(span.clone()) == Some("---");
                    cursor = if marker { span.end } else { span.start };
                }
                Event::Scalar(_, style, anchor, tag) => {
                    let shape = match style {
                        ScalarStyle::Plain => Shape::Plain,
                        ScalarStyle::SingleQuoted => Shape::Single,
                        ScalarStyle::DoubleQuoted => Shape::Double,
                        _ => Shape::Block,
                    };
                    self.scalar(shape, anchor, tag.as_deref(), span, &mut open, &mut cursor)?;
                }
                Event::Alias(anchor) => {
                    self.scalar(Shape::Alias, anchor, None, span, &mut open, &mut cursor)?;
                }
                Event::SequenceStart(style, anchor, tag) => {
                    let block = matches!(style, StructureStyle::Block);
                    let shape = if block { Shape::BlockList } else { Shape::FlowList };
                    self.begin(shape, anchor, tag.as_deref(), span, &mut open, &mut cursor)?;
                }
                Event::MappingStart(style, anchor, tag) => {
                    let block = matches!(style, StructureStyle::Block);
                    let shape = match block {
                        true => Shape::BlockMap,
                        false if span.is_empty() => Shape::Pair,
                        false => Shape::FlowMap,
                    };
                    self.begin(shape, anchor, tag.as_deref(), span, &mut open, &mut cursor)?;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let Open { part, .. } = open.pop()?;
                    let flow = matches!(
                        self.parts[part].shape,
                        Shape::FlowMap | Shape::FlowList
                    );
                    let end = if flow { span.end } else { cursor };
                    self.parts[part].content.end = end.max(self.parts[part].content.start);
                    cursor = end;
                    self.finish(part, &open);
                }
                Event::Anchor(anchor, _) => {
                    let part = self.anchors.get(anchor).copied();
                    if let Some(part) = part.and_then(|part| self.parts.get_mut(part)) {
                        part.anchor_text = span;
                    }
                }
                _ => {}
            }
        }
        open.is_empty().then_some(())
    }

    /// Where the next value begins with its properties, and a slot for it in the list or mapping around it.
    fn place(&mut self, open: &mut [Open], cursor: &mut usize) -> usize {
        let bytes = self.text.as_bytes();
        let next = self.parts.len();
        let Some(around) = open.last_mut() else {
            return self.skip(*cursor);
        };
        let shape = self.parts[around.part].shape;
        let slot = match (shape, around.key.take()) {
            (Shape::BlockList | Shape::FlowList, _) => {
                let mut start = self.skip(*cursor);
                if shape == Shape::FlowList && bytes.get(start) == Some(&b',') {
                    start = self.skip(start + 1);
                }
                let indicator = shape == Shape::BlockList && bytes.get(start) == Some(&b'-');
                Slot {
                    start,
                    key: start..start,
                    key_shape: Shape::Plain,
                    after: start + usize::from(indicator),
                    indicator,
                    value: next,
                    merge: false,
                }
            }
            (_, key) => {
                let (start, key, key_shape, merge) =
                    key.unwrap_or((*cursor, *cursor..*cursor, Shape::Plain, false));
                let colon = self.skip(key.end);
                let indicator = bytes.get(colon) == Some(&b':');
                Slot {
                    start,
                    after: if indicator { colon + 1 } else { key.end },
                    key,
                    key_shape,
                    indicator,
                    value: next,
                    merge,
                }
            }
        };
        let after = slot.after;
        let number = self.slots.len();
        self.slots.push(slot);
        let part = around.part;
        self.parts[part].slots.push(number);
        self.skip(after)
    }

    fn begin(
        &mut self,
        shape: Shape,
        anchor: usize,
        tag: Option<&Tag>,
        span: Range<usize>,
        open: &mut Vec<Open>,
        cursor: &mut usize,
    ) -> Option<()> {
        let start = self.place(open, cursor);
        // A block list that begins with its dash is told of behind the dash in places.
        let mut content = self.behind_properties(start, anchor, tag, span.start);
        if matches!(shape, Shape::FlowMap | Shape::FlowList) {
            content = span.start;
        }
        let number = self.parts.len();
        self.add(shape, anchor, tag, start.min(content), content..content);
        *cursor = if matches!(shape, Shape::FlowMap | Shape::FlowList) {
            span.end
        } else {
            content
        };
        open.push(Open {
            part: number,
            key: None,
        });
        Some(())
    }

    fn scalar(
        &mut self,
        shape: Shape,
        anchor: usize,
        tag: Option<&Tag>,
        span: Range<usize>,
        open: &mut Vec<Open>,
        cursor: &mut usize,
    ) -> Option<()> {
        let in_map = open.last().is_some_and(|around| {
            around.key.is_none()
                && matches!(
                    self.parts[around.part].shape,
                    Shape::BlockMap | Shape::FlowMap | Shape::Pair
                )
        });
        if in_map {
            let bytes = self.text.as_bytes();
            let mut start = self.skip(*cursor);
            if bytes.get(start) == Some(&b',') {
                start = self.skip(start + 1);
            }
            if shape == Shape::Block {
                // A key of several lines: nobody writes that, and nothing here could change it.
                return None;
            }
            let merge = shape == Shape::Plain && self.text.get(span.clone()) == Some("<<");
            if shape != Shape::Alias && (anchor != 0 || tag.is_some()) {
                // The anchor of a key is one that no edit changes; its tag means nothing here.
                self.grow_anchors(anchor, usize::MAX);
            }
            if let Some(around) = open.last_mut() {
                self.parts[around.part].anchors |= anchor != 0 && shape != Shape::Alias;
                self.parts[around.part].aliases |= merge || shape == Shape::Alias;
                around.key = Some((start.min(span.start), span.clone(), shape, merge));
            }
            *cursor = span.end;
            return Some(());
        }
        let start = self.place(open, cursor);
        let empty = span.is_empty() && shape == Shape::Plain;
        let (start, content) = if empty {
            let slot = self.slots.last();
            let after = slot.map_or(span.start, |slot| slot.after);
            if anchor != 0 || tag.is_some() {
                (start, span.start..span.start)
            } else {
                (after, after..after)
            }
        } else if shape == Shape::Block {
            let header = self.behind_properties(start, anchor, tag, span.start);
            (start, header..self.end_of_block(header, span.end))
        } else {
            (start.min(span.start), span.clone())
        };
        *cursor = content.end;
        let number = self.parts.len();
        self.add(shape, anchor, tag, start, content);
        self.finish(number, open);
        Some(())
    }

    fn add(
        &mut self,
        shape: Shape,
        anchor: usize,
        tag: Option<&Tag>,
        start: usize,
        content: Range<usize>,
    ) {
        let number = self.parts.len();
        if shape != Shape::Alias {
            self.grow_anchors(anchor, number);
        }
        self.parts.push(Part {
            shape,
            anchor,
            anchor_text: 0..0,
            tag: tag.map(|tag| tag.core_suffix().is_some()),
            start,
            content,
            slots: Vec::new(),
            last: number + 1,
            anchors: anchor != 0 && shape != Shape::Alias,
            aliases: shape == Shape::Alias,
            tags: tag.is_some(),
            node: None,
        });
    }

    fn grow_anchors(&mut self, anchor: usize, part: usize) {
        if anchor != 0 {
            if self.anchors.len() <= anchor {
                self.anchors.resize(anchor + 1, usize::MAX);
            }
            self.anchors[anchor] = part;
        }
    }

    /// Tells the part around what lies in this one.
    fn finish(&mut self, part: usize, open: &[Open]) {
        self.parts[part].last = self.parts.len();
        if let Some(around) = open.last() {
            let (anchors, aliases, tags) = {
                let part = &self.parts[part];
                (part.anchors, part.aliases, part.tags)
            };
            let around = &mut self.parts[around.part];
            around.anchors |= anchors;
            around.aliases |= aliases;
            around.tags |= tags;
        }
    }

    /// Where the content begins behind an anchor and a tag.
    fn behind_properties(
        &self,
        start: usize,
        anchor: usize,
        tag: Option<&Tag>,
        most: usize,
    ) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = start;
        for _ in 0..usize::from(anchor != 0) + usize::from(tag.is_some()) {
            if at < most && matches!(bytes.get(at), Some(b'&' | b'!')) {
                while bytes.get(at).is_some_and(|byte| !byte.is_ascii_whitespace()) {
                    at += 1;
                }
                at = self.skip(at);
            }
        }
        at
    }

    /// Where the content of a block scalar ends: without the last line break, and without blank lines that mean nothing.
    fn end_of_block(&self, header: usize, end: usize) -> usize {
        let text = &self.text[header..end.max(header)];
        let line = text.lines().next().unwrap_or_default();
        let indicators: String = line.chars().take_while(|c| !c.is_whitespace()).collect();
        let kept = if indicators.contains('+') {
            text.strip_suffix('\n')
                .map_or(text, |text| text.strip_suffix('\r').unwrap_or(text))
        } else {
            let mut text = text;
            while let Some(at) = text.rfind('\n').filter(|at| text[*at..].trim().is_empty()) {
                text = text[..at].strip_suffix('\r').unwrap_or(&text[..at]);
            }
            text
        };
        header + kept.len().max(indicators.len())
    }

    /// Tells each part which value of the document it is.
    fn pair(&mut self, part: usize, node: NodeRef<'_>) {
        let Some(here) = self.parts.get_mut(part) else {
            return;
        };
        if here.shape == Shape::Alias {
            return;
        }
        here.node = Some(node.id());
        let place = &mut self.parts_of[node.id().index() as usize];
        if *place == NOWHERE {
            *place = u32::try_from(part).unwrap_or(NOWHERE);
        }
        let slots = std::mem::take(&mut self.parts[part].slots);
        let own = slots
            .iter()
            .filter(|slot| !self.slots[**slot].merge)
            .map(|slot| self.slots[*slot].value)
            .collect::<Vec<_>>();
        let is_list = matches!(self.parts[part].shape, Shape::BlockList | Shape::FlowList);
        for (index, value) in own.into_iter().enumerate() {
            let child = if is_list {
                node.nth_item(index)
            } else {
                node.nth_member(index).map(|member| member.value)
            };
            if let Some(child) = child {
                self.pair(value, child);
            }
        }
        self.parts[part].slots = slots;
    }
}
