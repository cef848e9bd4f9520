//! What `push`, `plan push` and `apply` share: the repository at the commit that is pushed, its check, its link, and the
//! push with everything it works with.

use std::process;
use std::time::Instant;

use clap::Args;

use crate::check::Scope;
use crate::cli::ci_run::branch_here;
use crate::cli::delivering::{Asking, Carrying, Delivering, delivering, route};
use crate::cli::examination::{Closing, Examined, Target as Examination};
use crate::cli::failure::{Failure, Kind};
use crate::cli::hosting::SiteChoice;
use crate::cli::linking::tell_of_wrong_clock;
use crate::cli::new_ids::{missing, write};
use crate::cli::plan_told::{PlanTold, SkippedTold, from_root};
use crate::cli::proving::{Around, Proving, alarm, tell_of_move};
use crate::cli::push_failure::failure_of;
use crate::cli::pushed_branch::{commit_of, refuse_older, refuse_other_branch};
use crate::cli::reporting::{OutcomeArgs, deliver, write_files};
use crate::cli::repository_paths::repository_paths;
use crate::cli::session::Session;
use crate::git::repository::Repository;
use crate::mirror::apply::{Applied, Event, Outcome, Planned, Push, PushError, planned, push};
use crate::mirror::branch_base::Based;
use crate::mirror::cost::{Act, Pace, TargetKind};
use crate::mirror::element::{ElementKind, ElementSet};
use crate::mirror::git_side;
use crate::mirror::home::Home;
use crate::mirror::hosted::Seen;
use crate::mirror::link::{Here, Link, Own, find_link, postman_host};
use crate::mirror::link_ends::verify;
use crate::mirror::link_error::LinkError;
use crate::mirror::link_named::Named;
use crate::mirror::plan::{MaxChange, Options, Plan};
use crate::mirror::remote_content::digest_of;
use crate::mirror::shown::Knowing;
use crate::mirror::state::{LinkTarget, MirrorState};
use crate::mirror::state_ref::state_ref;
use crate::mirror::store::StateStore;
use crate::mirror::store_git::GitStore;
use crate::mirror::target::Target;
use crate::mirror::target_git_linked::READS_ITSELF;
use crate::mirror::targets::open_with;
use crate::model::digest::Digest;
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::report::SnapshotLabel;
use crate::model::text::{counted, visible};
use crate::postman::apis::Api;
use crate::postman::client::Postman;
use crate::project::Project;
use crate::project::service::Service;

/// What decides about a push, on the command line and in a sealed plan.
#[derive(Args, Clone, Debug, Default, serde::Deserialize, serde::Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct PushChoice {
    /// Push this branch [default: the active branch of the link]
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// Push only what lies here; may be repeated
    #[arg(long, value_name = "PATH")]
    pub only: Vec<String>,
    /// The service folder, where the repository has several
    #[arg(long, value_name = "DIR")]
    pub folder: Option<String>,
    /// Which file is the API's definition, where several could be
    #[arg(long, value_name = "PATH")]
    pub definition: Option<String>,
    /// Delete in Postman what is gone here
    #[arg(long)]
    pub allow_delete: bool,
    /// Ask before more than so many percent are replaced or deleted
    #[arg(long, value_name = "PERCENT", default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub max_change: u32,
    /// Replace and delete as many as there are, without asking
    #[arg(long)]
    pub force: bool,
    /// The repository that Postman reads, where it is another one: a remote of this clone, or its address
    // A file that somebody hands over does not say where credentials go.
    #[arg(long, value_name = "REMOTE")]
    #[serde(skip)]
    pub repository: Option<String>,
    /// Who hosts this repository
    #[command(flatten)]
    #[serde(skip)]
    pub site: SiteChoice,
}

/// A push that is ready to be planned.
pub struct Ready<'s> {
    session: &'s Session,
    repository: Repository,
    postman: Postman,
    link: Link,
    home: Home,
    reference: String,
    elements: ElementSet,
    options: Options,
    force: bool,
    /// The branch that is pushed, where it is known.
    branch: Option<String>,
    asked: Option<Api>,
    proving: Proving,
    /// What was proven before the first write, beyond the link.
    proven: Option<Own>,
    /// The branch that files are delivered to, where Postman reads one.
    pub delivering: Option<Delivering>,
    /// What was left out, and why.
    pub skipped: Vec<Skipped>,
    /// The commit that is pushed.
    pub commit: CommitId,
}

