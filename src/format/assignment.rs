//! Who goes with whom, when several could: the pairs with the greatest sum of weights.

use std::collections::{HashMap, VecDeque};

/// A pair that could be made and how much speaks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The one.
    pub(crate) from: usize,
    /// The other.
    pub(crate) to: usize,
    /// How much speaks for it; more than nothing.
    pub(crate) weight: u32,
}

/// Groups of so many on a side are decided exactly, in the cube of their size.
const EXACT: usize = 24;

/// Chooses pairs so that nobody is in two. Candidates that have nothing to do with each other are decided apart: a group
/// of up to 24 on a side gets the best sum there is, a larger one the heaviest pairs first, which is never less than half
/// of the best sum, since each pair taken keeps out at most two that weigh no more.
pub(crate) fn assign(candidates: &[Candidate]) -> Vec<(usize, usize)> {
    let mut chosen = Vec::new();
    for group in groups(candidates) {
        let (from, to) = (
            numbered(group.iter().map(|candidate| candidate.from)),
            numbered(group.iter().map(|candidate| candidate.to)),
        );
        if from.len().max(to.len()) <= EXACT {
            chosen.extend(exact(&group, &from, &to));
        } else {
            chosen.extend(heaviest_first(group));
        }
    }
    chosen.sort_unstable();
    chosen
}

/// Each once, in ascending order, so that its index is its number.
fn numbered(all: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut all: Vec<usize> = all.collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The candidates taken apart where no chain of pairs connects them.
fn groups(candidates: &[Candidate]) -> Vec<Vec<Candidate>> {
    let mut of_from: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut of_to: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, candidate) in candidates.iter().enumerate() {
        of_from.entry(candidate.from).or_default().push(index);
        of_to.entry(candidate.to).or_default().push(index);
    }
    let mut seen = vec![false; candidates.len()];
    let mut groups = Vec::new();
    for start in 0..candidates.len() {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        let mut waiting = VecDeque::from([start]);
        let mut group = Vec::new();
        while let Some(index) = waiting.pop_front() {
            let candidate = candidates[index];
            group.push(candidate);
            // Each list is walked once: it is taken out of the map.
            let neighbours = [of_from.remove(&candidate.from), of_to.remove(&candidate.to)];
            for neighbour in neighbours.into_iter().flatten().flatten() {
                if !seen[neighbour] {
                    seen[neighbour] = true;
                    waiting.push_back(neighbour);
                }
            }
        }
        groups.push(group);
    }
    groups
}

fn heaviest_first(mut group: Vec<Candidate>) -> Vec<(usize, usize)> {
    group.sort_by_key(|candidate| {
        (
            std::cmp::Reverse(candidate.weight),
            candidate.from.abs_diff(candidate.to),
            candidate.from,
        )
    });
    let (mut from, mut to) = (HashMap::new(), HashMap::new());
    let mut chosen = Vec::new();
    for candidate in group {
        if from.contains_key(&candidate.from) || to.contains_key(&candidate.to) {
            continue;
        }
        from.insert(candidate.from, ());
        to.insert(candidate.to, ());
        chosen.push((candidate.from, candidate.to));
    }
    chosen
}

