//! A collection of version 3: a folder of YAML files, read as one document. Requests are `*.request.yaml`; what belongs to
//! them lies in `.resources/<name>.resources`, and what a folder says of itself in `.resources/definition.yaml`.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::format::canonical::{NoCanonicalForm, digest_of, readable, text_of};
use crate::format::fault::Fault;
use crate::format::meaning_fields::Within;
use crate::format::meaning_part::{Part, View, sorted};
use crate::format::meaning_view::{kind_of_entry, members};
use crate::format::node::{Document, Kind, NodeRef};
use crate::format::yaml;
use crate::model::digest::Digest;
use crate::model::span::Span;

/// How deep folders of one collection may lie in each other.
pub const MAX_FOLDERS: usize = 64;

/// A collection of version 3, or a folder in it.
#[derive(Debug, Default)]
pub struct CollectionFolder {
    /// The name of the folder it lies in.
    pub folder_name: String,
    /// What it says of itself.
    pub definition: Option<Document>,
    /// The folders and requests in it, in their order.
    pub entries: Vec<FolderEntry>,
}

/// What lies in a folder.
#[derive(Debug)]
pub enum FolderEntry {
    /// A folder.
    Folder(CollectionFolder),
    /// A request.
    Request(RequestFile),
}

/// A request of a collection of version 3, with what belongs to it.
#[derive(Debug)]
pub struct RequestFile {
    /// The path of its file, from the folder of the collection.
    pub path: String,
    /// The name of its file, without `.request.yaml`.
    pub stem: String,
    /// What stands in it.
    pub document: Document,
    /// The saved examples, in their order: the name of the file without its ending, and what stands in it.
    pub examples: Vec<(String, Document)>,
    /// Files of scripts: their names and texts.
    pub scripts: Vec<(String, String)>,
}

/// A folder read as far as it can be.
#[derive(Debug)]
pub struct FolderRead {
    /// The collection.
    pub collection: CollectionFolder,
    /// What is wrong, with the path of the file.
    pub faults: Vec<(String, Fault)>,
    /// Files that are no part of the collection.
    pub strays: Vec<String>,
}

/// Reads a collection from the files below its folder: their paths from there, with forward slashes, and their texts.
pub fn read(name: &str, files: impl IntoIterator<Item = (String, String)>) -> FolderRead {
    let mut tree = Tree::default();
    let mut read = FolderRead {
        collection: CollectionFolder::default(),
        faults: Vec::new(),
        strays: Vec::new(),
    };
    // By path, so that the same files give the same collection however they were listed.
    let files: BTreeMap<String, String> = files.into_iter().collect();
    for (path, text) in files {
        tree.add(path, text, &mut read);
    }
    read.collection = tree.finish(name.to_owned(), &mut read.strays);
    read
}

impl FolderRead {
    /// The canonical text of the whole collection.
    ///
    /// # Errors
    /// The first file that cannot be read, and why.
    pub fn canonical_text(&self) -> Result<String, (String, NoCanonicalForm)> {
        self.check()?;
        text_of(folder_part(&self.collection)).map_err(|error| (String::new(), error))
    }

    /// The digest of that text.
    ///
    /// # Errors
    /// The first file that cannot be read, and why.
    pub fn canonical_digest(&self) -> Result<Digest, (String, NoCanonicalForm)> {
        self.check()?;
        digest_of(folder_part(&self.collection)).map_err(|error| (String::new(), error))
    }

    fn check(&self) -> Result<(), (String, NoCanonicalForm)> {
        match self.faults.first() {
            Some((path, fault)) => Err((path.clone(), NoCanonicalForm::Fault(fault.clone()))),
            None => Ok(()),
        }
    }
}

/// Whether a file name is that of a request.
pub fn is_request_file(name: &str) -> bool {
    stem(name, ".request").is_some()
}

/// Whether a file, by its path from the folder of a collection, can belong to the collection.
pub fn belongs_to_collection(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
    let in_resources = path.starts_with(".resources/") || path.contains("/.resources/");
    is_request_file(name) || (in_resources && (is_yaml || path.contains("/scripts/")))
}

