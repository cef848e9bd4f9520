//! One file of the project, read and parsed, and the few facts that rules about the whole need of it.

use std::sync::OnceLock;

use crate::format::Parsed;
use crate::format::detect::Format;
use crate::model::finding::Place;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, Snapshot, SnapshotError};
use crate::model::span::{LineIndex, Span};

/// One file.
#[derive(Debug)]
pub struct File {
    /// Where it is.
    pub path: RepoPath,
    /// What was found there.
    pub state: State,
    lines: OnceLock<LineIndex>,
}

/// What stands at a path.
#[derive(Debug)]
pub enum State {
    /// A file that was read.
    Read {
        /// Its size in bytes.
        size: u64,
        /// What it says.
        parsed: Box<Parsed>,
    },
    /// A pointer of Git LFS: the content is kept elsewhere.
    Lfs,
    /// A symbolic link and its target.
    Link(String),
    /// A submodule, pipe, socket or device.
    NotAFile,
    /// Larger than what is read, in bytes.
    TooLarge(u64),
    /// Nothing.
    Missing,
    /// The file is there and cannot be read.
    Unreadable(SnapshotError),
}

/// What rules about the whole need to know of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its format.
    pub format: Format,
    /// Its size in bytes.
    pub size: u64,
    /// The verdict of syntax and schema.
    pub valid: Option<bool>,
    /// Whether it is read as the kind of file it claims to be.
    pub parses: bool,
    /// A collection's `info._uid`, with its place.
    pub uid: Option<(String, Place)>,
}

impl File {
    /// Reads a file; at most `limit` bytes of it.
    pub fn read(snapshot: &dyn Snapshot, path: &RepoPath, limit: u64) -> Self {
        let state = match snapshot.read(path, limit) {
            Ok(Content::Bytes(bytes)) if is_lfs_pointer(&bytes) => State::Lfs,
            Ok(Content::Bytes(bytes)) => State::Read {
                size: bytes.len() as u64,
                parsed: Box::new(crate::format::parse(path.as_str(), bytes)),
            },
            Ok(Content::Link(target)) => State::Link(String::from_utf8_lossy(&target).into_owned()),
            Ok(Content::NotAFile) => State::NotAFile,
            Ok(Content::TooLarge(size)) => State::TooLarge(size),
            Ok(Content::Missing) => State::Missing,
            Err(error) => State::Unreadable(error),
        };
        Self {
            path: path.clone(),
            state,
            lines: OnceLock::new(),
        }
    }

    /// What it says, where it was read.
    pub fn parsed(&self) -> Option<&Parsed> {
        match &self.state {
            State::Read { parsed, .. } => Some(parsed),
            _ => None,
        }
    }

    /// Its text; empty where it was not read.
    pub fn text(&self) -> &str {
        self.parsed().map_or("", Parsed::source)
    }

    /// Its size in bytes, as far as it is known.
    pub fn size(&self) -> u64 {
        match &self.state {
            State::Read { size, .. } | State::TooLarge(size) => *size,
            _ => 0,
        }
    }

    /// A place in it.
    pub fn place(&self, span: Span) -> Place {
        let lines = match self.parsed().and_then(|parsed| parsed.document.as_ref()) {
            Some(document) => document.lines(),
            None => self.lines.get_or_init(|| LineIndex::new(self.text())),
        };
        Place::in_text(&self.path, self.text(), lines, span)
    }

    /// The facts that outlive the file.
    pub fn facts(&self) -> Option<Facts> {
        let State::Read { size, parsed } = &self.state else {
            return None;
        };
        let uid = parsed
            .subject()
            .filter(|_| parsed.format.is_collection())
            .and_then(|(subject, _)| {
                let uid = subject.at("/info/_uid")?;
                Some((uid.as_str()?.to_owned(), self.place(uid.span())))
            });
        let parses = !parsed
            .faults
            .iter()
            .any(|fault| fault.kind == crate::format::fault::FaultKind::Syntax);
        Some(Facts {
            format: parsed.format,
            size: *size,
            valid: parsed.valid,
            parses,
            uid,
        })
    }
}

/// The first line of the pointer files of Git LFS, as its specification has it.
fn is_lfs_pointer(bytes: &[u8]) -> bool {
    bytes.len() < 1024 && bytes.starts_with(b"version https://git-lfs.github.com/spec/v1\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{File, State};
    use crate::format::detect::Format;
    use crate::model::path::RepoPath;
    use crate::model::snapshot::MemorySnapshot;

    fn file(name: &str, text: &str) -> File {
        let path = RepoPath::parse(name).unwrap();
        let snapshot =
            MemorySnapshot::new(BTreeMap::from([(path.clone(), text.as_bytes().to_vec())]));
        File::read(&snapshot, &path, 1000)
    }

    #[test]
    fn an_lfs_pointer_is_said_and_not_parsed() {
        let text = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n";
        assert!(matches!(file("a.json", text).state, State::Lfs));
    }

    #[test]
    fn facts_keep_the_uid_and_its_line() {
        let facts = file("a.json", "{\"info\": {\n\"_uid\": \"1-x\"}, \"item\": []}")
            .facts()
            .unwrap();
        let (uid, place) = facts.uid.unwrap();
        assert_eq!(
            (uid.as_str(), place.location.start.line, facts.format),
            ("1-x", 2, Format::Collection21)
        );
    }

    #[test]
    fn a_large_file_is_not_read() {
        assert!(matches!(
            file("a.json", &" ".repeat(1001)).state,
            State::TooLarge(1001)
        ));
    }
}
