//! How a YAML text is laid out: where every key, value, indicator, anchor and alias stands. The document model leaves that
//! out, since only writing needs it; it is found by going through the events once more.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle, Tag};

use crate::format::node::{Document, MAX_DEPTH, NodeId, NodeRef};
use crate::model::span::Span;

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

/// One value where it stands. There is one for every value of a document: small, or they outweigh the text many times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) shape: Shape,
    /// A tag, and whether it is one of YAML's own.
    pub(crate) tag: Option<bool>,
    /// Whether there is an anchor in it.
    pub(crate) anchors: bool,
    /// Whether there is an alias or a `<<` in it.
    pub(crate) aliases: bool,
    /// Whether there is a tag in it.
    pub(crate) tags: bool,
    anchor: u32,
    start: u32,
    content: Span,
    /// Where its slots are in the list of them.
    slots: Span,
    last: u32,
    node: u32,
}

impl Part {
    /// The anchor it has, or the one that it is an alias of; 0 for none.
    pub(crate) fn anchor(&self) -> usize {
        self.anchor as usize
    }

    /// From its first property (an anchor or a tag), or from its content.
    pub(crate) fn start(&self) -> usize {
        self.start as usize
    }

    /// The content alone: of a block scalar with its header.
    pub(crate) fn content(&self) -> Range<usize> {
        self.content.range()
    }

    /// One behind the last part that lies in it.
    pub(crate) fn last(&self) -> usize {
        self.last as usize
    }
}

/// A member of a mapping, or an item of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) key_shape: Shape,
    /// Whether the colon or dash is there.
    pub(crate) indicator: bool,
    /// Whether it is `<<`.
    pub(crate) merge: bool,
    start: u32,
    key: Span,
    after: u32,
    value: u32,
}

impl Slot {
    /// Its first byte: the dash, the question mark, the key with its properties, or the value in a flow list.
    pub(crate) fn start(&self) -> usize {
        self.start as usize
    }

    /// The key without properties; empty in lists.
    pub(crate) fn key(&self) -> Range<usize> {
        self.key.range()
    }

    /// Behind the colon or dash; where there is none, behind the key.
    pub(crate) fn after(&self) -> usize {
        self.after as usize
    }

    /// Its value, by its number in the layout.
    pub(crate) fn value(&self) -> usize {
        self.value as usize
    }
}

/// A slot by its number in the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlotId(u32);

/// A YAML text laid out.
#[derive(Debug)]
pub(crate) struct Layout<'a> {
    pub(crate) text: &'a str,
    pub(crate) parts: Vec<Part>,
    slots: Vec<Slot>,
    /// The slots of each list and mapping, one after another.
    slot_lists: Vec<SlotId>,
    /// Where each value of the document stands first.
    parts_of: Vec<u32>,
    /// Where each anchor stands, and how it is written, with its `&`.
    anchors: Vec<(u32, Span)>,
}

/// The layouts of the documents that parts come from, each found once.
#[derive(Debug, Default)]
pub(crate) struct Layouts<'a>(RefCell<Vec<Found<'a>>>);

type Found<'a> = (&'a Document, Option<Rc<Layout<'a>>>);

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
    slots: Vec<SlotId>,
    key: Option<(usize, Range<usize>, Shape, bool)>,
}

impl<'a> Layout<'a> {
    /// Lays a document out; `None` where its text is not YAML throughout.
    pub(crate) fn of(document: &'a Document) -> Option<Self> {
        let mut layout = Self {
            text: document.text(),
            parts: Vec::new(),
            slots: Vec::new(),
            slot_lists: Vec::new(),
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

    /// A slot by its number.
    pub(crate) fn slot(&self, slot: SlotId) -> &Slot {
        &self.slots[slot.0 as usize]
    }

    /// The slots of a list or mapping, in order.
    pub(crate) fn slots_of(&self, part: &Part) -> &[SlotId] {
        &self.slot_lists[part.slots.range()]
    }

    /// The value of the document that a part is.
    pub(crate) fn node_of<'d>(&self, part: &Part, document: &'d Document) -> Option<NodeRef<'d>> {
        (part.node != NOWHERE)
            .then(|| document.node(NodeId::at(part.node)))
            .flatten()
    }

