//! The mirror: what moves between Git and Postman, what both sides last agreed on, and what is to be done.

pub mod ahead;
pub mod apply;
pub mod branch_base;
pub mod branch_files;
pub mod carry;
pub mod connecting;
pub mod cost;
pub mod dates;
pub mod deliver;
pub mod delivery;
pub mod delivery_address;
pub mod element;
pub mod git_side;
pub mod heal;
pub mod home;
pub mod hosted;
pub mod ids;
pub mod item_ids;
pub mod link;
pub mod link_ends;
pub mod link_error;
pub mod link_files;
pub mod link_ids;
pub mod link_named;
pub mod local_words;
pub mod merging;
pub mod names;
pub mod own_words;
pub mod ownership;
pub mod pairing;
pub mod plan;
pub mod proposal;
pub mod pull;
pub mod reconcile;
pub mod remote_address;
pub mod remote_content;
pub mod run_mark;
pub mod seal;
pub mod shown;
pub mod sides;
pub mod state;
pub mod state_form;
pub mod state_ref;
pub mod steering;
pub mod store;
pub mod store_git;
pub mod target;
pub mod target_api_builder;
pub mod target_definition;
pub mod target_documents;
pub mod target_git_linked;
pub mod target_spec_hub;
pub mod target_workspace;
pub mod targets;
pub mod undo;

#[cfg(test)]
mod link_testing;
#[cfg(test)]
mod plan_properties;
#[cfg(test)]
pub(crate) mod testing;