/// Something that is not carried over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// What it is, where that is known.
    pub kind: Option<ElementKind>,
    /// Its file.
    pub path: RepoPath,
    /// Why.
    pub reason: String,
}

/// Either a push, or the exit code of a check that stopped it.
pub enum Prepared<'s> {
    /// Nothing stands against it.
    Ready(Box<Ready<'s>>),
    /// The report was printed.
    Stopped(u8),
}

/// Reads the commit, checks it and finds its link.
///
/// # Errors
/// No repository, no link, a branch that is not pushed, several definitions, Postman out of reach.
pub fn prepare<'s>(
    command: &str,
    choice: &PushChoice,
    report: &OutcomeArgs,
    session: &'s Session,
) -> Result<Prepared<'s>, Failure> {
    let begun = Instant::now();
    let postman = session.postman()?;
    let repository = session.repository()?;
    let only = repository_paths(&choice.only, &repository, session)?;
    let definition: Vec<String> = choice.definition.iter().cloned().collect();
    let definition = repository_paths(&definition, &repository, session)?.pop();
    let commit = match &choice.branch {
        Some(branch) => commit_of(session, &repository, branch)?,
        None => repository.resolve("HEAD")?,
    };
    let snapshot = repository.commit(&commit)?;
    let decided = session.decided(Some(&*snapshot))?;
    let mut examined = Examined::default();
    let examination = Examination {
        snapshot: &*snapshot,
        label: SnapshotLabel {
            kind: "revision",
            id: Some(commit.to_string()),
            name: choice.branch.clone(),
        },
        scope: Scope::Managed,
        blobs: Vec::new(),
        texts: Vec::new(),
        before: None,
        branch: branch_here(session, &repository)?,
    };
    let nothing_known = std::collections::BTreeSet::new();
    examined.add(
        session,
        Some(&repository),
        examination,
        &decided,
        &nothing_known,
    )?;
    let closing = Closing {
        command,
        fail_on: None,
        begun,
    };
    let checked = examined.into_report(&closing);
    if checked.exit_code() != 0 {
        let code = deliver(&checked, &report.of_findings(), session)?;
        session
            .output
            .hint("nothing was pushed: what is broken in Git would be broken in Postman");
        return Ok(Prepared::Stopped(code));
    }
    write_files(&checked, &report.of_findings(), session)?;
    let project = Project::load(&*snapshot, &decided.config)?;
    let folder: Vec<String> = choice.folder.iter().cloned().collect();
    let folder = repository_paths(&folder, &repository, session)?.pop();
    let service = service_of(&project, folder.as_ref())?;
    let home = Home::of(&repository)?;
    let reference = state_ref(decided.config.state_ref.as_deref(), &service.folder);
    let stored = GitStore::new(&repository, home.remote.as_deref(), &reference).load()?;
    let proving = Proving::begin(session, &home, &choice.site);
    let host = postman_host(postman.http().base());
    let state = stored.as_ref().map(|stored| &stored.state);
    tell_of_wrong_clock(session, state);
    let around = Around {
        session,
        repository: &repository,
        home: &home,
    };
    let find = |seen: Option<&Seen>| {
        let here = Here {
            home: &home,
            state_ref: &reference,
            host: &host,
            seen,
        };
        find_link(&project, service, state, &here)
    };
    let found = proving.find(around, find)?;
    let link = found.map_err(|error| alarm(error, session))?;
    tell_of_move(session, &link);
    if choice.branch.is_none() {
        refuse_other_branch(session, &repository, &link, &home, &commit)?;
    }
    let asked = match &link.target {
        LinkTarget::SpecHub { .. } => None,
        LinkTarget::ApiBuilder { api, .. } | LinkTarget::GitLinked { api, .. } => {
            let api = postman.api(api.as_str())?;
            verify(&link, &api, &home)?;
            Some(api)
        }
    };
    let recorded = state.and_then(|state| state.definition(&link.folder));
    let (recorded, chosen) = (recorded.as_ref(), definition.as_ref());
    let side = match chosen {
        Some(_) => git_side::read(&project, &*snapshot, service, chosen, &digest_of),
        None => git_side::read_again(&project, &*snapshot, service, recorded, &digest_of),
    };
    if !side.candidates.is_empty() {
        let names: Vec<&str> = side.candidates.iter().map(RepoPath::as_str).collect();
        let words = format!(
            "several files could be the API's definition: {}",
            visible(&names.join(", "))
        );
        return Err(
            Failure::of(Kind::Conflict, words).with_hint("say which one with --definition PATH")
        );
    }
    let below = |path: &RepoPath| {
        if *path == link.folder {
            return Some(RepoPath::root());
        }
        let rest = path.below(&link.folder)?;
        RepoPath::parse(rest).ok()
    };
    let mut skipped: Vec<Skipped> = side
        .unread
        .into_iter()
        .map(|(path, reason)| Skipped {
            kind: None,
            path: below(&path).unwrap_or(path),
            reason,
        })
        .collect();
    let asking = Asking {
        repository: &repository,
        home: &home,
        link: &link,
        api: asked.as_ref(),
        wished: choice.repository.as_deref(),
    };
    let carrying = Carrying::Push(choice.branch.as_deref(), &commit);
    let delivering = delivering(&asking, carrying, &side.elements)?;
    let way = route(delivering.as_ref(), &repository)?;
    let target = open_with(&postman, &link.target, None, None, way.branch());
    for (key, element) in &side.elements {
        if let Some(reason) = target.unfit(key.kind, element) {
            skipped.push(Skipped {
                kind: Some(key.kind),
                path: key.path.clone(),
                reason,
            });
        }
    }
    drop(target);
    drop(way);
    let options = Options {
        target: TargetKind::of(&link.target),
        places: link.places.clone(),
        allow_delete: choice.allow_delete,
        max_change: MaxChange {
            percent: choice.max_change,
            ..MaxChange::default()
        },
        only: only
            .iter()
            .filter_map(below)
            .filter(|path| !path.is_root())
            .collect(),
        skip: skipped.iter().map(|skipped| skipped.path.clone()).collect(),
        equal: std::collections::BTreeSet::new(),
        pace: Pace::default(),
        quota_left: None,
    };
    if !only.is_empty() && options.only.is_empty() && !only.iter().any(RepoPath::is_root) {
        return Err(Failure::usage(
            "nothing of what --only names lies in the service folder",
        ));
    }
    drop(project);
    drop(snapshot);
    let branch = choice.branch.clone().or_else(|| link.active_branch.clone());
    Ok(Prepared::Ready(Box::new(Ready {
        session,
        repository,
        postman,
        link,
        home,
        reference,
        elements: side.elements,
        options,
        force: choice.force,
        branch,
        asked,
        proving,
        proven: None,
        delivering,
        skipped,
        commit,
    })))
}

