//! Facts that are made up, for tests: many, different, and always the same for the same seed.

use std::collections::BTreeSet;

use crate::audit::facts::{
    ApiFacts, BranchFacts, Claim, ClaimKind, ConnectedFacts, DirectoryFacts, Facts, Guard,
    GuardKind, Reach, RepositoryFacts, RepositoryKey, ServiceFacts, SettingsFacts, Spot,
};
use crate::audit::part::{OwnersFrom, Part, Scope, Shards};
use crate::audit::shard::Shard;

const SITES: [&str; 2] = ["https://github.com", "https://git.example.com/gitlab"];

/// So many repositories and half as many APIs.
pub(crate) fn some_facts(seed: u64, count: usize) -> Facts {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut facts = Facts {
        postman: Reach::Whole,
        ..Facts::default()
    };
    for site in SITES {
        let host = site.trim_start_matches("https://");
        facts.owners.insert(format!("{host}/acme"), Reach::Whole);
    }
    for number in 0..count {
        let site = SITES[random.usize(..SITES.len())];
        let key = RepositoryKey {
            site: site.to_owned(),
            id: random.u32(..).to_string(),
        };
        let repository = repository(&mut random, site, number);
        facts.repositories.insert(key, repository);
    }
    for number in 0..count.div_ceil(2) {
        let connected = random.bool().then(|| ConnectedFacts {
            domain: None,
            organization: Some("acme".to_owned()),
            repository: Some(format!("service-{number}")),
            schema_folder: Some("postman/schemas".to_owned()),
            collection_folder: None,
        });
        let api = ApiFacts {
            kind: ClaimKind::Api,
            name: format!("Orders \u{dc}{number}"),
            workspace: "Team".to_owned(),
            connected,
        };
        facts.apis.insert(id(&mut random), api);
    }
    facts
}

/// What one shard has of them.
pub(crate) fn part_of(facts: &Facts, shard: Shard) -> Part {
    let mut own = facts.clone();
    own.repositories.retain(|key, _| shard.has_repository(key));
    own.apis.retain(|id, _| shard.has_api(id));
    Part {
        scope: Scope {
            owners: facts.owners.keys().cloned().collect(),
            owners_from: OwnersFrom::Options,
            postman: Some("https://api.getpostman.com".to_owned()),
            workspaces: Some(BTreeSet::from(["w".to_owned()])),
        },
        shards: Shards::one(shard),
        facts: own,
    }
}

fn repository(random: &mut fastrand::Rng, site: &str, number: usize) -> RepositoryFacts {
    let host = site.trim_start_matches("https://");
    let spot = Spot {
        path: ".postman/api".to_owned(),
        line: 2,
        column: 9,
    };
    let service = ServiceFacts {
        folder: String::new(),
        claims: vec![Claim {
            kind: ClaimKind::Api,
            id: id(random),
            at: spot.clone(),
        }],
        directories: vec![DirectoryFacts {
            role: "schema directory".to_owned(),
            path: "postman/schemas".to_owned(),
            at: spot,
        }],
    };
    let has_service = random.bool();
    let branch = BranchFacts {
        name: "main".to_owned(),
        head: "a".repeat(40),
        is_requested: None,
    };
    let guard = Guard {
        kind: GuardKind::Ci,
        path: ".github/workflows/postman.yml".to_owned(),
    };
    RepositoryFacts {
        name: format!("{host}/acme/service-{number}"),
        page: format!("{site}/acme/service-{number}"),
        default_branch: random.bool().then(|| "main".to_owned()),
        branches: has_service.then(|| vec![branch]),
        is_archived: random.bool(),
        is_fork: random.bool(),
        reach: match random.u8(..4) {
            0 => Reach::Part("no branches".to_owned()),
            1 => Reach::Refused("403".to_owned()),
            _ => Reach::Whole,
        },
        settings: SettingsFacts::default(),
        services: if has_service {
            vec![service]
        } else {
            Vec::new()
        },
        guards: if random.bool() {
            vec![guard]
        } else {
            Vec::new()
        },
    }
}

fn id(random: &mut fastrand::Rng) -> String {
    format!("{:08x}-0000-4000-8000-000000000000", random.u32(..))
}
