//! Texts for services that take only so much: what is cut is the middle, since marks stand on the first line and on the last.

/// A text of at most so many characters.
pub(crate) fn fitted(text: &str, most: usize) -> String {
    const LEFT_OUT: &str = "\n\n… (shortened)\n\n";
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let last = text.rsplit('\n').next().unwrap_or_default();
    let kept = last.chars().count() + LEFT_OUT.chars().count();
    if kept >= most || last.len() == text.len() {
        let mut cut: String = text.chars().take(most.saturating_sub(1)).collect();
        cut.push('…');
        return cut;
    }
    let head: String = text.chars().take(most - kept).collect();
    format!("{head}{LEFT_OUT}{last}")
}

#[cfg(test)]
mod tests {
    use super::fitted;

    #[test]
    fn first_and_last_lines_stay() {
        assert_eq!(fitted("short", 5), "short");
        assert_eq!(fitted("one long line", 5), "one …");
        let text = format!("<!-- a -->\n{}\n<!-- b -->", "ü".repeat(5000));
        let cut = fitted(&text, 4000);
        assert_eq!(cut.chars().count(), 4000);
        assert!(cut.starts_with("<!-- a -->\nü") && cut.ends_with("\n\n<!-- b -->"));
    }
}
