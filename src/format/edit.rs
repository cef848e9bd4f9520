//! Changes to a document by JSON Pointer: every byte that has no part in them stays.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::format::merged::{Merged, Seen};
use crate::format::node::{Document, Kind, NodeRef};
use crate::format::write::{WriteError, to_text};

/// One change to a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The JSON Pointer (RFC 6901) of what is changed, in the document as it is before all edits.
    pub pointer: String,
    /// The change.
    pub change: Change,
}

/// What is done at a pointer.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The value that is there becomes this one.
    Set(Value),
    /// The member or item goes.
    Remove,
    /// A new member in the object, or a new item in the list, that is there.
    Insert {
        /// The key of the member; means nothing in a list.
        key: String,
        /// The value.
        value: Value,
        /// The key of the member, or the index of the item, to stand before; `None` for the end.
        before: Option<String>,
    },
    /// The member gets another key and stays where it is.
    Rename(String),
}

/// Why edits cannot be made. Nothing was changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The pointer leads nowhere.
    #[error("there is nothing at `{0}` in the document; look at the document as it is now")]
    Missing(String),
    /// There is a member with that key already.
    #[error("there is such a member already: `{0}`; set its value instead")]
    Exists(String),
    /// Two edits touch one value.
    #[error("another edit replaces or removes what `{0}` changes; make one edit of both")]
    Overlap(String),
    /// The topmost value can only be set.
    #[error("the document itself cannot be removed, renamed or inserted; set it instead")]
    Root,
    /// The result cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The text of the document with all edits made.
///
/// # Errors
/// Where a pointer leads nowhere, two edits are about one value, or the result cannot be written.
pub fn apply(document: &Document, edits: &[Edit]) -> Result<String, EditError> {
    let root = document.root().ok_or(WriteError::Empty)?;
    let mut draft = Draft::Node(root);
    for edit in edits {
        draft.edit(edit)?;
    }
    Ok(to_text(&draft.merged(), document)?)
}

/// A document on its way: only what an edit leads through is opened.
enum Draft<'a> {
    Node(NodeRef<'a>),
    Open(Open<'a>),
    Set(&'a Value),
}

struct Open<'a> {
    like: NodeRef<'a>,
    parts: Vec<DraftPart<'a>>,
    /// For an object: where the members are, by the key they had.
    places: HashMap<&'a str, usize>,
    /// What comes in behind all.
    last: Vec<(&'a str, &'a Value)>,
    /// The keys of what comes in.
    claimed: HashSet<&'a str>,
}

struct DraftPart<'a> {
    key: &'a str,
    /// What comes in before it.
    before: Vec<(&'a str, &'a Value)>,
    value: Option<Draft<'a>>,
}

impl<'a> Draft<'a> {
    fn edit(&mut self, edit: &'a Edit) -> Result<(), EditError> {
        let pointer = &edit.pointer;
        if let Change::Insert { key, value, before } = &edit.change {
            let open = self.find(pointer, pointer)?.open(pointer)?;
            return open.insert(pointer, key, value, before.as_deref());
        }
        let Some((parent, key)) = pointer.rsplit_once('/') else {
            return match (&edit.change, &self) {
                _ if !pointer.is_empty() => Err(EditError::Missing(pointer.clone())),
                (Change::Set(value), Self::Node(_)) => {
                    *self = Self::Set(value);
                    Ok(())
                }
                (Change::Set(_), _) => Err(EditError::Overlap(pointer.clone())),
                _ => Err(EditError::Root),
            };
        };
        let open = self.find(parent, pointer)?.open(pointer)?;
        let place = open
            .place(key)
            .ok_or_else(|| EditError::Missing(pointer.clone()))?;
        match &edit.change {
            Change::Rename(to) if open.like.kind() == Kind::Object => {
                open.claim(pointer, to)?;
                open.parts[place].key = to;
            }
            change => {
                let part = &mut open.parts[place];
                if !matches!(part.value, Some(Self::Node(_))) {
                    return Err(EditError::Overlap(pointer.clone()));
                }
                part.value = match change {
                    Change::Set(value) => Some(Self::Set(value)),
                    Change::Remove => None,
                    _ => return Err(EditError::Missing(pointer.clone())),
                };
            }
        }
        Ok(())
    }

