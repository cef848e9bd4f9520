//! Three-way merge of values: members by key, list items by identity, texts and plain lists as sequences.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::format::identity::keys_of;
use crate::format::meaning::{Within, is_volatile, same, within};
use crate::format::merge_text::{merge_lines, merge_sequence};
use crate::format::merged::Merged;
use crate::format::node::{Kind, NodeRef};

/// Both sides changed the same thing in different ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The folders and the request, joined for people; empty for the document itself.
    pub item: String,
    /// The field below it, as a JSON Pointer; empty for the item as a whole.
    pub field: String,
    /// What it is about, in a sentence.
    pub message: String,
    /// The value both started from, as it is written; `None` where there was none.
    pub base: Option<String>,
    /// Our value, which stands in the result; `None` where we removed it.
    pub ours: Option<String>,
    /// Their value; `None` where they removed it.
    pub theirs: Option<String>,
}

/// One value on all three sides.
#[derive(Clone, Copy)]
pub(crate) struct Three<'a> {
    pub(crate) base: Option<NodeRef<'a>>,
    pub(crate) ours: Option<NodeRef<'a>>,
    pub(crate) theirs: Option<NodeRef<'a>>,
}

impl<'a> Three<'a> {
    fn get(&self, key: &str) -> Self {
        let of = |side: Option<NodeRef<'a>>| side.and_then(|node| node.get(key));
        Self {
            base: of(self.base),
            ours: of(self.ours),
            theirs: of(self.theirs),
        }
    }
}

#[derive(Default)]
pub(crate) struct Merge {
    pub(crate) conflicts: Vec<Conflict>,
    /// The folders and the request that is being merged, for conflicts.
    pub(crate) item: String,
}

