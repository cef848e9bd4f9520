//! Postman's side read as far as a plan needs it, and the plan made from both sides.

use crate::mirror::element::{ElementKind, ElementSet, RemoteElement, RemoteId, RemoteSet};
use crate::mirror::plan::{Options, Plan, PlanError, Side, plan};
use crate::mirror::state::MirrorState;
use crate::mirror::target::{Target, TargetError};
use crate::net::pool;

/// So many elements are read at once. Postman takes about a second for each, and five calls a second in the long run.
pub const THREADS: usize = 6;

/// Lists what the target has and reads what decides, until a plan can be made. `progress` is told of each element that was
/// read, and how many there are to read in all.
///
/// # Errors
/// Postman's.
pub fn planned(
    target: &dyn Target,
    state: &MirrorState,
    git: &ElementSet,
    towards: Side,
    options: &Options,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<(RemoteSet, Plan), TargetError> {
    let mut postman = target.list()?;
    let plan = planned_of(target, &mut postman, state, git, towards, options, progress)?;
    Ok((postman, plan))
}

/// The same from what was listed before.
///
/// # Errors
/// Postman's.
pub fn planned_of(
    target: &dyn Target,
    postman: &mut RemoteSet,
    state: &MirrorState,
    git: &ElementSet,
    towards: Side,
    options: &Options,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Plan, TargetError> {
    loop {
        match plan(state, git, postman, towards, options) {
            Ok(plan) => return Ok(plan),
            Err(PlanError::Unread(ids)) => read_into(target, postman, &ids, progress)?,
        }
    }
}

/// Reads elements of a set, several at once. One that is gone since it was listed is taken out.
///
/// # Errors
/// The first that there is, in the order of the ids.
pub fn read_into(
    target: &dyn Target,
    postman: &mut RemoteSet,
    ids: &[RemoteId],
    progress: &(dyn Fn(usize) + Sync),
) -> Result<(), TargetError> {
    let wanted: Vec<(RemoteId, ElementKind)> = ids
        .iter()
        .filter_map(|id| Some((id.clone(), postman.get(id)?.kind)))
        .collect();
    let read = pool::map(&wanted, THREADS, |(id, kind)| {
        let element = target.read(*kind, id);
        progress(wanted.len());
        element
    });
    for ((id, _), element) in wanted.into_iter().zip(read) {
        match element? {
            Some(RemoteElement {
                content: Some(content),
                name,
                ..
            }) => {
                if let Some(known) = postman.get_mut(&id) {
                    known.content = Some(content);
                    known.name = name;
                }
            }
            _ => {
                postman.remove(&id);
            }
        }
    }
    Ok(())
}
