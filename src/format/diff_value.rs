//! Comparing values: members by key, items of lists by identity, plain lists as sequences.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::format::diff::{Delta, Dialect, ListDelta, MemberDelta, Slot};
use crate::format::diff_renames::Renames;
use crate::format::identity::pair_lists;
use crate::format::meaning::{Within, is_volatile, same, within};
use crate::format::meaning_part::Part;
use crate::format::meaning_view::{
    compare as order, filled, kind_of_entry, part_of, place_of_items,
};
use crate::format::node::{Kind, MemberRef, NodeRef, pointer_part};

/// Objects up to this size are searched by walking.
const FEW_MEMBERS: usize = 12;

/// Two sequences whose differing parts have more pairs than this are not aligned line by line: 4,000 by 4,000.
const MOST_PAIRS: usize = 16_000_000;

/// How values are compared.
pub(crate) struct Compare {
    pub(crate) dialect: Dialect,
    pub(crate) renames: Renames,
}

impl Compare {
    pub(crate) fn document<'a>(
        &self,
        before: NodeRef<'a>,
        after: NodeRef<'a>,
    ) -> Option<Delta<'a>> {
        self.value(before, after, self.dialect.place(), "", "")
    }

    /// What differs between two values. `key` is the member they belong to and `pointer` where that was.
    pub(crate) fn value<'a>(
        &self,
        before: NodeRef<'a>,
        after: NodeRef<'a>,
        place: Within,
        key: &str,
        pointer: &str,
    ) -> Option<Delta<'a>> {
        if same_text(before, after) || same(before, after, place) {
            return None;
        }
        match (before.kind(), after.kind()) {
            // The parts of a URL repeat each other: they change together.
            (Kind::Object, Kind::Object) if self.is_url(key, before) => {}
            // What counts in a file of a collection of version 3 depends on its kind.
            (Kind::Object, Kind::Object)
                if kind_of_entry(before, place) != kind_of_entry(after, place) => {}
            (Kind::Object, Kind::Object) => {
                let members = self.members(before, after, place, pointer, None);
                if !members.is_empty() {
                    return Some(Delta::Object {
                        before,
                        after,
                        members,
                    });
                }
            }
            (Kind::Array, Kind::Array) => {
                return Some(Delta::List(self.list(before, after, place, key, pointer)));
            }
            _ => {}
        }
        Some(Delta::Replaced { before, after })
    }

    fn is_url(&self, key: &str, node: NodeRef<'_>) -> bool {
        self.dialect == Dialect::Collection
            && key == "url"
            && ["raw", "host", "path"]
                .iter()
                .any(|key| node.get(key).is_some())
    }

    /// The members of two objects that differ, in the order of what is there now, then what is gone.
    pub(crate) fn members<'a>(
        &self,
        before: NodeRef<'a>,
        after: NodeRef<'a>,
        place: Within,
        pointer: &str,
        except: Option<&str>,
    ) -> Vec<MemberDelta<'a>> {
        let wanted = |node: NodeRef<'a>, place: Within| {
            node.members()
                .enumerate()
                .filter(move |(index, member)| {
                    node.counts(*index)
                        && !is_volatile(place, member.key)
                        && except != Some(member.key)
                })
                .map(|(_, member)| member)
                .collect::<Vec<MemberRef<'a>>>()
        };
        let (old_place, place) = (kind_of_entry(before, place), kind_of_entry(after, place));
        let (old, new) = (wanted(before, old_place), wanted(after, place));
        // A default that Postman fills in says as much as nothing.
        let says_something = |node: NodeRef<'a>, place: Within, member: MemberRef<'a>| {
            part_of(node, place, member).is_some_and(|part| {
                filled(place).is_none_or(|(key, default)| {
                    key != member.key || order(part, default) != Ordering::Equal
                })
            })
        };
        let of_before = Lookup::new(&old);
        let renamed = self.renames.at(pointer);
        let mut used = HashSet::new();
        let mut members = Vec::new();
        let mut silent = Vec::new();
        for member in new {
            let earlier = of_before.get(member.key).or_else(|| {
                let earlier = renamed.iter().find(|(_, to)| *to == member.key)?;
                of_before.get(&earlier.0)
            });
            let Some(earlier) = earlier else {
                if says_something(after, place, member) {
                    members.push(MemberDelta {
                        before: None,
                        after: Some(member),
                        inside: None,
                    });
                }
                continue;
            };
            used.insert(earlier.key);
            // Most of two documents is the same: what says so quickly is worth it.
            if earlier.key == member.key && same_text(earlier.value, member.value) {
                continue;
            }
            let parts = (
                part_of(before, old_place, earlier),
                part_of(after, place, member),
            );
            let is_nothing = parts.0.is_none() && parts.1.is_none();
            if earlier.key == member.key && same_parts(parts.0, parts.1) {
                if is_nothing || within(place, member.key) == Within::Behaviour {
                    silent.push((earlier, member));
                }
                continue;
            }
            let below = within(place, member.key);
            let own = format!("{pointer}/{}", pointer_part(earlier.key));
            let inside = self.value(earlier.value, member.value, below, member.key, &own);
            if inside.is_some() || earlier.key != member.key {
                members.push(MemberDelta {
                    before: Some(earlier),
                    after: Some(member),
                    inside,
                });
            }
        }
        let (gone, empty): (Vec<_>, Vec<_>) = old
            .into_iter()
            .filter(|member| !used.contains(member.key))
            .partition(|member| says_something(before, old_place, *member));
        members.extend(gone.into_iter().map(|member| MemberDelta {
            before: Some(member),
            after: None,
            inside: None,
        }));
        // What said nothing beside what was there may say something beside what is there now.
        if !members.is_empty() {
            members.extend(silent.into_iter().map(|(earlier, member)| MemberDelta {
                before: Some(earlier),
                after: Some(member),
                inside: Some(Delta::Replaced {
                    before: earlier.value,
                    after: member.value,
                }),
            }));
            members.extend(empty.into_iter().map(|member| MemberDelta {
                before: Some(member),
                after: None,
                inside: None,
            }));
        }
        members
    }

    fn list<'a>(
        &self,
        before: NodeRef<'a>,
        after: NodeRef<'a>,
        place: Within,
        _key: &str,
        pointer: &str,
    ) -> ListDelta<'a> {
        let old: Vec<NodeRef<'a>> = before.items().collect();
        let new: Vec<NodeRef<'a>> = after.items().collect();
        let plain = |list: &[NodeRef<'a>]| {
            list.iter()
                .map(|node| node.as_text().map(|text| (node.kind() as u8, text)))
                .collect::<Option<Vec<_>>>()
        };
        let slots = match (plain(&old), plain(&new)) {
            (Some(one), Some(other)) => aligned(&one, &other)
                .into_iter()
                .map(|before| Slot {
                    before,
                    inside: None,
                })
                .collect(),
            _ => {
                let place = place_of_items(place);
                let pairs = pair_lists(&old, &new, place);
                pairs
                    .into_iter()
                    .zip(&new)
                    .map(|(earlier, item)| Slot {
                        before: earlier,
                        inside: earlier.and_then(|index| {
                            let own = format!("{pointer}/{index}");
                            self.value(old[index], *item, place, "", &own)
                        }),
                    })
                    .collect()
            }
        };
        ListDelta {
            before,
            after,
            slots,
        }
    }
}

