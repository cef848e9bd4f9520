//! Judging a repository: rules and what they find.

pub mod rules;
