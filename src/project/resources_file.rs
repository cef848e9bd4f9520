//! `.postman/resources.yaml` of Postman v12 and later, in both of its dialects.

use crate::format::fault::Fault;
use crate::format::node::{Document, Kind, MemberRef, NodeRef};
use crate::format::yaml;
use crate::model::finding::Place;
use crate::model::id::is_uuid;
use crate::model::path::RepoPath;
use crate::model::span::Span;
use crate::project::written::{Trouble, Written, WrittenPath};

/// What a workspace has in the repository.
#[derive(Debug)]
pub struct ResourcesFile {
    /// Where the file is.
    pub path: RepoPath,
    /// What it says; the text is kept, so that an edit leaves every other byte alone.
    pub document: Document,
    /// What is wrong with the YAML.
    pub faults: Vec<Fault>,
    /// The id of the workspace, where one is written.
    pub workspace: Option<Written>,
    /// Files and folders that stand for something in Postman.
    pub mapped: Vec<Mapped>,
    /// Files and folders outside of `postman/` that belong to the workspace.
    pub local: Vec<WrittenPath>,
    /// What its reader passes over.
    pub troubles: Vec<Trouble>,
}

/// One file or folder and what it is in Postman.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// `collections`, `environments`, `specs`, `globals` or `flows`.
    pub kind: String,
    /// The file or folder, relative to `.postman/`.
    pub path: WrittenPath,
    /// The id in Postman; of a list the first counts.
    pub id: Option<Written>,
}

impl ResourcesFile {
    /// A place in the file.
    pub fn place(&self, span: Span) -> Place {
        Place::in_text(
            &self.path,
            self.document.text(),
            self.document.lines(),
            span,
        )
    }

    /// Whether the workspace has an id that can be one.
    pub fn has_workspace(&self) -> bool {
        self.workspace.as_ref().is_some_and(|id| is_uuid(&id.text))
    }
}

/// Reads the file. `directory` is the `.postman` directory, from which its paths count.
pub fn read(path: RepoPath, directory: &RepoPath, text: String) -> ResourcesFile {
    let (document, faults) = yaml::parse(text);
    let mut file = ResourcesFile {
        path,
        document,
        faults,
        workspace: None,
        mapped: Vec::new(),
        local: Vec::new(),
        troubles: Vec::new(),
    };
    let place = |span: Span| file.place(span);
    let mut workspace = None;
    let mut mapped = Vec::new();
    let mut local = Vec::new();
    let mut troubles = Vec::new();
    if let Some(root) = file.document.root() {
        workspace = root.at("/workspace/id").and_then(|id| {
            Some(Written {
                text: id.as_text()?.to_owned(),
                place: place(id.span()),
            })
        });
        // The app writes `cloudResources`; an action of Postman's customer team writes `canonical`.
        for section in ["cloudResources", "canonical"]
            .iter()
            .filter_map(|name| root.get(name))
        {
            for group in section.members() {
                for member in group.value.members() {
                    mapped.push(Mapped {
                        kind: group.key.to_owned(),
                        path: WrittenPath::new(directory, member.key, place(member.key_span)),
                        id: first_id(member.value).map(|(text, span)| Written {
                            text,
                            place: place(span),
                        }),
                    });
                }
                if !matches!(group.value.kind(), Kind::Object | Kind::Null) {
                    troubles.push(not_a_mapping(&group, &place));
                }
            }
        }
        for group in root
            .get("localResources")
            .into_iter()
            .flat_map(NodeRef::members)
        {
            for item in group.value.items() {
                if let Some(text) = item.as_text() {
                    local.push(WrittenPath::new(directory, text, place(item.span())));
                }
            }
        }
    }
    file.workspace = workspace;
    file.mapped = mapped;
    file.local = local;
    file.troubles = troubles;
    file
}

fn first_id(value: NodeRef<'_>) -> Option<(String, Span)> {
    let value = match value.kind() {
        Kind::Array => value.nth_item(0)?,
        _ => value,
    };
    Some((value.as_text()?.to_owned(), value.span()))
}

fn not_a_mapping(group: &MemberRef<'_>, place: &impl Fn(Span) -> Place) -> Trouble {
    Trouble {
        message: format!(
            "`{}` is {}, not a mapping of paths to ids",
            group.key,
            group.value.kind().phrase()
        ),
        help: "write one line `<path>: <id>` for each file or folder".to_owned(),
        place: place(group.key_span),
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::model::path::RepoPath;

    #[test]
    fn both_dialects_are_read() {
        for name in ["cloudResources", "canonical"] {
            let text = format!(
                "workspace:\n  id: 11111111-2222-4333-8444-555555555555\n{name}:\n  collections:\n    ../postman/collections/A: 1-x\n    ..\\postman\\B: [2-y, 3-z]\n  environments:\nlocalResources:\n  specs:\n    - ../openapi.yaml\n"
            );
            let directory = RepoPath::parse(".postman").unwrap();
            let file = read(directory.join("resources.yaml").unwrap(), &directory, text);
            assert!(file.has_workspace());
            assert_eq!(
                file.mapped[0].path.resolved().unwrap().as_str(),
                "postman/collections/A"
            );
            assert!(file.mapped[1].path.path.is_err());
            assert_eq!(file.mapped[1].id.as_ref().unwrap().text, "2-y");
            assert_eq!(file.local[0].resolved().unwrap().as_str(), "openapi.yaml");
            assert_eq!(file.mapped[0].path.place.location.start.line, 5);
        }
    }

    #[test]
    fn an_empty_id_is_written_and_is_none() {
        let directory = RepoPath::parse(".postman").unwrap();
        let file = read(
            directory.join("resources.yaml").unwrap(),
            &directory,
            "workspace:\n  id: \"\"\n".to_owned(),
        );
        assert!(file.workspace.is_some() && !file.has_workspace());
    }
}
