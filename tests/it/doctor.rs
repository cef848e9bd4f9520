//! `doctor` from outside: the real program and real git, and stand-ins for every provider with a real repository behind them.

use std::net::TcpListener;
use std::sync::Arc;

use serde_json::Value;

use crate::support::azure::{self, FakeAzure};
use crate::support::bare::Bare;
use crate::support::bitbucket_cloud::{self, FakeCloud};
use crate::support::bitbucket_server::{self, FakeServer};
use crate::support::contract::Contract;
use crate::support::gitlab::{self, FakeGitLab};
use crate::support::hub::{Hub, TOKEN};
use crate::support::openapi::Description;
use crate::support::postman::Scene;
use crate::support::tls::Front;
use crate::support::{Repository, Run};

/// A repository and who hosts it.
pub(crate) struct Patient {
    pub(crate) repository: Repository,
    pub(crate) kind: &'static str,
    pub(crate) url: String,
    /// The variable of the token, and the token.
    pub(crate) token: (&'static str, &'static str),
}

impl Patient {
    /// A repository whose remote has this address, and a bare one behind it.
    pub(crate) fn at(address: &str) -> Repository {
        let repository = Repository::with(&[("README.md", "orders\n")]).with_origin();
        repository.give_address(address);
        repository
    }

    /// `doctor` with more variables and arguments.
    pub(crate) fn doctor_as(&self, more: &[(&str, &str)], arguments: &[&str]) -> Run {
        let mut all = vec!["doctor", "--provider", self.kind, "--url", &self.url];
        all.extend(arguments);
        let mut variables = vec![self.token];
        variables.extend(more);
        let run = self
            .repository
            .run_handed(self.repository.root(), &variables, &all);
        run.never_says(self.token.1)
    }

    /// What is told of one thing.
    #[track_caller]
    pub(crate) fn told(&self, code: i32, id: &str) -> Value {
        let run = self.doctor_as(&[], &["--format", "json"]).expect(code);
        examined(&run, id)
    }
}

/// What is told of one thing.
#[track_caller]
pub(crate) fn examined(run: &Run, id: &str) -> Value {
    let report = run.json();
    let all = report["examined"].as_array().unwrap().clone();
    let found = all.into_iter().find(|one| one["id"] == id);
    found.unwrap_or_else(|| panic!("nothing is told of {id}:\n{run}"))
}

/// Prints a trap so that it can be read: the part about the provider and what comes of it.
#[expect(
    clippy::print_stdout,
    reason = "what is said is there to be read: `cargo test --test it doctor -- --nocapture`"
)]
pub(crate) fn show(name: &str, run: &Run) {
    let begin = run.stdout.find("\nprovider\n").map_or(0, |at| at + 1);
    let end = run.stdout.find("\npostman\n").unwrap_or(run.stdout.len());
    println!(
        "=== {name} (exit code {})\n{}\n",
        run.code,
        &run.stdout[begin..end.max(begin)]
    );
}

fn github() -> (Patient, Arc<Hub>) {
    let repository = Patient::at("git@git.example.com:acme/orders.git");
    let hub = Hub::over(&repository.beside("origin.git"));
    let patient = Patient {
        repository,
        kind: "github",
        url: hub.url().to_owned(),
        token: ("GITHUB_TOKEN", TOKEN),
    };
    (patient, hub)
}

fn gitlab_as(token: (&'static str, &'static str)) -> (Patient, FakeGitLab) {
    let repository = Patient::at("git@git.example.com:acme/apis/orders.git");
    let fake = FakeGitLab::self_managed(Bare::over(&repository.beside("origin.git")));
    let patient = Patient {
        repository,
        kind: "gitlab-self-managed",
        url: fake.site().web.to_string(),
        token,
    };
    (patient, fake)
}

fn azure_at() -> (Patient, FakeAzure) {
    let repository = Patient::at("ssh://git@git.example.com/acme/My%20Proj/_git/orders");
    let fake = FakeAzure::services(Bare::over(&repository.beside("origin.git")));
    let patient = Patient {
        repository,
        kind: "azure-devops-services",
        url: format!("{}/acme", fake.service.url),
        token: ("AZURE_DEVOPS_TOKEN", azure::TOKEN),
    };
    (patient, fake)
}

