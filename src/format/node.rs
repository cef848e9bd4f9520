//! The document model: one arena of nodes with byte spans, in the order of the text.
//!
//! A text is parsed once. Numbers stay as written, duplicate keys stay, and the span of every key and value
//! is known, so that a finding points at the exact place and a later edit can leave every other byte alone.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::OnceLock;

use crate::model::span::{LineIndex, Span};

/// How deep objects and lists may lie in each other, aliases followed. Postman's own files stay below 60.
pub const MAX_DEPTH: u32 = 256;

/// How many nodes a document may have when every alias is written out.
pub const MAX_NODES: u64 = 20_000_000;

/// Up to so many members a key is looked for by walking; beyond, by hashing.
const FEW_MEMBERS: usize = 12;

/// One parsed text.
#[derive(Clone, Debug)]
pub struct Document {
    text: String,
    nodes: Vec<Node>,
    items: Vec<NodeId>,
    members: Vec<Member>,
    decoded: Vec<Box<str>>,
    root: Option<NodeId>,
    /// Whether the text is YAML; JSON otherwise.
    yaml: bool,
    /// Which members a later one with the same key takes the place of, in ascending order.
    replaced: Vec<u32>,
    lines: OnceLock<LineIndex>,
}

/// A node's place in its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// The number of the node in its document.
    pub fn index(self) -> u32 {
        self.0
    }
}

#[derive(Clone, Copy, Debug)]
struct Node {
    span: Span,
    data: Data,
}

#[derive(Clone, Copy, Debug)]
enum Data {
    Null,
    Boolean(bool),
    Number(Text),
    String(Text),
    Array { first: u32, length: u32 },
    Object { first: u32, length: u32 },
}

/// Where the characters of a string are: in the text itself, or decoded beside it.
#[derive(Clone, Copy, Debug)]
enum Text {
    Slice(Span),
    Decoded(u32),
}

