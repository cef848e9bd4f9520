//! A push carried out: claim, apply, record.
//!
//! The state is swapped three times at most: a claim that says what is about to be written, so that a killed run can be
//! healed; the same again with more time, where the run is long; and the record of what was done, without the claim. Every
//! step that was done is recorded, whatever became of the others.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::mirror::cost::Act;
use crate::mirror::element::{Element, ElementKey, ElementKind, ElementSet, RemoteId, RemoteSet};
use crate::mirror::heal::{Healed, heal};
use crate::mirror::ids;
use crate::mirror::plan::{Options, Plan, Side, Step};
use crate::mirror::remote_content::only_value;
use crate::mirror::run_mark::{self, RunMark};
use crate::mirror::sides::planned_of;
use crate::mirror::state::{
    Blobs, Claim, Intent, LastSync, MirrorState, Owner, Record, Replaced, Version,
};
use crate::mirror::store::{Draft, StateStore, StoreError, Stored, Swap};
use crate::mirror::target::{Target, TargetError, Written};
use crate::model::id::CommitId;
use crate::net::pool;
use crate::postman::error::PostmanError;

/// So many elements are written at once, each by one thread only: two writes of one collection leave duplicates
/// (<https://github.com/postmanlabs/postman-app-support/issues/10277>).
const THREADS: usize = 4;
/// Plans that somebody else's record made void are made again this often.
const ATTEMPTS: u32 = 8;
/// Who is at work elsewhere is waited for so long, in seconds.
const PATIENCE: u64 = 90;
/// A claim lasts at least so long, in seconds.
const SHORTEST_CLAIM: u64 = 120;

/// Everything that a push works with.
pub struct Push<'a> {
    /// The Postman side, opened for a state.
    pub open: &'a (dyn Fn(Option<&MirrorState>) -> Box<dyn Target + 'a> + Sync),
    /// The state's place.
    pub store: &'a dyn StateStore,
    /// What Git has.
    pub git: &'a ElementSet,
    /// Who is linked to what.
    pub owner: &'a Owner,
    /// What decides beside the three states.
    pub options: Options,
    /// The name of this run; no other has it.
    pub run: &'a str,
    /// The directory that all worktrees of the clone share.
    pub git_dir: &'a Path,
    /// Now, in seconds since 1970.
    pub now: &'a (dyn Fn() -> u64 + Sync),
    /// Waits.
    pub wait: &'a (dyn Fn(Duration) + Sync),
    /// Calls to Postman so far.
    pub calls: &'a (dyn Fn() -> u64 + Sync),
    /// Calls that are left of the month, as far as Postman has said so by now.
    pub quota_left: &'a (dyn Fn() -> Option<u64> + Sync),
    /// Is told what goes on.
    pub watch: &'a (dyn Fn(Event<'_>) + Sync),
}

/// What goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// One of so many elements was read.
    Read(usize),
    /// Another run is at work and is waited for.
    Waiting(&'a str),
    /// A step is done, of so many.
    Done(usize),
}

/// A plan and what it was made from.
#[derive(Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// The state that it was made from; `None` before the first sync.
    pub stored: Option<Stored>,
    /// What Postman has, as far as it was read.
    pub postman: RemoteSet,
    /// What a killed run left behind.
    healed: Healed,
    /// The state to go on from.
    state: MirrorState,
}

/// What became of a push.
#[derive(Debug)]
pub struct Outcome {
    /// The plan that was carried out.
    pub plan: Plan,
    /// What was done.
    pub applied: Vec<Applied>,
    /// What was not, and why.
    pub failed: Vec<(Step, TargetError)>,
    /// Steps that were not tried, because an error before them meets every call.
    pub untried: Vec<Step>,
    /// Calls to Postman that applying took.
    pub calls: u64,
    /// The commit that brought files to the branch that Postman reads, where there is one.
    pub delivered: Option<CommitId>,
    /// The commit of the new state; `None` where nothing was recorded.
    pub recorded: Option<CommitId>,
}

/// A step that was done.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The step.
    pub step: Step,
    /// The id in Postman that it has now, or had.
    pub remote_id: Option<RemoteId>,
}

