//! Whole organisations made from a number: clean ones, and what to sow in them so that exactly one rule speaks.

use crate::audit::facts::{
    ApiFacts, BranchFacts, Claim, ClaimKind, ConnectedFacts, DirectoryFacts, Facts, Guard,
    GuardKind, Reach, RepositoryFacts, RepositoryKey, ServiceFacts, SettingsFacts, Spot,
};
use crate::config::file::Policy;

/// The id of a rule, and what makes it speak: changes facts, and gives the path of the finding.
pub type Seed = (&'static str, fn(&mut Facts, u64) -> String);

/// One for every rule.
pub const SEEDS: [Seed; 19] = [
    ("api-in-several-folders", |facts, seed| {
        let repository = plain(facts, seed, 0);
        let id = repository.services[0].claims[0].id.to_lowercase();
        repository
            .services
            .push(service("copy", vec![claim("copy", &id)]));
        format!("{}/copy/.postman/api", repository.name)
    }),
    ("api-in-several-repositories", |facts, seed| {
        let name = copied(facts, seed, false);
        format!("{name}/.postman/api")
    }),
    ("archived-repository", |facts, seed| {
        let repository = plain(facts, seed, 0);
        repository.is_archived = true;
        format!("{}/.postman/api", repository.name)
    }),
    ("directory-mismatch", |facts, seed| {
        let repository = plain(facts, seed, 0);
        let path = format!("{}/.postman/api_x", repository.name);
        let id = repository.services[0].claims[0].id.to_lowercase();
        told(facts, &id).collection_folder = Some("tests/postman".to_owned());
        path
    }),
    ("inherited-link", |facts, seed| {
        let name = copied(facts, seed, true);
        format!("{name}/.postman/api")
    }),
    ("link-mismatch", |facts, seed| {
        let other = plain(facts, seed, 6).name.clone();
        let repository = plain(facts, seed, 0);
        let path = format!("{}/.postman/api", repository.name);
        let id = repository.services[0].claims[0].id.to_lowercase();
        *told(facts, &id) = connected(&other, seed);
        path
    }),
    ("missing-api", |facts, seed| {
        let repository = plain(facts, seed, 0);
        let path = format!("{}/.postman/api", repository.name);
        let id = repository.services[0].claims[0].id.to_lowercase();
        facts.apis.remove(&id);
        path
    }),
    ("missing-repository", |facts, seed| {
        let id = uuid(3, seed);
        let gone = connected(&format!("github.com/acme/gone-{seed}"), seed);
        facts.apis.insert(id.clone(), api(&id, Some(gone)));
        format!("postman/{}/{id}", uuid(9, 0))
    }),
    ("nested-directories", |facts, seed| {
        let repository = plain(facts, seed, 0);
        let path = format!("{}/.postman/api_x", repository.name);
        let id = repository.services[0].claims[0].id.to_lowercase();
        for directory in &mut repository.services[0].directories {
            if directory.role == "collection directory" {
                directory.path = "postman/schemas/collections".to_owned();
            }
        }
        told(facts, &id).collection_folder = Some("postman/schemas/collections".to_owned());
        path
    }),
    ("orphan-api", |facts, seed| {
        let id = uuid(4, seed);
        facts.apis.insert(id.clone(), api(&id, None));
        format!("postman/{}/{id}", uuid(9, 0))
    }),
    ("outdated-repository-name", |facts, seed| {
        let repository = plain(facts, seed, 0);
        let path = format!("{}/.postman/api", repository.name);
        let id = repository.services[0].claims[0].id.to_lowercase();
        told(facts, &id).repository = Some(format!("earlier-{seed}"));
        path
    }),
    ("several-apis-in-folder", |facts, seed| {
        second_api(facts, seed, 8)
    }),
    ("several-apis-in-repository", |facts, seed| {
        second_api(facts, seed, 0)
    }),
    ("stale-branch", |facts, seed| {
        let repository = plain(facts, seed, 0);
        let left = branch("git-postman/pull-3f09c41b7a52", Some(false));
        repository.branches.get_or_insert_default().push(left);
        repository.name.clone()
    }),
    ("unclaimed-connection", |facts, seed| {
        let name = plain(facts, seed, 6).name.clone();
        let id = uuid(5, seed);
        facts
            .apis
            .insert(id.clone(), api(&id, Some(connected(&name, seed))));
        name
    }),
    ("unconnected-repository", |facts, seed| {
        let repository = plain(facts, seed, 6);
        let mut loose = service("", Vec::new());
        loose.directories = vec![directory("collection directory", "postman/collections")];
        repository.services.push(loose);
        format!("{}/postman/collections", repository.name)
    }),
    ("unguarded-repository", |facts, seed| {
        let repository = plain(facts, seed, 0);
        repository.guards.clear();
        repository.name.clone()
    }),
    ("unknown-active-branch", |facts, seed| {
        let repository = plain(facts, seed, 0);
        repository.settings.active_branch = Some("mian".to_owned());
        format!("{}/git-postman.toml", repository.name)
    }),
    ("unreadable-repository", |facts, seed| {
        let repository = plain(facts, seed, 0);
        repository.reach = Reach::Refused("the token may not read its contents".to_owned());
        repository.services.clear();
        repository.guards.clear();
        repository.name.clone()
    }),
];

/// An organisation with nothing wrong in it: on three hosts, with plain repositories, folders that are services, workspaces
/// with specifications, forks that claim nothing, and many that have nothing to do with Postman.
pub fn organisation(size: usize, seed: u64) -> Facts {
    let mut facts = Facts {
        postman: Reach::Whole,
        ..Facts::default()
    };
    for owner in [
        "github.com/acme",
        "git.example.com/team",
        "dev.azure.com/acme",
    ] {
        facts.owners.insert(owner.to_owned(), Reach::Whole);
    }
    for number in 0..size {
        add(&mut facts, number, seed);
    }
    facts
}

/// The same facts as somebody else would have gathered them.
pub fn shuffled(facts: &Facts, seed: u64) -> Facts {
    let mut facts = facts.clone();
    let by = usize::try_from(seed % 7).unwrap_or(0) + 1;
    for repository in facts.repositories.values_mut() {
        turn(&mut repository.services, by);
        turn(&mut repository.guards, by);
        if let Some(branches) = &mut repository.branches {
            turn(branches, by);
        }
        for service in &mut repository.services {
            turn(&mut service.claims, by);
            turn(&mut service.directories, by);
        }
    }
    facts
}

fn turn<T>(list: &mut [T], by: usize) {
    list.reverse();
    if !list.is_empty() {
        let middle = by % list.len();
        list.rotate_left(middle);
    }
}

fn add(facts: &mut Facts, number: usize, seed: u64) {
    let (site, name) = match number % 3 {
        0 => (
            "https://github.com",
            format!("github.com/Acme/service-{number}"),
        ),
        1 => (
            "https://git.example.com/gitlab",
            format!("git.example.com/team/sub/service-{number}"),
        ),
        _ => (
            "https://dev.azure.com/acme",
            format!("dev.azure.com/acme/shop/service-{number}"),
        ),
    };
    let key = RepositoryKey {
        site: site.to_owned(),
        id: format!("r{number:08}"),
    };
    let mut repository = repository(&name);
    let id = uuid(1, number as u64);
    let told = connected(&name, seed.wrapping_add(number as u64));
    match number % 20 {
        6 | 16 => {}
        7 => {
            let workspace = uuid(8, number as u64);
            let mut claimed = claim("", &workspace);
            claimed.kind = ClaimKind::Workspace;
            claimed.at.path = ".postman/resources.yaml".to_owned();
            repository.services = vec![service("", vec![claimed])];
            let mut specification = api(&id, None);
            specification.kind = ClaimKind::Specification;
            specification.workspace = workspace;
            facts.apis.insert(id, specification);
        }
        8 => {
            repository.settings.policy = Policy::Folders;
            for folder in ["orders", "payments"] {
                let own = format!("{id}{folder}");
                let claims = vec![claim(folder, &own)];
                repository.services.push(service(folder, claims));
                facts
                    .apis
                    .insert(own.clone(), api(&own, Some(told.clone())));
            }
        }
        9 => repository.is_fork = true,
        17 => repository.is_archived = true,
        _ => {
            let claims = vec![claim("", &id)];
            repository.services = vec![service("", claims)];
            repository.services[0].directories = vec![
                directory("schema directory", "postman/schemas"),
                directory("collection directory", "postman/collections"),
                directory("environment directory", "postman/environments"),
            ];
            repository.settings.active_branch = Some("release".to_owned());
            repository.branches = Some(vec![
                branch("release", None),
                branch("git-postman/pull-000000000000", Some(true)),
            ]);
            facts.apis.insert(id.clone(), api(&id, Some(told)));
        }
    }
    facts.repositories.insert(key, repository);
}

/// A repository of one kind, by its place in each twenty; every seed has twenty of its own as long as there are enough.
fn plain(facts: &mut Facts, seed: u64, kind: usize) -> &mut RepositoryFacts {
    let own = facts
        .repositories
        .keys()
        .filter(|key| key.id.starts_with('r'));
    let twenties = (own.count() / 20).max(1) as u64;
    let number = usize::try_from(seed % twenties).unwrap() * 20 + kind;
    let id = format!("r{number:08}");
    let found = facts.repositories.iter_mut().find(|(key, _)| key.id == id);
    found.unwrap().1
}

/// A copy of a plain repository, which claims what the plain one claims.
fn copied(facts: &mut Facts, seed: u64, is_fork: bool) -> String {
    let original = plain(facts, seed, 0).clone();
    let copy = RepositoryFacts {
        name: format!("github.com/acme/copy-{seed}"),
        is_fork,
        ..original
    };
    let name = copy.name.clone();
    let key = RepositoryKey {
        site: "https://github.com".to_owned(),
        id: format!("x{is_fork}{seed}"),
    };
    facts.repositories.insert(key, copy);
    name
}

fn second_api(facts: &mut Facts, seed: u64, kind: usize) -> String {
    let id = uuid(6, seed);
    let repository = plain(facts, seed, kind);
    let folder = repository.services[0].folder.clone();
    let mut second = claim(&folder, &id);
    second.at.line = 3;
    let path = format!("{}/{}", repository.name, second.at.path);
    repository.services[0].claims.push(second);
    let told = connected(&repository.name, seed);
    let mut second = api(&id, Some(told));
    if let Some(connected) = &mut second.connected {
        connected.schema_folder = None;
        connected.collection_folder = None;
    }
    facts.apis.insert(id, second);
    path
}

fn told<'a>(facts: &'a mut Facts, id: &str) -> &'a mut ConnectedFacts {
    let api = facts.apis.get_mut(id).unwrap();
    api.connected.get_or_insert_default()
}

