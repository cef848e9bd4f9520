//! Three-way merge of lists: by what makes an item itself, as sets where the order says nothing, else as sequences.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::format::identity::keys_of;
use crate::format::meaning::{Within, same};
use crate::format::merge_order::{like_neither, merge_order};
use crate::format::merge_text::merge_sequence;
use crate::format::merge_value::{Dialect, Merge, Step, Three, array, object};
use crate::format::merged::Merged;
use crate::format::node::{Kind, NodeRef};

/// Lists of plain values in definitions that are sets: what both sides add is in the result.
const SETS: &[&str] = &[
    "required", "enum", "tags", "type", "consumes", "produces", "schemes",
];

/// The items of one list on all three sides.
struct Lists<'a> {
    base: Vec<NodeRef<'a>>,
    ours: Vec<NodeRef<'a>>,
    theirs: Vec<NodeRef<'a>>,
}

impl<'a> Merge<'a> {
    pub(crate) fn list(
        &mut self,
        three: &Three<'a>,
        ours: NodeRef<'a>,
        theirs: NodeRef<'a>,
        place: Within,
        key: &str,
    ) -> Option<Merged<'a>> {
        let items = |side: Option<NodeRef<'a>>| -> Vec<NodeRef<'a>> {
            side.into_iter().flat_map(NodeRef::items).collect()
        };
        let lists = Lists {
            base: items(three.base),
            ours: items(three.ours),
            theirs: items(three.theirs),
        };
        let is_set =
            place == Within::Set || self.dialect == Dialect::Definition && SETS.contains(&key);
        if is_set && let Some(merged) = lists.as_set() {
            return Some(array(ours, merged));
        }
        if let Some(rows) = lists.rows(self.dialect == Dialect::Definition && key == "security") {
            let order = self.order_of(&rows, three, order_counts(self.dialect, place, key));
            return Some(array(ours, self.rows(&lists, &rows, &order, place)));
        }
        if let Some(merged) = lists.as_plain_values() {
            return Some(array(ours, merged));
        }
        if let Some(merged) = self.as_values(&lists, place) {
            return Some(array(ours, merged));
        }
        if same(ours, theirs, place) || three.base.is_some_and(|base| same(base, theirs, place)) {
            return Some(Merged::Taken(ours));
        }
        if three.base.is_some_and(|base| same(base, ours, place)) {
            return Some(Merged::Taken(theirs));
        }
        self.undecided(three, "both sides changed the list")
    }

    /// The order of the merged list. Where the order says something and both sides moved the same item to different places
    /// that is a conflict.
    fn order_of(&mut self, rows: &Rows, three: &Three<'a>, counts: OrderCounts) -> Vec<usize> {
        let merged = merge_order(&rows.base, &rows.ours, &rows.theirs);
        let is_disputed = merged.disputed
            && match counts {
                OrderCounts::Never => false,
                OrderCounts::AmongTwins => rows.twins_are_disputed(),
                OrderCounts::Always => true,
            };
        if !is_disputed {
            return merged.list;
        }
        let takes_theirs = self.theirs_at.contains(&self.conflicts.len());
        self.conflict(
            three,
            "both sides moved the same item to different places in the list",
        );
        if self.for_ancestor {
            return like_neither(&rows.base, merged.list);
        }
        if takes_theirs {
            return merge_order(&rows.base, &rows.theirs, &rows.ours).list;
        }
        merged.list
    }

    fn rows(
        &mut self,
        lists: &Lists<'a>,
        rows: &Rows,
        order: &[usize],
        place: Within,
    ) -> Vec<Merged<'a>> {
        let mut merged: Vec<Option<Merged<'a>>> = Vec::with_capacity(rows.list.len());
        // Not in the merged order, which an answer may change: conflicts are known by the order in which they are found.
        for row in &rows.list {
            let [base, ours, theirs] = row.sides;
            let values = Three {
                base: base.map(|index| lists.base[index]),
                ours: ours.map(|index| lists.ours[index]),
                theirs: theirs.map(|index| lists.theirs[index]),
            };
            self.steps.push(Step::Named(row.name.clone()));
            let value = self.value(&values, place, "");
            self.steps.pop();
            let is_new = values.base.is_none() && values.ours.is_none();
            merged.push(value.map(|value| match value {
                Merged::Taken(node) if is_new && place == Within::Response => {
                    self.with_own_id(node)
                }
                value => value,
            }));
        }
        order.iter().filter_map(|row| merged[*row].take()).collect()
    }

    /// What they added, without an id that something of ours has already: Postman hands out a new one.
    pub(crate) fn with_own_id(&self, node: NodeRef<'a>) -> Merged<'a> {
        let is_taken = |key: &str, value: NodeRef<'a>| {
            ID_KEYS.contains(&key) && value.as_str().is_some_and(|id| self.our_ids.contains(id))
        };
        let members = node
            .members()
            .filter(|member| !is_taken(member.key, member.value))
            .map(|member| (member.key, Merged::Taken(member.value)));
        object(node, members.collect())
    }

    /// Lists of objects without anything that makes them themselves: as sequences of whole values; where both sides changed
    /// the same one and none came or went, item by item.
    fn as_values(&mut self, lists: &Lists<'a>, place: Within) -> Option<Vec<Merged<'a>>> {
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut tokens = |list: &[NodeRef<'a>]| -> Vec<usize> {
            list.iter()
                .map(|node| {
                    let next = known.len();
                    *known.entry(meant(*node)).or_insert(next)
                })
                .collect()
        };
        let (base, ours, theirs) = (
            tokens(&lists.base),
            tokens(&lists.ours),
            tokens(&lists.theirs),
        );
        if let Some(sequence) = merge_sequence(&base, &ours, &theirs) {
            let all = ours.iter().zip(&lists.ours);
            let all = all.chain(theirs.iter().zip(&lists.theirs));
            return Some(taken(&sequence, all.map(|(token, node)| (*token, *node))));
        }
        if base.len() != ours.len() || base.len() != theirs.len() {
            return None;
        }
        let alike = |index: usize| {
            let kind = lists.base[index].kind();
            lists.ours[index].kind() == kind
                && lists.theirs[index].kind() == kind
                && kind == Kind::Object
        };
        if !(0..base.len())
            .all(|index| alike(index) || base[index] == ours[index] || base[index] == theirs[index])
        {
            return None;
        }
        let mut merged = Vec::with_capacity(base.len());
        for index in 0..base.len() {
            let values = Three {
                base: Some(lists.base[index]),
                ours: Some(lists.ours[index]),
                theirs: Some(lists.theirs[index]),
            };
            self.steps.push(Step::Named(index.to_string()));
            merged.extend(self.value(&values, place, ""));
            self.steps.pop();
        }
        Some(merged)
    }
}