impl Ready<'_> {
    /// Makes the plan; nothing is written.
    ///
    /// # Errors
    /// Postman's and the store's.
    pub fn plan(&self) -> Result<Planned, Failure> {
        self.with_push(|push| planned::<String>(push).map_err(failure_of))
    }

    /// Carries the push out. `decide` sees every plan before.
    ///
    /// # Errors
    /// Whatever keeps the whole from being carried out.
    pub fn push(
        &mut self,
        decide: &mut dyn FnMut(&Planned) -> Result<(), Failure>,
    ) -> Result<Outcome, Failure> {
        let mut refusal = None;
        let mut proven = None;
        let mut asked = |planned: &mut Planned| {
            let plan = &planned.plan;
            let asks = plan.asks.filter(|_| !self.force);
            let short = plan
                .quota_left
                .filter(|left| *left < u64::from(plan.calls) && !self.force);
            let answer = match (asks, short) {
                // The state was read before: whoever recorded something there has pushed to the branch before that.
                (None, None) => self.refuse_older(plan).and_then(|()| decide(planned)),
                // Half a push is healed by the next one, and yet nobody wants it.
                (None, Some(left)) => Err(Failure::of(
                    Kind::Service,
                    format!(
                        "this takes {}, and Postman has {left} left for this month",
                        counted(plan.calls as usize, "call")
                    ),
                )
                .with_hint("push a part of it with --only, or as much as goes with --force")),
                (Some(too_much), _) => Err(Failure::of(
                    Kind::Conflict,
                    format!(
                        "this would replace or delete {} of {} elements in Postman, more than {} percent",
                        too_much.touched, too_much.recorded, too_much.percent
                    ),
                )
                .with_hint("look at it with --dry-run, and say --force, or a larger --max-change")),
            };
            let answer = answer.and_then(|()| self.prove(planned));
            let answer = answer.map(|own| proven = own.or(proven.take()));
            answer.map_err(|failure| {
                let words = failure.message.clone();
                refusal = Some(failure);
                words
            })
        };
        let outcome = self.with_push(|context| {
            push(context, &mut asked).map_err(|error| match error {
                PushError::Refused(words) => Failure::of(Kind::Conflict, words),
                other => failure_of(other),
            })
        });
        self.proven = proven;
        outcome.map_err(|failure| refusal.unwrap_or(failure))
    }

    /// Proves that the record is this repository's, where something is about to be written, and lets the plan record it.
    fn prove(&self, planned: &mut Planned) -> Result<Option<Own>, Failure> {
        let Some(stored) = planned.stored.as_ref().filter(|_| planned.writes()) else {
            return Ok(None);
        };
        if self.link.proof.is_by_id() {
            return Ok(None);
        }
        let around = Around {
            session: self.session,
            repository: &self.repository,
            home: &self.home,
        };
        let here = Here {
            home: &self.home,
            state_ref: &self.reference,
            host: &postman_host(self.postman.http().base()),
            seen: None,
        };
        let named = Named::of(&self.link.target);
        let recorded = &stored.state.owner;
        let proven = self.proving.prove(around, recorded, Some(&named), &here)?;
        let own = proven.map_err(|error| alarm(error, self.session))?;
        planned.record_owner(own.owner.clone());
        Ok(Some(own))
    }

    /// A clone that is behind would carry its older files over newer ones.
    fn refuse_older(&self, plan: &Plan) -> Result<(), Failure> {
        let writes = plan.steps.iter().any(|step| step.act != Act::Adopt);
        match &self.branch {
            Some(branch) if writes && !self.force => {
                refuse_older(&self.repository, &self.home, branch, &self.commit)
            }
            _ => Ok(()),
        }
    }

    /// A plan as it is told.
    pub fn told(&self, plan: &Plan) -> PlanTold {
        let skipped = self.skipped.iter().map(|skipped| SkippedTold {
            kind: skipped.kind,
            path: from_root(&self.link.folder, &skipped.path),
            reason: skipped.reason.clone(),
        });
        PlanTold {
            skipped: skipped.collect(),
            delivery: self.delivering.as_ref().map(Delivering::told),
            repository: Some(self.proving.told(&self.link, self.proven.as_ref())),
            ..PlanTold::of(plan, &self.link.folder)
        }
    }

    /// The files of Postman's that lack ids of what was done, as the commit has them.
    ///
    /// # Errors
    /// Files that cannot be read, or edited safely.
    pub fn lack_ids(&self, applied: &[Applied]) -> Result<Vec<RepoPath>, Failure> {
        let snapshot = self.repository.commit(&self.commit)?;
        let changes = missing(&*snapshot, self.session, &self.link, applied)?;
        Ok(changes.into_iter().map(|change| change.path).collect())
    }

    /// Writes the ids of what was done into the files on disk; gives the files.
    ///
    /// # Errors
    /// No files on disk, or files with uncommitted changes.
    pub fn write_ids(&self, applied: &[Applied]) -> Result<Vec<RepoPath>, Failure> {
        write(&self.repository, self.session, &self.link, applied)
    }

    /// The link.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Calls to Postman so far.
    pub fn calls(&self) -> u64 {
        self.postman.http().calls().so_far()
    }

    fn with_push<T>(
        &self,
        act: impl FnOnce(&Push<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let store = GitStore::new(
            &self.repository,
            self.home.remote.as_deref(),
            &self.reference,
        );
        let route = route(self.delivering.as_ref(), &self.repository)?;
        let branch = route.branch();
        let is_here = self.delivering.as_ref().is_some_and(|one| one.is_here);
        let based = branch
            .filter(|_| is_here)
            .map(|branch| Based::new(&store, &self.link, branch, &self.elements, &self.commit));
        let store = Knowing {
            store: match &based {
                Some(based) => based,
                None => &store,
            },
            git: &self.elements,
            repository: &self.repository,
            tip: &self.commit,
            folder: &self.link.folder,
            digest_of,
        };
        let asked = std::sync::Mutex::new(self.asked.clone());
        let open = |state: Option<&MirrorState>| -> Box<dyn Target + '_> {
            let asked = asked
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .take();
            open_with(&self.postman, &self.link.target, state, asked, branch)
        };
        let reading = self.session.output.progress(None, "comparing with Postman");
        let writing = std::sync::Mutex::new(None);
        let waiting = std::sync::atomic::AtomicBool::new(false);
        let watch = |event: Event<'_>| match event {
            Event::Read(all) => {
                reading.set_length(all as u64);
                reading.advance(1);
            }
            Event::Waiting(run) => {
                if !waiting.swap(true, std::sync::atomic::Ordering::Relaxed) {
                    self.session.output.note(&format!(
                        "waiting for run `{}`, which is at work on this link",
                        visible(run)
                    ));
                }
            }
            Event::Done(all) => {
                let mut bar = writing
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                let bar = bar.get_or_insert_with(|| {
                    let all = u64::try_from(all).ok();
                    self.session.output.progress(all, "writing to Postman")
                });
                bar.advance(1);
            }
        };
        let run = name_of_run(self.session, &self.repository, &self.commit);
        let context = Push {
            open: &open,
            store: &store,
            git: &self.elements,
            owner: &self.link.owner,
            options: self.options.clone(),
            run: &run,
            git_dir: self.repository.common_dir(),
            now: &|| self.session.now(),
            wait: &|pause| self.postman.http().wait(pause),
            calls: &|| self.calls(),
            quota_left: &|| self.postman.http().quota().remaining,
            watch: &watch,
        };
        act(&context)
    }
}

