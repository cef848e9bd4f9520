//! `.postman/api_<id>`, and the oldest `.postman/api`, edited: files listed, taken off and renamed, directories and root
//! files set, every other byte as it was.

use serde_json::json;

use crate::format::ini::Entry;
use crate::format::ini_edit;
use crate::format::json as json_text;
use crate::format::markers::merge_markers;
use crate::model::id::{ApiId, CollectionUid};
use crate::model::path::RepoPath;
use crate::project::api_file::{ApiFile, ApiForm, read};
use crate::project::edit_error::EditRefused;
use crate::project::index_edit::HEAD;
use crate::project::ini_file::IniFile;
use crate::project::written::WrittenPath;

/// One edit. Paths count from the root of the repository; they are written as the file's form wants them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiEdit {
    /// Lists a collection.
    AddCollection {
        /// Its file.
        path: RepoPath,
        /// Its uid, where it has one.
        uid: Option<CollectionUid>,
    },
    /// Takes a collection off the list.
    RemoveCollection(RepoPath),
    /// A collection's file has another name; uid and preferences stay.
    RenameCollection {
        /// The name in the list.
        from: RepoPath,
        /// The new one.
        to: RepoPath,
    },
    /// A collection has another uid.
    SetCollectionUid {
        /// Its file.
        path: RepoPath,
        /// Its uid.
        uid: CollectionUid,
    },
    /// Lists a file of the definition.
    AddDefinition(RepoPath),
    /// Takes a file of the definition off the list, and off the root files.
    RemoveDefinition(RepoPath),
    /// A file of the definition has another name, as a root file too.
    RenameDefinition {
        /// The name in the list.
        from: RepoPath,
        /// The new one.
        to: RepoPath,
    },
    /// The definition starts in this file.
    SetRootFile(RepoPath),
    /// The definition is of this type, such as `openapi:3_1`.
    SetDefinitionType(String),
    /// The collection directory has this name; what is listed is then found below it.
    SetCollectionDirectory(RepoPath),
    /// The schema directory has this name; what is listed is then found below it.
    SetSchemaDirectory(RepoPath),
}

/// How a new file says where the definition is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewForm<'a> {
    /// `configVersion = 1.1.0`, what Postman writes since August 2023: files count from the repository.
    RootFile,
    /// `configVersion = 1.0.0`: files count from a schema directory.
    Directory(&'a RepoPath),
}

/// The name of the file of one API.
pub fn file_name(id: &ApiId) -> String {
    format!("api_{id}")
}

/// A new file of an API, as Postman writes it, with nothing listed yet. `folder` holds `.postman`.
///
/// # Errors
/// Directories outside of the folder.
pub fn new_api_file(
    folder: &RepoPath,
    id: &ApiId,
    form: &NewForm<'_>,
    collection_directory: &RepoPath,
) -> Result<String, EditRefused> {
    let version = match form {
        NewForm::RootFile => "1.1.0",
        NewForm::Directory(_) => "1.0.0",
    };
    let text = format!(
        "{HEAD}configVersion = {version}\ntype = apiEntityData\n\n[config]\nid = {id}\n\n[config.relations]\n\n\
         [config.relations.collections]\n\n[config.relations.collections.metaData]\n\n\
         [config.relations.apiDefinition]\n\n[config.relations.apiDefinition.metaData]\n"
    );
    let path = folder
        .join(".postman")
        .and_then(|directory| directory.join(&file_name(id)))
        .unwrap_or_else(|_| folder.clone());
    let mut edits = vec![ApiEdit::SetCollectionDirectory(
        collection_directory.clone(),
    )];
    if let NewForm::Directory(directory) = form {
        edits.push(ApiEdit::SetSchemaDirectory((*directory).clone()));
    }
    let file = read(folder, IniFile::new(path, text), false);
    edit_api(folder, &file, &edits)
}