/// The folders of collections among the paths of a repository, the topmost ones only: those that define one, those below
/// `collections` with a request somewhere, and others with a request right in them.
pub fn collection_folders<'a>(paths: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in paths {
        let defined = path
            .strip_suffix("/.resources/definition.yaml")
            .or_else(|| path.strip_suffix("/.resources/definition.yml"));
        if let Some(folder) = defined {
            found.insert(folder.to_owned());
        } else if let Some((folder, name)) = path.rsplit_once('/')
            && is_request_file(name)
        {
            let parts: Vec<&str> = folder.split('/').collect();
            let among = parts.iter().position(|part| *part == "collections");
            let length = among.map_or(parts.len(), |at| (at + 2).min(parts.len()));
            // Requests right in `collections` are not one collection.
            if among.is_none_or(|at| length > at + 1) {
                found.insert(parts[..length].join("/"));
            }
        }
    }
    let all = found.clone();
    found.retain(|folder| {
        let mut ends = folder.match_indices('/').map(|(at, _)| at);
        !ends.any(|end| all.contains(&folder[..end]))
    });
    found
}

/// A name without this ending and `.yaml` or `.yml`.
fn stem<'a>(name: &'a str, ending: &str) -> Option<&'a str> {
    let name = name
        .strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"))?;
    name.strip_suffix(ending)
}

#[derive(Default)]
struct Tree {
    folders: BTreeMap<String, Self>,
    definition: Option<Document>,
    requests: Vec<RequestFile>,
    /// What lies in `.resources/<name>.resources`, by that name.
    belongings: BTreeMap<String, Vec<Belonging>>,
}

struct Belonging {
    path: String,
    name: String,
    content: Content,
}

enum Content {
    Example(Box<Document>),
    Script(String),
}

