//! `undo`: the last sync put back, where nothing has moved since.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::delivering::{Asking, Carrying, delivering, kind_of, route};
use crate::cli::failure::{Failure, Kind};
use crate::cli::hosting::SiteChoice;
use crate::cli::linking::{Ground, Meaning, refuse_while_claimed, unread};
use crate::cli::proving::tell_of_move;
use crate::cli::reporting::print;
use crate::cli::session::Session;
use crate::mirror::deliver::{Destination, deliver, recover};
use crate::mirror::element::RemoteId;
use crate::mirror::git_side;
use crate::mirror::link_ends::verify;
use crate::mirror::pull::bytes_of;
use crate::mirror::remote_content::digest_of;
use crate::mirror::sides::read_into;
use crate::mirror::state::{LinkTarget, UNDO};
use crate::mirror::store::StateStore as _;
use crate::mirror::target::TargetError;
use crate::mirror::targets;
use crate::mirror::undo::{Back, Undone, backs, changes_in_git, put_back, record};
use crate::model::change::ChangeSet;
use crate::model::text::visible;
use crate::report::ReportFormat;
use crate::report::json::object_text;

/// Put the last sync back, where nothing has moved since
///
/// A push is put back in Postman, a pull in the files on disk. What somebody has changed since is named and left alone: exit
/// code 3. An undo can be undone.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  git postman undo --dry-run     show what would be put back
  git postman undo")]
pub struct UndoArgs {
    /// Show what would be put back, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// The service folder, where there are several
    #[arg(long, value_name = "DIR")]
    folder: Option<String>,
    /// The repository that Postman reads, where it is another one: a remote of this clone, or its address
    #[arg(long, value_name = "REMOTE")]
    repository: Option<String>,
    /// Who hosts this repository
    #[command(flatten)]
    site: SiteChoice,
    /// How to write the result: human or json
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: ReportFormat,
}

