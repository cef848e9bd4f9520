//! A document that is to be written: made of parts of documents that were read, so that what did not change can stay byte
//! by byte as it is.

use serde_json::Value;

use crate::format::node::NodeRef;

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
