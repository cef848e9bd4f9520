//! `status`: the link, the last sync, and how far each side is ahead of it.

use clap::Args;
use serde_json::{Value, json};

use crate::ci::run::CiRun;
use crate::cli::ci_run::branch_here;
use crate::cli::delivering::{
    Asking, Carrying, delivering, is_read_here, route, without_delivered,
};
use crate::cli::failure::Failure;
use crate::cli::hosting::SiteChoice;
use crate::cli::link_told::link_as_json;
use crate::cli::linking::{Ground, Meaning, undated, unread};
use crate::cli::reporting::print;
use crate::cli::session::Session;
use crate::mirror::ahead::{Ahead, of_git, of_postman, to_read};
use crate::mirror::dates::take_recorded;
use crate::mirror::git_side;
use crate::mirror::link::Link;
use crate::mirror::link_ends::verify;
use crate::mirror::remote_content::digest_of;
use crate::mirror::shown::with_history;
use crate::mirror::sides::read_into;
use crate::mirror::state::{Claim, LinkTarget, MirrorState};
use crate::mirror::store::StateStore;
use crate::mirror::targets;
use crate::model::id::CommitId;
use crate::model::snapshot::Snapshot;
use crate::model::text::{counted, visible};
use crate::postman::client::Postman;
use crate::project::Project;
use crate::report::ReportFormat;
use crate::report::json::object_text;

/// Show the link to Postman, the last sync, and how far each side is ahead of it
///
/// The Git side is the active branch as this clone has it. Without a key, or with --offline, Postman is not asked, and only the
/// Git side is shown. Exit code 1 where a side is ahead.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  git postman status
  git postman status --offline
  git postman status --format json")]
pub struct StatusArgs {
    /// Read only what Postman's lists date as changed: a few calls, and edits inside of a collection may be missed
    #[arg(long)]
    by_dates: bool,
    /// The folder that holds `.postman/`
    #[arg(long, value_name = "DIR")]
    folder: Option<String>,
    /// The repository that Postman reads, where it is another one: a remote of this clone, or its address
    #[arg(long, value_name = "REMOTE")]
    repository: Option<String>,
    /// How to write it: human or json
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: ReportFormat,
}

/// Everything that is said.
struct Status {
    link: Link,
    state_ref: String,
    current_branch: Option<String>,
    commit: Option<CommitId>,
    synced: Option<(CommitId, u64)>,
    git: Vec<Ahead>,
    unread: Vec<(String, String)>,
    candidates: Vec<String>,
    postman: Option<Vec<Ahead>>,
    /// Elements that were not read, because Postman's lists say that they are what they were.
    by_dates: usize,
    not_asked: Option<String>,
    claim: Option<(Claim, u64)>,
    quota: Option<Value>,
}

/// Runs the command.
///
/// # Errors
/// Nothing that is connected, ends that do not agree, what Postman refuses.
pub fn run(args: &StatusArgs, session: &Session) -> Result<u8, Failure> {
    if !matches!(args.format, ReportFormat::Human | ReportFormat::Json) {
        return Err(Failure::usage("status is written as human or json"));
    }
    let ground = Ground::of(
        session,
        args.folder.as_deref(),
        Meaning::Connected,
        &SiteChoice::default(),
    )?;
    let store = if session.offline {
        ground.seen_store()
    } else {
        ground.store()
    };
    let stored = store.load()?;
    let state = stored.as_ref().map(|stored| &stored.state);
    let mut project = ground.project()?;
    let at = ground.service(&mut project, &*ground.snapshot);
    let not_asked = not_asked(session);
    let host = match (&not_asked, state) {
        // Who does not ask Postman needs no right address of it.
        (Some(_), Some(state)) => &state.owner.host,
        _ => &ground.host,
    };
    let link = ground.link(session, &project, &project.services[at], state, host)?;
    let Some(stored) = &stored else {
        return Err(Failure::usage("there is no record of the link"));
    };
    let (commit, mut git) = git_half(&ground, &link, &stored.state)?;
    // What a pull has brought counts as agreed where Git shows it, recorded by a push or not.
    let seen = with_history(
        &stored.state,
        &git.elements,
        &ground.repository,
        commit.as_ref(),
        &ground.folder,
        &digest_of,
    )?;
    let mut seen = seen.with_settled(&seen.settled(&git.elements));
    if is_read_here(&link) {
        without_delivered(&mut seen, &mut git);
    }
    let mut status = Status {
        state_ref: ground.state_ref.clone(),
        current_branch: branch_here(session, &ground.repository)?,
        commit,
        synced: store.last_sync(stored)?,
        git: of_git(&seen, &git, &ground.folder),
        unread: git
            .unread
            .iter()
            .map(|(path, reason)| (path.as_str().to_owned(), reason.clone()))
            .collect(),
        candidates: git
            .candidates
            .iter()
            .map(|path| path.as_str().to_owned())
            .collect(),
        postman: None,
        by_dates: 0,
        not_asked,
        claim: held(&stored.state, session.now()),
        quota: None,
        link,
    };
    if status.not_asked.is_none() {
        let postman = session.postman()?;
        let recorded: Option<(&dyn StateStore, &CommitId)> =
            args.by_dates.then_some((&store, &stored.commit));
        let half = PostmanHalf {
            session,
            postman: &postman,
            ground: &ground,
            link: &status.link,
            wished: args.repository.as_deref(),
        };
        let (ahead, taken) = postman_half(&half, seen, &mut git, recorded)?;
        status.postman = Some(ahead);
        status.by_dates = taken;
        status.quota = quota(&postman)?;
    }
    let is_ahead = !status.git.is_empty()
        || !status.unread.is_empty()
        || !status.candidates.is_empty()
        || status
            .postman
            .as_ref()
            .is_some_and(|ahead| !ahead.is_empty());
    let code = u8::from(is_ahead);
    let text = match args.format {
        ReportFormat::Json => object_text(&as_json(&status, &stored.state, code)),
        _ => as_text(&status, &stored.state, session.now()),
    };
    print(session, &text)?;
    Ok(code)
}

