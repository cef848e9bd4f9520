//! The files of a commit on GitLab: all names in one call where the installation is new enough, some files one by one, many
//! by an archive.
//!
//! An archive is not the commit: attributes leave files out of it and change line ends, and large files stand in for their
//! pointers. So nothing of it is taken whose bytes are not those that the tree names, and the rest is asked for on its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::git::object::{ObjectId, blob_id};
use crate::model::path::RepoPath;
use crate::model::snapshot::FileKind;
use crate::net::error::HttpError;
use crate::net::pool;
use crate::provider::conditional::NoMemory;
use crate::provider::content::remote_snapshot::{RemoteEntry, RemoteFiles, RemoteList};
use crate::provider::content::tar;
use crate::provider::error::ProviderError;
use crate::provider::gitlab::calls::{Calls, PAGE, parsed};
use crate::provider::gitlab::endpoints::{Archive, Blob, Paging, Tree};
use crate::provider::gitlab::refusal::About;
use crate::provider::gitlab::token::Doing;
use crate::provider::gitlab::wire::TreeEntry;
use crate::provider::site::{RepositoryName, Site};

/// From so many files on an archive is tried first. GitLab.com gives five archives a minute, and thousands of single files.
const ARCHIVE_FROM: usize = 24;
/// Files asked for at once.
const AT_ONCE: usize = 4;

/// A commit.
pub(crate) struct GitLabFiles {
    /// The calls.
    pub(crate) calls: Calls,
    /// Where.
    pub(crate) site: Site,
    /// The repository.
    pub(crate) repository: RepositoryName,
    /// The commit, or the name of a branch: its list of files is one call, and every file then has an id.
    pub(crate) at: String,
    /// Whether archives were refused already: then they are not asked for again.
    pub(crate) no_archives: Arc<AtomicBool>,
}

impl GitLabFiles {
    fn about(&self) -> About<'_> {
        About {
            site: &self.site,
            kind: self.calls.token().kind,
            repository: Some(&self.repository),
            doing: Doing::Reading,
        }
    }

    /// All names in one answer; `None` where the installation does not give them so.
    fn whole(&self, project: &str) -> Result<Option<Vec<TreeEntry>>, ProviderError> {
        let tree = self.tree(project, Paging::Whole);
        let answer = match self.calls.read(&self.about(), &tree) {
            Ok(answer) => answer,
            Err(
                ProviderError::Refused { status: 400, .. }
                | ProviderError::Unreachable(HttpError::TooLarge { .. }),
            ) => return Ok(None),
            Err(error) => return Err(error),
        };
        let entries: Vec<TreeEntry> = parsed(&self.about(), &answer)?;
        // Older ones take no notice of the wish and give a page.
        let is_page = entries.len() == PAGE || answer.header("link").is_some();
        let is_page = is_page
            || answer
                .header("x-next-page")
                .is_some_and(|next| !next.is_empty());
        Ok((!is_page).then_some(entries))
    }

    fn tree<'a>(&'a self, project: &'a str, paging: Paging) -> Tree<'a> {
        Tree {
            project,
            at: &self.at,
            paging,
        }
    }

    /// What an archive holds of these files; nothing where there is none to be had.
    fn archived(&self, wanted: &[RemoteEntry]) -> Vec<(ObjectId, Vec<u8>)> {
        if wanted.len() < ARCHIVE_FROM || self.no_archives.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let project = self.repository.full();
        let directory = common_directory(wanted);
        let archive = Archive {
            project: &project,
            at: &self.at,
            directory: &directory,
        };
        let Ok(answer) = self.calls.try_once(&self.about(), &archive) else {
            self.no_archives.store(true, Ordering::Relaxed);
            return Vec::new();
        };
        let by_path: BTreeMap<&[u8], ObjectId> = wanted
            .iter()
            .map(|entry| (entry.path.as_bytes(), entry.id))
            .collect();
        let files = tar::files(&answer.body);
        let found = files.iter().filter_map(|file| {
            // All stand in one directory that GitLab names after project, commit and path.
            let slash = file.name.iter().position(|byte| *byte == b'/')?;
            let id = by_path.get(&file.name[slash + 1..])?;
            let is_it = id.as_bytes().len() != 20 || blob_id(file.bytes).as_ref() == Some(id);
            is_it.then(|| (*id, file.bytes.to_vec()))
        });
        found.collect()
    }
}

