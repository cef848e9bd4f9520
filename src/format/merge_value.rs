//! Three-way merge of values: members by key, texts by line. Lists and the shapes that a format gives some fields have files
//! of their own.
//!
//! A value is not compared as a whole before its members are merged: that would look at everything once for each level it
//! lies below. What is written alike is found by its bytes, which costs next to nothing.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::format::detect::Format;
use crate::format::meaning::{Within, fields_of, is_volatile, place_of, same, within};
use crate::format::meaning_view::{counts, kind_of_entry};
use crate::format::merge_order::merge_order;
use crate::format::merge_text::merge_lines;
use crate::format::merged::Merged;
use crate::format::node::{Kind, NodeId, NodeRef, pointer_part};

/// Up to so many members a key is looked for by walking; beyond, by hashing.
const FEW_MEMBERS: usize = 12;

/// Both sides changed the same thing in different ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The folders and the request, joined for people; empty for the document itself.
    pub item: String,
    /// The field below it, as a JSON Pointer; empty for the item as a whole.
    pub field: String,
    /// What it is about, in a sentence.
    pub message: String,
    /// The value both started from, as it is written; `None` where there was none.
    pub base: Option<String>,
    /// Our value, which stands in the result; `None` where we removed it.
    pub ours: Option<String>,
    /// Their value; `None` where they removed it.
    pub theirs: Option<String>,
}

/// What the merged documents are, which decides how some of their fields merge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// A collection of version 2.
    Collection,
    /// An API definition.
    Definition,
    /// Anything else: an environment, globals, a file of a collection of version 3.
    #[default]
    Other,
}

impl Dialect {
    fn of(format: Format) -> Self {
        if matches!(format, Format::Collection20 | Format::Collection21) {
            Self::Collection
        } else if format.is_definition() {
            Self::Definition
        } else {
            Self::Other
        }
    }
}

/// One value on all three sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Three<'a> {
    pub(crate) base: Option<NodeRef<'a>>,
    pub(crate) ours: Option<NodeRef<'a>>,
    pub(crate) theirs: Option<NodeRef<'a>>,
}

impl<'a> Three<'a> {
    pub(crate) fn get(&self, key: &str) -> Self {
        let of = |side: Option<NodeRef<'a>>| side.and_then(|node| node.get(key));
        Self {
            base: of(self.base),
            ours: of(self.ours),
            theirs: of(self.theirs),
        }
    }
}

/// One step on the way from the item to the field.
#[derive(Clone, Debug)]
pub(crate) enum Step<'a> {
    /// A member of an object.
    Key(&'a str),
    /// An item of a list, by what makes it itself.
    Named(String),
}

/// A merge under way.
#[derive(Debug)]
pub(crate) struct Merge<'a> {
    pub(crate) conflicts: Vec<Conflict>,
    /// The folders and the request that is being merged, for conflicts.
    pub(crate) item: String,
    pub(crate) dialect: Dialect,
    /// What the documents are as a whole.
    pub(crate) place: Within,
    pub(crate) steps: Vec<Step<'a>>,
    /// Whether the result is to be the common ancestor of a merge to come. There a conflict must not look like either side:
    /// the side that chose the same would seem to have changed nothing.
    pub(crate) for_ancestor: bool,
    /// The conflicts, by their number, that somebody has decided for their side.
    pub(crate) theirs_at: BTreeSet<usize>,
    /// Our part of each value that was merged member by member, and the other two: what a merge that is not valid is taken
    /// back to.
    pub(crate) origins: HashMap<NodeId, Three<'a>>,
    /// The ids that things of ours have: what they added must not bring them again.
    pub(crate) our_ids: HashSet<&'a str>,
    /// Whether equal bytes are equal values: not where YAML has anchors or tags.
    bytes_decide: bool,
}

