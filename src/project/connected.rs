//! Which APIs a repository is connected to, and which ids are only left over from connecting one again.
//!
//! Postman's index grows with each connection and never shrinks: the same API connected again, or another one put
//! in its place, leaves an id behind whose directories and files are those of the one that counts.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};

use crate::model::finding::Place;
use crate::model::path::RepoPath;
use crate::project::Project;
use crate::project::api_file::ApiFile;
use crate::project::service::Service;
use crate::project::written::WrittenPath;

/// One API, with the ids that were left over in its place.
#[derive(Debug)]
pub struct Connection<'a> {
    /// The folder that holds its `.postman`.
    pub service: &'a Service,
    /// Its files; `None` for a workspace of Postman v12.
    pub api: Option<&'a ApiFile>,
    /// Its id as it is written.
    pub id: String,
    /// Where it is named: in the index, where there is one.
    pub place: Place,
    /// Ids with the same directories that came before it.
    pub stale: Vec<(String, Place)>,
}

/// Every API that counts, in the order of the index. Ids without a file are left to `missing-api-file`.
pub fn connections<'a>(project: &'a Project<'a>) -> Vec<Connection<'a>> {
    let mut connections: Vec<Connection<'a>> = Vec::new();
    for service in &project.services {
        let mut own: Vec<(Connection<'a>, Claim<'a>)> = Vec::new();
        for (id, place, api) in in_order(service) {
            let claim = Claim::of(api);
            match own.iter_mut().find(|(_, other)| claim.replaces(other)) {
                // The later entry counts: Postman appends.
                Some((known, known_claim)) => {
                    let earlier = (
                        std::mem::replace(&mut known.id, id),
                        std::mem::replace(&mut known.place, place),
                    );
                    known.api = Some(api);
                    known.stale.push(earlier);
                    *known_claim = claim;
                }
                None => {
                    let connection = Connection {
                        service,
                        api: Some(api),
                        id,
                        place,
                        stale: Vec::new(),
                    };
                    own.push((connection, claim));
                }
            }
        }
        let has_api = !own.is_empty();
        connections.extend(own.into_iter().map(|(connection, _)| connection));
        // A repository on its way to the newer layout has both; they stand for the same API.
        let resources = service.resources.as_ref();
        let workspace = resources.and_then(|resources| resources.workspace.as_ref());
        if let Some(workspace) = workspace.filter(|id| !has_api && !id.text.is_empty()) {
            let (id, place) = (workspace.text.clone(), workspace.place.clone());
            connections.push(Connection {
                service,
                api: None,
                id,
                place,
                stale: Vec::new(),
            });
        }
    }
    connections
}

/// The API files that count: those of stale ids are left out, and nothing that they name is anybody's any more.
pub fn connected_apis<'a>(project: &'a Project<'a>) -> impl Iterator<Item = &'a ApiFile> {
    connections(project)
        .into_iter()
        .filter_map(|connection| connection.api)
}

/// The APIs of a service that have a file, each once: those in the index in its order, then the others.
fn in_order(service: &Service) -> Vec<(String, Place, &ApiFile)> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let mut by_name: HashMap<String, &ApiFile> = HashMap::new();
    for api in &service.apis {
        if let Some(name) = &api.name_id {
            by_name.entry(name.to_ascii_lowercase()).or_insert(api);
        }
    }
    let listed = service.index.iter().flat_map(|index| &index.apis);
    for entry in listed {
        let Some(id) = &entry.id else { continue };
        let api = by_name.get(id.as_str()).copied();
        if let (Some(api), true) = (api, seen.insert(id.as_str().to_owned())) {
            found.push((id.as_str().to_owned(), entry.written.place.clone(), api));
        }
    }
    for api in &service.apis {
        let id = api
            .api_id()
            .map(|id| id.as_str().to_owned())
            .or_else(|| api.name_id.clone())
            .unwrap_or_default();
        if seen.insert(id.clone()) {
            let place = api
                .id
                .as_ref()
                .map_or_else(|| api.file.start(), |written| written.place.clone());
            found.push((id, place, api));
        }
    }
    found
}

/// What an API has in the repository, by which one is known to stand where another stood.
struct Claim<'a> {
    api: &'a ApiFile,
    // Directories tell most of them apart, and then no list is read.
    definitions: OnceCell<BTreeSet<&'a RepoPath>>,
}

impl<'a> Claim<'a> {
    fn of(api: &'a ApiFile) -> Self {
        Self {
            api,
            definitions: OnceCell::new(),
        }
    }

    /// The same collection directory, and definitions that are the same, overlap, or that one of them does not have.
    /// Two that have neither directory share nothing yet.
    fn replaces(&self, other: &Self) -> bool {
        let path =
            |written: &'a Option<WrittenPath>| written.as_ref().and_then(|one| one.resolved());
        let collections = |claim: &Self| path(&claim.api.collection_directory);
        if collections(self) != collections(other) {
            return false;
        }
        let schemas = |claim: &Self| path(&claim.api.schema_directory);
        if let (Some(one), Some(other)) = (schemas(self), schemas(other)) {
            return one == other;
        }
        let (one, other) = (self.definitions(), other.definitions());
        let is_open = one.is_empty() || other.is_empty();
        (is_open && collections(self).is_some()) || one.intersection(other).next().is_some()
    }

    fn definitions(&self) -> &BTreeSet<&'a RepoPath> {
        self.definitions.get_or_init(|| definition_files(self.api))
    }
}

/// The definition files an API lists, root files included.
pub fn definition_files(api: &ApiFile) -> BTreeSet<&RepoPath> {
    let listed = api.definitions.iter().map(|file| &file.path);
    listed
        .chain(&api.root_files)
        .filter_map(|path| path.resolved())
        .collect()
}
