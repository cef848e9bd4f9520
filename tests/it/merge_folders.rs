//! Real merges of collections of version 3, whose files git merges one by one, and folders that hold what they should not.

use std::fs;

use serde_json::Value;

use crate::support::Repository;
use crate::support::fixtures::{borrowed, right};

const FOLDER: &str = "postman/collections/Shop";

/// A request as Postman writes it, with enough in it to be known again under another name.
fn request(name: &str, order: u32) -> String {
    format!(
        "$kind: http-request\nname: {name}\nmethod: GET\nurl: '{{{{base}}}}/orders/{name}'\norder: {order}\nheaders:\n  - key: Accept\n    value: application/json\n  - key: X-Trace\n    value: 'on'\nscripts:\n  - type: afterResponse\n    code: |-\n      pm.test('status', function () {{\n        pm.response.to.have.status(200);\n      }});\n    language: text/javascript\n"
    )
}

fn file(name: &str) -> String {
    format!("{FOLDER}/{name}.request.yaml")
}

fn example(name: &str) -> String {
    format!("{FOLDER}/.resources/{name}.resources/examples/OK.example.yaml")
}

/// A repository with a collection of three requests, and the drivers.
fn shop() -> Repository {
    let repository = Repository::with(&borrowed(&right()));
    repository.run(&["hook", "install", "--drivers"]).expect(0);
    repository.git(&["branch", "--move", "main"]).expect(0);
    repository.commit(
        &[
            (
                &format!("{FOLDER}/.resources/definition.yaml"),
                "$kind: collection\nname: Shop\n",
            ),
            (&file("List"), &request("List", 1000)),
            (&file("Show"), &request("Show", 2000)),
            (&file("Create"), &request("Create", 3000)),
            (
                &example("List"),
                "$kind: http-example\nname: OK\norder: 1000\nresponse:\n  statusCode: 200\n  body: '[]'\n",
            ),
        ],
        "shop",
    );
    repository
}

/// Changes the files of the worktree and commits them on a branch.
fn on(repository: &Repository, branch: &str, change: impl FnOnce()) {
    repository
        .git(&["checkout", "--quiet", "-B", branch, "main"])
        .expect(0);
    change();
    repository.commit(&[], branch);
}

fn edit(repository: &Repository, path: &str, from: &str, to: &str) {
    let text = fs::read_to_string(repository.at(path)).unwrap();
    assert!(text.contains(from), "{text}");
    repository.write(path, text.replace(from, to));
}

fn text(repository: &Repository, path: &str) -> String {
    fs::read_to_string(repository.at(path)).unwrap()
}

/// The collection as one document, which has to be readable.
fn canonical(repository: &Repository) -> Value {
    let text = repository.run(&["canonicalize", FOLDER]).expect(0).stdout;
    serde_json::from_str(&text).unwrap()
}

