//! `tour`: the story of the tool in a throw-away repository and the embedded sandbox. Every step really happens, by the real
//! git, the real hook and this program, and the tour fails where one does not go as told.

use clap::Args;
use serde_json::Value;

use crate::check::rules::secret::{example, scan};
use crate::cli::commands::tour_postman::Workspace;
use crate::cli::commands::tour_stage::Stage;
use crate::cli::failure::Failure;
use crate::cli::session::Session;

/// Show the tool at work in a throw-away repository and a sandbox, without network or account
#[derive(Args, Debug)]
pub struct TourArgs {
    /// Keep the repository and say where it is
    #[arg(long)]
    keep: bool,
}

const COLLECTION: &str = "postman/collections/Orders.json";

/// Runs the command.
///
/// # Errors
/// Where a step does not go as the tour says.
pub fn run(args: &TourArgs, session: &Session) -> Result<u8, Failure> {
    let directory = tempfile::Builder::new()
        .prefix("git-postman-tour-")
        .tempdir()
        .map_err(|error| Failure::usage(format!("no temporary directory can be made: {error}")))?;
    let postman = Workspace::open()?;
    let variables = [
        ("POSTMAN_API_URL", postman.sandbox.url.as_str()),
        ("POSTMAN_API_KEY", postman.sandbox.key.as_str()),
    ];
    let stage = Stage::new(directory.path(), session, &variables)?;
    connect(&stage, &postman)?;
    check(&stage)?;
    mirror(&stage, &postman)?;
    merge(&stage, &postman)?;
    resolve(&stage, &postman)?;
    rest(&stage)?;
    stage.say("\nThat was real: a real repository, a real remote, a real hook, and a server that speaks the Postman API.\nTry it on yours: git postman check\n")?;
    if args.keep {
        stage.say(&format!(
            "\nThe repository was kept: {}\n",
            directory.keep().join("orders").display()
        ))?;
    }
    Ok(0)
}

fn connect(stage: &Stage<'_>, postman: &Workspace) -> Result<(), Failure> {
    stage.title("A team has an orders API in Git, and connects it with a workspace in Postman")?;
    stage.say("  (Postman is the sandbox here: a server in this program, on loopback)\n")?;
    stage.write("postman/schemas/index.yaml", DEFINITION)?;
    stage.write(COLLECTION, &collection())?;
    stage.commit("Describe the orders API")?;
    let branch = ["push", "--quiet", "--set-upstream", "origin", "main"];
    stage.show_git(&branch, true)?;
    let workspace = postman.id.as_str();
    stage.show_own(
        &["connect", "--workspace", workspace, "--create", "Orders"],
        0,
    )?;
    stage.commit("Connect the orders API")?;
    stage.show_git(&["push", "--quiet"], true)?;

    stage.title("From now on every push is checked before it leaves")?;
    stage.show_own(&["hook", "install"], 0)?;
    Ok(())
}

/// Pushes that a finding stops, and one that goes through.
fn check(stage: &Stage<'_>) -> Result<(), Failure> {
    stage.title("Somebody moves the collections below the definitions and pushes")?;
    stage.git(&["mv", "postman/collections", "postman/schemas/collections"])?;
    let files = stage.git(&["ls-files", ".postman/api_*"])?;
    stage.edit(
        files.trim(),
        "rootDirectory = postman/collections",
        "rootDirectory = postman/schemas/collections",
    )?;
    stage.commit("Tidy up")?;
    stage.show_git(&["push", "--quiet"], false)?;
    stage.expect_remote_behind()?;

    stage.title("What was wrong with that?")?;
    stage.show_own(&["explain", "nested-directories"], 0)?;

    stage.title("The move is taken back. A token is left in a request, though, and removed one commit later")?;
    stage.git(&["reset", "--quiet", "--hard", "HEAD~1"])?;
    let token = scan::kind("postman-api-key")
        .map(|kind| example::example(kind, 2026))
        .map(|example| example.secret.of(&example.text).to_owned())
        .ok_or_else(|| Failure::usage("the rules have lost the Postman key"))?;
    stage.edit(COLLECTION, "{{token}}", &token)?;
    stage.commit("Try the request")?;
    stage.edit(COLLECTION, &token, "{{token}}")?;
    stage.edit(COLLECTION, "List orders", "List all orders")?;
    stage.commit("Remove the token again")?;
    stage.show_git(&["push", "--quiet"], false)?;
    stage.expect_remote_behind()?;

    stage
        .title("The two commits become one that never had the token, and the push goes through")?;
    stage.git(&["reset", "--quiet", "--soft", "HEAD~2"])?;
    stage.commit("Rename the request")?;
    stage.show_git(&["push", "--quiet"], true)?;
    stage.show_own(&["check", "--revision", "origin/main"], 0)?;
    Ok(())
}

/// The first push to Postman.
fn mirror(stage: &Stage<'_>, postman: &Workspace) -> Result<(), Failure> {
    stage.title("What is in Git goes to Postman. First the plan, and what it costs")?;
    stage.show_own(&["push", "--dry-run"], 0)?;
    stage.show_own(&["push"], 0)?;
    expect_requests(stage, postman, &["List all orders", "Get an order"])
}

