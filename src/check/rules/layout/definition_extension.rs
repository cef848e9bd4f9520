//! Which names fit which kind of file, as Postman reads them.

use crate::format::detect::Format;

/// Every extension that a part of an API definition can have. JSON Schemas and referenced parts have the same ones.
pub const OF_DEFINITIONS: [&str; 12] = [
    "json", "yaml", "yml", "proto", "graphql", "gql", "graphqls", "wsdl", "xml", "xsd", "raml",
    "avsc",
];

/// A family of definition formats: its name, the extensions of its root file, and the `type` that Postman writes
/// before the colon.
#[derive(Debug, PartialEq, Eq)]
pub struct Family {
    /// What people call it.
    pub name: &'static str,
    /// The extensions a root file of it may have, the usual one first.
    pub extensions: &'static [&'static str],
    word: &'static str,
}

static FAMILIES: [Family; 6] = [
    Family {
        name: "OpenAPI",
        extensions: &["json", "yaml", "yml"],
        word: "openapi",
    },
    Family {
        name: "AsyncAPI",
        extensions: &["json", "yaml", "yml"],
        word: "asyncapi",
    },
    Family {
        name: "Protocol Buffers",
        extensions: &["proto"],
        word: "proto",
    },
    Family {
        name: "GraphQL",
        extensions: &["graphql", "gql", "graphqls", "json"],
        word: "graphql",
    },
    Family {
        name: "WSDL",
        extensions: &["wsdl", "xml"],
        word: "wsdl",
    },
    Family {
        name: "RAML",
        extensions: &["raml", "yaml", "yml"],
        word: "raml",
    },
];

/// The family of a format; `None` where it is no definition.
pub fn family_of(format: Format) -> Option<&'static Family> {
    let word = match format {
        Format::OpenApi20 | Format::OpenApi30 | Format::OpenApi31 | Format::OpenApi32 => "openapi",
        Format::AsyncApi2 | Format::AsyncApi3 => "asyncapi",
        Format::GraphQl => "graphql",
        Format::Protobuf2 | Format::Protobuf3 => "proto",
        Format::Wsdl11 | Format::Wsdl20 => "wsdl",
        Format::Raml08 | Format::Raml10 => "raml",
        _ => return None,
    };
    FAMILIES.iter().find(|family| family.word == word)
}

/// The family of a `type` in Postman's metadata, such as `openapi:3_1`; `None` for `null` and what nobody knows.
pub fn family_of_type(written: &str) -> Option<&'static Family> {
    let word = written.split([':', '_']).next().unwrap_or(written);
    FAMILIES.iter().find(|family| family.word == word)
}

/// `.json, .yaml or .yml`.
pub fn spelled(extensions: &[&str]) -> String {
    match extensions {
        [] => String::new(),
        [one] => format!("`.{one}`"),
        [start @ .., last] => {
            let start: Vec<String> = start.iter().map(|one| format!("`.{one}`")).collect();
            format!("{} or `.{last}`", start.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{family_of, family_of_type, spelled};
    use crate::format::detect::Format;

    #[test]
    fn types_and_formats_meet_in_a_family() {
        assert_eq!(family_of_type("openapi:3_1"), family_of(Format::OpenApi20));
        assert_eq!(family_of_type("proto_3"), family_of(Format::Protobuf2));
        assert_eq!(family_of_type("null"), None);
        assert_eq!(family_of(Format::Collection21), None);
    }

    #[test]
    fn extensions_are_spelled_as_a_choice() {
        assert_eq!(spelled(&["proto"]), "`.proto`");
        assert_eq!(
            spelled(&["json", "yaml", "yml"]),
            "`.json`, `.yaml` or `.yml`"
        );
    }
}
