//! Azure DevOps Services and Azure DevOps Server.

pub(crate) mod access;
pub(crate) mod files;
pub(crate) mod refusal;
pub mod service;
pub(crate) mod wire;
