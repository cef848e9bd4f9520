//! One element on its way from Postman into the repository: which files are written, and what both sides agree on once they
//! are there.

use std::collections::{BTreeMap, BTreeSet};

use crate::format::merge_value::Conflict;
use crate::mirror::element::{Element, ElementContent, ElementFile, ElementKey, ElementKind};
use crate::mirror::git_side::DigestOf;
use crate::mirror::ids::IdTable;
use crate::mirror::merging::Take;
use crate::mirror::names;
use crate::mirror::reconcile::{Answer, Reconciled, Sides, new_file, reconcile, whole};
use crate::model::change::{Change, Expected};
use crate::model::digest::Digest;
use crate::model::path::RepoPath;

/// The files of an element, by their names from its directory.
pub type Files = BTreeMap<RepoPath, Vec<u8>>;

/// An element on all sides.
#[derive(Clone, Copy, Debug)]
pub struct ElementSides<'a> {
    /// What makes it itself.
    pub key: &'a ElementKey,
    /// The folder of the service.
    pub folder: &'a RepoPath,
    /// Whether a workspace may hold several definitions, each in a folder of its own.
    pub is_native: bool,
    /// Whether it comes from a file as it is, and not from Postman in its words.
    pub is_file: bool,
    /// What Git has.
    pub git: Option<&'a Element>,
    /// What Postman has.
    pub postman: Option<&'a ElementContent>,
    /// What Git and what Postman had when they agreed.
    pub base: Option<&'a Base>,
    /// Ids of the files, and for each the one in Postman.
    pub ids: &'a IdTable,
}

/// What both sides had when they agreed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base {
    /// Git's files.
    pub git: Files,
    /// Postman's.
    pub postman: Files,
}

/// An element that can be carried over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// What is written; nothing where Git has it all.
    pub changes: Vec<Change>,
    /// What both sides agree on once Git has it; nothing where Postman has nothing.
    pub agreed: Option<ElementContent>,
}

/// Carries an element over, or says what a person has to decide. Nothing of it is written then.
///
/// # Errors
/// A sentence about what is in the way.
pub fn carry(
    sides: &ElementSides<'_>,
    without_base: bool,
    digest_of: DigestOf<'_>,
    answer: Answer<'_>,
) -> Result<Result<Carried, Vec<Conflict>>, String> {
    let agreed = |files: Files| content_of(files, digest_of);
    match (sides.git, sides.postman) {
        (None, None) => Ok(Ok(Carried {
            changes: Vec::new(),
            agreed: None,
        })),
        (None, Some(postman)) => match sides.base {
            None => new_element(sides, postman, digest_of).map(Ok),
            Some(base) => {
                let conflict = whole("deleted in Git and changed in Postman");
                let Some(take) = answer(&conflict) else {
                    return Ok(Err(vec![conflict]));
                };
                let both = merged_in(sides, &base.git, postman, false, &mut |_| {
                    Some(Take::Theirs)
                })?;
                let (merged, files) = match both {
                    Ok(both) => both,
                    Err(conflicts) => return Ok(Err(conflicts)),
                };
                let directory = directory_of(sides.key, &base.git);
                let changes = match take {
                    Take::Ours => Vec::new(),
                    Take::Theirs => writes(sides.folder, &directory, &Files::new(), &merged)?,
                };
                Ok(Ok(Carried {
                    changes,
                    agreed: Some(agreed(files)),
                }))
            }
        },
        (Some(element), None) => {
            let own = files_of(&element.content);
            let digest = |base: &Base| content_of(base.git.clone(), digest_of).digest;
            let changed = sides
                .base
                .is_none_or(|base| base.git != own && digest(base) != element.content.digest);
            if changed {
                let conflict = whole("changed in Git and deleted in Postman");
                match answer(&conflict) {
                    None => return Ok(Err(vec![conflict])),
                    Some(Take::Ours) => {
                        return Ok(Ok(Carried {
                            changes: Vec::new(),
                            agreed: None,
                        }));
                    }
                    Some(Take::Theirs) => {}
                }
            }
            let changes = writes(sides.folder, &element.directory, &own, &Files::new())?;
            Ok(Ok(Carried {
                changes,
                agreed: None,
            }))
        }
        (Some(element), Some(postman)) => {
            if is_folder(element) {
                return Err(
                    "it is a collection of the newest layout, a folder of YAML files, and Postman's API has it as one document"
                        .to_owned(),
                );
            }
            let own = files_of(&element.content);
            match merged_in(sides, &own, postman, without_base, answer)? {
                Err(conflicts) => Ok(Err(conflicts)),
                Ok((merged, files)) => Ok(Ok(Carried {
                    changes: writes(sides.folder, &element.directory, &own, &merged)?,
                    agreed: Some(agreed(files)),
                })),
            }
        }
    }
}

