//! The link between a service folder and Postman, as a value; and whether everybody who knows of it says the same.
//!
//! Three speak of a link: Postman's files in `.postman/`, the owner in the mirror's record, and, for an API that Postman has
//! connected itself, Postman. [`find_link`] needs the first two and asks nobody; [`verify`] holds the third against them and
//! belongs before the first write of every run.

use std::fmt;

use crate::config::file::Config;
use crate::git::error::GitError;
use crate::mirror::element::RemoteId;
use crate::mirror::home::{Home, Sameness};
use crate::mirror::pairing::Places;
use crate::mirror::state::{Elsewhere, LinkTarget, MirrorState, Owner};
use crate::model::id::ApiId;
use crate::model::path::RepoPath;
use crate::model::text::visible;
use crate::net::base_url::BaseUrl;
use crate::postman::apis::{Api, GitInfo};
use crate::project::Project;
use crate::project::api_file::ApiFile;
use crate::project::connected::connections;
use crate::project::service::{
    DEFAULT_COLLECTION_DIRECTORY, DEFAULT_SCHEMA_DIRECTORY, Role, Service,
};
use crate::project::written::WrittenPath;

/// A service folder and what it is linked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The folder that holds `.postman`.
    pub folder: RepoPath,
    /// What it is in Postman.
    pub target: LinkTarget,
    /// The name in Postman when they were connected, for people.
    pub name: String,
    /// Where files go that only Postman has, counted from the folder.
    pub places: Places,
    /// The schema directory from the root of the repository; `None` where the API goes by root files.
    pub schema_directory: Option<RepoPath>,
    /// The collection directory from the root of the repository.
    pub collection_directory: RepoPath,
    /// The branch that is mirrored: `[mapping] active-branch`, else the one it was connected with.
    pub active_branch: Option<String>,
    /// Who is linked to what, as it belongs into the record from now on: the repository may have moved.
    pub owner: Owner,
    /// The address that the record still has, where the repository has another one by now.
    pub moved_from: Option<String>,
}

/// What is known where the link is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    /// The repository.
    pub home: &'a Home,
    /// The reference of the record.
    pub state_ref: &'a str,
    /// Postman's host, as [`postman_host`] names it.
    pub host: &'a str,
}

/// What `.postman/` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// An API.
    Api(RemoteId),
    /// A workspace of Postman v12.
    Workspace(RemoteId),
}

/// Why there is no link to work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Nothing is connected.
    #[error("{} is not connected to anything in Postman", of_folder(.folder))]
    NotLinked {
        /// The folder.
        folder: RepoPath,
    },
    /// The files name something, and no record says that it is this repository's.
    #[error(
        "{} names the {named}, and there is no record that it is connected to this repository", metadata(.folder)
    )]
    NoRecord {
        /// The folder.
        folder: RepoPath,
        /// What the files name.
        named: Named,
    },
    /// The record says connected, the files name nothing.
    #[error("{} names nothing any more, and the mirror's record says it is connected to the {recorded}", metadata(.folder))]
    NoFiles {
        /// The folder.
        folder: RepoPath,
        /// What the record names.
        recorded: Named,
    },
    /// The files name one thing, the record another.
    #[error("{} names the {named}, and the mirror's record says that this folder is connected to the {recorded}", metadata(.folder))]
    FilesDiffer {
        /// The folder.
        folder: RepoPath,
        /// What the files name.
        named: Named,
        /// What the record names.
        recorded: Named,
    },
    /// Several APIs in one folder, and nothing tells which is meant.
    #[error("{} names several APIs: {}", metadata(.folder), list(.apis))]
    SeveralApis {
        /// The folder.
        folder: RepoPath,
        /// The APIs.
        apis: Vec<RemoteId>,
    },
    /// A file of Postman's that cannot be read.
    #[error("{path} {reason}")]
    Unread {
        /// The file.
        path: RepoPath,
        /// Why.
        reason: String,
    },
    /// The record is another repository's.
    #[error(
        "the {recorded} is connected to the repository {}, and this is {}", repository_name(.owner), repository_name(.here)
    )]
    OtherRepository {
        /// What is connected.
        recorded: Named,
        /// The repository in the record.
        owner: String,
        /// This repository.
        here: String,
    },
    /// The record may be another repository's.
    #[error(
        "this clone is shallow, and its address does not tell whether the {recorded} is connected to it: the record has {}, and the clone {}", address_name(.owner), address_name(.here)
    )]
    CutOff {
        /// What is connected.
        recorded: Named,
        /// The repository in the record.
        owner: String,
        /// This repository.
        here: String,
    },
    /// Git could not say which repository this is.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The link is to another region or server of Postman's.
    #[error("the link is to Postman at {recorded}, and this run speaks to {here}")]
    OtherHost {
        /// The host in the record.
        recorded: String,
        /// This host.
        here: String,
    },
}

