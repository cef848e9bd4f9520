//! A difference as people tell it: each change with its kind, its item and the way to it in words of people.

use std::collections::{HashMap, HashSet};

use crate::format::diff::{Compared, Delta, Dialect, ListDelta, MemberDelta};
use crate::format::diff_lines::changed_lines;
use crate::format::diff_renames::Renames;
use crate::format::diff_shown::{MASK, is_secret, lines_of, shown};
use crate::format::diff_told_items::tell_collection;
use crate::format::diff_value::{Compare, same_parts};
use crate::format::diff_words::{
    NAMING, is_map, item_word, member_place, member_word, name_of, order_matters,
};
use crate::format::meaning::{Within, within};
use crate::format::meaning_view::{kind_of_entry, part_of, place_of_items};
use crate::format::node::{Kind, MemberRef, NodeRef, pointer_part};
use crate::format::url_template::url_text;
use crate::model::difference::{Change, ChangeKind};

/// Lines that did not change and are told around those that did.
const CONTEXT: usize = 2;

/// The changes that two documents differ in, as people tell them.
pub fn told(compared: &Compared<'_>) -> Vec<Change> {
    let mut teller = Teller {
        dialect: compared.dialect,
        renames: compared.renames.clone(),
        changes: Vec::new(),
        operations: Vec::new(),
    };
    if let Some(delta) = &compared.delta {
        teller.value(delta, &At::document(compared.dialect));
    }
    teller.moved_operations();
    teller.changes
}

/// Where a value lies.
#[derive(Clone, Debug)]
pub(crate) struct At {
    pub(crate) noun: &'static str,
    pub(crate) item: Vec<String>,
    pub(crate) what: Vec<String>,
    pub(crate) pointer: String,
    /// The member that the value belongs to, or the list it is in.
    pub(crate) key: String,
    /// What kind of object the value is.
    pub(crate) place: Within,
    /// How many keys lie above, the item's own not counted.
    pub(crate) keys: Vec<String>,
    pub(crate) in_authorization: bool,
    pub(crate) is_secret: bool,
}

impl At {
    fn document(dialect: Dialect) -> Self {
        Self {
            noun: "document",
            item: Vec::new(),
            what: Vec::new(),
            pointer: String::new(),
            key: String::new(),
            place: dialect.place(),
            keys: Vec::new(),
            in_authorization: false,
            is_secret: false,
        }
    }

    /// The place of a member.
    fn member(&self, holder: NodeRef<'_>, key: &str, dialect: Dialect) -> Self {
        let mut at = self.clone();
        at.pointer.push('/');
        at.pointer.push_str(&pointer_part(key));
        at.is_secret = is_secret(holder, key, self.in_authorization);
        at.in_authorization |= key == "auth";
        at.place = within(kind_of_entry(holder, self.place), key);
        if let Some((noun, name)) = member_place(dialect, &self.keys, key) {
            at.noun = noun;
            at.item = vec![name];
            at.what.clear();
        } else if let Some(word) = member_word(dialect, &self.key, key) {
            // `response 200` says all that `responses` did.
            if is_map(dialect, &self.key) && !at.what.is_empty() {
                at.what.pop();
            }
            at.what.push(word);
        }
        at.keys.push(key.to_owned());
        // A property may be called `properties`: it is no map for that.
        at.key = if is_map(dialect, &self.key) {
            String::new()
        } else {
            key.to_owned()
        };
        at
    }

    /// The place of an item of the list that lies here.
    fn list_item(&self, item: NodeRef<'_>, index: usize, dialect: Dialect) -> Self {
        let mut at = self.clone();
        at.place = place_of_items(self.place);
        at.pointer.push_str(&format!("/{index}"));
        let in_url = self
            .keys
            .iter()
            .rev()
            .nth(1)
            .is_some_and(|key| key == "url");
        if !self.what.is_empty() {
            at.what.pop();
        }
        at.what
            .push(item_word(dialect, &self.key, item, index, in_url));
        at.keys.push(String::new());
        // A list of headers is no map of them.
        if is_map(dialect, &self.key) {
            at.key.clear();
        }
        at
    }
}

pub(crate) struct Teller<'a> {
    dialect: Dialect,
    renames: Renames,
    changes: Vec<Change>,
    operations: Vec<Operation<'a>>,
}

impl<'a> Teller<'a> {
    /// Tells a difference. Where none of its parts is one that people care for, it is told as a whole: what counts for the
    /// digest is never passed over.
    pub(crate) fn value(&mut self, delta: &Delta<'a>, at: &At) {
        let known = self.changes.len();
        self.parts(delta, at);
        if self.changes.len() > known || self.follows(delta) {
            return;
        }
        match delta {
            Delta::List(list) if list.before.items().len() == list.after.items().len() => {
                self.push(ChangeKind::Reordered, at, None, None);
            }
            Delta::List(ListDelta { before, after, .. })
            | Delta::Replaced { before, after }
            | Delta::Object { before, after, .. } => self.whole_value(*before, *after, at),
            Delta::Collection(collection) => {
                self.whole_value(collection.before, collection.after, at);
            }
        }
    }

