//! Where definitions and collections of a connected API go: nowhere, since Postman reads them where they are; to its active
//! branch, from another branch; or to another repository.

use crate::cli::failure::{Failure, Kind};
use crate::cli::plan_told::DeliveryTold;
use crate::git::repository::Repository;
use crate::mirror::branch_files::Directories;
use crate::mirror::delivery::{CommitOnBranch, DeliveryError};
use crate::mirror::delivery_address::{Reachable, Unreachable, find};
use crate::mirror::element::{ElementKind, ElementSet, RemoteId};
use crate::mirror::git_side::GitSide;
use crate::mirror::home::Home;
use crate::mirror::link::Link;
use crate::mirror::link_named::Named;
use crate::mirror::state::{LinkTarget, MirrorState};
use crate::mirror::target_git_linked::Branch;
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::text::visible;
use crate::postman::apis::Api;

/// The branch that is delivered to.
#[derive(Clone, Debug)]
pub struct Delivering {
    /// The repository.
    pub to: Reachable,
    /// Its branch.
    pub branch: String,
    /// Whether it is this very repository.
    pub is_here: bool,
    directories: Directories,
    api: RemoteId,
    definition: Option<RepoPath>,
    of: String,
    source: String,
}

/// Who asks.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// This repository.
    pub repository: &'a Repository,
    /// Which one it is.
    pub home: &'a Home,
    /// The link.
    pub link: &'a Link,
    /// What Postman says of the API.
    pub api: Option<&'a Api>,
    /// `--repository`.
    pub wished: Option<&'a str>,
}

/// What is carried.
#[derive(Clone, Copy)]
pub enum Carrying<'a> {
    /// A branch that was named; where none was, the active branch.
    Push(Option<&'a str>, &'a CommitId),
    /// What the last delivery replaced.
    Back,
    /// What was changed there.
    Pull,
}

/// The branch that a connected API is delivered to; `None` where Postman reads what is here.
///
/// # Errors
/// A repository that no remote is, or that was named and is another one.
pub fn delivering(
    asking: &Asking<'_>,
    carrying: Carrying<'_>,
    git: &ElementSet,
) -> Result<Option<Delivering>, Failure> {
    let Asking { home, link, .. } = asking;
    let (LinkTarget::GitLinked { api, elsewhere, .. }, Some(known)) = (&link.target, asking.api)
    else {
        return match asking.wished {
            None => Ok(None),
            Some(_) => Err(Failure::usage(format!(
                "--repository names what Postman reads, and it reads no repository of the {}",
                Named::of(&link.target)
            ))
            .with_hint("leave it out")),
        };
    };
    let (to, branch, directories) = match elsewhere {
        Some(elsewhere) => {
            let info = known.connected().cloned().unwrap_or_default();
            let to = find(asking.repository, &info, asking.wished)?;
            let directories = Directories::elsewhere(link, elsewhere);
            (to, elsewhere.branch.clone(), directories)
        }
        None if asking.wished.is_some() => {
            return Err(
                Failure::usage("--repository: Postman reads this very repository")
                    .with_hint("leave it out"),
            );
        }
        None => {
            let (Some(active), Some(remote)) = (&link.active_branch, home.remote.clone()) else {
                return Ok(None);
            };
            let is_read = match carrying {
                Carrying::Push(Some(pushed), _) => pushed == active,
                Carrying::Push(None, _) | Carrying::Pull => true,
                Carrying::Back => false,
            };
            if is_read {
                return Ok(None);
            }
            let shown = home.address.as_ref().map(ToString::to_string);
            let shown = shown.unwrap_or_else(|| remote.clone());
            let to = Reachable { remote, shown };
            (to, active.clone(), Directories::here(link))
        }
    };
    let mut definitions = git.keys().filter(|key| key.kind == ElementKind::Definition);
    let own = match &home.address {
        Some(address) => address.to_string(),
        None => "a repository without an address".to_owned(),
    };
    let from = match carrying {
        Carrying::Push(Some(branch), commit) => {
            format!(", branch {}, at {commit}", visible(branch))
        }
        Carrying::Push(None, commit) => format!(" at {commit}"),
        Carrying::Back => ", which takes its last delivery back".to_owned(),
        Carrying::Pull => String::new(),
    };
    Ok(Some(Delivering {
        to,
        branch,
        is_here: elsewhere.is_none(),
        directories,
        api: api.clone(),
        definition: definitions.next().map(|key| key.path.clone()),
        of: match link.name.is_empty() {
            true => String::new(),
            false => format!(" of {}", visible(&link.name)),
        },
        source: format!("From: {own}{from}"),
    }))
}