impl LinkError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NotLinked { .. } => "connect it with `git postman connect`".to_owned(),
            Self::NoRecord { named, .. } => format!(
                "where this is the repository of the {}, take the link over with `git postman connect {}`; a fork or a copy carries the files of its origin: there, `git postman disconnect` takes them out",
                named.word(),
                named.option()
            ),
            Self::NoFiles { recorded, .. } => format!(
                "`git postman connect {}` writes the files again; `git postman disconnect` ends the link",
                recorded.option()
            ),
            Self::FilesDiffer { named, .. } => format!(
                "bring back the files of the link with git; or `git postman disconnect` and then `git postman connect {}`",
                named.option()
            ),
            Self::SeveralApis { .. } => {
                "give each API a folder of its own (policy `folders`): the mirror keeps one link for each folder".to_owned()
            }
            Self::Unread { .. } => "mend the file, or remove it".to_owned(),
            Self::OtherRepository { .. } => {
                "where the repository was renamed, say so with `git postman connect --moved`; in a fork or a copy, `git postman disconnect` takes the link of its origin out, and `git postman connect` makes one of its own".to_owned()
            }
            Self::CutOff { .. } => {
                "`git fetch --unshallow` brings the first commits, which tell; a CI job checks out with the whole history, or from the address that the link was made with".to_owned()
            }
            Self::Git(error) => error.hint().unwrap_or_else(|| "`git fsck` says what is wrong with the history".to_owned()),
            Self::OtherHost { .. } => {
                "set POSTMAN_API_URL to the region that the link is to; ids mean nothing in another one".to_owned()
            }
        }
    }
}

/// The three ends of a link do not agree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the ends of the link do not agree: `.postman/` says {files}; the mirror's record says {record}; Postman says {postman}"
)]
pub struct Mismatch {
    /// What Postman's files in the repository say.
    pub files: String,
    /// What the owner in the record says.
    pub record: String,
    /// What Postman says.
    pub postman: String,
    /// What to do.
    pub hint: String,
}

impl Named {
    /// `API` or `workspace`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Api(_) => "API",
            Self::Workspace(_) => "workspace",
        }
    }

    /// The id.
    pub fn id(&self) -> &RemoteId {
        match self {
            Self::Api(id) | Self::Workspace(id) => id,
        }
    }

    /// What a target is called in the files.
    pub fn of(target: &LinkTarget) -> Self {
        match target {
            LinkTarget::GitLinked { api, .. } | LinkTarget::ApiBuilder { api, .. } => {
                Self::Api(api.clone())
            }
            LinkTarget::SpecHub { workspace, .. } => Self::Workspace(workspace.clone()),
        }
    }

    /// The option of `connect` that names it.
    pub fn option(&self) -> String {
        match self {
            Self::Api(id) => format!("--api {id}"),
            Self::Workspace(id) => format!("--workspace {id}"),
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.word(), self.id())
    }
}

/// What the files of a folder name; `None` where they name nothing.
///
/// # Errors
/// Files that cannot be read, several APIs.
pub fn named(project: &Project<'_>, service: &Service) -> Result<Option<Named>, LinkError> {
    named_with(project, service, None)
}

/// The link of a service folder, from its files and the mirror's record.
///
/// # Errors
/// Everything in [`LinkError`].
pub fn find_link(
    project: &Project<'_>,
    service: &Service,
    state: Option<&MirrorState>,
    here: &Here<'_>,
) -> Result<Link, LinkError> {
    let folder = service.folder.clone();
    let live = state.filter(|state| state.ended.is_none());
    let recorded = live.map(|state| Named::of(&state.owner.target));
    let named = named_with(project, service, recorded.as_ref())?;
    let (state, recorded, named) = match (live, recorded, named) {
        (None, _, None) => return Err(LinkError::NotLinked { folder }),
        (None, _, Some(named)) => return Err(LinkError::NoRecord { folder, named }),
        (Some(_), Some(recorded), None) => return Err(LinkError::NoFiles { folder, recorded }),
        (Some(state), Some(recorded), Some(named)) => (state, recorded, named),
        (Some(_), None, _) => return Err(LinkError::NotLinked { folder }),
    };
    let owner = &state.owner;
    let sameness = here.home.sameness(owner, here.state_ref)?;
    refuse_another(sameness, owner, here.home)?;
    if named.id().bare() != recorded.id().bare() || named.word() != recorded.word() {
        return Err(LinkError::FilesDiffer {
            folder,
            named,
            recorded,
        });
    }
    if owner.host != here.host {
        return Err(LinkError::OtherHost {
            recorded: owner.host.clone(),
            here: here.host.to_owned(),
        });
    }
    let moved_from = (sameness == Sameness::Moved).then(|| owner.repository.clone());
    let mut current = owner.clone();
    if here.home.address.is_some() {
        current.repository = here.home.repository();
    }
    if current.roots.is_empty() {
        current.roots = here.home.roots()?.to_vec();
    }
    Ok(link_of(project.config, service, current, moved_from))
}

