//! A pull from the command line to the record: what `pull`, `plan pull` and `apply` share.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, stdin};
use std::time::Instant;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::check::catalog;
use crate::cli::asking::{Answer, decide};
use crate::cli::ci_run::branch_here;
use crate::cli::delivering::{
    Asking, Carrying, delivering, is_read_here, route, without_delivered,
};
use crate::cli::failure::{Failure, Kind};
use crate::cli::hosting::SiteChoice;
use crate::cli::linking::{Ground, Meaning, ask, choose, is_attended, undated, unread};
use crate::cli::plan_told::OutcomeTold;
use crate::cli::proving::tell_of_move;
use crate::cli::pull_place::{Place, To, detached, place};
use crate::cli::pull_request::Requesting;
use crate::cli::pull_result::{Ended, Pulled, plan_told};
use crate::cli::repository_paths::repository_paths;
use crate::cli::session::Session;
use crate::mirror::cost::{Act, Pace, TargetKind};
use crate::mirror::dates::take_recorded;
use crate::mirror::deliver::{WriteError, recover};
use crate::mirror::element::{ElementKey, ElementKind, RemoteId};
use crate::mirror::git_side::{self, GitSide};
use crate::mirror::link::Link;
use crate::mirror::link_ends::verify;
use crate::mirror::link_ids::{Listed, api_of, ids_in_files};
use crate::mirror::merging::Take;
use crate::mirror::plan::{MaxChange, Options, Plan, Side};
use crate::mirror::pull::{Asked, Drafted, Inputs, Kept, bases, draft, record, recorded};
use crate::mirror::reconcile::Resolve;
use crate::mirror::remote_content::digest_of;
use crate::mirror::seal::{Sealed, seal, still_valid};
use crate::mirror::shown::with_history;
use crate::mirror::sides::planned_of;
use crate::mirror::state::{LinkTarget, MirrorState, Record};
use crate::mirror::store::StateStore as _;
use crate::mirror::targets;
use crate::model::change::{ChangeError, ChangeSet};
use crate::model::finding::Finding;
use crate::model::overlay::Overlay;
use crate::model::path::RepoPath;
use crate::model::report::{Gate, Report, SnapshotLabel, Summary};
use crate::model::snapshot::Snapshot;
use crate::model::text::{counted, visible};
use crate::project::Project;

/// What decides about a pull, on the command line and in a sealed plan.
#[derive(Args, Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PullChoice {
    /// Where it goes
    #[arg(long, value_name = "WHERE", default_value = "worktree")]
    pub to: To,
    /// The branch that it goes to [default: the active branch of the link]
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// Look at nothing but PATH; may be repeated
    #[arg(long, value_name = "PATH")]
    pub only: Vec<String>,
    /// The service folder, where there are several
    #[arg(long, value_name = "DIR")]
    pub folder: Option<String>,
    /// Read only what Postman's lists date as changed: a few calls, and edits inside of a collection may be missed
    #[arg(long)]
    #[serde(default)]
    pub by_dates: bool,
    /// Delete what was deleted in Postman
    #[arg(long)]
    pub allow_delete: bool,
    /// Ask before more than PERCENT of all elements are replaced or deleted
    #[arg(long, value_name = "PERCENT", default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub max_change: u32,
    /// Do not ask how much is changed, and do not stop at errors that our own rules find in what comes
    #[arg(long)]
    pub force: bool,
    /// Whose side counts where both changed one thing; `merge` also merges what never was the same
    #[arg(long, value_name = "SIDE")]
    pub resolve: Option<ResolveChoice>,
    /// Which file is the API definition, where several could be
    #[arg(long, value_name = "PATH")]
    pub definition: Option<String>,
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

/// Whose side counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResolveChoice {
    /// Git's.
    Ours,
    /// Postman's.
    Theirs,
    /// Neither; what never was the same is merged too.
    Merge,
}

impl From<ResolveChoice> for Resolve {
    fn from(argument: ResolveChoice) -> Self {
        match argument {
            ResolveChoice::Ours => Self::Ours,
            ResolveChoice::Theirs => Self::Theirs,
            ResolveChoice::Merge => Self::Merge,
        }
    }
}

