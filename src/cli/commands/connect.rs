//! `connect`: tells a service folder and an API, or a workspace, about each other. It makes the link, takes over one that is
//! there, and changes nothing where all is said already.

use clap::Args;
use serde_json::{Value, json};

use crate::check::levels::Levels;
use crate::check::{self, Scope};
use crate::cli::failure::{Failure, Kind};
use crate::cli::link_told::{files_as_json, link_as_json};
use crate::cli::linking::{Ground, Meaning, ask, choose, id, is_attended, refuse_while_claimed};
use crate::cli::reporting::print;
use crate::cli::session::Session;
use crate::mirror::connecting::{Directories, changes, directories};
use crate::mirror::deliver::{Destination, deliver};
use crate::mirror::element::RemoteId;
use crate::mirror::link::{
    Link, LinkError, Named, is_here, link_of, named, refuse_another, told, verify,
};
use crate::mirror::state::{LinkTarget, MirrorState, Owner};
use crate::mirror::store::{StateStore as _, Stored};
use crate::model::change::ChangeSet;
use crate::model::finding::{Finding, Severity};
use crate::model::id::CommitId;
use crate::model::overlay::Overlay;
use crate::model::path::RepoPath;
use crate::model::snapshot::Snapshot;
use crate::model::text::visible;
use crate::postman::apis::{Api, ApiDraft, GitInfo};
use crate::postman::client::Postman;
use crate::postman::workspaces::ElementKind;
use crate::project::Project;
use crate::project::service::Service;
use crate::report::ReportFormat;
use crate::report::json::object_text;

/// Connect this repository with an API, or with a workspace of Postman v12
///
/// Postman's own files in `.postman/` say so afterwards, and the mirror keeps a record of it on a reference of its own. It is
/// checked before that the API belongs to no other repository and the repository to no other API. Connecting the same again
/// changes nothing; a link that is there and lacks the record is taken over.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  git postman connect                                        asks what to connect with
  git postman connect --workspace ID --api ID                an API
  git postman connect --workspace ID --create \"Orders\"       a new API
  git postman connect --workspace ID                         a workspace of Postman v12, with all that is in it
  git postman connect --workspace ID --spec ID               the same, where this specification is the definition")]
pub struct ConnectArgs {
    /// The workspace
    #[arg(long, value_name = "ID")]
    workspace: Option<String>,
    /// The API in it
    #[arg(long, value_name = "ID", conflicts_with_all = ["spec", "create"])]
    api: Option<String>,
    /// The specification in it
    #[arg(long, value_name = "ID", conflicts_with = "create")]
    spec: Option<String>,
    /// Make an API of this name in the workspace
    #[arg(long, value_name = "NAME", requires = "workspace")]
    create: Option<String>,
    /// Where API definitions lie [default: what Postman says of the API, else postman/schemas]
    #[arg(long, value_name = "DIR")]
    schema_directory: Option<String>,
    /// Where collections lie [default: what Postman says of the API, else postman/collections]
    #[arg(long, value_name = "DIR")]
    collection_directory: Option<String>,
    /// The active branch: the one that is mirrored [default: what git-postman.toml says, else the branch that is checked out]
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// The folder that gets `.postman/` [default: the one around here that has it, else the root]
    #[arg(long, value_name = "DIR")]
    folder: Option<String>,
    /// The repository was renamed or has moved: its record has the old address
    #[arg(long)]
    moved: bool,
    /// Only say what would be done
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// How to write the result: human or json
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: ReportFormat,
}

/// What the folder is to be connected with.
enum Wish {
    Api(RemoteId),
    NewApi(String),
    Specification(RemoteId),
    Workspace,
}

/// What was found in Postman.
struct Found {
    target: LinkTarget,
    name: String,
    workspace: String,
    api: Option<Api>,
}

/// An id for looking at what would be, before there is an API.
const NOT_YET: &str = "00000000-0000-4000-8000-000000000000";

