//! `disconnect`: takes the link between a service folder and Postman apart. Both sides keep what they have.

use clap::Args;
use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::hosting::SiteChoice;
use crate::cli::link_told::files_as_json;
use crate::cli::linking::{Ground, Meaning, ask, is_attended, refuse_while_claimed};
use crate::cli::reporting::print;
use crate::cli::session::Session;
use crate::mirror::deliver::{Destination, deliver};
use crate::mirror::element::ElementKind;
use crate::mirror::git_side;
use crate::mirror::link::named;
use crate::mirror::link_error::LinkError;
use crate::mirror::link_files::{unlink, unlink_workspace};
use crate::mirror::link_named::Named;
use crate::mirror::remote_content::digest_of;
use crate::mirror::state::{LinkTarget, MirrorState};
use crate::mirror::store::StateStore as _;
use crate::model::change::ChangeSet;
use crate::model::id::{ApiId, CommitId};
use crate::model::text::{counted, visible};
use crate::project::Project;
use crate::project::service::Service;
use crate::report::ReportFormat;
use crate::report::json::object_text;

/// Take the link between this repository and Postman apart
///
/// Definitions, collections and environments stay where they are, on both sides; so does the record of what both sides had. Only
/// what `.postman/` says of the link goes, and the record says that it has ended.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  git postman disconnect                      asks for the name
  git postman disconnect --confirm \"Orders\"   in scripts")]
pub struct DisconnectArgs {
    /// The name of the API, as it would be typed; of a workspace, its name
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
    /// The folder that holds `.postman/`
    #[arg(long, value_name = "DIR")]
    folder: Option<String>,
    /// Only say what would be done
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// How to write the result: human or json
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: ReportFormat,
}

/// What is taken apart.
struct Parting {
    named: Named,
    name: String,
    in_files: bool,
    ends_record: bool,
}

/// Runs the command.
///
/// # Errors
/// Nothing that is connected, another name, files that cannot be changed, a record that cannot be written.
pub fn run(args: &DisconnectArgs, session: &Session) -> Result<u8, Failure> {
    let ground = Ground::of(
        session,
        args.folder.as_deref(),
        Meaning::Connected,
        &SiteChoice::default(),
    )?;
    if ground.repository.is_bare() {
        return Err(
            Failure::usage("the repository is bare: it has no files on disk")
                .with_hint("run it in a clone"),
        );
    }
    let mut project = ground.project()?;
    let at = ground.service(&mut project, &*ground.snapshot);
    let service = &project.services[at];
    let store = ground.store();
    let stored = store.load()?;
    let live = stored
        .as_ref()
        .map(|stored| &stored.state)
        .filter(|state| state.ended.is_none());
    let parting = parting(session, &project, service, live)?;
    let api = ApiId::parse(parting.named.id().bare());
    let changes = match (&parting.named, &api) {
        _ if !parting.in_files => ChangeSet::default(),
        (Named::Workspace(_), _) => unlink_workspace(service)?,
        (Named::Api(_), Some(id)) => unlink(service, id)?,
        (Named::Api(_), None) => ChangeSet::default(),
    };
    if parting.ends_record {
        refuse_while_claimed(stored.as_ref(), session.now())?;
    }
    let mut told = Told {
        ground: &ground,
        parting: &parting,
        changes: &changes,
        left: Left::of(&project, &ground, service, live),
        is_dry_run: args.dry_run,
        commit: None,
    };
    if args.dry_run {
        print(session, &told.text(args.format))?;
        return Ok(0);
    }
    confirmed(args, session, &parting)?;
    deliver(&ground.repository, &changes, &Destination::Worktree)?;
    match (&stored, parting.ends_record) {
        (Some(stored), true) => {
            let now = session.now();
            let ended = MirrorState {
                ended: Some(now),
                ..stored.state.released()
            };
            let message = format!("Disconnect the {}", parting.named);
            let commit = ground
                .record(Some(&stored.commit), &ended, &message, now)
                .map_err(|failure| {
                    failure.with_hint(
                        "`.postman/` no longer names the link; disconnecting again ends the record",
                    )
                })?;
            told.commit = Some(commit);
        }
        (Some(_), false) if live.is_some() => session
            .output
            .warning("the mirror's record names something else, and was left as it is"),
        _ => {}
    }
    print(session, &told.text(args.format))?;
    if let Some(LinkTarget::GitLinked { .. }) = live.map(|state| &state.owner.target) {
        session.output.note(
            "Postman itself still has the API connected to the repository: disconnect it in the Postman app too",
        );
    }
    if !changes.is_empty() {
        session.output.hint("commit what was changed");
    }
    Ok(0)
}

