//! Changed lines of two texts.

use similar::{DiffOp, group_diff_ops};

use crate::format::diff_value::line_operations;
use crate::model::difference::{Line, LineKind};

/// The lines that differ between two texts, with up to `context` lines around them that do not.
pub fn changed_lines(before: &str, after: &str, context: usize) -> Vec<Line> {
    let lines = |text: &'_ str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    let (old, new) = (lines(before), lines(after));
    let mut told = Vec::new();
    for group in group_diff_ops(line_operations(&old, &new), context) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let (one, other) = (
            first.old_range().start..last.old_range().end,
            first.new_range().start..last.new_range().end,
        );
        if one.start > 0 || other.start > 0 || one.end < old.len() || other.end < new.len() {
            told.push(Line {
                kind: LineKind::Gap,
                text: format!("-{} +{}", range(&one), range(&other)),
            });
        }
        for operation in group {
            let mut push = |kind: LineKind, lines: &[String]| {
                told.extend(lines.iter().map(|text| Line {
                    kind,
                    text: text.clone(),
                }));
            };
            match operation {
                DiffOp::Equal { .. } => push(LineKind::Kept, &old[operation.old_range()]),
                _ => {
                    push(LineKind::Removed, &old[operation.old_range()]);
                    push(LineKind::Added, &new[operation.new_range()]);
                }
            }
        }
    }
    told
}

/// Lines as a unified diff counts them: the first and how many.
fn range(lines: &std::ops::Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => (lines.start + 1).to_string(),
        length => format!("{},{length}", lines.start + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::changed_lines;

    #[test]
    fn what_did_not_change_is_left_out_but_for_the_lines_around() {
        let told: Vec<String> = changed_lines("a\nb\nc\nd\ne\n", "a\nb\nc\nD\ne\n", 1)
            .into_iter()
            .map(|line| format!("{}{}", line.kind.sign(), line.text))
            .collect();
        assert_eq!(told, ["@-3,3 +3,3", " c", "-d", "+D", " e"]);
        assert_eq!(changed_lines("a\n", "a\n", 3), []);
    }

    #[test]
    fn large_texts_that_share_nothing_are_replaced_as_a_whole() {
        let text = |mark: &str| {
            (0..20_000)
                .map(|n| format!("{mark}{n}\n"))
                .collect::<String>()
        };
        assert_eq!(changed_lines(&text("a"), &text("b"), 1).len(), 40_000);
    }
}
