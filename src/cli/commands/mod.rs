//! The commands, one file each: its arguments, and a function that reads as its story.

pub mod apply;
pub mod canonicalize;
pub mod check;
pub mod check_files;
pub mod completions;
pub mod connect;
pub mod diff;
pub mod diff_driver;
pub mod disconnect;
pub mod explain;
pub mod hook;
pub mod hook_driver;
pub mod hook_run;
pub mod init;
pub mod man;
pub mod merge;
pub mod merge_driver;
pub mod plan;
pub mod pull;
pub mod push;
pub mod rules;
pub mod sandbox;
pub mod status;
pub mod tour;
pub mod tour_postman;
pub mod tour_stage;