/// Runs the command.
///
/// # Errors
/// Options that do not fit, ends that are linked elsewhere, what Postman refuses, files that cannot be written.
pub fn run(args: &ConnectArgs, session: &Session) -> Result<u8, Failure> {
    let ground = Ground::of(session, args.folder.as_deref(), Meaning::Any)?;
    if ground.repository.is_bare() {
        return Err(
            Failure::usage("the repository is bare: it has no files on disk")
                .with_hint("run it in a clone"),
        );
    }
    if !ground.home.is_known() && ground.home.is_shallow {
        return Err(Failure::usage(
            "this clone is shallow, and no remote has an address that tells it from others",
        )
        .with_hint("`git fetch --unshallow` brings the first commits, which tell"));
    }
    if !ground.home.is_known() {
        return Err(Failure::usage(
            "nothing tells this repository from others: it has no commit and no remote",
        )
        .with_hint("make the first commit, or add the remote, and connect then"));
    }
    let mut project = ground.project()?;
    let at = ground.service(&mut project, &*ground.snapshot);
    let service = &project.services[at];
    let wished = wished_directories(args)?;
    let postman = session.postman()?;
    let me = postman.me()?;
    session
        .output
        .detail(&format!("the key is {}'s", me.username));
    let stored = ground.store().load()?;
    let recorded = live(stored.as_ref());
    refuse_another_record(args, &ground, recorded)?;
    let in_files = match named(&project, service) {
        Err(LinkError::SeveralApis { .. }) if recorded.is_some() => {
            recorded.map(|state| Named::of(&state.owner.target))
        }
        other => other?,
    };
    let (wish, workspace) = wish(
        args,
        session,
        &postman,
        recorded,
        in_files.as_ref(),
        service,
    )?;
    if wish.is_native() && wished != (None, None) {
        return Err(Failure::usage(
            "a workspace has directories of its own: postman/specs and postman/collections",
        )
        .with_hint("leave --schema-directory and --collection-directory out"));
    }
    let branch = branch(args, &ground, recorded)?;
    if let Wish::NewApi(name) = &wish {
        let workspace = workspace.as_ref().ok_or_else(nothing_chosen)?;
        refuse_taken_name(&postman, workspace, name)?;
        let placeholder = LinkTarget::ApiBuilder {
            api: id("--api", NOT_YET)?,
            workspace: workspace.clone(),
        };
        refuse_other_link(recorded, in_files.as_ref(), &placeholder)?;
        let directories = directories(service, &placeholder, wished.clone(), None);
        let would = changes(&project, service, &placeholder, &directories)?;
        refuse_broken(&ground, &would)?;
        if args.dry_run {
            let owner = owner_of(&ground, name, &placeholder, &branch)?;
            let link = proposed(&ground, service, owner, &directories);
            return tell_of_new_api(args, session, &ground, &link, &would);
        }
    }
    let found = found(&postman, &wish, workspace.as_ref(), recorded, &ground)?;
    refuse_other_link(recorded, in_files.as_ref(), &found.target)?;
    let told = found.api.as_ref().and_then(Api::connected);
    let directories = directories(service, &found.target, wished, told);
    let owner = owner_of(&ground, &found.name, &found.target, &branch)?;
    let link = proposed(&ground, service, owner.clone(), &directories);
    let changes = changes(&project, service, &found.target, &directories)?;
    refuse_broken(&ground, &changes)?;
    agree_with_postman(&ground, &found, &link)?;
    let state = next_state(stored.as_ref(), owner);
    let is_recorded = recorded == Some(&state);
    let mut told = Told {
        ground: &ground,
        found: &found,
        link: &link,
        changes: &changes,
        is_recorded,
        is_dry_run: args.dry_run,
        commit: None,
    };
    if args.dry_run || told.is_done() {
        print(session, &told.text(args.format))?;
        return Ok(0);
    }
    let now = session.now();
    if !is_recorded {
        refuse_while_claimed(stored.as_ref(), now)?;
    }
    // Files that cannot be written leave no record behind; a record that cannot be written is made up for by the next run.
    deliver(&ground.repository, &changes, &Destination::Worktree)?;
    if !is_recorded {
        let message = format!(
            "Connect the {} with {}",
            Named::of(&found.target),
            home_name(&ground)
        );
        let before = stored.as_ref().map(|stored| &stored.commit);
        let commit = ground
            .record(before, &state, &message, now)
            .map_err(|failure| {
                failure.with_hint("the files are written; connecting again records the link")
            })?;
        told.commit = Some(commit);
    }
    print(session, &told.text(args.format))?;
    if ground.home.remote.is_none() {
        session.output.note(
            "the repository has no remote: the record stays in this clone until it is pushed somewhere",
        );
    }
    if !changes.is_empty() {
        session
            .output
            .hint("commit these files; `git postman status` says how far both sides are apart");
    }
    Ok(0)
}

