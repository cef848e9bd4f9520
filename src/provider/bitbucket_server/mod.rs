//! Bitbucket Data Center.

pub(crate) mod access;
pub(crate) mod refusal;
pub mod service;
pub(crate) mod wire;