impl Merge {
    /// Merges one value; `None` where the result does not have it.
    pub(crate) fn value<'a>(
        &mut self,
        three: &Three<'a>,
        place: Within,
        pointer: &str,
    ) -> Option<Merged<'a>> {
        let alike = |one: Option<NodeRef<'a>>, other: Option<NodeRef<'a>>| match (one, other) {
            (Some(one), Some(other)) => same(one, other, place),
            (None, None) => true,
            _ => false,
        };
        if alike(three.base, three.theirs) || alike(three.ours, three.theirs) {
            return three.ours.map(Merged::Taken);
        }
        let (Some(ours), Some(theirs)) = (three.ours, three.theirs) else {
            if alike(three.base, three.ours) {
                return three.theirs.map(Merged::Taken);
            }
            self.conflict(three, pointer, "one side removed what the other changed");
            return three.ours.map(Merged::Taken);
        };
        match (ours.kind(), theirs.kind()) {
            (Kind::Object, Kind::Object) => {
                let members = self.members(three, place, pointer, None);
                Some(Merged::Object {
                    like: ours,
                    members,
                })
            }
            (Kind::Array, Kind::Array) => Some(self.list(three, ours, theirs, place, pointer)),
            _ if alike(three.base, three.ours) => Some(Merged::Taken(theirs)),
            (Kind::String, Kind::String) => {
                let text =
                    |side: Option<NodeRef<'a>>| side.and_then(NodeRef::as_str).unwrap_or_default();
                let (base, own, other) = (text(three.base), text(three.ours), text(three.theirs));
                if base.contains('\n')
                    && let Some(text) = merge_lines(base, own, other)
                {
                    return Some(Merged::Text { like: ours, text });
                }
                self.conflict(three, pointer, "both sides changed it");
                Some(Merged::Taken(ours))
            }
            _ => {
                self.conflict(three, pointer, "both sides changed it");
                Some(Merged::Taken(ours))
            }
        }
    }

    /// Merges the members of objects, our order first.
    pub(crate) fn members<'a>(
        &mut self,
        three: &Three<'a>,
        place: Within,
        pointer: &str,
        except: Option<&str>,
    ) -> Vec<(&'a str, Merged<'a>)> {
        let mut merged = Vec::new();
        let keys = |side: Option<NodeRef<'a>>| {
            side.into_iter()
                .flat_map(NodeRef::members)
                .map(|member| member.key)
        };
        let mut seen = HashSet::new();
        for key in keys(three.ours).chain(keys(three.theirs)) {
            if !seen.insert(key) || except == Some(key) {
                continue;
            }
            let values = three.get(key);
            if is_volatile(place, key) {
                // Ours where we have one: what Postman rewrites by itself is nobody's edit.
                if let Some(value) = values.ours.or(if values.base.is_none() {
                    values.theirs
                } else {
                    None
                }) {
                    merged.push((key, Merged::Taken(value)));
                }
                continue;
            }
            let own = format!("{pointer}/{}", crate::format::node::pointer_part(key));
            if let Some(value) = self.value(&values, within(place, key), &own) {
                merged.push((key, value));
            }
        }
        merged
    }

    fn list<'a>(
        &mut self,
        three: &Three<'a>,
        ours: NodeRef<'a>,
        theirs: NodeRef<'a>,
        place: Within,
        pointer: &str,
    ) -> Merged<'a> {
        let items = |side: Option<NodeRef<'a>>| {
            side.into_iter()
                .flat_map(NodeRef::items)
                .collect::<Vec<_>>()
        };
        let (base, own, other) = (items(three.base), items(three.ours), items(three.theirs));
        let keyed = |list: &[NodeRef<'a>]| keys_of(list);
        if let (Some(base_keys), Some(own_keys), Some(other_keys)) =
            (keyed(&base), keyed(&own), keyed(&other))
        {
            let by_key = |keys: &[String], list: &[NodeRef<'a>]| -> HashMap<String, NodeRef<'a>> {
                keys.iter().cloned().zip(list.iter().copied()).collect()
            };
            let order = merge_order(&base_keys, &own_keys, &other_keys);
            let (base, own, other) = (
                by_key(&base_keys, &base),
                by_key(&own_keys, &own),
                by_key(&other_keys, &other),
            );
            let mut merged = Vec::with_capacity(order.len());
            for key in order {
                let of = |side: &HashMap<String, NodeRef<'a>>| side.get(&key).copied();
                let values = Three {
                    base: of(&base),
                    ours: of(&own),
                    theirs: of(&other),
                };
                merged.extend(self.value(&values, place, &format!("{pointer}/{key}")));
            }
            return Merged::Array {
                like: ours,
                items: merged,
            };
        }
        // Lists of plain values, such as the lines of a script, merge as sequences.
        let plain = |list: &[NodeRef<'a>]| {
            list.iter()
                .map(|node| node.as_text().map(|text| (node.kind() as u8, text)))
                .collect::<Option<Vec<_>>>()
        };
        if let (Some(base), Some(one), Some(two)) = (plain(&base), plain(&own), plain(&other))
            && let Some(sequence) = merge_sequence(&base, &one, &two)
        {
            // Each value is taken from us where we have it, so that it stays as it is written.
            let mut left: HashMap<(u8, &str), VecDeque<NodeRef<'a>>> = HashMap::new();
            for node in own.iter().chain(&other) {
                if let Some(text) = node.as_text() {
                    left.entry((node.kind() as u8, text))
                        .or_default()
                        .push_back(*node);
                }
            }
            let mut items = Vec::with_capacity(sequence.len());
            for key in &sequence {
                let Some(nodes) = left.get_mut(key) else {
                    continue;
                };
                let node = if nodes.len() > 1 {
                    nodes.pop_front()
                } else {
                    nodes.front().copied()
                };
                items.extend(node.map(Merged::Taken));
            }
            return Merged::Array { like: ours, items };
        }
        if three.base.is_some_and(|base| same(base, ours, place)) {
            return Merged::Taken(theirs);
        }
        self.conflict(three, pointer, "both sides changed the list");
        Merged::Taken(ours)
    }

    pub(crate) fn conflict(&mut self, three: &Three<'_>, field: &str, message: &str) {
        let text = |side: Option<NodeRef<'_>>| {
            side.map(|node| node.span().of(node.document().text()).to_owned())
        };
        self.conflicts.push(Conflict {
            item: self.item.clone(),
            field: field.to_owned(),
            message: message.to_owned(),
            base: text(three.base),
            ours: text(three.ours),
            theirs: text(three.theirs),
        });
    }
}

/// The order of what both sides have: ours, unless only they changed it; what only one side added follows what it
/// followed there. Removals are not decided here: everything that any side still has is in the order.
pub(crate) fn merge_order<T: Clone + Eq + std::hash::Hash>(
    base: &[T],
    ours: &[T],
    theirs: &[T],
) -> Vec<T> {
    let known = |list: &[T]| list.iter().cloned().collect::<HashSet<T>>();
    let (in_base, in_ours, in_theirs) = (known(base), known(ours), known(theirs));
    let common = |list: &[T]| {
        let shared =
            |key: &&T| in_base.contains(key) && in_ours.contains(key) && in_theirs.contains(key);
        list.iter().filter(shared).cloned().collect::<Vec<T>>()
    };
    let moved_by_us = common(ours) != common(base);
    let (first, second) = if moved_by_us {
        (ours, theirs)
    } else {
        (theirs, ours)
    };
    let mut order: Vec<T> = Vec::with_capacity(first.len() + second.len());
    let in_first = if moved_by_us { &in_ours } else { &in_theirs };
    // What the second side has behind each of its items, the start of the list first.
    let mut behind: HashMap<Option<T>, Vec<T>> = HashMap::new();
    let mut last: Option<T> = None;
    for key in second {
        if in_first.contains(key) {
            last = Some(key.clone());
        } else {
            behind.entry(last.clone()).or_default().push(key.clone());
        }
    }
    order.extend(behind.remove(&None).unwrap_or_default());
    for key in first {
        order.push(key.clone());
        order.extend(behind.remove(&Some(key.clone())).unwrap_or_default());
    }
    order
}
