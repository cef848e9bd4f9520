//! The page `docs/canonical.md`, made from the table itself.

use crate::format::meaning_fields::{Empty, FIELDS, Field, Treatment, Within};

/// The page.
pub fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    for group in FIELDS.chunk_by(|one, other| one.within == other.within) {
        page.push_str(&format!(
            "\n### {}\n\n| field | what is done | why |\n|---|---|---|\n",
            title(group[0].within)
        ));
        for field in group {
            let key = if field.key == "*" {
                "every other".to_owned()
            } else {
                format!("`{}`", field.key)
            };
            page.push_str(&format!("| {key} | {} | {} |\n", done(field), field.reason));
        }
    }
    page
}

const INTRODUCTION: &str = "# Canonical form

Made from the table itself by `git-postman canonicalize --docs`; a test keeps it fresh.

Two documents mean the same exactly where their canonical texts are the same, byte by byte. `canonicalize` prints that text,
`canonicalize --digest` its SHA-256, and the comparison of merge and diff is made of the same parts.

The text is JSON, indented by tabs, with one final newline, also for YAML, with aliases and `<<` written out. In objects of
Postman the keys stand as in its exports, elsewhere by the alphabet. Numbers are written by their exact decimal value, so `1`,
`1.0` and `10e-1` are one number and `0.1` and `0.1000000000000000055` are two. Of a key that stands twice in JSON the last
counts. A collection that the Postman API wrapped in `{\"collection\": …}` is its inner object. A collection of version 3 is the
one text of its whole folder, with folders and requests in the order that their `order` and then their names give.
Definitions in GraphQL, protobuf, WSDL and RAML stay as they are, with plain line ends and one at the end of the file.

A document that cannot be read has no canonical form, and neither has one with merge markers or half of a surrogate pair.

Everything that is not in the table counts, as it is written: the order of lists, empty texts, unknown fields. In doubt two things
are not the same, since an edit must never be lost. In particular the order counts of folders and requests, query parameters,
form fields, variables and of `enum`, `tags` and `parameters` in definitions.

## What does not count
";

fn done(field: &Field) -> String {
    match field.treatment {
        Treatment::Volatile => "left out".to_owned(),
        Treatment::VolatileBeside(other) => format!("left out beside `{other}`"),
        Treatment::Absent(empties) => {
            let words: Vec<String> = empties.iter().map(|empty| word(*empty)).collect();
            format!("{} is left out", words.join(" or "))
        }
        Treatment::SameAs(other) => format!("left out where it is the same as `{other}`"),
        Treatment::TypeOfValue => "left out where `value` shows it".to_owned(),
        Treatment::Filled => "written where it is missing".to_owned(),
        Treatment::Written => "written in one way".to_owned(),
        Treatment::Unordered => "the order does not count".to_owned(),
        Treatment::OrderedByName => "the order counts within one name".to_owned(),
    }
}

fn word(empty: Empty) -> String {
    match empty {
        Empty::Null => "`null`".to_owned(),
        Empty::Text => "`\"\"`".to_owned(),
        Empty::List => "`[]`".to_owned(),
        Empty::Object => "`{}`".to_owned(),
        Empty::False => "`false`".to_owned(),
        Empty::True => "`true`".to_owned(),
        Empty::AnyText => "a text".to_owned(),
        Empty::Word(word) => format!("`\"{word}\"`"),
        Empty::Nothing => "what has nothing in it".to_owned(),
    }
}

fn title(within: Within) -> &'static str {
    match within {
        Within::Collection => "Collection (2.0, 2.1)",
        Within::Info => "Collection: `info`",
        Within::Item => "Folder or request",
        Within::Request => "`request`",
        Within::Url => "`url`",
        Within::Query => "Query parameter",
        Within::PathVariable => "Path variable",
        Within::Header => "Header",
        Within::Body => "`body`",
        Within::FormField => "Field of a form",
        Within::Auth => "`auth`",
        Within::AuthParameter => "Parameter of `auth`",
        Within::Variable => "Variable",
        Within::Response => "Saved response",
        Within::Event => "Event",
        Within::Script => "Script",
        Within::Behaviour => "`protocolProfileBehavior`",
        Within::Environment => "Environment or globals",
        Within::EnvironmentValue => "Variable of an environment",
        Within::RequestFile => "Collection 3.0: request",
        Within::ExampleFile => "Collection 3.0: example, its `request` and `response`",
        Within::DefinitionFile => "Collection 3.0: definition of a collection or folder",
        Within::HeaderEntry => "Collection 3.0: header",
        Within::NamedEntry => "Collection 3.0: path variable or credential",
        Within::OrderedEntry => "Collection 3.0: query parameter or variable",
        Within::AuthEntry => "Collection 3.0: `auth`",
        Within::Schema => "API definition: schema",
        _ => "Other",
    }
}

#[cfg(test)]
mod tests {
    use super::{page, title};
    use crate::format::meaning_fields::FIELDS;

    #[test]
    fn the_page_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/canonical.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == page(),
            "stale: run `cargo run -q -- canonicalize --docs > docs/canonical.md`"
        );
    }

    #[test]
    fn every_place_has_a_title_and_stands_in_one_group() {
        let mut seen = Vec::new();
        for group in FIELDS.chunk_by(|one, other| one.within == other.within) {
            assert!(!seen.contains(&group[0].within), "{:?}", group[0].within);
            assert_ne!(title(group[0].within), "Other");
            seen.push(group[0].within);
        }
    }
}
