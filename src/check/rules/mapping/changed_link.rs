//! A push that changes what the repository is connected to.

use std::collections::BTreeSet;

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::mapping::links::{Link, LinkKind, links};
use crate::config::file::Policy;
use crate::model::finding::{Place, RuleId, Severity};
use crate::project::Project;
use crate::project::service::Service;

/// A push that connects, replaces or takes away an API.
pub static RULE: Rule = Rule {
    id: RuleId("changed-link"),
    group: Group::Mapping,
    summary: "a push connects the repository to another API or workspace",
    severity: Severity::Error,
    since: "0.1.0",
    docs: r#"
#### What it finds

A push after which `.postman/` names another API or workspace than what the remote's branch has: one in place of another, one taken away,
or, under the policy `files`, one added beside others. Only pushes are looked at, not a repository by itself.

These are no findings: the first connection of a folder; an id that moves to another folder; a stale id that is removed; newer metadata with
the same id; the step from an API to a workspace of Postman v12. Under the policy `branches`, two branches of different names may differ.
Under `strict`, `branches` and `folders` an added API is told by `several-apis-in-repository` or `several-apis-in-folder`.

#### Why it matters

Postman finds its files by this link. Most such changes come with a merge or a copied folder, and afterwards the API that the team works on
has lost its repository.

#### Example

```diff
-apis[] = {"apiId":"11111111-2222-4333-8444-555555555555"}
+apis[] = {"apiId":"66666666-7777-4888-9999-000000000000"}
```

#### How to fix

Restore `.postman/` from the remote's branch: `git checkout origin/main -- .postman`. Where the change is meant and agreed on, push it with an
exception in `git-postman.toml`, and take that out again afterwards:

```toml
[[allow]]
rule = "changed-link"
reason = "the orders API was connected again on 2 May; agreed with the team"
```
"#,
    check: Check::Link(check),
};

const HELP: &str = "restore `.postman/` as the remote's branch has it; if the team agreed on the change, allow `changed-link` with a reason in git-postman.toml";

fn check(before: &Project<'_>, after: &Project<'_>, findings: &mut Findings) {
    let policy = after.config.policy;
    let (from, to) = (&before.branches.current, &after.branches.current);
    if policy == Policy::Branches && from.is_some() && to.is_some() && from != to {
        return;
    }
    let (had, has) = (links(before), links(after));
    for kind in [LinkKind::Api, LinkKind::Workspace] {
        let had: Vec<&Link<'_>> = had.iter().filter(|link| link.kind == kind).collect();
        let has_kind: Vec<&Link<'_>> = has.iter().filter(|link| link.kind == kind).collect();
        let mut gone = without(&had, &has_kind);
        for new in without(&has_kind, &had) {
            if let Some(at) = gone.iter().position(|old| old.folder == new.folder) {
                let old = gone.remove(at);
                let word = kind.word();
                let message = format!("push connects {word} `{}` in place of `{}`", new.id, old.id);
                findings.push(new.place.clone(), message, HELP);
            } else if let (Some(beside), Policy::Files) =
                (had.iter().find(|old| old.folder == new.folder), policy)
            {
                let word = kind.word();
                let message = format!("push connects {word} `{}` beside `{}`", new.id, beside.id);
                findings.push(new.place.clone(), message, HELP);
            }
        }
        for old in gone.iter().filter(|old| is_lost(old, after, &has)) {
            let message = format!(
                "push takes away the connection to {} `{}`",
                kind.word(),
                old.id
            );
            findings.push(Place::whole(old.place.location.path.clone()), message, HELP);
        }
    }
}

