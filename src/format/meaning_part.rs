//! One level of a value as it counts, and what lies below it.

use std::borrow::Cow;

use crate::format::meaning_fields::Within;
use crate::format::meaning_order::rank;
use crate::format::node::NodeRef;

/// One level of a value.
#[derive(Clone, Debug)]
pub(crate) enum View<'a> {
    Null,
    Boolean(bool),
    Number(Cow<'a, str>),
    Text(Cow<'a, str>),
    /// A list whose items count as they stand.
    Items(NodeRef<'a>, Within),
    List(Vec<Part<'a>>),
    Object(Vec<(&'a str, Part<'a>)>),
}

/// What lies one level below.
#[derive(Clone, Debug)]
pub(crate) enum Part<'a> {
    Node(NodeRef<'a>, Within),
    Made(Box<View<'a>>),
}

impl<'a> Part<'a> {
    pub(crate) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Made(Box::new(View::Text(text.into())))
    }

    pub(crate) fn object(members: Vec<(&'a str, Self)>) -> Self {
        Self::Made(Box::new(View::Object(sorted(members, true))))
    }
}

impl<'a> View<'a> {
    /// The parts of a list; `None` for anything else.
    pub(crate) fn into_parts(self) -> Option<Parts<'a>> {
        match self {
            Self::Items(list, place) => Some(Parts::Nodes(list, place, 0)),
            Self::List(parts) => Some(Parts::Made(parts.into_iter())),
            _ => None,
        }
    }
}

/// The parts of a list, one after another.
pub(crate) enum Parts<'a> {
    Nodes(NodeRef<'a>, Within, usize),
    Made(std::vec::IntoIter<Part<'a>>),
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        match self {
            Self::Nodes(list, place, index) => {
                let item = list.nth_item(*index)?;
                *index += 1;
                Some(Part::Node(item, *place))
            }
            Self::Made(parts) => parts.next(),
        }
    }
}

/// Members in the order of the canonical text.
pub(crate) fn sorted<'a>(
    mut members: Vec<(&'a str, Part<'a>)>,
    ranked: bool,
) -> Vec<(&'a str, Part<'a>)> {
    let key = |member: &(&'a str, Part<'a>)| (if ranked { rank(member.0) } else { 0 }, member.0);
    if !members.is_sorted_by_key(key) {
        members.sort_by_key(key);
    }
    members
}