    fn parts(&mut self, delta: &Delta<'a>, at: &At) {
        match delta {
            Delta::Replaced { before, after } => self.replaced(*before, *after, at),
            Delta::Object {
                before,
                after,
                members,
            } => {
                for member in members {
                    self.member(*before, *after, member, at);
                }
            }
            Delta::List(list) => self.list(list, at),
            Delta::Collection(collection) => tell_collection(self, collection, at),
        }
    }

    pub(crate) fn member(
        &mut self,
        before: NodeRef<'a>,
        after: NodeRef<'a>,
        member: &MemberDelta<'a>,
        at: &At,
    ) {
        let part =
            |holder: NodeRef<'a>, member| part_of(holder, kind_of_entry(holder, at.place), member);
        match (member.before, member.after) {
            // It goes along with what differs beside it.
            (Some(old), Some(new))
                if old.key == new.key && same_parts(part(before, old), part(after, new)) => {}
            (Some(old), Some(new)) => {
                let mut below = at.member(after, new.key, self.dialect);
                // A value that was a secret on either side is none to show.
                below.is_secret |= is_secret(before, old.key, at.in_authorization);
                if old.key != new.key {
                    self.push(
                        ChangeKind::Renamed,
                        &below,
                        Some(old.key.to_owned()),
                        Some(new.key.to_owned()),
                    );
                }
                if let Some(inside) = &member.inside {
                    self.value(inside, &below);
                }
            }
            // What said nothing is not missed.
            (Some(old), None) if part(before, old).is_none() => {}
            (Some(old), None) => {
                let below = at.member(before, old.key, self.dialect);
                self.whole(ChangeKind::Removed, old, &below);
            }
            (None, Some(new)) => {
                let below = at.member(after, new.key, self.dialect);
                self.whole(ChangeKind::Added, new, &below);
            }
            (None, None) => {}
        }
    }

    /// A member that is new or gone. A list or a map of named things is told thing by thing.
    fn whole(&mut self, kind: ChangeKind, member: MemberRef<'a>, at: &At) {
        let value = member.value;
        if at.keys == ["components"] {
            for below in value.members() {
                self.whole(kind, below, &at.member(value, below.key, self.dialect));
            }
            return;
        }
        let is_list = value.kind() == Kind::Array && value.items().len() > 0;
        if is_list && value.items().all(|item| name_of(item).is_some()) {
            for (index, item) in value.items().enumerate() {
                let below = at.list_item(item, index, self.dialect);
                self.one(kind, item, &below);
            }
            return;
        }
        let names_things = value.kind() == Kind::Object
            && value.members().len() > 0
            && value
                .members()
                .all(|below| member_place(self.dialect, &at.keys, below.key).is_some());
        let has_operations = self.dialect == Dialect::Definition
            && at.keys.len() == 2
            && value
                .members()
                .any(|below| member_place(self.dialect, &at.keys, below.key).is_some());
        if names_things || has_operations {
            for below in value.members() {
                let place = at.member(value, below.key, self.dialect);
                if has_operations && place.noun == at.noun {
                    continue;
                }
                self.whole(kind, below, &place);
            }
            return;
        }
        self.one(kind, value, at);
    }

    fn one(&mut self, kind: ChangeKind, value: NodeRef<'a>, at: &At) {
        if at.noun == "operation"
            && at.what.is_empty()
            && let Some(id) = value.get_str("operationId")
        {
            self.operations.push(Operation {
                kind,
                change: self.changes.len(),
                id,
                node: value,
                at: at.clone(),
            });
        }
        // Of a script its lines are of interest, not how they are wrapped.
        let code = value
            .get("script")
            .and_then(|script| script.get("exec"))
            .or_else(|| value.get("code").filter(|_| value.get("type").is_some()));
        let text = match code {
            Some(code) => code
                .as_str()
                .map(str::to_owned)
                .or_else(|| lines_of(code))
                .unwrap_or_else(|| shown(code, false, false)),
            None => match value.get("value").filter(|_| value.get("key").is_some()) {
                Some(own) => shown(
                    own,
                    is_secret(value, "value", at.in_authorization),
                    at.in_authorization,
                ),
                None if at.what.is_empty() => summary(value),
                None => shown(value, at.is_secret, at.in_authorization),
            },
        };
        match kind {
            ChangeKind::Removed => self.push(kind, at, Some(text), None),
            _ => self.push(kind, at, None, Some(text)),
        }
    }

