//! One folder that holds a `.postman/`, and what Postman keeps in it. Most repositories have one, at their root.

use crate::config::file::{Config, FILE_NAME};
use crate::model::finding::Place;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, Entry, Listing, Snapshot, SnapshotError};
use crate::project::api_file::{self, ApiFile};
use crate::project::index_file::{self, IndexFile, IndexForm};
use crate::project::ini_file::IniFile;
use crate::project::resources_file::{self, ResourcesFile};

/// The schema directory where none is declared, as Postman's documentation of September 2022 has it.
pub const DEFAULT_SCHEMA_DIRECTORY: &str = "postman/schemas";

/// The collection directory where none is declared.
pub const DEFAULT_COLLECTION_DIRECTORY: &str = "postman/collections";

/// Metadata files are small; a larger one is none.
const MAX_METADATA_BYTES: u64 = 16 * 1024 * 1024;

/// One folder with what belongs to it.
#[derive(Debug)]
pub struct Service {
    /// The folder that holds `.postman`; the root of the repository for most.
    pub folder: RepoPath,
    /// `.postman/api`.
    pub index: Option<IndexFile>,
    /// Every API that has a file here, in the order of the file names.
    pub apis: Vec<ApiFile>,
    /// `.postman/resources.yaml`.
    pub resources: Option<ResourcesFile>,
    /// Metadata files that are there and cannot be read.
    pub unread: Vec<(RepoPath, String)>,
    /// The directories that Postman manages.
    pub directories: Vec<Directory>,
}

/// A directory that Postman manages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Where it is.
    pub path: RepoPath,
    /// What it is for.
    pub role: Role,
    /// Where it is declared, or what declares it by default.
    pub place: Place,
    /// Whether somebody declared it, rather than left it to the default.
    pub declared: bool,
}

/// What a directory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// API definitions.
    Schemas,
    /// Collections.
    Collections,
    /// Environments and globals of the newer layout, and what lies beside collections by habit.
    Environments,
}

impl Role {
    /// The words for it: `schema directory`, `collection directory`, `environment directory`.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Schemas => "schema directory",
            Self::Collections => "collection directory",
            Self::Environments => "environment directory",
        }
    }
}

impl Service {
    /// The `.postman` directory.
    pub fn metadata_directory(&self) -> RepoPath {
        // One more plain part below a path is always a path.
        self.folder
            .join(".postman")
            .unwrap_or_else(|_| self.folder.clone())
    }

    /// Whether this is the layout of Postman v12 and later.
    pub fn is_native(&self) -> bool {
        self.resources.is_some()
    }

    /// The directories of one role.
    pub fn directories(&self, role: Role) -> impl Iterator<Item = &Directory> {
        self.directories
            .iter()
            .filter(move |directory| directory.role == role)
    }
}

/// Reads what Postman keeps in a folder.
pub fn read(
    snapshot: &dyn Snapshot,
    listing: &Listing,
    folder: &RepoPath,
    config: &Config,
) -> Service {
    let mut service = Service {
        folder: folder.clone(),
        index: None,
        apis: Vec::new(),
        resources: None,
        unread: Vec::new(),
        directories: Vec::new(),
    };
    let metadata = service.metadata_directory();
    for entry in listing.below(&metadata) {
        let name = entry.path.below(&metadata).unwrap_or_default().to_owned();
        let is_api = name.starts_with("api_") && !name.contains('/');
        if name != "api" && !is_api && name != "resources.yaml" && name != "resources.yml" {
            continue;
        }
        let text = match text_of(snapshot, entry) {
            Ok(text) => text,
            Err(reason) => {
                service.unread.push((entry.path.clone(), reason));
                continue;
            }
        };
        if name == "api" {
            let file = IniFile::new(entry.path.clone(), text);
            let index = index_file::read(file.clone());
            if index.form == IndexForm::Legacy {
                service.apis.push(api_file::read(folder, file, true));
            }
            service.index = Some(index);
        } else if is_api {
            service.apis.push(api_file::read(
                folder,
                IniFile::new(entry.path.clone(), text),
                false,
            ));
        } else if service.resources.is_none() || name == "resources.yaml" {
            service.resources = Some(resources_file::read(entry.path.clone(), &metadata, text));
        }
    }
    service.directories = directories(&service, config);
    service
}

fn text_of(snapshot: &dyn Snapshot, entry: &Entry) -> Result<String, String> {
    match snapshot.read(&entry.path, MAX_METADATA_BYTES) {
        Ok(Content::Bytes(bytes)) => {
            String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())
        }
        Ok(Content::Link(_)) => Err("is a symbolic link, and links are not followed".to_owned()),
        Ok(Content::NotAFile) => Err("is no file".to_owned()),
        Ok(Content::TooLarge(size)) => Err(format!("has {size} bytes, which no metadata file has")),
        Ok(Content::Missing) => Err("is listed and not there".to_owned()),
        Err(SnapshotError::Read { cause, .. } | SnapshotError::Listing { cause, .. }) => {
            Err(format!("cannot be read: {cause}"))
        }
    }
}

fn directories(service: &Service, config: &Config) -> Vec<Directory> {
    let mut found: Vec<Directory> = Vec::new();
    let mut add = |path: &RepoPath, role: Role, place: Place, declared: bool| {
        if !found
            .iter()
            .any(|known| known.path == *path && known.role == role)
        {
            found.push(Directory {
                path: path.clone(),
                role,
                place,
                declared,
            });
        }
    };
    for api in &service.apis {
        let declared = [
            (&api.schema_directory, Role::Schemas),
            (&api.collection_directory, Role::Collections),
        ];
        for (written, role) in declared {
            if let Some((path, place)) = written
                .as_ref()
                .and_then(|w| Some((w.resolved()?, &w.place)))
            {
                add(path, role, place.clone(), true);
            }
        }
    }
    let at = |name: &str| service.folder.join(name).ok();
    if let Some(resources) = &service.resources {
        let place = Place::whole(resources.path.clone());
        let native = [
            ("postman/collections", Role::Collections),
            ("postman/environments", Role::Environments),
            ("postman/globals", Role::Environments),
            ("postman/specs", Role::Schemas),
        ];
        for (path, role) in native
            .iter()
            .filter_map(|(name, role)| Some((at(name)?, role)))
        {
            add(&path, *role, place.clone(), false);
        }
        return found;
    }
    if service.folder.is_root() {
        let own = RepoPath::parse(FILE_NAME)
            .map(Place::whole)
            .unwrap_or_else(|_| Place::whole(RepoPath::root()));
        let configured = [
            (&config.schema_directory, Role::Schemas),
            (&config.collection_directory, Role::Collections),
        ];
        for (path, role) in configured {
            if let Some(path) = path {
                add(path, role, own.clone(), true);
            }
        }
    }
    // Postman's defaults count where nothing is declared. An API that goes by root files has no schema directory.
    if service.apis.is_empty() {
        let defaults = [
            (DEFAULT_SCHEMA_DIRECTORY, Role::Schemas),
            (DEFAULT_COLLECTION_DIRECTORY, Role::Collections),
        ];
        for (name, role) in defaults {
            let known = found.iter().any(|directory| directory.role == role);
            if let (false, Some(path)) = (known, at(name)) {
                found.push(Directory {
                    place: Place::whole(path.clone()),
                    path,
                    role,
                    declared: false,
                });
            }
        }
    }
    found
}
