//! The merge driver where git is not what one expects: other directories, several branches at once, programs and settings
//! that are missing, versions that are cut off or lie about what they are.

use std::ffi::OsStr;
use std::fs;
use std::process::Stdio;

use git_postman::mirror::merging::{Versions, merge_documents};
use serde_json::{Value, json};

use crate::support::Repository;
use crate::support::edits::{generated, tabbed};
use crate::support::fixtures::{borrowed, right};

const PATH: &str = "postman/collections/Shop.json";
const SIDECAR: &str = "postman/collections/Shop.json.merge-conflicts.json";

/// A repository on `main` with the drivers and a branch `topic`, each with its own version of the collection.
fn diverged(versions: [&str; 3]) -> Repository {
    let repository = Repository::with(&borrowed(&right()));
    repository.run(&["hook", "install", "--drivers"]).expect(0);
    repository.git(&["branch", "--move", "main"]).expect(0);
    let [base, ours, theirs] = versions;
    repository.commit(&[(PATH, base)], "base");
    repository
        .git(&["checkout", "--quiet", "-b", "topic"])
        .expect(0);
    repository.commit(&[(PATH, theirs)], "theirs");
    repository.git(&["checkout", "--quiet", "main"]).expect(0);
    repository.commit(&[(PATH, ours)], "ours");
    repository
}

fn with(base: &Value, changes: &[(&str, Value)]) -> String {
    let mut value = base.clone();
    for (pointer, new) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        value.pointer_mut(parent).unwrap()[key] = new.clone();
    }
    format!("{}\n", tabbed(&value))
}

const REQUEST: &str = "/item/0/item/0/request";

/// Both sides change one request at neighbouring lines, which no merge of lines can take; where wanted also one field in
/// different ways.
fn neighbours(base: &Value, conflict: bool) -> [String; 3] {
    let at = |field: &str| format!("{REQUEST}/{field}");
    let (method, description, body) = (at("method"), at("description"), at("body"));
    let mut ours = vec![(description.as_str(), json!("ours"))];
    let mut theirs = vec![(body.as_str(), json!({"mode": "raw", "raw": "theirs"}))];
    if conflict {
        ours.push((&method, json!("PUT")));
        theirs.push((&method, json!("PATCH")));
    }
    [with(base, &[]), with(base, &ours), with(base, &theirs)]
}

fn on_disk(repository: &Repository) -> String {
    fs::read_to_string(repository.at(PATH)).unwrap()
}

#[track_caller]
fn has_both(text: &str) {
    let merged: Value = serde_json::from_str(text).unwrap();
    let request = merged.pointer(REQUEST).unwrap();
    assert_eq!(request["description"], "ours");
    assert_eq!(request["body"]["raw"], "theirs");
}

#[test]
fn git_is_told_where_the_repository_is_or_finds_it_from_below() {
    for conflict in [false, true] {
        let versions = neighbours(&generated(20), conflict);
        let code = i32::from(conflict);
        let versions = versions.each_ref().map(String::as_str);
        // By variables, from a directory that has nothing to do with it.
        let repository = diverged(versions);
        let elsewhere = repository.beside("elsewhere");
        fs::create_dir_all(&elsewhere).unwrap();
        let run = repository
            .command(
                OsStr::new("git"),
                &elsewhere,
                &["merge", "--quiet", "topic"],
            )
            .env("GIT_DIR", repository.at(".git"))
            .env("GIT_WORK_TREE", repository.root())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(run.status.code(), Some(code), "{run:?}");
        has_both(&on_disk(&repository));
        assert_eq!(repository.at(SIDECAR).exists(), conflict);
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
        // By options with relative paths, from a directory below.
        let repository = diverged(versions);
        let below = repository.at("postman/collections");
        repository
            .git_in(
                &below,
                &[
                    "--git-dir=../../.git",
                    "--work-tree=../..",
                    "merge",
                    "--quiet",
                    "topic",
                ],
            )
            .expect(code);
        has_both(&on_disk(&repository));
        assert_eq!(repository.at(SIDECAR).exists(), conflict);
        // In a linked worktree, from below.
        let repository = diverged(versions);
        repository
            .git(&["worktree", "add", "--quiet", "../beside", "-b", "beside"])
            .expect(0);
        let beside = repository.beside("beside");
        repository
            .git_in(&beside.join("postman"), &["merge", "--quiet", "topic"])
            .expect(code);
        has_both(&fs::read_to_string(beside.join(PATH)).unwrap());
        assert_eq!(beside.join(SIDECAR).exists(), conflict);
        assert!(!repository.at(SIDECAR).exists());
    }
}

