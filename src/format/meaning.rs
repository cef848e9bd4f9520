//! What a value means, rather than how it is written: equality without order of keys, without fields that Postman
//! rewrites by itself, and with numbers compared as numbers.

use crate::format::node::{Kind, NodeRef};

/// A field that Postman writes by itself and that means nothing to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volatile {
    /// The key.
    pub key: &'static str,
    /// In which objects it means nothing.
    pub within: Within,
    /// Why.
    pub reason: &'static str,
}

/// The objects of a collection that have fields of their own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// `info` of the collection.
    Info,
    /// A folder or a request.
    Item,
    /// A saved response.
    Response,
    /// A script of an event.
    Script,
    /// Anything else.
    Other,
}

/// Every volatile field of a collection of version 2, with the reason.
pub const VOLATILE: &[Volatile] = &[
    Volatile {
        key: "_postman_id",
        within: Within::Info,
        reason: "the id of the collection in the workspace it was exported from",
    },
    Volatile {
        key: "_exporter_id",
        within: Within::Info,
        reason: "who exported it",
    },
    Volatile {
        key: "_collection_link",
        within: Within::Info,
        reason: "where it was exported from",
    },
    Volatile {
        key: "_uid",
        within: Within::Info,
        reason: "the id with its owner; the mapping rules look at it",
    },
    Volatile {
        key: "uid",
        within: Within::Info,
        reason: "the id with its owner, as the Postman API writes it",
    },
    Volatile {
        key: "updatedAt",
        within: Within::Info,
        reason: "when it was last changed in Postman",
    },
    Volatile {
        key: "createdAt",
        within: Within::Info,
        reason: "when it was made in Postman",
    },
    Volatile {
        key: "lastUpdatedBy",
        within: Within::Info,
        reason: "who changed it last in Postman",
    },
    Volatile {
        key: "id",
        within: Within::Item,
        reason: "handed out anew by imports, forks and some exports",
    },
    Volatile {
        key: "uid",
        within: Within::Item,
        reason: "the id with its owner, as the Postman API writes it",
    },
    Volatile {
        key: "_postman_id",
        within: Within::Item,
        reason: "the id under the name that older exports use",
    },
    Volatile {
        key: "_postman_isSubFolder",
        within: Within::Item,
        reason: "follows from where the folder lies",
    },
    Volatile {
        key: "id",
        within: Within::Response,
        reason: "handed out anew by imports, forks and some exports",
    },
    Volatile {
        key: "uid",
        within: Within::Response,
        reason: "the id with its owner, as the Postman API writes it",
    },
    Volatile {
        key: "responseTime",
        within: Within::Response,
        reason: "how long that one run took",
    },
    Volatile {
        key: "id",
        within: Within::Script,
        reason: "handed out anew by exports",
    },
];

/// Whether a key means nothing in an object.
pub fn is_volatile(within: Within, key: &str) -> bool {
    VOLATILE
        .iter()
        .any(|field| field.within == within && field.key == key)
}

/// What the value of a member is, seen from the object that has it.
pub fn within(parent: Within, key: &str) -> Within {
    match (parent, key) {
        (_, "info") => Within::Info,
        (_, "item") => Within::Item,
        (Within::Item, "response") => Within::Response,
        (_, "script") => Within::Script,
        _ => Within::Other,
    }
}

/// Whether two values mean the same. `place` says what kind of objects they are.
pub fn same(one: NodeRef<'_>, other: NodeRef<'_>, place: Within) -> bool {
    match (one.kind(), other.kind()) {
        (Kind::Object, Kind::Object) => {
            let counted = |node: NodeRef<'_>| {
                node.members()
                    .filter(|member| !is_volatile(place, member.key))
                    .count()
            };
            counted(one) == counted(other)
                && one
                    .members()
                    .filter(|member| !is_volatile(place, member.key))
                    .all(|member| {
                        let of_other = other.get(member.key);
                        of_other.is_some_and(|of_other| {
                            same(member.value, of_other, within(place, member.key))
                        })
                    })
        }
        (Kind::Array, Kind::Array) => {
            one.items().len() == other.items().len()
                && one
                    .items()
                    .zip(other.items())
                    .all(|(one, other)| same(one, other, place))
        }
        (Kind::Number, Kind::Number) => same_number(one.as_number(), other.as_number()),
        (Kind::String, Kind::String) => one.as_str() == other.as_str(),
        (Kind::Boolean, Kind::Boolean) => one.as_boolean() == other.as_boolean(),
        (Kind::Null, Kind::Null) => true,
        _ => false,
    }
}

/// Numbers are the same where they are written alike, or both fit a double exactly enough to be one.
fn same_number(one: Option<&str>, other: Option<&str>) -> bool {
    let short = |text: &str| text.len() < 16;
    match (one, other) {
        (Some(one), Some(other)) if one == other => true,
        (Some(one), Some(other)) if short(one) && short(other) => {
            matches!((one.parse::<f64>(), other.parse::<f64>()), (Ok(one), Ok(other)) if one == other)
        }
        _ => false,
    }
}
