//! GitHub from outside: the client against a stand-in with a real git repository behind it, in the cloud's and the server's
//! form, with and without the mutation that commits; every request held against GitHub's own description.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use git_postman::model::change::{Change, ChangeSet, Expected};
use git_postman::model::id::{BranchName, CommitId};
use git_postman::model::path::RepoPath;
use git_postman::model::secret::Secret;
use git_postman::model::snapshot::{Content, FileKind};
use git_postman::net::clock::SteppedClock;
use git_postman::net::pool;
use git_postman::provider::api::{CommitDraft, CommitStatus, Provider as _, StatusState};
use git_postman::provider::capability::Operation;
use git_postman::provider::conditional::ShortMemory;
use git_postman::provider::error::ProviderError;
use git_postman::provider::github::service::GitHub;
use git_postman::provider::kind::ProviderKind;
use git_postman::provider::pull_request::{Deed, Purpose, offer, withdraw};
use git_postman::provider::site::{RepositoryName, Site};
use git_postman::provider::sticky::stick;
use serde_json::json;

use crate::support::hub::{Hub, NAME, TOKEN};
use crate::support::openapi::Description;
use crate::support::service::Service;

const FILES: &[(&str, &str)] = &[
    (".postman/api", "a"),
    ("postman/schemas/index.yaml", "openapi: 3.1.0\n"),
    ("postman/collections/orders.json", "{\"info\":{}}\n"),
    ("src/deep/er/file.txt", "x"),
    ("README.md", "# Orders\n"),
];

/// Cloud or server, with the mutation or object by object.
const FORMS: [(bool, bool); 4] = [(false, true), (false, false), (true, true), (true, false)];

fn hub(is_server: bool, has_graphql: bool) -> Arc<Hub> {
    let hub = Hub::start(is_server, FILES);
    hub.set(|switches| switches.has_graphql = has_graphql);
    hub
}

fn client(hub: &Hub, is_server: bool, token: &str) -> GitHub {
    let kind = if is_server {
        ProviderKind::GitHubEnterprise
    } else {
        ProviderKind::GitHub
    };
    let site = Site::new(kind, hub.url()).unwrap();
    let mut settings = GitHub::settings(&site).unwrap();
    settings.clock = Arc::new(SteppedClock::default());
    GitHub::new(site, Secret::new(token), settings).unwrap()
}

fn orders() -> RepositoryName {
    RepositoryName::parse(NAME).unwrap()
}

fn path(text: &str) -> RepoPath {
    RepoPath::parse(text).unwrap()
}

fn branch(name: &str) -> BranchName {
    BranchName::parse(name).unwrap()
}

fn id(text: &str) -> CommitId {
    CommitId::parse(text).unwrap()
}

/// Writes where there was nothing.
fn new_file(name: &str, content: &[u8]) -> Change {
    Change {
        path: path(name),
        content: Some(content.to_vec()),
        expected: Expected::Absent,
    }
}

/// Commits one new file on a branch, from a head.
fn commit_one(
    github: &GitHub,
    on: &BranchName,
    head: &CommitId,
    name: &str,
) -> Result<CommitId, ProviderError> {
    let changes = ChangeSet::new([new_file(name, name.as_bytes())]).unwrap();
    let draft = CommitDraft {
        branch: on,
        head,
        headline: name,
        body: "",
        changes: &changes,
    };
    github.commit(&orders(), &draft)
}

/// Holds everything that was sent against the description, and against the whole one where it is at hand.
#[track_caller]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn check_requests(hub: &Hub) -> usize {
    let mut exchanges = hub.exchanges();
    // GitHub names this address itself, where a repository was renamed.
    exchanges.retain(|one| !one.target.starts_with("/repositories/"));
    let own = Description::parse(include_str!("support/github.openapi.json"));
    let faults: Vec<String> = exchanges.iter().flat_map(|one| own.faults(one)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let whole = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/reference/providers/github.openapi.json");
    match fs::read_to_string(&whole) {
        Err(_) => eprintln!(
            "skipped: GitHub's whole description is not at {}",
            whole.display()
        ),
        Ok(text) => {
            let whole = Description::parse(&text);
            let rest = exchanges.iter().filter(|one| one.target != "/graphql");
            let faults: Vec<String> = rest.flat_map(|one| whole.faults(one)).collect();
            assert!(faults.is_empty(), "{}", faults.join("\n"));
        }
    }
    exchanges.len()
}

