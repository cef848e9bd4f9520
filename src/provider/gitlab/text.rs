//! Texts that GitLab takes for nothing but texts.
//!
//! A line of a description or a note that begins with a slash and a word is a command there: `/merge`, `/close`, `/assign`,
//! carried out with the rights of whoever wrote it. What we write holds names from Postman and from files, so a backslash
//! goes in front of each such slash, which Markdown does not show; and away again when the text is read.

/// A text with no command in it.
pub(crate) fn without_commands(text: &str) -> String {
    lines(text, |line, _, slashes| {
        // A line that has such a backslash of its own gets one more.
        if is_word(&line[slashes..]) {
            Some(true)
        } else {
            None
        }
    })
}

/// The text that was meant.
pub(crate) fn as_meant(text: &str) -> String {
    lines(text, |line, start, slashes| {
        (slashes > start && is_word(&line[slashes..])).then_some(false)
    })
}

/// Gives `change` each line, where its first character stands that is no blank, and where the first one behind it that is no
/// backslash; a backslash is then added or taken away there.
fn lines(text: &str, change: impl Fn(&str, usize, usize) -> Option<bool>) -> String {
    let mut changed = String::with_capacity(text.len() + 8);
    for line in text.split_inclusive([
        '\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}',
    ]) {
        let start = line.len() - line.trim_start().len();
        let slashes = start
            + line[start..]
                .bytes()
                .take_while(|byte| *byte == b'\\')
                .count();
        match change(line, start, slashes) {
            Some(true) => {
                changed.push_str(&line[..start]);
                changed.push('\\');
                changed.push_str(&line[start..]);
            }
            Some(false) => {
                changed.push_str(&line[..start]);
                changed.push_str(&line[start + 1..]);
            }
            None => changed.push_str(line),
        }
    }
    changed
}

/// A slash and a word, alone or with something behind a blank.
fn is_word(text: &str) -> bool {
    let Some(word) = text.strip_prefix('/') else {
        return false;
    };
    let end = word.find(|character: char| !(character.is_ascii_alphanumeric() || character == '_'));
    let (word, rest) = word.split_at(end.unwrap_or(word.len()));
    !word.is_empty() && rest.chars().next().is_none_or(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::{as_meant, is_word, without_commands};

    #[test]
    fn commands_become_text_and_text_stays() {
        for (text, harmless) in [
            ("/merge", "\\/merge"),
            ("a\n/close\nb", "a\n\\/close\nb"),
            ("a\r\n  /assign @me", "a\r\n  \\/assign @me"),
            ("```\n/target_branch x\n```", "```\n\\/target_branch x\n```"),
            ("/pets/{id}", "/pets/{id}"),
            ("a /merge", "a /merge"),
            ("\\/merge", "\\\\/merge"),
            ("/", "/"),
            ("", ""),
        ] {
            assert_eq!(without_commands(text), harmless);
            assert_eq!(as_meant(harmless), text);
        }
        assert_eq!(as_meant("\\/pets/x"), "\\/pets/x");
    }

    proptest! {
        #[test]
        fn every_text_comes_back_and_holds_no_command(text in "([ \\\\/a-b\n\r]{0,12}|\\PC{0,20})") {
            let harmless = without_commands(&text);
            prop_assert!(!harmless.lines().any(|line| is_word(line.trim_start())));
            prop_assert_eq!(as_meant(&harmless), text);
        }
    }
}
