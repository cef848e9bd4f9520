//! The script that git starts for each hook type: written for one binary, and read back.
//!
//! The script says what it is in its first lines: a version, the SHA-256 of everything below that line,
//! its hook type, and how many directories were made for it. So a later program can tell a script of
//! ours from one that somebody edited, without keeping every script there ever was.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::model::digest::Digest;

/// The version of the scripts that this program writes.
pub const SCRIPT_VERSION: u32 = 2;

/// The ending of an earlier hook that is kept beside ours and runs first.
pub const EARLIER_SUFFIX: &str = ".git-postman-before";

const MARKER: &str = "# git-postman hook, script ";
const DIGEST: &str = "# sha256 of the lines below: ";
const HOOK_TYPE: &str = "# hook type: ";
const DIRECTORIES_MADE: &str = "# directories made: ";
const BINARY: &str = "gp_binary=";

/// A git hook that this program knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HookType {
    /// Before a commit is made: the index is looked at.
    PreCommit,
    /// Before objects are sent: the pushed commits are looked at.
    PrePush,
    /// On a server, before any reference of a push is moved: all of them are looked at together.
    PreReceive,
    /// On a server, before one reference is moved.
    Update,
    /// On a server, after references were moved: the active branch is carried to Postman.
    PostReceive,
}

/// Some text names no hook type that this program knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown hook type; expected pre-commit, pre-push, pre-receive, update or post-receive")]
pub struct UnknownHookType;

/// A script of ours, as found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledScript {
    /// The version of the script.
    pub version: u32,
    /// The hook type it runs.
    pub hook_type: HookType,
    /// The program it starts first; `None` where somebody removed that line.
    pub binary: Option<PathBuf>,
    /// How many directories were made for it, the hooks directory and those above it.
    pub directories_made: usize,
    /// Whether somebody changed it after it was written.
    pub edited: bool,
}

impl HookType {
    /// Those of somebody's clone.
    pub const CLIENT: [Self; 2] = [Self::PreCommit, Self::PrePush];
    /// Those of a repository that others push to.
    pub const SERVER: [Self; 3] = [Self::PreReceive, Self::Update, Self::PostReceive];
    /// Every hook type, in the order in which git runs them.
    pub const ALL: [Self; 5] = [
        Self::PreCommit,
        Self::PrePush,
        Self::PreReceive,
        Self::Update,
        Self::PostReceive,
    ];

    /// The name of the hook, which is the name of its file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PrePush => "pre-push",
            Self::PreReceive => "pre-receive",
            Self::Update => "update",
            Self::PostReceive => "post-receive",
        }
    }

    /// What does not happen where the program is missing.
    fn nothing(self) -> &'static str {
        match self {
            Self::PreCommit => "nothing was checked and nothing is committed",
            Self::PrePush => "nothing was checked and nothing is pushed",
            Self::PreReceive => "nothing was checked and nothing is taken",
            Self::Update => "nothing was checked and this reference is not moved",
            Self::PostReceive => "Postman does not hear of this push",
        }
    }

    /// What to do in a hurry.
    fn way_out(self) -> &'static str {
        match self {
            Self::PreCommit => {
                "to commit once without the check, add --no-verify; to drop the hook, delete $0"
            }
            Self::PrePush => {
                "to push once without the check, add --no-verify; to drop the hook, delete $0"
            }
            Self::PreReceive | Self::Update | Self::PostReceive => {
                "whoever runs this server can drop the hook: delete $0"
            }
        }
    }
}

impl FromStr for HookType {
    type Err = UnknownHookType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|hook_type| hook_type.as_str() == text)
            .ok_or(UnknownHookType)
    }
}

impl fmt::Display for HookType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The script of `hook_type` that starts `binary`.
///
/// `binary` must have no line break: the caller has refused such a path.
pub fn script(hook_type: HookType, binary: &Path, directories_made: usize) -> Vec<u8> {
    let template = match hook_type {
        HookType::PreCommit | HookType::Update => include_str!("../../hooks/with-arguments.sh"),
        HookType::PrePush | HookType::PreReceive | HookType::PostReceive => {
            include_str!("../../hooks/with-lines.sh")
        }
    };
    let template = template
        .replace("@made@", &directories_made.to_string())
        .replace("@type@", hook_type.as_str())
        .replace("@nothing@", hook_type.nothing())
        .replace("@way out@", hook_type.way_out());
    let quoted = shell_quoted(&shell_path(binary));
    let (head, body) = template.split_once("@digest@\n").unwrap_or((&template, ""));
    let mut written_body = Vec::with_capacity(body.len() + quoted.len());
    match body.split_once("'@binary@'") {
        None => written_body.extend_from_slice(body.as_bytes()),
        Some((before, after)) => {
            written_body.extend_from_slice(before.as_bytes());
            written_body.extend_from_slice(&quoted);
            written_body.extend_from_slice(after.as_bytes());
        }
    }
    let mut written = format!("{head}{}\n", Digest::of(&written_body)).into_bytes();
    written.append(&mut written_body);
    written
}

/// Reads a script of ours; `None` where the file is somebody else's.
pub fn read_script(bytes: &[u8]) -> Option<InstalledScript> {
    let mut lines = bytes
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii_end);
    if lines.next()? != b"#!/bin/sh" {
        return None;
    }
    let version = text_after(lines.next()?, MARKER)?.parse().ok()?;
    let mut found = InstalledScript {
        version,
        hook_type: HookType::PreCommit,
        binary: None,
        directories_made: 0,
        edited: !digest_holds(bytes),
    };
    let mut hook_type = None;
    for line in lines {
        if let Some(name) = text_after(line, HOOK_TYPE) {
            hook_type = hook_type.or(name.parse().ok());
        } else if let Some(count) = text_after(line, DIRECTORIES_MADE) {
            found.directories_made = count.parse().unwrap_or_default();
        } else if let Some(quoted) = line.strip_prefix(BINARY.as_bytes()) {
            found.binary = shell_unquoted(quoted).and_then(path_from_bytes);
            break;
        }
    }
    found.hook_type = hook_type?;
    Some(found)
}

