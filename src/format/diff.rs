//! What differs between two documents, as a value that is told to people ([`crate::format::diff_told`]) and that can be
//! applied ([`crate::format::diff_apply`]): whatever is told is what was compared.

use crate::format::diff_items::{CollectionDelta, diff_collections};
use crate::format::diff_renames::Renames;
use crate::format::diff_value::Compare;
use crate::format::meaning::Within;
use crate::format::node::{MemberRef, NodeRef};

/// What kind of document is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A collection of version 2: folders and requests in each other.
    Collection,
    /// A file of a collection of version 3.
    CollectionFile,
    /// An environment.
    Environment,
    /// Globals.
    Globals,
    /// An API definition.
    Definition,
    /// Anything else: members by key, items of lists by identity.
    Other,
}

impl Dialect {
    /// What the topmost value of such a document is.
    pub fn place(self) -> Within {
        match self {
            Self::Collection => Within::Collection,
            Self::CollectionFile => Within::TreeEntry,
            Self::Environment => Within::Environment,
            Self::Globals => Within::Globals,
            Self::Definition => Within::Definition,
            Self::Other => Within::Value,
        }
    }
}

/// What differs below one value.
#[derive(Clone, Debug)]
pub enum Delta<'a> {
    /// Another value as a whole.
    Replaced {
        /// What was there.
        before: NodeRef<'a>,
        /// What is there now.
        after: NodeRef<'a>,
    },
    /// Members of an object.
    Object {
        /// The object as it was.
        before: NodeRef<'a>,
        /// The object as it is.
        after: NodeRef<'a>,
        /// The members that differ.
        members: Vec<MemberDelta<'a>>,
    },
    /// Items of a list.
    List(ListDelta<'a>),
    /// Folders and requests of a collection, and whatever else it has.
    Collection(Box<CollectionDelta<'a>>),
}

/// A member that differs: it is on one side only, has another key, or another value.
#[derive(Clone, Debug)]
pub struct MemberDelta<'a> {
    /// As it was.
    pub before: Option<MemberRef<'a>>,
    /// As it is.
    pub after: Option<MemberRef<'a>>,
    /// What differs in its value, where it is on both sides.
    pub inside: Option<Delta<'a>>,
}

/// What differs in a list.
#[derive(Clone, Debug)]
pub struct ListDelta<'a> {
    /// The list as it was.
    pub before: NodeRef<'a>,
    /// The list as it is.
    pub after: NodeRef<'a>,
    /// For each item that is there now, where it comes from.
    pub slots: Vec<Slot<'a>>,
}

/// An item that is in a list now.
#[derive(Clone, Debug)]
pub struct Slot<'a> {
    /// The index of the same item in the list as it was; `None` for a new one.
    pub before: Option<usize>,
    /// What differs in it.
    pub inside: Option<Delta<'a>>,
}

impl ListDelta<'_> {
    /// The indices of items that are gone, ascending.
    pub fn removed(&self) -> Vec<usize> {
        let mut kept = vec![false; self.before.items().len()];
        for index in self.slots.iter().filter_map(|slot| slot.before) {
            kept[index] = true;
        }
        (0..kept.len()).filter(|index| !kept[*index]).collect()
    }

    /// Whether items that are on both sides stand in another order.
    pub fn is_reordered(&self) -> bool {
        let kept: Vec<usize> = self.slots.iter().filter_map(|slot| slot.before).collect();
        !kept.is_sorted()
    }
}

/// Two documents compared.
#[derive(Clone, Debug)]
pub struct Compared<'a> {
    /// What differs; `None` where they mean the same.
    pub delta: Option<Delta<'a>>,
    /// What kind of document it is.
    pub dialect: Dialect,
    pub(crate) renames: Renames,
}

