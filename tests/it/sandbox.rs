//! The sandbox over real loopback HTTP: what it does, what it refuses, what survives.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use git_postman::sandbox::options::{Options, Settings};
use git_postman::sandbox::running::{Running, Sandbox};
use serde_json::{Value, json};

use crate::support::http::{Reply, send};

const V10: &str = "application/vnd.api.v10+json";
const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
const PETS: &str = "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths:\n  /pets:\n    get: {summary: List}\n";

/// Asks one sandbox with one key.
struct Client<'a> {
    url: &'a str,
    key: &'a str,
}

impl Client<'_> {
    fn ask(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.ask_with(method, path, body, &[]).unwrap()
    }

    fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, &Value::Null)
    }

    fn ask_with(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        more: &[(&str, &str)],
    ) -> Option<Reply> {
        let mut headers = vec![("X-API-Key", self.key)];
        if path.starts_with("/apis") {
            headers.push(("Accept", V10));
        }
        headers.extend_from_slice(more);
        if body.is_null() {
            return send(self.url, method, path, &headers, None);
        }
        headers.push(("Content-Type", "application/json"));
        let body = body.to_string();
        send(self.url, method, path, &headers, Some(body.as_bytes()))
    }

    /// The same, and the status must be this one.
    fn must(&self, status: u16, method: &str, path: &str, body: &Value) -> Value {
        let reply = self.ask(method, path, body);
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.json());
        reply.json()
    }

    fn workspace(&self) -> String {
        let all = self.must(200, "GET", "/workspaces", &Value::Null);
        all["workspaces"][0]["id"].as_str().unwrap().to_owned()
    }

    fn make_collection(&self, name: &str) -> String {
        let path = format!("/collections?workspace={}", self.workspace());
        let made = self.must(200, "POST", &path, &collection(name));
        made["collection"]["uid"].as_str().unwrap().to_owned()
    }
}

fn client(running: &Running) -> Client<'_> {
    Client {
        url: &running.url,
        key: &running.key,
    }
}

fn started(settings: Settings) -> Running {
    Sandbox::start(Options {
        settings,
        ..Options::default()
    })
    .unwrap()
}

fn unlimited() -> Settings {
    Settings {
        rate_limit: 0,
        strict_limit: 0,
        ..Settings::default()
    }
}

fn collection(name: &str) -> Value {
    json!({"collection": {"info": {"name": name, "schema": SCHEMA}, "item": [
        {"name": "List", "request": {"method": "GET", "url": "https://api.example.com/pets?limit=1"}},
        {"name": "Folder", "item": [{"name": "One", "request": "https://api.example.com/pets/1"}]}]}})
}

fn name_of(reply: &Value) -> &str {
    let name = reply.pointer("/error/name").or(reply.get("name"));
    name.or(reply.get("type"))
        .and_then(Value::as_str)
        .unwrap_or("")
}

#[test]
fn who_asks_decides_what_is_answered() {
    let running = started(unlimited());
    let admin = client(&running);
    assert_eq!(
        send(&running.url, "GET", "/me", &[], None).unwrap().status,
        401
    );
    let wrong = Client {
        url: &running.url,
        key: "PMAK-nobody",
    };
    assert_eq!(name_of(&wrong.get("/me").json()), "AuthenticationError");
    assert_eq!(admin.get("/me?apikey=x").status, 200);
    let query = format!("/me?apikey={}", running.key);
    assert_eq!(
        send(&running.url, "GET", &query, &[], None).unwrap().status,
        401
    );

    let viewer = Client {
        url: &running.url,
        key: &running.viewer_key,
    };
    let workspace = admin.workspace();
    let uid = admin.make_collection("C");
    assert_eq!(viewer.get(&format!("/collections/{uid}")).status, 200);
    for (method, path) in [
        ("POST", "/collections".to_owned()),
        ("PUT", format!("/collections/{uid}")),
        ("DELETE", format!("/collections/{uid}")),
        ("POST", format!("/apis?workspaceId={workspace}")),
        ("POST", format!("/specs?workspaceId={workspace}")),
    ] {
        viewer.must(403, method, &path, &json!({}));
    }
    viewer.must(403, "GET", "/sandbox/log", &Value::Null);
}

