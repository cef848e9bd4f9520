//! Three-way merge of documents by what they mean: members by key, list items by identity, requests and folders by
//! being the same ones, scripts by line. A conflict is a value; the document stays whole, with our side in it.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::format::items::{Items, pair};
use crate::format::meaning::{Within, is_volatile, same, within};
use crate::format::merge_text::{merge_lines, merge_sequence};
use crate::format::node::{Kind, MemberRef, NodeRef};

/// What a merge gives: a value made of parts of the sides.
#[derive(Clone, Debug)]
pub enum Merged<'a> {
    /// A value of one side as it is.
    Taken(NodeRef<'a>),
    /// An object written like one of the sides, with these members.
    Object {
        /// The side's object.
        like: NodeRef<'a>,
        /// The members, in order.
        members: Vec<(&'a str, Self)>,
    },
    /// A list written like one of the sides, with these items.
    Array {
        /// The side's list.
        like: NodeRef<'a>,
        /// The items, in order.
        items: Vec<Self>,
    },
    /// A text that neither side has.
    Text {
        /// Where our side has its own.
        like: NodeRef<'a>,
        /// The text.
        text: String,
    },
}

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

/// Merges two changes of a collection of version 2.
pub fn merge_collections<'a>(
    base: NodeRef<'a>,
    ours: NodeRef<'a>,
    theirs: NodeRef<'a>,
) -> (Merged<'a>, Vec<Conflict>) {
    let mut merge = Merge::default();
    let root = Three {
        base: Some(base),
        ours: Some(ours),
        theirs: Some(theirs),
    };
    let mut members = merge.members(&root, Within::Other, "", Some("item"));
    let tree = Tree::new(base, ours, theirs, &mut merge);
    if ours.get("item").is_some() || theirs.get("item").is_some() {
        let like = ours.get("item").or_else(|| theirs.get("item"));
        let items = tree.children(None, &mut merge);
        if let Some(like) = like.filter(|like| like.kind() == Kind::Array) {
            insert_item(&mut members, ours, Merged::Array { like, items });
        } else if let Some(like) = like {
            insert_item(&mut members, ours, Merged::Taken(like));
        }
    }
    (
        Merged::Object {
            like: ours,
            members,
        },
        merge.conflicts,
    )
}

/// Merges two changes of any other document.
pub fn merge_values<'a>(
    base: NodeRef<'a>,
    ours: NodeRef<'a>,
    theirs: NodeRef<'a>,
) -> (Merged<'a>, Vec<Conflict>) {
    let mut merge = Merge::default();
    let three = Three {
        base: Some(base),
        ours: Some(ours),
        theirs: Some(theirs),
    };
    let merged = merge
        .value(&three, Within::Other, "")
        .unwrap_or(Merged::Taken(ours));
    (merged, merge.conflicts)
}

/// One value on all three sides.
#[derive(Clone, Copy)]
struct Three<'a> {
    base: Option<NodeRef<'a>>,
    ours: Option<NodeRef<'a>>,
    theirs: Option<NodeRef<'a>>,
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
struct Merge {
    conflicts: Vec<Conflict>,
    item: String,
}

