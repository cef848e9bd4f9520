//! Three-way merge of the folders and requests of collections: each is found again on every side, wherever it lies.

use std::collections::{HashMap, HashSet};

use crate::format::item_pairing::pair;
use crate::format::items::Items;
use crate::format::meaning::{Within, is_volatile, same, within};
use crate::format::merge_list::ID_KEYS;
use crate::format::merge_order::{like_neither, merge_order};
use crate::format::merge_value::{Conflict, Merge, Three, UNDECIDED, array, object};
use crate::format::merged::Merged;
use crate::format::node::{Kind, MemberRef, NodeRef};

/// Names that Postman gives and nobody chose: two new requests with one of them are two requests.
const UNCHOSEN_NAMES: &[&str] = &["", "New Request", "Untitled Request", "New Folder"];

/// The folders and requests of all three sides, each once.
pub(crate) struct Tree<'a> {
    entries: Vec<Entry<'a>>,
    /// For each folder what lies in it, in order.
    below: Vec<Vec<usize>>,
    /// What lies right below the collection, in order.
    top: Vec<usize>,
    sides: [Items<'a>; 3],
}

/// One folder or request, and where it lies.
struct Entry<'a> {
    nodes: Three<'a>,
    /// The side and the index that give the name.
    named: (usize, usize),
    is_folder: bool,
    parent: Option<usize>,
    our_parent: Option<usize>,
    alive: bool,
    /// Whether it is to look changed: the ancestors of a merge to come do not agree on it.
    undecided: bool,
}

/// Which items are the same ones, as indices of the three sides.
struct Rows {
    list: Vec<[Option<usize>; 3]>,
    /// For each item of a side its row.
    of: [Vec<usize>; 3],
}

impl Rows {
    fn parent(&self, row: usize, side: usize, sides: &[Items<'_>; 3]) -> Option<Option<usize>> {
        let item = self.list[row][side]?;
        let parent = sides[side].list[item].parent;
        Some(parent.map(|parent| self.of[side][parent]))
    }
}

impl<'a> Tree<'a> {
    pub(crate) fn new(
        base: NodeRef<'a>,
        ours: NodeRef<'a>,
        theirs: NodeRef<'a>,
        merge: &mut Merge<'a>,
    ) -> Self {
        let sides = [Items::of(base), Items::of(ours), Items::of(theirs)];
        let rows = rows(&sides);
        let mut tree = Self {
            entries: Vec::with_capacity(rows.list.len()),
            below: Vec::new(),
            top: Vec::new(),
            sides,
        };
        for (row, own) in rows.list.iter().enumerate() {
            let node = |side: usize| own[side].map(|item| tree.sides[side].list[item].node);
            let nodes = Three {
                base: node(0),
                ours: node(1),
                theirs: node(2),
            };
            let side = [1, 2, 0].into_iter().find(|side| own[*side].is_some());
            let side = side.unwrap_or(0);
            let item = own[side].unwrap_or(0);
            let parent = |side: usize| rows.parent(row, side, &tree.sides);
            let our_parent = parent(1);
            let mut disputed = false;
            let merged = match (parent(0), our_parent, parent(2)) {
                (Some(before), Some(own), Some(other)) if before == own => other,
                (Some(before), Some(own), Some(other)) if before != other && own != other => {
                    disputed = true;
                    own
                }
                (_, Some(own), _) => own,
                (_, None, Some(other)) => other,
                (before, None, None) => before.flatten(),
            };
            tree.entries.push(Entry {
                nodes,
                named: (side, item),
                is_folder: tree.sides[side].list[item].is_folder,
                parent: merged,
                our_parent: our_parent.flatten(),
                alive: true,
                undecided: false,
            });
            if disputed {
                tree.tell(row, "both sides moved it to different folders", merge);
            }
        }
        tree.break_rings(merge);
        tree.bury(&rows, merge);
        tree.order(&rows, merge);
        merge.our_ids = tree.ids();
        tree
    }

    /// Keeps a conflict about a folder or request as a whole.
    fn tell(&mut self, row: usize, message: &str, merge: &mut Merge<'a>) {
        let entry = &mut self.entries[row];
        entry.undecided = true;
        let (side, item) = entry.named;
        merge.item = self.sides[side].path(item);
        merge.conflict(&entry.nodes, message);
    }

    /// Folders that the two sides moved into each other would vanish: there our places count.
    fn break_rings(&mut self, merge: &mut Merge<'a>) {
        while self.break_each_ring(merge) {}
    }

    /// One round; whether there was any. Our places, put in the way of theirs, may close another ring.
    fn break_each_ring(&mut self, merge: &mut Merge<'a>) -> bool {
        let mut broken = false;
        // The walk in which each was seen first; what an earlier walk saw leads to the top.
        let mut seen = vec![usize::MAX; self.entries.len()];
        for start in 0..self.entries.len() {
            let mut way: Vec<usize> = Vec::new();
            let mut at = Some(start);
            while let Some(row) = at {
                if seen[row] == start {
                    let ring = way.iter().position(|known| *known == row).unwrap_or(0);
                    for row in way.split_off(ring) {
                        if self.entries[row].parent != self.entries[row].our_parent {
                            broken = true;
                            self.entries[row].parent = self.entries[row].our_parent;
                            self.tell(row, "the two sides moved folders into each other", merge);
                        }
                    }
                    break;
                }
                if seen[row] != usize::MAX {
                    break;
                }
                seen[row] = start;
                way.push(row);
                at = self.entries[row].parent;
            }
        }
        broken
    }

