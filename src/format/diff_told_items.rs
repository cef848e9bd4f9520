//! Folders and requests of a collection as people tell their changes.

use std::collections::HashMap;

use crate::format::diff_items::CollectionDelta;
use crate::format::diff_told::{At, Teller};
use crate::format::items::Items;
use crate::format::meaning::Within;
use crate::format::url_template::url_text;
use crate::model::difference::ChangeKind;
use crate::model::text::counted;

/// Up to so many items of one folder that stand elsewhere are told one by one.
const FEW_REORDERED: usize = 3;

/// Tells a collection: what it has itself, then its folders and requests in the order they have now, then what is gone.
pub(crate) fn tell_collection<'a>(
    teller: &mut Teller<'a>,
    collection: &CollectionDelta<'a>,
    at: &At,
) {
    for member in &collection.members {
        teller.member(collection.before, collection.after, member, at);
    }
    let (before, after) = (Pointers::of(&collection.from), Pointers::of(&collection.to));
    let mut reordered = Reordered::of(collection);
    reordered.tell(teller, collection, None, &after, at);
    for index in 0..collection.to.list.len() {
        tell_item(teller, collection, index, &after, at);
        if let Some(place) = reordered.single.remove(&index) {
            let place_at = place_of(&collection.to, index, &after, at);
            teller.push(ChangeKind::Reordered, &place_at, None, Some(place));
        }
        if collection.to.list[index].is_folder {
            reordered.tell(teller, collection, Some(index), &after, at);
        }
    }
    for index in 0..collection.from.list.len() {
        let item = &collection.from.list[index];
        let is_told = item
            .parent
            .is_some_and(|parent| collection.later[parent].is_none());
        if collection.later[index].is_some() || is_told {
            continue;
        }
        let place = place_of(&collection.from, index, &before, at);
        let gone = |index: usize| collection.later[index].is_none();
        let text = summary(&collection.from, index, &gone);
        teller.push(ChangeKind::Removed, &place, Some(text), None);
    }
}

fn tell_item<'a>(
    teller: &mut Teller<'a>,
    collection: &CollectionDelta<'a>,
    index: usize,
    after: &Pointers,
    at: &At,
) {
    let (item, delta) = (&collection.to.list[index], &collection.items[index]);
    let place = place_of(&collection.to, index, after, at);
    let Some(old) = delta.before else {
        let is_told = item
            .parent
            .is_some_and(|parent| collection.items[parent].before.is_none());
        if !is_told {
            let new = |index: usize| collection.items[index].before.is_none();
            let text = summary(&collection.to, index, &new);
            teller.push(ChangeKind::Added, &place, None, Some(text));
        }
        return;
    };
    let earlier = &collection.from.list[old];
    if earlier.name != item.name {
        teller.push(
            ChangeKind::Renamed,
            &place,
            Some(earlier.name.to_owned()),
            Some(item.name.to_owned()),
        );
    }
    if delta.moved {
        let folder = |items: &Items<'a>, parent: Option<usize>| {
            parent.map_or_else(String::new, |parent| items.path(parent))
        };
        teller.push(
            ChangeKind::Moved,
            &place,
            Some(folder(&collection.from, earlier.parent)),
            Some(folder(&collection.to, item.parent)),
        );
    }
    for member in &delta.members {
        let is_name = member
            .after
            .or(member.before)
            .is_some_and(|own| own.key == "name");
        if !is_name {
            teller.member(earlier.node, item.node, member, &place);
        }
    }
}

/// The JSON Pointer of every item.
struct Pointers {
    list: Vec<String>,
}

impl Pointers {
    fn of(items: &Items<'_>) -> Self {
        let mut list = vec![String::new(); items.list.len()];
        let folders = std::iter::once(None).chain((0..items.list.len()).map(Some));
        for folder in folders {
            let prefix = folder.map_or_else(String::new, |folder| list[folder].clone());
            for (position, child) in items.below(folder).iter().enumerate() {
                list[*child] = format!("{prefix}/item/{position}");
            }
        }
        Self { list }
    }
}

