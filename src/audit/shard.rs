//! Which part of the work is whose: by a hash of what never changes, so that a part is the same part tomorrow.

use std::fmt;
use std::str::FromStr;

use crate::audit::facts::RepositoryKey;
use crate::model::digest::Digest;

/// More parts than this are no division of one organisation.
const MOST: u32 = 10_000;

/// One part of so many, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard {
    number: u32,
    of: u32,
}

/// What is no part of anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no part: write I/N, such as 2/8, with I from 1 to N and N at most 10000")]
pub struct NoShard(String);

impl Shard {
    /// Everything in one part.
    pub const WHOLE: Self = Self { number: 1, of: 1 };

    /// A part; `None` for a number that is none of so many.
    pub fn new(number: u32, of: u32) -> Option<Self> {
        (1..=of.min(MOST))
            .contains(&number)
            .then_some(Self { number, of })
            .filter(|_| of <= MOST)
    }

    /// Which one it is.
    pub fn number(self) -> u32 {
        self.number
    }

    /// Of how many.
    pub fn of(self) -> u32 {
        self.of
    }

    /// Whether a repository is looked at by this part.
    pub fn has_repository(self, key: &RepositoryKey) -> bool {
        self.has(["repository", &key.site, &key.id])
    }

    /// Whether an API or a specification is looked at by this part.
    pub fn has_api(self, id: &str) -> bool {
        self.has(["api", id, ""])
    }

    fn has(self, parts: [&str; 3]) -> bool {
        let digest = Digest::of_parts(parts.map(str::as_bytes)).to_string();
        // Sixteen hexadecimal digits always are a number.
        let hash = u64::from_str_radix(&digest[..16], 16).unwrap_or_default();
        hash % u64::from(self.of) == u64::from(self.number - 1)
    }
}

impl FromStr for Shard {
    type Err = NoShard;

    fn from_str(text: &str) -> Result<Self, NoShard> {
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let found = text
            .split_once('/')
            .filter(|(number, of)| digits(number) && digits(of))
            .and_then(|(number, of)| Self::new(number.parse().ok()?, of.parse().ok()?));
        found.ok_or_else(|| NoShard(crate::model::text::visible(text)))
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::Shard;
    use crate::audit::facts::RepositoryKey;

    fn key(id: &str) -> RepositoryKey {
        RepositoryKey {
            site: "https://github.com".to_owned(),
            id: id.to_owned(),
        }
    }

    #[test]
    fn a_part_is_read_as_it_is_written() {
        let part: Shard = "2/8".parse().unwrap();
        assert_eq!((part.number(), part.of()), (2, 8));
        assert_eq!(part.to_string(), "2/8");
        for bad in [
            "",
            "0/8",
            "9/8",
            "1",
            "1/0",
            "+1/8",
            "1/10001",
            "a/b",
            "1/99999999999",
        ] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_part_is_the_same_part_in_every_release() {
        let of_eight = |id: &str| {
            let found =
                (1..=8).find(|number| Shard::new(*number, 8).unwrap().has_repository(&key(id)));
            found.unwrap()
        };
        assert_eq!(["1", "2", "3", "4711"].map(of_eight), [3, 5, 4, 6]);
    }

    #[test]
    fn parts_are_alike_in_size() {
        for of in [2_u32, 8, 32] {
            let part = |number| {
                let part = Shard::new(number, of).unwrap();
                (0..8000)
                    .filter(|id| part.has_repository(&key(&id.to_string())))
                    .count()
            };
            let sizes: Vec<usize> = (1..=of).map(part).collect();
            let fair = 8000 / of as usize;
            assert_eq!(sizes.iter().sum::<usize>(), 8000);
            // Four standard deviations of a fair throw.
            let most = 4.0 * (fair as f64).sqrt();
            assert!(
                sizes.iter().all(|size| size.abs_diff(fair) as f64 <= most),
                "{sizes:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn everything_is_in_exactly_one_part(site in ".{0,30}", id in ".{0,40}", of in 1_u32..40) {
            let key = RepositoryKey { site, id };
            let parts: Vec<Shard> = (1..=of).filter_map(|number| Shard::new(number, of)).collect();
            prop_assert_eq!(parts.iter().filter(|part| part.has_repository(&key)).count(), 1);
            prop_assert_eq!(parts.iter().filter(|part| part.has_api(&key.id)).count(), 1);
        }
    }
}
