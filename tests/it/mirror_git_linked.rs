//! An API that Postman has connected to a repository: files delivered to the branch that it reads, by the real program and
//! real git, between bare repositories over `file://`, with the sandbox as Postman.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::postman::{Scene, collection, sandbox};
use crate::support::{Repository, Run};

const PETS: &str = "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths:\n  /pets:\n    get: {summary: List, responses: {'200': {description: ok}}}\n";
const ENVIRONMENT: &str = "{\"name\": \"Production\", \"values\": [{\"key\": \"host\", \"value\": \"example.com\", \"type\": \"default\", \"enabled\": true}], \"_postman_variable_scope\": \"environment\"}\n";

const ORDERS: &str = "postman/collections/orders.json";
const USERS: &str = "postman/collections/users.json";
const SCHEMA: &str = "postman/schemas/openapi.yaml";
const ORDERS_THERE: &str = "api/collections/orders.json";
const USERS_THERE: &str = "api/collections/users.json";
const SCHEMA_THERE: &str = "api/schemas/openapi.yaml";

/// A repository with code and an API's files, and another one, `acme/pets`, whose `main` Postman reads.
struct World {
    scene: Scene,
    api: String,
}

impl World {
    /// Both, not connected yet. What git takes for the host is a directory here.
    fn unconnected(here: &[(&str, &str)], there: &[(&str, &str)]) -> Self {
        let (sandbox, workspace) = sandbox();
        let scene = Scene::unconnected(Repository::with(here), sandbox, workspace);
        let path = format!("/apis?workspaceId={}", scene.workspace);
        let api = scene.ask("POST", &path, &json!({"name": "Pets"}));
        let api = api["id"].as_str().unwrap().to_owned();
        let world = Self { scene, api };
        world.connect_in_postman(&[]);
        let hosts = world.beside("hosts");
        let git = |arguments: &[&str]| world.scene.repository.git_in(&world.beside(""), arguments);
        git(&["init", "--quiet", "--bare", "hosts/acme/pets.git"]).expect(0);
        git(&["init", "--quiet", "there"]).expect(0);
        let config = world.beside("home/.gitconfig");
        let mut text = fs::read_to_string(&config).unwrap();
        text.push_str(&format!(
            "[url \"file://{}/\"]\n\tinsteadOf = https://github.com/\n",
            hosts.display()
        ));
        fs::write(&config, text).unwrap();
        let remote = ["remote", "add", "api", "https://github.com/acme/pets.git"];
        world.scene.repository.git(&remote).expect(0);
        let origin = [
            "remote",
            "add",
            "origin",
            "https://github.com/acme/pets.git",
        ];
        world.git_there(&origin).expect(0);
        if !there.is_empty() {
            world.commit_there(there, "theirs");
        }
        world
    }

    /// Connected by the program itself, and everything committed and pushed.
    fn of(here: &[(&str, &str)], there: &[(&str, &str)]) -> Self {
        let world = Self::unconnected(here, there);
        world.connect(&["--repository", "api"]).expect(0);
        world.scene.repository.commit(&[], "connect");
        world.publish();
        world
    }

    /// What Postman says of its connection.
    fn connect_in_postman(&self, changed: &[(&str, Value)]) {
        let mut link = json!({"domain": null, "organization": "acme", "repository": "pets",
            "schemaFolder": "api/schemas", "collectionFolder": "api/collections"});
        for (member, value) in changed {
            link[*member] = value.clone();
        }
        let path = format!("/sandbox/apis/{}/git", self.api);
        self.scene.ask("PUT", &path, &link);
    }

    fn connect(&self, more: &[&str]) -> Run {
        let mut arguments = vec!["connect", "--workspace", &self.scene.workspace];
        arguments.extend(["--api", &self.api]);
        arguments.extend(["--schema-directory", "postman/schemas"]);
        arguments.extend(["--collection-directory", "postman/collections"]);
        arguments.extend(more);
        self.scene.run(&arguments)
    }

    fn publish(&self) {
        let push = ["push", "--quiet", "origin", "main"];
        self.scene.repository.git(&push).expect(0);
    }

    /// Commits here and shares it.
    fn commit(&self, files: &[(&str, &str)]) {
        self.scene.repository.commit(files, "change");
        self.publish();
    }

    fn beside(&self, path: &str) -> PathBuf {
        self.scene.repository.beside(path)
    }

    fn git_there(&self, arguments: &[&str]) -> Run {
        let directory = self.beside("there");
        self.scene.repository.git_in(&directory, arguments)
    }

    fn host(&self, arguments: &[&str]) -> String {
        let directory = self.beside("hosts/acme/pets.git");
        let run = self
            .scene
            .repository
            .git_in(&directory, arguments)
            .expect(0);
        run.stdout.trim_end().to_owned()
    }