fn digest_holds(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    for _ in 0..2 {
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            return false;
        };
        rest = &rest[end + 1..];
    }
    let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
        return false;
    };
    let (line, body) = (&rest[..end], &rest[end + 1..]);
    text_after(line, DIGEST).is_some_and(|digest| digest == Digest::of(body).to_string())
}

fn text_after<'a>(line: &'a [u8], start: &str) -> Option<&'a str> {
    std::str::from_utf8(line.strip_prefix(start.as_bytes())?).ok()
}

/// A path as a POSIX shell wants it: on Windows with slashes and without the `\\?\` of long paths.
fn shell_path(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes();
    if !cfg!(windows) {
        return bytes.to_vec();
    }
    let bytes = bytes.strip_prefix(br"\\?\").unwrap_or(bytes);
    bytes
        .iter()
        .map(|byte| if *byte == b'\\' { b'/' } else { *byte })
        .collect()
}

/// Text in single quotes, where a shell reads nothing; a quote of its own is `'\''`.
fn shell_quoted(bytes: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'\''];
    for byte in bytes {
        match byte {
            b'\'' => quoted.extend_from_slice(br"'\''"),
            other => quoted.push(*other),
        }
    }
    quoted.push(b'\'');
    quoted
}

fn shell_unquoted(quoted: &[u8]) -> Option<Vec<u8>> {
    let inner = quoted.strip_prefix(b"'")?.strip_suffix(b"'")?;
    let mut plain = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((first, after)) = rest.split_first() {
        if *first == b'\'' {
            rest = after.strip_prefix(br"\''")?;
        } else {
            rest = after;
        }
        plain.push(*first);
    }
    Some(plain)
}

#[cfg(unix)]
fn path_from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt as _;
    Some(PathBuf::from(OsString::from_vec(bytes)))
}

#[cfg(not(unix))]
fn path_from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    let text = String::from_utf8(bytes).ok()?;
    Some(PathBuf::from(OsString::from(text)))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{HookType, SCRIPT_VERSION, read_script, script};

    #[test]
    fn a_script_is_read_back_as_it_was_written() {
        for path in [
            "/usr/bin/git-postman",
            "/a b/it's \"here\"/$HOME/`x`/git-postman",
            "/''/x",
        ] {
            for hook_type in HookType::ALL {
                let read = read_script(&script(hook_type, Path::new(path), 2)).unwrap();
                assert_eq!(read.version, SCRIPT_VERSION);
                assert_eq!(read.hook_type, hook_type);
                assert_eq!(read.binary, Some(PathBuf::from(path)));
                assert_eq!(read.directories_made, 2);
                assert!(!read.edited);
            }
        }
    }

    #[test]
    fn no_placeholder_and_no_carriage_return_is_left() {
        for hook_type in HookType::ALL {
            let text = String::from_utf8(script(hook_type, Path::new("/x"), 0)).unwrap();
            assert!(
                text.starts_with("#!/bin/sh\n# git-postman hook, script 2\n"),
                "{text}"
            );
            for left in [
                "@digest@",
                "@binary@",
                "@made@",
                "@type@",
                "@nothing@",
                "@way out@",
                "\r",
            ] {
                assert!(!text.contains(left), "{text}");
            }
            assert!(
                text.contains(&format!("hook run {hook_type} -- \"$@\"")),
                "{text}"
            );
        }
    }

    #[test]
    fn any_edit_below_the_digest_shows() {
        let written = String::from_utf8(script(HookType::PrePush, Path::new("/x"), 0)).unwrap();
        let edits = [
            written.replace("binary='/x'", "binary='/y'"),
            format!("{written}echo more\n"),
            written.replace('\n', "\r\n"),
            written.replace("# directories made: 0", "# directories made: 9"),
            written.lines().take(5).collect::<Vec<_>>().join("\n"),
        ];
        for edit in edits {
            assert!(read_script(edit.as_bytes()).unwrap().edited, "{edit}");
        }
    }

    #[test]
    fn a_hook_of_somebody_else_is_not_ours() {
        for foreign in [
            "",
            "#!/bin/sh\n",
            "#!/bin/sh\nexec git-postman hook run pre-push -- \"$@\"\n",
            "#!/bin/sh\n# git-postman hook, script one\n",
            "#!/bin/bash\n# git-postman hook, script 1\n# hook type: pre-push\n",
            "#!/bin/sh\n# git-postman hook, script 1\n# hook type: post-merge\n",
        ] {
            assert_eq!(read_script(foreign.as_bytes()), None, "{foreign}");
        }
        assert_eq!(read_script(b"\x7fELF\xff\xfe"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_binary_path_that_is_not_utf8_survives() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt as _;
        let path = Path::new(OsStr::from_bytes(b"/caf\xe9/git-postman"));
        let read = read_script(&script(HookType::PreCommit, path, 0)).unwrap();
        assert_eq!(read.binary.as_deref(), Some(path));
    }

    #[test]
    fn hook_types_have_the_names_of_their_files() {
        for hook_type in HookType::ALL {
            assert_eq!(hook_type.as_str().parse(), Ok(hook_type));
        }
        assert!("post-merge".parse::<HookType>().is_err());
    }
}
