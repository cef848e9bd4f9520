//! What the doctor looks at, one part a file; the command puts them together.

pub mod access;
pub mod examined;
pub mod machine;
pub mod network;
pub mod postman_side;
pub mod provider_side;
