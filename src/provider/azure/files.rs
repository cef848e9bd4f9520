//! The files of a commit on Azure DevOps: one call for the commit's tree, one for all of its names, and one for hundreds of
//! contents, which come in a zip. Archives of whole commits are not used: they leave out and rewrite what attributes say.

use std::collections::HashMap;

use crate::git::object::{ObjectId, blob_id};
use crate::model::id::CommitId;
use crate::model::snapshot::FileKind;
use crate::net::request::Method;
use crate::provider::azure::service::{AzureCalls, in_repository};
use crate::provider::azure::wire;
use crate::provider::content::remote_snapshot::{RemoteEntry, RemoteFiles, RemoteList};
use crate::provider::content::zip;
use crate::provider::error::ProviderError;
use crate::provider::rest::{body, lacking, parsed};
use crate::provider::site::RepositoryName;

/// Files in one call, and their bytes together: the answer is held in memory.
const MOST_FILES: usize = 500;
const MOST_BYTES: u64 = 24 * 1024 * 1024;

/// One commit.
pub(crate) struct AzureFiles {
    calls: AzureCalls,
    repository: RepositoryName,
    commit: CommitId,
}

impl AzureFiles {
    /// A commit; nothing is asked for yet.
    pub(crate) fn new(calls: AzureCalls, repository: RepositoryName, commit: CommitId) -> Self {
        Self {
            calls,
            repository,
            commit,
        }
    }
}

impl RemoteFiles for AzureFiles {
    fn list(&self) -> Result<RemoteList, ProviderError> {
        let parts = ["commits", self.commit.as_str()];
        let request = in_repository(Method::Get, &self.repository, &parts)?;
        let answer = self.calls.read(&request)?;
        let commit: wire::Commit = parsed(&request, &answer)?;
        let tree = commit
            .tree_id
            .ok_or_else(|| lacking(&request, &answer, "it does not name its tree"))?;
        let request = in_repository(Method::Get, &self.repository, &["trees", &tree])?
            .with_query("recursive", "true");
        let answer = self.calls.read(&request)?;
        let tree: wire::Tree = parsed(&request, &answer)?;
        let mut list = RemoteList::default();
        for entry in &tree.tree_entries {
            let Some(kind) = kind_of(entry) else { continue };
            let id = ObjectId::parse(entry.object_id.as_bytes())
                .ok_or_else(|| lacking(&request, &answer, "an entry has no id"))?;
            list.add(&entry.relative_path, |path| {
                Some(RemoteEntry {
                    path,
                    kind,
                    is_executable: entry.mode.ends_with("755"),
                    id,
                    size: entry.size.filter(|_| kind == FileKind::File),
                })
            });
        }
        Ok(list)
    }

    fn several(&self, wanted: &[RemoteEntry]) -> Result<Vec<(ObjectId, Vec<u8>)>, ProviderError> {
        let mut brought = Vec::new();
        for batch in batches(wanted) {
            let ids: Vec<String> = batch.iter().map(|entry| entry.id.to_string()).collect();
            let request = in_repository(Method::Post, &self.repository, &["blobs"])?
                .with_header("accept", "application/zip")
                .with_json(body(&ids));
            // It only reads.
            let answer = self.calls.read(&request)?;
            let files = zip::contents(&answer.body, MOST_BYTES * 2)
                .map_err(|problem| lacking(&request, &answer, &problem))?;
            // Names in the zip are the service's own: a content says itself which one it is.
            let by_id: HashMap<ObjectId, Vec<u8>> = files
                .into_iter()
                .filter_map(|file| Some((blob_id(&file)?, file)))
                .collect();
            brought.extend(by_id);
        }
        Ok(brought)
    }

    fn one(&self, wanted: &RemoteEntry) -> Result<Vec<u8>, ProviderError> {
        let id = wanted.id.to_string();
        let request = in_repository(Method::Get, &self.repository, &["blobs", &id])?
            .with_header("accept", "application/octet-stream")
            .with_query("$format", "octetStream");
        Ok(self.calls.read(&request)?.body)
    }
}

/// What an entry is; directories are known by what lies in them.
fn kind_of(entry: &wire::TreeEntry) -> Option<FileKind> {
    match (entry.git_object_type.as_str(), entry.mode.as_str()) {
        ("tree", _) => None,
        ("commit", _) | (_, "160000") => Some(FileKind::Submodule),
        (_, "120000") => Some(FileKind::Link),
        _ => Some(FileKind::File),
    }
}

/// Lists that are small enough for one answer each. A file that is too large for any is left to be asked for alone.
fn batches(wanted: &[RemoteEntry]) -> Vec<Vec<&RemoteEntry>> {
    let mut batches: Vec<Vec<&RemoteEntry>> = Vec::new();
    let mut room = 0;
    for entry in wanted {
        let size = entry.size.unwrap_or(MOST_BYTES / 8);
        if size > MOST_BYTES {
            continue;
        }
        match batches.last_mut() {
            Some(last) if last.len() < MOST_FILES && size <= room => {
                last.push(entry);
                room -= size;
            }
            _ => {
                batches.push(vec![entry]);
                room = MOST_BYTES - size;
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::{MOST_BYTES, batches};
    use crate::git::object::blob_id;
    use crate::model::path::RepoPath;
    use crate::model::snapshot::FileKind;
    use crate::provider::content::remote_snapshot::RemoteEntry;

    #[test]
    fn one_answer_holds_no_more_than_fits() {
        let entry = |size| RemoteEntry {
            path: RepoPath::parse("a").unwrap(),
            kind: FileKind::File,
            is_executable: false,
            id: blob_id(b"").unwrap(),
            size,
        };
        let lengths = |sizes: &[Option<u64>]| -> Vec<usize> {
            let entries: Vec<RemoteEntry> = sizes.iter().copied().map(entry).collect();
            batches(&entries).iter().map(Vec::len).collect()
        };
        assert_eq!(lengths(&[Some(1); 1200]), [500, 500, 200]);
        let half = Some(MOST_BYTES / 2);
        assert_eq!(
            lengths(&[half, half, Some(1), Some(MOST_BYTES + 1)]),
            [2, 1]
        );
        assert_eq!(lengths(&[None; 9]), [8, 1]);
        assert!(lengths(&[]).is_empty());
    }
}
