//! Patterns of files that git leaves out, read with the `ignore` crate.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::git::disk::system_path;

/// A longer file of patterns is read up to here.
const PATTERNS_LIMIT: u64 = 16 << 20;

/// Patterns of one directory, and those of the directories above.
pub(crate) struct Patterns {
    own: Gitignore,
    /// How many bytes of a path stand before the part that the patterns are matched against.
    start: usize,
    above: Option<Arc<Self>>,
}

impl Patterns {
    /// Patterns of a file, for names below the directory that `start` bytes of a path lead to. Those in
    /// `above` count where these say nothing.
    pub(crate) fn of_file(
        path: &Path,
        start: usize,
        ignores_case: bool,
        above: Option<Arc<Self>>,
    ) -> Self {
        // A pipe is never opened.
        let own = if fs::metadata(path).is_ok_and(|data| data.is_file()) {
            read_patterns(path, ignores_case)
        } else {
            Gitignore::empty()
        };
        Self { own, start, above }
    }

    /// Whether git would leave this name out; the patterns of the nearest directory win.
    pub(crate) fn ignore(&self, path: &[u8], is_directory: bool) -> bool {
        let mut patterns = Some(self);
        while let Some(current) = patterns {
            let rest = path.get(current.start..).unwrap_or_default();
            match current.own.matched(system_path(rest), is_directory) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => patterns = current.above.as_deref(),
            }
        }
        false
    }
}

/// Reads a file of patterns line by line. A line that is no pattern counts for nothing, as in git.
fn read_patterns(path: &Path, ignores_case: bool) -> Gitignore {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(PATTERNS_LIMIT).read_to_end(&mut bytes));
    if read.is_err() {
        return Gitignore::empty();
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut builder = GitignoreBuilder::new("");
    let _ = builder.case_insensitive(ignores_case);
    for line in text.trim_start_matches('\u{feff}').lines() {
        let _ = builder.add_line(None, line);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}
