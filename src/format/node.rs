//! The document model: one arena of nodes with byte spans, in the order of the text.
//!
//! A text is parsed once. Numbers stay as written, duplicate keys stay, and the span of every key and value
//! is known, so that a finding points at the exact place and a later edit can leave every other byte alone.

use std::ops::Range;
use std::sync::OnceLock;

use crate::format::arena::{Arena, Data, Member, Node, Text, count};
use crate::format::builder::{Finish, MANY_MEMBERS};
use crate::model::span::{LineIndex, Span};

pub use crate::format::arena::NodeId;

/// How deep objects and lists may lie in each other, aliases followed. Postman's own files stay below 60.
pub const MAX_DEPTH: u32 = 256;

/// How many nodes a document may have when every alias is written out.
pub const MAX_NODES: u64 = 10_000_000;

/// One parsed text.
#[derive(Clone, Debug)]
pub struct Document {
    text: String,
    arena: Arena,
    lines: OnceLock<LineIndex>,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number of any size.
    Number,
    /// A string.
    String,
    /// A list.
    Array,
    /// An object.
    Object,
}

impl Kind {
    /// The word for it in messages, with its article.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "a list",
            Self::Object => "an object",
        }
    }
}

impl Document {
    /// What a parser made of this text.
    pub(crate) fn new(text: String, finish: Finish) -> Self {
        Self {
            text,
            arena: finish.arena,
            lines: OnceLock::new(),
        }
    }

    /// The text as it was read, byte order mark included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, when nothing else is wanted any more.
    pub fn into_text(self) -> String {
        self.text
    }

    /// The topmost value; `None` for a text without one.
    pub fn root(&self) -> Option<NodeRef<'_>> {
        self.arena.root.map(|id| NodeRef { document: self, id })
    }

    /// A value by its place.
    pub fn node(&self, id: NodeId) -> Option<NodeRef<'_>> {
        ((id.0 as usize) < self.arena.nodes.len()).then_some(NodeRef { document: self, id })
    }

    /// Whether the text is not in its grammar: what stands behind the fault is missing here.
    pub fn is_broken(&self) -> bool {
        self.arena.broken
    }

    /// Whether the text is YAML; it is JSON otherwise.
    pub fn is_yaml(&self) -> bool {
        self.arena.yaml
    }

    /// Whether a value stands in more than one place, by an alias or a `<<`: then a text alone does not tell its value.
    pub fn shares_values(&self) -> bool {
        self.arena.shares
    }

    /// How many nodes there are, aliases counted once.
    pub fn len(&self) -> usize {
        self.arena.nodes.len()
    }

    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.arena.nodes.is_empty()
    }

    /// The lines of the text, found on first use: only a finding needs them.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// The value at a JSON Pointer (RFC 6901).
    pub fn at(&self, pointer: &str) -> Option<NodeRef<'_>> {
        self.root()?.at(pointer)
    }

    /// The JSON Pointer of the innermost value whose key or text holds this byte; `None` outside of the root.
    pub fn pointer_to(&self, offset: u32) -> Option<String> {
        let mut node = self.root()?;
        let holds = |span: Span| span.start <= offset && offset < span.end.max(span.start + 1);
        let mut pointer = String::new();
        loop {
            let has = |member: &MemberRef<'_>| holds(member.key_span) || holds(member.value.span());
            // Members and items stand in the order of the text, unless aliases and `<<` brought them.
            let members = &self.arena.members[node.member_range()];
            let near = members.partition_point(|member| member.key_span.start <= offset);
            let member = near
                .checked_sub(1)
                .and_then(|index| node.nth_member(index))
                .filter(has)
                .or_else(|| node.members().find(has));
            if let Some(member) = member {
                pointer.push('/');
                pointer.push_str(&pointer_part(member.key));
                node = member.value;
                continue;
            }
            let items = &self.arena.items[node.item_range()];
            let start = |item: &NodeId| self.arena.nodes[item.0 as usize].span.start;
            let near = items.partition_point(|item| start(item) <= offset);
            let found = near
                .checked_sub(1)
                .and_then(|index| Some((index, node.nth_item(index)?)))
                .filter(|(_, item)| holds(item.span()))
                .or_else(|| {
                    node.items()
                        .enumerate()
                        .find(|(_, item)| holds(item.span()))
                });
            let Some((index, item)) = found else {
                return Some(pointer);
            };
            pointer.push('/');
            pointer.push_str(&index.to_string());
            node = item;
        }
    }

    fn member<'a>(&'a self, member: &Member) -> MemberRef<'a> {
        let value = NodeRef {
            document: self,
            id: member.value,
        };
        MemberRef {
            key: self.arena.key(&self.text, member),
            key_span: member.key_span,
            value,
        }
    }
}

