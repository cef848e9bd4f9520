//! Where a state is kept: read, and replaced only by who has read the last one.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::git::error::GitError;
use crate::mirror::state::{Blobs, MirrorState};
use crate::mirror::state_form::{self, StateError};
use crate::model::digest::Digest;
use crate::model::id::CommitId;
use crate::model::text::visible_lines;

/// The text of a state, and of a blob, that is larger than this is none, in bytes.
pub const LARGEST: u64 = 256 * 1024 * 1024;

/// A place that keeps states, one after the other.
pub trait StateStore: Send + Sync {
    /// The last state; `None` where there is none yet.
    ///
    /// # Errors
    /// A place that cannot be reached, or that holds something else than a state.
    fn load(&self) -> Result<Option<Stored>, StoreError>;

    /// Bytes that the state of a commit names.
    ///
    /// # Errors
    /// Where they are not there, or are not what their name says.
    fn blob(&self, commit: &CommitId, digest: &Digest) -> Result<Vec<u8>, StoreError>;

    /// Puts a state in place of `expected`, or says who was first. Nothing of it is kept then.
    ///
    /// # Errors
    /// A place that cannot be reached or refuses to be written.
    fn swap(&self, expected: Option<&CommitId>, draft: &Draft<'_>) -> Result<Swap, StoreError>;

    /// The commits that lead to `from`, which comes first. At most `limit` of them.
    ///
    /// # Errors
    /// A place that cannot be read.
    fn history(&self, from: &CommitId, limit: usize) -> Result<Vec<CommitId>, StoreError>;
}

/// A state and the commit that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The commit: whoever replaces the state names it.
    pub commit: CommitId,
    /// The state.
    pub state: MirrorState,
}

/// A state that is to be stored.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// The state.
    pub state: &'a MirrorState,
    /// Bytes that it names and that the state before did not. Others are passed over.
    pub blobs: &'a Blobs,
    /// What was done, for whoever reads the history: one line, or a line and a text.
    pub message: &'a str,
    /// Now, in seconds since 1970.
    pub now: u64,
}

/// What became of a swap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Swap {
    /// The state is stored under this commit.
    Done(CommitId),
    /// Somebody else was first, and this is their commit: load and plan again.
    Lost(Option<CommitId>),
}

/// Why a state could not be read or stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Git could not do it.
    #[error(transparent)]
    Git(#[from] GitError),
    /// What is stored is no state.
    #[error(transparent)]
    State(#[from] StateError),
    /// The reference holds something else.
    #[error("`{reference}` holds something else than the state of a mirror")]
    Foreign {
        /// The reference.
        reference: String,
    },
    /// The host does not take this reference.
    #[error("the remote `{remote}` does not take `{reference}`: {}", visible_lines(.said))]
    Refused {
        /// The remote.
        remote: String,
        /// The reference.
        reference: String,
        /// What the host said.
        said: String,
    },
    /// The remote could not be written for another reason.
    #[error("`{reference}` could not be pushed to `{remote}`: {}", visible_lines(.said))]
    NotPushed {
        /// The remote.
        remote: String,
        /// The reference.
        reference: String,
        /// What git said.
        said: String,
    },
    /// Bytes that the state names are gone, or others.
    #[error("the mirror's state names {digest}, and its commit does not hold that")]
    MissingBlob {
        /// Their digest.
        digest: Digest,
    },
}

impl StoreError {
    /// What to do about it, where there is something.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Git(error) => error.hint(),
            Self::State(error) => Some(error.hint()),
            Self::Foreign { .. } => Some(
                "name another one as `state-ref` under `[mirror]` in git-postman.toml".to_owned(),
            ),
            Self::Refused { reference, .. } if !reference.starts_with("refs/heads/") => Some(
                "this host takes branches and tags only: set `state-ref = \"git-postman-state\"` under `[mirror]` in git-postman.toml, and the state goes to a branch of that name"
                    .to_owned(),
            ),
            Self::Refused { reference, .. } => Some(format!(
                "let the account that runs the mirror push to `{}`",
                reference.trim_start_matches("refs/heads/")
            )),
            Self::NotPushed { remote, .. } => Some(format!(
                "try `git push {remote}` by hand: the mirror uses the same credentials"
            )),
            Self::MissingBlob { .. } => Some(
                "`git fsck` says what is lost; fetching the reference again mends it".to_owned(),
            ),
        }
    }
}