#[test]
fn an_api_reads_as_missing_without_the_exact_accept_header() {
    let running = started(unlimited());
    let path = format!("/apis?workspaceId={}", client(&running).workspace());
    for accept in [
        "application/json",
        "*/*",
        "application/vnd.api.v10+json, */*",
    ] {
        let headers = [("X-API-Key", running.key.as_str()), ("Accept", accept)];
        let reply = send(&running.url, "GET", &path, &headers, None).unwrap();
        assert_eq!(reply.status, 400, "{accept}");
        assert_eq!(reply.json()["name"], "instanceNotFoundError");
    }
    assert_eq!(client(&running).get(&path).status, 200);
}

#[test]
fn not_found_is_said_in_each_familys_way() {
    let running = started(unlimited());
    let client = client(&running);
    let no = |status: u16, method: &str, path: String, body: &Value| {
        client.must(status, method, &path, body)
    };
    let uid = format!("1-{NOBODY}");
    let null = Value::Null;
    assert_eq!(
        name_of(&no(400, "GET", format!("/collections/{uid}"), &null)),
        "instanceNotFoundError"
    );
    let put = no(404, "PUT", format!("/collections/{uid}"), &collection("x"));
    assert_eq!(put["error"]["details"]["id"], uid);
    no(404, "DELETE", format!("/collections/{uid}"), &null);
    let list = no(
        200,
        "GET",
        format!("/collections?workspace={NOBODY}"),
        &null,
    );
    assert_eq!(list, json!({"collections": []}));
    no(400, "GET", format!("/environments/{uid}"), &null);
    let workspace = no(404, "GET", format!("/workspaces/{NOBODY}"), &null);
    assert_eq!(workspace["error"]["name"], "workspaceNotFoundError");
    no(400, "GET", format!("/specs?workspaceId={NOBODY}"), &null);
    let spec =
        json!({"name": "x", "type": "OPENAPI:3.0", "files": [{"path": "a.yaml", "content": ""}]});
    let created = no(404, "POST", format!("/specs?workspaceId={NOBODY}"), &spec);
    assert!(created.get("status").is_none());
    no(404, "GET", format!("/apis/{NOBODY}"), &null);
    no(404, "GET", "/imports".to_owned(), &null);
    no(404, "PUT", format!("/specs/{NOBODY}"), &json!({}));
}

#[test]
fn a_collection_keeps_known_ids_and_gets_new_ones_for_the_rest() {
    let running = started(unlimited());
    let client = client(&running);
    let (one, other) = (
        client.make_collection("One"),
        client.make_collection("Other"),
    );
    let read = |uid: &str| client.must(200, "GET", &format!("/collections/{uid}"), &Value::Null);
    let mut written = read(&one);
    let first = &written["collection"];
    assert_eq!(first["info"]["uid"], one);
    assert_eq!(
        first["item"][0]["request"]["url"]["host"],
        json!(["api", "example", "com"])
    );
    assert_eq!(first["item"][0]["request"]["header"], json!([]));
    assert_eq!(first["item"][0]["response"], json!([]));
    let updated = first["info"]["updatedAt"].clone();
    let kept = first["item"][0]["id"].clone();
    let lost = first["item"][1]["id"].clone();

    client.must(
        200,
        "POST",
        "/sandbox/clock",
        &json!({"advance_seconds": 60}),
    );
    written["collection"]["item"][0]["request"]["method"] = json!("HEAD");
    client.must(200, "PUT", &format!("/collections/{one}"), &written);
    // An edit inside a request does not move the date of the collection.
    assert_eq!(read(&one)["collection"]["info"]["updatedAt"], updated);
    written["collection"]["item"][1]
        .as_object_mut()
        .unwrap()
        .remove("id");
    client.must(200, "PUT", &format!("/collections/{one}"), &written);
    let again = read(&one);
    assert_eq!(again["collection"]["item"][0]["id"], kept);
    assert_ne!(again["collection"]["item"][1]["id"], lost);
    assert_ne!(again["collection"]["info"]["updatedAt"], updated);

    let mismatch = client.must(400, "PUT", &format!("/collections/{other}"), &again);
    assert_eq!(name_of(&mismatch), "collectionMismatchError");
    let mut foreign = again.clone();
    let info = foreign["collection"]["info"].as_object_mut().unwrap();
    info.remove("_postman_id");
    info.remove("uid");
    let found = client.must(400, "PUT", &format!("/collections/{other}"), &foreign);
    assert_eq!(name_of(&found), "instanceFoundError");
    assert_eq!(read(&other)["collection"]["info"]["name"], "Other");
    client.must(400, "POST", "/collections", &again);
}

