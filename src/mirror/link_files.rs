//! The link in the repository: Postman's own files made, extended and cleared, as changes that name what they replace.

use crate::model::change::{Change, ChangeError, ChangeSet, Expected};
use crate::model::id::ApiId;
use crate::model::path::{PathError, RepoPath};
use crate::project::api_edit::{ApiEdit, NewForm, edit_api, file_name, new_api_file};
use crate::project::api_file::{ApiFile, ApiForm};
use crate::project::edit_error::EditRefused;
use crate::project::index_edit::{add_api, new_index, remove_api};
use crate::project::index_file::IndexFile;
use crate::project::resources_edit::{
    ResourcesEdit, edit_resources, new_resources, without_workspace,
};
use crate::project::service::Service;

/// What a folder is linked with.
#[derive(Clone, Debug)]
pub enum Link<'a> {
    /// An API, whether Postman has it connected to a repository or not: `.postman/api` and `.postman/api_<id>`.
    Api {
        /// The API.
        id: &'a ApiId,
        /// How its file says where the definition is.
        form: NewForm<'a>,
        /// Its collection directory.
        collection_directory: &'a RepoPath,
    },
    /// A workspace of Postman v12 and later: `.postman/resources.yaml`.
    Workspace {
        /// Its id.
        id: &'a str,
    },
}

/// Why the files of a link cannot be made or cleared.
#[derive(Debug, thiserror::Error)]
pub enum LinkFilesError {
    /// One of Postman's files cannot be edited.
    #[error(transparent)]
    Refused(#[from] EditRefused),
    /// One of Postman's files is there and could not be read.
    #[error("{path} {reason}")]
    Unread {
        /// The file.
        path: RepoPath,
        /// Why.
        reason: String,
    },
    /// The folder is linked with another workspace.
    #[error("{path} names another workspace: {workspace}")]
    OtherWorkspace {
        /// The file.
        path: RepoPath,
        /// The workspace.
        workspace: String,
    },
    /// A name that is no path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Changes that contradict each other.
    #[error(transparent)]
    Changes(#[from] ChangeError),
}

impl LinkFilesError {
    /// What to do about it, where there is something.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused(error) => Some(error.hint()),
            Self::Unread { .. } => Some("mend the file, or remove it".to_owned()),
            Self::OtherWorkspace { .. } => {
                Some("disconnect it first with `git postman disconnect`".to_owned())
            }
            Self::Path(_) | Self::Changes(_) => None,
        }
    }
}

/// The changes that link a folder. What is linked already in this way stays byte by byte, and then there are none.
///
/// An API that has a file keeps its form: a schema directory is set only where the form has one.
///
/// # Errors
/// Files of Postman's that cannot be read or edited, another workspace in the folder, directories outside of it.
pub fn link(service: &Service, link: &Link<'_>) -> Result<ChangeSet, LinkFilesError> {
    check_read(service)?;
    let metadata = service.metadata_directory();
    let mut changes = Vec::new();
    match link {
        Link::Workspace { id } => match &service.resources {
            None => changes.push(created(
                metadata.join("resources.yaml")?,
                &new_resources(id),
            )),
            Some(file) => {
                match &file.workspace {
                    Some(own) if !own.text.is_empty() && own.text != *id => {
                        return Err(LinkFilesError::OtherWorkspace {
                            path: file.path.clone(),
                            workspace: own.text.clone(),
                        });
                    }
                    _ => {}
                }
                let edit = ResourcesEdit::SetWorkspace((*id).to_owned());
                let text = edit_resources(&metadata, file, &[edit])?;
                changes.extend(changed(&file.path, file.document.text(), Some(text)));
            }
        },
        Link::Api {
            id,
            form,
            collection_directory,
        } => {
            match &service.index {
                None => changes.push(created(metadata.join("api")?, &new_index(id))),
                Some(index) => {
                    let text = add_api(index, id)?;
                    let before = index.file.document.text();
                    changes.extend(changed(&index.file.path, before, Some(text)));
                }
            }
            match api_of(service, id) {
                None => {
                    let text = new_api_file(&service.folder, id, form, collection_directory)?;
                    changes.push(created(metadata.join(&file_name(id))?, &text));
                }
                Some(file) => {
                    let mut edits = vec![ApiEdit::SetCollectionDirectory(
                        (*collection_directory).clone(),
                    )];
                    if let (NewForm::Directory(directory), true) =
                        (form, file.form != ApiForm::RootFile)
                    {
                        edits.push(ApiEdit::SetSchemaDirectory((*directory).clone()));
                    }
                    let text = edit_api(&service.folder, file, &edits)?;
                    let before = file.file.document.text();
                    changes.extend(changed(&file.file.path, before, Some(text)));
                }
            }
        }
    }
    Ok(ChangeSet::new(changes)?)
}

