//! GitHub and GitHub Enterprise Server.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod calls;
pub(crate) mod commit;
pub(crate) mod refusal;
pub mod service;
pub(crate) mod token;
pub(crate) mod tree;
pub(crate) mod wire;
