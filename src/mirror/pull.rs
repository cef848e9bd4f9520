//! A pull as values: from a plan towards Git to the files that are written, what a person has to decide, and what is
//! recorded once the files are there.

use std::collections::{BTreeMap, BTreeSet};

use crate::format::merge_value::Conflict;
use crate::mirror::carry::{Base, ElementSides, Files, carry};
use crate::mirror::cost::Act;
use crate::mirror::element::{
    ElementContent, ElementKey, ElementKind, ElementSet, RemoteElement, RemoteId, RemoteSet,
};
use crate::mirror::git_side::DigestOf;
use crate::mirror::ids::{IdTable, learn};
use crate::mirror::local_words::object;
use crate::mirror::merging::Take;
use crate::mirror::plan::{ConflictReason, Plan};
use crate::mirror::reconcile::{Resolve, whole};
use crate::mirror::state::{Blobs, LastSync, MirrorState, Pulled, Record, Replaced, Version};
use crate::mirror::store::{Draft, StateStore, StoreError, Stored, Swap};
use crate::model::change::{Change, ChangeError, ChangeSet};
use crate::model::id::CommitId;
use crate::model::path::RepoPath;

/// Everything that a pull is made from.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// The folder of the service.
    pub folder: &'a RepoPath,
    /// Whether it has the layout of a workspace.
    pub is_native: bool,
    /// The plan towards Git.
    pub plan: &'a Plan,
    /// The records that it was made from, as [`Plan::moved_records`] gives them.
    pub records: &'a BTreeMap<ElementKey, Record>,
    /// Git's side.
    pub git: &'a ElementSet,
    /// Postman's side.
    pub postman: &'a RemoteSet,
    /// What both had when they agreed, as [`bases`] gives it.
    pub bases: &'a BTreeMap<ElementKey, Base>,
    /// `--resolve`.
    pub resolve: Resolve,
    /// `--allow-delete`.
    pub allow_delete: bool,
    /// The digest of what a file means.
    pub digest_of: DigestOf<'a>,
}

/// One element that a pull carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    /// What makes it itself.
    pub key: ElementKey,
    /// Its name, for people.
    pub name: String,
    /// What is done.
    pub act: Act,
    /// Its id in Postman, where it has one.
    pub remote_id: Option<RemoteId>,
    /// The key that its record stands under so far, where the file has moved.
    pub moved_from: Option<ElementKey>,
    /// The files that are written; none where Git has it all.
    pub changes: Vec<Change>,
    /// What both sides agree on once Git has it; nothing where Postman has nothing.
    pub agreed: Option<ElementContent>,
}

/// One element that a person has to decide about. Nothing of it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// What makes it itself.
    pub key: ElementKey,
    /// Its name, for people.
    pub name: String,
    /// Its id in Postman, where it has one.
    pub remote_id: Option<RemoteId>,
    /// What is in conflict, by request and field.
    pub conflicts: Vec<Conflict>,
}

/// One element that cannot be carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// What makes it itself.
    pub key: ElementKey,
    /// Its name, for people.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// What a pull would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drafted {
    /// What is carried.
    pub brought: Vec<Brought>,
    /// What a person has to decide.
    pub open: Vec<Open>,
    /// What cannot be carried.
    pub failed: Vec<Failed>,
}

/// A conflict and the element it is in, for whoever is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The element.
    pub key: &'a ElementKey,
    /// Its name.
    pub name: &'a str,
    /// The conflict.
    pub conflict: &'a Conflict,
}

