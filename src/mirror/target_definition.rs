//! Definitions in Postman: several files under one id, read and written one by one.

use std::collections::BTreeMap;

use crate::format::detect::Format;
use crate::format::parse;
use crate::mirror::cost::TargetKind;
use crate::mirror::element::{Element, ElementContent, ElementFile, RemoteId};
use crate::mirror::ids::IdTable;
use crate::mirror::remote_content::definition_file;
use crate::mirror::state::{Blobs, FileVersion, Record, Version};
use crate::mirror::target::{Kept, TargetError, Written};
use crate::model::digest::Digest;
use crate::model::path::RepoPath;
use crate::net::pool;
use crate::postman::error::PostmanError;
use crate::postman::limits::SPEC_FILE;

/// So many files of a definition are read at once.
const THREADS: usize = 4;

/// The calls that a definition is read and written with, one file each.
pub trait Files: Sync {
    /// The text of a file.
    ///
    /// # Errors
    /// Postman's.
    fn read(&self, path: &str) -> Result<String, PostmanError>;

    /// A file that is not there yet.
    ///
    /// # Errors
    /// Postman's.
    fn create(&self, path: &str, text: &str) -> Result<(), PostmanError>;

    /// Another text for a file.
    ///
    /// # Errors
    /// Postman's.
    fn update(&self, path: &str, text: &str) -> Result<(), PostmanError>;

    /// A file less.
    ///
    /// # Errors
    /// Postman's.
    fn delete(&self, path: &str) -> Result<(), PostmanError>;
}

/// Reads files at once. `name` is for messages.
///
/// # Errors
/// Postman's, and paths that cannot stand in a repository.
pub fn read_all(
    name: &str,
    paths: &[String],
    files: &dyn Files,
) -> Result<ElementContent, TargetError> {
    Ok(ElementContent::new(read_some(name, paths, files)?))
}

/// Replaces what changed of a definition: new files first, then changed ones, the root behind them, and what is dropped
/// last, so that a reader in between meets no reference to nothing.
///
/// # Errors
/// [`TargetError::Moved`] before anything is written; [`TargetError::StoredOtherwise`] behind.
pub fn update(
    id: &RemoteId,
    element: &Element,
    record: &Record,
    files: &dyn Files,
) -> Result<Written, TargetError> {
    let changes = Changes::of(element, record);
    let mut checked = changes.changed.clone();
    checked.extend(changes.removed.iter().cloned());
    let before = read_some(&element.name, &checked, files)?;
    let moved = before.iter().any(|(path, file)| {
        let recorded = record.postman.files.get(path);
        recorded.is_none_or(|recorded| recorded.digest != file.digest)
    });
    if moved {
        return Err(TargetError::Moved {
            name: record.name.clone(),
        });
    }
    let texts = texts(element, &changes.names)?;
    let text = |path: &String| texts.get(path).map_or("", String::as_str);
    for path in &changes.added {
        files.create(path, text(path))?;
    }
    for path in &changes.changed {
        files.update(path, text(path))?;
    }
    for path in &changes.removed {
        files.delete(path)?;
    }
    let mut written_paths = changes.added.clone();
    written_paths.extend(changes.changed.iter().cloned());
    let after = read_some(&element.name, &written_paths, files)?;
    let mut blobs = Blobs::new();
    let mut versions: BTreeMap<RepoPath, FileVersion> = record.postman.files.clone();
    for (path, file) in &before {
        versions.insert(path.clone(), version_of(file, &mut blobs));
    }
    let before = version(versions.clone());
    for path in &changes.removed {
        versions.retain(|known, _| known.as_str() != path);
    }
    for (path, file) in &after {
        versions.insert(path.clone(), version_of(file, &mut blobs));
    }
    finish(
        id,
        element,
        Some(before),
        version(versions),
        blobs,
        &changes.names,
    )
}

/// What was made, read back.
///
/// # Errors
/// [`TargetError::StoredOtherwise`], and Postman's.
pub fn created(id: RemoteId, element: &Element, files: &dyn Files) -> Result<Written, TargetError> {
    let names: BTreeMap<RepoPath, String> = element
        .content
        .files
        .keys()
        .map(|path| (path.clone(), path.as_str().to_owned()))
        .collect();
    let paths: Vec<String> = names.values().cloned().collect();
    let content = read_all(&element.name, &paths, files)?;
    let mut blobs = Blobs::new();
    let after = Version::of(&content, &mut blobs);
    finish(&id, element, None, after, blobs, &names)
}

