//! Every rule, a folder a group and a file a rule.

pub mod document;
pub mod layout;
pub mod mapping;
pub mod secret;
