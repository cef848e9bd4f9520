//! `pull --to pull-request` from outside: the real program and real git, the sandbox in Postman's place, and stand-ins for
//! providers with the repository of the story behind them.

use std::fs;
use std::ops::Deref;
use std::sync::Arc;

use git_postman::model::base64::encode_standard;
use serde_json::{Value, json};

use crate::support::Run;
use crate::support::azure::{self, FakeAzure};
use crate::support::bare::Bare;
use crate::support::bitbucket_cloud::{self, FakeCloud};
use crate::support::bitbucket_server::{self, FakeServer};
use crate::support::emulate::{self, Emulate};
use crate::support::gitlab::{self, FakeGitLab};
use crate::support::hub::{Hub, TOKEN};
use crate::support::openapi::Description;
use crate::support::postman::{SCHEMA, Scene};

/// A workspace, a clone, and what is said of the provider that hosts it.
struct Linked {
    scene: Scene,
    kind: &'static str,
    url: String,
    /// The token's variable, and the token.
    token: (&'static str, &'static str),
}

/// The same with GitHub.
struct Story {
    linked: Linked,
    hub: Arc<Hub>,
}

impl Deref for Linked {
    type Target = Scene;

    fn deref(&self) -> &Scene {
        &self.scene
    }
}

impl Deref for Story {
    type Target = Linked;

    fn deref(&self) -> &Linked {
        &self.linked
    }
}

const ORDERS: &str = "postman/collections/Orders.json";

impl Linked {
    fn make(&self, collection: &Value) -> String {
        let path = format!("/collections?workspace={}", self.workspace);
        let made = self.ask("POST", &path, &json!({"collection": collection}));
        made["collection"]["uid"].as_str().unwrap().to_owned()
    }

    /// Makes a collection that both sides have.
    fn agree(&self) -> String {
        let uid = self.make(&orders("Orders"));
        self.pull_as(&[], &["--to", "commit"]).expect(0);
        self.publish();
        uid
    }

    fn change(&self, uid: &str, change: impl FnOnce(&mut Value)) {
        let path = format!("/collections/{uid}");
        let mut read = self.ask("GET", &path, &Value::Null);
        change(&mut read["collection"]);
        self.ask("PUT", &path, &json!({"collection": read["collection"]}));
    }

    /// What was committed here goes to `main` of the provider.
    fn publish(&self) {
        let arguments = ["push", "--quiet", "--no-verify", "origin", "HEAD:main"];
        self.repository.git(&arguments).expect(0);
    }

    /// Commits a file here and publishes it.
    fn commit(&self, path: &str, text: &str) -> String {
        let commit = self.repository.commit(&[(path, text)], "by hand");
        self.publish();
        commit
    }

    fn run_as(&self, more: &[(&str, &str)], arguments: &[&str]) -> Run {
        let mut variables = vec![
            ("POSTMAN_API_URL", self.recorder.url.as_str()),
            ("POSTMAN_API_KEY", self.sandbox.key.as_str()),
        ];
        variables.extend(more);
        let directory = self.repository.root();
        self.repository.run_handed(directory, &variables, arguments)
    }

    fn pull_as(&self, more: &[(&str, &str)], arguments: &[&str]) -> Run {
        let mut all = vec!["pull"];
        all.extend(arguments);
        self.run_as(more, &all)
    }

    fn request_as(&self, token: &str, more: &[&str]) -> Run {
        let mut arguments = vec!["--to", "pull-request", "--provider", self.kind];
        arguments.extend(["--url", &self.url]);
        arguments.extend(more);
        self.pull_as(&[(self.token.0, token)], &arguments)
    }

    /// What the run says of the request.
    #[track_caller]
    fn request(&self, code: i32) -> Value {
        let run = self.request_as(self.token.1, &["--format", "json"]);
        run.expect(code).json()["outcome"]["pull_request"].take()
    }
}

