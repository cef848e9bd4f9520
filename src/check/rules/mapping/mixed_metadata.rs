//! Metadata of several generations in one folder.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{Place, RuleId, Severity};
use crate::project::Project;

/// Metadata of several generations in one folder.
pub static RULE: Rule = Rule {
    id: RuleId("mixed-metadata"),
    group: Group::Mapping,
    summary: "metadata of several generations of Postman in one folder",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

Two cases: what is left of the oldest form below the list of a newer `.postman/api`; and a `.postman/api` of the API Builder beside a
`.postman/resources.yaml` of Postman v12.

#### Why it matters

Only one of the two counts, and people read and change the other. Below a list, the sections `[relations…]` are ignored: the files
`.postman/api_<id>` say what belongs to an API. Beside `resources.yaml`, Postman v12 ignores the API Builder's files, while older apps and
the commands `postman api …` go by them alone.

#### Example

```ini
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
configVersion = 1.0.0
type = api

[relations.collections]
rootDirectory = postman/collections
```

#### How to fix

Remove the sections below the list. When everybody has moved to Postman v12, disconnect the API and remove `.postman/api` and
`.postman/api_<id>`; until then keep both in step on purpose.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in &project.services {
        let index = service.index.as_ref();
        if let Some(residue) = index.and_then(|index| index.residue.as_ref()) {
            findings.push(
                residue.clone(),
                "sections of the oldest form stand below the newer list, and Postman ignores them",
                "remove every `[relations…]` section here; `.postman/api_<id>` is what counts",
            );
        }
        let older = index
            .map(|index| &index.file.path)
            .or_else(|| service.apis.first().map(|api| &api.file.path));
        if let (Some(resources), Some(older)) = (&service.resources, older) {
            findings.push(
                Place::whole(older.clone()),
                format!(
                    "metadata of the API Builder lies beside `{}`; Postman v12 goes by that one alone",
                    resources.path
                ),
                "remove `.postman/api` and `.postman/api_<id>` once nobody uses the API Builder any more",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn what_is_left_below_a_list_is_marked() {
        check(
            "mixed-metadata",
            r#"
//- .postman/api
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
id = 11111111-2222-4333-8444-555555555555
configVersion = 1.0.0
[relations]
^^^^^^^^^^^ mixed-metadata
[relations.collections]
rootDirectory = postman/collections
"#,
        );
    }

    #[test]
    fn the_api_builder_beside_a_workspace_is_told() {
        check(
            "mixed-metadata",
            "//- .postman/api | mixed-metadata\nid = 11111111-2222-4333-8444-555555555555\n[relations]\n//- .postman/resources.yaml\nworkspace:\n  id: 11111111-2222-4333-8444-555555555555\n//- b/.postman/resources.yaml\nworkspace:\n  id: 66666666-7777-4888-9999-000000000000\n",
        );
    }

    #[test]
    fn one_generation_is_not_mixed() {
        check(
            "mixed-metadata",
            "//- .postman/api\nid = 11111111-2222-4333-8444-555555555555\n[relations]\n",
        );
    }
}
