//! Three-way merge of documents by what they mean: members by key, list items by identity, requests and folders by
//! being the same ones, scripts by line. A conflict is a value; the document stays whole, with our side in it.

use std::collections::{BTreeSet, HashMap};

use crate::format::detect::Format;
use crate::format::items::Items;
use crate::format::meaning::Within;
use crate::format::merge_items::{Tree, insert_item};
use crate::format::merge_value::{Conflict, Dialect, Merge, Three, array, object};
use crate::format::merged::Merged;
use crate::format::node::{Kind, NodeId, NodeRef};

/// A merge of three documents.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// The result; where there are conflicts, with our side in it.
    pub merged: Merged<'a>,
    /// What nobody but a person can decide.
    pub conflicts: Vec<Conflict>,
    /// For each of our values that was merged part by part what it was and what they have.
    pub(crate) origins: HashMap<NodeId, Three<'a>>,
}

/// Merges two changes of a document. `for_ancestor` is for the common ancestor of a merge to come, which git makes where
/// there are several: what is in conflict then looks like neither side, so that the next merge does not take it for
/// unchanged.
pub fn merge<'a>(
    format: Format,
    base: NodeRef<'a>,
    ours: NodeRef<'a>,
    theirs: NodeRef<'a>,
    for_ancestor: bool,
) -> Outcome<'a> {
    let mut merge = Merge::new(format, [base, ours, theirs]);
    merge.for_ancestor = for_ancestor;
    merged(merge, [base, ours, theirs])
}

/// The same merge with some of its conflicts answered: those with these numbers, counted in the order in which [`merge`]
/// gives them, have their side in the result. All conflicts are given again. One about folders or requests as a whole, or
/// about their order, is not answered in this way.
pub fn merge_taking<'a>(
    format: Format,
    base: NodeRef<'a>,
    ours: NodeRef<'a>,
    theirs: NodeRef<'a>,
    theirs_at: BTreeSet<usize>,
) -> Outcome<'a> {
    let mut merge = Merge::new(format, [base, ours, theirs]);
    merge.theirs_at = theirs_at;
    merged(merge, [base, ours, theirs])
}

fn merged<'a>(mut merge: Merge<'a>, [base, ours, theirs]: [NodeRef<'a>; 3]) -> Outcome<'a> {
    let three = Three {
        base: Some(base),
        ours: Some(ours),
        theirs: Some(theirs),
    };
    let merged = if merge.alike(Some(base), Some(theirs)) || merge.alike(Some(ours), Some(theirs)) {
        Merged::Taken(ours)
    } else if merge.alike(Some(base), Some(ours)) {
        Merged::Taken(theirs)
    } else if merge.dialect == Dialect::Collection
        && [ours, theirs]
            .iter()
            .all(|side| Items::of(*side).are_all_of(*side))
        && (!is_object(base) || Items::of(base).are_all_of(base))
    {
        collection(&mut merge, &three, [base, ours, theirs])
    } else {
        merge
            .value(&three, merge.place, "")
            .unwrap_or(Merged::Taken(ours))
    };
    Outcome {
        merged,
        conflicts: merge.conflicts,
        origins: merge.origins,
    }
}

/// Merges two changes of a collection of version 2.
pub fn merge_collections<'a>(
    base: NodeRef<'a>,
    ours: NodeRef<'a>,
    theirs: NodeRef<'a>,
) -> (Merged<'a>, Vec<Conflict>) {
    let outcome = merge(Format::Collection21, base, ours, theirs, false);
    (outcome.merged, outcome.conflicts)
}

/// Merges two changes of any other document.
pub fn merge_values<'a>(
    base: NodeRef<'a>,
    ours: NodeRef<'a>,
    theirs: NodeRef<'a>,
) -> (Merged<'a>, Vec<Conflict>) {
    let outcome = merge(Format::Unknown, base, ours, theirs, false);
    (outcome.merged, outcome.conflicts)
}

fn collection<'a>(
    merge: &mut Merge<'a>,
    three: &Three<'a>,
    [base, ours, theirs]: [NodeRef<'a>; 3],
) -> Merged<'a> {
    let mut members = merge.members(three, Within::Collection, Some("item"));
    let tree = Tree::new(base, ours, theirs, merge);
    let list = ours.get("item").or_else(|| theirs.get("item"));
    if let Some(like) = list {
        let items = tree.children(None, merge);
        // No list and an empty one are the same.
        if !items.is_empty() || ours.get("item").is_some() {
            insert_item(&mut members, ours, array(like, items));
        }
    }
    object(ours, members)
}