#[derive(Clone, Copy, Debug)]
struct Member {
    key_span: Span,
    key: Text,
    value: NodeId,
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
        self.root.map(|id| NodeRef { document: self, id })
    }

    /// A value by its place.
    pub fn node(&self, id: NodeId) -> Option<NodeRef<'_>> {
        ((id.0 as usize) < self.nodes.len()).then_some(NodeRef { document: self, id })
    }

    /// Whether the text is YAML; it is JSON otherwise.
    pub fn is_yaml(&self) -> bool {
        self.yaml
    }

    /// How many nodes there are, aliases counted once.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
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
            let members = &self.members[node.member_range()];
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
            let items = &self.items[node.item_range()];
            let start = |item: &NodeId| self.nodes[item.0 as usize].span.start;
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
            key: self.characters(member.key),
            key_span: member.key_span,
            value,
        }
    }

    fn characters(&self, text: Text) -> &str {
        match text {
            Text::Slice(span) => span.of(&self.text),
            Text::Decoded(index) => &self.decoded[index as usize],
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
            Data::String(text) => Some(self.document.characters(text)),
            _ => None,
        }
    }

    /// A number as it is written.
    pub fn as_number(self) -> Option<&'a str> {
        match self.node().data {
            Data::Number(text) => Some(self.document.characters(text)),
            _ => None,
        }
    }

    /// The characters of a string, number or boolean, as YAML readers and Postman take them for a string.
    pub fn as_text(self) -> Option<&'a str> {
        match self.node().data {
            Data::String(text) | Data::Number(text) => Some(self.document.characters(text)),
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
        document.members[self.member_range()]
            .iter()
            .map(move |member| document.member(member))
    }

    /// The member at this index, without walking there.
    pub fn nth_member(self, index: usize) -> Option<MemberRef<'a>> {
        let members: &'a [Member] = &self.document.members[self.member_range()];
        members
            .get(index)
            .map(|member| self.document.member(member))
    }

    /// The items of a list; empty for anything else.
    pub fn items(self) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator {
        let document = self.document;
        document.items[self.item_range()]
            .iter()
            .map(move |id| Self { document, id: *id })
    }

    /// Whether the member at this index counts: of several with one key only the last does.
    pub fn counts(self, index: usize) -> bool {
        let replaced = &self.document.replaced;
        let member = count(self.member_range().start + index);
        replaced.is_empty() || replaced.binary_search(&member).is_err()
    }

    /// The item at this index, without walking there.
    pub fn nth_item(self, index: usize) -> Option<Self> {
        let items: &'a [NodeId] = &self.document.items[self.item_range()];
        items.get(index).map(|id| Self {
            document: self.document,
            id: *id,
        })
    }

    /// The member with this key; of several the last, as every JSON reader takes it.
    pub fn member(self, key: &str) -> Option<MemberRef<'a>> {
        self.members().rev().find(|member| member.key == key)
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

    fn member_range(self) -> Range<usize> {
        match self.node().data {
            Data::Object { first, length } => first as usize..(first + length) as usize,
            _ => 0..0,
        }
    }

    fn item_range(self) -> Range<usize> {
        match self.node().data {
            Data::Array { first, length } => first as usize..(first + length) as usize,
            _ => 0..0,
        }
    }

    fn node(self) -> Node {
        self.document.nodes[self.id.0 as usize]
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

/// What a parser makes a document with. Containers nest by `open` and `close`; the values between belong to them.
#[derive(Debug)]
pub struct Builder {
    document: Document,
    open: Vec<Open>,
    item_stack: Vec<NodeId>,
    member_stack: Vec<Member>,
    key: Option<(Span, Text)>,
    weight: u64,
    duplicates: Vec<Span>,
}

#[derive(Debug)]
struct Open {
    object: bool,
    start: usize,
    base: usize,
    key: Option<(Span, Text)>,
    weight: u64,
    height: u32,
}

/// A finished value, for a parser that may need it again by an alias.
#[derive(Clone, Copy, Debug)]
pub struct Finished {
    /// The value.
    pub id: NodeId,
    /// How many nodes it is when every alias in it is written out.
    pub weight: u64,
    /// How many levels it has, itself included, aliases followed.
    pub height: u32,
}

/// A string as a parser found it.
#[derive(Debug)]
pub enum Found {
    /// It stands in the text as it is.
    Slice(Span),
    /// It had to be decoded.
    Decoded(String),
}

impl Builder {
    /// Starts a document over its text.
    pub fn new(text: String) -> Self {
        let document = Document {
            nodes: Vec::with_capacity(text.len() / 48),
            members: Vec::with_capacity(text.len() / 64),
            items: Vec::new(),
            decoded: Vec::new(),
            root: None,
            yaml: false,
            replaced: Vec::new(),
            lines: OnceLock::new(),
            text,
        };
        Self {
            document,
            open: Vec::new(),
            item_stack: Vec::new(),
            member_stack: Vec::new(),
            key: None,
            weight: 0,
            duplicates: Vec::new(),
        }
    }

    /// The same for a text that is YAML.
    #[must_use]
    pub fn yaml(mut self) -> Self {
        self.document.yaml = true;
        self
    }

    /// How many containers are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Whether the innermost open container is an object; `None` outside of all.
    pub fn in_object(&self) -> Option<bool> {
        self.open.last().map(|open| open.object)
    }

    /// Opens an object or a list that starts at `start`.
    pub fn open(&mut self, object: bool, start: usize) {
        let base = if object {
            self.member_stack.len()
        } else {
            self.item_stack.len()
        };
        self.open.push(Open {
            object,
            start,
            base,
            key: self.key.take(),
            weight: 1,
            height: 1,
        });
    }

    /// Closes the innermost container at `end`.
    pub fn close(&mut self, end: usize) -> Option<Finished> {
        let open = self.open.pop()?;
        self.key = None;
        let data = if open.object {
            self.note_duplicates(open.base);
            let first = self.document.members.len();
            self.document
                .members
                .extend(self.member_stack.drain(open.base..));
            Data::Object {
                first: count(first),
                length: count(self.document.members.len() - first),
            }
        } else {
            let first = self.document.items.len();
            self.document
                .items
                .extend(self.item_stack.drain(open.base..));
            Data::Array {
                first: count(first),
                length: count(self.document.items.len() - first),
            }
        };
        let id = self.push(Span::new(open.start, end), data);
        let finished = Finished {
            id,
            weight: open.weight,
            height: open.height,
        };
        self.key = open.key;
        self.attach(finished);
        Some(finished)
    }

    /// Notes the key of the next value.
    pub fn key(&mut self, span: Span, key: Found) {
        let text = self.store(key);
        self.key = Some((span, text));
    }

    /// Adds a string.
    pub fn string(&mut self, span: Span, value: Found) -> Finished {
        let text = self.store(value);
        self.scalar(span, Data::String(text))
    }

    /// Adds a number as it is written.
    pub fn number(&mut self, span: Span) -> Finished {
        self.scalar(span, Data::Number(Text::Slice(span)))
    }

    /// Adds a number whose JSON form differs from what is written.
    pub fn number_as(&mut self, span: Span, written: String) -> Finished {
        let text = self.store(Found::Decoded(written));
        self.scalar(span, Data::Number(text))
    }

    /// Adds a boolean.
    pub fn boolean(&mut self, span: Span, value: bool) -> Finished {
        self.scalar(span, Data::Boolean(value))
    }

    /// Adds a null.
    pub fn null(&mut self, span: Span) -> Finished {
        self.scalar(span, Data::Null)
    }

    /// Adds a value once more.
    pub fn alias(&mut self, value: Finished) {
        self.weight = self.weight.saturating_add(value.weight);
        self.attach(value);
    }

    /// Counts what a `<<` brings, before it is merged.
    pub fn weigh(&mut self, value: Finished) {
        self.weight = self.weight.saturating_add(value.weight);
    }

    /// Adds the members of objects, or of each object in a list, to the innermost open object, as YAML's
    /// `<<` does: keys that stand there already are kept.
    pub fn merge(&mut self, merges: &[Finished]) {
        let Some(open) = self.open.last_mut() else {
            return;
        };
        let mut objects = Vec::new();
        for from in merges {
            // What is merged in counts as if it were written out, or a chain of merges would have no bound.
            open.weight = open.weight.saturating_add(from.weight);
            open.height = open.height.max(from.height);
            match self.document.nodes[from.id.0 as usize].data {
                Data::Object { first, length } => objects.push((first, length)),
                Data::Array { first, length } => {
                    let items = &self.document.items[first as usize..(first + length) as usize];
                    let nodes = items
                        .iter()
                        .map(|item| self.document.nodes[item.0 as usize]);
                    objects.extend(nodes.filter_map(|node| match node.data {
                        Data::Object { first, length } => Some((first, length)),
                        _ => None,
                    }));
                }
                _ => {}
            }
        }
        let document = &self.document;
        let own = &self.member_stack[open.base..];
        let mut known: HashSet<&str> = own
            .iter()
            .map(|member| document.characters(member.key))
            .collect();
        let mut added: Vec<Member> = Vec::new();
        for (first, length) in objects {
            let members = &document.members[first as usize..(first + length) as usize];
            let new = |member: &&Member| known.insert(document.characters(member.key));
            added.extend(members.iter().filter(new));
        }
        self.member_stack.extend(added);
    }

    /// Takes the last member of the innermost open object away where it has this key.
    pub fn drop_member(&mut self, key: &str) {
        let last = self
            .member_stack
            .last()
            .filter(|member| self.document.characters(member.key) == key);
        if last.is_some() && self.in_object() == Some(true) {
            self.member_stack.pop();
        }
    }

    /// Makes a string that stands nowhere yet: a key that an alias may repeat as a value.
    pub fn detached_string(&mut self, span: Span, value: Found) -> NodeId {
        let text = self.store(value);
        self.push(span, Data::String(text))
    }

    /// How many nodes the document is so far when every alias is written out.
    pub fn weight(&self) -> u64 {
        self.weight
    }

    /// The text being parsed.
    pub fn text(&self) -> &str {
        &self.document.text
    }

    /// Ends the document; what is still open is closed at `end`. Gives the spans of keys that repeat an
    /// earlier one as well.
    pub fn finish(mut self, end: usize) -> (Document, Vec<Span>) {
        while !self.open.is_empty() {
            self.close(end);
        }
        self.duplicates.sort_unstable();
        (self.document, self.duplicates)
    }

    fn note_duplicates(&mut self, base: usize) {
        let document = &self.document;
        let members = &self.member_stack[base..];
        let mut replaced = Vec::new();
        if members.len() <= FEW_MEMBERS {
            for (index, member) in members.iter().enumerate() {
                let key = document.characters(member.key);
                let earlier = members[..index]
                    .iter()
                    .rposition(|earlier| document.characters(earlier.key) == key);
                if let Some(earlier) = earlier {
                    self.duplicates.push(member.key_span);
                    replaced.push(earlier);
                }
            }
        } else {
            let mut seen = HashMap::with_capacity(members.len());
            for (index, member) in members.iter().enumerate() {
                if let Some(earlier) = seen.insert(document.characters(member.key), index) {
                    self.duplicates.push(member.key_span);
                    replaced.push(earlier);
                }
            }
        }
        replaced.sort_unstable();
        let first = document.members.len();
        let replaced = replaced.into_iter().map(|index| count(first + index));
        self.document.replaced.extend(replaced);
    }

    fn scalar(&mut self, span: Span, data: Data) -> Finished {
        let finished = Finished {
            id: self.push(span, data),
            weight: 1,
            height: 0,
        };
        self.attach(finished);
        finished
    }

    fn push(&mut self, span: Span, data: Data) -> NodeId {
        let id = NodeId(count(self.document.nodes.len()));
        self.document.nodes.push(Node { span, data });
        self.weight = self.weight.saturating_add(1);
        id
    }

    fn attach(&mut self, value: Finished) {
        let key = self.key.take();
        match self.open.last_mut() {
            None => self.document.root = Some(value.id),
            Some(open) => {
                open.weight = open.weight.saturating_add(value.weight);
                open.height = open.height.max(value.height + 1);
                match (open.object, key) {
                    (true, Some((key_span, key))) => self.member_stack.push(Member {
                        key_span,
                        key,
                        value: value.id,
                    }),
                    (true, None) => {}
                    (false, _) => self.item_stack.push(value.id),
                }
            }
        }
    }

    fn store(&mut self, found: Found) -> Text {
        match found {
            Found::Slice(span) => Text::Slice(span),
            Found::Decoded(text) => {
                self.document.decoded.push(text.into_boxed_str());
                Text::Decoded(count(self.document.decoded.len() - 1))
            }
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