/// The members that name a thing in Postman.
pub(crate) const ID_KEYS: &[&str] = &["id", "_postman_id", "uid"];

/// One item of a list, by its index on each side that has it.
struct Row {
    name: String,
    sides: [Option<usize>; 3],
}

/// Between which items of a list the order says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OrderCounts {
    /// None: each is looked up by what makes it itself.
    Never,
    /// Those of one name, such as two headers or two scripts of one kind.
    AmongTwins,
    /// All.
    Always,
}

fn order_counts(dialect: Dialect, place: Within, key: &str) -> OrderCounts {
    match (place, key) {
        (Within::Response | Within::AuthParameters | Within::NamedMap, _) => OrderCounts::Never,
        (
            Within::Header
            | Within::HeaderMap
            | Within::PathVariable
            | Within::Event
            | Within::Variable
            | Within::EnvironmentValue,
            _,
        )
        | (Within::OrderedMap, "variables")
        | (_, "scripts") => OrderCounts::AmongTwins,
        _ if dialect == Dialect::Definition
            && ["parameters", "security", "tags"].contains(&key) =>
        {
            OrderCounts::Never
        }
        _ => OrderCounts::Always,
    }
}

/// The items of all three sides, each once, and in which order each side has them.
struct Rows {
    list: Vec<Row>,
    base: Vec<usize>,
    ours: Vec<usize>,
    theirs: Vec<usize>,
}

impl Rows {
    /// Whether both sides moved the same one of several items of one name to different places among these.
    fn twins_are_disputed(&self) -> bool {
        let mut groups: HashMap<&str, HashSet<usize>> = HashMap::new();
        for (row, item) in self.list.iter().enumerate() {
            groups.entry(&item.name).or_default().insert(row);
        }
        groups
            .values()
            .filter(|group| group.len() > 1)
            .any(|group| {
                let twins = |side: &[usize]| -> Vec<usize> {
                    let own = side.iter().copied();
                    own.filter(|row| group.contains(row)).collect()
                };
                let (base, ours, theirs) =
                    (twins(&self.base), twins(&self.ours), twins(&self.theirs));
                merge_order(&base, &ours, &theirs).disputed
            })
    }
}