/// Makes the draft. `ask` is asked where `--resolve` says nothing; it answers nothing where nobody is there.
pub fn draft(inputs: &Inputs<'_>, ask: &mut dyn FnMut(&Asked<'_>) -> Option<Take>) -> Drafted {
    let mut drafted = Drafted::default();
    for step in &inputs.plan.steps {
        let work = Work {
            key: &step.key,
            name: &step.name,
            remote_id: step.remote_id.as_ref(),
            moved_from: step.moved_from.as_ref(),
            act: step.act,
        };
        // What the plan says is carried has no conflict of its own: only Postman moved.
        one(inputs, &work, &mut drafted, &mut |asked| {
            inputs.resolve.answer().or_else(|| ask(asked))
        });
    }
    for conflict in &inputs.plan.conflicts {
        if let ConflictReason::Ambiguous(ids) = &conflict.reason {
            let ids: Vec<&str> = ids.iter().map(RemoteId::as_str).collect();
            drafted.open.push(Open {
                key: conflict.key.clone(),
                name: conflict.name.clone(),
                remote_id: None,
                conflicts: vec![whole(&format!(
                    "several in Postman have its name ({}): rename all but one, or name one in `.postman/`",
                    ids.join(", ")
                ))],
            });
            continue;
        }
        let work = Work {
            key: &conflict.key,
            name: &conflict.name,
            remote_id: conflict.remote_id.as_ref(),
            moved_from: None,
            act: match (conflict.git, conflict.postman) {
                (None, _) => Act::Create,
                (_, None) => Act::Delete,
                _ => Act::Update,
            },
        };
        one(inputs, &work, &mut drafted, &mut |asked| {
            let take = inputs.resolve.answer().or_else(|| ask(asked))?;
            // A deletion in Postman is carried only where deletions are.
            let deletes = work.act == Act::Delete && take == Take::Theirs;
            (!deletes || inputs.allow_delete).then_some(take)
        });
    }
    drafted
}

struct Work<'a> {
    key: &'a ElementKey,
    name: &'a str,
    remote_id: Option<&'a RemoteId>,
    moved_from: Option<&'a ElementKey>,
    act: Act,
}

fn one(
    inputs: &Inputs<'_>,
    work: &Work<'_>,
    drafted: &mut Drafted,
    answer: &mut dyn FnMut(&Asked<'_>) -> Option<Take>,
) {
    let nothing = IdTable::new();
    let git = inputs.git.get(work.key);
    let remote = work.remote_id.and_then(|id| inputs.postman.get(id));
    let postman = remote.and_then(|remote| remote.content.as_ref());
    let brought = |changes, agreed| Brought {
        key: work.key.clone(),
        name: work.name.to_owned(),
        act: work.act,
        remote_id: work.remote_id.cloned(),
        moved_from: work.moved_from.cloned(),
        changes,
        agreed,
    };
    if work.act == Act::Adopt {
        let agreed = git.map(|element| element.content.clone());
        drafted.brought.push(brought(Vec::new(), agreed));
        return;
    }
    let sides = ElementSides {
        key: work.key,
        folder: inputs.folder,
        is_native: inputs.is_native,
        is_file: remote.is_some_and(|remote| remote.place.is_some()),
        git,
        postman,
        base: inputs.bases.get(work.key),
        ids: inputs
            .records
            .get(work.key)
            .map_or(&nothing, |record| &record.ids),
    };
    let without_base = inputs.resolve == Resolve::Merge;
    let carried = carry(&sides, without_base, inputs.digest_of, &mut |conflict| {
        answer(&Asked {
            key: work.key,
            name: work.name,
            conflict,
        })
    });
    match carried {
        Ok(Ok(carried)) => drafted
            .brought
            .push(brought(carried.changes, carried.agreed)),
        Ok(Err(conflicts)) => drafted.open.push(Open {
            key: work.key.clone(),
            name: work.name.to_owned(),
            remote_id: work.remote_id.cloned(),
            conflicts,
        }),
        Err(reason) => drafted.failed.push(Failed {
            key: work.key.clone(),
            name: work.name.to_owned(),
            reason,
        }),
    }
}

/// What both sides had when they agreed, for everything in the plan that needs it.
///
/// # Errors
/// A store that cannot be read.
pub fn bases(
    plan: &Plan,
    records: &BTreeMap<ElementKey, Record>,
    store: &dyn StateStore,
    commit: Option<&CommitId>,
) -> Result<BTreeMap<ElementKey, Base>, StoreError> {
    let steps = plan.steps.iter().filter(|step| step.act != Act::Adopt);
    let wanted: BTreeSet<&ElementKey> = steps
        .map(|step| &step.key)
        .chain(plan.conflicts.iter().map(|conflict| &conflict.key))
        .collect();
    let mut bases = BTreeMap::new();
    for key in wanted {
        if let (Some(record), Some(commit)) = (records.get(key), commit) {
            let base = Base {
                git: bytes_of(&record.git, store, commit)?,
                postman: bytes_of(&record.postman, store, commit)?,
            };
            bases.insert(key.clone(), base);
        }
    }
    Ok(bases)
}

/// The bytes of a version that a commit of the store holds.
///
/// # Errors
/// A store that cannot be read.
pub fn bytes_of(
    version: &Version,
    store: &dyn StateStore,
    commit: &CommitId,
) -> Result<Files, StoreError> {
    let files = version.files.iter();
    files
        .map(|(path, file)| Ok((path.clone(), store.blob(commit, &file.blob)?)))
        .collect()
}

impl Drafted {
    /// All files that are written, with what belongs to them.
    ///
    /// # Errors
    /// Two elements that write one file in different ways.
    pub fn changes(&self, more: Vec<Change>) -> Result<ChangeSet, ChangeError> {
        let mut changes: Vec<Change> = Vec::new();
        let own = self.brought.iter().flat_map(|one| one.changes.clone());
        for change in own.chain(more) {
            // Two definitions may share a file.
            if !changes.contains(&change) {
                changes.push(change);
            }
        }
        ChangeSet::new(changes)
    }

    /// Whether there is nothing to write and nobody to ask.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
            && self.failed.is_empty()
            && self.brought.iter().all(|one| one.changes.is_empty())
    }
}

