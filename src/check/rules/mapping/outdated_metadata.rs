//! Metadata of the oldest form.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::format::ini::Section;
use crate::model::finding::{Place, RuleId, Severity};
use crate::project::Project;
use crate::project::api_file::{ApiFile, ApiForm};

/// A `.postman/api` without `configVersion`.
pub static RULE: Rule = Rule {
    id: RuleId("outdated-metadata"),
    group: Group::Mapping,
    summary: "`.postman/api` has the form that Postman wrote until early 2023",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

A `.postman/api` without `configVersion`: the one API's own file, as Postman wrote it before it could keep several APIs in a repository.

#### Why it matters

Later Postman apps of the API Builder read it and rewrite it with the next push. Postman's command-line tool calls it outdated, and
Postman v12 does not read it.

#### Example

```ini
id = 11111111-2222-4333-8444-555555555555

[relations]
```

#### How to fix

Pull and push the API once with a later Postman app, or disconnect and connect it again; either writes the newer form. Where the
repository no longer belongs to an API in Postman, remove `.postman/api`.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    // Beside newer metadata, `mixed-metadata` says which of the two counts.
    let services = project.services.iter().filter(|s| !s.is_native());
    for api in services.flat_map(|service| &service.apis) {
        if api.form == ApiForm::Legacy && is_one(api) {
            findings.push(
                Place::whole(api.file.path.clone()),
                "metadata has the form that Postman wrote until early 2023, and Postman v12 does not read it",
                "pull and push once with a later Postman app, or connect the API again: either writes the newer form",
            );
        }
    }
}

/// Whether there is something of the oldest form in it, rather than nothing or a list that lost its version.
fn is_one(api: &ApiFile) -> bool {
    let relations =
        |section: &Section| section.path.first().is_some_and(|name| name == "relations");
    api.id.is_some() || api.file.document.sections().iter().any(relations)
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn the_oldest_form_is_told_once() {
        check(
            "outdated-metadata",
            "//- .postman/api | outdated-metadata\nid = 11111111-2222-4333-8444-555555555555\n[relations]\n[relations.collections]\nrootDirectory = postman/collections\n",
        );
    }

    #[test]
    fn a_list_and_an_empty_file_are_not_of_that_form() {
        check(
            "outdated-metadata",
            r#"
//- .postman/api
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
configVersion = 1.0.0
//- b/.postman/api
//- c/.postman/api
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
"#,
        );
    }
}
