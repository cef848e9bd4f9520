//! A push from outside: the real program, real git, and the sandbox over loopback.

use std::fs;

use serde_json::{Value, json};

use crate::support::Repository;
use crate::support::postman::{STATE, Scene, When, collection};

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

#[test]
fn ids_of_what_a_push_made_are_told_and_written_where_that_is_asked_for() {
    let scene = Scene::of_api(&[
        (ORDERS, &collection("Orders", &["List orders"])),
        ("postman/schemas/openapi.yaml", PETS),
    ]);
    scene
        .run(&["push"])
        .expect(0)
        .says("`git postman pull` writes them")
        .says("push --write-ids");
    let unlisted = || scene.repository.check(&[]).paths_of("unlisted-file");
    assert!(unlisted().contains(&ORDERS.to_owned()), "{:?}", unlisted());
    let pulled = scene.run(&["pull", "--format", "json"]).expect(0).json();
    let file = pulled["outcome"]["ids_in"][0].as_str().unwrap().to_owned();
    assert!(file.starts_with(".postman/api_"), "{file}");
    assert!(!unlisted().contains(&ORDERS.to_owned()));
    scene.repository.commit(&[], "ids");
    scene
        .run(&["push"])
        .expect(0)
        .never_says("ids that Postman");

    let users = "postman/collections/users.json";
    scene
        .repository
        .commit(&[(users, &collection("Users", &["One"]))], "users");
    let report = scene.push(0, &["--write-ids"]);
    assert_eq!(report["outcome"]["ids_in"], json!([file]));
    assert!(!unlisted().contains(&users.to_owned()));
    let (uid, _) = scene.collection("Users");
    let text = std::fs::read_to_string(scene.repository.at(&file)).unwrap();
    assert!(text.contains(&uid), "{text}");
    // Where somebody is at work on the file it is not written, and what was pushed is pushed.
    let more = "postman/collections/more.json";
    scene
        .repository
        .commit(&[(more, &collection("More", &["One"]))], "more");
    let dirty = text + "\n";
    scene.repository.write(&file, &dirty);
    scene
        .run(&["push", "--write-ids"])
        .expect(0)
        .says("were not written")
        .says("uncommitted changes");
    scene.collection("More");
    assert_eq!(
        std::fs::read_to_string(scene.repository.at(&file)).unwrap(),
        dirty
    );
}

/// Files whose change is one change to each kind of element.
fn round(number: usize) -> Vec<(String, String)> {
    let root = format!(
        "openapi: 3.0.3\ninfo: {{title: Pets, version: '{number}'}}\npaths:\n  /pets:\n    $ref: paths/pets.yaml\n"
    );
    let pets =
        format!("get: {{summary: List {number}, responses: {{'200': {{description: ok}}}}}}\n");
    vec![
        // Postman trims this name, so what it stores is not what was sent.
        (
            ORDERS.to_owned(),
            collection("Orders", &["List orders", &format!(" Round {number} ")]),
        ),
        ("postman/specs/api/root.yaml".to_owned(), root),
        ("postman/specs/api/paths/pets.yaml".to_owned(), pets),
        (
            "postman/environments/production.json".to_owned(),
            ENVIRONMENT.replace("api.example.com", &format!("{number}.example.com")),
        ),
        // A new one in each round.
        (
            format!("postman/collections/new-{number}.json"),
            collection(&format!("New {number}"), &["One"]),
        ),
    ]
}

fn commit_round(scene: &Scene, number: usize) {
    let files = round(number);
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    scene.repository.commit(&files, "a round");
}

/// One more push brings everything over, and nothing is there twice.
#[track_caller]
fn converges(scene: &Scene, round: usize, at: &str) {
    let run = scene.run(&["push", "--format", "json"]);
    assert_eq!(run.code, 0, "killed {at}: {run}");
    // Looking twice after every second kill is enough.
    if !at.starts_with("Before") {
        let report = scene.push(0, &[]);
        assert!(acts(&report).is_empty(), "killed {at}: {report:#}");
    }
    assert_eq!(
        scene.collection("Orders").1["item"][1]["name"],
        format!("Round {round}"),
        "{at}"
    );
    let inventory = scene.inventory();
    let mut once = inventory.clone();
    once.dedup();
    assert_eq!(inventory, once, "killed {at}");
    let collections = inventory
        .iter()
        .filter(|name| name.starts_with("collections"))
        .count();
    assert_eq!(collections, round + 2, "killed {at}: {inventory:?}");
}

#[test]
fn a_push_that_is_killed_at_any_call_is_healed_by_the_next() {
    let scene = Scene::of_workspace(&[]);
    commit_round(&scene, 0);
    scene.push(0, &[]);
    let mut points = 0;
    let mut number = 0;
    'calls: for call in 1.. {
        for when in [When::Before, When::After] {
            number += 1;
            commit_round(&scene, number);
            if !scene.push_killed_at(call, when) {
                break 'calls;
            }
            points += 1;
            converges(&scene, number, &format!("{when:?} call {call}"));
        }
    }
    assert!(points >= 30, "{points}");
}

