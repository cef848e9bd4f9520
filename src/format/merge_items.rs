//! Three-way merge of the folders and requests of collections: each is found again on every side, wherever it lies.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::format::items::{Items, pair};
use crate::format::meaning::{Within, is_volatile, same, within};
use crate::format::merge_value::{Merge, Three, merge_order};
use crate::format::merged::Merged;
use crate::format::node::{Kind, MemberRef, NodeRef};

/// The folders and requests of all three sides, each once.
pub(crate) struct Tree<'a> {
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
    pub(crate) fn new(
        base: NodeRef<'a>,
        ours: NodeRef<'a>,
        theirs: NodeRef<'a>,
        merge: &mut Merge,
    ) -> Self {
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

    pub(crate) fn children(&self, parent: Option<usize>, merge: &mut Merge) -> Vec<Merged<'a>> {
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

/// Puts the list of items where the object has it.
pub(crate) fn insert_item<'a>(
    members: &mut Vec<(&'a str, Merged<'a>)>,
    like: NodeRef<'a>,
    value: Merged<'a>,
) {
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
