//! The last sync put back: on the side that it wrote, and only where nothing has moved since.
//!
//! Putting back is a sync of its own and recorded like one, so it can be put back as well. What both sides agreed on is then
//! what they had agreed on before: the side that was not written has something newer, and the same command again carries it.

use std::collections::BTreeMap;

use crate::mirror::carry::{Files, content_of, directory_of, files_of, writes};
use crate::mirror::element::{
    Element, ElementContent, ElementKey, ElementSet, RemoteId, RemoteSet,
};
use crate::mirror::git_side::DigestOf;
use crate::mirror::ids::IdTable;
use crate::mirror::state::{Blobs, LastSync, MirrorState, Pulled, Record, Replaced, Version};
use crate::mirror::store::{Draft, StateStore, StoreError, Stored, Swap};
use crate::mirror::target::{Kept, Target, TargetError, Written};
use crate::model::change::Change;
use crate::model::id::CommitId;
use crate::model::path::RepoPath;

/// What the last sync did to one element, and whether it can be put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Back {
    /// The element.
    pub key: ElementKey,
    /// Its id in Postman, where it has or had one.
    pub remote_id: Option<RemoteId>,
    /// What stands there again afterwards; `None` where there was nothing.
    pub before: Option<Version>,
    /// Whether somebody has changed it since: it is left alone then.
    pub has_moved: bool,
}

/// What would be put back. Of Postman's side every element of the last sync has to have been read.
pub fn backs(sync: &LastSync, git: &ElementSet, postman: &RemoteSet) -> Vec<Back> {
    let replaced = sync.replaced.iter().map(|(key, replaced)| {
        let now = if sync.towards_postman {
            let remote = replaced
                .remote_id
                .as_ref()
                .and_then(|id| found(postman, id));
            remote.and_then(|content| content.as_ref().map(|content| content.digest))
        } else {
            git.get(key).map(|element| element.content.digest)
        };
        Back {
            key: key.clone(),
            remote_id: replaced.remote_id.clone(),
            before: replaced.before.clone(),
            has_moved: now != replaced.after,
        }
    });
    replaced.collect()
}

/// The changes that put one element of Git back; `files` is what stood there before.
///
/// # Errors
/// A name that is no path.
pub fn changes_in_git(
    back: &Back,
    git: &ElementSet,
    folder: &RepoPath,
    files: &Files,
) -> Result<Vec<Change>, String> {
    let (directory, now) = match git.get(&back.key) {
        Some(element) => (element.directory.clone(), files_of(&element.content)),
        None => (directory_of(&back.key, files), Files::new()),
    };
    writes(folder, &directory, &now, files)
}

/// What was put back in Postman.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It stands there again.
    Written(Box<Written>),
    /// It is gone again.
    Deleted(Kept),
}

/// Puts one element of Postman back.
///
/// # Errors
/// Postman's; [`TargetError::Moved`] where somebody was faster.
pub fn put_back(
    target: &dyn Target,
    back: &Back,
    known: Option<&Record>,
    postman: &RemoteSet,
    files: Files,
    digest_of: DigestOf<'_>,
) -> Result<Done, TargetError> {
    let name = known.map_or_else(
        || back.key.path.file_name().to_owned(),
        |record| record.name.clone(),
    );
    let kind = back.key.kind;
    let now = back
        .remote_id
        .as_ref()
        .and_then(|id| Some((id, found(postman, id)?.as_ref()?)));
    let mut blobs = Blobs::new();
    let record = now.map(|(id, content)| {
        let version = Version::of(content, &mut blobs);
        Record {
            name: name.clone(),
            remote_id: Some(id.clone()),
            git: version.clone(),
            postman: version,
            ids: known.map(|record| record.ids.clone()).unwrap_or_default(),
        }
    });
    let done = match (&back.before, now, &record) {
        (Some(_), Some((id, _)), Some(record)) => {
            let element = element(&back.key, name, files, digest_of);
            written(target.update(kind, id, &element, record))?
        }
        (Some(_), _, _) => {
            let element = element(&back.key, name, files, digest_of);
            written(target.create(kind, &element))?
        }
        (None, Some((id, _)), Some(record)) => Done::Deleted(target.delete(kind, id, record)?),
        (None, _, _) => Done::Deleted(Kept {
            version: Version {
                digest: crate::model::digest::Digest::of(b""),
                files: BTreeMap::new(),
            },
            blobs: Blobs::new(),
        }),
    };
    Ok(match done {
        Done::Written(mut written) => {
            written.blobs.extend(blobs);
            Done::Written(written)
        }
        Done::Deleted(mut kept) => {
            kept.blobs.extend(blobs);
            Done::Deleted(kept)
        }
    })
}

/// What is recorded of an undo.
#[derive(Clone, Debug, Default)]
pub struct Undone {
    /// Whether Postman was written.
    pub towards_postman: bool,
    /// What stands in place of what, by element.
    pub replaced: BTreeMap<ElementKey, Replaced>,
    /// New records; `None` where there is nothing to record any more.
    pub records: BTreeMap<ElementKey, Option<Record>>,
    /// What pulls had brought of each element before, where that is known.
    pub pulled: BTreeMap<ElementKey, Vec<Pulled>>,
    /// Of what was put back in Postman: the ids that its items had there, and those that they have.
    pub ids: BTreeMap<ElementKey, IdTable>,
    /// Bytes of all of them.
    pub blobs: Blobs,
}

