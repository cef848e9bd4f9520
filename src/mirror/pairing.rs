//! Which element in Git, which in Postman and which record are one and the same.
//!
//! Recorded ids count first, then the ids of `.postman/`, then equal content. A name alone pairs two only where neither is
//! known to the state, so that the decision sees them side by side and overwrites neither.

use std::collections::{BTreeMap, BTreeSet};

use crate::mirror::element::{
    Element, ElementKey, ElementKind, ElementSet, RemoteElement, RemoteId, RemoteSet,
};
use crate::mirror::names;
use crate::mirror::state::{MirrorState, Record};
use crate::model::path::RepoPath;

/// What is known of one element.
#[derive(Clone, Debug, Default)]
pub struct Pair<'a> {
    /// What Git has.
    pub git: Option<&'a Element>,
    /// What Postman has.
    pub postman: Option<(&'a RemoteId, &'a RemoteElement)>,
    /// What both had when they agreed.
    pub record: Option<&'a Record>,
    /// The key of the record, where the file has moved since.
    pub moved_from: Option<ElementKey>,
    /// Several in Postman that could be it. A person has to say which.
    pub rivals: Vec<RemoteId>,
}

/// Where files of elements go that only Postman has, counted from the folder of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The schema directory.
    pub definitions: RepoPath,
    /// The collection directory.
    pub collections: RepoPath,
    /// The directory of environments.
    pub environments: RepoPath,
}

impl Places {
    fn of(&self, kind: ElementKind) -> &RepoPath {
        match kind {
            ElementKind::Definition => &self.definitions,
            ElementKind::Collection => &self.collections,
            ElementKind::Environment => &self.environments,
        }
    }
}

/// Brings together what belongs together. Everything that was given is in exactly one pair, but for rivals, which may be
/// named by several.
pub fn pair<'a>(
    state: &'a MirrorState,
    git: &'a ElementSet,
    postman: &'a RemoteSet,
    places: &Places,
) -> BTreeMap<ElementKey, Pair<'a>> {
    let mut pairing = Pairing {
        pairs: BTreeMap::new(),
        left: postman.iter().collect(),
    };
    for (key, element) in git {
        let pair = pairing.pairs.entry(key.clone()).or_default();
        pair.git = Some(element);
    }
    pairing.take_records(state);
    pairing.take_recorded_ids();
    pairing.take_places();
    pairing.take_metadata_ids();
    pairing.take_equals();
    pairing.take_namesakes();
    pairing.take_only_definitions(state);
    pairing.give_keys(places);
    pairing.pairs
}

struct Pairing<'a> {
    pairs: BTreeMap<ElementKey, Pair<'a>>,
    /// What Postman has and nothing is paired with yet.
    left: BTreeMap<&'a RemoteId, &'a RemoteElement>,
}

impl<'a> Pairing<'a> {
    /// Gives every record to the file it is about. One whose file is gone goes to the new file with its id, or with what it
    /// held; else it stays under its own key.
    fn take_records(&mut self, state: &'a MirrorState) {
        let mut orphans = BTreeMap::new();
        for (key, record) in &state.records {
            match self.pairs.get_mut(key) {
                Some(pair) => pair.record = Some(record),
                None => {
                    orphans.insert(key, record);
                }
            }
        }
        type Same = fn(&Element, &Record) -> bool;
        let by_id: Same = |element, record| {
            let ids = element.remote_id.as_ref().zip(record.remote_id.as_ref());
            ids.is_some_and(|(one, other)| one.bare() == other.bare())
        };
        let by_content: Same = |element, record| element.content.digest == record.git.digest;
        for same in [by_id, by_content] {
            let mut found = Vec::new();
            for (key, record) in &orphans {
                let fits = |(to, pair): &(&ElementKey, &Pair<'a>)| {
                    to.kind == key.kind
                        && pair.record.is_none()
                        && pair.git.is_some_and(|element| same(element, record))
                };
                let mut candidates = self.pairs.iter().filter(fits);
                if let (Some((to, _)), None) = (candidates.next(), candidates.next()) {
                    found.push((to.clone(), (*key).clone(), *record));
                }
            }
            for (to, from, record) in found {
                let Some(pair) = self.pairs.get_mut(&to) else {
                    continue;
                };
                // Of two records that held the same, the first takes the file.
                if pair.record.is_none() {
                    pair.record = Some(record);
                    orphans.remove(&from);
                    pair.moved_from = Some(from);
                }
            }
        }
        for (key, record) in orphans {
            self.pairs.entry(key.clone()).or_default().record = Some(record);
        }
    }

