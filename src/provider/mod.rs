//! The services that host repositories: which one this is, what it can do, and one seam to all of them.

pub mod api;
pub mod capability;
pub mod conditional;
pub mod error;
pub mod github;
pub(crate) mod github_access;
pub(crate) mod github_account;
pub(crate) mod github_calls;
pub(crate) mod github_commit;
pub(crate) mod github_refusal;
pub(crate) mod github_token;
pub(crate) mod github_tree;
pub(crate) mod github_wire;
pub mod kind;
pub mod locate;
pub mod probe;
pub mod pull_request;
pub(crate) mod remote_snapshot;
pub mod site;
pub mod sticky;