/// Everything that is said of a connection.
struct Told<'a> {
    ground: &'a Ground,
    found: &'a Found,
    link: &'a Link,
    changes: &'a ChangeSet,
    is_recorded: bool,
    is_dry_run: bool,
    commit: Option<CommitId>,
}

impl Told<'_> {
    /// Whether all of it stands already.
    fn is_done(&self) -> bool {
        self.changes.is_empty() && self.is_recorded
    }

    fn text(&self, format: ReportFormat) -> String {
        match format {
            ReportFormat::Human => self.for_people(),
            ReportFormat::Json => self.for_scripts(),
        }
    }

    fn for_people(&self) -> String {
        let state_ref = &self.ground.state_ref;
        let (begin, verb) = match (self.is_done(), self.is_dry_run) {
            (true, _) => ("already connected, and nothing changed: ", ""),
            (false, true) => ("would connect ", "would write"),
            (false, false) => ("connected ", "wrote"),
        };
        let mut text = begin.to_owned();
        text.push_str(&shown(self.ground, self.found, self.link));
        text.push_str(&listed(self.changes, verb));
        match &self.commit {
            Some(commit) => text.push_str(&format!(
                "recorded on {state_ref} ({})\n",
                &commit.as_str()[..10]
            )),
            None if self.is_recorded => {}
            None => text.push_str(&format!("would record it on {state_ref}\n")),
        }
        text
    }

    fn for_scripts(&self) -> String {
        let link = link_as_json(self.link, &self.ground.state_ref);
        let mut object = connection_as_json(&link, self.changes, self.is_dry_run);
        object["changed"] = json!(!self.is_done());
        object["recorded"] = json!(self.commit.as_ref().map(CommitId::as_str));
        object_text(&object)
    }
}

/// What would be, of an API that is not there yet.
fn tell_of_new_api(
    args: &ConnectArgs,
    session: &Session,
    ground: &Ground,
    link: &Link,
    would: &ChangeSet,
) -> Result<u8, Failure> {
    let text = match args.format {
        ReportFormat::Human => format!(
            "would create the API `{}` in the workspace {}\n{}",
            visible(&link.name),
            link.target.workspace(),
            listed(would, "would write")
        ),
        ReportFormat::Json => {
            let mut link = link_as_json(link, &ground.state_ref);
            link["api"] = Value::Null;
            let object = connection_as_json(&link, would, true);
            object_text(&object)
        }
    };
    print(session, &text.replace(NOT_YET, "<id>"))?;
    Ok(0)
}

fn connection_as_json(link: &Value, changes: &ChangeSet, is_dry_run: bool) -> Value {
    json!({
        "format_version": 1,
        "command": "connect",
        "exit_code": 0,
        "dry_run": is_dry_run,
        "changed": true,
        "link": link,
        "files": files_as_json(changes),
        "recorded": null,
    })
}