#[test]
fn a_body_that_is_not_what_it_should_be_is_refused() {
    let running = started(Settings {
        max_body: 200_000,
        ..unlimited()
    });
    let client = client(&running);
    let key = [
        ("X-API-Key", running.key.as_str()),
        ("Content-Type", "application/json"),
    ];
    let raw = |body: &[u8]| send(&running.url, "POST", "/collections", &key, Some(body)).unwrap();
    assert_eq!(raw(b"{\"collection\": ").status, 400);
    assert_eq!(raw(b"\xff\xfe").status, 400);
    let deep = format!(
        "{{\"collection\": {}{}}}",
        "[".repeat(5000),
        "]".repeat(5000)
    );
    assert_eq!(raw(deep.as_bytes()).status, 400);
    assert_eq!(raw(&vec![b' '; 300_000]).status, 413);
    let text = [
        ("X-API-Key", running.key.as_str()),
        ("Content-Type", "text/plain"),
    ];
    let body = collection("x").to_string();
    let reply = send(
        &running.url,
        "POST",
        "/collections",
        &text,
        Some(body.as_bytes()),
    );
    assert_eq!(reply.unwrap().status, 400);

    let missing = client.must(400, "POST", "/collections", &json!({}));
    assert_eq!(name_of(&missing), "paramMissingError");
    let mut old = collection("x");
    old["collection"]["info"]["schema"] = json!(SCHEMA.replace("2.1", "2.0"));
    let mut null = collection("x");
    null["collection"]["item"][0]["description"] = Value::Null;
    for bad in [old, null] {
        let refused = client.must(400, "POST", "/collections", &bad);
        assert_eq!(name_of(&refused), "malformedRequestError");
        assert!(!refused["error"]["details"].as_array().unwrap().is_empty());
    }
    let chunked = [key[0], key[1], ("Transfer-Encoding", "chunked")];
    let reply = send(
        &running.url,
        "POST",
        "/environments",
        &chunked,
        Some(b"2\r\n{}\r\n0\r\n\r\n"),
    );
    assert_eq!(reply.unwrap().status, 411);
    assert_eq!(
        client.must(200, "GET", "/collections", &Value::Null),
        json!({"collections": []})
    );
}

#[test]
fn a_replacement_in_the_background_locks_until_it_is_done() {
    let running = started(Settings {
        task_polls: 2,
        ..unlimited()
    });
    let client = client(&running);
    let path = format!("/collections/{}", client.make_collection("Before"));
    let prefer = [("Prefer", "respond-async")];
    let start = |name: &str| {
        client
            .ask_with("PUT", &path, &collection(name), &prefer)
            .unwrap()
    };
    let accepted = start("After");
    assert_eq!(accepted.status, 202);
    let task = accepted.json()["task"]["id"].as_str().unwrap().to_owned();
    client.must(409, "PUT", &path, &collection("Meanwhile"));
    let poll = || {
        let path = format!("/collection-updates-tasks/{task}");
        client.must(200, "GET", &path, &Value::Null)["status"].clone()
    };
    let read =
        || client.must(200, "GET", &path, &Value::Null)["collection"]["info"]["name"].clone();
    assert_eq!(
        (poll(), poll(), read()),
        (json!("in-progress"), json!("in-progress"), json!("Before"))
    );
    assert_eq!((poll(), read()), (json!("successful"), json!("After")));

    // A task that nobody asks about ends by itself, and a failed one changes nothing.
    start("By itself");
    client.must(
        200,
        "POST",
        "/sandbox/clock",
        &json!({"advance_seconds": 60}),
    );
    assert_eq!(read(), "By itself");
    client.must(
        200,
        "POST",
        "/sandbox/faults",
        &json!({"spec": "task-failed", "times": 1}),
    );
    start("Never");
    client.must(
        200,
        "POST",
        "/sandbox/clock",
        &json!({"advance_seconds": 60}),
    );
    assert_eq!(read(), "By itself");
    client.must(200, "PUT", &path, &collection("Free again"));
}

