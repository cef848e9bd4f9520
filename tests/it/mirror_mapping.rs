//! Whose a record is, proven before the first write: the program, git, a sandbox and a provider's stand-in.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::Run;
use crate::support::hub::{Hub, TOKEN};
use crate::support::openapi::Description;
use crate::support::postman::{STATE, Scene, collection};

const ORDERS: &str = "postman/collections/Orders.json";
const HERE: &str = "git@git.example.com:acme/orders.git";
const FORK: &str = "git@git.example.com:fork/orders.git";

/// A linked repository behind a provider.
struct Story {
    scene: Scene,
    hub: Arc<Hub>,
}

impl Story {
    /// With an API of the API Builder, which Postman can say something of, or with a workspace.
    fn of(scene: Scene) -> Self {
        let hub = Hub::over(&scene.repository.beside("origin.git"));
        let story = Self { scene, hub };
        story.scene.give_address(HERE);
        // What was connected without an address is recorded with it.
        story.run_as(&[], &["connect"]).expect(0);
        story
            .scene
            .repository
            .commit(&[(ORDERS, &collection("Orders", &["List"]))], "orders");
        story
    }

    fn run_as(&self, more: &[(&str, &str)], arguments: &[&str]) -> Run {
        let mut variables = vec![
            ("POSTMAN_API_URL", self.scene.recorder.url.as_str()),
            ("POSTMAN_API_KEY", self.scene.sandbox.key.as_str()),
        ];
        variables.extend(more);
        let repository = &self.scene.repository;
        repository.run_handed(repository.root(), &variables, arguments)
    }

    /// With a token, and told who hosts it.
    fn run(&self, arguments: &[&str]) -> Run {
        let mut all = arguments.to_vec();
        all.extend(["--provider", "github", "--url", self.hub.url()]);
        self.run_as(&[("GITHUB_TOKEN", TOKEN)], &all)
    }

    /// `push --format json`, and what it says of the repository.
    #[track_caller]
    fn push(&self) -> Value {
        let run = self.run(&["push", "--format", "json"]).expect(0);
        run.json()["repository"].take()
    }

    /// Something new to be carried to Postman.
    fn change(&self, request: &str) {
        let text = collection("Orders", &["List", request]);
        self.scene.repository.commit(&[(ORDERS, &text)], request);
    }

    fn asked(&self) -> usize {
        self.hub.exchanges().len()
    }

    fn owner(&self) -> Value {
        let shown = self
            .scene
            .repository
            .git(&[
                "--git-dir",
                "../origin.git",
                "show",
                &format!("{STATE}:manifest.json"),
            ])
            .expect(0);
        let manifest: Value = serde_json::from_str(&shown.stdout).unwrap();
        manifest["owner"].clone()
    }

    /// What the push says to it, which writes nothing anywhere.
    #[track_caller]
    fn is_alarmed(&self, run: &dyn Fn() -> Run) -> Run {
        let (records, before) = (self.scene.records(), self.scene.collection("Orders").1);
        let run = run().expect(3);
        assert_eq!(self.scene.records(), records, "nothing is recorded");
        assert_eq!(self.scene.collection("Orders").1, before);
        run.says("`.postman/` says this folder belongs to the")
            .says("the mirror's record says the")
            .says("Postman says")
            .says("git postman connect --moved")
            .says("git postman disconnect")
            .never_says(TOKEN)
    }
}

