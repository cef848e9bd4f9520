//! What stands in one document.

pub mod duplicate_key;
pub mod empty_document;
pub mod fault_report;
pub mod git_lfs_pointer;
pub mod lone_surrogate;
pub mod merge_marker;
pub mod outdated_collection;
pub mod oversized_file;
pub mod schema;
pub mod symbolic_link;
pub mod syntax;
pub mod unknown_version;
pub mod unreadable_file;
pub mod unresolved_merge;
