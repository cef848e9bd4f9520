//! `diff-driver`: what git calls where `.gitattributes` says `diff=git-postman`, to show a difference by what it means
//! (`git diff`) and to turn a document into readable text (`git log -p`, `git show`, `git blame`).

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::comparing::{Versions, Whole, comparable, compare, text_of};
use crate::cli::failure::Failure;
use crate::cli::reading::{MAX_BYTES, NO_LIMIT, read_file};
use crate::cli::reporting::print;
use crate::cli::session::Session;
use crate::format::diff_lines::changed_lines;
use crate::format::read as read_document;
use crate::format::readable::readable;
use crate::model::difference::{ContentDifference, Difference, FileDifference, FileStatus};
use crate::model::text::visible;
use crate::report::difference::{Detail, DifferenceFormat, render_difference};
use crate::report::style::Style;

/// What git names where there is no file.
const NOWHERE: &str = "/dev/null";

/// The modes of git that are no ordinary file: a link and a submodule.
const ODD_MODES: [&str; 2] = ["120000", "160000"];

/// Show a difference as git's diff driver
///
/// Git calls it with the path and both versions, or with --textconv and one file. The exit code is 0 as git demands, also
/// where the versions differ.
#[derive(Args, Debug)]
#[command(
    after_help = "Set up by `git postman hook install --drivers`, or by hand:
  git config diff.git-postman.command 'git-postman diff-driver'
  git config diff.git-postman.textconv 'git-postman diff-driver --textconv'
  echo 'postman/collections/**/*.json diff=git-postman' >> .gitattributes"
)]
pub struct DiffDriverArgs {
    /// Print FILE as readable text, one fact a line
    #[arg(long, value_name = "FILE", conflicts_with = "arguments")]
    textconv: Option<PathBuf>,
    /// PATH OLD-FILE OLD-HEX OLD-MODE NEW-FILE NEW-HEX NEW-MODE [NEW-PATH WHAT]; PATH alone for an unmerged file
    #[arg(
        value_name = "ARGUMENT",
        required_unless_present = "textconv",
        allow_hyphen_values = true,
        num_args = 1..=9
    )]
    arguments: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// Arguments that git never gives, a version that cannot be read.
pub fn run(args: &DiffDriverArgs, session: &Session) -> Result<u8, Failure> {
    match &args.textconv {
        Some(file) => as_text(file, session)?,
        None => as_difference(&args.arguments, session)?,
    }
    Ok(0)
}

/// One file as readable text. What cannot be read by meaning is passed on as it is.
fn as_text(file: &Path, session: &Session) -> Result<(), Failure> {
    let bytes = read_file(&session.path(file), NO_LIMIT)
        .map_err(|error| Failure::usage(format!("{} {error}", file.display())))?;
    let name = file.to_string_lossy();
    let text = if bytes.len() as u64 > MAX_BYTES {
        None
    } else {
        let parsed = read_document(&name, bytes.clone());
        match comparable(&parsed) {
            Ok((root, dialect)) => Some(readable(root, dialect)),
            // Cut off or not, what is a secret in it stays one.
            Err(_) if std::str::from_utf8(&bytes).is_ok() => Some(text_of(&parsed)),
            Err(_) => None,
        }
    };
    match text {
        Some(text) => print(session, &text),
        None => session
            .output
            .result_bytes(&bytes)
            .map_err(|error| Failure::usage(format!("standard output cannot be written: {error}"))),
    }
}

fn as_difference(arguments: &[String], session: &Session) -> Result<(), Failure> {
    let style = style(session);
    let [path, old, _, old_mode, new, _, new_mode, rest @ ..] = arguments else {
        if let [path] = arguments {
            return print(session, &format!("unmerged {}\n", visible(path)));
        }
        return Err(
            Failure::usage("git gives a diff driver one, seven or nine arguments")
                .with_hint("to compare two files yourself run `git postman diff FILE1 FILE2`"),
        );
    };
    let (before, after) = (read(old, session)?, read(new, session)?);
    let later = rest.first().filter(|later| *later != path);
    let odd = [old_mode, new_mode]
        .iter()
        .any(|mode| ODD_MODES.contains(&mode.as_str()));
    let large = [&before, &after].iter().any(|bytes| {
        bytes
            .as_ref()
            .is_some_and(|bytes| bytes.len() as u64 > MAX_BYTES)
    });
    let mut text = String::new();
    if old_mode != new_mode && ![old_mode, new_mode].iter().any(|mode| *mode == ".") {
        text.push_str(&format!(
            "mode of {}: {} → {}\n",
            visible(path),
            visible(old_mode),
            visible(new_mode)
        ));
    }
    let difference = if odd || large {
        let reason = if odd {
            "line by line: it is a link or a submodule"
        } else {
            "too large to be compared by what it means"
        };
        Some(plain(path, before, after, reason, large))
    } else {
        let versions = Versions {
            path: later.unwrap_or(path).clone(),
            earlier_path: later.map(|_| path.clone()),
            before,
            after,
        };
        compare(versions, Whole::Told)
    };
    if let Some(file) = difference {
        let difference = Difference {
            files: vec![file],
            ..Difference::default()
        };
        text.push_str(&render_difference(
            DifferenceFormat::Human,
            &difference,
            Detail::Full,
            &style,
        ));
    }
    print(session, &text)
}

/// Git pages what we print: standard output is then no terminal, and colours are wanted all the same.
fn style(session: &Session) -> Style {
    let style = session.output.style();
    let environment = &session.environment;
    let paged = environment.pager_in_use && !environment.no_color && !environment.dumb_terminal;
    Style {
        color: style.color || paged,
        ..style
    }
}

fn read(file: &str, session: &Session) -> Result<Option<Vec<u8>>, Failure> {
    if file == NOWHERE {
        return Ok(None);
    }
    let path = session.path(Path::new(file));
    let failed = |error: std::io::Error| {
        Failure::usage(format!("{} cannot be read: {error}", visible(file)))
    };
    // In the worktree a submodule is a directory and a link may lead out of it: neither is followed.
    let kind = std::fs::symlink_metadata(&path).map_err(failed)?;
    if kind.is_symlink() {
        let target = std::fs::read_link(&path).map_err(failed)?;
        return Ok(Some(target.to_string_lossy().into_owned().into_bytes()));
    }
    if kind.is_dir() {
        return Ok(Some(b"a submodule\n".to_vec()));
    }
    read_file(&path, NO_LIMIT)
        .map(Some)
        .map_err(|error| Failure::usage(format!("{} {error}", visible(file))))
}

fn plain(
    path: &str,
    before: Option<Vec<u8>>,
    after: Option<Vec<u8>>,
    reason: &str,
    only_told: bool,
) -> FileDifference {
    let status = match (&before, &after) {
        (None, _) => FileStatus::Added,
        (_, None) => FileStatus::Removed,
        _ => FileStatus::Changed,
    };
    let text =
        |bytes: Option<Vec<u8>>| String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned();
    let reason = reason.to_owned();
    FileDifference {
        path: path.to_owned(),
        earlier_path: None,
        format: "unknown",
        status,
        content: if only_told {
            ContentDifference::Opaque { reason }
        } else {
            ContentDifference::Text {
                reason,
                lines: changed_lines(&text(before), &text(after), 3),
            }
        },
    }
}
