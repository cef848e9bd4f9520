//! A document that is to be written: made of parts of documents that were read, so that what did not change can stay byte
//! by byte as it is.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;

use crate::format::canonical_number::canonical_number;
use crate::format::node::{Document, Kind, NodeId, NodeRef};

/// A value made of parts of documents: what a merge or an edit gives, before it is text.
#[derive(Clone, Debug)]
pub enum Merged<'a> {
    /// A value of one side as it is.
    Taken(NodeRef<'a>),
    /// An object written like one of the sides, with these members.
    Object {
        /// The side's object.
        like: NodeRef<'a>,
        /// The members, in order.
        members: Vec<(&'a str, Self)>,
    },
    /// A list written like one of the sides, with these items.
    Array {
        /// The side's list.
        like: NodeRef<'a>,
        /// The items, in order.
        items: Vec<Self>,
    },
    /// A text that neither side has.
    Text {
        /// Where our side has its own.
        like: NodeRef<'a>,
        /// The text.
        text: String,
    },
    /// A value that no document has, such as what an edit sets.
    New(Value),
}

impl<'a> Merged<'a> {
    /// The value it is, or is written like.
    pub fn like(&self) -> Option<NodeRef<'a>> {
        match self {
            Self::Taken(node) => Some(*node),
            Self::Object { like, .. } | Self::Array { like, .. } | Self::Text { like, .. } => {
                Some(*like)
            }
            Self::New(_) => None,
        }
    }

    /// The same, where that is a value of this document.
    pub(crate) fn origin(&self, document: &Document) -> Option<NodeId> {
        self.like()
            .filter(|like| std::ptr::eq(like.document(), document))
            .map(NodeRef::id)
    }
}