fn owner_of(
    ground: &Ground,
    name: &str,
    target: &LinkTarget,
    branch: &str,
) -> Result<Owner, Failure> {
    Ok(Owner {
        repository: ground.home.repository(),
        roots: ground.home.roots()?.to_vec(),
        name: name.to_owned(),
        active_branch: Some(branch.to_owned()),
        folder: ground.folder.clone(),
        target: target.clone(),
        host: ground.host.clone(),
    })
}

/// The link as it will be.
fn proposed(ground: &Ground, service: &Service, owner: Owner, directories: &Directories) -> Link {
    let branch = owner.active_branch.clone();
    let link = link_of(&ground.decided.config, service, owner, None);
    Link {
        schema_directory: directories.schemas.clone(),
        collection_directory: directories.collections.clone(),
        active_branch: branch,
        ..link
    }
}

impl Wish {
    fn is_native(&self) -> bool {
        matches!(self, Self::Specification(_) | Self::Workspace)
    }
}

fn live(stored: Option<&Stored>) -> Option<&MirrorState> {
    stored
        .map(|stored| &stored.state)
        .filter(|state| state.ended.is_none())
}

/// The state that says so: what both sides had stays where the same two ends are connected again.
fn next_state(stored: Option<&Stored>, owner: Owner) -> MirrorState {
    let before = stored.map(|stored| &stored.state);
    let same = before.filter(|state| {
        Named::of(&state.owner.target) == Named::of(&owner.target) && state.owner.host == owner.host
    });
    match same {
        Some(state) => MirrorState {
            owner,
            ended: None,
            ..state.clone()
        },
        None => MirrorState::new(owner),
    }
}

/// What is asked for, and in which workspace.
fn wish(
    args: &ConnectArgs,
    session: &Session,
    postman: &Postman,
    recorded: Option<&MirrorState>,
    in_files: Option<&Named>,
    service: &Service,
) -> Result<(Wish, Option<RemoteId>), Failure> {
    let workspace = args.workspace.as_deref();
    let workspace = workspace.map(|text| id("--workspace", text)).transpose()?;
    if let Some(text) = &args.api {
        return Ok((Wish::Api(id("--api", text)?), workspace));
    }
    if let Some(text) = &args.spec {
        return Ok((Wish::Specification(id("--spec", text)?), workspace));
    }
    if let Some(name) = &args.create {
        let name = name.trim();
        if name.is_empty() {
            return Err(Failure::usage("--create: an API needs a name"));
        }
        return Ok((Wish::NewApi(name.to_owned()), workspace));
    }
    if workspace.is_some() {
        return Ok((Wish::Workspace, workspace));
    }
    // Nothing is said: what is linked is looked at again.
    if let Some(state) = recorded {
        let workspace = Some(state.owner.target.workspace().clone());
        return Ok(match &state.owner.target {
            LinkTarget::GitLinked { api, .. } | LinkTarget::ApiBuilder { api, .. } => {
                (Wish::Api(api.clone()), workspace)
            }
            LinkTarget::SpecHub {
                specification: Some(specification),
                ..
            } => (Wish::Specification(specification.clone()), workspace),
            LinkTarget::SpecHub { .. } => (Wish::Workspace, workspace),
        });
    }
    if let Some(named) = in_files {
        let error = LinkError::NoRecord {
            folder: service.folder.clone(),
            named: named.clone(),
        };
        if !is_attended(session) {
            return Err(error.into());
        }
        session.output.plain(&error.to_string());
        let answer = ask(
            session,
            "is this its own repository, and neither a fork nor a copy? take the link over? [y/N]",
        )?;
        if !matches!(answer.as_str(), "y" | "Y" | "yes") {
            return Err(nothing_chosen());
        }
        return Ok(match named {
            Named::Api(api) => (Wish::Api(api.clone()), None),
            Named::Workspace(workspace) => (Wish::Workspace, Some(workspace.clone())),
        });
    }
    if !is_attended(session) {
        return Err(Failure::usage("there is nobody to ask what to connect with").with_hint(
            "give --workspace ID, and with it --api ID, --create NAME or --spec ID where it is not the workspace itself",
        ));
    }
    chosen(session, postman)
}