#[cfg(unix)]
#[test]
fn a_push_that_is_killed_while_the_state_moves_is_healed_by_the_next() {
    let scene = Scene::of_workspace(&[]);
    commit_round(&scene, 0);
    scene.push(0, &[]);
    let mut number = 0;
    for time in 1..=2 {
        for when in [When::Before, When::After] {
            number += 1;
            commit_round(&scene, number);
            assert!(scene.push_killed_at_ref(time, when));
            converges(
                &scene,
                number,
                &format!("{when:?} move {time} of the state"),
            );
        }
    }
}

#[test]
fn the_lock_of_the_state_that_a_killed_run_has_left_holds_nobody_off() {
    let scene = Scene::of_workspace(&[]);
    commit_round(&scene, 0);
    scene.push(0, &[]);
    commit_round(&scene, 1);
    // What a run leaves that is killed while it holds the lock: the next fetch moves the reference, and cannot.
    let earlier = format!("{STATE}~1");
    scene
        .repository
        .git(&["update-ref", STATE, &earlier])
        .expect(0);
    let lock = scene.repository.at(".git/refs/postman/state.lock");
    fs::write(&lock, "").unwrap();
    fs::write(scene.repository.at(".git/git-postman/moving"), STATE).unwrap();
    converges(&scene, 1, "with the lock");
    assert!(!lock.exists());
}

#[test]
fn every_refusal_has_its_words_and_nothing_is_lost() {
    let scene = Scene::of_workspace(&[]);
    commit_round(&scene, 0);
    scene.push(0, &[]);
    let faults = [
        ("401", "refused the API key"),
        ("403@PUT", "does not allow"),
        ("quota", "quota"),
        ("413@PUT", "too large"),
        ("html", "page"),
        ("redirect", "another host"),
    ];
    for (number, (fault, words)) in faults.into_iter().enumerate() {
        commit_round(&scene, number + 1);
        scene.fault(fault, 0, 1000);
        scene.run(&["push"]).expect(4).says(words);
        scene.heal();
        converges(&scene, number + 1, fault);
    }
    let number = faults.len() + 1;
    commit_round(&scene, number);
    let stranger = scene.run_with(&scene.repository, "PMAK-of-nobody", &["push"]);
    stranger
        .expect(4)
        .says("refused the API key")
        .never_says("PMAK-of-nobody");
    scene
        .run_with(&scene.repository, &scene.sandbox.viewer_key, &["push"])
        .expect(4);
    scene
        .run_with(&scene.repository, "", &["push"])
        .expect(2)
        .says("POSTMAN_API_KEY");
    let calls = scene.recorder.calls();
    scene.run(&["--offline", "push"]).expect(2).says("offline");
    assert_eq!(scene.recorder.calls(), calls);
    converges(&scene, number, "with other keys");
}

#[test]
fn what_breaks_on_the_way_is_looked_for_and_not_done_twice() {
    let scene = Scene::of_workspace(&[]);
    commit_round(&scene, 0);
    scene.push(0, &[]);
    let faults = [
        "commit-then-drop@POST",
        "commit-then-500@PUT",
        "drop@PATCH",
        "malformed@GET",
        "503@POST",
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        commit_round(&scene, number + 1);
        scene.fault(fault, 0, 1);
        let report = scene.push(0, &[]);
        assert_eq!(report["outcome"]["failed"], json!([]), "{fault}");
        scene.heal();
        converges(&scene, number + 1, fault);
    }
}

#[test]
fn of_two_pushes_at_once_nothing_comes_twice() {
    let scene = scene();
    let other = Repository::none();
    let origin = scene.repository.beside("origin.git");
    scene
        .repository
        .git(&["push", "--quiet", "--no-verify", "origin", "HEAD:main"])
        .expect(0);
    other
        .git(&[
            "clone",
            "--quiet",
            "--branch",
            "main",
            origin.to_str().unwrap(),
            ".",
        ])
        .expect(0);
    let going = [
        scene.start(&scene.repository, &["push"]),
        scene.start(&other, &["push"]),
    ];
    for run in going.map(|going| going.end()) {
        run.expect(0);
    }
    assert_eq!(
        scene.inventory(),
        [
            "collections Orders",
            "collections Users",
            "environments Production",
            "specs Pets"
        ]
    );
    let merges =
        scene
            .repository
            .git(&["--git-dir", "../origin.git", "rev-list", "--merges", STATE]);
    assert_eq!(merges.expect(0).stdout, "");
    assert!(acts(&scene.push(0, &[])).is_empty());
}