fn place_of(items: &Items<'_>, index: usize, pointers: &Pointers, at: &At) -> At {
    let mut place = at.clone();
    place.noun = noun(items, index);
    place.item = items.names(index);
    place.pointer = format!("{}{}", at.pointer, pointers.list[index]);
    place.place = match at.place {
        Within::Collection => Within::Item,
        file => file,
    };
    place
}

fn noun(items: &Items<'_>, index: usize) -> &'static str {
    if items.list[index].is_folder {
        "folder"
    } else {
        "request"
    }
}

/// What a folder or request is, in a few words. Of a folder that which lies in it and shares its fate is counted.
fn summary(items: &Items<'_>, index: usize, counts: &dyn Fn(usize) -> bool) -> String {
    let item = &items.list[index];
    if item.is_folder {
        let mut waiting = item.children.clone();
        let mut requests = 0;
        while let Some(child) = waiting.pop() {
            if !counts(child) {
                continue;
            }
            requests += usize::from(!items.list[child].is_folder);
            waiting.extend(&items.list[child].children);
        }
        return counted(requests, "request");
    }
    let request = item.node.get("request");
    // A request of version 3 is its file.
    let url = match request {
        Some(request) => Some(request.get("url").unwrap_or(request)),
        None => item.node.get("url"),
    };
    let url = url.map(url_text).unwrap_or_default();
    format!("{} {url}", item.method).trim().to_owned()
}

/// What stands elsewhere in its folder than before.
struct Reordered {
    /// By item: behind what it stands now.
    single: HashMap<usize, String>,
    /// By folder: how many of how many.
    many: HashMap<Option<usize>, (usize, usize)>,
}

impl Reordered {
    fn of(collection: &CollectionDelta<'_>) -> Self {
        let mut reordered = Self {
            single: HashMap::new(),
            many: HashMap::new(),
        };
        let to = &collection.to;
        let folders = (0..to.list.len()).filter(|index| to.list[*index].is_folder);
        for folder in std::iter::once(None).chain(folders.map(Some)) {
            let order = collection.order_of(folder);
            let positions: Vec<usize> = order.iter().map(|(_, position)| *position).collect();
            if positions.is_sorted() {
                continue;
            }
            let stayed = longest_ascending(&positions);
            let displaced: Vec<usize> = (0..order.len()).filter(|index| !stayed[*index]).collect();
            if displaced.len() > FEW_REORDERED {
                reordered
                    .many
                    .insert(folder, (displaced.len(), order.len()));
                continue;
            }
            for index in displaced {
                let place = match index.checked_sub(1) {
                    None => "first".to_owned(),
                    Some(before) => format!("after {}", to.list[order[before].0].name),
                };
                reordered.single.insert(order[index].0, place);
            }
        }
        reordered
    }

    fn tell<'a>(
        &mut self,
        teller: &mut Teller<'a>,
        collection: &CollectionDelta<'a>,
        folder: Option<usize>,
        pointers: &Pointers,
        at: &At,
    ) {
        let Some((displaced, all)) = self.many.remove(&folder) else {
            return;
        };
        let place = match folder {
            Some(folder) => place_of(&collection.to, folder, pointers, at),
            None => at.clone(),
        };
        let text = format!("{displaced} of {all} requests and folders");
        teller.push(ChangeKind::Reordered, &place, None, Some(text));
    }
}

/// Which values belong to a longest ascending subsequence: all others moved.
fn longest_ascending(values: &[usize]) -> Vec<bool> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; values.len()];
    for (index, value) in values.iter().enumerate() {
        let at = ends.partition_point(|end| values[*end] < *value);
        before[index] = at.checked_sub(1).map(|at| ends[at]);
        if at == ends.len() {
            ends.push(index);
        } else {
            ends[at] = index;
        }
    }
    let mut stayed = vec![false; values.len()];
    let mut next = ends.last().copied();
    while let Some(index) = next {
        stayed[index] = true;
        next = before[index];
    }
    stayed
}
