//! What holds for every plan, tried on random histories of two sides and on mirrors that get in each other's way.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use proptest::test_runner::TestCaseResult;
use proptest::{prop_assert, prop_assert_eq};

use crate::mirror::cost::Act;
use crate::mirror::element::{ElementKey, ElementSet, RemoteId, RemoteSet};
use crate::mirror::plan::{Options, Plan, Side, Step, plan};
use crate::mirror::state::{Blobs, MirrorState, Record, Version};
use crate::mirror::store::{Draft, MemoryStore, StateStore, Swap};
use crate::mirror::testing::{collection, content, element, id, options, owner, remote};
use crate::model::digest::Digest;
use crate::model::id::CommitId;

/// Both sides and what was recorded of them.
#[derive(Clone, Debug)]
struct World {
    git: ElementSet,
    postman: RemoteSet,
    state: MirrorState,
    blobs: Blobs,
    handed_out: usize,
    /// Postman stores some texts in its own words.
    rewords: bool,
}

#[derive(Clone, Debug)]
enum Event {
    EditGit(u8, u8),
    DeleteGit(u8),
    MoveGit(u8, u8),
    EditPostman(usize, u8),
    DeletePostman(usize),
    NewPostman(u8, u8),
    Sync(Side, bool),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let side = prop_oneof![Just(Side::Git), Just(Side::Postman)];
    let event = prop_oneof![
        (0..4_u8, 0..4_u8).prop_map(|(name, text)| Event::EditGit(name, text)),
        (0..4_u8).prop_map(Event::DeleteGit),
        (0..4_u8, 4..8_u8).prop_map(|(from, to)| Event::MoveGit(from, to)),
        (0..6_usize, 0..4_u8).prop_map(|(index, text)| Event::EditPostman(index, text)),
        (0..6_usize).prop_map(Event::DeletePostman),
        (0..4_u8, 0..4_u8).prop_map(|(name, text)| Event::NewPostman(name, text)),
        (side, any::<bool>()).prop_map(|(side, delete)| Event::Sync(side, delete)),
    ];
    proptest::collection::vec(event, 1..40)
}

fn name(number: u8) -> String {
    format!("n{number}")
}

/// A text is about its name, as a collection is.
fn text(name: &str, number: u8) -> String {
    format!("{name}: {number}")
}

impl World {
    fn new(rewords: bool) -> Self {
        Self {
            git: ElementSet::new(),
            postman: RemoteSet::new(),
            state: MirrorState::new(owner()),
            blobs: Blobs::new(),
            handed_out: 0,
            rewords,
        }
    }

    fn new_id(&mut self) -> RemoteId {
        self.handed_out += 1;
        id(&format!("id{}", self.handed_out))
    }

