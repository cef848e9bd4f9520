//! Three-way merge of sequences: lines of a script or a description, or any list whose parts are compared as a whole.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Merges two changes of one sequence. `None` where both changed the same part in different ways.
pub fn merge_sequence<T: Clone + Ord + std::hash::Hash>(
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
        merged.extend(next.new.iter().cloned());
        at = next.end;
    }
    merged.extend_from_slice(&base[at..]);
    Some(merged)
}

/// Merges the lines of a text. Each line keeps its end.
pub fn merge_lines(base: &str, ours: &str, theirs: &str) -> Option<String> {
    let lines = |text: &'_ str| {
        text.split_inclusive('\n')
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    merge_sequence(&lines(base), &lines(ours), &lines(theirs)).map(|lines| lines.concat())
}

/// A part of the base and what one side has in its place.
#[derive(Debug, PartialEq)]
struct Change<T> {
    start: usize,
    end: usize,
    new: Vec<T>,
}

fn changes<T: Clone + Ord + std::hash::Hash>(base: &[T], side: &[T]) -> Vec<Change<T>> {
    let operations = capture_diff_slices(Algorithm::Myers, base, side);
    let mut found: Vec<Change<T>> = Vec::new();
    for operation in operations {
        if matches!(operation, DiffOp::Equal { .. }) {
            continue;
        }
        let (old, new) = (operation.old_range(), operation.new_range());
        match found.last_mut() {
            // What touches is one change.
            Some(last) if last.end == old.start => {
                last.end = old.end;
                last.new.extend_from_slice(&side[new]);
            }
            _ => found.push(Change {
                start: old.start,
                end: old.end,
                new: side[new].to_vec(),
            }),
        }
    }
    found
}

/// Whether two different changes meet at one place, so that nobody can say which comes first.
fn touches<T>(one: &Change<T>, two: &Change<T>) -> bool {
    let empty = |change: &Change<T>| change.start == change.end;
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
