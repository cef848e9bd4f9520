//! Whether Git has shown what a pull brought: at once, or in the history that leads to what it shows now.
//!
//! Who goes on from what was pulled has seen it, and what both sides agreed on is that. Who never had it has not: there the
//! older record counts, and Postman's change is not taken for one that Git took back.

use crate::git::error::GitError;
use crate::git::repository::Repository;
use crate::mirror::element::{Element, ElementContent, ElementFile, ElementSet};
use crate::mirror::git_side::DigestOf;
use crate::mirror::state::{MirrorState, Pulled};
use crate::mirror::store::{Draft, StateStore, StoreError, Stored, Swap};
use crate::model::digest::Digest;
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::snapshot::Content;

/// So many commits that touched an element are looked at.
const MOST_COMMITS: &str = "200";
/// A larger file is no document, in bytes.
const LARGEST: u64 = 256 * 1024 * 1024;

/// A store whose state knows what Git has gone on from.
pub struct Knowing<'a> {
    /// Where the state is kept.
    pub store: &'a dyn StateStore,
    /// Git's side.
    pub git: &'a ElementSet,
    /// The repository.
    pub repository: &'a Repository,
    /// The commit that Git's side was read from.
    pub tip: &'a CommitId,
    /// The folder of the service.
    pub folder: &'a RepoPath,
    /// The digest of what a file means.
    pub digest_of: fn(&str, &[u8]) -> Option<Digest>,
}

impl StateStore for Knowing<'_> {
    fn load(&self) -> Result<Option<Stored>, StoreError> {
        let Some(mut stored) = self.store.load()? else {
            return Ok(None);
        };
        stored.state = with_history(
            &stored.state,
            self.git,
            self.repository,
            Some(self.tip),
            self.folder,
            &self.digest_of,
        )?;
        Ok(Some(stored))
    }

    fn blob(&self, commit: &CommitId, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        self.store.blob(commit, digest)
    }

    fn swap(&self, expected: Option<&CommitId>, draft: &Draft<'_>) -> Result<Swap, StoreError> {
        self.store.swap(expected, draft)
    }

    fn history(&self, from: &CommitId, limit: usize) -> Result<Vec<CommitId>, StoreError> {
        self.store.history(from, limit)
    }
}

/// The state where everything counts as shown that the history up to `tip` has: a plan made from it starts from there. Before
/// a plan, call this once.
///
/// # Errors
/// A history that cannot be read.
pub fn with_history(
    state: &MirrorState,
    git: &ElementSet,
    repository: &Repository,
    tip: Option<&CommitId>,
    folder: &RepoPath,
    digest_of: DigestOf<'_>,
) -> Result<MirrorState, GitError> {
    let Some(tip) = tip else {
        return Ok(state.clone());
    };
    let mut shown = Vec::new();
    for (key, all) in &state.pulled {
        let Some(element) = git.get(key) else {
            continue;
        };
        let now = element.content.digest;
        let record = state.records.get(key);
        let is_known = record.is_some_and(|record| record.git.digest == now)
            || all.iter().any(|pulled| pulled.git == Some(now));
        let counting: Vec<&Pulled> = all
            .iter()
            .rev()
            .filter(|pulled| state.counts(key, pulled))
            .collect();
        if is_known || counting.is_empty() {
            continue;
        }
        if let Some(found) = newest_shown(repository, tip, folder, element, &counting, digest_of)? {
            let mut found = found.clone();
            found.git = Some(now);
            shown.push((key.clone(), found));
        }
    }
    let mut state = state.clone();
    for (key, pulled) in shown {
        state.pulled.entry(key).or_default().push(pulled);
    }
    Ok(state)
}

/// Whether the history up to `tip` has had an element with this digest.
///
/// # Errors
/// A history that cannot be read.
pub fn has_shown(
    repository: &Repository,
    tip: &CommitId,
    folder: &RepoPath,
    element: &Element,
    digest: Digest,
    digest_of: DigestOf<'_>,
) -> Result<bool, GitError> {
    let wanted = Pulled {
        git: Some(digest),
        replaces: None,
        moved_from: None,
        record: None,
    };
    let found = newest_shown(repository, tip, folder, element, &[&wanted], digest_of)?;
    Ok(found.is_some())
}

/// What the history showed last.
fn newest_shown<'p>(
    repository: &Repository,
    tip: &CommitId,
    folder: &RepoPath,
    element: &Element,
    wanted: &[&'p Pulled],
    digest_of: DigestOf<'_>,
) -> Result<Option<&'p Pulled>, GitError> {
    let mut files: Vec<(&RepoPath, RepoPath)> = Vec::new();
    for name in element.content.files.keys() {
        let parts = [folder, &element.directory, name];
        let parts = parts.iter().filter(|part| !part.is_root());
        let joined: Vec<&str> = parts.map(|part| part.as_str()).collect();
        if let Ok(path) = RepoPath::parse(&joined.join("/")) {
            files.push((name, path));
        }
    }
    let mut arguments = vec![
        "--literal-pathspecs",
        "log",
        "--format=%H",
        "-n",
        MOST_COMMITS,
        tip.as_str(),
        "--",
    ];
    arguments.extend(files.iter().map(|(_, path)| path.as_str()));
    let output = repository.git().output(&arguments, None)?;
    let text = String::from_utf8_lossy(&output);
    for commit in text.lines().filter_map(CommitId::parse) {
        let snapshot = repository.commit(&commit)?;
        let read = files.iter().filter_map(|(name, path)| {
            let Ok(Content::Bytes(bytes)) = snapshot.read(path, LARGEST) else {
                return None;
            };
            let digest = digest_of(path.as_str(), &bytes).unwrap_or_else(|| Digest::of(&bytes));
            Some(((*name).clone(), ElementFile { bytes, digest }))
        });
        let digest = ElementContent::new(read.collect()).digest;
        let found = wanted.iter().find(|pulled| pulled.git == Some(digest));
        if let Some(found) = found {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
