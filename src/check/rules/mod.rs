//! The rules, one group per folder.

pub mod secret;
