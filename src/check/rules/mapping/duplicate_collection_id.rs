//! One collection listed for two files.

use std::collections::HashMap;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::mapping::collection_ids::identity;
use crate::check::rules::secret::cover::told;
use crate::model::finding::{RuleId, Severity};
use crate::model::path::RepoPath;
use crate::project::Project;
use crate::project::connected::connected_apis;

/// The same collection id for two files.
pub static RULE: Rule = Rule {
    id: RuleId("duplicate-collection-id"),
    group: Group::Mapping,
    summary: "two files are listed as the same collection",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

Two entries under `files[]`, of one API or of two, with the same collection id and different files. The owner's number before the UUID does
not count, and neither does what a stale API id lists.

#### Why it matters

Postman has one collection of that id. A pull fills it from one file or the other, and a push writes one of them; the other is left
behind.

#### Example

```ini
files[] = {"id":"1-11111111-2222-4333-8444-555555555555","path":"Orders.json","metaData":{}}
files[] = {"id":"1-11111111-2222-4333-8444-555555555555","path":"Orders(1).json","metaData":{}}
```

#### How to fix

Keep the entry whose file is the collection and remove the other. Where the other file is a collection of its own, give the entry that
one's id: its `info._uid`.
"#,
    check: Check::Project(check),
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let mut first: HashMap<String, &RepoPath> = HashMap::new();
    let apis = connected_apis(project);
    for file in apis.flat_map(|api| &api.collections) {
        let (Some(id), Some(path)) = (&file.id, file.path.resolved()) else {
            continue;
        };
        let known = *first.entry(identity(&id.text)).or_insert(path);
        if known != path {
            findings.push(
                id.place.clone(),
                format!(
                    "collection `{}` is listed for `{known}` already, and here for `{path}`",
                    told(&id.text, 60)
                ),
                "keep the entry whose file is the collection, or write the `info._uid` of this file",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn the_second_file_is_marked() {
        check(
            "duplicate-collection-id",
            r#"
//- .postman/api
id = 11111111-2222-4333-8444-555555555555
[relations.collections]
rootDirectory = c
files[] = {"id":"1-aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee","path":"a.json"}
files[] = {"id":"aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee","path":"b.json"}
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ duplicate-collection-id
files[] = {"id":"1-66666666-7777-4888-9999-000000000000","path":"c.json"}
"#,
        );
    }

    #[test]
    fn an_entry_repeated_word_for_word_says_the_same() {
        let entry = r#"files[] = {"id":"1-aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee","path":"a.json"}"#;
        check(
            "duplicate-collection-id",
            &format!(
                "//- .postman/api\nid = 11111111-2222-4333-8444-555555555555\n[relations.collections]\nrootDirectory = c\n{entry}\n{entry}\n"
            ),
        );
    }
}
