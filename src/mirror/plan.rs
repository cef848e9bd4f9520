//! What the mirror would do, decided from values alone: the state, Git, Postman and where things are to go.
//!
//! *Source* is where we carry from, *target* where to. A side has moved when its digest differs from the recorded one.
//!
//! | source moved | target moved | now equal | outcome |
//! |---|---|---|---|
//! | no | no | | nothing |
//! | no | yes | | nothing; reported: the target is ahead |
//! | yes | no | no | Create, Update or Delete, expecting the recorded digest |
//! | yes | either | yes | Adopt |
//! | yes | yes | no | Conflict |
//!
//! Something that nobody recorded counts as recorded absent, so the first sync needs no rule of its own.

use std::collections::{BTreeMap, BTreeSet};

use crate::mirror::cost::{self, Act, FileCounts, Pace, TargetKind};
use crate::mirror::element::{
    ElementContent, ElementKey, ElementKind, ElementSet, RemoteElement, RemoteId, RemoteSet,
};
use crate::mirror::pairing::{self, Pair, Places};
use crate::mirror::state::{MirrorState, Pulled, Record, Version};
use crate::model::digest::Digest;
use crate::model::path::RepoPath;
use crate::model::text::{counted, visible};

/// One of the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The repository.
    Git,
    /// Postman.
    Postman,
}

impl Side {
    /// The word for it in plans.
    pub fn word(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::Postman => "postman",
        }
    }

    /// What people call it.
    fn name(self) -> &'static str {
        match self {
            Self::Git => "Git",
            Self::Postman => "Postman",
        }
    }
}

/// What decides beside the three states.
#[derive(Clone, Debug)]
pub struct Options {
    /// The kind of the link's target: it sets the price.
    pub target: TargetKind,
    /// Where files go of what only Postman has.
    pub places: Places,
    /// `--allow-delete`.
    pub allow_delete: bool,
    /// `--max-change`.
    pub max_change: MaxChange,
    /// `--only`: nothing else is looked at; everything where there is none. Counted from the folder of the service.
    pub only: Vec<RepoPath>,
    /// Files that are there and could not be read, counted from the folder of the service. Their elements are left out:
    /// unread is not deleted.
    pub skip: Vec<RepoPath>,
    /// Elements that a closer look found equal in spite of their digests: Postman stored in its own words what a run sent
    /// that was killed before it could record it.
    pub equal: BTreeSet<ElementKey>,
    /// How fast calls go.
    pub pace: Pace,
    /// Calls that are left of the month, where Postman said so.
    pub quota_left: Option<u64>,
}

/// How much may be replaced or deleted without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxChange {
    /// The part of all recorded elements, in percent.
    pub percent: u32,
    /// As many never ask: with three elements every change is a third of all.
    pub always: usize,
}

impl Default for MaxChange {
    fn default() -> Self {
        Self {
            percent: 30,
            always: 3,
        }
    }
}

/// All the mirror would do, and nothing done yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The side that is written.
    pub towards: Side,
    /// What would be written, in the order in which it is written.
    pub steps: Vec<Step>,
    /// What both sides changed in different ways.
    pub conflicts: Vec<Conflict>,
    /// Where the target is ahead of the source: the other direction's business.
    pub ahead: Vec<Ahead>,
    /// What the source has no longer and stays in the target.
    pub left_alone: Vec<LeftAlone>,
    /// What pulls have brought and Git shows by now: it counts as recorded.
    pub settled: BTreeMap<ElementKey, Pulled>,
    /// More than may be changed without asking.
    pub asks: Option<TooMuch>,
    /// The calls to Postman that the steps take.
    pub calls: u32,
    /// How long these take, in seconds.
    pub seconds: u64,
    /// Calls that are left of the month, where Postman said so.
    pub quota_left: Option<u64>,
    /// The digest of everything that decided: both sides, the state, the options. See [`crate::mirror::seal`].
    pub inputs: Digest,
    /// The plan's name: the same inputs give the same.
    pub id: String,
}