/// The changes that take the link with an API out of a folder: its file goes, and it goes off the list. Definitions and
/// collections stay.
///
/// # Errors
/// Files of Postman's that cannot be read or edited; an API that is not linked here.
pub fn unlink(service: &Service, id: &ApiId) -> Result<ChangeSet, LinkFilesError> {
    check_read(service)?;
    let mut changes = Vec::new();
    let file = api_of(service, id).filter(|file| file.form != ApiForm::Legacy);
    let is_listed = |index: &IndexFile| index.apis.iter().any(|api| api.id.as_ref() == Some(id));
    // A file that no list names goes all the same.
    if let Some(index) = &service.index
        && (file.is_none() || is_listed(index))
    {
        let text = remove_api(index, id)?;
        let before = index.file.document.text();
        changes.extend(changed(&index.file.path, before, text));
    }
    // In the oldest form the list is the file.
    if let Some(file) = file {
        let before = file.file.document.text();
        changes.extend(changed(&file.file.path, before, None));
    }
    Ok(ChangeSet::new(changes)?)
}

/// The changes that take the link with a workspace out of a folder.
///
/// # Errors
/// As for [`unlink`].
pub fn unlink_workspace(service: &Service) -> Result<ChangeSet, LinkFilesError> {
    check_read(service)?;
    let mut changes = Vec::new();
    if let Some(file) = &service.resources {
        let text = without_workspace(file)?;
        changes.extend(changed(&file.path, file.document.text(), text));
    }
    Ok(ChangeSet::new(changes)?)
}

fn check_read(service: &Service) -> Result<(), LinkFilesError> {
    match service.unread.first() {
        None => Ok(()),
        Some((path, reason)) => Err(LinkFilesError::Unread {
            path: path.clone(),
            reason: reason.clone(),
        }),
    }
}

/// The file of an API: the one that has its id in its name, as Postman finds it.
fn api_of<'a>(service: &'a Service, id: &ApiId) -> Option<&'a ApiFile> {
    service.apis.iter().find(|file| match &file.name_id {
        Some(name) => ApiId::parse(name).as_ref() == Some(id),
        None => file.api_id().as_ref() == Some(id),
    })
}

fn created(path: RepoPath, text: &str) -> Change {
    Change {
        path,
        content: Some(text.as_bytes().to_vec()),
        expected: Expected::Absent,
    }
}

