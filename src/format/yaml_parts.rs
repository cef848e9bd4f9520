//! Values set anew in YAML, in the style of the document they go into: its indentation, its quotes, its lists.

use crate::format::merged::Seen;
use crate::format::node::{Kind, NodeRef};
use crate::format::write_json::quoted;
use crate::format::write_yaml::transplanted;
use crate::format::yaml::is_plain_string;
use crate::format::yaml_layout::{Layout, Layouts, Shape};
use crate::format::yaml_scalar::{Spot, inline, is_other_in_yaml_1_1, is_plain, literal};

/// A value set, before it has its place. Lines end with `\n` and begin at the left margin.
#[derive(Debug)]
pub(crate) enum Rendered {
    /// On one line.
    Inline(String),
    /// A list or mapping in lines.
    Lines { text: String, list: bool },
    /// A block scalar: what its header begins with, whether its indentation must be said, how it ends, and its lines.
    Literal {
        style: char,
        explicit: bool,
        chomping: String,
        lines: Vec<String>,
    },
}

/// How values are set in a document.
#[derive(Clone, Debug)]
pub(crate) struct Scribe<'s, 'm> {
    layouts: &'s Layouts<'m>,
    unit: usize,
    list_offset: usize,
    quote: char,
    key_shape: Shape,
    lenient_keys: bool,
    lenient_values: bool,
}

impl<'s, 'm> Scribe<'s, 'm> {
    /// In the style of this document.
    pub(crate) fn like(layout: &Layout<'_>, layouts: &'s Layouts<'m>) -> Self {
        let mut unit = None;
        let mut list_offset = None;
        let (mut single, mut double) = (0, 0);
        for (number, part) in layout.parts.iter().enumerate() {
            match part.shape {
                Shape::Single => single += 1,
                Shape::Double => double += 1,
                Shape::BlockMap if unit.is_none() || list_offset.is_none() => {
                    for slot in layout.slots_of(part) {
                        let slot = layout.slot(*slot);
                        let value = &layout.parts[slot.value()];
                        let Some(first) = layout
                            .slots_of(value)
                            .first()
                            .map(|slot| layout.slot(*slot))
                        else {
                            continue;
                        };
                        if !layout.begins_line(first.start()) || !layout.is_in_lines(slot.value()) {
                            continue;
                        }
                        let (outer, inner) =
                            (layout.column(slot.start()), layout.column(first.start()));
                        let offset = inner.saturating_sub(outer);
                        let place = if value.shape == Shape::BlockList {
                            &mut list_offset
                        } else {
                            &mut unit
                        };
                        if place.is_none() {
                            *place = Some(offset);
                        }
                    }
                }
                _ => {}
            }
            if number > 10_000 {
                break;
            }
        }
        let unit = unit
            .or(list_offset.filter(|offset| *offset > 0))
            .filter(|unit| (1..=9).contains(unit))
            .unwrap_or(2);
        Self {
            layouts,
            unit,
            list_offset: list_offset.unwrap_or(unit),
            quote: if single > double { '\'' } else { '"' },
            key_shape: Shape::Plain,
            lenient_keys: false,
            lenient_values: false,
        }
    }

    /// The same with keys written like those that stand there.
    pub(crate) fn with_keys(&self, key_shape: Shape, lenient: bool) -> Self {
        Self {
            key_shape,
            lenient_keys: lenient,
            ..self.clone()
        }
    }

    /// The same with plain words where such a word stood before.
    pub(crate) fn with_values(&self, lenient: bool) -> Self {
        Self {
            lenient_values: lenient,
            ..self.clone()
        }
    }

    /// Whether a plain word is one that some readers take for something else than a string.
    pub(crate) fn is_dubious(&self, word: &str) -> bool {
        !is_plain_string(word) || is_other_in_yaml_1_1(word)
    }

    /// A key, written like another one.
    pub(crate) fn key(&self, key: &str, like: Shape, flow: bool) -> String {
        let spot = Spot {
            flow,
            quote: self.quote,
            lenient: self.lenient_keys,
        };
        // Keys are strings whatever they look like.
        if like == Shape::Plain
            && self.lenient_keys
            && !key.is_empty()
            && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
        {
            return key.to_owned();
        }
        inline(key, like, spot)
    }

    /// A member of a mapping in lines.
    pub(crate) fn member(&self, key: &str, value: Seen<'m>) -> String {
        let written = self.key(key, self.key_shape, false);
        // How its keys are written is the affair of this mapping alone.
        let inner = self.with_keys(Shape::Plain, false);
        let rendered = inner.rendered(value, Shape::Plain);
        format!("{written}:{}", self.placed(&rendered, false, true))
    }

    /// An item of a list in lines.
    pub(crate) fn item(&self, value: Seen<'m>, like: Shape) -> String {
        let rendered = self.rendered(value, like);
        format!("-{}", self.placed(&rendered, true, true))
    }

    /// A member between braces.
    pub(crate) fn flow_member(&self, key: &str, value: Seen<'m>, json: bool) -> String {
        let shape = if json { Shape::Double } else { self.key_shape };
        let written = self.key(key, shape, true);
        format!("{written}: {}", self.flow(value, Shape::Plain, json))
    }

