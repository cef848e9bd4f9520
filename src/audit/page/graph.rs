//! The bipartite graph of APIs and repositories: what hangs together, who has findings, and what is shown of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use crate::audit::facts::ClaimKind;
use crate::audit::survey::{Audited, Survey, folded, noun, shown};
use crate::model::finding::{Finding, Severity};

/// Everything, in groups that hang together.
#[derive(Debug)]
pub struct Graph {
    /// What stands on the left: APIs, specifications, workspaces.
    pub apis: Vec<Node>,
    /// What stands on the right: repositories.
    pub repositories: Vec<Node>,
    /// Groups with findings first, the worst before the others.
    pub groups: Vec<Group>,
    /// The owner of each finding, as for filters.
    pub owners: Vec<String>,
    /// Repositories that have nothing to do with Postman, and nothing was found in them.
    pub unconcerned: usize,
}

/// An API or a repository.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// What it is called.
    pub name: String,
    /// What else tells it apart.
    pub detail: String,
    /// What filters know of it: host and owner, or `Postman`.
    pub owner: String,
    /// It is known by name only: Postman or the provider does not have it.
    pub is_missing: bool,
    /// The findings about it, by their number.
    pub findings: Vec<usize>,
}

/// What hangs together.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// Nodes of the left, those with findings first.
    pub apis: Vec<usize>,
    /// Nodes of the right, those with findings first.
    pub repositories: Vec<usize>,
    /// Who belongs to whom, and who says so.
    pub edges: Vec<Edge>,
    /// The findings about any of it.
    pub findings: Vec<usize>,
    /// How many of them are errors.
    pub errors: usize,
}

/// An API and a repository that belong together, as at least one of both ends says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The node on the left.
    pub api: usize,
    /// The node on the right.
    pub repository: usize,
    /// A `.postman/` says so.
    pub is_claimed: bool,
    /// Postman says so.
    pub is_connected: bool,
}

/// A graph in the making.
#[derive(Default)]
struct Builder {
    apis: Vec<Node>,
    repositories: Vec<Node>,
    by_id: HashMap<String, usize>,
    unlisted: HashMap<String, usize>,
    edges: BTreeMap<(usize, usize), (bool, bool)>,
}

impl Graph {
    /// Puts everything together.
    pub fn of(survey: &Survey<'_>, findings: &[Finding]) -> Self {
        let mut builder = Builder::default();
        for repository in &survey.repositories {
            builder.repositories.push(repository_node(*repository));
        }
        let mut by_place: HashMap<String, usize> = HashMap::new();
        for api in survey.apis() {
            let in_workspace = api.facts.kind == ClaimKind::Specification
                && survey.claims_of(api.id).is_empty()
                && !survey.claims_of(&api.facts.workspace).is_empty();
            if in_workspace {
                continue;
            }
            let name = match api.facts.name.is_empty() {
                true => api.id,
                false => &api.facts.name,
            };
            let detail = format!("{} {}", noun(api.facts.kind), api.id);
            let node = builder.api(api.id, name, detail, false);
            let place = api.place().location.path.as_str().to_owned();
            by_place.insert(place, node);
        }
        for (id, claims) in survey.claims() {
            let Some(first) = claims.first() else {
                continue;
            };
            let kind = first.claim.kind;
            let is_missing = kind != ClaimKind::Workspace && survey.api(id).is_none();
            let detail = match is_missing {
                true => format!("{}, not seen in Postman", noun(kind)),
                false => format!("{} {id}", noun(kind)),
            };
            let api = builder.api(id, id, detail, is_missing);
            for claimed in claims {
                if let Ok(repository) = survey.repositories.binary_search(&claimed.repository) {
                    builder.edges.entry((api, repository)).or_default().0 = true;
                }
            }
        }
        for (api, connection) in survey.connections() {
            let Some(api) = builder.by_id.get(&folded(api.id)).copied() else {
                continue;
            };
            let meant = connection.meant.iter();
            let mut there: Vec<usize> = meant
                .filter_map(|repository| survey.repositories.binary_search(repository).ok())
                .collect();
            // Where several are called alike, those that claim it are meant.
            if there.len() > 1 {
                let claiming = |repository: &usize| builder.edges.contains_key(&(api, *repository));
                if there.iter().any(claiming) {
                    there.retain(claiming);
                }
            }
            if there.is_empty() {
                there.push(builder.unlisted(&connection.told()));
            }
            for repository in there {
                builder.edges.entry((api, repository)).or_default().1 = true;
            }
        }
        builder.finish(survey, findings, &by_place)
    }
}

impl Builder {
    fn api(&mut self, id: &str, name: &str, detail: String, is_missing: bool) -> usize {
        let next = self.apis.len();
        let node = *self.by_id.entry(folded(id)).or_insert(next);
        if node == next {
            self.apis.push(Node {
                name: shown(name),
                detail: shown(&detail),
                owner: "Postman".to_owned(),
                is_missing,
                findings: Vec::new(),
            });
        }
        node
    }

    fn unlisted(&mut self, told: &str) -> usize {
        let next = self.repositories.len();
        let node = *self.unlisted.entry(told.to_lowercase()).or_insert(next);
        if node == next {
            self.repositories.push(Node {
                name: told.to_owned(),
                detail: "not among the repositories that were listed".to_owned(),
                owner: "Postman".to_owned(),
                is_missing: true,
                findings: Vec::new(),
            });
        }
        node
    }

