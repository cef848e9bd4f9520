//! The variables of a CI system, read one by one: what is not set, empty or left unfilled is all the same.

use crate::ci::run::Revision;
use crate::config::env::{CI_RUN, Environment};
use crate::model::id::BranchName;

/// What a CI system says in its variables.
#[derive(Clone, Copy, Debug)]
pub struct Variables<'a> {
    environment: &'a Environment,
}

impl<'a> Variables<'a> {
    /// The variables of an environment.
    pub fn of(environment: &'a Environment) -> Self {
        Self { environment }
    }

    /// The value of a variable.
    pub fn get(self, name: &str) -> Option<&'a str> {
        debug_assert!(
            CI_RUN.contains(&name),
            "{name} is not read from the environment"
        );
        let value = self.environment.ci_run.get(name)?.trim();
        // Azure leaves `$(Name)` where a variable that is not set was handed on.
        let is_unfilled = value.starts_with("$(") && value.ends_with(')');
        (!value.is_empty() && !is_unfilled).then_some(value)
    }

    /// Whether a variable says yes.
    pub fn is_true(self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A branch, under its short name or its whole one. A name that git does not allow is none.
    pub fn branch(self, name: &str) -> Option<BranchName> {
        branch(self.get(name)?)
    }

    /// A commit.
    pub fn revision(self, name: &str) -> Option<Revision> {
        Revision::parse(self.get(name)?)
    }

    /// A number.
    pub fn number(self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }
}

/// A branch, under its short name or its whole one.
pub fn branch(text: &str) -> Option<BranchName> {
    BranchName::parse(text.strip_prefix("refs/heads/").unwrap_or(text))
}
