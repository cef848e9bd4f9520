//! git-postman keeps API definitions and Postman collections in a Git repository honest.
//!
//! # Code map, in reading order
//!
//! | module | what it is |
//! |---|---|
//! | [`model`] | the vocabulary: paths, ids, spans, snapshots, findings, reports |
//! | [`config`] | `git-postman.toml` and the environment, read in one place each |
//! | [`format`] | texts into documents with spans; what each format demands |
//! | [`report`] | one report value in, text in one of the formats out |
//! | [`project`] | what the files of a repository mean to Postman |
//! | [`check`] | the rules, and the run that shows them a project |
//! | [`setup`] | git hooks put in place beside what is there |
//! | [`cli`] | the command line: one file a command, and the only place that prints |

pub mod check;
pub mod cli;
pub mod config;
pub mod format;
pub mod model;
pub mod project;
pub mod report;
pub mod setup;
