//! A difference for the text of a pull request.
//!
//! Whatever a document wrote stands in code, fenced so that it cannot end it: no link, mention, tag or heading of a
//! document is one of the page. The length is bounded, and what is left out is counted.

use crate::model::difference::{ContentDifference, Difference, FileDifference, Line};
use crate::model::text::{counted, shortened, visible_line};
use crate::report::difference::Detail;
use crate::report::difference_words::{headline, sentence};
use crate::report::escape::{longest_run, markdown_code};

/// Providers cut or refuse longer texts: GitHub at 65,536 characters, and the request says more than this.
pub(crate) const MOST_CHARACTERS: usize = 50_000;

/// Of a text so many changed lines are shown.
const MOST_LINES: usize = 60;

/// The difference as Markdown of at most `limit` bytes and a line about the rest.
pub(crate) fn render(difference: &Difference, detail: Detail, limit: usize) -> String {
    let mut text = String::new();
    let mut left_out = 0;
    for file in &difference.files {
        let title = format!("**{}**\n\n", headline(file, &markdown_code));
        if text.len() + title.len() > limit {
            left_out += lines_of(file);
            continue;
        }
        text.push_str(&title);
        left_out += draw(file, detail, limit, &mut text);
        text.push('\n');
    }
    if left_out > 0 {
        text.push_str(&format!("… and {}\n", counted(left_out, "more change")));
    }
    if difference.files.is_empty() {
        text.push_str("No difference.\n");
    }
    text
}

/// How many changes a file has that would be told.
fn lines_of(file: &FileDifference) -> usize {
    match &file.content {
        ContentDifference::Meaning(changes) => changes.len().max(1),
        ContentDifference::Text { .. } | ContentDifference::Opaque { .. } => 1,
    }
}

/// Draws what fits, and gives how many changes did not.
fn draw(file: &FileDifference, detail: Detail, limit: usize, text: &mut String) -> usize {
    let changes = match &file.content {
        ContentDifference::Meaning(changes) => changes,
        ContentDifference::Text { lines, .. } => {
            push_block(lines, limit, text);
            return 0;
        }
        ContentDifference::Opaque { .. } => return 0,
    };
    let mut told = 0;
    for change in changes {
        let line = format!("- {}\n", sentence(change, &markdown_code));
        if text.len() + line.len() > limit {
            break;
        }
        text.push_str(&line);
        told += 1;
    }
    if detail == Detail::Full {
        for change in changes[..told]
            .iter()
            .filter(|change| !change.lines.is_empty())
        {
            let (item, what) = change.place();
            let place: Vec<String> = [item, what]
                .iter()
                .filter(|part| !part.is_empty())
                .map(|part| markdown_code(part))
                .collect();
            let title = format!("\n{} {}\n\n", change.noun, place.join(" › "));
            if text.len() + title.len() + 200 < limit {
                text.push_str(&title);
                push_block(&change.lines, limit, text);
            }
        }
    }
    changes.len() - told
}

/// The lines as a fenced block.
fn push_block(lines: &[Line], limit: usize, text: &mut String) {
    let room = limit.saturating_sub(text.len());
    let mut block = String::new();
    let mut shown = 0;
    for line in lines.iter().take(MOST_LINES) {
        let drawn = format!(
            "{}{}\n",
            line.kind.sign(),
            shortened(&visible_line(&line.text), 200)
        );
        if block.len() + drawn.len() > room {
            break;
        }
        block.push_str(&drawn);
        shown += 1;
    }
    let fence = "`".repeat((longest_run(&block) + 1).max(3));
    text.push_str(&format!("{fence}diff\n{block}{fence}\n"));
    if shown < lines.len() {
        text.push_str(&format!(
            "\n… and {}\n",
            counted(lines.len() - shown, "more line")
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::model::difference::ContentDifference;
    use crate::report::difference::Detail;
    use crate::report::difference_sample::difference;

    #[test]
    fn whatever_a_document_wrote_stands_in_code() {
        assert_eq!(
            render(&difference(), Detail::Full, 10_000),
            "**changed `a.json`: 3 changes**\n\n\
             - renamed request `Orders / List @all`, before `Li\\nst`\n\
             - request `Orders / x` › `request › header A › value`: `1` → `<b>|`\n\
             - request `Orders / x` › `test script`: 1 line added, 1 removed\n\n\
             request `Orders / x` › `test script`\n\n\
             ````diff\n-a\n+```b\n````\n\n"
        );
    }

    #[test]
    fn the_length_is_bounded_and_the_rest_is_counted() {
        let mut difference = difference();
        let ContentDifference::Meaning(changes) = &mut difference.files[0].content else {
            unreachable!()
        };
        let one = changes[1].clone();
        *changes = vec![one; 1000];
        let text = render(&difference, Detail::Full, 2_000);
        assert!(text.len() < 2_100, "{}", text.len());
        assert!(text.contains("more changes"), "{text}");
    }
}
