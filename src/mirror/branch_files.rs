//! The branch of a repository that Postman reads: the API's elements on it, and where files of this repository go there.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::file::Config;
use crate::git::repository::Repository;
use crate::mirror::delivery::DeliveryError;
use crate::mirror::element::{
    Element, ElementContent, ElementKey, ElementKind, ElementSet, RemoteElement, RemoteId,
    RemoteSet,
};
use crate::mirror::git_side;
use crate::mirror::link::{Link, api_file};
use crate::mirror::remote_content::digest_of;
use crate::mirror::state::Elsewhere;
use crate::mirror::steering::is_steering;
use crate::model::change::{Change, Expected};
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, Entry, Listing, Origin, Snapshot, SnapshotError};
use crate::model::text::visible;
use crate::project::Project;

/// Which directory of the service here is which one there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directories {
    /// Where the rest of the service lies there.
    folder: RepoPath,
    /// From the folder of the service here, and from the root there.
    pairs: Vec<(RepoPath, RepoPath)>,
    /// The schema directory there; `None` where the API goes by root files.
    schemas: Option<RepoPath>,
    /// The collection directory there.
    collections: RepoPath,
}

impl Directories {
    /// The same repository: everything lies where it lies.
    pub fn here(link: &Link) -> Self {
        Self {
            folder: link.folder.clone(),
            pairs: Vec::new(),
            schemas: link.schema_directory.clone(),
            collections: link.collection_directory.clone(),
        }
    }

    /// Another repository: both directories are those that Postman names; what it does not name lies where it lies here.
    pub fn elsewhere(link: &Link, elsewhere: &Elsewhere) -> Self {
        let here = |path: &RepoPath| {
            let below = path.below(&link.folder);
            let below = below.and_then(|rest| RepoPath::parse(rest).ok());
            below.unwrap_or_else(|| path.clone())
        };
        let own = here(&link.collection_directory);
        let there = elsewhere.collection_directory.clone();
        let collections = there.unwrap_or_else(|| own.clone());
        let mut pairs = vec![(own, collections.clone())];
        let mut schemas = elsewhere.schema_directory.clone();
        if let Some(own) = link.schema_directory.as_ref().map(here) {
            let there = schemas.clone().unwrap_or_else(|| own.clone());
            pairs.push((own, there.clone()));
            schemas = Some(there);
        }
        Self {
            folder: RepoPath::root(),
            pairs,
            schemas,
            collections,
        }
    }

    /// Where a file goes there. `here` counts from the folder of the service.
    pub fn there(&self, here: &RepoPath) -> Option<RepoPath> {
        let pair = self.pairs.iter().find(|(own, _)| here.is_within(own));
        match pair {
            Some((own, there)) => moved(here, own, there),
            None => join(&self.folder, here.as_str()),
        }
    }

    /// The file here that goes there, counted from the folder of the service.
    pub fn back(&self, there: &RepoPath) -> Option<RepoPath> {
        let pair = self.pairs.iter().find(|(_, to)| there.is_within(to));
        let here = match pair {
            Some((own, to)) => moved(there, to, own),
            None if self.folder.is_root() => Some(there.clone()),
            None => RepoPath::parse(there.below(&self.folder)?).ok(),
        };
        // Of two files that would come to lie in one place, only one does.
        here.filter(|here| self.there(here).as_ref() == Some(there))
    }

    /// Why an element cannot go there, where it cannot: it has a file that would be hidden there. Whoever may change a
    /// definition here could else let it refer to a workflow, and have it brought to where others' secrets are.
    pub fn refuse_steering(&self, element: &Element) -> Option<String> {
        let mut names = element.content.files.keys();
        let there = |name: &RepoPath| self.there(&join(&element.directory, name.as_str())?);
        let hidden = names.find_map(|name| there(name).filter(is_steering));
        hidden.map(|path| not_delivered(&path))
    }
}

