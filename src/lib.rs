//! git-postman keeps API definitions and Postman collections in a Git repository honest.
//!
//! # Code map, in reading order
//!
//! | module | what it is |
//! |---|---|
//! | [`model`] | the vocabulary: paths, ids, spans, snapshots, findings, reports |
//! | [`check`] | the judgement: rules and what they find |

pub mod check;
pub mod model;