/// The text of the file with edits made, one after the other. What comes out is read as Postman reads it and means
/// what it shall.
///
/// # Errors
/// Merge markers, a form that nobody knows, entries that are missing or there already, files that the list cannot
/// name, and texts whose quirks would make the result mean something else.
pub fn edit_api(
    folder: &RepoPath,
    file: &ApiFile,
    edits: &[ApiEdit],
) -> Result<String, EditRefused> {
    let path = &file.file.path;
    if !merge_markers(file.file.document.text()).is_empty() {
        return Err(EditRefused::MergeMarkers(path.clone()));
    }
    if let ApiForm::Unknown(version) = &file.form {
        return Err(EditRefused::UnknownForm {
            path: path.clone(),
            version: version
                .as_ref()
                .map_or("no configVersion", |version| version.text.as_str())
                .to_owned(),
        });
    }
    let is_legacy = file.form == ApiForm::Legacy;
    let mut now = file.clone();
    for edit in edits {
        let wanted = Meaning::of(&now).after(folder, &now, edit)?;
        let text = edited(folder, &now, edit)?;
        let after = read(folder, IniFile::new(path.clone(), text), is_legacy);
        if Meaning::of(&after) != wanted {
            return Err(EditRefused::NotUnderstood {
                path: path.clone(),
                cause: "it would not be read as it shall be".to_owned(),
            });
        }
        now = after;
    }
    Ok(now.file.document.text().to_owned())
}

/// What a file says, without places.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Meaning {
    form: ApiForm,
    id: Option<String>,
    collection_directory: Option<RepoPath>,
    schema_directory: Option<RepoPath>,
    /// As they are written, since a directory may be renamed below them.
    collections: Vec<(String, Option<String>)>,
    definitions: Vec<String>,
    roots: Vec<String>,
    definition_type: Option<String>,
}

impl Meaning {
    fn of(file: &ApiFile) -> Self {
        let directory = |written: &Option<WrittenPath>| {
            written.as_ref().and_then(|own| own.resolved().cloned())
        };
        Self {
            form: match &file.form {
                // Places move where lines come and go.
                ApiForm::Unknown(_) => ApiForm::Unknown(None),
                form => form.clone(),
            },
            id: file.id.as_ref().map(|id| id.text.clone()),
            collection_directory: directory(&file.collection_directory),
            schema_directory: directory(&file.schema_directory),
            collections: file
                .collections
                .iter()
                .map(|own| {
                    (
                        own.path.text.clone(),
                        own.id.as_ref().map(|id| id.text.clone()),
                    )
                })
                .collect(),
            definitions: file
                .definitions
                .iter()
                .map(|own| own.path.text.clone())
                .collect(),
            roots: file.root_files.iter().map(|own| own.text.clone()).collect(),
            definition_type: file.definition_type.as_ref().map(|own| own.text.clone()),
        }
    }

    fn after(
        mut self,
        folder: &RepoPath,
        file: &ApiFile,
        edit: &ApiEdit,
    ) -> Result<Self, EditRefused> {
        let list = |kind| base(folder, file, kind);
        match edit {
            ApiEdit::AddCollection { path, uid } => {
                let text = list(List::Collections)?.relative(file, path)?;
                self.collections
                    .push((text, uid.as_ref().map(|uid| uid.as_str().to_owned())));
            }
            ApiEdit::RemoveCollection(path) => {
                let base = list(List::Collections)?;
                self.collections.retain(|(text, _)| !base.names(text, path));
            }
            ApiEdit::RenameCollection { from, to } => {
                let base = list(List::Collections)?;
                let new = base.relative(file, to)?;
                for (text, _) in &mut self.collections {
                    if base.names(text, from) {
                        text.clone_from(&new);
                    }
                }
            }
            ApiEdit::SetCollectionUid { path, uid } => {
                let base = list(List::Collections)?;
                for (text, id) in &mut self.collections {
                    if base.names(text, path) {
                        *id = Some(uid.as_str().to_owned());
                    }
                }
            }
            ApiEdit::AddDefinition(path) => {
                let text = list(List::Definitions)?.relative(file, path)?;
                self.definitions.push(text);
            }
            ApiEdit::RemoveDefinition(path) => {
                let base = list(List::Definitions)?;
                self.definitions.retain(|text| !base.names(text, path));
                self.roots.retain(|text| !base.names(text, path));
            }
            ApiEdit::RenameDefinition { from, to } => {
                let base = list(List::Definitions)?;
                let new = base.relative(file, to)?;
                for text in self.definitions.iter_mut().chain(&mut self.roots) {
                    if base.names(text, from) {
                        text.clone_from(&new);
                    }
                }
            }
            ApiEdit::SetRootFile(path) => {
                let text = list(List::Definitions)?.relative(file, path)?;
                self.roots = vec![text];
            }
            ApiEdit::SetDefinitionType(text) => self.definition_type = Some(text.clone()),
            ApiEdit::SetCollectionDirectory(path) => self.collection_directory = Some(path.clone()),
            ApiEdit::SetSchemaDirectory(path) => self.schema_directory = Some(path.clone()),
        }
        Ok(self)
    }
}

