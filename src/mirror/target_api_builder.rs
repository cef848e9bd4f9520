//! An API of the API Builder that is not connected to a repository, with its definition and collections, and the
//! environments of its workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::mirror::cost::TargetKind;
use crate::mirror::element::{Element, ElementKind, RemoteElement, RemoteId, RemoteSet};
use crate::mirror::ids::IdTable;
use crate::mirror::state::{MirrorState, Record};
use crate::mirror::target::{Kept, Target, TargetError, Written};
use crate::mirror::target_definition::{self as definition, Files};
use crate::mirror::target_documents::{
    Body, element as read_element, found, listed_environment, read_environment, remote_id,
    unfit_collection, unsuitable,
};
use crate::mirror::target_workspace::{self as workspace, Known, learnt};
use crate::postman::apis::Api;
use crate::postman::client::Postman;
use crate::postman::error::PostmanError;
use crate::postman::schemas::{Root, Schema, SchemaFileDraft};
use crate::postman::wire::AnyId;

/// An API.
pub struct ApiBuilder<'a> {
    postman: &'a Postman,
    api: RemoteId,
    workspace: RemoteId,
    /// The names of its collections, as far as the state knows them. Postman lists ids only.
    names: BTreeMap<String, String>,
    known: Known,
    /// The name of the API, from when it was listed.
    name: Mutex<String>,
    /// What Postman has just said of it.
    asked: Mutex<Option<Api>>,
}

impl<'a> ApiBuilder<'a> {
    /// The API of this id in this workspace.
    pub fn new(
        postman: &'a Postman,
        api: &RemoteId,
        workspace: &RemoteId,
        state: Option<&MirrorState>,
    ) -> Self {
        let records = state.iter().flat_map(|state| state.records.values());
        let names = records.filter_map(|record| {
            let id = record.remote_id.as_ref()?;
            Some((id.bare().to_owned(), record.name.clone()))
        });
        Self {
            postman,
            api: api.clone(),
            workspace: workspace.clone(),
            names: names.collect(),
            known: Known::default(),
            name: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    /// The same with what Postman has just said of the API, for the first list.
    #[must_use]
    pub fn with(mut self, asked: Option<Api>) -> Self {
        self.asked = Mutex::new(asked);
        self
    }

    fn api_name(&self) -> String {
        let name = self.name.lock().unwrap_or_else(PoisonError::into_inner);
        name.clone()
    }

    fn read_collection(&self, id: &RemoteId) -> Result<Option<RemoteElement>, TargetError> {
        let text = found(
            self.postman
                .collection_of_api(self.api.as_str(), id.as_str()),
        )?;
        Ok(text.map(|text| read_element(ElementKind::Collection, &text)))
    }

    fn read_definition(&self, id: &RemoteId) -> Result<Option<RemoteElement>, TargetError> {
        let files = self.postman.schema_files(self.api.as_str(), id.as_str());
        let Some(files) = found(files)? else {
            return Ok(None);
        };
        let name = self.api_name();
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
        let kind = definition::kind_of(TargetKind::ApiBuilder, element)
            .ok_or_else(|| unsuitable(element, "an API takes no definition of this format"))?;
        let root = definition::root_of(element).map(|path| path.as_str().to_owned());
        let drafts: Vec<SchemaFileDraft> = definition::texts(element, &BTreeMap::new())?
            .into_iter()
            .map(|(path, content)| SchemaFileDraft {
                root: (kind.starts_with("proto:") && Some(&path) == root.as_ref())
                    .then_some(Root { enabled: true }),
                path,
                content,
            })
            .collect();
        let api = self.api.as_str();
        let made = self.postman.create_schema(api, kind, &drafts, &mut || {
            // An API has one schema, and had none before.
            let schemas = self.postman.api(api)?.schemas;
            Ok(schemas.into_iter().next().map(|schema| Schema {
                id: schema.id,
                kind: None,
            }))
        })?;
        let id = remote_id(&made.id, &element.name)?;
        definition::created(id.clone(), element, &self.files(&id))
    }

    fn create_collection(&self, element: &Element) -> Result<Written, TargetError> {
        let body = Body::of_collection(element, None, &IdTable::new())?;
        let (api, known) = (self.api.as_str(), self.known.ids());
        let made = self
            .postman
            .create_collection_in_api(api, &body.text, &mut || self.find(&known, &body))?;
        let id = remote_id(&made, &element.name)?;
        let stored = self.postman.collection_of_api(api, id.as_str())?;
        let ids = learnt(element, &stored, &IdTable::new());
        body.written(id, None, &stored, ids)
    }

    fn find(&self, known: &BTreeSet<AnyId>, body: &Body) -> Result<Option<AnyId>, PostmanError> {
        let api = self.api.as_str();
        for related in self.postman.api(api)?.collections {
            if known.contains(&related.id) {
                continue;
            }
            let text = found(self.postman.collection_of_api(api, related.id.as_str()))?;
            if text.is_some_and(|text| body.lost_in(&text).is_none()) {
                return Ok(Some(related.id));
            }
        }
        Ok(None)
    }

    fn files(&self, schema: &RemoteId) -> SchemaFiles<'a> {
        SchemaFiles {
            postman: self.postman,
            api: self.api.clone(),
            schema: schema.clone(),
        }
    }
}

impl Target for ApiBuilder<'_> {
    fn kind(&self) -> TargetKind {
        TargetKind::ApiBuilder
    }

