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

/// The members of an object with what differs put in place: what was there keeps its order, what is new follows. `items`
/// is what the member `item` becomes, where that is not for the other members to say.
fn changed_members<'a>(
    before: NodeRef<'a>,
    members: &[MemberDelta<'a>],
    items: Option<Items<'a>>,
) -> Vec<(&'a str, Merged<'a>)> {
    let leaves_items = items.is_some();
    let mut item = match items {
        Some(Items::Are(list)) => Some(list),
        Some(Items::None) | None => None,
    };
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
    let items = Some(below(collection, None, collection.after));
    Merged::Object {
        like: collection.before,
        members: changed_members(collection.before, &collection.members, items),
    }
}

/// What the member `item` becomes.
enum Items<'a> {
    /// There is none.
    None,
    /// This list.
    Are(Merged<'a>),
}

/// The list of items of a folder, or of the collection.
fn below<'a>(
    collection: &CollectionDelta<'a>,
    folder: Option<usize>,
    after: NodeRef<'a>,
) -> Items<'a> {
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
    let Some(own) = list(Some(after)) else {
        return Items::None;
    };
    let like = list(earlier).unwrap_or(own);
    let items = collection
        .to
        .below(folder)
        .iter()
        .map(|child| item(collection, *child))
        .collect();
    Items::Are(Merged::Array { like, items })
}

fn item<'a>(collection: &CollectionDelta<'a>, index: usize) -> Merged<'a> {
    let own = &collection.to.list[index];
    let delta = &collection.items[index];
    let items = own
        .is_folder
        .then(|| below(collection, Some(index), own.node));
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
