//! The one integration test binary: the house's own rules, and the program run from outside.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod architecture;
mod audit;
mod audit_page;
mod bad_input;
mod browser;
mod canonical;
mod check;
mod check_files;
mod ci_runs;
mod commands;
mod contract;
mod dialogues;
mod diff;
#[cfg(unix)]
mod doctor;
#[cfg(unix)]
mod doctor_traps;
#[cfg(unix)]
mod git_transport;
#[cfg(unix)]
mod hook_managers;
mod hook_variables;
mod hooks_install;
mod hooks_push;
mod hooks_server;
mod merge;
mod merge_drivers;
mod merge_folders;
mod merge_meaning;
mod merge_random;
mod mirror_faults;
mod mirror_git_linked;
mod mirror_link;
#[cfg(unix)]
mod mirror_mapping;
mod mirror_pull;
mod mirror_push;
mod network;
mod odd_repositories;
mod provider_azure;
mod provider_bitbucket_cloud;
mod provider_bitbucket_server;
mod provider_github;
mod provider_gitlab;
#[cfg(unix)]
mod provider_matrix;
#[cfg(unix)]
mod provider_peers;
#[cfg(unix)]
mod pull_request;
mod reports;
mod sandbox;
mod support;
mod verdicts;
mod writing;
