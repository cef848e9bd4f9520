//! The Postman API: everything the mirror needs of it, one file a noun. Facts: <https://learning.postman.com/api-docs>.

pub mod api_collections;
pub mod apis;
pub mod client;
pub mod collections;
#[cfg(test)]
#[path = "../../tests/it/support/contract.rs"]
pub(crate) mod contract;
pub mod environments;
pub mod error;
pub mod generations;
pub mod limits;
pub mod me;
pub mod raw;
pub mod said;
pub mod schemas;
pub mod spec_files;
pub mod specs;
pub mod tasks;
#[cfg(test)]
pub(crate) mod testing;
pub mod versions;
pub mod wire;
pub mod workspaces;
