//! What a branch of this very repository and the branch that Postman reads last had in common.
//!
//! Both have one history, and that says more than a record: where they parted, they agreed. The record of a delivery counts
//! where the branch still is what was delivered and the pushed history has gone on from it; a branch that never had it
//! must not take it back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::git::error::GitError;
use crate::mirror::branch_files::{BranchFiles, elements_at, read};
use crate::mirror::element::{Element, ElementKey, ElementKind, ElementSet, RemoteId};
use crate::mirror::link::Link;
use crate::mirror::remote_content::digest_of;
use crate::mirror::shown::has_shown;
use crate::mirror::state::{Blobs, MirrorState, Record, Version};
use crate::mirror::store::{Draft, StateStore, StoreError, Stored, Swap};
use crate::mirror::target_git_linked::Branch;
use crate::model::digest::Digest;
use crate::model::id::CommitId;

/// A store whose state knows what the history says.
pub struct Based<'a> {
    store: &'a dyn StateStore,
    link: &'a Link,
    branch: Branch<'a>,
    git: &'a ElementSet,
    commit: &'a CommitId,
    blobs: Mutex<Blobs>,
}

/// One element on all sides, as far as digests go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digests {
    /// What is pushed.
    pub pushed: Option<Digest>,
    /// What the branch that Postman reads has.
    pub there: Option<Digest>,
    /// What both had where their histories parted.
    pub parted: Option<Digest>,
    /// What the record of the last delivery says: what was pushed, and what stood there then.
    pub recorded: Option<(Digest, Digest)>,
    /// Whether the pushed history has had what was pushed then.
    pub is_seen: bool,
}

/// What counts as agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreed {
    /// What both had where their histories parted, be it nothing.
    Parted,
    /// What is recorded.
    Recorded,
}

/// Decides what counts.
pub fn agreed(digests: &Digests) -> Agreed {
    if digests.there == digests.parted {
        return Agreed::Parted;
    }
    match digests.recorded {
        Some((_, there)) if digests.is_seen && digests.there == Some(there) => Agreed::Recorded,
        _ => Agreed::Parted,
    }
}

impl<'a> Based<'a> {
    /// The store of a push of `commit`, which holds `git`, to a branch of the same repository.
    pub fn new(
        store: &'a dyn StateStore,
        link: &'a Link,
        branch: Branch<'a>,
        git: &'a ElementSet,
        commit: &'a CommitId,
    ) -> Self {
        Self {
            store,
            link,
            branch,
            git,
            commit,
            blobs: Mutex::default(),
        }
    }

    fn with_history(
        &self,
        state: &MirrorState,
        files: &BranchFiles,
    ) -> Result<MirrorState, GitError> {
        let Branch {
            repository, api, ..
        } = self.branch;
        // A shallow clone does not know where they parted; the record has to do.
        let parted = repository
            .merge_base(self.commit, &files.tip)
            .ok()
            .flatten();
        let parted = match parted {
            Some(commit) => elements_at(repository, &commit, self.link, api, self.git).ok(),
            None => None,
        };
        let parted = parted.unwrap_or_default();
        let keys: BTreeSet<&ElementKey> = self
            .git
            .keys()
            .chain(parted.keys())
            .chain(state.records.keys())
            .filter(|key| key.kind != ElementKind::Environment)
            .collect();
        let mut blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        let mut records = BTreeMap::new();
        for key in keys {
            let record = state.records.get(key);
            let there = files.at(key.kind, &key.path);
            let pushed = self.git.get(key);
            let digests = Digests {
                pushed: pushed.map(|element| element.content.digest),
                there: there.map(|(_, content)| content.digest),
                parted: parted.get(key).map(|element| element.content.digest),
                recorded: record.map(|record| (record.git.digest, record.postman.digest)),
                is_seen: match (record, pushed) {
                    (Some(record), Some(element)) => self.has_seen(element, record.git.digest)?,
                    _ => false,
                },
            };
            let record = match agreed(&digests) {
                Agreed::Recorded => record.cloned(),
                Agreed::Parted => parted.get(key).map(|element| {
                    let version = Version::of(&element.content, &mut blobs);
                    let id = there.map(|(id, _)| id.clone());
                    let path = self.branch.directories.there(&key.path);
                    Record {
                        name: element.name.clone(),
                        remote_id: id.or_else(|| path.as_ref().map(RemoteId::of_file)),
                        git: version.clone(),
                        postman: version,
                        ids: BTreeMap::new(),
                    }
                }),
            };
            records.insert(key.clone(), record);
        }
        let mut state = state.clone();
        for (key, record) in records {
            state.pulled.remove(&key);
            match record {
                Some(record) => state.records.insert(key, record),
                None => state.records.remove(&key),
            };
        }
        Ok(state)
    }

    fn has_seen(&self, element: &Element, digest: Digest) -> Result<bool, GitError> {
        if element.content.digest == digest {
            return Ok(true);
        }
        let (repository, folder) = (self.branch.repository, &self.link.folder);
        has_shown(repository, self.commit, folder, element, digest, &digest_of)
    }
}