/// What is wanted of a pull.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// Its plan; nothing is written, and nobody is asked.
    Plan,
    /// The whole of it; a person may be asked.
    Pull,
    /// Exactly what was sealed, or nothing.
    Sealed(&'a Sealed),
}

/// So often a pull begins anew because somebody moved the files or the branch meanwhile.
const ATTEMPTS: usize = 5;

/// Plans a pull, and carries it out where that is wanted. `command` is whose report it is.
///
/// # Errors
/// Nothing is connected, Postman is out of reach, files that hold uncommitted work, a branch that keeps moving, a sealed plan
/// that is none any more.
pub fn pull(
    command: &str,
    choice: &PullChoice,
    wanted: Wanted<'_>,
    session: &Session,
) -> Result<Ended, Failure> {
    for _ in 0..ATTEMPTS {
        match once(command, choice, wanted, session)? {
            Tried::Ended(ended) => return Ok(ended),
            Tried::Moved(cause) => session.output.detail(&format!("{cause}: beginning anew")),
        }
    }
    Err(Failure::of(
        Kind::Overtaken,
        "somebody else kept changing the files or the branch",
    )
    .with_hint("try again when it is quiet"))
}

enum Tried {
    Ended(Ended),
    Moved(String),
}

fn once(
    command: &str,
    choice: &PullChoice,
    wanted: Wanted<'_>,
    session: &Session,
) -> Result<Tried, Failure> {
    let begun = Instant::now();
    if let Some(recovered) = recover(&session.repository()?)? {
        session.output.note(&format!(
            "what an earlier run left half done was taken back: {recovered:?}"
        ));
    }
    let ground = Ground::of(
        session,
        choice.folder.as_deref(),
        Meaning::Connected,
        &choice.site,
    )?;
    let store = ground.store();
    let stored = store.load()?;
    let state = stored.as_ref().map(|stored| &stored.state);
    let (place, requesting) = {
        let mut project = ground.project()?;
        let index = ground.service(&mut project, &*ground.snapshot);
        let service = &project.services[index];
        let link = ground.link(session, &project, service, state, &ground.host);
        if choice.to == To::PullRequest {
            let requesting = requesting(choice, session, &ground, &link?)?;
            (requesting.place(session)?, Some(requesting))
        } else {
            let (named, repository) = (choice.branch.as_ref(), &ground.repository);
            (place(choice.to, named, session, repository, link)?, None)
        }
    };
    let snapshot = &*place.snapshot;
    let mut project = Project::load(snapshot, &place.decided.config)?;
    let index = ground.service(&mut project, snapshot);
    let service = &project.services[index];
    let link = ground.link(session, &project, service, state, &ground.host)?;
    tell_of_move(session, &link);
    let Some(stored) = &stored else {
        return Err(Failure::usage("there is no record of a link")
            .with_hint("connect it with `git postman connect`"));
    };
    let state = &stored.state;
    let definition = definition(choice, session, &ground, state, &project, &link)?;
    let attended = matches!(wanted, Wanted::Pull) && is_attended(session);
    let mut git = git_side(session, &project, snapshot, index, definition, attended)?;
    let head = match (&place.tip, &place.start) {
        (Some(tip), _) | (None, Some(tip)) => Some(tip.clone()),
        (None, None) => ground.repository.reference("HEAD")?,
    };
    let mut seen = with_history(
        state,
        &git.elements,
        &ground.repository,
        head.as_ref(),
        &link.folder,
        &digest_of,
    )?;
    let postman = session.postman()?;
    let api = match &link.target {
        LinkTarget::ApiBuilder { api, .. } | LinkTarget::GitLinked { api, .. } => {
            let api = postman.api(api.bare())?;
            verify(&link, &api, &ground.home)?;
            Some(api)
        }
        LinkTarget::SpecHub { .. } => None,
    };
    let asking = Asking {
        repository: &ground.repository,
        home: &ground.home,
        link: &link,
        api: api.as_ref(),
        wished: choice.repository.as_deref(),
    };
    let delivering = delivering(&asking, Carrying::Pull, &git.elements)?;
    let route = route(delivering.as_ref(), &ground.repository)?;
    if is_read_here(&link) {
        without_delivered(&mut seen, &mut git);
        session.output.note(&format!(
            "Postman reads definitions and collections from {} of this very repository: `git pull` brings what was changed there",
            match &link.active_branch {
                Some(active) => format!("`{}`", visible(active)),
                None => "a branch".to_owned(),
            }
        ));
    }
    let options = options(choice, session, &ground, &link, &git)?;
    let target = targets::open_with(&postman, &link.target, Some(state), None, route.branch());
    let (remote, plan) = {
        let progress = session.output.progress(None, "reading from Postman");
        let watch = |all: usize| {
            progress.set_length(all as u64);
            progress.advance(1);
        };
        let mut remote = target.list().map_err(unread)?;
        if choice.by_dates {
            take_recorded(&*target, &mut remote, &seen, &store, &stored.commit).map_err(undated)?;
        }
        let elements = &git.elements;
        let plan = planned_of(
            &*target,
            &mut remote,
            &seen,
            elements,
            Side::Git,
            &options,
            &watch,
        );
        (remote, plan.map_err(unread)?)
    };
    if !choice.force && !matches!(wanted, Wanted::Plan) {
        ask_how_much(&plan, session, attended)?;
    }
    let records = plan.moved_records(&seen);
    let inputs = Inputs {
        folder: &link.folder,
        is_native: service.is_native(),
        plan: &plan,
        records: &records,
        git: &git.elements,
        postman: &remote,
        bases: &bases(&plan, &records, &store, Some(&stored.commit))?,
        resolve: choice.resolve.map(Resolve::from).unwrap_or_default(),
        allow_delete: choice.allow_delete,
        digest_of: &digest_of,
    };
    let drafted = {
        let mut person = Person::new(session, attended && choice.resolve.is_none());
        draft(&inputs, &mut |asked| person.answer(asked))
    };
    let twice = |error: ChangeError| Failure::usage(error.to_string());
    let own = drafted.changes(Vec::new()).map_err(twice)?;
    let after = git_after(&place, &own, &ground, definition_of(&git, &link).as_ref())?;
    let listed = listed(&drafted, &plan, &after, &records, &link);
    let ids =
        ids_in_files(service, api_of(&link.target).as_ref(), &listed).unwrap_or_else(|refused| {
            session.output.warning(&format!(
                "the ids of Postman were not written into `.postman/`: {refused}"
            ));
            Vec::new()
        });
    let ids_in = ids
        .iter()
        .map(|change| change.path.as_str().to_owned())
        .collect();
    let changes = drafted.changes(ids).map_err(twice)?;
    let mut pulled = Pulled {
        plan: plan_told(
            &plan,
            &drafted,
            &link.folder,
            postman.http().calls().so_far(),
            &git.unread,
        ),
        outcome: None,
        sealed: seal(&plan, Some(&changes), Some(&stored.commit)),
        calls: postman.http().calls().so_far(),
    };
    pulled.plan.quota_left = postman.http().quota().remaining;
    pulled.plan.repository = Some(ground.proving.told(&link, None));
    let is_plan = matches!(wanted, Wanted::Plan);
    if is_plan
        && let Some(stopped) = stopped_by(&place, choice, &changes, (session, command, begun))?
    {
        return Ok(stopped);
    }
    match wanted {
        Wanted::Plan => {
            if let Some(requesting) = &requesting {
                let foreseen = requesting.foresee(&changes, &pulled.plan, &link.name, snapshot)?;
                pulled.plan.pull_request = foreseen;
            }
            return Ok(Tried::Ended(Ended::Pulled(Box::new(pulled))));
        }
        Wanted::Pull => {}
        Wanted::Sealed(sealed) => {
            still_valid(sealed, &plan, Some(&changes), Some(&stored.commit))?;
        }
    }
    if let Some(stopped) = stopped_by(&place, choice, &changes, (session, command, begun))? {
        return Ok(stopped);
    }
    let mut kept = recorded(
        &drafted,
        state,
        &git.elements,
        &after.elements,
        &remote,
        &link.folder,
    );
    if requesting.is_some() {
        // Nothing is replaced before the request is merged, and git takes a merge back.
        kept.replaced.clear();
    }
    let mut stored = stored.clone();
    if !changes.is_empty() || kept.has_something() {
        let own = ground.prove(session, &link, &stored.state)?;
        pulled.plan.repository = Some(ground.proving.told(&link, own.as_ref()));
        stored.state.owner = own.map_or_else(|| link.owner.clone(), |own| own.owner);
    }
    let (delivered, request) = match &requesting {
        Some(requesting) => {
            match requesting.deliver(&changes, &pulled.plan, &link.name, snapshot) {
                Ok(requested) => (requested.commit, requested.told),
                Err(error) if error.is_overtaken() => {
                    return Ok(Tried::Moved(error.to_string()));
                }
                Err(error) => return Err(error.into()),
            }
        }
        None => {
            let message = message(&drafted, &link);
            match place.deliver(choice.to, &ground.repository, &changes, &message) {
                Ok(delivered) => (delivered.commit, None),
                Err(error @ (WriteError::Moved { .. } | WriteError::Unexpected(_))) => {
                    return Ok(Tried::Moved(error.to_string()));
                }
                Err(error) => return Err(error.into()),
            }
        }
    };
    let run = format!("pull-{}-{}", session.now(), std::process::id());
    let kept = record(&store, &stored, &kept, &run, session.now()).map_err(|error| {
        let failure = Failure::from(error);
        let failure = match changes.is_empty() {
            true => failure,
            false => failure.after_writing(),
        };
        failure.with_hint("the files are written; run it again: it finds them and records them")
    })?;
    if kept == Kept::Overtaken {
        return Err(Failure::of(
            Kind::Overtaken,
            "the files are written, and somebody else kept writing the mirror's record",
        )
        .with_hint("run it again: it finds the files and records them"));
    }
    pulled.outcome = Some(OutcomeTold {
        applied: pulled.plan.steps.clone(),
        failed: pulled.plan.failed.clone(),
        untried: Vec::new(),
        calls: postman.http().calls().so_far(),
        verified: true,
        recorded: match kept {
            Kept::Done(commit) => Some(commit.to_string()),
            Kept::Nothing | Kept::Overtaken => None,
        },
        commit: delivered.map(|commit| commit.to_string()),
        ids_in,
        pull_request: request,
    });
    pulled.calls = postman.http().calls().so_far();
    Ok(Tried::Ended(Ended::Pulled(Box::new(pulled))))
}

