//! GitLab, in the cloud and self-managed, over a real repository: every operation, the race for a branch, and the traps.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use git_postman::model::path::RepoPath;
use git_postman::model::secret::Secret;
use git_postman::model::snapshot::Content;
use git_postman::net::clock::{Clock as _, SteppedClock};
use git_postman::provider::api::{CommitStatus, Provider as _, Role, StatusState};
use git_postman::provider::capability::{Means, Operation};
use git_postman::provider::conditional::{NoMemory, ShortMemory};
use git_postman::provider::error::ProviderError;
use git_postman::provider::gitlab::service::GitLab;
use git_postman::provider::gitlab::token::GitLabToken;
use git_postman::provider::kind::ProviderKind;
use git_postman::provider::pull_request::{Deed, Purpose, offer};
use git_postman::provider::site::{RepositoryName, Site};
use git_postman::provider::sticky::stick;
use serde_json::json;

use crate::support::bare::Bare;
use crate::support::gitlab::{FakeGitLab, JOB, TOKEN};
use crate::support::provider_story::{
    branch, change, commit, cuts_once, is_not_misled, is_whole, odd_repository, write,
};
use crate::support::service::{Answer, Service};

#[test]
fn every_operation_is_done_on_both_products() {
    for fake in [
        FakeGitLab::cloud(odd_repository()),
        FakeGitLab::self_managed(odd_repository()),
    ] {
        let gitlab = fake.client(TOKEN);
        is_whole(&gitlab, &fake.bare, &FakeGitLab::name(), "acme");
        let statuses = fake.statuses();
        assert_eq!(statuses.len(), 1);
        assert_eq!(statuses[0]["status"], "success");
        assert_eq!(statuses[0]["name"], "git-postman/check");
        assert_eq!(fake.merge_requests().len(), 1);
        let count = fake.holds_the_contract();
        println!("GitLab: {count} requests held against its description, violations 0");
    }
}

#[test]
fn a_snapshot_takes_one_call_for_the_names_and_one_for_many_files() {
    let contents: Vec<(String, Vec<u8>)> = (0..250)
        .filter(|number| *number != 8)
        .map(|number| {
            (
                format!("postman/{number}.json"),
                number.to_string().into_bytes(),
            )
        })
        .chain([
            (
                ".gitattributes".to_owned(),
                b"postman/7.json export-ignore\npostman/8.json text eol=crlf\n".to_vec(),
            ),
            ("postman/8.json".to_owned(), b"a\nb\n".to_vec()),
        ])
        .collect();
    let files: Vec<(&str, &[u8])> = contents
        .iter()
        .map(|(path, content)| (path.as_str(), content.as_slice()))
        .collect();
    let fake = FakeGitLab::cloud(Bare::with(&files));
    let tip = commit(&fake.bare.tip("main").unwrap());
    let paths: Vec<RepoPath> = fake
        .bare
        .names(&fake.bare.tree(tip.as_str()).unwrap())
        .unwrap()
        .iter()
        .filter(|one| one.kind == "blob" && one.path.starts_with("postman/"))
        .map(|one| RepoPath::parse(&one.path).unwrap())
        .collect();
    assert_eq!(paths.len(), 250);
    // Two files are not in the archive as they are in the commit: those are asked for on their own.
    for (whole_trees, archives, wanted, calls) in [
        (true, true, 250, 4),
        (false, true, 250, 1 + 3 + 1 + 2),
        (true, true, 5, 1 + 5),
        (true, false, 30, 1 + 1 + 30),
    ] {
        fake.turn(|knobs| {
            knobs.whole_trees = whole_trees;
            knobs.archives = archives;
        });
        let gitlab = fake.client(TOKEN);
        let before = fake.service.calls();
        let snapshot = gitlab.snapshot(&FakeGitLab::name(), &tip).unwrap();
        assert_eq!(
            fake.service.calls(),
            before,
            "nothing is asked for before something is read"
        );
        snapshot.prefetch(&paths[..wanted]).unwrap();
        for path in &paths[..wanted] {
            let content = fake.bare.file(tip.as_str(), path.as_str()).unwrap();
            assert_eq!(snapshot.read(path, 1000).unwrap(), Content::Bytes(content));
        }
        let lines = fake.service.lines();
        assert_eq!(lines.len() - before, calls, "{:#?}", &lines[before..]);
    }
    fake.holds_the_contract();
}

