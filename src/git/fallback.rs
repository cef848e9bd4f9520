//! What the git program prints, read back: lists of files, changes, and blobs one after the other.

use std::io::{self, BufRead, Read};
use std::sync::{Mutex, PoisonError};

use crate::git::command::{Conversation, Git};
use crate::git::engine::{StoredEntry, StoredList, kind_of_mode};
use crate::git::error::GitError;
use crate::git::index::{self, IndexLine};
use crate::git::object::ObjectId;
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, FileKind, RefusedName};

/// Longer than any line that `git cat-file` answers with.
const LINE_LIMIT: u64 = 4096;

/// One file that a commit brings.
pub(crate) struct RawChange<'a> {
    pub(crate) commit: CommitId,
    pub(crate) kind: Option<FileKind>,
    pub(crate) id: ObjectId,
    pub(crate) path: &'a [u8],
}

/// Reads `git ls-tree -r -z`: `<mode> <type> <id>\t<path>`.
pub(crate) fn tree_files(output: &[u8]) -> Result<StoredList, GitError> {
    let mut list = StoredList::default();
    for record in records(output) {
        let (mode, id, path) = parse_tree_line(record).ok_or_else(|| strange("ls-tree", record))?;
        match RepoPath::from_git(path) {
            Ok(path) => list.entries.push(StoredEntry {
                path,
                kind: kind_of_mode(mode).unwrap_or(FileKind::Submodule),
                id,
                skip_worktree: false,
                conflicted: false,
            }),
            Err(error) => list.refused.push(RefusedName {
                name: String::from_utf8_lossy(path).into_owned(),
                error,
            }),
        }
    }
    Ok(list)
}

/// Reads `git ls-files -t -s -z`: `<tag> <mode> <id> <stage>\t<path>`.
pub(crate) fn index_files(output: &[u8]) -> Result<StoredList, GitError> {
    let lines = records(output)
        .map(|record| parse_index_line(record).ok_or_else(|| strange("ls-files", record)))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(index::collect(lines.into_iter()))
}

/// Reads paths that each end with a NUL.
pub(crate) fn paths(output: &[u8]) -> Vec<RepoPath> {
    let mut paths: Vec<RepoPath> = records(output)
        .filter_map(|record| RepoPath::from_git(record).ok())
        .collect();
    paths.sort_unstable();
    paths
}

/// Reads `git diff-tree --stdin -r -z -c --raw`: a commit, then for each file one colon per parent, the
/// modes before and after, the ids before and after, the kinds of change, and the path.
pub(crate) fn raw_changes(output: &[u8]) -> Result<Vec<RawChange<'_>>, GitError> {
    let mut changes = Vec::new();
    let mut commit = None;
    let mut rest = records(output);
    while let Some(record) = rest.next() {
        if !record.starts_with(b":") {
            let text = String::from_utf8_lossy(record);
            commit = Some(CommitId::parse(&text).ok_or_else(|| strange("diff-tree", record))?);
            continue;
        }
        let parents = record.iter().take_while(|byte| **byte == b':').count();
        let fields: Vec<&[u8]> = record[parents..].split(|byte| *byte == b' ').collect();
        let mode = fields.get(parents).and_then(|field| octal(field));
        let id = fields
            .get(2 * parents + 1)
            .and_then(|field| ObjectId::parse(field));
        match (&commit, mode, id, rest.next()) {
            (Some(commit), Some(mode), Some(id), Some(path)) => changes.push(RawChange {
                commit: commit.clone(),
                kind: kind_of_mode(mode),
                id,
                path,
            }),
            _ => return Err(strange("diff-tree", record)),
        }
    }
    Ok(changes)
}

/// Reads blobs through two long-lived programs: one tells sizes, the other contents, so that what is too
/// large is never sent.
pub(crate) struct Blobs {
    git: Git,
    readers: Mutex<Option<Readers>>,
}

struct Readers {
    sizes: Conversation,
    contents: Conversation,
}

impl Blobs {
    /// Starts nothing yet.
    pub(crate) fn new(git: Git) -> Self {
        Self {
            git,
            readers: Mutex::new(None),
        }
    }

    /// One blob; [`Content::Missing`] where the object is not here.
    pub(crate) fn read(&self, id: &ObjectId, limit: u64) -> Result<Content, GitError> {
        let mut slot = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut readers = match slot.take() {
            Some(readers) => readers,
            None => Readers {
                sizes: self.git.converse(&["cat-file", "--batch-check"])?,
                contents: self.git.converse(&["cat-file", "--batch"])?,
            },
        };
        match readers.read(id, limit) {
            Ok(content) => {
                *slot = Some(readers);
                Ok(content)
            }
            // Git ends when it meets a damaged object. Both programs are started afresh for the next one.
            Err(cause) => {
                drop(readers);
                Err(self.complaint(id, &cause))
            }
        }
    }

    /// What git has to say about an object that is here and that it cannot give; `None` where it is not here.
    pub(crate) fn message(&self, id: &ObjectId) -> Option<String> {
        let id = id.to_string();
        let here = self.git.run(&["cat-file", "-e", &id], None).ok()?;
        if !here.status.success() {
            return None;
        }
        let said = self.git.run(&["cat-file", "blob", &id], None).ok()?.message;
        // The last line is the most telling one.
        said.lines().next_back().map(str::to_owned)
    }

    fn complaint(&self, id: &ObjectId, cause: &io::Error) -> GitError {
        GitError::Corrupt {
            what: format!("object {id}"),
            cause: self
                .message(id)
                .unwrap_or_else(|| format!("git cannot read it ({cause})")),
        }
    }
}

