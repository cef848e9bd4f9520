//! A plan put into a file, and the proof that it still is the plan.
//!
//! The file does not say what to do: applying plans again, and does it where the plan is the same one. A sealed plan can
//! therefore be read by anybody and forged by nobody.

use serde::{Deserialize, Serialize};

use crate::mirror::plan::{Plan, Side};
use crate::model::change::{ChangeSet, Expected};
use crate::model::digest::Digest;
use crate::model::id::CommitId;
use crate::model::text::{shortened, visible};

/// The only form there has been so far.
pub const FORMAT_VERSION: u64 = 1;

/// What a sealed plan says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The side that is written.
    pub towards: Side,
    /// The name of the plan.
    pub id: String,
    /// The digest of everything that decided.
    pub inputs: Digest,
    /// The digest of what is to be done.
    pub steps: Digest,
    /// The digest of the files that it writes, where it writes files.
    pub writes: Option<Digest>,
    /// The state that it was made from; `None` before the first sync.
    pub state: Option<CommitId>,
}

/// Why a sealed plan is not applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It is none.
    #[error("this is no sealed plan: {cause}")]
    Malformed {
        /// What is wrong.
        cause: String,
    },
    /// Another version of the tool wrote it.
    #[error(
        "the sealed plan has format {found}, and this version of git-postman reads format {FORMAT_VERSION}"
    )]
    UnknownVersion {
        /// The version it states.
        found: String,
    },
    /// Somebody has synced since.
    #[error("another sync was recorded since the plan was made")]
    StateMoved,
    /// Git or Postman is not what it was.
    #[error("Git or Postman has changed since the plan was made")]
    SidesMoved,
    /// The same inputs lead to other steps: another version of the tool made the plan.
    #[error("the plan was made by a version of git-postman that decides otherwise")]
    DecidedOtherwise,
}

impl SealError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => {
                "make one with `git-postman plan push --out FILE`, or `plan pull`"
            }
            Self::UnknownVersion { .. } | Self::DecidedOtherwise => {
                "plan and apply with the same git-postman"
            }
            Self::StateMoved | Self::SidesMoved => {
                "look at what changed and make a new plan: nothing was written"
            }
        }
    }
}

/// Seals a plan that was made from the state of a commit. `changes` are the files that a plan towards Git writes.
pub fn seal(plan: &Plan, changes: Option<&ChangeSet>, state: Option<&CommitId>) -> Sealed {
    Sealed {
        towards: plan.towards,
        id: plan.id.clone(),
        inputs: plan.inputs,
        steps: digest_of_steps(plan),
        writes: changes.map(digest_of_changes),
        state: state.cloned(),
    }
}

/// Whether a plan that was made just now, from the state of a commit, is the one that was sealed.
///
/// # Errors
/// What has moved since.
pub fn still_valid(
    sealed: &Sealed,
    plan: &Plan,
    changes: Option<&ChangeSet>,
    state: Option<&CommitId>,
) -> Result<(), SealError> {
    if sealed.inputs != plan.inputs || sealed.towards != plan.towards {
        return Err(SealError::SidesMoved);
    }
    if sealed.state.as_ref() != state {
        return Err(SealError::StateMoved);
    }
    if sealed.steps != digest_of_steps(plan) {
        return Err(SealError::DecidedOtherwise);
    }
    // A file may mean the same and be written otherwise by now.
    if sealed.writes != changes.map(digest_of_changes) {
        return Err(SealError::SidesMoved);
    }
    Ok(())
}

/// The members of a sealed plan, to be written beside the plan's own.
pub fn write(sealed: &Sealed) -> serde_json::Value {
    serde_json::json!({
        "format_version": FORMAT_VERSION,
        "towards": sealed.towards.word(),
        "id": sealed.id,
        "inputs": sealed.inputs.to_string(),
        "steps": sealed.steps.to_string(),
        "writes": sealed.writes.map(|digest| digest.to_string()),
        "state": sealed.state.as_ref().map(CommitId::as_str),
    })
}

/// Reads the member `seal` of a file, as [`write()`] made it.
///
/// # Errors
/// Everything else.
pub fn read(text: &[u8]) -> Result<Sealed, SealError> {
    let file: File = serde_json::from_slice(text).map_err(|error| malformed(&error.to_string()))?;
    if file
        .seal
        .get("format_version")
        .and_then(serde_json::Value::as_u64)
        != Some(FORMAT_VERSION)
    {
        let found = file.seal.get("format_version").map(ToString::to_string);
        return Err(SealError::UnknownVersion {
            found: shortened(&visible(&found.unwrap_or_default()), 40),
        });
    }
    let seal: Stored =
        serde_json::from_value(file.seal).map_err(|error| malformed(&error.to_string()))?;
    let digest = |text: &str| Digest::parse(text).ok_or_else(|| malformed("a digest is none"));
    let towards = [Side::Git, Side::Postman]
        .into_iter()
        .find(|side| side.word() == seal.towards)
        .ok_or_else(|| malformed("it names no side"))?;
    let state = seal
        .state
        .map(|id| CommitId::parse(&id).ok_or_else(|| malformed("a commit is none")));
    Ok(Sealed {
        towards,
        id: seal.id,
        inputs: digest(&seal.inputs)?,
        steps: digest(&seal.steps)?,
        writes: seal.writes.as_deref().map(digest).transpose()?,
        state: state.transpose()?,
    })
}

#[derive(Deserialize)]
struct File {
    seal: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(rename = "format_version")]
    _version: u64,
    towards: String,
    id: String,
    inputs: String,
    steps: String,
    writes: Option<String>,
    state: Option<String>,
}