/// Whether two members say the same; what says nothing is as good as missing.
pub(crate) fn same_parts(one: Option<Part<'_>>, other: Option<Part<'_>>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => order(one, other) == Ordering::Equal,
        _ => false,
    }
}

/// Whether two values are written alike, byte by byte, and therefore mean the same. Of YAML only what is written in
/// brackets or quotes counts, where the indentation says nothing, and nothing that names another value by an alias.
pub(crate) fn same_text(one: NodeRef<'_>, other: NodeRef<'_>) -> bool {
    let text = one.span().of(one.document().text());
    text == other.span().of(other.document().text())
        && text.starts_with(['{', '[', '"'])
        && memchr::memchr(b'*', text.as_bytes()).is_none()
}

/// Members by their key, without walking a large object for each.
struct Lookup<'a, 'b> {
    list: &'b [MemberRef<'a>],
    index: HashMap<&'a str, usize>,
}

impl<'a, 'b> Lookup<'a, 'b> {
    fn new(list: &'b [MemberRef<'a>]) -> Self {
        let index = if list.len() > FEW_MEMBERS {
            let keys = list.iter().enumerate();
            keys.map(|(index, member)| (member.key, index)).collect()
        } else {
            HashMap::new()
        };
        Self { list, index }
    }

    fn get(&self, key: &str) -> Option<MemberRef<'a>> {
        if self.list.len() > FEW_MEMBERS {
            return self.index.get(key).map(|index| self.list[*index]);
        }
        self.list.iter().find(|member| member.key == key).copied()
    }
}

/// For each value of `after` the index of the same value in `before`, in one order.
pub(crate) fn aligned<T: Ord + Eq + Hash>(before: &[T], after: &[T]) -> Vec<Option<usize>> {
    let mut slots = vec![None; after.len()];
    for operation in line_operations(before, after) {
        if let DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = operation
        {
            for offset in 0..len {
                slots[new_index + offset] = Some(old_index + offset);
            }
        }
    }
    slots
}

/// What turns one sequence into the other. Where the parts that differ are very large they count as replaced as a whole,
/// so that no input makes this quadratic.
pub(crate) fn line_operations<T: Ord + Eq + Hash>(before: &[T], after: &[T]) -> Vec<DiffOp> {
    let shorter = before.len().min(after.len());
    let start = (0..shorter)
        .take_while(|index| before[*index] == after[*index])
        .count();
    let end = (0..shorter - start)
        .take_while(|index| before[before.len() - 1 - index] == after[after.len() - 1 - index])
        .count();
    let (old, new) = (before.len() - start - end, after.len() - start - end);
    if old.saturating_mul(new) <= MOST_PAIRS {
        return capture_diff_slices(Algorithm::Myers, before, after);
    }
    let mut operations = Vec::new();
    if start > 0 {
        operations.push(DiffOp::Equal {
            old_index: 0,
            new_index: 0,
            len: start,
        });
    }
    operations.push(DiffOp::Replace {
        old_index: start,
        old_len: old,
        new_index: start,
        new_len: new,
    });
    if end > 0 {
        operations.push(DiffOp::Equal {
            old_index: before.len() - end,
            new_index: after.len() - end,
            len: end,
        });
    }
    operations
}