impl Tree {
    fn add(&mut self, path: String, text: String, read: &mut FolderRead) {
        let parts: Vec<&str> = path.split('/').collect();
        let told = if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
            Some("path does not stay inside the collection".to_owned())
        } else if parts.len() > MAX_FOLDERS {
            Some(format!("folders lie deeper than {MAX_FOLDERS} levels"))
        } else {
            None
        };
        if let Some(message) = told {
            read.faults
                .push((path.clone(), Fault::syntax(Span::at(0), message)));
            return;
        }
        let place = parts.iter().position(|part| *part == ".resources");
        let (folders, below) = match place {
            Some(at) => (&parts[..at], &parts[at + 1..]),
            None => (&parts[..parts.len() - 1], &parts[parts.len() - 1..]),
        };
        let of_request = |name: &str| name.strip_suffix(".resources").map(str::to_owned);
        match (place, below) {
            (None, [name]) if is_request_file(name) => {
                let name = stem(name, ".request").unwrap_or_default().to_owned();
                if let Some(document) = document(&path, text, read) {
                    let folder = self.folder(folders);
                    folder.requests.push(RequestFile {
                        path: path.clone(),
                        stem: name,
                        document,
                        examples: Vec::new(),
                        scripts: Vec::new(),
                    });
                }
            }
            (Some(_), ["definition.yaml" | "definition.yml"]) => {
                if let Some(document) = document(&path, text, read) {
                    let folder = self.folder(folders);
                    if folder.definition.is_some() {
                        let message = "folder has two definitions";
                        read.faults
                            .push((path.clone(), Fault::syntax(Span::at(0), message)));
                    }
                    folder.definition = Some(document);
                }
            }
            (Some(_), [owner, "examples", name])
                if owner.ends_with(".resources") && stem(name, ".example").is_some() =>
            {
                let stem = stem(name, ".example").unwrap_or_default().to_owned();
                if let (Some(owner), Some(document)) =
                    (of_request(owner), document(&path, text, read))
                {
                    self.belonging(
                        folders,
                        owner,
                        path.clone(),
                        stem,
                        Content::Example(Box::new(document)),
                    );
                }
            }
            (Some(_), [owner, "scripts", name]) if owner.ends_with(".resources") => {
                if let Some(owner) = of_request(owner) {
                    let name = (*name).to_owned();
                    self.belonging(folders, owner, path.clone(), name, Content::Script(text));
                }
            }
            _ => read.strays.push(path.clone()),
        }
    }

    fn belonging(
        &mut self,
        folders: &[&str],
        owner: String,
        path: String,
        name: String,
        content: Content,
    ) {
        let belongings = self.folder(folders).belongings.entry(owner).or_default();
        belongings.push(Belonging {
            path,
            name,
            content,
        });
    }

    fn folder(&mut self, folders: &[&str]) -> &mut Self {
        let mut tree = self;
        for name in folders {
            tree = tree.folders.entry((*name).to_owned()).or_default();
        }
        tree
    }

    fn finish(mut self, folder_name: String, strays: &mut Vec<String>) -> CollectionFolder {
        let mut owners: HashMap<String, usize> = HashMap::new();
        for (index, request) in self.requests.iter().enumerate() {
            owners.entry(request.stem.clone()).or_insert(index);
        }
        for (owner, belongings) in self.belongings {
            let request = owners
                .get(&owner)
                .and_then(|index| self.requests.get_mut(*index));
            let Some(request) = request else {
                strays.extend(belongings.into_iter().map(|belonging| belonging.path));
                continue;
            };
            for Belonging { name, content, .. } in belongings {
                match content {
                    Content::Example(document) => request.examples.push((name, *document)),
                    Content::Script(text) => request.scripts.push((name, text)),
                }
            }
            request.examples.sort_by(|one, other| {
                by_order((&one.1, &one.0), (&other.1, &other.0)).then_with(|| one.0.cmp(&other.0))
            });
        }
        let mut entries: Vec<FolderEntry> = Vec::new();
        for (name, tree) in self.folders {
            let folder = tree.finish(name, strays);
            // A folder that holds nothing but files of others is no folder of the collection.
            if folder.definition.is_some() || !folder.entries.is_empty() {
                entries.push(FolderEntry::Folder(folder));
            }
        }
        entries.extend(self.requests.into_iter().map(FolderEntry::Request));
        entries.sort_by(compare_entries);
        CollectionFolder {
            folder_name,
            definition: self.definition,
            entries,
        }
    }
}

fn document(path: &str, text: String, read: &mut FolderRead) -> Option<Document> {
    let (document, faults) = yaml::parse(text);
    if let Err(NoCanonicalForm::Fault(fault)) = readable(document.text(), &faults) {
        read.faults.push((path.to_owned(), fault));
        return None;
    }
    let is_object = document
        .root()
        .is_some_and(|root| root.kind() == Kind::Object);
    if !is_object {
        let fault = Fault::syntax(Span::at(0), "file holds no mapping")
            .with_help("a file of a collection is a mapping that starts with `$kind`");
        read.faults.push((path.to_owned(), fault));
        return None;
    }
    Some(document)
}

fn compare_entries(one: &FolderEntry, other: &FolderEntry) -> Ordering {
    let facts = |entry: &FolderEntry| match entry {
        FolderEntry::Folder(folder) => (order_of(folder.definition.as_ref()), 0, 0),
        FolderEntry::Request(request) => (order_of(Some(&request.document)), 1, 0),
    };
    let name = |entry: &FolderEntry| match entry {
        FolderEntry::Folder(folder) => folder.name().into_owned(),
        FolderEntry::Request(request) => request.name().into_owned(),
    };
    let path = |entry: &FolderEntry| match entry {
        FolderEntry::Folder(folder) => folder.folder_name.clone(),
        FolderEntry::Request(request) => request.path.clone(),
    };
    let (first, second) = (facts(one), facts(other));
    compare_orders(first.0, second.0)
        .then_with(|| name(one).cmp(&name(other)))
        .then_with(|| first.1.cmp(&second.1))
        .then_with(|| path(one).cmp(&path(other)))
}

