//! What one repository says: its `.postman/` files and who runs the check, out of as few of its files as tell that.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::facts::{
    Claim, ClaimKind, DirectoryFacts, Guard, GuardKind, Reach, ServiceFacts, SettingsFacts, Spot,
};
use crate::config::file::{self, Config, FILE_NAME};
use crate::model::finding::Place;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, Entry, FileKind, Listing, Origin, Snapshot, SnapshotError};
use crate::model::text::{counted, shortened, visible};
use crate::project::Project;
use crate::project::connected::{Connection, connections};
use crate::project::service::Service;

/// More metadata files, or more guards, are not looked at: no repository has them, and each may be a call.
const MOST_METADATA: usize = 500;
const MOST_GUARDS: usize = 40;
/// Where Postman puts documents, and its words for that.
const OWN_DIRECTORIES: [(&str, &str); 2] = [
    ("postman/collections/", "collection directory"),
    ("postman/schemas/", "schema directory"),
];
/// How the names of documents end there.
const DOCUMENTS: [&str; 9] = [
    "json", "yaml", "yml", "graphql", "gql", "proto", "wsdl", "raml", "xsd",
];
/// Larger files guard nothing.
const LARGEST_GUARD: u64 = 256 * 1024;
const LARGEST_CONFIG: u64 = 256 * 1024;
/// More of a kind are no facts of one service.
const MOST_CLAIMS: usize = 200;
/// Names, ids and paths that are longer were not made by people.
const LONGEST: usize = 1000;

/// What a repository says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What it has decided for itself; only read where there is a `.postman/`.
    pub settings: SettingsFacts,
    /// Every folder that holds a `.postman/`, and every one with documents where Postman would put them.
    pub services: Vec<ServiceFacts>,
    /// Who runs the check; only looked for where there is something to check.
    pub guards: Vec<Guard>,
    /// Whether all of that could be read.
    pub reach: Reach,
}

/// Reads what a repository says. Where it has no `.postman/`, its list of files is all that is asked for.
///
/// # Errors
/// Where not even that can be read.
pub fn read(snapshot: &dyn Snapshot) -> Result<Seen, SnapshotError> {
    let few = Few::of(snapshot)?;
    let mut seen = Seen::nothing();
    seen.services = few.unconnected.clone();
    if few.metadata.is_empty() {
        return Ok(seen);
    }
    // In one go: on most services that is one call.
    let wanted: Vec<RepoPath> = few
        .listing
        .entries()
        .iter()
        .map(|entry| entry.path.clone())
        .collect();
    few.snapshot.prefetch(&wanted)?;
    let mut missing = few.left_out.clone();
    let config = config_of(&few, &mut missing);
    seen.settings = SettingsFacts {
        policy: config.policy,
        active_branch: config.active_branch.as_deref().map(said),
    };
    let project = Project::load(&few, &config)?;
    let has_metadata =
        |service: &&Service| !few.listing.below(&service.metadata_directory()).is_empty();
    let connected = connections(&project);
    for service in project.services.iter().filter(has_metadata) {
        let own = connected
            .iter()
            .filter(|connection| connection.service.folder == service.folder);
        seen.services.push(service_facts(service, own));
        missing.extend(
            service
                .unread
                .iter()
                .map(|(path, reason)| format!("{path} {reason}")),
        );
    }
    seen.services
        .sort_by(|one, other| one.folder.cmp(&other.folder));
    for (path, kind) in &few.guards {
        let content = few.snapshot.read(path, LARGEST_GUARD);
        if let Ok(Content::Bytes(bytes)) = content
            && is_guarding(&String::from_utf8_lossy(&bytes))
        {
            seen.guards.push(Guard {
                kind: *kind,
                path: said(path.as_str()),
            });
        }
    }
    seen.guards.sort();
    if !missing.is_empty() {
        seen.reach = Reach::Part(shortened(&visible(&missing.join("; ")), LONGEST));
    }
    Ok(seen)
}

impl Seen {
    /// There is nothing of Postman.
    pub fn nothing() -> Self {
        Self {
            settings: SettingsFacts::default(),
            services: Vec::new(),
            guards: Vec::new(),
            reach: Reach::Whole,
        }
    }
}