fn cloud() -> (Patient, FakeCloud) {
    let repository = Patient::at("git@git.example.com:acme/orders.git");
    let fake = FakeCloud::start(Bare::over(&repository.beside("origin.git")));
    let patient = Patient {
        repository,
        kind: "bitbucket-cloud",
        url: fake.service.url.clone(),
        token: ("BITBUCKET_TOKEN", bitbucket_cloud::TOKEN),
    };
    (patient, fake)
}

fn data_center() -> (Patient, FakeServer) {
    let repository = Patient::at("ssh://git@git.example.com/SHOP/orders.git");
    let fake = FakeServer::start(Bare::over(&repository.beside("origin.git")));
    let patient = Patient {
        repository,
        kind: "bitbucket-data-center",
        url: format!("{}/git", fake.service.url),
        token: ("BITBUCKET_TOKEN", bitbucket_server::TOKEN),
    };
    (patient, fake)
}

#[track_caller]
fn all_is_well(patient: &Patient) {
    let run = patient.doctor_as(&[], &[]).expect(0);
    show(patient.kind, &run);
    let json = patient.doctor_as(&[], &["--format", "json"]).expect(0);
    assert_eq!(json.json()["summary"]["wrong"], 0, "{json}");
    assert_eq!(json.json()["provider"]["kind"], patient.kind);
    for id in ["reach", "token", "hosted", "default-branch"] {
        assert_eq!(examined(&json, id)["state"], "ok", "{json}");
    }
    for id in ["account-access", "token-access", "branch-access"] {
        assert_ne!(examined(&json, id)["state"], "wrong", "{json}");
    }
}

#[test]
fn where_all_is_well_it_says_so_on_every_provider() {
    let (patient, hub) = github();
    all_is_well(&patient);
    let description = Description::parse(include_str!("support/github.openapi.json"));
    let exchanges = hub.exchanges();
    let faults: Vec<String> = exchanges
        .iter()
        .flat_map(|one| description.faults(one))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));

    let (patient, fake) = gitlab_as(("GITLAB_TOKEN", gitlab::TOKEN));
    all_is_well(&patient);
    fake.holds_the_contract();

    let (patient, fake) = azure_at();
    all_is_well(&patient);
    let contract = Contract::new(include_str!("support/contract_azure.json"));
    assert_eq!(fake.service.violations(&contract).1, []);

    let (patient, fake) = cloud();
    all_is_well(&patient);
    let contract = Contract::new(include_str!("support/contract_bitbucket_cloud.json"));
    assert_eq!(fake.service.violations(&contract).1, []);

    let (patient, fake) = data_center();
    all_is_well(&patient);
    let contract = Contract::new(include_str!("support/contract_bitbucket_server.json"));
    assert_eq!(fake.service.violations_below("/api", &contract).1, []);
}

#[test]
fn traps_of_github_s_repositories_and_tokens() {
    let (mut patient, hub) = github();
    hub.set(|switches| switches.is_archived = true);
    let run = patient.doctor_as(&[], &[]).expect(1);
    show("GitHub: an archived repository", &run);
    run.says("“Unarchive this repository”")
        .says("/acme/orders/settings");
    hub.set(|switches| {
        switches.is_archived = false;
        switches.scopes = None;
        switches.no_pull_requests = true;
    });
    patient.token.1 = "ghs_0123456789";
    let run = patient.doctor_as(&[], &[]).expect(1);
    show("GitHub: GITHUB_TOKEN that may not open pull requests", &run);
    run.says("“Allow GitHub Actions to create and approve pull requests”")
        .says("/acme/orders/settings/actions");
    hub.set(|switches| {
        switches.no_pull_requests = false;
        switches.grant = "read";
    });
    let run = patient.doctor_as(&[], &[]).expect(1);
    show("GitHub: GITHUB_TOKEN without `contents: write`", &run);
    run.says("`contents: write`");
    hub.set(|switches| switches.grant = "write");
    let token = patient.told(0, "token-access");
    assert!(
        token["seen"]
            .as_str()
            .unwrap()
            .contains("whether Actions may open them"),
        "{token}"
    );

    // What nobody decided is told; what somebody decided is not.
    let run = patient.doctor_as(&[], &["--branch", "release"]).expect(1);
    show("GitHub: an active branch that is not there", &run);
    run.says("there is no branch `release` at the provider");
    patient
        .repository
        .git(&["switch", "--quiet", "-c", "release"])
        .expect(0);
    patient
        .repository
        .git(&["push", "--quiet", "--no-verify", "origin", "release"])
        .expect(0);
    let run = patient.doctor_as(&[], &[]).expect(0);
    show("GitHub: a default branch that is not the active one", &run);
    run.says("the default branch is `main`, and the active branch is `release`")
        .says("`active-branch = \"release\"`");
    patient.repository.write(
        "git-postman.toml",
        "[mapping]\nactive-branch = \"release\"\n",
    );
    assert_eq!(patient.told(0, "default-branch")["state"], "ok");
    patient
        .repository
        .git(&["switch", "--quiet", "main"])
        .expect(0);

    hub.set(|switches| switches.rules = vec!["pull_request"]);
    patient.repository.write("git-postman.toml", "");
    let run = patient.doctor_as(&[], &[]).expect(0);
    show("GitHub: a protected branch", &run);
    run.says("rules stand before a push to main: pull_request")
        .says("/acme/orders/settings/rules");

    let address = "git@git.example.com:acme/old-orders.git";
    patient
        .repository
        .git(&["remote", "set-url", "origin", address])
        .expect(0);
    let run = patient.doctor_as(&[], &[]);
    show("GitHub: a renamed repository (301)", &run);
    run.says("acme/old-orders has another name by now: acme/orders")
        .says("git remote set-url");
}

