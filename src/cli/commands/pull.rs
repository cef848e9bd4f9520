//! `pull`: what was changed in Postman comes into Git, merged with what was changed there.

use std::io::{BufReader, stdin};
use std::time::Instant;

use clap::{Args, ValueEnum};

use crate::check::{self, Scope};
use crate::cli::asking::{Answer, decide};
use crate::cli::failure::{Failure, Kind};
use crate::cli::linking::{Ground, Meaning, ask, choose, is_attended, unread};
use crate::cli::pulling::{Told, as_json, as_text};
use crate::cli::reporting::{ReportArgs, deliver as deliver_report, print};
use crate::cli::session::{Decided, Session};
use crate::git::repository::Repository;
use crate::mirror::cost::{Act, Pace, TargetKind};
use crate::mirror::deliver::{Delivered, Destination, WriteError, deliver, recover};
use crate::mirror::element::{ElementKey, ElementKind, RemoteId};
use crate::mirror::git_side::{self, GitSide};
use crate::mirror::link::{Link, find_link, verify};
use crate::mirror::link_ids::{Listed, ids_in_files};
use crate::mirror::merging::Take;
use crate::mirror::plan::{MaxChange, Options, Plan, Side};
use crate::mirror::pull::{Asked, Drafted, Inputs, Kept, bases, draft, record, recorded};
use crate::mirror::reconcile::Resolve;
use crate::mirror::remote_content::digest_of;
use crate::mirror::shown::with_history;
use crate::mirror::sides::planned;
use crate::mirror::state::{LinkTarget, MirrorState};
use crate::mirror::store::StateStore as _;
use crate::mirror::targets;
use crate::model::change::ChangeSet;
use crate::model::finding::{Finding, Severity};
use crate::model::id::{ApiId, CommitId};
use crate::model::overlay::Overlay;
use crate::model::path::RepoPath;
use crate::model::report::{Gate, Report, SnapshotLabel, Summary};
use crate::model::snapshot::Snapshot;
use crate::model::text::{counted, visible};
use crate::postman::client::Postman;
use crate::project::Project;
use crate::report::ReportFormat;

/// Bring what was changed in Postman into Git, merged with what was changed there
///
/// What both sides changed in different ways is left as it is on both, and told by request and field: exit code 3.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  git postman pull                       into the files on disk
  git postman pull --to commit           as a commit on the active branch, without a checkout
  git postman pull --dry-run             show what would come
  git postman pull --resolve theirs      where both changed one thing, Postman's side counts")]
