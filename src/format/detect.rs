//! Which format a file has: by its place for Postman's own files, by content for everything else.

use std::fmt;

use crate::format::node::{Kind, NodeRef};

/// Every format the tool knows by name. The names are part of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the format of its name")]
pub enum Format {
    Collection1,
    Collection20,
    Collection21,
    Collection3,
    Environment,
    Globals,
    OpenApi20,
    OpenApi30,
    OpenApi31,
    OpenApi32,
    AsyncApi2,
    AsyncApi3,
    GraphQl,
    Protobuf2,
    Protobuf3,
    Wsdl11,
    Wsdl20,
    Raml08,
    Raml10,
    PostmanIndex,
    PostmanApi,
    PostmanResources,
    Unknown,
}

impl Format {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Collection1 => "collection-1",
            Self::Collection20 => "collection-2.0",
            Self::Collection21 => "collection-2.1",
            Self::Collection3 => "collection-3.0",
            Self::Environment => "environment",
            Self::Globals => "globals",
            Self::OpenApi20 => "openapi-2.0",
            Self::OpenApi30 => "openapi-3.0",
            Self::OpenApi31 => "openapi-3.1",
            Self::OpenApi32 => "openapi-3.2",
            Self::AsyncApi2 => "asyncapi-2",
            Self::AsyncApi3 => "asyncapi-3",
            Self::GraphQl => "graphql",
            Self::Protobuf2 => "protobuf-2",
            Self::Protobuf3 => "protobuf-3",
            Self::Wsdl11 => "wsdl-1.1",
            Self::Wsdl20 => "wsdl-2.0",
            Self::Raml08 => "raml-0.8",
            Self::Raml10 => "raml-1.0",
            Self::PostmanIndex => "postman-index",
            Self::PostmanApi => "postman-api",
            Self::PostmanResources => "postman-resources",
            Self::Unknown => "unknown",
        }
    }

    /// Whether this is a collection of any version.
    pub fn is_collection(self) -> bool {
        matches!(
            self,
            Self::Collection1 | Self::Collection20 | Self::Collection21 | Self::Collection3
        )
    }

    /// Whether this is an environment or globals.
    pub fn is_environment(self) -> bool {
        matches!(self, Self::Environment | Self::Globals)
    }

    /// Whether this is an API definition.
    pub fn is_definition(self) -> bool {
        matches!(
            self,
            Self::OpenApi20
                | Self::OpenApi30
                | Self::OpenApi31
                | Self::OpenApi32
                | Self::AsyncApi2
                | Self::AsyncApi3
                | Self::GraphQl
                | Self::Protobuf2
                | Self::Protobuf3
                | Self::Wsdl11
                | Self::Wsdl20
                | Self::Raml08
                | Self::Raml10
        )
    }

    /// What people call it: `a collection`, `an API definition`, …
    pub fn phrase(self) -> &'static str {
        match self {
            format if format.is_collection() => "a collection",
            Self::Environment => "an environment",
            Self::Globals => "a file of globals",
            format if format.is_definition() => "an API definition",
            Self::PostmanIndex | Self::PostmanApi | Self::PostmanResources => {
                "a file of Postman's own"
            }
            _ => "neither a collection nor an API definition",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How a text is written, which decides its parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// Postman's INI dialect.
    Ini,
    /// Anything that has no document here: XML, SDL, protobuf, prose.
    Other,
}

/// The syntax of a text by its path, and where the path leaves it open by its first character.
pub fn syntax(path: &str, text: &str) -> Syntax {
    let name = path.rsplit('/').next().unwrap_or(path);
    if let Some(format) = of_postman_file(path) {
        return if format == Format::PostmanResources {
            Syntax::Yaml
        } else {
            Syntax::Ini
        };
    }
    let extension = name
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension)
        .to_ascii_lowercase();
    let start = text.trim_start_matches('\u{feff}').trim_start();
    match extension.as_str() {
        "json" => Syntax::Json,
        "yaml" | "yml" | "raml" if start.starts_with('{') => Syntax::Json,
        "yaml" | "yml" | "raml" => Syntax::Yaml,
        "graphql" | "gql" | "graphqls" | "proto" | "wsdl" | "xml" | "xsd" => Syntax::Other,
        _ if start.starts_with('{') => Syntax::Json,
        _ => Syntax::Other,
    }
}

/// The format of Postman's own files, which their place decides.
pub fn of_postman_file(path: &str) -> Option<Format> {
    let (directory, name) = path.rsplit_once('/')?;
    if directory != ".postman" && !directory.ends_with("/.postman") {
        return None;
    }
    match name {
        "api" => Some(Format::PostmanIndex),
        "resources.yaml" | "resources.yml" => Some(Format::PostmanResources),
        _ if name.starts_with("api_") => Some(Format::PostmanApi),
        _ => None,
    }
}

