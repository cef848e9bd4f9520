//! `check PATH…`: the verdict on single files, wherever they lie. No repository, no metadata, no secrets.

use std::collections::BTreeSet;
use std::fs::File as DiskFile;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use walkdir::WalkDir;

use crate::check::catalog;
use crate::check::levels::agree;
use crate::check::rule::Group;
use crate::check::{Judged, judge};
use crate::cli::examination::Closing;
use crate::cli::failure::Failure;
use crate::cli::session::{Decided, Session};
use crate::model::finding::fingerprint;
use crate::model::path::RepoPath;
use crate::model::report::{DocumentVerdict, Report, SnapshotLabel, Summary};
use crate::model::snapshot::{Content, Entry, FileKind, Listing, Origin, Snapshot, SnapshotError};
use crate::project::file::File;
use crate::project::{DEFAULT_MAX_FILE_SIZE, is_possible_document};

/// Judges files and folders.
///
/// # Errors
/// A path that there is not, a folder that cannot be walked, a configuration that cannot be used.
pub fn judge_paths(
    paths: &[PathBuf],
    session: &Session,
    baseline: &BTreeSet<String>,
    closing: &Closing<'_>,
) -> Result<Report, Failure> {
    let decided = session.decided(None)?;
    let mut files = Vec::new();
    for path in paths {
        add(path, session, &mut files)?;
    }
    let plain = PlainFiles::new(&files, &session.directory);
    let progress = session
        .output
        .progress(Some(files.len() as u64), "checking");
    let limit = decided
        .config
        .max_file_size
        .unwrap_or(DEFAULT_MAX_FILE_SIZE);
    let judge_one = |path: &String| {
        let file = File::read(&plain, &RepoPath::outside(path), limit);
        progress.advance(1);
        judge(&file, &decided.levels, false)
    };
    let judged: Vec<Judged> = if files.len() < 8 {
        files.iter().map(judge_one).collect()
    } else {
        files.par_iter().map(judge_one).collect()
    };
    drop(progress);
    Ok(report(judged, &decided, baseline, closing))
}

fn report(
    judged: Vec<Judged>,
    decided: &Decided,
    baseline: &BTreeSet<String>,
    closing: &Closing<'_>,
) -> Report {
    let mut summary = Summary {
        documents: judged.len(),
        ..Summary::default()
    };
    let mut findings = Vec::new();
    let mut documents = Vec::new();
    for one in judged {
        summary.bytes += one.size;
        documents.push(DocumentVerdict {
            path: one.path.as_str().to_owned(),
            format: one.format.name(),
            valid: one.valid,
        });
        findings.extend(one.findings);
    }
    fingerprint(&mut findings);
    let agreed = agree(findings, &decided.config, baseline);
    summary.allowed = agreed.allowed;
    summary.known = agreed.known;
    summary.milliseconds = closing.milliseconds();
    Report {
        command: closing.command.to_owned(),
        snapshots: vec![SnapshotLabel {
            kind: "files",
            id: None,
            name: None,
        }],
        findings: agreed.findings,
        documents: Some(documents),
        summary,
        gate: closing.gate(decided.config.fail_on),
        notes: Vec::new(),
        range: None,
        // The others look at a repository.
        rules: catalog::texts_of(Group::Document),
    }
}

/// A file counts as it is named; of a folder the files whose name can be a document's, links not followed.
fn add(path: &Path, session: &Session, files: &mut Vec<String>) -> Result<(), Failure> {
    let on_disk = session.path(path);
    let written = written(path);
    let metadata = std::fs::metadata(&on_disk).map_err(|error| {
        Failure::usage(format!("{written} cannot be read: {error}"))
            .with_hint("name a file or a folder that is there")
    })?;
    if !metadata.is_dir() {
        files.push(written);
        return Ok(());
    }
    let is_git = |name: &std::ffi::OsStr| name == ".git";
    let walk = WalkDir::new(&on_disk).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || !is_git(entry.file_name())) {
        let entry = entry
            .map_err(|error| Failure::usage(format!("{written} cannot be walked: {error}")))?;
        let Ok(below) = entry.path().strip_prefix(&on_disk) else {
            continue;
        };
        if !entry.file_type().is_file() {
            continue;
        }
        let below = self::written(below);
        let joined = if written == "." {
            below.clone()
        } else {
            format!("{}/{below}", written.trim_end_matches('/'))
        };
        if is_possible_document(&RepoPath::outside(&joined)) {
            files.push(joined);
        }
    }
    Ok(())
}

fn written(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '\\' {
        text.replace('\\', "/")
    } else {
        text.into_owned()
    }
}

/// Files on disk by the names they were given.
struct PlainFiles {
    origin: Origin,
    listing: Listing,
    directory: PathBuf,
}

impl PlainFiles {
    fn new(files: &[String], directory: &Path) -> Self {
        let entry = |path: &String| Entry {
            path: RepoPath::outside(path),
            kind: FileKind::File,
        };
        let listing = Listing::new(files.iter().map(entry).collect(), Vec::new());
        Self {
            origin: Origin::Files,
            listing,
            directory: directory.to_owned(),
        }
    }
}

impl Snapshot for PlainFiles {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn listing(&self) -> Result<&Listing, SnapshotError> {
        Ok(&self.listing)
    }

    fn read(&self, path: &RepoPath, limit: u64) -> Result<Content, SnapshotError> {
        let failed = |error: std::io::Error| SnapshotError::Read {
            path: path.to_string(),
            cause: error.to_string(),
            hint: None,
        };
        let on_disk = self.directory.join(path.as_str());
        let metadata = std::fs::metadata(&on_disk).map_err(failed)?;
        if !metadata.is_file() {
            return Ok(Content::NotAFile);
        }
        if metadata.len() > limit {
            return Ok(Content::TooLarge(metadata.len()));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
        // The file may grow while it is read.
        DiskFile::open(&on_disk)
            .map_err(failed)?
            .take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        Ok(if bytes.len() as u64 > limit {
            Content::TooLarge(bytes.len() as u64)
        } else {
            Content::Bytes(bytes)
        })
    }
}
