//! Facts with their indexes: who claims what, and which repository it is that Postman names. Made once, read by every rule,
//! so that no rule pairs everything with everything.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::audit::facts::{
    ApiFacts, Claim, ClaimKind, ConnectedFacts, DirectoryFacts, Facts, Reach, RepositoryFacts,
    RepositoryKey, ServiceFacts, Spot,
};
use crate::git::remote_url::{host_of, without_git};
use crate::model::finding::{Location, Place};
use crate::model::path::RepoPath;
use crate::model::span::Position;
use crate::model::text::{shortened, visible};

/// So much of somebody's name is shown.
const MOST_OF_A_NAME: usize = 120;

/// Facts with their indexes.
#[derive(Debug)]
pub struct Survey<'a> {
    /// What is known.
    pub facts: &'a Facts,
    /// Every repository, by name.
    pub repositories: Vec<Audited<'a>>,
    claims: BTreeMap<String, Vec<Claimed<'a>>>,
    apis: HashMap<String, Api<'a>>,
    unread: usize,
}

/// A repository. Repositories stand in the order of their names.
#[derive(Clone, Copy, Debug)]
pub struct Audited<'a> {
    /// What it is called.
    pub name: &'a str,
    /// What names it for good.
    pub key: &'a RepositoryKey,
    /// What is known of it.
    pub facts: &'a RepositoryFacts,
}

/// A claim, and who makes it.
#[derive(Clone, Copy, Debug)]
pub struct Claimed<'a> {
    /// The repository.
    pub repository: Audited<'a>,
    /// The folder.
    pub service: &'a ServiceFacts,
    /// What it says.
    pub claim: &'a Claim,
}

/// An API of Postman, with the repositories that it may mean.
#[derive(Clone, Debug)]
pub struct Api<'a> {
    /// Its id, as Postman writes it.
    pub id: &'a str,
    /// What Postman says of it.
    pub facts: &'a ApiFacts,
    /// Where Postman has connected it to.
    pub connection: Option<Connection<'a>>,
}

/// What Postman says an API is connected to, looked up.
#[derive(Clone, Debug)]
pub struct Connection<'a> {
    /// In Postman's words.
    pub told: &'a ConnectedFacts,
    /// The listed repositories of that name, by name. Postman leaves out the host of hosted services, so there may be
    /// several.
    pub meant: Vec<Audited<'a>>,
    /// Whether the owner that it names was listed whole.
    pub is_owner_listed: bool,
}

impl<'a> Survey<'a> {
    /// Looks everything up.
    pub fn of(facts: &'a Facts) -> Self {
        let mut repositories: Vec<Audited<'a>> = facts
            .repositories
            .iter()
            .map(|(key, known)| Audited {
                name: &known.name,
                key,
                facts: known,
            })
            .collect();
        repositories.sort();
        let mut claims: BTreeMap<String, Vec<Claimed<'a>>> = BTreeMap::new();
        for repository in &repositories {
            for (service, claim) in repository.claims() {
                let claimed = Claimed {
                    repository: *repository,
                    service,
                    claim,
                };
                claims.entry(folded(&claim.id)).or_default().push(claimed);
            }
        }
        let named = by_name(&repositories);
        let owners = owners(facts);
        let apis = facts
            .apis
            .iter()
            .map(|(id, api)| {
                let told = api.connected.as_ref().filter(|told| {
                    told.repository
                        .as_ref()
                        .is_some_and(|name| !name.trim().is_empty())
                });
                let connection = told.map(|told| connection(told, &named, &owners));
                let api = Api {
                    id,
                    facts: api,
                    connection,
                };
                (folded(id), api)
            })
            .collect();
        let unread = repositories
            .iter()
            .filter(|repository| repository.facts.reach != Reach::Whole)
            .count();
        Self {
            facts,
            repositories,
            claims,
            apis,
            unread,
        }
    }

    /// Every API, specification and workspace that is claimed, with its claims by name of the repository and by place.
    pub fn claims(&self) -> impl Iterator<Item = (&str, &[Claimed<'a>])> {
        self.claims
            .iter()
            .map(|(id, claims)| (id.as_str(), claims.as_slice()))
    }

    /// Who claims this id.
    pub fn claims_of(&self, id: &str) -> &[Claimed<'a>] {
        self.claims.get(&folded(id)).map_or(&[], Vec::as_slice)
    }

    /// What Postman has under this id.
    pub fn api(&self, id: &str) -> Option<&Api<'a>> {
        self.apis.get(&folded(id))
    }

