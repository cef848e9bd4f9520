//! What the parts of documents are called when a difference is told, and in which lists the order means something.

use crate::format::diff::Dialect;
use crate::format::node::{Kind, NodeRef};

/// The members that name an item of a list.
pub(crate) const NAMING: &[&str] = &["key", "name", "listen", "operationId", "url"];

const METHODS: &[&str] = &[
    "get", "put", "post", "delete", "options", "head", "patch", "trace", "query",
];

/// Objects whose keys are names that people chose, and what such a thing is called.
const MAPS: &[(&str, &str)] = &[
    ("callbacks", "callback"),
    ("content", ""),
    ("encoding", "encoding"),
    ("examples", "example"),
    ("headers", "header"),
    ("links", "link"),
    ("mapping", "mapping"),
    ("messages", "message"),
    ("patternProperties", "pattern property"),
    ("properties", "property"),
    ("responses", "response"),
    ("scopes", "scope"),
    ("securitySchemes", "security scheme"),
    ("variables", "variable"),
    ("pathVariables", "path variable"),
    ("queryParams", "query parameter"),
];

/// Lists in which only what they hold means something.
const SETS: &[&str] = &[
    "consumes",
    "enum",
    "event",
    "header",
    "headers",
    "parameters",
    "produces",
    "required",
    "schemes",
    "scripts",
    "security",
    "values",
    "variable",
    "variables",
];

/// The noun and the name of a thing that is told as an item of its own, by the keys that lead to it.
pub(crate) fn member_place(
    dialect: Dialect,
    above: &[String],
    key: &str,
) -> Option<(&'static str, String)> {
    if dialect != Dialect::Definition || key.starts_with("x-") {
        return None;
    }
    let above: Vec<&str> = above.iter().map(String::as_str).collect();
    let noun = match above[..] {
        ["paths"] => "path",
        ["webhooks"] => "webhook",
        ["channels"] => "channel",
        ["operations"] => "operation",
        ["servers"] => "server",
        ["definitions"] | ["components", "schemas"] => "schema",
        ["parameters"] | ["components", "parameters"] => "parameter",
        ["responses"] | ["components", "responses"] => "response",
        ["securityDefinitions"] | ["components", "securitySchemes"] => "security scheme",
        ["components", "requestBodies"] => "request body",
        ["components", "headers"] => "header",
        ["components", "examples"] => "example",
        ["components", "messages"] => "message",
        ["components", "channels"] => "channel",
        ["components", "operations"] => "operation",
        ["components", "pathItems"] => "path item",
        ["components", _] => "component",
        ["paths" | "webhooks", path] if METHODS.contains(&key) => {
            return Some(("operation", format!("{} {path}", key.to_ascii_uppercase())));
        }
        ["channels", channel] if matches!(key, "publish" | "subscribe") => {
            return Some(("operation", format!("{key} {channel}")));
        }
        _ => return None,
    };
    Some((noun, key.to_owned()))
}

/// Whether the keys of the object at this key are names that people chose.
pub(crate) fn is_map(dialect: Dialect, key: &str) -> bool {
    matches!(dialect, Dialect::Definition | Dialect::CollectionFile)
        && MAPS.iter().any(|(known, _)| *known == key)
}

/// The word for a member, by the key of its holder; `None` where it adds nothing to what was said.
pub(crate) fn member_word(dialect: Dialect, holder: &str, key: &str) -> Option<String> {
    if is_map(dialect, holder) {
        let noun = MAPS
            .iter()
            .find(|(known, _)| *known == holder)
            .map_or("", |(_, noun)| noun);
        return Some(format!("{noun} {key}").trim_start().to_owned());
    }
    match (dialect, key) {
        (Dialect::Collection, "script" | "exec") | (Dialect::CollectionFile, "code") => None,
        (Dialect::Collection | Dialect::CollectionFile, "url") => Some("URL".to_owned()),
        (Dialect::Collection, "originalRequest") => Some("request".to_owned()),
        (Dialect::Definition, "requestBody") => Some("request body".to_owned()),
        _ => Some(key.to_owned()),
    }
}

/// What an item of a list is called, by the key of the list.
pub(crate) fn item_word(
    dialect: Dialect,
    list: &str,
    item: NodeRef<'_>,
    index: usize,
    in_url: bool,
) -> String {
    let Some(name) = name_of(item) else {
        let list = if list.is_empty() { "item" } else { list };
        return format!("{list} {}", index + 1);
    };
    let noun = match (dialect, list) {
        (_, "event") => {
            return match name.as_str() {
                "prerequest" => "pre-request script".to_owned(),
                other => format!("{other} script"),
            };
        }
        (_, "scripts") => return format!("{name} script"),
        (_, "header" | "headers") => "header",
        (_, "query" | "queryParams") => "query parameter",
        (_, "variable") if in_url => "path variable",
        (_, "pathVariables") => "path variable",
        (_, "variable" | "variables" | "values") => "variable",
        (_, "urlencoded" | "formdata") => "form field",
        (Dialect::Collection, "response") => "example",
        (_, "parameters") => {
            let place = item.get_str("in").unwrap_or_default();
            return format!("{place} parameter {name}").trim_start().to_owned();
        }
        (_, "servers") => "server",
        (_, "tags") => "tag",
        (Dialect::Collection | Dialect::CollectionFile, "") => "",
        // The attributes of an authorization lie in a list of its type's name.
        (Dialect::Collection, _) if item.get("key").is_some() => return format!("{list} {name}"),
        (_, other) => return format!("{other} {name}"),
    };
    format!("{noun} {name}").trim_start().to_owned()
}

/// What people call an item of a list.
pub(crate) fn name_of(item: NodeRef<'_>) -> Option<String> {
    if item.kind() != Kind::Object {
        return None;
    }
    let text = |key: &str| item.get(key).and_then(NodeRef::as_text);
    if let Some(reference) = text("$ref") {
        return Some(reference.rsplit('/').next().unwrap_or(reference).to_owned());
    }
    ["name", "key", "listen", "operationId", "url"]
        .iter()
        .find_map(|key| text(key))
        .or_else(|| item.get("code").and(text("type")))
        .map(str::to_owned)
}

/// Whether the order of a list means something to anybody.
pub(crate) fn order_matters(dialect: Dialect, list: &str) -> bool {
    let is_attributes = dialect == Dialect::Collection
        && matches!(
            list,
            "apikey"
                | "awsv4"
                | "basic"
                | "bearer"
                | "digest"
                | "edgegrid"
                | "hawk"
                | "jwt"
                | "ntlm"
                | "oauth1"
                | "oauth2"
        );
    dialect == Dialect::Other
        || !(is_attributes
            || SETS.contains(&list)
            || (dialect == Dialect::Definition && list == "tags"))
}
