//! git-postman keeps API definitions and Postman collections in a Git repository honest.
//!
//! # Code map, in reading order
//!
//! | module | what it is |
//! |---|---|
//! | [`model`] | the vocabulary: paths, ids, spans, snapshots, findings, reports |
//! | [`git`] | repositories, snapshots of them, ranges of commits, what a push brings |

pub mod git;
pub mod model;