/// What is recorded of a pull: what counts as agreed once Git shows it, and what was replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// By element.
    pub pulled: BTreeMap<ElementKey, Pulled>,
    /// What stood in Git before, for each element that was written.
    pub replaced: BTreeMap<ElementKey, Replaced>,
    /// The bytes of both.
    pub blobs: Blobs,
}

impl Recorded {
    /// Whether there is anything to record.
    pub fn has_something(&self) -> bool {
        !self.pulled.is_empty() || !self.replaced.is_empty()
    }
}

/// What to record of a draft. `after` is Git's side as it is with the changes.
pub fn recorded(
    drafted: &Drafted,
    state: &MirrorState,
    before: &ElementSet,
    after: &ElementSet,
    postman: &RemoteSet,
    folder: &RepoPath,
) -> Recorded {
    let mut recorded = Recorded::default();
    for brought in &drafted.brought {
        let key = key_after(brought, after, folder);
        let element = after.get(&key);
        let git = element.map(|element| element.content.digest);
        let from = brought.moved_from.as_ref().unwrap_or(&brought.key);
        let known = state.records.get(from);
        let remote = brought.remote_id.as_ref().and_then(|id| postman.get(id));
        let record = record_of(
            brought,
            known,
            element.map(|one| &one.content),
            remote,
            &mut recorded.blobs,
        );
        let pulled = Pulled {
            git,
            replaces: known.map(|record| (record.git.digest, record.postman.digest)),
            moved_from: brought.moved_from.clone(),
            record,
        };
        let known = state.pulled.get(&key).and_then(|all| all.last());
        if known != Some(&pulled) {
            recorded.pulled.insert(key.clone(), pulled);
        }
        if !brought.changes.is_empty() {
            let was = before.get(&brought.key).map(|element| &element.content);
            let replaced = Replaced {
                remote_id: brought.remote_id.clone(),
                before: was.map(|content| Version::of(content, &mut recorded.blobs)),
                after: git,
            };
            recorded.replaced.insert(key, replaced);
        }
    }
    recorded
}