/// The format of a parsed JSON or YAML document.
pub fn of_document(path: &str, text: &str, root: Option<NodeRef<'_>>) -> Format {
    let header = text.trim_start_matches('\u{feff}');
    match header.lines().next().map(str::trim_end) {
        Some("#%RAML 0.8") => return Format::Raml08,
        Some(line) if line.starts_with("#%RAML 1.0") => return Format::Raml10,
        _ => {}
    }
    let by_root = root
        .filter(|root| root.kind() == Kind::Object)
        .map_or(Format::Unknown, of_object);
    match by_root {
        Format::Unknown => of_name(path),
        format => format,
    }
}

/// The format of a text that is neither JSON nor YAML.
pub fn of_text(path: &str, text: &str) -> Format {
    let extension = path
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension)
        .to_ascii_lowercase();
    match extension.as_str() {
        "graphql" | "gql" | "graphqls" => Format::GraphQl,
        "proto" => protobuf(text),
        "wsdl" | "xml" => wsdl(text),
        _ => Format::Unknown,
    }
}

/// The object that is judged, and the pointer to it: a collection as the Postman API returns it lies under `collection`, and
/// an environment under `environment`.
pub fn unwrapped(root: NodeRef<'_>) -> (NodeRef<'_>, &'static str) {
    match (root.get("collection"), root.get("environment")) {
        (Some(inner), _) if is_wrapped_collection(root, inner) => (inner, "/collection"),
        (_, Some(inner)) if is_wrapped_environment(root, inner) => (inner, "/environment"),
        _ => (root, ""),
    }
}

fn is_wrapped_environment(root: NodeRef<'_>, inner: NodeRef<'_>) -> bool {
    let has_values = inner
        .get("values")
        .is_some_and(|values| values.kind() == Kind::Array);
    inner.kind() == Kind::Object
        && has_values
        && inner.get("name").is_some()
        && ["values", "info", "item"]
            .iter()
            .all(|key| root.get(key).is_none())
}

fn is_wrapped_collection(root: NodeRef<'_>, inner: NodeRef<'_>) -> bool {
    inner.kind() == Kind::Object
        && root.get("info").is_none()
        && root.get("item").is_none()
        && (inner.get("info").is_some()
            || inner.get("item").is_some()
            || inner.get("requests").is_some())
}

fn of_object(root: NodeRef<'_>) -> Format {
    if let Some(kind) = root.get_str("$kind")
        && root.get("openapi").is_none()
        && !kind.is_empty()
    {
        return Format::Collection3;
    }
    if let Some(version) = root.get("openapi") {
        return match version.as_text().unwrap_or_default() {
            text if text.starts_with("3.2") => Format::OpenApi32,
            text if text.starts_with("3.1") => Format::OpenApi31,
            _ => Format::OpenApi30,
        };
    }
    if root.get("swagger").is_some() {
        return Format::OpenApi20;
    }
    if let Some(version) = root.get("asyncapi") {
        let three = version.as_text().is_some_and(|text| text.starts_with('3'));
        return if three {
            Format::AsyncApi3
        } else {
            Format::AsyncApi2
        };
    }
    let (root, _) = unwrapped(root);
    if let Some(format) = of_collection(root) {
        return format;
    }
    match root.get_str("_postman_variable_scope") {
        Some("environment") => return Format::Environment,
        Some("globals") => return Format::Globals,
        _ => {}
    }
    let values = root
        .get("values")
        .is_some_and(|values| values.kind() == Kind::Array);
    if values && root.get("name").is_some() {
        return if root.get_str("name") == Some("Globals") {
            Format::Globals
        } else {
            Format::Environment
        };
    }
    let introspection = root.get("__schema").or_else(|| root.at("/data/__schema"));
    if introspection.is_some() {
        Format::GraphQl
    } else {
        Format::Unknown
    }
}

fn of_collection(root: NodeRef<'_>) -> Option<Format> {
    let info = root.get("info");
    let schema = info
        .and_then(|info| info.get_str("schema"))
        .unwrap_or_default();
    // The schema's address is what Postman goes by; older exports write http and another host.
    if schema.contains("/collection/") || schema.contains("/json/") {
        return Some(match schema {
            schema if schema.contains("v1.0.0") => Format::Collection1,
            schema if schema.contains("v2.0.0") => Format::Collection20,
            _ => Format::Collection21,
        });
    }
    let has_kind = |key: &str, kind: Kind| root.get(key).is_some_and(|value| value.kind() == kind);
    if has_kind("requests", Kind::Array) && info.is_none() {
        return Some(Format::Collection1);
    }
    let has_items = has_kind("item", Kind::Array) || (root.get("item").is_some() && info.is_some());
    let known_info =
        info.is_some_and(|info| info.get("_postman_id").is_some() || info.get("_uid").is_some());
    (has_items || known_info).then_some(Format::Collection21)
}

/// Postman's exports tell by their name what they hold, which counts where the content is too broken to tell.
fn of_name(path: &str) -> Format {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.ends_with(".postman_collection.json") || name.ends_with(".postman_collection") {
        Format::Collection21
    } else if name.ends_with(".postman_environment.json") {
        Format::Environment
    } else if name.ends_with(".postman_globals.json") {
        Format::Globals
    } else {
        Format::Unknown
    }
}