#[test]
fn an_empty_repository_is_told() {
    let (patient, hub) = github();
    hub.git(&["update-ref", "-d", "refs/heads/main"]).unwrap();
    let run = patient.doctor_as(&[], &[]).expect(1);
    show("GitHub: an empty repository", &run);
    run.says("acme/orders is empty").says("push a first commit");
}

#[test]
fn traps_of_gitlab() {
    let (patient, fake) = gitlab_as(("GITLAB_TOKEN", gitlab::TOKEN));
    fake.turn(|knobs| knobs.archived = true);
    let run = patient.doctor_as(&[], &[]).expect(1);
    show("GitLab: an archived project", &run);
    run.says("“Unarchive project”")
        .says("/acme/apis/orders/edit");
    fake.turn(|knobs| {
        knobs.archived = false;
        knobs.scopes = vec!["read_api"];
        knobs.level = 20;
        knobs.protected.insert("main".to_owned(), false);
    });
    let run = patient.doctor_as(&[], &[]).expect(1);
    show("GitLab: role, scope and protection, each for itself", &run);
    run.says("role Reporter")
        .says("lacks `api`")
        .says("“Allowed to push and merge”");
    fake.turn(|knobs| {
        knobs.level = 30;
        knobs.scopes = vec!["api"];
    });
    let address = "git@git.example.com:acme/orders-old.git";
    patient
        .repository
        .git(&["remote", "set-url", "origin", address])
        .expect(0);
    let run = patient.doctor_as(&[], &[]);
    show("GitLab: a renamed project", &run);
    run.says("acme/orders-old has another name by now");
}

#[test]
fn the_token_of_a_job_is_known_without_its_prefix() {
    for token in [gitlab::JOB, gitlab::OLD_JOB] {
        let (patient, _fake) = gitlab_as(("CI_JOB_TOKEN", token));
        let server = [("CI_SERVER_URL", patient.url.as_str()), ("CI", "true")];
        let run = patient.doctor_as(&server, &[]).expect(0);
        show("GitLab: the token of a job", &run);
        run.says("found in CI_JOB_TOKEN")
            .says("it opens no merge requests")
            .says("“Allow Git push requests to the repository”")
            .says("/acme/apis/orders/-/settings/ci_cd#js-token-access");
    }
}

