//! The order of a merged list: what each side moved or added stands where that side has it.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// An order for what both sides have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order<T> {
    /// Everything that any side still has, each once.
    pub(crate) list: Vec<T>,
    /// Whether the sides moved the same thing to different places; ours counts then.
    pub(crate) disputed: bool,
}

/// Merges two orders of one list in which nothing stands twice. Removals are not decided here: everything that any side
/// still has is in the order.
pub(crate) fn merge_order<T: Copy + Eq + Hash>(base: &[T], ours: &[T], theirs: &[T]) -> Order<T> {
    if base == theirs && !ours.is_empty() && has_all(ours, base) || ours == theirs {
        return undisputed(ours.to_vec());
    }
    if base == ours && has_all(theirs, base) {
        return undisputed(theirs.to_vec());
    }
    let known = |list: &[T]| list.iter().copied().collect::<HashSet<T>>();
    let (in_base, in_ours, in_theirs) = (known(base), known(ours), known(theirs));
    let shared =
        |key: &T| in_base.contains(key) && in_ours.contains(key) && in_theirs.contains(key);
    let common = |list: &[T]| {
        list.iter()
            .copied()
            .filter(|key| shared(key))
            .collect::<Vec<T>>()
    };
    let (common_base, common_ours, common_theirs) = (common(base), common(ours), common(theirs));
    let place: HashMap<T, usize> = common_base.iter().copied().zip(0..).collect();
    let moved = |list: &[T]| -> HashSet<T> {
        let places: Vec<usize> = list
            .iter()
            .filter_map(|key| place.get(key).copied())
            .collect();
        let kept = longest_rising(&places);
        let moved = list.iter().zip(kept).filter(|(_, kept)| !kept);
        moved.map(|(key, _)| *key).collect()
    };
    let by_us = moved(&common_ours);
    // The same new order on both sides is one move.
    let by_them = if common_ours == common_theirs {
        HashSet::new()
    } else {
        moved(&common_theirs)
    };
    let stable = |key: &T| shared(key) && !by_us.contains(key) && !by_them.contains(key);
    // Behind which stable item each side has what it moved or added; `None` is the start of the list.
    let behind = |list: &[T], is_placed: &dyn Fn(&T) -> bool| {
        let mut behind: HashMap<Option<T>, Vec<T>> = HashMap::new();
        let mut anchor = None;
        for key in list {
            if stable(key) {
                anchor = Some(*key);
            } else if is_placed(key) {
                behind.entry(anchor).or_default().push(*key);
            }
        }
        behind
    };
    // What both moved is disputed only where it does not stand the same on both sides.
    let by_both = |key: &T| by_us.contains(key) && by_them.contains(key);
    let disputed = behind(ours, &by_both) != behind(theirs, &by_both);
    let placed_by_us = |key: &T| {
        if shared(key) {
            by_us.contains(key)
        } else {
            true
        }
    };
    let placed_by_them = |key: &T| {
        if shared(key) {
            by_them.contains(key) && !by_us.contains(key)
        } else {
            !in_ours.contains(key)
        }
    };
    let (mut from_us, mut from_them) =
        (behind(ours, &placed_by_us), behind(theirs, &placed_by_them));
    let mut list = Vec::with_capacity(ours.len().max(theirs.len()));
    let anchors = common_base.iter().filter(|key| stable(key)).copied();
    for anchor in std::iter::once(None).chain(anchors.map(Some)) {
        list.extend(anchor);
        list.extend(from_us.remove(&anchor).unwrap_or_default());
        list.extend(from_them.remove(&anchor).unwrap_or_default());
    }
    Order { list, disputed }
}

/// An order for the common ancestor of a merge to come where its own sides dispute it: as it was, which is like neither, so
/// that whoever keeps to one of them is still seen to have changed something.
pub(crate) fn like_neither<T: Copy + Eq + Hash>(base: &[T], mut list: Vec<T>) -> Vec<T> {
    let place: HashMap<T, usize> = base.iter().copied().zip(0..).collect();
    list.sort_by_key(|key| place.get(key).copied().unwrap_or(usize::MAX));
    list
}

fn undisputed<T>(list: Vec<T>) -> Order<T> {
    Order {
        list,
        disputed: false,
    }
}

fn has_all<T: Copy + Eq + Hash>(list: &[T], wanted: &[T]) -> bool {
    let known: HashSet<T> = list.iter().copied().collect();
    wanted.iter().all(|key| known.contains(key))
}

/// Which members of a list belong to a longest rising part of it.
pub(crate) fn longest_rising(list: &[usize]) -> Vec<bool> {
    // For each length the index of the smallest number that ends a rising part of that length.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(list.len());
    for (index, number) in list.iter().enumerate() {
        let length = ends.partition_point(|end| list[*end] < *number);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        if length == ends.len() {
            ends.push(index);
        } else {
            ends[length] = index;
        }
    }
    let mut kept = vec![false; list.len()];
    let mut at = ends.last().copied();
    while let Some(index) = at {
        kept[index] = true;
        at = before[index];
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Order, longest_rising, merge_order};

    fn merged(base: &str, ours: &str, theirs: &str) -> (String, bool) {
        let letters = |text: &str| text.chars().collect::<Vec<char>>();
        let Order { list, disputed } =
            merge_order(&letters(base), &letters(ours), &letters(theirs));
        (list.into_iter().collect(), disputed)
    }

    #[test]
    fn moves_of_different_items_merge() {
        assert_eq!(merged("abcd", "dabc", "bacd"), ("dbac".to_owned(), false));
        assert_eq!(
            merged("abcd", "xabcd", "abcdy"),
            ("xabcdy".to_owned(), false)
        );
        assert_eq!(merged("abcd", "acdb", "abxcd"), ("axcdb".to_owned(), false));
    }

    #[test]
    fn one_item_moved_to_two_places_is_disputed_and_ours_counts() {
        assert_eq!(merged("abcd", "bcad", "bcda"), ("bcad".to_owned(), true));
        assert_eq!(merged("abcd", "bcda", "bcda"), ("bcda".to_owned(), false));
        // Both moved `d` to the front, and one of them something else besides.
        assert_eq!(
            merged("abcdefg", "dabcefg", "dacefbg"),
            ("dacefbg".to_owned(), false)
        );
    }

    #[test]
    fn a_longest_rising_part_is_found() {
        assert_eq!(longest_rising(&[3, 0, 1, 2]), [false, true, true, true]);
        assert_eq!(longest_rising(&[]), Vec::<bool>::new());
    }

    proptest! {
        #[test]
        fn an_unchanged_side_gives_the_other(
            base in Just((0_u8..8).collect::<Vec<_>>()).prop_shuffle(),
            side in Just((0_u8..10).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            prop_assert_eq!(merge_order(&base, &side, &base).list, side.clone());
            prop_assert_eq!(merge_order(&base, &base, &side).list, side.clone());
            prop_assert_eq!(merge_order(&base, &side, &side).list, side);
        }

        #[test]
        fn everything_stands_once(
            base in proptest::sample::subsequence((0_u8..8).collect::<Vec<_>>(), 0..8),
            ours in Just((0_u8..8).collect::<Vec<_>>()).prop_shuffle(),
            theirs in Just((0_u8..9).collect::<Vec<_>>()).prop_shuffle(),
            cut in 0_usize..8,
        ) {
            let merged = merge_order(&base, &ours[..cut], &theirs);
            let mut sorted = merged.list.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..9).collect::<Vec<u8>>());
        }
    }
}
