//! The one integration test binary: the house's own rules, and the program run from outside.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod architecture;
mod bad_input;
mod check;
mod check_files;
mod commands;
mod hook_variables;
mod hooks_install;
mod hooks_push;
mod merge;
mod odd_repositories;
mod support;
mod verdicts;
mod writing;
