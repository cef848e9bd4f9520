//! A branch that a pull has made, and that no request is open for.

use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::{Survey, shown};
use crate::model::finding::{RuleId, Severity};
use crate::provider::pull_request::BRANCHES;

/// A branch that a pull has made, and that no request is open for.
pub static RULE: Rule = Rule {
    id: RuleId("stale-branch"),
    severity: Severity::Warning,
    words: Words::Own {
        summary: "a branch of a pull stands there without a request",
        since: "0.1.0",
        docs: r#"
#### What it finds

A branch `git-postman/pull-…`, as `pull --to pull-request` makes it, that no open request wants to merge.

#### Why it matters

It holds changes from Postman that nobody will look at: the request was closed without a merge, or the branch was left behind after
one. The next pull starts from it.

#### Example

`git-postman/pull-3f09c41b7a52` in `acme/orders`, whose request was closed in spring.

#### How to fix

Delete the branch. If changes are missing, the next `git postman pull --to pull-request` makes it anew.
"#,
    },
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    let mut found = Vec::new();
    for repository in &survey.repositories {
        let branches = repository.facts.branches.iter().flatten();
        let left = branches.filter(|branch| {
            branch.name.starts_with(BRANCHES) && branch.is_requested == Some(false)
        });
        for branch in left {
            found.push(Trouble::new(
                repository.place(""),
                format!(
                    "branch `{}` holds a pull that no request is open for",
                    shown(&branch.name)
                ),
                "delete the branch: the next pull makes it anew where it is needed",
            ));
        }
    }
    found
}