    /// Somebody works in the repository that Postman reads; an empty text takes a file away.
    fn commit_there(&self, files: &[(&str, &str)], message: &str) {
        let fetch = self.git_there(&["fetch", "--quiet", "origin", "main"]);
        if fetch.code == 0 {
            let reset = ["reset", "--quiet", "--hard", "FETCH_HEAD"];
            self.git_there(&reset).expect(0);
        }
        for (name, text) in files {
            let path = self.beside("there").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            if text.is_empty() {
                fs::remove_file(path).unwrap();
            } else {
                fs::write(path, text).unwrap();
            }
        }
        self.git_there(&["add", "--all"]).expect(0);
        self.git_there(&["commit", "--quiet", "-m", message])
            .expect(0);
        self.git_there(&["push", "--quiet", "origin", "HEAD:main"])
            .expect(0);
    }

    fn there(&self, path: &str) -> String {
        self.host(&["show", &format!("main:{path}")]) + "\n"
    }

    fn files_there(&self) -> Vec<String> {
        let names = self.host(&["ls-tree", "-r", "--name-only", "main"]);
        names.lines().map(str::to_owned).collect()
    }

    fn commits_there(&self) -> usize {
        self.host(&["rev-list", "--count", "main"]).parse().unwrap()
    }

    fn tip_there(&self) -> String {
        self.host(&["rev-parse", "main"])
    }

    /// A script that runs on the host for every push to it.
    #[cfg(unix)]
    fn hook(&self, name: &str, script: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let hook = self.beside("hosts/acme/pets.git/hooks").join(name);
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        fs::write(&hook, format!("#!/bin/sh\n{script}")).unwrap();
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
        hook
    }

    /// Calls that write, as Postman has seen them.
    fn writes(&self) -> usize {
        let exchanges = self.scene.recorder.exchanges.lock().unwrap();
        let writes = exchanges.iter().filter(|one| one.method != "GET");
        writes.count()
    }
}

/// The usual files here.
fn here() -> Vec<(&'static str, String)> {
    vec![
        (ORDERS, collection("Orders", &["List orders", "Get order"])),
        (USERS, collection("Users", &["List users"])),
        (SCHEMA, PETS.to_owned()),
        ("src/main.c", "int main(void) { return 0; }\n".to_owned()),
    ]
}

fn world(there: &[(&str, &str)]) -> World {
    let here = here();
    let here: Vec<(&str, &str)> = here
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    World::of(&here, there)
}

fn acts(report: &Value) -> Vec<String> {
    let applied = report["outcome"]["applied"].as_array().unwrap().iter();
    let line = |one: &Value| {
        let (act, path) = (one["act"].as_str().unwrap(), one["path"].as_str().unwrap());
        format!("{act} {path}")
    };
    applied.map(line).collect()
}

const README: (&str, &str) = ("README.md", "pets\n");

#[test]
fn files_go_to_the_connected_repository_as_one_commit_and_then_nothing_is_left_to_do() {
    let world = world(&[README]);
    let before = world.tip_there();
    world
        .scene
        .run(&["push", "--dry-run"])
        .expect(0)
        .says("3 changes: 0 calls")
        .says("3 changes as one commit on `main` of github.com/acme/pets");
    assert_eq!(world.tip_there(), before);
    let calls = world.scene.recorder.calls();
    let report = world.scene.push(0, &[]);
    assert_eq!(
        acts(&report),
        [
            format!("create {SCHEMA}"),
            format!("create {ORDERS}"),
            format!("create {USERS}"),
        ]
    );
    assert_eq!(report["plan"]["calls"], 0);
    assert_eq!(report["outcome"]["calls"], 0);
    assert_eq!(
        report["plan"]["delivery"]["repository"],
        "github.com/acme/pets"
    );
    assert_eq!(report["plan"]["delivery"]["branch"], "main");
    assert_eq!(report["outcome"]["commit"], world.tip_there());
    assert_eq!(world.host(&["rev-parse", "main^"]), before);
    assert!(world.scene.recorder.calls() - calls <= 2);
    assert_eq!(world.writes(), 0);
    let orders = world.scene.repository.at(ORDERS);
    assert_eq!(
        world.there(ORDERS_THERE),
        fs::read_to_string(orders).unwrap()
    );
    assert_eq!(world.there(SCHEMA_THERE), PETS);
    assert_eq!(
        world.files_there(),
        ["README.md", ORDERS_THERE, USERS_THERE, SCHEMA_THERE]
    );
    let message = world.host(&["log", "-1", "--format=%B", "main"]);
    let head = world.scene.repository.id("HEAD");
    assert!(
        message.starts_with("Deliver 3 changes of Pets\n"),
        "{message}"
    );
    assert!(
        message.contains(&format!("- create collection {ORDERS_THERE}")) && message.contains(&head)
    );
    // Once more: nothing, in two calls.
    let (tip, records) = (world.tip_there(), world.scene.records());
    let calls = world.scene.recorder.calls();
    assert!(acts(&world.scene.push(0, &[])).is_empty());
    assert!(world.scene.recorder.calls() - calls <= 2);
    assert_eq!((world.tip_there(), world.scene.records()), (tip, records));
    world
        .scene
        .run(&["status"])
        .expect(0)
        .says("delivered to")
        .says("where both last agreed");
}

