//! The program over git's real transports: a real `sshd`, and git's own server for HTTP with names and tokens. What a mirror
//! keeps, its lease and what it delivers to a branch go through them as they go to a directory.

use std::sync::{Arc, Mutex};

use git_postman::model::base64::encode_standard;
use git_postman::model::secret::Secret;
use git_postman::provider::api::Provider as _;
use git_postman::provider::bitbucket_server::service::BitbucketServer;
use git_postman::provider::kind::ProviderKind;
use git_postman::provider::site::{RepositoryName, Site};
use serde_json::json;

use crate::support::Repository;
use crate::support::bare::Bare;
use crate::support::git_http::served;
use crate::support::postman::{STATE, Scene, collection};
use crate::support::provider_story::commit;
use crate::support::service::{Answer, Call, Service};
use crate::support::ssh::SshServer;

const ORDERS: &str = "postman/collections/orders.json";
const TOKEN: &str = "glpat-0123456789";

fn scene() -> Scene {
    let orders = collection("Orders", &["List orders", "Get order"]);
    Scene::of_workspace(&[(ORDERS, &orders)])
}

/// Another clone, which reaches the remote as the first one does.
fn clone_of(scene: &Scene, prepare: impl Fn(&Repository)) -> Repository {
    let other = Repository::empty();
    prepare(&other);
    let run = scene.repository.git(&["remote", "get-url", "origin"]);
    let address = run.expect(0).stdout.trim().to_owned();
    let git = |arguments: &[&str]| other.git(arguments).expect(0);
    git(&["remote", "add", "origin", &address]);
    git(&["fetch", "--quiet", "origin"]);
    git(&["switch", "--quiet", "-c", "main", "--track", "origin/main"]);
    other
}

/// A push, two at once that race for the record, and a pull, all over the remote as it stands.
fn is_mirrored(scene: &Scene, prepare: impl Fn(&Repository)) {
    let git = |arguments: &[&str]| scene.repository.git(arguments).expect(0);
    git(&["push", "--quiet", "--no-verify", "origin", "HEAD:main"]);
    let before = scene.records();
    let other = clone_of(scene, prepare);
    let going = [
        scene.start(&scene.repository, &["push"]),
        scene.start(&other, &["push"]),
    ];
    for run in going.map(|going| going.end()) {
        run.expect(0);
    }
    assert_eq!(scene.inventory(), ["collections Orders"]);
    assert!(scene.records() > before);
    let merges = ["--git-dir", "../origin.git", "rev-list", "--merges", STATE];
    assert_eq!(git(&merges).stdout, "", "one chain, whoever won");

    scene.edit("Orders", |orders| {
        orders["item"][0]["name"] = json!("List all")
    });
    let run = scene.run_in(&other, &["pull", "--to", "commit"]);
    run.expect(0);
    other
        .git(&["push", "--quiet", "--no-verify", "origin", "HEAD:main"])
        .expect(0);
    let shown = git(&[
        "--git-dir",
        "../origin.git",
        "show",
        &format!("main:{ORDERS}"),
    ]);
    assert!(shown.stdout.contains("List all"), "{shown}");
    // The first clone is behind, and told so by the record that it fetches.
    git(&["pull", "--quiet", "--rebase", "origin", "main"]);
    scene.run(&["push"]).expect(0).says("othing");
}

#[test]
fn over_ssh() {
    let scene = scene();
    let beside = scene.repository.beside("");
    let Some(server) = SshServer::start(&scene.repository, &beside) else {
        return;
    };
    let address = ["remote", "set-url", "origin", "git.example.com:origin.git"];
    scene.repository.git(&address).expect(0);
    server.is_asked_by(&scene.repository, "key");
    is_mirrored(&scene, |other| server.is_asked_by(other, "key"));

    // A key that nobody knows.
    let before = scene.records();
    let text = collection("Orders", &["List orders", "Get order", "Delete order"]);
    scene.repository.commit(&[(ORDERS, &text)], "more");
    server.is_asked_by(&scene.repository, "stranger");
    let inventory = scene.collection("Orders").1;
    scene.run(&["push"]).expect(4).says("Permission denied");
    assert_eq!(
        scene.collection("Orders").1,
        inventory,
        "nothing without a record"
    );
    assert_eq!(scene.records(), before);
}

#[test]
fn a_delivery_over_ssh() {
    let orders = collection("Orders", &["List orders"]);
    let definition = "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths: {}\n";
    let scene = Scene::of_connected_api(&[
        (ORDERS, &orders),
        ("postman/schemas/openapi.yaml", definition),
    ]);
    let hosts = scene.repository.beside("hosts");
    std::fs::create_dir_all(hosts.join("acme")).unwrap();
    let origin = scene.repository.beside("origin.git");
    std::os::unix::fs::symlink(&origin, hosts.join("acme/pets.git")).unwrap();
    let Some(server) = SshServer::start(&scene.repository, &hosts) else {
        return;
    };
    server.is_asked_by(&scene.repository, "key");
    // The user is the one who runs the tests, and nobody of that host's.
    let address = ["remote", "set-url", "origin", "github.com:acme/pets.git"];
    scene.repository.git(&address).expect(0);
    let git = |arguments: &[&str]| scene.repository.git(arguments).expect(0);
    git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    git(&["switch", "--quiet", "-c", "feature"]);
    let changed = collection("Orders", &["List all orders"]);
    scene.repository.commit(&[(ORDERS, &changed)], "feature");
    let before = scene
        .repository
        .git_in(&origin, &["rev-parse", "main"])
        .expect(0);
    scene.run(&["push", "--branch", "feature"]).expect(0);
    let shown = ["show", &format!("main:{ORDERS}")];
    let shown = scene.repository.git_in(&origin, &shown).expect(0);
    assert!(shown.stdout.contains("List all orders"), "{shown}");
    let parent = scene
        .repository
        .git_in(&origin, &["rev-parse", "main^"])
        .expect(0);
    assert_eq!(parent.stdout, before.stdout, "one commit on top");
}

