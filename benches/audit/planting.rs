//! A synthetic organisation: real documents in trees that git names, well linked to an account of Postman, and so many
//! violations of each rule sown into it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::corpus::files_below;
use crate::support::organisation::Planted;

/// The workspace of all APIs.
pub(crate) const WORKSPACE: &str = "00000009-1111-4222-8333-000000000000";
/// Every fourth repository has something to do with Postman.
const LINKED: usize = 4;
/// Of these, every tenth is of several folders.
const FOLDERS: usize = 40;

/// What stands at GitHub and in Postman, and what is to be found.
pub(crate) struct Field {
    pub(crate) repositories: Vec<Planted>,
    pub(crate) apis: Vec<Value>,
    /// Rule, and the path below the owner, or as it is in Postman.
    pub(crate) sown: Vec<(&'static str, String)>,
}

/// Real documents.
pub(crate) struct Documents {
    collections: Vec<Arc<Vec<u8>>>,
    definitions: Vec<(String, Arc<Vec<u8>>)>,
}

struct Draft {
    files: BTreeMap<String, Arc<Vec<u8>>>,
    branches: Vec<(String, bool)>,
    is_fork: bool,
    is_archived: bool,
}

struct Sowing {
    drafts: BTreeMap<String, Draft>,
    /// By id: the name of the repository and its two directories.
    apis: BTreeMap<String, Option<[String; 3]>>,
    sown: Vec<(&'static str, String)>,
}

impl Documents {
    /// Reads the corpus.
    pub(crate) fn read(corpus: &Path) -> Self {
        let below = |folder: &str| files_below(&corpus.join(folder)).into_iter();
        let read = |path: &Path| Arc::new(fs::read(path).unwrap());
        let collections = below("collections").map(|path| read(&path)).collect();
        let definitions = ["openapi", "asyncapi", "graphql", "proto", "raml", "wsdl"]
            .iter()
            .flat_map(|folder| below(folder));
        let definitions = definitions.map(|path| {
            let end = path
                .extension()
                .map_or("txt", |end| end.to_str().unwrap())
                .to_owned();
            (end, read(&path))
        });
        Self {
            collections,
            definitions: definitions.collect(),
        }
    }

    fn collection(&self, number: usize) -> Arc<Vec<u8>> {
        Arc::clone(&self.collections[number % self.collections.len()])
    }

    fn definition(&self, number: usize) -> (&str, Arc<Vec<u8>>) {
        let (end, bytes) = &self.definitions[number % self.definitions.len()];
        (end, Arc::clone(bytes))
    }
}

/// So many repositories, and so many violations of each rule among them.
pub(crate) fn field(documents: &Documents, size: usize, seeds: usize) -> Field {
    let mut sowing = Sowing {
        drafts: BTreeMap::new(),
        apis: BTreeMap::new(),
        sown: Vec::new(),
    };
    for number in 0..size {
        sowing.add(documents, number);
    }
    let mut linked = (0..size).filter(|number| number % LINKED == 0 && number % FOLDERS != 0);
    let mut folders = (0..size).filter(|number| number % FOLDERS == 0);
    let mut plain = (0..size).filter(|number| number % LINKED == 1);
    for seed in 0..seeds {
        sowing.sow(documents, seed, &mut linked, &mut folders, &mut plain);
    }
    let apis = sowing.apis.iter().map(|(id, told)| {
        let mut api = json!({ "id": id, "name": format!("API {id}") });
        if let Some([repository, schemas, collections]) = told {
            api["git"] = json!({ "organization": "acme", "repository": repository, "schemaFolder": schemas, "collectionFolder": collections });
        }
        api
    });
    Field {
        apis: apis.collect(),
        sown: sowing.sown,
        repositories: sowing
            .drafts
            .into_iter()
            .map(|(name, draft)| Planted {
                name,
                files: draft.files.into_iter().collect(),
                branches: draft.branches,
                is_fork: draft.is_fork,
                is_archived: draft.is_archived,
            })
            .collect(),
    }
}

impl Sowing {
    /// A repository with nothing wrong in it.
    fn add(&mut self, documents: &Documents, number: usize) {
        let name = name(number);
        let mut draft = Draft {
            files: BTreeMap::new(),
            branches: vec![("release".to_owned(), false)],
            is_fork: number % 19 == 7,
            is_archived: number % 23 == 9 && number % LINKED != 0,
        };
        draft.put("README.md", format!("# {name}\n"));
        for place in 0..12 {
            let (end, bytes) = documents.definition(number * 12 + place);
            draft
                .files
                .insert(format!("docs/part{}/file{place}.{end}", place % 3), bytes);
        }
        if number % LINKED == 0 {
            draft.is_fork = false;
            let folders: &[&str] = if number % FOLDERS == 0 {
                &["orders/", "payments/"]
            } else {
                &[""]
            };
            for (at, folder) in folders.iter().enumerate() {
                let id = id(1 + at, number);
                draft.link(
                    documents,
                    folder,
                    &[(&id, "postman/schemas", "postman/collections")],
                    number,
                );
                let told = [
                    name.clone(),
                    format!("{folder}postman/schemas"),
                    format!("{folder}postman/collections"),
                ];
                self.apis.insert(id, Some(told));
            }
            draft.guard();
            let policy = if folders.len() > 1 {
                "folders"
            } else {
                "strict"
            };
            draft.put(
                "git-postman.toml",
                format!("[mapping]\npolicy = \"{policy}\"\nactive-branch = \"release\"\n"),
            );
            draft
                .branches
                .push(("git-postman/pull-000000000000".to_owned(), true));
        }
        self.drafts.insert(name, draft);
    }