/// The request that the pull goes into.
fn requesting<'g>(
    choice: &PullChoice,
    session: &Session,
    ground: &'g Ground,
    link: &Link,
) -> Result<Requesting<'g>, Failure> {
    let named = choice.branch.clone().or_else(|| link.active_branch.clone());
    let target = match named {
        Some(named) => named,
        None => branch_here(session, &ground.repository)?.ok_or_else(detached)?,
    };
    let to = (ground.home.remote.as_deref(), &choice.site);
    let only = repository_paths(&choice.only, &ground.repository, session)?;
    Requesting::open(session, &ground.repository, to, link, &target, &only)
}

/// The file that is named as the API definition, or was the last time.
fn definition(
    choice: &PullChoice,
    session: &Session,
    ground: &Ground,
    state: &MirrorState,
    project: &Project<'_>,
    link: &Link,
) -> Result<Option<RepoPath>, Failure> {
    let named: Vec<String> = choice.definition.iter().cloned().collect();
    if let Some(path) = repository_paths(&named, &ground.repository, session)?.pop() {
        if !project.has_file(&path) {
            return Err(Failure::usage(format!("there is no file {path}"))
                .with_hint("name it as it lies from where you are"));
        }
        return Ok(Some(path));
    }
    if matches!(link.target, LinkTarget::SpecHub { .. }) {
        return Ok(None);
    }
    let known = state.definition(&link.folder);
    Ok(known.filter(|path| project.has_file(path)))
}

