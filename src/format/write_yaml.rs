//! YAML written with the fewest changes: lines, comments, quotes and anchors of what stays are kept, what changes is set
//! anew in the style that stands there. An alias stays only where its value is that of its anchor after the change as well.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use crate::format::gaps::Bracketed;
use crate::format::merged::{Merged, Seen, same_value};
use crate::format::node::{Document, Kind, NodeId, NodeRef};
use crate::format::pairing::{Step, changes_parts, in_order, pair_renamed, pairs, steps};
use crate::format::patch::Patches;
use crate::format::write::WriteError;
use crate::format::write_json::newline_of;
use crate::format::yaml_layout::{Layout, Layouts, Part, Shape, SlotId};
use crate::format::yaml_parts::{Rendered, Scribe, shifted};
use crate::format::yaml_words::reworded;

/// What has to change in the text of a YAML document for its root to become the merged value.
///
/// # Errors
/// Where the text has faults, or a layout that cannot be followed.
pub(crate) fn patches<'m>(
    merged: &'m Merged<'m>,
    root: NodeRef<'m>,
) -> Result<Patches, WriteError> {
    let mut patches = Patches::default();
    if matches!(merged, Merged::Taken(node) if node.is(root)) {
        return Ok(patches);
    }
    let layouts = Layouts::default();
    let Some(layout) = layouts.of(root.document()) else {
        let message = "its YAML has faults, or keys of several lines".to_owned();
        return Err(WriteError::Unreadable(message));
    };
    let place = Place {
        part: 0,
        slot: None,
        flow: false,
    };
    let mut writer = Writer::new(root.document(), &layout, &layouts);
    writer.walk(Seen::Merged(merged), root, place, &mut patches);
    Ok(patches)
}

