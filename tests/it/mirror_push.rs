//! A push from outside: the real program, real git, and the sandbox over loopback.

use serde_json::{Value, json};

use crate::support::postman::{Scene, collection};

const PETS: &str = "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths:\n  /pets:\n    get: {summary: List, responses: {'200': {description: ok}}}\n";
const ENVIRONMENT: &str = r#"{"name": "Production", "values": [
  {"key": "host", "value": "api.example.com", "type": "default", "enabled": true},
  {"key": "token", "value": "", "type": "secret", "enabled": true}], "_postman_variable_scope": "environment"}
"#;

const ORDERS: &str = "postman/collections/orders.json";

fn scene() -> Scene {
    Scene::of_workspace(&[
        (ORDERS, &collection("Orders", &["List orders", "Get order"])),
        (
            "postman/collections/users.json",
            &collection("Users", &["List users"]),
        ),
        ("postman/environments/production.json", ENVIRONMENT),
        ("postman/specs/pets.yaml", PETS),
    ])
}

fn acts(report: &Value) -> Vec<String> {
    let applied = report["outcome"]["applied"].as_array().unwrap().clone();
    applied
        .iter()
        .map(|one| {
            format!(
                "{} {}",
                one["act"].as_str().unwrap(),
                one["path"].as_str().unwrap()
            )
        })
        .collect()
}

/// What the plan said is what was done.
#[track_caller]
fn honest(report: &Value) {
    assert_eq!(
        report["plan"]["calls"], report["outcome"]["calls"],
        "{report:#}"
    );
    assert_eq!(report["outcome"]["verified"], true);
}

#[test]
fn the_first_push_creates_everything_and_the_second_does_nothing_in_two_calls() {
    let scene = scene();
    let dry = scene.push(0, &["--dry-run"]);
    assert_eq!(scene.inventory(), [] as [&str; 0]);
    let first = scene.push(0, &[]);
    honest(&first);
    assert_eq!(first["plan"]["id"], dry["plan"]["id"]);
    assert_eq!(
        acts(&first),
        [
            "create postman/specs/pets.yaml",
            "create postman/environments/production.json",
            "create postman/collections/orders.json",
            "create postman/collections/users.json",
        ]
    );
    assert_eq!(
        scene.inventory(),
        [
            "collections Orders",
            "collections Users",
            "environments Production",
            "specs Pets"
        ]
    );
    let records = scene.records();
    let before = scene.recorder.calls();
    let second = scene.push(0, &[]);
    assert!(acts(&second).is_empty());
    assert!(scene.recorder.calls() - before <= 2);
    assert_eq!(scene.records(), records);
    scene.run(&["push"]).expect(0).says("nothing to do");
}

#[test]
fn one_change_is_one_update_and_keeps_the_ids_in_postman() {
    let scene = scene();
    scene.push(0, &[]);
    let (uid, before) = scene.collection("Orders");
    let changed = collection("Orders", &["List orders", "Get one order"]);
    scene.repository.commit(&[(ORDERS, &changed)], "rename");
    let calls = scene.recorder.calls();
    let report = scene.push(0, &[]);
    honest(&report);
    assert_eq!(acts(&report), ["update postman/collections/orders.json"]);
    assert_eq!(report["plan"]["calls"], 3);
    assert_eq!(scene.recorder.calls() - calls, 5);
    let (after_uid, after) = scene.collection("Orders");
    assert_eq!(after_uid, uid);
    assert_eq!(after["item"][1]["name"], "Get one order");
    for index in 0..2 {
        assert_eq!(after["item"][index]["id"], before["item"][index]["id"]);
    }
    assert!(acts(&scene.push(0, &[])).is_empty());
}