    fn list(&mut self, list: &ListDelta<'a>, at: &At) {
        let is_plain = |node: NodeRef<'a>| node.items().all(|item| item.as_text().is_some());
        if is_plain(list.before) && is_plain(list.after) {
            return self.plain_list(list, at);
        }
        for (index, slot) in list.slots.iter().enumerate() {
            let Some(item) = list.after.nth_item(index) else {
                continue;
            };
            let below = at.list_item(item, index, self.dialect);
            let earlier = slot.before.and_then(|before| list.before.nth_item(before));
            let Some(earlier) = earlier else {
                self.one(ChangeKind::Added, item, &below);
                continue;
            };
            let Some(inside) = &slot.inside else {
                continue;
            };
            let (old, new) = (name_of(earlier), name_of(item));
            match inside {
                Delta::Object {
                    before,
                    after,
                    members,
                } if old != new => {
                    self.push(ChangeKind::Renamed, &below, old, new);
                    for member in members {
                        let key = member.after.or(member.before).map(|member| member.key);
                        if !key.is_some_and(|key| NAMING.contains(&key)) {
                            self.member(*before, *after, member, &below);
                        }
                    }
                }
                inside => self.value(inside, &below),
            }
        }
        for index in list.removed() {
            if let Some(item) = list.before.nth_item(index) {
                let below = at.list_item(item, index, self.dialect);
                self.one(ChangeKind::Removed, item, &below);
            }
        }
        if list.is_reordered() && order_matters(self.dialect, &at.key) {
            self.push(ChangeKind::Reordered, at, None, None);
        }
    }

