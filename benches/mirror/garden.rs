//! A workspace that people edit at random on both sides, and what must be true of it whenever all runs are through.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use fastrand::Rng;
use git_postman::format::edit::{Change, Edit, apply};
use git_postman::format::parse;
use serde_json::{Value, json};

use crate::edits::{rename_in_git, rename_in_postman};
use crate::honest::{applied, honest_push};
use crate::sides::{collections_of, in_git, in_postman, place_of};
use crate::support::postman::{Scene, collection, sandbox_with_dice};

const PLACES: ([&str; 1], [&str; 2]) = (
    ["postman/specs/api"],
    ["postman/collections", "postman/environments"],
);
const ENVIRONMENT: &str = "postman/environments/production.json";
const PETS: &str = "postman/specs/api/paths/pets.yaml";
const SUMMARY: &str = "/get/summary";
const DESCRIPTION: &str = "/get/responses/200/description";

/// The workspace, and what was written last at each place.
pub(crate) struct Garden {
    pub(crate) scene: Scene,
    dice: Rng,
    /// The next name that nothing had before.
    pub(crate) fresh: usize,
    collections: usize,
    /// What each request was called last: collection, request, name.
    names: BTreeMap<(usize, usize), String>,
    /// What stands last in the environment and in the definition, by its place.
    words: BTreeMap<&'static str, String>,
}

impl Garden {
    /// With three collections, an environment and a definition of two files on both sides.
    pub(crate) fn new(seed: u64) -> Self {
        let scene = Scene::of_workspace_in(sandbox_with_dice(seed), &[]);
        scene.ask("POST", "/sandbox/settings", &json!({"quota": 1_000_000}));
        let mut garden = Self {
            scene,
            dice: Rng::with_seed(seed),
            fresh: 0,
            collections: 0,
            names: BTreeMap::new(),
            words: BTreeMap::new(),
        };
        for _ in 0..3 {
            garden.plant();
        }
        let environment = json!({"name": "Production", "_postman_variable_scope": "environment", "values": [
            {"key": "host", "value": "a", "type": "default", "enabled": true},
            {"key": "port", "value": "b", "type": "default", "enabled": true}]});
        let root = "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths:\n  /pets:\n    $ref: paths/pets.yaml\n";
        let pets = "get:\n  summary: List\n  responses:\n    '200':\n      description: ok\n";
        garden
            .scene
            .repository
            .write(ENVIRONMENT, format!("{environment:#}\n"))
            .write("postman/specs/api/root.yaml", root)
            .write(PETS, pets);
        garden.scene.repository.commit(&[], "begin");
        honest_push(&garden.scene, &garden.scene.repository, &[])
            .0
            .expect(0);
        garden
    }

    /// A change of each kind on both sides: both sides' changes are to different things.
    pub(crate) fn edit_everything(&mut self) {
        self.plant();
        self.environment();
        self.definition();
        self.edit_git();
        self.plant_in_postman();
        self.environment_in_postman();
        self.definition_in_postman();
        self.edit_postman();
    }

    /// One to three edits in Git, in one commit.
    pub(crate) fn edit_git(&mut self) {
        for _ in 0..self.dice.usize(1..=3) {
            match self.dice.u8(..10) {
                0 => self.plant(),
                1 => self.environment(),
                2 => self.definition(),
                _ => {
                    let (number, request) = self.place(0);
                    let Some(path) = self.path(number) else {
                        continue;
                    };
                    let name = self.name();
                    rename_in_git(&path, request, &name);
                    self.names.insert((number, request), name.trim().to_owned());
                }
            }
        }
        self.scene.repository.commit(&[], "edit");
    }

    /// One edit in Postman, of something that nobody edits in Git.
    pub(crate) fn edit_postman(&mut self) {
        match self.dice.u8(..10) {
            0 => self.plant_in_postman(),
            1 => self.environment_in_postman(),
            2 => self.definition_in_postman(),
            _ => {
                let known = collections_of(&self.scene, None).len();
                let (number, request) = self.place(3);
                // Not all of them have come so far.
                if number >= known.min(3) {
                    return;
                }
                let name = self.name();
                let (uid, _) = self.scene.collection(&called(number));
                rename_in_postman(&self.scene, &uid, request, &name);
                self.names.insert((number, request), name.trim().to_owned());
            }
        }
    }