fn nothing_chosen() -> Failure {
    Failure::usage("nothing was chosen, and nothing was done")
}

/// Asks a person.
fn chosen(session: &Session, postman: &Postman) -> Result<(Wish, Option<RemoteId>), Failure> {
    let workspaces = postman.workspaces()?;
    let names: Vec<String> = workspaces
        .iter()
        .map(|one| {
            format!(
                "{} ({})",
                one.name,
                one.kind.as_deref().unwrap_or("workspace")
            )
        })
        .collect();
    let which = choose(session, "which workspace?", &names)?;
    let workspace = workspaces.get(which).ok_or_else(nothing_chosen)?;
    let inside = postman.workspace(workspace.id.as_str())?;
    let mut wishes = Vec::new();
    let mut names = Vec::new();
    for api in &inside.apis {
        names.push(format!("the API {}", api.name));
        wishes.push(Wish::Api(id("the API", api.id.bare())?));
    }
    for spec in &inside.specs {
        names.push(format!(
            "the workspace, with the specification {}",
            spec.name
        ));
        wishes.push(Wish::Specification(id(
            "the specification",
            spec.id.as_str(),
        )?));
    }
    names.push("the workspace with all that is in it (Postman v12)".to_owned());
    wishes.push(Wish::Workspace);
    names.push("a new API".to_owned());
    let which = choose(session, "connect with what?", &names)?;
    let wish = if which < wishes.len() {
        wishes.swap_remove(which)
    } else {
        let name = ask(session, "the name of the new API:")?;
        if name.is_empty() {
            return Err(nothing_chosen());
        }
        Wish::NewApi(name)
    };
    Ok((wish, Some(id("the workspace", workspace.id.as_str())?)))
}

/// Asks Postman for what is wished, and makes a new API.
fn found(
    postman: &Postman,
    wish: &Wish,
    workspace: Option<&RemoteId>,
    recorded: Option<&MirrorState>,
    ground: &Ground,
) -> Result<Found, Failure> {
    match wish {
        Wish::Workspace => {
            let wanted = workspace.ok_or_else(nothing_chosen)?;
            let there = postman.workspace(wanted.as_str())?;
            let specification = match recorded.map(|state| &state.owner.target) {
                Some(LinkTarget::SpecHub {
                    specification,
                    workspace,
                }) if workspace == wanted => specification.clone(),
                _ => None,
            };
            Ok(Found {
                target: LinkTarget::SpecHub {
                    specification,
                    workspace: wanted.clone(),
                },
                name: there.name.clone(),
                workspace: there.name,
                api: None,
            })
        }
        Wish::Specification(wanted) => {
            let spec = postman.spec(wanted.as_str())?;
            let own = postman.workspace_of(ElementKind::Specification, wanted.as_str())?;
            let own = own.ok_or_else(|| {
                Failure::of(
                    Kind::Service,
                    format!("Postman does not say which workspace has the specification {wanted}"),
                )
            })?;
            let own_id = id("the workspace", own.id.as_str())?;
            if let Some(other) = workspace.filter(|other| other.bare() != own_id.bare()) {
                return Err(not_in(
                    "specification",
                    &spec.name,
                    other,
                    &own.name,
                    &own_id,
                ));
            }
            Ok(Found {
                target: LinkTarget::SpecHub {
                    specification: Some(wanted.clone()),
                    workspace: own_id,
                },
                name: spec.name,
                workspace: own.name,
                api: None,
            })
        }
        Wish::Api(wanted) => {
            let api = postman.api(wanted.as_str())?;
            let known = recorded.and_then(|state| match &state.owner.target {
                LinkTarget::GitLinked { api, workspace }
                | LinkTarget::ApiBuilder { api, workspace }
                    if api.bare() == wanted.bare() =>
                {
                    Some(workspace)
                }
                _ => None,
            });
            let (workspace, name) = workspace_of_api(postman, &api, workspace.or(known))?;
            Ok(of_api(ground, wanted.clone(), workspace, name, api))
        }
        Wish::NewApi(name) => {
            let workspace = workspace.ok_or_else(nothing_chosen)?;
            let there = postman.workspace(workspace.as_str())?;
            let before = postman.apis(workspace.as_str())?;
            let draft = ApiDraft {
                name: name.clone(),
                description: None,
            };
            let made = postman.create_api(workspace.as_str(), &draft, &mut || {
                let now = postman.apis(workspace.as_str())?;
                let new =
                    |api: &Api| api.name == *name && before.iter().all(|other| other.id != api.id);
                Ok(now.into_iter().find(new))
            })?;
            let made_id = id("the API", made.id.bare())?;
            Ok(of_api(ground, made_id, workspace.clone(), there.name, made))
        }
    }
}

