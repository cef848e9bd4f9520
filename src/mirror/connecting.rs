//! Connecting a service folder: which directories it gets, and the files that say so.

use crate::mirror::link::api_file;
use crate::mirror::link_ends::directory_told;
use crate::mirror::link_files::{self, LinkFilesError};
use crate::mirror::link_named::Named;
use crate::mirror::state::LinkTarget;
use crate::model::change::{Change, ChangeSet, Expected};
use crate::model::id::ApiId;
use crate::model::path::RepoPath;
use crate::postman::apis::GitInfo;
use crate::project::Project;
use crate::project::api_edit::NewForm;
use crate::project::api_file::ApiForm;
use crate::project::service::{
    DEFAULT_COLLECTION_DIRECTORY, DEFAULT_SCHEMA_DIRECTORY, Role, Service,
};

/// Both directories, from the root of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directories {
    /// The schema directory; `None` where an API goes by root files.
    pub schemas: Option<RepoPath>,
    /// The collection directory.
    pub collections: RepoPath,
}

/// The directories of a folder that is to be connected: those that are wished for, else those of the API's file, else those
/// that Postman has for the API, else those of the configuration, else Postman's defaults.
pub fn directories(
    service: &Service,
    target: &LinkTarget,
    wished: (Option<RepoPath>, Option<RepoPath>),
    told: Option<&GitInfo>,
) -> Directories {
    let default = |name: &str| {
        let path = service.folder.join(name);
        path.unwrap_or_else(|_| service.folder.clone())
    };
    let first = |role: Role| {
        let mut all = service.directories(role);
        all.next().map(|directory| directory.path.clone())
    };
    let file = match Named::of(target) {
        Named::Api(id) => api_file(service, &id),
        Named::Workspace(_) => {
            // The newest layout has directories of its own, and a file that is not there yet would declare them.
            return Directories {
                schemas: Some(default(NATIVE_SPECIFICATIONS)),
                collections: default(DEFAULT_COLLECTION_DIRECTORY),
            };
        }
    };
    let (schemas, collections) = wished;
    let own_schemas = file.and_then(|file| file.schema_directory.as_ref()?.resolved().cloned());
    let own_collections =
        file.and_then(|file| file.collection_directory.as_ref()?.resolved().cloned());
    let by_root_files = file.is_some_and(|file| file.form == ApiForm::RootFile);
    let schemas = schemas
        .or(own_schemas)
        .or_else(|| directory_told(told?.schema_folder.as_ref()))
        .or_else(|| first(Role::Schemas))
        .unwrap_or_else(|| default(DEFAULT_SCHEMA_DIRECTORY));
    Directories {
        schemas: (!by_root_files).then_some(schemas),
        collections: collections
            .or(own_collections)
            .or_else(|| directory_told(told?.collection_folder.as_ref()))
            .or_else(|| first(Role::Collections))
            .unwrap_or_else(|| default(DEFAULT_COLLECTION_DIRECTORY)),
    }
}

/// The files that connect a folder: Postman's own, and a `.gitkeep` in each directory that has no file, since git knows no
/// empty ones. What is there already is not in it.
///
/// # Errors
/// As for [`link_files::link`].
pub fn changes(
    project: &Project<'_>,
    service: &Service,
    target: &LinkTarget,
    directories: &Directories,
) -> Result<ChangeSet, LinkFilesError> {
    let named = Named::of(target);
    let id = ApiId::parse(named.id().bare());
    let link = match (&named, &id) {
        (Named::Api(_), Some(id)) => link_files::Link::Api {
            id,
            form: match &directories.schemas {
                Some(directory) => NewForm::Directory(directory),
                None => NewForm::RootFile,
            },
            collection_directory: &directories.collections,
        },
        (Named::Api(id) | Named::Workspace(id), _) => {
            link_files::Link::Workspace { id: id.as_str() }
        }
    };
    let mut all: Vec<Change> = link_files::link(service, &link)?.iter().cloned().collect();
    let schemas = directories.schemas.iter();
    let other = schemas.filter(|directory| **directory != directories.collections);
    for directory in other.chain([&directories.collections]) {
        let empty = project.listing.below(directory).is_empty();
        if empty && !directory.is_root() {
            all.push(Change {
                path: directory.join(".gitkeep")?,
                content: Some(Vec::new()),
                expected: Expected::Absent,
            });
        }
    }
    Ok(ChangeSet::new(all)?)
}

const NATIVE_SPECIFICATIONS: &str = "postman/specs";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Directories, changes, directories};
    use crate::config::file::Config;
    use crate::mirror::state::LinkTarget;
    use crate::mirror::testing::{id, path};
    use crate::model::snapshot::MemorySnapshot;
    use crate::postman::apis::GitInfo;
    use crate::project::Project;

    const A: &str = "11111111-2222-4333-8444-555555555555";

    fn api() -> LinkTarget {
        LinkTarget::ApiBuilder {
            api: id(A),
            workspace: id("w"),
        }
    }

    fn both(schemas: &str, collections: &str) -> Directories {
        Directories {
            schemas: Some(path(schemas)),
            collections: path(collections),
        }
    }

    #[test]
    fn blank_directories_are_those_that_somebody_named_or_postmans_defaults() {
        let snapshot = MemorySnapshot::new(BTreeMap::new());
        let config = Config::default();
        let project = Project::load(&snapshot, &config).unwrap();
        let service = &project.services[0];
        let default = both("postman/schemas", "postman/collections");
        assert_eq!(directories(service, &api(), (None, None), None), default);
        let info = GitInfo {
            schema_folder: Some("/specs/".to_owned()),
            collection_folder: Some("col".to_owned()),
            ..GitInfo::default()
        };
        let told = directories(service, &api(), (None, None), Some(&info));
        assert_eq!(told, both("specs", "col"));
        let wished = directories(service, &api(), (Some(path("x")), None), Some(&info));
        assert_eq!(wished, both("x", "col"));
        let configured = Config {
            schema_directory: Some(path("own")),
            ..Config::default()
        };
        let project = Project::load(&snapshot, &configured).unwrap();
        let own = directories(&project.services[0], &api(), (None, None), None);
        assert_eq!(own, both("own", "postman/collections"));
        let workspace = LinkTarget::SpecHub {
            specification: None,
            workspace: id(A),
        };
        let native = directories(service, &workspace, (None, None), None);
        assert_eq!(native, both("postman/specs", "postman/collections"));
    }

    #[test]
    fn directories_without_a_file_are_kept_by_one() {
        let files = BTreeMap::from([(
            path("postman/schemas/index.yaml"),
            b"openapi: 3.0.0\n".to_vec(),
        )]);
        let snapshot = MemorySnapshot::new(files);
        let config = Config::default();
        let project = Project::load(&snapshot, &config).unwrap();
        let service = &project.services[0];
        let wanted = directories(service, &api(), (None, None), None);
        let changes = changes(&project, service, &api(), &wanted).unwrap();
        let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
        let own = format!(".postman/api_{A}");
        assert_eq!(
            paths,
            [".postman/api", own.as_str(), "postman/collections/.gitkeep"]
        );
    }
}