    fn take_recorded_ids(&mut self) {
        let ids = self.ids_left();
        for (key, pair) in &mut self.pairs {
            let id = pair.record.and_then(|record| record.remote_id.as_ref());
            if let Some(id) = id.and_then(|id| ids.get(&(key.kind, id.bare())))
                && let Some(element) = self.left.remove(id)
            {
                pair.postman = Some((*id, element));
            }
        }
    }

    /// Where both sides are files, the same file is the same element.
    fn take_places(&mut self) {
        let placed = self.left.iter().filter_map(|(id, remote)| {
            let path = remote.place.clone()?;
            let kind = remote.kind;
            Some((ElementKey { kind, path }, *id))
        });
        let placed: Vec<(ElementKey, &RemoteId)> = placed.collect();
        for (key, id) in placed {
            if let Some(pair) = self.pairs.get_mut(&key)
                && pair.record.is_none()
                && let Some(remote) = self.left.remove(id)
            {
                pair.postman = Some((id, remote));
            }
        }
    }

    fn take_metadata_ids(&mut self) {
        let ids = self.ids_left();
        for (key, pair) in &mut self.pairs {
            let id = pair.git.and_then(|element| element.remote_id.as_ref());
            if pair.record.is_none()
                && let Some(id) = id.and_then(|id| ids.get(&(key.kind, id.bare())))
                && let Some(element) = self.left.remove(id)
            {
                pair.postman = Some((*id, element));
            }
        }
    }

    /// Equal content is safe to take as one, whichever of several twins is taken.
    fn take_equals(&mut self) {
        for (key, pair) in &mut self.pairs {
            let Some(element) = unknown(pair) else {
                continue;
            };
            let digest = element.content.digest;
            let equal = |remote: &RemoteElement| {
                remote.kind == key.kind
                    && remote
                        .content
                        .as_ref()
                        .is_some_and(|content| content.digest == digest)
            };
            let found = self
                .left
                .iter()
                .filter(|(_, remote)| equal(remote))
                .min_by_key(|(id, remote)| (remote.name != element.name, **id))
                .map(|(id, remote)| (*id, *remote));
            if let Some((id, remote)) = found {
                self.left.remove(id);
                pair.postman = Some((id, remote));
            }
        }
    }

    fn take_namesakes(&mut self) {
        let mut names: BTreeMap<(ElementKind, &str), Vec<&'a RemoteId>> = BTreeMap::new();
        for (id, remote) in &self.left {
            let name = names
                .entry((remote.kind, remote.name.as_str()))
                .or_default();
            name.push(*id);
        }
        let mut here: BTreeMap<(ElementKind, &str), usize> = BTreeMap::new();
        for (key, pair) in &self.pairs {
            if let Some(element) = unknown(pair) {
                *here.entry((key.kind, element.name.as_str())).or_default() += 1;
            }
        }
        for (key, pair) in &mut self.pairs {
            let Some(element) = unknown(pair) else {
                continue;
            };
            let name = (key.kind, element.name.as_str());
            let Some(ids) = names.get(&name) else {
                continue;
            };
            match ids.as_slice() {
                [only] if here.get(&name) == Some(&1) => {
                    pair.postman = self.left.remove(only).map(|remote| (*only, remote));
                }
                several => pair.rivals = several.iter().map(|id| (*id).clone()).collect(),
            }
        }
    }

