//! What the files of a repository mean to Postman.

pub mod api_edit;
pub mod api_file;
pub mod connected;
pub mod edit_error;
pub mod file;
pub mod index_edit;
pub mod index_file;
pub mod ini_file;
pub mod resources_edit;
pub mod resources_file;
pub mod service;
pub mod written;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use crate::config::file::Config;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Listing, Snapshot, SnapshotError};
use crate::project::file::{Facts, File};
use crate::project::service::{Role, Service};

/// Files above this size are not read: 100 MiB, far above what Postman takes.
pub const DEFAULT_MAX_FILE_SIZE: u64 = 100 * 1024 * 1024;

/// How the names of the files end in which the merge driver keeps conflicts.
pub const CONFLICT_FILE_SUFFIX: &str = ".merge-conflicts.json";

/// A snapshot understood.
#[derive(Debug)]
pub struct Project<'a> {
    /// What the user decided.
    pub config: &'a Config,
    /// Every name in the repository.
    pub listing: &'a Listing,
    /// The folders that hold a `.postman/`, the root first; the root alone where none does.
    pub services: Vec<Service>,
    /// Paths named `.postman` that are no directory.
    pub blocked: Vec<RepoPath>,
    /// What is known of the files that were looked at.
    pub facts: BTreeMap<RepoPath, Facts>,
    /// What git knows of branches, where there is a git.
    pub branches: Branches,
    folded: OnceLock<HashMap<String, Vec<usize>>>,
}

/// What git knows of branches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branches {
    /// The branch that is looked at, where it is one.
    pub current: Option<String>,
    /// Every branch, here and on remotes, by its short name; `None` where nobody asked.
    pub known: Option<BTreeSet<String>>,
}

impl<'a> Project<'a> {
    /// Understands a snapshot. Content never makes this fail.
    ///
    /// # Errors
    /// Only where the list of files cannot be read.
    pub fn load(snapshot: &'a dyn Snapshot, config: &'a Config) -> Result<Self, SnapshotError> {
        let listing = snapshot.listing()?;
        let mut folders = BTreeSet::new();
        let mut blocked = Vec::new();
        for entry in listing.entries() {
            let path = entry.path.as_str();
            let Some(at) = metadata_part(path) else {
                continue;
            };
            if at + ".postman".len() == path.len() {
                blocked.push(entry.path.clone());
            } else if let Ok(folder) = RepoPath::parse(path[..at].trim_end_matches('/'))
                && !is_excluded(config, &entry.path)
            {
                folders.insert(folder);
            }
        }
        if folders.is_empty() {
            folders.insert(RepoPath::root());
        }
        let metadata: Vec<RepoPath> = folders
            .iter()
            .filter_map(|folder| folder.join(".postman").ok())
            .flat_map(|directory| listing.below(&directory))
            .map(|entry| entry.path.clone())
            .collect();
        snapshot.prefetch(&metadata)?;
        let services = folders
            .iter()
            .map(|folder| service::read(snapshot, listing, folder, config))
            .collect();
        Ok(Self {
            config,
            listing,
            services,
            blocked,
            facts: BTreeMap::new(),
            branches: Branches::default(),
            folded: OnceLock::new(),
        })
    }

    /// The largest file that is read, in bytes.
    pub fn max_file_size(&self) -> u64 {
        self.config.max_file_size.unwrap_or(DEFAULT_MAX_FILE_SIZE)
    }

    /// Every file that Postman manages, sorted: what lies in its directories, what its metadata lists, and the
    /// metadata itself. Excluded paths are left out.
    pub fn managed_files(&self) -> Vec<RepoPath> {
        let mut paths = BTreeSet::new();
        for service in &self.services {
            let below = service.directories.iter().map(|directory| &directory.path);
            for directory in below.chain(std::iter::once(&service.metadata_directory())) {
                paths.extend(
                    self.listing
                        .below(directory)
                        .iter()
                        .map(|entry| entry.path.clone()),
                );
            }
            let listed = service.apis.iter().flat_map(|api| {
                let files = api
                    .collections
                    .iter()
                    .chain(&api.definitions)
                    .map(|file| &file.path);
                files.chain(&api.root_files)
            });
            let mapped = service.resources.iter().flat_map(|resources| {
                resources
                    .mapped
                    .iter()
                    .map(|mapped| &mapped.path)
                    .chain(&resources.local)
            });
            for path in listed
                .chain(mapped)
                .filter_map(|written| written.resolved())
            {
                if self.listing.get(path).is_some() {
                    paths.insert(path.clone());
                } else {
                    paths.extend(
                        self.listing
                            .below(path)
                            .iter()
                            .map(|entry| entry.path.clone()),
                    );
                }
            }
        }
        paths
            .into_iter()
            .filter(|path| !self.is_excluded(path))
            .collect()
    }