/// One act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The element.
    pub key: ElementKey,
    /// What is done with it.
    pub act: Act,
    /// Its name, for people.
    pub name: String,
    /// What the target must still look like when the step is done; `None` where it must have nothing.
    pub expected: Option<Digest>,
    /// What the source has; `None` for a deletion.
    pub source: Option<Digest>,
    /// Its id in Postman, where it has one.
    pub remote_id: Option<RemoteId>,
    /// The key that its record stands under so far, where the file has moved.
    pub moved_from: Option<ElementKey>,
    /// The files that are written, for a definition of several.
    pub files: FileCounts,
    /// The calls to Postman that it takes.
    pub calls: u32,
    /// What changes, in a few lines.
    pub summary: Vec<String>,
}

/// Both sides moved apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The element.
    pub key: ElementKey,
    /// Its name, for people.
    pub name: String,
    /// What Git has; `None` where it has nothing.
    pub git: Option<Digest>,
    /// What Postman has; `None` where it has nothing.
    pub postman: Option<Digest>,
    /// What both had when they agreed: first Git's, then Postman's.
    pub base: Option<(Digest, Digest)>,
    /// Its id in Postman, where it has one.
    pub remote_id: Option<RemoteId>,
    /// How it came to it.
    pub reason: ConflictReason,
}

/// How two sides came apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConflictReason {
    /// Both changed it since they agreed.
    BothChanged,
    /// Git changed it, Postman deleted it.
    DeletedInPostman,
    /// Postman changed it, Git deleted it.
    DeletedInGit,
    /// Both have it, and they never agreed on it.
    NeverAgreed,
    /// Several in Postman have its name.
    Ambiguous(Vec<RemoteId>),
}

/// The target has something newer than the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The element.
    pub key: ElementKey,
    /// Its name, for people.
    pub name: String,
    /// Its id in Postman, where it has one.
    pub remote_id: Option<RemoteId>,
    /// What carrying it back would do.
    pub act: Act,
}

/// Something that the source has no longer and the target keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftAlone {
    /// The element.
    pub key: ElementKey,
    /// Its name, for people.
    pub name: String,
    /// Its id in Postman, where it has one.
    pub remote_id: Option<RemoteId>,
    /// Whether `--allow-delete` would delete it; otherwise Postman has no call for it.
    pub deletable: bool,
}

/// A plan that would change more than `--max-change`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMuch {
    /// Elements that would be replaced or deleted.
    pub touched: usize,
    /// Elements that are recorded.
    pub recorded: usize,
    /// What may be touched, in percent.
    pub percent: u32,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// These elements of Postman have to be read first: see [`unread`].
    #[error("{} of Postman must be read before a plan can be made", counted(.0.len(), "element"))]
    Unread(Vec<RemoteId>),
}

/// The elements of Postman whose content decides and was not read yet. A push needs only those that changed in Git, so its
/// price grows with what changed and not with what there is; a pull needs all. Reading them may bring up others: ask again.
pub fn unread(
    state: &MirrorState,
    git: &ElementSet,
    postman: &RemoteSet,
    towards: Side,
    options: &Options,
) -> Vec<RemoteId> {
    let state = state.with_settled(&state.settled(git));
    let pairs = pairing::pair(&state, git, postman, &options.places);
    unread_of(&pairs, postman, towards, options)
}

