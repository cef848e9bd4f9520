//! The mapping of a whole organisation, seen from both ends, read-only: which repositories claim which APIs, and what Postman
//! says of those APIs.
//!
//! Data goes one way: what is gathered of repositories and workspaces becomes [`facts`]; facts become findings; both become
//! a report. Facts are small, know nothing of where they came from, and can be written down, split and joined.

pub mod catalog;
pub mod facts;
pub mod judge;
pub mod rule;
pub mod rules;
pub mod survey;
#[cfg(test)]
pub mod testing;
