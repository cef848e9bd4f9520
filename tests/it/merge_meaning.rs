//! What merges and what is a conflict, case by case: documents in, document and conflicts out.

use git_postman::mirror::merging::{Versions, as_json, merge_documents};
use serde_json::{Value, json};

/// Merges three values; gives the result and for each conflict its item, field and message.
fn merged(base: &Value, ours: &Value, theirs: &Value) -> (Value, Vec<String>) {
    let bytes = |value: &Value| format!("{value:#}\n").into_bytes();
    let versions = Versions {
        base: bytes(base),
        ours: bytes(ours),
        theirs: bytes(theirs),
    };
    let merged = merge_documents("a.json", versions, false).unwrap();
    let told = merged
        .conflicts
        .iter()
        .map(|conflict| format!("{}|{}|{}", conflict.item, conflict.field, conflict.message));
    (serde_json::from_str(&merged.text).unwrap(), told.collect())
}

/// The result of a merge that has no conflict, whichever side is ours.
#[track_caller]
fn clean(base: &Value, ours: &Value, theirs: &Value) -> Value {
    let (result, conflicts) = merged(base, ours, theirs);
    assert_eq!(conflicts, Vec::<String>::new());
    let (_, conflicts) = merged(base, theirs, ours);
    assert_eq!(conflicts, Vec::<String>::new(), "the sides matter");
    result
}

