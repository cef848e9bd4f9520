//! Whether the record of a link is this repository's: the decision, pure, over what the record says and what is known here.
//!
//! An id that a service gives decides where both sides have one of the same installation. Else the address does, and at last
//! the first commits of the history.

use crate::mirror::hosted::{Hosted, Seen, Source};

/// By what it is known which repository this is, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The id that the service gives it.
    Provider,
    /// The same id, as the pipeline says it.
    Pipeline,
    /// The address of the remote.
    Address,
    /// The first commits of the history.
    FirstCommits,
}

/// What Git alone says of it: the address, and the first commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sameness {
    /// It does.
    Same,
    /// It does, and the repository has another address by now.
    Moved,
    /// It speaks of another one, or of the one this is a copy of.
    Other,
    /// The history is cut off, and the address does not tell.
    Unknown,
}

/// Whose a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// This repository's.
    Own {
        /// By what that is known.
        proof: Proof,
        /// It is called otherwise, or lies elsewhere, than the record says.
        has_moved: bool,
    },
    /// That of the repository which had this address before: it was deleted and made again, or another one took its name.
    Recreated,
    /// Another repository's, of which this is a fork or a copy.
    Other,
    /// Nothing that is here tells.
    Unknown,
}

impl Proof {
    /// Its word for scripts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Provider => "provider-id",
            Self::Pipeline => "pipeline-id",
            Self::Address => "address",
            Self::FirstCommits => "first-commits",
        }
    }

    /// The same for people, behind `known by`.
    pub fn told(self) -> &'static str {
        match self {
            Self::Provider => "the id that its service gives it",
            Self::Pipeline => "the id that the pipeline says",
            Self::Address => "its address",
            Self::FirstCommits => "its first commits",
        }
    }

    /// Whether a service has said it.
    pub fn is_by_id(self) -> bool {
        matches!(self, Self::Provider | Self::Pipeline)
    }
}

impl Source {
    /// What it proves with.
    pub fn proof(self) -> Proof {
        match self {
            Self::Pipeline => Proof::Pipeline,
            Self::Provider => Proof::Provider,
        }
    }
}

