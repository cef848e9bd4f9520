//! A workspace with its specifications, collections and environments: what Postman v12 and later use.
//!
//! A workspace is shared. What is listed is everything in it; the plan takes what the state knows, what `.postman/` names
//! and what bears the name of a file here, and a push leaves the rest alone: for a pull it is new.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::mirror::cost::TargetKind;
use crate::mirror::element::{Element, ElementKind, RemoteElement, RemoteId, RemoteSet};
use crate::mirror::state::Record;
use crate::mirror::target::{Kept, Target, TargetError, Written};
use crate::mirror::target_definition::{self as definition, Files};
use crate::mirror::target_documents::{
    found, listed, read_collection, read_environment, remote_id, unfit_collection, unsuitable,
};
use crate::mirror::target_workspace::{self as workspace, Known};
use crate::postman::client::Postman;
use crate::postman::error::PostmanError;
use crate::postman::spec_files::SpecFile;
use crate::postman::specs::{FileRole, Spec, SpecFileDraft};
use crate::postman::workspaces::Entry;

/// A workspace.
pub struct SpecHub<'a> {
    postman: &'a Postman,
    workspace: RemoteId,
    known: Known,
    /// The names of its specifications, from when they were listed: their files do not say them.
    names: Mutex<BTreeMap<RemoteId, String>>,
}

impl<'a> SpecHub<'a> {
    /// The workspace of this id.
    pub fn new(postman: &'a Postman, workspace: &RemoteId) -> Self {
        Self {
            postman,
            workspace: workspace.clone(),
            known: Known::default(),
            names: Mutex::default(),
        }
    }

    fn read_definition(&self, id: &RemoteId) -> Result<Option<RemoteElement>, TargetError> {
        let Some(files) = found(self.postman.spec_files(id.as_str()))? else {
            return Ok(None);
        };
        let listed = self.names().get(id).cloned();
        let name = match listed {
            Some(name) => name,
            None => self.postman.spec(id.as_str())?.name,
        };
        let paths: Vec<String> = files.into_iter().map(|file| file.path).collect();
        let content = definition::read_all(&name, &paths, &self.files(id))?;
        Ok(Some(RemoteElement {
            kind: ElementKind::Definition,
            name,
            content: Some(content),
            place: None,
        }))
    }

    fn create_definition(&self, element: &Element) -> Result<Written, TargetError> {
        let kind = definition::kind_of(TargetKind::SpecHub, element).ok_or_else(|| {
            unsuitable(element, "the Spec Hub takes no definition of this format")
        })?;
        let root = definition::root_of(element).map(|path| path.as_str().to_owned());
        let texts = definition::texts(element, &BTreeMap::new())?;
        let several = texts.len() > 1;
        let drafts: Vec<SpecFileDraft> = texts
            .into_iter()
            .map(|(path, content)| SpecFileDraft {
                role: several.then_some(if Some(&path) == root.as_ref() {
                    FileRole::Root
                } else {
                    FileRole::Default
                }),
                path,
                content,
            })
            .collect();
        let made = self.postman.create_spec(
            self.workspace.as_str(),
            &element.name,
            kind,
            &drafts,
            &mut || self.find(element, &drafts),
        )?;
        let id = remote_id(&made.id, &element.name)?;
        definition::created(id.clone(), element, &self.files(&id))
    }

    /// What a create may have made whose answer was lost.
    fn find(
        &self,
        element: &Element,
        drafts: &[SpecFileDraft],
    ) -> Result<Option<Spec>, PostmanError> {
        let known = self.known.ids();
        for spec in self.postman.specs(self.workspace.as_str())? {
            if spec.name != element.name.trim() || known.contains(&spec.id) {
                continue;
            }
            let files: Vec<SpecFile> =
                found(self.postman.spec_files(spec.id.as_str()))?.unwrap_or_default();
            if files.len() != drafts.len() {
                continue;
            }
            let mut same = true;
            for draft in drafts {
                let text = found(self.postman.spec_file(spec.id.as_str(), &draft.path))?;
                same &= text.as_ref() == Some(&draft.content);
            }
            if same {
                return Ok(Some(spec));
            }
        }
        Ok(None)
    }