#[test]
fn one_change_is_one_file_of_one_commit_and_environments_go_to_postman() {
    let world = world(&[README]);
    world.scene.push(0, &[]);
    world.commit(&[
        (
            ORDERS,
            &collection("Orders", &["List orders", "Get one order"]),
        ),
        ("postman/environments/production.json", ENVIRONMENT),
    ]);
    world.commit(&[("postman/collections/production.json", ENVIRONMENT)]);
    let report = world.scene.push(0, &[]);
    assert!(
        acts(&report).contains(&format!("update {ORDERS}")),
        "{report:#}"
    );
    let changed = world.host(&["diff", "--name-only", "main^", "main"]);
    assert_eq!(changed, ORDERS_THERE);
    assert!(
        world
            .scene
            .inventory()
            .contains(&"environments Production".to_owned())
    );
    assert!(acts(&world.scene.push(0, &[])).is_empty());
}

#[test]
fn what_is_equal_there_is_adopted_and_what_is_not_ours_stays() {
    // Postman's own file there, another API's collection beside, and one in other words.
    let own = collection("Orders", &["List orders", "Get order"]);
    let in_other_words = serde_json::from_str::<Value>(&own).unwrap().to_string() + "\n";
    let foreign = collection("Foreign", &["x"]);
    let world = world(&[
        README,
        (ORDERS_THERE, &in_other_words),
        ("other/collections/foreign.json", &foreign),
        (".postman/api", "configVersion = 1.0.0\ntype = api\n"),
    ]);
    let report = world.scene.push(0, &[]);
    let acts = acts(&report);
    assert!(acts.contains(&format!("adopt {ORDERS}")), "{acts:?}");
    assert_eq!(world.there(ORDERS_THERE), in_other_words);
    assert_eq!(world.there("other/collections/foreign.json"), foreign);
    assert_eq!(world.files_there().len(), 6);
}

#[test]
fn what_both_sides_changed_is_a_conflict_that_a_pull_merges() {
    let world = world(&[README]);
    world.scene.push(0, &[]);
    let theirs = collection("Orders", &["List orders", "Get order", "Theirs"]);
    world.commit_there(&[(ORDERS_THERE, &theirs)], "in the app");
    world.commit(&[
        (
            ORDERS,
            &collection("Orders", &["List all orders", "Get order"]),
        ),
        (USERS, &collection("Users", &["List all users"])),
    ]);
    let report = world.scene.push(3, &[]);
    assert_eq!(report["outcome"]["conflicts"][0]["reason"], "both-changed");
    assert_eq!(acts(&report), [format!("update {USERS}")]);
    assert_eq!(world.there(ORDERS_THERE), theirs);
    world.scene.run(&["push"]).expect(3).says("pull first");
    world.scene.run(&["pull"]).expect(0).says(ORDERS);
    let merged = fs::read_to_string(world.scene.repository.at(ORDERS)).unwrap();
    for part in ["List all orders", "Get order", "Theirs"] {
        assert!(merged.contains(part), "{merged}");
    }
    world.commit(&[]);
    assert_eq!(
        acts(&world.scene.push(0, &[])),
        [format!("update {ORDERS}")]
    );
    assert_eq!(world.there(ORDERS_THERE), merged);
    world.scene.run(&["status"]).expect(0);
}

#[test]
fn what_was_never_agreed_on_is_nobodys_to_overwrite() {
    let theirs = collection("Orders", &["Theirs"]);
    let world = world(&[README, (ORDERS_THERE, &theirs)]);
    let report = world.scene.push(3, &[]);
    assert_eq!(report["outcome"]["conflicts"][0]["reason"], "never-agreed");
    assert_eq!(world.there(ORDERS_THERE), theirs);
    // What is there and cannot be understood is not overwritten either.
    let world = self::world(&[README, (USERS_THERE, "{ not a collection\n")]);
    world
        .scene
        .run(&["push"])
        .expect(4)
        .says("is there already");
    assert_eq!(world.there(USERS_THERE), "{ not a collection\n");
}

#[test]
fn what_only_they_changed_waits_for_a_pull_and_comes_as_it_is() {
    let world = world(&[README]);
    world.scene.push(0, &[]);
    let pretty = collection("New ones", &["One"]).replace("  ", "\t");
    world.commit_there(
        &[
            (
                ORDERS_THERE,
                &collection("Orders", &["List orders", "Get an order"]),
            ),
            ("api/collections/In the app.json", &pretty),
        ],
        "in the app",
    );
    let tip = world.tip_there();
    let report = world.scene.push(0, &[]);
    assert!(acts(&report).is_empty());
    assert_eq!(report["plan"]["ahead"].as_array().unwrap().len(), 2);
    assert_eq!(world.tip_there(), tip);
    world
        .scene
        .run(&["status"])
        .expect(1)
        .says("ahead by 2 changes");
    world
        .scene
        .run(&["pull", "--dry-run"])
        .expect(0)
        .says("update collection");
    world.scene.run(&["pull"]).expect(0);
    let path = "postman/collections/In the app.json";
    assert_eq!(
        fs::read_to_string(world.scene.repository.at(path)).unwrap(),
        pretty
    );
    let changed = world
        .scene
        .repository
        .git(&["diff", "--numstat"])
        .expect(0)
        .stdout;
    assert_eq!(changed, format!("1\t1\t{ORDERS}\n"));
    world.commit(&[]);
    assert_eq!(world.writes(), 0);
    let calls = acts(&world.scene.push(0, &[]));
    assert!(
        calls.iter().all(|act| act.starts_with("adopt")),
        "{calls:?}"
    );
    assert_eq!(world.tip_there(), tip);
}

