//! Small links and elements for the tests of this layer.

use std::collections::BTreeMap;

use crate::mirror::element::{
    Element, ElementContent, ElementKey, ElementKind, RemoteElement, RemoteId,
};
use crate::mirror::state::{Blobs, LinkTarget, Owner, Record, Version};
use crate::model::digest::Digest;
use crate::model::path::RepoPath;

/// A path.
pub(crate) fn path(text: &str) -> RepoPath {
    RepoPath::parse(text).unwrap()
}

/// An id in Postman.
pub(crate) fn id(text: &str) -> RemoteId {
    RemoteId::parse(text).unwrap()
}

/// A link.
pub(crate) fn owner() -> Owner {
    Owner {
        repository: "git.example.com/team/orders".to_owned(),
        roots: vec![crate::model::id::CommitId::parse(&"a".repeat(40)).unwrap()],
        hosted: None,
        name: "Orders".to_owned(),
        active_branch: Some("main".to_owned()),
        folder: RepoPath::root(),
        target: LinkTarget::SpecHub {
            specification: None,
            workspace: id("w1"),
        },
        host: "api.example.com".to_owned(),
    }
}

/// The key of a collection.
pub(crate) fn collection(name: &str) -> ElementKey {
    ElementKey {
        kind: ElementKind::Collection,
        path: path(&format!("postman/collections/{name}.json")),
    }
}

/// One file that says `text`.
pub(crate) fn content(text: &str) -> ElementContent {
    let bytes = text.as_bytes().to_vec();
    ElementContent::of_one(path("a.json"), bytes, Digest::of(text.as_bytes()))
}

/// A collection in Git.
pub(crate) fn element(name: &str, text: &str) -> Element {
    Element {
        name: name.to_owned(),
        directory: path("postman/collections"),
        root: None,
        content: content(text),
        remote_id: None,
    }
}

/// A collection in Postman.
pub(crate) fn remote(name: &str, text: &str) -> RemoteElement {
    RemoteElement {
        kind: ElementKind::Collection,
        name: name.to_owned(),
        content: Some(content(text)),
        place: None,
    }
}

/// A record of one that both sides have.
pub(crate) fn record(name: &str, remote_id: &str, git: &str, postman: &str) -> (Record, Blobs) {
    let mut blobs = Blobs::new();
    let record = Record {
        name: name.to_owned(),
        remote_id: Some(id(remote_id)),
        git: Version::of(&content(git), &mut blobs),
        postman: Version::of(&content(postman), &mut blobs),
        ids: BTreeMap::new(),
    };
    (record, blobs)
}

/// Where new files go.
pub(crate) fn places() -> crate::mirror::pairing::Places {
    crate::mirror::pairing::Places {
        definitions: path("postman/schemas"),
        collections: path("postman/collections"),
        environments: path("postman/environments"),
    }
}

/// Options of a link to a workspace.
pub(crate) fn options() -> crate::mirror::plan::Options {
    crate::mirror::plan::Options {
        target: crate::mirror::cost::TargetKind::SpecHub,
        places: places(),
        allow_delete: false,
        max_change: crate::mirror::plan::MaxChange::default(),
        only: Vec::new(),
        skip: Vec::new(),
        equal: std::collections::BTreeSet::new(),
        pace: crate::mirror::cost::Pace::default(),
        quota_left: None,
    }
}

/// Many at once, each adding to the state as often, each through its own store. Afterwards everybody's additions are there,
/// and the chain is as long as there were additions.
pub(crate) fn counted_up(stores: &[&dyn crate::mirror::store::StateStore], times: usize) {
    use crate::mirror::state::MirrorState;
    use crate::mirror::store::{Draft, Swap};
    let add = |thread: usize, store: &dyn crate::mirror::store::StateStore| {
        for time in 0..times {
            let name = format!("c{thread}-{time}");
            loop {
                let stored = store.load().unwrap();
                let (commit, mut state) = match stored {
                    Some(stored) => (Some(stored.commit), stored.state),
                    None => (None, MirrorState::new(owner())),
                };
                let (kept, blobs) = record(&name, &name, &name, "p");
                assert!(state.records.insert(collection(&name), kept).is_none());
                let draft = Draft {
                    state: &state,
                    blobs: &blobs,
                    message: &name,
                    now: 1,
                };
                match store.swap(commit.as_ref(), &draft).unwrap() {
                    Swap::Done(_) => break,
                    Swap::Lost(head) => assert!(head.is_some() && head != commit),
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for (thread, store) in stores.iter().enumerate() {
            scope.spawn(move || add(thread, *store));
        }
    });
    let (store, threads) = (stores[0], stores.len());
    let last = store.load().unwrap().unwrap();
    assert_eq!(last.state.records.len(), threads * times);
    let history = store.history(&last.commit, usize::MAX).unwrap();
    assert_eq!(history.len(), threads * times);
    for digest in last.state.named_blobs() {
        store.blob(&last.commit, &digest).unwrap();
    }
}
