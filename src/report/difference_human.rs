//! A difference for people: a headline for each file, a line for each change, then the changed lines of texts.
//!
//! Whatever a document wrote is made visible before it is drawn.

use anstyle::{AnsiColor, Style as Paint};

use crate::model::difference::{
    Change, ChangeKind, ContentDifference, Difference, FileDifference, Line, LineKind,
};
use crate::model::text::{shortened, visible, visible_line};
use crate::report::difference::Detail;
use crate::report::difference_words::{headline, sentence};
use crate::report::style::Style;
use crate::report::words::painted;

/// A value is shown up to so many characters; its lines and the report for scripts have all of it.
const MOST_OF_A_VALUE: usize = 100;

pub(crate) fn render(difference: &Difference, detail: Detail, style: &Style) -> String {
    let mut text = String::new();
    for (index, file) in difference.files.iter().enumerate() {
        if index > 0 && detail == Detail::Full {
            text.push('\n');
        }
        draw(file, detail, style, &mut text);
    }
    text
}

fn draw(file: &FileDifference, detail: Detail, style: &Style, text: &mut String) {
    let path = |path: &str| visible(path);
    let title = visible(&headline(file, &path));
    text.push_str(&painted(&title, Paint::new().bold(), style));
    text.push('\n');
    match &file.content {
        ContentDifference::Meaning(changes) => {
            for change in changes {
                let line = format!("  {} {}", change.kind.sign(), sentence(change, &quoted));
                text.push_str(&painted(&line, paint_of(change.kind), style));
                text.push('\n');
            }
            if detail == Detail::Full {
                for change in changes.iter().filter(|change| !change.lines.is_empty()) {
                    text.push('\n');
                    text.push_str(&format!("  {}\n", title_of(change)));
                    draw_lines(&change.lines, "    ", style, text);
                }
            }
        }
        ContentDifference::Text { lines, .. } if detail == Detail::Full => {
            draw_lines(lines, "  ", style, text);
        }
        ContentDifference::Text { .. } | ContentDifference::Opaque { .. } => {}
    }
}

fn title_of(change: &Change) -> String {
    let (item, what) = change.place();
    let parts = [item, what];
    let parts: Vec<String> = parts
        .iter()
        .filter(|part| !part.is_empty())
        .map(|part| visible(part))
        .collect();
    format!("{} {}", change.noun, parts.join(" › "))
}

fn draw_lines(lines: &[Line], indent: &str, style: &Style, text: &mut String) {
    for line in lines {
        let drawn = format!("{} {}", line.kind.sign(), visible_line(&line.text));
        let paint = match line.kind {
            LineKind::Added => AnsiColor::Green.on_default(),
            LineKind::Removed => AnsiColor::Red.on_default(),
            LineKind::Gap => AnsiColor::Cyan.on_default(),
            LineKind::Kept => Paint::new(),
        };
        text.push_str(indent);
        text.push_str(&painted(drawn.trim_end(), paint, style));
        text.push('\n');
    }
}

fn quoted(text: &str) -> String {
    format!("`{}`", shortened(&visible(text), MOST_OF_A_VALUE))
}

fn paint_of(kind: ChangeKind) -> Paint {
    match kind {
        ChangeKind::Added => AnsiColor::Green.on_default(),
        ChangeKind::Removed => AnsiColor::Red.on_default(),
        ChangeKind::Renamed | ChangeKind::Moved | ChangeKind::Reordered => {
            AnsiColor::Cyan.on_default()
        }
        ChangeKind::Changed => AnsiColor::Yellow.on_default(),
    }
}

#[cfg(test)]
mod tests {
    use crate::model::difference::{ChangeKind, LineKind};
    use crate::report::difference::{Detail, DifferenceFormat, render_difference};
    use crate::report::difference_sample::difference;
    use crate::report::style::Style;

    #[test]
    fn a_line_for_each_change_stands_first_and_nothing_drives_the_terminal() {
        let mut sample = difference();
        sample.files[0].path = "a\u{1b}[31m.json".to_owned();
        let text = render_difference(
            DifferenceFormat::Human,
            &sample,
            Detail::Full,
            &Style::default(),
        );
        assert_eq!(
            text,
            "changed a\\x1b[31m.json: 3 changes\n  \
             > renamed request `Orders / List @all`, before `Li\\nst`\n  \
             ~ request `Orders / x` › `request › header A › value`: `1` → `<b>|`\n  \
             ~ request `Orders / x` › `test script`: 1 line added, 1 removed\n\n  \
             request Orders / x › test script\n    - a\n    + ```b\n"
        );
        assert!(ChangeKind::Added.sign() == LineKind::Added.sign());
    }
}
