//! The program as a step of CI jobs: recorded variables, real shallow clones, what is compared with what, and forks that get
//! near no token.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::fixtures::{borrowed, collection, right, token};
use crate::support::postman::Scene;
use crate::support::pushing::with_remote;
use crate::support::{Repository, Run};

/// The ids that stand in the recorded sets for the base, the newest commit of a request, and what is checked out.
const BASES: [&str; 4] = [
    "dc78d69a83b22190ba68b13bde0c1a2eaedd5f0a",
    "991f39dcaf3635dc5ca88c8257bf187485367cc2",
    "ffaf8ce1eb166a318fbb43e25ce708f37675d174",
    "88a27cd7f221",
];
const HEADS: [&str; 2] = [
    "db49327fe5e5bfea81fb88cdbbf24e283538c395",
    "a926daf13cb8f96f2e5d6c9e09bb28daf7763309",
];
const CHECKED_OUT: [&str; 6] = [
    "e24a68b0ac3f9d1afe29901943e94df2bf41c932",
    "f44ad676029757f70d7fc848d4bdf13b771c279b",
    "b8c339f048d4d1296ca5791584158744b166df83",
    "ccea8b431ba7c158b79a184cb13aa0a4eb293c59",
    "11cc783de14cf438a41a60af7cd148a43da74ccd",
    "8d081548cabb",
];

/// The file that the pull request brings, and another one that was there before, each with something secret in it.
const NEW: &str = "postman/collections/new.json";
const OLD: &str = "notes.txt";

/// A repository whose remote has a main branch, a feature that left it, and what merging it would give.
struct Jobs {
    repository: Repository,
    base: String,
    head: String,
    merge: String,
}

impl Jobs {
    fn new() -> Self {
        let repository = Repository::with(&borrowed(&right()));
        repository.commit(&[(OLD, &format!("token {}\n", token()))], "old");
        with_remote(&repository);
        repository
            .git(&["switch", "--quiet", "-c", "feature"])
            .expect(0);
        let head = repository.commit(&[(NEW, &collection(&token()))], "new");
        repository.git(&["switch", "--quiet", "main"]).expect(0);
        let base = repository.commit(&[("moved.txt", "on\n")], "moved on");
        repository
            .git(&["switch", "--quiet", "-c", "merge"])
            .expect(0);
        let merge = ["merge", "--quiet", "--no-ff", "-m", "merge", "feature"];
        repository.git(&merge).expect(0);
        let merge = repository.id("HEAD");
        let pushed = ["main", "feature", "merge:refs/pull/12/merge"];
        let push = ["push", "--quiet", "origin"];
        repository.git(&[&push[..], &pushed].concat()).expect(0);
        Self {
            repository,
            base,
            head,
            merge,
        }
    }

    /// A checkout as CI makes it: one reference, one commit deep, no branch.
    fn checkout(&self, name: &str, reference: &str) -> PathBuf {
        let clone = self.repository.beside(name);
        fs::create_dir(&clone).unwrap();
        let url = format!("file://{}", self.repository.beside("remote.git").display());
        for arguments in [
            &["init", "--quiet"][..],
            &["remote", "add", "origin", &url],
            &[
                "fetch",
                "--quiet",
                "--no-tags",
                "--depth=1",
                "origin",
                reference,
            ],
            &["checkout", "--quiet", "--detach", "FETCH_HEAD"],
        ] {
            self.repository.git_in(&clone, arguments).expect(0);
        }
        clone
    }

    /// Runs the program in a checkout with recorded variables, whose ids are those of this repository.
    fn run(&self, recorded: &str, clone: &Path, checked_out: &str, arguments: &[&str]) -> Run {
        let real = |text: &str| {
            let all = BASES.iter().map(|id| (id, self.base.as_str()));
            let all = all.chain(HEADS.iter().map(|id| (id, self.head.as_str())));
            let all = all.chain(CHECKED_OUT.iter().map(|id| (id, checked_out)));
            all.fold(text.to_owned(), |text, (id, real)| {
                text.replace(id, &real[..id.len()])
            })
        };
        let event = self.repository.beside(&format!("{recorded}\nevent.json"));
        let mut variables = variables(recorded, &real);
        if let Ok(text) = fs::read_to_string(place(&format!("{recorded}.event.json"))) {
            fs::write(&event, real(&text)).unwrap();
            let path = event.to_str().unwrap().to_owned();
            variables.push(("GITHUB_EVENT_PATH".to_owned(), path));
        }
        let variables: Vec<(&str, &str)> = variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.repository.run_handed(clone, &variables, arguments)
    }
}

