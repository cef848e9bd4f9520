//! Calls that the `gitlab` crate makes in another way than GitLab documents them, or not at all.
//!
//! Its tree puts `ref` and `recursive` into the body of a GET, its archive asks for one format only, its comparison cannot be
//! left without differences in whole; blobs by their id and the state of a page it does not have.

use std::borrow::Cow;

use gitlab::api::common::NameOrId;
use gitlab::api::endpoint_prelude::Method;
use gitlab::api::{Endpoint, QueryParams};

use crate::git::object::ObjectId;
use crate::model::id::BranchName;
use crate::model::path::RepoPath;

/// How a list comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paging {
    /// In one go (GitLab 15.2 and later).
    Whole,
    /// In pages, each naming where the next begins.
    Keyset,
}

/// Every name of a commit.
pub(crate) struct Tree<'a> {
    /// `group/project`.
    pub(crate) project: &'a str,
    /// The commit or branch.
    pub(crate) at: &'a str,
    /// How it comes.
    pub(crate) paging: Paging,
}

/// The bytes of one file, by their id.
pub(crate) struct Blob<'a> {
    /// `group/project`.
    pub(crate) project: &'a str,
    /// The id.
    pub(crate) id: &'a ObjectId,
}

/// The files of a directory of a commit, in one archive.
pub(crate) struct Archive<'a> {
    /// `group/project`.
    pub(crate) project: &'a str,
    /// The commit or branch.
    pub(crate) at: &'a str,
    /// The directory; the root for everything.
    pub(crate) directory: &'a RepoPath,
}

/// What one branch has that another has not.
pub(crate) struct Compare<'a> {
    /// `group/project`.
    pub(crate) project: &'a str,
    /// The branch that is to be merged into.
    pub(crate) from: &'a BranchName,
    /// The branch with the changes.
    pub(crate) to: &'a BranchName,
}

impl Endpoint for Tree<'_> {
    fn method(&self) -> Method {
        Method::GET
    }

    fn endpoint(&self) -> Cow<'static, str> {
        below(self.project, "repository/tree")
    }

    fn parameters(&self) -> QueryParams<'_> {
        let mut parameters = QueryParams::default();
        let paging = match self.paging {
            Paging::Whole => "none",
            Paging::Keyset => "keyset",
        };
        parameters
            .push("ref", self.at)
            .push("recursive", true)
            .push("pagination", paging);
        parameters
    }
}

impl Endpoint for Blob<'_> {
    fn method(&self) -> Method {
        Method::GET
    }

    fn endpoint(&self) -> Cow<'static, str> {
        below(self.project, &format!("repository/blobs/{}/raw", self.id))
    }
}

impl Endpoint for Archive<'_> {
    fn method(&self) -> Method {
        Method::GET
    }

    fn endpoint(&self) -> Cow<'static, str> {
        below(self.project, "repository/archive")
    }

    fn parameters(&self) -> QueryParams<'_> {
        let mut parameters = QueryParams::default();
        parameters
            .push("sha", self.at)
            .push("format", "tar")
            .push("include_lfs_blobs", false);
        if !self.directory.is_root() {
            parameters.push("path", self.directory.as_str());
        }
        parameters
    }
}

impl Endpoint for Compare<'_> {
    fn method(&self) -> Method {
        Method::GET
    }

    fn endpoint(&self) -> Cow<'static, str> {
        below(self.project, "repository/compare")
    }

    fn parameters(&self) -> QueryParams<'_> {
        let mut parameters = QueryParams::default();
        parameters
            .push("from", self.from.as_str())
            .push("to", self.to.as_str());
        parameters
    }
}

fn below(project: &str, what: &str) -> Cow<'static, str> {
    format!("projects/{}/{what}", NameOrId::from(project)).into()
}