impl StateStore for Based<'_> {
    fn load(&self) -> Result<Option<Stored>, StoreError> {
        let Some(mut stored) = self.store.load()? else {
            return Ok(None);
        };
        let branch = &self.branch;
        let files = branch.delivery.tip().and_then(|tip| {
            read(
                branch.repository,
                tip,
                branch.directories,
                branch.api,
                branch.definition,
            )
        });
        // What is wrong with the branch, the list of the target says in its own words.
        if let Ok(files) = files {
            stored.state = self.with_history(&stored.state, &files)?;
        }
        Ok(Some(stored))
    }

    fn blob(&self, commit: &CommitId, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let own = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        match own.get(digest) {
            Some(bytes) => Ok(bytes.clone()),
            None => self.store.blob(commit, digest),
        }
    }

    fn swap(&self, expected: Option<&CommitId>, draft: &Draft<'_>) -> Result<Swap, StoreError> {
        let mut blobs = draft.blobs.clone();
        let own = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        for (digest, bytes) in &*own {
            blobs.entry(*digest).or_insert_with(|| bytes.clone());
        }
        drop(own);
        let draft = Draft {
            blobs: &blobs,
            ..*draft
        };
        self.store.swap(expected, &draft)
    }

    fn history(&self, from: &CommitId, limit: usize) -> Result<Vec<CommitId>, StoreError> {
        self.store.history(from, limit)
    }
}

#[cfg(test)]
mod tests {
    use super::{Agreed, Digests, agreed};
    use crate::model::digest::Digest;

    /// What a push would do, decided as `crate::mirror::plan` does from what counts as agreed on.
    fn outcome(digests: &Digests) -> &'static str {
        let (ours, theirs) = match agreed(digests) {
            Agreed::Parted => (digests.parted, digests.parted),
            Agreed::Recorded => (
                digests.recorded.map(|(pushed, _)| pushed),
                digests.recorded.map(|(_, there)| there),
            ),
        };
        let moved = (digests.pushed != ours, digests.there != theirs);
        match (moved, digests.pushed == digests.there) {
            ((false, false), _) => "nothing",
            ((false, true), _) => "ahead",
            ((true, _), true) => "equal",
            ((true, false), false) => "write",
            ((true, true), false) => "conflict",
        }
    }

    fn digest(letter: u8) -> Option<Digest> {
        (letter != b'-').then(|| Digest::of(&[letter]))
    }

    /// Four letters: pushed, there, where they parted, what the last delivery brought.
    fn told(letters: &str, is_seen: bool) -> &'static str {
        let letters: Vec<Option<Digest>> = letters.bytes().map(digest).collect();
        outcome(&Digests {
            pushed: letters[0],
            there: letters[1],
            parted: letters[2],
            recorded: letters[3].map(|digest| (digest, digest)),
            is_seen,
        })
    }

    #[test]
    fn a_branch_goes_on_from_what_it_has_seen_and_takes_nothing_else_back() {
        for (letters, is_seen, expected) in [
            // Nothing was delivered yet.
            ("aaa-", false, "nothing"),
            ("baa-", false, "write"),
            ("aba-", false, "ahead"),
            ("bba-", false, "equal"),
            ("bca-", false, "conflict"),
            ("b---", false, "write"),
            ("bb--", false, "equal"),
            ("bc--", false, "conflict"),
            ("-aa-", false, "write"),
            ("-ba-", false, "conflict"),
            // The branch has what this branch delivered, and this branch has gone on.
            ("cbab", true, "write"),
            // It went back to what it was.
            ("abab", true, "write"),
            // Another branch, which never had it, does not take it back.
            ("abab", false, "ahead"),
            ("cbab", false, "conflict"),
            // Somebody changed it there since.
            ("cxab", true, "conflict"),
            ("bxab", true, "conflict"),
            // What was delivered was merged, and both went on from there by git.
            ("dcca", true, "write"),
        ] {
            assert_eq!(told(letters, is_seen), expected, "{letters} {is_seen}");
        }
    }

    #[test]
    fn whatever_was_there_nobody_writes_over_what_it_has_not_seen() {
        let letters = [b'-', b'a', b'b', b'c', b'd'];
        let mut seen = 0;
        for pushed in letters {
            for there in letters {
                for parted in letters {
                    for delivered in letters {
                        for is_seen in [false, true] {
                            let text = [pushed, there, parted, delivered];
                            let text = std::str::from_utf8(&text).unwrap();
                            let outcome = told(text, is_seen);
                            if outcome != "write" {
                                continue;
                            }
                            seen += 1;
                            // It was where they parted, or it is what was brought and has been gone on from.
                            assert!(there == parted || (there == delivered && is_seen), "{text}");
                            assert_ne!(pushed, there, "{text}");
                            // Afterwards there is nothing left to do.
                            let after = [pushed, pushed, parted, pushed];
                            let after = std::str::from_utf8(&after).unwrap();
                            let again = told(after, true);
                            assert!(["nothing", "equal"].contains(&again), "{text}: {again}");
                        }
                    }
                }
            }
        }
        assert!(seen > 50, "{seen}");
    }
}