#[derive(Clone, Copy)]
enum List {
    Collections,
    Definitions,
}

/// From where the paths of a list count.
struct Base(RepoPath);

impl Base {
    fn relative(&self, file: &ApiFile, path: &RepoPath) -> Result<String, EditRefused> {
        match path.below(&self.0) {
            Some(text) if !text.is_empty() && self.names(text, path) => Ok(text.to_owned()),
            Some(text) if !text.is_empty() => Err(EditRefused::NotUnderstood {
                path: file.file.path.clone(),
                cause: format!("Postman would not find `{text}` by its name"),
            }),
            _ => Err(EditRefused::Outside {
                file: path.clone(),
                directory: if self.0.is_root() {
                    file.file.path.clone()
                } else {
                    self.0.clone()
                },
            }),
        }
    }

    fn names(&self, text: &str, path: &RepoPath) -> bool {
        RepoPath::resolve(&self.0, text).as_ref() == Ok(path)
    }
}

fn base(folder: &RepoPath, file: &ApiFile, list: List) -> Result<Base, EditRefused> {
    let directory = match list {
        List::Collections => &file.collection_directory,
        List::Definitions => &file.schema_directory,
    };
    match directory {
        None => Ok(Base(folder.clone())),
        Some(written) => match &written.path {
            Ok(path) => Ok(Base(path.clone())),
            Err(error) => Err(EditRefused::NotUnderstood {
                path: file.file.path.clone(),
                cause: format!("its directory `{}` {error}", written.text),
            }),
        },
    }
}