    /// Decides what is gone: removed by one side and left alone by the other.
    fn bury(&mut self, rows: &Rows, merge: &mut Merge<'a>) {
        for row in 0..self.entries.len() {
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
            let place = |side: usize| rows.parent(row, side, &self.sides).flatten();
            let changed = place(side) != place(0) || !same_but_items(base, left);
            // Our removal stands; theirs is taken where we left the thing alone.
            self.entries[row].alive = changed && (side == 1 || merge.for_ancestor);
            if changed {
                let message = if side == 1 {
                    "they removed what we changed"
                } else {
                    "we removed what they changed"
                };
                self.tell(row, message, merge);
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
                let (entry, folder) = (&self.entries[row], &self.entries[parent]);
                if folder.nodes.ours.is_some() || merge.for_ancestor {
                    if !folder.alive {
                        self.entries[parent].alive = true;
                        self.tell(
                            parent,
                            "they removed a folder in which we changed something",
                            merge,
                        );
                    }
                } else if entry.nodes.ours.is_some() && entry.our_parent != Some(parent) {
                    self.entries[row].parent = entry.our_parent;
                    self.tell(row, "they moved it into a folder that we removed", merge);
                } else {
                    self.entries[row].alive = false;
                    self.tell(row, "they added it to a folder that we removed", merge);
                }
            }
        }
    }

    fn order(&mut self, rows: &Rows, merge: &mut Merge<'a>) {
        let count = self.entries.len();
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); count + 1];
        let slot = |parent: Option<usize>| parent.unwrap_or(count);
        for (row, entry) in self
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.alive)
        {
            members[slot(entry.parent)].push(row);
        }
        self.below = vec![Vec::new(); count];
        let parents = std::iter::once(None).chain((0..count).map(Some));
        for parent in parents {
            let members = std::mem::take(&mut members[slot(parent)]);
            if members.is_empty() {
                continue;
            }
            let sequence = |side: usize| -> Vec<usize> {
                let holder = match parent {
                    None => Some(None),
                    Some(row) => rows.list[row][side].map(Some),
                };
                let listed = holder.map_or(&[][..], |holder| self.sides[side].below(holder));
                let listed = listed.iter().map(|item| rows.of[side][*item]);
                listed
                    .filter(|row| self.entries[*row].alive && self.entries[*row].parent == parent)
                    .collect()
            };
            let before = sequence(0);
            let merged = merge_order(&before, &sequence(1), &sequence(2));
            // Moved in by a side whose list does not show it here.
            let placed: HashSet<usize> = merged.list.iter().copied().collect();
            let rest = members.into_iter().filter(|row| !placed.contains(row));
            let mut order = if merged.disputed && merge.for_ancestor {
                like_neither(&before, merged.list)
            } else {
                merged.list
            };
            order.extend(rest);
            if merged.disputed {
                merge.item = parent.map_or_else(String::new, |row| {
                    let (side, item) = self.entries[row].named;
                    self.sides[side].path(item)
                });
                merge
                    .conflicts
                    .push(self.disputed_order(&merge.item, rows, parent));
            }
            match parent {
                None => self.top = order,
                Some(row) => self.below[row] = order,
            }
        }
    }

    /// The conflict of two orders of one folder: the names as each side has them.
    fn disputed_order(&self, item: &str, rows: &Rows, parent: Option<usize>) -> Conflict {
        let names = |side: usize| {
            let holder = match parent {
                None => Some(None),
                Some(row) => rows.list[row][side].map(Some),
            };
            let names = self.sides[side].below(holder?).iter();
            let names = names.map(|item| self.sides[side].list[*item].name);
            Some(serde_json::Value::from_iter(names).to_string())
        };
        Conflict {
            item: item.to_owned(),
            field: "/item".to_owned(),
            message: "both sides moved the same folder or request to different places in the order"
                .to_owned(),
            base: names(0),
            ours: names(1),
            theirs: names(2),
        }
    }

    /// The ids of our folders, requests and saved examples that are still there.
    fn ids(&self) -> HashSet<&'a str> {
        let ours = self.entries.iter().filter(|entry| entry.alive);
        let nodes = ours.filter_map(|entry| entry.nodes.ours);
        let id = |node: NodeRef<'a>| ID_KEYS.iter().filter_map(move |key| node.get_str(key));
        let responses =
            |node: NodeRef<'a>| node.get("response").into_iter().flat_map(NodeRef::items);
        nodes
            .flat_map(|node| id(node).chain(responses(node).flat_map(id)))
            .filter(|id| !id.is_empty())
            .collect()
    }

    pub(crate) fn children(&self, parent: Option<usize>, merge: &mut Merge<'a>) -> Vec<Merged<'a>> {
        let rows = parent.map_or(&self.top, |row| &self.below[row]);
        rows.iter()
            .filter_map(|row| self.entry(*row, merge))
            .collect()
    }

    fn entry(&self, row: usize, merge: &mut Merge<'a>) -> Option<Merged<'a>> {
        let entry = &self.entries[row];
        let nodes = entry.nodes;
        let like = nodes.ours.or(nodes.theirs).or(nodes.base)?;
        if !entry.is_folder && !entry.undecided {
            if merge.alike(nodes.base, nodes.theirs) || merge.alike(nodes.ours, nodes.theirs) {
                return nodes.ours.map(Merged::Taken);
            }
            if nodes.ours.is_some() && merge.alike(nodes.base, nodes.ours) && nodes.theirs.is_some()
            {
                return nodes.theirs.map(Merged::Taken);
            }
        }
        let mut members = match (nodes.ours, nodes.theirs) {
            (Some(own), Some(_)) => {
                let told = merge.conflicts.len();
                merge.origins.insert(own.id(), nodes);
                let members = merge.members(&nodes, Within::Item, Some("item"));
                if merge.conflicts.len() > told {
                    let (side, item) = entry.named;
                    let name = self.sides[side].path(item);
                    for conflict in &mut merge.conflicts[told..] {
                        conflict.item.clone_from(&name);
                    }
                }
                members
            }
            // The other side's removal was weighed before.
            _ => {
                let without_ids = nodes.ours.is_none() && nodes.base.is_none();
                let is_taken = |member: &MemberRef<'a>| {
                    without_ids
                        && ID_KEYS.contains(&member.key)
                        && member
                            .value
                            .as_str()
                            .is_some_and(|id| merge.our_ids.contains(id))
                };
                let own = like
                    .members()
                    .filter(|member| member.key != "item" && !is_taken(member));
                own.map(|MemberRef { key, value, .. }| (key, Merged::Taken(value)))
                    .collect()
            }
        };
        if merge.for_ancestor && entry.undecided {
            members.push((UNDECIDED, Merged::New(true.into())));
        }
        if entry.is_folder {
            let list = like.get("item").or_else(|| nodes.theirs?.get("item"));
            if let Some(list) = list.filter(|list| list.kind() == Kind::Array) {
                let items = self.children(Some(row), merge);
                insert_item(&mut members, like, array(list, items));
            }
        } else if let Some(item) = like.get("item") {
            insert_item(&mut members, like, Merged::Taken(item));
        }
        Some(object(like, members))
    }
}

