//! Credentials hidden in what is shown of a file: a finding about something else may have one on its line.

use crate::check::rules::secret::report::SHOWN;
use crate::check::rules::secret::scan::{Hit, scan};
use crate::model::finding::{Excerpt, Finding};
use crate::model::span::{LineIndex, Span};
use crate::model::text::shortened;

/// Hides every credential of `text` in what these findings about it show and say.
pub fn cover(text: &str, findings: &mut [Finding]) {
    if findings.is_empty() {
        return;
    }
    let hits = scan(text);
    if hits.is_empty() {
        return;
    }
    let covered = covered(text, &hits);
    // A line of the covered text has the bytes of the true one, not its characters.
    let (lines, covered_lines) = (LineIndex::new(text), LineIndex::new(&covered));
    for finding in findings {
        cover_words(finding);
        let location = &finding.location;
        if finding.excerpt.is_some() {
            let span = Span {
                start: lines.offset(text, location.start),
                end: lines.offset(text, location.end),
            };
            finding.excerpt = Some(Excerpt::of(&covered, &covered_lines, span));
        }
    }
}

/// Hides the credentials that stand whole in what these findings show and say, whatever file they are about.
pub fn cover_shown(findings: &mut [Finding]) {
    for finding in findings {
        cover_words(finding);
        if let Some(excerpt) = &mut finding.excerpt {
            excerpt.text = cover_text(&excerpt.text);
        }
    }
}

fn cover_words(finding: &mut Finding) {
    finding.message = cover_text(&finding.message);
    let pointer = &mut finding.location.pointer;
    *pointer = pointer.take().map(|pointer| cover_text(&pointer));
}

/// A text of the repository as a message may repeat it: credentials hidden, and no longer than `limit` characters.
pub fn told(text: &str, limit: usize) -> String {
    shortened(&cover_text(text), limit)
}

fn cover_text(text: &str) -> String {
    covered(text, &scan(text))
}

/// The text with the bytes of each credential, but for its first characters and line ends, replaced one by one.
fn covered(text: &str, hits: &[Hit]) -> String {
    let mut covered = String::with_capacity(text.len());
    let mut reached = 0;
    for hit in hits {
        let secret = hit.span.of(text);
        covered.push_str(
            text.get(reached..hit.span.start as usize)
                .unwrap_or_default(),
        );
        for (index, character) in secret.chars().enumerate() {
            if index < SHOWN || matches!(character, '\n' | '\r') {
                covered.push(character);
            } else {
                covered.extend(std::iter::repeat_n('*', character.len_utf8()));
            }
        }
        reached = hit.span.end as usize;
    }
    covered.push_str(text.get(reached..).unwrap_or_default());
    covered
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::check::rules::secret::example::example;
    use crate::check::rules::secret::scan::kind;
    use crate::check::testing::findings;
    use crate::model::path::RepoPath;
    use crate::project::Branches;

    #[test]
    fn no_finding_shows_a_credential_that_another_one_is_about() {
        let token = |seed| example(kind("postman-api-key").unwrap(), seed).text;
        let (one, two) = (token(1), token(2));
        let collection = format!(r#"{{"ä": "{one}", "{two}": 1, "{two}": 2, "b": nope}}"#);
        let index =
            format!("apis[] = {{\"apiId\":\"{one}\"}}\nconfigVersion = 1.0.0\ntype = api\n");
        let files = [
            ("postman/collections/a.json", collection),
            (".postman/api", index),
        ]
        .map(|(path, text)| (RepoPath::parse(path).unwrap(), text.into_bytes()));
        let found = findings(BTreeMap::from(files), Branches::default());
        for rule in ["syntax", "duplicate-key", "provider-token"] {
            assert!(found.iter().any(|f| f.rule.0 == rule), "{rule}: {found:#?}");
        }
        let shown = format!("{found:?}");
        for token in [one, two] {
            let (_, body) = token.split_once("PMAK-").unwrap();
            assert!(!shown.contains(&body[..12]), "{body}: {shown}");
            assert!(!shown.contains(&body[body.len() - 12..]), "{body}: {shown}");
        }
    }
}
