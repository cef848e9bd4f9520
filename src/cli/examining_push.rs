//! What references of a push would bring, looked at: the same before it leaves and where it arrives.

use std::collections::BTreeSet;

use crate::check::Scope;
use crate::cli::examination::{Before, Examined, Target};
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::git::pushed::{Base, PushRange, Pushed, Receiver, RefUpdate, range};
use crate::git::repository::Repository;
use crate::model::path::RepoPath;
use crate::model::report::SnapshotLabel;

/// One reference of a push and what it changes.
struct Push<'a> {
    update: &'a RefUpdate,
    range: &'a PushRange,
    receiver: &'a Receiver,
    changed: &'a BTreeSet<RepoPath>,
}

/// Looks at all references of a push; `None` where they bring nothing to look at.
///
/// # Errors
/// What cannot be read: nobody knows then what the push holds.
pub fn examine(
    session: &Session,
    repository: &Repository,
    updates: &[RefUpdate],
    receiver: &Receiver,
) -> Result<Option<Examined>, Failure> {
    let mut examined = Examined::default();
    let mut seen = BTreeSet::new();
    let mut looked = false;
    let mut touched = BTreeSet::new();
    for update in updates {
        match range(repository, update, receiver)? {
            Pushed::Deleted => session
                .output
                .detail(&format!("{} is deleted", update.remote_ref)),
            Pushed::NotACommit { kind } => {
                examined.note(format!(
                    "{} is a {kind}, which has no files to look at",
                    update.local_ref
                ));
                looked = true;
            }
            Pushed::Range(range) => {
                for note in &range.notes {
                    examined.note(note.clone());
                }
                // Branches at one commit may still differ in what they are compared with and allowed.
                let branch = update.remote_ref.strip_prefix("refs/heads/");
                if seen.insert((range.tip.clone(), range.base.commit().cloned(), branch)) {
                    let changed: BTreeSet<RepoPath> =
                        range.changed_paths(repository)?.into_iter().collect();
                    let push = Push {
                        update,
                        range: &range,
                        receiver,
                        changed: &changed,
                    };
                    add_tip(&mut examined, session, repository, &push)?;
                    touched.extend(changed);
                }
                looked = true;
            }
        }
    }
    examined.keep_to(&touched);
    Ok(looked.then_some(examined))
}

fn add_tip(
    examined: &mut Examined,
    session: &Session,
    repository: &Repository,
    push: &Push<'_>,
) -> Result<(), Failure> {
    let snapshot = repository.commit(&push.range.tip)?;
    let decided = session.decided(Some(&*snapshot))?;
    let remote_ref = &push.update.remote_ref;
    let branch = remote_ref.strip_prefix("refs/heads/").map(str::to_owned);
    let active = decided.config.active_branch.as_deref();
    let target = Target {
        label: SnapshotLabel {
            kind: "revision",
            id: Some(push.range.tip.to_string()),
            name: Some(branch.clone().unwrap_or_else(|| remote_ref.clone())),
        },
        snapshot: &*snapshot,
        scope: Scope::Touched(push.changed.clone()),
        blobs: push.range.introduced_blobs(repository)?,
        texts: Vec::new(),
        before: before(repository, push, branch.as_deref(), active),
        branch,
    };
    examined.add(
        session,
        Some(repository),
        target,
        &decided,
        &BTreeSet::new(),
    )
}

/// What the link is compared with: what the reference stands for on the remote; for a new one the remote's active
/// branch, as far as it is known here, else what the remote has of this history.
fn before(
    repository: &Repository,
    push: &Push<'_>,
    pushed: Option<&str>,
    active: Option<&str>,
) -> Option<Before> {
    if let Base::Remote(commit) = &push.range.base {
        return Some(Before {
            commit: commit.clone(),
            branch: pushed.map(str::to_owned),
        });
    }
    let known = push
        .receiver
        .branch_or_head(active)
        .into_iter()
        .find_map(|name| {
            let commit = repository.resolve(&name).ok()?;
            Some(Before {
                commit,
                branch: active.map(str::to_owned),
            })
        });
    known.or_else(|| {
        Some(Before {
            commit: push.range.base.commit()?.clone(),
            branch: None,
        })
    })
}
