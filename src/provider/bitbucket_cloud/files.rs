//! The files of a commit on Bitbucket Cloud: listed a hundred at a time, brought one by one.
//!
//! Archives are not used: git leaves out of them and rewrites in them what attributes say. The service names no ids of
//! contents, so nothing can be held against one; a path in a commit never changes its content.

use std::collections::{BTreeSet, VecDeque};

use crate::git::object::ObjectId;
use crate::model::digest::Digest;
use crate::model::id::CommitId;
use crate::model::snapshot::FileKind;
use crate::net::base_url::segment;
use crate::net::error::HttpError;
use crate::net::pool;
use crate::net::request::{Method, Request};
use crate::provider::bitbucket_cloud::service::CloudCalls;
use crate::provider::bitbucket_cloud::wire;
use crate::provider::content::remote_snapshot::{RemoteEntry, RemoteFiles, RemoteList};
use crate::provider::error::ProviderError;
use crate::provider::site::RepositoryName;

/// How deep a list goes at first. Where that is too much for the service it says 555, and gets half of it.
const DEPTH: u32 = 16;
const TOO_MUCH: u16 = 555;
/// Files that are asked for at once.
const AT_ONCE: usize = 4;

/// One commit.
pub(crate) struct CloudFiles {
    calls: CloudCalls,
    repository: RepositoryName,
    commit: CommitId,
}

impl CloudFiles {
    /// A commit; nothing is asked for yet.
    pub(crate) fn new(calls: CloudCalls, repository: RepositoryName, commit: CommitId) -> Self {
        Self {
            calls,
            repository,
            commit,
        }
    }

    /// A call about a path of the commit; the empty one is its root, and a directory ends with a slash.
    fn at(&self, path: &str) -> Result<Request, ProviderError> {
        let mut whole = String::new();
        let (owner, name) = (self.repository.owner(), self.repository.name());
        let fixed = ["repositories", owner, name, "src", self.commit.as_str()];
        for part in fixed.into_iter().chain(path.split('/')) {
            whole.push('/');
            if !part.is_empty() {
                whole.push_str(&segment(part).map_err(HttpError::from)?);
            }
        }
        Ok(Request::to_path(Method::Get, whole))
    }

    fn below(&self, directory: &str, depth: u32) -> Result<Vec<wire::TreeEntry>, ProviderError> {
        let slash = if directory.is_empty() { "" } else { "/" };
        let request = self
            .at(&format!("{directory}{slash}"))?
            .with_query("max_depth", depth.to_string())
            .with_query("pagelen", "100");
        self.calls.pages(&request)
    }
}

impl RemoteFiles for CloudFiles {
    fn list(&self) -> Result<RemoteList, ProviderError> {
        let mut list = RemoteList::default();
        let mut waiting = VecDeque::from([String::new()]);
        let mut asked = BTreeSet::new();
        let mut depth = DEPTH;
        while let Some(directory) = waiting.pop_front() {
            let entries = match self.below(&directory, depth) {
                Ok(entries) => entries,
                Err(ProviderError::Refused {
                    status: TOO_MUCH, ..
                }) if depth > 1 => {
                    depth /= 2;
                    waiting.push_front(directory);
                    continue;
                }
                Err(error) => return Err(error),
            };
            asked.insert(directory);
            // Git knows no empty directories: one without anything below it lies too deep for this list.
            let parents: BTreeSet<&str> = entries
                .iter()
                .filter_map(|entry| Some(entry.path.rsplit_once('/')?.0))
                .collect();
            for entry in &entries {
                if entry.kind == "commit_directory" {
                    let path = entry.path.trim_end_matches('/');
                    if !parents.contains(path) && !asked.contains(path) {
                        waiting.push_back(path.to_owned());
                    }
                    continue;
                }
                list.add(&entry.path, |path| {
                    // What names a content here is where it stands; 32 bytes are no id that git gives a file.
                    let place = Digest::of(path.as_bytes()).to_string();
                    Some(RemoteEntry {
                        path,
                        kind: if entry.is("subrepository") {
                            FileKind::Submodule
                        } else if entry.is("link") {
                            FileKind::Link
                        } else {
                            FileKind::File
                        },
                        is_executable: entry.is("executable"),
                        id: ObjectId::parse(place.as_bytes())?,
                        size: entry.size.filter(|_| !entry.is("link")),
                    })
                });
            }
        }
        Ok(list)
    }

    fn several(&self, wanted: &[RemoteEntry]) -> Result<Vec<(ObjectId, Vec<u8>)>, ProviderError> {
        let brought = pool::map(wanted, AT_ONCE, |entry| Ok((entry.id, self.one(entry)?)));
        brought.into_iter().collect()
    }

    fn one(&self, wanted: &RemoteEntry) -> Result<Vec<u8>, ProviderError> {
        let request = self
            .at(wanted.path.as_str())?
            .with_header("accept", "application/octet-stream");
        Ok(self.calls.read(&request)?.body)
    }
}
