//! Where files lie and what they are called.

pub mod collection_among_definitions;
pub mod definition_among_collections;
pub mod definition_extension;
pub mod directories;
pub mod environment_among_collections;
pub mod managed;
pub mod missing_directory;
pub mod nested_directories;
pub mod stray_file;
pub mod unusable_directory;
pub mod wrong_extension;
