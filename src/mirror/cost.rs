//! What each act costs in calls to Postman's API: one table, which a plan adds up and which applying it keeps to.
//!
//! | act | collection, environment | definition of an API | specification |
//! |---|---|---|---|
//! | create | POST, GET | POST schema with all files, GET each file | POST with all files, GET each file |
//! | update | GET, PUT, GET | for a changed file GET, PUT, GET; for a new one PUT, GET; for a dropped one GET, DELETE | the same with PATCH for a changed file and POST for a new one |
//! | delete | GET, DELETE | Postman has no call for it | GET each file, DELETE |
//! | adopt | none | none | none |
//!
//! The GET before a write makes sure that the target still is what the plan expects: Postman has no optimistic locking.
//! The GET behind it reads back what was stored. In an API that is connected to a repository, Postman itself reads
//! definitions and collections from there: carrying them over is a matter of git and costs no call; environments cost what
//! they cost elsewhere. Polling and repeating after an error are not in the table, because a run without faults has neither.

use crate::mirror::element::ElementKind;
use crate::mirror::state::LinkTarget;

/// What a step does to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// The target has nothing yet.
    Create,
    /// The target has what was recorded, and gets something newer.
    Update,
    /// The source has it no longer.
    Delete,
    /// Both sides are equal already; only the record is missing.
    Adopt,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 4] = [Self::Create, Self::Update, Self::Delete, Self::Adopt];

    /// The word for it in plans.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Adopt => "adopt",
        }
    }
}

/// What kind of thing the Postman side of a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetKind {
    /// An API that Postman has connected to a repository.
    GitLinked,
    /// An API that is not connected.
    ApiBuilder,
    /// A workspace with a specification.
    SpecHub,
}

impl TargetKind {
    /// The kind of a link's target.
    pub fn of(target: &LinkTarget) -> Self {
        match target {
            LinkTarget::GitLinked { .. } => Self::GitLinked,
            LinkTarget::ApiBuilder { .. } => Self::ApiBuilder,
            LinkTarget::SpecHub { .. } => Self::SpecHub,
        }
    }
}

/// How many files a step writes or drops. A collection or an environment counts as one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileCounts {
    /// Files that the target has and that differ.
    pub changed: u32,
    /// Files that the target has not.
    pub added: u32,
    /// Files that only the target has.
    pub removed: u32,
}

/// How fast calls go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Calls that Postman takes in a minute.
    pub per_minute: u32,
    /// Calls that are left of the current minute.
    pub left: u32,
    /// How long one call takes, in milliseconds.
    pub milliseconds: u32,
}

impl Default for Pace {
    /// 300 calls a minute, as Postman's documentation has it, and a second for a call, as others have measured.
    fn default() -> Self {
        Self {
            per_minute: 300,
            left: 300,
            milliseconds: 1000,
        }
    }
}

/// The calls of one step towards Postman; `None` where its API has no way to do it.
pub fn calls(target: TargetKind, kind: ElementKind, act: Act, files: FileCounts) -> Option<u32> {
    let FileCounts {
        changed,
        added,
        removed,
    } = files;
    let by_git = target == TargetKind::GitLinked && kind != ElementKind::Environment;
    Some(match (act, kind, target) {
        (Act::Adopt, ..) => 0,
        _ if by_git => 0,
        (Act::Create, ElementKind::Definition, _) => 1 + added,
        (Act::Update, ElementKind::Definition, _) => 3 * changed + 2 * added + 2 * removed,
        (Act::Delete, ElementKind::Definition, TargetKind::SpecHub) => removed + 1,
        (Act::Delete, ElementKind::Definition, _) => return None,
        (Act::Create, ..) => 2,
        (Act::Update, ..) => 3,
        (Act::Delete, ..) => 2,
    })
}

/// The calls that it takes to see what there is, before anything is read: the workspace, or the API and its environments.
pub fn inventory(target: TargetKind) -> u32 {
    match target {
        TargetKind::SpecHub => 1,
        TargetKind::ApiBuilder | TargetKind::GitLinked => 2,
    }
}

/// How long some calls take, in seconds, one after the other: their own time, or the time until Postman takes the last one.
pub fn seconds(calls: u32, pace: &Pace) -> u64 {
    let own = (u64::from(calls) * u64::from(pace.milliseconds)).div_ceil(1000);
    let waiting = u64::from(calls.saturating_sub(pace.left));
    let minutes = waiting.div_ceil(u64::from(pace.per_minute.max(1)));
    own.max(minutes * 60)
}

#[cfg(test)]
mod tests {
    use super::{Act, FileCounts, Pace, TargetKind, calls, seconds};
    use crate::mirror::element::ElementKind;

    #[test]
    fn a_definition_costs_by_the_file_and_a_collection_does_not() {
        let files = FileCounts {
            changed: 2,
            added: 1,
            removed: 1,
        };
        let price = |target, kind, act| calls(target, kind, act, files);
        use ElementKind::{Collection, Definition, Environment};
        use TargetKind::{ApiBuilder, GitLinked, SpecHub};
        assert_eq!(price(ApiBuilder, Definition, Act::Update), Some(10));
        assert_eq!(price(SpecHub, Definition, Act::Create), Some(2));
        assert_eq!(price(SpecHub, Definition, Act::Delete), Some(2));
        assert_eq!(price(ApiBuilder, Definition, Act::Delete), None);
        assert_eq!(price(SpecHub, Collection, Act::Update), Some(3));
        assert_eq!(price(GitLinked, Collection, Act::Update), Some(0));
        assert_eq!(price(GitLinked, Environment, Act::Create), Some(2));
        assert_eq!(price(ApiBuilder, Collection, Act::Adopt), Some(0));
    }

    #[test]
    fn more_calls_than_the_minute_has_left_wait_for_the_next() {
        let pace = Pace {
            per_minute: 300,
            left: 100,
            milliseconds: 100,
        };
        assert_eq!(seconds(0, &pace), 0);
        assert_eq!(seconds(100, &pace), 10);
        assert_eq!(seconds(101, &pace), 60);
        assert_eq!(seconds(401, &pace), 120);
    }
}
