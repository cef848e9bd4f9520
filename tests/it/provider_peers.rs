//! GitHub's client against a GitHub that we did not write: every operation that it has, the race for a branch, and what it
//! lacks by name, which stays with our own stand-in.

use std::sync::Arc;

use git_postman::model::secret::Secret;
use git_postman::net::clock::SteppedClock;
use git_postman::provider::api::{CommitStatus, Provider as _, StatusState};
use git_postman::provider::conditional::NoMemory;
use git_postman::provider::error::ProviderError;
use git_postman::provider::github::service::GitHub;
use git_postman::provider::kind::ProviderKind;
use git_postman::provider::site::{RepositoryName, Site};

use crate::support::emulate::{Emulate, NAME, TOKEN};
use crate::support::provider_story::{
    branch, commit, is_not_misled, odd_repository, reads, talks, writes,
};

fn client(peer: &Emulate, token: &str) -> GitHub {
    let site = Site::new(ProviderKind::GitHub, &peer.service.url).unwrap();
    let mut settings = GitHub::settings(&site).unwrap();
    settings.clock = Arc::new(SteppedClock::default());
    GitHub::new(site, Secret::new(token), settings).unwrap()
}

fn orders() -> RepositoryName {
    RepositoryName::parse(NAME).unwrap()
}

#[test]
fn every_operation_that_it_has_is_done() {
    let Some(peer) = Emulate::over(odd_repository()) else {
        return;
    };
    let (github, name) = (client(&peer, TOKEN), orders());
    let repository = github.repository(&name).unwrap();
    assert!(repository.name.is_same(&name) && !repository.is_fork);
    assert_eq!(repository.default_branch, Some(branch("main")));
    let own = github.repositories("octocat", &NoMemory).unwrap();
    let own: Vec<String> = own.iter().map(|one| one.name.full()).collect();
    assert_eq!(own, ["octocat/pets"]);
    reads(&github, &peer.bare, &name);
    writes(&github, &peer.bare, &name);
    let number = talks(&github, &name);
    is_not_misled(&github, &name, number, |text| {
        peer.comment_by_stranger(number, text)
    });
    let pull = &github
        .open_pull_requests(&name, &branch("postman/pull-#1"), &branch("main"))
        .unwrap()[0];
    github.close_pull_request(&name, pull).unwrap();
    let access = github.access(&name, &branch("main")).unwrap();
    assert_ne!(access.token.allows, Some(false), "{access:?}");
    let closed = peer.ask(&format!("/repos/{NAME}/pulls/{number}"));
    assert_eq!(
        (&closed["state"], &closed["merged"]),
        (&"closed".into(), &false.into())
    );
    let error = client(&peer, "ghp_bad").repository(&name).unwrap_err();
    assert!(matches!(error, ProviderError::BadToken { .. }), "{error}");
    println!("emulate: {} requests", peer.service.exchanges().len());
}

/// When it learns one of these, this fails, and the operation belongs into the test above.
#[test]
fn what_it_lacks_is_known_by_name() {
    let Some(peer) = Emulate::over(odd_repository()) else {
        return;
    };
    let (github, name) = (client(&peer, TOKEN), orders());
    let listed = github.repositories("acme", &NoMemory).unwrap_err();
    assert!(
        listed.is_not_found(),
        "the list of an organisation: {listed}"
    );
    let tip = commit(&peer.bare.tip("main").unwrap());
    let status = CommitStatus {
        context: "git-postman",
        state: StatusState::Success,
        description: "",
        page: None,
    };
    let status = github.set_status(&name, &tip, &status).unwrap_err();
    assert!(status.is_not_found(), "statuses: {status}");
    let lacks = |path: &str| {
        let asked = peer.service.exchanges();
        let asked: Vec<_> = asked
            .iter()
            .filter(|one| one.target.contains(path))
            .collect();
        assert!(asked.iter().all(|one| one.status == 404), "{path}");
        asked.len()
    };
    github.access(&name, &branch("main")).unwrap();
    let snapshot = github.snapshot(&name, &tip).unwrap();
    let listing = snapshot.listing().unwrap();
    let paths: Vec<_> = listing
        .entries()
        .iter()
        .map(|entry| entry.path.clone())
        .collect();
    snapshot.prefetch(&paths).unwrap();
    for path in [
        "/graphql",
        "/rules/branches/",
        "/statuses/",
        "/orgs/acme/repos",
    ] {
        assert!(lacks(path) > 0, "{path} was not asked for");
    }
}
