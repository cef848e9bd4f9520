//! API files that no index lists.

use std::collections::BTreeSet;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{Place, RuleId, Severity};
use crate::model::id::ApiId;
use crate::model::text::counted;
use crate::project::Project;
use crate::project::api_file::ApiFile;
use crate::project::service::Service;

/// A `.postman/api_<id>` that `.postman/api` does not list.
pub static RULE: Rule = Rule {
    id: RuleId("orphan-api-file"),
    group: Group::Mapping,
    summary: "a `.postman/api_<id>` is not listed in `.postman/api`",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A file `.postman/api_<id>` whose id `.postman/api` does not list, or API files without any `.postman/api`.

#### Why it matters

Postman finds APIs by the list alone. What the file says is never read, and what it lists is linted, published and pulled by nobody.

#### Example

`.postman/api_66666666-7777-4888-9999-000000000000` beside

```ini
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
```

#### How to fix

Add the line `apis[] = {"apiId":"<id>"}` to `.postman/api` if the API is connected, or remove the file with `git rm` if it is not.
Such a file is often what a merge left, so look at what both sides had.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in &project.services {
        let files: Vec<(ApiId, &ApiFile)> = service.apis.iter().filter_map(named).collect();
        match &service.index {
            None => without_index(service, &files, findings),
            Some(index) => {
                let listed: BTreeSet<&ApiId> = index
                    .apis
                    .iter()
                    .filter_map(|api| api.id.as_ref())
                    .collect();
                // A list without its version is told by `invalid-metadata`; its ids are not read at all.
                if listed.is_empty() && index.file.document.all(&[], "apis").next().is_some() {
                    continue;
                }
                for (id, api) in files.iter().filter(|(id, _)| !listed.contains(id)) {
                    findings.push(
                        Place::whole(api.file.path.clone()),
                        format!("API `{id}` is not listed in `{}`", index.file.path),
                        format!("add `apis[] = {{\"apiId\":\"{id}\"}}` there if the API is connected, else remove this file"),
                    );
                }
            }
        }
    }
}

fn named(api: &ApiFile) -> Option<(ApiId, &ApiFile)> {
    Some((ApiId::parse(api.name_id.as_deref()?)?, api))
}

fn without_index(service: &Service, files: &[(ApiId, &ApiFile)], findings: &mut Findings) {
    let Ok(index) = service.metadata_directory().join("api") else {
        return;
    };
    let is_unread = service.unread.iter().any(|(path, _)| *path == index);
    if let (Some((_, first)), false) = (files.first(), is_unread) {
        let verb = if files.len() == 1 { "is" } else { "are" };
        findings.push(
            Place::whole(first.file.path.clone()),
            format!(
                "{} {verb} here without `{index}`, which lists them",
                counted(files.len(), "API file")
            ),
            format!(
                "restore `{index}` from history, or remove the API files if nothing is connected"
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    #[test]
    fn a_file_that_the_index_does_not_list_is_told() {
        check(
            "orphan-api-file",
            r#"
//- .postman/api
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
apis[] = {"apiId":"AAAAAAAA-2222-4333-8444-555555555555"}
configVersion = 1.0.0
//- .postman/api_11111111-2222-4333-8444-555555555555
//- .postman/api_aaaaaaaa-2222-4333-8444-555555555555
//- .postman/api_66666666-7777-4888-9999-000000000000 | orphan-api-file
//- .postman/api_copy
"#,
        );
    }

    #[test]
    fn an_index_of_the_oldest_form_lists_nothing() {
        check(
            "orphan-api-file",
            "//- .postman/api\nid = 11111111-2222-4333-8444-555555555555\n//- .postman/api_66666666-7777-4888-9999-000000000000 | orphan-api-file\n",
        );
    }

    #[test]
    fn without_an_index_it_is_one_finding() {
        let told = words(
            "orphan-api-file",
            "//- .postman/api_11111111-2222-4333-8444-555555555555\n//- .postman/api_66666666-7777-4888-9999-000000000000\n",
        );
        assert_eq!(told.len(), 1);
        assert_eq!(
            told[0].0,
            "2 API files are here without `.postman/api`, which lists them"
        );
    }
}