/// A value, whatever holds it.
#[derive(Clone, Copy)]
pub(crate) enum Seen<'m> {
    Merged(&'m Merged<'m>),
    Node(NodeRef<'m>),
    Value(&'m Value),
}

impl<'m> Seen<'m> {
    /// What holds it in the end.
    pub(crate) fn plain(self) -> Self {
        match self {
            Self::Merged(Merged::Taken(node)) => Self::Node(*node),
            Self::Merged(Merged::New(value)) => Self::Value(value),
            other => other,
        }
    }

    pub(crate) fn kind(self) -> Kind {
        match self.plain() {
            Self::Node(node) => node.kind(),
            Self::Merged(Merged::Object { .. }) => Kind::Object,
            Self::Merged(Merged::Array { .. }) => Kind::Array,
            Self::Merged(_) => Kind::String,
            Self::Value(value) => match value {
                Value::Null => Kind::Null,
                Value::Bool(_) => Kind::Boolean,
                Value::Number(_) => Kind::Number,
                Value::String(_) => Kind::String,
                Value::Array(_) => Kind::Array,
                Value::Object(_) => Kind::Object,
            },
        }
    }

    pub(crate) fn is_container(self) -> bool {
        matches!(self.kind(), Kind::Array | Kind::Object)
    }

    /// Whether it is no container, or one with nothing in it.
    pub(crate) fn is_empty(self) -> bool {
        match self.plain() {
            Self::Node(node) => node.members().len() == 0 && node.items().len() == 0,
            Self::Merged(Merged::Object { members, .. }) => members.is_empty(),
            Self::Merged(Merged::Array { items, .. }) => items.is_empty(),
            Self::Merged(_) => true,
            Self::Value(Value::Object(members)) => members.is_empty(),
            Self::Value(Value::Array(items)) => items.is_empty(),
            Self::Value(_) => true,
        }
    }

    /// The characters of a string.
    pub(crate) fn as_str(self) -> Option<&'m str> {
        match self.plain() {
            Self::Node(node) => node.as_str(),
            Self::Merged(Merged::Text { text, .. }) => Some(text),
            Self::Merged(_) => None,
            Self::Value(value) => value.as_str(),
        }
    }

    /// A number, a boolean or null as JSON writes it.
    pub(crate) fn as_word(self) -> Option<Cow<'m, str>> {
        match self.plain() {
            Self::Node(node) => match node.kind() {
                Kind::Null => Some(Cow::Borrowed("null")),
                Kind::Number | Kind::Boolean => node.as_text().map(Cow::Borrowed),
                _ => None,
            },
            Self::Value(value @ (Value::Null | Value::Bool(_) | Value::Number(_))) => {
                Some(Cow::Owned(value.to_string()))
            }
            _ => None,
        }
    }

    /// The members: of several with one key the last value, at the place of the first.
    pub(crate) fn members(self) -> Vec<(&'m str, Self)> {
        match self.plain() {
            Self::Node(node) => {
                let mut members: Vec<(&'m str, Self)> = Vec::with_capacity(node.members().len());
                if (0..node.members().len()).all(|index| node.counts(index)) {
                    let own = node.members();
                    members.extend(own.map(|member| (member.key, Self::Node(member.value))));
                    return members;
                }
                let mut places: HashMap<&str, usize> = HashMap::new();
                for member in node.members() {
                    let place = *places.entry(member.key).or_insert(members.len());
                    if place == members.len() {
                        members.push((member.key, Self::Node(member.value)));
                    } else {
                        members[place].1 = Self::Node(member.value);
                    }
                }
                members
            }
            Self::Merged(Merged::Object { members, .. }) => members
                .iter()
                .map(|(key, value)| (*key, Self::Merged(value)))
                .collect(),
            Self::Value(Value::Object(members)) => members
                .iter()
                .map(|(key, value)| (key.as_str(), Self::Value(value)))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The items.
    pub(crate) fn items(self) -> Vec<Self> {
        match self.plain() {
            Self::Node(node) => node.items().map(Self::Node).collect(),
            Self::Merged(Merged::Array { items, .. }) => items.iter().map(Self::Merged).collect(),
            Self::Value(Value::Array(items)) => items.iter().map(Self::Value).collect(),
            _ => Vec::new(),
        }
    }
}

/// Whether both are the same JSON value: order of keys left aside, numbers by what they are.
pub(crate) fn same_value(one: Seen<'_>, other: Seen<'_>) -> bool {
    let (one, other) = (one.plain(), other.plain());
    if let (Seen::Node(one), Seen::Node(other)) = (one, other)
        && one.is(other)
    {
        return true;
    }
    let kind = one.kind();
    if kind != other.kind() {
        return false;
    }
    match kind {
        Kind::String => one.as_str() == other.as_str(),
        Kind::Array => {
            if let (Seen::Node(one), Seen::Node(other)) = (one, other) {
                return one.items().len() == other.items().len()
                    && one
                        .items()
                        .zip(other.items())
                        .all(|(one, other)| same_value(Seen::Node(one), Seen::Node(other)));
            }
            let (one, other) = (one.items(), other.items());
            one.len() == other.len() && one.iter().zip(&other).all(|(a, b)| same_value(*a, *b))
        }
        Kind::Object => {
            if let (Seen::Node(one), Seen::Node(other)) = (one, other)
                && let Some(same) = same_members_in_order(one, other)
            {
                return same;
            }
            let (one, other) = (one.members(), other.members());
            if one.len() != other.len() {
                return false;
            }
            if one.iter().zip(&other).all(|(a, b)| a.0 == b.0) {
                return one.iter().zip(&other).all(|(a, b)| same_value(a.1, b.1));
            }
            let known: HashMap<&str, Seen<'_>> = other.into_iter().collect();
            one.iter().all(|(key, value)| {
                known
                    .get(key)
                    .is_some_and(|other| same_value(*value, *other))
            })
        }
        _ => match (one.as_word(), other.as_word()) {
            _ if was_read_as(one, other) || was_read_as(other, one) => true,
            (Some(one), Some(other)) => same_word(&one, &other),
            _ => false,
        },
    }
}

/// Two objects with the same keys in the same order, none of them twice; `None` for any others.
fn same_members_in_order(one: NodeRef<'_>, other: NodeRef<'_>) -> Option<bool> {
    let alike = one.members().len() == other.members().len()
        && one
            .members()
            .zip(other.members())
            .enumerate()
            .all(|(index, (a, b))| a.key == b.key && one.counts(index) && other.counts(index));
    alike.then(|| {
        one.members()
            .zip(other.members())
            .all(|(a, b)| same_value(Seen::Node(a.value), Seen::Node(b.value)))
    })
}

/// Whether a number in a text is what `serde_json` makes of it: the nearest double.
fn was_read_as(written: Seen<'_>, read: Seen<'_>) -> bool {
    match (written, read) {
        (Seen::Node(node), Seen::Value(Value::Number(read))) => node
            .as_number()
            .and_then(|text| serde_json::from_str::<serde_json::Number>(text).ok())
            .is_some_and(|number| number == *read),
        _ => false,
    }
}

/// Words are themselves, and numbers by their exact value: digits that no computer word holds are an edit like any other.
fn same_word(one: &str, other: &str) -> bool {
    let is_number =
        |word: &str| word.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    one == other
        || (is_number(one) && is_number(other) && canonical_number(one) == canonical_number(other))
}
