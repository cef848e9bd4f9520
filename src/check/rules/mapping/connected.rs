//! Which APIs a repository is connected to, and which ids are only left over from connecting one again.
//!
//! Postman's index grows with each connection and never shrinks: the same API connected again, or another one put
//! in its place, leaves an id behind whose directories and files are those of the one that counts.

use std::collections::BTreeSet;

use crate::model::finding::Place;
use crate::model::path::RepoPath;
use crate::project::Project;
use crate::project::api_file::ApiFile;
use crate::project::service::Service;

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
        let first = connections.len();
        for (id, place, api) in in_order(service) {
            let same = connections[first..]
                .iter_mut()
                .find(|known| known.api.is_some_and(|other| replaces(api, other)));
            match same {
                // The later entry counts: Postman appends.
                Some(known) => {
                    let earlier = (
                        std::mem::replace(&mut known.id, id),
                        std::mem::replace(&mut known.place, place),
                    );
                    known.api = Some(api);
                    known.stale.push(earlier);
                }
                None => connections.push(Connection {
                    service,
                    api: Some(api),
                    id,
                    place,
                    stale: Vec::new(),
                }),
            }
        }
        // A repository on its way to the newer layout has both; they stand for the same API.
        if let (true, Some(workspace)) = (
            connections.len() == first,
            service
                .resources
                .as_ref()
                .and_then(|resources| resources.workspace.as_ref()),
        ) && !workspace.text.is_empty()
        {
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

/// The APIs of a service that have a file, each once: those in the index in its order, then the others.
fn in_order(service: &Service) -> Vec<(String, Place, &ApiFile)> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let listed = service.index.iter().flat_map(|index| &index.apis);
    for entry in listed {
        let Some(id) = &entry.id else { continue };
        let api = service.apis.iter().find(|api| {
            api.name_id
                .as_deref()
                .is_some_and(|name| name.eq_ignore_ascii_case(id.as_str()))
        });
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

/// Whether one API stands where the other stood: the same collection directory, and definitions that are the same,
/// overlap, or that one of them does not have.
fn replaces(one: &ApiFile, other: &ApiFile) -> bool {
    let directory = |api: &ApiFile| {
        api.collection_directory
            .as_ref()
            .and_then(|d| d.resolved().cloned())
    };
    if directory(one) != directory(other) {
        return false;
    }
    let schemas = |api: &ApiFile| {
        api.schema_directory
            .as_ref()
            .and_then(|d| d.resolved().cloned())
    };
    if let (Some(one), Some(other)) = (schemas(one), schemas(other)) {
        return one == other;
    }
    let (one, other) = (definition_files(one), definition_files(other));
    one.is_empty() || other.is_empty() || one.intersection(&other).next().is_some()
}

/// The definition files an API lists, root files included.
pub fn definition_files(api: &ApiFile) -> BTreeSet<RepoPath> {
    let listed = api.definitions.iter().map(|file| &file.path);
    listed
        .chain(&api.root_files)
        .filter_map(|path| path.resolved().cloned())
        .collect()
}