/// Why nothing was carried out.
#[derive(Debug, thiserror::Error)]
pub enum PushError<R: std::fmt::Debug + std::fmt::Display> {
    /// Postman could not be read.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The state could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mark of the run could not be written.
    #[error("the directory of the repository cannot be written: {0}")]
    Mark(#[from] std::io::Error),
    /// Others kept syncing first.
    #[error("somebody else kept syncing first{}", .run.as_ref().map(|run| format!(": run `{run}` is still at work")).unwrap_or_default())]
    Overtaken {
        /// The run that is at work.
        run: Option<String>,
    },
    /// The claim ran out while this run was at work, and another run took over. What was written is found and adopted by the
    /// next run.
    #[error("another run took over before this one was recorded")]
    TakenOver,
    /// What was done stands in Postman and nowhere else.
    #[error("{} in Postman, and the record of it could not be kept: {error}", if *.done == 1 { "1 change is done".to_owned() } else { format!("{} changes are done", .done) })]
    Unrecorded {
        /// So many changes were done.
        done: usize,
        /// Why.
        error: StoreError,
    },
    /// Whoever was asked did not want this plan.
    #[error("{0}")]
    Refused(R),
}

/// Makes the plan of a push. Nothing is written.
///
/// # Errors
/// Postman's and the store's.
pub fn planned<R: std::fmt::Debug + std::fmt::Display>(
    push: &Push<'_>,
) -> Result<Planned, PushError<R>> {
    let stored = push.store.load()?;
    Ok(planned_from(push, stored)?.0)
}

/// Carries a push out. `decide` sees every plan before anything is written; where somebody else was first, there is another
/// plan.
///
/// # Errors
/// Everything that keeps the whole from being carried out; what keeps a step from it is in the outcome.
pub fn push<R: std::fmt::Debug + std::fmt::Display>(
    push: &Push<'_>,
    decide: &mut dyn FnMut(&mut Planned) -> Result<(), R>,
) -> Result<Outcome, PushError<R>> {
    let mut attempts = 0;
    let mut waited = 0;
    let mut earlier: Option<Outcome> = None;
    loop {
        let stored = push.store.load()?;
        if let Some(claim) = foreign_claim(push, stored.as_ref()) {
            if waited >= PATIENCE {
                return Err(PushError::Overtaken {
                    run: Some(claim.run.clone()),
                });
            }
            (push.watch)(Event::Waiting(&claim.run));
            let pause = (1 + waited / 10).min(5);
            (push.wait)(Duration::from_secs(pause));
            waited += pause;
            continue;
        }
        let (mut planned, target) = planned_from(push, stored)?;
        decide(&mut planned).map_err(PushError::Refused)?;
        if !planned.writes() {
            return Ok(nothing(planned.plan).after(earlier));
        }
        let mark = RunMark::set(push.git_dir, push.run)?;
        let claimed = match claim(push, &planned) {
            Ok(claimed) => claimed,
            Err(error) => {
                // A claim that may have got there is healed sooner where the mark says that this run is over.
                if !may_be_claimed(&error) {
                    mark.done();
                }
                return Err(error);
            }
        };
        let Some(claimed) = claimed else {
            attempts += 1;
            if attempts == ATTEMPTS {
                mark.done();
                return Err(PushError::Overtaken { run: None });
            }
            mark.done();
            continue;
        };
        let outcome = carry_out(push, planned, &*target, claimed)?;
        mark.done();
        attempts += 1;
        if outcome.is_overtaken() && attempts < ATTEMPTS {
            earlier = Some(outcome.done().after(earlier));
            continue;
        }
        return Ok(outcome.after(earlier));
    }
}

impl Planned {
    /// Whether carrying it out writes something, be it the record only.
    pub fn writes(&self) -> bool {
        !self.plan.steps.is_empty() || self.state.claim.is_some()
    }

    /// Records this owner: more became known of it since the plan was begun.
    pub fn record_owner(&mut self, owner: Owner) {
        self.state.owner = owner;
    }
}

fn nothing(plan: Plan) -> Outcome {
    Outcome {
        plan,
        applied: Vec::new(),
        failed: Vec::new(),
        untried: Vec::new(),
        calls: 0,
        delivered: None,
        recorded: None,
    }
}

impl Outcome {
    /// Whether somebody else was first on the branch that is delivered to: another plan may go through.
    fn is_overtaken(&self) -> bool {
        self.failed.iter().any(|(_, error)| match error {
            TargetError::Delivery(error) => error.is_overtaken(),
            _ => false,
        })
    }

    /// The same with what an earlier plan of the same push did.
    fn after(mut self, earlier: Option<Self>) -> Self {
        if let Some(earlier) = earlier {
            self.applied.splice(0..0, earlier.applied);
            self.plan.steps.splice(0..0, earlier.plan.steps);
            self.plan.calls += earlier.plan.calls;
            self.calls += earlier.calls;
            self.recorded = self.recorded.or(earlier.recorded);
        }
        self
    }

