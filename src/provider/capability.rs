//! What a service can do, and by which means: told before the work starts, not in the middle of it.

use std::fmt;

/// Everything that is asked of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// One repository: its id, names, state, and what the account may do there.
    Repository,
    /// The repositories of an owner.
    Repositories,
    /// The branches of a repository.
    Branches,
    /// The tip of a branch.
    Resolve,
    /// The files of a commit.
    Snapshot,
    /// Several files in one commit that names the head it replaces.
    Commit,
    /// A new branch.
    CreateBranch,
    /// A pull request opened, found again, updated and closed.
    PullRequest,
    /// One comment on a pull request, updated in place.
    Comment,
    /// A status on a commit. GitHub's check runs would say more, and only apps may write them.
    Status,
    /// What account, token and branch allow.
    Access,
}

/// By what an operation is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// By the service's own API.
    Api,
    /// By `git`, with a lease where something is replaced: the API has no such call, or the token may not.
    Git,
    /// Not at all, and why.
    Cannot(&'static str),
}

/// A row of the table: what one product can do with one kind of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities([Means; Operation::ALL.len()]);

impl Operation {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 11] = [
        Self::Repository,
        Self::Repositories,
        Self::Branches,
        Self::Resolve,
        Self::Snapshot,
        Self::Commit,
        Self::CreateBranch,
        Self::PullRequest,
        Self::Comment,
        Self::Status,
        Self::Access,
    ];

    /// In words that follow “cannot”.
    pub fn words(self) -> &'static str {
        match self {
            Self::Repository => "show a repository",
            Self::Repositories => "list the repositories of an owner",
            Self::Branches => "list branches",
            Self::Resolve => "show the tip of a branch",
            Self::Snapshot => "show the files of a commit",
            Self::Commit => "commit several files at once",
            Self::CreateBranch => "create a branch",
            Self::PullRequest => "open a pull request",
            Self::Comment => "comment on a pull request",
            Self::Status => "set a status on a commit",
            Self::Access => "say what a token may do",
        }
    }
}

impl Capabilities {
    /// A row, operation by operation.
    pub fn by(means: impl Fn(Operation) -> Means) -> Self {
        Self(Operation::ALL.map(means))
    }

    /// By what an operation is done.
    pub fn of(&self, operation: Operation) -> Means {
        Operation::ALL
            .iter()
            .zip(self.0)
            .find(|(other, _)| **other == operation)
            .map_or(Means::Cannot("it is no operation"), |(_, means)| means)
    }

    /// The whole row.
    pub fn iter(&self) -> impl Iterator<Item = (Operation, Means)> {
        Operation::ALL.into_iter().zip(self.0)
    }
}

impl fmt::Display for Means {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api => formatter.write_str("API"),
            Self::Git => formatter.write_str("git"),
            Self::Cannot(reason) => write!(formatter, "cannot: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Capabilities, Means, Operation};

    #[test]
    fn a_row_answers_for_every_operation() {
        let reason = Means::Cannot("it has none");
        let row = Capabilities::by(|operation| match operation {
            Operation::Commit => Means::Git,
            Operation::Status => reason,
            _ => Means::Api,
        });
        assert_eq!(row.iter().count(), Operation::ALL.len());
        assert_eq!(row.of(Operation::Commit), Means::Git);
        assert_eq!(row.of(Operation::Status), reason);
        assert_eq!(row.of(Operation::Access), Means::Api);
        assert_eq!(reason.to_string(), "cannot: it has none");
    }
}
