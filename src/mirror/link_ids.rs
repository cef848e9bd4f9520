//! Ids that Postman handed out, on their way into its own files in `.postman/`, as far as these have a place for them: the
//! list of an API names its collections, the file of a workspace all there is.

use crate::mirror::element::{ElementKind, RemoteId};
use crate::mirror::state::LinkTarget;
use crate::model::change::{Change, Expected};
use crate::model::id::{ApiId, CollectionUid};
use crate::model::path::RepoPath;
use crate::project::api_edit::{ApiEdit, edit_api};
use crate::project::api_file::ApiFile;
use crate::project::edit_error::EditRefused;
use crate::project::resources_edit::{ResourceKind, ResourcesEdit, edit_resources};
use crate::project::resources_file::ResourcesFile;
use crate::project::service::Service;

/// An element and its id in Postman. Paths count from the root of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What it is.
    pub kind: ElementKind,
    /// Its file, root file or folder.
    pub path: RepoPath,
    /// Its id; `None` for one that is gone.
    pub id: Option<RemoteId>,
}

/// The changes that make the files of a link say which element is which; none where they say so already.
///
/// # Errors
/// A file that cannot be edited safely.
pub fn ids_in_files(
    service: &Service,
    api: Option<&ApiId>,
    elements: &[Listed],
) -> Result<Vec<Change>, EditRefused> {
    let mut changes = Vec::new();
    if let Some(file) = &service.resources {
        let edits: Vec<_> = elements
            .iter()
            .filter_map(|one| resource(file, one))
            .collect();
        if !edits.is_empty() {
            let text = edit_resources(&service.metadata_directory(), file, &edits)?;
            changes.extend(changed(&file.path, file.document.text(), text));
        }
    } else if let Some(file) = api.and_then(|api| file_of(service, api)) {
        let edits: Vec<_> = elements
            .iter()
            .filter_map(|one| collection(file, one))
            .collect();
        if !edits.is_empty() {
            let text = edit_api(&service.folder, file, &edits)?;
            changes.extend(changed(&file.file.path, file.file.document.text(), text));
        }
    }
    Ok(changes)
}

/// The API of a link, whose file lists what belongs to it; a workspace has none.
pub fn api_of(target: &LinkTarget) -> Option<ApiId> {
    match target {
        LinkTarget::SpecHub { .. } => None,
        LinkTarget::ApiBuilder { api, .. } | LinkTarget::GitLinked { api, .. } => {
            ApiId::parse(api.bare())
        }
    }
}

fn file_of<'s>(service: &'s Service, api: &ApiId) -> Option<&'s ApiFile> {
    service.apis.iter().find(|file| {
        let own = file.name_id.as_deref().and_then(ApiId::parse);
        own.or_else(|| file.api_id()).as_ref() == Some(api)
    })
}

fn resource(file: &ResourcesFile, element: &Listed) -> Option<ResourcesEdit> {
    let kind = match element.kind {
        ElementKind::Definition => ResourceKind::Specs,
        ElementKind::Collection => ResourceKind::Collections,
        ElementKind::Environment => ResourceKind::Environments,
    };
    // A definition may be listed by its folder.
    let mapped = file.mapped.iter().find(|mapped| {
        let path = mapped.path.resolved();
        mapped.kind == kind.key() && path.is_some_and(|path| element.path.is_within(path))
    });
    let path = element.path.clone();
    match (&element.id, mapped) {
        (None, Some(mapped)) if mapped.path.resolved() == Some(&path) => {
            Some(ResourcesEdit::Unmap { kind, path })
        }
        (None, _) => None,
        (Some(id), Some(mapped)) => {
            let written = mapped.id.as_ref().and_then(|id| RemoteId::parse(&id.text));
            if written.is_some_and(|written| written.bare() == id.bare()) {
                return None;
            }
            Some(ResourcesEdit::Map {
                kind,
                path: mapped.path.resolved()?.clone(),
                id: id.as_str().to_owned(),
            })
        }
        (Some(id), None) => Some(ResourcesEdit::Map {
            kind,
            path,
            id: id.as_str().to_owned(),
        }),
    }
}

