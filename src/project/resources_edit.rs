//! `.postman/resources.yaml` edited: what stands for what in Postman, in both dialects, every other byte as it was.

use serde_json::{Value, json};

use crate::format::edit::{Change, Edit, apply};
use crate::format::fault::Fault;
use crate::format::markers::merge_markers;
use crate::format::node::Kind;
use crate::model::path::RepoPath;
use crate::project::edit_error::EditRefused;
use crate::project::resources_file::{ResourcesFile, read};

/// One edit. Paths count from the root of the repository; they are written from `.postman/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourcesEdit {
    /// The workspace is this one.
    SetWorkspace(String),
    /// A file or folder is this in Postman; it may have been something else before.
    Map {
        /// What it is.
        kind: ResourceKind,
        /// The file or folder.
        path: RepoPath,
        /// Its id in Postman.
        id: String,
    },
    /// A file or folder is nothing in Postman any more.
    Unmap {
        /// What it is.
        kind: ResourceKind,
        /// The file or folder.
        path: RepoPath,
    },
    /// A file or folder has another name and is still the same in Postman.
    Rename {
        /// What it is.
        kind: ResourceKind,
        /// The name in the file.
        from: RepoPath,
        /// The new one.
        to: RepoPath,
    },
    /// A file or folder outside of `postman/` belongs to the workspace.
    AddLocal {
        /// What it is.
        kind: ResourceKind,
        /// The file or folder.
        path: RepoPath,
    },
    /// It belongs there no more.
    RemoveLocal {
        /// What it is.
        kind: ResourceKind,
        /// The file or folder.
        path: RepoPath,
    },
}

/// What stands in the repository for something in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// Collections.
    Collections,
    /// Environments.
    Environments,
    /// Definitions.
    Specs,
    /// Flows.
    Flows,
    /// Global variables.
    Globals,
}

impl ResourceKind {
    /// The key that the file has for it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Collections => "collections",
            Self::Environments => "environments",
            Self::Specs => "specs",
            Self::Flows => "flows",
            Self::Globals => "globals",
        }
    }
}

/// A new file for a workspace, with nothing in it yet.
pub fn new_resources(workspace: &str) -> String {
    format!("# Use this workspace to collaborate\nworkspace:\n  id: {workspace}\n")
}

/// The text of the file with edits made, one after the other. `directory` is the `.postman` directory. What comes out
/// is read again and means what it shall.
///
/// # Errors
/// Merge markers, YAML that does not parse, entries that are missing or there already, and layouts that cannot be
/// edited safely.
pub fn edit_resources(
    directory: &RepoPath,
    file: &ResourcesFile,
    edits: &[ResourcesEdit],
) -> Result<String, EditRefused> {
    let path = &file.path;
    let mut text = file.document.text().to_owned();
    if !merge_markers(&text).is_empty() {
        return Err(EditRefused::MergeMarkers(path.clone()));
    }
    for edit in edits {
        let now = read(path.clone(), directory, text);
        if let Some(fault) = now.faults.iter().find(|fault| Fault::invalidates(fault)) {
            return Err(EditRefused::Unreadable {
                path: path.clone(),
                cause: fault.message.clone(),
            });
        }
        let wanted = Meaning::of(&now).after(edit);
        let steps = steps(directory, &now, edit)?;
        let edited = apply(&now.document, &steps).map_err(|error| EditRefused::NotUnderstood {
            path: path.clone(),
            cause: error.to_string(),
        })?;
        let after = read(path.clone(), directory, edited);
        let sound = !after.faults.iter().any(Fault::invalidates);
        if !sound || Meaning::of(&after) != wanted {
            return Err(EditRefused::NotUnderstood {
                path: path.clone(),
                cause: "it would not be read as it shall be".to_owned(),
            });
        }
        text = after.document.text().to_owned();
    }
    Ok(text)
}