/// Finds each item again on every side, and what both sides added alike.
fn rows(sides: &[Items<'_>; 3]) -> Rows {
    let [base, ours, theirs] = sides;
    let (to_ours, to_theirs) = (pair(base, ours), pair(base, theirs));
    let mut rows = Rows {
        list: (0..base.list.len())
            .map(|index| [Some(index), to_ours[index], to_theirs[index]])
            .collect(),
        of: sides
            .each_ref()
            .map(|side| vec![usize::MAX; side.list.len()]),
    };
    for (row, own) in rows.list.iter().enumerate() {
        for (of, item) in rows.of.iter_mut().zip(own) {
            if let Some(item) = item {
                of[*item] = row;
            }
        }
    }
    // Folders stand before what lies in them, so that a parent has its row already.
    let mut waiting: HashMap<Addition<'_>, Vec<usize>> = HashMap::new();
    for own in 0..ours.list.len() {
        if rows.of[1][own] == usize::MAX {
            let row = rows.list.len();
            rows.of[1][own] = row;
            rows.list.push([None, Some(own), None]);
            for key in additions(ours, own, &rows.of[1]) {
                waiting.entry(key).or_default().push(row);
            }
        }
    }
    for other in 0..theirs.list.len() {
        if rows.of[2][other] != usize::MAX {
            continue;
        }
        let is_free = |row: &&usize| rows.list[**row][2].is_none();
        let twin = additions(theirs, other, &rows.of[2])
            .into_iter()
            .find_map(|key| waiting.get(&key)?.iter().find(is_free).copied());
        let row = twin.unwrap_or(rows.list.len());
        match twin {
            Some(row) => rows.list[row][2] = Some(other),
            None => rows.list.push([None, None, Some(other)]),
        }
        rows.of[2][other] = row;
    }
    rows
}

/// What makes something that both sides added one thing: its folder, its kind, its name, its method and its address.
type Addition<'a> = (Option<usize>, bool, &'a str, &'a str, Option<&'a str>);

/// The surest first. Requests of one name and method in one folder are one even where their addresses differ, if somebody
/// chose that name.
fn additions<'a>(items: &'a Items<'_>, index: usize, rows: &[usize]) -> Vec<Addition<'a>> {
    let item = &items.list[index];
    let parent = item.parent.map(|parent| rows[parent]);
    let whole = (
        parent,
        item.is_folder,
        item.name,
        item.method,
        Some(item.url.as_str()),
    );
    if UNCHOSEN_NAMES.contains(&item.name) {
        vec![whole]
    } else {
        vec![
            whole,
            (parent, item.is_folder, item.name, item.method, None),
        ]
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