fn git_side(
    session: &Session,
    project: &Project<'_>,
    snapshot: &dyn Snapshot,
    service: usize,
    definition: Option<RepoPath>,
    attended: bool,
) -> Result<GitSide, Failure> {
    let service = &project.services[service];
    let read = |definition: Option<&RepoPath>| {
        git_side::read(project, snapshot, service, definition, &digest_of)
    };
    let side = read(definition.as_ref());
    if side.candidates.is_empty() {
        return Ok(side);
    }
    let names: Vec<String> = side
        .candidates
        .iter()
        .map(|path| visible(path.as_str()))
        .collect();
    if attended {
        let chosen = choose(session, "Which of these is the API definition?", &names)?;
        return Ok(read(side.candidates.get(chosen)));
    }
    Err(Failure::of(
        Kind::Conflict,
        format!(
            "{} could be the API definition: {}",
            counted(names.len(), "file"),
            names.join(", ")
        ),
    )
    .with_hint("say which with `--definition PATH`"))
}

fn options(
    choice: &PullChoice,
    session: &Session,
    ground: &Ground,
    link: &Link,
    git: &GitSide,
) -> Result<Options, Failure> {
    let inner = |path: &RepoPath| {
        if link.folder.is_root() {
            return Some(path.clone());
        }
        path.below(&link.folder)
            .and_then(|rest| RepoPath::parse(rest).ok())
    };
    let mut only = Vec::new();
    for path in repository_paths(&choice.only, &ground.repository, session)? {
        let path = inner(&path).ok_or_else(|| {
            Failure::usage(format!("{path} lies outside of the folder {}", link.folder))
                .with_hint("name a path inside of it")
        })?;
        only.push(path);
    }
    Ok(Options {
        target: TargetKind::of(&link.target),
        places: link.places.clone(),
        allow_delete: choice.allow_delete,
        max_change: MaxChange {
            percent: choice.max_change,
            ..MaxChange::default()
        },
        only,
        skip: git
            .unread
            .iter()
            .filter_map(|(path, _)| inner(path))
            .collect(),
        equal: BTreeSet::new(),
        pace: Pace::default(),
        quota_left: None,
    })
}

