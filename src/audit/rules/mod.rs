//! Every rule about the whole, one file each.

pub mod api_in_several_folders;
pub mod api_in_several_repositories;
pub mod archived_repository;
pub mod directory_mismatch;
pub mod inherited_link;
pub mod link_mismatch;
pub mod missing_api;
pub mod missing_repository;
pub mod nested_directories;
pub mod orphan_api;
pub mod outdated_repository_name;
pub mod several_apis_in_folder;
pub mod several_apis_in_repository;
pub mod stale_branch;
pub mod unclaimed_connection;
pub mod unconnected_repository;
pub mod unguarded_repository;
pub mod unknown_active_branch;
pub mod unreadable_repository;
