//! The one place where foreign text becomes part of a format: whatever a repository wrote stays text there.
//!
//! Every function begins with [`visible`], so that neither a control character, a line break, a direction override nor
//! a command for a CI system gets through in any format; what a format adds of its own is escaped here. The one exception
//! is JSON, whose readers want the text as it was written: there the same characters become `\u` escapes.

use std::fmt::Write as _;

use crate::model::text::{is_command_mark, is_hidden, shortened, visible};

/// The text behind `::` of a workflow command of GitHub Actions.
pub(crate) fn github_data(text: &str) -> String {
    visible(text).replace('%', "%25")
}

/// A property of a workflow command of GitHub Actions.
pub(crate) fn github_property(text: &str) -> String {
    github_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The text behind `]` of a logging command of Azure Pipelines.
pub(crate) fn azure_data(text: &str) -> String {
    visible(text).replace('%', "%AZP25")
}

/// A property of a logging command of Azure Pipelines.
pub(crate) fn azure_property(text: &str) -> String {
    azure_data(text).replace(';', "%3B").replace(']', "%5D")
}

/// Text in HTML, between tags and in quoted attributes alike.
pub(crate) fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in visible(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            plain => escaped.push(plain),
        }
    }
    escaped
}

/// Text for a writer of XML, which escapes markup itself but has no way to write what XML has no place for.
pub(crate) fn xml(text: &str) -> String {
    visible(text)
}

