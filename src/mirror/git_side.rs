//! What Git has: the elements of a service folder, read from a snapshot.
//!
//! Content never makes this fail. What cannot be read is named, so that nobody takes it for deleted.

use std::collections::{BTreeMap, BTreeSet};

use crate::format::detect::Format;
use crate::format::fault::{Fault, FaultKind};
use crate::format::node::NodeRef;
use crate::format::{Parsed, parse};
use crate::mirror::element::{
    Element, ElementContent, ElementFile, ElementKey, ElementKind, ElementSet, RemoteId,
};
use crate::model::digest::Digest;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, Snapshot};
use crate::project::service::{Role, Service};
use crate::project::{Project, is_possible_document};

/// The digest of what a file means, without volatile fields; `None` where it cannot be understood, and only its bytes are
/// equal to themselves.
pub type DigestOf<'f> = &'f dyn Fn(&str, &[u8]) -> Option<Digest>;

/// What Git has for one service folder.
#[derive(Clone, Debug, Default)]
pub struct GitSide {
    /// The elements.
    pub elements: ElementSet,
    /// Files that are there and cannot be carried over, with the reason. A plan has to leave their elements out: see
    /// `Options::skip` of [`crate::mirror::plan`], which counts from the folder of the service.
    pub unread: Vec<(RepoPath, String)>,
    /// Several files that could be the API's definition. A person has to say which; until then there is none.
    pub candidates: Vec<RepoPath>,
}

/// Reads the elements of a service folder. `definition` says which file is the API's definition where several could be.
pub fn read(
    project: &Project<'_>,
    snapshot: &dyn Snapshot,
    service: &Service,
    definition: Option<&RepoPath>,
    digest_of: DigestOf<'_>,
) -> GitSide {
    let mut reader = Reader {
        project,
        snapshot,
        service,
        digest_of,
        ids: metadata_ids(service),
        side: GitSide::default(),
    };
    reader.read_collections();
    reader.read_definitions(definition);
    reader.side
}

/// The same, where of several files that could be the definition the one counts that was carried over the last time.
pub fn read_again(
    project: &Project<'_>,
    snapshot: &dyn Snapshot,
    service: &Service,
    recorded: Option<&RepoPath>,
    digest_of: DigestOf<'_>,
) -> GitSide {
    let side = read(project, snapshot, service, None, digest_of);
    match recorded {
        Some(path) if side.candidates.contains(path) => {
            read(project, snapshot, service, recorded, digest_of)
        }
        _ => side,
    }
}

struct Reader<'a> {
    project: &'a Project<'a>,
    snapshot: &'a dyn Snapshot,
    service: &'a Service,
    digest_of: DigestOf<'a>,
    ids: BTreeMap<RepoPath, RemoteId>,
    side: GitSide,
}

/// One file that was read.
struct ReadFile {
    path: RepoPath,
    bytes: Vec<u8>,
    parsed: Parsed,
}

/// What marks a folder as a collection of the newest layout.
const FOLDER_MARK: &str = "/.resources/definition.yaml";