/// Refuses a record that is another repository's, or may be.
///
/// # Errors
/// [`LinkError::OtherRepository`], [`LinkError::CutOff`].
pub fn refuse_another(sameness: Sameness, owner: &Owner, home: &Home) -> Result<(), LinkError> {
    let recorded = Named::of(&owner.target);
    let (owner, here) = (owner.repository.clone(), home.repository());
    match sameness {
        Sameness::Same | Sameness::Moved => Ok(()),
        Sameness::Other => Err(LinkError::OtherRepository {
            recorded,
            owner,
            here,
        }),
        Sameness::Unknown => Err(LinkError::CutOff {
            recorded,
            owner,
            here,
        }),
    }
}

/// The link that an owner has in a folder.
pub fn link_of(
    config: &Config,
    service: &Service,
    owner: Owner,
    moved_from: Option<String>,
) -> Link {
    let directories = directories(service, &owner.target);
    let below = |path: &RepoPath| {
        let rest = path.below(&service.folder).map(RepoPath::parse);
        rest.and_then(Result::ok).unwrap_or_else(|| path.clone())
    };
    let schema_directory = directories.schemas;
    let collections = directories.collections;
    // By root files, a definition that only Postman has goes where Postman's default is.
    let definitions = schema_directory
        .clone()
        .or_else(|| service.folder.join(DEFAULT_SCHEMA_DIRECTORY).ok())
        .unwrap_or_else(RepoPath::root);
    let environments = service
        .directories(Role::Environments)
        .next()
        .map(|directory| directory.path.clone())
        .or_else(|| service.folder.join(ENVIRONMENTS).ok())
        .unwrap_or_else(RepoPath::root);
    Link {
        folder: service.folder.clone(),
        target: owner.target.clone(),
        name: owner.name.clone(),
        places: Places {
            definitions: below(&definitions),
            collections: below(&collections),
            environments: below(&environments),
        },
        schema_directory,
        collection_directory: collections,
        active_branch: config
            .active_branch
            .clone()
            .or_else(|| owner.active_branch.clone()),
        owner,
        moved_from,
    }
}

/// The name of a server of Postman's in a record. Its two usual names are one service, and whatever runs on this machine is a
/// sandbox, which gets another port each time.
pub fn postman_host(base: &BaseUrl) -> String {
    let host = base.host();
    if base.is_loopback() {
        return "localhost".to_owned();
    }
    match host.as_str() {
        "api.postman.com" => "api.getpostman.com".to_owned(),
        _ => host,
    }
}

