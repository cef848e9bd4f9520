//! Real repositories on the whole way, with what a user would do where the tool stops for a reason.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

use crate::edits::{
    commit_and_push, edited_definition, rename_in_git, rename_in_postman, requests,
};
use crate::honest::{applied, honest_push};
use crate::sides::{Side, collections_of, files_of, in_git, in_postman, paths_in, place_of};
use crate::support::postman::{Scene, sandbox};
use crate::support::{Repository, Run};

/// So often a user mends what a push found and tries again.
const PATIENCE: usize = 4;

pub(crate) fn real(corpus: &Path, fewest: usize) {
    println!(
        "\n## Real repositories: connect, push, push, edit both, pull, push, status, disconnect\n"
    );
    if !corpus.is_dir() {
        println!("skipped: there is no {}", corpus.display());
        return;
    }
    println!(
        "| repository | what a user did first | files equal on both sides | edited on both sides | first push | second push | whole journey |\n|---|---|---|---|---|---|---|"
    );
    let mut folders: Vec<PathBuf> = fs::read_dir(corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let mut through = 0;
    for folder in &folders {
        let name = folder.file_name().unwrap().to_str().unwrap();
        match journey(folder, name) {
            Ok(row) => {
                through += 1;
                println!("| {name} | {row} |");
            }
            Err(reason) => println!(
                "| {name} | stopped at {} | | | | | |",
                reason.replace('\n', " ")
            ),
        }
    }
    println!("\n{through} of {} went the whole way", folders.len());
    assert!(
        through >= fewest.min(folders.len()),
        "at least {fewest} should"
    );
}

/// An id as Postman hands them out, anywhere in a text.
fn id_in(text: &str) -> Option<String> {
    let is_id = |part: &&str| {
        let parts: Vec<usize> = part.split('-').map(str::len).collect();
        parts == [8, 4, 4, 4, 12]
    };
    text.split(|letter: char| !(letter.is_ascii_hexdigit() || letter == '-'))
        .find(is_id)
        .map(str::to_owned)
}

/// Why a run ended: the rules that found something, or the first line that it said.
fn why(run: &Run, report: &Value) -> String {
    let mut rules: Vec<&str> = errors(report)
        .filter_map(|finding| finding["rule"].as_str())
        .collect();
    rules.sort_unstable();
    rules.dedup();
    let failed = report["outcome"]["failed"][0]["error"].as_str();
    let mut said = failed.map_or_else(|| rules.join(", "), str::to_owned);
    if said.is_empty() {
        let first = run.stderr.lines().next();
        said = first.unwrap_or("nothing was said").to_owned();
    }
    format!("exit code {}: {said}", run.code)
}

fn errors(report: &Value) -> impl Iterator<Item = &Value> {
    let all = report["findings"].as_array().into_iter().flatten();
    all.filter(|finding| finding["severity"] == "error")
}

/// What the mirror knows of a link, as far as a journey needs it.
struct Linked {
    api: String,
    schemas: String,
    collections: String,
    /// The link names a directory for the definition, and every file in it belongs to it.
    has_directory: bool,
}

fn journey(folder: &Path, name: &str) -> Result<String, String> {
    let start = Instant::now();
    let (scene, api) = prepared(folder, name)?;
    let connect = ["connect", "--workspace", &scene.workspace, "--api", &api];
    let run = scene.run(&connect);
    if run.code != 0 {
        return Err(format!("connect: {}", why(&run, &Value::Null)));
    }
    commit_and_push(&scene.repository, "connect");
    let (first, done) = first_push(&scene)?;
    let before = scene.recorder.calls();
    let (run, second) = honest_push(&scene, &scene.repository, &[]);
    run.expect(0);
    let calls = scene.recorder.calls() - before;
    assert!(
        applied(&second) == 0 && second["plan"]["steps"] == json!([]) && calls <= 2,
        "{name}: {calls} {second:#}"
    );

    let status = scene.run(&["status", "--format", "json"]).json();
    let directory = |key: &str| status["link"][key].as_str().map(str::to_owned);
    let link = Linked {
        api,
        has_directory: directory("schema_directory").is_some(),
        schemas: directory("schema_directory").unwrap_or_else(|| folder_of_definition(&first)),
        collections: directory("collection_directory").unwrap(),
    };
    let edited = edit_both(&scene, &link, &first);
    let (run, third) = honest_push(&scene, &scene.repository, &["--force"]);
    if run.code != 0 {
        return Err(format!("push after the edits: {}", why(&run, &third)));
    }
    let postman = in_postman(&scene, Some(&link.api));
    let git = relevant(&scene, &link, &postman);
    if git.is_empty() && postman.is_empty() {
        return Err("there is nothing that the mirror carries".to_owned());
    }
    if git != postman {
        return Err(format!("not equal: Git {git:?}, Postman {postman:?}"));
    }
    let words: BTreeSet<&str> = ["Edited in Git", "Edited in Postman"].into();
    let texts: Vec<String> = [&link.schemas, &link.collections]
        .iter()
        .flat_map(|folder| files_of(&scene.repository.at(folder)))
        .filter_map(|path| fs::read_to_string(path).ok())
        .collect();
    for word in words {
        let found = texts.iter().any(|text| text.contains(word));
        assert!(found, "{name}: {word:?} is lost");
    }
    scene.run(&["status"]).expect(0);
    scene.run(&["disconnect", "--confirm", name]).expect(0);
    assert_eq!(git, relevant(&scene, &link, &postman));
    assert_eq!(postman, in_postman(&scene, Some(&link.api)));
    Ok(format!(
        "{done} | {} | {edited} | {} changes in {} calls | {calls} calls, nothing to do | {:.1} s",
        git.len(),
        applied(&first),
        first["outcome"]["calls"],
        start.elapsed().as_secs_f64()
    ))
}

/// The repository as it is, and a Postman that has its API.
fn prepared(folder: &Path, name: &str) -> Result<(Scene, String), String> {
    let api = files_of(&folder.join(".postman"))
        .iter()
        .find_map(|path| id_in(&fs::read_to_string(path).ok()?))
        .ok_or("no API in .postman")?;
    let (sandbox, workspace) = sandbox();
    let repository = Repository::with(&[]);
    for path in files_of(folder) {
        let relative = path.strip_prefix(folder).unwrap().to_str().unwrap();
        repository.write(relative, fs::read(&path).unwrap());
    }
    // All of them are committed where they come from, and one of the repositories ignores its `.postman/` all the same.
    repository.git(&["add", "--all", "--force"]).expect(0);
    repository.commit(&[], "as it is");
    let mut scene = Scene::unconnected(repository, sandbox, workspace);
    let seed = json!({"workspaces": [{"name": "Corpus", "apis": [{"name": name, "id": api}]}]});
    scene.ask("POST", "/sandbox/seed", &seed);
    let all = scene.ask("GET", "/workspaces", &Value::Null);
    let all = all["workspaces"].as_array().unwrap();
    let one = all.iter().find(|one| one["name"] == "Corpus").unwrap();
    scene.workspace = one["id"].as_str().unwrap().to_owned();
    Ok((scene, api))
}

/// Pushes until nothing stands against it, and says what a user had to do for that.
fn first_push(scene: &Scene) -> Result<(Value, String), String> {
    let mut done: Vec<String> = Vec::new();
    let mut more: Vec<String> = Vec::new();
    for _ in 0..PATIENCE {
        let arguments: Vec<&str> = more.iter().map(String::as_str).collect();
        let (run, report) = honest_push(scene, &scene.repository, &arguments);
        let answered = match run.code {
            0 if applied(&report) == 0 => {
                let skipped = report["outcome"]["skipped"]
                    .as_array()
                    .into_iter()
                    .flatten();
                let reason = |one: &Value| format!("{} {}", one["path"], one["reason"]);
                let skipped: Vec<String> = skipped.map(reason).collect();
                return Err(format!(
                    "push: nothing to carry over {}",
                    skipped.join(", ")
                ));
            }
            0 => {
                let done = done.join("; ");
                let done = if done.is_empty() { "nothing" } else { &done };
                return Ok((report, done.to_owned()));
            }
            1 => mended(scene, &report),
            3 => run.stderr.split_once("definition: ").map(|(_, names)| {
                let first = names.split([',', '\n']).next().unwrap().trim();
                more = vec!["--definition".to_owned(), first.to_owned()];
                more.join(" ")
            }),
            _ => None,
        };
        match answered {
            Some(answered) => done.push(answered),
            None => return Err(format!("push: {}", why(&run, &report))),
        }
    }
    Err(format!("push: it is never enough: {}", done.join("; ")))
}

/// What a user does about findings: entries that name what is gone are taken out, and what a document has against its format
/// is agreed on, as long as its owners have not corrected it.
fn mended(scene: &Scene, report: &Value) -> Option<String> {
    let mut done = BTreeSet::new();
    let mut lines: BTreeSet<(String, usize)> = BTreeSet::new();
    let mut allowed: BTreeSet<String> = BTreeSet::new();
    for finding in errors(report) {
        let rule = finding["rule"].as_str()?;
        let path = finding["location"]["path"].as_str()?.to_owned();
        let line = usize::try_from(finding["location"]["line"].as_u64()?).ok()?;
        match rule {
            "missing-listed-file" | "missing-api-file" => {
                lines.insert((path, line));
                done.insert(format!("took out what `{rule}` names"));
            }
            // Without the entry of the API that is gone there is one.
            "several-apis-in-repository" => {}
            "schema" => {
                allowed.insert(path);
                done.insert("agreed to what `schema` finds".to_owned());
            }
            _ => return None,
        }
    }
    for (path, line) in lines.into_iter().rev() {
        let text = fs::read_to_string(scene.repository.at(&path)).unwrap();
        let mut kept: Vec<&str> = text.split_inclusive('\n').collect();
        kept.remove(line - 1);
        scene.repository.write(&path, kept.concat());
    }
    let exceptions: Vec<String> = allowed
        .iter()
        .map(|path| {
            format!(
                "[[allow]]\nrule = \"schema\"\npath = \"{path}\"\nreason = \"Postman takes it\"\n"
            )
        })
        .collect();
    if !exceptions.is_empty() {
        scene
            .repository
            .write("git-postman.toml", exceptions.concat());
    }
    commit_and_push(&scene.repository, "mend");
    (!done.is_empty()).then(|| done.into_iter().collect::<Vec<_>>().join(", "))
}

/// Git's side. Where the link names no directory for the definition, other files lie beside it.
fn relevant(scene: &Scene, link: &Linked, postman: &Side) -> Side {
    let name = |line: &str| line.rsplit_once(' ').map(|(name, _)| name.to_owned());
    let names: BTreeSet<Option<String>> = postman.iter().map(|line| name(line)).collect();
    let mut side = in_git(&scene.repository, &[&link.schemas], &[&link.collections]);
    side.retain(|line| link.has_directory || line.starts_with('`') || names.contains(&name(line)));
    side
}

/// Where the definition lies that a push has created, where the link names no directory for it.
fn folder_of_definition(report: &Value) -> String {
    let path = definition_of(report);
    let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    path.map_or_else(
        || "none".to_owned(),
        |path| folder(path).unwrap_or_default(),
    )
}

/// The file that the definition starts at.
fn definition_of(report: &Value) -> Option<&str> {
    let steps = report["plan"]["steps"].as_array().into_iter().flatten();
    let mut steps = steps.filter(|step| step["kind"] == "definition");
    steps.next()?["path"].as_str()
}

/// One thing is changed in Git and another one in Postman, which is pulled. Says what it was.
fn edit_both(scene: &Scene, link: &Linked, first: &Value) -> &'static str {
    let files = files_of(&scene.repository.at(&link.collections));
    let count = |value: &Value| {
        let mut all = Vec::new();
        requests(value, "", &mut all);
        all.len()
    };
    let has_several = |path: &&PathBuf| {
        let bytes = fs::read(path).ok();
        let value = bytes.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        value.is_some_and(|value| count(&value) > 1)
    };
    let what = if let Some(file) = files.iter().find(has_several) {
        rename_in_git(file, 0, "Edited in Git");
        commit_and_push(&scene.repository, "edit");
        for id in collections_of(scene, Some(&link.api)) {
            let read = scene.ask("GET", &format!("/collections/{id}"), &Value::Null);
            let requests = count(&read["collection"]);
            if requests > 1 {
                rename_in_postman(scene, &id, requests - 1, "Edited in Postman");
                break;
            }
        }
        "a request"
    } else {
        let path = definition_of(first).unwrap();
        let own = fs::read_to_string(scene.repository.at(path)).unwrap();
        let changed = edited_definition(path, &own, true);
        scene.repository.write(path, changed);
        commit_and_push(&scene.repository, "edit");
        let read = scene.ask(
            "GET",
            &format!("/apis/{}?include=schemas", link.api),
            &Value::Null,
        );
        let schema = read["schemas"][0]["id"].as_str().unwrap().to_owned();
        let folder = format!("/apis/{}/schemas/{schema}/files", link.api);
        let paths = paths_in(scene, &folder);
        let there = paths
            .iter()
            .find(|there| path.ends_with(there.as_str()))
            .unwrap();
        let place = place_of(&folder, there);
        let file = scene.ask("GET", &place, &Value::Null);
        let text = edited_definition(there, file["content"].as_str().unwrap(), false);
        scene.ask("PUT", &place, &json!({"content": text}));
        "a definition"
    };
    scene.run(&["pull", "--to", "commit", "--force"]).expect(0);
    what
}
