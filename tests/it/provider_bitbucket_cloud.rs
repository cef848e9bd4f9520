//! Bitbucket Cloud over a real repository: every operation, the race for a branch, and the traps.

use git_postman::model::path::RepoPath;
use git_postman::provider::api::Provider as _;
use git_postman::provider::conditional::ShortMemory;
use git_postman::provider::error::ProviderError;
use git_postman::provider::pull_request::{Purpose, offer};
use git_postman::provider::site::RepositoryName;

use crate::support::bare::Bare;
use crate::support::bitbucket_cloud::{FakeCloud, TOKEN};
use crate::support::contract::Contract;
use crate::support::provider_story::{
    branch, change, commit, cuts_once, is_whole, meets_another_push, odd_repository, write,
};

/// How many requests were held against the description; none may break it.
fn holds_the_contract(fake: &FakeCloud) -> usize {
    let contract = Contract::new(include_str!("support/contract_bitbucket_cloud.json"));
    let (count, violations) = fake.service.violations(&contract);
    assert!(violations.is_empty(), "{violations:#?}");
    count
}

#[test]
fn every_operation_is_done() {
    let fake = FakeCloud::start(odd_repository());
    let cloud = fake.client(TOKEN);
    is_whole(&cloud, &fake.bare, &FakeCloud::name(), "acme");
    let statuses = fake.statuses();
    assert_eq!(statuses.len(), 4);
    assert_eq!(statuses[3]["state"], "SUCCESSFUL");
    let count = holds_the_contract(&fake);
    println!("Bitbucket Cloud: {count} requests held against its description, violations 0");
}

#[test]
fn a_push_in_the_same_moment_is_not_overwritten() {
    let fake = FakeCloud::start(odd_repository());
    fake.turn(|knobs| knobs.pushes_between = true);
    meets_another_push(&fake.client(TOKEN), &fake.bare, &FakeCloud::name());
    assert!(fake.service.statuses().contains(&409));
}

#[test]
fn directories_too_deep_for_one_list_are_listed_on_their_own() {
    let deep = "a/b/c/d/e/f/g/h/i.json";
    let fake = FakeCloud::start(Bare::with(&[
        (deep, b"1"),
        ("x.json", b"2"),
        ("a/b/y", b"3"),
    ]));
    let tip = commit(&fake.bare.tip("main").unwrap());
    let snapshot = fake
        .client(TOKEN)
        .snapshot(&FakeCloud::name(), &tip)
        .unwrap();
    let listing = snapshot.listing().unwrap();
    let paths: Vec<&str> = listing
        .entries()
        .iter()
        .map(|one| one.path.as_str())
        .collect();
    assert_eq!(paths, ["a/b/c/d/e/f/g/h/i.json", "a/b/y", "x.json"]);
}

#[test]
fn a_list_that_did_not_change_is_not_sent_again() {
    let fake = FakeCloud::start(odd_repository());
    let (cloud, memory) = (fake.client(TOKEN), ShortMemory::default());
    let first = cloud.repositories("acme", &memory).unwrap();
    assert_eq!(cloud.repositories("acme", &memory).unwrap(), first);
    let contract = Contract::new(include_str!("support/contract_bitbucket_cloud.json"));
    assert_eq!(fake.service.statuses(), [200, 304]);
    assert_eq!(fake.service.violations(&contract).1, []);
}

#[test]
fn dead_app_passwords_are_told() {
    let fake = FakeCloud::start(odd_repository());
    let error = fake
        .client("kim:ATBBsecret1")
        .repository(&FakeCloud::name())
        .unwrap_err();
    assert!(matches!(error, ProviderError::BadToken { .. }), "{error:?}");
    assert!(
        error.hint().contains("app passwords ended"),
        "{}",
        error.hint()
    );
    assert!(!format!("{error:?}").contains("ATBBsecret1"));
}

