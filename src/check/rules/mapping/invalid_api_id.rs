//! API ids that are none.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::secret::cover::told;
use crate::format::markers::merge_markers;
use crate::model::finding::{Place, RuleId, Severity};
use crate::model::id::{ApiId, is_uuid};
use crate::project::Project;
use crate::project::api_file::{ApiFile, ApiForm};
use crate::project::index_file::IndexFile;

/// An API id that is no UUID.
pub static RULE: Rule = Rule {
    id: RuleId("invalid-api-id"),
    group: Group::Mapping,
    summary: "an API id is missing or no UUID",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

An id in `.postman/api`, in `.postman/api_<id>` or in the name of such a file that is no UUID; and an API file without an id.

#### Why it matters

Postman drops an entry whose id is no UUID without a word. It takes an API file whose id is missing for one it cannot trust, and asks the
server instead.

#### Example

```ini
apis[] = {"apiId":"11111111-2222-4333-8444-55555555555"}
```

#### How to fix

Write the id of the API in its usual form, such as `11111111-2222-4333-8444-555555555555`. Postman shows it in the details of the API.
A file name that was changed by hand gets its id back with `git mv`.
"#,
    check: Check::Project(check),
};

const HELP: &str = "write the id that Postman shows in the details of the API";

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in &project.services {
        for entry in service.index.iter().flat_map(|index| &index.apis) {
            if entry.id.is_none() {
                let message = format!(
                    "`{}` is no API id, and Postman drops the entry",
                    told(&entry.written.text, 60)
                );
                findings.push(entry.written.place.clone(), message, HELP);
            }
        }
        for api in &service.apis {
            judge(api, service.index.as_ref(), findings);
        }
    }
}

fn judge(api: &ApiFile, index: Option<&IndexFile>, findings: &mut Findings) {
    let whole = || Place::whole(api.file.path.clone());
    if let Some(name) = api.name_id.as_deref().filter(|name| !is_uuid(name)) {
        let message = format!(
            "`{}` in the file's name is no API id, and Postman does not read the file",
            told(name, 60)
        );
        let help = match api.api_id().or_else(|| ApiId::parse(name.get(..36)?)) {
            Some(id) => format!("name it `api_{id}`, or remove it if it is a copy"),
            None => "name it `api_<id>` after the API's id, or remove it".to_owned(),
        };
        findings.push(whole(), message, help);
        return;
    }
    match &api.id {
        Some(id) if !is_uuid(&id.text) => {
            let message = format!("`{}` is no API id", told(&id.text, 60));
            findings.push(id.place.clone(), message, HELP);
        }
        Some(_) => {}
        None if is_told_otherwise(api, index) => {}
        None => findings.push(whole(), "file has no `id` of its API", HELP),
    }
}

/// Empty files, conflicts, unknown versions and lists without a version have rules of their own.
fn is_told_otherwise(api: &ApiFile, index: Option<&IndexFile>) -> bool {
    let document = &api.file.document;
    let is_list = api.form == ApiForm::Legacy
        && index.is_some_and(|index| index.file.document.all(&[], "apis").next().is_some());
    document.text().trim().is_empty()
        || matches!(api.form, ApiForm::Unknown(_))
        || is_list
        || !merge_markers(document.text()).is_empty()
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    #[test]
    fn ids_are_judged_in_the_index_and_in_the_files() {
        check(
            "invalid-api-id",
            r#"
//- .postman/api
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
apis[] = {"apiId":"my-api"}
                   ^^^^^^ invalid-api-id
configVersion = 1.0.0
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config]
id = 1111
     ^^^^ invalid-api-id
//- .postman/api_66666666-7777-4888-9999-000000000000 | invalid-api-id
configVersion = 1.1.0
//- .postman/api_66666666-7777-4888-9999-000000000000.orig | invalid-api-id
configVersion = 1.1.0
"#,
        );
    }

    #[test]
    fn the_oldest_form_needs_its_id() {
        check(
            "invalid-api-id",
            "//- .postman/api | invalid-api-id\n[relations]\n",
        );
        check(
            "invalid-api-id",
            "//- .postman/api\nid = 11111111-2222-4333-8444-555555555555\n",
        );
    }

    #[test]
    fn a_copy_is_told_by_its_name() {
        let told = words(
            "invalid-api-id",
            "//- .postman/api_11111111-2222-4333-8444-555555555555 copy\nconfigVersion = 1.1.0\n",
        );
        assert_eq!(
            told[0].1,
            "name it `api_11111111-2222-4333-8444-555555555555`, or remove it if it is a copy"
        );
    }
}