    fn list(&self) -> Result<RemoteSet, TargetError> {
        let asked = self
            .asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let api = match asked {
            Some(api) => api,
            None => self.postman.api(self.api.as_str())?,
        };
        let mut set = RemoteSet::new();
        {
            let mut name = self.name.lock().unwrap_or_else(PoisonError::into_inner);
            name.clone_from(&api.name);
        }
        for schema in &api.schemas {
            let id = remote_id(&schema.id, &api.name)?;
            let element = RemoteElement {
                kind: ElementKind::Definition,
                name: api.name.clone(),
                content: None,
                place: None,
            };
            set.insert(id, element);
        }
        for collection in &api.collections {
            let id = remote_id(&collection.id, &api.name)?;
            let named = collection
                .name
                .as_ref()
                .or_else(|| self.names.get(id.bare()));
            let element = match named {
                Some(name) => Some(RemoteElement {
                    kind: ElementKind::Collection,
                    name: name.clone(),
                    content: None,
                    place: None,
                }),
                None => self.read_collection(&id)?,
            };
            set.extend(element.map(|element| (id, element)));
        }
        for environment in self.postman.environments(self.workspace.as_str())? {
            let (id, element) = listed_environment(&environment)?;
            set.insert(id, element);
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
            ElementKind::Collection => self.read_collection(id),
            ElementKind::Environment => read_environment(self.postman, id),
        }
    }

    fn unfit(&self, kind: ElementKind, element: &Element) -> Option<String> {
        match kind {
            ElementKind::Definition => definition::unfit(TargetKind::ApiBuilder, element),
            ElementKind::Collection => unfit_collection(element),
            ElementKind::Environment => None,
        }
    }

    fn create(&self, kind: ElementKind, element: &Element) -> Result<Written, TargetError> {
        match kind {
            ElementKind::Definition => self.create_definition(element),
            ElementKind::Collection => self.create_collection(element),
            ElementKind::Environment => {
                workspace::create_environment(self.postman, &self.workspace, &self.known, element)
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
                let read = || {
                    self.postman
                        .collection_of_api(self.api.as_str(), id.as_str())
                };
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
        if kind == ElementKind::Definition {
            return Err(TargetError::Unsuitable {
                name: record.name.clone(),
                reason: "Postman has no call that deletes the definition of an API".to_owned(),
            });
        }
        workspace::delete(self.postman, kind, id, record)
    }
}

/// The files of one schema.
struct SchemaFiles<'a> {
    postman: &'a Postman,
    api: RemoteId,
    schema: RemoteId,
}

impl Files for SchemaFiles<'_> {
    fn read(&self, path: &str) -> Result<String, PostmanError> {
        self.postman
            .schema_file(self.api.as_str(), self.schema.as_str(), path)
    }

    fn create(&self, path: &str, text: &str) -> Result<(), PostmanError> {
        self.update(path, text)
    }

    fn update(&self, path: &str, text: &str) -> Result<(), PostmanError> {
        self.postman
            .put_schema_file(self.api.as_str(), self.schema.as_str(), path, text)
    }

    fn delete(&self, path: &str) -> Result<(), PostmanError> {
        self.postman
            .delete_schema_file(self.api.as_str(), self.schema.as_str(), path)
    }
}
