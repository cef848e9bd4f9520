//! What a parser makes a document with: values in the order of the text, containers opened and closed around them.

use std::collections::{HashMap, HashSet};

use crate::format::arena::{Arena, Data, Extent, Member, Node, NodeId, Text, count};
use crate::model::span::Span;

/// Up to so many members a key is looked for by walking; beyond, by hashing.
const FEW_MEMBERS: usize = 12;

/// Beyond so many members, the order of the keys is kept beside an object, so that none is looked for by walking.
pub(crate) const MANY_MEMBERS: usize = 32;

/// How many members `<<` may bring in a document: each is there once more for every mapping that has it merged in.
pub const MOST_MERGED: usize = 1_000_000;

/// What a parser makes a document with. Containers nest by `open` and `close`; the values between belong to them.
#[derive(Debug)]
pub struct Builder<'t> {
    text: &'t str,
    arena: Arena,
    open: Vec<Open>,
    item_stack: Vec<NodeId>,
    member_stack: Vec<Member>,
    key: Option<(Span, Text)>,
    weight: u64,
    merged: usize,
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

/// A document whose text is still in the hands of its parser.
#[derive(Debug)]
pub struct Finish {
    pub(crate) arena: Arena,
    /// The spans of keys that repeat an earlier one of their object, in ascending order.
    pub duplicates: Vec<Span>,
}

/// A string as a parser found it.
#[derive(Debug)]
pub enum Found<'a> {
    /// It is what stands at its span.
    Whole,
    /// It is what stands between the first and the last character of its span.
    Inner,
    /// It had to be decoded.
    Decoded(&'a str),
}

impl<'t> Builder<'t> {
    /// Starts a document over its text.
    pub fn new(text: &'t str) -> Self {
        let arena = Arena {
            nodes: Vec::with_capacity(text.len() / 48),
            members: Vec::with_capacity(text.len() / 64),
            ..Arena::default()
        };
        Self {
            text,
            arena,
            open: Vec::new(),
            item_stack: Vec::new(),
            member_stack: Vec::new(),
            key: None,
            weight: 0,
            merged: 0,
            duplicates: Vec::new(),
        }
    }

    /// The same for a text that is YAML.
    #[must_use]
    pub fn yaml(mut self) -> Self {
        self.arena.yaml = true;
        self
    }

