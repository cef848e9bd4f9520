//! What a pull request says: in Markdown, with everything that a document or Postman wrote in code.

use crate::cli::plan_told::{ConflictTold, PlanTold};
use crate::model::difference::{Difference, FileDifference};
use crate::model::text::counted;
use crate::report::difference::Detail;
use crate::report::difference_markdown::render;
use crate::report::escape::markdown_code;

/// So much of the differences is told, in bytes.
const MOST_OF_DIFFERENCES: usize = 40_000;
/// So many conflicts are told; the rest is counted.
const MOST_CONFLICTS: usize = 40;

/// The title. No name stands in it: whatever Postman holds could be a word that the provider acts on.
pub fn title(changes: usize) -> String {
    format!("Pull {} from Postman", counted(changes, "change"))
}

/// The text.
pub fn text(plan: &PlanTold, name: &str, files: Vec<FileDifference>) -> String {
    let of = match name.is_empty() {
        true => String::new(),
        false => format!(" of {}", markdown_code(name)),
    };
    let mut text = format!(
        "What was changed in Postman{of} since both sides last agreed, merged with what was changed here. \
         The next pull brings this request up to date, and closes it where nothing is left of it.\n\n"
    );
    text += &left_out(plan);
    let difference = Difference {
        files,
        ..Difference::default()
    };
    text += "### What it changes\n\n";
    text += &render(&difference, Detail::Full, MOST_OF_DIFFERENCES);
    text.trim_end().to_owned()
}

/// Why nothing is left of a request, for its last comment.
pub fn farewell(plan: &PlanTold) -> String {
    let mut text =
        "There is nothing to pull from Postman any more, so this request is closed.\n\n".to_owned();
    text += &left_out(plan);
    text.trim_end().to_owned()
}

/// What is not in the request, and why.
fn left_out(plan: &PlanTold) -> String {
    let mut text = String::new();
    if !plan.conflicts.is_empty() {
        text += "### What is in conflict and not in this request\n\n\
                 Both sides changed it in different ways. `git postman pull` on a terminal asks about each; \
                 `--resolve ours` keeps Git's side and `--resolve theirs` Postman's.\n\n";
        for conflict in plan.conflicts.iter().take(MOST_CONFLICTS) {
            text += &told(conflict);
        }
        if plan.conflicts.len() > MOST_CONFLICTS {
            let more = plan.conflicts.len() - MOST_CONFLICTS;
            text += &format!("\n… and {}\n", counted(more, "more conflict"));
        }
        text += "\n";
    }
    if !plan.failed.is_empty() {
        text += "### What could not be carried\n\n";
        for failed in plan.failed.iter().take(MOST_CONFLICTS) {
            let (path, error) = (
                markdown_code(&failed.element.path),
                markdown_code(&failed.error),
            );
            text += &format!("- {path}: {error}\n");
        }
        text += "\n";
    }
    text
}

fn told(conflict: &ConflictTold) -> String {
    let mut line = format!(
        "- {} {}",
        conflict.element.kind.word(),
        markdown_code(&conflict.element.path)
    );
    if let Some(part) = &conflict.part {
        line += &format!(", {}", markdown_code(&part.place));
    }
    line += &format!(": {}", markdown_code(&conflict.message));
    if let Some(part) = &conflict.part {
        let value = |side: &Option<String>| match side {
            Some(value) => markdown_code(value),
            None => "nothing".to_owned(),
        };
        if part.ours.is_some() || part.theirs.is_some() {
            line += &format!(
                "; Git {}, Postman {}",
                value(&part.ours),
                value(&part.theirs)
            );
        }
    }
    line + "\n"
}

#[cfg(test)]
mod tests {
    use super::{farewell, text, title};
    use crate::cli::plan_told::{ConflictTold, ElementTold, PartTold, PlanTold};
    use crate::mirror::element::ElementKind;
    use crate::mirror::plan::Side;

    fn plan() -> PlanTold {
        let conflict = ConflictTold {
            element: ElementTold {
                kind: ElementKind::Collection,
                path: "postman/collections/`@team`.json".to_owned(),
                name: "x".to_owned(),
                remote_id: None,
            },
            reason: "both-changed",
            message: "both sides changed it".to_owned(),
            part: Some(PartTold {
                item: "Make".to_owned(),
                field: "/name".to_owned(),
                place: "request \"Make\" › name".to_owned(),
                ours: Some("fixes #1\n# Heading".to_owned()),
                theirs: None,
            }),
        };
        PlanTold {
            id: String::new(),
            towards: Side::Git,
            calls: 0,
            seconds: 0,
            quota_left: None,
            steps: Vec::new(),
            conflicts: vec![conflict],
            failed: Vec::new(),
            ahead: Vec::new(),
            left_alone: Vec::new(),
            skipped: Vec::new(),
            asks: None,
            delivery: None,
            pull_request: None,
            repository: None,
        }
    }

    #[test]
    fn whatever_somebody_wrote_stands_in_code() {
        assert_eq!(title(2), "Pull 2 changes from Postman");
        let text = text(&plan(), "<!-- `@all` -->", Vec::new());
        assert!(
            text.contains("Postman of ``<!-- `@all` -->`` since"),
            "{text}"
        );
        assert!(
            text.contains("- collection ``postman/collections/`@team`.json``, "),
            "{text}"
        );
        assert!(
            text.contains("Git `fixes #1\\n# Heading`, Postman nothing"),
            "{text}"
        );
        assert!(!text.contains("\n# Heading"), "{text}");
        let last = farewell(&plan());
        assert!(
            last.contains("closed") && last.contains("in conflict"),
            "{last}"
        );
    }
}
