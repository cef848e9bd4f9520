//! The state as it is stored: one JSON text with lists in a fixed order, so that the same state gives the same bytes.
//!
//! Reading is strict. The text comes from a repository that others can write to: a version that nobody knows, a member too
//! many, a path that climbs out or a digest that does not fit is an error, and nothing is done.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::mirror::element::{ElementKey, ElementKind, RemoteId};
use crate::mirror::hosted::Hosted;
use crate::mirror::state::{
    Claim, Elsewhere, FileVersion, Intent, LastSync, LinkTarget, MirrorState, Owner, Pulled,
    Record, Replaced, Version,
};
use crate::model::digest::Digest;
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::text::{shortened, visible};

/// The only form there has been so far.
pub const FORMAT_VERSION: u64 = 1;

/// Why a stored state cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Another version of the tool wrote it.
    #[error(
        "the mirror's state has format {found}, and this version of git-postman reads format {FORMAT_VERSION}"
    )]
    UnknownVersion {
        /// The version it states.
        found: String,
    },
    /// It is no state.
    #[error("the mirror's state cannot be read: {cause}")]
    Malformed {
        /// What is wrong, and where.
        cause: String,
    },
}

impl StateError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::UnknownVersion { .. } => "install a newer git-postman".to_owned(),
            Self::Malformed { .. } => {
                "somebody else wrote to the mirror's ref: `git log` on it shows who; point it to the last commit of git-postman"
                    .to_owned()
            }
        }
    }
}

/// The text of a state.
///
/// # Errors
/// None today: every state can be written.
pub fn write(state: &MirrorState) -> Result<Vec<u8>, StateError> {
    let mut text = serde_json::to_vec_pretty(&stored(state)).map_err(|error| malformed(&error))?;
    text.push(b'\n');
    Ok(text)
}

