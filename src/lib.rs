//! git-postman keeps API definitions and Postman collections in a Git repository honest.
//!
//! # Code map, in reading order
//!
//! | module | what it is |
//! |---|---|
//! | [`model`] | the vocabulary: paths, ids, spans, snapshots, findings, reports |
//! | [`report`] | a report as text: for people, for scripts |
//! | [`cli`] | the command line |

pub mod cli;
pub mod model;
pub mod report;