#[test]
fn a_list_that_grows_past_a_full_page_or_names_another_host_is_whole() {
    let count = Arc::new(AtomicUsize::new(100));
    let service = Service::of_growing_list(
        &count,
        |number| json!({ "id": number, "full_name": format!("acme/r{number:03}") }),
        "https://inside.invalid/organizations/7/repos?per_page=100&page=2",
    );
    let site = Site::new(ProviderKind::GitHub, &service.url).unwrap();
    let settings = GitHub::settings(&site).unwrap();
    let github = GitHub::new(site, Secret::new(TOKEN), settings).unwrap();
    let memory = ShortMemory::default();
    let listed = || github.repositories("acme", &memory).unwrap().len();
    assert_eq!(listed(), 100);
    count.store(130, Ordering::SeqCst);
    assert_eq!(listed(), 130);
    // Now both pages are known, and nothing is sent again.
    assert_eq!(listed(), 130);
    let lines = service.lines();
    assert_eq!(lines.len(), 5, "{lines:#?}");
}

#[test]
fn every_operation_in_every_form() {
    for (is_server, has_graphql) in FORMS {
        let hub = hub(is_server, has_graphql);
        let github = client(&hub, is_server, TOKEN);
        let (main, work) = (branch("main"), branch("postman/pull#1"));
        let head = github.resolve(&orders(), &main).unwrap().unwrap();
        assert_eq!(Some(head.to_string()), hub.tip("main"));
        assert_eq!(github.resolve(&orders(), &work).unwrap(), None);

        let shown = github.repository(&orders()).unwrap();
        assert_eq!(
            (shown.id.as_str(), shown.name.to_string().as_str()),
            ("4711", NAME)
        );
        assert_eq!(shown.default_branch, Some(main.clone()));
        let memory = ShortMemory::default();
        for _ in 0..2 {
            assert_eq!(
                github.repositories("acme", &memory).unwrap(),
                std::slice::from_ref(&shown)
            );
        }

        let snapshot = github.snapshot(&orders(), &head).unwrap();
        let names: Vec<String> = snapshot
            .listing()
            .unwrap()
            .entries()
            .iter()
            .map(|entry| entry.path.to_string())
            .collect();
        let mut expected: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        expected.sort_unstable();
        assert_eq!(names, expected);
        let all: Vec<RepoPath> = names.iter().map(|name| path(name)).collect();
        snapshot.prefetch(&all).unwrap();
        for (name, text) in FILES {
            let read = snapshot.read(&path(name), 1000).unwrap();
            assert_eq!(read, Content::Bytes(text.as_bytes().to_vec()), "{name}");
        }

        github.create_branch(&orders(), &work, &head).unwrap();
        let taken = github.create_branch(&orders(), &work, &head).unwrap_err();
        assert!(
            matches!(taken, ProviderError::BranchExists { .. }),
            "{taken}"
        );
        let changes = ChangeSet::new([
            Change {
                path: path("postman/collections/orders.json"),
                content: Some(b"{\"info\":{\"name\":\"\xc3\x9c\"}}\n".to_vec()),
                expected: Expected::of(Some(b"{\"info\":{}}\n")),
            },
            Change {
                path: path("README.md"),
                content: None,
                expected: Expected::of(Some(b"# Orders\n")),
            },
            new_file("postman/a b%#.bin", b"\xff\x00\xfe"),
        ])
        .unwrap();
        let draft = CommitDraft {
            branch: &work,
            head: &head,
            headline: "Pull from Postman",
            body: "Two lines.\nAnd one.",
            changes: &changes,
        };
        // Made from other bytes than those of the head: nothing is written.
        let mistaken = ChangeSet::new([Change {
            path: path("README.md"),
            content: Some(b"mine".to_vec()),
            expected: Expected::of(Some(b"# Older\n")),
        }])
        .unwrap();
        let other = CommitDraft {
            changes: &mistaken,
            ..draft
        };
        let error = github.commit(&orders(), &other).unwrap_err();
        assert!(
            matches!(&error, ProviderError::Changed { path: at } if *at == path("README.md")),
            "{error}"
        );
        assert_eq!(hub.tip(work.as_str()), Some(head.to_string()));
        let made = github.commit(&orders(), &draft).unwrap();
        // What git says of it, in a clone.
        hub.scene.git(&["fetch", "--quiet", "origin"]).expect(0);
        let git = |arguments: &[&str]| hub.scene.git(arguments).expect(0).stdout;
        assert_eq!(
            git(&["rev-parse", "origin/postman/pull#1"]).trim(),
            made.as_str()
        );
        assert_eq!(
            git(&["rev-parse", &format!("{made}^")]).trim(),
            head.as_str()
        );
        assert_eq!(
            git(&["show", "--no-patch", "--format=%B", made.as_str()]).trim(),
            "Pull from Postman\n\nTwo lines.\nAnd one."
        );
        assert_eq!(
            git(&[
                "-c",
                "core.quotePath=false",
                "diff",
                "--name-status",
                head.as_str(),
                made.as_str()
            ]),
            "D\tREADME.md\nA\tpostman/a b%#.bin\nM\tpostman/collections/orders.json\n"
        );
        let after = github.snapshot(&orders(), &made).unwrap();
        assert_eq!(
            after.read(&path("postman/a b%#.bin"), 10).unwrap(),
            Content::Bytes(b"\xff\x00\xfe".to_vec())
        );
        // The same again finds the branch moved, and nothing was written.
        let again = github.commit(&orders(), &draft).unwrap_err();
        assert!(
            matches!(&again, ProviderError::Moved { found: Some(tip), .. } if *tip == made),
            "{again}"
        );
        assert_eq!(hub.tip("postman/pull#1").as_deref(), Some(made.as_str()));

        let listed = github.branches(&orders()).unwrap();
        let listed: Vec<(&str, &CommitId)> = listed
            .iter()
            .map(|one| (one.name.as_str(), &one.head))
            .collect();
        assert_eq!(listed, [("main", &head), ("postman/pull#1", &made)]);

        let purpose = Purpose {
            key: "pull",
            source: &work,
            target: &main,
        };
        let (first, deed) = offer(
            &github,
            &orders(),
            &purpose,
            "Pull from Postman",
            "What changed:\n\n- one",
        )
        .unwrap();
        assert_eq!(deed, Deed::Made);
        let (same, deed) = offer(
            &github,
            &orders(),
            &purpose,
            "Pull from Postman",
            "What changed:\n\n- one",
        )
        .unwrap();
        assert_eq!((same.number, deed), (first.number, Deed::Unchanged));
        let (other, deed) = offer(
            &github,
            &orders(),
            &purpose,
            "Pull from Postman",
            "What changed:\n\n- two",
        )
        .unwrap();
        assert_eq!((other.number, deed), (first.number, Deed::Updated));
        assert!(hub.text(first.number).1.contains("- two"));
        assert_eq!(hub.open(), [first.number]);

        let deeds: Vec<Deed> = ["one", "one", "two"]
            .iter()
            .map(|text| stick(&github, &orders(), first.number, "check", text).unwrap())
            .collect();
        assert_eq!(deeds, [Deed::Made, Deed::Unchanged, Deed::Updated]);
        assert_eq!(
            hub.comments(first.number),
            ["<!-- git-postman:check -->\ntwo"]
        );

        let long = "ü".repeat(300);
        let status = CommitStatus {
            context: "git-postman",
            state: StatusState::Success,
            description: &long,
            page: None,
        };
        github.set_status(&orders(), &made, &status).unwrap();
        let kept = hub.status(made.as_str(), "git-postman").unwrap();
        assert_eq!(kept["state"], "success");

        let gone = withdraw(&github, &orders(), &purpose, "Nothing is left to pull.").unwrap();
        assert_eq!(gone.map(|one| one.number), Some(first.number));
        assert!(hub.open().is_empty());
        assert_eq!(hub.comments(first.number).len(), 2);
        assert!(
            withdraw(&github, &orders(), &purpose, "x")
                .unwrap()
                .is_none()
        );

        let access = github.access(&orders(), &main).unwrap();
        let allows = [&access.account, &access.token, &access.branch].map(|fact| fact.allows);
        assert_eq!(allows, [Some(true); 3], "{access:?}");

        let checked = check_requests(&hub);
        let row: Vec<String> = github
            .capabilities()
            .iter()
            .map(|(operation, means)| format!("{operation:?} {means}"))
            .collect();
        assert_eq!(row.len(), Operation::ALL.len());
        println!(
            "{} (GraphQL: {has_graphql}): {}; {checked} requests, no violation",
            github.site().kind,
            row.join(", ")
        );
    }
}

