//! `canonicalize`: the canonical text of documents, their digests, or whether they are in canonical form.

use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;
use walkdir::WalkDir;

use crate::cli::comparing_folders::is_collection_folder;
use crate::cli::failure::Failure;
use crate::cli::reading::{Unread, read_file};
use crate::cli::reporting::print;
use crate::cli::session::Session;
use crate::format::canonical::NoCanonicalForm;
use crate::format::canonical_docs::page;
use crate::format::fault::Fault;
use crate::format::folder;
use crate::format::read;
use crate::model::digest::Digest;
use crate::model::path::RepoPath;
use crate::model::span::{LineIndex, Span};
use crate::model::text::visible;
use crate::project::{DEFAULT_MAX_FILE_SIZE, is_possible_document};
use crate::report::ReportFormat;
use crate::report::json::object_text;

/// Print the canonical text of documents: the same for everything that means the same
///
/// Ids, timestamps and other fields that Postman writes by itself are left out, and so are the defaults it fills in; keys
/// stand in a fixed order. A collection of version 3 is one document: name its folder. Of other folders every document is
/// taken. The texts of several documents follow each other. The table of what is left out: docs/canonical.md.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  git postman canonicalize orders.json              the text
  git postman canonicalize --digest postman/        a digest and a path in each line, as sha256sum has it
  git postman canonicalize --check orders.json      exit code 1 where the file is not that text
  diff <(git postman canonicalize a.json) <(git postman canonicalize b.json)")]
pub struct CanonicalizeArgs {
    /// Documents, folders of them, or folders of collections of version 3
    #[arg(value_name = "PATH", required_unless_present = "docs")]
    paths: Vec<PathBuf>,
    /// Say which files are not in canonical form, and print no text
    #[arg(long, conflicts_with = "digest")]
    check: bool,
    /// Print the digest of each text instead: SHA-256 of what would be printed
    #[arg(long)]
    digest: bool,
    /// How to write it: human, or json with digests
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: ReportFormat,
    /// Write the page of what is left out as Markdown
    #[arg(long, hide = true)]
    docs: bool,
}

/// A file, or the folder of a collection of version 3, by the name it was given.
struct Found {
    path: String,
    is_collection: bool,
}

struct Canonicalized {
    format: &'static str,
    digest: Digest,
    is_canonical: bool,
    text: Option<String>,
}

/// Why there is no canonical form, and where.
struct Trouble {
    path: String,
    place: Option<(u32, u32)>,
    message: String,
    help: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// A path that there is not, or where standard output cannot be written.
pub fn run(args: &CanonicalizeArgs, session: &Session) -> Result<u8, Failure> {
    if args.docs {
        print(session, &page())?;
        return Ok(0);
    }
    let limit = session.decided(None)?.config.max_file_size;
    let limit = limit.unwrap_or(DEFAULT_MAX_FILE_SIZE);
    let mut found = Vec::new();
    for path in &args.paths {
        find(path, session, &mut found)?;
    }
    let json = args.format == ReportFormat::Json;
    let is_text = !json && !args.check && !args.digest;
    let one = |found: &Found| canonicalize(found, session, limit, is_text);
    let mut troubles = 0;
    let mut differ = 0;
    let mut documents = Vec::new();
    let mut failures = Vec::new();
    // Texts can be large: each is printed before the next is made.
    let block = if is_text { 1 } else { 256 };
    for group in found.chunks(block) {
        let done: Vec<_> = if group.len() < 8 {
            group.iter().map(one).collect()
        } else {
            group.par_iter().map(one).collect()
        };
        for (found, done) in group.iter().zip(done) {
            match done {
                Ok(done) => {
                    differ += usize::from(!done.is_canonical);
                    if json {
                        documents.push(serde_json::json!({
                            "path": found.path, "format": done.format,
                            "digest": done.digest.to_string(), "canonical": done.is_canonical,
                        }));
                    } else if args.digest {
                        let line = format!("{}  {}\n", done.digest, visible(&found.path));
                        print(session, &line)?;
                    } else if args.check {
                        if !done.is_canonical {
                            print(session, &format!("{}\n", visible(&found.path)))?;
                        }
                    } else {
                        print(session, done.text.as_deref().unwrap_or_default())?;
                    }
                }
                Err(trouble) => {
                    troubles += 1;
                    tell(session, &trouble);
                    failures.push(serde_json::json!({
                        "path": trouble.path,
                        "line": trouble.place.map(|place| place.0),
                        "column": trouble.place.map(|place| place.1),
                        "message": trouble.message,
                    }));
                }
            }
        }
    }
    let code = match (troubles, differ) {
        (1.., _) => 2,
        (0, 1..) if args.check => 1,
        _ => 0,
    };
    if json {
        let object = serde_json::json!({
            "format_version": 1, "command": "canonicalize", "exit_code": code,
            "documents": documents, "failures": failures,
        });
        print(session, &object_text(&object))?;
    }
    Ok(code)
}

fn tell(session: &Session, trouble: &Trouble) {
    let place = match trouble.place {
        Some((line, column)) => format!("{}:{line}:{column}", visible(&trouble.path)),
        None => visible(&trouble.path),
    };
    session
        .output
        .error(&format!("{place}: {}", visible(&trouble.message)));
    if let Some(help) = &trouble.help {
        session.output.hint(&visible(help));
    }
}

fn canonicalize(
    found: &Found,
    session: &Session,
    limit: u64,
    with_text: bool,
) -> Result<Canonicalized, Trouble> {
    let on_disk = session.path(Path::new(&found.path));
    if found.is_collection {
        return canonicalize_folder(found, &on_disk, limit, with_text);
    }
    let bytes =
        read_file(&on_disk, limit).map_err(|error| plain_trouble(&found.path, unread(&error)))?;
    let written = Digest::of(&bytes);
    let parsed = read(&found.path, bytes);
    let trouble = |error: NoCanonicalForm| trouble_in(&found.path, parsed.source(), error);
    let (digest, text) = if with_text {
        let text = parsed.canonical_text().map_err(trouble)?;
        (Digest::of(text.as_bytes()), Some(text))
    } else {
        (parsed.canonical_digest().map_err(trouble)?, None)
    };
    Ok(Canonicalized {
        format: parsed.format.name(),
        digest,
        is_canonical: digest == written,
        text,
    })
}

fn canonicalize_folder(
    found: &Found,
    on_disk: &Path,
    limit: u64,
    with_text: bool,
) -> Result<Canonicalized, Trouble> {
    let files = folder_files(&found.path, on_disk, limit)?;
    let name = std::path::absolute(on_disk).unwrap_or_else(|_| on_disk.to_owned());
    let name = name
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let collection = folder::read(&name, files.iter().cloned());
    let trouble = |(file, error): (String, NoCanonicalForm)| {
        let text = files.iter().find(|known| known.0 == file);
        let path = if file.is_empty() {
            found.path.clone()
        } else {
            format!("{}/{file}", found.path.trim_end_matches('/'))
        };
        trouble_in(&path, text.map_or("", |known| known.1.as_str()), error)
    };
    let (digest, text) = if with_text {
        let text = collection.canonical_text().map_err(trouble)?;
        (Digest::of(text.as_bytes()), Some(text))
    } else {
        (collection.canonical_digest().map_err(trouble)?, None)
    };
    Ok(Canonicalized {
        format: "collection-3.0",
        digest,
        // A folder of files is never the one text.
        is_canonical: false,
        text,
    })
}

/// The files below the folder of a collection that can belong to it, links not followed.
fn folder_files(
    written: &str,
    on_disk: &Path,
    limit: u64,
) -> Result<Vec<(String, String)>, Trouble> {
    let mut files = Vec::new();
    let mut left = limit;
    for entry in WalkDir::new(on_disk).sort_by_file_name() {
        let entry =
            entry.map_err(|error| plain_trouble(written, format!("cannot be walked: {error}")))?;
        let Ok(below) = entry.path().strip_prefix(on_disk) else {
            continue;
        };
        let below = slashes(below);
        if !entry.file_type().is_file() || !folder::belongs_to_collection(&below) {
            continue;
        }
        let path = format!("{}/{below}", written.trim_end_matches('/'));
        let bytes =
            read_file(entry.path(), left).map_err(|error| plain_trouble(&path, unread(&error)))?;
        left -= bytes.len() as u64;
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let text = String::from_utf8_lossy(&bytes);
            let fault = Fault::syntax(Span::at(valid), "file is not UTF-8");
            let fault = fault.with_help("save it as UTF-8");
            trouble_in(&path, &text, NoCanonicalForm::Fault(fault))
        })?;
        files.push((below, text));
    }
    Ok(files)
}

