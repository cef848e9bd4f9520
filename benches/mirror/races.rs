//! Many runs from many clones at once.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use crate::edits::rename_in_postman;
use crate::honest::{applied, honest_push};
use crate::sides::{in_git, in_postman};
use crate::support::Repository;
use crate::support::postman::{STATE, Scene, collection};

/// Every so-manieth racer changes something in Postman as well, pulls it and pushes once more.
const PULLS_EACH: usize = 5;
/// So often a racer tries again.
const PATIENCE: usize = 200;

type Ends = Mutex<BTreeMap<String, usize>>;

pub(crate) fn races(count: usize) {
    println!(
        "\n## Races: pushes from {count} clones, all at once, and pulls from every fifth of them\n"
    );
    let shared: Vec<(String, String)> = (0..count.div_ceil(10))
        .map(|number| {
            let names: Vec<String> = (0..10)
                .map(|request| format!("Request {request}"))
                .collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let name = format!("Shared {number}");
            (shared_path(number), collection(&name, &names))
        })
        .collect();
    let files: Vec<(&str, &str)> = shared
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let scene = Scene::of_workspace(&files);
    honest_push(&scene, &scene.repository, &[]).0.expect(0);
    let records = scene.records();
    let clones: Vec<Repository> = (0..count).map(|_| clone_of(&scene)).collect();
    let ends = Ends::default();
    let start = Instant::now();
    thread::scope(|scope| {
        for (racer, clone) in clones.iter().enumerate() {
            let (scene, ends) = (&scene, &ends);
            scope.spawn(move || race(scene, clone, racer, ends));
        }
    });
    let seconds = start.elapsed().as_secs_f64();
    scene
        .repository
        .git(&["pull", "--quiet", "--ff-only", "origin", "main"])
        .expect(0);
    let places = ["postman/collections"];
    let git = in_git(&scene.repository, &[], &places);
    let there = in_postman(&scene, None);
    assert_eq!(git, there, "an update is lost or doubled");
    let before = scene.recorder.calls();
    let (run, last) = honest_push(&scene, &scene.repository, &[]);
    assert_eq!((run.code, applied(&last)), (0, 0), "{run}");
    assert!(scene.recorder.calls() - before <= 2);
    let inventory = scene.inventory();
    let mut once = inventory.clone();
    once.dedup();
    assert_eq!(once.len(), inventory.len());
    assert_eq!(once.len(), count + count.div_ceil(10));
    for racer in 0..count {
        let content = scene.collection(&format!("Shared {}", racer / 10)).1;
        let name = &content["item"][racer % 10]["name"];
        assert_eq!(*name, format!("Racer {racer}"));
        let own = scene.collection(&own_name(racer)).1;
        let expected = if pulls(racer) {
            in_postman_name(racer)
        } else {
            "Two".to_owned()
        };
        assert_eq!(own["item"][1]["name"], expected);
    }
    let chain =
        scene
            .repository
            .git(&["--git-dir", "../origin.git", "rev-list", "--parents", STATE]);
    let chain = chain.expect(0).stdout;
    let widths: Vec<usize> = chain.lines().map(|line| line.split(' ').count()).collect();
    assert!(widths.iter().all(|width| *width <= 2));
    assert_eq!(widths.iter().filter(|width| **width == 1).count(), 1);
    println!("runs by exit code: {:?}", ends.lock().unwrap());
    println!(
        "{seconds:.1} s; {} collections, none twice; every one of {count} edits in Git and of {} in Postman is on both sides, which are equal",
        once.len(),
        (0..count).filter(|racer| pulls(*racer)).count()
    );
    println!(
        "state: {} records, {} of them of the race, linear: every one has one parent, and one begins the chain",
        widths.len(),
        widths.len() - records
    );
}

fn pulls(racer: usize) -> bool {
    racer % PULLS_EACH == PULLS_EACH - 1
}

fn own_name(racer: usize) -> String {
    format!("Own {racer}")
}

fn in_postman_name(racer: usize) -> String {
    format!("Postman {racer}")
}

fn shared_path(number: usize) -> String {
    format!("postman/collections/shared-{number}.json")
}

fn clone_of(scene: &Scene) -> Repository {
    let clone = Repository::none();
    let origin = scene.repository.beside("origin.git");
    let arguments = [
        "clone",
        "--quiet",
        "--branch",
        "main",
        origin.to_str().unwrap(),
        ".",
    ];
    clone.git(&arguments).expect(0);
    clone
}

/// What one of them does, until it is through.
fn race(scene: &Scene, clone: &Repository, racer: usize, ends: &Ends) {
    change_and_deliver(clone, racer);
    push(scene, clone, ends);
    if !pulls(racer) {
        return;
    }
    let (uid, _) = scene.collection(&own_name(racer));
    rename_in_postman(scene, &uid, 1, &in_postman_name(racer));
    for attempt in 0.. {
        assert!(attempt < PATIENCE, "racer {racer} never gets through");
        catch_up(clone);
        let run = scene.run_in(clone, &["pull", "--to", "commit", "--force"]);
        count(ends, "pull", run.code);
        assert!(matches!(run.code, 0 | 5), "{run}");
        if run.code == 0 && deliver(clone) {
            break;
        }
    }
    push(scene, clone, ends);
}

/// Pushes as a job does that may be behind: it gets the newer commits and tries again.
fn push(scene: &Scene, clone: &Repository, ends: &Ends) {
    for attempt in 0.. {
        assert!(attempt < PATIENCE, "a racer never gets through");
        let run = scene.run_in(clone, &["push", "--max-change", "100", "--format", "json"]);
        count(ends, "push", run.code);
        match run.code {
            0 => return,
            5 => catch_up(clone),
            _ => panic!("{run}"),
        }
    }
}

fn count(ends: &Ends, what: &str, code: i32) {
    let key = format!("{what} {code}");
    *ends.lock().unwrap().entry(key).or_default() += 1;
}

fn catch_up(clone: &Repository) {
    clone
        .git(&["pull", "--quiet", "--rebase", "origin", "main"])
        .expect(0);
}

fn deliver(clone: &Repository) -> bool {
    let run = clone.git(&["push", "--quiet", "--no-verify", "origin", "HEAD:main"]);
    run.code == 0
}

/// A request of a shared collection is renamed, a collection is added, and both go to the branch that all share.
fn change_and_deliver(clone: &Repository, racer: usize) {
    let shared = clone.at(&shared_path(racer / 10));
    let text = fs::read_to_string(&shared).unwrap();
    let (before, after) = (
        format!("\"Request {}\"", racer % 10),
        format!("\"Racer {racer}\""),
    );
    assert!(text.contains(&before));
    fs::write(&shared, text.replace(&before, &after)).unwrap();
    let own = collection(&own_name(racer), &["One", "Two"]);
    let path = format!("postman/collections/own-{racer:02}.json");
    clone.commit(&[(&path, &own)], "race");
    while !deliver(clone) {
        catch_up(clone);
    }
}
