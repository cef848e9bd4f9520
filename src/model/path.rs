//! Paths inside a repository: relative, with forward slashes, never climbing out.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// A path below the root of a repository. The root itself is the empty path.
///
/// Git allows names that are not UTF-8. Such a path keeps its bytes beside a readable form; two paths
/// are the same where their bytes are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath {
    text: String,
    raw: Option<Box<[u8]>>,
}

/// Why some text is no path inside a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It starts at the root of a file system or names a drive.
    #[error("is absolute")]
    Absolute,
    /// It goes up past the root of the repository.
    #[error("leaves the repository")]
    LeavesRepository,
    /// It has backslashes, which only Windows reads as separators.
    #[error("uses backslashes")]
    Backslash,
    /// It has a part that is empty or `.`.
    #[error("has an empty or `.` part")]
    EmptyPart,
    /// It has a NUL character.
    #[error("has a NUL character")]
    Nul,
}

impl RepoPath {
    /// The root of the repository.
    pub fn root() -> Self {
        Self {
            text: String::new(),
            raw: None,
        }
    }

    /// Reads a path strictly: as git writes one.
    ///
    /// # Errors
    /// Everything that git itself would not store.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if text.is_empty() {
            return Ok(Self::root());
        }
        if text.contains('\0') {
            return Err(PathError::Nul);
        }
        if text.starts_with('/') {
            return Err(PathError::Absolute);
        }
        for part in text.split('/') {
            match part {
                ".." => return Err(PathError::LeavesRepository),
                "" | "." => return Err(PathError::EmptyPart),
                _ => {}
            }
        }
        Ok(Self {
            text: text.to_owned(),
            raw: None,
        })
    }

    /// Reads a path as a person or Postman wrote it, relative to `base`: `./` and doubled slashes are
    /// dropped, `..` goes up as long as it stays inside.
    ///
    /// # Errors
    /// Absolute paths, paths that climb out of the repository, backslashes.
    pub fn resolve(base: &Self, text: &str) -> Result<Self, PathError> {
        if text.contains('\0') {
            return Err(PathError::Nul);
        }
        if text.contains('\\') {
            return Err(PathError::Backslash);
        }
        let drive = text.len() >= 2
            && text.as_bytes()[1] == b':'
            && text.as_bytes()[0].is_ascii_alphabetic();
        if text.starts_with('/') || drive {
            return Err(PathError::Absolute);
        }
        let mut parts: Vec<&str> = base.components().collect();
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop().ok_or(PathError::LeavesRepository)?;
                }
                name => parts.push(name),
            }
        }
        Ok(Self {
            text: parts.join("/"),
            raw: None,
        })
    }

    /// A path outside of any repository, as a person wrote it, for messages about it.
    pub fn outside(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            raw: None,
        }
    }

    /// Takes a path from git's own lists, where every byte but NUL may stand.
    ///
    /// # Errors
    /// A path that git should never have stored, such as one with a `..` part.
    pub fn from_git(bytes: &[u8]) -> Result<Self, PathError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::parse(text),
            Err(_) => {
                let lossy = Self::parse(&String::from_utf8_lossy(bytes))?;
                Ok(Self {
                    raw: Some(bytes.into()),
                    ..lossy
                })
            }
        }
    }

    /// The path as text; where the name is not UTF-8, with replacement characters.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The path as git stores it.
    pub fn as_bytes(&self) -> &[u8] {
        self.raw.as_deref().unwrap_or(self.text.as_bytes())
    }

    /// Whether the name is UTF-8 all through.
    pub fn is_utf8(&self) -> bool {
        self.raw.is_none()
    }

    /// Whether this is the root of the repository.
    pub fn is_root(&self) -> bool {
        self.text.is_empty()
    }

    /// The parts between the slashes.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.text.split('/').filter(|part| !part.is_empty())
    }

    /// The last part; empty for the root.
    pub fn file_name(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or_default()
    }

    /// What follows the last dot of the file name, in lower case; empty where there is none.
    pub fn extension(&self) -> String {
        match self.file_name().rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => extension.to_ascii_lowercase(),
            _ => String::new(),
        }
    }

    /// The directory that holds this path; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let directory = self
            .text
            .rsplit_once('/')
            .map_or("", |(directory, _)| directory);
        let raw = self.raw.as_ref().and_then(|raw| {
            let end = raw.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
            std::str::from_utf8(&raw[..end])
                .is_err()
                .then(|| raw[..end].into())
        });
        Some(Self {
            text: directory.to_owned(),
            raw,
        })
    }

    /// One more part below this path. `name` must be a single part or several joined by slashes.
    ///
    /// # Errors
    /// As for [`RepoPath::parse`].
    pub fn join(&self, name: &str) -> Result<Self, PathError> {
        if self.is_root() {
            return Self::parse(name);
        }
        Self::parse(&format!("{}/{name}", self.text))
    }

    /// Whether this path is `directory` or lies below it.
    pub fn is_within(&self, directory: &Self) -> bool {
        let (path, directory) = (self.as_bytes(), directory.as_bytes());
        directory.is_empty()
            || path == directory
            || (path.len() > directory.len()
                && path.starts_with(directory)
                && path[directory.len()] == b'/')
    }

    /// The rest of this path below `directory`; `None` where it is not below it.
    pub fn below(&self, directory: &Self) -> Option<&str> {
        if directory.is_root() {
            return Some(&self.text);
        }
        self.text
            .strip_prefix(directory.as_str())?
            .strip_prefix('/')
    }

    /// What two paths share where Windows or macOS would keep them as one: lower case, composed.
    pub fn folded(&self) -> String {
        if self.text.is_ascii() {
            return self.text.to_ascii_lowercase();
        }
        self.text.nfc().flat_map(char::to_lowercase).nfc().collect()
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::{PathError, RepoPath};

    fn path(text: &str) -> RepoPath {
        RepoPath::parse(text).unwrap()
    }

    #[test]
    fn a_path_never_climbs_out() {
        for (text, error) in [
            ("../x", PathError::LeavesRepository),
            ("a/../b", PathError::LeavesRepository),
            ("/etc/passwd", PathError::Absolute),
            ("a//b", PathError::EmptyPart),
            ("./a", PathError::EmptyPart),
            ("a\0b", PathError::Nul),
        ] {
            assert_eq!(RepoPath::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_written_path_is_resolved_against_its_base() {
        let base = path("service/.postman");
        assert_eq!(
            RepoPath::resolve(&base, "../postman/specs"),
            Ok(path("service/postman/specs"))
        );
        assert_eq!(RepoPath::resolve(&base, "../../"), Ok(RepoPath::root()));
        assert_eq!(
            RepoPath::resolve(&base, "../../../x"),
            Err(PathError::LeavesRepository)
        );
        assert_eq!(
            RepoPath::resolve(&base, "..\\postman"),
            Err(PathError::Backslash)
        );
        assert_eq!(RepoPath::resolve(&base, "C:/x"), Err(PathError::Absolute));
    }

    #[test]
    fn within_means_whole_parts() {
        assert!(path("a/b").is_within(&path("a")));
        assert!(path("a").is_within(&path("a")));
        assert!(!path("ab").is_within(&path("a")));
        assert!(path("a").is_within(&RepoPath::root()));
        assert_eq!(path("a/b/c").below(&path("a")), Some("b/c"));
        assert_eq!(path("ab").below(&path("a")), None);
    }

    #[test]
    fn folding_joins_what_other_systems_join() {
        assert_eq!(
            path("Caf\u{e9}.json").folded(),
            path("cafe\u{301}.JSON").folded()
        );
        assert_ne!(path("a.json").folded(), path("b.json").folded());
    }

    #[test]
    fn names_that_are_not_utf8_stay_apart() {
        let (one, other) = (
            RepoPath::from_git(b"a/\xff").unwrap(),
            RepoPath::from_git(b"a/\xfe").unwrap(),
        );
        assert_ne!(one, other);
        assert_eq!(one.as_str(), other.as_str());
        assert!(!one.is_utf8());
        assert_eq!(one.parent().unwrap(), path("a"));
    }

    #[test]
    fn extensions_are_read_in_lower_case() {
        assert_eq!(path("a/B.JSON").extension(), "json");
        assert_eq!(path("a/.gitignore").extension(), "");
    }
}