/// Holds what Postman says of an API against the link. Belongs before the first write of a run; `api` is the answer to
/// [`Postman::api`](crate::postman::client::Postman::api). A workspace is connected to nothing that its API would tell, so
/// there is nothing to hold against it.
///
/// # Errors
/// The ends that do not agree, each in words, with the ways out.
pub fn verify(link: &Link, api: &Api, home: &Home) -> Result<(), Mismatch> {
    let (LinkTarget::GitLinked { api: own, .. } | LinkTarget::ApiBuilder { api: own, .. }) =
        &link.target
    else {
        return Ok(());
    };
    let linked = matches!(link.target, LinkTarget::GitLinked { .. });
    let elsewhere = link.target.elsewhere();
    let mismatch = |hint: String| Mismatch {
        files: format!("this folder belongs to the API {own}"),
        record: format!(
            "the API {own} belongs to {}{}{}",
            repository_name(&link.owner.repository),
            in_folder(&link.folder),
            elsewhere.map(delivers_to).unwrap_or_default()
        ),
        postman: match api.connected() {
            None => format!("the API {} is connected to no repository", api.id.bare()),
            Some(info) => format!(
                "the API {} is connected to {}{}",
                api.id.bare(),
                told(info),
                directories_told(info)
            ),
        },
        hint,
    };
    let again = format!("`git postman connect --api {own}` takes over what Postman says");
    if api.id.bare() != own.bare() {
        return Err(mismatch(again));
    }
    let Some(info) = api.connected() else {
        return match linked {
            false => Ok(()),
            true => Err(mismatch(format!(
                "connect the API to this repository in Postman again; or {again}"
            ))),
        };
    };
    if let Some(elsewhere) = elsewhere {
        return match differs_elsewhere(elsewhere, info, home) {
            None => Ok(()),
            Some(words) => Err(mismatch(format!(
                "{words}: where Postman is right, `git postman connect --api {own} --repository {}` says so",
                told(info)
            ))),
        };
    }
    if !is_here(info, home) {
        return Err(mismatch(format!(
            "disconnect the API from {} in Postman; or disconnect this repository with `git postman disconnect`; or work in that repository",
            told(info)
        )));
    }
    if !linked {
        return Err(mismatch(format!(
            "Postman has connected the API to this repository since: {again}"
        )));
    }
    if let Some(words) = directories_differ(link, info) {
        return Err(mismatch(format!(
            "{words}: choose the same directories in Postman and in `.postman/`"
        )));
    }
    Ok(())
}

/// What a repository that Postman names is called in a record.
pub fn recorded_name(info: &GitInfo) -> String {
    told(info).to_lowercase()
}

/// Whether the repository that Postman names is this one.
pub fn is_here(info: &GitInfo, home: &Home) -> bool {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    home.address.as_ref().is_some_and(|address| {
        address.is_called(
            info.domain.as_deref(),
            &text(&info.organization),
            &text(&info.repository),
        )
    })
}

/// A repository as Postman names it, for messages.
pub fn told(info: &GitInfo) -> String {
    let parts = [&info.domain, &info.organization, &info.repository];
    let parts: Vec<&str> = parts
        .into_iter()
        .filter_map(|part| part.as_deref().filter(|part| !part.is_empty()))
        .collect();
    visible(&parts.join("/"))
}

/// Both directories as Postman names them, for messages.
fn directories_told(info: &GitInfo) -> String {
    let both = [
        ("schemas", &info.schema_folder),
        ("collections", &info.collection_folder),
    ];
    both.iter()
        .filter_map(|(what, folder)| Some((what, folder.as_ref()?)))
        .map(|(what, folder)| format!(", {what} in `{}`", visible(folder)))
        .collect()
}

/// A directory as Postman writes it, from the root of the repository; `None` where it names none.
pub fn directory_told(written: Option<&String>) -> Option<RepoPath> {
    let written = written?.trim().trim_matches('/');
    let path = RepoPath::resolve(&RepoPath::root(), written).ok()?;
    (!path.is_root()).then_some(path)
}

/// Where environments go in every layout: Postman's own folder for them in the newest.
const ENVIRONMENTS: &str = "postman/environments";

struct Directories {
    schemas: Option<RepoPath>,
    collections: RepoPath,
}

/// Both directories of the API that is linked; of a folder with several, the others have theirs.
fn directories(service: &Service, target: &LinkTarget) -> Directories {
    let default = |name: &str| {
        let path = service.folder.join(name);
        path.unwrap_or_else(|_| service.folder.clone())
    };
    let first = |role: Role| {
        let directory = service.directories(role).next();
        directory.map(|directory| directory.path.clone())
    };
    let file = match Named::of(target) {
        Named::Api(id) => api_file(service, &id),
        Named::Workspace(_) => None,
    };
    let Some(file) = file else {
        return Directories {
            schemas: Some(
                first(Role::Schemas).unwrap_or_else(|| default(DEFAULT_SCHEMA_DIRECTORY)),
            ),
            collections: first(Role::Collections)
                .unwrap_or_else(|| default(DEFAULT_COLLECTION_DIRECTORY)),
        };
    };
    let resolved =
        |written: &Option<WrittenPath>| written.as_ref().and_then(|path| path.resolved().cloned());
    Directories {
        schemas: resolved(&file.schema_directory),
        collections: resolved(&file.collection_directory)
            .unwrap_or_else(|| default(DEFAULT_COLLECTION_DIRECTORY)),
    }
}