#[test]
fn limits_are_kept_and_told() {
    let running = started(Settings {
        quota: 40,
        ..Settings::default()
    });
    let client = client(&running);
    let mut spellings = std::collections::HashSet::new();
    for _ in 0..10 {
        let reply = client.get("/collections");
        assert_eq!(reply.status, 200);
        for (name, _) in reply
            .headers
            .iter()
            .filter(|(name, _)| name.contains("ratelimit"))
        {
            spellings.insert(name.clone());
        }
    }
    assert!(spellings.len() >= 5, "{spellings:?}");
    let refused = client.get("/workspaces");
    assert_eq!(refused.status, 429);
    let wait = ["retry-after", "retryafter", "x-ratelimit-retryafter"];
    let wait = wait.iter().find_map(|name| refused.header(name)).unwrap();
    assert!((1..=10).contains(&wait.parse::<u64>().unwrap()), "{wait}");
    assert_eq!(client.get("/me").status, 200);
    client.must(
        200,
        "POST",
        "/sandbox/clock",
        &json!({"advance_seconds": 11}),
    );
    assert_eq!(client.get("/workspaces").status, 200);
    let used = (0..).find(|_| client.get("/me").status == 429).unwrap();
    assert_eq!(used, 40 - 12);
    assert_eq!(name_of(&client.get("/me").json()), "serviceLimitExhausted");
}

#[test]
fn three_hundred_calls_a_minute_and_not_one_more() {
    let running = started(Settings::default());
    let client = client(&running);
    assert!((0..300).all(|_| client.get("/me").status == 200));
    assert_eq!(client.get("/me").status, 429);
    client.must(
        200,
        "POST",
        "/sandbox/clock",
        &json!({"advance_seconds": 61}),
    );
    assert_eq!(client.get("/me").status, 200);
}

#[test]
fn an_api_has_a_schema_files_collections_and_versions() {
    let running = started(unlimited());
    let client = client(&running);
    let made = format!("/apis?workspaceId={}", client.workspace());
    let api = client.must(200, "POST", &made, &json!({"name": "Pets"}));
    let api = format!("/apis/{}", api["id"].as_str().unwrap());
    let body = json!({"type": "openapi:3", "files": [{"path": "index.yaml", "content": PETS}]});
    let schema = client.must(200, "POST", &format!("{api}/schemas"), &body);
    let second = client.must(400, "POST", &format!("{api}/schemas"), &body);
    assert_eq!(second["detail"], "Schema already exists for this API");
    let id = schema["id"].as_str().unwrap();
    let file = format!("{api}/schemas/{id}/files/components%2Fpet.yaml");
    client.must(200, "PUT", &file, &json!({"content": "a: 1\n"}));
    assert_eq!(
        client.must(200, "GET", &file, &Value::Null)["content"],
        "a: 1\n"
    );
    client.must(
        400,
        "PUT",
        &format!("{api}/schemas/{id}/files/..%2Fx.yaml"),
        &json!({"content": ""}),
    );
    let create = json!({"operationType": "CREATE_NEW", "data": collection("Tests")["collection"]});
    let uid = client.must(200, "POST", &format!("{api}/collections"), &create)["id"].clone();
    let uid = uid.as_str().unwrap();
    let bare = client.must(
        200,
        "GET",
        &format!("{api}/collections/{uid}"),
        &Value::Null,
    );
    assert_eq!(bare["info"]["name"], "Tests");

    let version = json!({"name": "1.0", "schemas": [{"id": id}], "collections": [{"id": uid}]});
    let accepted = client.ask("POST", &format!("{api}/versions"), &version);
    assert_eq!(accepted.status, 202);
    let location = accepted.header("location").unwrap().to_owned();
    let version = format!("{api}/versions/{}", accepted.json()["id"].as_str().unwrap());
    assert_eq!(client.get(&version).status, 302);
    assert_eq!(
        client.must(200, "GET", &location, &Value::Null)["status"],
        "pending"
    );
    assert_eq!(
        client.must(200, "GET", &location, &Value::Null)["status"],
        "completed"
    );
    client.must(200, "GET", &version, &Value::Null);
    client.must(200, "PUT", &file, &json!({"content": "a: 2\n"}));
    let frozen = format!(
        "{file}?versionId={}",
        accepted.json()["id"].as_str().unwrap()
    );
    assert_eq!(
        client.must(200, "GET", &frozen, &Value::Null)["content"],
        "a: 1\n"
    );
    client.must(204, "DELETE", &file, &Value::Null);
    client.must(404, "GET", &file, &Value::Null);
}

