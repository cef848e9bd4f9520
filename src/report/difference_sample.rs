//! A difference for the tests of its reports.

use crate::model::difference::{
    Change, ChangeKind, ContentDifference, Difference, FileDifference, FileStatus, Line, LineKind,
    Side,
};

/// Three changes of one file, with names that would like to be more.
pub(crate) fn difference() -> Difference {
    let change = |kind, item: &str, what: &[&str], before: &str, after: &str| Change {
        kind,
        noun: "request",
        item: vec!["Orders".to_owned(), item.to_owned()],
        what: what.iter().map(|&word| word.to_owned()).collect(),
        pointer: "/item/0/item/0".to_owned(),
        before: Some(before.to_owned()),
        after: Some(after.to_owned()),
        lines: Vec::new(),
    };
    let line = |kind, text: &str| Line {
        kind,
        text: text.to_owned(),
    };
    let mut script = change(ChangeKind::Changed, "x", &["test script"], "a", "```b");
    script.lines = vec![line(LineKind::Removed, "a"), line(LineKind::Added, "```b")];
    Difference {
        from: Side::default(),
        to: Side::default(),
        files: vec![FileDifference {
            path: "a.json".to_owned(),
            earlier_path: None,
            format: "collection-2.1",
            status: FileStatus::Changed,
            content: ContentDifference::Meaning(vec![
                change(ChangeKind::Renamed, "List @all", &[], "Li\nst", "List @all"),
                change(
                    ChangeKind::Changed,
                    "x",
                    &["request", "header A", "value"],
                    "1",
                    "<b>|",
                ),
                script,
            ]),
        }],
    }
}