#[test]
fn a_group_is_listed_with_its_subgroups_and_asked_again_only_for_what_changed() {
    let fake = FakeGitLab::self_managed(odd_repository());
    fake.turn(|knobs| knobs.others = 230);
    let gitlab = fake.client(TOKEN);
    let memory = ShortMemory::default();
    let first = gitlab.repositories("acme/apis", &memory).unwrap();
    assert_eq!(first.len(), 231);
    assert!(
        first
            .iter()
            .any(|one| one.name.full() == "acme/apis/deep/service-229")
    );
    assert!(first[0].pushed.is_some() && first[0].role.is_none());
    // The links name a host behind the proxy, and nobody goes there.
    assert_eq!(fake.service.calls(), 3);
    let again = gitlab.repositories("acme/apis", &memory).unwrap();
    assert_eq!(again, first);
    assert_eq!(fake.service.calls(), 6);
    let of_user = gitlab.repositories("kim", &NoMemory).unwrap();
    assert_eq!(of_user[0].name.full(), "kim/own");
    for nobody in ["nobody", "acme/none"] {
        let error = gitlab.repositories(nobody, &NoMemory).unwrap_err();
        assert!(
            error.is_not_found() && error.to_string().contains("Group Not Found"),
            "{error}"
        );
    }
    fake.holds_the_contract();
}

#[test]
fn a_job_token_does_what_it_may_and_says_the_rest_before_the_work_starts() {
    let fake = FakeGitLab::self_managed(odd_repository());
    let (gitlab, name, main) = (fake.client(JOB), FakeGitLab::name(), branch("main"));
    let can = gitlab.capabilities();
    for (operation, means) in can.iter() {
        println!("GitLab, job token: {operation:?}: {means}");
    }
    assert_eq!(can.of(Operation::Snapshot), Means::Git);
    assert_eq!(can.of(Operation::CreateBranch), Means::Git);
    for closed in [
        Operation::PullRequest,
        Operation::Comment,
        Operation::Status,
        Operation::Repositories,
    ] {
        let error = gitlab.require(closed).unwrap_err();
        assert!(error.to_string().contains("access token"), "{error}");
    }
    let calls = fake.service.calls();
    assert!(gitlab.repositories("acme", &NoMemory).is_err());
    assert!(gitlab.open_pull_requests(&name, &main, &main).is_err());
    assert_eq!(
        fake.service.calls(),
        calls,
        "it is told before anything is asked"
    );

    let repository = gitlab.repository(&name).unwrap();
    assert_eq!((repository.id.as_str(), &repository.name), ("7", &name));
    assert_eq!(repository.default_branch, Some(main.clone()));
    let other = RepositoryName::parse("acme/other").unwrap();
    let error = gitlab.repository(&other).unwrap_err();
    assert!(
        matches!(error, ProviderError::Forbidden { .. }),
        "{error:?}"
    );
    assert!(
        error
            .hint()
            .contains("acme/other/-/settings/ci_cd#js-token-access"),
        "{}",
        error.hint()
    );

    let tip = fake.bare.tip("main").unwrap();
    assert_eq!(gitlab.resolve(&name, &main).unwrap(), Some(commit(&tip)));
    assert_eq!(gitlab.resolve(&name, &branch("mai")).unwrap(), None);
    let snapshot = gitlab.snapshot(&name, &commit(&tip)).unwrap();
    assert_eq!(snapshot.listing().unwrap().entries().len(), 7);
    let odd = RepoPath::parse("postman/b c#%.yaml").unwrap();
    assert_eq!(
        snapshot.read(&odd, 100).unwrap(),
        Content::Bytes(b"a: 1\r\nb: \xff\n".to_vec())
    );

    let new = || [change("z.json", None, Some(b"{}"))];
    let error = write(&gitlab, &name, "main", &tip, new()).unwrap_err();
    assert!(
        matches!(error, ProviderError::Forbidden { .. }),
        "{error:?}"
    );
    assert!(
        error
            .hint()
            .contains("“Allow Git push requests to the repository”"),
        "{}",
        error.hint()
    );
    let access = gitlab.access(&name, &main).unwrap();
    assert_eq!((access.account.allows, access.token.allows), (None, None));
    assert!(access.account.said.contains("`kim`"), "{access:?}");
    fake.turn(|knobs| knobs.jobs_push = true);
    let made = write(&gitlab, &name, "main", &tip, new()).unwrap();
    assert_eq!(fake.bare.tip("main").unwrap(), made.as_str());
    gitlab
        .create_branch(&name, &branch("from/job"), &made)
        .unwrap();
    assert_eq!(fake.bare.tip("from/job").unwrap(), made.as_str());
    let again = gitlab
        .create_branch(&name, &branch("from/job"), &made)
        .unwrap_err();
    assert!(
        matches!(again, ProviderError::BranchExists { .. }),
        "{again:?}"
    );
    fake.holds_the_contract();
}