/// Decides. The same values give the same plan.
///
/// # Errors
/// Where the content of an element decides and was not read.
pub fn plan(
    state: &MirrorState,
    git: &ElementSet,
    postman: &RemoteSet,
    towards: Side,
    options: &Options,
) -> Result<Plan, PlanError> {
    let settled = state.settled(git);
    let state = state.with_settled(&settled);
    let pairs = pairing::pair(&state, git, postman, &options.places);
    let unread = unread_of(&pairs, postman, towards, options);
    if !unread.is_empty() {
        return Err(PlanError::Unread(unread));
    }
    let rivals: BTreeSet<RemoteId> = pairs
        .values()
        .flat_map(|pair| pair.rivals.clone())
        .collect();
    let mut plan = Plan {
        towards,
        steps: Vec::new(),
        conflicts: Vec::new(),
        ahead: Vec::new(),
        left_alone: Vec::new(),
        settled,
        asks: None,
        calls: 0,
        seconds: 0,
        quota_left: options.quota_left,
        inputs: inputs(&pairs, towards, options),
        id: String::new(),
    };
    let mut recorded = 0;
    for (key, pair) in &pairs {
        let is_rival = pair.git.is_none()
            && pair.record.is_none()
            && pair.postman.is_some_and(|(id, _)| rivals.contains(id));
        if is_wanted(key, options) && !is_rival {
            recorded += usize::from(pair.record.is_some());
            plan.decide(key, pair, options);
        }
    }
    plan.steps.sort_by_key(|step| {
        let order = ElementKind::ALL
            .iter()
            .position(|kind| *kind == step.key.kind);
        (step.act == Act::Delete, order, step.key.clone())
    });
    let touched = plan
        .steps
        .iter()
        .filter(|step| matches!(step.act, Act::Update | Act::Delete))
        .count();
    let limit = options.max_change;
    let too_much = touched > limit.always && touched * 100 > limit.percent as usize * recorded;
    plan.asks = too_much.then_some(TooMuch {
        touched,
        recorded,
        percent: limit.percent,
    });
    for step in plan.steps.iter_mut().filter(|step| step.act != Act::Adopt) {
        if is_undone(&state, towards, &step.key) {
            step.summary.push("undone before".to_owned());
        }
    }
    plan.calls = plan.steps.iter().map(|step| step.calls).sum();
    plan.seconds = cost::seconds(plan.calls, &options.pace);
    plan.id = plan.inputs.short()[..16].to_owned();
    Ok(plan)
}

impl Plan {
    /// Whether both sides and the state agree: nothing to write, nothing to record, nobody to ask.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.conflicts.is_empty()
    }

    /// The records of a state with what pulls have settled, and with those moved whose files have moved, all at once: one may
    /// move to where another was. Whoever applies the plan starts from these.
    pub fn moved_records(&self, state: &MirrorState) -> BTreeMap<ElementKey, Record> {
        let mut records = state.with_settled(&self.settled).records;
        let steps = self.steps.iter();
        let moves: Vec<_> = steps
            .filter_map(|step| Some((records.remove(step.moved_from.as_ref()?)?, step)))
            .collect();
        for (record, step) in moves {
            records.insert(step.key.clone(), record);
        }
        records
    }

    fn decide(&mut self, key: &ElementKey, pair: &Pair<'_>, options: &Options) {
        let sides = Sides::of(pair, self.towards);
        let equal = options.equal.contains(key) || sides.are_equal();
        let remote_id = pair
            .postman
            .map(|(id, _)| id.clone())
            .or_else(|| pair.record.and_then(|record| record.remote_id.clone()));
        let name = name_of(key, pair);
        match (sides.source_moved(), sides.target_moved(), equal) {
            (false, _, _) if !pair.rivals.is_empty() => self.conflict(key, pair, name),
            (false, false, _) => {
                // The file lies elsewhere, and nothing else has happened: only the record has to follow.
                if pair.moved_from.is_some() {
                    self.adopt(key, pair, &sides, name, remote_id);
                }
            }
            (false, true, _) => self.ahead.push(Ahead {
                key: key.clone(),
                name,
                remote_id,
                act: act(sides.target_now(), sides.source.now),
            }),
            (true, _, true) => self.adopt(key, pair, &sides, name, remote_id),
            (true, true, false) => self.conflict(key, pair, name),
            (true, false, false) if !pair.rivals.is_empty() => self.conflict(key, pair, name),
            (true, false, false) => self.write(key, pair, &sides, name, remote_id, options),
        }
    }

    fn adopt(
        &mut self,
        key: &ElementKey,
        pair: &Pair<'_>,
        sides: &Sides,
        name: String,
        remote_id: Option<RemoteId>,
    ) {
        let summary = match (sides.source.now, &pair.moved_from) {
            (None, _) => "gone on both sides: the record goes too".to_owned(),
            (_, Some(from)) => format!("moved from {}", visible(from.path.as_str())),
            (Some(_), None) => "equal on both sides: only the record is missing".to_owned(),
        };
        self.steps.push(Step {
            key: key.clone(),
            act: Act::Adopt,
            name,
            expected: sides.target_now(),
            source: sides.source.now,
            remote_id,
            moved_from: pair.moved_from.clone(),
            files: FileCounts::default(),
            calls: 0,
            summary: vec![summary],
        });
    }

    fn write(
        &mut self,
        key: &ElementKey,
        pair: &Pair<'_>,
        sides: &Sides,
        name: String,
        remote_id: Option<RemoteId>,
        options: &Options,
    ) {
        let act = act(sides.source.now, sides.target_now());
        let files = file_counts(pair, self.towards);
        let calls = match self.towards {
            // Git is written without a call: what is carried over was read for the plan.
            Side::Git => Some(0),
            Side::Postman => cost::calls(options.target, key.kind, act, files),
        };
        let Some(calls) = calls.filter(|_| act != Act::Delete || options.allow_delete) else {
            let deletable = calls.is_some();
            self.left_alone.push(LeftAlone {
                key: key.clone(),
                name,
                remote_id,
                deletable,
            });
            return;
        };
        self.steps.push(Step {
            key: key.clone(),
            act,
            summary: summary(act, self.towards, files),
            name,
            expected: sides.target.recorded,
            source: sides.source.now,
            remote_id,
            moved_from: pair.moved_from.clone(),
            files,
            calls,
        });
    }

    fn conflict(&mut self, key: &ElementKey, pair: &Pair<'_>, name: String) {
        let git = pair.git.map(|element| element.content.digest);
        let postman = pair.postman.and_then(|(_, remote)| digest_of(remote));
        let reason = match (pair.record, git, postman) {
            (_, _, None) if !pair.rivals.is_empty() => {
                ConflictReason::Ambiguous(pair.rivals.clone())
            }
            (None, ..) => ConflictReason::NeverAgreed,
            (Some(_), None, _) => ConflictReason::DeletedInGit,
            (Some(_), _, None) => ConflictReason::DeletedInPostman,
            (Some(_), Some(_), Some(_)) => ConflictReason::BothChanged,
        };
        self.conflicts.push(Conflict {
            key: key.clone(),
            name,
            git,
            postman,
            base: pair
                .record
                .map(|record| (record.git.digest, record.postman.digest)),
            remote_id: pair.postman.map(|(id, _)| id.clone()),
            reason,
        });
    }
}