/// What a document wrote, as a code span of Markdown that it cannot end, cut to so many characters.
pub(crate) fn markdown_code_up_to(text: &str, most: usize) -> String {
    let text = shortened(&visible(text), most);
    let fence = "`".repeat(longest_run(&text) + 1);
    // Blanks at both ends are taken off by readers, and a backtick there needs one before it.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) || text.is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A value is shown up to so many characters.
const MOST_OF_A_VALUE: usize = 100;

/// The same for a value.
pub(crate) fn markdown_code(text: &str) -> String {
    markdown_code_up_to(text, MOST_OF_A_VALUE)
}

/// A sentence in Markdown. Plain words stay as they are; whatever could be markup, a mention, a link or a reference in
/// the dialect of any provider stands in code, where none of them makes anything of it.
pub(crate) fn markdown(text: &str) -> String {
    let text = visible(text);
    let mut written = String::with_capacity(text.len() + 8);
    let mut odd = String::new();
    for word in text.split_whitespace() {
        if is_plain_word(word) {
            push_odd(&mut written, &mut odd);
            push_word(&mut written, word);
        } else {
            push_word(&mut odd, word);
        }
    }
    push_odd(&mut written, &mut odd);
    written
}

/// The longest sequence of backticks.
pub(crate) fn longest_run(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for character in text.chars() {
        run = if character == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// The bytes of a path as the path of a URI reference: everything but letters, digits and `-._~/` in percent form.
pub(crate) fn uri(path: &[u8]) -> String {
    let mut written = String::with_capacity(path.len());
    for byte in path {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(byte) {
            written.push(char::from(*byte));
        } else {
            let _ = write!(written, "%{byte:02X}");
        }
    }
    written
}

/// JSON text in which what drives a terminal or the log of a CI system is escaped. JSON asks for that below U+0020 only;
/// here the rest of the control characters, those that show nothing and the mark of a command follow. Outside of strings
/// none of them occurs but the line end, and a line end is never part of a string.
pub(crate) fn json(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for (offset, character) in json.char_indices() {
        let drives = character.is_control() && character != '\n';
        if drives || is_hidden(character) || is_command_mark(json, offset) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(character);
        }
    }
    text
}

/// Letters, with an apostrophe or hyphens among them, or a number; a mark of a sentence may follow, and brackets may stand
/// around.
fn is_plain_word(word: &str) -> bool {
    let word = word.strip_prefix('(').unwrap_or(word);
    if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) {
        // Seven digits and more may be taken for the id of a commit; a number with a full stop may begin a list.
        return word.len() < 7;
    }
    let word = word.strip_suffix(['.', ',', ';', ':', '?']).unwrap_or(word);
    let word = word.strip_suffix(')').unwrap_or(word);
    let is_hexadecimal = word.len() >= 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    !is_hexadecimal
        && word
            .split(['\'', '-'])
            .all(|part| !part.is_empty() && part.chars().all(char::is_alphabetic))
}

fn push_word(text: &mut String, word: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(word);
}

/// What was gathered, as one code span. Our own sentences put names between backticks: those are taken for the span.
fn push_odd(written: &mut String, odd: &mut String) {
    if odd.is_empty() {
        return;
    }
    let (name, behind) = match odd.strip_suffix(['.', ',', ';', ':']) {
        Some(name) => (name, &odd[name.len()..]),
        None => (odd.as_str(), ""),
    };
    let inner = name
        .strip_prefix('`')
        .and_then(|name| name.strip_suffix('`'))
        .filter(|inner| !inner.is_empty() && !inner.contains('`'));
    let span = match inner {
        Some(inner) => format!("{}{behind}", markdown_code_up_to(inner, usize::MAX)),
        None => markdown_code_up_to(odd, usize::MAX),
    };
    push_word(written, &span);
    odd.clear();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::{azure_property, github_property, html, json, markdown, markdown_code, uri, xml};
    use crate::report::sample::hostile_text;
    use crate::report::validators::expect_only_words_and_code;

    #[test]
    fn commands_are_escaped_as_their_runners_read_them() {
        assert_eq!(
            github_property("a,b:c%\n::error"),
            "a%2Cb%3Ac%25\\n%3A%3Aerror"
        );
        assert_eq!(
            azure_property("a;b]%\r##vso[x]"),
            "a%3Bb%5D%AZP25\\r#\\x23vso[x%5D"
        );
    }

    #[test]
    fn a_name_cannot_end_the_code_it_stands_in() {
        assert_eq!(markdown_code("a`b``c"), "```a`b``c```");
        assert_eq!(markdown_code("`"), "`` ` ``");
        assert_eq!(markdown_code("a\n# b"), "`a\\n# b`");
    }

    #[test]
    fn prose_stays_prose_and_the_rest_is_code() {
        assert_eq!(
            markdown("the key `@admin` is used twice, in 3 files of Größe."),
            "the key `@admin` is used twice, in 3 files of Größe."
        );
        assert_eq!(
            markdown("see `a`b` and www.example.com or #12 deadbeef GH-1"),
            "see `` `a`b` `` and `www.example.com` or `#12 deadbeef GH-1`"
        );
        assert_eq!(
            markdown("in 3 (commit of main, 7 ms); 1."),
            "in 3 (commit of main, 7 ms); `1.`"
        );
        assert_eq!(
            markdown("one's own well-known <b>"),
            "one's own well-known `<b>`"
        );
    }

    #[test]
    fn a_path_becomes_a_reference_and_no_scheme() {
        assert_eq!(
            uri("a b/ö:\n?#%.json".as_bytes()),
            "a%20b/%C3%B6%3A%0A%3F%23%25.json"
        );
        assert_eq!(uri(b"\xff"), "%FF");
    }

    proptest! {
        #[test]
        fn markup_never_gets_through(text in hostile_text()) {
            let escaped = html(&text);
            assert!(!escaped.contains(['<', '>', '"', '\'']), "{escaped}");
            assert!(!xml(&text).chars().any(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}')));
            let quoted = serde_json::to_string(&text).unwrap();
            assert_eq!(serde_json::from_str::<String>(&json(&quoted)).unwrap(), text);
        }

        #[test]
        fn markdown_of_any_text_is_words_and_code(text in hostile_text()) {
            expect_only_words_and_code(&markdown(&text));
            expect_only_words_and_code(&markdown_code(&text));
        }
    }
}
