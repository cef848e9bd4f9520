//! `diff`: what differs between two states of the documents of a repository, or between two files, by what they mean.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::comparing::{Versions, Whole, compare};
use crate::cli::comparing_folders::{
    FolderSide, compare_directories, compare_folders, is_collection_folder, tracked,
};
use crate::cli::failure::Failure;
use crate::cli::reading::{MAX_BYTES, read_file};
use crate::cli::renamed_files::pair_renamed;
use crate::cli::reporting::print;
use crate::cli::repository_paths::repository_paths;
use crate::cli::session::Session;
use crate::format::detect::Format;
use crate::git::repository::Repository;
use crate::model::difference::{ContentDifference, Difference, FileDifference, FileStatus, Side};
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::snapshot::{Content, Snapshot};
use crate::project::Project;
use crate::report::difference::{Detail, DifferenceFormat, render_difference};

/// Show what differs between two states of the documents, by what they mean
///
/// Without SIDE compares the index with the files on disk, with one revision that with the files on disk, with two
/// revisions these, and with two files those. A collection of version 3 is one document, whatever files it lies in. Only documents that Postman manages or could use are looked at.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  git postman diff                       what is not staged yet
  git postman diff --staged              what the next commit would change
  git postman diff main                  the files on disk against a commit
  git postman diff main..topic -- postman/collections
  git postman diff old.json new.json     two files, no repository needed
  git postman diff old/Shop new/Shop     two folders, each a collection of version 3

Exit code 1 says that the sides differ. New ids, the order of keys and other ways of writing are no difference.")]
pub struct DiffArgs {
    /// A revision, a range, a file or a folder
    #[arg(value_name = "SIDE")]
    sides: Vec<String>,
    /// Compare with the index: what the next commit would hold
    #[arg(long, visible_alias = "cached")]
    staged: bool,
    /// Compare two files, whatever git thinks of them
    #[arg(long, conflicts_with = "staged")]
    no_index: bool,
    /// Only one line for each change
    #[arg(long, visible_alias = "summary")]
    stat: bool,
    /// How to write the difference: human, json or markdown
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: DifferenceFormat,
    /// Only these files and folders
    #[arg(last = true, value_name = "PATH")]
    paths: Vec<String>,
}

/// Runs the command: 0 where the sides mean the same, 1 where they differ.
///
/// # Errors
/// A side that cannot be read.
pub fn run(args: &DiffArgs, session: &Session) -> Result<u8, Failure> {
    let difference = match two_paths(args, session) {
        Some((one, other))
            if [&one, &other]
                .iter()
                .all(|path| session.path(path).is_dir()) =>
        {
            of_directories(&one, &other, session)?
        }
        Some((one, other)) => of_files(&one, &other, session)?,
        None => of_repository(args, session)?,
    };
    let detail = if args.stat {
        Detail::Lines
    } else {
        Detail::Full
    };
    let style = session.output.style();
    print(
        session,
        &render_difference(args.format, &difference, detail, &style),
    )?;
    Ok(difference.exit_code())
}

/// The two files or folders that are meant, if such are meant. Folders are only where they hold a collection each.
fn two_paths(args: &DiffArgs, session: &Session) -> Option<(PathBuf, PathBuf)> {
    let [one, other] = &args.sides[..] else {
        return None;
    };
    let file = |side: &String| {
        let path = PathBuf::from(side);
        let on_disk = session.path(&path);
        let is_meant = on_disk.is_file() || (on_disk.is_dir() && is_collection_folder(&on_disk));
        is_meant.then_some(path)
    };
    let files = (file(one), file(other));
    if args.no_index {
        return Some((PathBuf::from(one), PathBuf::from(other)));
    }
    match files {
        (Some(one), Some(other)) if args.paths.is_empty() && !args.staged => Some((one, other)),
        _ => None,
    }
}

fn of_directories(one: &Path, other: &Path, session: &Session) -> Result<Difference, Failure> {
    let told = compare_directories(one, other, session)?;
    Ok(Difference {
        from: side_on_disk(one),
        to: side_on_disk(other),
        files: told.into_iter().collect(),
    })
}

fn side_on_disk(path: &Path) -> Side {
    Side {
        kind: "files",
        id: Some(path.to_string_lossy().into_owned()),
    }
}

fn of_files(one: &Path, other: &Path, session: &Session) -> Result<Difference, Failure> {
    let read = |path: &Path| {
        read_file(&session.path(path), MAX_BYTES)
            .map_err(|error| Failure::usage(format!("{} {error}", path.display())))
    };
    let (before, after) = (read(one)?, read(other)?);
    let same_bytes = before == after;
    let versions = Versions {
        path: other.to_string_lossy().into_owned(),
        earlier_path: (one != other).then(|| one.to_string_lossy().into_owned()),
        before: Some(before),
        after: Some(after),
    };
    let told = if same_bytes {
        None
    } else {
        compare(versions, Whole::Counted)
    };
    // Two names were given: that they differ is no news.
    let files = told
        .map(|file| FileDifference {
            status: FileStatus::Changed,
            ..file
        })
        .filter(means_something);
    Ok(Difference {
        from: side_on_disk(one),
        to: side_on_disk(other),
        files: files.into_iter().collect(),
    })
}