/// Everything of a plan that is done, or would be asked; not what it takes in time, nor what quota is left.
fn digest_of_steps(plan: &Plan) -> Digest {
    let text = |digest: Option<Digest>| digest.map_or_else(|| "-".to_owned(), |d| d.to_string());
    let mut parts = Vec::new();
    for step in &plan.steps {
        parts.push(format!("{} {}", step.act.word(), step.key));
        parts.push(text(step.expected));
        parts.push(text(step.source));
        parts.push(
            step.remote_id
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
        );
        parts.push(
            step.moved_from
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
        );
        parts.push(step.calls.to_string());
    }
    for conflict in &plan.conflicts {
        parts.push(format!("conflict {}", conflict.key));
    }
    for left in &plan.left_alone {
        parts.push(format!("left alone {}", left.key));
    }
    Digest::of_parts(parts.iter().map(String::as_bytes))
}

/// Every file as it is found and as it is left.
fn digest_of_changes(changes: &ChangeSet) -> Digest {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for change in changes.iter() {
        let before = match change.expected {
            Expected::Absent => "-".to_owned(),
            Expected::Digest(digest) => digest.to_string(),
        };
        let after = match &change.content {
            None => "-".to_owned(),
            Some(bytes) => Digest::of(bytes).to_string(),
        };
        parts.push(change.path.as_bytes().to_vec());
        parts.push(format!("{before} {after}").into_bytes());
    }
    Digest::of_parts(parts.iter().map(Vec::as_slice))
}

fn malformed(cause: &str) -> SealError {
    SealError::Malformed {
        cause: shortened(&visible(cause), 200),
    }
}

#[cfg(test)]
mod tests {
    use super::{SealError, read, seal, still_valid, write};
    use crate::mirror::element::{ElementSet, RemoteSet};
    use crate::mirror::plan::{Plan, Side, plan};
    use crate::mirror::state::MirrorState;
    use crate::mirror::testing::{collection, element, id, options, owner, path, record, remote};
    use crate::model::change::{Change, ChangeSet, Expected};
    use crate::model::id::CommitId;

    fn push(git: &str, postman: &str) -> Plan {
        let mut state = MirrorState::new(owner());
        state
            .records
            .insert(collection("a"), record("A", "1", "g", "p").0);
        let git = ElementSet::from([(collection("a"), element("A", git))]);
        let postman = RemoteSet::from([(id("1"), remote("A", postman))]);
        plan(&state, &git, &postman, Side::Postman, &options()).unwrap()
    }

    #[test]
    fn a_sealed_plan_is_refused_when_anything_has_moved() {
        let commit = |digit: &str| CommitId::parse(&digit.repeat(40)).unwrap();
        let made = push("new", "p");
        let sealed = seal(&made, None, Some(&commit("1")));
        let text = serde_json::json!({"plan": {"steps": []}, "seal": write(&sealed)}).to_string();
        let sealed = read(text.as_bytes()).unwrap();
        let valid =
            |plan: &Plan, state: Option<CommitId>| still_valid(&sealed, plan, None, state.as_ref());
        assert_eq!(valid(&push("new", "p"), Some(commit("1"))), Ok(()));
        assert_eq!(
            valid(&push("newer", "p"), Some(commit("1"))),
            Err(SealError::SidesMoved)
        );
        assert_eq!(
            valid(&push("new", "p2"), Some(commit("1"))),
            Err(SealError::SidesMoved)
        );
        assert_eq!(valid(&made, Some(commit("2"))), Err(SealError::StateMoved));
        assert_eq!(valid(&made, None), Err(SealError::StateMoved));
        let mut other = made.clone();
        other.steps[0].calls += 1;
        assert_eq!(
            valid(&other, Some(commit("1"))),
            Err(SealError::DecidedOtherwise)
        );
    }

    #[test]
    fn a_plan_that_writes_files_holds_for_these_bytes_only() {
        let made = push("new", "p");
        let files = |before: &str, after: &str| {
            let change = Change {
                path: path("a.json"),
                content: Some(after.as_bytes().to_vec()),
                expected: Expected::of(Some(before.as_bytes())),
            };
            ChangeSet::new([change]).unwrap()
        };
        let sealed = seal(&made, Some(&files("{}", "{ }")), None);
        let text = serde_json::json!({"seal": write(&sealed)}).to_string();
        let sealed = read(text.as_bytes()).unwrap();
        let valid = |files: Option<&ChangeSet>| still_valid(&sealed, &made, files, None);
        assert_eq!(valid(Some(&files("{}", "{ }"))), Ok(()));
        for other in [Some(&files("{\n}", "{ }")), Some(&files("{}", "{}")), None] {
            assert_eq!(valid(other), Err(SealError::SidesMoved));
        }
    }

    #[test]
    fn what_is_no_sealed_plan_is_said() {
        let good = write(&seal(&push("new", "p"), None, None));
        for (member, value) in [
            ("towards", "moon"),
            ("inputs", "x"),
            ("state", "HEAD"),
            ("more", ""),
        ] {
            let mut bad = good.clone();
            bad[member] = serde_json::json!(value);
            let text = serde_json::json!({"seal": bad}).to_string();
            assert!(
                matches!(read(text.as_bytes()), Err(SealError::Malformed { .. })),
                "{member}"
            );
        }
        let mut later = good;
        later["format_version"] = serde_json::json!(2);
        let text = serde_json::json!({"seal": later}).to_string();
        assert!(matches!(
            read(text.as_bytes()),
            Err(SealError::UnknownVersion { .. })
        ));
        assert!(read(b"[[[[").is_err() && read(b"{}").is_err());
    }
}