#[test]
fn nothing_is_deleted_there_without_being_asked_to() {
    let world = world(&[README]);
    world.scene.push(0, &[]);
    world
        .scene
        .repository
        .git(&["rm", "--quiet", USERS])
        .expect(0);
    world.commit(&[]);
    let kept = world.scene.push(0, &[]);
    assert_eq!(kept["plan"]["left_alone"][0]["path"], USERS);
    assert!(world.files_there().contains(&USERS_THERE.to_owned()));
    let report = world.scene.push(0, &["--allow-delete"]);
    assert_eq!(acts(&report), [format!("delete {USERS}")]);
    assert!(!world.files_there().contains(&USERS_THERE.to_owned()));
    assert!(acts(&world.scene.push(0, &["--allow-delete"])).is_empty());
    // And it can be put back.
    world.scene.run(&["undo"]).expect(0).says("put back");
    assert!(world.files_there().contains(&USERS_THERE.to_owned()));
}

#[test]
fn an_undo_takes_a_delivery_back_where_nobody_has_gone_on_from_it() {
    let world = world(&[README]);
    world.scene.push(0, &[]);
    let before = world.there(ORDERS_THERE);
    world.commit(&[
        (ORDERS, &collection("Orders", &["Other"])),
        (USERS, &collection("Users", &["Other"])),
    ]);
    world.scene.push(0, &[]);
    let theirs = collection("Users", &["Theirs"]);
    world.commit_there(&[(USERS_THERE, &theirs)], "in the app");
    let commits = world.commits_there();
    world
        .scene
        .run(&["undo"])
        .expect(3)
        .says("orders.json put back")
        .says("users.json was changed");
    assert_eq!(world.there(ORDERS_THERE), before);
    assert_eq!(world.there(USERS_THERE), theirs);
    assert_eq!(world.commits_there(), commits + 1);
}

#[cfg(unix)]
#[test]
fn whoever_loses_the_race_for_the_branch_plans_again() {
    let world = world(&[README]);
    world.scene.push(0, &[]);
    // While the commit arrives, somebody else's does; once on other files, once on the same.
    let rival = |files: &[(&str, &str)]| {
        let main = world.tip_there();
        world.commit_there(files, "rival");
        world.host(&["update-ref", "refs/heads/rival", "refs/heads/main"]);
        world.host(&["update-ref", "refs/heads/main", &main]);
        let once = world.beside("once");
        let _ = fs::remove_file(&once);
        world.hook(
            "pre-receive",
            &format!(
                "if [ ! -e '{once}' ]; then\n  touch '{once}'\n  unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n  git update-ref refs/heads/main refs/heads/rival\nfi\n",
                once = once.display()
            ),
        )
    };
    let hook = rival(&[("README.md", "more\n")]);
    world.commit(&[
        (ORDERS, &collection("Orders", &["Ours"])),
        ("postman/collections/production.json", ENVIRONMENT),
    ]);
    let report = world.scene.push(0, &[]);
    assert_eq!(
        acts(&report),
        [
            "create postman/collections/production.json".to_owned(),
            format!("update {ORDERS}")
        ]
    );
    assert_eq!(report["plan"]["calls"], report["outcome"]["calls"]);
    assert_eq!(world.there("README.md"), "more\n");
    assert!(world.there(ORDERS_THERE).contains("Ours"));
    fs::remove_file(hook).unwrap();
    let theirs = collection("Orders", &["Theirs"]);
    rival(&[(ORDERS_THERE, &theirs)]);
    world.commit(&[(ORDERS, &collection("Orders", &["Ours again"]))]);
    let report = world.scene.push(3, &[]);
    assert_eq!(report["outcome"]["conflicts"][0]["reason"], "both-changed");
    assert_eq!(world.there(ORDERS_THERE), theirs);
}

#[cfg(unix)]
#[test]
fn where_somebody_is_always_first_the_exit_code_says_so() {
    let world = world(&[README]);
    // Every push is met by another commit.
    let hook = "unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\nnew=$(echo rival | git -c user.name=x -c user.email=x@example.com commit-tree refs/heads/main^{tree} -p refs/heads/main)\ngit update-ref refs/heads/main \"$new\"\n";
    world.hook("pre-receive", hook);
    world
        .scene
        .run(&["push"])
        .expect(5)
        .says("has gone on since it was read");
    assert_eq!(world.files_there(), ["README.md"]);
}

