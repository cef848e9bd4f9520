//! git-postman keeps API definitions and Postman collections in a Git repository honest.
//!
//! # Code map, in reading order
//!
//! | module | what it is |
//! |---|---|
//! | [`model`] | the vocabulary: paths, ids, spans, snapshots, findings, reports |
//! | [`format`] | texts into documents with spans; what each format demands |

pub mod format;
pub mod model;
