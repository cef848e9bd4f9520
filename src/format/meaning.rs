//! What a value means, rather than how it is written: equality without order of keys, without fields that Postman
//! rewrites by itself, without the defaults it fills in, and with numbers compared by their exact value.

use std::cmp::Ordering;

use crate::format::detect::Format;
use crate::format::meaning_view::{Part, compare};
use crate::format::node::NodeRef;

pub use crate::format::meaning_fields::{
    Empty, FIELDS, Field, Treatment, Within, fields_of, within,
};

/// What the topmost value of a document is; `None` where the format has no value but a text.
pub fn place_of(format: Format) -> Option<Within> {
    match format {
        Format::Collection20 | Format::Collection21 => Some(Within::Collection),
        Format::Collection3 => Some(Within::TreeEntry),
        Format::Environment => Some(Within::Environment),
        Format::Globals => Some(Within::Globals),
        Format::OpenApi20
        | Format::OpenApi30
        | Format::OpenApi31
        | Format::OpenApi32
        | Format::AsyncApi2
        | Format::AsyncApi3 => Some(Within::Definition),
        Format::Collection1 | Format::GraphQl | Format::PostmanResources | Format::Unknown => {
            Some(Within::Value)
        }
        Format::Protobuf2
        | Format::Protobuf3
        | Format::Wsdl11
        | Format::Wsdl20
        | Format::Raml08
        | Format::Raml10
        | Format::PostmanIndex
        | Format::PostmanApi => None,
    }
}

/// Whether a key means nothing in an object, whatever its value.
pub fn is_volatile(within: Within, key: &str) -> bool {
    fields_of(within)
        .iter()
        .any(|field| field.key == key && field.treatment == Treatment::Volatile)
}

/// Whether two values mean the same. `place` says what kind of objects they are.
pub fn same(one: NodeRef<'_>, other: NodeRef<'_>, place: Within) -> bool {
    compare(Part::Node(one, place), Part::Node(other, place)) == Ordering::Equal
}