fn repository(name: &str) -> RepositoryFacts {
    RepositoryFacts {
        name: name.to_owned(),
        page: format!("https://{name}"),
        default_branch: Some("main".to_owned()),
        branches: None,
        is_archived: false,
        is_fork: false,
        reach: Reach::Whole,
        settings: SettingsFacts::default(),
        services: Vec::new(),
        guards: vec![
            Guard {
                kind: GuardKind::Ci,
                path: ".github/workflows/check.yml".to_owned(),
            },
            Guard {
                kind: GuardKind::Hook,
                path: ".pre-commit-config.yaml".to_owned(),
            },
        ],
    }
}

fn service(folder: &str, claims: Vec<Claim>) -> ServiceFacts {
    ServiceFacts {
        folder: folder.to_owned(),
        claims,
        directories: Vec::new(),
    }
}

fn claim(folder: &str, id: &str) -> Claim {
    let path = match folder.is_empty() {
        true => ".postman/api".to_owned(),
        false => format!("{folder}/.postman/api"),
    };
    Claim {
        kind: ClaimKind::Api,
        // Postman writes ids in either case.
        id: id.to_ascii_uppercase(),
        at: Spot {
            path,
            line: 2,
            column: 21,
        },
    }
}

fn directory(role: &str, path: &str) -> DirectoryFacts {
    DirectoryFacts {
        role: role.to_owned(),
        path: path.to_owned(),
        at: Spot {
            path: ".postman/api_x".to_owned(),
            line: 9,
            column: 17,
        },
    }
}