fn of_api(
    ground: &Ground,
    api_id: RemoteId,
    workspace: RemoteId,
    workspace_name: String,
    api: Api,
) -> Found {
    let linked = api
        .connected()
        .is_some_and(|info| is_here(info, &ground.home));
    Found {
        target: if linked {
            LinkTarget::GitLinked {
                api: api_id,
                workspace,
            }
        } else {
            LinkTarget::ApiBuilder {
                api: api_id,
                workspace,
            }
        },
        name: api.name.clone(),
        workspace: workspace_name,
        api: Some(api),
    }
}

/// The workspace that an API lies in: the API itself does not say it.
fn workspace_of_api(
    postman: &Postman,
    api: &Api,
    wanted: Option<&RemoteId>,
) -> Result<(RemoteId, String), Failure> {
    if let Some(workspace) = wanted {
        let there = postman.workspace(workspace.as_str())?;
        let listed = there
            .apis
            .iter()
            .any(|entry| entry.id.bare() == api.id.bare());
        if listed || holds(postman, workspace.as_str(), api)? {
            return Ok((workspace.clone(), there.name));
        }
        return Err(Failure::usage(format!(
            "the API `{}` is not in the workspace `{}`",
            visible(&api.name),
            visible(&there.name)
        ))
        .with_hint("leave --workspace out, and the workspace is looked for"));
    }
    for workspace in postman.workspaces()? {
        if holds(postman, workspace.id.as_str(), api)? {
            return Ok((id("the workspace", workspace.id.as_str())?, workspace.name));
        }
    }
    Err(Failure::of(
        Kind::Service,
        format!(
            "no workspace that this key sees holds the API `{}`",
            visible(&api.name)
        ),
    )
    .with_hint("name it with --workspace ID"))
}

fn holds(postman: &Postman, workspace: &str, api: &Api) -> Result<bool, Failure> {
    let apis = postman.apis(workspace)?;
    Ok(apis.iter().any(|other| other.id.bare() == api.id.bare()))
}

fn not_in(what: &str, name: &str, wanted: &RemoteId, own: &str, own_id: &RemoteId) -> Failure {
    Failure::usage(format!(
        "the {what} `{}` is not in the workspace {wanted} but in `{}`",
        visible(name),
        visible(own)
    ))
    .with_hint(format!("give --workspace {own_id}, or leave it out"))
}

/// A killed run may have made the API already: a second of the same name is never made.
fn refuse_taken_name(postman: &Postman, workspace: &RemoteId, name: &str) -> Result<(), Failure> {
    let apis = postman.apis(workspace.as_str())?;
    match apis.iter().find(|api| api.name == name) {
        None => Ok(()),
        Some(api) => Err(Failure::usage(format!(
            "the workspace has an API `{}` already",
            visible(name)
        ))
        .with_hint(format!(
            "connect with it: --api {}; or choose another name",
            api.id.bare()
        ))),
    }
}

