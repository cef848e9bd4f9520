//! Three-way merge of sequences: lines of a script or a description, or any list whose parts are compared as a whole.

use std::collections::HashMap;
use std::hash::Hash;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::format::merge_order::longest_rising;

/// Sequences that are longer together are compared by what stands in both just once first. The bound is a length and no
/// time, so that the same input always gives the same merge.
const COMPARED_AT_ONCE: usize = 4000;

/// Merges two changes of one sequence. `None` where both changed the same part in different ways.
pub fn merge_sequence<T: Clone + Ord + Hash>(
    base: &[T],
    ours: &[T],
    theirs: &[T],
) -> Option<Vec<T>> {
    if ours == theirs || base == theirs {
        return Some(ours.to_vec());
    }
    if base == ours {
        return Some(theirs.to_vec());
    }
    let (own, other) = (changes(base, ours), changes(base, theirs));
    let mut merged = Vec::new();
    let mut at = 0;
    let (mut i, mut j) = (0, 0);
    while i < own.len() || j < other.len() {
        let next = match (own.get(i), other.get(j)) {
            (Some(one), Some(two)) if one == two => {
                j += 1;
                i += 1;
                one
            }
            (Some(one), Some(two)) => {
                // Two insertions at one place have no order of their own.
                if one.start.max(two.start) < one.end.min(two.end) || touches(one, two) {
                    return None;
                }
                if (one.start, one.end) <= (two.start, two.end) {
                    i += 1;
                    one
                } else {
                    j += 1;
                    two
                }
            }
            (Some(one), None) => {
                i += 1;
                one
            }
            (None, Some(two)) => {
                j += 1;
                two
            }
            (None, None) => break,
        };
        merged.extend_from_slice(&base[at.min(next.start)..next.start]);
        merged.extend_from_slice(next.new);
        at = next.end;
    }
    merged.extend_from_slice(&base[at..]);
    Some(merged)
}

/// Merges the lines of a text. Each line keeps its end.
pub fn merge_lines(base: &str, ours: &str, theirs: &str) -> Option<String> {
    let lines =
        |text: &'_ str| -> Vec<String> { text.split_inclusive('\n').map(str::to_owned).collect() };
    merge_sequence(&lines(base), &lines(ours), &lines(theirs)).map(|lines| lines.concat())
}

/// A part of the base and what one side has in its place.
#[derive(Debug, PartialEq)]
struct Change<'a, T> {
    start: usize,
    end: usize,
    new: &'a [T],
}

fn changes<'a, T: Ord + Hash>(base: &[T], side: &'a [T]) -> Vec<Change<'a, T>> {
    let mut blocks = Vec::new();
    compare(base, side, 0, 0, true, &mut blocks);
    let mut found: Vec<Change<'a, T>> = Vec::new();
    let mut from = 0;
    for (old, new) in blocks {
        match found.last_mut() {
            // What touches is one change.
            Some(last) if last.end == old.0 => {
                last.end = old.1;
                last.new = &side[from..new.1];
            }
            _ => {
                from = new.0;
                found.push(Change {
                    start: old.0,
                    end: old.1,
                    new: &side[new.0..new.1],
                });
            }
        }
    }
    found
}

type Block = ((usize, usize), (usize, usize));

/// Where two sequences differ, as ranges of both. `divide` says whether what is long may be divided once more.
fn compare<T: Ord + Hash>(
    base: &[T],
    side: &[T],
    base_at: usize,
    side_at: usize,
    divide: bool,
    blocks: &mut Vec<Block>,
) {
    let head = base.iter().zip(side).take_while(|(one, two)| one == two);
    let head = head.count();
    let (base, side) = (&base[head..], &side[head..]);
    let tail = base.iter().rev().zip(side.iter().rev());
    let tail = tail.take_while(|(one, two)| one == two).count();
    let (base, side) = (&base[..base.len() - tail], &side[..side.len() - tail]);
    let (base_at, side_at) = (base_at + head, side_at + head);
    if base.is_empty() && side.is_empty() {
        return;
    }
    if base.is_empty() || side.is_empty() {
        let (old, new) = (base_at + base.len(), side_at + side.len());
        blocks.push(((base_at, old), (side_at, new)));
    } else if base.len() + side.len() <= COMPARED_AT_ONCE {
        for operation in capture_diff_slices(Algorithm::Myers, base, side) {
            if !matches!(operation, DiffOp::Equal { .. }) {
                let (old, new) = (operation.old_range(), operation.new_range());
                blocks.push((
                    (base_at + old.start, base_at + old.end),
                    (side_at + new.start, side_at + new.end),
                ));
            }
        }
    } else {
        let anchors = if divide {
            anchors(base, side)
        } else {
            Vec::new()
        };
        if anchors.is_empty() {
            // Too much to look for what it shares: one change, which is never wrong.
            let (old, new) = (base_at + base.len(), side_at + side.len());
            blocks.push(((base_at, old), (side_at, new)));
            return;
        }
        let (mut i, mut j) = (0, 0);
        for (old, new) in anchors {
            compare(
                &base[i..old],
                &side[j..new],
                base_at + i,
                side_at + j,
                false,
                blocks,
            );
            (i, j) = (old + 1, new + 1);
        }
        compare(
            &base[i..],
            &side[j..],
            base_at + i,
            side_at + j,
            false,
            blocks,
        );
    }
}

