//! Real merges by the real git, with the driver and by hand.

use serde_json::{Value, json};

use crate::support::Repository;
use crate::support::fixtures::{borrowed, right};

const PATH: &str = "postman/collections/Shop.json";

/// A collection of folders with ten requests each, written as Postman writes it.
fn shop(requests: usize) -> Value {
    let request = |number: usize| {
        json!({
            "name": format!("Request {number}"),
            "request": {
                "method": "GET",
                "header": [{"key": "Accept", "value": "application/json"}, {"key": "X-Trace", "value": "on"}],
                "url": {"raw": format!("{{{{baseUrl}}}}/orders/{number}"), "host": ["{{baseUrl}}"], "path": ["orders", number.to_string()]}
            },
            "response": []
        })
    };
    let folders: Vec<Value> = (0..requests / 10)
        .map(|folder| {
            let items: Vec<Value> = (0..10)
                .map(|number| request(folder * 10 + number))
                .collect();
            json!({"name": format!("Folder {folder}"), "item": items})
        })
        .collect();
    json!({
        "info": {"name": "Shop", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
        "item": folders
    })
}

fn text(collection: &Value) -> String {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    serde::Serialize::serialize(collection, &mut serializer).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// A repository with the collection on two branches that changed it; on `main`, the driver installed where wanted.
fn diverged(driver: bool, base: &Value, ours: &Value, theirs: &Value) -> Repository {
    let repository = Repository::with(&borrowed(&right()));
    if driver {
        repository
            .run(&["hook", "install", "--merge-driver"])
            .expect(0);
    }
    repository.git(&["branch", "--move", "main"]).expect(0);
    repository.commit(&[(PATH, &text(base))], "base");
    repository
        .git(&["checkout", "--quiet", "-b", "topic"])
        .expect(0);
    repository.commit(&[(PATH, &text(theirs))], "theirs");
    repository.git(&["checkout", "--quiet", "main"]).expect(0);
    repository.commit(&[(PATH, &text(ours))], "ours");
    repository
}

fn on_disk(repository: &Repository) -> Value {
    serde_json::from_slice(&std::fs::read(repository.at(PATH)).unwrap()).unwrap()
}

#[test]
fn one_request_changed_in_different_fields_merges_with_the_driver_and_not_without() {
    let base = shop(500);
    let (mut ours, mut theirs) = (base.clone(), base.clone());
    let request = |collection: &mut Value, change: &dyn Fn(&mut Value)| {
        change(&mut collection["item"][3]["item"][4])
    };
    let header = |key: &str| json!({"key": key, "value": "1"});
    request(&mut ours, &|item| {
        item["request"]["method"] = "POST".into();
        item["request"]["header"]
            .as_array_mut()
            .unwrap()
            .push(header("X-Ours"));
    });
    // At the same place as ours, which is a conflict of lines and none of meaning.
    request(&mut theirs, &|item| {
        item["name"] = "Renamed".into();
        item["request"]["header"]
            .as_array_mut()
            .unwrap()
            .push(header("X-Theirs"));
    });
    let with = diverged(true, &base, &ours, &theirs);
    with.git(&["merge", "--quiet", "topic"]).expect(0);
    let merged = on_disk(&with);
    let item = &merged["item"][3]["item"][4];
    assert_eq!(
        (&item["name"], &item["request"]["method"]),
        (&"Renamed".into(), &"POST".into())
    );
    let headers = item["request"]["header"].as_array().unwrap();
    assert_eq!(headers.len(), 4, "{headers:?}");
    let without = diverged(false, &base, &ours, &theirs);
    without.git(&["merge", "--quiet", "topic"]).expect(1);
}

#[test]
fn a_moved_folder_takes_the_edits_in_it_along() {
    let base = shop(100);
    let (mut ours, mut theirs) = (base.clone(), base.clone());
    let moved = ours["item"].as_array_mut().unwrap().remove(2);
    ours["item"][0]["item"].as_array_mut().unwrap().push(moved);
    theirs["item"][2]["item"][5]["request"]["method"] = "DELETE".into();
    let repository = diverged(true, &base, &ours, &theirs);
    repository.git(&["merge", "--quiet", "topic"]).expect(0);
    let merged = on_disk(&repository);
    assert_eq!(merged["item"][0]["item"][10]["name"], "Folder 2");
    assert_eq!(
        merged["item"][0]["item"][10]["item"][5]["request"]["method"],
        "DELETE"
    );
    assert_eq!(merged["item"].as_array().unwrap().len(), 9);
    repository.git(&["diff", "--quiet", "HEAD"]).expect(0);
}

#[test]
fn a_real_conflict_keeps_the_document_whole_and_is_not_pushed() {
    let base = shop(20);
    let (mut ours, mut theirs) = (base.clone(), base.clone());
    ours["item"][0]["item"][0]["request"]["method"] = "PUT".into();
    theirs["item"][0]["item"][0]["request"]["method"] = "PATCH".into();
    let repository = diverged(true, &base, &ours, &theirs);
    repository
        .git(&["merge", "--quiet", "topic"])
        .expect(1)
        .says("conflict in `Folder 0 / Request 0` /request/method: both sides changed it");
    assert_eq!(on_disk(&repository), ours);
    let sidecar = format!("{PATH}.merge-conflicts.json");
    let conflicts: Value =
        serde_json::from_slice(&std::fs::read(repository.at(&sidecar)).unwrap()).unwrap();
    assert_eq!(conflicts["conflicts"][0]["theirs"], "PATCH");
    let check = repository.check(&["--worktree"]).expect(1);
    assert_eq!(check.paths_of("unresolved-merge"), [sidecar.as_str()]);
    std::fs::remove_file(repository.at(&sidecar)).unwrap();
    repository
        .git(&["commit", "--quiet", "--all", "--message", "decided"])
        .expect(0);
    repository.check(&["--revision", "HEAD"]).expect(0);
}

#[test]
fn what_cannot_be_read_is_left_to_git() {
    let repository = Repository::none();
    repository.write("base.json", "{\"a\": 1,\n\"b\": 2,\n\"c\": 3,\n\"d\": 4}\n");
    repository.write("ours.json", "{\"a\": 1,\n\"b\": 2,\n\"c\": 3,\n\"d\": 5}\n");
    repository.write(
        "theirs.json",
        "{\"a\": 0,\n\"b\": 2,\n\"c\": 3,\n\"d\": 4,\n",
    );
    let run = |ours: &str| {
        repository.run(&[
            "merge-driver",
            "base.json",
            ours,
            "theirs.json",
            "x/collection.json",
        ])
    };
    run("ours.json")
        .expect(1)
        .says("merged as text, by git: their version cannot be read: file ends in the middle");
    let text = std::fs::read_to_string(repository.at("ours.json")).unwrap();
    assert!(
        text.contains("<<<<<<< ours") && text.contains("\"a\": 0"),
        "{text}"
    );
    run("ours.json")
        .expect(1)
        .says("our version holds a merge conflict that nobody resolved");
}

#[test]
fn by_hand_a_conflict_is_exit_code_3_and_nothing_is_written() {
    let repository = Repository::none();
    let value = |method: &str| {
        text(
            &json!({"info": {"name": "x"}, "item": [{"name": "a", "request": {"method": method, "url": "/a"}}]}),
        )
    };
    repository.write("base.json", value("GET"));
    repository.write("ours.json", value("PUT"));
    repository.write("theirs.json", value("PATCH"));
    let merge = |theirs: &str| {
        repository.run(&[
            "merge",
            "base.json",
            "ours.json",
            theirs,
            "--output",
            "out.json",
        ])
    };
    merge("theirs.json").expect(3).says("both sides changed it");
    assert!(!repository.at("out.json").exists());
    merge("base.json").expect(0);
    assert_eq!(
        std::fs::read_to_string(repository.at("out.json")).unwrap(),
        value("PUT")
    );
}

#[test]
fn the_driver_is_installed_once_and_leaves_nothing_behind() {
    let repository = Repository::with(&borrowed(&right()));
    repository.commit(&[(".gitattributes", "*.png binary\n")], "attributes");
    repository
        .run(&["hook", "install", "--merge-driver", "--dry-run"])
        .expect(0)
        .says("would change .gitattributes");
    repository.git(&["diff", "--quiet"]).expect(0);
    repository
        .run(&["hook", "install", "--merge-driver"])
        .expect(0);
    let first = std::fs::read_to_string(repository.at(".gitattributes")).unwrap();
    assert!(
        first.starts_with("*.png binary\n")
            && first.contains("/postman/collections/**/*.json merge=git-postman"),
        "{first}"
    );
    repository
        .git(&["check-attr", "merge", PATH])
        .expect(0)
        .says("merge: git-postman");
    repository
        .run(&["hook", "install", "--merge-driver"])
        .expect(0)
        .says("nothing to change");
    assert_eq!(
        std::fs::read_to_string(repository.at(".gitattributes")).unwrap(),
        first
    );
    repository.run(&["hook", "uninstall"]).expect(0);
    assert_eq!(
        std::fs::read_to_string(repository.at(".gitattributes")).unwrap(),
        "*.png binary\n"
    );
    repository
        .git(&["config", "--get-regexp", "merge.git-postman"])
        .expect(1);
}

/// Both sides change the same request at neighbouring lines, which no merge of lines can take.
fn neighbours() -> (Value, Value, Value) {
    let base = shop(30);
    let (mut ours, mut theirs) = (base.clone(), base.clone());
    ours["item"][1]["item"][2]["request"]["method"] = "PUT".into();
    theirs["item"][1]["item"][2]["request"]["header"][0]["value"] = "text/plain".into();
    theirs["item"][1]["item"][2]["name"] = "Renamed".into();
    ours["item"][1]["item"][2]["request"]["description"] = "ours".into();
    theirs["item"][1]["item"][2]["request"]["auth"] = json!({"type": "noauth"});
    (base, ours, theirs)
}

fn has_both(merged: &Value) {
    let item = &merged["item"][1]["item"][2];
    assert_eq!(
        (
            &item["name"],
            &item["request"]["method"],
            &item["request"]["description"]
        ),
        (&"Renamed".into(), &"PUT".into(), &"ours".into())
    );
    assert_eq!(item["request"]["header"][0]["value"], "text/plain");
}

#[test]
fn every_way_in_which_git_merges_uses_the_driver() {
    let (base, ours, theirs) = neighbours();
    let ways: [&[&[&str]]; 3] = [
        &[&["merge", "--quiet", "topic"]],
        &[&["rebase", "--quiet", "topic"]],
        &[&["cherry-pick", "topic"]],
    ];
    for way in &ways {
        let repository = diverged(true, &base, &ours, &theirs);
        for command in *way {
            repository.git(command).expect(0);
        }
        has_both(&on_disk(&repository));
        let without = diverged(false, &base, &ours, &theirs);
        without.git(way[0]).expect(1);
    }
    // A stash is merged into what came meanwhile.
    let repository = diverged(true, &base, &base, &theirs);
    repository.write(PATH, text(&ours));
    repository.git(&["stash", "--quiet"]).expect(0);
    repository.git(&["merge", "--quiet", "topic"]).expect(0);
    repository.git(&["stash", "pop", "--quiet"]).expect(0);
    has_both(&on_disk(&repository));
}

#[test]
fn a_renamed_file_merges_under_its_new_name_and_keeps_its_conflicts_there() {
    let (base, ours, mut theirs) = neighbours();
    let repository = diverged(true, &base, &ours, &theirs);
    let renamed = "postman/collections/New shop/Shop ü.json";
    repository.git(&["checkout", "--quiet", "topic"]).expect(0);
    std::fs::create_dir_all(repository.at("postman/collections/New shop")).unwrap();
    repository.git(&["mv", PATH, renamed]).expect(0);
    theirs["item"][0]["name"] = "Theirs".into();
    repository.commit(&[(renamed, &text(&theirs))], "renamed");
    repository.git(&["checkout", "--quiet", "main"]).expect(0);
    repository.git(&["merge", "--quiet", "topic"]).expect(0);
    let merged: Value =
        serde_json::from_slice(&std::fs::read(repository.at(renamed)).unwrap()).unwrap();
    has_both(&merged);
    assert!(!repository.at(PATH).exists());
    // The same from a directory below, with a conflict.
    let mut ours = merged.clone();
    ours["item"][0]["name"] = "A".into();
    repository
        .git(&["checkout", "--quiet", "-b", "other"])
        .expect(0);
    let mut other = merged;
    other["item"][0]["name"] = "B".into();
    repository.commit(&[(renamed, &text(&other))], "other");
    repository.git(&["checkout", "--quiet", "main"]).expect(0);
    repository.commit(&[(renamed, &text(&ours))], "ours again");
    repository
        .git(&["-C", "postman", "merge", "--quiet", "other"])
        .expect(1);
    assert!(
        repository
            .at(&format!("{renamed}.merge-conflicts.json"))
            .is_file()
    );
}

#[test]
fn common_ancestors_in_conflict_do_not_decide_in_silence() {
    let base = shop(20);
    let with = |method: &str| {
        let mut with = base.clone();
        with["item"][0]["item"][0]["request"]["method"] = method.into();
        with
    };
    let repository = diverged(true, &base, &with("PUT"), &with("PATCH"));
    // Each branch merges the other's first commit, and each decides for itself.
    repository
        .git(&["branch", "first-topic", "topic"])
        .expect(0);
    repository.git(&["branch", "first-main", "main"]).expect(0);
    let decide = |branch: &str, other: &str, method: &str| {
        repository.git(&["checkout", "--quiet", branch]).expect(0);
        repository.git(&["merge", "--quiet", other]).expect(1);
        std::fs::remove_file(repository.at(&format!("{PATH}.merge-conflicts.json"))).unwrap();
        repository.write(PATH, text(&with(method)));
        repository
            .git(&["commit", "--quiet", "--all", "--message", "decided"])
            .expect(0);
    };
    decide("main", "first-topic", "PUT");
    decide("topic", "first-main", "PATCH");
    repository.git(&["checkout", "--quiet", "main"]).expect(0);
    repository
        .git(&["merge", "--quiet", "topic"])
        .expect(1)
        .says("/request/method: both sides changed it");
    assert_eq!(on_disk(&repository), with("PUT"));
}

#[test]
fn conflicts_are_kept_in_a_worktree_of_its_own_and_never_outside() {
    let base = shop(10);
    let with = |method: &str| {
        let mut with = base.clone();
        with["item"][0]["item"][0]["request"]["method"] = method.into();
        with
    };
    let repository = diverged(true, &base, &with("PUT"), &with("PATCH"));
    repository
        .git(&["worktree", "add", "--quiet", "../beside", "-b", "beside"])
        .expect(0);
    repository
        .git(&["-C", "../beside", "merge", "--quiet", "topic"])
        .expect(1);
    let name = format!("{PATH}.merge-conflicts.json");
    assert!(repository.at("../beside").join(&name).is_file());
    assert!(!repository.at(&name).exists());
    // By hand, with paths that climb out or lead through a symbolic link.
    for (file, value) in [("base", &base), ("theirs", &with("PATCH"))] {
        repository.write(file, text(value));
    }
    repository.write(".git/index.lock", "");
    let run = |path: &str| {
        repository.write("ours", text(&with("PUT")));
        let run = repository
            .run(&["merge-driver", "base", "ours", "theirs", path])
            .expect(1);
        run.says("both sides changed it").says("was not written")
    };
    run("../outside.json").says("leads out of the repository");
    assert!(
        !repository
            .at("../outside.json.merge-conflicts.json")
            .exists()
    );
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("..", repository.at("link")).unwrap();
        run("link/outside.json").says("a symbolic link");
        assert!(
            !repository
                .at("../outside.json.merge-conflicts.json")
                .exists()
        );
        std::os::unix::fs::symlink("../target", repository.at("a.json.merge-conflicts.json"))
            .unwrap();
        run("a.json").says("a symbolic link");
        assert!(!repository.at("../target").exists());
    }
}

#[test]
fn a_merge_without_a_worktree_leaves_nothing_in_one() {
    let base = shop(10);
    let with = |method: &str| {
        let mut with = base.clone();
        with["item"][0]["item"][0]["request"]["method"] = method.into();
        with
    };
    let repository = diverged(true, &base, &with("PUT"), &with("PATCH"));
    repository
        .git(&["merge-tree", "--write-tree", "main", "topic"])
        .expect(1)
        .says("git merges without this worktree");
    repository.git(&["diff", "--exit-code"]).expect(0);
    assert!(
        !repository
            .at(&format!("{PATH}.merge-conflicts.json"))
            .exists()
    );
}

#[test]
fn whatever_cannot_be_read_is_merged_by_git_and_said() {
    let repository = Repository::none();
    let deep = format!("{{\"a\": {}{}}}\n", "[".repeat(10_000), "]".repeat(10_000));
    let unreadable: [(&[u8], &str); 6] = [
        (b"not json", "neither JSON nor YAML"),
        (b"{\"a\": 1", "cannot be read"),
        (
            b"{\n<<<<<<< ours\n\"a\": 1\n=======\n\"a\": 2\n>>>>>>> theirs\n}\n",
            "nobody resolved",
        ),
        (b"{\"a\": \"\xff\"}\n", "cannot be read: file is not UTF-8"),
        (b"{\"a\": 1, \"a\": 2}\n", "ambiguous"),
        (deep.as_bytes(), "cannot be read"),
    ];
    for (theirs, reason) in unreadable {
        repository.write("base", "{\"a\": 1}\n");
        repository.write("ours", "{\"a\": 2}\n");
        repository.write("theirs", theirs);
        let path = if reason.contains("neither") {
            "a.txt"
        } else {
            "a.json"
        };
        let run = repository.run(&["merge-driver", "base", "ours", "theirs", path]);
        run.expect(1).says("merged as text, by git").says(reason);
        let left = std::fs::read(repository.at("ours")).unwrap();
        let kept = theirs
            .iter()
            .filter(|byte| !byte.is_ascii_whitespace())
            .count();
        assert!(left.len() >= kept, "{reason}: something of theirs is lost");
        assert!(
            String::from_utf8_lossy(&left).contains("\"a\": 2"),
            "{reason}"
        );
    }
}