#[test]
fn traps_of_azure() {
    let (mut patient, fake) = azure_at();
    fake.turn(|knobs| {
        knobs.policies.insert("main".to_owned());
        knobs.account = 4;
    });
    let run = patient.doctor_as(&[], &[]).expect(1);
    show(
        "Azure: 200 with `success: false`, and permissions that are missing",
        &run,
    );
    run.says("“Create branch”, “Contribute to pull requests”")
        .says("/acme/My%20Proj/_settings/repositories")
        .says("pushes are refused");
    fake.turn(|knobs| {
        knobs.policies.clear();
        knobs.account = 4 + 16 + 16384;
        knobs.writes = false;
    });
    let run = patient.doctor_as(&[], &[]).expect(1);
    show("Azure: a token that only reads", &run);
    run.says("“Code (Read & write)”");
    fake.turn(|knobs| {
        knobs.writes = true;
        knobs.disabled = true;
    });
    let run = patient.doctor_as(&[], &[]).expect(1);
    show("Azure: a disabled repository", &run);
    run.says("“Disable Repository”");
    patient.token.1 = "expired0123";
    let run = patient.doctor_as(&[], &[]).expect(1);
    show("Azure: 203 with a page to sign in on", &run);
    run.says("it shows its sign-in page")
        .says("/acme/_usersSettings/tokens");
}

#[test]
fn traps_of_bitbucket() {
    let (mut patient, fake) = cloud();
    fake.turn(|knobs| knobs.scopes = vec!["read:repository:bitbucket"]);
    let run = patient.doctor_as(&[], &[]).expect(1);
    show("Bitbucket Cloud: scopes that are missing", &run);
    run.says("write:repository:bitbucket")
        .says("security/api-tokens");
    fake.turn(|knobs| {
        knobs.scopes = vec![
            "read:repository:bitbucket",
            "write:repository:bitbucket",
            "read:pullrequest:bitbucket",
            "write:pullrequest:bitbucket",
        ];
        knobs.renamed_from = Some("old-orders");
    });
    let address = "git@git.example.com:acme/old-orders.git";
    patient
        .repository
        .git(&["remote", "set-url", "origin", address])
        .expect(0);
    let run = patient.doctor_as(&[], &[]);
    show("Bitbucket Cloud: a renamed repository", &run);
    run.says("acme/old-orders has another name by now: acme/orders");
    patient.token.1 = "kim:ATBBx1y2z3";
    let run = patient.doctor_as(&[], &[]).expect(1);
    show("Bitbucket Cloud: an app password", &run);
    run.says("app passwords ended on 2026-07-28")
        .never_says("ATBB");

    let (patient, fake) = data_center();
    fake.turn(|knobs| {
        knobs.writes = false;
        knobs.restriction = Some("pull-request-only");
    });
    let run = patient.doctor_as(&[], &[]).expect(1);
    show(
        "Bitbucket Data Center: no right to write, and a branch permission",
        &run,
    );
    run.says("“Repository write”")
        .says("/projects/SHOP/repos/orders/permissions");
    fake.turn(|knobs| {
        knobs.writes = true;
        knobs.archived = true;
    });
    let run = patient.doctor_as(&[], &[]).expect(1);
    show("Bitbucket Data Center: an archived repository", &run);
    run.says("Archive repository");
}

#[test]
fn a_server_that_cannot_be_reached_is_told_by_what_stands_in_the_way() {
    let (mut patient, _fake) = gitlab_as(("GITLAB_TOKEN", gitlab::TOKEN));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    patient.url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let run = patient.doctor_as(&[], &[]).expect(4);
    show("on-premises: nothing listens there", &run);
    run.says("nothing listens there")
        .says("from inside of its network only");

    // A proxy that wants to know who asks.
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://kim:hunter2@{}", proxy.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for stream in proxy.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n",
            );
        }
    });
    patient.url = "https://git.example.com".to_owned();
    // A login in the address of a remote is nobody's business either.
    let remote = "https://kim:hunter2@git.example.com/acme/apis/orders.git";
    patient
        .repository
        .git(&["remote", "set-url", "origin", remote])
        .expect(0);
    let run = patient
        .doctor_as(&[("HTTPS_PROXY", &address)], &[])
        .expect(4)
        .never_says("hunter2");
    show("on-premises: a proxy that wants a password", &run);
    run.says("the proxy on the way does not let it through")
        .says("HTTPS_PROXY sends https calls through 127.0.0.1");
}