impl<'a> Lists<'a> {
    /// The items by what makes them themselves; `None` where there is nothing of the kind.
    fn rows(&self, by_member: bool) -> Option<Rows> {
        let sides = [&self.base, &self.ours, &self.theirs];
        let mut groups: HashMap<String, [Vec<usize>; 3]> = HashMap::new();
        let mut names: Vec<String> = Vec::new();
        for (side, list) in sides.into_iter().enumerate() {
            let mut seen: HashSet<String> = HashSet::with_capacity(list.len());
            for (index, key) in keys(list, by_member)?.into_iter().enumerate() {
                let name = without_number(key, &seen);
                let group = groups.entry(name.clone()).or_insert_with(|| {
                    names.push(name.clone());
                    Default::default()
                });
                group[side].push(index);
                seen.insert(name);
            }
        }
        let mut rows = Rows {
            list: Vec::with_capacity(names.len()),
            base: vec![usize::MAX; self.base.len()],
            ours: vec![usize::MAX; self.ours.len()],
            theirs: vec![usize::MAX; self.theirs.len()],
        };
        for name in names {
            let Some(group) = groups.remove(&name) else {
                continue;
            };
            for sides in self.twins(&group) {
                let row = rows.list.len();
                for (side, index) in [&mut rows.base, &mut rows.ours, &mut rows.theirs]
                    .into_iter()
                    .zip(sides)
                {
                    if let Some(index) = index {
                        side[index] = row;
                    }
                }
                rows.list.push(Row {
                    name: name.clone(),
                    sides,
                });
            }
        }
        Some(rows)
    }

    /// Which of several items of one name are the same ones: those that mean the same, then in their order where none came
    /// or went. What is left is an item of its own.
    fn twins(&self, group: &[Vec<usize>; 3]) -> Vec<[Option<usize>; 3]> {
        let [base, ours, theirs] = group;
        if group.iter().all(|side| side.len() <= 1) {
            let first = |side: &[usize]| side.first().copied();
            return vec![[first(base), first(ours), first(theirs)]];
        }
        let meant = |list: &[NodeRef<'a>], side: &[usize]| -> Vec<String> {
            side.iter().map(|index| meant(list[*index])).collect()
        };
        let texts = [
            meant(&self.base, base),
            meant(&self.ours, ours),
            meant(&self.theirs, theirs),
        ];
        let to_ours = pair_twins(&texts[0], &texts[1], true);
        let to_theirs = pair_twins(&texts[0], &texts[2], true);
        let mut rows: Vec<[Option<usize>; 3]> = (0..base.len())
            .map(|at| {
                [
                    Some(base[at]),
                    to_ours[at].map(|at| ours[at]),
                    to_theirs[at].map(|at| theirs[at]),
                ]
            })
            .collect();
        let left = |pairs: &[Option<usize>], side: &[usize]| -> Vec<usize> {
            let known: HashSet<usize> = pairs.iter().flatten().copied().collect();
            (0..side.len()).filter(|at| !known.contains(at)).collect()
        };
        let (own, other) = (left(&to_ours, ours), left(&to_theirs, theirs));
        // What both added alike is one addition.
        let text_of = |texts: &[String], list: &[usize]| -> Vec<String> {
            list.iter().map(|at| texts[*at].clone()).collect()
        };
        let added = pair_twins(
            &text_of(&texts[1], &own),
            &text_of(&texts[2], &other),
            false,
        );
        let both: HashSet<usize> = added.iter().flatten().copied().collect();
        for (at, own) in own.iter().enumerate() {
            let twin = added[at].map(|at| theirs[other[at]]);
            rows.push([None, Some(ours[*own]), twin]);
        }
        for (at, other) in other.iter().enumerate() {
            if !both.contains(&at) {
                rows.push([None, None, Some(theirs[*other])]);
            }
        }
        rows
    }

    /// A set of plain values: without what one side removed, with what either added. `None` for anything else.
    fn as_set(&self) -> Option<Vec<Merged<'a>>> {
        let keys = |list: &[NodeRef<'a>]| -> Option<Vec<String>> {
            let mut seen = HashSet::new();
            let keys = list.iter().map(|node| {
                let is_plain = !matches!(node.kind(), Kind::Array | Kind::Object);
                is_plain
                    .then(|| meant(*node))
                    .filter(|key| seen.insert(key.clone()))
            });
            keys.collect()
        };
        let (base, ours, theirs) = (keys(&self.base)?, keys(&self.ours)?, keys(&self.theirs)?);
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        for key in base.iter().chain(&ours).chain(&theirs) {
            let next = numbers.len();
            numbers.entry(key).or_insert(next);
        }
        let of = |list: &[String]| -> Vec<usize> {
            list.iter().map(|key| numbers[key.as_str()]).collect()
        };
        let (base, ours, theirs) = (of(&base), of(&ours), of(&theirs));
        let known = |list: &[usize]| list.iter().copied().collect::<HashSet<usize>>();
        let (in_base, in_ours, in_theirs) = (known(&base), known(&ours), known(&theirs));
        let mut order = merge_order(&base, &ours, &theirs).list;
        order.retain(|key| {
            (in_ours.contains(key) && in_theirs.contains(key)) || !in_base.contains(key)
        });
        let all = ours.iter().zip(&self.ours);
        let all = all.chain(theirs.iter().zip(&self.theirs));
        Some(taken(&order, all.map(|(key, node)| (*key, *node))))
    }

    /// Plain values, such as the lines of a script, as a sequence. `None` for anything else, and where both sides changed
    /// the same part.
    fn as_plain_values(&self) -> Option<Vec<Merged<'a>>> {
        let plain = |list: &[NodeRef<'a>]| -> Option<Vec<(u8, &'a str)>> {
            list.iter()
                .map(|node| node.as_text().map(|text| (node.kind() as u8, text)))
                .collect()
        };
        let (base, ours, theirs) = (plain(&self.base)?, plain(&self.ours)?, plain(&self.theirs)?);
        let sequence = merge_sequence(&base, &ours, &theirs)?;
        let all = ours.iter().zip(&self.ours);
        let all = all.chain(theirs.iter().zip(&self.theirs));
        Some(taken(&sequence, all.map(|(key, node)| (*key, *node))))
    }
}