/// The text without the workspace and what stands for something in it; `None` where nothing else is left, and the file
/// can go. What was registered from outside of `postman/` stays.
///
/// # Errors
/// As for [`edit_resources`].
pub fn without_workspace(file: &ResourcesFile) -> Result<Option<String>, EditRefused> {
    if !merge_markers(file.document.text()).is_empty() {
        return Err(EditRefused::MergeMarkers(file.path.clone()));
    }
    if let Some(fault) = file.faults.iter().find(|fault| Fault::invalidates(fault)) {
        return Err(EditRefused::Unreadable {
            path: file.path.clone(),
            cause: fault.message.clone(),
        });
    }
    let Some(root) = file.document.root() else {
        return Ok(None);
    };
    let goes = |key: &str| ["version", "workspace", "cloudResources", "canonical"].contains(&key);
    if root.members().all(|member| goes(member.key)) {
        return Ok(None);
    }
    let removals: Vec<Edit> = root
        .members()
        .filter(|member| goes(member.key) && member.key != "version")
        .map(|member| Edit {
            pointer: format!("/{}", member.key),
            change: Change::Remove,
        })
        .collect();
    let refused = |cause: String| EditRefused::NotUnderstood {
        path: file.path.clone(),
        cause,
    };
    let text = apply(&file.document, &removals).map_err(|error| refused(error.to_string()))?;
    let directory = file.path.parent().unwrap_or_else(RepoPath::root);
    let after = read(file.path.clone(), &directory, text);
    let is_sound = !after.faults.iter().any(Fault::invalidates)
        && after.workspace.is_none()
        && after.mapped.is_empty()
        && after.local.len() == file.local.len();
    if is_sound {
        Ok(Some(after.document.text().to_owned()))
    } else {
        Err(refused("it would not be read as it shall be".to_owned()))
    }
}

/// What the file says, without places; lists sorted, since their order means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Meaning {
    workspace: Option<String>,
    mapped: Vec<(String, RepoPath, Option<String>)>,
    local: Vec<RepoPath>,
    others: usize,
}

impl Meaning {
    fn of(file: &ResourcesFile) -> Self {
        let mut meaning = Self {
            workspace: file.workspace.as_ref().map(|id| id.text.clone()),
            mapped: Vec::new(),
            local: Vec::new(),
            others: 0,
        };
        for mapped in &file.mapped {
            match mapped.path.resolved() {
                Some(path) => meaning.mapped.push((
                    mapped.kind.clone(),
                    path.clone(),
                    mapped.id.as_ref().map(|id| id.text.clone()),
                )),
                None => meaning.others += 1,
            }
        }
        for local in &file.local {
            match local.resolved() {
                Some(path) => meaning.local.push(path.clone()),
                None => meaning.others += 1,
            }
        }
        meaning.sorted()
    }

    fn after(mut self, edit: &ResourcesEdit) -> Self {
        match edit {
            ResourcesEdit::SetWorkspace(id) => self.workspace = Some(id.clone()),
            ResourcesEdit::Map { kind, path, id } => {
                self.mapped
                    .retain(|(own, at, _)| own != kind.key() || at != path);
                self.mapped
                    .push((kind.key().to_owned(), path.clone(), Some(id.clone())));
            }
            ResourcesEdit::Unmap { kind, path } => {
                self.mapped
                    .retain(|(own, at, _)| own != kind.key() || at != path);
            }
            ResourcesEdit::Rename { kind, from, to } => {
                for (own, at, _) in &mut self.mapped {
                    if own == kind.key() && at == from {
                        *at = to.clone();
                    }
                }
            }
            ResourcesEdit::AddLocal { path, .. } => self.local.push(path.clone()),
            ResourcesEdit::RemoveLocal { path, .. } => {
                if let Some(at) = self.local.iter().position(|own| own == path) {
                    self.local.remove(at);
                }
            }
        }
        self.sorted()
    }

    fn sorted(mut self) -> Self {
        self.mapped.sort();
        self.local.sort();
        self
    }
}