    /// Runs without faults until both sides should be equal, and looks whether they are.
    #[track_caller]
    pub(crate) fn look(&self, at: &str) {
        let run = self.scene.run(&["pull", "--to", "commit", "--force"]);
        assert_eq!(run.code, 0, "{at}: {run}");
        let (run, report) = honest_push(&self.scene, &self.scene.repository, &["--force"]);
        assert_eq!(run.code, 0, "{at}: {run}");
        assert_eq!(report["outcome"]["failed"], json!([]), "{at}");
        let git = in_git(&self.scene.repository, &PLACES.0, &PLACES.1);
        assert_eq!(
            git,
            in_postman(&self.scene, None),
            "{at}: not equal, lost or doubled"
        );
        let inventory = self.scene.inventory();
        assert_eq!(
            inventory.len(),
            self.collections + 2,
            "{at}: doubled {inventory:?}"
        );
        for ((number, request), name) in &self.names {
            let text = fs::read(self.path(*number).unwrap()).unwrap();
            let document: Value = serde_json::from_slice(&text).unwrap();
            let found = document["item"][request]["name"].as_str().unwrap().trim();
            assert_eq!(found, name, "{at}: an edit is lost");
        }
        let repository = &self.scene.repository;
        let environment = fs::read_to_string(repository.at(ENVIRONMENT)).unwrap();
        let pets = fs::read_to_string(repository.at(PETS)).unwrap();
        for (place, word) in &self.words {
            let text = if place.contains("get") {
                &pets
            } else {
                &environment
            };
            assert!(
                text.contains(word.as_str()),
                "{at}: {word:?} of {place} is lost: {text}"
            );
        }
        let status = repository.git(&["status", "--porcelain"]).expect(0);
        assert_eq!(status.stdout, "", "{at}: files are left behind");
        let before = self.scene.recorder.calls();
        let (run, report) = honest_push(&self.scene, &self.scene.repository, &[]);
        assert_eq!((run.code, applied(&report)), (0, 0), "{at}: {run}");
        assert!(self.scene.recorder.calls() - before <= 2, "{at}: {run}");
    }

    fn name(&mut self) -> String {
        self.fresh += 1;
        // Postman stores names in its own words where there are blanks around them.
        let blank = if self.dice.u8(..4) == 0 { " " } else { "" };
        format!("Name {}{blank}", self.fresh)
    }

    fn word(&mut self) -> String {
        self.fresh += 1;
        format!("Word {}.", self.fresh)
    }

    /// The file of a collection: whoever pulled it has named it.
    fn path(&self, number: usize) -> Option<PathBuf> {
        let names = [
            format!("c{number}.json"),
            format!("{}.json", called(number)),
        ];
        let mut paths = names.iter().map(|name| {
            self.scene
                .repository
                .at(&format!("postman/collections/{name}"))
        });
        paths.find(|path| path.exists())
    }

    fn new_collection(&mut self) -> (usize, String) {
        let number = self.collections;
        self.collections += 1;
        let requests = ["A", "B", "C", "D", "E", "F"];
        (number, collection(&called(number), &requests))
    }

    fn plant(&mut self) {
        let (number, text) = self.new_collection();
        let path = format!("postman/collections/c{number}.json");
        self.scene.repository.write(&path, text);
    }

    fn plant_in_postman(&mut self) {
        let (_, text) = self.new_collection();
        let content: Value = serde_json::from_str(&text).unwrap();
        let path = format!("/collections?workspace={}", self.scene.workspace);
        self.scene
            .ask("POST", &path, &json!({"collection": content}));
    }

    fn environment(&mut self) {
        let word = self.word();
        let path = self.scene.repository.at(ENVIRONMENT);
        let mut text: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        text["values"][0]["value"] = json!(word);
        fs::write(path, format!("{text:#}\n")).unwrap();
        self.words.insert("host", word);
    }

    fn environment_in_postman(&mut self) {
        let word = self.word();
        let workspace = format!("/workspaces/{}", self.scene.workspace);
        let workspace = self.scene.ask("GET", &workspace, &Value::Null);
        let uid = workspace["workspace"]["environments"][0]["uid"]
            .as_str()
            .unwrap();
        let path = format!("/environments/{uid}");
        let mut read = self.scene.ask("GET", &path, &Value::Null);
        let there = &mut read["environment"];
        there["values"][1]["value"] = json!(word);
        let body = json!({"environment": {"name": there["name"], "values": there["values"]}});
        self.scene.ask("PUT", &path, &body);
        self.words.insert("port", word);
    }

    fn definition(&mut self) {
        let word = self.word();
        let path = self.scene.repository.at(PETS);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, set(&text, SUMMARY, &word)).unwrap();
        self.words.insert(SUMMARY, word);
    }

    fn definition_in_postman(&mut self) {
        let word = self.word();
        let workspace = format!("/workspaces/{}", self.scene.workspace);
        let workspace = self.scene.ask("GET", &workspace, &Value::Null);
        let id = workspace["workspace"]["specs"][0]["id"].as_str().unwrap();
        let place = place_of(&format!("/specs/{id}/files"), "paths/pets.yaml");
        let file = self.scene.ask("GET", &place, &Value::Null);
        let text = set(file["content"].as_str().unwrap(), DESCRIPTION, &word);
        self.scene.ask("PATCH", &place, &json!({"content": text}));
        self.words.insert(DESCRIPTION, word);
    }

    /// Git edits the first three requests of a collection, Postman the last three.
    fn place(&mut self, first: usize) -> (usize, usize) {
        (
            self.dice.usize(..self.collections),
            first + self.dice.usize(..3),
        )
    }
}

fn called(number: usize) -> String {
    format!("Collection {number}")
}

/// The text of a document with another value at this place.
fn set(text: &str, pointer: &str, word: &str) -> String {
    let parsed = parse("pets.yaml", text.as_bytes().to_vec());
    let edit = Edit {
        pointer: pointer.to_owned(),
        change: Change::Set(json!(word)),
    };
    apply(parsed.document.as_ref().unwrap(), &[edit]).unwrap()
}