    /// A value between brackets.
    pub(crate) fn flow(&self, seen: Seen<'m>, like: Shape, json: bool) -> String {
        match seen.kind() {
            Kind::Object => {
                let members = seen.members();
                let members = members
                    .iter()
                    .map(|(key, value)| self.flow_member(key, *value, json));
                format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
            }
            Kind::Array => {
                let items = seen.items();
                let items = items.iter().map(|item| self.flow(*item, like, json));
                format!("[{}]", items.collect::<Vec<_>>().join(", "))
            }
            Kind::String => {
                let text = seen.as_str().unwrap_or_default();
                let shape = if json { Shape::Double } else { like };
                inline(text, shape, self.spot(true))
            }
            _ => word(seen),
        }
    }

    /// A value of its own lines or line; a string like one of this shape.
    pub(crate) fn rendered(&self, seen: Seen<'m>, like: Shape) -> Rendered {
        if let Some(text) = seen.as_str() {
            if let Seen::Node(node) = seen.plain()
                && let Some(written) = as_written(node)
            {
                return written;
            }
            let in_lines = text.contains('\n') && like != Shape::Double;
            if (in_lines || (like == Shape::Block && text.ends_with('\n')))
                && let Some((header, lines)) = literal(text)
            {
                return Rendered::Literal {
                    style: '|',
                    explicit: header.contains('2'),
                    chomping: header.trim_start_matches(['|', '2']).to_owned(),
                    lines: lines.into_iter().map(str::to_owned).collect(),
                };
            }
            return Rendered::Inline(inline(text, like, self.spot(false)));
        }
        let object = seen.kind() == Kind::Object;
        if !object && seen.kind() != Kind::Array {
            return Rendered::Inline(word(seen));
        }
        if seen.is_empty() {
            return Rendered::Inline(if object { "{}" } else { "[]" }.to_owned());
        }
        let source = match seen.plain() {
            Seen::Node(node) => Some(node),
            Seen::Merged(merged) => merged.like(),
            Seen::Value(_) => None,
        };
        if let Some(source) = source
            && source.document().is_yaml()
            && source.kind() == seen.kind()
            && let Some(text) = transplanted(seen, source, self.layouts)
            && !text.trim().is_empty()
        {
            return Rendered::Lines {
                text,
                list: !object,
            };
        }
        let lines: Vec<String> = if object {
            let members = seen.members();
            let lines = members.iter().map(|(key, value)| self.member(key, *value));
            lines.collect()
        } else {
            let items = seen.items();
            let lines = items.iter().map(|item| self.item(*item, Shape::Plain));
            lines.collect()
        };
        Rendered::Lines {
            text: lines.join("\n"),
            list: !object,
        }
    }

    /// What stands behind the colon or dash of a slot at the left margin. `compact` lets the lines of an item begin behind
    /// its dash.
    pub(crate) fn placed(&self, rendered: &Rendered, item: bool, compact: bool) -> String {
        match rendered {
            Rendered::Inline(text) if text.is_empty() => String::new(),
            Rendered::Inline(text) => format!(" {text}"),
            Rendered::Literal {
                style,
                explicit,
                chomping,
                lines,
            } => {
                let width = self.unit;
                let digit = if *explicit {
                    width.to_string()
                } else {
                    String::new()
                };
                let mut out = format!(" {style}{digit}{chomping}");
                for line in lines {
                    out.push('\n');
                    if !line.is_empty() {
                        out.push_str(&" ".repeat(width));
                        out.push_str(line);
                    }
                }
                out
            }
            Rendered::Lines { text, .. } if item && compact && !text.starts_with([' ', '#']) => {
                format!(" {}", shifted(text, 2, "\n"))
            }
            Rendered::Lines { text, list } => {
                let offset = match (item, list) {
                    (true, _) => 2,
                    (false, true) => self.list_offset,
                    (false, false) => self.unit,
                };
                shifted(&format!("\n{text}"), offset, "\n")
            }
        }
    }

    fn spot(&self, flow: bool) -> Spot {
        Spot {
            flow,
            quote: self.quote,
            lenient: self.lenient_values,
        }
    }
}

/// Lines moved to the right, the first one excepted; blank lines stay empty.
pub(crate) fn shifted(text: &str, columns: usize, newline: &str) -> String {
    let indent = " ".repeat(columns);
    let mut out = String::with_capacity(text.len() + 16);
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push_str(newline);
            if !line.is_empty() {
                out.push_str(&indent);
            }
        }
        out.push_str(line);
    }
    out
}

/// A number, a boolean or null; of a YAML document as it is written there.
fn word(seen: Seen<'_>) -> String {
    if let Seen::Node(node) = seen.plain()
        && node.document().is_yaml()
    {
        let written = node.span().of(node.document().text());
        if !written.is_empty() && !written.contains(['\n', '"', '\'']) && !is_plain_string(written)
        {
            return written.to_owned();
        }
    }
    seen.as_word().unwrap_or_default().into_owned()
}

/// A string as it is written in its YAML document, where that fits one line. Block scalars are copied with the containers
/// that they lie in.
fn as_written(node: NodeRef<'_>) -> Option<Rendered> {
    if !node.document().is_yaml() {
        return None;
    }
    let written = node.span().of(node.document().text());
    let value = node.as_str()?;
    let quotes = written.len() >= 2
        && ((written.starts_with('"') && written.ends_with('"'))
            || (written.starts_with('\'') && written.ends_with('\'')));
    let plain = written == value
        && is_plain(
            written,
            Spot {
                flow: false,
                quote: '"',
                lenient: true,
            },
        );
    ((quotes || plain) && !written.contains('\n')).then(|| {
        Rendered::Inline(if written.starts_with('"') && written.contains('\r') {
            quoted(value)
        } else {
            written.to_owned()
        })
    })
}