fn collection(items: &Value) -> Value {
    json!({
        "info": {"name": "Shop", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
        "item": items
    })
}

fn changed(value: &Value, pointer: &str, new: Value) -> Value {
    let mut value = value.clone();
    *value.pointer_mut(pointer).unwrap() = new;
    value
}

fn request(name: &str, url: &str) -> Value {
    json!({"name": name, "request": {"method": "GET", "header": [], "url": url}, "response": []})
}

/// A collection of one request with everything that merges in a way of its own.
fn one() -> Value {
    collection(&json!([{
        "name": "Order",
        "event": [{"listen": "test", "script": {"exec": ["one", "two", "three"], "type": "text/javascript"}}],
        "request": {
            "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "t"}]},
            "method": "POST",
            "header": [{"key": "A", "value": "1"}],
            "body": {"mode": "raw", "raw": "{\n  \"a\": 1,\n  \"b\": 2\n}"},
            "description": "An order.\nOne at a time.",
            "url": {"raw": "{{base}}/orders/1?x=1", "host": ["{{base}}"], "path": ["orders", "1"], "query": [{"key": "x", "value": "1"}]}
        },
        "response": []
    }]))
}

const REQUEST: &str = "/item/0/request";

fn at(field: &str) -> String {
    format!("{REQUEST}/{field}")
}

#[test]
fn the_raw_address_says_what_the_merged_parts_say() {
    let base = one();
    let ours = changed(&base, &at("url/raw"), "{{base}}/v2/orders/1?x=1".into());
    let ours = changed(&ours, &at("url/path"), json!(["v2", "orders", "1"]));
    let theirs = changed(&base, &at("url/raw"), "{{base}}/orders/1?x=1&y=2".into());
    let theirs = changed(
        &theirs,
        &at("url/query"),
        json!([{"key": "x", "value": "1"}, {"key": "y", "value": "2"}]),
    );
    let result = clean(&base, &ours, &theirs);
    let url = result.pointer(&at("url")).unwrap();
    assert_eq!(url["raw"], "{{base}}/v2/orders/1?x=1&y=2");
    assert_eq!(url["path"], json!(["v2", "orders", "1"]));
    assert_eq!(url["query"].as_array().unwrap().len(), 2);
}

#[test]
fn an_address_that_both_sides_changed_is_one_conflict_and_ours_stands_whole() {
    let base = one();
    let ours = changed(&base, &at("url/raw"), "{{base}}/orders/7?x=1".into());
    let ours = changed(&ours, &at("url/path/1"), "7".into());
    let theirs = changed(&base, &at("url/raw"), "{{base}}/orders/8?x=1".into());
    let theirs = changed(&theirs, &at("url/path/1"), "8".into());
    let (result, conflicts) = merged(&base, &ours, &theirs);
    assert_eq!(
        conflicts,
        ["Order|/request/url|both sides changed the address"]
    );
    assert_eq!(result, ours);
}

#[test]
fn another_kind_of_authorization_and_other_settings_of_the_old_one_do_not_mix() {
    let base = one();
    let ours = changed(
        &base,
        &at("auth"),
        json!({"type": "basic", "basic": [{"key": "username", "value": "u"}]}),
    );
    let theirs = changed(&base, &at("auth/bearer/0/value"), "s".into());
    let (result, conflicts) = merged(&base, &ours, &theirs);
    assert_eq!(
        conflicts,
        [
            "Order|/request/auth|one side changed the kind of authorization and the other its settings"
        ]
    );
    assert_eq!(result, ours);
    clean(&base, &ours, &base);
}

#[test]
fn another_mode_of_the_body_and_other_content_do_not_mix() {
    let base = one();
    let ours = changed(
        &base,
        &at("body"),
        json!({"mode": "urlencoded", "urlencoded": [{"key": "a", "value": "1"}]}),
    );
    let theirs = changed(&base, &at("body/raw"), "{}".into());
    let (result, conflicts) = merged(&base, &ours, &theirs);
    assert_eq!(
        conflicts,
        ["Order|/request/body|one side changed the kind of body and the other its content"]
    );
    assert_eq!(result, ours);
}

#[test]
fn a_body_that_was_json_is_json_afterwards() {
    let base = one();
    let ours = changed(
        &base,
        &at("body/raw"),
        "{\n  \"a\": 5,\n  \"b\": 2\n}".into(),
    );
    let theirs = changed(
        &base,
        &at("body/raw"),
        "{\n  \"a\": 1,\n  \"b\": 7\n}".into(),
    );
    let result = clean(&base, &ours, &theirs);
    assert_eq!(
        result.pointer(&at("body/raw")).unwrap(),
        "{\n  \"a\": 5,\n  \"b\": 7\n}"
    );
    // Merged by line the comma would be missing.
    let ours = changed(&base, &at("body/raw"), "{\n  \"b\": 2\n}".into());
    let theirs = changed(&base, &at("body/raw"), "{\n  \"a\": 1\n}".into());
    let (_, conflicts) = merged(&base, &ours, &theirs);
    assert_eq!(conflicts, ["Order|/request/body/raw|both sides changed it"]);
}

#[test]
fn a_script_as_one_text_merges_with_the_same_one_as_lines() {
    let base = one();
    let ours = changed(&base, "/item/0/event/0/script/exec", "one\ntwo\n3".into());
    let theirs = changed(&base, "/item/0/event/0/script/exec/0", "1".into());
    let result = clean(&base, &ours, &theirs);
    assert_eq!(result["item"][0]["event"][0]["script"]["exec"], "1\ntwo\n3");
}

#[test]
fn a_description_with_its_type_is_the_same_text() {
    let base = one();
    let text = "An order.\nOne at a time.";
    let ours = changed(
        &base,
        &at("description"),
        json!({"content": text, "type": "text/markdown"}),
    );
    let theirs = changed(&base, &at("description"), "Another text".into());
    let result = clean(&base, &ours, &theirs);
    assert_eq!(result.pointer(&at("description")).unwrap(), "Another text");
}

#[test]
fn the_same_request_added_by_both_sides_is_one_request() {
    let base = collection(&json!([]));
    let add = |header: &str, value: &str| {
        let mut item = request("Pay", "/pay");
        item["id"] = header.into();
        item["request"]["header"] = json!([{"key": header, "value": "1"}]);
        item["request"]["description"] = value.into();
        collection(&json!([item]))
    };
    let (result, conflicts) = merged(&base, &add("A", "x"), &add("B", "x"));
    assert_eq!(conflicts, Vec::<String>::new());
    assert_eq!(result["item"].as_array().unwrap().len(), 1);
    assert_eq!(
        result["item"][0]["request"]["header"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let (result, conflicts) = merged(&base, &add("A", "x"), &add("A", "y"));
    assert_eq!(
        conflicts,
        ["Pay|/request/description|both sides added it in different ways"]
    );
    assert_eq!(result["item"].as_array().unwrap().len(), 1);
    // Names that nobody chose make nothing the same.
    let new = |url: &str| collection(&json!([request("New Request", url)]));
    assert_eq!(
        clean(&base, &new("/a"), &new("/b"))["item"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn two_things_never_get_one_id() {
    let base = collection(&json!([]));
    let add = |name: &str| {
        let mut item = request(name, &format!("/{name}"));
        item["id"] = "11".into();
        item["response"] = json!([{"id": "22", "name": name, "body": name}]);
        collection(&json!([item]))
    };
    let result = clean(&base, &add("a"), &add("b"));
    assert_eq!(result["item"][0]["id"], "11");
    assert_eq!(result["item"][1].get("id"), None);
    // The same inside of one request.
    let base = collection(&json!([request("a", "/a")]));
    let example = |name: &str| {
        changed(
            &base,
            "/item/0/response",
            json!([{"id": "22", "name": name, "body": name}]),
        )
    };
    let result = clean(&base, &example("good"), &example("bad"));
    assert_eq!(
        result["item"][0]["response"],
        json!([{"id": "22", "name": "good", "body": "good"}, {"name": "bad", "body": "bad"}])
    );
}

#[test]
fn one_request_named_in_two_ways_is_a_conflict_with_all_three_names() {
    let base = one();
    let (_, conflicts) = merged(
        &base,
        &changed(&base, "/item/0/name", "Buy".into()),
        &changed(&base, "/item/0/name", "Purchase".into()),
    );
    assert_eq!(conflicts, ["Buy|/name|both sides changed it"]);
}

#[test]
fn moves_in_one_folder_merge_and_a_disputed_one_is_told() {
    let items = |names: &str| {
        let items: Vec<Value> = names
            .chars()
            .map(|name| request(&name.to_string(), &format!("/{name}")))
            .collect();
        collection(&items.into())
    };
    let names = |value: &Value| -> String {
        value["item"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"].as_str().unwrap())
            .collect()
    };
    assert_eq!(
        names(&clean(&items("abcd"), &items("dabc"), &items("abcde"))),
        "dabce"
    );
    assert_eq!(
        names(&clean(&items("abcd"), &items("dabc"), &items("bacd"))),
        "dbac"
    );
    let (result, conflicts) = merged(&items("abcd"), &items("bcad"), &items("bcda"));
    assert_eq!(names(&result), "bcad");
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    assert!(
        conflicts[0].starts_with("|/item|both sides moved the same"),
        "{conflicts:?}"
    );
}

#[test]
fn headers_of_one_name_are_told_apart_by_what_they_say() {
    let headers = |values: &[&str]| {
        let headers: Vec<Value> = values
            .iter()
            .map(|value| json!({"key": "Set", "value": value}))
            .collect();
        changed(&one(), &at("header"), headers.into())
    };
    let values = |value: &Value| -> Vec<String> {
        let headers = value.pointer(&at("header")).unwrap().as_array().unwrap();
        headers
            .iter()
            .map(|header| header["value"].as_str().unwrap().to_owned())
            .collect()
    };
    // We removed the first, they changed the second.
    let result = merged(
        &headers(&["a", "b"]),
        &headers(&["b"]),
        &headers(&["a", "c"]),
    );
    assert_eq!(result.1, Vec::<String>::new());
    assert_eq!(values(&result.0), ["c"]);
    let result = clean(
        &headers(&["a", "b"]),
        &headers(&["a", "b", "x"]),
        &headers(&["a", "b", "y"]),
    );
    assert_eq!(values(&result), ["a", "b", "x", "y"]);
}

fn definition() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "tags": [{"name": "orders"}, {"name": "users"}],
        "servers": [{"url": "https://a.example.com"}],
        "security": [{"key": []}],
        "paths": {"/orders": {"get": {
            "tags": ["orders"],
            "parameters": [{"name": "id", "in": "query", "schema": {"type": "string"}}, {"name": "id", "in": "header", "schema": {"type": "string"}}],
            "responses": {"200": {"description": "fine"}, "404": {"description": "gone"}}
        }}},
        "components": {"schemas": {"Order": {
            "type": "object", "required": ["id"],
            "properties": {"id": {"type": "string"}, "state": {"type": "string", "enum": ["new", "paid"]}},
            "allOf": [{"type": "object", "properties": {"a": {"type": "string"}}}]
        }}}
    })
}

#[test]
fn definitions_merge_by_what_makes_their_parts_themselves() {
    let base = definition();
    let order = "/components/schemas/Order";
    let get = "/paths/~1orders/get";
    let mut ours = changed(&base, &format!("{order}/required"), json!(["id", "state"]));
    ours = changed(
        &ours,
        &format!("{order}/properties/state/enum"),
        json!(["new", "paid", "sent"]),
    );
    ours = changed(
        &ours,
        &format!("{get}/parameters/0/schema/type"),
        "integer".into(),
    );
    ours = changed(&ours, &format!("{get}/tags"), json!(["orders", "ours"]));
    ours = changed(
        &ours,
        "/servers",
        json!([{"url": "https://a.example.com"}, {"url": "https://b.example.com"}]),
    );
    ours = changed(&ours, "/security", json!([{"key": []}, {"ours": []}]));
    ours["components"]["schemas"]["Order"]["allOf"][0]["properties"]["b"] =
        json!({"type": "string"});
    let mut theirs = changed(&base, &format!("{order}/required"), json!(["id", "total"]));
    theirs = changed(
        &theirs,
        &format!("{order}/properties/state/enum"),
        json!(["new", "gone"]),
    );
    theirs = changed(
        &theirs,
        &format!("{get}/parameters"),
        json!([{"name": "id", "in": "header", "schema": {"type": "string"}, "required": true}, {"name": "id", "in": "query", "schema": {"type": "string"}}]),
    );
    theirs = changed(&theirs, &format!("{get}/tags"), json!(["orders", "theirs"]));
    theirs = changed(
        &theirs,
        &format!("{get}/responses/404/description"),
        "not there".into(),
    );
    theirs = changed(
        &theirs,
        "/servers",
        json!([{"url": "https://a.example.com", "description": "one"}]),
    );
    theirs = changed(&theirs, "/security", json!([{"key": []}, {"theirs": []}]));
    theirs["components"]["schemas"]["Order"]["allOf"][0]["properties"]["c"] =
        json!({"type": "string"});
    let result = clean(&base, &ours, &theirs);
    let of = |pointer: &str| result.pointer(pointer).unwrap().clone();
    assert_eq!(
        of(&format!("{order}/required")),
        json!(["id", "state", "total"])
    );
    assert_eq!(
        of(&format!("{order}/properties/state/enum")),
        json!(["new", "sent", "gone"])
    );
    assert_eq!(
        of(&format!("{get}/tags")),
        json!(["orders", "ours", "theirs"])
    );
    assert_eq!(of(&format!("{get}/responses/404/description")), "not there");
    assert_eq!(
        of(&format!("{get}/parameters")),
        json!([
            {"name": "id", "in": "header", "schema": {"type": "string"}, "required": true},
            {"name": "id", "in": "query", "schema": {"type": "integer"}}
        ])
    );
    assert_eq!(
        of("/servers"),
        json!([{"url": "https://a.example.com", "description": "one"}, {"url": "https://b.example.com"}])
    );
    assert_eq!(
        of("/security"),
        json!([{"key": []}, {"ours": []}, {"theirs": []}])
    );
    assert_eq!(
        of(&format!("{order}/allOf/0/properties"))
            .as_object()
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn environments_and_globals_merge_by_the_key_of_a_variable() {
    let environment = |values: Value| json!({"name": "Dev", "values": values, "_postman_variable_scope": "environment"});
    let base = environment(json!([{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]));
    let ours = environment(json!([{"key": "b", "value": "2"}, {"key": "a", "value": "9"}]));
    let theirs = environment(
        json!([{"key": "a", "value": "1", "enabled": false}, {"key": "b", "value": "2"}, {"key": "c", "value": "3"}]),
    );
    let result = clean(&base, &ours, &theirs);
    assert_eq!(
        result["values"],
        json!([{"key": "b", "value": "2"}, {"key": "a", "value": "9", "enabled": false}, {"key": "c", "value": "3"}])
    );
}

#[test]
fn what_is_not_valid_together_is_taken_back_at_its_place() {
    // A parameter with `schema` on one side and `content` on the other: valid each, not both.
    let base = changed(
        &definition(),
        "/paths/~1orders/get/parameters",
        json!([{"name": "id", "in": "query", "schema": {"type": "string"}}]),
    );
    let with = |more: Value| {
        let mut with = base.clone();
        with["paths"]["/orders"]["get"]["parameters"][0] = more;
        with
    };
    let ours =
        with(json!({"name": "id", "in": "query", "schema": {"type": "string"}, "example": 1}));
    let ours = changed(&ours, "/info/title", "Ours".into());
    let theirs = with(json!({"name": "id", "in": "query", "content": {"text/plain": {}}}));
    let theirs = changed(&theirs, "/info/version", "2".into());
    let (result, conflicts) = merged(&base, &ours, &theirs);
    if conflicts.is_empty() {
        panic!("{result:#}");
    }
    assert!(
        conflicts[0].contains("/paths/~1orders/get/parameters"),
        "{conflicts:?}"
    );
    assert_eq!(result["info"], json!({"title": "Ours", "version": "2"}));
}

#[test]
fn both_sides_add_the_file() {
    let versions = |ours: &Value, theirs: &Value| Versions {
        base: Vec::new(),
        ours: ours.to_string().into_bytes(),
        theirs: theirs.to_string().into_bytes(),
    };
    let (ours, theirs) = (
        collection(&json!([request("a", "/a")])),
        collection(&json!([request("b", "/b")])),
    );
    let merged = merge_documents("a.json", versions(&ours, &theirs), false).unwrap();
    assert_eq!(merged.conflicts, []);
    let result: Value = serde_json::from_str(&merged.text).unwrap();
    assert_eq!(result["item"].as_array().unwrap().len(), 2);
}

#[test]
fn a_common_ancestor_in_conflict_looks_like_neither_side() {
    let base = one();
    let bytes = |value: &Value| value.to_string().into_bytes();
    let (put, patch) = (
        changed(&base, &at("method"), "PUT".into()),
        changed(&base, &at("method"), "PATCH".into()),
    );
    let versions = |base: Vec<u8>| Versions {
        base,
        ours: bytes(&put),
        theirs: bytes(&patch),
    };
    let ancestor = merge_documents("a.json", versions(bytes(&base)), true).unwrap();
    assert_eq!(ancestor.conflicts.len(), 1);
    let merged = merge_documents("a.json", versions(ancestor.text.into_bytes()), false).unwrap();
    assert_eq!(
        merged.conflicts.len(),
        1,
        "one side would have won in silence"
    );
}

#[test]
fn collections_of_version_1_and_two_syntaxes_are_left_to_git() {
    let one =
        json!({"id": "1", "name": "x", "order": [], "timestamp": 1, "requests": []}).to_string();
    let versions = Versions {
        base: one.clone().into_bytes(),
        ours: one.clone().into_bytes(),
        theirs: one.into_bytes(),
    };
    let reason = merge_documents("a.json", versions, false).unwrap_err();
    assert!(reason.contains("collection of version 1"), "{reason}");
}

/// Merges three YAML texts of one file without a conflict.
#[track_caller]
fn yaml(path: &str, base: &str, ours: &str, theirs: &str) -> String {
    let versions = Versions {
        base: base.into(),
        ours: ours.into(),
        theirs: theirs.into(),
    };
    let merged = merge_documents(path, versions, false).unwrap();
    assert_eq!(merged.conflicts, []);
    merged.text
}

const YAML: &str = "\
# The shop's interface
openapi: 3.0.3
info: {title: Shop, version: '1'} # one line
paths:
  /orders:
    get:
      tags: [orders]
      # how many at once
      parameters:
        - name: limit
          in: query
          schema:
            type: integer
      responses:
        '200':
          description: |
            All orders.
            Newest first.
components:
  schemas:
    Order:
      type: object
      required: [id]
      properties:
        id:
          type: string   # a UUID
";

#[test]
fn a_yaml_definition_merges_and_keeps_what_both_wrote_beside_the_values() {
    let ours = YAML
        .replace("required: [id]", "required: [id, total]")
        .replace("title: Shop", "title: Shop and more")
        .replace("Newest first.", "Newest first, of course.");
    let theirs = YAML
        .replace("required: [id]", "required: [id, state]")
        .replace("# a UUID", "# a UUID, version 7")
        .replace("          schema:\n            type: integer\n", "          schema:\n            type: integer\n        - name: after\n          in: query\n          schema:\n            type: string\n");
    let text = yaml("a.yaml", YAML, &ours, &theirs);
    assert!(text.contains("total") && text.contains("state"), "{text}");
    for kept in [
        "# The shop's interface",
        "title: Shop and more",
        "# one line",
        "# how many at once",
        "- name: after",
        "Newest first, of course.",
    ] {
        assert!(text.contains(kept), "{kept} is lost:\n{text}");
    }
    // Where the lines merge too, their comment is in the result as well.
    let text = yaml(
        "a.yaml",
        YAML,
        &YAML.replace("title: Shop", "title: Store"),
        &YAML.replace("# a UUID", "# a UUID, version 7"),
    );
    assert!(
        text.contains("title: Store") && text.contains("version 7"),
        "{text}"
    );
}

#[test]
fn a_request_file_of_a_collection_of_version_3_merges() {
    let base = "$kind: http-request\nname: List\nmethod: GET\nurl: '{{base}}/orders'\norder: 1000\nheaders:\n  - key: A\n    value: '1'\nscripts:\n  - type: afterResponse\n    language: text/javascript\n    code: |-\n      one();\n      two();\n      three();\n";
    let ours = base
        .replace("order: 1000", "order: 2000")
        .replace("one();", "first();");
    let theirs = base.replace("three();", "third();").replace(
        "    value: '1'\n",
        "    value: '1'\n  - key: B\n    value: '2'\n",
    );
    let text = yaml(
        "postman/collections/Shop/List.request.yaml",
        base,
        &ours,
        &theirs,
    );
    for part in ["order: 2000", "first();", "third();", "key: B"] {
        assert!(text.contains(part), "{part} is lost:\n{text}");
    }
    let versions = Versions {
        base: base.into(),
        ours: ours.into_bytes(),
        theirs: base.replace("order: 1000", "order: 3000").into_bytes(),
    };
    let merged = merge_documents(
        "postman/collections/Shop/List.request.yaml",
        versions,
        false,
    )
    .unwrap();
    assert_eq!(merged.conflicts.len(), 1);
    assert_eq!(merged.conflicts[0].field, "/order");
}

#[test]
fn aliases_that_expand_without_bound_are_left_to_git() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = level - 1;
        let aliases = vec![format!("*a{before}"); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let versions = Versions {
        base: "a: 1\n".into(),
        ours: "a: 2\n".into(),
        theirs: bomb.into_bytes(),
    };
    let reason = merge_documents("a.yaml", versions, false).unwrap_err();
    assert!(
        reason.starts_with("their version cannot be read"),
        "{reason}"
    );
    let versions = Versions {
        base: "a: &x [1, 2]\nb: *x\nc: 1\n".into(),
        ours: "a: &x [1, 2, 3]\nb: *x\nc: 1\n".into(),
        theirs: "a: &x [1, 2]\nb: *x\nc: 2\n".into(),
    };
    let merged = merge_documents("a.yaml", versions, false).unwrap();
    assert_eq!(merged.conflicts, []);
    assert_eq!(merged.text, "a: &x [1, 2, 3]\nb: *x\nc: 2\n");
}

#[test]
fn what_the_postman_api_wraps_merges_like_what_is_exported() {
    let wrapped = |items: Value| json!({"collection": collection(&items)});
    let base = wrapped(json!([request("a", "/a"), request("b", "/b")]));
    let ours = wrapped(json!([request("b", "/b"), request("A", "/a")]));
    let theirs = changed(&base, "/collection/item/0/request/method", json!("PUT"));
    let mut expected = ours.clone();
    expected["collection"]["item"][1]["request"]["method"] = json!("PUT");
    assert_eq!(clean(&base, &ours, &theirs), expected);

    let dev = |a: &str, b: &str| {
        json!({"environment": {"id": "1", "name": "Dev", "values": [
            {"key": "a", "value": a, "enabled": true}, {"key": "b", "value": b, "enabled": true}
        ]}})
    };
    assert_eq!(
        clean(&dev("1", "2"), &dev("3", "2"), &dev("1", "4")),
        dev("3", "4")
    );
}

#[test]
fn names_in_a_schema_are_no_fields_of_postman() {
    let definition = |id: &str, uid: &str| {
        json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {}, "components": {"schemas": {"Order": {
            "type": "object",
            "properties": {
                "item": {"type": "object", "properties": {"id": {"type": id}, "uid": {"type": uid}}},
                "info": {"type": "object", "example": {"updatedAt": id, "_postman_id": uid}}
            }
        }}}})
    };
    let (base, ours, theirs) = (
        definition("string", "string"),
        definition("integer", "string"),
        definition("string", "number"),
    );
    assert_eq!(
        clean(&base, &ours, &theirs),
        definition("integer", "number")
    );
}

#[test]
fn items_that_are_no_requests_are_not_lost() {
    let base = collection(&json!([request("a", "/a"), "note"]));
    let ours = changed(&base, "/item/0/name", json!("A"));
    let theirs = changed(&base, "/info/name", json!("Store"));
    let result = clean(&base, &ours, &theirs);
    assert_eq!(result["item"][1], json!("note"));
    assert_eq!(result["info"]["name"], json!("Store"));
}

/// Both sides move the last of three items, to different places.
fn reordered_twice(base: &Value, list: &str) -> (Value, Vec<String>) {
    let ordered = |order: [usize; 3]| {
        let mut side = base.clone();
        let list = side.pointer_mut(list).unwrap();
        *list = order.iter().map(|index| list[*index].clone()).collect();
        side
    };
    merged(base, &ordered([2, 0, 1]), &ordered([0, 2, 1]))
}

#[test]
fn an_order_that_says_something_is_disputed_and_any_other_is_ours() {
    let item = |key: &str, value: &Value| {
        let mut base = one();
        base[key] = value.clone();
        base
    };
    let three = |name: &str, values: [&str; 3]| -> Value {
        let entry = |value: &str| json!({name: value, "value": value});
        values.into_iter().map(entry).collect()
    };
    let distinct = three("key", ["a", "b", "c"]);
    let message = "both sides moved the same item to different places in the list";
    let in_request = |field: &str, value: &Value| {
        let mut base = one();
        base["item"][0]["request"][field] = value.clone();
        (base, format!("/item/0/request/{field}"))
    };
    // Each is looked up by its key.
    for (base, list) in [
        in_request("header", &distinct),
        (item("variable", &distinct), "/variable".to_owned()),
    ] {
        let (result, conflicts) = reordered_twice(&base, &list);
        assert_eq!(conflicts, Vec::<String>::new(), "{list}");
        assert_eq!(result.pointer(&list).unwrap()[0]["value"], "c");
    }
    // Of one key the last counts, and scripts of one kind run in their order.
    let twins: Value = ["1", "2", "3"]
        .iter()
        .map(|value| json!({"key": "a", "value": value}))
        .collect();
    let scripts: Value = ["1", "2", "3"]
        .iter()
        .map(|line| json!({"listen": "test", "script": {"exec": [line]}}))
        .collect();
    for (base, list) in [
        in_request("header", &twins),
        (item("variable", &twins), "/variable".to_owned()),
        (item("event", &scripts), "/event".to_owned()),
    ] {
        let (result, conflicts) = reordered_twice(&base, &list);
        let field = list.strip_prefix("/item/0").unwrap_or(&list);
        let holder = if field == list { "" } else { "Order" };
        assert_eq!(conflicts, [format!("{holder}|{field}|{message}")]);
        let kept = base.pointer(&list).unwrap()[2].clone();
        assert_eq!(result.pointer(&list).unwrap()[0], kept);
    }
    let form = json!({"mode": "urlencoded", "urlencoded": distinct});
    let (base, _) = in_request("body", &form);
    let (_, conflicts) = reordered_twice(&base, "/item/0/request/body/urlencoded");
    assert_eq!(
        conflicts,
        [format!("Order|/request/body/urlencoded|{message}")]
    );
    let (base, _) = in_request("url", &json!({"path": ["a"], "query": distinct}));
    let (_, conflicts) = reordered_twice(&base, "/item/0/request/url/query");
    assert_eq!(
        conflicts,
        ["Order|/request/url|both sides changed the address"]
    );
    // The first server of a definition is the default; parameters have no order.
    let definition = |key: &str, list: Value| json!({"openapi": "3.0.3", "info": {"title": "a", "version": "1"}, "paths": {"/a": {"get": {"responses": {}, key: list}}}});
    let servers = json!([{"url": "/a"}, {"url": "/b"}, {"url": "/c"}]);
    let (_, conflicts) = reordered_twice(&definition("servers", servers), "/paths/~1a/get/servers");
    assert_eq!(conflicts, [format!("|/paths/~1a/get/servers|{message}")]);
    let parameters: Value = ["a", "b", "c"]
        .iter()
        .map(|name| json!({"name": name, "in": "query", "schema": {}}))
        .collect();
    let list = "/paths/~1a/get/parameters";
    let (result, conflicts) = reordered_twice(&definition("parameters", parameters), list);
    assert_eq!(conflicts, Vec::<String>::new());
    assert_eq!(result.pointer(list).unwrap()[0]["name"], "c");
}

#[test]
fn common_ancestors_that_dispute_an_order_are_like_neither() {
    let ordered = |names: [&str; 3]| {
        let items: Value = names.iter().map(|name| request(name, name)).collect();
        collection(&items)
    };
    let bytes = |value: &Value| value.to_string().into_bytes();
    let base = ordered(["a", "b", "c"]);
    let versions = Versions {
        base: bytes(&base),
        ours: bytes(&ordered(["c", "a", "b"])),
        theirs: bytes(&ordered(["a", "c", "b"])),
    };
    let ancestor = merge_documents("a.json", versions, true).unwrap();
    let ancestor: Value = serde_json::from_str(&ancestor.text).unwrap();
    assert_eq!(ancestor, base);
}

/// What the three texts merge to, and for each conflict its field.
fn merged_texts(texts: [&str; 3]) -> (String, Vec<String>, String) {
    let [base, ours, theirs] = texts.map(|text| text.as_bytes().to_vec());
    let merged = merge_documents("a.json", Versions { base, ours, theirs }, false).unwrap();
    let told = as_json("a.json", &merged.conflicts);
    let fields = merged.conflicts.into_iter().map(|conflict| conflict.field);
    (merged.text, fields.collect(), told)
}

#[test]
fn numbers_are_edited_by_their_exact_value_and_stay_as_they_are_written() {
    const BASE: &str = "{\n  \"a\": 1.0, \"b\": 1e2, \"c\": 12345678901234567890.123,\n  \"d\": -0.0, \"e\": 0.1, \"f\": \"x\"\n}\n";
    let with = |from: &str, to: &str| BASE.replace(from, to);
    let mine = with("\"x\"", "\"y\"");
    for (from, to) in [
        ("12345678901234567890.123", "12345678901234567890.124"),
        ("0.1,", "0.1000000000000000055,"),
        ("1e2", "1e400"),
    ] {
        let theirs = with(from, to);
        let expected = mine.replace(from, to);
        for (ours, theirs) in [(&mine, &theirs), (&theirs, &mine)] {
            let (text, conflicts, _) = merged_texts([BASE, ours, theirs]);
            assert_eq!((text, conflicts.len()), (expected.clone(), 0), "{to}");
        }
        for path in ["a.json", "a.yaml"] {
            let digest = |text: &str| {
                let parsed = git_postman::format::read(path, text.as_bytes().to_vec());
                parsed.canonical_text().unwrap()
            };
            assert_ne!(digest(BASE), digest(&theirs), "{to}");
        }
    }
    // Another way to write the same number is nobody's edit.
    let other = with("1.0", "1")
        .replace("1e2", "100")
        .replace("-0.0", "0")
        .replace("\"x\"", "\"y\"");
    let (text, conflicts, _) = merged_texts([BASE, BASE, &other]);
    assert_eq!((text.as_str(), conflicts.len()), (other.as_str(), 0));
    let again = with("1.0", "10e-1").replace("1e2", "100.0");
    let (text, conflicts, _) = merged_texts([BASE, &again, &other]);
    assert_eq!(conflicts, Vec::<String>::new());
    assert_eq!(text, again.replace("\"x\"", "\"y\"").replace("-0.0", "0"));
    // A conflict has them as they are written too.
    let theirs = with("67890.123", "67890.124");
    let ours = with("67890.123", "67890.125");
    let (text, conflicts, told) = merged_texts([BASE, &ours, &theirs]);
    assert_eq!((text, conflicts), (ours, vec!["/c".to_owned()]));
    for digits in ["67890.123\"", "67890.124\"", "67890.125\""] {
        assert!(told.contains(digits), "{told}");
    }
}
