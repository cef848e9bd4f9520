//! Which API the repository belongs to, and which files to the API.

pub mod several_apis_in_repository;