fn branch(name: &str, is_requested: Option<bool>) -> BranchFacts {
    BranchFacts {
        name: name.to_owned(),
        head: "0123456789012345678901234567890123456789".to_owned(),
        is_requested,
    }
}

fn api(id: &str, connected: Option<ConnectedFacts>) -> ApiFacts {
    ApiFacts {
        kind: ClaimKind::Api,
        name: format!("API {}", &id[id.len() - 4..]),
        workspace: uuid(9, 0),
        connected,
    }
}

/// A repository in one of the ways in which Postman names it.
fn connected(name: &str, way: u64) -> ConnectedFacts {
    let parts: Vec<&str> = name.split('/').collect();
    let (host, owner, repository) = (parts[0], &parts[1..parts.len() - 1], parts[parts.len() - 1]);
    let (domain, organization) = match host {
        "git.example.com" => (
            Some("https://git.example.com/gitlab".to_owned()),
            owner.join("/"),
        ),
        // Without the project that stands between the two.
        "dev.azure.com" => (None, owner[0].to_owned()),
        _ => (None, owner.join("/").to_lowercase()),
    };
    let repository = match way % 3 {
        0 => repository.to_owned(),
        1 => repository.to_uppercase(),
        _ => format!("{repository}.git"),
    };
    ConnectedFacts {
        domain,
        organization: Some(organization),
        repository: Some(repository),
        schema_folder: Some("/postman/schemas/".to_owned()),
        collection_folder: Some("postman/collections".to_owned()),
    }
}

fn uuid(kind: u64, number: u64) -> String {
    format!("{kind:08x}-1111-4222-8333-{:012x}", number & 0xffff_ffff)
}
