//! What metadata lists, and whether it is there: what the rules about listed and mapped paths share.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};

use crate::model::path::RepoPath;
use crate::model::snapshot::FileKind;
use crate::project::Project;
use crate::project::api_file::{ApiFile, ListedFile};
use crate::project::connected::connected_apis;
use crate::project::written::WrittenPath;

/// Whether a path is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is, or nobody can say because a submodule or a link stands in its way.
    There,
    /// Only a path that differs in case or Unicode form is.
    InAnotherCase(RepoPath),
    /// Nothing is.
    Missing,
}

/// The names of a project, ready to be asked for files and directories.
#[derive(Debug)]
pub struct Names<'a> {
    project: &'a Project<'a>,
    // Most projects miss nothing, and then no directory is ever folded.
    directories: OnceCell<HashMap<String, RepoPath>>,
}

impl<'a> Names<'a> {
    /// Takes the names of a project.
    pub fn of(project: &'a Project<'a>) -> Self {
        Self {
            project,
            directories: OnceCell::new(),
        }
    }

    /// Whether there is a file at this path.
    pub fn file(&self, path: &RepoPath) -> Presence {
        if self.project.has_file(path) || self.is_behind_link(path) {
            return Presence::There;
        }
        match self.project.in_another_case(path) {
            Some(other) => Presence::InAnotherCase(other),
            None => Presence::Missing,
        }
    }

    /// Whether there is a file or a directory at this path.
    pub fn anything(&self, path: &RepoPath) -> Presence {
        if path.is_root() || self.project.has(path) {
            return Presence::There;
        }
        match self.file(path) {
            Presence::Missing => match self.directories().get(&path.folded()) {
                Some(other) => Presence::InAnotherCase(other.clone()),
                None => Presence::Missing,
            },
            presence => presence,
        }
    }

    /// What lies below a submodule or a link is not listed, so nothing can be said of it.
    fn is_behind_link(&self, path: &RepoPath) -> bool {
        std::iter::successors(path.parent(), RepoPath::parent).any(|parent| {
            self.project
                .listing
                .get(&parent)
                .is_some_and(|entry| entry.kind != FileKind::File)
        })
    }

    fn directories(&self) -> &HashMap<String, RepoPath> {
        self.directories.get_or_init(|| {
            let mut directories = HashMap::new();
            for entry in self.project.listing.entries() {
                for parent in std::iter::successors(entry.path.parent(), RepoPath::parent) {
                    let folded = parent.folded();
                    if parent.is_root() || directories.get(&folded) == Some(&parent) {
                        break;
                    }
                    directories.entry(folded).or_insert(parent);
                }
            }
            directories
        })
    }
}

/// One list of an API.
#[derive(Debug)]
pub struct FileList<'a> {
    /// `collection` or `definition file`.
    pub noun: &'static str,
    /// The directory its paths count from, where one is declared.
    pub directory: Option<&'a WrittenPath>,
    /// Its files, each with the path it means. Root files are left out, as a rule of the layout tells those.
    pub files: Vec<(&'a ListedFile, &'a RepoPath)>,
}

/// The lists of every API that counts. What a stale id lists is nobody's any more.
pub fn lists<'a>(project: &'a Project<'a>) -> Vec<FileList<'a>> {
    connected_apis(project).flat_map(lists_of).collect()
}

fn lists_of(api: &ApiFile) -> [FileList<'_>; 2] {
    let roots: BTreeSet<&RepoPath> = api
        .root_files
        .iter()
        .filter_map(|root| root.resolved())
        .collect();
    [
        FileList {
            noun: "collection",
            directory: api.collection_directory.as_ref(),
            files: api.collections.iter().filter_map(resolved).collect(),
        },
        FileList {
            noun: "definition file",
            directory: api.schema_directory.as_ref(),
            files: api
                .definitions
                .iter()
                .filter_map(resolved)
                .filter(|(_, path)| !roots.contains(path))
                .collect(),
        },
    ]
}

fn resolved(file: &ListedFile) -> Option<(&ListedFile, &RepoPath)> {
    Some((file, file.path.resolved()?))
}
