//! Parts of an API definition that have another name and are the same: paths whose parameters were renamed or that moved
//! with their operations, and schemas, responses, channels … with the same content.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::format::assignment::{Candidate, assign};
use crate::format::meaning::{Within, same};
use crate::format::node::{Kind, NodeRef, pointer_part};

/// More components of one shape than this are not compared with each other.
const MOST_OF_A_SHAPE: usize = 64;

/// References that follow renames which follow renames: so many steps.
const ROUNDS: usize = 8;

/// A key and its value.
type Named<'a> = (&'a str, NodeRef<'a>);

/// Keys of objects that were renamed, by the JSON Pointer of the object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Renames {
    of_holder: BTreeMap<String, Vec<(String, String)>>,
    /// References as they were, and as they are where what they name was renamed.
    references: HashMap<String, String>,
}

impl Renames {
    /// What was renamed between two definitions.
    pub(crate) fn between(before: NodeRef<'_>, after: NodeRef<'_>) -> Self {
        let mut renames = Self::default();
        renames.components(before, after);
        for holder in ["paths", "webhooks", "channels"] {
            if let (Some(one), Some(other)) = (before.get(holder), after.get(holder)) {
                renames.paths(one, other, &format!("/{holder}"));
            }
        }
        renames
    }

    /// The keys below an object that were renamed: from, to.
    pub(crate) fn at(&self, pointer: &str) -> &[(String, String)] {
        self.of_holder.get(pointer).map_or(&[], Vec::as_slice)
    }

    /// Whether a reference differs only since what it names was renamed.
    pub(crate) fn follows(&self, before: &str, after: &str) -> bool {
        self.references.get(before).is_some_and(|to| to == after)
    }

    fn add(&mut self, holder: &str, from: &str, to: &str) {
        let reference = |key: &str| format!("#{holder}/{}", pointer_part(key));
        self.references.insert(reference(from), reference(to));
        self.of_holder
            .entry(holder.to_owned())
            .or_default()
            .push((from.to_owned(), to.to_owned()));
    }

    /// Components with the same content under another name, as long as there is only one such pair.
    fn components(&mut self, before: NodeRef<'_>, after: NodeRef<'_>) {
        let mut holders: Vec<(String, NodeRef<'_>, NodeRef<'_>)> = Vec::new();
        for key in [
            "definitions",
            "parameters",
            "responses",
            "channels",
            "operations",
            "servers",
        ] {
            if let (Some(one), Some(other)) = (before.get(key), after.get(key)) {
                holders.push((format!("/{key}"), one, other));
            }
        }
        if let (Some(one), Some(other)) = (before.get("components"), after.get("components")) {
            for member in one.members() {
                if let Some(other) = other.get(member.key) {
                    let pointer = format!("/components/{}", pointer_part(member.key));
                    holders.push((pointer, member.value, other));
                }
            }
        }
        // What refers to a renamed schema is the same once that is known: again until nothing is found.
        for _ in 0..ROUNDS {
            let known = self.references.len();
            for (pointer, one, other) in &holders {
                self.same_content(*one, *other, pointer);
            }
            if self.references.len() == known {
                break;
            }
        }
    }