/// The file of an API in a folder.
pub fn api_file<'s>(service: &'s Service, id: &RemoteId) -> Option<&'s ApiFile> {
    let wanted = ApiId::parse(id.bare())?;
    service.apis.iter().find(|file| {
        let own = file.name_id.as_deref().and_then(ApiId::parse);
        own.or_else(|| file.api_id()).as_ref() == Some(&wanted)
    })
}

/// What Postman says otherwise of another repository than the record.
fn differs_elsewhere(elsewhere: &Elsewhere, info: &GitInfo, home: &Home) -> Option<String> {
    if is_here(info, home) {
        return Some("Postman has connected the API to this very repository since".to_owned());
    }
    let now = recorded_name(info);
    if now != elsewhere.repository {
        return Some(format!(
            "the API was connected to {} and is to {now} now",
            visible(&elsewhere.repository)
        ));
    }
    let pairs = [
        (
            "collection directory",
            &elsewhere.collection_directory,
            directory_told(info.collection_folder.as_ref()),
        ),
        (
            "schema directory",
            &elsewhere.schema_directory,
            directory_told(info.schema_folder.as_ref()),
        ),
    ];
    let name = |path: Option<&RepoPath>| path.map_or("not named".to_owned(), ToString::to_string);
    let mut differing = pairs.iter().filter(|(_, known, told)| *known != told);
    differing.next().map(|(what, known, told)| {
        let (known, told) = (name(known.as_ref()), name(told.as_ref()));
        format!("the {what} there was {known} and is {told} now")
    })
}

fn delivers_to(elsewhere: &Elsewhere) -> String {
    let name = |path: &Option<RepoPath>| match path {
        Some(path) => format!("`{path}`"),
        None => "Postman's default".to_owned(),
    };
    format!(
        " and is delivered to `{}`, branch `{}`, schemas in {}, collections in {}",
        visible(&elsewhere.repository),
        visible(&elsewhere.branch),
        name(&elsewhere.schema_directory),
        name(&elsewhere.collection_directory),
    )
}

fn directories_differ(link: &Link, info: &GitInfo) -> Option<String> {
    let pairs = [
        (
            "collection directory",
            Some(&link.collection_directory),
            directory_told(info.collection_folder.as_ref()),
        ),
        (
            "schema directory",
            link.schema_directory.as_ref(),
            directory_told(info.schema_folder.as_ref()),
        ),
    ];
    for (what, own, told) in pairs {
        if let (Some(own), Some(told)) = (own, told)
            && *own != told
        {
            return Some(format!("the {what} is {own} here and {told} in Postman"));
        }
    }
    None
}

/// What the files name. Where they name several APIs, the one that the record names is meant.
fn named_with(
    project: &Project<'_>,
    service: &Service,
    recorded: Option<&Named>,
) -> Result<Option<Named>, LinkError> {
    if let Some((path, reason)) = service.unread.first() {
        return Err(LinkError::Unread {
            path: path.clone(),
            reason: reason.clone(),
        });
    }
    let found = connections(project);
    let own = found
        .iter()
        .filter(|connection| connection.service.folder == service.folder);
    let ids = own.filter(|connection| connection.api.is_some());
    let mut apis: Vec<RemoteId> = ids
        .filter_map(|connection| ApiId::parse(&connection.id))
        .filter_map(|id| RemoteId::parse(id.as_str()))
        .collect();
    if apis.is_empty() {
        // As after Postman connected an empty repository: a list, and no file yet.
        let listed = service.index.iter().flat_map(|index| &index.apis);
        let listed = listed.filter_map(|api| RemoteId::parse(api.id.as_ref()?.as_str()));
        apis.extend(listed);
        apis.sort();
        apis.dedup();
    }
    let resources = service.resources.as_ref();
    let workspace = resources
        .filter(|resources| resources.has_workspace())
        .and_then(|resources| resources.workspace.as_ref())
        .and_then(|written| RemoteId::parse(&written.text.to_ascii_lowercase()))
        .map(Named::Workspace);
    // On its way to the newer layout a folder has both.
    let all = apis
        .iter()
        .cloned()
        .map(Named::Api)
        .chain(workspace.clone());
    let meant = all.into_iter().find(|named| {
        recorded.is_some_and(|recorded| {
            recorded.word() == named.word() && recorded.id().bare() == named.id().bare()
        })
    });
    if meant.is_some() || workspace.is_some() {
        return Ok(meant.or(workspace));
    }
    match apis.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(Named::Api(only.clone()))),
        _ => Err(LinkError::SeveralApis {
            folder: service.folder.clone(),
            apis,
        }),
    }
}

