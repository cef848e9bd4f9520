//! Credentials that stand in a text: their kinds, and the engine that finds them.

pub mod codec;
pub mod cover;
pub mod example;
pub mod json_web_token;
pub mod kind;
pub mod patterns;
pub mod placeholder;
pub mod private_key;
pub mod proof;
pub mod provider_token;
pub mod report;
pub mod scan;
