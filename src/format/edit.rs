//! Changes to a document by JSON Pointer, and a document made equal to a value: every byte that has no part in it stays.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use crate::format::merged::{Merged, Seen, same_value};
use crate::format::node::{Document, Kind, NodeRef};
use crate::format::pairing::{in_order, pairs};
use crate::format::write::{WriteError, to_text};

/// One change to a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The JSON Pointer (RFC 6901) of what is changed, in the document as it is before all edits.
    pub pointer: String,
    /// The change.
    pub change: Change,
}

/// What is done at a pointer.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The value that is there becomes this one.
    Set(Value),
    /// The member or item goes.
    Remove,
    /// A new member in the object, or a new item in the list, that is there.
    Insert {
        /// The key of the member; means nothing in a list.
        key: String,
        /// The value.
        value: Value,
        /// The key of the member, or the index of the item, to stand before; `None` for the end.
        before: Option<String>,
    },
    /// The member gets another key and stays where it is.
    Rename(String),
}

/// Why edits cannot be made. Nothing was changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The pointer leads nowhere.
    #[error("there is nothing at `{0}` in the document; look at the document as it is now")]
    Missing(String),
    /// There is a member with that key already.
    #[error("there is such a member already: `{0}`; set its value instead")]
    Exists(String),
    /// Two edits touch one value.
    #[error("another edit replaces or removes what `{0}` changes; make one edit of both")]
    Overlap(String),
    /// The topmost value can only be set.
    #[error("the document itself cannot be removed, renamed or inserted; set it instead")]
    Root,
    /// The result cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The text of the document with all edits made.
///
/// # Errors
/// Where a pointer leads nowhere, two edits are about one value, or the result cannot be written.
pub fn apply(document: &Document, edits: &[Edit]) -> Result<String, EditError> {
    let root = document.root().ok_or(WriteError::Empty)?;
    let mut draft = Draft::Node(root);
    for edit in edits {
        draft.edit(edit)?;
    }
    Ok(to_text(&draft.merged(), document)?)
}

/// The text of the document with its value made equal to `wanted`. Members keep their order, items of lists are found again
/// by their ids, names or likeness, and what is equal already stays byte by byte.
///
/// # Errors
/// Where the result cannot be written.
pub fn reshape(document: &Document, wanted: &Value) -> Result<String, WriteError> {
    let root = document.root().ok_or(WriteError::Empty)?;
    to_text(&towards(root, wanted), document)
}

/// A value as it becomes `wanted`, with as much of itself as can stay.
pub fn towards<'a>(node: NodeRef<'a>, wanted: &'a Value) -> Merged<'a> {
    if same_value(Seen::Node(node), Seen::Value(wanted)) {
        return Merged::Taken(node);
    }
    match (node.kind(), wanted) {
        (Kind::Object, Value::Object(members)) => {
            let own = Seen::Node(node).members();
            let known: HashMap<&str, Seen<'_>> = own.iter().copied().collect();
            // New members follow the one that they follow in the wanted value.
            let mut behind: HashMap<Option<&str>, Vec<(&'a str, &'a Value)>> = HashMap::new();
            let mut last = None;
            for (key, value) in members {
                if known.contains_key(key.as_str()) {
                    last = Some(key.as_str());
                } else {
                    behind.entry(last).or_default().push((key, value));
                }
            }
            let mut result = Vec::with_capacity(members.len());
            let new = |(key, value): (&'a str, &'a Value)| (key, Merged::New(value.clone()));
            result.extend(behind.remove(&None).into_iter().flatten().map(new));
            for (key, value) in own {
                if let (Some(wanted), Seen::Node(value)) = (members.get(key), value) {
                    result.push((key, towards(value, wanted)));
                    result.extend(behind.remove(&Some(key)).into_iter().flatten().map(new));
                }
            }
            Merged::Object {
                like: node,
                members: result,
            }
        }
        (Kind::Array, Value::Array(items)) => {
            let own: Vec<NodeRef<'a>> = node.items().collect();
            let found = paired(&own, items);
            let items = items.iter().zip(found).map(|(item, place)| match place {
                Some(place) => towards(own[place], item),
                None => Merged::New(item.clone()),
            });
            Merged::Array {
                like: node,
                items: items.collect(),
            }
        }
        (Kind::String, Value::String(text)) => Merged::Text {
            like: node,
            text: text.clone(),
        },
        _ => Merged::New(wanted.clone()),
    }
}

/// What tells items of a list apart, the surest first: ids, then what people call them by.
const TELLING: &[&[&str]] = &[
    &["id"],
    &["uid"],
    &["_postman_id"],
    &["$ref"],
    &["name", "in"],
    &["key"],
    &["operationId"],
    &["listen"],
    &["name"],
    &["url"],
];

