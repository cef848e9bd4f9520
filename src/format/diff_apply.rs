//! Applying a difference: `apply(diff(a, b), a)` means what `b` means. What did not change stays a part of `a`, so that it
//! can be written back byte by byte.

use std::collections::HashMap;

use crate::format::diff::{Delta, ListDelta, MemberDelta};
use crate::format::diff_items::CollectionDelta;
use crate::format::merged::Merged;
use crate::format::node::{Kind, NodeRef};

/// The document that a difference makes of the older side.
pub fn apply<'a>(delta: &Delta<'a>) -> Merged<'a> {
    match delta {
        Delta::Replaced { after, .. } => Merged::Taken(*after),
        Delta::Object {
            before, members, ..
        } => Merged::Object {
            like: *before,
            members: changed_members(*before, members, None),
        },
        Delta::List(list) => changed_list(list),
        Delta::Collection(collection) => changed_collection(collection),
    }
}

/// The members of an object with what differs put in place: what was there keeps its order, what is new follows. `item` is
/// what the member of that name becomes.
fn changed_members<'a>(
    before: NodeRef<'a>,
    members: &[MemberDelta<'a>],
    item: Option<Merged<'a>>,
) -> Vec<(&'a str, Merged<'a>)> {
    let mut item = item;
    let leaves_items = item.is_some();
    let mut merged = Vec::new();
    // Large objects exist, such as the paths of a definition.
    let known: HashMap<&str, &MemberDelta<'a>> = members
        .iter()
        .filter_map(|change| Some((change.before?.key, change)))
        .collect();
    for (index, own) in before.members().enumerate() {
        if own.key == "item" && leaves_items {
            merged.extend(item.take().map(|item| (own.key, item)));
            continue;
        }
        match known.get(own.key) {
            None if before.counts(index) => merged.push((own.key, Merged::Taken(own.value))),
            // Of several members with one key the last counts.
            None => {}
            Some(_) if !before.counts(index) => {}
            Some(change) => {
                if let Some(after) = change.after {
                    let value = change
                        .inside
                        .as_ref()
                        .map_or(Merged::Taken(own.value), apply);
                    merged.push((after.key, value));
                }
            }
        }
    }
    let added = members.iter().filter(|change| change.before.is_none());
    merged.extend(
        added
            .filter_map(|change| change.after)
            .map(|after| (after.key, Merged::Taken(after.value))),
    );
    merged.extend(item.map(|item| ("item", item)));
    merged
}

fn changed_list<'a>(list: &ListDelta<'a>) -> Merged<'a> {
    let items = list
        .slots
        .iter()
        .enumerate()
        .filter_map(|(index, slot)| {
            let earlier = slot.before.and_then(|before| list.before.nth_item(before));
            match (&slot.inside, earlier) {
                (Some(inside), _) => Some(apply(inside)),
                (None, Some(earlier)) => Some(Merged::Taken(earlier)),
                (None, None) => list.after.nth_item(index).map(Merged::Taken),
            }
        })
        .collect();
    Merged::Array {
        like: list.before,
        items,
    }
}

fn changed_collection<'a>(collection: &CollectionDelta<'a>) -> Merged<'a> {
    let items = below(collection, None, collection.after);
    Merged::Object {
        like: collection.before,
        members: changed_members(collection.before, &collection.members, items),
    }
}

/// The list of items of a folder, or of the collection; `None` where it has none.
fn below<'a>(
    collection: &CollectionDelta<'a>,
    folder: Option<usize>,
    after: NodeRef<'a>,
) -> Option<Merged<'a>> {
    let earlier = match folder {
        None => Some(collection.before),
        Some(folder) => collection.items[folder]
            .before
            .map(|before| collection.from.list[before].node),
    };
    let list = |node: Option<NodeRef<'a>>| {
        node.and_then(|node| node.get("item"))
            .filter(|list| list.kind() == Kind::Array)
    };
    let like = list(earlier).or_else(|| list(Some(after)))?;
    let items = collection
        .to
        .below(folder)
        .iter()
        .map(|child| item(collection, *child))
        .collect();
    Some(Merged::Array { like, items })
}

fn item<'a>(collection: &CollectionDelta<'a>, index: usize) -> Merged<'a> {
    let own = &collection.to.list[index];
    let delta = &collection.items[index];
    let items = below(collection, Some(index), own.node).filter(|_| own.is_folder);
    let Some(before) = delta.before else {
        // What is new as a whole may hold what was moved into it.
        return Merged::Object {
            like: own.node,
            members: changed_members(own.node, &[], items),
        };
    };
    let before = collection.from.list[before].node;
    Merged::Object {
        like: before,
        members: changed_members(before, &delta.members, items),
    }
}
