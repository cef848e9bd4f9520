//! Names in messages: a few of them, and how many more there are.

/// How many names a message bears.
const SHOWN: usize = 3;

/// `` `a`, `b` and 3 more ``.
pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = names.len().saturating_sub(SHOWN);
    match (shown.as_slice(), more) {
        ([start @ .., last], 0) if !start.is_empty() => {
            format!("{} and {last}", start.join(", "))
        }
        (shown, 0) => shown.join(", "),
        (shown, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_long_list_is_cut() {
        assert_eq!(named(["a"]), "`a`");
        assert_eq!(named(["a", "b"]), "`a` and `b`");
        assert_eq!(named(["a", "b", "c", "d", "e"]), "`a`, `b`, `c` and 2 more");
    }
}