    /// Every API, by id.
    pub fn apis(&self) -> impl Iterator<Item = &Api<'a>> {
        self.facts.apis.keys().filter_map(|id| self.api(id))
    }

    /// Everything that Postman has connected to a repository, with the repositories that it means.
    pub fn connections(&self) -> impl Iterator<Item = (&Api<'a>, &Connection<'a>)> {
        self.apis()
            .filter_map(|api| Some((api, api.connection.as_ref()?)))
    }

    /// How many repositories were not read, or not whole.
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// Whether every owner and every repository was looked at whole.
    pub fn is_whole(&self) -> bool {
        self.unread == 0
            && self
                .facts
                .owners
                .values()
                .all(|reach| *reach == Reach::Whole)
    }

    /// The API by what people call it, for messages.
    pub fn told(&self, claim: &Claim) -> String {
        let noun = noun(claim.kind);
        match self.api(&claim.id) {
            Some(api) if !api.facts.name.is_empty() => {
                format!("{noun} `{}` ({})", shown(&api.facts.name), shown(&claim.id))
            }
            _ => format!("{noun} `{}`", shown(&claim.id)),
        }
    }
}

impl<'a> Audited<'a> {
    /// Its claims by place, each with its folder.
    pub fn claims(&self) -> Vec<(&'a ServiceFacts, &'a Claim)> {
        let services = self.facts.services.iter();
        let mut claims: Vec<_> = services
            .flat_map(|service| service.claims.iter().map(move |claim| (service, claim)))
            .collect();
        claims.sort_by(|one, other| {
            (&one.1.at, one.1, &one.0.folder).cmp(&(&other.1.at, other.1, &other.0.folder))
        });
        claims
    }

    /// It as a whole, or a file in it as a whole.
    pub fn place(&self, path: &str) -> Place {
        Place::whole(self.path(path))
    }

    /// A line in it.
    pub fn spot(&self, spot: &Spot) -> Place {
        let mut location = Location::whole(self.path(&spot.path));
        if spot.line > 0 {
            let at = Position {
                line: spot.line,
                column: spot.column.max(1),
            };
            (location.start, location.end) = (at, at);
        }
        Place {
            location,
            excerpt: None,
        }
    }

    fn path(&self, path: &str) -> RepoPath {
        let path = path.trim_matches('/');
        match path.is_empty() {
            true => RepoPath::outside(self.name),
            false => RepoPath::outside(&format!("{}/{path}", self.name)),
        }
    }
}

impl<'a> Api<'a> {
    /// Where a finding about it stands that is about no repository.
    pub fn place(&self) -> Place {
        let path = format!("postman/{}/{}", self.facts.workspace, self.id);
        Place::whole(RepoPath::outside(&path))
    }

    /// It by what people call it, for messages.
    pub fn told(&self) -> String {
        let noun = noun(self.facts.kind);
        match self.facts.name.is_empty() {
            true => format!("{noun} `{}`", shown(self.id)),
            false => format!("{noun} `{}` ({})", shown(&self.facts.name), shown(self.id)),
        }
    }
}

impl<'a> Connection<'a> {
    /// The repository in Postman's words, for messages.
    pub fn told(&self) -> String {
        let parts = [
            &self.told.domain,
            &self.told.organization,
            &self.told.repository,
        ];
        let parts: Vec<&str> = parts
            .into_iter()
            .filter_map(|part| part.as_deref().map(str::trim))
            .filter(|part| !part.is_empty())
            .collect();
        shown(&parts.join("/"))
    }

    /// Whether this repository can be the one that Postman names.
    pub fn means(&self, repository: Audited<'a>) -> bool {
        self.meant.binary_search(&repository).is_ok()
    }
}

impl PartialEq for Audited<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Audited<'_> {}

impl PartialOrd for Audited<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Audited<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.name, self.key).cmp(&(other.name, other.key))
    }
}

/// Somebody's name, harmless and not too long.
pub fn shown(name: &str) -> String {
    visible(&shortened(name, MOST_OF_A_NAME))
}

/// What a claim names, in a word.
pub fn noun(kind: ClaimKind) -> &'static str {
    match kind {
        ClaimKind::Api => "API",
        ClaimKind::Workspace => "workspace",
        ClaimKind::Specification => "specification",
    }
}

/// Postman writes ids in either case.
pub fn folded(id: &str) -> String {
    id.trim().to_ascii_lowercase()
}

/// The directories of one role by path, each once.
pub fn directories<'a>(
    service: &'a ServiceFacts,
    role: &str,
) -> BTreeMap<String, &'a DirectoryFacts> {
    let mut found: BTreeMap<String, &DirectoryFacts> = BTreeMap::new();
    let own = service
        .directories
        .iter()
        .filter(|directory| directory.role == role);
    for directory in own {
        let kept = found
            .entry(parts(&directory.path).join("/"))
            .or_insert(directory);
        if directory.at < kept.at {
            *kept = directory;
        }
    }
    found
}