    fn same_content(&mut self, before: NodeRef<'_>, after: NodeRef<'_>, holder: &str) {
        let (old, new) = self.on_one_side(before, after, holder);
        if old.is_empty() || new.is_empty() {
            return;
        }
        let mut shapes: HashMap<Vec<String>, (Vec<usize>, Vec<usize>)> = HashMap::new();
        for (index, (_, value)) in old.iter().enumerate() {
            shapes.entry(shape(*value)).or_default().0.push(index);
        }
        for (index, (_, value)) in new.iter().enumerate() {
            shapes.entry(shape(*value)).or_default().1.push(index);
        }
        let mut found = Vec::new();
        for (shape, (of_old, of_new)) in shapes {
            if shape.len() < 2 || of_old.len().max(of_new.len()) > MOST_OF_A_SHAPE {
                continue;
            }
            let alike = |one: usize, other: usize| {
                let own = (
                    format!("#{holder}/{}", pointer_part(old[one].0)),
                    format!("#{holder}/{}", pointer_part(new[other].0)),
                );
                self.same_but_references(old[one].1, new[other].1, &own)
            };
            for one in &of_old {
                let candidates: Vec<usize> = of_new
                    .iter()
                    .copied()
                    .filter(|other| alike(*one, *other))
                    .collect();
                if let [only] = candidates[..]
                    && of_old.iter().filter(|one| alike(**one, only)).count() == 1
                {
                    found.push((*one, only));
                }
            }
        }
        found.sort_unstable();
        for (one, other) in found {
            let (from, to) = (old[one].0.to_owned(), new[other].0.to_owned());
            self.add(holder, &from, &to);
        }
    }

    /// Whether two values mean the same once references follow what was renamed, this very pair included.
    fn same_but_references(
        &self,
        one: NodeRef<'_>,
        other: NodeRef<'_>,
        own: &(String, String),
    ) -> bool {
        match (one.kind(), other.kind()) {
            (Kind::Object, Kind::Object) => {
                if let (Some(one), Some(other)) = (one.get_str("$ref"), other.get_str("$ref")) {
                    return one == other
                        || self.follows(one, other)
                        || (one == own.0 && other == own.1);
                }
                one.members().len() == other.members().len()
                    && one.members().all(|member| {
                        other
                            .get(member.key)
                            .is_some_and(|value| self.same_but_references(member.value, value, own))
                    })
            }
            (Kind::Array, Kind::Array) => {
                one.items().len() == other.items().len()
                    && one
                        .items()
                        .zip(other.items())
                        .all(|(one, other)| self.same_but_references(one, other, own))
            }
            _ => same(one, other, Within::Value),
        }
    }

    /// Paths that differ in the names of their parameters only, then those whose operations are the same by their id.
    fn paths(&mut self, before: NodeRef<'_>, after: NodeRef<'_>, holder: &str) {
        let (old, new) = self.on_one_side(before, after, holder);
        let mut templates: HashMap<String, (Vec<usize>, Vec<usize>)> = HashMap::new();
        for (index, (path, _)) in old.iter().enumerate() {
            let known = templates.entry(path_template(path)).or_default();
            known.0.push(index);
        }
        for (index, (path, _)) in new.iter().enumerate() {
            let known = templates.entry(path_template(path)).or_default();
            known.1.push(index);
        }
        let mut pairs: Vec<(usize, usize)> = templates
            .into_values()
            .filter_map(|(old, new)| match (&old[..], &new[..]) {
                ([old], [new]) => Some((*old, *new)),
                _ => None,
            })
            .collect();
        let (mut used_old, mut used_new): (HashSet<usize>, HashSet<usize>) =
            pairs.iter().copied().unzip();
        let mut operations: HashMap<&str, usize> = HashMap::new();
        for (index, (_, value)) in old.iter().enumerate() {
            if !used_old.contains(&index) {
                operations.extend(operation_ids(*value).map(|id| (id, index)));
            }
        }
        let mut shared: BTreeMap<(usize, usize), u32> = BTreeMap::new();
        for (index, (_, value)) in new.iter().enumerate() {
            if used_new.contains(&index) {
                continue;
            }
            for id in operation_ids(*value) {
                if let Some(old) = operations.get(id) {
                    *shared.entry((*old, index)).or_default() += 1;
                }
            }
        }
        let candidates: Vec<Candidate> = shared
            .into_iter()
            .map(|((from, to), weight)| Candidate { from, to, weight })
            .collect();
        let by_operations = assign(&candidates);
        used_old.extend(by_operations.iter().map(|(old, _)| *old));
        used_new.extend(by_operations.iter().map(|(_, new)| *new));
        pairs.extend(by_operations);
        pairs.sort_unstable();
        for (one, other) in pairs {
            let (from, to) = (old[one].0.to_owned(), new[other].0.to_owned());
            self.add(holder, &from, &to);
        }
    }

