//! `pull` from outside: the real program, real git, and the sandbox in Postman's place.

use std::fs;
use std::ops::Deref;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::Run;
use crate::support::postman::{SCHEMA, STATE, Scene};

/// A repository and a workspace that are connected, seen by somebody who pulls. Every call is held against the contract.
struct Pulling(Scene);

impl Deref for Pulling {
    type Target = Scene;

    fn deref(&self) -> &Scene {
        &self.0
    }
}

impl Pulling {
    /// Connected, with nothing on either side.
    fn new() -> Self {
        Self(Scene::of_workspace(&[]))
    }

    /// The same with `orders.json` in Git as Postman has it.
    fn with_orders() -> (Self, String) {
        let scene = Self::new();
        let uid = scene.make_collection(&orders());
        scene.pull(&["--to", "commit"]).expect(0);
        (scene, uid)
    }

    fn make_collection(&self, collection: &Value) -> String {
        let path = format!("/collections?workspace={}", self.workspace);
        let made = self.ask("POST", &path, &json!({"collection": collection}));
        made["collection"]["uid"].as_str().unwrap().to_owned()
    }

    /// Changes a collection as somebody does in Postman: all ids stay.
    fn edit(&self, uid: &str, edit: impl FnOnce(&mut Value)) {
        let path = format!("/collections/{uid}");
        let mut read = self.ask("GET", &path, &Value::Null);
        edit(&mut read["collection"]);
        let body = json!({"collection": read["collection"]});
        self.ask("PUT", &path, &body);
    }

    fn in_postman(&self, uid: &str) -> Value {
        let path = format!("/collections/{uid}");
        self.ask("GET", &path, &Value::Null)["collection"].take()
    }

    fn pull(&self, arguments: &[&str]) -> Run {
        self.pull_in(self.repository.root(), arguments)
    }

    fn pull_in(&self, directory: &Path, arguments: &[&str]) -> Run {
        let variables = [
            ("POSTMAN_API_URL", self.recorder.url.as_str()),
            ("POSTMAN_API_KEY", self.sandbox.key.as_str()),
        ];
        let mut all = vec!["pull"];
        all.extend(arguments);
        self.repository.run_handed(directory, &variables, &all)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.repository.at(path)).unwrap()
    }

    /// What `git diff --numstat` says of the worktree.
    fn numstat(&self) -> String {
        self.repository.git(&["diff", "--numstat"]).expect(0).stdout
    }

    fn state(&self) -> String {
        self.repository.id(STATE)
    }
}

fn orders() -> Value {
    json!({"info": {"name": "Orders", "schema": SCHEMA}, "item": [
        {"name": "List", "request": {"method": "GET", "url": "https://a.example/orders?limit=1", "description": "All."}},
        {"name": "Folder", "item": [
            {"name": "Make", "request": {"method": "POST", "url": "https://a.example/orders", "description": "One."}}]}]})
}

const ORDERS: &str = "postman/collections/Orders.json";

#[test]
fn an_edit_in_postman_is_one_line_in_git() {
    let (scene, uid) = Pulling::with_orders();
    assert_eq!(scene.numstat(), "", "the checkout went along");
    let first = scene.read(ORDERS);
    assert!(
        first.starts_with("{\n\t\"info\": {") && !first.contains("updatedAt"),
        "{first}"
    );
    // Whoever writes it differently keeps their way.
    let rewritten = first.replace('\t', "    ").replace('\n', "\r\n");
    scene.repository.commit(
        &[(ORDERS, &rewritten)],
        "four blanks, and lines as Windows has them",
    );
    let state = scene.state();
    scene.pull(&[]).expect(0).says("nothing to pull");
    assert_eq!(scene.state(), state, "nothing is recorded twice");

    scene.edit(&uid, |collection| {
        collection["item"][1]["item"][0]["name"] = json!("Create")
    });
    let run = scene.pull(&["--format", "json"]).expect(0).json();
    assert_eq!(run["outcome"]["applied"][0]["act"], "update");
    assert_eq!(run["outcome"]["applied"][0]["path"], ORDERS);
    assert_eq!(scene.numstat(), format!("1\t1\t{ORDERS}\n"));
    assert_eq!(
        scene.read(ORDERS),
        rewritten.replace("\"Make\"", "\"Create\"")
    );
    // Not committed yet: a second pull has nothing to do, and a third.
    scene.pull(&[]).expect(0).says("nothing to pull");
    let metadata = scene.read(".postman/resources.yaml");
    assert!(metadata.contains(&uid), "{metadata}");
}