    fn nth_id(&self, index: usize) -> Option<RemoteId> {
        let ids: Vec<_> = self.postman.keys().cloned().collect();
        ids.get(index).cloned()
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::EditGit(number, version) => {
                let name = name(*number);
                let edited = element(&name, &text(&name, *version));
                self.git.insert(collection(&name), edited);
            }
            Event::DeleteGit(number) => {
                self.git.remove(&collection(&name(*number)));
            }
            Event::MoveGit(from, to) => {
                let to = collection(&name(*to));
                if !self.git.contains_key(&to)
                    && let Some(moved) = self.git.remove(&collection(&name(*from)))
                {
                    self.git.insert(to, moved);
                }
            }
            Event::EditPostman(index, version) => {
                if let Some(id) = self.nth_id(*index)
                    && let Some(element) = self.postman.get_mut(&id)
                {
                    element.content = Some(content(&text(&element.name, *version)));
                }
            }
            Event::DeletePostman(index) => {
                if let Some(id) = self.nth_id(*index) {
                    self.postman.remove(&id);
                }
            }
            Event::NewPostman(number, version) => {
                let (id, name) = (self.new_id(), name(*number));
                let new = remote(&name, &text(&name, *version));
                self.postman.insert(id, new);
            }
            Event::Sync(..) => {}
        }
    }

    fn plan(&self, towards: Side, options: &Options) -> Plan {
        plan(&self.state, &self.git, &self.postman, towards, options).unwrap()
    }

    fn stored(&self, text: &str) -> String {
        if self.rewords && text.ends_with(['1', '3']) {
            return format!("{text} in Postman's words");
        }
        text.to_owned()
    }

    fn postman_digest(&self, id: Option<&RemoteId>) -> Option<Digest> {
        let element = self.postman.get(id?)?;
        element.content.as_ref().map(|content| content.digest)
    }

    fn git_text(&self, key: &ElementKey) -> Option<String> {
        let files = &self.git.get(key)?.content.files;
        let bytes = &files.values().next()?.bytes;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    /// Does one step as the applier would, and records it.
    fn apply(&mut self, step: &Step, towards: Side) -> TestCaseResult {
        let target = match towards {
            Side::Git => self
                .git
                .get(&step.key)
                .map(|element| element.content.digest),
            Side::Postman => self.postman_digest(step.remote_id.as_ref()),
        };
        prop_assert_eq!(target, step.expected, "{:?}", step);
        self.write(step, towards);
        self.record(step);
        Ok(())
    }

    fn write(&mut self, step: &Step, towards: Side) {
        let known = step.remote_id.clone();
        match (towards, step.act) {
            (_, Act::Adopt) => {}
            (Side::Git, Act::Delete) => {
                self.git.remove(&step.key);
            }
            (Side::Git, _) => {
                let remote = &self.postman[known.as_ref().unwrap()];
                let mut new = element(&remote.name, "");
                new.content = remote.content.clone().unwrap();
                self.git.insert(step.key.clone(), new);
            }
            (Side::Postman, Act::Delete) => {
                self.postman.remove(known.as_ref().unwrap());
            }
            (Side::Postman, _) => {
                let text = self.stored(&self.git_text(&step.key).unwrap());
                let name = self.git[&step.key].name.clone();
                let id = match (step.act, known) {
                    (Act::Update, Some(id)) => id,
                    _ => self.new_id(),
                };
                self.postman.insert(id, remote(&name, &text));
            }
        }
    }

    fn record(&mut self, step: &Step) {
        self.state.records.remove(&step.key);
        let Some(git) = self.git.get(&step.key) else {
            return;
        };
        // The one just made has the id that was handed out last.
        let last = id(&format!("id{}", self.handed_out));
        let remote_id = match step.act {
            Act::Create
                if step
                    .remote_id
                    .as_ref()
                    .is_none_or(|id| !self.postman.contains_key(id)) =>
            {
                last
            }
            _ => step.remote_id.clone().unwrap(),
        };
        let there = self.postman[&remote_id].content.clone().unwrap();
        let record = Record {
            name: git.name.clone(),
            remote_id: Some(remote_id),
            git: Version::of(&git.content, &mut self.blobs),
            postman: Version::of(&there, &mut self.blobs),
            ids: BTreeMap::new(),
        };
        self.state.records.insert(step.key.clone(), record);
    }

    fn recorded_of_target(&self, step: &Step, towards: Side) -> Option<Digest> {
        let key = step.moved_from.as_ref().unwrap_or(&step.key);
        let record = self.state.records.get(key)?;
        Some(match towards {
            Side::Git => record.git.digest,
            Side::Postman => record.postman.digest,
        })
    }
}

fn a_sync_keeps_its_promises(
    world: &mut World,
    towards: Side,
    allow_delete: bool,
) -> TestCaseResult {
    let mut options = options();
    options.allow_delete = allow_delete;
    let made = world.plan(towards, &options);
    prop_assert_eq!(
        &made,
        &world.plan(towards, &options),
        "the same values give the same plan"
    );
    let before = world.clone();
    for step in &made.steps {
        let seen = world.recorded_of_target(step, towards);
        if matches!(step.act, Act::Update | Act::Delete) {
            prop_assert!(step.expected.is_some());
            prop_assert_eq!(
                step.expected,
                seen,
                "never replaces what the state has not seen"
            );
        }
        prop_assert!(step.act != Act::Delete || allow_delete);
        prop_assert!(step.act != Act::Create || step.expected.is_none());
    }
    for conflict in &made.conflicts {
        prop_assert!(conflict.git != conflict.postman);
        let base = conflict.base;
        prop_assert!(conflict.git != base.map(|base| base.0), "Git has moved");
        prop_assert!(conflict.postman != base.map(|base| base.1) || base.is_none());
    }
    world.state.records = made.moved_records(&world.state);
    for step in &made.steps {
        world.apply(step, towards)?;
    }
    match towards {
        Side::Git => prop_assert_eq!(
            &world.postman,
            &before.postman,
            "a pull never writes to Postman"
        ),
        Side::Postman => prop_assert_eq!(&world.git, &before.git, "a push never writes to Git"),
    }
    let again = world.plan(towards, &options);
    prop_assert!(
        again.steps.is_empty(),
        "planned again after apply: {:?}",
        again.steps
    );
    prop_assert_eq!(again.conflicts, made.conflicts);
    let ids: BTreeSet<_> = world
        .state
        .records
        .values()
        .map(|record| &record.remote_id)
        .collect();
    prop_assert_eq!(
        ids.len(),
        world.state.records.len(),
        "nothing is recorded twice"
    );
    Ok(())
}

