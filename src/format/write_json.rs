//! JSON written with the fewest changes: the spaces between members that stay are kept, what comes in follows the style of
//! its neighbours, and what comes from elsewhere keeps its inner layout where that fits.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;

use serde_json::Value;

use crate::format::gaps::{Bracketed, Room, indent_at};
use crate::format::json;
use crate::format::merged::{Merged, Seen};
use crate::format::node::{Document, Kind, NodeId, NodeRef};
use crate::format::pairing::{changes_parts, in_order, pair_renamed, pairs, steps, Step};
use crate::format::patch::Patches;

/// What has to change in the text of a document for its root to become the merged value.
pub(crate) fn patches(merged: &Merged<'_>, root: NodeRef<'_>) -> Patches {
    let mut patches = Patches::default();
    Writer::of(root.document()).patch(merged, root, None, &mut patches);
    patches
}

/// How a document is laid out.
#[derive(Clone, PartialEq, Eq)]
struct Style {
    /// Whether it has lines at all.
    lines: bool,
    newline: &'static str,
    unit: String,
    colon: &'static str,
}

impl Style {
    fn of(document: &Document) -> Self {
        let text = document.text();
        let newline = newline_of(text);
        let Some(root) = document.root() else {
            return Self {
                lines: true,
                newline,
                unit: "  ".to_owned(),
                colon: ": ",
            };
        };
        let start = root.span().start as usize;
        let inside = root.span().of(text);
        let lines = inside.contains('\n') || (root.span().end - root.span().start) <= 2;
        let unit = inside.split('\n').skip(1).find_map(|line| {
            let indent = &line[..line.len() - line.trim_start().len()];
            let unit = indent.strip_prefix(indent_at(text, start))?;
            (!unit.is_empty() && indent.len() < line.trim_end().len()).then(|| unit.to_owned())
        });
        let colon = colon_of(root).unwrap_or(": ");
        Self {
            lines,
            newline,
            unit: unit.unwrap_or_else(|| "  ".to_owned()),
            colon,
        }
    }

    fn after_comma(&self) -> &'static str {
        if self.colon == ":" { "" } else { " " }
    }
}