impl Merge {
    /// Merges one value; `None` where the result does not have it.
    fn value<'a>(&mut self, three: &Three<'a>, place: Within, pointer: &str) -> Option<Merged<'a>> {
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
    fn members<'a>(
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

    fn conflict(&mut self, three: &Three<'_>, field: &str, message: &str) {
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

/// What makes each item of a list itself; `None` where the items are no objects or have nothing of the kind. Of twins
/// each gets its number.
fn keys_of(list: &[NodeRef<'_>]) -> Option<Vec<String>> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    list.iter()
        .map(|item| {
            let key = key_of(*item)?;
            let count = counts.entry(key.clone()).or_default();
            *count += 1;
            Some(if *count == 1 {
                key
            } else {
                format!("{key}#{count}")
            })
        })
        .collect()
}

/// Headers, parameters, variables and attributes are known by their key; events by what they listen to; saved examples and
/// definitions' parameters by their name and where they stand; servers by their address.
fn key_of(item: NodeRef<'_>) -> Option<String> {
    if item.kind() != Kind::Object {
        return None;
    }
    let text = |key: &str| item.get(key).and_then(NodeRef::as_text);
    if let Some(reference) = text("$ref") {
        return Some(reference.to_owned());
    }
    let one = ["key", "listen", "operationId", "url"]
        .iter()
        .find_map(|key| text(key));
    match (text("name"), text("in")) {
        (Some(name), Some(place)) => Some(format!("{place} {name}")),
        (Some(name), None) => Some(name.to_owned()),
        _ => one.map(str::to_owned),
    }
}

/// The order of what both sides have: ours, unless only they changed it; what only one side added follows what it
/// followed there. Removals are not decided here: everything that any side still has is in the order.
fn merge_order<T: Clone + Eq + std::hash::Hash>(base: &[T], ours: &[T], theirs: &[T]) -> Vec<T> {
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

fn insert_item<'a>(members: &mut Vec<(&'a str, Merged<'a>)>, like: NodeRef<'a>, value: Merged<'a>) {
    let key = "item";
    let before = like
        .members()
        .take_while(|member| member.key != key)
        .map(|member| member.key)
        .last();
    let at = match before {
        Some(before) => members
            .iter()
            .position(|(key, _)| *key == before)
            .map_or(members.len(), |index| index + 1),
        None => 0,
    };
    let at = if like.get(key).is_none() {
        members.len()
    } else {
        at
    };
    members.insert(at, (key, value));
}

/// The folders and requests of all three sides, each once.
struct Tree<'a> {
    entries: Vec<Entry<'a>>,
    /// For each folder, and for the collection under `None`, what lies in it, in order.
    below: BTreeMap<Option<usize>, Vec<usize>>,
}

struct Entry<'a> {
    nodes: Three<'a>,
    name: String,
    is_folder: bool,
    parent: Option<usize>,
    our_parent: Option<usize>,
    alive: bool,
}

