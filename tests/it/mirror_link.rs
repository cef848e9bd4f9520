//! `connect`, `disconnect` and `status`: the program, git and a sandbox over loopback.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use git_postman::git::repository::Repository as GitRepository;
use git_postman::mirror::element::{ElementContent, ElementKey, ElementKind, RemoteId};
use git_postman::mirror::remote_content::digest_of;
use git_postman::mirror::state::{LastSync, MirrorState, Record, Version};
use git_postman::mirror::store::{Draft, StateStore, Swap};
use git_postman::mirror::store_git::GitStore;
use git_postman::model::digest::Digest;
use git_postman::model::path::RepoPath;
use git_postman::sandbox::options::{Options, Settings};
use git_postman::sandbox::running::{Running, Sandbox};
use serde_json::{Value, json};

use crate::support::http::send;
use crate::support::{Repository, Run};

const HERE: &str = "git@github.com:acme/orders.git";
const STATE: &str = "refs/postman/state";
const NOBODY: &str = "11111111-2222-4333-8444-555555555555";
const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

const DEFINITION: &str = "openapi: 3.0.3\ninfo:\n  title: Orders\n  version: '1'\npaths:\n  /orders:\n    get:\n      summary: List\n      responses:\n        '200':\n          description: fine\n";

/// A repository with a remote that it knows under an address on a host, and a Postman.
struct Scene {
    repository: Repository,
    postman: Running,
    workspace: String,
}

impl Scene {
    fn new() -> Self {
        Self::with(&[("README.md", "orders\n")])
    }

    fn with(files: &[(&str, &str)]) -> Self {
        let repository = Repository::with(files);
        let settings = Settings {
            rate_limit: 0,
            strict_limit: 0,
            ..Settings::default()
        };
        let postman = Sandbox::start(Options {
            settings,
            ..Options::default()
        })
        .unwrap();
        let mut scene = Self {
            repository,
            postman,
            workspace: String::new(),
        };
        let all = scene.ask("GET", "/workspaces", &Value::Null);
        scene.workspace = all["workspaces"][0]["id"].as_str().unwrap().to_owned();
        scene.hosts();
        scene.remote(HERE);
        scene
    }

    /// What git takes for the host is a directory here.
    fn hosts(&self) {
        let remotes = self.repository.beside("remotes");
        for name in ["acme/orders", "acme/shop", "fork/orders"] {
            let path = remotes.join(format!("{name}.git"));
            fs::create_dir_all(&path).unwrap();
            let git = |arguments: &[&str]| self.repository.git_in(&path, arguments).expect(0);
            git(&["init", "--quiet", "--bare"]);
        }
        let config = self.repository.beside("home/.gitconfig");
        let mut text = fs::read_to_string(&config).unwrap();
        text.push_str(&format!(
            "[url \"{}/\"]\n\tinsteadOf = git@github.com:\n",
            remotes.display()
        ));
        fs::write(&config, text).unwrap();
    }

    fn remote(&self, address: &str) {
        self.repository.git(&["remote", "remove", "origin"]);
        let add = ["remote", "add", "origin", address];
        self.repository.git(&add).expect(0);
        self.repository
            .git(&["push", "--quiet", "origin", "main"])
            .expect(0);
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut headers = vec![("X-API-Key", self.postman.key.as_str())];
        if path.starts_with("/apis") {
            headers.push(("Accept", "application/vnd.api.v10+json"));
        }
        let body = (!body.is_null()).then(|| body.to_string());
        if body.is_some() {
            headers.push(("Content-Type", "application/json"));
        }
        let body = body.as_ref().map(String::as_bytes);
        let reply = send(&self.postman.url, method, path, &headers, body).unwrap();
        assert!(reply.status < 300, "{method} {path}: {}", reply.json());
        reply.json()
    }

    fn api(&self, name: &str) -> String {
        let path = format!("/apis?workspaceId={}", self.workspace);
        let made = self.ask("POST", &path, &json!({ "name": name }));
        made["id"].as_str().unwrap().to_owned()
    }

    /// Postman itself connects an API to a repository.
    fn connect_in_postman(&self, api: &str, organization: &str, repository: &str) {
        let path = format!("/sandbox/apis/{api}/git");
        let link = json!({"organization": organization, "repository": repository,
            "schemaFolder": "specs", "collectionFolder": "collections"});
        self.ask("PUT", &path, &link);
    }

    fn run_in(&self, directory: &Path, arguments: &[&str]) -> Run {
        let variables = [
            ("POSTMAN_API_KEY", self.postman.key.as_str()),
            ("POSTMAN_API_URL", self.postman.url.as_str()),
        ];
        self.repository.run_handed(directory, &variables, arguments)
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.run_in(self.repository.root(), arguments)
    }