#[test]
fn a_renamed_project_is_read_under_its_old_name_and_not_written_to() {
    let fake = FakeGitLab::self_managed(odd_repository());
    let (gitlab, old) = (fake.client(TOKEN), FakeGitLab::old_name());
    let found = gitlab.repository(&old).unwrap();
    assert_eq!(found.name, FakeGitLab::name());
    let tip = commit(&fake.bare.tip("main").unwrap());
    assert_eq!(
        gitlab.resolve(&old, &branch("main")).unwrap(),
        Some(tip.clone())
    );
    let error = gitlab
        .create_branch(&old, &branch("new"), &tip)
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("another name by now: acme/apis/orders"),
        "{text}"
    );
    assert!(
        error.hint().contains("git remote set-url"),
        "{}",
        error.hint()
    );
    assert_eq!(fake.bare.tip("new"), None);
    fake.holds_the_contract();
}

#[test]
fn what_stands_in_the_way_of_a_write_is_told_by_its_name() {
    let fake = FakeGitLab::cloud(odd_repository());
    let (name, main) = (FakeGitLab::name(), branch("main"));
    let tip = fake.bare.tip("main").unwrap();
    let pushed = || {
        let new = [change("z.json", None, Some(b"{}"))];
        write(&fake.client(TOKEN), &name, "main", &tip, new).unwrap_err()
    };
    let access = || fake.client(TOKEN).access(&name, &main).unwrap();
    let whole = access();
    assert_eq!(whole.account.allows, Some(true), "{whole:?}");
    assert_eq!(
        (whole.token.allows, whole.branch.allows),
        (Some(true), Some(true))
    );

    fake.turn(|knobs| {
        knobs.protected.insert("main".to_owned(), false);
    });
    let error = pushed();
    assert!(
        matches!(error, ProviderError::Protected { .. }),
        "{error:?}"
    );
    assert!(
        error.hint().contains("“Allowed to push and merge”"),
        "{}",
        error.hint()
    );
    assert_eq!(access().branch.allows, Some(false));
    assert!(fake.client(TOKEN).branches(&name).unwrap()[0].is_protected);

    fake.turn(|knobs| {
        knobs.protected.clear();
        knobs.push_rule = Some("Commit message does not follow the pattern JIRA");
    });
    let error = pushed();
    assert!(
        matches!(error, ProviderError::Protected { .. }),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("pattern JIRA") && error.hint().contains("push rule"),
        "{error} {}",
        error.hint()
    );

    fake.turn(|knobs| {
        knobs.push_rule = None;
        knobs.level = 20;
        knobs.invited = true;
    });
    let error = pushed();
    assert!(
        matches!(error, ProviderError::Forbidden { .. }),
        "{error:?}"
    );
    assert!(error.hint().contains("role Developer"), "{}", error.hint());
    let facts = access();
    assert_eq!(facts.account.allows, Some(false), "{facts:?}");
    assert!(facts.account.said.contains("role Reporter"), "{facts:?}");
    assert_eq!(fake.client(TOKEN).repository(&name).unwrap().role, None);

    fake.turn(|knobs| {
        knobs.level = 40;
        knobs.invited = false;
        knobs.scopes = vec!["read_api", "write_repository"];
    });
    let facts = access();
    assert_eq!(
        (facts.account.allows, facts.token.allows),
        (Some(true), Some(false))
    );
    let remedy = facts.token.remedy.unwrap().to_string();
    assert!(
        remedy.contains("scope `api`") && remedy.contains("personal_access_tokens"),
        "{remedy}"
    );
    let error = fake
        .client(TOKEN)
        .create_branch(&name, &branch("new"), &commit(&tip))
        .unwrap_err();
    assert!(error.to_string().contains("insufficient_scope"), "{error}");
    assert!(error.hint().contains("scope `api`"), "{}", error.hint());

    fake.turn(|knobs| {
        knobs.scopes = vec!["api"];
        knobs.archived = true;
    });
    for error in [
        pushed(),
        fake.client(TOKEN).add_comment(&name, 1, "x").unwrap_err(),
    ] {
        assert!(matches!(error, ProviderError::Archived { .. }), "{error:?}");
        assert!(
            error.hint().contains("“Unarchive project”"),
            "{}",
            error.hint()
        );
    }
    let facts = access();
    assert_eq!(facts.account.allows, Some(false));
    let repository = fake.client(TOKEN).repository(&name).unwrap();
    assert!(repository.is_archived && repository.role == Some(Role::Admin));
    assert_eq!(fake.bare.tip("main").unwrap(), tip);
    fake.holds_the_contract();
}