/// The way to the branch, where there is one.
pub struct Route<'a> {
    repository: &'a Repository,
    taken: Option<(&'a Delivering, CommitOnBranch<'a>)>,
}

/// The way to the branch that is delivered to.
///
/// # Errors
/// A branch whose name git does not take.
pub fn route<'a>(
    delivering: Option<&'a Delivering>,
    repository: &'a Repository,
) -> Result<Route<'a>, Failure> {
    let taken = match delivering {
        None => None,
        Some(one) => {
            let way = CommitOnBranch::new(repository, one.to.clone(), &one.branch)?;
            Some((one, way))
        }
    };
    Ok(Route { repository, taken })
}

impl Route<'_> {
    /// What the target of the link needs.
    pub fn branch(&self) -> Option<Branch<'_>> {
        let (one, way) = self.taken.as_ref()?;
        Some(Branch {
            repository: self.repository,
            delivery: way,
            directories: &one.directories,
            api: &one.api,
            definition: one.definition.as_ref(),
            of: &one.of,
            source: &one.source,
        })
    }
}

impl Delivering {
    /// The branch and its repository, to be told.
    pub fn told(&self) -> DeliveryTold {
        DeliveryTold {
            repository: self.to.shown.clone(),
            branch: self.branch.clone(),
        }
    }
}

/// Whether Postman reads definitions and collections from the active branch of this very repository: then they are git's
/// business alone.
pub fn is_read_here(link: &Link) -> bool {
    matches!(link.target, LinkTarget::GitLinked { .. }) && link.target.elsewhere().is_none()
}

/// Leaves out of a state and of Git's side what is git's business alone.
pub fn without_delivered(state: &mut MirrorState, git: &mut GitSide) {
    state.retain_environments();
    git.elements
        .retain(|key, _| key.kind == ElementKind::Environment);
    git.candidates.clear();
}

/// What kind of trouble a delivery met.
pub fn kind_of(error: &DeliveryError) -> Kind {
    match error {
        DeliveryError::Refused { .. } | DeliveryError::NotPushed { .. } => Kind::Service,
        DeliveryError::Git(error) if error.is_about_a_remote() => Kind::Service,
        DeliveryError::Overtaken { .. } => Kind::Overtaken,
        DeliveryError::Git(_)
        | DeliveryError::Write(_)
        | DeliveryError::NoBranch { .. }
        | DeliveryError::Empty { .. }
        | DeliveryError::Unread(_) => Kind::Usage,
    }
}

/// Words for a delivery that did not come about, with what to do.
pub fn failure_of(error: &DeliveryError) -> Failure {
    let failure = Failure::of(kind_of(error), error.to_string());
    error.hint().into_iter().fold(failure, Failure::with_hint)
}

impl From<DeliveryError> for Failure {
    fn from(error: DeliveryError) -> Self {
        failure_of(&error)
    }
}

impl From<Unreachable> for Failure {
    fn from(error: Unreachable) -> Self {
        let kind = match error {
            Unreachable::Another { .. } => Kind::Conflict,
            _ => Kind::Usage,
        };
        let hint = error.hint();
        hint.into_iter()
            .fold(Self::of(kind, error.to_string()), Self::with_hint)
    }
}
