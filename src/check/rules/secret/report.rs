//! Credentials as findings: told, located, and never shown again.

use crate::check::findings::Findings;
use crate::check::rule::TextFile;
use crate::check::rules::secret::scan::scan;

/// How many characters of a credential stay readable, so that its owner recognises it.
pub const SHOWN: usize = 4;

/// Reports every credential of the wanted kinds in a text.
pub fn report(text: &TextFile<'_>, findings: &mut Findings, wanted: fn(&str) -> bool) {
    for hit in scan(text.text)
        .into_iter()
        .filter(|hit| wanted(hit.kind.id))
    {
        let article = if hit
            .kind
            .name
            .starts_with(['A', 'E', 'I', 'O', 'U', 'a', 'e', 'i', 'o', 'u'])
        {
            "an"
        } else {
            "a"
        };
        let message = format!("{article} {} stands in the file", hit.kind.name);
        findings.push(text.place(hit.span).masked(SHOWN), message, hit.kind.help());
    }
}
