//! Paths that are mapped to no id.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::secret::cover::told;
use crate::model::finding::{RuleId, Severity};
use crate::model::id::{CollectionUid, is_uuid};
use crate::project::Project;

/// A mapped id that cannot be one of Postman's.
pub static RULE: Rule = Rule {
    id: RuleId("invalid-cloud-id"),
    group: Group::Mapping,
    summary: "a path in `.postman/resources.yaml` is mapped to no id",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

A path under `cloudResources` or `canonical` whose id is none of the three that Postman has: `<owner>-<uuid>`, a UUID alone, or 24
hexadecimal digits for collections of several protocols. Of a list of ids, the first counts.

#### Why it matters

Postman's command-line tool does not know where to look for the element, and stops.

#### Example

```yaml
cloudResources:
  collections:
    ../postman/collections/Orders: orders
```

#### How to fix

Write the id that Postman shows in the details of the element, or remove the line and push from the app, which writes it.
"#,
    check: Check::Project(check),
};

const HELP: &str =
    "write the id that Postman shows in the details of the element, or remove the line";

fn check(project: &Project<'_>, findings: &mut Findings) {
    let files = project.services.iter().filter_map(|s| s.resources.as_ref());
    for mapped in files.flat_map(|resources| &resources.mapped) {
        match mapped.id.as_ref().filter(|id| !id.text.is_empty()) {
            Some(id) if is_cloud_id(&id.text) => {}
            Some(id) => {
                let message = format!("`{}` is no id of Postman's", told(&id.text, 60));
                findings.push(id.place.clone(), message, HELP);
            }
            None => {
                let message = format!("`{}` is mapped to no id", told(&mapped.path.text, 120));
                findings.push(mapped.path.place.clone(), message, HELP);
            }
        }
    }
}

fn is_cloud_id(text: &str) -> bool {
    let is_object_id = text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_object_id || is_uuid(text) || CollectionUid::parse(text).is_some()
}

#[cfg(test)]
mod tests {
    use crate::check::testing::check;

    #[test]
    fn the_three_forms_are_right_and_others_are_marked() {
        check(
            "invalid-cloud-id",
            r#"
//- .postman/resources.yaml
cloudResources:
  collections:
    ../a: 1-11111111-2222-4333-8444-555555555555
    ../b: 11111111-2222-4333-8444-555555555555
    ../c: 0123456789abcdef01234567
    ../d: [11111111-2222-4333-8444-555555555556, x]
    ../e: orders
          ^^^^^^ invalid-cloud-id
    ../f:
    ^^^^ invalid-cloud-id
    ../g: ""
    ^^^^ invalid-cloud-id
"#,
        );
    }
}