/// What is compared: two snapshots, of which a repository without a commit lacks one.
struct Sides {
    from: Option<Box<dyn Snapshot>>,
    to: Box<dyn Snapshot>,
    paths: Vec<String>,
}

fn of_repository(args: &DiffArgs, session: &Session) -> Result<Difference, Failure> {
    let repository = session.repository()?;
    let sides = sides(args, &repository, session)?;
    let limits = repository_paths(&sides.paths, &repository, session)?;
    let from = match &sides.from {
        Some(snapshot) => Documents::of(&**snapshot, session)?,
        None => Documents::default(),
    };
    let mut to = Documents::of(&*sides.to, session)?;
    // As git has it, a file that nobody added to the index is no part of any difference.
    let only = match sides.to.origin().kind() {
        "worktree" => Some(tracked(&repository)?),
        _ => None,
    };
    if let Some(only) = &only {
        to.paths.retain(|path, _| only.contains(path));
    }
    let changed = changed_between(&sides, &repository)?;
    let older = sides.from.as_ref().map(|snapshot| FolderSide {
        snapshot: &**snapshot,
        only: None,
    });
    let newer = FolderSide {
        snapshot: &*sides.to,
        only: only.as_ref(),
    };
    let folders = compare_folders([older, Some(newer)], &limits, changed.as_ref())?;
    let mut wanted: Vec<RepoPath> = from.paths.keys().chain(to.paths.keys()).cloned().collect();
    wanted.sort();
    wanted.dedup();
    wanted.retain(|path| limits.is_empty() || limits.iter().any(|limit| path.is_within(limit)));
    if let Some(changed) = &changed {
        wanted.retain(|path| changed.contains(path));
    }
    wanted.retain(|path| !folders.done.iter().any(|folder| path.is_within(folder)));
    for snapshot in sides.from.iter().chain([&sides.to]) {
        let listed = snapshot.listing()?;
        let there: Vec<RepoPath> = wanted
            .iter()
            .filter(|path| listed.get(path).is_some())
            .cloned()
            .collect();
        snapshot.prefetch(&there)?;
    }
    let mut gone = BTreeMap::new();
    let mut new = BTreeMap::new();
    let mut files = folders.differences;
    for path in wanted {
        let is_managed = [&from, &to]
            .iter()
            .any(|side| side.paths.get(&path) == Some(&true));
        let before = match &sides.from {
            Some(snapshot) if from.paths.contains_key(&path) => read(&**snapshot, &path, session)?,
            _ => None,
        };
        let after = if to.paths.contains_key(&path) {
            read(&*sides.to, &path, session)?
        } else {
            None
        };
        match (before, after) {
            (Some(before), None) => drop(gone.insert(path, (before, is_managed))),
            (None, Some(after)) => drop(new.insert(path, (after, is_managed))),
            (Some(before), Some(after)) => {
                let versions = Versions {
                    path: path.as_str().to_owned(),
                    earlier_path: None,
                    before: Some(before),
                    after: Some(after),
                };
                files.extend(
                    compare(versions, Whole::Counted).filter(|file| counts(file, is_managed)),
                );
            }
            (None, None) => {}
        }
    }
    for (earlier, path) in pair_renamed(&gone, &new) {
        let (Some((before, was_managed)), Some((after, is_managed))) =
            (gone.remove(&earlier), new.remove(&path))
        else {
            continue;
        };
        let versions = Versions {
            path: path.as_str().to_owned(),
            earlier_path: Some(earlier.as_str().to_owned()),
            before: Some(before),
            after: Some(after),
        };
        files.extend(
            compare(versions, Whole::Counted)
                .filter(|file| counts(file, was_managed || is_managed)),
        );
    }
    let one_sided = gone
        .into_iter()
        .map(|(path, (bytes, is_managed))| (path, Some(bytes), None, is_managed))
        .chain(
            new.into_iter()
                .map(|(path, (bytes, is_managed))| (path, None, Some(bytes), is_managed)),
        );
    for (path, before, after, is_managed) in one_sided {
        let versions = Versions {
            path: path.as_str().to_owned(),
            earlier_path: None,
            before,
            after,
        };
        files.extend(compare(versions, Whole::Counted).filter(|file| counts(file, is_managed)));
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(Difference {
        from: sides.from.as_deref().map_or_else(Side::default, side_of),
        to: side_of(&*sides.to),
        files,
    })
}

fn side_of(snapshot: &dyn Snapshot) -> Side {
    let origin = snapshot.origin();
    Side {
        kind: origin.kind(),
        id: origin.commit().map(|id| id.as_str().to_owned()),
    }
}

/// Whether a difference of a file is one that is told: it is a document or managed, and means something else.
fn counts(file: &FileDifference, is_managed: bool) -> bool {
    (is_managed || file.format != Format::Unknown.name()) && means_something(file)
}

fn means_something(file: &FileDifference) -> bool {
    !matches!(&file.content, ContentDifference::Meaning(changes) if changes.is_empty() && file.status == FileStatus::Changed)
}

fn sides(args: &DiffArgs, repository: &Repository, session: &Session) -> Result<Sides, Failure> {
    let mut paths = args.paths.clone();
    let mut revisions: Vec<CommitId> = Vec::new();
    for (index, side) in args.sides.iter().enumerate() {
        if index == 0
            && args.sides.len() == 1
            && let Some(range) = range(side, repository)?
        {
            revisions.extend(range);
            continue;
        }
        match repository.resolve(side) {
            Ok(id) => revisions.push(id),
            // As git has it, what is no revision may be a path.
            Err(_) if session.path(Path::new(side)).exists() => paths.push(side.clone()),
            Err(error) => return Err(error.into()),
        }
    }
    let commit = |id: &CommitId| repository.commit(id);
    let (from, to) = match (&revisions[..], args.staged) {
        ([], false) => (Some(repository.index()?), repository.worktree()?),
        ([], true) => {
            let head = if repository.has_commits()? {
                Some(commit(&repository.resolve("HEAD")?)?)
            } else {
                None
            };
            (head, repository.index()?)
        }
        ([only], false) => (Some(commit(only)?), repository.worktree()?),
        ([only], true) => (Some(commit(only)?), repository.index()?),
        ([one, other], false) => (Some(commit(one)?), commit(other)?),
        _ => {
            return Err(Failure::usage("more sides than two were given")
                .with_hint("write paths behind `--`: `git postman diff main topic -- postman`"));
        }
    };
    Ok(Sides { from, to, paths })
}

/// `A..B`, and `A...B` from their common ancestor; a missing name is `HEAD`.
fn range(side: &str, repository: &Repository) -> Result<Option<[CommitId; 2]>, Failure> {
    let named = |name: &str| repository.resolve(if name.is_empty() { "HEAD" } else { name });
    if let Some((one, other)) = side.split_once("...") {
        let (one, other) = (named(one)?, named(other)?);
        let base = repository.merge_base(&one, &other)?.ok_or_else(|| {
            Failure::usage(format!("`{side}` has no common ancestor"))
                .with_hint("compare the two with `..` between them")
        })?;
        return Ok(Some([base, other]));
    }
    match side.split_once("..") {
        Some((one, other)) if !side.contains('/') || !Path::new(side).exists() => {
            Ok(Some([named(one)?, named(other)?]))
        }
        _ => Ok(None),
    }
}

/// The paths that differ between two commits; `None` where one of the sides is none.
fn changed_between(
    sides: &Sides,
    repository: &Repository,
) -> Result<Option<BTreeSet<RepoPath>>, Failure> {
    let from = sides
        .from
        .as_ref()
        .and_then(|snapshot| snapshot.origin().commit());
    let (Some(from), Some(to)) = (from, sides.to.origin().commit()) else {
        return Ok(None);
    };
    // Each way round: a path that is gone is told of the older side only.
    let mut changed: BTreeSet<RepoPath> = repository
        .changed_paths(Some(from), to)?
        .into_iter()
        .collect();
    changed.extend(repository.changed_paths(Some(to), from)?);
    Ok(Some(changed))
}

/// The files of a snapshot that could be documents, and whether Postman manages each.
#[derive(Default)]
struct Documents {
    paths: BTreeMap<RepoPath, bool>,
}

impl Documents {
    fn of(snapshot: &dyn Snapshot, session: &Session) -> Result<Self, Failure> {
        let decided = session.decided(Some(snapshot))?;
        let project = Project::load(snapshot, &decided.config)?;
        let possible = project.possible_documents().into_iter();
        let mut paths: BTreeMap<RepoPath, bool> = possible.map(|path| (path, false)).collect();
        paths.extend(project.managed_files().into_iter().map(|path| (path, true)));
        Ok(Self { paths })
    }
}

/// The bytes of a file. A link is its target, and what is too large is told and left out.
fn read(
    snapshot: &dyn Snapshot,
    path: &RepoPath,
    session: &Session,
) -> Result<Option<Vec<u8>>, Failure> {
    Ok(match snapshot.read(path, MAX_BYTES)? {
        Content::Bytes(bytes) | Content::Link(bytes) => Some(bytes),
        Content::Missing | Content::NotAFile => None,
        Content::TooLarge(size) => {
            session
                .output
                .warning(&format!("{path} has {size} bytes and is not compared"));
            None
        }
    })
}
