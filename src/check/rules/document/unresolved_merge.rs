//! A file of conflicts that the merge driver left beside a document.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{Place, RuleId, Severity};
use crate::project::{CONFLICT_FILE_SUFFIX, Project};

/// A file of conflicts that the merge driver left beside a document.
pub static RULE: Rule = Rule {
    id: RuleId("unresolved-merge"),
    group: Group::Document,
    summary: "a merge left conflicts that nobody decided",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A file `<document>.merge-conflicts.json`. The merge driver writes it beside a document in which both sides changed the same thing;
the document itself stays whole, with our side in it.

#### Why it matters

Their side of these changes is only in that file. Pushed as it is, the merge loses it without a word.

#### Example

`postman/collections/Orders.json.merge-conflicts.json`

#### How to fix

Open the file: for each conflict it names the request and the field and has all three values. Write into the document what is right,
then delete the file.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for entry in project.listing.entries() {
        let path = entry.path.as_str();
        if let Some(document) = path.strip_suffix(CONFLICT_FILE_SUFFIX) {
            let message = format!("merge of `{document}` left conflicts that nobody decided");
            let help = "write into the document what is right, then delete this file";
            findings.push(Place::whole(entry.path.clone()), message, help);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn the_file_is_told_wherever_it_lies() {
        check(
            "unresolved-merge",
            "//- postman/collections/a.json.merge-conflicts.json | unresolved-merge\n{}\n//- b.yaml.merge-conflicts.json | unresolved-merge\n{}\n//- merge-conflicts.json\n{}\n",
        );
    }

    #[test]
    fn it_is_not_told_as_a_stray_file_too() {
        check(
            "stray-file",
            "//- postman/collections/a.json.merge-conflicts.json\n{}\n",
        );
    }
}