#[test]
fn of_two_deliveries_at_once_one_does_it_and_the_other_finds_it_done() {
    let world = world(&[README]);
    let origin = world.beside("origin.git");
    let parent = world.beside("");
    let clone = [
        "clone",
        "--quiet",
        "-b",
        "main",
        origin.to_str().unwrap(),
        "second",
    ];
    world.scene.repository.git_in(&parent, &clone).expect(0);
    let second = world.beside("second");
    let add = ["remote", "add", "api", "https://github.com/acme/pets.git"];
    world.scene.repository.git_in(&second, &add).expect(0);
    let going: Vec<_> = (0..2)
        .map(|number| {
            let directory = [
                "-C",
                if number == 0 {
                    "."
                } else {
                    second.to_str().unwrap()
                },
                "push",
            ];
            world.scene.start(&world.scene.repository, &directory)
        })
        .collect();
    for one in going {
        one.end().expect(0);
    }
    assert_eq!(world.commits_there(), 2);
    assert_eq!(world.files_there().len(), 4);
    assert!(acts(&world.scene.push(0, &[])).is_empty());
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_at_the_push_loses_nothing_and_the_next_one_goes_on() {
    for hook in ["pre-receive", "post-receive"] {
        let world = world(&[README]);
        let pid = world.beside("pid");
        let script = format!(
            "kill -9 \"$(cat '{}')\"\n[ {hook} = post-receive ]\n",
            pid.display()
        );
        let path = world.hook(hook, &script);
        let mut command = world.scene.repository.command(
            "sh".as_ref(),
            world.scene.repository.root(),
            &[
                "-c",
                "echo $$ > ../pid; exec \"$0\" push",
                crate::support::program().to_str().unwrap(),
            ],
        );
        let output = command
            .env("POSTMAN_API_KEY", &world.scene.sandbox.key)
            .env("POSTMAN_API_URL", &world.scene.recorder.url)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), None, "{hook}: it was not killed");
        fs::remove_file(path).unwrap();
        let report = world.scene.push(0, &[]);
        assert_eq!(acts(&report).len(), 3, "{hook}: {report:#}");
        // Whether the killed run's commit arrived or not, there is one.
        assert_eq!(world.commits_there(), 2, "{hook}");
        assert_eq!(world.files_there().len(), 4);
        assert!(acts(&world.scene.push(0, &[])).is_empty());
    }
}

#[cfg(unix)]
#[test]
fn a_protected_branch_is_told_in_the_words_of_the_host_and_nothing_is_recorded() {
    let world = world(&[README]);
    let hook = world.hook(
        "pre-receive",
        "echo 'GH006: Protected branch update failed' >&2\nexit 1\n",
    );
    let report = world.scene.push(4, &[]);
    let failed = report["outcome"]["failed"].as_array().unwrap();
    assert_eq!(failed.len(), 3);
    world
        .scene
        .run(&["push"])
        .expect(4)
        .says("GH006: Protected branch update failed")
        .says("does not take a commit on `main`")
        .says("a protected branch takes changes by request only");
    assert_eq!(world.commits_there(), 1);
    fs::remove_file(hook).unwrap();
    assert_eq!(acts(&world.scene.push(0, &[])).len(), 3);
}