fn parting(
    session: &Session,
    project: &Project<'_>,
    service: &Service,
    live: Option<&MirrorState>,
) -> Result<Parting, Failure> {
    let recorded = live.map(|state| Named::of(&state.owner.target));
    let in_files = match named(project, service) {
        // Of several, the one in the record is meant.
        Err(LinkError::SeveralApis { .. }) if recorded.is_some() => recorded.clone(),
        other => other?,
    };
    let same = |one: &Named| {
        recorded
            .as_ref()
            .is_some_and(|other| one.word() == other.word() && one.id().bare() == other.id().bare())
    };
    let ends_record = recorded.is_some() && in_files.as_ref().is_none_or(same);
    let is_in_files = in_files.is_some();
    let Some(named) = in_files.or(recorded) else {
        return Err(LinkError::NotLinked {
            folder: service.folder.clone(),
        }
        .into());
    };
    let known = live
        .filter(|_| ends_record)
        .map(|state| state.owner.name.clone());
    let name = match current_name(session, &named, live.filter(|_| ends_record)) {
        Ok(name) => name,
        // What cannot be reached or is gone must not hold anybody.
        Err(failure) => {
            let name = known.unwrap_or_else(|| named.id().to_string());
            session.output.note(&format!(
                "Postman could not be asked for the name ({}): `{name}` is taken",
                failure.message
            ));
            name
        }
    };
    Ok(Parting {
        named,
        name,
        in_files: is_in_files,
        ends_record,
    })
}

/// What Postman calls it today.
fn current_name(
    session: &Session,
    named: &Named,
    live: Option<&MirrorState>,
) -> Result<String, Failure> {
    let postman = session.postman()?;
    let target = live.map(|state| &state.owner.target);
    Ok(match (named, target) {
        (
            Named::Workspace(_),
            Some(LinkTarget::SpecHub {
                specification: Some(specification),
                ..
            }),
        ) => postman.spec(specification.as_str())?.name,
        (Named::Workspace(id), _) => postman.workspace(id.as_str())?.name,
        (Named::Api(id), _) => postman.api(id.as_str())?.name,
    })
}

fn confirmed(args: &DisconnectArgs, session: &Session, parting: &Parting) -> Result<(), Failure> {
    let typed = match &args.confirm {
        Some(name) => name.clone(),
        None if is_attended(session) => ask(
            session,
            &format!(
                "this disconnects the {} `{}`; type its name to go on:",
                parting.named, parting.name
            ),
        )?,
        None => {
            return Err(Failure::usage(format!(
                "there is nobody to type the name of the {}",
                parting.named.word()
            ))
            .with_hint(format!(
                "in scripts, give it with --confirm: {}",
                parting.name
            )));
        }
    };
    if typed.trim() == parting.name.trim() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "`{typed}` is not the name of the {}: nothing was done",
        parting.named.word()
    ))
    .with_hint(format!("it is called `{}`", parting.name)))
}

/// What stays in the repository, by kind, and in the record.
struct Left {
    counts: [usize; 3],
    in_record: bool,
}

impl Left {
    fn of(
        project: &Project<'_>,
        ground: &Ground,
        service: &Service,
        live: Option<&MirrorState>,
    ) -> Self {
        let git = git_side::read(project, &*ground.snapshot, service, None, &digest_of);
        Self {
            counts: KINDS.map(|kind| git.elements.keys().filter(|key| key.kind == kind).count()),
            in_record: live.is_some_and(|state| !state.records.is_empty()),
        }
    }
}

const KINDS: [ElementKind; 3] = [
    ElementKind::Definition,
    ElementKind::Collection,
    ElementKind::Environment,
];

/// Everything that is said.
struct Told<'a> {
    ground: &'a Ground,
    parting: &'a Parting,
    changes: &'a ChangeSet,
    left: Left,
    is_dry_run: bool,
    commit: Option<CommitId>,
}

impl Told<'_> {
    fn text(&self, format: ReportFormat) -> String {
        match format {
            ReportFormat::Human => self.for_people(),
            ReportFormat::Json => self.for_scripts(),
        }
    }

    fn for_people(&self) -> String {
        let Parting { named, name, .. } = self.parting;
        let name = visible(name);
        if self.is_dry_run {
            let mut text = format!("would disconnect the {named} `{name}`\n");
            for change in self.changes.iter() {
                text.push_str(&format!("would change {}\n", change.path));
            }
            return text;
        }
        let mut text = format!("disconnected the {named} `{name}`\n");
        for change in self.changes.iter() {
            let verb = if change.content.is_some() {
                "changed"
            } else {
                "removed"
            };
            text.push_str(&format!("{verb} {}\n", change.path));
        }
        if let Some(commit) = &self.commit {
            text.push_str(&format!(
                "ended the record on {} ({})\n",
                self.ground.state_ref,
                &commit.as_str()[..10]
            ));
        }
        let [definitions, collections, environments] = self.left.counts;
        text.push_str(&format!(
            "left in the repository: {}, {}, {}\nleft in Postman: everything\n",
            counted(definitions, "definition"),
            counted(collections, "collection"),
            counted(environments, "environment"),
        ));
        if self.left.in_record {
            text.push_str("left in the record: what both sides had, for connecting them again\n");
        }
        text
    }

    fn for_scripts(&self) -> String {
        let parting = self.parting;
        let [definitions, collections, environments] = self.left.counts;
        let object = json!({
            "format_version": 1,
            "command": "disconnect",
            "exit_code": 0,
            "dry_run": self.is_dry_run,
            "link": {
                "what": parting.named.word(),
                "id": parting.named.id().as_str(),
                "name": parting.name,
                "folder": self.ground.folder.as_str(),
                "state_ref": self.ground.state_ref,
            },
            "files": files_as_json(self.changes),
            "recorded": self.commit.as_ref().map(CommitId::as_str),
            "left": {
                "definitions": definitions,
                "collections": collections,
                "environments": environments,
                "record": self.left.in_record,
            },
        });
        object_text(&object)
    }
}