    fn connect(&self, api: &str) -> Run {
        self.run(&["connect", "--workspace", &self.workspace, "--api", api])
    }

    fn file(&self, path: &str) -> String {
        fs::read_to_string(self.repository.at(path)).unwrap_or_default()
    }

    /// Everything in the worktree, and what the remote has of the record.
    fn everything(&self) -> (String, String) {
        let git = |arguments: &[&str]| self.repository.git(arguments).stdout;
        let status = git(&["status", "--porcelain=v1", "--untracked-files=all"]);
        (
            status + &git(&["diff"]),
            git(&["ls-remote", "origin", "refs/*"]),
        )
    }

    fn forget_the_record(&self) {
        let git = |arguments: &[&str]| self.repository.git(arguments).expect(0);
        git(&["push", "--quiet", "origin", &format!(":{STATE}")]);
        git(&["update-ref", "-d", STATE]);
    }
}

fn collection(name: &str, url: &str) -> String {
    let request = json!({"name": "List", "request": {"method": "GET", "url": url}});
    json!({"info": {"name": name, "schema": SCHEMA}, "item": [request]}).to_string()
}

#[test]
fn a_new_api_is_connected_once_and_a_second_time_changes_nothing() {
    let scene = Scene::new();
    let create = [
        "connect",
        "--workspace",
        &scene.workspace,
        "--create",
        "Orders",
    ];
    let dry: Vec<&str> = create.into_iter().chain(["--dry-run"]).collect();
    scene
        .run(&dry)
        .expect(0)
        .says("would create the API `Orders`")
        .says("would write .postman/api_<id>");
    assert!(!scene.repository.at(".postman").exists());
    scene
        .run(&create)
        .expect(0)
        .says("connected this repository and the API `Orders`")
        .says("active branch         main")
        .says("wrote .postman/api\n")
        .says("wrote postman/schemas/.gitkeep")
        .says("wrote postman/collections/.gitkeep")
        .says("recorded on refs/postman/state");
    let apis = scene.ask(
        "GET",
        &format!("/apis?workspaceId={}", scene.workspace),
        &Value::Null,
    );
    let api = apis["apis"][0]["id"].as_str().unwrap().to_owned();
    assert!(scene.file(".postman/api").contains(&api));
    let own = scene.file(&format!(".postman/api_{api}"));
    assert!(own.contains("rootDirectory = postman/schemas"), "{own}");
    scene.repository.check(&[]).expect(0);

    let before = scene.everything();
    assert!(before.1.contains(STATE), "{}", before.1);
    for again in [vec!["connect"], vec!["connect", "--api", &api]] {
        scene
            .run(&again)
            .expect(0)
            .says("already connected, and nothing changed");
    }
    // The API of that name is there, and no second one is made.
    scene.run(&create).expect(2).says(&format!("--api {api}"));
    assert_eq!(scene.everything(), before);
    // Another key is no other link.
    let key = scene.ask("POST", "/sandbox/keys", &json!({ "role": "editor" }));
    let variables = [
        ("POSTMAN_API_KEY", key["key"].as_str().unwrap()),
        ("POSTMAN_API_URL", scene.postman.url.as_str()),
    ];
    let run = scene
        .repository
        .run_handed(scene.repository.root(), &variables, &["connect"]);
    run.expect(0).says("already connected");
}

#[test]
fn a_link_that_lacks_its_record_is_taken_over_by_name_only() {
    let scene = Scene::new();
    let api = scene.api("Orders");
    scene.connect(&api).expect(0);
    scene.repository.commit(&[], "connect");
    scene.forget_the_record();
    for command in ["connect", "status"] {
        scene
            .run(&[command])
            .expect(2)
            .says("there is no record that it is connected to this repository")
            .says(&format!("git postman connect --api {api}"));
    }
    // The workspace is looked for.
    scene
        .run(&["connect", "--api", &api])
        .expect(0)
        .says("recorded on")
        .never_says("wrote");
    assert_eq!(scene.repository.git(&["status", "--porcelain"]).stdout, "");
    scene.run(&["status"]).expect(0).says("never");
}