fn protobuf(text: &str) -> Format {
    for line in text.lines().map(str::trim_start) {
        if let Some(rest) = line.strip_prefix("syntax") {
            return if rest.contains("proto3") {
                Format::Protobuf3
            } else {
                Format::Protobuf2
            };
        }
        if line.starts_with("edition") {
            return Format::Protobuf3;
        }
    }
    // Without a `syntax` line a file is proto2 by the language's own definition.
    Format::Protobuf2
}

fn wsdl(text: &str) -> Format {
    let start = text.get(..text.len().min(16_384)).unwrap_or(text);
    if start.contains("http://www.w3.org/ns/wsdl") {
        Format::Wsdl20
    } else if start.contains("http://schemas.xmlsoap.org/wsdl/") {
        Format::Wsdl11
    } else {
        Format::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, of_document, of_postman_file, of_text, unwrapped};
    use crate::format::json;

    fn json_format(path: &str, text: &str) -> Format {
        let (document, _) = json::parse(text.to_owned());
        of_document(path, document.text(), document.root())
    }

    #[test]
    fn content_decides() {
        for (text, format) in [
            (
                r#"{"info": {"schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}}"#,
                Format::Collection21,
            ),
            (
                r#"{"info": {"schema": "https://schema.getpostman.com/json/collection/v2.0.0/"}, "item": []}"#,
                Format::Collection20,
            ),
            (
                r#"{"info": {"schema": "https://schema.getpostman.com/json/collection/v3.9.9/collection.json"}}"#,
                Format::Collection21,
            ),
            (
                r#"{"collection": {"info": {"name": "x"}, "item": []}}"#,
                Format::Collection21,
            ),
            (
                r#"{"id": "x", "name": "y", "order": [], "requests": []}"#,
                Format::Collection1,
            ),
            (r#"{"info": "x", "item": []}"#, Format::Collection21),
            (r#"{"openapi": "3.1.0", "info": {}}"#, Format::OpenApi31),
            (r#"{"openapi": "3.0.3", "info": {}}"#, Format::OpenApi30),
            (r#"{"swagger": "2.0"}"#, Format::OpenApi20),
            (r#"{"asyncapi": "2.6.0"}"#, Format::AsyncApi2),
            (
                r#"{"$kind": "http-request", "url": "x"}"#,
                Format::Collection3,
            ),
            (r#"{"name": "Dev", "values": []}"#, Format::Environment),
            (r#"{"name": "x"}"#, Format::Unknown),
            (r#"[1]"#, Format::Unknown),
        ] {
            assert_eq!(json_format("a.json", text), format, "{text}");
        }
    }

    #[test]
    fn the_name_counts_where_the_content_says_nothing() {
        assert_eq!(
            json_format("x.postman_collection.json", "{}"),
            Format::Collection21
        );
        assert_eq!(
            json_format("x.postman_environment.json", "{"),
            Format::Environment
        );
        assert_eq!(json_format("x.json", "{}"), Format::Unknown);
    }

    #[test]
    fn the_place_decides_for_postmans_own_files() {
        assert_eq!(of_postman_file(".postman/api"), Some(Format::PostmanIndex));
        assert_eq!(
            of_postman_file("svc/.postman/api_1"),
            Some(Format::PostmanApi)
        );
        assert_eq!(
            of_postman_file("svc/.postman/resources.yaml"),
            Some(Format::PostmanResources)
        );
        assert_eq!(of_postman_file("api"), None);
    }

    #[test]
    fn other_definitions_are_recognised() {
        assert_eq!(
            of_text("a.proto", "// x\nsyntax = \"proto3\";"),
            Format::Protobuf3
        );
        assert_eq!(of_text("a.proto", "message A {}"), Format::Protobuf2);
        assert_eq!(of_text("a.graphql", "type A"), Format::GraphQl);
        assert_eq!(
            of_text(
                "a.wsdl",
                "<definitions xmlns=\"http://schemas.xmlsoap.org/wsdl/\">"
            ),
            Format::Wsdl11
        );
        assert_eq!(of_text("a.txt", "{"), Format::Unknown);
    }

    #[test]
    fn what_the_postman_api_wraps_is_judged_by_its_inner_object() {
        for (text, pointer, format) in [
            (
                r#"{"collection": {"info": {}, "item": []}}"#,
                "/collection",
                Format::Collection21,
            ),
            (
                r#"{"environment": {"name": "Dev", "values": []}}"#,
                "/environment",
                Format::Environment,
            ),
            (r#"{"environment": {"name": "Dev"}}"#, "", Format::Unknown),
        ] {
            let (document, _) = json::parse(text.to_owned());
            assert_eq!(unwrapped(document.root().unwrap()).1, pointer);
            assert_eq!(json_format("a.json", text), format, "{text}");
        }
    }
}
