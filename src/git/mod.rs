//! Git: repositories, views of them at one moment, ranges of commits, and what a push hands to a hook.
//!
//! Two engines read a repository. libgit2 is the fast one; what it refuses (SHA-256, reftable, sparse and
//! split indexes, unknown extensions) the git program reads, behind the same types.

pub(crate) mod attributes;
pub mod chain;
pub mod command;
pub mod commit;
pub(crate) mod commit_stage;
pub(crate) mod disk;
pub(crate) mod engine;
pub mod error;
pub mod exchange;
pub(crate) mod fallback;
pub mod history;
pub(crate) mod index;
pub(crate) mod library;
pub(crate) mod library_write;
pub(crate) mod object;
pub(crate) mod patterns;
pub(crate) mod program;
pub(crate) mod program_write;
pub(crate) mod promisor;
pub mod pushed;
pub(crate) mod reference_lock;
pub mod remote_url;
pub mod repository;
pub(crate) mod stored;
pub(crate) mod target;
pub mod tls;
pub(crate) mod tree;
pub mod visit;
pub(crate) mod worktree;
pub mod worktree_write;
pub mod write_error;
pub mod write_journal;
pub mod written;

#[cfg(test)]
pub(crate) mod testing;