fn place(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/recorded/ci")
        .join(file)
}

fn variables(recorded: &str, real: &dyn Fn(&str) -> String) -> Vec<(String, String)> {
    let text = fs::read_to_string(place(&format!("{recorded}.env"))).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.map(|line| line.split_once('=').unwrap());
    pairs
        .map(|(name, value)| (name.to_owned(), real(value)))
        .collect()
}

const AUTO: [&str; 5] = ["check", "--range", "auto", "--format", "json"];

/// The files of all errors.
fn places(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .filter(|finding| finding["severity"] == "error")
        .map(|finding| finding["location"]["path"].as_str().unwrap())
        .collect()
}

#[test]
fn of_a_pull_request_at_depth_one_only_its_own_change_is_looked_at() {
    let jobs = Jobs::new();
    for (recorded, reference, checked_out, found_by) in [
        (
            "github-pull-request",
            "refs/pull/12/merge",
            &jobs.merge,
            "merge-commit",
        ),
        (
            "github-fork",
            "refs/pull/12/merge",
            &jobs.merge,
            "merge-commit",
        ),
        (
            "azure-pull-request-on-github",
            "refs/pull/12/merge",
            &jobs.merge,
            "merge-commit",
        ),
        (
            "gitlab-merged-results",
            "refs/pull/12/merge",
            &jobs.merge,
            "merge-commit",
        ),
        (
            "gitlab-merge-train",
            "refs/pull/12/merge",
            &jobs.merge,
            "event",
        ),
        (
            "jenkins-multibranch-pull-request",
            "refs/pull/12/merge",
            &jobs.merge,
            "merge-commit",
        ),
    ] {
        let clone = jobs.checkout(recorded, reference);
        let run = jobs.run(recorded, &clone, checked_out, &AUTO).expect(1);
        let report = run.json();
        assert_eq!(
            report["range"]["base"],
            jobs.base.as_str(),
            "{recorded} {run}"
        );
        assert_eq!(report["range"]["head"], checked_out.as_str(), "{recorded}");
        assert_eq!(report["range"]["found_by"], found_by, "{recorded}");
        assert_eq!(report["range"]["fetched"], true, "{recorded}");
        assert_eq!(report["range"]["ci"], recorded.split('-').next().unwrap());
        assert_eq!(report["summary"]["documents"], 1, "{recorded} {run}");
        // Both files hold a secret, and the old one is nothing that this request brings.
        assert_eq!(places(&report), [NEW], "{recorded} {run}");
        let human = jobs
            .run(recorded, &clone, checked_out, &AUTO[..3])
            .expect(1);
        human.says("compared with").says("this clone is shallow");
    }
}

#[test]
fn what_is_not_here_and_cannot_be_fetched_is_said_with_the_setting() {
    let jobs = Jobs::new();
    for (recorded, setting) in [
        ("github-pull-request", "`fetch-depth: 0`"),
        ("gitlab-merged-results", "`GIT_DEPTH: 0`"),
        ("azure-pull-request", "`fetchDepth: 0`"),
        ("bitbucket-pull-request", "`clone: {depth: full}`"),
        ("jenkins-multibranch-pull-request", "`Shallow clone`"),
    ] {
        let clone = jobs.checkout(recorded, "refs/pull/12/merge");
        let offline = [&AUTO[..3], &["--offline"]].concat();
        jobs.run(recorded, &clone, &jobs.merge, &offline)
            .expect(2)
            .says("is not here")
            .says("--offline keeps this run")
            .says(setting);
        // A runner without a network.
        let nowhere = ["remote", "set-url", "origin", "http://127.0.0.1:1/x.git"];
        jobs.repository.git_in(&clone, &nowhere).expect(0);
        jobs.run(recorded, &clone, &jobs.merge, &AUTO)
            .expect(2)
            .says("is not here")
            .says(setting);
        // The files themselves need no history.
        let whole = ["check", "--offline", "--fail-on", "never"];
        jobs.run(recorded, &clone, &jobs.merge, &whole).expect(0);
    }
}