/// What stands on the branch at one commit.
pub struct BranchFiles {
    /// The commit.
    pub tip: CommitId,
    snapshot: Box<dyn Snapshot>,
    found: BTreeMap<RemoteId, Found>,
    schemas: Option<RepoPath>,
}

/// One element there.
struct Found {
    kind: ElementKind,
    element: Element,
    /// Its file, or the root file of a definition, from the root of the repository.
    path: RepoPath,
    /// The same here.
    place: Option<RepoPath>,
}

/// What one write makes of the files there.
#[derive(Debug)]
pub struct Fitted {
    /// The id that the element has there.
    pub id: RemoteId,
    /// Its file there.
    pub path: RepoPath,
    /// What is written.
    pub changes: Vec<Change>,
    /// What stands there then.
    pub after: ElementContent,
}

/// Reads the elements of an API from a commit of the branch. `definition` is the API's definition here, counted from the
/// folder of the service: where nothing there says which file it is, the same one is.
///
/// # Errors
/// A commit that cannot be read, several files that could be the definition.
pub fn read(
    repository: &Repository,
    tip: CommitId,
    directories: &Directories,
    api: &RemoteId,
    definition: Option<&RepoPath>,
) -> Result<BranchFiles, DeliveryError> {
    let snapshot = repository.commit(&tip)?;
    let root = root_file(&*snapshot, api)?;
    let bare = WithoutSteering::of(&*snapshot)?;
    // What Postman keeps beside may speak of other APIs as well: the two directories are this one's. Below `.postman/`,
    // which is left out, there is nothing.
    let nowhere = || RepoPath::outside(METADATA);
    let config = Config {
        schema_directory: Some(directories.schemas.clone().unwrap_or_else(nowhere)),
        collection_directory: Some(directories.collections.clone()),
        ..Config::default()
    };
    let project = Project::load(&bare, &config).map_err(unread)?;
    let same = definition.and_then(|path| directories.there(path));
    let mut named = root.into_iter().chain(same);
    let named = named.find(|path| project.has_file(path));
    let Some(service) = project.services.first() else {
        return Err(DeliveryError::Unread(
            "the branch cannot be read".to_owned(),
        ));
    };
    let side = git_side::read(&project, &bare, service, named.as_ref(), &digest_of);
    if !side.candidates.is_empty() {
        let names: Vec<&str> = side.candidates.iter().map(RepoPath::as_str).collect();
        return Err(DeliveryError::Unread(format!(
            "several files of the branch could be the API's definition: {}",
            visible(&names.join(", "))
        )));
    }
    let mut found = BTreeMap::new();
    for (key, element) in side.elements {
        // Postman keeps environments in the workspace.
        if key.kind != ElementKind::Environment {
            let place = directories.back(&key.path);
            let one = Found {
                kind: key.kind,
                element,
                place,
                path: key.path,
            };
            found.insert(RemoteId::of_file(&one.path), one);
        }
    }
    drop(project);
    Ok(BranchFiles {
        tip,
        found,
        schemas: directories.schemas.clone(),
        snapshot,
    })
}

impl BranchFiles {
    /// The elements, as a target lists them.
    pub fn listed(&self) -> RemoteSet {
        let listed = self.found.iter().map(|(id, found)| {
            let element = RemoteElement {
                kind: found.kind,
                name: found.element.name.clone(),
                content: Some(found.element.content.clone()),
                place: found.place.clone(),
            };
            (id.clone(), element)
        });
        listed.collect()
    }

    /// What an element holds there.
    pub fn content(&self, id: &RemoteId) -> Option<&ElementContent> {
        self.found.get(id).map(|found| &found.element.content)
    }

    /// The file of an element there.
    pub fn path(&self, id: &RemoteId) -> Option<&RepoPath> {
        self.found.get(id).map(|found| &found.path)
    }

