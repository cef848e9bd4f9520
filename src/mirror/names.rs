//! File names made from names in Postman: what people write there, no file system has to take.
//!
//! The same name and the same names already taken give the same file name. Every name that comes out can be checked
//! out on Linux, macOS and Windows.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

use crate::model::digest::Digest;
use crate::model::path::RepoPath;
use crate::model::text::is_hidden;

/// A longer name is cut, in bytes. File systems take 255, Windows takes about as many for a whole path.
pub const LONGEST_NAME: usize = 120;

/// What a name that has nothing left becomes.
const UNNAMED: &str = "unnamed";

/// Names that Windows keeps for devices, whatever follows their first dot.
const DEVICES: &[&str] = &[
    "con", "prn", "aux", "nul", "conin$", "conout$", "com0", "com1", "com2", "com3", "com4",
    "com5", "com6", "com7", "com8", "com9", "com¹", "com²", "com³", "lpt0", "lpt1", "lpt2", "lpt3",
    "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "lpt¹", "lpt²", "lpt³",
];

/// A file for something that Postman calls `name`, in `directory`. `id` is the id it has there and tells namesakes apart;
/// `taken` holds the folded paths that are in use. `extension` comes with its dot.
pub fn file_for(
    directory: &RepoPath,
    name: &str,
    extension: &str,
    id: &str,
    taken: &BTreeSet<String>,
) -> RepoPath {
    let stem = stem_of(name, LONGEST_NAME.saturating_sub(extension.len()));
    let plain = below(directory, &format!("{stem}{extension}"));
    if !taken.contains(&plain.folded()) {
        return plain;
    }
    // The id decides, and not the order in which namesakes come; a number only helps where even that is taken.
    let mark = Digest::of(id.as_bytes()).short();
    let mark = &mark[..8];
    let room = LONGEST_NAME.saturating_sub(extension.len() + 2 * mark.len());
    let stem = stem_of(name, room);
    (0_u32..)
        .map(|number| match number {
            0 => below(directory, &format!("{stem}-{mark}{extension}")),
            _ => below(directory, &format!("{stem}-{mark}-{number}{extension}")),
        })
        .find(|path| !taken.contains(&path.folded()))
        .unwrap_or(plain)
}

/// A file name without its extension, of at most `room` bytes.
pub fn stem_of(name: &str, room: usize) -> String {
    let mut stem = String::with_capacity(name.len());
    let mut blank = false;
    for character in name.nfc() {
        if character.is_whitespace() {
            blank = true;
            continue;
        }
        if character.is_control() || is_hidden(character) {
            continue;
        }
        if blank && !stem.is_empty() {
            stem.push(' ');
        }
        blank = false;
        stem.push(match character {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
            other => other,
        });
    }
    let mut stem = trimmed(&stem).to_owned();
    if stem.len() > room {
        // Two long names with one beginning stay apart.
        let mark = Digest::of(name.as_bytes()).short();
        let mut end = room.saturating_sub(9);
        while !stem.is_char_boundary(end) {
            end -= 1;
        }
        stem.truncate(end);
        let kept = trimmed(&stem);
        stem = format!("{kept}-{}", &mark[..8]);
    }
    // What is left may be a new combination of what stood apart.
    let stem: String = trimmed(&stem).nfc().collect();
    if stem.is_empty() {
        return UNNAMED.to_owned();
    }
    let device = stem.split('.').next().unwrap_or_default().trim_end();
    if DEVICES.contains(&device.to_lowercase().as_str()) {
        return format!("_{stem}");
    }
    stem
}

/// Dots in front hide a file or make it git's; dots and blanks behind are dropped by Windows; a dash in front is an option.
fn trimmed(name: &str) -> &str {
    name.trim_start_matches(|c: char| c == '.' || c == '-' || c.is_whitespace())
        .trim_end_matches(|c: char| c == '.' || c.is_whitespace())
}

fn below(directory: &RepoPath, name: &str) -> RepoPath {
    // A cleaned name is a single plain part, which always is a path.
    directory
        .join(name)
        .unwrap_or_else(|_| RepoPath::outside(UNNAMED))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::{ProptestConfig, any, proptest};
    use proptest::{prop_assert, prop_assert_eq};

    use super::{DEVICES, LONGEST_NAME, file_for, stem_of};
    use crate::model::path::RepoPath;

    fn named(name: &str) -> String {
        let directory = RepoPath::parse("c").unwrap();
        let path = file_for(&directory, name, ".json", "id", &BTreeSet::new());
        path.as_str().to_owned()
    }

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for name in ["Orders", "Orders v2 (draft)", "Größe", "你好", "a.b"] {
            assert_eq!(named(name), format!("c/{name}.json"));
        }
    }

    #[test]
    fn what_file_systems_refuse_is_replaced() {
        for (name, file) in [
            ("../../etc/passwd", "etc-passwd"),
            ("a/b:c", "a-b-c"),
            ("..", "unnamed"),
            ("", "unnamed"),
            (" \u{202e}. ", "unnamed"),
            ("a\u{1b}[31m\nb", "a[31m b"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("com1 .x", "_com1 .x"),
            (".git", "git"),
            ("--exec", "exec"),
            ("end. . ", "end"),
        ] {
            assert_eq!(named(name), format!("c/{file}.json"), "{name:?}");
        }
    }

    #[test]
    fn long_names_with_one_beginning_stay_apart() {
        let (one, other) = (
            format!("{}a", "é".repeat(300)),
            format!("{}b", "é".repeat(300)),
        );
        assert_ne!(named(&one), named(&other));
        assert!(named(&one).len() <= LONGEST_NAME + 2);
    }

    #[test]
    fn namesakes_are_told_apart_by_their_id() {
        let directory = RepoPath::root();
        let taken = BTreeSet::from(["orders.json".to_owned()]);
        let file = |id: &str| file_for(&directory, "ORDERS", ".json", id, &taken);
        assert_ne!(file("1").folded(), "orders.json");
        assert_ne!(file("1"), file("2"));
        assert_eq!(file("1"), file("1"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn every_name_becomes_one_that_every_system_takes(name in any::<String>(), id in "[a-z]{0,4}") {
            let directory = RepoPath::parse("c").unwrap();
            let path = file_for(&directory, &name, ".json", &id, &BTreeSet::new());
            let file = path.below(&directory).unwrap().to_owned();
            prop_assert!(!file.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|']));
            prop_assert!(!file.chars().any(char::is_control));
            prop_assert!(file.len() <= LONGEST_NAME + 1, "{}", file.len());
            let stem = file.strip_suffix(".json").unwrap();
            prop_assert!(!stem.is_empty() && !stem.starts_with('.') && stem.trim() == stem && !stem.ends_with('.'));
            let device = stem.split('.').next().unwrap().trim_end().to_lowercase();
            prop_assert!(!DEVICES.contains(&device.as_str()));
            prop_assert!(RepoPath::parse(path.as_str()).is_ok());
            prop_assert_eq!(stem_of(stem, LONGEST_NAME), stem);
        }

        #[test]
        fn no_two_files_fold_to_one(names in proptest::collection::vec("[aAbB./ é]{0,3}", 0..20)) {
            let mut taken = BTreeSet::new();
            for (index, name) in names.iter().enumerate() {
                let path = file_for(&RepoPath::root(), name, ".json", &index.to_string(), &taken);
                prop_assert!(taken.insert(path.folded()));
            }
        }
    }
}