/// The files of a content.
pub fn files_of(content: &ElementContent) -> Files {
    let files = content.files.iter();
    files
        .map(|(path, file)| (path.clone(), file.bytes.clone()))
        .collect()
}

/// Files as a content, with their digests.
pub fn content_of(files: Files, digest_of: DigestOf<'_>) -> ElementContent {
    let files = files.into_iter().map(|(path, bytes)| {
        let digest = digest_of(path.as_str(), &bytes).unwrap_or_else(|| Digest::of(&bytes));
        (path, ElementFile { bytes, digest })
    });
    ElementContent::new(files.collect())
}

/// The directory that the files of an element are named from, counted from the folder of the service: the key names the
/// folder itself, or the file to start reading at.
pub fn directory_of(key: &ElementKey, files: &Files) -> RepoPath {
    let parent = key.path.parent().unwrap_or_else(RepoPath::root);
    if files.len() < 2 {
        return parent;
    }
    let mut above = Some(parent.clone());
    while let Some(directory) = above {
        let inner = key
            .path
            .below(&directory)
            .and_then(|rest| RepoPath::parse(rest).ok());
        if inner.is_some_and(|inner| files.contains_key(&inner)) {
            return directory;
        }
        above = directory.parent();
    }
    if key.kind == ElementKind::Collection {
        return key.path.clone();
    }
    parent
}

/// The changes that make the files of an element into others.
///
/// # Errors
/// A name that is no path.
pub fn writes(
    folder: &RepoPath,
    directory: &RepoPath,
    before: &Files,
    after: &Files,
) -> Result<Vec<Change>, String> {
    let names: BTreeSet<&RepoPath> = before.keys().chain(after.keys()).collect();
    let mut changes = Vec::new();
    for name in names {
        let (old, new) = (before.get(name), after.get(name));
        if old == new {
            continue;
        }
        changes.push(Change {
            path: place(folder, directory, name)?,
            content: new.cloned(),
            expected: Expected::of(old.map(Vec::as_slice)),
        });
    }
    Ok(changes)
}

fn place(folder: &RepoPath, directory: &RepoPath, name: &RepoPath) -> Result<RepoPath, String> {
    let joined = [folder, directory, name]
        .iter()
        .filter(|path| !path.is_root())
        .map(|path| path.as_str())
        .collect::<Vec<_>>()
        .join("/");
    RepoPath::parse(&joined).map_err(|error| format!("`{joined}` {error}"))
}

/// A collection of the newest layout.
fn is_folder(element: &Element) -> bool {
    let mark = ".resources/definition.yaml";
    element
        .content
        .files
        .keys()
        .any(|path| path.as_str() == mark)
}

/// What Postman alone has: a file for it, or for a definition of several files a place for each.
fn new_element(
    sides: &ElementSides<'_>,
    postman: &ElementContent,
    digest_of: DigestOf<'_>,
) -> Result<Carried, String> {
    let kind = sides.key.kind;
    let new = |bytes: &[u8]| match sides.is_file {
        true => Ok(bytes.to_vec()),
        false => new_file(kind, bytes),
    };
    let parent = sides.key.path.parent().unwrap_or_else(RepoPath::root);
    let mut files = Files::new();
    let mut directory = parent.clone();
    if let [only] = postman.files.values().collect::<Vec<_>>().as_slice() {
        let name =
            RepoPath::parse(sides.key.path.file_name()).map_err(|error| error.to_string())?;
        files.insert(name, new(&only.bytes)?);
    } else {
        if sides.is_native {
            let file = sides.key.path.file_name();
            let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
            directory = parent.join(stem).map_err(|error| error.to_string())?;
        }
        for (name, file) in &postman.files {
            files.insert(safe_name(name)?, new(&file.bytes)?);
        }
        if files.len() != postman.files.len() {
            return Err("two of its files would have one name".to_owned());
        }
        if sides.is_file {
            directory = directory_of(sides.key, &files);
        }
    }
    let changes = writes(sides.folder, &directory, &Files::new(), &files)?;
    Ok(Carried {
        changes,
        agreed: Some(content_of(files, digest_of)),
    })
}