#[test]
fn a_change_taken_back_or_put_on_top_with_a_conflict_is_told_as_in_a_merge() {
    let versions = neighbours(&generated(20), true);
    let versions = versions.each_ref().map(String::as_str);
    for way in [
        ["cherry-pick", "topic"].as_slice(),
        &["rebase", "topic"],
        &["merge", "topic"],
    ] {
        let repository = diverged(versions);
        repository
            .git(way)
            .expect(1)
            .says("conflict in `Folder 0 / Request 0` /request/method: both sides changed it");
        has_both(&on_disk(&repository));
        let told: Value =
            serde_json::from_slice(&fs::read(repository.at(SIDECAR)).unwrap()).unwrap();
        let mut sides = [
            &told["conflicts"][0]["ours"],
            &told["conflicts"][0]["theirs"],
        ]
        .map(|side| side.as_str().unwrap().to_owned());
        sides.sort();
        assert_eq!(sides, ["PATCH", "PUT"]);
    }
    // A stash onto what came meanwhile: git keeps the stash then.
    let repository = diverged([versions[0], versions[0], versions[2]]);
    repository.write(PATH, versions[1]);
    repository.git(&["stash", "--quiet"]).expect(0);
    repository.git(&["merge", "--quiet", "topic"]).expect(0);
    repository.git(&["stash", "pop"]).expect(1);
    has_both(&on_disk(&repository));
    assert!(repository.at(SIDECAR).is_file());
    let list = repository.git(&["stash", "list"]).expect(0).stdout;
    assert_eq!(list.lines().count(), 1);
    // An earlier change of a request taken back, where another field of it was changed since.
    let repository = diverged([versions[0], versions[1], versions[2]]);
    let both = with(
        &serde_json::from_str(versions[1]).unwrap(),
        &[(
            &format!("{REQUEST}/body"),
            json!({"mode": "raw", "raw": "later"}),
        )],
    );
    repository.commit(&[(PATH, &both)], "later");
    repository.git(&["revert", "--no-edit", "HEAD~1"]).expect(0);
    let reverted: Value = serde_json::from_str(&on_disk(&repository)).unwrap();
    let request = reverted.pointer(REQUEST).unwrap();
    assert_eq!(
        (&request["method"], request.get("description")),
        (&json!("GET"), None)
    );
    assert_eq!(request["body"]["raw"], "later");
}

#[test]
fn several_branches_at_once_are_left_to_git_and_nothing_is_lost() {
    let versions = neighbours(&generated(20), false);
    let repository = diverged(versions.each_ref().map(String::as_str));
    repository
        .git(&["checkout", "--quiet", "-b", "third", "main~1"])
        .expect(0);
    repository.commit(&[("postman/collections/Other.json", &versions[0])], "third");
    repository.git(&["checkout", "--quiet", "main"]).expect(0);
    // Git merges the lines and gives up where these do not merge, all of it or with markers in the file.
    repository.git(&["merge", "topic", "third"]).expect(2);
    assert_eq!(on_disk(&repository), versions[1]);
    repository.git(&["merge", "third", "topic"]).expect(1);
    let text = on_disk(&repository);
    for words in ["\"ours\"", "\"theirs\"", "<<<<<<< "] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    let check = repository.check(&["--worktree"]).expect(1);
    assert_eq!(check.paths_of("merge-marker"), [PATH]);
    repository.git(&["reset", "--quiet", "--hard"]).expect(0);
    repository.git(&["merge", "--quiet", "topic"]).expect(0);
    repository.git(&["merge", "--quiet", "third"]).expect(0);
    has_both(&on_disk(&repository));
}

#[test]
fn without_the_program_or_its_settings_git_says_conflict() {
    let versions = neighbours(&generated(20), false);
    let versions = versions.each_ref().map(String::as_str);
    // A program that is gone: git keeps our side and calls it a conflict, though no markers stand in the file.
    let repository = diverged(versions);
    let driver = "'/nowhere/git-postman' merge-driver %O %A %B %P";
    repository
        .git(&["config", "merge.git-postman.driver", driver])
        .expect(0);
    repository
        .git(&["merge", "topic"])
        .expect(1)
        .says("/nowhere/git-postman")
        .says("CONFLICT (content): Merge conflict in postman/collections/Shop.json");
    assert_eq!(on_disk(&repository), versions[1]);
    // What the page about merging says to do: the lines, with markers, and then the driver again.
    repository
        .git(&["checkout", "--merge", "--", PATH])
        .expect(0);
    repository.run(&["hook", "install", "--drivers"]).expect(0);
    repository
        .git(&["checkout", "--merge", "--", PATH])
        .expect(0);
    has_both(&on_disk(&repository));
    // Attributes without settings, as in a fresh clone: git's own merge of lines.
    let repository = diverged(versions);
    repository
        .git(&["config", "--remove-section", "merge.git-postman"])
        .expect(0);
    repository.git(&["merge", "topic"]).expect(1);
    assert!(on_disk(&repository).contains("<<<<<<< HEAD"));
}

