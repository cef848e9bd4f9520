//! The link between a service folder and Postman, as a value.
//!
//! Three speak of a link: Postman's files in `.postman/`, the owner in the mirror's record, and, for an API that Postman has
//! connected itself, Postman. [`find_link`] needs the first two and asks nobody; `link_ends` holds the third against them.

use crate::config::file::Config;
use crate::mirror::element::RemoteId;
use crate::mirror::home::Home;
use crate::mirror::hosted::{Hosted, Seen};
use crate::mirror::link_error::{Apart, Known, LinkError};
use crate::mirror::link_named::Named;
use crate::mirror::ownership::{Ownership, Proof};
use crate::mirror::pairing::Places;
use crate::mirror::state::{LinkTarget, MirrorState, Owner};
use crate::model::id::ApiId;
use crate::model::path::RepoPath;
use crate::net::base_url::BaseUrl;
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
    /// By what it is known that the record is this repository's.
    pub proof: Proof,
    /// What the record still calls the repository, where it lies elsewhere or is called otherwise by now.
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
    /// What the service that hosts the repository says of it, where it is known.
    pub seen: Option<&'a Seen>,
}

/// A record that is this repository's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The owner as it belongs into the record from now on.
    pub owner: Owner,
    /// By what it is known.
    pub proof: Proof,
    /// What the record still calls the repository, where it lies elsewhere or is called otherwise by now.
    pub moved_from: Option<String>,
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
    let own = own(owner, Some(&named), here)?;
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
    Ok(link_of(project.config, service, own))
}

/// Whether a record is this repository's; `files` is what `.postman/` names.
///
/// # Errors
/// [`LinkError::OtherRepository`], [`LinkError::Recreated`], [`LinkError::CutOff`].
pub fn own(owner: &Owner, files: Option<&Named>, here: &Here<'_>) -> Result<Own, LinkError> {
    let Here {
        home,
        state_ref,
        seen,
        ..
    } = here;
    let recorded = Named::of(&owner.target);
    let known = |address: String, hosted: Option<&Hosted>| Known {
        address,
        // An id that only one side has tells people nothing.
        hosted: hosted.filter(|_| seen.is_some()).cloned(),
    };
    let apart = || {
        Box::new(Apart {
            files: files.cloned(),
            recorded: recorded.clone(),
            owner: known(owner.repository.clone(), owner.hosted.as_ref()),
            here: known(home.repository(), seen.map(|seen| &seen.hosted)),
        })
    };
    let (proof, has_moved) = match home.ownership(owner, state_ref, *seen)? {
        Ownership::Own { proof, has_moved } => (proof, has_moved),
        Ownership::Recreated => return Err(LinkError::Recreated(apart())),
        Ownership::Other => return Err(LinkError::OtherRepository(apart())),
        Ownership::Unknown => {
            return Err(LinkError::CutOff {
                recorded,
                owner: owner.repository.clone(),
                here: home.repository(),
            });
        }
    };
    let mut current = owner.clone();
    if home.address.is_some() {
        current.repository = home.repository();
    }
    if current.roots.is_empty() {
        current.roots = home.roots()?.to_vec();
    }
    if let Some(seen) = seen {
        current.hosted = Some(seen.hosted.clone());
    }
    let moved_from = has_moved.then(|| match &owner.hosted {
        // The address leads to it still, and the service calls it otherwise.
        Some(hosted) if owner.repository == current.repository => hosted.name.clone(),
        _ => owner.repository.clone(),
    });
    Ok(Own {
        owner: current,
        proof,
        moved_from,
    })
}

/// The link that an owner has in a folder.
pub fn link_of(config: &Config, service: &Service, own: Own) -> Link {
    let Own {
        owner,
        proof,
        moved_from,
    } = own;
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
        proof,
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

#[cfg(test)]
mod tests {
    use super::postman_host;
    use crate::mirror::link_error::LinkError;
    use crate::mirror::link_named::Named;
    use crate::mirror::link_testing::{A, B, HERE, api_owner, files_of, found, id, native};
    use crate::mirror::state::{LinkTarget, MirrorState};
    use crate::mirror::testing::path;
    use crate::net::base_url::BaseUrl;

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
    fn one_server_has_one_name() {
        let host = |text: &str| postman_host(&BaseUrl::parse(text).unwrap());
        assert_eq!(host("https://api.postman.com"), "api.getpostman.com");
        assert_eq!(host("https://api.eu.postman.com"), "api.eu.postman.com");
        assert_eq!(host("http://127.0.0.1:4000"), host("http://[::1]:5000"));
    }
}
