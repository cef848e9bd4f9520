//! The merge and diff drivers in a repository: one block of `.gitattributes` and three sections of git's configuration.

use crate::project::Project;
use crate::project::service::Role;
use crate::setup::hook_changes::SetupError;

/// The name that `.gitattributes` and the configuration use.
pub const DRIVER: &str = "git-postman";

const START: &str = "# git-postman: documents are merged by what they mean";
const END: &str = "# git-postman: end";

/// What the block of `.gitattributes` is to be: which directories it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// Directories below which documents are merged and shown by meaning, relative to the repository.
    pub directories: Vec<String>,
}

impl Attributes {
    /// The directories of a project that hold documents.
    pub fn of(project: &Project<'_>) -> Self {
        let managed = project
            .services
            .iter()
            .flat_map(|service| &service.directories);
        let mut directories: Vec<String> = managed
            .filter(|directory| {
                matches!(
                    directory.role,
                    Role::Collections | Role::Schemas | Role::Environments
                )
            })
            .filter(|directory| !directory.path.is_root())
            .map(|directory| directory.path.as_str().to_owned())
            .collect();
        directories.sort();
        directories.dedup();
        Self { directories }
    }
}

/// `.gitattributes` with our block for these directories, or without it where there are none. Every other line stays.
///
/// # Errors
/// A block that somebody began to edit: its end is missing.
pub fn with_block(text: &str, attributes: &Attributes) -> Result<String, SetupError> {
    let mut rest = String::new();
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        match line.trim_end() {
            START => inside = true,
            END if inside => inside = false,
            _ if inside => {}
            _ => rest.push_str(line),
        }
    }
    if inside {
        return Err(SetupError::EditedAttributes);
    }
    if attributes.directories.is_empty() {
        return Ok(rest);
    }
    if !rest.is_empty() && !rest.ends_with('\n') {
        rest.push('\n');
    }
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut block = format!("{START}{newline}");
    for directory in &attributes.directories {
        for extension in ["json", "yaml", "yml"] {
            let pattern = pattern(directory, extension);
            block.push_str(&format!("{pattern} merge={DRIVER} diff={DRIVER}{newline}"));
        }
    }
    Ok(format!("{rest}{block}{END}{newline}"))
}

/// A pattern for the files of an extension below a directory, quoted as `.gitattributes` wants it.
fn pattern(directory: &str, extension: &str) -> String {
    let mut escaped = String::new();
    for character in directory.chars() {
        if matches!(character, '*' | '?' | '[' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    let pattern = format!("/{escaped}/**/*.{extension}");
    if pattern.contains([' ', '\t', '"', '#', '!', '\\']) {
        format!("\"{}\"", pattern.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        pattern
    }
}

/// The sections of git's configuration that are ours.
pub const SECTIONS: [&str; 3] = [
    "merge.git-postman",
    "merge.git-postman-ancestor",
    "diff.git-postman",
];

/// The driver for common ancestors. Where two branches have several, git merges these first, in the background; conflicts
/// of that merge are no person's.
const ANCESTOR_DRIVER: &str = "git-postman-ancestor";

/// The keys and values of git's configuration that name the drivers. For a difference there are two: `git diff` starts the
/// command, and `git log -p`, `git show` and `git blame`, which start no command unless they are told to, show the changed
/// lines of the readable text.
pub fn settings(program: &str) -> [(String, String); 7] {
    let quoted = format!("'{}'", program.replace('\'', r"'\''"));
    [
        (
            format!("merge.{DRIVER}.name"),
            "merge Postman documents by what they mean".to_owned(),
        ),
        (
            format!("merge.{DRIVER}.driver"),
            format!("{quoted} merge-driver %O %A %B %P"),
        ),
        (
            format!("merge.{DRIVER}.recursive"),
            ANCESTOR_DRIVER.to_owned(),
        ),
        (
            format!("merge.{ANCESTOR_DRIVER}.driver"),
            format!("{quoted} merge-driver --ancestor %O %A %B %P"),
        ),
        (
            format!("diff.{DRIVER}.command"),
            format!("{quoted} diff-driver"),
        ),
        (
            format!("diff.{DRIVER}.textconv"),
            format!("{quoted} diff-driver --textconv"),
        ),
        // Requests that look alike are then kept apart by their names.
        (format!("diff.{DRIVER}.algorithm"), "patience".to_owned()),
    ]
}

/// The program that a driver of git's configuration starts, as [`settings`] has quoted it; `None` for another command.
pub fn program_of(value: &str) -> Option<String> {
    let quoted = value.strip_prefix('\'')?;
    let end = quoted.find("' merge-driver")?;
    Some(quoted[..end].replace(r"'\''", "'"))
}

#[cfg(test)]
mod tests {
    use super::{Attributes, program_of, settings, with_block};

    fn directories(names: &[&str]) -> Attributes {
        Attributes {
            directories: names.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn the_block_comes_and_goes_and_leaves_every_other_byte() {
        for text in [
            "",
            "*.png binary\n",
            "*.png binary",
            "# a\r\n*.bat eol=crlf\r\n",
        ] {
            let with = with_block(text, &directories(&["postman/collections", "a b"])).unwrap();
            assert!(
                with.contains("/postman/collections/**/*.json merge=git-postman"),
                "{with}"
            );
            assert!(
                with.contains("\"/a b/**/*.json\" merge=git-postman diff=git-postman")
                    && with.contains("\"/a b/**/*.yml\" merge=git-postman diff=git-postman"),
                "{with}"
            );
            assert_eq!(
                with_block(&with, &directories(&["postman/collections", "a b"])).unwrap(),
                with
            );
            let without = with_block(&with, &directories(&[])).unwrap();
            assert_eq!(without.trim_end(), text.trim_end());
        }
    }

    #[test]
    fn a_block_without_its_end_is_not_guessed_at() {
        let text = "# git-postman: documents are merged by what they mean\n*.json text\n";
        assert!(with_block(text, &directories(&[])).is_err());
    }

    #[test]
    fn the_program_is_quoted_for_the_shell() {
        assert_eq!(
            settings("/a b/it's")[1].1,
            r"'/a b/it'\''s' merge-driver %O %A %B %P"
        );
        let driver = &settings("/a b/it's")[1].1;
        assert_eq!(program_of(driver).as_deref(), Some("/a b/it's"));
        assert_eq!(program_of("meld %A"), None);
        assert_eq!(
            settings("/a b/it's")[5].1,
            r"'/a b/it'\''s' diff-driver --textconv"
        );
    }
}
