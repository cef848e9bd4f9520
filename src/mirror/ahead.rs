//! How far a side is ahead of what both last agreed on.

use std::collections::{BTreeMap, BTreeSet};

use crate::mirror::element::{ElementKey, ElementKind, RemoteId, RemoteSet};
use crate::mirror::git_side::GitSide;
use crate::mirror::state::{MirrorState, Record};
use crate::model::path::RepoPath;

/// What became of an element on one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new there.
    New,
    /// It says something else.
    Changed,
    /// It is there no longer.
    Gone,
}

/// One element that a side has otherwise than the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// What became of it.
    pub change: Change,
    /// What it is.
    pub kind: ElementKind,
    /// Its path from the folder of the service; `None` where only Postman has it.
    pub path: Option<RepoPath>,
    /// Its name.
    pub name: String,
    /// Its id in Postman, where it has one.
    pub remote_id: Option<RemoteId>,
}

impl Change {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Gone => "gone",
        }
    }
}

/// What Git has otherwise than the record, by digests; nobody is asked. What cannot be read is not gone.
pub fn of_git(state: &MirrorState, git: &GitSide, folder: &RepoPath) -> Vec<Ahead> {
    let mut found = Vec::new();
    // A file that was renamed is known by the id that the metadata gives it.
    let mut moved: BTreeSet<&ElementKey> = BTreeSet::new();
    for (key, element) in &git.elements {
        let named = element.remote_id.as_ref();
        let record = state.records.get_key_value(key).or_else(|| {
            let mut others = state.records.iter().filter(|(other, record)| {
                let own = record.remote_id.as_ref().map(RemoteId::bare);
                other.kind == key.kind
                    && !git.elements.contains_key(*other)
                    && own.is_some()
                    && own == named.map(RemoteId::bare)
            });
            others.next()
        });
        let change = match record {
            None => Change::New,
            Some((recorded, record)) => {
                moved.insert(recorded);
                if recorded == key && record.git.digest == element.content.digest {
                    continue;
                }
                Change::Changed
            }
        };
        found.push(Ahead {
            change,
            kind: key.kind,
            path: Some(key.path.clone()),
            name: element.name.clone(),
            remote_id: named.cloned(),
        });
    }
    let unread: Vec<&RepoPath> = git.unread.iter().map(|(path, _)| path).collect();
    for (key, record) in &state.records {
        let there = git.elements.contains_key(key) || moved.contains(key);
        let unclear = unread.iter().any(|path| {
            let path = path.below(folder).unwrap_or(path.as_str());
            RepoPath::parse(path).is_ok_and(|path| path.is_within(&key.path))
        });
        if !there && !unclear {
            found.push(Ahead {
                change: Change::Gone,
                kind: key.kind,
                path: Some(key.path.clone()),
                name: record.name.clone(),
                remote_id: record.remote_id.clone(),
            });
        }
    }
    found
}

/// The ids that have to be read before [`of_postman`] can tell.
pub fn to_read(state: &MirrorState, postman: &RemoteSet) -> Vec<RemoteId> {
    let recorded = recorded(state);
    let known = postman.keys().filter(|id| recorded.contains_key(id.bare()));
    known.cloned().collect()
}

/// What Postman has otherwise than the record.
pub fn of_postman(state: &MirrorState, postman: &RemoteSet) -> Vec<Ahead> {
    let recorded = recorded(state);
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (id, element) in postman {
        let (change, path) = match recorded.get(id.bare()) {
            None => (Change::New, None),
            Some((key, record)) => {
                seen.insert(id.bare());
                let digest = element.content.as_ref().map(|content| content.digest);
                if digest.is_none_or(|digest| digest == record.postman.digest) {
                    continue;
                }
                (Change::Changed, Some(key.path.clone()))
            }
        };
        found.push(Ahead {
            change,
            kind: element.kind,
            path,
            name: element.name.clone(),
            remote_id: Some(id.clone()),
        });
    }
    for (id, (key, record)) in &recorded {
        if !seen.contains(id) {
            found.push(Ahead {
                change: Change::Gone,
                kind: key.kind,
                path: Some(key.path.clone()),
                name: record.name.clone(),
                remote_id: record.remote_id.clone(),
            });
        }
    }
    found
}

fn recorded(state: &MirrorState) -> BTreeMap<&str, (&ElementKey, &Record)> {
    let records = state.records.iter();
    let by_id = records.filter_map(|(key, record)| {
        let id = record.remote_id.as_ref()?;
        Some((id.bare(), (key, record)))
    });
    by_id.collect()
}

#[cfg(test)]
mod tests {
    use super::{Change, of_git, of_postman, to_read};
    use crate::mirror::element::RemoteSet;
    use crate::mirror::git_side::GitSide;
    use crate::mirror::state::MirrorState;
    use crate::mirror::testing::{collection, element, id, owner, path, record, remote};
    use crate::model::path::RepoPath;

    fn state() -> MirrorState {
        let mut state = MirrorState::new(owner());
        for name in ["same", "edited", "gone", "broken", "old"] {
            let (kept, _) = record(name, name, "g", "p");
            state.records.insert(collection(name), kept);
        }
        state
    }

    #[test]
    fn git_is_ahead_by_what_its_files_say_otherwise() {
        let mut git = GitSide::default();
        for (name, text) in [("same", "g"), ("edited", "x"), ("fresh", "g")] {
            git.elements.insert(collection(name), element(name, text));
        }
        let mut renamed = element("renamed", "g");
        renamed.remote_id = Some(id("old"));
        git.elements.insert(collection("renamed"), renamed);
        git.unread.push((
            path("postman/collections/broken.json"),
            "does not parse".to_owned(),
        ));
        let found = of_git(&state(), &git, &RepoPath::root());
        let told: Vec<(Change, String)> = found
            .iter()
            .map(|one| {
                (
                    one.change,
                    one.path.as_ref().unwrap().file_name().to_owned(),
                )
            })
            .collect();
        let expected = [
            (Change::Changed, "edited.json"),
            (Change::New, "fresh.json"),
            (Change::Changed, "renamed.json"),
            (Change::Gone, "gone.json"),
        ];
        assert_eq!(
            told,
            expected.map(|(change, name)| (change, name.to_owned()))
        );
    }

    #[test]
    fn postman_is_ahead_by_what_was_read_and_by_what_is_listed() {
        let mut set = RemoteSet::new();
        for (name, text) in [
            ("same", "p"),
            ("edited", "x"),
            ("fresh", "p"),
            ("broken", "p"),
            ("old", "p"),
        ] {
            set.insert(id(name), remote(name, text));
        }
        assert_eq!(to_read(&state(), &set).len(), 4);
        let found = of_postman(&state(), &set);
        let told: Vec<(Change, &str)> = found
            .iter()
            .map(|one| (one.change, one.name.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (Change::Changed, "edited"),
                (Change::New, "fresh"),
                (Change::Gone, "gone")
            ]
        );
    }
}
