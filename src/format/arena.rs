//! What a document is made of: nodes, members and items, each kind in one list and small, since a file of a hundred
//! megabytes has millions of them.

use std::ops::Range;

use crate::model::span::Span;

/// A node's place in its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// The number of the node in its document.
    pub fn index(self) -> u32 {
        self.0
    }

    /// The node with this number.
    pub(crate) fn at(index: u32) -> Self {
        Self(index)
    }
}

/// The parts of a document, without its text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arena {
    pub(crate) nodes: Vec<Node>,
    pub(crate) items: Vec<NodeId>,
    pub(crate) members: Vec<Member>,
    /// Where the items or members of each container are, by the number of the container.
    pub(crate) extents: Vec<Extent>,
    pub(crate) decoded: Decoded,
    pub(crate) root: Option<NodeId>,
    /// Whether the text is YAML; JSON otherwise.
    pub(crate) yaml: bool,
    /// Whether a parser stopped at a fault in the grammar.
    pub(crate) broken: bool,
    /// Which members a later one with the same key takes the place of, in ascending order.
    pub(crate) replaced: Vec<u32>,
    /// The members of large objects by key, and of one key in the order of the text; each object's lie together.
    pub(crate) by_key: Vec<u32>,
    /// Where the members of each large object start, and where its part of `by_key` does, in ascending order.
    pub(crate) large: Vec<(u32, u32)>,
    /// Whether a value stands in more than one place, by an alias or a `<<`.
    pub(crate) shares: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) data: Data,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Data {
    Null,
    Boolean(bool),
    Number(Text),
    String(Text),
    /// A list, by its number among the containers.
    Array(u32),
    /// An object, by its number among the containers.
    Object(u32),
}

/// A run of items or members.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) first: u32,
    pub(crate) length: u32,
}

impl Extent {
    pub(crate) fn range(self) -> Range<usize> {
        let first = self.first as usize;
        first..first + self.length as usize
    }
}

/// Where the characters of a string are: its whole span, the span without its quotes, or decoded beside the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Text(u32);

impl Text {
    pub(crate) const WHOLE: Self = Self(u32::MAX);
    pub(crate) const INNER: Self = Self(u32::MAX - 1);
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    pub(crate) key_span: Span,
    pub(crate) key: Text,
    pub(crate) value: NodeId,
}

/// Strings that do not stand in the text as they are, one after another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decoded {
    characters: String,
    ends: Vec<u32>,
}

impl Decoded {
    pub(crate) fn add(&mut self, text: &str) -> Text {
        self.characters.push_str(text);
        self.ends.push(count(self.characters.len()));
        Text(count(self.ends.len() - 1))
    }

    fn get(&self, index: u32) -> &str {
        let index = index as usize;
        let start = match index.checked_sub(1) {
            Some(before) => self.ends[before],
            None => 0,
        };
        let end = self.ends[index];
        Span { start, end }.of(&self.characters)
    }
}

impl Arena {
    /// The characters of a string or number that stands at `span` in the `source`.
    pub(crate) fn characters<'a>(&'a self, source: &'a str, text: Text, span: Span) -> &'a str {
        match text {
            Text::WHOLE => span.of(source),
            Text::INNER => {
                let inner = Span {
                    start: span.start + 1,
                    end: span.end.saturating_sub(1),
                };
                inner.of(source)
            }
            Text(index) => self.decoded.get(index),
        }
    }

    pub(crate) fn key<'a>(&'a self, source: &'a str, member: &Member) -> &'a str {
        self.characters(source, member.key, member.key_span)
    }

    /// Where the members of a node are; nowhere, for what is no object.
    pub(crate) fn member_range(&self, node: Node) -> Range<usize> {
        match node.data {
            Data::Object(container) => self.extents[container as usize].range(),
            _ => 0..0,
        }
    }

    /// Where the items of a node are; nowhere, for what is no list.
    pub(crate) fn item_range(&self, node: Node) -> Range<usize> {
        match node.data {
            Data::Array(container) => self.extents[container as usize].range(),
            _ => 0..0,
        }
    }
}

pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Member, Node};

    #[test]
    fn parts_stay_small() {
        assert_eq!((size_of::<Node>(), size_of::<Member>()), (16, 16));
    }
}
