//! Azure DevOps, Services and Server, over a real repository: every operation, the race for a branch, and the traps.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use git_postman::model::path::RepoPath;
use git_postman::model::secret::Secret;
use git_postman::model::snapshot::Content;
use git_postman::net::clock::{Clock as _, SteppedClock};
use git_postman::provider::api::Provider as _;
use git_postman::provider::azure::service::Azure;
use git_postman::provider::conditional::NoMemory;
use git_postman::provider::error::ProviderError;
use git_postman::provider::kind::ProviderKind;
use git_postman::provider::pull_request::{Deed, Purpose, offer};
use git_postman::provider::site::{RepositoryName, Site};
use serde_json::json;

use crate::support::azure::{FakeAzure, TOKEN};
use crate::support::bare::Bare;
use crate::support::contract::Contract;
use crate::support::provider_story::{
    branch, change, commit, cuts_once, is_whole, meets_another_push, odd_repository, write,
};
use crate::support::service::{Answer, Service};

/// How many requests were held against the description; none may break it.
fn holds_the_contract(fake: &FakeAzure) -> usize {
    let contract = Contract::new(include_str!("support/contract_azure.json"));
    let (count, violations) = fake.service.violations(&contract);
    assert!(violations.is_empty(), "{violations:#?}");
    count
}

#[test]
fn every_operation_is_done_on_both_products() {
    for fake in [
        FakeAzure::services(odd_repository()),
        FakeAzure::server(odd_repository()),
    ] {
        let azure = fake.client(TOKEN);
        is_whole(&azure, &fake.bare, &FakeAzure::name(), "My Proj");
        let statuses = fake.statuses();
        assert_eq!(statuses.len(), 4);
        assert_eq!(statuses[3]["state"], "succeeded");
        assert_eq!(statuses[3]["context"]["genre"], "git-postman");
        let everywhere = azure.repositories("", &NoMemory).unwrap();
        assert_eq!(everywhere.len(), 1);
        let count = holds_the_contract(&fake);
        println!("Azure DevOps: {count} requests held against its description, violations 0");
    }
}

#[test]
fn a_snapshot_takes_three_calls_however_many_files_there_are() {
    let contents: Vec<(String, Vec<u8>)> = (0..300)
        .map(|number| {
            (
                format!("postman/{number}.json"),
                number.to_string().into_bytes(),
            )
        })
        .collect();
    let files: Vec<(&str, &[u8])> = contents
        .iter()
        .map(|(path, content)| (path.as_str(), content.as_slice()))
        .collect();
    let fake = FakeAzure::services(Bare::with(&files));
    let tip = commit(&fake.bare.tip("main").unwrap());
    let azure = fake.client(TOKEN);
    let snapshot = azure.snapshot(&FakeAzure::name(), &tip).unwrap();
    assert_eq!(fake.service.calls(), 0);
    let paths: Vec<RepoPath> = contents
        .iter()
        .map(|(path, _)| RepoPath::parse(path).unwrap())
        .collect();
    snapshot.prefetch(&paths).unwrap();
    for (path, (_, content)) in paths.iter().zip(&contents) {
        let read = snapshot.read(path, 100).unwrap();
        assert_eq!(read, Content::Bytes(content.clone()));
    }
    assert_eq!(fake.service.calls(), 3, "{:?}", fake.service.lines());
}

#[test]
fn a_push_in_the_same_moment_is_not_overwritten() {
    let fake = FakeAzure::services(odd_repository());
    fake.turn(|knobs| knobs.pushes_between = true);
    meets_another_push(&fake.client(TOKEN), &fake.bare, &FakeAzure::name());
    assert!(fake.service.statuses().contains(&409));
}

#[test]
fn a_token_that_is_none_meets_a_sign_in_page_and_is_told() {
    let fake = FakeAzure::services(odd_repository());
    let error = fake
        .client("expired")
        .repository(&FakeAzure::name())
        .unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, ProviderError::BadToken { .. }), "{text}");
    assert!(
        text.contains("sign-in page") && !text.contains("expired"),
        "{text}"
    );
    assert!(
        error.hint().contains("/acme/_usersSettings/tokens"),
        "{}",
        error.hint()
    );
    assert_eq!(fake.service.calls(), 1);
}