fn collection(file: &ApiFile, element: &Listed) -> Option<ApiEdit> {
    if element.kind != ElementKind::Collection {
        return None;
    }
    let listed = file
        .collections
        .iter()
        .find(|listed| listed.path.resolved() == Some(&element.path));
    let path = element.path.clone();
    let uid = element
        .id
        .as_ref()
        .and_then(|id| CollectionUid::parse(id.as_str()));
    match (&element.id, listed) {
        (None, Some(_)) => Some(ApiEdit::RemoveCollection(path)),
        (None, None) => None,
        (Some(_), None) => Some(ApiEdit::AddCollection { path, uid }),
        (Some(id), Some(listed)) => {
            let written = listed.id.as_ref().and_then(|id| RemoteId::parse(&id.text));
            if written.is_some_and(|written| written.bare() == id.bare()) {
                return None;
            }
            uid.map(|uid| ApiEdit::SetCollectionUid { path, uid })
        }
    }
}

fn changed(path: &RepoPath, before: &str, after: String) -> Option<Change> {
    (after != before).then(|| Change {
        path: path.clone(),
        content: Some(after.into_bytes()),
        expected: Expected::of(Some(before.as_bytes())),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Listed, ids_in_files};
    use crate::config::file::Config;
    use crate::mirror::element::ElementKind;
    use crate::mirror::testing::{id, path};
    use crate::model::id::ApiId;
    use crate::model::snapshot::MemorySnapshot;
    use crate::project::Project;

    const API: &str = "11111111-2222-4333-8444-555555555555";
    const UID: &str = "7-aaaaaaaa-2222-4333-8444-555555555555";

    fn after(files: &[(&str, &str)], listed: &[Listed]) -> Vec<String> {
        let files = files
            .iter()
            .map(|(name, text)| (path(name), text.as_bytes().to_vec()));
        let snapshot = MemorySnapshot::new(files.collect::<BTreeMap<_, _>>());
        let config = Config::default();
        let project = Project::load(&snapshot, &config).unwrap();
        let service = project.services.last().unwrap();
        let api = ApiId::parse(API);
        let changes = ids_in_files(service, api.as_ref(), listed).unwrap();
        let text = |change: crate::model::change::Change| {
            String::from_utf8(change.content.unwrap()).unwrap()
        };
        changes.into_iter().map(text).collect()
    }

    fn listed(file: &str, known: bool) -> Listed {
        Listed {
            kind: ElementKind::Collection,
            path: path(file),
            id: known.then(|| id(UID)),
        }
    }

    #[test]
    fn a_workspace_learns_ids_once_and_forgets_what_is_gone() {
        let workspace = "workspace:\n  id: 22222222-2222-4333-8444-555555555555\n";
        let file = "postman/collections/a.json";
        let name = ".postman/resources.yaml";
        let learnt = after(&[(name, workspace)], &[listed(file, true)]);
        assert!(
            learnt[0].starts_with(workspace) && learnt[0].contains(UID),
            "{learnt:?}"
        );
        assert!(after(&[(name, &learnt[0])], &[listed(file, true)]).is_empty());
        let forgotten = after(&[(name, &learnt[0])], &[listed(file, false)]);
        assert!(!forgotten[0].contains(UID));
    }

    #[test]
    fn the_list_of_an_api_gets_its_collections_only() {
        let name = format!(".postman/api_{API}");
        let text = format!(
            "configVersion = 1.0.0\ntype = apiEntityData\n\n[config]\nid = {API}\n\n[config.relations]\n\n[config.relations.collections]\nrootDirectory = postman/collections\n\n[config.relations.collections.metaData]\n\n[config.relations.apiDefinition]\nrootDirectory = postman/schemas\n\n[config.relations.apiDefinition.metaData]\n"
        );
        let environment = Listed {
            kind: ElementKind::Environment,
            ..listed("postman/environments/e.json", true)
        };
        let all = [listed("postman/collections/a.json", true), environment];
        let learnt = after(&[(&name, &text)], &all);
        assert!(
            learnt[0].contains(UID) && !learnt[0].contains("e.json"),
            "{learnt:?}"
        );
        assert!(after(&[(&name, &learnt[0])], &all).is_empty());
    }
}