/// Compares two documents.
pub fn diff<'a>(before: NodeRef<'a>, after: NodeRef<'a>, dialect: Dialect) -> Compared<'a> {
    let renames = if dialect == Dialect::Definition {
        Renames::between(before, after)
    } else {
        Renames::default()
    };
    let compare = Compare { dialect, renames };
    let delta = if dialect == Dialect::Collection {
        diff_collections(before, after, &compare)
    } else {
        compare.document(before, after)
    };
    Compared {
        delta,
        dialect,
        renames: compare.renames,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{Dialect, diff};
    use crate::format::diff_apply::apply;
    use crate::format::diff_told::told;
    use crate::format::json;
    use crate::format::meaning::same;
    use crate::format::write::to_text;

    /// Each change as a line; below it the lines of a text that differ.
    fn lines(before: &Value, after: &Value, dialect: Dialect) -> Vec<String> {
        let (before, after) = (
            json::parse(before.to_string()).0,
            json::parse(after.to_string()).0,
        );
        let compared = diff(before.root().unwrap(), after.root().unwrap(), dialect);
        let mut lines = Vec::new();
        for change in told(&compared) {
            let (item, what) = change.place();
            let mut line = format!("{} {}", change.kind.word(), change.noun);
            for part in [item, what] {
                if !part.is_empty() {
                    line.push_str(&format!(" | {part}"));
                }
            }
            if change.lines.is_empty() {
                if let Some(before) = &change.before {
                    line.push_str(&format!(" | {before}"));
                }
                if let Some(after) = &change.after {
                    line.push_str(&format!(" -> {after}"));
                }
            }
            lines.push(line);
            lines.extend(
                change
                    .lines
                    .iter()
                    .map(|line| format!("{}{}", line.kind.sign(), line.text)),
            );
        }
        lines
    }

    fn shop() -> Value {
        json!({
            "info": {"name": "Shop", "_postman_id": "1"},
            "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "abc"}]},
            "variable": [{"key": "base", "value": "http://x", "id": "9", "type": "string"}],
            "item": [
                {"name": "Orders", "item": [
                    {"name": "List", "id": "1", "request": {"method": "GET", "header": [{"key": "A", "value": "1"}, {"key": "B", "value": "2"}],
                        "url": {"raw": "{{base}}/orders?page=1", "host": ["{{base}}"], "path": ["orders"], "query": [{"key": "page", "value": "1"}]}},
                        "response": [{"name": "OK", "code": 200, "body": "{}"}]},
                    {"name": "Create", "id": "2", "event": [{"listen": "test", "script": {"exec": ["one", "two", "three"]}}],
                        "request": {"method": "POST", "url": "{{base}}/orders", "body": {"mode": "raw", "raw": "{\n  \"a\": 1\n}"}}}
                ]},
                {"name": "Admin", "item": [{"name": "Ping", "id": "3", "request": {"method": "GET", "url": "{{base}}/ping"}}]}
            ]
        })
    }

    /// The lines told of the shop after an edit.
    fn edited(edit: impl Fn(&mut Value)) -> Vec<String> {
        let mut after = shop();
        edit(&mut after);
        lines(&shop(), &after, Dialect::Collection)
    }

    #[test]
    fn each_kind_of_change_of_a_collection_is_told_in_words() {
        assert_eq!(edited(|_| {}), [""; 0]);
        assert_eq!(
            edited(|c| c["item"][0]["item"][0]["name"] = "List all".into()),
            ["renamed request | Orders / List all | List -> List all"]
        );
        assert_eq!(
            edited(|c| c["item"][0]["name"] = "Purchases".into()),
            ["renamed folder | Purchases | Orders -> Purchases"]
        );
        assert_eq!(
            edited(|c| {
                let moved = c["item"][0]["item"].as_array_mut().unwrap().remove(1);
                c["item"][1]["item"].as_array_mut().unwrap().push(moved);
            }),
            ["moved request | Admin / Create | Orders -> Admin"]
        );
        assert_eq!(
            edited(|c| c["item"].as_array_mut().unwrap().reverse()),
            ["reordered folder | Admin -> first"]
        );
        assert_eq!(
            edited(|c| c["item"][0]["item"]
                .as_array_mut()
                .unwrap()
                .push(json!({"name": "Gone", "request": {"method": "DELETE", "url": "/x"}}))),
            ["added request | Orders / Gone -> DELETE /x"]
        );
        assert_eq!(
            edited(|c| drop(c["item"].as_array_mut().unwrap().remove(0))),
            ["removed folder | Orders | 2 requests"]
        );
        assert_eq!(
            edited(|c| c["item"][0]["item"][0]["request"]["header"][0]["value"] = "9".into()),
            ["changed request | Orders / List | request › header A › value | 1 -> 9"]
        );
        assert_eq!(
            edited(|c| c["item"][0]["item"][0]["request"]["header"][0]["key"] = "X".into()),
            ["renamed request | Orders / List | request › header X | A -> X"]
        );
        assert_eq!(
            edited(|c| c["item"][0]["item"][0]["request"]["header"]
                .as_array_mut()
                .unwrap()
                .reverse()),
            [""; 0]
        );
        assert_eq!(
            edited(|c| c["item"][0]["item"][0]["request"]["header"] =
                json!([{"key": "A", "value": "1"}])),
            ["removed request | Orders / List | request › header B | 2"]
        );
        assert_eq!(
            edited(|c| {
                let url = &mut c["item"][0]["item"][0]["request"]["url"];
                url["raw"] = "{{base}}/v2/orders?page=2".into();
                url["path"] = json!(["v2", "orders"]);
                url["query"][0]["value"] = "2".into();
            }),
            [
                "changed request | Orders / List | request › URL | {{base}}/orders -> {{base}}/v2/orders",
                "changed request | Orders / List | request › query parameter page › value | 1 -> 2"
            ]
        );
        assert_eq!(
            edited(|c| c["item"][0]["item"][1]["event"][0]["script"]["exec"][1] = "2".into()),
            [
                "changed request | Orders / Create | test script",
                " one",
                "-two",
                "+2",
                " three"
            ]
        );
        assert_eq!(
            edited(|c| c["item"][1]["item"][0]["event"] =
                json!([{"listen": "prerequest", "script": {"exec": ["a", "b"]}}])),
            [
                "added request | Admin / Ping | pre-request script",
                "+a",
                "+b"
            ]
        );
        assert_eq!(
            edited(
                |c| c["item"][0]["item"][1]["request"]["body"]["raw"] = "{\n  \"a\": 2\n}".into()
            ),
            [
                "changed request | Orders / Create | request › body › raw",
                " {",
                "-  \"a\": 1",
                "+  \"a\": 2",
                " }"
            ]
        );
        assert_eq!(
            edited(|c| c["item"][0]["item"][0]["response"][0]["code"] = 201.into()),
            ["changed request | Orders / List | example OK › code | 200 -> 201"]
        );
        assert_eq!(
            edited(|c| {
                c["variable"][0]["value"] = "http://y".into();
                c["info"]["name"] = "Store".into();
                c["info"]["_postman_id"] = "2".into();
            }),
            [
                "changed document | info › name | Shop -> Store",
                "changed document | variable base › value | http://x -> http://y"
            ]
        );
        assert_eq!(
            edited(|c| c["auth"]["bearer"][0]["value"] = "def".into()),
            ["changed document | auth › bearer token › value | *** -> ***"]
        );
    }

    #[test]
    fn a_removed_folder_tells_what_moved_out_of_it() {
        let told = edited(|c| {
            let moved = c["item"][0]["item"][1].take();
            c["item"].as_array_mut().unwrap().remove(0);
            c["item"][0]["item"].as_array_mut().unwrap().push(moved);
        });
        assert_eq!(
            told,
            [
                "moved request | Admin / Create | Orders -> Admin",
                "removed folder | Orders | 1 request"
            ]
        );
    }

    #[test]
    fn ids_handed_out_anew_are_nothing_and_a_rename_beside_them_is_one_line() {
        let anew = |c: &mut Value| {
            for (folder, item, id) in [(0, 0, "9"), (0, 1, "8"), (1, 0, "7")] {
                c["item"][folder]["item"][item]["id"] = id.into();
            }
        };
        assert_eq!(edited(anew), [""; 0]);
        let told = edited(|c| {
            anew(c);
            c["item"][1]["item"][0]["name"] = "Health".into();
        });
        assert_eq!(told, ["renamed request | Admin / Health | Ping -> Health"]);
    }

    #[test]
    fn environments_are_told_by_key_and_keep_their_secrets() {
        let before = json!({"name": "Dev", "values": [{"key": "a", "value": "1"}, {"key": "t", "value": "abc", "type": "secret"}]});
        let after = json!({"name": "Dev", "values": [{"key": "t", "value": "def", "type": "secret"}, {"key": "a", "value": "2"}, {"key": "s", "value": "ghi", "type": "secret"}]});
        assert_eq!(
            lines(&before, &after, Dialect::Environment),
            [
                "changed document | variable t › value | *** -> ***",
                "changed document | variable a › value | 1 -> 2",
                "added document | variable s -> ***"
            ]
        );
    }

    fn petstore() -> Value {
        json!({
            "openapi": "3.0.3",
            "info": {"title": "Pets", "version": "1"},
            "paths": {
                "/pets": {"get": {"operationId": "list", "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}],
                    "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}}}},
                "/pets/{id}": {"get": {"operationId": "show", "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
                    "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}}}}
            },
            "components": {"schemas": {
                "Pet": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "kind": {"enum": ["cat", "dog"]}, "parent": {"$ref": "#/components/schemas/Pet"}}}
            }}
        })
    }

    fn redefined(edit: impl Fn(&mut Value)) -> Vec<String> {
        let mut after = petstore();
        edit(&mut after);
        lines(&petstore(), &after, Dialect::Definition)
    }

    fn renamed_key(holder: &mut Value, from: &str, to: &str) {
        let value = holder.as_object_mut().unwrap().remove(from).unwrap();
        holder[to] = value;
    }

    #[test]
    fn each_kind_of_change_of_a_definition_is_told_in_words() {
        assert_eq!(redefined(|_| {}), [""; 0]);
        assert_eq!(
            redefined(|d| {
                renamed_key(&mut d["paths"], "/pets/{id}", "/pets/{petId}");
                d["paths"]["/pets/{petId}"]["get"]["parameters"][0]["name"] = "petId".into();
            }),
            [
                "renamed path | /pets/{petId} | /pets/{id} -> /pets/{petId}",
                "renamed operation | GET /pets/{petId} | path parameter petId | id -> petId"
            ]
        );
        assert_eq!(
            redefined(|d| renamed_key(&mut d["paths"], "/pets", "/v2/animals")),
            ["renamed path | /v2/animals | /pets -> /v2/animals"]
        );
        assert_eq!(
            redefined(|d| {
                let moved = d["paths"]["/pets/{id}"].take();
                d["paths"]["/pets/{id}"] = json!({"put": {"responses": {}}});
                d["paths"]["/pets"]["get"]["summary"] = "x".into();
                d["paths"]["/animals/{id}"] = moved;
            }),
            [
                "added operation | GET /pets | summary -> x",
                "added operation | PUT /pets/{id} -> {\"responses\": {}}",
                "renamed operation | GET /animals/{id} | GET /pets/{id} -> GET /animals/{id}"
            ]
        );
        assert_eq!(
            redefined(|d| {
                *d = serde_json::from_str(&d.to_string().replace("schemas/Pet", "schemas/Animal"))
                    .unwrap();
                renamed_key(&mut d["components"]["schemas"], "Pet", "Animal");
            }),
            ["renamed schema | Animal | Pet -> Animal"]
        );
        assert_eq!(
            redefined(|d| {
                let pet = &mut d["components"]["schemas"]["Pet"];
                pet["required"] = json!(["kind", "id"]);
                pet["properties"]["kind"]["enum"] = json!(["dog", "bird"]);
                pet["properties"]["id"]["type"] = "integer".into();
                pet["properties"]["age"] = json!({"type": "integer"});
            }),
            [
                "added schema | Pet | required -> kind",
                "changed schema | Pet | property id › type | string -> integer",
                "added schema | Pet | property kind › enum -> bird",
                "removed schema | Pet | property kind › enum | cat",
                "added schema | Pet | property age -> {\"type\": \"integer\"}"
            ]
        );
        assert_eq!(
            redefined(|d| {
                let get = &mut d["paths"]["/pets"]["get"];
                get["responses"]["404"] = json!({"description": "none"});
                get["parameters"][0]["schema"]["type"] = "number".into();
            }),
            [
                "changed operation | GET /pets | query parameter limit › schema › type | integer -> number",
                "added operation | GET /pets | response 404 -> {\"description\": \"none\"}"
            ]
        );
        assert_eq!(
            redefined(|d| drop(d["paths"].as_object_mut().unwrap().remove("/pets"))),
            ["removed operation | GET /pets | list"]
        );
    }

    #[test]
    fn scripts_of_version_3_are_known_by_their_type() {
        let before = json!({"$kind": "http-request", "headers": {"A": "1"}, "scripts": [{"type": "beforeRequest", "code": "a"}, {"type": "afterResponse", "code": "x\ny"}]});
        let after = json!({"$kind": "http-request", "headers": {"A": "2"}, "scripts": [{"type": "afterResponse", "code": "x\nz"}, {"type": "beforeRequest", "code": "a"}]});
        assert_eq!(
            lines(&before, &after, Dialect::CollectionFile),
            [
                "changed document | header A | 1 -> 2",
                "changed document | afterResponse script",
                " x",
                "-y",
                "+z"
            ]
        );
    }

    /// A value changed at random places.
    fn mutate(value: &mut Value, steps: &[(u8, usize)]) {
        for (operation, target) in steps {
            let pointers = pointers(value);
            let pointer = &pointers[target % pointers.len()];
            let Some(place) = value.pointer_mut(pointer) else {
                continue;
            };
            match (operation, place) {
                // What no schema allows: another kind of value than anybody expects there.
                (8, place) => *place = json!([place.take()]),
                (10, Value::Object(members)) => {
                    // One member takes what another has.
                    let values: Vec<Value> = members.values().cloned().collect();
                    if let Some((_, value)) = members.iter_mut().nth(target % values.len().max(1)) {
                        *value = values[target / 3 % values.len()].clone();
                    }
                }
                (9, place) => {
                    let odd = [
                        json!(null),
                        json!([]),
                        json!({}),
                        json!(""),
                        json!([{"key": "k"}]),
                        json!({"key": "k"}),
                        json!(7),
                        json!("x"),
                    ];
                    *place = odd[target % odd.len()].clone();
                }
                (0, Value::Array(items)) if !items.is_empty() => {
                    drop(items.remove(target % items.len()))
                }
                (1, Value::Array(items)) if !items.is_empty() => {
                    let index = target % items.len();
                    let copy = items[index].clone();
                    items.push(copy);
                }
                (2, Value::Array(items)) => items.reverse(),
                (3, Value::Object(members)) => {
                    let key = members.keys().nth(target % members.len().max(1)).cloned();
                    key.into_iter().for_each(|key| drop(members.remove(&key)));
                }
                (4, Value::Object(members)) => {
                    members.insert(format!("new{target}"), json!({"x": target}));
                }
                (_, Value::String(text)) => text.push_str(" changed"),
                (_, other) if other.is_number() => *other = json!(*target),
                _ => {}
            }
        }
    }

    fn pointers(value: &Value) -> Vec<String> {
        let mut found = vec![String::new()];
        let below: Vec<(String, &Value)> = match value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| (index.to_string(), item))
                .collect(),
            Value::Object(members) => members
                .iter()
                .map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value))
                .collect(),
            _ => Vec::new(),
        };
        for (key, value) in below {
            found.extend(
                pointers(value)
                    .into_iter()
                    .map(|pointer| format!("/{key}{pointer}")),
            );
        }
        found
    }

    fn patched_means_the_same(
        before: &Value,
        after: &Value,
        dialect: Dialect,
    ) -> Result<(), TestCaseError> {
        let (one, other) = (
            json::parse(format!("{before:#}")).0,
            json::parse(format!("{after:#}")).0,
        );
        let (a, b) = (one.root().unwrap(), other.root().unwrap());
        let compared = diff(a, b, dialect);
        prop_assert_eq!(compared.delta.is_none(), same(a, b, dialect.place()));
        let changes = told(&compared);
        let Some(delta) = &compared.delta else {
            prop_assert_eq!(changes, []);
            return Ok(());
        };
        prop_assert!(
            !changes.is_empty(),
            "nothing is told\nbefore {before}\nafter {after}"
        );
        let text = to_text(&apply(delta), &one).unwrap();
        let (patched, faults) = json::parse(text.clone());
        prop_assert!(faults.is_empty(), "{text}");
        prop_assert!(
            same(patched.root().unwrap(), b, dialect.place()),
            "{dialect:?}\nbefore {before}\nafter {after}\npatched {text}\n{:?}",
            told(&compared)
        );
        Ok(())
    }

    #[test]
    fn names_in_a_schema_are_no_fields_of_postman() {
        let definition = |id: &str| {
            json!({"openapi": "3.0.3", "paths": {}, "components": {"schemas": {"Order": {"properties": {"item": {
                "properties": {"id": {"type": id}}, "example": {"uid": id, "updatedAt": id}
            }}}}}})
        };
        let told = lines(
            &definition("string"),
            &definition("integer"),
            Dialect::Definition,
        );
        assert_eq!(told.len(), 3, "{told:?}");
    }

    #[test]
    fn defaults_are_as_good_as_nothing_on_either_side() {
        let full = json!({
            "info": {"name": "Shop", "description": "", "uid": "7"}, "event": [], "variable": [], "protocolProfileBehavior": {},
            "item": [{"name": "a", "id": "1", "response": [], "event": [{"listen": "test", "script": {"exec": [""]}}],
                "request": {"method": "GET", "header": [], "description": null, "url": {"raw": "/a", "query": []}}}]
        });
        let plain = json!({"info": {"name": "Shop"}, "item": [{"name": "a", "request": "/a"}]});
        assert_eq!(
            lines(&full, &plain, Dialect::Collection),
            Vec::<String>::new()
        );
        assert_eq!(
            lines(&plain, &full, Dialect::Collection),
            Vec::<String>::new()
        );
        // Neither hides what does count beside it.
        let mut off = full.clone();
        off["item"][0]["request"]["header"] = json!([{"key": "A", "value": "1", "disabled": true}]);
        assert_eq!(lines(&plain, &off, Dialect::Collection).len(), 1);
    }

    #[test]
    fn an_order_that_counts_is_told_even_where_nothing_else_is() {
        let with = |first: &str, second: &str| {
            json!({"info": {"name": "s"}, "item": [{"name": "a", "request": {"url": "/a", "header": [
                {"key": "A", "value": first}, {"key": "A", "value": second}]}}]})
        };
        assert_eq!(
            lines(&with("1", "2"), &with("2", "1"), Dialect::Collection),
            ["reordered request | a | request › header"]
        );
    }

    #[test]
    fn what_says_nothing_beside_its_neighbours_goes_along_with_them() {
        // Without a name to be known by, the variables go together by their turn.
        let variable = |value: Value, kind: &str| json!({"info": {"name": "s"}, "item": [], "variable": [{"key": ["k"], "value": value, "type": kind}]});
        let header = |name: &str| json!({"info": {"name": "s"}, "item": [{"name": "a", "request": {"url": "/a", "header": [{"key": name, "name": name, "value": "1"}]}}]});
        let behaviour = |method: &str, prunes: bool| {
            json!({"info": {"name": "s"}, "item": [{"name": "a", "request": {"method": method, "url": "/a", "body": {"mode": "raw", "raw": "x"}},
                "protocolProfileBehavior": {"disableBodyPruning": prunes, "strictSSL": true}}]})
        };
        for (before, after, expected) in [
            (
                variable(json!("x"), "string"),
                variable(json!(5), "number"),
                "changed document | variable 1 › value | x -> 5",
            ),
            (
                header("A"),
                header("B"),
                "renamed request | a | request › header B | A -> B",
            ),
            (
                behaviour("POST", false),
                behaviour("PUT", true),
                "changed request | a | request › method | POST -> PUT",
            ),
        ] {
            assert_eq!(lines(&before, &after, Dialect::Collection), [expected]);
            patched_means_the_same(&before, &after, Dialect::Collection).unwrap();
            patched_means_the_same(&after, &before, Dialect::Collection).unwrap();
        }
        let of = |kind: &str| json!({"$kind": kind, "id": "1", "order": 2, "name": "a"});
        let (folder, request) = (of("collection"), of("http-request"));
        patched_means_the_same(&folder, &request, Dialect::CollectionFile).unwrap();
    }

    /// A collection with what has a meaning only beside something else, and with several of a kind.
    fn crowded() -> Value {
        json!({
            "info": {"name": "Shop", "description": {"content": "All", "type": "text/plain"}, "_postman_id": "1"},
            "variable": [
                {"key": "base", "value": "x", "id": "9", "type": "string"},
                {"key": "count", "value": 5, "id": "8", "type": "number", "description": "many"},
                {"key": "count", "value": true, "type": "boolean", "disabled": true},
                {"id": "named", "value": "y"}
            ],
            "event": [{"listen": "test", "script": {"exec": ["a"]}}, {"listen": "prerequest", "script": {"exec": "b\nc"}}],
            "item": [
                {"name": "a", "id": "1", "protocolProfileBehavior": {"disableBodyPruning": true}, "request": {
                    "method": "POST",
                    "header": [{"key": "A", "name": "A", "value": "1", "type": "text"}, {"key": "a", "name": "a", "value": "2"}, {"key": "B", "value": "3", "disabled": false}],
                    "url": {"raw": "http://h/:x?q=1", "host": ["h"], "path": [":x"], "protocol": "http", "query": [{"key": "q", "value": "1"}],
                        "variable": [{"key": "x", "id": "3", "value": "4", "type": "string"}, {"key": "y", "value": null}]},
                    "auth": {"type": "basic", "basic": [{"key": "username", "value": "u", "type": "string"}, {"key": "password", "value": "p", "type": "string"}], "noauth": []},
                    "body": {"mode": "urlencoded", "urlencoded": [{"key": "f", "value": "1", "type": "text"}, {"key": "g", "value": "2"}]}
                }, "response": [{"name": "b", "id": "1", "code": 200, "header": []}, {"name": "b", "id": "2", "code": 404, "header": "A: b"}]},
                {"name": "a", "id": "2", "request": "http://h"}
            ]
        })
    }

    fn variables() -> Value {
        json!({"id": "1", "name": "Dev", "_postman_variable_scope": "environment", "values": [
            {"key": "a", "value": "1", "enabled": true, "type": "default"}, {"key": "a", "value": "2", "type": "secret", "description": {"content": "x", "type": "text/plain"}},
            {"key": "b", "value": "", "enabled": false, "type": "any"}
        ]})
    }

    fn request_file() -> Value {
        json!({"$kind": "http-request", "name": "a", "order": 1, "method": "GET", "url": "/a", "headers": {"A": "1", "b": "2"},
            "queryParams": [{"key": "q", "value": "1", "disabled": false}], "pathVariables": [{"key": "x", "value": "1"}, {"key": "w", "value": "1", "description": ""}],
            "auth": {"type": "basic", "credentials": [{"key": "username", "value": "u"}]}, "scripts": [{"type": "test", "code": "a"}], "examples": "./x", "settings": {}})
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn a_difference_applied_gives_the_other_side(
            one in prop::collection::vec((0_u8..11, 0_usize..500), 0..6),
            other in prop::collection::vec((0_u8..11, 0_usize..500), 0..6),
        ) {
            let documents = [
                (shop(), Dialect::Collection),
                (crowded(), Dialect::Collection),
                (petstore(), Dialect::Definition),
                (shop(), Dialect::Other),
                (variables(), Dialect::Environment),
                (request_file(), Dialect::CollectionFile),
            ];
            for (document, dialect) in documents {
                let (mut before, mut after) = (document.clone(), document);
                mutate(&mut before, &one);
                mutate(&mut after, &other);
                patched_means_the_same(&before, &after, dialect)?;
                patched_means_the_same(&before, &before, dialect)?;
            }
        }
    }
}