    /// What was done of it, without what another plan takes up again.
    fn done(mut self) -> Self {
        self.failed.clear();
        self.untried.clear();
        let keys = self.applied.iter().map(|applied| applied.step.key.clone());
        let keys: std::collections::BTreeSet<ElementKey> = keys.collect();
        self.plan.steps.retain(|step| keys.contains(&step.key));
        self.plan.calls = self.plan.steps.iter().map(|step| step.calls).sum();
        self
    }
}

/// The claim of another run that is still at work.
fn foreign_claim<'s>(push: &Push<'_>, stored: Option<&'s Stored>) -> Option<&'s Claim> {
    let claim = stored?.state.claim.as_ref()?;
    let counts = claim.run != push.run && claim.counts((push.now)());
    (counts && !run_mark::is_over(push.git_dir, &claim.run)).then_some(claim)
}

fn planned_from<'a, R: std::fmt::Debug + std::fmt::Display>(
    push: &Push<'a>,
    stored: Option<Stored>,
) -> Result<(Planned, Box<dyn Target + 'a>), PushError<R>> {
    let mut state = match &stored {
        Some(stored) => stored.state.clone(),
        None => MirrorState::new(push.owner.clone()),
    };
    state.owner = push.owner.clone();
    let target = (push.open)(stored.as_ref().map(|stored| &stored.state));
    let mut postman = target.list()?;
    let mut healed = Healed::default();
    let mut options = push.options.clone();
    options.quota_left = (push.quota_left)();
    // What is being written right now by somebody else is no leftover.
    let leftover = state.claim.as_ref();
    let leftover = leftover.filter(|_| foreign_claim(push, stored.as_ref()).is_none());
    if let Some(claim) = leftover {
        let places = &options.places;
        healed = heal(&*target, &mut postman, &state, push.git, places, claim)?;
        options.equal.extend(healed.equal.iter().cloned());
        state = healed.applied_to(&state);
    }
    let plan = planned_of(
        &*target,
        &mut postman,
        &state,
        push.git,
        Side::Postman,
        &options,
        &|all| (push.watch)(Event::Read(all)),
    )?;
    let planned = Planned {
        plan,
        stored,
        postman,
        healed,
        state,
    };
    Ok((planned, target))
}

/// Whether a claim may lie on the remote although it could not be written: nobody has heard what became of it.
fn may_be_claimed<R: std::fmt::Debug + std::fmt::Display>(error: &PushError<R>) -> bool {
    match error {
        PushError::Store(StoreError::NotPushed { .. }) => true,
        PushError::Store(StoreError::Git(error)) => error.is_about_a_remote(),
        _ => false,
    }
}

/// A state with a claim in it, and the commit that holds it.
struct Claimed {
    commit: CommitId,
    state: MirrorState,
}

/// Swaps the claim in; `None` where somebody else was first.
fn claim<R: std::fmt::Debug + std::fmt::Display>(
    push: &Push<'_>,
    planned: &Planned,
) -> Result<Option<Claimed>, PushError<R>> {
    let intents = planned
        .plan
        .steps
        .iter()
        .filter(|step| step.act != Act::Adopt);
    let intents: BTreeMap<ElementKey, Intent> = intents
        .map(|step| {
            let intent = Intent {
                git: step.source,
                postman: step.expected,
            };
            (step.key.clone(), intent)
        })
        .collect();
    if intents.is_empty() {
        // Nothing is written but the record, and that is one swap.
        return Ok(Some(Claimed {
            commit: match &planned.stored {
                Some(stored) => stored.commit.clone(),
                None => return first_record(push, planned),
            },
            state: planned.state.clone(),
        }));
    }
    let now = (push.now)();
    let seconds = (planned.plan.seconds * 2).max(SHORTEST_CLAIM);
    let leftover = planned.state.claim.as_ref().map(|claim| claim.run.clone());
    let claimed = planned
        .state
        .released()
        .claimed(push.run, now, seconds, intents);
    let Ok(state) = claimed else {
        return Ok(None);
    };
    let message = format!(
        "Claim for a push of {} changes\n\nRun: {}\n",
        planned.plan.steps.len(),
        push.run
    );
    let draft = Draft {
        state: &state,
        blobs: &planned.healed.blobs,
        message: &message,
        now,
    };
    let expected = planned.stored.as_ref().map(|stored| &stored.commit);
    let swap = push.store.swap(expected, &draft)?;
    if let Some(leftover) = leftover {
        run_mark::forget(push.git_dir, &leftover);
    }
    Ok(match swap {
        Swap::Done(commit) => Some(Claimed { commit, state }),
        Swap::Lost(_) => None,
    })
}

