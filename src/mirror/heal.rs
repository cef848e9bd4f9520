//! What a killed run left behind: elements that it wrote and never recorded.
//!
//! The claim of that run says what it set out to write. Of each of these elements Postman may have the old content, the new
//! one, the new one in its own words, or, for a definition of several files, some of both. All of that is the run's own doing
//! and nobody's edit; whatever else stands there is somebody's, and stays a conflict.

use std::collections::{BTreeMap, BTreeSet};

use crate::format::parse;
use crate::mirror::element::{
    ElementContent, ElementKey, ElementKind, ElementSet, RemoteElement, RemoteId, RemoteSet,
};
use crate::mirror::own_words;
use crate::mirror::pairing::{Pair, Places, pair};
use crate::mirror::sides;
use crate::mirror::state::{Blobs, Claim, Intent, MirrorState, Record, Version};
use crate::mirror::target::{Target, TargetError};

/// What healing found.
#[derive(Debug, Default)]
pub struct Healed {
    /// Elements that are equal in spite of their digests: see `Options::equal` of [`crate::mirror::plan`].
    pub equal: BTreeSet<ElementKey>,
    /// Records of what the run left there.
    pub records: BTreeMap<ElementKey, Record>,
    /// Their bytes.
    pub blobs: Blobs,
}

impl Healed {
    /// The state as the run should have left it.
    #[must_use]
    pub fn applied_to(&self, state: &MirrorState) -> MirrorState {
        let mut state = state.clone();
        state.records.extend(self.records.clone());
        state
    }
}

/// Looks closely at everything that a claim set out to write. What of it was not read yet is read.
///
/// # Errors
/// Postman's.
pub fn heal(
    target: &dyn Target,
    postman: &mut RemoteSet,
    state: &MirrorState,
    git: &ElementSet,
    places: &Places,
    claim: &Claim,
) -> Result<Healed, TargetError> {
    let unread: Vec<RemoteId> = {
        let pairs = pair(state, git, postman, places);
        let intended = claim.intents.keys().filter_map(|key| pairs.get(key));
        // Namesakes may be what the run made; which one, only their content says.
        intended
            .flat_map(|pair| {
                let own = pair.postman.map(|(id, _)| id.clone());
                own.into_iter().chain(pair.rivals.iter().cloned())
            })
            .filter(|id| {
                let known = postman.get(id);
                known.is_some_and(|element| element.content.is_none())
            })
            .collect()
    };
    sides::read_into(target, postman, &unread, &|_| ())?;
    let mut healed = Healed::default();
    let pairs = pair(state, git, postman, places);
    for (key, intent) in &claim.intents {
        if let Some(pair) = pairs.get(key) {
            look(key, intent, pair, &mut healed);
        }
    }
    Ok(healed)
}

fn look(key: &ElementKey, intent: &Intent, pair: &Pair<'_>, healed: &mut Healed) {
    let Some((id, there)) = pair.postman else {
        return;
    };
    let (Some(content), Some(intended)) = (&there.content, intent.git) else {
        return;
    };
    let recorded = pair.record.map(|record| record.postman.digest);
    let here = pair.git.map(|element| &element.content);
    if recorded == Some(content.digest) || here.is_some_and(|here| here.digest == content.digest) {
        // Not written, or equal: the plan sees both by itself.
        return;
    }
    if let Some(here) = here
        && here.digest == intended
        && same_in_own_words(here, content)
    {
        healed.equal.insert(key.clone());
        return;
    }
    if content.digest == intended {
        // It was written, and Git has moved on since: both sides agreed on what was written.
        let version = Version::of(content, &mut healed.blobs);
        let record = record(pair, id, there, version.clone(), version);
        healed.records.insert(key.clone(), record);
        return;
    }
    if let (Some(known), Some(here)) = (pair.record, here)
        && key.kind == ElementKind::Definition
        && is_half_done(known, here, content)
    {
        let version = Version::of(content, &mut healed.blobs);
        let record = record(pair, id, there, known.git.clone(), version);
        healed.records.insert(key.clone(), record);
    }
}

fn record(
    pair: &Pair<'_>,
    id: &RemoteId,
    there: &RemoteElement,
    git: Version,
    postman: Version,
) -> Record {
    Record {
        name: there.name.clone(),
        remote_id: Some(id.clone()),
        git,
        postman,
        ids: pair
            .record
            .map(|known| known.ids.clone())
            .unwrap_or_default(),
    }
}

/// Whether every file there is the one that was recorded, or the one that was to be written.
fn is_half_done(known: &Record, here: &ElementContent, there: &ElementContent) -> bool {
    let is_ours = there.files.iter().all(|(path, file)| {
        let old = known.postman.files.get(path).map(|old| old.digest);
        let new = here.files.get(path).map(|new| new.digest);
        old == Some(file.digest) || new == Some(file.digest)
    });
    // What is kept must still be there: only what was to be dropped may be gone.
    let kept = known
        .postman
        .files
        .keys()
        .filter(|path| here.files.contains_key(*path));
    is_ours && kept.into_iter().all(|path| there.files.contains_key(path))
}

/// Whether Postman has stored what was sent, in its own words and with nothing beside them.
fn same_in_own_words(here: &ElementContent, there: &ElementContent) -> bool {
    let canonical = |content: &ElementContent| {
        let mut files = content.files.iter();
        let (Some((path, file)), None) = (files.next(), files.next()) else {
            return None;
        };
        let text = parse(path.as_str(), file.bytes.clone())
            .canonical_text()
            .ok()?;
        serde_json::from_str(&text).ok()
    };
    match (canonical(here), canonical(there)) {
        (Some(here), Some(there)) => own_words::same(&here, &there),
        _ => false,
    }
}