/// The few files that tell all of it, out of perhaps a hundred thousand.
struct Few<'a> {
    snapshot: &'a dyn Snapshot,
    listing: Listing,
    metadata: Vec<RepoPath>,
    guards: Vec<(RepoPath, GuardKind)>,
    unconnected: Vec<ServiceFacts>,
    left_out: Vec<String>,
}

impl<'a> Few<'a> {
    fn of(snapshot: &'a dyn Snapshot) -> Result<Self, SnapshotError> {
        let all = snapshot.listing()?;
        let mut few = Self {
            snapshot,
            listing: Listing::default(),
            metadata: Vec::new(),
            guards: Vec::new(),
            unconnected: Vec::new(),
            left_out: Vec::new(),
        };
        let mut entries: Vec<Entry> = Vec::new();
        let mut left_out = 0;
        for entry in all
            .entries()
            .iter()
            .filter(|entry| is_metadata(entry.path.as_str()))
        {
            match few.metadata.len() < MOST_METADATA {
                true => {
                    few.metadata.push(entry.path.clone());
                    entries.push(entry.clone());
                }
                false => left_out += 1,
            }
        }
        if left_out > 0 {
            few.left_out.push(format!(
                "{} of `.postman/` were left out",
                counted(left_out, "file")
            ));
        }
        if !few.metadata.is_empty() {
            let files = all
                .entries()
                .iter()
                .filter(|entry| entry.kind == FileKind::File);
            for entry in files {
                let path = entry.path.as_str();
                if path == FILE_NAME {
                    entries.push(entry.clone());
                } else if let Some(kind) = guard_kind(path)
                    && few.guards.len() < MOST_GUARDS
                {
                    few.guards.push((entry.path.clone(), kind));
                    entries.push(entry.clone());
                }
            }
        }
        few.unconnected = unconnected(all, &few.metadata);
        few.listing = Listing::new(entries, Vec::new());
        Ok(few)
    }
}

impl Snapshot for Few<'_> {
    fn origin(&self) -> &Origin {
        self.snapshot.origin()
    }

    fn listing(&self) -> Result<&Listing, SnapshotError> {
        Ok(&self.listing)
    }

    fn read(&self, path: &RepoPath, limit: u64) -> Result<Content, SnapshotError> {
        match self.listing.get(path) {
            Some(_) => self.snapshot.read(path, limit),
            None => Ok(Content::Missing),
        }
    }
}

/// The files in `.postman/` that say what a folder belongs to.
fn is_metadata(path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else {
        return false;
    };
    let is_own = folder == ".postman" || folder.ends_with("/.postman");
    is_own
        && (name == "api"
            || name.starts_with("api_")
            || matches!(name, "resources.yaml" | "resources.yml"))
}

/// Folders without a `.postman/` that have documents where Postman would put them.
fn unconnected(all: &Listing, metadata: &[RepoPath]) -> Vec<ServiceFacts> {
    let connected: BTreeSet<&str> = metadata
        .iter()
        .filter_map(|path| Some(path.as_str().rsplit_once(".postman/")?.0))
        .collect();
    let mut found: BTreeMap<String, BTreeSet<(&str, String)>> = BTreeMap::new();
    for entry in all
        .entries()
        .iter()
        .filter(|entry| entry.kind == FileKind::File)
    {
        let path = entry.path.as_str();
        for (directory, role) in OWN_DIRECTORIES {
            let Some(at) = path.find(directory) else {
                continue;
            };
            let (folder, below) = (&path[..at], &path[at + directory.len()..]);
            let is_folder = folder.is_empty() || folder.ends_with('/');
            let is_document = below.contains('/')
                || below
                    .rsplit_once('.')
                    .is_some_and(|(_, end)| DOCUMENTS.contains(&end));
            let is_new = is_folder && is_document && !connected.contains(folder);
            if is_new && (found.len() < MOST_METADATA || found.contains_key(folder)) {
                let whole = path[..at + directory.len()]
                    .trim_end_matches('/')
                    .to_owned();
                found
                    .entry(folder.to_owned())
                    .or_default()
                    .insert((role, whole));
            }
        }
    }
    let facts = found.into_iter().map(|(folder, directories)| ServiceFacts {
        folder: said(folder.trim_end_matches('/')),
        claims: Vec::new(),
        directories: directories
            .into_iter()
            .map(|(role, path)| DirectoryFacts {
                role: role.to_owned(),
                at: Spot {
                    path: said(&path),
                    line: 0,
                    column: 0,
                },
                path: said(&path),
            })
            .collect(),
    });
    facts.collect()
}