fn metadata(folder: &RepoPath) -> String {
    match folder.join(".postman") {
        Ok(path) => format!("`{path}/`"),
        Err(_) => "`.postman/`".to_owned(),
    }
}

fn of_folder(folder: &RepoPath) -> String {
    if folder.is_root() {
        "this repository".to_owned()
    } else {
        format!("the folder `{folder}`")
    }
}

fn in_folder(folder: &RepoPath) -> String {
    if folder.is_root() {
        String::new()
    } else {
        format!(", folder `{folder}`")
    }
}

fn repository_name(recorded: &str) -> String {
    if recorded.is_empty() {
        "one without an address".to_owned()
    } else {
        format!("`{}`", visible(recorded))
    }
}

fn address_name(written: &str) -> String {
    if written.is_empty() {
        "no address".to_owned()
    } else {
        format!("`{}`", visible(written))
    }
}

fn list(apis: &[RemoteId]) -> String {
    let apis: Vec<&str> = apis.iter().map(RemoteId::as_str).collect();
    apis.join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Here, Link, LinkError, Named, find_link, postman_host, verify};
    use crate::config::file::Config;
    use crate::mirror::element::RemoteId;
    use crate::mirror::home::Home;
    use crate::mirror::remote_address::Remote;
    use crate::mirror::state::{Elsewhere, LinkTarget, MirrorState, Owner};
    use crate::mirror::testing::path;
    use crate::model::id::CommitId;
    use crate::model::snapshot::MemorySnapshot;
    use crate::net::base_url::BaseUrl;
    use crate::postman::apis::Api;
    use crate::project::Project;

    const A: &str = "11111111-2222-4333-8444-555555555555";
    const B: &str = "99999999-2222-4333-8444-555555555555";
    const HERE: &str = "git@github.com:acme/orders.git";

    fn id(text: &str) -> RemoteId {
        RemoteId::parse(text).unwrap()
    }

    fn home(address: &str) -> Home {
        Home::new(
            Some("origin".to_owned()),
            Remote::parse(address).unwrap().hosted().cloned(),
            vec![CommitId::parse(&"a".repeat(40)).unwrap()],
        )
    }

    fn api_owner(api: &str) -> Owner {
        Owner {
            repository: "github.com/acme/orders".to_owned(),
            target: LinkTarget::ApiBuilder {
                api: id(api),
                workspace: id(B),
            },
            host: "api.getpostman.com".to_owned(),
            ..crate::mirror::testing::owner()
        }
    }

    fn files_of(api: &str) -> Vec<(String, String)> {
        let index =
            format!("apis[] = {{\"apiId\":\"{api}\"}}\nconfigVersion = 1.0.0\ntype = api\n");
        let own = format!(
            "configVersion = 1.0.0\ntype = apiEntityData\n\n[config]\nid = {api}\n\n[config.relations.collections]\nrootDirectory = c\n\n[config.relations.apiDefinition]\nrootDirectory = s\n"
        );
        vec![
            (".postman/api".to_owned(), index),
            (format!(".postman/api_{api}"), own),
        ]
    }

    fn native(workspace: &str) -> Vec<(String, String)> {
        let text = format!("workspace:\n  id: {workspace}\n");
        vec![(".postman/resources.yaml".to_owned(), text)]
    }

    fn found(
        files: &[(String, String)],
        state: Option<&MirrorState>,
        address: &str,
        state_ref: &str,
    ) -> Result<Link, LinkError> {
        let files: BTreeMap<_, _> = files
            .iter()
            .map(|(name, text)| (path(name), text.clone().into_bytes()))
            .collect();
        let snapshot = MemorySnapshot::new(files);
        let config = Config::default();
        let project = Project::load(&snapshot, &config).unwrap();
        let here = Here {
            home: &home(address),
            state_ref,
            host: "api.getpostman.com",
        };
        find_link(&project, &project.services[0], state, &here)
    }

    #[test]
    fn files_and_record_have_to_say_the_same() {
        let state = MirrorState::new(api_owner(A));
        let on = "refs/postman/state";
        let link = found(&files_of(A), Some(&state), HERE, on).unwrap();
        assert_eq!(link.places.collections, path("c"));
        assert_eq!(link.schema_directory, Some(path("s")));
        assert_eq!(link.places.environments, path("postman/environments"));
        assert_eq!(
            (link.active_branch.as_deref(), link.name.as_str()),
            (Some("main"), "Orders")
        );
        assert_eq!((link.moved_from, link.owner), (None, state.owner.clone()));

        let mut ended = state.clone();
        ended.ended = Some(1);
        let error = |files: &[(String, String)], state: Option<&MirrorState>| {
            found(files, state, HERE, on).unwrap_err()
        };
        for (error, hint) in [
            (error(&[], None), "git postman connect"),
            (error(&[], Some(&ended)), "git postman connect"),
            (error(&files_of(A), None), "connect --api 1111"),
            (error(&files_of(A), Some(&ended)), "connect --api 1111"),
            (error(&[], Some(&state)), "connect --api 1111"),
            (error(&files_of(B), Some(&state)), "disconnect"),
            (error(&native(B), Some(&state)), "disconnect"),
        ] {
            assert!(error.hint().contains(hint), "{error}: {}", error.hint());
        }
        let differ = error(&files_of(B), Some(&state)).to_string();
        assert!(differ.contains(A) && differ.contains(B), "{differ}");
        // Both of two APIs are connected in their own directories; the record says which is meant.
        let mut two = files_of(A);
        let other = files_of(B)[1].1.replace("= c", "= d").replace("= s", "= t");
        two[0]
            .1
            .insert_str(0, &format!("apis[] = {{\"apiId\":\"{B}\"}}\n"));
        two.push((format!(".postman/api_{B}"), other));
        assert!(matches!(
            error(&two, None),
            LinkError::SeveralApis { apis, .. } if apis.len() == 2
        ));
        assert!(found(&two, Some(&state), HERE, on).is_ok());
    }

    #[test]
    fn a_record_of_another_repository_or_region_is_no_link() {
        let state = MirrorState::new(api_owner(A));
        let (hidden, branch) = ("refs/postman/state", "refs/heads/git-postman-state");
        let fork = "https://github.com/fork/orders";
        let moved = found(&files_of(A), Some(&state), fork, hidden).unwrap();
        assert_eq!(moved.moved_from.as_deref(), Some("github.com/acme/orders"));
        assert_eq!(moved.owner.repository, "github.com/fork/orders");
        let error = found(&files_of(A), Some(&state), fork, branch).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("acme/orders") && text.contains("fork/orders") && text.contains(A));
        assert!(error.hint().contains("--moved"));
        let mut eu = state.clone();
        "api.eu.postman.com".clone_into(&mut eu.owner.host);
        let error = found(&files_of(A), Some(&eu), HERE, hidden).unwrap_err();
        assert!(matches!(error, LinkError::OtherHost { .. }));
    }

    #[test]
    fn a_workspace_is_named_by_either_dialect() {
        let mut owner = api_owner(A);
        owner.target = LinkTarget::SpecHub {
            specification: None,
            workspace: id(B),
        };
        let state = MirrorState::new(owner);
        for rest in ["", "cloudResources:\n", "canonical:\n  collections:\n"] {
            let mut files = native(B);
            files[0].1.push_str(rest);
            let link = found(&files, Some(&state), HERE, "refs/postman/state").unwrap();
            assert_eq!(Named::of(&link.target), Named::Workspace(id(B)));
            assert_eq!(link.places.definitions, path("postman/specs"));
            assert_eq!(link.places.collections, path("postman/collections"));
        }
    }

    #[test]
    fn what_postman_says_of_its_own_connection_is_held_against_the_link() {
        let api = |git: &str| {
            let text = format!("{{\"id\":\"{A}\",\"name\":\"Orders\",\"gitInfo\":{git}}}");
            serde_json::from_str::<Api>(&text).unwrap()
        };
        let here = r#"{"domain":null,"organization":"Acme","repository":"orders","schemaFolder":"s","collectionFolder":"/c/"}"#;
        let elsewhere = here.replace("orders", "other");
        let directories = here.replace("/c/", "d");
        let (none, nowhere) = (home("/srv/orders"), "{}");
        let linked = LinkTarget::GitLinked {
            api: id(A),
            workspace: id(B),
            elsewhere: None,
        };
        let state = MirrorState::new(api_owner(A));
        let builder = found(&files_of(A), Some(&state), HERE, "refs/postman/state").unwrap();
        let git_linked = Link {
            target: linked,
            ..builder.clone()
        };
        let table = [
            (&builder, nowhere, HERE, None),
            (&builder, here, HERE, Some("connect --api")),
            (&builder, &elsewhere, HERE, Some("Acme/other")),
            (&git_linked, here, HERE, None),
            (&git_linked, here, "git@git.acme.io:acme/orders.git", None),
            (&git_linked, nowhere, HERE, Some("again")),
            (&git_linked, &elsewhere, HERE, Some("Acme/other")),
            (
                &git_linked,
                &directories,
                HERE,
                Some("c here and d in Postman"),
            ),
            (
                &git_linked,
                here,
                "git@github.com:fork/orders.git",
                Some("disconnect"),
            ),
        ];
        for (link, git, address, expected) in table {
            let verdict = verify(link, &api(git), &home(address));
            match (verdict, expected) {
                (Ok(()), None) => {}
                (Err(mismatch), Some(hint)) => {
                    let text = mismatch.to_string();
                    for part in ["`.postman/` says", "record says", "Postman says", A] {
                        assert!(text.contains(part), "{text}");
                    }
                    let told = format!("{text} {}", mismatch.hint);
                    assert!(told.contains(hint), "{told}");
                }
                (verdict, _) => panic!("{git} {address}: {verdict:?}"),
            }
        }
        assert!(verify(&git_linked, &api(here), &none).is_err());
    }

    #[test]
    fn every_part_of_a_connection_counts_here_and_elsewhere() {
        let info = |changed: &[(&str, &str)]| {
            let mut git = serde_json::json!({"domain": "git.acme.io", "organization": "acme",
                "repository": "orders", "schemaFolder": "s", "collectionFolder": "c"});
            for (member, value) in changed {
                git[*member] = (*value).into();
            }
            let api = serde_json::json!({"id": A, "name": "Orders", "gitInfo": git});
            serde_json::from_value::<Api>(api).unwrap()
        };
        let link = |target: LinkTarget| {
            let mut state = MirrorState::new(api_owner(A));
            state.owner.target = target;
            found(&files_of(A), Some(&state), HERE, "refs/postman/state").unwrap()
        };
        let target = |elsewhere: Option<Elsewhere>| LinkTarget::GitLinked {
            api: id(A),
            workspace: id(B),
            elsewhere,
        };
        let here = link(target(None));
        let there = link(target(Some(Elsewhere {
            repository: "git.acme.io/acme/orders".to_owned(),
            branch: "main".to_owned(),
            schema_directory: Some(path("s")),
            collection_directory: Some(path("c")),
        })));
        let (own, other) = (home("git@git.acme.io:acme/orders.git"), home(HERE));
        assert_eq!(verify(&here, &info(&[]), &own), Ok(()));
        assert_eq!(verify(&there, &info(&[]), &other), Ok(()));
        // How it is written makes no difference.
        let same = [("organization", "Acme"), ("schemaFolder", "/s/")];
        assert_eq!(verify(&here, &info(&same), &own), Ok(()));
        assert_eq!(verify(&there, &info(&same), &other), Ok(()));
        for (member, value) in [
            ("domain", "git.other.io"),
            ("organization", "shop"),
            ("repository", "shop"),
            ("schemaFolder", "specs"),
            ("collectionFolder", "specs"),
        ] {
            let api = info(&[(member, value)]);
            for (link, home, known) in [(&here, &own, "acme/orders"), (&there, &other, "acme")] {
                let mismatch = verify(link, &api, home).unwrap_err();
                let text = mismatch.to_string();
                assert!(text.contains(value) && text.contains(known), "{text}");
                assert!(!mismatch.hint.is_empty());
            }
        }
        // What is delivered to becomes this very repository.
        let mismatch = verify(&there, &info(&[]), &own).unwrap_err();
        assert!(mismatch.hint.contains("this very repository"));
        assert!(
            mismatch
                .to_string()
                .contains("delivered to `git.acme.io/acme/orders`, branch `main`")
        );
        let nowhere = serde_json::json!({"id": A, "name": "Orders", "gitInfo": {}});
        let nowhere = serde_json::from_value::<Api>(nowhere).unwrap();
        assert!(
            verify(&there, &nowhere, &other)
                .unwrap_err()
                .to_string()
                .contains("no repository")
        );
    }

    #[test]
    fn one_server_has_one_name() {
        let host = |text: &str| postman_host(&BaseUrl::parse(text).unwrap());
        assert_eq!(host("https://api.postman.com"), "api.getpostman.com");
        assert_eq!(host("https://api.eu.postman.com"), "api.eu.postman.com");
        assert_eq!(host("http://127.0.0.1:4000"), host("http://[::1]:5000"));
    }
}