#[test]
fn rights_and_rules_are_three_facts() {
    let fake = FakeCloud::start(odd_repository());
    let (cloud, name, main) = (fake.client(TOKEN), FakeCloud::name(), branch("main"));
    let whole = cloud.access(&name, &main).unwrap();
    assert_eq!(
        [
            whole.account.allows,
            whole.token.allows,
            whole.branch.allows
        ],
        [Some(true); 3]
    );
    fake.turn(|knobs| {
        knobs.permission = "read";
        knobs.restricted.insert("main".to_owned());
        knobs
            .scopes
            .retain(|scope| *scope != "write:repository:bitbucket");
    });
    let less = cloud.access(&name, &main).unwrap();
    assert_eq!(
        [less.account.allows, less.token.allows, less.branch.allows],
        [Some(false); 3]
    );
    assert!(
        less.account
            .remedy
            .unwrap()
            .to_string()
            .ends_with("/acme/orders/admin/permissions")
    );
    assert!(less.token.said.contains("write:repository:bitbucket"));
    assert!(
        less.branch
            .remedy
            .unwrap()
            .to_string()
            .ends_with("/acme/orders/admin/branch-restrictions")
    );
    let tip = fake.bare.tip("main").unwrap();
    let push = || write(&cloud, &name, "main", &tip, [change("z", None, Some(b"z"))]).unwrap_err();
    let error = push();
    assert!(
        matches!(error, ProviderError::Forbidden { .. }),
        "{error:?}"
    );
    assert!(
        error.hint().contains("`write:repository:bitbucket`"),
        "{}",
        error.hint()
    );
    fake.turn(|knobs| knobs.scopes.push("write:repository:bitbucket"));
    let error = push();
    assert!(
        matches!(error, ProviderError::Protected { .. }),
        "{error:?}"
    );
    assert_eq!(fake.bare.tip("main").unwrap(), tip);
    assert!(holds_the_contract(&fake) > 0);
}

#[test]
fn a_renamed_repository_is_found_and_writes_say_its_name() {
    let fake = FakeCloud::start(odd_repository());
    fake.turn(|knobs| knobs.renamed_from = Some("old"));
    let (cloud, old) = (
        fake.client(TOKEN),
        RepositoryName::new("acme", "old").unwrap(),
    );
    assert_eq!(cloud.repository(&old).unwrap().name, FakeCloud::name());
    let tip = commit(&fake.bare.tip("main").unwrap());
    let error = cloud.create_branch(&old, &branch("new"), &tip).unwrap_err();
    assert!(
        matches!(&error, ProviderError::Renamed { to: Some(to), .. } if *to == FakeCloud::name()),
        "{error:?}"
    );
    assert_eq!(fake.bare.tip("new"), None);
}

#[test]
fn what_is_gone_empty_or_the_same_is_told_apart() {
    let fake = FakeCloud::start(Bare::empty());
    let (cloud, name) = (fake.client(TOKEN), FakeCloud::name());
    assert_eq!(cloud.branches(&name).unwrap(), []);
    assert_eq!(cloud.resolve(&name, &branch("main")).unwrap(), None);
    let none = RepositoryName::new("acme", "none").unwrap();
    assert!(cloud.repository(&none).unwrap_err().is_not_found());
    assert!(
        cloud
            .resolve(&none, &branch("main"))
            .unwrap_err()
            .is_not_found()
    );

    let full = FakeCloud::start(odd_repository());
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
fn a_path_that_its_form_cannot_carry_is_refused_before_it_is_sent() {
    let fake = FakeCloud::start(odd_repository());
    let tip = fake.bare.tip("main").unwrap();
    let odd = "a\"; filename=\"b";
    assert!(RepoPath::parse(odd).is_ok());
    let changes = [change(odd, None, Some(b"1"))];
    let error = write(
        &fake.client(TOKEN),
        &FakeCloud::name(),
        "main",
        &tip,
        changes,
    )
    .unwrap_err();
    assert!(matches!(error, ProviderError::Cannot { .. }), "{error:?}");
    assert_eq!(fake.bare.tip("main").unwrap(), tip);
}

#[test]
fn a_long_text_is_cut_once_and_no_news_afterwards() {
    let fake = FakeCloud::start(odd_repository());
    cuts_once(&fake.client(TOKEN), &fake.bare, &FakeCloud::name());
}