/// Who reads a file, where that is somebody who may run the check.
fn guard_kind(path: &str) -> Option<GuardKind> {
    let is_yaml = path.ends_with(".yml") || path.ends_with(".yaml");
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_at_root = name == path;
    let below = |directory: &str| path.strip_prefix(directory);
    let is_ci = below(".github/workflows/").is_some_and(|rest| is_yaml && !rest.contains('/'))
        || below(".github/actions/").is_some_and(|_| is_yaml)
        || below(".gitlab/").is_some_and(|_| is_yaml)
        || below(".azure-pipelines/").is_some_and(|_| is_yaml)
        || below(".azuredevops/").is_some_and(|_| is_yaml)
        || matches!(
            path,
            ".circleci/config.yml"
                | ".buildkite/pipeline.yml"
                | "Jenkinsfile"
                | ".drone.yml"
                | ".woodpecker.yml"
        )
        || is_at_root
            && is_yaml
            && (name.ends_with(".gitlab-ci.yml")
                || name.starts_with("azure-pipelines")
                || name.starts_with("bitbucket-pipelines"));
    if is_ci {
        return Some(GuardKind::Ci);
    }
    let is_hook = matches!(
        path,
        ".pre-commit-config.yaml"
            | "lefthook.yml"
            | "lefthook.yaml"
            | ".lefthook.yml"
            | ".lefthook.yaml"
            | "lefthook.toml"
            | "lefthook.json"
            | ".overcommit.yml"
            | "package.json"
            | "captainhook.json"
    ) || [".husky/", ".githooks/", ".git-hooks/", "hooks/"]
        .iter()
        .any(|directory| {
            below(directory).is_some_and(|rest| matches!(rest, "pre-push" | "pre-commit"))
        });
    is_hook.then_some(GuardKind::Hook)
}

/// Whether a file names our check outside of its comments.
fn is_guarding(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start();
        let is_comment = line.starts_with('#') || line.starts_with("//");
        !is_comment && (line.contains("git-postman") || line.contains("git postman"))
    })
}

fn config_of(few: &Few<'_>, missing: &mut Vec<String>) -> Config {
    let path = RepoPath::outside(FILE_NAME);
    let Ok(Content::Bytes(bytes)) = few.read(&path, LARGEST_CONFIG) else {
        return Config::default();
    };
    let parsed = String::from_utf8(bytes)
        .ok()
        .and_then(|text| file::parse(&path, &text).ok());
    parsed.unwrap_or_else(|| {
        missing.push(format!("{FILE_NAME} cannot be used"));
        Config::default()
    })
}

fn service_facts<'a>(
    service: &Service,
    connected: impl Iterator<Item = &'a Connection<'a>>,
) -> ServiceFacts {
    let mut claims = Vec::new();
    for connection in connected {
        let kind = match connection.api {
            Some(_) => ClaimKind::Api,
            None => ClaimKind::Workspace,
        };
        claims.push(Claim {
            kind,
            id: said(&connection.id),
            at: spot(&connection.place),
        });
    }
    // An index that names APIs without their files still says whose the folder is.
    if claims.is_empty() {
        let listed = service.index.iter().flat_map(|index| &index.apis);
        claims.extend(listed.filter_map(|api| {
            Some(Claim {
                kind: ClaimKind::Api,
                id: said(api.id.as_ref()?.as_str()),
                at: spot(&api.written.place),
            })
        }));
    }
    let mapped = service
        .resources
        .iter()
        .flat_map(|resources| &resources.mapped);
    claims.extend(
        mapped
            .filter(|mapped| mapped.kind == "specs")
            .filter_map(|mapped| {
                let id = mapped.id.as_ref().filter(|id| !id.text.is_empty())?;
                Some(Claim {
                    kind: ClaimKind::Specification,
                    id: said(&id.text),
                    at: spot(&id.place),
                })
            }),
    );
    claims.retain(|claim| !claim.id.is_empty());
    claims.sort();
    claims.dedup();
    claims.truncate(MOST_CLAIMS);
    let mut directories: Vec<DirectoryFacts> = service
        .directories
        .iter()
        // A default that nobody declared is a fact only where the layout leaves no choice.
        .filter(|directory| directory.declared || service.is_native())
        .map(|directory| DirectoryFacts {
            role: directory.role.phrase().to_owned(),
            path: said(directory.path.as_str()),
            at: spot(&directory.place),
        })
        .collect();
    directories.sort();
    directories.truncate(MOST_CLAIMS);
    ServiceFacts {
        folder: said(service.folder.as_str()),
        claims,
        directories,
    }
}

