//! The vocabulary: what every layer above speaks of. No I/O and no foreign formats.

pub mod base64;
pub mod change;
pub mod difference;
pub mod digest;
pub mod finding;
pub mod id;
pub mod overlay;
pub mod path;
pub mod report;
pub mod rule;
pub mod secret;
pub mod snapshot;
pub mod span;
pub mod text;
