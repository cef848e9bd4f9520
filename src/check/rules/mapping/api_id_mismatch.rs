//! API files that carry another API's id.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{RuleId, Severity};
use crate::model::id::ApiId;
use crate::project::Project;

/// `config.id` unlike the id in the file's name.
pub static RULE: Rule = Rule {
    id: RuleId("api-id-mismatch"),
    group: Group::Mapping,
    summary: "the id inside `.postman/api_<id>` is another than in its name",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A file `.postman/api_<id>` whose `id` under `[config]` is another API's.

#### Why it matters

Postman compares the two. Where they differ it takes the file for broken, and asks the server which files belong to the API.

#### Example

`.postman/api_11111111-2222-4333-8444-555555555555` with

```ini
[config]
id = 66666666-7777-4888-9999-000000000000
```

#### How to fix

Decide which API the file describes, and make name, `config.id` and the entry in `.postman/api` the same.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for api in project.services.iter().flat_map(|service| &service.apis) {
        let name = api.name_id.as_deref().and_then(ApiId::parse);
        if let (Some(name), Some(id), Some(written)) = (name, api.api_id(), &api.id)
            && name != id
        {
            findings.push(
                written.place.clone(),
                format!("id is that of API `{id}`, and the file is named for API `{name}`"),
                "make the id here, the file's name and the entry in `.postman/api` the same",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn another_apis_id_is_marked() {
        check(
            "api-id-mismatch",
            r"
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config]
id = 66666666-7777-4888-9999-000000000000
     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ api-id-mismatch
",
        );
    }

    #[test]
    fn case_and_broken_ids_are_no_mismatch() {
        check(
            "api-id-mismatch",
            r"
//- .postman/api_aaaaaaaa-2222-4333-8444-555555555555
configVersion = 1.1.0
[config]
id = AAAAAAAA-2222-4333-8444-555555555555
//- .postman/api_66666666-7777-4888-9999-000000000000
configVersion = 1.1.0
[config]
id = mine
",
        );
    }
}