    /// The elements that lie where elements of this repository go.
    pub fn at(&self, kind: ElementKind, place: &RepoPath) -> Option<(&RemoteId, &ElementContent)> {
        let mut all = self.found.iter();
        let (id, found) =
            all.find(|(_, found)| found.kind == kind && found.place.as_ref() == Some(place))?;
        Some((id, &found.element.content))
    }

    /// What brings an element of this repository there: in place of `id`, or new.
    ///
    /// # Errors
    /// A sentence about what is in the way.
    pub fn fitted(
        &self,
        directories: &Directories,
        element: &Element,
        id: Option<&RemoteId>,
    ) -> Result<Fitted, String> {
        let before = id.and_then(|id| self.found.get(id));
        let names = self.names_there(directories, element, before)?;
        let mut files = element.content.files.clone();
        let mut changes = Vec::new();
        for (name, path) in &names {
            let Some(file) = element.content.files.get(name) else {
                continue;
            };
            let known = before.and_then(|found| {
                let own = &found.element;
                let rest = path.below(&own.directory).unwrap_or(path.as_str());
                own.content.files.get(&RepoPath::parse(rest).ok()?)
            });
            if let Some(known) = known
                && known.digest == file.digest
            {
                // It says the same, in words that somebody there may have chosen.
                files.insert(name.clone(), known.clone());
                continue;
            }
            let expected = match known {
                Some(known) => Expected::of(Some(&known.bytes)),
                None => match self.bytes(path)? {
                    None => Expected::Absent,
                    Some(bytes) if bytes == file.bytes => continue,
                    Some(_) => {
                        return Err(format!(
                            "`{path}` is there already, and is nothing that could be compared with it"
                        ));
                    }
                },
            };
            changes.push(Change {
                path: path.clone(),
                content: Some(file.bytes.clone()),
                expected,
            });
        }
        let gone = before.map(|found| self.files_of(found)).unwrap_or_default();
        for (path, bytes) in gone {
            let stays = names.values().any(|other| *other == path);
            if !stays && self.is_own(before, &path) {
                changes.push(deleted(path, &bytes));
            }
        }
        let root = match &element.root {
            Some(root) => names.get(root),
            None => names.values().next(),
        };
        let root = root.ok_or("it has no file")?;
        Ok(Fitted {
            id: RemoteId::of_file(root),
            path: root.clone(),
            changes,
            after: ElementContent::new(files),
        })
    }

    /// What takes an element out there.
    pub fn removal(&self, id: &RemoteId) -> Vec<Change> {
        let Some(found) = self.found.get(id) else {
            return Vec::new();
        };
        let files = self.files_of(found).into_iter();
        files
            .filter(|(path, _)| self.is_own(Some(found), path))
            .map(|(path, bytes)| deleted(path, &bytes))
            .collect()
    }

    /// The place there of each file of an element. What is there already stays where it is.
    fn names_there(
        &self,
        directories: &Directories,
        element: &Element,
        before: Option<&Found>,
    ) -> Result<BTreeMap<RepoPath, RepoPath>, String> {
        let names: Vec<&RepoPath> = element.content.files.keys().collect();
        if let (Some(found), [only]) = (before, names.as_slice())
            && found.element.content.files.len() == 1
        {
            return Ok(BTreeMap::from([((*only).clone(), found.path.clone())]));
        }
        let stays = before.filter(|found| found.element.root == element.root);
        let place = |name: &RepoPath| match stays {
            Some(found) => join(&found.element.directory, name.as_str()),
            None => directories.there(&join(&element.directory, name.as_str())?),
        };
        let mut places = BTreeMap::new();
        for name in names {
            let path = place(name).ok_or_else(|| format!("`{name}` has no place there"))?;
            if is_steering(&path) {
                return Err(not_delivered(&path));
            }
            places.insert(name.clone(), path);
        }
        if places.values().collect::<BTreeSet<_>>().len() < places.len() {
            return Err("two of its files would have one place there".to_owned());
        }
        Ok(places)
    }