/// One run of a mirror that pushes: load and plan, claim, apply step by step, record.
#[derive(Debug)]
enum Run {
    Idle,
    Planned(Option<CommitId>, Box<Plan>),
    Applying(CommitId, Vec<Step>),
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_sync_of_every_history_keeps_its_promises(events in events(), rewords in any::<bool>()) {
        let mut world = World::new(rewords);
        for event in &events {
            world.happen(event);
            if let Event::Sync(towards, allow_delete) = event {
                a_sync_keeps_its_promises(&mut world, *towards, *allow_delete)?;
            }
        }
        for towards in [Side::Git, Side::Postman, Side::Git] {
            a_sync_keeps_its_promises(&mut world, towards, true)?;
        }
    }

    #[test]
    fn mirrors_that_get_in_each_others_way_lose_and_double_nothing(
        schedule in proptest::collection::vec((0..3_usize, 0..12_u8), 10..120),
    ) {
        let store = MemoryStore::default();
        let mut world = World::new(false);
        for number in 0..4 {
            world.happen(&Event::EditGit(number, 0));
        }
        let options = options();
        let mut runs = [Run::Idle, Run::Idle, Run::Idle];
        let mut now = 0;
        // After the random part the first run goes on alone, long enough for every claim to be over.
        let alone = std::iter::repeat_n((0, 11), 60);
        for (who, what) in schedule.into_iter().chain(alone) {
            now += 1;
            if what < 2 {
                // Killed: whatever it had in hand is gone. What it wrote stays written.
                runs[who] = Run::Idle;
                continue;
            }
            if what == 2 {
                world.happen(&Event::EditGit(u8::try_from(now % 4).unwrap(), u8::try_from(now % 3).unwrap()));
                continue;
            }
            let stored = store.load().unwrap();
            let run = format!("run {who} {now}");
            runs[who] = match std::mem::replace(&mut runs[who], Run::Idle) {
                Run::Idle => {
                    world.state = stored.as_ref().map_or_else(|| MirrorState::new(owner()), |stored| stored.state.clone());
                    let made = world.plan(Side::Postman, &options);
                    Run::Planned(stored.map(|stored| stored.commit), Box::new(made))
                }
                Run::Planned(commit, made) => {
                    let state = stored.map_or_else(|| MirrorState::new(owner()), |stored| stored.state);
                    match state.claimed(&run, now, 8, BTreeMap::new()) {
                        Err(_) => Run::Idle,
                        Ok(state) => match put(&store, commit.as_ref(), &state, &Blobs::new()) {
                            Swap::Done(commit) => Run::Applying(commit, made.steps),
                            Swap::Lost(_) => Run::Idle,
                        },
                    }
                }
                Run::Applying(commit, steps) => {
                    let claim = stored.as_ref().and_then(|stored| stored.state.claim.clone());
                    let still_ours = stored.as_ref().is_some_and(|stored| stored.commit == commit)
                        && claim.is_some_and(|claim| claim.counts(now));
                    if still_ours {
                        // Nothing moves in this test, so the records stay under their keys.
                        world.state = stored.unwrap().state;
                        for step in &steps {
                            // Git may have moved since: then the step is somebody else's.
                            let source = world.git.get(&step.key).map(|element| element.content.digest);
                            if source == step.source && world.postman_digest(step.remote_id.as_ref()) == step.expected {
                                world.apply(step, Side::Postman)?;
                            }
                        }
                        let done = put(&store, Some(&commit), &world.state.released(), &world.blobs);
                        prop_assert!(matches!(done, Swap::Done(_)));
                    }
                    Run::Idle
                }
            };
        }
        let last = store.load().unwrap().unwrap();
        prop_assert_eq!(world.postman.len(), world.git.len(), "nothing is doubled");
        for (key, element) in &world.git {
            let record = &last.state.records[key];
            prop_assert_eq!(record.git.digest, element.content.digest);
            prop_assert_eq!(world.postman_digest(record.remote_id.as_ref()), Some(element.content.digest), "nothing is lost");
        }
    }
}

fn put(
    store: &MemoryStore,
    expected: Option<&CommitId>,
    state: &MirrorState,
    blobs: &Blobs,
) -> Swap {
    let draft = Draft {
        state,
        blobs,
        message: "x",
        now: 1,
    };
    store.swap(expected, &draft).unwrap()
}
