//! `merge-driver`: what git calls where `.gitattributes` says `merge=git-postman`.

use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::reading::{MAX_BYTES, read_file};
use crate::cli::reporting::write_atomically;
use crate::cli::session::Session;
use crate::format::merge_value::Conflict;
use crate::git::command::Git;
use crate::mirror::merging::{Versions, as_json, merge_documents, told};
use crate::model::text::visible;
use crate::project::CONFLICT_FILE_SUFFIX;

/// Merge a file as git's merge driver
///
/// Git calls it with the three versions and the path. The result goes into OURS. What both sides changed in different ways is
/// told on standard error and kept in a file beside the document, whose content stays whole with our side in it.
#[derive(Args, Debug)]
#[command(
    after_help = "Set up by `git postman hook install --merge-driver`, or by hand:
  git config merge.git-postman.driver 'git-postman merge-driver %O %A %B %P'
  echo 'postman/collections/**/*.json merge=git-postman' >> .gitattributes"
)]
pub struct MergeDriverArgs {
    /// The version both sides started from (%O)
    base: PathBuf,
    /// Our version, which is replaced by the result (%A)
    ours: PathBuf,
    /// Their version (%B)
    theirs: PathBuf,
    /// The path of the file in the repository (%P)
    path: OsString,
    /// The result is the common ancestor of a merge to come, which git makes where there are several
    #[arg(long)]
    ancestor: bool,
}

/// Runs the command: 0 for a merge without conflict, 1 for one with.
///
/// # Errors
/// A version that cannot be read, a result that cannot be written; git keeps the file in conflict then.
pub fn run(args: &MergeDriverArgs, session: &Session) -> Result<u8, Failure> {
    let files = [&args.base, &args.ours, &args.theirs];
    let large = files
        .iter()
        .any(|path| std::fs::metadata(session.path(path)).is_ok_and(|file| file.len() > MAX_BYTES));
    let path = args.path.to_string_lossy();
    let merged = if large {
        Err(format!(
            "one of the versions has more than {} MiB",
            MAX_BYTES / 1024 / 1024
        ))
    } else {
        merge_documents(&path, versions(args, session)?, args.ancestor)
    };
    let path = visible(&path);
    match merged {
        Ok(merged) => {
            write(&session.path(&args.ours), merged.text.as_bytes())?;
            if merged.conflicts.is_empty() {
                return Ok(0);
            }
            if !args.ancestor {
                for line in told(&merged.conflicts) {
                    let line = visible(&line);
                    session.output.error(&format!("{path}: conflict in {line}"));
                }
                keep_conflicts(args, &merged.conflicts, session);
            }
            Ok(1)
        }
        Err(reason) => {
            let reason = visible(&reason);
            session
                .output
                .warning(&format!("{path}: merged as text, by git: {reason}"));
            by_git(args, session)
        }
    }
}

/// Writes the conflicts beside the document. Where that cannot be, they stand on standard error all the same.
fn keep_conflicts(args: &MergeDriverArgs, conflicts: &[Conflict], session: &Session) {
    let mut name = args.path.clone();
    name.push(CONFLICT_FILE_SUFFIX);
    let shown = name.to_string_lossy().into_owned();
    let shown = visible(&shown);
    let text = as_json(&args.path.to_string_lossy(), conflicts);
    let written = if merges_elsewhere(&session.directory) {
        Err("git merges without this worktree".to_owned())
    } else {
        place_for(&session.path(Path::new("")), &name).and_then(|place| {
            write_atomically(&place, text.as_bytes()).map_err(|error| error.to_string())
        })
    };
    match written {
        Ok(()) => session.output.hint(&format!(
            "{} has our side; both are in {shown}: decide, `git add` the document and delete that file",
            visible(&args.path.to_string_lossy())
        )),
        Err(reason) => session.output.warning(&format!(
            "{shown} was not written: {reason}; the conflicts are those above"
        )),
    }
}

/// Whether git merges into nothing but objects, as `git merge-tree` and `git replay` do: the worktree it is run from is then
/// none of its business. Whatever merges into a worktree holds the lock of its index meanwhile. Without a repository there
/// is no telling.
fn merges_elsewhere(directory: &Path) -> bool {
    let index = Git::at(directory).output(&["rev-parse", "--git-path", "index"], None);
    let Ok(index) = index else { return false };
    let lock = format!("{}.lock", String::from_utf8_lossy(&index).trim_end());
    !directory.join(lock).exists()
}

/// Where a file of the worktree is to be written: never outside of it, and never through a symbolic link.
fn place_for(top: &Path, name: &OsStr) -> Result<PathBuf, String> {
    let mut place = top.to_path_buf();
    let mut parts = Path::new(name).components().peekable();
    while let Some(part) = parts.next() {
        let Component::Normal(part) = part else {
            return Err("its path leads out of the repository".to_owned());
        };
        place.push(part);
        let is_last = parts.peek().is_none();
        match place.symlink_metadata() {
            Ok(there) if there.is_symlink() => {
                return Err("a symbolic link stands in its path".to_owned());
            }
            Ok(there) if there.is_dir() == is_last => {
                return Err("something else stands in its place".to_owned());
            }
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if !is_last {
                    std::fs::create_dir(&place).map_err(|error| error.to_string())?;
                }
            }
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(place)
}

fn versions(args: &MergeDriverArgs, session: &Session) -> Result<Versions, Failure> {
    let read = |path: &PathBuf| {
        read_file(&session.path(path), MAX_BYTES)
            .map_err(|error| Failure::usage(format!("{} {error}", path.display())))
    };
    Ok(Versions {
        base: read(&args.base)?,
        ours: read(&args.ours)?,
        theirs: read(&args.theirs)?,
    })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_atomically(path, bytes)
        .map_err(|error| Failure::usage(format!("{} cannot be written: {error}", path.display())))
}

/// Git's own text merge, with its markers and its labels.
fn by_git(args: &MergeDriverArgs, session: &Session) -> Result<u8, Failure> {
    let name = |path: &PathBuf| path.to_string_lossy().into_owned();
    let (base, ours, theirs) = (name(&args.base), name(&args.ours), name(&args.theirs));
    let arguments = [
        "merge-file",
        "-L",
        "ours",
        "-L",
        "base",
        "-L",
        "theirs",
        "--",
        &ours,
        &base,
        &theirs,
    ];
    let answer = Git::at(&session.directory).run(&arguments, None)?;
    // The number of conflicts, or 255 where it could not merge at all; git wants to know only whether there are any.
    match answer.status.code() {
        Some(0) => Ok(0),
        Some(255) | None => {
            session.output.error(&answer.message);
            Ok(1)
        }
        Some(_) => Ok(1),
    }
}
