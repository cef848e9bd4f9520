//! GitLab.com and GitLab Self-Managed.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod calls;
pub(crate) mod endpoints;
pub(crate) mod files;
pub(crate) mod refusal;
pub mod service;
pub(crate) mod text;
pub mod token;
pub(crate) mod wire;