fn service_of<'p>(
    project: &'p Project<'_>,
    folder: Option<&RepoPath>,
) -> Result<&'p Service, Failure> {
    if let Some(folder) = folder {
        let found = project
            .services
            .iter()
            .find(|service| service.folder == *folder);
        return found.ok_or_else(|| {
            Failure::usage(format!("`{folder}` holds no `.postman/`"))
                .with_hint("name the folder that holds it")
        });
    }
    match project.services.as_slice() {
        [only] => Ok(only),
        [] => Err(LinkError::NotLinked {
            folder: RepoPath::root(),
        }
        .into()),
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|service| format!("`{}`", service.folder))
                .collect();
            Err(Failure::usage(format!(
                "the repository has several service folders: {}",
                visible(&names.join(", "))
            ))
            .with_hint("say which one with --folder DIR"))
        }
    }
}

/// What to say of a connected API, where something of it is here: Postman reads the active branch itself, so all that can be
/// missing is a push with git.
///
/// # Errors
/// A repository that cannot be read.
pub fn connected_note(ready: &Ready<'_>) -> Result<Option<String>, Failure> {
    let all = ready.skipped.iter();
    let read = all.filter(|skipped| skipped.reason == READS_ITSELF).count();
    if read == 0 {
        return Ok(None);
    }
    let what = format!(
        "Postman has connected this API to the repository and reads {} from it",
        counted(read, "element")
    );
    let (Some(active), Some(remote)) = (&ready.link.active_branch, &ready.home.remote) else {
        return Ok(Some(format!("{what}: push the active branch with git")));
    };
    let tip = ready
        .repository
        .reference(&format!("refs/remotes/{remote}/{active}"))?;
    let is_there = match &tip {
        Some(tip) => ready.repository.is_ancestor(&ready.commit, tip)?,
        None => false,
    };
    let (active, remote) = (visible(active), visible(remote));
    Ok(Some(if is_there {
        format!("{what}: this commit is on `{active}` of `{remote}`, so there is nothing to carry")
    } else {
        format!(
            "{what}: bring this commit there with `git push {remote} {}:{active}`",
            ready.commit.as_str()
        )
    }))
}

/// A name that no other run has.
fn name_of_run(session: &Session, repository: &Repository, commit: &CommitId) -> String {
    let parts = [
        session.since_epoch().as_nanos().to_string(),
        process::id().to_string(),
        repository.git_dir().display().to_string(),
        commit.to_string(),
        format!("{:?}", std::thread::current().id()),
    ];
    let digest = Digest::of_parts(parts.iter().map(String::as_bytes));
    digest.short()[..12].to_owned()
}