/// What the active branch has, as this clone has it; else what is checked out, else the files on disk.
fn git_half(
    ground: &Ground,
    link: &Link,
    state: &MirrorState,
) -> Result<(Option<CommitId>, git_side::GitSide), Failure> {
    let repository = &ground.repository;
    let branch = link.active_branch.as_ref();
    let tip = match branch {
        Some(branch) => repository.reference(&format!("refs/heads/{branch}"))?,
        None => None,
    };
    let commit = match tip {
        Some(commit) => Some(commit),
        None if repository.has_commits()? => Some(repository.resolve("HEAD")?),
        None => None,
    };
    let snapshot: Box<dyn Snapshot> = match &commit {
        Some(commit) => repository.commit(commit)?,
        None => repository.worktree()?,
    };
    let mut project = Project::load(&*snapshot, &ground.decided.config)?;
    let at = ground.service(&mut project, &*snapshot);
    let recorded = state.definition(&link.folder);
    let side = git_side::read_again(
        &project,
        &*snapshot,
        &project.services[at],
        recorded.as_ref(),
        &digest_of,
    );
    Ok((commit, side))
}

/// What Postman's side of a link is read with.
struct PostmanHalf<'a> {
    session: &'a Session,
    postman: &'a Postman,
    ground: &'a Ground,
    link: &'a Link,
    /// `--repository`.
    wished: Option<&'a str>,
}

fn postman_half(
    half: &PostmanHalf<'_>,
    mut seen: MirrorState,
    git: &mut git_side::GitSide,
    by_dates: Option<(&dyn StateStore, &CommitId)>,
) -> Result<(Vec<Ahead>, usize), Failure> {
    let PostmanHalf {
        session,
        postman,
        ground,
        link,
        wished,
    } = half;
    let api = match &link.target {
        LinkTarget::GitLinked { api, .. } | LinkTarget::ApiBuilder { api, .. } => {
            let api = postman.api(api.as_str())?;
            verify(link, &api, &ground.home)?;
            Some(api)
        }
        LinkTarget::SpecHub { .. } => None,
    };
    let asking = Asking {
        repository: &ground.repository,
        home: &ground.home,
        link,
        api: api.as_ref(),
        wished: *wished,
    };
    // A clone that does not know the repository that Postman reads says of the rest how it stands.
    let delivering = match delivering(&asking, Carrying::Pull, &git.elements) {
        Ok(delivering) => delivering,
        Err(failure) => {
            session.output.warning(&failure.message);
            failure
                .hints
                .iter()
                .for_each(|hint| session.output.hint(hint));
            without_delivered(&mut seen, git);
            None
        }
    };
    let route = route(delivering.as_ref(), &ground.repository)?;
    let state = &seen;
    let target = targets::open_with(postman, &link.target, Some(state), None, route.branch());
    let mut set = target.list().map_err(unread)?;
    let taken = match by_dates {
        Some((store, commit)) => {
            take_recorded(&*target, &mut set, state, store, commit).map_err(undated)?
        }
        None => 0,
    };
    let mut ids = to_read(state, &set);
    ids.retain(|id| set.get(id).is_none_or(|element| element.content.is_none()));
    let progress = session
        .output
        .progress(Some(ids.len() as u64), "reading from Postman");
    read_into(&*target, &mut set, &ids, &|_| progress.advance(1)).map_err(unread)?;
    Ok((of_postman(state, &set), taken))
}