impl Story {
    fn new() -> Self {
        let scene = Scene::of_workspace(&[]);
        let hub = Hub::over(&scene.repository.beside("origin.git"));
        scene.give_address("git@git.example.com:acme/orders.git");
        let linked = Linked {
            scene,
            kind: "github",
            url: hub.url().to_owned(),
            token: ("GITHUB_TOKEN", TOKEN),
        };
        Self { linked, hub }
    }

    /// The same, with a collection that both sides have.
    fn agreed() -> (Self, String) {
        let story = Self::new();
        let uid = story.agree();
        (story, uid)
    }

    fn file(&self, branch: &str, path: &str) -> String {
        self.hub
            .git(&["show", &format!("{branch}:{path}")])
            .unwrap()
    }

    /// How many requests were not only reads.
    fn writes(&self) -> usize {
        let all = self.hub.exchanges();
        // GraphQL reads by POST too.
        let is_write = |method: &str, target: &str, body: &[u8]| match target {
            "/graphql" => String::from_utf8_lossy(body).contains("createCommitOnBranch"),
            _ => method != "GET",
        };
        all.iter()
            .filter(|one| is_write(&one.method, &one.target, &one.body))
            .count()
    }

    /// Everything that was asked of the provider is in its description.
    #[track_caller]
    fn holds_the_contract(&self) {
        let description = Description::parse(include_str!("support/github.openapi.json"));
        let exchanges = self.hub.exchanges();
        let faults: Vec<String> = exchanges
            .iter()
            .flat_map(|one| description.faults(one))
            .collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        assert!(!exchanges.is_empty());
    }
}

fn orders(name: &str) -> Value {
    json!({"info": {"name": name, "schema": SCHEMA}, "item": [
        {"name": "List", "request": {"method": "GET", "url": "https://a.example/orders?limit=1", "description": "All."}},
        {"name": "Make", "request": {"method": "POST", "url": "https://a.example/orders", "description": "One."}}]})
}

#[test]
fn a_request_is_opened_left_alone_updated_and_closed() {
    let story = Story::new();
    let uid = story.make(&orders("Orders"));
    let main = story.hub.tip("main");

    let dry = story.request_as(TOKEN, &["--dry-run", "--format", "json"]);
    let dry = dry.expect(0).json();
    assert_eq!(dry["plan"]["pull_request"]["state"], "opened");
    assert_eq!(dry["plan"]["pull_request"]["number"], Value::Null);
    assert_eq!(story.writes(), 0, "a dry run writes nothing");

    let first = story.request(0);
    assert_eq!(
        (&first["state"], &first["number"]),
        (&json!("opened"), &json!(1))
    );
    assert_eq!(first["target"], "main");
    let branch = first["branch"].as_str().unwrap().to_owned();
    assert!(branch.starts_with("git-postman/pull-"), "{branch}");
    assert_eq!(story.hub.open(), [1]);
    assert!(story.file(&branch, ORDERS).contains("\"Make\""));
    let (title, text) = story.hub.text(1);
    assert_eq!(title, "Pull 1 change from Postman");
    assert!(text.contains(&format!("added `{ORDERS}`")), "{text}");
    // Neither the branch to merge into nor this clone knows of it.
    assert_eq!(story.hub.tip("main"), main);
    assert!(!story.repository.at(ORDERS).exists());
    let branches = story
        .repository
        .git(&["branch", "--format=%(refname:short)"]);
    assert_eq!(branches.expect(0).stdout, "main\n");

    let (tip, writes, records) = (story.hub.tip(&branch), story.writes(), story.records());
    let again = story.request(0);
    assert_eq!(
        (&again["state"], &again["number"]),
        (&json!("unchanged"), &json!(1))
    );
    assert_eq!(story.hub.tip(&branch), tip);
    assert_eq!(story.writes(), writes, "the second run writes nothing");
    assert_eq!(story.records(), records, "and records nothing");
    story
        .request_as(TOKEN, &["--dry-run"])
        .expect(0)
        .says("pull request 1 says so already");

    story.change(&uid, |collection| {
        collection["item"][1]["name"] = json!("Create")
    });
    story
        .request_as(TOKEN, &["--dry-run"])
        .expect(0)
        .says("pull request 1 would be updated");
    let third = story.request(0);
    assert_eq!(
        (&third["state"], &third["number"]),
        (&json!("updated"), &json!(1))
    );
    assert!(story.file(&branch, ORDERS).contains("\"Create\""));
    assert_eq!(
        story.hub.git(&["rev-parse", &format!("{branch}^")]),
        tip,
        "on top"
    );
    assert_eq!(story.hub.open(), [1]);

    story.ask("DELETE", &format!("/collections/{uid}"), &Value::Null);
    let last = story.request(0);
    assert_eq!(
        (&last["state"], &last["number"]),
        (&json!("closed"), &json!(1))
    );
    assert!(story.hub.open().is_empty());
    let comments = story.hub.comments(1);
    assert!(comments[0].contains("nothing to pull"), "{comments:?}");
    assert_eq!(story.request(0), Value::Null, "nothing is closed twice");

    // What comes later finds the branch and replaces what the closed one left there.
    story.make(&orders("Pets"));
    let anew = story.request(0);
    assert_eq!(
        (&anew["state"], &anew["branch"]),
        (&json!("opened"), &json!(branch))
    );
    let changed = [
        "diff",
        "--name-only",
        "main",
        branch.as_str(),
        "--",
        "postman",
    ];
    let changed = story.hub.git(&changed).unwrap();
    assert_eq!(changed, "postman/collections/Pets.json");
    story.holds_the_contract();
}