pub struct PullArgs {
    /// Where it goes
    #[arg(long, value_name = "WHERE", default_value = "worktree")]
    to: To,
    /// The branch that it goes to [default: the active branch of the link]
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Look at nothing but PATH, counted from the root of the repository; may be repeated
    #[arg(long, value_name = "PATH")]
    only: Vec<String>,
    /// The service folder, where there are several
    #[arg(long, value_name = "DIR")]
    folder: Option<String>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Delete what was deleted in Postman
    #[arg(long)]
    allow_delete: bool,
    /// Ask before more than PERCENT of all elements are replaced or deleted
    #[arg(long, value_name = "PERCENT", default_value_t = 30)]
    max_change: u32,
    /// Do not ask how much is changed, and do not stop at errors that our own rules find in what comes
    #[arg(long)]
    force: bool,
    /// Whose side counts where both changed one thing; `merge` also merges what never was the same
    #[arg(long, value_name = "SIDE")]
    resolve: Option<ResolveArg>,
    /// Which file is the API definition, where several could be
    #[arg(long, value_name = "PATH")]
    definition: Option<String>,
    /// How to write the result: human or json
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: ReportFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum To {
    Worktree,
    Commit,
    PullRequest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ResolveArg {
    Ours,
    Theirs,
    Merge,
}

impl From<ResolveArg> for Resolve {
    fn from(argument: ResolveArg) -> Self {
        match argument {
            ResolveArg::Ours => Self::Ours,
            ResolveArg::Theirs => Self::Theirs,
            ResolveArg::Merge => Self::Merge,
        }
    }
}

/// So often a pull begins anew because somebody moved the files or the branch meanwhile.
const ATTEMPTS: usize = 5;

/// Runs the command.
///
/// # Errors
/// Nothing is connected, Postman is out of reach, files that hold uncommitted work, a branch that keeps moving.
pub fn run(args: &PullArgs, session: &Session) -> Result<u8, Failure> {
    if args.to == To::PullRequest {
        return Err(
            Failure::usage("this version cannot open pull requests").with_hint(
                "`git postman pull --to commit --branch NAME` makes the commit on a branch of its own: push it and open the request there",
            ),
        );
    }
    for _ in 0..ATTEMPTS {
        match pull(args, session)? {
            Ended::With(code) => return Ok(code),
            Ended::Moved(cause) => session.output.detail(&format!("{cause}: beginning anew")),
        }
    }
    Err(Failure::of(
        Kind::Overtaken,
        "somebody else kept changing the files or the branch",
    )
    .with_hint("try again when it is quiet"))
}

enum Ended {
    With(u8),
    Moved(WriteError),
}

/// What a pull is made from and where it goes.
struct Place {
    snapshot: Box<dyn Snapshot>,
    decided: Decided,
    branch: Option<String>,
    tip: Option<CommitId>,
    start: Option<CommitId>,
}

fn pull(args: &PullArgs, session: &Session) -> Result<Ended, Failure> {
    let begun = Instant::now();
    if let Some(recovered) = recover(&session.repository()?)? {
        session.output.note(&format!(
            "what an earlier run left half done was taken back: {recovered:?}"
        ));
    }
    let ground = Ground::of(session, args.folder.as_deref(), Meaning::Connected)?;
    let store = ground.store();
    let stored = store.load()?;
    let state = stored.as_ref().map(|stored| &stored.state);
    let place = {
        let mut project = ground.project()?;
        let index = ground.service(&mut project, &*ground.snapshot);
        let link = find_link(&project, &project.services[index], state, &ground.here());
        place(args, session, &ground.repository, link)?
    };
    let snapshot = &*place.snapshot;
    let mut project = Project::load(snapshot, &place.decided.config)?;
    let index = ground.service(&mut project, snapshot);
    let service = &project.services[index];
    let link = find_link(&project, service, state, &ground.here())?;
    let Some(stored) = &stored else {
        return Err(Failure::usage("there is no record of a link")
            .with_hint("connect it with `git postman connect`"));
    };
    let state = &stored.state;
    let definition = definition(args, state, &project, &link)?;
    let git = git_side(args, session, &project, snapshot, index, definition)?;
    let head = match (&place.tip, &place.start) {
        (Some(tip), _) | (None, Some(tip)) => Some(tip.clone()),
        (None, None) => ground.repository.reference("HEAD")?,
    };
    let seen = with_history(
        state,
        &git.elements,
        &ground.repository,
        head.as_ref(),
        &link.folder,
        &digest_of,
    )?;
    let postman = session.postman()?;
    if let LinkTarget::ApiBuilder { api, .. } | LinkTarget::GitLinked { api, .. } = &link.target {
        verify(&link, &postman.api(api.bare())?, &ground.home)?;
    }
    let options = options(args, &link, &git, &postman)?;
    let target = targets::open(&postman, &link.target, Some(state));
    let (remote, plan) = {
        let progress = session.output.progress(None, "reading from Postman");
        let watch = |all: usize| {
            progress.set_length(all as u64);
            progress.advance(1);
        };
        planned(&*target, &seen, &git.elements, Side::Git, &options, &watch).map_err(unread)?
    };
    let attended = is_attended(session) && !args.dry_run;
    if !args.force && !args.dry_run {
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
        resolve: args.resolve.map(Resolve::from).unwrap_or_default(),
        allow_delete: args.allow_delete,
        digest_of: &digest_of,
    };
    let drafted = {
        let mut person = Person::new(session, attended && args.resolve.is_none());
        draft(&inputs, &mut |asked| person.answer(asked))
    };
    let twice = |error: crate::model::change::ChangeError| Failure::usage(error.to_string());
    let own = drafted.changes(Vec::new()).map_err(twice)?;
    let after = git_after(&place, &own, &ground, definition_of(&git, &link).as_ref())?;
    let listed = listed(&drafted, &plan, &after, &records, &link);
    let api = match &link.target {
        LinkTarget::SpecHub { .. } => None,
        LinkTarget::ApiBuilder { api, .. } | LinkTarget::GitLinked { api, .. } => {
            ApiId::parse(api.bare())
        }
    };
    let ids = ids_in_files(service, api.as_ref(), &listed).unwrap_or_else(|refused| {
        session.output.warning(&format!(
            "the ids of Postman were not written into `.postman/`: {refused}"
        ));
        Vec::new()
    });
    let changes = drafted.changes(ids).map_err(twice)?;
    let told = |exit_code: u8, commit: Option<String>| Told {
        command: "pull",
        exit_code,
        folder: &link.folder,
        plan: &plan,
        drafted: &drafted,
        commit,
        calls: postman.http().calls().so_far(),
        is_dry_run: args.dry_run,
    };
    for (path, reason) in &git.unread {
        session
            .output
            .warning(&format!("{path} {reason}: it was left out"));
    }
    let code = if drafted.open.is_empty() && drafted.failed.is_empty() {
        0
    } else {
        Kind::Conflict.exit_code()
    };
    if args.dry_run {
        tell(args, session, &told(code, None))?;
        return Ok(Ended::With(code));
    }
    if !args.force && !changes.is_empty() {
        let found = new_errors(session, &place, &changes)?;
        if !found.is_empty() {
            return refuse(args, session, snapshot, found, begun).map(Ended::With);
        }
    }
    let delivered = match deliver_to(args, &ground.repository, &place, &changes, &drafted, &link) {
        Ok(delivered) => delivered,
        Err(error @ (WriteError::Moved { .. } | WriteError::Unexpected(_))) => {
            return Ok(Ended::Moved(error));
        }
        Err(error) => return Err(error.into()),
    };
    let kept = recorded(
        &drafted,
        state,
        &git.elements,
        &after.elements,
        &remote,
        &link.folder,
    );
    let run = format!("pull-{}-{}", session.now(), std::process::id());
    if record(&store, stored, &kept, &run, session.now())? == Kept::Overtaken {
        return Err(Failure::of(
            Kind::Overtaken,
            "the files are written, and somebody else kept writing the mirror's record",
        )
        .with_hint("run it again: it finds the files and records them"));
    }
    let commit = delivered.commit.map(|commit| commit.to_string());
    tell(args, session, &told(code, commit))?;
    Ok(Ended::With(code))
}

fn tell(args: &PullArgs, session: &Session, told: &Told<'_>) -> Result<(), Failure> {
    let text = match args.format {
        ReportFormat::Json => as_json(told),
        ReportFormat::Human => as_text(told),
    };
    print(session, &text)
}

/// The files that are looked at, and the branch that they are for.
fn place(
    args: &PullArgs,
    session: &Session,
    repository: &Repository,
    link: Result<Link, crate::mirror::link::LinkError>,
) -> Result<Place, Failure> {
    let current = repository.current_branch()?;
    let detached = || {
        Failure::usage("HEAD is detached, so no branch is checked out that this could be for")
            .with_hint("`git switch BRANCH` first, or `--to commit --branch BRANCH`")
    };
    // A branch that is named may be the only one that has the files of the link.
    let active = match (&args.branch, link) {
        (Some(_), Err(_)) => None,
        (_, link) => link?.active_branch,
    };
    let wanted = args.branch.clone().or(active);
    if args.to == To::Worktree {
        if repository.is_bare() {
            return Err(Failure::usage("a bare repository has no files on disk")
                .with_hint("`git postman pull --to commit` makes a commit"));
        }
        let current = current.ok_or_else(detached)?;
        if let Some(wanted) = wanted
            && wanted != current
        {
            let (shown, here) = (visible(&wanted), visible(&current));
            return Err(Failure::usage(format!(
                "the active branch is `{shown}`, and `{here}` is checked out"
            ))
            .with_hint(format!(
                "`git switch {shown}`; or `--to commit`; or `--branch {here}` where it shall go there"
            )));
        }
        let snapshot = repository.worktree()?;
        let decided = session.decided(Some(&*snapshot))?;
        return Ok(Place {
            snapshot,
            decided,
            branch: Some(current),
            tip: None,
            start: None,
        });
    }
    let branch = wanted.or(current).ok_or_else(detached)?;
    let tip = repository.reference(&format!("refs/heads/{branch}"))?;
    let from = match &tip {
        Some(tip) => tip.clone(),
        None => repository.resolve("HEAD")?,
    };
    let snapshot = repository.commit(&from)?;
    let decided = session.decided(Some(&*snapshot))?;
    Ok(Place {
        snapshot,
        decided,
        branch: Some(branch),
        start: tip.is_none().then_some(from),
        tip,
    })
}

/// The file that is named as the API definition, or was the last time.
fn definition(
    args: &PullArgs,
    state: &MirrorState,
    project: &Project<'_>,
    link: &Link,
) -> Result<Option<RepoPath>, Failure> {
    if let Some(written) = &args.definition {
        let path = repository_path("--definition", written)?;
        if !project.has_file(&path) {
            return Err(Failure::usage(format!("there is no file {path}"))
                .with_hint("name it from the root of the repository"));
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
    args: &PullArgs,
    session: &Session,
    project: &Project<'_>,
    snapshot: &dyn Snapshot,
    service: usize,
    definition: Option<RepoPath>,
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
    if is_attended(session) && !args.dry_run {
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
    args: &PullArgs,
    link: &Link,
    git: &GitSide,
    postman: &Postman,
) -> Result<Options, Failure> {
    let inner = |path: &RepoPath| {
        if link.folder.is_root() {
            return Some(path.clone());
        }
        path.below(&link.folder)
            .and_then(|rest| RepoPath::parse(rest).ok())
    };
    let mut only = Vec::new();
    for written in &args.only {
        let path = repository_path("--only", written)?;
        let path = inner(&path).ok_or_else(|| {
            Failure::usage(format!("{path} lies outside of the folder {}", link.folder))
                .with_hint("name a path inside of it, from the root of the repository")
        })?;
        only.push(path);
    }
    Ok(Options {
        target: TargetKind::of(&link.target),
        places: link.places.clone(),
        allow_delete: args.allow_delete,
        max_change: MaxChange {
            percent: args.max_change,
            ..MaxChange::default()
        },
        only,
        skip: git
            .unread
            .iter()
            .filter_map(|(path, _)| inner(path))
            .collect(),
        equal: std::collections::BTreeSet::new(),
        pace: Pace::default(),
        quota_left: postman.http().quota().remaining,
    })
}

fn repository_path(option: &str, written: &str) -> Result<RepoPath, Failure> {
    RepoPath::resolve(&RepoPath::root(), written.trim_end_matches('/')).map_err(|error| {
        Failure::usage(format!("{option} {}: {error}", visible(written)))
            .with_hint("name a path inside the repository, from its root")
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
    records: &std::collections::BTreeMap<ElementKey, crate::mirror::state::Record>,
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
        if let (Some(id), Some(path)) = (id, below(&link.folder, &key.path)) {
            listed.push(Listed {
                kind: key.kind,
                path,
                id: Some(id),
            });
        }
    }
    let gone = plan.steps.iter().filter(|step| step.act == Act::Delete);
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

/// Errors that our own rules find with the changes and not without them.
fn new_errors(
    session: &Session,
    place: &Place,
    changes: &ChangeSet,
) -> Result<Vec<Finding>, Failure> {
    let touched = Scope::Touched(changes.iter().map(|change| change.path.clone()).collect());
    let progress = session.output.progress(None, "checking what comes");
    let watch = |steps: usize| progress.advance(steps as u64);
    let find = |snapshot: &dyn Snapshot| -> Result<Vec<Finding>, Failure> {
        let mut project = Project::load(snapshot, &place.decided.config)?;
        project.branches.current.clone_from(&place.branch);
        let levels = &place.decided.levels;
        let checked = check::run(&mut project, snapshot, &touched, levels, &watch)?;
        let mut findings = checked.findings;
        findings.retain(|finding| finding.severity == Severity::Error);
        Ok(findings)
    };
    let with = find(&Overlay::new(&*place.snapshot, changes)?)?;
    if with.is_empty() {
        return Ok(with);
    }
    let without = find(&*place.snapshot)?;
    let known = |finding: &Finding| {
        without.iter().any(|other| {
            other.rule == finding.rule
                && other.message == finding.message
                && other.location.path == finding.location.path
        })
    };
    Ok(with.into_iter().filter(|finding| !known(finding)).collect())
}

fn refuse(
    args: &PullArgs,
    session: &Session,
    snapshot: &dyn Snapshot,
    mut findings: Vec<Finding>,
    begun: Instant,
) -> Result<u8, Failure> {
    findings.sort_by(Finding::in_report_order);
    let origin = snapshot.origin();
    let report = Report {
        command: "pull".to_owned(),
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
    };
    let report_args = ReportArgs {
        format: args.format,
        files: Vec::new(),
    };
    deliver_report(&report, &report_args, session)
}

fn deliver_to(
    args: &PullArgs,
    repository: &Repository,
    place: &Place,
    changes: &ChangeSet,
    drafted: &Drafted,
    link: &Link,
) -> Result<Delivered, WriteError> {
    if changes.is_empty() {
        return Ok(Delivered::default());
    }
    let message = message(drafted, link);
    let destination = match (args.to, &place.branch) {
        (To::Commit, Some(branch)) => Destination::Commit {
            branch,
            base: place.tip.as_ref(),
            start: place.start.as_ref(),
            message: &message,
        },
        _ => Destination::Worktree,
    };
    deliver(repository, changes, &destination)
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{PullArgs, ResolveArg, To};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: PullArgs,
    }

    #[test]
    fn what_is_asked_for_is_understood() {
        let line = Line::parse_from(["x", "--to", "pull-request", "--resolve", "theirs"]);
        assert_eq!(line.args.to, To::PullRequest);
        assert_eq!(line.args.resolve, Some(ResolveArg::Theirs));
        let plain = Line::parse_from(["x"]).args;
        assert_eq!((plain.to, plain.max_change), (To::Worktree, 30));
        assert!(Line::try_parse_from(["x", "--resolve", "both"]).is_err());
    }
}