#[test]
fn of_twenty_commits_at_once_each_lands_or_is_told_that_the_branch_moved() {
    for (is_server, has_graphql) in [(false, true), (true, false)] {
        let hub = hub(is_server, has_graphql);
        let github = client(&hub, is_server, TOKEN);
        let main = branch("main");
        let start = github.resolve(&orders(), &main).unwrap().unwrap();
        let names: Vec<String> = (0..20)
            .map(|number| format!("file-{number}.json"))
            .collect();
        let outcomes: Vec<Result<CommitId, ProviderError>> = thread::scope(|scope| {
            let (github, main, start) = (&github, &main, &start);
            let runs: Vec<_> = names
                .iter()
                .map(|name| scope.spawn(move || commit_one(github, main, start, name)))
                .collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        let landed = outcomes.iter().filter(|one| one.is_ok()).count();
        for refused in outcomes.iter().filter_map(|one| one.as_ref().err()) {
            assert!(matches!(refused, ProviderError::Moved { .. }), "{refused}");
        }
        assert_eq!(landed, 1, "all of them started from one head");
        // Whoever is refused starts again from what stands there: then all of them land, and none is lost.
        let refused: Vec<&String> = names
            .iter()
            .zip(&outcomes)
            .filter(|(_, one)| one.is_err())
            .map(|(name, _)| name)
            .collect();
        pool::map(&refused, 4, |name| {
            for _ in 0..100 {
                let head = github.resolve(&orders(), &main).unwrap().unwrap();
                match commit_one(&github, &main, &head, name) {
                    Ok(_) => return,
                    Err(error) => assert!(matches!(error, ProviderError::Moved { .. }), "{error}"),
                }
            }
            panic!("{name} never landed");
        });
        let log = hub
            .git(&["log", "--format=%s", &format!("{start}..refs/heads/main")])
            .unwrap();
        let mut landed: Vec<&str> = log.lines().collect();
        landed.sort_unstable();
        let mut expected: Vec<&str> = names.iter().map(String::as_str).collect();
        expected.sort_unstable();
        assert_eq!(landed, expected);
        let files = hub
            .git(&["ls-tree", "--name-only", "refs/heads/main"])
            .unwrap();
        assert_eq!(
            files
                .lines()
                .filter(|name| name.starts_with("file-"))
                .count(),
            20
        );
        check_requests(&hub);
    }
}

#[test]
fn a_commit_whose_answer_was_lost_is_found_and_not_made_again() {
    let hub = hub(false, true);
    let github = client(&hub, false, TOKEN);
    let main = branch("main");
    let start = github.resolve(&orders(), &main).unwrap().unwrap();
    hub.set(|switches| switches.lost_commits = 1);
    let made = commit_one(&github, &main, &start, "lost.json").unwrap();
    assert_eq!(hub.tip("main").as_deref(), Some(made.as_str()));
    let count = |range: &str| hub.git(&["rev-list", "--count", range]).unwrap();
    assert_eq!(count(&format!("{start}..refs/heads/main")), "1");
    // Somebody else commits on top before we look.
    hub.set(|switches| {
        switches.lost_commits = 1;
        switches.is_overtaken = true;
    });
    let one = commit_one(&github, &main, &made, "one.json").unwrap();
    assert_eq!(
        hub.git(&["rev-parse", "refs/heads/main^"]).as_deref(),
        Some(one.as_str())
    );
    assert_eq!(count(&format!("{start}..refs/heads/main")), "3");
    let mutations = hub
        .exchanges()
        .iter()
        .filter(|one| one.target == "/graphql")
        .count();
    assert_eq!(mutations, 2);
}

#[test]
fn a_tree_that_github_cuts_off_is_walked() {
    let hub = hub(false, true);
    let github = client(&hub, false, TOKEN);
    let head = id(&hub.tip("main").unwrap());
    let whole = github.snapshot(&orders(), &head).unwrap();
    let whole = whole.listing().unwrap().entries().to_vec();
    for longest in [1, 2, 3] {
        hub.set(|switches| switches.longest_tree = longest);
        let cut = github.snapshot(&orders(), &head).unwrap();
        assert_eq!(cut.listing().unwrap().entries(), whole);
        assert!(whole.iter().all(|entry| entry.kind == FileKind::File));
    }
    check_requests(&hub);
}

#[test]
fn a_pull_request_of_somebody_is_left_alone() {
    let hub = hub(false, true);
    let github = client(&hub, false, TOKEN);
    let (main, work) = (branch("main"), branch("postman/pull"));
    let head = id(&hub.tip("main").unwrap());
    github.create_branch(&orders(), &work, &head).unwrap();
    let purpose = Purpose {
        key: "pull",
        source: &work,
        target: &main,
    };
    let same = offer(&github, &orders(), &purpose, "t", "b").unwrap_err();
    assert!(
        matches!(same, ProviderError::NothingToMerge { .. }),
        "{same}"
    );
    commit_one(&github, &work, &head, "a.json").unwrap();
    let (own, _) = offer(&github, &orders(), &purpose, "t", "b").unwrap();
    let other = Purpose {
        key: "another",
        ..purpose
    };
    let error = offer(&github, &orders(), &other, "t", "b").unwrap_err();
    assert!(
        matches!(error, ProviderError::ForeignPullRequest { number, .. } if number == own.number),
        "{error}"
    );
    assert_eq!(hub.text(own.number).0, "t");
}

#[test]
fn there_is_one_pull_request_whatever_gets_lost_and_whoever_else_opens_one() {
    let hub = hub(false, true);
    let github = client(&hub, false, TOKEN);
    let (main, work) = (branch("main"), branch("postman/pull"));
    let head = id(&hub.tip("main").unwrap());
    github.create_branch(&orders(), &work, &head).unwrap();
    commit_one(&github, &work, &head, "a.json").unwrap();
    let purpose = Purpose {
        key: "pull",
        source: &work,
        target: &main,
    };
    hub.set(|switches| switches.lost_pulls = 1);
    let (found, deed) = offer(&github, &orders(), &purpose, "t", "b").unwrap();
    assert_eq!((hub.open(), deed), (vec![found.number], Deed::Made));
    withdraw(&github, &orders(), &purpose, "again").unwrap();

    for takes_doubles in [false, true] {
        hub.set(|switches| switches.takes_doubles = takes_doubles);
        let runs: Vec<String> = (0..6).map(|number| format!("of run {number}")).collect();
        let offered = pool::map(&runs, 6, |text| {
            offer(&github, &orders(), &purpose, "t", text)
                .unwrap()
                .0
                .number
        });
        let open = hub.open();
        assert_eq!(open.len(), 1, "doubles: {takes_doubles}");
        assert!(offered.contains(&open[0]));
        withdraw(&github, &orders(), &purpose, "again").unwrap();
        assert!(hub.open().is_empty());
    }
}

#[test]
fn what_stands_in_the_way_is_told_with_its_fix() {
    let hub = hub(false, true);
    let main = branch("main");
    let head = id(&hub.tip("main").unwrap());
    let classic = client(&hub, false, TOKEN);
    let robot = client(&hub, false, "ghs_robot");
    let fine = client(&hub, false, "github_pat_fine");
    let told = |error: &ProviderError| format!("{error}\n  {}", error.hint());

    // GITHUB_TOKEN and pull requests.
    let work = branch("postman/pull");
    classic.create_branch(&orders(), &work, &head).unwrap();
    commit_one(&classic, &work, &head, "a.json").unwrap();
    hub.set(|switches| switches.no_pull_requests = true);
    let purpose = Purpose {
        key: "pull",
        source: &work,
        target: &main,
    };
    let error = told(&offer(&robot, &orders(), &purpose, "t", "b").unwrap_err());
    assert!(
        error.contains("“Allow GitHub Actions to create and approve pull requests”"),
        "{error}"
    );
    assert!(error.contains("/acme/orders/settings/actions"), "{error}");

    // The role says write, and the token may only read.
    hub.set(|switches| switches.grant = "read");
    for (github, words) in [
        (&fine, "“Contents”: Read and write"),
        (&robot, "`contents: write`"),
    ] {
        let access = github.access(&orders(), &main).unwrap();
        assert_eq!(access.token.allows, Some(false), "{access:?}");
        let remedy = access.token.remedy.unwrap().to_string();
        assert!(remedy.contains(words), "{remedy}");
        let error = commit_one(github, &main, &head, "b.json").unwrap_err();
        assert!(matches!(error, ProviderError::Forbidden { .. }), "{error}");
    }
    hub.set(|switches| {
        switches.grant = "write";
        switches.scopes = Some("read:org");
    });
    let access = classic.access(&orders(), &main).unwrap();
    assert_eq!(access.token.allows, Some(false));
    assert!(
        access
            .token
            .remedy
            .unwrap()
            .to_string()
            .contains("scope `repo`")
    );

    // Rules of the branch.
    hub.set(|switches| switches.rules = vec!["pull_request", "non_fast_forward"]);
    let access = fine.access(&orders(), &main).unwrap();
    assert_eq!(
        (access.token.allows, access.branch.allows),
        (Some(true), Some(false))
    );
    let error = commit_one(&fine, &main, &head, "b.json").unwrap_err();
    assert!(matches!(error, ProviderError::Protected { .. }), "{error}");
    let missing = fine.access(&orders(), &branch("nowhere")).unwrap();
    assert_eq!(missing.branch.allows, Some(false));

    // Archived, renamed, hidden, revoked.
    hub.set(|switches| switches.is_archived = true);
    let error = commit_one(
        &fine,
        &branch("postman/pull"),
        &id(&hub.tip("postman/pull").unwrap()),
        "b.json",
    )
    .unwrap_err();
    assert!(matches!(error, ProviderError::Archived { .. }), "{error}");
    assert_eq!(
        fine.access(&orders(), &main).unwrap().account.allows,
        Some(false)
    );
    let old = RepositoryName::parse("acme/old-orders").unwrap();
    let shown = fine.repository(&old).unwrap();
    assert!(!shown.name.is_same(&old));
    hub.set(|switches| {
        switches.is_archived = false;
        switches.grant = "none";
    });
    assert!(fine.repository(&orders()).unwrap_err().is_not_found());
    let revoked = client(&hub, false, "gho_bad");
    let error = told(&revoked.repository(&orders()).unwrap_err());
    assert!(
        error.contains("ten tokens") && !error.contains("gho_bad"),
        "{error}"
    );
    hub.set(|switches| switches.grant = "write");
    check_requests(&hub);
}

#[test]
fn an_empty_repository_has_no_branch_and_takes_no_commit() {
    for has_graphql in [true, false] {
        let hub = hub(false, has_graphql);
        let github = client(&hub, false, TOKEN);
        let main = branch("main");
        let head = id(&hub.tip("main").unwrap());
        hub.git(&["update-ref", "-d", "refs/heads/main"]).unwrap();
        assert_eq!(github.resolve(&orders(), &main).unwrap(), None);
        assert!(github.branches(&orders()).unwrap().is_empty());
        let error = commit_one(&github, &main, &head, "a.json").unwrap_err();
        assert!(
            matches!(error, ProviderError::Moved { found: None, .. }),
            "{error}"
        );
        let error = github.create_branch(&orders(), &main, &head).unwrap_err();
        assert!(matches!(error, ProviderError::Empty { .. }), "{error}");
        let access = github.access(&orders(), &main).unwrap();
        assert_eq!(access.branch.allows, Some(false));
    }
}
