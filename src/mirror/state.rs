//! What both sides looked like when they last agreed, who owns the link, and who is at work on it right now.
//!
//! A state names contents by their digest; the bytes lie beside it in the store, each once.

use std::collections::{BTreeMap, BTreeSet};

use crate::mirror::element::{
    ElementContent, ElementKey, ElementKind, ElementSet, RemoteId, digest_of_files,
};
use crate::mirror::hosted::Hosted;
use crate::model::digest::Digest;
use crate::model::id::CommitId;
use crate::model::path::RepoPath;

/// Bytes that a state names, by their digest.
pub type Blobs = BTreeMap<Digest, Vec<u8>>;

/// Everything the mirror remembers of one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorState {
    /// The version of the tool that wrote it, for people.
    pub tool_version: String,
    /// Who is linked to what.
    pub owner: Owner,
    /// Every element that both sides agreed on.
    pub records: BTreeMap<ElementKey, Record>,
    /// What pulls have brought, by element, the newest last: Git may still show an earlier one.
    pub pulled: BTreeMap<ElementKey, Vec<Pulled>>,
    /// What the last sync replaced, to put it back.
    pub last_sync: Option<LastSync>,
    /// Who is at work on it.
    pub claim: Option<Claim>,
    /// When the link was taken apart, in seconds since 1970; `None` while it holds. What both sides had stays, so that the
    /// same two ends can be connected again.
    pub ended: Option<u64>,
}

/// Both ends of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The repository: host and path of its address, without user and scheme; empty where it has no address.
    pub repository: String,
    /// The first commits of its history, sorted: they survive a rename and are not those of a copy that began anew. Empty
    /// where they were not known.
    pub roots: Vec<CommitId>,
    /// What the service that hosts it calls it; `None` where nobody has said it yet.
    pub hosted: Option<Hosted>,
    /// The name in Postman when they were connected, for people.
    pub name: String,
    /// The branch that is mirrored, where it was named.
    pub active_branch: Option<String>,
    /// The folder of the service.
    pub folder: RepoPath,
    /// What it is in Postman.
    pub target: LinkTarget,
    /// The host of Postman's API: an id means nothing in another region.
    pub host: String,
}

/// What a service folder is linked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkTarget {
    /// An API that Postman itself has connected to a repository: Postman reads, and its own API refuses to write.
    GitLinked {
        /// The API.
        api: RemoteId,
        /// The workspace it lies in.
        workspace: RemoteId,
        /// The repository that Postman reads, where that is another one; `None` where it is this one.
        elsewhere: Option<Elsewhere>,
    },
    /// An API that is not connected.
    ApiBuilder {
        /// The API.
        api: RemoteId,
        /// The workspace it lies in.
        workspace: RemoteId,
    },
    /// A workspace with a specification, or with none yet.
    SpecHub {
        /// The specification.
        specification: Option<RemoteId>,
        /// The workspace it lies in.
        workspace: RemoteId,
    },
}

/// A repository that Postman reads and that files are delivered to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The repository in Postman's words: domain where there is one, organisation, name; in lower case.
    pub repository: String,
    /// The branch that Postman reads. It does not say which one that is.
    pub branch: String,
    /// The schema directory there; `None` where Postman names none.
    pub schema_directory: Option<RepoPath>,
    /// The collection directory there; `None` where Postman names none.
    pub collection_directory: Option<RepoPath>,
}

/// What a pull has put before Git. It counts as agreed where Git shows it, and nowhere else: until it is committed and
/// shared, Git is the old one for everybody else, and a push from there must not take the old one for the newer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// What Git shows then; `None` where it has nothing any more.
    pub git: Option<Digest>,
    /// What was recorded when it was pulled: Git's and Postman's digest. Where something else is recorded by now, that
    /// counts.
    pub replaces: Option<(Digest, Digest)>,
    /// The key that the record stands under until then, where the file has moved.
    pub moved_from: Option<ElementKey>,
    /// What is agreed on then; `None` where Postman has nothing.
    pub record: Option<Record>,
}

/// One element as both sides had it when they agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its name in Postman.
    pub name: String,
    /// Its id in Postman; `None` where Postman reads it from the repository and hands out none.
    pub remote_id: Option<RemoteId>,
    /// What Git had.
    pub git: Version,
    /// What Postman had. It may have stored in its own words what it was sent.
    pub postman: Version,
    /// Ids of folders, requests, responses and scripts: the one in the file, and the one in Postman.
    pub ids: BTreeMap<String, String>,
}

/// What one side had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The digest of all of it.
    pub digest: Digest,
    /// Its files.
    pub files: BTreeMap<RepoPath, FileVersion>,
}

/// One file of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileVersion {
    /// The digest of what it means.
    pub digest: Digest,
    /// The digest of its bytes, under which they are stored.
    pub blob: Digest,
}