#[test]
fn a_push_a_tag_and_a_run_by_the_clock_each_say_what_they_compare_with() {
    let jobs = Jobs::new();
    let main = jobs.repository.id("main");
    let before = jobs.repository.id("main^");
    let range = |recorded: &str, reference: &str| {
        let name = format!("{recorded}-{}", reference.replace('/', "-"));
        let clone = jobs.checkout(&name, reference);
        let head = jobs.repository.id(reference);
        let run = jobs.run(recorded, &clone, &head, &AUTO).reported();
        let report = run.json();
        (report["range"].clone(), report["notes"].to_string())
    };
    // The recorded ids of what stood there are those of the tip here, so that nothing is new.
    let (pushed, notes) = range("github-push", "main");
    assert_eq!(pushed["found_by"], "whole", "{pushed} {notes}");
    assert!(notes.contains("HEAD has nothing new"), "{notes}");
    let (new, notes) = range("github-new-branch", "feature");
    assert_eq!(new["found_by"], "default-branch", "{new} {notes}");
    assert_eq!(
        (&new["base"], &new["fetched"]),
        (&Value::from(before), &Value::from(true))
    );
    let (azure, _) = range("azure-push", "feature");
    assert_eq!(
        (&azure["base"], &azure["found_by"]),
        (&new["base"], &new["found_by"])
    );
    for (recorded, words) in [
        ("github-tag", "the tag `v1.2.0`"),
        ("gitlab-tag", "the tag `main`"),
        ("azure-tag", "the tag `main`"),
        ("bitbucket-tag", "the tag `main`"),
        ("jenkins-multibranch-tag", "the tag `main`"),
        ("github-schedule", "by the clock"),
        ("gitlab-schedule", "by the clock"),
        ("github-unknown-event", "default branch `main`"),
        ("bitbucket-custom", "which branch it is for"),
    ] {
        let (whole, notes) = range(recorded, "main");
        assert_eq!(whole["found_by"], "whole", "{recorded}");
        assert_eq!(whole["base"], Value::Null, "{recorded}");
        assert_eq!(whole["head"], main.as_str(), "{recorded}");
        assert!(notes.contains(words), "{recorded}: {notes}");
    }
}

#[test]
fn without_ci_the_range_is_that_of_the_branch() {
    let jobs = Jobs::new();
    let repository = &jobs.repository;
    let plain = repository.beside("plain");
    let remote = repository.beside("remote.git");
    let clone = ["clone", "--quiet", "--branch", "feature"];
    let clone = [
        &clone[..],
        &[remote.to_str().unwrap(), plain.to_str().unwrap()],
    ]
    .concat();
    repository.git_in(&repository.beside(""), &clone).expect(0);
    let whole = repository.run_in(&plain, &AUTO).reported().json();
    assert_eq!(whole["range"]["found_by"], "whole");
    repository
        .git_in(&plain, &["branch", "--unset-upstream"])
        .expect(0);
    repository
        .git_in(&plain, &["remote", "set-head", "origin", "main"])
        .expect(0);
    let range = repository.run_in(&plain, &AUTO).expect(1).json();
    assert_eq!(range["range"]["found_by"], "default-branch");
    assert_eq!(
        (&range["range"]["ci"], places(&range)),
        (&Value::Null, vec![NEW])
    );
    let empty = Repository::empty();
    empty.run(&AUTO).expect(2).says("no commit yet");
    let alone = Repository::with(&borrowed(&right()));
    alone.run(&AUTO).expect(2).says("--range BASE..HEAD");
}