    /// The draft at a pointer; `told` is what an error names.
    fn find(&mut self, pointer: &str, told: &str) -> Result<&mut Self, EditError> {
        let mut here = self;
        for part in pointer.split('/').skip(1) {
            let open = here.open(told)?;
            let place = open
                .place(part)
                .ok_or_else(|| EditError::Missing(told.to_owned()))?;
            here = open.parts[place]
                .value
                .as_mut()
                .ok_or_else(|| EditError::Overlap(told.to_owned()))?;
        }
        Ok(here)
    }

    fn open(&mut self, pointer: &str) -> Result<&mut Open<'a>, EditError> {
        if let Self::Node(node) = *self {
            let part = |key, value| DraftPart {
                key,
                before: Vec::new(),
                value: Some(Self::Node(value)),
            };
            let parts: Vec<DraftPart<'a>> = match node.kind() {
                Kind::Object => Seen::Node(node)
                    .members()
                    .into_iter()
                    .filter_map(|(key, value)| match value {
                        Seen::Node(value) => Some(part(key, value)),
                        _ => None,
                    })
                    .collect(),
                Kind::Array => node.items().map(|item| part("", item)).collect(),
                _ => return Err(EditError::Missing(pointer.to_owned())),
            };
            let places = if node.kind() == Kind::Object {
                let keys = parts.iter().enumerate();
                keys.map(|(index, part)| (part.key, index)).collect()
            } else {
                HashMap::new()
            };
            *self = Self::Open(Open {
                like: node,
                parts,
                places,
                last: Vec::new(),
                claimed: HashSet::new(),
            });
        }
        match self {
            Self::Open(open) => Ok(open),
            _ => Err(EditError::Overlap(pointer.to_owned())),
        }
    }

    fn merged(self) -> Merged<'a> {
        let new = |(key, value): (&'a str, &'a Value)| (key, Merged::New(value.clone()));
        match self {
            Self::Node(node) => Merged::Taken(node),
            Self::Set(value) => Merged::New(value.clone()),
            Self::Open(open) => {
                let mut members = Vec::with_capacity(open.parts.len());
                for part in open.parts {
                    members.extend(part.before.into_iter().map(new));
                    members.extend(part.value.map(|value| (part.key, value.merged())));
                }
                members.extend(open.last.into_iter().map(new));
                let like = open.like;
                if like.kind() == Kind::Object {
                    Merged::Object { like, members }
                } else {
                    let items = members.into_iter().map(|(_, value)| value).collect();
                    Merged::Array { like, items }
                }
            }
        }
    }
}

impl<'a> Open<'a> {
    fn insert(
        &mut self,
        pointer: &str,
        key: &'a str,
        value: &'a Value,
        before: Option<&str>,
    ) -> Result<(), EditError> {
        let object = self.like.kind() == Kind::Object;
        let place = match before {
            None => None,
            Some(before) if object => self.places.get(before).copied(),
            Some(before) => before
                .parse()
                .ok()
                .filter(|place| *place < self.parts.len()),
        };
        if before.is_some() && place.is_none() {
            return Err(EditError::Missing(format!(
                "{pointer}/{}",
                before.unwrap_or_default()
            )));
        }
        if object {
            self.claim(pointer, key)?;
        }
        match place {
            Some(place) => self.parts[place].before.push((key, value)),
            None => self.last.push((key, value)),
        }
        Ok(())
    }

    /// Takes a key for a member that comes in or is renamed.
    fn claim(&mut self, pointer: &str, key: &'a str) -> Result<(), EditError> {
        let stands = self.places.get(key).is_some_and(|place| {
            let part = &self.parts[*place];
            part.value.is_some() && part.key == key
        });
        if stands || !self.claimed.insert(key) {
            return Err(EditError::Exists(format!("{pointer}: {key}")));
        }
        Ok(())
    }

