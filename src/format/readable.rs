//! A document as plain text: one fact a line, each request, operation or schema under a line of its own, without what
//! Postman writes by itself, secrets masked. Git shows its changes (`git log -p`, `git grep --textconv`, `git blame`).

use std::fmt::Write as _;

use crate::format::diff::Dialect;
use crate::format::diff_shown::{is_secret, lines_of, masked};
use crate::format::diff_words::{is_map, item_word, member_place, member_word, name_of};
use crate::format::meaning::{Within, within};
use crate::format::meaning_view::{counts, kind_of_entry, place_of_items};
use crate::format::node::{Kind, NodeRef};
use crate::format::url_template::url_text;
use crate::model::text::visible_line;

/// The document as text.
pub fn readable(root: NodeRef<'_>, dialect: Dialect) -> String {
    let mut writer = Writer {
        dialect,
        text: String::new(),
    };
    let at = At::document(dialect);
    if dialect == Dialect::Collection {
        writer.collection(root, &at);
    } else if matches!(root.kind(), Kind::Object | Kind::Array) {
        writer.below(root, &at);
    } else {
        writer.fact(root, "document", &at);
    }
    writer.text
}

#[derive(Clone)]
struct At {
    depth: usize,
    key: String,
    keys: Vec<String>,
    place: Within,
    in_authorization: bool,
    is_secret: bool,
}

impl At {
    fn document(dialect: Dialect) -> Self {
        Self {
            depth: 0,
            key: String::new(),
            keys: Vec::new(),
            place: dialect.place(),
            in_authorization: false,
            is_secret: false,
        }
    }

    fn member(&self, holder: NodeRef<'_>, key: &str, dialect: Dialect) -> Self {
        let mut at = self.clone();
        at.depth += 1;
        at.is_secret = is_secret(holder, key, self.in_authorization);
        at.in_authorization |= key == "auth";
        at.place = within(kind_of_entry(holder, self.place), key);
        at.keys.push(key.to_owned());
        at.key = if is_map(dialect, &self.key) {
            String::new()
        } else {
            key.to_owned()
        };
        at
    }
}

struct Writer {
    dialect: Dialect,
    text: String,
}

impl Writer {
    fn line(&mut self, depth: usize, line: &str) {
        let _ = writeln!(
            self.text,
            "{:indent$}{}",
            "",
            visible_line(line),
            indent = depth * 2
        );
    }

    /// What a collection has itself, then its folders and requests, each under a line that names it.
    fn collection(&mut self, root: NodeRef<'_>, at: &At) {
        let name = root.get("info").and_then(|info| info.get_str("name"));
        self.line(0, &format!("collection {}", name.unwrap_or_default()));
        for member in members(root, at.place) {
            if member.0 != "item" {
                self.member(
                    root,
                    member.0,
                    member.1,
                    &At {
                        depth: 0,
                        ..at.clone()
                    },
                );
            }
        }
        self.items(root, "", at);
    }

