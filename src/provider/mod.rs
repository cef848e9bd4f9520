//! The services that host repositories: which one this is, what it can do, and one seam to all of them.

pub mod api;
pub mod capability;
pub mod conditional;
pub mod error;
pub mod kind;
pub mod locate;
pub mod probe;
pub mod pull_request;
pub mod site;
pub mod sticky;
