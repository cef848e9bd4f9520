//! What a value means, rather than how it is written: equality without order of keys, without fields that Postman
//! rewrites by itself, without the defaults it fills in, and with numbers compared by their exact value.

use std::cmp::Ordering;

use crate::format::detect::Format;
use crate::format::meaning_part::Part;
use crate::format::meaning_view::compare;
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

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{Empty, Treatment, Within, fields_of, same, within};
    use crate::format::node::NodeRef;
    use crate::format::{Parsed, read};

    /// A collection in which everything counts: no ids, no defaults.
    fn collection() -> Value {
        json!({
            "info": {"name": "Shop", "description": "All of it", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
            "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{t}}"}, {"key": "add", "value": true}]},
            "event": [{"listen": "prerequest", "script": {"exec": ["one();", "", "two();"]}}],
            "variable": [{"key": "base", "value": "https://a.b"}, {"key": "n", "value": 5, "description": "many"}, {"key": "n", "value": 0.1, "disabled": true}],
            "protocolProfileBehavior": {"followRedirects": false},
            "item": [
                {"name": "Orders", "description": {"content": "<b>", "type": "text/html"}, "item": [
                    {
                        "name": "List",
                        "protocolProfileBehavior": {"disableCookies": true},
                        "event": [
                            {"listen": "prerequest", "script": {"exec": ["a"]}},
                            {"listen": "test", "script": {"exec": ["b", "c"]}},
                            {"listen": "test", "disabled": true, "script": {"exec": ["d"], "packages": {"x": {"id": "y"}}}},
                        ],
                        "request": {
                            "method": "POST",
                            "header": [{"key": "A", "value": "1"}, {"key": "b", "value": "2", "disabled": true}, {"key": "B", "value": "3", "description": "third"}],
                            "url": {"raw": "{{base}}/orders/:id?x=1", "query": [{"key": "x", "value": "1"}, {"key": "y", "value": "2", "disabled": true}], "variable": [{"key": "id", "value": "7"}]},
                            "auth": {"type": "noauth"},
                            "body": {"mode": "raw", "raw": "{\"a\": 1}", "options": {"raw": {"language": "json"}}},
                            "description": "Lists them",
                        },
                        "response": [
                            {"name": "a", "code": 200, "status": "OK", "header": [{"key": "X", "value": "y"}], "body": "[]", "originalRequest": {"method": "POST", "url": "{{base}}/orders"}},
                            {"name": "b", "code": 404, "_postman_previewlanguage": "json", "body": "{}"},
                        ],
                    },
                ]},
                {"name": "Form", "request": {"method": "PUT", "url": "https://x.y/z", "body": {"mode": "formdata", "formdata": [{"key": "f", "type": "file", "src": "a.bin"}, {"key": "g", "value": "h"}]}}},
                {"name": "Plain", "request": {"url": "https://x.y/z"}},
            ],
        })
    }

    fn parsed(value: &Value) -> Parsed {
        read("a.json", value.to_string().into_bytes())
    }

    fn root(parsed: &Parsed) -> NodeRef<'_> {
        parsed.subject().unwrap().0
    }

    fn text(value: &Value) -> String {
        parsed(value).canonical_text().unwrap()
    }

    /// Chance by a number: the same number, the same chances.
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, bound: usize) -> usize {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % bound
        }

        fn happens(&mut self) -> bool {
            self.below(2) == 0
        }

        fn shuffle<T>(&mut self, list: &mut [T]) {
            for index in (1..list.len()).rev() {
                list.swap(index, self.below(index + 1));
            }
        }
    }

    /// The value as another export may have it.
    fn exported_again(value: &Value, place: Within, chance: &mut Chance) -> Value {
        match (place, value) {
            (Within::Description, Value::String(text)) if chance.happens() => {
                json!({"content": text, "type": "text/plain"})
            }
            (Within::Lines, Value::Array(lines)) => {
                let lines: Vec<&str> = lines.iter().map(|line| line.as_str().unwrap()).collect();
                match chance.below(4) {
                    0 => json!(lines.join("\n")),
                    1 => json!(lines.join("\r\n")),
                    2 => json!(
                        lines
                            .iter()
                            .map(|line| format!("{line}\r"))
                            .collect::<Vec<_>>()
                    ),
                    _ => value.clone(),
                }
            }
            (Within::Url, Value::String(text)) if chance.happens() => {
                match text.split_once("://") {
                    Some((protocol, rest)) => {
                        let (host, path) = rest.split_once('/').unwrap();
                        json!({"raw": text, "protocol": protocol, "host": host.split('.').collect::<Vec<_>>(), "path": path.split('/').collect::<Vec<_>>(), "query": []})
                    }
                    None => json!({"raw": text, "variable": []}),
                }
            }
            (_, Value::Array(items)) => {
                let mut items: Vec<Value> = items
                    .iter()
                    .map(|item| exported_again(item, place, chance))
                    .collect();
                if matches!(place, Within::Response | Within::AuthParameters) {
                    chance.shuffle(&mut items);
                }
                if place == Within::Header {
                    items.sort_by_key(|item| item["key"].as_str().unwrap().to_uppercase());
                }
                if place == Within::Event && chance.happens() {
                    items.insert(0, json!({"listen": "test", "script": {"id": "1", "type": "text/javascript", "exec": [""]}}));
                }
                Value::Array(items)
            }
            (_, Value::Object(members)) => {
                let place_below = |key: &str| match within(place, key) {
                    Within::AuthParameters => Within::AuthParameters,
                    other => other,
                };
                let own = if place == Within::AuthParameters {
                    Within::AuthParameter
                } else {
                    place
                };
                let mut new: Vec<(String, Value)> = members
                    .iter()
                    .map(|(key, value)| {
                        (key.clone(), exported_again(value, place_below(key), chance))
                    })
                    .collect();
                for field in fields_of(own) {
                    if members.contains_key(field.key)
                        || new.iter().any(|(key, _)| key == field.key)
                        || field.key == "*"
                        || !chance.happens()
                    {
                        continue;
                    }
                    let value = match field.treatment {
                        Treatment::Volatile => json!(format!("{}", chance.below(1_000_000))),
                        Treatment::VolatileBeside(_) => json!("some-id"),
                        Treatment::TypeOfValue => json!("any"),
                        Treatment::SameAs(other) if members.contains_key(other) => {
                            members[other].clone()
                        }
                        Treatment::Absent(empties) => match empties[chance.below(empties.len())] {
                            Empty::Null => Value::Null,
                            Empty::Text | Empty::AnyText => json!(""),
                            Empty::List => json!([]),
                            Empty::Object => json!({}),
                            Empty::False => json!(false),
                            Empty::True => json!(true),
                            Empty::Word(word) => json!(word),
                            Empty::Nothing => match within(own, field.key) {
                                Within::Lines => json!([""]),
                                Within::Event => {
                                    json!([{"listen": "test", "script": {"exec": []}}])
                                }
                                _ => json!(""),
                            },
                        },
                        _ => continue,
                    };
                    new.push((field.key.to_owned(), value));
                }
                chance.shuffle(&mut new);
                Value::Object(new.into_iter().collect())
            }
            _ => value.clone(),
        }
    }

    /// Every copy of a value with one leaf changed, one member or item gone, or one member more.
    fn edits(value: &Value) -> Vec<(String, Value)> {
        fn pointers(value: &Value, pointer: String, into: &mut Vec<String>) {
            match value {
                Value::Object(members) => members
                    .iter()
                    .for_each(|(key, value)| pointers(value, format!("{pointer}/{key}"), into)),
                Value::Array(items) => items
                    .iter()
                    .enumerate()
                    .for_each(|(index, value)| pointers(value, format!("{pointer}/{index}"), into)),
                _ => {}
            }
            into.push(pointer);
        }
        let mut all = Vec::new();
        pointers(value, String::new(), &mut all);
        let mut copies = Vec::new();
        for pointer in all {
            let mut changed = value.clone();
            let place = changed.pointer_mut(&pointer).unwrap();
            match place {
                Value::String(text) => text.push('x'),
                Value::Bool(value) => *value = !*value,
                Value::Number(_) => *place = json!(4711),
                Value::Null => *place = json!("x"),
                Value::Array(items) => items.push(json!({"key": "new", "name": "new", "listen": "test", "script": {"exec": ["new"]}})),
                Value::Object(members) => drop(members.insert("unknown".to_owned(), json!(1))),
            }
            copies.push((format!("{pointer} changed"), changed));
            if let Some((parent, key)) = pointer.rsplit_once('/') {
                let mut removed = value.clone();
                match removed.pointer_mut(parent).unwrap() {
                    Value::Object(members) => drop(members.shift_remove(key)),
                    Value::Array(items) => drop(items.remove(key.parse().unwrap())),
                    _ => {}
                }
                copies.push((format!("{pointer} removed"), removed));
            }
        }
        copies
    }

    static EDITS: LazyLock<Vec<(String, Value)>> = LazyLock::new(|| edits(&collection()));

    #[test]
    fn every_edit_that_means_something_changes_the_text() {
        let base = collection();
        let own = text(&base);
        let mut seen = std::collections::BTreeMap::from([(own, "no edit".to_owned())]);
        for (edit, changed) in edits(&base) {
            // An event without a line of script is no event, and a list without an item no list, whichever was removed.
            let pointer = |edit: &str| edit.strip_suffix(" removed").map(str::to_owned);
            let emptied = |one: &str, other: &str| match (pointer(one), pointer(other)) {
                (Some(one), Some(other)) => one.starts_with(&other) || other.starts_with(&one),
                _ => false,
            };
            // Nothing else than `true` disables.
            if edit.ends_with("/disabled changed") {
                continue;
            }
            if let Some(earlier) = seen.insert(text(&changed), edit.clone()) {
                assert!(emptied(&edit, &earlier), "{edit} is the same as {earlier}");
            }
        }
        assert!(seen.len() > 150, "{}", seen.len());
    }

    #[test]
    fn sides_of_a_pair_mean_the_same() {
        for (place, one, other) in [
            (
                Within::Request,
                r#""https://a/b""#,
                r#"{"url": {"raw": "https://a/b", "protocol": "https", "host": ["a"], "path": ["b"]}, "method": "GET", "header": []}"#,
            ),
            (
                Within::Header,
                r#""A: b\r\nC:d""#,
                r#"[{"key": "C", "value": "d"}, {"key": "A", "value": "b", "type": "text", "name": "A"}]"#,
            ),
            (
                Within::Auth,
                r#"{"type": "basic", "basic": {"username": "u", "password": "p"}}"#,
                r#"{"type": "basic", "basic": [{"key": "username", "value": "u", "type": "string"}, {"key": "password", "value": "p"}], "noauth": []}"#,
            ),
            (
                Within::Url,
                r#"{"raw": "a/b", "variable": [{"key": "y"}, {"key": "x", "id": "1"}]}"#,
                r#"{"variable": [{"key": "x"}, {"key": "y"}], "host": "a", "path": "b"}"#,
            ),
            (
                Within::Item,
                r#"{"request": {"method": "POST", "body": {"mode": "raw", "raw": "x"}}, "protocolProfileBehavior": {"disableBodyPruning": true}}"#,
                r#"{"request": {"method": "POST", "body": {"mode": "raw", "raw": "x"}}}"#,
            ),
            (
                Within::Schema,
                r#"{"required": ["b", "a"], "x": 1.0}"#,
                r#"{"x": 10e-1, "required": ["a", "b"]}"#,
            ),
            (
                Within::RequestFile,
                r#"{"headers": {"b": "1", "A": "2"}, "order": 5}"#,
                r#"{"headers": [{"key": "A", "value": "2", "disabled": false}, {"key": "b", "value": "1"}], "examples": "./x"}"#,
            ),
            (Within::Value, r#"{"a": 1, "a": 2}"#, r#"{"a": 2}"#),
        ] {
            assert!(is_same(place, one, other), "{one} {other}");
        }
    }

    #[test]
    fn sides_of_a_pair_that_look_alike_do_not_mean_the_same() {
        for (place, one, other) in [
            (
                Within::Header,
                r#"[{"key": "A", "value": "1"}, {"key": "a", "value": "2"}]"#,
                r#"[{"key": "a", "value": "2"}, {"key": "A", "value": "1"}]"#,
            ),
            (
                Within::Query,
                r#"[{"key": "a"}, {"key": "b"}]"#,
                r#"[{"key": "b"}, {"key": "a"}]"#,
            ),
            (
                Within::Query,
                r#"{"key": "a", "value": ""}"#,
                r#"{"key": "a", "value": null}"#,
            ),
            (
                Within::Request,
                r#"{"body": {"mode": "raw", "raw": ""}}"#,
                r#"{}"#,
            ),
            (
                Within::Request,
                r#"{"method": "get"}"#,
                r#"{"method": "GET"}"#,
            ),
            (
                Within::Item,
                r#"{"request": {"method": "GET", "body": {"mode": "raw", "raw": "x"}}, "protocolProfileBehavior": {"disableBodyPruning": true}}"#,
                r#"{"request": {"method": "GET", "body": {"mode": "raw", "raw": "x"}}}"#,
            ),
            (Within::Item, r#"{"item": []}"#, r#"{}"#),
            (
                Within::Item,
                r#"{"event": [{"listen": "test", "disabled": true, "script": {"exec": []}}]}"#,
                r#"{}"#,
            ),
            (
                Within::Variable,
                r#"{"id": "a", "value": "x"}"#,
                r#"{"id": "b", "value": "x"}"#,
            ),
            (
                Within::Variable,
                r#"{"key": "a", "value": "5", "type": "number"}"#,
                r#"{"key": "a", "value": "5"}"#,
            ),
            (
                Within::Value,
                r#"{"id": 1, "description": ""}"#,
                r#"{"id": 1}"#,
            ),
            (
                Within::Schema,
                r#"{"enum": ["b", "a"]}"#,
                r#"{"enum": ["a", "b"]}"#,
            ),
            (
                Within::Definition,
                r#"{"x": {"example": {"required": ["b", "a"]}}}"#,
                r#"{"x": {"example": {"required": ["a", "b"]}}}"#,
            ),
            (
                Within::Value,
                "12345678901234567890",
                "12345678901234567891",
            ),
            (Within::Value, "1", r#""1""#),
        ] {
            assert!(!is_same(place, one, other), "{one} {other}");
        }
    }

    /// The first line in which two texts differ.
    fn first_difference(one: &str, other: &str) -> Option<(String, String)> {
        let mut lines = one.split_inclusive('\n').zip(other.split_inclusive('\n'));
        let found = lines.position(|(one, other)| one != other);
        let lengths = (one.len() != other.len()).then_some(0);
        let line = found.or(lengths)?;
        let near = |text: &str| text.lines().skip(line).take(4).collect::<String>();
        Some((near(one), near(other)))
    }

    fn is_same(place: Within, one: &str, other: &str) -> bool {
        let [one, other] = [one, other].map(|text| crate::format::json::parse(text.to_owned()).0);
        let (one, other) = (one.root().unwrap(), other.root().unwrap());
        let canonical = |node| {
            crate::format::canonical::text(crate::format::canonical::Canonical::Value(node, place))
                .unwrap()
        };
        let by_value = same(one, other, place);
        assert_eq!(by_value, same(other, one, place));
        assert_eq!(by_value, canonical(one) == canonical(other));
        by_value
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn an_export_made_again_is_the_same(seed in any::<u64>(), other_seed in any::<u64>()) {
            let base = collection();
            let one = exported_again(&base, Within::Collection, &mut Chance(seed));
            let other = exported_again(&one, Within::Collection, &mut Chance(other_seed));
            let wrapped = json!({"collection": other});
            let own = text(&base);
            prop_assert_eq!(first_difference(&text(&one), &own), None);
            prop_assert_eq!(first_difference(&text(&other), &own), None);
            prop_assert_eq!(first_difference(&text(&wrapped), &own), None);
            let read_again = read("a.json", own.clone().into_bytes());
            prop_assert_eq!(&read_again.canonical_text().unwrap(), &own);
            let digests = [parsed(&one).canonical_digest().unwrap(), crate::model::digest::Digest::of(own.as_bytes())];
            prop_assert_eq!(digests[0], digests[1]);
            let (one, other, base) = (parsed(&one), parsed(&other), parsed(&base));
            prop_assert!(same(root(&one), root(&other), Within::Collection));
            prop_assert!(same(root(&other), root(&base), Within::Collection));
            prop_assert!(same(root(&one), root(&one), Within::Collection));
        }

        #[test]
        fn sameness_is_sameness_of_the_text(seed in any::<u64>(), first in any::<prop::sample::Index>(), second in any::<prop::sample::Index>()) {
            let copies = &*EDITS;
            let mut chance = Chance(seed);
            let pick = |index: prop::sample::Index| copies[index.index(copies.len())].1.clone();
            let one = exported_again(&pick(first), Within::Value, &mut chance);
            let other = exported_again(&pick(second), Within::Value, &mut chance);
            let texts = (text(&one), text(&other));
            let (one, other) = (parsed(&one), parsed(&other));
            prop_assert_eq!(same(root(&one), root(&other), Within::Collection), texts.0 == texts.1);
            for text in [&texts.0, &texts.1] {
                prop_assert_eq!(&read("a.json", text.clone().into_bytes()).canonical_text().unwrap(), text);
            }
        }

        /// Anything at all in the place of any value: nothing panics, and the text is its own canonical text.
        #[test]
        fn odd_shapes_have_one_text(index in any::<prop::sample::Index>(), odd in 0_usize..14) {
            let odd = [json!(null), json!(true), json!(7), json!(""), json!("a: b\nc"), json!([]), json!({}), json!([[]]), json!([null, "x"]), json!({"raw": 1}), json!({"key": {"a": []}, "id": ""}),
                json!(["x\r", "y\r\n"]), json!({"content": "x", "type": "text/plain"}), json!("\u{9b}\u{202e}\u{10ffff}\u{0}")][odd].clone();
            let base = collection();
            let copies = &*EDITS;
            let pointer = copies[index.index(copies.len())].0.rsplit_once(' ').unwrap().0.to_owned();
            let mut copy = base;
            *copy.pointer_mut(&pointer).unwrap() = odd;
            let own = parsed(&copy);
            if let Ok(text) = own.canonical_text() {
                let again = read("a.json", text.clone().into_bytes());
                prop_assert_eq!(again.format, own.format);
                prop_assert_eq!(again.canonical_text().unwrap(), text);
            }
        }
    }
}
