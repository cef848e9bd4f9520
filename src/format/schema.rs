//! Documents against schemas: the arena seen through `jsonschema`'s own traits, so that no second tree is built.
//!
//! The schema documents beside this file are written from the facts of the published formats. Each chooses its
//! branches by what stands in the document, so that an error points at the innermost faulty value.

use std::borrow::Cow;
use std::sync::OnceLock;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::json::{Array, Json, JsonNumber, Node, NodeIdentity, Object};
use jsonschema::{JsonType, ValidationError, Validator};
use serde_json::Value;

use crate::format::fault::{Fault, FaultKind, MOST_FAULTS};
use crate::format::node::{Kind, MemberRef, NodeRef, pointer_part};

/// A schema that is compiled when the first document needs it.
#[derive(Debug)]
pub struct Schema {
    name: &'static str,
    source: &'static str,
    compiled: OnceLock<Validator<Arena>>,
}

impl Schema {
    /// Takes a schema document by its name, for messages, and its text.
    pub const fn new(name: &'static str, source: &'static str) -> Self {
        Self {
            name,
            source,
            compiled: OnceLock::new(),
        }
    }

    /// What the schema says of a value. `prefix` is the pointer of the value in its document.
    pub fn faults(&self, root: NodeRef<'_>, prefix: &str) -> Vec<Fault> {
        let validator = self.compiled();
        let mut faults = Vec::new();
        for error in validator.iter_errors(Handle::Value(root)).take(MOST_FAULTS) {
            explain(root, prefix, &error, &mut faults);
            if faults.len() >= MOST_FAULTS {
                break;
            }
        }
        faults.sort_by(|one, other| (one.span, &one.message).cmp(&(other.span, &other.message)));
        faults.dedup();
        faults
    }

    /// Whether the schema accepts a value.
    pub fn accepts(&self, root: NodeRef<'_>) -> bool {
        self.compiled().is_valid(Handle::Value(root))
    }

    fn compiled(&self) -> &Validator<Arena> {
        self.compiled.get_or_init(|| {
            let built = serde_json::from_str::<Value>(self.source)
                .map_err(|error| error.to_string())
                .and_then(|schema| {
                    jsonschema::options_for::<Arena>()
                        .offline()
                        .should_validate_formats(false)
                        .with_pattern_options(jsonschema::PatternOptions::regex())
                        .build(&schema)
                        .map_err(|error| error.to_string())
                });
            match built {
                Ok(validator) => validator,
                // The documents are part of the program and a test compiles each of them.
                Err(error) => unreachable!("schema {}: {error}", self.name),
            }
        })
    }
}