impl Reader<'_> {
    fn read_collections(&mut self) {
        let mut paths = BTreeSet::new();
        for role in [Role::Collections, Role::Environments] {
            for directory in self.service.directories(role) {
                paths.extend(self.files_below(&directory.path));
            }
        }
        let folders = collection_folders(&paths);
        for folder in &folders {
            let files: Vec<_> = paths.iter().filter(|path| path.is_within(folder)).collect();
            self.read_folder(folder, &files);
        }
        let in_folder = |path: &RepoPath| folders.iter().any(|folder| path.is_within(folder));
        for path in paths.iter().filter(|path| !in_folder(path)) {
            if !is_possible_document(path) {
                continue;
            }
            let Some(file) = self.file(path) else {
                continue;
            };
            let kind = match file.parsed.format {
                Format::Collection20 | Format::Collection21 => ElementKind::Collection,
                Format::Environment => ElementKind::Environment,
                Format::Collection1 => {
                    let reason = "is a collection of version 1, which Postman no longer takes";
                    self.side.unread.push((path.clone(), reason.to_owned()));
                    continue;
                }
                _ => {
                    let broken = |fault: &Fault| fault.kind == FaultKind::Syntax;
                    if file.parsed.faults.iter().any(broken) {
                        let reason = "does not parse, so nobody knows what it is".to_owned();
                        self.side.unread.push((path.clone(), reason));
                    }
                    continue;
                }
            };
            let name = name_in(&file.parsed, kind);
            let directory = path.parent().unwrap_or_else(RepoPath::root);
            let id = self.ids.get(path).cloned();
            self.add(kind, path, &directory, None, name, vec![file], id);
        }
    }

    fn read_folder(&mut self, folder: &RepoPath, paths: &[&RepoPath]) {
        let files: Option<Vec<ReadFile>> = paths.iter().map(|path| self.file(path)).collect();
        // A folder that is there in part is not the collection.
        let Some(files) = files else { return };
        let mark = format!("{folder}{FOLDER_MARK}");
        let name = files
            .iter()
            .find(|file| file.path.as_str() == mark)
            .and_then(|file| text_at(&file.parsed, "/name"));
        let id = self.ids.get(folder).cloned();
        self.add(
            ElementKind::Collection,
            folder,
            folder,
            None,
            name,
            files,
            id,
        );
    }

    fn read_definitions(&mut self, wanted: Option<&RepoPath>) {
        let mut files: BTreeMap<RepoPath, ReadFile> = BTreeMap::new();
        let mut waiting: Vec<RepoPath> = Vec::new();
        for directory in self.service.directories(Role::Schemas) {
            waiting.extend(self.files_below(&directory.path));
        }
        let listed = self.service.apis.iter().flat_map(|api| {
            let files = api.definitions.iter().map(|file| &file.path);
            files.chain(&api.root_files)
        });
        let resources = self.service.resources.iter();
        let native = resources.flat_map(|resources| {
            let mapped = resources
                .mapped
                .iter()
                .filter(|mapped| mapped.kind == "specs");
            mapped.map(|mapped| &mapped.path).chain(&resources.local)
        });
        for path in listed.chain(native).filter_map(|path| path.resolved()) {
            if self.project.has_file(path) {
                waiting.push(path.clone());
            } else {
                waiting.extend(self.files_below(path));
            }
        }
        waiting.extend(wanted.cloned());
        let first = waiting.clone();
        // What a file refers to belongs to it, wherever it lies.
        let mut references: BTreeMap<RepoPath, Vec<RepoPath>> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        while let Some(path) = waiting.pop() {
            if !seen.insert(path.clone())
                || !self.project.has_file(&path)
                || !is_possible_document(&path)
                || self.project.is_excluded(&path)
            {
                continue;
            }
            if let Some(file) = self.file(&path) {
                let found = references_of(&file);
                waiting.extend(found.iter().cloned());
                references.insert(path.clone(), found);
                files.insert(path, file);
            }
        }
        let is_definition = |path: &RepoPath| {
            files
                .get(path)
                .is_some_and(|file| file.parsed.format.is_definition())
        };
        let mut roots: Vec<RepoPath> = files
            .keys()
            .filter(|path| is_definition(path))
            .filter(|path| {
                !references
                    .iter()
                    .any(|(from, to)| from != *path && to.contains(path))
            })
            .cloned()
            .collect();
        let named: Vec<RepoPath> = match wanted {
            Some(path) => vec![path.clone()],
            None => {
                let apis = self.service.apis.iter();
                let named = apis.flat_map(|api| &api.root_files);
                named
                    .filter_map(|path| path.resolved().cloned())
                    .filter(|path| files.contains_key(path))
                    .collect()
            }
        };
        if !named.is_empty() {
            roots = named;
            roots.dedup();
        }
        if roots.is_empty() {
            // Somebody put them there to be carried over: "nothing to do" would be taken for "all is there".
            let found = first.iter().filter(|path| files.contains_key(*path));
            let own: BTreeSet<&RepoPath> = found.collect();
            let reason = "is no API definition in a format that is known";
            let named = own
                .into_iter()
                .map(|path| (path.clone(), reason.to_owned()));
            self.side.unread.extend(named);
        }
        // A workspace has as many specifications as it likes; an API has one definition.
        if roots.len() > 1 && !self.service.is_native() {
            self.side.candidates = roots;
            return;
        }
        for root in roots {
            let mut members = closure(&root, &references);
            if let Some(directory) = self.schema_directory_of(&root) {
                // Postman takes every file of a schema directory as part of the definition.
                let all = files.keys().filter(|path| path.is_within(&directory));
                members.extend(all.cloned());
            }
            let unread = |path: &RepoPath| self.side.unread.iter().any(|(other, _)| other == path);
            let incomplete = members
                .iter()
                .flat_map(|path| references.get(path).into_iter().flatten())
                .any(unread);
            if incomplete {
                let reason = "refers to a file that cannot be read".to_owned();
                self.side.unread.push((root, reason));
                continue;
            }
            let members: Vec<ReadFile> = members
                .iter()
                .filter_map(|path| files.get(path))
                .map(ReadFile::copy)
                .collect();
            let Some(file) = files.get(&root) else {
                continue;
            };
            let name = name_in(&file.parsed, ElementKind::Definition);
            let directory = common_directory(&members);
            let id = self.id_of_definition(&root);
            let kind = ElementKind::Definition;
            self.add(kind, &root, &directory, Some(&root), name, members, id);
        }
    }

    /// The schema directory of a definition of the older layout.
    fn schema_directory_of(&self, root: &RepoPath) -> Option<RepoPath> {
        if self.service.is_native() {
            return None;
        }
        let directories = self.service.directories(Role::Schemas);
        directories
            .map(|directory| &directory.path)
            .find(|directory| root.is_within(directory))
            .cloned()
    }

    /// The id of a specification stands at its file or at the folder that holds it.
    fn id_of_definition(&self, root: &RepoPath) -> Option<RemoteId> {
        let mut path = Some(root.clone());
        while let Some(at) = path {
            if let Some(id) = self.ids.get(&at) {
                return Some(id.clone());
            }
            path = at.parent();
        }
        None
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "these are the parts of an element"
    )]
    fn add(
        &mut self,
        kind: ElementKind,
        path: &RepoPath,
        directory: &RepoPath,
        root: Option<&RepoPath>,
        name: Option<String>,
        files: Vec<ReadFile>,
        remote_id: Option<RemoteId>,
    ) {
        let service = &self.service.folder;
        let below = |path: &RepoPath, directory: &RepoPath| {
            path.below(directory)
                .and_then(|rest| RepoPath::parse(rest).ok())
        };
        let (Some(key), Some(directory_key)) =
            (below(path, service), below_or_self(directory, service))
        else {
            let reason = format!("lies outside of the service folder `{service}`");
            self.side.unread.push((path.clone(), reason));
            return;
        };
        let mut content = BTreeMap::new();
        for file in files {
            let Some(inner) = below(&file.path, directory) else {
                continue;
            };
            let digest = (self.digest_of)(file.path.as_str(), &file.bytes)
                .unwrap_or_else(|| Digest::of(&file.bytes));
            let bytes = file.bytes;
            content.insert(inner, ElementFile { bytes, digest });
        }
        let element = Element {
            name: name.unwrap_or_else(|| stem(path).to_owned()),
            directory: directory_key,
            root: root.and_then(|root| below(root, directory)),
            content: ElementContent::new(content),
            remote_id,
        };
        self.side
            .elements
            .insert(ElementKey { kind, path: key }, element);
    }

    fn files_below(&self, directory: &RepoPath) -> Vec<RepoPath> {
        let entries = self.project.listing.below(directory).iter();
        entries
            .map(|entry| entry.path.clone())
            .filter(|path| path.is_utf8() && !self.project.is_excluded(path))
            .collect()
    }

    /// Reads one file; where that fails it is named.
    fn file(&mut self, path: &RepoPath) -> Option<ReadFile> {
        let limit = self.project.max_file_size();
        let reason = match self.snapshot.read(path, limit) {
            Ok(Content::Bytes(bytes))
                if bytes.starts_with(b"version https://git-lfs.github.com/spec/v1\n") =>
            {
                "is kept by Git LFS, and only its pointer is here".to_owned()
            }
            Ok(Content::Bytes(bytes)) if std::str::from_utf8(&bytes).is_err() => {
                "is not UTF-8".to_owned()
            }
            Ok(Content::Bytes(bytes)) => {
                return Some(ReadFile {
                    path: path.clone(),
                    parsed: parse(path.as_str(), bytes.clone()),
                    bytes,
                });
            }
            Ok(Content::Link(_)) => "is a symbolic link, and links are not followed".to_owned(),
            Ok(Content::TooLarge(size)) => format!("has {size} bytes, more than {limit}"),
            Ok(Content::NotAFile | Content::Missing) => "is no file".to_owned(),
            Err(error) => error.to_string(),
        };
        self.side.unread.push((path.clone(), reason));
        None
    }
}