/// Where each value stands; `None` where it stands more than once.
fn once<T: Eq + Hash>(list: &[T]) -> HashMap<&T, Option<usize>> {
    let mut places: HashMap<&T, Option<usize>> = HashMap::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        let place = places.entry(value);
        place
            .and_modify(|place| *place = None)
            .or_insert(Some(index));
    }
    places
}

/// What stands just once in both, in the order that both have.
fn anchors<T: Ord + Hash>(base: &[T], side: &[T]) -> Vec<(usize, usize)> {
    let (mut in_base, in_side) = (once(base), once(side));
    let mut pairs = Vec::new();
    for (new, value) in side.iter().enumerate() {
        if in_side.get(value) == Some(&Some(new))
            && let Some(Some(old)) = in_base.remove(value)
        {
            pairs.push((old, new));
        }
    }
    let places: Vec<usize> = pairs.iter().map(|(old, _)| *old).collect();
    let keep = longest_rising(&places);
    let mut kept = keep.iter();
    pairs.retain(|_| kept.next() == Some(&true));
    pairs
}

/// Whether two different changes meet at one place, so that nobody can say which comes first.
fn touches<T>(one: &Change<'_, T>, two: &Change<'_, T>) -> bool {
    let empty = |change: &Change<'_, T>| change.start == change.end;
    (empty(one) && (two.start..=two.end).contains(&one.start))
        || (empty(two) && (one.start..=one.end).contains(&two.start))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{merge_lines, merge_sequence};

    #[test]
    fn changes_of_different_lines_merge() {
        assert_eq!(
            merge_lines("a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nD\n").unwrap(),
            "A\nb\nc\nD\n"
        );
        assert_eq!(
            merge_lines("a\nb\nc\n", "a\nc\n", "a\nb\nc\nd\n").unwrap(),
            "a\nc\nd\n"
        );
    }

    #[test]
    fn changes_of_one_line_do_not() {
        assert_eq!(merge_lines("a\nb\n", "a\nx\n", "a\ny\n"), None);
        assert_eq!(merge_lines("a\n", "a\nx\n", "a\ny\n"), None);
        assert_eq!(merge_lines("a\nb\n", "a\nx\n", "a\n"), None);
    }

    #[test]
    fn the_same_change_on_both_sides_counts_once() {
        assert_eq!(
            merge_lines("a\nb\nc\n", "a\nx\nc\n", "a\nx\nc\nd\n").unwrap(),
            "a\nx\nc\nd\n"
        );
    }

    #[test]
    fn long_sequences_are_merged_in_time_whatever_they_hold() {
        let base: Vec<u32> = (0..100_000).collect();
        let ours: Vec<u32> = base.iter().copied().filter(|line| line % 7 != 0).collect();
        let theirs: Vec<u32> = base
            .iter()
            .flat_map(|line| {
                if line % 7 == 3 {
                    vec![*line, line + 1_000_000]
                } else {
                    vec![*line]
                }
            })
            .collect();
        let merged = merge_sequence(&base, &ours, &theirs).unwrap();
        assert_eq!(merged.len(), ours.len() + theirs.len() - base.len());
        // Nothing stands just once: one change, and two of them are told as a conflict rather than guessed at.
        let twins =
            |step: usize| -> Vec<usize> { (0..60_000).map(|line| (line * step) % 50).collect() };
        assert_eq!(merge_sequence(&twins(1), &twins(3), &twins(7)), None);
    }

    proptest! {
        #[test]
        fn an_unchanged_side_gives_the_other(base in prop::collection::vec(0_u8..4, 0..12), side in prop::collection::vec(0_u8..4, 0..12)) {
            prop_assert_eq!(merge_sequence(&base, &side, &base), Some(side.clone()));
            prop_assert_eq!(merge_sequence(&base, &base, &side), Some(side.clone()));
            prop_assert_eq!(merge_sequence(&base, &side, &side), Some(side));
        }

        #[test]
        fn sides_do_not_matter(base in prop::collection::vec(0_u8..3, 0..8), one in prop::collection::vec(0_u8..3, 0..8), two in prop::collection::vec(0_u8..3, 0..8)) {
            prop_assert_eq!(merge_sequence(&base, &one, &two), merge_sequence(&base, &two, &one));
        }
    }
}
