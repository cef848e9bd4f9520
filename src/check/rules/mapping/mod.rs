//! Which API the repository belongs to, and which files to the API.

pub mod connected;
pub mod several_apis_in_repository;
pub mod stale_api_id;