    /// A list of plain values: a set, lines of a text, or a sequence.
    fn plain_list(&mut self, list: &ListDelta<'a>, at: &At) {
        let text = |node: NodeRef<'a>| {
            let lines: Vec<&str> = node.items().filter_map(NodeRef::as_text).collect();
            lines.join("\n")
        };
        if at.key == "exec" {
            return self.texts(&text(list.before), &text(list.after), at);
        }
        if !order_matters(self.dialect, &at.key) {
            let known = |node: NodeRef<'a>| {
                node.items()
                    .filter_map(NodeRef::as_text)
                    .map(str::to_owned)
                    .collect::<Vec<String>>()
            };
            let (old, new) = (known(list.before), known(list.after));
            let (in_old, in_new): (HashSet<&String>, HashSet<&String>) =
                (old.iter().collect(), new.iter().collect());
            for value in new.iter().filter(|value| !in_old.contains(value)) {
                self.push(ChangeKind::Added, at, None, Some(value.clone()));
            }
            for value in old.iter().filter(|value| !in_new.contains(value)) {
                self.push(ChangeKind::Removed, at, Some(value.clone()), None);
            }
            return;
        }
        let compact =
            |node: NodeRef<'a>| shown(node, at.is_secret, at.in_authorization).replace('\n', ", ");
        self.push(
            ChangeKind::Changed,
            at,
            Some(compact(list.before)),
            Some(compact(list.after)),
        );
    }

    /// Whether a difference is nothing but references that follow a new name, which is told where the name stands.
    fn follows(&self, delta: &Delta<'a>) -> bool {
        match delta {
            Delta::Replaced { before, after } => match (before.as_str(), after.as_str()) {
                (Some(one), Some(other)) => self.renames.follows(one, other),
                _ => false,
            },
            Delta::Object { members, .. } => members.iter().all(|member| {
                let inside = member.inside.as_ref();
                inside.is_some_and(|inside| self.follows(inside))
            }),
            Delta::List(list) => {
                let mut slots = list.slots.iter();
                list.removed().is_empty()
                    && !list.is_reordered()
                    && slots.all(|slot| {
                        slot.before.is_some()
                            && slot
                                .inside
                                .as_ref()
                                .is_none_or(|inside| self.follows(inside))
                    })
            }
            Delta::Collection(_) => false,
        }
    }

    fn whole_value(&mut self, before: NodeRef<'a>, after: NodeRef<'a>, at: &At) {
        let text = |node: NodeRef<'a>| shown(node, at.is_secret, at.in_authorization);
        let (one, other) = (text(before), text(after));
        self.push(ChangeKind::Changed, at, Some(one), Some(other));
    }

    fn replaced(&mut self, before: NodeRef<'a>, after: NodeRef<'a>, at: &At) {
        if at.key == "url" && self.dialect == Dialect::Collection && self.url(before, after, at) {
            return;
        }
        if let (Some(one), Some(other)) = (before.as_str(), after.as_str())
            && self.renames.follows(one, other)
        {
            return;
        }
        let text = |node: NodeRef<'a>| shown(node, at.is_secret, at.in_authorization);
        let (one, other) = (text(before), text(after));
        let is_text = |node: NodeRef<'a>| node.as_str().is_some() || lines_of(node).is_some();
        if is_text(before) && is_text(after) && !at.is_secret {
            return self.texts(&one, &other, at);
        }
        self.push(ChangeKind::Changed, at, Some(one), Some(other));
    }

    /// The address, the query and the path variables of a URL. False where none of them tells the difference.
    fn url(&mut self, before: NodeRef<'a>, after: NodeRef<'a>, at: &At) -> bool {
        let known = self.changes.len();
        let (one, other) = (url_text(before), url_text(after));
        let both_apart = before.kind() == Kind::Object && after.kind() == Kind::Object;
        if !both_apart {
            if one == other {
                return false;
            }
            self.push(ChangeKind::Changed, at, Some(one), Some(other));
            return true;
        }
        let address = |url: &str| url.split('?').next().unwrap_or_default().to_owned();
        let (old, new) = (address(&one), address(&other));
        if old != new {
            self.push(ChangeKind::Changed, at, Some(old), Some(new));
        }
        let compare = Compare {
            dialect: self.dialect,
            renames: Renames::default(),
        };
        let parts = compare.members(before, after, at.place, "", None);
        for part in parts {
            let key = part.after.or(part.before).map(|member| member.key);
            if key.is_some_and(|key| matches!(key, "query" | "variable" | "hash")) {
                let mut place = at.clone();
                place.what.pop();
                self.member(before, after, &part, &place);
            }
        }
        if self.changes.len() == known && one != other {
            self.push(ChangeKind::Changed, at, Some(one), Some(other));
        }
        self.changes.len() > known
    }

    /// Two texts: by line where there are several.
    fn texts(&mut self, before: &str, after: &str, at: &At) {
        self.push(
            ChangeKind::Changed,
            at,
            Some(before.to_owned()),
            Some(after.to_owned()),
        );
        if (before.contains('\n') || after.contains('\n'))
            && let Some(change) = self.changes.last_mut()
        {
            change.lines = changed_lines(before, after, CONTEXT);
        }
    }

    pub(crate) fn push(
        &mut self,
        kind: ChangeKind,
        at: &At,
        before: Option<String>,
        after: Option<String>,
    ) {
        let only = match (&before, &after) {
            (Some(text), None) | (None, Some(text)) => Some(text),
            _ => None,
        };
        // A script that is new or gone is told with its lines.
        let lines = match only.filter(|text| text.contains('\n') && *text != MASK) {
            Some(_) => changed_lines(
                before.as_deref().unwrap_or_default(),
                after.as_deref().unwrap_or_default(),
                CONTEXT,
            ),
            None => Vec::new(),
        };
        self.changes.push(Change {
            kind,
            noun: at.noun,
            item: at.item.clone(),
            what: at.what.clone(),
            pointer: at.pointer.clone(),
            before,
            after,
            lines,
        });
    }

    /// An operation that is gone from one path and new at another, while both paths stay, was renamed: its id says so.
    fn moved_operations(&mut self) {
        let mut new: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, known) in self.operations.iter().enumerate() {
            if known.kind == ChangeKind::Added {
                new.entry(known.id).or_default().push(index);
            }
        }
        let pairs: Vec<(Operation<'a>, Operation<'a>)> = self
            .operations
            .iter()
            .filter(|known| known.kind == ChangeKind::Removed)
            .filter_map(|old| match new.get(old.id).map(Vec::as_slice) {
                Some([only]) => Some((old.clone(), self.operations[*only].clone())),
                _ => None,
            })
            .collect();
        let mut gone = HashSet::new();
        for (old, new) in pairs {
            if gone.contains(&new.change) {
                continue;
            }
            gone.insert(old.change);
            gone.insert(new.change);
            let name = |at: &At| at.item.join(" / ");
            self.push(
                ChangeKind::Renamed,
                &new.at,
                Some(name(&old.at)),
                Some(name(&new.at)),
            );
            let compare = Compare {
                dialect: self.dialect,
                renames: self.renames.clone(),
            };
            let inside = compare.value(old.node, new.node, new.at.place, "", "");
            if let Some(inside) = inside {
                self.value(&inside, &new.at);
            }
        }
        let mut index = 0;
        self.changes.retain(|_| {
            index += 1;
            !gone.contains(&(index - 1))
        });
    }
}

/// An operation of a definition that is new or gone as a whole.
#[derive(Clone)]
struct Operation<'a> {
    kind: ChangeKind,
    /// The index of its change.
    change: usize,
    id: &'a str,
    node: NodeRef<'a>,
    at: At,
}

/// A few words about an operation, schema or channel as a whole.
fn summary(value: NodeRef<'_>) -> String {
    let text = ["summary", "title", "operationId", "description", "name"]
        .iter()
        .find_map(|key| value.get_str(key))
        .and_then(|text| text.lines().next());
    text.map_or_else(|| shown(value, false, false), str::to_owned)
}