/// What a folder is connected to: each API once, by place. A specification is part of the workspace that its folder names.
pub fn distinct(service: &ServiceFacts) -> Vec<&Claim> {
    let names_workspace = service
        .claims
        .iter()
        .any(|claim| claim.kind == ClaimKind::Workspace);
    let mut claims: Vec<&Claim> = service
        .claims
        .iter()
        .filter(|claim| claim.kind != ClaimKind::Specification || !names_workspace)
        .collect();
    claims.sort_by(|one, other| (&one.at, &one.id).cmp(&(&other.at, &other.id)));
    let mut ids = BTreeSet::new();
    claims.retain(|claim| ids.insert(folded(&claim.id)));
    claims
}

/// The parts of a path, whatever slashes stand around them.
pub fn parts(path: &str) -> Vec<&str> {
    path.trim()
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect()
}

/// Repositories by everything that Postman may call them, without their host.
fn by_name<'a>(repositories: &[Audited<'a>]) -> HashMap<String, Vec<Audited<'a>>> {
    let mut named: HashMap<String, Vec<Audited<'a>>> = HashMap::new();
    for repository in repositories {
        for name in names(*repository) {
            named.entry(name).or_default().push(*repository);
        }
    }
    named
}

fn names(repository: Audited<'_>) -> BTreeSet<String> {
    let site = repository.key.site.to_lowercase();
    let site = site
        .split_once("://")
        .map_or(site.as_str(), |(_, rest)| rest);
    let prefix = parts(site.split_once('/').map_or("", |(_, rest)| rest));
    let name = repository.name.to_lowercase();
    let (host, rest) = name.split_once('/').unwrap_or(("", &name));
    let own = parts(rest);
    let mut names = BTreeSet::from([own.join("/")]);
    // A site below a path of its host, and an organisation of Azure, may or may not be counted to the name.
    let whole = match own.starts_with(&prefix) && own.len() > prefix.len() + 1 {
        true => {
            names.insert(own[prefix.len()..].join("/"));
            own
        }
        false => [prefix, own].concat(),
    };
    names.insert(whole.join("/"));
    // On Azure a project stands between the two, and Postman does not always name it.
    if let (true, [organisation, _, repository]) = (host == AZURE, whole.as_slice()) {
        names.insert(format!("{organisation}/{repository}"));
    }
    names
}

const AZURE: &str = "dev.azure.com";

/// How far each owner was listed, by its path without the host.
fn owners(facts: &Facts) -> HashMap<String, Vec<(String, bool)>> {
    let mut owners: HashMap<String, Vec<(String, bool)>> = HashMap::new();
    for (owner, reach) in &facts.owners {
        let owner = owner.to_lowercase();
        let (host, path) = owner.split_once('/').unwrap_or((&owner, ""));
        let listed = (host_of(host).to_owned(), *reach == Reach::Whole);
        owners
            .entry(parts(path).join("/"))
            .or_default()
            .push(listed);
    }
    owners
}

fn connection<'a>(
    told: &'a ConnectedFacts,
    named: &HashMap<String, Vec<Audited<'a>>>,
    owners: &HashMap<String, Vec<(String, bool)>>,
) -> Connection<'a> {
    let text = |part: &Option<String>| part.as_deref().unwrap_or_default().to_lowercase();
    let (domain, organisation, repository) = (
        text(&told.domain),
        text(&told.organization),
        text(&told.repository),
    );
    let domain = domain.trim();
    let domain = domain.split_once("://").map_or(domain, |(_, rest)| rest);
    let (authority, prefix) = domain.split_once('/').unwrap_or((domain, ""));
    let host = host_of(authority);
    let mut called = [parts(&organisation), parts(&repository)].concat();
    if let Some(last) = called.last_mut() {
        *last = without_git(last);
    }
    let on_host = |other: &str| host.is_empty() || host == other;
    let mut meant: Vec<Audited<'a>> = Vec::new();
    let below = [parts(prefix), called.clone()].concat();
    for name in [called.join("/"), below.join("/")] {
        let found = named.get(&name).into_iter().flatten();
        meant.extend(found.filter(|repository| {
            let host = repository.name.split_once('/').map_or("", |(host, _)| host);
            on_host(host_of(&host.to_lowercase()))
        }));
    }
    meant.sort();
    meant.dedup();
    // Groups in groups are listed with the group above them.
    let groups = parts(&organisation);
    let mut listed = (1..=groups.len())
        .filter_map(|length| owners.get(&groups[..length].join("/")))
        .flatten()
        .filter(|(host, _)| on_host(host))
        .peekable();
    let is_owner_listed = listed.peek().is_some() && listed.all(|(_, whole)| *whole);
    Connection {
        told,
        meant,
        is_owner_listed,
    }
}

