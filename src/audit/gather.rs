//! The repositories of owners, on one site or several: listed, and read where something tells that they changed.
//!
//! What tells it, by provider. GitHub: `pushed_at` of the list. GitLab: `last_activity_at` of the list, where it is older
//! than the hour within which GitLab leaves it as it is. Bitbucket Cloud: `updated_on` of the list. Azure DevOps and
//! Bitbucket Data Center list nothing that a push changes: there the tips of all branches tell, in one call. A moment that
//! has only just passed tells nothing yet, since a second push may bear the same one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::audit::facts::{BranchFacts, Reach, RepositoryFacts, RepositoryKey, SettingsFacts};
use crate::audit::reading::{self, Seen};
use crate::audit::shard::Shard;
use crate::audit::state::{Record, Run, State, StateError};
use crate::model::digest::Digest;
use crate::model::id::{BranchName, CommitId};
use crate::model::text::{shortened, visible};
use crate::net::moment::moment;
use crate::net::pool;
use crate::provider::api::{Branch, Heads, Provider, Repository};
use crate::provider::error::ProviderError;
use crate::provider::pull_request::BRANCHES;

/// Seconds after which a moment of a list is not that of a later push as well.
const SETTLING: u64 = 120;
/// So many repositories that fail one after another are a service that fails.
const FAILURES_IN_A_ROW: u32 = 25;
/// More branches than this are not facts of a repository but of its automation.
const MOST_BRANCHES: usize = 2000;
/// Branches of pulls for whose requests is asked, each in a call of its own.
const MOST_REQUESTS: usize = 20;
/// Reasons are cut here.
const LONGEST_REASON: usize = 1000;

/// A site, and whose repositories on it are looked at.
pub struct Source {
    /// The site, with one token.
    pub provider: Box<dyn Provider>,
    /// What stands for site and token in the state, and tells neither.
    pub holder: String,
    /// Whose.
    pub owners: Vec<String>,
}

/// How it is gone about.
pub struct Course<'a> {
    /// What an earlier run knows.
    pub state: &'a State,
    /// This run.
    pub run: Run,
    /// Which part of the work.
    pub shard: Shard,
    /// Seconds since 1970.
    pub now: u64,
    /// Calls at once, on each site.
    pub at_once: usize,
    /// Hears how many are to be looked at.
    pub found: &'a (dyn Fn(usize) + Sync),
    /// Hears of each that was.
    pub done: &'a (dyn Fn() + Sync),
}

/// What was gathered.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The owners, and what became of listing them.
    pub owners: BTreeMap<String, Reach>,
    /// Their repositories.
    pub repositories: BTreeMap<RepositoryKey, RepositoryFacts>,
    /// Of these, how many were as an earlier run had seen them.
    pub unchanged: usize,
    /// How many were seen by the same run before it was ended.
    pub resumed: usize,
}

/// What a repository answered.
enum Answered {
    /// All of its branches stand where they stood.
    Same,
    New(Box<New>),
}

struct New {
    sign: Option<String>,
    shown_first: Option<String>,
    branches: Option<Vec<BranchFacts>>,
    seen: Seen,
}

/// What became of one.
enum Looked {
    Unchanged(RepositoryFacts),
    Resumed(RepositoryFacts),
    Read(RepositoryFacts),
}