/// Somebody's text, as it may stand in a file that is handed on.
fn said(text: &str) -> String {
    shortened(&visible(text), LONGEST)
}

fn spot(place: &Place) -> Spot {
    let has_line = place.excerpt.is_some();
    let start = place.location.start;
    Spot {
        path: said(place.location.path.as_str()),
        line: if has_line { start.line } else { 0 },
        column: if has_line { start.column } else { 0 },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use super::{guard_kind, read};
    use crate::audit::facts::{Claim, ClaimKind, GuardKind, Reach, Spot};
    use crate::model::path::RepoPath;
    use crate::model::snapshot::{
        Content, Listing, MemorySnapshot, Origin, Snapshot, SnapshotError,
    };

    const API: &str = "2f5c1c1e-8a34-4d0e-9d0b-5a1f0c7f6e21";

    /// Files that tell which of them were read.
    struct Watched(MemorySnapshot, Mutex<Vec<String>>);

    impl Snapshot for Watched {
        fn origin(&self) -> &Origin {
            self.0.origin()
        }

        fn listing(&self) -> Result<&Listing, SnapshotError> {
            self.0.listing()
        }

        fn read(&self, path: &RepoPath, limit: u64) -> Result<Content, SnapshotError> {
            self.1.lock().unwrap().push(path.to_string());
            self.0.read(path, limit)
        }

        fn prefetch(&self, paths: &[RepoPath]) -> Result<(), SnapshotError> {
            let names = paths.iter().map(ToString::to_string);
            self.1.lock().unwrap().extend(names);
            Ok(())
        }
    }

    fn files(files: &[(&str, &str)]) -> Watched {
        let files: BTreeMap<RepoPath, Vec<u8>> = files
            .iter()
            .map(|(path, text)| (RepoPath::parse(path).unwrap(), text.as_bytes().to_vec()))
            .collect();
        Watched(MemorySnapshot::new(files), Mutex::default())
    }

    #[test]
    fn a_repository_without_postman_costs_its_list_only() {
        let snapshot = files(&[
            ("README.md", "x"),
            (".github/workflows/ci.yml", "run: git-postman check"),
        ]);
        let seen = read(&snapshot).unwrap();
        assert!(seen.services.is_empty() && seen.guards.is_empty());
        assert_eq!(seen.reach, Reach::Whole);
        assert!(snapshot.1.lock().unwrap().is_empty());
    }

    #[test]
    fn claims_directories_and_guards_are_found_at_their_lines() {
        let index = format!("configVersion = 1.0.0\napis[] = {{\"apiId\":\"{API}\"}}\n");
        let api = format!(
            "configVersion = 1.0.0\ntype = apiEntityData\n\n[config]\nid = {API}\n\n[config.relations]\n\n[config.relations.collections]\nrootDirectory = postman/schemas/collections\n\n[config.relations.apiDefinition]\nrootDirectory = postman/schemas\n"
        );
        let own = format!(".postman/api_{API}");
        let snapshot = files(&[
            (".postman/api", &index),
            (&own, &api),
            (".postman/large", "never read"),
            ("postman/schemas/index.yaml", "never read"),
            (".github/workflows/ci.yml", "  # git-postman is off\n"),
            (".gitlab-ci.yml", "script: git-postman check"),
            (".husky/pre-push", "git postman check"),
            (
                "billing/.postman/resources.yaml",
                "workspace:\n  id: 11111111-2222-4333-8444-555555555555\ncloudResources:\n  specs:\n    ../openapi.yaml: 5a1f0c7f-0000-4000-8000-000000000007\n",
            ),
        ]);
        let seen = read(&snapshot).unwrap();
        let read: Vec<String> = snapshot.1.lock().unwrap().clone();
        assert!(
            !read
                .iter()
                .any(|path| path.contains("large") || path.contains("index.yaml")),
            "{read:?}"
        );
        let [root, billing] = seen.services.as_slice() else {
            panic!("{seen:?}")
        };
        let spot = |path: &str, line, column| Spot {
            path: path.to_owned(),
            line,
            column,
        };
        assert_eq!(
            root.claims,
            [Claim {
                kind: ClaimKind::Api,
                id: API.to_owned(),
                at: spot(".postman/api", 2, 20)
            }]
        );
        let directories: Vec<(&str, &str, u32)> = root
            .directories
            .iter()
            .map(|one| (one.role.as_str(), one.path.as_str(), one.at.line))
            .collect();
        assert_eq!(
            directories,
            [
                ("collection directory", "postman/schemas/collections", 10),
                ("schema directory", "postman/schemas", 13)
            ]
        );
        let kinds: Vec<(ClaimKind, &str)> = billing
            .claims
            .iter()
            .map(|one| (one.kind, one.id.as_str()))
            .collect();
        let own = [
            (ClaimKind::Workspace, "11111111-2222-4333-8444-555555555555"),
            (
                ClaimKind::Specification,
                "5a1f0c7f-0000-4000-8000-000000000007",
            ),
        ];
        assert_eq!(kinds, own);
        let guards: Vec<(GuardKind, &str)> = seen
            .guards
            .iter()
            .map(|guard| (guard.kind, guard.path.as_str()))
            .collect();
        assert_eq!(
            guards,
            [
                (GuardKind::Hook, ".husky/pre-push"),
                (GuardKind::Ci, ".gitlab-ci.yml")
            ]
        );
        assert_eq!(seen.reach, Reach::Whole);
    }

    #[test]
    fn documents_that_belong_to_nothing_are_known_by_their_places() {
        let snapshot = files(&[
            ("postman/collections/Orders.json", "{}"),
            ("postman/collections/.gitkeep", ""),
            ("billing/postman/schemas/openapi.yaml", "{}"),
            ("notpostman/schemas/x.json", "{}"),
            ("empty/postman/schemas/.gitkeep", ""),
        ]);
        let seen = read(&snapshot).unwrap();
        let found: Vec<(&str, &str)> = seen
            .services
            .iter()
            .map(|service| {
                (
                    service.folder.as_str(),
                    service.directories[0].path.as_str(),
                )
            })
            .collect();
        let expected = [
            ("", "postman/collections"),
            ("billing", "billing/postman/schemas"),
        ];
        assert_eq!(found, expected);
        assert!(snapshot.1.lock().unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let many: Vec<(String, &str)> = (0..600)
            .map(|number| (format!("s{number}/.postman/api"), "configVersion = 1.0.0\n"))
            .collect();
        let many: Vec<(&str, &str)> = many
            .iter()
            .map(|(path, text)| (path.as_str(), *text))
            .collect();
        let seen = read(&files(&many)).unwrap();
        assert_eq!(seen.services.len(), 500);
        assert!(
            matches!(&seen.reach, Reach::Part(why) if why.contains("100 files")),
            "{:?}",
            seen.reach
        );
        let seen = read(&files(&[
            (".postman/api", "configVersion = 1.0.0\n"),
            ("git-postman.toml", "nonsense"),
        ]))
        .unwrap();
        assert!(matches!(&seen.reach, Reach::Part(why) if why.contains("git-postman.toml")));
    }

    #[test]
    fn files_that_may_guard_are_known_by_their_places() {
        for (path, kind) in [
            (".github/workflows/x.yaml", Some(GuardKind::Ci)),
            (".github/workflows/deep/x.yaml", None),
            ("azure-pipelines-nightly.yml", Some(GuardKind::Ci)),
            ("deep/azure-pipelines.yml", None),
            ("bitbucket-pipelines.yml", Some(GuardKind::Ci)),
            ("Jenkinsfile", Some(GuardKind::Ci)),
            ("lefthook.yml", Some(GuardKind::Hook)),
            (".githooks/pre-push", Some(GuardKind::Hook)),
            (".githooks/post-merge", None),
            ("src/main.rs", None),
        ] {
            assert_eq!(guard_kind(path), kind, "{path}");
        }
    }
}
