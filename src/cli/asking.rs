//! A conflict shown with both versions side by side, and a person's answer to it.

use std::io::BufRead;

use crate::format::diff_shown::shown as in_difference;
use crate::format::json;
use crate::format::merge_value::Conflict;
use crate::mirror::merging::Take;
use crate::model::text::visible;

/// What a person says to a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This side counts.
    Take(Take),
    /// Neither: the element stays as it is on both sides.
    Skip,
    /// Neither here nor in what follows.
    Quit,
}

/// One column holds so many characters.
const COLUMN: usize = 46;
/// So many lines of a value are shown.
const MOST_LINES: usize = 24;

/// Shows a conflict and asks until there is an answer. Input that ends, or nothing but nonsense, is the end of all asking.
pub fn decide(
    element: &str,
    conflict: &Conflict,
    input: &mut dyn BufRead,
    say: &mut dyn FnMut(&str),
) -> Answer {
    say(&format!("conflict in {}", visible(element)));
    say(&format!(
        "  {}: {}",
        place(conflict),
        visible(&conflict.message)
    ));
    let (ours, theirs) = shown(conflict);
    for line in side_by_side(ours.as_deref(), theirs.as_deref()) {
        say(&format!("  {line}"));
    }
    for _ in 0..3 {
        say("(o)urs: Git's, (t)heirs: Postman's, (b)oth stay as they are, (q)uit?");
        let mut line = String::new();
        if !input.read_line(&mut line).is_ok_and(|read| read > 0) {
            return Answer::Quit;
        }
        match line.trim().to_lowercase().as_str() {
            "o" | "ours" => return Answer::Take(Take::Ours),
            "t" | "theirs" => return Answer::Take(Take::Theirs),
            "b" | "both" | "skip" => return Answer::Skip,
            "q" | "quit" => return Answer::Quit,
            _ => {}
        }
    }
    Answer::Quit
}

/// Where a conflict is, for people.
pub fn place(conflict: &Conflict) -> String {
    let field = match conflict.field.strip_prefix('/') {
        Some(pointer) => pointer.replace('/', " / "),
        None => conflict.field.clone(),
    };
    visible(&match (conflict.item.as_str(), field.as_str()) {
        ("", "") => "all of it".to_owned(),
        ("", field) => field.to_owned(),
        (item, "") => format!("`{item}`"),
        (item, field) => format!("`{item}` {field}"),
    })
}

/// Both versions of what is in conflict. What may be a secret is not shown.
pub fn shown(conflict: &Conflict) -> (Option<String>, Option<String>) {
    let words = format!("{}/{}", conflict.item, conflict.field).to_lowercase();
    let told = [&conflict.ours, &conflict.theirs];
    let may_be_secret = [
        "auth", "token", "secret", "password", "api-key", "apikey", "values",
    ];
    let masks = may_be_secret.iter().any(|word| words.contains(word))
        || told.iter().any(|text| {
            text.as_deref()
                .is_some_and(|text| text.contains("\"secret\""))
        });
    let value = |text: &Option<String>| {
        let text = text.as_deref()?;
        if masks {
            return Some("***".to_owned());
        }
        // As differences show it: a string without its marks, an address as it is typed, the rest on one line.
        let (document, faults) = json::parse(text.to_owned());
        let read = document.root().filter(|_| faults.is_empty());
        Some(read.map_or_else(
            || text.to_owned(),
            |value| in_difference(value, false, false),
        ))
    };
    (value(&conflict.ours), value(&conflict.theirs))
}

/// Both versions in two columns, lines that differ marked.
fn side_by_side(ours: Option<&str>, theirs: Option<&str>) -> Vec<String> {
    let lines = |text: Option<&str>| -> Vec<String> {
        let text = text.unwrap_or("(nothing)");
        let lines = text.lines().take(MOST_LINES + 1);
        lines.flat_map(|line| wrapped(&visible(line))).collect()
    };
    let (left, right) = (lines(ours), lines(theirs));
    let count = left.len().max(right.len());
    let mut shown = vec![format!("  {:COLUMN$} | {}", "Git", "Postman")];
    for index in 0..count.min(MOST_LINES) {
        let (one, other) = (left.get(index), right.get(index));
        let sign = if one == other { ' ' } else { '~' };
        let text = |line: Option<&String>| line.map_or("", String::as_str).to_owned();
        shown.push(
            format!("{sign} {:COLUMN$} | {}", text(one), text(other))
                .trim_end()
                .to_owned(),
        );
    }
    if count > MOST_LINES {
        shown.push(format!("  … {} lines more", count - MOST_LINES));
    }
    shown
}

fn wrapped(line: &str) -> Vec<String> {
    let characters: Vec<char> = line.chars().collect();
    if characters.is_empty() {
        return vec![String::new()];
    }
    characters
        .chunks(COLUMN)
        .map(|part| part.iter().collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Answer, decide, shown};
    use crate::format::merge_value::Conflict;
    use crate::mirror::merging::Take;

    fn conflict(field: &str) -> Conflict {
        Conflict {
            item: "Pets / List".to_owned(),
            field: field.to_owned(),
            message: "both sides changed it".to_owned(),
            base: Some("\"a\"".to_owned()),
            ours: Some("\"b\\u001b[31m\"".to_owned()),
            theirs: None,
        }
    }

    fn asked(input: &str) -> (Answer, String) {
        let mut said = String::new();
        let mut say = |line: &str| said.push_str(&format!("{line}\n"));
        let answer = decide("Pets", &conflict("/name"), &mut input.as_bytes(), &mut say);
        (answer, said)
    }

    #[test]
    fn every_answer_is_understood_and_silence_ends_the_asking() {
        for (input, answer) in [
            ("o\n", Answer::Take(Take::Ours)),
            ("what\nTHEIRS\n", Answer::Take(Take::Theirs)),
            ("b", Answer::Skip),
            ("q\n", Answer::Quit),
            ("", Answer::Quit),
            ("x\ny\nz\no\n", Answer::Quit),
        ] {
            assert_eq!(asked(input).0, answer, "{input:?}");
        }
    }

    #[test]
    fn both_versions_are_shown_and_nothing_reaches_the_terminal_raw() {
        let (_, said) = asked("o\n");
        assert!(
            said.contains("`Pets / List` name: both sides changed it"),
            "{said}"
        );
        assert!(
            said.contains("(nothing)") && !said.contains('\u{1b}'),
            "{said}"
        );
    }

    #[test]
    fn values_are_shown_as_a_difference_shows_them() {
        let told = |text: &str| {
            let mut conflict = conflict("/request/url");
            conflict.theirs = Some(text.to_owned());
            shown(&conflict).1.unwrap()
        };
        let address = "{\n\t\"raw\": \"http://x/a\",\n\t\"host\": [\"x\"],\n\t\"path\": [\"a\"]\n}";
        assert_eq!(told(address), "http://x/a");
        assert_eq!(told("{\n\t\"a\": 1.50\n}"), "{\"a\": 1.50}");
        assert_eq!(told("[\n\t\"one\",\n\t\"two\"\n]"), "one\ntwo");
        assert_eq!(told("a: 1\nb: 2"), "a: 1\nb: 2");
    }

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        let (ours, theirs) = shown(&conflict("/request/auth/bearer/token"));
        assert_eq!((ours.as_deref(), theirs), (Some("***"), None));
    }
}