/// The line end of a text: its first one's.
pub(crate) fn newline_of(text: &str) -> &'static str {
    match memchr::memchr(b'\n', text.as_bytes()) {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// How the first member below a value is written between key and value.
fn colon_of(root: NodeRef<'_>) -> Option<&'static str> {
    let mut node = root;
    while node.kind() == Kind::Array {
        node = node.nth_item(0)?;
    }
    let member = node.nth_member(0)?;
    let text = root.document().text();
    let between = text.get(member.key_span.end as usize..member.value.span().start as usize)?;
    Some(if between.ends_with(':') { ":" } else { ": " })
}

struct Writer {
    style: Style,
}

impl Writer {
    fn of(document: &Document) -> Self {
        Self {
            style: Style::of(document),
        }
    }

    /// Changes the text at `own` so that it becomes the merged value.
    fn patch(
        &self,
        merged: &Merged<'_>,
        own: NodeRef<'_>,
        parent: Option<NodeRef<'_>>,
        patches: &mut Patches,
    ) {
        match merged {
            Merged::Taken(node) if node.is(own) => return,
            Merged::Object { like, members } if like.is(own) => {
                return self.object(own, members, patches);
            }
            Merged::Array { like, items } if like.is(own) => {
                return self.array(own, items, patches);
            }
            _ => {}
        }
        let text = own.document().text();
        let start = own.span().start as usize;
        // A value in a line with its siblings does not break that line.
        let one_line = !self.style.lines
            || (Seen::Merged(merged).is_container()
                && parent.is_some_and(|parent| !parent.span().of(text).contains('\n')));
        let indent = if one_line {
            ""
        } else {
            indent_at(text, start)
        };
        let mut new = String::new();
        self.write(Seen::Merged(merged), indent, one_line, &mut new);
        if new != own.span().of(text) {
            patches.replace(own.span().range(), new);
        }
    }

    fn object(&self, own: NodeRef<'_>, members: &[(&str, Merged<'_>)], patches: &mut Patches) {
        let own_members: Vec<_> = own.members().collect();
        let keys: Vec<&str> = own_members.iter().map(|member| member.key).collect();
        let doubles = (0..keys.len()).any(|index| !own.counts(index));
        // Of members with one key the first holds the place, and the last the value.
        let mut first_of: Vec<usize> = (0..keys.len()).collect();
        let mut last_of = first_of.clone();
        if doubles {
            let mut first = HashMap::new();
            for (index, key) in keys.iter().enumerate() {
                let place = *first.entry(*key).or_insert(index);
                first_of[index] = place;
                last_of[place] = index;
            }
        }
        let wanted: Vec<Option<&str>> = members.iter().map(|(key, _)| Some(*key)).collect();
        let mut found = pairs(&keys, &wanted);
        let ids = |index: usize| own_members[index].value.id();
        let renamed = !doubles
            && pair_renamed(&mut found, own_members.len(), ids, |index| {
                members[index].1.origin(own.document())
            });
        in_order(&mut found);
        let mut kept = vec![false; own_members.len()];
        for place in found.iter().flatten() {
            kept[*place] = true;
        }
        let steps = steps(
            own_members.len(),
            &found,
            |index| first_of[index] != index && kept[first_of[index]],
            |_, _| false,
        );
        for step in &steps {
            if let Step::Keep { own: place, wanted } = *step {
                let (key, value) = &members[wanted];
                let member = own_members[last_of[place]];
                if renamed && member.key != *key {
                    patches.replace(member.key_span.range(), quoted(key));
                }
                self.patch(value, member.value, Some(own), patches);
            }
        }
        if !changes_parts(&steps) {
            return;
        }
        let parts = own_members.iter().map(|member| {
            member.key_span.start as usize..member.value.span().end as usize
        });
        let text = own.document().text();
        let bracketed = self.bracketed(own, parts.collect());
        bracketed.edit(&steps, patches, &mut |index, room| {
            let (key, value) = &members[index];
            let sibling = room.sibling.map(|part| own_members[part]);
            let colon = sibling.map_or(self.style.colon, |member| {
                let between = member.key_span.end as usize..member.value.span().start as usize;
                Some(&text[between])
                    .filter(|between| !between.contains('\n'))
                    .unwrap_or(self.style.colon)
            });
            let mut out = quoted(key);
            out.push_str(colon);
            self.write_beside(value, sibling.map(|member| member.value), room, &mut out);
            out
        });
    }

    fn array(&self, own: NodeRef<'_>, items: &[Merged<'_>], patches: &mut Patches) {
        let own_items: Vec<NodeRef<'_>> = own.items().collect();
        let ids: Vec<NodeId> = own_items.iter().map(|item| item.id()).collect();
        let wanted: Vec<Option<NodeId>> =
            items.iter().map(|item| item.origin(own.document())).collect();
        let mut found = pairs(&ids, &wanted);
        in_order(&mut found);
        let is_plain = |seen: Seen<'_>| !seen.is_container();
        let steps = steps(
            own_items.len(),
            &found,
            |_| false,
            |own, wanted| {
                is_plain(Seen::Node(own_items[own])) && is_plain(Seen::Merged(&items[wanted]))
            },
        );
        for step in &steps {
            if let Step::Keep { own: place, wanted } = *step {
                self.patch(&items[wanted], own_items[place], Some(own), patches);
            }
        }
        if changes_parts(&steps) {
            let parts = own_items.iter().map(|item| item.span().range()).collect();
            let bracketed = self.bracketed(own, parts);
            bracketed.edit(&steps, patches, &mut |index, room| {
                let mut out = String::new();
                let sibling = room.sibling.map(|part| own_items[part]);
                self.write_beside(&items[index], sibling, room, &mut out);
                out
            });
        }
    }

    fn bracketed<'a>(
        &self,
        own: NodeRef<'a>,
        parts: Vec<Range<usize>>,
    ) -> Bracketed<'a> {
        let text = own.document().text();
        let span = own.span().range();
        let indent = indent_at(text, span.start);
        let style = &self.style;
        let (opening, closing) = if style.lines {
            (
                format!("{}{indent}{}", style.newline, style.unit),
                format!("{}{indent}", style.newline),
            )
        } else {
            (String::new(), String::new())
        };
        Bracketed {
            text,
            inside: span.start + 1..span.end - 1,
            parts,
            opening,
            closing,
            after_comma: style.after_comma(),
            line: OnceCell::new(),
        }
    }

    /// Writes what comes in beside a sibling: on one line where that is one.
    fn write_beside(
        &self,
        value: &Merged<'_>,
        sibling: Option<NodeRef<'_>>,
        room: &Room<'_>,
        out: &mut String,
    ) {
        let seen = Seen::Merged(value);
        let short = sibling.is_some_and(|sibling| {
            let text = sibling.span().of(sibling.document().text());
            sibling.kind() == seen.kind() && seen.is_container() && text.len() > 2 && !text.contains('\n')
        });
        let one_line = room.one_line || short || !self.style.lines;
        self.write(seen, room.indent, one_line, out);
    }

    fn write(&self, seen: Seen<'_>, indent: &str, one_line: bool, out: &mut String) {
        if let Some(text) = seen.as_str() {
            let written = match seen.plain() {
                Seen::Node(node) if !node.document().is_yaml() => {
                    node.span().of(node.document().text()).to_owned()
                }
                _ => quoted(text),
            };
            out.push_str(&written);
            return;
        }
        if let Some(word) = seen.as_word() {
            out.push_str(&word);
            return;
        }
        let like = match seen.plain() {
            Seen::Node(node) => Some(node),
            Seen::Merged(merged) => merged.like(),
            Seen::Value(_) => None,
        };
        if let Some(like) = like.filter(|like| like.kind() == seen.kind())
            && !like.document().is_yaml()
        {
            return self.transplant(seen, like, indent, one_line, out);
        }
        self.write_anew(seen, indent, one_line, out);
    }

    fn write_anew(&self, seen: Seen<'_>, indent: &str, one_line: bool, out: &mut String) {
        let inner = format!("{indent}{}", self.style.unit);
        let line = |out: &mut String, indent: &str| {
            if !one_line {
                out.push_str(self.style.newline);
                out.push_str(indent);
            }
        };
        let comma = |out: &mut String, index: usize| {
            if index > 0 {
                out.push(',');
                if one_line {
                    out.push_str(self.style.after_comma());
                }
            }
        };
        if seen.kind() == Kind::Object {
            let members = seen.members();
            out.push('{');
            for (index, (key, value)) in members.iter().enumerate() {
                comma(out, index);
                line(out, &inner);
                out.push_str(&quoted(key));
                out.push_str(self.style.colon);
                self.write(*value, &inner, one_line, out);
            }
            if !members.is_empty() {
                line(out, indent);
            }
            out.push('}');
        } else {
            let items = seen.items();
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                comma(out, index);
                line(out, &inner);
                self.write(*item, &inner, one_line, out);
            }
            if !items.is_empty() {
                line(out, indent);
            }
            out.push(']');
        }
    }

    /// Writes a container as it stands in a JSON document, with its own changes, at another place.
    fn transplant(
        &self,
        seen: Seen<'_>,
        like: NodeRef<'_>,
        indent: &str,
        one_line: bool,
        out: &mut String,
    ) {
        let text = like.document().text();
        let source = Self::of(like.document());
        let mut changes = Patches::default();
        if let Seen::Merged(merged) = seen {
            source.patch(merged, like, None, &mut changes);
        }
        let part = changes.applied(text, like.span().range());
        if part.contains('\n') != (part.len() > 2 && !one_line)
            && (part.contains('\n') || !source.style.lines)
        {
            // Lines into one, or one into lines.
            let (document, _) = json::parse(part);
            if let Some(root) = document.root() {
                self.relaid(root, indent, one_line, out);
            }
            return;
        }
        let from = indent_at(text, like.span().start as usize);
        for (index, line) in part.split('\n').enumerate() {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if index == 0 {
                out.push_str(line);
                continue;
            }
            out.push_str(self.style.newline);
            let mut rest = line.strip_prefix(from).unwrap_or_else(|| line.trim_start());
            if !rest.is_empty() {
                out.push_str(indent);
            }
            while let Some(inner) = rest.strip_prefix(source.style.unit.as_str()) {
                out.push_str(&self.style.unit);
                rest = inner;
            }
            out.push_str(rest);
        }
    }

    /// Writes a container of a document that is laid out otherwise; keys and plain values stay as they are written.
    fn relaid(&self, node: NodeRef<'_>, indent: &str, one_line: bool, out: &mut String) {
        let text = node.document().text();
        let (object, length) = match node.kind() {
            Kind::Object => (true, node.members().len()),
            Kind::Array => (false, node.items().len()),
            _ => return out.push_str(node.span().of(text)),
        };
        let inner = format!("{indent}{}", self.style.unit);
        out.push(if object { '{' } else { '[' });
        for index in 0..length {
            if index > 0 {
                out.push(',');
                if one_line {
                    out.push_str(self.style.after_comma());
                }
            }
            if !one_line {
                out.push_str(self.style.newline);
                out.push_str(&inner);
            }
            if let Some(member) = node.nth_member(index) {
                out.push_str(member.key_span.of(text));
                out.push_str(self.style.colon);
                self.relaid(member.value, &inner, one_line, out);
            } else if let Some(item) = node.nth_item(index) {
                self.relaid(item, &inner, one_line, out);
            }
        }
        if length > 0 && !one_line {
            out.push_str(self.style.newline);
            out.push_str(indent);
        }
        out.push(if object { '}' } else { ']' });
    }
}

/// A string in JSON, with no escape that it can do without.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