#[test]
fn a_wrong_token_is_told_in_no_words_of_its_own() {
    let fake = FakeGitLab::self_managed(odd_repository());
    let name = FakeGitLab::name();
    let tip = fake.bare.tip("main").unwrap();
    let wrong = fake.client("glpat-wrong-secret");
    let new = [change("z.json", None, Some(b"{}"))];
    for error in [
        wrong.repository(&name).unwrap_err(),
        write(&wrong, &name, "main", &tip, new).unwrap_err(),
    ] {
        let text = format!("{error} {error:?} {}", error.hint());
        assert!(matches!(error, ProviderError::BadToken { .. }), "{text}");
        assert!(!text.contains("wrong-secret"), "{text}");
        assert!(
            text.contains("/tools/gitlab/-/user_settings/personal_access_tokens"),
            "{text}"
        );
    }
    let calls = fake.service.calls();
    let error = fake.client("gldt-0123").repository(&name).unwrap_err();
    assert!(
        error.to_string().contains("deploy token has no access"),
        "{error}"
    );
    assert_eq!(fake.service.calls(), calls);
    let hidden = RepositoryName::parse("acme/secret").unwrap();
    let error = fake.client(TOKEN).repository(&hidden).unwrap_err();
    assert!(
        error.is_not_found() && error.hint().contains("may not see"),
        "{error:?}"
    );
}

#[test]
fn commands_in_texts_are_not_carried_out_and_texts_come_back_as_they_were() {
    let fake = FakeGitLab::cloud(odd_repository());
    let (gitlab, name) = (fake.client(TOKEN), FakeGitLab::name());
    let tip = fake.bare.tip("main").unwrap();
    let more = [change("x.json", None, Some(b"{}"))];
    write(&gitlab, &name, "main-2", &tip, more).unwrap();
    let (source, target) = (branch("main-2"), branch("main"));
    let purpose = Purpose {
        key: "pull",
        source: &source,
        target: &target,
    };
    let text = "New request\n/merge\n/close\n\\/approve\n/pets/{id}";
    let say = || offer(&gitlab, &name, &purpose, "Pull", text).unwrap();
    let (made, deed) = say();
    assert_eq!(deed, Deed::Made);
    assert!(made.body.starts_with(text), "{}", made.body);
    assert_eq!(say().1, Deed::Unchanged);
    let comment = || stick(&gitlab, &name, made.number, "check", "/close\n/assign @kim").unwrap();
    assert_eq!((comment(), comment()), (Deed::Made, Deed::Unchanged));
    assert!(fake.commands().is_empty(), "{:?}", fake.commands());
    assert_eq!(fake.merge_requests()[0]["state"], "opened");
    fake.holds_the_contract();
}