    fn finish(
        mut self,
        survey: &Survey<'_>,
        findings: &[Finding],
        by_place: &HashMap<String, usize>,
    ) -> Graph {
        let names: HashMap<&str, usize> = survey
            .repositories
            .iter()
            .enumerate()
            .map(|(index, repository)| (repository.name, index))
            .collect();
        let mut owners = Vec::with_capacity(findings.len());
        for (number, finding) in findings.iter().enumerate() {
            let path = finding.location.path.as_str();
            let repository = beginnings(path).find_map(|begin| names.get(begin).copied());
            let node = match (repository, by_place.get(path)) {
                (Some(repository), _) => Some(&mut self.repositories[repository]),
                (None, Some(api)) => Some(&mut self.apis[*api]),
                (None, None) => None,
            };
            owners.push(match node {
                Some(node) => {
                    node.findings.push(number);
                    node.owner.clone()
                }
                None => "Postman".to_owned(),
            });
        }
        let (groups, unconcerned) = self.groups(findings);
        Graph {
            apis: self.apis,
            repositories: self.repositories,
            groups,
            owners,
            unconcerned,
        }
    }

    fn groups(&self, findings: &[Finding]) -> (Vec<Group>, usize) {
        let left = self.apis.len();
        let mut parents: Vec<usize> = (0..left + self.repositories.len()).collect();
        for (api, repository) in self.edges.keys() {
            let (one, other) = (
                root(&mut parents, *api),
                root(&mut parents, left + repository),
            );
            parents[one.max(other)] = one.min(other);
        }
        let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
        for node in 0..parents.len() {
            let group = groups.entry(root(&mut parents, node)).or_default();
            let own = match node.checked_sub(left) {
                None => {
                    group.apis.push(node);
                    &self.apis[node]
                }
                Some(repository) => {
                    group.repositories.push(repository);
                    &self.repositories[repository]
                }
            };
            group.findings.extend(&own.findings);
        }
        for ((api, repository), (is_claimed, is_connected)) in &self.edges {
            let group = groups.entry(root(&mut parents, *api)).or_default();
            group.edges.push(Edge {
                api: *api,
                repository: *repository,
                is_claimed: *is_claimed,
                is_connected: *is_connected,
            });
        }
        let all = groups.len();
        let mut groups: Vec<Group> = groups
            .into_values()
            .filter(|group| !group.apis.is_empty() || !group.findings.is_empty())
            .collect();
        let unconcerned = all - groups.len();
        for group in &mut groups {
            let errors = group.findings.iter().filter(|number| {
                findings
                    .get(**number)
                    .is_some_and(|finding| finding.severity == Severity::Error)
            });
            group.errors = errors.count();
            group.findings.sort_unstable();
            let order = |nodes: &[Node], index: usize| {
                (
                    nodes[index].findings.is_empty(),
                    nodes[index].name.clone(),
                    index,
                )
            };
            group
                .repositories
                .sort_by_cached_key(|index| order(&self.repositories, *index));
            self.sort_apis(group);
        }
        groups.sort_by_cached_key(|group| {
            let name = group
                .repositories
                .first()
                .map(|index| self.repositories[*index].name.clone());
            let first = group
                .apis
                .first()
                .map(|index| self.apis[*index].name.clone());
            (
                Reverse(group.errors),
                Reverse(group.findings.len()),
                name,
                first,
            )
        });
        (groups, unconcerned)
    }

    /// Each API as far down as the repositories that it belongs to, so that few lines cross.
    fn sort_apis(&self, group: &mut Group) {
        let rows: HashMap<usize, usize> = group
            .repositories
            .iter()
            .enumerate()
            .map(|(row, index)| (*index, row))
            .collect();
        let mut height: HashMap<usize, (usize, usize)> = HashMap::new();
        for edge in &group.edges {
            let (sum, count) = height.entry(edge.api).or_default();
            *sum += rows.get(&edge.repository).copied().unwrap_or(0);
            *count += 1;
        }
        group.apis.sort_by_cached_key(|index| {
            let (sum, count) = height.get(index).copied().unwrap_or((0, 1));
            (sum * 64 / count, self.apis[*index].name.clone(), *index)
        });
    }
}

fn repository_node(repository: Audited<'_>) -> Node {
    let (owner, name) = repository
        .name
        .rsplit_once('/')
        .unwrap_or(("", repository.name));
    let mut detail = owner.to_owned();
    for (is_so, word) in [
        (repository.facts.is_fork, "fork"),
        (repository.facts.is_archived, "archived"),
    ] {
        if is_so {
            detail = format!("{detail}, {word}");
        }
    }
    Node {
        name: shown(name),
        detail: shown(&detail),
        owner: shown(owner),
        is_missing: false,
        findings: Vec::new(),
    }
}

/// A path and everything that it begins with, the longest first, without parts that no repository's name has.
fn beginnings(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.rmatch_indices('/').map(|(end, _)| end);
    std::iter::once(path.len())
        .chain(ends)
        .map(|end| &path[..end])
}

fn root(parents: &mut [usize], mut node: usize) -> usize {
    while parents[node] != node {
        parents[node] = parents[parents[node]];
        node = parents[node];
    }
    node
}