/// One side of one element.
#[derive(Clone, Copy, Debug)]
struct Seen {
    now: Option<Digest>,
    recorded: Option<Digest>,
    /// It is there, and was not read because nothing depends on it.
    unread: bool,
}

impl Seen {
    fn moved(self) -> bool {
        !self.unread && self.now != self.recorded
    }
}

struct Sides {
    source: Seen,
    target: Seen,
}

impl Sides {
    fn of(pair: &Pair<'_>, towards: Side) -> Self {
        let git = Seen {
            now: pair.git.map(|element| element.content.digest),
            recorded: pair.record.map(|record| record.git.digest),
            unread: false,
        };
        let postman = Seen {
            now: pair.postman.and_then(|(_, remote)| digest_of(remote)),
            recorded: pair.record.map(|record| record.postman.digest),
            unread: pair
                .postman
                .is_some_and(|(_, remote)| remote.content.is_none()),
        };
        let (source, target) = match towards {
            Side::Git => (postman, git),
            Side::Postman => (git, postman),
        };
        Self { source, target }
    }

    fn source_moved(&self) -> bool {
        self.source.moved()
    }

    fn target_moved(&self) -> bool {
        // What nobody recorded and nobody read is there all the same.
        self.target.moved() || (self.target.unread && self.target.recorded.is_none())
    }

    fn target_now(&self) -> Option<Digest> {
        if self.target.unread {
            return self.target.recorded;
        }
        self.target.now
    }

    fn are_equal(&self) -> bool {
        !self.source.unread && !self.target.unread && self.source.now == self.target.now
    }
}

fn digest_of(remote: &RemoteElement) -> Option<Digest> {
    remote.content.as_ref().map(|content| content.digest)
}

/// What makes a target that has `to` into a source that has `from`.
fn act(from: Option<Digest>, to: Option<Digest>) -> Act {
    match (from, to) {
        (Some(_), None) => Act::Create,
        (None, Some(_)) => Act::Delete,
        _ => Act::Update,
    }
}

