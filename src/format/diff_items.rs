//! Comparing collections of version 2: each folder and request with its other self, wherever it lies.

use crate::format::diff::{Delta, MemberDelta};
use crate::format::diff_value::{Compare, same_text};
use crate::format::item_pairing::pair;
use crate::format::items::Items;
use crate::format::meaning::{Within, same};
use crate::format::node::NodeRef;

/// What differs between two collections.
#[derive(Clone, Debug)]
pub struct CollectionDelta<'a> {
    /// The collection as it was.
    pub before: NodeRef<'a>,
    /// The collection as it is.
    pub after: NodeRef<'a>,
    /// Members of the collection itself that differ, its items left out.
    pub members: Vec<MemberDelta<'a>>,
    /// Folders and requests as they were.
    pub from: Items<'a>,
    /// Folders and requests as they are.
    pub to: Items<'a>,
    /// For each of `from` the one of `to` that is the same.
    pub later: Vec<Option<usize>>,
    /// For each of `to` where it comes from and which of its members differ.
    pub items: Vec<ItemDelta<'a>>,
}

/// What differs in a folder or request that is there now.
#[derive(Clone, Debug)]
pub struct ItemDelta<'a> {
    /// The same one as it was; `None` for a new one.
    pub before: Option<usize>,
    /// Its members that differ, its items left out.
    pub members: Vec<MemberDelta<'a>>,
    /// Whether it lies in another folder.
    pub moved: bool,
}

impl CollectionDelta<'_> {
    /// The children of a folder that is on both sides, or of the collection, that stayed in it, as positions in the order
    /// they had: ascending where nothing was reordered.
    pub fn order_of(&self, folder: Option<usize>) -> Vec<(usize, usize)> {
        let earlier = match folder {
            None => None,
            Some(folder) => match self.items[folder].before {
                None => return Vec::new(),
                known => known,
            },
        };
        let positions: std::collections::HashMap<usize, usize> = self
            .from
            .below(earlier)
            .iter()
            .enumerate()
            .map(|(position, index)| (*index, position))
            .collect();
        let children = self.to.below(folder).iter();
        children
            .filter(|child| !self.items[**child].moved)
            .filter_map(|child| Some((*child, *positions.get(&self.items[*child].before?)?)))
            .collect()
    }

    /// Whether nothing differs.
    pub(crate) fn is_empty(&self) -> bool {
        let folders = std::iter::once(None).chain((0..self.to.list.len()).map(Some));
        self.members.is_empty()
            && self.later.iter().all(Option::is_some)
            && self
                .items
                .iter()
                .all(|item| item.before.is_some() && !item.moved && item.members.is_empty())
            && folders
                .filter(|folder| folder.is_none_or(|folder| self.to.list[folder].is_folder))
                .all(|folder| {
                    self.order_of(folder)
                        .is_sorted_by_key(|(_, position)| *position)
                })
    }
}

/// What differs between two collections; `None` where they mean the same.
pub(crate) fn diff_collections<'a>(
    before: NodeRef<'a>,
    after: NodeRef<'a>,
    compare: &Compare,
) -> Option<Delta<'a>> {
    if same_text(before, after) || same(before, after, Within::Collection) {
        return None;
    }
    let (from, to) = (Items::of(before), Items::of(after));
    // Lists of items that are no lists, or hold what is no object, are compared as values.
    if !from.are_all_of(before) || !to.are_all_of(after) {
        return compare.document(before, after);
    }
    let places = (Within::Collection, Within::Item);
    let delta = item_deltas((before, after), (from, to), compare, places);
    if delta.is_empty() {
        return Some(Delta::Replaced { before, after });
    }
    Some(Delta::Collection(Box::new(delta)))
}

/// What differs between two collections whose items are known. The places say what a collection is, and what an item.
pub(crate) fn item_deltas<'a>(
    (before, after): (NodeRef<'a>, NodeRef<'a>),
    (from, to): (Items<'a>, Items<'a>),
    compare: &Compare,
    (whole, each): (Within, Within),
) -> CollectionDelta<'a> {
    let later = pair(&from, &to);
    let mut earlier = vec![None; to.list.len()];
    for (index, other) in later.iter().enumerate() {
        if let Some(other) = other {
            earlier[*other] = Some(index);
        }
    }
    let items: Vec<ItemDelta<'a>> = (0..to.list.len())
        .map(|index| {
            let Some(old) = earlier[index] else {
                return ItemDelta {
                    before: None,
                    members: Vec::new(),
                    moved: false,
                };
            };
            let moved = match (from.list[old].parent, to.list[index].parent) {
                (None, None) => false,
                (Some(one), Some(other)) => later[one] != Some(other),
                _ => true,
            };
            if same_text(from.list[old].node, to.list[index].node) {
                return ItemDelta {
                    before: Some(old),
                    members: Vec::new(),
                    moved,
                };
            }
            ItemDelta {
                before: Some(old),
                members: compare.members(
                    from.list[old].node,
                    to.list[index].node,
                    each,
                    "",
                    Some("item"),
                ),
                moved,
            }
        })
        .collect();
    let members = compare.members(before, after, whole, "", Some("item"));
    CollectionDelta {
        before,
        after,
        members,
        from,
        to,
        later,
        items,
    }
}
