//! What Windows and macOS cannot keep of a name.
//!
//! The rules are those of Microsoft's page "Naming Files, Paths, and Namespaces".

use crate::model::text::is_hidden;

/// The longest part of a path, in bytes: what the file systems of Linux keep, and fewer than any other's limit.
const MAX_PART: usize = 255;

/// The longest path inside a repository, in UTF-16 units, which Windows counts. Without the setting for long paths it
/// keeps 259 with drive and directory, so this leaves 19 for where the repository lies: `C:\src\repository\`.
pub const MAX_PATH: usize = 240;

/// Why Windows or macOS cannot keep one part of a path; `None` where they can.
pub fn trouble(part: &str) -> Option<String> {
    if let Some(control) = part.chars().find(|c| c.is_control()) {
        return Some(format!(
            "has the control character U+{:04X}",
            u32::from(control)
        ));
    }
    if let Some(reserved) = part.chars().find(|c| r#"<>:"|?*\"#.contains(*c)) {
        return Some(format!("has `{reserved}`, which Windows does not allow"));
    }
    if let Some(hidden) = hidden_character(part) {
        return Some(format!(
            "has the invisible character U+{:04X}",
            u32::from(hidden)
        ));
    }
    if part.ends_with(' ') {
        return Some("ends in a blank, which Windows drops".to_owned());
    }
    if part.ends_with('.') {
        return Some("ends in a dot, which Windows drops".to_owned());
    }
    if is_device(part) {
        return Some("is the name of a device on Windows".to_owned());
    }
    if part.len() > MAX_PART {
        return Some(format!(
            "has {} bytes, and file systems keep {MAX_PART}",
            part.len()
        ));
    }
    None
}

/// How long Windows finds a path, in UTF-16 units.
pub fn length(path: &str) -> usize {
    path.encode_utf16().count()
}

/// Whether Windows takes a name for a device, whatever follows its first dot.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end_matches(' ');
    let upper = stem.to_uppercase();
    if matches!(
        upper.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
    ) {
        return true;
    }
    let number = upper
        .strip_prefix("COM")
        .or_else(|| upper.strip_prefix("LPT"));
    let mut digits = number.unwrap_or_default().chars();
    // Windows reads the superscripts one to three as digits here.
    matches!(
        (digits.next(), digits.next()),
        (Some('1'..='9' | '\u{b9}' | '\u{b2}' | '\u{b3}'), None)
    )
}

/// A character that shows nothing. Joiners between letters or signs of other scripts are part of their spelling, as in
/// Persian words and many emoji.
fn hidden_character(part: &str) -> Option<char> {
    let characters: Vec<char> = part.chars().collect();
    let is_foreign = |index: Option<usize>| {
        index
            .and_then(|i| characters.get(i))
            .is_some_and(|c| !c.is_ascii())
    };
    let is_spelling = |index: usize| {
        matches!(characters[index], '\u{200c}' | '\u{200d}')
            && is_foreign(index.checked_sub(1))
            && is_foreign(Some(index + 1))
    };
    (0..characters.len())
        .find(|index| is_hidden(characters[*index]) && !is_spelling(*index))
        .map(|index| characters[index])
}

#[cfg(test)]
mod tests {
    use super::{length, trouble};

    #[test]
    fn what_windows_refuses_or_changes_is_told() {
        for name in [
            "con",
            "NUL.json",
            "aux .txt",
            "COM9",
            "lpt\u{b2}.a.b",
            "conin$",
            "a:b",
            "a?",
            "a\\b",
            "x ",
            "x.",
            "a\tb",
            "a\u{202e}b",
            "a\u{200d}b",
        ] {
            assert!(trouble(name).is_some(), "{name:?}");
        }
        assert!(trouble(&"ü".repeat(128)).is_some());
    }

    #[test]
    fn ordinary_names_of_every_script_are_fine() {
        for name in [
            "CONTRACT",
            "com10",
            "com0",
            ".gitkeep",
            "Stripe API(6).json",
            "결제 API.json",
            "👩\u{200d}💻.json",
            "می\u{200c}خواهم",
            "a b",
            "nulls",
            " x",
            "...x",
        ] {
            assert_eq!(trouble(name), None, "{name:?}");
        }
    }

    #[test]
    fn lengths_are_those_of_windows() {
        assert_eq!(length("aü👩"), 4);
    }
}