/// The state before the first record, so that there is one to build on.
fn first_record<R: std::fmt::Debug + std::fmt::Display>(
    push: &Push<'_>,
    planned: &Planned,
) -> Result<Option<Claimed>, PushError<R>> {
    let draft = Draft {
        state: &planned.state,
        blobs: &planned.healed.blobs,
        message: "Begin the record of the mirror\n",
        now: (push.now)(),
    };
    Ok(match push.store.swap(None, &draft)? {
        Swap::Done(commit) => Some(Claimed {
            commit,
            state: planned.state.clone(),
        }),
        Swap::Lost(_) => None,
    })
}

/// What one step did.
enum Done {
    Written(Box<Written>),
    Deleted(Version, Blobs),
    Adopted,
}

struct Work<'p, 'a> {
    push: &'p Push<'a>,
    planned: &'p Planned,
    target: &'p dyn Target,
    records: BTreeMap<ElementKey, Record>,
    /// An error was met that meets every call.
    hopeless: AtomicBool,
    claimed: Mutex<Claimed>,
    done: Mutex<usize>,
}

fn carry_out<R: std::fmt::Debug + std::fmt::Display>(
    push: &Push<'_>,
    planned: Planned,
    target: &dyn Target,
    claimed: Claimed,
) -> Result<Outcome, PushError<R>> {
    let before = (push.calls)();
    let work = Work {
        push,
        planned: &planned,
        target,
        records: planned.plan.moved_records(&planned.state),
        hopeless: AtomicBool::new(false),
        claimed: Mutex::new(claimed),
        done: Mutex::new(0),
    };
    let mut results: Vec<Option<Result<Done, TargetError>>> = Vec::new();
    for group in groups(&planned.plan.steps) {
        results.extend(pool::map(group, THREADS, |step| work.one(step)));
    }
    let delivered = work.finish(&planned.plan.steps, &mut results);
    let calls = (push.calls)() - before;
    let records = work.records;
    let claimed = work
        .claimed
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let mut outcome = record(push, planned, claimed, records, results, calls)?;
    outcome.delivered = delivered;
    Ok(outcome)
}

/// Steps that may be done at once: those of one kind that are written, and at last those that are deleted.
fn groups(steps: &[Step]) -> impl Iterator<Item = &[Step]> {
    steps.chunk_by(|one, other| {
        (one.act == Act::Delete, one.key.kind) == (other.act == Act::Delete, other.key.kind)
    })
}

impl Work<'_, '_> {
    /// Does one step; `None` where it was not tried.
    fn one(&self, step: &Step) -> Option<Result<Done, TargetError>> {
        if self.hopeless.load(Ordering::Relaxed) || !self.has_time() {
            return None;
        }
        let result = self.act(step);
        if let Err(TargetError::Postman(error)) = &result
            && meets_every_call(error)
        {
            self.hopeless.store(true, Ordering::Relaxed);
        }
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        *done += 1;
        (self.push.watch)(Event::Done(self.planned.plan.steps.len()));
        Some(result)
    }

    /// Writes what was put together. Where it does not get there, none of it was done.
    fn finish(
        &self,
        steps: &[Step],
        results: &mut [Option<Result<Done, TargetError>>],
    ) -> Option<CommitId> {
        let all = steps.iter().zip(results.iter_mut());
        let mut together: Vec<_> = all
            .filter(|(step, result)| {
                let is_done = matches!(result, Some(Ok(Done::Written(_) | Done::Deleted(..))));
                is_done && self.target.is_put_together(step.key.kind)
            })
            .map(|(_, result)| result)
            .collect();
        if together.is_empty() {
            return None;
        }
        if !self.has_time() {
            for result in together {
                *result = None;
            }
            return None;
        }
        match self.target.finish() {
            Ok(commit) => commit,
            Err(error) => {
                let error = Arc::new(error);
                for result in &mut together {
                    **result = Some(Err(TargetError::Delivery(Arc::clone(&error))));
                }
                None
            }
        }
    }