/// Runs the command.
///
/// # Errors
/// Nothing is connected, nothing was synced, Postman out of reach, files with uncommitted work.
pub fn run(args: &UndoArgs, session: &Session) -> Result<u8, Failure> {
    recover(&session.repository()?)?;
    let ground = Ground::of(
        session,
        args.folder.as_deref(),
        Meaning::Connected,
        &args.site,
    )?;
    let store = ground.store();
    let stored = store.load()?;
    let mut project = ground.project()?;
    let index = ground.service(&mut project, &*ground.snapshot);
    let service = &project.services[index];
    let state = stored.as_ref().map(|stored| &stored.state);
    let link = ground.link(session, &project, service, state, &ground.host)?;
    tell_of_move(session, &link);
    let nothing = || {
        Failure::usage("nothing was synced yet, so there is nothing to put back")
            .with_hint("`git postman status` says what was synced last")
    };
    let stored = stored.as_ref().ok_or_else(nothing)?;
    let state = &stored.state;
    let sync = state.last_sync.as_ref().ok_or_else(nothing)?;
    refuse_while_claimed(Some(stored), session.now())?;
    let known = state.definition(&link.folder);
    let definition = known.filter(|path| project.has_file(path) && !service.is_native());
    let git = git_side::read(
        &project,
        &*ground.snapshot,
        service,
        definition.as_ref(),
        &digest_of,
    )
    .elements;
    let postman = session.postman()?;
    let api = match &link.target {
        LinkTarget::GitLinked { api, .. } => Some(postman.api(api.bare())?),
        LinkTarget::ApiBuilder { .. } | LinkTarget::SpecHub { .. } => None,
    };
    let asking = Asking {
        repository: &ground.repository,
        home: &ground.home,
        link: &link,
        api: api.as_ref(),
        wished: args.repository.as_deref(),
    };
    let mut written = sync.replaced.values().map(|one| one.remote_id.as_ref());
    let is_delivery =
        sync.towards_postman && written.any(|id| id.is_some_and(RemoteId::is_of_file));
    let delivering = match is_delivery {
        true => {
            if let Some(api) = &api {
                verify(&link, api, &ground.home)?;
            }
            delivering(&asking, Carrying::Back, &git)?
        }
        false => None,
    };
    let route = route(delivering.as_ref(), &ground.repository)?;
    let target = targets::open_with(&postman, &link.target, Some(state), None, route.branch());
    let mut remote = std::collections::BTreeMap::new();
    if sync.towards_postman {
        remote = target.list().map_err(unread)?;
        let ids: Vec<RemoteId> = sync
            .replaced
            .values()
            .filter_map(|replaced| replaced.remote_id.clone())
            .filter(|id| remote.contains_key(id))
            .collect();
        let progress = session.output.progress(None, "reading from Postman");
        read_into(&*target, &mut remote, &ids, &|_| progress.advance(1)).map_err(unread)?;
    }
    let backs = backs(sync, &git, &remote);
    let (moved, backs): (Vec<Back>, Vec<Back>) = backs.into_iter().partition(|back| back.has_moved);
    let mut told = Told {
        towards_postman: sync.towards_postman,
        is_dry_run: args.dry_run,
        done: Vec::new(),
        moved,
        failed: Vec::new(),
        failed_as: Kind::Service,
    };
    if args.dry_run {
        told.done = backs;
        return tell(args, session, &told, postman.http().calls().so_far());
    }
    let mut stored = stored.clone();
    if !backs.is_empty() {
        if let LinkTarget::ApiBuilder { api, .. } = &link.target {
            verify(&link, &postman.api(api.bare())?, &ground.home)?;
        }
        let own = ground.prove(session, &link, &stored.state)?;
        stored.state.owner = own.map_or_else(|| link.owner.clone(), |own| own.owner);
    }
    let (stored, state) = (&stored, &stored.state);
    let mut undone = Undone {
        towards_postman: sync.towards_postman,
        ..Undone::default()
    };
    if sync.towards_postman {
        let mut together = Vec::new();
        for back in backs {
            let files = match &back.before {
                Some(version) => bytes_of(version, &store, &stored.commit)?,
                None => std::collections::BTreeMap::new(),
            };
            let known = state.records.get(&back.key);
            match put_back(&*target, &back, known, &remote, files, &digest_of) {
                Ok(done) if target.is_put_together(back.key.kind) => together.push((back, done)),
                Ok(done) => {
                    undone.add_remote(&back, known, done);
                    told.done.push(back);
                }
                Err(TargetError::Moved { .. }) => told.moved.push(back),
                Err(error) => told.failed.push((back, error.to_string())),
            }
        }
        match target.finish() {
            Ok(_) => {
                for (back, done) in together {
                    undone.add_remote(&back, state.records.get(&back.key), done);
                    told.done.push(back);
                }
            }
            Err(error) => {
                if told.failed.is_empty() {
                    told.failed_as = kind_of(&error);
                }
                let backs = together.into_iter().map(|(back, _)| back);
                told.failed
                    .extend(backs.map(|back| (back, error.to_string())));
            }
        }
    } else {
        let mut changes = Vec::new();
        for back in backs {
            let files = match &back.before {
                Some(version) => bytes_of(version, &store, &stored.commit)?,
                None => std::collections::BTreeMap::new(),
            };
            let own = changes_in_git(&back, &git, &link.folder, &files).map_err(Failure::usage)?;
            changes.extend(own);
            undone.add_local(&back, git.get(&back.key).map(|element| &element.content));
            told.done.push(back);
        }
        let changes = ChangeSet::new(changes).map_err(|error| Failure::usage(error.to_string()))?;
        let branch = ground.repository.current_branch()?;
        let destination = match (ground.repository.is_bare(), &branch) {
            (true, Some(branch)) => {
                let tip = ground
                    .repository
                    .reference(&format!("refs/heads/{branch}"))?;
                let message = "Undo the last pull from Postman\n";
                let commit = Destination::Commit {
                    branch,
                    base: tip.as_ref(),
                    start: None,
                    message,
                };
                deliver(&ground.repository, &changes, &commit)?;
                None
            }
            _ => Some(Destination::Worktree),
        };
        if let Some(destination) = destination
            && !changes.is_empty()
        {
            deliver(&ground.repository, &changes, &destination)?;
        }
    }
    if !undone.replaced.is_empty() {
        if let Some(before) = store.before_last_sync(stored)? {
            undone.restore(&before, &store)?;
        }
        let run = format!("{UNDO}{}-{}", session.now(), std::process::id());
        let recorded = record(&store, stored, &undone, &run, session.now()).map_err(|error| {
            Failure::from(error).after_writing().with_hint(
                "it was put back and could not be recorded: `git postman status` says where both sides are",
            )
        })?;
        if recorded.is_none() {
            return Err(Failure::of(
                Kind::Overtaken,
                "it was put back, and somebody else kept writing the mirror's record",
            )
            .with_hint("`git postman status` says where both sides are"));
        }
    }
    let code = tell(args, session, &told, postman.http().calls().so_far())?;
    if !told.done.is_empty() {
        session.output.hint(match sync.towards_postman {
            true => {
                "Git has what was undone: the next push carries it again, unless a commit takes it out (`git revert`)"
            }
            false => "Postman has what was undone: the next pull brings it again, unless somebody takes it out there",
        });
    }
    Ok(code)
}

