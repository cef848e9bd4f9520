//! `audit` from outside: the real program, an organisation in the place of GitHub, other providers' stand-ins, and the
//! sandbox in Postman's place.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;

use git_postman::sandbox::running::Running;
use serde_json::{Value, json};

use crate::support::bare::Bare;
use crate::support::organisation::{Organisation, Planted, TOKEN};
use crate::support::postman::{ask_sandbox, sandbox};
use crate::support::{Repository, Run, azure, bitbucket_cloud, bitbucket_server, gitlab, program};

/// A directory to run in, an organisation and a workspace.
struct Scene {
    repository: Repository,
    organisation: Organisation,
    sandbox: Running,
    workspace: String,
}

impl Scene {
    fn new(plant: impl FnOnce(&dyn Fn(&str) -> String) -> Vec<Planted>) -> Self {
        let (sandbox, workspace) = sandbox();
        let make = |name: &str| {
            let path = format!("/apis?workspaceId={workspace}");
            let made = ask_sandbox(&sandbox, "POST", &path, &json!({ "name": name }));
            made["id"].as_str().unwrap().to_owned()
        };
        let organisation = Organisation::start(plant(&make));
        Self {
            repository: Repository::empty(),
            organisation,
            sandbox,
            workspace,
        }
    }

    /// Postman has connected an API to a repository.
    fn connect(&self, api: &str, repository: &str) {
        let link = json!({"domain": null, "organization": "acme", "repository": repository,
            "schemaFolder": "postman/schemas", "collectionFolder": "postman/collections"});
        ask_sandbox(
            &self.sandbox,
            "PUT",
            &format!("/sandbox/apis/{api}/git"),
            &link,
        );
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let owner = self.organisation.owner();
        let mut all = vec!["audit", "--owner", &owner, "--workspace", &self.workspace];
        all.extend(arguments);
        let directory = self.repository.root();
        let mut command = self.repository.command(program(), directory, &all);
        command
            .env("GITHUB_TOKEN", TOKEN)
            .env("POSTMAN_API_URL", &self.sandbox.url)
            .env("POSTMAN_API_KEY", &self.sandbox.key);
        command
    }

    fn audit(&self, arguments: &[&str]) -> Run {
        let output = self.command(arguments).output().unwrap();
        Run::of(format!("audit {}", arguments.join(" ")), &output)
    }

    fn merge(&self, arguments: &[&str]) -> Run {
        let mut all = vec!["audit", "merge"];
        all.extend(arguments);
        self.repository.run(&all)
    }

    fn bytes(&self, file: &str) -> Vec<u8> {
        fs::read(self.repository.at(file)).unwrap()
    }

    /// Calls that came since the last look, without lists.
    fn calls(&self, before: usize) -> usize {
        self.organisation.service.calls() - before
    }
}

/// The files of a repository that is connected to an API, with a guard on either side.
fn connected(api: &str) -> Vec<(String, String)> {
    let index =
        format!("configVersion = 1.0.0\ntype = apiEntityData\napis[] = {{\"apiId\":\"{api}\"}}\n");
    let own = format!(
        "configVersion = 1.0.0\ntype = apiEntityData\n\n[config]\nid = {api}\n\n[config.relations]\n\n\
         [config.relations.collections]\nrootDirectory = postman/collections\n\n[config.relations.collections.metaData]\n\n\
         [config.relations.apiDefinition]\nrootDirectory = postman/schemas\n\n[config.relations.apiDefinition.metaData]\n"
    );
    [
        (
            ".github/workflows/postman.yml",
            "on: push\njobs:\n  check:\n    steps:\n      - run: git-postman check\n".to_owned(),
        ),
        (
            ".husky/pre-push",
            "git postman hook run pre-push\n".to_owned(),
        ),
        (".postman/api", index),
        (&format!(".postman/api_{api}"), own),
        ("postman/collections/Orders.json", "{}".to_owned()),
        ("postman/schemas/index.yaml", "openapi: 3.1.0\n".to_owned()),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), text))
    .collect()
}

fn planted(name: &str, files: &[(String, String)]) -> Planted {
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    Planted::with(name, &files)
}

/// Rules and repositories of a report, without the host.
fn found(scene: &Scene, report: &Value) -> Vec<(String, String)> {
    let host = format!("{}/acme/", scene.organisation.host());
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| {
            let path = finding["location"]["path"].as_str().unwrap();
            let rule = finding["rule"].as_str().unwrap().to_owned();
            (rule, path.strip_prefix(&host).unwrap_or(path).to_owned())
        })
        .collect()
}

/// An organisation where all is well but for one API in two repositories.
fn doubled() -> (Scene, String) {
    let mut id = String::new();
    let scene = Scene::new(|make| {
        let (orders, billing) = (make("Orders"), make("Billing"));
        id.clone_from(&orders);
        let mut planted_here = vec![
            planted("billing", &connected(&billing)),
            planted("orders", &connected(&orders)),
            planted("copy", &connected(&orders)),
            Planted::with("plain", &[("README.md", "# Plain")]),
            Planted {
                name: "nothing".to_owned(),
                ..Planted::default()
            },
        ];
        for number in 0..20 {
            planted_here.push(Planted::with(
                &format!("service-{number:02}"),
                &[("src/main.rs", "")],
            ));
        }
        id = format!("{orders} {billing}");
        planted_here
    });
    let (orders, billing) = id.split_once(' ').unwrap();
    scene.connect(orders, "orders");
    scene.connect(billing, "billing");
    let orders = orders.to_owned();
    (scene, orders)
}