impl<'a> Tree<'a> {
    fn new(base: NodeRef<'a>, ours: NodeRef<'a>, theirs: NodeRef<'a>, merge: &mut Merge) -> Self {
        let (base, ours, theirs) = (Items::of(base), Items::of(ours), Items::of(theirs));
        let (to_ours, to_theirs) = (pair(&base, &ours), pair(&base, &theirs));
        let mut rows: Vec<[Option<usize>; 3]> = (0..base.list.len())
            .map(|index| [Some(index), to_ours[index], to_theirs[index]])
            .collect();
        let taken =
            |pairs: &[Option<usize>]| pairs.iter().flatten().copied().collect::<HashSet<usize>>();
        let (in_ours, in_theirs) = (taken(&to_ours), taken(&to_theirs));
        // What both sides added alike is one addition.
        let added = |items: &Items<'a>, known: &HashSet<usize>| {
            (0..items.list.len())
                .filter(|index| !known.contains(index))
                .collect::<Vec<usize>>()
        };
        let theirs_new = added(&theirs, &in_theirs);
        let mut twins: HashMap<String, Vec<usize>> = HashMap::new();
        for other in &theirs_new {
            twins.entry(theirs.path(*other)).or_default().push(*other);
        }
        let mut paired = HashSet::new();
        for own in added(&ours, &in_ours) {
            let mut candidates = twins.get(&ours.path(own)).into_iter().flatten().copied();
            let twin = candidates.find(|other| {
                !paired.contains(other)
                    && same(ours.list[own].node, theirs.list[*other].node, Within::Item)
            });
            paired.extend(twin);
            rows.push([None, Some(own), twin]);
        }
        let alone = theirs_new
            .into_iter()
            .filter(|other| !paired.contains(other));
        rows.extend(alone.map(|other| [None, None, Some(other)]));
        let row_of = |side: usize| {
            let pairs = rows
                .iter()
                .enumerate()
                .filter_map(|(row, sides)| Some((sides[side]?, row)));
            pairs.collect::<HashMap<usize, usize>>()
        };
        let index = [row_of(0), row_of(1), row_of(2)];
        let sides = [&base, &ours, &theirs];
        let parent = |row: usize, side: usize| -> Option<Option<usize>> {
            let item = rows[row][side]?;
            Some(
                sides[side].list[item]
                    .parent
                    .map(|parent| index[side][&parent]),
            )
        };
        let mut entries = Vec::with_capacity(rows.len());
        for (row, own) in rows.iter().enumerate() {
            let node = |side: usize| own[side].map(|item| sides[side].list[item].node);
            let nodes = Three {
                base: node(0),
                ours: node(1),
                theirs: node(2),
            };
            let side = [1, 2, 0]
                .into_iter()
                .find(|side| own[*side].is_some())
                .unwrap_or(0);
            let item = own[side].unwrap_or(0);
            let our_parent = parent(row, 1);
            let merged = match (parent(row, 0), our_parent, parent(row, 2)) {
                (Some(before), Some(own), Some(other)) if before == own => other,
                (Some(before), Some(own), Some(other)) if before != other && own != other => {
                    merge.item = sides[side].path(item);
                    merge.conflict(&nodes, "", "both sides moved it to different folders");
                    own
                }
                (_, Some(own), _) => own,
                (_, None, Some(other)) => other,
                (before, None, None) => before.flatten(),
            };
            entries.push(Entry {
                nodes,
                name: sides[side].path(item),
                is_folder: sides[side].list[item].is_folder,
                parent: merged,
                our_parent: our_parent.flatten(),
                alive: true,
            });
        }
        let mut tree = Self {
            entries,
            below: BTreeMap::new(),
        };
        tree.break_rings(merge);
        tree.bury(&rows, &index, &sides, merge);
        tree.order(&rows, &index, &sides);
        tree
    }

    /// Folders that the two sides moved into each other would vanish: there our places count.
    fn break_rings(&mut self, merge: &mut Merge) {
        for start in 0..self.entries.len() {
            let mut ring = vec![start];
            while let Some(parent) = self.entries[ring[ring.len() - 1]].parent {
                if let Some(at) = ring.iter().position(|row| *row == parent) {
                    for row in ring.split_off(at) {
                        let entry = &mut self.entries[row];
                        if entry.parent != entry.our_parent {
                            entry.parent = entry.our_parent;
                            merge.item = entry.name.clone();
                            let nodes = entry.nodes;
                            merge.conflict(
                                &nodes,
                                "",
                                "the two sides moved folders into each other",
                            );
                        }
                    }
                    break;
                }
                ring.push(parent);
            }
        }
    }

    /// Decides what is gone: removed by one side and left alone by the other.
    fn bury(
        &mut self,
        rows: &[[Option<usize>; 3]],
        index: &[HashMap<usize, usize>; 3],
        sides: &[&Items<'a>; 3],
        merge: &mut Merge,
    ) {
        for (row, own) in rows.iter().enumerate() {
            let nodes = self.entries[row].nodes;
            let Some(base) = nodes.base else { continue };
            let Some(left) = nodes.ours.or(nodes.theirs) else {
                self.entries[row].alive = false;
                continue;
            };
            if nodes.ours.is_some() && nodes.theirs.is_some() {
                continue;
            }
            let side = if nodes.ours.is_some() { 1 } else { 2 };
            let place = |side: usize| {
                let parent = own[side].and_then(|item| sides[side].list[item].parent);
                parent.map(|parent| index[side][&parent])
            };
            let changed = place(side) != place(0) || !same_but_items(base, left);
            // Our removal stands; theirs is taken where we left the thing alone.
            self.entries[row].alive = changed && side == 1;
            if changed {
                merge.item = self.entries[row].name.clone();
                let message = if side == 1 {
                    "they removed what we changed"
                } else {
                    "we removed what they changed"
                };
                merge.conflict(&nodes, "", message);
            }
        }
        // What lies in a folder that is gone: if it counts for us the folder stays, else they put it there and it is told.
        loop {
            let lost: Vec<usize> = (0..self.entries.len())
                .filter(|row| self.entries[*row].alive)
                .filter(|row| {
                    self.entries[*row]
                        .parent
                        .is_some_and(|parent| !self.entries[parent].alive)
                })
                .collect();
            if lost.is_empty() {
                return;
            }
            for row in lost {
                let Some(parent) = self.entries[row].parent else {
                    continue;
                };
                if self.entries[parent].nodes.ours.is_some() {
                    if !self.entries[parent].alive {
                        self.entries[parent].alive = true;
                        merge.item = self.entries[parent].name.clone();
                        let nodes = self.entries[parent].nodes;
                        merge.conflict(
                            &nodes,
                            "",
                            "they removed a folder in which we changed something",
                        );
                    }
                } else if self.entries[row].nodes.ours.is_some()
                    && self.entries[row].our_parent != Some(parent)
                {
                    merge.item = self.entries[row].name.clone();
                    let nodes = self.entries[row].nodes;
                    merge.conflict(&nodes, "", "they moved it into a folder that we removed");
                    self.entries[row].parent = self.entries[row].our_parent;
                } else {
                    merge.item = self.entries[row].name.clone();
                    let nodes = self.entries[row].nodes;
                    merge.conflict(&nodes, "", "they added it to a folder that we removed");
                    self.entries[row].alive = false;
                }
            }
        }
    }

    fn order(
        &mut self,
        rows: &[[Option<usize>; 3]],
        index: &[HashMap<usize, usize>; 3],
        sides: &[&Items<'a>; 3],
    ) {
        let parents = std::iter::once(None).chain((0..rows.len()).map(Some));
        let mut members: HashMap<Option<usize>, HashSet<usize>> = HashMap::new();
        for (row, entry) in self
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.alive)
        {
            members.entry(entry.parent).or_default().insert(row);
        }
        for parent in parents {
            let Some(members) = members.get(&parent) else {
                continue;
            };
            let sequence = |side: usize| -> Vec<usize> {
                let holder = match parent {
                    None => Some(None),
                    Some(row) => rows[row][side].map(Some),
                };
                let listed = holder.map_or(&[][..], |holder| sides[side].below(holder));
                listed
                    .iter()
                    .map(|item| index[side][item])
                    .filter(|row| members.contains(row))
                    .collect()
            };
            let mut order = merge_order(&sequence(0), &sequence(1), &sequence(2));
            // Moved in by a side whose list does not show it here.
            let placed: HashSet<usize> = order.iter().copied().collect();
            let mut rest: Vec<usize> = members
                .iter()
                .copied()
                .filter(|row| !placed.contains(row))
                .collect();
            rest.sort_unstable();
            order.extend(rest);
            order.retain(|row| members.contains(row));
            self.below.insert(parent, order);
        }
    }

    fn children(&self, parent: Option<usize>, merge: &mut Merge) -> Vec<Merged<'a>> {
        let rows = self.below.get(&parent).map_or(&[][..], Vec::as_slice);
        rows.iter()
            .filter_map(|row| self.entry(*row, merge))
            .collect()
    }

    fn entry(&self, row: usize, merge: &mut Merge) -> Option<Merged<'a>> {
        let entry = &self.entries[row];
        let like = entry
            .nodes
            .ours
            .or(entry.nodes.theirs)
            .or(entry.nodes.base)?;
        let mut members = match (entry.nodes.ours, entry.nodes.theirs) {
            (Some(_), Some(_)) => {
                merge.item = entry.name.clone();
                merge.members(&entry.nodes, Within::Item, "", Some("item"))
            }
            // The other side's removal was weighed before.
            _ => {
                let own = like.members().filter(|member| member.key != "item");
                own.map(|MemberRef { key, value, .. }| (key, Merged::Taken(value)))
                    .collect()
            }
        };
        if entry.is_folder {
            let list = like.get("item").or_else(|| entry.nodes.theirs?.get("item"));
            if let Some(list) = list.filter(|list| list.kind() == Kind::Array) {
                let items = self.children(Some(row), merge);
                insert_item(&mut members, like, Merged::Array { like: list, items });
            }
        } else if let Some(item) = like.get("item") {
            insert_item(&mut members, like, Merged::Taken(item));
        }
        Some(Merged::Object { like, members })
    }
}

