//! The files of a commit on GitHub: one tree in one call, several blobs in one query, large ones by themselves.

use std::collections::{BTreeMap, BTreeSet};

use http::HeaderMap;
use http::header::{ACCEPT, HeaderValue};
use serde::Deserialize;
use serde_json::json;

use crate::git::object::{ObjectId, blob_id};
use crate::model::base64::decode;
use crate::model::id::CommitId;
use crate::net::base_url::segment;
use crate::net::error::HttpError;
use crate::net::pool;
use crate::provider::content::remote_snapshot::{RemoteEntry, RemoteFiles, RemoteList};
use crate::provider::error::ProviderError;
use crate::provider::github::calls::Calls;
use crate::provider::github::refusal::About;
use crate::provider::github::token::Doing;
use crate::provider::github::wire::{Answered, TreeShape};
use crate::provider::site::{RepositoryName, Site};

/// Files and bytes of one query.
const MOST_FILES: usize = 60;
const MOST_BYTES: u64 = 1024 * 1024;
/// GitHub cuts the text of larger files.
const LARGEST_TEXT: u64 = 256 * 1024;
/// Larger ones are not brought before somebody reads them.
const LARGEST_AHEAD: u64 = 8 * 1024 * 1024;
/// Calls at once for what no query gave.
const AT_ONCE: usize = 4;
/// Directories of a tree that GitHub cuts off, each one call. More are no repository of API definitions.
const MOST_DIRECTORIES: usize = 5000;

/// A commit on GitHub.
pub(crate) struct GitHubFiles {
    pub(crate) site: Site,
    pub(crate) calls: Calls,
    pub(crate) repository: RepositoryName,
    pub(crate) commit: CommitId,
}

#[derive(Deserialize)]
struct Batch {
    repository: Option<BTreeMap<String, Option<BlobShape>>>,
}

#[derive(Deserialize)]
struct BlobShape {
    #[serde(default)]
    text: Option<String>,
    #[serde(default, rename = "isTruncated")]
    is_truncated: bool,
}

#[derive(Deserialize)]
struct WrappedShape {
    content: String,
    encoding: String,
}

/// Owner and name, encoded: octocrab puts them into paths as they are.
pub(crate) fn encoded(repository: &RepositoryName) -> Result<(String, String), HttpError> {
    Ok((segment(repository.owner())?, segment(repository.name())?))
}

impl GitHubFiles {
    fn about(&self) -> About<'_> {
        About {
            site: &self.site,
            repository: Some(&self.repository),
            doing: Doing::Reading,
        }
    }

    fn tree(&self, id: &str, is_recursive: bool) -> Result<TreeShape, ProviderError> {
        let (owner, name) = encoded(&self.repository)?;
        let about = self.about();
        let answer = self.calls.repeatable(&about, |crab| {
            let (owner, name, id) = (owner.clone(), name.clone(), id.to_owned());
            async move {
                let git = crab.git(owner, name);
                git.get_tree(id).recursive(is_recursive).send().await
            }
        })?;
        self.calls.json(&about, &answer)
    }

    /// GitHub ends a tree after 100,000 entries or 7 MB: then every directory is asked for on its own.
    fn walk(&self, root: &str) -> Result<RemoteList, ProviderError> {
        let mut list = RemoteList::default();
        let mut open = vec![(String::new(), root.to_owned())];
        let mut asked = 0;
        while let Some((below, id)) = open.pop() {
            // The root is known to be cut off.
            let mut is_level = below.is_empty();
            let mut tree = self.tree(&id, !is_level)?;
            if tree.truncated && !is_level {
                tree = self.tree(&id, false)?;
                is_level = true;
            }
            asked += 1;
            if tree.truncated || asked > MOST_DIRECTORIES {
                return Err(ProviderError::TooLarge {
                    product: self.site.kind,
                    what: format!("the list of files of {}", self.repository),
                });
            }
            for entry in &tree.tree {
                if is_level && entry.is_directory() {
                    open.push((format!("{below}{}/", entry.path), entry.sha.clone()));
                }
                entry.add_to(&mut list, &below);
            }
        }
        Ok(list)
    }

    fn batch(&self, wanted: &[&RemoteEntry]) -> Result<Vec<(ObjectId, Vec<u8>)>, ProviderError> {
        let mut query =
            "query($owner:String!,$name:String!){repository(owner:$owner,name:$name){".to_owned();
        for (number, entry) in wanted.iter().enumerate() {
            query.push_str(&format!(
                "f{number}:object(oid:\"{}\"){{...on Blob{{text isTruncated}}}}",
                entry.id
            ));
        }
        query.push_str("}}");
        let payload = json!({
            "query": query,
            "variables": { "owner": self.repository.owner(), "name": self.repository.name() },
        });
        let about = self.about();
        let answer = self.calls.repeatable(&about, |crab| {
            let payload = payload.clone();
            async move { crab.graphql::<serde_json::Value>(&payload).await }
        })?;
        let answered: Answered<Batch> = self.calls.json(&about, &answer)?;
        let mut blobs = answered
            .data
            .and_then(|data| data.repository)
            .unwrap_or_default();
        let mut brought = Vec::new();
        for (number, entry) in wanted.iter().enumerate() {
            if let Some(Some(blob)) = blobs.remove(&format!("f{number}"))
                && !blob.is_truncated
                && let Some(text) = blob.text
            {
                brought.push((entry.id, text.into_bytes()));
            }
        }
        Ok(brought)
    }
}

