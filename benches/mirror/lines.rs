//! How many lines of a file a pull changes that brings one other name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use git_postman::format::detect::Format;
use git_postman::format::edit::{Change, Edit, apply};
use git_postman::format::node::{Document, NodeRef};
use git_postman::format::parse;
use serde_json::{Value, json};

use crate::edits::{commit_and_push, rename, requests};
use crate::honest::honest_push;
use crate::sides::{files_of, paths_in, place_of};
use crate::support::postman::Scene;

const NAME: &str = "Renamed in Postman";
/// So often what cannot be pushed is taken out.
const PATIENCE: usize = 5;

struct Candidate {
    path: PathBuf,
    is_collection: bool,
    name: String,
}

/// What elements of one round are called: whether it is a collection, and its name.
type Names = BTreeSet<(bool, String)>;

/// By kind: how many lines changed, and how often.
#[derive(Default)]
struct Counts {
    lines: BTreeMap<(&'static str, usize), usize>,
    long: Vec<String>,
    unfit: usize,
    /// Why Postman did not take what our rules did, and how often.
    refused: BTreeMap<String, usize>,
}

pub(crate) fn lines(corpus: &Path) {
    println!(
        "\n## Changed lines: one request or operation of each document is renamed in Postman, and pulled\n"
    );
    let candidates = candidates(corpus);
    if candidates.is_empty() {
        println!("skipped: there are no documents in {}", corpus.display());
        return;
    }
    // What has one name is one element to the mirror: namesakes go in rounds of their own.
    let mut rounds: Vec<(Names, Vec<&Candidate>)> = Vec::new();
    for candidate in &candidates {
        let key = (candidate.is_collection, candidate.name.clone());
        match rounds.iter_mut().find(|(names, _)| !names.contains(&key)) {
            Some((names, round)) => {
                names.insert(key);
                round.push(candidate);
            }
            None => rounds.push((BTreeSet::from([key]), vec![candidate])),
        }
    }
    let mut counts = Counts::default();
    for (_, round) in &rounds {
        one_round(corpus, round, &mut counts);
    }
    println!(
        "| document | renamed | 1 line | 2 to 5 | more | median | most |\n|---|---|---|---|---|---|---|"
    );
    for kind in ["collection", "definition"] {
        let own: Vec<(usize, usize)> = counts
            .lines
            .iter()
            .filter(|((other, _), _)| *other == kind)
            .map(|((_, lines), count)| (*lines, *count))
            .collect();
        let sum = |wanted: &dyn Fn(usize) -> bool| -> usize {
            own.iter()
                .filter(|(lines, _)| wanted(*lines))
                .map(|(_, count)| count)
                .sum()
        };
        let all = sum(&|_| true);
        let median = own
            .iter()
            .find(|(lines, _)| 2 * sum(&|other| other <= *lines) >= all);
        println!(
            "| {kind} | {all} | {} | {} | {} | {} | {} |",
            sum(&|lines| lines == 1),
            sum(&|lines| (2..=5).contains(&lines)),
            sum(&|lines| lines > 5),
            median.map_or(0, |(lines, _)| *lines),
            own.last().map_or(0, |(lines, _)| *lines),
        );
        assert!(all > 0, "no {kind} at all");
        assert_eq!(
            sum(&|lines| lines == 0),
            0,
            "a change of a {kind} did not come"
        );
        assert_eq!(
            median.map(|(lines, _)| *lines),
            Some(1),
            "the median of {kind}s"
        );
    }
    println!(
        "\n{} documents of {}, {} were left out: our own rules or Postman do not take them, or there is nothing to rename",
        candidates.len() - counts.unfit,
        candidates.len(),
        counts.unfit
    );
    for (reason, count) in &counts.refused {
        println!("- refused {count} times: {reason}");
    }
    for long in counts.long.iter().take(40) {
        println!("- {long}");
    }
}

fn candidates(corpus: &Path) -> Vec<Candidate> {
    let mut found = Vec::new();
    for folder in ["collections", "openapi", "api-builder"] {
        for path in files_of(&corpus.join(folder)) {
            let extension = path.extension().and_then(|extension| extension.to_str());
            if !extension.is_some_and(|extension| ["json", "yaml", "yml"].contains(&extension)) {
                continue;
            }
            let parsed = parse(path.to_str().unwrap(), fs::read(&path).unwrap());
            let is_collection = parsed.format == Format::Collection21;
            if !is_collection && !parsed.format.is_definition() {
                continue;
            }
            let place = if is_collection {
                "/info/name"
            } else {
                "/info/title"
            };
            let name = parsed.document.as_ref().and_then(|document| {
                let name = document.at(place).and_then(NodeRef::as_str)?;
                Some(name.trim().to_owned())
            });
            if let Some(name) = name.filter(|name| !name.is_empty()) {
                found.push(Candidate {
                    path,
                    is_collection,
                    name,
                });
            }
        }
    }
    found
}

fn one_round(corpus: &Path, round: &[&Candidate], counts: &mut Counts) {
    let scene = Scene::of_workspace(&[]);
    scene.ask("POST", "/sandbox/settings", &json!({"quota": 1_000_000}));
    let mut places: BTreeMap<String, &Candidate> = BTreeMap::new();
    for (number, candidate) in round.iter().enumerate() {
        let name = candidate.path.file_name().unwrap().to_str().unwrap();
        let place = match candidate.is_collection {
            true => format!("postman/collections/{number:04}.json"),
            false => format!("postman/specs/{number:04}/{name}"),
        };
        scene
            .repository
            .write(&place, fs::read(&candidate.path).unwrap());
        places.insert(place, candidate);
    }
    let before = places.len();
    push_what_goes(&scene, &mut places, counts);
    let renamed = rename_all(&scene, &places);
    counts.unfit += before - renamed.len();
    let pushed = scene.repository.id("HEAD");
    scene.run(&["pull", "--to", "commit", "--force"]).expect(0);
    let diff = scene
        .repository
        .git(&[
            "diff",
            "--minimal",
            "--numstat",
            &pushed,
            "HEAD",
            "--",
            "postman",
        ])
        .expect(0);
    let mut changed: BTreeMap<&str, usize> = BTreeMap::new();
    for line in diff.stdout.lines() {
        let mut parts = line.split('\t');
        let mut number = || parts.next().unwrap().parse::<usize>().unwrap();
        let lines = number().max(number());
        changed.insert(parts.next().unwrap(), lines);
    }
    for place in &renamed {
        let candidate = places[place];
        let kind = if candidate.is_collection {
            "collection"
        } else {
            "definition"
        };
        let lines = changed.remove(place.as_str()).unwrap_or(0);
        *counts.lines.entry((kind, lines)).or_default() += 1;
        if lines != 1 {
            let shown = candidate.path.strip_prefix(corpus).unwrap().display();
            counts.long.push(format!("{lines} lines: {shown}"));
        }
    }
    assert!(
        changed.is_empty(),
        "what nobody renamed has changed: {changed:?}"
    );
}

/// Pushes, and takes out what our rules or Postman do not take.
fn push_what_goes(scene: &Scene, places: &mut BTreeMap<String, &Candidate>, counts: &mut Counts) {
    for _ in 0..PATIENCE {
        commit_and_push(&scene.repository, "documents");
        let (run, report) = honest_push(scene, &scene.repository, &["--force"]);
        let found = report["findings"].as_array().into_iter().flatten();
        let found = found
            .filter(|finding| finding["severity"] == "error")
            .filter_map(|finding| finding["location"]["path"].as_str());
        let failed = report["outcome"]["failed"].as_array().into_iter().flatten();
        let failed = failed.filter_map(|step| {
            let error = step["error"].to_string();
            *counts.refused.entry(error).or_default() += 1;
            step["path"].as_str()
        });
        let out: BTreeSet<String> = found.chain(failed).map(str::to_owned).collect();
        if run.code == 0 {
            return;
        }
        let count = places.len();
        for path in out {
            places.remove(&path);
            fs::remove_file(scene.repository.at(&path)).unwrap();
        }
        assert!(places.len() < count, "nothing more can be taken out: {run}");
    }
    panic!("it is never enough");
}

/// Renames one thing in each, in Postman. Gives the files that it was found in.
fn rename_all(scene: &Scene, places: &BTreeMap<String, &Candidate>) -> Vec<String> {
    let workspace = format!("/workspaces/{}", scene.workspace);
    let workspace = scene.ask("GET", &workspace, &Value::Null)["workspace"].take();
    let by_name = |kind: &str, id: &str| -> BTreeMap<String, String> {
        let all = workspace[kind].as_array().into_iter().flatten();
        let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
        all.map(|one| (text(one, "name"), text(one, id))).collect()
    };
    let (collections, specs) = (by_name("collections", "uid"), by_name("specs", "id"));
    let mut renamed = Vec::new();
    for (place, candidate) in places {
        let done = if candidate.is_collection {
            let id = collections.get(&candidate.name);
            id.is_some_and(|id| rename_collection(scene, id))
        } else {
            let id = specs.get(&candidate.name);
            id.is_some_and(|id| rename_operation(scene, id))
        };
        if done {
            renamed.push(place.clone());
        }
    }
    renamed
}

fn rename_collection(scene: &Scene, id: &str) -> bool {
    let path = format!("/collections/{id}");
    let mut read = scene.ask("GET", &path, &Value::Null);
    let mut all = Vec::new();
    requests(&read["collection"], "", &mut all);
    if all.is_empty() {
        return false;
    }
    rename(&mut read["collection"], all.len() / 2, NAME);
    scene.ask("PUT", &path, &json!({"collection": read["collection"]}));
    true
}

/// An operation gets another summary; where none has one, the definition another title.
fn rename_operation(scene: &Scene, id: &str) -> bool {
    let folder = format!("/specs/{id}/files");
    let Some(path) = paths_in(scene, &folder).pop() else {
        return false;
    };
    let place = place_of(&folder, &path);
    let file = scene.ask("GET", &place, &Value::Null);
    let text = file["content"].as_str().unwrap();
    let parsed = parse(&path, text.as_bytes().to_vec());
    let Some(document) = &parsed.document else {
        return false;
    };
    let edit = Edit {
        pointer: summary_in(document).unwrap_or_else(|| "/info/title".to_owned()),
        change: Change::Set(json!(NAME)),
    };
    let Ok(text) = apply(document, &[edit]) else {
        return false;
    };
    scene.ask("PATCH", &place, &json!({"content": text}));
    true
}

fn summary_in(document: &Document) -> Option<String> {
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    document.at("/paths")?.members().find_map(|path| {
        path.value.members().find_map(|operation| {
            let pointer = format!(
                "/paths/{}/{}/summary",
                escaped(path.key),
                escaped(operation.key)
            );
            document.at(&pointer)?.as_str()?;
            Some(pointer)
        })
    })
}