fn is_wanted(key: &ElementKey, options: &Options) -> bool {
    let only = &options.only;
    let named = only.is_empty() || only.iter().any(|path| key.path.is_within(path));
    named && !options.skip.iter().any(|path| path.is_within(&key.path))
}

fn unread_of(
    pairs: &BTreeMap<ElementKey, Pair<'_>>,
    postman: &RemoteSet,
    towards: Side,
    options: &Options,
) -> Vec<RemoteId> {
    let mut unread = BTreeSet::new();
    for (key, pair) in pairs.iter().filter(|(key, _)| is_wanted(key, options)) {
        let moved = pair.record.map(|record| record.git.digest)
            != pair.git.map(|element| element.content.digest);
        let matters = match towards {
            Side::Git => true,
            Side::Postman => moved,
        };
        if let Some((id, remote)) = pair.postman
            && remote.content.is_none()
            && matters
            && (towards == Side::Git || pair.git.is_some() || pair.record.is_some())
        {
            unread.insert(id.clone());
        }
        // Of namesakes one may be equal, and then it is the one.
        let rivals = pair.rivals.iter().filter(|id| {
            let remote = postman.get(*id);
            remote.is_some_and(|remote| remote.content.is_none() && remote.kind == key.kind)
        });
        unread.extend(rivals.cloned());
    }
    unread.into_iter().collect()
}

/// How many files a step writes and drops, from what was recorded: the target has not moved since.
fn file_counts(pair: &Pair<'_>, towards: Side) -> FileCounts {
    let record = pair.record;
    let (source, target) = match towards {
        Side::Git => (
            pair.postman.and_then(|(_, remote)| remote.content.as_ref()),
            record.map(|record| (&record.postman, &record.git)),
        ),
        Side::Postman => (
            pair.git.map(|element| &element.content),
            record.map(|record| (&record.git, &record.postman)),
        ),
    };
    changed_files(source, target)
}

/// `recorded` is what the source and what the target had.
fn changed_files(
    source: Option<&ElementContent>,
    recorded: Option<(&Version, &Version)>,
) -> FileCounts {
    let mut counts = FileCounts::default();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let Some((recorded_source, recorded_target)) = recorded else {
        counts.added = count(source.map_or(0, |source| source.files.len()));
        return counts;
    };
    let Some(source) = source else {
        counts.removed = count(recorded_target.files.len());
        return counts;
    };
    if let ([(_, one)], [_]) = (
        source.files.iter().collect::<Vec<_>>().as_slice(),
        recorded_target.files.iter().collect::<Vec<_>>().as_slice(),
    ) {
        // A single file is the element, whatever it is called on either side.
        let same = one.digest == recorded_source.digest;
        counts.changed = u32::from(!same);
        return counts;
    }
    for (path, file) in &source.files {
        if !recorded_target.files.contains_key(path) {
            counts.added += 1;
        } else if recorded_source.files.get(path).map(|known| known.digest) != Some(file.digest) {
            counts.changed += 1;
        }
    }
    let gone = recorded_target
        .files
        .keys()
        .filter(|path| !source.files.contains_key(*path));
    counts.removed = count(gone.count());
    counts
}

fn name_of(key: &ElementKey, pair: &Pair<'_>) -> String {
    let git = pair.git.map(|element| element.name.as_str());
    let postman = pair.postman.map(|(_, remote)| remote.name.as_str());
    let record = pair.record.map(|record| record.name.as_str());
    let name = git.or(postman).or(record);
    name.unwrap_or_else(|| key.path.file_name()).to_owned()
}

/// Whether the last thing that happened to an element was that an undo took this very direction back.
fn is_undone(state: &MirrorState, towards: Side, key: &ElementKey) -> bool {
    state.last_sync.as_ref().is_some_and(|sync| {
        let same = sync.towards_postman == (towards == Side::Postman);
        same && sync.is_undo() && sync.replaced.contains_key(key)
    })
}