    fn names(&self) -> MutexGuard<'_, BTreeMap<RemoteId, String>> {
        // Only ever replaced one whole name at a time.
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn files(&self, id: &RemoteId) -> SpecFiles<'a> {
        SpecFiles {
            postman: self.postman,
            spec: id.clone(),
        }
    }
}

impl Target for SpecHub<'_> {
    fn kind(&self) -> TargetKind {
        TargetKind::SpecHub
    }

    fn list(&self) -> Result<RemoteSet, TargetError> {
        let workspace = self.postman.workspace(self.workspace.as_str())?;
        let kinds = [
            (ElementKind::Definition, &workspace.specs),
            (ElementKind::Collection, &workspace.collections),
            (ElementKind::Environment, &workspace.environments),
        ];
        let mut set = RemoteSet::new();
        for (kind, entries) in kinds {
            for entry in entries {
                let (id, element) = match kind {
                    // `/specs` knows no uid.
                    ElementKind::Definition => listed(
                        kind,
                        &Entry {
                            uid: None,
                            ..entry.clone()
                        },
                    )?,
                    _ => listed(kind, entry)?,
                };
                if kind == ElementKind::Definition {
                    self.names().insert(id.clone(), element.name.clone());
                }
                set.insert(id, element);
            }
        }
        self.known.see(&set);
        Ok(set)
    }

    fn dates(&self) -> Result<BTreeMap<String, String>, TargetError> {
        workspace::dates(self.postman, &self.workspace)
    }

    fn read(&self, kind: ElementKind, id: &RemoteId) -> Result<Option<RemoteElement>, TargetError> {
        match kind {
            ElementKind::Definition => self.read_definition(id),
            ElementKind::Collection => read_collection(self.postman, id),
            ElementKind::Environment => read_environment(self.postman, id),
        }
    }

    fn unfit(&self, kind: ElementKind, element: &Element) -> Option<String> {
        match kind {
            ElementKind::Definition => definition::unfit(TargetKind::SpecHub, element),
            ElementKind::Collection => unfit_collection(element),
            ElementKind::Environment => None,
        }
    }

    fn create(&self, kind: ElementKind, element: &Element) -> Result<Written, TargetError> {
        let (postman, place, known) = (self.postman, &self.workspace, &self.known);
        match kind {
            ElementKind::Definition => self.create_definition(element),
            ElementKind::Collection => workspace::create_collection(postman, place, known, element),
            ElementKind::Environment => {
                workspace::create_environment(postman, place, known, element)
            }
        }
    }

    fn update(
        &self,
        kind: ElementKind,
        id: &RemoteId,
        element: &Element,
        record: &Record,
    ) -> Result<Written, TargetError> {
        match kind {
            ElementKind::Definition => definition::update(id, element, record, &self.files(id)),
            ElementKind::Collection => {
                let read = || self.postman.collection(id.as_str());
                workspace::update_collection(self.postman, id, element, record, &read)
            }
            ElementKind::Environment => {
                workspace::update_environment(self.postman, id, element, record)
            }
        }
    }

    fn delete(
        &self,
        kind: ElementKind,
        id: &RemoteId,
        record: &Record,
    ) -> Result<Kept, TargetError> {
        if kind != ElementKind::Definition {
            return workspace::delete(self.postman, kind, id, record);
        }
        let kept = definition::kept(record, &self.files(id))?;
        self.postman.delete_spec(id.as_str())?;
        Ok(kept)
    }
}

/// The files of one specification.
struct SpecFiles<'a> {
    postman: &'a Postman,
    spec: RemoteId,
}

impl Files for SpecFiles<'_> {
    fn read(&self, path: &str) -> Result<String, PostmanError> {
        self.postman.spec_file(self.spec.as_str(), path)
    }

    fn create(&self, path: &str, text: &str) -> Result<(), PostmanError> {
        self.postman
            .create_spec_file(self.spec.as_str(), path, text)
    }

    fn update(&self, path: &str, text: &str) -> Result<(), PostmanError> {
        self.postman
            .update_spec_file(self.spec.as_str(), path, text)
    }

    fn delete(&self, path: &str) -> Result<(), PostmanError> {
        self.postman.delete_spec_file(self.spec.as_str(), path)
    }
}