#[test]
fn changes_of_different_fields_merge() {
    let (scene, uid) = Pulling::with_orders();
    let git = scene.read(ORDERS).replace("\"One.\"", "\"Exactly one.\"");
    scene.repository.commit(&[(ORDERS, &git)], "describe");
    scene.edit(&uid, |collection| {
        collection["item"][1]["item"][0]["request"]["method"] = json!("PUT");
        collection["item"][0]["name"] = json!("All");
    });
    scene
        .pull(&["--dry-run"])
        .expect(0)
        .says("1 change: ")
        .says("update collection");
    assert_eq!(scene.numstat(), "");
    scene.pull(&[]).expect(0);
    assert_eq!(scene.numstat(), format!("2\t2\t{ORDERS}\n"));
    let merged = scene.read(ORDERS);
    for words in ["\"Exactly one.\"", "\"PUT\"", "\"All\""] {
        assert!(merged.contains(words), "{words}: {merged}");
    }
    scene.repository.commit(&[], "merge");
    scene.pull(&[]).expect(0).says("nothing to pull");
}

#[test]
fn the_same_field_is_a_conflict_by_name_and_resolve_answers_it() {
    let (scene, uid) = Pulling::with_orders();
    let git = scene.read(ORDERS).replace("\"Make\"", "\"Add\"");
    let before = scene.repository.commit(&[(ORDERS, &git)], "rename");
    scene.edit(&uid, |collection| {
        collection["item"][1]["item"][0]["name"] = json!("Create")
    });
    let new =
        scene.make_collection(&json!({"info": {"name": "Other", "schema": SCHEMA}, "item": []}));
    let run = scene
        .pull(&["--to", "commit", "--format", "json"])
        .expect(3)
        .json();
    let conflicts = run["outcome"]["conflicts"].as_array().unwrap();
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0]["item"], "Folder / Add");
    assert_eq!(conflicts[0]["field"], "/name");
    assert_eq!(conflicts[0]["remote_id"], uid);
    assert_eq!(
        (&conflicts[0]["ours"], &conflicts[0]["theirs"]),
        (&json!("Add"), &json!("Create"))
    );
    // Nothing of it was written; what has nothing to do with it was.
    assert_eq!(scene.read(ORDERS), git);
    assert!(
        scene
            .read("postman/collections/Other.json")
            .contains("Other")
    );
    assert!(scene.read(".postman/resources.yaml").contains(&new));
    assert_ne!(scene.repository.id("HEAD"), before);
    scene
        .pull(&[])
        .expect(3)
        .says("`Folder / Add` name: both sides changed it");
    assert_eq!(scene.read(ORDERS), git);

    scene.pull(&["--resolve", "merge"]).expect(3);
    scene.pull(&["--resolve", "theirs"]).expect(0);
    assert_eq!(scene.read(ORDERS), git.replace("\"Add\"", "\"Create\""));
    scene.repository.git(&["checkout", "--", "."]).expect(0);
    scene.pull(&["--resolve", "ours"]).expect(0);
    assert_eq!(scene.numstat(), "");
    // The answer is kept: nobody is asked again.
    scene.pull(&[]).expect(0).says("nothing to pull");
}