fn not_asked(session: &Session) -> Option<String> {
    if session.offline {
        return Some("--offline".to_owned());
    }
    if let Some(why) = session.ci.as_ref().and_then(CiRun::foreign) {
        return Some(why);
    }
    session
        .environment
        .postman_api_key
        .is_none()
        .then(|| "there is no key in POSTMAN_API_KEY".to_owned())
}

fn held(state: &MirrorState, now: u64) -> Option<(Claim, u64)> {
    let claim = state.claim.as_ref().filter(|claim| claim.counts(now))?;
    Some((claim.clone(), claim.until.saturating_sub(now)))
}

fn quota(postman: &Postman) -> Result<Option<Value>, Failure> {
    let quota = postman.http().quota();
    let (limit, left) = match (quota.limit, quota.remaining) {
        (Some(limit), Some(left)) => (Some(limit), Some(left)),
        // The headers did not say.
        _ => match postman.me() {
            Ok(me) => match me.usage {
                None => return Ok(None),
                Some(usage) => {
                    let limit = usage.limit.map(whole);
                    let left = limit.map(|limit| limit.saturating_sub(whole(usage.used)));
                    (limit, left)
                }
            },
            Err(error) => return Err(error.into()),
        },
    };
    Ok(Some(json!({ "limit": limit, "left": left })))
}

/// A number of calls; Postman gives them as any number.
fn whole(number: f64) -> u64 {
    format!("{:.0}", number.max(0.0)).parse().unwrap_or(0)
}

fn as_json(status: &Status, state: &MirrorState, code: u8) -> Value {
    let link = &status.link;
    let ahead = |side: &[Ahead]| -> Vec<Value> {
        side.iter()
            .map(|one| {
                json!({
                    "change": one.change.word(),
                    "kind": one.kind.word(),
                    "path": one.path.as_ref().map(|path| path.as_str()),
                    "name": one.name,
                    "remote_id": one.remote_id.as_ref().map(|id| id.as_str()),
                })
            })
            .collect()
    };
    let last_sync = state.last_sync.as_ref().map(|sync| {
        let (commit, at) = match &status.synced {
            Some((commit, seconds)) => (Some(commit.as_str()), Some(*seconds)),
            None => (None, None),
        };
        json!({
            "run": sync.run,
            "towards": if sync.towards_postman { "postman" } else { "git" },
            "at": at,
            "commit": commit,
        })
    });
    json!({
        "format_version": 1,
        "command": "status",
        "exit_code": code,
        "link": link_as_json(link, &status.state_ref),
        "current_branch": status.current_branch,
        "last_sync": last_sync,
        "git": {
            "commit": status.commit.as_ref().map(|commit| commit.as_str()),
            "ahead": ahead(&status.git),
            "unread": status.unread.iter().map(|(path, reason)| json!({ "path": path, "reason": reason })).collect::<Vec<_>>(),
            "candidates": status.candidates,
        },
        "postman": match (&status.postman, &status.not_asked) {
            (Some(side), _) => {
                json!({ "asked": true, "by_dates": status.by_dates, "ahead": ahead(side) })
            }
            (None, reason) => json!({ "asked": false, "reason": reason }),
        },
        "claim": status.claim.as_ref().map(|(claim, left)| json!({
            "run": claim.run, "since": claim.since, "until": claim.until, "seconds_left": left,
        })),
        "quota": status.quota,
    })
}

/// Which repository this is, and by what that is known.
fn known_by(link: &Link) -> String {
    let name = match link.owner.repository.as_str() {
        "" => "one without an address",
        address => address,
    };
    let id = match &link.owner.hosted {
        Some(hosted) => format!(", {} at {}", hosted.id, hosted.site),
        None => String::new(),
    };
    format!("{name}{id}; known by {}", link.proof.told())
}