fn ask_how_much(plan: &Plan, session: &Session, attended: bool) -> Result<(), Failure> {
    let Some(much) = plan.asks else { return Ok(()) };
    let told = format!(
        "{} of {} would be replaced or deleted, more than {} percent",
        much.touched,
        counted(much.recorded, "element"),
        much.percent
    );
    if attended && ask(session, &format!("{told}. Go on? (y/n)"))?.eq_ignore_ascii_case("y") {
        return Ok(());
    }
    Err(Failure::of(Kind::Conflict, told)
        .with_hint("look at it with --dry-run; then say so with --force or a higher --max-change"))
}

/// Who is asked about conflicts, where somebody is there.
struct Person<'a> {
    session: &'a Session,
    present: bool,
    input: BufReader<std::io::Stdin>,
    /// Elements that are left as they are.
    skipped: Option<ElementKey>,
}

impl<'a> Person<'a> {
    fn new(session: &'a Session, present: bool) -> Self {
        Self {
            session,
            present,
            input: BufReader::new(stdin()),
            skipped: None,
        }
    }

    fn answer(&mut self, asked: &Asked<'_>) -> Option<Take> {
        if !self.present || self.skipped.as_ref() == Some(asked.key) {
            return None;
        }
        let element = format!("{} ({})", asked.name, asked.key);
        let mut say = |line: &str| self.session.output.plain(line);
        match decide(&element, asked.conflict, &mut self.input, &mut say) {
            Answer::Take(take) => Some(take),
            Answer::Skip => {
                self.skipped = Some(asked.key.clone());
                None
            }
            Answer::Quit => {
                self.present = false;
                None
            }
        }
    }
}

/// Git's side as it is with the changes.
fn git_after(
    place: &Place,
    changes: &ChangeSet,
    ground: &Ground,
    definition: Option<&RepoPath>,
) -> Result<GitSide, Failure> {
    let overlay = Overlay::new(&*place.snapshot, changes)?;
    let mut project = Project::load(&overlay, &place.decided.config)?;
    let index = ground.service(&mut project, &overlay);
    let definition = definition.filter(|path| project.has_file(path));
    let service = &project.services[index];
    Ok(git_side::read(
        &project, &overlay, service, definition, &digest_of,
    ))
}

