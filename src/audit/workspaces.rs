//! The APIs and specifications of the workspaces that a key may see, and the repositories that Postman has connected them
//! to. Lists name them; which repository an API is connected to is one call for each, since no list says so.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::facts::{ApiFacts, ClaimKind, ConnectedFacts, Reach};
use crate::audit::gather::Course;
use crate::audit::state::{Record, StateError};
use crate::model::digest::Digest;
use crate::model::text::{shortened, visible};
use crate::net::pool;
use crate::postman::apis::GitInfo;
use crate::postman::client::Postman;
use crate::postman::error::PostmanError;

/// Names and folders that are longer were not made by people.
const LONGEST: usize = 1000;

/// What Postman has.
#[derive(Debug, Default)]
pub struct Shelves {
    /// Every API and specification.
    pub apis: BTreeMap<String, ApiFacts>,
    /// Whether that is all of them.
    pub reach: Reach,
    /// How many workspaces were looked at.
    pub workspaces: usize,
}

/// An API or a specification, as a list has it.
struct Listed {
    id: String,
    kind: ClaimKind,
    name: String,
    workspace: String,
}

/// Looks at all workspaces, or only at some. `holder` stands for the key in the state, and does not tell it.
///
/// # Errors
/// The state cannot be used. What Postman refuses is a fact.
pub fn shelves(
    postman: &Postman,
    holder: &str,
    wanted: Option<&BTreeSet<String>>,
    course: &Course<'_>,
) -> Result<Shelves, StateError> {
    let mut problems: BTreeSet<String> = BTreeSet::new();
    let workspaces = match wanted {
        Some(wanted) => Ok(wanted.iter().cloned().collect()),
        None => postman
            .workspaces()
            .map(|all| all.into_iter().map(|one| one.id.to_string()).collect()),
    };
    let workspaces: Vec<String> = match workspaces {
        Ok(workspaces) => workspaces,
        Err(error) => {
            return Ok(Shelves {
                reach: Reach::Refused(said(&error.to_string())),
                ..Shelves::default()
            });
        }
    };
    let lists = pool::map(&workspaces, course.at_once, |id| list(postman, id));
    let mut listed: BTreeMap<String, Listed> = BTreeMap::new();
    for (found, troubles) in lists {
        problems.extend(troubles);
        for one in found {
            if course.shard.has_api(&one.id) {
                // Of one that is in several workspaces the first by its id counts, in every run.
                let known = listed.get(&one.id);
                if known.is_none_or(|known| one.workspace < known.workspace) {
                    listed.insert(one.id.clone(), one);
                }
            }
        }
    }
    (course.found)(listed.len());
    let listed: Vec<Listed> = listed.into_values().collect();
    let looked = pool::map(&listed, course.at_once, |one| {
        let outcome = look(postman, holder, one, course);
        (course.done)();
        outcome
    });
    let mut apis = BTreeMap::new();
    for (one, outcome) in listed.into_iter().zip(looked) {
        let connected = match outcome? {
            Ok(connected) => connected,
            // It was deleted since it was listed.
            Err(error) if error.is_not_found() => continue,
            Err(error) => {
                problems.insert(said(&format!("API {}: {error}", one.id)));
                None
            }
        };
        let facts = ApiFacts {
            kind: one.kind,
            name: one.name,
            workspace: one.workspace,
            connected,
        };
        apis.insert(one.id, facts);
    }
    course.state.flush()?;
    let problems: Vec<String> = problems.into_iter().collect();
    Ok(Shelves {
        apis,
        reach: match problems.is_empty() {
            true => Reach::Whole,
            false => Reach::Part(said(&problems.join("; "))),
        },
        workspaces: workspaces.len(),
    })
}

/// What one workspace lists, and what it does not show.
fn list(postman: &Postman, id: &str) -> (Vec<Listed>, Vec<String>) {
    let mut found = Vec::new();
    let mut troubles = Vec::new();
    let listed = |own_id: String, kind, own: &str| Listed {
        id: said(&own_id),
        kind,
        name: said(own),
        workspace: said(id),
    };
    let trouble =
        |what: &str, error: &PostmanError| said(&format!("{what} of workspace {id}: {error}"));
    match postman.apis(id) {
        Ok(apis) => found.extend(
            apis.into_iter()
                .map(|api| listed(api.id.to_string(), ClaimKind::Api, &api.name)),
        ),
        Err(error) => troubles.push(trouble("APIs", &error)),
    }
    match postman.specs(id) {
        Ok(specs) => found.extend(
            specs
                .into_iter()
                .map(|spec| listed(spec.id.to_string(), ClaimKind::Specification, &spec.name)),
        ),
        Err(error) => troubles.push(trouble("specifications", &error)),
    }
    (found, troubles)
}

/// The repository that an API is connected to. A run that goes on does not ask twice.
fn look(
    postman: &Postman,
    holder: &str,
    one: &Listed,
    course: &Course<'_>,
) -> Result<Result<Option<ConnectedFacts>, PostmanError>, StateError> {
    if one.kind != ClaimKind::Api {
        return Ok(Ok(None));
    }
    let place = Digest::of_parts(["api", holder, &one.id].map(str::as_bytes)).to_string();
    let known: Option<Record<Option<ConnectedFacts>>> = course.state.record(&place)?;
    // Nothing that a list says changes when an API is connected to another repository: so each run asks.
    if let Some(known) = known.filter(|known| known.run == course.run.number) {
        return Ok(Ok(known.facts));
    }
    let api = match postman.api(&one.id) {
        Ok(api) => api,
        Err(error) => return Ok(Err(error)),
    };
    let facts = api.connected().map(connected);
    let record = Record {
        run: course.run.number,
        sign: None,
        listed: None,
        facts: facts.clone(),
    };
    course.state.keep(&place, &record)?;
    Ok(Ok(facts))
}

fn connected(info: &GitInfo) -> ConnectedFacts {
    let told = |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(said);
    ConnectedFacts {
        domain: told(&info.domain),
        organization: told(&info.organization),
        repository: told(&info.repository),
        schema_folder: told(&info.schema_folder),
        collection_folder: told(&info.collection_folder),
    }
}

/// Somebody's text, as it may stand in a file that is handed on.
fn said(text: &str) -> String {
    shortened(&visible(text), LONGEST)
}