/// What the last sync did, as far as it takes to put it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastSync {
    /// The name of the run.
    pub run: String,
    /// Whether Postman was written; Git otherwise.
    pub towards_postman: bool,
    /// What was there before, for each element that was written.
    pub replaced: BTreeMap<ElementKey, Replaced>,
}

/// What one write replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Its id in Postman, where it has or had one.
    pub remote_id: Option<RemoteId>,
    /// What stood there before; `None` where there was nothing.
    pub before: Option<Version>,
    /// What stands there since; `None` where it was deleted. Only as long as it still does can it be put back.
    pub after: Option<Digest>,
}

/// Somebody at work: other runs wait, or plan again when the time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The name of the run.
    pub run: String,
    /// When it began, in seconds since 1970.
    pub since: u64,
    /// When it counts no longer, in seconds since 1970.
    pub until: u64,
    /// What it set out to write. A killed run is healed from this.
    pub intents: BTreeMap<ElementKey, Intent>,
}

/// One write that a run set out to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// What Git had when it was sent; `None` for a deletion.
    pub git: Option<Digest>,
    /// What Postman had before; `None` where there was nothing.
    pub postman: Option<Digest>,
}

/// A claim may last this long at most, in seconds. One that claims more was written by a clock that is wrong.
pub const LONGEST_CLAIM: u64 = 60 * 60;

/// What the name of a run begins with that puts a sync back.
pub const UNDO: &str = "undo-";

/// Somebody else is at work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("another run, `{run}`, is at work on this link; its claim ends in {seconds} seconds")]
pub struct Held {
    /// The other run.
    pub run: String,
    /// How long its claim still counts.
    pub seconds: u64,
}

impl MirrorState {
    /// A link that nothing was moved over yet.
    pub fn new(owner: Owner) -> Self {
        Self {
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            owner,
            records: BTreeMap::new(),
            pulled: BTreeMap::new(),
            last_sync: None,
            claim: None,
            ended: None,
        }
    }

    /// The same with a claim of `run` for `seconds` from `now` on. A claim that is over is replaced; what its run left undone
    /// is in the state that was given.
    ///
    /// # Errors
    /// Where another run's claim still counts.
    pub fn claimed(
        &self,
        run: &str,
        now: u64,
        seconds: u64,
        intents: BTreeMap<ElementKey, Intent>,
    ) -> Result<Self, Held> {
        if let Some(claim) = &self.claim
            && claim.run != run
            && claim.counts(now)
        {
            return Err(Held {
                run: claim.run.clone(),
                seconds: claim.until.saturating_sub(now),
            });
        }
        let claim = Claim {
            run: run.to_owned(),
            since: now,
            until: now.saturating_add(seconds.min(LONGEST_CLAIM)),
            intents,
        };
        Ok(Self {
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            claim: Some(claim),
            ..self.clone()
        })
    }

    /// The same without a claim.
    #[must_use]
    pub fn released(&self) -> Self {
        Self {
            claim: None,
            ..self.clone()
        }
    }

    /// What pulls have brought and this Git shows: it is agreed on.
    pub fn settled(&self, git: &ElementSet) -> BTreeMap<ElementKey, Pulled> {
        let shown = self.pulled.iter().filter_map(|(key, all)| {
            let here = git.get(key).map(|element| element.content.digest);
            let mut newest = all.iter().rev();
            let found = newest.find(|pulled| pulled.git == here && self.counts(key, pulled))?;
            Some((key.clone(), found.clone()))
        });
        shown.collect()
    }

    /// Whether what was pulled still stands beside the record that it was pulled from.
    pub fn counts(&self, key: &ElementKey, pulled: &Pulled) -> bool {
        let from = pulled.moved_from.as_ref().unwrap_or(key);
        let record = self.records.get(from);
        record.map(|record| (record.git.digest, record.postman.digest)) == pulled.replaces
    }

    /// The same with what was settled as its records.
    #[must_use]
    pub fn with_settled(&self, settled: &BTreeMap<ElementKey, Pulled>) -> Self {
        let mut state = self.clone();
        for (key, pulled) in settled {
            state.pulled.remove(key);
            state
                .records
                .remove(pulled.moved_from.as_ref().unwrap_or(key));
        }
        for (key, pulled) in settled {
            if let Some(record) = &pulled.record {
                state.records.insert(key.clone(), record.clone());
            }
        }
        state
    }

    /// The file, from the root of the repository, that was carried over as the definition of an API whose folder is this:
    /// whoever had to choose it among several is not asked again.
    pub fn definition(&self, folder: &RepoPath) -> Option<RepoPath> {
        let mut keys = self.records.keys().chain(self.pulled.keys());
        let key = keys.find(|key| key.kind == ElementKind::Definition)?;
        if folder.is_root() {
            return Some(key.path.clone());
        }
        folder.join(key.path.as_str()).ok()
    }

