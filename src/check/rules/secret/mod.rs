//! Credentials that stand in a text: their kinds, and the engine that finds them.

pub mod codec;
pub mod example;
pub mod kind;
pub mod patterns;
pub mod placeholder;
pub mod proof;
pub mod scan;