fn as_text(status: &Status, state: &MirrorState, now: u64) -> String {
    let link = &status.link;
    let mut text = String::new();
    let mut line = |word: &str, value: &str| {
        text.push_str(&format!("{word:<22}{}\n", visible(value)));
    };
    let (what, id) = match &link.target {
        LinkTarget::GitLinked { api, .. } | LinkTarget::ApiBuilder { api, .. } => ("API", api),
        LinkTarget::SpecHub {
            specification: Some(specification),
            ..
        } => ("specification", specification),
        LinkTarget::SpecHub { workspace, .. } => ("workspace", workspace),
    };
    line(
        "connected with",
        &format!("the {what} `{}` ({id})", link.name),
    );
    if !link.folder.is_root() {
        line("folder", link.folder.as_str());
    }
    match &link.target {
        LinkTarget::GitLinked { .. } => match link.target.elsewhere() {
            None => line(
                "kind",
                "an API that Postman has connected to this repository itself",
            ),
            Some(elsewhere) => {
                line("kind", "an API that Postman reads from another repository");
                let to = format!("`{}` of {}", elsewhere.branch, elsewhere.repository);
                line("delivered to", &to);
            }
        },
        LinkTarget::ApiBuilder { .. } => line("kind", "an API of the API Builder"),
        LinkTarget::SpecHub { .. } => {
            line("kind", "a workspace with its specifications (Spec Hub)")
        }
    }
    if let Some(from) = &link.moved_from {
        line(
            "moved",
            &format!("the record still has the address {from}; `git postman connect` renews it"),
        );
    }
    line("repository", &known_by(link));
    let branch = link.active_branch.as_deref().unwrap_or("none is named");
    let current = match &status.current_branch {
        Some(current) if Some(current) == link.active_branch.as_ref() => String::new(),
        Some(current) => format!(" (checked out is {current})"),
        None => " (no branch is checked out)".to_owned(),
    };
    line("active branch", &format!("{branch}{current}"));
    match (&state.last_sync, &status.synced) {
        (Some(sync), at) => {
            let towards = if sync.towards_postman {
                "to Postman"
            } else {
                "to Git"
            };
            let when = at.as_ref().map_or(String::new(), |(commit, seconds)| {
                format!("{}, {}, ", ago(*seconds, now), &commit.as_str()[..10])
            });
            line(
                "last sync",
                &format!("{when}{towards}, by the run {}", sync.run),
            );
        }
        (None, _) => line("last sync", "never"),
    }
    line("git is", &ahead_in_words(&status.git));
    text.push_str(&entries(&status.git));
    for (path, reason) in &status.unread {
        text.push_str(&format!(
            "  not carried over  {} {}\n",
            visible(path),
            visible(reason)
        ));
    }
    if !status.candidates.is_empty() {
        text.push_str(&format!(
            "  which is the API's definition?  {}\n",
            visible(&status.candidates.join(", "))
        ));
    }
    let mut line = |word: &str, value: &str| {
        text.push_str(&format!("{word:<22}{}\n", visible(value)));
    };
    match (&status.postman, &status.not_asked) {
        (Some(side), _) => {
            let mut words = ahead_in_words(side);
            if status.by_dates > 0 {
                let count = counted(status.by_dates, "element");
                words.push_str(&format!(" ({count} by the dates of Postman's lists)"));
            }
            line("postman is", &words);
            text.push_str(&entries(side));
        }
        (None, reason) => line(
            "postman",
            &format!("was not asked: {}", reason.as_deref().unwrap_or("unknown")),
        ),
    }
    let mut line = |word: &str, value: &str| {
        text.push_str(&format!("{word:<22}{}\n", visible(value)));
    };
    if let Some((claim, left)) = &status.claim {
        line(
            "at work",
            &format!("the run {}, for at most {left} seconds more", claim.run),
        );
    }
    if let Some(quota) = &status.quota {
        let told = match (quota["left"].as_u64(), quota["limit"].as_u64()) {
            (Some(left), Some(limit)) => format!("{left} of {limit} calls are left this month"),
            _ => "no limit".to_owned(),
        };
        line("quota", &told);
    }
    text
}

fn ahead_in_words(side: &[Ahead]) -> String {
    match side.len() {
        0 => "where both last agreed".to_owned(),
        count => format!("ahead by {}", counted(count, "change")),
    }
}

fn entries(side: &[Ahead]) -> String {
    side.iter()
        .map(|one| {
            let place = match &one.path {
                Some(path) => path.as_str().to_owned(),
                None => one.name.clone(),
            };
            format!(
                "  {:<9}{:<13}{}\n",
                one.change.word(),
                one.kind.word(),
                visible(&place)
            )
        })
        .collect()
}

fn ago(then: u64, now: u64) -> String {
    let seconds = now.saturating_sub(then);
    match seconds {
        0..=89 => format!(
            "{} ago",
            counted(usize::try_from(seconds).unwrap_or(0), "second")
        ),
        90..=5399 => format!("{} minutes ago", seconds / 60),
        5400..=172_799 => format!("{} hours ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}