fn summary(act: Act, towards: Side, files: FileCounts) -> Vec<String> {
    let source = match towards {
        Side::Git => Side::Postman,
        Side::Postman => Side::Git,
    };
    match act {
        Act::Create => vec![format!("new in {}", source.name())],
        Act::Delete => vec![format!("deleted in {}", source.name())],
        Act::Adopt => Vec::new(),
        Act::Update if files.added + files.removed == 0 && files.changed <= 1 => {
            vec![format!("changed in {}", source.name())]
        }
        Act::Update => [
            (files.changed, "changed"),
            (files.added, "added"),
            (files.removed, "removed"),
        ]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", counted(*count as usize, "file")))
        .collect(),
    }
}

/// The digest of everything that decides.
fn inputs(pairs: &BTreeMap<ElementKey, Pair<'_>>, towards: Side, options: &Options) -> Digest {
    let text = |digest: Option<Digest>| digest.map_or_else(|| "-".to_owned(), |d| d.to_string());
    let mut parts = vec![
        towards.word().to_owned(),
        format!("{:?}", options.target),
        options.allow_delete.to_string(),
        options.max_change.percent.to_string(),
        options.max_change.always.to_string(),
    ];
    parts.push(options.only.len().to_string());
    parts.extend(options.only.iter().map(|path| path.as_str().to_owned()));
    parts.push(options.skip.len().to_string());
    parts.extend(options.skip.iter().map(|path| path.as_str().to_owned()));
    parts.push(options.equal.len().to_string());
    parts.extend(options.equal.iter().map(ToString::to_string));
    for (key, pair) in pairs {
        let remote = pair.postman;
        parts.push(key.to_string());
        parts.push(text(pair.git.map(|element| element.content.digest)));
        parts.push(remote.map_or_else(String::new, |(id, _)| id.to_string()));
        parts.push(match remote {
            Some((_, remote)) if remote.content.is_none() => "unread".to_owned(),
            remote => text(remote.and_then(|(_, remote)| digest_of(remote))),
        });
        parts.push(text(pair.record.map(|record| record.git.digest)));
        parts.push(text(pair.record.map(|record| record.postman.digest)));
        let from = pair.moved_from.as_ref().map(ToString::to_string);
        parts.push(from.unwrap_or_default());
    }
    Digest::of_parts(parts.iter().map(String::as_bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Act, ConflictReason, Options, Plan, PlanError, Side, plan, unread};
    use crate::mirror::element::{
        ElementContent, ElementFile, ElementKey, ElementKind, ElementSet, RemoteSet,
    };
    use crate::mirror::state::{Blobs, MirrorState, Version};
    use crate::mirror::testing::{
        collection, content, element, id, options, owner, path, record, remote,
    };
    use crate::model::digest::Digest;

    /// A word for what becomes of one collection: what Git has, what Postman has, and what was recorded of both.
    fn outcome(
        git: Option<&str>,
        postman: Option<&str>,
        recorded: Option<(&str, &str)>,
        towards: Side,
        options: &Options,
    ) -> String {
        let (state, git, postman) = three(git, postman, recorded);
        let plan = plan(&state, &git, &postman, towards, options).unwrap();
        let mut words: Vec<String> = plan
            .steps
            .iter()
            .map(|step| step.act.word().to_owned())
            .collect();
        words.extend(
            plan.conflicts
                .iter()
                .map(|conflict| format!("{:?}", conflict.reason)),
        );
        words.extend(
            plan.ahead
                .iter()
                .map(|ahead| format!("ahead {}", ahead.act.word())),
        );
        words.extend(plan.left_alone.iter().map(|_| "left alone".to_owned()));
        words.join(", ")
    }

    fn three(
        git: Option<&str>,
        postman: Option<&str>,
        recorded: Option<(&str, &str)>,
    ) -> (MirrorState, ElementSet, RemoteSet) {
        let mut state = MirrorState::new(owner());
        if let Some((git, postman)) = recorded {
            let record = record("A", "1", git, postman).0;
            state.records.insert(collection("a"), record);
        }
        let git = git.map(|text| (collection("a"), element("A", text)));
        let postman = postman.map(|text| (id("1"), remote("A", text)));
        (
            state,
            git.into_iter().collect(),
            postman.into_iter().collect(),
        )
    }

    #[test]
    fn every_row_of_the_decision() {
        let base = Some(("g", "p"));
        for (git, postman, recorded, pushed, pulled) in [
            (Some("g"), Some("p"), base, "", ""),
            (Some("g"), Some("p2"), base, "ahead update", "update"),
            (Some("g"), None, base, "ahead delete", "left alone"),
            (Some("g2"), Some("p"), base, "update", "ahead update"),
            (None, Some("p"), base, "left alone", "ahead delete"),
            (Some("n"), Some("n"), base, "adopt", "adopt"),
            (None, None, base, "adopt", "adopt"),
            (Some("g2"), Some("p2"), base, "BothChanged", "BothChanged"),
            (None, Some("p2"), base, "DeletedInGit", "DeletedInGit"),
            (
                Some("g2"),
                None,
                base,
                "DeletedInPostman",
                "DeletedInPostman",
            ),
            (Some("g"), None, None, "create", "ahead create"),
            (None, Some("p"), None, "ahead create", "create"),
            (Some("n"), Some("n"), None, "adopt", "adopt"),
            (Some("g"), Some("p"), None, "NeverAgreed", "NeverAgreed"),
        ] {
            let case = format!("{git:?} {postman:?} {recorded:?}");
            let mut options = options();
            assert_eq!(
                outcome(git, postman, recorded, Side::Postman, &options),
                pushed,
                "push {case}"
            );
            assert_eq!(
                outcome(git, postman, recorded, Side::Git, &options),
                pulled,
                "pull {case}"
            );
            options.allow_delete = true;
            let deleted = |word: &str| word.replace("left alone", "delete");
            assert_eq!(
                outcome(git, postman, recorded, Side::Postman, &options),
                deleted(pushed)
            );
            assert_eq!(
                outcome(git, postman, recorded, Side::Git, &options),
                deleted(pulled)
            );
        }
    }

    #[test]
    fn what_a_killed_run_sent_is_adopted_where_a_closer_look_finds_it_equal() {
        let (state, git, postman) = three(Some("g2"), Some("g2 in its words"), Some(("g", "p")));
        let mut options = options();
        options.equal.insert(collection("a"));
        let plan = plan(&state, &git, &postman, Side::Postman, &options).unwrap();
        assert_eq!(plan.steps[0].act, Act::Adopt);
        assert_eq!((plan.steps.len(), plan.calls), (1, 0));
    }

    #[test]
    fn a_push_reads_only_what_changed_in_git() {
        let mut state = MirrorState::new(owner());
        let (mut git, mut postman) = (ElementSet::new(), RemoteSet::new());
        for number in 0..20 {
            let name = format!("c{number:02}");
            state
                .records
                .insert(collection(&name), record(&name, &name, "g", "p").0);
            git.insert(
                collection(&name),
                element(&name, if number == 7 { "new" } else { "g" }),
            );
            let mut unread = remote(&name, "p");
            unread.content = None;
            postman.insert(id(&name), unread);
        }
        let options = options();
        let wanted = unread(&state, &git, &postman, Side::Postman, &options);
        assert_eq!(wanted, [id("c07")]);
        assert_eq!(
            plan(&state, &git, &postman, Side::Postman, &options),
            Err(PlanError::Unread(wanted))
        );
        assert_eq!(
            unread(&state, &git, &postman, Side::Git, &options).len(),
            20
        );
        postman.get_mut(&id("c07")).unwrap().content = Some(content("p"));
        let plan = plan(&state, &git, &postman, Side::Postman, &options).unwrap();
        assert_eq!((plan.steps.len(), plan.calls), (1, 3));
        assert!(plan.ahead.is_empty());
    }

    #[test]
    fn of_namesakes_none_is_overwritten_and_none_is_made_twice() {
        let state = MirrorState::new(owner());
        let git = ElementSet::from([(collection("a"), element("A", "x"))]);
        let postman = RemoteSet::from([(id("1"), remote("A", "y")), (id("2"), remote("A", "z"))]);
        for towards in [Side::Git, Side::Postman] {
            let plan = plan(&state, &git, &postman, towards, &options()).unwrap();
            assert!(plan.steps.is_empty());
            assert_eq!(plan.conflicts.len(), 1);
            assert_eq!(
                plan.conflicts[0].reason,
                ConflictReason::Ambiguous(vec![id("1"), id("2")])
            );
        }
    }

    #[test]
    fn a_plan_that_touches_too_much_asks() {
        let mut state = MirrorState::new(owner());
        let (mut git, mut postman) = (ElementSet::new(), RemoteSet::new());
        for number in 0..10 {
            let name = format!("c{number}");
            state
                .records
                .insert(collection(&name), record(&name, &name, "g", "p").0);
            git.insert(
                collection(&name),
                element(&name, if number < 4 { "new" } else { "g" }),
            );
            postman.insert(id(&name), remote(&name, "p"));
        }
        let mut options = options();
        let asked = |options: &Options| {
            let plan = plan(&state, &git, &postman, Side::Postman, options).unwrap();
            plan.asks
                .map(|too_much| (too_much.touched, too_much.recorded))
        };
        assert_eq!(asked(&options), Some((4, 10)));
        options.max_change.percent = 40;
        assert_eq!(asked(&options), None);
        options.max_change.percent = 10;
        options.max_change.always = 4;
        assert_eq!(asked(&options), None);
        options.only = vec![path("postman/collections/c1.json")];
        options.max_change.always = 0;
        let plan = plan(&state, &git, &postman, Side::Postman, &options).unwrap();
        assert_eq!(plan.steps.len(), 1);
    }

    #[test]
    fn a_definition_costs_by_its_files() {
        let files = |files: &[(&str, &str)]| {
            let files = files.iter().map(|(name, text)| {
                let file = ElementFile {
                    bytes: text.as_bytes().to_vec(),
                    digest: Digest::of(text.as_bytes()),
                };
                (path(name), file)
            });
            ElementContent::new(files.collect::<BTreeMap<_, _>>())
        };
        let before = files(&[("root.yaml", "1"), ("a.yaml", "1"), ("b.yaml", "1")]);
        let after = files(&[("root.yaml", "2"), ("a.yaml", "1"), ("c.yaml", "1")]);
        let key = ElementKey {
            kind: ElementKind::Definition,
            path: path("postman/schemas/root.yaml"),
        };
        let mut definition = element("root", "");
        definition.content = after;
        let mut known = record("root", "s", "", "").0;
        known.git = Version::of(&before, &mut Blobs::new());
        known.postman = known.git.clone();
        let mut there = remote("root", "");
        there.kind = ElementKind::Definition;
        there.content = Some(before);
        let mut state = MirrorState::new(owner());
        state.records.insert(key.clone(), known);
        let git = ElementSet::from([(key, definition)]);
        let postman = RemoteSet::from([(id("s"), there)]);
        let plan = plan(&state, &git, &postman, Side::Postman, &options()).unwrap();
        assert_eq!(plan.calls, 3 + 2 + 2);
        assert_eq!(
            plan.steps[0].summary,
            ["1 file changed", "1 file added", "1 file removed"]
        );
    }

    #[test]
    fn what_could_not_be_read_is_not_deleted() {
        let (state, git, postman) = three(None, Some("p"), Some(("g", "p")));
        let mut options = options();
        options.allow_delete = true;
        options.skip = vec![path("postman/collections/a.json")];
        let plan = plan(&state, &git, &postman, Side::Postman, &options).unwrap();
        assert!(plan.is_empty() && plan.left_alone.is_empty());
    }

    #[test]
    fn a_moved_file_moves_its_record_and_nothing_else() {
        let mut state = MirrorState::new(owner());
        state
            .records
            .insert(collection("old"), record("A", "1", "g", "p").0);
        let git = ElementSet::from([(collection("new"), element("A", "g"))]);
        let postman = RemoteSet::from([(id("1"), remote("A", "p"))]);
        let Plan { steps, calls, .. } =
            plan(&state, &git, &postman, Side::Postman, &options()).unwrap();
        assert_eq!((steps.len(), calls, steps[0].act), (1, 0, Act::Adopt));
        assert_eq!(steps[0].moved_from, Some(collection("old")));
    }
}
