//! Bitbucket Data Center over a real repository and git's own server: every operation, the race for a branch, and the traps.

use git_postman::provider::api::Provider as _;
use git_postman::provider::capability::{Means, Operation};
use git_postman::provider::error::ProviderError;
use git_postman::provider::pull_request::{Deed, Purpose, offer};
use git_postman::provider::site::RepositoryName;
use git_postman::provider::sticky::stick;

use crate::support::bare::Bare;
use crate::support::bitbucket_server::{FakeServer, TOKEN};
use crate::support::contract::Contract;
use crate::support::provider_story::{branch, change, cuts_once, is_whole, odd_repository, write};

/// How many requests were held against the description; none may break it.
fn holds_the_contract(fake: &FakeServer) -> usize {
    let contract = Contract::new(include_str!("support/contract_bitbucket_server.json"));
    let (count, violations) = fake.service.violations(&contract);
    assert!(violations.is_empty(), "{violations:#?}");
    count
}

#[test]
fn every_operation_is_done_by_its_api_or_by_git() {
    let fake = FakeServer::start(odd_repository());
    let server = fake.client(TOKEN);
    assert_eq!(server.capabilities().of(Operation::Commit), Means::Git);
    assert_eq!(server.capabilities().of(Operation::PullRequest), Means::Api);
    is_whole(&server, &fake.bare, &FakeServer::name(), "SHOP");
    let builds = fake.builds();
    assert_eq!(builds.len(), 4);
    assert_eq!(
        (&builds[1]["state"], &builds[3]["state"]),
        (&"FAILED".into(), &"SUCCESSFUL".into())
    );
    let count = holds_the_contract(&fake);
    println!("Bitbucket Data Center: {count} requests held against its description, violations 0");
}

#[test]
fn an_edit_that_meets_another_is_made_on_top_and_reviewers_stay() {
    let fake = FakeServer::start(odd_repository());
    let (server, name) = (fake.client(TOKEN), FakeServer::name());
    let tip = fake.bare.tip("main").unwrap();
    let ahead = fake
        .bare
        .commit(Some(&tip), &[("n".to_owned(), Some(b"1".to_vec()))], "more");
    assert!(fake.bare.move_head("ahead", None, Some(&ahead)));
    let (source, target) = (branch("ahead"), branch("main"));
    let purpose = Purpose {
        key: "pull",
        source: &source,
        target: &target,
    };
    let say = |text: &str| offer(&server, &name, &purpose, "Pull", text).unwrap();
    assert_eq!(say("one").1, Deed::Made);
    fake.add_reviewer(1, "lee");
    fake.turn(|knobs| knobs.edits_between = true);
    let (edited, deed) = say("two");
    assert_eq!(deed, Deed::Updated);
    assert!(edited.body.starts_with("two"));
    assert_eq!(fake.pull_request(1)["reviewers"][0]["user"]["name"], "lee");

    stick(&server, &name, 1, "check", "first").unwrap();
    fake.turn(|knobs| knobs.edits_between = true);
    assert_eq!(
        stick(&server, &name, 1, "check", "second").unwrap(),
        Deed::Updated
    );
    fake.turn(|knobs| knobs.edits_between = true);
    server.close_pull_request(&name, &edited).unwrap();
    assert_eq!(fake.pull_request(1)["state"], "DECLINED");
    assert!(holds_the_contract(&fake) > 0);
}

#[cfg(unix)]
#[test]
fn rights_and_rules_are_told_before_and_when_pushing() {
    let fake = FakeServer::start(odd_repository());
    let (server, name, main) = (fake.client(TOKEN), FakeServer::name(), branch("main"));
    let tip = fake.bare.tip("main").unwrap();
    let push = || {
        write(
            &server,
            &name,
            "main",
            &tip,
            [change("z", None, Some(b"z"))],
        )
        .unwrap_err()
    };
    fake.turn(|knobs| knobs.restriction = Some("pull-request-only"));
    fake.bare.refuse_pushes(
        "main",
        "Branch refs/heads/main can only be modified through pull requests.",
    );
    let access = server.access(&name, &main).unwrap();
    assert_eq!(
        [access.account.allows, access.token.allows],
        [Some(true); 2]
    );
    assert_eq!(access.branch.allows, Some(false));
    let remedy = access.branch.remedy.unwrap().to_string();
    assert!(
        remedy.ends_with("/git/projects/SHOP/repos/orders/branch-permissions"),
        "{remedy}"
    );
    let error = push();
    assert!(
        matches!(error, ProviderError::Protected { .. }),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("through pull requests"),
        "{error}"
    );

    fake.turn(|knobs| knobs.writes = false);
    let access = server.access(&name, &main).unwrap();
    assert_eq!(
        [access.account.allows, access.token.allows],
        [Some(false); 2]
    );
    let error = push();
    assert!(
        matches!(error, ProviderError::Forbidden { .. }),
        "{error:?}"
    );
    assert!(
        error.hint().contains("“Repository write”"),
        "{}",
        error.hint()
    );

    fake.turn(|knobs| knobs.archived = true);
    assert!(server.repository(&name).unwrap().is_archived);
    let error = server
        .create_branch(
            &name,
            &branch("new"),
            &git_postman::model::id::CommitId::parse(&tip).unwrap(),
        )
        .unwrap_err();
    assert!(matches!(error, ProviderError::Archived { .. }), "{error:?}");
    assert_eq!(
        server.access(&name, &main).unwrap().branch.allows,
        Some(false)
    );
    assert_eq!(fake.bare.tip("main").unwrap(), tip);
    assert!(holds_the_contract(&fake) > 0);
}

#[test]
fn a_token_that_is_none_is_told_and_never_shown() {
    let fake = FakeServer::start(odd_repository());
    let server = fake.client("kim:hunter2");
    let tip = fake.bare.tip("main").unwrap();
    for error in [
        server.repository(&FakeServer::name()).unwrap_err(),
        write(
            &server,
            &FakeServer::name(),
            "main",
            &tip,
            [change("z", None, Some(b"z"))],
        )
        .unwrap_err(),
    ] {
        assert!(matches!(error, ProviderError::BadToken { .. }), "{error:?}");
        assert!(!format!("{error} {error:?} {}", error.hint()).contains("hunter2"));
    }
}

#[test]
fn what_is_gone_empty_or_the_same_is_told_apart() {
    let fake = FakeServer::start(Bare::empty());
    let (server, name) = (fake.client(TOKEN), FakeServer::name());
    assert_eq!(server.repository(&name).unwrap().default_branch, None);
    assert_eq!(server.branches(&name).unwrap(), []);
    assert_eq!(server.resolve(&name, &branch("main")).unwrap(), None);
    let none = RepositoryName::new("SHOP", "none").unwrap();
    assert!(server.repository(&none).unwrap_err().is_not_found());

    let full = FakeServer::start(odd_repository());
    let (source, target) = (branch("main-2"), branch("main"));
    let purpose = Purpose {
        key: "pull",
        source: &source,
        target: &target,
    };
    let error = offer(&full.client(TOKEN), &name, &purpose, "a", "b").unwrap_err();
    assert!(
        matches!(error, ProviderError::NothingToMerge { .. }),
        "{error:?}"
    );
}

#[test]
fn a_long_text_is_cut_once_and_no_news_afterwards() {
    let fake = FakeServer::start(odd_repository());
    cuts_once(&fake.client(TOKEN), &fake.bare, &FakeServer::name());
}
