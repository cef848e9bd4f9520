//! Where files lie and what they are called.

pub mod blocked_metadata;
pub mod collection_among_definitions;
pub mod colliding_paths;
pub mod definition_among_collections;
pub mod definition_extension;
pub mod directories;
pub mod environment_among_collections;
pub mod managed;
pub mod missing_directory;
pub mod missing_root_file;
pub mod naming;
pub mod nested_directories;
pub mod no_root_file;
pub mod portability;
pub mod refused_name;
pub mod stray_file;
pub mod unfit_root_file;
pub mod unportable_name;
pub mod unreadable_metadata;
pub mod unusable_directory;
pub mod wrong_extension;