    fn act(&self, step: &Step) -> Result<Done, TargetError> {
        let kind: ElementKind = step.key.kind;
        let gone = || TargetError::Moved {
            name: step.name.clone(),
        };
        let element: Option<&Element> = self.push.git.get(&step.key);
        let record = self.records.get(&step.key);
        match step.act {
            Act::Adopt => Ok(Done::Adopted),
            Act::Create => {
                let written = self.target.create(kind, element.ok_or_else(gone)?)?;
                Ok(Done::Written(Box::new(written)))
            }
            Act::Update => {
                let (element, record) = element.zip(record).ok_or_else(gone)?;
                let id = step.remote_id.as_ref().ok_or_else(gone)?;
                let written = self.target.update(kind, id, element, record)?;
                Ok(Done::Written(Box::new(written)))
            }
            Act::Delete => {
                let record = record.ok_or_else(gone)?;
                let id = step.remote_id.as_ref().ok_or_else(gone)?;
                let kept = self.target.delete(kind, id, record)?;
                Ok(Done::Deleted(kept.version, kept.blobs))
            }
        }
    }

    /// Whether the claim still holds. Past its half it is renewed; where that fails, nothing more is written.
    fn has_time(&self) -> bool {
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(claim) = claimed.state.claim.clone() else {
            return true;
        };
        let now = (self.push.now)();
        if claim.run != self.push.run {
            return true;
        }
        if now < claim.since + (claim.until - claim.since) / 2 {
            return true;
        }
        let seconds = claim.until - claim.since;
        let renewed = claimed
            .state
            .claimed(self.push.run, now, seconds, claim.intents);
        let Ok(state) = renewed else { return false };
        let draft = Draft {
            state: &state,
            blobs: &self.planned.healed.blobs,
            message: "Go on with a push\n",
            now,
        };
        match self.push.store.swap(Some(&claimed.commit), &draft) {
            Ok(Swap::Done(commit)) => {
                *claimed = Claimed { commit, state };
                true
            }
            _ => {
                self.hopeless.store(true, Ordering::Relaxed);
                false
            }
        }
    }
}

/// The record of what was done: one swap, whatever became of the single steps.
fn record<R: std::fmt::Debug + std::fmt::Display>(
    push: &Push<'_>,
    planned: Planned,
    claimed: Claimed,
    records: BTreeMap<ElementKey, Record>,
    results: Vec<Option<Result<Done, TargetError>>>,
    calls: u64,
) -> Result<Outcome, PushError<R>> {
    let now = (push.now)();
    let mut state = claimed.state.released();
    state.records = records;
    let mut blobs = planned.healed.blobs.clone();
    let mut replaced = BTreeMap::new();
    let mut doubtful = BTreeMap::new();
    let mut outcome = nothing(planned.plan.clone());
    outcome.calls = calls;
    for (step, result) in planned.plan.steps.iter().zip(results) {
        let Some(result) = result else {
            outcome.untried.push(step.clone());
            continue;
        };
        let (done, error) = match result {
            Ok(done) => (Some(done), None),
            Err(TargetError::StoredOtherwise {
                name,
                difference,
                written,
            }) => {
                let done = Done::Written(written.clone());
                let error = TargetError::StoredOtherwise {
                    name,
                    difference,
                    written,
                };
                (Some(done), Some(error))
            }
            Err(error) => (None, Some(error)),
        };
        if let Some(TargetError::Postman(_)) = &error {
            let intent = Intent {
                git: step.source,
                postman: step.expected,
            };
            doubtful.insert(step.key.clone(), intent);
        }
        let otherwise = error.is_some();
        let remote_id = done.as_ref().and_then(|done| match done {
            Done::Written(written) => Some(written.id.clone()),
            _ => step.remote_id.clone(),
        });
        if let Some(done) = done {
            keep(
                push,
                &planned,
                step,
                done,
                otherwise,
                &mut state,
                &mut blobs,
                &mut replaced,
            );
        }
        match error {
            Some(error) => outcome.failed.push((step.clone(), error)),
            None => outcome.applied.push(Applied {
                step: step.clone(),
                remote_id,
            }),
        }
    }
    if !replaced.is_empty() {
        // A run that began anew, since the branch went on, is one sync all the same: what it did at first can be put back too.
        let own = state.last_sync.take().filter(|sync| sync.run == push.run);
        state.last_sync = Some(LastSync {
            run: push.run.to_owned(),
            towards_postman: true,
            replaced: followed_by(own.map(|sync| sync.replaced), replaced),
        });
    }
    if !doubtful.is_empty() {
        // Over at once, so that it holds nobody off: it only says where to look closely.
        state.claim = Some(Claim {
            run: push.run.to_owned(),
            since: now,
            until: now,
            intents: doubtful,
        });
    }
    let message = format!(
        "Push to Postman: {} done, {} failed\n\nRun: {}\nPlan: {}\n",
        outcome.applied.len(),
        outcome.failed.len(),
        push.run,
        planned.plan.id
    );
    let draft = Draft {
        state: &state,
        blobs: &blobs,
        message: &message,
        now,
    };
    match push.store.swap(Some(&claimed.commit), &draft) {
        Ok(Swap::Done(commit)) => outcome.recorded = Some(commit),
        Ok(Swap::Lost(_)) => return Err(PushError::TakenOver),
        Err(error) => {
            let done = outcome.applied.len();
            return Err(PushError::Unrecorded { done, error });
        }
    }
    Ok(outcome)
}