    fn files_of(&self, found: &Found) -> Vec<(RepoPath, Vec<u8>)> {
        let own = &found.element;
        let files = own.content.files.iter();
        files
            .filter_map(|(name, file)| {
                let path = join(&own.directory, name.as_str())?;
                Some((path, file.bytes.clone()))
            })
            .collect()
    }

    /// Whether a file there is the element's alone: its own file, or one of the schema directory. What a definition refers to
    /// elsewhere may belong to others.
    fn is_own(&self, found: Option<&Found>, path: &RepoPath) -> bool {
        let in_schemas = |directory: &RepoPath| path.is_within(directory);
        found.is_some_and(|found| found.path == *path)
            || self.schemas.as_ref().is_some_and(in_schemas)
    }

    fn bytes(&self, path: &RepoPath) -> Result<Option<Vec<u8>>, String> {
        match self.snapshot.read(path, u64::MAX) {
            Ok(Content::Bytes(bytes)) => Ok(Some(bytes)),
            Ok(Content::Missing) => Ok(None),
            Ok(_) => Err(format!("`{path}` is no file there")),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The root file that Postman's own file names there.
fn root_file(snapshot: &dyn Snapshot, api: &RemoteId) -> Result<Option<RepoPath>, DeliveryError> {
    let config = Config::default();
    let project = Project::load(snapshot, &config).map_err(unread)?;
    let mut files = project.services.iter().filter_map(|s| api_file(s, api));
    let named = files.find_map(|file| file.root_files.first()?.resolved().cloned());
    Ok(named)
}

/// The elements that a commit of this repository holds, read as the elements of `like` were.
///
/// # Errors
/// A commit that cannot be read.
pub fn elements_at(
    repository: &Repository,
    commit: &CommitId,
    link: &Link,
    api: &RemoteId,
    like: &ElementSet,
) -> Result<ElementSet, DeliveryError> {
    let directories = Directories::here(link);
    let mut definitions = like
        .keys()
        .filter(|key| key.kind == ElementKind::Definition);
    let definition = definitions.next().map(|key| &key.path);
    let files = read(repository, commit.clone(), &directories, api, definition)?;
    let found = files.found.into_values().filter_map(|found| {
        let key = ElementKey {
            kind: found.kind,
            path: found.place?,
        };
        Some((key, found.element))
    });
    Ok(found.collect())
}

fn deleted(path: RepoPath, bytes: &[u8]) -> Change {
    Change {
        path,
        content: None,
        expected: Expected::of(Some(bytes)),
    }
}

fn moved(path: &RepoPath, from: &RepoPath, to: &RepoPath) -> Option<RepoPath> {
    join(to, path.below(from)?)
}

fn join(directory: &RepoPath, rest: &str) -> Option<RepoPath> {
    if directory.is_root() {
        return RepoPath::parse(rest).ok();
    }
    directory.join(rest).ok()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what a failed call gives away"
)]
fn unread(error: SnapshotError) -> DeliveryError {
    DeliveryError::Unread(error.to_string())
}

const METADATA: &str = ".postman";

/// A snapshot without Postman's own files, and without everything else that is hidden: a definition may refer to any file
/// there, and what steers editors and build servers is none of ours to bring here.
struct WithoutSteering<'a> {
    inner: &'a dyn Snapshot,
    listing: Listing,
}

impl<'a> WithoutSteering<'a> {
    fn of(inner: &'a dyn Snapshot) -> Result<Self, DeliveryError> {
        let all = inner.listing().map_err(unread)?;
        let entries = all
            .entries()
            .iter()
            .filter(|entry| !is_steering(&entry.path));
        let entries: Vec<Entry> = entries.cloned().collect();
        Ok(Self {
            inner,
            listing: Listing::new(entries, Vec::new()),
        })
    }
}

impl Snapshot for WithoutSteering<'_> {
    fn origin(&self) -> &Origin {
        self.inner.origin()
    }