impl RemoteFiles for GitHubFiles {
    fn list(&self) -> Result<RemoteList, ProviderError> {
        let whole = self.tree(self.commit.as_str(), true)?;
        if whole.truncated {
            return self.walk(self.commit.as_str());
        }
        let mut list = RemoteList::default();
        for entry in &whole.tree {
            entry.add_to(&mut list, "");
        }
        Ok(list)
    }

    fn several(&self, wanted: &[RemoteEntry]) -> Result<Vec<(ObjectId, Vec<u8>)>, ProviderError> {
        let is_small = |entry: &&RemoteEntry| entry.size.is_some_and(|size| size <= LARGEST_TEXT);
        let small: Vec<&RemoteEntry> = wanted.iter().filter(is_small).collect();
        let mut brought = Vec::new();
        for batch in batches(&small) {
            match self.batch(&batch) {
                Ok(blobs) => brought.extend(blobs),
                // A server without GraphQL still gives them one by one.
                Err(ProviderError::NotFound { .. }) => break,
                Err(error) => return Err(error),
            }
        }
        let here: BTreeSet<ObjectId> = brought.iter().map(|(id, _)| *id).collect();
        let is_ahead = |entry: &RemoteEntry| entry.size.is_none_or(|size| size <= LARGEST_AHEAD);
        let rest: Vec<&RemoteEntry> = wanted
            .iter()
            .filter(|entry| is_ahead(entry) && !here.contains(&entry.id))
            .collect();
        let singles = pool::map(&rest, AT_ONCE, |entry| {
            self.one(entry).map(|bytes| (entry.id, bytes))
        });
        for single in singles {
            brought.push(single?);
        }
        Ok(brought)
    }

    fn one(&self, wanted: &RemoteEntry) -> Result<Vec<u8>, ProviderError> {
        let (owner, name) = encoded(&self.repository)?;
        let route = format!("/repos/{owner}/{name}/git/blobs/{}", wanted.id);
        let mut headers = HeaderMap::new();
        // As bytes: in JSON a file would be a third larger.
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("application/vnd.github.raw+json"),
        );
        let answer = self.calls.repeatable(&self.about(), |crab| {
            let (route, headers) = (route.clone(), headers.clone());
            async move { crab._get_with_headers(route, Some(headers)).await }
        })?;
        Ok(blob_of(wanted, answer.body))
    }
}

/// A file as it came: as bytes, or in JSON from what speaks like GitHub and knows one form only.
fn blob_of(wanted: &RemoteEntry, body: Vec<u8>) -> Vec<u8> {
    if blob_id(&body) == Some(wanted.id) {
        return body;
    }
    let wrapped: Option<WrappedShape> = serde_json::from_slice(&body).ok();
    let content = wrapped.filter(|wrapped| wrapped.encoding == "base64");
    let bytes = content.and_then(|wrapped| {
        let lines: String = wrapped.content.split_ascii_whitespace().collect();
        decode(lines.as_bytes())
    });
    // Whoever asked holds it against its id.
    bytes.unwrap_or(body)
}

/// Parts that are each one query.
fn batches<'a>(entries: &[&'a RemoteEntry]) -> Vec<Vec<&'a RemoteEntry>> {
    let mut batches: Vec<Vec<&RemoteEntry>> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let size = entry.size.unwrap_or(0);
        match batches.last_mut() {
            Some(last) if last.len() < MOST_FILES && bytes + size <= MOST_BYTES => {
                last.push(entry);
                bytes += size;
            }
            _ => {
                batches.push(vec![entry]);
                bytes = size;
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::blob_of;
    use crate::git::object::blob_id;
    use crate::model::path::RepoPath;
    use crate::model::snapshot::FileKind;
    use crate::provider::content::remote_snapshot::RemoteEntry;

    #[test]
    fn a_file_may_come_as_bytes_or_in_json_and_is_never_taken_for_the_other() {
        let entry = |content: &[u8]| RemoteEntry {
            path: RepoPath::parse("a").unwrap(),
            kind: FileKind::File,
            is_executable: false,
            id: blob_id(content).unwrap(),
            size: None,
        };
        let wrapped = br#"{"sha":"x","content":"aGVs\nbG8=\n","encoding":"base64","size":5}"#;
        let hello = entry(b"hello");
        assert_eq!(blob_of(&hello, b"hello".to_vec()), b"hello");
        assert_eq!(blob_of(&hello, wrapped.to_vec()), b"hello");
        // A file that looks like an answer is the file.
        assert_eq!(blob_of(&entry(wrapped), wrapped.to_vec()), wrapped);
        assert_eq!(blob_of(&hello, b"{}".to_vec()), b"{}");
    }
}