/// The edits of the document that make one edit of the file.
fn steps(
    directory: &RepoPath,
    file: &ResourcesFile,
    edit: &ResourcesEdit,
) -> Result<Vec<Edit>, EditRefused> {
    let not_listed = |path: &RepoPath| EditRefused::NotListed {
        path: file.path.clone(),
        what: path.as_str().to_owned(),
    };
    let already = |path: &RepoPath| EditRefused::AlreadyListed {
        path: file.path.clone(),
        what: path.as_str().to_owned(),
    };
    let one = |pointer: String, change: Change| Ok(vec![Edit { pointer, change }]);
    match edit {
        ResourcesEdit::SetWorkspace(id) => match file.document.at("/workspace/id") {
            Some(own) if own.as_text() == Some(id) => Ok(Vec::new()),
            Some(_) => one("/workspace/id".to_owned(), Change::Set(json!(id))),
            None => Ok(vec![put(file, &["workspace", "id"], json!(id))]),
        },
        ResourcesEdit::Map { kind, path, id } => match mapped_at(directory, file, *kind, path) {
            Some(found) => match file.document.at(&found.pointer) {
                Some(own) if own.as_text() == Some(id) => Ok(Vec::new()),
                Some(own) if own.kind() == Kind::Array && own.items().len() > 0 => {
                    one(format!("{}/0", found.pointer), Change::Set(json!(id)))
                }
                _ => one(found.pointer, Change::Set(json!(id))),
            },
            None => {
                let section = section(file);
                let key = relative(directory, path);
                Ok(vec![put(file, &[section, kind.key(), &key], json!(id))])
            }
        },
        ResourcesEdit::Unmap { kind, path } => {
            let found = mapped_at(directory, file, *kind, path).ok_or_else(|| not_listed(path))?;
            one(emptied(file, &found), Change::Remove)
        }
        ResourcesEdit::Rename { kind, from, to } => {
            let found = mapped_at(directory, file, *kind, from).ok_or_else(|| not_listed(from))?;
            if mapped_at(directory, file, *kind, to).is_some() {
                return Err(already(to));
            }
            one(found.pointer, Change::Rename(relative(directory, to)))
        }
        ResourcesEdit::AddLocal { kind, path } => {
            if local_at(directory, file, *kind, path).is_some() {
                return Err(already(path));
            }
            let text = relative(directory, path);
            let list = format!("/localResources/{}", kind.key());
            match file.document.at(&list).map(|own| own.kind()) {
                Some(Kind::Array) => one(
                    list,
                    Change::Insert {
                        key: String::new(),
                        value: json!(text),
                        before: None,
                    },
                ),
                _ => Ok(vec![put(
                    file,
                    &["localResources", kind.key()],
                    json!([text]),
                )]),
            }
        }
        ResourcesEdit::RemoveLocal { kind, path } => {
            let found = local_at(directory, file, *kind, path).ok_or_else(|| not_listed(path))?;
            one(emptied(file, &found), Change::Remove)
        }
    }
}

/// An entry and what holds it, from the inside out.
struct Found {
    pointer: String,
    holders: [String; 2],
}

/// The topmost part of an entry's holders that holds nothing else: it goes with its last entry.
fn emptied(file: &ResourcesFile, found: &Found) -> String {
    let mut emptied = found.pointer.clone();
    for holder in &found.holders {
        let held = file
            .document
            .at(holder)
            .map_or(0, |own| own.members().len() + own.items().len());
        if held != 1 {
            break;
        }
        emptied.clone_from(holder);
    }
    emptied
}

/// The section that mappings stand in: the app's, or that of Postman's action where only that is there.
fn section(file: &ResourcesFile) -> &'static str {
    let has = |name: &str| file.document.at(&format!("/{name}")).is_some();
    if !has("cloudResources") && has("canonical") {
        "canonical"
    } else {
        "cloudResources"
    }
}

fn mapped_at(
    directory: &RepoPath,
    file: &ResourcesFile,
    kind: ResourceKind,
    path: &RepoPath,
) -> Option<Found> {
    for section in ["cloudResources", "canonical"] {
        let group = format!("/{section}/{}", kind.key());
        let Some(own) = file.document.at(&group) else {
            continue;
        };
        for member in own.members() {
            if RepoPath::resolve(directory, member.key).as_ref() == Ok(path) {
                return Some(Found {
                    pointer: format!("{group}/{}", escaped(member.key)),
                    holders: [group, format!("/{section}")],
                });
            }
        }
    }
    None
}

