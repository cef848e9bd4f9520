//! What is asked at a terminal, typed by somebody: the real program on a pseudo-terminal, and the sandbox in Postman's place.

use serde_json::json;

use crate::support::postman::{STATE, Scene, collection, sandbox};
use crate::support::terminal::at_terminal;
use crate::support::{Repository, Run};

const ORDERS: &str = "postman/collections/orders.json";

fn typed(scene: &Scene, arguments: &[&str], lines: &str) -> Option<Run> {
    let variables = [
        ("POSTMAN_API_KEY", scene.sandbox.key.as_str()),
        ("POSTMAN_API_URL", scene.recorder.url.as_str()),
    ];
    at_terminal(&scene.repository, &variables, arguments, lines)
}

fn read(scene: &Scene, path: &str) -> String {
    std::fs::read_to_string(scene.repository.at(path)).unwrap()
}

/// Two requests that both sides have renamed in different ways.
fn apart() -> Scene {
    let scene = Scene::of_workspace(&[(ORDERS, &collection("Orders", &["List", "Make"]))]);
    scene.push(0, &[]);
    scene.edit("Orders", |there| {
        there["item"][0]["name"] = json!("List of theirs");
        there["item"][1]["name"] = json!("Make of theirs");
    });
    let ours = collection("Orders", &["List of ours", "Make of ours"]);
    scene.repository.commit(&[(ORDERS, &ours)], "rename");
    scene
}

#[test]
fn each_conflict_is_asked_with_both_versions_side_by_side() {
    let scene = apart();
    let before = read(&scene, ORDERS);
    for (lines, code) in [
        ("b\n", 3),
        ("q\n", 3),
        ("t\nq\n", 3),
        ("", 3),
        ("what?\nno\nx\n", 3),
    ] {
        let Some(run) = typed(&scene, &["pull"], lines) else {
            return;
        };
        run.expect(code).says("(o)urs: Git's, (t)heirs: Postman's");
        assert_eq!(read(&scene, ORDERS), before, "{lines:?}");
    }
    let run = typed(&scene, &["pull"], "t\nours\n").unwrap().expect(0);
    let shown = run.stdout.replace('\r', "");
    let column = |text: &str| format!("{text:46}");
    let beside = format!("~ {} | Make of theirs", column("Make of ours"));
    for words in [
        format!("  {} | Postman", column("Git")),
        format!("~ {} | List of theirs", column("List of ours")),
        beside,
    ] {
        assert!(shown.contains(&words), "{words:?} is not in\n{shown}");
    }
    let merged = read(&scene, ORDERS);
    assert!(
        merged.contains("\"List of theirs\"") && merged.contains("\"Make of ours\""),
        "{merged}"
    );
}

#[test]
fn nobody_is_asked_in_ci_nor_for_a_plan() {
    let scene = apart();
    let variables = [
        ("POSTMAN_API_KEY", scene.sandbox.key.as_str()),
        ("POSTMAN_API_URL", scene.recorder.url.as_str()),
        ("CI", "true"),
    ];
    let Some(run) = at_terminal(&scene.repository, &variables, &["pull"], "t\nt\n") else {
        return;
    };
    run.expect(3).never_says("(o)urs");
    for arguments in [&["pull", "--dry-run"][..], &["plan", "pull"]] {
        typed(&scene, arguments, "t\nt\n")
            .unwrap()
            .expect(3)
            .never_says("(o)urs");
    }
}

#[test]
fn the_first_pull_asks_which_file_is_the_definition() {
    let text = |title: &str| {
        format!("openapi: 3.0.3\ninfo: {{title: {title}, version: '1'}}\npaths: {{}}\n")
    };
    let files = ["a.yaml", "b.yaml"].map(|name| format!("postman/schemas/{name}"));
    let scene = Scene::of_api(&[(&files[0], &text("A")), (&files[1], &text("B"))]);
    let metadata = std::fs::read_dir(scene.repository.at(".postman")).unwrap();
    let mut names = metadata.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let name = names.find(|name| name.starts_with("api_")).unwrap();
    let name = format!(".postman/{name}");
    let older = read(&scene, &name).replace("1.1.0", "1.0.0");
    scene
        .repository
        .commit(&[(&name, &older)], "a schema directory");
    let Some(run) = typed(&scene, &["pull"], "3\n") else {
        return;
    };
    run.expect(2).says("nothing was chosen");
    let run = typed(&scene, &["pull"], "2\n").unwrap().expect(0);
    run.says("Which of these is the API definition?")
        .says("2  postman/schemas/b.yaml");
}

#[test]
fn a_pull_that_changes_much_goes_on_when_somebody_says_so() {
    let names = ["A", "B", "C", "D"];
    let files = names.map(|name| format!("postman/collections/{name}.json"));
    let texts = names.map(|name| collection(name, &["One"]));
    let all: Vec<(&str, &str)> = files
        .iter()
        .zip(&texts)
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let scene = Scene::of_workspace(&all);
    scene.push(0, &[]);
    for name in names {
        scene.edit(name, |there| there["item"][0]["name"] = json!("Two"));
    }
    let Some(run) = typed(&scene, &["pull"], "n\n") else {
        return;
    };
    run.expect(3).says("4 of 4 elements would be replaced");
    assert_eq!(read(&scene, &files[3]), texts[3]);
    typed(&scene, &["pull"], "y\n").unwrap().expect(0);
    assert!(read(&scene, &files[3]).contains("\"Two\""));
}

#[test]
fn connecting_asks_what_with_and_disconnecting_for_the_name() {
    let (sandbox, workspace) = sandbox();
    let repository = Repository::with(&[("README.md", "orders\n")]);
    let scene = Scene::unconnected(repository, sandbox, workspace);
    // The workspace of the scene comes first by its name, and has nothing in it.
    let Some(run) = typed(&scene, &["connect"], "1\n9\n") else {
        return;
    };
    run.expect(2)
        .says("which workspace?")
        .says("nothing was chosen");
    let run = typed(&scene, &["connect"], "1\n2\nOrders\n").unwrap();
    run.expect(0)
        .says("the name of the new API:")
        .says("connected this repository and the API `Orders`");
    scene.repository.commit(&[], "connect");
    let tip = scene.repository.id(STATE);
    let run = typed(&scene, &["disconnect"], "Pets\n").unwrap();
    run.expect(2)
        .says("type its name to go on")
        .says("it is called `Orders`");
    assert_eq!(scene.repository.id(STATE), tip);
    let status = scene.repository.git(&["status", "--porcelain"]).expect(0);
    assert_eq!(status.stdout, "");
    typed(&scene, &["disconnect"], "Orders\n")
        .unwrap()
        .expect(0)
        .says("ended the record");
    assert_ne!(scene.repository.id(STATE), tip);
}