impl<'a> Merge<'a> {
    pub(crate) fn new(format: Format, sides: [NodeRef<'a>; 3]) -> Self {
        let is_plain = |side: &NodeRef<'a>| {
            let document = side.document();
            !document.is_yaml() || !(document.shares_values() || document.text().contains('!'))
        };
        Self {
            conflicts: Vec::new(),
            item: String::new(),
            dialect: Dialect::of(format),
            place: kind_of_entry(sides[1], place_of(format).unwrap_or(Within::Value)),
            steps: Vec::new(),
            for_ancestor: false,
            theirs_at: BTreeSet::new(),
            origins: HashMap::new(),
            our_ids: HashSet::new(),
            bytes_decide: sides.iter().all(is_plain),
        }
    }

    /// Merges one value; `None` where the result does not have it. `key` is the member it stands at.
    pub(crate) fn value(
        &mut self,
        three: &Three<'a>,
        place: Within,
        key: &str,
    ) -> Option<Merged<'a>> {
        if self.alike(three.base, three.theirs) || self.alike(three.ours, three.theirs) {
            return three.ours.map(Merged::Taken);
        }
        if self.alike(three.base, three.ours) {
            return three.theirs.map(Merged::Taken);
        }
        let (Some(ours), Some(theirs)) = (three.ours, three.theirs) else {
            return self.one_sided(three, place);
        };
        if self.dialect == Dialect::Collection
            && let Some(shaped) = self.shaped(three, ours, theirs, place, key)
        {
            return shaped;
        }
        match (ours.kind(), theirs.kind()) {
            (Kind::Object, Kind::Object) => {
                self.origins.insert(ours.id(), *three);
                let members = self.members(three, place, None);
                Some(object(ours, members))
            }
            (Kind::Array, Kind::Array) => {
                self.origins.insert(ours.id(), *three);
                self.list(three, ours, theirs, place, key)
            }
            _ => self.scalar(three, ours, theirs, place, key),
        }
    }

    /// What only one side still has, or only one side has at all.
    fn one_sided(&mut self, three: &Three<'a>, place: Within) -> Option<Merged<'a>> {
        let present = three.ours.or(three.theirs)?;
        let Some(base) = three.base else {
            return Some(Merged::Taken(present));
        };
        if same(base, present, place) {
            return None;
        }
        // Whoever leaves out what is empty removes nothing.
        let is_empty = match base.kind() {
            Kind::Object => base.members().len() == 0,
            Kind::Array => base.items().len() == 0,
            Kind::Null => true,
            Kind::String => base.as_str() == Some(""),
            _ => false,
        };
        if is_empty {
            return Some(Merged::Taken(present));
        }
        let message = if three.ours.is_some() {
            "they removed what we changed"
        } else {
            "we removed what they changed"
        };
        self.undecided(three, message)
    }

    /// Two values that have no parts in common: one of them, a text of lines of both, or a conflict.
    pub(crate) fn scalar(
        &mut self,
        three: &Three<'a>,
        ours: NodeRef<'a>,
        theirs: NodeRef<'a>,
        place: Within,
        key: &str,
    ) -> Option<Merged<'a>> {
        if same(ours, theirs, place) || three.base.is_some_and(|base| same(base, theirs, place)) {
            return Some(Merged::Taken(ours));
        }
        if three.base.is_some_and(|base| same(base, ours, place)) {
            return Some(Merged::Taken(theirs));
        }
        if let (Some(base), Some(own), Some(other)) = (
            three.base.and_then(NodeRef::as_str),
            ours.as_str(),
            theirs.as_str(),
        ) && let Some(text) = merge_texts(base, own, other, key)
        {
            return Some(Merged::Text { like: ours, text });
        }
        let message = if three.base.is_some() {
            "both sides changed it"
        } else {
            "both sides added it in different ways"
        };
        self.undecided(three, message)
    }

    /// Merges the members of objects: in the order of our side, unless they changed it.
    pub(crate) fn members(
        &mut self,
        three: &Three<'a>,
        place: Within,
        except: Option<&str>,
    ) -> Vec<(&'a str, Merged<'a>)> {
        let sides = Sides::of(three);
        let order = sides.order(three);
        let mut merged = Vec::with_capacity(order.len());
        for key in order {
            if except == Some(key) {
                continue;
            }
            let mut values = sides.get(key);
            if !fields_of(place).is_empty() && !is_place_in_order(place, key) {
                let is_edit = |holder: Option<NodeRef<'a>>, value: Option<NodeRef<'a>>| {
                    holder
                        .zip(value)
                        .is_some_and(|(holder, value)| counts(holder, place, key, value))
                };
                let ours = is_edit(three.ours, values.ours);
                let theirs = is_edit(three.theirs, values.theirs);
                let base = is_edit(three.base, values.base);
                // Ours where we have one: what Postman rewrites or fills in by itself is nobody's edit.
                if !ours && !theirs && !base {
                    // But what says nothing only beside its neighbours, such as a type that the value shows, goes along
                    // with whoever changed them.
                    let follows = !is_volatile(place, key) && self.alike(values.base, values.ours);
                    let value = match values.ours {
                        _ if follows => values.theirs,
                        None if values.base.is_none() => values.theirs,
                        ours => ours,
                    };
                    merged.extend(value.map(|value| (key, Merged::Taken(value))));
                    continue;
                }
                if !ours && !theirs {
                    // Both took it back to nothing, in whatever way.
                    merged.extend(values.ours.map(|value| (key, Merged::Taken(value))));
                    continue;
                }
                // What is filled in on one side says as much as nothing.
                match (ours, theirs) {
                    (true, false) if !base => (values.base, values.theirs) = (None, None),
                    (false, true) if !base => (values.base, values.ours) = (None, None),
                    _ => {}
                }
            }
            self.steps.push(Step::Key(key));
            let value = self.value(&values, within(place, key), key);
            self.steps.pop();
            merged.extend(value.map(|value| (key, value)));
        }
        merged
    }

    /// A conflict, and what stands in the result for it.
    pub(crate) fn undecided(&mut self, three: &Three<'a>, message: &str) -> Option<Merged<'a>> {
        let takes_theirs = self.theirs_at.contains(&self.conflicts.len());
        self.conflict(three, message);
        if takes_theirs {
            return three.theirs.map(Merged::Taken);
        }
        if self.for_ancestor {
            return Some(Merged::New(UNDECIDED.into()));
        }
        three.ours.map(Merged::Taken)
    }

    /// Keeps a conflict at the place that is being merged.
    pub(crate) fn conflict(&mut self, three: &Three<'_>, message: &str) {
        let mut field = String::new();
        for step in &self.steps {
            field.push('/');
            field.push_str(&match step {
                Step::Key(key) => pointer_part(key),
                Step::Named(name) => pointer_part(name),
            });
        }
        let text = |side: Option<NodeRef<'_>>| {
            side.map(|node| node.span().of(node.document().text()).to_owned())
        };
        self.conflicts.push(Conflict {
            item: self.item.clone(),
            field,
            message: message.to_owned(),
            base: text(three.base),
            ours: text(three.ours),
            theirs: text(three.theirs),
        });
    }

    /// Whether two values are written alike; where bytes do not decide, whether they mean the same.
    pub(crate) fn alike(&self, one: Option<NodeRef<'_>>, other: Option<NodeRef<'_>>) -> bool {
        match (one, other) {
            (Some(one), Some(other)) if self.bytes_decide => {
                one.kind() == other.kind() && written(one) == written(other)
            }
            (Some(one), Some(other)) if !is_container(one) => {
                one.kind() == other.kind() && one.as_text() == other.as_text()
            }
            (None, None) => true,
            _ => false,
        }
    }
}

