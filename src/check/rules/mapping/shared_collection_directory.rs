//! APIs that share a collection directory.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::config::file::Policy;
use crate::model::finding::{RuleId, Severity};
use crate::model::path::RepoPath;
use crate::project::Project;
use crate::project::connected::connections;

/// Two APIs with the same or nested collection directories, under the policy `files`.
pub static RULE: Rule = Rule {
    id: RuleId("shared-collection-directory"),
    group: Group::Mapping,
    summary: "two APIs share a collection directory (policy `files`)",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

Under the policy `files`: two APIs whose collection directories are the same or lie in each other. Ids that are only left over from an
earlier connection are told by `stale-api-id` and do not count.

#### Why it matters

Postman lets several APIs share a repository as long as each has its own collection directory. In a shared one, a push from one API
writes over what the other has there.

#### Example

```ini
[config.relations.collections]
rootDirectory = postman/collections
```

in the files of two APIs.

#### How to fix

Give each API a collection directory of its own: move the files with `git mv`, and connect the API again with the new directory.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    if project.config.policy != Policy::Files {
        return;
    }
    let mut earlier: Vec<(String, &RepoPath)> = Vec::new();
    for connection in connections(project) {
        let Some(written) = connection
            .api
            .and_then(|api| api.collection_directory.as_ref())
        else {
            continue;
        };
        let Some(path) = written.resolved() else {
            continue;
        };
        let shared = earlier
            .iter()
            .find(|(_, other)| path.is_within(other) || other.is_within(path));
        if let Some((id, other)) = shared {
            let message = if *other == path {
                format!("collection directory is that of API `{id}` as well")
            } else if path.is_within(other) {
                format!("collection directory lies in that of API `{id}`, `{other}`")
            } else {
                format!("collection directory holds that of API `{id}`, `{other}`")
            };
            let help = "give each API a collection directory of its own, and connect this one again with it";
            findings.push(written.place.clone(), message, help);
        }
        earlier.push((connection.id, path));
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    fn repository(policy: &str, directory: &str, mark: &str) -> String {
        format!(
            r#"//- git-postman.toml
[mapping]
policy = "{policy}"
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config.relations.collections]
rootDirectory = postman/orders
[config.relations.apiDefinition]
files[] = {{"path":"one.yaml"}}
//- .postman/api_66666666-7777-4888-9999-000000000000
configVersion = 1.1.0
[config.relations.collections]
rootDirectory = {directory}
                {mark}
[config.relations.apiDefinition]
files[] = {{"path":"two.yaml"}}
"#
        )
    }

    #[test]
    fn the_same_and_nested_directories_are_marked() {
        for (directory, mark) in [
            ("postman/orders", "^^^^^^^^^^^^^^"),
            ("postman/orders/new", "^^^^^^^^^^^^^^^^^^"),
            ("postman", "^^^^^^^"),
        ] {
            let mark = format!("{mark} shared-collection-directory");
            check(
                "shared-collection-directory",
                &repository("files", directory, &mark),
            );
        }
    }

    #[test]
    fn directories_beside_each_other_are_right() {
        check(
            "shared-collection-directory",
            &repository("files", "postman/orders-2", "; no mark"),
        );
    }

    #[test]
    fn other_policies_demand_something_else() {
        let fixture = repository("strict", "postman/orders", "; no mark");
        assert_eq!(words("shared-collection-directory", &fixture), []);
    }
}
