//! Parts put together: in any order, any of them twice, always with the same outcome; what is no part of the same run is
//! refused.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::audit::facts::{Facts, Reach};
use crate::audit::part::Part;
use crate::model::text::{shortened, visible};

/// A part and the file it came from.
#[derive(Clone, Debug)]
pub struct NamedPart {
    /// The file, as it was named.
    pub file: String,
    /// What it holds.
    pub part: Part,
}

/// Why parts cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// There are none.
    #[error("there is no part to put together")]
    Nothing,
    /// They are of two different questions.
    #[error("{one} and {other} are parts of different audits: {what} differ")]
    Different {
        /// The first file.
        one: String,
        /// The other one.
        other: String,
        /// What differs.
        what: &'static str,
    },
    /// They say different things of one.
    #[error("{one} and {other} say different things of {of}")]
    Contradiction {
        /// The first file.
        one: String,
        /// The other one.
        other: String,
        /// What of.
        of: String,
    },
}

impl JoinError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Nothing => "name the files that `audit --shard I/N --out FILE` wrote",
            Self::Different { .. } => {
                "put together only what runs with the same owners, workspaces and N wrote"
            }
            Self::Contradiction { .. } => "the same shard ran twice: leave out the older file",
        }
    }
}

/// Puts parts together. Files that hold the same are one.
///
/// # Errors
/// Parts of different audits, and parts that contradict each other.
pub fn join(parts: impl IntoIterator<Item = NamedPart>) -> Result<Part, JoinError> {
    let mut parts: Vec<NamedPart> = parts.into_iter().collect();
    // Which files an error names does not depend on their order either.
    parts.sort_by(|one, other| one.file.cmp(&other.file));
    let mut parts = parts.into_iter();
    let Some(NamedPart { file: first, part }) = parts.next() else {
        return Err(JoinError::Nothing);
    };
    let division = part.shards.clone();
    let mut joined = Part {
        facts: Facts::default(),
        ..part.clone()
    };
    let mut origins = Origins::default();
    origins.add(&mut joined, &first, part)?;
    for NamedPart { file, part } in parts {
        let differs = |what| {
            Err(JoinError::Different {
                one: visible(&first),
                other: visible(&file),
                what,
            })
        };
        if part.scope.owners != joined.scope.owners {
            return differs("the owners");
        }
        if part.scope != joined.scope {
            return differs("the workspaces or the way to them");
        }
        if part.shards.of() != division.of() {
            return differs("the numbers of parts");
        }
        joined.shards = joined.shards.and(&part.shards);
        origins.add(&mut joined, &file, part)?;
    }
    Ok(joined)
}

/// Which file said what, for errors.
#[derive(Default)]
struct Origins {
    files: Vec<String>,
    of: BTreeMap<String, usize>,
}

impl Origins {
    fn add(&mut self, joined: &mut Part, file: &str, part: Part) -> Result<(), JoinError> {
        self.files.push(visible(file));
        let facts = &mut joined.facts;
        facts.postman = worse(&facts.postman, &part.facts.postman);
        for (owner, reach) in part.facts.owners {
            match facts.owners.entry(owner) {
                Entry::Vacant(entry) => drop(entry.insert(reach)),
                Entry::Occupied(mut entry) => {
                    let both = worse(entry.get(), &reach);
                    entry.insert(both);
                }
            }
        }
        for (key, found) in part.facts.repositories {
            let called = format!("repository {} of {}", key.id, key.site);
            self.put(&mut facts.repositories, key, found, called)?;
        }
        for (id, found) in part.facts.apis {
            let called = format!("API {id}");
            self.put(&mut facts.apis, id, found, called)?;
        }
        Ok(())
    }

    fn put<K: Ord, F: PartialEq>(
        &mut self,
        into: &mut BTreeMap<K, F>,
        key: K,
        found: F,
        called: String,
    ) -> Result<(), JoinError> {
        let last = self.files.len() - 1;
        match into.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(found);
                self.of.insert(called, last);
                Ok(())
            }
            Entry::Occupied(entry) if *entry.get() == found => Ok(()),
            Entry::Occupied(_) => Err(JoinError::Contradiction {
                one: self.files[self.of.get(&called).copied().unwrap_or(0)].clone(),
                other: self.files[last].clone(),
                of: shortened(&called, 200),
            }),
        }
    }
}