fn by_order(one: (&Document, &str), other: (&Document, &str)) -> Ordering {
    compare_orders(order_of(Some(one.0)), order_of(Some(other.0)))
        .then_with(|| name_of(Some(one.0), one.1).cmp(&name_of(Some(other.0), other.1)))
}

/// What has no order follows what has one.
fn compare_orders(one: Option<f64>, other: Option<f64>) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

fn order_of(document: Option<&Document>) -> Option<f64> {
    let order = document?.root()?.get("order")?;
    order.as_number()?.parse().ok()
}

fn name_of<'a>(document: Option<&'a Document>, default: &'a str) -> std::borrow::Cow<'a, str> {
    let written = document
        .and_then(Document::root)
        .and_then(|root| root.get_str("name"));
    std::borrow::Cow::Borrowed(written.unwrap_or(default))
}

impl CollectionFolder {
    /// The name: its own, or that of the folder.
    pub fn name(&self) -> std::borrow::Cow<'_, str> {
        name_of(self.definition.as_ref(), &self.folder_name)
    }
}

impl RequestFile {
    /// The name: its own, or that of the file.
    pub fn name(&self) -> std::borrow::Cow<'_, str> {
        name_of(Some(&self.document), &self.stem)
    }
}

fn folder_part(folder: &CollectionFolder) -> Part<'_> {
    let root = folder.definition.as_ref().and_then(Document::root);
    let mut own = match root {
        Some(root) => named(root, Within::DefinitionFile, &folder.folder_name),
        None => vec![("name", Part::text(folder.folder_name.as_str()))],
    };
    if !own.iter().any(|(key, _)| *key == "$kind") {
        own.push(("$kind", Part::text("collection")));
    }
    let entries = folder.entries.iter().map(|entry| match entry {
        FolderEntry::Folder(folder) => folder_part(folder),
        FolderEntry::Request(request) => request_part(request),
    });
    with_list(&mut own, "items", entries.collect());
    Part::object(own)
}

fn request_part(request: &RequestFile) -> Part<'_> {
    let Some(root) = request.document.root() else {
        return Part::object(Vec::new());
    };
    let place = kind_of_entry(root, Within::TreeEntry);
    let mut own = named(root, place, &request.stem);
    let examples = request.examples.iter().filter_map(|(stem, document)| {
        let root = document.root()?;
        let own = named(root, kind_of_entry(root, Within::TreeEntry), stem);
        Some(Part::object(own))
    });
    with_list(&mut own, "examples", examples.collect());
    let script = |(name, text): &'_ (String, String)| (name.clone(), text.clone());
    let scripts = request.scripts.iter().map(script).map(|(name, text)| {
        Part::object(vec![("name", Part::text(name)), ("code", Part::text(text))])
    });
    with_list(&mut own, "scriptFiles", scripts.collect());
    Part::object(own)
}

/// The members of a file, with the name it has without saying so.
fn named<'a>(root: NodeRef<'a>, place: Within, stem: &'a str) -> Vec<(&'a str, Part<'a>)> {
    let mut own = members(root, place);
    if root.get("name").is_none() {
        own.push(("name", Part::text(stem)));
    }
    own
}

/// Adds a list that is made of other files, beside whatever has its name already.
fn with_list<'a>(own: &mut Vec<(&'a str, Part<'a>)>, key: &'static str, parts: Vec<Part<'a>>) {
    if parts.is_empty() {
        return;
    }
    for (known, _) in own.iter_mut().filter(|(known, _)| *known == key) {
        // What a file says under a key that its folder takes still counts.
        *known = "itself";
    }
    own.push((key, Part::Made(Box::new(View::List(parts)))));
    *own = sorted(std::mem::take(own), true);
}

#[cfg(test)]
mod tests {
    use super::{FolderEntry, MAX_FOLDERS, belongs_to_collection, collection_folders, read};

    const REQUEST: &str = "$kind: http-request\nurl: x\n";