/// Reads a state.
///
/// # Errors
/// A version that this tool does not know, and everything that this tool would not have written.
pub fn read(text: &[u8]) -> Result<MirrorState, StateError> {
    #[derive(Deserialize)]
    struct Version {
        format_version: serde_json::Value,
    }
    // The version first: a later form may have members that this one has not.
    let version: Version = serde_json::from_slice(text).map_err(|error| malformed(&error))?;
    if version.format_version.as_u64() != Some(FORMAT_VERSION) {
        return Err(StateError::UnknownVersion {
            found: shortened(&visible(&version.format_version.to_string()), 40),
        });
    }
    let stored: Stored = serde_json::from_slice(text).map_err(|error| malformed(&error))?;
    understood(stored)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format_version: u64,
    tool_version: String,
    owner: StoredOwner,
    elements: Vec<StoredRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pulled: Vec<StoredPulled>,
    last_sync: Option<StoredSync>,
    claim: Option<StoredClaim>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredOwner {
    repository: String,
    roots: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hosted: Option<StoredHosted>,
    name: String,
    active_branch: Option<String>,
    folder: String,
    host: String,
    target: StoredTarget,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredHosted {
    site: String,
    id: String,
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "kind")]
enum StoredTarget {
    GitLinked {
        api: String,
        workspace: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        elsewhere: Option<StoredElsewhere>,
    },
    ApiBuilder {
        api: String,
        workspace: String,
    },
    SpecHub {
        specification: Option<String>,
        workspace: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredElsewhere {
    repository: String,
    branch: String,
    schema_directory: Option<String>,
    collection_directory: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRecord {
    kind: String,
    path: String,
    name: String,
    remote_id: Option<String>,
    git: StoredVersion,
    postman: StoredVersion,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    ids: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPulled {
    kind: String,
    path: String,
    git: Option<String>,
    replaces: Option<[String; 2]>,
    moved_from: Option<String>,
    record: Option<StoredRecord>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredVersion {
    digest: String,
    files: Vec<StoredFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredFile {
    path: String,
    digest: String,
    blob: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredSync {
    run: String,
    towards: String,
    replaced: Vec<StoredReplaced>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredReplaced {
    kind: String,
    path: String,
    remote_id: Option<String>,
    before: Option<StoredVersion>,
    after: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredClaim {
    run: String,
    since: u64,
    until: u64,
    intents: Vec<StoredIntent>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredIntent {
    kind: String,
    path: String,
    git: Option<String>,
    postman: Option<String>,
}

fn stored(state: &MirrorState) -> Stored {
    let text = |id: &RemoteId| id.as_str().to_owned();
    let target = match &state.owner.target {
        LinkTarget::GitLinked {
            api,
            workspace,
            elsewhere,
        } => StoredTarget::GitLinked {
            api: text(api),
            workspace: text(workspace),
            elsewhere: elsewhere.as_ref().map(stored_elsewhere),
        },
        LinkTarget::ApiBuilder { api, workspace } => StoredTarget::ApiBuilder {
            api: text(api),
            workspace: text(workspace),
        },
        LinkTarget::SpecHub {
            specification,
            workspace,
        } => StoredTarget::SpecHub {
            specification: specification.as_ref().map(text),
            workspace: text(workspace),
        },
    };
    let elements = state
        .records
        .iter()
        .map(|(key, record)| stored_record(key, record));
    let pulled = state
        .pulled
        .iter()
        .flat_map(|(key, all)| all.iter().map(move |pulled| (key, pulled)));
    let pulled = pulled.map(|(key, pulled)| StoredPulled {
        kind: key.kind.word().to_owned(),
        path: key.path.as_str().to_owned(),
        git: pulled.git.map(|digest| digest.to_string()),
        replaces: pulled
            .replaces
            .map(|(git, postman)| [git.to_string(), postman.to_string()]),
        moved_from: pulled
            .moved_from
            .as_ref()
            .map(|from| from.path.as_str().to_owned()),
        record: pulled
            .record
            .as_ref()
            .map(|record| stored_record(key, record)),
    });
    let last_sync = state.last_sync.as_ref().map(|sync| StoredSync {
        run: sync.run.clone(),
        towards: if sync.towards_postman { POSTMAN } else { GIT }.to_owned(),
        replaced: sync
            .replaced
            .iter()
            .map(|(key, replaced)| StoredReplaced {
                kind: key.kind.word().to_owned(),
                path: key.path.as_str().to_owned(),
                remote_id: replaced.remote_id.as_ref().map(text),
                before: replaced.before.as_ref().map(stored_version),
                after: replaced.after.map(|digest| digest.to_string()),
            })
            .collect(),
    });
    let claim = state.claim.as_ref().map(|claim| StoredClaim {
        run: claim.run.clone(),
        since: claim.since,
        until: claim.until,
        intents: claim
            .intents
            .iter()
            .map(|(key, intent)| StoredIntent {
                kind: key.kind.word().to_owned(),
                path: key.path.as_str().to_owned(),
                git: intent.git.map(|digest| digest.to_string()),
                postman: intent.postman.map(|digest| digest.to_string()),
            })
            .collect(),
    });
    Stored {
        format_version: FORMAT_VERSION,
        tool_version: state.tool_version.clone(),
        owner: StoredOwner {
            repository: state.owner.repository.clone(),
            roots: state.owner.roots.iter().map(ToString::to_string).collect(),
            hosted: state.owner.hosted.as_ref().map(stored_hosted),
            name: state.owner.name.clone(),
            active_branch: state.owner.active_branch.clone(),
            folder: state.owner.folder.as_str().to_owned(),
            host: state.owner.host.clone(),
            target,
        },
        elements: elements.collect(),
        pulled: pulled.collect(),
        last_sync,
        claim,
        ended: state.ended,
    }
}

const POSTMAN: &str = "postman";
const GIT: &str = "git";

fn stored_record(key: &ElementKey, record: &Record) -> StoredRecord {
    StoredRecord {
        kind: key.kind.word().to_owned(),
        path: key.path.as_str().to_owned(),
        name: record.name.clone(),
        remote_id: record.remote_id.as_ref().map(|id| id.as_str().to_owned()),
        git: stored_version(&record.git),
        postman: stored_version(&record.postman),
        ids: record.ids.clone(),
    }
}

fn stored_version(version: &Version) -> StoredVersion {
    let files = version.files.iter().map(|(path, file)| StoredFile {
        path: path.as_str().to_owned(),
        digest: file.digest.to_string(),
        blob: file.blob.to_string(),
    });
    StoredVersion {
        digest: version.digest.to_string(),
        files: files.collect(),
    }
}

fn stored_hosted(hosted: &Hosted) -> StoredHosted {
    StoredHosted {
        site: hosted.site.clone(),
        id: hosted.id.clone(),
        name: hosted.name.clone(),
    }
}

fn understood_hosted(stored: &StoredHosted) -> Result<Hosted, StateError> {
    let StoredHosted { site, id, name } = stored;
    Hosted::new(site, id, name)
        .filter(|hosted| hosted.site == *site && hosted.id == *id)
        .ok_or_else(|| wrong(&format!("`{}` is no id of a repository", shortened(id, 80))))
}

fn stored_elsewhere(elsewhere: &Elsewhere) -> StoredElsewhere {
    let text = |path: &Option<RepoPath>| path.as_ref().map(|path| path.as_str().to_owned());
    StoredElsewhere {
        repository: elsewhere.repository.clone(),
        branch: elsewhere.branch.clone(),
        schema_directory: text(&elsewhere.schema_directory),
        collection_directory: text(&elsewhere.collection_directory),
    }
}

fn understood_elsewhere(stored: StoredElsewhere) -> Result<Elsewhere, StateError> {
    let directory = |text: Option<String>| text.as_deref().map(path).transpose();
    Ok(Elsewhere {
        schema_directory: directory(stored.schema_directory)?,
        collection_directory: directory(stored.collection_directory)?,
        repository: stored.repository,
        branch: stored.branch,
    })
}

fn understood(stored: Stored) -> Result<MirrorState, StateError> {
    let target = match stored.owner.target {
        StoredTarget::GitLinked {
            api,
            workspace,
            elsewhere,
        } => LinkTarget::GitLinked {
            api: remote_id(&api)?,
            workspace: remote_id(&workspace)?,
            elsewhere: elsewhere.map(understood_elsewhere).transpose()?,
        },
        StoredTarget::ApiBuilder { api, workspace } => LinkTarget::ApiBuilder {
            api: remote_id(&api)?,
            workspace: remote_id(&workspace)?,
        },
        StoredTarget::SpecHub {
            specification,
            workspace,
        } => LinkTarget::SpecHub {
            specification: specification.as_deref().map(remote_id).transpose()?,
            workspace: remote_id(&workspace)?,
        },
    };
    let mut records = BTreeMap::new();
    for element in stored.elements {
        let (key, record) = understood_record(element)?;
        insert_once(&mut records, key, record)?;
    }
    let mut pulled: BTreeMap<ElementKey, Vec<Pulled>> = BTreeMap::new();
    for entry in stored.pulled {
        let key = key(&entry.kind, &entry.path)?;
        let record = entry.record.map(understood_record).transpose()?;
        if record.as_ref().is_some_and(|(own, _)| *own != key) {
            return Err(wrong("what was pulled is recorded under another key"));
        }
        let moved_from = entry.moved_from.as_deref().map(path).transpose()?;
        let value = Pulled {
            git: entry.git.as_deref().map(digest).transpose()?,
            replaces: match &entry.replaces {
                None => None,
                Some([git, postman]) => Some((digest(git)?, digest(postman)?)),
            },
            moved_from: moved_from.map(|path| ElementKey {
                kind: key.kind,
                path,
            }),
            record: record.map(|(_, record)| record),
        };
        pulled.entry(key).or_default().push(value);
    }
    let mut ids: Vec<&RemoteId> = records
        .values()
        .filter_map(|record: &Record| record.remote_id.as_ref())
        .collect();
    ids.sort_unstable();
    if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(wrong(&format!("two elements have the id {}", twice[0])));
    }
    let last_sync = stored.last_sync.map(last_sync).transpose()?;
    let claim = stored.claim.map(claim).transpose()?;
    Ok(MirrorState {
        tool_version: stored.tool_version,
        owner: Owner {
            repository: stored.owner.repository,
            roots: roots(&stored.owner.roots)?,
            hosted: stored
                .owner
                .hosted
                .as_ref()
                .map(understood_hosted)
                .transpose()?,
            name: stored.owner.name,
            active_branch: stored.owner.active_branch,
            folder: path(&stored.owner.folder)?,
            target,
            host: stored.owner.host,
        },
        records,
        pulled,
        last_sync,
        claim,
        ended: stored.ended,
    })
}

fn roots(stored: &[String]) -> Result<Vec<CommitId>, StateError> {
    let parse = |text: &String| {
        CommitId::parse(text).ok_or_else(|| wrong(&format!("`{text}` is no id of a commit")))
    };
    stored.iter().map(parse).collect()
}

fn understood_record(element: StoredRecord) -> Result<(ElementKey, Record), StateError> {
    let key = key(&element.kind, &element.path)?;
    let record = Record {
        name: element.name,
        remote_id: element.remote_id.as_deref().map(remote_id).transpose()?,
        git: version(&element.git)?,
        postman: version(&element.postman)?,
        ids: element.ids,
    };
    Ok((key, record))
}

fn last_sync(sync: StoredSync) -> Result<LastSync, StateError> {
    let mut replaced = BTreeMap::new();
    for entry in sync.replaced {
        let value = Replaced {
            remote_id: entry.remote_id.as_deref().map(remote_id).transpose()?,
            before: entry.before.as_ref().map(version).transpose()?,
            after: entry.after.as_deref().map(digest).transpose()?,
        };
        insert_once(&mut replaced, key(&entry.kind, &entry.path)?, value)?;
    }
    let towards_postman = match sync.towards.as_str() {
        POSTMAN => true,
        GIT => false,
        other => return Err(wrong(&format!("nothing is moved towards `{other}`"))),
    };
    Ok(LastSync {
        run: sync.run,
        towards_postman,
        replaced,
    })
}

fn claim(claim: StoredClaim) -> Result<Claim, StateError> {
    let mut intents = BTreeMap::new();
    for entry in claim.intents {
        let value = Intent {
            git: entry.git.as_deref().map(digest).transpose()?,
            postman: entry.postman.as_deref().map(digest).transpose()?,
        };
        insert_once(&mut intents, key(&entry.kind, &entry.path)?, value)?;
    }
    Ok(Claim {
        run: claim.run,
        since: claim.since,
        until: claim.until,
        intents,
    })
}

fn version(stored: &StoredVersion) -> Result<Version, StateError> {
    let mut files = BTreeMap::new();
    for file in &stored.files {
        let name = path(&file.path)?;
        if name.is_root() {
            return Err(wrong("a file has no name"));
        }
        let version = FileVersion {
            digest: digest(&file.digest)?,
            blob: digest(&file.blob)?,
        };
        insert_once(&mut files, name, version)?;
    }
    let version = Version {
        digest: digest(&stored.digest)?,
        files,
    };
    if version.files.is_empty() || !version.is_coherent() {
        return Err(wrong(&format!(
            "the digest {} is not that of its files",
            stored.digest
        )));
    }
    Ok(version)
}

fn key(kind: &str, at: &str) -> Result<ElementKey, StateError> {
    let kind = ElementKind::from_word(kind)
        .ok_or_else(|| wrong(&format!("there is no kind of element `{kind}`")))?;
    let path = path(at)?;
    Ok(ElementKey { kind, path })
}

fn path(text: &str) -> Result<RepoPath, StateError> {
    RepoPath::parse(text).map_err(|error| wrong(&format!("the path `{text}` {error}")))
}

fn remote_id(text: &str) -> Result<RemoteId, StateError> {
    RemoteId::parse(text).ok_or_else(|| wrong(&format!("`{text}` is no id")))
}

fn digest(text: &str) -> Result<Digest, StateError> {
    Digest::parse(text).ok_or_else(|| wrong(&format!("`{text}` is no digest")))
}

fn insert_once<K: Ord + ToString, V>(
    map: &mut BTreeMap<K, V>,
    key: K,
    value: V,
) -> Result<(), StateError> {
    let name = key.to_string();
    match map.insert(key, value) {
        None => Ok(()),
        Some(_) => Err(wrong(&format!("{name} stands there twice"))),
    }
}

fn malformed(error: &serde_json::Error) -> StateError {
    wrong(&error.to_string())
}

fn wrong(cause: &str) -> StateError {
    StateError::Malformed {
        cause: shortened(&visible(cause), 300),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{StateError, read, write};
    use crate::mirror::element::{ElementKey, ElementKind};
    use crate::mirror::hosted::Hosted;
    use crate::mirror::state::{
        Elsewhere, Intent, LastSync, LinkTarget, MirrorState, Pulled, Replaced,
    };
    use crate::mirror::testing::{collection, id, owner, path, record};

    fn full() -> MirrorState {
        let mut state = MirrorState::new(owner());
        let (mut orders, _) = record("Orders \u{1b}", "1-a", "x", "y");
        orders.ids.insert("here".to_owned(), "there".to_owned());
        let before = orders.postman.clone();
        let after = Some(orders.git.digest);
        let orders_digest = orders.git.digest;
        state
            .records
            .insert(collection("b"), record("B", "1-b", "v", "v").0);
        state.records.insert(collection("a"), orders);
        let environment = ElementKey {
            kind: ElementKind::Environment,
            path: path("postman/environments/e.json"),
        };
        state.pulled.insert(
            collection("b"),
            vec![Pulled {
                git: after,
                replaces: Some((orders_digest, orders_digest)),
                moved_from: Some(collection("c")),
                record: Some(record("B", "1-b", "w", "w").0),
            }],
        );
        state.last_sync = Some(LastSync {
            run: "run 1".to_owned(),
            towards_postman: true,
            replaced: BTreeMap::from([(
                environment,
                Replaced {
                    remote_id: Some(id("e1")),
                    before: Some(before),
                    after,
                },
            )]),
        });
        let intent = Intent {
            git: after,
            postman: None,
        };
        let intents = BTreeMap::from([(collection("a"), intent)]);
        state.claimed("run 2", 5, 60, intents).unwrap()
    }

    #[test]
    fn a_state_is_read_as_it_was_written_and_always_the_same() {
        let mut states = vec![full(), MirrorState::new(owner())];
        for target in [
            LinkTarget::GitLinked {
                api: id("a"),
                workspace: id("w"),
                elsewhere: None,
            },
            LinkTarget::GitLinked {
                api: id("a"),
                workspace: id("w"),
                elsewhere: Some(Elsewhere {
                    repository: "git.acme.io/acme/orders".to_owned(),
                    branch: "main".to_owned(),
                    schema_directory: None,
                    collection_directory: Some(path("postman/collections")),
                }),
            },
            LinkTarget::ApiBuilder {
                api: id("a"),
                workspace: id("w"),
            },
            LinkTarget::SpecHub {
                specification: Some(id("s")),
                workspace: id("w"),
            },
        ] {
            let mut state = full();
            state.owner.target = target;
            state.owner.active_branch = None;
            state.owner.hosted = Hosted::new("https://github.com", "4711", "acme/orders");
            state.ended = Some(7);
            states.push(state);
        }
        for state in states {
            let text = write(&state).unwrap();
            assert_eq!(read(&text).unwrap(), state);
            assert_eq!(write(&read(&text).unwrap()).unwrap(), text);
        }
    }

    #[test]
    fn a_record_without_an_id_stays_readable_and_one_that_is_none_is_refused() {
        let mut state = MirrorState::new(owner());
        let older = String::from_utf8(write(&state).unwrap()).unwrap();
        assert!(
            !older.contains("hosted"),
            "it says nothing that is not known"
        );
        assert_eq!(read(older.as_bytes()).unwrap().owner.hosted, None);
        state.owner.hosted = Hosted::new("https://github.com/", "4711", "acme/orders");
        let text = String::from_utf8(write(&state).unwrap()).unwrap();
        assert_eq!(read(text.as_bytes()).unwrap(), state);
        for (from, to) in [
            ("\"4711\"", "\"\""),
            ("\"4711\"", "\"47\\u001b11\""),
            ("\"4711\"", "\"47 11\""),
            ("\"4711\"", "\"A\""),
            ("\"4711\"", "4711"),
            ("https://github.com", "https://GitHub.com"),
            ("acme/orders\"", "acme/orders\", \"more\": 1"),
            ("acme/orders\"", &format!("{}\"", "x".repeat(501))),
        ] {
            let hostile = text.replacen(from, to, 1);
            assert_ne!(hostile, text, "{from}");
            assert!(
                matches!(read(hostile.as_bytes()), Err(StateError::Malformed { .. })),
                "{from} {to}"
            );
        }
    }

    #[test]
    fn a_later_format_is_named_and_not_guessed_at() {
        let text = String::from_utf8(write(&full()).unwrap()).unwrap();
        for (version, found) in [("2", "2"), ("\"\\u001b\"", "\"\\u001b\""), ("null", "null")] {
            let other = text.replacen(
                "\"format_version\": 1",
                &format!("\"format_version\": {version}, \"new\": 1"),
                1,
            );
            assert_eq!(
                read(other.as_bytes()),
                Err(StateError::UnknownVersion {
                    found: found.to_owned()
                })
            );
        }
    }

    #[test]
    fn hostile_states_are_refused() {
        let text = String::from_utf8(write(&full()).unwrap()).unwrap();
        let digest = full().records[&collection("b")].git.digest.to_string();
        for (from, to, said) in [
            (
                "postman/collections/a.json",
                "../../etc/passwd",
                "leaves the repository",
            ),
            ("postman/collections/a.json", "/etc/passwd", "is absolute"),
            (
                "postman/collections/b.json",
                "postman/collections/a.json",
                "twice",
            ),
            ("\"1-b\"", "\"1-a\"", "two elements"),
            ("\"1-b\"", "\"../me?x=\"", "no id"),
            ("\"w1\"", "\"\"", "no id"),
            ("\"collection\"", "\"col\\u001b[2J\"", "col\\x1b[2J"),
            (digest.as_str(), "xyz", "no digest"),
            ("\"a.json\"", "\"\"", "no name"),
            ("\"owner\"", "\"owner2\"", "unknown field"),
            ("\"until\": 65", "\"until\": -1", "invalid value"),
            ("\"towards\": \"postman\"", "\"towards\": \"moon\"", "moon"),
        ] {
            let hostile = text.replacen(
                from,
                to,
                if from.contains('1') || from.contains('/') || from.len() == 64 {
                    9
                } else {
                    1
                },
            );
            assert_ne!(hostile, text, "{from}");
            let error = read(hostile.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(said), "{from} → {to}: {error}");
        }
        for rubbish in [
            &b""[..],
            b"{}",
            b"[]",
            b"\xff",
            b"null",
            "[".repeat(100_000).as_bytes(),
        ] {
            assert!(matches!(read(rubbish), Err(StateError::Malformed { .. })));
        }
        let nested = format!("{{\"format_version\": 1, \"x\": {}", "[".repeat(100_000));
        assert!(read(nested.as_bytes()).is_err());
    }

    #[test]
    fn a_digest_that_is_not_that_of_the_files_is_refused() {
        let mut state = full();
        let key = collection("b");
        let other = state.records[&collection("a")].git.digest;
        state.records.get_mut(&key).unwrap().git.digest = other;
        let error = read(&write(&state).unwrap()).unwrap_err();
        assert!(
            error.to_string().contains("not that of its files"),
            "{error}"
        );
    }
}