#[test]
fn every_end_that_is_linked_elsewhere_is_refused_and_nothing_is_written() {
    let scene = Scene::new();
    let (api, other) = (scene.api("Orders"), scene.api("Shop"));
    scene.connect_in_postman(&other, "acme", "shop");
    let untouched = scene.everything();
    scene
        .connect(&other)
        .expect(3)
        .says("Postman has connected the API `Shop` to the repository acme/shop, and this is github.com/acme/orders")
        .says("--create NAME");
    assert_eq!(scene.everything(), untouched);

    scene.connect(&api).expect(0);
    scene.repository.commit(&[], "connect");
    let linked = scene.everything();
    scene.ask(
        "DELETE",
        &format!("/sandbox/apis/{other}/git"),
        &Value::Null,
    );
    scene
        .connect(&other)
        .expect(3)
        .says(&format!("the mirror's record says the API {api}"))
        .says("git postman disconnect");
    let workspace = ["connect", "--workspace", &scene.workspace];
    scene
        .run(&workspace)
        .expect(3)
        .says("connected to another one");
    // A second folder, where one API is the rule.
    let mut folder = vec![
        "connect",
        "--folder",
        "services/shop",
        "--workspace",
        &scene.workspace,
    ];
    folder.extend(["--api", &other]);
    scene
        .run(&folder)
        .expect(2)
        .says("the policy `strict` allows one")
        .says("several-apis-in-repository");
    assert_eq!(scene.everything(), linked);
    // The record is gone, and the files speak of another one still.
    scene.forget_the_record();
    scene
        .connect(&other)
        .expect(3)
        .says(&format!("`.postman/` says the API {api}"));
}

#[test]
fn directories_that_cannot_be_are_refused_by_the_rules() {
    let scene = Scene::new();
    let api = scene.api("Orders");
    let untouched = scene.everything();
    for (schemas, collections, words) in [
        ("api", "api/collections", "nested-directories"),
        ("api", "api", "nested-directories"),
        ("../out", "c", "--schema-directory ../out"),
        (".postman/x", "c", "belongs to git or to Postman"),
        ("/", "c", "--schema-directory"),
    ] {
        let connect = [
            "connect",
            "--workspace",
            &scene.workspace,
            "--api",
            &api,
            "--schema-directory",
            schemas,
            "--collection-directory",
            collections,
        ];
        scene.run(&connect).expect(2).says(words);
    }
    let native = [
        "connect",
        "--workspace",
        &scene.workspace,
        "--schema-directory",
        "x",
    ];
    scene.run(&native).expect(2).says("directories of its own");
    assert_eq!(scene.everything(), untouched);
    // A file that is there is never written over.
    scene.repository.write("postman", "mine");
    scene.connect(&api).expect(2).says("postman");
    assert_eq!(scene.file("postman"), "mine");
}

#[test]
fn an_api_that_postman_has_connected_here_is_adopted_with_its_directories() {
    let scene = Scene::new();
    let api = scene.api("Orders");
    scene.connect_in_postman(&api, "Acme", "orders");
    let mut wrong = vec![
        "connect",
        "--api",
        &api,
        "--collection-directory",
        "elsewhere",
    ];
    scene
        .run(&wrong)
        .expect(3)
        .says("the collection directory is elsewhere here and collections in Postman");
    wrong.truncate(3);
    scene
        .run(&wrong)
        .expect(0)
        .says("schema directory      specs")
        .says("collection directory  collections")
        .says("Postman reads the active branch");
    scene.repository.commit(&[], "connect");
    let status = scene.run(&["status", "--format", "json"]).expect(0).json();
    assert_eq!(status["link"]["kind"], "git-linked");
    // Postman connects it to another one since.
    scene.connect_in_postman(&api, "acme", "shop");
    for command in ["status", "connect"] {
        scene
            .run(&[command])
            .expect(3)
            .says("acme/shop")
            .says("disconnect");
    }
    scene
        .run(&["status"])
        .expect(3)
        .says("the ends of the link do not agree: `.postman/` says")
        .says("the mirror's record says")
        .says("Postman says");
    // And then to none: what was read by Postman is written by the mirror from now on.
    scene.ask("DELETE", &format!("/sandbox/apis/{api}/git"), &Value::Null);
    scene
        .run(&["status"])
        .expect(3)
        .says("connected to no repository");
    scene
        .run(&["connect"])
        .expect(0)
        .says("recorded on")
        .never_says("wrote");
    let status = scene.run(&["status", "--format", "json"]).expect(0).json();
    assert_eq!(status["link"]["kind"], "api-builder");
}

