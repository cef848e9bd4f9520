//! The links of a repository to Postman as ids: what the rules compare across folders and across pushes.

use crate::model::finding::Place;
use crate::model::id::is_uuid;
use crate::model::path::RepoPath;
use crate::project::Project;
use crate::project::connected::connections;

/// What a folder is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link<'a> {
    /// The folder that holds `.postman`.
    pub folder: &'a RepoPath,
    /// API or workspace.
    pub kind: LinkKind,
    /// The id in lower case.
    pub id: String,
    /// Where it is written.
    pub place: Place,
}

/// What an id is the id of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkKind {
    /// An API of the API Builder.
    Api,
    /// A workspace of Postman v12.
    Workspace,
}

impl LinkKind {
    /// `API` or `workspace`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Api => "API",
            Self::Workspace => "workspace",
        }
    }
}

/// Every link that counts: ids that are none and stale ones are left out, and ids without a file count only where
/// a folder has nothing else, as after Postman connected an empty repository.
pub fn links<'a>(project: &'a Project<'a>) -> Vec<Link<'a>> {
    let connections = connections(project);
    let mut links = Vec::new();
    for service in &project.services {
        let own = connections
            .iter()
            .filter(|c| c.api.is_some() && c.service.folder == service.folder);
        let mut apis: Vec<(&str, &Place)> = own.map(|c| (c.id.as_str(), &c.place)).collect();
        if apis.is_empty() {
            let listed = service.index.iter().flat_map(|index| &index.apis);
            apis = listed
                .map(|api| (api.written.text.as_str(), &api.written.place))
                .collect();
        }
        let workspace = service
            .resources
            .iter()
            .filter_map(|resources| resources.workspace.as_ref())
            .map(|id| (LinkKind::Workspace, id.text.as_str(), &id.place));
        let found = apis
            .into_iter()
            .map(|(id, place)| (LinkKind::Api, id, place));
        for (kind, id, place) in found.chain(workspace).filter(|(_, id, _)| is_uuid(id)) {
            links.push(Link {
                folder: &service.folder,
                kind,
                id: id.to_ascii_lowercase(),
                place: place.clone(),
            });
        }
    }
    links
}
