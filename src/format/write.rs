//! Writing a merged document as JSON text: what a side has is copied byte by byte, and only what changed is set anew, in
//! the style that stands around it.

use std::collections::HashMap;

use serde_json::Value;

use crate::format::merged::Merged;
use crate::format::node::{Document, Kind, MemberRef, NodeRef};

/// The text of a merged document. `like` is the document that gives the style and everything around the topmost value;
/// `others` are those that parts may come from beside it.
pub fn to_text(merged: &Merged<'_>, like: &Document, others: &[&Document]) -> String {
    let text = like.text();
    let Some(root) = like.root() else {
        return text.to_owned();
    };
    let foreign = others
        .iter()
        .map(|document| (*document, Style::of(document)))
        .collect();
    let style = Style {
        foreign,
        ..Style::of(like)
    };
    let mut out = String::with_capacity(text.len() + 256);
    out.push_str(&text[..root.span().start as usize]);
    write(merged, &mut out, &style, 0);
    out.push_str(&text[root.span().end as usize..]);
    out
}

/// How a document is laid out.
struct Style<'a> {
    /// Whether it has lines at all.
    lines: bool,
    newline: &'static str,
    unit: String,
    colon: &'static str,
    /// How the other documents are laid out: each is looked through once.
    foreign: Vec<(&'a Document, Self)>,
}

impl<'a> Style<'a> {
    fn of(document: &'a Document) -> Self {
        let text = document.text();
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let first = document.root().and_then(|root| {
            root.members()
                .next()
                .map(|member| (root.span().start, member.key_span.start))
        });
        let before = first.map_or("", |(start, key)| &text[start as usize + 1..key as usize]);
        let unit = before.rsplit('\n').next().unwrap_or_default();
        let colon = document
            .root()
            .and_then(|root| root.members().next())
            .map_or(": ", |member| {
                let between =
                    &text[member.key_span.end as usize..member.value.span().start as usize];
                if between.ends_with(':') { ":" } else { ": " }
            });
        Self {
            lines: before.contains('\n'),
            newline,
            unit: unit.to_owned(),
            colon,
            foreign: Vec::new(),
        }
    }

    fn line(&self, out: &mut String, depth: usize) {
        if self.lines {
            out.push_str(self.newline);
            for _ in 0..depth {
                out.push_str(&self.unit);
            }
        }
    }
}

fn write(merged: &Merged<'_>, out: &mut String, style: &Style<'_>, depth: usize) {
    match merged {
        Merged::Taken(node) => write_node(*node, out, style, depth),
        Merged::Text { text, .. } => out.push_str(&Value::from(text.as_str()).to_string()),
        Merged::New(value) => write_new(value, out, style, depth),
        Merged::Object { like, members } => {
            let own: Vec<_> = like.members().collect();
            let untouched = own.len() == members.len()
                && own
                    .iter()
                    .zip(members)
                    .all(|(own, (key, value))| own.key == *key && is_itself(value, own.value));
            if untouched {
                return write_node(*like, out, style, depth);
            }
            if members.is_empty() {
                out.push_str("{}");
                return;
            }
            // Large objects exist, such as the paths of a definition.
            let known: HashMap<&str, MemberRef<'_>> =
                own.into_iter().map(|member| (member.key, member)).collect();
            out.push('{');
            for (index, (key, value)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                style.line(out, depth + 1);
                match known.get(key) {
                    // The key and what stands between it and the value, as they are written.
                    Some(own) => {
                        let text = like.document().text();
                        let (start, end) =
                            (own.key_span.start as usize, own.value.span().start as usize);
                        out.push_str(text.get(start..end).unwrap_or_default());
                    }
                    None => {
                        out.push_str(&Value::from(*key).to_string());
                        out.push_str(style.colon);
                    }
                }
                write(value, out, style, depth + 1);
            }
            style.line(out, depth);
            out.push('}');
        }
        Merged::Array { like, items } => {
            let untouched = like.items().len() == items.len()
                && like
                    .items()
                    .zip(items)
                    .all(|(own, value)| is_itself(value, own));
            if untouched {
                return write_node(*like, out, style, depth);
            }
            if items.is_empty() {
                out.push_str("[]");
                return;
            }
            out.push('[');
            for (index, value) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                style.line(out, depth + 1);
                write(value, out, style, depth + 1);
            }
            style.line(out, depth);
            out.push(']');
        }
    }
}