#[test]
fn merge_requests_of_others_are_left_alone() {
    let fake = FakeGitLab::cloud(odd_repository());
    let (gitlab, name) = (fake.client(TOKEN), FakeGitLab::name());
    let (source, target) = (branch("main-2"), branch("main"));
    let purpose = Purpose {
        key: "pull",
        source: &source,
        target: &target,
    };
    let error = offer(&gitlab, &name, &purpose, "Pull", "text").unwrap_err();
    assert!(
        matches!(error, ProviderError::NothingToMerge { .. }),
        "{error:?}"
    );
    fake.open_by_hand("main-2", "from a fork", true);
    assert_eq!(
        gitlab.open_pull_requests(&name, &source, &target).unwrap(),
        []
    );
    let tip = fake.bare.tip("main").unwrap();
    let more = [change("x.json", None, Some(b"{}"))];
    write(&gitlab, &name, "main-2", &tip, more).unwrap();
    fake.open_by_hand("main-2", "somebody's own", false);
    let error = offer(&gitlab, &name, &purpose, "Pull", "text").unwrap_err();
    assert!(
        matches!(error, ProviderError::ForeignPullRequest { number: 2, .. }),
        "{error:?}"
    );
    assert_eq!(fake.merge_requests()[1]["description"], "somebody's own");
    fake.holds_the_contract();
}

#[test]
fn a_status_that_says_so_already_is_no_error_and_a_long_one_is_cut() {
    let fake = FakeGitLab::cloud(odd_repository());
    let gitlab = fake.client(TOKEN);
    let tip = commit(&fake.bare.tip("main").unwrap());
    let long = "ü".repeat(400);
    for state in [
        StatusState::Pending,
        StatusState::Pending,
        StatusState::Error,
        StatusState::Failure,
    ] {
        let status = CommitStatus {
            context: "git-postman",
            state,
            description: &long,
            page: None,
        };
        gitlab
            .set_status(&FakeGitLab::name(), &tip, &status)
            .unwrap();
    }
    assert_eq!(fake.statuses()[0]["status"], "failed");
    fake.holds_the_contract();
}

#[test]
fn attributes_of_the_repository_count_for_what_is_stored() {
    let fake = FakeGitLab::cloud(Bare::with(&[
        (".gitattributes", b"*.json text\n*.bin filter=lfs\n"),
        ("a.json", b"{}\n"),
    ]));
    let (gitlab, name) = (fake.client(TOKEN), FakeGitLab::name());
    let tip = fake.bare.tip("main").unwrap();
    let new = [
        change("new.json", None, Some(b"{\r\n}\r\n")),
        change("new.yaml", None, Some(b"a: 1\r\n")),
    ];
    let made = write(&gitlab, &name, "main", &tip, new).unwrap();
    let file = |path: &str| fake.bare.file(made.as_str(), path).unwrap();
    assert_eq!(file("new.json"), b"{\n}\n");
    assert_eq!(file("new.yaml"), b"a: 1\r\n");
}

#[test]
fn an_empty_project_has_no_branch_and_no_files() {
    let fake = FakeGitLab::cloud(Bare::empty());
    let (gitlab, name) = (fake.client(TOKEN), FakeGitLab::name());
    assert_eq!(gitlab.branches(&name).unwrap(), []);
    assert_eq!(gitlab.resolve(&name, &branch("main")).unwrap(), None);
    let nothing = commit(&"b".repeat(40));
    let snapshot = gitlab.snapshot(&name, &nothing).unwrap();
    let error = snapshot.listing().unwrap_err().to_string();
    assert!(error.contains("404 Tree Not Found"), "{error}");
    let error = gitlab
        .create_branch(&name, &branch("x"), &nothing)
        .unwrap_err();
    assert!(
        error.to_string().contains("Invalid reference name"),
        "{error}"
    );
    let facts = gitlab.access(&name, &branch("main")).unwrap();
    assert!(facts.branch.said.contains("no such branch"), "{facts:?}");
}