#[test]
fn an_event_that_cannot_be_read_is_a_doubt_and_no_permission() {
    let jobs = Jobs::new();
    let clone = jobs.checkout("ci", "refs/pull/12/merge");
    let folder = jobs.repository.beside("event\n\u{1b}[31m");
    fs::create_dir(&folder).unwrap();
    let broken = jobs.repository.beside("broken.json");
    fs::write(&broken, "{\"pull_request\": ").unwrap();
    let deep = jobs.repository.beside("deep.json");
    fs::write(&deep, "[".repeat(100_000)).unwrap();
    for path in [
        &folder,
        &broken,
        &deep,
        &jobs.repository.beside("missing.json"),
    ] {
        let variables = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_REF", "refs/pull/12/merge"),
            ("GITHUB_SHA", jobs.merge.as_str()),
            ("GITHUB_EVENT_PATH", path.to_str().unwrap()),
        ];
        let run = |arguments: &[&str]| jobs.repository.run_handed(&clone, &variables, arguments);
        run(&["-v", "check", "--fail-on", "never"])
            .expect(0)
            .says("the event file")
            .never_says("\u{1b}[31m");
        // The commit itself still says what it was merged into.
        assert_eq!(
            run(&AUTO).expect(1).json()["range"]["base"],
            jobs.base.as_str()
        );
        run(&["push"]).expect(2).says("treated as one");
    }
    let half = [("GITHUB_ACTIONS", "true")];
    let run = jobs.repository.run_handed(&clone, &half, &AUTO).reported();
    assert_eq!(run.json()["range"]["found_by"], "whole");
    // Nothing is missing but the key.
    jobs.repository
        .run_handed(&clone, &half, &["push"])
        .expect(2)
        .says("POSTMAN_API_KEY");
}

#[test]
fn a_run_for_a_fork_gets_near_no_token_and_writes_nothing() {
    let scene = Scene::of_workspace(&[("postman/collections/orders.json", &collection("x"))]);
    scene.push(0, &[]);
    let plan = scene.repository.beside("plan.json");
    let plan = plan.to_str().unwrap();
    scene.run(&["plan", "push", "--out", plan]).expect(0);
    let changed = collection("changed").replace("changed", "other");
    let tip = scene
        .repository
        .commit(&[("postman/collections/orders.json", &changed)], "change");
    let calls = scene.recorder.calls();
    let references = || {
        let origin = ["--git-dir", "../origin.git", "for-each-ref"];
        let here = scene.repository.git(&["for-each-ref"]).expect(0).stdout;
        here + &scene.repository.git(&origin).expect(0).stdout
    };
    let before = references();
    for (recorded, fact) in [
        ("github-fork", "somebody/orders"),
        ("github-pull-request-target", "somebody/orders"),
        ("github-deleted-fork", "its repository was deleted"),
        ("github-workflow-run-of-a-fork", "somebody/orders"),
        ("github-comment", "treated as one"),
        ("gitlab-fork", "somebody/digger-demo"),
        ("gitlab-fork-in-the-parent", "somebody/digger-demo"),
        ("azure-fork-on-github", "SYSTEM_PULLREQUEST_ISFORK"),
        ("azure-pull-request-unfilled", "treated as one"),
        ("jenkins-multibranch-fork", "somebody"),
        ("jenkins-ghprb-fork", "somebody/orders"),
    ] {
        let mut set = variables(recorded, &str::to_owned);
        let event = place(&format!("{recorded}.event.json"));
        set.push(("GITHUB_EVENT_PATH".to_owned(), event.display().to_string()));
        set.push(("POSTMAN_API_KEY".to_owned(), scene.sandbox.key.clone()));
        set.push(("POSTMAN_API_URL".to_owned(), scene.recorder.url.clone()));
        set.push(("GITHUB_TOKEN".to_owned(), "ghs_of_the_run".to_owned()));
        let set: Vec<(&str, &str)> = set
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let run = |arguments: &[&str]| {
            let root = scene.repository.root();
            scene.repository.run_handed(root, &set, arguments)
        };
        for arguments in [
            &["push"][..],
            &["push", "--dry-run", "--force"],
            &["push", "--branch", "main"],
            &["pull"],
            &["pull", "--to", "commit"],
            &["pull", "--to", "pull-request"],
            &["plan", "push"],
            &["plan", "pull"],
            &["apply", plan],
            &["connect", "--workspace", &scene.workspace],
            &["disconnect"],
            &["undo"],
            &["audit", "--owner", "github:acme"],
        ] {
            run(arguments)
                .expect(2)
                .says(fact)
                .says("gets none")
                .says("after the merge")
                .never_says("ghs_of_the_run")
                .never_says(&scene.sandbox.key);
        }
        run(&["check"]).reported();
        run(&["status"]).reported().says(fact);
        run(&["doctor"])
            .reported()
            .says("no key is read in this run")
            .says(fact);
    }
    assert_eq!(scene.recorder.calls(), calls, "Postman was asked");
    assert_eq!(references(), before);
    assert_eq!(scene.repository.id("HEAD"), tip);
    scene.push(0, &[]);
}