#[test]
fn what_was_merged_is_agreed_and_the_next_edit_opens_another() {
    let (story, uid) = Story::agreed();
    story.change(&uid, |collection| {
        collection["item"][0]["name"] = json!("All")
    });
    let first = story.request(0);
    let branch = first["branch"].as_str().unwrap().to_owned();
    // Nothing counts before it is merged: a pull into the worktree still brings it.
    story
        .pull_as(&[], &["--dry-run"])
        .expect(0)
        .says("1 change");
    // Dates say when something changed, not whether it is merged.
    let dated = story.request_as(TOKEN, &["--by-dates", "--format", "json"]);
    let dated = dated.expect(0).json();
    assert_eq!(dated["outcome"]["pull_request"]["state"], "unchanged");
    // A part of it is a request of its own: what it leaves out stays in the other.
    let none = story.request_as(TOKEN, &["--only", "README.md", "--format", "json"]);
    let none = none.expect(0).json();
    assert_eq!(none["outcome"]["pull_request"], Value::Null);
    assert_eq!(story.hub.open(), [1]);
    // As a provider squashes it, which leaves the branch with a history of its own.
    let tree = story
        .hub
        .git(&["rev-parse", &format!("{branch}^{{tree}}")])
        .unwrap();
    let arguments = [
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@example.com",
        "commit-tree",
        &tree,
        "-p",
        "main",
        "-m",
        "squashed",
    ];
    let merged = story.hub.git(&arguments).unwrap();
    story
        .hub
        .git(&["update-ref", "refs/heads/main", &merged])
        .unwrap();
    story.hub.world().pulls.get_mut(&1).unwrap().is_open = false;
    assert_eq!(story.request(0), Value::Null, "nothing is left to pull");

    story.change(&uid, |collection| {
        collection["item"][1]["name"] = json!("Create")
    });
    let second = story.request(0);
    assert_eq!(
        (&second["state"], &second["number"]),
        (&json!("opened"), &json!(2))
    );
    let base = story.hub.git(&["merge-base", "main", &branch]);
    assert_eq!(base, Some(merged), "the branch starts anew");
    let text = story.file(&branch, ORDERS);
    assert!(
        text.contains("\"All\"") && text.contains("\"Create\""),
        "{text}"
    );
}