    fn items(&mut self, holder: NodeRef<'_>, path: &str, at: &At) {
        for item in holder.get("item").into_iter().flat_map(NodeRef::items) {
            let name = item.get_str("name").unwrap_or_default();
            let path = if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path} / {name}")
            };
            let noun = if item.get("item").is_some() {
                "folder"
            } else {
                "request"
            };
            self.text.push('\n');
            self.line(0, &format!("{noun} {path}"));
            let own = At {
                place: Within::Item,
                ..at.clone()
            };
            for (key, value) in members(item, Within::Item) {
                if !matches!(key, "item" | "name") {
                    self.member(item, key, value, &own);
                }
            }
            self.items(item, &path, at);
        }
    }

    fn member(&mut self, holder: NodeRef<'_>, key: &str, value: NodeRef<'_>, at: &At) {
        let below = at.member(holder, key, self.dialect);
        if let Some((noun, name)) = member_place(self.dialect, &at.keys, key) {
            self.text.push('\n');
            self.line(0, &format!("{noun} {name}"));
            let own = At { depth: 0, ..below };
            if matches!(value.kind(), Kind::Object | Kind::Array) {
                self.below(value, &own);
            } else {
                self.fact(value, "value", &own);
            }
            return;
        }
        if key == "url" && self.dialect == Dialect::Collection && at.key == "request" {
            return self.url(value, &below);
        }
        let holds_headed = value
            .members()
            .next()
            .is_some_and(|first| member_place(self.dialect, &below.keys, first.key).is_some());
        let is_components = self.dialect == Dialect::Definition && below.keys == ["components"];
        if (holds_headed && below.keys.len() < 3 && at.depth <= 1 && !is_operations(&below.keys))
            || is_components
        {
            return self.below(value, &At { depth: 0, ..below });
        }
        let word = member_word(self.dialect, &at.key, key).unwrap_or_else(|| key.to_owned());
        self.fact(value, &word, &below);
    }

    fn url(&mut self, url: NodeRef<'_>, at: &At) {
        let text = url_text(url);
        let (address, query) = text.split_once('?').unwrap_or((&text, ""));
        self.line(at.depth, &format!("URL: {address}"));
        match url.get("query") {
            Some(list) => self.fact(list, "query", &at.member(url, "query", self.dialect).up()),
            None => {
                for pair in query.split('&').filter(|pair| !pair.is_empty()) {
                    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                    self.line(
                        at.depth,
                        format!("query parameter {key}: {value}").trim_end(),
                    );
                }
            }
        }
        if let Some(list) = url.get("variable") {
            self.fact(
                list,
                "variable",
                &at.member(url, "variable", self.dialect).up(),
            );
        }
    }

    fn fact(&mut self, value: NodeRef<'_>, word: &str, at: &At) {
        if at.is_secret {
            return self.line(at.depth, &format!("{word}: {}", masked(value)));
        }
        let text = value
            .as_text()
            .map(str::to_owned)
            .or_else(|| lines_of(value));
        if let Some(text) = text {
            if text.contains('\n') {
                self.line(at.depth, &format!("{word}:"));
                for line in text.lines() {
                    self.line(at.depth + 1, format!("| {line}").trim_end());
                }
            } else {
                self.line(at.depth, format!("{word}: {text}").trim_end());
            }
            return;
        }
        match value.kind() {
            Kind::Null => {}
            Kind::Array if value.items().any(|item| name_of(item).is_some()) => {
                self.named_items(value, at);
            }
            // The lines of a script are facts, and so are the values of a plain list.
            Kind::Array if value.items().all(|item| item.as_text().is_some()) => {
                for item in value.items() {
                    let text = item.as_text().unwrap_or_default();
                    self.line(at.depth, &format!("{word}: {text}"));
                }
            }
            _ if is_empty(value) => {}
            _ => {
                let known = self.text.len();
                self.line(at.depth, &format!("{word}:"));
                let headed = self.text.len();
                self.below(value, at);
                if self.text.len() == headed {
                    self.text.truncate(known);
                }
            }
        }
    }

    /// What lies in an object or a list.
    fn below(&mut self, value: NodeRef<'_>, at: &At) {
        if value.kind() == Kind::Array {
            for (index, item) in value.items().enumerate() {
                let word = item_word(self.dialect, &at.key, item, index, false);
                let own = At {
                    depth: at.depth + 1,
                    place: place_of_items(at.place),
                    key: key_of_items(self.dialect, at),
                    ..at.clone()
                };
                self.fact(item, &word, &own);
            }
            return;
        }
        for (key, member) in members(value, at.place) {
            self.member(value, key, member, at);
        }
    }

    /// Headers, parameters, variables: the name and the value on one line, whatever else there is below it.
    fn named_items(&mut self, list: NodeRef<'_>, at: &At) {
        let in_url = at.keys.iter().rev().nth(1).is_some_and(|key| key == "url");
        for (index, item) in list.items().enumerate() {
            let word = item_word(self.dialect, &at.key, item, index, in_url);
            let own = At {
                depth: at.depth,
                place: place_of_items(at.place),
                key: key_of_items(self.dialect, at),
                is_secret: false,
                ..at.clone()
            };
            if item.get("key").is_some()
                && let Some(value) = item.get("value")
            {
                let is_secret = is_secret(item, "value", at.in_authorization);
                self.fact(
                    value,
                    &word,
                    &At {
                        is_secret,
                        ..own.clone()
                    },
                );
            } else {
                self.line(own.depth, &format!("{word}:"));
            }
            for (key, value) in members(item, own.place) {
                let is_told = matches!(key, "key" | "name" | "listen")
                    || (key == "value" && item.get("key").is_some())
                    || (key == "type"
                        && matches!(value.as_str(), Some("text" | "string" | "default")));
                if !is_told {
                    let script = (at.key == "event" && key == "script")
                        .then(|| value.get("exec"))
                        .flatten();
                    match script {
                        Some(code) => {
                            for line in code
                                .items()
                                .filter_map(NodeRef::as_str)
                                .chain(code.as_str())
                            {
                                self.line(own.depth + 1, format!("| {line}").trim_end());
                            }
                        }
                        None => self.member(item, key, value, &own),
                    }
                }
            }
        }
    }
}

impl At {
    /// The same, one step less deep.
    fn up(self) -> Self {
        Self {
            depth: self.depth.saturating_sub(1),
            ..self
        }
    }
}

