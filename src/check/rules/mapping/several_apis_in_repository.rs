//! More than one API in a repository whose policy allows one.

use std::collections::HashSet;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::config::file::Policy;
use crate::model::finding::{Place, RuleId, Severity};
use crate::model::text::counted;
use crate::project::Project;
use crate::project::connected::connections;

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
An id without a file
counts, since it may still be connected in Postman; a workspace of Postman v12 counts like an API.

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
    let (one, help) = match project.config.policy {
        Policy::Strict => (
            "repository",
            "give each API its own repository, or set `mapping.policy` in git-postman.toml to `files`, `branches` or `folders`",
        ),
        Policy::Branches => (
            "branch",
            "keep one API on this branch, or set `mapping.policy` to `files` or `folders`",
        ),
        Policy::Files | Policy::Folders => return,
    };
    let known = connections(project)
        .into_iter()
        .map(|connection| connection.place);
    // An id whose file is gone may still be connected in Postman.
    let places: Vec<Place> = known.chain(without_file(project)).collect();
    if let Some(second) = places.get(1) {
        let number = counted(places.len(), "API");
        let policy = project.config.policy.word();
        let message =
            format!("{number} are connected to this {one}, and the policy `{policy}` allows one");
        findings.push(second.clone(), message, help);
    }
}

/// Where the index lists ids that have no file, each once.
fn without_file<'a>(project: &'a Project<'_>) -> impl Iterator<Item = Place> + 'a {
    project.services.iter().flat_map(|service| {
        let named = service.apis.iter().filter_map(|api| api.name_id.as_deref());
        let mut seen: HashSet<String> = named.map(str::to_ascii_lowercase).collect();
        let listed = service.index.iter().flat_map(|index| &index.apis);
        listed.filter_map(move |entry| {
            let id = entry.id.as_ref()?;
            seen.insert(id.as_str().to_owned())
                .then(|| entry.written.place.clone())
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, words};

    const TWO: &str = r#"
//- .postman/api
apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
apis[] = {"apiId":"66666666-7777-4888-9999-000000000000"}
                 # ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ several-apis-in-repository
configVersion = 1.0.0
//- .postman/api_11111111-2222-4333-8444-555555555555
configVersion = 1.1.0
[config]
id = 11111111-2222-4333-8444-555555555555
[config.relations.collections]
rootDirectory = one
//- .postman/api_66666666-7777-4888-9999-000000000000
configVersion = 1.1.0
[config]
id = 66666666-7777-4888-9999-000000000000
[config.relations.collections]
rootDirectory = two
"#;

    #[test]
    fn the_second_api_is_marked_under_the_default_policy() {
        check(
            "several-apis-in-repository",
            &TWO.replace("# ^^", "^^")
                .replace("                 ^^", "                   ^^"),
        );
    }

    #[test]
    fn another_policy_allows_it() {
        for policy in ["files", "folders"] {
            let fixture = format!(
                "//- git-postman.toml\n[mapping]\npolicy = '{policy}'\n{}",
                TWO.trim_start()
            );
            assert_eq!(words("several-apis-in-repository", &fixture), []);
        }
    }

    #[test]
    fn an_api_connected_again_is_one_api() {
        assert_eq!(
            words(
                "several-apis-in-repository",
                &TWO.replace("rootDirectory = two", "rootDirectory = one")
            ),
            []
        );
    }

    #[test]
    fn an_id_without_a_file_counts_and_a_doubled_one_does_not() {
        let fixture = |second: &str| {
            format!(
                "//- .postman/api\napis[] = {{\"apiId\":\"11111111-2222-4333-8444-555555555555\"}}\napis[] = {{\"apiId\":\"{second}\"}}\nconfigVersion = 1.0.0\n"
            )
        };
        let other = fixture("66666666-7777-4888-9999-000000000000");
        assert_eq!(words("several-apis-in-repository", &other).len(), 1);
        let same = fixture("11111111-2222-4333-8444-555555555555");
        assert_eq!(words("several-apis-in-repository", &same), []);
    }

    #[test]
    fn many_are_one_finding() {
        let mut fixture = String::new();
        for number in 0..114 {
            fixture.push_str(&format!(
                "//- .postman/api_{number:08}-2222-4333-8444-555555555555\nconfigVersion = 1.1.0\n[config]\nid = {number:08}-2222-4333-8444-555555555555\n[config.relations.collections]\nrootDirectory = c{number}\n"
            ));
        }
        let told = words("several-apis-in-repository", &fixture);
        assert_eq!(told.len(), 1);
        assert!(
            told[0]
                .0
                .starts_with("114 APIs are connected to this repository")
        );
    }
}