/// Turns one error into faults with a place and a sentence.
fn explain(root: NodeRef<'_>, prefix: &str, error: &ValidationError<'_>, faults: &mut Vec<Fault>) {
    let pointer = error.instance_path().as_str();
    let place = root.place_of(pointer);
    let here = root.at(pointer).unwrap_or(root);
    let mut fault = |pointer: String, span, message: String| {
        faults.push(Fault::at(
            FaultKind::Schema,
            span,
            format!("{prefix}{pointer}"),
            message,
        ));
    };
    let subject = subject(pointer);
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let missing = property.as_str().unwrap_or_default();
            fault(
                pointer.to_owned(),
                place,
                format!("{subject} has no `{missing}`"),
            );
            if let Some(told) = faults.last_mut() {
                told.help = Some(format!("add `{missing}`, or export the file again"));
            }
        }
        ValidationErrorKind::Type { kind } => {
            let value_span = if matches!(here.kind(), Kind::Array | Kind::Object) {
                place
            } else {
                here.span()
            };
            fault(
                pointer.to_owned(),
                value_span,
                format!("{subject} is {}, not {}", here.kind().phrase(), types(kind)),
            );
        }
        ValidationErrorKind::Enum { options } => {
            let span = if matches!(here.kind(), Kind::Array | Kind::Object) {
                place
            } else {
                here.span()
            };
            fault(
                pointer.to_owned(),
                span,
                format!("{subject} is none of {}", alternatives(options)),
            );
        }
        ValidationErrorKind::Constant { expected_value } => {
            fault(
                pointer.to_owned(),
                here.span(),
                format!("{subject} is not {expected_value}"),
            );
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            // One error may name every key of the object.
            for key in unexpected.iter().take(MOST_FAULTS) {
                let span = here.member(key).map_or(place, |member| member.key_span);
                let own = format!("{pointer}/{}", pointer_part(key));
                fault(own, span, format!("{subject} may not have `{key}`"));
            }
        }
        ValidationErrorKind::FalseSchema => {
            fault(
                pointer.to_owned(),
                place,
                format!("{subject} may not stand here"),
            );
        }
        ValidationErrorKind::Not { .. } => {
            fault(
                pointer.to_owned(),
                place,
                format!("{subject} has a combination of fields that excludes itself"),
            );
        }
        ValidationErrorKind::OneOfMultipleValid { .. } => {
            fault(
                pointer.to_owned(),
                place,
                format!("{subject} can be read in two ways that exclude each other"),
            );
        }
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
            let deepest = context
                .iter()
                .flatten()
                .max_by_key(|inner| inner.instance_path().as_str().matches('/').count())
                .filter(|inner| inner.instance_path().as_str().len() > pointer.len());
            match deepest {
                Some(inner) => explain(root, prefix, inner, faults),
                None => fault(
                    pointer.to_owned(),
                    place,
                    format!("{subject} has none of the allowed shapes"),
                ),
            }
        }
        ValidationErrorKind::PropertyNames { .. } => {
            fault(
                pointer.to_owned(),
                place,
                format!("{subject} has a key that is not allowed"),
            );
        }
        ValidationErrorKind::Pattern { pattern } => {
            fault(
                pointer.to_owned(),
                here.span(),
                format!("{subject} does not have the form `{pattern}`"),
            );
        }
        ValidationErrorKind::UniqueItems => {
            fault(
                pointer.to_owned(),
                place,
                format!("{subject} holds the same item twice"),
            );
        }
        ValidationErrorKind::MinItems { limit } => {
            fault(
                pointer.to_owned(),
                place,
                format!("{subject} has fewer items than {limit}"),
            );
        }
        ValidationErrorKind::MaxItems { limit } => {
            fault(
                pointer.to_owned(),
                place,
                format!("{subject} has more items than {limit}"),
            );
        }
        ValidationErrorKind::MinProperties { limit } => {
            fault(
                pointer.to_owned(),
                place,
                format!("{subject} has fewer fields than {limit}"),
            );
        }
        ValidationErrorKind::MaxProperties { limit } => {
            fault(
                pointer.to_owned(),
                place,
                format!("{subject} has more fields than {limit}"),
            );
        }
        ValidationErrorKind::MinLength { limit } => {
            fault(
                pointer.to_owned(),
                here.span(),
                format!("{subject} is shorter than {limit}"),
            );
        }
        // The value may be a secret and is never repeated.
        _ => fault(
            pointer.to_owned(),
            place,
            format!("{subject} is not allowed: {}", error.masked()),
        ),
    }
}

/// The words for the value at a pointer: its key, or where it stands in its list.
fn subject(pointer: &str) -> String {
    let readable = |part: &str| part.replace("~1", "/").replace("~0", "~");
    let mut parts = pointer.rsplit('/');
    match (parts.next(), parts.next()) {
        (Some("") | None, _) => "the document".to_owned(),
        (Some(index), Some(list))
            if index.bytes().all(|byte| byte.is_ascii_digit()) && !list.is_empty() =>
        {
            format!("`{}[{index}]`", readable(list))
        }
        (Some(key), _) => format!("`{}`", readable(key)),
    }
}

fn types(kind: &TypeKind) -> String {
    let word = |kind: JsonType| match kind {
        JsonType::Array => "a list",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "a whole number",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "an object",
        JsonType::String => "a string",
    };
    match kind {
        TypeKind::Single(single) => word(*single).to_owned(),
        TypeKind::Multiple(several) => {
            let mut words: Vec<&str> = several.iter().map(word).collect();
            words.sort_by_key(|word| *word == "null");
            words.join(" or ")
        }
    }
}

fn alternatives(options: &Value) -> String {
    let all: Vec<String> = options
        .as_array()
        .into_iter()
        .flatten()
        .map(Value::to_string)
        .collect();
    match all.len() {
        0..=16 => all.join(", "),
        _ => format!("{}, …", all[..16].join(", ")),
    }
}

/// The arena as a JSON representation of `jsonschema`.
#[derive(Debug)]
pub struct Arena;