#[test]
fn a_clone_that_is_behind_carries_nothing_older_over() {
    let scene = scene();
    let publish = |from: &Repository| {
        from.git(&["push", "--quiet", "--no-verify", "origin", "HEAD:main"])
            .expect(0);
    };
    publish(&scene.repository);
    scene.push(0, &[]);
    let behind = Repository::none();
    let origin = scene.repository.beside("origin.git");
    let arguments = ["clone", "--quiet", "--branch", "main"];
    behind
        .git(&[&arguments[..], &[origin.to_str().unwrap(), "."]].concat())
        .expect(0);
    let renamed = collection("Orders", &["List orders", "Get one order"]);
    scene
        .repository
        .commit(&[(ORDERS, renamed.as_str())], "Rename a request");
    publish(&scene.repository);
    scene.push(0, &[]);
    let refused = scene.start(&behind, &["push"]).end().expect(5);
    assert!(
        refused.stderr.contains("`main` of `origin` has gone on to")
            && refused.stderr.contains("git pull"),
        "{}",
        refused.stderr
    );
    assert!(
        acts(&scene.push(0, &[])).is_empty(),
        "Postman has the newer one"
    );
    // A commit on top of what was pushed goes through, whether the branch has it yet or not.
    behind.git(&["pull", "--quiet"]).expect(0);
    let renamed = collection("Orders", &["List orders", "Get an order"]);
    behind.commit(&[(ORDERS, renamed.as_str())], "Rename it again");
    scene.start(&behind, &["push"]).end().expect(0);
}

#[cfg(unix)]
#[test]
fn of_a_connected_api_only_environments_are_written() {
    let scene = Scene::of_connected_api(&[
        (ORDERS, &collection("Orders", &["List orders"])),
        ("postman/collections/production.json", ENVIRONMENT),
        ("postman/schemas/openapi.yaml", PETS),
    ]);
    let report = scene.push(0, &[]);
    honest(&report);
    assert_eq!(
        acts(&report),
        ["create postman/collections/production.json"]
    );
    assert_eq!(report["outcome"]["skipped"].as_array().unwrap().len(), 2);
    let before = scene.recorder.calls();
    scene.run(&["push"]).expect(0).says("nothing to carry");
    assert!(scene.recorder.calls() - before <= 2);
    scene
        .repository
        .commit(&[(ORDERS, &collection("Orders", &["All"]))], "ahead");
    scene.run(&["push"]).expect(0).says("git push origin");
}

#[test]
fn what_the_api_does_not_take_is_left_out_and_named() {
    let old = collection("Old", &["One"]).replace("v2.1.0", "v2.0.0");
    let scene = Scene::of_workspace(&[
        (ORDERS, &collection("Orders", &["One"])),
        ("postman/collections/old.json", &old),
        (
            "postman/collections/New/.resources/definition.yaml",
            "$kind: collection\nname: New\n",
        ),
    ]);
    let report = scene.push(0, &[]);
    honest(&report);
    assert_eq!(acts(&report), ["create postman/collections/orders.json"]);
    let skipped = report["outcome"]["skipped"].as_array().unwrap();
    assert_eq!(skipped.len(), 2);
    assert!(skipped[0]["reason"].as_str().unwrap().contains("format"));
    scene.run(&["push", "--dry-run"]).expect(0).says("2.0");
}

#[test]
fn a_push_that_the_quota_does_not_cover_begins_nothing() {
    let scene = scene();
    scene.ask("POST", "/sandbox/settings", &json!({"quota": 6}));
    scene.run(&["push"]).expect(4).says("left for this month");
    assert_eq!(scene.records(), 1);
    scene.ask("POST", "/sandbox/settings", &json!({"quota": 1000}));
    assert_eq!(acts(&scene.push(0, &[])).len(), 4);
}

#[test]
fn what_is_equal_on_both_sides_is_taken_over_without_a_write() {
    let scene = scene();
    let path = format!("/collections?workspace={}", scene.workspace);
    let text: Value =
        serde_json::from_str(&collection("Orders", &["List orders", "Get order"])).unwrap();
    scene.ask("POST", &path, &json!({"collection": text}));
    scene.ask("POST", &path, &json!({"collection": serde_json::from_str::<Value>(&collection("Foreign", &["x"])).unwrap()}));
    let report = scene.push(0, &[]);
    honest(&report);
    assert!(acts(&report).contains(&"adopt postman/collections/orders.json".to_owned()));
    assert_eq!(report["plan"]["ahead"].as_array().unwrap().len(), 1);
    assert!(
        scene
            .inventory()
            .contains(&"collections Foreign".to_owned())
    );
    let again = scene.push(0, &[]);
    assert!(acts(&again).is_empty());
    // Of two that differ and bear one name, neither is overwritten.
    let text: Value = serde_json::from_str(&collection("Later", &["Theirs"])).unwrap();
    scene.ask("POST", &path, &json!({"collection": text}));
    scene.repository.commit(
        &[(
            "postman/collections/later.json",
            &collection("Later", &["Ours"]),
        )],
        "later",
    );
    let report = scene.push(3, &[]);
    assert_eq!(report["outcome"]["conflicts"][0]["reason"], "never-agreed");
    assert_eq!(scene.collection("Later").1["item"][0]["name"], "Theirs");
}