#[test]
fn a_branch_that_moves_meanwhile_is_read_again_and_no_commit_is_lost() {
    let (story, uid) = Story::agreed();
    story.change(&uid, |collection| {
        collection["item"][0]["name"] = json!("All")
    });
    let mut moved = String::new();
    let arguments = [
        "pull",
        "--to",
        "pull-request",
        "--provider",
        "github",
        "--url",
        story.hub.url(),
    ];
    let run = story.run_held_with(1, &[("GITHUB_TOKEN", TOKEN)], &arguments, || {
        moved = story.commit("README.md", "# Orders\n");
    });
    run.expect(0).says("pull request 1 opened");
    let branch = story.hub.git(&[
        "for-each-ref",
        "--format=%(refname:short)",
        "refs/heads/git-postman/",
    ]);
    let branch = branch.unwrap();
    let parent = story.hub.git(&["rev-parse", &format!("{branch}^")]);
    assert_eq!(
        parent.as_ref(),
        Some(&moved),
        "made from what stands there now"
    );

    // The same file is changed on the branch to merge into: the request starts from there, and says both.
    let described = story
        .repository
        .git(&["show", &format!("HEAD:{ORDERS}")])
        .expect(0);
    let described = described.stdout.replace("\"One.\"", "\"Exactly one.\"");
    let onto = story.commit(ORDERS, &described);
    let request = story.request(0);
    assert_eq!(
        (&request["state"], &request["number"]),
        (&json!("updated"), &json!(1))
    );
    assert_eq!(
        story.hub.git(&["rev-parse", &format!("{branch}^")]),
        Some(onto.clone())
    );
    let text = story.file(&branch, ORDERS);
    assert!(
        text.contains("\"All\"") && text.contains("\"Exactly one.\""),
        "{text}"
    );
    assert_eq!(story.hub.tip("main"), Some(onto));
    assert_eq!(story.request(0)["state"], "unchanged");

    // Somebody works on the branch: that is left to people, and nothing of it is replaced.
    let git = |arguments: &[&str]| story.repository.git(arguments).expect(0);
    git(&["fetch", "--quiet", "origin"]);
    git(&["switch", "--quiet", "--detach", &format!("origin/{branch}")]);
    let theirs = story.repository.commit(&[("fix.txt", "x")], "a fix");
    let reference = format!("HEAD:refs/heads/{branch}");
    git(&["push", "--quiet", "--no-verify", "origin", &reference]);
    git(&["switch", "--quiet", "main"]);
    let writes = story.writes();
    story
        .request_as(TOKEN, &[])
        .expect(3)
        .says("has commits that no pull has made");
    assert_eq!(story.hub.tip(&branch), Some(theirs));
    assert_eq!(story.writes(), writes);
    story.holds_the_contract();
}

#[test]
fn what_is_in_conflict_is_explained_and_the_rest_is_there() {
    let (story, uid) = Story::agreed();
    let here = story
        .repository
        .git(&["show", &format!("HEAD:{ORDERS}")])
        .expect(0);
    story.commit(ORDERS, &here.stdout.replace("\"Make\"", "\"Add\""));
    story.change(&uid, |collection| {
        collection["item"][1]["name"] = json!("`<img src=x> @team\n# fixes #1");
    });
    story.make(&orders("Pets @all `<b>`"));
    let run = story
        .request_as(TOKEN, &["--format", "json"])
        .expect(3)
        .json();
    assert_eq!(run["outcome"]["pull_request"]["state"], "opened");
    assert_eq!(run["outcome"]["conflicts"][0]["path"], ORDERS);
    let branch = run["outcome"]["pull_request"]["branch"].as_str().unwrap();
    assert!(
        story.file(branch, ORDERS).contains("\"Add\""),
        "Git's side stays"
    );
    let (title, text) = story.hub.text(1);
    assert_eq!(title, "Pull 1 change from Postman");
    assert!(text.contains("### What is in conflict"), "{text}");
    assert!(text.contains("Git `Add`"), "{text}");
    assert!(text.contains("Postman ``"), "{text}");
    let message = story
        .hub
        .git(&["log", "-1", "--format=%B", branch])
        .unwrap();
    // Outside of code nothing stands that Postman wrote.
    for hostile in ["<img", "@team", "# fixes", "@all"] {
        assert!(
            !message.contains(hostile) && !title.contains(hostile),
            "{hostile}"
        );
        for line in text.lines().filter(|line| line.contains(hostile)) {
            let before = line.split(hostile).next().unwrap();
            assert!(before.contains('`'), "{hostile}: {line}");
        }
    }

    // Nothing but the conflict is left: the request is closed, and says why.
    let pets = story.collection("Pets @all `<b>`").0;
    story.ask("DELETE", &format!("/collections/{pets}"), &Value::Null);
    let closed = story.request(3);
    assert_eq!(closed["state"], "closed");
    assert!(story.hub.comments(1)[0].contains("in conflict"));
}