/// For each wanted item of a list the own one that becomes it.
fn paired(own: &[NodeRef<'_>], wanted: &[Value]) -> Vec<Option<usize>> {
    let mut found: Vec<Option<usize>> = vec![None; wanted.len()];
    let mut left: Vec<bool> = vec![true; own.len()];
    // Equal ones first, in order.
    let likeness: Vec<u64> = own.iter().map(|item| hash(Seen::Node(*item))).collect();
    let wanted_likeness: Vec<Option<u64>> =
        wanted.iter().map(|item| Some(hash(Seen::Value(item)))).collect();
    for (index, place) in pairs(&likeness, &wanted_likeness)
        .into_iter()
        .enumerate()
    {
        if let Some(place) = place {
            found[index] = Some(place);
            left[place] = false;
        }
    }
    // Then those that one field tells apart on both sides.
    for fields in TELLING {
        let mut known: HashMap<Vec<&str>, Option<usize>> = HashMap::new();
        for (index, item) in own.iter().enumerate().filter(|(index, _)| left[*index]) {
            if let Some(key) = telling(fields, |field| item.get_str(field)) {
                known
                    .entry(key)
                    .and_modify(|place| *place = None)
                    .or_insert(Some(index));
            }
        }
        if known.is_empty() {
            continue;
        }
        let mut claims: HashMap<Vec<&str>, Option<usize>> = HashMap::new();
        for (index, item) in wanted.iter().enumerate().filter(|(index, _)| found[*index].is_none()) {
            if let Some(key) = telling(fields, |field| item.get(field).and_then(Value::as_str)) {
                claims
                    .entry(key)
                    .and_modify(|place| *place = None)
                    .or_insert(Some(index));
            }
        }
        for (key, index) in claims {
            if let (Some(index), Some(Some(place))) = (index, known.get(&key)) {
                found[index] = Some(*place);
                left[*place] = false;
            }
        }
    }
    // The rest by place, between those that stay.
    let mut standing = found.clone();
    in_order(&mut standing);
    let mut from = 0;
    let mut run: Vec<usize> = Vec::new();
    for index in 0..=wanted.len() {
        let until = match standing.get(index) {
            Some(None) => {
                run.push(index);
                continue;
            }
            Some(Some(place)) => *place,
            None => own.len(),
        };
        let mut places = (from..until).filter(|place| left[*place]);
        for index in run.drain(..) {
            if found[index].is_some() {
                continue;
            }
            let Some(place) = places.next() else { continue };
            if own[place].kind() == Seen::Value(&wanted[index]).kind() {
                found[index] = Some(place);
            }
        }
        from = until + 1;
    }
    found
}

fn telling<'v>(
    fields: &[&str],
    field: impl Fn(&str) -> Option<&'v str>,
) -> Option<Vec<&'v str>> {
    fields.iter().map(|name| field(name)).collect()
}

/// A number that equal values share.
fn hash(seen: Seen<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seen.kind() as u8).hash(&mut hasher);
    match seen.kind() {
        Kind::String => seen.as_str().hash(&mut hasher),
        Kind::Array => seen.items().into_iter().for_each(|item| hash(item).hash(&mut hasher)),
        Kind::Object => {
            let member = |(key, value): (&str, Seen<'_>)| {
                let mut hasher = DefaultHasher::new();
                key.hash(&mut hasher);
                hash(value).hash(&mut hasher);
                hasher.finish()
            };
            let sum = seen.members().into_iter().map(member);
            sum.fold(0_u64, u64::wrapping_add).hash(&mut hasher);
        }
        _ => {
            let word = seen.as_word().unwrap_or_default();
            match word.parse::<f64>() {
                // Minus zero is zero.
                Ok(number) => (number + 0.0).to_bits().hash(&mut hasher),
                Err(_) => word.hash(&mut hasher),
            }
        }
    }
    hasher.finish()
}

/// A document on its way: only what an edit leads through is opened.
enum Draft<'a> {
    Node(NodeRef<'a>),
    Open(Open<'a>),
    Set(&'a Value),
}

struct Open<'a> {
    like: NodeRef<'a>,
    parts: Vec<DraftPart<'a>>,
    /// For an object: where the members are, by the key they had.
    places: HashMap<&'a str, usize>,
    /// What comes in behind all.
    last: Vec<(&'a str, &'a Value)>,
    /// The keys of what comes in.
    claimed: HashSet<&'a str>,
}

struct DraftPart<'a> {
    key: &'a str,
    /// What comes in before it.
    before: Vec<(&'a str, &'a Value)>,
    value: Option<Draft<'a>>,
}