/// The record must be this repository's, and of the Postman that is spoken to.
fn refuse_another_record(
    args: &ConnectArgs,
    ground: &Ground,
    recorded: Option<&MirrorState>,
) -> Result<(), Failure> {
    let Some(state) = recorded else { return Ok(()) };
    if !args.moved {
        let sameness = ground.home.sameness(&state.owner, &ground.state_ref)?;
        refuse_another(sameness, &state.owner, &ground.home)?;
    }
    if state.owner.host != ground.host {
        return Err(LinkError::OtherHost {
            recorded: state.owner.host.clone(),
            here: ground.host.clone(),
        }
        .into());
    }
    Ok(())
}

/// One folder is connected with one thing at a time.
fn refuse_other_link(
    recorded: Option<&MirrorState>,
    in_files: Option<&Named>,
    target: &LinkTarget,
) -> Result<(), Failure> {
    let wanted = Named::of(target);
    let differs =
        |other: &Named| other.word() != wanted.word() || other.id().bare() != wanted.id().bare();
    let recorded = recorded.map(|state| Named::of(&state.owner.target));
    let (other, says) = match (
        recorded.filter(differs),
        in_files.filter(|named| differs(named)),
    ) {
        (Some(other), _) => (other, "the mirror's record says"),
        (None, Some(other)) => (other.clone(), "`.postman/` says"),
        (None, None) => return Ok(()),
    };
    Err(Failure::of(
        Kind::Conflict,
        format!("this folder is connected to another one: {says} the {other}"),
    )
    .with_hint(
        "end that link first with `git postman disconnect`, or connect another folder with --folder DIR",
    ))
}

/// What Postman says of the API's own connection has to be this repository and these directories.
fn agree_with_postman(ground: &Ground, found: &Found, link: &Link) -> Result<(), Failure> {
    let Some(api) = &found.api else { return Ok(()) };
    if let Some(info) = api.connected()
        && !is_here(info, &ground.home)
    {
        return Err(connected_elsewhere(ground, found, info));
    }
    Ok(verify(link, api, &ground.home)?)
}

fn connected_elsewhere(ground: &Ground, found: &Found, info: &GitInfo) -> Failure {
    Failure::of(
        Kind::Conflict,
        format!(
            "Postman has connected the API `{}` to the repository {}, and this is {}",
            visible(&found.name),
            told(info),
            home_name(ground)
        ),
    )
    .with_hint(
        "work in that repository; or disconnect the API from it in the Postman app; or connect this one with an API of its own, with --create NAME",
    )
}

fn home_name(ground: &Ground) -> String {
    match &ground.home.address {
        Some(address) => address.to_string(),
        None => "a repository without an address".to_owned(),
    }
}

/// The rules for layout and mapping have their say before anything is written.
fn refuse_broken(ground: &Ground, changes: &ChangeSet) -> Result<(), Failure> {
    let before = broken(&*ground.snapshot, ground)?;
    let overlay = Overlay::new(&*ground.snapshot, changes)?;
    let after = broken(&overlay, ground)?;
    let new = after.into_iter().find(|finding| {
        !before
            .iter()
            .any(|known| known.rule == finding.rule && known.message == finding.message)
    });
    match new {
        None => Ok(()),
        Some(finding) => Err(Failure::usage(finding.message).with_hint(format!(
            "{} (`git postman explain {}`)",
            finding.help, finding.rule
        ))),
    }
}

fn broken(snapshot: &dyn Snapshot, ground: &Ground) -> Result<Vec<Finding>, Failure> {
    let config = &ground.decided.config;
    let levels: &Levels = &ground.decided.levels;
    let mut project = Project::load(snapshot, config)?;
    let nothing = Scope::Touched(std::collections::BTreeSet::new());
    let checked = check::run(&mut project, snapshot, &nothing, levels, &|_| {})?;
    let errors = checked
        .findings
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error);
    Ok(errors.collect())
}