    /// Every file of the repository that could be a document, by its extension.
    pub fn possible_documents(&self) -> Vec<RepoPath> {
        let entries = self.listing.entries().iter().map(|entry| &entry.path);
        entries
            .filter(|path| is_possible_document(path) && !self.is_excluded(path))
            .cloned()
            .collect()
    }

    /// Whether `git-postman.toml` excludes a path.
    pub fn is_excluded(&self, path: &RepoPath) -> bool {
        is_excluded(self.config, path)
    }

    /// The role of the innermost managed directory that holds a path, and the service it belongs to.
    pub fn role_of(&self, path: &RepoPath) -> Option<(Role, &Service)> {
        self.services
            .iter()
            .flat_map(|service| {
                service
                    .directories
                    .iter()
                    .map(move |directory| (directory, service))
            })
            .filter(|(directory, _)| path.is_within(&directory.path) && *path != directory.path)
            .max_by_key(|(directory, _)| directory.path.as_str().len())
            .map(|(directory, service)| (directory.role, service))
    }

    /// Whether there is a file at this path.
    pub fn has_file(&self, path: &RepoPath) -> bool {
        self.listing.get(path).is_some()
    }

    /// Whether there is a file, or a directory with anything in it.
    pub fn has(&self, path: &RepoPath) -> bool {
        self.has_file(path) || self.listing.has_directory(path)
    }

    /// A file or directory that differs from `path` in case or Unicode form only.
    pub fn in_another_case(&self, path: &RepoPath) -> Option<RepoPath> {
        let folded = self.folded.get_or_init(|| {
            let mut folded: HashMap<String, Vec<usize>> = HashMap::new();
            for (index, entry) in self.listing.entries().iter().enumerate() {
                folded.entry(entry.path.folded()).or_default().push(index);
            }
            folded
        });
        let indices = folded.get(&path.folded())?;
        indices
            .iter()
            .map(|index| self.listing.entries()[*index].path.clone())
            .find(|other| other != path)
    }

    /// Reads one file.
    pub fn read(&self, snapshot: &dyn Snapshot, path: &RepoPath) -> File {
        File::read(snapshot, path, self.max_file_size())
    }
}

/// Whether a file could be a document or belongs to Postman, by its name alone.
pub fn is_possible_document(path: &RepoPath) -> bool {
    let known = [
        "json",
        "yaml",
        "yml",
        "graphql",
        "gql",
        "graphqls",
        "proto",
        "wsdl",
        "raml",
        "postman_collection",
    ];
    known.contains(&path.extension().as_str())
        || crate::format::detect::of_postman_file(path.as_str()).is_some()
}

fn is_excluded(config: &Config, path: &RepoPath) -> bool {
    config
        .exclude
        .iter()
        .any(|pattern| pattern.is_match(path.as_str()))
}

/// Where a part `.postman` starts in a path.
fn metadata_part(path: &str) -> Option<usize> {
    let ends = |at: usize| {
        matches!(
            path.as_bytes().get(at + ".postman".len()),
            None | Some(b'/')
        )
    };
    if path.starts_with(".postman") && ends(0) {
        return Some(0);
    }
    path.match_indices("/.postman")
        .map(|(at, _)| at + 1)
        .find(|at| ends(*at))
}

#[cfg(test)]
mod tests {
    use super::metadata_part;

    #[test]
    fn the_metadata_directory_is_a_whole_part() {
        assert_eq!(metadata_part(".postman/api"), Some(0));
        assert_eq!(metadata_part("svc/.postman/api"), Some(4));
        assert_eq!(metadata_part(".postman"), Some(0));
        assert_eq!(metadata_part("a.postman/api"), None);
        assert_eq!(metadata_part(".postmanx/api"), None);
        assert_eq!(metadata_part("a/.postmanx/.postman/api"), Some(12));
    }
}