fn local_at(
    directory: &RepoPath,
    file: &ResourcesFile,
    kind: ResourceKind,
    path: &RepoPath,
) -> Option<Found> {
    let group = format!("/localResources/{}", kind.key());
    let list = file.document.at(&group)?;
    let index = list.items().position(|item| {
        item.as_text()
            .is_some_and(|text| RepoPath::resolve(directory, text).as_ref() == Ok(path))
    })?;
    Some(Found {
        pointer: format!("{group}/{index}"),
        holders: [group, "/localResources".to_owned()],
    })
}

/// A value put where mappings may be missing on the way: what is there stays, an empty one is filled.
fn put(file: &ResourcesFile, keys: &[&str], value: Value) -> Edit {
    let nested = |keys: &[&str], value: Value| {
        keys.iter()
            .rev()
            .fold(value, |inner, key| json!({ *key: inner }))
    };
    let mut pointer = String::new();
    for (depth, key) in keys.iter().enumerate() {
        let next = format!("{pointer}/{}", escaped(key));
        match file.document.at(&next) {
            Some(own) if own.kind() == Kind::Object && own.members().len() > 0 => pointer = next,
            Some(_) => {
                return Edit {
                    pointer: next,
                    change: Change::Set(nested(&keys[depth + 1..], value)),
                };
            }
            None => {
                return Edit {
                    pointer,
                    change: Change::Insert {
                        key: (*key).to_owned(),
                        value: nested(&keys[depth + 1..], value),
                        before: None,
                    },
                };
            }
        }
    }
    Edit {
        pointer,
        change: Change::Set(value),
    }
}