impl RemoteFiles for GitLabFiles {
    fn list(&self) -> Result<RemoteList, ProviderError> {
        let project = self.repository.full();
        let entries = match self.whole(&project)? {
            Some(entries) => entries,
            None => {
                let tree = self.tree(&project, Paging::Keyset);
                let same = |entry, _: &_| entry;
                self.calls.pages(&self.about(), &tree, &NoMemory, same)?
            }
        };
        let mut list = RemoteList::default();
        for entry in entries {
            let Some(kind) = kind(&entry.mode) else {
                continue;
            };
            list.add(&entry.path, |path| {
                Some(RemoteEntry {
                    path,
                    kind,
                    is_executable: entry.mode == "100755",
                    id: ObjectId::parse(entry.id.as_bytes())?,
                    size: None,
                })
            });
        }
        Ok(list)
    }

    fn several(&self, wanted: &[RemoteEntry]) -> Result<Vec<(ObjectId, Vec<u8>)>, ProviderError> {
        let mut brought = self.archived(wanted);
        let there: BTreeSet<ObjectId> = brought.iter().map(|(id, _)| *id).collect();
        let left: Vec<&RemoteEntry> = wanted
            .iter()
            .filter(|entry| !there.contains(&entry.id))
            .collect();
        let singles = pool::map(&left, AT_ONCE, |entry| {
            self.one(entry).map(|bytes| (entry.id, bytes))
        });
        for single in singles {
            match single {
                Ok(single) => brought.push(single),
                // One file that is too large does not keep the others back; it is told where it is read.
                Err(ProviderError::Unreachable(HttpError::TooLarge { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(brought)
    }

    fn one(&self, wanted: &RemoteEntry) -> Result<Vec<u8>, ProviderError> {
        let project = self.repository.full();
        let blob = Blob {
            project: &project,
            id: &wanted.id,
        };
        Ok(self.calls.read(&self.about(), &blob)?.body)
    }
}

/// What a mode of git stands for; `None` for a directory.
fn kind(mode: &str) -> Option<FileKind> {
    match mode {
        "040000" | "40000" => None,
        "120000" => Some(FileKind::Link),
        "160000" => Some(FileKind::Submodule),
        _ => Some(FileKind::File),
    }
}

/// The directory that all of them lie in.
fn common_directory(entries: &[RemoteEntry]) -> RepoPath {
    let mut common = entries.first().and_then(|entry| entry.path.parent());
    while let Some(directory) = &common {
        if entries.iter().all(|entry| entry.path.is_within(directory)) {
            break;
        }
        common = directory.parent();
    }
    common.unwrap_or_else(RepoPath::root)
}

#[cfg(test)]
mod tests {
    use super::{common_directory, kind};
    use crate::git::object::ObjectId;
    use crate::model::path::RepoPath;
    use crate::model::snapshot::FileKind;
    use crate::provider::content::remote_snapshot::RemoteEntry;

    #[test]
    fn modes_are_those_of_git() {
        assert_eq!(kind("040000"), None);
        assert_eq!(kind("100755"), Some(FileKind::File));
        assert_eq!(kind("120000"), Some(FileKind::Link));
        assert_eq!(kind("160000"), Some(FileKind::Submodule));
    }

    #[test]
    fn an_archive_is_asked_for_where_all_of_them_lie() {
        for (names, directory) in [
            (vec!["postman/a", "postman/b/c"], "postman"),
            (vec!["postman/a", "postman2/b"], ""),
            (vec!["a/b/c/d", "a/b/e", "a/b/c/f"], "a/b"),
            (vec!["a"], ""),
        ] {
            let entries: Vec<RemoteEntry> = names
                .iter()
                .map(|name| RemoteEntry {
                    path: RepoPath::parse(name).unwrap(),
                    kind: FileKind::File,
                    is_executable: false,
                    id: ObjectId::from_bytes(&[0; 20]).unwrap(),
                    size: None,
                })
                .collect();
            assert_eq!(common_directory(&entries).as_str(), directory);
        }
    }
}
