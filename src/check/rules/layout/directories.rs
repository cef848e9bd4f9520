//! What several layout rules ask of directories: which layout a service has, and which directories there are.

use crate::model::path::RepoPath;
use crate::model::snapshot::Listing;
use crate::project::Project;
use crate::project::service::Service;

/// Whether a service has the layout of Postman v12 and later. Some teams ignore `.postman/` and commit only
/// `postman/`, so its files count as well as `resources.yaml`.
pub fn is_newer_layout(project: &Project<'_>, service: &Service) -> bool {
    if service.is_native() {
        return true;
    }
    if service.index.is_some() || !service.apis.is_empty() {
        return false;
    }
    let unread = service
        .unread
        .iter()
        .any(|(path, _)| matches!(path.file_name(), "resources.yaml" | "resources.yml"));
    let metadata = service.metadata_directory();
    let named = |name: &str| {
        metadata
            .join(name)
            .is_ok_and(|path| project.has_file(&path))
    };
    let collections = service.folder.join("postman/collections");
    unread
        || named("config.json")
        || named("workflows.yaml")
        || collections.is_ok_and(|directory| {
            let mut below = project.listing.below(&directory).iter();
            below.any(|entry| is_part_of_newer_collection(entry.path.as_str()))
        })
}

fn is_part_of_newer_collection(path: &str) -> bool {
    path.contains("/.resources/")
        || path.ends_with(".request.yaml")
        || path.ends_with(".request.yml")
}

/// The part of a path that belongs to git or to Postman's own metadata, where it has one. On Windows and macOS
/// `.GIT` is `.git`.
pub fn reserved_part(path: &RepoPath) -> Option<&str> {
    path.components()
        .find(|part| part.eq_ignore_ascii_case(".git") || part.eq_ignore_ascii_case(".postman"))
}

/// Every directory and every file of a listing, each once, a directory before what it holds. Names that are not
/// UTF-8 are left out, because their readable form stands for several names.
pub fn each_name<'a>(listing: &'a Listing, mut visit: impl FnMut(&'a str, NameKind)) {
    let mut last = "";
    for entry in listing.entries() {
        if !entry.path.is_utf8() {
            continue;
        }
        let path = entry.path.as_str();
        // The listing is sorted by bytes, so what a directory holds stands together.
        let shared = shared_directory(last, path);
        let ends = path.match_indices('/').map(|(end, _)| end);
        for end in ends.filter(|end| *end > shared) {
            visit(&path[..end], NameKind::Directory);
        }
        visit(path, NameKind::File);
        last = path;
    }
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// A directory.
    Directory,
    /// A file, link or submodule.
    File,
}

/// Where the deepest directory ends that holds both paths; 0 for the root.
fn shared_directory(one: &str, other: &str) -> usize {
    let same = one
        .bytes()
        .zip(other.bytes())
        .take_while(|(one, other)| one == other);
    let mut end = 0;
    for (index, (byte, _)) in same.enumerate() {
        if byte == b'/' {
            end = index;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::{NameKind, each_name, reserved_part};
    use crate::model::path::RepoPath;
    use crate::model::snapshot::{Entry, FileKind, Listing};

    #[test]
    fn each_directory_is_visited_once() {
        let names = ["a", "a-b/c", "b/c/d", "b/c/e", "b/ce/f", "b/g"];
        let entries = names
            .iter()
            .map(|name| Entry {
                path: RepoPath::parse(name).unwrap(),
                kind: FileKind::File,
            })
            .collect();
        let listing = Listing::new(entries, Vec::new());
        let mut seen = Vec::new();
        each_name(&listing, |name, kind| {
            if kind == NameKind::Directory {
                seen.push(name);
            }
        });
        assert_eq!(seen, ["a-b", "b", "b/c", "b/ce"]);
    }

    #[test]
    fn reserved_parts_are_whole_parts() {
        let part = |text: &str| reserved_part(&RepoPath::parse(text).unwrap()).map(str::to_owned);
        assert_eq!(part("a/.GIT/b").as_deref(), Some(".GIT"));
        assert_eq!(part(".postman").as_deref(), Some(".postman"));
        assert_eq!(part(".github/.postmanx"), None);
    }
}