impl Readers {
    fn read(&mut self, id: &ObjectId, limit: u64) -> io::Result<Content> {
        let Some((kind, size)) = header(&mut self.sizes, id)? else {
            return Ok(Content::Missing);
        };
        if kind != "blob" {
            return Ok(Content::NotAFile);
        }
        if size > limit {
            return Ok(Content::TooLarge(size));
        }
        if header(&mut self.contents, id)?.is_none_or(|(_, again)| again != size) {
            return Err(io::Error::other("its size changed"));
        }
        let length = usize::try_from(size).map_err(io::Error::other)?;
        let mut bytes = vec![0; length];
        self.contents.answers.read_exact(&mut bytes)?;
        let mut end = [0];
        self.contents.answers.read_exact(&mut end)?;
        Ok(Content::Bytes(bytes))
    }
}

/// Asks for an object and reads `<id> <type> <size>`; `None` for `<id> missing`.
fn header(conversation: &mut Conversation, id: &ObjectId) -> io::Result<Option<(String, u64)>> {
    conversation.ask(&id.to_string())?;
    let mut line = String::new();
    conversation
        .answers
        .by_ref()
        .take(LINE_LIMIT)
        .read_line(&mut line)?;
    if !line.ends_with('\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut fields = line.split_whitespace().skip(1);
    match (fields.next(), fields.next()) {
        (Some("missing"), None) => Ok(None),
        (Some(kind), Some(size)) => {
            let size = size.parse().map_err(io::Error::other)?;
            Ok(Some((kind.to_owned(), size)))
        }
        _ => Err(io::Error::other("an answer without a size")),
    }
}

fn records(output: &[u8]) -> impl Iterator<Item = &[u8]> {
    output
        .split(|byte| *byte == 0)
        .filter(|record| !record.is_empty())
}

fn parse_tree_line(record: &[u8]) -> Option<(u32, ObjectId, &[u8])> {
    let tab = record.iter().position(|byte| *byte == b'\t')?;
    let mut fields = record[..tab].split(|byte| *byte == b' ');
    let mode = octal(fields.next()?)?;
    let id = ObjectId::parse(fields.nth(1)?)?;
    Some((mode, id, &record[tab + 1..]))
}

fn parse_index_line(record: &[u8]) -> Option<IndexLine<'_>> {
    let tab = record.iter().position(|byte| *byte == b'\t')?;
    let mut fields = record[..tab].split(|byte| *byte == b' ');
    // A small letter says that the entry is also assumed to be unchanged.
    let tag = fields.next()?;
    Some(IndexLine {
        path: &record[tab + 1..],
        mode: octal(fields.next()?)?,
        id: ObjectId::parse(fields.next()?)?,
        stage: std::str::from_utf8(fields.next()?).ok()?.parse().ok()?,
        skip_worktree: matches!(tag, b"S" | b"s"),
    })
}

fn octal(text: &[u8]) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(text).ok()?, 8).ok()
}

fn strange(command: &str, record: &[u8]) -> GitError {
    let shown: String = String::from_utf8_lossy(record)
        .escape_debug()
        .take(80)
        .collect();
    GitError::Program {
        command: command.to_owned(),
        stderr: format!("its output has a line that cannot be read: {shown}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{index_files, raw_changes, tree_files};
    use crate::model::snapshot::FileKind;

    const ID: &str = "53c74cd6c8f3911ae716f60f9b79f575aab0e975";

    #[test]
    fn a_list_of_a_tree_keeps_newlines_in_names_and_refuses_names_that_climb() {
        let output = format!(
            "100644 blob {ID}\ta\nb\x00160000 commit {ID}\tsub\x00120000 blob {ID}\tlink\x00100644 blob {ID}\t../x\0"
        );
        let list = tree_files(output.as_bytes()).unwrap();
        let seen: Vec<(&str, FileKind)> = list
            .entries
            .iter()
            .map(|entry| (entry.path.as_str(), entry.kind))
            .collect();
        assert_eq!(
            seen,
            [
                ("a\nb", FileKind::File),
                ("sub", FileKind::Submodule),
                ("link", FileKind::Link)
            ]
        );
        assert_eq!(list.refused[0].name, "../x");
    }

    #[test]
    fn a_list_of_an_index_knows_what_a_sparse_checkout_leaves_out() {
        let output = format!("H 100644 {ID} 0\ta\0S 100644 {ID} 0\tb\0");
        let list = index_files(output.as_bytes()).unwrap();
        let seen: Vec<bool> = list
            .entries
            .iter()
            .map(|entry| entry.skip_worktree)
            .collect();
        assert_eq!(seen, [false, true]);
    }

    #[test]
    fn changes_of_merges_and_of_plain_commits_are_told_apart() {
        let zero = "0".repeat(40);
        let output = format!(
            "{ID}\0:000000 100644 {zero} {ID} A\0a\0{zero}\0::100644 100644 120000 {zero} {zero} {ID} MM\0b\0"
        );
        let changes = raw_changes(output.as_bytes()).unwrap();
        assert_eq!(changes.len(), 2);
        assert_eq!(changes[0].path, b"a");
        assert_eq!(changes[1].kind, Some(FileKind::Link));
        assert_eq!(changes[1].id.to_string(), ID);
        assert!(changes[1].commit.is_zero());
    }

    #[test]
    fn a_line_that_is_none_is_an_error() {
        assert!(tree_files(b"nonsense\0").is_err());
        assert!(index_files(b"H 100644\ta\0").is_err());
        assert!(raw_changes(b":100644 1\0x\0").is_err());
    }
}
