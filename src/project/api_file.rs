//! What one API has in the repository: `.postman/api_<id>`, or the oldest `.postman/api`.

use crate::model::id::{ApiId, CollectionUid};
use crate::model::path::RepoPath;
use crate::project::ini_file::IniFile;
use crate::project::written::{Trouble, Written, WrittenPath};

/// One API's part of the repository.
#[derive(Clone, Debug)]
pub struct ApiFile {
    /// The file.
    pub file: IniFile,
    /// Its form.
    pub form: ApiForm,
    /// The id in the file's name; `None` for the oldest form, whose name has none.
    pub name_id: Option<String>,
    /// The id inside the file.
    pub id: Option<Written>,
    /// The collection directory.
    pub collection_directory: Option<WrittenPath>,
    /// The schema directory; `None` where the API goes by root files.
    pub schema_directory: Option<WrittenPath>,
    /// The collections it lists.
    pub collections: Vec<ListedFile>,
    /// The definition files it lists.
    pub definitions: Vec<ListedFile>,
    /// The root files of the definition; Postman goes by the first.
    pub root_files: Vec<WrittenPath>,
    /// The definition's type, such as `openapi:3_1`.
    pub definition_type: Option<Written>,
    /// What its reader passes over.
    pub troubles: Vec<Trouble>,
}

/// Which generation wrote an API's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiForm {
    /// The oldest, inside `.postman/api`; it goes by a schema directory.
    Legacy,
    /// `configVersion = 1.0.0`: a schema directory.
    Directory,
    /// `configVersion = 1.1.0`: root files.
    RootFile,
    /// No version, or one that nobody knows: Postman's reader gives the file up.
    Unknown(Option<Written>),
}

/// One file in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedFile {
    /// Where the file should be.
    pub path: WrittenPath,
    /// A collection's uid as it is written.
    pub id: Option<Written>,
}

impl ApiFile {
    /// The id that counts: the one inside the file, where it is one.
    pub fn api_id(&self) -> Option<ApiId> {
        self.id.as_ref().and_then(|id| ApiId::parse(&id.text))
    }
}

impl ListedFile {
    /// The collection's uid, where it is one.
    pub fn uid(&self) -> Option<CollectionUid> {
        self.id
            .as_ref()
            .and_then(|id| CollectionUid::parse(&id.text))
    }
}