/// A value in its document: cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct NodeRef<'a> {
    document: &'a Document,
    id: NodeId,
}

/// A key and its value in an object.
#[derive(Clone, Copy, Debug)]
pub struct MemberRef<'a> {
    /// The key, decoded.
    pub key: &'a str,
    /// Where the key stands, quotes included.
    pub key_span: Span,
    /// The value.
    pub value: NodeRef<'a>,
}

impl<'a> NodeRef<'a> {
    /// The document it belongs to.
    pub fn document(self) -> &'a Document {
        self.document
    }

    /// Whether both are one value of one document.
    pub fn is(self, other: NodeRef<'_>) -> bool {
        self.id == other.id && std::ptr::eq(self.document, other.document)
    }

    /// Its place in the document.
    pub fn id(self) -> NodeId {
        self.id
    }

    /// Where it stands in the text, quotes or brackets included.
    pub fn span(self) -> Span {
        self.node().span
    }

    /// What it is.
    pub fn kind(self) -> Kind {
        match self.node().data {
            Data::Null => Kind::Null,
            Data::Boolean(_) => Kind::Boolean,
            Data::Number(_) => Kind::Number,
            Data::String(_) => Kind::String,
            Data::Array { .. } => Kind::Array,
            Data::Object { .. } => Kind::Object,
        }
    }

    /// The characters of a string.
    pub fn as_str(self) -> Option<&'a str> {
        match self.node().data {
            Data::String(text) => Some(self.characters(text)),
            _ => None,
        }
    }

    /// A number as it is written.
    pub fn as_number(self) -> Option<&'a str> {
        match self.node().data {
            Data::Number(text) => Some(self.characters(text)),
            _ => None,
        }
    }

    /// The characters of a string, number or boolean, as YAML readers and Postman take them for a string.
    pub fn as_text(self) -> Option<&'a str> {
        match self.node().data {
            Data::String(text) | Data::Number(text) => Some(self.characters(text)),
            Data::Boolean(true) => Some("true"),
            Data::Boolean(false) => Some("false"),
            _ => None,
        }
    }

    /// A boolean.
    pub fn as_boolean(self) -> Option<bool> {
        match self.node().data {
            Data::Boolean(value) => Some(value),
            _ => None,
        }
    }

    /// The members of an object in the order of the text, duplicates included; empty for anything else.
    pub fn members(self) -> impl DoubleEndedIterator<Item = MemberRef<'a>> + ExactSizeIterator {
        let document = self.document;
        document.arena.members[self.member_range()]
            .iter()
            .map(move |member| document.member(member))
    }

    /// The member at this index, without walking there.
    pub fn nth_member(self, index: usize) -> Option<MemberRef<'a>> {
        let members: &'a [Member] = &self.document.arena.members[self.member_range()];
        members
            .get(index)
            .map(|member| self.document.member(member))
    }

    /// The items of a list; empty for anything else.
    pub fn items(self) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator {
        let document = self.document;
        document.arena.items[self.item_range()]
            .iter()
            .map(move |id| Self { document, id: *id })
    }

    /// Whether the member at this index counts: of several with one key only the last does.
    pub fn counts(self, index: usize) -> bool {
        let replaced = &self.document.arena.replaced;
        let member = count(self.member_range().start + index);
        replaced.is_empty() || replaced.binary_search(&member).is_err()
    }

    /// The item at this index, without walking there.
    pub fn nth_item(self, index: usize) -> Option<Self> {
        let items: &'a [NodeId] = &self.document.arena.items[self.item_range()];
        items.get(index).map(|id| Self {
            document: self.document,
            id: *id,
        })
    }

    /// The member with this key; of several the last, as every JSON reader takes it.
    pub fn member(self, key: &str) -> Option<MemberRef<'a>> {
        let range = self.member_range();
        if range.len() <= MANY_MEMBERS {
            return self.members().rev().find(|member| member.key == key);
        }
        let document = self.document;
        let first = count(range.start);
        let place = document
            .arena
            .large
            .binary_search_by_key(&first, |large| large.0)
            .ok()?;
        let start = document.arena.large[place].1 as usize;
        let sorted: &'a [u32] = &document.arena.by_key[start..start + range.len()];
        let key_of = |member: u32| {
            document
                .arena
                .key(&document.text, &document.arena.members[member as usize])
        };
        // The last one with this key, as it lies before the first one with a greater key.
        let after = sorted.partition_point(|member| key_of(*member) <= key);
        let found = *sorted[..after].last()?;
        (key_of(found) == key).then(|| document.member(&document.arena.members[found as usize]))
    }

    /// The value of the member with this key.
    pub fn get(self, key: &str) -> Option<Self> {
        self.member(key).map(|member| member.value)
    }

    /// The string at this key.
    pub fn get_str(self, key: &str) -> Option<&'a str> {
        self.get(key)?.as_str()
    }

    /// The value at a JSON Pointer below this one.
    pub fn at(self, pointer: &str) -> Option<Self> {
        pointer
            .split('/')
            .skip(1)
            .try_fold(self, |node, part| node.step(part).map(|(_, value)| value))
    }

    /// Where a reader should look for the value at `pointer`: the key that leads to it, or its first
    /// character in a list. Where the pointer leads nowhere, the last place on the way.
    pub fn place_of(self, pointer: &str) -> Span {
        let mut node = self;
        let mut place = opening(self);
        for part in pointer.split('/').skip(1) {
            let Some((key_span, value)) = node.step(part) else {
                break;
            };
            place = key_span.unwrap_or_else(|| opening(value));
            node = value;
        }
        place
    }

    /// One step of a JSON Pointer: the key's span, for an object, and the value.
    fn step(self, part: &str) -> Option<(Option<Span>, Self)> {
        match self.kind() {
            Kind::Object => {
                let key = if part.contains('~') {
                    part.replace("~1", "/").replace("~0", "~")
                } else {
                    part.to_owned()
                };
                self.member(&key)
                    .map(|member| (Some(member.key_span), member.value))
            }
            Kind::Array => self.nth_item(part.parse().ok()?).map(|value| (None, value)),
            _ => None,
        }
    }

    fn characters(self, text: Text) -> &'a str {
        let document = self.document;
        document.arena.characters(&document.text, text, self.span())
    }

    fn member_range(self) -> Range<usize> {
        self.document.arena.member_range(self.node())
    }

    fn item_range(self) -> Range<usize> {
        self.document.arena.item_range(self.node())
    }

    fn node(self) -> Node {
        self.document.arena.nodes[self.id.0 as usize]
    }
}

/// A scalar whole, of an object or list the first character.
fn opening(node: NodeRef<'_>) -> Span {
    let span = node.span();
    match node.kind() {
        Kind::Array | Kind::Object => {
            let width = span
                .of(node.document.text())
                .chars()
                .next()
                .map_or(0, char::len_utf8);
            Span::new(span.start as usize, span.start as usize + width)
        }
        _ => span,
    }
}

/// A key as one part of a JSON Pointer.
pub fn pointer_part(key: &str) -> String {
    if key.contains(['~', '/']) {
        key.replace('~', "~0").replace('/', "~1")
    } else {
        key.to_owned()
    }
}
