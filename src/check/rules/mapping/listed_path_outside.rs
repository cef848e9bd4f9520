//! Listed and mapped paths that mean nothing in the repository.

use std::collections::BTreeSet;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::secret::cover::told;
use crate::model::finding::{RuleId, Severity};
use crate::model::path::PathError;
use crate::project::Project;
use crate::project::written::WrittenPath;

/// A listed or mapped path that does not lie in the repository.
pub static RULE: Rule = Rule {
    id: RuleId("listed-path-outside"),
    group: Group::Mapping,
    summary: "a listed or mapped path is none inside the repository",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A listed collection, definition file or root file, or a path in `.postman/resources.yaml`, that is absolute, climbs out of the repository, or
has backslashes.

#### Why it matters

Everybody's copy of the repository lies elsewhere, so such a path leads nowhere or to a file that is nobody else's. A path with
backslashes was written on Windows; on every other system it is one long name that does not exist, and the mapping is lost without a word.

#### Example

```yaml
cloudResources:
  collections:
    ..\postman\collections\Orders: 1-11111111-2222-4333-8444-555555555555
```

#### How to fix

Write the path relative, inside the repository, with forward slashes.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in &project.services {
        for api in &service.apis {
            let listed = api.collections.iter().chain(&api.definitions);
            for path in listed.map(|file| &file.path) {
                tell("listed path", path, findings);
            }
            // Postman lists a root file twice; it is told where it is listed, if it is.
            let listed: BTreeSet<&str> = api
                .definitions
                .iter()
                .map(|file| file.path.text.as_str())
                .collect();
            let roots = api
                .root_files
                .iter()
                .filter(|root| !listed.contains(root.text.as_str()));
            for path in roots {
                tell("root file", path, findings);
            }
        }
        if let Some(resources) = &service.resources {
            let mapped = resources.mapped.iter().map(|mapped| &mapped.path);
            for path in mapped.chain(&resources.local) {
                tell("path", path, findings);
            }
        }
    }
}

fn tell(what: &str, written: &WrittenPath, findings: &mut Findings) {
    let Err(error) = written.path else { return };
    let help = match error {
        PathError::Backslash => {
            "write it with forward slashes: outside of Windows it leads nowhere, and the element is lost"
        }
        _ => "write a path inside the repository, with forward slashes",
    };
    let message = format!("{what} `{}` {error}", told(&written.text, 120));
    findings.push(written.place.clone(), message, help);
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn paths_that_leave_the_repository_are_marked() {
        check(
            "listed-path-outside",
            r#"
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config.relations.collections]
rootDirectory = postman/collections
files[] = {"id":"1-x","path":"../../../x.json"}
                              ^^^^^^^^^^^^^^^ listed-path-outside
files[] = {"id":"1-x","path":"../other/x.json"}
[config.relations.apiDefinition]
files[] = {"path":"/etc/passwd"}
                   ^^^^^^^^^^^ listed-path-outside
[config.relations.apiDefinition.metaData]
rootFiles[] = /etc/passwd
rootFiles[] = C:/x.yaml
              ^^^^^^^^^ listed-path-outside
"#,
        );
    }

    #[test]
    fn a_mapping_written_on_windows_is_marked() {
        check(
            "listed-path-outside",
            r"
//- .postman/resources.yaml
workspace:
  id: 11111111-2222-4333-8444-555555555555
localResources:
  specs:
    - ../../openapi.yaml
      ^^^^^^^^^^^^^^^^^^ listed-path-outside
cloudResources:
  collections:
    ..\postman\collections\Orders: 1-66666666-7777-4888-9999-000000000000
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ listed-path-outside
",
        );
    }
}
