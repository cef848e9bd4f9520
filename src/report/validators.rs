//! What reads the formats in tests: the parsers that real readers use, and the schemas that services publish.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};
use html5ever::tendril::TendrilSink as _;
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use serde_json::Value;

/// Fails where a value does not fit a schema.
#[track_caller]
pub(crate) fn expect_schema(schema: &Value, value: &Value) {
    let validator = jsonschema::validator_for(schema).unwrap();
    expect_valid(&validator, value);
}

/// Fails where a text is no SARIF by the schema of the standard.
#[track_caller]
pub(crate) fn expect_sarif(text: &str) {
    static VALIDATOR: OnceLock<jsonschema::Validator> = OnceLock::new();
    let validator = VALIDATOR.get_or_init(|| {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/schemas/sarif-2.1.0.json"
        );
        let text = std::fs::read_to_string(path).unwrap();
        // A pattern for a key that we do not write has a bracket that not every engine takes for itself.
        let text = text.replace("{2}]?$", "{2}\\\\]?$");
        let schema: Value = serde_json::from_str(&text).unwrap();
        let mut options = jsonschema::options();
        options = options.should_validate_formats(true);
        options.build(&schema).unwrap()
    });
    expect_valid(validator, &serde_json::from_str(text).unwrap());
}

#[track_caller]
fn expect_valid(validator: &jsonschema::Validator, value: &Value) {
    let faults: Vec<String> = validator
        .iter_errors(value)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// One element of an XML document.
#[derive(Debug)]
pub(crate) struct XmlElement {
    pub(crate) name: String,
    pub(crate) text: String,
    attributes: Vec<(String, String)>,
}

impl XmlElement {
    /// The value of an attribute.
    #[track_caller]
    pub(crate) fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(own, _)| own == name);
        &found.unwrap().1
    }
}

/// The elements of a well-formed document.
#[track_caller]
pub(crate) fn xml_elements(text: &str) -> Vec<XmlElement> {
    let document = roxmltree::Document::parse(text).unwrap();
    document
        .descendants()
        .filter(roxmltree::Node::is_element)
        .map(|node| XmlElement {
            name: node.tag_name().name().to_owned(),
            text: node.text().unwrap_or_default().to_owned(),
            attributes: node
                .attributes()
                .map(|one| (one.name().to_owned(), one.value().to_owned()))
                .collect(),
        })
        .collect()
}

/// What a parser of Markdown makes of a text.
#[derive(Debug, Default)]
pub(crate) struct MarkdownSeen {
    /// Where links and pictures lead.
    pub(crate) links: Vec<String>,
    /// Pieces of HTML.
    pub(crate) html: Vec<String>,
    /// The text outside of code.
    pub(crate) text: String,
    /// How many tables there are.
    pub(crate) tables: usize,
    /// How many items lists have.
    pub(crate) items: usize,
}

/// Reads Markdown with everything on that a provider may have on.
pub(crate) fn markdown_seen(text: &str) -> MarkdownSeen {
    let mut options = Options::default();
    let extension = &mut options.extension;
    extension.table = true;
    extension.autolink = true;
    extension.strikethrough = true;
    extension.tasklist = true;
    extension.footnotes = true;
    extension.math_dollars = true;
    extension.math_code = true;
    let arena = Arena::new();
    let mut seen = MarkdownSeen::default();
    for node in parse_document(&arena, text, &options).descendants() {
        match &node.data.borrow().value {
            NodeValue::Text(text) => seen.text.push_str(text),
            NodeValue::Link(link) | NodeValue::Image(link) => seen.links.push(link.url.clone()),
            NodeValue::HtmlInline(html) => seen.html.push(html.clone()),
            NodeValue::HtmlBlock(block) => seen.html.push(block.literal.clone()),
            NodeValue::Table(_) => seen.tables += 1,
            NodeValue::Item(_) | NodeValue::TaskItem(_) => seen.items += 1,
            NodeValue::FootnoteReference(_) | NodeValue::Math(_) => {
                seen.links.push("a footnote or a formula".to_owned());
            }
            _ => {}
        }
    }
    seen
}

/// Fails where a text, alone or behind an item's mark, is anything but words and code.
#[track_caller]
pub(crate) fn expect_only_words_and_code(markdown: &str) {
    for (text, items) in [
        (markdown.to_owned(), 0),
        (format!("- `place` {markdown}\n"), 1),
    ] {
        let seen = markdown_seen(&text);
        assert_eq!((seen.items, seen.tables), (items, 0), "{text:?}");
        assert!(
            seen.links.is_empty() && seen.html.is_empty(),
            "{text:?}: {seen:?}"
        );
        assert!(
            !seen
                .text
                .contains(['@', '#', '<', '!', '[', '|', '*', '_', '~', '`', '$', '\\']),
            "{text:?}: {seen:?}"
        );
        assert!(!text.trim_end().contains('\n'), "{text:?}");
    }
}

/// What a browser's parser makes of a page.
#[derive(Debug, Default)]
pub(crate) struct HtmlSeen {
    /// The names of elements.
    pub(crate) elements: BTreeSet<String>,
    /// Attributes with their elements, such as `a href`.
    pub(crate) attributes: BTreeSet<String>,
    /// What the parser had to mend.
    pub(crate) errors: Vec<String>,
    /// The texts of scripts.
    pub(crate) scripts: Vec<String>,
    /// The texts of styles.
    pub(crate) styles: Vec<String>,
}

/// Reads a page as browsers do.
pub(crate) fn html_seen(text: &str) -> HtmlSeen {
    let dom =
        html5ever::parse_document(RcDom::default(), html5ever::ParseOpts::default()).one(text);
    let mut seen = HtmlSeen {
        errors: dom
            .errors
            .borrow()
            .iter()
            .map(ToString::to_string)
            .collect(),
        ..HtmlSeen::default()
    };
    let mut open: Vec<Handle> = vec![dom.document.clone()];
    while let Some(node) = open.pop() {
        if let NodeData::Element { name, attrs, .. } = &node.data {
            let name = name.local.to_string();
            for attribute in attrs.borrow().iter() {
                seen.attributes
                    .insert(format!("{name} {}", attribute.name.local));
            }
            let text = || node.children.borrow().iter().map(own_text).collect();
            match name.as_str() {
                "script" => seen.scripts.push(text()),
                "style" => seen.styles.push(text()),
                _ => {}
            }
            seen.elements.insert(name);
        }
        open.extend(node.children.borrow().iter().cloned());
    }
    seen
}

fn own_text(node: &Handle) -> String {
    match &node.data {
        NodeData::Text { contents } => contents.borrow().to_string(),
        _ => String::new(),
    }
}
