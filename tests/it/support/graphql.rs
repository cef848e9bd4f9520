//! A provider's GraphQL schema as a test: do a query and its variables name nothing that is not in it, and all that must be?
//!
//! Reads as much of both languages as our queries use: fields with arguments and aliases, fragments in place, variables.

use std::collections::BTreeMap;

use serde_json::Value;

/// Types by name, and the fields of each.
pub(crate) struct Schema(BTreeMap<String, BTreeMap<String, Field>>);

struct Field {
    /// Names of its arguments, with a mark for those that must be there.
    arguments: BTreeMap<String, bool>,
    kind: String,
    is_required: bool,
}

struct Walk<'a> {
    schema: &'a Schema,
    tokens: Vec<&'a str>,
    at: usize,
    faults: Vec<String>,
}

impl Schema {
    /// Reads a schema with one field a line.
    pub(crate) fn parse(text: &str) -> Self {
        let mut types = BTreeMap::new();
        let mut current = String::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let ["type" | "input" | "interface", name, ..] = words.as_slice() {
                current = (*name).to_owned();
                types.insert(current.clone(), BTreeMap::new());
            } else if let (true, Some((name, kind))) =
                (line.starts_with("  "), line.rsplit_once(": "))
            {
                let (name, arguments) = name.split_once('(').unwrap_or((name, ""));
                let kind = kind.split(" = ").next().unwrap();
                let field = Field {
                    arguments: arguments_of(line, arguments),
                    kind: bare(kind),
                    is_required: kind.ends_with('!'),
                };
                types
                    .entry(current.clone())
                    .or_default()
                    .insert(name.trim().to_owned(), field);
            }
        }
        Self(types)
    }

    /// Everything in which a request is not what the schema says.
    pub(crate) fn faults(&self, body: &[u8]) -> Vec<String> {
        let body: Value = serde_json::from_slice(body).unwrap();
        let query = body["query"].as_str().unwrap();
        let mut walk = Walk {
            schema: self,
            tokens: tokens(query),
            at: 0,
            faults: Vec::new(),
        };
        let root = match walk.next() {
            "mutation" => "Mutation",
            _ => "Query",
        };
        let mut variables = BTreeMap::new();
        while walk.peek() != "{" {
            if let Some(name) = walk.next().strip_prefix('$') {
                assert_eq!(walk.next(), ":");
                let mut kind = walk.next().to_owned();
                if walk.peek() == "!" {
                    kind.push('!');
                }
                variables.insert(name.to_owned(), kind);
            }
        }
        walk.selection(root);
        let mut faults = walk.faults;
        for (name, kind) in variables {
            let value = &body["variables"][&name];
            if kind.ends_with('!') && value.is_null() {
                faults.push(format!("the variable {name} is missing"));
            }
            self.hold(&bare(&kind), value, &name, &mut faults);
        }
        faults
    }

    /// Holds a value against an input; scalars are held against nothing.
    fn hold(&self, kind: &str, value: &Value, at: &str, faults: &mut Vec<String>) {
        if let Some(list) = value.as_array() {
            for one in list {
                self.hold(kind, one, at, faults);
            }
            return;
        }
        let Some(fields) = self.0.get(kind) else {
            return;
        };
        let Some(members) = value.as_object() else {
            faults.push(format!("{at} is no {kind}"));
            return;
        };
        for (name, value) in members {
            match fields.get(name) {
                Some(field) => self.hold(&field.kind, value, &format!("{at}.{name}"), faults),
                None => faults.push(format!("{kind} has no {name}")),
            }
        }
        let required = fields.iter().filter(|(_, field)| field.is_required);
        for (name, _) in required.filter(|(name, _)| !members.contains_key(*name)) {
            faults.push(format!("{at} lacks {name}"));
        }
    }
}

impl<'a> Walk<'a> {
    fn peek(&self) -> &'a str {
        self.tokens.get(self.at).copied().unwrap_or("")
    }

    fn next(&mut self) -> &'a str {
        let token = self.peek();
        assert!(!token.is_empty(), "the query ends in the middle");
        self.at += 1;
        token
    }

    fn selection(&mut self, kind: &str) {
        assert_eq!(self.next(), "{");
        while self.peek() != "}" {
            let mut name = self.next();
            if name == "..." {
                assert_eq!(self.next(), "on");
                let narrower = self.next();
                if !self.schema.0.contains_key(narrower) {
                    self.faults.push(format!("there is no type {narrower}"));
                }
                self.selection(narrower);
                continue;
            }
            if self.peek() == ":" {
                self.next();
                name = self.next();
            }
            let schema = self.schema;
            let field = schema.0.get(kind).and_then(|fields| fields.get(name));
            if field.is_none() {
                self.faults.push(format!("{kind} has no field {name}"));
            }
            let given = self.arguments();
            if let Some(field) = field {
                let unknown = given
                    .iter()
                    .filter(|one| !field.arguments.contains_key(**one));
                let unknown: Vec<String> = unknown
                    .map(|one| format!("{name} takes no {one}"))
                    .collect();
                self.faults.extend(unknown);
                let needed = field.arguments.iter().filter(|(_, needed)| **needed);
                for (needed, _) in needed.filter(|(one, _)| !given.contains(&one.as_str())) {
                    self.faults.push(format!("{name} needs {needed}"));
                }
            }
            let below = field.map(|field| field.kind.clone()).unwrap_or_default();
            if self.peek() == "{" {
                self.selection(&below);
            } else if self.schema.0.contains_key(&below) {
                self.faults.push(format!("nothing is chosen of {name}"));
            }
        }
        self.next();
    }

    fn arguments(&mut self) -> Vec<&'a str> {
        let mut given = Vec::new();
        if self.peek() != "(" {
            return given;
        }
        while self.peek() != ")" {
            let token = self.next();
            if self.peek() == ":" {
                given.push(token);
            }
        }
        self.next();
        given
    }
}

fn bare(kind: &str) -> String {
    kind.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn arguments_of(line: &str, from: &str) -> BTreeMap<String, bool> {
    if from.is_empty() {
        return BTreeMap::new();
    }
    let inside = line.split_once('(').unwrap().1.split_once(')').unwrap().0;
    inside
        .split(", ")
        .map(|one| {
            let (name, kind) = one.split_once(": ").unwrap();
            (name.to_owned(), kind.ends_with('!'))
        })
        .collect()
}

fn tokens(query: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => rest[1..].find('"').unwrap() + 2,
            '.' => 3,
            _ => {
                let word = |one: char| one.is_ascii_alphanumeric() || one == '_';
                let begin = usize::from(first == '$');
                let end = rest[begin..]
                    .find(|one| !word(one))
                    .map_or(rest.len(), |end| begin + end);
                end.max(1)
            }
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start_matches([' ', ',', '\n']);
    }
    tokens
}
