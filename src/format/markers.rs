//! Unresolved merge markers. Postman's reader swallows them and takes both sides.

use crate::model::span::Span;

/// The lines that git leaves where two sides could not be merged: seven signs, and for the outer ones a blank
/// and a name. A line of equals signs counts only between the other two.
pub fn merge_markers(text: &str) -> Vec<Span> {
    if !text.contains("<<<<<<< ") && !text.contains(">>>>>>> ") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut offset = 0;
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        let shown = line.trim_end_matches(['\n', '\r']);
        let middle = shown == "=======" || shown.starts_with("||||||| ");
        let starts = shown.starts_with("<<<<<<< ");
        let ends = shown.starts_with(">>>>>>> ");
        if starts || ends || (inside && middle) {
            found.push(Span::new(offset, offset + shown.len()));
        }
        inside = (inside || starts) && !ends;
        offset += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::merge_markers;

    #[test]
    fn all_parts_of_a_conflict_are_found_and_headings_are_not() {
        let text = "a\n<<<<<<< HEAD\nb\n||||||| base\n=======\r\nc\n>>>>>>> topic\n=======\n";
        let found: Vec<&str> = merge_markers(text)
            .iter()
            .map(|span| span.of(text))
            .collect();
        assert_eq!(
            found,
            ["<<<<<<< HEAD", "||||||| base", "=======", ">>>>>>> topic"]
        );
        assert_eq!(merge_markers("Heading\n=======\n"), []);
        assert_eq!(merge_markers("cat <<<<<<< EOF"), []);
    }
}
