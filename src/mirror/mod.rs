//! The mirror: what stands in Git reaches Postman, what was changed in Postman reaches Git.

pub mod deliver;
pub mod link_files;