#[test]
fn a_git_linked_api_is_read_only_from_here() {
    let directory = tempfile::tempdir().unwrap();
    let seed = directory.path().join("seed.yaml");
    let id = "11111111-2222-4333-8444-555555555555";
    fs::write(
        directory.path().join("Orders.json"),
        collection("Orders").to_string(),
    )
    .unwrap();
    fs::write(directory.path().join("index.yaml"), PETS).unwrap();
    let text = format!(
        "workspaces:\n- name: Team\n  collections: [Orders.json]\n  apis:\n  - id: {id}\n    name: Linked\n    git:\n      \
         {{organization: acme, repository: pets, schemaFolder: postman/schemas, collectionFolder: postman/collections}}\n  \
         specs:\n  - name: Pets\n    type: 'OPENAPI:3.0'\n    files: [{{file: index.yaml}}]\n"
    );
    fs::write(&seed, text).unwrap();
    let options = Options {
        seed: Some(seed),
        settings: unlimited(),
        ..Options::default()
    };
    let running = Sandbox::start(options).unwrap();
    let client = client(&running);
    let path = format!("/apis/{id}?include=gitInfo,schemas,collections,versions");
    let api = client.must(200, "GET", &path, &Value::Null);
    assert_eq!(api["gitInfo"]["schemaFolder"], "postman/schemas");
    assert!(api.get("schemas").is_none() && api.get("collections").is_none());
    let schema = json!({"type": "openapi:3", "files": [{"path": "a.yaml", "content": ""}]});
    let refused = client.must(422, "POST", &format!("/apis/{id}/schemas"), &schema);
    assert_eq!(refused["type"], "actionNotAllowedError");
    client.must(
        422,
        "GET",
        &format!("/apis/{id}/schemas/{NOBODY}/files"),
        &Value::Null,
    );
    client.must(
        422,
        "GET",
        &format!("/apis/{id}/collections/1-{NOBODY}"),
        &Value::Null,
    );
    let file = format!("/apis/{id}/schemas/{NOBODY}/files/a.yaml");
    let uid = format!("/apis/{id}/collections/1-{NOBODY}");
    let new = json!({"operationType": "CREATE_NEW", "data": collection("New")});
    for (method, path, body) in [
        ("GET", format!("/apis/{id}/schemas/{NOBODY}"), Value::Null),
        ("GET", file.clone(), Value::Null),
        ("PUT", file.clone(), json!({"content": "x"})),
        ("DELETE", file, Value::Null),
        ("POST", format!("/apis/{id}/collections"), new),
        ("PUT", format!("{uid}/sync-with-schema-tasks"), Value::Null),
    ] {
        let refused = client.must(422, method, &path, &body);
        assert_eq!(
            refused["detail"], "This action is not allowed for Git linked APIs",
            "{method} {path}"
        );
    }
    // Every part of a connection is told, a host of one's own too, and no branch.
    let link = json!({"domain": "git.example.com", "organization": "acme", "repository": "pets",
        "schemaFolder": "s", "collectionFolder": "c"});
    client.must(204, "PUT", &format!("/sandbox/apis/{id}/git"), &link);
    let told = client.must(200, "GET", &path, &Value::Null);
    assert_eq!(told["gitInfo"], link);
    let version = json!({"name": "1", "branch": "main", "schemas": [{"directoryPath": "postman/schemas"}], "collections": []});
    client.must(202, "POST", &format!("/apis/{id}/versions"), &version);

    let workspace = client.must(
        200,
        "GET",
        &format!("/workspaces/{}", client.workspace()),
        &Value::Null,
    );
    assert_eq!(workspace["workspace"]["collections"][0]["name"], "Orders");
    assert_eq!(workspace["workspace"]["specs"][0]["name"], "Pets");
    client.must(
        204,
        "DELETE",
        &format!("/sandbox/apis/{id}/git"),
        &Value::Null,
    );
    client.must(200, "POST", &format!("/apis/{id}/schemas"), &schema);
}