/// What two parts of one sync replaced: of an element that both wrote, what stood there first.
fn followed_by(
    earlier: Option<BTreeMap<ElementKey, Replaced>>,
    later: BTreeMap<ElementKey, Replaced>,
) -> BTreeMap<ElementKey, Replaced> {
    let mut all = earlier.unwrap_or_default();
    for (key, mut replaced) in later {
        if let Some(earlier) = all.remove(&key) {
            replaced.before = earlier.before;
        }
        all.insert(key, replaced);
    }
    all
}

#[expect(
    clippy::too_many_arguments,
    reason = "these are the parts of the record that is being made"
)]
fn keep(
    push: &Push<'_>,
    planned: &Planned,
    step: &Step,
    done: Done,
    otherwise: bool,
    state: &mut MirrorState,
    blobs: &mut Blobs,
    replaced: &mut BTreeMap<ElementKey, Replaced>,
) {
    let element = push.git.get(&step.key);
    match done {
        Done::Written(written) => {
            let written = *written;
            blobs.extend(written.blobs);
            replaced.insert(
                step.key.clone(),
                Replaced {
                    remote_id: Some(written.id.clone()),
                    before: written.before,
                    after: Some(written.after.digest),
                },
            );
            let Some(element) = element else { return };
            let git = if otherwise {
                // What Git has is not there: the next run sees that, and tries again.
                written.after.clone()
            } else {
                Version::of(&element.content, blobs)
            };
            state.records.insert(
                step.key.clone(),
                Record {
                    name: written.name,
                    remote_id: Some(written.id),
                    git,
                    postman: written.after,
                    ids: written.ids,
                },
            );
        }
        Done::Deleted(before, read) => {
            blobs.extend(read);
            replaced.insert(
                step.key.clone(),
                Replaced {
                    remote_id: step.remote_id.clone(),
                    before: Some(before),
                    after: None,
                },
            );
            state.records.remove(&step.key);
        }
        Done::Adopted => adopt(planned, step, element, state, blobs),
    }
}

fn adopt(
    planned: &Planned,
    step: &Step,
    element: Option<&Element>,
    state: &mut MirrorState,
    blobs: &mut Blobs,
) {
    let Some(element) = element else {
        state.records.remove(&step.key);
        return;
    };
    let git = Version::of(&element.content, blobs);
    let there = step.remote_id.as_ref().and_then(|id| {
        let remote = planned.postman.get(id)?;
        Some((id, remote, remote.content.as_ref()?))
    });
    let known = state.records.get_mut(&step.key);
    match (there, known) {
        (Some((id, remote, content)), known) => {
            let local = only_value(&element.content);
            let both = local.zip(only_value(content));
            let table = known.map(|record| record.ids.clone()).unwrap_or_default();
            let ids = match (step.key.kind, both) {
                (ElementKind::Collection, Some((local, there))) => {
                    ids::learn(&local, &there, &table)
                }
                _ => table,
            };
            let record = Record {
                name: remote.name.clone(),
                remote_id: Some(id.clone()),
                git,
                postman: Version::of(content, blobs),
                ids,
            };
            state.records.insert(step.key.clone(), record);
        }
        // Only the file has moved: nobody had to read what Postman has.
        (None, Some(record)) => record.git = git,
        (None, None) => {}
    }
}

/// Whether trying the next element would meet the same.
fn meets_every_call(error: &PostmanError) -> bool {
    matches!(
        error,
        PostmanError::NoKey
            | PostmanError::WrongKey { .. }
            | PostmanError::QuotaUsedUp { .. }
            | PostmanError::RateLimited { .. }
            | PostmanError::Unreachable(_)
    )
}