    /// An API has one definition, so the only two there are belong together, whatever they are called.
    fn take_only_definitions(&mut self, state: &MirrorState) {
        let definition = |kind: ElementKind| kind == ElementKind::Definition;
        if state.records.keys().any(|key| definition(key.kind)) {
            return;
        }
        let mut here = self
            .pairs
            .iter_mut()
            .filter(|(key, _)| definition(key.kind));
        let mut there = self
            .left
            .iter()
            .filter(|(_, remote)| definition(remote.kind));
        if let (Some((_, pair)), None, Some((id, remote)), None) =
            (here.next(), here.next(), there.next(), there.next())
            && unknown(pair).is_some()
        {
            let found = (*id, *remote);
            pair.postman = Some(found);
            self.left.remove(found.0);
        }
    }

    /// What only Postman has gets the file that it would be written to.
    fn give_keys(&mut self, places: &Places) {
        let mut taken: BTreeSet<String> = self.pairs.keys().map(|key| key.path.folded()).collect();
        for (id, remote) in std::mem::take(&mut self.left) {
            let extension = match remote.kind {
                ElementKind::Definition => extension_of(remote),
                ElementKind::Collection | ElementKind::Environment => ".json".to_owned(),
            };
            let directory = places.of(remote.kind);
            let own = remote.place.as_ref();
            let path = match own.filter(|path| !taken.contains(&path.folded())) {
                Some(path) => path.clone(),
                None => names::file_for(directory, &remote.name, &extension, id.as_str(), &taken),
            };
            taken.insert(path.folded());
            let key = ElementKey {
                kind: remote.kind,
                path,
            };
            self.pairs.entry(key).or_default().postman = Some((id, remote));
        }
    }

    fn ids_left(&self) -> BTreeMap<(ElementKind, &'a str), &'a RemoteId> {
        let ids = self.left.iter();
        ids.map(|(id, remote)| ((remote.kind, id.bare()), *id))
            .collect()
    }
}

/// The element, where neither the state nor Postman is known to have it.
fn unknown<'a>(pair: &Pair<'a>) -> Option<&'a Element> {
    pair.git
        .filter(|_| pair.record.is_none() && pair.postman.is_none())
}

/// The extension of a definition's only file, or of the first one; Postman has it from whoever wrote it.
fn extension_of(remote: &RemoteElement) -> String {
    let known = [
        "json", "yaml", "yml", "graphql", "proto", "wsdl", "raml", "smithy",
    ];
    remote
        .content
        .iter()
        .flat_map(|content| content.files.keys())
        .map(RepoPath::extension)
        .find(|extension| known.contains(&extension.as_str()))
        .map_or_else(|| ".yaml".to_owned(), |extension| format!(".{extension}"))
}

#[cfg(test)]
mod tests {
    use super::pair;
    use crate::mirror::element::{ElementKey, ElementKind, ElementSet, RemoteSet};
    use crate::mirror::state::MirrorState;
    use crate::mirror::testing::{collection, element, id, owner, path, places, record, remote};

    const UUID: &str = "11111111-2222-4333-8444-555555555555";

    /// For each key the id it is paired with, and how.
    fn paired(state: &MirrorState, git: &ElementSet, postman: &RemoteSet) -> Vec<String> {
        let pairs = pair(state, git, postman, &places());
        let line = |(key, pair): (ElementKey, super::Pair<'_>)| {
            let mut line = key.path.file_name().trim_end_matches(".json").to_owned();
            line += if pair.git.is_some() { " git" } else { "" };
            line += if pair.record.is_some() { " known" } else { "" };
            line += &pair
                .postman
                .map_or(String::new(), |(id, _)| format!(" {id}"));
            line += &pair.moved_from.map_or(String::new(), |from| {
                format!(" from {}", from.path.file_name())
            });
            for rival in pair.rivals {
                line += &format!(" ?{rival}");
            }
            line
        };
        pairs.into_iter().map(line).collect()
    }

    #[test]
    fn a_recorded_id_counts_whatever_the_name() {
        let mut state = MirrorState::new(owner());
        state
            .records
            .insert(collection("a"), record("A", UUID, "x", "x").0);
        let git = ElementSet::from([(collection("a"), element("A", "x"))]);
        let uid = format!("7-{UUID}");
        let postman = RemoteSet::from([
            (id(&uid), remote("Renamed", "y")),
            (id("other"), remote("A", "x")),
        ]);
        assert_eq!(
            paired(&state, &git, &postman),
            ["A-d9298a10 other".to_owned(), format!("a git known {uid}")]
        );
    }