#[test]
fn a_push_from_a_detached_head_knows_its_branch() {
    let scene = Scene::of_workspace(&[("postman/collections/orders.json", &collection("x"))]);
    scene.push(0, &[]);
    let changed = collection("x").replace("Orders", "All orders");
    let tip = scene
        .repository
        .commit(&[("postman/collections/orders.json", &changed)], "change");
    let git = |arguments: &[&str]| scene.repository.git(arguments).expect(0);
    git(&["push", "--quiet", "origin", "main"]);
    // As a build server leaves it: an older local branch, and nothing fetched of the remote's.
    git(&["checkout", "--quiet", "--detach"]);
    git(&["update-ref", "refs/heads/main", "HEAD~1"]);
    git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    let run = |recorded: &str, arguments: &[&str]| {
        let real = |text: &str| {
            CHECKED_OUT
                .iter()
                .fold(text.to_owned(), |text, id| {
                    text.replace(id, &tip[..id.len()])
                })
                .replace(BASES[2], &tip)
                .replace("c4f71a535de986600303936780f815721ebbe0c5", &tip)
        };
        let mut set = variables(recorded, &real);
        set.push(("POSTMAN_API_KEY".to_owned(), scene.sandbox.key.clone()));
        set.push(("POSTMAN_API_URL".to_owned(), scene.recorder.url.clone()));
        let set: Vec<(&str, &str)> = set
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let root = scene.repository.root();
        scene.repository.run_handed(root, &set, arguments)
    };
    for (recorded, words) in [
        ("github-tag", "a run of GitHub Actions for the tag `v1.2.0`"),
        ("gitlab-tag", "the tag `main`"),
        ("azure-tag", "the tag `main`"),
        ("bitbucket-tag", "the tag `main`"),
        ("jenkins-multibranch-tag", "the tag `main`"),
        ("azure-push", "`feature/main` is checked out"),
        ("github-manual", "`feature/x` is checked out"),
        ("github-merge-queue", "the merge queue of `main`"),
        ("azure-pull-request", "pull request 12"),
        ("gitlab-detached", "pull request 3"),
    ] {
        run(recorded, &["push", "--dry-run"])
            .expect(2)
            .says("active branch of the link is `main`")
            .says(words);
    }
    let calls = scene.recorder.calls();
    assert!(calls > 0);
    for recorded in [
        "github-push",
        "github-schedule",
        "gitlab-push",
        "gitlab-manual",
        "azure-schedule",
        "bitbucket-push",
        "jenkins-multibranch",
    ] {
        for arguments in [
            &["push", "--dry-run", "--format", "json"][..],
            &["push", "--branch", "main", "--dry-run", "--format", "json"],
        ] {
            let report = run(recorded, arguments).expect(0).json();
            let steps = report["plan"]["steps"].as_array().unwrap();
            assert_eq!(steps.len(), 1, "{recorded} {arguments:?} {report:#}");
        }
    }
    run("gitlab-push", &["push"]).expect(0);
    // A job that goes to another commit is on no branch any more.
    git(&["checkout", "--quiet", "--detach", "HEAD~1"]);
    git(&["update-ref", "refs/heads/main", &tip]);
    run("gitlab-push", &["push"])
        .expect(2)
        .says("this commit is not its tip");
}