#[test]
fn who_may_not_is_told_before_or_in_the_words_of_the_provider() {
    let (story, uid) = Story::agreed();
    story.change(&uid, |collection| {
        collection["item"][0]["name"] = json!("All")
    });
    let to = [
        "--to",
        "pull-request",
        "--provider",
        "github",
        "--url",
        story.hub.url(),
    ];
    story
        .pull_as(&[], &to)
        .expect(2)
        .says("there is no token for GitHub");
    assert!(story.hub.exchanges().is_empty());
    let of_another = [
        ("GITHUB_TOKEN", TOKEN),
        ("GITHUB_SERVER_URL", "https://ghe.example.com"),
    ];
    story
        .pull_as(&of_another, &to)
        .expect(2)
        .says("there is no token");
    assert!(
        story.hub.exchanges().is_empty(),
        "the token is another server's"
    );
    story
        .request_as("ghp_bad", &[])
        .expect(4)
        .says("refused the token")
        .never_says("ghp_bad");
    story.hub.set(|switches| switches.grant = "read");
    story.request_as(TOKEN, &[]).expect(4).never_says(TOKEN);
    story.hub.set(|switches| {
        switches.grant = "write";
        switches.no_pull_requests = true;
    });
    story
        .request_as("ghs_0123456789", &[])
        .expect(4)
        .says("Allow GitHub Actions to create and approve pull requests");
    assert!(story.hub.open().is_empty());
    // The commit is there already; whoever may opens the request for it.
    assert_eq!(story.request(0)["state"], "opened");

    let at = |kind: &str, url: &str| {
        let arguments = ["--to", "pull-request", "--provider", kind, "--url", url];
        story.pull_as(&[("GITHUB_TOKEN", TOKEN)], &arguments)
    };
    at("bitbucket-data-center", "https://git.example.com")
        .expect(2)
        .says("there is no token for Bitbucket Data Center");
    at("github", "http://git.example.com").expect(2);
    at("gitea", "https://git.example.com")
        .expect(2)
        .says("it is one of");
    // A file of the repository says nothing of where the token goes.
    let origin = story.repository.beside("origin.git");
    let set = ["remote", "set-url", "origin", origin.to_str().unwrap()];
    story.repository.git(&set).expect(0);
    story
        .pull_as(&[("GITHUB_TOKEN", TOKEN)], &["--to", "pull-request"])
        .expect(2)
        .says("a directory of this machine");
}

/// A story whose remote has this address, and the repository that a stand-in is put before.
fn behind(address: &str) -> (Scene, Bare) {
    let scene = Scene::of_workspace(&[]);
    let bare = Bare::over(&scene.repository.beside("origin.git"));
    scene.give_address(address);
    (scene, bare)
}