fn client_of(service: &Service, clock: &Arc<SteppedClock>) -> GitLab {
    let site = Site::new(ProviderKind::GitLab, &service.url).unwrap();
    let mut settings = GitLab::settings(&site);
    settings.clock = Arc::<SteppedClock>::clone(clock);
    GitLab::new(site, GitLabToken::of(Secret::new(TOKEN)), settings).unwrap()
}

#[test]
fn too_many_calls_are_waited_for_as_gitlab_asks() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let service = Service::start("", move |_| {
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            return Answer::of(429, "text/plain", "Retry later\n")
                .with("retry-after", "30")
                .with("ratelimit-remaining", "0");
        }
        Answer::json(200, &json!([]))
    });
    let clock = Arc::new(SteppedClock::default());
    let gitlab = client_of(&service, &clock);
    assert_eq!(gitlab.branches(&FakeGitLab::name()).unwrap(), []);
    assert!(clock.now().as_secs() >= 30, "{:?}", clock.now());
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn a_write_whose_answer_was_lost_is_not_sent_again() {
    let service = Service::start("", |_| {
        Answer::of(502, "text/html", "<html><title>Bad gateway</title>")
    });
    let gitlab = client_of(&service, &Arc::default());
    let error = gitlab.add_comment(&FakeGitLab::name(), 1, "x").unwrap_err();
    assert!(error.is_in_doubt(), "{error:?}");
    assert_eq!(service.calls(), 1);
    let error = gitlab.branches(&FakeGitLab::name()).unwrap_err();
    assert!(matches!(error, ProviderError::Failing { .. }), "{error:?}");
    assert_eq!(service.calls(), 4);
}

#[test]
fn a_push_whose_answer_was_lost_is_found_where_it_landed() {
    let fake = FakeGitLab::cloud(odd_repository());
    let (gitlab, name) = (fake.client(TOKEN), FakeGitLab::name());
    let tip = fake.bare.tip("main").unwrap();
    let length = fake.bare.length("main");
    fake.turn(|knobs| knobs.loses_pushes = true);
    let new = [change("z.json", None, Some(b"{}"))];
    let made = write(&gitlab, &name, "main", &tip, new).unwrap();
    assert_eq!(fake.bare.tip("main").unwrap(), made.as_str());
    assert_eq!(fake.bare.length("main"), length + 1);
    // Nothing to change is no commit.
    let same = [change("z.json", Some(b"{}"), Some(b"{}"))];
    let again = write(&gitlab, &name, "main", made.as_str(), same).unwrap();
    assert_eq!(again, made);
    assert_eq!(fake.bare.length("main"), length + 1);
}

#[test]
fn sign_in_pages_and_other_hosts_get_nothing_and_give_nothing() {
    let elsewhere = Service::start("", |_| Answer::json(200, &json!({})));
    let to = format!("{}/users/sign_in", elsewhere.url);
    let away = Service::start("", move |_| {
        Answer::of(302, "text/html", "").with("location", &to)
    });
    let gitlab = client_of(&away, &Arc::default());
    let name = FakeGitLab::name();
    let error = gitlab.repository(&name).unwrap_err();
    assert!(matches!(error, ProviderError::Unreachable(_)), "{error:?}");
    let head = commit(&"a".repeat(40));
    let new = [change("z.json", None, Some(b"{}"))];
    let error = write(&gitlab, &name, "main", head.as_str(), new).unwrap_err();
    assert!(matches!(error, ProviderError::Git { .. }), "{error:?}");
    assert_eq!(elsewhere.calls(), 0, "{:?}", elsewhere.lines());

    let page = "<!DOCTYPE html><html><head><title>Sign in \u{b7} GitLab</title></head></html>";
    let signs_in = Service::start("", |_| {
        Answer::of(302, "text/html", "").with("location", "/users/sign_in")
    });
    let shows = Service::start("", move |_| {
        Answer::of(200, "text/html; charset=utf-8", page)
    });
    let shown = client_of(&shows, &Arc::default());
    let error = shown.repository(&name).unwrap_err().to_string();
    assert!(error.contains("titled “Sign in · GitLab”"), "{error}");
    let gitlab = client_of(&signs_in, &Arc::default());
    let error = gitlab.repository(&name).unwrap_err();
    assert!(error.to_string().contains("a web page came"), "{error}");
    assert!(
        error.hint().contains("address of the site"),
        "{}",
        error.hint()
    );
    let snapshot = gitlab.snapshot(&name, &head).unwrap();
    assert!(snapshot.listing().is_err());
}

