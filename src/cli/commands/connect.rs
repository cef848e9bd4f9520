//! `connect`: tells a service folder and an API, or a workspace, about each other. It makes the link, takes over one that is
//! there, and changes nothing where all is said already.

use crate::check::levels::Levels;
use crate::check::{self, Scope};
use crate::cli::checkup::access::Looked;
use crate::cli::ci_run::branch_here;
use crate::cli::connection_told::{NOT_YET, Told, tell_of_new_api};
use crate::cli::failure::{Failure, Kind};
use crate::cli::hosting::SiteChoice;
use crate::cli::linking::{Ground, Meaning, ask, choose, id, is_attended, refuse_while_claimed};
use crate::cli::proving::alarm;
use crate::cli::reporting::print;
use crate::cli::session::Session;
use crate::cli::wished::{Found, Wish, found, nothing_chosen, refuse_taken_name};
use crate::mirror::connecting::{Directories, changes, directories};
use crate::mirror::deliver::{Destination, deliver};
use crate::mirror::delivery::CommitOnBranch;
use crate::mirror::delivery_address::find;
use crate::mirror::element::RemoteId;
use crate::mirror::hosted::Seen;
use crate::mirror::link::{Here, Link, Own, link_of, named, own};
use crate::mirror::link_ends::{directory_told, is_here, recorded_name, told, verify};
use crate::mirror::link_error::LinkError;
use crate::mirror::link_named::Named;
use crate::mirror::state::{Elsewhere, LinkTarget, MirrorState, Owner};
use crate::mirror::store::{StateStore as _, Stored};
use crate::model::change::ChangeSet;
use crate::model::finding::{Finding, Severity};
use crate::model::overlay::Overlay;
use crate::model::path::RepoPath;
use crate::model::snapshot::Snapshot;
use crate::model::text::visible;
use crate::postman::apis::{Api, GitInfo};
use crate::postman::client::Postman;
use crate::project::Project;
use crate::project::service::Service;
use crate::report::ReportFormat;
use clap::Args;

/// Connect this repository with an API, or with a workspace of Postman v12
///
/// Postman's own files in `.postman/` say so afterwards, and the mirror keeps a record of it on a reference of its own. It is
/// checked before that the API belongs to no other repository and the repository to no other API. Connecting the same again
/// changes nothing; a link that is there and lacks the record is taken over.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  git postman connect                                        asks what to connect with
  git postman connect --workspace ID --api ID                an API
  git postman connect --api ID --repository REMOTE           an API that Postman reads from another repository
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
    /// Deliver to the repository that Postman has connected the API to, where that is another one than this: a remote of this
    /// clone, or its address
    #[arg(long, value_name = "REMOTE", conflicts_with_all = ["spec", "create"])]
    repository: Option<String>,
    /// The branch of that repository that Postman reads [default: the name of the active branch here]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["spec", "create"])]
    repository_branch: Option<String>,
    /// This repository is the one of the link from now on: it was renamed, has moved, or was made again, and the record has the
    /// old one
    #[arg(long)]
    moved: bool,
    /// Who hosts this repository
    #[command(flatten)]
    site: SiteChoice,
    /// Only say what would be done
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// How to write the result: human or json
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: ReportFormat,
}