/// Lists and reads. One repository or owner that fails is a fact like others.
///
/// # Errors
/// The state cannot be used.
pub fn gather(sources: &[Source], course: &Course<'_>) -> Result<Gathered, StateError> {
    let gathered = Mutex::new(Gathered::default());
    let failed: Mutex<Option<StateError>> = Mutex::new(None);
    thread::scope(|scope| {
        for source in sources {
            scope.spawn(|| {
                if let Err(error) = gather_site(source, course, &gathered) {
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                }
            });
        }
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    course.state.flush()?;
    Ok(gathered
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner))
}

/// The address of a site's pages, as facts name it.
pub fn site_of(provider: &dyn Provider) -> String {
    provider
        .site()
        .web
        .to_string()
        .trim_end_matches('/')
        .to_owned()
}

/// An owner, as facts name it.
pub fn owner_name(provider: &dyn Provider, owner: &str) -> String {
    let whole = format!("{}/{owner}", provider.site().web.host());
    visible(whole.trim_end_matches('/'))
}

fn gather_site(
    source: &Source,
    course: &Course<'_>,
    gathered: &Mutex<Gathered>,
) -> Result<(), StateError> {
    let site = site_of(&*source.provider);
    let mut listed: BTreeMap<RepositoryKey, Repository> = BTreeMap::new();
    for name in &source.owners {
        let owner = owner_name(&*source.provider, name);
        let reach = match source.provider.repositories(name, course.state) {
            Ok(found) => {
                for repository in found {
                    let key = RepositoryKey {
                        site: site.clone(),
                        id: visible(&repository.id),
                    };
                    if course.shard.has_repository(&key) {
                        listed.insert(key, repository);
                    }
                }
                Reach::Whole
            }
            Err(error) => refused(&error),
        };
        let mut gathered = gathered.lock().unwrap_or_else(PoisonError::into_inner);
        gathered.owners.insert(owner, reach);
    }
    (course.found)(listed.len());
    let listed: Vec<(RepositoryKey, Repository)> = listed.into_iter().collect();
    let in_a_row = AtomicU32::new(0);
    let outcomes = pool::map(&listed, course.at_once, |(key, repository)| {
        let looked = look(source, course, key, repository, &in_a_row)?;
        let mut gathered = gathered.lock().unwrap_or_else(PoisonError::into_inner);
        let facts = match looked {
            Looked::Unchanged(facts) => {
                gathered.unchanged += 1;
                facts
            }
            Looked::Resumed(facts) => {
                gathered.resumed += 1;
                facts
            }
            Looked::Read(facts) => facts,
        };
        gathered.repositories.insert(key.clone(), facts);
        drop(gathered);
        (course.done)();
        Ok(())
    });
    outcomes.into_iter().collect()
}

fn look(
    source: &Source,
    course: &Course<'_>,
    key: &RepositoryKey,
    repository: &Repository,
    in_a_row: &AtomicU32,
) -> Result<Looked, StateError> {
    let place = Digest::of_parts([source.holder.as_bytes(), key.id.as_bytes()]).to_string();
    let known: Option<Record<RepositoryFacts>> = course.state.record(&place)?;
    let listed = listed_facts(source, repository);
    // What lists say is taken from the list of now, whatever else is known.
    let as_listed = |known: RepositoryFacts| RepositoryFacts {
        default_branch: listed.default_branch.clone().or(known.default_branch),
        branches: known.branches,
        reach: known.reach,
        settings: known.settings,
        services: known.services,
        guards: known.guards,
        ..listed.clone()
    };
    if repository.is_disabled {
        return Ok(Looked::Read(RepositoryFacts {
            reach: Reach::Refused("its provider has locked it".to_owned()),
            ..listed
        }));
    }
    let in_list = said_by_list(repository);
    let sign = in_list
        .clone()
        .filter(|_| is_settled(repository, course.now));
    let keep = |facts: &RepositoryFacts, sign: Option<String>| {
        let record = Record {
            run: course.run.number,
            sign,
            listed: in_list.clone(),
            facts: facts.clone(),
        };
        course.state.keep(&place, &record)
    };
    if let Some(known) = known
        .as_ref()
        .filter(|known| known.run == course.run.number && known.listed == in_list)
    {
        return Ok(Looked::Resumed(as_listed(known.facts.clone())));
    }
    if let Some(known) = known
        .as_ref()
        .filter(|known| sign.is_some() && known.sign == sign)
    {
        return Ok(Looked::Unchanged(as_listed(known.facts.clone())));
    }
    if in_a_row.load(Ordering::Relaxed) >= FAILURES_IN_A_ROW {
        return Ok(Looked::Read(RepositoryFacts {
            reach: Reach::Refused(format!(
                "it was not asked for: {FAILURES_IN_A_ROW} others had failed one after another"
            )),
            ..listed
        }));
    }
    let known_sign = known.as_ref().and_then(|known| known.sign.as_deref());
    match read(source, repository, known_sign) {
        Ok(Answered::Same) => {
            in_a_row.store(0, Ordering::Relaxed);
            // It was asked, and answered as before: `known` is there, since its sign is.
            let (sign, facts) = known.map_or((None, None), |known| (known.sign, Some(known.facts)));
            let facts = facts.map_or_else(|| listed.clone(), as_listed);
            keep(&facts, sign)?;
            Ok(Looked::Unchanged(facts))
        }
        Ok(Answered::New(new)) => {
            in_a_row.store(0, Ordering::Relaxed);
            let facts = RepositoryFacts {
                default_branch: listed.default_branch.clone().or(new.shown_first),
                branches: new.branches,
                reach: new.seen.reach,
                settings: new.seen.settings,
                services: new.seen.services,
                guards: new.seen.guards,
                ..listed
            };
            keep(&facts, sign.or(new.sign))?;
            Ok(Looked::Read(facts))
        }
        Err(error) => {
            match is_about_one(&error) {
                true => in_a_row.store(0, Ordering::Relaxed),
                false => drop(in_a_row.fetch_add(1, Ordering::Relaxed)),
            }
            Ok(Looked::Read(RepositoryFacts {
                reach: refused(&error),
                ..listed
            }))
        }
    }
}

/// Reads one repository. Where its list says nothing of pushes, its branches are asked for first.
fn read(
    source: &Source,
    repository: &Repository,
    known_sign: Option<&str>,
) -> Result<Answered, ProviderError> {
    let provider = &*source.provider;
    let heads = match &repository.pushed {
        Some(_) => None,
        None => Some(provider.heads(repository)?),
    };
    let sign = heads.as_ref().map(sign_of_heads);
    let shown_first = match &heads {
        Some(heads) => heads.shown_first.clone(),
        None => repository.default_branch.clone(),
    };
    let named = shown_first.as_ref().map(|branch| visible(branch.as_str()));
    if sign.is_some() && sign.as_deref() == known_sign {
        return Ok(Answered::Same);
    }
    let mut seen = Seen::nothing();
    if let Some(branch) = &shown_first {
        let tip = heads.as_ref().and_then(|heads| tip_of(heads, branch));
        // A branch that is shown first and not there is how some services show an empty repository.
        let is_there = heads.is_none() || tip.is_some();
        let snapshot = match is_there {
            true => provider.glance(&repository.name, branch, tip)?,
            false => None,
        };
        if let Some(snapshot) = snapshot {
            seen = reading::read(&*snapshot)?;
        }
    }
    let mut branches = None;
    if seen
        .services
        .iter()
        .any(|service| !service.claims.is_empty())
    {
        let all = match heads {
            Some(heads) => heads.branches,
            None => provider.branches(&repository.name)?,
        };
        let (mut others, left_out) = branch_facts(&all, shown_first.as_ref());
        if let Some(target) = &shown_first {
            look_for_requests(provider, repository, target, &seen.settings, &mut others)?;
        }
        branches = Some(others);
        if left_out > 0 && seen.reach == Reach::Whole {
            seen.reach = Reach::Part(format!("{left_out} branches were left out"));
        }
    }
    Ok(Answered::New(Box::new(New {
        sign,
        shown_first: named,
        branches,
        seen,
    })))
}

fn listed_facts(source: &Source, repository: &Repository) -> RepositoryFacts {
    let host = source.provider.site().web.host();
    RepositoryFacts {
        name: visible(&format!("{host}/{}", repository.name)),
        page: shortened(&visible(&repository.page), LONGEST_REASON),
        default_branch: repository
            .default_branch
            .as_ref()
            .map(|branch| visible(branch.as_str())),
        branches: None,
        is_archived: repository.is_archived,
        is_fork: repository.is_fork,
        reach: Reach::NotAsked,
        settings: SettingsFacts::default(),
        services: Vec::new(),
        guards: Vec::new(),
    }
}

/// What the list says that a push would change; `None` where it says nothing of pushes.
fn said_by_list(repository: &Repository) -> Option<String> {
    let pushed = repository.pushed.as_ref()?;
    let branch = repository.default_branch.as_ref();
    let parts = ["list", pushed, branch.map_or("", BranchName::as_str)];
    Some(Digest::of_parts(parts.map(str::as_bytes)).to_string())
}

/// Whether a later push would say something else for sure.
fn is_settled(repository: &Repository, now: u64) -> bool {
    let pushed = repository.pushed.as_deref().and_then(moment);
    pushed.is_some_and(|pushed| pushed.saturating_add(SETTLING) <= now)
}

/// The same of all branches.
fn sign_of_heads(heads: &Heads) -> String {
    let mut parts = vec![
        "heads",
        heads.shown_first.as_ref().map_or("", BranchName::as_str),
    ];
    for branch in &heads.branches {
        parts.extend([branch.name.as_str(), branch.head.as_str()]);
    }
    Digest::of_parts(parts.into_iter().map(str::as_bytes)).to_string()
}

fn tip_of<'a>(heads: &'a Heads, name: &BranchName) -> Option<&'a CommitId> {
    let found = heads.branches.iter().find(|branch| branch.name == *name);
    found.map(|branch| &branch.head)
}