#[test]
fn both_ends_are_seen_and_a_second_run_asks_for_what_changed() {
    let (scene, orders) = doubled();
    let run = scene
        .audit(&["--state", "state.redb", "--format", "json"])
        .expect(1);
    let report = run.json();
    assert_eq!(
        found(&scene, &report),
        [(
            "api-in-several-repositories".to_owned(),
            "copy/.postman/api".to_owned()
        )]
    );
    assert_eq!(
        (&report["audit"]["repositories"], &report["audit"]["apis"]),
        (&json!(25), &json!(2))
    );
    // A list, a tree for each; of the three that claim an API the files in one call, and the branches.
    let first = scene.organisation.service.calls();
    assert_eq!(first, 1 + 25 + 3 * 2);
    assert_eq!(report["audit"]["provider_calls"], json!(first));
    let calls = scene.organisation.calls();
    assert_eq!((calls["plain"], calls["orders"], calls["list"]), (1, 3, 1));

    let run = scene
        .audit(&["--state", "state.redb", "--format", "json"])
        .expect(1);
    assert_eq!(found(&scene, &run.json()), found(&scene, &report));
    assert_eq!(run.json()["audit"]["unchanged"], json!(25));
    assert_eq!(
        (
            scene.calls(first),
            scene.organisation.service.statuses().last()
        ),
        (1, Some(&304))
    );

    // Somebody takes the copy's link out: only that repository is asked for.
    scene
        .organisation
        .push("copy", &[("README.md", "")], "2026-02-03T04:05:06Z");
    let before = scene.organisation.service.calls();
    let run = scene
        .audit(&["--state", "state.redb", "--format", "json"])
        .expect(0);
    assert_eq!(run.json()["findings"], json!([]), "{orders}");
    assert_eq!(scene.calls(before), 2);
    scene.organisation.holds_the_contract();
}

#[test]
fn a_repository_that_says_no_is_one_fact_and_an_owner_is_exit_code_four() {
    let (scene, _) = doubled();
    scene.organisation.world().closed.insert("plain".to_owned());
    let run = scene
        .audit(&["--state", "state.redb", "--format", "json"])
        .expect(1);
    let found = found(&scene, &run.json());
    assert!(
        found
            .iter()
            .any(|(rule, path)| rule == "unreadable-repository" && path.starts_with("plain")),
        "{found:?}"
    );
    // What failed is asked for again, and nothing else.
    scene.organisation.world().closed.clear();
    let before = scene.organisation.service.calls();
    scene
        .audit(&["--state", "state.redb", "--format", "json"])
        .expect(1);
    assert_eq!(scene.calls(before), 2);

    let owner = format!("github:{}/nobody", scene.organisation.service.url);
    let alone = |more: &[&str]| {
        let mut arguments = vec![
            "audit",
            "--without-postman",
            "--state",
            "other.redb",
            "--owner",
            &owner,
        ];
        arguments.extend(more);
        scene.repository.run_handed(
            scene.repository.root(),
            &[("GITHUB_TOKEN", TOKEN)],
            &arguments,
        )
    };
    alone(&[]).expect(4).says("nobody");
    // Beside one that answers it is said, and the rest is judged.
    alone(&["--owner", &scene.organisation.owner()])
        .expect(1)
        .says("nobody");
}