    /// Members that only one of the objects has and that no rename names yet.
    fn on_one_side<'a>(
        &self,
        before: NodeRef<'a>,
        after: NodeRef<'a>,
        holder: &str,
    ) -> (Vec<Named<'a>>, Vec<Named<'a>>) {
        let keys = |node: NodeRef<'a>| {
            node.members()
                .map(|member| member.key)
                .collect::<HashSet<&'a str>>()
        };
        let (of_before, of_after) = (keys(before), keys(after));
        let known = self.at(holder);
        let only = |node: NodeRef<'a>, others: &HashSet<&str>, is_known: &dyn Fn(&str) -> bool| {
            node.members()
                .enumerate()
                .filter(|(index, member)| {
                    node.counts(*index) && !others.contains(member.key) && !is_known(member.key)
                })
                .map(|(_, member)| (member.key, member.value))
                .collect::<Vec<_>>()
        };
        (
            only(before, &of_after, &|key| {
                known.iter().any(|(from, _)| from == key)
            }),
            only(after, &of_before, &|key| {
                known.iter().any(|(_, to)| to == key)
            }),
        )
    }
}

/// A path with every parameter as `{}` and no slash at the end.
pub(crate) fn path_template(path: &str) -> String {
    let segments: Vec<String> = path
        .trim_end_matches('/')
        .split('/')
        .map(|segment| {
            let mut shown = String::new();
            let mut rest = segment;
            while let Some((before, behind)) = rest.split_once('{') {
                let Some((_, behind)) = behind.split_once('}') else {
                    break;
                };
                shown.push_str(before);
                shown.push_str("{}");
                rest = behind;
            }
            shown.push_str(rest);
            shown
        })
        .collect();
    segments.join("/")
}

fn operation_ids(path: NodeRef<'_>) -> impl Iterator<Item = &str> {
    path.members()
        .filter_map(|member| member.value.get_str("operationId"))
}

/// What two values must share to be worth comparing: their keys, their type, the names of their properties.
fn shape(value: NodeRef<'_>) -> Vec<String> {
    let mut shape: Vec<String> = value
        .members()
        .map(|member| member.key.to_owned())
        .collect();
    if let Some(properties) = value.get("properties") {
        shape.extend(
            properties
                .members()
                .map(|member| format!("/{}", member.key)),
        );
    }
    shape.sort_unstable();
    shape.push(value.get_str("type").unwrap_or_default().to_owned());
    shape
}

#[cfg(test)]
mod tests {
    use super::{Renames, path_template};
    use crate::format::json;

    #[test]
    fn parameters_of_a_path_have_no_name() {
        assert_eq!(path_template("/pets/{id}/x-{a}.{b}/"), "/pets/{}/x-{}.{}");
        assert_eq!(path_template("/pets/{open"), "/pets/{open");
    }

    #[test]
    fn a_schema_and_those_that_refer_to_each_other_are_found_under_new_names() {
        let text = |pet: &str, owner: &str| {
            format!(
                r##"{{"components": {{"schemas": {{
                    "{pet}": {{"type": "object", "properties": {{"owner": {{"$ref": "#/components/schemas/{owner}"}}, "child": {{"$ref": "#/components/schemas/{pet}"}}}}}},
                    "{owner}": {{"type": "object", "properties": {{"name": {{"type": "string"}}}}}},
                    "Empty": {{}}
                }}}}}}"##
            )
        };
        let (before, _) = json::parse(text("Pet", "Owner"));
        let (after, _) = json::parse(text("Animal", "Person"));
        let renames = Renames::between(before.root().unwrap(), after.root().unwrap());
        assert!(renames.follows("#/components/schemas/Pet", "#/components/schemas/Animal"));
        assert_eq!(renames.at("/components/schemas").len(), 2);
    }
}
