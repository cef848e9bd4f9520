//! The mirror: what moves between Git and Postman, what both sides last agreed on, and what is to be done.

pub mod carry;
pub mod cost;
pub mod deliver;
pub mod element;
pub mod git_side;
pub mod ids;
pub mod link_files;
pub mod local_words;
pub mod merging;
pub mod names;
pub mod pairing;
pub mod plan;
pub mod reconcile;
pub mod seal;
pub mod state;
pub mod state_form;
pub mod state_ref;
pub mod store;
pub mod store_git;
pub mod target;

#[cfg(test)]
mod plan_properties;
#[cfg(test)]
pub(crate) mod testing;