#[test]
fn certificates_of_one_s_own() {
    let (mut patient, hub) = github();
    let directory = patient.repository.beside("home");
    let front = Front::before(hub.url(), &directory, false);
    patient.url.clone_from(&front.url);
    let run = patient.doctor_as(&[], &[]).expect(4);
    show("on-premises: an authority that nobody knows", &run);
    run.says("is not trusted")
        .says("SSL_CERT_FILE")
        .says("http.<url>.sslCAInfo");

    let authority = front.authority.to_str().unwrap();
    patient
        .doctor_as(&[("SSL_CERT_FILE", authority)], &[])
        .expect(0)
        .says("certificates are held against SSL_CERT_FILE");
    let git = |key: &str, value: &str| {
        let key = format!("http.{}/.{key}", front.url);
        patient.repository.git(&["config", &key, value]).expect(0);
    };
    git("sslCAInfo", authority);
    patient
        .doctor_as(&[], &[])
        .expect(0)
        .says("as git is set to");
    git("sslVerify", "false");
    patient
        .doctor_as(&[], &[])
        .expect(0)
        .says("git-postman trusts none that is not signed");
    git("sslCAInfo", "/nowhere/authority.pem");
    patient
        .doctor_as(&[], &[])
        .says("/nowhere/authority.pem cannot be read");
}

#[test]
fn a_server_that_wants_to_see_a_certificate() {
    let (mut patient, hub) = github();
    let directory = patient.repository.beside("home");
    let front = Front::before(hub.url(), &directory, true);
    patient.url.clone_from(&front.url);
    let authority = [("SSL_CERT_FILE", front.authority.to_str().unwrap())];
    let run = patient.doctor_as(&authority, &[]).expect(4);
    show("on-premises: a client certificate is wanted", &run);
    run.says("wants a client certificate, and was shown none")
        .says("http.<url>.sslCert");

    let git = |key: &str, value: &str| {
        let key = format!("http.{}/.{key}", front.url);
        patient.repository.git(&["config", &key, value]).expect(0);
    };
    git("sslCert", front.certificate.to_str().unwrap());
    git("sslKey", front.key.to_str().unwrap());
    let run = patient.doctor_as(&authority, &["-vv"]).expect(0);
    let key = std::fs::read_to_string(&front.key).unwrap();
    run.says("is shown the certificate in")
        .never_says(key.lines().nth(1).unwrap());
    git("sslKey", front.authority.to_str().unwrap());
    patient
        .doctor_as(&authority, &[])
        .says("the client certificate or its key is no PEM, or the key is encrypted");
}

#[test]
fn without_network_the_local_part_is_told_and_the_rest_is_skipped() {
    let (patient, hub) = github();
    let run = patient
        .doctor_as(
            &[("POSTMAN_API_KEY", "PMAK-x")],
            &["--offline", "--format", "json"],
        )
        .expect(0);
    assert_eq!(hub.exchanges().len(), 0);
    for id in ["reach", "key"] {
        let one = examined(&run, id);
        assert_eq!(one["state"], "skipped", "{one}");
    }
    assert_eq!(examined(&run, "hook")["state"], "warning");
    patient.repository.run(&["hook", "install"]).expect(0);
    let run = patient
        .doctor_as(&[], &["--offline", "--format", "json"])
        .expect(0);
    assert_eq!(examined(&run, "hook")["state"], "ok");
    patient.repository.write("git-postman.toml", "[nonsense]\n");
    let run = patient
        .doctor_as(&[], &["--offline", "--format", "json"])
        .expect(1);
    assert_eq!(examined(&run, "configuration")["state"], "wrong");

    let nowhere = Repository::none();
    let run = nowhere.run(&["doctor", "--format", "json"]).expect(1);
    assert_eq!(examined(&run, "repository")["state"], "wrong");
}

#[test]
fn drivers_and_the_state_of_the_clone_are_looked_at() {
    let (patient, _hub) = github();
    let repository = &patient.repository;
    repository.write("postman/collections/.gitkeep", "");
    let told = |code: i32, id: &str| {
        let run = patient.doctor_as(&[], &["--offline", "--format", "json"]);
        examined(&run.expect(code), id)
    };
    assert_eq!(told(0, "drivers")["state"], "warning");
    repository.run(&["hook", "install", "--drivers"]).expect(0);
    assert_eq!(told(0, "drivers")["state"], "ok", "{}", told(0, "drivers"));
    repository
        .git(&[
            "config",
            "merge.git-postman.driver",
            "'/gone/git-postman' merge-driver %O %A %B %P",
        ])
        .expect(0);
    assert_eq!(told(1, "drivers")["state"], "wrong");
    repository
        .git(&["config", "--remove-section", "merge.git-postman"])
        .expect(0);
    assert!(
        told(0, "drivers")["seen"]
            .as_str()
            .unwrap()
            .contains("in this clone")
    );
    repository
        .git(&["checkout", "--quiet", "--detach"])
        .expect(0);
    assert_eq!(told(0, "checkout")["state"], "warning");
}

