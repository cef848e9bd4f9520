//! What a mirror of many collections costs.

use std::process::Stdio;
use std::time::Instant;

use serde_json::{Value, json};

use crate::edits::{commit_and_push, rename_in_git, rename_in_postman};
use crate::honest::{applied, weigh};
use crate::sides::{in_git, in_postman};
use crate::support::Repository;
use crate::support::postman::{Scene, collection, sandbox};
use crate::timing::{peak, timed};

/// A run, its seconds, and its peak memory in MiB where GNU time is there.
fn measured(scene: &Scene, what: &str, arguments: &[&str]) -> Value {
    let (mut command, told) = timed(&scene.repository, arguments);
    let before = scene.recorder.calls();
    let start = Instant::now();
    let output = command
        .env("POSTMAN_API_KEY", &scene.sandbox.key)
        .env("POSTMAN_API_URL", &scene.recorder.url)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let calls = scene.recorder.calls() - before;
    assert!(
        output.status.success(),
        "{what}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let memory = peak(&told);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    weigh(&report);
    println!(
        "| {what} | {calls} | {} | {seconds:.2} s | {memory} |",
        report["plan"]["calls"]
    );
    report
}

/// A run whose calls grow by changed elements, and not by all: a list has a page for each hundred.
fn cheap(scene: &Scene, what: &str, arguments: &[&str], changed: usize) {
    let before = scene.recorder.calls();
    let report = measured(scene, what, arguments);
    let calls = scene.recorder.calls() - before;
    let applied = applied(&report);
    assert!(calls <= 10 + changed, "{what}: {calls} calls");
    assert_eq!(applied, changed, "{what}");
}

pub(crate) fn big(count: usize) {
    println!("\n## {count} collections of 10 requests, a workspace of Spec Hub\n");
    println!(
        "| run | calls | of which the plan said | seconds | peak memory |\n|---|---|---|---|---|"
    );
    let names: Vec<String> = (0..10).map(|number| format!("Request {number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (sandbox, workspace) = sandbox();
    let repository = Repository::with(&[("README.md", "many\n")]);
    let scene = Scene::unconnected(repository, sandbox, workspace);
    scene.ask("POST", "/sandbox/settings", &json!({"quota": 1_000_000}));
    for number in 0..count {
        let text = collection(&format!("Collection {number}"), &names);
        let path = format!("postman/collections/c{number:03}.json");
        scene.repository.write(&path, text);
    }
    measured(
        &scene,
        "connect",
        &["connect", "--workspace", &scene.workspace],
    );
    commit_and_push(&scene.repository, "connect");
    let push = ["push", "--format", "json"];
    let first = measured(&scene, "first push", &push);
    assert_eq!(applied(&first), count);
    let before = scene.recorder.calls();
    let second = measured(&scene, "second push: nothing to do", &push);
    assert_eq!(applied(&second), 0);
    assert!(scene.recorder.calls() - before <= 2);
    let at = |number: usize| {
        scene
            .repository
            .at(&format!("postman/collections/c{number:03}.json"))
    };
    rename_in_git(&at(7), 3, "Renamed in Git");
    commit_and_push(&scene.repository, "edit");
    let third = measured(&scene, "push of one change", &push);
    assert_eq!(applied(&third), 1);
    {
        let (uid, _) = scene.collection("Collection 8");
        rename_in_postman(&scene, &uid, 4, "Renamed in Postman");
        let pull = ["pull", "--to", "commit", "--format", "json"];
        measured(&scene, "pull of one change", &pull);
        measured(&scene, "pull: nothing to do", &pull);
        measured(&scene, "push after it: nothing to do", &push);
        let dated = ["pull", "--to", "commit", "--by-dates", "--format", "json"];
        cheap(&scene, "pull by dates: nothing to do", &dated, 0);
        let (uid, mut content) = scene.collection("Collection 9");
        content["info"]["description"] = json!("Described in Postman.");
        let body = json!({"collection": content});
        scene.ask("PUT", &format!("/collections/{uid}"), &body);
        cheap(&scene, "pull by dates of one change", &dated, 1);
        measured(&scene, "push after it: nothing to do", &push);
    }
    measured(&scene, "status", &["status", "--format", "json"]);
    let dated = ["status", "--by-dates", "--format", "json"];
    cheap(&scene, "status by dates", &dated, 0);
    let places = ["postman/collections"];
    let git = in_git(&scene.repository, &[], &places);
    assert_eq!(git, in_postman(&scene, None));
    assert_eq!(git.len(), count);
    let workspace = scene.ask(
        "GET",
        &format!("/workspaces/{}", scene.workspace),
        &Value::Null,
    );
    let name = workspace["workspace"]["name"].as_str().unwrap().to_owned();
    measured(&scene, "disconnect", &["disconnect", "--confirm", &name]);
    println!("\n{count} collections are equal on both sides");
}