fn names(collection: &Value) -> Vec<String> {
    let items = collection["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn an_edit_follows_a_request_whose_file_got_another_name() {
    let repository = shop();
    on(&repository, "ours", || {
        repository
            .git(&["mv", &file("List"), &file("List all")])
            .expect(0);
        fs::create_dir_all(repository.at(&example("List all")).parent().unwrap()).unwrap();
        repository
            .git(&["mv", &example("List"), &example("List all")])
            .expect(0);
        edit(
            &repository,
            &file("List all"),
            "name: List\n",
            "name: List all\n",
        );
    });
    on(&repository, "theirs", || {
        // The line beside the one that ours changed: lines alone would not merge.
        edit(&repository, &file("List"), "method: GET", "method: POST");
        edit(&repository, &example("List"), "200", "201");
    });
    repository.git(&["checkout", "--quiet", "ours"]).expect(0);
    repository.git(&["merge", "--quiet", "theirs"]).expect(0);
    let merged = canonical(&repository);
    assert_eq!(names(&merged), ["List all", "Show", "Create"]);
    assert_eq!(merged["items"][0]["method"], "POST");
    assert_eq!(
        merged["items"][0]["examples"][0]["response"]["statusCode"],
        201
    );
    assert!(!repository.at(&file("List")).exists());
}

#[test]
fn two_orders_of_one_folder_merge_or_are_told() {
    let repository = shop();
    let renumbered = |name: &str, from: &str, to: &str| {
        edit(
            &repository,
            &file(name),
            &format!("order: {from}\n"),
            &format!("order: {to}\n"),
        );
    };
    on(&repository, "ours", || {
        renumbered("Create", "3000", "500");
        edit(&repository, &file("List"), "'on'", "'off'");
    });
    on(&repository, "theirs", || {
        renumbered("List", "1000", "4000");
        let added = request("Add", 2000);
        repository.write(&file("Add"), added);
    });
    on(&repository, "others", || {
        renumbered("Create", "3000", "1500");
        let added = request("Remove", 2000);
        repository.write(&file("Remove"), added);
    });
    repository.git(&["checkout", "--quiet", "ours"]).expect(0);
    repository.git(&["merge", "--quiet", "theirs"]).expect(0);
    let merged = canonical(&repository);
    assert_eq!(names(&merged), ["Create", "Add", "Show", "List"]);
    assert!(text(&repository, &file("List")).contains("'off'"));
    // The same request at two places: ours stands, and it is told with both numbers.
    repository
        .git(&["merge", "--quiet", "others"])
        .expect(1)
        .says("conflict in /order: both sides changed it");
    assert_eq!(
        names(&canonical(&repository)),
        ["Create", "Add", "Remove", "Show", "List"]
    );
    let sidecar = format!("{}.merge-conflicts.json", file("Create"));
    let told: Value = serde_json::from_str(&text(&repository, &sidecar)).unwrap();
    assert_eq!(told["conflicts"][0]["theirs"], 1500);
    let check = repository.check(&["--worktree"]).expect(1);
    assert_eq!(check.paths_of("unresolved-merge"), [sidecar]);
}

#[test]
fn an_edit_against_a_delete_is_gits_own_conflict_and_nothing_is_lost() {
    let repository = shop();
    on(&repository, "ours", || {
        edit(&repository, &file("Show"), "method: GET", "method: PUT");
    });
    on(&repository, "theirs", || {
        repository.git(&["rm", "--quiet", &file("Show")]).expect(0);
        edit(&repository, &file("List"), "method: GET", "method: POST");
    });
    for (branch, other) in [("ours", "theirs"), ("theirs", "ours")] {
        repository.git(&["checkout", "--quiet", branch]).expect(0);
        repository
            .git(&["merge", other])
            .expect(1)
            .says("CONFLICT (modify/delete): postman/collections/Shop/Show.request.yaml");
        assert!(text(&repository, &file("Show")).contains("method: PUT"));
        assert!(text(&repository, &file("List")).contains("method: POST"));
        assert_eq!(canonical(&repository)["items"].as_array().unwrap().len(), 3);
        repository.git(&["merge", "--abort"]).expect(0);
    }
}

#[test]
fn a_new_example_of_a_request_that_was_renamed_is_told_or_follows() {
    let repository = shop();
    on(&repository, "ours", || {
        repository
            .git(&["mv", &file("List"), &file("All")])
            .expect(0);
        let old = format!("{FOLDER}/.resources/List.resources");
        let new = format!("{FOLDER}/.resources/All.resources");
        repository.git(&["mv", &old, &new]).expect(0);
    });
    let added = example("List").replace("OK", "Empty");
    on(&repository, "theirs", || {
        repository.write(&added, "$kind: http-example\nname: Empty\norder: 2000\n");
    });
    repository.git(&["checkout", "--quiet", "ours"]).expect(0);
    // Git sees that the folder moved, and asks.
    repository
        .git(&["merge", "theirs"])
        .expect(1)
        .says("CONFLICT (file location)")
        .says("All.resources/examples/Empty.example.yaml");
    let examples = canonical(&repository)["items"][0]["examples"].clone();
    assert_eq!(examples.as_array().unwrap().len(), 2, "{examples}");
}

#[test]
fn a_folder_may_hold_what_it_should_not() {
    let repository = shop();
    let expected = canonical(&repository);
    for (path, content) in [
        ("README.md", "# Shop\n"),
        (".DS_Store", "\u{0}\u{0}"),
        ("notes.yaml", "a: ["),
        // What belonged to a request that is gone.
        (
            ".resources/Gone.resources/examples/OK.example.yaml",
            "$kind: http-example\n",
        ),
        (".resources/Gone.resources/scripts/test.js", "x();\n"),
        (".resources/other.yaml", "a: 1\n"),
        (
            "Empty/.resources/List.resources/deeper/still/x.yaml",
            "a: 1\n",
        ),
        ("Show.request.yaml.merge-conflicts.json", "{}"),
    ] {
        repository.write(&format!("{FOLDER}/{path}"), content);
    }
    assert_eq!(canonical(&repository), expected);
    repository.run(&["diff"]).expect(0);
    // Without its definition the folder gives the name.
    fs::remove_file(repository.at(&format!("{FOLDER}/.resources/definition.yaml"))).unwrap();
    assert_eq!(canonical(&repository), expected);
    // Names that would drive a terminal, or look like another one.
    repository.write(
        &file("\u{1b}[31mred\u{202e}"),
        "$kind: http-request\nurl: x\norder: 9000\n",
    );
    repository.commit(&[], "strays");
    let told = repository.run(&["diff", "HEAD~1", "HEAD"]).expect(1);
    assert!(
        told.stdout.contains("red") && is_plain(&told.stdout),
        "{}",
        told.stdout
    );
    let canonical = canonical(&repository);
    assert_eq!(canonical["items"][3]["name"], "\u{1b}[31mred\u{202e}");
    repository.write(&file("\u{1b}[31mred\u{202e}"), "a: [");
    for arguments in [["canonicalize", FOLDER].as_slice(), &["check"], &["diff"]] {
        let told = repository.run(arguments);
        assert!(
            is_plain(&told.stderr) && is_plain(&told.stdout),
            "{arguments:?}"
        );
    }
    repository
        .run(&["canonicalize", FOLDER])
        .expect(2)
        .says("red");
}

/// Whether a text drives no terminal.
fn is_plain(text: &str) -> bool {
    !text.contains(['\u{1b}', '\u{202e}'])
}

#[cfg(unix)]
#[test]
fn links_in_a_folder_are_never_followed() {
    use std::os::unix::fs::symlink;

    let repository = shop();
    let expected = canonical(&repository);
    repository.write("../outside/Secret.request.yaml", request("Secret", 1));
    symlink(".", repository.at(&format!("{FOLDER}/Loop"))).unwrap();
    symlink("Loop2", repository.at(&format!("{FOLDER}/Loop2"))).unwrap();
    symlink(
        "../../../../outside",
        repository.at(&format!("{FOLDER}/Out")),
    )
    .unwrap();
    symlink(
        "../../../../outside/Secret.request.yaml",
        repository.at(&file("Link")),
    )
    .unwrap();
    symlink("/dev/zero", repository.at(&file("Device"))).unwrap();
    assert_eq!(canonical(&repository), expected);
    let copy = repository.at("copy/Shop");
    fs::create_dir_all(copy.join(".resources")).unwrap();
    for name in [
        "List.request.yaml",
        "Show.request.yaml",
        "Create.request.yaml",
        ".resources/definition.yaml",
    ] {
        fs::copy(repository.at(&format!("{FOLDER}/{name}")), copy.join(name)).unwrap();
    }
    repository
        .run(&["diff", "copy/Shop", FOLDER])
        .expect(1)
        .says("example OK")
        .never_says("Secret");
    repository.commit(&[], "links");
    repository
        .run(&["diff", "HEAD~1", "HEAD"])
        .never_says("Secret");
}

#[test]
fn a_huge_file_in_a_folder_is_told_and_never_read_whole() {
    let repository = shop();
    repository.write("Other/List.request.yaml", request("List", 1));
    let file = fs::File::create(repository.at(&file("Huge"))).unwrap();
    file.set_len(200 * 1024 * 1024).unwrap();
    repository
        .run(&["canonicalize", FOLDER])
        .expect(2)
        .says("Huge.request.yaml");
    repository
        .run(&["diff", "Other", FOLDER])
        .expect(2)
        .says("Huge.request.yaml");
}
