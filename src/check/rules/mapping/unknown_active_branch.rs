//! A configured active branch that does not exist.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::config::file::{FILE_NAME, nearest};
use crate::model::finding::{Place, RuleId, Severity};
use crate::model::path::RepoPath;
use crate::project::Project;

/// `mapping.active-branch` names no branch.
pub static RULE: Rule = Rule {
    id: RuleId("unknown-active-branch"),
    group: Group::Mapping,
    summary: "the configured active branch does not exist",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

An `active-branch` in `git-postman.toml` that is a branch neither here nor on a remote, as far as git knows.

#### Why it matters

What is asked of the active branch is then asked of none. The branch was renamed or deleted, or its name is misspelled; in Postman, the API
still shows the old one and cannot pull.

#### Example

```toml
[mapping]
active-branch = "master"
```

in a repository that has `main` only.

#### How to fix

Correct the name. If the branch is new on the remote, `git fetch` lets git know it. Choose the same branch in Postman.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let (Some(active), Some(known)) = (&project.config.active_branch, &project.branches.known)
    else {
        return;
    };
    // Before the first commit there is no branch at all.
    if known.is_empty()
        || known.contains(active)
        || project.branches.current.as_ref() == Some(active)
    {
        return;
    }
    let help = match nearest(active, known.iter().map(String::as_str)) {
        Some(branch) => {
            format!("did you mean `{branch}`? If the branch is new on the remote, run `git fetch`")
        }
        None => {
            "correct `mapping.active-branch`, or run `git fetch` if the branch is new".to_owned()
        }
    };
    let Ok(path) = RepoPath::parse(FILE_NAME) else {
        return;
    };
    let message = format!("active branch `{active}` is a branch neither here nor on a remote");
    findings.push(Place::whole(path), message, help);
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{findings, read};
    use crate::project::Branches;

    fn told(known: Option<&[&str]>) -> Vec<(String, String)> {
        let (files, _) = read("//- git-postman.toml\n[mapping]\nactive-branch = 'mian'\n");
        let branches = Branches {
            current: None,
            known: known.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
        };
        let found = findings(files, branches).into_iter();
        found
            .filter(|finding| finding.rule.0 == "unknown-active-branch")
            .map(|finding| (finding.message, finding.help))
            .collect()
    }

    #[test]
    fn a_branch_that_git_does_not_know_is_told_with_a_suggestion() {
        let told = told(Some(&["main", "topic"]));
        assert_eq!(told.len(), 1);
        assert!(told[0].0.contains("`mian`") && told[0].1.starts_with("did you mean `main`?"));
    }

    #[test]
    fn without_git_or_commits_nothing_is_told() {
        assert_eq!(told(None), []);
        assert_eq!(told(Some(&[])), []);
        assert_eq!(told(Some(&["mian"])), []);
    }
}