/// A file that Postman names, if that name can be checked out everywhere. Another name would break what refers to it.
fn safe_name(name: &RepoPath) -> Result<RepoPath, String> {
    for part in name.as_str().split('/') {
        let (stem, extension) = part.rsplit_once('.').unwrap_or((part, ""));
        let is_safe = names::stem_of(stem, names::LONGEST_NAME) == stem
            && (extension.is_empty() || names::stem_of(extension, 20) == extension)
            && part.len() <= names::LONGEST_NAME;
        if !is_safe {
            let shown = crate::model::text::visible(name.as_str());
            return Err(format!(
                "its file `{shown}` has a name that not every system takes"
            ));
        }
    }
    Ok(name.clone())
}

type Both = (Files, Files);

/// Every file merged: what Git shall have, and what both sides agree on.
fn merged_in(
    sides: &ElementSides<'_>,
    own: &Files,
    postman: &ElementContent,
    without_base: bool,
    answer: Answer<'_>,
) -> Result<Result<Both, Vec<Conflict>>, String> {
    let theirs = named_alike(own, &files_of(postman));
    let nothing = Base::default();
    let base = sides.base.unwrap_or(&nothing);
    let base_postman = named_alike(&base.git, &base.postman);
    let base_git = named_alike(own, &base.git);
    let base_postman = named_alike(own, &base_postman);
    let names: BTreeSet<&RepoPath> = own
        .keys()
        .chain(theirs.keys())
        .chain(base_git.keys())
        .collect();
    let (mut merged, mut agreed, mut conflicts) = (Files::new(), Files::new(), Vec::new());
    for name in names {
        let before = base_git.get(name).zip(base_postman.get(name));
        match (own.get(name), theirs.get(name)) {
            (None, None) => {}
            (Some(git), Some(postman)) => {
                let file = Sides {
                    kind: sides.key.kind,
                    path: name.as_str(),
                    base: before.map(|(git, postman)| (git.as_slice(), postman.as_slice())),
                    git,
                    postman,
                    ids: sides.ids,
                };
                match reconcile(&file, without_base, &mut *answer)? {
                    Reconciled::Clean {
                        merged: text,
                        agreed: common,
                    } => {
                        merged.insert(name.clone(), text);
                        agreed.insert(name.clone(), common);
                    }
                    Reconciled::Conflicts(found) => {
                        let several = own.len() > 1;
                        conflicts.extend(found.into_iter().map(|conflict| Conflict {
                            item: match (several, conflict.item.as_str()) {
                                (false, _) => conflict.item,
                                (true, "") => name.as_str().to_owned(),
                                (true, item) => format!("{name}: {item}"),
                            },
                            ..conflict
                        }));
                    }
                }
            }
            (Some(git), None) => {
                // Only Git has it: it is new here, or Postman dropped it.
                let dropped = base_postman.contains_key(name);
                let take = if !dropped {
                    Some(Take::Ours)
                } else if base_git.get(name) == Some(git) {
                    Some(Take::Theirs)
                } else {
                    let conflict =
                        whole(&format!("{name} was changed in Git and dropped in Postman"));
                    let take = answer(&conflict);
                    if take.is_none() {
                        conflicts.push(conflict);
                    }
                    take
                };
                if take == Some(Take::Ours) {
                    merged.insert(name.clone(), git.clone());
                }
            }
            (None, Some(postman)) => {
                let text = match before {
                    None => new_file(sides.key.kind, postman)?,
                    Some(_) => postman.clone(),
                };
                let dropped = base_git.contains_key(name);
                let take = if !dropped {
                    safe_name(name)?;
                    Some(Take::Theirs)
                } else if base_postman.get(name) == Some(postman) {
                    Some(Take::Ours)
                } else {
                    let conflict =
                        whole(&format!("{name} was deleted in Git and changed in Postman"));
                    let take = answer(&conflict);
                    if take.is_none() {
                        conflicts.push(conflict);
                    }
                    take
                };
                agreed.insert(name.clone(), text.clone());
                if take == Some(Take::Theirs) {
                    merged.insert(name.clone(), text);
                }
            }
        }
    }
    Ok(if conflicts.is_empty() {
        Ok((merged, agreed))
    } else {
        Err(conflicts)
    })
}

/// A single file is the element, whatever it is called on either side: it gets the other's name.
fn named_alike(like: &Files, files: &Files) -> Files {
    let (mut own, mut others) = (like.keys(), files.iter());
    match (own.next(), own.next(), others.next(), others.next()) {
        (Some(name), None, Some((_, bytes)), None) => Files::from([(name.clone(), bytes.clone())]),
        _ => files.clone(),
    }
}