/// The links of one side whose ids the other does not have, wherever.
fn without<'a, 'b>(links: &[&'b Link<'a>], others: &[&Link<'_>]) -> Vec<&'b Link<'a>> {
    let known: BTreeSet<&str> = others.iter().map(|link| link.id.as_str()).collect();
    let mut new: Vec<&Link<'_>> = links.to_vec();
    new.retain(|link| !known.contains(link.id.as_str()));
    new
}

/// Whether a link is lost: no workspace stands in its place, its id is not listed any more, and every file that may
/// name it was read. A listed id without a file is told by `missing-api-file`, a stale one by `stale-api-id`.
fn is_lost(old: &Link<'_>, after: &Project<'_>, has: &[Link<'_>]) -> bool {
    let is_moved = old.kind == LinkKind::Api
        && has
            .iter()
            .any(|link| link.kind == LinkKind::Workspace && link.folder == old.folder);
    let service = after
        .services
        .iter()
        .find(|service| service.folder == *old.folder);
    !is_moved && !service.is_some_and(|service| is_listed(service, old) || is_unread(service, old))
}

fn is_listed(service: &Service, old: &Link<'_>) -> bool {
    let mut ids = service
        .index
        .iter()
        .flat_map(|index| &index.apis)
        .filter_map(|api| api.id.as_ref());
    old.kind == LinkKind::Api && ids.any(|id| id.as_str() == old.id)
}

/// Whether a file could not be read, or the `resources.yaml` that held the id does not parse any more.
fn is_unread(service: &Service, old: &Link<'_>) -> bool {
    let is_broken = service.resources.as_ref().is_some_and(|resources| {
        resources.path == old.place.location.path && !resources.faults.is_empty()
    });
    is_broken || !service.unread.is_empty()
}

#[cfg(test)]
mod tests {
    use super::{RULE, check};
    use crate::check::findings::Findings;
    use crate::check::testing::read;
    use crate::config::file::{Config, Policy};
    use crate::model::snapshot::MemorySnapshot;
    use crate::project::Project;

    const ONE: &str = "11111111-2222-4333-8444-555555555555";
    const TWO: &str = "66666666-7777-4888-9999-000000000000";

    fn told(before: &str, after: &str, policy: Policy) -> Vec<String> {
        let config = Config {
            policy,
            ..Config::default()
        };
        let (before, after) = (
            MemorySnapshot::new(read(before).0),
            MemorySnapshot::new(read(after).0),
        );
        let mut findings = Findings::of(RULE.id, RULE.severity);
        check(
            &Project::load(&before, &config).unwrap(),
            &Project::load(&after, &config).unwrap(),
            &mut findings,
        );
        let found = findings.into_list();
        found
            .into_iter()
            .map(|finding| format!("{}: {}", finding.location.path, finding.message))
            .collect()
    }

    fn index(folder: &str, ids: &[&str]) -> String {
        let mut text = format!("//- {folder}.postman/api\nconfigVersion = 1.0.0\n");
        for id in ids {
            text.push_str(&format!("apis[] = {{\"apiId\":\"{id}\"}}\n"));
        }
        for id in ids {
            text.push_str(&format!(
                "//- {folder}.postman/api_{id}\nconfigVersion = 1.1.0\n[config.relations.collections]\nrootDirectory = {id}\n"
            ));
        }
        text
    }

    fn legacy(id: &str) -> String {
        format!("//- .postman/api\nid = {id}\n")
    }

    #[test]
    fn another_api_in_place_of_the_first_is_told_with_both_ids() {
        assert_eq!(
            told(&index("", &[ONE]), &index("", &[TWO]), Policy::Strict),
            [format!(
                ".postman/api: push connects API `{TWO}` in place of `{ONE}`"
            )]
        );
    }

    #[test]
    fn a_connection_taken_away_is_told() {
        assert_eq!(
            told(&index("", &[ONE]), "//- README.md\n", Policy::Strict),
            [format!(
                ".postman/api: push takes away the connection to API `{ONE}`"
            )]
        );
    }

    #[test]
    fn the_first_connection_and_a_newer_form_are_right() {
        let none: [String; 0] = [];
        assert_eq!(
            told("//- README.md\n", &index("", &[ONE]), Policy::Strict),
            none
        );
        assert_eq!(told(&legacy(ONE), &index("", &[ONE]), Policy::Strict), none);
        let native = format!("//- .postman/resources.yaml\nworkspace:\n  id: {TWO}\n");
        assert_eq!(told(&legacy(ONE), &native, Policy::Strict), none);
        assert_eq!(
            told(&index("a/", &[ONE]), &index("b/", &[ONE]), Policy::Folders),
            none
        );
    }

    #[test]
    fn an_api_beside_others_is_told_where_nothing_else_speaks_of_it() {
        let (before, after) = (index("", &[ONE]), index("", &[ONE, TWO]));
        assert_eq!(
            told(&before, &after, Policy::Files),
            [format!(
                ".postman/api: push connects API `{TWO}` beside `{ONE}`"
            )]
        );
        assert_eq!(told(&before, &after, Policy::Strict).len(), 0);
        let folders = format!("{before}{}", index("b/", &[TWO]));
        assert_eq!(told(&before, &folders, Policy::Folders).len(), 0);
    }

    #[test]
    fn a_stale_id_may_go_and_a_new_connection_may_not_hide_as_one() {
        let both = index("", &[ONE, TWO])
            .replace(&format!("rootDirectory = {ONE}"), "rootDirectory = c")
            .replace(&format!("rootDirectory = {TWO}"), "rootDirectory = c");
        assert_eq!(told(&both, &index("", &[TWO]), Policy::Strict).len(), 0);
        let first =
            index("", &[ONE]).replace(&format!("rootDirectory = {ONE}"), "rootDirectory = c");
        assert_eq!(told(&first, &both, Policy::Strict).len(), 1);
    }

    #[test]
    fn a_listed_id_that_lost_its_file_is_left_to_another_rule() {
        let both = index("", &[ONE, TWO]);
        let at = both.find(&format!("//- .postman/api_{TWO}")).unwrap();
        assert_eq!(told(&both, &both[..at], Policy::Files).len(), 0);
    }

    #[test]
    fn another_workspace_is_told() {
        let native = |id: &str| format!("//- .postman/resources.yaml\nworkspace:\n  id: {id}\n");
        assert_eq!(
            told(&native(ONE), &native(TWO), Policy::Strict),
            [format!(
                ".postman/resources.yaml: push connects workspace `{TWO}` in place of `{ONE}`"
            )]
        );
        let broken = "//- .postman/resources.yaml\nworkspace: [\n";
        assert_eq!(told(&native(ONE), broken, Policy::Strict).len(), 0);
    }
}