#[test]
fn what_changed_on_both_sides_is_left_alone_and_everything_else_goes_on() {
    let scene = scene();
    scene.push(0, &[]);
    scene.edit("Orders", |there| there["item"][0]["name"] = json!("Theirs"));
    scene.repository.commit(
        &[
            (ORDERS, &collection("Orders", &["Ours", "Get order"])),
            (
                "postman/collections/users.json",
                &collection("Users", &["List all users"]),
            ),
        ],
        "both",
    );
    let report = scene.push(3, &[]);
    assert_eq!(acts(&report), ["update postman/collections/users.json"]);
    assert_eq!(report["outcome"]["conflicts"][0]["reason"], "both-changed");
    assert_eq!(scene.collection("Orders").1["item"][0]["name"], "Theirs");
    scene.run(&["push"]).expect(3).says("pull first");
}

#[test]
fn what_only_postman_changed_is_left_alone() {
    let scene = scene();
    scene.push(0, &[]);
    scene.edit("Orders", |there| there["item"][0]["name"] = json!("Theirs"));
    assert!(acts(&scene.push(0, &[])).is_empty());
    assert_eq!(scene.collection("Orders").1["item"][0]["name"], "Theirs");
}

#[test]
fn nothing_is_deleted_without_being_asked_to() {
    let scene = scene();
    scene.push(0, &[]);
    scene.repository.git(&["rm", "--quiet", ORDERS]).expect(0);
    scene.repository.commit(&[], "gone");
    let kept = scene.push(0, &[]);
    assert!(acts(&kept).is_empty());
    assert_eq!(kept["plan"]["left_alone"][0]["path"], ORDERS);
    scene.collection("Orders");
    let report = scene.push(0, &["--allow-delete"]);
    honest(&report);
    assert_eq!(acts(&report), ["delete postman/collections/orders.json"]);
    assert!(!scene.inventory().contains(&"collections Orders".to_owned()));
    assert!(acts(&scene.push(0, &["--allow-delete"])).is_empty());
}

#[test]
fn a_push_that_touches_too_much_asks_first() {
    let names: Vec<String> = (0..6).map(|number| format!("C{number}")).collect();
    let paths: Vec<String> = names
        .iter()
        .map(|name| format!("postman/collections/{name}.json"))
        .collect();
    let texts = |request: &str| -> Vec<String> {
        names
            .iter()
            .map(|name| collection(name, &[request]))
            .collect()
    };
    let first = texts("One");
    let files: Vec<(&str, &str)> = paths
        .iter()
        .zip(&first)
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let scene = Scene::of_workspace(&files);
    scene.push(0, &[]);
    let second = texts("Two");
    let files: Vec<(&str, &str)> = paths
        .iter()
        .zip(&second)
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    scene.repository.commit(&files, "all of them");
    scene.run(&["push"]).expect(3).says("--force");
    assert_eq!(scene.collection("C0").1["item"][0]["name"], "One");
    let only = scene.push(0, &["--only", &paths[0]]);
    assert_eq!(acts(&only).len(), 1);
    let report = scene.push(0, &["--force"]);
    honest(&report);
    assert_eq!(acts(&report).len(), 5);
}

#[test]
fn a_sealed_plan_is_carried_out_exactly_or_not_at_all() {
    let scene = scene();
    scene
        .run(&["plan", "push", "--out", "../plan.json"])
        .expect(0)
        .says("create");
    scene.run(&["apply", "../plan.json"]).expect(0);
    assert_eq!(scene.inventory().len(), 4);
    scene
        .run(&["apply", "../plan.json"])
        .expect(3)
        .says("nothing was written");
    let changed = collection("Orders", &["List orders", "Get one order"]);
    scene.repository.commit(&[(ORDERS, &changed)], "rename");
    scene
        .run(&["plan", "push", "--out", "../plan.json"])
        .expect(0);
    scene.edit("Orders", |there| there["item"][0]["name"] = json!("Theirs"));
    scene.run(&["apply", "../plan.json"]).expect(3);
    assert_eq!(scene.collection("Orders").1["item"][0]["name"], "Theirs");
}

#[test]
fn findings_at_the_gate_stop_a_push() {
    let scene = scene();
    scene
        .repository
        .commit(&[(ORDERS, "{\"info\": {\"name\": \"Orders\"")], "broken");
    let report = scene.push(1, &[]);
    assert!(!report["findings"].as_array().unwrap().is_empty());
    assert_eq!(scene.recorder.calls(), 0);
}

