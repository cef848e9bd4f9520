//! The engine over the git program: for repositories that libgit2 refuses.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::git::command::{Git, checked_revision};
use crate::git::engine::{Engine, IntroducedBlob, StoredList, path_or_root};
use crate::git::error::{GitError, INDEX};
use crate::git::fallback::{self, Blobs};
use crate::git::object::ObjectId;
use crate::git::program_write;
use crate::git::promisor;
use crate::git::written::{NewEntry, Signature};
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, FileKind};

/// A repository that the git program reads.
pub(crate) struct Program {
    git: Git,
    blobs: Blobs,
}

impl Program {
    /// Takes the git program on a repository.
    pub(crate) fn new(git: Git) -> Self {
        Self {
            blobs: Blobs::new(git.clone()),
            git,
        }
    }

    /// What git prints on one line; `None` where it says by its exit code that there is nothing.
    fn line(&self, arguments: &[&str]) -> Result<Option<String>, GitError> {
        let answer = self.git.run(arguments, None)?;
        match answer.status.code() {
            Some(0) => {
                let text = String::from_utf8_lossy(&answer.output).into_owned();
                Ok(Some(text.trim_end_matches('\n').to_owned()))
            }
            Some(1) => Ok(None),
            _ => Err(GitError::Program {
                command: arguments.first().copied().unwrap_or_default().to_owned(),
                stderr: answer.complaint(),
            }),
        }
    }

    /// The whole list of commits goes through standard input: there may be more than a command line holds.
    fn walk(&self, tips: &[CommitId], not: &[CommitId]) -> Result<Vec<u8>, GitError> {
        let lines = tips.iter().map(|tip| format!("{tip}\n"));
        let left_out = not.iter().map(|known| format!("^{known}\n"));
        let input: String = lines.chain(left_out).collect();
        let arguments = ["rev-list", "--topo-order", "--reverse", "--stdin"];
        self.git.output(&arguments, Some(input.as_bytes()))
    }
}

impl Engine for Program {
    fn git(&self) -> &Git {
        &self.git
    }

    fn config(&self, key: &str) -> Result<Option<String>, GitError> {
        self.line(&["config", "--get", key])
    }

    fn config_path(&self, key: &str) -> Result<Option<PathBuf>, GitError> {
        let path = self.line(&["config", "--type=path", "--get", key])?;
        Ok(path.map(PathBuf::from))
    }

    fn remote_settings(&self) -> Result<Vec<(String, String)>, GitError> {
        let arguments = ["config", "-z", "--get-regexp", r"^remote\."];
        let answer = self.git.run(&arguments, None)?;
        let settings = answer.output.split(|byte| *byte == 0);
        Ok(settings
            .filter(|setting| !setting.is_empty())
            .map(|setting| {
                let text = String::from_utf8_lossy(setting);
                let (key, value) = text.split_once('\n').unwrap_or((&text, ""));
                (key.to_owned(), value.to_owned())
            })
            .collect())
    }

    fn head_branch(&self) -> Result<Option<String>, GitError> {
        let target = self.line(&["symbolic-ref", "--quiet", "HEAD"])?;
        Ok(target.and_then(|target| Some(target.strip_prefix("refs/heads/")?.to_owned())))
    }