/// What a deletion takes away, checked to be what the record says.
///
/// # Errors
/// [`TargetError::Moved`].
pub fn kept(record: &Record, files: &dyn Files) -> Result<Kept, TargetError> {
    let paths: Vec<String> = paths_of(&record.postman);
    let moved = || TargetError::Moved {
        name: record.name.clone(),
    };
    let content = match read_all(&record.name, &paths, files) {
        Err(TargetError::Postman(error)) if error.is_not_found() => return Err(moved()),
        other => other?,
    };
    if content.digest != record.postman.digest {
        return Err(moved());
    }
    let mut blobs = Blobs::new();
    let version = Version::of(&content, &mut blobs);
    Ok(Kept { version, blobs })
}

/// Every text of a definition, under the name that it has in Postman.
///
/// # Errors
/// What is no text.
pub fn texts(
    element: &Element,
    names: &BTreeMap<RepoPath, String>,
) -> Result<BTreeMap<String, String>, TargetError> {
    let mut texts = BTreeMap::new();
    for (path, file) in &element.content.files {
        let text = std::str::from_utf8(&file.bytes).map_err(|_| TargetError::Unsuitable {
            name: element.name.clone(),
            reason: format!("`{path}` is not UTF-8"),
        })?;
        let name = names.get(path).map_or(path.as_str(), String::as_str);
        texts.insert(name.to_owned(), text.to_owned());
    }
    Ok(texts)
}

/// What Postman calls the kind of a definition, from its root file.
pub fn kind_of(target: TargetKind, element: &Element) -> Option<&'static str> {
    let root = root_of(element)?;
    let file = element.content.files.get(root)?;
    let format = parse(root.as_str(), file.bytes.clone()).format;
    let spec_hub = target == TargetKind::SpecHub;
    Some(match format {
        Format::OpenApi20 if spec_hub => "OPENAPI:2.0",
        Format::OpenApi30 if spec_hub => "OPENAPI:3.0",
        Format::OpenApi31 if spec_hub => "OPENAPI:3.1",
        Format::AsyncApi2 if spec_hub => "ASYNCAPI:2.0",
        Format::AsyncApi3 if spec_hub => "ASYNCAPI:3.0",
        Format::Protobuf2 if spec_hub => "PROTOBUF:2",
        Format::Protobuf3 if spec_hub => "PROTOBUF:3",
        Format::GraphQl if spec_hub => "GRAPHQL",
        Format::OpenApi20 => "openapi:2",
        Format::OpenApi30 => "openapi:3",
        Format::OpenApi31 => "openapi:3_1",
        Format::AsyncApi2 => "asyncapi:2",
        Format::Protobuf2 if !spec_hub => "proto:2",
        Format::Protobuf3 if !spec_hub => "proto:3",
        Format::GraphQl => "graphql",
        Format::Raml08 if !spec_hub => "raml:0_8",
        Format::Raml10 if !spec_hub => "raml:1",
        Format::Wsdl11 if !spec_hub => "wsdl:1",
        Format::Wsdl20 if !spec_hub => "wsdl:2",
        _ => return None,
    })
}

/// The root file of a definition, or its only one.
pub fn root_of(element: &Element) -> Option<&RepoPath> {
    let mut paths = element.content.files.keys();
    match (&element.root, paths.next(), paths.next()) {
        (_, only, None) => only,
        (root, ..) => root.as_ref(),
    }
}

/// Why this target takes no such definition.
pub fn unfit(target: TargetKind, element: &Element) -> Option<String> {
    if root_of(element).is_none() {
        return Some("nobody says which of its files is the root".to_owned());
    }
    if kind_of(target, element).is_none() {
        let place = match target {
            TargetKind::SpecHub => "the Spec Hub",
            TargetKind::ApiBuilder | TargetKind::GitLinked => "an API",
        };
        return Some(format!("{place} takes no definition of this format"));
    }
    let large = element
        .content
        .files
        .iter()
        .find(|(_, file)| file.bytes.len() > SPEC_FILE);
    large.map(|(path, _)| format!("`{path}` has more than {SPEC_FILE} bytes"))
}