#[test]
fn a_fork_is_noticed_and_a_rename_is_lived_with() {
    let scene = Scene::with(&[(
        "git-postman.toml",
        "[mirror]\nstate-ref = \"git-postman-state\"\n",
    )]);
    let api = scene.api("Orders");
    scene
        .connect(&api)
        .expect(0)
        .says("refs/heads/git-postman-state");
    scene.repository.commit(&[], "connect");
    // A fork copies every branch.
    let git = |arguments: &[&str]| scene.repository.git(arguments).expect(0);
    git(&["push", "--quiet", "git@github.com:fork/orders.git", "main"]);
    git(&["fetch", "--quiet", "origin"]);
    let branch = "refs/remotes/origin/git-postman-state:refs/heads/git-postman-state";
    git(&["push", "--quiet", "git@github.com:fork/orders.git", branch]);
    scene.remote("git@github.com:fork/orders.git");
    for arguments in [
        vec!["status"],
        vec!["connect"],
        vec!["connect", "--api", &api],
    ] {
        scene
            .run(&arguments)
            .expect(3)
            .says("is connected to the repository `github.com/acme/orders`, and this is `github.com/fork/orders`")
            .says("--moved");
    }
    scene
        .run(&["connect", "--moved"])
        .expect(0)
        .says("recorded on");
    scene.run(&["status"]).expect(0);

    // What lies on a reference of its own has come along with the repository.
    let scene = Scene::new();
    let api = scene.api("Orders");
    scene.connect(&api).expect(0);
    scene.repository.commit(&[], "connect");
    let renamed = "git@github.com:acme/shop.git";
    scene.remote(renamed);
    scene
        .repository
        .git(&["push", "--quiet", renamed, STATE])
        .expect(0);
    scene
        .run(&["status"])
        .expect(0)
        .says("the record still has the address github.com/acme/orders");
    scene.run(&["connect"]).expect(0).says("recorded on");
    scene
        .run(&["status"])
        .expect(0)
        .never_says("still has the address");

    // A copy that began anew has the files and nothing else.
    let copy = Scene::new();
    for path in [".postman/api".to_owned(), format!(".postman/api_{api}")] {
        copy.repository.write(&path, scene.file(&path));
    }
    copy.repository.commit(&[], "copied");
    copy.run(&["status"])
        .expect(2)
        .says("a fork or a copy carries the files of its origin");
}

#[test]
fn disconnecting_takes_the_name_and_leaves_everything_else() {
    let scene = Scene::new();
    let api = scene.api("Orders");
    scene.connect(&api).expect(0);
    scene.repository.write(
        "postman/collections/A.json",
        collection("A", "https://a.example"),
    );
    scene.repository.commit(&[], "connect");
    let before = scene.everything();
    scene
        .run(&["disconnect"])
        .expect(2)
        .says("--confirm: Orders");
    scene
        .run(&["disconnect", "--confirm", "orders"])
        .expect(2)
        .says("`orders` is not the name of the API: nothing was done");
    scene
        .run(&["disconnect", "--dry-run"])
        .expect(0)
        .says("would change .postman/api");
    assert_eq!(scene.everything(), before);

    let run = scene.run(&["disconnect", "--confirm", "Orders"]).expect(0);
    run.says("removed .postman/api\n")
        .says("ended the record on refs/postman/state")
        .says("left in the repository: 0 definitions, 1 collection, 0 environments")
        .says("left in Postman: everything");
    assert!(scene.repository.at("postman/collections/A.json").exists());
    assert!(!scene.repository.at(".postman/api").exists());
    scene.ask("GET", &format!("/apis/{api}"), &Value::Null);
    let chain = scene.repository.git(&["log", "--format=%s", STATE]).stdout;
    assert_eq!(chain.lines().count(), 2, "{chain}");
    scene
        .run(&["status"])
        .expect(2)
        .says("not connected to anything");
    scene
        .run(&["disconnect", "--confirm", "Orders"])
        .expect(2)
        .says("not connected");
    scene.repository.commit(&[], "disconnect");
    // The same two ends again, and the chain goes on.
    scene.connect(&api).expect(0);
    let chain = scene.repository.git(&["log", "--format=%s", STATE]).stdout;
    assert_eq!(chain.lines().count(), 3, "{chain}");
    scene.repository.commit(&[], "connect again");
    // An API that is gone holds nobody.
    scene.ask("DELETE", &format!("/apis/{api}"), &Value::Null);
    scene
        .run(&["disconnect", "--confirm", "Orders"])
        .expect(0)
        .says("could not be asked");
}