    /// Leaves out what is recorded of definitions and collections.
    pub fn retain_environments(&mut self) {
        let stays = |key: &ElementKey| key.kind == ElementKind::Environment;
        self.records.retain(|key, _| stays(key));
        self.pulled.retain(|key, _| stays(key));
    }

    /// The same link where definitions and collections stand in another place from now on: what both sides had says nothing
    /// of that one, and whatever is not there yet would be taken for deleted. Environments stay in their workspace.
    pub fn with_another_place(mut self) -> Self {
        self.retain_environments();
        if let Some(sync) = &mut self.last_sync {
            let stays = |key: &ElementKey| key.kind == ElementKind::Environment;
            sync.replaced.retain(|key, _| stays(key));
        }
        self.last_sync = self.last_sync.filter(|sync| !sync.replaced.is_empty());
        self
    }

    /// The digests of all bytes that it names.
    pub fn named_blobs(&self) -> BTreeSet<Digest> {
        let pulled = self
            .pulled
            .values()
            .flatten()
            .filter_map(|pulled| pulled.record.as_ref());
        let recorded = self
            .records
            .values()
            .chain(pulled)
            .flat_map(|record| [&record.git, &record.postman]);
        let replaced = self
            .last_sync
            .iter()
            .flat_map(|sync| sync.replaced.values())
            .filter_map(|replaced| replaced.before.as_ref());
        recorded
            .chain(replaced)
            .flat_map(|version| version.files.values())
            .map(|file| file.blob)
            .collect()
    }
}

impl LastSync {
    /// Whether it put back the one before: the name of its run says so.
    pub fn is_undo(&self) -> bool {
        self.run.starts_with(UNDO)
    }
}

impl Claim {
    /// Whether it still holds others off. One that reaches further than any claim may was written by a wrong clock, and
    /// does not count: nothing would ever end it.
    pub fn counts(&self, now: u64) -> bool {
        now < self.until && self.until <= now.saturating_add(LONGEST_CLAIM)
    }
}

impl LinkTarget {
    /// The repository that Postman reads, where that is another one than this.
    pub fn elsewhere(&self) -> Option<&Elsewhere> {
        match self {
            Self::GitLinked { elsewhere, .. } => elsewhere.as_ref(),
            Self::ApiBuilder { .. } | Self::SpecHub { .. } => None,
        }
    }

    /// Whether definitions and collections stand in the same place of Postman's, or of a repository that it reads.
    pub fn has_place_of(&self, other: &Self) -> bool {
        let is_read = |target: &Self| matches!(target, Self::GitLinked { .. });
        is_read(self) == is_read(other) && self.elsewhere() == other.elsewhere()
    }

    /// The workspace it lies in.
    pub fn workspace(&self) -> &RemoteId {
        match self {
            Self::GitLinked { workspace, .. }
            | Self::ApiBuilder { workspace, .. }
            | Self::SpecHub { workspace, .. } => workspace,
        }
    }
}

impl Version {
    /// What an element holds, and the bytes that go beside the state.
    pub fn of(content: &ElementContent, blobs: &mut Blobs) -> Self {
        let files = content.files.iter().map(|(path, file)| {
            let blob = Digest::of(&file.bytes);
            blobs.entry(blob).or_insert_with(|| file.bytes.clone());
            let version = FileVersion {
                digest: file.digest,
                blob,
            };
            (path.clone(), version)
        });
        Self {
            files: files.collect(),
            digest: content.digest,
        }
    }

    /// Whether its digest is the one that its files give.
    pub fn is_coherent(&self) -> bool {
        let files = self.files.iter().map(|(path, file)| (path, &file.digest));
        digest_of_files(files) == self.digest
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{LONGEST_CLAIM, MirrorState};
    use crate::mirror::testing::owner;

    #[test]
    fn a_claim_keeps_others_off_until_its_time_is_over() {
        let state = MirrorState::new(owner());
        let claimed = state.claimed("one", 1000, 60, BTreeMap::new()).unwrap();
        let held = claimed
            .claimed("two", 1059, 60, BTreeMap::new())
            .unwrap_err();
        assert_eq!((held.run.as_str(), held.seconds), ("one", 1));
        assert!(claimed.claimed("one", 1010, 60, BTreeMap::new()).is_ok());
        let taken = claimed.claimed("two", 1060, 60, BTreeMap::new()).unwrap();
        assert_eq!(taken.claim.as_ref().unwrap().run, "two");
        assert_eq!(taken.released(), state);
    }

    #[test]
    fn a_claim_of_a_wrong_clock_holds_nobody_off() {
        let state = MirrorState::new(owner());
        let claimed = state
            .claimed("one", 9_000_000, 60, BTreeMap::new())
            .unwrap();
        assert!(claimed.claimed("two", 1000, 60, BTreeMap::new()).is_ok());
        let long = state
            .claimed("one", 1000, u64::MAX, BTreeMap::new())
            .unwrap();
        assert!(!long.claim.unwrap().counts(1000 + LONGEST_CLAIM));
    }
}