fn is_object(node: NodeRef<'_>) -> bool {
    node.kind() == Kind::Object
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use std::collections::BTreeSet;

    use super::{Conflict, merge_collections, merge_taking};
    use crate::format::detect::Format;
    use crate::format::json;
    use crate::format::write::to_text;

    /// Merges three texts; gives the result and for each conflict its item, field and message.
    fn merged(base: &str, ours: &str, theirs: &str) -> (String, Vec<(String, String, String)>) {
        let (text, conflicts) = merged_with_values(base, ours, theirs);
        let told = conflicts
            .into_iter()
            .map(|conflict| (conflict.item, conflict.field, conflict.message));
        (text, told.collect())
    }

    fn merged_with_values(base: &str, ours: &str, theirs: &str) -> (String, Vec<Conflict>) {
        let parsed = [base, ours, theirs].map(|text| json::parse(text.to_owned()).0);
        let [base, ours, theirs] = &parsed;
        let roots = (
            base.root().unwrap(),
            ours.root().unwrap(),
            theirs.root().unwrap(),
        );
        let (merged, conflicts) = merge_collections(roots.0, roots.1, roots.2);
        (to_text(&merged, ours).unwrap(), conflicts)
    }

    const BASE: &str = r#"{
	"info": {
		"name": "Shop"
	},
	"item": [
		{
			"name": "Orders",
			"item": [
				{
					"name": "List",
					"request": {
						"method": "GET",
						"header": [
							{
								"key": "A",
								"value": "1"
							},
							{
								"key": "B",
								"value": "2"
							}
						],
						"url": "/orders"
					}
				},
				{
					"name": "Create",
					"event": [
						{
							"listen": "test",
							"script": {
								"exec": [
									"one",
									"two",
									"three"
								]
							}
						}
					],
					"request": {
						"method": "POST",
						"url": "/orders"
					}
				}
			]
		},
		{
			"name": "Admin",
			"item": []
		}
	]
}
"#;

    fn clean(base: &str, ours: &str, theirs: &str) -> String {
        let (text, conflicts) = merged(base, ours, theirs);
        assert_eq!(conflicts, []);
        let (other, conflicts) = merged(base, theirs, ours);
        assert_eq!(conflicts, []);
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&text), value(&other), "the sides matter");
        text
    }

    #[test]
    fn an_unchanged_side_gives_the_other_byte_by_byte() {
        let changed = BASE.replace("\"List\"", "\"List all\"");
        assert_eq!(merged(BASE, &changed, BASE), (changed.clone(), Vec::new()));
        assert_eq!(merged(BASE, BASE, &changed), (changed.clone(), Vec::new()));
        assert_eq!(merged(BASE, &changed, &changed), (changed, Vec::new()));
    }

    #[test]
    fn edits_of_different_requests_and_of_different_fields_merge() {
        let ours = BASE
            .replace("\"List\"", "\"List all\"")
            .replace("\"value\": \"1\"", "\"value\": \"x\"");
        let theirs = BASE
            .replace("\"value\": \"2\"", "\"value\": \"y\"")
            .replace("\"three\"", "\"three\",\n\t\t\t\t\t\t\t\t\t\"four\"");
        let expected = ours
            .replace("\"value\": \"2\"", "\"value\": \"y\"")
            .replace("\"three\"", "\"three\",\n\t\t\t\t\t\t\t\t\t\"four\"");
        assert_eq!(clean(BASE, &ours, &theirs), expected);
    }

    #[test]
    fn both_sides_add_headers_and_lines() {
        let ours = BASE.replace("\"one\",", "\"zero\",\n\t\t\t\t\t\t\t\t\t\"one\",");
        let theirs = BASE.replace("\"three\"", "\"four\"").replace(
            "\"method\": \"GET\",",
            "\"method\": \"GET\",\n\t\t\t\t\t\t\"description\": \"all of them\",",
        );
        let text = clean(BASE, &ours, &theirs);
        assert!(
            text.contains("\"zero\"") && text.contains("\"four\"") && text.contains("all of them"),
            "{text}"
        );
        assert!(
            text.contains("\n\t\t\t\t\t\t\"description\": \"all of them\""),
            "{text}"
        );
    }

    /// The collection with one request in another folder.
    fn moved() -> String {
        let start = BASE
            .find("\t\t\t\t{\n\t\t\t\t\t\"name\": \"Create\"")
            .unwrap();
        let end = BASE[start..].find("\n\t\t\t\t}").unwrap() + start + "\n\t\t\t\t}".len();
        let request = &BASE[start..end];
        let without = BASE.replace(&format!(",\n{request}"), "");
        without.replace("\"item\": []", &format!("\"item\": [\n{request}\n\t\t\t]"))
    }

    #[test]
    fn an_edit_follows_a_moved_request() {
        let theirs = BASE.replace("\"two\"", "\"2\"");
        assert_eq!(
            clean(BASE, &moved(), &theirs),
            moved().replace("\"two\"", "\"2\"")
        );
    }

    #[test]
    fn the_same_field_changed_twice_is_a_conflict_and_ours_stands() {
        let ours = BASE.replace("\"value\": \"1\"", "\"value\": \"x\"");
        let theirs = BASE.replace("\"value\": \"1\"", "\"value\": \"y\"");
        let (text, conflicts) = merged(BASE, &ours, &theirs);
        assert_eq!(text, ours);
        let expected = (
            "Orders / List".to_owned(),
            "/request/header/A/value".to_owned(),
            "both sides changed it".to_owned(),
        );
        assert_eq!(conflicts, [expected]);
    }

    #[test]
    fn a_removal_against_an_edit_is_a_conflict() {
        let start = BASE
            .find(",\n\t\t\t\t{\n\t\t\t\t\t\"name\": \"Create\"")
            .unwrap();
        let end = BASE[start..].find("\n\t\t\t\t}").unwrap() + start + "\n\t\t\t\t}".len();
        let removed = format!("{}{}", &BASE[..start], &BASE[end..]);
        let edited = BASE.replace("\"two\"", "\"2\"");
        let (text, conflicts) = merged(BASE, &removed, &edited);
        assert_eq!(
            (text.as_str(), conflicts[0].2.as_str()),
            (removed.as_str(), "we removed what they changed")
        );
        let (text, conflicts) = merged(BASE, &edited, &removed);
        assert_eq!(
            (text.as_str(), conflicts[0].2.as_str()),
            (edited.as_str(), "they removed what we changed")
        );
        assert_eq!(
            clean(BASE, &removed, &BASE.replace("\"List\"", "\"All\"")),
            removed.replace("\"List\"", "\"All\"")
        );
    }

    #[test]
    fn new_ids_are_nobodys_edit() {
        let ours = BASE.replace(
            "\"name\": \"List\"",
            "\"id\": \"1\",\n\t\t\t\t\t\"name\": \"List\"",
        );
        let theirs = BASE
            .replace(
                "\"name\": \"List\"",
                "\"id\": \"2\",\n\t\t\t\t\t\"name\": \"List\"",
            )
            .replace("\"two\"", "\"2\"");
        let (text, conflicts) = merged(BASE, &ours, &theirs);
        assert_eq!(
            (text, conflicts),
            (ours.replace("\"two\"", "\"2\""), Vec::new())
        );
    }

    #[test]
    fn a_type_goes_along_with_the_value_that_shows_it() {
        let with = |variable: &str| format!(r#"{{"item": [], "variable": [{variable}]}}"#);
        let base = with(r#"{"key": "n", "value": "5", "type": "string"}"#);
        let ours =
            with(r#"{"key": "n", "value": "5", "type": "string", "description": "how many"}"#);
        let theirs = with(r#"{"key": "n", "value": 5, "type": "number"}"#);
        let expected =
            with(r#"{"key": "n", "value": 5, "type": "number", "description": "how many"}"#);
        assert_eq!(clean(&base, &ours, &theirs), expected);
    }

    #[test]
    fn their_order_of_a_list_does_not_carry_the_other_answers_elsewhere() {
        let of = |order: [&str; 4], value: &str| {
            let query = order.map(|key| format!(r#"{{"key": "{key}", "value": "{value}{key}"}}"#));
            let query = query.join(", ");
            format!(
                r#"{{"item": [{{"name": "a", "request": {{"body": {{"mode": "urlencoded", "urlencoded": [{query}]}}}}}}]}}"#
            )
        };
        let texts = [
            of(["a", "b", "c", "d"], "0"),
            of(["b", "c", "a", "d"], "1"),
            of(["b", "c", "d", "a"], "2"),
        ];
        let documents = texts.map(|text| json::parse(text).0);
        let [base, ours, theirs] = documents.each_ref().map(|one| one.root().unwrap());
        let taking = |numbers: &[usize]| {
            let numbers = numbers.iter().copied().collect::<BTreeSet<usize>>();
            let outcome = merge_taking(Format::Collection21, base, ours, theirs, numbers);
            let text = to_text(&outcome.merged, ours.document()).unwrap();
            let query = value_of(&text)["item"][0]["request"]["body"]["urlencoded"].take();
            let values = query.as_array().unwrap().iter();
            let values: Vec<String> = values
                .map(|one| one["value"].as_str().unwrap().to_owned())
                .collect();
            let fields = outcome.conflicts.into_iter().map(|conflict| conflict.field);
            (fields.collect::<Vec<String>>(), values)
        };
        let (fields, values) = taking(&[]);
        assert_eq!(fields.len(), 5, "{fields:?}");
        assert_eq!(values, ["1b", "1c", "1a", "1d"]);
        for (number, field) in fields.iter().enumerate().skip(1) {
            let key = field.split('/').rev().nth(1).unwrap();
            let (again, values) = taking(&[0, number]);
            assert_eq!(again, fields);
            let wanted =
                ["b", "c", "d", "a"].map(|one| format!("{}{one}", if one == key { 2 } else { 1 }));
            assert_eq!(values, wanted, "{field}");
        }
    }

    #[test]
    fn both_sides_add_requests() {
        let add = |name: &str| {
            BASE.replace("\"item\": []", &format!("\"item\": [\n\t\t\t\t{{\n\t\t\t\t\t\"name\": \"{name}\",\n\t\t\t\t\t\"request\": \"/{name}\"\n\t\t\t\t}}\n\t\t\t]"))
        };
        let (text, conflicts) = merged(BASE, &add("a"), &add("b"));
        assert_eq!(conflicts, []);
        assert!(text.contains("\"/a\"") && text.contains("\"/b\""), "{text}");
        assert_eq!(merged(BASE, &add("a"), &add("a")), (add("a"), Vec::new()));
    }

    #[test]
    fn folders_moved_into_each_other_do_not_vanish() {
        let base = r#"{"item": [{"name": "A", "item": []}, {"name": "B", "item": []}]}"#;
        let ours = r#"{"item": [{"name": "B", "item": [{"name": "A", "item": []}]}]}"#;
        let theirs = r#"{"item": [{"name": "A", "item": [{"name": "B", "item": []}]}]}"#;
        let (text, conflicts) = merged(base, ours, theirs);
        assert_eq!(conflicts.len(), 1);
        assert!(text.contains("\"A\"") && text.contains("\"B\""), "{text}");
    }

    /// A collection of three folders with four requests each.
    fn grown() -> Value {
        let request = |number: usize| {
            serde_json::json!({
                "name": format!("r{number}"),
                "event": [{"listen": "test", "script": {"exec": ["one", "two", "three", "four"]}}],
                "request": {"method": "GET", "header": [{"key": "A", "value": "1"}, {"key": "B", "value": "2"}], "url": format!("/r/{number}")},
                "response": []
            })
        };
        let folder = |number: usize| {
            let items: Vec<Value> = (0..4).map(|item| request(number * 4 + item)).collect();
            serde_json::json!({"name": format!("f{number}"), "item": items})
        };
        serde_json::json!({"info": {"name": "c"}, "item": (0..3).map(folder).collect::<Vec<_>>()})
    }

    /// One edit of a side. Whatever it writes holds `mark`, so that it can be found again.
    fn edit(collection: &mut Value, operation: u8, target: usize, mark: &str) {
        let folders = collection["item"].as_array().unwrap().len();
        if folders == 0 {
            return;
        }
        let folder = target % folders;
        let items = collection["item"][folder]["item"].as_array_mut().unwrap();
        if items.is_empty() || operation == 0 {
            items.push(serde_json::json!({"name": mark, "request": {"method": "GET", "url": format!("/{mark}")}}));
            return;
        }
        let item = (target / 7) % items.len();
        match operation {
            1 => items[item]["name"] = mark.into(),
            2 => items[item]["request"]["method"] = mark.into(),
            3 => items[item]["request"]["description"] = mark.into(),
            4 => {
                let headers = items[item]["request"]["header"].as_array_mut();
                headers.into_iter().for_each(|headers| {
                    headers.push(serde_json::json!({"key": mark, "value": "x"}))
                });
            }
            5 => {
                let lines = items[item]
                    .pointer_mut("/event/0/script/exec")
                    .and_then(Value::as_array_mut);
                lines
                    .into_iter()
                    .for_each(|lines| lines.insert((target / 3) % (lines.len() + 1), mark.into()));
            }
            6 => drop(items.remove(item)),
            7 => {
                let moved = items.remove(item);
                let to = (folder + 1 + target % 2) % folders;
                collection["item"][to]["item"]
                    .as_array_mut()
                    .unwrap()
                    .push(moved);
            }
            8 => items.swap(item, 0),
            9 => drop(collection["item"].as_array_mut().unwrap().remove(folder)),
            _ => collection["item"][folder]["name"] = mark.into(),
        }
    }

    fn sides(edits: &[(u8, usize)], mark: &str) -> (Value, Vec<String>) {
        let mut side = grown();
        let marks: Vec<String> = (0..edits.len())
            .map(|number| format!("{mark}{number}z"))
            .collect();
        for ((operation, target), mark) in edits.iter().zip(&marks) {
            edit(&mut side, *operation, *target, mark);
        }
        let text = side.to_string();
        // An edit may have been removed again by a later one.
        (
            side,
            marks
                .into_iter()
                .filter(|mark| text.contains(mark.as_str()))
                .collect(),
        )
    }

    /// Items in any order, for a comparison in which the order does not count.
    fn unordered(value: &Value) -> Value {
        match value {
            Value::Array(items) => {
                let mut items: Vec<Value> = items.iter().map(unordered).collect();
                items.sort_by_key(Value::to_string);
                items.into()
            }
            Value::Object(members) => {
                let mut sorted: Vec<_> = members
                    .iter()
                    .map(|(key, value)| (key.clone(), unordered(value)))
                    .collect();
                sorted.sort_by(|one, other| one.0.cmp(&other.0));
                Value::Object(sorted.into_iter().collect())
            }
            other => other.clone(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn an_unchanged_side_gives_the_other_whatever_was_edited(edits in prop::collection::vec((0_u8..11, 0_usize..200), 0..6)) {
            let base = format!("{:#}", grown());
            let side = format!("{:#}", sides(&edits, "x").0);
            let (text, conflicts) = merged(&base, &side, &base);
            prop_assert_eq!((&text, conflicts.len()), (&side, 0));
            let (text, conflicts) = merged(&base, &side, &side);
            prop_assert_eq!((&text, conflicts.len()), (&side, 0));
            let (text, conflicts) = merged(&base, &base, &side);
            prop_assert_eq!(conflicts, []);
            prop_assert_eq!(value_of(&text), value_of(&side));
        }

        #[test]
        fn nothing_is_lost_and_the_sides_are_alike(
            own in prop::collection::vec((0_u8..11, 0_usize..200), 0..5),
            other in prop::collection::vec((0_u8..11, 0_usize..200), 0..5),
        ) {
            let base = format!("{:#}", grown());
            let ((ours, our_marks), (theirs, their_marks)) = (sides(&own, "o"), sides(&other, "t"));
            let (ours, theirs) = (format!("{ours:#}"), format!("{theirs:#}"));
            let (text, conflicts) = merged_with_values(&base, &ours, &theirs);
            let result = value_of(&text);
            let told: String = conflicts.iter().flat_map(|c| [&c.ours, &c.theirs, &c.base]).flatten().cloned().collect();
            for mark in our_marks.iter().chain(&their_marks) {
                prop_assert!(text.contains(mark.as_str()) || told.contains(mark.as_str()), "{mark} is lost\n{text}\n{conflicts:?}");
            }
            if conflicts.is_empty() {
                let (swapped, conflicts) = merged_with_values(&base, &theirs, &ours);
                prop_assert_eq!(conflicts, []);
                prop_assert_eq!(unordered(&value_of(&swapped)), unordered(&result));
            }
        }
    }

    fn value_of(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }
}