#[test]
fn scripts_read_what_was_connected_and_disconnected() {
    let scene = Scene::new();
    let json = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.extend(["--format", "json"]);
        let told = scene.run(&all).expect(0).json();
        assert_eq!(told["format_version"], 1);
        assert_eq!(
            (&told["command"], &told["exit_code"]),
            (&json!(arguments[0]), &json!(0))
        );
        told
    };
    let create = [
        "connect",
        "--workspace",
        &scene.workspace,
        "--create",
        "Orders",
    ];
    let before = scene.everything();
    let would = json(&[&create[..], &["--dry-run"]].concat());
    assert_eq!(
        (&would["dry_run"], &would["link"]["api"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(would["files"][1]["path"], ".postman/api_<id>");
    assert_eq!(scene.everything(), before);
    let made = json(&create);
    let api = made["link"]["api"].as_str().unwrap();
    assert_eq!(made["link"]["kind"], "api-builder");
    assert_eq!(made["link"]["name"], "Orders");
    assert_eq!(made["link"]["schema_directory"], "postman/schemas");
    assert_eq!(
        made["files"][1],
        json!({"path": format!(".postman/api_{api}"), "act": "write"})
    );
    let tip = scene.repository.id(STATE);
    assert_eq!(made["recorded"], tip);
    scene.repository.commit(&[], "connect");
    let again = json(&["connect"]);
    assert_eq!(
        (&again["changed"], &again["files"]),
        (&json!(false), &json!([]))
    );
    assert_eq!(
        again["link"],
        scene.run(&["status", "--format", "json"]).expect(0).json()["link"]
    );

    let would = json(&["disconnect", "--dry-run"]);
    assert_eq!(
        (&would["dry_run"], &would["recorded"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(scene.repository.id(STATE), tip);
    let gone = json(&["disconnect", "--confirm", "Orders"]);
    assert_eq!(gone["link"]["id"], api);
    assert_eq!(gone["left"]["collections"], 0);
    let acts = gone["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| &file["act"]);
    assert!(acts.into_iter().all(|act| act == "remove"), "{gone:#}");
    assert_eq!(gone["recorded"], scene.repository.id(STATE));
}

#[expect(
    clippy::disallowed_methods,
    reason = "a claim counts by the time of the program that looks at it"
)]
fn seconds_now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// Records what both sides have now as what they agreed on.
fn agree(scene: &Scene, remote_id: &str, text: &str, in_postman: &str) {
    let repository = GitRepository::discover(scene.repository.root()).unwrap();
    // The program shares the record through a remote; here it goes through the directory that stands for it.
    let remote = scene.repository.beside("remotes/acme/orders.git");
    let remote = remote.to_str().unwrap();
    let store = GitStore::new(&repository, Some(remote), STATE);
    let stored = store.load().unwrap().unwrap();
    let name = RepoPath::parse("A.json").unwrap();
    let content = |text: &str| {
        let digest = digest_of("A.json", text.as_bytes()).unwrap();
        ElementContent::of_one(name.clone(), text.as_bytes().to_vec(), digest)
    };
    let mut blobs = BTreeMap::<Digest, Vec<u8>>::new();
    let record = Record {
        name: "A".to_owned(),
        remote_id: RemoteId::parse(remote_id),
        git: Version::of(&content(text), &mut blobs),
        postman: Version::of(&content(in_postman), &mut blobs),
        ids: BTreeMap::new(),
    };
    let key = ElementKey {
        kind: ElementKind::Collection,
        path: RepoPath::parse("postman/collections/A.json").unwrap(),
    };
    let sync = LastSync {
        run: "run-7".to_owned(),
        towards_postman: true,
        replaced: BTreeMap::new(),
    };
    let state = MirrorState {
        records: BTreeMap::from([(key, record)]),
        last_sync: Some(sync),
        ..stored.state
    };
    let draft = Draft {
        state: &state,
        blobs: &blobs,
        message: "Push",
        now: 1_700_000_000,
    };
    assert!(matches!(
        store.swap(Some(&stored.commit), &draft).unwrap(),
        Swap::Done(_)
    ));
    // Claimed by somebody who is at work right now.
    let stored = store.load().unwrap().unwrap();
    let now = seconds_now();
    let claimed = stored
        .state
        .claimed("run-8", now, 600, BTreeMap::new())
        .unwrap();
    let draft = Draft {
        state: &claimed,
        blobs: &blobs,
        message: "Claim",
        now: 1_700_000_100,
    };
    store.swap(Some(&stored.commit), &draft).unwrap();
}

#[test]
fn status_says_how_far_each_side_is_ahead_and_who_is_at_work() {
    let scene = Scene::new();
    let api = scene.api("Orders");
    scene.connect(&api).expect(0);
    let text = collection("A", "https://a.example");
    scene.repository.write("postman/collections/A.json", &text);
    scene.repository.commit(&[], "connect");
    scene
        .run(&["status"])
        .expect(1)
        .says("git is                ahead by 1 change");
    let create = json!({"operationType": "CREATE_NEW",
        "data": serde_json::from_str::<Value>(&text).unwrap()});
    let made = scene.ask("POST", &format!("/apis/{api}/collections"), &create);
    let uid = made["id"].as_str().unwrap().to_owned();
    let path = format!("/apis/{api}/collections/{uid}");
    let stored = scene.ask("GET", &path, &Value::Null).to_string();
    agree(&scene, &uid, &text, &stored);

    let run = scene.run(&["status"]).expect(0);
    run.says("git is                where both last agreed")
        .says("postman is            where both last agreed")
        .says("to Postman, by the run run-7")
        .says("the run run-8, for at most")
        .says("calls are left this month");
    let status = scene.run(&["status", "--format", "json"]).expect(0).json();
    assert_eq!(status["last_sync"]["at"], 1_700_000_000);
    let chain = scene
        .repository
        .git(&["rev-parse", &format!("{STATE}~1")])
        .stdout;
    assert_eq!(status["last_sync"]["commit"], chain.trim());
    assert_eq!(status["claim"]["run"], "run-8");
    assert!(status["quota"]["left"].as_u64().unwrap() > 0);
    // Whoever is at work is not disturbed.
    scene
        .run(&["disconnect", "--confirm", "Orders"])
        .expect(5)
        .says("`run-8`");

    let edited = stored.replace("https://a.example", "https://b.example");
    let body = json!({ "collection": serde_json::from_str::<Value>(&edited).unwrap() });
    scene.ask("PUT", &format!("/collections/{uid}"), &body);
    let run = scene.run(&["status"]).expect(1);
    run.says("postman is            ahead by 1 change")
        .says("changed  collection   postman/collections/A.json")
        .says("git is                where both last agreed");
    scene
        .repository
        .git(&["rm", "--quiet", "postman/collections/A.json"])
        .expect(0);
    let new = collection("B", "https://b.example");
    scene
        .repository
        .commit(&[("postman/collections/B.json", &new)], "edit");
    let status = scene.run(&["status", "--format", "json"]).expect(1).json();
    let changes = status["git"]["ahead"].as_array().unwrap();
    let changes: Vec<&str> = changes
        .iter()
        .map(|one| one["change"].as_str().unwrap())
        .collect();
    assert_eq!(changes, ["new", "gone"]);
    // Without the network, and without a key, Git's half is there.
    let alone = scene.repository.run(&["--offline", "status"]).expect(1);
    alone
        .says("was not asked: --offline")
        .says("ahead by 2 changes");
    scene
        .repository
        .run(&["status"])
        .expect(1)
        .says("there is no key in POSTMAN_API_KEY");
    scene.run(&["status", "--format", "sarif"]).expect(2);
}

#[test]
fn what_was_pushed_is_in_step_and_an_edit_in_postman_is_seen() {
    let scene = Scene::new();
    let api = scene.api("Orders");
    scene.connect(&api).expect(0);
    let text = collection("A", "https://a.example");
    scene
        .repository
        .write("postman/schemas/index.yaml", DEFINITION);
    scene
        .repository
        .commit(&[("postman/collections/A.json", &text)], "connect");
    let apart = scene.run(&["status"]).expect(1);
    apart
        .says("ahead by 2 changes")
        .says("postman/schemas/index.yaml");
    scene.run(&["push"]).expect(0);
    let status = scene.run(&["status", "--format", "json"]).expect(0).json();
    assert_eq!(status["last_sync"]["towards"], "postman");
    assert_eq!(status["postman"]["ahead"], json!([]));
    let schema = scene.ask("GET", &format!("/apis/{api}?include=schemas"), &Value::Null);
    let schema = schema["schemas"][0]["id"].as_str().unwrap();
    let path = format!("/apis/{api}/schemas/{schema}/files/index.yaml");
    let edited = DEFINITION.replace("List", "All");
    scene.ask("PUT", &path, &json!({ "content": edited }));
    let status = scene.run(&["status"]).expect(1);
    status.says("changed  definition   postman/schemas/index.yaml");
    scene
        .run(&["disconnect", "--confirm", "Orders"])
        .expect(0)
        .says("left in the record");
}

#[test]
fn what_postman_refuses_is_said_and_nothing_is_written() {
    let scene = Scene::new();
    let api = scene.api("Orders");
    let untouched = scene.everything();
    let connect = ["connect", "--workspace", &scene.workspace, "--api", &api];
    let with_key = |key: &str, arguments: &[&str]| {
        let url = ("POSTMAN_API_URL", scene.postman.url.as_str());
        let variables = [("POSTMAN_API_KEY", key), url];
        let root = scene.repository.root();
        match key {
            "" => scene.repository.run_handed(root, &[url], arguments),
            _ => scene.repository.run_handed(root, &variables, arguments),
        }
    };
    with_key("", &connect)
        .expect(2)
        .says("there is no Postman API key")
        .says("POSTMAN_API_KEY");
    with_key("PMAK-wrong", &connect)
        .expect(4)
        .says("Postman refused the API key")
        .never_says("PMAK-wrong");
    with_key(&scene.postman.viewer_key, &connect)
        .expect(4)
        .says("Postman does not allow");
    scene
        .run(&["connect", "--workspace", NOBODY, "--api", &api])
        .expect(4)
        .says("does not find");
    scene.connect(NOBODY).expect(4).says("does not find");
    scene
        .run(&["connect", "--workspace", &scene.workspace, "--spec", NOBODY])
        .expect(4);
    scene
        .run(&["connect", "--workspace", "a/b"])
        .expect(2)
        .says("no id of Postman's");
    scene
        .run(&["connect"])
        .expect(2)
        .says("--workspace ID")
        .says("--create NAME");
    scene
        .run(&["--offline", "connect", "--api", &api])
        .expect(4)
        .says("offline");
    scene
        .run(&["connect", "--create", "X"])
        .expect(2)
        .says("--workspace");
    let seed = json!({"workspaces": [{"name": "Second", "apis": [{"name": "Far"}]}]});
    scene.ask("POST", "/sandbox/seed", &seed);
    let all = scene.ask("GET", "/workspaces", &Value::Null);
    let all = all["workspaces"].as_array().unwrap();
    let second = all.iter().find(|one| one["name"] == "Second").unwrap()["id"]
        .as_str()
        .unwrap();
    scene
        .run(&["connect", "--workspace", second, "--api", &api])
        .expect(2)
        .says("is not in the workspace `Second`");
    scene.ask("POST", "/sandbox/settings", &json!({ "quota": 1 }));
    scene.run(&connect).expect(4).says("monthly quota");
    assert_eq!(scene.everything(), untouched);
}

#[test]
fn a_workspace_is_connected_and_disconnected_in_either_dialect() {
    let scene = Scene::new();
    let connect = ["connect", "--workspace", &scene.workspace];
    scene
        .run(&connect)
        .expect(0)
        .says("wrote .postman/resources.yaml")
        .says("postman/specs");
    scene.repository.commit(&[], "connect");
    scene.run(&connect).expect(0).says("already connected");
    let status = scene.run(&["status", "--format", "json"]).expect(0).json();
    assert_eq!(status["link"]["kind"], "spec-hub");
    let all = scene.ask("GET", "/workspaces", &Value::Null);
    let name = all["workspaces"][0]["name"].as_str().unwrap().to_owned();
    scene
        .run(&["disconnect", "--confirm", &name])
        .expect(0)
        .says("removed .postman/resources.yaml");

    scene.repository.commit(&[], "disconnect");

    // Postman wrote the file; only the record is missing, and every other byte of it stays.
    for key in ["cloudResources", "canonical"] {
        let mapped =
            format!("{key}:\n  collections:\n    ../postman/collections/A.json: 1-{NOBODY}\n");
        let rest = format!("{mapped}localResources:\n  specs:\n    - ../openapi.yaml\n");
        let text = format!("# ours\nworkspace:\n  id: \"{}\"\n{rest}", scene.workspace);
        scene
            .repository
            .commit(&[(".postman/resources.yaml", &text)], "by Postman");
        scene
            .run(&connect)
            .expect(0)
            .says("recorded on")
            .never_says("resources.yaml");
        assert_eq!(scene.file(".postman/resources.yaml"), text);
        scene
            .run(&["disconnect", "--confirm", &name])
            .expect(0)
            .says("changed .postman/resources.yaml");
        assert!(scene.file(".postman/resources.yaml").contains("# ours"));
        scene.repository.commit(&[], "disconnect");
    }
    let spec = scene.ask(
        "POST",
        &format!("/specs?workspaceId={}", scene.workspace),
        &json!({"name": "Pets", "type": "OPENAPI:3.0", "files": [{"path": "index.yaml",
            "content": "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths: {}\n"}]}),
    );
    let spec = spec["id"].as_str().unwrap();
    scene
        .run(&["connect", "--spec", spec])
        .expect(0)
        .says("the specification `Pets`");
    scene.repository.commit(&[], "connect");
    scene.run(&["disconnect", "--confirm", "Pets"]).expect(0);
}

#[test]
fn repositories_of_every_kind_say_what_they_lack() {
    // A detached HEAD has no branch to go by.
    let scene = Scene::new();
    let api = scene.api("Orders");
    scene
        .repository
        .git(&["checkout", "--quiet", "--detach"])
        .expect(0);
    scene
        .connect(&api)
        .expect(2)
        .says("no branch is checked out")
        .says("--branch NAME");
    let mut connect = vec![
        "connect",
        "--workspace",
        &scene.workspace,
        "--api",
        &api,
        "--branch",
        "nope",
    ];
    scene
        .run(&connect)
        .expect(2)
        .says("there is no branch `nope`");
    connect.pop();
    connect.push("main");
    scene
        .run(&connect)
        .expect(0)
        .says("active branch         main");
    scene
        .run(&["status"])
        .expect(0)
        .says("no branch is checked out");
    // What the configuration says goes first.
    scene
        .repository
        .write("git-postman.toml", "[mapping]\nactive-branch = \"live\"\n");
    scene
        .run(&connect)
        .expect(2)
        .says("git-postman.toml says that the active branch is `live`");

    // No remote: the record stays here.
    let scene = Scene::new();
    let api = scene.api("Orders");
    scene
        .repository
        .git(&["remote", "remove", "origin"])
        .expect(0);
    scene
        .connect(&api)
        .expect(0)
        .says("the repository has no remote");
    scene.run(&["status"]).expect(0);
    scene.connect_in_postman(&api, "acme", "orders");
    scene
        .run(&["connect"])
        .expect(3)
        .says("this is a repository without an address");

    // A bare repository has a status and no files to write.
    let bare = scene.repository.beside("remotes/acme/orders.git");
    let connect = ["connect", "--workspace", &scene.workspace, "--api", &api];
    scene
        .run_in(&bare, &connect)
        .expect(2)
        .says("the repository is bare");
    scene
        .run_in(&bare, &["disconnect"])
        .expect(2)
        .says("the repository is bare");
    scene
        .run_in(&bare, &["status"])
        .expect(2)
        .says("not connected");

    // Nothing to know it by.
    let empty = Repository::empty();
    let variables = [("POSTMAN_API_KEY", "PMAK-x")];
    let run = empty.run_handed(empty.root(), &variables, &["connect", "--api", &api]);
    run.expect(2).says("it has no commit and no remote");
    let none = Repository::none();
    none.run_handed(none.root(), &variables, &["status"])
        .expect(2);
}

#[cfg(unix)]
#[test]
fn a_host_that_takes_branches_only_says_so_and_gets_one() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new();
    let api = scene.api("Orders");
    let hook = scene
        .repository
        .beside("remotes/acme/orders.git/hooks/pre-receive");
    let text = "#!/bin/sh\nwhile read old new name; do\ncase $name in refs/heads/*) ;; *) echo branches only; exit 1;; esac\ndone\n";
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, text).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    scene
        .connect(&api)
        .expect(4)
        .says("branches only")
        .says("state-ref = \"git-postman-state\"")
        .says("connecting again records the link");
    scene.repository.write(
        "git-postman.toml",
        "[mirror]\nstate-ref = \"git-postman-state\"\n",
    );
    scene
        .connect(&api)
        .expect(0)
        .says("recorded on refs/heads/git-postman-state");
    scene.repository.commit(&[], "connect");
    scene.run(&["status"]).expect(0);
    // A record that cannot be ended now is ended by the next run.
    fs::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
    let disconnect = ["disconnect", "--confirm", "Orders"];
    scene
        .run(&disconnect)
        .expect(4)
        .says("disconnecting again ends the record");
    fs::remove_file(&hook).unwrap();
    scene
        .run(&["status"])
        .expect(3)
        .says("names nothing any more");
    scene.run(&disconnect).expect(0).says("ended the record");
}

#[test]
fn each_service_folder_has_a_link_of_its_own() {
    let scene = Scene::with(&[
        ("git-postman.toml", "[mapping]\npolicy = \"folders\"\n"),
        ("services/orders/main.go", "package main\n"),
        ("services/shop/main.go", "package main\n"),
    ]);
    let (orders, shop) = (scene.api("Orders"), scene.api("Shop"));
    for (folder, api) in [("services/orders", &orders), ("services/shop", &shop)] {
        let connect = [
            "connect",
            "--workspace",
            &scene.workspace,
            "--api",
            api,
            "--folder",
            folder,
        ];
        scene
            .run(&connect)
            .expect(0)
            .says(&format!("connected the folder `{folder}`"))
            .says(&format!("wrote {folder}/.postman/api\n"))
            .says(&format!("wrote {folder}/postman/collections/.gitkeep"));
    }
    scene.repository.commit(&[], "connect");
    scene
        .run(&["status"])
        .expect(2)
        .says("several folders may be meant");
    let inside = scene.repository.at("services/shop/postman");
    scene
        .run_in(&inside, &["status"])
        .expect(0)
        .says("the API `Shop`")
        .says("services/shop");
    // The same API in a second folder.
    let again = ["connect", "--api", &orders, "--folder", "services/third"];
    scene.run(&again).expect(2).says("api-in-several-folders");
    let out = [
        "disconnect",
        "--folder",
        "services/orders",
        "--confirm",
        "Orders",
    ];
    scene
        .run(&out)
        .expect(0)
        .says("removed services/orders/.postman/api\n");
    scene.run(&["status"]).expect(0).says("the API `Shop`");
}