#[test]
fn a_branch_that_is_not_there_and_a_repository_that_is_empty_are_told() {
    let world = World::unconnected(&[README], &[]);
    world
        .connect(&["--repository", "api"])
        .expect(2)
        .says("is empty");
    world.commit_there(&[README], "first");
    let trunk = ["--repository", "api", "--repository-branch", "trunk"];
    world
        .connect(&trunk)
        .expect(2)
        .says("has no branch `trunk`; it has main")
        .says("--repository-branch");
    for hostile in ["-x", "a..b", "x:main", "*", "a b", "../main", "HEAD"] {
        let branch = format!("--repository-branch={hostile}");
        world
            .connect(&["--repository", "api", &branch])
            .expect(2)
            .never_says("panicked");
    }
    world
        .connect(&["--repository", "api"])
        .expect(0)
        .says("delivered to");
    world.scene.repository.commit(&[], "connect");
    world.host(&["update-ref", "refs/heads/trunk", "main"]);
    world.host(&["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    world.host(&["update-ref", "-d", "refs/heads/main"]);
    for command in ["push", "pull", "status"] {
        world
            .scene
            .run(&[command])
            .expect(2)
            .says("it has trunk")
            .says("--repository-branch");
    }
    world.connect(&trunk).expect(0).says("`trunk` of acme/pets");
    world.scene.run(&["push"]).expect(0);
}

#[test]
fn credentials_go_nowhere_that_the_user_did_not_name() {
    let world = World::unconnected(&[README], &[README]);
    world
        .connect(&[])
        .expect(3)
        .says("acme/pets")
        .says("--repository");
    for (address, code, words) in [
        ("origin", 3, "is another repository"),
        (
            "https://github.com/acme/shop.git",
            3,
            "is another repository",
        ),
        (
            "ext::sh -c 'touch pwned' acme/pets",
            2,
            "asks git to run a helper",
        ),
        ("--upload-pack=touch", 2, "option of git"),
        ("http://github.com/acme/pets.git", 2, "not taken"),
        (
            "https://me:hunter2@github.com/acme/pets.git",
            2,
            "holds a password",
        ),
    ] {
        let option = format!("--repository={address}");
        let run = world.connect(&[&option]);
        run.expect(code).says(words).never_says("hunter2");
    }
    assert!(!world.scene.repository.at("pwned").exists());
    // A rewrite into something that runs a program is no better.
    let git = |arguments: &[&str]| world.scene.repository.git(arguments).expect(0);
    git(&["remote", "add", "odd", "x:acme/pets"]);
    git(&["config", "url.ext::touch pwned .insteadOf", "x:"]);
    world
        .connect(&["--repository", "odd"])
        .expect(2)
        .says("asks git to run a helper");
    assert!(!world.scene.repository.at("pwned").exists());
    git(&["remote", "remove", "odd"]);
    let file = format!("file://{}/acme/pets.git", world.beside("hosts").display());
    world.connect(&["--repository", &file]).expect(0);
    world.scene.repository.commit(&[], "connect");
    world.publish();
    // A clone that knows no such remote says what to do, and takes an address instead.
    git(&["remote", "remove", "api"]);
    world.scene.run(&["push"]).expect(2).says("git remote add");
    world
        .scene
        .run(&["status"])
        .expect(0)
        .says("no remote of this clone");
    world.scene.run(&["push", "--repository", &file]).expect(0);
    world.scene.run(&["pull", "--repository", &file]).expect(0);
}

#[test]
fn what_postman_says_of_the_connection_has_to_stay_true() {
    let world = world(&[README]);
    for (member, value) in [
        ("domain", "git.example.com"),
        ("organization", "shop"),
        ("repository", "dogs"),
        ("schemaFolder", "elsewhere"),
        ("collectionFolder", "elsewhere"),
    ] {
        world.connect_in_postman(&[(member, json!(value))]);
        for command in ["push", "pull", "status"] {
            world
                .scene
                .run(&[command])
                .expect(3)
                .says("the ends of the link do not agree")
                .says("acme/pets")
                .says(value);
        }
    }
    assert_eq!(world.files_there(), ["README.md"]);
    // What was moved on purpose is said once.
    world.connect_in_postman(&[("collectionFolder", json!("collections"))]);
    world.connect(&[]).expect(0).says("recorded");
    world.scene.push(0, &[]);
    assert!(
        world
            .files_there()
            .contains(&"collections/orders.json".to_owned())
    );
    let path = format!("/sandbox/apis/{}/git", world.api);
    world.scene.ask("DELETE", &path, &Value::Null);
    world
        .scene
        .run(&["push"])
        .expect(3)
        .says("connected to no repository");
}

#[test]
fn a_definition_of_several_files_stays_whole() {
    let root = "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths:\n  /pets: {$ref: paths/pets.yaml}\n  /dogs: {$ref: paths/dogs.yaml}\n";
    let part = "get: {summary: List, responses: {'200': {description: ok}}}\n";
    let files = [
        (SCHEMA, root),
        ("postman/schemas/paths/pets.yaml", part),
        ("postman/schemas/paths/dogs.yaml", part),
    ];
    let world = World::of(&files, &[README]);
    world.scene.push(0, &[]);
    assert_eq!(world.there("api/schemas/paths/dogs.yaml"), part);
    world
        .scene
        .repository
        .git(&["rm", "--quiet", "postman/schemas/paths/dogs.yaml"])
        .expect(0);
    let root = root.replace("  /dogs: {$ref: paths/dogs.yaml}\n", "");
    world.commit(&[(SCHEMA, &root)]);
    assert_eq!(
        acts(&world.scene.push(0, &[])),
        [format!("update {SCHEMA}")]
    );
    assert_eq!(
        world.files_there(),
        ["README.md", SCHEMA_THERE, "api/schemas/paths/pets.yaml"]
    );
    assert!(acts(&world.scene.push(0, &[])).is_empty());
}

#[test]
fn a_sealed_plan_is_void_once_the_branch_has_gone_on() {
    let world = world(&[README]);
    world
        .scene
        .run(&["plan", "push", "--out", "../plan.json"])
        .expect(0)
        .says("as one commit");
    world.commit_there(
        &[(ORDERS_THERE, &collection("Orders", &["Theirs"]))],
        "theirs",
    );
    world.scene.run(&["apply", "../plan.json"]).expect(3);
    assert_eq!(world.commits_there(), 2);
    world.commit_there(&[(ORDERS_THERE, "")], "away again");
    world
        .scene
        .run(&["plan", "push", "--out", "../plan.json"])
        .expect(0);
    world.scene.run(&["apply", "../plan.json"]).expect(0);
    assert_eq!(world.files_there().len(), 4);
}

#[test]
fn whatever_both_sides_do_they_end_equal_and_nothing_is_lost() {
    let requests: Vec<String> = (0..8).map(|number| format!("Request {number}")).collect();
    let text = |requests: &[String]| {
        let names: Vec<&str> = requests.iter().map(String::as_str).collect();
        collection("Orders", &names)
    };
    let world = World::of(&[(ORDERS, &text(&requests))], &[README]);
    world.scene.push(0, &[]);
    // A small generator with a fixed start: each run does the same.
    let mut dice: u64 = 7;
    let mut roll = |sides: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(dice >> 33).unwrap() % sides
    };
    let mut wanted = requests;
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..8 {
        // Each side renames another request, or nobody does, or one of them.
        let (ours, theirs) = (roll(4), 4 + roll(4));
        let sides = roll(4);
        seen.insert(sides);
        let (mut here, mut there) = (wanted.clone(), wanted.clone());
        if sides & 1 == 1 {
            here[ours] = format!("Ours {round}");
            wanted[ours].clone_from(&here[ours]);
            let path = world.scene.repository.at(ORDERS);
            let before = fs::read_to_string(path).unwrap();
            let old = format!("\"{}\"", there[ours]);
            let after = before.replace(&old, &format!("\"{}\"", here[ours]));
            world.commit(&[(ORDERS, &after)]);
        }
        if sides & 2 == 2 {
            let old = there[theirs].clone();
            there[theirs] = format!("Theirs {round}");
            wanted[theirs].clone_from(&there[theirs]);
            let before = world.there(ORDERS_THERE);
            let after = before.replace(&format!("\"{old}\""), &format!("\"{}\"", there[theirs]));
            world.commit_there(&[(ORDERS_THERE, &after)], "theirs");
        }
        // A push that comes first writes nothing over.
        let report = world.scene.push(if sides == 3 { 3 } else { 0 }, &[]);
        assert_eq!(acts(&report).is_empty(), sides != 1, "{round}: {report:#}");
        world.scene.run(&["pull"]).expect(0);
        if world
            .scene
            .repository
            .git(&["status", "--porcelain"])
            .stdout
            .contains(ORDERS)
        {
            world.commit(&[]);
        }
        world.scene.push(0, &[]);
        for text in [
            fs::read_to_string(world.scene.repository.at(ORDERS)).unwrap(),
            world.there(ORDERS_THERE),
        ] {
            let value: Value = serde_json::from_str(&text).unwrap();
            let items = value["item"].as_array().unwrap().iter();
            let names: Vec<&str> = items.map(|item| item["name"].as_str().unwrap()).collect();
            assert_eq!(names, wanted, "{round}");
        }
        assert!(acts(&world.scene.push(0, &[])).is_empty(), "{round}");
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
    assert_eq!(world.writes(), 0);
}

#[test]
fn a_commit_in_nobodys_name_is_not_made() {
    let world = world(&[README]);
    let git = |arguments: &[&str]| world.scene.repository.git(arguments).expect(0);
    git(&["config", "user.name", ""]);
    git(&["config", "user.email", ""]);
    world
        .scene
        .run(&["push"])
        .expect(2)
        .says("git config user.name");
    assert_eq!(world.files_there(), ["README.md"]);
    git(&["config", "--unset", "user.name"]);
    git(&["config", "--unset", "user.email"]);
    assert_eq!(acts(&world.scene.push(0, &[])).len(), 3);
}

#[test]
fn a_service_folder_of_a_large_repository_delivers_its_own_api() {
    let orders = collection("Orders", &["List orders"]);
    let world = World::unconnected(
        &[
            ("services/pets/postman/collections/orders.json", &orders),
            ("services/pets/postman/schemas/openapi.yaml", PETS),
            (
                "services/shop/postman/collections/shop.json",
                &collection("Shop", &["x"]),
            ),
        ],
        &[README],
    );
    let connect = [
        "connect",
        "--folder",
        "services/pets",
        "--workspace",
        &world.scene.workspace,
        "--api",
        &world.api,
        "--schema-directory",
        "services/pets/postman/schemas",
        "--collection-directory",
        "services/pets/postman/collections",
        "--repository",
        "api",
    ];
    world.scene.run(&connect).expect(0);
    world.scene.repository.commit(&[], "connect");
    world.publish();
    world
        .scene
        .run(&connect)
        .expect(0)
        .says("already connected");
    assert_eq!(acts(&world.scene.push(0, &[])).len(), 2);
    assert_eq!(
        world.files_there(),
        ["README.md", ORDERS_THERE, SCHEMA_THERE]
    );
    world.commit_there(
        &[(ORDERS_THERE, &collection("Orders", &["Theirs"]))],
        "theirs",
    );
    world.scene.run(&["pull"]).expect(0);
    let path = "services/pets/postman/collections/orders.json";
    let text = fs::read_to_string(world.scene.repository.at(path)).unwrap();
    assert!(text.contains("Theirs"), "{text}");
}

#[cfg(unix)]
mod in_the_same_repository {
    //! The API's active branch is `main` of this very repository, and what is pushed stands on another branch.

    use super::{ORDERS, PETS, README, SCHEMA, USERS, acts};
    use crate::support::postman::{Scene, collection};

    fn scene() -> Scene {
        let scene = Scene::of_connected_api(&[
            README,
            (ORDERS, &collection("Orders", &["List orders"])),
            (USERS, &collection("Users", &["List users"])),
            (SCHEMA, PETS),
        ]);
        let git = |arguments: &[&str]| scene.repository.git(arguments).expect(0);
        git(&["push", "--quiet", "--no-verify", "origin", "main"]);
        git(&["switch", "--quiet", "-c", "feature"]);
        scene
    }

    fn on_main(scene: &Scene, path: &str) -> String {
        let origin = scene.repository.beside("origin.git");
        let run = scene
            .repository
            .git_in(&origin, &["show", &format!("main:{path}")]);
        run.expect(0).stdout
    }

    fn tip(scene: &Scene) -> String {
        let origin = scene.repository.beside("origin.git");
        scene
            .repository
            .git_in(&origin, &["rev-parse", "main"])
            .expect(0)
            .stdout
    }

    #[test]
    fn a_branch_delivers_its_api_and_nothing_else_to_the_active_branch() {
        let scene = scene();
        let changed = collection("Orders", &["List all orders"]);
        let files = [(ORDERS, changed.as_str()), ("src/new.c", "int x;\n")];
        scene.repository.commit(&files, "feature");
        scene.run(&["push"]).expect(2).says("--branch");
        scene
            .run(&["push", "--dry-run", "--branch", "feature"])
            .expect(0)
            .says("1 change as one commit on `main` of github.com/acme/pets");
        let report = scene.push(0, &["--branch", "feature"]);
        assert_eq!(acts(&report), [format!("update {ORDERS}")]);
        assert_eq!(on_main(&scene, ORDERS), changed);
        let origin = scene.repository.beside("origin.git");
        let names = scene
            .repository
            .git_in(&origin, &["diff", "--name-only", "main^", "main"]);
        assert_eq!(names.expect(0).stdout, format!("{ORDERS}\n"));
        let before = tip(&scene);
        assert!(acts(&scene.push(0, &["--branch", "feature"])).is_empty());
        assert_eq!(tip(&scene), before);
        // The branch goes on, and back again.
        for name in ["List some orders", "List orders"] {
            let text = collection("Orders", &[name]);
            scene.repository.commit(&[(ORDERS, &text)], "on");
            let report = scene.push(0, &["--branch", "feature"]);
            assert_eq!(acts(&report), [format!("update {ORDERS}")], "{name}");
            assert_eq!(on_main(&scene, ORDERS), text);
        }
    }

    #[test]
    fn another_branch_takes_nothing_back_and_both_changes_are_a_conflict() {
        let scene = scene();
        let git = |arguments: &[&str]| scene.repository.git(arguments).expect(0);
        git(&["branch", "older"]);
        let ours = collection("Orders", &["Ours"]);
        scene.repository.commit(&[(ORDERS, &ours)], "feature");
        scene.push(0, &["--branch", "feature"]);
        git(&["switch", "--quiet", "older"]);
        let users = collection("Users", &["All users"]);
        scene.repository.commit(&[(USERS, &users)], "older");
        let report = scene.push(0, &["--branch", "older"]);
        assert_eq!(acts(&report), [format!("update {USERS}")]);
        assert_eq!(on_main(&scene, ORDERS), ours);
        scene
            .repository
            .commit(&[(ORDERS, &collection("Orders", &["Other"]))], "older");
        let report = scene.push(3, &["--branch", "older"]);
        assert_eq!(report["outcome"]["conflicts"][0]["path"], ORDERS);
        assert_eq!(on_main(&scene, ORDERS), ours);
        scene
            .run(&["push", "--branch", "older"])
            .expect(3)
            .says("git merge");
        // Merged, and all is well.
        git(&["fetch", "--quiet", "origin"]);
        git(&[
            "merge",
            "--quiet",
            "-X",
            "ours",
            "-m",
            "merge",
            "origin/main",
        ]);
        let report = scene.push(0, &["--branch", "older"]);
        assert_eq!(acts(&report), [format!("update {ORDERS}")]);
    }

    #[test]
    fn the_active_branch_itself_is_gits_business() {
        let scene = scene();
        let changed = collection("Orders", &["List all orders"]);
        scene.repository.commit(&[(ORDERS, &changed)], "feature");
        scene.push(0, &["--branch", "feature"]);
        let git = |arguments: &[&str]| scene.repository.git(arguments).expect(0);
        git(&["switch", "--quiet", "main"]);
        scene
            .run(&["pull"])
            .expect(0)
            .says("`git pull` brings what was changed there")
            .says("nothing to pull");
        git(&["pull", "--quiet", "origin", "main"]);
        let text = std::fs::read_to_string(scene.repository.at(ORDERS)).unwrap();
        assert_eq!(text, changed);
        scene.run(&["push"]).expect(0).says("nothing to carry");
        scene.run(&["status"]).expect(0);
        // A delivery is put back where it went.
        git(&["switch", "--quiet", "feature"]);
        let again = collection("Orders", &["Again"]);
        scene.repository.commit(&[(ORDERS, &again)], "again");
        scene.push(0, &["--branch", "feature"]);
        assert_eq!(on_main(&scene, ORDERS), again);
        git(&["switch", "--quiet", "main"]);
        scene.run(&["undo"]).expect(0).says("put back");
        assert_eq!(on_main(&scene, ORDERS), changed);
    }
}