#[test]
fn rights_and_rules_are_three_facts() {
    let fake = FakeAzure::services(odd_repository());
    let (name, main) = (FakeAzure::name(), branch("main"));
    let access = || fake.client(TOKEN).access(&name, &main).unwrap();
    let whole = access();
    assert!(whole.account.said.contains("Kim\\x1b[31m Lee"), "{whole:?}");
    assert_eq!(whole.token.allows, Some(true));
    assert_eq!(fake.bare.length("main"), 4, "asking changes nothing");

    fake.turn(|knobs| knobs.account = 4);
    let access_now = access();
    assert_eq!(access_now.account.allows, Some(false));
    let remedy = access_now.account.remedy.unwrap().to_string();
    assert!(
        remedy.contains("“Create branch”, “Contribute to pull requests”")
            && remedy.ends_with("/acme/My%20Proj/_settings/repositories"),
        "{remedy}"
    );

    fake.turn(|knobs| {
        knobs.account = 16404;
        knobs.writes = false;
    });
    let access_now = access();
    assert_eq!(access_now.account.allows, Some(true));
    assert_eq!(access_now.token.allows, Some(false));
    let remedy = access_now.token.remedy.unwrap().to_string();
    assert!(remedy.contains("“Code (Read & write)”"), "{remedy}");

    fake.turn(|knobs| {
        knobs.writes = true;
        knobs.policies.insert("main".to_owned());
    });
    let access_now = access();
    assert_eq!(access_now.token.allows, Some(true));
    assert_eq!(access_now.branch.allows, Some(false));
    assert!(
        access_now.branch.said.contains("rejectedByPolicy"),
        "{access_now:?}"
    );
    let tip = fake.bare.tip("main").unwrap();
    let pushed = write(
        &fake.client(TOKEN),
        &name,
        "main",
        &tip,
        [change("z", None, Some(b"z"))],
    );
    let error = pushed.unwrap_err();
    assert!(
        matches!(error, ProviderError::Protected { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("TF402455"), "{error}");
    assert!(holds_the_contract(&fake) > 0);
}

#[test]
fn a_text_that_is_too_long_is_cut_and_keeps_its_mark() {
    let fake = FakeAzure::services(odd_repository());
    let (azure, name) = (fake.client(TOKEN), FakeAzure::name());
    let (source, target) = (branch("main-2"), branch("main"));
    let purpose = Purpose {
        key: "pull",
        source: &source,
        target: &target,
    };
    let long = "ü ".repeat(3000);
    let (made, deed) = offer(&azure, &name, &purpose, &long, &long).unwrap();
    assert_eq!(deed, Deed::Made);
    assert_eq!(
        (made.title.chars().count(), made.body.chars().count()),
        (400, 4000)
    );
    let (again, _) = offer(&azure, &name, &purpose, "short", &long).unwrap();
    assert_eq!((again.number, again.title.as_str()), (made.number, "short"));
}

#[test]
fn success_false_in_an_answer_of_200_is_a_refusal() {
    let fake = FakeAzure::services(odd_repository());
    let (azure, name) = (fake.client(TOKEN), FakeAzure::name());
    let tip = commit(&fake.bare.tip("main").unwrap());
    fake.turn(|knobs| knobs.account = 4);
    let error = azure
        .create_branch(&name, &branch("new"), &tip)
        .unwrap_err();
    assert!(
        matches!(error, ProviderError::Forbidden { .. }),
        "{error:?}"
    );
    assert!(error.hint().contains("“Create branch”"), "{}", error.hint());
    fake.turn(|knobs| knobs.account = 16404);
    let nothing = commit(&"b".repeat(40));
    let error = azure
        .create_branch(&name, &branch("new"), &nothing)
        .unwrap_err();
    assert!(
        error.to_string().contains("unresolvableToCommit"),
        "{error}"
    );
    fake.turn(|knobs| {
        knobs.locked.insert("main".to_owned());
    });
    let listed = azure.branches(&name).unwrap();
    assert!(listed[0].is_protected && !listed[1].is_protected);
    assert_eq!(fake.bare.tip("new"), None);
}

#[test]
fn an_older_server_is_spoken_to_in_its_version() {
    let fake = FakeAzure::server(odd_repository());
    fake.turn(|knobs| knobs.version = 5.1);
    let azure = fake.client(TOKEN);
    azure.repository(&FakeAzure::name()).unwrap();
    azure.repository(&FakeAzure::name()).unwrap();
    assert_eq!(fake.service.calls(), 3, "it is told once");
}

#[test]
fn what_is_gone_disabled_or_empty_is_told_apart() {
    let fake = FakeAzure::services(Bare::empty());
    let (azure, name) = (fake.client(TOKEN), FakeAzure::name());
    assert_eq!(azure.branches(&name).unwrap(), []);
    assert_eq!(azure.resolve(&name, &branch("main")).unwrap(), None);
    for (owner, repository) in [("My Proj", "none"), ("nowhere", "orders")] {
        let other = RepositoryName::new(owner, repository).unwrap();
        let error = azure.repository(&other).unwrap_err();
        assert!(error.is_not_found(), "{error:?}");
    }
    fake.turn(|knobs| knobs.disabled = true);
    assert!(azure.repository(&name).unwrap().is_disabled);
    let error = azure.branches(&name).unwrap_err();
    assert!(matches!(error, ProviderError::Archived { .. }), "{error:?}");
    assert!(
        error.hint().contains("“Disable Repository”"),
        "{}",
        error.hint()
    );
}

#[test]
fn lists_end_even_where_the_service_does_not() {
    let service = Service::start("/acme", move |call| {
        let branch = json!({ "name": "refs/heads/main", "objectId": "a".repeat(40) });
        let body = json!({ "count": 1, "value": [branch] });
        let next = if call.asks("continuationToken") == "x" {
            "y"
        } else {
            "x"
        };
        Answer::json(200, &body).with("x-ms-continuationtoken", next)
    });
    let site = Site::new(
        ProviderKind::AzureServices,
        &format!("{}/acme", service.url),
    )
    .unwrap();
    let settings = Azure::settings(&site);
    let azure = Azure::new(site, Secret::new(TOKEN), settings).unwrap();
    let branches = azure.branches(&FakeAzure::name()).unwrap();
    assert!(branches.iter().all(|branch| branch.name.as_str() == "main"));
    assert_eq!(service.calls(), 3);
}

#[test]
fn too_many_calls_are_waited_for_as_the_service_asks() {
    let busy = AtomicBool::new(true);
    let service = Service::start("/acme", move |_| {
        if busy.swap(false, Ordering::SeqCst) {
            let body = json!({ "message": "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource 'Concurrency' in namespace 'User'." });
            return Answer::json(429, &body).with("retry-after", "30");
        }
        Answer::json(200, &json!({ "count": 0, "value": [] }))
    });
    let site = Site::new(
        ProviderKind::AzureServices,
        &format!("{}/acme", service.url),
    )
    .unwrap();
    let mut settings = Azure::settings(&site);
    let clock = Arc::new(SteppedClock::default());
    settings.clock = Arc::<SteppedClock>::clone(&clock);
    let azure = Azure::new(site, Secret::new(TOKEN), settings).unwrap();
    assert_eq!(azure.branches(&FakeAzure::name()).unwrap(), []);
    let waited = clock.now();
    assert!(waited.as_secs() >= 30, "{waited:?}");
}

#[test]
fn the_token_follows_no_redirect_to_another_host() {
    let elsewhere = Service::start("", |_| Answer::of(200, "application/json", "{}"));
    let to = format!("{}/_signin", elsewhere.url);
    let service = Service::start("/acme", move |_| {
        Answer::of(302, "text/html", "").with("location", &to)
    });
    let site = Site::new(
        ProviderKind::AzureServices,
        &format!("{}/acme", service.url),
    )
    .unwrap();
    let settings = Azure::settings(&site);
    let azure = Azure::new(site, Secret::new(TOKEN), settings).unwrap();
    let error = azure.branches(&FakeAzure::name()).unwrap_err();
    assert!(matches!(error, ProviderError::Unreachable(_)), "{error:?}");
    assert_eq!(elsewhere.calls(), 0);
}

#[test]
fn a_long_text_is_cut_once_and_no_news_afterwards() {
    let fake = FakeAzure::services(odd_repository());
    cuts_once(&fake.client(TOKEN), &fake.bare, &FakeAzure::name());
}