/// Reads the file of one API. `service` is the folder that holds `.postman`; every path counts from there.
pub fn read(service: &RepoPath, file: IniFile, legacy: bool) -> ApiFile {
    let head: &[&str] = if legacy { &[] } else { &["config"] };
    let section = |names: &[&'static str]| [head, names].concat();
    let form = if legacy {
        ApiForm::Legacy
    } else {
        match file.value(&[], "configVersion") {
            Some(version) if version.text == "1.0.0" => ApiForm::Directory,
            Some(version) if version.text == "1.1.0" => ApiForm::RootFile,
            other => ApiForm::Unknown(other),
        }
    };
    let collections_section = section(&["relations", "collections"]);
    let definition_section = section(&["relations", "apiDefinition"]);
    let meta_section = section(&["relations", "apiDefinition", "metaData"]);
    let directory = |section: &[&str]| {
        file.value(section, "rootDirectory")
            .map(|written| WrittenPath::new(service, &written.text, written.place))
    };
    let collection_directory = directory(&collections_section);
    let schema_directory = if form == ApiForm::RootFile {
        None
    } else {
        directory(&definition_section)
    };
    let base_of = |directory: &Option<WrittenPath>| match directory {
        Some(directory) => directory.path.clone().ok(),
        None => Some(service.clone()),
    };
    let mut troubles = Vec::new();
    let collections = listed(
        &file,
        &collections_section,
        base_of(&collection_directory).as_ref(),
        &mut troubles,
    );
    let definition_base = base_of(&schema_directory);
    let definitions = listed(
        &file,
        &definition_section,
        definition_base.as_ref(),
        &mut troubles,
    );
    let root_files = file
        .document
        .all(&meta_section, "rootFiles")
        .map(|entry| file.written(entry))
        .filter_map(|written| {
            Some(WrittenPath::new(
                definition_base.as_ref()?,
                &written.text,
                written.place,
            ))
        })
        .collect();
    ApiFile {
        name_id: file
            .path
            .file_name()
            .strip_prefix("api_")
            .map(str::to_owned),
        id: file.value(head, "id"),
        definition_type: file.value(&meta_section, "type"),
        form,
        collection_directory,
        schema_directory,
        collections,
        definitions,
        root_files,
        troubles,
        file,
    }
}

/// The `files[]` of a section. Without a base, because its directory is no path, there is nothing to find.
fn listed(
    file: &IniFile,
    section: &[&str],
    base: Option<&RepoPath>,
    troubles: &mut Vec<Trouble>,
) -> Vec<ListedFile> {
    let mut files = Vec::new();
    for entry in file.document.all(section, "files") {
        let object = file.object(entry);
        match object
            .as_ref()
            .and_then(|object| Some((object, object.string("path")?)))
        {
            Some((object, (text, span))) => {
                let Some(base) = base else { continue };
                let id = object.string("id").map(|(id, span)| Written {
                    text: id.to_owned(),
                    place: file.place(span),
                });
                files.push(ListedFile {
                    path: WrittenPath::new(base, text, file.place(span)),
                    id,
                });
            }
            None => troubles.push(Trouble {
                message: "entry is no JSON object with a `path`, and Postman passes over it"
                    .to_owned(),
                help: "write `files[] = {\"path\":\"<file>\",\"metaData\":{}}`, or remove the line"
                    .to_owned(),
                place: file.place(entry.value_span),
            }),
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::{ApiForm, read};
    use crate::model::path::RepoPath;
    use crate::project::ini_file::IniFile;

    fn api(name: &str, text: &str, legacy: bool) -> super::ApiFile {
        read(
            &RepoPath::root(),
            IniFile::new(RepoPath::parse(name).unwrap(), text.to_owned()),
            legacy,
        )
    }

    const ID: &str = "11111111-2222-4333-8444-555555555555";

    #[test]
    fn root_files_count_from_the_repository_and_collections_from_their_directory() {
        let text = format!(
            "configVersion = 1.1.0\ntype = apiEntityData\n\n[config]\nid = {ID}\n\n[config.relations.collections]\nrootDirectory = \"my collections \"\nfiles[] = {{\"id\":\"1-{ID}\",\"path\":\"v1/Orders.json\",\"metaData\":{{}}}}\n\n[config.relations.apiDefinition]\nfiles[] = {{\"path\":\"specs/orders.yaml\",\"metaData\":{{}}}}\n\n[config.relations.apiDefinition.metaData]\ntype = openapi:3\nrootFiles[] = specs/orders.yaml\n"
        );
        let api = api(&format!(".postman/api_{ID}"), &text, false);
        assert_eq!(api.form, ApiForm::RootFile);
        assert_eq!(api.name_id.as_deref(), Some(ID));
        assert_eq!(api.api_id().unwrap().as_str(), ID);
        let collection = &api.collections[0];
        assert_eq!(
            collection.path.resolved().unwrap().as_str(),
            "my collections /v1/Orders.json"
        );
        assert!(collection.uid().is_some());
        assert_eq!(
            collection
                .path
                .place
                .excerpt
                .as_ref()
                .unwrap()
                .mark
                .of(&collection.path.place.excerpt.as_ref().unwrap().text),
            "v1/Orders.json"
        );
        assert_eq!(
            api.root_files[0].resolved().unwrap().as_str(),
            "specs/orders.yaml"
        );
        assert!(api.schema_directory.is_none());
        assert_eq!(api.definition_type.unwrap().text, "openapi:3");
    }

    #[test]
    fn the_oldest_form_is_the_index_itself() {
        let text = format!(
            "id = {ID}\n[relations.apiDefinition]\nrootDirectory = schemas\nfiles[] = {{\"path\":\"a.proto\"}}\n[relations.apiDefinition.metaData]\nrootFiles[] = a.proto\n"
        );
        let api = api(".postman/api", &text, true);
        assert_eq!(api.form, ApiForm::Legacy);
        assert_eq!(api.name_id, None);
        assert_eq!(
            api.root_files[0].resolved().unwrap().as_str(),
            "schemas/a.proto"
        );
    }

    #[test]
    fn broken_entries_are_told() {
        let text = "configVersion = 1.0.0\n[config.relations.collections]\nrootDirectory = ../x\nfiles[] = {\"path\":\"x\"\nfiles[] = {\"path\":\"y\"}\n";
        let api = api(".postman/api_x", text, false);
        assert_eq!(api.troubles.len(), 1);
        assert!(api.collection_directory.unwrap().path.is_err());
        assert!(api.collections.is_empty());
    }
}