#[test]
fn a_seed_that_is_wrong_stops_the_start_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let seed = directory.path().join("seed.json");
    let data = directory.path().join("data");
    let start = || {
        Sandbox::start(Options {
            seed: Some(seed.clone()),
            data: Some(data.clone()),
            ..Options::default()
        })
    };
    for (text, told) in [
        ("{", "line 1"),
        (
            "{\"workspaces\": [{\"name\": \"a\", \"collections\": [\"none.json\"]}]}",
            "none.json",
        ),
        (
            "{\"workspaces\": [{\"name\": \"a\", \"colections\": []}]}",
            "colections",
        ),
        (
            "{\"workspaces\": [{\"name\": \"a\", \"collections\": [{\"document\": {}}]}]}",
            "workspaces/0/collections/0",
        ),
    ] {
        fs::write(&seed, text).unwrap();
        let error = start().unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    fs::write(&seed, "{\"workspaces\": [{\"name\": \"right\"}]}").unwrap();
    let running = start().unwrap();
    let all = client(&running).must(200, "GET", "/workspaces", &Value::Null);
    assert_eq!(all["workspaces"].as_array().unwrap().len(), 1);
}

#[test]
fn a_specification_has_one_root_and_small_files() {
    let running = started(unlimited());
    let client = client(&running);
    let path = format!("/specs?workspaceId={}", client.workspace());
    let file = |path: &str, kind: &str| json!({"path": path, "content": "a: 1", "type": kind});
    let of = |files: &[Value]| json!({"name": "Pets", "type": "OPENAPI:3.0", "files": files});
    for (files, told) in [
        (
            vec![file("a.yaml", "ROOT"), file("b.yaml", "ROOT")],
            "Only one file can have type ROOT",
        ),
        (
            vec![file("a.yaml", "DEFAULT"), file("b.yaml", "DEFAULT")],
            "At least one file must have type ROOT",
        ),
        (vec![file("a.txt", "ROOT")], "Invalid file extension"),
        (
            vec![json!({"path": "a.yaml", "content": "x".repeat(12 * 1024 * 1024 + 1)})],
            "File size exceeded the limit of 10 MB",
        ),
    ] {
        assert_eq!(client.must(400, "POST", &path, &of(&files))["detail"], told);
    }
    let made = client.must(
        201,
        "POST",
        &path,
        &of(&[file("a.yaml", "ROOT"), file("c/b.yaml", "DEFAULT")]),
    );
    let spec = format!("/specs/{}", made["id"].as_str().unwrap());
    let inner = format!("{spec}/files/c%2Fb.yaml");
    client.must(
        400,
        "PATCH",
        &inner,
        &json!({"content": "x", "name": "y.yaml"}),
    );
    client.must(200, "PATCH", &inner, &json!({"type": "ROOT"}));
    let files = client.must(200, "GET", &format!("{spec}/files"), &Value::Null);
    let kinds: Vec<&str> = files["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["DEFAULT", "ROOT"]);
    client.must(400, "DELETE", &inner, &Value::Null);
    client.must(
        201,
        "POST",
        &format!("{spec}/version-tags"),
        &json!({"name": "1"}),
    );
    client.must(
        409,
        "POST",
        &format!("{spec}/version-tags"),
        &json!({"name": "2"}),
    );
    client.must(200, "PATCH", &inner, &json!({"content": PETS}));
    client.must(
        201,
        "POST",
        &format!("{spec}/version-tags"),
        &json!({"name": "2"}),
    );
    let generate = json!({"name": "Generated", "options": {}});
    let task = client.must(
        202,
        "POST",
        &format!("{spec}/generations/collection"),
        &generate,
    );
    client.must(
        423,
        "POST",
        &format!("{spec}/generations/collection"),
        &generate,
    );
    let url = task["url"].as_str().unwrap();
    assert_eq!(
        client.must(200, "GET", url, &Value::Null)["status"],
        "pending"
    );
    let done = client.must(200, "GET", url, &Value::Null);
    let uid = done["details"]["resources"][0]["id"].as_str().unwrap();
    let generated = client.must(200, "GET", &format!("/collections/{uid}"), &Value::Null);
    assert_eq!(
        generated["collection"]["item"][0]["item"][0]["name"],
        "List"
    );
}

#[test]
fn an_environment_keeps_types_and_is_patched_by_one_kind_of_operation() {
    let running = started(unlimited());
    let client = client(&running);
    let path = format!("/environments?workspace={}", client.workspace());
    let body = json!({"environment": {"name": "Test", "values": [
        {"key": "url", "value": "https://a.example"}, {"key": "token", "value": "", "type": "secret"}]}});
    let made = client.must(200, "POST", &path, &body);
    let one = format!(
        "/environments/{}",
        made["environment"]["uid"].as_str().unwrap()
    );
    let read = client.must(200, "GET", &one, &Value::Null);
    assert_eq!(read["environment"]["values"][1]["type"], "secret");
    assert_eq!(read["environment"]["values"][0]["enabled"], true);
    client.must(
        200,
        "PATCH",
        &one,
        &json!([{"op": "replace", "path": "/values/0/value", "value": "b"}]),
    );
    let mixed = json!([{"op": "remove", "path": "/values/0"}, {"op": "add", "path": "/values/-", "value": {"key": "k"}}]);
    client.must(400, "PATCH", &one, &mixed);
    client.must(
        400,
        "PATCH",
        &one,
        &json!([{"op": "replace", "path": "/id", "value": "b"}]),
    );
    assert_eq!(
        client.must(200, "GET", &one, &Value::Null)["environment"]["values"][0]["value"],
        "b"
    );
    client.must(200, "DELETE", &one, &Value::Null);
    client.must(400, "GET", &one, &Value::Null);
}

#[test]
fn a_new_object_is_missing_from_the_first_lists_and_pages_can_repeat() {
    let running = started(Settings {
        lag: 2,
        ..unlimited()
    });
    let client = client(&running);
    client.make_collection("New");
    let listed = || {
        let list = client.must(200, "GET", "/collections", &Value::Null);
        list["collections"].as_array().unwrap().len()
    };
    assert_eq!([listed(), listed(), listed()], [0, 0, 1]);
    for index in 0..3 {
        let body = json!({"workspace": {"name": format!("w{index}"), "type": "team"}});
        client.must(200, "POST", "/workspaces", &body);
    }
    client.must(200, "POST", "/sandbox/settings", &json!({"lag": 0}));
    for _ in 0..3 {
        client.get("/workspaces");
    }
    client.must(
        200,
        "POST",
        "/sandbox/faults",
        &json!({"spec": "repeat-cursor"}),
    );
    let first = client.must(200, "GET", "/workspaces?limit=1", &Value::Null);
    let cursor = first["meta"]["nextCursor"].as_str().unwrap();
    let path = format!("/workspaces?limit=1&cursor={cursor}");
    assert_eq!(
        client.must(200, "GET", &path, &Value::Null)["meta"]["nextCursor"],
        cursor
    );
}

#[test]
fn faults_strike_as_they_say() {
    let running = started(unlimited());
    let client = client(&running);
    let arm = |spec: &str| {
        client.must(
            200,
            "POST",
            "/sandbox/faults",
            &json!({"spec": spec, "times": 1}),
        );
    };
    let post = || client.ask_with("POST", "/collections", &collection("x"), &[]);
    let count = || {
        let list = client.must(200, "GET", "/collections", &Value::Null);
        list["collections"].as_array().unwrap().len()
    };
    for (spec, status) in [("429", 429), ("500", 500), ("503", 503), ("redirect", 302)] {
        arm(spec);
        assert_eq!(post().unwrap().status, status, "{spec}");
        assert_eq!(count(), 0, "{spec}");
    }
    arm("commit-then-drop@POST /collections");
    assert!(post().is_none());
    assert_eq!(count(), 1);
    arm("drop@POST");
    let cut = post().unwrap();
    assert!(cut.is_cut && !cut.body.is_empty());
    arm("commit-then-504");
    assert_eq!(post().unwrap().status, 504);
    arm("malformed@POST");
    let malformed = post().unwrap();
    assert_eq!(
        (malformed.status, malformed.json(), malformed.is_cut),
        (200, Value::Null, false)
    );
    assert_eq!(count(), 4);
    arm("html");
    assert!(
        client
            .get("/me")
            .header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    client.must(400, "POST", "/sandbox/faults", &json!({"spec": "nonsense"}));
    let log = client.must(200, "GET", "/sandbox/log", &Value::Null);
    assert_eq!(log["by_operation"]["POST /collections"], 8);
    let dropped = log["entries"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["fault"] == "commit-then-drop");
    assert_eq!(dropped.unwrap()["status"], 0);
}

#[test]
fn what_was_answered_outlives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let start = || {
        Sandbox::start(Options {
            data: Some(directory.path().to_owned()),
            settings: unlimited(),
            ..Options::default()
        })
        .unwrap()
    };
    let running = start();
    let key = running.key.clone();
    let uid = client(&running).make_collection("Kept");
    let before = client(&running).get(&format!("/collections/{uid}")).body;
    running.stop();
    let running = start();
    assert_eq!(running.key, key);
    let after = client(&running).get(&format!("/collections/{uid}")).body;
    assert_eq!(before, after);
}

#[test]
fn an_address_that_others_could_reach_is_refused() {
    let options = Options {
        listen: "0.0.0.0:0".parse().unwrap(),
        ..Options::default()
    };
    let error = Sandbox::start(options).unwrap_err().to_string();
    assert!(error.contains("loopback"), "{error}");
}

/// The program as a process of its own.
struct Program {
    child: Child,
    _stdin: Option<ChildStdin>,
    url: String,
    key: String,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program itself, run from outside and killed"
)]
fn program(data: &Path, more: &[&str]) -> Program {
    let mut child = Command::new(env!("CARGO_BIN_EXE_git-postman"))
        .args([
            "sandbox",
            "--rate-limit",
            "0",
            "--strict-limit",
            "0",
            "--data",
        ])
        .arg(data)
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    Program {
        _stdin: child.stdin.take(),
        url: ready["url"].as_str().unwrap().to_owned(),
        key: ready["key"].as_str().unwrap().to_owned(),
        child,
    }
}