    #[test]
    fn a_moved_file_keeps_its_record() {
        let mut state = MirrorState::new(owner());
        state
            .records
            .insert(collection("old"), record("A", "1", "x", "x").0);
        let git = ElementSet::from([(collection("new"), element("A", "x"))]);
        let postman = RemoteSet::from([(id("1"), remote("A", "x"))]);
        assert_eq!(
            paired(&state, &git, &postman),
            ["new git known 1 from old.json"]
        );
        let mut edited = element("A", "edited");
        let git = ElementSet::from([(collection("new"), edited.clone())]);
        assert_eq!(paired(&state, &git, &postman), ["new git", "old known 1"]);
        edited.remote_id = Some(id("1"));
        let git = ElementSet::from([(collection("new"), edited)]);
        assert_eq!(
            paired(&state, &git, &postman),
            ["new git known 1 from old.json"]
        );
    }

    #[test]
    fn without_records_ids_count_before_content_and_content_before_names() {
        let state = MirrorState::new(owner());
        let mut by_id = element("A", "x");
        by_id.remote_id = Some(id("3"));
        let git = ElementSet::from([
            (collection("a"), by_id),
            (collection("b"), element("B", "same")),
            (collection("c"), element("C", "mine")),
        ]);
        let postman = RemoteSet::from([
            (id("1"), remote("A", "x")),
            (id("2"), remote("other name", "same")),
            (id("3"), remote("whatever", "y")),
            (id("4"), remote("C", "theirs")),
        ]);
        assert_eq!(
            paired(&state, &git, &postman),
            ["A-6b86b273 1", "a git 3", "b git 2", "c git 4"]
        );
    }

    #[test]
    fn of_several_with_one_name_none_is_guessed() {
        let state = MirrorState::new(owner());
        let git = ElementSet::from([(collection("a"), element("A", "x"))]);
        let postman = RemoteSet::from([(id("1"), remote("A", "y")), (id("2"), remote("A", "z"))]);
        assert_eq!(paired(&state, &git, &postman)[2], "a git ?1 ?2");
        let twins = RemoteSet::from([(id("1"), remote("A", "y")), (id("2"), remote("A", "x"))]);
        assert_eq!(paired(&state, &git, &twins)[1], "a git 2");
    }

    #[test]
    fn the_only_definition_is_the_definition() {
        let state = MirrorState::new(owner());
        let key = ElementKey {
            kind: ElementKind::Definition,
            path: path("postman/schemas/openapi.yaml"),
        };
        let mut definition = remote("Orders API", "y");
        definition.kind = ElementKind::Definition;
        let git = ElementSet::from([(key, element("openapi", "x"))]);
        let postman = RemoteSet::from([(id("s"), definition)]);
        assert_eq!(paired(&state, &git, &postman), ["openapi.yaml git s"]);
    }

    #[test]
    fn where_both_sides_are_files_the_same_file_is_the_same_element() {
        let state = MirrorState::new(owner());
        let at = |name: &str, place: &str| {
            let mut one = remote(name, name);
            one.place = Some(path(place));
            one
        };
        let git = ElementSet::from([
            (collection("a"), element("A", "ours")),
            (collection("b"), element("B", "b")),
        ]);
        let a = collection("a").path;
        let postman = RemoteSet::from([
            (id("1"), at("Other name", a.as_str())),
            (id("2"), at("C", "postman/collections/In the app.json")),
        ]);
        let pairs = pair(&state, &git, &postman, &places());
        let found = |key: &ElementKey| pairs[key].postman.map(|(id, _)| id.as_str().to_owned());
        assert_eq!(found(&collection("a")).as_deref(), Some("1"));
        assert_eq!(found(&collection("b")), None);
        // What only they have keeps the name of its file.
        let key = ElementKey {
            kind: ElementKind::Collection,
            path: path("postman/collections/In the app.json"),
        };
        assert_eq!(found(&key).as_deref(), Some("2"));
    }
}
