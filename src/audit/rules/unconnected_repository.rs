//! Directories of Postman in a repository that belongs to no API.

use crate::audit::facts::Reach;
use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::{Survey, shown};
use crate::model::finding::{RuleId, Severity};

/// Directories of Postman in a repository that belongs to no API.
pub static RULE: Rule = Rule {
    id: RuleId("unconnected-repository"),
    severity: Severity::Warning,
    words: Words::Own {
        summary: "a repository has schema or collection directories and belongs to no API",
        since: "0.1.0",
        docs: r#"
#### What it finds

Documents in directories with Postman's own names, in a repository that claims no API, no specification and no workspace.

#### Why it matters

They look maintained and reach nobody: what is changed there never comes to Postman, and what is changed in Postman never comes here.

#### Example

`postman/collections/Orders.json` in a repository without a `.postman/`.

#### How to fix

Connect the repository with `git postman connect`, or remove the files if they are left over.
"#,
    },
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    let mut found = Vec::new();
    for repository in &survey.repositories {
        let known = repository.facts;
        let mut services = known.services.iter();
        if known.reach != Reach::Whole || services.any(|service| !service.claims.is_empty()) {
            continue;
        }
        let directories = known
            .services
            .iter()
            .flat_map(|service| &service.directories);
        let Some(first) = directories.min_by(|one, other| one.path.cmp(&other.path)) else {
            continue;
        };
        found.push(Trouble::new(
            repository.place(&first.path),
            format!("{} of a repository that is connected to no API", shown(&first.role)),
            "connect the repository with `git postman connect`, or remove the files if they are left over",
        ));
    }
    found
}