/// Opened, left alone, updated, taken in what the other branch changed, closed: the same everywhere. Gives the branch.
fn is_the_same_story(linked: &Linked) -> String {
    let uid = linked.agree();
    assert_eq!(linked.request(0), Value::Null);
    linked.change(&uid, |collection| {
        collection["item"][0]["name"] = json!("All")
    });
    let first = linked.request(0);
    assert_eq!(first["state"], "opened", "{first}");
    let number = &first["number"];
    let branch = first["branch"].as_str().unwrap().to_owned();
    let origin = linked.repository.beside("origin.git");
    let git = |arguments: &[&str]| {
        let run = linked.repository.git_in(&origin, arguments).expect(0);
        run.stdout.trim_end().to_owned()
    };
    let tip = git(&["rev-parse", &branch]);
    let again = linked.request(0);
    assert_eq!(
        (&again["state"], &again["number"]),
        (&json!("unchanged"), number)
    );
    assert_eq!(git(&["rev-parse", &branch]), tip);

    linked.change(&uid, |collection| {
        collection["item"][1]["name"] = json!("Create")
    });
    let updated = linked.request(0);
    assert_eq!(
        (&updated["state"], &updated["number"]),
        (&json!("updated"), number)
    );
    assert_eq!(git(&["rev-parse", &format!("{branch}^")]), tip);

    let show = ["show", &format!("HEAD:{ORDERS}")];
    let text = linked.repository.git(&show).expect(0).stdout;
    let onto = linked.commit(ORDERS, &text.replace("\"One.\"", "\"Exactly one.\""));
    let moved = linked.request(0);
    assert_eq!(
        (&moved["state"], &moved["number"]),
        (&json!("updated"), number)
    );
    assert_eq!(git(&["rev-parse", &format!("{branch}^")]), onto);
    let merged = git(&["show", &format!("{branch}:{ORDERS}")]);
    for words in ["\"All\"", "\"Create\"", "\"Exactly one.\""] {
        assert!(merged.contains(words), "{words}: {merged}");
    }
    assert_eq!(linked.request(0)["state"], "unchanged");

    // Somebody takes both edits back in Postman.
    linked.change(&uid, |collection| {
        collection["item"][0]["name"] = json!("List");
        collection["item"][1]["name"] = json!("Make");
    });
    let closed = linked.request(0);
    assert_eq!(
        (&closed["state"], &closed["number"]),
        (&json!("closed"), number)
    );
    assert_eq!(linked.request(0), Value::Null);
    assert_eq!(git(&["rev-parse", "main"]), onto, "nobody touched it");

    let (variable, _) = linked.token;
    let bad = linked.request_as("bad-token", &[]);
    bad.expect(4).never_says("bad-token");
    linked.request_as("", &[]).expect(2).says(variable);
    branch
}

#[test]
fn the_same_on_gitlab() {
    let (scene, bare) = behind("git@git.example.com:acme/apis/orders.git");
    let fake = FakeGitLab::cloud(bare);
    let linked = Linked {
        scene,
        kind: "gitlab",
        url: fake.site().web.to_string(),
        token: ("GITLAB_TOKEN", gitlab::TOKEN),
    };
    let branch = is_the_same_story(&linked);
    let all = fake.merge_requests();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["source_branch"], json!(branch));
    assert_eq!(all[0]["state"], "closed");
    fake.holds_the_contract();
}

#[test]
fn the_same_on_azure_devops() {
    let (scene, bare) = behind("ssh://git@git.example.com/acme/My%20Proj/_git/orders");
    let fake = FakeAzure::services(bare);
    let linked = Linked {
        scene,
        kind: "azure-devops-services",
        url: format!("{}/acme", fake.service.url),
        token: ("AZURE_DEVOPS_TOKEN", azure::TOKEN),
    };
    is_the_same_story(&linked);
}

#[test]
fn the_same_on_bitbucket_cloud() {
    let (scene, bare) = behind("git@git.example.com:acme/orders.git");
    let fake = FakeCloud::start(bare);
    let linked = Linked {
        scene,
        kind: "bitbucket-cloud",
        url: fake.service.url.clone(),
        token: ("BITBUCKET_TOKEN", bitbucket_cloud::TOKEN),
    };
    is_the_same_story(&linked);
}