#[test]
fn a_list_whose_pages_were_lost_on_the_way_is_no_list() {
    let full: Vec<_> = (0..100)
        .map(|number| json!({ "name": format!("b{number}"), "commit": { "id": "a".repeat(40) } }))
        .collect();
    let service = Service::start("", move |_| Answer::json(200, &json!(full)));
    let gitlab = client_of(&service, &Arc::default());
    let error = gitlab.branches(&FakeGitLab::name()).unwrap_err();
    assert!(error.to_string().contains("may be cut"), "{error}");
}

#[test]
fn a_list_that_grows_past_a_full_page_is_whole() {
    let count = Arc::new(AtomicUsize::new(100));
    let service = Service::of_growing_list(
        &count,
        |number| json!({ "id": number, "path_with_namespace": format!("acme/r{number:03}") }),
        "https://inside.invalid/groups/acme/projects?per_page=100&page=2",
    );
    let gitlab = client_of(&service, &Arc::default());
    let memory = ShortMemory::default();
    let listed = || gitlab.repositories("acme", &memory).unwrap().len();
    assert_eq!(listed(), 100);
    count.store(130, Ordering::SeqCst);
    assert_eq!(listed(), 130);
}

#[test]
fn a_long_text_is_cut_once_and_no_news_afterwards() {
    let fake = FakeGitLab::cloud(odd_repository());
    cuts_once(&fake.client(TOKEN), &fake.bare, &FakeGitLab::name());
}

#[test]
fn an_installation_that_knows_no_wish_for_pages_is_not_taken_to_have_given_all() {
    let names: Vec<String> = (0..250).map(|number| format!("postman/{number}")).collect();
    for count in [19, 20, 21, 100, 101, 250] {
        let files: Vec<(&str, &[u8])> = names[..count]
            .iter()
            .map(|name| (name.as_str(), b"{}".as_slice()))
            .collect();
        let fake = FakeGitLab::self_managed(Bare::with(&files));
        fake.turn(|knobs| knobs.ignores_pagination = true);
        let tip = commit(&fake.bare.tip("main").unwrap());
        let snapshot = fake.client(TOKEN).snapshot(&FakeGitLab::name(), &tip);
        let listed = snapshot.unwrap().listing().unwrap().entries().len();
        assert_eq!(listed, count);
        fake.holds_the_contract();
    }
}

#[test]
fn a_status_that_is_so_already_is_fine_and_one_that_may_not_be_is_not() {
    let fake = FakeGitLab::cloud(odd_repository());
    let (gitlab, name) = (fake.client(TOKEN), FakeGitLab::name());
    let tip = commit(&fake.bare.tip("main").unwrap());
    let set = |state| {
        let status = CommitStatus {
            context: "git-postman",
            state,
            description: "2 findings",
            page: None,
        };
        gitlab.set_status(&name, &tip, &status)
    };
    for state in [
        StatusState::Pending,
        StatusState::Success,
        StatusState::Error,
    ] {
        set(state).unwrap();
        set(state).unwrap();
    }
    fake.turn(|knobs| knobs.refused_state = Some("success"));
    let error = set(StatusState::Success).unwrap_err();
    assert!(matches!(error, ProviderError::Refused { .. }), "{error}");
    assert_eq!(fake.statuses()[0]["status"], "failed");
}

#[test]
fn a_note_of_somebody_else_with_our_mark_is_left_alone() {
    let fake = FakeGitLab::cloud(odd_repository());
    let (gitlab, name) = (fake.client(TOKEN), FakeGitLab::name());
    fake.open_by_hand("main-2", "", false);
    is_not_misled(&gitlab, &name, 1, |text| fake.note_by_hand(1, text));
    fake.holds_the_contract();
}