#[test]
fn the_program_ends_when_standard_input_does() {
    let directory = tempfile::tempdir().unwrap();
    let mut program = program(
        directory.path(),
        &["--until-stdin-closes", "--key", "PMAK-of-my-own"],
    );
    assert_eq!(program.key, "PMAK-of-my-own");
    drop(program._stdin.take());
    assert!(program.child.wait().unwrap().success());
}

#[test]
fn a_kill_in_the_middle_of_writes_leaves_whole_objects_only() {
    let directory = tempfile::tempdir().unwrap();
    let mut uid = String::new();
    for round in 0..5 {
        let mut program = program(directory.path(), &[]);
        let (url, key) = (program.url.clone(), program.key.clone());
        let ask = Client {
            url: &url,
            key: &key,
        };
        if uid.is_empty() {
            uid = ask.make_collection("0");
        }
        let path = format!("/collections/{uid}");
        let check = |read: &Value| {
            // Every write gives the collection and all of its requests one name, so a half write would show.
            let document = &read["collection"];
            let name = document["info"]["name"].as_str().unwrap();
            let items = document["item"].as_array().unwrap();
            let requests = items.iter().filter(|item| item.get("request").is_some());
            assert!(
                requests
                    .clone()
                    .all(|item| item["name"] == name || name == "0"),
                "round {round}"
            );
        };
        check(&ask.must(200, "GET", &path, &Value::Null));
        let list = ask.must(200, "GET", "/collections", &Value::Null);
        for one in list["collections"].as_array().unwrap() {
            check(&ask.must(
                200,
                "GET",
                &format!("/collections/{}", one["uid"].as_str().unwrap()),
                &Value::Null,
            ));
        }
        let document = |name: &str| {
            let items: Vec<Value> = (0..50)
                .map(|_| json!({"name": name, "request": "https://a.example"}))
                .collect();
            json!({"collection": {"info": {"name": name, "schema": SCHEMA}, "item": items}})
        };
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let mut written = 0;
                loop {
                    let body = document(&format!("r{round}n{written}")).to_string();
                    let headers = [
                        ("X-API-Key", key.as_str()),
                        ("Content-Type", "application/json"),
                    ];
                    let sent = send(&url, "PUT", &path, &headers, Some(body.as_bytes()));
                    match sent {
                        Some(reply) => assert_eq!(reply.status, 200),
                        None => return written,
                    }
                    written += 1;
                }
            });
            // The log says when enough was written, so the kill falls among writes and nothing waits for a clock.
            while ask.must(200, "GET", "/sandbox/log", &Value::Null)["total"]
                .as_u64()
                .unwrap()
                < 20 + round
            {}
            program.child.kill().unwrap();
            program.child.wait().unwrap();
            assert!(writer.join().unwrap() > 0);
        });
    }
}