/// Which files of a definition a write touches, by their names in Postman. The plan counts the same ones.
struct Changes {
    added: Vec<String>,
    changed: Vec<String>,
    removed: Vec<String>,
    /// For each file here its name there.
    names: BTreeMap<RepoPath, String>,
}

impl Changes {
    fn of(element: &Element, record: &Record) -> Self {
        let (here, there) = (&element.content.files, &record.postman.files);
        let own = |path: &RepoPath| (path.clone(), path.as_str().to_owned());
        let mut changes = Self {
            added: Vec::new(),
            changed: Vec::new(),
            removed: Vec::new(),
            names: here.keys().map(own).collect(),
        };
        if let (1, 1, Some(path), Some(other)) = (
            here.len(),
            there.len(),
            here.keys().next(),
            there.keys().next(),
        ) {
            // A single file is the definition, whatever it is called on either side.
            let name = other.as_str().to_owned();
            changes.changed.push(name.clone());
            changes.names.insert(path.clone(), name);
            return changes;
        }
        for (path, file) in here {
            let recorded = record.git.files.get(path).map(|known| known.digest);
            if !there.contains_key(path) {
                changes.added.push(path.as_str().to_owned());
            } else if recorded != Some(file.digest) {
                changes.changed.push(path.as_str().to_owned());
            }
        }
        let gone = there.keys().filter(|path| !here.contains_key(*path));
        changes.removed = gone.map(|path| path.as_str().to_owned()).collect();
        // The root comes last: until then it names no file that is not there yet.
        if let Some(root) = root_of(element) {
            changes.changed.sort_by_key(|path| path == root.as_str());
        }
        changes
    }
}

fn read_some(
    name: &str,
    paths: &[String],
    files: &dyn Files,
) -> Result<BTreeMap<RepoPath, ElementFile>, TargetError> {
    let texts = pool::map(paths, THREADS, |path| files.read(path));
    let mut found = BTreeMap::new();
    for (path, text) in paths.iter().zip(texts) {
        let inner = RepoPath::parse(path).map_err(|error| TargetError::Unsuitable {
            name: name.to_owned(),
            reason: format!("one of its files cannot stand in a repository: {error}"),
        })?;
        found.insert(inner, definition_file(path, text?));
    }
    Ok(found)
}

fn finish(
    id: &RemoteId,
    element: &Element,
    before: Option<Version>,
    after: Version,
    blobs: Blobs,
    names: &BTreeMap<RepoPath, String>,
) -> Result<Written, TargetError> {
    let other = element.content.files.iter().find(|(path, file)| {
        let name = names.get(*path).map_or(path.as_str(), String::as_str);
        let stored = after.files.iter().find(|(path, _)| path.as_str() == name);
        stored.is_none_or(|(_, stored)| stored.digest != file.digest)
    });
    let difference = other.map(|(path, _)| format!("`{path}` means something else there"));
    let written = Written {
        id: id.clone(),
        name: element.name.clone(),
        before,
        after,
        blobs,
        ids: IdTable::new(),
    };
    match difference {
        None => Ok(written),
        Some(difference) => Err(TargetError::StoredOtherwise {
            name: element.name.clone(),
            difference,
            written: Box::new(written),
        }),
    }
}

fn version(files: BTreeMap<RepoPath, FileVersion>) -> Version {
    let digests = files.iter().map(|(path, file)| (path, &file.digest));
    Version {
        digest: crate::mirror::element::digest_of_files(digests),
        files,
    }
}

fn version_of(file: &ElementFile, blobs: &mut Blobs) -> FileVersion {
    let blob = Digest::of(&file.bytes);
    blobs.entry(blob).or_insert_with(|| file.bytes.clone());
    FileVersion {
        digest: file.digest,
        blob,
    }
}

fn paths_of(version: &Version) -> Vec<String> {
    version
        .files
        .keys()
        .map(|path| path.as_str().to_owned())
        .collect()
}
