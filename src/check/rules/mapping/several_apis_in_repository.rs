//! More than one API in a repository whose policy allows one.

use std::collections::BTreeMap;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::mapping::connected::{Connected, connected};
use crate::config::file::Policy;
use crate::model::finding::{RuleId, Severity};
use crate::model::text::counted;
use crate::project::Project;

/// More than one API in a repository whose policy allows one.
pub static RULE: Rule = Rule {
    id: RuleId("several-apis-in-repository"),
    group: Group::Mapping,
    summary: "more than one API is connected to the repository",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

More than one API in the repository under the policies `strict` (one API, one repository: the default) and `branches` (one API a branch).
An API that was merely connected again counts once: `stale-api-id` tells the ids that are left over.
A workspace of Postman v12 counts like an API.

#### Why it matters

Postman connects an API to one repository, and a repository to one API. Where several share one, a change through one API hits the
files of another, and the app refuses the repository to everybody else.

#### Example

```ini
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
apis[] = {"apiId":"66666666-7777-4888-9999-000000000000"}
```

#### How to fix

Give each API its own repository. Where several in one are meant, say so in `git-postman.toml`; what the policy demands instead is
then checked:

```toml
[mapping]
policy = "files"   # each API has its own definition files and collection directory
# policy = "folders"   # each API has its own service folder
```
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    if !matches!(project.config.policy, Policy::Strict | Policy::Branches) {
        return;
    }
    let mut groups: BTreeMap<String, Connected> = BTreeMap::new();
    for api in connected(project) {
        groups.entry(api.files_key.clone()).or_insert(api);
    }
    let Some(second) = groups.values().map(|api| (&api.place, api.order)).collect::<Vec<_>>().into_iter().min_by_key(|(_, order)| usize::from(*order == 0) * usize::MAX + *order) else {
        return;
    };
    if groups.len() < 2 {
        return;
    }
    let noun = counted(groups.len(), "API");
    let (where_, help) = match project.config.policy {
        Policy::Branches => ("branch", "keep one API on this branch, or set `mapping.policy` to `files` or `folders`"),
        _ => (
            "repository",
            "give each API its own repository, or set `mapping.policy` to `files`, `branches` or `folders` in git-postman.toml",
        ),
    };
    findings.push(second.0.clone(), format!("{noun} are connected to this {where_}, and its policy allows one"), help);
}