/// Whether two items mean the same, what lies in them left out.
fn same_but_items(one: NodeRef<'_>, other: NodeRef<'_>) -> bool {
    let counted =
        |member: &MemberRef<'_>| member.key != "item" && !is_volatile(Within::Item, member.key);
    let count = |node: NodeRef<'_>| node.members().filter(|member| counted(member)).count();
    count(one) == count(other)
        && one.members().filter(counted).all(|member| {
            other
                .get(member.key)
                .is_some_and(|value| same(member.value, value, within(Within::Item, member.key)))
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::{Conflict, merge_collections};
    use crate::format::json;
    use crate::format::write::to_text;

    /// Merges three texts; gives the result and for each conflict its item, field and message.
    fn merged(base: &str, ours: &str, theirs: &str) -> (String, Vec<(String, String, String)>) {
        let (text, conflicts) = merged_with_values(base, ours, theirs);
        let told = conflicts
            .into_iter()
            .map(|conflict| (conflict.item, conflict.field, conflict.message));
        (text, told.collect())
    }

    fn merged_with_values(base: &str, ours: &str, theirs: &str) -> (String, Vec<Conflict>) {
        let parsed = [base, ours, theirs].map(|text| json::parse(text.to_owned()).0);
        let [base, ours, theirs] = &parsed;
        let roots = (
            base.root().unwrap(),
            ours.root().unwrap(),
            theirs.root().unwrap(),
        );
        let (merged, conflicts) = merge_collections(roots.0, roots.1, roots.2);
        (to_text(&merged, ours, &[base, theirs]), conflicts)
    }

    const BASE: &str = r#"{
	"info": {
		"name": "Shop"
	},
	"item": [
		{
			"name": "Orders",
			"item": [
				{
					"name": "List",
					"request": {
						"method": "GET",
						"header": [
							{
								"key": "A",
								"value": "1"
							},
							{
								"key": "B",
								"value": "2"
							}
						],
						"url": "/orders"
					}
				},
				{
					"name": "Create",
					"event": [
						{
							"listen": "test",
							"script": {
								"exec": [
									"one",
									"two",
									"three"
								]
							}
						}
					],
					"request": {
						"method": "POST",
						"url": "/orders"
					}
				}
			]
		},
		{
			"name": "Admin",
			"item": []
		}
	]
}
"#;

    fn clean(base: &str, ours: &str, theirs: &str) -> String {
        let (text, conflicts) = merged(base, ours, theirs);
        assert_eq!(conflicts, []);
        let (other, conflicts) = merged(base, theirs, ours);
        assert_eq!(conflicts, []);
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&text), value(&other), "the sides matter");
        text
    }

    #[test]
    fn an_unchanged_side_gives_the_other_byte_by_byte() {
        let changed = BASE.replace("\"List\"", "\"List all\"");
        assert_eq!(merged(BASE, &changed, BASE), (changed.clone(), Vec::new()));
        assert_eq!(merged(BASE, BASE, &changed), (changed.clone(), Vec::new()));
        assert_eq!(merged(BASE, &changed, &changed), (changed, Vec::new()));
    }

    #[test]
    fn edits_of_different_requests_and_of_different_fields_merge() {
        let ours = BASE
            .replace("\"List\"", "\"List all\"")
            .replace("\"value\": \"1\"", "\"value\": \"x\"");
        let theirs = BASE
            .replace("\"value\": \"2\"", "\"value\": \"y\"")
            .replace("\"three\"", "\"three\",\n\t\t\t\t\t\t\t\t\t\"four\"");
        let expected = ours
            .replace("\"value\": \"2\"", "\"value\": \"y\"")
            .replace("\"three\"", "\"three\",\n\t\t\t\t\t\t\t\t\t\"four\"");
        assert_eq!(clean(BASE, &ours, &theirs), expected);
    }

    #[test]
    fn both_sides_add_headers_and_lines() {
        let ours = BASE.replace("\"one\",", "\"zero\",\n\t\t\t\t\t\t\t\t\t\"one\",");
        let theirs = BASE.replace("\"three\"", "\"four\"").replace(
            "\"method\": \"GET\",",
            "\"method\": \"GET\",\n\t\t\t\t\t\t\"description\": \"all of them\",",
        );
        let text = clean(BASE, &ours, &theirs);
        assert!(
            text.contains("\"zero\"") && text.contains("\"four\"") && text.contains("all of them"),
            "{text}"
        );
        assert!(
            text.contains("\n\t\t\t\t\t\t\"description\": \"all of them\""),
            "{text}"
        );
    }

    /// The collection with one request in another folder.
    fn moved() -> String {
        let start = BASE
            .find("\t\t\t\t{\n\t\t\t\t\t\"name\": \"Create\"")
            .unwrap();
        let end = BASE[start..].find("\n\t\t\t\t}").unwrap() + start + "\n\t\t\t\t}".len();
        let request = &BASE[start..end];
        let without = BASE.replace(&format!(",\n{request}"), "");
        without.replace("\"item\": []", &format!("\"item\": [\n{request}\n\t\t\t]"))
    }

    #[test]
    fn an_edit_follows_a_moved_request() {
        let theirs = BASE.replace("\"two\"", "\"2\"");
        assert_eq!(
            clean(BASE, &moved(), &theirs),
            moved().replace("\"two\"", "\"2\"")
        );
    }

    #[test]
    fn the_same_field_changed_twice_is_a_conflict_and_ours_stands() {
        let ours = BASE.replace("\"value\": \"1\"", "\"value\": \"x\"");
        let theirs = BASE.replace("\"value\": \"1\"", "\"value\": \"y\"");
        let (text, conflicts) = merged(BASE, &ours, &theirs);
        assert_eq!(text, ours);
        let expected = (
            "Orders / List".to_owned(),
            "/request/header/A/value".to_owned(),
            "both sides changed it".to_owned(),
        );
        assert_eq!(conflicts, [expected]);
    }

    #[test]
    fn a_removal_against_an_edit_is_a_conflict() {
        let start = BASE
            .find(",\n\t\t\t\t{\n\t\t\t\t\t\"name\": \"Create\"")
            .unwrap();
        let end = BASE[start..].find("\n\t\t\t\t}").unwrap() + start + "\n\t\t\t\t}".len();
        let removed = format!("{}{}", &BASE[..start], &BASE[end..]);
        let edited = BASE.replace("\"two\"", "\"2\"");
        let (text, conflicts) = merged(BASE, &removed, &edited);
        assert_eq!(
            (text.as_str(), conflicts[0].2.as_str()),
            (removed.as_str(), "we removed what they changed")
        );
        let (text, conflicts) = merged(BASE, &edited, &removed);
        assert_eq!(
            (text.as_str(), conflicts[0].2.as_str()),
            (edited.as_str(), "they removed what we changed")
        );
        assert_eq!(
            clean(BASE, &removed, &BASE.replace("\"List\"", "\"All\"")),
            removed.replace("\"List\"", "\"All\"")
        );
    }

    #[test]
    fn new_ids_are_nobodys_edit() {
        let ours = BASE.replace(
            "\"name\": \"List\"",
            "\"id\": \"1\",\n\t\t\t\t\t\"name\": \"List\"",
        );
        let theirs = BASE
            .replace(
                "\"name\": \"List\"",
                "\"id\": \"2\",\n\t\t\t\t\t\"name\": \"List\"",
            )
            .replace("\"two\"", "\"2\"");
        let (text, conflicts) = merged(BASE, &ours, &theirs);
        assert_eq!(
            (text, conflicts),
            (ours.replace("\"two\"", "\"2\""), Vec::new())
        );
    }

    #[test]
    fn both_sides_add_requests() {
        let add = |name: &str| {
            BASE.replace("\"item\": []", &format!("\"item\": [\n\t\t\t\t{{\n\t\t\t\t\t\"name\": \"{name}\",\n\t\t\t\t\t\"request\": \"/{name}\"\n\t\t\t\t}}\n\t\t\t]"))
        };
        let (text, conflicts) = merged(BASE, &add("a"), &add("b"));
        assert_eq!(conflicts, []);
        assert!(text.contains("\"/a\"") && text.contains("\"/b\""), "{text}");
        assert_eq!(merged(BASE, &add("a"), &add("a")), (add("a"), Vec::new()));
    }

    #[test]
    fn folders_moved_into_each_other_do_not_vanish() {
        let base = r#"{"item": [{"name": "A", "item": []}, {"name": "B", "item": []}]}"#;
        let ours = r#"{"item": [{"name": "B", "item": [{"name": "A", "item": []}]}]}"#;
        let theirs = r#"{"item": [{"name": "A", "item": [{"name": "B", "item": []}]}]}"#;
        let (text, conflicts) = merged(base, ours, theirs);
        assert_eq!(conflicts.len(), 1);
        assert!(text.contains("\"A\"") && text.contains("\"B\""), "{text}");
    }

    /// A collection of three folders with four requests each.
    fn grown() -> Value {
        let request = |number: usize| {
            serde_json::json!({
                "name": format!("r{number}"),
                "event": [{"listen": "test", "script": {"exec": ["one", "two", "three", "four"]}}],
                "request": {"method": "GET", "header": [{"key": "A", "value": "1"}, {"key": "B", "value": "2"}], "url": format!("/r/{number}")},
                "response": []
            })
        };
        let folder = |number: usize| {
            let items: Vec<Value> = (0..4).map(|item| request(number * 4 + item)).collect();
            serde_json::json!({"name": format!("f{number}"), "item": items})
        };
        serde_json::json!({"info": {"name": "c"}, "item": (0..3).map(folder).collect::<Vec<_>>()})
    }

    /// One edit of a side. Whatever it writes holds `mark`, so that it can be found again.
    fn edit(collection: &mut Value, operation: u8, target: usize, mark: &str) {
        let folders = collection["item"].as_array().unwrap().len();
        if folders == 0 {
            return;
        }
        let folder = target % folders;
        let items = collection["item"][folder]["item"].as_array_mut().unwrap();
        if items.is_empty() || operation == 0 {
            items.push(serde_json::json!({"name": mark, "request": {"method": "GET", "url": format!("/{mark}")}}));
            return;
        }
        let item = (target / 7) % items.len();
        match operation {
            1 => items[item]["name"] = mark.into(),
            2 => items[item]["request"]["method"] = mark.into(),
            3 => items[item]["request"]["description"] = mark.into(),
            4 => {
                let headers = items[item]["request"]["header"].as_array_mut();
                headers.into_iter().for_each(|headers| {
                    headers.push(serde_json::json!({"key": mark, "value": "x"}))
                });
            }
            5 => {
                let lines = items[item]
                    .pointer_mut("/event/0/script/exec")
                    .and_then(Value::as_array_mut);
                lines
                    .into_iter()
                    .for_each(|lines| lines.insert((target / 3) % (lines.len() + 1), mark.into()));
            }
            6 => drop(items.remove(item)),
            7 => {
                let moved = items.remove(item);
                let to = (folder + 1 + target % 2) % folders;
                collection["item"][to]["item"]
                    .as_array_mut()
                    .unwrap()
                    .push(moved);
            }
            8 => items.swap(item, 0),
            9 => drop(collection["item"].as_array_mut().unwrap().remove(folder)),
            _ => collection["item"][folder]["name"] = mark.into(),
        }
    }

    fn sides(edits: &[(u8, usize)], mark: &str) -> (Value, Vec<String>) {
        let mut side = grown();
        let marks: Vec<String> = (0..edits.len())
            .map(|number| format!("{mark}{number}z"))
            .collect();
        for ((operation, target), mark) in edits.iter().zip(&marks) {
            edit(&mut side, *operation, *target, mark);
        }
        let text = side.to_string();
        // An edit may have been removed again by a later one.
        (
            side,
            marks
                .into_iter()
                .filter(|mark| text.contains(mark.as_str()))
                .collect(),
        )
    }

    /// Items in any order, for a comparison in which the order does not count.
    fn unordered(value: &Value) -> Value {
        match value {
            Value::Array(items) => {
                let mut items: Vec<Value> = items.iter().map(unordered).collect();
                items.sort_by_key(Value::to_string);
                items.into()
            }
            Value::Object(members) => {
                let mut sorted: Vec<_> = members
                    .iter()
                    .map(|(key, value)| (key.clone(), unordered(value)))
                    .collect();
                sorted.sort_by(|one, other| one.0.cmp(&other.0));
                Value::Object(sorted.into_iter().collect())
            }
            other => other.clone(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn an_unchanged_side_gives_the_other_whatever_was_edited(edits in prop::collection::vec((0_u8..11, 0_usize..200), 0..6)) {
            let base = format!("{:#}", grown());
            let side = format!("{:#}", sides(&edits, "x").0);
            let (text, conflicts) = merged(&base, &side, &base);
            prop_assert_eq!((&text, conflicts.len()), (&side, 0));
            let (text, conflicts) = merged(&base, &side, &side);
            prop_assert_eq!((&text, conflicts.len()), (&side, 0));
            let (text, conflicts) = merged(&base, &base, &side);
            prop_assert_eq!(conflicts, []);
            prop_assert_eq!(value_of(&text), value_of(&side));
        }

        #[test]
        fn nothing_is_lost_and_the_sides_are_alike(
            own in prop::collection::vec((0_u8..11, 0_usize..200), 0..5),
            other in prop::collection::vec((0_u8..11, 0_usize..200), 0..5),
        ) {
            let base = format!("{:#}", grown());
            let ((ours, our_marks), (theirs, their_marks)) = (sides(&own, "o"), sides(&other, "t"));
            let (ours, theirs) = (format!("{ours:#}"), format!("{theirs:#}"));
            let (text, conflicts) = merged_with_values(&base, &ours, &theirs);
            let result = value_of(&text);
            let told: String = conflicts.iter().flat_map(|c| [&c.ours, &c.theirs, &c.base]).flatten().cloned().collect();
            for mark in our_marks.iter().chain(&their_marks) {
                prop_assert!(text.contains(mark.as_str()) || told.contains(mark.as_str()), "{mark} is lost\n{text}\n{conflicts:?}");
            }
            if conflicts.is_empty() {
                let (swapped, conflicts) = merged_with_values(&base, &theirs, &ours);
                prop_assert_eq!(conflicts, []);
                prop_assert_eq!(unordered(&value_of(&swapped)), unordered(&result));
            }
        }
    }

    fn value_of(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }
}