    /// Where a part of a pointer leads.
    fn place(&self, part: &str) -> Option<usize> {
        if self.like.kind() == Kind::Object {
            let key = part.replace("~1", "/").replace("~0", "~");
            self.places.get(key.as_str()).copied()
        } else {
            part.parse().ok().filter(|index| *index < self.parts.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{Change, Edit, EditError, apply};
    use crate::format::fault::Fault;
    use crate::format::node::{Document, Kind, NodeRef, pointer_part};
    use crate::format::reshape::reshape;

    fn read(text: &str, yaml: bool) -> (Document, Vec<Fault>) {
        if yaml {
            crate::format::yaml::parse(text.to_owned())
        } else {
            crate::format::json::parse(text.to_owned())
        }
    }

    fn plain(node: NodeRef<'_>) -> Value {
        match node.kind() {
            Kind::Array => node.items().map(plain).collect(),
            Kind::Object => {
                let members = node.members().map(|m| (m.key.to_owned(), plain(m.value)));
                Value::Object(members.collect())
            }
            Kind::String => Value::from(node.as_str().unwrap()),
            Kind::Null => Value::Null,
            _ => serde_json::from_str(node.as_text().unwrap()).unwrap(),
        }
    }

    fn edit(pointer: &str, change: Change) -> Edit {
        Edit {
            pointer: pointer.to_owned(),
            change,
        }
    }

    fn set(pointer: &str, value: Value) -> Edit {
        edit(pointer, Change::Set(value))
    }

    fn remove(pointer: &str) -> Edit {
        edit(pointer, Change::Remove)
    }

    fn insert(pointer: &str, key: &str, value: Value, before: Option<&str>) -> Edit {
        edit(
            pointer,
            Change::Insert {
                key: key.to_owned(),
                value,
                before: before.map(str::to_owned),
            },
        )
    }

    fn in_json(text: &str, edits: &[Edit]) -> String {
        apply(&read(text, false).0, edits).unwrap()
    }

    fn in_yaml(text: &str, edits: &[Edit]) -> String {
        let (document, faults) = read(text, true);
        assert_eq!(faults, [], "{text}");
        apply(&document, edits).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    #[test]
    fn gaps_of_json_stay() {
        let text = "{ \"a\" : 1,\n\n\n   \"b\":[1,2 , 3],   \"c\": {}\n}";
        assert_eq!(
            in_json(text, &[set("/b/1", json!("é/"))]),
            "{ \"a\" : 1,\n\n\n   \"b\":[1,\"é/\" , 3],   \"c\": {}\n}"
        );
        assert_eq!(
            in_json(text, &[remove("/b"), insert("/c", "d", json!(1), None)]),
            "{ \"a\" : 1,\n\n\n   \"c\": {\n      \"d\": 1\n   }\n}"
        );
        assert_eq!(
            in_json(
                text,
                &[
                    remove("/b/0"),
                    remove("/b/2"),
                    edit("/a", Change::Rename("z".into()))
                ]
            ),
            "{ \"z\" : 1,\n\n\n   \"b\":[2],   \"c\": {}\n}"
        );
    }

    #[test]
    fn what_comes_into_json_follows_its_neighbours() {
        let lines = "{\r\n\t\"a\": [\r\n\t\t{\"k\": 1},\r\n\t\t{\"k\": 2}\r\n\t]\r\n}\r\n";
        assert_eq!(
            in_json(lines, &[insert("/a", "", json!({"k": 3}), None)]),
            lines.replace("2}\r\n", "2},\r\n\t\t{\"k\": 3}\r\n")
        );
        assert_eq!(
            in_json(lines, &[insert("", "b", json!({"x": [1]}), Some("a"))]),
            lines.replacen(
                "\t\"a\"",
                "\t\"b\": {\r\n\t\t\"x\": [\r\n\t\t\t1\r\n\t\t]\r\n\t},\r\n\t\"a\"",
                1
            )
        );
        assert_eq!(
            in_json(
                "\u{feff}{\"a\":[1,2]}",
                &[insert("/a", "", json!({"x": 3}), Some("1"))]
            ),
            "\u{feff}{\"a\":[1,{\"x\":3},2]}"
        );
    }

    #[test]
    fn a_key_that_stands_twice_is_left_alone_or_goes_whole() {
        let text = "{\"a\": 1, \"b\": 2, \"a\": 3}";
        assert_eq!(
            in_json(text, &[set("/b", json!(4))]),
            "{\"a\": 1, \"b\": 4, \"a\": 3}"
        );
        assert_eq!(
            in_json(text, &[set("/a", json!(4))]),
            "{\"a\": 1, \"b\": 2, \"a\": 4}"
        );
        assert_eq!(in_json(text, &[remove("/a")]), "{\"b\": 2}");
    }

    #[test]
    fn edits_that_cannot_be_made_are_refused() {
        let (document, _) = read("{\"a\": [1]}", false);
        let told = |edits: &[Edit]| apply(&document, edits).unwrap_err();
        assert_eq!(
            told(&[remove("/a/1")]),
            EditError::Missing("/a/1".to_owned())
        );
        assert_eq!(
            told(&[remove("/x/y")]),
            EditError::Missing("/x/y".to_owned())
        );
        assert_eq!(told(&[remove("")]), EditError::Root);
        assert!(matches!(
            told(&[remove("/a"), set("/a/0", json!(2))]),
            EditError::Overlap(_)
        ));
        assert!(matches!(
            told(&[insert("", "a", json!(2), None)]),
            EditError::Exists(_)
        ));
    }

    const YAML: &str = "# head\nopenapi: 3.0.0 # version\n\ninfo:\n    title: 'One'\n    # about the text\n    text: >-\n      folded\n      text\n    tags: [a, \"b\"]\npaths:\n- name: x # first\n  on: 1\n\n# second\n- name: y\n  deep:\n  - - p\n    - q\n";

    #[test]
    fn yaml_keeps_comments_quotes_and_blank_lines() {
        assert_eq!(
            in_yaml(
                YAML,
                &[
                    set("/info/title", json!("it's: new")),
                    set("/openapi", json!("3.1"))
                ]
            ),
            YAML.replace("'One'", "'it''s: new'")
                .replace("3.0.0", "\"3.1\"")
        );
        assert_eq!(
            in_yaml(
                YAML,
                &[
                    remove("/info/text"),
                    set("/paths/0/on", json!([1])),
                    remove("/paths/1/deep/0/0")
                ]
            ),
            YAML.replace(
                "    # about the text\n    text: >-\n      folded\n      text\n",
                ""
            )
            .replace("  on: 1\n", "  on:\n  - 1\n")
            .replace("- - p\n    - q", "- - q")
        );
        assert_eq!(
            in_yaml(
                YAML,
                &[
                    remove("/paths/1"),
                    insert("/info/tags", "", json!("c, d"), Some("1"))
                ]
            ),
            YAML.replace("[a, ", "[a, \"c, d\", ")
                .replace("\n# second\n- name: y\n  deep:\n  - - p\n    - q\n", "")
        );
    }

    #[test]
    fn what_comes_into_yaml_follows_its_neighbours() {
        assert_eq!(
            in_yaml(YAML, &[insert("/info", "more", json!({"yes": "no", "l": [{"a": 1, "b": "x\ny\n"}]}), Some("tags"))]),
            YAML.replace("    tags", "    more:\n        \"yes\": \"no\"\n        l:\n        - a: 1\n          b: |\n              x\n              y\n    tags")
        );
        assert_eq!(
            in_yaml(
                "a: 1 # c\r\nb: {}",
                &[
                    set("/a", json!("x\ny")),
                    insert("/b", "k", json!(null), None),
                    insert("", "c", json!({}), None)
                ]
            ),
            "a: |- # c\r\n  x\r\n  y\r\nb:\r\n  k: null\r\nc: {}"
        );
        assert_eq!(in_yaml("- a\n- b\n", &[remove("/0"), remove("/1")]), "[]\n");
    }

    #[test]
    fn an_alias_stays_only_where_it_is_still_right() {
        let text = "a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n  own: 2\n";
        assert_eq!(
            in_yaml(text, &[set("/a/k", json!(5))]),
            "a: &x {k: 5}\nb:\n  k: 1\nc:\n  <<: *x\n  own: 2\n  k: 1\n"
        );
        assert_eq!(
            in_yaml(
                text,
                &[
                    set("/a/k", json!(5)),
                    set("/b/k", json!(5)),
                    set("/c/k", json!(5))
                ]
            ),
            text.replace("k: 1", "k: 5")
        );
        assert_eq!(
            in_yaml(text, &[remove("/c/k")]),
            "a: &x {k: 1}\nb: *x\nc:\n  own: 2\n"
        );
        assert_eq!(
            in_yaml(text, &[remove("/a")]),
            "b:\n  k: 1\nc:\n  own: 2\n  k: 1\n"
        );
    }

    #[test]
    fn a_document_is_reshaped_by_what_its_items_are() {
        let text = "[\n  {\"name\": \"a\", \"v\": 1},\n  {\"name\": \"b\",   \"v\": 2},\n  {\"name\": \"c\", \"v\": 3}\n]\n";
        let wanted = json!([{"name": "new", "v": 0}, {"name": "b", "v": 9}, {"name": "c", "v": 3}]);
        assert_eq!(
            reshape(&read(text, false).0, &wanted).unwrap(),
            "[\n  {\"name\": \"new\", \"v\": 0},\n  {\"name\": \"b\",   \"v\": 9},\n  {\"name\": \"c\", \"v\": 3}\n]\n"
        );
    }

    fn value(rng: &mut Rng, depth: usize) -> Value {
        const WORDS: &[&str] = &[
            "",
            "a",
            "two words",
            "x: y",
            "# no",
            "yes",
            "null",
            "1.0",
            "{{url}}",
            "é\u{1f600}",
            "line\nline\n",
            "\n",
            " lead",
            "a\n\n  b",
            "tab\t",
            "'q'",
            "\"q\"",
            "back\\slash",
            "- a",
            "2020-01-01",
            "http://x/y?z#k",
            "*a",
            "\u{85}",
            "a\r\nb",
        ];
        match rng.usize(..if depth == 0 { 6 } else { 10 }) {
            0 => Value::Null,
            1 => Value::Bool(rng.bool()),
            2 => json!(rng.i32(..)),
            3..=5 => Value::from(WORDS[rng.usize(..WORDS.len())]),
            6 | 7 => (0..rng.usize(..4)).map(|_| value(rng, depth - 1)).collect(),
            _ => {
                let members = (0..rng.usize(..5)).map(|index| {
                    let word = WORDS[rng.usize(..WORDS.len())].replace(['\n', '\r'], "");
                    let key = if rng.bool() {
                        format!("k{index}")
                    } else {
                        format!("{word}{index}")
                    };
                    (key, value(rng, depth - 1))
                });
                Value::Object(members.collect())
            }
        }
    }

    /// JSON in a style that changes from gap to gap.
    fn any_json(value: &Value, rng: &mut Rng, newline: &str, depth: usize) -> String {
        let gap = |rng: &mut Rng, depth: usize| match rng.u8(..5) {
            0 => String::new(),
            1 => " ".to_owned(),
            2 => format!("{newline}{newline}{}", "  ".repeat(depth)),
            _ => format!("{newline}{}", "\t".repeat(depth)),
        };
        let (brackets, parts): (_, Vec<String>) = match value {
            Value::Array(items) => (
                ["[", "]"],
                items
                    .iter()
                    .map(|item| any_json(item, rng, newline, depth + 1))
                    .collect(),
            ),
            Value::Object(members) => (
                ["{", "}"],
                members
                    .iter()
                    .map(|(key, value)| {
                        let colon = [":", ": ", " : "][rng.usize(..3)];
                        format!(
                            "{}{colon}{}",
                            Value::from(key.as_str()),
                            any_json(value, rng, newline, depth + 1)
                        )
                    })
                    .collect(),
            ),
            other => return other.to_string(),
        };
        let mut out = brackets[0].to_owned();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                out.push_str(if rng.u8(..6) == 0 { " ," } else { "," });
            }
            out.push_str(&gap(rng, depth + 1));
            out.push_str(part);
        }
        out.push_str(&gap(rng, depth));
        out.push_str(brackets[1]);
        out
    }

    /// YAML in a style that changes from value to value; what stands behind the colon or dash, at this indentation.
    fn any_yaml(value: &Value, rng: &mut Rng, indent: usize, item: bool) -> String {
        let comment = |rng: &mut Rng| if rng.u8(..5) == 0 { " # c" } else { "" };
        let own_line = |rng: &mut Rng, indent: usize| match rng.u8(..8) {
            0 => format!("\n{}# own", " ".repeat(indent)),
            1 => "\n".to_owned(),
            _ => String::new(),
        };
        let empty = value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(serde_json::Map::is_empty);
        if empty || rng.u8(..6) == 0 || !(value.is_array() || value.is_object()) {
            if let Value::String(text) = value {
                let word = text.chars().all(|c| c.is_ascii_alphabetic()) && text.len() == 1;
                if word && rng.bool() {
                    return format!(" {text}{}", comment(rng));
                }
                if rng.bool() && text.chars().all(|c| !c.is_control() && c != '\u{85}') {
                    return format!(" '{}'{}", text.replace('\'', "''"), comment(rng));
                }
                let lines = text.ends_with("line\n");
                if lines {
                    let pad = " ".repeat(indent + 1 + rng.usize(..3));
                    let body: String = text.lines().map(|line| format!("\n{pad}{line}")).collect();
                    return format!(" |{body}");
                }
            }
            let text = value.to_string().replace('\u{85}', "\\u0085");
            return format!(" {text}{}", comment(rng));
        }
        let step = 1 + rng.usize(..4);
        let list = value.is_array();
        let inner = if list && !item && rng.bool() {
            indent
        } else {
            indent + step
        };
        let compact = item && rng.bool();
        let inner = if compact { indent + 2 } else { inner };
        let pad = " ".repeat(inner);
        let mut out = String::new();
        let begin = |out: &mut String, rng: &mut Rng, index: usize| {
            if compact && index == 0 {
                out.push(' ');
            } else {
                if index == 0 {
                    out.push_str(comment(rng));
                }
                out.push_str(&own_line(rng, inner));
                out.push('\n');
                out.push_str(&pad);
            }
        };
        match value {
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    begin(&mut out, rng, index);
                    out.push('-');
                    out.push_str(&any_yaml(value, rng, inner, true));
                }
            }
            Value::Object(members) => {
                for (index, (key, value)) in members.iter().enumerate() {
                    begin(&mut out, rng, index);
                    let plain = key.starts_with('k') && rng.bool();
                    let quoted = Value::from(key.as_str())
                        .to_string()
                        .replace('\u{85}', "\\u0085");
                    out.push_str(if plain { key } else { &quoted });
                    out.push(':');
                    out.push_str(&any_yaml(value, rng, inner, false));
                }
            }
            _ => {}
        }
        out
    }