fn unread(error: &Unread) -> String {
    match error {
        Unread::TooLarge(limit) => {
            format!("is larger than the {limit} bytes of `max_file_size`")
        }
        other => other.to_string(),
    }
}

fn plain_trouble(path: &str, message: impl Into<String>) -> Trouble {
    Trouble {
        path: path.to_owned(),
        place: None,
        message: message.into(),
        help: None,
    }
}

fn trouble_in(path: &str, text: &str, error: NoCanonicalForm) -> Trouble {
    let place = error.fault().map(|fault| {
        let position = LineIndex::new(text).position(text, fault.span.start);
        (position.line, position.column)
    });
    Trouble {
        path: path.to_owned(),
        place,
        message: error.to_string(),
        help: error.fault().and_then(|fault| fault.help.clone()),
    }
}

/// A file counts as it is named, and so does the folder of a collection; of other folders what lies in them.
fn find(path: &Path, session: &Session, found: &mut Vec<Found>) -> Result<(), Failure> {
    let on_disk = session.path(path);
    let written = slashes(path);
    let metadata = std::fs::metadata(&on_disk).map_err(|error| {
        Failure::usage(format!("{written} cannot be read: {error}"))
            .with_hint("name a file or a folder that is there")
    })?;
    if !metadata.is_dir() {
        found.push(Found {
            path: written,
            is_collection: false,
        });
        return Ok(());
    }
    let mut walk = WalkDir::new(&on_disk).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry
            .map_err(|error| Failure::usage(format!("{written} cannot be walked: {error}")))?;
        let Ok(below) = entry.path().strip_prefix(&on_disk) else {
            continue;
        };
        let below = slashes(below);
        let joined = match (written.as_str(), below.as_str()) {
            (_, "") => written.clone(),
            (".", _) => below.clone(),
            _ => format!("{}/{below}", written.trim_end_matches('/')),
        };
        let is_directory = entry.file_type().is_dir();
        if is_directory && entry.depth() > 0 && entry.file_name() == ".git" {
            walk.skip_current_dir();
        } else if is_directory && is_collection_folder(entry.path()) {
            walk.skip_current_dir();
            found.push(Found {
                path: joined,
                is_collection: true,
            });
        } else if entry.file_type().is_file() && is_possible_document(&RepoPath::outside(&joined)) {
            found.push(Found {
                path: joined,
                is_collection: false,
            });
        }
    }
    Ok(())
}

fn slashes(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '\\' {
        text.replace('\\', "/")
    } else {
        text.into_owned()
    }
}