    /// One violation of each rule, each in a repository of its own.
    fn sow(
        &mut self,
        documents: &Documents,
        seed: usize,
        linked: &mut dyn Iterator<Item = usize>,
        folders: &mut dyn Iterator<Item = usize>,
        plain: &mut dyn Iterator<Item = usize>,
    ) {
        let mut next = || {
            let number = linked.next().unwrap();
            (number, name(number), id(1, number))
        };
        let (_, at, _) = next();
        // Only the list of APIs was copied: with the API's own file the directories would not fit either.
        let index = self.draft(&at).files[".postman/api"].clone();
        self.draft(&at)
            .files
            .insert("copy/.postman/api".to_owned(), index);
        self.found("api-in-several-folders", format!("{at}/copy/.postman/api"));

        for (rule, is_fork) in [
            ("api-in-several-repositories", false),
            ("inherited-link", true),
        ] {
            let (_, at, _) = next();
            let original = self.draft(&at);
            let copy = Draft {
                files: original.files.clone(),
                branches: vec![("release".to_owned(), false)],
                is_fork,
                is_archived: false,
            };
            let copied = format!("{at}-{}", if is_fork { "fork" } else { "copy" });
            self.found(rule, format!("{copied}/.postman/api"));
            self.drafts.insert(copied, copy);
        }

        let (_, at, _) = next();
        self.draft(&at).is_archived = true;
        self.found("archived-repository", format!("{at}/.postman/api"));

        let (_, at, own) = next();
        self.told(&own)[2] = "tests/postman".to_owned();
        self.found("directory-mismatch", format!("{at}/.postman/api_{own}"));

        let (_, at, own) = next();
        self.told(&own)[0] = name(plain.next().unwrap());
        self.found("link-mismatch", format!("{at}/.postman/api"));

        let (_, at, own) = next();
        self.apis.remove(&own);
        self.found("missing-api", format!("{at}/.postman/api"));

        let gone = id(4, seed);
        let told = [
            format!("gone-{seed}"),
            "postman/schemas".to_owned(),
            "postman/collections".to_owned(),
        ];
        self.apis.insert(gone.clone(), Some(told));
        self.found("missing-repository", format!("postman/{WORKSPACE}/{gone}"));

        let (number, at, own) = next();
        let nested = "postman/schemas/collections";
        let draft = self.draft(&at);
        draft
            .files
            .retain(|path, _| !path.starts_with("postman/collections"));
        draft.link(documents, "", &[(&own, "postman/schemas", nested)], number);
        self.told(&own)[2] = nested.to_owned();
        self.found("nested-directories", format!("{at}/.postman/api_{own}"));

        let orphan = id(5, seed);
        self.apis.insert(orphan.clone(), None);
        self.found("orphan-api", format!("postman/{WORKSPACE}/{orphan}"));

        let (_, at, own) = next();
        self.told(&own)[0] = format!("earlier-{seed}");
        self.found("outdated-repository-name", format!("{at}/.postman/api"));

        let in_folders = folders.next().unwrap();
        let (number, at, own) = next();
        for (rule, number, at, own, folder) in [
            (
                "several-apis-in-folder",
                in_folders,
                name(in_folders),
                id(1, in_folders),
                "orders/",
            ),
            ("several-apis-in-repository", number, at, own, ""),
        ] {
            let second = id(6, number);
            let both = [
                (own.as_str(), "postman/schemas", "postman/collections"),
                (second.as_str(), "second/schemas", "second/collections"),
            ];
            self.draft(&at).link(documents, folder, &both, number);
            let told = [
                at.clone(),
                format!("{folder}second/schemas"),
                format!("{folder}second/collections"),
            ];
            self.apis.insert(second, Some(told));
            self.found(rule, format!("{at}/{folder}.postman/api"));
        }

        let (_, at, _) = next();
        let left = format!("git-postman/pull-{seed:012x}f");
        self.draft(&at).branches.push((left, false));
        self.found("stale-branch", at);

        let at = name(plain.next().unwrap());
        let told = [
            at.clone(),
            "postman/schemas".to_owned(),
            "postman/collections".to_owned(),
        ];
        self.apis.insert(id(7, seed), Some(told));
        self.found("unclaimed-connection", at);

        let number = plain.next().unwrap();
        let at = name(number);
        self.draft(&at).files.insert(
            "postman/collections/Left.json".to_owned(),
            documents.collection(number),
        );
        self.found(
            "unconnected-repository",
            format!("{at}/postman/collections"),
        );

        let (_, at, _) = next();
        let guards = [".github/workflows/postman.yml", ".husky/pre-push"];
        self.draft(&at)
            .files
            .retain(|path, _| !guards.contains(&path.as_str()));
        self.found("unguarded-repository", at);

        let (_, at, _) = next();
        self.draft(&at).put(
            "git-postman.toml",
            "[mapping]\nactive-branch = \"mian\"\n".to_owned(),
        );
        self.found("unknown-active-branch", format!("{at}/git-postman.toml"));
    }