    fn head_commit(&self) -> Result<Option<CommitId>, GitError> {
        let id = self.line(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])?;
        Ok(id.and_then(|id| CommitId::parse(&id)))
    }

    fn resolve(&self, name: &str) -> Result<CommitId, GitError> {
        let name = checked_revision(name)?;
        // What `git` prints on success, and nothing where it finds nothing.
        let ask = |arguments: &[&str]| -> Result<String, GitError> {
            let answer = self.git.run(arguments, None)?;
            Ok(String::from_utf8_lossy(&answer.output).trim().to_owned())
        };
        // A suffix behind the name itself would become part of the path in `HEAD:path`.
        let object = ask(&["rev-parse", "--verify", "--quiet", name])?;
        let peeled = |what: &str| format!("{object}^{{{what}}}");
        let commit = ask(&["rev-parse", "--verify", "--quiet", &peeled("commit")])?;
        if let Some(id) = CommitId::parse(&commit) {
            return Ok(id);
        }
        let kind = ask(&["cat-file", "-t", &peeled("")])?;
        match kind.as_str() {
            "" | "commit" => Err(GitError::UnknownRevision {
                name: name.to_owned(),
            }),
            _ => Err(GitError::NotACommit {
                name: name.to_owned(),
                kind,
            }),
        }
    }

    fn missing(&self, ids: &[ObjectId]) -> Result<Vec<ObjectId>, GitError> {
        let input: String = ids.iter().map(|id| format!("{id}\n")).collect();
        let arguments = ["cat-file", "--batch-check", "--buffer"];
        match self.git.output(&arguments, Some(input.as_bytes())) {
            Ok(output) => Ok(output
                .split(|byte| *byte == b'\n')
                .filter_map(|line| ObjectId::parse(line.strip_suffix(b" missing")?))
                .collect()),
            // Before 2.45 git cannot be kept from fetching what it is asked about, and ends where it cannot.
            Err(error) => match promisor::remote(self)? {
                Some(_) => Ok(ids.to_vec()),
                None => Err(error),
            },
        }
    }

    fn blob(&self, id: &ObjectId, limit: u64) -> Result<Content, GitError> {
        let content = match self.blobs.read(id, limit) {
            Err(GitError::Corrupt { .. }) if promisor::remote(self)?.is_some() => {
                return Err(promisor::missing_error(self, &[*id], ""));
            }
            other => other?,
        };
        match content {
            // Git calls an object that it cannot unpack missing as well; only a message tells the two apart.
            Content::Missing => Err(match self.blobs.message(id) {
                Some(cause) if promisor::remote(self)?.is_none() => GitError::Corrupt {
                    what: format!("object {id}"),
                    cause,
                },
                _ => promisor::missing_error(self, &[*id], ""),
            }),
            content => Ok(content),
        }
    }

    fn root_tree(&self, commit: &CommitId) -> Result<ObjectId, GitError> {
        // The commit names its tree; asking for the tree itself would need it to be here.
        let id = self.line(&[
            "log",
            "-1",
            "--no-show-signature",
            "--format=%T",
            commit.as_str(),
            "--",
        ])?;
        id.and_then(|id| ObjectId::parse(id.as_bytes()))
            .ok_or_else(|| GitError::UnknownRevision {
                name: commit.to_string(),
            })
    }

    fn commit_files(&self, commit: &CommitId) -> Result<StoredList, GitError> {
        let arguments = ["ls-tree", "-r", "-z", "--full-tree", commit.as_str()];
        match self.git.output(&arguments, None) {
            Ok(output) => fallback::tree_files(&output),
            Err(error) if promisor::remote(self)?.is_some() => Err(promisor::missing_error(
                self,
                &[self.root_tree(commit)?],
                &error.to_string(),
            )),
            Err(GitError::Program { stderr, .. }) => Err(GitError::Corrupt {
                what: format!("commit {commit}"),
                cause: stderr,
            }),
            Err(error) => Err(error),
        }
    }

    fn index_files(&self) -> Result<StoredList, GitError> {
        let arguments = ["ls-files", "-t", "-s", "-z", "--full-name"];
        let output = self.git.output(&arguments, None).map_err(index_error)?;
        fallback::index_files(&output)
    }

    fn changed(&self, base: Option<&CommitId>, tip: &CommitId) -> Result<Vec<RepoPath>, GitError> {
        let Some(base) = base else {
            let list = self.commit_files(tip)?;
            return Ok(list.entries.into_iter().map(|entry| entry.path).collect());
        };
        let output = self.git.output(
            &[
                "diff-tree",
                "-r",
                "-z",
                "--no-renames",
                "--name-only",
                "--diff-filter=d",
                base.as_str(),
                tip.as_str(),
            ],
            None,
        )?;
        Ok(fallback::paths(&output))
    }

    fn staged(&self) -> Result<Vec<RepoPath>, GitError> {
        if self.head_commit()?.is_none() {
            let list = self.index_files()?;
            return Ok(list.entries.into_iter().map(|entry| entry.path).collect());
        }
        let output = self
            .git
            .output(
                &[
                    "diff-index",
                    "--cached",
                    "-z",
                    "--no-renames",
                    "--name-only",
                    "--diff-filter=d",
                    "HEAD",
                    "--",
                ],
                None,
            )
            .map_err(index_error)?;
        Ok(fallback::paths(&output))
    }

    fn merge_base(
        &self,
        one: &CommitId,
        others: &[CommitId],
    ) -> Result<Option<CommitId>, GitError> {
        if others.is_empty() {
            return Ok(None);
        }
        // A command line has an end; with this many branches any common commit will do.
        let others = others.iter().take(MOST_OTHERS).map(CommitId::as_str);
        let mut arguments = vec!["merge-base", one.as_str()];
        arguments.extend(others);
        let id = self.line(&arguments)?;
        Ok(id.and_then(|id| CommitId::parse(&id)))
    }

    fn tips(&self, pattern: &str) -> Result<Vec<CommitId>, GitError> {
        // Git's own patterns end at slashes; a prefix means everything below it.
        let prefix = pattern.trim_end_matches('*');
        let output = self.git.output(
            &[
                "for-each-ref",
                "--format=%(objecttype) %(objectname)%00%(*objecttype) %(*objectname)",
                "--",
                prefix,
            ],
            None,
        )?;
        let text = String::from_utf8_lossy(&output);
        let mut tips: Vec<CommitId> = text
            .split(['\0', '\n'])
            .filter_map(|line| CommitId::parse(line.strip_prefix("commit ")?))
            .collect();
        tips.sort_unstable();
        tips.dedup();
        Ok(tips)
    }

    fn introduced(
        &self,
        tips: &[CommitId],
        not: &[CommitId],
    ) -> Result<Vec<IntroducedBlob>, GitError> {
        let commits = self.walk(tips, not)?;
        let output = self.git.output(
            &[
                "diff-tree",
                "--stdin",
                "-r",
                "-z",
                "--root",
                "-c",
                "--raw",
                "--no-renames",
                "--no-abbrev",
                "--diff-filter=d",
            ],
            Some(&commits),
        )?;
        let mut seen = HashSet::new();
        let mut blobs = Vec::new();
        for change in fallback::raw_changes(&output)? {
            let content = matches!(change.kind, Some(FileKind::File | FileKind::Link));
            if content && seen.insert(change.id) {
                blobs.push(IntroducedBlob {
                    oid: change.id.to_string(),
                    path: path_or_root(change.path),
                    commit: change.commit,
                });
            }
        }
        Ok(blobs)
    }

    fn write_blob(&self, bytes: &[u8]) -> Result<ObjectId, GitError> {
        program_write::blob(&self.git, bytes)
    }

    fn write_tree(&self, entries: &[NewEntry]) -> Result<ObjectId, GitError> {
        program_write::tree(&self.git, entries)
    }

    fn write_commit(
        &self,
        tree: &ObjectId,
        parent: Option<&CommitId>,
        signature: &Signature,
        message: &str,
    ) -> Result<CommitId, GitError> {
        program_write::commit(&self.git, tree, parent, signature, message)
    }

    fn reference(&self, name: &str) -> Result<Option<CommitId>, GitError> {
        program_write::reference(&self.git, name)
    }

    fn swap_reference(
        &self,
        name: &str,
        expected: Option<&CommitId>,
        new: &CommitId,
    ) -> Result<bool, GitError> {
        program_write::swap(&self.git, name, expected, new)
    }

    fn refresh(&self) -> Result<(), GitError> {
        // The git program looks for new packs by itself.
        Ok(())
    }
}

const MOST_OTHERS: usize = 10_000;

fn index_error(error: GitError) -> GitError {
    match error {
        GitError::Program { stderr, .. } if stderr.contains("index") => GitError::Corrupt {
            what: INDEX.to_owned(),
            cause: stderr,
        },
        other => other,
    }
}