/// What stands in a common ancestor for what its own sides did not agree on.
pub(crate) const UNDECIDED: &str = "git-postman: the common ancestors do not agree";

/// Whether a member says where a file of a collection of version 3 stands among its neighbours: the number alone means
/// nothing, but who changed it moved the file.
fn is_place_in_order(place: Within, key: &str) -> bool {
    let is_file = matches!(
        place,
        Within::RequestFile | Within::ExampleFile | Within::DefinitionFile
    );
    is_file && key == "order"
}

fn is_container(node: NodeRef<'_>) -> bool {
    matches!(node.kind(), Kind::Array | Kind::Object)
}

/// A value as it is written.
pub(crate) fn written(node: NodeRef<'_>) -> &str {
    node.span().of(node.document().text())
}

/// An object of merged members; our own one where nothing in it changed.
pub(crate) fn object<'a>(like: NodeRef<'a>, members: Vec<(&'a str, Merged<'a>)>) -> Merged<'a> {
    let untouched = like.members().len() == members.len()
        && like
            .members()
            .zip(&members)
            .all(|(own, (key, value))| own.key == *key && is_taken(value, own.value));
    if untouched {
        Merged::Taken(like)
    } else {
        Merged::Object { like, members }
    }
}

/// A list of merged items; our own one where nothing in it changed.
pub(crate) fn array<'a>(like: NodeRef<'a>, items: Vec<Merged<'a>>) -> Merged<'a> {
    let untouched = like.items().len() == items.len()
        && like
            .items()
            .zip(&items)
            .all(|(own, value)| is_taken(value, own));
    if untouched {
        Merged::Taken(like)
    } else {
        Merged::Array { like, items }
    }
}