/// The values of a merged sequence, each from us where we have it, so that it stays as it is written.
fn taken<'a, T: Copy + Eq + std::hash::Hash>(
    sequence: &[T],
    all: impl Iterator<Item = (T, NodeRef<'a>)>,
) -> Vec<Merged<'a>> {
    let mut left: HashMap<T, VecDeque<NodeRef<'a>>> = HashMap::new();
    for (key, node) in all {
        left.entry(key).or_default().push_back(node);
    }
    let next = |key: &T| {
        let nodes = left.get_mut(key)?;
        if nodes.len() > 1 {
            nodes.pop_front()
        } else {
            nodes.front().copied()
        }
    };
    sequence
        .iter()
        .filter_map(next)
        .map(Merged::Taken)
        .collect()
}

/// For each of the first the one of the second that is the same: equal ones, then, where that is wanted, in their order if
/// as many are left.
fn pair_twins(from: &[String], to: &[String], in_order: bool) -> Vec<Option<usize>> {
    let mut waiting: HashMap<&str, VecDeque<usize>> = HashMap::new();
    for (at, text) in to.iter().enumerate() {
        waiting.entry(text).or_default().push_back(at);
    }
    let mut pairs: Vec<Option<usize>> = from
        .iter()
        .map(|text| waiting.get_mut(text.as_str()).and_then(VecDeque::pop_front))
        .collect();
    let known: HashSet<usize> = pairs.iter().flatten().copied().collect();
    let left: Vec<usize> = (0..to.len()).filter(|at| !known.contains(at)).collect();
    if in_order && pairs.iter().filter(|pair| pair.is_none()).count() == left.len() {
        let alone = pairs.iter_mut().filter(|pair| pair.is_none());
        for (pair, at) in alone.zip(left) {
            *pair = Some(at);
        }
    }
    pairs
}

/// What makes each item itself. A security requirement is itself by the schemes it names.
fn keys(list: &[NodeRef<'_>], by_member: bool) -> Option<Vec<String>> {
    if !by_member {
        return keys_of(list);
    }
    let names = |node: &NodeRef<'_>| {
        let mut names: Vec<&str> = node.members().map(|member| member.key).collect();
        names.sort_unstable();
        (node.kind() == Kind::Object).then(|| names.join(" and "))
    };
    list.iter().map(names).collect()
}

/// A key without the number that tells twins apart.
fn without_number(key: String, seen: &HashSet<String>) -> String {
    match key.rsplit_once('#') {
        Some((name, number))
            if number.bytes().all(|byte| byte.is_ascii_digit()) && seen.contains(name) =>
        {
            name.to_owned()
        }
        _ => key,
    }
}

/// What a value means, as text: keys in order, and no space between.
pub(crate) fn meant(node: NodeRef<'_>) -> String {
    let mut out = String::new();
    mean(node, &mut out);
    out
}

fn mean(node: NodeRef<'_>, out: &mut String) {
    match node.kind() {
        Kind::Object => {
            let mut members: Vec<_> = node.members().collect();
            members.sort_by_key(|member| member.key);
            out.push('{');
            for member in members {
                out.push_str(&serde_json::Value::from(member.key).to_string());
                out.push(':');
                mean(member.value, out);
                out.push(',');
            }
            out.push('}');
        }
        Kind::Array => {
            out.push('[');
            for item in node.items() {
                mean(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Kind::String => {
            out.push_str(&serde_json::Value::from(node.as_str().unwrap_or_default()).to_string());
        }
        Kind::Null => out.push_str("null"),
        _ => out.push_str(node.as_text().unwrap_or_default()),
    }
}