#[test]
fn collections_of_version_1_and_such_that_lie_about_their_version_lose_nothing() {
    let first = |name: &str, method: &str| {
        format!(
            "{{\n\t\"id\": \"1\",\n\t\"name\": \"{name}\",\n\t\"order\": [\"2\"],\n\t\"timestamp\": 1,\n\t\"requests\": [\n\t\t{{\"id\": \"2\", \"name\": \"a\", \"url\": \"/a\",\n\t\t\"method\": \"{method}\", \"headers\": \"\", \"collectionId\": \"1\"}}\n\t]\n}}\n"
        )
    };
    let repository = diverged([&first("a", "GET"), &first("b", "GET"), &first("a", "PUT")]);
    repository
        .git(&["merge", "topic"])
        .expect(0)
        .says("merged as text, by git");
    assert_eq!(on_disk(&repository), first("b", "PUT"));
    let repository = diverged([&first("a", "GET"), &first("b", "GET"), &first("c", "PUT")]);
    repository.git(&["merge", "topic"]).expect(1);
    assert!(on_disk(&repository).contains("<<<<<<<"));
    for schema in [
        "https://schema.getpostman.com/json/collection/v1.0.0/collection.json",
        "https://schema.getpostman.com/json/collection/v2.0.0/collection.json",
        "https://schema.getpostman.com/json/collection/v9.9.9/collection.json",
        "https://example.com/",
    ] {
        let mut base = generated(20);
        base["info"]["schema"] = schema.into();
        let versions = neighbours(&base, false);
        let repository = diverged(versions.each_ref().map(String::as_str));
        let merge = repository.git(&["merge", "topic"]);
        let text = on_disk(&repository);
        assert!(
            text.contains("\"ours\"") && text.contains("\"theirs\""),
            "{schema}"
        );
        match serde_json::from_str::<Value>(&text) {
            Ok(_) => has_both(&text),
            Err(_) => drop(merge.expect(1).says("merged as text, by git")),
        }
    }
}

/// A text cut at so many fiftieths of its length, never within a character.
fn cut(text: &str, fiftieths: usize) -> &str {
    let mut end = text.len() * fiftieths / 50;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[test]
fn a_version_that_is_cut_off_is_never_merged_by_meaning() {
    let versions = neighbours(&generated(20), true);
    for side in 0..3 {
        for fiftieths in 0..50 {
            let mut cut_versions = versions.each_ref().map(|text| text.as_bytes().to_vec());
            cut_versions[side] = cut(&versions[side], fiftieths).as_bytes().to_vec();
            let [base, ours, theirs] = cut_versions;
            let merged = merge_documents(PATH, Versions { base, ours, theirs }, false);
            // Nothing at all as the common ancestor is what git has where both sides added the file.
            if side == 0 && fiftieths == 0 {
                let text = merged.unwrap().text;
                assert!(text.contains("\"ours\"") && text.contains("\"theirs\""));
                continue;
            }
            let reason = merged.unwrap_err();
            assert!(!reason.is_empty(), "{side} {fiftieths}");
        }
    }
    // Of YAML a part may be whole: then it is merged as what it is, and is YAML afterwards.
    let file = |method: &str, url: &str| {
        format!(
            "$kind: http-request\nname: 'a ü'\nmethod: {method}\nurl: \"{url}\"\norder: 1000\nheaders:\n  - key: A\n    value: '1'\nbody:\n  type: json\n  content: |-\n    {{\n      \"a\": 1\n    }}\n"
        )
    };
    let versions = [file("GET", "/a"), file("PUT", "/a"), file("GET", "/b")];
    for side in 0..3 {
        for fiftieths in 0..50 {
            let mut cut_versions = versions.each_ref().map(|text| text.as_bytes().to_vec());
            cut_versions[side] = cut(&versions[side], fiftieths).as_bytes().to_vec();
            let [base, ours, theirs] = cut_versions;
            let path = "postman/collections/Shop/a.request.yaml";
            if let Ok(merged) = merge_documents(path, Versions { base, ours, theirs }, false) {
                let parsed = git_postman::format::read(path, merged.text.clone().into_bytes());
                assert!(
                    parsed.subject().is_some(),
                    "{side} {fiftieths}\n{}",
                    merged.text
                );
            }
        }
    }
}

#[test]
fn a_version_that_is_cut_off_goes_through_git_with_nothing_lost() {
    let versions = neighbours(&generated(20), true);
    for side in 0..3 {
        for fiftieths in [0, 1, 25, 49] {
            let mut cut_versions = versions.each_ref().map(String::as_str);
            cut_versions[side] = cut(&versions[side], fiftieths);
            let repository = Repository::none();
            for (name, text) in ["base", "ours", "theirs"].into_iter().zip(cut_versions) {
                repository.write(name, text);
            }
            let run = repository.run(&["merge-driver", "base", "ours", "theirs", PATH]);
            let text = fs::read_to_string(repository.at("ours")).unwrap();
            if side == 0 && fiftieths == 0 {
                run.expect(0);
                assert!(text.contains("PUT") && text.contains("PATCH"));
                continue;
            }
            run.expect(1).says("merged as text, by git");
            // What either side has and the ancestor has not is in the result.
            for own in &cut_versions[1..] {
                let new = own.lines().filter(|line| !cut_versions[0].contains(line));
                for line in new {
                    assert!(text.contains(line), "{side} {fiftieths}: {line} is lost");
                }
            }
        }
    }
}