struct Told {
    towards_postman: bool,
    is_dry_run: bool,
    done: Vec<Back>,
    moved: Vec<Back>,
    failed: Vec<(Back, String)>,
    /// What the exit code says where something failed.
    failed_as: Kind,
}

fn tell(args: &UndoArgs, session: &Session, told: &Told, calls: u64) -> Result<u8, Failure> {
    let code = match (told.failed.is_empty(), told.moved.is_empty()) {
        (false, _) => told.failed_as.exit_code(),
        (true, false) => Kind::Conflict.exit_code(),
        (true, true) => 0,
    };
    let text = match args.format {
        ReportFormat::Human => for_people(told),
        ReportFormat::Json => for_scripts(told, calls, code),
    };
    print(session, &text)?;
    Ok(code)
}

const SIDES: [&str; 2] = ["Git", "Postman"];

fn for_people(told: &Told) -> String {
    let side = SIDES[usize::from(told.towards_postman)];
    let path = |back: &Back| {
        format!(
            "{} {}",
            back.key.kind.word(),
            visible(back.key.path.as_str())
        )
    };
    let mut text = String::new();
    let would = if told.is_dry_run { "would be " } else { "" };
    for back in &told.done {
        let what = match back.before {
            Some(_) => format!("{would}put back in {side}"),
            None => format!("{would}taken out of {side} again"),
        };
        text += &format!("{} {what}\n", path(back));
    }
    for back in &told.moved {
        text += &format!(
            "{} was changed in {side} since, and is left alone\n",
            path(back)
        );
    }
    for (back, reason) in &told.failed {
        text += &format!(
            "{} could not be put back: {}\n",
            path(back),
            visible(reason)
        );
    }
    if text.is_empty() {
        text += "nothing to put back\n";
    }
    text
}

fn for_scripts(told: &Told, calls: u64, code: u8) -> String {
    let one = |back: &Back| -> Value {
        json!({
            "kind": back.key.kind.word(),
            "path": back.key.path.as_str(),
            "remote_id": back.remote_id.as_ref().map(RemoteId::as_str),
            "act": if back.before.is_some() { "restore" } else { "delete" },
        })
    };
    let with_reason = |back: &Back, reason: &str| {
        let mut value = one(back);
        value["reason"] = json!(reason);
        value
    };
    let moved = told
        .moved
        .iter()
        .map(|back| with_reason(back, "changed since"));
    let failed = told
        .failed
        .iter()
        .map(|(back, reason)| with_reason(back, reason));
    let object = json!({
        "format_version": 1,
        "command": "undo",
        "exit_code": code,
        "outcome": {
            "side": if told.towards_postman { "postman" } else { "git" },
            "dry_run": told.is_dry_run,
            "applied": told.done.iter().map(one).collect::<Vec<_>>(),
            "skipped": [],
            "failed": failed.collect::<Vec<_>>(),
            "conflicts": moved.collect::<Vec<_>>(),
            "calls": calls,
            "verified": true,
        },
    });
    object_text(&object)
}
