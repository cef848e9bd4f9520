//! What makes an item of a list itself, so that comparing and merging find it again on the other side.

use std::collections::HashMap;

use crate::format::meaning::{Within, same};
use crate::format::node::{Kind, NodeRef};

/// More items of one identity than this are paired in their order.
const MANY_TWINS: usize = 32;

/// More items without identity than this are not searched for equals once they differ.
const MANY_ALIKE: usize = 64;

/// What makes each item of a list itself; `None` where the items are no objects or have nothing of the kind. Of twins
/// each gets its number.
pub fn keys_of(list: &[NodeRef<'_>]) -> Option<Vec<String>> {
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
pub fn key_of(item: NodeRef<'_>) -> Option<String> {
    if item.kind() != Kind::Object {
        return None;
    }
    let text = |key: &str| item.get(key).and_then(NodeRef::as_text);
    if let Some(reference) = text("$ref") {
        return Some(reference.to_owned());
    }
    let one = ["key", "listen", "operationId", "url"]
        .iter()
        .find_map(|key| text(key))
        // A script of a collection of version 3.
        .or_else(|| item.get("code").and(text("type")));
    match (text("name"), text("in")) {
        (Some(name), Some(place)) => Some(format!("{place} {name}")),
        (Some(name), None) => Some(name.to_owned()),
        _ => one.map(str::to_owned),
    }
}

/// For each item of `after` the item of `before` that is the same one. Items with a key go by it, of several with one key
/// those that mean the same first. What is left under other keys goes together where all but the key is the same. Items
/// without a key go together where they mean the same, and between such pairs in their order.
pub fn pair_lists(
    before: &[NodeRef<'_>],
    after: &[NodeRef<'_>],
    place: Within,
) -> Vec<Option<usize>> {
    let mut pairs = Pairs {
        before,
        after,
        place,
        found: vec![None; after.len()],
        taken: vec![false; before.len()],
    };
    let keys = |list: &[NodeRef<'_>]| {
        list.iter()
            .map(|item| key_of(*item))
            .collect::<Option<Vec<_>>>()
    };
    match (keys(before), keys(after)) {
        (Some(of_before), Some(of_after)) => {
            pairs.by_key(&of_before, &of_after);
            pairs.by_the_rest(&of_before, &of_after);
        }
        _ => pairs.by_order(),
    }
    pairs.found
}

struct Pairs<'a, 'b> {
    before: &'b [NodeRef<'a>],
    after: &'b [NodeRef<'a>],
    place: Within,
    found: Vec<Option<usize>>,
    taken: Vec<bool>,
}

impl Pairs<'_, '_> {
    fn by_key(&mut self, of_before: &[String], of_after: &[String]) {
        let mut groups: HashMap<&str, (Vec<usize>, Vec<usize>)> = HashMap::new();
        for (index, key) in of_before.iter().enumerate() {
            groups.entry(key).or_default().0.push(index);
        }
        for (index, key) in of_after.iter().enumerate() {
            groups.entry(key).or_default().1.push(index);
        }
        for (old, new) in groups.into_values() {
            if old.len().max(new.len()) > 1 && old.len().max(new.len()) <= MANY_TWINS {
                for index in &new {
                    let twin = old.iter().find(|other| {
                        !self.taken[**other]
                            && same(self.before[**other], self.after[*index], self.place)
                    });
                    if let Some(twin) = twin {
                        self.take(*twin, *index);
                    }
                }
            }
            let old = old
                .into_iter()
                .filter(|index| !self.taken[*index])
                .collect::<Vec<_>>();
            let new = new
                .into_iter()
                .filter(|index| self.found[*index].is_none())
                .collect::<Vec<_>>();
            for (old, new) in old.into_iter().zip(new) {
                self.take(old, new);
            }
        }
    }

    /// What has another key and else is the same was renamed, as long as there is only one such pair.
    fn by_the_rest(&mut self, of_before: &[String], of_after: &[String]) {
        let old: Vec<usize> = (0..self.before.len())
            .filter(|index| !self.taken[*index])
            .collect();
        let new: Vec<usize> = (0..self.after.len())
            .filter(|index| self.found[*index].is_none())
            .collect();
        if old.len().max(new.len()) > MANY_TWINS {
            return;
        }
        let alike = |old: usize, new: usize| {
            same_but_key(
                self.before[old],
                self.after[new],
                self.place,
                (&of_before[old], &of_after[new]),
            )
        };
        let mut renamed = Vec::new();
        for one in &old {
            let candidates: Vec<usize> = new
                .iter()
                .copied()
                .filter(|other| alike(*one, *other))
                .collect();
            if let [only] = candidates[..]
                && old.iter().filter(|one| alike(**one, only)).count() == 1
            {
                renamed.push((*one, only));
            }
        }
        for (old, new) in renamed {
            self.take(old, new);
        }
    }

    fn by_order(&mut self) {
        let equal = |old: usize, new: usize| same(self.before[old], self.after[new], self.place);
        let shorter = self.before.len().min(self.after.len());
        let start = (0..shorter)
            .take_while(|index| equal(*index, *index))
            .count();
        let end = (0..shorter - start)
            .take_while(|index| equal(self.before.len() - 1 - index, self.after.len() - 1 - index))
            .count();
        let (old_end, new_end) = (self.before.len() - end, self.after.len() - end);
        let mut anchors: Vec<(usize, usize)> = (0..start).map(|index| (index, index)).collect();
        if (old_end - start).max(new_end - start) <= MANY_ALIKE {
            anchors.extend(longest_common(start..old_end, start..new_end, equal));
        }
        anchors.extend((0..end).map(|index| (old_end + index, new_end + index)));
        // Between what is the same, an item of the same kind in the same turn was changed.
        let (mut old, mut new) = (0, 0);
        let last = (self.before.len(), self.after.len());
        for (next_old, next_new) in anchors.into_iter().chain([last]) {
            for (old, new) in (old..next_old).zip(new..next_new) {
                if self.before[old].kind() == self.after[new].kind()
                    && matches!(self.before[old].kind(), Kind::Object | Kind::Array)
                {
                    self.take(old, new);
                }
            }
            if (next_old, next_new) != last {
                self.take(next_old, next_new);
            }
            (old, new) = (next_old + 1, next_new + 1);
        }
    }

    fn take(&mut self, old: usize, new: usize) {
        self.found[new] = Some(old);
        self.taken[old] = true;
    }
}

/// The longest common subsequence of two short ranges.
fn longest_common(
    old: std::ops::Range<usize>,
    new: std::ops::Range<usize>,
    equal: impl Fn(usize, usize) -> bool,
) -> Vec<(usize, usize)> {
    let (height, width) = (old.len(), new.len());
    let mut table = vec![vec![0_u32; width + 1]; height + 1];
    let mut equals = vec![vec![false; width]; height];
    for row in (0..height).rev() {
        for column in (0..width).rev() {
            equals[row][column] = equal(old.start + row, new.start + column);
            table[row][column] = if equals[row][column] {
                table[row + 1][column + 1] + 1
            } else {
                table[row + 1][column].max(table[row][column + 1])
            };
        }
    }
    let (mut row, mut column, mut pairs) = (0, 0, Vec::new());
    while row < height && column < width {
        if equals[row][column] {
            pairs.push((old.start + row, new.start + column));
            row += 1;
            column += 1;
        } else if table[row + 1][column] >= table[row][column + 1] {
            row += 1;
        } else {
            column += 1;
        }
    }
    pairs
}

/// Whether two objects differ in nothing but the member that names them, and have something else to show for it.
fn same_but_key(one: NodeRef<'_>, other: NodeRef<'_>, place: Within, keys: (&str, &str)) -> bool {
    const NAMING: [&str; 5] = ["key", "name", "listen", "operationId", "url"];
    let rest = |node: NodeRef<'_>| {
        node.members()
            .filter(|member| !NAMING.contains(&member.key))
            .count()
    };
    let telling = one.members().any(|member| {
        !NAMING.contains(&member.key)
            && !matches!(
                member.key,
                "type" | "in" | "required" | "disabled" | "enabled"
            )
            && member.value.as_text() != Some("")
            && member.value.kind() != Kind::Null
    });
    // What a reference names is all there is to it.
    telling
        && keys.0 != keys.1
        && one.get("$ref").is_none()
        && rest(one) == rest(other)
        && one
            .members()
            .filter(|member| !NAMING.contains(&member.key))
            .all(|member| {
                other.get(member.key).is_some_and(|value| {
                    same(
                        member.value,
                        value,
                        crate::format::meaning::within(place, member.key),
                    )
                })
            })
}

#[cfg(test)]
mod tests {
    use super::pair_lists;
    use crate::format::json;
    use crate::format::meaning::Within;

    fn paired(before: &str, after: &str) -> Vec<Option<usize>> {
        let (before, after) = (
            json::parse(before.to_owned()).0,
            json::parse(after.to_owned()).0,
        );
        let list = |document: &'_ crate::format::node::Document| -> usize {
            document.root().unwrap().items().len()
        };
        assert!(list(&before) + list(&after) > 0);
        let before: Vec<_> = before.root().unwrap().items().collect();
        let after: Vec<_> = after.root().unwrap().items().collect();
        pair_lists(&before, &after, Within::Value)
    }

    #[test]
    fn keys_decide_and_not_the_order() {
        assert_eq!(
            paired(
                r#"[{"key": "a", "value": "1"}, {"key": "b"}]"#,
                r#"[{"key": "b"}, {"key": "a", "value": "2"}, {"key": "c"}]"#
            ),
            [Some(1), Some(0), None]
        );
    }

    #[test]
    fn of_several_with_one_key_the_equal_ones_go_together() {
        assert_eq!(
            paired(
                r#"[{"key": "a", "value": "1"}, {"key": "a", "value": "2"}, {"key": "a", "value": "3"}]"#,
                r#"[{"key": "a", "value": "1"}, {"key": "a", "value": "3"}]"#
            ),
            [Some(0), Some(2)]
        );
    }

    #[test]
    fn another_key_with_the_same_value_is_a_new_name() {
        assert_eq!(
            paired(
                r#"[{"key": "X-Old", "value": "secret"}]"#,
                r#"[{"key": "X-New", "value": "secret"}]"#
            ),
            [Some(0)]
        );
        let empty = (
            r#"[{"key": "a", "value": "", "type": "text"}]"#,
            r#"[{"key": "b", "value": "", "type": "text"}]"#,
        );
        assert_eq!(paired(empty.0, empty.1), [None]);
    }

    #[test]
    fn objects_without_a_key_go_by_what_they_mean_and_then_by_turn() {
        assert_eq!(
            paired(
                r#"[{"type": "a"}, {"type": "b", "x": 1}, {"type": "c"}]"#,
                r#"[{"type": "new"}, {"type": "a"}, {"type": "b", "x": 2}, {"type": "c"}]"#
            ),
            [None, Some(0), Some(1), Some(2)]
        );
        assert_eq!(paired("[1, 2]", "[2, 3]"), [Some(1), None]);
    }
}
