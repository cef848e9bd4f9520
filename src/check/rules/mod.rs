//! Every rule, a folder a group and a file a rule; and what rules of several groups share.

pub mod document;
pub mod layout;
pub mod mapping;
pub mod secret;