    fn draft(&mut self, name: &str) -> &mut Draft {
        self.drafts.get_mut(name).unwrap()
    }

    fn told(&mut self, id: &str) -> &mut [String; 3] {
        self.apis.get_mut(id).unwrap().as_mut().unwrap()
    }

    fn found(&mut self, rule: &'static str, path: String) {
        self.sown.push((rule, path));
    }
}

impl Draft {
    fn put(&mut self, path: &str, text: String) {
        self.files
            .insert(path.to_owned(), Arc::new(text.into_bytes()));
    }

    /// Postman's files for these APIs in a folder, and documents in their directories.
    fn link(
        &mut self,
        documents: &Documents,
        folder: &str,
        apis: &[(&str, &str, &str)],
        number: usize,
    ) {
        let mut index = "configVersion = 1.0.0\ntype = apiEntityData\n".to_owned();
        for (id, schemas, collections) in apis {
            index.push_str(&format!("apis[] = {{\"apiId\":\"{id}\"}}\n"));
            self.put(
                &format!("{folder}.postman/api_{id}"),
                format!(
                    "configVersion = 1.0.0\ntype = apiEntityData\n\n[config]\nid = {id}\n\n[config.relations]\n\n\
                     [config.relations.collections]\nrootDirectory = {collections}\n\n[config.relations.collections.metaData]\n\n\
                     [config.relations.apiDefinition]\nrootDirectory = {schemas}\n\n[config.relations.apiDefinition.metaData]\n"
                ),
            );
            let (end, bytes) = documents.definition(number);
            self.files
                .insert(format!("{folder}{schemas}/index.{end}"), bytes);
            self.files.insert(
                format!("{folder}{collections}/One.json"),
                documents.collection(number),
            );
        }
        self.put(&format!("{folder}.postman/api"), index);
    }

    fn guard(&mut self) {
        let steps = "on: push\njobs:\n  check:\n    runs-on: ubuntu-latest\n    steps:\n      - run: git-postman check\n";
        self.put(".github/workflows/postman.yml", steps.to_owned());
        self.put(
            ".husky/pre-push",
            "git postman hook run pre-push \"$@\"\n".to_owned(),
        );
    }
}

fn name(number: usize) -> String {
    format!("service-{number:05}")
}

fn id(kind: usize, number: usize) -> String {
    format!("{kind:08x}-1111-4222-8333-{number:012x}")
}