#[test]
fn a_run_that_was_killed_is_gone_on_with() {
    let (scene, _) = doubled();
    let (tell, told) = channel();
    scene.organisation.world().calls_left = Some((70, tell));
    // 31 calls would be all of it, so that nothing is held back at first.
    scene
        .audit(&["--state", "whole.redb", "--out", "whole.jsonl"])
        .expect(1);
    let whole = scene.organisation.service.calls();
    let (tell_again, told_again) = channel();
    scene.organisation.world().calls_left = Some((20, tell_again));
    let mut child = scene
        .command(&["--state", "state.redb", "--out", "resumed.jsonl"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    told_again.recv().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    drop(told);
    scene.organisation.world().calls_left = None;
    let run = scene
        .audit(&[
            "--state",
            "state.redb",
            "--out",
            "resumed.jsonl",
            "--format",
            "json",
        ])
        .expect(1);
    assert_eq!(scene.bytes("resumed.jsonl"), scene.bytes("whole.jsonl"));
    assert!(
        whole > 0 && run.stderr.contains("ended before its time"),
        "{}",
        run.stderr
    );
}

#[test]
fn parts_put_together_are_the_one_run() {
    let (scene, _) = doubled();
    scene
        .audit(&[
            "--state",
            "whole.redb",
            "--out",
            "whole.jsonl",
            "--format",
            "json",
        ])
        .expect(1);
    for number in 1..=3 {
        let (shard, out, state) = (
            format!("{number}/3"),
            format!("part{number}.jsonl"),
            format!("state{number}.redb"),
        );
        scene
            .audit(&["--shard", &shard, "--out", &out, "--state", &state])
            .expect(0);
    }
    scene
        .merge(&["part3.jsonl", "part1.jsonl"])
        .expect(2)
        .says("missing: 2");
    scene
        .merge(&["part3.jsonl", "part1.jsonl", "--partial"])
        .says("missing: 2");
    let merged = scene.merge(&[
        "part3.jsonl",
        "part1.jsonl",
        "part2.jsonl",
        "part1.jsonl",
        "--out",
        "merged.jsonl",
        "--format",
        "json",
    ]);
    let merged = merged.expect(1);
    assert_eq!(scene.bytes("merged.jsonl"), scene.bytes("whole.jsonl"));
    let again = scene.merge(&["whole.jsonl", "--format", "json"]).expect(1);
    assert_eq!(again.json()["findings"], merged.json()["findings"]);
    fs::write(scene.repository.at("bad.jsonl"), "{}\n").unwrap();
    scene.merge(&["bad.jsonl"]).expect(2).says("bad.jsonl:1:");
}

#[test]
fn what_is_kept_holds_no_token() {
    let (scene, _) = doubled();
    scene
        .audit(&["--state", "state.redb", "--out", "whole.jsonl"])
        .expect(1);
    for file in ["state.redb", "whole.jsonl"] {
        let bytes = scene.bytes(file);
        for secret in [TOKEN, &scene.sandbox.key] {
            let has = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!has, "{file}");
        }
    }
}

/// One repository on another provider is read and claimed; the second run asks for no file.
#[track_caller]
fn is_audited(owner: &[&str], token: (&str, &str), calls: &dyn Fn() -> Vec<String>) {
    let repository = Repository::empty();
    let audit = || {
        let mut arguments = vec![
            "audit",
            "--without-postman",
            "--state",
            "state.redb",
            "--out",
            "part.jsonl",
            "--format",
            "json",
        ];
        arguments.extend(owner);
        repository.run_handed(repository.root(), &[token], &arguments)
    };
    let run = audit();
    assert!(matches!(run.code, 0 | 1), "{run:?}");
    let text = fs::read_to_string(repository.at("part.jsonl")).unwrap();
    assert!(
        text.contains("2f5c1c1e-8a34-4d0e-9d0b-5a1f0c7f6e21"),
        "{text}\n{:#?}",
        calls()
    );
    let first = calls().len();
    let again = audit();
    assert_eq!(
        again.json()["audit"]["unchanged"],
        run.json()["audit"]["repositories"],
        "{again:?}"
    );
    let second = calls().split_off(first);
    // Projects, repositories, and branches where no list tells of pushes.
    assert!(second.len() <= 3, "{second:?}");
    let has_files = |line: &String| {
        line.contains("/trees/") || line.contains("/blobs") || line.contains("/src/")
    };
    assert!(!second.iter().any(has_files), "{second:?}");
    assert_eq!(again.json()["findings"], run.json()["findings"]);
}

fn behind() -> Bare {
    let files = connected("2f5c1c1e-8a34-4d0e-9d0b-5a1f0c7f6e21");
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_bytes()))
        .collect();
    Bare::with(&files)
}

#[test]
fn gitlab_is_audited() {
    let fake = gitlab::FakeGitLab::self_managed(behind());
    let web = fake.site().web.to_string();
    let owner = [
        "--provider",
        "gitlab-self-managed",
        "--url",
        &web,
        "--owner",
        "acme/apis",
    ];
    is_audited(&owner, ("GITLAB_TOKEN", gitlab::TOKEN), &|| {
        fake.service.lines()
    });
    fake.holds_the_contract();
}

#[test]
fn azure_is_audited() {
    let fake = azure::FakeAzure::services(behind());
    let web = format!("{}/acme", fake.service.url);
    let owner = [
        "--provider",
        "azure-devops-services",
        "--url",
        &web,
        "--owner",
        &web,
    ];
    is_audited(&owner, ("AZURE_DEVOPS_TOKEN", azure::TOKEN), &|| {
        fake.service.lines()
    });
}

#[test]
fn bitbucket_cloud_is_audited() {
    let fake = bitbucket_cloud::FakeCloud::start(behind());
    let owner = format!("bitbucket-cloud:{}/acme", fake.service.url);
    is_audited(
        &["--owner", &owner],
        ("BITBUCKET_TOKEN", bitbucket_cloud::TOKEN),
        &|| fake.service.lines(),
    );
}

#[test]
fn bitbucket_data_center_is_audited() {
    let fake = bitbucket_server::FakeServer::start(behind());
    let web = format!("{}/git", fake.service.url);
    let owner = [
        "--provider",
        "bitbucket-data-center",
        "--url",
        &web,
        "--owner",
        "SHOP",
    ];
    is_audited(
        &owner,
        ("BITBUCKET_TOKEN", bitbucket_server::TOKEN),
        &|| fake.service.lines(),
    );
}