/// A change, where there is one.
fn changed(path: &RepoPath, before: &str, after: Option<String>) -> Option<Change> {
    if after.as_deref() == Some(before) {
        return None;
    }
    Some(Change {
        path: path.clone(),
        content: after.map(String::into_bytes),
        expected: Expected::of(Some(before.as_bytes())),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Link, LinkFilesError, link, unlink, unlink_workspace};
    use crate::config::file::Config;
    use crate::model::change::ChangeSet;
    use crate::model::id::ApiId;
    use crate::model::overlay::Overlay;
    use crate::model::path::RepoPath;
    use crate::model::snapshot::{Content, MemorySnapshot, Snapshot};
    use crate::project::Project;
    use crate::project::api_edit::NewForm;

    const ID: &str = "11111111-2222-4333-8444-555555555555";
    const OTHER: &str = "99999999-2222-4333-8444-555555555555";

    fn path(text: &str) -> RepoPath {
        RepoPath::parse(text).unwrap()
    }

    fn id(text: &str) -> ApiId {
        ApiId::parse(text).unwrap()
    }

    /// Files after a change, as texts.
    fn after(
        files: &BTreeMap<RepoPath, Vec<u8>>,
        change: impl Fn(&Project<'_>) -> Result<ChangeSet, LinkFilesError>,
    ) -> Result<BTreeMap<RepoPath, Vec<u8>>, LinkFilesError> {
        let snapshot = MemorySnapshot::new(files.clone());
        let config = Config::default();
        let project = Project::load(&snapshot, &config).unwrap();
        let changes = change(&project)?;
        let overlay = Overlay::new(&snapshot, &changes).unwrap();
        let read = |path: &RepoPath| match overlay.read(path, 1 << 20).unwrap() {
            Content::Bytes(bytes) => bytes,
            other => panic!("{other:?}"),
        };
        let entries = overlay.listing().unwrap().entries();
        Ok(entries
            .iter()
            .map(|entry| (entry.path.clone(), read(&entry.path)))
            .collect())
    }

    fn linked(
        files: &BTreeMap<RepoPath, Vec<u8>>,
        api: &str,
        form: &NewForm<'_>,
    ) -> BTreeMap<RepoPath, Vec<u8>> {
        after(files, |project| {
            link(
                &project.services[0],
                &Link::Api {
                    id: &id(api),
                    form: form.clone(),
                    collection_directory: &path("postman/collections"),
                },
            )
        })
        .unwrap()
    }

    #[test]
    fn an_api_is_linked_from_nothing_and_unlinked_to_nothing() {
        let schemas = path("postman/schemas");
        for form in [NewForm::RootFile, NewForm::Directory(&schemas)] {
            let files = BTreeMap::from([(path("README.md"), b"mine".to_vec())]);
            let one = linked(&files, ID, &form);
            let names: Vec<&str> = one.keys().map(RepoPath::as_str).collect();
            let own = format!(".postman/api_{ID}");
            assert_eq!(names, [".postman/api", own.as_str(), "README.md"]);
            assert_eq!(linked(&one, ID, &form), one);
            let two = linked(&one, OTHER, &form);
            assert_eq!(two.len(), 4);
            let back = after(&two, |project| unlink(&project.services[0], &id(OTHER))).unwrap();
            assert_eq!(back, one);
            let none = after(&back, |project| unlink(&project.services[0], &id(ID))).unwrap();
            assert_eq!(none, files);
        }
    }

    #[test]
    fn what_is_linked_is_read_as_linked() {
        let schemas = path("specs");
        let files = linked(&BTreeMap::new(), ID, &NewForm::Directory(&schemas));
        let snapshot = MemorySnapshot::new(files);
        let config = Config::default();
        let project = Project::load(&snapshot, &config).unwrap();
        let service = &project.services[0];
        assert_eq!(service.index.as_ref().unwrap().apis[0].id, Some(id(ID)));
        let api = &service.apis[0];
        assert_eq!(api.api_id(), Some(id(ID)));
        let directory = api.schema_directory.as_ref().unwrap();
        assert_eq!(directory.resolved(), Some(&schemas));
    }

    #[test]
    fn a_workspace_is_linked_once() {
        let workspace = |files: &BTreeMap<_, _>, id: &str| {
            after(files, |project| {
                link(&project.services[0], &Link::Workspace { id })
            })
        };
        let files = workspace(&BTreeMap::new(), ID).unwrap();
        assert_eq!(workspace(&files, ID).unwrap(), files);
        let none = after(&files, |project| unlink_workspace(&project.services[0])).unwrap();
        assert!(none.is_empty());
        let error = workspace(&files, OTHER).unwrap_err();
        assert!(matches!(error, LinkFilesError::OtherWorkspace { .. }));
        assert!(error.hint().unwrap().contains("disconnect"));
        // An empty id, as some files have it, is filled.
        let empty = BTreeMap::from([(
            path(".postman/resources.yaml"),
            b"# mine\nworkspace:\n  id: \"\"\n".to_vec(),
        )]);
        let filled = workspace(&empty, ID).unwrap();
        let text = String::from_utf8(filled.into_values().next().unwrap()).unwrap();
        assert!(text.starts_with("# mine\n") && text.contains(ID), "{text}");
    }

    #[test]
    fn the_oldest_form_is_unlinked_as_a_whole() {
        let text = format!("id = {ID}\n\n[relations.collections]\nrootDirectory = c\n");
        let files = BTreeMap::from([(path(".postman/api"), text.into_bytes())]);
        let none = after(&files, |project| unlink(&project.services[0], &id(ID))).unwrap();
        assert!(none.is_empty());
        let other = after(&files, |project| unlink(&project.services[0], &id(OTHER)));
        assert!(matches!(other, Err(LinkFilesError::Refused(_))));
    }
}