impl ReadFile {
    /// The same for another element: two specifications may share a file.
    fn copy(&self) -> Self {
        Self {
            path: self.path.clone(),
            parsed: parse(self.path.as_str(), self.bytes.clone()),
            bytes: self.bytes.clone(),
        }
    }
}

fn below_or_self(path: &RepoPath, folder: &RepoPath) -> Option<RepoPath> {
    if path == folder {
        return Some(RepoPath::root());
    }
    path.below(folder)
        .and_then(|rest| RepoPath::parse(rest).ok())
}

/// The folders that are collections of the newest layout; those inside of another one belong to it.
fn collection_folders(paths: &BTreeSet<RepoPath>) -> Vec<RepoPath> {
    let marked = paths.iter().filter_map(|path| {
        let folder = path.as_str().strip_suffix(FOLDER_MARK)?;
        RepoPath::parse(folder).ok()
    });
    let mut folders: Vec<RepoPath> = Vec::new();
    let mut marked: Vec<RepoPath> = marked.collect();
    marked.sort_by_key(|folder| folder.as_str().len());
    for folder in marked {
        if !folders.iter().any(|outer| folder.is_within(outer)) {
            folders.push(folder);
        }
    }
    folders
}

/// The ids that `.postman/` gives to files and folders.
fn metadata_ids(service: &Service) -> BTreeMap<RepoPath, RemoteId> {
    let listed = service.apis.iter().flat_map(|api| &api.collections);
    let listed = listed.filter_map(|file| Some((file.path.resolved()?, file.id.as_ref()?)));
    let resources = service.resources.iter();
    let mapped = resources
        .flat_map(|resources| &resources.mapped)
        .filter_map(|mapped| Some((mapped.path.resolved()?, mapped.id.as_ref()?)));
    listed
        .chain(mapped)
        .filter_map(|(path, id)| Some((path.clone(), RemoteId::parse(&id.text)?)))
        .collect()
}