    fn listing(&self) -> Result<&Listing, SnapshotError> {
        Ok(&self.listing)
    }

    fn read(&self, path: &RepoPath, limit: u64) -> Result<Content, SnapshotError> {
        if is_steering(path) {
            return Ok(Content::Missing);
        }
        self.inner.read(path, limit)
    }

    fn prefetch(&self, paths: &[RepoPath]) -> Result<(), SnapshotError> {
        self.inner.prefetch(paths)
    }
}

fn not_delivered(path: &RepoPath) -> String {
    format!(
        "it has `{path}`, and what is hidden or a CI system reads may steer editors and build servers there"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{BranchFiles, Directories, read};
    use crate::git::testing::Fixture;
    use crate::mirror::element::{
        Element, ElementContent, ElementFile, ElementKind, RemoteId, RemoteSet,
    };
    use crate::mirror::remote_content::digest_of;
    use crate::mirror::testing::{id, path};
    use crate::model::change::Change;
    use crate::model::path::RepoPath;

    const API: &str = "11111111-2222-4333-8444-555555555555";
    const ROOT: &str =
        "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths: {$ref: paths.yaml}\n";
    const PATHS: &str = "/pets: {get: {responses: {'200': {description: ok}}}}\n";

    fn directories() -> Directories {
        Directories {
            folder: RepoPath::root(),
            pairs: vec![
                (path("postman/collections"), path("api/c")),
                (path("postman/schemas"), path("api/s")),
            ],
            schemas: Some(path("api/s")),
            collections: path("api/c"),
        }
    }

    fn collection(name: &str) -> String {
        format!(
            r#"{{"info": {{"name": "{name}", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}}, "item": []}}"#
        )
    }

    fn files(fixture: &Fixture, definition: Option<&str>) -> Result<BranchFiles, String> {
        let (tip, api) = (fixture.id("work", "HEAD"), id(API));
        let definition = definition.map(path);
        let work = fixture.open("work");
        let read = read(&work, tip, &directories(), &api, definition.as_ref());
        read.map_err(|error| error.to_string())
    }

    fn element(directory: &str, root: Option<&str>, texts: &[(&str, &str)]) -> Element {
        let files = texts.iter().map(|(name, text)| {
            let bytes = text.as_bytes().to_vec();
            let digest = digest_of(name, &bytes).unwrap();
            (path(name), ElementFile { bytes, digest })
        });
        Element {
            name: "x".to_owned(),
            directory: path(directory),
            root: root.map(path),
            content: ElementContent::new(files.collect::<BTreeMap<_, _>>()),
            remote_id: None,
        }
    }

    fn lines(changes: &[Change]) -> Vec<String> {
        let line = |change: &Change| match change.content {
            Some(_) => format!("write {}", change.path),
            None => format!("delete {}", change.path),
        };
        changes.iter().map(line).collect()
    }

    /// One line an element: what it is, and where it lies here.
    fn told(set: &RemoteSet) -> Vec<String> {
        let place =
            |place: &Option<RepoPath>| place.as_ref().map_or("-".to_owned(), ToString::to_string);
        let mut lines: Vec<String> = set
            .values()
            .map(|one| format!("{} {} {}", one.kind.word(), one.name, place(&one.place)))
            .collect();
        lines.sort();
        lines
    }

    #[test]
    fn a_file_has_one_place_there_and_one_here() {
        let directories = directories();
        for (here, there) in [
            ("postman/collections/a.json", Some("api/c/a.json")),
            ("postman/collections/d/a.json", Some("api/c/d/a.json")),
            (
                "postman/collections-2/a.json",
                Some("postman/collections-2/a.json"),
            ),
            ("common/x.yaml", Some("common/x.yaml")),
        ] {
            let found = directories.there(&path(here));
            assert_eq!(found, there.map(path), "{here}");
            assert_eq!(
                found.and_then(|there| directories.back(&there)),
                Some(path(here))
            );
        }
        // What lies there where only moved files come back from has no place here.
        assert_eq!(directories.back(&path("postman/schemas/x.yaml")), None);
        let below = Directories {
            folder: path("services/pets"),
            pairs: Vec::new(),
            schemas: None,
            collections: path("services/pets/postman/collections"),
        };
        let there = below.there(&path("a/b.json"));
        assert_eq!(there, Some(path("services/pets/a/b.json")));
        assert_eq!(
            below.back(&path("services/pets/a/b.json")),
            Some(path("a/b.json"))
        );
        assert_eq!(below.back(&path("services/other/b.json")), None);
    }

    #[test]
    fn the_branch_has_the_elements_of_this_api_and_of_no_other() {
        let fixture = Fixture::with_files(&[
            (
                ".postman/api_99999999-2222-4333-8444-555555555555",
                "configVersion = 1.0.0\n[config.relations.collections]\nrootDirectory = other\n",
            ),
            ("other/foreign.json", &collection("Foreign")),
            ("api/c/Orders.json", &collection("Orders")),
            ("api/c/broken.json", "{"),
            (
                "api/c/production.json",
                r#"{"name": "P", "values": [], "_postman_variable_scope": "environment"}"#,
            ),
            ("api/s/index.yaml", ROOT),
            ("api/s/paths.yaml", PATHS),
            ("api/s/.hidden/x.yaml", PATHS),
        ]);
        let files = files(&fixture, None).unwrap();
        assert_eq!(
            told(&files.listed()),
            [
                "collection Orders postman/collections/Orders.json",
                "definition Pets postman/schemas/index.yaml",
            ]
        );
        let definition = RemoteId::of_file(&path("api/s/index.yaml"));
        assert!(definition.is_of_file() && !id(API).is_of_file());
        assert_eq!(files.content(&definition).unwrap().files.len(), 2);
        assert!(
            files
                .at(
                    ElementKind::Collection,
                    &path("postman/collections/Orders.json")
                )
                .is_some()
        );
    }

    #[test]
    fn of_several_definitions_the_one_that_somebody_named_counts() {
        let other = ROOT
            .replace("Pets", "Dogs")
            .replace("paths: {$ref: paths.yaml}", "paths: {}");
        let fixture = Fixture::with_files(&[
            ("api/s/index.yaml", ROOT),
            ("api/s/paths.yaml", PATHS),
            ("api/s/dogs.yaml", &other),
        ]);
        let error = files(&fixture, None).err().unwrap();
        assert!(
            error.contains("api/s/dogs.yaml, api/s/index.yaml"),
            "{error}"
        );
        let named = files(&fixture, Some("postman/schemas/dogs.yaml")).unwrap();
        assert!(told(&named.listed())[0].starts_with("definition Dogs"));
        // What Postman's own file there says counts more.
        let own = format!(
            "configVersion = 1.1.0\ntype = apiEntityData\n\n[config]\nid = {API}\n\n[config.relations.apiDefinition.metaData]\ntype = openapi:3\nrootFiles[] = api/s/index.yaml\n"
        );
        fixture.commit_files("work", &[(&format!(".postman/api_{API}"), &own)], "own");
        let named = files(&fixture, Some("postman/schemas/dogs.yaml")).unwrap();
        assert!(told(&named.listed())[0].starts_with("definition Pets"));
    }

    #[test]
    fn nothing_hidden_is_brought_there() {
        let fixture =
            Fixture::with_files(&[("api/s/index.yaml", ROOT), ("api/s/paths.yaml", PATHS)]);
        let files = files(&fixture, None).unwrap();
        let workflow = ".github/workflows/x.yaml";
        let texts = [("postman/schemas/index.yaml", ROOT), (workflow, PATHS)];
        let new = element("x", Some("postman/schemas/index.yaml"), &texts);
        let new = Element {
            directory: RepoPath::root(),
            ..new
        };
        let old = RemoteId::of_file(&path("api/s/index.yaml"));
        for id in [None, Some(&old)] {
            let refused = files.fitted(&directories(), &new, id).unwrap_err();
            assert!(refused.contains(workflow), "{refused}");
        }
        assert!(directories().refuse_steering(&new).is_some());
        let pipeline = [("index.yaml", ROOT), ("azure-pipelines.yml", PATHS)];
        let pipeline = element("postman/schemas", Some("index.yaml"), &pipeline);
        assert!(files.fitted(&directories(), &pipeline, Some(&old)).is_err());
        assert!(directories().refuse_steering(&pipeline).is_some());
        let below = [("index.yaml", ROOT), (".vscode/tasks.json", "{}")];
        let below = element("postman/schemas", Some("index.yaml"), &below);
        assert!(files.fitted(&directories(), &below, Some(&old)).is_err());
        let plain = [("index.yaml", ROOT), ("paths.yaml", PATHS)];
        let plain = element("postman/schemas", Some("index.yaml"), &plain);
        assert_eq!(directories().refuse_steering(&plain), None);
    }

    #[test]
    fn only_what_says_something_else_is_written_and_only_what_is_ours_is_taken_away() {
        let fixture = Fixture::with_files(&[
            ("api/c/Orders.json", &collection("Orders")),
            (
                "api/s/index.yaml",
                &ROOT.replace("paths.yaml", "../../common/paths.yaml"),
            ),
            ("api/s/dropped.yaml", PATHS),
            ("common/paths.yaml", PATHS),
        ]);
        let files = files(&fixture, None).unwrap();
        let fitted = |element: &Element, id: Option<&RemoteId>| {
            let fitted = files.fitted(&directories(), element, id);
            fitted.map(|fitted| (lines(&fitted.changes), fitted.path.to_string()))
        };
        let orders = RemoteId::of_file(&path("api/c/Orders.json"));
        let own = |name: &str, text: &str| element("postman/collections", None, &[(name, text)]);
        let said_otherwise = collection("Orders").replace(' ', "  ");
        let nothing: Vec<String> = Vec::new();
        let same = fitted(&own("Orders.json", &said_otherwise), Some(&orders));
        assert_eq!(same, Ok((nothing, "api/c/Orders.json".to_owned())));
        // A file that was renamed here stays where it is there.
        let renamed = fitted(&own("All.json", &collection("All")), Some(&orders)).unwrap();
        assert_eq!(renamed.0, ["write api/c/Orders.json"]);
        let new = fitted(&own("New.json", &collection("New")), None).unwrap();
        assert_eq!(
            new,
            (
                vec!["write api/c/New.json".to_owned()],
                "api/c/New.json".to_owned()
            )
        );
        let refused = fitted(&own("Orders.json", &collection("Other")), None).unwrap_err();
        assert!(refused.contains("is there already"), "{refused}");
        let definition = RemoteId::of_file(&path("api/s/index.yaml"));
        let root = ROOT.replace("paths.yaml", "part.yaml");
        let after = [("index.yaml", root.as_str()), ("part.yaml", PATHS)];
        let after = element("postman/schemas", Some("index.yaml"), &after);
        let changes = fitted(&after, Some(&definition)).unwrap().0;
        // What others may refer to stays.
        assert_eq!(
            changes,
            [
                "write api/s/index.yaml",
                "write api/s/part.yaml",
                "delete api/s/dropped.yaml"
            ]
        );
        assert_eq!(lines(&files.removal(&orders)), ["delete api/c/Orders.json"]);
        assert_eq!(
            lines(&files.removal(&definition)),
            ["delete api/s/dropped.yaml", "delete api/s/index.yaml"]
        );
    }
}
