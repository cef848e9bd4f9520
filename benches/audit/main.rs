//! What an audit finds and costs: the real program over a synthetic organisation with real documents, a stand-in for GitHub and
//! the sandbox in Postman's place, all over loopback.
//!
//! `cargo bench --bench audit` prints every table; `--repositories N` and `--seeds N` change the sizes, `--corpus DIR` names the
//! folder of real documents. A violation that is not found, a finding that nobody has sown, more calls than are promised and
//! shards that do not make the whole again end the run with a panic. Peak memory needs GNU time.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark that cannot go on should say where"
)]

#[allow(dead_code, reason = "the end-to-end tests use the rest")]
#[path = "../../tests/it/support/mod.rs"]
mod support;

mod planting;
#[path = "../support/timing.rs"]
mod timing;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use git_postman::sandbox::options::{Options, Settings};
use git_postman::sandbox::running::{Running, Sandbox};
use serde_json::{Value, json};

use crate::planting::{Documents, Field, WORKSPACE, field};
use crate::support::Repository;
use crate::support::organisation::{Organisation, TOKEN};
use crate::timing::{peak, timed};

/// Calls for each repository that a first and a second run may make.
const PROMISED: [f64; 2] = [2.0, 0.05];

/// A directory to run in, an organisation, and an account of Postman.
struct Scene {
    repository: Repository,
    organisation: Organisation,
    sandbox: Running,
    size: usize,
    sown: Vec<(&'static str, String)>,
}

/// What came of a run.
struct Outcome {
    report: Value,
    calls: usize,
    seconds: f64,
    memory: String,
}

impl Scene {
    fn new(field: Field) -> Self {
        let repository = Repository::empty();
        let seed =
            json!({ "workspaces": [{ "id": WORKSPACE, "name": "Team", "apis": field.apis }] });
        fs::write(repository.beside("seed.json"), seed.to_string()).unwrap();
        let sandbox = Sandbox::start(Options {
            seed: Some(repository.beside("seed.json")),
            // With Postman's own limit a minute for each 300 APIs would be all that is measured.
            settings: Settings {
                rate_limit: 1_000_000,
                strict_limit: 1_000_000,
                quota: u64::MAX,
                ..Settings::default()
            },
            ..Options::default()
        });
        let size = field.repositories.len();
        Self {
            repository,
            organisation: Organisation::start(field.repositories),
            sandbox: sandbox.unwrap(),
            size,
            sown: field.sown,
        }
    }

    fn audit(&self, arguments: &[&str]) -> Outcome {
        let owner = self.organisation.owner();
        let mut all = vec![
            "audit",
            "--owner",
            &owner,
            "--workspace",
            WORKSPACE,
            "--format",
            "json",
        ];
        all.extend(arguments);
        let (mut command, told) = timed(&self.repository, &all);
        let before = self.organisation.service.calls();
        let start = Instant::now();
        let output = command
            .env("GITHUB_TOKEN", TOKEN)
            .env("POSTMAN_API_KEY", &self.sandbox.key)
            .env("POSTMAN_API_URL", &self.sandbox.url)
            .output()
            .unwrap();
        let seconds = start.elapsed().as_secs_f64();
        let report = serde_json::from_slice(&output.stdout);
        Outcome {
            report: report
                .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr))),
            calls: self.organisation.service.calls() - before,
            seconds,
            memory: peak(&told),
        }
    }

    fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.repository.at(name)).unwrap()
    }

    /// Rules and places that a report names.
    fn found(&self, report: &Value) -> BTreeSet<(String, String)> {
        let host = format!("{}/acme/", self.organisation.host());
        let findings = report["findings"].as_array().unwrap().iter();
        findings
            .map(|finding| {
                let path = finding["location"]["path"].as_str().unwrap();
                let path = path.strip_prefix(&host).unwrap_or(path).to_owned();
                (finding["rule"].as_str().unwrap().to_owned(), path)
            })
            .collect()
    }
}

fn main() {
    let mut size = 2000;
    let mut seeds = 3;
    let mut corpus = PathBuf::from("../shared/corpus");
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap();
        match argument.as_str() {
            "--repositories" => size = value().parse().unwrap(),
            "--seeds" => seeds = value().parse().unwrap(),
            "--corpus" => corpus = PathBuf::from(value()),
            _ => {}
        }
    }
    if !corpus.is_dir() {
        println!("skipped: there is no corpus at {}", corpus.display());
        return;
    }
    let documents = Documents::read(&corpus);
    let scene = Scene::new(field(&documents, size, seeds));
    let first = scene.audit(&["--state", "one.redb", "--out", "whole.jsonl"]);
    found(&scene, &first.report);
    calls(&scene, &first);
    shards(&scene, &first.report);
    drop(scene);
    closed(&documents, seeds);
    memory(&documents, seeds);
}