#[test]
fn postman_s_side_is_looked_at_too() {
    let scene = Scene::of_workspace(&[]);
    let run = scene.run(&["doctor", "--format", "json"]).expect(0);
    assert_eq!(examined(&run, "key")["state"], "ok");
    let seen = examined(&run, "link-access")["seen"].clone();
    assert!(
        seen.as_str().unwrap().contains("the workspace `Pets`"),
        "{seen}"
    );
    let run = scene
        .run_with(&scene.repository, "PMAK-wrong", &["doctor"])
        .expect(1)
        .never_says("PMAK-wrong");
    println!("=== Postman: a key that is refused\n{}", run.stdout);
}

#[test]
fn an_integration_of_the_earlier_kind_is_told() {
    let scene = Scene::of_connected_api(&[]);
    // GitHub itself must not be asked.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let doctor = |more: &[&str]| {
        let mut all = vec!["doctor"];
        all.extend(more);
        let variables = [
            ("POSTMAN_API_URL", scene.recorder.url.as_str()),
            ("POSTMAN_API_KEY", scene.sandbox.key.as_str()),
            ("HTTPS_PROXY", nobody.as_str()),
        ];
        let directory = scene.repository.root();
        scene.repository.run_handed(directory, &variables, &all)
    };
    doctor(&[])
        .expect(1)
        .says("has connected to the repository acme/pets")
        .never_says("legacy-integration");
    let apis = format!("/apis?workspaceId={}", scene.workspace);
    let apis = scene.ask("GET", &apis, &Value::Null);
    let api = apis["apis"][0]["id"].as_str().unwrap();
    scene.ask("DELETE", &format!("/sandbox/apis/{api}/git"), &Value::Null);
    let run = doctor(&["--format", "json"]).expect(1);
    let legacy = examined(&run, "legacy-integration");
    assert_eq!(legacy["state"], "warning");
    let fix = legacy["fix"].as_str().unwrap();
    for words in ["two-way sync", "delete that integration"] {
        assert!(fix.contains(words), "{fix}");
    }
    let told = doctor(&[]).stdout;
    println!(
        "=== Postman: an integration of the earlier kind\n{}",
        &told[told.find("\npostman\n").unwrap()..]
    );
}

#[test]
fn connect_tells_of_access_before_it_links() {
    let scene = Scene::of_workspace(&[]);
    scene.give_address("git@git.example.com:acme/orders.git");
    let hub = Hub::over(&scene.repository.beside("origin.git"));
    hub.set(|switches| switches.grant = "read");
    let workspace = scene.workspace.clone();
    let connect = |token: &[(&str, &str)], more: &[&str]| {
        let mut all = vec!["connect", "--workspace", &workspace, "--moved"];
        all.extend(["--provider", "github", "--url", hub.url()]);
        all.extend(more);
        let mut variables = vec![
            ("POSTMAN_API_URL", scene.recorder.url.as_str()),
            ("POSTMAN_API_KEY", scene.sandbox.key.as_str()),
        ];
        variables.extend(token);
        let directory = scene.repository.root();
        scene.repository.run_handed(directory, &variables, &all)
    };
    let none = connect(&[], &["--dry-run"]).expect(0);
    none.says("not looked at: there is no token for a provider");
    let run = connect(&[("GITHUB_TOKEN", TOKEN)], &[]).expect(0);
    println!("=== connect\n{}{}", run.stderr, run.stdout);
    let run = run.says("no: the account may only read").never_says(TOKEN);
    assert!(
        run.stderr
            .contains("warning: account: the account may only read"),
        "{run}"
    );
    let again = connect(&[("GITHUB_TOKEN", TOKEN)], &["--format", "json"]).expect(0);
    let access = &again.json()["access"];
    assert_eq!(access["examined"], true);
    assert_eq!(access["account"]["allows"], false);
    assert!(
        access["account"]["page"]
            .as_str()
            .unwrap()
            .ends_with("/acme/orders/settings/access")
    );
}