/// The Hungarian method with potentials, as Kuhn and Munkres have it. Of equal sums the one that keeps the order wins:
/// a hundredth of what the least weight counts is taken off for what stands elsewhere.
fn exact(group: &[Candidate], from: &[usize], to: &[usize]) -> Vec<(usize, usize)> {
    let size = from.len().max(to.len());
    let mut cost = vec![vec![0_i64; size + 1]; size + 1];
    for candidate in group {
        let (Ok(row), Ok(column)) = (
            from.binary_search(&candidate.from),
            to.binary_search(&candidate.to),
        ) else {
            continue;
        };
        let apart = i64::try_from(row.abs_diff(column)).unwrap_or(0);
        cost[row + 1][column + 1] = apart - i64::from(candidate.weight) * 10_000;
    }
    let mut row_potential = vec![0_i64; size + 1];
    let mut column_potential = vec![0_i64; size + 1];
    let mut row_of = vec![0_usize; size + 1];
    for row in 1..=size {
        row_of[0] = row;
        let mut at = 0;
        let mut least = vec![i64::MAX; size + 1];
        let mut used = vec![false; size + 1];
        let mut way = vec![0_usize; size + 1];
        loop {
            used[at] = true;
            let (current, mut delta, mut next) = (row_of[at], i64::MAX, 0);
            for column in 1..=size {
                if used[column] {
                    continue;
                }
                let reduced =
                    cost[current][column] - row_potential[current] - column_potential[column];
                if reduced < least[column] {
                    least[column] = reduced;
                    way[column] = at;
                }
                if least[column] < delta {
                    delta = least[column];
                    next = column;
                }
            }
            for column in 0..=size {
                if used[column] {
                    row_potential[row_of[column]] += delta;
                    column_potential[column] -= delta;
                } else {
                    least[column] = least[column].saturating_sub(delta);
                }
            }
            at = next;
            if row_of[at] == 0 {
                break;
            }
        }
        while at != 0 {
            let before = way[at];
            row_of[at] = row_of[before];
            at = before;
        }
    }
    (1..=size)
        .filter(|column| cost[row_of[*column]][*column] < 0)
        .filter_map(|column| Some((*from.get(row_of[column] - 1)?, *to.get(column - 1)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Candidate, assign, heaviest_first};

    fn candidates(list: &[(usize, usize, u32)]) -> Vec<Candidate> {
        list.iter()
            .map(|(from, to, weight)| Candidate {
                from: *from,
                to: *to,
                weight: *weight,
            })
            .collect()
    }

    fn weight(chosen: &[(usize, usize)], candidates: &[Candidate]) -> u32 {
        chosen
            .iter()
            .filter_map(|pair| {
                candidates
                    .iter()
                    .filter(|candidate| (candidate.from, candidate.to) == *pair)
                    .map(|candidate| candidate.weight)
                    .max()
            })
            .sum()
    }

    #[test]
    fn the_best_sum_wins_over_the_heaviest_pair() {
        let list = candidates(&[(0, 0, 9), (0, 1, 8), (1, 0, 8)]);
        assert_eq!(assign(&list), [(0, 1), (1, 0)]);
        assert_eq!(heaviest_first(list), [(0, 0)]);
    }

    #[test]
    fn of_equals_the_order_is_kept() {
        let list = candidates(&[(0, 0, 5), (0, 1, 5), (1, 0, 5), (1, 1, 5)]);
        assert_eq!(assign(&list), [(0, 0), (1, 1)]);
    }

    proptest! {
        #[test]
        fn nobody_is_in_two_pairs_and_no_sum_is_better(list in prop::collection::vec((0_usize..5, 0_usize..5, 1_u32..9), 0..12)) {
            let mut list = candidates(&list);
            list.sort_by_key(|candidate| (candidate.from, candidate.to, candidate.weight));
            list.dedup_by_key(|candidate| (candidate.from, candidate.to));
            let chosen = assign(&list);
            for (index, pair) in chosen.iter().enumerate() {
                prop_assert!(chosen[..index].iter().all(|other| other.0 != pair.0 && other.1 != pair.1));
            }
            let best = every_choice(&list).into_iter().max().unwrap_or(0);
            prop_assert_eq!(weight(&chosen, &list), best);
            prop_assert!(weight(&heaviest_first(list.clone()), &list) * 2 >= best);
        }
    }

    /// The sum of every choice in which nobody is in two pairs.
    fn every_choice(list: &[Candidate]) -> Vec<u32> {
        let mut sums = vec![(Vec::<Candidate>::new(), 0)];
        for candidate in list {
            let more: Vec<_> = sums
                .iter()
                .filter(|(chosen, _)| {
                    chosen
                        .iter()
                        .all(|other| other.from != candidate.from && other.to != candidate.to)
                })
                .map(|(chosen, sum)| {
                    let mut chosen = chosen.clone();
                    chosen.push(*candidate);
                    (chosen, sum + candidate.weight)
                })
                .collect();
            sums.extend(more);
        }
        sums.into_iter().map(|(_, sum)| sum).collect()
    }
}