/// What git over HTTP was asked, and with which words to show who asks.
type Heard = Arc<Mutex<Vec<String>>>;

/// Git's own server for who shows the token.
fn over_http(bare: Bare) -> (Service, Heard) {
    let heard = Heard::default();
    let kept = Arc::clone(&heard);
    let right = format!(
        "Basic {}",
        encode_standard(format!("kim:{TOKEN}").as_bytes())
    );
    let service = Service::start("", move |call: &Call| {
        let shown = call.header("authorization").to_owned();
        kept.lock().unwrap().push(shown.clone());
        match call.target.strip_prefix("/acme/orders.git/") {
            Some(below) if shown == right => {
                let below = below.split('?').next().unwrap();
                served(&bare, call, below, "kim")
            }
            _ => Answer::of(401, "text/plain", "HTTP Basic: Access denied")
                .with("www-authenticate", "Basic realm=\"git\""),
        }
    });
    (service, heard)
}

/// Lets git of a repository show this name and this token to one host, as its keyring would.
fn sign_in(repository: &Repository, url: &str, token: &str) {
    let helper = format!("!f() {{ echo username=kim; echo password={token}; }}; f");
    let name = format!("credential.{url}.helper");
    repository.git(&["config", &name, &helper]).expect(0);
}

#[test]
fn over_http_with_a_token() {
    let scene = scene();
    let origin = scene.repository.beside("origin.git");
    let receives = ["config", "http.receivepack", "true"];
    scene.repository.git_in(&origin, &receives).expect(0);
    let (service, heard) = over_http(Bare::over(&origin));
    let address = format!("{}/acme/orders.git", service.url);
    scene
        .repository
        .git(&["remote", "set-url", "origin", &address])
        .expect(0);

    // Nobody sits there to be asked for a token, and nothing reaches Postman without a record.
    scene.run(&["push"]).expect(4).says("origin");
    sign_in(&scene.repository, &service.url, "glpat-wrong");
    scene.run(&["push"]).expect(4).never_says("glpat-wrong");
    assert_eq!(scene.inventory(), [] as [&str; 0]);
    let unset = format!("credential.{}.helper", service.url);
    scene
        .repository
        .git(&["config", "--unset", &unset])
        .expect(0);

    sign_in(&scene.repository, &service.url, TOKEN);
    is_mirrored(&scene, |other| sign_in(other, &service.url, TOKEN));
    assert!(heard.lock().unwrap().iter().any(|one| !one.is_empty()));
}

#[test]
fn a_redirect_to_another_host_gets_no_token() {
    let stolen = Heard::default();
    let kept = Arc::clone(&stolen);
    let thief = Service::start("", move |call: &Call| {
        kept.lock()
            .unwrap()
            .push(call.header("authorization").to_owned());
        Answer::of(401, "text/plain", "").with("www-authenticate", "Basic realm=\"x\"")
    });
    // Another name of this machine is another host to git.
    let elsewhere = thief.url.replace("127.0.0.1", "localhost");
    let tip = "a".repeat(40);
    let (to, shown) = (elsewhere.clone(), Heard::default());
    let kept = Arc::clone(&shown);
    let service = Service::start("", move |call: &Call| {
        let authorization = call.header("authorization").to_owned();
        kept.lock().unwrap().push(authorization.clone());
        if call.target.starts_with("/rest/") {
            return Answer::json(
                200,
                &json!({ "slug": "orders", "id": 1, "project": { "key": "SHOP" } }),
            );
        }
        if authorization.is_empty() {
            return Answer::of(401, "text/plain", "")
                .with("www-authenticate", "Basic realm=\"git\"");
        }
        let to = format!("{to}{}", call.target);
        Answer::of(302, "text/plain", "").with("location", &to)
    });
    let site = Site::new(ProviderKind::BitbucketDataCenter, &service.url).unwrap();
    let settings = BitbucketServer::settings(&site);
    let token = Secret::new("kim:secret-0123456789");
    let server = BitbucketServer::new(site, token, settings).unwrap();
    let name = RepositoryName::new("SHOP", "orders").unwrap();
    let asked = server.snapshot(&name, &commit(&tip));
    let error = asked.map(drop).unwrap_err().to_string();
    assert!(!error.contains("secret-0123456789"), "{error}");
    assert!(
        shown
            .lock()
            .unwrap()
            .iter()
            .any(|one| one.starts_with("Basic "))
    );
    let came = || stolen.lock().unwrap().clone();
    assert!(came().iter().all(String::is_empty), "{:?}", came());

    // The same for what the user's own git is told by its keyring.
    let repository = Repository::with(&[("a", "a")]);
    sign_in(&repository, &service.url, TOKEN);
    let address = format!("{}/scm/shop/orders.git", service.url);
    let run = repository.git(&["ls-remote", &address]);
    assert_ne!(run.code, 0, "{run}");
    assert!(came().iter().all(String::is_empty), "{:?}", came());
}