/// Both sides change different things.
fn merge(stage: &Stage<'_>, postman: &Workspace) -> Result<(), Failure> {
    stage.title("Maria renames a request in Postman, while Ben renames another one in Git")?;
    postman.rename_request("Get an order", "Get one order")?;
    stage.say("  (Maria, in Postman: `Get an order` is now `Get one order`)\n")?;
    stage.edit(COLLECTION, "List all orders", "List open orders")?;
    stage.commit("List open orders")?;
    stage.show_git(&["push", "--quiet"], true)?;
    let push = stage.show_own(&["push"], 3)?;
    stage.expect(
        push.contains(COLLECTION),
        "the push should name the collection",
    )?;
    expect_requests(stage, postman, &["List all orders", "Get one order"])?;

    stage.title(
        "Nobody's work is replaced. A pull merges, and touches no other line of the collection",
    )?;
    stage.show_own(&["pull"], 0)?;
    stage.show_git(&["diff", "--stat"], true)?;
    let changed = stage.git(&["diff", "--numstat", "--", COLLECTION])?;
    stage.expect(
        changed == format!("1\t1\t{COLLECTION}\n"),
        "the pull should change one line of the collection",
    )?;
    let merged = stage.read(COLLECTION)?;
    stage.expect(
        merged.contains("List open orders") && merged.contains("Get one order"),
        "the file should have what both sides changed",
    )?;
    stage.show_git(&["commit", "--quiet", "-am", "Merge Postman"], true)?;
    stage.show_git(&["push", "--quiet"], true)?;
    stage.show_own(&["push"], 0)?;
    expect_requests(stage, postman, &["List open orders", "Get one order"])
}

/// Both sides change one thing.
fn resolve(stage: &Stage<'_>, postman: &Workspace) -> Result<(), Failure> {
    stage.title(
        "Now both rename the same request. Ben has renamed the other one in the same commit",
    )?;
    postman.rename_request("Get one order", "Fetch an order")?;
    stage.say("  (Maria, in Postman: `Get one order` is now `Fetch an order`)\n")?;
    stage.edit(COLLECTION, "Get one order", "Read an order")?;
    stage.edit(COLLECTION, "List open orders", "List orders")?;
    stage.commit("Read an order")?;
    stage.show_git(&["push", "--quiet"], true)?;
    let before = stage.read(COLLECTION)?;
    let told = stage.show_own(&["pull"], 3)?;
    stage.expect(
        told.contains("Read an order") && told.contains("Fetch an order"),
        "the conflict should be told with both versions",
    )?;
    stage.expect(
        stage.read(COLLECTION)? == before,
        "a conflict should leave the file as it is",
    )?;

    stage.title("A person decides: Maria's name counts. What else Ben did stays")?;
    stage.show_own(&["pull", "--resolve", "theirs"], 0)?;
    stage.expect(
        stage.read(COLLECTION)? == before.replace("Read an order", "Fetch an order"),
        "the file should have Maria's name and nothing else changed",
    )?;
    stage.show_git(&["commit", "--quiet", "-am", "Fetch an order"], true)?;
    stage.show_git(&["push", "--quiet"], true)?;
    stage.show_own(&["push"], 0)?;
    expect_requests(stage, postman, &["List orders", "Fetch an order"])
}

/// Nothing is left to do, and that is cheap to find out.
fn rest(stage: &Stage<'_>) -> Result<(), Failure> {
    stage.title("A second push has nothing to do, and needs two calls to know it")?;
    stage.show_own(&["push"], 0)?;
    let told: Value = serde_json::from_str(&stage.own(&["push", "--format", "json"])?)
        .map_err(|error| Failure::usage(format!("the report is no JSON: {error}")))?;
    let steps = told["plan"]["steps"].as_array().map(Vec::len);
    stage.expect(steps == Some(0), "the plan should be empty")?;
    let calls = told["calls"].as_u64();
    let calls = calls.ok_or_else(|| Failure::usage("the report does not say its calls"))?;
    stage.say(&format!("  (0 changes, {calls} calls)\n"))?;
    stage.expect(calls <= 2, "that should take two calls at most")?;
    let status = stage.show_own(&["status"], 0)?;
    stage.expect(
        status.matches("where both last agreed").count() == 2,
        "both sides should be in step",
    )
}

fn expect_requests(stage: &Stage<'_>, postman: &Workspace, wanted: &[&str]) -> Result<(), Failure> {
    let found = postman.requests()?;
    stage.expect(
        found == wanted,
        &format!("Postman should have the requests {wanted:?}, and has {found:?}"),
    )?;
    stage.say(&format!(
        "  (Postman has the requests `{}`)\n",
        found.join("`, `")
    ))
}

const DEFINITION: &str = "openapi: 3.0.3\ninfo:\n  title: Orders\n  version: 1.0.0\npaths:\n  /orders:\n    get:\n      summary: List orders\n      responses:\n        '200':\n          description: The orders\n";

fn collection() -> String {
    let document = serde_json::json!({
        "info": {
            "_postman_id": "6f0a2b34-7c1d-4e5f-8a9b-0c1d2e3f4a5b",
            "name": "Orders",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
        },
        "item": [request("List orders", "{{token}}", "orders"), request("Get an order", "{{userToken}}", "order")]
    });
    format!("{document:#}\n")
}

fn request(name: &str, token: &str, path: &str) -> Value {
    serde_json::json!({
        "name": name,
        "request": {
            "method": "GET",
            "header": [{"key": "X-API-Key", "value": token}],
            "url": {"raw": format!("{{{{baseUrl}}}}/{path}"), "host": ["{{baseUrl}}"], "path": [path]}
        },
        "response": []
    })
}
