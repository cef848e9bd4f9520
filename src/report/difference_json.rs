//! A difference for scripts: one object, whose keys are a contract.

use serde::Serialize;

use crate::model::difference::{Change, ContentDifference, Difference, FileDifference, Line, Side};

#[derive(Serialize)]
struct Shape<'a> {
    format_version: u32,
    command: &'static str,
    exit_code: u8,
    from: SideShape<'a>,
    to: SideShape<'a>,
    summary: Summary,
    differences: Vec<FileShape<'a>>,
}

#[derive(Serialize)]
struct SideShape<'a> {
    kind: &'static str,
    id: Option<&'a str>,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    changes: usize,
}

#[derive(Serialize)]
struct FileShape<'a> {
    path: &'a str,
    earlier_path: Option<&'a str>,
    format: &'static str,
    status: &'static str,
    /// Why no changes of meaning are told; `null` where they are.
    reason: Option<&'a str>,
    changes: Vec<ChangeShape<'a>>,
    lines: Vec<LineShape<'a>>,
}

#[derive(Serialize)]
struct ChangeShape<'a> {
    kind: &'static str,
    noun: &'static str,
    item: &'a [String],
    what: &'a [String],
    pointer: &'a str,
    before: Option<&'a str>,
    after: Option<&'a str>,
    lines: Vec<LineShape<'a>>,
}

#[derive(Serialize)]
struct LineShape<'a> {
    kind: &'static str,
    text: &'a str,
}

pub(crate) fn render(difference: &Difference) -> String {
    let differences: Vec<FileShape<'_>> = difference.files.iter().map(file).collect();
    let shape = Shape {
        format_version: 1,
        command: "diff",
        exit_code: difference.exit_code(),
        from: side(&difference.from),
        to: side(&difference.to),
        summary: Summary {
            files: differences.len(),
            changes: differences.iter().map(|file| file.changes.len()).sum(),
        },
        differences,
    };
    // Strings and numbers always have a text.
    let text = serde_json::to_string_pretty(&shape).unwrap_or_default();
    format!("{text}\n")
}

fn side(side: &Side) -> SideShape<'_> {
    SideShape {
        kind: side.kind,
        id: side.id.as_deref(),
    }
}

fn file(file: &FileDifference) -> FileShape<'_> {
    let (changes, told, reason): (&[Change], &[Line], Option<&str>) = match &file.content {
        ContentDifference::Meaning(changes) => (changes, &[], None),
        ContentDifference::Text { reason, lines } => (&[], lines, Some(reason)),
        ContentDifference::Opaque { reason } => (&[], &[], Some(reason)),
    };
    FileShape {
        path: &file.path,
        earlier_path: file.earlier_path.as_deref(),
        format: file.format,
        status: file.status.word(),
        reason,
        changes: changes.iter().map(change).collect(),
        lines: lines(told),
    }
}

fn change(change: &Change) -> ChangeShape<'_> {
    ChangeShape {
        kind: change.kind.word(),
        noun: change.noun,
        item: &change.item,
        what: &change.what,
        pointer: &change.pointer,
        before: change.before.as_deref(),
        after: change.after.as_deref(),
        lines: lines(&change.lines),
    }
}

fn lines(lines: &[Line]) -> Vec<LineShape<'_>> {
    lines
        .iter()
        .map(|line| LineShape {
            kind: line.kind.word(),
            text: &line.text,
        })
        .collect()
}