/// The names of a section in this form.
fn section(file: &ApiFile, names: &[&'static str]) -> Vec<&'static str> {
    let head: &[&str] = match file.form {
        ApiForm::Legacy => &[],
        _ => &["config"],
    };
    [head, names].concat()
}

fn edited(folder: &RepoPath, file: &ApiFile, edit: &ApiEdit) -> Result<String, EditRefused> {
    let document = &file.file.document;
    let collections = section(file, &["relations", "collections"]);
    let definition = section(file, &["relations", "apiDefinition"]);
    let meta = section(file, &["relations", "apiDefinition", "metaData"]);
    let directory = |path: &RepoPath| match path.below(folder) {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(EditRefused::Outside {
            file: path.clone(),
            directory: folder.clone(),
        }),
    };
    let listed = |section: &[&str], base: &Base, path: &RepoPath| {
        let found = entries(file, section, base, path);
        if found.is_empty() {
            return Err(EditRefused::NotListed {
                path: file.file.path.clone(),
                what: path.as_str().to_owned(),
            });
        }
        Ok(found.into_iter().cloned().collect::<Vec<Entry>>())
    };
    let unlisted = |section: &[&str], base: &Base, path: &RepoPath| {
        if entries(file, section, base, path).is_empty() {
            return Ok(());
        }
        Err(EditRefused::AlreadyListed {
            path: file.file.path.clone(),
            what: path.as_str().to_owned(),
        })
    };
    Ok(match edit {
        ApiEdit::AddCollection { path, uid } => {
            let base = base(folder, file, List::Collections)?;
            unlisted(&collections, &base, path)?;
            let text = base.relative(file, path)?;
            let value = match uid {
                Some(uid) => json!({ "id": uid.as_str(), "path": text, "metaData": {} }),
                None => json!({ "path": text, "metaData": {} }),
            };
            ini_edit::append(document, &collections, "files", &value.to_string())
        }
        ApiEdit::RemoveCollection(path) => {
            let base = base(folder, file, List::Collections)?;
            let found = listed(&collections, &base, path)?;
            ini_edit::without(document, &found.iter().collect::<Vec<_>>())
        }
        ApiEdit::RenameCollection { from, to } => {
            let base = base(folder, file, List::Collections)?;
            unlisted(&collections, &base, to)?;
            let text = base.relative(file, to)?;
            with_members(file, &listed(&collections, &base, from)?, "path", &text)
        }
        ApiEdit::SetCollectionUid { path, uid } => {
            let base = base(folder, file, List::Collections)?;
            with_members(
                file,
                &listed(&collections, &base, path)?,
                "id",
                uid.as_str(),
            )
        }
        ApiEdit::AddDefinition(path) => {
            let base = base(folder, file, List::Definitions)?;
            unlisted(&definition, &base, path)?;
            let value = json!({ "path": base.relative(file, path)?, "metaData": {} });
            ini_edit::append(document, &definition, "files", &value.to_string())
        }
        ApiEdit::RemoveDefinition(path) => {
            let base = base(folder, file, List::Definitions)?;
            let found = listed(&definition, &base, path)?;
            let roots = document.all(&meta, "rootFiles");
            let roots = roots.filter(|entry| base.names(&entry.value, path));
            ini_edit::without(document, &found.iter().chain(roots).collect::<Vec<_>>())
        }
        ApiEdit::RenameDefinition { from, to } => {
            let base = base(folder, file, List::Definitions)?;
            unlisted(&definition, &base, to)?;
            let text = base.relative(file, to)?;
            let renamed = with_members(file, &listed(&definition, &base, from)?, "path", &text);
            let mut renamed = crate::format::ini::parse(renamed);
            loop {
                let root = renamed
                    .all(&meta, "rootFiles")
                    .find(|entry| base.names(&entry.value, from));
                match root {
                    Some(entry) => {
                        renamed = crate::format::ini::parse(renamed.with_value(entry, &text));
                    }
                    None => break renamed.text().to_owned(),
                }
            }
        }
        ApiEdit::SetRootFile(path) => {
            let base = base(folder, file, List::Definitions)?;
            let text = base.relative(file, path)?;
            let roots: Vec<&Entry> = document.all(&meta, "rootFiles").collect();
            match roots.as_slice() {
                [] => ini_edit::append(document, &meta, "rootFiles", &text),
                [only] if only.value == text => document.text().to_owned(),
                [first, rest @ ..] => {
                    // The later lines go first: taking them out moves nothing above.
                    let fewer = crate::format::ini::parse(ini_edit::without(document, rest));
                    fewer.with_value(first, &text)
                }
            }
        }
        ApiEdit::SetDefinitionType(text) => ini_edit::set(document, &meta, "type", text),
        ApiEdit::SetCollectionDirectory(path) => {
            ini_edit::set(document, &collections, "rootDirectory", &directory(path)?)
        }
        ApiEdit::SetSchemaDirectory(path) => {
            if file.form == ApiForm::RootFile {
                return Err(EditRefused::NoPlace {
                    path: file.file.path.clone(),
                    what: "a schema directory",
                });
            }
            ini_edit::set(document, &definition, "rootDirectory", &directory(path)?)
        }
    })
}

/// The entries of a list that name a file.
fn entries<'a>(
    file: &'a ApiFile,
    section: &[&str],
    base: &Base,
    path: &RepoPath,
) -> Vec<&'a Entry> {
    let names = |entry: &&Entry| {
        let object = file.file.object(entry);
        let text = object.as_ref().and_then(|object| object.string("path"));
        text.is_some_and(|(text, _)| base.names(text, path))
    };
    let all = file.file.document.entries().iter();
    all.filter(|entry| entry.key == "files" && entry.section == section)
        .filter(names)
        .collect()
}

/// The text with a member of the JSON objects of some entries set; their other bytes stay.
fn with_members(file: &ApiFile, entries: &[Entry], key: &str, value: &str) -> String {
    let mut document = file.file.document.clone();
    // The last first, so that the places of the others stay right.
    for entry in entries.iter().rev() {
        let object = with_member(&entry.value, key, value);
        document = crate::format::ini::parse(document.with_value(entry, &object));
    }
    document.text().to_owned()
}