#[cfg(test)]
mod tests {
    use super::Survey;
    use crate::audit::facts::{ClaimKind, ConnectedFacts, Facts, Reach, RepositoryKey};
    use crate::audit::testing::organisation;

    /// The repositories that Postman may mean by these words, and whether their owner was listed whole.
    fn meant(
        listed: &[(&str, &str)],
        owners: &[&str],
        told: [Option<&str>; 3],
    ) -> (Vec<String>, bool) {
        let mut facts = Facts::default();
        let one = organisation(1, 0);
        for (number, (site, name)) in listed.iter().enumerate() {
            let mut repository = one.repositories.values().next().unwrap().clone();
            repository.name = (*name).to_owned();
            let key = RepositoryKey {
                site: (*site).to_owned(),
                id: number.to_string(),
            };
            facts.repositories.insert(key, repository);
        }
        let owners = owners
            .iter()
            .map(|owner| ((*owner).to_owned(), Reach::Whole));
        facts.owners = owners.collect();
        let mut api = one.apis.values().next().unwrap().clone();
        let [domain, organization, repository] = told.map(|part| part.map(str::to_owned));
        assert_eq!(api.kind, ClaimKind::Api);
        api.connected = Some(ConnectedFacts {
            domain,
            organization,
            repository,
            ..ConnectedFacts::default()
        });
        facts.apis.insert("a".to_owned(), api);
        let survey = Survey::of(&facts);
        let connection = survey.api("A").unwrap().connection.clone().unwrap();
        let names = connection.meant.iter().map(|one| one.name.to_owned());
        (names.collect(), connection.is_owner_listed)
    }

    const HUB: (&str, &str) = ("https://github.com", "github.com/acme/orders");
    const LAB: (&str, &str) = (
        "https://git.example.com/lab",
        "git.example.com/acme/sub/orders",
    );
    const AZURE: (&str, &str) = (
        "https://dev.azure.com/acme",
        "dev.azure.com/acme/shop/orders",
    );

    #[test]
    fn a_repository_is_found_by_postmans_words_for_it() {
        for (site, told) in [
            (HUB, [None, Some("Acme"), Some("orders.git")]),
            (
                HUB,
                [Some("https://github.com"), Some("acme"), Some("Orders")],
            ),
            (HUB, [Some(" "), None, Some("acme/orders")]),
            (
                LAB,
                [
                    Some("git.example.com:8443"),
                    Some("acme/sub"),
                    Some("orders"),
                ],
            ),
            (
                LAB,
                [
                    Some("https://git.example.com/lab"),
                    Some("acme/sub"),
                    Some("orders"),
                ],
            ),
            (
                LAB,
                [
                    Some("https://git.example.com"),
                    Some("lab/acme/sub"),
                    Some("orders"),
                ],
            ),
            (AZURE, [None, Some("acme"), Some("orders")]),
            (AZURE, [None, Some("acme/shop"), Some("orders")]),
        ] {
            let (names, _) = meant(
                &[HUB, LAB, AZURE, ("https://github.com", "github.com/b/c")],
                &[],
                told,
            );
            assert!(names.contains(&site.1.to_owned()), "{told:?}: {names:?}");
        }
    }

    #[test]
    fn another_host_another_owner_and_a_part_of_a_name_are_another_repository() {
        for told in [
            [
                Some("https://github.example.com"),
                Some("acme"),
                Some("orders"),
            ],
            [None, Some("acme"), Some("order")],
            [None, Some("umbrella"), Some("orders")],
            [None, Some(""), Some("orders")],
        ] {
            assert_eq!(meant(&[HUB, LAB], &[], told).0, Vec::<String>::new());
        }
    }

    #[test]
    fn two_hosted_services_may_have_the_same_name_and_postman_does_not_say_which() {
        let twin = ("https://gitlab.com", "gitlab.com/acme/orders");
        let (names, _) = meant(&[twin, HUB], &[], [None, Some("acme"), Some("orders")]);
        assert_eq!(names, [HUB.1, twin.1]);
    }

    #[test]
    fn an_owner_was_listed_where_it_or_a_group_above_it_was() {
        let told = [
            Some("https://git.example.com"),
            Some("acme/sub"),
            Some("gone"),
        ];
        assert!(meant(&[], &["git.example.com/acme"], told).1);
        assert!(meant(&[], &["git.example.com/acme/sub"], told).1);
        assert!(!meant(&[], &["git.example.com/acme/sub/sub"], told).1);
        assert!(!meant(&[], &["github.com/acme"], told).1);
        assert!(!meant(&[], &[], told).1);
        assert!(
            meant(
                &[],
                &["github.com/acme"],
                [None, Some("Acme"), Some("gone")]
            )
            .1
        );
    }
}
