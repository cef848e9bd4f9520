//! What the user decided: `git-postman.toml` and the environment.

pub mod env;
pub mod file;
