//! The services that host repositories: which one this is, what it can do, and one seam to all of them.

pub mod kind;
pub mod locate;
pub mod probe;
pub mod site;