/// Runs the command.
///
/// # Errors
/// Options that do not fit, ends that are linked elsewhere, what Postman refuses, files that cannot be written.
pub fn run(args: &ConnectArgs, session: &Session) -> Result<u8, Failure> {
    let ground = Ground::of(session, args.folder.as_deref(), Meaning::Any, &args.site)?;
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
    let in_files = match named(&project, service) {
        Err(LinkError::SeveralApis { .. }) if recorded.is_some() => {
            recorded.map(|state| Named::of(&state.owner.target))
        }
        other => other?,
    };
    refuse_another_record(args, session, &ground, recorded, in_files.as_ref())?;
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
    let branch = branch(args, session, &ground, recorded)?;
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
            let owner = owner_of(args, &ground, recorded, (name, &placeholder, &branch))?;
            let link = proposed(&ground, service, owner, &directories);
            return tell_of_new_api(args.format, session, &ground, &link, &would);
        }
    }
    let mut found = found(&postman, &wish, workspace.as_ref(), recorded, &ground)?;
    deliver_elsewhere(args, &ground, &mut found, recorded, &branch)?;
    refuse_other_link(recorded, in_files.as_ref(), &found.target)?;
    let told = found.api.as_ref().and_then(Api::connected);
    let directories = directories(service, &found.target, wished, told);
    let owner = owner_of(
        args,
        &ground,
        recorded,
        (&found.name, &found.target, &branch),
    )?;
    let link = proposed(&ground, service, owner.clone(), &directories);
    let changes = changes(&project, service, &found.target, &directories)?;
    refuse_broken(&ground, &changes)?;
    agree_with_postman(&ground, &found, &link)?;
    let state = next_state(stored.as_ref(), owner);
    let is_recorded = recorded == Some(&state);
    let access = Looked::at(
        session,
        &ground.repository,
        ground.home.remote.as_deref(),
        &args.site,
        &branch,
    );
    let mut told = Told {
        access: &access,
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
    let state = match is_recorded {
        true => state,
        false => {
            refuse_while_claimed(stored.as_ref(), now)?;
            with_id(args, session, &ground, recorded, state)?
        }
    };
    for (warning, remedy) in access.warnings() {
        session.output.warning(&warning);
        remedy.iter().for_each(|hint| session.output.hint(hint));
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

fn owner_of(
    args: &ConnectArgs,
    ground: &Ground,
    recorded: Option<&MirrorState>,
    (name, target, branch): (&str, &LinkTarget, &str),
) -> Result<Owner, Failure> {
    let seen = ground.proving.seen().map(|seen| seen.hosted.clone());
    // Of what has moved, the record has an id that may be another one by now.
    let known = recorded.filter(|_| !args.moved);
    let known = known.and_then(|state| state.owner.hosted.clone());
    Ok(Owner {
        repository: ground.home.repository(),
        roots: ground.home.roots()?.to_vec(),
        hosted: seen.or(known),
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
    let own = Own {
        owner,
        proof: ground.proof(),
        moved_from: None,
    };
    let link = link_of(&ground.decided.config, service, own);
    Link {
        schema_directory: directories.schemas.clone(),
        collection_directory: directories.collections.clone(),
        active_branch: branch,
        ..link
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
        Some(state) => {
            let state = match state.owner.target.has_place_of(&owner.target) {
                true => state.clone(),
                false => state.clone().with_another_place(),
            };
            MirrorState {
                owner,
                ended: None,
                ..state
            }
        }
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

/// An API that Postman has connected to another repository is delivered there, where somebody says so or has said so.
fn deliver_elsewhere(
    args: &ConnectArgs,
    ground: &Ground,
    found: &mut Found,
    recorded: Option<&MirrorState>,
    branch: &str,
) -> Result<(), Failure> {
    let same = |state: &&MirrorState| Named::of(&state.owner.target) == Named::of(&found.target);
    let known = recorded
        .filter(same)
        .and_then(|state| state.owner.target.elsewhere());
    let wished = args.repository.is_some() || args.repository_branch.is_some();
    if !wished && known.is_none() {
        return Ok(());
    }
    let info = found.api.as_ref().and_then(Api::connected);
    let Some(info) = info.filter(|info| !is_here(info, &ground.home)) else {
        if !wished {
            return Ok(());
        }
        return Err(Failure::usage(format!(
            "--repository: Postman has connected `{}` to {}",
            visible(&found.name),
            match info {
                Some(_) => "this very repository",
                None => "no repository",
            }
        ))
        .with_hint("leave --repository and --repository-branch out"));
    };
    let to = find(&ground.repository, info, args.repository.as_deref())?;
    let there = args.repository_branch.as_deref();
    let there = there.or(known.map(|known| known.branch.as_str()));
    let there = there.unwrap_or(branch);
    CommitOnBranch::new(&ground.repository, to, there)?.look()?;
    if let (Named::Api(api), workspace) = (Named::of(&found.target), found.target.workspace()) {
        found.target = LinkTarget::GitLinked {
            api,
            workspace: workspace.clone(),
            elsewhere: Some(Elsewhere {
                repository: recorded_name(info),
                branch: there.to_owned(),
                schema_directory: directory_told(info.schema_folder.as_ref()),
                collection_directory: directory_told(info.collection_folder.as_ref()),
            }),
        };
    }
    Ok(())
}

/// The record must be this repository's, and of the Postman that is spoken to.
fn refuse_another_record(
    args: &ConnectArgs,
    session: &Session,
    ground: &Ground,
    recorded: Option<&MirrorState>,
    in_files: Option<&Named>,
) -> Result<(), Failure> {
    let Some(state) = recorded else { return Ok(()) };
    if !args.moved {
        let find = |seen: Option<&Seen>| {
            let here = Here {
                seen,
                ..ground.here()
            };
            own(&state.owner, in_files, &here)
        };
        let found = ground.proving.find(ground.around(session), find)?;
        found.map_err(|error| alarm(error, session))?;
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

/// What is about to be recorded, with the id that the service that hosts the repository gives it, where it can be asked.
fn with_id(
    args: &ConnectArgs,
    session: &Session,
    ground: &Ground,
    recorded: Option<&MirrorState>,
    mut state: MirrorState,
) -> Result<MirrorState, Failure> {
    // What is about to be recorded is this repository's by its address; an earlier record need not be.
    let before = recorded.filter(|_| !args.moved);
    let mut owner = before.unwrap_or(&state).owner.clone();
    if before.is_none() {
        owner.hosted = None;
    }
    let named = Named::of(&owner.target);
    let around = ground.around(session);
    let here = ground.here();
    let proven = ground.proving.prove(around, &owner, Some(&named), &here)?;
    let own = proven.map_err(|error| alarm(error, session))?;
    state.owner.hosted = own.owner.hosted;
    Ok(state)
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
        && found.target.elsewhere().is_none()
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
        "deliver to that repository from here, with --repository and a remote that reaches it; or work in it; or disconnect the API from it in the Postman app; or connect this one with an API of its own, with --create NAME",
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
    session: &Session,
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
    branch_here(session, &ground.repository)?.ok_or_else(|| {
        Failure::usage("no branch is checked out, so nothing says which one is the active branch")
            .with_hint("name it with --branch NAME")
    })
}