    fn pointers(value: &Value, pointer: &str, into: &mut Vec<String>) {
        into.push(pointer.to_owned());
        let mut walk = |key: &str, value: &Value| {
            pointers(value, &format!("{pointer}/{}", pointer_part(key)), into)
        };
        match value {
            Value::Object(members) => members.iter().for_each(|(key, value)| walk(key, value)),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(index, value)| walk(&index.to_string(), value)),
            _ => {}
        }
    }

    /// A few edits in different places, and what the value is after them.
    fn edits(value: &Value, rng: &mut Rng) -> (Vec<Edit>, Value) {
        let mut all = Vec::new();
        pointers(value, "", &mut all);
        let mut meant = value.clone();
        let mut made: Vec<Edit> = Vec::new();
        for _ in 0..rng.usize(1..4) {
            let pointer = all[rng.usize(..all.len())].clone();
            let (parent, key) = pointer.rsplit_once('/').unwrap_or(("", ""));
            // Edits of places apart: what one does to indexes is no concern of the other.
            let near = |edit: &Edit| {
                let other = match edit.change {
                    Change::Insert { .. } => edit.pointer.as_str(),
                    _ => edit
                        .pointer
                        .rsplit_once('/')
                        .map_or("", |(parent, _)| parent),
                };
                edit.pointer.starts_with(parent) || pointer.starts_with(other)
            };
            if pointer.is_empty() || made.iter().any(near) {
                continue;
            }
            let key = key.replace("~1", "/").replace("~0", "~");
            let new = self::value(rng, 2);
            match rng.u8(..3) {
                0 => {
                    *meant.pointer_mut(&pointer).unwrap() = new.clone();
                    made.push(set(&pointer, new));
                }
                1 => {
                    match meant.pointer_mut(parent).unwrap() {
                        Value::Object(members) => drop(members.shift_remove(&key)),
                        Value::Array(items) => drop(items.remove(key.parse().unwrap())),
                        _ => {}
                    }
                    made.push(remove(&pointer));
                }
                _ => {
                    match meant.pointer_mut(parent).unwrap() {
                        Value::Object(members) => {
                            drop(members.insert("no: key".to_owned(), new.clone()))
                        }
                        Value::Array(items) => items.insert(key.parse().unwrap(), new.clone()),
                        _ => {}
                    }
                    made.push(insert(parent, "no: key", new, Some(&key)));
                }
            }
        }
        (made, meant)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn any_document_becomes_what_was_meant(seed in any::<u64>(), yaml in any::<bool>(), crlf in any::<bool>()) {
            let rng = &mut Rng::with_seed(seed);
            let mut before = value(rng, 4);
            if !before.is_object() {
                before = json!({"k": before, "l": value(rng, 3)});
            }
            let newline = if crlf { "\r\n" } else { "\n" };
            let text = if yaml {
                let text = any_yaml(&before, rng, 0, false).replace('\n', newline);
                format!("---{text}{}", if rng.bool() { newline } else { "" })
            } else {
                let mark = if rng.bool() { "\u{feff}" } else { "" };
                format!("{mark}{}{}", any_json(&before, rng, newline, 0), if rng.bool() { newline } else { "" })
            };
            let (document, faults) = read(&text, yaml);
            prop_assert_eq!(&faults, &[], "{}", text);
            prop_assert_eq!(&plain(document.root().unwrap()), &before, "{}", text);
            let same = reshape(&document, &before);
            prop_assert_eq!(same.as_ref(), Ok(&text));
            let (edits, meant) = edits(&before, rng);
            let after = apply(&document, &edits);
            prop_assert!(after.is_ok(), "{:?}\n{:?}\n{}", after, edits, text);
            let after = after.unwrap();
            let (read_again, faults) = read(&after, yaml);
            prop_assert_eq!(faults, []);
            prop_assert_eq!(&plain(read_again.root().unwrap()), &meant, "{}", after);
            let back = reshape(&read_again, &before);
            prop_assert!(back.is_ok(), "{:?}\n{}", back, after);
            let other = value(rng, 4);
            let other = reshape(&document, &other);
            prop_assert!(other.is_ok(), "{:?}\n{}", other, text);
        }
    }
}