    /// Notes that the rest of the text cannot be read.
    pub fn stop(&mut self) {
        self.arena.broken = true;
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
        let container = count(self.arena.extents.len());
        let (data, first, end_of_parts) = if open.object {
            self.note_duplicates(open.base);
            let first = self.arena.members.len();
            self.arena
                .members
                .extend(self.member_stack.drain(open.base..));
            self.sort_keys(first);
            (Data::Object(container), first, self.arena.members.len())
        } else {
            let first = self.arena.items.len();
            self.arena.items.extend(self.item_stack.drain(open.base..));
            (Data::Array(container), first, self.arena.items.len())
        };
        self.arena.extents.push(Extent {
            first: count(first),
            length: count(end_of_parts - first),
        });
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
    pub fn key(&mut self, span: Span, key: Found<'_>) {
        let text = self.store(key);
        self.key = Some((span, text));
    }

    /// Adds a string.
    pub fn string(&mut self, span: Span, value: Found<'_>) -> Finished {
        let text = self.store(value);
        self.scalar(span, Data::String(text))
    }

    /// Adds a number as it is written.
    pub fn number(&mut self, span: Span) -> Finished {
        self.scalar(span, Data::Number(Text::WHOLE))
    }

    /// Adds a number whose JSON form differs from what is written.
    pub fn number_as(&mut self, span: Span, written: &str) -> Finished {
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
        self.arena.shares = true;
        self.attach(value);
    }

    /// Counts what a `<<` brings, before it is merged.
    pub fn weigh(&mut self, value: Finished) {
        self.weight = self.weight.saturating_add(value.weight);
    }

    /// Adds the members of objects, or of each object in a list, to the innermost open object, as YAML's
    /// `<<` does: keys that stand there already are kept. Does nothing and says no where that would be more than
    /// [`MOST_MERGED`] in the document.
    #[must_use]
    pub fn merge(&mut self, merges: &[Finished]) -> bool {
        self.arena.shares = true;
        let Some(open) = self.open.last_mut() else {
            return true;
        };
        let mut objects = Vec::new();
        for from in merges {
            // What is merged in counts as if it were written out, or a chain of merges would have no bound.
            open.weight = open.weight.saturating_add(from.weight);
            open.height = open.height.max(from.height);
            let arena = &self.arena;
            let node = arena.nodes[from.id.0 as usize];
            match node.data {
                Data::Object(_) => objects.push(arena.member_range(node)),
                Data::Array(_) => {
                    let items = arena.items[arena.item_range(node)].iter();
                    let nodes = items.map(|item| arena.nodes[item.0 as usize]);
                    let is_object = |node: &Node| matches!(node.data, Data::Object(_));
                    objects.extend(nodes.filter(is_object).map(|node| arena.member_range(node)));
                }
                _ => {}
            }
        }
        let brought: usize = objects.iter().map(ExactSizeIterator::len).sum();
        self.merged = self.merged.saturating_add(brought);
        if self.merged > MOST_MERGED {
            return false;
        }
        let (arena, text) = (&self.arena, self.text);
        let own = &self.member_stack[open.base..];
        let mut known: HashSet<&str> = own.iter().map(|member| arena.key(text, member)).collect();
        let mut added: Vec<Member> = Vec::new();
        for range in objects {
            let new = |member: &&Member| known.insert(arena.key(text, member));
            added.extend(arena.members[range].iter().filter(new));
        }
        self.member_stack.extend(added);
        true
    }

    /// Takes the last member of the innermost open object away where it has this key.
    pub fn drop_member(&mut self, key: &str) {
        let last = self
            .member_stack
            .last()
            .filter(|member| self.arena.key(self.text, member) == key);
        if last.is_some() && self.in_object() == Some(true) {
            self.member_stack.pop();
        }
    }

    /// Makes a string that stands nowhere yet: a key that an alias may repeat as a value.
    pub fn detached_string(&mut self, span: Span, value: Found<'_>) -> NodeId {
        let text = self.store(value);
        self.push(span, Data::String(text))
    }

    /// How many nodes the document is so far when every alias is written out.
    pub fn weight(&self) -> u64 {
        self.weight
    }

    /// The text being parsed.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// Ends the document; what is still open is closed at the end of the text. The text can then be given to it.
    pub fn finish(mut self) -> Finish {
        while !self.open.is_empty() {
            self.close(self.text.len());
        }
        self.duplicates.sort_unstable();
        Finish {
            arena: self.arena,
            duplicates: self.duplicates,
        }
    }

    /// Notes the order of the keys of an object whose members start at `first` and are the last ones.
    fn sort_keys(&mut self, first: usize) {
        let (arena, text) = (&mut self.arena, self.text);
        if arena.members.len() - first <= MANY_MEMBERS {
            return;
        }
        let mut sorted: Vec<u32> = (count(first)..count(arena.members.len())).collect();
        let key_of = |member: &u32| arena.key(text, &arena.members[*member as usize]);
        sorted.sort_by(|one, other| key_of(one).cmp(key_of(other)));
        let start = count(arena.by_key.len());
        arena.large.push((count(first), start));
        arena.by_key.extend(sorted);
    }

    fn note_duplicates(&mut self, base: usize) {
        let (arena, text) = (&self.arena, self.text);
        let members = &self.member_stack[base..];
        let mut replaced = Vec::new();
        if members.len() <= FEW_MEMBERS {
            for (index, member) in members.iter().enumerate() {
                let key = arena.key(text, member);
                let earlier = members[..index]
                    .iter()
                    .rposition(|earlier| arena.key(text, earlier) == key);
                if let Some(earlier) = earlier {
                    self.duplicates.push(member.key_span);
                    replaced.push(earlier);
                }
            }
        } else {
            let mut seen = HashMap::with_capacity(members.len());
            for (index, member) in members.iter().enumerate() {
                if let Some(earlier) = seen.insert(arena.key(text, member), index) {
                    self.duplicates.push(member.key_span);
                    replaced.push(earlier);
                }
            }
        }
        replaced.sort_unstable();
        let first = arena.members.len();
        let replaced = replaced.into_iter().map(|index| count(first + index));
        self.arena.replaced.extend(replaced);
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
        let id = NodeId(count(self.arena.nodes.len()));
        self.arena.nodes.push(Node { span, data });
        self.weight = self.weight.saturating_add(1);
        id
    }

    fn attach(&mut self, value: Finished) {
        let key = self.key.take();
        match self.open.last_mut() {
            None => self.arena.root = Some(value.id),
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

    fn store(&mut self, found: Found<'_>) -> Text {
        match found {
            Found::Whole => Text::WHOLE,
            Found::Inner => Text::INNER,
            Found::Decoded(text) => self.arena.decoded.add(text),
        }
    }
}
