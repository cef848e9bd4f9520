//! Hostile text made visible: what a repository, Postman or a provider wrote never drives a terminal, nor the log of a
//! CI system, which takes some texts in a line for commands.

use std::fmt::Write as _;

/// Control characters, line breaks, direction overrides and what begins a command in a log as visible escapes; everything
/// else as it is.
///
/// ```
/// use git_postman::model::text::visible;
/// assert_eq!(visible("a\u{1b}[31mb\n"), "a\\x1b[31mb\\n");
/// assert_eq!(visible("##vso[x]"), "#\\x23vso[x]");
/// ```
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (offset, character) in text.char_indices() {
        if is_command_mark(text, offset) {
            shown.push_str("\\x23");
        } else {
            push_visible(&mut shown, character);
        }
    }
    shown
}

/// The same for one line of source, where a tab is ordinary and becomes four blanks.
pub fn visible_line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (offset, character) in text.char_indices() {
        match character {
            '\t' => shown.push_str("    "),
            '#' if is_command_mark(text, offset) => shown.push_str("\\x23"),
            other => push_visible(&mut shown, other),
        }
    }
    shown
}

/// The same for a text of several lines: lines stay lines, without blank ones.
///
/// ```
/// use git_postman::model::text::visible_lines;
/// assert_eq!(visible_lines("a\r\n\nb\u{1b}\n"), "a\nb\\x1b");
/// ```
pub fn visible_lines(text: &str) -> String {
    let lines = text.lines().map(str::trim_end);
    let shown: Vec<String> = lines
        .filter(|line| !line.is_empty())
        .map(visible_line)
        .collect();
    shown.join("\n")
}

/// Whether the byte is the second `#` of what a CI system obeys wherever it stands in a line of a log: `##[group]`,
/// `##vso[task.complete]`, `##teamcity[…]`.
pub fn is_command_mark(text: &str, offset: usize) -> bool {
    let bytes = text.as_bytes();
    if bytes.get(offset) != Some(&b'#') || offset == 0 || bytes[offset - 1] != b'#' {
        return false;
    }
    let mut word = bytes[offset + 1..].iter();
    word.find(|byte| !byte.is_ascii_alphabetic()) == Some(&b'[')
}

fn push_visible(shown: &mut String, character: char) {
    match character {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        control if control.is_control() => {
            let _ = write!(shown, "\\x{:02x}", u32::from(control));
        }
        hidden if is_hidden(hidden) => {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(hidden));
        }
        plain => shown.push(plain),
    }
}

/// Characters that change how others are shown and show nothing themselves: direction marks and
/// overrides, zero-width characters, the byte order mark, line and paragraph separators, tags, and code points that never
/// are a character.
pub fn is_hidden(character: char) -> bool {
    let code = u32::from(character);
    let never = code & 0xfffe == 0xfffe || (0xfdd0..=0xfdef).contains(&code);
    never
        || matches!(
            character,
            '\u{061c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2064}'
                | '\u{2066}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// `text` cut to at most `limit` characters, with an ellipsis where something was cut.
pub fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// `1 file`, `2 files`: a count with its noun.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        return format!("1 {noun}");
    }
    match noun.strip_suffix('y') {
        Some(stem) if !noun.ends_with("ey") => format!("{count} {stem}ies"),
        _ => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::{counted, shortened, visible, visible_line};

    #[test]
    fn a_terminal_escape_is_shown_and_not_sent() {
        assert_eq!(visible("\u{1b}]0;title\u{7}"), "\\x1b]0;title\\x07");
        assert_eq!(visible("right\u{202e}left"), "right\\u{202e}left");
        assert_eq!(visible_line("\tx\r"), "    x\\r");
        assert_eq!(visible("Grüße 你好 🎉"), "Grüße 你好 🎉");
        assert_eq!(visible("\u{fffe}\u{1ffff}"), "\\u{fffe}\\u{1ffff}");
    }

    #[test]
    fn what_a_log_takes_for_a_command_is_broken() {
        assert_eq!(visible("a ##VSO[b"), "a #\\x23VSO[b");
        assert_eq!(visible("###[x] ##teamcity["), "##\\x23[x] #\\x23teamcity[");
        assert_eq!(visible_line("##[x"), "#\\x23[x");
        assert_eq!(visible("## [a](b) #[c] ##"), "## [a](b) #[c] ##");
    }

    #[test]
    fn counting_knows_its_plurals() {
        assert_eq!(counted(1, "entry"), "1 entry");
        assert_eq!(counted(2, "entry"), "2 entries");
        assert_eq!(counted(0, "file"), "0 files");
        assert_eq!(counted(3, "key"), "3 keys");
    }

    #[test]
    fn cutting_counts_characters() {
        assert_eq!(shortened("äöü", 2), "äö…");
        assert_eq!(shortened("äöü", 3), "äöü");
    }
}