/// A container as it stands in its document with its own changes, its lines moved to the left margin; `None` where it has
/// no lines of its own, or anchors, aliases and tags that would mean something else elsewhere.
pub(crate) fn transplanted<'m>(
    seen: Seen<'m>,
    like: NodeRef<'m>,
    layouts: &Layouts<'m>,
) -> Option<String> {
    let layout = layouts.of(like.document())?;
    let number = layout.part_of(like)?;
    let part = &layout.parts[number];
    if !layout.is_in_lines(number) || part.anchors || part.aliases || part.tags {
        return None;
    }
    let mut patches = Patches::default();
    let place = Place {
        part: number,
        slot: None,
        flow: false,
    };
    Writer::new(like.document(), &layout, layouts).walk(seen, like, place, &mut patches);
    let slots = layout.slots_of(part);
    let (first, last) = (*slots.first()?, *slots.last()?);
    let start = layout.head(first, number == 0);
    let compact = !layout.begins_line(layout.slot(first).start());
    let column = layout.column(layout.slot(first).start());
    let text = patches.applied(layout.text, start..layout.tail(last));
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let lines = text.split('\n').enumerate().map(|(index, line)| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let blanks = line.len() - line.trim_start_matches(' ').len();
        let cut = if index == 0 && compact {
            0
        } else {
            column.min(blanks)
        };
        &line[cut..]
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct Place {
    part: usize,
    slot: Option<SlotId>,
    /// Whether it is between brackets.
    flow: bool,
}

/// What became of the value of an anchor.
#[derive(Clone, Copy)]
enum Anchored<'m> {
    Changed(Seen<'m>),
    Gone,
}

struct Writer<'l, 'm> {
    layout: &'l Layout<'m>,
    document: &'m Document,
    scribe: Scribe<'l, 'm>,
    newline: &'static str,
    changed: HashMap<usize, Anchored<'m>>,
}

impl<'l, 'm> Writer<'l, 'm> {
    fn new(document: &'m Document, layout: &'l Layout<'m>, layouts: &'l Layouts<'m>) -> Self {
        Self {
            layout,
            document,
            scribe: Scribe::like(layout, layouts),
            newline: newline_of(layout.text),
            changed: HashMap::new(),
        }
    }

    fn part(&self, place: Place) -> &'l Part {
        &self.layout.parts[place.part]
    }

    /// Changes the text where `own` stands so that it becomes the value seen.
    fn walk(&mut self, seen: Seen<'m>, own: NodeRef<'m>, place: Place, patches: &mut Patches) {
        let seen = seen.plain();
        let part = self.part(place);
        if part.shape == Shape::Alias {
            let stays = match self.changed.get(&part.anchor()) {
                None => same_value(seen, Seen::Node(own)),
                Some(Anchored::Changed(value)) => same_value(seen, *value),
                Some(Anchored::Gone) => false,
            };
            if !stays {
                self.replace(seen, place, patches);
            }
            return;
        }
        let is_own = matches!(seen, Seen::Node(node) if node.is(own));
        let aliases_at_risk = part.aliases && !self.changed.is_empty();
        if is_own && !aliases_at_risk {
            return;
        }
        let like_own = is_own
            || matches!(seen, Seen::Merged(merged) if merged.like().is_some_and(|like| like.is(own)));
        let kind = own.kind();
        if like_own
            && seen.kind() == kind
            && self.layout.slots_of(part).is_empty() == seen.is_empty()
        {
            if part.anchor() != 0 {
                self.changed.insert(part.anchor(), Anchored::Changed(seen));
            }
            match kind {
                Kind::Object => return self.map(seen, own, place, patches),
                Kind::Array => return self.list(seen, own, place, patches),
                _ => {}
            }
        }
        if !aliases_at_risk && same_value(seen, Seen::Node(own)) {
            return;
        }
        self.lose_anchors(place.part + 1..part.last());
        if part.anchor() != 0 {
            self.changed.insert(part.anchor(), Anchored::Changed(seen));
        }
        if let (Some(text), Some(before)) = (seen.as_str(), own.as_str()) {
            let written = &self.layout.text[part.content()];
            if written.contains('\n')
                && !written.starts_with('|')
                && let Some((range, words)) = reworded(written, before, text, place.flow)
            {
                let start = part.content().start;
                return patches.replace(start + range.start..start + range.end, words);
            }
        }
        self.replace(seen, place, patches);
    }

    fn lose_anchors(&mut self, parts: std::ops::Range<usize>) {
        if !self.layout.has_anchors() {
            return;
        }
        for part in &self.layout.parts[parts] {
            if part.anchor() != 0 && part.shape != Shape::Alias {
                self.changed.insert(part.anchor(), Anchored::Gone);
            }
        }
    }

    fn map(&mut self, seen: Seen<'m>, own: NodeRef<'m>, place: Place, patches: &mut Patches) {
        let layout = self.layout;
        let slots = layout.slots_of(self.part(place));
        let mut wanted = seen.members();
        // The members that stand here, `<<` as none.
        let mut members = own.members();
        let own_members: Vec<_> = slots
            .iter()
            .map(|slot| {
                (!layout.slot(*slot).merge)
                    .then(|| members.next())
                    .flatten()
            })
            .collect();
        let keys: Vec<Option<&str>> = own_members
            .iter()
            .map(|member| member.map(|member| member.key))
            .collect();
        let merges_stay = self.settle_merges(slots, own, &keys, &mut wanted);
        let keys_wanted: Vec<_> = wanted.iter().map(|(key, _)| Some(Some(*key))).collect();
        let mut found = pairs(&keys, &keys_wanted);
        pair_renamed(
            &mut found,
            slots.len(),
            |index| {
                // A value that an alias repeats has more than one key.
                let value = layout.slot(slots[index]).value();
                own_members[index]
                    .filter(|_| layout.parts[value].shape != Shape::Alias)
                    .map(|member| member.value.id())
            },
            |index| origin(wanted[index].1, self.document).map(Some),
        );
        in_order(&mut found);
        let is_merge = |index: usize| layout.slot(slots[index]).merge;
        let steps = steps(
            slots.len(),
            &found,
            |index| merges_stay && is_merge(index),
            |_, _| false,
        );
        let flow = self.part(place).shape != Shape::BlockMap;
        if self.part(place).shape == Shape::Pair && changes_parts(&steps) {
            return self.replace(seen, place, patches);
        }
        for step in &steps {
            match *step {
                Step::Keep {
                    own: index,
                    wanted: number,
                } => {
                    let (key, value) = wanted[number];
                    let Some(member) = own_members[index] else {
                        continue;
                    };
                    let slot = layout.slot(slots[index]);
                    if member.key != key {
                        let written = self.scribe.key(key, slot.key_shape, flow);
                        patches.replace(slot.key(), written);
                    }
                    let place = Place {
                        part: slot.value(),
                        slot: Some(slots[index]),
                        flow,
                    };
                    self.walk(value, member.value, place, patches);
                }
                Step::Remove { own: index } => {
                    let value = layout.slot(slots[index]).value();
                    self.lose_anchors(value..layout.parts[value].last());
                }
                _ => {}
            }
        }
        if !changes_parts(&steps) {
            return;
        }
        let key_shape = slots
            .iter()
            .map(|slot| layout.slot(*slot).key_shape)
            .find(|shape| *shape != Shape::Alias)
            .unwrap_or(Shape::Plain);
        let lenient = keys.iter().flatten().zip(slots).any(|(key, slot)| {
            layout.slot(*slot).key_shape == Shape::Plain && self.scribe.is_dubious(key)
        });
        let scribe = self.scribe.with_keys(key_shape, lenient);
        if flow {
            let json = key_shape == Shape::Double;
            let render = |number: usize| {
                let (key, value) = wanted[number];
                scribe.flow_member(key, value, json)
            };
            self.edit_brackets(place, &steps, patches, &render);
        } else {
            let column = layout.column(layout.slot(slots[0]).start());
            layout.edit_lines(place.part, &steps, self.newline, patches, &mut |number| {
                let (key, value) = wanted[number];
                shifted(&scribe.member(key, value), column, self.newline)
            });
        }
    }

    fn list(&mut self, seen: Seen<'m>, own: NodeRef<'m>, place: Place, patches: &mut Patches) {
        let layout = self.layout;
        let slots = layout.slots_of(self.part(place));
        let wanted = seen.items();
        let own_items: Vec<NodeRef<'m>> = own.items().collect();
        let ids: Vec<_> = own_items.iter().map(|item| item.id()).collect();
        let origins: Vec<_> = wanted
            .iter()
            .map(|item| origin(*item, self.document))
            .collect();
        let mut found = pairs(&ids, &origins);
        in_order(&mut found);
        let steps = steps(
            slots.len(),
            &found,
            |_| false,
            |own, number| {
                !Seen::Node(own_items[own]).is_container() && !wanted[number].is_container()
            },
        );
        let flow = self.part(place).shape != Shape::BlockList;
        for step in &steps {
            match *step {
                Step::Keep {
                    own: index,
                    wanted: number,
                } => {
                    let place = Place {
                        part: layout.slot(slots[index]).value(),
                        slot: Some(slots[index]),
                        flow,
                    };
                    self.walk(wanted[number], own_items[index], place, patches);
                }
                Step::Remove { own: index } => {
                    let value = layout.slot(slots[index]).value();
                    self.lose_anchors(value..layout.parts[value].last());
                }
                _ => {}
            }
        }
        if !changes_parts(&steps) {
            return;
        }
        let shape = slots.first().map_or(Shape::Plain, |slot| {
            layout.parts[layout.slot(*slot).value()].shape
        });
        if flow {
            let json = shape == Shape::Double;
            let render = |number: usize| self.scribe.flow(wanted[number], shape, json);
            self.edit_brackets(place, &steps, patches, &render);
        } else {
            let column = layout.column(layout.slot(slots[0]).start());
            layout.edit_lines(place.part, &steps, self.newline, patches, &mut |number| {
                shifted(
                    &self.scribe.item(wanted[number], shape),
                    column,
                    self.newline,
                )
            });
        }
    }

    fn edit_brackets(
        &self,
        place: Place,
        steps: &[Step],
        patches: &mut Patches,
        render: &dyn Fn(usize) -> String,
    ) {
        let layout = self.layout;
        let part = self.part(place);
        let parts = layout
            .slots_of(part)
            .iter()
            .map(|slot| layout.slot(*slot).start()..layout.slot_end(*slot));
        let bracketed = Bracketed {
            text: layout.text,
            inside: part.content().start + 1..part.content().end.saturating_sub(1),
            parts: parts.collect(),
            opening: String::new(),
            closing: String::new(),
            after_comma: " ",
            line: OnceCell::new(),
        };
        bracketed.edit(steps, patches, &mut |number, _| render(number));
    }

    /// Takes from the wanted members those that `<<` brings. Says whether it can stay: it cannot where it would bring what
    /// is not wanted.
    fn settle_merges(
        &self,
        slots: &[SlotId],
        own: NodeRef<'m>,
        keys: &[Option<&str>],
        wanted: &mut Vec<(&'m str, Seen<'m>)>,
    ) -> bool {
        let layout = self.layout;
        let merges: Vec<usize> = slots
            .iter()
            .filter(|slot| layout.slot(**slot).merge)
            .map(|slot| layout.slot(*slot).value())
            .collect();
        if merges.is_empty() {
            return true;
        }
        let mut brought: HashMap<&str, Seen<'m>> = HashMap::new();
        let standing = keys.iter().flatten().count();
        for value in merges {
            let part = &layout.parts[value];
            let aliases = if part.shape == Shape::Alias {
                vec![part.anchor()]
            } else {
                let values = layout
                    .slots_of(part)
                    .iter()
                    .map(|slot| &layout.parts[layout.slot(*slot).value()]);
                values
                    .filter(|part| part.shape == Shape::Alias)
                    .map(|part| part.anchor())
                    .collect()
            };
            for anchor in aliases {
                let members = match self.changed.get(&anchor) {
                    Some(Anchored::Gone) => return false,
                    Some(Anchored::Changed(value)) if value.kind() != Kind::Object => return false,
                    Some(Anchored::Changed(value)) => value.members(),
                    None => layout
                        .anchored(anchor)
                        .and_then(|part| layout.node_of(part, self.document))
                        .map(|node| Seen::Node(node).members())
                        .unwrap_or_default(),
                };
                for (key, value) in members {
                    brought.entry(key).or_insert(value);
                }
            }
            if part.shape != Shape::Alias {
                // What is written behind `<<` itself is known by what it brought.
                for member in own.members().skip(standing) {
                    brought
                        .entry(member.key)
                        .or_insert(Seen::Node(member.value));
                }
            }
        }
        let known: HashSet<&str> = wanted.iter().map(|(key, _)| *key).collect();
        if brought.keys().any(|key| !known.contains(key)) {
            return false;
        }
        let standing: HashSet<&str> = keys.iter().flatten().copied().collect();
        wanted.retain(|(key, value)| {
            standing.contains(key)
                || !brought
                    .get(key)
                    .is_some_and(|brought| same_value(*brought, *value))
        });
        true
    }

    /// Writes another value where one stands.
    fn replace(&self, seen: Seen<'m>, place: Place, patches: &mut Patches) {
        let layout = self.layout;
        let part = self.part(place);
        let in_lines = layout.is_in_lines(place.part);
        let old_scalar = !matches!(seen_kind_of(part.shape), Some(Kind::Array | Kind::Object));
        let keeps_tag = part.tag == Some(false) && old_scalar && seen.kind() == Kind::String;
        let mut properties = String::new();
        if part.anchor() != 0 && part.shape != Shape::Alias {
            properties.push(' ');
            properties.push_str(layout.anchor_text(part.anchor()));
        }
        if keeps_tag {
            properties = format!(
                " {}",
                layout.text[part.start()..part.content().start].trim()
            );
        }
        let old = &layout.text[part.content()];
        let shape = match part.shape {
            // A text with line breaks stays between its quotes if it was there before.
            Shape::Double if old.contains("\\n") => Shape::Double,
            Shape::Double if seen.as_str().is_some_and(|text| text.contains('\n')) => Shape::Block,
            shape if old_scalar => shape,
            _ => Shape::Plain,
        };
        let lenient = part.shape == Shape::Plain && self.scribe.is_dubious(old);
        let scribe = self.scribe.with_values(lenient);
        let rendered = if place.flow {
            let json = place.slot.is_some_and(|slot| {
                layout.slot(slot).key_shape == Shape::Double && !layout.slot(slot).key().is_empty()
            });
            Rendered::Inline(scribe.flow(seen, shape, json))
        } else {
            scribe.rendered(seen, shape)
        };
        let slot = place.slot.map(|slot| layout.slot(slot));
        let inline_before = !in_lines && part.shape != Shape::Block;
        if let Rendered::Inline(text) = &rendered
            && inline_before
            && !part.content().is_empty()
        {
            let start = if part.tag.is_some() && !keeps_tag {
                part.start()..part.content().end
            } else {
                part.content()
            };
            let text = if part.tag.is_some() && !keeps_tag {
                format!("{properties} {text}").trim_start().to_owned()
            } else {
                text.clone()
            };
            return patches.replace(start, text);
        }
        let Some(slot) = slot else {
            return self.replace_root(&rendered, &properties, part, patches);
        };
        let column = layout.column(slot.start());
        let is_item =
            slot.key().is_empty() && layout.text.as_bytes().get(slot.start()) == Some(&b'-');
        if !slot.indicator {
            // A key alone, such as `? a` or one in braces.
            let text = shifted(
                &self.scribe.placed(&rendered, is_item, false),
                column,
                self.newline,
            );
            let colon = if place.flow || layout.text.as_bytes().get(slot.start()) != Some(&b'?') {
                ":".to_owned()
            } else {
                format!("{}{}:", self.newline, " ".repeat(column))
            };
            return patches.replace(
                slot.after()..part.content().end.max(slot.after()),
                format!("{colon}{properties}{text}"),
            );
        }
        // How far what stands on the line of the indicator reaches, the comment behind it, and the end of all.
        let (head_end, end) = match part.shape {
            Shape::Block => {
                let header = &layout.text[part.content()];
                let width = header.find(char::is_whitespace).unwrap_or(header.len());
                (part.content().start + width, part.content().end)
            }
            _ if in_lines => {
                let compact =
                    layout.line_start(part.content().start) == layout.line_start(slot.after());
                let properties_end = layout.text
                    [slot.after()..part.content().start.max(slot.after())]
                    .split_once([' ', '\n'])
                    .map_or(slot.after(), |_| self.end_of_properties(slot.after(), part));
                let end = layout.line_end(part.content().end);
                (if compact { end } else { properties_end }, end)
            }
            _ => (
                part.content().end.max(slot.after()),
                part.content().end.max(slot.after()),
            ),
        };
        let line_end = layout.line_end(head_end);
        let comment = layout.text[head_end..line_end]
            .trim_start()
            .starts_with('#');
        let compact = !comment && properties.is_empty();
        let placed = shifted(
            &self.scribe.placed(&rendered, is_item, compact),
            column,
            self.newline,
        );
        if comment {
            let cut = placed.find(self.newline).unwrap_or(placed.len());
            patches.replace(
                slot.after()..head_end,
                format!("{properties}{}", &placed[..cut]),
            );
            patches.replace(line_end..end.max(line_end), &placed[cut..]);
        } else {
            patches.replace(
                slot.after()..end.max(head_end),
                format!("{properties}{placed}"),
            );
        }
    }

    /// Where the properties of a list or mapping in lines end, on the line of its key.
    fn end_of_properties(&self, after: usize, part: &Part) -> usize {
        if part.start() >= part.content().start {
            return after;
        }
        let text = &self.layout.text[part.start()..part.content().start];
        let first_line = text.split(['\n', '\r']).next().unwrap_or_default();
        let first_line = first_line.split(" #").next().unwrap_or_default();
        part.start() + first_line.trim_end().len()
    }

    fn replace_root(
        &self,
        rendered: &Rendered,
        properties: &str,
        part: &Part,
        patches: &mut Patches,
    ) {
        let layout = self.layout;
        let end = if layout.is_in_lines(0) {
            layout.line_end(part.content().end)
        } else {
            part.content().end
        };
        let column = if layout.begins_line(part.start()) {
            layout.column(part.start())
        } else {
            0
        };
        let line_end = layout.line_end(end);
        let comment = layout.text[end..line_end].trim_start().starts_with('#');
        let mut text = properties.trim_start().to_owned();
        match rendered {
            Rendered::Inline(inline) => {
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(inline);
            }
            Rendered::Lines { text: lines, .. } => {
                if comment || !text.is_empty() || !layout.begins_line(part.start()) {
                    text.push('\n');
                }
                text.push_str(lines);
            }
            Rendered::Literal { .. } => {
                text.push_str(self.scribe.placed(rendered, false, true).trim_start());
            }
        }
        let text = shifted(&text, column, self.newline);
        // A comment behind the old value stays on its line.
        let cut = text.find(self.newline).filter(|_| comment);
        let (first, rest) = text.split_at(cut.unwrap_or(text.len()));
        patches.replace(part.start()..end.max(part.start()), first);
        patches.insert(line_end, rest);
    }
}

fn origin(seen: Seen<'_>, document: &Document) -> Option<NodeId> {
    match seen.plain() {
        Seen::Node(node) => std::ptr::eq(node.document(), document).then(|| node.id()),
        Seen::Merged(merged) => merged.origin(document),
        Seen::Value(_) => None,
    }
}

fn seen_kind_of(shape: Shape) -> Option<Kind> {
    match shape {
        Shape::BlockMap | Shape::FlowMap | Shape::Pair => Some(Kind::Object),
        Shape::BlockList | Shape::FlowList => Some(Kind::Array),
        _ => None,
    }
}