/// What was sown, rule by rule, and what was found.
fn found(scene: &Scene, report: &Value) {
    let found = scene.found(report);
    let sown: BTreeSet<(String, String)> = scene
        .sown
        .iter()
        .map(|(rule, path)| ((*rule).to_owned(), path.clone()))
        .collect();
    let mut rules: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for (rule, _) in &sown {
        rules.entry(rule).or_default()[0] += 1;
    }
    for one in &found {
        rules.entry(&one.0).or_default()[if sown.contains(one) { 1 } else { 2 }] += 1;
    }
    println!("| rule | sown | found | invented |\n|---|---|---|---|");
    for (rule, [sown, found, invented]) in &rules {
        println!("| {rule} | {sown} | {found} | {invented} |");
    }
    let missed: Vec<_> = sown.difference(&found).collect();
    let invented: Vec<_> = found.difference(&sown).collect();
    println!(
        "| all {} | {} | {} | {} |\n",
        rules.len(),
        sown.len(),
        sown.len() - missed.len(),
        invented.len()
    );
    assert!(missed.is_empty(), "missed: {missed:#?}");
    assert!(invented.is_empty(), "invented: {invented:#?}");
}

/// A first run, one right after it, and one after some pushes.
fn calls(scene: &Scene, first: &Outcome) {
    let size = scene.size;
    println!(
        "| run over {size} repositories | calls to the provider | for each repository | calls to Postman | seconds | peak memory |\n|---|---|---|---|---|---|"
    );
    let told = |what: &str, outcome: &Outcome| {
        let each = outcome.calls as f64 / size as f64;
        let postman = &outcome.report["audit"]["postman_calls"];
        println!(
            "| {what} | {} | {each:.3} | {postman} | {:.1} | {} |",
            outcome.calls, outcome.seconds, outcome.memory
        );
        each
    };
    assert!(told("first", first) <= PROMISED[0]);
    let second = scene.audit(&["--state", "one.redb", "--out", "second.jsonl"]);
    assert!(told("second", &second) <= PROMISED[1]);
    assert_eq!(second.report["audit"]["unchanged"], json!(size));
    assert!(scene.file("second.jsonl") == scene.file("whole.jsonl"));
    for number in 0..size / 100 {
        let name = format!("service-{:05}", number * 100 + 2);
        scene
            .organisation
            .push(&name, &[("README.md", "pushed")], "2026-03-04T05:06:07Z");
    }
    let third = scene.audit(&["--state", "one.redb", "--out", "whole.jsonl"]);
    told("after pushes to one of a hundred", &third);
    assert_eq!(third.report["findings"], first.report["findings"]);
    println!();
}

/// Eight parts, each a run of its own, put together.
fn shards(scene: &Scene, whole: &Value) {
    let mut arguments = vec![
        "audit",
        "merge",
        "--format",
        "json",
        "--out",
        "merged.jsonl",
    ];
    let names: Vec<String> = (1..=8)
        .rev()
        .map(|number| format!("part{number}.jsonl"))
        .collect();
    let mut sizes = Vec::new();
    for (number, name) in (1..=8).rev().zip(&names) {
        let (shard, state) = (format!("{number}/8"), format!("part{number}.redb"));
        let part = scene.audit(&["--shard", &shard, "--out", name, "--state", &state]);
        sizes.push(part.report["audit"]["repositories"].as_u64().unwrap());
        arguments.push(name);
    }
    let merged = scene.repository.run(&arguments).json();
    let is_same = scene.file("merged.jsonl") == scene.file("whole.jsonl");
    let has_same = merged["findings"] == whole["findings"] && merged["notes"] == whole["notes"];
    println!(
        "8 shards of {sizes:?} repositories put together: the same bytes as one run: {is_same}; the same findings: {has_same}\n"
    );
    assert!(is_same && has_same);
}

/// Repositories that the token may list and not read; an organisation of its own, since nobody is called an orphan then.
fn closed(documents: &Documents, seeds: usize) {
    let scene = Scene::new(field(documents, 200, 0));
    let names: BTreeSet<String> = (0..seeds)
        .map(|number| format!("service-{:05}", number * 4 + 1))
        .collect();
    scene.organisation.world().closed.clone_from(&names);
    let found = scene.found(&scene.audit(&["--state", "closed.redb"]).report);
    let expected = names
        .into_iter()
        .map(|name| ("unreadable-repository".to_owned(), name));
    println!(
        "unreadable-repository in an organisation of 200: {seeds} sown, {} found, nothing else\n",
        found.len()
    );
    assert_eq!(found, expected.collect());
}

/// Peak memory by the size of the organisation.
fn memory(documents: &Documents, seeds: usize) {
    println!(
        "| repositories | first run | peak memory | second run | peak memory |\n|---|---|---|---|---|"
    );
    for size in [500, 1000, 2000, 4000] {
        let scene = Scene::new(field(documents, size, seeds.min(size / 400)));
        let first = scene.audit(&["--state", "one.redb"]);
        let second = scene.audit(&["--state", "one.redb"]);
        println!(
            "| {} | {:.1} s | {} | {:.1} s | {} |",
            scene.size, first.seconds, first.memory, second.seconds, second.memory
        );
    }
}
