//! The files that lie in Postman's directories with what the directory is for, and those that metadata lists.

use std::collections::{HashMap, HashSet};

use crate::check::rules::layout::directories::is_newer_layout;
use crate::model::finding::Place;
use crate::model::path::RepoPath;
use crate::model::snapshot::Entry;
use crate::project::Project;
use crate::project::service::{Directory, Role, Service};

/// A name in a directory that Postman manages.
#[derive(Debug)]
pub struct Managed<'a> {
    /// The name and its kind.
    pub entry: &'a Entry,
    /// The innermost directory that holds it.
    pub directory: &'a Directory,
    /// The service the directory belongs to.
    pub service: &'a Service,
    /// Whether the service has the layout of Postman v12 and later.
    pub newer: bool,
}

impl<'a> Managed<'a> {
    /// Where it is.
    pub fn path(&self) -> &'a RepoPath {
        &self.entry.path
    }

    /// Whether the directory is the whole service, or more: then nobody can say that a file does not belong there.
    pub fn is_in_everything(&self) -> bool {
        self.service.folder.is_within(&self.directory.path)
    }

    /// Whether it lies in the directory itself, not in a folder of it.
    pub fn is_direct(&self) -> bool {
        let below = self.path().below(&self.directory.path);
        below.is_some_and(|rest| !rest.contains('/'))
    }
}

/// Everything in the managed directories. Left out: excluded paths, the metadata, and directories that are declared
/// for two roles at once, of which nobody can say what belongs there.
pub fn managed<'a>(project: &'a Project<'_>) -> Vec<Managed<'a>> {
    let mut roots: HashMap<&str, Vec<(&Directory, &Service, bool)>> = HashMap::new();
    for service in &project.services {
        let newer = is_newer_layout(project, service);
        for directory in &service.directories {
            let known = roots.entry(directory.path.as_str()).or_default();
            known.push((directory, service, newer));
        }
    }
    let mut outermost: Vec<&RepoPath> = Vec::new();
    let directories = project
        .services
        .iter()
        .flat_map(|service| &service.directories);
    let mut paths: Vec<&RepoPath> = directories.map(|directory| &directory.path).collect();
    paths.sort_unstable();
    for path in paths {
        // What holds others comes before them.
        if !outermost.iter().any(|outer| path.is_within(outer)) {
            outermost.push(path);
        }
    }
    let entries = outermost
        .into_iter()
        .flat_map(|path| project.listing.below(path));
    entries
        .filter_map(|entry| {
            let &(directory, service, newer) = innermost(&roots, entry.path.as_str())?;
            let left_out = entry.path.components().any(|part| part == ".postman")
                || project.is_excluded(&entry.path);
            (!left_out).then_some(Managed {
                entry,
                directory,
                service,
                newer,
            })
        })
        .collect()
}

fn innermost<'m, 'a>(
    roots: &'m HashMap<&str, Vec<(&'a Directory, &'a Service, bool)>>,
    path: &str,
) -> Option<&'m (&'a Directory, &'a Service, bool)> {
    let mut rest = path;
    while !rest.is_empty() {
        rest = rest.rsplit_once('/').map_or("", |(directory, _)| directory);
        if let Some(found) = roots.get(rest) {
            let first = found.first()?;
            let one_role = found.iter().all(|(other, _, _)| other.role == first.0.role);
            return one_role.then_some(first);
        }
    }
    None
}

/// What metadata lists, each file with the first line that names it.
#[derive(Debug, Default)]
pub struct Listed<'a> {
    /// Definition files and root files.
    pub definitions: HashMap<&'a RepoPath, &'a Place>,
    /// Collections.
    pub collections: HashMap<&'a RepoPath, &'a Place>,
}

/// Where a list names a file; the file itself where it does not.
pub fn place_in(list: &HashMap<&RepoPath, &Place>, path: &RepoPath) -> Place {
    list.get(path)
        .map_or_else(|| Place::whole(path.clone()), |place| (*place).clone())
}

/// Reads the lists of every service.
pub fn listed<'a>(project: &'a Project<'_>) -> Listed<'a> {
    let mut listed = Listed::default();
    for service in &project.services {
        for api in &service.apis {
            let files = api.definitions.iter().map(|file| &file.path);
            for written in files.chain(&api.root_files) {
                if let Some(path) = written.resolved() {
                    listed.definitions.entry(path).or_insert(&written.place);
                }
            }
            for written in api.collections.iter().map(|file| &file.path) {
                if let Some(path) = written.resolved() {
                    listed.collections.entry(path).or_insert(&written.place);
                }
            }
        }
        let mapped = service.resources.iter().flat_map(|file| &file.mapped);
        for one in mapped {
            let list = match one.kind.as_str() {
                "specs" => &mut listed.definitions,
                "collections" => &mut listed.collections,
                _ => continue,
            };
            if let Some(path) = one.path.resolved() {
                list.entry(path).or_insert(&one.path.place);
            }
        }
    }
    listed
}

/// What Postman's role of a directory holds: `collections`, `API definitions`, `environments`.
pub fn contents(role: Role) -> &'static str {
    match role {
        Role::Schemas => "API definitions",
        Role::Collections => "collections",
        Role::Environments => "environments",
    }
}

/// Every path that is Postman's by its place: in the managed directories and in `.postman`. Excluded ones are left out.
pub fn metadata_and_managed<'a>(project: &'a Project<'_>) -> Vec<&'a RepoPath> {
    let entries = project.listing.entries().iter().map(|entry| &entry.path);
    let is_managed = managed_test(project);
    entries
        .filter(|path| is_managed(path) && !project.is_excluded(path))
        .collect()
}

/// Tells whether a path lies in a managed directory or in `.postman`, in time that does not grow with their number.
pub fn managed_test<'a>(project: &'a Project<'_>) -> impl Fn(&RepoPath) -> bool + use<'a> {
    let directories = project
        .services
        .iter()
        .flat_map(|service| &service.directories);
    let roots: HashSet<&str> = directories
        .map(|directory| directory.path.as_str())
        .collect();
    move |path| {
        let mut rest = path.as_str();
        while let Some((directory, _)) = rest.rsplit_once('/') {
            if roots.contains(directory) || is_metadata_directory(directory) {
                return true;
            }
            rest = directory;
        }
        roots.contains("")
    }
}

fn is_metadata_directory(directory: &str) -> bool {
    directory == ".postman" || directory.ends_with("/.postman")
}
