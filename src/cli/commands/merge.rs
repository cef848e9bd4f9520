//! `merge`: three versions of a document merged by hand.

use std::path::PathBuf;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::reading::{MAX_BYTES, read_file};
use crate::cli::reporting::{print, write_atomically};
use crate::cli::session::Session;
use crate::mirror::merging::{Versions, merge_documents, told};

/// Merge two changed versions of a JSON document by what they mean
///
/// Requests and folders are matched by being the same ones, wherever they were moved; headers, parameters and variables by
/// their key; scripts by line. Everything that did not change stays as it is written in OURS.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit code 3 says that a person must decide: the conflicts are on standard error, and nothing was written."
)]
pub struct MergeArgs {
    /// The version both sides started from
    base: PathBuf,
    /// Our version
    ours: PathBuf,
    /// Their version
    theirs: PathBuf,
    /// Write the result into FILE rather than to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read or merged.
pub fn run(args: &MergeArgs, session: &Session) -> Result<u8, Failure> {
    let read = |path: &PathBuf| {
        read_file(&session.path(path), MAX_BYTES)
            .map_err(|error| Failure::usage(format!("{} {error}", path.display())))
    };
    let versions = Versions {
        base: read(&args.base)?,
        ours: read(&args.ours)?,
        theirs: read(&args.theirs)?,
    };
    let merged =
        merge_documents(&args.ours.to_string_lossy(), versions, false).map_err(Failure::usage)?;
    if !merged.conflicts.is_empty() {
        for line in told(&merged.conflicts) {
            session.output.error(&format!("conflict in {line}"));
        }
        session
            .output
            .hint("change one of the sides so that they agree, or edit OURS by hand");
        return Ok(3);
    }
    match &args.output {
        Some(path) => {
            write_atomically(&session.path(path), merged.text.as_bytes()).map_err(|error| {
                Failure::usage(format!("{} cannot be written: {error}", path.display()))
            })?
        }
        None => print(session, &merged.text)?,
    }
    Ok(0)
}