#[test]
fn the_same_on_bitbucket_data_center() {
    let (scene, bare) = behind("ssh://git@git.example.com/SHOP/orders.git");
    let fake = FakeServer::start(bare);
    let linked = Linked {
        scene,
        kind: "bitbucket-data-center",
        url: format!("{}/git", fake.service.url),
        token: ("BITBUCKET_TOKEN", bitbucket_server::TOKEN),
    };
    is_the_same_story(&linked);
}

/// A remote that is reached over HTTP, with git's own settings for its token.
fn reached_over_http(linked: &Scene, address: &str, credentials: &str) {
    let header = format!(
        "Authorization: Basic {}",
        encode_standard(credentials.as_bytes())
    );
    let git = |arguments: &[&str]| linked.repository.git(arguments).expect(0);
    git(&["remote", "set-url", "origin", address]);
    git(&["config", "http.extraHeader", &header]);
    git(&["fetch", "--quiet", "origin"]);
}

#[test]
fn the_same_on_a_github_that_we_did_not_write() {
    let scene = Scene::of_workspace(&[]);
    let bare = Bare::over(&scene.repository.beside("origin.git"));
    let Some(peer) = Emulate::over(bare) else {
        return;
    };
    let address = format!("{}/{}.git", peer.service.url, emulate::NAME);
    reached_over_http(&scene, &address, &format!("x:{}", emulate::TOKEN));
    let linked = Linked {
        scene,
        kind: "github",
        url: peer.service.url.clone(),
        token: ("GITHUB_TOKEN", emulate::TOKEN),
    };
    let branch = is_the_same_story(&linked);
    let pulls = peer.ask(&format!("/repos/{}/pulls?state=all", emulate::NAME));
    assert_eq!(pulls.as_array().unwrap().len(), 1, "{pulls}");
    assert_eq!(pulls[0]["head"]["ref"], json!(branch));
    assert_eq!(pulls[0]["state"], "closed");

    // Somebody pushes to the branch to merge into while a pull is under way.
    linked.edit("Orders", |collection| {
        collection["item"][0]["name"] = json!("Every");
    });
    let mut arguments = vec!["pull", "--to", "pull-request", "--provider", "github"];
    arguments.extend(["--url", &linked.url]);
    let reference = |branch: &str| {
        let path = format!("/repos/{}/git/ref/heads/{branch}", emulate::NAME);
        peer.ask(&path)["object"]["sha"].clone()
    };
    let before = reference(&branch);
    let mut moved = String::new();
    let run = linked.run_held_with(1, &[linked.token], &arguments, || {
        moved = linked.commit("README.md", "# Orders\n");
    });
    run.expect(0).says("opened");
    // Neither what was pushed nor what stood on the branch is lost.
    assert_eq!(reference("main"), json!(moved));
    let tip = reference(&branch);
    let path = format!(
        "/repos/{}/git/commits/{}",
        emulate::NAME,
        tip.as_str().unwrap()
    );
    assert_eq!(peer.ask(&path)["parents"][0]["sha"], before);
}

#[test]
fn of_two_runs_at_once_one_opens_and_the_other_finds_it() {
    let (story, uid) = Story::agreed();
    story.change(&uid, |collection| {
        collection["item"][0]["name"] = json!("All")
    });
    let url = story.hub.url();
    let arguments = [
        "pull",
        "--to",
        "pull-request",
        "--provider",
        "github",
        "--url",
        url,
    ];
    let late = story.run_held_with(1, &[("GITHUB_TOKEN", TOKEN)], &arguments, || {
        assert_eq!(story.request(0)["state"], "opened");
    });
    late.expect(0).says("pull request 1 unchanged");
    assert_eq!(story.hub.open(), [1]);
    let branches = [
        "for-each-ref",
        "--format=%(refname)",
        "refs/heads/git-postman/",
    ];
    let branches = story.hub.git(&branches).unwrap();
    assert_eq!(branches.lines().count(), 1, "{branches}");
    let range = format!("main..{branches}");
    let count = story.hub.git(&["rev-list", "--count", &range]);
    assert_eq!(count.as_deref(), Some("1"), "one commit, not two");
}

