//! The mirror: what moves between Git and Postman, what both sides last agreed on, and what is to be done.

pub mod cost;
pub mod element;
pub mod names;
pub mod pairing;
pub mod plan;
pub mod state;
pub mod state_form;

#[cfg(test)]
pub(crate) mod testing;