impl Undone {
    /// Takes over what was agreed on before the sync that was put back: whoever has the same files again as then is in step
    /// again, and nobody takes what an undone pull had brought for seen. `before` is the state that the sync was made from.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub fn restore(&mut self, before: &Stored, store: &dyn StateStore) -> Result<(), StoreError> {
        let known = &before.state;
        let keys: Vec<ElementKey> = self.replaced.keys().cloned().collect();
        for key in keys {
            if !self.towards_postman {
                self.records
                    .insert(key.clone(), known.records.get(&key).cloned());
                let pulled = known.pulled.get(&key).cloned().unwrap_or_default();
                self.pulled.insert(key, pulled);
                continue;
            }
            let Some(Some(record)) = self.records.get_mut(&key) else {
                continue;
            };
            // Either was recorded, or what a pull had brought and Git went on from.
            let pulled = known.pulled.get(&key).into_iter().flatten().rev();
            let pulled = pulled.filter_map(|pulled| pulled.record.as_ref());
            let mut agreed = known.records.get(&key).into_iter().chain(pulled);
            let stood = record.git.digest;
            if let Some(agreed) = agreed.find(|agreed| agreed.postman.digest == stood) {
                if let Some(put_back) = self.ids.get(&key) {
                    record.ids = carried(Some(&agreed.ids), put_back);
                }
                record.git = agreed.git.clone();
            }
        }
        let pulled = self.pulled.values().flatten();
        let pulled = pulled.filter_map(|pulled| pulled.record.as_ref());
        let records = self.records.values().flatten().chain(pulled);
        let versions = records.flat_map(|record| [&record.git, &record.postman]);
        let mut blobs = Blobs::new();
        for file in versions.flat_map(|version| version.files.values()) {
            if !self.blobs.contains_key(&file.blob) && !blobs.contains_key(&file.blob) {
                // What was only just written is in neither state.
                match store.blob(&before.commit, &file.blob) {
                    Ok(bytes) => drop(blobs.insert(file.blob, bytes)),
                    Err(StoreError::MissingBlob { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        self.blobs.extend(blobs);
        Ok(())
    }

    /// Adds what was put back in Postman.
    pub fn add_remote(&mut self, back: &Back, known: Option<&Record>, done: Done) {
        let (replaced, record) = match done {
            Done::Written(written) => {
                self.blobs.extend(written.blobs.clone());
                let base = back.before.clone().unwrap_or_else(|| written.after.clone());
                let record = Record {
                    name: written.name.clone(),
                    remote_id: Some(written.id.clone()),
                    git: base,
                    postman: written.after.clone(),
                    ids: carried(known.map(|record| &record.ids), &written.ids),
                };
                self.ids.insert(back.key.clone(), written.ids);
                let replaced = Replaced {
                    remote_id: Some(written.id),
                    before: written.before,
                    after: Some(written.after.digest),
                };
                (replaced, Some(record))
            }
            Done::Deleted(kept) => {
                self.blobs.extend(kept.blobs);
                let replaced = Replaced {
                    remote_id: back.remote_id.clone(),
                    before: (!kept.version.files.is_empty()).then_some(kept.version),
                    after: None,
                };
                (replaced, None)
            }
        };
        self.replaced.insert(back.key.clone(), replaced);
        self.records.insert(back.key.clone(), record);
    }

    /// Adds what was put back in Git.
    pub fn add_local(&mut self, back: &Back, was: Option<&ElementContent>) {
        let before = was.map(|content| Version::of(content, &mut self.blobs));
        let replaced = Replaced {
            remote_id: back.remote_id.clone(),
            before,
            after: back.before.as_ref().map(|version| version.digest),
        };
        self.replaced.insert(back.key.clone(), replaced);
    }

    fn applied_to(&self, state: &MirrorState, run: &str) -> MirrorState {
        let mut state = state.clone();
        for (key, record) in &self.records {
            match record {
                Some(record) => state.records.insert(key.clone(), record.clone()),
                None => state.records.remove(key),
            };
            state.pulled.remove(key);
        }
        for (key, pulled) in self.pulled.iter().filter(|(_, all)| !all.is_empty()) {
            state.pulled.insert(key.clone(), pulled.clone());
        }
        state.last_sync = Some(LastSync {
            run: run.to_owned(),
            towards_postman: self.towards_postman,
            replaced: self.replaced.clone(),
        });
        state
    }
}

/// Records an undo; `None` where others kept being first.
///
/// # Errors
/// A store that cannot be read or written.
pub fn record(
    store: &dyn StateStore,
    stored: &Stored,
    undone: &Undone,
    run: &str,
    now: u64,
) -> Result<Option<CommitId>, StoreError> {
    let mut stored = stored.clone();
    for _ in 0..ATTEMPTS {
        let draft = Draft {
            state: &undone.applied_to(&stored.state, run),
            blobs: &undone.blobs,
            message: "Undo of the last sync\n",
            now,
        };
        match store.swap(Some(&stored.commit), &draft)? {
            Swap::Done(commit) => return Ok(Some(commit)),
            Swap::Lost(_) => match store.load()? {
                Some(newer) => stored = newer,
                None => return Ok(None),
            },
        }
    }
    Ok(None)
}

/// So often a lost swap is tried again.
const ATTEMPTS: usize = 10;

/// A table of ids after a write that changed some of Postman's.
fn carried(table: Option<&IdTable>, written: &IdTable) -> IdTable {
    let mut table = table.cloned().unwrap_or_default();
    for id in table.values_mut() {
        if let Some(new) = written.get(id) {
            id.clone_from(new);
        }
    }
    table
}

/// What was stored otherwise than it was sent is stored all the same.
fn written(result: Result<Written, TargetError>) -> Result<Done, TargetError> {
    match result {
        Ok(written) => Ok(Done::Written(Box::new(written))),
        Err(TargetError::StoredOtherwise { written, .. }) => Ok(Done::Written(written)),
        Err(error) => Err(error),
    }
}

fn element(key: &ElementKey, name: String, files: Files, digest_of: DigestOf<'_>) -> Element {
    let directory = directory_of(key, &files);
    let root = key.path.below(&directory);
    let root = root.and_then(|root| RepoPath::parse(root).ok());
    Element {
        name,
        root: root.filter(|root| files.contains_key(root)),
        directory,
        content: content_of(files, digest_of),
        remote_id: None,
    }
}

/// An element of Postman, whichever form its id has.
fn found<'a>(postman: &'a RemoteSet, id: &RemoteId) -> Option<&'a Option<ElementContent>> {
    let exact = postman.get(id);
    let found = exact.or_else(|| {
        let mut all = postman.iter();
        all.find(|(other, _)| other.bare() == id.bare())
            .map(|(_, remote)| remote)
    });
    found.map(|remote| &remote.content)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Undone, backs, record};
    use crate::mirror::element::{ElementSet, RemoteSet};
    use crate::mirror::state::{Blobs, LastSync, MirrorState, Replaced, Version};
    use crate::mirror::store::{Draft, MemoryStore, StateStore, Stored, Swap};
    use crate::mirror::testing::{collection, content, element, id, owner, remote};
    use crate::model::digest::Digest;

    fn sync(towards_postman: bool, after: Option<&str>) -> LastSync {
        let replaced = Replaced {
            remote_id: Some(id("1-a")),
            before: Some(Version::of(&content("old"), &mut Blobs::new())),
            after: after.map(|text| Digest::of(text.as_bytes())),
        };
        LastSync {
            run: "r".to_owned(),
            towards_postman,
            replaced: BTreeMap::from([(collection("a"), replaced)]),
        }
    }

    #[test]
    fn only_what_nobody_has_touched_since_is_put_back() {
        let git = ElementSet::from([(collection("a"), element("A", "here"))]);
        let postman = RemoteSet::from([(id("1-a"), remote("A", "there"))]);
        let moved = |sync: LastSync, git: &ElementSet, postman: &RemoteSet| {
            backs(&sync, git, postman)[0].has_moved
        };
        assert!(!moved(sync(false, Some("here")), &git, &postman));
        assert!(moved(sync(false, Some("else")), &git, &postman));
        assert!(moved(sync(false, None), &git, &postman));
        assert!(!moved(sync(true, Some("there")), &git, &postman));
        assert!(moved(sync(true, Some("here")), &git, &postman));
        assert!(!moved(sync(true, None), &git, &RemoteSet::new()));
        assert!(moved(sync(true, Some("there")), &git, &RemoteSet::new()));
    }

    #[test]
    fn an_undo_of_an_undo_is_the_same_again() {
        let store = MemoryStore::default();
        let git = ElementSet::from([(collection("a"), element("A", "here"))]);
        let mut state = MirrorState::new(owner());
        state.last_sync = Some(sync(false, Some("here")));
        let mut blobs = Blobs::new();
        Version::of(&content("old"), &mut blobs);
        let draft = Draft {
            state: &state,
            blobs: &blobs,
            message: "m",
            now: 1,
        };
        let Swap::Done(commit) = store.swap(None, &draft).unwrap() else {
            panic!("nobody else is there");
        };
        let back = backs(state.last_sync.as_ref().unwrap(), &git, &RemoteSet::new()).remove(0);
        let mut undone = Undone::default();
        undone.add_local(&back, git.values().next().map(|element| &element.content));
        let stored = Stored { commit, state };
        record(&store, &stored, &undone, "undo", 2)
            .unwrap()
            .unwrap();
        let after = store.load().unwrap().unwrap();
        let sync = after.state.last_sync.unwrap();
        let old = ElementSet::from([(collection("a"), element("A", "old"))]);
        let again = backs(&sync, &old, &RemoteSet::new()).remove(0);
        assert!(!again.has_moved);
        assert_eq!(again.before.unwrap().digest, Digest::of(b"here"));
    }
}
