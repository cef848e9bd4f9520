//! The contract itself is tested: it takes what Postman's reference shows, and refuses what a mistake would send.

use serde_json::{Value, json};

use crate::support::contract::{Exchange, Side, check_exchange};

const ID: &str = "11111111-2222-4333-8444-555555555555";
const UID: &str = "12345-11111111-2222-4333-8444-555555555555";
const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

fn exchange(call: &str, body: Value, status: u16, answer: Value) -> Exchange {
    let (method, target) = call.split_once(' ').unwrap();
    let text = |value: Value| {
        if value.is_null() {
            Vec::new()
        } else {
            value.to_string().into_bytes()
        }
    };
    Exchange {
        method: method.to_owned(),
        target: target.replace("{id}", ID).replace("{uid}", UID),
        accept: Some("application/vnd.api.v10+json".to_owned()),
        body: text(body),
        status,
        content_type: Some("application/json; charset=utf-8".to_owned()),
        answer: text(answer),
        ..Exchange::default()
    }
}

fn sides(exchange: &Exchange) -> Vec<Side> {
    let mut sides: Vec<Side> = check_exchange(exchange)
        .into_iter()
        .map(|violation| violation.side)
        .collect();
    sides.dedup();
    sides
}

fn collection() -> Value {
    json!({ "info": { "name": "Pets", "schema": SCHEMA }, "item": [{ "name": "list", "request": "https://example.com" }] })
}

#[test]
fn exchanges_of_the_reference_are_taken() {
    let reference = json!({ "id": ID, "name": "Pets", "uid": UID });
    for good in [
        exchange(
            "GET /me",
            Value::Null,
            200,
            json!({ "user": { "id": 1, "username": "taylor" } }),
        ),
        exchange(
            "GET /collections?workspace={id}&limit=100&offset=0",
            Value::Null,
            200,
            json!({ "collections": [reference] }),
        ),
        exchange(
            "POST /collections?workspace={id}",
            json!({ "collection": collection() }),
            200,
            json!({ "collection": reference }),
        ),
        exchange(
            "PUT /collections/{uid}",
            json!({ "collection": collection() }),
            202,
            json!({ "task": { "id": "a", "status": "pending" } }),
        ),
        exchange(
            "GET /specs/{id}/files/components%2Fa.yaml",
            Value::Null,
            200,
            json!({ "id": "x", "path": "components/a.yaml", "type": "DEFAULT", "content": "a" }),
        ),
        exchange(
            "PATCH /specs/{id}/files/a.json",
            json!({ "type": "ROOT" }),
            200,
            json!({ "id": "x", "path": "a.json", "type": "ROOT" }),
        ),
        exchange("DELETE /apis/{id}", Value::Null, 204, Value::Null),
        exchange(
            "GET /collections/{id}",
            Value::Null,
            400,
            json!({ "error": { "name": "instanceNotFoundError", "message": "no" } }),
        ),
        exchange(
            "GET /apis/{id}",
            Value::Null,
            404,
            json!({ "type": "instanceNotFoundError", "title": "no" }),
        ),
    ] {
        assert_eq!(check_exchange(&good), [], "{} {}", good.method, good.target);
    }
}

#[test]
fn mistakes_of_a_client_are_the_request_s() {
    let user = json!({ "user": { "id": 1, "username": "taylor" } });
    let spec = json!({ "id": ID, "name": "Pets", "type": "OPENAPI:3.0" });
    let file = |role: &str| json!({ "path": "a.json", "content": "{}", "type": role });
    let draft = |files: Value| json!({ "name": "Pets", "type": "OPENAPI:3.0", "files": files });
    let mut unversioned = exchange(
        "GET /apis?workspaceId={id}",
        Value::Null,
        200,
        json!({ "apis": [] }),
    );
    unversioned.accept = Some("application/json".to_owned());
    for wrong in [
        exchange("GET /users", Value::Null, 200, user.clone()),
        exchange("GET /me?apikey=1", Value::Null, 200, user.clone()),
        exchange("GET /me", json!({}), 200, user),
        unversioned,
        exchange("GET /apis", Value::Null, 200, json!({ "apis": [] })),
        exchange(
            "GET /workspaces?limit=101",
            Value::Null,
            200,
            json!({ "workspaces": [] }),
        ),
        exchange(
            "PUT /collections/{uid}",
            collection(),
            200,
            json!({ "collection": { "id": ID, "uid": UID } }),
        ),
        exchange(
            "PUT /specs/{id}/synchronizations?collectionUid={id}",
            Value::Null,
            202,
            json!({ "taskId": "a", "url": "/x" }),
        ),
        exchange(
            "POST /specs?workspaceId={id}",
            draft(json!([file("ROOT"), file("ROOT")])),
            201,
            spec.clone(),
        ),
        exchange("POST /specs?workspaceId={id}", draft(json!([])), 201, spec),
        exchange(
            "PATCH /specs/{id}/files/a.json",
            json!({ "type": "ROOT", "name": "b" }),
            200,
            json!({ "id": "x", "path": "a.json", "type": "ROOT" }),
        ),
    ] {
        assert_eq!(
            sides(&wrong),
            [Side::Request],
            "{} {}",
            wrong.method,
            wrong.target
        );
    }
}

#[test]
fn mistakes_of_a_server_are_the_answer_s() {
    let mut page = exchange("GET /me", Value::Null, 200, Value::Null);
    page.answer = b"<html>".to_vec();
    let draft = json!({ "name": "1", "schemas": [], "collections": [] });
    for wrong in [
        page,
        exchange("GET /me", Value::Null, 200, json!({ "user": {} })),
        exchange(
            "GET /me",
            Value::Null,
            201,
            json!({ "user": { "id": 1, "username": "taylor" } }),
        ),
        exchange("GET /me", Value::Null, 500, json!("broken")),
        exchange("DELETE /specs/{id}", Value::Null, 204, json!({})),
        exchange(
            "POST /apis/{id}/versions",
            draft,
            202,
            json!({ "id": ID, "name": "1" }),
        ),
        exchange(
            "GET /collections?workspace={id}",
            Value::Null,
            200,
            json!({ "collections": [{ "id": ID, "name": "Pets" }] }),
        ),
    ] {
        assert_eq!(
            sides(&wrong),
            [Side::Answer],
            "{} {}",
            wrong.method,
            wrong.target
        );
    }
}