impl Drop for Story {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let description = Description::parse(include_str!("support/github.openapi.json"));
        let exchanges = self.hub.exchanges();
        // Where GitHub redirects to is its own word, and stands in no description.
        let described = exchanges
            .iter()
            .filter(|one| !one.target.starts_with("/repositories/"));
        let faults: Vec<String> = described.flat_map(|one| description.faults(one)).collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

#[test]
fn the_id_is_asked_for_once_before_a_write_and_never_for_a_run_that_writes_nothing() {
    let story = Story::of(Scene::of_workspace(&[]));
    let dry = story
        .run(&["push", "--dry-run", "--format", "json"])
        .expect(0);
    assert_eq!(dry.json()["repository"]["proof"], "address");
    assert_eq!(story.asked(), 0, "a dry run writes nothing");
    assert_eq!(story.owner().get("hosted"), None);

    // Nobody has recorded an id yet: the address is what it is known by, and the id is learned.
    let told = story.push();
    assert_eq!(
        (&told["proof"], &told["id"]),
        (&json!("address"), &json!("4711"))
    );
    assert_eq!((&told["provider_calls"], story.asked()), (&json!(1), 1));
    let hosted = json!({"site": story.hub.url(), "id": "4711", "name": "acme/orders"});
    assert_eq!(story.owner()["hosted"], hosted);

    let before = story.scene.recorder.exchanges.lock().unwrap().len();
    let again = story.run(&["push", "--format", "json"]).expect(0).json();
    let after = story.scene.recorder.exchanges.lock().unwrap().len();
    assert!(after - before <= 2, "{}", after - before);
    assert_eq!(
        (&again["repository"]["proof"], story.asked()),
        (&json!("address"), 1)
    );
    // What a person reads says it too.
    story.change("Make");
    story.run(&["push"]).expect(0).says(
        "this repository is known by the id that its service gives it (1 call to the provider)",
    );
    story
        .run_as(&[], &["status"])
        .expect(0)
        .says("4711 at http://127.0.0.1");
}

#[test]
fn a_rename_is_no_alarm_and_is_told() {
    let story = Story::of(Scene::of_workspace(&[]));
    story.push();
    // The address leads there still.
    story.hub.set(|switches| switches.full_name = "acme/shop");
    story.change("Make");
    story
        .run(&["push"])
        .expect(0)
        .says("was renamed or has moved: the record has `acme/orders`");
    assert_eq!(story.owner()["hosted"]["name"], "acme/shop");
    // The remote has the new one.
    story
        .scene
        .give_address("git@git.example.com:acme/shop.git");
    story.change("Look");
    story.run(&["push"]).expect(0).says(
        "the record has `git.example.com/acme/orders`, and this is `git.example.com/acme/shop`",
    );
    assert_eq!(story.owner()["repository"], "git.example.com/acme/shop");
    story.change("Drop");
    story.run(&["push"]).expect(0).never_says("renamed");
}

#[test]
fn a_repository_that_was_made_again_under_its_old_name_is_another_one() {
    let story = Story::of(Scene::of_api(&[]));
    story.push();
    story.hub.set(|switches| switches.id = 99);
    story.change("Make");
    story
        .is_alarmed(&|| story.run(&["push"]))
        .says("id 4711 at")
        .says("id 99 at")
        .says("deleted and made again")
        .says("is connected to no repository");
    story.is_alarmed(&|| story.run(&["undo"]));
    story
        .scene
        .edit("Orders", |orders| orders["item"][0]["name"] = json!("All"));
    story.is_alarmed(&|| story.run(&["pull", "--resolve", "theirs"]));
    // Without a token nobody knows better than the address.
    story
        .run_as(&[], &["push", "--dry-run"])
        .expect(3)
        .says("conflict");
    // The first way out.
    story.run(&["connect", "--moved"]).expect(0);
    assert_eq!(story.owner()["hosted"]["id"], "99");
    story.run(&["pull", "--resolve", "theirs"]).expect(0);
}

#[test]
fn a_fork_that_took_the_record_along_is_another_one() {
    let story = Story::of(Scene::of_workspace(&[]));
    story.push();
    story.scene.give_address(FORK);
    story.hub.set(|switches| {
        switches.id = 77;
        switches.full_name = "fork/orders";
    });
    story.change("Make");
    story
        .is_alarmed(&|| story.run(&["push"]))
        .says("fork/orders` (id 77 at")
        .says("acme/orders` (id 4711 at")
        .says("a workspace is connected to no repository");
    // Git alone takes it for a move: whoever has no token goes on as before, and is told by what.
    let run = story.run_as(&[], &["push", "--format", "json"]).expect(0);
    assert_eq!(run.json()["repository"]["proof"], "first-commits");
    run.says("was renamed or has moved");
    // The second way out.
    story
        .run_as(&[], &["disconnect", "--confirm", "Pets"])
        .expect(0);
    let repository = &story.scene.repository;
    repository
        .git(&["commit", "--quiet", "--all", "--message", "apart"])
        .expect(0);
    story.run(&["push"]).expect(2).says("is not connected");
}

#[test]
fn what_git_cannot_tell_the_provider_can() {
    let config = "[mirror]\nstate-ref = \"git-postman-state\"\n";
    let story = Story::of(Scene::of_workspace(&[]));
    story.push();
    // A host that takes branches only: there a record may have come along with a fork.
    let origin = story.scene.repository.beside("origin.git");
    let git = |arguments: &[&str]| story.scene.repository.git_in(&origin, arguments).expect(0);
    git(&["update-ref", "refs/heads/git-postman-state", STATE]);
    story
        .scene
        .repository
        .commit(&[("git-postman.toml", config)], "a branch");
    story
        .scene
        .give_address("git@git.example.com:acme/shop.git");
    story.hub.set(|switches| switches.full_name = "acme/shop");
    story.change("Make");
    story
        .run_as(&[], &["push"])
        .expect(3)
        .says("git postman connect --moved");
    story
        .run(&["push"])
        .expect(0)
        .says("was renamed or has moved");
}

#[test]
fn a_pipeline_says_the_id_without_a_call() {
    let story = Story::of(Scene::of_workspace(&[]));
    let as_job = |id: &str, name: &str, arguments: &[&str]| {
        let set = [
            ("GITHUB_SERVER_URL", "https://git.example.com"),
            ("GITHUB_REPOSITORY", name),
            ("GITHUB_REPOSITORY_ID", id),
        ];
        story.run_as(&set, arguments)
    };
    let json = ["push", "--format", "json"];
    as_job("4711", "acme/orders", &json).expect(0);
    assert_eq!(story.owner()["hosted"]["id"], "4711");
    story.change("Find");
    let second = as_job("4711", "acme/orders", &json).expect(0).json();
    assert_eq!(second["repository"]["proof"], "pipeline-id");
    assert_eq!(second["repository"]["provider_calls"], 0);
    story.change("Make");
    // A job of a pull request may speak of another repository than it has checked out.
    let other = as_job("77", "fork/orders", &json).expect(0).json();
    assert_eq!(other["repository"]["proof"], "address");
    story.change("Look");
    story.is_alarmed(&|| as_job("99", "acme/orders", &["push"]));
    story
        .run_as(&[], &["status"])
        .expect(1)
        .says("known by its address");
    assert_eq!(story.asked(), 0);
}

#[test]
fn a_provider_that_does_not_answer_stops_nothing() {
    let story = Story::of(Scene::of_workspace(&[]));
    story.hub.set(|switches| switches.grant = "none");
    story
        .run(&["push"])
        .expect(0)
        .says("was not heard on which repository this is")
        .says("known by its address (1 call to the provider)");
    assert_eq!(story.owner().get("hosted"), None);
    story
        .run_as(&[], &["push", "--provider", "github"])
        .expect(2);
}