#[test]
fn a_sealed_plan_opens_exactly_what_it_says_and_not_where_a_file_says() {
    let (story, uid) = Story::agreed();
    story.change(&uid, |collection| {
        collection["item"][0]["name"] = json!("All")
    });
    let site = ["--provider", "github", "--url", story.hub.url()];
    let run = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.extend(site);
        story.run_as(&[("GITHUB_TOKEN", TOKEN)], &all)
    };
    run(&[
        "plan",
        "pull",
        "--to",
        "pull-request",
        "--out",
        "../plan.json",
    ])
    .expect(0)
    .says("pull request would be opened");
    assert_eq!(story.writes(), 0);
    let plan = story.repository.beside("plan.json");
    let sealed = fs::read_to_string(&plan).unwrap();
    assert!(!sealed.contains(story.hub.url()), "{sealed}");
    // Where the branch to merge into has moved since, nothing is written.
    let main = story.hub.tip("main").unwrap();
    let edited = story.file("main", ORDERS).replace("\"One.\"", "\"1.\"");
    story.commit(ORDERS, &edited);
    run(&["apply", "../plan.json"]).expect(3);
    assert_eq!(story.writes(), 0);
    let back = ["update-ref", "refs/heads/main", &main];
    story.hub.git(&back).unwrap();
    run(&["apply", "../plan.json"])
        .expect(0)
        .says("pull request 1 opened");
    // The pull is recorded by now, so the plan is none any more.
    run(&["apply", "../plan.json"])
        .expect(3)
        .says("another sync was recorded");
    // A file that somebody hands over does not say where the token goes.
    let mut handed: Value = serde_json::from_str(&sealed).unwrap();
    handed["choice"]["url"] = json!(story.hub.url());
    fs::write(&plan, handed.to_string()).unwrap();
    let before = story.hub.exchanges().len();
    run(&["apply", "../plan.json"]).expect(2);
    assert_eq!(story.hub.exchanges().len(), before);
}

#[test]
fn a_shallow_clone_says_that_it_cannot_tell_whose_commits_are_there() {
    let (story, uid) = Story::agreed();
    story.change(&uid, |collection| {
        collection["item"][0]["name"] = json!("All");
    });
    story.request(0);
    story.commit("README.md", "# Orders\n");
    let beside = story.repository.beside("");
    let origin = format!("file://{}", story.repository.beside("origin.git").display());
    let clone = ["clone", "--quiet", "--depth=1", &origin, "shallow"];
    story.repository.git_in(&beside, &clone).expect(0);
    let directory = story.repository.beside("shallow");
    let ssh = story.repository.beside("ssh");
    let address = "git@git.example.com:acme/orders.git";
    for arguments in [
        ["config", "core.sshCommand", ssh.to_str().unwrap()],
        ["config", "remote.origin.url", address],
    ] {
        story.repository.git_in(&directory, &arguments).expect(0);
    }
    let writes = story.writes();
    let at = directory.to_str().unwrap();
    let url = story.hub.url();
    let to = ["--to", "pull-request", "--provider", "github", "--url", url];
    let mut arguments = vec!["-C", at, "pull"];
    arguments.extend(to);
    let run = story.run_as(&[("GITHUB_TOKEN", TOKEN)], &arguments);
    run.expect(2).says("git fetch --unshallow");
    assert_eq!(story.writes(), writes);
    let whole = ["fetch", "--quiet", "--unshallow"];
    story.repository.git_in(&directory, &whole).expect(0);
    let run = story.run_as(&[("GITHUB_TOKEN", TOKEN)], &arguments);
    run.expect(0).says("pull request 1 unchanged");
}