    /// Where an anchor stands.
    pub(crate) fn anchored(&self, anchor: usize) -> Option<&Part> {
        self.parts.get(self.anchors.get(anchor)?.0 as usize)
    }

    /// An anchor as it is written, with its `&`.
    pub(crate) fn anchor_text(&self, anchor: usize) -> &'a str {
        let span = self.anchors.get(anchor).map(|(_, span)| *span);
        span.unwrap_or_default().of(self.text)
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
                    let shape = if block {
                        Shape::BlockList
                    } else {
                        Shape::FlowList
                    };
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
                    let Open { part, slots, .. } = open.pop()?;
                    let first = self.slot_lists.len();
                    self.slot_lists.extend(slots);
                    let here = &mut self.parts[part];
                    here.slots = Span::new(first, self.slot_lists.len());
                    let flow = matches!(here.shape, Shape::FlowMap | Shape::FlowList);
                    let end = if flow { span.end } else { cursor };
                    here.content.end = count(end).max(here.content.start);
                    cursor = end;
                    self.finish(part, &open);
                }
                Event::Anchor(anchor, _) => {
                    if let Some((_, written)) = self.anchors.get_mut(anchor) {
                        *written = Span::new(span.start, span.end);
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
        let next = count(self.parts.len());
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
                    start: count(start),
                    key: Span::at(start),
                    key_shape: Shape::Plain,
                    after: count(start + usize::from(indicator)),
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
                    start: count(start),
                    after: count(if indicator { colon + 1 } else { key.end }),
                    key: Span::new(key.start, key.end),
                    key_shape,
                    indicator,
                    value: next,
                    merge,
                }
            }
        };
        around.slots.push(SlotId(count(self.slots.len())));
        self.slots.push(slot);
        self.skip(slot.after())
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
            slots: Vec::new(),
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
        open: &mut [Open],
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
                self.grow_anchors(anchor, NOWHERE);
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
            let after = slot.map_or(span.start, Slot::after);
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
            self.grow_anchors(anchor, count(number));
        }
        self.parts.push(Part {
            shape,
            anchor: count(anchor),
            tag: tag.map(|tag| tag.core_suffix().is_some()),
            start: count(start),
            content: Span::new(content.start, content.end),
            slots: Span::default(),
            last: count(number + 1),
            anchors: anchor != 0 && shape != Shape::Alias,
            aliases: shape == Shape::Alias,
            tags: tag.is_some(),
            node: NOWHERE,
        });
    }

    fn grow_anchors(&mut self, anchor: usize, part: u32) {
        if anchor != 0 {
            if self.anchors.len() <= anchor {
                self.anchors.resize(anchor + 1, (NOWHERE, Span::default()));
            }
            self.anchors[anchor].0 = part;
        }
    }

    /// Tells the part around what lies in this one.
    fn finish(&mut self, part: usize, open: &[Open]) {
        self.parts[part].last = count(self.parts.len());
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
                while bytes
                    .get(at)
                    .is_some_and(|byte| !byte.is_ascii_whitespace())
                {
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
        here.node = node.id().index();
        let place = &mut self.parts_of[node.id().index() as usize];
        if *place == NOWHERE {
            *place = count(part);
        }
        let here = *here;
        let is_list = matches!(here.shape, Shape::BlockList | Shape::FlowList);
        let mut index = 0;
        for slot in here.slots.range() {
            let slot = *self.slot(self.slot_lists[slot]);
            if slot.merge {
                continue;
            }
            let child = if is_list {
                node.nth_item(index)
            } else {
                node.nth_member(index).map(|member| member.value)
            };
            index += 1;
            if let Some(child) = child {
                self.pair(slot.value(), child);
            }
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(NOWHERE)
}