fn record_of(
    brought: &Brought,
    known: Option<&Record>,
    here: Option<&ElementContent>,
    remote: Option<&RemoteElement>,
    blobs: &mut Blobs,
) -> Option<Record> {
    let (agreed, remote) = (brought.agreed.as_ref()?, remote?);
    let content = remote.content.as_ref()?;
    let table = known.map(|record| record.ids.clone()).unwrap_or_default();
    let ids = match (
        brought.key.kind,
        only(here.unwrap_or(agreed)),
        only(content),
    ) {
        (ElementKind::Collection, Some(local), Some(stored)) => {
            match (object(local), object(stored)) {
                (Ok(local), Ok(stored)) => learn(&local, &stored, &table),
                _ => table,
            }
        }
        _ => table,
    };
    Some(Record {
        name: remote.name.clone(),
        remote_id: brought.remote_id.clone(),
        git: Version::of(agreed, blobs),
        postman: Version::of(content, blobs),
        ids,
    })
}

fn only(content: &ElementContent) -> Option<&[u8]> {
    let mut files = content.files.values();
    match (files.next(), files.next()) {
        (Some(file), None) => Some(&file.bytes),
        _ => None,
    }
}

/// The key under which an element stands once its files are written: a new definition is known by the file to start at.
fn key_after(brought: &Brought, after: &ElementSet, folder: &RepoPath) -> ElementKey {
    if after.contains_key(&brought.key) || brought.act != Act::Create {
        return brought.key.clone();
    }
    let written: BTreeSet<String> = brought
        .changes
        .iter()
        .map(|change| change.path.as_str().to_owned())
        .collect();
    let at = |path: &RepoPath| match folder.is_root() {
        true => path.as_str().to_owned(),
        false => format!("{folder}/{path}"),
    };
    let found = after
        .keys()
        .find(|key| key.kind == brought.key.kind && written.contains(&at(&key.path)));
    found.unwrap_or(&brought.key).clone()
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// There was nothing to record.
    Nothing,
    /// It is recorded in this commit.
    Done(CommitId),
    /// Others kept being first.
    Overtaken,
}

/// Records a pull. Whoever else synced meanwhile keeps what they recorded: what was pulled counts only beside the record
/// that it was pulled from. `run` is the name of this run.
///
/// # Errors
/// A store that cannot be read or written, a state that is gone.
pub fn record(
    store: &dyn StateStore,
    stored: &Stored,
    recorded: &Recorded,
    run: &str,
    now: u64,
) -> Result<Kept, StoreError> {
    if !recorded.has_something() {
        return Ok(Kept::Nothing);
    }
    let mut stored = stored.clone();
    for _ in 0..ATTEMPTS {
        let mut state = stored.state.clone();
        for (key, pulled) in &recorded.pulled {
            let all = state.pulled.entry(key.clone()).or_default();
            all.retain(|other| other.git != pulled.git);
            all.push(pulled.clone());
            let more = all.len().saturating_sub(MOST_KEPT);
            all.drain(..more);
        }
        // What no record can go with any more is of no use to anybody.
        let known = &stored.state;
        state.pulled.retain(|key, all| {
            all.retain(|pulled| known.counts(key, pulled));
            !all.is_empty()
        });
        if !recorded.replaced.is_empty() {
            state.last_sync = Some(LastSync {
                run: run.to_owned(),
                towards_postman: false,
                replaced: recorded.replaced.clone(),
            });
        }
        let message = format!("pull {}", recorded.pulled.len());
        let draft = Draft {
            state: &state,
            blobs: &recorded.blobs,
            message: &message,
            now,
        };
        match store.swap(Some(&stored.commit), &draft)? {
            Swap::Done(commit) => return Ok(Kept::Done(commit)),
            Swap::Lost(_) => match store.load()? {
                Some(newer) => stored = newer,
                None => return Ok(Kept::Overtaken),
            },
        }
    }
    Ok(Kept::Overtaken)
}

/// So often a lost swap is tried again.
const ATTEMPTS: usize = 10;
/// So many pulls of one element are kept until a push records what came of them.
const MOST_KEPT: usize = 16;
