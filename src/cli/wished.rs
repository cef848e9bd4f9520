//! What a folder is to be connected with: wished for, found in Postman, or made there.

use crate::cli::failure::{Failure, Kind};
use crate::cli::linking::{Ground, id};
use crate::mirror::element::RemoteId;
use crate::mirror::link_ends::is_here;
use crate::mirror::state::{LinkTarget, MirrorState};
use crate::model::text::visible;
use crate::postman::apis::{Api, ApiDraft};
use crate::postman::client::Postman;
use crate::postman::workspaces::ElementKind;

/// What the folder is to be connected with.
#[derive(Clone, Debug)]
pub enum Wish {
    /// An API that is there.
    Api(RemoteId),
    /// A new API of this name.
    NewApi(String),
    /// A specification, and the workspace that it lies in.
    Specification(RemoteId),
    /// A workspace with all that is in it.
    Workspace,
}

/// What was found in Postman.
#[derive(Debug)]
pub struct Found {
    /// What it is in Postman.
    pub target: LinkTarget,
    /// Its name.
    pub name: String,
    /// The name of its workspace.
    pub workspace: String,
    /// Everything that Postman says of the API, where it is one.
    pub api: Option<Api>,
}

impl Wish {
    /// Whether it has the layout of a workspace, with directories of its own.
    pub fn is_native(&self) -> bool {
        matches!(self, Self::Specification(_) | Self::Workspace)
    }
}

/// Asks Postman for what is wished, and makes a new API.
///
/// # Errors
/// Postman's; something that lies in another workspace than the one that was named.
pub fn found(
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
                LinkTarget::GitLinked { api, workspace, .. }
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
                elsewhere: None,
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
///
/// # Errors
/// An API of the same name; Postman's.
pub fn refuse_taken_name(
    postman: &Postman,
    workspace: &RemoteId,
    name: &str,
) -> Result<(), Failure> {
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

/// Nobody chose anything.
pub fn nothing_chosen() -> Failure {
    Failure::usage("nothing was chosen, and nothing was done")
}
