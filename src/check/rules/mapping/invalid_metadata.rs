//! What Postman's reader of metadata passes over.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::secret::cover::told;
use crate::format::markers::merge_markers;
use crate::model::finding::{Place, RuleId, Severity};
use crate::model::id::is_uuid;
use crate::project::Project;
use crate::project::api_file::ApiForm;
use crate::project::index_file::{IndexFile, IndexForm};
use crate::project::ini_file::IniFile;
use crate::project::written::{Trouble, Written};

/// Something in `.postman/` that Postman's reader passes over.
pub static RULE: Rule = Rule {
    id: RuleId("invalid-metadata"),
    group: Group::Mapping,
    summary: "something in `.postman/` is not read as it is meant",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

In `.postman/api` and `.postman/api_<id>`: an entry whose JSON is broken or has no `apiId` or `path`; a line that looks like a section
header and is none because of what stands around its brackets; a `configVersion` that Postman does not know, or none where one is needed.
In `.postman/resources.yaml`: a group that is no mapping of paths to ids.

A file with merge markers is left to `merge-marker`, and YAML that does not parse to `syntax`.

#### Why it matters

Postman's reader refuses nothing. It passes over what it does not understand, and the collection or API is gone without a word;
after a broken header, the keys below it count for the section above.

#### Example

```ini
files[] = {"id":"1-11111111-2222-4333-8444-555555555555","path":"Orders.json"
```

#### How to fix

Correct the line as the finding says, or restore the file from history and push again from Postman.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in &project.services {
        if let Some(index) = service.index.as_ref().filter(|i| is_whole(&i.file)) {
            tell(&index.troubles, findings);
            broken_headers(&index.file, findings);
            version_of_index(index, findings);
        }
        for api in service.apis.iter().filter(|api| is_whole(&api.file)) {
            tell(&api.troubles, findings);
            if api.form == ApiForm::Legacy {
                continue;
            }
            broken_headers(&api.file, findings);
            match &api.form {
                ApiForm::Unknown(Some(version)) => unknown(version, "1.0.0` or `1.1.0", findings),
                ApiForm::Unknown(None) if is_named_for_api(&api.file) => findings.push(
                    Place::whole(api.file.path.clone()),
                    "file has no `configVersion`, and Postman does not read it",
                    "write `configVersion = 1.1.0`, or restore the file from history",
                ),
                _ => {}
            }
        }
        if let Some(resources) = &service.resources
            && merge_markers(resources.document.text()).is_empty()
        {
            tell(&resources.troubles, findings);
        }
    }
}

/// Whether a rule of its own does not speak of the file already.
fn is_whole(file: &IniFile) -> bool {
    let text = file.document.text();
    !text.trim().is_empty() && merge_markers(text).is_empty()
}

/// A file whose name is no API's is not read at all, which `invalid-api-id` tells.
fn is_named_for_api(file: &IniFile) -> bool {
    let name = file.path.file_name().strip_prefix("api_");
    name.is_some_and(is_uuid)
}

fn tell(troubles: &[Trouble], findings: &mut Findings) {
    for trouble in troubles {
        findings.push(
            trouble.place.clone(),
            trouble.message.clone(),
            trouble.help.clone(),
        );
    }
}

fn broken_headers(file: &IniFile, findings: &mut Findings) {
    for entry in file.document.entries() {
        if entry.key.starts_with('[') {
            findings.push(
                file.place(entry.key_span),
                "line looks like a section header and is none, so what follows counts for the section above",
                "write the name in brackets with nothing before or behind them, not even a blank",
            );
        }
    }
}

fn version_of_index(index: &IndexFile, findings: &mut Findings) {
    match &index.form {
        IndexForm::Unknown(version) => unknown(version, "1.0.0", findings),
        IndexForm::Legacy => {
            if let Some(first) = index.file.document.all(&[], "apis").next() {
                findings.push(
                    index.file.place(first.key_span),
                    "list of APIs has no `configVersion`, and Postman does not read it",
                    "write the line `configVersion = 1.0.0` below the list",
                );
            }
        }
        IndexForm::List => {}
    }
}

fn unknown(version: &Written, known: &str, findings: &mut Findings) {
    findings.push(
        version.place.clone(),
        format!(
            "`{}` is no `configVersion` that Postman knows",
            told(&version.text, 40)
        ),
        format!("write `{known}`, or restore the file from history"),
    );
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn broken_entries_and_headers_are_marked() {
        check(
            "invalid-metadata",
            r#"
//- .postman/api
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"
         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ invalid-metadata
configVersion = 1.0.0
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config]
id = 11111111-2222-4333-8444-555555555555
[config.relations.collections]]
^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ invalid-metadata
rootDirectory = postman/collections
"#,
        );
    }

    #[test]
    fn versions_are_judged() {
        check(
            "invalid-metadata",
            r#"
//- .postman/api
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
^^^^^^ invalid-metadata
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 2.0.0
                ^^^^^ invalid-metadata
//- .postman/api_66666666-7777-4888-9999-000000000000 | invalid-metadata
[config]
//- b/.postman/api
configVersion = 3
                ^ invalid-metadata
"#,
        );
    }

    #[test]
    fn a_group_of_resources_has_to_be_a_mapping() {
        check(
            "invalid-metadata",
            r"
//- .postman/resources.yaml
workspace:
  id: 11111111-2222-4333-8444-555555555555
cloudResources:
  environments:
  collections:
  ^^^^^^^^^^^ invalid-metadata
    - ../postman/collections/Orders
",
        );
    }

    #[test]
    fn a_conflict_is_told_elsewhere() {
        check(
            "invalid-metadata",
            "//- .postman/api\n<<<<<<< a\napis[] = {\n=======\n>>>>>>> b\nconfigVersion = 1.0.0\n",
        );
    }
}