/// Under which key the items of a list lie: a list of headers is no map of them.
fn key_of_items(dialect: Dialect, list: &At) -> String {
    if is_map(dialect, &list.key) {
        String::new()
    } else {
        list.key.clone()
    }
}

/// The members that mean something, in the order of their keys, so that a re-export that orders them otherwise is the same.
fn members<'a>(holder: NodeRef<'a>, place: Within) -> Vec<(&'a str, NodeRef<'a>)> {
    let place = kind_of_entry(holder, place);
    let mut members: Vec<(&str, NodeRef<'a>)> = holder
        .members()
        .enumerate()
        .filter(|(index, member)| {
            // A request without its method, though it is the default, would be hard to recognise.
            let is_method = place == Within::Request && member.key == "method";
            holder.counts(*index) && (is_method || counts(holder, place, member.key, member.value))
        })
        .filter(|(_, member)| !is_empty(member.value))
        .map(|(_, member)| (member.key, member.value))
        .collect();
    members.sort_by_key(|(key, _)| (rank(key), *key));
    members
}

/// A path is headed itself, and so are its operations.
fn is_operations(keys: &[String]) -> bool {
    keys.len() == 2 && keys[0] != "components"
}

/// What people look for first stands first.
fn rank(key: &str) -> usize {
    let first = [
        "openapi",
        "swagger",
        "asyncapi",
        "info",
        "name",
        "description",
        "request",
        "method",
        "url",
        "auth",
        "header",
        "body",
    ];
    first
        .iter()
        .position(|known| *known == key)
        .unwrap_or(first.len())
}

fn is_empty(value: NodeRef<'_>) -> bool {
    match value.kind() {
        Kind::Null => true,
        Kind::String => value.as_str() == Some(""),
        Kind::Object => value.members().len() == 0,
        Kind::Array => value.items().len() == 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::readable;
    use crate::format::diff::Dialect;
    use crate::format::json;

    fn of(text: &str, dialect: Dialect) -> String {
        readable(json::parse(text.to_owned()).0.root().unwrap(), dialect)
    }

    #[test]
    fn a_collection_is_one_fact_a_line() {
        let text = of(
            r#"{"info": {"_postman_id": "1", "name": "Shop"}, "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "abc", "type": "string"}]},
               "variable": [{"key": "base", "value": "http://x"}],
               "item": [{"name": "Orders", "item": [{"id": "7", "name": "List", "event": [{"listen": "test", "script": {"type": "text/javascript", "exec": ["one", "", "two"]}}],
                 "request": {"method": "GET", "header": [{"key": "A", "value": "1", "description": "why"}], "url": {"raw": "{{base}}/o?p=1", "host": ["{{base}}"], "path": ["o"], "query": [{"key": "p", "value": "1"}]}},
                 "response": [{"name": "OK", "code": 200, "body": "{\n}"}]}]}]}"#,
            Dialect::Collection,
        );
        assert_eq!(
            text,
            "collection Shop\n\
             \x20 info:\n\
             \x20   name: Shop\n\
             \x20 auth:\n\
             \x20   bearer token: ***\n\
             \x20   type: bearer\n\
             \x20 variable base: http://x\n\
             \n\
             folder Orders\n\
             \n\
             request Orders / List\n\
             \x20 request:\n\
             \x20   method: GET\n\
             \x20   URL: {{base}}/o\n\
             \x20   query parameter p: 1\n\
             \x20   header A: 1\n\
             \x20     description: why\n\
             \x20 test script:\n\
             \x20   | one\n\
             \x20   |\n\
             \x20   | two\n\
             \x20 example OK:\n\
             \x20   body:\n\
             \x20     | {\n\
             \x20     | }\n\
             \x20   code: 200\n"
        );
    }

    #[test]
    fn a_definition_names_its_operations_and_schemas() {
        let text = of(
            r#"{"paths": {"/pets": {"get": {"operationId": "list", "responses": {"200": {"description": "ok"}}}}}, "openapi": "3.0.3",
               "components": {"schemas": {"Pet": {"type": "object", "required": ["a", "b"]}}}}"#,
            Dialect::Definition,
        );
        assert_eq!(
            text,
            "  openapi: 3.0.3\n\
             \n\
             schema Pet\n\
             \x20 required:\n\
             \x20   | a\n\
             \x20   | b\n\
             \x20 type: object\n\
             \n\
             path /pets\n\
             \n\
             operation GET /pets\n\
             \x20 operationId: list\n\
             \x20 responses:\n\
             \x20   response 200:\n\
             \x20     description: ok\n"
        );
    }
}
