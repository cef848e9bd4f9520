//! Differences by what documents mean: the command, and real git with the drivers.

use serde_json::{Value, json};

use crate::support::Repository;
use crate::support::fixtures::{borrowed, right};

const PATH: &str = "postman/collections/Shop.json";

fn shop() -> Value {
    let request = |name: &str, url: &str| {
        json!({
            "name": name,
            "event": [{"listen": "test", "script": {"type": "text/javascript", "exec": ["pm.test('ok', () => {", "  pm.response.to.have.status(200);", "});"]}}],
            "request": {"method": "GET", "header": [{"key": "Accept", "value": "application/json"}], "url": url},
            "response": []
        })
    };
    json!({
        "info": {"_postman_id": "aaaaaaaa-bbbb-4ccc-8ddd-ffffffffffff", "name": "Shop", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
        "item": [
            {"name": "Orders", "item": [request("List", "{{base}}/orders"), request("Create", "{{base}}/orders/new"), request("Show", "{{base}}/orders/:id")]},
            {"name": "Admin", "item": [request("Ping", "{{base}}/ping")]}
        ]
    })
}

/// A request renamed, one moved, a header changed and a line of a script.
fn edited() -> Value {
    let mut shop = shop();
    shop["item"][0]["item"][0]["name"] = "List all".into();
    shop["item"][0]["item"][2]["request"]["header"][0]["value"] = "text/plain".into();
    shop["item"][1]["item"][0]["event"][0]["script"]["exec"][1] =
        "  pm.response.to.have.status(204);".into();
    let moved = shop["item"][0]["item"].as_array_mut().unwrap().remove(1);
    shop["item"][1]["item"].as_array_mut().unwrap().push(moved);
    shop
}

fn text(value: &Value) -> String {
    format!("{value:#}\n")
}

/// A repository with the shop in its first commit and the drivers installed.
fn with_drivers() -> Repository {
    let repository = Repository::with(&borrowed(&right()));
    repository
        .run(&["hook", "install", "--drivers"])
        .expect(0)
        .says("diff.git-postman.textconv");
    repository.commit(&[(PATH, &text(&shop()))], "shop");
    repository
}

const TOLD: &str = "\
changed postman/collections/Shop.json: 4 changes
  > renamed request `Orders / List all`, before `List`
  ~ request `Orders / Show` › `request › header Accept › value`: `application/json` → `text/plain`
  ~ request `Admin / Ping` › `test script`: 1 line added, 1 removed
  > moved request `Admin / Create`, from `Orders` to `Admin`

  request Admin / Ping › test script
      pm.test('ok', () => {
    -   pm.response.to.have.status(200);
    +   pm.response.to.have.status(204);
      });
";

#[test]
fn the_command_tells_each_change_in_a_line_and_says_so_with_its_exit_code() {
    let repository = Repository::with(&borrowed(&right()));
    repository.commit(&[(PATH, &text(&shop()))], "shop");
    repository.run(&["diff"]).expect(0);
    repository.write(PATH, text(&edited()));
    assert_eq!(repository.run(&["diff"]).expect(1).stdout, TOLD);
    let stat = repository.run(&["diff", "--stat", "HEAD"]).expect(1).stdout;
    assert_eq!(stat, TOLD.split("\n\n").next().unwrap().to_owned() + "\n");
    repository.run(&["diff", "--staged"]).expect(0);
    repository.git(&["add", "--all"]).expect(0);
    repository.run(&["diff"]).expect(0);
    assert_eq!(repository.run(&["diff", "--staged"]).expect(1).stdout, TOLD);
    repository
        .run(&["diff", "HEAD", "--", "postman/schemas"])
        .expect(0);
    repository.commit(&[], "edited");
    assert_eq!(
        repository.run(&["diff", "HEAD~1..HEAD"]).expect(1).stdout,
        TOLD
    );
    assert_eq!(
        repository
            .run(&["diff", "HEAD~1", "HEAD", "--", PATH])
            .expect(1)
            .stdout,
        TOLD
    );
    repository.run(&["diff", "nowhere"]).expect(2);
    repository
        .run(&["diff", "HEAD", "--", "../outside"])
        .expect(2);

    let report = repository
        .run(&["diff", "--format", "json", "HEAD~1", "HEAD"])
        .expect(1)
        .json();
    assert_eq!(
        (
            &report["format_version"],
            &report["command"],
            &report["exit_code"],
            &report["from"]["kind"],
            &report["summary"]["changes"]
        ),
        (
            &1.into(),
            &"diff".into(),
            &1.into(),
            &"revision".into(),
            &4.into()
        )
    );
    assert_eq!(
        report["differences"][0]["changes"][1],
        json!({"kind": "changed", "noun": "request", "item": ["Orders", "Show"], "what": ["request", "header Accept", "value"],
            "pointer": "/item/0/item/1/request/header/0/value", "before": "application/json", "after": "text/plain", "lines": []})
    );
    repository
        .run(&["diff", "--format", "markdown", "HEAD~1", "HEAD"])
        .expect(1)
        .says("- renamed request `Orders / List all`, before `List`\n");
}

#[test]
fn a_new_export_is_no_difference_and_a_renamed_file_is_one() {
    let repository = Repository::with(&borrowed(&right()));
    repository.commit(&[(PATH, &text(&shop()))], "shop");
    let mut anew = shop();
    anew["info"]["_exporter_id"] = "7".into();
    for (folder, item) in [(0, 0), (0, 1), (0, 2), (1, 0)] {
        anew["item"][folder]["item"][item]["id"] = format!("id-{folder}-{item}").into();
    }
    repository.write(PATH, format!("{anew}"));
    repository.run(&["diff"]).expect(0);
    std::fs::rename(
        repository.at(PATH),
        repository.at("postman/collections/Store.json"),
    )
    .unwrap();
    repository.commit(&[], "moved");
    let told = repository.run(&["diff", "HEAD~1", "HEAD"]).expect(1);
    assert_eq!(
        told.stdout,
        "renamed postman/collections/Store.json, before postman/collections/Shop.json\n"
    );
}

#[test]
fn two_files_need_no_repository_and_a_broken_one_is_told_by_line() {
    let repository = Repository::none();
    repository.write("a.json", text(&shop()));
    repository.write("b.json", text(&edited()));
    repository
        .run(&["diff", "a.json", "b.json"])
        .expect(1)
        .says("renamed request `Orders / List all`, before `List`");
    repository
        .run(&["diff", "--no-index", "a.json", "a.json"])
        .expect(0);
    repository.write(
        "c.json",
        text(&shop()).replacen("\"info\": {", "\"info\": {,", 1),
    );
    repository
        .run(&["diff", "a.json", "c.json"])
        .expect(1)
        .says("line by line, since the newer version cannot be read:")
        .says("(line 2)")
        .says("+   \"info\": {,");
    repository
        .run(&["diff", "a.json", "missing.json"])
        .expect(2);
}

#[test]
fn a_secret_of_an_environment_is_in_no_output() {
    let repository = Repository::none();
    let environment = |value: &str| {
        text(
            &json!({"id": "1", "name": "Dev", "values": [{"key": "token", "value": value, "type": "secret", "enabled": true}], "_postman_variable_scope": "environment"}),
        )
    };
    repository.write("a.postman_environment.json", environment("first-value"));
    repository.write("b.postman_environment.json", environment("other-value"));
    repository.write(
        "c.postman_environment.json",
        environment("third-value") + "{",
    );
    for other in ["b", "c"] {
        for format in ["human", "json", "markdown"] {
            repository
                .run(&[
                    "diff",
                    "--format",
                    format,
                    "a.postman_environment.json",
                    &format!("{other}.postman_environment.json"),
                ])
                .expect(1)
                .never_says("-value\"")
                .never_says("first-value")
                .never_says("other-value")
                .never_says("third-value");
        }
    }
    repository
        .run(&["diff-driver", "--textconv", "a.postman_environment.json"])
        .expect(0)
        .says("variable token: ***")
        .never_says("first-value");
    repository
        .run(&["diff-driver", "--textconv", "c.postman_environment.json"])
        .expect(0)
        .never_says("third-value");
}

#[test]
fn git_diff_tells_what_documents_mean_and_git_log_shows_readable_text() {
    let repository = with_drivers();
    repository.write(PATH, text(&edited()));
    assert_eq!(repository.git(&["diff"]).expect(0).stdout, TOLD);
    repository.commit(&[], "edited");
    let log = repository
        .git(&["log", "-p", "-1", "--format=%s"])
        .expect(0);
    for line in [
        "-request Orders / List\n",
        "+request Orders / List all\n",
        "+    header Accept: text/plain\n",
        "+    |   pm.response.to.have.status(204);\n",
    ] {
        assert!(log.stdout.contains(line), "{line}\n{log}");
    }
    assert!(!log.stdout.contains("\"exec\""), "{log}");
    assert_eq!(
        repository
            .git(&["log", "-p", "-1", "--ext-diff", "--format="])
            .expect(0)
            .stdout,
        TOLD
    );
    repository
        .git(&[
            "grep",
            "--textconv",
            "header Accept: text/plain",
            "--",
            PATH,
        ])
        .expect(0);
    // New ids are no change of the readable text.
    let mut anew = edited();
    anew["item"][0]["item"][0]["id"] = "new".into();
    repository.commit(&[(PATH, &text(&anew))], "ids");
    repository
        .git(&["log", "-p", "-1", "--format="])
        .expect(0)
        .never_says("@@");
}

#[test]
fn new_gone_renamed_broken_and_odd_files_are_shown_by_the_driver() {
    let repository = with_drivers();
    repository.commit(&[("postman/collections/New.json", &text(&shop()))], "new");
    repository
        .git(&["diff", "HEAD~1", "HEAD"])
        .expect(0)
        .says("added postman/collections/New.json: a collection with 4 requests")
        .says("+ request Orders / List");
    repository
        .git(&["diff", "HEAD", "HEAD~1"])
        .expect(0)
        .says("removed postman/collections/New.json: a collection with 4 requests");
    repository
        .git(&["mv", PATH, "postman/collections/Store.json"])
        .expect(0);
    let mut renamed = shop();
    renamed["item"][0]["name"] = "Purchases".into();
    repository.write("postman/collections/Store.json", text(&renamed));
    repository.git(&["add", "--all"]).expect(0);
    repository
        .git(&["diff", "--cached", "-M"])
        .expect(0)
        .says("renamed postman/collections/Store.json, before postman/collections/Shop.json: 1 change")
        .says("renamed folder `Purchases`, before `Orders`");
    repository.commit(&[], "renamed");
    repository.write(
        "postman/collections/Store.json",
        text(&renamed).replacen(",", "", 1),
    );
    repository
        .git(&["diff"])
        .expect(0)
        .says("line by line, since the newer version cannot be read:");
    repository.write("postman/collections/Store.json", b"\0\x01binary");
    repository.git(&["diff"]).expect(0).says("binary");
    repository.commit(&[], "broken");
    repository.git(&["log", "-p", "-1"]).expect(0);
    repository.write(
        "postman/schemas/index.yaml",
        "openapi: 3.0.3\ninfo: {title: Pets, version: '2'}\npaths: {}\n",
    );
    repository.git(&["diff"]).expect(0).says("`info › version`");
}

#[cfg(unix)]
#[test]
fn a_changed_mode_and_a_link_are_shown_by_the_driver() {
    use std::os::unix::fs::PermissionsExt as _;
    let repository = with_drivers();
    std::fs::set_permissions(repository.at(PATH), std::fs::Permissions::from_mode(0o755)).unwrap();
    repository
        .git(&["diff"])
        .expect(0)
        .says("mode of postman/collections/Shop.json: 100644 → 100755");
    std::fs::remove_file(repository.at(PATH)).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", repository.at(PATH)).unwrap();
    repository.git(&["diff"]).expect(0).never_says("root:");
}

#[test]
fn the_drivers_leave_nothing_behind() {
    let repository = with_drivers();
    repository
        .git(&["check-attr", "diff", PATH, "postman/schemas/index.yaml"])
        .expect(0)
        .says("Shop.json: diff: git-postman")
        .says("index.yaml: diff: git-postman");
    repository
        .run(&["hook", "install", "--merge-driver"])
        .expect(0)
        .says("nothing to change");
    repository.run(&["hook", "uninstall"]).expect(0);
    repository
        .git(&["config", "--get-regexp", "git-postman"])
        .expect(1);
    assert!(!repository.at(".gitattributes").exists());
}

const FOLDER: &str = "postman/collections/Shop";

fn request_file(name: &str, url: &str, order: u32) -> String {
    format!("$kind: http-request\nname: {name}\nmethod: GET\nurl: '{url}'\norder: {order}\n")
}

/// A repository with a collection of version 3.
fn with_folder() -> Repository {
    let repository = Repository::with(&borrowed(&right()));
    let definition = "$kind: collection\nname: Shop\n";
    let list = request_file("List", "{{base}}/orders", 1000);
    let show = request_file("Show", "{{base}}/orders/:id", 2000);
    repository.commit(
        &[
            (&format!("{FOLDER}/.resources/definition.yaml"), definition),
            (&format!("{FOLDER}/List.request.yaml"), &list),
            (&format!("{FOLDER}/Show.request.yaml"), &show),
        ],
        "shop",
    );
    repository
}

#[test]
fn a_collection_in_a_folder_is_one_document_wherever_its_files_lie() {
    let repository = with_folder();
    repository
        .git(&[
            "mv",
            &format!("{FOLDER}/List.request.yaml"),
            &format!("{FOLDER}/All.request.yaml"),
        ])
        .expect(0);
    repository.write(
        &format!("{FOLDER}/All.request.yaml"),
        request_file("All", "{{base}}/orders", 500),
    );
    repository.write(
        &format!("{FOLDER}/Show.request.yaml"),
        request_file("Show", "{{base}}/orders/:number", 1500),
    );
    let told = "\
changed postman/collections/Shop: 2 changes
  > renamed request `All`, before `List`
  ~ request `Show` › `URL`: `{{base}}/orders/:id` → `{{base}}/orders/:number`
";
    assert_eq!(repository.run(&["diff", "HEAD"]).expect(1).stdout, told);
    assert_eq!(
        repository
            .run(&["diff", "HEAD", "--", "postman"])
            .expect(1)
            .stdout,
        told
    );
    repository
        .run(&["diff", "HEAD", "--", "postman/schemas"])
        .expect(0);
    repository.commit(&[], "renamed");
    assert_eq!(
        repository.run(&["diff", "HEAD~1", "HEAD"]).expect(1).stdout,
        told
    );
    // Other numbers for the same order.
    repository.write(
        &format!("{FOLDER}/Show.request.yaml"),
        request_file("Show", "{{base}}/orders/:number", 7000),
    );
    repository.run(&["diff"]).expect(0);
    // What cannot be read is told with its file and line.
    repository.write(&format!("{FOLDER}/Show.request.yaml"), "url: [");
    repository
        .run(&["diff"])
        .expect(1)
        .says("Show.request.yaml")
        .says("cannot be read");
}

#[test]
fn two_folders_with_a_collection_each_are_compared_as_collections() {
    let repository = with_folder();
    let other = "postman/collections/Copy";
    for (name, text) in [
        (
            ".resources/definition.yaml",
            "$kind: collection\nname: Shop\n".to_owned(),
        ),
        (
            "One.request.yaml",
            request_file("List", "{{base}}/orders", 1),
        ),
        (
            "Two.request.yaml",
            request_file("Show", "{{base}}/orders/:id", 2),
        ),
    ] {
        repository.write(&format!("{other}/{name}"), text);
    }
    repository.run(&["diff", FOLDER, other]).expect(0);
    repository.write(
        &format!("{other}/Three.request.yaml"),
        request_file("New", "{{base}}/new", 3),
    );
    let told = repository
        .run(&["diff", "--stat", FOLDER, other])
        .expect(1)
        .stdout;
    assert!(
        told.ends_with("  + added request `New`: `GET {{base}}/new`\n"),
        "{told}"
    );
    repository.write(&format!("{other}/Three.request.yaml"), "- 1");
    repository
        .run(&["diff", FOLDER, other])
        .expect(2)
        .says("Three.request.yaml");
}

#[test]
fn a_collection_that_moved_to_another_folder_is_the_same_one() {
    let repository = with_folder();
    repository
        .git(&["mv", FOLDER, "postman/collections/Store"])
        .expect(0);
    repository.commit(&[], "moved");
    let told = repository.run(&["diff", "HEAD~1", "HEAD"]).expect(1).stdout;
    assert_eq!(
        told,
        "renamed postman/collections/Store, before postman/collections/Shop\n"
    );
}