#[test]
fn uncommitted_work_and_other_branches_are_left_alone() {
    let (scene, uid) = Pulling::with_orders();
    scene.edit(&uid, |collection| {
        collection["item"][0]["name"] = json!("All")
    });
    let dirty = scene.read(ORDERS).replace("\"One.\"", "\"Two.\"");
    scene.repository.write(ORDERS, &dirty);
    let state = scene.state();
    scene
        .pull(&[])
        .expect(2)
        .says("uncommitted changes")
        .says("git stash");
    assert_eq!((scene.read(ORDERS), scene.state()), (dirty, state));
    scene.repository.git(&["checkout", "--", "."]).expect(0);
    scene
        .repository
        .git(&["switch", "--quiet", "-c", "topic"])
        .expect(0);
    scene
        .pull(&[])
        .expect(2)
        .says("the active branch is `main`");
    scene.pull(&["--branch", "topic"]).expect(0);
    assert_eq!(scene.numstat(), format!("1\t1\t{ORDERS}\n"));
    scene
        .repository
        .git(&["checkout", "--quiet", "--", "."])
        .expect(0);
    scene
        .repository
        .git(&["checkout", "--quiet", "--detach"])
        .expect(0);
    scene.pull(&[]).expect(2).says("HEAD is detached");
    let main = scene.repository.id("main");
    scene.pull(&["--to", "commit"]).expect(0);
    let parent = scene.repository.id("main~1");
    assert_eq!(parent, main);
    scene
        .pull(&["--to", "pull-request"])
        .expect(2)
        .says("the remote is a directory of this machine");
}

#[test]
fn names_that_no_file_system_takes_become_files_all_the_same() {
    let scene = Pulling::new();
    for name in ["../../x", "CON", "a\u{1b}[31m\u{7}b", "x", "X"] {
        scene.make_collection(&json!({"info": {"name": name, "schema": SCHEMA}, "item": []}));
    }
    let run = scene.pull(&[]).expect(0);
    assert!(!run.stdout.contains('\u{1b}'));
    let folder = scene.repository.at("postman/collections");
    let names = fs::read_dir(&folder).unwrap();
    let mut names: Vec<String> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 5, "{names:?}");
    assert!(
        names.contains(&"_CON.json".to_owned()) && names.contains(&"a[31mb.json".to_owned()),
        "{names:?}"
    );
    let folded = names.iter().map(|name| name.to_lowercase());
    assert_eq!(folded.collect::<std::collections::BTreeSet<_>>().len(), 5);
    assert!(!scene.repository.beside("x.json").exists());
    scene.repository.commit(&[], "first");
    scene.pull(&[]).expect(0).says("nothing to pull");
}

#[test]
fn what_was_deleted_in_postman_goes_only_when_asked() {
    let (scene, uid) = Pulling::with_orders();
    scene.ask("DELETE", &format!("/collections/{uid}"), &Value::Null);
    scene.pull(&[]).expect(0).says("--allow-delete");
    assert!(scene.repository.at(ORDERS).exists());
    scene.pull(&["--allow-delete"]).expect(0);
    assert!(!scene.repository.at(ORDERS).exists());
    assert!(!scene.read(".postman/resources.yaml").contains(&uid));
    scene.repository.commit(&[], "delete");
    scene
        .pull(&["--allow-delete"])
        .expect(0)
        .says("nothing to pull");
}

#[test]
fn a_definition_keeps_its_comments() {
    let scene = Pulling::new();
    let text = "openapi: 3.0.3 # the version\ninfo:\n  title: Pets\n  version: '1'\npaths: {}\n";
    let made = scene.ask(
        "POST",
        &format!("/specs?workspaceId={}", scene.workspace),
        &json!({"name": "Pets", "type": "OPENAPI:3.0", "files": [{"path": "openapi.yaml", "content": text, "type": "ROOT"}]}),
    );
    let id = made["id"].as_str().unwrap();
    scene.pull(&["--to", "commit"]).expect(0);
    let listed = scene
        .repository
        .git(&["ls-files", "postman/specs"])
        .expect(0)
        .stdout;
    let file = listed.trim();
    assert_eq!(scene.read(file), text);
    let git = text
        .replace("Pets", "Pets # of ours")
        .replace("paths: {}", "paths: {} # none yet");
    scene.repository.commit(&[(file, &git)], "comment");
    let theirs = text.replace("'1'", "'2' # theirs");
    scene.ask(
        "PATCH",
        &format!("/specs/{id}/files/openapi.yaml"),
        &json!({"content": theirs}),
    );
    scene.pull(&[]).expect(0);
    assert_eq!(scene.read(file), git.replace("'1'", "'2' # theirs"));
    assert_eq!(scene.numstat(), format!("1\t1\t{file}\n"));
}