/// The files that a file of a definition names: by `$ref` in JSON and YAML, by `import` in protobuf.
fn references_of(file: &ReadFile) -> Vec<RepoPath> {
    let base = file.path.parent().unwrap_or_else(RepoPath::root);
    let mut found = Vec::new();
    let mut add = |written: &str| {
        let written = written.split('#').next().unwrap_or_default();
        if !written.is_empty()
            && !written.contains("://")
            && let Ok(path) = RepoPath::resolve(&base, written)
        {
            found.push(path);
        }
    };
    if let Some(root) = file
        .parsed
        .document
        .as_ref()
        .and_then(|document| document.root())
    {
        let mut waiting = vec![root];
        while let Some(node) = waiting.pop() {
            for member in node.members() {
                match member.value.as_str() {
                    Some(written) if member.key == "$ref" => add(written),
                    _ => waiting.push(member.value),
                }
            }
            waiting.extend(node.items());
        }
    } else if file.path.extension() == "proto" {
        for line in file.parsed.source().lines() {
            let Some(rest) = line.trim_start().strip_prefix("import") else {
                continue;
            };
            if let Some(written) = rest.split('"').nth(1) {
                add(written);
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn closure(root: &RepoPath, references: &BTreeMap<RepoPath, Vec<RepoPath>>) -> BTreeSet<RepoPath> {
    let mut members = BTreeSet::new();
    let mut waiting = vec![root.clone()];
    while let Some(path) = waiting.pop() {
        if references.contains_key(&path) && members.insert(path.clone()) {
            waiting.extend(references[&path].iter().cloned());
        }
    }
    members
}

/// The innermost directory that holds all files.
fn common_directory(files: &[ReadFile]) -> RepoPath {
    let mut directories = files.iter().filter_map(|file| file.path.parent());
    let mut common = directories.next().unwrap_or_else(RepoPath::root);
    for directory in directories {
        while !directory.is_within(&common) {
            common = common.parent().unwrap_or_else(RepoPath::root);
        }
    }
    common
}

fn name_in(parsed: &Parsed, kind: ElementKind) -> Option<String> {
    text_at(
        parsed,
        match kind {
            ElementKind::Collection => "/info/name",
            ElementKind::Definition => "/info/title",
            ElementKind::Environment => "/name",
        },
    )
}

fn text_at(parsed: &Parsed, pointer: &str) -> Option<String> {
    let (subject, _) = parsed.subject()?;
    let text = subject.at(pointer).and_then(NodeRef::as_str)?;
    (!text.is_empty()).then(|| text.to_owned())
}

fn stem(path: &RepoPath) -> &str {
    let name = path.file_name();
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{GitSide, read};
    use crate::config::file::Config;
    use crate::mirror::testing::path;
    use crate::model::digest::Digest;
    use crate::model::snapshot::MemorySnapshot;
    use crate::project::Project;

    fn side(files: &[(&str, &str)], definition: Option<&str>) -> GitSide {
        let files = files
            .iter()
            .map(|(name, text)| (path(name), text.as_bytes().to_vec()));
        let snapshot = MemorySnapshot::new(files.collect::<BTreeMap<_, _>>());
        let config = Config::default();
        let project = Project::load(&snapshot, &config).unwrap();
        let service = project.services.last().unwrap();
        let digest = |_: &str, bytes: &[u8]| Some(Digest::of(bytes));
        read(
            &project,
            &snapshot,
            service,
            definition.map(path).as_ref(),
            &digest,
        )
    }

    /// One line an element: its key, name, directory, files, id.
    fn lines(side: &GitSide) -> Vec<String> {
        let line = |(key, element): (
            &crate::mirror::element::ElementKey,
            &crate::mirror::element::Element,
        )| {
            let files: Vec<&str> = element
                .content
                .files
                .keys()
                .map(|path| path.as_str())
                .collect();
            let id = element.remote_id.as_ref().map_or("-", |id| id.as_str());
            format!(
                "{key} | {} | {} | {} | {id}",
                element.name,
                element.directory,
                files.join(" ")
            )
        };
        side.elements.iter().map(line).collect()
    }

    const COLLECTION: &str = r#"{"info": {"name": "Orders", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}, "item": []}"#;
    const ENVIRONMENT: &str =
        r#"{"name": "Test", "values": [], "_postman_variable_scope": "environment"}"#;
    const UUID: &str = "11111111-2222-4333-8444-555555555555";

    #[test]
    fn files_of_a_definition_that_is_none_are_named() {
        let api = format!(
            "configVersion = 1.0.0\ntype = apiEntityData\n[config]\nid = {UUID}\n[config.relations.apiDefinition]\nrootDirectory = postman/schemas\n"
        );
        let file = format!(".postman/api_{UUID}");
        let side = side(
            &[
                (&file, &api),
                ("postman/schemas/index.json", r#"{"endpoints": {}}"#),
                ("postman/schemas/README.md", "notes"),
            ],
            None,
        );
        assert!(side.elements.is_empty() && side.candidates.is_empty());
        let [(at, reason)] = side.unread.as_slice() else {
            panic!("{:?}", side.unread);
        };
        assert_eq!(at, &path("postman/schemas/index.json"));
        assert!(reason.contains("no API definition"), "{reason}");
    }

    #[test]
    fn the_older_layout_has_one_definition_of_all_its_files() {
        let api = format!(
            "configVersion = 1.0.0\ntype = apiEntityData\n[config]\nid = {UUID}\n[config.relations.collections]\nrootDirectory = postman/collections\nfiles[] = {{\"id\":\"1-{UUID}\",\"path\":\"Orders.json\",\"metaData\":{{}}}}\n[config.relations.apiDefinition]\nrootDirectory = postman/schemas\n"
        );
        let side = side(
            &[
                (&format!("svc/.postman/api_{UUID}"), &api),
                ("svc/postman/collections/Orders.json", COLLECTION),
                (
                    "svc/postman/collections/test.postman_environment.json",
                    ENVIRONMENT,
                ),
                ("svc/postman/collections/README.md", "notes"),
                (
                    "svc/postman/schemas/root.yaml",
                    "openapi: 3.0.3\ninfo: {title: Orders API, version: '1'}\npaths: {$ref: paths/a.yaml}\n",
                ),
                ("svc/postman/schemas/paths/a.yaml", "/a: {}\n"),
                ("svc/postman/schemas/.gitkeep", ""),
            ],
            None,
        );
        assert_eq!(
            lines(&side),
            [
                "definition postman/schemas/root.yaml | Orders API | postman/schemas | paths/a.yaml root.yaml | -".to_owned(),
                format!("collection postman/collections/Orders.json | Orders | postman/collections | Orders.json | 1-{UUID}"),
                "environment postman/collections/test.postman_environment.json | Test | postman/collections | test.postman_environment.json | -".to_owned(),
            ]
        );
        assert!(side.unread.is_empty() && side.candidates.is_empty());
    }

    #[test]
    fn of_several_definitions_a_person_chooses() {
        let openapi = "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths: {}\n";
        let files = [
            ("postman/schemas/a.yaml", openapi),
            ("postman/schemas/b.yaml", openapi),
        ];
        let asked = side(&files, None);
        assert_eq!(asked.candidates.len(), 2);
        assert!(asked.elements.is_empty());
        let answered = side(&files, Some("postman/schemas/b.yaml"));
        assert!(answered.candidates.is_empty());
        assert!(lines(&answered)[0].starts_with("definition postman/schemas/b.yaml"));
    }

    #[test]
    fn the_newer_layout_has_folders_and_several_specifications() {
        let openapi = "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths: {}\n";
        let resources = "workspace:\n  id: 11111111-2222-4333-8444-555555555555\ncloudResources:\n  collections:\n    ../postman/collections/Orders: 1-x\n  specs:\n    ../postman/specs/a.yaml: s1\n";
        let side = side(
            &[
                (".postman/resources.yaml", resources),
                (
                    "postman/collections/Orders/.resources/definition.yaml",
                    "$kind: collection\nname: Orders!\n",
                ),
                (
                    "postman/collections/Orders/get.request.yaml",
                    "$kind: http-request\n",
                ),
                (
                    "postman/collections/Orders/sub/.resources/definition.yaml",
                    "$kind: folder\n",
                ),
                ("postman/specs/a.yaml", openapi),
                ("postman/specs/b.yaml", openapi),
            ],
            None,
        );
        assert_eq!(
            lines(&side),
            [
                "definition postman/specs/a.yaml | A | postman/specs | a.yaml | s1",
                "definition postman/specs/b.yaml | A | postman/specs | b.yaml | -",
                "collection postman/collections/Orders | Orders! | postman/collections/Orders | .resources/definition.yaml get.request.yaml sub/.resources/definition.yaml | 1-x",
            ]
        );
    }

    #[test]
    fn what_cannot_be_carried_over_is_named() {
        let side = side(
            &[
                (
                    "postman/collections/lfs.json",
                    "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n",
                ),
                ("postman/collections/broken.json", "{"),
                (
                    "postman/collections/old.json",
                    r#"{"id": "x", "name": "old", "order": [], "requests": []}"#,
                ),
            ],
            None,
        );
        let unread: Vec<&str> = side
            .unread
            .iter()
            .map(|(path, _)| path.file_name())
            .collect();
        assert_eq!(unread, ["broken.json", "lfs.json", "old.json"]);
        assert!(side.elements.is_empty());
    }
}