/// A part of a JSON Pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A path as the file has it: from the `.postman` directory.
fn relative(directory: &RepoPath, path: &RepoPath) -> String {
    let from: Vec<&str> = directory.components().collect();
    let to: Vec<&str> = path.components().collect();
    let shared = from
        .iter()
        .zip(&to)
        .take_while(|(one, other)| one == other)
        .count();
    let up = std::iter::repeat_n("..", from.len() - shared);
    up.chain(to[shared..].iter().copied())
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    use super::{ResourceKind, ResourcesEdit, edit_resources, new_resources, without_workspace};
    use crate::model::path::RepoPath;
    use crate::project::edit_error::EditRefused;
    use crate::project::resources_file::read;

    const WORKSPACE: &str = "11111111-2222-4333-8444-555555555555";

    fn path(text: &str) -> RepoPath {
        RepoPath::parse(text).unwrap()
    }

    fn edited(text: &str, edits: &[ResourcesEdit]) -> Result<String, EditRefused> {
        let directory = path("svc/.postman");
        let file = read(
            directory.join("resources.yaml").unwrap(),
            &directory,
            text.to_owned(),
        );
        edit_resources(&directory, &file, edits)
    }

    fn map(kind: ResourceKind, name: &str, id: &str) -> ResourcesEdit {
        ResourcesEdit::Map {
            kind,
            path: path(name),
            id: id.to_owned(),
        }
    }

    const ORDERS: &str = "svc/postman/collections/Orders";

    #[test]
    fn a_new_file_is_filled() {
        let text = edited(
            &new_resources(WORKSPACE),
            &[
                map(ResourceKind::Collections, ORDERS, "1-x"),
                map(ResourceKind::Specs, "specs/a.yaml", "y-1"),
                map(ResourceKind::Specs, "svc/b: c.yaml", "z"),
                ResourcesEdit::AddLocal {
                    kind: ResourceKind::Specs,
                    path: path("specs/a.yaml"),
                },
            ],
        );
        assert_eq!(
            text.unwrap(),
            "# Use this workspace to collaborate\nworkspace:\n  id: 11111111-2222-4333-8444-555555555555\n\
             cloudResources:\n  collections:\n    ../postman/collections/Orders: 1-x\n  specs:\n    \
             ../../specs/a.yaml: y-1\n    \"../b: c.yaml\": z\nlocalResources:\n  specs:\n    - ../../specs/a.yaml\n"
        );
    }

    #[test]
    fn an_entry_comes_and_goes_and_nothing_else_moves() {
        let app = "# mine\nworkspace:\n  id: x # theirs\n\ncloudResources:   # local -> cloud\n  collections:\n    ../postman/collections/A: 1-x\n    # between\n    ../postman/collections/B: 2-x\nlocalResources:\n  specs:\n    - ../a.yaml\n";
        let action = "version: 2\nworkspace:\n  id: x\ncanonical:\n  collections:\n    ../postman/collections/A: 1-x\n";
        for text in [
            app.to_owned(),
            app.replace('\n', "\r\n"),
            action.to_owned(),
            app.trim_end().to_owned(),
        ] {
            let add = [
                map(ResourceKind::Collections, ORDERS, "3-x"),
                map(
                    ResourceKind::Environments,
                    "svc/postman/environments/D.yaml",
                    "4-x",
                ),
            ];
            let added = edited(&text, &add).unwrap();
            assert!(
                added.contains("    ../postman/collections/Orders: 3-x"),
                "{added}"
            );
            assert_eq!(edited(&added, &add).unwrap(), added);
            let removed = edited(
                &added,
                &[
                    ResourcesEdit::Unmap {
                        kind: ResourceKind::Collections,
                        path: path(ORDERS),
                    },
                    ResourcesEdit::Unmap {
                        kind: ResourceKind::Environments,
                        path: path("svc/postman/environments/D.yaml"),
                    },
                ],
            );
            assert_eq!(removed.unwrap(), text);
        }
    }

    #[test]
    fn empty_groups_are_filled_and_names_and_ids_change_in_their_line() {
        let text = "workspace:\n  id: \"\"\n\n# what is where\ncloudResources:\n  collections:\n  environments: {}\n  specs:\n    ../a.yaml: [one, two] # first\n\n# end\n";
        let filled = edited(
            text,
            &[
                map(ResourceKind::Collections, ORDERS, "1-x"),
                map(ResourceKind::Environments, "svc/e.yaml", "2-x"),
                map(ResourceKind::Specs, "svc/a.yaml", "three"),
                ResourcesEdit::SetWorkspace(WORKSPACE.to_owned()),
                ResourcesEdit::Rename {
                    kind: ResourceKind::Specs,
                    from: path("svc/a.yaml"),
                    to: path("svc/b.yaml"),
                },
            ],
        )
        .unwrap();
        for line in [
            "    ../postman/collections/Orders: 1-x",
            "    ../b.yaml: [three, two] # first",
            "# what is where",
            "# end",
        ] {
            assert!(filled.lines().any(|own| own == line), "{line}\n{filled}");
        }
        assert!(
            filled.contains(WORKSPACE) && filled.contains("../e.yaml"),
            "{filled}"
        );
    }

    #[test]
    fn a_workspace_goes_and_what_is_registered_stays() {
        let without = |text: &str| {
            let directory = path("svc/.postman");
            let file = read(
                directory.join("resources.yaml").unwrap(),
                &directory,
                text.to_owned(),
            );
            without_workspace(&file).unwrap()
        };
        let mapped = "workspace:\n  id: x\ncloudResources:\n  specs:\n    ../a: 1\n";
        assert_eq!(without(mapped), None);
        let local = "localResources:\n  specs:\n    - ../a # mine\n";
        assert_eq!(without(&format!("{mapped}{local}")).as_deref(), Some(local));
    }

    #[test]
    fn what_is_not_there_or_does_not_parse_is_refused() {
        let unmap = ResourcesEdit::Unmap {
            kind: ResourceKind::Specs,
            path: path("svc/x"),
        };
        let text = new_resources(WORKSPACE);
        assert!(matches!(
            edited(&text, std::slice::from_ref(&unmap)),
            Err(EditRefused::NotListed { .. })
        ));
        assert!(matches!(
            edited("a: [\n", std::slice::from_ref(&unmap)),
            Err(EditRefused::Unreadable { .. })
        ));
        let marked = format!("<<<<<<< a\n{text}=======\n>>>>>>> b\n");
        assert!(matches!(
            edited(&marked, &[unmap]),
            Err(EditRefused::MergeMarkers(_))
        ));
    }
}