#[test]
fn secrets_stay_where_they_are() {
    let scene = Pulling::new();
    let values = json!([{"key": "host", "value": "a", "type": "default", "enabled": true},
        {"key": "token", "value": "of-postman", "type": "secret", "enabled": true}]);
    let made = scene.ask(
        "POST",
        &format!("/environments?workspace={}", scene.workspace),
        &json!({"environment": {"name": "Test", "values": values}}),
    );
    scene.pull(&["--to", "commit"]).expect(0);
    let file = "postman/environments/Test.json";
    let first = scene.read(file);
    assert!(
        first.contains("\"token\"") && !first.contains("of-postman"),
        "{first}"
    );
    let chain = scene.repository.git(&["log", "-p", STATE]).expect(0).stdout;
    assert!(!chain.contains("of-postman"));
    let mine = first.replace("\"value\": \"\"", "\"value\": \"mine\"");
    assert_ne!(mine, first);
    scene.repository.commit(&[(file, &mine)], "my own");
    let values = json!([{"key": "host", "value": "b", "type": "default", "enabled": true},
        {"key": "token", "value": "newer", "type": "secret", "enabled": true}]);
    scene.ask(
        "PUT",
        &format!(
            "/environments/{}",
            made["environment"]["uid"].as_str().unwrap()
        ),
        &json!({"environment": {"name": "Test", "values": values}}),
    );
    scene.pull(&["--force"]).expect(0);
    assert_eq!(
        scene.read(file),
        mine.replace("\"value\": \"a\"", "\"value\": \"b\"")
    );
}

#[test]
fn a_run_that_was_killed_before_it_recorded_is_healed_by_the_next() {
    let (scene, uid) = Pulling::with_orders();
    let before = scene.state();
    scene.edit(&uid, |collection| {
        collection["item"][0]["name"] = json!("All")
    });
    scene.pull(&["--to", "commit"]).expect(0);
    let pulled = scene.read(ORDERS);
    // As if it had been killed in between: the commit is there, the record is not.
    scene
        .repository
        .git(&["update-ref", STATE, &before])
        .expect(0);
    let lease = format!("+{before}:{STATE}");
    scene
        .repository
        .git(&["push", "--quiet", "--no-verify", "origin", &lease])
        .expect(0);
    scene
        .pull(&["--to", "commit"])
        .expect(0)
        .says("nothing to pull");
    assert_eq!(scene.read(ORDERS), pulled);
    assert_ne!(scene.state(), before, "it is recorded now");
    scene.edit(&uid, |collection| {
        collection["item"][0]["name"] = json!("Every one")
    });
    scene.pull(&[]).expect(0);
    assert_eq!(
        scene.read(ORDERS),
        pulled.replace("\"All\"", "\"Every one\"")
    );
}