/// The one of two that says more of what is missing; in any order the same one.
fn worse(one: &Reach, other: &Reach) -> Reach {
    let rank = |reach: &Reach| match reach {
        Reach::NotAsked => (0, String::new()),
        Reach::Whole => (1, String::new()),
        Reach::Part(why) => (2, why.clone()),
        Reach::Refused(why) => (3, why.clone()),
    };
    match rank(one) >= rank(other) {
        true => one.clone(),
        false => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};
    use proptest::sample::Index;

    use super::{JoinError, NamedPart, join};
    use crate::audit::facts::{Facts, Reach};
    use crate::audit::part::Part;
    use crate::audit::sample::{part_of, some_facts};
    use crate::audit::shard::Shard;

    fn named(file: &str, part: Part) -> NamedPart {
        NamedPart {
            file: file.to_owned(),
            part,
        }
    }

    fn bytes(part: &Part) -> Vec<u8> {
        let mut bytes = Vec::new();
        part.write(&mut bytes).unwrap();
        bytes
    }

    fn facts() -> impl Strategy<Value = Facts> {
        (0_u64..u64::MAX, 0_usize..60).prop_map(|(seed, count)| some_facts(seed, count))
    }

    proptest! {
        #[test]
        fn every_division_in_every_order_is_the_one_run(
            facts in facts(),
            of in 1_u32..12,
            picks in proptest::collection::vec(any::<Index>(), 0..20),
        ) {
            let whole = part_of(&facts, Shard::WHOLE);
            let parts: Vec<Part> = (1..=of).map(|number| part_of(&facts, Shard::new(number, of).unwrap())).collect();
            // All of them once, and some again, in whatever order.
            let mut order: Vec<usize> = (0..parts.len()).collect();
            for pick in &picks {
                let at = pick.index(order.len());
                order.swap(0, at);
                order.push(pick.index(parts.len()));
            }
            let chosen = order.iter().enumerate().map(|(place, at)| named(&format!("{place}.jsonl"), parts[*at].clone()));
            let joined = join(chosen).unwrap();
            prop_assert_eq!(bytes(&joined), bytes(&whole));
            // What was written is read back as the same, and a whole joined with itself is itself.
            let read = Part::read("whole.jsonl", &mut bytes(&joined).as_slice()).unwrap();
            prop_assert_eq!(&read, &joined);
            let again = join([named("a", read.clone()), named("b", read)]).unwrap();
            prop_assert_eq!(bytes(&again), bytes(&whole));
        }

        #[test]
        fn groups_of_parts_are_put_together_in_any_nesting(facts in facts(), of in 3_u32..8, cut in any::<Index>()) {
            let parts: Vec<NamedPart> = (1..=of)
                .map(|number| named(&number.to_string(), part_of(&facts, Shard::new(number, of).unwrap())))
                .collect();
            let (left, right) = parts.split_at(1 + cut.index(parts.len() - 1));
            let halves = [left, right].map(|half| named("half", join(half.to_vec()).unwrap()));
            prop_assert_eq!(join(halves).unwrap(), join(parts).unwrap());
        }
    }

    #[test]
    fn missing_parts_are_known() {
        let facts = some_facts(3, 20);
        let some = [1, 4].map(|number| {
            named(
                &number.to_string(),
                part_of(&facts, Shard::new(number, 4).unwrap()),
            )
        });
        assert_eq!(join(some).unwrap().shards.missing(), [2, 3]);
    }

    #[test]
    fn what_is_not_of_one_run_is_refused() {
        let facts = some_facts(3, 20);
        let part = |number, of| part_of(&facts, Shard::new(number, of).unwrap());
        let two = |one: Part, other: Part| join([named("one", one), named("other", other)]);
        let differs = |joined: Result<Part, JoinError>| joined.unwrap_err().to_string();
        assert_eq!(join([]), Err(JoinError::Nothing));
        assert!(differs(two(part(1, 2), part(2, 3))).contains("the numbers of parts differ"));
        let mut other = part(2, 2);
        other.scope.workspaces = Some(std::collections::BTreeSet::new());
        assert!(differs(two(part(1, 2), other)).contains("workspaces"));
        let mut other = part(2, 2);
        other.scope.owners.clear();
        assert!(differs(two(part(1, 2), other)).contains("the owners"));
        let mut other = part(1, 1);
        let changed = other.facts.repositories.values_mut().next().unwrap();
        changed.is_fork = !changed.is_fork;
        let error = two(part(1, 1), other).unwrap_err();
        assert!(
            matches!(&error, JoinError::Contradiction { one, other, of }
            if one == "one" && other == "other" && of.starts_with("repository")),
            "{error}"
        );
    }

    #[test]
    fn what_one_part_could_not_see_the_whole_did_not_see() {
        let facts = some_facts(3, 20);
        let [one, mut other] = [1, 2].map(|number| part_of(&facts, Shard::new(number, 2).unwrap()));
        other.facts.postman = Reach::Part("no key".to_owned());
        for pair in [[one.clone(), other.clone()], [other, one]] {
            let [one, other] = pair.map(|part| named("x", part));
            assert_eq!(
                join([one, other]).unwrap().facts.postman,
                Reach::Part("no key".to_owned())
            );
        }
    }
}