    fn files(paths: &[&str]) -> Vec<(String, String)> {
        paths
            .iter()
            .map(|path| ((*path).to_owned(), REQUEST.to_owned()))
            .collect()
    }

    #[test]
    fn a_path_that_does_not_stay_inside_is_a_fault_and_no_request() {
        let deep = format!("{}a.request.yaml", "x/".repeat(MAX_FOLDERS));
        let outside = [
            "../a.request.yaml",
            "/a.request.yaml",
            "a//b.request.yaml",
            "a/./b.request.yaml",
            "a/../../b.request.yaml",
            ".resources/../a.resources/examples/x.example.yaml",
            deep.as_str(),
        ];
        for path in outside {
            let read = read("c", files(&[path, "b.request.yaml"]));
            assert_eq!(read.faults[0].0, path);
            assert_eq!(read.collection.entries.len(), 1, "{path}");
            assert!(read.canonical_digest().is_err(), "{path}");
        }
    }

    #[test]
    fn what_belongs_to_nothing_is_a_stray_and_changes_nothing() {
        let plain = read("c", files(&["a.request.yaml"]));
        let with_strays = read(
            "c",
            files(&[
                "a.request.yaml",
                "README.md",
                ".resources/b.resources/examples/OK.example.yaml",
                ".resources/a.resources/else/OK.example.yaml",
                ".resources/.resources/definition.yaml",
                "folder/.resources/gone.resources/scripts/x.js",
                "\u{1b}[2J/notes.yaml",
            ]),
        );
        assert_eq!(with_strays.strays.len(), 6, "{:?}", with_strays.strays);
        assert_eq!(with_strays.faults, []);
        assert_eq!(
            with_strays.canonical_digest().unwrap(),
            plain.canonical_digest().unwrap()
        );
    }

    #[test]
    fn two_files_of_one_name_are_both_there_and_two_definitions_are_a_fault() {
        let twins = read("c", files(&["a.request.yaml", "a.request.yml"]));
        assert_eq!(twins.collection.entries.len(), 2);
        let names = twins.collection.entries.iter().map(|entry| match entry {
            FolderEntry::Request(request) => request.path.as_str(),
            FolderEntry::Folder(folder) => folder.folder_name.as_str(),
        });
        assert_eq!(
            names.collect::<Vec<_>>(),
            ["a.request.yaml", "a.request.yml"]
        );
        let two = [".resources/definition.yaml", ".resources/definition.yml"];
        assert_eq!(read("c", files(&two)).faults.len(), 1);
    }

    #[test]
    fn files_that_hold_no_mapping_are_faults_with_their_path() {
        for text in [
            "",
            "- a\n",
            "just words",
            "a: [",
            "a: 1\na: 2\n",
            "---\na: 1\n---\nb: 2\n",
        ] {
            let read = read("c", [("a.request.yaml".to_owned(), text.to_owned())]);
            let (path, error) = read.canonical_text().unwrap_err();
            assert_eq!(path, "a.request.yaml", "{text:?} {error}");
            assert!(read.collection.entries.is_empty(), "{text:?}");
        }
    }

    #[test]
    fn only_what_can_belong_to_a_collection_is_read_at_all() {
        for path in [
            "a.request.yaml",
            "x/.resources/definition.yml",
            ".resources/a.resources/scripts/x.js",
        ] {
            assert!(belongs_to_collection(path), "{path}");
        }
        for path in [
            "a.yaml",
            "README.md",
            ".resources/a.js",
            "resources/definition.yaml",
        ] {
            assert!(!belongs_to_collection(path), "{path}");
        }
        let found = collection_folders(
            [
                "postman/collections/Shop/Admin/a.request.yaml",
                "postman/collections/Shop/.resources/definition.yaml",
                "postman/collections/loose.request.yaml",
                "else/b.request.yaml",
                "top.request.yaml",
            ]
            .into_iter(),
        );
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            ["else", "postman/collections/Shop"]
        );
    }
}