/// The file that the definition starts at, where an API has one.
fn definition_of(git: &GitSide, link: &Link) -> Option<RepoPath> {
    let mut definitions = git
        .elements
        .keys()
        .filter(|key| key.kind == ElementKind::Definition);
    match (definitions.next(), definitions.next()) {
        (Some(only), None) if !matches!(link.target, LinkTarget::SpecHub { .. }) => {
            below(&link.folder, &only.path)
        }
        _ => None,
    }
}

/// Which element is which in Postman, for Postman's own files.
fn listed(
    drafted: &Drafted,
    plan: &Plan,
    after: &GitSide,
    records: &BTreeMap<ElementKey, Record>,
    link: &Link,
) -> Vec<Listed> {
    let brought = |key: &ElementKey| -> Option<RemoteId> {
        let mut all = drafted.brought.iter();
        let found = all.find(|one| {
            one.key == *key
                || one
                    .changes
                    .iter()
                    .any(|change| below(&link.folder, &key.path).as_ref() == Some(&change.path))
        });
        found.and_then(|one| one.remote_id.clone())
    };
    let mut listed = Vec::new();
    for key in after.elements.keys() {
        let id = brought(key).or_else(|| records.get(key)?.remote_id.clone());
        // What Postman itself reads from a branch has no id of Postman's.
        let id = id.filter(|id| !id.is_of_file());
        if let (Some(id), Some(path)) = (id, below(&link.folder, &key.path)) {
            listed.push(Listed {
                kind: key.kind,
                path,
                id: Some(id),
            });
        }
    }
    let is_listed = |id: &RemoteId| !id.is_of_file();
    let gone = plan
        .steps
        .iter()
        .filter(|step| step.act == Act::Delete && step.remote_id.as_ref().is_none_or(is_listed));
    for step in gone.filter(|step| !after.elements.contains_key(&step.key)) {
        listed.extend(below(&link.folder, &step.key.path).map(|path| Listed {
            kind: step.key.kind,
            path,
            id: None,
        }));
    }
    listed
}

/// A path of the folder, from the root of the repository.
fn below(folder: &RepoPath, path: &RepoPath) -> Option<RepoPath> {
    if folder.is_root() {
        return Some(path.clone());
    }
    folder.join(path.as_str()).ok()
}

/// The report of errors that our own rules find in what would come, where they find some and it counts.
fn stopped_by(
    place: &Place,
    choice: &PullChoice,
    changes: &ChangeSet,
    (session, command, begun): (&Session, &str, Instant),
) -> Result<Option<Tried>, Failure> {
    if choice.force || changes.is_empty() {
        return Ok(None);
    }
    let found = place.new_errors(session, changes)?;
    if found.is_empty() {
        return Ok(None);
    }
    let report = stopped(command, &*place.snapshot, found, begun);
    Ok(Some(Tried::Ended(Ended::Stopped(Box::new(report)))))
}

/// Errors that our own rules find in what would come.
fn stopped(
    command: &str,
    snapshot: &dyn Snapshot,
    mut findings: Vec<Finding>,
    begun: Instant,
) -> Report {
    findings.sort_by(Finding::in_report_order);
    let origin = snapshot.origin();
    Report {
        command: command.to_owned(),
        snapshots: vec![SnapshotLabel {
            kind: origin.kind(),
            id: origin.commit().map(ToString::to_string),
            name: None,
        }],
        findings,
        documents: None,
        summary: Summary {
            milliseconds: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            ..Summary::default()
        },
        gate: Gate::Error,
        notes: vec![
            "nothing was written: these errors would come from Postman; mend them there, or pull with --force".to_owned(),
        ],
        range: None,
        rules: catalog::texts(),
    }
}

fn message(drafted: &Drafted, link: &Link) -> String {
    let written: Vec<String> = drafted
        .brought
        .iter()
        .filter(|one| !one.changes.is_empty())
        .map(|one| {
            let (act, kind) = (one.act.word(), one.key.kind.word());
            format!("- {act} {kind} {}", visible(one.key.path.as_str()))
        })
        .collect();
    let name = visible(&link.name);
    let of = if name.is_empty() {
        String::new()
    } else {
        format!(" of {name}")
    };
    format!(
        "Pull {}{of} from Postman\n\n{}\n",
        counted(written.len(), "change"),
        written.join("\n")
    )
}