fn branch_facts(all: &[Branch], shown_first: Option<&BranchName>) -> (Vec<BranchFacts>, usize) {
    let others = all
        .iter()
        .filter(|branch| Some(&branch.name) != shown_first);
    let mut facts: Vec<BranchFacts> = others
        .map(|branch| BranchFacts {
            name: visible(branch.name.as_str()),
            head: branch.head.to_string(),
            is_requested: None,
        })
        .collect();
    facts.sort();
    let left_out = facts.len().saturating_sub(MOST_BRANCHES);
    facts.truncate(MOST_BRANCHES);
    (facts, left_out)
}

/// Asks whether a request is open for each branch that a pull has made. It goes into the branch that is shown first, or
/// into the one that Postman shows.
fn look_for_requests(
    provider: &dyn Provider,
    repository: &Repository,
    target: &BranchName,
    settings: &SettingsFacts,
    branches: &mut [BranchFacts],
) -> Result<(), ProviderError> {
    let active = settings
        .active_branch
        .as_deref()
        .and_then(BranchName::parse);
    let targets: BTreeSet<String> = [Some(target), active.as_ref()]
        .into_iter()
        .flatten()
        .map(|branch| branch.as_str().to_owned())
        .collect();
    let ours = branches
        .iter_mut()
        .filter(|branch| branch.name.starts_with(BRANCHES));
    for branch in ours.take(MOST_REQUESTS) {
        let Some(source) = BranchName::parse(&branch.name) else {
            continue;
        };
        let mut is_open = false;
        for target in targets
            .iter()
            .filter_map(|target| BranchName::parse(target))
        {
            is_open = is_open
                || !provider
                    .open_pull_requests(&repository.name, &source, &target)?
                    .is_empty();
        }
        branch.is_requested = Some(is_open);
    }
    Ok(())
}

/// Whether an error says something of one repository, and nothing of the service.
fn is_about_one(error: &ProviderError) -> bool {
    matches!(
        error,
        ProviderError::NotFound { .. }
            | ProviderError::Forbidden { .. }
            | ProviderError::Empty { .. }
            | ProviderError::Renamed { .. }
            | ProviderError::TooLarge { .. }
            | ProviderError::Snapshot(_)
    )
}

fn refused(error: &ProviderError) -> Reach {
    Reach::Refused(shortened(&visible(&error.to_string()), LONGEST_REASON))
}
