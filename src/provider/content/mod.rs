//! What a repository holds, read and written without a clone that stays: archives, and git itself.

pub(crate) mod by_git;
pub(crate) mod remote_snapshot;
pub(crate) mod tar;
pub(crate) mod zip;