/// Whether a part of the result is a part of the side it is written like, with nothing changed below it.
fn is_itself(value: &Merged<'_>, own: NodeRef<'_>) -> bool {
    let is_own =
        |node: &NodeRef<'_>| std::ptr::eq(node.document(), own.document()) && node.id() == own.id();
    match value {
        Merged::Taken(node) => is_own(node),
        Merged::Text { .. } | Merged::New(_) => false,
        Merged::Object { like, members } => {
            is_own(like)
                && like.members().len() == members.len()
                && like
                    .members()
                    .zip(members)
                    .all(|(own, (key, value))| own.key == *key && is_itself(value, own.value))
        }
        Merged::Array { like, items } => {
            is_own(like)
                && like.items().len() == items.len()
                && like
                    .items()
                    .zip(items)
                    .all(|(own, value)| is_itself(value, own))
        }
    }
}

/// A value as it stands in its document, moved to another depth. Where its document is laid out otherwise it is set anew.
fn write_node(node: NodeRef<'_>, out: &mut String, style: &Style<'_>, depth: usize) {
    let text = node.span().of(node.document().text());
    if !matches!(node.kind(), Kind::Array | Kind::Object) || !text.contains('\n') {
        out.push_str(text);
        return;
    }
    let known = style
        .foreign
        .iter()
        .find(|(document, _)| std::ptr::eq(*document, node.document()));
    let own = known.map_or(style, |(_, own)| own);
    let start = node.span().start as usize;
    let before = &node.document().text()[..start];
    let line = before.rsplit('\n').next().unwrap_or_default();
    let indent: &str = &line[..line.len() - line.trim_start().len()];
    let wanted = style.unit.repeat(if style.lines { depth } else { 0 });
    let alike = own.newline == style.newline && own.unit == style.unit;
    if alike && indent == wanted {
        out.push_str(text);
    } else if alike && style.lines {
        let mut lines = text.split('\n');
        out.push_str(lines.next().unwrap_or_default());
        for line in lines {
            out.push('\n');
            out.push_str(&wanted);
            out.push_str(line.strip_prefix(indent).unwrap_or(line));
        }
    } else {
        write_anew(node, out, style, depth);
    }
}

fn write_anew(node: NodeRef<'_>, out: &mut String, style: &Style<'_>, depth: usize) {
    let text = node.document().text();
    match node.kind() {
        Kind::Object if node.members().len() > 0 => {
            out.push('{');
            for (index, member) in node.members().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                style.line(out, depth + 1);
                out.push_str(member.key_span.of(text));
                out.push_str(style.colon);
                write_anew(member.value, out, style, depth + 1);
            }
            style.line(out, depth);
            out.push('}');
        }
        Kind::Array if node.items().len() > 0 => {
            out.push('[');
            for (index, item) in node.items().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                style.line(out, depth + 1);
                write_anew(item, out, style, depth + 1);
            }
            style.line(out, depth);
            out.push(']');
        }
        _ => out.push_str(node.span().of(text)),
    }
}

/// A value that no document has, in the style of the one it goes into.
fn write_new(value: &Value, out: &mut String, style: &Style<'_>, depth: usize) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            out.push('{');
            for (index, (key, value)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                style.line(out, depth + 1);
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push_str(style.colon);
                write_new(value, out, style, depth + 1);
            }
            style.line(out, depth);
            out.push('}');
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                style.line(out, depth + 1);
                write_new(item, out, style, depth + 1);
            }
            style.line(out, depth);
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}
