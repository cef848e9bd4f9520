//! Collections listed under another collection's id.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::mapping::collection_ids::identity;
use crate::check::rules::secret::cover::told;
use crate::model::finding::{RuleId, Severity};
use crate::project::Project;
use crate::project::connected::connected_apis;

/// `info._uid` unlike the listed id.
pub static RULE: Rule = Rule {
    id: RuleId("collection-id-mismatch"),
    group: Group::Mapping,
    summary: "a collection is listed with another id than it carries",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

A collection whose `info._uid` is another collection's than the `id` it is listed with, or that is listed without an id. The owner's number
before the UUID does not count: a bare UUID in the list is the same collection, and so is one that was handed over.

#### Why it matters

Postman goes by the id: it updates the collection that is listed with what the file says. Where the file is a copy of another
collection, that is not what anybody wants.

#### Example

```ini
files[] = {"id":"1-11111111-2222-4333-8444-555555555555","path":"Orders.json","metaData":{}}
```

while `Orders.json` has `"_uid": "1-66666666-7777-4888-9999-000000000000"`.

#### How to fix

Find out which collection is meant. Restore the file if it was overwritten with a copy; correct the entry if it was written by hand.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for file in connected_apis(project).flat_map(|api| &api.collections) {
        let Some(path) = file.path.resolved() else {
            continue;
        };
        let Some(id) = &file.id else {
            findings.push(
                file.path.place.clone(),
                "collection is listed without the id it has in Postman",
                "add `\"id\":\"<owner>-<uuid>\"`, as the collection's `info._uid` has it",
            );
            continue;
        };
        let uid = project.facts.get(path).and_then(|facts| facts.uid.as_ref());
        if let Some((uid, place)) = uid.filter(|(uid, _)| identity(uid) != identity(&id.text)) {
            findings.push(
                place.clone(),
                format!(
                    "collection carries `{}` and is listed as `{}` in `{}`",
                    told(uid, 60),
                    told(&id.text, 60),
                    id.place.location.path
                ),
                "restore the file if it was overwritten with a copy, or correct the listed id",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    const API: &str = r#"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = c
files[] = {"id":"1-aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee","path":"a.json"}
"#;

    #[test]
    fn another_collections_uid_is_marked() {
        check(
            "collection-id-mismatch",
            &format!(
                r#"{API}//- c/a.json
{{"info": {{"name": "x", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
  "_uid": "1-66666666-7777-4888-9999-000000000000"
          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ collection-id-mismatch
}}, "item": []}}
"#
            ),
        );
    }

    #[test]
    fn another_owner_and_no_uid_are_no_mismatch() {
        for uid in [
            r#""_uid": "22-AAAAAAAA-bbbb-4ccc-8ddd-eeeeeeeeeeee""#,
            r#""_uid": "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee""#,
            r#""description": """#,
        ] {
            check(
                "collection-id-mismatch",
                &format!(
                    "{API}//- c/a.json\n{{\"info\": {{\"name\": \"x\", \"schema\": \"https://schema.getpostman.com/json/collection/v2.1.0/collection.json\", {uid}}}, \"item\": []}}\n"
                ),
            );
        }
    }

    #[test]
    fn an_entry_needs_an_id() {
        check(
            "collection-id-mismatch",
            r#"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = c
files[] = {"path":"a.json"}
                   ^^^^^^ collection-id-mismatch
"#,
        );
    }
}