fn wished_directories(args: &ConnectArgs) -> Result<(Option<RepoPath>, Option<RepoPath>), Failure> {
    let read = |option: &str, written: &Option<String>| {
        let Some(written) = written else {
            return Ok(None);
        };
        let wrong = |reason: &str| {
            Failure::usage(format!("{option} {}: {reason}", visible(written))).with_hint(
                "name a directory inside the repository, from its root, with forward slashes",
            )
        };
        let path = RepoPath::resolve(&RepoPath::root(), written.trim_end_matches('/'))
            .map_err(|error| wrong(&error.to_string()))?;
        if path.is_root() {
            return Err(wrong("is the root of the repository"));
        }
        let own = path
            .components()
            .any(|part| part == ".git" || part == ".postman");
        match own {
            true => Err(wrong("belongs to git or to Postman")),
            false => Ok(Some(path)),
        }
    };
    Ok((
        read("--schema-directory", &args.schema_directory)?,
        read("--collection-directory", &args.collection_directory)?,
    ))
}

/// The active branch.
fn branch(
    args: &ConnectArgs,
    ground: &Ground,
    recorded: Option<&MirrorState>,
) -> Result<String, Failure> {
    let configured = ground.decided.config.active_branch.as_ref();
    if let (Some(wished), Some(configured)) = (&args.branch, configured)
        && wished != configured
    {
        return Err(Failure::usage(format!(
            "--branch {}: git-postman.toml says that the active branch is `{}`",
            visible(wished),
            visible(configured)
        ))
        .with_hint("change `active-branch` under `[mapping]` there, or leave --branch out"));
    }
    if let Some(wished) = &args.branch {
        let known = ground.repository.branches()?;
        if !known.contains(wished) && ground.repository.has_commits()? {
            return Err(Failure::usage(format!(
                "there is no branch `{}`, here or on a remote",
                visible(wished)
            ))
            .with_hint("`git branch --all` lists them"));
        }
        return Ok(wished.clone());
    }
    let recorded = recorded.and_then(|state| state.owner.active_branch.as_ref());
    if let Some(known) = configured.or(recorded) {
        return Ok(known.clone());
    }
    ground.repository.current_branch()?.ok_or_else(|| {
        Failure::usage("no branch is checked out, so nothing says which one is the active branch")
            .with_hint("name it with --branch NAME")
    })
}

fn shown(ground: &Ground, found: &Found, link: &Link) -> String {
    let (what, own) = match &found.target {
        LinkTarget::GitLinked { api, .. } => ("the API", api),
        LinkTarget::ApiBuilder { api, .. } => ("the API", api),
        LinkTarget::SpecHub {
            specification: Some(specification),
            ..
        } => ("the specification", specification),
        LinkTarget::SpecHub { workspace, .. } => ("the workspace", workspace),
    };
    let folder = if ground.folder.is_root() {
        "this repository".to_owned()
    } else {
        format!("the folder `{}`", ground.folder)
    };
    let mut text = format!("{folder} and {what} `{}` ({own})\n", visible(&found.name));
    let mut line = |word: &str, value: &str| {
        text.push_str(&format!("  {word:<22}{}\n", visible(value)));
    };
    line("workspace", &found.workspace);
    line(
        "active branch",
        link.active_branch.as_deref().unwrap_or_default(),
    );
    match &link.schema_directory {
        Some(directory) => line("schema directory", directory.as_str()),
        None => line("definition", "by root file"),
    }
    line("collection directory", link.collection_directory.as_str());
    if matches!(found.target, LinkTarget::GitLinked { .. }) {
        line(
            "connected in Postman",
            "yes: Postman reads the active branch",
        );
    }
    text
}

fn listed(changes: &ChangeSet, verb: &str) -> String {
    changes
        .iter()
        .map(|change| format!("{verb} {}\n", change.path))
        .collect()
}
