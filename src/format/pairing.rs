//! Which parts of a container stay where they are when it becomes another one: as many as can without changing places.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// What happens to the parts of a container, in the order of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The own part stays, perhaps changed within, and is the wanted one.
    Keep { own: usize, wanted: usize },
    /// The own part stays and is none of the wanted ones.
    Stay { own: usize },
    /// The own part goes.
    Remove { own: usize },
    /// The wanted part comes in.
    Insert { wanted: usize },
}

/// For each wanted part the own one of the same key, each at most once.
pub(crate) fn pairs<K: Hash + Eq + Copy>(own: &[K], wanted: &[Option<K>]) -> Vec<Option<usize>> {
    if own.len() == wanted.len() && own.iter().zip(wanted).all(|(own, key)| Some(*own) == *key) {
        return (0..own.len()).map(Some).collect();
    }
    let mut known: HashMap<K, VecDeque<usize>> = HashMap::with_capacity(own.len());
    for (index, key) in own.iter().enumerate() {
        known.entry(*key).or_default().push_back(index);
    }
    wanted
        .iter()
        .map(|key| known.get_mut(&(*key)?)?.pop_front())
        .collect()
}

/// Pairs wanted parts that are left with own ones that are left and have the same value: those were given another key. Says
/// whether there is one.
pub(crate) fn pair_renamed<K: Hash + Eq>(
    pairs: &mut [Option<usize>],
    count: usize,
    own: impl Fn(usize) -> K,
    wanted: impl Fn(usize) -> Option<K>,
) -> bool {
    if pairs.iter().all(Option::is_some) {
        return false;
    }
    let mut left = vec![true; count];
    for own in pairs.iter().flatten() {
        left[*own] = false;
    }
    let mut known: HashMap<K, usize> = (0..count)
        .filter(|index| left[*index])
        .map(|index| (own(index), index))
        .collect();
    let mut renamed = false;
    for (index, pair) in pairs.iter_mut().enumerate() {
        if pair.is_none()
            && let Some(key) = wanted(index)
            && let Some(place) = known.remove(&key)
        {
            *pair = Some(place);
            renamed = true;
        }
    }
    renamed
}

/// Of the pairs those that can stay where they are: the longest run of rising places. The others are forgotten.
pub(crate) fn in_order(pairs: &mut [Option<usize>]) {
    let rising = pairs
        .iter()
        .flatten()
        .try_fold(None, |last, own| (last < Some(own)).then_some(Some(own)));
    if rising.is_some() {
        return;
    }
    // Patience sorting: `tails[n]` ends the best run of n + 1, and `before` leads back through it.
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; pairs.len()];
    for (index, own) in pairs.iter().enumerate() {
        let Some(own) = own else { continue };
        let length = tails.partition_point(|tail| pairs[*tail] < Some(*own));
        before[index] = length.checked_sub(1).map(|length| tails[length]);
        if length == tails.len() {
            tails.push(index);
        } else {
            tails[length] = index;
        }
    }
    let mut kept = vec![false; pairs.len()];
    let mut at = tails.last().copied();
    while let Some(index) = at {
        kept[index] = true;
        at = before[index];
    }
    for (pair, kept) in pairs.iter_mut().zip(kept) {
        if !kept {
            *pair = None;
        }
    }
}

/// The steps from `count` own parts to the wanted ones. `pairs` rise; `stays` names parts that stay beside them, and `twins`
/// decides whether a wanted part takes the place of one that goes.
pub(crate) fn steps(
    count: usize,
    pairs: &[Option<usize>],
    stays: impl Fn(usize) -> bool,
    twins: impl Fn(usize, usize) -> bool,
) -> Vec<Step> {
    let mut steps = Vec::with_capacity(count.max(pairs.len()));
    let (mut own, mut wanted) = (0, 0);
    loop {
        let next = pairs[wanted..]
            .iter()
            .position(Option::is_some)
            .map_or(pairs.len(), |offset| wanted + offset);
        let until = pairs.get(next).copied().flatten().unwrap_or(count);
        while own < until {
            if stays(own) {
                steps.push(Step::Stay { own });
            } else if wanted < next && twins(own, wanted) {
                steps.push(Step::Keep { own, wanted });
                wanted += 1;
            } else {
                steps.push(Step::Remove { own });
            }
            own += 1;
        }
        steps.extend((wanted..next).map(|wanted| Step::Insert { wanted }));
        if next == pairs.len() {
            return steps;
        }
        steps.push(Step::Keep {
            own: until,
            wanted: next,
        });
        own = until + 1;
        wanted = next + 1;
    }
}

/// Whether any part comes or goes.
pub(crate) fn changes_parts(steps: &[Step]) -> bool {
    steps
        .iter()
        .any(|step| matches!(step, Step::Insert { .. } | Step::Remove { .. }))
}

#[cfg(test)]
mod tests {
    use super::{Step, in_order, pairs, steps};

    #[test]
    fn what_changes_its_place_is_the_smaller_part() {
        let mut found = pairs(&['a', 'b', 'c', 'd'], &[Some('d'), Some('a'), None, Some('b')]);
        assert_eq!(found, [Some(3), Some(0), None, Some(1)]);
        in_order(&mut found);
        assert_eq!(found, [None, Some(0), None, Some(1)]);
        assert_eq!(
            steps(4, &found, |own| own == 3, |_, _| false),
            [
                Step::Insert { wanted: 0 },
                Step::Keep { own: 0, wanted: 1 },
                Step::Insert { wanted: 2 },
                Step::Keep { own: 1, wanted: 3 },
                Step::Remove { own: 2 },
                Step::Stay { own: 3 },
            ]
        );
    }

    #[test]
    fn twins_are_paired_one_to_one() {
        let found = [None, None, Some(2)];
        assert_eq!(
            steps(4, &found, |_| false, |own, _| own == 1),
            [
                Step::Remove { own: 0 },
                Step::Keep { own: 1, wanted: 0 },
                Step::Insert { wanted: 1 },
                Step::Keep { own: 2, wanted: 2 },
                Step::Remove { own: 3 },
            ]
        );
    }
}