/// A JSON object with a member set to a text, as it is written else.
fn with_member(object: &str, key: &str, value: &str) -> String {
    let written = json!(value).to_string();
    let (document, _) = json_text::parse(object.to_owned());
    let Some(root) = document.root() else {
        return object.to_owned();
    };
    match root.get(key) {
        Some(own) => {
            let range = own.span().range();
            format!(
                "{}{written}{}",
                &object[..range.start],
                &object[range.end..]
            )
        }
        None => {
            let at = root.span().start as usize + 1;
            let comma = if root.members().next().is_some() {
                ","
            } else {
                ""
            };
            format!(
                "{}\"{key}\":{written}{comma}{}",
                &object[..at],
                &object[at..]
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiEdit, NewForm, edit_api, new_api_file};
    use crate::model::id::{ApiId, CollectionUid};
    use crate::model::path::RepoPath;
    use crate::project::api_file::{ApiFile, read};
    use crate::project::edit_error::EditRefused;
    use crate::project::ini_file::IniFile;

    const ID: &str = "11111111-2222-4333-8444-555555555555";
    const UID: &str = "12345678-aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

    fn path(text: &str) -> RepoPath {
        RepoPath::parse(text).unwrap()
    }

    fn uid() -> CollectionUid {
        CollectionUid::parse(UID).unwrap()
    }

    fn api(text: &str) -> ApiFile {
        let is_legacy = !text.contains("configVersion");
        let file = IniFile::new(path(".postman/api_x"), text.to_owned());
        read(&RepoPath::root(), file, is_legacy)
    }

    fn edited(text: &str, edits: &[ApiEdit]) -> Result<String, EditRefused> {
        edit_api(&RepoPath::root(), &api(text), edits)
    }

    fn collection(name: &str) -> ApiEdit {
        ApiEdit::AddCollection {
            path: path(name),
            uid: Some(uid()),
        }
    }

    const ROOT_FILE: &str = "# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY
configVersion = 1.1.0
type = apiEntityData

[config]
id = 11111111-2222-4333-8444-555555555555

[config.relations]

[config.relations.collections]
rootDirectory = postman/collections
files[] = {\"id\":\"12345678-aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee\",\"path\":\"Orders.json\",\"metaData\":{}}

[config.relations.collections.metaData]

[config.relations.apiDefinition]
files[] = {\"path\":\"specs/orders.yaml\",\"metaData\":{}}

[config.relations.apiDefinition.metaData]
type = openapi:3
rootFiles[] = specs/orders.yaml
";

    #[test]
    fn a_file_made_from_nothing_is_postmans_own_to_the_byte() {
        let id = ApiId::parse(ID).unwrap();
        let root = RepoPath::root();
        let directory = path("postman/collections");
        let text = new_api_file(&root, &id, &NewForm::RootFile, &directory).unwrap();
        let text = edited(
            &text,
            &[
                collection("postman/collections/Orders.json"),
                ApiEdit::AddDefinition(path("specs/orders.yaml")),
                ApiEdit::SetDefinitionType("openapi:3".to_owned()),
                ApiEdit::SetRootFile(path("specs/orders.yaml")),
            ],
        );
        assert_eq!(text.unwrap(), ROOT_FILE);
        let schemas = path("postman/schemas");
        let text = new_api_file(&root, &id, &NewForm::Directory(&schemas), &directory).unwrap();
        let text = edited(
            &text,
            &[ApiEdit::AddDefinition(path("postman/schemas/index.json"))],
        )
        .unwrap();
        assert!(text.contains(
            "[config.relations.apiDefinition]\nrootDirectory = postman/schemas\nfiles[] = {\"path\":\"index.json\",\"metaData\":{}}\n\n["
        ));
    }

    #[test]
    fn every_generation_gets_and_loses_an_entry() {
        let directory = ROOT_FILE
            .replace("1.1.0", "1.0.0")
            .replace(
                "[config.relations.apiDefinition]\n",
                "[config.relations.apiDefinition]\nrootDirectory = specs\n",
            )
            .replace("specs/orders.yaml", "orders.yaml");
        let legacy = directory
            .replace(
                "configVersion = 1.0.0\ntype = apiEntityData\n\n[config]\n",
                "",
            )
            .replace("[config.", "[");
        for (text, collection_line, definition_line) in [
            (ROOT_FILE.to_owned(), "New.json", "specs/new.yaml"),
            (directory.clone(), "New.json", "new.yaml"),
            (directory.replace('\n', "\r\n"), "New.json", "new.yaml"),
            (legacy.clone(), "New.json", "new.yaml"),
            (legacy.trim_end().to_owned(), "New.json", "new.yaml"),
        ] {
            let added = edited(
                &text,
                &[
                    collection("postman/collections/New.json"),
                    ApiEdit::AddDefinition(path("specs/new.yaml")),
                ],
            )
            .unwrap();
            for line in [
                format!(
                    "files[] = {{\"id\":\"{UID}\",\"path\":\"{collection_line}\",\"metaData\":{{}}}}"
                ),
                format!("files[] = {{\"path\":\"{definition_line}\",\"metaData\":{{}}}}"),
            ] {
                assert!(added.lines().any(|own| own == line), "{line}\n{added}");
            }
            let removed = edited(
                &added,
                &[
                    ApiEdit::RemoveCollection(path("postman/collections/New.json")),
                    ApiEdit::RemoveDefinition(path("specs/new.yaml")),
                ],
            );
            assert_eq!(removed.unwrap(), text);
        }
    }

    #[test]
    fn a_renamed_file_keeps_its_preferences_and_its_place() {
        let preferences = r#"{"id":"1-x", "path" : "Orders.json","metaData":{"generateCollectionPreferences":"{\"a\":1}"}}"#;
        let entry = format!("{{\"id\":\"{UID}\",\"path\":\"Orders.json\",\"metaData\":{{}}}}");
        let text = ROOT_FILE.replace(&entry, preferences);
        let rename = |to: &str| ApiEdit::RenameCollection {
            from: path("postman/collections/Orders.json"),
            to: path(to),
        };
        let renamed = edited(&text, &[rename("postman/collections/v1/Be\"st.json")]).unwrap();
        assert_eq!(
            renamed,
            text.replace("\"Orders.json\"", "\"v1/Be\\\"st.json\"")
        );
        let uid = ApiEdit::SetCollectionUid {
            path: path("postman/collections/Orders.json"),
            uid: uid(),
        };
        assert_eq!(
            edited(&text, &[uid]).unwrap(),
            text.replace("\"1-x\"", &format!("\"{UID}\""))
        );
        // A name with an equals sign makes the value a JSON string, and it goes back.
        let odd = edited(&text, &[rename("postman/collections/a=b.json")]).unwrap();
        assert!(odd.contains("files[] = \"{\\\"id\\\""), "{odd}");
        let back = ApiEdit::RenameCollection {
            from: path("postman/collections/a=b.json"),
            to: path("postman/collections/Orders.json"),
        };
        assert_eq!(edited(&odd, &[back]).unwrap(), text);
    }

    #[test]
    fn a_definition_is_renamed_as_a_root_file_too() {
        let rename = ApiEdit::RenameDefinition {
            from: path("specs/orders.yaml"),
            to: path("specs/v2/orders.yaml"),
        };
        assert_eq!(
            edited(ROOT_FILE, &[rename]).unwrap(),
            ROOT_FILE.replace("specs/orders.yaml", "specs/v2/orders.yaml")
        );
        let removed = edited(
            ROOT_FILE,
            &[ApiEdit::RemoveDefinition(path("specs/orders.yaml"))],
        );
        assert!(removed.unwrap().ends_with("metaData]\ntype = openapi:3\n"));
        let root = ApiEdit::SetRootFile(path("other.yaml"));
        assert_eq!(
            edited(ROOT_FILE, &[root]).unwrap(),
            ROOT_FILE.replace(
                "rootFiles[] = specs/orders.yaml",
                "rootFiles[] = other.yaml"
            )
        );
    }

    #[test]
    fn directories_are_set_in_one_line() {
        let moved = ApiEdit::SetCollectionDirectory(path("my collections "));
        assert_eq!(
            edited(ROOT_FILE, &[moved]).unwrap(),
            ROOT_FILE.replace("= postman/collections", "= \"my collections \"")
        );
        assert!(matches!(
            edited(ROOT_FILE, &[ApiEdit::SetSchemaDirectory(path("specs"))]),
            Err(EditRefused::NoPlace { .. })
        ));
    }

    #[test]
    fn what_cannot_be_written_truly_is_refused() {
        type Is = fn(&EditRefused) -> bool;
        let cases: [(&str, ApiEdit, Is); 6] = [
            (
                ROOT_FILE,
                collection("postman/collections/Orders.json"),
                |e| matches!(e, EditRefused::AlreadyListed { .. }),
            ),
            (ROOT_FILE, collection("elsewhere/Orders.json"), |e| {
                matches!(e, EditRefused::Outside { .. })
            }),
            (
                ROOT_FILE,
                collection("postman/collections/a\\b.json"),
                |e| matches!(e, EditRefused::NotUnderstood { .. }),
            ),
            (ROOT_FILE, ApiEdit::RemoveCollection(path("x")), |e| {
                matches!(e, EditRefused::NotListed { .. })
            }),
            ("configVersion = 3\n", collection("x.json"), |e| {
                matches!(e, EditRefused::UnknownForm { .. })
            }),
            (
                "<<<<<<< a\nconfigVersion = 1.1.0\n=======\n>>>>>>> b\n",
                collection("x.json"),
                |e| matches!(e, EditRefused::MergeMarkers(_)),
            ),
        ];
        for (text, edit, expected) in cases {
            let error = edited(text, std::slice::from_ref(&edit)).unwrap_err();
            assert!(expected(&error), "{edit:?}: {error:?}");
            assert!(!error.hint().is_empty());
        }
    }
}