#[test]
fn another_branch_is_pushed_only_by_name() {
    let scene = scene();
    scene
        .repository
        .git(&["switch", "--quiet", "-c", "feature"])
        .expect(0);
    scene.run(&["push"]).expect(2).says("active branch");
    assert_eq!(scene.recorder.calls(), 0);
    scene
        .repository
        .git(&["switch", "--quiet", "--detach", "main"])
        .expect(0);
    scene.run(&["push", "--dry-run"]).expect(0);
    scene.run(&["push", "--branch", "feature"]).expect(0);
    assert_eq!(scene.inventory().len(), 4);
}

#[test]
fn secrets_stay_where_they_are() {
    let scene = scene();
    scene.push(0, &[]);
    let path = format!("/workspaces/{}", scene.workspace);
    let workspace = scene.ask("GET", &path, &Value::Null);
    let uid = workspace["workspace"]["environments"][0]["uid"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/environments/{uid}");
    let mut there = scene.ask("GET", &path, &Value::Null);
    there["environment"]["values"][1]["value"] = json!("s3cr3t-of-postman");
    let body =
        json!({"environment": {"name": "Production", "values": there["environment"]["values"]}});
    scene.ask("PUT", &path, &body);
    let changed = ENVIRONMENT.replace("api.example.com", "api2.example.com");
    scene.repository.commit(
        &[("postman/environments/production.json", &changed)],
        "host",
    );
    let report = scene.push(0, &[]);
    assert_eq!(
        acts(&report),
        ["update postman/environments/production.json"]
    );
    let after = scene.ask("GET", &path, &Value::Null);
    assert_eq!(
        after["environment"]["values"][0]["value"],
        "api2.example.com"
    );
    assert_eq!(
        after["environment"]["values"][1]["value"],
        "s3cr3t-of-postman"
    );
    let run = scene
        .repository
        .git(&["grep", "s3cr3t-of-postman", "refs/postman/state"]);
    assert_eq!(run.code, 1, "{run}");
}

#[test]
fn a_definition_of_several_files_changes_file_by_file() {
    let root = "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths:\n  /pets:\n    $ref: paths/pets.yaml\n";
    let pets = "get: {summary: List, responses: {'200': {description: ok}}}\n";
    let scene = Scene::of_workspace(&[
        ("postman/specs/api/root.yaml", root),
        ("postman/specs/api/paths/pets.yaml", pets),
    ]);
    let first = scene.push(0, &[]);
    honest(&first);
    assert_eq!(first["plan"]["calls"], 3);
    let changed = pets.replace("List", "List them");
    scene
        .repository
        .commit(&[("postman/specs/api/paths/pets.yaml", &changed)], "words");
    let second = scene.push(0, &[]);
    honest(&second);
    assert_eq!(second["plan"]["calls"], 3);
    assert!(acts(&scene.push(0, &[])).is_empty());
}

#[test]
fn an_api_of_the_api_builder_is_pushed_the_same_way() {
    let scene = Scene::of_api(&[
        (ORDERS, &collection("Orders", &["List orders"])),
        ("postman/schemas/openapi.yaml", PETS),
    ]);
    let first = scene.push(0, &[]);
    honest(&first);
    assert_eq!(acts(&first).len(), 2);
    let before = scene.recorder.calls();
    assert!(acts(&scene.push(0, &[])).is_empty());
    assert!(scene.recorder.calls() - before <= 2);
    let changed = collection("Orders", &["List all orders"]);
    scene.repository.commit(
        &[
            (ORDERS, &changed),
            ("postman/schemas/openapi.yaml", &PETS.replace("List", "All")),
        ],
        "both",
    );
    let third = scene.push(0, &[]);
    honest(&third);
    assert_eq!(acts(&third).len(), 2);
    assert!(acts(&scene.push(0, &[])).is_empty());
}