impl<'a> Draft<'a> {
    fn edit(&mut self, edit: &'a Edit) -> Result<(), EditError> {
        let pointer = &edit.pointer;
        if let Change::Insert { key, value, before } = &edit.change {
            let open = self.find(pointer, pointer)?.open(pointer)?;
            return open.insert(pointer, key, value, before.as_deref());
        }
        let Some((parent, key)) = pointer.rsplit_once('/') else {
            return match (&edit.change, &self) {
                _ if !pointer.is_empty() => Err(EditError::Missing(pointer.clone())),
                (Change::Set(value), Self::Node(_)) => {
                    *self = Self::Set(value);
                    Ok(())
                }
                (Change::Set(_), _) => Err(EditError::Overlap(pointer.clone())),
                _ => Err(EditError::Root),
            };
        };
        let open = self.find(parent, pointer)?.open(pointer)?;
        let place = open
            .place(key)
            .ok_or_else(|| EditError::Missing(pointer.clone()))?;
        match &edit.change {
            Change::Rename(to) if open.like.kind() == Kind::Object => {
                open.claim(pointer, to)?;
                open.parts[place].key = to;
            }
            change => {
                let part = &mut open.parts[place];
                if !matches!(part.value, Some(Self::Node(_))) {
                    return Err(EditError::Overlap(pointer.clone()));
                }
                part.value = match change {
                    Change::Set(value) => Some(Self::Set(value)),
                    Change::Remove => None,
                    _ => return Err(EditError::Missing(pointer.clone())),
                };
            }
        }
        Ok(())
    }

    /// The draft at a pointer; `told` is what an error names.
    fn find(&mut self, pointer: &str, told: &str) -> Result<&mut Self, EditError> {
        let mut here = self;
        for part in pointer.split('/').skip(1) {
            let open = here.open(told)?;
            let place = open
                .place(part)
                .ok_or_else(|| EditError::Missing(told.to_owned()))?;
            here = open.parts[place]
                .value
                .as_mut()
                .ok_or_else(|| EditError::Overlap(told.to_owned()))?;
        }
        Ok(here)
    }

    fn open(&mut self, pointer: &str) -> Result<&mut Open<'a>, EditError> {
        if let Self::Node(node) = *self {
            let part = |key, value| DraftPart {
                key,
                before: Vec::new(),
                value: Some(Self::Node(value)),
            };
            let parts: Vec<DraftPart<'a>> = match node.kind() {
                Kind::Object => Seen::Node(node)
                    .members()
                    .into_iter()
                    .filter_map(|(key, value)| match value {
                        Seen::Node(value) => Some(part(key, value)),
                        _ => None,
                    })
                    .collect(),
                Kind::Array => node.items().map(|item| part("", item)).collect(),
                _ => return Err(EditError::Missing(pointer.to_owned())),
            };
            let places = if node.kind() == Kind::Object {
                let keys = parts.iter().enumerate();
                keys.map(|(index, part)| (part.key, index)).collect()
            } else {
                HashMap::new()
            };
            *self = Self::Open(Open {
                like: node,
                parts,
                places,
                last: Vec::new(),
                claimed: HashSet::new(),
            });
        }
        match self {
            Self::Open(open) => Ok(open),
            _ => Err(EditError::Overlap(pointer.to_owned())),
        }
    }

    fn merged(self) -> Merged<'a> {
        let new = |(key, value): (&'a str, &'a Value)| (key, Merged::New(value.clone()));
        match self {
            Self::Node(node) => Merged::Taken(node),
            Self::Set(value) => Merged::New(value.clone()),
            Self::Open(open) => {
                let mut members = Vec::with_capacity(open.parts.len());
                for part in open.parts {
                    members.extend(part.before.into_iter().map(new));
                    members.extend(part.value.map(|value| (part.key, value.merged())));
                }
                members.extend(open.last.into_iter().map(new));
                let like = open.like;
                if like.kind() == Kind::Object {
                    Merged::Object { like, members }
                } else {
                    let items = members.into_iter().map(|(_, value)| value).collect();
                    Merged::Array { like, items }
                }
            }
        }
    }
}

impl<'a> Open<'a> {
    fn insert(
        &mut self,
        pointer: &str,
        key: &'a str,
        value: &'a Value,
        before: Option<&str>,
    ) -> Result<(), EditError> {
        let object = self.like.kind() == Kind::Object;
        let place = match before {
            None => None,
            Some(before) if object => self.places.get(before).copied(),
            Some(before) => before.parse().ok().filter(|place| *place < self.parts.len()),
        };
        if before.is_some() && place.is_none() {
            return Err(EditError::Missing(format!("{pointer}/{}", before.unwrap_or_default())));
        }
        if object {
            self.claim(pointer, key)?;
        }
        match place {
            Some(place) => self.parts[place].before.push((key, value)),
            None => self.last.push((key, value)),
        }
        Ok(())
    }

    /// Takes a key for a member that comes in or is renamed.
    fn claim(&mut self, pointer: &str, key: &'a str) -> Result<(), EditError> {
        let stands = self.places.get(key).is_some_and(|place| {
            let part = &self.parts[*place];
            part.value.is_some() && part.key == key
        });
        if stands || !self.claimed.insert(key) {
            return Err(EditError::Exists(format!("{pointer}: {key}")));
        }
        Ok(())
    }

    /// Where a part of a pointer leads.
    fn place(&self, part: &str) -> Option<usize> {
        if self.like.kind() == Kind::Object {
            let key = part.replace("~1", "/").replace("~0", "~");
            self.places.get(key.as_str()).copied()
        } else {
            part.parse().ok().filter(|index| *index < self.parts.len())
        }
    }
}
