//! `check PATH…`: verdicts on files and folders, with no repository around.

use serde_json::{Value, json};

use crate::support::fixtures::{collection, definition};
use crate::support::{Repository, Run};

/// A directory that is no repository, with one document of each kind of verdict.
fn documents() -> Repository {
    let place = Repository::none();
    place.write("docs/right.json", collection("{{token}}"));
    place.write("docs/wrong.json", "{\"info\": {}, \"item\": []}");
    place.write("docs/broken.json", "{\"info\": ");
    place.write("docs/api/open.yaml", definition());
    place.write(
        "docs/api/orders.proto",
        "syntax = \"proto3\";\nmessage Order {}\n",
    );
    place.write("docs/notes.txt", "no document by its name");
    place.write("docs/with blank.json", collection("{{token}}"));
    place.write("docs/plain.json", "{\"a\": 1}");
    place
}

fn verdicts(run: &Run) -> Vec<(String, String, Value)> {
    let report = run.json();
    assert_eq!(report["snapshot"]["kind"], "files");
    let documents = report["documents"].as_array().unwrap();
    documents
        .iter()
        .map(|document| {
            let text = |key: &str| document[key].as_str().unwrap().to_owned();
            (text("path"), text("format"), document["valid"].clone())
        })
        .collect()
}

fn row(path: &str, format: &str, valid: Value) -> (String, String, Value) {
    (path.to_owned(), format.to_owned(), valid)
}

#[test]
fn files_keep_the_path_they_were_given() {
    let place = documents();
    let absolute = place.at("docs/right.json").display().to_string();
    let run = place
        .check(&[
            "docs/right.json",
            "./docs/right.json",
            &absolute,
            "docs/with blank.json",
            "docs/api/open.yaml",
        ])
        .expect(0);
    let expected = [
        row("docs/right.json", "collection-2.1", json!(true)),
        row("./docs/right.json", "collection-2.1", json!(true)),
        row(&absolute, "collection-2.1", json!(true)),
        row("docs/with blank.json", "collection-2.1", json!(true)),
        row("docs/api/open.yaml", "openapi-3.0", json!(true)),
    ];
    assert_eq!(verdicts(&run), expected, "{run}");
}

#[test]
fn a_folder_gives_its_documents_below_its_name() {
    let place = documents();
    let below = |folder: &str| {
        vec![
            row(
                &format!("{folder}/api/open.yaml"),
                "openapi-3.0",
                json!(true),
            ),
            row(
                &format!("{folder}/api/orders.proto"),
                "protobuf-3",
                Value::Null,
            ),
            row(&format!("{folder}/broken.json"), "unknown", json!(false)),
            row(&format!("{folder}/plain.json"), "unknown", Value::Null),
            row(
                &format!("{folder}/right.json"),
                "collection-2.1",
                json!(true),
            ),
            row(
                &format!("{folder}/with blank.json"),
                "collection-2.1",
                json!(true),
            ),
            row(
                &format!("{folder}/wrong.json"),
                "collection-2.1",
                json!(false),
            ),
        ]
    };
    let absolute = place.at("docs").display().to_string();
    for (written, name) in [
        ("docs", "docs"),
        ("docs/", "docs"),
        ("./docs", "./docs"),
        (absolute.as_str(), absolute.as_str()),
    ] {
        let run = place.check(&[written]).expect(1);
        assert_eq!(verdicts(&run), below(name), "{written}: {run}");
    }
    let run = place.run_in(&place.at("docs/api"), &["check", "--format", "json", "."]);
    let expected = [
        row("open.yaml", "openapi-3.0", json!(true)),
        row("orders.proto", "protobuf-3", Value::Null),
    ];
    assert_eq!(verdicts(&run.expect(0)), expected);
    let run = place.check(&["-C", "docs", "api/open.yaml"]).expect(0);
    assert_eq!(
        verdicts(&run),
        [row("api/open.yaml", "openapi-3.0", json!(true))]
    );
}

#[test]
fn a_named_file_counts_whatever_it_is_called() {
    let place = documents();
    place.write("no-extension", collection("{{token}}"));
    let run = place.check(&["no-extension", "docs/notes.txt"]).reported();
    let seen = verdicts(&run);
    assert_eq!(seen[0], row("no-extension", "collection-2.1", json!(true)));
    assert_eq!(seen[1].1, "unknown");
}

#[test]
fn a_wrapped_collection_is_judged_by_its_inner_object() {
    let place = Repository::none();
    place.write(
        "right.json",
        format!("{{\"collection\": {}}}", collection("{{token}}")),
    );
    place.write(
        "wrong.json",
        "{\"collection\": {\"info\": {\"name\": 1, \"schema\": \
         \"https://schema.getpostman.com/json/collection/v2.1.0/collection.json\"}, \"item\": []}}",
    );
    let run = place.check(&["right.json", "wrong.json"]).expect(1);
    let expected = [
        row("right.json", "collection-2.1", json!(true)),
        row("wrong.json", "collection-2.1", json!(false)),
    ];
    assert_eq!(verdicts(&run), expected);
    assert_eq!(
        run.found("schema")[0]["location"]["pointer"],
        "/collection/info/name",
        "{run}"
    );
}

#[test]
fn a_folder_may_hold_another_repository_and_a_link_to_itself() {
    let place = documents();
    place
        .git_in(&place.at("docs"), &["init", "--quiet"])
        .expect(0);
    place.write("docs/.git/hidden.json", "{");
    #[cfg(unix)]
    std::os::unix::fs::symlink("..", place.at("docs/api/up")).unwrap();
    let run = place.check(&["docs"]).expect(1);
    assert_eq!(verdicts(&run).len(), 7, "{run}");
}

#[test]
fn what_is_not_there_is_an_error() {
    let place = documents();
    for missing in ["docs/none.json", "/no/such/file.json", "docs/right.json/x"] {
        let run = place.check(&["docs/right.json", missing]).expect(2);
        let told = run.json();
        assert_eq!(
            (&told["command"], &told["exit_code"]),
            (&json!("check"), &json!(2))
        );
        assert!(told["documents"].is_null(), "no half of a report: {run}");
        let message = told["error"]["message"].as_str().unwrap();
        assert!(message.contains(missing), "{run}");
    }
    place.check(&["--staged", "docs"]).expect(2);
    place.check(&["--all", "docs"]).expect(2);
}

#[test]
fn the_gate_and_a_configuration_count_for_files_too() {
    let place = documents();
    place.check(&["docs", "--fail-on", "never"]).expect(0);
    place.write(
        "lenient.toml",
        "[rules]\nsyntax = 'allow'\nschema = 'allow'\n",
    );
    let run = place.check(&["--config", "lenient.toml", "docs"]).expect(0);
    // What people agree on does not make a document valid.
    let invalid = verdicts(&run)
        .into_iter()
        .filter(|(_, _, valid)| *valid == json!(false));
    assert_eq!(invalid.count(), 2, "{run}");
}