fn is_taken(value: &Merged<'_>, own: NodeRef<'_>) -> bool {
    matches!(value, Merged::Taken(node) if std::ptr::eq(node.document(), own.document()) && node.id() == own.id())
}

/// Merges texts by line. A text that was JSON on all sides must be JSON afterwards.
fn merge_texts(base: &str, ours: &str, theirs: &str, key: &str) -> Option<String> {
    if ![base, ours, theirs].iter().any(|text| text.contains('\n')) {
        return None;
    }
    let merged = merge_lines(base, ours, theirs)?;
    let reads = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if key == "raw" && reads(ours) && reads(theirs) && !reads(&merged) {
        return None;
    }
    Some(merged)
}

/// The members of one object on all three sides, each found without walking where there are many.
struct Sides<'a> {
    sides: [Members<'a>; 3],
}

enum Members<'a> {
    Few(Option<NodeRef<'a>>),
    Many(HashMap<&'a str, NodeRef<'a>>),
}

impl<'a> Sides<'a> {
    fn of(three: &Three<'a>) -> Self {
        let members = |side: Option<NodeRef<'a>>| match side {
            Some(node) if node.members().len() > FEW_MEMBERS => Members::Many(
                node.members()
                    .map(|member| (member.key, member.value))
                    .collect(),
            ),
            side => Members::Few(side),
        };
        Self {
            sides: [
                members(three.base),
                members(three.ours),
                members(three.theirs),
            ],
        }
    }

    fn get(&self, key: &str) -> Three<'a> {
        let of = |side: &Members<'a>| match side {
            Members::Few(node) => node.and_then(|node| node.get(key)),
            Members::Many(members) => members.get(key).copied(),
        };
        let [base, ours, theirs] = &self.sides;
        Three {
            base: of(base),
            ours: of(ours),
            theirs: of(theirs),
        }
    }

    fn order(&self, three: &Three<'a>) -> Vec<&'a str> {
        let keys = |side: Option<NodeRef<'a>>| -> Vec<&'a str> {
            side.into_iter()
                .flat_map(NodeRef::members)
                .map(|member| member.key)
                .collect()
        };
        let (ours, theirs) = (keys(three.ours), keys(three.theirs));
        if ours == theirs {
            return unique(ours);
        }
        merge_order(&unique(keys(three.base)), &unique(ours), &unique(theirs)).list
    }
}

/// Each key once, as every reader takes them.
fn unique(keys: Vec<&str>) -> Vec<&str> {
    if keys.len() < 2 {
        return keys;
    }
    let mut seen = HashSet::with_capacity(keys.len());
    keys.into_iter().filter(|key| seen.insert(*key)).collect()
}