/// A value of a document, or a key looked at as a value.
#[derive(Clone, Copy, Debug)]
pub enum Handle<'a> {
    /// A value.
    Value(NodeRef<'a>),
    /// A key of an object, for `propertyNames`.
    Key(&'a str),
}

impl Json for Arena {
    type Node<'a> = Handle<'a>;
    type PreparedKey = Box<str>;
    type StringBuffer = String;

    // A lookup walks the members, so a pass over them costs as much as one lookup.
    const KEYS_PER_LOOKUP: usize = 1;

    fn prepare_key(key: &str) -> Self::PreparedKey {
        key.into()
    }

    fn with_string_node<T>(
        buffer: &mut String,
        string: &str,
        f: impl FnOnce(Handle<'_>) -> T,
    ) -> T {
        buffer.clear();
        buffer.push_str(string);
        f(Handle::Key(buffer))
    }
}

impl<'a> Node<'a, Arena> for Handle<'a> {
    type Object = ObjectHandle<'a>;
    type Array = ArrayHandle<'a>;
    type Number = NumberHandle<'a>;

    fn as_object(&self) -> Option<ObjectHandle<'a>> {
        match self {
            Self::Value(node) if node.kind() == Kind::Object => Some(ObjectHandle(*node)),
            _ => None,
        }
    }

    fn as_array(&self) -> Option<ArrayHandle<'a>> {
        match self {
            Self::Value(node) if node.kind() == Kind::Array => Some(ArrayHandle(*node)),
            _ => None,
        }
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Value(node) => node.as_str().map(Cow::Borrowed),
            Self::Key(key) => Some(Cow::Borrowed(key)),
        }
    }

    fn as_number(&self) -> Option<NumberHandle<'a>> {
        match self {
            Self::Value(node) => node.as_number().map(NumberHandle),
            Self::Key(_) => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        match self {
            Self::Value(node) => node.as_boolean(),
            Self::Key(_) => None,
        }
    }

    fn is_null(&self) -> bool {
        matches!(self, Self::Value(node) if node.kind() == Kind::Null)
    }

    fn json_type(&self) -> JsonType {
        match self {
            Self::Key(_) => JsonType::String,
            Self::Value(node) => match node.kind() {
                Kind::Null => JsonType::Null,
                Kind::Boolean => JsonType::Boolean,
                Kind::Number => JsonType::Number,
                Kind::String => JsonType::String,
                Kind::Array => JsonType::Array,
                Kind::Object => JsonType::Object,
            },
        }
    }

    fn equals_value(&self, expected: &Value) -> bool {
        match self {
            Self::Key(key) => expected.as_str() == Some(key),
            Self::Value(node) => match (node.as_str(), expected.as_str()) {
                (Some(own), Some(other)) => own == other,
                (None, None) => jsonschema::json::cmp::equal(&value(*node), expected),
                _ => false,
            },
        }
    }

    /// Only an error asks for this, and its instance is never read: copying a whole subtree for it would make a
    /// document with many faults slow.
    fn to_value(&self) -> Cow<'a, Value> {
        Cow::Owned(Value::Null)
    }

    fn identity(&self) -> Option<NodeIdentity> {
        match self {
            Self::Value(node) => {
                let address = std::ptr::from_ref(node.document()) as usize;
                Some(NodeIdentity::tagged(address, node.id().index()))
            }
            Self::Key(key) => Some(NodeIdentity::new(key.as_ptr() as usize)),
        }
    }
}

fn value(node: NodeRef<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::Boolean => node.as_boolean().into(),
        Kind::Number => NumberHandle(node.as_number().unwrap_or_default())
            .to_number()
            .into_owned()
            .into(),
        Kind::String => node.as_str().into(),
        Kind::Array => node.items().map(value).collect(),
        Kind::Object => node
            .members()
            .map(|member| (member.key.to_owned(), value(member.value)))
            .collect(),
    }
}

/// An object of the arena.
#[derive(Clone, Copy, Debug)]
pub struct ObjectHandle<'a>(NodeRef<'a>);

impl<'a> Object<'a, Arena> for ObjectHandle<'a> {
    type Node = Handle<'a>;
    type MemberName = &'a str;
    type MembersIter = Members<'a>;

    fn len(&self) -> usize {
        (0..self.0.members().len())
            .filter(|index| self.0.counts(*index))
            .count()
    }

    fn get(&self, key: &Box<str>) -> Option<Handle<'a>> {
        self.0.get(key).map(Handle::Value)
    }

    fn members(&self) -> Members<'a> {
        Members {
            object: self.0,
            next: 0,
        }
    }
}

/// The members of an object, as `jsonschema` walks them.
#[derive(Debug)]
pub struct Members<'a> {
    object: NodeRef<'a>,
    next: usize,
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, Handle<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let index = self.next;
            let MemberRef { key, value, .. } = self.object.nth_member(index)?;
            self.next += 1;
            if self.object.counts(index) {
                return Some((key, Handle::Value(value)));
            }
        }
    }
}

/// A list of the arena.
#[derive(Clone, Copy, Debug)]
pub struct ArrayHandle<'a>(NodeRef<'a>);

impl<'a> Array<'a, Arena> for ArrayHandle<'a> {
    type Node = Handle<'a>;
    type ElementsIter = Elements<'a>;

    fn len(&self) -> usize {
        self.0.items().len()
    }

    fn elements(&self) -> Elements<'a> {
        Elements {
            array: self.0,
            next: 0,
        }
    }

    fn is_unique(&self) -> bool {
        let values: Vec<Value> = self.0.items().map(value).collect();
        jsonschema::json::unique::is_unique(&values)
    }
}