/// Decides. `has_same_address` is about the address in the record; `by_git` is asked only where no id decides.
///
/// # Errors
/// What `by_git` meets.
pub fn decide<E>(
    recorded: Option<&Hosted>,
    seen: Option<&Seen>,
    has_same_address: bool,
    by_git: impl FnOnce() -> Result<Sameness, E>,
) -> Result<Ownership, E> {
    if let (Some(recorded), Some(seen)) = (recorded, seen)
        && recorded.is_comparable(&seen.hosted)
    {
        return Ok(if recorded.id == seen.hosted.id {
            Ownership::Own {
                proof: seen.source.proof(),
                has_moved: !has_same_address || !recorded.has_name_of(&seen.hosted),
            }
        } else if has_same_address {
            Ownership::Recreated
        } else {
            Ownership::Other
        });
    }
    let proof = match has_same_address {
        true => Proof::Address,
        false => Proof::FirstCommits,
    };
    Ok(match by_git()? {
        Sameness::Same => Ownership::Own {
            proof,
            has_moved: false,
        },
        Sameness::Moved => Ownership::Own {
            proof,
            has_moved: true,
        },
        Sameness::Other => Ownership::Other,
        Sameness::Unknown => Ownership::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::{Ownership, Proof, Sameness, decide};
    use crate::mirror::hosted::{Hosted, Seen, Source};

    fn hosted(site: &str, id: &str, name: &str) -> Hosted {
        Hosted::new(site, id, name).unwrap()
    }

    const HUB: &str = "https://github.com";
    const LAB: &str = "https://gitlab.com";

    /// Every combination of what the record has, what is seen, the address and what git says.
    fn all() -> Vec<(Option<Hosted>, Option<Seen>, bool, Sameness)> {
        let mut records = vec![None];
        let mut seens = vec![None];
        for site in [HUB, LAB] {
            for id in ["1", "2"] {
                for name in ["acme/orders", "acme/shop"] {
                    records.push(Some(hosted(site, id, name)));
                    for source in [Source::Pipeline, Source::Provider] {
                        let hosted = hosted(site, id, name);
                        seens.push(Some(Seen { hosted, source }));
                    }
                }
            }
        }
        let mut all = Vec::new();
        for record in &records {
            for seen in &seens {
                for same_address in [true, false] {
                    for by_git in [
                        Sameness::Same,
                        Sameness::Moved,
                        Sameness::Other,
                        Sameness::Unknown,
                    ] {
                        all.push((record.clone(), seen.clone(), same_address, by_git));
                    }
                }
            }
        }
        all
    }

    fn decided(one: &(Option<Hosted>, Option<Seen>, bool, Sameness)) -> (Ownership, bool) {
        let mut is_asked = false;
        let decision = decide(one.0.as_ref(), one.1.as_ref(), one.2, || {
            is_asked = true;
            Ok::<_, Infallible>(one.3)
        });
        let Ok(ownership) = decision;
        (ownership, is_asked)
    }

    #[test]
    fn the_same_id_is_the_same_repository_and_another_id_never_is() {
        let all = all();
        assert_eq!(all.len(), 9 * 17 * 2 * 4);
        let mut met = [0; 4];
        for one in &all {
            let (record, seen, same_address, by_git) = one;
            let (ownership, is_asked) = decided(one);
            let ids = record.as_ref().zip(seen.as_ref());
            let ids = ids.filter(|(record, seen)| record.site == seen.hosted.site);
            match ids {
                Some((record, seen)) if record.id == seen.hosted.id => {
                    met[0] += 1;
                    let renamed = record.name != seen.hosted.name;
                    let expected = Ownership::Own {
                        proof: seen.source.proof(),
                        has_moved: !same_address || renamed,
                    };
                    assert_eq!(ownership, expected, "{one:?}");
                    assert!(
                        !is_asked,
                        "first commits cost time, and are not needed: {one:?}"
                    );
                }
                Some(_) => {
                    met[1] += 1;
                    let expected = match same_address {
                        true => Ownership::Recreated,
                        false => Ownership::Other,
                    };
                    assert_eq!(ownership, expected, "{one:?}");
                    assert!(!is_asked, "{one:?}");
                }
                None => {
                    met[2] += 1;
                    assert!(is_asked, "{one:?}");
                    let is_own = matches!(ownership, Ownership::Own { .. });
                    let by_git_own = matches!(by_git, Sameness::Same | Sameness::Moved);
                    assert_eq!(is_own, by_git_own, "{one:?}");
                    if let Ownership::Own { proof, has_moved } = ownership {
                        met[3] += 1;
                        assert!(!proof.is_by_id(), "{one:?}");
                        assert_eq!(has_moved, *by_git == Sameness::Moved, "{one:?}");
                        assert_eq!(proof == Proof::Address, *same_address, "{one:?}");
                    }
                }
            }
        }
        assert!(met.iter().all(|count| *count > 0), "{met:?}");
    }

    #[test]
    fn who_says_an_id_makes_no_difference_to_the_verdict() {
        for one in all() {
            let Some(seen) = &one.1 else { continue };
            let other = match seen.source {
                Source::Pipeline => Source::Provider,
                Source::Provider => Source::Pipeline,
            };
            let swapped = Seen {
                source: other,
                ..seen.clone()
            };
            let (ours, theirs) = (decided(&one).0, {
                let other = (one.0.clone(), Some(swapped), one.2, one.3);
                decided(&other).0
            });
            let without_proof = |ownership: Ownership| match ownership {
                Ownership::Own { has_moved, .. } => format!("own {has_moved}"),
                other => format!("{other:?}"),
            };
            assert_eq!(without_proof(ours), without_proof(theirs), "{one:?}");
        }
    }

    #[test]
    fn names_differ_by_more_than_case_where_something_was_renamed() {
        let record = hosted(HUB, "1", "Acme/Orders");
        let seen = |name: &str| Seen {
            hosted: hosted("https://GitHub.com/", "1", name),
            source: Source::Provider,
        };
        for (name, has_moved) in [("acme/orders", false), ("acme/shop", true)] {
            let one = (
                Some(record.clone()),
                Some(seen(name)),
                true,
                Sameness::Other,
            );
            let proof = Proof::Provider;
            assert_eq!(decided(&one).0, Ownership::Own { proof, has_moved });
        }
    }
}