#[test]
fn a_bare_repository_gets_a_commit_and_a_clone_that_is_behind_undoes_nothing() {
    let (scene, uid) = Pulling::with_orders();
    let bare = scene.repository.beside("bare.git");
    let bare_text = bare.to_str().unwrap();
    let work = scene.repository.root().to_str().unwrap();
    scene
        .repository
        .git(&["clone", "--quiet", "--bare", work, bare_text])
        .expect(0);
    let fetch = format!("+{STATE}:{STATE}");
    scene
        .repository
        .git_in(&bare, &["fetch", "--quiet", work, &fetch])
        .expect(0);
    scene
        .repository
        .git_in(&bare, &["remote", "remove", "origin"])
        .expect(0);
    scene.edit(&uid, |collection| {
        collection["item"][0]["name"] = json!("All")
    });
    scene.pull_in(&bare, &[]).expect(2).says("--to commit");
    scene.pull_in(&bare, &["--to", "commit"]).expect(0);
    let changed = ["diff", "--numstat", "main~1", "main"];
    let told = scene.repository.git_in(&bare, &changed).expect(0).stdout;
    assert_eq!(told, format!("1\t1\t{ORDERS}\n"));
    // The record says nothing of it yet for a Git that does not show it.
    scene
        .repository
        .git(&["fetch", "--quiet", bare_text, &fetch])
        .expect(0);
    let run = scene
        .pull(&["--dry-run", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(run["plan"]["steps"][0]["act"], "update");
}

#[test]
fn a_sealed_pull_is_carried_out_exactly_or_not_at_all() {
    let (scene, uid) = Pulling::with_orders();
    let rename = |name: &str| {
        scene.edit(&uid, |collection| {
            collection["item"][0]["name"] = json!(name)
        });
    };
    let seal = || {
        let arguments = ["plan", "pull", "--out", "../plan.json", "--format", "json"];
        scene.run(&arguments).expect(0).json()
    };
    let apply = |code: i32| {
        let arguments = ["apply", "../plan.json", "--format", "json"];
        scene.run(&arguments).expect(code)
    };
    rename("All");
    let dry = scene.pull(&["--dry-run", "--format", "json"]).expect(0);
    let before = scene.recorder.calls();
    let sealed = seal();
    let price = sealed["plan"]["calls"].as_u64().unwrap();
    assert_eq!(
        scene.recorder.calls() - before,
        usize::try_from(price).unwrap()
    );
    assert_eq!(dry.json()["plan"]["id"], sealed["plan"]["id"]);
    assert_eq!(dry.json()["plan"]["calls"], price);
    assert_eq!(sealed["plan"]["towards"], "git");
    assert_eq!(sealed["plan"]["steps"][0]["files"], json!([ORDERS]));
    assert_eq!(scene.numstat(), "", "a plan writes nothing");
    let before = scene.recorder.calls();
    let applied = apply(0).json();
    assert_eq!(
        scene.recorder.calls() - before,
        usize::try_from(price).unwrap()
    );
    assert_eq!(applied["outcome"]["calls"], price);
    assert_eq!(applied["outcome"]["applied"], sealed["plan"]["steps"]);
    assert_eq!(scene.numstat(), format!("1\t1\t{ORDERS}\n"));
    apply(3).says("nothing was written");

    // What has moved on either side makes it void.
    scene.repository.commit(&[], "pulled");
    rename("Every one");
    seal();
    let (here, state) = (scene.read(ORDERS), scene.state());
    rename("Every single one");
    apply(3).says("has changed since the plan was made");
    let sealed = seal();
    assert_eq!(sealed["plan"]["steps"].as_array().unwrap().len(), 1);
    let reformatted = here.replace('\t', "  ");
    scene.repository.commit(&[(ORDERS, &reformatted)], "blanks");
    apply(3).says("has changed since the plan was made");
    assert_eq!(scene.read(ORDERS), reformatted);
    assert_eq!(scene.state(), state);
    seal();
    apply(0);
    assert!(scene.read(ORDERS).contains("Every single one"));
}

#[test]
fn a_plan_of_a_pull_with_a_conflict_says_so_and_needs_no_file() {
    let (scene, uid) = Pulling::with_orders();
    let git = scene.read(ORDERS).replace("\"List\"", "\"Ours\"");
    scene.repository.commit(&[(ORDERS, &git)], "rename");
    scene.edit(&uid, |collection| {
        collection["item"][0]["name"] = json!("Theirs")
    });
    let plan = scene
        .run(&["plan", "pull", "--format", "json"])
        .expect(3)
        .json();
    let conflict = &plan["plan"]["conflicts"][0];
    assert_eq!(conflict["reason"], "both-changed");
    assert_eq!(
        (&conflict["ours"], &conflict["theirs"]),
        (&json!("Ours"), &json!("Theirs"))
    );
    let sealed = [
        "plan",
        "pull",
        "--resolve",
        "theirs",
        "--out",
        "../plan.json",
    ];
    scene.run(&sealed).expect(0).says("merged");
    scene
        .run(&["apply", "../plan.json"])
        .expect(0)
        .says("1 of 1 change done");
    assert!(scene.read(ORDERS).contains("Theirs"));
}

#[test]
fn what_would_stop_a_pull_stops_its_dry_run_and_its_plan() {
    let scene = Pulling::new();
    let config = "[check]\nmax-file-size = 300\n\n[rules]\noversized-file = \"error\"\n";
    scene
        .repository
        .commit(&[("git-postman.toml", config)], "small");
    scene.make_collection(&orders());
    let status = || {
        scene
            .repository
            .git(&["status", "--porcelain"])
            .expect(0)
            .stdout
    };
    for arguments in [&["pull", "--dry-run"][..], &["plan", "pull"], &["pull"]] {
        scene
            .run(arguments)
            .expect(1)
            .says("these errors would come from Postman");
        assert_eq!(status(), "");
    }
    scene
        .pull(&["--dry-run", "--force"])
        .expect(0)
        .says("Orders.json");
    assert_eq!(status(), "");
}

#[test]
fn dates_save_calls_and_see_what_postman_dates() {
    let (scene, uid) = Pulling::with_orders();
    for number in 0..5 {
        let mut other = orders();
        other["info"]["name"] = json!(format!("Other {number}"));
        scene.make_collection(&other);
    }
    let environment = json!({"environment": {"name": "Test", "values": [
        {"key": "a", "value": "1", "type": "default", "enabled": true}]}});
    let path = format!("/environments?workspace={}", scene.workspace);
    let made = scene.ask("POST", &path, &environment);
    scene.pull(&["--to", "commit", "--force"]).expect(0);
    scene.push(0, &[]);
    let calls = |arguments: &[&str]| {
        let before = scene.recorder.calls();
        let mut all = vec!["pull", "--to", "commit", "--format", "json"];
        all.extend(arguments);
        let report = scene.run(&all).expect(0).json();
        let applied = report["outcome"]["applied"].as_array().unwrap().len();
        (scene.recorder.calls() - before, applied)
    };
    assert_eq!(calls(&[]), (8, 0));
    // The workspace, a page of collections, the environments.
    assert_eq!(calls(&["--by-dates"]), (3, 0));
    let status = scene.run(&["status", "--by-dates", "--format", "json"]);
    let status = status.expect(0).json();
    assert_eq!(status["postman"]["by_dates"], 7);
    // A collection's own words move its date, and so does whatever an environment holds.
    scene.edit(&uid, |collection| {
        collection["info"]["description"] = json!("All of them.");
    });
    let uid_of = |value: &Value| value["environment"]["uid"].as_str().unwrap().to_owned();
    let changed = environment.to_string().replace("\"1\"", "\"2\"");
    let changed: Value = serde_json::from_str(&changed).unwrap();
    scene.ask("PUT", &format!("/environments/{}", uid_of(&made)), &changed);
    scene
        .run(&["status", "--by-dates"])
        .expect(1)
        .says("ahead by 2 changes (5 elements by the dates of Postman's lists)");
    assert_eq!(calls(&["--by-dates"]), (5, 2));
    scene.push(0, &[]);
    // What is edited inside of a collection does not: who reads everything finds it.
    scene.edit(&uid, |collection| {
        collection["item"][0]["name"] = json!("Everything");
    });
    assert_eq!(calls(&["--by-dates"]).1, 0);
    assert_eq!(calls(&[]).1, 1);
    assert!(scene.read(ORDERS).contains("\"Everything\""));
}

#[test]
fn two_candidates_are_a_question() {
    let text = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths: {}\n";
    let files = ["a.yaml", "b.yaml"].map(|name| format!("postman/schemas/{name}"));
    let scene = Pulling(Scene::of_api(&[(&files[0], text), (&files[1], text)]));
    let metadata = fs::read_dir(scene.repository.at(".postman")).unwrap();
    let mut names = metadata.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let name = names.find(|name| name.starts_with("api_")).unwrap();
    let own = scene.read(&format!(".postman/{name}"));
    let older = own.replace("1.1.0", "1.0.0");
    scene.repository.commit(
        &[(&format!(".postman/{name}"), &older)],
        "a schema directory",
    );
    scene
        .pull(&[])
        .expect(3)
        .says("postman/schemas/a.yaml, postman/schemas/b.yaml")
        .says("--definition PATH");
    scene
        .pull(&["--definition", "postman/schemas/b.yaml"])
        .expect(0);
    scene.pull(&["--definition", "nowhere.yaml"]).expect(2);
    scene.run(&["push"]).expect(3).says("--definition PATH");
    scene.push(0, &["--definition", "postman/schemas/b.yaml"]);
    // Whoever has answered once is not asked again.
    let again = scene.push(0, &[]);
    assert_eq!(again["plan"]["steps"], json!([]));
    let status = scene.run(&["status", "--format", "json"]).expect(0).json();
    assert_eq!(status["git"]["candidates"], json!([]));
    scene.pull(&[]).expect(0);
}

#[test]
fn what_was_pulled_and_merged_is_pushed_and_then_both_sides_are_equal() {
    let (scene, uid) = Pulling::with_orders();
    // Nothing was changed in Git, so there is nothing to push, whatever Postman's own words are.
    scene.push(0, &[]);
    assert_eq!(scene.in_postman(&uid)["item"][0]["name"], "List");
    let git = scene.read(ORDERS).replace("\"One.\"", "\"Exactly one.\"");
    scene.repository.commit(&[(ORDERS, &git)], "describe");
    scene.edit(&uid, |collection| {
        collection["item"][0]["name"] = json!("All");
    });
    scene.push(3, &[]);
    scene.pull(&["--to", "commit"]).expect(0);
    let outcome = scene.push(0, &[]);
    assert_eq!(
        outcome["outcome"]["applied"][0]["act"], "update",
        "{outcome}"
    );
    let stored = scene.in_postman(&uid);
    assert_eq!(stored["item"][0]["name"], "All");
    assert_eq!(
        stored["item"][1]["item"][0]["request"]["description"],
        "Exactly one."
    );
    let before = scene.recorder.calls();
    scene.push(0, &[]);
    assert!(scene.recorder.calls() - before <= 2);
    scene.pull(&[]).expect(0).says("nothing to pull");
}

#[test]
fn a_pull_is_undone_and_redone_and_what_moved_since_is_left() {
    let (scene, uid) = Pulling::with_orders();
    let first = scene.read(ORDERS);
    scene.edit(&uid, |collection| {
        collection["item"][0]["name"] = json!("All");
    });
    scene.pull(&["--to", "commit"]).expect(0);
    let second = scene.read(ORDERS);
    scene
        .run(&["undo", "--dry-run"])
        .expect(0)
        .says("would be put back");
    assert_eq!(scene.read(ORDERS), second);
    scene.run(&["undo"]).expect(0);
    assert_eq!(scene.read(ORDERS), first);
    scene.repository.commit(&[], "undone");
    scene.run(&["undo"]).expect(0);
    assert_eq!(scene.read(ORDERS), second);
    let other = second.replace("\"One.\"", "\"Two.\"");
    scene.repository.commit(&[(ORDERS, &other)], "on");
    scene.run(&["undo"]).expect(3).says("left alone");
    assert_eq!(scene.read(ORDERS), other);
}

#[test]
fn after_an_undone_push_both_sides_stand_as_before_and_the_next_one_says_so() {
    let (scene, uid) = Pulling::with_orders();
    // Postman trims names: what it has is never what the file says.
    let named = |name: &str| {
        let git = scene.read(ORDERS);
        let first = git.find("\"name\": \"").unwrap();
        let at = git[first..].find("\"item\"").map_or(0, |at| first + at);
        let from = git[at..].find("\"name\": \"").unwrap() + at + 9;
        let to = git[from..].find('"').unwrap() + from;
        let text = format!("{}{name}{}", &git[..from], &git[to..]);
        scene.repository.commit(&[(ORDERS, &text)], name);
    };
    named(" First ");
    scene.push(0, &[]);
    scene.run(&["status"]).expect(0);
    named(" Second ");
    scene.push(0, &[]);
    scene.run(&["undo"]).expect(0).says("git revert");
    assert_eq!(scene.in_postman(&uid)["item"][0]["name"], "First");
    let status = scene.run(&["status", "--format", "json"]).expect(1).json();
    assert_eq!(status["git"]["ahead"].as_array().unwrap().len(), 1);
    assert_eq!(status["postman"]["ahead"], json!([]));
    scene
        .run(&["push", "--dry-run"])
        .expect(0)
        .says("changed in Git; undone before");
    // Taken out of Git too, nothing is left to do; brought back, it goes over like any change.
    let revert = ["revert", "--no-edit", "HEAD"];
    scene.repository.git(&revert).expect(0);
    scene.run(&["status"]).expect(0);
    let calls = scene.recorder.calls();
    let report = scene.push(0, &[]);
    assert_eq!(report["plan"]["steps"], json!([]), "{report:#}");
    assert!(scene.recorder.calls() - calls <= 2);
    scene.repository.git(&revert).expect(0);
    scene.push(0, &[]);
    assert_eq!(scene.in_postman(&uid)["item"][0]["name"], "Second");
}

#[test]
fn what_an_undone_pull_had_brought_counts_as_seen_by_nobody() {
    for settles in [false, true] {
        let (scene, uid) = Pulling::with_orders();
        scene.edit(&uid, |collection| {
            collection["item"][0]["name"] = json!("All");
        });
        scene.pull(&["--to", "commit"]).expect(0);
        if settles {
            // A push has nothing to do here, and records what was pulled.
            scene.push(0, &[]);
        }
        scene
            .run(&["undo"])
            .expect(0)
            .says("the next pull brings it again");
        let git = scene.read(ORDERS).replace("\"One.\"", "\"Exactly one.\"");
        scene
            .repository
            .commit(&[(ORDERS, &git)], "undone, and described");
        // Whoever edits on carries no older name over a newer one.
        scene.push(3, &[]);
        assert_eq!(scene.in_postman(&uid)["item"][0]["name"], "All");
        scene.pull(&["--to", "commit"]).expect(0);
        let merged = scene.read(ORDERS);
        assert!(
            merged.contains("\"All\"") && merged.contains("Exactly one."),
            "{merged}"
        );
        scene.push(0, &[]);
        assert_eq!(scene.in_postman(&uid)["item"][0]["name"], "All");
        scene.run(&["status"]).expect(0);
    }
}

#[test]
fn a_push_is_undone_in_postman() {
    let (scene, uid) = Pulling::with_orders();
    scene.push(0, &[]);
    let git = scene.read(ORDERS).replace("\"One.\"", "\"Two.\"");
    scene.repository.commit(&[(ORDERS, &git)], "change");
    scene.push(0, &[]);
    let description = || {
        let read = scene.in_postman(&uid);
        read["item"][1]["item"][0]["request"]["description"].clone()
    };
    assert_eq!(description(), "Two.");
    scene.run(&["undo"]).expect(0).says("put back in Postman");
    assert_eq!(description(), "One.");
    assert_eq!(scene.read(ORDERS), git);
    // Git is the newer side again, so nothing comes from there, and the next push carries it.
    scene.pull(&[]).expect(0).says("nothing to pull");
    scene.run(&["undo"]).expect(0);
    assert_eq!(description(), "Two.");
    scene.edit(&uid, |collection| {
        collection["item"][0]["name"] = json!("All");
    });
    scene.run(&["undo"]).expect(3).says("left alone");
    assert_eq!(description(), "Two.");
}