/// States in memory: for rehearsals, and for tests.
#[derive(Debug, Default)]
pub struct MemoryStore {
    chain: Mutex<Vec<Kept>>,
}

#[derive(Debug)]
struct Kept {
    commit: CommitId,
    text: Vec<u8>,
    blobs: Blobs,
}

impl MemoryStore {
    fn chain(&self) -> MutexGuard<'_, Vec<Kept>> {
        // A push to the end is the only change there is, and it is whole or not there.
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateStore for MemoryStore {
    fn load(&self) -> Result<Option<Stored>, StoreError> {
        let chain = self.chain();
        let Some(last) = chain.last() else {
            return Ok(None);
        };
        Ok(Some(Stored {
            commit: last.commit.clone(),
            state: state_form::read(&last.text)?,
        }))
    }

    fn blob(&self, commit: &CommitId, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let chain = self.chain();
        let kept = chain.iter().find(|kept| kept.commit == *commit);
        kept.and_then(|kept| kept.blobs.get(digest).cloned())
            .ok_or(StoreError::MissingBlob { digest: *digest })
    }

    fn swap(&self, expected: Option<&CommitId>, draft: &Draft<'_>) -> Result<Swap, StoreError> {
        let mut chain = self.chain();
        let last = chain.last();
        if last.map(|kept| &kept.commit) != expected {
            return Ok(Swap::Lost(last.map(|kept| kept.commit.clone())));
        }
        let nothing = Blobs::new();
        let before = last.map_or(&nothing, |kept| &kept.blobs);
        let mut blobs = BTreeMap::new();
        for digest in draft.state.named_blobs() {
            let bytes = draft.blobs.get(&digest).or_else(|| before.get(&digest));
            let bytes = bytes.ok_or(StoreError::MissingBlob { digest })?;
            blobs.insert(digest, bytes.clone());
        }
        let text = state_form::write(draft.state)?;
        let parent = expected.map_or("", CommitId::as_str);
        let id = Digest::of_parts([parent.as_bytes(), &text]).to_string();
        let commit = CommitId::parse(&id).ok_or_else(|| GitError::Other {
            cause: format!("{id} is no id of a commit"),
        })?;
        chain.push(Kept {
            commit: commit.clone(),
            text,
            blobs,
        });
        Ok(Swap::Done(commit))
    }

    fn history(&self, from: &CommitId, limit: usize) -> Result<Vec<CommitId>, StoreError> {
        let chain = self.chain();
        let back = chain.iter().rev().map(|kept| kept.commit.clone());
        Ok(back
            .skip_while(|commit| commit != from)
            .take(limit)
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Draft, MemoryStore, StateStore, StoreError, Swap};
    use crate::mirror::state::{Blobs, MirrorState};
    use crate::mirror::testing::{collection, counted_up, owner, record};

    #[test]
    fn only_who_read_the_last_state_replaces_it() {
        let store = MemoryStore::default();
        assert_eq!(store.load().unwrap(), None);
        let mut state = MirrorState::new(owner());
        let (kept, blobs) = record("A", "1", "g", "p");
        state.records.insert(collection("a"), kept);
        let draft = |state, blobs| Draft {
            state,
            blobs,
            message: "x",
            now: 1,
        };
        let nothing = Blobs::new();
        assert!(matches!(
            store.swap(None, &draft(&state, &nothing)),
            Err(StoreError::MissingBlob { .. })
        ));
        let Swap::Done(first) = store.swap(None, &draft(&state, &blobs)).unwrap() else {
            panic!("the first swap");
        };
        assert_eq!(
            store.swap(None, &draft(&state, &blobs)).unwrap(),
            Swap::Lost(Some(first.clone()))
        );
        // What the state before had need not be given again.
        let Swap::Done(second) = store.swap(Some(&first), &draft(&state, &nothing)).unwrap() else {
            panic!("the second swap");
        };
        let digest = blobs.keys().next().unwrap();
        assert_eq!(store.blob(&second, digest).unwrap(), blobs[digest]);
        assert_eq!(store.history(&second, 9).unwrap(), [second, first]);
    }

    #[test]
    fn of_many_at_once_each_gets_its_turn() {
        let store = MemoryStore::default();
        counted_up(&[&store as &dyn StateStore; 10], 5);
    }
}