/// The items of a list, as `jsonschema` walks them.
#[derive(Debug)]
pub struct Elements<'a> {
    array: NodeRef<'a>,
    next: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Handle<'a>;

    fn next(&mut self) -> Option<Handle<'a>> {
        let item = self.array.nth_item(self.next)?;
        self.next += 1;
        Some(Handle::Value(item))
    }
}

/// A number of the arena, as it is written.
#[derive(Clone, Copy, Debug)]
pub struct NumberHandle<'a>(&'a str);

impl JsonNumber for NumberHandle<'_> {
    fn as_u64(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    fn as_f64(&self) -> Option<f64> {
        self.0.parse().ok()
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.0)
    }

    fn to_number(&self) -> Cow<'_, serde_json::Number> {
        let number = serde_json::from_str(self.0)
            .ok()
            .or_else(|| {
                serde_json::Number::from_f64(if self.0.starts_with('-') {
                    f64::MIN
                } else {
                    f64::MAX
                })
            })
            .unwrap_or_else(|| 0.into());
        Cow::Owned(number)
    }
}

#[cfg(test)]
mod tests {
    use super::Schema;
    use crate::format::{json, yaml};

    static SAMPLE: Schema = Schema::new(
        "sample",
        r##"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "required": ["name"],
            "properties": {"name": {"type": "string"}, "kind": {"enum": ["a", "b"]},
                "list": {"type": "array", "items": {"type": ["integer", "null"]}, "uniqueItems": true},
                "self": {"$ref": "#"}, "sizes": {"propertyNames": {"pattern": "^[a-z]+$"}, "minimum": 1}},
            "additionalProperties": false}"##,
    );

    fn told(text: &str) -> Vec<(String, String, String)> {
        let (document, faults) = json::parse(text.to_owned());
        assert_eq!(faults, []);
        let faults = SAMPLE.faults(document.root().unwrap(), "");
        assert_eq!(faults.is_empty(), SAMPLE.accepts(document.root().unwrap()));
        let shown = |fault: crate::format::fault::Fault| {
            (
                fault.pointer.unwrap(),
                fault.span.of(text).to_owned(),
                fault.message,
            )
        };
        faults.into_iter().map(shown).collect()
    }

    #[test]
    fn each_fault_names_the_innermost_place() {
        let row = |pointer: &str, place: &str, message: &str| {
            (pointer.to_owned(), place.to_owned(), message.to_owned())
        };
        assert_eq!(told(r#"{"name": "x", "list": [1, 2.0, null, -5]}"#), []);
        assert_eq!(
            told(r#"{"self": {"kind": 1}}"#),
            [
                row("", "{", "the document has no `name`"),
                row("/self", "\"self\"", "`self` has no `name`"),
                row("/self/kind", "1", "`kind` is none of \"a\", \"b\""),
            ]
        );
        assert_eq!(
            told(r#"{"name": {}, "list": [1, "x", 1], "extra": 1}"#),
            [
                row("/name", "\"name\"", "`name` is an object, not a string"),
                row("/list", "\"list\"", "`list` holds the same item twice"),
                row(
                    "/list/1",
                    "\"x\"",
                    "`list[1]` is a string, not a whole number or null"
                ),
                row("/extra", "\"extra\"", "the document may not have `extra`"),
            ]
        );
        assert_eq!(
            told(r#"{"name": "x", "sizes": {"A": 1}}"#),
            [row(
                "/sizes",
                "\"sizes\"",
                "`sizes` has a key that is not allowed"
            )]
        );
    }

    #[test]
    fn of_a_doubled_key_the_last_is_judged() {
        let (document, _) =
            json::parse(r#"{"name": 1, "name": "x", "kind": 5, "kind": "a"}"#.to_owned());
        assert_eq!(SAMPLE.faults(document.root().unwrap(), ""), []);
    }

    #[test]
    fn huge_numbers_are_numbers() {
        assert_eq!(
            told(r#"{"name": "x", "list": [123456789012345678901234567890, 1e999]}"#).len(),
            0
        );
    }

    #[test]
    fn a_shared_yaml_value_is_judged_at_both_places() {
        let text = "name: x\nself: &s {name: y, kind: c}\n";
        let (document, _) = yaml::parse(text.to_owned());
        let faults = SAMPLE.faults(document.root().unwrap(), "/collection");
        assert_eq!(faults[0].pointer.as_deref(), Some("/collection/self/kind"));
        assert_eq!(faults[0].span.of(text), "c");
    }
}
